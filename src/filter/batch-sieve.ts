/**
 * What of stored batches a filter wants. A batch of which all records are wanted stays as it is; one of which some are
 * becomes a batch of these, with the same offsets, timestamps, producer fields and compression, as after compaction; one of
 * which none are is left out. Markers of transactions always stay: readers of committed records need them.
 *
 * A batch that can't be read stays, too: whoever gets it sees what is wrong with it, as without a filter.
 */
import { MalformedError } from '../base/byte-reader.ts';
import type { CompressionCodec } from '../platform/ports.ts';
import {
  BATCH_HEADER_BYTES,
  batchBaseTimestamp,
  batchCompression,
  batchIsControl,
  batchIsLogAppendTime,
  batchMaxTimestamp,
  batchRecordCount,
  batchSizeBytes,
  patchRecords,
} from '../record/batch.ts';
import { sealBatch } from '../record/build.ts';
import { recordsSection, type SectionOptions } from '../record/section.ts';
import { walkRecords } from '../record/walk.ts';
import type { Filter } from './filter.ts';

/** Numbers that are kept of records that stay side by side: where they begin and end. */
const SPAN = 2;

export class BatchSieve {
  readonly #options: SectionOptions;
  /** Used again for each batch. */
  readonly #spans: number[] = [];
  #wanted = 0;
  #maxDeltaMs = 0;
  /** Bytes of batches, opened, that were looked through since the sieve was made, each as often as the filter's weight says. */
  siftedBytes = 0;
  /** How far the last `sift` came in its buffer. */
  siftedTo = 0;

  constructor(options: SectionOptions) {
    this.#options = options;
  }

  /**
   * Of batches that stand side by side in `buffer`; slices of it where they are wanted as they are. Stops between two
   * batches, at `siftedTo`, when `siftedBytes` has reached `untilBytes`.
   */
  sift(buffer: Buffer, filter: Filter, untilBytes = Number.POSITIVE_INFINITY): Buffer[] {
    this.siftedTo = buffer.length;
    if (filter.matchesAll) return [buffer];
    const wanted: Buffer[] = [];
    let runStart = -1;
    let at = 0;
    while (at < buffer.length && this.siftedBytes < untilBytes) {
      const end = at + batchSizeBytes(buffer, at);
      const batch = buffer.subarray(at, end);
      const left = this.#siftBatch(batch, filter);
      if (left === batch && runStart < 0) runStart = at;
      if (left !== batch && runStart >= 0) {
        wanted.push(buffer.subarray(runStart, at));
        runStart = -1;
      }
      if (left !== null && left !== batch) wanted.push(left);
      at = end;
    }
    if (runStart >= 0) wanted.push(buffer.subarray(runStart, at));
    this.siftedTo = at;
    return wanted;
  }

  /** The batch itself, a new one, or null. */
  #siftBatch(batch: Buffer, filter: Filter): Buffer | null {
    this.siftedBytes += batch.length;
    const { weight } = filter;
    if (batchIsControl(batch)) return batch;
    try {
      const section = recordsSection(batch, this.#options);
      this.siftedBytes += section.length * weight;
      this.#select(batch, section, filter);
      if (this.#wanted === 0) return null;
      return this.#wanted === batchRecordCount(batch) ? batch : this.#rebuilt(batch, section);
    } catch (error) {
      if (error instanceof MalformedError) return batch;
      throw error;
    }
  }

  #select(batch: Buffer, section: Buffer, filter: Filter): void {
    this.#spans.length = 0;
    this.#wanted = 0;
    this.#maxDeltaMs = Number.NEGATIVE_INFINITY;
    const baseTimestamp = batchBaseTimestamp(batch);
    const stampedMs = batchIsLogAppendTime(batch) ? batchMaxTimestamp(batch) : null;
    let start = 0;
    walkRecords(section, batchRecordCount(batch), (record) => {
      const timestampMs = stampedMs ?? baseTimestamp + record.timestampDeltaMs;
      if (filter.matches(section, record, timestampMs)) {
        this.#keep(start, record.end);
        if (record.timestampDeltaMs > this.#maxDeltaMs) this.#maxDeltaMs = record.timestampDeltaMs;
      }
      start = record.end;
    });
  }

  #keep(start: number, end: number): void {
    this.#wanted++;
    const spans = this.#spans;
    if (spans.length > 0 && spans[spans.length - 1] === start) spans[spans.length - 1] = end;
    else spans.push(start, end);
  }

  #rebuilt(batch: Buffer, section: Buffer): Buffer {
    const codec = batchCompression(batch) as CompressionCodec;
    const kept = copySpans(section, this.#spans);
    const records = codec === 0 ? kept : this.#options.compression.compress(codec, kept);
    const made = Buffer.allocUnsafeSlow(BATCH_HEADER_BYTES + records.length);
    batch.copy(made, 0, 0, BATCH_HEADER_BYTES);
    records.copy(made, BATCH_HEADER_BYTES);
    const maxTimestamp = batchIsLogAppendTime(batch)
      ? batchMaxTimestamp(batch)
      : batchBaseTimestamp(batch) + this.#maxDeltaMs;
    patchRecords(made, { recordCount: this.#wanted, maxTimestamp, horizonMs: null });
    sealBatch(made);
    return made;
  }
}

function copySpans(section: Buffer, spans: readonly number[]): Buffer {
  let bytes = 0;
  for (let i = 0; i < spans.length; i += SPAN) bytes += spans[i + 1]! - spans[i]!;
  const kept = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (let i = 0; i < spans.length; i += SPAN) at += section.copy(kept, at, spans[i]!, spans[i + 1]!);
  return kept;
}
