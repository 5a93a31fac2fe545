/** Limits of connections on real sockets, changed while the broker runs. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import { ALTER_CLIENT_QUOTAS, API_VERSIONS, INCREMENTAL_ALTER_CONFIGS } from '../../support/kafka-apis.ts';
import { TestClient } from '../../support/kafka-client.ts';

const BROKER = 4;
const SET = 0;

let broker: EmbeddedBroker;
let client: TestClient;

async function set(name: string, value: string): Promise<void> {
  const answer = await client.call(INCREMENTAL_ALTER_CONFIGS, {
    resources: [
      {
        resourceType: BROKER,
        // A listener is a broker's own.
        resourceName: name.startsWith('listener.') ? '1' : '',
        configs: [{ name, configOperation: SET, value }],
      },
    ],
  });
  expect(answer.responses[0]).toMatchObject({ errorCode: 0, errorMessage: null });
}

/** Whether a new connection is served. */
async function isServed(): Promise<boolean> {
  const another = await TestClient.connect(broker.bootstrap);
  try {
    await another.call(API_VERSIONS, {}, 0);
    return true;
  } catch {
    return false;
  } finally {
    await another.close();
  }
}

beforeEach(async () => {
  broker = await startBroker({ data: 'memory' });
  client = await TestClient.connect(broker.bootstrap);
});

afterEach(async () => {
  await client.close();
  await broker.close();
});

it.each([
  ['max.connections', '1', '2'],
  ['max.connections.per.ip', '1', '2'],
  ['listener.name.plaintext.max.connections', '1', '2'],
  ['max.connections.per.ip.overrides', '127.0.0.1:1', '127.0.0.1:2,::1:5'],
])('%s closes what is too many, from when it is set', async (name, one, two) => {
  expect(await isServed()).toBe(true);
  await set(name, one);
  expect(await isServed()).toBe(false);
  await set(name, two);
  expect(await isServed()).toBe(true);
});

it.each(['max.connection.creation.rate', 'listener.name.plaintext.max.connection.creation.rate'])(
  '%s lets in all, one after the other',
  async (name) => {
    await set(name, '2000');
    const clients = await Promise.all(Array.from({ length: 30 }, () => TestClient.connect(broker.bootstrap)));
    await Promise.all(clients.map((one) => one.call(API_VERSIONS, {}, 0)));
    await Promise.all(clients.map((one) => one.close()));
  },
);

it('connection_creation_rate turns away an address that comes too often', async () => {
  await client.call(ALTER_CLIENT_QUOTAS, {
    entries: [
      {
        entity: [{ entityType: 'ip', entityName: '127.0.0.1' }],
        ops: [{ key: 'connection_creation_rate', value: 1, remove: false }],
      },
    ],
  });
  // Ten at once, and one a second: however slow the machine, fifty are more.
  const served = await Promise.all(Array.from({ length: 50 }, isServed));
  expect(served.filter((one) => one).length).toBeGreaterThanOrEqual(10);
  expect(served).toContain(false);
});

it.each([
  ['max.connections.per.ip', '-1'],
  ['max.connections.per.ip.overrides', 'localhost:5'],
  ['max.connections.per.ip.overrides', '127.0.0.1'],
  ['max.connection.creation.rate', '0'],
])('%s=%s is refused', async (name, value) => {
  await expect(set(name, value)).rejects.toThrow();
});
