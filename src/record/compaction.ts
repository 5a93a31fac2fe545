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
  /** Whether a record with the key `section[start, end)` stands behind `offset`. */
  isSuperseded(section: Buffer, start: number, end: number, offset: number): boolean;
}

/** Gives memory for a batch of so many bytes. */
export type Room = (bytes: number) => Buffer;

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
    const baseOffset = batchBaseOffset(batch);
    const lastDelta = batchLastOffsetDelta(batch);
    for (let i = 0; i < count; i++) {
      record.next();
      checkDelta(record, lastDelta);
      visit(section, record.keyStart, record.keyEnd, baseOffset + record.offsetDelta);
    }
    record.expectEnd();
  }

  /** What stays of a batch: itself, a new one that `room` has memory for, or null. Throws MalformedError. */
  compact(batch: Buffer, rule: CompactionRule, room: Room = Buffer.allocUnsafeSlow): Buffer | null {
    if (batchRecordCount(batch) === 0) return rule.keepsEmpty ? batch : null;
    if (rule.discards) return rule.keepsEmpty ? emptied(batch, room) : null;
    const section = recordsSection(batch, this.#options);
    this.#select(batch, section, rule);
    if (this.#kept === 0) return rule.keepsEmpty ? emptied(batch, room) : null;
    const isMarker = batchIsControl(batch) && rule.marksNothing;
    const needsHorizon = (this.#hasTombstone || isMarker) && batchDeleteHorizonMs(batch) === null;
    if (!needsHorizon && this.#kept === batchRecordCount(batch)) return batch;
    const horizonMs = needsHorizon ? rule.nowMs + rule.deleteRetentionMs : null;
    const made = this.#copied({ batch, section, horizonMs, room });
    const isStamped = batchIsLogAppendTime(batch);
    const maxTimestamp = isStamped ? batchMaxTimestamp(batch) : batchBaseTimestamp(batch) + this.#maxDelta;
    return finished(made, batch, { recordCount: this.#kept, maxTimestamp, horizonMs });
  }

  /** Finds out which records stay. */
  #select(batch: Buffer, section: Buffer, rule: CompactionRule): void {
    const count = checkedCount(batch, section);
    const isControl = batchIsControl(batch);
    const horizonMs = batchDeleteHorizonMs(batch);
    const keepsTombstones = horizonMs === null || rule.nowMs < horizonMs;
    const record = new RecordCursor(section);
    const baseOffset = batchBaseOffset(batch);
    const lastDelta = batchLastOffsetDelta(batch);
    const { latest } = rule;
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
        checkDelta(record, lastDelta);
        const offset = baseOffset + record.offsetDelta;
        if (latest.isSuperseded(section, record.keyStart, record.keyEnd, offset)) continue;
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

  /** Memory of a new batch with the records that stay behind where its header will be. */
  #copied({ batch, section, horizonMs, room }: NewBatch): Buffer {
    const codec = batchCompression(batch) as CompressionCodec;
    const spans = this.#spans.subarray(0, this.#spanCount * SPAN);
    if (codec === 0 && horizonMs === null) {
      const made = room(BATCH_HEADER_BYTES + bytesOf(spans));
      copySpans(section, spans, made, BATCH_HEADER_BYTES);
      return made;
    }
    const { compression } = this.#options;
    let records: Buffer;
    if (horizonMs === null) {
      records = Buffer.allocUnsafe(bytesOf(spans));
      copySpans(section, spans, records, 0);
    } else {
      records = shiftSpans(section, spans, batchBaseTimestamp(batch) - horizonMs);
    }
    if (codec !== 0) records = compression.compress(codec, records);
    const made = room(BATCH_HEADER_BYTES + records.length);
    records.copy(made, BATCH_HEADER_BYTES);
    return made;
  }
}

/** What a batch with fewer records is made of; `horizonMs`: it gets this new delete horizon. */
interface NewBatch {
  readonly batch: Buffer;
  readonly section: Buffer;
  readonly horizonMs: number | null;
  readonly room: Room;
}

/** A batch that says which offsets it stands for, and holds none of them. */
const emptied = (batch: Buffer, room: Room): Buffer =>
  finished(room(BATCH_HEADER_BYTES), batch, { recordCount: 0, maxTimestamp: NO_TIMESTAMP, horizonMs: null });

/** Puts the header of `batch` before the records of `made`, with what is new of it. */
function finished(
  made: Buffer,
  batch: Buffer,
  fields: { readonly recordCount: number; readonly maxTimestamp: number; readonly horizonMs: number | null },
): Buffer {
  batch.copy(made, 0, 0, BATCH_HEADER_BYTES);
  patchRecords(made, fields);
  sealBatch(made);
  return made;
}

function bytesOf(spans: Uint32Array): number {
  let bytes = 0;
  for (let i = 0; i < spans.length; i += SPAN) bytes += spans[i + 1]! - spans[i]!;
  return bytes;
}

function copySpans(section: Buffer, spans: Uint32Array, into: Buffer, at: number): void {
  for (let i = 0; i < spans.length; i += SPAN) at += section.copy(into, at, spans[i], spans[i + 1]);
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

/** The offset deltas of a compressed batch were never looked at before. */
function checkDelta({ offsetDelta, bodyStart }: RecordCursor, lastDelta: number): void {
  if (offsetDelta >= 0 && offsetDelta <= lastDelta) return;
  throw new MalformedError(`a record has the offset delta ${offsetDelta}`, bodyStart);
}
