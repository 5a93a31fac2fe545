/**
 * Cleaning: sealed chunks with little live data, and runs of small neighbours, are copied into one new chunk, and the
 * manifest is swapped. Readers of the old files finish before those go. What lives is a rule that is passed in, so that
 * compaction by key can be the same pass with another rule.
 *
 * The old chunks are read from front to back, frame by frame with all checksums; what lives is gathered up to a bound,
 * sorted by stream, and written as frames of one stream each. So a reader of one stream finds its batches side by side,
 * and memory stays bounded. Batches keep their bytes, offsets and sequences (docs/formats/chunk.md, "Cleaned chunks").
 *
 * A copy begins, and goes on, only where it leaves the reserve of the disk alone: that is for what frees space.
 */
import { writeUuid } from '../base/uuid.ts';
import { type Clock, type Disk, DiskError, type DiskFile, type Logger } from '../platform/ports.ts';
import { batchLastOffsetDelta, batchMaxTimestamp } from '../record/batch.ts';
import { Chunk } from './chunk.ts';
import type { ChunkFiles } from './chunk-files.ts';
import {
  CHUNK_HEADER_BYTES,
  chunkName,
  ENTRY_BATCH,
  ENTRY_BYTES,
  encodeChunkHeader,
  entryKind,
  entryLength,
  entryOffset,
  entryPartition,
  entrySequenceDelta,
  entryTopicId,
  FRAME_FLAG_CLEANED,
  FRAME_HEADER_BYTES,
  spareName,
  writeEntryFields,
  writeFrameHeader,
} from './chunk-format.ts';
import { whatToDo } from './disk-advice.ts';
import { datasync, pause } from './file-io.ts';
import { FrameScanner } from './frame-scanner.ts';
import { manifestBytes } from './manifest.ts';
import type { ManifestStore } from './manifest-store.ts';
import { MemoryIndex } from './memory-index.ts';
import { manifestRow } from './recovery.ts';
import { Directory, indexBytes } from './sealed-index.ts';
import { corrupt, writeIndex } from './sealed-loader.ts';
import type { StoreSettings } from './settings.ts';
import { reservedBytes } from './space-budget.ts';
import { type StreamState, StreamTable } from './stream-state.ts';

/** Live bytes that are gathered before they are sorted and written. */
const GATHER_BYTES_MAX = 16 * 1024 * 1024;
const FRAME_BYTES_MAX = 1024 * 1024;
const FRAME_BATCHES_MAX = 4096;
const RUN_CHUNKS_MAX = 64;
const PACE_STEP_MS = 100;
/** Headers of a batch that is alone in its frame. */
const HEAD_BYTES_MAX = FRAME_HEADER_BYTES + ENTRY_BYTES;
/** Sequences of one chunk are stored as 32-bit differences. */
const SEQUENCE_RANGE_MAX = 0xffffffff;

/** Whether a batch is kept. Its bytes are valid during the call. */
export type LivesRule = (stream: StreamState, baseOffset: number, batch: Buffer) => boolean;

/** Keeps what is not below its stream's start. */
export const livesByStart: LivesRule = (stream, baseOffset, batch) =>
  baseOffset + batchLastOffsetDelta(batch) >= stream.startOffset;

export interface CleanerOptions {
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: StoreSettings;
  readonly table: StreamTable;
  readonly files: ChunkFiles;
  readonly manifests: ManifestStore;
  readonly chunks: Chunk[];
  /** True when everything accepted so far is durable; false when that can't be waited for. */
  readonly allDurable: () => Promise<boolean>;
  readonly isStopping: () => boolean;
}

interface LiveBatch {
  readonly stream: StreamState;
  readonly sequence: number;
  readonly offset: number;
  readonly batch: Buffer;
}

export class Cleaner {
  readonly #options: CleanerOptions;
  /** Chunks of the run that is being copied. */
  readonly #busy = new Set<Chunk>();
  /** Chunks that were found damaged: they are left alone. */
  readonly #damaged = new Set<Chunk>();
  /** It was said that cleaning can't go on now. */
  #isHeldUp = false;

  constructor(options: CleanerOptions) {
    this.#options = options;
  }

  /** Takes sealed chunks that hold nothing live out of the log. */
  async dropDead(): Promise<void> {
    const { chunks, manifests, files, allDurable } = this.#options;
    const dead = chunks.filter(
      (chunk) => isSealed(chunk) && !this.#busy.has(chunk) && liveBytesOf(chunk) === 0,
    );
    if (dead.length === 0) return;
    for (const chunk of dead) this.#busy.add(chunk);
    try {
      // What says that they are dead must not be lost while they are gone.
      if (!(await allDurable()) || this.#options.isStopping()) return;
      const ids = new Set(dead.map((chunk) => chunk.id));
      await manifests.update((current) => ({
        ...current,
        chunks: current.chunks.filter((chunk) => !ids.has(chunk.id)),
      }));
      for (const chunk of dead) {
        chunks.splice(chunks.indexOf(chunk), 1);
        chunk.memory?.detach();
        chunk.memory = null;
        files.drop(chunk);
      }
    } finally {
      for (const chunk of dead) this.#busy.delete(chunk);
    }
  }

  /** One pass over the log. Rejects with DiskError when the disk fails; one without room is left for a later pass. */
  async clean(lives: LivesRule = livesByStart): Promise<void> {
    await this.dropDead();
    const wasHeldUp = this.#isHeldUp;
    this.#isHeldUp = false;
    for (const run of this.#selectRuns()) {
      const why = await this.#cleanRun(run, lives);
      if (this.#options.isStopping()) return;
      if (why === null || this.#isHeldUp) continue;
      this.#isHeldUp = true;
      if (!wasHeldUp) this.#options.logger.warn({ directory: this.#options.directory }, why);
    }
    if (wasHeldUp && !this.#isHeldUp) {
      const { directory, logger } = this.#options;
      logger.info({ directory }, `Cleaning goes on in ${directory}.`);
    }
  }

  /** Null where the run is done; otherwise why something of it has to wait. */
  async #cleanRun(run: readonly Chunk[], lives: LivesRule): Promise<string | null> {
    const why = this.#whyNoRoom(bytesToWrite(run));
    if (why === null) return this.#tryRewrite(run, lives);
    // One by one they take less, and what the first gives back helps the next.
    const { settings } = this.#options;
    const parts = run.length === 1 ? [] : run.filter((chunk) => hasLittleLive(chunk, settings));
    for (const chunk of parts) {
      if (this.#whyNoRoom(bytesToWrite([chunk])) === null) await this.#tryRewrite([chunk], lives);
    }
    return why;
  }

  /** Null where the run is done or given up; otherwise why it has to wait. */
  async #tryRewrite(run: readonly Chunk[], lives: LivesRule): Promise<string | null> {
    if (this.#options.isStopping()) return null;
    // Retention looks while a run before this one is copied, and may have dropped some of these.
    if (run.some((chunk) => chunk.dropped || this.#busy.has(chunk))) return null;
    for (const chunk of run) this.#busy.add(chunk);
    try {
      await this.#rewrite(run, lives);
      return null;
    } catch (error) {
      if (!(error instanceof DiskError) || !error.isPassing) throw error;
      return `Cleaning waits: ${error.message}. ${whatToDo(error)}`;
    } finally {
      for (const chunk of run) this.#busy.delete(chunk);
    }
  }

  /** Why `bytes` can't be written now without taking what is kept back; null where they can. Gives up spares for it. */
  #whyNoRoom(bytes: number): string | null {
    const { directory, disk, files, manifests, settings } = this.#options;
    const needed = bytes + manifestBytes(manifests.current);
    const look = (): { freeBytes: number; reserve: number } => {
      const { freeBytes, totalBytes } = disk.space(directory);
      return { freeBytes, reserve: reservedBytes(settings.diskReserveBytes, totalBytes) };
    };
    try {
      let { freeBytes, reserve } = look();
      if (freeBytes - reserve >= needed) return null;
      files.removeSpares();
      ({ freeBytes, reserve } = look());
      if (freeBytes - reserve >= needed) return null;
      return (
        `Cleaning waits: a copy in ${directory} needs ${needed} bytes, ${freeBytes} are free and ${reserve} are ` +
        'kept in reserve. Free some space, add some, or shorten retention.'
      );
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      return `Cleaning waits: the disk of ${directory} does not say how much space it has: ${error.message}.`;
    }
  }

  /** Runs of neighbours that are worth a copy: one with little live data, or several small ones. */
  #selectRuns(): Chunk[][] {
    const { settings, chunks } = this.#options;
    const runs: Chunk[][] = [];
    let run: Chunk[] = [];
    let liveBytes = 0;
    let entries = 0;
    const close = (): void => {
      if (isWorthIt(run, settings)) runs.push(run);
      run = [];
      liveBytes = 0;
      entries = 0;
    };
    for (const chunk of chunks) {
      const candidate =
        isSealed(chunk) && chunk.memory === null && !this.#busy.has(chunk) && !this.#damaged.has(chunk);
      const live = candidate ? liveBytesOf(chunk) : 0;
      const wanted = candidate && (live * 2 < settings.chunkBytes || hasLittleLive(chunk, settings));
      if (!wanted) {
        close();
        continue;
      }
      const count = entriesOf(chunk);
      const tooMuch =
        liveBytes + live > settings.chunkBytes ||
        entries + count > settings.chunkEntriesMax ||
        run.length === RUN_CHUNKS_MAX ||
        (run.length > 0 && chunk.lastSequence - run[0]!.firstSequence > SEQUENCE_RANGE_MAX);
      if (tooMuch) close();
      run.push(chunk);
      liveBytes += live;
      entries += count;
    }
    close();
    return runs;
  }

  async #rewrite(run: readonly Chunk[], lives: LivesRule): Promise<void> {
    const { disk, directory, files } = this.#options;
    const header = files.newHeader({
      coversFirst: run[0]!.firstSequence,
      coversLast: run.at(-1)!.lastSequence,
    });
    const path = `${directory}/${spareName(header.id)}`;
    const target = new Chunk(header);
    target.firstSequence = header.coversFirst;
    target.lastSequence = header.coversLast;
    const copy = new ChunkCopy(this.#options, target, disk.open(path, 'create'));
    let complete = false;
    try {
      copy.file.writev([encodeChunkHeader(header)], 0);
      complete = await this.#copyRun(run, lives, copy);
      if (complete) await datasync(copy.file);
    } finally {
      copy.file.close();
      if (!complete) disk.remove(path);
    }
    if (!complete) return;
    disk.rename(path, `${directory}/${chunkName(header.id)}`);
    const rows = await this.#finishCopy(target, copy.index);
    if (rows !== null) await this.#swap(run, target, rows);
  }

  /** Makes the copy ready to take its place; where that can't be, it goes, with the space that it takes. */
  async #finishCopy(target: Chunk, index: MemoryIndex): Promise<Buffer | null> {
    const { disk, directory, files, allDurable, isStopping } = this.#options;
    let isReady = false;
    try {
      const rows = await writeIndex(this.#options, index, target);
      disk.syncDirectory(directory);
      // What was left out as dead must not come to life again after a crash.
      isReady = (await allDurable()) && !isStopping();
      return isReady ? rows : null;
    } finally {
      if (!isReady) files.drop(target);
    }
  }

  /** False where it was given up: the log is closing, or a chunk is damaged. */
  async #copyRun(run: readonly Chunk[], lives: LivesRule, copy: ChunkCopy): Promise<boolean> {
    const { files } = this.#options;
    for (const chunk of run) {
      const file = files.acquire(chunk);
      try {
        const scanner = new FrameScanner(file, chunk, {
          position: CHUNK_HEADER_BYTES,
          end: chunk.endPosition,
        });
        let pacedAt = CHUNK_HEADER_BYTES;
        while (scanner.position < chunk.endPosition) {
          const step = await scanner.next();
          if (step.kind !== 'frame') {
            if (scanner.position === chunk.endPosition) break;
            this.#reportDamage(chunk, file, {
              position: scanner.position,
              why: step.kind === 'bad' ? step.why : 'no frame begins here',
            });
            return false;
          }
          copy.take(scanner, lives);
          if (copy.gatheredBytes >= GATHER_BYTES_MAX) this.#write(copy);
          if (scanner.position - pacedAt < FRAME_BYTES_MAX) continue;
          await this.#pace(scanner.position - pacedAt);
          pacedAt = scanner.position;
          if (this.#options.isStopping()) return false;
        }
      } finally {
        files.release(chunk);
      }
    }
    this.#write(copy);
    return !this.#options.isStopping();
  }

  /** Writes what was gathered; throws DiskError where appends have used up the room for it meanwhile. */
  #write(copy: ChunkCopy): void {
    const why = this.#whyNoRoom(copy.bytesToWrite);
    if (why !== null) throw new DiskError('full', copy.file.path, 'appends have used the room of a copy');
    copy.write();
  }

  /** Waits as long as `bytes` may take; wakes up now and then to see whether the log is closing. */
  async #pace(bytes: number): Promise<void> {
    const { clock, settings, isStopping } = this.#options;
    let delayMs = (bytes * 1000) / settings.cleanBytesPerSecond;
    while (delayMs > 0 && !isStopping()) {
      await pause(clock, Math.min(delayMs, PACE_STEP_MS));
      delayMs -= PACE_STEP_MS;
    }
  }

  #reportDamage(chunk: Chunk, file: DiskFile, where: { position: number; why: string }): void {
    this.#damaged.add(chunk);
    const problem = corrupt(file.path, where.position, where.why);
    this.#options.logger.error(
      { path: file.path, position: where.position },
      `${problem.message} It is not cleaned.`,
    );
  }

  async #swap(run: readonly Chunk[], target: Chunk, rows: Buffer): Promise<void> {
    const { chunks, manifests, files, table } = this.#options;
    target.memory = null;
    const ids = new Set(run.map((chunk) => chunk.id));
    await manifests.update((current) => ({
      ...current,
      nextChunkId: files.nextId,
      chunks: current.chunks.flatMap((chunk) => {
        if (chunk.id === run[0]!.id) return [manifestRow(target)];
        return ids.has(chunk.id) ? [] : [chunk];
      }),
    }));
    target.directory = new Directory(rows, (topicId, partition) => table.get(topicId, partition));
    chunks.splice(chunks.indexOf(run[0]!), run.length, target);
    for (const chunk of run) files.drop(chunk);
  }
}

/** The new chunk while it is written. */
class ChunkCopy {
  readonly file: DiskFile;
  readonly index: MemoryIndex;
  gatheredBytes = 0;
  readonly #options: CleanerOptions;
  readonly #target: Chunk;
  /** Streams of the index of the new chunk: not the live ones, whose own indexes in memory are another matter. */
  readonly #streams = new StreamTable();
  #gathered: LiveBatch[] = [];

  constructor(options: CleanerOptions, target: Chunk, file: DiskFile) {
    this.#options = options;
    this.#target = target;
    this.file = file;
    this.index = new MemoryIndex(target.id);
  }

  /** What was gathered with its headers, and the sidecar of all that was copied. */
  get bytesToWrite(): number {
    const gathered = this.#gathered.length;
    const streams = this.index.streams.length + new Set(this.#gathered.map(({ stream }) => stream)).size;
    return this.gatheredBytes + gathered * HEAD_BYTES_MAX + indexBytes(streams, this.index.count + gathered);
  }

  /** Gathers what lives of a frame. */
  take(scanner: FrameScanner, lives: LivesRule): void {
    const buffer = scanner.buffer;
    let at = scanner.at + FRAME_HEADER_BYTES + scanner.entryCount * ENTRY_BYTES;
    for (let i = 0; i < scanner.entryCount; i++) {
      const entry = scanner.entryAt(i);
      if (entryKind(buffer, entry) !== ENTRY_BATCH) continue;
      const batch = buffer.subarray(at, at + entryLength(buffer, entry));
      at += batch.length;
      const stream = this.#options.table.get(entryTopicId(buffer, entry), entryPartition(buffer, entry));
      const offset = entryOffset(buffer, entry);
      if (stream === undefined || !lives(stream, offset, batch)) continue;
      const sequence = scanner.sequence + entrySequenceDelta(buffer, entry);
      this.#gathered.push({ stream, sequence, offset, batch: Buffer.from(batch) });
      this.gatheredBytes += batch.length;
    }
  }

  /** Writes what was gathered, by stream. */
  write(): void {
    const batches = this.#gathered.sort((a, b) => a.stream.slot - b.stream.slot || a.offset - b.offset);
    this.#gathered = [];
    this.gatheredBytes = 0;
    let from = 0;
    while (from < batches.length) {
      let to = from + 1;
      let bytes = batches[from]!.batch.length;
      while (
        to < batches.length &&
        to - from < FRAME_BATCHES_MAX &&
        batches[to]!.stream === batches[from]!.stream &&
        bytes + batches[to]!.batch.length <= FRAME_BYTES_MAX
      ) {
        bytes += batches[to++]!.batch.length;
      }
      this.#writeFrame(batches.slice(from, to), bytes);
      from = to;
    }
  }

  /** One frame, of batches of one stream. */
  #writeFrame(batches: readonly LiveBatch[], bytes: number): void {
    const { topicId, partition } = batches[0]!.stream;
    const sequence = batches[0]!.sequence;
    const stream = this.#streams.getOrCreate(topicId, partition);
    const head = Buffer.alloc(FRAME_HEADER_BYTES + batches.length * ENTRY_BYTES);
    let position = this.#target.endPosition + head.length;
    for (let i = 0; i < batches.length; i++) {
      const { batch, offset, sequence: batchSequence } = batches[i]!;
      const at = FRAME_HEADER_BYTES + i * ENTRY_BYTES;
      writeUuid(head, at, topicId);
      const sequenceDelta = batchSequence - sequence;
      writeEntryFields(head, at, {
        partition,
        kind: ENTRY_BATCH,
        length: batch.length,
        sequenceDelta,
        offset,
      });
      this.index.add(stream, {
        baseOffset: offset,
        lastOffsetDelta: batchLastOffsetDelta(batch),
        position,
        length: batch.length,
        maxTimestamp: batchMaxTimestamp(batch),
        sequence: batchSequence,
      });
      position += batch.length;
    }
    writeFrameHeader(head, 0, this.#target, {
      length: head.length + bytes,
      entryCount: batches.length,
      sequence,
      durableSequence: 0,
      leaderEpoch: 0,
      flags: FRAME_FLAG_CLEANED,
    });
    this.file.writev([head, ...batches.map(({ batch }) => batch)], this.#target.endPosition);
    this.#target.endPosition = position;
  }
}

const isSealed = (chunk: Chunk): boolean => chunk.directory !== null;

function liveBytesOf(chunk: Chunk): number {
  const directory = chunk.directory!;
  let bytes = 0;
  for (let i = 0; i < directory.streams.length; i++) bytes += directory.liveBytes(i);
  return bytes;
}

/** The most that a run's copy and its sidecar take; an estimate where a stream starts inside of a chunk. */
function bytesToWrite(run: readonly Chunk[]): number {
  let bytes = CHUNK_HEADER_BYTES;
  for (const { directory } of run) {
    const { streams, bytes: stored, entryCounts } = directory!;
    for (let i = 0; i < streams.length; i++) {
      const live = directory!.liveBytes(i);
      if (live === 0) continue;
      const batches = Math.ceil(entryCounts[i]! * Math.min(1, live / stored[i]!));
      bytes += live + batches * HEAD_BYTES_MAX + indexBytes(1, batches);
    }
  }
  return bytes;
}

function entriesOf(chunk: Chunk): number {
  let entries = 0;
  for (const count of chunk.directory!.entryCounts) entries += count;
  return entries;
}

/** Less than the set part of the file is live. Headers of frames make up the rest of a file that is all live. */
function hasLittleLive(chunk: Chunk, settings: StoreSettings): boolean {
  let bytes = 0;
  for (const one of chunk.directory!.bytes) bytes += one;
  const dead = chunk.endPosition - CHUNK_HEADER_BYTES - bytes - entriesOf(chunk) * HEAD_BYTES_MAX;
  return liveBytesOf(chunk) < (bytes + Math.max(0, dead)) * settings.cleanLiveRatio;
}

/** Small chunks are merged when the largest is not copied again and again for the sake of little ones. */
function isWorthIt(run: readonly Chunk[], settings: StoreSettings): boolean {
  if (run.length === 0) return false;
  if (run.some((chunk) => hasLittleLive(chunk, settings))) return true;
  const live = run.map(liveBytesOf);
  const largest = Math.max(...live);
  const all = live.reduce((sum, bytes) => sum + bytes, 0);
  return run.length > 1 && (all - largest) * 2 >= largest;
}
