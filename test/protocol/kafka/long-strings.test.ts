/** Strings at the bounds of the protocol: what names them must not be too long to be answered. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import {
  CREATE_TOPICS,
  FETCH,
  FIND_COORDINATOR,
  LIST_OFFSETS,
  METADATA,
  PRODUCE,
} from '../../support/kafka-apis.ts';
import { batchOf, encodeRequest, fetchTopic, produceFields, TestClient } from '../../support/kafka-client.ts';

const LONGEST = 'a'.repeat(32_767);

let broker: EmbeddedBroker;

beforeAll(async () => {
  broker = await startBroker({ data: 'memory' });
});
afterAll(() => broker.close());

it('answers for the longest name there can be, with a message that fits', async () => {
  await using client = await TestClient.connect(broker.bootstrap);
  const produced = await client.call(PRODUCE, produceFields(LONGEST, { 0: batchOf(['x']) }), 9);
  expect(produced.responses[0]!.name).toBe(LONGEST);
  expect(produced.responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 3 });
  const topic = {
    name: LONGEST,
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  };
  const created = await client.call(CREATE_TOPICS, { topics: [topic], timeoutMs: 1000 }, 7);
  expect(created.topics[0]).toMatchObject({ name: LONGEST, errorCode: 17 });
  const coordinators = await client.call(FIND_COORDINATOR, { keyType: 9, coordinatorKeys: [LONGEST] }, 6);
  expect(coordinators.coordinators[0]).toMatchObject({ key: LONGEST, errorCode: 42 });
});

it('ends the connection of a client whose strings are no UTF-8, and serves the others', async () => {
  await using client = await TestClient.connect(broker.bootstrap);
  const name = 'n'.repeat(20_000);
  const request = encodeRequest(
    METADATA,
    {
      ...METADATA.defaults(),
      topics: [{ name, topicId: METADATA.defaults().topics?.[0]?.topicId }],
    } as never,
    { version: 4 },
  );
  const at = request.indexOf('nnnn');
  request.fill(0xff, at, at + name.length);
  await expect(client.exchange(request)).rejects.toThrow('closed');
  await using other = await TestClient.connect(broker.bootstrap);
  expect(await other.call(METADATA, {}, 4)).toMatchObject({ controllerId: expect.any(Number) });
});

it('keeps no text for each of many partitions behind a long name', async () => {
  // As many gigabytes of text as Node has no memory for, if the name stood before each.
  const indexes = Array.from({ length: 150_000 }, (_, partition) => partition);
  await using client = await TestClient.connect(broker.bootstrap);
  const partitions = indexes.map((partitionIndex) => ({
    partitionIndex,
    currentLeaderEpoch: -1,
    timestamp: -1,
  }));
  const offsets = await client.call(LIST_OFFSETS, { topics: [{ name: LONGEST, partitions }] }, 4);
  expect(offsets.topics[0]!.partitions).toHaveLength(indexes.length);
  const topics = [
    fetchTopic(
      LONGEST,
      indexes.map((partition) => ({ partition })),
    ),
  ];
  const fetched = await client.call(FETCH, { maxWaitMs: 0, sessionEpoch: 0, topics }, 12);
  expect(fetched.responses[0]!.partitions).toHaveLength(indexes.length);
});
