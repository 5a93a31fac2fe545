/**
 * The sidecar of a sealed chunk: a directory of the streams that it holds, sorted by topic id and partition, and for
 * each stream a section with its batches. It is written once, at seal. The directory is kept in memory, sections are
 * read when they are needed. Every byte is explained in docs/formats/index.md; integers are big endian.
 *
 * Header, 64 bytes:                          Directory row, 72 bytes:
 *   0  8  magic "POLYLOGX"                     0  16 topic id
 *   8  u16 format version                      16 u32 partition
 *   10 u16 zero                                20 u32 batches
 *   12 u32 streams                             24 u64 first offset
 *   16 u64 chunk id                            32 u64 offset behind the last
 *   24 u64 first sequence                      40 u64 bytes of the batches
 *   32 u64 last sequence                       48 i64 largest timestamp
 *   40 u64 end of the frames in the chunk      56 u64 position of the section
 *   48 u32 batches                             64 u32 CRC32C of the section
 *   52 u32 CRC32C of the directory             68 u32 zero
 *   56 u32 zero
 *   60 u32 CRC32C of bytes 0–59              Section row, 32 bytes:
 *                                              0  u64 base offset      16 u32 length
 *                                              8  u32 last offset delta 20 u32 sequence − the chunk's first
 *                                              12 u32 position         24 i64 max timestamp
 */
import { assert } from '../base/assert.ts';
import { crc32c } from '../base/crc32c.ts';
import { readInt64, writeInt64 } from '../base/int64.ts';
import { readUuid, type Uuid, writeUuid } from '../base/uuid.ts';
import type { BatchRows } from './batch-rows.ts';
import { type Chunk, firstLiveOffset } from './chunk.ts';
import type { MemoryIndex, StreamRows } from './memory-index.ts';
import type { StreamState, StreamTable } from './stream-state.ts';

export const INDEX_HEADER_BYTES = 64;
export const DIRECTORY_ROW_BYTES = 72;
export const SECTION_ROW_BYTES = 32;
export const INDEX_FORMAT_VERSION = 1;
const INDEX_MAGIC = 'POLYLOGX';
/** Rows written between two pauses. */
const ROWS_A_STEP = 8192;

/** What an index says of its chunk. */
export interface IndexSummary {
  readonly chunkId: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** End of the frames in the chunk file. */
  readonly endPosition: number;
}

export interface IndexHeader extends IndexSummary {
  readonly version: number;
  readonly streamCount: number;
  readonly entryCount: number;
  readonly directoryCrc: number;
}

/** Null where the bytes are no index header. */
export function decodeIndexHeader(buffer: Buffer): IndexHeader | null {
  if (buffer.length < INDEX_HEADER_BYTES) return null;
  if (buffer.toString('latin1', 0, 8) !== INDEX_MAGIC) return null;
  if (crc32c(buffer, 0, 60) !== buffer.readUInt32BE(60)) return null;
  return {
    version: buffer.readUInt16BE(8),
    streamCount: buffer.readUInt32BE(12),
    chunkId: readInt64(buffer, 16),
    firstSequence: readInt64(buffer, 24),
    lastSequence: readInt64(buffer, 32),
    endPosition: readInt64(buffer, 40),
    entryCount: buffer.readUInt32BE(48),
    directoryCrc: buffer.readUInt32BE(52),
  };
}

/** Size of a sidecar on disk. */
export const indexBytes = (streams: number, batches: number): number =>
  INDEX_HEADER_BYTES + streams * DIRECTORY_ROW_BYTES + batches * SECTION_ROW_BYTES;

/** Makes the whole sidecar of a chunk; yields now and then, so that the caller can let others run. */
export function* encodeIndex(index: MemoryIndex, summary: IndexSummary): Generator<undefined, Buffer> {
  const streams = [...index.streams].sort(byStream);
  const directoryEnd = INDEX_HEADER_BYTES + streams.length * DIRECTORY_ROW_BYTES;
  const buffer = Buffer.alloc(directoryEnd + index.count * SECTION_ROW_BYTES);
  let sectionPosition = directoryEnd;
  let rowsSincePause = 0;
  for (let i = 0; i < streams.length; i++) {
    const rows = streams[i]!;
    let maxTimestamp = rows.maxTimestamp(0);
    for (let row = 0; row < rows.count; row++) {
      writeSectionRow(buffer, sectionPosition + row * SECTION_ROW_BYTES, { rows, row, summary });
      maxTimestamp = Math.max(maxTimestamp, rows.maxTimestamp(row));
      if (++rowsSincePause < ROWS_A_STEP) continue;
      rowsSincePause = 0;
      yield;
    }
    const sectionEnd = sectionPosition + rows.count * SECTION_ROW_BYTES;
    const at = INDEX_HEADER_BYTES + i * DIRECTORY_ROW_BYTES;
    writeUuid(buffer, at, rows.stream.topicId);
    buffer.writeUInt32BE(rows.stream.partition, at + 16);
    buffer.writeUInt32BE(rows.count, at + 20);
    writeInt64(buffer, at + 24, rows.firstOffset);
    writeInt64(buffer, at + 32, rows.nextOffset);
    writeInt64(buffer, at + 40, rows.bytes);
    writeInt64(buffer, at + 48, maxTimestamp);
    writeInt64(buffer, at + 56, sectionPosition);
    buffer.writeUInt32BE(crc32c(buffer, sectionPosition, sectionEnd), at + 64);
    sectionPosition = sectionEnd;
  }
  assert(sectionPosition === buffer.length, 'every row of the chunk belongs to one stream');
  buffer.write(INDEX_MAGIC, 0, 'latin1');
  buffer.writeUInt16BE(INDEX_FORMAT_VERSION, 8);
  buffer.writeUInt32BE(streams.length, 12);
  writeInt64(buffer, 16, summary.chunkId);
  writeInt64(buffer, 24, summary.firstSequence);
  writeInt64(buffer, 32, summary.lastSequence);
  writeInt64(buffer, 40, summary.endPosition);
  buffer.writeUInt32BE(index.count, 48);
  buffer.writeUInt32BE(crc32c(buffer, INDEX_HEADER_BYTES, directoryEnd), 52);
  buffer.writeUInt32BE(crc32c(buffer, 0, 60), 60);
  return buffer;
}

function byStream(a: StreamRows, b: StreamRows): number {
  if (a.stream.topicId === b.stream.topicId) return a.stream.partition - b.stream.partition;
  return a.stream.topicId < b.stream.topicId ? -1 : 1;
}

function writeSectionRow(
  buffer: Buffer,
  at: number,
  from: { readonly rows: StreamRows; readonly row: number; readonly summary: IndexSummary },
): void {
  const { rows, row } = from;
  const baseOffset = rows.baseOffset(row);
  writeInt64(buffer, at, baseOffset);
  buffer.writeUInt32BE(rows.lastOffset(row) - baseOffset, at + 8);
  buffer.writeUInt32BE(rows.position(row), at + 12);
  buffer.writeUInt32BE(rows.length(row), at + 16);
  buffer.writeUInt32BE(rows.sequence(row) - from.summary.firstSequence, at + 20);
  writeInt64(buffer, at + 24, rows.maxTimestamp(row));
}

/** One stream's batches in a sealed chunk, as they lie in the sidecar. */
export class Section implements BatchRows {
  readonly count: number;
  readonly #buffer: Buffer;
  readonly #firstSequence: number;

  constructor(buffer: Buffer, firstSequence: number) {
    assert(buffer.length % SECTION_ROW_BYTES === 0, 'a section is whole rows');
    this.#buffer = buffer;
    this.#firstSequence = firstSequence;
    this.count = buffer.length / SECTION_ROW_BYTES;
  }

  get bytes(): number {
    return this.#buffer.length;
  }
  baseOffset(row: number): number {
    return readInt64(this.#buffer, row * SECTION_ROW_BYTES);
  }
  lastOffset(row: number): number {
    return this.baseOffset(row) + this.#buffer.readUInt32BE(row * SECTION_ROW_BYTES + 8);
  }
  position(row: number): number {
    return this.#buffer.readUInt32BE(row * SECTION_ROW_BYTES + 12);
  }
  length(row: number): number {
    return this.#buffer.readUInt32BE(row * SECTION_ROW_BYTES + 16);
  }
  sequence(row: number): number {
    return this.#firstSequence + this.#buffer.readUInt32BE(row * SECTION_ROW_BYTES + 20);
  }
  maxTimestamp(row: number): number {
    return readInt64(this.#buffer, row * SECTION_ROW_BYTES + 24);
  }
}

/** One row of a directory as it is on disk. */
export interface DirectoryRow {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly entryCount: number;
  readonly firstOffset: number;
  readonly nextOffset: number;
  readonly bytes: number;
  readonly maxTimestamp: number;
  readonly sectionPosition: number;
  readonly sectionCrc: number;
}

export function decodeDirectoryRow(buffer: Buffer, at: number): DirectoryRow {
  return {
    topicId: readUuid(buffer, at),
    partition: buffer.readUInt32BE(at + 16),
    entryCount: buffer.readUInt32BE(at + 20),
    firstOffset: readInt64(buffer, at + 24),
    nextOffset: readInt64(buffer, at + 32),
    bytes: readInt64(buffer, at + 40),
    maxTimestamp: readInt64(buffer, at + 48),
    sectionPosition: readInt64(buffer, at + 56),
    sectionCrc: buffer.readUInt32BE(at + 64),
  };
}

/** The directory of a sealed chunk in memory: only streams that live, ordered by their slot. */
export class Directory {
  readonly streams: readonly StreamState[];
  readonly firstOffsets: Float64Array;
  readonly nextOffsets: Float64Array;
  readonly bytes: Float64Array;
  readonly maxTimestamps: Float64Array;
  readonly entryCounts: Uint32Array;
  readonly sectionPositions: Float64Array;
  readonly sectionCrcs: Uint32Array;
  readonly #chunk: Pick<Chunk, 'id' | 'compacted'>;

  /** `rows` is the directory of `chunk` as bytes; `table` has the streams that were not deleted. */
  constructor(chunk: Pick<Chunk, 'id' | 'compacted'>, rows: Buffer, table: StreamTable) {
    this.#chunk = chunk;
    const found: { stream: StreamState; at: number }[] = [];
    for (let at = 0; at < rows.length; at += DIRECTORY_ROW_BYTES) {
      const stream = table.get(readUuid(rows, at), rows.readUInt32BE(at + 16));
      if (stream !== undefined) found.push({ stream, at });
    }
    found.sort((a, b) => a.stream.slot - b.stream.slot);
    const count = found.length;
    this.streams = found.map((row) => row.stream);
    this.firstOffsets = new Float64Array(count);
    this.nextOffsets = new Float64Array(count);
    this.bytes = new Float64Array(count);
    this.maxTimestamps = new Float64Array(count);
    this.entryCounts = new Uint32Array(count);
    this.sectionPositions = new Float64Array(count);
    this.sectionCrcs = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      const row = decodeDirectoryRow(rows, found[i]!.at);
      this.firstOffsets[i] = row.firstOffset;
      this.nextOffsets[i] = row.nextOffset;
      this.bytes[i] = row.bytes;
      this.maxTimestamps[i] = row.maxTimestamp;
      this.entryCounts[i] = row.entryCount;
      this.sectionPositions[i] = row.sectionPosition;
      this.sectionCrcs[i] = row.sectionCrc;
    }
  }

  /** The place of a stream, or −1. */
  find(stream: StreamState): number {
    let low = 0;
    let high = this.streams.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.streams[middle]!.slot < stream.slot) low = middle + 1;
      else high = middle;
    }
    return low < this.streams.length && this.streams[low] === stream ? low : -1;
  }

  /** Bytes of one stream's batches that count; where the first of them is inside, by share of offsets. */
  liveBytes(at: number): number {
    const stream = this.streams[at]!;
    const from = firstLiveOffset(this.#chunk, stream);
    if (stream.deleted || from >= this.nextOffsets[at]!) return 0;
    const first = this.firstOffsets[at]!;
    if (from <= first) return this.bytes[at]!;
    const share = (this.nextOffsets[at]! - from) / (this.nextOffsets[at]! - first);
    return Math.round(this.bytes[at]! * share);
  }
}
