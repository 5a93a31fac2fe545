/**
 * Measures the queue engine without a protocol: messages of 100 bytes are acquired and acknowledged, with the state durable (each
 * acknowledgement answered after fdatasync), by consumers in the same process. Prints one line a way of acknowledging.
 * Usage: node build/bench/micro/queue.js [messages] [data directory]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker } from '../../src/broker/broker.ts';
import type {
  Acquired,
  QueueSubscription,
  SettleEntry,
  SubscriptionSettings,
} from '../../src/broker/queues.ts';
import { buildBatch } from '../../src/record/build.ts';
import { must, open, subscribe } from './broker.ts';

const MESSAGES = Number(process.argv[2] ?? 2_000_000);
const BATCH = 1000;
const CONSUMERS = 16;
const ACQUIRE = 500;

function publish(broker: Broker, topic: string, count: number, keys: number): Promise<void> {
  const stream = broker.log.stream(broker.topics.byName(topic)!.id, 0);
  const value = Buffer.alloc(100, 'x');
  return new Promise((resolve) => {
    for (let sent = 0; sent < count; sent += BATCH) {
      const records = Array.from({ length: BATCH }, (_, i) => {
        return { key: keys > 0 ? Buffer.from(`key ${(sent + i) % keys}`) : null, value };
      });
      const batch = buildBatch(records, { timestampMs: Date.now() });
      const onCommitted = sent + BATCH >= count ? resolve : () => {};
      must(broker.log.append({ entries: [{ stream, batch }], durability: 'os', onCommitted }));
    }
  });
}

type Entries = (acquired: readonly Acquired[]) => SettleEntry[];

const asRanges: Entries = (acquired) =>
  acquired.flatMap(({ partition, lease, ranges }) =>
    ranges.map(({ first, last }) => ({ partition, first, last, lease, action: 'ack' as const })),
  );

const oneByOne: Entries = (acquired) => {
  const entries: SettleEntry[] = [];
  for (const { partition, first, last, lease } of asRanges(acquired)) {
    for (let offset = first; offset <= last; offset++) {
      entries.push({ partition, first: offset, last: offset, lease, action: 'ack' });
    }
  }
  return entries;
};

/** Every second one first. */
const scattered: Entries = (acquired) => {
  const entries = oneByOne(acquired);
  return [...entries.filter((_, i) => i % 2 === 0), ...entries.filter((_, i) => i % 2 === 1)];
};

function consume(
  broker: Broker,
  subscription: QueueSubscription,
  entriesOf: Entries,
  count: number,
): Promise<void> {
  let acked = 0;
  return new Promise((resolve) => {
    const next = (consumer: string): void => {
      broker.queues.acquire({
        subscription,
        consumer,
        partitions: null,
        messagesMax: ACQUIRE,
        bytesMax: 1e6,
        waitMs: 100,
        wanted: null,
        done: (answer) => {
          if (acked >= count) return;
          const acquired = must(answer);
          for (const { batches } of acquired) broker.log.blocks.releaseAll(batches);
          if (acquired.length === 0) return next(consumer);
          const entries = entriesOf(acquired);
          broker.queues.settle({ subscription, consumer, entries }, (results) => {
            for (const result of must(results)) must(result);
            for (const { first, last } of entries) acked += last - first + 1;
            if (acked >= count) resolve();
            else next(consumer);
          });
        },
      });
    };
    for (let i = 0; i < CONSUMERS; i++) next(`consumer ${i}`);
  });
}

const directory = process.argv[3] ?? (await mkdtemp(join(tmpdir(), 'polylog-queue-')));
const broker = await open(directory);
const runs: readonly (readonly [string, Entries, Partial<SubscriptionSettings>, number])[] = [
  ['ranges of 500', asRanges, {}, 0],
  ['one by one', oneByOne, {}, 0],
  ['one by one, every second first', scattered, {}, 0],
  ['by key, 100,000 keys', oneByOne, { order: 'by-key' }, 100_000],
];
for (const [name, entriesOf, settings, keys] of runs) {
  const topic = `queue-${name.replaceAll(/[^a-z0-9]/g, '-')}`;
  await broker.createTopics([{ name: topic, partitionCount: 1, replicationFactor: -1, configs: [] }]);
  await publish(broker, topic, MESSAGES, keys);
  const subscription = await subscribe(broker, topic, { name, settings });
  const begun = performance.now();
  const cpu = process.cpuUsage();
  await consume(broker, subscription, entriesOf, MESSAGES);
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const rate = Math.round(MESSAGES / seconds).toLocaleString('en');
  console.log(`${name}: ${rate} messages/s, ${((user + system) / MESSAGES).toFixed(2)} µs of CPU each`);
}
await broker.close();
if (process.argv[3] === undefined) await rm(directory, { recursive: true });
