/**
 * Generated from schema/offset-fetch.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Reading the progress of one group (to version 7) or of several (from version 8, KIP-709).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';
import { NullFieldError, UnsupportedFieldError } from '../support.ts';

export interface OffsetFetchRequestTopic {
  /** Versions 1-7. */
  name: string;
  /** Versions 1-7. */
  partitionIndexes: number[];
}

/** With the default in every field. */
export function defaultOffsetFetchRequestTopic(): OffsetFetchRequestTopic {
  return {
    name: '',
    partitionIndexes: [],
  };
}

export function readOffsetFetchRequestTopic(r: ByteReader, version: number): OffsetFetchRequestTopic {
  const name: string = version >= 6 ? r.compactString() : r.string();
  const partitionIndexes: number[] = [];
  const partitionIndexesCount = version >= 6 ? r.compactArrayLength(4) : r.arrayLength(4);
  for (let i = 0; i < partitionIndexesCount; i++) partitionIndexes.push(r.int32());
  if (version >= 6) r.skipTaggedFields();
  return { name, partitionIndexes };
}

export function writeOffsetFetchRequestTopic(w: ByteWriter, m: OffsetFetchRequestTopic, version: number): void {
  if (version >= 6) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 6) { w.compactArrayLength(m.partitionIndexes.length); } else { w.arrayLength(m.partitionIndexes.length); }
  for (const item of m.partitionIndexes) w.int32(item);
  if (version >= 6) w.int8(0);
}

export interface OffsetFetchRequestGroupTopic {
  /** Versions 8-9, ignorable. */
  name: string;
  /** Versions 10, ignorable. */
  topicId: Uuid;
  /** Versions 8+. */
  partitionIndexes: number[];
}

/** With the default in every field. */
export function defaultOffsetFetchRequestGroupTopic(): OffsetFetchRequestGroupTopic {
  return {
    name: '',
    topicId: ZERO_UUID,
    partitionIndexes: [],
  };
}

export function readOffsetFetchRequestGroupTopic(r: ByteReader, version: number): OffsetFetchRequestGroupTopic {
  const name: string = version <= 9 ? r.compactString() : '';
  const topicId: Uuid = version >= 10 ? r.uuid() : ZERO_UUID;
  const partitionIndexes: number[] = [];
  const partitionIndexesCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionIndexesCount; i++) partitionIndexes.push(r.int32());
  r.skipTaggedFields();
  return { name, topicId, partitionIndexes };
}

export function writeOffsetFetchRequestGroupTopic(w: ByteWriter, m: OffsetFetchRequestGroupTopic, version: number): void {
  if (version <= 9) {
    w.compactString(m.name);
  }
  if (version >= 10) {
    w.uuid(m.topicId);
  }
  w.compactArrayLength(m.partitionIndexes.length);
  for (const item of m.partitionIndexes) w.int32(item);
  w.int8(0);
}

export interface OffsetFetchRequestGroup {
  /** Versions 8+. */
  groupId: string;
  /** Versions 9+, null in all, ignorable, default null. */
  memberId: string | null;
  /** Versions 9+, ignorable, default -1. */
  memberEpoch: number;
  /** Versions 8+, null in all. */
  topics: OffsetFetchRequestGroupTopic[] | null;
}

/** With the default in every field. */
export function defaultOffsetFetchRequestGroup(): OffsetFetchRequestGroup {
  return {
    groupId: '',
    memberId: null,
    memberEpoch: -1,
    topics: [],
  };
}

export function readOffsetFetchRequestGroup(r: ByteReader, version: number): OffsetFetchRequestGroup {
  const groupId: string = r.compactString();
  const memberId: string | null = version >= 9 ? r.compactNullableString() : null;
  const memberEpoch: number = version >= 9 ? r.int32() : -1;
  let topics: OffsetFetchRequestGroupTopic[] | null = [];
  const topicsCount = r.compactNullableArrayLength(3);
  if (topicsCount < 0) topics = null;
  else for (let i = 0; i < topicsCount; i++) topics.push(readOffsetFetchRequestGroupTopic(r, version));
  r.skipTaggedFields();
  return { groupId, memberId, memberEpoch, topics };
}

export function writeOffsetFetchRequestGroup(w: ByteWriter, m: OffsetFetchRequestGroup, version: number): void {
  w.compactString(m.groupId);
  if (version >= 9) {
    w.compactNullableString(m.memberId);
  }
  if (version >= 9) {
    w.int32(m.memberEpoch);
  }
  if (m.topics === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.topics.length);
    for (const item of m.topics) writeOffsetFetchRequestGroupTopic(w, item, version);
  }
  w.int8(0);
}

export interface OffsetFetchRequest {
  /** Versions 1-7. */
  groupId: string;
  /** Versions 1-7, null in 2+. */
  topics: OffsetFetchRequestTopic[] | null;
  /** Versions 8+. */
  groups: OffsetFetchRequestGroup[];
  /** Versions 7+. */
  requireStable: boolean;
}

/** With the default in every field. */
export function defaultOffsetFetchRequest(): OffsetFetchRequest {
  return {
    groupId: '',
    topics: [],
    groups: [],
    requireStable: false,
  };
}

export function readOffsetFetchRequest(r: ByteReader, version: number): OffsetFetchRequest {
  const groupId: string = version <= 7 ? (version >= 6 ? r.compactString() : r.string()) : '';
  let topics: OffsetFetchRequestTopic[] | null = [];
  if (version <= 7) {
    const topicsCount = version >= 6 ? r.compactNullableArrayLength(3) : version >= 2 ? r.nullableArrayLength(6) : r.arrayLength(6);
    if (topicsCount < 0) topics = null;
  else for (let i = 0; i < topicsCount; i++) topics.push(readOffsetFetchRequestTopic(r, version));
  }
  const groups: OffsetFetchRequestGroup[] = [];
  if (version >= 8) {
    const groupsCount = r.compactArrayLength(3);
    for (let i = 0; i < groupsCount; i++) groups.push(readOffsetFetchRequestGroup(r, version));
  }
  const requireStable: boolean = version >= 7 ? r.boolean() : false;
  if (version >= 6) r.skipTaggedFields();
  return { groupId, topics, groups, requireStable };
}

export function writeOffsetFetchRequest(w: ByteWriter, m: OffsetFetchRequest, version: number): void {
  if (version <= 7) {
    if (version >= 6) { w.compactString(m.groupId); } else { w.string(m.groupId); }
  } else if (m.groupId !== '') throw new UnsupportedFieldError('OffsetFetchRequest.groupId', version);
  if (version <= 7) {
    if (m.topics === null) {
      if (version >= 6) { w.compactArrayLength(-1); } else if (version >= 2) { w.arrayLength(-1); } else { throw new NullFieldError('OffsetFetchRequest.topics', version); }
    } else {
      if (version >= 6) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
      for (const item of m.topics) writeOffsetFetchRequestTopic(w, item, version);
    }
  } else if (m.topics?.length !== 0) throw new UnsupportedFieldError('OffsetFetchRequest.topics', version);
  if (version >= 8) {
    w.compactArrayLength(m.groups.length);
    for (const item of m.groups) writeOffsetFetchRequestGroup(w, item, version);
  } else if (m.groups.length !== 0) throw new UnsupportedFieldError('OffsetFetchRequest.groups', version);
  if (version >= 7) {
    w.boolean(m.requireStable);
  } else if (m.requireStable) throw new UnsupportedFieldError('OffsetFetchRequest.requireStable', version);
  if (version >= 6) w.int8(0);
}

export interface OffsetFetchResponsePartition {
  /** Versions 1-7. */
  partitionIndex: number;
  /** Versions 1-7. */
  committedOffset: number;
  /** Versions 5-7, ignorable, default -1. */
  committedLeaderEpoch: number;
  /** Versions 1-7, null in all. */
  metadata: string | null;
  /** Versions 1-7. */
  errorCode: number;
}

/** With the default in every field. */
export function defaultOffsetFetchResponsePartition(): OffsetFetchResponsePartition {
  return {
    partitionIndex: 0,
    committedOffset: 0,
    committedLeaderEpoch: -1,
    metadata: '',
    errorCode: 0,
  };
}

export function readOffsetFetchResponsePartition(r: ByteReader, version: number): OffsetFetchResponsePartition {
  const partitionIndex: number = r.int32();
  const committedOffset: number = r.int64();
  const committedLeaderEpoch: number = version >= 5 ? r.int32() : -1;
  const metadata: string | null = version >= 6 ? r.compactNullableString() : r.nullableString();
  const errorCode: number = r.int16();
  if (version >= 6) r.skipTaggedFields();
  return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode };
}

export function writeOffsetFetchResponsePartition(w: ByteWriter, m: OffsetFetchResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int64(m.committedOffset);
  if (version >= 5) {
    w.int32(m.committedLeaderEpoch);
  }
  if (version >= 6) { w.compactNullableString(m.metadata); } else { w.nullableString(m.metadata); }
  w.int16(m.errorCode);
  if (version >= 6) w.int8(0);
}

export interface OffsetFetchResponseTopic {
  /** Versions 1-7. */
  name: string;
  /** Versions 1-7. */
  partitions: OffsetFetchResponsePartition[];
}

/** With the default in every field. */
export function defaultOffsetFetchResponseTopic(): OffsetFetchResponseTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readOffsetFetchResponseTopic(r: ByteReader, version: number): OffsetFetchResponseTopic {
  const name: string = version >= 6 ? r.compactString() : r.string();
  const partitions: OffsetFetchResponsePartition[] = [];
  const partitionsCount = version >= 6 ? r.compactArrayLength(20) : r.arrayLength(16);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readOffsetFetchResponsePartition(r, version));
  if (version >= 6) r.skipTaggedFields();
  return { name, partitions };
}

export function writeOffsetFetchResponseTopic(w: ByteWriter, m: OffsetFetchResponseTopic, version: number): void {
  if (version >= 6) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 6) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) writeOffsetFetchResponsePartition(w, item, version);
  if (version >= 6) w.int8(0);
}

export interface OffsetFetchResponseGroupPartition {
  /** Versions 8+. */
  partitionIndex: number;
  /** Versions 8+. */
  committedOffset: number;
  /** Versions 8+, ignorable, default -1. */
  committedLeaderEpoch: number;
  /** Versions 8+, null in all. */
  metadata: string | null;
  /** Versions 8+. */
  errorCode: number;
}

/** With the default in every field. */
export function defaultOffsetFetchResponseGroupPartition(): OffsetFetchResponseGroupPartition {
  return {
    partitionIndex: 0,
    committedOffset: 0,
    committedLeaderEpoch: -1,
    metadata: '',
    errorCode: 0,
  };
}

export function readOffsetFetchResponseGroupPartition(r: ByteReader, version: number): OffsetFetchResponseGroupPartition {
  const partitionIndex: number = r.int32();
  const committedOffset: number = r.int64();
  const committedLeaderEpoch: number = r.int32();
  const metadata: string | null = r.compactNullableString();
  const errorCode: number = r.int16();
  r.skipTaggedFields();
  return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode };
}

export function writeOffsetFetchResponseGroupPartition(w: ByteWriter, m: OffsetFetchResponseGroupPartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int64(m.committedOffset);
  w.int32(m.committedLeaderEpoch);
  w.compactNullableString(m.metadata);
  w.int16(m.errorCode);
  w.int8(0);
}

export interface OffsetFetchResponseGroupTopic {
  /** Versions 8-9, ignorable. */
  name: string;
  /** Versions 10, ignorable. */
  topicId: Uuid;
  /** Versions 8+. */
  partitions: OffsetFetchResponseGroupPartition[];
}

/** With the default in every field. */
export function defaultOffsetFetchResponseGroupTopic(): OffsetFetchResponseGroupTopic {
  return {
    name: '',
    topicId: ZERO_UUID,
    partitions: [],
  };
}

export function readOffsetFetchResponseGroupTopic(r: ByteReader, version: number): OffsetFetchResponseGroupTopic {
  const name: string = version <= 9 ? r.compactString() : '';
  const topicId: Uuid = version >= 10 ? r.uuid() : ZERO_UUID;
  const partitions: OffsetFetchResponseGroupPartition[] = [];
  const partitionsCount = r.compactArrayLength(20);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readOffsetFetchResponseGroupPartition(r, version));
  r.skipTaggedFields();
  return { name, topicId, partitions };
}

export function writeOffsetFetchResponseGroupTopic(w: ByteWriter, m: OffsetFetchResponseGroupTopic, version: number): void {
  if (version <= 9) {
    w.compactString(m.name);
  }
  if (version >= 10) {
    w.uuid(m.topicId);
  }
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) writeOffsetFetchResponseGroupPartition(w, item, version);
  w.int8(0);
}

export interface OffsetFetchResponseGroup {
  /** Versions 8+. */
  groupId: string;
  /** Versions 8+. */
  topics: OffsetFetchResponseGroupTopic[];
  /** Versions 8+. */
  errorCode: number;
}

/** With the default in every field. */
export function defaultOffsetFetchResponseGroup(): OffsetFetchResponseGroup {
  return {
    groupId: '',
    topics: [],
    errorCode: 0,
  };
}

export function readOffsetFetchResponseGroup(r: ByteReader, version: number): OffsetFetchResponseGroup {
  const groupId: string = r.compactString();
  const topics: OffsetFetchResponseGroupTopic[] = [];
  const topicsCount = r.compactArrayLength(3);
  for (let i = 0; i < topicsCount; i++) topics.push(readOffsetFetchResponseGroupTopic(r, version));
  const errorCode: number = r.int16();
  r.skipTaggedFields();
  return { groupId, topics, errorCode };
}

export function writeOffsetFetchResponseGroup(w: ByteWriter, m: OffsetFetchResponseGroup, version: number): void {
  w.compactString(m.groupId);
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeOffsetFetchResponseGroupTopic(w, item, version);
  w.int16(m.errorCode);
  w.int8(0);
}

export interface OffsetFetchResponse {
  /** Versions 3+, ignorable. */
  throttleTimeMs: number;
  /** Versions 1-7. */
  topics: OffsetFetchResponseTopic[];
  /** Versions 2-7, ignorable. */
  errorCode: number;
  /** Versions 8+. */
  groups: OffsetFetchResponseGroup[];
}

/** With the default in every field. */
export function defaultOffsetFetchResponse(): OffsetFetchResponse {
  return {
    throttleTimeMs: 0,
    topics: [],
    errorCode: 0,
    groups: [],
  };
}

export function readOffsetFetchResponse(r: ByteReader, version: number): OffsetFetchResponse {
  const throttleTimeMs: number = version >= 3 ? r.int32() : 0;
  const topics: OffsetFetchResponseTopic[] = [];
  if (version <= 7) {
    const topicsCount = version >= 6 ? r.compactArrayLength(3) : r.arrayLength(6);
    for (let i = 0; i < topicsCount; i++) topics.push(readOffsetFetchResponseTopic(r, version));
  }
  const errorCode: number = version >= 2 && version <= 7 ? r.int16() : 0;
  const groups: OffsetFetchResponseGroup[] = [];
  if (version >= 8) {
    const groupsCount = r.compactArrayLength(5);
    for (let i = 0; i < groupsCount; i++) groups.push(readOffsetFetchResponseGroup(r, version));
  }
  if (version >= 6) r.skipTaggedFields();
  return { throttleTimeMs, topics, errorCode, groups };
}

export function writeOffsetFetchResponse(w: ByteWriter, m: OffsetFetchResponse, version: number): void {
  if (version >= 3) {
    w.int32(m.throttleTimeMs);
  }
  if (version <= 7) {
    if (version >= 6) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
    for (const item of m.topics) writeOffsetFetchResponseTopic(w, item, version);
  } else if (m.topics.length !== 0) throw new UnsupportedFieldError('OffsetFetchResponse.topics', version);
  if (version >= 2 && version <= 7) {
    w.int16(m.errorCode);
  }
  if (version >= 8) {
    w.compactArrayLength(m.groups.length);
    for (const item of m.groups) writeOffsetFetchResponseGroup(w, item, version);
  } else if (m.groups.length !== 0) throw new UnsupportedFieldError('OffsetFetchResponse.groups', version);
  if (version >= 6) w.int8(0);
}
