/** View topics over the wire, and as kafkajs reads them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import { nodeCompression } from '../../../src/platform/node/compression.ts';
import type { CompressionCodec } from '../../../src/platform/ports.ts';
import {
  batchBaseOffset,
  batchCompression,
  batchIsControl,
  batchLastOffset,
  batchRecordCount,
  eachBatch,
} from '../../../src/record/batch.ts';
import { buildBatch } from '../../../src/record/build.ts';
import { openedBatch } from '../../../src/record/open.ts';
import {
  ADD_PARTITIONS_TO_TXN,
  CREATE_PARTITIONS,
  CREATE_TOPICS,
  DELETE_RECORDS,
  DELETE_TOPICS,
  FETCH,
  INCREMENTAL_ALTER_CONFIGS,
  LIST_OFFSETS,
} from '../../support/kafka-apis.ts';
import {
  createTopics,
  describeTopics,
  fetchOne,
  fetchTopic,
  produceOne,
  TestClient,
} from '../../support/kafka-client.ts';
import { recordsOf } from '../../support/records.ts';

const INVALID_TOPIC = 17;
const UNKNOWN_TOPIC = 3;
const INVALID_PARTITIONS = 37;
const INVALID_CONFIG = 40;
const POLICY_VIOLATION = 44;
const TOPIC_RESOURCE = 2;

let broker: EmbeddedBroker;
let client: TestClient;

beforeEach(async () => {
  broker = await startBroker({ data: 'memory' });
  client = await TestClient.connect(broker.bootstrap);
});
afterEach(async () => {
  await client.close();
  await broker.close();
});

/** A batch of records by tag; the value says which, and where it is in its batch. */
function tagged(tags: readonly string[], codec: CompressionCodec = 0): Buffer {
  const records = tags.map((tag, i) => ({
    key: null,
    value: Buffer.from(`${tag}${i}`),
    headers: [{ key: 'tag', value: Buffer.from(tag) }],
  }));
  return buildBatch(records, { timestampMs: Date.now(), codec, compression: nodeCompression });
}

async function createView(of: string, filter: string, name = 'view'): Promise<void> {
  await createTopics(client, { [name]: -1 }, { 'polylog.view.of': of, 'polylog.view.filter': filter });
}

/** The batches of a fetch, which may be compressed. */
function batchesOf(records: Buffer | readonly Buffer[] | null): Buffer[] {
  return [...eachBatch(Buffer.isBuffer(records) ? [records] : (records ?? []))];
}

interface Shown {
  readonly values: string[];
  readonly next: number;
}

/** What one fetch shows, and where the next one goes on. */
async function show(topic: string, offset: number, maxWaitMs = 0): Promise<Shown> {
  const { records, errorCode } = await fetchOne(client, topic, { offset, maxWaitMs });
  expect(errorCode).toBe(0);
  const batches = batchesOf(records);
  const options = { compression: nodeCompression, bytesMax: 1 << 20 };
  const { values } = recordsOf(batches.map((batch) => openedBatch(batch, options)));
  return { values, next: batches.length === 0 ? offset : batchLastOffset(batches.at(-1)!) + 1 };
}

async function refusedConfig(configs: Record<string, string>, partitions = -1, name = 'refused') {
  const answer = await client.call(CREATE_TOPICS, {
    timeoutMs: 1000,
    topics: [
      {
        name,
        numPartitions: partitions,
        replicationFactor: -1,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
  });
  const { errorCode, errorMessage } = answer.topics[0]!;
  return [errorCode, errorMessage];
}

describe('a view', () => {
  it('shows what its filter wants, at the offsets of its origin; whole batches as they came', async () => {
    await createTopics(client, { origin: 1 });
    await createView('origin', "TAGS = 'a'");
    for (const tags of ['aba', 'bbb', 'aaa', 'b']) await produceOne(client, 'origin', tagged([...tags]));
    const { records, highWatermark, logStartOffset } = await fetchOne(client, 'view');
    const { batches, values } = recordsOf(records);
    expect(values).toEqual(['a0', 'a2', 'a0', 'a1', 'a2']);
    expect([highWatermark, logStartOffset]).toEqual([10, 0]);
    expect(batches.map((batch) => [batchBaseOffset(batch), batchLastOffset(batch)])).toEqual([
      [0, 2],
      [6, 8],
      // Takes the reader over what it isn't shown.
      [9, 9],
    ]);
    expect(batches.map((batch) => batchRecordCount(batch))).toEqual([2, 3, 1]);
    expect(batches.map((batch) => batchIsControl(batch))).toEqual([false, false, true]);
    const whole = recordsOf((await fetchOne(client, 'origin', { offset: 6 })).records).batches[0]!;
    expect(batches[1]!.equals(whole)).toBe(true);
  });

  it.each([1, 2, 3, 4] as const)('keeps the compression of what it rewrites: codec %i', async (codec) => {
    await createTopics(client, { origin: 1 });
    await createView('origin', "TAGS <> 'b'");
    const tags = Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? 'b' : 'c'));
    await produceOne(client, 'origin', tagged(tags, codec));
    const [rewritten] = batchesOf((await fetchOne(client, 'view')).records);
    expect(batchCompression(rewritten!)).toBe(codec);
    expect((await show('view', 0)).values).toEqual(tags.flatMap((tag, i) => (tag === 'c' ? [`c${i}`] : [])));
  });

  it('waits over what it does not show, and takes its readers over it', async () => {
    await createTopics(client, { origin: 1 });
    await createView('origin', "TAGS = 'a'");
    for (let i = 0; i < 5; i++) await produceOne(client, 'origin', tagged(['b', 'b']));
    expect(await show('view', 0, 50)).toEqual({ values: [], next: 10 });
    expect(await show('view', 3, 0)).toEqual({ values: [], next: 10 });
    expect(await show('view', 10, 0)).toEqual({ values: [], next: 10 });
    await using other = await TestClient.connect(broker.bootstrap);
    const waiting = show('view', 3, 30_000);
    await produceOne(other, 'origin', tagged(['b']));
    await produceOne(other, 'origin', tagged(['b', 'a', 'b']));
    expect(await waiting).toEqual({ values: ['a1'], next: 14 });
  });

  it.each([0, 4] as const)('looks through much more than a fetch may bring: codec %i', async (codec) => {
    await createTopics(client, { origin: 1 });
    await createView('origin', "TAGS = 'a'");
    const many = tagged(
      Array.from({ length: 5000 }, () => 'b'),
      codec,
    );
    for (let i = 0; i < 40; i++) await produceOne(client, 'origin', many.subarray());
    await produceOne(client, 'origin', tagged(['a']));
    expect(await show('view', 0, 30_000)).toEqual({ values: ['a0'], next: 200_001 });
    // Whose time is up is told how far it came.
    const { next } = await show('view', 0, 0);
    expect(next).toBeGreaterThan(0);
    expect(next).toBeLessThan(200_000);
  });

  it('can only be read', async () => {
    await createTopics(client, { origin: 1 });
    await createView('origin', "TAGS = 'a'");
    await produceOne(client, 'origin', tagged(['a']));
    const { errorCode, errorMessage } = await produceOne(client, 'view', tagged(['a']));
    expect(errorCode).toBe(INVALID_TOPIC);
    expect(errorMessage).toBe("topic 'view' is a view of 'origin' and can only be read: write to 'origin'");
    const partitions = [{ partitionIndex: 0, offset: 1 }];
    const deleted = await client.call(DELETE_RECORDS, { topics: [{ name: 'view', partitions }] });
    expect(deleted.topics[0]!.partitions[0]!.errorCode).toBe(INVALID_TOPIC);
    const added = await client.call(
      ADD_PARTITIONS_TO_TXN,
      {
        v3AndBelowTransactionalId: 't',
        v3AndBelowProducerId: 1,
        v3AndBelowProducerEpoch: 0,
        v3AndBelowTopics: [{ name: 'view', partitions: [0] }],
      },
      3,
    );
    const { resultsByPartition } = added.resultsByTopicV3AndBelow[0]!;
    expect(resultsByPartition[0]!.partitionErrorCode).toBe(INVALID_TOPIC);
    expect(await show('view', 0)).toEqual({ values: ['a0'], next: 1 });
  });

  it('has the partitions of its origin, also those that come later', async () => {
    await createTopics(client, { origin: 3 });
    expect(await refusedConfig({ 'polylog.view.of': 'origin', 'polylog.view.filter': 'a' }, 2)).toEqual([
      INVALID_PARTITIONS,
      'A view has the partitions of its origin: give no number, or 3.',
    ]);
    await createView('origin', "TAGS = 'a'");
    const more = (name: string) =>
      client.call(CREATE_PARTITIONS, { topics: [{ name, count: 5, assignments: null }], timeoutMs: 1000 });
    expect((await more('view')).results[0]!.errorCode).toBe(INVALID_PARTITIONS);
    expect((await more('origin')).results[0]!.errorCode).toBe(0);
    const [view] = await describeTopics(client, ['view']);
    expect(view!.partitions).toHaveLength(5);
    await produceOne(client, 'origin', tagged(['b', 'a']), { partition: 4 });
    const { records } = await fetchOne(client, 'view', { partition: 4 });
    expect(recordsOf(records).values).toEqual(['a1']);
  });

  it('tells the offsets of its origin', async () => {
    await createTopics(client, { origin: 1 });
    await createView('origin', "TAGS = 'a'");
    await produceOne(client, 'origin', tagged(['b', 'a', 'b']));
    const ask = async (timestamp: number) => {
      const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp, maxNumOffsets: 1 }];
      const answer = await client.call(LIST_OFFSETS, {
        replicaId: -1,
        topics: [{ name: 'view', partitions }],
      });
      return answer.topics[0]!.partitions[0]!.offset;
    };
    expect([await ask(-2), await ask(-1), await ask(0)]).toEqual([0, 3, 0]);
  });

  it('is read in one session with its origin and another view of it', async () => {
    await createTopics(client, { origin: 1 });
    await createView('origin', "TAGS = 'a'");
    await createView('origin', "TAGS = 'b'", 'other');
    const topics = ['origin', 'view', 'other'].map((name) => fetchTopic(name, [{ partition: 0 }]));
    const options = { maxWaitMs: 30_000, minBytes: 1, maxBytes: 1 << 20 };
    const first = await client.call(FETCH, { ...options, maxWaitMs: 0, sessionEpoch: 0, topics }, 12);
    const { sessionId } = first;
    expect(sessionId).not.toBe(0);
    const next = (sessionEpoch: number, rest = {}) =>
      client.call(FETCH, { ...options, sessionId, sessionEpoch, topics: [], ...rest }, 12);
    const waiting = next(1);
    await using producer = await TestClient.connect(broker.bootstrap);
    await produceOne(producer, 'origin', tagged(['a', 'b']));
    const valuesOf = (answer: Awaited<ReturnType<typeof next>>) =>
      Object.fromEntries(
        answer.responses.map(({ topic, partitions }) => [topic, recordsOf(partitions[0]!.records).values]),
      );
    expect(valuesOf(await waiting)).toEqual({ origin: ['a0', 'b1'], view: ['a0'], other: ['b1'] });
    // Read on in one, forget another: the third is where it was.
    const rest = {
      topics: [fetchTopic('origin', [{ partition: 0, offset: 2 }])],
      forgottenTopicsData: [{ topic: 'other', topicId: ZERO_UUID, partitions: [0] }],
    };
    expect(valuesOf(await next(2, rest))).toEqual({ view: ['a0'] });
  });

  it('follows its filter when that is changed', async () => {
    await createTopics(client, { origin: 1 });
    await createView('origin', "TAGS = 'a'");
    await produceOne(client, 'origin', tagged(['a', 'b', 'c']));
    const alter = async (name: string, value: string | null) => {
      const configs = [{ name, configOperation: value === null ? 1 : 0, value }];
      const resources = [{ resourceType: TOPIC_RESOURCE, resourceName: 'view', configs }];
      const { responses } = await client.call(INCREMENTAL_ALTER_CONFIGS, { resources });
      return [responses[0]!.errorCode, responses[0]!.errorMessage];
    };
    expect(await alter('polylog.view.filter', "TAGS = 'c'")).toEqual([0, null]);
    expect((await show('view', 0)).values).toEqual(['c2']);
    expect(await alter('polylog.view.filter', 'TAGS = ')).toEqual([
      INVALID_CONFIG,
      "polylog.view.filter: the filter can't be read at column 7: expected a header, a number, text in single quotes or (, found the end of the text.",
    ]);
    expect((await alter('polylog.view.of', 'other'))[0]).toBe(INVALID_CONFIG);
    expect((await alter('polylog.view.of', null))[0]).toBe(INVALID_CONFIG);
    expect(await alter('retention.ms', '1000')).toEqual([
      INVALID_CONFIG,
      'A view holds no records of its own: set retention.ms for its origin "origin".',
    ]);
  });

  it('is refused without an origin or a filter, or of a view', async () => {
    await createTopics(client, { origin: 1 });
    await createView('origin', "TAGS = 'a'");
    const refusals = [
      [
        { 'polylog.view.of': 'nothing', 'polylog.view.filter': 'a' },
        'There is no topic "nothing" to be seen through the view.',
      ],
      [
        { 'polylog.view.of': 'view', 'polylog.view.filter': 'a' },
        '"view" is a view itself: name its origin "origin".',
      ],
      [{ 'polylog.view.of': 'origin' }, 'A view needs a filter: give polylog.view.filter.'],
      [
        { 'polylog.view.filter': 'a' },
        'polylog.view.filter is for views: give polylog.view.of along with it when the topic is created.',
      ],
    ] as const;
    for (const [configs, message] of refusals) {
      expect(await refusedConfig(configs)).toEqual([INVALID_CONFIG, message]);
    }
  });

  it('goes before its origin, or with it', async () => {
    await createTopics(client, { origin: 1 });
    await createView('origin', "TAGS = 'a'");
    await createView('origin', "TAGS = 'b'", 'other');
    const remove = async (...names: string[]) => {
      const topics = names.map((name) => ({ name, topicId: ZERO_UUID }));
      const answer = await client.call(DELETE_TOPICS, { topics, timeoutMs: 1000 });
      return answer.responses.map(({ errorCode }) => errorCode);
    };
    expect(await remove('origin')).toEqual([POLICY_VIOLATION]);
    await using reader = await TestClient.connect(broker.bootstrap);
    const topics = [fetchTopic('view', [{ partition: 0 }])];
    const options = { minBytes: 1, maxBytes: 1 << 20, topics };
    const { sessionId } = await reader.call(FETCH, { ...options, maxWaitMs: 0, sessionEpoch: 0 }, 12);
    expect(await remove('view')).toEqual([0]);
    const gone = await reader.call(
      FETCH,
      { ...options, maxWaitMs: 0, sessionId, sessionEpoch: 1, topics: [] },
      12,
    );
    expect(gone.responses[0]!.partitions[0]!.errorCode).toBe(UNKNOWN_TOPIC);
    expect(await remove('origin', 'other')).toEqual([0, 0]);
    expect((await describeTopics(client, ['origin', 'other'])).map(({ errorCode }) => errorCode)).toEqual([
      UNKNOWN_TOPIC,
      UNKNOWN_TOPIC,
    ]);
  });

  it('is there after a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'polylog-views-'));
    try {
      for (const round of [0, 1]) {
        const restarted = await startBroker({ data: { directory: folder } });
        await using one = await TestClient.connect(restarted.bootstrap);
        if (round === 0) {
          await createTopics(one, { origin: 1 });
          const configs = { 'polylog.view.of': 'origin', 'polylog.view.filter': 'b || c' };
          await createTopics(one, { view: -1 }, { ...configs, 'polylog.view.filter.type': 'tag' });
          await produceOne(one, 'origin', tagged(['a', 'b', 'c']));
        }
        expect(recordsOf((await fetchOne(one, 'view')).records).values).toEqual(['b1', 'c2']);
        await restarted.close();
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('kafkajs on a view', () => {
  it('reads as a group, skips what was aborted, and gets over what it is not shown', async () => {
    const kafka = new kafkajs.Kafka({ brokers: [broker.bootstrap], logLevel: kafkajs.logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'origin', numPartitions: 1 }] });
    const configEntries = [
      { name: 'polylog.view.of', value: 'origin' },
      { name: 'polylog.view.filter', value: "region LIKE 'e%'" },
    ];
    await admin.createTopics({ topics: [{ topic: 'view', configEntries }] });
    const producer = kafka.producer({ transactionalId: 'views', maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    const send = async (regions: readonly string[], end: 'commit' | 'abort') => {
      const transaction = await producer.transaction();
      const messages = regions.map((region) => ({ value: `${region} ${end}`, headers: { region } }));
      await transaction.send({ topic: 'origin', messages });
      await transaction[end]();
    };
    await send(['eu', 'us', 'eu'], 'commit');
    await send(['eu', 'eu'], 'abort');
    await send(['us', 'us'], 'commit');
    await send(['us', 'ee'], 'commit');
    await send(['us', 'us'], 'commit');
    const plain = kafka.producer();
    await plain.connect();
    await plain.send({ topic: 'origin', messages: [{ value: '1' }, { value: '2' }, { value: '3' }] });
    await plain.disconnect();
    const consumer = kafka.consumer({ groupId: 'readers', maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topics: ['view'], fromBeginning: true });
    const got: [string, string][] = [];
    const passed = new Promise<void>((resolve) => {
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
        // Five transactions of eleven records with their markers, and three records that it isn't shown.
        if (payload.lastOffset === '18') resolve();
      });
    });
    await consumer.run({
      eachMessage: async ({ message }) => {
        got.push([message.offset, String(message.value)]);
      },
    });
    await passed;
    expect(got).toEqual([
      ['0', 'eu commit'],
      ['2', 'eu commit'],
      ['11', 'ee commit'],
    ]);
    await consumer.disconnect();
    await producer.disconnect();
    await admin.disconnect();
  });
});
