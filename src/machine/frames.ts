/**
 * How a machine's records lie in its stream: v2 batches of at most 1 MiB (a larger record is alone in its batch).
 *
 * A snapshot stands between two control batches of one record each. Key: int16 version 0, int16 type; the types are
 * those of Kafka's control records, 3 snapshot header and 4 snapshot footer. Value: int16 version 0. The header means
 * that the state begins anew; the footer, that the snapshot was whole.
 */
import { batchIsControl } from '../record/batch.ts';
import { buildBatch, type RecordInput } from '../record/build.ts';
import {
  CONTROL_SNAPSHOT_FOOTER,
  CONTROL_SNAPSHOT_HEADER,
  controlKey,
  controlType,
} from '../record/control.ts';
import type { StoredRecord } from './machine.ts';

/** Most bytes of a batch of several records. */
export const MACHINE_BATCH_BYTES_MAX = 1024 * 1024;
/** More than a record takes beside its key and value: length, attributes, deltas, two lengths, header count. */
const RECORD_OVERHEAD_BYTES = 40;

export type BatchKind = 'records' | 'snapshot-header' | 'snapshot-footer' | 'unknown';

/** Packs records into batches, in order. */
export function packRecords(records: Iterable<StoredRecord>, nowMs: number): Buffer[] {
  const batches: Buffer[] = [];
  let pending: RecordInput[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = record.key.length + (record.value?.length ?? 0) + RECORD_OVERHEAD_BYTES;
    if (pending.length > 0 && bytes + size > MACHINE_BATCH_BYTES_MAX) {
      batches.push(buildBatch(pending, { timestampMs: nowMs }));
      pending = [];
      bytes = 0;
    }
    pending.push(record);
    bytes += size;
  }
  if (pending.length > 0) batches.push(buildBatch(pending, { timestampMs: nowMs }));
  return batches;
}

/** The batches of a whole snapshot. */
export function packSnapshot(records: Iterable<StoredRecord>, nowMs: number): Buffer[] {
  return [
    controlBatch(CONTROL_SNAPSHOT_HEADER, nowMs),
    ...packRecords(records, nowMs),
    controlBatch(CONTROL_SNAPSHOT_FOOTER, nowMs),
  ];
}

function controlBatch(type: number, nowMs: number): Buffer {
  return buildBatch([{ key: controlKey(type), value: Buffer.alloc(2) }], {
    timestampMs: nowMs,
    control: true,
  });
}

/** What a stored batch is. Throws MalformedError. */
export function batchKind(batch: Buffer): BatchKind {
  if (!batchIsControl(batch)) return 'records';
  switch (controlType(batch)) {
    case CONTROL_SNAPSHOT_HEADER:
      return 'snapshot-header';
    case CONTROL_SNAPSHOT_FOOTER:
      return 'snapshot-footer';
    default:
      return 'unknown';
  }
}
