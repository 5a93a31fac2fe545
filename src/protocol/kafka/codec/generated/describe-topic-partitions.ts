/**
 * Generated from schema/describe-topic-partitions.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Partitions of topics, in pages (KIP-966).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';

export interface DescribeTopicPartitionsRequestTopic {
  name: string;
}

/** With the default in every field. */
export function defaultDescribeTopicPartitionsRequestTopic(): DescribeTopicPartitionsRequestTopic {
  return {
    name: '',
  };
}

export function readDescribeTopicPartitionsRequestTopic(r: ByteReader, version: number): DescribeTopicPartitionsRequestTopic {
  const name: string = r.compactString();
  r.skipTaggedFields();
  return { name };
}

export function writeDescribeTopicPartitionsRequestTopic(w: ByteWriter, m: DescribeTopicPartitionsRequestTopic, version: number): void {
  w.compactString(m.name);
  w.int8(0);
}

export interface DescribeTopicPartitionsRequestCursor {
  topicName: string;
  partitionIndex: number;
}

/** With the default in every field. */
export function defaultDescribeTopicPartitionsRequestCursor(): DescribeTopicPartitionsRequestCursor {
  return {
    topicName: '',
    partitionIndex: 0,
  };
}

export function readDescribeTopicPartitionsRequestCursor(r: ByteReader, version: number): DescribeTopicPartitionsRequestCursor {
  const topicName: string = r.compactString();
  const partitionIndex: number = r.int32();
  r.skipTaggedFields();
  return { topicName, partitionIndex };
}

export function writeDescribeTopicPartitionsRequestCursor(w: ByteWriter, m: DescribeTopicPartitionsRequestCursor, version: number): void {
  w.compactString(m.topicName);
  w.int32(m.partitionIndex);
  w.int8(0);
}

export interface DescribeTopicPartitionsRequest {
  topics: DescribeTopicPartitionsRequestTopic[];
  /** Default 2000. */
  responsePartitionLimit: number;
  /** Null in all, default null. */
  cursor: DescribeTopicPartitionsRequestCursor | null;
}

/** With the default in every field. */
export function defaultDescribeTopicPartitionsRequest(): DescribeTopicPartitionsRequest {
  return {
    topics: [],
    responsePartitionLimit: 2000,
    cursor: null,
  };
}

export function readDescribeTopicPartitionsRequest(r: ByteReader, version: number): DescribeTopicPartitionsRequest {
  const topics: DescribeTopicPartitionsRequestTopic[] = [];
  const topicsCount = r.compactArrayLength(2);
  for (let i = 0; i < topicsCount; i++) topics.push(readDescribeTopicPartitionsRequestTopic(r, version));
  const responsePartitionLimit: number = r.int32();
  const cursor: DescribeTopicPartitionsRequestCursor | null = (r.int8() < 0 ? null : readDescribeTopicPartitionsRequestCursor(r, version));
  r.skipTaggedFields();
  return { topics, responsePartitionLimit, cursor };
}

export function writeDescribeTopicPartitionsRequest(w: ByteWriter, m: DescribeTopicPartitionsRequest, version: number): void {
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeDescribeTopicPartitionsRequestTopic(w, item, version);
  w.int32(m.responsePartitionLimit);
  if (m.cursor === null) { w.int8(-1); } else { w.int8(1); writeDescribeTopicPartitionsRequestCursor(w, m.cursor, version); }
  w.int8(0);
}

export interface DescribeTopicPartitionsResponsePartition {
  errorCode: number;
  partitionIndex: number;
  leaderId: number;
  /** Default -1. */
  leaderEpoch: number;
  replicaNodes: number[];
  isrNodes: number[];
  /** Null in all, default null. */
  eligibleLeaderReplicas: number[] | null;
  /** Null in all, default null. */
  lastKnownElr: number[] | null;
  offlineReplicas: number[];
}

/** With the default in every field. */
export function defaultDescribeTopicPartitionsResponsePartition(): DescribeTopicPartitionsResponsePartition {
  return {
    errorCode: 0,
    partitionIndex: 0,
    leaderId: 0,
    leaderEpoch: -1,
    replicaNodes: [],
    isrNodes: [],
    eligibleLeaderReplicas: null,
    lastKnownElr: null,
    offlineReplicas: [],
  };
}

export function readDescribeTopicPartitionsResponsePartition(r: ByteReader, version: number): DescribeTopicPartitionsResponsePartition {
  const errorCode: number = r.int16();
  const partitionIndex: number = r.int32();
  const leaderId: number = r.int32();
  const leaderEpoch: number = r.int32();
  const replicaNodes: number[] = [];
  const replicaNodesCount = r.compactArrayLength(4);
  for (let i = 0; i < replicaNodesCount; i++) replicaNodes.push(r.int32());
  const isrNodes: number[] = [];
  const isrNodesCount = r.compactArrayLength(4);
  for (let i = 0; i < isrNodesCount; i++) isrNodes.push(r.int32());
  let eligibleLeaderReplicas: number[] | null = [];
  const eligibleLeaderReplicasCount = r.compactNullableArrayLength(4);
  if (eligibleLeaderReplicasCount < 0) eligibleLeaderReplicas = null;
  else for (let i = 0; i < eligibleLeaderReplicasCount; i++) eligibleLeaderReplicas.push(r.int32());
  let lastKnownElr: number[] | null = [];
  const lastKnownElrCount = r.compactNullableArrayLength(4);
  if (lastKnownElrCount < 0) lastKnownElr = null;
  else for (let i = 0; i < lastKnownElrCount; i++) lastKnownElr.push(r.int32());
  const offlineReplicas: number[] = [];
  const offlineReplicasCount = r.compactArrayLength(4);
  for (let i = 0; i < offlineReplicasCount; i++) offlineReplicas.push(r.int32());
  r.skipTaggedFields();
  return { errorCode, partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, eligibleLeaderReplicas, lastKnownElr, offlineReplicas };
}

export function writeDescribeTopicPartitionsResponsePartition(w: ByteWriter, m: DescribeTopicPartitionsResponsePartition, version: number): void {
  w.int16(m.errorCode);
  w.int32(m.partitionIndex);
  w.int32(m.leaderId);
  w.int32(m.leaderEpoch);
  w.compactArrayLength(m.replicaNodes.length);
  for (const item of m.replicaNodes) w.int32(item);
  w.compactArrayLength(m.isrNodes.length);
  for (const item of m.isrNodes) w.int32(item);
  if (m.eligibleLeaderReplicas === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.eligibleLeaderReplicas.length);
    for (const item of m.eligibleLeaderReplicas) w.int32(item);
  }
  if (m.lastKnownElr === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.lastKnownElr.length);
    for (const item of m.lastKnownElr) w.int32(item);
  }
  w.compactArrayLength(m.offlineReplicas.length);
  for (const item of m.offlineReplicas) w.int32(item);
  w.int8(0);
}

export interface DescribeTopicPartitionsResponseTopic {
  errorCode: number;
  /** Null in all. */
  name: string | null;
  topicId: Uuid;
  isInternal: boolean;
  partitions: DescribeTopicPartitionsResponsePartition[];
  /** Default -2147483648. */
  topicAuthorizedOperations: number;
}

/** With the default in every field. */
export function defaultDescribeTopicPartitionsResponseTopic(): DescribeTopicPartitionsResponseTopic {
  return {
    errorCode: 0,
    name: '',
    topicId: ZERO_UUID,
    isInternal: false,
    partitions: [],
    topicAuthorizedOperations: -2147483648,
  };
}

export function readDescribeTopicPartitionsResponseTopic(r: ByteReader, version: number): DescribeTopicPartitionsResponseTopic {
  const errorCode: number = r.int16();
  const name: string | null = r.compactNullableString();
  const topicId: Uuid = r.uuid();
  const isInternal: boolean = r.boolean();
  const partitions: DescribeTopicPartitionsResponsePartition[] = [];
  const partitionsCount = r.compactArrayLength(20);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readDescribeTopicPartitionsResponsePartition(r, version));
  const topicAuthorizedOperations: number = r.int32();
  r.skipTaggedFields();
  return { errorCode, name, topicId, isInternal, partitions, topicAuthorizedOperations };
}

export function writeDescribeTopicPartitionsResponseTopic(w: ByteWriter, m: DescribeTopicPartitionsResponseTopic, version: number): void {
  w.int16(m.errorCode);
  w.compactNullableString(m.name);
  w.uuid(m.topicId);
  w.boolean(m.isInternal);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) writeDescribeTopicPartitionsResponsePartition(w, item, version);
  w.int32(m.topicAuthorizedOperations);
  w.int8(0);
}

export interface DescribeTopicPartitionsResponseCursor {
  topicName: string;
  partitionIndex: number;
}

/** With the default in every field. */
export function defaultDescribeTopicPartitionsResponseCursor(): DescribeTopicPartitionsResponseCursor {
  return {
    topicName: '',
    partitionIndex: 0,
  };
}

export function readDescribeTopicPartitionsResponseCursor(r: ByteReader, version: number): DescribeTopicPartitionsResponseCursor {
  const topicName: string = r.compactString();
  const partitionIndex: number = r.int32();
  r.skipTaggedFields();
  return { topicName, partitionIndex };
}

export function writeDescribeTopicPartitionsResponseCursor(w: ByteWriter, m: DescribeTopicPartitionsResponseCursor, version: number): void {
  w.compactString(m.topicName);
  w.int32(m.partitionIndex);
  w.int8(0);
}

export interface DescribeTopicPartitionsResponse {
  throttleTimeMs: number;
  topics: DescribeTopicPartitionsResponseTopic[];
  /** Null in all, default null. */
  nextCursor: DescribeTopicPartitionsResponseCursor | null;
}

/** With the default in every field. */
export function defaultDescribeTopicPartitionsResponse(): DescribeTopicPartitionsResponse {
  return {
    throttleTimeMs: 0,
    topics: [],
    nextCursor: null,
  };
}

export function readDescribeTopicPartitionsResponse(r: ByteReader, version: number): DescribeTopicPartitionsResponse {
  const throttleTimeMs: number = r.int32();
  const topics: DescribeTopicPartitionsResponseTopic[] = [];
  const topicsCount = r.compactArrayLength(26);
  for (let i = 0; i < topicsCount; i++) topics.push(readDescribeTopicPartitionsResponseTopic(r, version));
  const nextCursor: DescribeTopicPartitionsResponseCursor | null = (r.int8() < 0 ? null : readDescribeTopicPartitionsResponseCursor(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, topics, nextCursor };
}

export function writeDescribeTopicPartitionsResponse(w: ByteWriter, m: DescribeTopicPartitionsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeDescribeTopicPartitionsResponseTopic(w, item, version);
  if (m.nextCursor === null) { w.int8(-1); } else { w.int8(1); writeDescribeTopicPartitionsResponseCursor(w, m.nextCursor, version); }
  w.int8(0);
}
