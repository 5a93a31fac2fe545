/** Reads a stream batch by batch, each checked in full, for those who go over all of it and may have to take turns. */
import type { BlockPool } from '../base/block-pool.ts';
import { BrokerError } from '../base/errors.ts';
import { BATCH_HEADER_BYTES, batchBaseOffset, batchLastOffset, batchSizeBytes } from '../record/batch.ts';
import type { ReadResult } from './contract.ts';
import { checkBatch } from './frame-scanner.ts';
import type { Reader } from './reader.ts';
import type { StreamState } from './stream-state.ts';

/** Bytes that are asked for at a time. */
const READ_BYTES = 1024 * 1024;

export interface StreamRange {
  readonly reader: Reader;
  readonly blocks: BlockPool;
  readonly stream: StreamState;
  readonly from: number;
  /** Behind the last offset that is wanted; at most the high watermark. */
  readonly to: number;
}

/** What to do after a batch; a function is waited for, and ends the walk with false. */
export type NextStep = 'go on' | 'stop' | (() => Promise<boolean>);

/**
 * Calls `visit` with each batch of the range, whose bytes are valid until it has said what is next. True at the end of
 * the range or at a 'stop', false where a step said so. Rejects with BrokerError for what can't be read or is damaged.
 */
export async function eachBatchOf(range: StreamRange, visit: (batch: Buffer) => NextStep): Promise<boolean> {
  let offset = range.from;
  while (offset < range.to) {
    const result = await readOf(range, offset);
    try {
      const before = offset;
      for (const buffer of result.batches) {
        for (let at = 0; at < buffer.length; ) {
          const batch = checkedBatch(buffer, at, offset);
          at += batch.length;
          if (batchBaseOffset(batch) >= range.to) return true;
          offset = batchLastOffset(batch) + 1;
          const step = visit(batch);
          if (step === 'go on') continue;
          if (step === 'stop') return true;
          if (!(await step())) return false;
        }
      }
      if (offset === before) return true;
    } finally {
      range.blocks.releaseAll(result.batches);
    }
  }
  return true;
}

function readOf({ reader, stream }: StreamRange, offset: number): Promise<ReadResult> {
  const request = { stream, offset, bytesMax: READ_BYTES };
  const cached = reader.cached(request);
  if (cached !== null) return Promise.resolve(cached);
  return new Promise((resolve, reject) => {
    reader.read(request, (error, result) => {
      if (error !== null) reject(error);
      else resolve(result!);
    });
  });
}

function checkedBatch(buffer: Buffer, at: number, due: number): Buffer {
  const left = buffer.length - at;
  const bytes = left < BATCH_HEADER_BYTES ? 0 : Math.min(batchSizeBytes(buffer, at), left);
  const offset = bytes === 0 ? 0 : batchBaseOffset(buffer, at);
  const problem = checkBatch(buffer, at, { bytes, offset, epoch: null });
  if (problem === null && batchLastOffset(buffer, at) >= due) return buffer.subarray(at, at + bytes);
  throw new BrokerError(
    'corrupt-batch',
    `The stored batch at offset ${due} is damaged: ${problem ?? 'its offsets are not the next'}. Stop the broker and ` +
      'run polylog log verify on its directory.',
  );
}
