/**
 * What subscriptions cost that nobody uses: makes many over 1,000 topics of one partition, and prints resident memory, CPU while idle and the
 * time to open the broker again.
 * Usage: node --expose-gc build/bench/micro/idle-subscriptions.js [subscriptions] [data directory]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open, subscribe } from './broker.ts';

const COUNT = Number(process.argv[2] ?? 100_000);
const TOPICS = 1000;
const rssMB = (): number => {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().rss / 1e6);
};
const directory = process.argv[3] ?? (await mkdtemp(join(tmpdir(), 'polylog-idle-')));
let broker = await open(directory);
for (let i = 0; i < TOPICS; i++) {
  await broker.createTopics([{ name: `t${i}`, partitionCount: 1, replicationFactor: -1, configs: [] }]);
}
console.log(`${TOPICS} topics: ${rssMB()} MB`);
for (let i = 0; i < COUNT; i += TOPICS) {
  await Promise.all(Array.from({ length: TOPICS }, (_, t) => subscribe(broker, `t${t}`, { name: `s${i}` })));
}
const idle = async (): Promise<void> => {
  const cpu = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const { user, system } = process.cpuUsage(cpu);
  console.log(`${rssMB()} MB, ${((user + system) / 5e4).toFixed(1)} % of a core while idle`);
};
await idle();
await broker.close();
const begun = performance.now();
broker = await open(directory);
console.log(`open again: ${Math.round(performance.now() - begun)} ms`);
await idle();
await broker.close();
if (process.argv[3] === undefined) await rm(directory, { recursive: true });
