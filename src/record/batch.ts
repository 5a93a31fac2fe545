/**
 * The record batch, Kafka's format v2 ("magic 2"), which is the stored form of everything.
 *
 * Layout (big endian; KIP-98, Kafka documentation "Record Batch"):
 *   0  int64  base offset            patched by the log; outside the CRC
 *   8  int32  batch length           bytes behind this field
 *   12 int32  partition leader epoch patched by the log; outside the CRC
 *   16 int8   magic = 2
 *   17 uint32 CRC32C of all from attributes to the end
 *   21 int16  attributes             0–2 compression, 3 timestamp type, 4 transactional, 5 control, 6 delete horizon,
 *                                   14 redriven (ours; Kafka has not given it a meaning)
 *   23 int32  last offset delta
 *   27 int64  base timestamp
 *   35 int64  max timestamp
 *   43 int64  producer id (−1: none)
 *   51 int16  producer epoch
 *   53 int32  base sequence
 *   57 int32  record count
 *   61        records
 *
 * Functions take the buffer and the position of the batch in it, read single fields, and allocate nothing.
 */
import { readInt64, writeInt64 } from '../base/int64.ts';

export const BATCH_HEADER_BYTES = 61;
/** Base offset and length: what stands before the part that batch length counts. */
export const BATCH_PREFIX_BYTES = 12;
export const BATCH_MAGIC = 2;

const BASE_OFFSET = 0;
const LENGTH = 8;
const LEADER_EPOCH = 12;
const MAGIC = 16;
const CRC = 17;
/** First byte that the CRC covers. */
export const BATCH_CRC_START = 21;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const BASE_TIMESTAMP = 27;
const MAX_TIMESTAMP = 35;
const PRODUCER_ID = 43;
const PRODUCER_EPOCH = 51;
const BASE_SEQUENCE = 53;
const RECORD_COUNT = 57;
const DELETE_HORIZON_BIT = 0x40;
/** Of attributes: dead letters that were put back, each for the subscription that had buried it (queue/redriven.ts). */
export const REDRIVEN_BIT = 0x4000;

export const batchBaseOffset = (b: Buffer, at = 0): number => readInt64(b, at + BASE_OFFSET);
/** Whole size of the batch in bytes, prefix included. */
export const batchSizeBytes = (b: Buffer, at = 0): number => b.readInt32BE(at + LENGTH) + BATCH_PREFIX_BYTES;
export const batchLeaderEpoch = (b: Buffer, at = 0): number => b.readInt32BE(at + LEADER_EPOCH);
export const batchMagic = (b: Buffer, at = 0): number => b.readInt8(at + MAGIC);
export const batchCrc = (b: Buffer, at = 0): number => b.readUInt32BE(at + CRC);
export const batchCompression = (b: Buffer, at = 0): number => b.readInt16BE(at + ATTRIBUTES) & 0x07;
export const batchIsLogAppendTime = (b: Buffer, at = 0): boolean =>
  (b.readInt16BE(at + ATTRIBUTES) & 0x08) !== 0;
export const batchIsTransactional = (b: Buffer, at = 0): boolean =>
  (b.readInt16BE(at + ATTRIBUTES) & 0x10) !== 0;
export const batchIsControl = (b: Buffer, at = 0): boolean => (b.readInt16BE(at + ATTRIBUTES) & 0x20) !== 0;
export const batchIsRedriven = (b: Buffer, at = 0): boolean =>
  (b.readInt16BE(at + ATTRIBUTES) & REDRIVEN_BIT) !== 0;
/** When tombstones and markers of the batch may go; null where that was not set (KIP-534). Also the base timestamp. */
export const batchDeleteHorizonMs = (b: Buffer, at = 0): number | null =>
  (b.readInt16BE(at + ATTRIBUTES) & DELETE_HORIZON_BIT) !== 0 ? readInt64(b, at + BASE_TIMESTAMP) : null;
export const batchLastOffsetDelta = (b: Buffer, at = 0): number => b.readInt32BE(at + LAST_OFFSET_DELTA);
export const batchBaseTimestamp = (b: Buffer, at = 0): number => readInt64(b, at + BASE_TIMESTAMP);
export const batchMaxTimestamp = (b: Buffer, at = 0): number => readInt64(b, at + MAX_TIMESTAMP);
export const batchProducerId = (b: Buffer, at = 0): number => readInt64(b, at + PRODUCER_ID);
export const batchProducerEpoch = (b: Buffer, at = 0): number => b.readInt16BE(at + PRODUCER_EPOCH);
export const batchBaseSequence = (b: Buffer, at = 0): number => b.readInt32BE(at + BASE_SEQUENCE);
export const batchRecordCount = (b: Buffer, at = 0): number => b.readInt32BE(at + RECORD_COUNT);
export const batchLastOffset = (b: Buffer, at = 0): number =>
  batchBaseOffset(b, at) + batchLastOffsetDelta(b, at);

export const patchBaseOffset = (b: Buffer, offset: number, at = 0): void =>
  writeInt64(b, at + BASE_OFFSET, offset);
export const patchLeaderEpoch = (b: Buffer, epoch: number, at = 0): void => {
  b.writeInt32BE(epoch, at + LEADER_EPOCH);
};

/** The batches in buffers, of which each has one or several. */
export function* eachBatch(buffers: readonly Buffer[]): Generator<Buffer> {
  for (const buffer of buffers) {
    for (let at = 0; at < buffer.length; ) {
      const size = batchSizeBytes(buffer, at);
      yield buffer.subarray(at, at + size);
      at += size;
    }
  }
}

/** The offset behind the last batch; buffers may hold several batches each, one behind the other. At least one. */
export function nextOffsetOf(buffers: readonly Buffer[]): number {
  const last = buffers[buffers.length - 1]!;
  let at = 0;
  let next = at + batchSizeBytes(last, at);
  while (next < last.length) {
    at = next;
    next += batchSizeBytes(last, at);
  }
  return batchLastOffset(last, at) + 1;
}

/** Marks a batch as stamped by the broker and sets its max timestamp. The CRC must be written anew. */
export const patchLogAppendTime = (b: Buffer, timestampMs: number, at = 0): void => {
  b.writeInt16BE(b.readInt16BE(at + ATTRIBUTES) | 0x08, at + ATTRIBUTES);
  writeInt64(b, at + MAX_TIMESTAMP, timestampMs);
};
/** The CRC must be written anew. */
export const patchMaxTimestamp = (b: Buffer, timestampMs: number, at = 0): void =>
  writeInt64(b, at + MAX_TIMESTAMP, timestampMs);

/** Makes a header say that its batch fills `b`. */
export const patchSize = (b: Buffer): void => {
  b.writeInt32BE(b.length - BATCH_PREFIX_BYTES, LENGTH);
};
/** The CRC must be written anew. */
export const patchCompression = (b: Buffer, codec: number): void => {
  b.writeInt16BE((b.readInt16BE(ATTRIBUTES) & ~0x07) | codec, ATTRIBUTES);
};

/**
 * Makes the header of a batch that fills `b` that of other records with the same offsets. `horizonMs`: a delete horizon
 * that is set. The CRC must be written anew.
 */
export const patchRecords = (
  b: Buffer,
  fields: { readonly recordCount: number; readonly maxTimestamp: number; readonly horizonMs: number | null },
): void => {
  patchSize(b);
  writeInt64(b, MAX_TIMESTAMP, fields.maxTimestamp);
  b.writeInt32BE(fields.recordCount, RECORD_COUNT);
  if (fields.horizonMs === null) return;
  b.writeInt16BE(b.readInt16BE(ATTRIBUTES) | DELETE_HORIZON_BIT, ATTRIBUTES);
  writeInt64(b, BASE_TIMESTAMP, fields.horizonMs);
};

/** All that a header says but magic, length and CRC. */
export interface BatchHeader {
  readonly baseOffset: number;
  readonly leaderEpoch: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
}

/** Writes the header of a batch that fills `b`. The CRC is left 0: it comes last. */
export function writeBatchHeader(b: Buffer, header: BatchHeader): void {
  writeInt64(b, BASE_OFFSET, header.baseOffset);
  b.writeInt32BE(b.length - BATCH_PREFIX_BYTES, LENGTH);
  b.writeInt32BE(header.leaderEpoch, LEADER_EPOCH);
  b.writeInt8(BATCH_MAGIC, MAGIC);
  b.writeUInt32BE(0, CRC);
  b.writeInt16BE(header.attributes, ATTRIBUTES);
  b.writeInt32BE(header.lastOffsetDelta, LAST_OFFSET_DELTA);
  writeInt64(b, BASE_TIMESTAMP, header.baseTimestamp);
  writeInt64(b, MAX_TIMESTAMP, header.maxTimestamp);
  writeInt64(b, PRODUCER_ID, header.producerId);
  b.writeInt16BE(header.producerEpoch, PRODUCER_EPOCH);
  b.writeInt32BE(header.baseSequence, BASE_SEQUENCE);
  b.writeInt32BE(header.recordCount, RECORD_COUNT);
}
