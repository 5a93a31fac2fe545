// Commands that change subscriptions, dead letters and delayed messages. Needs `npm run build`, as `npm test` does.

import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import type { DelayedMessage, PeekedMessage, QueueDescription } from '../../src/broker/admin/answers.ts';
import { buildBatch } from '../../src/record/build.ts';
import { QueueBroker } from '../support/queue-broker.ts';

const lines = <Line>(out: string): Line[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

describe('polylog queue', { timeout: 120_000 }, () => {
  test('creates, sets, pauses, seeks, purges and deletes', async () => {
    await using here = await QueueBroker.start();
    await here.topic('orders');
    await here.publish('orders', ['a', 'b', 'c']);
    const settings =
      '--deliveries 5 --dead-letter-topic orders-dead --retry 1s..10m --retry-factor 3 --retry-jitter 0.5 --lock 1m ' +
      '--ttl 1h --length 1000 --bytes 1M --overflow dead-letter --in-flight 50 --stretches 100 --isolation read-uncommitted';
    const created = await here.run(`queue create orders billing --from earliest --order by-key ${settings}`);
    expect(created).toEqual({ code: 0, out: 'created subscription billing of topic orders\n', err: '' });
    const described = await here.json<QueueDescription>('queue describe orders billing');
    expect(described.settings).toEqual({
      order: 'by-key',
      deliveriesMax: 5,
      deadLetterTopic: 'orders-dead',
      retry: { kind: 'exponential', firstMs: 1000, factor: 3, maxMs: 600_000, jitter: 0.5 },
      lockMs: 60_000,
      filter: null,
      ttlMs: 3_600_000,
      lengthMax: 1000,
      bytesMax: 1_048_576,
      overflow: 'dead-letter',
      inFlightMax: 50,
      stretchesMax: 100,
      paused: false,
      readCommitted: false,
    });
    expect(described.available).toBe(3);
    expect((await here.run('queue create orders billing')).err).toMatch(/already \(duplicate-resource\)/);

    expect((await here.run('queue set orders billing --no-dead-letter-topic')).err).toMatch(
      /set deadLetterTopic, or the overflow/,
    );
    const set = await here.run([
      ...'queue set orders billing --retry 1s,10s --no-dead-letter-topic --overflow refuse --filter'.split(
        ' ',
      ),
      "region = 'eu'",
    ]);
    expect(set.out).toMatch(/^retry: 1s, 10s$/m);
    expect(set.out).toMatch(/^dead-letter-topic: none/m);
    expect(set.out).toMatch(/^filter: sql: region = 'eu'$/m);
    expect((await here.run(['queue', 'set', 'orders', 'billing', '--filter', 'region ='])).err).toMatch(
      /can't be read at column \d+: .* \(invalid-filter\)/,
    );
    expect((await here.run('queue set orders billing --dead-letter-topic orders')).err).toMatch(
      /dead letters need a topic of their own/,
    );
    expect((await here.run('queue set orders billing --dead-letter-topic no/name')).err).toMatch(
      /invalid-topic/,
    );
    expect((await here.run('queue set orders billing --in-flight 0')).err).toMatch(/\(invalid-config\)/);
    expect((await here.run('queue set orders billing')).code).toBe(2);
    expect((await here.run('queue set orders billing --no-filter')).out).toMatch(/^filter: all$/m);

    expect((await here.run('queue pause orders billing')).out).toBe(
      'paused subscription billing of topic orders\n',
    );
    expect((await here.json<QueueDescription>('queue describe orders billing')).paused).toBe(true);
    expect((await here.run('queue resume orders billing')).out).toMatch(/^resumed/);

    expect((await here.run('queue purge orders billing')).err).toMatch(/add --yes/);
    expect((await here.run('queue purge orders billing --yes')).out).toMatch(/^ +0 +3$/m);
    expect((await here.json<QueueDescription>('queue describe orders billing')).available).toBe(0);
    expect((await here.run('queue seek orders billing --to-offset 1 --partition 0')).out).toMatch(
      /^ +0 +1$/m,
    );
    expect(lines((await here.run('queue peek orders billing --json')).out)).toMatchObject([
      { offset: 1, state: 'new', value: { text: 'b', bytes: 1 } },
      { offset: 2, state: 'new' },
    ]);
    expect(await here.json('queue seek orders billing --to-time -1h')).toMatchObject({
      positions: [{ partition: 0, offset: 0 }],
    });
    expect((await here.run('queue seek orders billing --to-earliest --to-latest')).code).toBe(2);

    expect((await here.run('queue delete orders billing --yes')).code).toBe(0);
    expect((await here.run('queue describe orders billing')).err).toMatch(/subscription-not-found/);
  });

  test('peeks into all partitions, past what is done, and cuts long values', async () => {
    await using here = await QueueBroker.start();
    await here.topic('orders', 2);
    const value = Buffer.concat([Buffer.from('é'.repeat(3000)), Buffer.from([0xff])]);
    await here.publish('orders', [
      'done',
      { key: Buffer.from('k'), value: Buffer.from('here') },
      { key: null, value },
    ]);
    const subscription = await here.subscribe('orders', 's');
    await here.settle(subscription, await here.acquire(subscription, { count: 1 }), { action: 'ack' });
    await here.acquire(subscription, { count: 1 });
    const peeked = lines<PeekedMessage>((await here.run('queue peek orders s --json --value-bytes 3')).out);
    expect(peeked).toMatchObject([
      { offset: 1, state: 'acquired', deliveries: 1, key: { text: 'k' }, value: { text: 'her', bytes: 4 } },
      { offset: 2, state: 'new', deliveries: 0, key: null, value: { text: 'é', bytes: 6001 } },
    ]);
    const whole = lines<PeekedMessage>(
      (await here.run('queue peek orders s --json --value-bytes 1M --all')).out,
    );
    expect(whole.map(({ offset, state }) => `${offset} ${state}`)).toEqual(['0 done', '1 acquired', '2 new']);
    expect(Buffer.from(whole[2]!.value!.base64!, 'base64')).toEqual(value);
    const text = (await here.run('queue peek orders s --count 1 --value-bytes 2')).out;
    expect(text).toMatch(/^0:1\tacquired\t1\t\S+\tk\the…\n$/);
    expect((await here.run('queue peek orders s --offset 1')).code).toBe(2);
  });
});

describe('polylog dlq', { timeout: 120_000 }, () => {
  test('lists, shows and puts back, all or some of them', async () => {
    await using here = await QueueBroker.start();
    expect((await here.run('dlq list')).out).toMatch(/^no subscription has a topic for dead letters/);
    await here.topic('orders');
    const subscription = await here.subscribe('orders', 'billing', { deadLetterTopic: 'orders-dead' });
    expect(await here.json('dlq list')).toEqual({
      topic: 'orders-dead',
      letters: null,
      sources: [{ topic: 'orders', subscription: 'billing' }],
    });
    await here.publish('orders', ['a', 'b', 'c']);
    await here.settle(subscription, await here.acquire(subscription), { action: 'reject' });
    await expect.poll(async () => (await here.json('dlq list')).letters, { timeout: 20_000 }).toBe(3);

    const shown = (await here.run('dlq show orders-dead --count 2')).out;
    expect(shown).toMatch(
      /^0:0 {2}\S+Z\n {2}from {4}orders 0:0, for billing\n {2}reason {2}rejected, after 1 delivery\n {2}value {3}a\n/,
    );
    expect(shown).not.toMatch(/value {3}c/);

    const filtered = await here.run(['dlq', 'redrive', 'orders-dead', '--filter', '"dlq-offset" = 1']);
    expect(filtered).toMatchObject({ code: 0, out: 'put back 1 dead letter of orders-dead\n' });
    expect((await here.json('dlq list')).letters).toBe(2);
    const left = lines<PeekedMessage>((await here.run('dlq show orders-dead --json')).out);
    expect(left.map(({ value }) => value!.text)).toEqual(['a', 'c']);

    expect((await here.run('dlq redrive orders-dead --to nowhere')).err).toMatch(/unknown-topic/);
    await here.topic('again');
    expect(await here.json('dlq redrive orders-dead --to again --max 1 --rate 5')).toMatchObject({
      run: 2,
      state: 'done',
      moved: 1,
      stayed: 0,
    });
    expect(here.broker.topics.partition(here.broker.topics.byName('again')!, 0)!.stream.highWatermark).toBe(
      1,
    );
    await here.run('dlq redrive orders-dead');
    expect((await here.run('dlq show orders-dead')).out).toBe(
      'orders-dead has no dead letters to put back\n',
    );
    expect((await here.run('dlq runs')).out).toMatch(/^ +3 +orders-dead +done +1 +0 +\S+ +\S+$/m);
    expect((await here.run('dlq redrive orders-dead --rate 0')).code).toBe(2);
  });

  test('letters without a place stay, and a slow run can be followed and stopped', async () => {
    await using here = await QueueBroker.start();
    await here.topic('dead');
    await here.topic('orders');
    await here.subscribe('orders', 'billing');
    await here.publish('dead', [
      { key: null, value: Buffer.from('lost'), headers: from('gone', 'billing') },
      { key: null, value: Buffer.from('nobody’s'), headers: from('orders', 'gone') },
      ...Array.from({ length: 50 }, () => ({
        key: null,
        value: Buffer.from('v'),
        headers: from('orders', 'billing'),
      })),
    ]);
    const begun = await here.run('dlq redrive dead --rate 1 --background');
    expect(begun.out).toBe('run 1 puts the letters of dead back\n');
    expect((await here.run('dlq redrive dead')).err).toMatch(/run 1 puts the letters of 'dead' back already/);
    expect((await here.run('dlq stop dead 1')).out).toMatch(/^run 1: stopped, \d+ put back\n$/);
    expect((await here.run('dlq stop dead 9')).err).toMatch(/has no run 9/);
    const rest = await here.run('dlq redrive dead');
    expect(rest.out).toMatch(/^put back \d+ dead letters of dead\n$/);
    expect(rest.err).toMatch(/^2 letters stayed: their topic or their subscription is gone/);
  });
});

describe('polylog publish and polylog schedule', { timeout: 120_000 }, () => {
  test('a delayed message is listed, moved and cancelled', async () => {
    await using here = await QueueBroker.start();
    await here.topic('orders');
    const refused = await here.run('publish orders later --delay 2h');
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(
      /does not look at headers, and deliver-at-ms would mean nothing: `polylog topic alter orders/,
    );
    expect((await here.run('topic alter orders --config polylog.headers=true')).code).toBe(0);
    expect((await here.run('schedule list')).out).toBe('no messages wait for their time\n');
    expect((await here.run('publish orders later --delay 2h --tag red')).code).toBe(0);
    expect((await here.run('publish orders now --key k --header a=1 --ttl 10m')).code).toBe(0);

    const waiting = await here.json<DelayedMessage>('schedule list --topic orders');
    expect(waiting).toMatchObject({ topic: 'orders', partition: 0 });
    expect(waiting.dueMs - Date.now()).toBeGreaterThan(7_000_000);
    expect((await here.run('schedule list')).out).toMatch(/1h 5\dm +orders/);
    const consumed = await here.run('consume orders --from-beginning --print-headers --print-key');
    expect(consumed.out).toBe('ttl-ms:600000,a:1\tk\tnow\n');

    const moved = (await here.run(`schedule move orders ${waiting.handle} --delay 3h`)).out.trim();
    expect((await here.run(`schedule cancel orders ${waiting.handle}`)).err).toMatch(/resource-not-found/);
    await here.topic('other');
    expect((await here.run(`schedule cancel other ${moved}`)).err).toMatch(/no delayed message of 'other'/);
    expect((await here.run(`schedule cancel orders ${moved}`)).out).toBe(`cancelled ${moved}\n`);
    expect((await here.run(`schedule cancel orders ${moved}`)).code).toBe(1);
    expect((await here.run('schedule cancel orders nonsense')).err).toMatch(/invalid-request/);
    expect((await here.run('schedule list')).out).toBe('no messages wait for their time\n');
    expect((await here.run('publish orders x --delay 1s --at 2030-01-01')).code).toBe(2);
  });

  test('ids keep messages from being stored twice, priorities choose partitions, and lines are messages', async () => {
    await using here = await QueueBroker.start();
    await here.topic('orders');
    await here.run('topic alter orders --config polylog.headers=true');
    for (let again = 0; again < 2; again++) await here.run('publish orders once --dedup-id payment-1');
    expect((await here.run('consume orders')).out).toBe('once\n');
    expect((await here.run('publish orders x --priority 3')).err).toMatch(/has no priorities/);
    await here.topic('urgent', 10);
    await here.run('topic alter urgent --config polylog.priority.levels=5');
    expect((await here.run('publish urgent --priority 4', 'one\ntwo\n')).err).toMatch(/^produced 2 records/);
    const offsets = (await here.run('consume urgent --print-offset')).out.trim().split('\n');
    expect(offsets.map((line) => Number(line.split(':')[0]) % 5)).toEqual([4, 4]);
    expect((await here.run('publish urgent x --priority 300')).code).toBe(2);
  });
});

describe('polylog txn', { timeout: 120_000 }, () => {
  test('lists half messages, resumes and drops them', async () => {
    await using here = await QueueBroker.start();
    expect((await here.run('txn list')).out).toBe('no half messages wait for their senders\n');
    await here.topic('orders');
    await here.topic('other');
    const partition = here.broker.topics.partition(here.broker.topics.byName('orders')!, 0)!;
    const batch = buildBatch([{ key: null, value: Buffer.from('half') }], { timestampMs: Date.now() });
    const prepared = await new Promise<{ transactionId: string }>((resolve, reject) =>
      here.broker.halfMessages.prepare(
        { partition, batch, producerGroup: 'shop', checkAfterMs: 3_600_000 },
        (answer) => (answer instanceof BrokerError ? reject(answer) : resolve(answer)),
      ),
    );
    const { transactionId } = prepared;
    expect(await here.json('txn list --topic orders')).toMatchObject({
      transaction: transactionId,
      topic: 'orders',
      partition: 0,
      producerGroup: 'shop',
      checks: 0,
    });
    expect((await here.run('txn list')).out).toMatch(/ +orders +0 +shop +\S+ +0 +in (59m|1h)/);
    expect((await here.run('txn list --topic other')).out).toMatch(/^no half messages/);
    expect((await here.run('txn list --aside')).out).toMatch(/^no half messages/);
    expect((await here.run(`txn resume other ${transactionId}`)).err).toMatch(/transactional-id-not-found/);
    expect((await here.run(`txn resume orders ${transactionId}`)).out).toBe(`resumed ${transactionId}\n`);
    expect((await here.run(`txn drop orders ${transactionId}`)).err).toMatch(/add --yes/);
    expect((await here.run(`txn drop other ${transactionId} --yes`)).err).toMatch(
      /transactional-id-not-found/,
    );
    expect((await here.run(`txn drop orders ${transactionId} --yes`)).out).toBe(`dropped ${transactionId}\n`);
    expect((await here.run('txn list')).out).toMatch(/^no half messages/);
    expect((await here.run('consume orders')).out).toBe('');
  });
});

/** Headers of a dead letter. */
const from = (topic: string, subscription: string) => [
  { key: 'dlq-topic', value: Buffer.from(topic) },
  { key: 'dlq-subscription', value: Buffer.from(subscription) },
];

test('a broker closes while letters are put back', async () => {
  const here = await QueueBroker.start();
  await here.topic('dead');
  await here.topic('orders');
  await here.subscribe('orders', 'billing');
  const headers = from('orders', 'billing');
  await here.publish(
    'dead',
    Array.from({ length: 50 }, () => ({ key: null, value: Buffer.from('v'), headers })),
  );
  const { id: topicId } = here.broker.topics.byName('dead')!;
  const run = here.broker.redrives.start('dead', {
    topicId,
    wanted: null,
    to: null,
    messagesMax: 0,
    perSecond: 20,
  });
  if (run instanceof BrokerError) throw run;
  await expect.poll(() => run.result.moved, { timeout: 20_000 }).toBeGreaterThan(0);
  await here[Symbol.asyncDispose]();
  await here.broker.redrives.ended(run, 30_000);
  expect(run).toMatchObject({ state: 'failed', error: { code: 'shutting-down' } });
  expect(run.result.moved).toBeLessThan(50);
});
