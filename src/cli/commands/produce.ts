// `polylog produce`: records from arguments or from the lines of standard input.

import type { Command } from 'commander';
import { collect, parseInteger, parsePair, unescapeText } from '../arguments.ts';
import type { TopicInfo } from '../client.ts';
import { CliError, EXIT, usageError } from '../errors.ts';
import { BrokerFailure } from '../failures.ts';
import { findOrAutoCreate, type NewRecord, Sender } from '../sender.ts';
import { ACKS, addSenderFlags, type SenderFlags } from '../sender-flags.ts';
import {
  addClientFlags,
  type ClientFlags,
  choosePartitions,
  explain,
  sentence,
  unknownTopic,
  withClient,
} from '../session.ts';
import { note, Progress } from '../terminal.ts';
import { formatBytes, formatCount, LineSplitter, plural, splitKey } from '../text.ts';

interface Flags extends ClientFlags, SenderFlags {
  readonly key?: string;
  readonly keySeparator?: string;
  readonly header?: string[];
  readonly partition?: string;
}

const LINE_BYTES_MAX = 64 * 1024 * 1024;

export function define(command: Command): void {
  command
    .argument('<topic>')
    .argument('[values...]', 'one record each; without them each line of standard input is a record')
    .option('-k, --key <key>', 'the key of every record')
    .option(
      '-K, --key-separator <text>',
      'a record is KEY, this text, VALUE; \\t is a tab; without it in the record: no key',
    )
    .option('-H, --header <name=value>', 'a header of every record; may be repeated', collect)
    .option('-p, --partition <n>', 'the partition (default: by key; without a key, one after the other)');
  addSenderFlags(command).addHelpText(
    'after',
    `
The count and the rate are printed to standard error. The exit code is 1 if any record was not taken.

Examples:
  $ polylog produce orders "first" "second"
  $ polylog produce orders < lines.txt
  $ polylog produce orders --key alice "for alice"
  $ printf 'k1:one\\nk2:two\\n' | polylog produce orders --key-separator :
  $ polylog produce orders --header source=shop --compression zstd < lines.txt`,
  );
  addClientFlags(command).action(produce);
}

async function produce(topicName: string, values: string[], flags: Flags): Promise<void> {
  if (flags.key !== undefined && flags.keySeparator !== undefined) {
    throw usageError('--key and --key-separator exclude each other');
  }
  if (flags.keySeparator === '') throw usageError('--key-separator must not be empty');
  const partition =
    flags.partition === undefined
      ? undefined
      : parseInteger(flags.partition, { name: '--partition', max: 2 ** 31 - 1 });
  const toRecord = recordMaker(flags, partition);
  await withClient(flags, async (client) => {
    const topic = await findOrAutoCreate(client, topicName);
    if (topic === undefined) throw unknownTopic(topicName);
    checkPartition(topic, partition);
    const sender = new Sender({ client, topic, acks: ACKS[flags.acks], compression: flags.compression });
    const startedMs = performance.now();
    if (values.length > 0) for (const value of values) await sender.push(toRecord(Buffer.from(value)));
    else await produceLines(sender, toRecord);
    await sender.finish();
    report(sender, (performance.now() - startedMs) / 1000, topicName, flags);
  });
}

function checkPartition(topic: TopicInfo, partition: number | undefined): void {
  if (partition !== undefined) choosePartitions(topic, [partition]);
}

function recordMaker(flags: Flags, partition: number | undefined): (line: Buffer) => NewRecord {
  const headers = (flags.header ?? []).map((one) => {
    const [key, value] = parsePair(one, '--header');
    return { key, value: Buffer.from(value) };
  });
  const fixedKey = flags.key === undefined ? null : Buffer.from(flags.key);
  const separator =
    flags.keySeparator === undefined ? undefined : Buffer.from(unescapeText(flags.keySeparator));
  return (line) => {
    const { key, value } =
      separator === undefined ? { key: fixedKey, value: line } : splitKey(line, separator);
    return { partition, key, value, headers };
  };
}

/** A record for each line of standard input. */
export async function produceLines(sender: Sender, toRecord: (line: Buffer) => NewRecord): Promise<void> {
  if (process.stdin.isTTY) note('each line is a record; end with Ctrl-D');
  const lines = new LineSplitter(LINE_BYTES_MAX);
  const progress = new Progress();
  const startedMs = performance.now();
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    for (const line of lines.push(chunk)) await sender.push(toRecord(line));
    progress.update(() => {
      const rate = sender.sent / ((performance.now() - startedMs) / 1000);
      return `${formatCount(sender.sent)} records, ${formatCount(rate)}/s`;
    });
  }
  for (const line of lines.end()) await sender.push(toRecord(line));
  progress.clear();
}

/** Says what was taken; throws where something was not. */
export function report(sender: Sender, seconds: number, topic: string, flags: ClientFlags): void {
  const rate =
    seconds > 0.05
      ? `, ${formatCount(sender.sent / seconds)}/s, ${formatBytes(sender.sentBytes / seconds)}/s`
      : '';
  note(`produced ${plural(sender.sent, 'record')} to ${topic} in ${seconds.toFixed(2)} s${rate}`);
  if (sender.failed === 0) return;
  const failure = sender.firstFailure;
  if (failure instanceof BrokerFailure) {
    throw new CliError(
      `${plural(sender.failed, 'record was', 'records were')} not taken: ${sentence(failure)}`,
    );
  }
  const told = explain(failure, flags);
  const reason = told instanceof Error ? told.message : 'no answer';
  throw new CliError(
    `${plural(sender.failed, 'record')} may not have been stored: ${reason}`,
    EXIT.unreachable,
  );
}
