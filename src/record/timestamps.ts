/**
 * Finds records by time inside a stored batch, for ListOffsets. The index finds the batch by its max timestamp; these
 * functions find the record, opening compressed batches within a bound.
 *
 * In a batch that the broker stamped (LogAppendTime) every record has the batch's max timestamp.
 */
import {
  batchBaseOffset,
  batchBaseTimestamp,
  batchIsLogAppendTime,
  batchLastOffsetDelta,
  batchMaxTimestamp,
  batchRecordCount,
} from './batch.ts';
import { recordsSection, type SectionOptions } from './section.ts';
import { type RecordView, walkRecords } from './walk.ts';

export interface RecordTime {
  readonly offset: number;
  readonly timestampMs: number;
}

/** Of one record of a batch; ms since 1970. */
export function recordTimestampMs(batch: Buffer, { timestampDeltaMs }: RecordView): number {
  return batchIsLogAppendTime(batch)
    ? batchMaxTimestamp(batch)
    : batchBaseTimestamp(batch) + timestampDeltaMs;
}

/** The first record of the batch with a timestamp ≥ `timestampMs`; null when there is none. Throws MalformedError. */
export function firstRecordAtOrAfter(
  batch: Buffer,
  timestampMs: number,
  options: SectionOptions,
): RecordTime | null {
  if (batchMaxTimestamp(batch) < timestampMs) return null;
  const baseOffset = batchBaseOffset(batch);
  if (batchIsLogAppendTime(batch) && isWhole(batch)) {
    return { offset: baseOffset, timestampMs: batchMaxTimestamp(batch) };
  }
  let found: RecordTime | null = null;
  walkRecords(recordsSection(batch, options), batchRecordCount(batch), (record) => {
    const recordMs = recordTimestampMs(batch, record);
    if (recordMs < timestampMs) return true;
    found = { offset: baseOffset + record.offsetDelta, timestampMs: recordMs };
    return false;
  });
  return found;
}

/** The first record of the batch that has its largest timestamp; null where compaction left none. Throws MalformedError. */
export function recordWithMaxTimestamp(batch: Buffer, options: SectionOptions): RecordTime | null {
  if (batchIsLogAppendTime(batch)) return firstRecordAtOrAfter(batch, batchMaxTimestamp(batch), options);
  if (batchRecordCount(batch) === 0) return null;
  let delta = -Number.MAX_SAFE_INTEGER;
  let offset = 0;
  walkRecords(recordsSection(batch, options), batchRecordCount(batch), (record) => {
    if (record.timestampDeltaMs <= delta) return;
    delta = record.timestampDeltaMs;
    offset = batchBaseOffset(batch) + record.offsetDelta;
  });
  return { offset, timestampMs: batchBaseTimestamp(batch) + delta };
}

/** Whether the batch has all the records that its producer sent, one at each offset. */
const isWhole = (batch: Buffer): boolean => batchRecordCount(batch) === batchLastOffsetDelta(batch) + 1;
