/** Streams groups step by step: what members are told, and what a restart finds. */
import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../../src/base/errors.ts';
import type { GroupAnswer, GroupCommand } from '../../../src/group/commands.ts';
import type {
  StreamsGroupDescription,
  StreamsHeartbeatAnswer,
  StreamsHeartbeatCommand,
  TaskLists,
} from '../../../src/group/streams/commands.ts';
import { listsOf, type TaskId } from '../../../src/group/streams/tasks.ts';
import type { Topology } from '../../../src/group/streams/topology.ts';
import { joinCommand } from '../support/commands.ts';
import { eachWithTopic } from '../support/coordinator.ts';
import { topicIdOf } from '../support/stage.ts';
import { internal, subtopology, topology, WORD_COUNT } from './support.ts';

const here = eachWithTopic('text');

const put = (name: string, partitionCount: number): void => here.coordinator.put(name, partitionCount);
const ask = (command: GroupCommand): GroupAnswer | BrokerError => here.coordinator.ask(command);
const restart = (): Promise<void> => here.coordinator.restart();
const advance = (ms: number): void => here.coordinator.advance(ms);

const text = (tasks: TaskLists | null): string | null =>
  tasks === null
    ? null
    : [tasks.active, tasks.standby]
        .map((role) =>
          role
            .flatMap(({ subtopologyId, partitions }) => partitions.map((p) => `${subtopologyId}_${p}`))
            .join(' '),
        )
        .join(' / ')
        .replace(/ \/ $/, '');

const owned = (active: string, standby = ''): TaskLists => {
  const set = (names: string) => new Set(names.split(' ').filter((name) => name !== '') as TaskId[]);
  return listsOf({ active: set(active), standby: set(standby), warmup: new Set() });
};

class Member {
  readonly memberId: string;
  readonly processId: string;
  epoch = 0;
  endpointEpoch = 0;
  fields: Partial<StreamsHeartbeatCommand> = {};

  constructor(memberId: string, processId = memberId) {
    this.memberId = memberId;
    this.processId = processId;
  }

  send(fields: Partial<StreamsHeartbeatCommand> = {}): GroupAnswer | BrokerError {
    const joining = (fields.epoch ?? this.epoch) === 0;
    return ask({
      kind: 'streams-heartbeat',
      groupId: 'g',
      memberId: this.memberId,
      epoch: this.epoch,
      endpointEpoch: this.endpointEpoch,
      instanceId: null,
      rackId: null,
      clientId: 'client',
      clientHost: '/host',
      rebalanceTimeoutMs: joining ? 60_000 : -1,
      topology: joining ? WORD_COUNT : null,
      owned: null,
      processId: joining ? this.processId : null,
      userEndpoint: null,
      clientTags: null,
      taskOffsets: null,
      taskEndOffsets: null,
      shutdownApplication: false,
      ...this.fields,
      ...fields,
    });
  }

  /** Sends a heartbeat that must be well. */
  beat(fields: Partial<StreamsHeartbeatCommand> = {}): StreamsHeartbeatAnswer {
    const answer = this.send(fields);
    if (answer instanceof BrokerError) throw answer;
    expect(answer.kind).toBe('streams-heartbeat');
    const told = answer as StreamsHeartbeatAnswer;
    this.epoch = told.epoch;
    this.endpointEpoch = told.endpointEpoch;
    return told;
  }

  /** What it is told of its epoch, its tasks and the group. */
  says(fields: Partial<StreamsHeartbeatCommand> = {}): string {
    const { epoch, tasks, statuses } = this.beat(fields);
    return [`${epoch}: ${text(tasks) ?? '-'}`, ...statuses.map(({ kind }) => kind)].join(', ');
  }

  refused(fields: Partial<StreamsHeartbeatCommand> = {}): string {
    const answer = this.send(fields);
    return answer instanceof BrokerError ? answer.code : `not refused: ${answer.kind}`;
  }
}

function describeGroup(): StreamsGroupDescription {
  const answer = ask({ kind: 'describe-streams', groupIds: ['g'] });
  if (answer instanceof BrokerError || answer.kind !== 'streams-described') throw new Error('not described');
  const group = answer.groups[0]!;
  if ('error' in group) throw group.error;
  return group;
}

const phase = (): string => describeGroup().phase;

/** The group of `a`, alone with all tasks of the word count. */
function alone(): Member {
  put('words', 2);
  put('counts', 2);
  const a = new Member('a');
  expect(a.says()).toBe('2: 0_0 0_1 1_0 1_1');
  return a;
}

describe('a group begins', () => {
  test('when its first member brings the topology; internal topics are asked for, and then there are tasks', () => {
    const a = new Member('a');
    const first = a.beat();
    expect(first.missingTopics.map(({ name, partitionCount }) => [name, partitionCount])).toEqual([
      ['counts', 2],
      ['words', 2],
    ]);
    expect(first.statuses).toEqual([
      { kind: 'missing-internal-topics', detail: 'Internal topics are missing: counts, words' },
    ]);
    expect(first).toMatchObject({ epoch: 2, heartbeatIntervalMs: 5000, tasks: owned('') });
    expect(phase()).toBe('NotReady');
    put('words', 2);
    put('counts', 2);
    expect(a.says()).toBe('3: 0_0 0_1 1_0 1_1');
    expect(phase()).toBe('Stable');
    expect(a.says({ owned: owned('0_0 0_1 1_0 1_1') })).toBe('3: -');
  });

  test('without source topics it waits for them', () => {
    here.coordinator.world.remove('text');
    const a = new Member('a');
    expect(a.says()).toBe('2: , missing-source-topics');
    put('text', 1);
    put('words', 1);
    put('counts', 1);
    expect(a.says()).toBe('3: 0_0 1_0');
  });

  test('waits for more members, when it is to', () => {
    here.coordinator.world.streams.initialRebalanceDelayMs = 3000;
    put('words', 2);
    put('counts', 2);
    const [a, b] = [new Member('a'), new Member('b')];
    expect(a.says()).toBe('1: , assignment-delayed');
    advance(2000);
    expect(b.says()).toBe('1: , assignment-delayed');
    expect(phase()).toBe('Assigning');
    advance(1500);
    expect(phase()).toBe('Reconciling');
    expect(a.says()).toBe('3: 0_0 1_0');
    expect(b.says()).toBe('3: 0_1 1_1');
    expect(phase()).toBe('Stable');
  });

  test('in the place of an empty classic group, whose offsets stay', () => {
    const commit = {
      kind: 'commit-offsets',
      groupId: 'g',
      memberId: '',
      instanceId: null,
      generation: -1,
      retentionMs: null,
      producerId: -1,
    } as const;
    const partitions = [{ partition: 0, offset: 7, leaderEpoch: -1, metadata: '' }];
    ask({ ...commit, topics: [{ topic: 'text', topicId: topicIdOf('text'), partitions }] });
    alone();
    const fetched = ask({
      kind: 'fetch-offsets',
      groups: [{ groupId: 'g', topics: null }],
      requireStable: false,
    });
    expect(JSON.stringify(fetched)).toContain('"offset":7');
  });
});

describe('tasks move', () => {
  test('when their owner has given them back, and not before; also when the coordinator restarts in between', async () => {
    const a = alone();
    const b = new Member('b');
    expect(b.says()).toBe('3: ');
    expect(a.says()).toBe('2: 0_0 1_0');
    expect(phase()).toBe('Reconciling');
    expect(b.says()).toBe('3: -');
    await restart();
    expect(phase()).toBe('Reconciling');
    // What it has hasn't changed yet.
    expect(a.says({ owned: owned('0_0 0_1 1_0 1_1') })).toBe('2: 0_0 1_0');
    expect(b.says()).toBe('3: -');
    expect(a.says({ owned: owned('0_0 1_0') })).toBe('3: -');
    await restart();
    expect(b.says()).toBe('3: 0_1 1_1');
    expect(phase()).toBe('Stable');
  });

  test('when a member leaves, at once', () => {
    const a = alone();
    const b = new Member('b');
    b.beat();
    a.beat();
    a.beat({ owned: owned('0_0 1_0') });
    expect(b.says()).toBe('3: 0_1 1_1');
    expect(a.beat({ epoch: -1 })).toMatchObject({ epoch: -1, statuses: [], tasks: null });
    expect(b.says()).toBe('4: 0_0 0_1 1_0 1_1');
  });

  test('when the session of a member ends, or it takes too long to give back', () => {
    const a = alone();
    const b = new Member('b');
    b.beat();
    a.beat({ rebalanceTimeoutMs: 10_000 });
    advance(9000);
    b.beat();
    advance(1500);
    // Its new timeout was a change, too.
    expect(b.says()).toBe('5: 0_0 0_1 1_0 1_1');
    expect(a.refused()).toBe('unknown-member');
    advance(44_000);
    expect(phase()).toBe('Stable');
    advance(2000);
    expect(phase()).toBe('Empty');
  });

  test('to members with standbys, which are on other processes', () => {
    here.coordinator.world.streams.standbyReplicas = 1;
    const a = alone();
    const b = new Member('b');
    b.beat();
    expect(a.says()).toBe('2: 0_0 1_0');
    // A process has a task once, also while it gives back another role of it.
    expect(a.says({ owned: owned('0_0 1_0') })).toBe('3: -');
    expect(a.says()).toBe('3: 0_0 1_0 / 1_1');
    expect(b.says()).toBe('3: 0_1 1_1 / 1_0');
  });

  test('when topics grow, and when settings change', () => {
    const a = alone();
    put('text', 3);
    expect(a.says()).toBe('2: , incorrectly-partitioned-topics');
    expect(a.says({ owned: owned('') })).toBe('3: -, incorrectly-partitioned-topics');
    put('words', 3);
    put('counts', 3);
    expect(a.says()).toBe('4: 0_0 0_1 0_2 1_0 1_1 1_2');
    here.coordinator.world.streams.standbyReplicas = 1;
    expect(a.says()).toBe('5: -');
  });

  test('no more often than the assignment interval allows', () => {
    here.coordinator.world.streams.assignmentIntervalMs = 1000;
    const a = alone();
    const b = new Member('b');
    expect(b.says()).toBe('2: , assignment-delayed');
    expect(a.says()).toBe('2: -, assignment-delayed');
    advance(1000);
    expect(a.says()).toBe('2: 0_0 1_0');
  });
});

describe('epochs', () => {
  test('of another time are fenced; that of a lost answer is not', () => {
    const a = alone();
    expect(a.refused({ epoch: 3 })).toBe('fenced-member-epoch');
    expect(a.refused({ epoch: 1 })).toBe('fenced-member-epoch');
    put('text', 3);
    put('words', 3);
    put('counts', 3);
    const before = a.epoch;
    expect(a.says()).toBe('3: 0_0 0_1 0_2 1_0 1_1 1_2');
    expect(a.refused({ epoch: before })).toBe('fenced-member-epoch');
    expect(a.refused({ epoch: before, owned: owned('0_0 0_5') })).toBe('fenced-member-epoch');
    // It is told again.
    expect(a.says({ epoch: before, owned: owned('0_0') })).toBe('3: 0_0 0_1 0_2 1_0 1_1 1_2');
  });

  test('decide who may commit offsets', () => {
    const a = alone();
    const b = new Member('b');
    const commit = (member: Member, topic: string, partition: number, generation = member.epoch) => {
      const answer = ask({
        kind: 'commit-offsets',
        groupId: 'g',
        memberId: member.memberId,
        instanceId: null,
        generation,
        retentionMs: null,
        producerId: -1,
        topics: [
          {
            topic,
            topicId: topicIdOf(topic),
            partitions: [{ partition, offset: 1, leaderEpoch: -1, metadata: '' }],
          },
        ],
      });
      return answer instanceof BrokerError ? answer.code : answer.kind;
    };
    expect(commit(a, 'text', 0)).toBe('committed');
    expect(commit(b, 'text', 0)).toBe('unknown-member');
    expect(commit(a, 'text', 0, 9)).toBe('stale-member-epoch');
    b.beat();
    a.beat();
    // What it is giving back is committed at its old epoch, and may be.
    expect(commit(a, 'text', 1)).toBe('committed');
    a.beat({ owned: owned('0_0 1_0') });
    b.beat();
    expect([a.epoch, b.epoch]).toEqual([3, 3]);
    expect(commit(a, 'text', 0, 2)).toBe('committed');
    expect(commit(a, 'words', 0, 2)).toBe('committed');
    expect(commit(a, 'text', 1, 2)).toBe('stale-member-epoch');
    expect(commit(a, 'other', 0, 2)).toBe('stale-member-epoch');
    expect(commit(b, 'text', 1, 2)).toBe('stale-member-epoch');
    expect(commit({ memberId: '', epoch: -1 } as Member, 'text', 0)).toBe('unknown-member');
    const fetch = (memberId: string | null, memberEpoch: number) =>
      JSON.stringify(
        ask({
          kind: 'fetch-offsets',
          groups: [{ groupId: 'g', memberId, memberEpoch, topics: null }],
          requireStable: false,
        }),
      );
    expect(fetch('a', 3)).toContain('"offset":1');
    expect(fetch(null, -1)).toContain('"offset":1');
    expect(fetch('a', 2)).toContain('stale-member-epoch');
    expect(fetch('c', 3)).toContain('unknown-member');
  });
});

describe('members are told', () => {
  test('that one of them wants all to stop', () => {
    const a = alone();
    const b = new Member('b');
    b.beat();
    expect(a.says({ shutdownApplication: true })).toContain('shutdown-application');
    expect(b.says()).toBe('3: -, shutdown-application');
    a.beat({ epoch: -1 });
    expect(b.says()).toContain('shutdown-application');
    b.beat({ epoch: -1 });
    b.epoch = 0;
    expect(b.says()).not.toContain('shutdown-application');
  });

  test('that their topology is old', () => {
    const a = new Member('a');
    a.beat({ topology: { ...WORD_COUNT, epoch: 2 } });
    expect(new Member('b').says({ topology: { ...WORD_COUNT, epoch: 1 } })).toContain('stale-topology');
  });

  test('where which partitions can be asked for, once', () => {
    put('words', 2);
    put('counts', 2);
    const [a1, a2] = [new Member('a1', 'a'), new Member('a2', 'a')];
    const userEndpoint = { host: 'a', port: 80 };
    a1.fields = { userEndpoint };
    a2.fields = { userEndpoint };
    a1.beat();
    a2.beat();
    a1.beat();
    a1.beat({ owned: owned('0_0 1_0') });
    const { endpoints } = a2.beat();
    expect(endpoints).toEqual([
      {
        endpoint: userEndpoint,
        active: [
          { topic: 'text', partitions: [0, 1] },
          { topic: 'words', partitions: [0, 1] },
        ],
        standby: [],
      },
    ]);
    expect(a2.beat().endpoints).toBeNull();
    expect(a1.beat().endpoints).toEqual(endpoints);
    a2.beat({ epoch: -1 });
    expect(a1.beat().endpoints).not.toBeNull();
  });
});

describe('a topology', () => {
  const other: Topology = topology(subtopology('0', { sourceTopics: ['text'] }));

  test('that is not that of the others is refused, and taken when there are no others', () => {
    const a = alone();
    const b = new Member('b');
    expect(b.refused({ topology: other })).toBe('invalid-request');
    expect(b.refused({ topology: { ...WORD_COUNT, epoch: 1 } })).toBe('invalid-request');
    a.beat({ epoch: -1 });
    expect(b.says({ topology: other })).toBe('4: 0_0 0_1');
    expect(describeGroup().topology).toEqual(other);
  });

  test('is the same whatever the order of its subtopologies', () => {
    alone();
    const [first, second] = WORD_COUNT.subtopologies;
    expect(new Member('b').says({ topology: topology(second!, first!) })).toBe('3: ');
  });

  test('that can never work is refused, and nothing comes of it', () => {
    const wrong = topology(subtopology('0', { repartitionSourceTopics: [internal('words')] }));
    expect(new Member('a').refused({ topology: wrong })).toBe('streams-invalid-topology');
    expect(here.coordinator.runner.state.groups.size).toBe(0);
  });

  test('may have patterns', () => {
    put('text-2', 3);
    const patterns = topology(subtopology('0', { sourceTopicRegex: ['text.*'] }));
    const a = new Member('a');
    expect(a.says({ topology: patterns })).toBe('2: 0_0 0_1 0_2');
    put('text-3', 4);
    expect(a.says()).toBe('3: 0_0 0_1 0_2 0_3');
    expect(
      new Member('b').refused({ topology: topology(subtopology('0', { sourceTopicRegex: ['('] })) }),
    ).toBe('invalid-regular-expression');
  });
});

describe('heartbeats are refused', () => {
  test.each<[string, Partial<StreamsHeartbeatCommand>]>([
    ['without a member id', { memberId: '' }],
    ['without a group id', { groupId: '' }],
    ['with an empty rack', { rackId: '' }],
    ['of static members', { instanceId: 'i' }],
    ['with an epoch that is none', { epoch: -3 }],
    ['that leave for a while', { epoch: -2 }],
    ['that join without a topology', { topology: null }],
    ['that join without a rebalance timeout', { rebalanceTimeoutMs: -1 }],
    ['that join with tasks', { owned: owned('0_0') }],
  ])('%s', (_, fields) => {
    expect(new Member('a').refused(fields)).toBe('invalid-request');
  });

  test('with a topology or unknown tasks between joins', () => {
    const a = alone();
    expect(a.refused({ topology: WORD_COUNT })).toBe('invalid-request');
    expect(a.refused({ owned: owned('0_2') })).toBe('invalid-request');
    expect(a.refused({ owned: owned('7_0') })).toBe('invalid-request');
  });

  test('of members and groups that are not there', () => {
    const b = new Member('b');
    expect(b.refused({ epoch: 1, topology: null })).toBe('group-not-found');
    alone();
    expect(b.refused({ epoch: 1, topology: null })).toBe('unknown-member');
    expect(b.refused({ epoch: -1, topology: null })).toBe('unknown-member');
    expect(b.refused({ groupId: 'h', epoch: -1, topology: null })).toBe('group-not-found');
  });

  test('of one member too many', () => {
    here.coordinator.settings.streamsMembersMax = 1;
    const a = alone();
    expect(new Member('b').refused()).toBe('group-max-size-reached');
    a.epoch = 0;
    expect(a.says()).toBe('2: 0_0 0_1 1_0 1_1');
  });
});

describe('administration', () => {
  test('describes, lists and deletes', () => {
    const a = alone();
    const taskOffsets = [{ subtopologyId: '1', partition: 0, offset: 5 }];
    a.beat({ taskOffsets, taskEndOffsets: taskOffsets, clientTags: [['zone', 'z']] });
    const group = describeGroup();
    expect(group).toMatchObject({ phase: 'Stable', epoch: 3, assignmentEpoch: 3 });
    expect(group.topology!.subtopologies[1]!.stateChangelogTopics[0]).toMatchObject({
      name: 'counts',
      partitions: 2,
    });
    expect(group.members[0]).toMatchObject({
      memberId: 'a',
      epoch: 3,
      processId: 'a',
      clientTags: [['zone', 'z']],
      taskOffsets,
      assigned: owned('0_0 0_1 1_0 1_1'),
      target: owned('0_0 0_1 1_0 1_1'),
    });
    const list = ask({ kind: 'list', states: [], types: ['Streams'] });
    expect(list).toMatchObject({
      groups: [{ groupId: 'g', protocolType: 'streams', phase: 'Stable', type: 'streams' }],
    });
    const remove = () => JSON.stringify(ask({ kind: 'delete-groups', groupIds: ['g'] }));
    expect(remove()).toContain('group-not-empty');
    a.beat({ epoch: -1 });
    expect(remove()).toContain('"error":null');
    expect(here.coordinator.runner.state.groups.size).toBe(0);
    expect(() => describeGroup()).toThrow(/no group 'g'/);
  });

  test('keeps groups of the other protocols apart', async () => {
    const a = alone();
    const join = joinCommand({});
    const code = (answer: GroupAnswer | BrokerError) =>
      answer instanceof BrokerError ? answer.code : answer.kind;
    expect(code(ask(join))).toBe('inconsistent-group-protocol');
    a.beat({ epoch: -1 });
    expect(code(ask({ ...join, sessionTimeoutMs: 1 }))).toBe('invalid-session-timeout');
    expect(phase()).toBe('Empty');
    expect(code(ask(join))).toBe('member-id-required');
    expect(() => describeGroup()).toThrow(/not of the Streams protocol/);
    await restart();
    expect(here.coordinator.runner.state.groups.get('g')!.live.type).toBe('classic');
  });

  test('forgets a group that nobody uses', () => {
    const a = alone();
    a.beat({ epoch: -1 });
    advance(here.coordinator.settings.offsetsRetentionCheckMs + 1000);
    expect(here.coordinator.runner.state.groups.size).toBe(0);
  });
});
