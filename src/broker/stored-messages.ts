/** Messages one by one, whole, of batches as they are stored: for what looks at few of them. */
import type { BrokerError } from '../base/errors.ts';
import type { RecordMatcher } from '../queue/select.ts';
import { batchBaseOffset, batchIsControl, batchRecordCount } from '../record/batch.ts';
import { recordsSection, type SectionOptions } from '../record/section.ts';
import { recordTimestampMs } from '../record/timestamps.ts';
import { type RecordHeader, recordHeaders, recordKey, recordValue, walkRecords } from '../record/walk.ts';
import type { ChunkLog, ReadRequest, ReadResult } from '../store/contract.ts';

/** Key, value and headers' values are slices of the batch where that isn't compressed. */
export interface StoredMessage {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

/** From memory, in this call, where all of it is there, else from disk. The blocks are the caller's, to be released. */
export function readThen(
  log: ChunkLog,
  request: ReadRequest,
  done: (read: ReadResult | BrokerError) => void,
): void {
  const cached = log.readCached(request);
  if (cached !== null) done(cached);
  else log.read(request, (error, result) => done(error ?? result!));
}

/** `readThen` as a promise. */
export function readOnce(log: ChunkLog, request: ReadRequest): Promise<ReadResult | BrokerError> {
  return new Promise((resolve) => readThen(log, request, resolve));
}

/** The messages of a batch from `first` to `last`, ascending; `wanted`: those that match. Throws MalformedError where it can't be opened. */
export function messagesOf(
  batch: Buffer,
  { first, last }: { readonly first: number; readonly last: number },
  options: SectionOptions & { readonly wanted?: RecordMatcher | null },
): StoredMessage[] {
  const messages: StoredMessage[] = [];
  if (batchIsControl(batch)) return messages;
  const section = recordsSection(batch, options);
  const base = batchBaseOffset(batch);
  walkRecords(section, batchRecordCount(batch), (record) => {
    const offset = base + record.offsetDelta;
    if (offset < first) return true;
    if (offset > last) return false;
    const timestampMs = recordTimestampMs(batch, record);
    if (options.wanted?.matches(section, record, timestampMs) === false) return true;
    messages.push({
      offset,
      timestampMs,
      key: recordKey(section, record),
      value: recordValue(section, record),
      headers: recordHeaders(section, record),
    });
    return true;
  });
  return messages;
}
