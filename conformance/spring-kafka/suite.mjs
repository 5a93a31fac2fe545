// Spring Boot with spring-kafka: the example's day is run twice, the second time after kill -9 of the broker. What it
// prints is checked, and what it left in the broker is looked at with another client.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { check, equal, PATIENCE_MS, summary, test, within } from '../lib/harness.mjs';
import { brokerCtl } from '../lib/suite.mjs';

const { BOOTSTRAP, JAR, RUN } = process.env;

/** The lines that the example prints. */
async function day(name) {
  const options = ['-Xmx256M', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const child = spawn('java', [...options, '-jar', JAR], { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(join(RUN, `${name}.log`));
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
    log.write(chunk);
  });
  child.stderr.pipe(log);
  try {
    const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
    const status = await within(2 * PATIENCE_MS, 'the example to end', ended);
    check(status === 0, `it ended with ${status}; its output is in ${name}.log`);
  } finally {
    child.kill('SIGKILL');
  }
  return text.split('\n');
}

function has(lines, wanted) {
  const [what] = wanted.split(':');
  const found = lines.find((line) => line.startsWith(`${what}: `));
  equal(found, wanted, what);
}

let lines = [];
await test('spring: the example comes to its end', async () => {
  lines = await day('day');
});
await test('spring: KafkaTemplate, and a listener of three threads with manual acknowledgements', async () =>
  has(lines, 'orders: 300 once each, 3 threads'));
await test('spring: retry topics and a dead-letter topic', async () =>
  has(lines, 'payments: paid [prompt, slow], dead [refused], attempts 1 3 3'));
await test('spring: a transaction that fails is rolled back', async () =>
  has(lines, 'rolled back: changed our mind'));
await test('spring: a listener reads, writes and commits in transactions', async () =>
  has(lines, 'invoices: each once, failures 2'));

const kafka = new kafkajs.Kafka({
  clientId: 'conformance',
  brokers: [BOOTSTRAP],
  logLevel: kafkajs.logLevel.NOTHING,
});
const admin = kafka.admin();
await test('spring: topics, and everything committed', async () => {
  await admin.connect();
  const topics = new Set(await admin.listTopics());
  for (const topic of ['orders', 'payments', 'payments-retry', 'payments-dlt', 'deliveries', 'invoices'])
    check(topics.has(topic), `${topic} is not among ${[...topics]}`);
  const [{ partitions }] = await admin.fetchOffsets({ groupId: 'orders', topics: ['orders'] });
  equal(
    partitions.reduce((sum, each) => sum + Number(each.offset), 0),
    300,
    'committed offsets of the orders',
  );
  const [letter] = await admin
    .fetchTopicOffsets('payments-dlt')
    .then((all) => all.filter((each) => each.high !== '0'));
  equal(letter?.high, '1', 'letters in the dead-letter topic');
  await admin.disconnect();
});
await test('spring: a second day, after kill -9 of the broker', async () => {
  await brokerCtl('restart');
  const again = await day('second-day');
  has(again, 'orders: 300 once each, 3 threads');
  has(again, 'payments: paid [prompt, slow], dead [refused], attempts 1 3 3');
  has(again, 'invoices: each once, failures 2');
});
process.exit(summary());
