// Java processes of a suite, followed line by line. Needs CLASSPATH and RUN (suite.sh).
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const LOG = join(import.meta.dirname, 'log4j2.properties');
const JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', `-Dlog4j2.configurationFile=${LOG}`];

/** A process whose lines are handed to `onLine`; its stderr is kept in RUN under `name`. `ended` gives its signal or its code. */
export function java({ name, heapMb, args, onLine }) {
  const child = spawn('java', [`-Xmx${heapMb}M`, ...JVM, '-cp', process.env.CLASSPATH, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {});
  child.stderr.pipe(createWriteStream(join(process.env.RUN, `${name}.stderr`), { flags: 'a' }));
  createInterface({ input: child.stdout }).on('line', onLine);
  const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
  return { child, ended };
}
