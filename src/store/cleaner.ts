/**
 * Cleaning: sealed chunks with little live data, and runs of small neighbours, are copied into one new chunk, and the
 * manifest is swapped. Readers of the old files finish before those go. What lives is what is not below the start of its
 * stream, nor superseded by compaction (compactor.ts).
 *
 * The old chunks are read from front to back, frame by frame with all checksums; what lives is gathered up to a bound,
 * sorted by stream, and written as frames of one stream each. So a reader of one stream finds its batches side by side,
 * and memory stays bounded. Batches keep their bytes, offsets and sequences (docs/formats/chunk.md, "Cleaned chunks").
 */
import { DiskError, type DiskFile, type Logger } from '../platform/ports.ts';
import { batchLastOffsetDelta } from '../record/batch.ts';
import { type Chunk, firstLiveOffset } from './chunk.ts';
import { ChunkCopy, type CopyOptions, HEAD_BYTES_MAX, whyNoRoom } from './chunk-copy.ts';
import {
  CHUNK_HEADER_BYTES,
  ENTRY_BATCH,
  ENTRY_BYTES,
  entryKind,
  entryLength,
  entryOffset,
  entryPartition,
  entrySequenceDelta,
  entryTopicId,
  FRAME_HEADER_BYTES,
} from './chunk-format.ts';
import { whatToDo } from './disk-advice.ts';
import { FrameScanner } from './frame-scanner.ts';
import type { Pacer } from './pacer.ts';
import { manifestRow } from './recovery.ts';
import { Directory, indexBytes } from './sealed-index.ts';
import { corrupt } from './sealed-loader.ts';
import type { StoreSettings } from './settings.ts';
import type { StreamTable } from './stream-state.ts';

/** Live bytes that are gathered before they are sorted and written. */
const GATHER_BYTES_MAX = 16 * 1024 * 1024;
/** Bytes after which others may run. */
const PACE_BYTES = 1024 * 1024;
const RUN_CHUNKS_MAX = 64;
/** Sequences of one chunk are stored as 32-bit differences. */
const SEQUENCE_RANGE_MAX = 0xffffffff;

export interface CleanerOptions extends CopyOptions {
  readonly logger: Logger;
  readonly table: StreamTable;
  readonly chunks: Chunk[];
  /** True when everything accepted so far is durable; false when that can't be waited for. */
  readonly allDurable: () => Promise<boolean>;
  readonly isStopping: () => boolean;
  /** Holds one pass back. */
  readonly newPacer: () => Pacer;
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
  async clean(): Promise<void> {
    await this.dropDead();
    const wasHeldUp = this.#isHeldUp;
    this.#isHeldUp = false;
    for (const run of this.#selectRuns()) {
      const why = await this.#cleanRun(run);
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
  async #cleanRun(run: readonly Chunk[]): Promise<string | null> {
    const why = whyNoRoom(this.#options, bytesToWrite(run), 'Cleaning');
    if (why === null) return this.#tryRewrite(run);
    // One by one they take less, and what the first gives back helps the next.
    const { settings } = this.#options;
    const parts = run.length === 1 ? [] : run.filter((chunk) => hasLittleLive(chunk, settings));
    for (const chunk of parts) {
      if (whyNoRoom(this.#options, bytesToWrite([chunk]), 'Cleaning') === null)
        await this.#tryRewrite([chunk]);
    }
    return why;
  }

  /** Null where the run is done or given up; otherwise why it has to wait. */
  async #tryRewrite(run: readonly Chunk[]): Promise<string | null> {
    if (this.#options.isStopping()) return null;
    // Retention looks while a run before this one is copied, and may have dropped some of these.
    if (run.some((chunk) => chunk.dropped || this.#busy.has(chunk))) return null;
    for (const chunk of run) this.#busy.add(chunk);
    try {
      await this.#rewrite(run);
      return null;
    } catch (error) {
      if (!(error instanceof DiskError) || !error.isPassing) throw error;
      return `Cleaning waits: ${error.message}. ${whatToDo(error)}`;
    } finally {
      for (const chunk of run) this.#busy.delete(chunk);
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
        run[0]?.compacted === !chunk.compacted ||
        (run.length > 0 && chunk.lastSequence - run[0]!.firstSequence > SEQUENCE_RANGE_MAX);
      if (tooMuch) close();
      run.push(chunk);
      liveBytes += live;
      entries += count;
    }
    close();
    return runs;
  }

  async #rewrite(run: readonly Chunk[]): Promise<void> {
    const copy = new ChunkCopy(this.#options, {
      coversFirst: run[0]!.firstSequence,
      coversLast: run.at(-1)!.lastSequence,
      compacted: run[0]!.compacted,
    });
    let isWhole = false;
    try {
      isWhole = await this.#copyRun(run, copy);
    } finally {
      if (!isWhole) await copy.discard();
    }
    if (!isWhole) return;
    const rows = await copy.finish();
    if (await this.#isReady(copy.chunk)) await this.#swap(run, copy.chunk, rows);
  }

  /** Whether a copy may take its place; where that can't be, it goes, with the space that it takes. */
  async #isReady(target: Chunk): Promise<boolean> {
    const { disk, directory, files, allDurable, isStopping } = this.#options;
    let isReady = false;
    try {
      disk.syncDirectory(directory);
      // What was left out as dead must not come to life again after a crash.
      isReady = (await allDurable()) && !isStopping();
      return isReady;
    } finally {
      if (!isReady) files.drop(target);
    }
  }

  /** False where it was given up: the log is closing, or a chunk is damaged. */
  async #copyRun(run: readonly Chunk[], copy: ChunkCopy): Promise<boolean> {
    const { files, newPacer } = this.#options;
    const pacer = newPacer();
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
          this.#take(chunk, scanner, copy);
          if (copy.gatheredBytes >= GATHER_BYTES_MAX) await copy.write();
          if (scanner.position - pacedAt < PACE_BYTES) continue;
          await pacer.spend(scanner.position - pacedAt);
          pacedAt = scanner.position;
          if (this.#options.isStopping()) return false;
        }
      } finally {
        files.release(chunk);
      }
    }
    await copy.write();
    return !this.#options.isStopping();
  }

  /** Adds what lives of a frame to the copy. */
  #take(chunk: Chunk, scanner: FrameScanner, copy: ChunkCopy): void {
    const buffer = scanner.buffer;
    let at = scanner.at + FRAME_HEADER_BYTES + scanner.entryCount * ENTRY_BYTES;
    for (let i = 0; i < scanner.entryCount; i++) {
      const entry = scanner.entryAt(i);
      if (entryKind(buffer, entry) !== ENTRY_BATCH) continue;
      const batch = buffer.subarray(at, at + entryLength(buffer, entry));
      at += batch.length;
      const stream = this.#options.table.get(entryTopicId(buffer, entry), entryPartition(buffer, entry));
      const offset = entryOffset(buffer, entry);
      if (stream === undefined) continue;
      // A batch lies on one side of what was compacted, or its stream starts inside of it.
      if (offset + batchLastOffsetDelta(batch) < firstLiveOffset(chunk, stream)) continue;
      const sequence = scanner.sequence + entrySequenceDelta(buffer, entry);
      const own = copy.room(batch.length);
      batch.copy(own);
      copy.add({ stream, sequence, offset, batch: own });
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
    const ids = new Set(run.map((chunk) => chunk.id));
    await manifests.update((current) => ({
      ...current,
      nextChunkId: files.nextId,
      chunks: current.chunks.flatMap((chunk) => {
        if (chunk.id === run[0]!.id) return [manifestRow(target)];
        return ids.has(chunk.id) ? [] : [chunk];
      }),
    }));
    target.directory = new Directory(target, rows, table);
    chunks.splice(chunks.indexOf(run[0]!), run.length, target);
    for (const chunk of run) files.drop(chunk);
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
