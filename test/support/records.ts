/** What is in the records of a fetch: its batches one by one, and the values of all that are not control records. */
import {
  BATCH_HEADER_BYTES,
  batchIsControl,
  batchRecordCount,
  batchSizeBytes,
} from '../../src/record/batch.ts';
import { recordValue, walkRecords } from '../../src/record/walk.ts';

export function recordsOf(records: Buffer | readonly Buffer[] | null): {
  batches: Buffer[];
  values: string[];
} {
  const bytes = Buffer.isBuffer(records) ? records : Buffer.concat(records ?? []);
  const batches: Buffer[] = [];
  const values: string[] = [];
  for (let at = 0; at < bytes.length; at += batchSizeBytes(bytes, at)) {
    const batch = bytes.subarray(at, at + batchSizeBytes(bytes, at));
    batches.push(batch);
    if (batchIsControl(batch)) continue;
    const section = batch.subarray(BATCH_HEADER_BYTES);
    walkRecords(section, batchRecordCount(batch), (record) => {
      values.push(String(recordValue(section, record)));
    });
  }
  return { batches, values };
}
