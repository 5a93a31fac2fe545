/**
 * Generated from schema/offset-for-leader-epoch.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Where a leader epoch ended, for finding the point of divergence (KIP-101, KIP-320).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface OffsetForLeaderEpochRequestPartition {
  partition: number;
  /** Default -1. */
  currentLeaderEpoch: number;
  leaderEpoch: number;
}

/** With the default in every field. */
export function defaultOffsetForLeaderEpochRequestPartition(): OffsetForLeaderEpochRequestPartition {
  return {
    partition: 0,
    currentLeaderEpoch: -1,
    leaderEpoch: 0,
  };
}

export function readOffsetForLeaderEpochRequestPartition(r: ByteReader, version: number): OffsetForLeaderEpochRequestPartition {
  const partition: number = r.int32();
  const currentLeaderEpoch: number = r.int32();
  const leaderEpoch: number = r.int32();
  if (version >= 4) r.skipTaggedFields();
  return { partition, currentLeaderEpoch, leaderEpoch };
}

export function writeOffsetForLeaderEpochRequestPartition(w: ByteWriter, m: OffsetForLeaderEpochRequestPartition, version: number): void {
  w.int32(m.partition);
  w.int32(m.currentLeaderEpoch);
  w.int32(m.leaderEpoch);
  if (version >= 4) w.int8(0);
}

export interface OffsetForLeaderEpochRequestTopic {
  topic: string;
  partitions: OffsetForLeaderEpochRequestPartition[];
}

/** With the default in every field. */
export function defaultOffsetForLeaderEpochRequestTopic(): OffsetForLeaderEpochRequestTopic {
  return {
    topic: '',
    partitions: [],
  };
}

export function readOffsetForLeaderEpochRequestTopic(r: ByteReader, version: number): OffsetForLeaderEpochRequestTopic {
  const topic: string = version >= 4 ? r.compactString() : r.string();
  const partitions: OffsetForLeaderEpochRequestPartition[] = [];
  const partitionsCount = version >= 4 ? r.compactArrayLength(13) : r.arrayLength(12);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readOffsetForLeaderEpochRequestPartition(r, version));
  if (version >= 4) r.skipTaggedFields();
  return { topic, partitions };
}

export function writeOffsetForLeaderEpochRequestTopic(w: ByteWriter, m: OffsetForLeaderEpochRequestTopic, version: number): void {
  if (version >= 4) { w.compactString(m.topic); } else { w.string(m.topic); }
  if (version >= 4) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) writeOffsetForLeaderEpochRequestPartition(w, item, version);
  if (version >= 4) w.int8(0);
}

export interface OffsetForLeaderEpochRequest {
  /** Versions 3+, ignorable, default -2. */
  replicaId: number;
  topics: OffsetForLeaderEpochRequestTopic[];
}

/** With the default in every field. */
export function defaultOffsetForLeaderEpochRequest(): OffsetForLeaderEpochRequest {
  return {
    replicaId: -2,
    topics: [],
  };
}

export function readOffsetForLeaderEpochRequest(r: ByteReader, version: number): OffsetForLeaderEpochRequest {
  const replicaId: number = version >= 3 ? r.int32() : -2;
  const topics: OffsetForLeaderEpochRequestTopic[] = [];
  const topicsCount = version >= 4 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < topicsCount; i++) topics.push(readOffsetForLeaderEpochRequestTopic(r, version));
  if (version >= 4) r.skipTaggedFields();
  return { replicaId, topics };
}

export function writeOffsetForLeaderEpochRequest(w: ByteWriter, m: OffsetForLeaderEpochRequest, version: number): void {
  if (version >= 3) {
    w.int32(m.replicaId);
  }
  if (version >= 4) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeOffsetForLeaderEpochRequestTopic(w, item, version);
  if (version >= 4) w.int8(0);
}

export interface OffsetForLeaderEpochResponsePartition {
  errorCode: number;
  partition: number;
  /** Default -1. */
  leaderEpoch: number;
  /** Default -1. */
  endOffset: number;
}

/** With the default in every field. */
export function defaultOffsetForLeaderEpochResponsePartition(): OffsetForLeaderEpochResponsePartition {
  return {
    errorCode: 0,
    partition: 0,
    leaderEpoch: -1,
    endOffset: -1,
  };
}

export function readOffsetForLeaderEpochResponsePartition(r: ByteReader, version: number): OffsetForLeaderEpochResponsePartition {
  const errorCode: number = r.int16();
  const partition: number = r.int32();
  const leaderEpoch: number = r.int32();
  const endOffset: number = r.int64();
  if (version >= 4) r.skipTaggedFields();
  return { errorCode, partition, leaderEpoch, endOffset };
}

export function writeOffsetForLeaderEpochResponsePartition(w: ByteWriter, m: OffsetForLeaderEpochResponsePartition, version: number): void {
  w.int16(m.errorCode);
  w.int32(m.partition);
  w.int32(m.leaderEpoch);
  w.int64(m.endOffset);
  if (version >= 4) w.int8(0);
}

export interface OffsetForLeaderEpochResponseTopic {
  topic: string;
  partitions: OffsetForLeaderEpochResponsePartition[];
}

/** With the default in every field. */
export function defaultOffsetForLeaderEpochResponseTopic(): OffsetForLeaderEpochResponseTopic {
  return {
    topic: '',
    partitions: [],
  };
}

export function readOffsetForLeaderEpochResponseTopic(r: ByteReader, version: number): OffsetForLeaderEpochResponseTopic {
  const topic: string = version >= 4 ? r.compactString() : r.string();
  const partitions: OffsetForLeaderEpochResponsePartition[] = [];
  const partitionsCount = version >= 4 ? r.compactArrayLength(19) : r.arrayLength(18);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readOffsetForLeaderEpochResponsePartition(r, version));
  if (version >= 4) r.skipTaggedFields();
  return { topic, partitions };
}

export function writeOffsetForLeaderEpochResponseTopic(w: ByteWriter, m: OffsetForLeaderEpochResponseTopic, version: number): void {
  if (version >= 4) { w.compactString(m.topic); } else { w.string(m.topic); }
  if (version >= 4) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) writeOffsetForLeaderEpochResponsePartition(w, item, version);
  if (version >= 4) w.int8(0);
}

export interface OffsetForLeaderEpochResponse {
  throttleTimeMs: number;
  topics: OffsetForLeaderEpochResponseTopic[];
}

/** With the default in every field. */
export function defaultOffsetForLeaderEpochResponse(): OffsetForLeaderEpochResponse {
  return {
    throttleTimeMs: 0,
    topics: [],
  };
}

export function readOffsetForLeaderEpochResponse(r: ByteReader, version: number): OffsetForLeaderEpochResponse {
  const throttleTimeMs: number = r.int32();
  const topics: OffsetForLeaderEpochResponseTopic[] = [];
  const topicsCount = version >= 4 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < topicsCount; i++) topics.push(readOffsetForLeaderEpochResponseTopic(r, version));
  if (version >= 4) r.skipTaggedFields();
  return { throttleTimeMs, topics };
}

export function writeOffsetForLeaderEpochResponse(w: ByteWriter, m: OffsetForLeaderEpochResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 4) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeOffsetForLeaderEpochResponseTopic(w, item, version);
  if (version >= 4) w.int8(0);
}
