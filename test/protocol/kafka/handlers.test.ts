/** What the handlers answer, asked over a real socket by a client that hides nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Uuid } from '../../../src/base/uuid.ts';
import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import { nodeCompression } from '../../../src/platform/node/compression.ts';
import { buildBatch } from '../../../src/record/build.ts';
import {
  ALTER_CONFIGS,
  API_VERSIONS,
  CREATE_PARTITIONS,
  CREATE_TOPICS,
  DELETE_RECORDS,
  DELETE_TOPICS,
  DESCRIBE_CLUSTER,
  DESCRIBE_CONFIGS,
  DESCRIBE_LOG_DIRS,
  DESCRIBE_TOPIC_PARTITIONS,
  FIND_COORDINATOR,
  INCREMENTAL_ALTER_CONFIGS,
  LIST_OFFSETS,
  METADATA,
  OFFSET_FOR_LEADER_EPOCH,
  PRODUCE,
} from '../../support/kafka-apis.ts';
import {
  batchOf,
  createTopics,
  describeTopics,
  fetchOne,
  newProducerId,
  produceFields,
  produceOne,
  TestClient,
} from '../../support/kafka-client.ts';

let broker: EmbeddedBroker;
let client: TestClient;

beforeAll(async () => {
  broker = await startBroker({ data: 'memory' });
  client = await TestClient.connect(broker.bootstrap);
});
afterAll(async () => {
  await client.close();
  await broker.close();
});

let topicCount = 0;
async function newTopic(partitions = 1, configs: Record<string, string> = {}): Promise<string> {
  const name = `t${++topicCount}`;
  await createTopics(client, { [name]: partitions }, configs);
  return name;
}

describe('ApiVersions', () => {
  it('lists what is served, Produce from version 0 on', async () => {
    const { errorCode, apiKeys } = await client.call(API_VERSIONS, {
      clientSoftwareName: 'test',
      clientSoftwareVersion: '1.0',
    });
    expect(errorCode).toBe(0);
    expect(apiKeys.find(({ apiKey }) => apiKey === PRODUCE.key)!.minVersion).toBe(0);
  });

  it('refuses names of client software that are none (KIP-511)', async () => {
    const named = { clientSoftwareName: '-bad-', clientSoftwareVersion: '1.0' };
    expect((await client.call(API_VERSIONS, named)).errorCode).toBe(42);
    expect((await client.call(API_VERSIONS, named, 2)).errorCode).toBe(0);
  });
});

describe('Produce', () => {
  it('answers each partition for itself', async () => {
    const topic = await newTopic(2);
    const batch = (): Buffer => batchOf(['v']);
    const answer = await client.call(PRODUCE, produceFields(topic, { 0: batch(), 1: null, 5: batch() }), 9);
    const codes = answer.responses[0]!.partitionResponses.map(({ index, errorCode }) => [index, errorCode]);
    expect(codes).toEqual([
      [0, 0],
      [1, 87],
      [5, 3],
    ]);
  });

  it('refuses acks that are none of 0, 1, -1 (error 21)', async () => {
    const topic = await newTopic();
    const fields = produceFields(topic, { 0: batchOf(['v']) }, 2);
    const answer = await client.call(PRODUCE, fields, 9);
    expect(answer.responses[0]!.partitionResponses[0]!.errorCode).toBe(21);
    expect((await fetchOne(client, topic)).highWatermark).toBe(0);
  });

  it('takes topics by id from version 13 on', async () => {
    const name = `t${++topicCount}`;
    const [topicId] = await createTopics(client, { [name]: 1 });
    const send = async (id: string) => {
      const fields = produceFields('', { 0: batchOf(['v']) });
      const topicData = [{ ...fields.topicData[0]!, topicId: id as Uuid }];
      const answer = await client.call(PRODUCE, { ...fields, topicData });
      return answer.responses[0]!.partitionResponses[0]!.errorCode;
    };
    expect(await send(topicId!)).toBe(0);
    expect(await send('x'.repeat(16))).toBe(100);
  });

  it('refuses zstd from clients that are too old for it (error 76)', async () => {
    const topic = await newTopic();
    const batch = (): Buffer =>
      buildBatch([{ key: null, value: Buffer.from('v') }], {
        timestampMs: 1,
        codec: 4,
        compression: nodeCompression,
      });
    expect((await produceOne(client, topic, batch(), { version: 6 })).errorCode).toBe(76);
    expect((await produceOne(client, topic, batch(), { version: 7 })).errorCode).toBe(0);
  });

  it('with acks=0 answers nothing, and closes the connection where it would answer an error', async () => {
    const topic = await newTopic();
    const other = await TestClient.connect(broker.bootstrap);
    other.tell(PRODUCE, produceFields(topic, { 0: batchOf(['v']) }, 0), 9);
    expect((await describeTopics(other, [topic]))[0]!.errorCode).toBe(0);
    expect((await fetchOne(other, topic, { maxWaitMs: 5000 })).highWatermark).toBe(1);
    other.tell(PRODUCE, produceFields('not-there', { 0: batchOf(['v']) }, 0), 9);
    await other.closed;
  });

  it('refuses a partition that stands twice, whole', async () => {
    const topic = await newTopic();
    const fields = produceFields(topic, { 0: batchOf(['v']) });
    const [only] = fields.topicData;
    const twice = [...only!.partitionData, { index: 0, records: batchOf(['w']) }];
    const answer = await client.call(
      PRODUCE,
      { ...fields, topicData: [{ ...only!, partitionData: twice }] },
      9,
    );
    expect(answer.responses[0]!.partitionResponses.map(({ errorCode }) => errorCode)).toEqual([42, 42]);
    expect((await fetchOne(client, topic)).highWatermark).toBe(0);
  });
});

describe('ListOffsets', () => {
  const ask = async (topic: string, timestamp: number, version = LIST_OFFSETS.maxVersion) => {
    const answer = await client.call(
      LIST_OFFSETS,
      {
        replicaId: -1,
        topics: [
          {
            name: topic,
            partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }],
          },
        ],
      },
      version,
    );
    const { errorCode, offset, timestamp: found } = answer.topics[0]!.partitions[0]!;
    return [errorCode, offset, found];
  };

  it('knows every special timestamp', async () => {
    const topic = await newTopic();
    expect(await ask(topic, -1)).toEqual([0, 0, -1]);
    expect(await ask(topic, -2)).toEqual([0, 0, -1]);
    expect(await ask(topic, -3)).toEqual([0, -1, -1]);
    const now = Date.now();
    await produceOne(client, topic, batchOf(['a', 'b'], { timestampMs: now - 1000 }));
    await produceOne(client, topic, batchOf(['c'], { timestampMs: now }));
    await produceOne(client, topic, batchOf(['d'], { timestampMs: now - 500 }));
    expect(await ask(topic, -1)).toEqual([0, 4, -1]);
    expect(await ask(topic, -2)).toEqual([0, 0, -1]);
    expect(await ask(topic, -3)).toEqual([0, 2, now]);
    expect(await ask(topic, -4)).toEqual([0, 0, -1]);
    expect(await ask(topic, -5)).toEqual([0, -1, -1]);
    expect(await ask(topic, 0)).toEqual([0, 0, now - 1000]);
    expect(await ask(topic, now - 999)).toEqual([0, 2, now]);
    expect(await ask(topic, now + 1)).toEqual([0, -1, -1]);
    for (let version = LIST_OFFSETS.minVersion; version <= LIST_OFFSETS.maxVersion; version++) {
      expect(await ask(topic, now - 1000, version)).toEqual([0, 0, now - 1000]);
    }
  });

  it('refuses unknown partitions, other epochs, and a partition that stands twice', async () => {
    const topic = await newTopic();
    const partition = { partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 };
    const { topics } = await client.call(LIST_OFFSETS, {
      topics: [
        { name: topic, partitions: [{ ...partition, partitionIndex: 9 }, partition, partition] },
        { name: 'not-there', partitions: [partition] },
      ],
    });
    expect(topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))).toEqual([
      3, 42, 42, 3,
    ]);
    const fenced = await client.call(LIST_OFFSETS, {
      topics: [{ name: topic, partitions: [{ ...partition, currentLeaderEpoch: 1_000_000 }] }],
    });
    expect(fenced.topics[0]!.partitions[0]!.errorCode).toBe(75);
  });
});

describe('Fetch without a session', () => {
  it('gives batches as they were produced, with offsets and epoch set', async () => {
    const topic = await newTopic();
    const batch = batchOf(['a', 'b']);
    await produceOne(client, topic, Buffer.from(batch));
    await produceOne(client, topic, Buffer.from(batch));
    const { records, highWatermark, errorCode } = await fetchOne(client, topic, { offset: 2 });
    expect([errorCode, highWatermark]).toEqual([0, 4]);
    const stored = records as Buffer;
    expect(stored.readUIntBE(2, 6)).toBe(2);
    // From the magic on, nothing is touched.
    expect(stored.subarray(16).equals(batch.subarray(16))).toBe(true);
  });

  it('gives offset-out-of-range outside of start and end, and waits between', async () => {
    const topic = await newTopic();
    await produceOne(client, topic, batchOf(['a']));
    expect((await fetchOne(client, topic, { offset: 2 })).errorCode).toBe(1);
    expect((await fetchOne(client, topic, { offset: -1 })).errorCode).toBe(1);
    const waiting = fetchOne(client, topic, { offset: 1, maxWaitMs: 30_000 });
    await using other = await TestClient.connect(broker.bootstrap);
    await produceOne(other, topic, batchOf(['b']));
    expect((await waiting).highWatermark).toBe(2);
  });

  it('checks the leader epoch of the client (KIP-320)', async () => {
    const topic = await newTopic();
    const [described] = await describeTopics(client, [topic]);
    const { leaderEpoch } = described!.partitions[0]!;
    const ask = async (currentLeaderEpoch: number) =>
      (await fetchOne(client, topic, { currentLeaderEpoch })).errorCode;
    expect(await ask(leaderEpoch)).toBe(0);
    expect(await ask(leaderEpoch - 1)).toBe(leaderEpoch === 0 ? 0 : 74);
    expect(await ask(leaderEpoch + 1)).toBe(75);
  });
});

describe('DeleteRecords', () => {
  const deleteTo = async (topic: string, offset: number, partitionIndex = 0) => {
    const answer = await client.call(DELETE_RECORDS, {
      topics: [{ name: topic, partitions: [{ partitionIndex, offset }] }],
      timeoutMs: 1000,
    });
    const { errorCode, lowWatermark } = answer.topics[0]!.partitions[0]!;
    return [errorCode, lowWatermark];
  };

  it.each([
    ['compact', 44],
    ['compact,delete', 0],
    ['', 0],
  ])('has the code of what cleanup.policy=%s allows', async (policy, code) => {
    const topic = await newTopic(1, { 'cleanup.policy': policy });
    const batch = buildBatch([{ key: Buffer.from('k'), value: null }], { timestampMs: Date.now() });
    await produceOne(client, topic, batch);
    expect((await deleteTo(topic, 1))[0]).toBe(code);
    const { logStartOffset } = await fetchOne(client, topic, { offset: 1 });
    expect(logStartOffset).toBe(code === 0 ? 1 : 0);
  });

  it('moves the start, never back', async () => {
    const topic = await newTopic();
    await produceOne(client, topic, batchOf(['a', 'b', 'c']));
    expect(await deleteTo(topic, 2)).toEqual([0, 2]);
    expect(await deleteTo(topic, 1)).toEqual([0, 2]);
    expect((await fetchOne(client, topic, { offset: 1 })).errorCode).toBe(1);
    expect(await deleteTo(topic, -1)).toEqual([0, 3]);
    expect((await fetchOne(client, topic, { offset: 3 })).logStartOffset).toBe(3);
    expect(await deleteTo(topic, 4)).toEqual([1, -1]);
    expect(await deleteTo(topic, -2)).toEqual([1, -1]);
    expect(await deleteTo(topic, 0, 7)).toEqual([3, -1]);
    expect((await produceOne(client, topic, batchOf(['d']))).baseOffset).toBe(3);
  });
});

describe('OffsetForLeaderEpoch', () => {
  it('gives the end of the largest epoch that is not above the asked one', async () => {
    const topic = await newTopic();
    await produceOne(client, topic, batchOf(['a', 'b']));
    const [described] = await describeTopics(client, [topic]);
    const { leaderEpoch: current } = described!.partitions[0]!;
    const ask = async (leaderEpoch: number, currentLeaderEpoch = -1, partition = 0) => {
      const { topics } = await client.call(OFFSET_FOR_LEADER_EPOCH, {
        replicaId: -1,
        topics: [{ topic, partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }],
      });
      const { errorCode, leaderEpoch: found, endOffset } = topics[0]!.partitions[0]!;
      return [errorCode, found, endOffset];
    };
    expect(await ask(current)).toEqual([0, current, 2]);
    expect(await ask(current + 5)).toEqual([0, current, 2]);
    expect(await ask(current - 1)).toEqual([0, -1, -1]);
    expect(await ask(current, current + 1)).toEqual([75, -1, -1]);
    expect(await ask(current, -1, 8)).toEqual([3, -1, -1]);
  });
});

describe('Metadata', () => {
  it('creates a topic that is asked for before it answers, where that is allowed', async () => {
    const [created] = await describeTopics(client, ['made-by-asking'], true);
    expect([created!.errorCode, created!.partitions.length]).toEqual([0, 1]);
    expect((await produceOne(client, 'made-by-asking', batchOf(['v']))).errorCode).toBe(0);
    const [absent] = await describeTopics(client, ['not-made'], false);
    expect(absent!.errorCode).toBe(3);
    const many = await Promise.all(
      Array.from({ length: 5 }, async () => {
        await using one = await TestClient.connect(broker.bootstrap);
        return (await describeTopics(one, ['made-by-many'], true))[0]!.topicId;
      }),
    );
    expect(new Set(many).size).toBe(1);
  });

  it('refuses names that no topic can have, whether it may create or not', async () => {
    for (const create of [true, false]) {
      const answers = await describeTopics(
        client,
        ['a b', '..', '', 'x'.repeat(250), 'x'.repeat(30_000)],
        create,
      );
      expect(answers.map(({ errorCode }) => errorCode)).toEqual([17, 17, 17, 17, 17]);
    }
  });

  it('answers a name once, however often it is asked', async () => {
    const topic = await newTopic(100);
    expect(await describeTopics(client, Array<string>(10_000).fill(topic))).toHaveLength(1);
  });

  it('knows topics by id', async () => {
    const topic = await newTopic();
    const [named] = await describeTopics(client, [topic]);
    const { topics } = await client.call(METADATA, {
      topics: [
        { name: null, topicId: named!.topicId },
        { name: null, topicId: 'x'.repeat(16) as Uuid },
      ],
    });
    expect(topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      [topic, 0],
      [null, 100],
    ]);
  });

  it('lists all topics for null, none for none, and in version 0 all for none', async () => {
    const topic = await newTopic();
    const names = async (topics: [] | null, version?: number) =>
      (await client.call(METADATA, { topics }, version)).topics.map(({ name }) => name);
    expect(await names(null)).toContain(topic);
    expect(await names([])).toEqual([]);
    expect(await names([], 0)).toContain(topic);
  });
});

describe('topics', () => {
  it('makes 10,000 partitions in one request and 10,000 topics in another', async () => {
    await using own = await startBroker({ data: 'memory' });
    await using other = await TestClient.connect(own.bootstrap);
    await createTopics(other, { wide: 10_000 });
    const [wide] = await describeTopics(other, ['wide']);
    expect(wide!.partitions).toHaveLength(10_000);
    await createTopics(other, Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`n${i}`, 1])));
    const { topics } = await other.call(METADATA, { topics: null });
    expect(topics).toHaveLength(10_001);
    expect((await produceOne(other, 'wide', batchOf(['v']), { partition: 9999 })).errorCode).toBe(0);
    expect((await produceOne(other, 'n9999', batchOf(['v']))).errorCode).toBe(0);
  });

  it('refuses what Kafka refuses', async () => {
    const topic = await newTopic();
    const wanted = (
      name: string,
      numPartitions = 1,
      replicationFactor = 1,
      configs: [string, string][] = [],
    ) => ({
      name,
      numPartitions,
      replicationFactor,
      assignments: [],
      configs: configs.map(([key, value]) => ({ name: key, value })),
    });
    const { topics } = await client.call(CREATE_TOPICS, {
      timeoutMs: 1000,
      topics: [
        wanted(topic),
        wanted('bad name'),
        wanted('zero', 0),
        wanted('minus', -2),
        wanted('replicated', 1, 3),
        wanted('set', 1, 1, [['retention.ms', 'soon']]),
        wanted('strange', 1, 1, [['no.such.setting', '1']]),
        wanted('twice'),
        wanted('twice'),
        wanted('good'),
      ],
    });
    const codes = Object.fromEntries(topics.map(({ name, errorCode }) => [name, errorCode]));
    expect(codes).toEqual({
      [topic]: 36,
      'bad name': 17,
      zero: 37,
      minus: 37,
      replicated: 38,
      set: 40,
      strange: 40,
      twice: 42,
      good: 0,
    });
    for (const { errorCode, errorMessage } of topics) if (errorCode !== 0) expect(errorMessage).toBeTruthy();
  });

  it('only checks where only a check is asked for', async () => {
    const name = `t${++topicCount}`;
    const request = {
      timeoutMs: 1000,
      validateOnly: true,
      topics: [{ name, numPartitions: 3, replicationFactor: -1, assignments: [], configs: [] }],
    };
    expect((await client.call(CREATE_TOPICS, request)).topics[0]!.errorCode).toBe(0);
    expect((await describeTopics(client, [name]))[0]!.errorCode).toBe(3);
  });

  it('grows, is deleted by name and by id, and comes again with another id and no data', async () => {
    const topic = await newTopic();
    await produceOne(client, topic, batchOf(['v']));
    const grow = async (count: number) => {
      const topics = [{ name: topic, count, assignments: null }];
      return (await client.call(CREATE_PARTITIONS, { topics, timeoutMs: 1000 })).results[0]!.errorCode;
    };
    expect(await grow(3)).toBe(0);
    expect(await grow(3)).toBe(37);
    expect(await grow(1)).toBe(37);
    expect((await produceOne(client, topic, batchOf(['v']), { partition: 2 })).errorCode).toBe(0);
    const [before] = await describeTopics(client, [topic]);
    const byId = { name: null, topicId: before!.topicId };
    const remove = async (reference: { name: string | null; topicId: Uuid }) =>
      (await client.call(DELETE_TOPICS, { topics: [reference], timeoutMs: 1000 })).responses[0]!.errorCode;
    expect(await remove(byId)).toBe(0);
    expect(await remove(byId)).toBe(100);
    expect(await remove({ name: topic, topicId: ZERO_UUID })).toBe(3);
    expect((await produceOne(client, topic, batchOf(['v']))).errorCode).toBe(3);
    await createTopics(client, { [topic]: 1 });
    const [after] = await describeTopics(client, [topic]);
    expect(after!.topicId).not.toBe(before!.topicId);
    expect((await fetchOne(client, topic)).highWatermark).toBe(0);
  });
});

describe('DescribeTopicPartitions', () => {
  it('goes on where the cursor says, page by page', async () => {
    await using own = await startBroker({ data: 'memory' });
    await using other = await TestClient.connect(own.bootstrap);
    await createTopics(other, { b: 5, a: 3, c: 1 });
    const seen: string[] = [];
    let cursor: { topicName: string; partitionIndex: number } | null = null;
    let pages = 0;
    do {
      const answer: Awaited<ReturnType<typeof DESCRIBE_TOPIC_PARTITIONS.read>> = await other.call(
        DESCRIBE_TOPIC_PARTITIONS,
        { topics: [], responsePartitionLimit: 2, cursor },
      );
      for (const { name, partitions } of answer.topics) {
        expect(partitions.length).toBeLessThanOrEqual(2);
        for (const { partitionIndex } of partitions) seen.push(`${name}${partitionIndex}`);
      }
      cursor = answer.nextCursor;
      pages++;
    } while (cursor !== null);
    expect(seen).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2', 'b3', 'b4', 'c0']);
    expect(pages).toBe(5);
    const beyond = await other.call(DESCRIBE_TOPIC_PARTITIONS, {
      topics: [{ name: 'b' }, { name: 'not-there' }, { name: 'no name' }],
      responsePartitionLimit: 100,
      cursor: { topicName: 'b', partitionIndex: 4 },
    });
    expect(
      beyond.topics.map(({ name, errorCode, partitions }) => [name, errorCode, partitions.length]),
    ).toEqual([
      ['b', 0, 1],
      ['no name', 17, 0],
      ['not-there', 3, 0],
    ]);
    expect(beyond.nextCursor).toBeNull();
  });
});

describe('configs', () => {
  const TOPIC = 2;
  const describeOne = async (topic: string, key: string) => {
    const { results } = await client.call(DESCRIBE_CONFIGS, {
      resources: [{ resourceType: TOPIC, resourceName: topic, configurationKeys: [key] }],
      includeSynonyms: true,
    });
    return results[0]!;
  };
  const change = async (topic: string, configs: [string, number, string | null][], validateOnly = false) => {
    const { responses } = await client.call(INCREMENTAL_ALTER_CONFIGS, {
      resources: [
        {
          resourceType: TOPIC,
          resourceName: topic,
          configs: configs.map(([name, configOperation, value]) => ({ name, configOperation, value })),
        },
      ],
      validateOnly,
    });
    return responses[0]!;
  };

  it('sets and deletes one by one; what is altered counts at once', async () => {
    const topic = await newTopic();
    expect((await describeOne(topic, 'max.message.bytes')).configs[0]).toMatchObject({ configSource: 5 });
    expect((await change(topic, [['max.message.bytes', 0, '100']])).errorCode).toBe(0);
    expect((await describeOne(topic, 'max.message.bytes')).configs[0]).toMatchObject({
      value: '100',
      configSource: 1,
      isSensitive: false,
      readOnly: false,
    });
    expect((await produceOne(client, topic, batchOf(['x'.repeat(200)]))).errorCode).toBe(10);
    expect((await change(topic, [['max.message.bytes', 1, null]])).errorCode).toBe(0);
    expect((await produceOne(client, topic, batchOf(['x'.repeat(200)]))).errorCode).toBe(0);
  });

  it('refuses wrong values, names and operations, and changes nothing then or when it only checks', async () => {
    const topic = await newTopic();
    const wrong: [string, number, string | null][][] = [
      [['retention.ms', 0, 'soon']],
      [['no.such', 0, '1']],
      [['retention.ms', 9, '1']],
      [
        ['retention.ms', 0, '5000'],
        ['cleanup.policy', 0, 'shrink'],
      ],
    ];
    for (const configs of wrong) {
      const { errorCode, errorMessage } = await change(topic, configs);
      expect(errorCode).not.toBe(0);
      expect(errorMessage).toBeTruthy();
    }
    expect((await change(topic, [['retention.ms', 0, '5000']], true)).errorCode).toBe(0);
    expect((await describeOne(topic, 'retention.ms')).configs[0]).toMatchObject({ configSource: 5 });
    expect((await change('not-there', [['retention.ms', 0, '1']])).errorCode).toBe(3);
  });

  it('replaces all with AlterConfigs', async () => {
    const topic = await newTopic(1, { 'retention.ms': '5000', 'max.message.bytes': '5000' });
    const { responses } = await client.call(ALTER_CONFIGS, {
      resources: [
        { resourceType: TOPIC, resourceName: topic, configs: [{ name: 'retention.ms', value: '7000' }] },
        { resourceType: 99, resourceName: 'what', configs: [] },
      ],
    });
    expect(responses.map(({ errorCode }) => errorCode)).toEqual([0, 42]);
    expect((await describeOne(topic, 'retention.ms')).configs[0]).toMatchObject({
      value: '7000',
      configSource: 1,
    });
    expect((await describeOne(topic, 'max.message.bytes')).configs[0]).toMatchObject({ configSource: 5 });
  });

  it('describes each resource once, and refuses unknown ones', async () => {
    const topic = await newTopic();
    const one = { resourceType: TOPIC, resourceName: topic, configurationKeys: null };
    const resources = [...Array(1000).fill(one), { ...one, resourceName: 'not-there' }];
    const { results } = await client.call(DESCRIBE_CONFIGS, { resources });
    expect(results.map(({ errorCode }) => errorCode)).toEqual([0, 3]);
    expect(results[0]!.configs.length).toBeGreaterThan(20);
  });
});

describe('the cluster', () => {
  it('is one broker with one directory', async () => {
    const cluster = await client.call(DESCRIBE_CLUSTER, { endpointType: 1 });
    expect([cluster.errorCode, cluster.brokers.length]).toEqual([0, 1]);
    expect(`${cluster.brokers[0]!.host}:${cluster.brokers[0]!.port}`).toBe(broker.bootstrap);
    expect((await client.call(DESCRIBE_CLUSTER, { endpointType: 2 })).errorCode).toBe(114);
    expect((await client.call(DESCRIBE_CLUSTER, { endpointType: 3 })).errorCode).toBe(115);
    const topic = await newTopic();
    await produceOne(client, topic, batchOf(['v']));
    const { results } = await client.call(DESCRIBE_LOG_DIRS, { topics: [{ topic, partitions: [0, 9] }] });
    expect(results).toHaveLength(1);
    expect(results[0]!.topics[0]!.partitions.map(({ partitionIndex }) => partitionIndex)).toEqual([0]);
    expect(results[0]!.topics[0]!.partitions[0]!.partitionSize).toBeGreaterThan(60);
  });

  it('coordinates groups and transactions, and no shares yet', async () => {
    const ask = async (keyType: number) => {
      const found = await client.call(FIND_COORDINATOR, { keyType, coordinatorKeys: ['a', 'b'] });
      return found.coordinators.map(({ key, errorCode }) => [key, errorCode]);
    };
    expect(await ask(0)).toEqual([
      ['a', 0],
      ['b', 0],
    ]);
    expect(await ask(1)).toEqual([
      ['a', 0],
      ['b', 0],
    ]);
    expect(await ask(2)).toEqual([
      ['a', 42],
      ['b', 42],
    ]);
    expect((await client.call(FIND_COORDINATOR, { key: 'g1' }, 1)).errorCode).toBe(0);
  });

  it('gives every producer an id of its own', async () => {
    const ids = new Set<number>();
    for (let i = 0; i < 2500; i++) ids.add(await newProducerId(client));
    expect(ids.size).toBe(2500);
  });
});
