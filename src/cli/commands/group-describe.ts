// `polylog group describe`: state, members, and how far the group is behind in each partition.

import type { Command } from 'commander';
import { decodeAssignment, type TopicPartitions } from '../assignment.ts';
import { type Client, LATEST } from '../client.ts';
import type { GroupInfo, TaskNames } from '../client-apis.ts';
import { CliError } from '../errors.ts';
import { CODE } from '../failures.ts';
import { addClientFlags, type ClientFlags, withClient } from '../session.ts';
import { heading, Output } from '../terminal.ts';
import { formatCount, formatTable } from '../text.ts';

interface Flags extends ClientFlags {
  readonly json?: true;
}

interface DescribedMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly assignment: readonly TopicPartitions[];
  /** Of a Streams group. */
  readonly process?: string;
  readonly tasks?: TaskNames;
}

interface DescribedPartition {
  readonly topic: string;
  readonly partition: number;
  /** Null: nothing committed. */
  readonly committed: number | null;
  /** Null: the partition is gone, or has no leader. */
  readonly end: number | null;
  readonly lag: number | null;
  /** Of a share group, all that read it, with spaces between. */
  readonly memberId: string | null;
}

interface Described {
  readonly group: string;
  readonly state: string;
  readonly type: string;
  readonly protocol: string;
  readonly members: readonly DescribedMember[];
  readonly partitions: readonly DescribedPartition[];
}

export function defineGroupDescribe(group: Command): void {
  const command = group
    .command('describe')
    .description('show state, members, and offsets with their lag')
    .argument('<groups...>')
    .option('--json', 'one JSON object a line and group: group, state, type, protocol, members, partitions')
    .addHelpText(
      'after',
      `
The tasks of a Streams group are named SUBTOPOLOGY_PARTITION, as Kafka Streams does.

COMMITTED is the offset of the record that the group reads next, END the next one to be written, LAG what lies between. Of a
share group, COMMITTED is the first record that isn't done, and LAG how many aren't.

Examples:
  $ polylog group describe g1
  $ polylog group describe g1 --json | jq '[.partitions[].lag] | add'`,
    );
  addClientFlags(command).action(describe);
}

async function describe(names: string[], flags: Flags): Promise<void> {
  const output = new Output();
  await withClient(flags, async (client) => {
    for (const [index, name] of [...new Set(names)].entries()) {
      const group = await read(client, name);
      await output.write(
        flags.json === true ? `${JSON.stringify(group)}\n` : (index > 0 ? '\n' : '') + format(group),
      );
    }
  });
}

/** A group that exists, or a sentence. */
export async function requireGroup(client: Client, name: string): Promise<GroupInfo> {
  const group = await client.describeGroup(name);
  if (group === undefined) throw new CliError(`there is no group "${name}": see \`polylog group list\``);
  return group;
}

async function read(client: Client, name: string): Promise<Described> {
  const info = await requireGroup(client, name);
  const members = info.members.map(
    ({ memberId, instanceId, clientId, host, assignment, process, tasks }) => ({
      memberId,
      instanceId,
      clientId,
      host,
      assignment: Buffer.isBuffer(assignment) ? decodeAssignment(assignment) : assignment,
      ...(process === undefined ? {} : { process }),
      ...(tasks === undefined ? {} : { tasks }),
    }),
  ) as DescribedMember[];
  return {
    group: name,
    state: info.state,
    type: info.type,
    protocol: info.protocol,
    members,
    partitions: await readPartitions(client, info, members),
  };
}

/** Every partition that has a committed offset or a member. */
async function readPartitions(
  client: Client,
  { group, type }: GroupInfo,
  members: readonly DescribedMember[],
): Promise<DescribedPartition[]> {
  const committed = new Map<string, Map<number, number>>();
  /** Of a share group: records behind its offset may be done, too. */
  const lags = new Map<string, number>();
  const offsets = await (type === 'share' ? client.shareOffsets(group) : client.committedOffsets(group));
  for (const { topic, partition, offset, ...more } of offsets) {
    committed.set(topic, (committed.get(topic) ?? new Map<number, number>()).set(partition, offset));
    if ('lag' in more && more.lag >= 0) lags.set(`${topic}/${partition}`, more.lag);
  }
  const owners = new Map<string, Map<number, string>>();
  for (const { memberId, assignment } of members) {
    for (const { topic, partitions } of assignment) {
      const owned = owners.get(topic) ?? new Map<number, string>();
      for (const partition of partitions) {
        const others = owned.get(partition);
        owned.set(partition, others === undefined ? memberId : `${others} ${memberId}`);
      }
      owners.set(topic, owned);
    }
  }
  const topics = [...new Set([...committed.keys(), ...owners.keys()])].sort();
  const result: DescribedPartition[] = [];
  for (const topic of topics) {
    const partitions = [
      ...new Set([...(committed.get(topic)?.keys() ?? []), ...(owners.get(topic)?.keys() ?? [])]),
    ];
    const ends = await readEnds(client, topic, partitions);
    for (const partition of partitions.sort((a, b) => a - b)) {
      const offset = committed.get(topic)?.get(partition) ?? null;
      const end = ends.get(partition) ?? null;
      const distance = offset === null || end === null ? null : Math.max(0, end - offset);
      const lag = lags.get(`${topic}/${partition}`) ?? distance;
      result.push({
        topic,
        partition,
        committed: offset,
        end,
        lag,
        memberId: owners.get(topic)?.get(partition) ?? null,
      });
    }
  }
  return result;
}

/** The ends of those partitions that exist and have a leader. */
async function readEnds(
  client: Client,
  name: string,
  partitions: readonly number[],
): Promise<Map<number, number>> {
  const [topic] = await client.topics([name]);
  if (topic === undefined || topic.errorCode === CODE.unknownTopicOrPartition) return new Map();
  const led = partitions.filter((partition) => (topic.partitions[partition]?.leader ?? -1) >= 0);
  const ends = await client.listOffsets(topic, led, LATEST);
  return new Map([...ends].map(([partition, { offset }]) => [partition, offset]));
}

function formatMembers(members: readonly DescribedMember[]): string {
  const rows = members.map((member) => [
    member.memberId,
    member.instanceId ?? '-',
    member.clientId,
    member.host,
    member.assignment.map(({ topic, partitions }) => `${topic}:${partitions.join(',')}`).join(' ') ||
      '(none)',
  ]);
  return formatTable(['MEMBER', 'INSTANCE', 'CLIENT', 'HOST', 'PARTITIONS'], rows, heading);
}

function formatTasks(members: readonly DescribedMember[]): string {
  const rows = members.map(({ memberId, process, clientId, host, tasks }) => [
    memberId,
    process ?? '-',
    clientId,
    host,
    tasks?.active.join(' ') || '(none)',
    [...(tasks?.standby ?? []), ...(tasks?.warmup ?? [])].join(' ') || '(none)',
  ]);
  return formatTable(['MEMBER', 'PROCESS', 'CLIENT', 'HOST', 'ACTIVE', 'STANDBY'], rows, heading);
}

function format(group: Described): string {
  const lag = group.partitions.reduce((sum, one) => sum + (one.lag ?? 0), 0);
  const lines = [
    `${heading('group')}     ${group.group}`,
    `${heading('state')}     ${group.state}`,
    `${heading('protocol')}  ${group.type}${group.protocol === '' ? '' : `, ${group.protocol}`}`,
    `${heading('members')}   ${group.members.length}`,
    `${heading('lag')}       ${formatCount(lag)}`,
  ];
  let text = `${lines.join('\n')}\n`;
  if (group.members.length > 0) {
    text += `\n${group.type === 'streams' ? formatTasks(group.members) : formatMembers(group.members)}`;
  }
  if (group.partitions.length > 0) {
    const rows = group.partitions.map((one) => [
      one.topic,
      one.partition,
      one.committed ?? '-',
      one.end ?? '-',
      one.lag ?? '-',
      one.memberId ?? '-',
    ]);
    text += `\n${formatTable(['TOPIC', 'PARTITION', 'COMMITTED', 'END', 'LAG', 'MEMBER'], rows, heading)}`;
  }
  return text;
}
