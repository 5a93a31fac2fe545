/**
 * Measures delayed messages inside a broker, on the real disk: how late they are when many are due in the same millisecond, and the
 * memory of the process with many waiting. Late is from the time asked for until a consumer may read it (durable, by the clock of the
 * process). Usage: node build/bench/micro/schedule.js [WAITING] [DIRECTORY]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { BrokerError } from '../../src/base/errors.ts';
import type { Broker } from '../../src/broker/broker.ts';
import type { Partition } from '../../src/broker/topics.ts';
import { BATCH_HEADER_BYTES } from '../../src/record/batch.ts';
import { buildBatch } from '../../src/record/build.ts';
import { walkRecords } from '../../src/record/walk.ts';
import { recordBody } from '../../src/schedule/message.ts';
import { open } from './broker.ts';

const waiting = Number(process.argv[2] ?? 0);
const root = mkdtempSync(`${process.argv[3] ?? tmpdir()}/polylog-bench-`);
const PARTITIONS = 4;
const DAY_MS = 24 * 3600 * 1000;
/** Messages of one call. */
const CALL = 1000;

function bodyOf(bytes: number): Buffer {
  const batch = buildBatch([{ key: null, value: Buffer.alloc(bytes, 'x') }], { timestampMs: 1 });
  const section = batch.subarray(BATCH_HEADER_BYTES);
  let body = section;
  walkRecords(section, 1, (record) => {
    body = recordBody(section, record);
  });
  return body;
}

async function partitionsOf(broker: Broker, name: string): Promise<Partition[]> {
  await broker.createTopics([{ name, partitionCount: PARTITIONS, replicationFactor: 1, configs: [] }]);
  const topic = broker.topics.byName(name)!;
  return Array.from({ length: PARTITIONS }, (_, i) => broker.topics.partition(topic, i)!);
}

function add(
  broker: Broker,
  partitions: readonly Partition[],
  times: readonly number[],
  body: Buffer,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const messages = times.map((atMs, i) => ({
      partition: partitions[i % partitions.length]!,
      atMs,
      timestampMs: atMs,
      body,
    }));
    broker.schedules.add({ messages, durability: 'fsync' }, (answer) =>
      answer instanceof BrokerError ? reject(answer) : resolve(),
    );
  });
}

/** How late `count` messages are that are due at once. */
async function lateness(
  broker: Broker,
  partitions: readonly Partition[],
  count: number,
  bytes: number,
): Promise<void> {
  const body = bodyOf(bytes);
  const atMs = Date.now() + 5000;
  const late: number[] = [];
  const seen = new Map(partitions.map(({ stream }) => [stream, stream.highWatermark]));
  await new Promise<void>((resolve, reject) => {
    const watcher = {
      streamMoved(stream: Partition['stream']): void {
        const fresh = stream.highWatermark - seen.get(stream)!;
        seen.set(stream, stream.highWatermark);
        const lateMs = Date.now() - atMs;
        for (let i = 0; i < fresh; i++) late.push(lateMs);
        if (late.length < count) return;
        for (const partition of partitions) broker.log.unwatch(partition.stream, watcher);
        resolve();
      },
    };
    for (const partition of partitions) broker.log.watch(partition.stream, watcher);
    void (async () => {
      for (let i = 0; i < count; i += CALL) {
        const times = Array.from({ length: Math.min(CALL, count - i) }, () => atMs);
        await add(broker, partitions, times, body);
      }
    })().catch(reject);
  });
  late.sort((a, b) => a - b);
  const at = (share: number): number => late[Math.floor((late.length - 1) * share)]!;
  console.log(
    `${count} of ${bytes} B due at once: late p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms, ` +
      `taken into the log ${broker.schedules.counts.lastLateMs} ms late`,
  );
}

function memory(): string {
  const status = readFileSync('/proc/self/status', 'utf8');
  const mb = (name: string): string =>
    `${(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]) / 1024).toFixed(0)} MB`;
  return `resident ${mb('VmRSS')}, at most ${mb('VmHWM')}`;
}

async function main(): Promise<void> {
  let broker = await open(root);
  console.log(`empty: ${memory()}`);
  if (waiting > 0) {
    const partitions = await partitionsOf(broker, 'others');
    const body = bodyOf(100);
    const begun = performance.now();
    const fromMs = Date.now() + 60_000;
    for (let i = 0; i < waiting; i += CALL * 4) {
      // Over a day, in no order.
      const times = (): number[] =>
        Array.from({ length: CALL }, () => fromMs + Math.floor(Math.random() * DAY_MS));
      await Promise.all([1, 2, 3, 4].map(() => add(broker, partitions, times(), body)));
    }
    const seconds = (performance.now() - begun) / 1000;
    console.log(
      `${waiting} of 100 B scheduled within a day: ${(waiting / seconds).toFixed(0)}/s, ${memory()}`,
    );
    await broker.close();
    const at = performance.now();
    broker = await open(root);
    console.log(`opened again in ${(performance.now() - at).toFixed(0)} ms: ${memory()}`);
  }
  const partitions = await partitionsOf(broker, 'due');
  for (const [count, bytes] of [
    [1000, 1024],
    [10_000, 100],
    [10_000, 1024],
  ] as const) {
    for (let round = 0; round < 3; round++) await lateness(broker, partitions, count, bytes);
  }
  console.log(`${broker.schedules.counts.waiting} wait: ${memory()}`);
  await broker.close();
}

await main().finally(() => rmSync(root, { recursive: true, force: true }));
