/**
 * Generated from schema/list-offsets.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Offsets by timestamp, or by a special timestamp (-1 latest, -2 earliest, ...).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface ListOffsetsRequestPartition {
  partitionIndex: number;
  /** Versions 4+, ignorable, default -1. */
  currentLeaderEpoch: number;
  timestamp: number;
}

/** With the default in every field. */
export function defaultListOffsetsRequestPartition(): ListOffsetsRequestPartition {
  return {
    partitionIndex: 0,
    currentLeaderEpoch: -1,
    timestamp: 0,
  };
}

export function readListOffsetsRequestPartition(r: ByteReader, version: number): ListOffsetsRequestPartition {
  const partitionIndex: number = r.int32();
  const currentLeaderEpoch: number = version >= 4 ? r.int32() : -1;
  const timestamp: number = r.int64();
  if (version >= 6) r.skipTaggedFields();
  return { partitionIndex, currentLeaderEpoch, timestamp };
}

export function writeListOffsetsRequestPartition(w: ByteWriter, m: ListOffsetsRequestPartition, version: number): void {
  w.int32(m.partitionIndex);
  if (version >= 4) {
    w.int32(m.currentLeaderEpoch);
  }
  w.int64(m.timestamp);
  if (version >= 6) w.int8(0);
}

export interface ListOffsetsRequestTopic {
  name: string;
  partitions: ListOffsetsRequestPartition[];
}

/** With the default in every field. */
export function defaultListOffsetsRequestTopic(): ListOffsetsRequestTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readListOffsetsRequestTopic(r: ByteReader, version: number): ListOffsetsRequestTopic {
  const name: string = version >= 6 ? r.compactString() : r.string();
  const partitions: ListOffsetsRequestPartition[] = [];
  const partitionsCount = version >= 6 ? r.compactArrayLength(17) : r.arrayLength(12);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readListOffsetsRequestPartition(r, version));
  if (version >= 6) r.skipTaggedFields();
  return { name, partitions };
}

export function writeListOffsetsRequestTopic(w: ByteWriter, m: ListOffsetsRequestTopic, version: number): void {
  if (version >= 6) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 6) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) writeListOffsetsRequestPartition(w, item, version);
  if (version >= 6) w.int8(0);
}

export interface ListOffsetsRequest {
  replicaId: number;
  /** Versions 2+. */
  isolationLevel: number;
  topics: ListOffsetsRequestTopic[];
  /** Versions 10+, ignorable. */
  timeoutMs: number;
}

/** With the default in every field. */
export function defaultListOffsetsRequest(): ListOffsetsRequest {
  return {
    replicaId: 0,
    isolationLevel: 0,
    topics: [],
    timeoutMs: 0,
  };
}

export function readListOffsetsRequest(r: ByteReader, version: number): ListOffsetsRequest {
  const replicaId: number = r.int32();
  const isolationLevel: number = version >= 2 ? r.int8() : 0;
  const topics: ListOffsetsRequestTopic[] = [];
  const topicsCount = version >= 6 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < topicsCount; i++) topics.push(readListOffsetsRequestTopic(r, version));
  const timeoutMs: number = version >= 10 ? r.int32() : 0;
  if (version >= 6) r.skipTaggedFields();
  return { replicaId, isolationLevel, topics, timeoutMs };
}

export function writeListOffsetsRequest(w: ByteWriter, m: ListOffsetsRequest, version: number): void {
  w.int32(m.replicaId);
  if (version >= 2) {
    w.int8(m.isolationLevel);
  } else if (m.isolationLevel !== 0) throw new UnsupportedFieldError('ListOffsetsRequest.isolationLevel', version);
  if (version >= 6) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeListOffsetsRequestTopic(w, item, version);
  if (version >= 10) {
    w.int32(m.timeoutMs);
  }
  if (version >= 6) w.int8(0);
}

export interface ListOffsetsResponsePartition {
  partitionIndex: number;
  errorCode: number;
  /** Default -1. */
  timestamp: number;
  /** Default -1. */
  offset: number;
  /** Versions 4+, default -1. */
  leaderEpoch: number;
}

/** With the default in every field. */
export function defaultListOffsetsResponsePartition(): ListOffsetsResponsePartition {
  return {
    partitionIndex: 0,
    errorCode: 0,
    timestamp: -1,
    offset: -1,
    leaderEpoch: -1,
  };
}

export function readListOffsetsResponsePartition(r: ByteReader, version: number): ListOffsetsResponsePartition {
  const partitionIndex: number = r.int32();
  const errorCode: number = r.int16();
  const timestamp: number = r.int64();
  const offset: number = r.int64();
  const leaderEpoch: number = version >= 4 ? r.int32() : -1;
  if (version >= 6) r.skipTaggedFields();
  return { partitionIndex, errorCode, timestamp, offset, leaderEpoch };
}

export function writeListOffsetsResponsePartition(w: ByteWriter, m: ListOffsetsResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int16(m.errorCode);
  w.int64(m.timestamp);
  w.int64(m.offset);
  if (version >= 4) {
    w.int32(m.leaderEpoch);
  } else if (m.leaderEpoch !== -1) throw new UnsupportedFieldError('ListOffsetsResponsePartition.leaderEpoch', version);
  if (version >= 6) w.int8(0);
}

export interface ListOffsetsResponseTopic {
  name: string;
  partitions: ListOffsetsResponsePartition[];
}

/** With the default in every field. */
export function defaultListOffsetsResponseTopic(): ListOffsetsResponseTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readListOffsetsResponseTopic(r: ByteReader, version: number): ListOffsetsResponseTopic {
  const name: string = version >= 6 ? r.compactString() : r.string();
  const partitions: ListOffsetsResponsePartition[] = [];
  const partitionsCount = version >= 6 ? r.compactArrayLength(27) : r.arrayLength(22);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readListOffsetsResponsePartition(r, version));
  if (version >= 6) r.skipTaggedFields();
  return { name, partitions };
}

export function writeListOffsetsResponseTopic(w: ByteWriter, m: ListOffsetsResponseTopic, version: number): void {
  if (version >= 6) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 6) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) writeListOffsetsResponsePartition(w, item, version);
  if (version >= 6) w.int8(0);
}

export interface ListOffsetsResponse {
  /** Versions 2+, ignorable. */
  throttleTimeMs: number;
  topics: ListOffsetsResponseTopic[];
}

/** With the default in every field. */
export function defaultListOffsetsResponse(): ListOffsetsResponse {
  return {
    throttleTimeMs: 0,
    topics: [],
  };
}

export function readListOffsetsResponse(r: ByteReader, version: number): ListOffsetsResponse {
  const throttleTimeMs: number = version >= 2 ? r.int32() : 0;
  const topics: ListOffsetsResponseTopic[] = [];
  const topicsCount = version >= 6 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < topicsCount; i++) topics.push(readListOffsetsResponseTopic(r, version));
  if (version >= 6) r.skipTaggedFields();
  return { throttleTimeMs, topics };
}

export function writeListOffsetsResponse(w: ByteWriter, m: ListOffsetsResponse, version: number): void {
  if (version >= 2) {
    w.int32(m.throttleTimeMs);
  }
  if (version >= 6) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeListOffsetsResponseTopic(w, item, version);
  if (version >= 6) w.int8(0);
}
