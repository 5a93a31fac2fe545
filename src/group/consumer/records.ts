/**
 * Records of groups of the consumer protocol, and their stored form (docs/formats/machines.md). Types 10–19 of the group
 * machine's keys; the key's text is the group id. Values, in Kafka's primitive types, compact:
 *
 *   10 consumer-group           int32 group epoch, int32 hash of the topics
 *   11 consumer-member          what a member says of itself
 *   12 consumer-members-removed array of string member ids
 *   13 consumer-target          int32 assignment epoch, int64 its time in ms, array of (string member id, assignment);
 *                               members that aren't named keep theirs, an empty assignment removes it
 *   14 consumer-current         how far a member has come
 *
 * The first record of a group makes it, in the place of a classic group if there is one, which loses all but its offsets.
 */
import type { ByteReader } from '../../base/byte-reader.ts';
import type { ByteWriter } from '../../base/byte-writer.ts';
import type { Uuid } from '../../base/uuid.ts';
import {
  readArray,
  readProgress,
  readProtocols,
  readStrings,
  readTarget,
  writeProgress,
  writeProtocols,
  writeStrings,
  writeTarget,
} from '../record-parts.ts';
import {
  type Assignment,
  type ConsumerCurrent,
  type ConsumerMetadata,
  type HeldPartitions,
  NO_PARTITIONS,
} from './model.ts';

export type ConsumerRecord =
  | {
      readonly kind: 'consumer-group';
      readonly groupId: string;
      readonly epoch: number;
      readonly topicsHash: number;
    }
  | { readonly kind: 'consumer-member'; readonly groupId: string; readonly metadata: ConsumerMetadata }
  | {
      readonly kind: 'consumer-members-removed';
      readonly groupId: string;
      readonly memberIds: readonly string[];
    }
  | {
      readonly kind: 'consumer-target';
      readonly groupId: string;
      readonly epoch: number;
      readonly atMs: number;
      readonly members: readonly { readonly memberId: string; readonly assignment: Assignment }[];
    }
  | {
      readonly kind: 'consumer-current';
      readonly groupId: string;
      readonly memberId: string;
      readonly current: ConsumerCurrent;
    };

export const CONSUMER_RECORD_TYPES: Readonly<Record<ConsumerRecord['kind'], number>> = {
  'consumer-group': 10,
  'consumer-member': 11,
  'consumer-members-removed': 12,
  'consumer-target': 13,
  'consumer-current': 14,
};

export function isConsumerRecordType(type: number): boolean {
  return type >= 10 && type <= 14;
}

export function writeConsumerRecord(w: ByteWriter, record: ConsumerRecord): Buffer {
  switch (record.kind) {
    case 'consumer-group':
      w.int32(record.epoch);
      w.int32(record.topicsHash);
      break;
    case 'consumer-member':
      writeMetadata(w, record.metadata);
      break;
    case 'consumer-members-removed':
      writeStrings(w, record.memberIds);
      break;
    case 'consumer-target':
      writeTarget(w, record);
      break;
    case 'consumer-current':
      w.compactString(record.memberId);
      writeProgress(w, record.current, writeHeld);
  }
  return w.finishContiguous();
}

function writeMetadata(w: ByteWriter, metadata: ConsumerMetadata): void {
  w.compactString(metadata.memberId);
  w.compactNullableString(metadata.instanceId);
  w.compactNullableString(metadata.rackId);
  w.compactString(metadata.clientId);
  w.compactString(metadata.clientHost);
  w.int32(metadata.rebalanceTimeoutMs);
  w.compactNullableString(metadata.serverAssignor);
  writeStrings(w, metadata.topics);
  w.compactNullableString(metadata.regex);
  w.boolean(metadata.classic !== null);
  if (metadata.classic === null) return;
  w.int32(metadata.classic.sessionTimeoutMs);
  writeProtocols(w, metadata.classic.protocols);
}

function writeHeld(w: ByteWriter, held: HeldPartitions): void {
  w.compactArrayLength(held.size);
  for (const [topicId, partitions] of held) {
    w.uuid(topicId);
    w.compactArrayLength(partitions.size);
    for (const [partition, epoch] of partitions) {
      w.unsignedVarint(partition);
      w.unsignedVarint(epoch);
    }
  }
}

/** Throws on a type that isn't known, and on malformed bytes. */
export function readConsumerRecord(type: number, groupId: string, reader: ByteReader): ConsumerRecord {
  switch (type) {
    case CONSUMER_RECORD_TYPES['consumer-group']:
      return { kind: 'consumer-group', groupId, epoch: reader.int32(), topicsHash: reader.int32() };
    case CONSUMER_RECORD_TYPES['consumer-member']:
      return { kind: 'consumer-member', groupId, metadata: readMetadata(reader) };
    case CONSUMER_RECORD_TYPES['consumer-members-removed']:
      return { kind: 'consumer-members-removed', groupId, memberIds: readStrings(reader) };
    case CONSUMER_RECORD_TYPES['consumer-target']:
      return {
        kind: 'consumer-target',
        groupId,
        ...readTarget(reader),
      };
    case CONSUMER_RECORD_TYPES['consumer-current']:
      return {
        kind: 'consumer-current',
        groupId,
        memberId: reader.compactString(),
        current: readProgress(reader, readHeld),
      };
    default:
      throw new Error(`group record type ${type} is unknown`);
  }
}

function readMetadata(reader: ByteReader): ConsumerMetadata {
  return {
    memberId: reader.compactString(),
    instanceId: reader.compactNullableString(),
    rackId: reader.compactNullableString(),
    clientId: reader.compactString(),
    clientHost: reader.compactString(),
    rebalanceTimeoutMs: reader.int32(),
    serverAssignor: reader.compactNullableString(),
    topics: readStrings(reader),
    regex: reader.compactNullableString(),
    classic: reader.boolean() ? { sessionTimeoutMs: reader.int32(), protocols: readProtocols(reader) } : null,
  };
}

function readHeld(reader: ByteReader): HeldPartitions {
  const topics = readArray(reader, 17, (r): [Uuid, Map<number, number>] => [
    r.uuid(),
    new Map(readArray(r, 2, (r): [number, number] => [r.unsignedVarint(), r.unsignedVarint()])),
  ]);
  // Most members give nothing up, so that they share one.
  return topics.length === 0 ? NO_PARTITIONS : new Map(topics);
}
