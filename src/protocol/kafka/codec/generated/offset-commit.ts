/**
 * Generated from schema/offset-commit.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Storing the progress of a consumer group.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface OffsetCommitRequestPartition {
  partitionIndex: number;
  committedOffset: number;
  /** Versions 6+, ignorable, default -1. */
  committedLeaderEpoch: number;
  /** Null in all. */
  committedMetadata: string | null;
}

/** With the default in every field. */
export function defaultOffsetCommitRequestPartition(): OffsetCommitRequestPartition {
  return {
    partitionIndex: 0,
    committedOffset: 0,
    committedLeaderEpoch: -1,
    committedMetadata: '',
  };
}

export function readOffsetCommitRequestPartition(r: ByteReader, version: number): OffsetCommitRequestPartition {
  const partitionIndex: number = r.int32();
  const committedOffset: number = r.int64();
  const committedLeaderEpoch: number = version >= 6 ? r.int32() : -1;
  const committedMetadata: string | null = version >= 8 ? r.compactNullableString() : r.nullableString();
  if (version >= 8) r.skipTaggedFields();
  return { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata };
}

export function writeOffsetCommitRequestPartition(w: ByteWriter, m: OffsetCommitRequestPartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int64(m.committedOffset);
  if (version >= 6) {
    w.int32(m.committedLeaderEpoch);
  }
  if (version >= 8) { w.compactNullableString(m.committedMetadata); } else { w.nullableString(m.committedMetadata); }
  if (version >= 8) w.int8(0);
}

export interface OffsetCommitRequestTopic {
  /** Versions 2-9, ignorable. */
  name: string;
  /** Versions 10, ignorable. */
  topicId: Uuid;
  partitions: OffsetCommitRequestPartition[];
}

/** With the default in every field. */
export function defaultOffsetCommitRequestTopic(): OffsetCommitRequestTopic {
  return {
    name: '',
    topicId: ZERO_UUID,
    partitions: [],
  };
}

export function readOffsetCommitRequestTopic(r: ByteReader, version: number): OffsetCommitRequestTopic {
  const name: string = version <= 9 ? (version >= 8 ? r.compactString() : r.string()) : '';
  const topicId: Uuid = version >= 10 ? r.uuid() : ZERO_UUID;
  const partitions: OffsetCommitRequestPartition[] = [];
  const partitionsCount = version >= 8 ? r.compactArrayLength(18) : r.arrayLength(14);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readOffsetCommitRequestPartition(r, version));
  if (version >= 8) r.skipTaggedFields();
  return { name, topicId, partitions };
}

export function writeOffsetCommitRequestTopic(w: ByteWriter, m: OffsetCommitRequestTopic, version: number): void {
  if (version <= 9) {
    if (version >= 8) { w.compactString(m.name); } else { w.string(m.name); }
  }
  if (version >= 10) {
    w.uuid(m.topicId);
  }
  if (version >= 8) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) writeOffsetCommitRequestPartition(w, item, version);
  if (version >= 8) w.int8(0);
}

export interface OffsetCommitRequest {
  groupId: string;
  /** Default -1. */
  generationIdOrMemberEpoch: number;
  memberId: string;
  /** Versions 7+, null in all, default null. */
  groupInstanceId: string | null;
  /** Versions 2-4, ignorable, default -1. */
  retentionTimeMs: number;
  topics: OffsetCommitRequestTopic[];
}

/** With the default in every field. */
export function defaultOffsetCommitRequest(): OffsetCommitRequest {
  return {
    groupId: '',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1,
    topics: [],
  };
}

export function readOffsetCommitRequest(r: ByteReader, version: number): OffsetCommitRequest {
  const groupId: string = version >= 8 ? r.compactString() : r.string();
  const generationIdOrMemberEpoch: number = r.int32();
  const memberId: string = version >= 8 ? r.compactString() : r.string();
  const groupInstanceId: string | null = version >= 7 ? (version >= 8 ? r.compactNullableString() : r.nullableString()) : null;
  const retentionTimeMs: number = version <= 4 ? r.int64() : -1;
  const topics: OffsetCommitRequestTopic[] = [];
  const topicsCount = version >= 8 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < topicsCount; i++) topics.push(readOffsetCommitRequestTopic(r, version));
  if (version >= 8) r.skipTaggedFields();
  return { groupId, generationIdOrMemberEpoch, memberId, groupInstanceId, retentionTimeMs, topics };
}

export function writeOffsetCommitRequest(w: ByteWriter, m: OffsetCommitRequest, version: number): void {
  if (version >= 8) { w.compactString(m.groupId); } else { w.string(m.groupId); }
  w.int32(m.generationIdOrMemberEpoch);
  if (version >= 8) { w.compactString(m.memberId); } else { w.string(m.memberId); }
  if (version >= 7) {
    if (version >= 8) { w.compactNullableString(m.groupInstanceId); } else { w.nullableString(m.groupInstanceId); }
  } else if (m.groupInstanceId !== null) throw new UnsupportedFieldError('OffsetCommitRequest.groupInstanceId', version);
  if (version <= 4) {
    w.int64(m.retentionTimeMs);
  }
  if (version >= 8) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeOffsetCommitRequestTopic(w, item, version);
  if (version >= 8) w.int8(0);
}

export interface OffsetCommitResponsePartition {
  partitionIndex: number;
  errorCode: number;
}

/** With the default in every field. */
export function defaultOffsetCommitResponsePartition(): OffsetCommitResponsePartition {
  return {
    partitionIndex: 0,
    errorCode: 0,
  };
}

export function readOffsetCommitResponsePartition(r: ByteReader, version: number): OffsetCommitResponsePartition {
  const partitionIndex: number = r.int32();
  const errorCode: number = r.int16();
  if (version >= 8) r.skipTaggedFields();
  return { partitionIndex, errorCode };
}

export function writeOffsetCommitResponsePartition(w: ByteWriter, m: OffsetCommitResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int16(m.errorCode);
  if (version >= 8) w.int8(0);
}

export interface OffsetCommitResponseTopic {
  /** Versions 2-9, ignorable. */
  name: string;
  /** Versions 10, ignorable. */
  topicId: Uuid;
  partitions: OffsetCommitResponsePartition[];
}

/** With the default in every field. */
export function defaultOffsetCommitResponseTopic(): OffsetCommitResponseTopic {
  return {
    name: '',
    topicId: ZERO_UUID,
    partitions: [],
  };
}

export function readOffsetCommitResponseTopic(r: ByteReader, version: number): OffsetCommitResponseTopic {
  const name: string = version <= 9 ? (version >= 8 ? r.compactString() : r.string()) : '';
  const topicId: Uuid = version >= 10 ? r.uuid() : ZERO_UUID;
  const partitions: OffsetCommitResponsePartition[] = [];
  const partitionsCount = version >= 8 ? r.compactArrayLength(7) : r.arrayLength(6);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readOffsetCommitResponsePartition(r, version));
  if (version >= 8) r.skipTaggedFields();
  return { name, topicId, partitions };
}

export function writeOffsetCommitResponseTopic(w: ByteWriter, m: OffsetCommitResponseTopic, version: number): void {
  if (version <= 9) {
    if (version >= 8) { w.compactString(m.name); } else { w.string(m.name); }
  }
  if (version >= 10) {
    w.uuid(m.topicId);
  }
  if (version >= 8) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) writeOffsetCommitResponsePartition(w, item, version);
  if (version >= 8) w.int8(0);
}

export interface OffsetCommitResponse {
  /** Versions 3+, ignorable. */
  throttleTimeMs: number;
  topics: OffsetCommitResponseTopic[];
}

/** With the default in every field. */
export function defaultOffsetCommitResponse(): OffsetCommitResponse {
  return {
    throttleTimeMs: 0,
    topics: [],
  };
}

export function readOffsetCommitResponse(r: ByteReader, version: number): OffsetCommitResponse {
  const throttleTimeMs: number = version >= 3 ? r.int32() : 0;
  const topics: OffsetCommitResponseTopic[] = [];
  const topicsCount = version >= 8 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < topicsCount; i++) topics.push(readOffsetCommitResponseTopic(r, version));
  if (version >= 8) r.skipTaggedFields();
  return { throttleTimeMs, topics };
}

export function writeOffsetCommitResponse(w: ByteWriter, m: OffsetCommitResponse, version: number): void {
  if (version >= 3) {
    w.int32(m.throttleTimeMs);
  }
  if (version >= 8) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeOffsetCommitResponseTopic(w, item, version);
  if (version >= 8) w.int8(0);
}
