/**
 * Records of share groups, and their stored form (docs/formats/machines.md). Types 30–39 of the group machine's keys; the key's
 * text is the group id. Values, in Kafka's primitive types, compact:
 *
 *   30 share-group            int32 group epoch, int32 hash of the topics
 *   31 share-member           string member id, nullable string rack, strings client id and host, array of string topics
 *   32 share-members-removed  array of string member ids
 *   33 share-target           int32 assignment epoch, int64 its time in ms, array of (string member id, partitions);
 *                             members that aren't named keep theirs, no partitions remove it
 *   34 share-current          string member id, int32 epoch, int32 the one before, partitions
 *
 * The first record of a group makes it.
 */
import type { ByteReader } from '../../base/byte-reader.ts';
import type { ByteWriter } from '../../base/byte-writer.ts';
import type { Assignment } from '../consumer/model.ts';
import {
  readPartitions,
  readStrings,
  readTarget,
  writePartitions,
  writeStrings,
  writeTarget,
} from '../record-parts.ts';
import type { ShareCurrent, ShareMetadata } from './model.ts';

export type ShareRecord =
  | {
      readonly kind: 'share-group';
      readonly groupId: string;
      readonly epoch: number;
      readonly topicsHash: number;
    }
  | { readonly kind: 'share-member'; readonly groupId: string; readonly metadata: ShareMetadata }
  | {
      readonly kind: 'share-members-removed';
      readonly groupId: string;
      readonly memberIds: readonly string[];
    }
  | {
      readonly kind: 'share-target';
      readonly groupId: string;
      readonly epoch: number;
      readonly atMs: number;
      readonly members: readonly { readonly memberId: string; readonly assignment: Assignment }[];
    }
  | {
      readonly kind: 'share-current';
      readonly groupId: string;
      readonly memberId: string;
      readonly current: ShareCurrent;
    };

export const SHARE_RECORD_TYPES: Readonly<Record<ShareRecord['kind'], number>> = {
  'share-group': 30,
  'share-member': 31,
  'share-members-removed': 32,
  'share-target': 33,
  'share-current': 34,
};

export function isShareRecordType(type: number): boolean {
  return type >= 30 && type <= 34;
}

export function writeShareRecord(w: ByteWriter, record: ShareRecord): Buffer {
  switch (record.kind) {
    case 'share-group':
      w.int32(record.epoch);
      w.int32(record.topicsHash);
      break;
    case 'share-member': {
      const { memberId, rackId, clientId, clientHost, topics } = record.metadata;
      w.compactString(memberId);
      w.compactNullableString(rackId);
      w.compactString(clientId);
      w.compactString(clientHost);
      writeStrings(w, topics);
      break;
    }
    case 'share-members-removed':
      writeStrings(w, record.memberIds);
      break;
    case 'share-target':
      writeTarget(w, record);
      break;
    case 'share-current': {
      const { epoch, previousEpoch, assigned } = record.current;
      w.compactString(record.memberId);
      w.int32(epoch);
      w.int32(previousEpoch);
      writePartitions(w, assigned);
    }
  }
  return w.finishContiguous();
}

/** Throws on a type that isn't known, and on malformed bytes. */
export function readShareRecord(type: number, groupId: string, reader: ByteReader): ShareRecord {
  switch (type) {
    case SHARE_RECORD_TYPES['share-group']:
      return { kind: 'share-group', groupId, epoch: reader.int32(), topicsHash: reader.int32() };
    case SHARE_RECORD_TYPES['share-member']:
      return { kind: 'share-member', groupId, metadata: readMetadata(reader) };
    case SHARE_RECORD_TYPES['share-members-removed']:
      return { kind: 'share-members-removed', groupId, memberIds: readStrings(reader) };
    case SHARE_RECORD_TYPES['share-target']:
      return {
        kind: 'share-target',
        groupId,
        ...readTarget(reader),
      };
    case SHARE_RECORD_TYPES['share-current']:
      return {
        kind: 'share-current',
        groupId,
        memberId: reader.compactString(),
        current: { epoch: reader.int32(), previousEpoch: reader.int32(), assigned: readPartitions(reader) },
      };
    default:
      throw new Error(`group record type ${type} is unknown`);
  }
}

function readMetadata(reader: ByteReader): ShareMetadata {
  return {
    memberId: reader.compactString(),
    rackId: reader.compactNullableString(),
    clientId: reader.compactString(),
    clientHost: reader.compactString(),
    topics: readStrings(reader),
  };
}
