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
  const altered = await client.call(
    ALTER_CLIENT_QUOTAS,
    {
      entries: [
        { entity: ALICE, ops: [set('producer_byte_rate', 1024), set('request_percentage', 0.5)] },
        { entity: DEFAULTS, ops: [set('consumer_byte_rate', 2048)] },
        { entity: [], ops: [set('producer_byte_rate', 1)] },
      ],
    },
    version,
  );
  expect(altered.entries.map(({ errorCode }) => errorCode)).toEqual([0, 0, INVALID_REQUEST]);
  expect(altered.entries[0]!.entity).toEqual(ALICE);
  expect(altered.entries[2]!.errorMessage).toMatch(/name one/);
  const removed = await client.call(
    ALTER_CLIENT_QUOTAS,
    { entries: [{ entity: ALICE, ops: [remove('request_percentage')] }] },
    version,
  );
  expect(removed.entries.map(({ errorCode }) => errorCode)).toEqual([0]);
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

const set = (key: string, value: number) => ({ key, value, remove: false });
const remove = (key: string) => ({ key, value: 0, remove: true });
const RATE = 'producer_byte_rate';
const PAIR = [
  { entityType: 'user', entityName: 'bob' },
  { entityType: 'client-id', entityName: 'app' },
];

// What Kafka 4.3.1 answers and keeps.
it.each([
  [
    'with other keys',
    [
      [ALICE, set(RATE, 1)],
      [ALICE, set('consumer_byte_rate', 2)],
    ],
    1,
  ],
  [
    'with the same key',
    [
      [ALICE, set(RATE, 1)],
      [ALICE, set(RATE, 2)],
    ],
    1,
  ],
  [
    'and is removed again',
    [
      [ALICE, set(RATE, 1)],
      [ALICE, remove(RATE)],
    ],
    1,
  ],
  [
    'and is wrong first',
    [
      [ALICE, set('speed', 1)],
      [ALICE, set(RATE, 2)],
    ],
    null,
  ],
  [
    'and is wrong then',
    [
      [ALICE, set(RATE, 1)],
      [ALICE, set('speed', 2)],
    ],
    1,
  ],
  [
    'in another order',
    [
      [PAIR, set(RATE, 1)],
      [PAIR.toReversed(), set(RATE, 2)],
    ],
    1,
  ],
  ['in one entry', [[ALICE, set(RATE, 1), set(RATE, 2)]], null],
  ['in one entry, and is removed', [[ALICE, set(RATE, 1), remove(RATE)]], null],
] as const)('an entity or key that stands twice, %s, is answered once', async (_, entries, kept) => {
  const fields = { entries: entries.map(([entity, ...ops]) => ({ entity: [...entity], ops })) };
  const tried = await client.call(ALTER_CLIENT_QUOTAS, { ...fields, validateOnly: true });
  const altered = await client.call(ALTER_CLIENT_QUOTAS, fields);
  for (const answer of [tried, altered]) {
    expect(answer.entries.map(({ errorCode }) => errorCode)).toEqual([INVALID_REQUEST]);
    expect(answer.entries[0]!.errorMessage).toMatch(/more than once/);
  }
  const found = await client.call(DESCRIBE_CLIENT_QUOTAS, {});
  expect(found.entries!.flatMap(({ values }) => values)).toEqual(
    kept === null ? [] : [{ key: RATE, value: kept }],
  );
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
