/**
 * A batch of which some records are left out. The others keep their offsets, and the batch its range of them and of sequence
 * numbers: its producer goes on where it would have, as where compaction left something out.
 */
import {
  BATCH_HEADER_BYTES,
  batchBaseTimestamp,
  batchMaxTimestamp,
  batchRecordCount,
  patchRecords,
} from './batch.ts';
import { sealBatch } from './build.ts';
import { walkRecords } from './walk.ts';

/** A new batch of an uncompressed one, without the records at these places. It may have none left. */
export function withoutRecords(opened: Buffer, isLeftOut: (index: number) => boolean): Buffer {
  const section = opened.subarray(BATCH_HEADER_BYTES);
  const made = Buffer.allocUnsafeSlow(opened.length);
  let at = opened.copy(made, 0, 0, BATCH_HEADER_BYTES);
  let recordCount = 0;
  let deltaMax = Number.NEGATIVE_INFINITY;
  let start = 0;
  walkRecords(section, batchRecordCount(opened), (record) => {
    if (!isLeftOut(record.index)) {
      at += section.copy(made, at, start, record.end);
      recordCount++;
      deltaMax = Math.max(deltaMax, record.timestampDeltaMs);
    }
    start = record.end;
  });
  const batch = made.subarray(0, at);
  // An empty one keeps its place in time.
  const maxTimestamp = recordCount > 0 ? batchBaseTimestamp(opened) + deltaMax : batchMaxTimestamp(opened);
  patchRecords(batch, { recordCount, maxTimestamp, horizonMs: null });
  sealBatch(batch);
  return batch;
}
