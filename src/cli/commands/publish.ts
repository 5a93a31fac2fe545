// `polylog publish`: messages with what queues make of them: a delay, a time to live, a tag, a priority, an id.

import { randomInt } from 'node:crypto';
import type { Command } from 'commander';
import { partitionOfPriority } from '../../broker/priority.ts';
import type { RecordHeader } from '../../record/walk.ts';
import { WELL_KNOWN_HEADERS as HEADER } from '../../record/well-known-headers.ts';
import { collect, parseDuration, parseInteger, parsePair } from '../arguments.ts';
import type { Client, TopicInfo } from '../client.ts';
import { CliError } from '../errors.ts';
import { partitionOfKey } from '../murmur2.ts';
import { findOrAutoCreate, type NewRecord, Sender } from '../sender.ts';
import { ACKS, addSenderFlags, type SenderFlags } from '../sender-flags.ts';
import { addClientFlags, type ClientFlags, choosePartitions, unknownTopic, withClient } from '../session.ts';
import { addTimeOptions, type TimeFlags, timeOf } from '../time-options.ts';
import { produceLines, report } from './produce.ts';

interface Flags extends ClientFlags, SenderFlags, TimeFlags {
  readonly key?: string;
  readonly tag?: string;
  readonly priority?: string;
  readonly ttl?: string;
  readonly dedupId?: string;
  readonly header?: string[];
  readonly partition?: string;
}

const PRIORITY_MAX = 255;

export function define(command: Command): void {
  command
    .argument('<topic>')
    .argument('[messages...]', 'without them each line of standard input is a message')
    .option('-k, --key <key>', 'messages of one key keep their order')
    .option('--tag <tag>', 'a tag, which filters can ask for')
    .option(
      '--priority <n>',
      `0 to ${PRIORITY_MAX}; higher ones are handed out first, in a topic with polylog.priority.levels`,
    );
  addTimeOptions(command)
    .option('--ttl <time>', 'how long after that it is still worth something')
    .option('--dedup-id <id>', 'a second message with the same id is not stored, for a while')
    .option('-H, --header <name=value>', 'another header; may be repeated', collect)
    .option(
      '-p, --partition <n>',
      'the partition (default: by key and priority; without them, one after the other)',
    );
  addSenderFlags(command).addHelpText(
    'after',
    `
The topic must look at headers for --delay, --at, --ttl and --dedup-id to mean something:
  $ polylog topic alter orders --config polylog.headers=true

Examples:
  $ polylog publish orders "now" --key alice --tag urgent
  $ polylog publish orders "in two hours" --delay 2h
  $ polylog publish orders "once" --dedup-id payment-4711
  $ polylog publish orders "at noon" --at 2027-01-31T12:00:00Z --ttl 10m`,
  );
  addClientFlags(command).action(publish);
}

async function publish(topicName: string, messages: string[], flags: Flags): Promise<void> {
  const headers = headersOf(flags, Date.now());
  const priority = flags.priority === undefined ? undefined : parsePriority(flags.priority);
  const chosen =
    flags.partition === undefined ? undefined : parseInteger(flags.partition, { name: '--partition' });
  await withClient(flags, async (client) => {
    const topic = await findOrAutoCreate(client, topicName);
    if (topic === undefined) throw unknownTopic(topicName);
    if (chosen !== undefined) choosePartitions(topic, [chosen]);
    const levels = await levelsOf(client, topic, headers);
    const key = flags.key === undefined ? null : Buffer.from(flags.key);
    const partition = chosen === undefined ? partitionOf(topic, { key, priority, levels }) : () => chosen;
    const toRecord = (value: Buffer): NewRecord => ({ partition: partition(), key, value, headers });
    const sender = new Sender({ client, topic, acks: ACKS[flags.acks], compression: flags.compression });
    const startedMs = performance.now();
    if (messages.length > 0)
      for (const message of messages) await sender.push(toRecord(Buffer.from(message)));
    else await produceLines(sender, toRecord);
    await sender.finish();
    report(sender, (performance.now() - startedMs) / 1000, topicName, flags);
  });
}

function headersOf(flags: Flags, nowMs: number): RecordHeader[] {
  const headers: RecordHeader[] = [];
  const add = (key: string, value: string | number | undefined): void => {
    if (value !== undefined) headers.push({ key, value: Buffer.from(String(value)) });
  };
  add(HEADER.deliverAtMs, timeOf(flags, nowMs));
  add(HEADER.ttlMs, flags.ttl === undefined ? undefined : parseDuration(flags.ttl, '--ttl'));
  add(HEADER.priority, flags.priority === undefined ? undefined : parsePriority(flags.priority));
  add(HEADER.tag, flags.tag);
  add(HEADER.dedupId, flags.dedupId);
  for (const one of flags.header ?? []) add(...parsePair(one, '--header'));
  return headers;
}

const parsePriority = (text: string): number => parseInteger(text, { name: '--priority', max: PRIORITY_MAX });

/** Without this setting these headers are only carried. */
const NEED_SETTING: ReadonlySet<string> = new Set([HEADER.deliverAtMs, HEADER.ttlMs, HEADER.dedupId]);

/** How many priorities the topic has. Refuses what its settings would make nothing of. */
async function levelsOf(client: Client, topic: TopicInfo, headers: readonly RecordHeader[]): Promise<number> {
  const needs = headers.find(({ key }) => NEED_SETTING.has(key))?.key;
  const hasPriority = headers.some(({ key }) => key === HEADER.priority);
  if (needs === undefined && !hasPriority) return 1;
  const settings = (await client.topicConfigs([topic.name])).get(topic.name) ?? [];
  const settingOf = (name: string) => settings.find((setting) => setting.name === name)?.value;
  if (needs !== undefined && settingOf('polylog.headers') !== 'true') {
    throw new CliError(
      `topic "${topic.name}" does not look at headers, and ${needs} would mean nothing: ` +
        `\`polylog topic alter ${topic.name} --config polylog.headers=true\` lets it`,
    );
  }
  const levels = Number(settingOf('polylog.priority.levels') ?? 1);
  if (hasPriority && levels === 1) {
    throw new CliError(
      `topic "${topic.name}" has no priorities: ` +
        `\`polylog topic alter ${topic.name} --config polylog.priority.levels=5\` gives it some`,
    );
  }
  return levels;
}

/** The partition of each message: that of its key, moved to the one of its priority; undefined: as without priorities. */
function partitionOf(
  topic: TopicInfo,
  {
    key,
    priority = 0,
    levels,
  }: { readonly key: Buffer | null; readonly priority: number | undefined; readonly levels: number },
): () => number | undefined {
  if (levels === 1) return () => undefined;
  const count = topic.partitions.length;
  let next = randomInt(count);
  return () => {
    const index = key === null ? next++ % count : partitionOfKey(key, count);
    return partitionOfPriority(
      { config: { priorityLevels: levels }, partitionCount: count },
      index,
      priority,
    );
  };
}
