// One topic, three protocols' ways to it: RocketMQ's client sends and receives, a Kafka client produces and consumes, a share group shares.
import kafkajs from 'kafkajs';
import { Driver } from '../lib/driver.mjs';
import { check, equal, eventually, PATIENCE_MS, summary, test, within } from '../lib/harness.mjs';

const { Kafka, logLevel } = kafkajs;
const JAVA = ['-Xmx256M', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dlog4j2.level=WARN'];
const java = (classpath, name, main) =>
  new Driver({ command: 'java', args: [...JAVA, '-cp', classpath, main], name });

const rocketmq = java(process.env.CLASSPATH, 'rocketmq', 'Driver');
const shares = java(`${process.env.CLASSES}:${process.env.PEER_DIR}/libs/*`, 'shares', 'Shares');
const kafka = new Kafka({
  brokers: [process.env.BOOTSTRAP],
  logLevel: logLevel.NOTHING,
  retry: { retries: 20 },
});

const text64 = (text) => Buffer.from(text).toString('base64');
const call = (driver, op, args) => within(PATIENCE_MS, `${op} to be answered`, driver.call(op, args));

async function createTopic(topic) {
  const admin = kafka.admin();
  await admin.connect();
  const configEntries = [{ name: 'polylog.headers', value: 'true' }];
  await admin.createTopics({ topics: [{ topic, numPartitions: 3, configEntries }] });
  await admin.disconnect();
}

async function readKafka(topic, count) {
  const consumer = kafka.consumer({ groupId: `kafka-${topic}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const got = [];
  const all = new Promise((resolve) => {
    consumer.run({
      eachMessage: async ({ message }) => {
        got.push(message);
        if (got.length === count) resolve();
      },
    });
  });
  await within(PATIENCE_MS, `${count} records of ${topic}`, all);
  await consumer.disconnect();
  return got.map(({ value }) => value.toString());
}

async function readShared(topic, count) {
  const [name, group] = [`share-${topic}`, `share-${topic}`];
  await call(shares, 'configure', {
    group,
    configs: { 'share.auto.offset.reset': 'earliest', 'share.isolation.level': 'read_committed' },
  });
  await call(shares, 'open', { name, group, topic, properties: {} });
  const got = [];
  const poll = async () => {
    got.push(...(await call(shares, 'poll', { name, ms: 500 })));
    return got.length;
  };
  await eventually(poll, (length) => length >= count, PATIENCE_MS, `${count} records of the share group`);
  await call(shares, 'commit', { name });
  await call(shares, 'close', { name });
  check(
    got.every(({ deliveries }) => deliveries === 1),
    'each was delivered once',
  );
  return got.map(({ value }) => value);
}

async function readRocketmq(topic, count) {
  const [name, group] = [`simple-${topic}`, `g-${topic}`];
  await call(rocketmq, 'simple', { name, group, topic, expression: '*', type: 'TAG', awaitMs: 5000 });
  const got = [];
  const receive = async () => {
    for (const message of await call(rocketmq, 'receive', { name, max: 16, invisibleMs: 30_000 })) {
      got.push(message);
      await call(rocketmq, 'ack', { name, index: message.index });
    }
    return got.length;
  };
  await eventually(receive, (length) => length >= count, PATIENCE_MS, `${count} messages`);
  equal(await call(rocketmq, 'receive', { name, max: 16, invisibleMs: 30_000 }), [], 'what is left');
  await call(rocketmq, 'close', { name });
  return got.map(({ body }) => Buffer.from(body, 'base64').toString());
}

const inOrder = (values, start) => values.filter((value) => value.startsWith(start));

await test('the drivers start', () => call(rocketmq, 'hello'));

await test("what RocketMQ's client sends, Kafka's consumer, a share group and RocketMQ's consumer read", async () => {
  const topic = 'from-rocketmq';
  await createTopic(topic);
  const send = (message) =>
    call(rocketmq, 'send', { topic, messages: [{ ...message, body: text64(message.body) }] });
  await send({ body: 'normal', tag: 'a', properties: { colour: 'red' } });
  for (let i = 0; i < 5; i++) await send({ body: `fifo ${i}`, group: 'customer' });
  await send({ body: 'delayed', deliverAtMs: Date.now() + 2000 });
  await call(rocketmq, 'transact', { topic, body: text64('committed'), end: 'commit' });
  await call(rocketmq, 'transact', { topic, body: text64('rolled back'), end: 'rollback' });
  const fifo = Array.from({ length: 5 }, (_, i) => `fifo ${i}`);
  const all = [...fifo, 'committed', 'delayed', 'normal'].sort();
  for (const read of [readKafka, readShared, readRocketmq]) {
    const got = await read(topic, all.length);
    equal([...got].sort(), all, `${read.name}: messages`);
    equal(inOrder(got, 'fifo'), fifo, `${read.name}: order of the message group`);
  }
});

await test("what a Kafka client produces, RocketMQ's consumer and a share group read", async () => {
  const topic = 'from-kafka';
  await createTopic(topic);
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ key: 'k', value: 'plain', headers: { tag: 'a' } }] });
  for (let i = 0; i < 5; i++)
    await producer.send({ topic, messages: [{ key: 'customer', value: `keyed ${i}` }] });
  const headers = { 'deliver-at-ms': String(Date.now() + 2000) };
  await producer.send({ topic, messages: [{ value: 'delayed', headers }] });
  await producer.disconnect();
  const transactional = kafka.producer({
    transactionalId: 'one-topic',
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await transactional.connect();
  for (const [value, end] of [
    ['aborted', 'abort'],
    ['committed', 'commit'],
  ]) {
    const transaction = await transactional.transaction();
    await transaction.send({ topic, messages: [{ value }] });
    await transaction[end]();
  }
  await transactional.disconnect();
  const keyed = Array.from({ length: 5 }, (_, i) => `keyed ${i}`);
  const all = ['committed', 'delayed', ...keyed, 'plain'].sort();
  for (const read of [readRocketmq, readShared, readKafka]) {
    const got = await read(topic, all.length);
    equal([...got].sort(), all, `${read.name}: messages`);
    equal(inOrder(got, 'keyed'), keyed, `${read.name}: order of the key`);
  }
});

for (const driver of [rocketmq, shares]) driver.closeInput();
summary();
