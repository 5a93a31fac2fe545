/** Messages one by one, whole, of batches as they are stored: for what looks at few of them. */
import {
  batchBaseOffset,
  batchBaseTimestamp,
  batchIsControl,
  batchIsLogAppendTime,
  batchMaxTimestamp,
  batchRecordCount,
  batchSizeBytes,
} from '../record/batch.ts';
import { recordsSection, type SectionOptions } from '../record/section.ts';
import { type RecordHeader, recordHeaders, recordKey, recordValue, walkRecords } from '../record/walk.ts';

/** Key, value and headers' values are slices of the batch where that isn't compressed. */
export interface StoredMessage {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

/** The batches in buffers, of which each has one or several. */
export function* eachBatch(buffers: readonly Buffer[]): Generator<Buffer> {
  for (const buffer of buffers) {
    for (let at = 0; at < buffer.length; ) {
      const size = batchSizeBytes(buffer, at);
      yield buffer.subarray(at, at + size);
      at += size;
    }
  }
}

/** The messages of a batch from `first` to `last`, ascending. Throws MalformedError where it can't be opened. */
export function messagesOf(
  batch: Buffer,
  { first, last }: { readonly first: number; readonly last: number },
  options: SectionOptions,
): StoredMessage[] {
  const messages: StoredMessage[] = [];
  if (batchIsControl(batch)) return messages;
  const section = recordsSection(batch, options);
  const base = batchBaseOffset(batch);
  const stampedMs = batchIsLogAppendTime(batch) ? batchMaxTimestamp(batch) : null;
  walkRecords(section, batchRecordCount(batch), (record) => {
    const offset = base + record.offsetDelta;
    if (offset < first) return true;
    if (offset > last) return false;
    messages.push({
      offset,
      timestampMs: stampedMs ?? batchBaseTimestamp(batch) + record.timestampDeltaMs,
      key: recordKey(section, record),
      value: recordValue(section, record),
      headers: recordHeaders(section, record),
    });
    return true;
  });
  return messages;
}
