/**
 * Retention: decides where a stream has to start by time and by size, to the batch.
 */
import { BrokerError } from '../base/errors.ts';
import { type BatchRows, findRow } from './batch-rows.ts';
import { type Chunk, firstLiveOffset } from './chunk.ts';
import type { RetentionPolicy } from './contract.ts';
import type { Reader } from './reader.ts';
import type { StreamState } from './stream-state.ts';

export interface RetainedStart {
  /** Never beyond the high watermark. */
  readonly startOffset: number;
  /** What of the stream could not be looked at: it was not bounded. */
  readonly damage: BrokerError | null;
}

/** The start that `policy` asks for at `nowMs`. */
export async function retainedStart(
  stream: StreamState,
  policy: RetentionPolicy,
  context: { readonly chunks: readonly Chunk[]; readonly reader: Reader; readonly nowMs: number },
): Promise<RetainedStart> {
  let start = stream.startOffset;
  let damage: BrokerError | null = null;
  try {
    if (policy.retentionMs < Number.POSITIVE_INFINITY) {
      start = await startByTime(stream, context, context.nowMs - policy.retentionMs);
    }
    if (stream.sizeBytes > policy.retentionBytes) {
      stream.sizeBytes = await exactBytes(stream, context);
      const excess = stream.sizeBytes - policy.retentionBytes;
      start = Math.max(start, await startBySize(stream, context.reader, excess));
    }
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    damage = error;
  }
  return { startOffset: Math.min(start, stream.highWatermark), damage };
}

/** Stored bytes of a stream from its start on; estimated by share of offsets inside of the sealed chunk where it starts. */
export function liveBytes(chunks: readonly Chunk[], stream: StreamState): number {
  let bytes = 0;
  for (const chunk of chunks) bytes += liveBytesIn(chunk, stream);
  return bytes;
}

function liveBytesIn(chunk: Chunk, stream: StreamState): number {
  const at = chunk.directory?.find(stream) ?? -1;
  if (chunk.directory !== null) return at < 0 ? 0 : chunk.directory.liveBytes(at);
  const rows = chunk.memory!.rowsOf(stream);
  return rows === undefined ? 0 : bytesFrom(rows, firstLiveOffset(chunk, stream));
}

/** The same without an estimate: looks at the batches of the chunk where the stream starts. */
async function exactBytes(
  stream: StreamState,
  context: { readonly chunks: readonly Chunk[]; readonly reader: Reader },
): Promise<number> {
  const part = await context.reader.part(stream, stream.startOffset, () => true);
  if (part === null || part.rows === null) return liveBytes(context.chunks, stream);
  const others = context.chunks.filter((chunk) => chunk !== part.chunk);
  return liveBytes(others, stream) + bytesFrom(part.rows, part.firstOffset);
}

function bytesFrom(rows: BatchRows, offset: number): number {
  let bytes = 0;
  for (let row = findRow(rows, offset); row < rows.count; row++) bytes += rows.length(row);
  return bytes;
}

/**
 * Behind all batches before which everything is older than `cutoffMs`. A sealed chunk is passed over by its largest
 * timestamp; where it stops the look, its batches are looked at, and the time of the first that stays is remembered: until
 * that has come, the next looks have nothing to load.
 */
async function startByTime(
  stream: StreamState,
  context: { readonly chunks: readonly Chunk[]; readonly reader: Reader },
  cutoffMs: number,
): Promise<number> {
  let start = stream.startOffset;
  if (stream.oldest !== null && stream.oldest.offset >= start && stream.oldest.timestampMs >= cutoffMs) {
    return start;
  }
  for (const chunk of [...context.chunks]) {
    const from = Math.max(start, firstLiveOffset(chunk, stream));
    const { directory } = chunk;
    const at = directory?.find(stream) ?? -1;
    if (directory !== null && (at < 0 || directory.nextOffsets[at]! <= from)) continue;
    if (directory !== null && directory.maxTimestamps[at]! < cutoffMs) {
      start = directory.nextOffsets[at]!;
      continue;
    }
    const known = chunk.memory?.rowsOf(stream);
    if (known === undefined && directory === null) continue;
    const rows = known ?? (await context.reader.part(stream, from, () => true))?.rows ?? null;
    if (rows === null) return start;
    for (let row = findRow(rows, from); row < rows.count; row++) {
      if (rows.maxTimestamp(row) >= cutoffMs) {
        stream.oldest = { offset: rows.lastOffset(row), timestampMs: rows.maxTimestamp(row) };
        return start;
      }
      start = rows.lastOffset(row) + 1;
    }
  }
  return start;
}

/** Behind the oldest batches that make up no more than `excessBytes`. */
async function startBySize(stream: StreamState, reader: Reader, excessBytes: number): Promise<number> {
  let start = stream.startOffset;
  let excess = excessBytes;
  for (;;) {
    const part = await reader.part(stream, start, () => true);
    if (part === null || part.rows === null) return start;
    const { row, bytes } = rowsWithin(part.rows, Math.max(start, part.firstOffset), excess);
    if (row < part.rows.count) return Math.max(start, part.rows.baseOffset(row));
    excess -= bytes;
    start = part.nextOffset;
  }
}

/** The first row, from the one that holds `offset`, that would bring the sum of bytes above `bytesMax`. */
function rowsWithin(rows: BatchRows, offset: number, bytesMax: number): { row: number; bytes: number } {
  let bytes = 0;
  let row = findRow(rows, offset);
  while (row < rows.count && bytes + rows.length(row) <= bytesMax) bytes += rows.length(row++);
  return { row, bytes };
}
