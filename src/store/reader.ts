/**
 * Reads. The tail comes from memory at once; older data comes from the chunks by position, with neighbouring batches
 * read in one go. Cold reads are bounded in size and in number and wait in line, so that a consumer far behind slows
 * neither the writer nor those at the tail.
 */
import { assert } from '../base/assert.ts';
import type { BlockPool } from '../base/block-pool.ts';
import { BrokerError } from '../base/errors.ts';
import { type Clock, DiskError, type DiskFile } from '../platform/ports.ts';
import { throwLater } from '../platform/throw-later.ts';
import { batchBaseOffset, batchSizeBytes } from '../record/batch.ts';
import { type BatchRows, findRow } from './batch-rows.ts';
import { type Chunk, firstLiveOffset } from './chunk.ts';
import type { ChunkFiles } from './chunk-files.ts';
import type { ReadRequest, ReadResult } from './contract.ts';
import { whatToDo } from './disk-advice.ts';
import { readAt } from './file-io.ts';
import { type ColdRead, ReadAhead } from './read-ahead.ts';
import type { SectionCache } from './section-cache.ts';
import type { StreamState } from './stream-state.ts';
import type { TailCache } from './tail-cache.ts';

/** Bytes between two batches up to which they are read in one go. */
const GAP_BYTES_MAX = 32 * 1024;
const EMPTY: ReadResult = { batches: [], bytes: 0, compactedTo: 0 };

export type ReadDone = (error: BrokerError | null, result: ReadResult | null) => void;

export interface ReaderOptions {
  readonly clock: Clock;
  readonly files: ChunkFiles;
  readonly cache: TailCache;
  readonly blocks: BlockPool;
  readonly sections: SectionCache;
  /** All chunks of the log, oldest first; the open one last. */
  readonly chunks: readonly Chunk[];
  readonly coldReadBytesMax: number;
  readonly coldReadsMax: number;
}

/** The batches of a stream in one chunk. */
export interface StreamPart {
  readonly chunk: Chunk;
  /** null: they were not wanted. */
  readonly rows: BatchRows | null;
  /** The first offset that counts: rows before it are below the start, or superseded by compaction. */
  readonly firstOffset: number;
  /** Offset behind the last of them. */
  readonly nextOffset: number;
}

/** Rows [from, to) of a chunk, `bytes` in all, that one read of [start, end) of the file brings. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
}

export class Reader {
  readonly #options: ReaderOptions;
  readonly #ahead: ReadAhead;
  #inFlight = 0;
  #closed = false;
  #onDrained: () => void = () => {};
  readonly #waiting: { request: ReadRequest; done: ReadDone }[] = [];

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#ahead = new ReadAhead(options.clock, options.blocks);
  }

  /** All of it from memory, or null. */
  cached(request: ReadRequest): ReadResult | null {
    return this.#fromCache(request) ?? this.#fromAhead(request);
  }

  #fromCache(request: ReadRequest): ReadResult | null {
    const stream = request.stream as StreamState;
    const end = endOf(request);
    if (request.offset >= end) return EMPTY;
    // What was compacted is in chunks that were never in memory.
    const { compactedTo } = stream;
    if (request.offset < compactedTo) return null;
    const memory = stream.memory;
    let place = memory.length - 1;
    while (place >= 0 && memory[place]!.firstOffset > request.offset) place--;
    if (place < 0) return null;
    const batches: Buffer[] = [];
    let bytes = 0;
    let nextOffset = request.offset;
    for (; place < memory.length; place++) {
      const rows = memory[place]!;
      // What lies between was cleaned, and is no longer in memory.
      if (rows.firstOffset > nextOffset) break;
      nextOffset = rows.nextOffset;
      for (let row = findRow(rows, request.offset); row < rows.count; row++) {
        const length = rows.length(row);
        if (bytes > 0 && bytes + length > request.bytesMax) return { batches, bytes, compactedTo };
        if (rows.lastOffset(row) >= end) return { batches, bytes, compactedTo };
        const batch = this.#options.cache.get(rows.index.chunkId, rows.position(row), length);
        if (batch === null) {
          this.#options.blocks.releaseAll(batches);
          return null;
        }
        this.#options.blocks.hold(batch);
        batches.push(batch);
        bytes += length;
      }
    }
    return bytes > 0 ? { batches, bytes, compactedTo } : null;
  }

  read(request: ReadRequest, done: ReadDone): void {
    if (request.offset >= endOf(request)) {
      this.#options.clock.afterTurn(() => done(null, EMPTY));
      return;
    }
    if (this.#closed) {
      this.#options.clock.afterTurn(() =>
        done(new BrokerError('shutting-down', 'The broker is stopping. Read again later.'), null),
      );
      return;
    }
    if (this.#ahead.whenRead(request, () => this.#readAgain(request, done))) return;
    if (this.#inFlight >= this.#options.coldReadsMax) {
      this.#waiting.push({ request, done });
      return;
    }
    this.#start(request, done);
  }

  /**
   * The batches of a stream in the first chunk that holds `offset` or something behind it; null where there is none.
   * Where `wanted` refuses the largest timestamp there, the rows are not loaded. Rejects with BrokerError.
   */
  async part(
    stream: StreamState,
    offset: number,
    wanted: (maxTimestamp: number) => boolean,
  ): Promise<StreamPart | null> {
    const chunk = this.#chunkOf(stream, offset);
    if (chunk === undefined) return null;
    const firstOffset = firstLiveOffset(chunk, stream);
    const memory = chunk.memory?.rowsOf(stream);
    if (memory !== undefined) return { chunk, rows: memory, firstOffset, nextOffset: memory.nextOffset };
    const directory = chunk.directory!;
    const at = directory.find(stream);
    const nextOffset = directory.nextOffsets[at]!;
    if (!wanted(directory.maxTimestamps[at]!)) return { chunk, rows: null, firstOffset, nextOffset };
    try {
      this.#options.files.acquire(chunk);
      try {
        const rows = await this.#options.sections.rowsOf(chunk, stream);
        return { chunk, rows, firstOffset, nextOffset };
      } finally {
        this.#options.files.release(chunk);
      }
    } catch (error) {
      throw error instanceof DiskError ? asBrokerError(error) : error;
    }
  }

  /** The batch that holds an offset which is below the high watermark. Rejects with BrokerError. */
  async batchAt(stream: StreamState, offset: number): Promise<Buffer> {
    const request = { stream, offset, bytesMax: 1 };
    const { batches } =
      this.cached(request) ??
      (await new Promise<ReadResult>((resolve, reject) => {
        this.read(request, (error, result) => {
          if (error !== null) reject(error);
          else resolve(result!);
        });
      }));
    const batch = batches[0];
    if (batch === undefined) {
      throw new BrokerError(
        'offset-out-of-range',
        'The records were deleted while they were looked up. Try again.',
      );
    }
    return batch;
  }

  /** Resolves when no cold read is in flight; those that wait are refused. */
  async drain(): Promise<void> {
    this.#closed = true;
    const refusal = new BrokerError('shutting-down', 'The broker is stopping. Read again later.');
    for (const { done } of this.#waiting.splice(0)) done(refusal, null);
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      this.#onDrained = resolve;
    });
  }

  #chunkOf(stream: StreamState, offset: number): Chunk | undefined {
    return this.#options.chunks.find((chunk) => reaches(chunk, stream, offset));
  }

  #start(request: ReadRequest, done: ReadDone): void {
    this.#startCold(request, (error, read) => {
      if (read !== null) this.#readOn(request, read);
      done(error, read);
    });
  }

  #startCold(request: ReadRequest, done: (error: BrokerError | null, read: ColdRead | null) => void): void {
    this.#inFlight++;
    const finish = (error: BrokerError | null, read: ColdRead | null): void => {
      this.#inFlight--;
      const next = this.#waiting.shift();
      if (next !== undefined) this.#start(next.request, next.done);
      else if (this.#inFlight === 0) this.#onDrained();
      done(error, read);
    };
    this.#cold(request).then(
      (read) => finish(null, read),
      (error: unknown) => {
        if (error instanceof BrokerError || error instanceof DiskError) finish(asBrokerError(error), null);
        else throwLater(this.#options.clock, error);
      },
    );
  }

  #fromAhead(request: ReadRequest): ReadResult | null {
    const read = this.#ahead.take(request);
    if (read === null) return null;
    const { compactedTo } = request.stream;
    if (read.compactedTo < compactedTo && request.offset < compactedTo) {
      // From before a compaction, however long ago that was.
      this.#options.blocks.releaseAll(read.batches);
      return null;
    }
    this.#readOn(request, read);
    return read;
  }

  /** A request that waited for a read ahead. */
  #readAgain(request: ReadRequest, done: ReadDone): void {
    const read = this.#fromAhead(request);
    if (read === null) this.read(request, done);
    else done(null, read);
  }

  /** Begins to read what follows, where that is on the disk and no other read has to wait for it. */
  #readOn(request: ReadRequest, read: ColdRead): void {
    if (this.#closed || this.#inFlight >= this.#options.coldReadsMax) return;
    const next = this.#ahead.begin(request, read);
    if (next === null) return;
    this.#startCold(next, (_error, result) => this.#ahead.end(next, result));
  }

  async #cold(request: ReadRequest): Promise<ColdRead> {
    const stream = request.stream as StreamState;
    const chunk = this.#chunkOf(stream, request.offset);
    if (chunk === undefined) return { ...EMPTY, nextOffset: -1 };
    const { compactedTo } = stream;
    const offset = Math.max(request.offset, firstLiveOffset(chunk, stream));
    // Held from here on, so that retention and cleaning leave the files until this is over.
    const file = this.#options.files.acquire(chunk);
    try {
      const rows = chunk.memory?.rowsOf(stream) ?? (await this.#options.sections.rowsOf(chunk, stream));
      assert(rows !== null, 'a chunk that reaches an offset has rows');
      return { ...(await this.#readRows(file, rows, { ...request, offset })), compactedTo };
    } finally {
      this.#options.files.release(chunk);
    }
  }

  /** Reads from the request's offset to the end of these rows, within the bounds. */
  async #readRows(
    file: DiskFile,
    rows: BatchRows,
    request: ReadRequest,
  ): Promise<Omit<ColdRead, 'compactedTo'>> {
    const { blocks } = this.#options;
    const bytesMax = Math.min(request.bytesMax, this.#options.coldReadBytesMax);
    const stream = request.stream as StreamState;
    const endOffset = endOf(request);
    const batches: Buffer[] = [];
    let bytes = 0;
    let bytesRead = 0;
    let row = findRow(rows, request.offset);
    while (row < rows.count && rows.lastOffset(row) < endOffset) {
      const span = spanOf(rows, { row, bytesMax: bytesMax - bytes, endOffset });
      const spanBytes = span.end - span.start;
      if (bytes > 0 && (bytes + span.bytes > bytesMax || bytesRead + spanBytes > bytesMax)) break;
      for (const batch of await readSpan({ file, rows, span, blocks })) batches.push(batch);
      bytes += span.bytes;
      bytesRead += spanBytes;
      row = span.to;
    }
    const nextOffset = bytes > 0 ? rows.lastOffset(row - 1) + 1 : -1;
    return { batches, bytes, nextOffset: this.#isOnDisk(stream, nextOffset, endOffset) ? nextOffset : -1 };
  }

  /** Whether what comes at an offset must be read from the disk. */
  #isOnDisk(stream: StreamState, offset: number, endOffset: number): boolean {
    if (offset < 0 || offset >= endOffset) return false;
    const first = this.#fromCache({ stream, offset, bytesMax: 1 });
    if (first !== null) this.#options.blocks.releaseAll(first.batches);
    return first === null;
  }
}

/** Where a request's batches end: above the high watermark nothing is ever read. */
function endOf({ stream, endOffset }: ReadRequest): number {
  return endOffset === undefined ? stream.highWatermark : Math.min(endOffset, stream.highWatermark);
}

interface SpanRead {
  readonly file: DiskFile;
  readonly rows: BatchRows;
  readonly span: Span;
  readonly blocks: BlockPool;
}

async function readSpan(read: SpanRead): Promise<Buffer[]> {
  const { file, span, blocks } = read;
  const buffer = blocks.take(span.end - span.start);
  const bytesRead = await readAt(file, buffer, span.start);
  if (bytesRead < buffer.length) throw damaged(file, span.start + bytesRead, 'the file ends here');
  return cut(read, buffer);
}

/** Whether a chunk may hold `offset` of a stream, or something behind it. */
function reaches(chunk: Chunk, stream: StreamState, offset: number): boolean {
  const directory = chunk.directory;
  const from = Math.max(offset, firstLiveOffset(chunk, stream));
  if (directory !== null) {
    const at = directory.find(stream);
    return at >= 0 && directory.nextOffsets[at]! > from;
  }
  const rows = chunk.memory?.rowsOf(stream);
  return rows !== undefined && rows.nextOffset > from;
}

/** As many rows from `row` on as lie close together and are within the bound; one at least. */
function spanOf(rows: BatchRows, from: { row: number; bytesMax: number; endOffset: number }): Span {
  const start = rows.position(from.row);
  let bytes = rows.length(from.row);
  let end = start + bytes;
  let to = from.row + 1;
  while (to < rows.count && rows.lastOffset(to) < from.endOffset) {
    const position = rows.position(to);
    const length = rows.length(to);
    if (position < end || position - end > GAP_BYTES_MAX || position + length - start > from.bytesMax) break;
    end = position + length;
    bytes += length;
    to++;
  }
  return { from: from.row, to, start, end, bytes };
}

/**
 * The batches of a span; those that touch come as one slice. Mostly gaps: they are copied out of the buffer. Each slice
 * holds its block.
 */
function cut({ file, rows, span, blocks }: SpanRead, buffer: Buffer): Buffer[] {
  const sparse = span.bytes * 2 < span.end - span.start;
  const target = sparse ? blocks.take(span.bytes) : buffer;
  const batches: Buffer[] = [];
  let filled = 0;
  let sliceStart = 0;
  let sliceEnd = -1;
  for (let row = span.from; row < span.to; row++) {
    const at = rows.position(row) - span.start;
    const length = rows.length(row);
    if (batchSizeBytes(buffer, at) !== length || batchBaseOffset(buffer, at) !== rows.baseOffset(row)) {
      throw damaged(file, span.start + at, `the batch with base offset ${rows.baseOffset(row)} is not here`);
    }
    if (sparse) {
      buffer.copy(target, filled, at, at + length);
      filled += length;
      continue;
    }
    if (at !== sliceEnd) {
      if (sliceEnd >= 0) batches.push(target.subarray(sliceStart, sliceEnd));
      sliceStart = at;
    }
    sliceEnd = at + length;
  }
  batches.push(sparse ? target : target.subarray(sliceStart, sliceEnd));
  if (sparse) blocks.release(buffer);
  // The first slice has the use that came with the block.
  for (let i = 1; i < batches.length; i++) blocks.hold(target);
  return batches;
}

function damaged(file: DiskFile, position: number, what: string): BrokerError {
  return new BrokerError(
    'corrupt-batch',
    `${file.path}, byte ${position}: ${what}. Stop the broker and run polylog log verify on its directory.`,
  );
}

function asBrokerError(error: BrokerError | DiskError): BrokerError {
  if (error instanceof BrokerError) return error;
  return new BrokerError(
    'storage-failed',
    `${error.path} can't be read: ${error.message}. ${whatToDo(error)}`,
  );
}
