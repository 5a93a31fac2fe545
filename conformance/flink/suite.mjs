// Flink: a job with Kafka's source and exactly-once sink fails three times and the broker gets kill -9; each value is in
// the output once, and readers of committed records see nothing else.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { equal, PATIENCE_MS, summary, test, Watch } from '../lib/harness.mjs';
import { brokerCtl } from '../lib/suite.mjs';

const { CLASSPATH, RUN } = process.env;
const COUNT = 6_000;

const watch = new Watch();
const lines = [];
let copied = 0;
const log = join(import.meta.dirname, '..', 'lib', 'log4j2.properties');
const options = [
  '-Xmx512M',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  `-Dlog4j2.configurationFile=${log}`,
];
const opens = ['java.base/java.lang=ALL-UNNAMED', 'java.base/java.util=ALL-UNNAMED'].flatMap((each) => [
  '--add-opens',
  each,
]);
const job = spawn('java', [...options, ...opens, '-cp', CLASSPATH, 'Copy', `${COUNT}`], {
  stdio: ['ignore', 'pipe', 'pipe'],
});
job.stderr.pipe(createWriteStream(join(RUN, 'job.stderr')));
createInterface({ input: job.stdout }).on('line', (line) => {
  lines.push(line);
  if (line.startsWith('copied ')) copied = Number(line.split(' ')[1]);
  watch.changed();
});
job.on('close', (code, signal) => {
  if (code !== 0) watch.fail(new Error(`the job ended with ${signal ?? code}; see job.stderr`));
});

const failures = () => lines.filter((line) => line.startsWith('failing ')).length;
await test('flink: the job goes on after a failure', () =>
  watch.until(
    () => failures() >= 1 && copied > COUNT / 4 + 200,
    2 * PATIENCE_MS,
    () => `records after a failure; ${copied} are copied`,
  ));
await test(
  'flink: the job goes on through kill -9 of the broker',
  async () => {
    await brokerCtl('restart');
    const before = copied;
    await watch.until(
      () => copied > before + 200,
      2 * PATIENCE_MS,
      () => `records after the restart; ${copied} are copied`,
    );
  },
  { timeoutMs: 4 * PATIENCE_MS },
);
await test('flink: the job ends', async () => {
  await watch.until(
    () => lines.includes('finished'),
    2 * PATIENCE_MS,
    () => `the end; ${copied} are copied`,
  );
  equal(failures(), 3, 'failures that were wanted');
});
await test('flink: each value is there exactly once', async () => {
  await watch.until(() => lines.includes('end'), PATIENCE_MS, 'what readers of committed records see');
  const places = new Map();
  const twice = [];
  for (const line of lines) {
    const [word, value, at] = line.split(' ');
    if (word !== 'out') continue;
    if (places.has(value)) twice.push(`${value} at ${places.get(value)} and ${at}`);
    places.set(value, at);
  }
  equal(twice.slice(0, 5), [], `of ${twice.length} values that are there twice the first`);
  equal(places.size, COUNT, 'different values');
});
job.kill('SIGKILL');
process.exit(summary());
