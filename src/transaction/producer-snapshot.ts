/**
 * All producer state in one buffer, for the log's checkpoint: a restart loads it and notes the batches behind it.
 *
 * Layout: uint8 format 2; int32 count of partitions; for each: topic id (16 bytes), int32 partition, int32 count of producers;
 * for each: int64 producer id, int16 epoch, int64 last seen ms, int8 count of batches; for each: int32 first sequence,
 * int32 last sequence, int64 base offset. Behind the producers of a partition: int32 count of open transactions; for each: int64
 * producer id, int64 first offset; int32 count of aborted ones; for each: int64 producer id, int64 first offset, int64 offset of
 * the marker, int64 stable offset behind it. Format 1 has no transactions.
 */
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { BrokerError } from '../base/errors.ts';
import { BATCH_STRIDE, type PartitionProducers, type ProducerStates } from './producer-state.ts';

const FORMAT = 2;
const FORMAT_WITHOUT_TRANSACTIONS = 1;
const ABORTED_STRIDE = 4;

export function saveProducers(states: ProducerStates): Buffer {
  const writer = new ByteWriter();
  const partitions = [...states.partitions()].filter(
    ({ entries, transactions }) => entries.size > 0 || transactions !== null,
  );
  writer.int8(FORMAT);
  writer.int32(partitions.length);
  for (const partition of partitions) writePartition(writer, partition);
  return writer.finishContiguous();
}

function writePartition(writer: ByteWriter, producers: PartitionProducers): void {
  const { topicId, partition, entries, transactions } = producers;
  writer.uuid(topicId);
  writer.int32(partition);
  writer.int32(entries.size);
  for (const [producerId, { epoch, lastSeenMs, batches }] of entries) {
    writer.int64(producerId);
    writer.int16(epoch);
    writer.int64(lastSeenMs);
    writer.int8(batches.length / BATCH_STRIDE);
    for (let i = 0; i < batches.length; i += BATCH_STRIDE) {
      writer.int32(batches[i]!);
      writer.int32(batches[i + 1]!);
      writer.int64(batches[i + 2]!);
    }
  }
  const { open, aborted } = transactions?.save() ?? NO_TRANSACTIONS;
  writer.int32(open.length);
  for (const [producerId, firstOffset] of open) {
    writer.int64(producerId);
    writer.int64(firstOffset);
  }
  writer.int32(aborted.length / ABORTED_STRIDE);
  for (const number of aborted) writer.int64(number);
}

const NO_TRANSACTIONS = { open: [], aborted: [] } as const;

/** Throws BrokerError unsupported-format on a newer format. */
export function loadProducers(states: ProducerStates, saved: Buffer): void {
  const reader = new ByteReader(saved);
  const format = reader.int8();
  if (format !== FORMAT && format !== FORMAT_WITHOUT_TRANSACTIONS) {
    throw new BrokerError(
      'unsupported-format',
      `The checkpoint of producers has format ${format}, written by a newer version: start that version.`,
    );
  }
  for (let partitions = reader.int32(); partitions > 0; partitions--) {
    const producers = states.partition(reader.uuid(), reader.int32());
    for (let count = reader.int32(); count > 0; count--) {
      const producerId = reader.int64();
      const epoch = reader.int16();
      const lastSeenMs = reader.int64();
      const batches: number[] = [];
      for (let b = reader.int8(); b > 0; b--) batches.push(reader.int32(), reader.int32(), reader.int64());
      producers.restore(producerId, { epoch, lastSeenMs, batches });
    }
    if (format !== FORMAT_WITHOUT_TRANSACTIONS) readTransactions(reader, producers);
  }
  reader.expectEnd();
}

function readTransactions(reader: ByteReader, producers: PartitionProducers): void {
  const open: [number, number][] = [];
  for (let count = reader.int32(); count > 0; count--) open.push([reader.int64(), reader.int64()]);
  const aborted: number[] = [];
  for (let count = reader.int32() * ABORTED_STRIDE; count > 0; count--) aborted.push(reader.int64());
  if (open.length > 0 || aborted.length > 0) producers.restoreTransactions({ open, aborted });
}
