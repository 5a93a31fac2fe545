// Figures of compaction: how long it takes and in how much memory, and what a load beside it notices. Driver: keyed.c.
//
// The topic is filled first and compacted then, so that only the compaction is timed: from the change of its
// cleanup.policy until the files of the log have shrunk and stay as they are. What is left is read back: every key has to
// be there, and nothing twice but what the end of the log may hold.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { measured, peakResidentMb, sleep } from '../proc.ts';
import { checkCount, createTopic, driver, latencies } from '../tools.ts';
import type { Broker, Figure, FigureContext, Row } from '../types.ts';

const TOPIC = 'keyed';
const VALUE_BYTES = 1024;
/** The log is taken for compacted when it has not shrunk for so long. */
const QUIET_MS = 20_000;
const LIMIT_MS = 1_800_000;

/** Bytes of the files that hold records: chunks here, segments in Kafka. */
function logBytes(directory: string): number {
  let bytes = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.(chunk|log)$/.test(entry.name)) continue;
    // A file may go while it is looked at.
    bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

/** Seconds until the log, of so many bytes before, shrank for the last time; throws when it never does. */
async function untilCompacted(directory: string, before: number, quietMs: number): Promise<number> {
  const fromMs = performance.now();
  let least = before;
  let shrankMs = fromMs;
  while (performance.now() - fromMs < LIMIT_MS) {
    await sleep(100);
    const bytes = logBytes(directory);
    if (bytes < least) {
      least = bytes;
      shrankMs = performance.now();
    } else if (least < before * 0.95 && performance.now() - shrankMs > quietMs) {
      return (shrankMs - fromMs) / 1000;
    }
  }
  throw new Error(`the log of ${before} bytes has not been compacted in ${LIMIT_MS / 1000} s`);
}

interface Load {
  readonly count: number;
  readonly keys: number;
}

async function fill({ options }: FigureContext, broker: Broker, { count, keys }: Load): Promise<number> {
  const args = ['fill', broker.bootstrap, TOPIC, VALUE_BYTES, count, keys];
  return (await driver(options, 'keyed', args)).keys!;
}

function row(name: string, title: string): readonly Row[] {
  const client = 'drivers/keyed.c on librdkafka: one partition, 1 KiB a record, random keys';
  return [
    {
      id: `${name}-time`,
      title: `compaction of ${title}: until the log has shrunk`,
      client,
      unit: 's',
      goals: [{ kind: 'ratio', to: 'kafka', op: '<=', limit: 1 }],
    },
    {
      id: `${name}-memory`,
      title: `the same: peak memory of the broker`,
      client: 'VmHWM',
      unit: 'MB',
      goals: [{ kind: 'absolute', op: '<=', limit: 256 }],
    },
  ];
}

function compaction(name: string, title: string, load: Load, long: boolean): Figure {
  return {
    name,
    long,
    rows: row(name, title),
    async measure(context: FigureContext) {
      const { options, start, scratch } = context;
      const wanted = options.smoke ? { count: 20_000, keys: 2000 } : load;
      const filler = await start();
      const keys = await fill(context, filler, wanted);
      // A new process, so that its memory is that of compacting, not of what was sent to it.
      await filler.stop();
      const broker = await start();
      const data = join(scratch, '../data');
      const before = logBytes(data);
      // It may be done before the command has ended.
      const [seconds] = await Promise.all([
        untilCompacted(data, before, options.smoke ? 1000 : QUIET_MS),
        driver(options, 'keyed', ['compact', broker.bootstrap, TOPIC]),
      ]);
      const peakMb = peakResidentMb(broker.pid);
      const found = await driver(options, 'keyed', ['read', broker.bootstrap, TOPIC, wanted.keys]);
      if (found.keys !== keys) throw new Error(`LOST: ${found.keys} of ${keys} keys are left`);
      if (found.messages! > keys * 1.1) throw new Error(`${found.messages} records are left of ${keys} keys`);
      await broker.stop();
      return {
        [`${name}-time`]: { value: seconds, note: `${keys} keys of ${wanted.count} records` },
        [`${name}-memory`]: { value: peakMb },
      };
    },
  };
}

const besideLoad: Figure = {
  name: 'rate-compacting',
  rows: [
    {
      id: 'rate-compacting-p99',
      title: 'p99 of produce at 10,000/s × 1 KiB, while 1 GB of another topic is compacted',
      client: 'drivers/rate.c as for rate-p99, beside drivers/keyed.c',
      unit: 'ms',
      goals: [{ kind: 'absolute', op: '<=', limit: 10 }],
    },
  ],
  async measure(context: FigureContext) {
    const { options, start } = context;
    const broker = await start();
    const load = options.smoke ? { count: 20_000, keys: 2000 } : { count: 1_000_000, keys: 300_000 };
    await fill(context, broker, load);
    await createTopic(options, broker, 'rate', 1);
    // Beside the load from its beginning: a broker may begin as soon as it hears of it.
    const compacting = driver(options, 'keyed', ['compact', broker.bootstrap, TOPIC]);
    const warm = options.smoke ? 0.1 : 3;
    // Long enough for a look or two: both look every 15 s, Polylog also when a topic's settings change.
    const seconds = options.smoke ? options.seconds : Math.max(40, options.seconds);
    const { result, usage } = await measured(
      broker.pid,
      () => driver(options, 'rate', [broker.bootstrap, 'rate', 1024, 10_000, seconds, warm]),
      (line) => line.sent!,
    );
    await compacting;
    await checkCount(options, broker, { name: 'rate', partitions: 1, acknowledged: result.acked! });
    await broker.stop();
    const found = latencies(result);
    const note = `p50 ${found.p50Ms.toFixed(2)}, p99.9 ${found.p999Ms.toFixed(1)} ms`;
    return { 'rate-compacting-p99': { value: found.p99Ms, usage, note } };
  },
};

export const compactionFigures: readonly Figure[] = [
  compaction('compact', '1 GB with 300,000 keys', { count: 1_000_000, keys: 300_000 }, false),
  besideLoad,
  compaction('compact-large', '10 GB with 10 million keys', { count: 10_000_000, keys: 10_000_000 }, true),
];
