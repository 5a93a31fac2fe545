import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { FetchSet } from '../../../src/broker/fetch-set.ts';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import { FetchSession, FetchSessionCache, type FetchTag } from '../../../src/protocol/kafka/fetch-session.ts';
import type { ChunkLog } from '../../../src/store/contract.ts';
import { TestClock } from '../../machine/support/test-clock.ts';
import { DELETE_TOPICS, FETCH } from '../../support/kafka-apis.ts';
import {
  batchOf,
  createTopics,
  type FetchOneOptions,
  fetchTopic,
  produceOne,
  TestClient,
} from '../../support/kafka-client.ts';

let broker: EmbeddedBroker;
let client: TestClient;

beforeAll(async () => {
  broker = await startBroker({
    data: 'memory',
    settings: { 'max.incremental.fetch.session.cache.slots': 3 },
  });
  client = await TestClient.connect(broker.bootstrap);
});
afterAll(async () => {
  await client.close();
  await broker.close();
});

type Wanted = FetchOneOptions & { readonly partition: number };

/** A client's side of one session by name (version 12) or by id (13 on). */
class Session {
  id = 0;
  epoch = 0;
  readonly topic: string;
  readonly topicId: string | null;

  constructor(topic: string, topicId: string | null = null) {
    this.topic = topic;
    this.topicId = topicId;
  }

  async fetch(wanted: Wanted[], options: { waitMs?: number; forget?: number[]; keepEpoch?: boolean } = {}) {
    const { topic, topicId } = this;
    const name = topicId === null ? topic : '';
    const answer = await client.call(
      FETCH,
      {
        maxWaitMs: options.waitMs ?? 0,
        minBytes: 1,
        maxBytes: 1 << 24,
        sessionId: this.id,
        sessionEpoch: this.epoch,
        topics: wanted.length === 0 ? [] : [fetchTopic(name, wanted, topicId ?? ZERO_UUID)],
        forgottenTopicsData:
          options.forget === undefined
            ? []
            : [{ topic: name, topicId: (topicId ?? ZERO_UUID) as never, partitions: options.forget }],
      },
      topicId === null ? 12 : FETCH.maxVersion,
    );
    if (answer.errorCode === 0) {
      this.id = answer.sessionId;
      if (options.keepEpoch !== true) this.epoch++;
    }
    const partitions = answer.responses.flatMap((one) => one.partitions);
    return {
      errorCode: answer.errorCode,
      sessionId: answer.sessionId,
      partitions: Object.fromEntries(
        partitions.map(({ partitionIndex, errorCode, records }) => [
          partitionIndex,
          errorCode !== 0 ? `error ${errorCode}` : (records as Buffer | null)?.length ? 'data' : 'quiet',
        ]),
      ),
    };
  }

  /** As a client does that is done with it. */
  async end(): Promise<void> {
    this.epoch = -1;
    await this.fetch([]);
  }
}

let topicCount = 0;
async function newTopic(partitions: number): Promise<[name: string, id: string]> {
  const name = `t${++topicCount}`;
  const [id] = await createTopics(client, { [name]: partitions });
  return [name, id!];
}

describe.each([
  ['by name', false],
  ['by id', true],
])('a fetch session %s', (_, byId) => {
  const open = async (partitions: number): Promise<Session> => {
    const [name, id] = await newTopic(partitions);
    return new Session(name, byId ? id : null);
  };
  const all = (count: number): Wanted[] =>
    Array.from({ length: count }, (_one, partition) => ({ partition }));

  it('lists all at first, then only what has something to say', async () => {
    const session = await open(3);
    await produceOne(client, session.topic, batchOf(['a']), { partition: 1 });
    const first = await session.fetch(all(3));
    expect(first.sessionId).toBeGreaterThan(0);
    expect(first.partitions).toEqual({ 0: 'quiet', 1: 'data', 2: 'quiet' });
    expect((await session.fetch([{ partition: 1, offset: 1 }])).partitions).toEqual({});
    await produceOne(client, session.topic, batchOf(['b']), { partition: 2 });
    const third = await session.fetch([], { waitMs: 30_000 });
    expect(third.partitions).toEqual({ 2: 'data' });
    // Not acknowledged by a new offset: it comes again.
    expect((await session.fetch([])).partitions).toEqual({ 2: 'data' });
    await session.end();
  });

  it('waits over all of its partitions, and wakes for any', async () => {
    const session = await open(2);
    await session.fetch(all(2));
    const waiting = session.fetch([], { waitMs: 30_000 });
    await using other = await TestClient.connect(broker.bootstrap);
    await produceOne(other, session.topic, batchOf(['a']), { partition: 1 });
    expect((await waiting).partitions).toEqual({ 1: 'data' });
    await session.end();
  });

  it('takes partitions in and forgets others', async () => {
    const session = await open(3);
    await session.fetch([{ partition: 0 }]);
    for (const partition of [0, 1, 2]) await produceOne(client, session.topic, batchOf(['a']), { partition });
    expect((await session.fetch([{ partition: 1 }])).partitions).toEqual({ 0: 'data', 1: 'data' });
    expect((await session.fetch([], { forget: [0] })).partitions).toEqual({ 1: 'data' });
    expect((await session.fetch([{ partition: 2 }], { forget: [1] })).partitions).toEqual({ 2: 'data' });
    await session.end();
  });

  it('refuses wrong epochs and unknown ids, and goes on with the right one', async () => {
    const session = await open(1);
    await session.fetch(all(1));
    session.epoch = 5;
    expect((await session.fetch([])).errorCode).toBe(71);
    session.epoch = 1;
    expect((await session.fetch([])).errorCode).toBe(0);
    const stranger = new Session(session.topic, session.topicId);
    stranger.id = 12345;
    stranger.epoch = 1;
    expect((await stranger.fetch([])).errorCode).toBe(70);
    await session.end();
    session.epoch = 2;
    expect((await session.fetch([])).errorCode).toBe(70);
  });

  it('begins anew with epoch 0 under another id', async () => {
    const session = await open(2);
    const { sessionId } = await session.fetch(all(2));
    session.epoch = 0;
    const again = await session.fetch([{ partition: 1 }]);
    expect(again.partitions).toEqual({ 1: 'quiet' });
    expect(again.sessionId).not.toBe(sessionId);
    await session.end();
  });

  it('answers errors of a partition without ending the others', async () => {
    const session = await open(2);
    await produceOne(client, session.topic, batchOf(['a']), { partition: 1 });
    const first = await session.fetch([{ partition: 0, offset: 7 }, { partition: 1 }, { partition: 9 }]);
    expect(first.partitions).toEqual({ 0: 'error 1', 1: 'data', 9: 'error 3' });
    await session.end();
  });

  it('says that a topic was deleted, as long as it is asked', async () => {
    const session = await open(1);
    await session.fetch(all(1));
    await client.call(DELETE_TOPICS, {
      topics: [{ name: session.topic, topicId: ZERO_UUID }],
      timeoutMs: 1000,
    });
    const gone = byId ? 'error 100' : 'error 3';
    expect((await session.fetch([])).partitions).toEqual({ 0: gone });
    expect((await session.fetch([])).partitions).toEqual({ 0: gone });
    if (!byId) {
      // Made again under its name: a session by name reads the new one.
      await createTopics(client, { [session.topic]: 1 });
      await produceOne(client, session.topic, batchOf(['new']));
      expect((await session.fetch([])).partitions).toEqual({ 0: 'data' });
    } else {
      await createTopics(client, { [session.topic]: 1 });
      expect((await session.fetch([])).partitions).toEqual({ 0: gone });
    }
    await session.end();
  });

  it('is told a topic that did not exist at first when it comes', async () => {
    if (byId) return;
    const session = new Session(`later${++topicCount}`);
    expect((await session.fetch([{ partition: 0 }])).partitions).toEqual({ 0: 'error 3' });
    await createTopics(client, { [session.topic]: 1 });
    await produceOne(client, session.topic, batchOf(['a']));
    expect((await session.fetch([])).partitions).toEqual({ 0: 'data' });
    await session.end();
  });

  it('is refused when no place is left, and the client reads on without one', async () => {
    const sessions = [await open(1), await open(1), await open(1)];
    for (const session of sessions) expect((await session.fetch(all(1))).sessionId).toBeGreaterThan(0);
    const late = await open(1);
    await produceOne(client, late.topic, batchOf(['a']));
    const answer = await late.fetch(all(1));
    expect([answer.sessionId, answer.partitions]).toEqual([0, { 0: 'data' }]);
    for (const session of sessions) await session.end();
    late.epoch = 0;
    expect((await late.fetch(all(1))).sessionId).toBeGreaterThan(0);
    await late.end();
  });
});

it('a topic that is not there does not end the wait for others, as in Kafka', async () => {
  const [name] = await newTopic(1);
  const topics = ['not-there', name].map((topic) => fetchTopic(topic, [{ partition: 0 }]));
  const waiting = client.call(
    FETCH,
    { maxWaitMs: 30_000, minBytes: 1, maxBytes: 1 << 20, sessionEpoch: 0, topics },
    12,
  );
  await using other = await TestClient.connect(broker.bootstrap);
  await produceOne(other, name, batchOf(['a']));
  const { responses } = await waiting;
  expect(responses.map(({ topic, partitions }) => [topic, partitions[0]!.errorCode])).toEqual([
    ['not-there', 3],
    [name, 0],
  ]);
  expect((responses[1]!.partitions[0]!.records as Buffer).length).toBeGreaterThan(0);
});

it('a session that names topics by id cannot be used by name (error 106)', async () => {
  const [name, id] = await newTopic(1);
  const session = new Session(name, id);
  await session.fetch([{ partition: 0 }]);
  const byName = new Session(name);
  byName.id = session.id;
  byName.epoch = session.epoch;
  expect((await byName.fetch([])).errorCode).toBe(106);
  await session.end();
});

describe('FetchSessionCache', () => {
  const setUp = (slots: number) => {
    const clock = new TestClock();
    let next = 0;
    const bytes = (): Buffer => {
      const id = Buffer.alloc(4);
      // Collides now and then; ids must not.
      id.writeInt32BE(Math.floor(next++ / 2));
      return id;
    };
    const cache = new FetchSessionCache({ slots, clock, random: { bytes } });
    const add = (): FetchSession | null => {
      const id = cache.reserve();
      if (id === 0) return null;
      const set = new FetchSet<FetchTag>(null as unknown as ChunkLog, clock);
      const session = new FetchSession({ id, set, usesTopicIds: true });
      cache.add(session);
      return session;
    };
    return { clock, cache, add };
  };

  it('gives ids that are not zero and not in use', () => {
    const { add } = setUp(100);
    const ids = Array.from({ length: 50 }, () => add()!.id);
    expect(new Set(ids).size).toBe(50);
    expect(ids).not.toContain(0);
  });

  it('evicts who was unused longest, after two minutes', () => {
    const { clock, cache, add } = setUp(2);
    const [first, second] = [add()!, add()!];
    expect(add()).toBeNull();
    clock.advance(100_000);
    cache.get(first.id);
    clock.advance(30_000);
    expect(add()).not.toBeNull();
    expect(cache.get(second.id)).not.toBe(second);
    expect(cache.get(first.id)).toBe(first);
    expect(cache.size).toBe(2);
  });

  it('makes no session when those there are hold too many partitions', () => {
    const { cache, add } = setUp(100);
    const session = add()!;
    for (let i = 0; i < 500_000; i++) session.unresolved.set(String(i), null as never);
    cache.resized(session);
    expect(add()).toBeNull();
    session.unresolved.clear();
    cache.resized(session);
    expect(add()).not.toBeNull();
    for (let i = 0; i < 500_000; i++) session.unresolved.set(String(i), null as never);
    cache.resized(session);
    expect(add()).toBeNull();
    cache.remove(session.id);
    expect(add()).not.toBeNull();
  });

  it('counts epochs from 1 to 2^31-1 and from 1 again', () => {
    const { add } = setUp(1);
    const session = add()!;
    session.nextEpoch = 2 ** 31 - 1;
    session.advanceEpoch();
    expect(session.nextEpoch).toBe(1);
  });
});
