/**
 * Crash at every I/O: a workload on the simulated disk is killed at each of its operations, before it or half way
 * through; what was not flushed survives in whole, in part or not at all; the log is opened again and checked against
 * what it had accepted and acknowledged. STORE_CRASH_ROUNDS repeats the ring with other seeds.
 */
import { describe, expect, it } from 'vitest';
import { SimClock } from '../../sim/clock.ts';
import { SimDisk } from '../../sim/disk.ts';
import { Prng } from '../../sim/prng.ts';
import { SimProcess, SimulatedCrash } from '../../sim/process.ts';
import { Scheduler } from '../../sim/scheduler.ts';
import { SimVolume } from '../../sim/volume.ts';
import { readInt64, writeInt64 } from '../../src/base/int64.ts';
import type { Uuid } from '../../src/base/uuid.ts';
import { batchBaseOffset, batchLastOffset } from '../../src/record/batch.ts';
import { buildBatch } from '../../src/record/build.ts';
import type { AppendEntry, Checkpointer, ChunkLog, Stream, StreamEvent } from '../../src/store/contract.ts';
import { POLICY, recordsOf, type StoredRecord } from './records.ts';
import { DIRECTORY, makeBatch, openLog, readAll, TestLogger, topic } from './support.ts';

const ROUNDS = Number(process.env.STORE_CRASH_ROUNDS ?? 1);
const TOPICS = ['a', 'b', 'c'].map(topic);
/** Has keys, and is compacted. */
const COMPACTED = topic('c');
const KEYS = 6;
/** So many that nearly all stay: compacted chunks fill up while a stream is copied, and take their places one by one. */
const MANY_KEYS = 200;
const PARTITIONS = 2;
const SETTINGS = {
  chunkBytes: 6 * 1024,
  chunkEntriesMax: 24,
  tailCacheBytes: 4096,
  coldReadBytesMax: 2048,
  writeHereBytesMax: 500,
  runwayBytes: 1024,
  diskReserveBytes: 0,
  cleanBytesPerSecond: 2 ** 40,
};

interface Accepted {
  readonly offset: number;
  readonly end: number;
  /** Without base offset and leader epoch, which the log patches. */
  readonly content: Buffer;
  /** Of a compacted topic, by offset. */
  readonly records: readonly StoredRecord[];
  durable: boolean;
}

/** What the log was asked for and what it promised, for all of its lives. */
class Oracle {
  readonly streams = new Map<string, Accepted[]>();
  readonly deleted = new Map<Uuid, 'asked' | 'durable'>();
  readonly starts = new Map<string, number>();
  /** Looks that compacted something. */
  compactions = 0;

  key(stream: Pick<Stream, 'topicId' | 'partition'>): string {
    return `${stream.topicId[0]}/${stream.partition}`;
  }

  accepted(stream: Stream): Accepted[] {
    const key = this.key(stream);
    let list = this.streams.get(key);
    if (list === undefined) this.streams.set(key, (list = []));
    return list;
  }

  noteStart(stream: Stream): void {
    this.starts.set(this.key(stream), Math.max(stream.startOffset, this.starts.get(this.key(stream)) ?? 0));
  }
}

/** End offsets by stream: what a layer above would derive, checked against the streams after a restart. */
class EndOffsets implements Checkpointer {
  readonly ends = new Map<string, number>();
  save(): Buffer {
    const buffer = Buffer.alloc(this.ends.size * 28);
    let at = 0;
    for (const [key, end] of this.ends) {
      buffer.write(key, at, 20, 'latin1');
      writeInt64(buffer, at + 20, end);
      at += 28;
    }
    return buffer;
  }
  load(saved: Buffer | null): void {
    for (let at = 0; saved !== null && at < saved.length; at += 28) {
      this.ends.set(saved.toString('latin1', at, at + 20).replaceAll('\0', ''), readInt64(saved, at + 20));
    }
  }
  replay(stream: Stream, batch: Buffer): void {
    this.ends.set(`${stream.topicId}${stream.partition}`, batchLastOffset(batch) + 1);
  }
  topicDeleted(topicId: Uuid): void {
    for (const key of this.ends.keys()) if (key.startsWith(topicId)) this.ends.delete(key);
  }
}

interface Life {
  readonly process: SimProcess;
  readonly disk: SimDisk;
  readonly clock: SimClock;
  readonly logger: TestLogger;
  readonly upper: EndOffsets;
  open(): Promise<ChunkLog>;
}

class World {
  readonly prng: Prng;
  readonly scheduler: Scheduler;
  readonly volume: SimVolume;
  readonly oracle = new Oracle();
  readonly keys: number;
  readonly settings: typeof SETTINGS;
  #lives = 0;

  constructor(seed: number) {
    const isWide = seed % 3 === 1;
    this.keys = isWide ? MANY_KEYS : KEYS;
    this.settings = isWide ? { ...SETTINGS, chunkBytes: 2 * 1024 } : SETTINGS;
    this.prng = new Prng(seed);
    this.scheduler = new Scheduler(this.prng.fork());
    this.volume = new SimVolume(this.prng.fork());
  }

  boot(): Life {
    const process = new SimProcess(`life ${++this.#lives}`);
    const disk = new SimDisk(this.scheduler, this.volume, process);
    const clock = new SimClock(this.scheduler, process);
    const logger = new TestLogger();
    const upper = new EndOffsets();
    const prng = this.prng.fork();
    const random = { bytes: (length: number) => prng.bytes(length) };
    const open = (): Promise<ChunkLog> =>
      openLog(disk, { clock, logger, random, settings: this.settings, checkpointer: upper });
    return { process, disk, clock, logger, upper, open };
  }
}

/** Appends of all kinds, deletions, retention, cleaning, a clean stop and a restart; ends early where it is killed. */
async function workload(world: World, life: Life, steps: number): Promise<void> {
  const prng = world.prng.fork();
  let log = await life.open();
  for (let step = 0; step < steps; step++) {
    const kind = prng.int(40);
    if (kind === 0) {
      await log.close();
      log = await life.open();
    } else if (kind <= 2) {
      await retain(world, log, prng);
    } else if (kind === 3) {
      await log.clean();
    } else if (kind >= 9 && kind <= 11) {
      const policy = ({ topicId }: Stream) => (topicId === COMPACTED ? POLICY : null);
      if (await log.compact(policy)) world.oracle.compactions++;
    } else if (kind === 4) {
      deleteTopic(world, log, prng);
    } else if (kind <= 8) {
      await readSomething(log, prng);
    } else {
      append(world, life, log, prng);
      if (prng.chance(0.3)) await sleep(life.clock, prng.int(3));
    }
  }
  await log.close();
}

function sleep(clock: SimClock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(ms, resolve));
}

function pickStream(world: World, log: ChunkLog, prng: Prng): Stream | null {
  const live = TOPICS.filter((id) => !world.oracle.deleted.has(id));
  return live.length === 0 ? null : log.stream(prng.pick(live), prng.int(PARTITIONS));
}

function append(world: World, life: Life, log: ChunkLog, prng: Prng): void {
  const entries: AppendEntry[] = [];
  for (let i = prng.between(1, 4); i > 0; i--) {
    const stream = pickStream(world, log, prng);
    if (stream === null) return;
    const timestampMs = life.clock.nowMs();
    const values = Array.from({ length: prng.between(1, 3) }, () => prng.bytes(prng.int(300)));
    const batch =
      stream.topicId === COMPACTED
        ? buildBatch(
            values.map((value) => ({
              key: Buffer.from([prng.int(world.keys)]),
              value: prng.chance(0.1) ? null : value,
            })),
            { timestampMs },
          )
        : makeBatch({ values: values.map((value) => value.toString('hex')), timestamp: timestampMs });
    entries.push({ stream, batch });
  }
  const durability = prng.chance(0.7) ? 'fsync' : 'os';
  const records: Accepted[] = [];
  const result = log.append({
    entries,
    durability,
    flushWithinMs: prng.int(20),
    onCommitted: () => {
      for (const [i, record] of records.entries()) {
        expect(entries[i]!.stream.deleted || entries[i]!.stream.highWatermark >= record.end).toBe(true);
        if (durability === 'fsync') record.durable = true;
      }
    },
  });
  if (result instanceof Error) throw result;
  for (const [i, { stream, batch }] of entries.entries()) {
    const offset = result.baseOffsets[i]!;
    const record = {
      offset,
      end: batchLastOffset(batch) + 1,
      content: Buffer.from(batch.subarray(16)),
      records: stream.topicId === COMPACTED ? recordsOf(batch) : [],
      durable: false,
    };
    records.push(record);
    world.oracle.accepted(stream).push(record);
    life.upper.replay(stream, batch);
  }
}

function deleteTopic(world: World, log: ChunkLog, prng: Prng): void {
  const live = TOPICS.filter((id) => !world.oracle.deleted.has(id));
  if (live.length < 2 || prng.chance(0.7)) return;
  const topicId = prng.pick(live);
  const events: StreamEvent[] = [{ kind: 'delete-topic', topicId }];
  const result = log.append({
    entries: [],
    events,
    durability: 'fsync',
    onCommitted: () => world.oracle.deleted.set(topicId, 'durable'),
  });
  if (result instanceof Error) throw result;
  world.oracle.deleted.set(topicId, 'asked');
}

async function retain(world: World, log: ChunkLog, prng: Prng): Promise<void> {
  const retentionBytes = prng.between(1000, 8000);
  await log.enforceRetention(() => ({ retentionMs: Number.POSITIVE_INFINITY, retentionBytes }));
  for (const stream of log.streams()) world.oracle.noteStart(stream);
}

async function readSomething(log: ChunkLog, prng: Prng): Promise<void> {
  const streams = [...log.streams()];
  if (streams.length > 0) await readAll(log, prng.pick(streams));
}

/** Everything that must hold after a restart. */
async function check(world: World, life: Life, log: ChunkLog): Promise<void> {
  const { oracle } = world;
  const seen = new Set<string>();
  for (const stream of log.streams()) {
    const key = oracle.key(stream);
    seen.add(key);
    if (oracle.deleted.get(stream.topicId) === 'durable') expect.fail(`${key} was deleted and is there`);
    expect(life.upper.ends.get(`${stream.topicId}${stream.partition}`)).toBe(stream.endOffset);
    if (stream.topicId === COMPACTED) await checkCompacted(oracle, log, stream);
    else await checkStream(oracle, log, stream);
  }
  for (const [key, accepted] of oracle.streams) {
    const topicId = topic(key[0]!);
    if (seen.has(key) || oracle.deleted.has(topicId)) continue;
    expect(accepted.filter((record) => record.durable)).toEqual([]);
  }
}

async function checkStream(oracle: Oracle, log: ChunkLog, stream: Stream): Promise<void> {
  const accepted = oracle.accepted(stream);
  const key = oracle.key(stream);
  const durableEnd = accepted.reduce((end, record) => (record.durable ? Math.max(end, record.end) : end), 0);
  expect(stream.highWatermark).toBe(stream.endOffset);
  expect(stream.endOffset, `${key}: what was acknowledged is there`).toBeGreaterThanOrEqual(durableEnd);
  expect(stream.startOffset).toBeLessThanOrEqual(Math.max(oracle.starts.get(key) ?? 0, stream.startOffset));
  const batches = await readAll(log, stream);
  let next = batches.length === 0 ? stream.endOffset : batchBaseOffset(batches[0]!);
  expect(next).toBeLessThanOrEqual(
    stream.startOffset === stream.endOffset ? stream.endOffset : stream.startOffset,
  );
  for (const batch of batches) {
    expect(batchBaseOffset(batch), `${key}: offsets follow one another`).toBe(next);
    next = batchLastOffset(batch) + 1;
    const asked = accepted.find((record) => record.offset === batchBaseOffset(batch));
    expect(asked?.content.equals(batch.subarray(16)), `${key}: batch at ${batchBaseOffset(batch)}`).toBe(
      true,
    );
  }
  expect(next).toBe(stream.endOffset);
}

/** What was not compacted is all there, and of the rest the latest of each key, unless it was a deletion. */
async function checkCompacted(oracle: Oracle, log: ChunkLog, stream: Stream): Promise<void> {
  const key = oracle.key(stream);
  const accepted = oracle.accepted(stream).filter(({ end }) => end <= stream.endOffset);
  const durableEnd = oracle
    .accepted(stream)
    .reduce((end, one) => (one.durable ? Math.max(end, one.end) : end), 0);
  expect(stream.endOffset, `${key}: what was acknowledged is there`).toBeGreaterThanOrEqual(durableEnd);
  const stored = new Map<number, StoredRecord>();
  let next = stream.startOffset;
  for (const batch of await readAll(log, stream)) {
    expect(batchLastOffset(batch)).toBeGreaterThanOrEqual(next);
    next = batchLastOffset(batch) + 1;
    for (const record of recordsOf(batch)) stored.set(record.offset, record);
  }
  expect(next, `${key}: its end can be reached`).toBe(stream.endOffset);
  const written = accepted.flatMap(({ records }) => records);
  const latest = new Map(written.map((record) => [record.key, record]));
  for (const record of written) {
    if (record.offset < stream.startOffset) continue;
    const mustStay =
      record.offset >= stream.compactedTo || (latest.get(record.key) === record && record.value !== null);
    const there = stored.get(record.offset);
    if (mustStay) expect(there, `${key}: offset ${record.offset} of ${stream.compactedTo}`).toEqual(record);
    else if (there !== undefined) expect(there).toEqual(record);
  }
}

/** After a restart: what was lost was never promised, and its offsets are given out anew. */
function forgetLost(world: World, log: ChunkLog): void {
  for (const [key, accepted] of world.oracle.streams) {
    const stream = log.stream(topic(key[0]!), Number(key.slice(2)));
    world.oracle.streams.set(
      key,
      accepted.filter((record) => record.end <= stream.endOffset),
    );
  }
  for (const [topicId, state] of world.oracle.deleted) {
    if (state !== 'asked') continue;
    const isThere = [...log.streams()].some((stream) => stream.topicId === topicId);
    if (isThere) world.oracle.deleted.delete(topicId);
  }
}

async function untilCrash(world: World, life: Life, work: Promise<void>): Promise<boolean> {
  try {
    await world.scheduler.settle(work, life.process);
    return false;
  } catch (error) {
    if (!(error instanceof SimulatedCrash)) throw error;
    return true;
  }
}

/** One run: killed at `operation`, then perhaps again while it recovers; checked; written to again; checked again. */
async function run(
  seed: number,
  operation: number,
  steps: number,
): Promise<{ crashed: boolean; operations: number; compactions: number }> {
  const world = new World(seed);
  let life = world.boot();
  life.disk.crashAt = { operation, half: seed % 2 === 0 };
  const crashed = await untilCrash(world, life, workload(world, life, steps));
  const { operations } = life.disk;
  life.process.kill();
  world.volume.crash();
  if (seed % 3 === 0) {
    life = world.boot();
    life.disk.crashAt = { operation: world.prng.between(1, 40), half: seed % 4 === 0 };
    const opening = life.open().then(() => {});
    await untilCrash(world, life, opening);
    life.process.kill();
    world.volume.crash();
  }
  life = world.boot();
  const last = life;
  await world.scheduler.settle(
    (async () => {
      const log = await last.open();
      await check(world, last, log);
      forgetLost(world, log);
      await log.close();
      const upper = last.upper.ends;
      upper.clear();
      await workload(world, last, 10);
      upper.clear();
      const again = await last.open();
      await check(world, last, again);
      await again.close();
    })(),
    life.process,
  );
  expect(last.logger.messages('error')).toEqual([]);
  return { crashed, operations, compactions: world.oracle.compactions };
}

describe('a crash at any operation', () => {
  it('loses nothing that was acknowledged and shows nothing that was not written', async () => {
    const STEPS = 80;
    let crashes = 0;
    let compactions = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (let operation = 1; ; operation++) {
        const seed = round * 100_003 + operation;
        const result = await run(seed, operation, STEPS).catch((error: unknown) => {
          throw new Error(`seed ${seed}, operation ${operation}: ${String(error)}`, { cause: error });
        });
        if (!result.crashed && operation > 600) break;
        if (result.crashed) crashes++;
        compactions += result.compactions;
      }
    }
    expect(crashes).toBeGreaterThan(200);
    expect(compactions).toBeGreaterThan(200);
    expect(DIRECTORY).toBe('/log');
  }, 600_000);
});
