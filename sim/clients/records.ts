/**
 * Values that can be told apart and checked: `<id>|<padding>`, the padding made from the id, so that every byte of a
 * record that is read can be checked without keeping it.
 */
import { crc32c } from '../../src/base/crc32c.ts';
import type { Compression } from '../../src/platform/ports.ts';
import {
  BATCH_CRC_START,
  BATCH_HEADER_BYTES,
  batchBaseOffset,
  batchCrc,
  batchIsControl,
  batchLastOffset,
  batchLastOffsetDelta,
  batchMagic,
  batchProducerId,
  batchRecordCount,
  batchSizeBytes,
} from '../../src/record/batch.ts';
import { CONTROL_ABORT, controlType } from '../../src/record/control.ts';
import { recordsSection } from '../../src/record/section.ts';
import {
  type RecordHeader,
  recordHeaders,
  recordKey,
  recordValue,
  walkRecords,
} from '../../src/record/walk.ts';
import type { KeyedRecord } from '../keyed.ts';

/** A value of about `bytes` bytes for an id. */
export function valueFor(id: string, bytes: number): Buffer {
  const prefix = `${id}|`;
  const padding = `${id}~`;
  const missing = Math.max(0, bytes - prefix.length);
  return Buffer.from(
    prefix + padding.repeat(Math.ceil(missing / padding.length)).slice(0, missing),
    'latin1',
  );
}

/** The id of a value; null when a byte of it is wrong. */
export function idOf(value: Buffer): string | null {
  const text = value.toString('latin1');
  const cut = text.indexOf('|');
  if (cut < 0) return null;
  const id = text.slice(0, cut);
  return valueFor(id, value.length).equals(value) ? id : null;
}

export interface ReadRecord {
  readonly offset: number;
  readonly id: string;
}

/**
 * Reads all records of concatenated batches, checking CRC, count and content. Gives a sentence where anything is wrong;
 * a batch that is cut off at the end is not.
 */
export function readBatches(bytes: Buffer, compression: Compression): ReadRecord[] | string {
  const records: ReadRecord[] = [];
  let at = 0;
  while (at + BATCH_HEADER_BYTES <= bytes.length) {
    const size = batchSizeBytes(bytes, at);
    if (size < BATCH_HEADER_BYTES) return `a batch has the size ${size}`;
    if (at + size > bytes.length) break;
    const batch = bytes.subarray(at, at + size);
    const problem = readBatch(batch, compression, records);
    if (problem !== null) return `batch at offset ${batchBaseOffset(batch)}: ${problem}`;
    at += size;
  }
  return records;
}

/** Reads batches as somebody does who wants committed records only: as `readBatches`, without what was aborted. */
export function readCommitted(
  bytes: Buffer,
  aborted: readonly AbortedRange[],
  compression: Compression,
): { readonly records: ReadRecord[]; readonly nextOffset: number } | string {
  const open = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const dropped = new Set<number>();
  const records: ReadRecord[] = [];
  let nextOffset = -1;
  for (let at = 0; at + BATCH_HEADER_BYTES <= bytes.length; at += batchSizeBytes(bytes, at)) {
    const batch = bytes.subarray(at, at + batchSizeBytes(bytes, at));
    if (batch.length < batchSizeBytes(bytes, at)) break;
    nextOffset = batchLastOffset(batch) + 1;
    while (open.length > 0 && open[0]!.firstOffset < nextOffset) dropped.add(open.shift()!.producerId);
    const producerId = batchProducerId(batch);
    if (batchIsControl(batch)) {
      if (controlType(batch) === CONTROL_ABORT) dropped.delete(producerId);
      continue;
    }
    if (dropped.has(producerId)) continue;
    // Aborted records may have been compacted away.
    const problem = readBatch(batch, compression, records, true);
    if (problem !== null) return `batch at offset ${batchBaseOffset(batch)}: ${problem}`;
  }
  return { records, nextOffset };
}

export interface AbortedRange {
  readonly producerId: number;
  readonly firstOffset: number;
}

function readBatch(
  batch: Buffer,
  compression: Compression,
  records: ReadRecord[],
  compacted = false,
): string | null {
  if (batchMagic(batch) !== 2) return `magic ${batchMagic(batch)}`;
  if (batchCrc(batch) !== crc32c(batch, BATCH_CRC_START, batch.length)) return 'wrong CRC';
  const count = batchRecordCount(batch);
  if (!compacted && batchLastOffsetDelta(batch) !== count - 1)
    return `${count} records, but a last delta of another`;
  const baseOffset = batchBaseOffset(batch);
  let problem: string | null = null;
  try {
    const section = recordsSection(batch, { compression, bytesMax: 16 * 1024 * 1024 });
    walkRecords(section, count, (record) => {
      const key = recordKey(section, record);
      const value = recordValue(section, record);
      const id = value === null ? null : idOf(value);
      if (id === null || key === null || key.toString('latin1') !== id)
        problem ??= `a record's bytes are wrong`;
      else records.push({ offset: baseOffset + record.offsetDelta, id });
    });
  } catch (error) {
    return String(error);
  }
  return problem;
}

/** The header that tells the version of a key's record: a deletion has no value to tell it. */
export function keyedHeaders(version: number): RecordHeader[] {
  return [{ key: 'v', value: Buffer.from(String(version)) }];
}

/** Reads the batches of a compacted topic. Gives a sentence where anything is wrong. */
export function readKeyed(
  bytes: Buffer,
  compression: Compression,
): { readonly records: KeyedRecord[]; readonly nextOffset: number } | string {
  const records: KeyedRecord[] = [];
  let nextOffset = -1;
  for (let at = 0; at + BATCH_HEADER_BYTES <= bytes.length; at += batchSizeBytes(bytes, at)) {
    const batch = bytes.subarray(at, at + batchSizeBytes(bytes, at));
    if (batch.length < batchSizeBytes(bytes, at)) break;
    if (batchCrc(batch) !== crc32c(batch, BATCH_CRC_START, batch.length)) return 'wrong CRC';
    if (batchBaseOffset(batch) < nextOffset)
      return `batch ${batchBaseOffset(batch)} stands behind ${nextOffset - 1}`;
    nextOffset = batchLastOffset(batch) + 1;
    const section = recordsSection(batch, { compression, bytesMax: 16 * 1024 * 1024 });
    walkRecords(section, batchRecordCount(batch), (record) => {
      const version = Number(recordHeaders(section, record)[0]?.value?.toString());
      records.push({
        offset: batchBaseOffset(batch) + record.offsetDelta,
        key: String(recordKey(section, record)),
        version,
        deletes: recordValue(section, record) === null,
      });
    });
  }
  return { records, nextOffset };
}
