/** Settings of what is neither a topic nor a broker: loggers and subscriptions of client metrics. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import {
  ALTER_CONFIGS,
  DESCRIBE_CONFIGS,
  INCREMENTAL_ALTER_CONFIGS,
  LIST_CONFIG_RESOURCES,
} from '../../support/kafka-apis.ts';
import { createTopics, TestClient } from '../../support/kafka-client.ts';

const TOPIC = 2;
const BROKER = 4;
const BROKER_LOGGER = 8;
const CLIENT_METRICS = 16;
const SET = 0;
const DELETE = 1;
const APPEND = 2;

let broker: EmbeddedBroker;
let client: TestClient;
const logged: string[] = [];

beforeAll(async () => {
  const take = (_fields: object, message: string) => void logged.push(message);
  const logger = { debug: take, info: take, warn: take, error: take };
  broker = await startBroker({ data: 'memory', logger });
  client = await TestClient.connect(broker.bootstrap);
  await createTopics(client, { orders: 1 });
});
afterAll(async () => {
  await client.close();
  await broker.close();
});

type Change = [name: string, operation: number, value: string | null];

async function alter(resourceType: number, resourceName: string, changes: Change[], validateOnly = false) {
  const configs = changes.map(([name, configOperation, value]) => ({ name, configOperation, value }));
  const resources = [{ resourceType, resourceName, configs }];
  const { responses } = await client.call(INCREMENTAL_ALTER_CONFIGS, { resources, validateOnly });
  return responses[0]!.errorCode;
}

async function describeAll(resourceType: number, resourceName: string, names: string[] | null = null) {
  const resources = [{ resourceType, resourceName, configurationKeys: names }];
  const { results } = await client.call(DESCRIBE_CONFIGS, { resources, includeSynonyms: true });
  return results[0]!;
}

async function levels(): Promise<Record<string, string | null>> {
  const { configs } = await describeAll(BROKER_LOGGER, '1');
  return Object.fromEntries(configs.map(({ name, value }) => [name, value]));
}

describe('loggers', () => {
  it('are listed with their levels', async () => {
    expect(await levels()).toMatchObject({ root: 'INFO', 'polylog.store': 'INFO' });
    const { configs } = await describeAll(BROKER_LOGGER, '1', ['polylog.kafka', 'nobody']);
    expect(configs).toMatchObject([
      { name: 'polylog.kafka', value: 'INFO', configSource: 6, readOnly: false, synonyms: [] },
    ]);
    expect((await describeAll(BROKER_LOGGER, '')).errorCode).toBe(42);
    expect((await describeAll(BROKER_LOGGER, '2')).errorCode).toBe(42);
  });

  it('change what is logged, at once', async () => {
    const hangUp = async (): Promise<number> => {
      const before = logged.length;
      const rude = await TestClient.connect(broker.bootstrap);
      rude.socket.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
      await rude.closed;
      return logged.length - before;
    };
    expect(await hangUp()).toBe(1);
    expect(await alter(BROKER_LOGGER, '1', [['polylog.kafka', SET, 'ERROR']])).toBe(0);
    expect(await hangUp()).toBe(0);
    expect(await alter(BROKER_LOGGER, '1', [['polylog.kafka', DELETE, null]])).toBe(0);
    expect(await hangUp()).toBe(1);
  });

  it('are changed all or not at all, as Kafka takes it', async () => {
    const before = await levels();
    const cases: [Change[], number][] = [
      [[['root', SET, 'loud']], 40],
      [[['root', SET, 'info']], 40],
      [[['root', SET, null]], 40],
      [[['nobody', SET, 'INFO']], 40],
      [[['nobody', DELETE, null]], 40],
      [[['root', DELETE, null]], 42],
      [[['root', APPEND, 'INFO']], 42],
      [
        [
          ['root', SET, 'DEBUG'],
          ['polylog.store', SET, 'loud'],
        ],
        40,
      ],
    ];
    for (const [changes, code] of cases) expect(await alter(BROKER_LOGGER, '1', changes)).toBe(code);
    expect(await alter(BROKER_LOGGER, '1', [['root', SET, 'DEBUG']], true)).toBe(0);
    const resources = [{ resourceType: BROKER_LOGGER, resourceName: '1', configs: [] }];
    const { responses } = await client.call(ALTER_CONFIGS, { resources });
    expect(responses[0]!.errorCode).toBe(42);
    expect(await levels()).toEqual(before);
  });
});

describe('ListConfigResources', () => {
  const list = async (resourceTypes: number[], version = 1) => {
    const { errorCode, configResources } = await client.call(
      LIST_CONFIG_RESOURCES,
      { resourceTypes },
      version,
    );
    return [
      errorCode,
      configResources.map(({ resourceType, resourceName }) => `${resourceType} ${resourceName}`),
    ];
  };

  it('names what is there, by type or all of it', async () => {
    const change: Change = ['metrics', SET, 'org.apache.kafka.producer.'];
    expect(await alter(CLIENT_METRICS, 'producers', [change])).toBe(0);
    expect(await list([])).toEqual([0, ['16 producers', '8 1', '4 1', '2 orders']]);
    expect(await list([TOPIC, BROKER, TOPIC])).toEqual([0, ['2 orders', '4 1']]);
    expect(await list([], 0)).toEqual([0, ['16 producers']]);
    expect(await list([1])).toEqual([35, []]);
    expect((await describeAll(CLIENT_METRICS, 'producers', ['metrics'])).configs).toMatchObject([
      {
        value: 'org.apache.kafka.producer.',
        configSource: 7,
        synonyms: [{ name: 'metrics', source: 7 }],
      },
    ]);
    expect(await alter(CLIENT_METRICS, 'producers', [['metrics', DELETE, null]])).toBe(0);
    expect(await list([CLIENT_METRICS])).toEqual([0, []]);
  });
});
