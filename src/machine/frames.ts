/**
 * How a machine's records lie in its stream: v2 batches of at most 1 MiB (a larger record is alone in its batch).
 *
 * Control batches of one record each bound the snapshots. Key: int16 version 0, int16 type. Value: int16 version 0.
 *
 * A snapshot in one frame stands between types 3 (header) and 4 (footer), which are Kafka's. The header means that the
 * state begins anew.
 *
 * A snapshot in parts: a frame with type 1003 (header); frames of type 1005 (part) and one batch, the part; a frame with type
 * 1004 (footer). Between these frames lie others with records that are not of the snapshot. It stands for all before its
 * header, but only where the stream begins with the header (replay.ts).
 */
import { batchIsControl } from '../record/batch.ts';
import { buildBatch, type RecordInput } from '../record/build.ts';
import {
  CONTROL_PART,
  CONTROL_PARTS_FOOTER,
  CONTROL_PARTS_HEADER,
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

export type BatchKind =
  | 'records'
  | 'snapshot-header'
  | 'snapshot-footer'
  | 'parts-header'
  | 'part'
  | 'parts-footer'
  | 'unknown';

/** Packs records into batches, in order. */
export function packRecords(records: Iterable<StoredRecord>, nowMs: number): Buffer[] {
  return [...recordBatches(records, nowMs, MACHINE_BATCH_BYTES_MAX)];
}

function* recordBatches(records: Iterable<StoredRecord>, nowMs: number, bytesMax: number): Generator<Buffer> {
  let pending: RecordInput[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = storedBytes(record);
    if (pending.length > 0 && bytes + size > bytesMax) {
      yield buildBatch(pending, { timestampMs: nowMs });
      pending = [];
      bytes = 0;
    }
    pending.push(record);
    bytes += size;
  }
  if (pending.length > 0) yield buildBatch(pending, { timestampMs: nowMs });
}

/** What a record takes in a batch, at most. */
function storedBytes({ key, value }: StoredRecord): number {
  return key.length + (value?.length ?? 0) + RECORD_OVERHEAD_BYTES;
}

/** The batches of a snapshot in one frame. */
export function packSnapshot(records: Iterable<StoredRecord>, nowMs: number): Buffer[] {
  return [
    controlBatch(CONTROL_SNAPSHOT_HEADER, nowMs),
    ...packRecords(records, nowMs),
    controlBatch(CONTROL_SNAPSHOT_FOOTER, nowMs),
  ];
}

/** All of the records where they take at most `bytesMax`, else null; no more of them are made than that takes. */
export function takeUpTo(records: Iterable<StoredRecord>, bytesMax: number): StoredRecord[] | null {
  const taken: StoredRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    bytes += storedBytes(record);
    if (bytes > bytesMax) return null;
    taken.push(record);
  }
  return taken;
}

/** The parts of a snapshot, each the batches of one frame. A part is made when it is asked for. */
export function* packParts(
  records: Iterable<StoredRecord>,
  { nowMs, bytesMax }: { readonly nowMs: number; readonly bytesMax: number },
): Generator<Buffer[]> {
  for (const batch of recordBatches(records, nowMs, bytesMax)) {
    yield [controlBatch(CONTROL_PART, nowMs), batch];
  }
}

export function partsHeader(nowMs: number): Buffer {
  return controlBatch(CONTROL_PARTS_HEADER, nowMs);
}

export function partsFooter(nowMs: number): Buffer {
  return controlBatch(CONTROL_PARTS_FOOTER, nowMs);
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
    case CONTROL_PARTS_HEADER:
      return 'parts-header';
    case CONTROL_PARTS_FOOTER:
      return 'parts-footer';
    case CONTROL_PART:
      return 'part';
    default:
      return 'unknown';
  }
}

export function totalBytes(batches: readonly Buffer[]): number {
  let bytes = 0;
  for (const batch of batches) bytes += batch.length;
  return bytes;
}
