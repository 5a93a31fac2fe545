/** What a compacted topic asks of a produced batch: a key in each record (Kafka's LogValidator). */
import { BrokerError } from '../base/errors.ts';
import { BATCH_HEADER_BYTES, batchRecordCount } from './batch.ts';
import { RecordCursor } from './cursor.ts';

/** Checks an uncompressed batch: null, or why it is refused. Throws MalformedError. */
export function checkKeys(opened: Buffer): BrokerError | null {
  const record = new RecordCursor(opened.subarray(BATCH_HEADER_BYTES));
  const count = batchRecordCount(opened);
  for (let index = 0; index < count; index++) {
    record.next();
    if (record.keyStart >= 0) continue;
    return new BrokerError(
      'invalid-record',
      `Record ${index} of the batch has no key, and the topic is compacted: give each record a key.`,
    );
  }
  record.expectEnd();
  return null;
}
