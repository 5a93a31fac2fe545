// `polylog queue` against a broker with subscriptions. Needs `npm run build`, as `npm test` does.

import { describe, expect, test } from 'vitest';
import { startBroker } from '../../src/embed/index.ts';
import { API_VERSIONS } from '../support/kafka-apis.ts';
import { TestClient } from '../support/kafka-client.ts';
import { QueueBroker } from '../support/queue-broker.ts';

describe('polylog queue', { timeout: 120_000 }, () => {
  test('lists and describes subscriptions', async () => {
    await using here = await QueueBroker.start();
    expect((await here.run('queue list')).out).toBe('there are no subscriptions\n');
    await here.topic('orders', 2);
    await here.publish('orders', ['a', 'b', 'c', 'd']);
    const billing = await here.subscribe('orders', 'billing', { deliveriesMax: 5, deadLetterTopic: 'dead' });
    await here.subscribe('orders', 'audit', { paused: true });
    const got = await here.acquire(billing, { consumer: 'worker-1', count: 3 });
    expect(got.map(({ offset, deliveries }) => [offset, deliveries])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);

    const lines = (await here.run('queue list --json')).out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { topic: 'orders', subscription: 'billing', paused: false, available: 1, acquired: 3, consumers: 1 },
      { topic: 'orders', subscription: 'audit', paused: true, available: 4, acquired: 0, consumers: 0 },
    ]);
    const table = (await here.run('queue list --topic orders')).out;
    expect(table).toMatch(/^orders +audit +none +4 +0 +0 +0 +0 +0 +paused$/m);
    expect((await here.run('queue list --topic nothing')).err).toBe(
      "polylog: there is no topic 'nothing' (unknown-topic)\n",
    );

    const described = await here.json('queue describe orders billing');
    expect(described).toMatchObject({
      settings: { deliveriesMax: 5, deadLetterTopic: 'dead', order: 'none' },
      holders: [{ consumer: 'worker-1', acquired: 3 }],
      channels: null,
      partitions: [
        { partition: 0, start: 0, next: 3, end: 4, available: 1, acquired: 3, oldest: { offset: 0 } },
        { partition: 1, start: 0, next: 0, end: 0, available: 0, oldest: null },
      ],
    });
    const text = (await here.run('queue describe orders billing')).out;
    expect(text).toMatch(/^deliveries +5$/m);
    expect(text).toMatch(/^worker-1 +3 +\d{4}-/m);
    await here.subscribe('orders', 'lite', { order: 'channels' });
    const byChannels = (await here.run('queue describe orders lite')).out;
    expect(byChannels).toMatch(/^channels +0 asked for, 0 with messages; consumers: 0$/m);
    expect(byChannels).toMatch(/^unasked +0 messages /m);
    expect((await here.run('queue describe orders nobody')).err).toMatch(
      /topic 'orders' has no subscription 'nobody' \(subscription-not-found\)/,
    );
  });

  test('goes through all pages', async () => {
    await using here = await QueueBroker.start();
    await here.topic('wide', 1100);
    await here.subscribe('wide', 's');
    const described = await here.json<{ partitions: { partition: number }[] }>('queue describe wide s');
    expect(described.partitions.map(({ partition }) => partition)).toEqual([...Array(1100).keys()]);
  });

  test("is not told to Kafka's clients", async () => {
    await using broker = await startBroker({ data: 'memory' });
    const client = await TestClient.connect(broker.bootstrap);
    const { apiKeys } = await client.call(API_VERSIONS, {}, 0);
    await client.close();
    expect(Math.max(...apiKeys.map(({ apiKey }) => apiKey))).toBeLessThan(100);
  });
});
