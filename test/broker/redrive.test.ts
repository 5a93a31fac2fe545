/** Dead letters that are put back: who gets them, and who doesn't. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { peek } from '../../src/broker/admin/peeks.ts';
import type { QueueSubscription } from '../../src/broker/queues.ts';
import type { RedriveResult } from '../../src/broker/redrive.ts';
import type { StoredMessage } from '../../src/broker/stored-messages.ts';
import type { SubscriptionSettings } from '../../src/queue/settings.ts';
import { QueueBroker } from '../support/queue-broker.ts';

const HOUR_MS = 3_600_000;

let queues: QueueBroker;

beforeEach(async () => {
  queues = await QueueBroker.start();
  await queues.topic('orders');
  await queues.topic('dead');
});
afterEach(() => queues[Symbol.asyncDispose]());

const subscribe = (name: string, settings: Partial<SubscriptionSettings> = {}): Promise<QueueSubscription> =>
  queues.subscribe('orders', name, { deadLetterTopic: 'dead', ...settings });

/** All messages of a topic. */
async function read(topic: string): Promise<StoredMessage[]> {
  const { broker } = queues;
  const partition = broker.topics.partition(broker.topics.byName(topic)!, 0)!;
  const found = await broker.queueAdmin.look(partition, { offset: 0, count: 1000 });
  if (found instanceof BrokerError) throw found;
  return found;
}

/** What a subscription is given now; it says `action` of all. */
async function take(subscription: QueueSubscription, action: 'ack' | 'reject' = 'ack'): Promise<string[]> {
  const acquired = await queues.acquire(subscription);
  await queues.settle(subscription, acquired, { action });
  return acquired.map(({ text }) => text);
}

/** Waits for so many letters, and puts all back. */
async function redrive(letters: number, to: string | null = null): Promise<RedriveResult> {
  await expect.poll(async () => (await read('dead')).length).toBe(letters);
  const { id: topicId } = queues.broker.topics.byName('dead')!;
  const request = { topicId, wanted: null, to, messagesMax: 0, perSecond: 0 };
  return new Promise((resolve, reject) =>
    queues.broker.queueAdmin.redrive(request, (result) =>
      result instanceof BrokerError ? reject(result) : resolve(result),
    ),
  );
}

function seek(subscription: QueueSubscription, offset: number): Promise<unknown> {
  return new Promise((resolve) =>
    queues.broker.queues.seek(subscription, [{ partition: 0, offset }], resolve),
  );
}

describe('a letter that is put back', () => {
  it('comes to the subscription that buried it, and to no other', async () => {
    const [billing, audit] = [await subscribe('billing'), await subscribe('audit')];
    await queues.publish('orders', ['a', 'b']);
    expect(await take(billing, 'reject')).toEqual(['a', 'b']);
    expect(await take(audit)).toEqual(['a', 'b']);
    expect(await redrive(2)).toEqual({ moved: 2, stayed: 0 });
    await queues.publish('orders', ['c']);
    expect(await take(audit)).toEqual(['c']);
    expect(await take(billing)).toEqual(['a', 'b', 'c']);
    expect(audit.state.windows.get(0)).toMatchObject({ start: 5, stretchCount: 0 });
  });

  it('does not come to those that are made later, or are moved back', async () => {
    const [billing, audit] = [await subscribe('billing'), await subscribe('audit')];
    await queues.publish('orders', ['a']);
    await take(billing, 'reject');
    await redrive(1);
    await queues.publish('orders', ['b']);
    expect(await take(await subscribe('late'))).toEqual(['a', 'b']);
    expect(await take(audit)).toEqual(['a', 'b']);
    await seek(audit, 0);
    expect(await take(audit)).toEqual(['a', 'b']);
    expect(await take(billing)).toEqual(['a', 'b']);
  });

  it('is told apart from those of others that are put back with it', async () => {
    const [billing, audit] = [await subscribe('billing'), await subscribe('audit', { order: 'by-key' })];
    await queues.publish('orders', ['a', 'b']);
    const [first, second] = [await queues.acquire(billing, { count: 1 }), await queues.acquire(audit)];
    await queues.settle(billing, first, { action: 'reject' });
    await queues.settle(audit, second, { action: 'reject' });
    expect(await redrive(3)).toEqual({ moved: 3, stayed: 0 });
    expect(await take(billing)).toEqual(['b', 'a']);
    expect(await take(audit)).toEqual(['a', 'b']);
  });

  it('says whose it is, and no more; when it dies again it is a letter as before', async () => {
    const billing = await subscribe('billing');
    await queues.publish('orders', [
      { key: Buffer.from('k'), value: Buffer.from('a'), headers: [{ key: 'h', value: Buffer.from('v') }] },
    ]);
    await take(billing, 'reject');
    await redrive(1);
    const [letter] = await read('dead');
    const back = (await read('orders'))[1]!;
    expect(back.key).toEqual(Buffer.from('k'));
    expect(back.headers.map(({ key, value }) => `${key}=${value}`)).toEqual([
      'h=v',
      'dlq-subscription=billing',
    ]);
    expect(await take(billing, 'reject')).toEqual(['a']);
    await expect.poll(async () => (await read('dead')).length).toBe(2);
    const again = (await read('dead'))[1]!;
    expect(again.headers.map(({ key }) => key)).toEqual(letter!.headers.map(({ key }) => key));
  });

  it('is no dead letter of another that it is too old or too much for', async () => {
    const billing = await subscribe('billing');
    await queues.publish('orders', ['a']);
    await take(billing, 'reject');
    await redrive(1);
    const small = await subscribe('small', { lengthMax: 1, overflow: 'dead-letter' });
    await queues.publish('orders', ['b']);
    await expect.poll(() => small.state.windows.get(0)?.start).toBe(2);
    await expect.poll(async () => (await read('dead')).map(({ value }) => String(value))).toEqual(['a', 'a']);
  });

  it('expires for the one whose it is', async () => {
    const billing = await subscribe('billing');
    await queues.publish('orders', ['a']);
    await take(billing, 'reject');
    await redrive(1);
    const audit = await subscribe('audit', { ttlMs: 1 });
    await expect.poll(() => audit.state.windows.get(0)?.start, { timeout: 10_000 }).toBe(2);
    const owners = async () =>
      (await read('dead')).map(
        ({ headers, offset }) =>
          `${offset} ${headers.find(({ key }) => key === 'dlq-subscription')!.value} ${headers.find(({ key }) => key === 'dlq-offset')!.value}`,
      );
    await expect.poll(owners).toEqual(['0 billing 0', '1 audit 0']);
    expect(await take(billing)).toEqual(['a']);
  });

  it('is explained', async () => {
    const [billing, audit] = [await subscribe('billing'), await subscribe('audit')];
    await queues.publish('orders', ['a']);
    await take(billing, 'reject');
    await redrive(1);
    const { queueAdmin } = queues.broker;
    expect(await queueAdmin.explain(audit, 0, 1)).toMatchObject({
      state: 'new',
      because: [
        'It is a dead letter that was put back for the subscription that had buried it: this one does not get it.',
      ],
    });
    expect(await queueAdmin.explain(billing, 0, 1)).toMatchObject({
      because: ['No consumer waits for messages now.'],
    });
    const request = { partition: 0, offset: 1, max: 2, valueBytesMax: 10, all: false };
    const peeked = await peek(queues.broker, { topic: 'orders', subscription: billing, request });
    expect(peeked.messages).toMatchObject([{ offset: 1, state: 'new' }]);
  });
});

describe('a letter', () => {
  it('is for all that read the topic that it is sent to', async () => {
    const [billing, audit] = [await subscribe('billing'), await subscribe('audit')];
    await queues.publish('orders', [
      { key: null, value: Buffer.from('a'), timestampMs: Date.now() - HOUR_MS },
    ]);
    await take(billing, 'reject');
    await take(audit);
    expect(await redrive(1, 'orders')).toEqual({ moved: 1, stayed: 0 });
    expect((await read('orders'))[1]!.headers).toEqual([]);
    for (const one of [billing, audit]) expect(await take(one)).toEqual(['a']);
  });

  it('whose subscription is gone stays, and goes to one that is made anew', async () => {
    const billing = await subscribe('billing');
    const audit = await subscribe('audit');
    await queues.publish('orders', ['a']);
    await take(billing, 'reject');
    await expect.poll(async () => (await read('dead')).length).toBe(1);
    await new Promise((resolve) => queues.broker.queues.remove(billing, resolve));
    expect(await redrive(1)).toEqual({ moved: 0, stayed: 1 });
    const again = await subscribe('billing');
    expect(await take(again)).toEqual(['a']);
    expect(await redrive(1)).toEqual({ moved: 1, stayed: 0 });
    expect(await take(again)).toEqual(['a']);
    expect(await take(audit)).toEqual(['a']);
  });

  it('that does not say whose it was stays', async () => {
    const billing = await subscribe('billing');
    const headers = [{ key: 'dlq-topic', value: Buffer.from('orders') }];
    await queues.publish('dead', [{ key: null, value: Buffer.from('a'), headers }]);
    expect(await redrive(1)).toEqual({ moved: 0, stayed: 1 });
    expect(await redrive(1, 'orders')).toEqual({ moved: 1, stayed: 0 });
    expect(await take(billing)).toEqual(['a']);
  });
});
