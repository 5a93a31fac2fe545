/** What tests of compaction share: records out of stored batches, and a policy that compacts whatever there is. */
import { nodeCompression } from '../../src/platform/node/compression.ts';
import { batchBaseOffset, batchBaseTimestamp, batchRecordCount } from '../../src/record/batch.ts';
import { recordsSection } from '../../src/record/section.ts';
import { recordKey, recordValue, walkRecords } from '../../src/record/walk.ts';
import type { CompactionPolicy } from '../../src/store/contract.ts';

export const POLICY: CompactionPolicy = {
  minLagMs: 0,
  maxLagMs: Number.POSITIVE_INFINITY,
  dirtyRatio: 0,
  deleteRetentionMs: 1000,
  segmentMs: 1,
  segmentBytes: 1024 * 1024,
  stableOffset: Number.POSITIVE_INFINITY,
  abortedTransactions: () => [],
};

export interface StoredRecord {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
}

export const text = (buffer: Buffer | null): string | null => buffer?.toString() ?? null;

/** The records of a stored batch. */
export function recordsOf(batch: Buffer): StoredRecord[] {
  const section = recordsSection(batch, { compression: nodeCompression, bytesMax: 1 << 26 });
  const records: StoredRecord[] = [];
  walkRecords(section, batchRecordCount(batch), (record) => {
    records.push({
      offset: batchBaseOffset(batch) + record.offsetDelta,
      key: text(recordKey(section, record)),
      value: text(recordValue(section, record)),
      timestamp: batchBaseTimestamp(batch) + record.timestampDeltaMs,
    });
  });
  return records;
}
