/** Share groups over the wire: sessions, what is acquired, and what acknowledgements come to. The queues themselves: test/queue. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Uuid } from '../../../src/base/uuid.ts';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import type { ShareAcknowledgeRequestAcknowledgementBatch } from '../../../src/protocol/kafka/codec/generated/share-acknowledge.ts';
import type {
  ShareFetchRequest,
  ShareFetchResponse,
} from '../../../src/protocol/kafka/codec/generated/share-fetch.ts';
import {
  ALTER_SHARE_GROUP_OFFSETS,
  DELETE_GROUPS,
  DELETE_SHARE_GROUP_OFFSETS,
  DESCRIBE_SHARE_GROUP_OFFSETS,
  INCREMENTAL_ALTER_CONFIGS,
  SHARE_ACKNOWLEDGE,
  SHARE_FETCH,
  SHARE_GROUP_DESCRIBE,
  SHARE_GROUP_HEARTBEAT,
} from '../../support/kafka-apis.ts';
import { batchOf, createTopics, describeTopics, produceOne, TestClient } from '../../support/kafka-client.ts';

const GROUP = 32;
const [ACCEPT, RELEASE, REJECT, RENEW] = [1, 2, 3, 4] as const;

let broker: EmbeddedBroker;
let client: TestClient;
/** Answers come in the order of requests: who produces while a fetch waits needs a connection of its own. */
let sender: TestClient;
let topicId: Uuid;

async function start(settings: Record<string, string | number> = {}): Promise<void> {
  const shares = { 'group.share.min.record.lock.duration.ms': 1000, 'group.share.assignment.interval.ms': 0 };
  broker = await startBroker({ data: 'memory', settings: { ...shares, ...settings } });
  client = await TestClient.connect(broker.bootstrap);
  sender = await TestClient.connect(broker.bootstrap);
  await createTopics(client, { t: 1 });
  topicId = await idOf('t');
  await configure({ 'share.auto.offset.reset': 'earliest' });
}

beforeEach(() => start());
afterEach(async () => {
  await client.close();
  await sender.close();
  await broker.close();
});

async function idOf(topic: string): Promise<Uuid> {
  const [described] = await describeTopics(client, [topic]);
  return described!.topicId;
}

async function configure(configs: Record<string, string>): Promise<void> {
  const changes = Object.entries(configs).map(([name, value]) => ({ name, value, configOperation: 0 }));
  const resources = [{ resourceType: GROUP, resourceName: 'g', configs: changes }];
  const { responses } = await client.call(INCREMENTAL_ALTER_CONFIGS, { resources });
  expect(responses[0]).toMatchObject({ errorCode: 0 });
}

/** A consumer of the group on a connection. */
class Member {
  readonly memberId: string;
  readonly connection: TestClient;
  epoch = 0;
  sessionEpoch = 0;

  constructor(memberId: string, connection = client) {
    this.memberId = memberId;
    this.connection = connection;
  }

  async join(topics: readonly string[] = ['t']): Promise<this> {
    const answer = await this.beat({ subscribedTopicNames: [...topics] });
    expect(answer).toMatchObject({ errorCode: 0, memberId: this.memberId });
    return this;
  }

  async beat(fields: { memberEpoch?: number; subscribedTopicNames?: string[] } = {}) {
    const { memberId } = this;
    const request = { groupId: 'g', memberId, memberEpoch: this.epoch, ...fields };
    const answer = await this.connection.call(SHARE_GROUP_HEARTBEAT, request);
    this.epoch = answer.memberEpoch;
    return answer;
  }

  /** Of a session that goes on. */
  async fetch(fields: Partial<ShareFetchRequest> = {}): Promise<ShareFetchResponse> {
    const { memberId, sessionEpoch: shareSessionEpoch } = this;
    const topics =
      shareSessionEpoch === 0
        ? [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches: [] }] }]
        : [];
    const answer = await this.connection.call(SHARE_FETCH, {
      ...{ groupId: 'g', memberId, shareSessionEpoch, maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20 },
      ...{ maxRecords: 500, batchSize: 500, topics },
      ...fields,
    });
    if (answer.errorCode === 0) this.sessionEpoch = (fields.shareSessionEpoch ?? shareSessionEpoch) + 1;
    return answer;
  }

  async acknowledge(
    batches: readonly ShareAcknowledgeRequestAcknowledgementBatch[],
    fields: { shareSessionEpoch?: number; isRenewAck?: boolean } = {},
  ) {
    const partitions = [{ partitionIndex: 0, acknowledgementBatches: [...batches] }];
    const answer = await this.connection.call(SHARE_ACKNOWLEDGE, {
      groupId: 'g',
      memberId: this.memberId,
      shareSessionEpoch: this.sessionEpoch,
      topics: [{ topicId, partitions }],
      ...fields,
    });
    if (answer.errorCode === 0) this.sessionEpoch++;
    return answer;
  }
}

const batch = (firstOffset: number, lastOffset: number, ...acknowledgeTypes: number[]) => ({
  firstOffset,
  lastOffset,
  acknowledgeTypes,
});

/** `0-4 x1`: what was acquired, and how often it was delivered. */
const acquired = ({ responses }: ShareFetchResponse): string[] =>
  responses.flatMap(({ partitions }) =>
    partitions.flatMap(({ acquiredRecords }) =>
      acquiredRecords.map((one) => `${one.firstOffset}-${one.lastOffset} x${one.deliveryCount}`),
    ),
  );

const send = (...values: string[]) => produceOne(sender, 't', batchOf(values));

describe('fetching', () => {
  it('acquires records, and what is acknowledged with the next fetch does not come again', async () => {
    await send('a', 'b', 'c');
    const member = await new Member('m').join();
    const first = await member.fetch();
    expect(first).toMatchObject({ errorCode: 0, acquisitionLockTimeoutMs: 30_000 });
    expect(acquired(first)).toEqual(['0-2 x1']);
    const acknowledgementBatches = [batch(0, 2, ACCEPT, RELEASE, REJECT)];
    const topics = [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches }] }];
    const next = await member.fetch({ topics });
    expect(next.responses[0]!.partitions[0]).toMatchObject({ errorCode: 0, acknowledgeErrorCode: 0 });
    expect(acquired(next)).toEqual(['1-1 x2']);
  });

  it('fills up batches, unless the limit of records is hard', async () => {
    await send('a', 'b', 'c');
    await send('d', 'e');
    const member = await new Member('m').join();
    expect(acquired(await member.fetch({ maxRecords: 1 }))).toEqual(['0-2 x1']);
    expect(acquired(await member.fetch({ maxRecords: 1, shareAcquireMode: 1 }))).toEqual(['3-3 x1']);
    expect(acquired(await member.fetch())).toEqual(['4-4 x1']);
    expect(acquired(await member.fetch({ maxRecords: 0 }))).toEqual([]);
  });

  it('parts what is acquired at the ends of batches, by the size that the client wants', async () => {
    await send('a', 'b', 'c');
    await send('d', 'e');
    await send('f');
    const member = await new Member('m').join();
    expect(acquired(await member.fetch({ batchSize: 3 }))).toEqual(['0-2 x1', '3-5 x1']);
  });

  it('waits for the first records, and for as many bytes as are asked for', async () => {
    const member = await new Member('m').join();
    const waiting = member.fetch({ maxWaitMs: 60_000 });
    await send('a');
    expect(acquired(await waiting)).toEqual(['0-0 x1']);
    const two = member.fetch({ maxWaitMs: 2000, minBytes: 1 << 20 });
    await send('b');
    expect(acquired(await two), 'with what came before the time was over').toEqual(['1-1 x1']);
  });

  it('takes from all topics of the session', async () => {
    await createTopics(client, { u: 2 });
    const other = await idOf('u');
    await send('a');
    await produceOne(sender, 'u', batchOf(['b']));
    const member = await new Member('m').join(['t', 'u']);
    const partitions = [0, 1, 7].map((partitionIndex) => ({ partitionIndex, acknowledgementBatches: [] }));
    const answer = await member.fetch({
      topics: [
        { topicId, partitions: partitions.slice(0, 1) },
        { topicId: other, partitions },
      ],
    });
    expect(acquired(answer)).toEqual(['0-0 x1', '0-0 x1']);
    const [failed] = answer.responses.flatMap((topic) =>
      topic.partitions.filter(({ errorCode }) => errorCode !== 0),
    );
    expect(failed).toMatchObject({ partitionIndex: 7, errorCode: 3 });
    const waiting = member.fetch({
      maxWaitMs: 60_000,
      forgottenTopicsData: [{ topicId: other, partitions: [7] }],
    });
    await produceOne(sender, 'u', batchOf(['c']));
    expect(acquired(await waiting)).toEqual(['1-1 x1']);
  });

  it('lets others have what a closed connection or session had', async () => {
    await send('a');
    const away = await TestClient.connect(broker.bootstrap);
    const gone = await new Member('gone', away).join();
    expect(acquired(await gone.fetch())).toEqual(['0-0 x1']);
    const member = await new Member('m').join();
    const waiting = member.fetch({ maxWaitMs: 60_000 });
    await away.close();
    expect(acquired(await waiting)).toEqual(['0-0 x2']);
    expect(await member.fetch({ shareSessionEpoch: -1 })).toMatchObject({ errorCode: 0, responses: [] });
    expect(await member.fetch({ shareSessionEpoch: 1 }), 'it is over').toMatchObject({ errorCode: 122 });
    expect(acquired(await member.fetch())).toEqual(['0-0 x3']);
  });
});

describe('a request is refused', () => {
  it.each([
    ['without a group', { groupId: '' }, 42],
    ['with a member id that is too long', { memberId: 'm'.repeat(37) }, 42],
    ['in a group that is not there', { groupId: 'none' }, 69],
    ['with an epoch below −1', { shareSessionEpoch: -2 }, 123],
    ['in a session that was not begun', { shareSessionEpoch: 1 }, 122],
    ['with an acquire mode that is not known', { shareAcquireMode: 2 }, 42],
    ['that renews and fetches', { isRenewAck: true }, 42],
  ])('%s', async (_, fields, errorCode) => {
    const member = await new Member('m').join();
    const answer = await member.fetch(fields);
    expect(answer).toMatchObject({ errorCode, responses: [] });
    expect(answer.errorMessage).toMatch(/\w/);
  });

  it('with the wrong epoch, and the session goes on', async () => {
    const member = await new Member('m').join();
    await member.fetch();
    expect(await member.fetch({ shareSessionEpoch: 5 })).toMatchObject({ errorCode: 123 });
    expect(await member.acknowledge([], { shareSessionEpoch: 0 })).toMatchObject({ errorCode: 123 });
    expect(await member.fetch()).toMatchObject({ errorCode: 0 });
  });

  it('that begins a session with acknowledgements', async () => {
    const member = await new Member('m').join();
    const acknowledgementBatches = [batch(0, 0, ACCEPT)];
    const topics = [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches }] }];
    expect(await member.fetch({ topics })).toMatchObject({ errorCode: 42 });
  });

  it('beyond the most sessions', async () => {
    await client.close();
    await sender.close();
    await broker.close();
    await start({ 'group.share.max.share.sessions': 1 });
    const first = await new Member('m').join();
    expect(await first.fetch()).toMatchObject({ errorCode: 0 });
    expect(await (await new Member('n').join()).fetch()).toMatchObject({ errorCode: 133 });
    first.sessionEpoch = 0;
    expect(await first.fetch(), 'in the place of its own').toMatchObject({ errorCode: 0 });
  });
});

describe('acknowledging', () => {
  const outcome = (answer: Awaited<ReturnType<Member['acknowledge']>>): number =>
    answer.responses[0]!.partitions[0]!.errorCode;

  it('refuses what the consumer does not have', async () => {
    await send('a', 'b');
    const member = await new Member('m').join();
    const other = await new Member('n').join();
    await member.fetch();
    await other.fetch();
    expect(outcome(await other.acknowledge([batch(0, 1, ACCEPT)]))).toBe(121);
    expect(outcome(await member.acknowledge([batch(0, 1, ACCEPT)]))).toBe(0);
    expect(outcome(await member.acknowledge([batch(0, 1, ACCEPT)])), 'twice').toBe(121);
  });

  it.each([
    ['that end before they begin', [batch(1, 0, ACCEPT)]],
    ['that overlap', [batch(0, 1, ACCEPT), batch(1, 1, ACCEPT)]],
    ['with neither one type nor one each', [batch(0, 2, ACCEPT, ACCEPT)]],
    ['without a type', [batch(0, 0)]],
    ['of an unknown type', [batch(0, 0, 5)]],
    ['that renew in a request that does not say so', [batch(0, 0, RENEW)]],
  ])('refuses batches %s', async (_, batches) => {
    const member = await new Member('m').join();
    await member.fetch();
    expect(outcome(await member.acknowledge(batches))).toBe(42);
  });

  it('renews, unless the group forbids it', async () => {
    await send('a');
    const member = await new Member('m').join();
    await member.fetch();
    expect(outcome(await member.acknowledge([batch(0, 0, RENEW)], { isRenewAck: true }))).toBe(0);
    await configure({ 'share.renew.acknowledge.enable': 'false' });
    expect(outcome(await member.acknowledge([batch(0, 0, RENEW)], { isRenewAck: true }))).toBe(121);
    expect(outcome(await member.acknowledge([batch(0, 0, ACCEPT)]))).toBe(0);
  });

  it('of a topic or partition that is not there is refused', async () => {
    const member = await new Member('m').join();
    await member.fetch();
    const acknowledgementBatches = [batch(0, 0, ACCEPT)];
    const [known, unknown] = [topicId, topicId.replace(/./, '\x01') as Uuid];
    const answer = await client.call(SHARE_ACKNOWLEDGE, {
      groupId: 'g',
      memberId: 'm',
      shareSessionEpoch: 1,
      topics: [
        { topicId: known, partitions: [{ partitionIndex: 9, acknowledgementBatches }] },
        { topicId: unknown, partitions: [{ partitionIndex: 0, acknowledgementBatches }] },
      ],
    });
    expect(answer.responses.map(({ partitions }) => partitions[0]!.errorCode)).toEqual([3, 100]);
  });

  it('as the last of a session lets go of the rest', async () => {
    await send('a', 'b');
    const member = await new Member('m').join();
    await member.fetch();
    expect(outcome(await member.acknowledge([batch(0, 0, ACCEPT)], { shareSessionEpoch: -1 }))).toBe(0);
    const other = await new Member('n').join();
    expect(acquired(await other.fetch())).toEqual(['1-1 x2']);
  });
});

describe('what is set of a group', () => {
  it('holds from the next fetch on', async () => {
    await send('a');
    const member = await new Member('m').join();
    await member.fetch();
    await configure({ 'share.record.lock.duration.ms': '20000', 'share.delivery.count.limit': '2' });
    expect(await member.fetch()).toMatchObject({ acquisitionLockTimeoutMs: 20_000 });
    await member.acknowledge([batch(0, 0, RELEASE)]);
    expect(acquired(await member.fetch())).toEqual(['0-0 x2']);
    await member.acknowledge([batch(0, 0, RELEASE)]);
    expect(acquired(await member.fetch()), 'twice is enough').toEqual([]);
  });

  it('spares good records a bad one: fewer and fewer come together, and each alone for the last time', async () => {
    await send('0', '1', '2', '3', '4', '5', '6', '7');
    await send('8');
    const member = await new Member('m').join();
    const release = async (first: number, last: number) =>
      expect(await member.acknowledge([batch(first, last, RELEASE)])).toMatchObject({ errorCode: 0 });
    for (const delivery of [1, 2, 3]) {
      expect(acquired(await member.fetch())).toEqual([`0-8 x${delivery}`]);
      await release(0, 8);
    }
    expect(acquired(await member.fetch()), 'half of them').toEqual(['0-3 x4']);
    expect(acquired(await member.fetch()), 'half of the rest').toEqual(['4-5 x4']);
    await release(0, 3);
    await send('9');
    for (const offset of [0, 1, 2, 3]) {
      expect(acquired(await member.fetch()), 'alone').toEqual([`${offset}-${offset} x5`]);
    }
    // The bad one is 0: it is given up, and the others are done.
    await release(0, 0);
    await member.acknowledge([batch(1, 5, ACCEPT)]);
    expect(acquired(await member.fetch())).toEqual(['6-6 x4']);
    await member.acknowledge([batch(6, 6, ACCEPT)]);
    expect(acquired(await member.fetch())).toEqual(['7-7 x4']);
  });
});

describe('offsets', () => {
  const offsets = async (topics: { topicName: string; partitions: number[] }[] | null = null) => {
    const answer = await client.call(DESCRIBE_SHARE_GROUP_OFFSETS, { groups: [{ groupId: 'g', topics }] });
    return answer.groups[0]!;
  };
  const alter = (partitions: { partitionIndex: number; startOffset: number }[], groupId = 'g') =>
    client.call(ALTER_SHARE_GROUP_OFFSETS, { groupId, topics: [{ topicName: 't', partitions }] });

  it('are told with how much is left, and −1 for what was not read', async () => {
    await createTopics(client, { u: 1 });
    await send('a', 'b', 'c', 'd');
    const member = await new Member('m').join();
    expect(await offsets()).toMatchObject({ errorCode: 0, topics: [] });
    await member.fetch();
    await member.acknowledge([batch(0, 0, ACCEPT), batch(2, 2, ACCEPT)]);
    const [t] = (await offsets()).topics;
    expect(t).toMatchObject({
      topicName: 't',
      topicId,
      partitions: [{ startOffset: 1, lag: 2, errorCode: 0 }],
    });
    const named = await offsets([
      { topicName: 'u', partitions: [0, 1] },
      { topicName: 'none', partitions: [0] },
    ]);
    const notRead = { startOffset: -1, lag: -1, errorCode: 0 };
    expect(named.topics[0]!.partitions).toMatchObject([notRead, notRead]);
    expect(named.topics[1]!.partitions).toMatchObject([notRead]);
  });

  it('are set and deleted while nobody is in the group', async () => {
    await send('a', 'b', 'c');
    const member = await new Member('m').join();
    await member.fetch();
    expect(await alter([{ partitionIndex: 0, startOffset: 2 }])).toMatchObject({ errorCode: 68 });
    await member.fetch({ shareSessionEpoch: -1 });
    await member.beat({ memberEpoch: -1 });
    const altered = await alter([
      { partitionIndex: 0, startOffset: 2 },
      { partitionIndex: 4, startOffset: 0 },
    ]);
    expect(altered.responses[0]!.partitions).toMatchObject([{ errorCode: 0 }, { errorCode: 3 }]);
    const negative = await alter([{ partitionIndex: 0, startOffset: -5 }]);
    expect(negative.responses[0]!.partitions).toMatchObject([{ errorCode: 42 }]);
    expect((await offsets()).topics[0]!.partitions).toMatchObject([{ startOffset: 2, lag: 1 }]);
    const topics = [{ topicName: 't' }, { topicName: 'none' }];
    const deleted = await client.call(DELETE_SHARE_GROUP_OFFSETS, { groupId: 'g', topics });
    expect(deleted.responses).toMatchObject([
      { topicName: 't', errorCode: 0 },
      { topicName: 'none', errorCode: 3 },
    ]);
    expect((await offsets()).topics).toEqual([]);
  });

  it('make a group where there is none, and go with it', async () => {
    await send('a', 'b', 'c');
    expect(await alter([{ partitionIndex: 0, startOffset: 1 }])).toMatchObject({ errorCode: 0 });
    expect(acquired(await (await new Member('m').join()).fetch())).toEqual(['1-2 x1']);
    expect(await client.call(DELETE_GROUPS, { groupsNames: ['g'] })).toMatchObject({
      results: [{ groupId: 'g', errorCode: 68 }],
    });
    await new Member('m').beat({ memberEpoch: -1 });
    expect(await client.call(DELETE_GROUPS, { groupsNames: ['g'] })).toMatchObject({
      results: [{ groupId: 'g', errorCode: 0 }],
    });
    expect(await offsets(), 'of no group').toMatchObject({ errorCode: 0, topics: [] });
    expect(acquired(await (await new Member('n').join()).fetch()), 'from the beginning').toEqual(['0-2 x1']);
  });
});

it('describes the group with its members', async () => {
  await new Member('m').join();
  const answer = await client.call(SHARE_GROUP_DESCRIBE, { groupIds: ['g', 'none'] });
  expect(answer.groups).toMatchObject([
    {
      errorCode: 0,
      groupState: 'Stable',
      assignorName: 'simple',
      members: [
        {
          memberId: 'm',
          subscribedTopicNames: ['t'],
          assignment: { topicPartitions: [{ topicName: 't', partitions: [0] }] },
        },
      ],
    },
    { groupId: 'none', errorCode: 69 },
  ]);
});
