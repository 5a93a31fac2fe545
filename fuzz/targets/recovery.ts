/**
 * Recovery: data directories that rotted, were cut, or had blocks and files exchanged. Opening one of them gives a log, or
 * is refused with a BrokerError. What is opened holds only batches that were appended, where they were appended, and is a
 * prefix of the history: nothing is missing before something that is there.
 *
 * Input: one byte variant of the directory, then mutations of 12 bytes: u8 kind, u8 file, u32 position, u32 operand,
 * u16 length.
 */

import { SimClock } from '../../sim/clock.ts';
import { SimDisk } from '../../sim/disk.ts';
import { Prng } from '../../sim/prng.ts';
import { SimProcess } from '../../sim/process.ts';
import { SimRandom } from '../../sim/random.ts';
import { Scheduler, SimulationStuck } from '../../sim/scheduler.ts';
import { SimVolume } from '../../sim/volume.ts';
import { crc32c } from '../../src/base/crc32c.ts';
import { BrokerError } from '../../src/base/errors.ts';
import { uuidFromBytes } from '../../src/base/uuid.ts';
import type { Logger } from '../../src/platform/ports.ts';
import { BATCH_CRC_START, batchBaseOffset, batchCrc, batchLastOffset } from '../../src/record/batch.ts';
import { buildBatch } from '../../src/record/build.ts';
import type { ChunkLog, Stream } from '../../src/store/contract.ts';
import { openChunkLog } from '../../src/store/open.ts';
import { expect, Finding, type FuzzTarget } from '../target.ts';

const DIRECTORY = '/data';
const VARIANTS = 6;
const STREAMS = 4;
const MUTATION_BYTES = 12;
const MUTATIONS_MAX = 8;
/** The frame behind which topic 0 is deleted, in some variants. */
const DELETION_FRAME = 90;
/** Simulated time in which opening and reading must end. */
const LIMIT_MS = 60_000;
const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** One batch that was appended, in the order of appends. */
interface Appended {
  readonly stream: string;
  readonly sequence: number;
  readonly baseOffset: number;
  readonly crc: number;
  readonly lastOffset: number;
}

/** A directory as some history left it. */
interface Base {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly appended: readonly Appended[];
}

export function recoveryTarget(): FuzzTarget {
  const bases: (Base | undefined)[] = new Array(VARIANTS).fill(undefined);
  return {
    name: 'recovery',
    weight: 2,
    generate(prng) {
      const parts: Buffer[] = [Buffer.of(prng.int(VARIANTS))];
      for (let count = prng.between(1, 4); count > 0; count--) {
        const mutation = prng.bytes(MUTATION_BYTES);
        // Mostly near a beginning or in a small file, where the structure is.
        mutation.writeUInt32BE(prng.chance(0.5) ? prng.int(300) : prng.int(70_000), 2);
        mutation.writeUInt32BE(prng.chance(0.5) ? prng.int(300) : prng.int(70_000), 6);
        mutation.writeUInt16BE(prng.pick([1, 4, 40, 512, 4096]), 10);
        parts.push(mutation);
      }
      return Buffer.concat(parts);
    },
    async execute(input) {
      if (input.length === 0) return;
      const variant = input[0]! % VARIANTS;
      const base = (bases[variant] ??= await makeBase(variant));
      const files = new Map([...base.files].map(([name, content]) => [name, Buffer.from(content)] as const));
      let forged = false;
      for (let i = 0; i < MUTATIONS_MAX && 1 + (i + 1) * MUTATION_BYTES <= input.length; i++) {
        const mutation = input.subarray(1 + i * MUTATION_BYTES, 1 + (i + 1) * MUTATION_BYTES);
        forged = change(files, mutation) || forged;
      }
      await recover(files, base, { salvage: variant % 2 === 1, forged });
    },
  };
}

/** Applies one mutation; true when checksums were made right again, as no disk does. */
function change(files: Map<string, Buffer>, mutation: Buffer): boolean {
  const names = [...files.keys()].sort();
  if (names.length === 0) return false;
  const name = names[mutation[1]! % names.length]!;
  const bytes = files.get(name)!;
  const operand = mutation.readUInt32BE(6);
  const other = names[operand % names.length]!;
  const at = bytes.length === 0 ? 0 : mutation.readUInt32BE(2) % bytes.length;
  const length = Math.min(mutation.readUInt16BE(10), bytes.length - at);
  const to = bytes.length === 0 ? 0 : operand % bytes.length;
  switch (mutation[0]! % 10) {
    case 0:
    case 1:
      if (bytes.length > 0) bytes[at]! ^= 1 << (operand % 8);
      return false;
    case 2:
      files.set(name, bytes.subarray(0, at));
      return false;
    case 3:
      bytes.fill(0, at, at + length);
      return false;
    case 4:
      bytes.copyWithin(to, at, at + length);
      return false;
    case 5: {
      const target = files.get(other)!;
      bytes.copy(target, Math.min(to, target.length), at, at + length);
      return false;
    }
    case 6: {
      const target = files.get(other)!;
      files.set(other, bytes);
      files.set(name, target);
      return false;
    }
    case 7:
      files.delete(name);
      return false;
    case 8:
      files.set(name, Buffer.concat([bytes, bytes.subarray(at, at + length)]));
      return false;
    default:
      return forge(name, bytes, at, operand);
  }
}

/** A byte that is changed under a checksum that is made right for it. */
function forge(name: string, bytes: Buffer, at: number, operand: number): boolean {
  if (name === 'manifest' && bytes.length >= 80) {
    bytes[16 + (at % (bytes.length - 16))] = operand;
    bytes.writeUInt32BE(crc32c(bytes, 16, bytes.length), 12);
  } else if (bytes.length >= 64) {
    bytes[8 + (at % 52)] = operand;
    bytes.writeUInt32BE(crc32c(bytes, 0, 60), 60);
  }
  return true;
}

/** One machine with a volume. */
class Machine {
  readonly scheduler: Scheduler;
  readonly volume: SimVolume;
  readonly process = new SimProcess('fuzzed');
  readonly prng: Prng;
  readonly fatal: BrokerError[] = [];

  constructor(seed: number) {
    this.prng = new Prng(seed);
    this.scheduler = new Scheduler(this.prng.fork());
    this.volume = new SimVolume(this.prng.fork());
    // A file that was cut is shorter than what others say of it.
    this.volume.readsBehindEnd = true;
  }

  open(salvage: boolean): Promise<ChunkLog> {
    const disk = new SimDisk(this.scheduler, this.volume, this.process);
    const opening = openChunkLog({
      directory: DIRECTORY,
      disk,
      clock: new SimClock(this.scheduler, this.process),
      logger: SILENT,
      random: new SimRandom(this.prng.fork()),
      settings: {
        chunkBytes: 65_536,
        tailCacheBytes: 10_000,
        runwayBytes: 4096,
        cleanLiveRatio: 0.9,
        salvage,
      },
      onFatal: (error) => this.fatal.push(error),
    });
    return this.scheduler.settle(opening, this.process, LIMIT_MS);
  }
}

async function makeBase(variant: number): Promise<Base> {
  const machine = new Machine(1000 + variant);
  const log = await machine.open(false);
  const appended: Appended[] = [];
  const { prng, scheduler } = machine;
  const frames = variant < 2 ? 12 : 120;
  for (let frame = 0; frame < frames; frame++) {
    // The id of a deleted topic is never used again.
    const firstTopic = variant >= 4 && frame > DELETION_FRAME ? 1 : 0;
    await scheduler.settle(appendFrame(log, prng, firstTopic, appended));
    if (variant >= 4 && frame === DELETION_FRAME) {
      const deleted = log.append({
        entries: [],
        events: [{ kind: 'delete-topic', topicId: topicId(0) }],
        durability: 'fsync',
      });
      expect(!(deleted instanceof BrokerError), 'a deletion was refused');
    }
    if (variant >= 4 && frame % 50 === 49) {
      await scheduler.settle(log.clean());
      await scheduler.settle(
        log.enforceRetention(() => ({ retentionMs: Number.POSITIVE_INFINITY, retentionBytes: 60_000 })),
      );
    }
  }
  // Closed in good order, or killed.
  if (variant % 3 === 0) await scheduler.settle(log.close());
  machine.process.kill();
  const files = new Map<string, Buffer>();
  for (const path of machine.volume.files()) {
    files.set(path.slice(DIRECTORY.length + 1), machine.volume.content(path));
  }
  return { files, appended };
}

function topicId(number: number): ReturnType<typeof uuidFromBytes> {
  return uuidFromBytes(Buffer.alloc(16, number + 1));
}

function appendFrame(log: ChunkLog, prng: Prng, firstTopic: number, appended: Appended[]): Promise<void> {
  const entries = Array.from({ length: prng.between(1, 3) }, () => {
    const stream = log.stream(topicId(prng.between(firstTopic, STREAMS - 1)), prng.int(2));
    const records = Array.from({ length: prng.between(1, 4) }, () => ({
      key: null,
      value: prng.bytes(prng.pick([5, 100, 1500])),
    }));
    return { stream, batch: buildBatch(records, { timestampMs: 1000 + appended.length }) };
  });
  return new Promise((resolve, reject) => {
    const result = log.append({ entries, durability: 'fsync', onCommitted: resolve });
    if (result instanceof BrokerError) return reject(result);
    entries.forEach(({ stream, batch }) => {
      appended.push({
        stream: keyOf(stream),
        sequence: result.sequence,
        baseOffset: batchBaseOffset(batch),
        lastOffset: batchLastOffset(batch),
        crc: batchCrc(batch),
      });
    });
  });
}

function keyOf(stream: Stream): string {
  return `${stream.topicId}-${stream.partition}`;
}

async function recover(
  files: ReadonlyMap<string, Buffer>,
  base: Base,
  { salvage, forged }: { salvage: boolean; forged: boolean },
): Promise<void> {
  const machine = new Machine(7);
  machine.volume.makeDirectory(DIRECTORY);
  for (const [name, content] of files) machine.volume.plant(`${DIRECTORY}/${name}`, content);
  try {
    const log = await openOrRefuse(machine, salvage);
    if (log !== null) await checkOpened(machine, log, base, { salvage, forged });
  } catch (error) {
    // Nobody forges checksums but to attack: then it must end, in bounded memory, and no more.
    if (!forged || !(error instanceof Error) || error instanceof SimulationStuck) throw error;
  } finally {
    machine.process.kill();
  }
}

/** Null: refused. */
async function openOrRefuse(machine: Machine, salvage: boolean): Promise<ChunkLog | null> {
  try {
    return await machine.open(salvage);
  } catch (error) {
    if (error instanceof BrokerError) return null;
    throw error;
  }
}

async function checkOpened(
  machine: Machine,
  log: ChunkLog,
  base: Base,
  { salvage, forged }: { salvage: boolean; forged: boolean },
): Promise<void> {
  const found = new Map<string, Map<number, number>>();
  let unreadable = false;
  for (const stream of log.streams()) {
    if (stream.deleted) continue;
    expect(stream.startOffset <= stream.highWatermark, 'a stream starts behind its end');
    const batches = new Map<number, number>();
    found.set(keyOf(stream), batches);
    const onBatch = (batch: Buffer): void => {
      expect(
        crc32c(batch, BATCH_CRC_START, batch.length) === batchCrc(batch),
        'a damaged batch was replayed',
      );
      batches.set(batchBaseOffset(batch), batchCrc(batch));
    };
    try {
      await machine.scheduler.settle(
        log.replay(stream, { fromOffset: stream.startOffset }, onBatch),
        machine.process,
        LIMIT_MS,
      );
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      unreadable = true;
    }
  }
  if (forged) return;
  checkContent(log, base, found, { salvage, unreadable });
  await checkGoesOn(machine, log);
}

function checkContent(
  log: ChunkLog,
  base: Base,
  found: ReadonlyMap<string, ReadonlyMap<number, number>>,
  { salvage, unreadable }: { salvage: boolean; unreadable: boolean },
): void {
  const starts = new Map([...log.streams()].map((stream) => [keyOf(stream), stream] as const));
  const known = new Map(base.appended.map((one) => [`${one.stream}@${one.baseOffset}`, one] as const));
  let last = -1;
  for (const [stream, batches] of found) {
    for (const [offset, crc] of batches) {
      const appended = known.get(`${stream}@${offset}`);
      if (appended === undefined)
        throw new Finding(`a batch at ${offset} came back that was never appended there`);
      expect(appended.crc === crc, `the batch at ${offset} came back as another`);
      last = Math.max(last, appended.sequence);
    }
  }
  // Salvaging, or with damage that every reader is told of, there may be holes.
  if (salvage || unreadable) return;
  for (const one of base.appended) {
    if (one.sequence > last) continue;
    const stream = starts.get(one.stream);
    if (stream?.deleted || (stream !== undefined && one.lastOffset < stream.startOffset)) continue;
    const there = found.get(one.stream)?.get(one.baseOffset) !== undefined;
    expect(
      there || isDeleted(base, one),
      `the batch of frame ${one.sequence} is gone, and frame ${last} is there`,
    );
  }
}

/** Whether the stream's topic was deleted in the history; then it may be gone without a trace. */
function isDeleted(base: Base, one: Appended): boolean {
  return base.appended.length > 150 && one.stream.startsWith(`${topicId(0)}-`);
}

/** An opened log takes appends and closes. */
async function checkGoesOn(machine: Machine, log: ChunkLog): Promise<void> {
  const stream = log.stream(topicId(STREAMS + 1), 0);
  const batch = buildBatch([{ key: null, value: Buffer.from('x') }], { timestampMs: 5 });
  const done = new Promise<void>((resolve, reject) => {
    const result = log.append({ entries: [{ stream, batch }], durability: 'fsync', onCommitted: resolve });
    if (result instanceof BrokerError) reject(result);
  });
  try {
    await machine.scheduler.settle(done, machine.process, LIMIT_MS);
    await machine.scheduler.settle(log.close(), machine.process, LIMIT_MS);
  } catch (error) {
    throw new Finding(`an opened log doesn't go on: ${String((error as Error).stack)}`);
  }
  const fatal = machine.fatal[0];
  if (fatal !== undefined) throw new Finding(`an opened log has stopped: ${fatal.message}`);
}
