// Debezium: the changes of a table in PostgreSQL become records of a topic, exactly once. The table changes all the time while the
// worker gets SIGKILL and the broker kill -9. In the end the topic must have, for each row, all of its changes in their order,
// each once, and nothing else.
import { execFile, spawn } from 'node:child_process';
import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { check, equal, eventually, PATIENCE_MS, summary, test, within } from '../lib/harness.mjs';
import { brokerCtl } from '../lib/suite.mjs';

const { BOOTSTRAP, CLASSPATH, PG_PORT, PORT, RUN } = process.env;
const run = promisify(execFile);
const REST_PORT = Number(PORT) + 5;
const TOPIC = 'shop.public.orders';
const ROWS = 100;
/** Changes between two kills. */
const BETWEEN = 150;
const psqlArgs = ['-h', '127.0.0.1', '-p', PG_PORT, '-U', 'postgres', '-q', '-v', 'ON_ERROR_STOP=1'];
const sql = (text) => run('psql', [...psqlArgs, '-c', text]);

writeFileSync(
  join(RUN, 'worker.properties'),
  `bootstrap.servers=${BOOTSTRAP}
group.id=connect
listeners=http://127.0.0.1:${REST_PORT}
key.converter=org.apache.kafka.connect.json.JsonConverter
key.converter.schemas.enable=false
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
config.storage.topic=connect-configs
config.storage.replication.factor=1
offset.storage.topic=connect-offsets
offset.storage.replication.factor=1
offset.storage.partitions=1
status.storage.topic=connect-status
status.storage.replication.factor=1
status.storage.partitions=1
exactly.once.source.support=enabled
offset.flush.interval.ms=500
session.timeout.ms=6000
heartbeat.interval.ms=500
scheduled.rebalance.max.delay.ms=0
plugin.discovery=only_scan
`,
);

let worker;
function startWorker() {
  const log = join(import.meta.dirname, '..', 'lib', 'log4j2.properties');
  const options = [
    '-Xmx384M',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    `-Dlog4j2.configurationFile=${log}`,
  ];
  const main = ['org.apache.kafka.connect.cli.ConnectDistributed', join(RUN, 'worker.properties')];
  const child = spawn('java', [...options, '-cp', CLASSPATH, ...main], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(createWriteStream(join(RUN, 'worker.stdout'), { flags: 'a' }));
  child.stderr.pipe(createWriteStream(join(RUN, 'worker.stderr'), { flags: 'a' }));
  worker = { child, ended: new Promise((resolve) => child.on('close', (code) => resolve(code))) };
}

async function ask(method, path, body) {
  const answer = await fetch(`http://127.0.0.1:${REST_PORT}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** What the topic has of each row: operations with the amount behind them; null is a tombstone. */
async function changes() {
  const args = ['-b', BOOTSTRAP, '-t', TOPIC, '-C', '-e', '-q', '-J', '-o', 'beginning'];
  const { stdout } = await run('kcat', [...args, '-X', 'isolation.level=read_committed'], {
    maxBuffer: 2 ** 28,
  });
  const rows = new Map();
  for (const line of stdout.split('\n').slice(0, -1)) {
    const { key, payload } = JSON.parse(line);
    const { id } = JSON.parse(key);
    const change = payload === null ? null : JSON.parse(payload);
    if (!rows.has(id)) rows.set(id, []);
    rows.get(id).push(change === null ? null : [change.op, change.after?.amount ?? null]);
  }
  return rows;
}
const countOf = (rows) => [...rows.values()].reduce((sum, each) => sum + each.length, 0);

/** What it must have. */
const wanted = new Map();
const note = (id, ...list) => wanted.set(id, [...(wanted.get(id) ?? []), ...list]);

let psql;
let feeding;
let made = 0;

/** One row is inserted, one changed and every third time one deleted, some thirty times a second. */
function feed() {
  psql = spawn('psql', psqlArgs, { stdio: ['pipe', 'ignore', 'inherit'] });
  let next = ROWS + 1;
  feeding = setInterval(() => {
    const id = next;
    next += 1;
    psql.stdin.write(
      `INSERT INTO orders VALUES (${id}, ${id}); UPDATE orders SET amount = ${-id} WHERE id = ${id};\n`,
    );
    note(id, ['c', id], ['u', -id]);
    made += 2;
    if (id % 3 === 0) {
      psql.stdin.write(`DELETE FROM orders WHERE id = ${id};\n`);
      note(id, ['d', null], null);
      made += 1;
    }
  }, 30);
}

const moreChanges = (what) => {
  const start = made;
  return eventually(
    () => made - start,
    (count) => count >= BETWEEN,
    PATIENCE_MS,
    `${BETWEEN} changes ${what}`,
  );
};
/** The topic has as much as must be there now. */
const caughtUp = (what) => {
  const least = countOf(wanted);
  return eventually(
    () => changes().then(countOf, () => 0),
    (count) => count >= least,
    PATIENCE_MS,
    `${least} records ${what}`,
  );
};

await test('debezium: the rows that are there become records', async () => {
  await sql('CREATE TABLE orders (id int PRIMARY KEY, amount int NOT NULL)');
  await sql(`INSERT INTO orders SELECT i, i * 10 FROM generate_series(1, ${ROWS}) i`);
  for (let id = 1; id <= ROWS; id += 1) note(id, ['r', id * 10]);
  startWorker();
  const config = {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'tasks.max': '1',
    'database.hostname': '127.0.0.1',
    'database.port': PG_PORT,
    'database.user': 'postgres',
    'database.password': '',
    'database.dbname': 'postgres',
    'topic.prefix': 'shop',
    'table.include.list': 'public.orders',
    'plugin.name': 'pgoutput',
    'publication.autocreate.mode': 'filtered',
    'topic.creation.default.partitions': '1',
    'topic.creation.default.replication.factor': '1',
    'exactly.once.support': 'required',
  };
  await eventually(
    () => ask('PUT', '/connectors/orders/config', config).catch((error) => ({ error: error.message })),
    (answer) => answer.error === undefined,
    PATIENCE_MS,
    'the worker to take the connector',
  );
  await caughtUp('of the snapshot');
  equal([...(await changes())], [...wanted], 'records');
});

await test('debezium: changes go on through SIGKILL of the worker', async () => {
  feed();
  await moreChanges('before the kill');
  worker.child.kill('SIGKILL');
  await worker.ended;
  await moreChanges('without a worker');
  startWorker();
  await caughtUp('after the worker came back');
});

await test('debezium: changes go on through kill -9 of the broker', async () => {
  await moreChanges('before the kill');
  await brokerCtl('kill9');
  await moreChanges('without a broker');
  await brokerCtl('start');
  await caughtUp('after the broker came back');
});

await test('debezium: each change of each row is there once, in its order', async () => {
  clearInterval(feeding);
  psql.stdin.end();
  const code = await new Promise((resolve) => psql.on('close', resolve));
  check(code === 0, `psql ended with ${code}`);
  await caughtUp('in the end');
  const rows = await changes();
  for (const [id, list] of wanted) equal(rows.get(id), list, `changes of row ${id}`);
  equal(countOf(rows), countOf(wanted), 'records');
  console.log(`# ${made} changes, ${countOf(rows)} records`);
});

clearInterval(feeding);
worker?.child.kill('SIGTERM');
await within(PATIENCE_MS, 'the worker to end', worker.ended).catch(() => worker.child.kill('SIGKILL'));
process.exit(summary());
