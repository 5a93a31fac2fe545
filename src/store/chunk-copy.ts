/**
 * A chunk that is written beside the log, by cleaning and by compaction, out of batches that are in it already. What is
 * added is gathered up to a bound, sorted by stream, and written as frames of one stream each: so a reader of one
 * stream finds its batches side by side. Until its name says otherwise the file is a spare, whose content means nothing.
 *
 * A copy begins, and goes on, only where it leaves the reserve of the disk alone: that is for what frees space.
 */
import type { BlockPool } from '../base/block-pool.ts';
import { writeUuid } from '../base/uuid.ts';
import { type Clock, type Disk, DiskError, type DiskFile } from '../platform/ports.ts';
import { batchLastOffsetDelta, batchMaxTimestamp } from '../record/batch.ts';
import { Chunk } from './chunk.ts';
import type { ChunkFiles } from './chunk-files.ts';
import {
  chunkName,
  ENTRY_BATCH,
  ENTRY_BYTES,
  encodeChunkHeader,
  FRAME_FLAG_CLEANED,
  FRAME_HEADER_BYTES,
  spareName,
  writeEntryFields,
  writeFrameHeader,
} from './chunk-format.ts';
import { datasync, writev } from './file-io.ts';
import { manifestBytes } from './manifest.ts';
import type { ManifestStore } from './manifest-store.ts';
import { MemoryIndex } from './memory-index.ts';
import { indexBytes } from './sealed-index.ts';
import { writeIndex } from './sealed-loader.ts';
import type { StoreSettings } from './settings.ts';
import { reservedBytes } from './space-budget.ts';
import { type StreamState, StreamTable } from './stream-state.ts';

const FRAME_BYTES_MAX = 1024 * 1024;
const FRAME_BATCHES_MAX = 4096;
/** Bytes after which a flush is made, so that the last one is no longer than any. */
const FLUSH_BYTES = 8 * 1024 * 1024;
/** Memory that `room` cuts batches from. */
const ROOM_BYTES = 2 * 1024 * 1024;
/** Headers of a batch that is alone in its frame. */
export const HEAD_BYTES_MAX = FRAME_HEADER_BYTES + ENTRY_BYTES;

export interface CopyOptions {
  readonly directory: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly settings: StoreSettings;
  readonly files: ChunkFiles;
  readonly manifests: ManifestStore;
  readonly blocks: BlockPool;
}

/** One batch of a copy; its bytes stay as they are until it is written. */
interface CopiedBatch {
  readonly stream: StreamState;
  /** Of the frame that it came in. */
  readonly sequence: number;
  readonly offset: number;
  readonly batch: Buffer;
}

/**
 * Why `bytes` can't be written now without taking what is kept back; null where they can. Gives up spares for it.
 * `what` begins the sentence: what has to wait.
 */
export function whyNoRoom(options: CopyOptions, bytes: number, what: string): string | null {
  const { directory, disk, files, manifests, settings } = options;
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
      `${what} waits: a copy in ${directory} needs ${needed} bytes, ${freeBytes} are free and ${reserve} are ` +
      'kept in reserve. Free some space, add some, or shorten retention.'
    );
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    return `${what} waits: the disk of ${directory} does not say how much space it has: ${error.message}.`;
  }
}

export class ChunkCopy {
  readonly chunk: Chunk;
  readonly index: MemoryIndex;
  /** Bytes of batches that were added and are not written. */
  gatheredBytes = 0;
  readonly #options: CopyOptions;
  readonly #file: DiskFile;
  readonly #path: string;
  /** Streams of the index of the new chunk: not the live ones, whose own indexes in memory are another matter. */
  readonly #streams = new StreamTable();
  #gathered: CopiedBatch[] = [];
  /** Memory of what was gathered, and how much of the last block is cut. */
  #rooms: Buffer[] = [];
  #roomUsed = 0;
  /** The last write and the last flush that were begun. */
  #writing: Promise<void> = Promise.resolve();
  #flushing: Promise<void> = Promise.resolve();
  #flushedTo = 0;
  #stage: 'open' | 'closed' | 'named' = 'open';

  /** `covers`: the sequences that the chunk stands for. Throws DiskError. */
  constructor(
    options: CopyOptions,
    covers: { readonly coversFirst: number; readonly coversLast: number; readonly compacted: boolean },
  ) {
    const header = options.files.newHeader(covers);
    this.#options = options;
    this.#path = `${options.directory}/${spareName(header.id)}`;
    this.#file = options.disk.open(this.#path, 'create');
    this.chunk = new Chunk(header);
    this.chunk.firstSequence = header.coversFirst;
    this.chunk.lastSequence = header.coversLast;
    this.index = new MemoryIndex(header.id);
    try {
      this.#file.writev([encodeChunkHeader(header)], 0);
    } catch (error) {
      this.#remove();
      throw error;
    }
  }

  /** Memory for a batch that is going to be added; it is used again once that is written. */
  room(bytes: number): Buffer {
    if (bytes > ROOM_BYTES) return Buffer.allocUnsafeSlow(bytes);
    if (this.#rooms.length === 0 || this.#roomUsed + bytes > ROOM_BYTES) {
      this.#rooms.push(this.#options.blocks.take(ROOM_BYTES));
      this.#roomUsed = 0;
    }
    const from = this.#roomUsed;
    this.#roomUsed += bytes;
    return this.#rooms.at(-1)!.subarray(from, this.#roomUsed);
  }

  /** Takes a batch in. Its bytes must not change before `write` has ended. */
  add(batch: CopiedBatch): void {
    this.#gathered.push(batch);
    this.gatheredBytes += batch.batch.length;
  }

  /** Bytes of the file, with what was gathered. */
  get sizeBytes(): number {
    return this.chunk.endPosition + this.gatheredBytes;
  }

  /** Batches, with those gathered. */
  get batchCount(): number {
    return this.index.count + this.#gathered.length;
  }

  /** What was gathered with its headers, and the sidecar of all that was copied. */
  get bytesToWrite(): number {
    const gathered = this.#gathered.length;
    const streams = this.index.streams.length + new Set(this.#gathered.map(({ stream }) => stream)).size;
    return this.gatheredBytes + gathered * HEAD_BYTES_MAX + indexBytes(streams, this.index.count + gathered);
  }

  /** Writes what was gathered, by stream. Rejects as `writeBehind`. */
  async write(): Promise<void> {
    await this.writeBehind();
    await this.#writing;
  }

  /**
   * Begins to write what was gathered, by stream and beside the event loop, when what was begun before has ended. Rejects
   * with DiskError: where that failed, and where appends have used up the room meanwhile.
   */
  async writeBehind(): Promise<void> {
    await this.#writing;
    const why = whyNoRoom(this.#options, this.bytesToWrite, 'Copying');
    if (why !== null) throw new DiskError('full', this.#path, 'appends have used the room of a copy');
    const batches = this.#gathered.sort((a, b) => a.stream.slot - b.stream.slot || a.offset - b.offset);
    const rooms = this.#rooms;
    const position = this.chunk.endPosition;
    const buffers: Buffer[] = [];
    for (let from = 0; from < batches.length; ) {
      const to = frameEnd(batches, from);
      this.#addFrame(batches.slice(from, to), buffers);
      from = to;
    }
    this.#gathered = [];
    this.gatheredBytes = 0;
    this.#rooms = [];
    this.#writing = this.#writeOut(buffers, position).finally(() => this.#options.blocks.releaseAll(rooms));
    // Whoever writes or ends next hears of it.
    this.#writing.catch(() => undefined);
  }

  /** One flush runs beside the next writes. */
  async #writeOut(buffers: readonly Buffer[], position: number): Promise<void> {
    const end = this.chunk.endPosition;
    if (buffers.length > 0) await writev(this.#file, buffers, position);
    if (end - this.#flushedTo < FLUSH_BYTES) return;
    await this.#flushing;
    this.#flushedTo = end;
    this.#flushing = datasync(this.#file);
    this.#flushing.catch(() => undefined);
  }

  /** One frame, of batches of one stream, at the end of the chunk. */
  #addFrame(batches: readonly CopiedBatch[], buffers: Buffer[]): void {
    const { topicId, partition } = batches[0]!.stream;
    const sequence = batches[0]!.sequence;
    const stream = this.#streams.getOrCreate(topicId, partition);
    const head = Buffer.alloc(FRAME_HEADER_BYTES + batches.length * ENTRY_BYTES);
    let position = this.chunk.endPosition + head.length;
    buffers.push(head);
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
      buffers.push(batch);
    }
    writeFrameHeader(head, 0, this.chunk, {
      length: position - this.chunk.endPosition,
      entryCount: batches.length,
      sequence,
      durableSequence: 0,
      leaderEpoch: 0,
      flags: FRAME_FLAG_CLEANED,
    });
    this.chunk.endPosition = position;
  }

  /**
   * Makes the file durable and gives it its name; returns the directory of its sidecar. What is not whole goes, with the
   * space that it takes. The name is durable after the directory is synced. Rejects with DiskError.
   */
  async finish(): Promise<Buffer> {
    const { disk, directory } = this.#options;
    try {
      await this.#writing;
      await this.#flushing;
      await datasync(this.#file);
      this.#close();
      disk.rename(this.#path, `${directory}/${chunkName(this.chunk.id)}`);
      this.#stage = 'named';
      const rows = await writeIndex(this.#options, this.index, this.chunk);
      this.chunk.memory = null;
      return rows;
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  /** Removes what was written, when nothing is in flight. Not for a chunk that is in the manifest. */
  async discard(): Promise<void> {
    await Promise.allSettled([this.#writing, this.#flushing]);
    this.#options.blocks.releaseAll(this.#rooms.splice(0));
    this.#remove();
  }

  #remove(): void {
    const { disk, files } = this.#options;
    if (this.#stage === 'named') {
      if (!this.chunk.dropped) files.drop(this.chunk);
      return;
    }
    this.#close();
    if (disk.exists(this.#path)) disk.remove(this.#path);
  }

  #close(): void {
    if (this.#stage !== 'open') return;
    this.#stage = 'closed';
    this.#file.close();
  }
}

/** Behind the batches that make one frame with the one at `from`. */
function frameEnd(batches: readonly CopiedBatch[], from: number): number {
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
  return to;
}
