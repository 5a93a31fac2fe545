/** What becomes of messages that are too old or too many, and of dead letters, where it isn't as simple as in queues.test.ts. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { sharesOf } from '../../src/broker/queue-limits.ts';
import type { QueueSubscription } from '../../src/broker/queues.ts';
import { messagesOf } from '../../src/broker/stored-messages.ts';
import { compileFilter, type Filter } from '../../src/filter/filter.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';
import { eachBatch } from '../../src/record/batch.ts';
import { buildBatch, type RecordInput } from '../../src/record/build.ts';
import { QueueBroker } from '../support/queue-broker.ts';
import { publishTo } from '../support/subscriptions.ts';

const HOUR_MS = 3_600_000;
const TRANSACTION = { transactional: true, producerId: 7, producerEpoch: 0, baseSequence: 0 };
const END = { producerId: 7, producerEpoch: 0, coordinatorEpoch: 0 };

let queues: QueueBroker;

beforeEach(async () => {
  queues = await QueueBroker.start();
  await queues.topic('orders');
  await queues.topic('dead');
});
afterEach(() => queues[Symbol.asyncDispose]());

const tagged = (tag: string, value: string): RecordInput => ({
  key: null,
  value: Buffer.from(value),
  headers: [{ key: 'tag', value: Buffer.from(tag) }],
});

const old = () => ({ timestampMs: Date.now() - HOUR_MS });

function endTransaction(commit: boolean): Promise<void> {
  const { broker } = queues;
  const partition = broker.topics.partition(broker.topics.byName('orders')!, 0)!;
  return new Promise((resolve, reject) =>
    broker.writeEndMarker(partition, { ...END, commit }, (error) => (error ? reject(error) : resolve())),
  );
}

/** What is in the dead letters: values, with one of their headers. */
async function letters(header = 'dlq-reason'): Promise<string[]> {
  const { broker } = queues;
  const stream = broker.log.stream(broker.topics.byName('dead')!.id, 0);
  const read = broker.log.readCached({ stream, offset: 0, bytesMax: 1e6 })!;
  const options = { compression: nodeCompression, bytesMax: 1e6 };
  const found = [...eachBatch(read.batches)].flatMap((batch) =>
    messagesOf(batch, { first: 0, last: 1000 }, options),
  );
  const texts = found.map(
    ({ value, headers }) => `${value} ${headers.find(({ key }) => key === header)?.value}`,
  );
  broker.log.blocks.releaseAll(read.batches);
  return texts;
}

const startOf = ({ state }: QueueSubscription): number => state.windows.get(0)?.start ?? 0;

describe('messages that have expired', () => {
  it('are no dead letters where they were nobody’s: of an aborted transaction, or not what the filter wants', async () => {
    await queues.publish('orders', ['aborted'], { ...TRANSACTION, ...old() });
    await endTransaction(false);
    await queues.publish('orders', [tagged('green', 'unwanted'), tagged('red', 'wanted')], old());
    const filter = { type: 'tag', expression: 'red' } as const;
    const subscription = await queues.subscribe('orders', 's', {
      ttlMs: 1000,
      deadLetterTopic: 'dead',
      filter,
    });
    await expect.poll(() => startOf(subscription)).toBe(4);
    await expect.poll(() => letters()).toEqual(['wanted expired']);
  });

  it('wait for the end of their transaction', async () => {
    await queues.publish('orders', ['before'], old());
    await queues.publish('orders', ['open'], { ...TRANSACTION, ...old() });
    const subscription = await queues.subscribe('orders', 's', { ttlMs: 1000, deadLetterTopic: 'dead' });
    await expect.poll(() => startOf(subscription)).toBe(1);
    await endTransaction(false);
    await queues.publish('orders', ['behind'], old());
    expect(await queues.acquire(subscription)).toEqual([]);
    await expect.poll(() => startOf(subscription)).toBe(4);
    await expect.poll(() => letters()).toEqual(['before expired', 'behind expired']);
  });

  it('go also where a marker stands before them that fills a read', async () => {
    await endTransaction(true);
    await queues.publish('orders', ['x'.repeat(300_000)], old());
    const subscription = await queues.subscribe('orders', 's', { ttlMs: 1000 });
    await expect.poll(() => startOf(subscription)).toBe(2);
  });

  it('say each how often it was delivered', async () => {
    await queues.publish('orders', ['tried', 'new'], old());
    const subscription = await queues.subscribe('orders', 's', { deadLetterTopic: 'dead' });
    await queues.settle(subscription, await queues.acquire(subscription, { count: 1 }), {
      action: 'release',
    });
    const { broker } = queues;
    await new Promise((resolve) => broker.queues.alter(subscription, { ttlMs: 1000 }, resolve));
    await expect.poll(() => startOf(subscription)).toBe(2);
    await expect.poll(() => letters('dlq-deliveries')).toEqual(['tried 1', 'new 0']);
  });
});

it('what is too much is no dead letter where it was nobody’s', async () => {
  await queues.publish('orders', ['aborted'], TRANSACTION);
  await endTransaction(false);
  await queues.publish('orders', [
    tagged('green', 'unwanted'),
    tagged('red', 'wanted'),
    tagged('red', 'kept'),
  ]);
  const subscription = await queues.subscribe('orders', 's', {
    lengthMax: 1,
    overflow: 'dead-letter',
    deadLetterTopic: 'dead',
    filter: { type: 'tag', expression: 'red' },
  });
  await expect.poll(() => startOf(subscription)).toBe(4);
  await expect.poll(() => letters()).toEqual(['wanted maxlen']);
});

describe('what is too much is given up', () => {
  it('by the longest partitions, so that what is left is even', () => {
    expect(sharesOf([3, 3], 2)).toEqual([1, 1]);
    expect(sharesOf([1, 9, 4], 5)).toEqual([0, 5, 0]);
    expect(sharesOf([1, 9, 4], 8)).toEqual([0, 7, 1]);
    expect([...sharesOf([2, 2, 2], 1)].sort()).toEqual([0, 0, 1]);
    expect(sharesOf([2, 0, 1], 7)).toEqual([2, 0, 1]);
    expect(sharesOf([], 7)).toEqual([]);
  });

  it('in each partition, not by all of the first one', async () => {
    const { broker } = queues;
    await queues.topic('wide', 2);
    const { id: topicId } = broker.topics.byName('wide')!;
    const subscription = await queues.subscribe('wide', 's', { lengthMax: 4 });
    const batch = () =>
      buildBatch(
        ['a', 'b', 'c'].map((value) => ({ key: null, value: Buffer.from(value) })),
        { timestampMs: Date.now() },
      );
    const entries = [0, 1].map((index) => ({ stream: broker.log.stream(topicId, index), batch: batch() }));
    broker.log.append({ entries, durability: 'fsync' });
    const starts = () => [0, 1].map((index) => subscription.state.windows.get(index)?.start);
    await expect.poll(starts).toEqual([1, 1]);
  });
});

it('a partition that may have no more in flight says nothing of where others are looked at', async () => {
  const { broker } = queues;
  await queues.topic('wide', 2);
  for (const partition of [0, 1]) await publishTo(broker, { topic: 'wide', partition }, ['a', 'b']);
  const subscription = await queues.subscribe('wide', 's', { inFlightMax: 1 });
  expect(await queues.acquire(subscription)).toMatchObject([
    { text: 'a', partition: 0, offset: 0, deliveries: 1 },
    { text: 'a', partition: 1, offset: 0, deliveries: 1 },
  ]);
});

it('letters that come while others are put back wait for another run, also those that match', async () => {
  const { broker } = queues;
  const letter = (tag: string): RecordInput => tagged(tag, `${tag} letter`);
  await queues.publish('dead', [letter('green'), letter('red')]);
  await queues.subscribe('dead', 'redrive');
  const { id: topicId } = broker.topics.byName('dead')!;
  const wanted = compileFilter('tag', 'red') as Filter;
  const run = () =>
    new Promise<unknown>((resolve) => {
      const request = { topicId, wanted, to: 'orders', messagesMax: 0, perSecond: 0 };
      broker.queueAdmin.redrive(request, resolve);
    });
  const first = run();
  await queues.publish('dead', [letter('red')]);
  expect(await first).toEqual({ moved: 1, stayed: 0 });
  const second = await run();
  expect(second instanceof BrokerError ? second.message : second).toEqual({ moved: 1, stayed: 0 });
});
