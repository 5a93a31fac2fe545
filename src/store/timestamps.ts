/** Look-up by time: the index says which batch, the records of that batch say which record. */

import { assert } from '../base/assert.ts';
import { MalformedError } from '../base/byte-reader.ts';
import type { Compression } from '../platform/ports.ts';
import {
  batchBaseOffset,
  batchBaseTimestamp,
  batchCompression,
  batchIsLogAppendTime,
  batchLeaderEpoch,
  batchMaxTimestamp,
  batchRecordCount,
} from '../record/batch.ts';
import { RECORDS_BYTES_MAX, recordsSection, type SectionOptions } from '../record/section.ts';
import { firstRecordAtOrAfter, type RecordTime, recordWithMaxTimestamp } from '../record/timestamps.ts';
import { walkRecords } from '../record/walk.ts';
import { findRow } from './batch-rows.ts';
import type { TimestampPosition } from './contract.ts';
import type { Reader } from './reader.ts';
import type { StreamState } from './stream-state.ts';

export interface TimestampLookup {
  readonly reader: Reader;
  /** Without it, a compressed batch is answered for with its own base offset and largest timestamp. */
  readonly compression: Compression | undefined;
}

/** First record with timestamp ≥ `timestampMs` below the high watermark; null when there is none. */
export async function offsetForTimestamp(
  lookup: TimestampLookup,
  stream: StreamState,
  timestampMs: number,
): Promise<TimestampPosition | null> {
  let offset = stream.startOffset;
  while (offset < stream.highWatermark) {
    const part = await lookup.reader.part(stream, offset, (maxTimestamp) => maxTimestamp >= timestampMs);
    if (part === null) return null;
    offset = part.nextOffset;
    if (part.rows === null) continue;
    for (let row = findRow(part.rows, part.firstOffset); row < part.rows.count; row++) {
      if (part.rows.lastOffset(row) >= stream.highWatermark) return null;
      if (part.rows.maxTimestamp(row) < timestampMs) continue;
      const batch = await lookup.reader.batchAt(stream, part.rows.lastOffset(row));
      const found = recordIn(lookup, batch, (options) => {
        const first = firstRecordAtOrAfter(batch, timestampMs, options);
        // Records below the start are deleted, though their batch is there.
        if (first === null || first.offset >= stream.startOffset) return first;
        return firstLiveRecord(batch, { timestampMs, startOffset: stream.startOffset }, options);
      });
      if (found !== null) return position(batch, found);
    }
  }
  return null;
}

/** The first record with the largest timestamp; null for an empty stream. */
export async function recordOfMaxTimestamp(
  lookup: TimestampLookup,
  stream: StreamState,
): Promise<TimestampPosition | null> {
  let best = Number.NEGATIVE_INFINITY;
  let bestOffset = -1;
  let offset = stream.startOffset;
  while (offset < stream.highWatermark) {
    const part = await lookup.reader.part(stream, offset, (maxTimestamp) => maxTimestamp > best);
    if (part === null) break;
    offset = part.nextOffset;
    if (part.rows === null) continue;
    for (let row = findRow(part.rows, part.firstOffset); row < part.rows.count; row++) {
      if (part.rows.lastOffset(row) >= stream.highWatermark) break;
      if (part.rows.maxTimestamp(row) <= best) continue;
      best = part.rows.maxTimestamp(row);
      bestOffset = part.rows.lastOffset(row);
    }
  }
  if (bestOffset < 0) return null;
  const batch = await lookup.reader.batchAt(stream, bestOffset);
  const found = recordIn(lookup, batch, (options) => recordWithMaxTimestamp(batch, options));
  // Compaction left the batch without records, for its offsets' sake.
  return found === null ? null : position(batch, found);
}

/** The first record that is both late enough and not below the start of its stream. */
function firstLiveRecord(
  batch: Buffer,
  wanted: { readonly timestampMs: number; readonly startOffset: number },
  options: SectionOptions,
): RecordTime | null {
  const stampedMs = batchIsLogAppendTime(batch) ? batchMaxTimestamp(batch) : null;
  let found: RecordTime | null = null;
  walkRecords(recordsSection(batch, options), batchRecordCount(batch), (record) => {
    const offset = batchBaseOffset(batch) + record.offsetDelta;
    const timestampMs = stampedMs ?? batchBaseTimestamp(batch) + record.timestampDeltaMs;
    if (offset < wanted.startOffset || timestampMs < wanted.timestampMs) return true;
    found = { offset, timestampMs };
    return false;
  });
  return found;
}

/** Looks into the records; a batch that can't be opened is answered for with its own figures. */
function recordIn(
  lookup: TimestampLookup,
  batch: Buffer,
  find: (options: SectionOptions) => RecordTime | null,
): RecordTime | null {
  const ofBatch = { offset: batchBaseOffset(batch), timestampMs: batchMaxTimestamp(batch) };
  const compression = lookup.compression ?? NO_COMPRESSION;
  if (batchCompression(batch) !== 0 && lookup.compression === undefined) return ofBatch;
  try {
    return find({ compression, bytesMax: RECORDS_BYTES_MAX });
  } catch (error) {
    if (error instanceof MalformedError) return ofBatch;
    throw error;
  }
}

const NO_COMPRESSION: Compression = {
  decompress: () => assert(false, 'only uncompressed batches come here') as never,
  compress: () => assert(false, 'nothing is compressed here') as never,
};

function position(batch: Buffer, found: RecordTime): TimestampPosition {
  return { offset: found.offset, timestamp: found.timestampMs, leaderEpoch: batchLeaderEpoch(batch) };
}
