/** What a compacted topic asks of a produced batch: a key in each record (Kafka's LogValidator). */
import { BATCH_HEADER_BYTES, batchRecordCount } from './batch.ts';
import { RecordCursor } from './cursor.ts';

/** Said of a record without one. */
export const KEY_MISSING = 'The record has no key, and the topic is compacted: give each record a key.';

/** Whether each record of an uncompressed batch has a key. Throws MalformedError. */
export function allHaveKeys(opened: Buffer): boolean {
  const record = new RecordCursor(opened.subarray(BATCH_HEADER_BYTES));
  const count = batchRecordCount(opened);
  for (let index = 0; index < count; index++) {
    record.next();
    if (record.keyStart < 0) return false;
  }
  record.expectEnd();
  return true;
}
