/** Users as an administrator's client sees them (KIP-554). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import { ALTER_USERS, DESCRIBE_USERS } from '../../support/kafka-apis.ts';
import { TestClient } from '../../support/kafka-client.ts';

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

const upsertion = (name: string, mechanism: number, iterations = 4096) => ({
  name,
  mechanism,
  iterations,
  salt: Buffer.from('salt'),
  saltedPassword: Buffer.alloc(mechanism === 1 ? 32 : 64, 1),
});

describe('users', () => {
  it('are given credentials, described, and removed', async () => {
    const given = await client.call(ALTER_USERS, {
      upsertions: [upsertion('alice', 1), upsertion('bob', 2, 8192), upsertion('eve', 3), upsertion('', 1)],
    });
    expect(given.results.map(({ user, errorCode }) => [user, errorCode])).toEqual([
      ['alice', 0],
      ['bob', 0],
      ['eve', 33],
      ['', 93],
    ]);
    await client.call(ALTER_USERS, { upsertions: [upsertion('alice', 2, 5000)] });
    const all = await client.call(DESCRIBE_USERS, { users: null });
    expect(all.results).toEqual([
      {
        user: 'alice',
        errorCode: 0,
        errorMessage: null,
        credentialInfos: [
          { mechanism: 1, iterations: 4096 },
          { mechanism: 2, iterations: 5000 },
        ],
      },
      {
        user: 'bob',
        errorCode: 0,
        errorMessage: null,
        credentialInfos: [{ mechanism: 2, iterations: 8192 }],
      },
    ]);
    const some = await client.call(DESCRIBE_USERS, {
      users: [{ name: 'bob' }, { name: 'eve' }, { name: 'alice' }, { name: 'alice' }],
    });
    expect(some.results.map(({ user, errorCode }) => [user, errorCode])).toEqual([
      ['bob', 0],
      ['eve', 91],
      ['alice', 92],
    ]);
    const removed = await client.call(ALTER_USERS, {
      deletions: [
        { name: 'bob', mechanism: 2 },
        { name: 'bob', mechanism: 1 },
        { name: 'eve', mechanism: 1 },
        { name: 'alice', mechanism: 1 },
      ],
    });
    expect(removed.results.map(({ user, errorCode }) => [user, errorCode])).toEqual([
      ['bob', 92],
      ['eve', 91],
      ['alice', 0],
    ]);
  });
});
