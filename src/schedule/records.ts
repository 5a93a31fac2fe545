/**
 * Records of the schedule, and their stored form (docs/formats/machines.md).
 *
 * Key: uint8 type, uint8 version (0), uint32 number of the bucket. Value:
 *   1 bucket  uint8 level, int64 index, int64 the offset at which its messages begin; no value: it is closed
 *   2 gone    int64 start: all below is gone, too; int64 from where the ranges are counted; for each range, in order, two
 *             unsigned varints (up to 2^53 − 1): how many messages stay between it and the range before, its length less one
 */
import { ByteReader, MalformedError } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { readInt64, writeInt64 } from '../base/int64.ts';
import type { StoredRecord } from '../machine/machine.ts';
import { numberKey } from '../machine/record-keys.ts';
import { LEVELS } from './levels.ts';

export interface BucketOpened {
  readonly kind: 'opened';
  readonly number: number;
  readonly level: number;
  readonly index: number;
  /** Where its stream ended. */
  readonly startOffset: number;
}

export interface BucketClosed {
  readonly kind: 'closed';
  readonly number: number;
}

export interface MessagesGone {
  readonly kind: 'gone';
  readonly bucket: number;
  /** All below is gone. */
  readonly startOffset: number;
  /** First and last offset of each range, ascending, none below the start that was before. */
  readonly ranges: readonly number[];
}

export type ScheduleRecord = BucketOpened | BucketClosed | MessagesGone;

const VERSION = 0;
const BUCKET = 1;
const GONE = 2;
const VARINT_BYTES_MAX = 8;

export function encodeScheduleRecord(record: ScheduleRecord): StoredRecord {
  switch (record.kind) {
    case 'opened': {
      const value = Buffer.allocUnsafe(17);
      value[0] = record.level;
      writeInt64(value, 1, record.index);
      writeInt64(value, 9, record.startOffset);
      return { key: numberKey(BUCKET, VERSION, record.number), value };
    }
    case 'closed':
      return { key: numberKey(BUCKET, VERSION, record.number), value: null };
    case 'gone':
      return { key: numberKey(GONE, VERSION, record.bucket), value: encodeRanges(record) };
  }
}

/** Throws on a record of a newer format. */
export function decodeScheduleRecord({ key, value }: StoredRecord): ScheduleRecord {
  if (key.length !== 6) throw new MalformedError(`a key of ${key.length} bytes`, 0);
  const type = key[0]!;
  if (key[1] !== VERSION)
    throw new MalformedError(`record type ${type} has the unknown version ${key[1]}`, 1);
  const number = key.readUInt32BE(2);
  if (type === BUCKET) {
    if (value === null) return { kind: 'closed', number };
    if (value.length !== 17 || value[0]! >= LEVELS) throw new MalformedError('a bucket is not readable', 0);
    return {
      kind: 'opened',
      number,
      level: value[0]!,
      index: readInt64(value, 1),
      startOffset: readInt64(value, 9),
    };
  }
  if (type !== GONE || value === null) throw new MalformedError(`record type ${type} is unknown`, 0);
  return { kind: 'gone', bucket: number, ...decodeRanges(value) };
}

/** Gaps are counted from the lowest offset that the record names. */
function encodeRanges({ startOffset, ranges }: MessagesGone): Buffer {
  const writer = new ByteWriter(16 + ranges.length * VARINT_BYTES_MAX);
  let next = ranges.length === 0 ? startOffset : Math.min(startOffset, ranges[0]!);
  writer.int64(startOffset);
  writer.int64(next);
  for (let i = 0; i < ranges.length; i += 2) {
    writer.unsignedVarlong(ranges[i]! - next);
    writer.unsignedVarlong(ranges[i + 1]! - ranges[i]!);
    next = ranges[i + 1]! + 1;
  }
  return writer.finishContiguous();
}

function decodeRanges(value: Buffer): { startOffset: number; ranges: number[] } {
  const reader = new ByteReader(value);
  const startOffset = reader.int64();
  let next = reader.int64();
  const ranges: number[] = [];
  while (reader.remaining > 0) {
    const first = next + reader.unsignedVarlong();
    const last = first + reader.unsignedVarlong();
    ranges.push(first, last);
    next = last + 1;
  }
  return { startOffset, ranges };
}
