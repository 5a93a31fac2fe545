// kaskade: topics are made, changed and deleted by its forms and looked at by confluent-kafka; messages and groups come from
// confluent-kafka and are looked at by kaskade. What it shows is compared whole.
import { join } from 'node:path';
import { Driver } from '../lib/driver.mjs';
import { check, equal, eventually, PATIENCE_MS, summary, test } from '../lib/harness.mjs';
import { message } from '../lib/scenarios/produce.mjs';
import { brokerCtl } from '../lib/suite.mjs';

const { BOOTSTRAP, PYTHON } = process.env;
const TOPIC = 'orders';
const PARTITIONS = 3;
const PER_PARTITION = [10, 20, 30];
const RECORDS = PER_PARTITION.reduce((sum, count) => sum + count);
const WEEK_MS = 604_800_000;
const DAY_MS = 86_400_000;
const TIMESTAMP = Date.UTC(2026, 0, 2, 3, 4, 5);

const drivers = [];
function start(name, folder, onEvent) {
  const args = [join(import.meta.dirname, '..', folder, 'driver.py')];
  const driver = new Driver({ command: PYTHON, args, name, onEvent });
  drivers.push(driver);
  return driver;
}
const client = start('client', 'confluent-kafka');
const ui = start('ui', 'kaskade');

/** The rows of the table of topics without a broker's internal ones. */
const topics = async (filter = '') =>
  (await ui.call('topics', { filter })).filter(([name]) => !name.startsWith('__'));
/** Numbers that others may still change are shown with a sign in front. */
const about = (count) => `≈${count}`;
const row = (name, partitions, { groups = 0, members = 0, records = 0, lag = 0 } = {}) => {
  const counts = [partitions, 1, 1, groups, members].map(String);
  return [name, ...counts, about(records), about(lag)];
};

await test('ui: an empty cluster has no topics', async () => equal(await topics(), [], 'topics'));

await test('ui: its form makes a topic', async () => {
  equal(
    await ui.call('create', { topic: TOPIC, partitions: 2 }),
    "Topic Created: Created topic 'orders'",
    'kaskade',
  );
  equal(await client.call('describeTopic', { topic: TOPIC }), { partitions: 2 }, 'the client');
  const configs = await client.call('describeConfigs', { topic: TOPIC });
  equal(
    [configs['retention.ms'], configs['cleanup.policy']],
    [String(WEEK_MS), 'delete'],
    'settings of the form',
  );
  equal(await topics(), [row(TOPIC, 2)], 'topics');
});

await test('ui: a topic that exists is refused', async () => {
  const said = await ui.call('create', { topic: TOPIC, partitions: 1 });
  check(/^Kafka Error: .*already exists/.test(said), `it said: ${said}`);
});

await test('ui: its form adds a partition and changes retention', async () => {
  const wanted = { topic: TOPIC, partitions: PARTITIONS, retentionMs: DAY_MS };
  equal(await ui.call('edit', wanted), "Topic Updated: Updated topic 'orders'", 'kaskade');
  equal(await client.call('describeTopic', { topic: TOPIC }), { partitions: PARTITIONS }, 'the client');
  const configs = await client.call('describeConfigs', { topic: TOPIC });
  equal(configs['retention.ms'], String(DAY_MS), 'retention.ms');
});

await test('ui: messages are counted', async () => {
  const messages = PER_PARTITION.flatMap((count, partition) =>
    Array.from({ length: count }, (_, i) =>
      message({
        partition,
        key: `key ${i}`,
        value: i === 7 ? null : `value ${partition}/${i}`,
        headers: [['trace', '1']],
        timestamp: TIMESTAMP,
      }),
    ),
  );
  await client.call('produce', { topic: TOPIC, acks: -1, compression: 'zstd', messages });
  await client.call('deleteRecords', { topic: TOPIC, offsets: { 2: 4 } });
  equal(await topics(), [row(TOPIC, PARTITIONS, { records: RECORDS - 4 })], 'topics');
  const { partitions } = await ui.call('describe', { topic: TOPIC });
  const leader = partitions[0][1];
  equal(
    partitions,
    PER_PARTITION.map((count, partition) => {
      const low = partition === 2 ? 4 : 0;
      return [...[partition, leader, low, count, count - low].map(String), ...[`[${leader}]`, `[${leader}]`]];
    }),
    'partitions',
  );
});

await test('ui: records are shown as they were sent', async () => {
  const { rows, headers } = await ui.call('records', { topic: TOPIC, count: RECORDS - 4 });
  const shown = rows
    .map(([key, value, _size, time, partition, offset, headerCount]) => ({
      at: [Number(partition), Number(offset)],
      row: [key, value, time.slice(0, 19), headerCount],
    }))
    .sort((a, b) => a.at[0] - b.at[0] || a.at[1] - b.at[1]);
  const time = new Date(TIMESTAMP).toISOString().slice(0, 19).replace('T', ' ');
  const wanted = PER_PARTITION.flatMap((count, partition) =>
    Array.from({ length: count }, (_, i) => ({
      at: [partition, i],
      row: [`key ${i}`, i === 7 ? 'null' : `value ${partition}/${i}`, time, '1'],
    })),
  ).filter(({ at }) => at[0] !== 2 || at[1] >= 4);
  equal(shown, wanted, 'records');
  equal(headers, ['trace'], 'headers of the last one');
});

await test('ui: a group that nobody is in, its lag and its offsets', async () => {
  await client.call('setOffsets', { group: 'shipping', topic: TOPIC, offsets: { 0: 4, 1: 20, 2: 5 } });
  equal(await topics(), [row(TOPIC, PARTITIONS, { groups: 1, records: RECORDS - 4, lag: 31 })], 'topics');
  const {
    groups,
    'group-offsets': offsets,
    'group-members': members,
  } = await ui.call('describe', { topic: TOPIC });
  const [[id, coordinator, state, assignor, ...counts], ...others] = groups;
  equal([id, state, assignor, counts, others], ['shipping', 'empty', '', ['3', '0', '31'], []], 'groups');
  check(coordinator.includes(BOOTSTRAP), `the coordinator is ${coordinator}`);
  equal(
    offsets.sort(),
    [
      ['shipping', '0', '4', '10', '6'],
      ['shipping', '1', '20', '20', '0'],
      ['shipping', '2', '5', '30', '25'],
    ],
    'offsets',
  );
  equal(members, [], 'members');
});

/** A member that reads and commits everything, and stays. */
async function startMember(group, protocol) {
  const committed = new Map();
  const member = start(group, 'confluent-kafka', ({ event, offsets }) => {
    if (event !== 'committed') return;
    for (const [partition, offset] of Object.entries(offsets)) committed.set(Number(partition), offset);
  });
  await member.call('member', { group, topic: TOPIC, sessionTimeoutMs: 6_000, protocol });
  await member.watch.until(
    () => PER_PARTITION.every((count, partition) => committed.get(partition) === count),
    PATIENCE_MS,
    () => `${group} to commit everything; it has ${JSON.stringify([...committed])}`,
  );
  return member;
}

let member;
await test('ui: a member and its assignment', async () => {
  member = await startMember('billing', 'classic');
  const shown = await ui.call('describe', { topic: TOPIC });
  const [id, , ...rest] = shown.groups.find(([name]) => name === 'billing');
  equal([id, ...rest], ['billing', 'stable', 'range', '3', '1', '0'], 'the group');
  const [[group, clientId, memberId, host, assignment], ...others] = shown['group-members'];
  equal([group, clientId, assignment, others], ['billing', 'rdkafka', '[0, 1, 2]', []], 'the member');
  check(memberId.startsWith('rdkafka-'), `its id is ${memberId}`);
  equal(host, '/127.0.0.1', 'its host');
  const wanted = { groups: 2, members: 1, records: RECORDS - 4, lag: 31 };
  equal(await topics(), [row(TOPIC, PARTITIONS, wanted)], 'topics');
});

await test('ui: a group of the consumer protocol', async () => {
  const other = await startMember('audit', 'consumer');
  const shown = await ui.call('describe', { topic: TOPIC });
  const [id, , ...rest] = shown.groups.find(([name]) => name === 'audit');
  equal([id, ...rest], ['audit', 'stable', 'uniform', '3', '1', '0'], 'the group');
  const members = shown['group-members'].map(([group, clientId, , host, assignment]) => [
    group,
    clientId,
    host,
    assignment,
  ]);
  const wanted = ['rdkafka', '/127.0.0.1', '[0, 1, 2]'];
  equal(
    members.sort(),
    [
      ['audit', ...wanted],
      ['billing', ...wanted],
    ],
    'the members',
  );
  await other.call('leave');
});

await test('ui: all settings of a topic', async () => {
  const { configurations } = await ui.call('describe', { topic: TOPIC });
  equal(
    Object.fromEntries(configurations),
    await client.call('describeConfigs', { topic: TOPIC }),
    'settings',
  );
});

await test('ui: opened anew after kill -9 of the broker, it shows the same', async () => {
  await member.call('leave');
  const before = await topics();
  await ui.call('close');
  await brokerCtl('restart');
  equal(await topics(), before, 'topics');
});

await test('ui: topics are filtered by name', async () => {
  for (const topic of ['payments', 'payments.late']) await ui.call('create', { topic, partitions: 1 });
  await eventually(
    () => topics().then((rows) => rows.map(([name]) => name)),
    (names) => names.length === 3,
    PATIENCE_MS,
    'three topics',
  );
  equal(await topics('pay'), [row('payments', 1), row('payments.late', 1)], 'topics with pay in their name');
});

await test('ui: a topic is deleted when its name is typed', async () => {
  const refused = await ui.call('remove', { topic: TOPIC, typed: 'order' });
  check(refused.startsWith('Confirmation Required'), `it said: ${refused}`);
  equal(await ui.call('remove', { topic: TOPIC }), "Topic Deleted: Deleted topic 'orders'", 'kaskade');
  const left = await eventually(
    () => client.call('listTopics'),
    (names) => !names.includes(TOPIC),
    PATIENCE_MS,
    'the topic to be gone',
  );
  equal(left.filter((name) => !name.startsWith('__')).sort(), ['payments', 'payments.late'], 'topics');
  equal(await topics(), [row('payments', 1), row('payments.late', 1)], 'topics');
});

for (const driver of drivers) driver.closeInput();
await Promise.all(drivers.map((driver) => driver.ended));
process.exit(summary());
