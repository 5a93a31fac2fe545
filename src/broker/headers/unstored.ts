/**
 * Batches of idempotent producers of which no record is stored in their partition: all are delayed, or were sent before. An empty batch
 * in the partition would do, as compaction leaves some, but there are clients that never get past one that comes alone. So what the
 * producer's state needs goes into a stream of its own, in the frame of the records. It is read in recovery only; the
 * stream starts behind all but the last.
 *
 * The batch has the producer's id, epoch and sequence number, and one record with the key: 16 bytes topic id, u32 partition,
 * u32 records less one.
 */
import { MalformedError } from '../../base/byte-reader.ts';
import { readUuid, type Uuid, writeUuid } from '../../base/uuid.ts';
import {
  BATCH_HEADER_BYTES,
  batchBaseSequence,
  batchLastOffsetDelta,
  batchProducerEpoch,
  batchProducerId,
  writeBatchHeader,
} from '../../record/batch.ts';
import { buildBatch } from '../../record/build.ts';
import { recordKey, walkRecords } from '../../record/walk.ts';
import { type ProducerStates, UNSTORED } from '../../transaction/producer-state.ts';

const KEY_BYTES = 24;

export function encodeUnstored(batch: Buffer, topicId: Uuid, partition: number, nowMs: number): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES);
  writeUuid(key, 0, topicId);
  key.writeUInt32BE(partition, 16);
  key.writeUInt32BE(batchLastOffsetDelta(batch), 20);
  return buildBatch([{ key, value: null }], {
    timestampMs: nowMs,
    producerId: batchProducerId(batch),
    producerEpoch: batchProducerEpoch(batch),
    baseSequence: batchBaseSequence(batch),
  });
}

/** Tells the producer's state what such a batch says. Throws MalformedError. */
export function noteUnstored(producers: ProducerStates, stored: Buffer, nowMs: number): void {
  const section = stored.subarray(BATCH_HEADER_BYTES);
  walkRecords(section, 1, (record) => {
    const key = recordKey(section, record);
    if (key?.length !== KEY_BYTES) throw new MalformedError('this says nothing of a batch', record.keyStart);
    const batch = Buffer.alloc(BATCH_HEADER_BYTES);
    writeBatchHeader(batch, {
      baseOffset: 0,
      leaderEpoch: -1,
      attributes: 0,
      lastOffsetDelta: key.readUInt32BE(20),
      baseTimestamp: nowMs,
      maxTimestamp: nowMs,
      producerId: batchProducerId(stored),
      producerEpoch: batchProducerEpoch(stored),
      baseSequence: batchBaseSequence(stored),
      recordCount: 0,
    });
    producers.partition(readUuid(key, 0), key.readUInt32BE(16)).note(batch, UNSTORED, nowMs);
  });
}
