/**
 * The index of a chunk in memory: where each batch is, by stream. The open chunk has one, and a sealed chunk keeps it
 * while its batches are in the tail cache. Rows lie in typed arrays of the whole chunk, in the order of appends; each
 * stream has the list of its row numbers, in the order of offsets.
 */
import type { BatchRows } from './batch-rows.ts';
import type { StreamState } from './stream-state.ts';

const ROWS_AT_FIRST = 64;

/** What is known of one batch. */
export interface BatchRow {
  readonly baseOffset: number;
  readonly lastOffsetDelta: number;
  /** Position of the batch (not of its frame) in the chunk file. */
  readonly position: number;
  readonly length: number;
  readonly maxTimestamp: number;
  readonly sequence: number;
}

/** The rows of one stream in one chunk. */
export class StreamRows implements BatchRows {
  readonly stream: StreamState;
  readonly index: MemoryIndex;
  readonly rows: number[] = [];
  bytes = 0;

  constructor(stream: StreamState, index: MemoryIndex) {
    this.stream = stream;
    this.index = index;
  }

  get count(): number {
    return this.rows.length;
  }
  get firstOffset(): number {
    return this.baseOffset(0);
  }
  get nextOffset(): number {
    return this.lastOffset(this.rows.length - 1) + 1;
  }
  baseOffset(row: number): number {
    return this.index.baseOffsets[this.rows[row]!]!;
  }
  lastOffset(row: number): number {
    const at = this.rows[row]!;
    return this.index.baseOffsets[at]! + this.index.lastOffsetDeltas[at]!;
  }
  position(row: number): number {
    return this.index.positions[this.rows[row]!]!;
  }
  length(row: number): number {
    return this.index.lengths[this.rows[row]!]!;
  }
  maxTimestamp(row: number): number {
    return this.index.maxTimestamps[this.rows[row]!]!;
  }
  sequence(row: number): number {
    return this.index.sequences[this.rows[row]!]!;
  }
}

export class MemoryIndex {
  readonly chunkId: number;
  count = 0;
  baseOffsets = new Float64Array(ROWS_AT_FIRST);
  lastOffsetDeltas = new Int32Array(ROWS_AT_FIRST);
  positions = new Uint32Array(ROWS_AT_FIRST);
  lengths = new Uint32Array(ROWS_AT_FIRST);
  maxTimestamps = new Float64Array(ROWS_AT_FIRST);
  sequences = new Float64Array(ROWS_AT_FIRST);
  /** One for each stream that has data here, in the order of their first batch. */
  readonly streams: StreamRows[] = [];

  constructor(chunkId: number) {
    this.chunkId = chunkId;
  }

  add(stream: StreamState, batch: BatchRow): void {
    const row = this.count++;
    if (row === this.baseOffsets.length) this.#grow();
    this.baseOffsets[row] = batch.baseOffset;
    this.lastOffsetDeltas[row] = batch.lastOffsetDelta;
    this.positions[row] = batch.position;
    this.lengths[row] = batch.length;
    this.maxTimestamps[row] = batch.maxTimestamp;
    this.sequences[row] = batch.sequence;
    const rows = this.#rowsOf(stream);
    rows.rows.push(row);
    rows.bytes += batch.length;
  }

  /** The rows of a stream; undefined where it has none here. */
  rowsOf(stream: StreamState): StreamRows | undefined {
    const memory = stream.memory;
    for (let i = memory.length - 1; i >= 0; i--) {
      if (memory[i]!.index === this) return memory[i];
    }
    return undefined;
  }

  /** Unlinks the index from its streams. */
  detach(): void {
    for (const rows of this.streams)
      rows.stream.memory = rows.stream.memory.filter((other) => other !== rows);
  }

  #rowsOf(stream: StreamState): StreamRows {
    const memory = stream.memory;
    const last = memory.length > 0 ? memory[memory.length - 1]! : undefined;
    if (last !== undefined && last.index === this) return last;
    const rows = new StreamRows(stream, this);
    stream.memory = [...memory, rows];
    this.streams.push(rows);
    return rows;
  }

  #grow(): void {
    const rows = this.baseOffsets.length * 2;
    this.baseOffsets = grown(new Float64Array(rows), this.baseOffsets);
    this.lastOffsetDeltas = grown(new Int32Array(rows), this.lastOffsetDeltas);
    this.positions = grown(new Uint32Array(rows), this.positions);
    this.lengths = grown(new Uint32Array(rows), this.lengths);
    this.maxTimestamps = grown(new Float64Array(rows), this.maxTimestamps);
    this.sequences = grown(new Float64Array(rows), this.sequences);
  }
}

function grown<A extends Float64Array | Int32Array | Uint32Array>(to: A, from: A): A {
  to.set(from);
  return to;
}
