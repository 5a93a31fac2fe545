/** What any Kafka producer gets by headers, with a client that was not written for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import kafkajs, { type Kafka, type Message } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import { buildBatch } from '../../../src/record/build.ts';
import { createTopics, fetchOne, produceOne, TestClient } from '../../support/kafka-client.ts';

const { CompressionTypes, Kafka: KafkaClient, logLevel } = kafkajs;
const directory = mkdtempSync(`${tmpdir()}/polylog-headers-`);
let broker: EmbeddedBroker;
let kafka: Kafka;

async function start(): Promise<void> {
  broker = await startBroker({ data: { directory } });
  kafka = new KafkaClient({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
}

beforeAll(start);
afterAll(async () => {
  await broker.close();
  rmSync(directory, { recursive: true });
});

async function withClient<T>(use: (client: TestClient) => Promise<T>): Promise<T> {
  await using client = await TestClient.connect(broker.bootstrap);
  return await use(client);
}

const create = (name: string, configs: Record<string, string> = {}, partitions = 1): Promise<unknown> =>
  withClient((client) =>
    createTopics(client, { [name]: partitions }, { 'polylog.headers': 'true', ...configs }),
  );

async function send(
  topic: string,
  messages: Message[],
  options: { idempotent?: boolean; gzip?: boolean } = {},
) {
  const producer = kafka.producer({ idempotent: options.idempotent ?? false });
  await producer.connect();
  try {
    const compression = options.gzip === true ? CompressionTypes.GZIP : CompressionTypes.None;
    return await producer.send({ topic, messages, compression });
  } finally {
    await producer.disconnect();
  }
}

/** The first `count` messages of a topic, with when they came. */
async function consume(
  topic: string,
  count: number,
): Promise<{ value: string; offset: number; atMs: number }[]> {
  const consumer = kafka.consumer({ groupId: `${topic}-${Math.random()}`, maxWaitTimeInMs: 50 });
  const seen: { value: string; offset: number; atMs: number }[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        seen.push({ value: message.value!.toString(), offset: Number(message.offset), atMs: Date.now() });
        if (seen.length === count) resolve();
      },
    });
  });
  await consumer.disconnect();
  return seen;
}

const later = (delayMs: number): string => String(Date.now() + delayMs);

describe('deliver-at-ms', () => {
  test.each([
    ['plain', {}],
    ['idempotent', { idempotent: true }],
    ['compressed', { gzip: true }],
  ])('delays some records of a batch and leaves the others where they were: %s', async (name, options) => {
    const topic = `delay-${name}`;
    await create(topic);
    const atMs = Date.now() + 400;
    const [answer] = await send(
      topic,
      [
        { value: 'a' },
        { value: 'late', headers: { 'deliver-at-ms': String(atMs) } },
        { value: 'b', headers: { 'deliver-at-ms': '5' } },
      ],
      options,
    );
    expect(answer).toMatchObject({ errorCode: 0, baseOffset: '0' });
    await send(topic, [{ value: 'c' }], options);
    const seen = await consume(topic, 4);
    expect(seen.map(({ value, offset }) => [value, offset])).toEqual([
      ['a', 0],
      ['b', 2],
      ['c', 3],
      ['late', 4],
    ]);
    expect(seen[3]!.atMs).toBeGreaterThanOrEqual(atMs);
  });

  test('delays whole batches of an idempotent producer, which goes on behind them', async () => {
    await create('all-late');
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const answers: string[] = [];
    for (let i = 0; i < 3; i++) {
      const [answer] = await producer.send({
        topic: 'all-late',
        messages: [{ value: `late${i}`, headers: { 'deliver-at-ms': later(300 + i * 50) } }],
      });
      answers.push(answer!.baseOffset!);
    }
    await producer.send({ topic: 'all-late', messages: [{ value: 'now' }] });
    await producer.disconnect();
    // They have no place yet.
    expect(answers).toEqual(['-1', '-1', '-1']);
    const seen = await consume('all-late', 4);
    expect(seen.map(({ value }) => value)).toEqual(['now', 'late0', 'late1', 'late2']);
  });

  test('of an idempotent producer is sent again without effect, before and after a restart', async () => {
    await create('sent-again');
    const batch = (value: string, baseSequence: number, delayMs: number | null): Buffer => {
      const headers = delayMs === null ? [] : [{ key: 'deliver-at-ms', value: Buffer.from(later(delayMs)) }];
      const records = [{ key: null, value: Buffer.from(value), headers }];
      const options = { timestampMs: Date.now(), producerId: 4711, producerEpoch: 0, baseSequence };
      return buildBatch(records, options);
    };
    const produce = (sent: Buffer) => withClient((client) => produceOne(client, 'sent-again', sent));
    expect(await produce(batch('late', 0, 400))).toMatchObject({ errorCode: 0, baseOffset: -1 });
    expect(await produce(batch('late', 0, 400))).toMatchObject({ errorCode: 0, baseOffset: -1 });
    await broker.close();
    await start();
    expect(await produce(batch('late', 0, 400))).toMatchObject({ errorCode: 0, baseOffset: -1 });
    expect(await produce(batch('too far on', 2, null))).toMatchObject({ errorCode: 45 });
    expect(await produce(batch('now', 1, null))).toMatchObject({ errorCode: 0, baseOffset: 0 });
    expect((await consume('sent-again', 2)).map(({ value }) => value)).toEqual(['now', 'late']);
  });

  test('is exact over a restart of the broker', async () => {
    await create('over-restart');
    const atMs = Date.now() + 1500;
    await send('over-restart', [{ value: 'late', headers: { 'deliver-at-ms': String(atMs) } }]);
    await broker.close();
    await start();
    const [late] = await consume('over-restart', 1);
    expect(late!.value).toBe('late');
    expect(late!.atMs).toBeGreaterThanOrEqual(atMs);
  });

  test('means nothing in a topic without polylog.headers', async () => {
    await create('deaf', { 'polylog.headers': 'false' });
    await send('deaf', [{ value: 'now', headers: { 'deliver-at-ms': later(1e9), priority: 'any' } }]);
    expect(await consume('deaf', 1)).toMatchObject([{ value: 'now', offset: 0 }]);
  });

  test('is refused where it is malformed, lies beyond a hundred years, or is in a transaction', async () => {
    await create('refused');
    const refused = (headers: Message['headers'] & object): Promise<unknown> =>
      withClient((client) => {
        const records = [
          {
            key: null,
            value: null,
            headers: Object.entries(headers).map(([key, value]) => ({
              key,
              value: Buffer.from(String(value)),
            })),
          },
        ];
        return produceOne(client, 'refused', buildBatch(records, { timestampMs: Date.now() }));
      });
    expect(await refused({ 'deliver-at-ms': 'tomorrow' })).toMatchObject({
      errorCode: 87,
      errorMessage: expect.stringContaining('deliver-at-ms'),
    });
    expect(await refused({ 'deliver-at-ms': '99999999999999' })).toMatchObject({
      errorCode: 32,
      errorMessage: expect.stringContaining('100 years'),
    });
    const producer = kafka.producer({ transactionalId: 'refused', maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    const transaction = await producer.transaction();
    const sent = transaction.send({
      topic: 'refused',
      messages: [{ value: 'x', headers: { 'deliver-at-ms': later(1000) } }],
    });
    await expect(sent).rejects.toThrow();
    await transaction.abort();
    await producer.disconnect();
    // The marker of the transaction.
    expect(Number((await withClient((client) => fetchOne(client, 'refused'))).highWatermark)).toBe(1);
  });
});

describe('dedup-id', () => {
  const once = (value: string, id: string): Message => ({ value, headers: { 'dedup-id': id } });

  test('keeps a record from being stored twice, in whichever partition, and answers with the first place', async () => {
    await create('dedup', {}, 2);
    const [first] = await send('dedup', [{ ...once('one', '1'), partition: 0 }]);
    const [again] = await send('dedup', [{ ...once('one again', '1'), partition: 0 }]);
    const [elsewhere] = await send('dedup', [{ ...once('one elsewhere', '1'), partition: 1 }]);
    expect(first).toMatchObject({ baseOffset: '0' });
    expect(again).toMatchObject({ errorCode: 0, baseOffset: '0' });
    expect(elsewhere).toMatchObject({ errorCode: 0, baseOffset: '-1' });
    const [mixed] = await send('dedup', [
      { ...once('one', '1'), partition: 0 },
      { ...once('two', '2'), partition: 0 },
      { ...once('two', '2'), partition: 0 },
      { value: 'three', partition: 0 },
    ]);
    expect(mixed).toMatchObject({ baseOffset: '1' });
    expect((await consume('dedup', 3)).map(({ value, offset }) => [value, offset])).toEqual([
      ['one', 0],
      ['two', 2],
      ['three', 4],
    ]);
  });

  test('is remembered over a restart, and for idempotent producers, too', async () => {
    await create('dedup-restart');
    await send('dedup-restart', [once('one', 'a'), once('two', 'b')], { idempotent: true });
    await broker.close();
    await start();
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const [again] = await producer.send({
      topic: 'dedup-restart',
      messages: [once('x', 'a'), once('y', 'b')],
    });
    const [next] = await producer.send({ topic: 'dedup-restart', messages: [once('three', 'c')] });
    await producer.disconnect();
    expect(again).toMatchObject({ errorCode: 0, baseOffset: '0' });
    expect(next).toMatchObject({ baseOffset: '2' });
    expect((await consume('dedup-restart', 3)).map(({ value }) => value)).toEqual(['one', 'two', 'three']);
  });

  test('is forgotten when the window is over, and is of one topic', async () => {
    await create('dedup-window', { 'polylog.dedup.window.ms': '1' });
    await create('dedup-other');
    await send('dedup-window', [once('first', 'w')]);
    await send('dedup-other', [once('other', 'w')]);
    const fromMs = Date.now();
    while (Date.now() <= fromMs + 2) await new Promise((resolve) => setImmediate(resolve));
    await send('dedup-window', [once('second', 'w')]);
    expect((await consume('dedup-window', 2)).map(({ value }) => value)).toEqual(['first', 'second']);
    expect(await consume('dedup-other', 1)).toHaveLength(1);
  });

  test('of a delayed record keeps a second one away, too', async () => {
    await create('dedup-late');
    const headers = { 'dedup-id': 'l', 'deliver-at-ms': later(200) };
    await send('dedup-late', [{ value: 'late', headers }]);
    await send('dedup-late', [{ value: 'late again', headers }]);
    await send('dedup-late', [{ value: 'end', headers: { 'deliver-at-ms': later(400) } }]);
    expect((await consume('dedup-late', 2)).map(({ value }) => value)).toEqual(['late', 'end']);
    // Nothing else was ever there.
    expect(Number((await withClient((client) => fetchOne(client, 'dedup-late'))).highWatermark)).toBe(2);
  });
});
