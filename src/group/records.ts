/**
 * Records of the group coordinator, and their stored form (docs/formats/machines.md).
 *
 * Key: uint8 type, uint8 version (0), then UTF-8 up to the end: the group id, or for type 4 the 16 bytes of a topic id.
 * Value, in Kafka's primitive types, compact:
 *   1 group            the metadata of a group; no value: the group and its offsets are gone
 *   2 offsets          int64 commit time, int64 expiry (−1: none), topics of (string name, uuid id,
 *                      partitions of (int32 partition, int64 offset, int32 leader epoch, string metadata))
 *   5 offsets held     int64 producer id, then as 2: offsets that an open transaction will commit or drop
 *   6 transaction-ended  int64 producer id, boolean commit: what it held in this group is committed, or dropped
 *   3 offsets-removed  topics of (string name, partitions of int32)
 *   4 topic-removed    no value: all offsets of a topic are gone
 * Types 10–19 are of groups of the consumer protocol: consumer/records.ts; 20–29 of the Streams protocol: streams/records.ts;
 * 30–39 of share groups: share/records.ts.
 */
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { readUuid, type Uuid } from '../base/uuid.ts';
import type { StoredRecord } from '../machine/machine.ts';
import { textKey, topicKey } from '../machine/record-keys.ts';
import type { PartitionCommit, TopicCommit } from './commands.ts';
import {
  CONSUMER_RECORD_TYPES,
  type ConsumerRecord,
  isConsumerRecordType,
  readConsumerRecord,
  writeConsumerRecord,
} from './consumer/records.ts';
import type { ClassicGroup, GroupMetadata, MemberMetadata } from './model.ts';
import { readArray, readProtocols, writeProtocols } from './record-parts.ts';
import {
  isShareRecordType,
  readShareRecord,
  SHARE_RECORD_TYPES,
  type ShareRecord,
  writeShareRecord,
} from './share/records.ts';
import type { StreamsLive, TaskOffset } from './streams/model.ts';
import {
  isStreamsRecordType,
  readStreamsRecord,
  STREAMS_RECORD_TYPES,
  type StreamsRecord,
  writeStreamsRecord,
} from './streams/records.ts';

export interface OffsetsRecord {
  readonly kind: 'offsets';
  readonly groupId: string;
  /** Whose transaction holds them until it ends; −1: they are committed. */
  readonly producerId: number;
  readonly commitMs: number;
  /** −1: none. */
  readonly expireMs: number;
  readonly topics: readonly TopicCommit[];
}

export interface OffsetsRemovedRecord {
  readonly kind: 'offsets-removed';
  readonly groupId: string;
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
}

/** A transaction that holds offsets of the group has ended. */
export interface TransactionEndedRecord {
  readonly kind: 'transaction-ended';
  readonly groupId: string;
  readonly producerId: number;
  readonly commit: boolean;
}

export type LoggedRecord =
  | { readonly kind: 'group'; readonly metadata: GroupMetadata }
  | { readonly kind: 'group-removed'; readonly groupId: string }
  | OffsetsRecord
  | OffsetsRemovedRecord
  | TransactionEndedRecord
  | { readonly kind: 'topic-removed'; readonly topicId: Uuid }
  | ConsumerRecord
  | StreamsRecord
  | ShareRecord;

/** Changes that aren't logged. */
export type VolatileRecord =
  | { readonly kind: 'live'; readonly group: ClassicGroup }
  /** Topics that the groups consume may have changed. */
  | { readonly kind: 'topics-stale'; readonly groupIds: readonly string[] }
  /** The side of a group of the Streams protocol that isn't logged. */
  | { readonly kind: 'streams-live'; readonly groupId: string; readonly live: StreamsLive }
  | {
      readonly kind: 'streams-offsets';
      readonly groupId: string;
      readonly memberId: string;
      readonly taskOffsets: readonly TaskOffset[];
      readonly taskEndOffsets: readonly TaskOffset[];
    }
  /** The version of all topics at which those of a share group were looked at. */
  | { readonly kind: 'share-topics-seen'; readonly groupId: string; readonly topicsVersion: number }
  /** By when a classic member of a group of the consumer protocol has to join again. */
  | {
      readonly kind: 'consumer-rejoin';
      readonly groupId: string;
      readonly memberId: string;
      readonly atMs: number;
    }
  /** What a group's expressions match now. */
  | {
      readonly kind: 'topics-resolved';
      readonly groupId: string;
      readonly regexTopics: ReadonlyMap<string, readonly string[]>;
    }
  /** A group that was never logged goes. */
  | { readonly kind: 'gone'; readonly groupId: string }
  | {
      readonly kind: 'heard';
      readonly groupId: string;
      readonly memberId: string;
      readonly deadlineMs: number;
    };

export type GroupRecord = LoggedRecord | VolatileRecord;

const VERSION = 0;
const GROUP = 1;
const OFFSETS = 2;
const OFFSETS_REMOVED = 3;
const TOPIC_REMOVED = 4;
const OFFSETS_HELD = 5;
const TRANSACTION_ENDED = 6;

/** Encodes and decodes; one for a machine, because it keeps a writer. */
export class GroupRecordCodec {
  readonly #writer = new ByteWriter();

  /** Only logged records have a stored form. */
  encode(record: GroupRecord): StoredRecord {
    switch (record.kind) {
      case 'group':
        return { key: textKey(GROUP, VERSION, record.metadata.groupId), value: this.#group(record.metadata) };
      case 'group-removed':
        return { key: textKey(GROUP, VERSION, record.groupId), value: null };
      case 'offsets': {
        const type = record.producerId < 0 ? OFFSETS : OFFSETS_HELD;
        return { key: textKey(type, VERSION, record.groupId), value: this.#offsets(record) };
      }
      case 'transaction-ended':
        this.#writer.int64(record.producerId);
        this.#writer.boolean(record.commit);
        return {
          key: textKey(TRANSACTION_ENDED, VERSION, record.groupId),
          value: this.#writer.finishContiguous(),
        };
      case 'offsets-removed':
        return {
          key: textKey(OFFSETS_REMOVED, VERSION, record.groupId),
          value: this.#offsetsRemoved(record),
        };
      case 'topic-removed':
        return { key: topicKey(TOPIC_REMOVED, VERSION, record.topicId), value: null };
      case 'live':
      case 'gone':
      case 'heard':
      case 'topics-stale':
      case 'streams-live':
      case 'share-topics-seen':
      case 'streams-offsets':
      case 'topics-resolved':
      case 'consumer-rejoin':
        throw new Error(`records of kind ${record.kind} aren't stored`);
      case 'streams-group':
      case 'streams-topology':
      case 'streams-member':
      case 'streams-members-removed':
      case 'streams-target':
      case 'streams-current': {
        const key = textKey(STREAMS_RECORD_TYPES[record.kind], VERSION, record.groupId);
        return { key, value: writeStreamsRecord(this.#writer, record) };
      }
      case 'share-group':
      case 'share-member':
      case 'share-members-removed':
      case 'share-target':
      case 'share-current': {
        const key = textKey(SHARE_RECORD_TYPES[record.kind], VERSION, record.groupId);
        return { key, value: writeShareRecord(this.#writer, record) };
      }
      default: {
        const key = textKey(CONSUMER_RECORD_TYPES[record.kind], VERSION, record.groupId);
        return { key, value: writeConsumerRecord(this.#writer, record) };
      }
    }
  }

  #group(metadata: GroupMetadata): Buffer {
    const w = this.#writer;
    w.int32(metadata.generation);
    w.compactNullableString(metadata.protocolType);
    w.compactNullableString(metadata.protocolName);
    w.compactNullableString(metadata.leaderId);
    w.int64(metadata.phaseSinceMs);
    w.compactArrayLength(metadata.members.length);
    for (const member of metadata.members) {
      w.compactString(member.memberId);
      w.compactNullableString(member.instanceId);
      w.compactString(member.clientId);
      w.compactString(member.clientHost);
      w.int32(member.rebalanceTimeoutMs);
      w.int32(member.sessionTimeoutMs);
      writeProtocols(w, member.protocols);
      w.compactBytes(member.assignment);
    }
    return w.finishContiguous();
  }

  #offsets(record: OffsetsRecord): Buffer {
    const w = this.#writer;
    if (record.producerId >= 0) w.int64(record.producerId);
    w.int64(record.commitMs);
    w.int64(record.expireMs);
    w.compactArrayLength(record.topics.length);
    for (const { topic, topicId, partitions } of record.topics) {
      w.compactString(topic);
      w.uuid(topicId);
      w.compactArrayLength(partitions.length);
      for (const { partition, offset, leaderEpoch, metadata } of partitions) {
        w.int32(partition);
        w.int64(offset);
        w.int32(leaderEpoch);
        w.compactString(metadata);
      }
    }
    return w.finishContiguous();
  }

  #offsetsRemoved(record: OffsetsRemovedRecord): Buffer {
    const w = this.#writer;
    w.compactArrayLength(record.topics.length);
    for (const { topic, partitions } of record.topics) {
      w.compactString(topic);
      w.compactArrayLength(partitions.length);
      for (const partition of partitions) w.int32(partition);
    }
    return w.finishContiguous();
  }

  /** Throws on a type or version that isn't known, and on malformed bytes. Keeps no slice of what it is given. */
  decode(stored: StoredRecord): LoggedRecord {
    const { key, value } = stored;
    if (key.length < 2) throw new Error('a group record has a key of less than 2 bytes');
    const type = key[0]!;
    if (key[1] !== VERSION) throw new Error(`group record type ${type} has the unknown version ${key[1]}`);
    if (type === TOPIC_REMOVED) return { kind: 'topic-removed', topicId: readUuid(key, 2) };
    const groupId = key.toString('utf8', 2);
    if (type === GROUP && value === null) return { kind: 'group-removed', groupId };
    if (value === null) throw new Error(`a group record of type ${type} has no value`);
    const reader = new ByteReader(value);
    const record = decodeValue(type, groupId, reader);
    reader.expectEnd();
    return record;
  }
}

function decodeValue(type: number, groupId: string, reader: ByteReader): LoggedRecord {
  switch (type) {
    case GROUP:
      return { kind: 'group', metadata: decodeGroup(groupId, reader) };
    case OFFSETS:
    case OFFSETS_HELD:
      return {
        kind: 'offsets',
        groupId,
        producerId: type === OFFSETS_HELD ? readHolder(reader) : -1,
        commitMs: reader.int64(),
        expireMs: reader.int64(),
        topics: readArray(reader, 18, decodeTopicCommit),
      };
    case OFFSETS_REMOVED:
      return {
        kind: 'offsets-removed',
        groupId,
        topics: readArray(reader, 2, (r) => ({
          topic: r.compactString(),
          partitions: readArray(r, 4, (r) => r.int32()),
        })),
      };
    case TRANSACTION_ENDED:
      return { kind: 'transaction-ended', groupId, producerId: reader.int64(), commit: reader.boolean() };
    default:
      if (isStreamsRecordType(type)) return readStreamsRecord(type, groupId, reader);
      if (isShareRecordType(type)) return readShareRecord(type, groupId, reader);
      if (isConsumerRecordType(type)) return readConsumerRecord(type, groupId, reader);
      throw new Error(`group record type ${type} is unknown`);
  }
}

/** Whose transaction holds offsets. */
function readHolder(reader: ByteReader): number {
  const producerId = reader.int64();
  if (producerId < 0) throw new Error(`offsets are held by the producer ${producerId}, which can't be`);
  return producerId;
}

function decodeTopicCommit(reader: ByteReader): TopicCommit {
  return {
    topic: reader.compactString(),
    topicId: reader.uuid(),
    partitions: readArray(reader, 17, decodePartitionCommit),
  };
}

function decodePartitionCommit(reader: ByteReader): PartitionCommit {
  return {
    partition: reader.int32(),
    offset: reader.int64(),
    leaderEpoch: reader.int32(),
    metadata: reader.compactString(),
  };
}

function decodeGroup(groupId: string, reader: ByteReader): GroupMetadata {
  return {
    groupId,
    generation: reader.int32(),
    protocolType: reader.compactNullableString(),
    protocolName: reader.compactNullableString(),
    leaderId: reader.compactNullableString(),
    phaseSinceMs: reader.int64(),
    members: readArray(reader, 14, decodeMember),
  };
}

function decodeMember(reader: ByteReader): MemberMetadata {
  return {
    memberId: reader.compactString(),
    instanceId: reader.compactNullableString(),
    clientId: reader.compactString(),
    clientHost: reader.compactString(),
    rebalanceTimeoutMs: reader.int32(),
    sessionTimeoutMs: reader.int32(),
    protocols: readProtocols(reader),
    assignment: Buffer.from(reader.compactBytes()),
  };
}
