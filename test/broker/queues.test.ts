/** Subscriptions as protocols use them: over a whole broker, its log on a disk in memory, and a clock that the test moves. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { familyText } from '../../src/admin/prometheus-text.ts';
import { queueFamilies } from '../../src/admin/queue-metrics.ts';
import { BrokerError } from '../../src/base/errors.ts';
import { peek } from '../../src/broker/admin/peeks.ts';
import type { Broker } from '../../src/broker/broker.ts';
import { partitionOfPriority } from '../../src/broker/priority.ts';
import type { QueueSubscription, SubscriptionSettings } from '../../src/broker/queues.ts';
import { compileFilter, type Filter } from '../../src/filter/filter.ts';
import { createMemoryDisk } from '../../src/platform/memory-disk.ts';
import { nodeClock } from '../../src/platform/node/clock.ts';
import type { RecordInput } from '../../src/record/build.ts';
import type { ReadRequest } from '../../src/store/contract.ts';
import { LeapClock } from '../support/leap-clock.ts';
import { openMemoryBroker } from '../support/memory-broker.ts';
import {
  acquireFrom,
  createTopic,
  type Delivery,
  produceTo,
  publishTo,
  type Settlement,
  settle as settleEach,
  subscribeTo,
  type Wish,
} from '../support/subscriptions.ts';

let disk: ReturnType<typeof createMemoryDisk>;
let broker: Broker;

let clock: LeapClock;

async function open(): Promise<void> {
  ({ broker } = await openMemoryBroker({ platform: { disk, clock } }));
}

beforeEach(async () => {
  clock = new LeapClock();
  disk = createMemoryDisk({ clock: nodeClock });
  await open();
  await createTopic(broker, 'orders');
});
afterEach(() => broker.close());

const publish = (messages: readonly (string | RecordInput)[], partition = 0, topic = 'orders') =>
  publishTo(broker, { topic, partition }, messages);

const keyed = (key: string, value: string): RecordInput => ({
  key: Buffer.from(key),
  value: Buffer.from(value),
});

const subscribe = (settings: Partial<SubscriptionSettings> = {}, name = 's', topic = 'orders') =>
  subscribeTo(broker, topic, { name, settings });

const acquire = (subscription: QueueSubscription, wish?: Wish) => acquireFrom(broker, subscription, wish);

const settle = (
  subscription: QueueSubscription,
  deliveries: Parameters<typeof settleEach>[2],
  settlement: Settlement,
) => settleEach(broker, subscription, deliveries, settlement);

const ACK: Settlement = { action: 'ack' };
const texts = (deliveries: readonly Delivery[]): string[] => deliveries.map(({ text }) => text);
const reopened = async (name = 's'): Promise<QueueSubscription> => {
  await broker.close();
  await open();
  return broker.queues.find(broker.topics.byName('orders')!.id, name)!;
};

describe('a subscription', () => {
  it('hands each message to one consumer, oldest first', async () => {
    await publish(['a', 'b', 'c', 'd', 'e']);
    const subscription = await subscribe();
    expect(texts(await acquire(subscription, { consumer: 'x', count: 2 }))).toEqual(['a', 'b']);
    expect(texts(await acquire(subscription, { consumer: 'y', count: 2 }))).toEqual(['c', 'd']);
    expect(texts(await acquire(subscription, { consumer: 'x' }))).toEqual(['e']);
    expect(await acquire(subscription)).toEqual([]);
  });

  it('shares the messages of its topic with others', async () => {
    await publish(['a', 'b']);
    const [one, two] = [await subscribe({}, 'one'), await subscribe({}, 'two')];
    expect(texts(await acquire(one))).toEqual(['a', 'b']);
    expect(texts(await acquire(two))).toEqual(['a', 'b']);
  });

  it('answers who waits when a message comes', async () => {
    const subscription = await subscribe();
    const waiting = acquire(subscription, { waitMs: 60_000 });
    await publish(['late']);
    expect(texts(await waiting)).toEqual(['late']);
  });

  it('answers nothing when the wait has ended', async () => {
    const subscription = await subscribe();
    const waiting = acquire(subscription, { waitMs: 60_000 });
    clock.leap(60_000);
    expect(await waiting).toEqual([]);
  });

  it('forgets what is acknowledged, over a restart too, and hands out the rest again', async () => {
    await publish(['a', 'b', 'c', 'd']);
    const got = await acquire(await subscribe());
    expect(await settle(await subscribe(), [got[1]!, got[3]!], ACK)).toEqual([0, 0]);
    const again = await acquire(await reopened());
    expect(texts(again)).toEqual(['a', 'c']);
  });

  it('refuses an ack of what was not delivered, was acknowledged, or has another lease', async () => {
    await publish(['a', 'b']);
    const subscription = await subscribe();
    const [a] = await acquire(subscription, { count: 1 });
    const b = { partition: 0, offset: 1, lease: a!.lease };
    const forged = { ...a!, lease: a!.lease + 1 };
    expect(await settle(subscription, [b, forged, a!], ACK)).toEqual([
      'invalid-delivery',
      'invalid-delivery',
      0,
    ]);
    expect(await settle(subscription, [a!], ACK)).toEqual(['invalid-delivery']);
  });

  it('refuses a delivery of before a restart', async () => {
    await publish(['a']);
    const before = await acquire(await subscribe());
    const subscription = await reopened();
    const after = await acquire(subscription);
    expect(await settle(subscription, before, ACK)).toEqual(['invalid-delivery']);
    expect(await settle(subscription, after, ACK)).toEqual([0]);
  });

  it('hands a released message out at once, and counts', async () => {
    await publish(['a', 'b']);
    const subscription = await subscribe();
    const got = await acquire(subscription);
    await settle(subscription, [got[0]!], { action: 'release' });
    expect(await acquire(subscription)).toMatchObject([{ text: 'a', deliveries: 2 }]);
  });

  it('hands a delayed message out when its time has come, over a restart too', async () => {
    await publish(['a']);
    let subscription = await subscribe();
    await settle(subscription, await acquire(subscription), { action: 'delay', ms: 5000 });
    subscription = await reopened();
    expect(await acquire(subscription)).toEqual([]);
    const waiting = acquire(subscription, { waitMs: 60_000 });
    clock.leap(5000);
    expect(await waiting).toMatchObject([{ text: 'a', deliveries: 2 }]);
  });

  it('keeps the delay of a message over a restart at which the clock is set back', async () => {
    await publish(['a']);
    const before = await subscribe();
    await settle(before, await acquire(before), { action: 'delay', ms: 5000 });
    await broker.close();
    clock.set(-3_600_000);
    await open();
    const subscription = broker.queues.find(broker.topics.byName('orders')!.id, 's')!;
    const explained = await broker.queueAdmin.explain(subscription, 0, 0);
    if (explained instanceof BrokerError) throw explained;
    expect(explained.untilMs - clock.nowMs()).toBeLessThanOrEqual(5000);
    expect(texts(await acquire(subscription))).toEqual([]);
    clock.leap(5000);
    expect(texts(await acquire(subscription))).toEqual(['a']);
  });

  it('retries by its policy', async () => {
    await publish(['a']);
    const subscription = await subscribe({ retry: { kind: 'list', delaysMs: [1000, 10_000] } });
    let waiting = acquire(subscription);
    for (const delayMs of [1000, 10_000, 10_000]) {
      await settle(subscription, await waiting, { action: 'retry' });
      clock.leap(delayMs - 500);
      expect(await acquire(subscription)).toEqual([]);
      waiting = acquire(subscription, { waitMs: 60_000 });
      clock.leap(500);
    }
    expect(await waiting).toMatchObject([{ text: 'a', deliveries: 4 }]);
  });

  it('hands out again what a consumer kept for too long, and refuses its late ack', async () => {
    await publish(['a']);
    const subscription = await subscribe({ lockMs: 1000 });
    const late = await acquire(subscription, { consumer: 'slow' });
    const waiting = acquire(subscription, { consumer: 'other', waitMs: 60_000 });
    clock.leap(1000);
    expect(await waiting).toMatchObject([{ text: 'a', deliveries: 2 }]);
    expect(await settle(subscription, late, ACK)).toEqual(['invalid-delivery']);
  });

  it('leaves a renewed delivery to its consumer, under another lease', async () => {
    await publish(['a', 'b']);
    const subscription = await subscribe({ lockMs: 1000 });
    const [a, b] = await acquire(subscription);
    const [lease] = await settle(subscription, [a!], { action: 'renew', ms: 10_000 });
    clock.leap(5000);
    expect(texts(await acquire(subscription))).toEqual(['b']);
    expect(await settle(subscription, [a!, b!], ACK)).toEqual(['invalid-delivery', 'invalid-delivery']);
    expect(await settle(subscription, [{ ...a!, lease: lease as number }], ACK)).toEqual([0]);
  });

  it('takes back at once what a consumer had that has gone', async () => {
    await publish(['a', 'b', 'c']);
    const subscription = await subscribe();
    await acquire(subscription, { consumer: 'x', count: 2 });
    const waiting = acquire(subscription, { consumer: 'y', count: 2, waitMs: 60_000 });
    expect(texts(await waiting)).toEqual(['c']);
    const next = acquire(subscription, { consumer: 'y', waitMs: 60_000 });
    broker.queues.disconnect('x');
    expect(await next).toMatchObject([
      { text: 'a', deliveries: 2 },
      { text: 'b', deliveries: 2 },
    ]);
  });

  it('reads what has left the memory from disk', async () => {
    const subscription = await subscribe();
    for (let i = 0; i < 200; i++) await publish([`${i} ${'x'.repeat(1000)}`]);
    await reopened();
    const again = broker.queues.find(subscription.topicId, 's')!;
    const got: string[] = [];
    while (got.length < 200) {
      const deliveries = await acquire(again, { count: 30, waitMs: 60_000 });
      got.push(...texts(deliveries).map((text) => text.split(' ')[0]!));
      await settle(again, deliveries, ACK);
    }
    expect(got).toEqual([...Array(200).keys()].map(String));
    expect(again.state.windows.get(0)).toMatchObject({ start: 200, next: 200, stretchCount: 0 });
  });

  it('gives nothing while it is paused', async () => {
    await publish(['a']);
    const subscription = await subscribe({ paused: true });
    expect(await acquire(subscription)).toEqual([]);
    const waiting = acquire(subscription, { waitMs: 60_000 });
    await new Promise((resolve) => broker.queues.alter(subscription, { paused: false }, resolve));
    expect(texts(await waiting)).toEqual(['a']);
  });

  it('begins anew where it is told to', async () => {
    await publish(['a', 'b', 'c']);
    const subscription = await subscribe();
    const got = await acquire(subscription);
    await settle(subscription, got.slice(0, 2), ACK);
    const seek = (offset: number) =>
      new Promise((resolve) => broker.queues.seek(subscription, [{ partition: 0, offset }], resolve));
    await seek(1);
    expect(texts(await acquire(subscription))).toEqual(['b', 'c']);
    expect(await settle(subscription, [got[2]!], ACK)).toEqual(['invalid-delivery']);
  });

  it('refuses to begin where nothing is', async () => {
    const subscription = await subscribe();
    const seek = (partition: number, offset: number) =>
      new Promise((resolve) => broker.queues.seek(subscription, [{ partition, offset }], resolve));
    expect(await seek(0, 1)).toMatchObject({ code: 'offset-out-of-range' });
    expect(await seek(1, 0)).toMatchObject({ code: 'invalid-partitions' });
  });

  it('is gone with its topic', async () => {
    const subscription = await subscribe();
    const waiting = acquire(subscription, { waitMs: 60_000 });
    const answer = expect(waiting).rejects.toMatchObject({ code: 'subscription-not-found' });
    await broker.propose({ kind: 'delete-topics', topics: [{ name: 'orders', id: null }] });
    await answer;
    expect(broker.queues.count).toBe(0);
  });

  it('bounds what consumers have at one time', async () => {
    await publish(['a', 'b', 'c']);
    const subscription = await subscribe({ inFlightMax: 2 });
    const got = await acquire(subscription);
    expect(texts(got)).toEqual(['a', 'b']);
    expect(await acquire(subscription)).toEqual([]);
    await settle(subscription, [got[0]!], ACK);
    expect(texts(await acquire(subscription))).toEqual(['c']);
  });
});

describe('by key', () => {
  it('hands out the next message of a key when the one before is done', async () => {
    await publish([keyed('k', '1'), keyed('l', '2'), keyed('k', '3'), keyed('k', '4'), 'none']);
    const subscription = await subscribe({ order: 'by-key' });
    const first = await acquire(subscription);
    expect(texts(first)).toEqual(['1', '2', 'none']);
    expect(await acquire(subscription)).toEqual([]);
    await settle(subscription, [first[0]!], { action: 'release' });
    const again = await acquire(subscription);
    expect(texts(again)).toEqual(['1']);
    const waiting = acquire(subscription, { waitMs: 60_000 });
    await settle(subscription, again, ACK);
    expect(texts(await waiting)).toEqual(['3']);
  });

  it('keeps the order of a key whose message waits, over a restart', async () => {
    await publish([keyed('k', '1'), keyed('k', '2'), keyed('l', '3')]);
    const subscription = await subscribe({ order: 'by-key' });
    const [first] = await acquire(subscription, { count: 1 });
    await settle(subscription, [first!], { action: 'delay', ms: 10_000 });
    const again = await reopened();
    expect(texts(await acquire(again))).toEqual(['3']);
    const waiting = acquire(again, { waitMs: 60_000 });
    clock.leap(10_000);
    const one = await waiting;
    expect(texts(one)).toEqual(['1']);
    await settle(again, one, ACK);
    expect(texts(await acquire(again))).toEqual(['2']);
  });
});

describe('exclusive', () => {
  it('gives all to one consumer until it leaves', async () => {
    await publish(['a', 'b']);
    const subscription = await subscribe({ order: 'exclusive' });
    expect(texts(await acquire(subscription, { consumer: 'x', count: 1 }))).toEqual(['a']);
    const standby = acquire(subscription, { consumer: 'y', waitMs: 60_000 });
    broker.queues.disconnect('x');
    expect(texts(await standby)).toEqual(['a', 'b']);
    expect(await acquire(subscription, { consumer: 'x' })).toEqual([]);
  });
});

describe('filters', () => {
  const tagged = (tag: string, value: string): RecordInput => ({
    key: null,
    value: Buffer.from(value),
    headers: [{ key: 'tag', value: Buffer.from(tag) }],
  });

  it('of a subscription make nobody wait for what does not match', async () => {
    await publish([tagged('red', '1'), tagged('blue', '2'), tagged('red', '3')]);
    const subscription = await subscribe({ filter: { type: 'tag', expression: 'blue' } });
    const got = await acquire(subscription);
    expect(texts(got)).toEqual(['2']);
    await settle(subscription, got, ACK);
    expect(subscription.state.windows.get(0)).toMatchObject({ start: 3, stretchCount: 0 });
  });

  it('of a consumer leave it for others', async () => {
    await publish([tagged('red', '1'), tagged('blue', '2'), tagged('red', '3')]);
    const subscription = await subscribe();
    const wanted = compileFilter('tag', 'blue') as Filter;
    expect(texts(await acquire(subscription, { wanted }))).toEqual(['2']);
    expect(await acquire(subscription, { wanted })).toEqual([]);
    expect(texts(await acquire(subscription))).toEqual(['1', '3']);
  });

  it('that can not be read are refused', async () => {
    const filter = { type: 'sql', expression: 'a =' } as const;
    await expect(subscribe({ filter })).rejects.toMatchObject({ code: 'invalid-filter' });
  });
});

describe('dead letters', () => {
  const deadLetters = async () => {
    const subscription = await subscribe({}, 'reader', 'dead');
    const letters = await acquire(subscription, { waitMs: 60_000 });
    return letters.map(({ text, headers }) => ({ ...headers, value: text }));
  };

  it('get what is rejected, with where it came from and why', async () => {
    await createTopic(broker, 'dead');
    await publish(['a', 'b']);
    const subscription = await subscribe({ deadLetterTopic: 'dead' });
    const [, b] = await acquire(subscription);
    await settle(subscription, [b!], { action: 'reject' });
    expect(await deadLetters()).toMatchObject([
      {
        value: 'b',
        'dlq-topic': 'orders',
        'dlq-partition': '0',
        'dlq-offset': '1',
        'dlq-subscription': 's',
        'dlq-reason': 'rejected',
        'dlq-deliveries': '1',
      },
    ]);
  });

  it('get what was delivered too often; the topic is made where there is none', async () => {
    await publish(['a']);
    const subscription = await subscribe({ deadLetterTopic: 'dead', deliveriesMax: 2, lockMs: 1000 });
    await settle(subscription, await acquire(subscription), { action: 'release' });
    await acquire(subscription);
    clock.leap(1000);
    await expect.poll(() => subscription.state.windows.get(0)!.start).toBe(1);
    expect(await deadLetters()).toMatchObject([
      { value: 'a', 'dlq-reason': 'delivery_limit', 'dlq-deliveries': '2' },
    ]);
  });

  it('get what has expired', async () => {
    await createTopic(broker, 'dead');
    await publish(['old']);
    const subscription = await subscribe({ deadLetterTopic: 'dead', ttlMs: 10_000 });
    clock.leap(20_000);
    await publish(['new']);
    expect(texts(await acquire(subscription))).toEqual(['new']);
    expect(await deadLetters()).toMatchObject([{ value: 'old', 'dlq-reason': 'expired' }]);
  });

  it('that are rejected again by who reads their topic stay there, and do not come back', async () => {
    await createTopic(broker, 'dead');
    await publish(['a'], 0, 'dead');
    const subscription = await subscribe({ deadLetterTopic: 'dead' }, 'mender', 'dead');
    await settle(subscription, await acquire(subscription), { action: 'reject' });
    await expect.poll(() => subscription.state.windows.get(0)!.count('dead')).toBe(0);
    expect(await deadLetters()).toEqual([{ value: 'a' }]);
  });

  it('are moved from other partitions where one can not be read', async () => {
    await createTopic(broker, 'two', { partitionCount: 2 });
    await publish(['a'], 0, 'two');
    await publish(['b'], 1, 'two');
    const subscription = await subscribe({ deadLetterTopic: 'dead' }, 's', 'two');
    const got = await acquire(subscription);
    const bad = broker.log.stream(broker.topics.byName('two')!.id, 0);
    const readCached = broker.log.readCached.bind(broker.log);
    const damaged = new BrokerError('corrupt-batch', 'The chunk is damaged.');
    const isBad = ({ stream }: ReadRequest): boolean => stream === bad;
    vi.spyOn(broker.log, 'readCached').mockImplementation((request) =>
      isBad(request) ? null : readCached(request),
    );
    vi.spyOn(broker.log, 'read').mockImplementation((request, done) => {
      expect(isBad(request)).toBe(true);
      done(damaged, null);
    });
    await settle(subscription, got, { action: 'reject' });
    await expect.poll(() => broker.queues.deadLetterFailure(subscription)).toBe(damaged);
    clock.leap(5000);
    expect(await deadLetters()).toMatchObject([{ value: 'b' }]);
    vi.restoreAllMocks();
    clock.leap(5000);
    await expect.poll(() => subscription.state.windows.get(0)!.count('dead')).toBe(0);
  });

  it('are dropped where nobody asked for them', async () => {
    await publish(['a']);
    const subscription = await subscribe();
    await settle(subscription, await acquire(subscription), { action: 'reject' });
    expect(subscription.state.windows.get(0)).toMatchObject({ start: 1, stretchCount: 0 });
  });
});

describe('an operator', () => {
  const explain = (subscription: QueueSubscription, offset: number) =>
    broker.queueAdmin.explain(subscription, 0, offset);

  it('is told where each message is, and why', async () => {
    await publish([keyed('k', '0'), keyed('k', '1'), keyed('l', '2'), keyed('m', '3'), keyed('n', '4'), '5']);
    const subscription = await subscribe({ order: 'by-key' });
    const got = await acquire(subscription, { consumer: 'worker', count: 4 });
    expect(texts(got)).toEqual(['0', '2', '3', '4']);
    await settle(subscription, [got[1]!], ACK);
    await settle(subscription, [got[2]!], { action: 'delay', ms: 10_000 });
    await settle(subscription, [got[3]!], { action: 'release' });
    expect(await explain(subscription, 0)).toMatchObject({
      state: 'acquired',
      consumer: 'worker',
      deliveries: 1,
    });
    expect(await explain(subscription, 1)).toMatchObject({ state: 'blocked', behindOffset: 0 });
    expect(await explain(subscription, 2)).toMatchObject({ state: 'done' });
    expect(await explain(subscription, 3)).toMatchObject({ state: 'waiting', deliveries: 1 });
    expect(await explain(subscription, 4)).toMatchObject({
      state: 'available',
      because: ['No consumer waits for messages now.'],
    });
    expect(await explain(subscription, 5)).toMatchObject({ state: 'new' });
    expect(await explain(subscription, 6)).toMatchObject({ state: 'not-written' });
    expect(await broker.queueAdmin.explain(subscription, 7, 0)).toMatchObject({ code: 'invalid-partitions' });
    expect(broker.queueAdmin.describe(subscription)).toMatchObject({
      windows: [{ start: 0, next: 5, end: 6, available: 2, acquired: 1, waiting: 1, blocked: 1, dead: 0 }],
      consumers: [{ consumer: 'worker', acquired: 1 }],
      waitingConsumers: 0,
    });
  });

  it('looks at messages without touching them', async () => {
    await publish(['a', 'b', 'c']);
    const subscription = await subscribe();
    await acquire(subscription, { count: 1 });
    const request = { partition: 0, offset: undefined, max: 2, valueBytesMax: 10, all: false };
    const peeked = await peek(broker, { topic: 'orders', subscription, request });
    expect(peeked.messages).toMatchObject([
      { offset: 0, state: 'acquired', deliveries: 1 },
      { offset: 1, state: 'new', deliveries: 0 },
    ]);
    expect(texts(await acquire(subscription))).toEqual(['b', 'c']);
  });

  it('empties a subscription', async () => {
    await publish(['a', 'b']);
    const subscription = await subscribe();
    await acquire(subscription, { count: 1 });
    const positions = await broker.queueAdmin.positions(subscription, { partitions: null, to: 'latest' });
    if (positions instanceof BrokerError) throw positions;
    const refusal = await new Promise((resolve) => broker.queues.seek(subscription, positions, resolve));
    expect(refusal).toBeNull();
    await publish(['c']);
    expect(texts(await acquire(subscription))).toEqual(['c']);
  });

  it('puts dead letters back to where they came from, those that match a filter', async () => {
    await createTopic(broker, 'dead');
    await publish(['a', 'b', 'c']);
    const subscription = await subscribe({ deadLetterTopic: 'dead' });
    await settle(subscription, await acquire(subscription), { action: 'reject' });
    await expect.poll(() => subscription.state.windows.get(0)!.start).toBe(3);
    const { id: topicId } = broker.topics.byName('dead')!;
    const redrive = (expression: string) =>
      new Promise((resolve) => {
        const wanted = compileFilter('sql', expression) as Filter;
        broker.queueAdmin.redrive({ topicId, wanted, to: null, messagesMax: 0, perSecond: 0 }, resolve);
      });
    expect(await redrive('"dlq-offset" = 1')).toEqual({ moved: 1, stayed: 0 });
    const [b] = await acquire(subscription, { waitMs: 60_000 });
    expect(b).toMatchObject({ text: 'b', offset: 3, deliveries: 1 });
    expect(await redrive('"dlq-offset" = 1')).toEqual({ moved: 0, stayed: 0 });
    expect(await redrive('TRUE')).toEqual({ moved: 2, stayed: 0 });
    expect(texts(await acquire(subscription, { waitMs: 60_000 }))).toEqual(['a', 'c']);
  });
});

describe('metrics', () => {
  it('say what stands where, and which partitions are stopped', async () => {
    await publish(['a', 'b', 'c']);
    const subscription = await subscribe({ inFlightMax: 2 });
    await acquire(subscription);
    const waiting = acquire(subscription, { waitMs: 60_000 });
    const sources = { broker, protocols: [], telemetry: null as never, isReady: () => true };
    const text = [...queueFamilies(sources)].map(familyText).join('');
    const labels = 'topic="orders",subscription="s"';
    expect(text).toContain(`polylog_subscription_messages{${labels},state="acquired"} 2`);
    expect(text).toContain(`polylog_subscription_messages{${labels},state="available"} 1`);
    expect(text).toContain(`polylog_subscription_stopped_partitions{${labels}} 1`);
    expect(text).toContain(`polylog_subscription_waiting_consumers{${labels}} 1`);
    clock.leap(60_000);
    await waiting;
  });
});

describe('limits', () => {
  const startOf = (subscription: QueueSubscription) => subscription.state.windows.get(0)?.start ?? 0;
  const produce = (value: string) => produceTo(broker, { topic: 'orders' }, [value]);

  it('drop the oldest message where too many wait', async () => {
    const subscription = await subscribe({ lengthMax: 2 });
    await publish(['a', 'b', 'c']);
    await expect.poll(() => startOf(subscription)).toBe(1);
    expect(texts(await acquire(subscription))).toEqual(['b', 'c']);
    // What a consumer has stays.
    await publish(['d', 'e']);
    await expect.poll(() => subscription.state.windows.get(0)!.next).toBe(5);
    expect(texts(await acquire(subscription))).toEqual([]);
  });

  it('drop the oldest after a restart too, though it had waited', async () => {
    await publish(['a', 'b', 'c']);
    const before = await subscribe();
    await settle(before, await acquire(before, { count: 1 }), { action: 'delay', ms: 5000 });
    clock.leap(5000);
    expect(texts(await acquire(before))).toEqual(['a', 'b', 'c']);
    // All are in somebody's hands: none is dropped yet.
    await new Promise((resolve) => broker.queues.alter(before, { lengthMax: 2 }, resolve));
    // The look at the limit comes before that at the wait which has ended.
    clock.isHeld = true;
    const subscription = await reopened();
    await new Promise<void>((resolve) => clock.afterTurn(resolve));
    clock.leap(0);
    clock.isHeld = false;
    await expect.poll(() => startOf(subscription)).toBe(1);
    expect(texts(await acquire(subscription))).toEqual(['b', 'c']);
  });

  it('send the oldest to the dead letters', async () => {
    await createTopic(broker, 'dead');
    const subscription = await subscribe({ lengthMax: 1, overflow: 'dead-letter', deadLetterTopic: 'dead' });
    await publish(['a', 'b']);
    await expect.poll(() => startOf(subscription)).toBe(1);
    await expect.poll(() => broker.log.stream(broker.topics.byName('dead')!.id, 0).highWatermark).toBe(1);
  });

  it('drop nothing that was to become a dead letter, where no topic is named for those', async () => {
    await expect(subscribe({ bytesMax: 1, overflow: 'dead-letter' })).rejects.toThrow(
      /name.*deadLetterTopic/,
    );
    const subscription = await subscribe({
      lengthMax: 1,
      overflow: 'dead-letter',
      deadLetterTopic: 'dead',
    });
    const refusal = await new Promise((resolve) =>
      broker.queues.alter(subscription, { deadLetterTopic: null }, resolve),
    );
    expect(refusal).toMatchObject({ code: 'invalid-config' });
  });

  it('refuse publishers until there is room', async () => {
    const subscription = await subscribe({ lengthMax: 2, overflow: 'refuse' });
    expect(await produce('a')).toBeNull();
    expect(await produce('b')).toBeNull();
    await expect.poll(() => produce('c')).toBe('queue-full');
    const got = await acquire(subscription);
    expect(texts(got).slice(0, 2)).toEqual(['a', 'b']);
    await settle(subscription, got, ACK);
    await expect.poll(() => produce('d')).toBeNull();
    await new Promise((resolve) => broker.queues.alter(subscription, { lengthMax: 0 }, resolve));
    expect(await produce('e')).toBeNull();
    expect(await produce('f')).toBeNull();
  });

  it('count bytes by the average message', async () => {
    const subscription = await subscribe({ bytesMax: 5000 });
    for (let i = 0; i < 10; i++) await publish(['x'.repeat(1000)]);
    await expect.poll(() => startOf(subscription)).toBe(6);
  });

  it('let messages expire without a consumer', async () => {
    await createTopic(broker, 'dead');
    const subscription = await subscribe({ ttlMs: 10_000, deadLetterTopic: 'dead' });
    await publish(['a', 'b']);
    clock.leap(5000);
    await publish(['c']);
    clock.leap(6000);
    await expect.poll(() => startOf(subscription)).toBe(2);
    await expect.poll(() => broker.log.stream(broker.topics.byName('dead')!.id, 0).highWatermark).toBe(2);
    clock.leap(60_000);
    await expect.poll(() => startOf(subscription)).toBe(3);
  });
});

describe('headers of a topic that has them', () => {
  const withHeader = (value: string, key: string, text: string): RecordInput => {
    return { key: null, value: Buffer.from(value), headers: [{ key, value: Buffer.from(text) }] };
  };

  it('let a message say when it expires, with a consumer and without one', async () => {
    await createTopic(broker, 'news', { configs: [['polylog.headers', 'true']] });
    const subscription = await subscribe({}, 's', 'news');
    expect(
      await produceTo(broker, { topic: 'news' }, [
        withHeader('a', 'ttl-ms', '1000'),
        withHeader('b', 'x', 'y'),
      ]),
    ).toBeNull();
    expect(await produceTo(broker, { topic: 'news' }, [withHeader('c', 'ttl-ms', '1000')])).toBeNull();
    clock.leap(2000);
    await expect.poll(() => subscription.state.windows.get(0)?.start).toBe(1);
    expect(texts(await acquire(subscription))).toEqual(['b']);
    expect(subscription.state.windows.get(0)!.next).toBe(3);
  });

  it('send a message to the partition of its priority', async () => {
    const configs = [
      ['polylog.headers', 'true'],
      ['polylog.priority.levels', '3'],
    ] as const;
    await createTopic(broker, 'urgent', { partitionCount: 6, configs });
    const subscription = await subscribe({}, 's', 'urgent');
    const records = ['low', 'high', 'middle'].map((value, i) =>
      withHeader(value, 'priority', ['0', '9', '1'][i]!),
    );
    expect(await produceTo(broker, { topic: 'urgent', partition: 3 }, records)).toBeNull();
    const got = await acquire(subscription);
    expect(got.map(({ text, partition }) => [text, partition])).toEqual([
      ['high', 5],
      ['middle', 4],
      ['low', 3],
    ]);
  });
});

describe('priorities', () => {
  it('come first, in each group of partitions', async () => {
    await createTopic(broker, 'urgent', {
      partitionCount: 4,
      configs: [['polylog.priority.levels', '2']],
    });
    await publish(['low 0'], 0, 'urgent');
    await publish(['low 2'], 2, 'urgent');
    await publish(['high 1'], 1, 'urgent');
    await publish(['high 3'], 3, 'urgent');
    const subscription = await subscribe({}, 's', 'urgent');
    const got = [
      ...(await acquire(subscription, { count: 3 })),
      ...(await acquire(subscription, { count: 1 })),
    ];
    expect(texts(got).slice(0, 2).sort()).toEqual(['high 1', 'high 3']);
    expect(texts(got).slice(2).sort()).toEqual(['low 0', 'low 2']);
    const topic = broker.topics.byName('urgent')!;
    expect([0, 1, 9].map((priority) => partitionOfPriority(topic, 2, priority))).toEqual([2, 3, 3]);
  });
});
