/**
 * Checkpoints of producer state, so that a restart reads a few batch headers instead of all data: a machine over its
 * own stream, whose state is the producer state itself.
 *
 * A checkpoint has a record for each partition that was written to since the last: up to which offset it speaks, and
 * its producers. It stands in the log behind the batches that it speaks of, so it never knows more than the log. After
 * the machine has started, each partition's batches from `nextOffset` on are read and noted.
 *
 * Stored form (docs/formats/machines.md). Key: uint8 type 1, uint8 version 0, topic id, int32 partition. Value: int64
 * offset, then compact array of (int64 producer id, int16 epoch, int64 last seen, compact array of (int32 first
 * sequence, int32 last sequence, int64 base offset)).
 */
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { readUuid, type Uuid, writeUuid } from '../base/uuid.ts';
import type { Machine, StoredRecord } from '../machine/machine.ts';
import type { PartitionProducers, ProducerEntry, ProducerStates } from './producer-state.ts';

/** Writes a checkpoint of what changed since the last. */
export interface CheckpointCommand {
  readonly kind: 'checkpoint';
}

export interface CheckpointRecord {
  readonly topicId: Uuid;
  readonly partition: number;
  /** Batches below it are in the entries. */
  readonly nextOffset: number;
  /** From the live state when it is written, from the log when it is read. */
  readonly entries: ReadonlyMap<number, ProducerEntry>;
}

export type ProducerCheckpointMachine = Machine<ProducerStates, CheckpointCommand, CheckpointRecord, 'done'>;

const TYPE = 1;
const VERSION = 0;
const KEY_BYTES = 22;

/** `states` is the machine's state: live, and changed by appends beside it. */
export function createProducerCheckpointMachine(makeStates: () => ProducerStates): ProducerCheckpointMachine {
  const writer = new ByteWriter();
  return {
    name: 'producer-state',
    initial: makeStates,
    decide: (states, _command, token) => ({
      records: [...states.partitions()].filter((p) => p.nextOffset > p.checkpointOffset).map(recordOf),
      replies: [{ to: token, answer: 'done' }],
    }),
    apply: applyCheckpoint,
    *snapshot(states) {
      for (const producers of states.partitions()) if (producers.nextOffset > 0) yield recordOf(producers);
    },
    resume: () => [],
    encode: (record) => encode(writer, record),
    decode,
  };
}

function recordOf({ topicId, partition, nextOffset, entries }: PartitionProducers): CheckpointRecord {
  return { topicId, partition, nextOffset, entries };
}

/** Live, the state knows all that the record says; after a restart it is what the record says. */
function applyCheckpoint(states: ProducerStates, record: CheckpointRecord): void {
  const producers = states.partition(record.topicId, record.partition);
  producers.checkpointOffset = record.nextOffset;
  if (producers.nextOffset >= record.nextOffset) return;
  producers.nextOffset = record.nextOffset;
  producers.forget(Infinity);
  for (const [producerId, entry] of record.entries) producers.restore(producerId, entry);
}

function encode(w: ByteWriter, record: CheckpointRecord): StoredRecord {
  const key = Buffer.alloc(KEY_BYTES);
  key[0] = TYPE;
  key[1] = VERSION;
  writeUuid(key, 2, record.topicId);
  key.writeInt32BE(record.partition, 18);
  w.int64(record.nextOffset);
  w.compactArrayLength(record.entries.size);
  for (const [producerId, { epoch, lastSeenMs, batches }] of record.entries) {
    w.int64(producerId);
    w.int16(epoch);
    w.int64(lastSeenMs);
    w.compactArrayLength(batches.length / 3);
    for (let i = 0; i < batches.length; i += 3) {
      w.int32(batches[i]!);
      w.int32(batches[i + 1]!);
      w.int64(batches[i + 2]!);
    }
  }
  return { key, value: w.finishContiguous() };
}

function decode({ key, value }: StoredRecord): CheckpointRecord {
  if (key.length !== KEY_BYTES || key[0] !== TYPE || key[1] !== VERSION || value === null) {
    throw new Error(`a producer checkpoint of type ${key[0]} and version ${key[1]} is unknown`);
  }
  const reader = new ByteReader(value);
  const nextOffset = reader.int64();
  const entries = new Map<number, ProducerEntry>();
  const count = reader.compactArrayLength(19);
  for (let i = 0; i < count; i++) {
    const producerId = reader.int64();
    const epoch = reader.int16();
    const lastSeenMs = reader.int64();
    const batches: number[] = [];
    const batchCount = reader.compactArrayLength(16);
    for (let b = 0; b < batchCount; b++) batches.push(reader.int32(), reader.int32(), reader.int64());
    entries.set(producerId, { epoch, lastSeenMs, batches });
  }
  reader.expectEnd();
  return { topicId: readUuid(key, 2), partition: key.readInt32BE(18), nextOffset, entries };
}
