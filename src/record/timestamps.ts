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
  batchMaxTimestamp,
  batchRecordCount,
} from './batch.ts';
import { recordsSection, type SectionOptions } from './section.ts';
import { walkRecords } from './walk.ts';

export interface RecordTime {
  readonly offset: number;
  readonly timestampMs: number;
}

/** The first record of the batch with a timestamp ≥ `timestampMs`; null when there is none. Throws MalformedError. */
export function firstRecordAtOrAfter(
  batch: Buffer,
  timestampMs: number,
  options: SectionOptions,
): RecordTime | null {
  if (batchMaxTimestamp(batch) < timestampMs) return null;
  const baseOffset = batchBaseOffset(batch);
  const baseTimestamp = batchBaseTimestamp(batch);
  if (batchIsLogAppendTime(batch)) return { offset: baseOffset, timestampMs: batchMaxTimestamp(batch) };
  let found: RecordTime | null = null;
  walkRecords(recordsSection(batch, options), batchRecordCount(batch), (record) => {
    const time = baseTimestamp + record.timestampDeltaMs;
    if (time < timestampMs) return true;
    found = { offset: baseOffset + record.offsetDelta, timestampMs: time };
    return false;
  });
  return found;
}

/** The first record of the batch that has its largest timestamp. Throws MalformedError. */
export function recordWithMaxTimestamp(batch: Buffer, options: SectionOptions): RecordTime {
  const baseOffset = batchBaseOffset(batch);
  const baseTimestamp = batchBaseTimestamp(batch);
  if (batchIsLogAppendTime(batch)) return { offset: baseOffset, timestampMs: batchMaxTimestamp(batch) };
  let delta = -Number.MAX_SAFE_INTEGER;
  let offset = baseOffset;
  walkRecords(recordsSection(batch, options), batchRecordCount(batch), (record) => {
    if (record.timestampDeltaMs <= delta) return;
    delta = record.timestampDeltaMs;
    offset = baseOffset + record.offsetDelta;
  });
  return { offset, timestampMs: baseTimestamp + delta };
}
