// Kafka Connect: a distributed worker with exactly_once source support copies a growing file to a topic, and the topic to
// another file. The worker gets SIGKILL twice and the broker kill -9 once. Afterwards a sink that starts anew
// writes a file that must equal the input: nothing is missing, nothing is there twice. The sink that ran through it all
// may repeat what it had not committed, as file sinks do, and must miss nothing.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, asked, connectWorker } from '../lib/connect-worker.mjs';
import { check, eventually, PATIENCE_MS, summary, test, within } from '../lib/harness.mjs';
import { brokerCtl } from '../lib/suite.mjs';

const { RUN } = process.env;
const WORKER_KILLS = 2;
/** Lines that are copied between two kills. */
const BETWEEN = 100;
const file = (name) => join(RUN, name);

const startWorker = connectWorker({
  heapMb: 320,
  settings: `key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
consumer.isolation.level=read_committed
consumer.session.timeout.ms=6000
consumer.heartbeat.interval.ms=500
consumer.fetch.max.wait.ms=200
`,
});
let worker;

const running = (name) =>
  eventually(
    () => ask('GET', `/connectors/${name}/status`).catch((error) => ({ error: error.message })),
    (got) =>
      got.connector?.state === 'RUNNING' &&
      got.tasks.length > 0 &&
      got.tasks.every((each) => each.state === 'RUNNING'),
    PATIENCE_MS,
    `connector ${name} to run`,
  );

const sink = (name) => ({
  'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
  'tasks.max': '1',
  topics: 'lines',
  file: file(`${name}.txt`),
});

function lines(name) {
  try {
    return readFileSync(file(name), 'utf8').split('\n').slice(0, -1);
  } catch {
    return [];
  }
}

let written = 0;
let feeding;

/** The input grows by some 200 lines a second. */
function feed() {
  writeFileSync(file('input.txt'), '');
  feeding = setInterval(() => {
    let text = '';
    for (let i = 0; i < 4; i += 1) {
      text += `line ${written}\n`;
      written += 1;
    }
    appendFileSync(file('input.txt'), text);
  }, 20);
}

const reached = (name, count, what) =>
  eventually(
    () => new Set(lines(name)).size,
    (got) => got >= count,
    PATIENCE_MS,
    `${count} lines in ${name} ${what}`,
  );

await test('connect: the worker starts, and makes its topics', async () => {
  worker = startWorker();
  await asked('GET', '/connectors');
});
await test('connect: a source and a sink are created', async () => {
  feed();
  await asked('PUT', '/connectors/source/config', {
    'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector',
    'tasks.max': '1',
    topic: 'lines',
    file: file('input.txt'),
    // What it has read beyond a batch waits for the file to grow.
    'batch.size': '100000',
    'topic.creation.default.partitions': '1',
    'topic.creation.default.replication.factor': '1',
    'exactly.once.support': 'required',
  });
  await asked('PUT', '/connectors/through/config', sink('through'));
  await Promise.all(['source', 'through'].map(running));
});
await test(
  `connect: copying goes on through ${WORKER_KILLS} SIGKILL of the worker and kill -9 of the broker`,
  async () => {
    for (let kill = 1; kill <= WORKER_KILLS; kill += 1) {
      const count = new Set(lines('through.txt')).size + BETWEEN;
      await reached('through.txt', count, `before kill ${kill}`);
      worker.child.kill('SIGKILL');
      await worker.ended;
      if (kill === 2) await brokerCtl('restart');
      worker = startWorker();
    }
    clearInterval(feeding);
    await reached('through.txt', written, 'after the last kill');
  },
  { timeoutMs: (WORKER_KILLS + 2) * PATIENCE_MS },
);
await test('connect: a broker that is killed under the worker', async () => {
  const more = Array.from({ length: 500 }, (_, i) => `line ${written + i}\n`).join('');
  await brokerCtl('kill9');
  appendFileSync(file('input.txt'), more);
  written += 500;
  await brokerCtl('start');
  await reached('through.txt', written, 'after the broker came back');
});
await test('connect: a new sink writes the input exactly', async () => {
  await asked('PUT', '/connectors/after/config', sink('after'));
  await reached('after.txt', written, 'of the new sink');
});
await test('connect: offsets of the source are told', async () => {
  const { offsets } = await asked('GET', '/connectors/source/offsets');
  const size = Buffer.byteLength(readFileSync(file('input.txt')));
  check(
    offsets[0].offset.position === size,
    `position ${JSON.stringify(offsets)}, the file has ${size} bytes`,
  );
});
await test('connect: the worker stops, and both files are whole', async () => {
  worker.child.kill('SIGTERM');
  await within(PATIENCE_MS, 'the worker to end', worker.ended);
  const input = lines('input.txt');
  const after = lines('after.txt');
  const wrong = after.findIndex((line, i) => line !== input[i]);
  check(wrong < 0, `line ${wrong} of the new sink is "${after[wrong]}", wanted "${input[wrong]}"`);
  check(after.length === input.length, `the new sink has ${after.length} lines of ${input.length}`);
  const through = new Set(lines('through.txt'));
  check(
    through.size === input.length && input.every((line) => through.has(line)),
    'the sink that ran misses lines',
  );
  console.log(
    `# ${input.length} lines; ${lines('through.txt').length - input.length} repeated by the sink that was killed`,
  );
});
clearInterval(feeding);
worker?.child.kill('SIGKILL');
process.exit(summary());
