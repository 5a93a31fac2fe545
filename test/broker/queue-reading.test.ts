/**
 * What happens while messages of a subscription are read from disk, and with many who wait: the log's reads are held back until the test
 * lets them go on.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import type { Broker } from '../../src/broker/broker.ts';
import type { Acquired, QueueSubscription } from '../../src/broker/queues.ts';
import { messagesOf } from '../../src/broker/stored-messages.ts';
import { compileFilter, type Filter } from '../../src/filter/filter.ts';
import { nodeClock } from '../../src/platform/node/clock.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';
import type { SubscriptionSettings } from '../../src/queue/settings.ts';
import { buildBatch, type RecordInput, sealBatch } from '../../src/record/build.ts';
import { endMarkerBatch } from '../../src/record/control.ts';
import type { ChunkLog } from '../../src/store/contract.ts';
import { openMemoryBroker } from '../support/memory-broker.ts';
import {
  acquireFrom,
  appendTo,
  beginAcquire,
  createTopic,
  type Delivery,
  publishTo,
  type Settlement,
  settle as settleEach,
  subscribeTo,
  type Wish,
} from '../support/subscriptions.ts';

let broker: Broker;
let reads: HeldReads;

/** Nothing is in memory any more, and what is read comes when the test says so. */
class HeldReads {
  held: (() => void)[] = [];
  /** Reads that were begun. */
  begun = 0;
  isHolding = false;

  constructor(log: ChunkLog) {
    const read = log.read.bind(log);
    const readCached = log.readCached.bind(log);
    log.readCached = (request) => (this.isHolding ? null : readCached(request));
    log.read = (request, done) => {
      this.begun++;
      if (this.isHolding) this.held.push(() => read(request, done));
      else read(request, done);
    };
  }

  /** All that were begun until now; those that they lead to are held again. */
  async letGo(): Promise<void> {
    for (const go of this.held.splice(0)) go();
    await turns();
  }
}

/** What has been begun has had its turns. */
async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

beforeEach(async () => {
  ({ broker } = await openMemoryBroker());
  reads = new HeldReads(broker.log);
  await createTopic(broker, 'orders');
});
afterEach(() => broker.close());

const record = (value: string, key: string | null = null): RecordInput => {
  return { key: key === null ? null : Buffer.from(key), value: Buffer.from(value) };
};

const append = (batch: Buffer, partition = 0) => appendTo(broker, { topic: 'orders', partition }, batch);

/** Each in a batch of its own. */
async function publish(records: readonly RecordInput[], partition = 0): Promise<void> {
  for (const one of records) await publishTo(broker, { topic: 'orders', partition }, [one]);
}

const subscribe = (settings: Partial<SubscriptionSettings> = {}) =>
  subscribeTo(broker, 'orders', { settings });

const begin = (subscription: QueueSubscription, wish?: Wish) => beginAcquire(broker, subscription, wish);

const acquire = (subscription: QueueSubscription, wish?: Wish) => acquireFrom(broker, subscription, wish);

const settle = (
  subscription: QueueSubscription,
  deliveries: Parameters<typeof settleEach>[2],
  settlement: Settlement,
) => settleEach(broker, subscription, deliveries, settlement);

const seek = (subscription: QueueSubscription, offset: number): Promise<unknown> =>
  new Promise((resolve) => broker.queues.seek(subscription, [{ partition: 0, offset }], resolve));

const LONG = { waitMs: 60_000 };
const texts = (deliveries: readonly Delivery[]): string[] => deliveries.map(({ text }) => text);
const windowOf = ({ state }: QueueSubscription, partition = 0) => state.windows.get(partition)!;

describe('while a read is under way', () => {
  it('what is released before it stays available', async () => {
    await publish([record('a'), record('b'), record('c')]);
    const subscription = await subscribe();
    const [a] = await acquire(subscription, { count: 1 });
    reads.isHolding = true;
    const waiting = acquire(subscription, { consumer: 'y', ...LONG });
    await settle(subscription, [a!], { action: 'release' });
    await reads.letGo();
    expect(texts(await waiting)).toEqual(['b', 'c']);
    reads.isHolding = false;
    expect(await acquire(subscription)).toMatchObject([{ text: 'a', deliveries: 2 }]);
  });

  it('a seek back loses nothing', async () => {
    await publish([record('a'), record('b'), record('c')]);
    const subscription = await subscribe();
    await settle(subscription, await acquire(subscription, { count: 2 }), { action: 'ack' });
    reads.isHolding = true;
    const waiting = acquire(subscription, { consumer: 'y', ...LONG });
    await seek(subscription, 0);
    // What was read before is read again.
    reads.isHolding = false;
    await reads.letGo();
    const first = texts(await waiting);
    expect([...first, ...texts(await acquire(subscription))].sort()).toEqual(['a', 'b', 'c']);
  });

  it('who asks without waiting is looked at when it has come', async () => {
    await publish([record('a'), record('b')]);
    const subscription = await subscribe();
    reads.isHolding = true;
    const one = acquire(subscription, { consumer: 'x', count: 1, ...LONG });
    const two = acquire(subscription, { consumer: 'y', count: 1 });
    await reads.letGo();
    await reads.letGo();
    expect([texts(await one), texts(await two)]).toEqual([['a'], ['b']]);
  });

  it('many who wait are served in the order in which they came', async () => {
    await publish(Array.from({ length: 10 }, (_, i) => record(String(i))));
    const subscription = await subscribe();
    reads.isHolding = true;
    const waiting = Array.from({ length: 10 }, (_, i) =>
      acquire(subscription, { consumer: `c${i}`, count: 1, ...LONG }),
    );
    while (reads.held.length > 0) await reads.letGo();
    expect((await Promise.all(waiting)).map(texts)).toEqual(Array.from({ length: 10 }, (_, i) => [`${i}`]));
  });

  it('a wait that is cancelled gives all back, uncounted, and lets the memory go', async () => {
    await publish([record('a'), record('b')]);
    const subscription = await subscribe({ deliveriesMax: 1 });
    const released = vi.spyOn(broker.log.blocks, 'releaseAll');
    reads.isHolding = true;
    const waiting = begin(subscription, { consumer: 'x', ...LONG });
    expect(reads.held).toHaveLength(1);
    waiting.cancel();
    await reads.letGo();
    expect(released.mock.calls.map(([batches]) => batches.length)).toEqual([2]);
    released.mockRestore();
    reads.isHolding = false;
    expect(await acquire(subscription)).toMatchObject([
      { text: 'a', deliveries: 1 },
      { text: 'b', deliveries: 1 },
    ]);
  });

  it('what was acquired of one partition is given back when its consumer leaves at the second', async () => {
    await growTo(2);
    await publish([record('a')], 0);
    await publish([record('b')], 1);
    const subscription = await subscribe({ deliveriesMax: 1 });
    reads.isHolding = true;
    const waiting = begin(subscription, { consumer: 'x', ...LONG });
    await reads.letGo();
    const acquired = [...subscription.state.windows.values()].map((window) => window.count('acquired'));
    expect(acquired).toEqual([1]);
    waiting.cancel();
    await reads.letGo();
    reads.isHolding = false;
    const got = await acquire(subscription, { consumer: 'y' });
    expect(got.map(({ text, deliveries }) => `${text}${deliveries}`).sort()).toEqual(['a1', 'b1']);
  });

  it('a pause is kept to', async () => {
    await publish([record('a')]);
    const subscription = await subscribe();
    reads.isHolding = true;
    const waiting = acquire(subscription, LONG);
    await new Promise((resolve) => broker.queues.alter(subscription, { paused: true }, resolve));
    await reads.letGo();
    expect(windowOf(subscription)?.count('acquired') ?? 0).toBe(0);
    reads.isHolding = false;
    await new Promise((resolve) => broker.queues.alter(subscription, { paused: false }, resolve));
    expect(texts(await waiting)).toEqual(['a']);
  });

  it('the topic is deleted: who waits is told, and the memory let go', async () => {
    await publish([record('a')]);
    const subscription = await subscribe();
    reads.isHolding = true;
    const answer = expect(acquire(subscription, LONG)).rejects.toMatchObject({
      code: 'subscription-not-found',
    });
    await broker.propose({ kind: 'delete-topics', topics: [{ name: 'orders', id: null }] });
    await answer;
    await reads.letGo();
  });

  it('the broker closes: who waits is told, and who comes later is refused', async () => {
    await publish([record('a')]);
    const subscription = await subscribe();
    reads.isHolding = true;
    const answer = expect(acquire(subscription, LONG)).rejects.toMatchObject({ code: 'shutting-down' });
    reads.isHolding = false;
    const closing = broker.close();
    await answer;
    await expect(acquire(subscription)).rejects.toMatchObject({ code: 'shutting-down' });
    await closing;
  });

  it('what is dead is not moved after a seek', async () => {
    await createTopic(broker, 'dead');
    await publish([record('a')]);
    const subscription = await subscribe({ deadLetterTopic: 'dead' });
    const got = await acquire(subscription);
    reads.isHolding = true;
    await settle(subscription, got, { action: 'reject' });
    await turns();
    expect(reads.held).toHaveLength(1);
    await seek(subscription, 0);
    await reads.letGo();
    reads.isHolding = false;
    expect(texts(await acquire(subscription))).toEqual(['a']);
    expect(broker.log.stream(broker.topics.byName('dead')!.id, 0).endOffset).toBe(0);
  });
});

describe('those who wait', () => {
  it('get messages of a partition that was added', async () => {
    const subscription = await subscribe();
    const waiting = acquire(subscription, LONG);
    await growTo(2);
    await publish([record('new')], 1);
    expect(await waiting).toMatchObject([{ text: 'new', partition: 1 }]);
  });

  it('are not kept from messages by one that stands by', async () => {
    const subscription = await subscribe({ order: 'exclusive' });
    expect(await acquire(subscription, { consumer: 'active' })).toEqual([]);
    const standby = begin(subscription, { consumer: 'standby', ...LONG });
    const active = acquire(subscription, { consumer: 'active', ...LONG });
    await publish([record('a')]);
    expect(texts(await active)).toEqual(['a']);
    standby.cancel();
  });

  it('are not kept from messages by one that asks for none', async () => {
    const subscription = await subscribe();
    const none = begin(subscription, { consumer: 'x', count: 0, ...LONG });
    const waiting = acquire(subscription, { consumer: 'y', ...LONG });
    await publish([record('a')]);
    expect(texts(await waiting)).toEqual(['a']);
    none.cancel();
  });

  it('and have gone get nothing: their place is the next one’s', async () => {
    const subscription = await subscribe({ order: 'exclusive' });
    void acquire(subscription, { consumer: 'gone', ...LONG });
    const standby = acquire(subscription, { consumer: 'standby', ...LONG });
    broker.queues.disconnect('gone');
    await publish([record('a')]);
    expect(texts(await standby)).toEqual(['a']);
    expect(subscription.state.activeConsumer).toBe('standby');
  });

  it('by thousands cost a look of one of them for each message', async () => {
    const subscription = await subscribe();
    const many = 5000;
    const waiting = Array.from({ length: many }, (_, i) =>
      acquire(subscription, { consumer: `c${i}`, count: 1, ...LONG }),
    );
    let looks = 0;
    const { log } = broker;
    const readCached = log.readCached.bind(log);
    log.readCached = (request) => {
      looks++;
      return readCached(request);
    };
    const records = Array.from({ length: many }, (_, i) => record(String(i)));
    for (let i = 0; i < many; i += 100) {
      await append(buildBatch(records.slice(i, i + 100), { timestampMs: nodeClock.nowMs() }));
    }
    const got = (await Promise.all(waiting)).flatMap(texts);
    expect(got).toEqual(records.map(({ value }) => value!.toString()));
    expect(looks).toBeLessThan(3 * many);
  });
});

describe('messages', () => {
  it('of one key go one after the other, also from several batches', async () => {
    await publish([record('1', 'k'), record('2', 'l'), record('3', 'k'), record('4', 'k')]);
    const subscription = await subscribe({ order: 'by-key' });
    const got: string[] = [];
    for (let left = 4; left > 0; ) {
      const deliveries = await acquire(subscription);
      got.push(texts(deliveries).join());
      left -= deliveries.length;
      await settle(subscription, deliveries, { action: 'ack' });
    }
    expect(got).toEqual(['1,2', '3', '4']);
  });

  it('behind more than a window keeps that do not match are found', async () => {
    const red = { key: 'tag', value: Buffer.from('red') };
    const records = Array.from({ length: 100 }, (_, i) => ({ ...record(String(i)), headers: [red] }));
    await append(buildBatch(records, { timestampMs: nodeClock.nowMs() }));
    const blue = { key: 'tag', value: Buffer.from('blue') };
    await publish([{ ...record('found'), headers: [blue] }]);
    const subscription = await subscribe({ stretchesMax: 16 });
    const wanted = compileFilter('tag', 'blue') as Filter;
    expect(texts(await acquire(subscription, { wanted }))).toEqual(['found']);
    expect(texts(await acquire(subscription))).toHaveLength(100);
  });

  it('that take long to judge keep nobody from others meanwhile', async () => {
    const long = { key: 'a', value: Buffer.alloc(2000, 'x') };
    const records = Array.from({ length: 500 }, (_, i) => ({ ...record(String(i)), headers: [long] }));
    await append(buildBatch(records, { timestampMs: nodeClock.nowMs() }));
    await publish([record('found')]);
    const subscription = await subscribe();
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns++;
      if (!isOver) nodeClock.afterTurn(count);
    };
    nodeClock.afterTurn(count);
    const patterns = Array.from({ length: 64 }, () => "a LIKE '%a%b'").join(' OR ');
    const wanted = compileFilter('sql', `${patterns} OR a IS NULL`) as Filter;
    expect(texts(await acquire(subscription, { wanted }))).toEqual(['found']);
    isOver = true;
    // About a megabyte, as often as the filter's weight says, in looks of two megabytes.
    expect(turns).toBeGreaterThan(4);
    expect(texts(await acquire(subscription, { count: 1000 }))).toHaveLength(500);
  });

  it('end where as many stretches are kept as may be, and go on when some are done', async () => {
    await publish(Array.from({ length: 40 }, (_, i) => record(String(i), `k${i}`)));
    const subscription = await subscribe({ order: 'by-key', stretchesMax: 16 });
    const first = await acquire(subscription);
    expect(first).toHaveLength(16);
    expect(await acquire(subscription)).toEqual([]);
    const waiting = acquire(subscription, LONG);
    await settle(subscription, first.slice(4, 6), { action: 'ack' });
    expect(texts(await waiting)).toEqual(['16', '17']);
  });

  it('10,000 in flight at a consumer that dies come again', async () => {
    const records = Array.from({ length: 12_000 }, (_, i) => record(String(i)));
    await append(buildBatch(records, { timestampMs: nodeClock.nowMs() }));
    const subscription = await subscribe();
    const all = (await acquire(subscription, { consumer: 'dies', count: 20_000 })).length;
    expect(all).toBe(10_000);
    const waiting = acquire(subscription, { consumer: 'lives', count: 20_000, ...LONG });
    broker.queues.disconnect('dies');
    expect(texts(await waiting)).toHaveLength(10_000);
    expect(windowOf(subscription).stretchCount).toBe(1);
  });

  it('of aborted transactions, markers, and what compaction has left out are nobody’s', async () => {
    const producer = { producerId: 7, producerEpoch: 0 };
    const transactional = { timestampMs: nodeClock.nowMs(), transactional: true, ...producer };
    const marker = (commit: boolean) =>
      endMarkerBatch({ ...producer, coordinatorEpoch: 0, commit }, nodeClock.nowMs());
    await append(buildBatch([record('aborted')], { ...transactional, baseSequence: 0 }));
    await append(marker(false));
    await append(buildBatch([record('committed')], { ...transactional, baseSequence: 1 }));
    await append(marker(true));
    const compacted = buildBatch([record('left')], { timestampMs: nodeClock.nowMs() });
    // The last two of its three records have gone.
    compacted.writeInt32BE(2, 23);
    sealBatch(compacted);
    await append(compacted);
    const subscription = await subscribe();
    const got = await acquire(subscription);
    expect(texts(got)).toEqual(['committed', 'left']);
    await settle(subscription, got, { action: 'ack' });
    expect(windowOf(subscription)).toMatchObject({ start: 7, next: 7, stretchCount: 0 });
  });

  it('of an open transaction are not seen, and wake who waits when it is committed', async () => {
    const producer = { producerId: 7, producerEpoch: 0 };
    const options = { timestampMs: nodeClock.nowMs(), transactional: true, baseSequence: 0, ...producer };
    await append(buildBatch([record('open')], options));
    const subscription = await subscribe();
    expect(await acquire(subscription)).toEqual([]);
    const waiting = acquire(subscription, LONG);
    await append(endMarkerBatch({ ...producer, coordinatorEpoch: 0, commit: true }, nodeClock.nowMs()));
    expect(texts(await waiting)).toEqual(['open']);
  });

  it('that retention has removed are done, whoever has them', async () => {
    await publish(Array.from({ length: 6 }, (_, i) => record(String(i))));
    const subscription = await subscribe();
    const got = await acquire(subscription, { count: 3 });
    await settle(subscription, got.slice(1, 2), { action: 'delay', ms: 3_600_000 });
    await trim(5);
    expect(texts(await acquire(subscription))).toEqual(['5']);
    expect(await settle(subscription, got.slice(0, 1), { action: 'ack' })).toEqual(['invalid-delivery']);
    expect(windowOf(subscription)).toMatchObject({ start: 5, next: 6, stretchCount: 1 });
  });

  it('that retention removed before they were met are done, too', async () => {
    await publish(Array.from({ length: 3 }, (_, i) => record(String(i))));
    const subscription = await subscribe();
    await settle(subscription, await acquire(subscription, { count: 1 }), { action: 'ack' });
    await trim(3);
    await publish([record('3')]);
    const got = await acquire(subscription);
    await settle(subscription, got, { action: 'ack' });
    expect(texts(got)).toEqual(['3']);
    expect(windowOf(subscription)).toMatchObject({ start: 4, stretchCount: 0 });
  });

  it('that can not be opened keep nobody from others, and go to the dead letters as they are', async () => {
    await createTopic(broker, 'dead');
    await append(broken('zipped'));
    await publish([record('b', 'k')]);
    const subscription = await subscribe({ deadLetterTopic: 'dead' });
    const lease = await new Promise<number>((resolve) =>
      broker.queues.acquire({
        subscription,
        consumer: 'c',
        partitions: null,
        messagesMax: 1,
        bytesMax: 1000,
        waitMs: 0,
        wanted: null,
        done: (answer) => resolve((answer as Acquired[])[0]!.lease),
      }),
    );
    await settle(subscription, [{ partition: 0, offset: 0, lease }], { action: 'reject' });
    await expect.poll(() => windowOf(subscription).start).toBe(1);
    const dead = broker.log.readCached({
      stream: broker.log.stream(broker.topics.byName('dead')!.id, 0),
      offset: 0,
      bytesMax: 1e6,
    })!;
    const [letter] = messagesOf(
      dead.batches[0]!,
      { first: 0, last: 0 },
      { compression: nodeCompression, bytesMax: 1e6 },
    );
    const headers = Object.fromEntries(letter!.headers.map(({ key, value }) => [key, value!.toString()]));
    expect(headers).toMatchObject({ 'dlq-offset': '0', 'dlq-reason': 'rejected' });
    expect(headers['dlq-error']).toContain('gzip');
    expect(texts(await acquire(subscription))).toEqual(['b']);
  });

  it('come by whole batches where that is asked for', async () => {
    await append(buildBatch([record('a'), record('b')], { timestampMs: nodeClock.nowMs() }));
    await append(buildBatch([record('c'), record('d')], { timestampMs: nodeClock.nowMs() }));
    const subscription = await subscribe();
    expect(texts(await acquire(subscription, { count: 1, wholeBatches: true }))).toEqual(['a', 'b']);
    expect(texts(await acquire(subscription, { count: 3, wholeBatches: true }))).toEqual(['c', 'd']);
  });
});

describe('a settlement', () => {
  it('names a message once', async () => {
    await publish([record('a'), record('b')]);
    const subscription = await subscribe();
    const [a, b] = await acquire(subscription);
    const results = await new Promise((resolve) =>
      broker.queues.settle(
        {
          subscription,
          consumer: 'c',
          entries: [
            { partition: 0, first: 0, last: 1, lease: a!.lease, action: 'renew' },
            { partition: 0, first: 1, last: 1, lease: b!.lease, action: 'delay', ms: 1000 },
            { partition: 0, first: 1, last: 0, lease: null, action: 'ack' },
          ],
        },
        (answer) =>
          resolve(
            (answer as (number | BrokerError)[]).map((one) => (one instanceof BrokerError ? one.code : 'ok')),
          ),
      ),
    );
    expect(results).toEqual(['ok', 'invalid-delivery', 'invalid-delivery']);
  });

  it('of thousands of dead letters takes few frames', async () => {
    await createTopic(broker, 'dead');
    const records = Array.from({ length: 2000 }, (_, i) => record(String(i), `k${i}`));
    await append(buildBatch(records, { timestampMs: nodeClock.nowMs() }));
    const subscription = await subscribe({ order: 'by-key', deadLetterTopic: 'dead' });
    await settle(subscription, await acquire(subscription, { count: 5000 }), { action: 'reject' });
    const { frames } = broker.log.statistics;
    const dead = broker.log.stream(broker.topics.byName('dead')!.id, 0);
    await expect.poll(() => dead.endOffset).toBe(2000);
    expect(broker.log.statistics.frames - frames).toBeLessThan(20);
  });
});

function growTo(partitionCount: number): Promise<unknown> {
  return broker.propose({
    kind: 'create-partitions',
    topics: [{ name: 'orders', partitionCount, assignments: null }],
    validateOnly: false,
  });
}

function trim(offset: number): Promise<unknown> {
  const partition = broker.topics.partition(broker.topics.byName('orders')!, 0)!;
  return new Promise((resolve) => broker.deleteRecords(partition, offset, resolve));
}

/** A batch of one record that says that it is compressed, and isn't. */
function broken(value: string): Buffer {
  const batch = buildBatch([record(value)], { timestampMs: nodeClock.nowMs() });
  batch.writeInt16BE(1, 21);
  sealBatch(batch);
  return batch;
}
