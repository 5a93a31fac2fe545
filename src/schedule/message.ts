/**
 * A waiting message as it is stored: one record in a batch of its bucket's stream.
 *
 * Key (big endian):                          Value: the message as it lies in a record batch, from the length of its key
 *   0  u8  version 0                         to the end of its headers (record/walk.ts), so that it enters its topic
 *   1  u8  flags; 1: it was moved            as it came.
 *   2  16  topic id                          Timestamp: the one that its sender gave it.
 *   18 u32 partition
 *   22 u64 when it is due, ms since 1970
 *   30 8   random bytes of its handle
 *   38 u32 bucket  ⎫ of its handle; where it was
 *   42 u64 offset  ⎭ moved only
 */
import { MalformedError } from '../base/byte-reader.ts';
import { readInt64, writeInt64 } from '../base/int64.ts';
import { readUuid, type Uuid, writeUuid } from '../base/uuid.ts';
import { varintSize } from '../base/varint.ts';
import {
  BATCH_HEADER_BYTES,
  batchBaseOffset,
  batchBaseTimestamp,
  batchRecordCount,
} from '../record/batch.ts';
import { buildBatch } from '../record/build.ts';
import { type RecordView, walkRecords } from '../record/walk.ts';

const VERSION = 0;
const MOVED = 1;
const KEY_BYTES = 38;
const MOVED_KEY_BYTES = 50;
const DUE = 22;
const SALT = 30;
export const SALT_BYTES = 8;

/** Where a message stands. Streams of buckets never give an offset twice. */
export interface Place {
  readonly bucket: number;
  readonly offset: number;
}

export interface WaitingMessage {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly dueMs: number;
  /** SALT_BYTES bytes. */
  readonly salt: Buffer;
  /** Its handle's place where it is another one; null: it never was moved. */
  readonly origin: Place | null;
  /** As the sender gave it. */
  readonly timestampMs: number;
  /** From the length of the key on. */
  readonly body: Buffer;
}

/** The part of a record that enters the topic; a slice. */
export function recordBody(section: Buffer, record: RecordView): Buffer {
  return section.subarray(record.keyStart - varintSize(record.keyLength), record.end);
}

/** One batch of the stream of a bucket. At least one message. */
export function encodeMessages(messages: readonly WaitingMessage[]): Buffer {
  const records = messages.map((message) => ({
    key: encodeKey(message),
    value: message.body,
    timestampMs: message.timestampMs,
  }));
  return buildBatch(records, { timestampMs: records[0]!.timestampMs });
}

function encodeKey({ topicId, partition, dueMs, salt, origin }: WaitingMessage): Buffer {
  const key = Buffer.allocUnsafe(origin === null ? KEY_BYTES : MOVED_KEY_BYTES);
  key[0] = VERSION;
  key[1] = origin === null ? 0 : MOVED;
  writeUuid(key, 2, topicId);
  key.writeUInt32BE(partition, 18);
  writeInt64(key, DUE, dueMs);
  salt.copy(key, SALT, 0, SALT_BYTES);
  if (origin !== null) {
    key.writeUInt32BE(origin.bucket, KEY_BYTES);
    writeInt64(key, KEY_BYTES + 4, origin.offset);
  }
  return key;
}

/** Visits the times of a stored batch's messages; nothing else is read. Throws MalformedError. */
export function eachDue(batch: Buffer, visit: (offset: number, dueMs: number) => void): void {
  const base = batchBaseOffset(batch);
  const section = batch.subarray(BATCH_HEADER_BYTES);
  walkRecords(section, batchRecordCount(batch), (record) => {
    checkKey(section, record);
    visit(base + record.offsetDelta, readInt64(section, record.keyStart + DUE));
  });
}

/**
 * Visits the messages of a stored batch whose offset is wanted. What they name lies in `batch`. Throws MalformedError.
 */
export function eachMessage(
  batch: Buffer,
  isWanted: (offset: number) => boolean,
  visit: (offset: number, message: WaitingMessage) => void,
): void {
  const base = batchBaseOffset(batch);
  const baseTimestamp = batchBaseTimestamp(batch);
  const section = batch.subarray(BATCH_HEADER_BYTES);
  walkRecords(section, batchRecordCount(batch), (record) => {
    const offset = base + record.offsetDelta;
    if (isWanted(offset)) visit(offset, decode(section, record, baseTimestamp));
  });
}

/** The same message, which doesn't lie in its batch any more. */
export function ownMessage(message: WaitingMessage): WaitingMessage {
  return { ...message, salt: Buffer.from(message.salt), body: Buffer.from(message.body) };
}

function decode(section: Buffer, record: RecordView, baseTimestamp: number): WaitingMessage {
  checkKey(section, record);
  const at = record.keyStart;
  return {
    topicId: readUuid(section, at + 2),
    partition: section.readUInt32BE(at + 18),
    dueMs: readInt64(section, at + DUE),
    salt: section.subarray(at + SALT, at + SALT + SALT_BYTES),
    origin:
      (section[at + 1]! & MOVED) === 0
        ? null
        : { bucket: section.readUInt32BE(at + KEY_BYTES), offset: readInt64(section, at + KEY_BYTES + 4) },
    timestampMs: baseTimestamp + record.timestampDeltaMs,
    body: section.subarray(record.valueStart, record.valueStart + record.valueLength),
  };
}

function checkKey(section: Buffer, { keyStart, keyLength, valueLength }: RecordView): void {
  const bytes = keyLength > 1 && (section[keyStart + 1]! & MOVED) !== 0 ? MOVED_KEY_BYTES : KEY_BYTES;
  if (keyLength !== bytes || section[keyStart] !== VERSION || valueLength < 0) {
    throw new MalformedError('the record is not a waiting message of this version', keyStart);
  }
}
