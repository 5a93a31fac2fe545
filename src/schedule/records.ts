/**
 * Records of the schedule, and their stored form (docs/formats/machines.md).
 *
 * Key: uint8 type, uint8 version (0), uint32 number of the bucket. Value:
 *   1 bucket  uint8 level, int64 index, int64 the offset at which its messages begin; no value: it is closed
 *   2 gone    int64 start: all below is gone, too; int64 from where the ranges are counted; for each range, in order, two
 *             unsigned varints (up to 2^53 − 1): how many messages stay between it and the range before, its length less one
 */
import { MalformedError } from '../base/byte-reader.ts';
import { readInt64, writeInt64 } from '../base/int64.ts';
import type { StoredRecord } from '../machine/machine.ts';
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
      return { key: keyOf(BUCKET, record.number), value };
    }
    case 'closed':
      return { key: keyOf(BUCKET, record.number), value: null };
    case 'gone':
      return { key: keyOf(GONE, record.bucket), value: encodeRanges(record) };
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

function keyOf(type: number, number: number): Buffer {
  const key = Buffer.allocUnsafe(6);
  key[0] = type;
  key[1] = VERSION;
  key.writeUInt32BE(number, 2);
  return key;
}

/** Gaps are counted from the lowest offset that the record names. */
function encodeRanges({ startOffset, ranges }: MessagesGone): Buffer {
  const from = ranges.length === 0 ? startOffset : Math.min(startOffset, ranges[0]!);
  const value = Buffer.allocUnsafe(16 + ranges.length * VARINT_BYTES_MAX);
  writeInt64(value, 0, startOffset);
  writeInt64(value, 8, from);
  let at = 16;
  let next = from;
  for (let i = 0; i < ranges.length; i += 2) {
    at = writeNumber(value, at, ranges[i]! - next);
    at = writeNumber(value, at, ranges[i + 1]! - ranges[i]!);
    next = ranges[i + 1]! + 1;
  }
  return value.subarray(0, at);
}

function decodeRanges(value: Buffer): { startOffset: number; ranges: number[] } {
  if (value.length < 16) throw new MalformedError('a record of gone messages ends too early', value.length);
  const startOffset = readInt64(value, 0);
  const ranges: number[] = [];
  let next = readInt64(value, 8);
  let at = 16;
  const number = (): number => {
    let result = 0;
    for (let factor = 1; at < value.length; factor *= 128) {
      const byte = value[at++]!;
      result += (byte & 0x7f) * factor;
      if (byte < 0x80) return result;
    }
    throw new MalformedError('a record of gone messages ends too early', at);
  };
  while (at < value.length) {
    const first = next + number();
    const last = first + number();
    ranges.push(first, last);
    next = last + 1;
  }
  return { startOffset, ranges };
}

/** Unsigned, up to 2^53 − 1. */
function writeNumber(buffer: Buffer, position: number, value: number): number {
  let at = position;
  let rest = value;
  while (rest >= 0x80) {
    buffer[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  buffer[at++] = rest;
  return at;
}
