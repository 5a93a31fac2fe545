/** Quotas over a socket: what answers say, and that nothing is lost by it. How long is the business of test/quota. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import {
  ALTER_CLIENT_QUOTAS,
  CREATE_PARTITIONS,
  CREATE_TOPICS,
  DELETE_TOPICS,
  FETCH,
  METADATA,
  PRODUCE,
} from '../../support/kafka-apis.ts';
import { batchOf, createTopics, fetchTopic, produceFields, TestClient } from '../../support/kafka-client.ts';

const THROTTLING_QUOTA_EXCEEDED = 89;
const UNKNOWN_TOPIC = 3;
const TOPIC_EXISTS = 36;

let broker: EmbeddedBroker;
let client: TestClient;
/** Pauses are for connections: what a test asks next it asks on another one. */
let other: TestClient;

async function setQuota(key: string, value: number | null): Promise<void> {
  const answer = await other.call(ALTER_CLIENT_QUOTAS, {
    entries: [
      {
        entity: [{ entityType: 'user', entityName: 'ANONYMOUS' }],
        ops: [{ key, value: value ?? 0, remove: value === null }],
      },
    ],
  });
  expect(answer.entries[0]!.errorCode).toBe(0);
}

beforeEach(async () => {
  broker = await startBroker({ data: 'memory' });
  client = await TestClient.connect(broker.bootstrap);
  other = await TestClient.connect(broker.bootstrap);
  await createTopics(client, { t: 1 });
});

afterEach(async () => {
  await client.close();
  await other.close();
  await broker.close();
});

const batch = (bytes: number): Buffer => batchOf(['x'.repeat(bytes)]);

describe('a producer above its quota', () => {
  it('has its records taken, and is told how long it has to be silent', async () => {
    await setQuota('producer_byte_rate', 1000);
    const answer = await client.call(PRODUCE, produceFields('t', { 0: batch(20_000) }), 9);
    expect(answer.responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 0 });
    // 20,000 bytes and some are 10 s above what 10 s may have.
    expect(answer.throttleTimeMs).toBeGreaterThan(10_000);
    expect(answer.throttleTimeMs).toBeLessThan(11_000);
  });

  it('is told nothing once the quota is gone', async () => {
    await setQuota('producer_byte_rate', 1000);
    await setQuota('producer_byte_rate', null);
    const answer = await client.call(PRODUCE, produceFields('t', { 0: batch(20_000) }), 9);
    expect(answer.throttleTimeMs).toBe(0);
  });
});

describe('a consumer above its quota', () => {
  const wanted = {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1 << 20,
    topics: [fetchTopic('t', [{ partition: 0 }])],
  };

  beforeEach(async () => {
    for (let i = 0; i < 3; i++) await client.call(PRODUCE, produceFields('t', { 0: batch(4000) }), 9);
  });

  it('is answered no more than it may have at once', async () => {
    await setQuota('consumer_byte_rate', 500);
    const answer = await client.call(FETCH, { ...wanted, sessionEpoch: -1 }, 12);
    expect(answer.throttleTimeMs).toBe(0);
    // 5,000 bytes have room for one batch.
    expect(answer.responses[0]!.partitions[0]!.records!.length).toBeLessThan(5000);
  });

  it('is answered nothing, which counts for nothing, and begins its session anew', async () => {
    await setQuota('consumer_byte_rate', 100);
    const answer = await client.call(FETCH, { ...wanted, sessionId: 0, sessionEpoch: 0 }, 12);
    expect(answer).toMatchObject({ errorCode: 0, sessionId: 0, responses: [] });
    expect(answer.throttleTimeMs).toBeGreaterThan(0);
    // What it was refused was not counted: with a higher quota it has all of it at once.
    await setQuota('consumer_byte_rate', 1e6);
    const again = await other.call(FETCH, { ...wanted, sessionId: 0, sessionEpoch: 0 }, 12);
    expect(again.throttleTimeMs).toBe(0);
    expect(again.responses[0]!.partitions[0]!.records!.length).toBeGreaterThan(12_000);
  });

  it('loses nothing of a session that is refused in between', async () => {
    const first = await client.call(FETCH, { ...wanted, maxBytes: 10, sessionId: 0, sessionEpoch: 0 }, 12);
    expect(first.sessionId).not.toBe(0);
    await setQuota('consumer_byte_rate', 100);
    const session = { maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, sessionId: first.sessionId };
    const refused = await other.call(FETCH, { ...session, sessionEpoch: 1 }, 12);
    expect(refused).toMatchObject({ errorCode: 0, sessionId: first.sessionId, responses: [] });
    expect(refused.throttleTimeMs).toBeGreaterThan(0);
    await using third = await TestClient.connect(broker.bootstrap);
    await other.close();
    other = await TestClient.connect(broker.bootstrap);
    await setQuota('consumer_byte_rate', null);
    const answer = await third.call(FETCH, { ...session, sessionEpoch: 2 }, 12);
    expect(answer.responses[0]!.partitions[0]!.records!.length).toBeGreaterThan(12_000);
  });
});

describe('a client that creates and deletes too much', () => {
  const topic = (name: string, numPartitions: number) => ({
    name,
    numPartitions,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  });

  it('is refused topic by topic, and only for what would come about', async () => {
    // 11 tokens at once.
    await setQuota('controller_mutation_rate', 1);
    const created = await client.call(CREATE_TOPICS, {
      topics: [topic('t', 50), topic('a', 11), topic('b', 1), topic('c', 1)],
    });
    expect(created.topics.map(({ errorCode }) => errorCode)).toEqual([
      TOPIC_EXISTS,
      0,
      0,
      THROTTLING_QUOTA_EXCEEDED,
    ]);
    expect(created.topics[3]!.errorMessage).toMatch(/controller_mutation_rate/);
    expect(created.throttleTimeMs).toBeGreaterThan(0);
  });

  it('is only paused with an old version', async () => {
    await setQuota('controller_mutation_rate', 1);
    const created = await client.call(CREATE_TOPICS, { topics: [topic('a', 20), topic('b', 1)] }, 5);
    expect(created.topics.map(({ errorCode }) => errorCode)).toEqual([0, 0]);
    expect(created.throttleTimeMs).toBeGreaterThan(8000);
  });

  it('is refused to delete, to add partitions, and to create by asking', async () => {
    await setQuota('controller_mutation_rate', 1);
    await client.call(CREATE_TOPICS, { topics: [topic('a', 20)] });
    const deleted = await other.call(DELETE_TOPICS, { topicNames: ['a'] }, 5);
    expect(deleted.responses[0]!.errorCode).toBe(THROTTLING_QUOTA_EXCEEDED);
    await using second = await TestClient.connect(broker.bootstrap);
    const grown = await second.call(CREATE_PARTITIONS, {
      topics: [{ name: 'a', count: 21, assignments: null }],
    });
    expect(grown.results[0]!.errorCode).toBe(THROTTLING_QUOTA_EXCEEDED);
    await using third = await TestClient.connect(broker.bootstrap);
    const asked = await third.call(METADATA, { topics: [{ name: 'new', topicId: ZERO_UUID }] }, 9);
    expect(asked.topics[0]!.errorCode).toBe(UNKNOWN_TOPIC);
    expect(asked.throttleTimeMs).toBeGreaterThan(0);
  });
});
