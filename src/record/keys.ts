/**
 * What a compacted topic asks of a produced batch, compressed or not: a key in each record (Kafka's LogValidator), and
 * records that can be read, because compaction will have to.
 */
import { MalformedError } from '../base/byte-reader.ts';
import { BrokerError } from '../base/errors.ts';
import { batchRecordCount } from './batch.ts';
import { RecordCursor } from './cursor.ts';
import { recordsSection, type SectionOptions } from './section.ts';

/** Null, or why the batch is refused. */
export function checkKeys(batch: Buffer, options: SectionOptions): BrokerError | null {
  try {
    const record = new RecordCursor(recordsSection(batch, options));
    const count = batchRecordCount(batch);
    for (let index = 0; index < count; index++) {
      record.next();
      if (record.keyStart < 0) {
        return new BrokerError(
          'invalid-record',
          `Record ${index} of the batch has no key, and the topic is compacted: give each record a key.`,
        );
      }
      if (record.offsetDelta !== index) {
        return new BrokerError('invalid-record', `Record ${index} doesn't have the offset delta ${index}.`);
      }
    }
    record.expectEnd();
    return null;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return new BrokerError('invalid-record', `The records of the batch can't be read: ${error.message}.`);
  }
}
