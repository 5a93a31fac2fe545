/** What one broker honestly answers to questions about a cluster: the quorum, elections, moves of partitions. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import {
  ADD_RAFT_VOTER,
  ALTER_PARTITION_REASSIGNMENTS,
  ALTER_REPLICA_LOG_DIRS,
  DESCRIBE_LOG_DIRS,
  DESCRIBE_QUORUM,
  ELECT_LEADERS,
  LIST_PARTITION_REASSIGNMENTS,
  REMOVE_RAFT_VOTER,
  UNREGISTER_BROKER,
} from '../../support/kafka-apis.ts';
import { createTopics, TestClient } from '../../support/kafka-client.ts';

let broker: EmbeddedBroker;
let client: TestClient;

beforeAll(async () => {
  broker = await startBroker({ data: 'memory', settings: { 'node.id': 7 } });
  client = await TestClient.connect(broker.bootstrap);
  await createTopics(client, { orders: 2 });
});
afterAll(async () => {
  await client.close();
  await broker.close();
});

describe('DescribeQuorum', () => {
  const ask = (topicName: string, partitionIndex: number) => ({
    topics: [{ topicName, partitions: [{ partitionIndex }] }],
  });

  it('has this broker as its only voter, up to date with itself', async () => {
    for (const version of [0, 1, 2]) {
      const { errorCode, topics } = await client.call(DESCRIBE_QUORUM, ask('__cluster_metadata', 0), version);
      expect(errorCode).toBe(0);
      const [partition] = topics[0]!.partitions;
      expect(partition).toMatchObject({ errorCode: 0, leaderId: 7, leaderEpoch: 0, observers: [] });
      const [voter] = partition!.currentVoters;
      expect(voter!.replicaId).toBe(7);
      expect(partition!.highWatermark).toBeGreaterThan(0);
      expect(voter!.logEndOffset).toBeGreaterThanOrEqual(partition!.highWatermark);
    }
    const { nodes } = await client.call(DESCRIBE_QUORUM, ask('__cluster_metadata', 0));
    expect(nodes).toEqual([
      { nodeId: 7, listeners: [{ name: 'PLAINTEXT', host: broker.host, port: broker.port }] },
    ]);
  });

  it('knows no other partition', async () => {
    for (const [topic, partition] of [
      ['__cluster_metadata', 1],
      ['orders', 0],
    ] as const) {
      const { topics } = await client.call(DESCRIBE_QUORUM, ask(topic, partition));
      expect(topics[0]!.partitions[0]).toMatchObject({ errorCode: 3, currentVoters: [] });
    }
  });
});

describe('voters and brokers', () => {
  const voter = { clusterId: null, voterId: 8, voterDirectoryId: ZERO_UUID };

  it('can be neither added nor removed', async () => {
    for (const api of [ADD_RAFT_VOTER, REMOVE_RAFT_VOTER]) {
      const call = (fields: object) => client.call<object, { errorCode: number }>(api as never, fields);
      expect(await call(voter)).toMatchObject({ errorCode: 35 });
      expect(await call({ ...voter, clusterId: 'another' })).toMatchObject({ errorCode: 104 });
      expect(await call({ ...voter, voterId: -1 })).toMatchObject({ errorCode: 42 });
    }
    expect(await client.call(UNREGISTER_BROKER, { brokerId: 8 })).toMatchObject({ errorCode: 102 });
    expect(await client.call(UNREGISTER_BROKER, { brokerId: 7 })).toMatchObject({ errorCode: 42 });
  });
});

describe('ElectLeaders', () => {
  it('is not needed for a partition that is there', async () => {
    for (const version of [0, 1, 2]) {
      const answer = await client.call(
        ELECT_LEADERS,
        {
          electionType: version === 0 ? 0 : 1,
          topicPartitions: [
            { topic: 'orders', partitions: [1, 2, -1] },
            { topic: 'nobody', partitions: [0] },
          ],
        },
        version,
      );
      expect(answer.errorCode).toBe(0);
      const codes = answer.replicaElectionResults.map(({ topic, partitionResult }) => [
        topic,
        partitionResult.map(({ partitionId, errorCode }) => [partitionId, errorCode]),
      ]);
      expect(codes).toEqual([
        [
          'orders',
          [
            [1, 84],
            [2, 3],
            [-1, 3],
          ],
        ],
        ['nobody', [[0, 3]]],
      ]);
    }
  });

  it('of all partitions changes none, and has two types', async () => {
    expect(await client.call(ELECT_LEADERS, { topicPartitions: null })).toMatchObject({
      errorCode: 0,
      replicaElectionResults: [],
    });
    expect(await client.call(ELECT_LEADERS, { electionType: 2 })).toMatchObject({ errorCode: 42 });
  });
});

describe('reassignments', () => {
  it('go nowhere but to this broker', async () => {
    const cases: [number, number[] | null, number][] = [
      [0, [7], 0],
      [0, null, 85],
      [0, [], 39],
      [0, [8], 39],
      [1, [7, 8], 39],
      [1, [7, 7], 39],
      [2, [7], 3],
      [2, null, 3],
    ];
    const partitions = cases.map(([partitionIndex, replicas]) => ({ partitionIndex, replicas }));
    const topics = [
      { name: 'orders', partitions },
      { name: 'nobody', partitions: [{ partitionIndex: 0, replicas: [7] }] },
    ];
    for (const version of [0, 1]) {
      const { errorCode, responses } = await client.call(ALTER_PARTITION_REASSIGNMENTS, { topics }, version);
      expect(errorCode).toBe(0);
      expect(responses[0]!.partitions.map((one) => one.errorCode)).toEqual(cases.map(([, , code]) => code));
      expect(responses[1]!.partitions.map((one) => one.errorCode)).toEqual([3]);
    }
    const { allowReplicationFactorChange } = await client.call(ALTER_PARTITION_REASSIGNMENTS, {
      allowReplicationFactorChange: false,
    });
    expect(allowReplicationFactorChange).toBe(false);
  });

  it('are never under way', async () => {
    const topics = [{ name: 'orders', partitionIndexes: [0, 9] }];
    expect(await client.call(LIST_PARTITION_REASSIGNMENTS, { topics })).toMatchObject({
      errorCode: 0,
      topics: [],
    });
  });
});

describe('AlterReplicaLogDirs', () => {
  it('takes the directory that DescribeLogDirs tells, and no other', async () => {
    const { results } = await client.call(DESCRIBE_LOG_DIRS, { topics: null });
    const path = results[0]!.logDir;
    const topics = [{ name: 'orders', partitions: [1, 2] }];
    for (const version of [1, 2]) {
      const dirs = [
        { path, topics },
        { path: `${path}/other`, topics: [{ name: 'orders', partitions: [0] }] },
        { path, topics: [{ name: 'nobody', partitions: [0] }] },
      ];
      const answer = await client.call(ALTER_REPLICA_LOG_DIRS, { dirs }, version);
      expect(answer.results).toEqual([
        {
          topicName: 'orders',
          partitions: [
            { partitionIndex: 1, errorCode: 0 },
            { partitionIndex: 2, errorCode: 3 },
            { partitionIndex: 0, errorCode: 57 },
          ],
        },
        { topicName: 'nobody', partitions: [{ partitionIndex: 0, errorCode: 3 }] },
      ]);
    }
  });
});
