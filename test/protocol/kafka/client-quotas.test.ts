/** DescribeClientQuotas and AlterClientQuotas over a socket. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import { ALTER_CLIENT_QUOTAS, DESCRIBE_CLIENT_QUOTAS } from '../../support/kafka-apis.ts';
import { TestClient } from '../../support/kafka-client.ts';

const INVALID_REQUEST = 42;
const UNSUPPORTED_VERSION = 35;

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

const ALICE = [{ entityType: 'user', entityName: 'alice' }];
const DEFAULTS = [
  { entityType: 'user', entityName: null },
  { entityType: 'client-id', entityName: null },
];

it.each([0, 1])('in version %d quotas are set, removed and found', async (version) => {
  const set = (key: string, value: number) => ({ key, value, remove: false });
  const altered = await client.call(
    ALTER_CLIENT_QUOTAS,
    {
      entries: [
        { entity: ALICE, ops: [set('producer_byte_rate', 1024), set('request_percentage', 0.5)] },
        { entity: DEFAULTS, ops: [set('consumer_byte_rate', 2048)] },
        { entity: ALICE, ops: [{ key: 'request_percentage', value: 0, remove: true }] },
        { entity: [], ops: [set('producer_byte_rate', 1)] },
      ],
    },
    version,
  );
  expect(altered.entries.map(({ errorCode }) => errorCode)).toEqual([0, 0, 0, INVALID_REQUEST]);
  expect(altered.entries[0]!.entity).toEqual(ALICE);
  expect(altered.entries[3]!.errorMessage).toMatch(/name one/);
  const all = await client.call(DESCRIBE_CLIENT_QUOTAS, {}, version);
  expect(all).toMatchObject({ errorCode: 0, errorMessage: null });
  expect(all.entries).toEqual([
    { entity: ALICE, values: [{ key: 'producer_byte_rate', value: 1024 }] },
    { entity: DEFAULTS, values: [{ key: 'consumer_byte_rate', value: 2048 }] },
  ]);
  const some = await client.call(
    DESCRIBE_CLIENT_QUOTAS,
    { components: [{ entityType: 'user', matchType: 0, match: 'alice' }], strict: true },
    version,
  );
  expect(some.entries!.map(({ entity }) => entity)).toEqual([ALICE]);
});

it.each([
  ['user', 0, null, INVALID_REQUEST],
  ['user', 1, 'x', INVALID_REQUEST],
  ['user', 2, 'x', INVALID_REQUEST],
  ['user', 3, null, INVALID_REQUEST],
  ['', 2, null, INVALID_REQUEST],
  ['host', 2, null, UNSUPPORTED_VERSION],
])('a filter for %j of match type %d and name %j is refused', async (entityType, matchType, match, code) => {
  const answer = await client.call(DESCRIBE_CLIENT_QUOTAS, {
    components: [{ entityType, matchType, match }],
  });
  expect(answer.errorCode).toBe(code);
  expect(answer.errorMessage).not.toBe('');
  expect(answer.entries).toBeNull();
});
