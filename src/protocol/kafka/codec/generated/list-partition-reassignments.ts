/**
 * Generated from schema/list-partition-reassignments.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Moves of partitions that are under way (KIP-455).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface ListPartitionReassignmentsRequestTopic {
  name: string;
  partitionIndexes: number[];
}

/** With the default in every field. */
export function defaultListPartitionReassignmentsRequestTopic(): ListPartitionReassignmentsRequestTopic {
  return {
    name: '',
    partitionIndexes: [],
  };
}

export function readListPartitionReassignmentsRequestTopic(r: ByteReader, version: number): ListPartitionReassignmentsRequestTopic {
  const name: string = r.compactString();
  const partitionIndexes: number[] = [];
  const partitionIndexesCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionIndexesCount; i++) partitionIndexes.push(r.int32());
  r.skipTaggedFields();
  return { name, partitionIndexes };
}

export function writeListPartitionReassignmentsRequestTopic(w: ByteWriter, m: ListPartitionReassignmentsRequestTopic, version: number): void {
  w.compactString(m.name);
  w.compactArrayLength(m.partitionIndexes.length);
  for (const item of m.partitionIndexes) w.int32(item);
  w.int8(0);
}

export interface ListPartitionReassignmentsRequest {
  /** Default 60000. */
  timeoutMs: number;
  /** Null in all, default null. */
  topics: ListPartitionReassignmentsRequestTopic[] | null;
}

/** With the default in every field. */
export function defaultListPartitionReassignmentsRequest(): ListPartitionReassignmentsRequest {
  return {
    timeoutMs: 60000,
    topics: null,
  };
}

export function readListPartitionReassignmentsRequest(r: ByteReader, version: number): ListPartitionReassignmentsRequest {
  const timeoutMs: number = r.int32();
  let topics: ListPartitionReassignmentsRequestTopic[] | null = [];
  const topicsCount = r.compactNullableArrayLength(3);
  if (topicsCount < 0) topics = null;
  else for (let i = 0; i < topicsCount; i++) topics.push(readListPartitionReassignmentsRequestTopic(r, version));
  r.skipTaggedFields();
  return { timeoutMs, topics };
}

export function writeListPartitionReassignmentsRequest(w: ByteWriter, m: ListPartitionReassignmentsRequest, version: number): void {
  w.int32(m.timeoutMs);
  if (m.topics === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.topics.length);
    for (const item of m.topics) writeListPartitionReassignmentsRequestTopic(w, item, version);
  }
  w.int8(0);
}

export interface ListPartitionReassignmentsResponsePartition {
  partitionIndex: number;
  replicas: number[];
  addingReplicas: number[];
  removingReplicas: number[];
}

/** With the default in every field. */
export function defaultListPartitionReassignmentsResponsePartition(): ListPartitionReassignmentsResponsePartition {
  return {
    partitionIndex: 0,
    replicas: [],
    addingReplicas: [],
    removingReplicas: [],
  };
}

export function readListPartitionReassignmentsResponsePartition(r: ByteReader, version: number): ListPartitionReassignmentsResponsePartition {
  const partitionIndex: number = r.int32();
  const replicas: number[] = [];
  const replicasCount = r.compactArrayLength(4);
  for (let i = 0; i < replicasCount; i++) replicas.push(r.int32());
  const addingReplicas: number[] = [];
  const addingReplicasCount = r.compactArrayLength(4);
  for (let i = 0; i < addingReplicasCount; i++) addingReplicas.push(r.int32());
  const removingReplicas: number[] = [];
  const removingReplicasCount = r.compactArrayLength(4);
  for (let i = 0; i < removingReplicasCount; i++) removingReplicas.push(r.int32());
  r.skipTaggedFields();
  return { partitionIndex, replicas, addingReplicas, removingReplicas };
}

export function writeListPartitionReassignmentsResponsePartition(w: ByteWriter, m: ListPartitionReassignmentsResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.compactArrayLength(m.replicas.length);
  for (const item of m.replicas) w.int32(item);
  w.compactArrayLength(m.addingReplicas.length);
  for (const item of m.addingReplicas) w.int32(item);
  w.compactArrayLength(m.removingReplicas.length);
  for (const item of m.removingReplicas) w.int32(item);
  w.int8(0);
}

export interface ListPartitionReassignmentsResponseTopic {
  name: string;
  partitions: ListPartitionReassignmentsResponsePartition[];
}

/** With the default in every field. */
export function defaultListPartitionReassignmentsResponseTopic(): ListPartitionReassignmentsResponseTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readListPartitionReassignmentsResponseTopic(r: ByteReader, version: number): ListPartitionReassignmentsResponseTopic {
  const name: string = r.compactString();
  const partitions: ListPartitionReassignmentsResponsePartition[] = [];
  const partitionsCount = r.compactArrayLength(8);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readListPartitionReassignmentsResponsePartition(r, version));
  r.skipTaggedFields();
  return { name, partitions };
}

export function writeListPartitionReassignmentsResponseTopic(w: ByteWriter, m: ListPartitionReassignmentsResponseTopic, version: number): void {
  w.compactString(m.name);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) writeListPartitionReassignmentsResponsePartition(w, item, version);
  w.int8(0);
}

export interface ListPartitionReassignmentsResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
  topics: ListPartitionReassignmentsResponseTopic[];
}

/** With the default in every field. */
export function defaultListPartitionReassignmentsResponse(): ListPartitionReassignmentsResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: '',
    topics: [],
  };
}

export function readListPartitionReassignmentsResponse(r: ByteReader, version: number): ListPartitionReassignmentsResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const topics: ListPartitionReassignmentsResponseTopic[] = [];
  const topicsCount = r.compactArrayLength(3);
  for (let i = 0; i < topicsCount; i++) topics.push(readListPartitionReassignmentsResponseTopic(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage, topics };
}

export function writeListPartitionReassignmentsResponse(w: ByteWriter, m: ListPartitionReassignmentsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeListPartitionReassignmentsResponseTopic(w, item, version);
  w.int8(0);
}
