/** Share groups step by step: what members are told, and what a restart finds. */
import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../../src/base/errors.ts';
import type { GroupAnswer, GroupCommand } from '../../../src/group/commands.ts';
import type {
  ShareGroupDescription,
  ShareHeartbeatAnswer,
  ShareHeartbeatCommand,
} from '../../../src/group/share/commands.ts';
import { joinCommand } from '../support/commands.ts';
import { eachWithTopic } from '../support/coordinator.ts';
import { topicIdOf } from '../support/stage.ts';

const here = eachWithTopic('t');

const put = (name: string, partitionCount: number): void => here.coordinator.put(name, partitionCount);
const ask = (command: GroupCommand): GroupAnswer | BrokerError => here.coordinator.ask(command);
const restart = (): Promise<void> => here.coordinator.restart();
const advance = (ms: number): void => here.coordinator.advance(ms);

class Member {
  readonly memberId: string;
  epoch = 0;

  constructor(memberId: string) {
    this.memberId = memberId;
  }

  send(fields: Partial<ShareHeartbeatCommand> = {}): GroupAnswer | BrokerError {
    const epoch = fields.epoch ?? this.epoch;
    return ask({
      kind: 'share-heartbeat',
      groupId: 'g',
      memberId: this.memberId,
      epoch,
      rackId: null,
      clientId: 'client',
      clientHost: '/host',
      topics: epoch === 0 ? ['t'] : null,
      ...fields,
    });
  }

  /** What it is told: its epoch, and its partitions by topic; `–` for as before. */
  beat(fields: Partial<ShareHeartbeatCommand> = {}): string {
    const answer = this.send(fields) as ShareHeartbeatAnswer;
    expect(answer.kind).toBe('share-heartbeat');
    this.epoch = Math.max(0, answer.epoch);
    const told = answer.assignment;
    if (told === null) return `${answer.epoch} –`;
    const topics = told.map(({ topicId, partitions }) => {
      const { name } = here.coordinator.world.topicById(topicId)!;
      return `${name}:${partitions.join(',')}`;
    });
    return `${answer.epoch} ${topics.join(' ')}`.trim();
  }

  refused(fields: Partial<ShareHeartbeatCommand> = {}): string {
    const answer = this.send(fields);
    expect(answer).toBeInstanceOf(BrokerError);
    return (answer as BrokerError).code;
  }
}

function described(): ShareGroupDescription {
  const answer = ask({ kind: 'describe-shares', groupIds: ['g'] });
  if (answer instanceof BrokerError || answer.kind !== 'shares-described') throw new Error('not described');
  return answer.groups[0] as ShareGroupDescription;
}

function codeOf(command: GroupCommand): string {
  const answer = ask(command);
  return answer instanceof BrokerError ? answer.code : answer.kind;
}

function deleted(): string | null {
  const answer = ask({ kind: 'delete-groups', groupIds: ['g'] });
  if (answer instanceof BrokerError || answer.kind !== 'groups-deleted') throw new Error('not answered');
  return answer.results[0]!.error?.code ?? null;
}

describe('members of a share group', () => {
  test('share partitions, and come to the assignment in one step', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => new Member(id)) as [Member, Member, Member];
    expect(a.beat()).toBe('1 t:0,1');
    expect(b.beat()).toBe('2 t:1');
    expect(c.beat()).toMatch(/^3 t:/);
    expect(a.beat()).toMatch(/^3 t:/);
    expect(a.beat(), 'nothing new').toBe('3 –');
    expect(b.beat()).toMatch(/^3 t:/);
    const { phase, epoch, assignmentEpoch, members } = described();
    expect({ phase, epoch, assignmentEpoch }).toEqual({ phase: 'Stable', epoch: 3, assignmentEpoch: 3 });
    expect(new Set(members.flatMap(({ assignment }) => assignment.flatMap((one) => one.partitions)))).toEqual(
      new Set([0, 1]),
    );
    expect(members.every(({ assignment }) => assignment.length === 1)).toBe(true);
  });

  test('are told again what an answer that was lost said, and fenced with an epoch that they never had', () => {
    const a = new Member('a');
    const b = new Member('b');
    a.beat();
    b.beat();
    expect(a.send()).toMatchObject({ epoch: 2 });
    expect(a.send({ epoch: 1 })).toMatchObject({ epoch: 2, assignment: [{ partitions: [0] }] });
    expect(a.refused({ epoch: 3 })).toBe('fenced-member-epoch');
    expect(new Member('x').refused({ epoch: 2 })).toBe('unknown-member');
  });

  test('leave by themselves or when they are silent, and others take over', () => {
    const [a, b] = [new Member('a'), new Member('b')];
    a.beat();
    b.beat();
    a.beat();
    expect(b.beat({ epoch: -1 })).toBe('-1 –');
    expect(a.beat()).toBe('3 t:0,1');
    b.epoch = 0;
    b.beat();
    advance(44_000);
    a.beat();
    advance(2000);
    expect(described().members.map(({ memberId }) => memberId)).toEqual(['a']);
    expect(b.refused()).toBe('unknown-member');
  });

  test('change what they subscribe to, and see topics come, grow and go', () => {
    const a = new Member('a');
    expect(a.beat({ topics: ['t', 'u'] })).toBe('1 t:0,1');
    put('u', 1);
    expect(a.beat()).toBe('2 t:0,1 u:0');
    put('t', 3);
    expect(a.beat()).toBe('3 t:0,1,2 u:0');
    expect(a.beat({ topics: ['u'] })).toBe('4 u:0');
    here.coordinator.world.remove('u');
    expect(a.beat()).toBe('5');
    put('other', 1);
    expect(a.beat(), 'a topic of others').toBe('5 –');
  });

  test('wait for an assignment no longer than it has to stand', () => {
    here.coordinator.world.share.assignmentIntervalMs = 1000;
    const [a, b] = [new Member('a'), new Member('b')];
    expect(a.send()).toMatchObject({ heartbeatIntervalMs: 5000 });
    a.epoch = 1;
    expect(b.send()).toMatchObject({ epoch: 1, heartbeatIntervalMs: 1000, assignment: [] });
    b.epoch = 1;
    advance(1000);
    expect(b.send()).toMatchObject({
      epoch: 2,
      heartbeatIntervalMs: 5000,
      assignment: [{ partitions: [1] }],
    });
  });

  test('are no more than group.share.max.size says', () => {
    here.coordinator.settings.shareMembersMax = 1;
    const a = new Member('a');
    a.beat();
    expect(new Member('b').refused()).toBe('group-max-size-reached');
    expect(a.beat({ epoch: 0 }), 'who is in it may join again').toBe('1 t:0,1');
  });

  test.each([
    ['without a member id', { memberId: '' }],
    ['without a group', { groupId: '' }],
    ['with an empty rack', { rackId: '' }],
    ['with an epoch below −1', { epoch: -2 }],
    ['that join without topics', { topics: null }],
    ['that join with no topics', { topics: [] }],
  ])('%s are refused', (_, fields) => {
    expect(new Member('a').refused(fields)).toBe('invalid-request');
  });

  test('who go on in a group that is not there are refused', () => {
    expect(new Member('a').refused({ epoch: 1 })).toBe('group-not-found');
    expect(new Member('a').refused({ epoch: -1 })).toBe('group-not-found');
  });
});

describe('a share group', () => {
  test('is found again after a restart, and its members go on', async () => {
    const [a, b] = [new Member('a'), new Member('b')];
    a.beat({ rackId: 'r' });
    b.beat();
    a.beat();
    const before = described();
    await restart();
    expect(described()).toEqual(before);
    expect(a.beat()).toBe('2 –');
    advance(44_000);
    expect(b.beat(), 'with its whole session').toBe('2 –');
  });

  test('stays without members, until it is deleted', async () => {
    const a = new Member('a');
    a.beat();
    expect(deleted()).toBe('group-not-empty');
    a.beat({ epoch: -1 });
    advance(here.coordinator.settings.offsetsRetentionCheckMs + 1000);
    expect(described()).toMatchObject({ phase: 'Empty', members: [] });
    await restart();
    expect(ask({ kind: 'list', states: ['empty'], types: ['SHARE'] })).toMatchObject({
      groups: [{ groupId: 'g', protocolType: 'share', phase: 'Empty', type: 'share' }],
    });
    expect(deleted()).toBeNull();
    await restart();
    expect(codeOf({ kind: 'vacant-share', groupId: 'g', make: false })).toBe('group-not-found');
  });

  test('is made for its offsets, and only without members they are set', () => {
    expect(codeOf({ kind: 'vacant-share', groupId: 'g', make: true })).toBe('done');
    expect(described().phase).toBe('Empty');
    const a = new Member('a');
    expect(a.beat()).toBe('1 t:0,1');
    expect(codeOf({ kind: 'vacant-share', groupId: 'g', make: true })).toBe('group-not-empty');
    expect(codeOf({ kind: 'vacant-share', groupId: '', make: true })).toBe('group-not-found');
  });

  test('commits no offsets, and is no group of another kind', () => {
    new Member('a').beat();
    const commit: GroupCommand = {
      kind: 'commit-offsets',
      groupId: 'g',
      memberId: '',
      instanceId: null,
      generation: -1,
      retentionMs: null,
      producerId: 7,
      topics: [],
    };
    expect(codeOf(commit)).toBe('group-not-found');
    expect(codeOf({ ...commit, producerId: -1 })).toBe('group-not-found');
    expect(codeOf({ kind: 'delete-offsets', groupId: 'g', topics: [] })).toBe('group-not-found');
    const fetched = ask({
      kind: 'fetch-offsets',
      requireStable: false,
      groups: [{ groupId: 'g', topics: null }],
    });
    expect(fetched).toMatchObject({ groups: [{ error: { code: 'group-not-found' } }] });
    expect(codeOf(joinCommand({ memberIdRequired: false }))).toBe('inconsistent-group-protocol');
    new Member('a').beat({ epoch: -1 });
    expect(codeOf(joinCommand({ memberIdRequired: false })), 'without members, too').toBe(
      'inconsistent-group-protocol',
    );
    expect(ask({ kind: 'describe', groupIds: ['g'] })).toMatchObject({
      groups: [{ error: { code: 'group-not-found' } }],
    });
  });

  test('does not take the place of a group of another kind', () => {
    ask({
      kind: 'commit-offsets',
      groupId: 'g',
      memberId: '',
      instanceId: null,
      generation: -1,
      retentionMs: null,
      producerId: -1,
      topics: [
        {
          topic: 't',
          topicId: topicIdOf('t'),
          partitions: [{ partition: 0, offset: 1, leaderEpoch: -1, metadata: '' }],
        },
      ],
    });
    expect(new Member('a').refused()).toBe('group-not-found');
    expect(ask({ kind: 'describe-shares', groupIds: ['g', 'none'] })).toMatchObject({
      groups: [{ error: { code: 'group-not-found' } }, { error: { code: 'group-not-found' } }],
    });
  });
});
