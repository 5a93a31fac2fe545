/**
 * Generated from schema/alter-share-group-offsets.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Setting where a share group begins in its partitions (KIP-932).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';

export interface AlterShareGroupOffsetsRequestPartition {
  partitionIndex: number;
  startOffset: number;
}

/** With the default in every field. */
export function defaultAlterShareGroupOffsetsRequestPartition(): AlterShareGroupOffsetsRequestPartition {
  return {
    partitionIndex: 0,
    startOffset: 0,
  };
}

export function readAlterShareGroupOffsetsRequestPartition(r: ByteReader, version: number): AlterShareGroupOffsetsRequestPartition {
  const partitionIndex: number = r.int32();
  const startOffset: number = r.int64();
  r.skipTaggedFields();
  return { partitionIndex, startOffset };
}

export function writeAlterShareGroupOffsetsRequestPartition(w: ByteWriter, m: AlterShareGroupOffsetsRequestPartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int64(m.startOffset);
  w.int8(0);
}

export interface AlterShareGroupOffsetsRequestTopic {
  topicName: string;
  partitions: AlterShareGroupOffsetsRequestPartition[];
}

/** With the default in every field. */
export function defaultAlterShareGroupOffsetsRequestTopic(): AlterShareGroupOffsetsRequestTopic {
  return {
    topicName: '',
    partitions: [],
  };
}

export function readAlterShareGroupOffsetsRequestTopic(r: ByteReader, version: number): AlterShareGroupOffsetsRequestTopic {
  const topicName: string = r.compactString();
  const partitions: AlterShareGroupOffsetsRequestPartition[] = [];
  const partitionsCount = r.compactArrayLength(13);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readAlterShareGroupOffsetsRequestPartition(r, version));
  r.skipTaggedFields();
  return { topicName, partitions };
}

export function writeAlterShareGroupOffsetsRequestTopic(w: ByteWriter, m: AlterShareGroupOffsetsRequestTopic, version: number): void {
  w.compactString(m.topicName);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) writeAlterShareGroupOffsetsRequestPartition(w, item, version);
  w.int8(0);
}

export interface AlterShareGroupOffsetsRequest {
  groupId: string;
  topics: AlterShareGroupOffsetsRequestTopic[];
}

/** With the default in every field. */
export function defaultAlterShareGroupOffsetsRequest(): AlterShareGroupOffsetsRequest {
  return {
    groupId: '',
    topics: [],
  };
}

export function readAlterShareGroupOffsetsRequest(r: ByteReader, version: number): AlterShareGroupOffsetsRequest {
  const groupId: string = r.compactString();
  const topics: AlterShareGroupOffsetsRequestTopic[] = [];
  const topicsCount = r.compactArrayLength(3);
  for (let i = 0; i < topicsCount; i++) topics.push(readAlterShareGroupOffsetsRequestTopic(r, version));
  r.skipTaggedFields();
  return { groupId, topics };
}

export function writeAlterShareGroupOffsetsRequest(w: ByteWriter, m: AlterShareGroupOffsetsRequest, version: number): void {
  w.compactString(m.groupId);
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeAlterShareGroupOffsetsRequestTopic(w, item, version);
  w.int8(0);
}

export interface AlterShareGroupOffsetsResponsePartition {
  partitionIndex: number;
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
}

/** With the default in every field. */
export function defaultAlterShareGroupOffsetsResponsePartition(): AlterShareGroupOffsetsResponsePartition {
  return {
    partitionIndex: 0,
    errorCode: 0,
    errorMessage: null,
  };
}

export function readAlterShareGroupOffsetsResponsePartition(r: ByteReader, version: number): AlterShareGroupOffsetsResponsePartition {
  const partitionIndex: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  r.skipTaggedFields();
  return { partitionIndex, errorCode, errorMessage };
}

export function writeAlterShareGroupOffsetsResponsePartition(w: ByteWriter, m: AlterShareGroupOffsetsResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.int8(0);
}

export interface AlterShareGroupOffsetsResponseTopic {
  topicName: string;
  topicId: Uuid;
  partitions: AlterShareGroupOffsetsResponsePartition[];
}

/** With the default in every field. */
export function defaultAlterShareGroupOffsetsResponseTopic(): AlterShareGroupOffsetsResponseTopic {
  return {
    topicName: '',
    topicId: ZERO_UUID,
    partitions: [],
  };
}

export function readAlterShareGroupOffsetsResponseTopic(r: ByteReader, version: number): AlterShareGroupOffsetsResponseTopic {
  const topicName: string = r.compactString();
  const topicId: Uuid = r.uuid();
  const partitions: AlterShareGroupOffsetsResponsePartition[] = [];
  const partitionsCount = r.compactArrayLength(8);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readAlterShareGroupOffsetsResponsePartition(r, version));
  r.skipTaggedFields();
  return { topicName, topicId, partitions };
}

export function writeAlterShareGroupOffsetsResponseTopic(w: ByteWriter, m: AlterShareGroupOffsetsResponseTopic, version: number): void {
  w.compactString(m.topicName);
  w.uuid(m.topicId);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) writeAlterShareGroupOffsetsResponsePartition(w, item, version);
  w.int8(0);
}

export interface AlterShareGroupOffsetsResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
  responses: AlterShareGroupOffsetsResponseTopic[];
}

/** With the default in every field. */
export function defaultAlterShareGroupOffsetsResponse(): AlterShareGroupOffsetsResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: null,
    responses: [],
  };
}

export function readAlterShareGroupOffsetsResponse(r: ByteReader, version: number): AlterShareGroupOffsetsResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const responses: AlterShareGroupOffsetsResponseTopic[] = [];
  const responsesCount = r.compactArrayLength(19);
  for (let i = 0; i < responsesCount; i++) responses.push(readAlterShareGroupOffsetsResponseTopic(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage, responses };
}

export function writeAlterShareGroupOffsetsResponse(w: ByteWriter, m: AlterShareGroupOffsetsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.compactArrayLength(m.responses.length);
  for (const item of m.responses) writeAlterShareGroupOffsetsResponseTopic(w, item, version);
  w.int8(0);
}
