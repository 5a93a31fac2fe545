/** Streams groups over the wire: what is made of requests and answers. The groups themselves: test/group/streams. */
import { afterEach, describe, expect, it } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import {
  defaultStreamsGroupHeartbeatRequestSubtopology,
  type StreamsGroupHeartbeatRequest,
  type StreamsGroupHeartbeatRequestSubtopology,
} from '../../../src/protocol/kafka/codec/generated/streams-group-heartbeat.ts';
import { STREAMS_GROUP_DESCRIBE, STREAMS_GROUP_HEARTBEAT } from '../../support/kafka-apis.ts';
import { createTopics, describeTopics, TestClient } from '../../support/kafka-client.ts';

let broker: EmbeddedBroker;
let client: TestClient;

async function start(settings: Record<string, string | number> = {}): Promise<void> {
  const streams = {
    'group.streams.initial.rebalance.delay.ms': 0,
    'group.streams.assignment.interval.ms': 0,
  };
  broker = await startBroker({ data: 'memory', settings: { ...streams, ...settings } });
  client = await TestClient.connect(broker.bootstrap);
}
afterEach(async () => {
  await client.close();
  await broker.close();
});

const changelog = (name: string, configs: Record<string, string> = { 'cleanup.policy': 'compact' }) => ({
  name,
  partitions: 0,
  replicationFactor: 1,
  topicConfigs: Object.entries(configs).map(([key, value]) => ({ key, value })),
});

const subtopology = (
  fields: Partial<StreamsGroupHeartbeatRequestSubtopology>,
): StreamsGroupHeartbeatRequestSubtopology => ({
  ...defaultStreamsGroupHeartbeatRequestSubtopology(),
  subtopologyId: '0',
  sourceTopics: ['text'],
  ...fields,
});

function beat(fields: Partial<StreamsGroupHeartbeatRequest> = {}) {
  return client.call(STREAMS_GROUP_HEARTBEAT, { groupId: 'g', memberId: 'm', ...fields });
}

function join(
  fields: Partial<StreamsGroupHeartbeatRequestSubtopology> = {},
  more: Partial<StreamsGroupHeartbeatRequest> = {},
) {
  const topology = { epoch: 0, subtopologies: [subtopology(fields)] };
  return beat({ rebalanceTimeoutMs: 1000, processId: 'p', topology, ...more });
}

describe('a member', () => {
  it('joins: internal topics are made while it waits, and its next heartbeat gives it tasks', async () => {
    await start();
    await createTopics(client, { text: 2 });
    const joined = await join({ stateChangelogTopics: [changelog('counts')] });
    expect(joined).toMatchObject({
      errorCode: 0,
      memberId: 'm',
      status: [{ statusCode: 3, statusDetail: 'Internal topics are missing: counts' }],
      activeTasks: [],
    });
    const [made] = await describeTopics(client, ['counts']);
    expect(made).toMatchObject({ errorCode: 0, partitions: [{}, {}] });
    const { memberEpoch } = joined;
    expect(await beat({ memberEpoch })).toMatchObject({
      status: [],
      activeTasks: [{ subtopologyId: '0', partitions: [0, 1] }],
      standbyTasks: [],
      warmupTasks: [],
    });
  });

  it('is told why internal topics are not made', async () => {
    await start();
    await createTopics(client, { text: 2 });
    const wrong = changelog('counts', { 'cleanup.policy': 'shred' });
    const { status } = await join({ stateChangelogTopics: [wrong] });
    expect(status![0]!.statusDetail).toMatch(
      /^Internal topics are missing: counts; Creation failed: counts \(cleanup\.policy can't be "shred"/,
    );
  });

  it.each([
    ['__consumer_offsets', /broker's own/],
    ['a/b', /can't be the name of a topic/],
  ])('may not read %s', async (name, message) => {
    await start();
    const answer = await join({ sourceTopics: [name] });
    expect(answer.errorCode).toBe(130);
    expect(answer.errorMessage).toMatch(message);
  });

  it('gives its tasks of all kinds, or of none', async () => {
    await start();
    expect(await join({}, { activeTasks: [] })).toMatchObject({ errorCode: 42 });
  });

  it('is refused where the protocol is off', async () => {
    await start({ 'group.coordinator.rebalance.protocols': 'classic,consumer' });
    expect(await join()).toMatchObject({ errorCode: 35 });
    const { groups } = await client.call(STREAMS_GROUP_DESCRIBE, { groupIds: ['g'] });
    expect(groups).toMatchObject([{ groupId: 'g', errorCode: 35 }]);
  });
});

describe('a group', () => {
  it('is described with its topology and members', async () => {
    await start();
    await createTopics(client, { text: 1, counts: 1 });
    const userEndpoint = { host: 'h', port: 65_535 };
    const clientTags = [
      { key: 'zone', value: 'z' },
      { key: 'cluster', value: 'c' },
    ];
    const joined = await join({ stateChangelogTopics: [changelog('counts')] }, { userEndpoint, clientTags });
    expect(joined.partitionsByUserEndpoint).toEqual([
      { userEndpoint, activePartitions: [{ topic: 'text', partitions: [0] }], standbyPartitions: [] },
    ]);
    const { groups } = await client.call(STREAMS_GROUP_DESCRIBE, {
      groupIds: ['g', 'absent', 'g'],
      includeAuthorizedOperations: true,
    });
    expect(groups).toHaveLength(2);
    expect(groups[0]).toMatchObject({
      errorCode: 0,
      groupState: 'Stable',
      groupEpoch: 2,
      assignmentEpoch: 2,
      topology: {
        epoch: 0,
        subtopologies: [
          {
            subtopologyId: '0',
            sourceTopics: ['text'],
            stateChangelogTopics: [{ ...changelog('counts'), partitions: 1 }],
          },
        ],
      },
      members: [
        {
          memberId: 'm',
          memberEpoch: 2,
          processId: 'p',
          userEndpoint,
          clientTags: [...clientTags].reverse(),
          assignment: { activeTasks: [{ subtopologyId: '0', partitions: [0] }] },
          targetAssignment: { activeTasks: [{ subtopologyId: '0', partitions: [0] }] },
          isClassic: false,
        },
      ],
    });
    expect(groups[0]!.authorizedOperations).toBeGreaterThan(0);
    expect(groups[1]).toMatchObject({ groupId: 'absent', errorCode: 69 });
  });
});
