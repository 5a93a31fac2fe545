// `polylog queue explain` on a message that is stuck for each of the reasons that there are. Needs `npm run build`.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BrokerError } from '../../src/base/errors.ts';
import type { ExplainedMessage } from '../../src/broker/admin/answers.ts';
import type { Acquired } from '../../src/broker/queues.ts';
import { buildBatch, type RecordInput, sealBatch } from '../../src/record/build.ts';
import { QueueBroker } from '../support/queue-broker.ts';

let here: QueueBroker;
let topics = 0;

beforeAll(async () => {
  here = await QueueBroker.start();
});
afterAll(() => here[Symbol.asyncDispose]());

/** A topic of its own with these messages, and a subscription `s` of it. */
async function queue(
  values: readonly (string | RecordInput)[],
  settings: Parameters<QueueBroker['subscribe']>[2] = {},
) {
  const topic = `t${topics++}`;
  await here.topic(topic);
  await here.publish(topic, values);
  return { topic, subscription: await here.subscribe(topic, 's', settings) };
}

const explain = (topic: string, offset: number, partition = 0): Promise<ExplainedMessage> =>
  here.json(`queue explain ${topic} s ${partition}:${offset}`);

const PRODUCER = { producerId: 7, producerEpoch: 0 } as const;
const TRANSACTION = { ...PRODUCER, baseSequence: 0, transactional: true } as const;

function abortTransaction(topic: string): Promise<void> {
  const { broker } = here;
  const partition = broker.topics.partition(broker.topics.byName(topic)!, 0)!;
  const marker = { ...PRODUCER, coordinatorEpoch: 0, commit: false };
  return new Promise((resolve, reject) =>
    broker.writeEndMarker(partition, marker, (error) => (error ? reject(error) : resolve())),
  );
}

const keyed = (key: string): RecordInput => ({ key: Buffer.from(key), value: Buffer.from('v') });

describe('polylog queue explain says of a message that', { timeout: 120_000 }, () => {
  test('a consumer has it', async () => {
    const { topic, subscription } = await queue(['a']);
    await here.acquire(subscription, { consumer: 'worker-1' });
    const told = await explain(topic, 0);
    expect(told).toMatchObject({
      state: 'acquired',
      consumer: 'worker-1',
      deliveries: 1,
      because: ['A consumer has it, and has not said yet what became of it.'],
    });
    expect(told.untilMs! - told.sinceMs!).toBe(30_000);
    const { out } = await here.run(`queue explain ${topic} s 0:0`);
    expect(out).toMatch(/^state +acquired$/m);
    expect(out).toMatch(/^consumer +worker-1, for \d/m);
    expect(out).toMatch(/^until +\d{4}-.*, in \d+s$/m);
  });

  test('it waits for its next delivery', async () => {
    const { topic, subscription } = await queue(['a']);
    const got = await here.acquire(subscription);
    await here.settle(subscription, got, { action: 'delay', ms: 3_600_000 });
    const told = await explain(topic, 0);
    expect(told).toMatchObject({
      state: 'waiting',
      deliveries: 1,
      consumer: null,
      because: ['It was delivered, and is to be delivered again when its time has come.'],
    });
    expect(told.untilMs).toBeGreaterThan(Date.now() + 3_500_000);
  });

  test('another of its key is not done', async () => {
    const { topic, subscription } = await queue([keyed('a'), keyed('b'), keyed('a'), keyed('a')], {
      order: 'by-key',
    });
    await here.acquire(subscription, { count: 2 });
    // The look went no further: this one is new, and its key is read of it.
    expect(await explain(topic, 2)).toMatchObject({ state: 'new', behindOffset: 0 });
    await here.acquire(subscription);
    const told = await explain(topic, 2);
    expect(told).toMatchObject({ state: 'blocked', behindOffset: 0 });
    expect(told.because).toContain(
      'Offset 0 has the same key, and is not done yet: see what that waits for.',
    );
  });

  test('the subscription is paused', async () => {
    const { topic } = await queue(['a'], { paused: true });
    expect(await explain(topic, 0)).toMatchObject({
      state: 'new',
      because: ['The subscription is paused: resume it.', 'No consumer waits for messages now.'],
    });
  });

  test('nobody asks, and others stand before it', async () => {
    const { topic } = await queue(['a', 'b', 'c']);
    expect((await explain(topic, 2)).because).toEqual([
      'No consumer waits for messages now.',
      'Up to 2 messages of the partition stand before it.',
    ]);
  });

  test('consumers have as many as they may', async () => {
    const { topic, subscription } = await queue(['a', 'b'], { inFlightMax: 1 });
    await here.acquire(subscription);
    expect((await explain(topic, 1)).because[0]).toBe(
      'Consumers have as many messages of the partition as may be (inFlightMax 1), and acknowledge none.',
    );
  });

  test('too many ranges are kept', async () => {
    const values = Array.from({ length: 60 }, (_, i) => keyed(`k${i}`));
    const { topic, subscription } = await queue(values, { order: 'by-key', stretchesMax: 16 });
    for (let round = 0; round < 3; round++) await here.acquire(subscription);
    const told = await explain(topic, 59);
    expect(told.state).toBe('new');
    expect(told.because.join()).toMatch(/has 16 ranges of messages .* \(stretchesMax\)/);
  });

  test('a transaction is open before it', async () => {
    const { topic } = await queue(['before']);
    await here.publish(topic, ['inside'], TRANSACTION);
    const told = await explain(topic, 1);
    expect(told.because[0]).toBe(
      'It stands behind offset 1, where a transaction is open: it is seen when that has ended.',
    );
  });

  test('a transaction is open before it, and it was delivered when that did not matter yet', async () => {
    const { topic, subscription } = await queue([], { readCommitted: false });
    await here.publish(topic, ['inside'], TRANSACTION);
    await here.settle(subscription, await here.acquire(subscription), { action: 'release' });
    await new Promise((done) => here.broker.queues.alter(subscription, { readCommitted: true }, done));
    const told = await explain(topic, 0);
    expect(told.state).toBe('available');
    expect(told.because[0]).toMatch(/^It stands behind offset 0, where a transaction is open/);
  });

  test('its transaction was aborted, where that matters', async () => {
    const { topic } = await queue([]);
    await here.publish(topic, ['aborted'], TRANSACTION);
    await abortTransaction(topic);
    const because = ['It is of a transaction that was aborted: nobody gets it.'];
    expect(await explain(topic, 0)).toMatchObject({ state: 'new', because });
    await here.run(`queue set ${topic} s --isolation read-uncommitted`);
    expect(await explain(topic, 0)).toMatchObject({
      state: 'new',
      because: ['No consumer waits for messages now.'],
    });
    expect((await explain(topic, 1)).because).toEqual([
      'The end of a transaction stands here: it is no message.',
    ]);
  });

  test('its batch can not be opened, where that is needed', async () => {
    const { topic } = await queue([], { order: 'by-key' });
    const { stream } = here.broker.topics.partition(here.broker.topics.byName(topic)!, 0)!;
    const batch = buildBatch([keyed('a')], { timestampMs: Date.now() });
    // Compressed by its attributes, and not by its bytes.
    batch.writeInt16BE(1, 21);
    sealBatch(batch);
    await new Promise<void>((onCommitted) => {
      here.broker.log.append({ entries: [{ stream, batch }], durability: 'fsync', onCommitted });
    });
    expect((await explain(topic, 0)).because).toEqual([
      'Its batch can not be opened, and is handed to nobody: see the log of the broker.',
    ]);
    const plain = await here.subscribe(topic, 'plain');
    expect((await here.json<ExplainedMessage>(`queue explain ${topic} plain 0:0`)).because).toEqual([
      'No consumer waits for messages now.',
    ]);
    const got = await new Promise<Acquired[] | BrokerError>((done) => {
      const request = {
        subscription: plain,
        consumer: 'c',
        partitions: null,
        messagesMax: 1,
        bytesMax: 1000,
      };
      here.broker.queues.acquire({ ...request, waitMs: 0, wanted: null, done });
    });
    expect(got).toMatchObject([{ ranges: [{ first: 0, last: 0 }] }]);
  });

  test('nobody asks for its partition', async () => {
    await here.topic('wide', 2);
    const subscription = await here.subscribe('wide', 's');
    const request = { subscription, consumer: 'c', messagesMax: 1, bytesMax: 1000, wanted: null };
    const wait = here.broker.queues.acquire({
      ...request,
      partitions: [0],
      waitMs: 600_000,
      done: () => expect.unreachable(),
    });
    await here.run('publish wide a --partition 1');
    expect((await explain('wide', 0, 1)).because).toEqual([
      'Consumers wait, and none of them for messages of this partition.',
    ]);
    wait.cancel();
  });

  test('others have a higher priority', async () => {
    await here.topic('urgent', 3);
    await here.run('topic alter urgent --config polylog.priority.levels=3');
    await here.subscribe('urgent', 's');
    await here.run('publish urgent low --priority 0');
    await here.run(['publish', 'urgent', 'a', 'b', '--priority', '2']);
    expect((await explain('urgent', 0)).because).toEqual([
      'No consumer waits for messages now.',
      'Up to 2 messages of a higher priority are handed out first.',
    ]);
    expect((await explain('urgent', 0, 2)).because).toEqual(['No consumer waits for messages now.']);
  });

  test('it is delayed, or a repetition, and stands elsewhere', async () => {
    const { topic } = await queue([]);
    await here.run(`topic alter ${topic} --config polylog.headers=true`);
    await here.run(['publish', topic, 'a', 'a', '--dedup-id', 'x']);
    expect((await explain(topic, 1)).because[0]).toMatch(/it is delayed, repeats another, or stands in/);
  });

  test('it does not match the filter, before and after it was passed over', async () => {
    const values = [
      'a',
      { key: null, value: Buffer.from('b'), headers: [{ key: 'tag', value: Buffer.from('red') }] },
    ];
    const { topic, subscription } = await queue(values, { filter: { type: 'tag', expression: 'red' } });
    const because = ['It does not match the filter of the subscription (red): nobody gets it.'];
    expect(await explain(topic, 0)).toMatchObject({ state: 'new', because });
    await here.acquire(subscription);
    expect(await explain(topic, 0)).toMatchObject({ state: 'done', because });
    expect((await explain(topic, 1)).state).toBe('acquired');
  });

  test('another consumer gets all', async () => {
    const { topic, subscription } = await queue(['a', 'b'], { order: 'exclusive' });
    await here.acquire(subscription, { consumer: 'first', count: 1 });
    expect((await explain(topic, 1)).because[0]).toBe(
      "The subscription is exclusive: consumer 'first' gets all of its messages.",
    );
  });

  test('it has expired', async () => {
    const { topic, subscription } = await queue(['fresh'], { ttlMs: 3_600_000, deadLetterTopic: 'expired' });
    await here.publish(topic, ['old'], { timestampMs: Date.now() - 7_200_000 });
    // Behind one that has not it is met when a consumer comes to it.
    expect((await explain(topic, 1)).because[0]).toBe(
      'It has expired: it is older than 3600000 ms (ttlMs, or its header ttl-ms). When a consumer asks next, it goes to expired.',
    );
    await here.acquire(subscription);
    expect((await explain(topic, 1)).state).toMatch(/dead|done/);
  });

  test('it is done, removed, not there yet, or the end of a transaction', async () => {
    const { topic, subscription } = await queue(['a', 'b']);
    await here.settle(subscription, await here.acquire(subscription), { action: 'ack' });
    expect(await explain(topic, 1)).toMatchObject({
      state: 'done',
      because: ['It is done: acknowledged, dropped, moved to the dead letters, or nobody was to get it.'],
    });
    expect(await explain(topic, 2)).toMatchObject({ state: 'not-written' });
    const partition = here.broker.topics.partition(here.broker.topics.byName(topic)!, 0)!;
    await new Promise((resolve) => here.broker.deleteRecords(partition, 1, resolve));
    expect(await explain(topic, 0)).toMatchObject({ state: 'deleted' });
    expect((await here.run(`queue explain ${topic} s 7:0`)).err).toMatch(/has no partition 7/);
    expect((await here.run(`queue explain ${topic} s 7`)).code).toBe(2);
  });

  test('it is dead, and the dead letters can not be had', async () => {
    // A name that no topic can have.
    const { topic, subscription } = await queue(['a'], { deadLetterTopic: 'no such name' });
    await here.settle(subscription, await here.acquire(subscription), { action: 'reject' });
    const told = await explain(topic, 0);
    expect(told.state).toBe('dead');
    expect(told.because[1]).toMatch(
      /^It can not be moved to no such name: .*\. It is tried again every few seconds\.$/,
    );
  });
});
