/**
 * Generated from schema/txn-offset-commit.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Storing the progress of a consumer group as a part of a transaction.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface TxnOffsetCommitRequestPartition {
  partitionIndex: number;
  committedOffset: number;
  /** Versions 2+, ignorable, default -1. */
  committedLeaderEpoch: number;
  /** Null in all. */
  committedMetadata: string | null;
}

/** With the default in every field. */
export function defaultTxnOffsetCommitRequestPartition(): TxnOffsetCommitRequestPartition {
  return {
    partitionIndex: 0,
    committedOffset: 0,
    committedLeaderEpoch: -1,
    committedMetadata: '',
  };
}

export function readTxnOffsetCommitRequestPartition(r: ByteReader, version: number): TxnOffsetCommitRequestPartition {
  const partitionIndex: number = r.int32();
  const committedOffset: number = r.int64();
  const committedLeaderEpoch: number = version >= 2 ? r.int32() : -1;
  const committedMetadata: string | null = version >= 3 ? r.compactNullableString() : r.nullableString();
  if (version >= 3) r.skipTaggedFields();
  return { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata };
}

export function writeTxnOffsetCommitRequestPartition(w: ByteWriter, m: TxnOffsetCommitRequestPartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int64(m.committedOffset);
  if (version >= 2) {
    w.int32(m.committedLeaderEpoch);
  }
  if (version >= 3) { w.compactNullableString(m.committedMetadata); } else { w.nullableString(m.committedMetadata); }
  if (version >= 3) w.int8(0);
}

export interface TxnOffsetCommitRequestTopic {
  name: string;
  partitions: TxnOffsetCommitRequestPartition[];
}

/** With the default in every field. */
export function defaultTxnOffsetCommitRequestTopic(): TxnOffsetCommitRequestTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readTxnOffsetCommitRequestTopic(r: ByteReader, version: number): TxnOffsetCommitRequestTopic {
  const name: string = version >= 3 ? r.compactString() : r.string();
  const partitions: TxnOffsetCommitRequestPartition[] = [];
  const partitionsCount = version >= 3 ? r.compactArrayLength(18) : r.arrayLength(14);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readTxnOffsetCommitRequestPartition(r, version));
  if (version >= 3) r.skipTaggedFields();
  return { name, partitions };
}

export function writeTxnOffsetCommitRequestTopic(w: ByteWriter, m: TxnOffsetCommitRequestTopic, version: number): void {
  if (version >= 3) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 3) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) writeTxnOffsetCommitRequestPartition(w, item, version);
  if (version >= 3) w.int8(0);
}

export interface TxnOffsetCommitRequest {
  transactionalId: string;
  groupId: string;
  producerId: number;
  producerEpoch: number;
  /** Versions 3+, default -1. */
  generationId: number;
  /** Versions 3+. */
  memberId: string;
  /** Versions 3+, null in all, default null. */
  groupInstanceId: string | null;
  topics: TxnOffsetCommitRequestTopic[];
}

/** With the default in every field. */
export function defaultTxnOffsetCommitRequest(): TxnOffsetCommitRequest {
  return {
    transactionalId: '',
    groupId: '',
    producerId: 0,
    producerEpoch: 0,
    generationId: -1,
    memberId: '',
    groupInstanceId: null,
    topics: [],
  };
}

export function readTxnOffsetCommitRequest(r: ByteReader, version: number): TxnOffsetCommitRequest {
  const transactionalId: string = version >= 3 ? r.compactString() : r.string();
  const groupId: string = version >= 3 ? r.compactString() : r.string();
  const producerId: number = r.int64();
  const producerEpoch: number = r.int16();
  const generationId: number = version >= 3 ? r.int32() : -1;
  const memberId: string = version >= 3 ? r.compactString() : '';
  const groupInstanceId: string | null = version >= 3 ? r.compactNullableString() : null;
  const topics: TxnOffsetCommitRequestTopic[] = [];
  const topicsCount = version >= 3 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < topicsCount; i++) topics.push(readTxnOffsetCommitRequestTopic(r, version));
  if (version >= 3) r.skipTaggedFields();
  return { transactionalId, groupId, producerId, producerEpoch, generationId, memberId, groupInstanceId, topics };
}

export function writeTxnOffsetCommitRequest(w: ByteWriter, m: TxnOffsetCommitRequest, version: number): void {
  if (version >= 3) { w.compactString(m.transactionalId); } else { w.string(m.transactionalId); }
  if (version >= 3) { w.compactString(m.groupId); } else { w.string(m.groupId); }
  w.int64(m.producerId);
  w.int16(m.producerEpoch);
  if (version >= 3) {
    w.int32(m.generationId);
  } else if (m.generationId !== -1) throw new UnsupportedFieldError('TxnOffsetCommitRequest.generationId', version);
  if (version >= 3) {
    w.compactString(m.memberId);
  } else if (m.memberId !== '') throw new UnsupportedFieldError('TxnOffsetCommitRequest.memberId', version);
  if (version >= 3) {
    w.compactNullableString(m.groupInstanceId);
  } else if (m.groupInstanceId !== null) throw new UnsupportedFieldError('TxnOffsetCommitRequest.groupInstanceId', version);
  if (version >= 3) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeTxnOffsetCommitRequestTopic(w, item, version);
  if (version >= 3) w.int8(0);
}

export interface TxnOffsetCommitResponsePartition {
  partitionIndex: number;
  errorCode: number;
}

/** With the default in every field. */
export function defaultTxnOffsetCommitResponsePartition(): TxnOffsetCommitResponsePartition {
  return {
    partitionIndex: 0,
    errorCode: 0,
  };
}

export function readTxnOffsetCommitResponsePartition(r: ByteReader, version: number): TxnOffsetCommitResponsePartition {
  const partitionIndex: number = r.int32();
  const errorCode: number = r.int16();
  if (version >= 3) r.skipTaggedFields();
  return { partitionIndex, errorCode };
}

export function writeTxnOffsetCommitResponsePartition(w: ByteWriter, m: TxnOffsetCommitResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int16(m.errorCode);
  if (version >= 3) w.int8(0);
}

export interface TxnOffsetCommitResponseTopic {
  name: string;
  partitions: TxnOffsetCommitResponsePartition[];
}

/** With the default in every field. */
export function defaultTxnOffsetCommitResponseTopic(): TxnOffsetCommitResponseTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readTxnOffsetCommitResponseTopic(r: ByteReader, version: number): TxnOffsetCommitResponseTopic {
  const name: string = version >= 3 ? r.compactString() : r.string();
  const partitions: TxnOffsetCommitResponsePartition[] = [];
  const partitionsCount = version >= 3 ? r.compactArrayLength(7) : r.arrayLength(6);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readTxnOffsetCommitResponsePartition(r, version));
  if (version >= 3) r.skipTaggedFields();
  return { name, partitions };
}

export function writeTxnOffsetCommitResponseTopic(w: ByteWriter, m: TxnOffsetCommitResponseTopic, version: number): void {
  if (version >= 3) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 3) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) writeTxnOffsetCommitResponsePartition(w, item, version);
  if (version >= 3) w.int8(0);
}

export interface TxnOffsetCommitResponse {
  throttleTimeMs: number;
  topics: TxnOffsetCommitResponseTopic[];
}

/** With the default in every field. */
export function defaultTxnOffsetCommitResponse(): TxnOffsetCommitResponse {
  return {
    throttleTimeMs: 0,
    topics: [],
  };
}

export function readTxnOffsetCommitResponse(r: ByteReader, version: number): TxnOffsetCommitResponse {
  const throttleTimeMs: number = r.int32();
  const topics: TxnOffsetCommitResponseTopic[] = [];
  const topicsCount = version >= 3 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < topicsCount; i++) topics.push(readTxnOffsetCommitResponseTopic(r, version));
  if (version >= 3) r.skipTaggedFields();
  return { throttleTimeMs, topics };
}

export function writeTxnOffsetCommitResponse(w: ByteWriter, m: TxnOffsetCommitResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 3) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeTxnOffsetCommitResponseTopic(w, item, version);
  if (version >= 3) w.int8(0);
}
