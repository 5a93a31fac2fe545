/**
 * Generated from schema/describe-share-group-offsets.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Where share groups stand in their partitions (KIP-932), from version 1 on with how much they have before them (KIP-1226).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';

export interface DescribeShareGroupOffsetsRequestTopic {
  topicName: string;
  partitions: number[];
}

/** With the default in every field. */
export function defaultDescribeShareGroupOffsetsRequestTopic(): DescribeShareGroupOffsetsRequestTopic {
  return {
    topicName: '',
    partitions: [],
  };
}

export function readDescribeShareGroupOffsetsRequestTopic(r: ByteReader, version: number): DescribeShareGroupOffsetsRequestTopic {
  const topicName: string = r.compactString();
  const partitions: number[] = [];
  const partitionsCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  r.skipTaggedFields();
  return { topicName, partitions };
}

export function writeDescribeShareGroupOffsetsRequestTopic(w: ByteWriter, m: DescribeShareGroupOffsetsRequestTopic, version: number): void {
  w.compactString(m.topicName);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) w.int32(item);
  w.int8(0);
}

export interface DescribeShareGroupOffsetsRequestGroup {
  groupId: string;
  /** Null in all. */
  topics: DescribeShareGroupOffsetsRequestTopic[] | null;
}

/** With the default in every field. */
export function defaultDescribeShareGroupOffsetsRequestGroup(): DescribeShareGroupOffsetsRequestGroup {
  return {
    groupId: '',
    topics: [],
  };
}

export function readDescribeShareGroupOffsetsRequestGroup(r: ByteReader, version: number): DescribeShareGroupOffsetsRequestGroup {
  const groupId: string = r.compactString();
  let topics: DescribeShareGroupOffsetsRequestTopic[] | null = [];
  const topicsCount = r.compactNullableArrayLength(3);
  if (topicsCount < 0) topics = null;
  else for (let i = 0; i < topicsCount; i++) topics.push(readDescribeShareGroupOffsetsRequestTopic(r, version));
  r.skipTaggedFields();
  return { groupId, topics };
}

export function writeDescribeShareGroupOffsetsRequestGroup(w: ByteWriter, m: DescribeShareGroupOffsetsRequestGroup, version: number): void {
  w.compactString(m.groupId);
  if (m.topics === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.topics.length);
    for (const item of m.topics) writeDescribeShareGroupOffsetsRequestTopic(w, item, version);
  }
  w.int8(0);
}

export interface DescribeShareGroupOffsetsRequest {
  groups: DescribeShareGroupOffsetsRequestGroup[];
}

/** With the default in every field. */
export function defaultDescribeShareGroupOffsetsRequest(): DescribeShareGroupOffsetsRequest {
  return {
    groups: [],
  };
}

export function readDescribeShareGroupOffsetsRequest(r: ByteReader, version: number): DescribeShareGroupOffsetsRequest {
  const groups: DescribeShareGroupOffsetsRequestGroup[] = [];
  const groupsCount = r.compactArrayLength(3);
  for (let i = 0; i < groupsCount; i++) groups.push(readDescribeShareGroupOffsetsRequestGroup(r, version));
  r.skipTaggedFields();
  return { groups };
}

export function writeDescribeShareGroupOffsetsRequest(w: ByteWriter, m: DescribeShareGroupOffsetsRequest, version: number): void {
  w.compactArrayLength(m.groups.length);
  for (const item of m.groups) writeDescribeShareGroupOffsetsRequestGroup(w, item, version);
  w.int8(0);
}

export interface DescribeShareGroupOffsetsResponsePartition {
  partitionIndex: number;
  startOffset: number;
  leaderEpoch: number;
  /** Versions 1, ignorable, default -1. */
  lag: number;
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
}

/** With the default in every field. */
export function defaultDescribeShareGroupOffsetsResponsePartition(): DescribeShareGroupOffsetsResponsePartition {
  return {
    partitionIndex: 0,
    startOffset: 0,
    leaderEpoch: 0,
    lag: -1,
    errorCode: 0,
    errorMessage: null,
  };
}

export function readDescribeShareGroupOffsetsResponsePartition(r: ByteReader, version: number): DescribeShareGroupOffsetsResponsePartition {
  const partitionIndex: number = r.int32();
  const startOffset: number = r.int64();
  const leaderEpoch: number = r.int32();
  const lag: number = version >= 1 ? r.int64() : -1;
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  r.skipTaggedFields();
  return { partitionIndex, startOffset, leaderEpoch, lag, errorCode, errorMessage };
}

export function writeDescribeShareGroupOffsetsResponsePartition(w: ByteWriter, m: DescribeShareGroupOffsetsResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int64(m.startOffset);
  w.int32(m.leaderEpoch);
  if (version >= 1) {
    w.int64(m.lag);
  }
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.int8(0);
}

export interface DescribeShareGroupOffsetsResponseTopic {
  topicName: string;
  topicId: Uuid;
  partitions: DescribeShareGroupOffsetsResponsePartition[];
}

/** With the default in every field. */
export function defaultDescribeShareGroupOffsetsResponseTopic(): DescribeShareGroupOffsetsResponseTopic {
  return {
    topicName: '',
    topicId: ZERO_UUID,
    partitions: [],
  };
}

export function readDescribeShareGroupOffsetsResponseTopic(r: ByteReader, version: number): DescribeShareGroupOffsetsResponseTopic {
  const topicName: string = r.compactString();
  const topicId: Uuid = r.uuid();
  const partitions: DescribeShareGroupOffsetsResponsePartition[] = [];
  const partitionsCount = r.compactArrayLength(20);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readDescribeShareGroupOffsetsResponsePartition(r, version));
  r.skipTaggedFields();
  return { topicName, topicId, partitions };
}

export function writeDescribeShareGroupOffsetsResponseTopic(w: ByteWriter, m: DescribeShareGroupOffsetsResponseTopic, version: number): void {
  w.compactString(m.topicName);
  w.uuid(m.topicId);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) writeDescribeShareGroupOffsetsResponsePartition(w, item, version);
  w.int8(0);
}

export interface DescribeShareGroupOffsetsResponseGroup {
  groupId: string;
  topics: DescribeShareGroupOffsetsResponseTopic[];
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
}

/** With the default in every field. */
export function defaultDescribeShareGroupOffsetsResponseGroup(): DescribeShareGroupOffsetsResponseGroup {
  return {
    groupId: '',
    topics: [],
    errorCode: 0,
    errorMessage: null,
  };
}

export function readDescribeShareGroupOffsetsResponseGroup(r: ByteReader, version: number): DescribeShareGroupOffsetsResponseGroup {
  const groupId: string = r.compactString();
  const topics: DescribeShareGroupOffsetsResponseTopic[] = [];
  const topicsCount = r.compactArrayLength(19);
  for (let i = 0; i < topicsCount; i++) topics.push(readDescribeShareGroupOffsetsResponseTopic(r, version));
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  r.skipTaggedFields();
  return { groupId, topics, errorCode, errorMessage };
}

export function writeDescribeShareGroupOffsetsResponseGroup(w: ByteWriter, m: DescribeShareGroupOffsetsResponseGroup, version: number): void {
  w.compactString(m.groupId);
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeDescribeShareGroupOffsetsResponseTopic(w, item, version);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.int8(0);
}

export interface DescribeShareGroupOffsetsResponse {
  throttleTimeMs: number;
  groups: DescribeShareGroupOffsetsResponseGroup[];
}

/** With the default in every field. */
export function defaultDescribeShareGroupOffsetsResponse(): DescribeShareGroupOffsetsResponse {
  return {
    throttleTimeMs: 0,
    groups: [],
  };
}

export function readDescribeShareGroupOffsetsResponse(r: ByteReader, version: number): DescribeShareGroupOffsetsResponse {
  const throttleTimeMs: number = r.int32();
  const groups: DescribeShareGroupOffsetsResponseGroup[] = [];
  const groupsCount = r.compactArrayLength(6);
  for (let i = 0; i < groupsCount; i++) groups.push(readDescribeShareGroupOffsetsResponseGroup(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, groups };
}

export function writeDescribeShareGroupOffsetsResponse(w: ByteWriter, m: DescribeShareGroupOffsetsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.compactArrayLength(m.groups.length);
  for (const item of m.groups) writeDescribeShareGroupOffsetsResponseGroup(w, item, version);
  w.int8(0);
}
