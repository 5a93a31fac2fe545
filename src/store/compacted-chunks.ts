/**
 * What a pass of compaction keeps: chunks that fill up one behind the other and take their places at the front of the log,
 * each when it is full. So a pass needs the disk's room for about one of them, whatever the log holds: the chunks that have
 * nothing live any more then go at once, and the next is written into the memory and the space that they leave.
 *
 * One change of the manifest puts chunks in their place and says for each stream up to where they stand for it. A stream
 * of which a part is in place is compacted so far; the rest of it is as it was. But what was compacted before is replaced in
 * one go: that lies in compacted chunks, of which either the old count for a stream or the new. A crash leaves all of a
 * change or nothing.
 */
import { batchBaseOffset, batchLastOffset } from '../record/batch.ts';
import { ChunkCopy } from './chunk-copy.ts';
import type { CompactorOptions } from './compaction-look.ts';
import { manifestRow } from './recovery.ts';
import { liveBytes } from './retention.ts';
import { Directory } from './sealed-index.ts';
import type { StreamState } from './stream-state.ts';

export interface CompactedChunksOptions extends CompactorOptions {
  /** Takes chunks of which nothing is live any more out of the log. */
  readonly dropDead: () => Promise<void>;
}

/** A stream that is copied. */
interface CopiedStream {
  readonly stream: StreamState;
  /** The first chunk of this pass that has something of it. */
  readonly fromChunk: number;
  /** Up to where it was compacted before: no less may take its place. */
  readonly compactedTo: number;
  /** Behind the last offset that was looked at. */
  copiedTo: number;
}

/** A copy that is whole, with the directory of its sidecar. */
interface MadeCopy {
  readonly copy: ChunkCopy;
  readonly rows: Buffer;
}

export class CompactedChunks {
  readonly #options: CompactedChunksOptions;
  /** Of all that is copied, for the order of chunks: as if it had been appended last. */
  readonly #sequence: number;
  /** Not in place; the last one is being written. */
  #copies: ChunkCopy[] = [];
  /** Streams of which all was copied, and not all is in place. */
  #whole: CopiedStream[] = [];
  #current: CopiedStream | null = null;

  constructor(options: CompactedChunksOptions) {
    this.#options = options;
    this.#sequence = Math.max(...options.chunks.map(({ lastSequence }) => lastSequence));
  }

  /** Bytes that were added and are not written. */
  get gatheredBytes(): number {
    return this.#copies.at(-1)?.gatheredBytes ?? 0;
  }

  /** What is added from here on is of this stream, from its start on. Throws DiskError. */
  begin(stream: StreamState): void {
    const fromChunk = this.#open().chunk.id;
    this.#current = { stream, fromChunk, compactedTo: stream.compactedTo, copiedTo: stream.startOffset };
  }

  /** Memory for what stays of the next batch. Throws DiskError. */
  room(bytes: number): Buffer {
    return this.#open().room(bytes);
  }

  /** The stream's next batch, and what stays of it, in memory from `room`. Throws DiskError. */
  add(batch: Buffer, kept: Buffer | null): void {
    const current = this.#current!;
    current.copiedTo = batchLastOffset(batch) + 1;
    if (kept === null) return;
    const { stream } = current;
    this.#open().add({ stream, sequence: this.#sequence, offset: batchBaseOffset(kept), batch: kept });
  }

  /** The stream has been copied up to this offset, and is so no further. */
  end(copiedTo: number): void {
    const current = this.#current!;
    current.copiedTo = copiedTo;
    this.#whole.push(current);
    this.#current = null;
  }

  /**
   * Begins to write what was gathered, and puts in place what is full. False where the log is closing. Rejects with
   * DiskError.
   */
  async writeBehind(): Promise<boolean> {
    const copy = this.#copies.at(-1);
    if (copy === undefined) return true;
    await copy.writeBehind();
    const { chunkBytes, chunkEntriesMax } = this.#options.settings;
    if (copy.sizeBytes < chunkBytes && copy.batchCount < chunkEntriesMax) return true;
    if (this.#current === null || this.#current.copiedTo >= this.#current.compactedTo) return this.place();
    this.#copies.push(this.#newCopy());
    return true;
  }

  /** Puts all that was copied in its place. False where the log is closing. Rejects with DiskError. */
  async place(): Promise<boolean> {
    const streams = this.#current === null ? this.#whole : [...this.#whole, this.#current];
    if (streams.length === 0) return true;
    const made = await this.#finish();
    if (made === null) return false;
    // From here on they stay: a change of the manifest that fails may be there after a crash.
    this.#copies = [];
    this.#whole = [];
    await this.#swap(made, streams);
    await this.#options.dropDead();
    return true;
  }

  /** Removes what is not in its place. */
  async discard(): Promise<void> {
    for (const copy of this.#copies.splice(0)) await copy.discard();
  }

  #open(): ChunkCopy {
    let copy = this.#copies.at(-1);
    if (copy === undefined) {
      copy = this.#newCopy();
      this.#copies.push(copy);
    }
    return copy;
  }

  #newCopy(): ChunkCopy {
    const sequence = this.#sequence;
    return new ChunkCopy(this.#options, { coversFirst: sequence, coversLast: sequence, compacted: true });
  }

  /** Makes the copies durable; null where they are not to take their place. */
  async #finish(): Promise<MadeCopy[] | null> {
    const { disk, directory, allDurable, isStopping } = this.#options;
    const made: MadeCopy[] = [];
    for (const copy of this.#copies) {
      if (copy.batchCount === 0) await copy.discard();
      else made.push({ copy, rows: await copy.finish() });
    }
    disk.syncDirectory(directory);
    // What stands for what is left out must not be lost while that is gone, nor a start that was moved.
    return (await allDurable()) && !isStopping() ? made : null;
  }

  async #swap(made: readonly MadeCopy[], streams: readonly CopiedStream[]): Promise<void> {
    const { chunks, manifests, files, table } = this.#options;
    const compacted = new Set(streams.map(({ stream }) => stream));
    const compactions = streams.map(({ stream, fromChunk, copiedTo }) => ({
      topicId: stream.topicId,
      partition: stream.partition,
      compactedTo: copiedTo,
      compactedFromChunk: fromChunk,
    }));
    await manifests.update((current) => {
      const place = current.chunks.findLastIndex((chunk) => chunk.compacted) + 1;
      const isOld = (topicId: StreamState['topicId'], partition: number): boolean => {
        const stream = table.get(topicId, partition);
        return stream === undefined || compacted.has(stream);
      };
      return {
        ...current,
        nextChunkId: files.nextId,
        chunks: current.chunks.toSpliced(place, 0, ...made.map(({ copy }) => manifestRow(copy.chunk))),
        compactions: [
          ...current.compactions.filter(({ topicId, partition }) => !isOld(topicId, partition)),
          ...compactions,
        ],
      };
    });
    for (const { copy, rows } of made) copy.chunk.directory = new Directory(copy.chunk, rows, table);
    const place = chunks.findLastIndex(({ compacted }) => compacted) + 1;
    chunks.splice(place, 0, ...made.map(({ copy }) => copy.chunk));
    for (const { stream, fromChunk, copiedTo } of streams) {
      stream.compactedTo = copiedTo;
      stream.compactedFromChunk = fromChunk;
      if (!stream.deleted) stream.sizeBytes = liveBytes(chunks, stream);
    }
  }
}
