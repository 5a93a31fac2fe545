/** The batch in which waiting messages enter their partition: their bodies, as they were kept, behind new record heads. */
import { assert } from '../base/assert.ts';
import { varintSize, writeVarint } from '../base/varint.ts';
import { BATCH_HEADER_BYTES, writeBatchHeader } from '../record/batch.ts';
import { sealBatch } from '../record/build.ts';

/** Attributes and timestamp delta. */
const HEAD_BYTES = 2;
const LOG_APPEND_TIME = 0x08;

/** What a body takes in a batch at most. */
export function dueRecordBytes(body: Buffer): number {
  return body.length + HEAD_BYTES + 10;
}

/** At least one body. All records get the same time. */
export function buildDueBatch(
  bodies: readonly Buffer[],
  { timestampMs, logAppendTime }: { readonly timestampMs: number; readonly logAppendTime: boolean },
): Buffer {
  assert(bodies.length > 0, 'a batch holds at least one record');
  let bytes = BATCH_HEADER_BYTES;
  for (let i = 0; i < bodies.length; i++) {
    const size = HEAD_BYTES + varintSize(i) + bodies[i]!.length;
    bytes += varintSize(size) + size;
  }
  const batch = Buffer.allocUnsafeSlow(bytes);
  let at = BATCH_HEADER_BYTES;
  for (let i = 0; i < bodies.length; i++) {
    const body = bodies[i]!;
    at = writeVarint(batch, at, HEAD_BYTES + varintSize(i) + body.length);
    batch[at++] = 0;
    batch[at++] = 0;
    at = writeVarint(batch, at, i);
    at += body.copy(batch, at);
  }
  writeBatchHeader(batch, {
    baseOffset: 0,
    leaderEpoch: -1,
    attributes: logAppendTime ? LOG_APPEND_TIME : 0,
    lastOffsetDelta: bodies.length - 1,
    baseTimestamp: timestampMs,
    maxTimestamp: timestampMs,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    recordCount: bodies.length,
  });
  sealBatch(batch);
  return batch;
}
