/**
 * Requests that name many partitions or topics: what they cost the event loop. Not timed: counted are the error objects
 * that are made (each with a stack) and the topics that are looked up.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { TopicTable } from '../../../src/broker/topics.ts';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import {
  CREATE_PARTITIONS,
  CREATE_TOPICS,
  DELETE_RECORDS,
  DESCRIBE_LOG_DIRS,
  FETCH,
  LIST_OFFSETS,
  METADATA,
  OFFSET_COMMIT,
  OFFSET_DELETE,
  OFFSET_FETCH,
  OFFSET_FOR_LEADER_EPOCH,
  PRODUCE,
} from '../../support/kafka-apis.ts';
import { createTopics, TestClient } from '../../support/kafka-client.ts';

const made = vi.hoisted(() => ({ errors: 0 }));

vi.mock('../../../src/base/errors.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../../src/base/errors.ts')>();
  class CountedError extends original.BrokerError {
    constructor(...parameters: ConstructorParameters<typeof original.BrokerError>) {
      super(...parameters);
      made.errors++;
    }
  }
  return { ...original, BrokerError: CountedError };
});

const COUNT = 2000;
/** More than one for each topic or request would show at once. */
const FEW = 5;
const indexes = Array.from({ length: COUNT }, (_, i) => i + 10);

let broker: EmbeddedBroker;
let client: TestClient;
const byName = vi.spyOn(TopicTable.prototype, 'byName');

beforeAll(async () => {
  broker = await startBroker({ data: 'memory' });
  client = await TestClient.connect(broker.bootstrap);
  await createTopics(client, { there: 2 });
});
beforeEach(() => {
  made.errors = 0;
  byName.mockClear();
});
afterAll(async () => {
  await client.close();
  await broker.close();
});

/** All partitions have the code, and few errors and look-ups were made for them. */
function expectCheap(codes: readonly number[], code: number): void {
  expect(codes).toHaveLength(COUNT);
  expect(new Set(codes)).toEqual(new Set([code]));
  expect(made.errors).toBeLessThan(FEW);
  expect(byName.mock.calls.length).toBeLessThan(FEW);
}

describe.each(['there', 'not-there'])('thousands of partitions of topic %s that are not there', (name) => {
  it('ListOffsets', async () => {
    const partitions = indexes.map((partitionIndex) => ({
      partitionIndex,
      currentLeaderEpoch: -1,
      timestamp: -1,
    }));
    const fields = { replicaId: -1, isolationLevel: 0, timeoutMs: 1000, topics: [{ name, partitions }] };
    const { topics } = await client.call(LIST_OFFSETS, fields);
    expectCheap(
      topics[0]!.partitions.map(({ errorCode }) => errorCode),
      3,
    );
  });

  it('OffsetForLeaderEpoch', async () => {
    const partitions = indexes.map((partition) => ({ partition, currentLeaderEpoch: -1, leaderEpoch: 0 }));
    const fields = { replicaId: -1, topics: [{ topic: name, partitions }] };
    const { topics } = await client.call(OFFSET_FOR_LEADER_EPOCH, fields);
    expectCheap(
      topics[0]!.partitions.map(({ errorCode }) => errorCode),
      3,
    );
  });

  it('Fetch', async () => {
    const partitions = indexes.map((partition) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: 0,
      lastFetchedEpoch: -1,
      logStartOffset: -1,
      partitionMaxBytes: 1,
      replicaDirectoryId: ZERO_UUID,
      highWatermark: -1,
    }));
    const topics = [{ topic: name, topicId: ZERO_UUID, partitions }];
    const { responses } = await client.call(FETCH, { maxWaitMs: 0, sessionEpoch: -1, topics }, 12);
    expectCheap(
      responses[0]!.partitions.map(({ errorCode }) => errorCode),
      3,
    );
  });

  it('Produce', async () => {
    const partitionData = indexes.map((index) => ({ index, records: Buffer.alloc(61) }));
    const fields = { acks: -1, timeoutMs: 1000, topicData: [{ name, topicId: ZERO_UUID, partitionData }] };
    const { responses } = await client.call(PRODUCE, fields, 12);
    expectCheap(
      responses[0]!.partitionResponses.map(({ errorCode }) => errorCode),
      3,
    );
  });

  it('DeleteRecords', async () => {
    const partitions = indexes.map((partitionIndex) => ({ partitionIndex, offset: 0 }));
    const { topics } = await client.call(DELETE_RECORDS, {
      topics: [{ name, partitions }],
      timeoutMs: 1000,
    });
    expectCheap(
      topics[0]!.partitions.map(({ errorCode }) => errorCode),
      3,
    );
  });

  it('OffsetCommit', async () => {
    const partitions = indexes.map((partitionIndex) => ({
      partitionIndex,
      committedOffset: 1,
      committedLeaderEpoch: -1,
      committedMetadata: '',
    }));
    const fields = {
      groupId: 'g',
      generationIdOrMemberEpoch: -1,
      memberId: '',
      groupInstanceId: null,
      retentionTimeMs: -1,
      topics: [{ name, topicId: ZERO_UUID, partitions }],
    };
    const { topics } = await client.call(OFFSET_COMMIT, fields, 8);
    expectCheap(
      topics[0]!.partitions.map(({ errorCode }) => errorCode),
      3,
    );
  });

  it('OffsetFetch', async () => {
    const topics = [{ name, topicId: ZERO_UUID, partitionIndexes: indexes }];
    const fields = {
      groupId: '',
      topics: [],
      groups: [{ groupId: 'g', memberId: null, memberEpoch: -1, topics }],
      requireStable: false,
    };
    const { groups } = await client.call(OFFSET_FETCH, fields, 9);
    expectCheap(
      groups[0]!.topics[0]!.partitions.map(({ errorCode }) => errorCode),
      0,
    );
  });

  it('OffsetDelete', async () => {
    const commit = {
      groupId: 'some',
      generationIdOrMemberEpoch: -1,
      memberId: '',
      groupInstanceId: null,
      retentionTimeMs: -1,
      topics: [
        {
          name: 'there',
          topicId: ZERO_UUID,
          partitions: [
            { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: '' },
          ],
        },
      ],
    };
    await client.call(OFFSET_COMMIT, commit, 8);
    byName.mockClear();
    const partitions = indexes.map((partitionIndex) => ({ partitionIndex }));
    const { errorCode, topics } = await client.call(OFFSET_DELETE, {
      groupId: 'some',
      topics: [{ name, partitions }],
    });
    expect(errorCode).toBe(0);
    expectCheap(
      topics[0]!.partitions.map((one) => one.errorCode),
      3,
    );
  });

  it('DescribeLogDirs', async () => {
    const { results } = await client.call(DESCRIBE_LOG_DIRS, {
      topics: [{ topic: name, partitions: indexes }],
    });
    expect(results[0]!.topics).toEqual([]);
    expect(made.errors).toBeLessThan(FEW);
    expect(byName.mock.calls.length).toBeLessThan(FEW);
  });
});

describe('thousands of partitions that are there', () => {
  it('ListOffsets refuses each of another epoch, and those that stand twice', async () => {
    const once = indexes.map((partitionIndex) => ({
      partitionIndex: partitionIndex - 10,
      currentLeaderEpoch: 1_000_000,
      timestamp: -1,
    }));
    await createTopics(client, { many: COUNT });
    made.errors = 0;
    byName.mockClear();
    const ask = async (partitions: typeof once): Promise<number[]> => {
      const fields = {
        replicaId: -1,
        isolationLevel: 0,
        timeoutMs: 1000,
        topics: [{ name: 'many', partitions }],
      };
      const { topics } = await client.call(LIST_OFFSETS, fields);
      return topics[0]!.partitions.map(({ errorCode }) => errorCode);
    };
    expectCheap(await ask(once), 75);
    const half = once.slice(0, COUNT / 2);
    expectCheap(await ask([...half, ...half]), 42);
  });
});

describe('thousands of topics that are not there', () => {
  it.each([
    ['n', 3],
    ['illegal name ', 17],
  ])('Metadata of %s', async (prefix, code) => {
    const wanted = indexes.map((i) => ({ name: `${prefix}${i}`, topicId: ZERO_UUID }));
    const fields = {
      topics: wanted,
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    };
    const { topics } = await client.call(METADATA, fields);
    expect(topics).toHaveLength(COUNT);
    expect(new Set(topics.map(({ errorCode }) => errorCode))).toEqual(new Set([code]));
    expect(made.errors).toBeLessThan(FEW);
  });
});

describe('DescribeLogDirs of topics that hold nothing', () => {
  it('names all partitions without making any', async () => {
    await createTopics(client, { untouched: COUNT });
    const partition = vi.spyOn(TopicTable.prototype, 'partition');
    const { results } = await client.call(DESCRIBE_LOG_DIRS, { topics: null });
    const topic = results[0]!.topics.find(({ name }) => name === 'untouched')!;
    expect(topic.partitions).toHaveLength(COUNT);
    expect(new Set(topic.partitions.map(({ partitionSize }) => partitionSize))).toEqual(new Set([0]));
    expect(partition).not.toHaveBeenCalled();
    partition.mockRestore();
  });
});

describe('more partitions than all topics may have together', () => {
  it('are refused with POLICY_VIOLATION: CreateTopics, CreatePartitions and creation by Metadata', async () => {
    const small = await startBroker({ data: 'memory', settings: { 'polylog.partitions.max': 3 } });
    const asking = await TestClient.connect(small.bootstrap);
    const topic = (name: string, numPartitions: number) => ({
      name,
      numPartitions,
      replicationFactor: 1,
      assignments: [],
      configs: [],
    });
    const created = await asking.call(CREATE_TOPICS, {
      topics: [topic('a', 4), topic('b', 3)],
      timeoutMs: 1000,
      validateOnly: false,
    });
    expect(created.topics.map(({ errorCode }) => errorCode)).toEqual([44, 0]);
    expect(created.topics[0]!.errorMessage).toContain('raise polylog.partitions.max');
    const grown = await asking.call(CREATE_PARTITIONS, {
      topics: [{ name: 'b', count: 4, assignments: null }],
      timeoutMs: 1000,
      validateOnly: false,
    });
    expect(grown.results[0]!.errorCode).toBe(44);
    const { topics } = await asking.call(METADATA, {
      topics: [{ name: 'auto', topicId: ZERO_UUID }],
      allowAutoTopicCreation: true,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    });
    expect(topics[0]!.errorCode).toBe(44);
    await asking.close();
    await small.close();
  });
});
