/**
 * Generated from schema/alter-partition-reassignments.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Moves partitions to other brokers (KIP-455, KIP-860).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface AlterPartitionReassignmentsRequestPartition {
  partitionIndex: number;
  /** Null in all, default null. */
  replicas: number[] | null;
}

/** With the default in every field. */
export function defaultAlterPartitionReassignmentsRequestPartition(): AlterPartitionReassignmentsRequestPartition {
  return {
    partitionIndex: 0,
    replicas: null,
  };
}

export function readAlterPartitionReassignmentsRequestPartition(r: ByteReader, version: number): AlterPartitionReassignmentsRequestPartition {
  const partitionIndex: number = r.int32();
  let replicas: number[] | null = [];
  const replicasCount = r.compactNullableArrayLength(4);
  if (replicasCount < 0) replicas = null;
  else for (let i = 0; i < replicasCount; i++) replicas.push(r.int32());
  r.skipTaggedFields();
  return { partitionIndex, replicas };
}

export function writeAlterPartitionReassignmentsRequestPartition(w: ByteWriter, m: AlterPartitionReassignmentsRequestPartition, version: number): void {
  w.int32(m.partitionIndex);
  if (m.replicas === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.replicas.length);
    for (const item of m.replicas) w.int32(item);
  }
  w.int8(0);
}

export interface AlterPartitionReassignmentsRequestTopic {
  name: string;
  partitions: AlterPartitionReassignmentsRequestPartition[];
}

/** With the default in every field. */
export function defaultAlterPartitionReassignmentsRequestTopic(): AlterPartitionReassignmentsRequestTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readAlterPartitionReassignmentsRequestTopic(r: ByteReader, version: number): AlterPartitionReassignmentsRequestTopic {
  const name: string = r.compactString();
  const partitions: AlterPartitionReassignmentsRequestPartition[] = [];
  const partitionsCount = r.compactArrayLength(6);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readAlterPartitionReassignmentsRequestPartition(r, version));
  r.skipTaggedFields();
  return { name, partitions };
}

export function writeAlterPartitionReassignmentsRequestTopic(w: ByteWriter, m: AlterPartitionReassignmentsRequestTopic, version: number): void {
  w.compactString(m.name);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) writeAlterPartitionReassignmentsRequestPartition(w, item, version);
  w.int8(0);
}

export interface AlterPartitionReassignmentsRequest {
  /** Default 60000. */
  timeoutMs: number;
  /** Versions 1, default true. */
  allowReplicationFactorChange: boolean;
  topics: AlterPartitionReassignmentsRequestTopic[];
}

/** With the default in every field. */
export function defaultAlterPartitionReassignmentsRequest(): AlterPartitionReassignmentsRequest {
  return {
    timeoutMs: 60000,
    allowReplicationFactorChange: true,
    topics: [],
  };
}

export function readAlterPartitionReassignmentsRequest(r: ByteReader, version: number): AlterPartitionReassignmentsRequest {
  const timeoutMs: number = r.int32();
  const allowReplicationFactorChange: boolean = version >= 1 ? r.boolean() : true;
  const topics: AlterPartitionReassignmentsRequestTopic[] = [];
  const topicsCount = r.compactArrayLength(3);
  for (let i = 0; i < topicsCount; i++) topics.push(readAlterPartitionReassignmentsRequestTopic(r, version));
  r.skipTaggedFields();
  return { timeoutMs, allowReplicationFactorChange, topics };
}

export function writeAlterPartitionReassignmentsRequest(w: ByteWriter, m: AlterPartitionReassignmentsRequest, version: number): void {
  w.int32(m.timeoutMs);
  if (version >= 1) {
    w.boolean(m.allowReplicationFactorChange);
  } else if (!m.allowReplicationFactorChange) throw new UnsupportedFieldError('AlterPartitionReassignmentsRequest.allowReplicationFactorChange', version);
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeAlterPartitionReassignmentsRequestTopic(w, item, version);
  w.int8(0);
}

export interface AlterPartitionReassignmentsResponsePartition {
  partitionIndex: number;
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
}

/** With the default in every field. */
export function defaultAlterPartitionReassignmentsResponsePartition(): AlterPartitionReassignmentsResponsePartition {
  return {
    partitionIndex: 0,
    errorCode: 0,
    errorMessage: '',
  };
}

export function readAlterPartitionReassignmentsResponsePartition(r: ByteReader, version: number): AlterPartitionReassignmentsResponsePartition {
  const partitionIndex: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  r.skipTaggedFields();
  return { partitionIndex, errorCode, errorMessage };
}

export function writeAlterPartitionReassignmentsResponsePartition(w: ByteWriter, m: AlterPartitionReassignmentsResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.int8(0);
}

export interface AlterPartitionReassignmentsResponseTopic {
  name: string;
  partitions: AlterPartitionReassignmentsResponsePartition[];
}

/** With the default in every field. */
export function defaultAlterPartitionReassignmentsResponseTopic(): AlterPartitionReassignmentsResponseTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readAlterPartitionReassignmentsResponseTopic(r: ByteReader, version: number): AlterPartitionReassignmentsResponseTopic {
  const name: string = r.compactString();
  const partitions: AlterPartitionReassignmentsResponsePartition[] = [];
  const partitionsCount = r.compactArrayLength(8);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readAlterPartitionReassignmentsResponsePartition(r, version));
  r.skipTaggedFields();
  return { name, partitions };
}

export function writeAlterPartitionReassignmentsResponseTopic(w: ByteWriter, m: AlterPartitionReassignmentsResponseTopic, version: number): void {
  w.compactString(m.name);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) writeAlterPartitionReassignmentsResponsePartition(w, item, version);
  w.int8(0);
}

export interface AlterPartitionReassignmentsResponse {
  throttleTimeMs: number;
  /** Versions 1, ignorable, default true. */
  allowReplicationFactorChange: boolean;
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
  responses: AlterPartitionReassignmentsResponseTopic[];
}

/** With the default in every field. */
export function defaultAlterPartitionReassignmentsResponse(): AlterPartitionReassignmentsResponse {
  return {
    throttleTimeMs: 0,
    allowReplicationFactorChange: true,
    errorCode: 0,
    errorMessage: '',
    responses: [],
  };
}

export function readAlterPartitionReassignmentsResponse(r: ByteReader, version: number): AlterPartitionReassignmentsResponse {
  const throttleTimeMs: number = r.int32();
  const allowReplicationFactorChange: boolean = version >= 1 ? r.boolean() : true;
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const responses: AlterPartitionReassignmentsResponseTopic[] = [];
  const responsesCount = r.compactArrayLength(3);
  for (let i = 0; i < responsesCount; i++) responses.push(readAlterPartitionReassignmentsResponseTopic(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, allowReplicationFactorChange, errorCode, errorMessage, responses };
}

export function writeAlterPartitionReassignmentsResponse(w: ByteWriter, m: AlterPartitionReassignmentsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 1) {
    w.boolean(m.allowReplicationFactorChange);
  }
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.compactArrayLength(m.responses.length);
  for (const item of m.responses) writeAlterPartitionReassignmentsResponseTopic(w, item, version);
  w.int8(0);
}
