// `polylog group reset`: moves the committed offsets of a group without members. Shows first, does with --execute.

import type { Command } from 'commander';
import { collect, parseInteger, parseTime, parseTopicPartitions } from '../arguments.ts';
import { type Client, type CommittedOffset, EARLIEST, LATEST, type TopicInfo } from '../client.ts';
import type { GroupInfo } from '../client-apis.ts';
import { CliError, usageError } from '../errors.ts';
import { addClientFlags, type ClientFlags, choosePartitions, requireTopic, withClient } from '../session.ts';
import { heading, note, Output } from '../terminal.ts';
import { formatTable, plural } from '../text.ts';

interface Flags extends ClientFlags {
  readonly topic?: string[];
  readonly toEarliest?: true;
  readonly toLatest?: true;
  readonly toOffset?: string;
  readonly toTime?: string;
  readonly shift?: string;
  readonly execute?: true;
  readonly json?: true;
}

/** Where to, from what a partition holds and what was committed. */
export type Target =
  | { readonly kind: 'earliest' | 'latest' }
  | { readonly kind: 'offset' | 'shift'; readonly by: number }
  | { readonly kind: 'time'; readonly timeMs: number };

export interface Held {
  readonly start: number;
  readonly end: number;
  /** The first offset at or after the asked time; −1: none. */
  readonly atTime: number;
  readonly committed: number | undefined;
}

interface Move {
  readonly topic: string;
  readonly partition: number;
  readonly old: number | null;
  readonly new: number;
}

export function defineGroupReset(group: Command): void {
  const command = group
    .command('reset')
    .description('move the committed offsets of a group that has no active members')
    .argument('<group>')
    .option(
      '-t, --topic <topic[:partitions]>',
      'which topic, or which of its partitions; may be repeated',
      collect,
    )
    .option('--to-earliest', 'to the first record that is kept')
    .option('--to-latest', 'to the end')
    .option('--to-offset <n>', 'to this offset')
    .option('--to-time <time>', 'to the first record at or after an ISO time, ms since 1970, or e.g. -1h')
    .option('--shift <n>', 'forward by n, back by -n')
    .option('--execute', 'do it; without this it only shows what would be done')
    .option('--json', 'one JSON object a line: topic, partition, old, new')
    .addHelpText(
      'after',
      `
An offset outside of what a partition holds becomes its nearest end.

Examples:
  $ polylog group reset g1 --topic orders --to-earliest
  $ polylog group reset g1 --topic orders --to-earliest --execute
  $ polylog group reset g1 --topic orders:0,2 --shift -100 --execute
  $ polylog group reset g1 --topic orders --to-time 2026-01-31T12:00:00Z --execute`,
    );
  addClientFlags(command).action(reset);
}

async function reset(group: string, flags: Flags): Promise<void> {
  const target = makeTarget(flags);
  if (flags.topic === undefined) throw usageError('name the topics with --topic TOPIC or --topic TOPIC:0,1');
  const chosen = flags.topic.map(parseTopicPartitions);
  const output = new Output();
  await withClient(flags, async (client) => {
    const isShare = (await refuseActive(client, group)) === 'share';
    const committed = await (isShare ? client.shareOffsets(group) : client.committedOffsets(group));
    const moves: Move[] = [];
    for (const { topic: name, partitions } of chosen) {
      const topic = await requireTopic(client, name);
      moves.push(
        ...(await plan(client, topic, {
          partitions: choosePartitions(topic, partitions),
          target,
          committed,
        })),
      );
    }
    if (flags.execute === true) await execute(client, { group, isShare }, moves);
    await output.write(show(moves, flags.json === true));
    note(
      flags.execute === true
        ? `moved ${plural(moves.length, 'offset')} of group ${group}`
        : 'nothing was changed; add --execute to do this',
    );
  });
}

function makeTarget(flags: Flags): Target {
  const targets: Target[] = [];
  if (flags.toEarliest === true) targets.push({ kind: 'earliest' });
  if (flags.toLatest === true) targets.push({ kind: 'latest' });
  if (flags.toOffset !== undefined) {
    targets.push({ kind: 'offset', by: parseInteger(flags.toOffset, { name: '--to-offset' }) });
  }
  if (flags.toTime !== undefined) targets.push({ kind: 'time', timeMs: parseTime(flags.toTime, Date.now()) });
  if (flags.shift !== undefined) {
    targets.push({
      kind: 'shift',
      by: parseInteger(flags.shift, { name: '--shift', min: Number.MIN_SAFE_INTEGER }),
    });
  }
  const [target] = targets;
  if (target === undefined || targets.length > 1) {
    throw usageError(
      'say where to with one of --to-earliest, --to-latest, --to-offset, --to-time and --shift',
    );
  }
  return target;
}

/** Answers the type of the group. */
async function refuseActive(client: Client, group: string): Promise<GroupInfo['type'] | undefined> {
  const info = await client.describeGroup(group);
  const members = info?.members.length ?? 0;
  if (members > 0) {
    throw new CliError(
      `group "${group}" has ${plural(members, 'active member')}: stop ${members === 1 ? 'it' : 'them'} first, then reset`,
    );
  }
  return info?.type;
}

async function plan(
  client: Client,
  topic: TopicInfo,
  options: { partitions: readonly number[]; target: Target; committed: readonly CommittedOffset[] },
): Promise<Move[]> {
  const { partitions, target, committed } = options;
  const starts = await client.listOffsets(topic, partitions, EARLIEST);
  const ends = await client.listOffsets(topic, partitions, LATEST);
  const times =
    target.kind === 'time' ? await client.listOffsets(topic, partitions, target.timeMs) : new Map();
  const moves: Move[] = [];
  for (const partition of partitions) {
    const old = committed.find((one) => one.topic === topic.name && one.partition === partition)?.offset;
    if (target.kind === 'shift' && old === undefined) {
      note(`${topic.name}, partition ${partition}: nothing is committed there, so nothing to shift`);
      continue;
    }
    const held: Held = {
      start: starts.get(partition)?.offset ?? 0,
      end: ends.get(partition)?.offset ?? 0,
      atTime: times.get(partition)?.offset ?? -1,
      committed: old,
    };
    moves.push({ topic: topic.name, partition, old: old ?? null, new: targetOffset(target, held) });
  }
  return moves;
}

/** The new offset, within what the partition holds. */
export function targetOffset(target: Target, { start, end, atTime, committed }: Held): number {
  const within = (offset: number): number => Math.min(Math.max(offset, start), end);
  switch (target.kind) {
    case 'earliest':
      return start;
    case 'latest':
      return end;
    case 'offset':
      return within(target.by);
    case 'shift':
      return within((committed ?? start) + target.by);
    case 'time':
      return atTime < 0 ? end : within(atTime);
  }
}

async function execute(
  client: Client,
  { group, isShare }: { readonly group: string; readonly isShare: boolean },
  moves: readonly Move[],
): Promise<void> {
  if (moves.length === 0) return;
  const offsets = moves.map((move) => ({ topic: move.topic, partition: move.partition, offset: move.new }));
  await (isShare ? client.setShareOffsets(group, offsets) : client.commitOffsets(group, offsets));
}

function show(moves: readonly Move[], json: boolean): string {
  if (json) return moves.map((move) => `${JSON.stringify(move)}\n`).join('');
  const rows = moves.map((move) => [move.topic, move.partition, move.old ?? '-', move.new]);
  return formatTable(['TOPIC', 'PARTITION', 'OLD', 'NEW'], rows, heading);
}
