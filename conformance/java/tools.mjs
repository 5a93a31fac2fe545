// Kafka's own command-line tools against the broker: each is started as a user would, and its output is looked at.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, equal, PATIENCE_MS, within } from '../lib/harness.mjs';

const BOOTSTRAP = process.env.BOOTSTRAP;
const SCRIPT = join(import.meta.dirname, '../../bench/peers/kafka/tool.sh');
const SERVER = ['--bootstrap-server', BOOTSTRAP];
const TOPIC = 'tools-topic';
const GROUP = 'tools-group';

/** Runs one of Kafka's tools; answers its standard output. Any other status than `status` is an error. */
async function tool(name, args, { input = '', status = 0 } = {}) {
  const env = { ...process.env, HEAP: '-Xmx256M -XX:TieredStopAtLevel=1' };
  const child = spawn(SCRIPT, [name, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  let code;
  try {
    code = await within(
      PATIENCE_MS,
      `${name} to end; so far: ${stdout.slice(-300)} ${stderr.slice(-300)}`,
      ended,
    );
  } finally {
    child.kill('SIGKILL');
  }
  check(
    code === status,
    `${name} ${args.join(' ')}: status ${code}; ${stdout.slice(-300)} ${stderr.slice(-500)}`,
  );
  return stdout;
}

function contains(text, pattern, what) {
  check(pattern.test(text), `${what}: ${pattern} is not in ${text.trim()}`);
}

export async function toolSteps({ step }) {
  if (process.env.SCENARIOS !== undefined && !process.env.SCENARIOS.includes('tools')) return;
  await topicTools(step);
  await quotaTools(step);
  await consoleTools(step);
  await groupTools(step);
  await recordTools(step);
  await loadTools(step);
}

async function topicTools(step) {
  await step('kafka-topics: create, describe, alter, list', async () => {
    const topic = ['--topic', TOPIC];
    await tool('topics', [
      ...SERVER,
      '--create',
      ...topic,
      '--partitions',
      '2',
      '--config',
      'retention.ms=86400000',
    ]);
    const described = await tool('topics', [...SERVER, '--describe', ...topic]);
    contains(described, /PartitionCount: 2/, 'partitions');
    contains(described, /retention\.ms=86400000/, 'config');
    await tool('topics', [...SERVER, '--alter', ...topic, '--partitions', '3']);
    contains(await tool('topics', [...SERVER, '--list']), new RegExp(`^${TOPIC}$`, 'm'), 'list');
  });
  await step('kafka-configs: alter and describe', async () => {
    const entity = [...SERVER, '--entity-type', 'topics', '--entity-name', TOPIC];
    await tool('configs', [
      ...entity,
      '--alter',
      '--add-config',
      'retention.ms=3600000,max.message.bytes=2000000',
    ]);
    await tool('configs', [...entity, '--alter', '--delete-config', 'max.message.bytes']);
    const described = await tool('configs', [...entity, '--describe']);
    contains(described, /retention\.ms=3600000/, 'retention.ms');
    check(!/max\.message\.bytes=/.test(described), `max.message.bytes is still set: ${described}`);
  });
}

async function quotaTools(step) {
  await step('kafka-configs: quotas of a user', async () => {
    const entity = [...SERVER, '--entity-type', 'users', '--entity-name', 'tools-user'];
    await tool('configs', [
      ...entity,
      '--alter',
      '--add-config',
      'producer_byte_rate=1024,request_percentage=50',
    ]);
    contains(await tool('configs', [...entity, '--describe']), /producer_byte_rate=1024\.0/, 'quota');
    await tool('configs', [...entity, '--alter', '--delete-config', 'producer_byte_rate,request_percentage']);
    const left = await tool('configs', [...entity, '--describe']);
    check(!/producer_byte_rate/.test(left), `the quota is still there: ${left}`);
  });
}

async function consoleTools(step) {
  const lines = Array.from({ length: 100 }, (_, i) => `key-${i}:value-${i}`);
  await step('kafka-console-producer and -consumer', async () => {
    const reader = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:'];
    await tool('console-producer', [...SERVER, '--topic', TOPIC, ...reader], {
      input: `${lines.join('\n')}\n`,
    });
    const printer = ['--formatter-property', 'print.key=true', '--formatter-property', 'key.separator=:'];
    const read = [
      ...SERVER,
      '--topic',
      TOPIC,
      '--from-beginning',
      '--max-messages',
      '100',
      '--timeout-ms',
      '60000',
    ];
    const got = await tool('console-consumer', [...read, ...printer]);
    equal(got.trim().split('\n').sort(), [...lines].sort(), 'lines');
  });
  await step('kafka-console-consumer in a group', async () => {
    const read = [...SERVER, '--topic', TOPIC, '--from-beginning', '--group', GROUP];
    const got = await tool('console-consumer', [...read, '--max-messages', '100', '--timeout-ms', '60000']);
    equal(got.trim().split('\n').length, 100, 'lines');
  });
}

async function groupTools(step) {
  const ofGroup = [...SERVER, '--group', GROUP];
  // GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG …
  const lag = async () => {
    const text = await tool('consumer-groups', [...ofGroup, '--describe']);
    const rows = text.split('\n').filter((line) => line.startsWith(GROUP));
    check(rows.length === 3, `three rows are wanted: ${text}`);
    return rows.map((row) => Number(row.split(/\s+/)[5])).reduce((sum, each) => sum + each, 0);
  };
  await step('kafka-consumer-groups: list and describe', async () => {
    contains(await tool('consumer-groups', [...SERVER, '--list']), new RegExp(`^${GROUP}$`, 'm'), 'list');
    equal(await lag(), 0, 'lag after everything was consumed');
  });
  await step('kafka-consumer-groups: reset offsets', async () => {
    const reset = [...ofGroup, '--reset-offsets', '--topic', TOPIC];
    await tool('consumer-groups', [...reset, '--to-earliest', '--dry-run']);
    equal(await lag(), 0, 'lag after a dry run');
    await tool('consumer-groups', [...reset, '--to-earliest', '--execute']);
    equal(await lag(), 100, 'lag after the reset to the earliest');
    await tool('consumer-groups', [...reset, '--to-latest', '--execute']);
    equal(await lag(), 0, 'lag after the reset to the latest');
  });
  await step('kafka-consumer-groups: delete', async () => {
    await tool('consumer-groups', [...ofGroup, '--delete']);
    const left = await tool('consumer-groups', [...SERVER, '--list']);
    check(!left.includes(GROUP), `still listed: ${left}`);
  });
}

async function recordTools(step) {
  const offsets = async (time) => {
    const text = await tool('offsets', [...SERVER, '--topic', TOPIC, '--time', time]);
    return text
      .trim()
      .split('\n')
      .map((line) => Number(line.split(':')[2]));
  };
  await step('kafka-get-offsets', async () => {
    equal(await offsets('earliest'), [0, 0, 0], 'earliest');
    const latest = await offsets('latest');
    equal(
      latest.reduce((sum, each) => sum + each, 0),
      100,
      'sum of the latest',
    );
  });
  await step('kafka-delete-records', async () => {
    const file = join(process.env.RUN, 'delete-records.json');
    writeFileSync(
      file,
      JSON.stringify({ version: 1, partitions: [{ topic: TOPIC, partition: 0, offset: 5 }] }),
    );
    await tool('delete-records', [...SERVER, '--offset-json-file', file]);
    equal(await offsets('earliest'), [5, 0, 0], 'earliest after the deletion');
  });
  await step('kafka-log-dirs', async () => {
    const text = await tool('log-dirs', [...SERVER, '--describe', '--topic-list', TOPIC]);
    const { brokers } = JSON.parse(text.split('\n').find((line) => line.startsWith('{')));
    const partitions = brokers.flatMap((each) => each.logDirs).flatMap((each) => each.partitions);
    equal(
      partitions.map((each) => each.partition).sort(),
      [`${TOPIC}-0`, `${TOPIC}-1`, `${TOPIC}-2`],
      'partitions',
    );
    check(
      partitions.some((each) => each.size > 0),
      `no partition has a size: ${text}`,
    );
  });
}

async function loadTools(step) {
  const count = '20000';
  await step('kafka-producer-perf-test and kafka-consumer-perf-test', async () => {
    const properties = ['--command-property', `bootstrap.servers=${BOOTSTRAP}`, 'acks=all'];
    const load = [
      '--topic',
      'tools-perf',
      '--num-records',
      count,
      '--record-size',
      '100',
      '--throughput',
      '-1',
    ];
    await tool('topics', [...SERVER, '--create', '--topic', 'tools-perf', '--partitions', '3']);
    contains(await tool('producer-perf', [...load, ...properties]), /20000 records sent/, 'producer-perf');
    const read = await tool('consumer-perf', [...SERVER, '--topic', 'tools-perf', '--num-records', count]);
    contains(read, /, 20000, /, 'consumer-perf');
  });
  await step('kafka-verifiable-producer and -consumer', async () => {
    const ofTopic = [...SERVER, '--topic', 'tools-verifiable', '--max-messages', '1000'];
    await tool('topics', [...SERVER, '--create', '--topic', 'tools-verifiable', '--partitions', '3']);
    const sent = await tool('verifiable-producer', ofTopic);
    contains(sent, /"name":"tool_data".*|"sent":1000/, 'verifiable-producer');
    equal(sent.match(/"producer_send_success"/g)?.length, 1_000, 'acknowledged messages');
    const reset = ['--reset-policy', 'earliest', '--group-id', 'tools-verifiable', '--verbose'];
    const got = await tool('verifiable-consumer', [...ofTopic, ...reset]);
    equal(got.match(/"record_data"/g)?.length, 1_000, 'messages of the consumer');
  });
}
