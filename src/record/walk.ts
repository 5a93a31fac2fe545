/**
 * Walks the records of a v2 batch without making an object of each.
 *
 * A record (KIP-98; varint = zigzag, 32 bits, varlong = zigzag, 64 bits):
 *   varint  length              bytes behind this field
 *   int8    attributes          unused
 *   varlong timestamp delta     to the batch's base timestamp
 *   varint  offset delta        to the batch's base offset
 *   varint  key length          −1: null
 *           key
 *   varint  value length        −1: null
 *           value
 *   varint  header count
 *           headers: varint key length, key (UTF-8), varint value length (−1: null), value
 *
 * Guarantees: everything that is malformed throws MalformedError, nothing is read outside of the section, and memory
 * doesn't depend on the number of records.
 */
import { ByteReader, MalformedError } from '../base/byte-reader.ts';

/**
 * One record by its positions in the section. The same object is passed for each record: take what you need before
 * the visitor returns.
 */
export interface RecordView {
  /** 0 for the first record of the batch. */
  readonly index: number;
  readonly offsetDelta: number;
  /** Milliseconds behind the batch's base timestamp; may be negative. */
  readonly timestampDeltaMs: number;
  /** Where the key begins; meaningless when `keyLength` is −1. */
  readonly keyStart: number;
  /** Bytes of the key; −1: null. */
  readonly keyLength: number;
  readonly valueStart: number;
  /** Bytes of the value; −1: null. */
  readonly valueLength: number;
  readonly headerCount: number;
  /** Where the first header begins. */
  readonly headersStart: number;
  /** Where the record ends. */
  readonly end: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Returning false ends the walk. */
export type RecordVisitor = (record: RecordView) => unknown;

/** Least bytes a record takes: length, attributes, two deltas, two null lengths, no headers. */
export const RECORD_BYTES_MIN = 7;

/** An empty view, for those who walk by themselves. */
function newView(): Mutable<RecordView> {
  return {
    index: 0,
    offsetDelta: 0,
    timestampDeltaMs: 0,
    keyStart: 0,
    keyLength: -1,
    valueStart: 0,
    valueLength: -1,
    headerCount: 0,
    headersStart: 0,
    end: 0,
  };
}

/**
 * Visits the `count` records of an uncompressed records section (what stands behind the batch header).
 * Throws MalformedError, also when bytes are left over; not so when the visitor ends the walk early.
 */
export function walkRecords(section: Buffer, count: number, visit: RecordVisitor): void {
  if (count < 0 || count * RECORD_BYTES_MIN > section.length) {
    throw new MalformedError(`${count} records can't fit into ${section.length} bytes`, 0);
  }
  const reader = new ByteReader(section);
  const view = newView();
  for (let index = 0; index < count; index++) {
    view.index = index;
    readRecord(reader, view);
    if (visit(view) === false) return;
  }
  reader.expectEnd();
}

function readRecord(reader: ByteReader, view: Mutable<RecordView>): void {
  const length = reader.varint();
  const start = reader.position;
  if (length < RECORD_BYTES_MIN - 1 || length > reader.remaining) {
    throw new MalformedError(`a record has the length ${length}`, start);
  }
  view.end = start + length;
  reader.skip(1);
  view.timestampDeltaMs = reader.varlong();
  view.offsetDelta = reader.varint();
  view.keyLength = fieldLength(reader, view.end);
  view.keyStart = reader.position;
  if (view.keyLength > 0) reader.skip(view.keyLength);
  view.valueLength = fieldLength(reader, view.end);
  view.valueStart = reader.position;
  if (view.valueLength > 0) reader.skip(view.valueLength);
  view.headerCount = reader.varint();
  view.headersStart = reader.position;
  // A header takes two bytes at least; what is inside them is checked by those who read headers.
  if (view.headerCount < 0 || view.headerCount * 2 > view.end - reader.position) {
    throw new MalformedError(`a record has ${view.headerCount} headers`, reader.position);
  }
  if (view.headerCount === 0 && reader.position !== view.end) {
    throw new MalformedError('a record is longer than its fields', reader.position);
  }
  reader.skip(view.end - reader.position);
}

/** A field's length, which must lie in the record; −1 for null. */
function fieldLength(reader: ByteReader, end: number): number {
  const length = reader.varint();
  if (length < -1 || length > end - reader.position) {
    throw new MalformedError(`a field of a record has the length ${length}`, reader.position);
  }
  return length;
}

/** The key as a slice of the section; null when the record has none. */
export function recordKey(section: Buffer, record: RecordView): Buffer | null {
  return record.keyLength < 0 ? null : section.subarray(record.keyStart, record.keyStart + record.keyLength);
}

/** The value as a slice of the section; null when the record has none. */
export function recordValue(section: Buffer, record: RecordView): Buffer | null {
  return record.valueLength < 0
    ? null
    : section.subarray(record.valueStart, record.valueStart + record.valueLength);
}

/** One header; the value is a slice of the section. */
export interface RecordHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** The headers of a record, in order. Throws MalformedError. */
export function recordHeaders(section: Buffer, record: RecordView): RecordHeader[] {
  const headers: RecordHeader[] = [];
  if (record.headerCount === 0) return headers;
  const reader = new ByteReader(section, record.headersStart, record.end);
  for (let i = 0; i < record.headerCount; i++) {
    const keyLength = fieldLength(reader, record.end);
    if (keyLength < 0) throw new MalformedError('a header has no key', reader.position);
    const key = reader.slice(keyLength).toString('utf8');
    const valueLength = fieldLength(reader, record.end);
    headers.push({ key, value: valueLength < 0 ? null : reader.slice(valueLength) });
  }
  reader.expectEnd();
  return headers;
}
