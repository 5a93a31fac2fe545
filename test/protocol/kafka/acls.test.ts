/** DescribeAcls, CreateAcls and DeleteAcls over a real socket, asked by a super user. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import { CREATE_ACLS, DELETE_ACLS, DESCRIBE_ACLS, FETCH } from '../../support/kafka-apis.ts';
import { createTopics, TestClient } from '../../support/kafka-client.ts';

const AUTHORIZER = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer';
const ANY = 1;
const TOPIC = 2;
const LITERAL = 3;
const PREFIXED = 4;

let broker: EmbeddedBroker;
let client: TestClient;

beforeAll(async () => {
  const settings = { 'authorizer.class.name': AUTHORIZER, 'super.users': 'User:admin;User:ANONYMOUS' };
  broker = await startBroker({ data: 'memory', settings });
  client = await TestClient.connect(broker.bootstrap);
});
afterAll(async () => {
  await client.close();
  await broker.close();
});

const creation = (fields: object = {}) => ({
  resourceType: TOPIC,
  resourceName: 'orders',
  resourcePatternType: LITERAL,
  principal: 'User:alice',
  host: '*',
  operation: 3,
  permissionType: 3,
  ...fields,
});
const filter = (fields: object = {}) => ({
  resourceTypeFilter: ANY,
  resourceNameFilter: null,
  patternTypeFilter: ANY,
  principalFilter: null,
  hostFilter: null,
  operation: ANY,
  permissionType: ANY,
  ...fields,
});

describe('access rules', () => {
  it.each([1, 3])('are created, described by their patterns, and deleted (version %i)', async (version) => {
    const creations = [
      creation(),
      creation({ operation: 4, host: '192.0.2.7' }),
      creation({ resourceName: 'ord', resourcePatternType: PREFIXED, permissionType: 2 }),
    ];
    const created = await client.call(CREATE_ACLS, { creations }, version);
    expect(created.results).toEqual(creations.map(() => ({ errorCode: 0, errorMessage: null })));
    const { errorCode, resources } = await client.call(DESCRIBE_ACLS, filter(), version);
    expect(errorCode).toBe(0);
    expect(resources).toEqual([
      {
        resourceType: TOPIC,
        resourceName: 'orders',
        patternType: LITERAL,
        acls: [
          { principal: 'User:alice', host: '*', operation: 3, permissionType: 3 },
          { principal: 'User:alice', host: '192.0.2.7', operation: 4, permissionType: 3 },
        ],
      },
      {
        resourceType: TOPIC,
        resourceName: 'ord',
        patternType: PREFIXED,
        acls: [{ principal: 'User:alice', host: '*', operation: 3, permissionType: 2 }],
      },
    ]);
    const filters = [filter({ patternTypeFilter: PREFIXED }), filter(), filter({ hostFilter: 'none' })];
    const { filterResults } = await client.call(DELETE_ACLS, { filters }, version);
    expect(filterResults.map(({ errorCode: code, matchingAcls }) => [code, matchingAcls.length])).toEqual([
      [0, 1],
      [0, 3],
      [0, 0],
    ]);
    expect((await client.call(DESCRIBE_ACLS, filter(), version)).resources).toEqual([]);
  });

  it('are refused one by one', async () => {
    const creations = [
      creation({ resourceType: ANY }),
      creation({ resourcePatternType: 2 }),
      creation({ operation: ANY }),
      creation({ permissionType: 0 }),
      creation({ resourceName: '' }),
      creation({ resourceName: 'kept' }),
    ];
    const { results } = await client.call(CREATE_ACLS, { creations });
    expect(results.map(({ errorCode }) => errorCode)).toEqual([42, 42, 42, 42, 42, 0]);
    const filters = [filter({ operation: 99 }), filter({ resourceNameFilter: 'kept' })];
    const { filterResults } = await client.call(DELETE_ACLS, { filters });
    expect(filterResults.map(({ errorCode, matchingAcls }) => [errorCode, matchingAcls.length])).toEqual([
      [42, 0],
      [0, 1],
    ]);
    const described = await client.call(DESCRIBE_ACLS, filter({ patternTypeFilter: 0 }));
    expect(described).toMatchObject({ errorCode: 42, resources: [] });
  });
});

it('without an authorizer there are no rules (SECURITY_DISABLED)', async () => {
  await using open = await startBroker({ data: 'memory' });
  await using stranger = await TestClient.connect(open.bootstrap);
  const described = await stranger.call(DESCRIBE_ACLS, filter());
  expect(described).toMatchObject({ errorCode: 54, resources: [] });
  expect(described.errorMessage).toContain('authorizer.class.name');
  const created = await stranger.call(CREATE_ACLS, { creations: [creation()] });
  expect(created.results[0]!.errorCode).toBe(54);
  const deleted = await stranger.call(DELETE_ACLS, { filters: [filter()] });
  expect(deleted.filterResults[0]).toMatchObject({ errorCode: 54, matchingAcls: [] });
});

it('a fetch session ends for a topic that may no longer be read, and goes on when it may again', async () => {
  await using open = await startBroker({
    data: 'memory',
    settings: { 'authorizer.class.name': AUTHORIZER, 'allow.everyone.if.no.acl.found': 'true' },
  });
  await using reader = await TestClient.connect(open.bootstrap);
  await createTopics(reader, { orders: 1 });
  const partition = { partition: 0, currentLeaderEpoch: -1, fetchOffset: 0, lastFetchedEpoch: -1 };
  const wanted = {
    ...partition,
    logStartOffset: -1,
    partitionMaxBytes: 1000,
    replicaDirectoryId: ZERO_UUID,
    highWatermark: -1,
  };
  const topics = [{ topic: 'orders', topicId: ZERO_UUID, partitions: [wanted] }];
  const first = await reader.call(FETCH, { sessionEpoch: 0, maxBytes: 1000, topics }, 12);
  expect(first.responses[0]!.partitions[0]!.errorCode).toBe(0);
  const { sessionId } = first;
  expect(sessionId).not.toBe(0);
  const next = async (sessionEpoch: number) => {
    const answer = await reader.call(FETCH, { sessionId, sessionEpoch, maxBytes: 1000, topics: [] }, 12);
    expect(answer.errorCode).toBe(0);
    return answer.responses.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode));
  };
  expect(await next(1)).toEqual([]);
  await reader.call(CREATE_ACLS, { creations: [creation({ principal: 'User:*', permissionType: 2 })] });
  expect(await next(2)).toEqual([29]);
  expect(await next(3)).toEqual([29]);
  await reader.call(DELETE_ACLS, { filters: [filter()] });
  expect(await next(4)).toEqual([0]);
});
