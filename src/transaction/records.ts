/**
 * Records of the transaction coordinator, and their stored form (docs/formats/machines.md).
 *
 * Key: uint8 type, uint8 version (0), then UTF-8 of the transactional id up to the end, or for type 3 the 16 bytes of a
 * topic id. Value, in Kafka's primitive types, compact:
 *   1 transaction    all that is known of an id, with what its open transaction holds; no value: the id is forgotten
 *   2 added          int64 time, topics of (uuid id, partitions of int32), groups of string: what the open transaction, which
 *                    begins if there is none, holds from now on
 *   3 topic-removed  no value: transactions hold nothing of this topic any more
 */
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { readUuid, type Uuid } from '../base/uuid.ts';
import type { StoredRecord } from '../machine/machine.ts';
import { textKey, topicKey } from '../machine/record-keys.ts';
import type { TopicPartitions } from './commands.ts';
import { TRANSACTION_PHASES, type TransactionMetadata } from './model.ts';

export type TransactionRecord =
  | {
      readonly kind: 'transaction';
      readonly metadata: TransactionMetadata;
      readonly topics: readonly TopicPartitions[];
      readonly groupIds: readonly string[];
    }
  | { readonly kind: 'forgotten'; readonly transactionalId: string }
  | {
      readonly kind: 'added';
      readonly transactionalId: string;
      readonly nowMs: number;
      readonly topics: readonly TopicPartitions[];
      readonly groupIds: readonly string[];
    }
  | { readonly kind: 'topic-removed'; readonly topicId: Uuid };

const VERSION = 0;
const TRANSACTION = 1;
const ADDED = 2;
const TOPIC_REMOVED = 3;

/** Encodes and decodes; one for a machine, because it keeps a writer. */
export class TransactionRecordCodec {
  readonly #writer = new ByteWriter();

  encode(record: TransactionRecord): StoredRecord {
    switch (record.kind) {
      case 'transaction':
        return {
          key: textKey(TRANSACTION, VERSION, record.metadata.transactionalId),
          value: this.#transaction(record),
        };
      case 'forgotten':
        return { key: textKey(TRANSACTION, VERSION, record.transactionalId), value: null };
      case 'added':
        return { key: textKey(ADDED, VERSION, record.transactionalId), value: this.#added(record) };
      case 'topic-removed':
        return { key: topicKey(TOPIC_REMOVED, VERSION, record.topicId), value: null };
    }
  }

  #transaction({ metadata, topics, groupIds }: Extract<TransactionRecord, { kind: 'transaction' }>): Buffer {
    const w = this.#writer;
    w.int64(metadata.producerId);
    w.int16(metadata.epoch);
    w.int64(metadata.lastProducerId);
    w.int16(metadata.lastEpoch);
    w.int32(metadata.timeoutMs);
    w.int8(TRANSACTION_PHASES.indexOf(metadata.phase));
    w.boolean(metadata.epochBumped);
    w.int64(metadata.startMs);
    w.int64(metadata.updatedMs);
    this.#held(topics, groupIds);
    return w.finishContiguous();
  }

  #added({ nowMs, topics, groupIds }: Extract<TransactionRecord, { kind: 'added' }>): Buffer {
    this.#writer.int64(nowMs);
    this.#held(topics, groupIds);
    return this.#writer.finishContiguous();
  }

  #held(topics: readonly TopicPartitions[], groupIds: readonly string[]): void {
    const w = this.#writer;
    w.compactArrayLength(topics.length);
    for (const { topicId, partitions } of topics) {
      w.uuid(topicId);
      w.compactArrayLength(partitions.length);
      for (const partition of partitions) w.int32(partition);
    }
    w.compactArrayLength(groupIds.length);
    for (const groupId of groupIds) w.compactString(groupId);
  }

  /** Throws on a type or version that isn't known, and on malformed bytes. */
  decode({ key, value }: StoredRecord): TransactionRecord {
    if (key.length < 2) throw new Error('a transaction record has a key of less than 2 bytes');
    const type = key[0]!;
    if (key[1] !== VERSION)
      throw new Error(`transaction record type ${type} has the unknown version ${key[1]}`);
    if (type === TOPIC_REMOVED) return { kind: 'topic-removed', topicId: readUuid(key, 2) };
    const transactionalId = key.toString('utf8', 2);
    if (type === TRANSACTION && value === null) return { kind: 'forgotten', transactionalId };
    if (value === null) throw new Error(`a transaction record of type ${type} has no value`);
    const reader = new ByteReader(value);
    const record = decodeValue(type, transactionalId, reader);
    reader.expectEnd();
    return record;
  }
}

function decodeValue(type: number, transactionalId: string, reader: ByteReader): TransactionRecord {
  switch (type) {
    case TRANSACTION:
      return {
        kind: 'transaction',
        metadata: decodeMetadata(transactionalId, reader),
        ...decodeHeld(reader),
      };
    case ADDED:
      return { kind: 'added', transactionalId, nowMs: reader.int64(), ...decodeHeld(reader) };
    default:
      throw new Error(`transaction record type ${type} is unknown`);
  }
}

function decodeMetadata(transactionalId: string, reader: ByteReader): TransactionMetadata {
  const ids = {
    transactionalId,
    producerId: reader.int64(),
    epoch: reader.int16(),
    lastProducerId: reader.int64(),
    lastEpoch: reader.int16(),
    timeoutMs: reader.int32(),
  };
  const phaseNumber = reader.int8();
  const phase = TRANSACTION_PHASES[phaseNumber];
  if (phase === undefined) throw new Error(`there is no state ${phaseNumber} of a transaction`);
  return {
    ...ids,
    phase,
    epochBumped: reader.boolean(),
    startMs: reader.int64(),
    updatedMs: reader.int64(),
  };
}

function decodeHeld(reader: ByteReader): { topics: TopicPartitions[]; groupIds: string[] } {
  const topics: TopicPartitions[] = [];
  for (let count = reader.compactArrayLength(17); count > 0; count--) {
    const topicId = reader.uuid();
    const partitions: number[] = [];
    for (let left = reader.compactArrayLength(4); left > 0; left--) partitions.push(reader.int32());
    topics.push({ topicId, partitions });
  }
  const groupIds: string[] = [];
  for (let count = reader.compactArrayLength(1); count > 0; count--) groupIds.push(reader.compactString());
  return { topics, groupIds };
}
