/**
 * The bytes of a chunk file: its header, and the frames behind it. Every byte is explained in docs/formats/chunk.md;
 * all integers are big endian.
 *
 * Chunk header, 64 bytes:
 *   0  8  magic "POLYLOGC"         32 u64 first covered sequence (cleaned chunks)
 *   8  u16 format version          40 u64 last covered sequence (cleaned chunks)
 *   10 u16 flags: 1 cleaned,       48 12 zero
 *          2 compacted
 *   12 u32 mark                    60 u32 CRC32C of bytes 0–59
 *   16 u64 chunk id
 *   24 u64 created, ms since 1970
 *
 * Frame, 40 bytes, then 40 for each entry, then the entries' batches one behind the other:
 *   0  u32 the chunk's mark        24 u64 durable sequence
 *   4  u32 CRC32C of 8 – entries   32 u32 leader epoch
 *   8  u32 length of the frame     36 u32 flags: 1 cleaned
 *   12 u32 entries
 *   16 u64 sequence
 *
 * Entry:
 *   0  16 topic id                 24 u32 length of the batch
 *   16 u32 partition               28 u32 sequence − the frame's (cleaned chunks, otherwise 0)
 *   20 u8  kind, then 3 zero       32 u64 base offset; the new start of an advance-start
 *
 * The mark is drawn at random for each life of a chunk file and the header CRC begins with a value made of the chunk
 * id, so that what a recycled file held before, or a copy of a frame inside of a record, never passes for a frame.
 */
import { assert } from '../base/assert.ts';
import { crc32c } from '../base/crc32c.ts';
import { readInt64, writeInt64 } from '../base/int64.ts';
import { readUuid, type Uuid } from '../base/uuid.ts';

export const CHUNK_HEADER_BYTES = 64;
export const CHUNK_FORMAT_VERSION = 1;
const CHUNK_MAGIC = 'POLYLOGC';
export const CHUNK_FLAG_CLEANED = 1;
export const CHUNK_FLAG_COMPACTED = 2;

export const FRAME_HEADER_BYTES = 40;
export const ENTRY_BYTES = 40;
export const FRAME_FLAG_CLEANED = 1;
/** Entries of one frame at most; more are a bug of the caller. */
export const FRAME_ENTRIES_MAX = 1_000_000;

export const ENTRY_BATCH = 0;
export const ENTRY_DELETE_TOPIC = 1;
export const ENTRY_ADVANCE_START = 2;
export type EntryKind = typeof ENTRY_BATCH | typeof ENTRY_DELETE_TOPIC | typeof ENTRY_ADVANCE_START;

export interface ChunkHeader {
  readonly id: number;
  readonly version: number;
  readonly mark: number;
  readonly cleaned: boolean;
  /** Holds what compaction kept; cleaned too. */
  readonly compacted: boolean;
  readonly createdMs: number;
  /** Sequences that a cleaned chunk stands for, whether or not something of them is left; 0 otherwise. */
  readonly coversFirst: number;
  readonly coversLast: number;
}

export function encodeChunkHeader(header: Omit<ChunkHeader, 'version'>): Buffer {
  const buffer = Buffer.alloc(CHUNK_HEADER_BYTES);
  buffer.write(CHUNK_MAGIC, 0, 'latin1');
  buffer.writeUInt16BE(CHUNK_FORMAT_VERSION, 8);
  buffer.writeUInt16BE(chunkFlags(header), 10);
  buffer.writeUInt32BE(header.mark, 12);
  writeInt64(buffer, 16, header.id);
  writeInt64(buffer, 24, header.createdMs);
  writeInt64(buffer, 32, header.coversFirst);
  writeInt64(buffer, 40, header.coversLast);
  buffer.writeUInt32BE(crc32c(buffer, 0, 60), 60);
  return buffer;
}

/** What a chunk is, as in its header and in its row of the manifest. */
export const chunkFlags = (chunk: { readonly cleaned: boolean; readonly compacted: boolean }): number =>
  (chunk.cleaned ? CHUNK_FLAG_CLEANED : 0) | (chunk.compacted ? CHUNK_FLAG_COMPACTED : 0);

/** Null where the bytes are no chunk header; a newer version is returned for the caller to refuse. */
export function decodeChunkHeader(buffer: Buffer): ChunkHeader | null {
  if (buffer.length < CHUNK_HEADER_BYTES) return null;
  if (buffer.toString('latin1', 0, 8) !== CHUNK_MAGIC) return null;
  if (crc32c(buffer, 0, 60) !== buffer.readUInt32BE(60)) return null;
  return {
    id: readInt64(buffer, 16),
    version: buffer.readUInt16BE(8),
    mark: buffer.readUInt32BE(12),
    cleaned: (buffer.readUInt16BE(10) & CHUNK_FLAG_CLEANED) !== 0,
    compacted: (buffer.readUInt16BE(10) & CHUNK_FLAG_COMPACTED) !== 0,
    createdMs: readInt64(buffer, 24),
    coversFirst: readInt64(buffer, 32),
    coversLast: readInt64(buffer, 40),
  };
}

/** What the CRC of a frame's header begins with: different for any two chunk ids below 2^32. */
export function frameSeed(chunkId: number): number {
  return Math.imul(chunkId, 0x9e3779b1) >>> 0;
}

export interface FrameHeader {
  readonly length: number;
  readonly entryCount: number;
  readonly sequence: number;
  /** All frames up to this one were durable before this one was made. */
  readonly durableSequence: number;
  readonly leaderEpoch: number;
  readonly flags: number;
}

/** Writes a frame's header; the entries must be there already, as the CRC covers them. */
export function writeFrameHeader(
  buffer: Buffer,
  at: number,
  chunk: { readonly mark: number; readonly seed: number },
  frame: FrameHeader,
): void {
  buffer.writeUInt32BE(chunk.mark, at);
  buffer.writeUInt32BE(frame.length, at + 8);
  buffer.writeUInt32BE(frame.entryCount, at + 12);
  writeInt64(buffer, at + 16, frame.sequence);
  writeInt64(buffer, at + 24, frame.durableSequence);
  buffer.writeUInt32BE(frame.leaderEpoch, at + 32);
  buffer.writeUInt32BE(frame.flags, at + 36);
  const end = at + FRAME_HEADER_BYTES + frame.entryCount * ENTRY_BYTES;
  buffer.writeUInt32BE(crc32c(buffer, at + 8, end, chunk.seed), at + 4);
}

export const frameMark = (b: Buffer, at: number): number => b.readUInt32BE(at);
export const frameCrc = (b: Buffer, at: number): number => b.readUInt32BE(at + 4);
export const frameLength = (b: Buffer, at: number): number => b.readUInt32BE(at + 8);
export const frameEntryCount = (b: Buffer, at: number): number => b.readUInt32BE(at + 12);
export const frameSequence = (b: Buffer, at: number): number => readInt64(b, at + 16);
export const frameDurableSequence = (b: Buffer, at: number): number => readInt64(b, at + 24);
export const frameLeaderEpoch = (b: Buffer, at: number): number => b.readUInt32BE(at + 32);
export const frameFlags = (b: Buffer, at: number): number => b.readUInt32BE(at + 36);

export interface FrameEntry {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly kind: EntryKind;
  readonly length: number;
  readonly sequenceDelta: number;
  /** Base offset of a batch, new start of an advance-start, 0 for a delete-topic. */
  readonly offset: number;
}

/** Writes all fields of an entry but the topic id, whose 16 bytes the caller writes in its own cheapest way. */
export function writeEntryFields(buffer: Buffer, at: number, entry: Omit<FrameEntry, 'topicId'>): void {
  buffer.writeUInt32BE(entry.partition, at + 16);
  buffer.writeUInt32BE(entry.kind * 0x1000000, at + 20);
  buffer.writeUInt32BE(entry.length, at + 24);
  buffer.writeUInt32BE(entry.sequenceDelta, at + 28);
  writeInt64(buffer, at + 32, entry.offset);
}

export const entryTopicId = (b: Buffer, at: number): Uuid => readUuid(b, at);
export const entryPartition = (b: Buffer, at: number): number => b.readUInt32BE(at + 16);
export const entryKind = (b: Buffer, at: number): number => b.readUInt8(at + 20);
export const entryLength = (b: Buffer, at: number): number => b.readUInt32BE(at + 24);
export const entrySequenceDelta = (b: Buffer, at: number): number => b.readUInt32BE(at + 28);
export const entryOffset = (b: Buffer, at: number): number => readInt64(b, at + 32);

/** File names in a log's directory. Chunk ids never come twice. */
export const chunkName = (id: number): string => `${paddedId(id)}.chunk`;
export const indexName = (id: number): string => `${paddedId(id)}.index`;
export const spareName = (id: number): string => `${paddedId(id)}.spare`;
export const MANIFEST_NAME = 'manifest';
export const MANIFEST_TEMPORARY_NAME = 'manifest.new';

export function paddedId(id: number): string {
  assert(id > 0 && Number.isSafeInteger(id), 'a chunk id is a positive integer');
  return String(id).padStart(12, '0');
}

/** The id and kind in a file name of ours; null for any other. */
export function parseFileName(name: string): { id: number; kind: 'chunk' | 'index' | 'spare' } | null {
  const match = /^(\d{12,16})\.(chunk|index|spare)$/.exec(name);
  if (match === null) return null;
  const id = Number(match[1]);
  return id > 0 && Number.isSafeInteger(id) ? { id, kind: match[2] as 'chunk' | 'index' | 'spare' } : null;
}
