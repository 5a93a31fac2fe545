/**
 * Measures the chunk log alone, on the real disk: one durable append at a time, groups of small and large batches, many
 * streams, memory. Prints one line a figure. Usage: node build/bench/micro/store.js [DIRECTORY]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { crc32c } from '../../src/base/crc32c.ts';
import type { Uuid } from '../../src/base/uuid.ts';
import { nodeClock } from '../../src/platform/node/clock.ts';
import { nodeDisk } from '../../src/platform/node/disk.ts';
import type { ChunkLog, Stream } from '../../src/store/contract.ts';
import { openChunkLog } from '../../src/store/open.ts';

const root = mkdtempSync(`${process.argv[2] ?? tmpdir()}/polylog-bench-`);
const TOPIC = 'benchbenchbench!' as Uuid;
const logger = { debug() {}, info() {}, warn: console.warn, error: console.error };

function makeBatch(bytes: number, records: number): Buffer {
  const batch = Buffer.alloc(bytes, 'x');
  batch.fill(0, 0, 61);
  batch.writeInt32BE(bytes - 12, 8);
  batch.writeInt8(2, 16);
  batch.writeInt32BE(records - 1, 23);
  batch.writeInt32BE(records, 57);
  batch.writeUInt32BE(crc32c(batch, 21), 17);
  return batch;
}

function open(name: string): Promise<ChunkLog> {
  return openChunkLog({
    directory: `${root}/${name}`,
    disk: nodeDisk,
    clock: nodeClock,
    logger,
    onFatal: (error) => {
      throw error;
    },
  });
}

interface Load {
  readonly log: ChunkLog;
  readonly streams: readonly Stream[];
  readonly bytes: number;
  readonly records: number;
  /** Appends that wait at the same time. */
  readonly depth: number;
  readonly seconds: number;
}

/** Keeps `depth` appends waiting; returns rate and latencies in ms. */
async function load({ log, streams, bytes, records, depth, seconds }: Load) {
  const latencies: number[] = [];
  const template = makeBatch(bytes, records);
  const begun = performance.now();
  const cpu = process.cpuUsage();
  let next = 0;
  await Promise.all(
    Array.from({ length: depth }, async () => {
      while (performance.now() - begun < seconds * 1000) {
        const stream = streams[next++ % streams.length]!;
        const batch = Buffer.allocUnsafeSlow(bytes);
        template.copy(batch);
        const at = performance.now();
        await new Promise<void>((resolve) => {
          log.append({ entries: [{ stream, batch }], durability: 'fsync', onCommitted: resolve });
        });
        latencies.push(performance.now() - at);
      }
    }),
  );
  const took = (performance.now() - begun) / 1000;
  const used = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const at = (share: number): string => latencies[Math.floor((latencies.length - 1) * share)]!.toFixed(3);
  const rate = latencies.length / took;
  return (
    `${rate.toFixed(0)} appends/s, ${((rate * bytes) / 1e6).toFixed(1)} MB/s, p50 ${at(0.5)} p99 ${at(0.99)} ` +
    `p99.9 ${at(0.999)} max ${at(1)} ms, CPU ${((used.user + used.system) / latencies.length).toFixed(1)} us/append`
  );
}

const memoryMb = (): string => `${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`;

async function main(): Promise<void> {
  const seconds = Number(process.env.SECONDS_EACH ?? 3);
  const cases: [string, number, Omit<Load, 'log' | 'streams' | 'seconds'>][] = [
    ['300 B, one at a time', 1, { bytes: 300, records: 1, depth: 1 }],
    ['1 KiB, one at a time', 1, { bytes: 1024, records: 1, depth: 1 }],
    ['1 KiB, 16 waiting', 16, { bytes: 1024, records: 1, depth: 16 }],
    ['1 KiB, 1000 waiting, 1000 streams', 1000, { bytes: 1024, records: 1, depth: 1000 }],
    ['16 KiB, 40 waiting', 12, { bytes: 16384, records: 150, depth: 40 }],
    ['1 MiB, 4 waiting', 12, { bytes: 1 << 20, records: 1000, depth: 4 }],
    ['200 B, 10,000 waiting, 10,000 streams', 10_000, { bytes: 200, records: 1, depth: 10_000 }],
  ];
  for (const [name, streamCount, one] of cases) {
    const log = await open(name.replaceAll(/\W+/g, '-'));
    const streams = Array.from({ length: streamCount }, (_, i) => log.stream(TOPIC, i));
    console.log(`${name}: ${await load({ log, streams, seconds, ...one })}, ${memoryMb()}`);
    const at = performance.now();
    await log.close();
    const closed = performance.now();
    const again = await open(name.replaceAll(/\W+/g, '-'));
    console.log(`  close ${(closed - at).toFixed(0)} ms, open ${(performance.now() - closed).toFixed(0)} ms`);
    await again.close();
    rmSync(`${root}/${name.replaceAll(/\W+/g, '-')}`, { recursive: true });
  }
}

await main().finally(() => rmSync(root, { recursive: true, force: true }));
