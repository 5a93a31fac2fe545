// `polylog log`: looks into the data directory of a broker that is stopped. `verify` checks every byte, `dump` shows
// what is stored.

import type { Command } from 'commander';
import { BrokerError } from '../../base/errors.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { nodeCompression } from '../../platform/node/compression.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { type DumpedRecord, type DumpItem, dumpLog } from '../../store/dump.ts';
import { verifyLog } from '../../store/verify.ts';
import { CliError, EXIT, usageError } from '../errors.ts';
import { Output } from '../terminal.ts';
import { formatBytes, formatCount, formatJson, formatTime } from '../text.ts';

interface VerifyFlags {
  readonly json?: true;
}

interface DumpFlags {
  readonly json?: true;
  readonly records?: true;
  readonly topicId?: string;
  readonly partition?: string;
  readonly offset?: string;
}

export function define(log: Command): void {
  log
    .command('verify')
    .description("check every byte of a stopped broker's log")
    .argument('<directory>', "the log's directory: the broker's data directory, or one below it")
    .option('--json', 'print the report as one JSON object')
    .addHelpText(
      'after',
      '\nExit code 0: the log is whole; 1: it is not, and each problem is listed.\n\nExample:\n  $ polylog log verify ./data',
    )
    .action(verify);
  log
    .command('dump')
    .description("print the chunks, frames and batches of a stopped broker's log")
    .argument('<directory>', "the log's directory: the broker's data directory, or one below it")
    .option('--topic-id <id>', 'only this topic, by the id that `polylog topic describe` prints')
    .option('--partition <number>', 'only this partition')
    .option('--offset <number>', 'only batches that reach this offset')
    .option('--records', 'print the records of each batch, decompressed')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      '\nExamples:\n  $ polylog log dump ./data\n  $ polylog log dump ./data --records --partition 0 --offset 1000 --json',
    )
    .action(dump);
}

const platform = { disk: nodeDisk, clock: nodeClock };

async function verify(directory: string, flags: VerifyFlags): Promise<void> {
  const output = new Output();
  const report = await asCliErrors(verifyLog({ ...platform, directory: logDirectory(directory) }));
  if (flags.json === true) {
    await output.write(`${JSON.stringify(report)}\n`);
  } else {
    const { chunks, frames, batches, bytes, problems, notes } = report;
    for (const { path, position, what } of problems)
      await output.write(`${path}, byte ${position}: ${what}\n`);
    for (const line of notes) await output.write(`note: ${line}\n`);
    await output.write(
      `${formatCount(chunks)} chunks, ${formatCount(frames)} frames, ${formatCount(batches)} batches, ` +
        `${formatBytes(bytes)}: ${problems.length === 0 ? 'whole' : `${problems.length} problems`}\n`,
    );
  }
  if (report.problems.length > 0) process.exitCode = EXIT.failed;
}

async function dump(directory: string, flags: DumpFlags): Promise<void> {
  const output = new Output();
  const format = flags.json === true ? jsonLines : textLines;
  await asCliErrors(
    dumpLog(
      {
        ...platform,
        directory: logDirectory(directory),
        compression: nodeCompression,
        topicId: flags.topicId,
        partition: wholeNumber('--partition', flags.partition),
        fromOffset: wholeNumber('--offset', flags.offset),
        records: flags.records === true,
      },
      (item) => output.write(format(item)),
    ),
  );
  await output.flush();
}

/** A broker keeps its log in `log` below its data directory. */
function logDirectory(directory: string): string {
  const below = `${directory}/log`;
  return nodeDisk.exists(`${below}/manifest`) && !nodeDisk.exists(`${directory}/manifest`)
    ? below
    : directory;
}

async function asCliErrors<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BrokerError) throw new CliError(error.message);
    throw error;
  }
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw usageError(`${name} is a whole number, not "${text}"`);
  return Number(text);
}

function jsonLines(item: DumpItem): string {
  if (item.kind !== 'batch') return `${JSON.stringify(item)}\n`;
  const { records, ...batch } = item;
  if (records === undefined) return `${JSON.stringify(batch)}\n`;
  const listed = records.map((record) => JSON.parse(printedJson(item, record)) as unknown);
  return `${JSON.stringify({ ...batch, records: listed })}\n`;
}

function textLines(item: DumpItem): string {
  switch (item.kind) {
    case 'chunk':
      return (
        `chunk ${item.id} ${item.path}: ${item.sealed ? 'sealed' : 'open'}${item.compacted ? ', compacted' : item.cleaned ? ', cleaned' : ''}, ` +
        `${formatBytes(item.sizeBytes)}, created ${formatTime(item.createdMs)}\n`
      );
    case 'frame':
      return (
        `  @${item.position} frame ${item.sequence}: ${item.length} bytes, ${item.entries} entries, epoch ` +
        `${item.leaderEpoch}, durable up to ${item.durableSequence}\n`
      );
    case 'event':
      return item.event === 'delete-topic'
        ? `    delete topic ${item.topicId}\n`
        : `    ${item.topicId}-${item.partition} starts at ${item.startOffset}\n`;
    case 'end':
      return `  @${item.position} end${item.why === null ? '' : `: ${item.why}`}\n`;
    case 'batch':
      return batchLines(item);
  }
}

function batchLines(batch: DumpItem & { kind: 'batch' }): string {
  const flags = `${batch.transactional ? ', transactional' : ''}${batch.control ? ', control' : ''}`;
  const producer =
    batch.producerId < 0
      ? ''
      : `, producer ${batch.producerId} epoch ${batch.producerEpoch} sequence ${batch.baseSequence}`;
  let text =
    `    @${batch.position} ${batch.topicId}-${batch.partition} offsets ${batch.baseOffset}–${batch.lastOffset}: ` +
    `${batch.recordCount} records, ${batch.length} bytes, ${batch.compression}, epoch ${batch.leaderEpoch}, ` +
    `${formatTime(batch.baseTimestampMs)}–${formatTime(batch.maxTimestampMs)}, crc ` +
    `${batch.crc.toString(16).padStart(8, '0')}${flags}${producer}\n`;
  if (batch.unreadable !== undefined) text += `      records can't be read: ${batch.unreadable}\n`;
  for (const record of batch.records ?? []) text += `      ${printedJson(batch, record)}`;
  return text;
}

function printedJson(batch: DumpItem & { kind: 'batch' }, record: DumpedRecord): string {
  const { offset, timestampMs, key, value, headers } = record;
  return formatJson({
    topic: batch.topicId,
    partition: batch.partition,
    offset,
    timestampMs,
    key,
    value,
    headers,
  });
}
