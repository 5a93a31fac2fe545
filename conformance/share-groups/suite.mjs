// Kafka's share consumer (KIP-932): acknowledgements of every kind, locks, limits of delivery, consumers that share and that die,
// transactions, restarts of the broker, administration and tools; then what Polylog has beyond: dead letters and delayed retries.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Driver } from '../lib/driver.mjs';
import { check, equal, eventually, PATIENCE_MS, test as step, summary, within } from '../lib/harness.mjs';
import { brokerCtl } from '../lib/suite.mjs';

const isPolylog = process.env.BROKER !== 'kafka';
const LOCK_MS = 2000;
const ALL_AT_ONCE = 5000;
const EXPLICIT = { 'share.acknowledgement.mode': 'explicit' };

const drivers = new Set();
function startDriver(name) {
  const heap = ['-Xmx256M', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dlog4j2.level=WARN'];
  const classpath = `${process.env.CLASSES}:${process.env.PEER_DIR}/libs/*`;
  const driver = new Driver({ command: 'java', args: [...heap, '-cp', classpath, 'Shares'], name });
  drivers.add(driver);
  driver.ended.then(() => drivers.delete(driver));
  return driver;
}

const main = startDriver('shares');
/** SCENARIOS="words of a name" in the environment runs only those tests. */
const chosen = process.env.SCENARIOS ?? '';
const test = async (name, body) => (name.includes(chosen) ? step(name, body) : undefined);
const numbers = (count, from = 0) => Array.from({ length: count }, (_, i) => `m${i + from}`);
const values = (records) => records.map(({ value }) => value);
let serial = 0;

/** A topic with messages, and a share group that begins with the first of them. */
async function setUp({ name, count = 0, partitions = 1, configs = {}, apart = false }) {
  const topic = `${name}-${serial++}`;
  const group = `group-${topic}`;
  await main.call('createTopic', { topic, partitions });
  await main.call('configure', {
    group,
    configs: {
      'share.auto.offset.reset': 'earliest',
      'share.record.lock.duration.ms': `${LOCK_MS}`,
      ...configs,
    },
  });
  if (count > 0) await produce(topic, numbers(count), apart ? { apart } : {});
  return { topic, group };
}

const produce = (topic, wanted, more = {}) => main.call('produce', { topic, values: wanted, ...more });

/** A consumer by its name, in one process or another. */
class Member {
  constructor(driver, name, { topic, group }) {
    this.driver = driver;
    this.name = name;
    this.topic = topic;
    this.group = group;
  }

  call(op, more = {}) {
    return this.driver.call(op, { name: this.name, ...more });
  }

  poll(ms = ALL_AT_ONCE) {
    return this.call('poll', { ms });
  }

  /** Polls until something comes. */
  async some() {
    return eventually(
      () => this.poll(500),
      (records) => records.length > 0,
      PATIENCE_MS,
      'records',
    );
  }

  /** Polls until there are so many, which are acknowledged implicitly by the next poll. */
  async gather(count) {
    const records = [];
    await eventually(
      async () => {
        records.push(...(await this.poll(500)));
        return records.length;
      },
      (length) => length >= count,
      PATIENCE_MS,
      `${count} records`,
    );
    return records;
  }

  acknowledge(type, ...records) {
    return this.call('acknowledge', { type, values: values(records) });
  }

  /** Commits what was acknowledged; by partition the error, or nothing. */
  commit() {
    return this.call('commit');
  }

  close() {
    return this.call('close');
  }
}

async function joined(where, { driver = main, name = `c${serial++}`, properties = {} } = {}) {
  await driver.call('open', { name, group: where.group, topic: where.topic, properties });
  return new Member(driver, name, where);
}

/** A commit with an error for no partition; one with nothing to commit names none. */
const done = (outcome) =>
  check(
    Object.values(outcome).every((error) => error === ''),
    `outcome of the commit: ${JSON.stringify(outcome)}`,
  );

await test('implicit: what was polled is acknowledged by the next poll, and comes once', async () => {
  const where = await setUp({ name: 'implicit', count: 100, partitions: 3 });
  const a = await joined(where);
  const records = await a.gather(100);
  equal(values(records).sort(), numbers(100).sort(), 'values');
  check(
    records.every(({ deliveries }) => deliveries === 1),
    'every record was delivered once',
  );
  done(await a.commit());
  await a.close();
  const b = await joined(where);
  equal(await b.poll(1500), [], 'records that are left');
  await produce(where.topic, ['more']);
  equal(values(await b.some()), ['more'], 'a new record');
  await b.close();
});

await test('explicit: accepted, released and rejected records', async () => {
  const where = await setUp({ name: 'explicit', count: 10 });
  const a = await joined(where, { properties: EXPLICIT });
  const first = await a.some();
  equal(values(first), numbers(10), 'values');
  await a.acknowledge('ACCEPT', ...first.slice(0, 4));
  await a.acknowledge('RELEASE', ...first.slice(4, 7));
  await a.acknowledge('REJECT', ...first.slice(7));
  done(await a.commit());
  const again = await a.some();
  equal(values(again), ['m4', 'm5', 'm6'], 'released values');
  equal([...new Set(again.map(({ deliveries }) => deliveries))], [2], 'deliveries');
  await a.acknowledge('ACCEPT', ...again);
  done(await a.commit());
  equal(await a.poll(1000), [], 'records that are left');
  await a.close();
});

await test('explicit: who does not acknowledge gets no more records, and a commit says for which partition', async () => {
  const where = await setUp({ name: 'unanswered', count: 5 });
  const a = await joined(where, { properties: EXPLICIT });
  const records = await a.some();
  const refused = await a.poll(100).then(
    () => 'polled',
    (error) => `${error.message}`,
  );
  check(/IllegalState/.test(refused), `the second poll: ${refused}`);
  await a.acknowledge('ACCEPT', ...records);
  equal(await a.commit(), { [`${where.topic}-0`]: '' }, 'outcome');
  await a.close();
});

await test('a lock that expires: the record comes again, and the late acknowledgement is refused', async () => {
  const where = await setUp({ name: 'expiry', count: 3 });
  const slow = await joined(where, { properties: EXPLICIT });
  const taken = await slow.some();
  equal(values(taken), numbers(3), 'values');
  equal(await slow.call('lock'), LOCK_MS, 'lock that the client was told');
  const quick = await joined(where, { properties: EXPLICIT });
  const again = await quick.some();
  equal(values(again), numbers(3), 'values after the lock');
  equal([...new Set(again.map(({ deliveries }) => deliveries))], [2], 'deliveries');
  await slow.acknowledge('ACCEPT', ...taken);
  const late = await slow.commit();
  check(/InvalidRecordState/.test(late[`${where.topic}-0`]), `late commit: ${JSON.stringify(late)}`);
  await quick.acknowledge('ACCEPT', ...again);
  done(await quick.commit());
  await slow.close();
  await quick.close();
});

await test("renewed records stay their consumer's", async () => {
  const where = await setUp({ name: 'renewal', count: 2 });
  const a = await joined(where, { properties: EXPLICIT });
  let held = await a.some();
  const b = await joined(where, { properties: EXPLICIT });
  const until = Date.now() + 2.2 * LOCK_MS;
  while (Date.now() < until) {
    await a.acknowledge('RENEW', ...held);
    done(await a.commit());
    held = await a.some();
    equal(values(held), numbers(2), 'renewed values');
    equal(await b.poll(LOCK_MS / 4), [], 'records of another');
  }
  equal([...new Set(held.map(({ deliveries }) => deliveries))], [1], 'deliveries');
  await a.acknowledge('ACCEPT', ...held);
  done(await a.commit());
  equal(await b.poll(1.5 * LOCK_MS), [], 'records that are left');
  await a.close();
  await b.close();
});

await test('the limit of deliveries: a record that is released too often comes no more', async () => {
  const where = await setUp({ name: 'limit', count: 2, configs: { 'share.delivery.count.limit': '3' } });
  const a = await joined(where, { properties: EXPLICIT });
  for (let delivery = 1; delivery <= 3; delivery++) {
    const records = await a.some();
    equal(values(records), delivery === 1 ? numbers(2) : ['m0'], `values of delivery ${delivery}`);
    equal(records[0].deliveries, delivery, 'deliveries');
    await a.acknowledge('RELEASE', records[0]);
    if (delivery === 1) await a.acknowledge('ACCEPT', records[1]);
    done(await a.commit());
  }
  equal(await a.poll(1000), [], 'records that are left');
  await produce(where.topic, ['next']);
  const next = await a.some();
  equal(values(next), ['next'], 'the next record');
  await a.acknowledge('ACCEPT', ...next);
  done(await a.commit());
  await a.close();
});

await test('a bad record does not take good ones with it: for the last time each comes alone', async () => {
  const where = await setUp({ name: 'bad', count: 20 });
  const a = await joined(where, { properties: EXPLICIT });
  for (let delivery = 1; delivery <= 3; delivery++) {
    const records = await a.some();
    equal([records.length, records[0].deliveries], [20, delivery], `records, and deliveries ${delivery}`);
    await a.acknowledge('RELEASE', ...records);
    done(await a.commit());
  }
  const half = await a.some();
  equal(values(half), numbers(10), 'half of them');
  await a.acknowledge('RELEASE', half[0], half[1]);
  await a.acknowledge('ACCEPT', ...half.slice(2));
  done(await a.commit());
  for (const [value, type] of [
    ['m0', 'RELEASE'],
    ['m1', 'ACCEPT'],
  ]) {
    const last = await a.some();
    equal(values(last), [value], 'alone');
    equal(last[0].deliveries, 5, 'deliveries');
    await a.acknowledge(type, ...last);
    done(await a.commit());
  }
  await a.close();
});

await test('two consumers share one partition, and get each record once', async () => {
  const where = await setUp({ name: 'shared' });
  const properties = { 'max.poll.records': '20', 'share.acquire.mode': 'record_limit' };
  const members = await Promise.all(['one', 'two'].map(() => joined(where, { properties })));
  await eventually(
    async () => {
      // A consumer joins with its first poll.
      await Promise.all(members.map((member) => member.poll(100)));
      return main.call('describe', { group: where.group });
    },
    ({ members: described }) =>
      described.length === 2 && described.every(({ partitions }) => partitions.length === 1),
    PATIENCE_MS,
    'two members with the partition',
  );
  const sent = numbers(2000);
  const seen = [];
  const counts = new Map();
  const sending = produce(where.topic, sent, { apart: true });
  const consuming = members.map(async (member) => {
    while (seen.length < sent.length) {
      const records = await member.poll(200);
      seen.push(...values(records));
      counts.set(member, (counts.get(member) ?? 0) + records.length);
    }
    done(await member.commit());
  });
  await within(PATIENCE_MS, 'all records', Promise.all([sending, ...consuming]));
  equal(seen.sort(), sent.sort(), 'values');
  check(
    members.every((member) => counts.get(member) > 0),
    'each of them had some',
  );
  await Promise.all(members.map((member) => member.close()));
});

await test('batches stay whole unless the limit of records is hard', async () => {
  const where = await setUp({ name: 'whole', count: 100 });
  const soft = await joined(where, { properties: { ...EXPLICIT, 'max.poll.records': '10' } });
  equal((await soft.some()).length, 100, 'records of one batch');
  await soft.close();
  const properties = { ...EXPLICIT, 'max.poll.records': '10', 'share.acquire.mode': 'record_limit' };
  const hard = await joined(where, { properties });
  for (let i = 0; i < 10; i++) {
    const records = await hard.some();
    equal(values(records), numbers(10, 10 * i), 'values');
    equal([...new Set(records.map(({ deliveries }) => deliveries))], [2], 'deliveries');
    await hard.acknowledge('ACCEPT', ...records);
    done(await hard.commit());
  }
  await hard.close();
});

await test('a consumer that is killed: what it had comes to another at once', async () => {
  const where = await setUp({
    name: 'killed',
    count: 50,
    configs: { 'share.record.lock.duration.ms': '60000' },
  });
  const other = startDriver('shares-killed');
  const victim = await joined(where, { driver: other, properties: EXPLICIT });
  const taken = await victim.some();
  await victim.acknowledge('ACCEPT', ...taken.slice(0, 10));
  done(await victim.commit());
  other.kill('SIGKILL');
  await other.ended;
  const heir = await joined(where);
  const records = await heir.gather(40);
  equal(values(records).sort(), numbers(40, 10).sort(), 'values');
  equal([...new Set(records.map(({ deliveries }) => deliveries))], [2], 'deliveries');
  await heir.close();
});

await test('a consumer that closes: what it had not acknowledged comes to another at once', async () => {
  const where = await setUp({
    name: 'closed',
    count: 10,
    configs: { 'share.record.lock.duration.ms': '60000' },
  });
  const a = await joined(where, { properties: EXPLICIT });
  const taken = await a.some();
  await a.acknowledge('ACCEPT', ...taken.slice(0, 5));
  await a.close();
  const b = await joined(where);
  equal(values(await b.gather(5)), numbers(5, 5), 'values');
  await b.close();
});

await test('transactions: read_committed sees neither open nor aborted ones, read_uncommitted all', async () => {
  const committed = await setUp({
    name: 'committed',
    configs: { 'share.isolation.level': 'read_committed' },
  });
  const { topic } = committed;
  const all = { topic, group: `all-${topic}` };
  await main.call('configure', { group: all.group, configs: { 'share.auto.offset.reset': 'earliest' } });
  await main.call('transaction', { transactionalId: topic, topic, values: ['c1', 'c2'] });
  await main.call('endTransaction', { transactionalId: topic, commit: true });
  await main.call('transaction', { transactionalId: topic, topic, values: ['x1', 'x2'] });
  await main.call('endTransaction', { transactionalId: topic, commit: false });
  await produce(topic, ['plain']);
  await main.call('transaction', { transactionalId: topic, topic, values: ['open'] });
  await produce(topic, ['behind']);
  const a = await joined(committed);
  equal(values(await a.gather(3)), ['c1', 'c2', 'plain'], 'committed values');
  const b = await joined(all);
  equal(values(await b.gather(7)), ['c1', 'c2', 'x1', 'x2', 'plain', 'open', 'behind'], 'all values');
  equal(await a.poll(1000), [], 'records behind the open transaction');
  await main.call('endTransaction', { transactionalId: topic, commit: true });
  equal(values(await a.gather(2)), ['open', 'behind'], 'values after its end');
  await a.close();
  await b.close();
});

await test('where a group begins: latest, earliest, by duration', async () => {
  const topic = 'begins';
  await main.call('createTopic', { topic, partitions: 1 });
  await produce(topic, ['old']);
  const groups = { latest: [], earliest: ['old'], 'by_duration:PT1H': ['old'], 'by_duration:PT0S': [] };
  for (const [reset, expected] of Object.entries(groups)) {
    const group = `begins-${reset.replace(':', '-')}`;
    await main.call('configure', { group, configs: { 'share.auto.offset.reset': reset } });
    const member = await joined({ topic, group });
    // It begins with the first fetch, which comes after the first heartbeat.
    equal(values(await member.poll(3000)), expected, reset);
    await member.close();
  }
});

await test('new partitions are read', async () => {
  const where = await setUp({ name: 'grown', count: 1 });
  const a = await joined(where);
  await a.gather(1);
  await main.call('addPartitions', { topic: where.topic, partitions: 2 });
  await eventually(
    () => main.call('describe', { group: where.group }),
    ({ members }) => members[0]?.partitions.length === 2,
    PATIENCE_MS,
    'the new partition',
  );
  const records = [];
  await eventually(
    async () => {
      await produce(where.topic, ['new'], { partition: 1 });
      records.push(...(await a.poll(500)));
      return records.some(({ partition }) => partition === 1);
    },
    (found) => found,
    PATIENCE_MS,
    'a record of the new partition',
  );
  await a.close();
});

await test('a restart of the broker (kill -9): what was committed does not come again, the rest does', async () => {
  const where = await setUp({ name: 'restart', count: 30 });
  const a = await joined(where, { properties: EXPLICIT });
  const first = await a.some();
  equal(first.length, 30, 'records');
  await a.acknowledge('ACCEPT', ...first.slice(0, 10));
  await a.acknowledge('REJECT', ...first.slice(10, 15));
  await a.acknowledge('RELEASE', ...first.slice(15, 20));
  done(await a.commit());
  await brokerCtl('restart');
  const b = await joined(where);
  const again = await b.gather(15);
  equal(values(again).sort(), numbers(15, 15).sort(), 'values');
  done(await b.commit());
  await b.close();
  await a.close();
  const c = await joined(where);
  equal(await c.poll(1500), [], 'records that are left');
  await c.close();
});

await test('administration: groups are listed, described, and their offsets looked at, set and deleted', async () => {
  const where = await setUp({ name: 'admin', count: 10, partitions: 1 });
  const { group, topic } = where;
  const a = await joined(where, { properties: EXPLICIT });
  const records = await a.some();
  const described = await main.call('describe', { group });
  equal(described.state, 'Stable', 'state');
  equal(described.epoch, described.targetEpoch, 'epochs');
  equal(described.members[0].partitions, [`${topic}-0`], 'partitions of the member');
  const listed = await main.call('groups');
  check(
    listed.some((each) => JSON.stringify(each) === JSON.stringify([group, 'Share', 'Stable', 'share'])),
    `${JSON.stringify(listed)} has the group`,
  );
  await a.acknowledge('ACCEPT', ...records.slice(0, 4));
  await a.acknowledge('ACCEPT', records[6]);
  await a.acknowledge('RELEASE', ...records.slice(4, 6), ...records.slice(7));
  done(await a.commit());
  await a.close();
  const [[startOffset, lag]] = Object.values(await main.call('offsets', { group }));
  equal(lag, 5, 'records before it');
  // Kafka may list the start of an acknowledgement before.
  if (isPolylog) equal(startOffset, 4, 'start offset');
  equal((await main.call('describe', { group })).state, 'Empty', 'state without members');
  await main.call('alterOffsets', { group, topic, offsets: { 0: 8 } });
  equal(await main.call('offsets', { group }), { [`${topic}-0`]: [8, 2] }, 'altered offsets');
  const b = await joined(where);
  equal(values(await b.gather(2)), ['m8', 'm9'], 'values from the altered offset');
  const busy = await main.call('alterOffsets', { group, topic, offsets: { 0: 0 } }).then(
    () => 'altered',
    (error) => error.message,
  );
  check(/GroupNotEmpty/.test(busy), `altering offsets of a group with members: ${busy}`);
  await b.close();
  await main.call('deleteOffsets', { group, topics: [topic] });
  equal(await main.call('offsets', { group }), {}, 'offsets that were deleted');
  const c = await joined(where);
  equal((await c.gather(10)).length, 10, 'records from the beginning');
  await c.close();
  await main.call('deleteGroup', { group });
  const gone = await main.call('describe', { group }).then(
    () => 'described',
    (error) => error.message,
  );
  check(/GroupIdNotFound/.test(gone), `describing a deleted group: ${gone}`);
  const d = await joined(where);
  equal((await d.gather(10))[0].deliveries, 1, 'deliveries after the group was deleted');
  await d.close();
  const fresh = `fresh-${topic}`;
  await main.call('alterOffsets', { group: fresh, topic, offsets: { 0: 5 } });
  const e = await joined({ topic, group: fresh });
  equal((await e.gather(5))[0].value, 'm5', 'a group that was made by setting its offsets');
  await e.close();
});

await test('settings of a group', async () => {
  const group = 'settings';
  const before = await main.call('configs', { group });
  equal(before['share.delivery.count.limit'], '5', 'share.delivery.count.limit');
  equal(before['share.auto.offset.reset'], 'latest', 'share.auto.offset.reset');
  equal(before['share.isolation.level'], 'read_uncommitted', 'share.isolation.level');
  equal(before['share.renew.acknowledge.enable'], 'true', 'share.renew.acknowledge.enable');
  const wrong = {
    'share.delivery.count.limit': '100',
    'share.record.lock.duration.ms': '100000000',
    'share.partition.max.record.locks': '1',
    'share.auto.offset.reset': 'by_duration:-PT1S',
    'share.isolation.level': 'all',
  };
  for (const [name, value] of Object.entries(wrong)) {
    const answer = await main.call('configure', { group, configs: { [name]: value } }).then(
      () => 'taken',
      (error) => error.message,
    );
    check(/InvalidConfiguration|InvalidRequest/.test(answer), `${name}=${value}: ${answer}`);
  }
});

/** Runs one of Kafka's tools; answers what it prints. */
async function tool(name, ...args) {
  const script = join(import.meta.dirname, '../../bench/peers/kafka/tool.sh');
  const env = { ...process.env, HEAP: '-Xmx256M -XX:TieredStopAtLevel=1' };
  const child = spawn(script, [name, '--bootstrap-server', process.env.BOOTSTRAP, ...args], { env });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk;
    });
  }
  const status = await within(
    PATIENCE_MS,
    `${name} to end`,
    new Promise((resolve) => child.on('close', resolve)),
  );
  check(status === 0, `${name} ${args.join(' ')}: status ${status}; ${text.slice(-500)}`);
  return text;
}

await test('kafka-share-groups and kafka-console-share-consumer', async () => {
  const where = await setUp({ name: 'tools', count: 3 });
  const { group, topic } = where;
  const read = await tool(
    'console-share-consumer',
    '--topic',
    topic,
    '--group',
    group,
    '--max-messages',
    '3',
    '--timeout-ms',
    '30000',
  );
  for (const value of numbers(3)) check(read.includes(value), `${value} is in ${read}`);
  check((await tool('share-groups', '--list')).includes(group), 'the list has the group');
  const offsets = await tool('share-groups', '--describe', '--group', group, '--offsets');
  const start = isPolylog ? '3' : '\\d';
  check(new RegExp(`${topic}\\s+0\\s+${start}\\s+0`).test(offsets), `start offset and lag are in ${offsets}`);
  check(
    /Empty/.test(await tool('share-groups', '--describe', '--group', group, '--state')),
    'the state is Empty',
  );
  await tool(
    'share-groups',
    '--reset-offsets',
    '--group',
    group,
    '--topic',
    topic,
    '--to-earliest',
    '--execute',
  );
  check(
    /\s0\s+0\s/.test(await tool('share-groups', '--describe', '--group', group, '--offsets')),
    'start offset 0',
  );
  await tool('share-groups', '--delete-offsets', '--group', group, '--topic', topic);
  await tool('share-groups', '--delete', '--group', group);
  check(!(await tool('share-groups', '--list')).includes(group), 'the group is gone');
});

if (isPolylog) {
  await test('dead letters: rejected records and those delivered too often, with their cause', async () => {
    const letters = 'dead-letters';
    const where = await setUp({
      name: 'dying',
      count: 3,
      configs: { 'polylog.share.dead.letter.topic': letters, 'share.delivery.count.limit': '2' },
    });
    const a = await joined(where, { properties: EXPLICIT });
    const first = await a.some();
    await a.acknowledge('REJECT', first[0]);
    await a.acknowledge('RELEASE', first[1]);
    await a.acknowledge('ACCEPT', first[2]);
    done(await a.commit());
    const again = await a.some();
    equal(values(again), ['m1'], 'released value');
    await a.acknowledge('RELEASE', again[0]);
    done(await a.commit());
    await a.close();
    const dead = await main.call('read', { topic: letters, count: 2 });
    equal(values(dead), ['m0', 'm1'], 'dead letters');
    console.log(`# ${JSON.stringify(dead[0].headers)}`);
    await main.call('deleteGroup', { group: where.group });
  });

  await test('delayed retries: a released record is held back', async () => {
    const where = await setUp({
      name: 'retries',
      count: 1,
      configs: { 'polylog.share.retry.delays.ms': '1500,3000' },
    });
    const a = await joined(where, { properties: EXPLICIT });
    let records = await a.some();
    for (const leastMs of [1500, 3000]) {
      await a.acknowledge('RELEASE', ...records);
      done(await a.commit());
      const fromMs = Date.now();
      records = await a.some();
      check(Date.now() - fromMs >= leastMs - 100, `it came again after ${Date.now() - fromMs} ms`);
    }
    await a.acknowledge('ACCEPT', ...records);
    done(await a.commit());
    await a.close();
  });
}

for (const driver of drivers) driver.closeInput();
process.exitCode = summary();
