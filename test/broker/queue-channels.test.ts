/** Subscriptions by channels: consumers that ask for keys, beside a model that knows each message; and what a window keeps of what waits. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrokerError } from '../../src/base/errors.ts';
import type { Broker } from '../../src/broker/broker.ts';
import { explain } from '../../src/broker/queue-explain.ts';
import {
  type ChannelAudience,
  ChannelInterest,
  type ChannelStart,
  type QueueSubscription,
  type SubscriptionSettings,
} from '../../src/broker/queues.ts';
import { createMemoryDisk } from '../../src/platform/memory-disk.ts';
import { nodeClock } from '../../src/platform/node/clock.ts';
import type { Disk } from '../../src/platform/ports.ts';
import { channelKey, unaskedIn } from '../../src/queue/channels.ts';
import type { Window } from '../../src/queue/window.ts';
import { openMemoryBroker } from '../support/memory-broker.ts';
import {
  acquireFrom,
  beginAcquire,
  createTopic,
  type Delivery,
  publishTo,
  type Settlement,
  settleAll,
  subscribeTo,
  type Wish,
} from '../support/subscriptions.ts';

const PARTITIONS = 2;

let disk: Disk;
let broker: Broker;

async function open(): Promise<void> {
  ({ broker } = await openMemoryBroker({ platform: { disk } }));
}

async function begin(): Promise<void> {
  disk = createMemoryDisk({ clock: nodeClock });
  await open();
  await createTopic(broker, 'tasks', { partitionCount: PARTITIONS });
}

const topic = () => broker.topics.byName('tasks')!;

interface Sent {
  readonly partition?: number;
  readonly key: string | null;
  readonly value: string;
  readonly timestampMs?: number;
}

function send({ partition = 0, key, value, timestampMs = nodeClock.nowMs() }: Sent): Promise<void> {
  const record = { key: key === null ? null : Buffer.from(key), value: Buffer.from(value), timestampMs };
  return publishTo(broker, { topic: 'tasks', partition }, [record], { timestampMs });
}

const subscribe = (settings: Partial<SubscriptionSettings> = {}) =>
  subscribeTo(broker, 'tasks', { name: 'workers', settings: { order: 'channels', ...settings } });

const acquire = (subscription: QueueSubscription, channels: ChannelInterest, wish?: Wish) =>
  acquireFrom(broker, subscription, { ...wish, channels });

const settle = (subscription: QueueSubscription, delivery: Delivery, settlement: Settlement) =>
  settleAll(broker, subscription, [delivery], settlement);

const texts = (messages: readonly Delivery[]): string[] => messages.map(({ text }) => text);

function seek(subscription: QueueSubscription, name: string, to: ChannelStart): Promise<BrokerError | null> {
  return new Promise((done) => broker.queues.seekChannels({ subscription, names: [name], to, done }));
}

const everybody: ChannelAudience = { consumers: 1, keys: new Set(), isWanted: () => true };

function interestIn(...names: string[]): ChannelInterest {
  const interest = new ChannelInterest(everybody);
  for (const name of names) interest.add(name);
  return interest;
}

describe('consumers that ask for channels', () => {
  beforeEach(begin);
  afterEach(() => broker.close());

  it('are given nothing by a subscription of another order, nor others by one by channels', async () => {
    const subscription = await subscribe();
    const refused = { code: 'invalid-request' };
    await expect(acquireFrom(broker, subscription)).rejects.toMatchObject(refused);
    const plain = await subscribeTo(broker, 'tasks', { name: 'plain' });
    await expect(acquire(plain, interestIn('a'))).rejects.toMatchObject(refused);
  });

  it('have no limits of length', async () => {
    await expect(subscribe({ lengthMax: 10 })).rejects.toMatchObject({ code: 'invalid-config' });
  });

  it('read messages of what nobody asks for once, not with each look', async () => {
    for (let i = 0; i < 50; i++) await send({ key: `n${i}`, value: `v${i}` });
    const subscription = await subscribe();
    const interest = interestIn('n49', 'n7');
    const got = await acquire(subscription, interest);
    expect(texts(got).sort()).toEqual(['v49', 'v7']);
    const window = subscription.state.windows.get(0)!;
    expect([window.candidate(0), window.stretchCount, window.ready.size]).toEqual([50, 50, 48]);
    for (const one of got) await settle(subscription, one, { action: 'ack' });
    expect(window.stretchCount).toBe(48);
  });

  it('pass over what is in no channel', async () => {
    await send({ key: null, value: 'nobody' });
    await send({ key: 'a', value: 'a0' });
    const subscription = await subscribe();
    expect(texts(await acquire(subscription, interestIn('a')))).toEqual(['a0']);
    expect(subscription.state.windows.get(0)!.stretchCount).toBe(1);
  });

  it('have their turns', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `n${i}`);
    for (const name of names) for (const i of [0, 1]) await send({ key: name, value: `${name} ${i}` });
    const subscription = await subscribe();
    // There are more than it asks for, so that they are looked up one by one.
    const interest = interestIn(...names.slice(0, 120));
    const first = await acquire(subscription, interest);
    expect(first).toHaveLength(100);
    for (const one of first) await settle(subscription, one, { action: 'ack' });
    const second = await acquire(subscription, interest);
    const before = new Set(first.map(({ key }) => key));
    expect(second.filter(({ key }) => !before.has(key))).toHaveLength(20);
  });

  it('get a message again that was put off, without counting it, before the next', async () => {
    await send({ key: 'a', value: 'a0' });
    await send({ key: 'a', value: 'a1' });
    const subscription = await subscribe({ deliveriesMax: 1 });
    const interest = interestIn('a');
    for (let i = 0; i < 3; i++) {
      const [one, ...more] = await acquire(subscription, interest);
      expect(more).toEqual([]);
      expect(one).toMatchObject({ text: 'a0', deliveries: 1 });
      await settle(subscription, one!, { action: 'delay', ms: 1, isUncounted: true });
      await expect.poll(() => subscription.state.windows.get(0)!.ready.size).toBe(1);
    }
    const [last] = await acquire(subscription, interest);
    await settle(subscription, last!, { action: 'delay', ms: 1 });
    expect(texts(await acquire(subscription, interest))).toEqual(['a1']);
  });

  it('find room where the oldest that nobody asks for have to go', async () => {
    const wanted = new Set(['a', 'b'].map((name) => channelKey(Buffer.from(name))));
    const interest = new ChannelInterest({ consumers: 1, keys: wanted, isWanted: (key) => wanted.has(key) });
    interest.add('a');
    await send({ key: 'b', value: 'b0' });
    for (let i = 0; i < 20; i++) await send({ key: `n${i}`, value: `v${i}` });
    await send({ key: 'a', value: 'a0' });
    const subscription = await subscribe({ stretchesMax: 16, deadLetterTopic: 'dead' });
    const got: Delivery[] = [];
    await expect
      .poll(async () => {
        got.push(...(await acquire(subscription, interest)));
        return texts(got);
      })
      .toEqual(['a0']);
    const dead = () => broker.topics.partition(broker.topics.byName('dead')!, 0)!.stream.highWatermark;
    await expect.poll(() => broker.topics.byName('dead') !== undefined && dead() > 0).toBe(true);
    interest.add('b');
    expect(texts(await acquire(subscription, interest))).toEqual(['b0']);
  });

  it('leave new ones in the log where all that wait are asked for', async () => {
    const interest = interestIn('a');
    for (let i = 0; i < 30; i++) await send({ key: 'a', value: `a${i}` });
    const subscription = await subscribe({ stretchesMax: 16, deadLetterTopic: 'dead' });
    for (let i = 0; i < 30; i++) {
      const [one] = await acquire(subscription, interest);
      expect(one).toMatchObject({ text: `a${i}` });
      await settle(subscription, one!, { action: 'ack' });
    }
    expect(broker.topics.byName('dead')).toBeUndefined();
  });

  it('do not get what has expired, which goes without them', async () => {
    const old = nodeClock.nowMs() - 5000;
    for (let i = 0; i < 40; i++)
      await send({ key: i % 2 === 0 ? 'a' : 'b', value: `v${i}`, timestampMs: old });
    await send({ key: 'b', value: 'new' });
    const subscription = await subscribe({ ttlMs: 3_600_000 });
    const interest = interestIn('a');
    expect(texts(await acquire(subscription, interest))).toEqual(['v0']);
    await new Promise<void>((resolve) => broker.queues.alter(subscription, { ttlMs: 1000 }, () => resolve()));
    // What is under way, and what hasn't expired.
    await expect.poll(() => subscription.state.windows.get(0)!.stretchCount).toBe(2);
    interest.add('b');
    expect(texts(await acquire(subscription, interest))).toEqual(['new']);
  });
});

describe('what is said of a message', () => {
  beforeEach(begin);
  afterEach(() => broker.close());

  it('is that it waits for somebody who asks for its channel, or for the one before it', async () => {
    for (const value of ['a0', 'a1']) await send({ key: 'a', value });
    await send({ key: 'b', value: 'b0' });
    const subscription = await subscribe();
    const waiting = acquire(subscription, interestIn('b'), { waitMs: 30_000 });
    expect(await waiting).toHaveLength(1);
    const wish = { consumer: 'other', channels: interestIn('none'), waitMs: 30_000 };
    const other = beginAcquire(broker, subscription, wish);
    const partition = broker.topics.partition(topic(), 0)!;
    const [first, second, third] = await Promise.all(
      [0, 1, 2].map((offset) => explain(broker, { subscription, partition, offset })),
    );
    expect(first).toMatchObject({
      state: 'available',
      because: [expect.stringContaining('asks for its channel')],
    });
    expect(second).toMatchObject({ state: 'blocked', behindOffset: 0 });
    expect(third).toMatchObject({ state: 'acquired', consumer: 'c' });
    other.cancel();
  });
});

describe('consumers that wait', () => {
  beforeEach(begin);
  afterEach(() => broker.close());

  const alter = (subscription: QueueSubscription, settings: Partial<SubscriptionSettings>): Promise<void> =>
    new Promise((resolve) => broker.queues.alter(subscription, settings, () => resolve()));

  /** Consumers `n0`, `n1`, …, each of the channel of its name. */
  function crowd(subscription: QueueSubscription, count: number) {
    return Array.from({ length: count }, (_, i) => {
      const [name, interest] = [`n${i}`, interestIn(`n${i}`)];
      const got = acquire(subscription, interest, { consumer: name, waitMs: 30_000 });
      return { name, interest, value: async () => texts(await got).join(), got };
    });
  }

  it('get what comes for them, in whatever order it comes', async () => {
    const subscription = await subscribe();
    const waiting = crowd(subscription, 60);
    for (const { name } of [...waiting].reverse()) await send({ key: name, value: `of ${name}` });
    for (const { name, value } of waiting) expect(await value()).toBe(`of ${name}`);
  });

  it('get what another gives back, what they ask for later, and what was held up by a pause', async () => {
    const subscription = await subscribe();
    const [first, second, third, fourth] = crowd(subscription, 4);
    await send({ key: 'n0', value: 'v0' });
    const [message] = await first!.got;
    second!.interest.add('n0');
    broker.queues.channelsChanged(subscription);
    await send({ key: 'n2', value: 'v2' });
    expect(await third!.value()).toBe('v2');
    await settle(subscription, message!, { action: 'release' });
    expect(await second!.value()).toBe('v0');
    await alter(subscription, { paused: true });
    await send({ key: 'n3', value: 'v3' });
    await alter(subscription, { paused: false });
    expect(await fourth!.value()).toBe('v3');
  });

  it('get what comes again before what comes after it, where a look was on its way', async () => {
    const subscription = await subscribe();
    await send({ key: 'a', value: 'a0' });
    for (const one of await acquire(subscription, interestIn('a')))
      await settle(subscription, one, { action: 'ack' });
    // More than one look passes over before others have their turn.
    for (let i = 0; i < 12; i++) await send({ key: `n${i}`, value: 'x'.repeat(1_000_000) });
    await send({ key: 'a', value: 'a1' });
    const waiting = acquire(subscription, interestIn('a'), { waitMs: 30_000 });
    const { next } = subscription.state.windows.get(0)!;
    expect([next > 1, next < 13]).toEqual([true, true]);
    const refusal = await new Promise((done) =>
      broker.queues.seek(subscription, [{ partition: 0, offset: 0 }], done),
    );
    expect(refusal).toBeNull();
    expect(texts(await waiting)).toEqual(['a0']);
  });

  it('get what there was no room for when there is', async () => {
    const subscription = await subscribe({ inFlightMax: 1 });
    const [first, second] = crowd(subscription, 2);
    await send({ key: 'n0', value: 'v0' });
    const [message] = await first!.got;
    await send({ key: 'n1', value: 'v1' });
    // Another look, which finds what the one before has met.
    await send({ key: 'nobody', value: 'v2' });
    await settle(subscription, message!, { action: 'ack' });
    expect(await second!.value()).toBe('v1');
  });
});

type Op =
  | { readonly op: 'send'; readonly partition: number; readonly key: string | null }
  | { readonly op: 'ask' | 'forget'; readonly consumer: string; readonly key: string }
  | { readonly op: 'receive' | 'leave'; readonly consumer: string }
  | { readonly op: 'settle'; readonly which: number; readonly action: 'ack' | 'release' | 'reject' }
  | { readonly op: 'seek'; readonly key: string; readonly to: SeekTo; readonly which: number }
  | { readonly op: 'restart' };

type SeekTo = 'earliest' | 'latest' | 'tail' | 'time' | 'offset';

const CONSUMERS = ['x', 'y', 'z'];
const KEYS = ['a', 'b', 'c', 'd'];
const key = fc.constantFrom(...KEYS);
const consumer = fc.constantFrom(...CONSUMERS);
const operation: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant('send' as const),
      partition: fc.nat(PARTITIONS - 1),
      key: fc.option(key, { freq: 10 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constantFrom('ask', 'ask', 'forget'), consumer, key }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constant('receive' as const), consumer }) },
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant('settle' as const),
      which: fc.nat(),
      action: fc.constantFrom('ack', 'ack', 'release', 'reject'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('seek' as const),
      key,
      to: fc.constantFrom('earliest', 'latest', 'tail', 'time', 'offset'),
      which: fc.nat(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('leave' as const), consumer }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('restart' as const) }) },
) as fc.Arbitrary<Op>;

interface Stored {
  readonly value: string;
  readonly offset: number;
  readonly timestampMs: number;
}

/** What is to happen, told message by message. */
class Model {
  /** What isn't done, by partition and key, in order. */
  readonly lines = new Map<string, string[]>();
  /** All that was sent, the same. */
  readonly stored = new Map<string, Stored[]>();
  readonly ends = Array<number>(PARTITIONS).fill(0);
  readonly held: { readonly consumer: string; readonly message: Delivery }[] = [];
  readonly interests = new Map(CONSUMERS.map((name) => [name, interestIn()]));
  #values = 0;

  line(partition: number, channel: string): string[] {
    const name = `${partition} ${channel}`;
    if (!this.lines.has(name)) this.lines.set(name, []);
    return this.lines.get(name)!;
  }

  nextValue(): string {
    return `v${++this.#values}`;
  }

  sent(partition: number, channel: string | null, stored: Omit<Stored, 'offset'>): void {
    const offset = this.ends[partition]!++;
    if (channel === null) return;
    this.line(partition, channel).push(stored.value);
    this.all(partition, channel).push({ ...stored, offset });
  }

  all(partition: number, channel: string): Stored[] {
    const name = `${partition} ${channel}`;
    if (!this.stored.has(name)) this.stored.set(name, []);
    return this.stored.get(name)!;
  }

  /** Where a channel is to go on, by a message that was sent; and whether it can. */
  seek(
    channel: string,
    kind: SeekTo,
    which: number,
  ): { readonly to: ChannelStart; readonly isRefused: boolean } {
    const byPartition = [...this.ends.keys()].map((partition) => this.all(partition, channel));
    const chosen = byPartition.flat();
    const one = chosen[which % Math.max(1, chosen.length)] ?? { offset: 0, timestampMs: 0 };
    const count = which % (chosen.length + 2);
    const isDivided = byPartition.every(({ length }) => length > 0);
    const goOn = (from: (stored: readonly Stored[]) => number): void =>
      byPartition.forEach((stored, partition) => {
        this.#goOn(partition, channel, stored.slice(from(stored)));
      });
    switch (kind) {
      case 'earliest':
        goOn(() => 0);
        return { to: kind, isRefused: false };
      case 'latest':
        goOn(({ length }) => length);
        return { to: kind, isRefused: false };
      case 'time':
        goOn((stored) => {
          const at = stored.findIndex(({ timestampMs }) => timestampMs >= one.timestampMs);
          return at < 0 ? stored.length : at;
        });
        return { to: { timestampMs: one.timestampMs }, isRefused: false };
      case 'tail':
        if (!isDivided) goOn(({ length }) => Math.max(0, length - count));
        return { to: { tail: count }, isRefused: isDivided };
      case 'offset':
        if (!isDivided) goOn((stored) => stored.filter(({ offset }) => offset < one.offset).length);
        return { to: { offset: one.offset }, isRefused: isDivided };
    }
  }

  #goOn(partition: number, channel: string, stored: readonly Stored[]): void {
    const before = this.line(partition, channel);
    const line = stored.map(({ value }) => value);
    const isBack = line.some((value) => !before.includes(value));
    this.lines.set(`${partition} ${channel}`, line);
    // What is under way is taken away where it is passed over, or comes again in its turn.
    const isTaken = ({ message: { partition: at, key: of, text } }: Model['held'][number]): boolean =>
      at === partition && of === channel && (isBack || !line.includes(text));
    for (let i = this.held.length - 1; i >= 0; i--) if (isTaken(this.held[i]!)) this.held.splice(i, 1);
  }

  expected(name: string): string[] {
    const expected: string[] = [];
    for (const channel of KEYS) {
      if (!this.interests.get(name)!.hasName(channel)) continue;
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const [head] = this.line(partition, channel);
        if (head !== undefined && !this.held.some(({ message }) => message.text === head))
          expected.push(head);
      }
    }
    return expected.sort();
  }

  letGo(of: (consumer: string) => boolean): void {
    for (let i = this.held.length - 1; i >= 0; i--) if (of(this.held[i]!.consumer)) this.held.splice(i, 1);
  }
}

async function run(model: Model, subscription: QueueSubscription, step: Op): Promise<QueueSubscription> {
  switch (step.op) {
    case 'send': {
      const value = model.nextValue();
      const timestampMs = Number(value.slice(1));
      await send({ partition: step.partition, key: step.key, value, timestampMs });
      model.sent(step.partition, step.key, { value, timestampMs });
      return subscription;
    }
    case 'seek': {
      const { to, isRefused } = model.seek(step.key, step.to, step.which);
      const refusal = await seek(subscription, step.key, to);
      if (isRefused) expect(refusal).toMatchObject({ code: 'invalid-request' });
      else expect(refusal).toBeNull();
      return subscription;
    }
    case 'ask':
      model.interests.get(step.consumer)!.add(step.key);
      return subscription;
    case 'forget':
      model.interests.get(step.consumer)!.remove(step.key);
      return subscription;
    case 'receive': {
      const expected = model.expected(step.consumer);
      const got = await acquire(subscription, model.interests.get(step.consumer)!, step);
      expect(texts(got).sort()).toEqual(expected);
      for (const message of got) model.held.push({ consumer: step.consumer, message });
      return subscription;
    }
    case 'settle': {
      if (model.held.length === 0) return subscription;
      const [{ message }] = model.held.splice(step.which % model.held.length, 1) as [Model['held'][number]];
      await settle(subscription, message, { action: step.action });
      if (step.action !== 'release') model.line(message.partition, message.key!).shift();
      return subscription;
    }
    case 'leave':
      broker.queues.disconnect(step.consumer);
      model.letGo((name) => name === step.consumer);
      return subscription;
    case 'restart':
      await broker.close();
      await open();
      model.letGo(() => true);
      return subscribe();
  }
}

/** What is told of messages that nobody asks for, beside what the window keeps. */
function checkUnasked(window: Window): void {
  const met = [...window.stretches()].filter((stretch) => stretch.key !== 0 && stretch.state !== 'dead');
  for (let count = 0; count <= KEYS.length; count++) {
    const keys = new Set(KEYS.slice(0, count).map((name) => channelKey(Buffer.from(name))));
    expect(unaskedIn(window, { keys })).toBe(met.filter((stretch) => !keys.has(stretch.key)).length);
  }
}

describe('a subscription by channels', () => {
  it('hands out the first message of each channel that is asked for, and no other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 20, maxLength: 120 }), async (steps) => {
        await begin();
        try {
          const model = new Model();
          let subscription = await subscribe();
          for (const step of steps) {
            subscription = await run(model, subscription, step);
            for (const window of subscription.state.windows.values()) checkUnasked(window);
          }
          // At last everybody gets everything.
          model.letGo(() => true);
          for (const name of CONSUMERS) broker.queues.disconnect(name);
          for (const name of KEYS) model.interests.get('x')!.add(name);
          for (;;) {
            const expected = model.expected('x');
            const got = await acquire(subscription, model.interests.get('x')!, { consumer: 'x' });
            expect(texts(got).sort()).toEqual(expected);
            if (got.length === 0) break;
            for (const one of got) {
              await settle(subscription, one, { action: 'ack' });
              model.line(one.partition, one.key!).shift();
            }
          }
          for (const window of subscription.state.windows.values()) expect(window.stretchCount).toBe(0);
        } finally {
          await broker.close();
        }
      }),
      { numRuns: Number(process.env.CHANNEL_RUNS ?? 40) },
    );
  });
});
