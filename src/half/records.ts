/**
 * Records of half messages, and their stored form (docs/formats/machines.md).
 *
 * Key: uint8 type, uint8 version (0), UTF-8 of the transaction id. Value, in Kafka's primitive types, compact:
 *   1 open   uuid topic id, int32 partition, string producer group, int64 when it was prepared, int32 slot, int64 offset,
 *            int32 checks, int64 the next check (−1: it is set aside)
 *   2 ended  uuid topic id, int32 partition, boolean committed, int64 offset (−1: none)
 */
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import type { StoredRecord } from '../machine/machine.ts';
import { textKey } from '../machine/record-keys.ts';
import type { Ended, HalfMessage } from './model.ts';

export type HalfRecord =
  | { readonly kind: 'open'; readonly half: HalfMessage }
  | ({ readonly kind: 'ended'; readonly transactionId: string } & Ended);

const VERSION = 0;
const OPEN = 1;
const ENDED = 2;

export function encodeHalfRecord(record: HalfRecord): StoredRecord {
  const writer = new ByteWriter(128);
  if (record.kind === 'ended') {
    writer.uuid(record.topicId);
    writer.int32(record.partition);
    writer.boolean(record.committed);
    writer.int64(record.offset);
    return { key: textKey(ENDED, VERSION, record.transactionId), value: writer.finishContiguous() };
  }
  const { half } = record;
  writer.uuid(half.topicId);
  writer.int32(half.partition);
  writer.compactString(half.producerGroup);
  writer.int64(half.preparedAtMs);
  writer.int32(half.slot);
  writer.int64(half.offset);
  writer.int32(half.checks);
  writer.int64(Number.isFinite(half.nextCheckAtMs) ? half.nextCheckAtMs : -1);
  return { key: textKey(OPEN, VERSION, half.transactionId), value: writer.finishContiguous() };
}

/** Throws on a record of a newer format. */
export function decodeHalfRecord({ key, value }: StoredRecord): HalfRecord {
  const keyReader = new ByteReader(key);
  const type = keyReader.int8();
  const version = keyReader.int8();
  if (version !== VERSION) throw new Error(`record type ${type} has the unknown version ${version}`);
  if ((type !== OPEN && type !== ENDED) || value === null) throw new Error(`record type ${type} is unknown`);
  const transactionId = key.toString('utf8', 2);
  const reader = new ByteReader(value);
  const topicId = reader.uuid();
  const partition = reader.int32();
  if (type === ENDED) {
    const committed = reader.boolean();
    const offset = reader.int64();
    reader.expectEnd();
    return { kind: 'ended', transactionId, topicId, partition, committed, offset };
  }
  const half = {
    transactionId,
    topicId,
    partition,
    producerGroup: reader.compactString(),
    preparedAtMs: reader.int64(),
    slot: reader.int32(),
    offset: reader.int64(),
    checks: reader.int32(),
    nextCheckAtMs: reader.int64(),
  };
  reader.expectEnd();
  const nextCheckAtMs = half.nextCheckAtMs < 0 ? Number.POSITIVE_INFINITY : half.nextCheckAtMs;
  return { kind: 'open', half: { ...half, nextCheckAtMs } };
}
