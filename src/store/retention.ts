/**
 * Retention: decides where a stream has to start by time and by size. What is stored in sealed chunks goes by the
 * whole part that a chunk holds of the stream where time decides, and by the batch where size does; what the open chunk
 * holds goes by the batch.
 */
import { type BatchRows, findRow } from './batch-rows.ts';
import type { Chunk } from './chunk.ts';
import type { RetentionPolicy } from './contract.ts';
import type { Reader } from './reader.ts';
import type { StreamState } from './stream-state.ts';

/** The start that `policy` asks for at `nowMs`; never beyond the high watermark. */
export async function retainedStart(
  stream: StreamState,
  policy: RetentionPolicy,
  context: { readonly chunks: readonly Chunk[]; readonly reader: Reader; readonly nowMs: number },
): Promise<number> {
  let start = stream.startOffset;
  if (policy.retentionMs < Number.POSITIVE_INFINITY) {
    start = startByTime(stream, context.chunks, context.nowMs - policy.retentionMs);
  }
  const excess = stream.sizeBytes - policy.retentionBytes;
  if (excess > 0) start = Math.max(start, await startBySize(stream, context.reader, excess));
  return Math.min(start, stream.highWatermark);
}

/** Behind all batches before which everything is older than `cutoffMs`. */
function startByTime(stream: StreamState, chunks: readonly Chunk[], cutoffMs: number): number {
  let start = stream.startOffset;
  for (const chunk of chunks) {
    const rows = chunk.memory?.rowsOf(stream);
    if (rows !== undefined) {
      for (let row = findRow(rows, start); row < rows.count; row++) {
        if (rows.maxTimestamp(row) >= cutoffMs) return start;
        start = rows.lastOffset(row) + 1;
      }
      continue;
    }
    const directory = chunk.directory;
    const at = directory?.find(stream) ?? -1;
    if (directory === null || at < 0 || directory.nextOffsets[at]! <= start) continue;
    if (directory.maxTimestamps[at]! >= cutoffMs) return start;
    start = directory.nextOffsets[at]!;
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
    const { row, bytes } = rowsWithin(part.rows, start, excess);
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
