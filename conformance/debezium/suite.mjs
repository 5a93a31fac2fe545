// Debezium: the changes of a table in PostgreSQL become records of a topic, exactly once. The table changes all the time while the
// worker gets SIGKILL and the broker kill -9. In the end the topic must have, for each row, all of its changes in their order,
// each once, and nothing else.
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { asked, connectWorker } from '../lib/connect-worker.mjs';
import { check, equal, eventually, PATIENCE_MS, summary, test, within } from '../lib/harness.mjs';
import { brokerCtl } from '../lib/suite.mjs';

const { BOOTSTRAP, PG_PORT } = process.env;
const run = promisify(execFile);
const TOPIC = 'shop.public.orders';
const ROWS = 100;
/** Changes between two kills. */
const BETWEEN = 150;
const psqlArgs = ['-h', '127.0.0.1', '-p', PG_PORT, '-U', 'postgres', '-q', '-v', 'ON_ERROR_STOP=1'];
const sql = (text) => run('psql', [...psqlArgs, '-c', text]);

const startWorker = connectWorker({
  heapMb: 384,
  settings: `key.converter=org.apache.kafka.connect.json.JsonConverter
key.converter.schemas.enable=false
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
`,
});
let worker;

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
  worker = startWorker();
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
  await asked('PUT', '/connectors/orders/config', config);
  await caughtUp('of the snapshot');
  equal([...(await changes())], [...wanted], 'records');
});

await test('debezium: changes go on through SIGKILL of the worker', async () => {
  feed();
  await moreChanges('before the kill');
  worker.child.kill('SIGKILL');
  await worker.ended;
  await moreChanges('without a worker');
  worker = startWorker();
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
