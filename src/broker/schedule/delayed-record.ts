/** A record that is to be delayed, as `Schedules` takes it. */
import { BATCH_HEADER_BYTES } from '../../record/batch.ts';
import { buildBatch, type RecordInput } from '../../record/build.ts';
import { walkRecords } from '../../record/walk.ts';
import { recordBody } from '../../schedule/message.ts';
import type { Partition } from '../topics.ts';
import type { NewMessage } from './schedules.ts';

/** `bytes`: of the batch that it is alone in. */
export function delayedRecord(
  partition: Partition,
  { record, atMs, nowMs }: { readonly record: RecordInput; readonly atMs: number; readonly nowMs: number },
): { readonly message: NewMessage; readonly bytes: number } {
  const timestampMs = record.timestampMs ?? nowMs;
  const batch = buildBatch([record], { timestampMs });
  const section = batch.subarray(BATCH_HEADER_BYTES);
  let body = section;
  walkRecords(section, 1, (view) => {
    body = recordBody(section, view);
  });
  return { message: { partition, atMs, timestampMs, body }, bytes: batch.length };
}
