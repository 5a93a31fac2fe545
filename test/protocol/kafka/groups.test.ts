/** Group flows end to end, over the wire, with the client's side of our own codec. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import {
  CONSUMER_GROUP_DESCRIBE,
  CONSUMER_GROUP_HEARTBEAT,
  DELETE_GROUPS,
  DESCRIBE_GROUPS,
  HEARTBEAT,
  JOIN_GROUP,
  LEAVE_GROUP,
  LIST_GROUPS,
  OFFSET_COMMIT,
  OFFSET_DELETE,
  OFFSET_FETCH,
  SYNC_GROUP,
} from '../../support/kafka-apis.ts';
import { createTopics, describeTopics, TestClient } from '../../support/kafka-client.ts';

let broker: EmbeddedBroker;
let clients: TestClient[];

beforeEach(async () => {
  broker = await startBroker({ data: 'memory', settings: { 'group.min.session.timeout.ms': 100 } });
  clients = [];
});
afterEach(async () => {
  for (const client of clients) await client.close();
  await broker.close();
});

class Member {
  readonly client: TestClient;
  readonly group: string;
  id = '';
  generation = -1;
  instanceId: string | null = null;
  sessionTimeoutMs = 10_000;

  constructor(client: TestClient, group: string) {
    this.client = client;
    this.group = group;
  }

  static async make(group: string): Promise<Member> {
    const client = await TestClient.connect(broker.bootstrap);
    clients.push(client);
    return new Member(client, group);
  }

  async join(version = JOIN_GROUP.maxVersion) {
    const ask = () =>
      this.client.call(
        JOIN_GROUP,
        {
          groupId: this.group,
          memberId: this.id,
          groupInstanceId: this.instanceId,
          sessionTimeoutMs: this.sessionTimeoutMs,
          rebalanceTimeoutMs: 10_000,
          protocolType: 'consumer',
          protocols: [{ name: 'range', metadata: Buffer.from(this.group) }],
        },
        version,
      );
    let answer = await ask();
    if (answer.errorCode === 79) {
      this.id = answer.memberId;
      answer = await ask();
    }
    this.id = answer.memberId;
    this.generation = answer.generationId;
    return answer;
  }

  async sync(assignments: Readonly<Record<string, string>> = {}) {
    const answer = await this.client.call(SYNC_GROUP, {
      groupId: this.group,
      generationId: this.generation,
      memberId: this.id,
      groupInstanceId: this.instanceId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: Object.entries(assignments).map(([memberId, text]) => ({
        memberId,
        assignment: Buffer.from(text),
      })),
    });
    return [answer.errorCode, answer.assignment.toString()];
  }

  async heartbeat(): Promise<number> {
    const { errorCode } = await this.client.call(HEARTBEAT, {
      groupId: this.group,
      generationId: this.generation,
      memberId: this.id,
      groupInstanceId: this.instanceId,
    });
    return errorCode;
  }

  async commit(topic: string, offset: number, metadata: string | null = null): Promise<number> {
    const { topics } = await this.client.call(
      OFFSET_COMMIT,
      {
        groupId: this.group,
        generationIdOrMemberEpoch: this.generation,
        memberId: this.id,
        topics: [
          {
            name: topic,
            topicId: ZERO_UUID,
            partitions: [
              {
                partitionIndex: 0,
                committedOffset: offset,
                committedLeaderEpoch: 3,
                committedMetadata: metadata,
              },
            ],
          },
        ],
      },
      9,
    );
    return topics[0]!.partitions[0]!.errorCode;
  }

  async committed(topic: string, version = 9) {
    const topics = [{ name: topic, topicId: ZERO_UUID, partitionIndexes: [0, 1] }];
    const answer = await this.client.call(
      OFFSET_FETCH,
      version >= 8
        ? { groups: [{ groupId: this.group, memberId: null, memberEpoch: -1, topics }] }
        : { groupId: this.group, topics: [{ name: topic, partitionIndexes: [0, 1] }] },
      version,
    );
    const found = version >= 8 ? answer.groups[0]!.topics : answer.topics;
    return found[0]!.partitions.map(({ committedOffset, metadata }) => [committedOffset, metadata]);
  }

  async state(): Promise<[string, number]> {
    const { groups } = await this.client.call(DESCRIBE_GROUPS, { groups: [this.group] });
    return [groups[0]!.groupState, groups[0]!.members.length];
  }
}

/** Two members of one group, stable, with what the leader gave them. */
async function stablePair(group: string): Promise<[leader: Member, follower: Member]> {
  const [first, second] = [await Member.make(group), await Member.make(group)];
  await first.join();
  await first.sync({ [first.id]: 'all' });
  const joining = second.join();
  while ((await first.heartbeat()) !== 27);
  const [again] = await Promise.all([first.join(), joining]);
  expect(again.leader).toBe(first.id);
  expect(again.members).toHaveLength(2);
  const [mine, theirs] = await Promise.all([
    first.sync({ [first.id]: 'one', [second.id]: 'two' }),
    second.sync(),
  ]);
  expect([mine, theirs]).toEqual([
    [0, 'one'],
    [0, 'two'],
  ]);
  return [first, second];
}

describe('a consumer group', () => {
  it('forms, rebalances when a member comes, and when one leaves', async () => {
    const [first, second] = await stablePair('g');
    expect(await first.state()).toEqual(['Stable', 2]);
    expect(first.generation).toBe(second.generation);
    const left = await second.client.call(LEAVE_GROUP, {
      groupId: 'g',
      members: [{ memberId: second.id, groupInstanceId: null, reason: null }],
    });
    expect([left.errorCode, left.members[0]!.errorCode]).toEqual([0, 0]);
    expect(await first.heartbeat()).toBe(27);
    const again = await first.join();
    expect(again.members).toHaveLength(1);
    expect(await second.heartbeat()).toBe(25);
    expect(await first.sync({ [first.id]: 'all' })).toEqual([0, 'all']);
    expect(await first.heartbeat()).toBe(0);
  });

  it('drops a member that says nothing for its session timeout', async () => {
    const [first, second] = [await Member.make('g'), await Member.make('g')];
    first.sessionTimeoutMs = 100;
    await first.join();
    await first.sync({ [first.id]: 'all' });
    const answer = await second.join();
    // The first never joined again: the rebalance went on without it when its session was over.
    expect(answer.members.map(({ memberId }) => memberId)).toEqual([second.id]);
    expect(await first.heartbeat()).toBe(25);
  });

  it('asks for a member id first from version 4 on, and gives one at once before', async () => {
    const modern = await Member.make('g');
    const answer = await modern.client.call(JOIN_GROUP, {
      groupId: 'g',
      sessionTimeoutMs: 1000,
      rebalanceTimeoutMs: 1000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    });
    expect(answer.errorCode).toBe(79);
    expect(answer.memberId).not.toBe('');
    const old = await Member.make('old');
    expect((await old.join(3)).errorCode).toBe(0);
  });

  it('keeps the place of a static member that comes back, and fences its double', async () => {
    const member = await Member.make('g');
    member.instanceId = 'instance';
    await member.join();
    await member.sync({ [member.id]: 'mine' });
    const { generation, id } = member;
    const back = await Member.make('g');
    back.instanceId = 'instance';
    await back.join();
    expect(back.generation).toBe(generation);
    expect(back.id).not.toBe(id);
    expect(await back.sync()).toEqual([0, 'mine']);
    expect(await member.heartbeat()).toBe(82);
  });

  it('refuses strangers, other generations, session timeouts out of range and protocols that do not fit', async () => {
    const [first] = await stablePair('g');
    const { id, generation } = first;
    first.id = 'stranger';
    expect(await first.heartbeat()).toBe(25);
    first.id = id;
    first.generation = generation + 1;
    expect(await first.heartbeat()).toBe(22);
    const late = await Member.make('g');
    late.sessionTimeoutMs = 50;
    expect((await late.join()).errorCode).toBe(26);
    const misfit = {
      groupId: 'g',
      sessionTimeoutMs: 1000,
      rebalanceTimeoutMs: 1000,
      protocolType: 'connect',
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    };
    expect((await late.client.call(JOIN_GROUP, misfit, 3)).errorCode).toBe(23);
    expect((await late.client.call(JOIN_GROUP, { ...misfit, groupId: '' }, 3)).errorCode).toBe(24);
  });

  it('commits and gives back offsets with metadata, of members and of clients without membership', async () => {
    const member = await Member.make('g');
    await createTopics(member.client, { a: 2 });
    await member.join();
    await member.sync({ [member.id]: 'all' });
    expect(await member.committed('a')).toEqual([
      [-1, ''],
      [-1, ''],
    ]);
    expect(await member.commit('a', 17, 'note')).toBe(0);
    for (const version of [1, 5, 7, 8, 9]) {
      expect(await member.committed('a', version)).toEqual([
        [17, 'note'],
        [-1, ''],
      ]);
    }
    expect(await member.commit('not-there', 1)).toBe(3);
    expect(await member.commit('a', 18, 'x'.repeat(5000))).toBe(12);
    member.generation += 5;
    expect(await member.commit('a', 19)).toBe(22);
    const simple = await Member.make('simple');
    expect(await simple.commit('a', 5)).toBe(0);
    expect((await simple.committed('a'))[0]).toEqual([5, '']);
    expect((await member.committed('a'))[0]).toEqual([17, 'note']);
  });

  it('commits and fetches by topic id from version 10 on', async () => {
    const member = await Member.make('g');
    await createTopics(member.client, { a: 1 });
    const { topicId } = (await describeTopics(member.client, ['a']))[0]!;
    const partitions = [
      { partitionIndex: 0, committedOffset: 4, committedLeaderEpoch: -1, committedMetadata: null },
    ];
    const unknown = 'x'.repeat(16) as typeof ZERO_UUID;
    const committed = await member.client.call(OFFSET_COMMIT, {
      groupId: 'g',
      generationIdOrMemberEpoch: -1,
      topics: [topicId, unknown].map((id) => ({ name: '', topicId: id, partitions })),
    });
    expect(committed.topics.map((topic) => topic.partitions[0]!.errorCode)).toEqual([0, 100]);
    const { groups } = await member.client.call(OFFSET_FETCH, {
      groups: [
        {
          groupId: 'g',
          memberId: null,
          memberEpoch: -1,
          topics: [topicId, unknown].map((id) => ({ name: '', topicId: id, partitionIndexes: [0] })),
        },
      ],
    });
    const found = groups[0]!.topics.flatMap((topic) => topic.partitions);
    expect(found.map(({ errorCode, committedOffset }) => [errorCode, committedOffset])).toEqual([
      [0, 4],
      [100, -1],
    ]);
  });

  it('of the consumer protocol shows the hosts of its members as those of the classic one', async () => {
    const { client } = await Member.make('g');
    await createTopics(client, { a: 1 });
    const joined = await client.call(CONSUMER_GROUP_HEARTBEAT, {
      groupId: 'g',
      memberId: 'm',
      memberEpoch: 0,
      rebalanceTimeoutMs: 10_000,
      subscribedTopicNames: ['a'],
      topicPartitions: [],
    });
    expect(joined.errorCode).toBe(0);
    const { groups } = await client.call(CONSUMER_GROUP_DESCRIBE, { groupIds: ['g'] });
    expect(groups[0]!.members.map(({ clientHost }) => clientHost)).toEqual(['/127.0.0.1']);
  });

  it('is listed, described and deleted; its offsets can be removed', async () => {
    const [first, second] = await stablePair('g');
    await createTopics(first.client, { a: 1 });
    await first.commit('a', 1);
    const { client } = first;
    const names = async (statesFilter: string[] = []) =>
      (await client.call(LIST_GROUPS, { statesFilter })).groups.map(({ groupId }) => groupId);
    expect(await names()).toEqual(['g']);
    expect(await names(['Stable'])).toEqual(['g']);
    expect(await names(['Empty'])).toEqual([]);
    const remove = async (name: string) =>
      (await client.call(DELETE_GROUPS, { groupsNames: [name] })).results[0]!.errorCode;
    expect(await remove('g')).toBe(68);
    expect(await remove('not-there')).toBe(69);
    const described = await client.call(DESCRIBE_GROUPS, { groups: ['g', 'not-there', 'g'] });
    expect(described.groups.map(({ errorCode, groupState }) => [errorCode, groupState])).toEqual([
      [0, 'Stable'],
      [69, 'Dead'],
    ]);
    expect(described.groups[0]!.members[0]!.clientHost).toBe('/127.0.0.1');
    for (const one of [first, second]) {
      const members = [{ memberId: one.id, groupInstanceId: null, reason: null }];
      await one.client.call(LEAVE_GROUP, { groupId: 'g', members });
    }
    expect(await first.state()).toEqual(['Empty', 0]);
    const deleted = await client.call(OFFSET_DELETE, {
      groupId: 'g',
      topics: [{ name: 'a', partitions: [{ partitionIndex: 0 }, { partitionIndex: 7 }] }],
    });
    expect(deleted.topics[0]!.partitions.map(({ errorCode }) => errorCode)).toEqual([0, 3]);
    expect((await first.committed('a'))[0]![0]).toBe(-1);
    expect(await remove('g')).toBe(0);
    expect(await names()).toEqual([]);
  });
});
