/**
 * Compacts one batch: leaves out records whose key has a later one, keeps all else as it is (KIP-354, KIP-534 and Kafka's
 * MemoryRecords.filterTo). What stays is a valid v2 batch with the same base offset, last offset, producer fields,
 * timestamp type and codec; offsets and timestamps of its records don't change.
 *
 * A batch that has the first tombstones, or the marker of a transaction of which nothing is left, gets a delete horizon:
 * attribute bit 6, with the time from which on they may go in place of the base timestamp (KIP-534).
 *
 * Guarantees: a batch from which nothing goes is returned as it is; nothing is allocated for a record; everything that is
 * malformed throws MalformedError.
 */
import { MalformedError } from '../base/byte-reader.ts';
import { varintSize, varlongSize, writeVarint, writeVarlong } from '../base/varint.ts';
import type { CompressionCodec } from '../platform/ports.ts';
import {
  BATCH_HEADER_BYTES,
  batchBaseOffset,
  batchBaseTimestamp,
  batchCompression,
  batchDeleteHorizonMs,
  batchIsControl,
  batchIsLogAppendTime,
  batchLastOffsetDelta,
  batchMaxTimestamp,
  batchRecordCount,
  patchRecords,
} from './batch.ts';
import { sealBatch } from './build.ts';
import { RecordCursor } from './cursor.ts';
import { recordsSection, type SectionOptions } from './section.ts';
import { RECORD_BYTES_MIN } from './walk.ts';

/** What is known of the keys. */
export interface LatestOffsets {
  /** The latest offset of the key `section[start, end)`, or −1. */
  get(section: Buffer, start: number, end: number): number;
}

export interface CompactionRule {
  readonly latest: LatestOffsets;
  /** None of the records stays: they are of a transaction that was aborted, or a marker of which the time has come. */
  readonly discards: boolean;
  /** A marker of a transaction of which nothing is left. */
  readonly marksNothing: boolean;
  /** The batch stays, without records, where none of them does: readers go on from its last offset. */
  readonly keepsEmpty: boolean;
  readonly nowMs: number;
  /** delete.retention.ms */
  readonly deleteRetentionMs: number;
}

const NO_TIMESTAMP = -1;
/** Numbers that are kept of a record that stays: where it begins and ends. */
const SPAN = 2;

export class BatchCompactor {
  readonly #options: SectionOptions;
  /** Spans of the records that stay, those that touch as one. Used again for each batch. */
  #spans = new Uint32Array(1024);
  #spanCount = 0;
  #kept = 0;
  #maxDelta = 0;
  #hasTombstone = false;

  constructor(options: SectionOptions) {
    this.#options = options;
  }

  /** Calls `visit` with the place of each key (−1, −1: none) of a batch and its record's offset. */
  eachKey(batch: Buffer, visit: (section: Buffer, start: number, end: number, offset: number) => void): void {
    const section = recordsSection(batch, this.#options);
    const count = checkedCount(batch, section);
    const record = new RecordCursor(section);
    for (let i = 0; i < count; i++) {
      record.next();
      visit(section, record.keyStart, record.keyEnd, offsetOf(batch, record));
    }
    record.expectEnd();
  }

  /** What stays of a batch: itself, a new one, or null. Throws MalformedError. */
  compact(batch: Buffer, rule: CompactionRule): Buffer | null {
    if (batchRecordCount(batch) === 0) return rule.keepsEmpty ? batch : null;
    if (rule.discards) return rule.keepsEmpty ? emptied(batch) : null;
    const section = recordsSection(batch, this.#options);
    this.#select(batch, section, rule);
    if (this.#kept === 0) return rule.keepsEmpty ? emptied(batch) : null;
    const isMarker = batchIsControl(batch) && rule.marksNothing;
    const needsHorizon = (this.#hasTombstone || isMarker) && batchDeleteHorizonMs(batch) === null;
    if (needsHorizon) return this.#rebuilt(batch, section, rule.nowMs + rule.deleteRetentionMs);
    return this.#kept === batchRecordCount(batch) ? batch : this.#rebuilt(batch, section, null);
  }

  /** Finds out which records stay. */
  #select(batch: Buffer, section: Buffer, rule: CompactionRule): void {
    const count = checkedCount(batch, section);
    const isControl = batchIsControl(batch);
    const horizonMs = batchDeleteHorizonMs(batch);
    const keepsTombstones = horizonMs === null || rule.nowMs < horizonMs;
    const record = new RecordCursor(section);
    this.#spanCount = 0;
    this.#kept = 0;
    this.#maxDelta = Number.NEGATIVE_INFINITY;
    this.#hasTombstone = false;
    for (let i = 0; i < count; i++) {
      const start = record.position;
      record.next();
      if (!isControl) {
        // Without a key nothing says what it stands for.
        if (record.keyStart < 0) continue;
        const latest = rule.latest.get(section, record.keyStart, record.keyEnd);
        if (latest > offsetOf(batch, record)) continue;
        if (!record.hasValue) {
          if (!keepsTombstones) continue;
          this.#hasTombstone = true;
        }
      }
      this.#keep(start, record.position);
      if (record.timestampDelta > this.#maxDelta) this.#maxDelta = record.timestampDelta;
    }
    record.expectEnd();
  }

  #keep(start: number, end: number): void {
    this.#kept++;
    const at = this.#spanCount * SPAN;
    if (at > 0 && this.#spans[at - 1] === start) {
      this.#spans[at - 1] = end;
      return;
    }
    if (at === this.#spans.length) {
      const larger = new Uint32Array(at * 2);
      larger.set(this.#spans);
      this.#spans = larger;
    }
    this.#spans[at] = start;
    this.#spans[at + 1] = end;
    this.#spanCount++;
  }

  /** The batch with the records that stay; `horizonMs`: with this new delete horizon. */
  #rebuilt(batch: Buffer, section: Buffer, horizonMs: number | null): Buffer {
    const codec = batchCompression(batch) as CompressionCodec;
    const baseTimestamp = batchBaseTimestamp(batch);
    const kept =
      horizonMs === null
        ? copySpans(section, this.#spans, this.#spanCount)
        : shiftSpans(section, this.#spans.subarray(0, this.#spanCount * SPAN), baseTimestamp - horizonMs);
    const records = codec === 0 ? kept : this.#options.compression.compress(codec, kept);
    return withRecords(batch, records, {
      recordCount: this.#kept,
      maxTimestamp: batchIsLogAppendTime(batch) ? batchMaxTimestamp(batch) : baseTimestamp + this.#maxDelta,
      horizonMs,
    });
  }
}

/** A batch that says which offsets it stands for, and holds none of them. */
function emptied(batch: Buffer): Buffer {
  return withRecords(batch, Buffer.alloc(0), { recordCount: 0, maxTimestamp: NO_TIMESTAMP, horizonMs: null });
}

function withRecords(
  batch: Buffer,
  records: Buffer,
  fields: { readonly recordCount: number; readonly maxTimestamp: number; readonly horizonMs: number | null },
): Buffer {
  const made = Buffer.allocUnsafeSlow(BATCH_HEADER_BYTES + records.length);
  batch.copy(made, 0, 0, BATCH_HEADER_BYTES);
  records.copy(made, BATCH_HEADER_BYTES);
  patchRecords(made, fields);
  sealBatch(made);
  return made;
}

function copySpans(section: Buffer, spans: Uint32Array, count: number): Buffer {
  let bytes = 0;
  for (let i = 0; i < count; i++) bytes += spans[i * SPAN + 1]! - spans[i * SPAN]!;
  const kept = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (let i = 0; i < count; i++) at += section.copy(kept, at, spans[i * SPAN]!, spans[i * SPAN + 1]!);
  return kept;
}

/** The same with `shiftMs` added to each timestamp delta: the base timestamp becomes another. */
function shiftSpans(section: Buffer, spans: Uint32Array, shiftMs: number): Buffer {
  let bytes = 0;
  eachRecord(section, spans, (record) => {
    const body = shiftedBodyBytes(record, shiftMs);
    bytes += varintSize(body) + body;
  });
  const shifted = Buffer.allocUnsafe(bytes);
  let at = 0;
  eachRecord(section, spans, (record) => {
    at = writeVarint(shifted, at, shiftedBodyBytes(record, shiftMs));
    shifted[at++] = section[record.bodyStart]!;
    at = writeVarlong(shifted, at, record.timestampDelta + shiftMs);
    at += section.copy(shifted, at, record.timestampEnd, record.position);
  });
  return shifted;
}

function eachRecord(section: Buffer, spans: Uint32Array, visit: (record: RecordCursor) => void): void {
  const record = new RecordCursor(section);
  for (let i = 0; i < spans.length; i += SPAN) {
    record.position = spans[i]!;
    while (record.position < spans[i + 1]!) {
      record.next();
      visit(record);
    }
  }
}

/** Bytes of a record behind its length, with another timestamp. */
const shiftedBodyBytes = (record: RecordCursor, shiftMs: number): number =>
  1 + varlongSize(record.timestampDelta + shiftMs) + (record.position - record.timestampEnd);

/** The count of a batch, which its section can hold. */
function checkedCount(batch: Buffer, section: Buffer): number {
  const count = batchRecordCount(batch);
  if (count < 0 || count * RECORD_BYTES_MIN > section.length) {
    throw new MalformedError(`${count} records can't fit into ${section.length} bytes`, 0);
  }
  return count;
}

/** A record's offset; the deltas of a compressed batch were never looked at before. */
function offsetOf(batch: Buffer, record: RecordCursor): number {
  if (record.offsetDelta < 0 || record.offsetDelta > batchLastOffsetDelta(batch)) {
    throw new MalformedError(`a record has the offset delta ${record.offsetDelta}`, record.bodyStart);
  }
  return batchBaseOffset(batch) + record.offsetDelta;
}
