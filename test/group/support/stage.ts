/**
 * A group coordinator on a clock and a log that a test moves, driven by lines of text: the steps of the transcripts.
 * Clients remember the member id and generation that they were given.
 */
import { BrokerError } from '../../../src/base/errors.ts';
import { type Uuid, uuidFromBytes } from '../../../src/base/uuid.ts';
import type { GroupAnswer, GroupCommand, MemberProtocol, TopicCommit } from '../../../src/group/commands.ts';
import { createGroupMachine } from '../../../src/group/machine.ts';
import type { GroupsState } from '../../../src/group/model.ts';
import type { GroupRecord } from '../../../src/group/records.ts';
import { GROUP_SETTINGS_DEFAULT, type GroupSettings } from '../../../src/group/settings.ts';
import { readAssignment } from '../../../src/group/subscription.ts';
import { MachineRunner } from '../../../src/machine/runner.ts';
import { MemoryLog } from '../../machine/support/memory-log.ts';
import { TestClock } from '../../machine/support/test-clock.ts';
import { TestWorld } from './world.ts';

export type GroupRunner = MachineRunner<GroupsState, GroupCommand, GroupRecord, GroupAnswer>;

/** Ids by name, so that a topic can be made again under its name with `t'`. */
export const topicIdOf = (name: string): Uuid =>
  uuidFromBytes(Buffer.from(name.padEnd(16, '.').slice(0, 16)));
const topicName = (name: string): string => name.replaceAll("'", '');

/** A consumer's subscription, version 0: topics and no user data. */
export function subscription(topics: readonly string[]): Buffer {
  const parts = [Buffer.from([0, 0, 0, 0, 0, topics.length])];
  for (const topic of topics) parts.push(Buffer.from([0, topic.length]), Buffer.from(topic));
  parts.push(Buffer.from([255, 255, 255, 255]));
  return Buffer.concat(parts);
}

/** `range(t,u)+sticky(t)` */
function parseProtocols(text: string): MemberProtocol[] {
  return text
    .split('+')
    .filter((part) => part !== '')
    .map((part) => {
      const [, name = '', topics = ''] = /^([^(]*)\(?([^)]*)\)?$/.exec(part) ?? [];
      return { name, metadata: subscription(topics.split(',').filter((t) => t !== '')) };
    });
}

/** `t:0=5` or `t:0`, several of a topic put together. */
function parsePartitions(parts: readonly string[]): { topic: string; partitions: [number, number][] }[] {
  const topics = new Map<string, [number, number][]>();
  for (const part of parts) {
    const [, topic = '', partition = '0', offset = '-1'] = /^([^:]*):(\d+)(?:=(\d+))?$/.exec(part) ?? [];
    const list = topics.get(topic) ?? [];
    list.push([Number(partition), Number(offset)]);
    topics.set(topic, list);
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}

export class GroupStage {
  log = new MemoryLog();
  clock = new TestClock();
  settings: { -readonly [K in keyof GroupSettings]: GroupSettings[K] } = { ...GROUP_SETTINGS_DEFAULT };
  runner: GroupRunner;
  autoCommit = true;
  readonly world = new TestWorld();
  readonly #ids = new Map<string, string>();
  readonly #generations = new Map<string, number>();
  #suffix = 0;
  #out: string[] = [];

  constructor() {
    this.runner = this.newRunner();
  }

  newRunner(): GroupRunner {
    return new MachineRunner({
      machine: createGroupMachine(this.settings, this.world),
      log: this.log,
      clock: this.clock,
      snapshotBytesMin: 2000,
    });
  }

  async step(line: string): Promise<string[]> {
    this.#out = [];
    const words = line.split(' ').filter((word) => word !== '');
    const options = new Map<string, string>();
    const rest: string[] = [];
    for (const word of words.slice(1)) {
      const match = /^([a-z]+)=(.*)$/.exec(word);
      if (match) options.set(match[1]!, match[2]!);
      else rest.push(word);
    }
    const verb = words[0]!;
    if (!(await this.#world(verb, rest, options))) {
      this.submit(`${verb} ${rest[0] ?? ''}`.trim(), this.#command(verb, rest, options));
    }
    if (this.autoCommit) this.log.commit();
    return this.#out;
  }

  submit(label: string, command: GroupCommand, client = label.split(' ')[1] ?? ''): void {
    this.runner.submit(command, (answer) => {
      this.#out.push(`${label}: ${this.#show(client, answer)}`);
    });
  }

  async #world(verb: string, rest: string[], options: Map<string, string>): Promise<boolean> {
    switch (verb) {
      case 'start':
        await this.runner.start();
        return true;
      case 'advance':
        // In small steps, each committed before the next, as with a log that keeps up.
        for (let left = Number(rest[0]); left > 0; left -= 100) {
          this.clock.advance(Math.min(100, left));
          if (this.autoCommit) this.log.commit();
        }
        return true;
      case 'topic':
        this.world.put({
          id: topicIdOf(rest[0]!),
          name: topicName(rest[0]!),
          partitionCount: Number(rest[1]),
        });
        this.runner.submit({ kind: 'topics-changed', names: [topicName(rest[0]!)] }, () => undefined);
        return true;
      case 'hold':
        this.autoCommit = false;
        return true;
      case 'release':
        this.autoCommit = true;
        return true;
      case 'set':
        for (const [name, value] of options) Object.assign(this.settings, { [name]: Number(value) });
        for (const pair of rest) {
          const [name, value] = pair.split('=');
          Object.assign(this.settings, { [name!]: Number.isNaN(Number(value)) ? value : Number(value) });
        }
        return true;
      case 'interval':
        this.world.config.assignmentIntervalMs = Number(rest[0]);
        return true;
      case 'crash':
        this.log = this.log.crash(Number(rest[0] ?? 0));
        // With back=MS the wall clock was put back meanwhile.
        this.clock = new TestClock(this.clock.nowMs() - Number(options.get('back') ?? 0));
        this.runner = this.newRunner();
        await this.runner.start();
        return true;
      case 'refuse':
        this.log.refusal = new BrokerError('storage-full', 'The disk is full.');
        return true;
      case 'accept':
        this.log.refusal = null;
        return true;
      default:
        return false;
    }
  }

  #command(verb: string, rest: string[], options: Map<string, string>): GroupCommand {
    const [first = '', second = ''] = rest;
    const member = {
      groupId: second,
      memberId: options.get('id') ?? this.#ids.get(first) ?? '',
      instanceId: options.get('inst') ?? null,
      generation: Number(options.get('gen') ?? this.#generations.get(first) ?? -1),
    };
    switch (verb) {
      case 'join': {
        const version = Number(options.get('v') ?? 9);
        return {
          kind: 'join',
          groupId: second,
          memberId: member.memberId,
          instanceId: member.instanceId,
          clientId: first,
          clientHost: '/127.0.0.1',
          sessionTimeoutMs: Number(options.get('session') ?? 10_000),
          rebalanceTimeoutMs: Number(options.get('rebalance') ?? 60_000),
          protocolType: options.get('type') ?? 'consumer',
          protocols: parseProtocols(options.get('protocols') ?? 'range(t)'),
          memberIdRequired: version >= 4,
          skipAssignmentSupported: version >= 9,
          newMemberIdSuffix: String(++this.#suffix),
        };
      }
      case 'sync':
        return {
          kind: 'sync',
          ...member,
          protocolType: options.get('type') ?? null,
          protocolName: options.get('protocol') ?? null,
          assignments: (options.get('assign') ?? '')
            .split(',')
            .filter((part) => part !== '')
            .map((part) => {
              const [client = '', work = ''] = part.split(':');
              return { memberId: this.#ids.get(client) ?? client, assignment: Buffer.from(work) };
            }),
        };
      case 'heartbeat':
        return { kind: 'heartbeat', ...member };
      case 'beat':
        return consumerHeartbeat(first, member, options);
      case 'describe-consumers':
        return { kind: 'describe-consumers', groupIds: rest };
      case 'leave':
        return { kind: 'leave', groupId: second, members: [member] };
      case 'commit':
        return {
          kind: 'commit-offsets',
          ...member,
          retentionMs: options.has('retention') ? Number(options.get('retention')) : null,
          producerId: -1,
          topics: parsePartitions(rest.slice(2)).map(
            ({ topic, partitions }): TopicCommit => ({
              topic: topicName(topic),
              topicId: topicIdOf(topic),
              partitions: partitions.map(([partition, offset]) => ({
                partition,
                offset,
                leaderEpoch: 3,
                metadata: options.get('meta') ?? '',
              })),
            }),
          ),
        };
      default:
        return this.#adminCommand(verb, rest, options);
    }
  }

  #adminCommand(verb: string, rest: string[], options: Map<string, string>): GroupCommand {
    const [first = ''] = rest;
    switch (verb) {
      case 'fetch': {
        const topics = parsePartitions(rest.slice(1)).map(({ topic, partitions }) => ({
          topic: topicName(topic),
          topicId: topicIdOf(topic),
          partitions: partitions.map(([partition]) => partition),
        }));
        return {
          kind: 'fetch-offsets',
          requireStable: false,
          groups: [{ groupId: first, topics: topics.length === 0 ? null : topics }],
        };
      }
      case 'describe':
        return { kind: 'describe', groupIds: rest };
      case 'list':
        return {
          kind: 'list',
          states: options.get('states')?.split(',') ?? [],
          types: options.get('types')?.split(',') ?? [],
        };
      case 'delete':
        return { kind: 'delete-groups', groupIds: rest };
      case 'delete-offsets':
        return {
          kind: 'delete-offsets',
          groupId: first,
          topics: parsePartitions(rest.slice(1)).map(({ topic, partitions }) => ({
            topic,
            partitions: partitions.map(([partition]) => partition),
          })),
        };
      case 'topics-deleted':
        return { kind: 'topics-deleted', topicIds: rest.map(topicIdOf) };
      default:
        throw new Error(`unknown step ${verb}`);
    }
  }

  #show(client: string, answer: GroupAnswer | BrokerError): string {
    if (answer instanceof BrokerError) return answer.code;
    switch (answer.kind) {
      case 'joined': {
        this.#ids.set(client, answer.memberId);
        this.#generations.set(client, answer.generation);
        const members = answer.members.map(
          (m) => m.memberId + (m.instanceId === null ? '' : `/${m.instanceId}`),
        );
        return (
          `${answer.memberId} generation ${answer.generation} ${answer.protocolType} ${answer.protocolName} ` +
          `leader ${answer.leaderId} [${members.join(' ')}]${answer.skipAssignment ? ' skip assignment' : ''}`
        );
      }
      case 'member-id-required':
        this.#ids.set(client, answer.memberId);
        return `come again as ${answer.memberId}`;
      case 'synced': {
        const topics = answer.assignment.length === 0 ? null : readAssignment(answer.assignment);
        const work = topics === null ? `"${answer.assignment}"` : showPartitions(topics);
        return `${answer.protocolType} ${answer.protocolName} ${work}`;
      }
      case 'consumer-heartbeat': {
        this.#ids.set(client, answer.memberId);
        this.#generations.set(client, Math.max(answer.epoch, 0));
        const told = answer.assignment?.map(({ topicId, partitions }) => ({
          topic: this.world.topicById(topicId)?.name ?? '?',
          partitions,
        }));
        return `epoch ${answer.epoch}${told === undefined ? '' : ` ${showPartitions(told)}`}`;
      }
      case 'heartbeat':
      case 'done':
        return 'ok';
      case 'left':
        return answer.members.map((m) => `${m.memberId || m.instanceId} ${m.error?.code ?? 'ok'}`).join(', ');
      default:
        return showAdmin(answer);
    }
  }
}

/** A heartbeat that says all that a member may say, or with `delta` only what is named. */
function consumerHeartbeat(
  client: string,
  member: { readonly groupId: string; readonly memberId: string; readonly instanceId: string | null },
  options: ReadonlyMap<string, string>,
): GroupCommand {
  const epoch = Number(options.get('epoch') ?? options.get('gen') ?? 0);
  const isFull = epoch === 0 || options.has('owned');
  const owned = parsePartitions((options.get('owned') ?? '').split(',').filter((part) => part !== ''));
  return {
    kind: 'consumer-heartbeat',
    groupId: member.groupId,
    // With new=ID the broker gives the id.
    memberId: member.memberId === '' && !options.has('new') ? client : member.memberId,
    epoch,
    instanceId: member.instanceId,
    rackId: options.get('rack') ?? null,
    clientId: client,
    clientHost: '/127.0.0.1',
    rebalanceTimeoutMs: isFull ? Number(options.get('rebalance') ?? 60_000) : -1,
    topics: options.get('topics')?.split(',') ?? (isFull && !options.has('regex') ? ['t'] : null),
    regex: options.get('regex') ?? null,
    serverAssignor: options.get('assignor') ?? null,
    owned: isFull
      ? owned.map(({ topic, partitions }) => ({
          topicId: topicIdOf(topic),
          partitions: partitions.map(([partition]) => partition),
        }))
      : null,
    newMemberId: options.get('new') ?? '',
    mayDescribe: () => true,
  };
}

function showPartitions(topics: readonly { topic: string; partitions: readonly number[] }[]): string {
  return `[${topics.map(({ topic, partitions }) => `${topic}:${partitions.join(',')}`).join(' ')}]`;
}

function showAdmin(answer: GroupAnswer): string {
  switch (answer.kind) {
    case 'committed':
      return answer.refused.length === 0
        ? 'ok'
        : answer.refused.map((r) => `${r.topicIndex}/${r.partitionIndex} ${r.error.code}`).join(', ');
    case 'offsets':
      return answer.groups
        .flatMap((g) =>
          g.topics.flatMap((t) =>
            t.partitions.map(
              (p) => `${t.topic}:${p.partition}=${p.offset}${p.metadata && `(${p.metadata})`}`,
            ),
          ),
        )
        .join(' ');
    case 'offsets-deleted':
      return ['ok', ...answer.subscribedTopics.map((t) => `${t.topic} ${t.error.code}`)].join(' ');
    case 'described':
      return answer.groups
        .map((g) =>
          'error' in g
            ? g.error.code
            : `${g.phase} ${g.protocolType || '-'} ${g.protocolName || '-'} [${g.members
                .map(
                  (m) => `${m.memberId}${m.instanceId === null ? '' : `/${m.instanceId}`}"${m.assignment}"`,
                )
                .join(' ')}]`,
        )
        .join(', ');
    case 'listed':
      return answer.groups
        .map((g) => `${g.groupId}/${g.phase}/${g.protocolType}${g.type === 'classic' ? '' : `/${g.type}`}`)
        .join(' ');
    case 'consumers-described':
      return answer.groups
        .map((g) =>
          'error' in g
            ? g.error.code
            : `${g.phase} epoch ${g.epoch} assignment ${g.assignmentEpoch} ${g.assignor} [${g.members
                .map(
                  (m) =>
                    `${m.memberId}@${m.epoch} ${m.type} ${showPartitions(m.assignment)} of ${showPartitions(m.target)}`,
                )
                .join('; ')}]`,
        )
        .join(', ');
    case 'groups-deleted':
      return answer.results.map((r) => `${r.groupId} ${r.error?.code ?? 'ok'}`).join(', ');
    default:
      return answer.kind;
  }
}
