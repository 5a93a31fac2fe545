/**
 * Generated from schema/elect-leaders.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Asks for an election of leaders (KIP-183, KIP-460).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface ElectLeadersRequestTopic {
  topic: string;
  partitions: number[];
}

/** With the default in every field. */
export function defaultElectLeadersRequestTopic(): ElectLeadersRequestTopic {
  return {
    topic: '',
    partitions: [],
  };
}

export function readElectLeadersRequestTopic(r: ByteReader, version: number): ElectLeadersRequestTopic {
  const topic: string = version >= 2 ? r.compactString() : r.string();
  const partitions: number[] = [];
  const partitionsCount = version >= 2 ? r.compactArrayLength(4) : r.arrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  if (version >= 2) r.skipTaggedFields();
  return { topic, partitions };
}

export function writeElectLeadersRequestTopic(w: ByteWriter, m: ElectLeadersRequestTopic, version: number): void {
  if (version >= 2) { w.compactString(m.topic); } else { w.string(m.topic); }
  if (version >= 2) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) w.int32(item);
  if (version >= 2) w.int8(0);
}

export interface ElectLeadersRequest {
  /** Versions 1+. */
  electionType: number;
  /** Null in all. */
  topicPartitions: ElectLeadersRequestTopic[] | null;
  /** Default 60000. */
  timeoutMs: number;
}

/** With the default in every field. */
export function defaultElectLeadersRequest(): ElectLeadersRequest {
  return {
    electionType: 0,
    topicPartitions: [],
    timeoutMs: 60000,
  };
}

export function readElectLeadersRequest(r: ByteReader, version: number): ElectLeadersRequest {
  const electionType: number = version >= 1 ? r.int8() : 0;
  let topicPartitions: ElectLeadersRequestTopic[] | null = [];
  const topicPartitionsCount = version >= 2 ? r.compactNullableArrayLength(3) : r.nullableArrayLength(6);
  if (topicPartitionsCount < 0) topicPartitions = null;
  else for (let i = 0; i < topicPartitionsCount; i++) topicPartitions.push(readElectLeadersRequestTopic(r, version));
  const timeoutMs: number = r.int32();
  if (version >= 2) r.skipTaggedFields();
  return { electionType, topicPartitions, timeoutMs };
}

export function writeElectLeadersRequest(w: ByteWriter, m: ElectLeadersRequest, version: number): void {
  if (version >= 1) {
    w.int8(m.electionType);
  } else if (m.electionType !== 0) throw new UnsupportedFieldError('ElectLeadersRequest.electionType', version);
  if (m.topicPartitions === null) {
    if (version >= 2) { w.compactArrayLength(-1); } else { w.arrayLength(-1); }
  } else {
    if (version >= 2) { w.compactArrayLength(m.topicPartitions.length); } else { w.arrayLength(m.topicPartitions.length); }
    for (const item of m.topicPartitions) writeElectLeadersRequestTopic(w, item, version);
  }
  w.int32(m.timeoutMs);
  if (version >= 2) w.int8(0);
}

export interface ElectLeadersResponsePartition {
  partitionId: number;
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
}

/** With the default in every field. */
export function defaultElectLeadersResponsePartition(): ElectLeadersResponsePartition {
  return {
    partitionId: 0,
    errorCode: 0,
    errorMessage: '',
  };
}

export function readElectLeadersResponsePartition(r: ByteReader, version: number): ElectLeadersResponsePartition {
  const partitionId: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 2 ? r.compactNullableString() : r.nullableString();
  if (version >= 2) r.skipTaggedFields();
  return { partitionId, errorCode, errorMessage };
}

export function writeElectLeadersResponsePartition(w: ByteWriter, m: ElectLeadersResponsePartition, version: number): void {
  w.int32(m.partitionId);
  w.int16(m.errorCode);
  if (version >= 2) { w.compactNullableString(m.errorMessage); } else { w.nullableString(m.errorMessage); }
  if (version >= 2) w.int8(0);
}

export interface ElectLeadersResponseTopic {
  topic: string;
  partitionResult: ElectLeadersResponsePartition[];
}

/** With the default in every field. */
export function defaultElectLeadersResponseTopic(): ElectLeadersResponseTopic {
  return {
    topic: '',
    partitionResult: [],
  };
}

export function readElectLeadersResponseTopic(r: ByteReader, version: number): ElectLeadersResponseTopic {
  const topic: string = version >= 2 ? r.compactString() : r.string();
  const partitionResult: ElectLeadersResponsePartition[] = [];
  const partitionResultCount = version >= 2 ? r.compactArrayLength(8) : r.arrayLength(8);
  for (let i = 0; i < partitionResultCount; i++) partitionResult.push(readElectLeadersResponsePartition(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { topic, partitionResult };
}

export function writeElectLeadersResponseTopic(w: ByteWriter, m: ElectLeadersResponseTopic, version: number): void {
  if (version >= 2) { w.compactString(m.topic); } else { w.string(m.topic); }
  if (version >= 2) { w.compactArrayLength(m.partitionResult.length); } else { w.arrayLength(m.partitionResult.length); }
  for (const item of m.partitionResult) writeElectLeadersResponsePartition(w, item, version);
  if (version >= 2) w.int8(0);
}

export interface ElectLeadersResponse {
  throttleTimeMs: number;
  /** Versions 1+. */
  errorCode: number;
  replicaElectionResults: ElectLeadersResponseTopic[];
}

/** With the default in every field. */
export function defaultElectLeadersResponse(): ElectLeadersResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    replicaElectionResults: [],
  };
}

export function readElectLeadersResponse(r: ByteReader, version: number): ElectLeadersResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = version >= 1 ? r.int16() : 0;
  const replicaElectionResults: ElectLeadersResponseTopic[] = [];
  const replicaElectionResultsCount = version >= 2 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < replicaElectionResultsCount; i++) replicaElectionResults.push(readElectLeadersResponseTopic(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { throttleTimeMs, errorCode, replicaElectionResults };
}

export function writeElectLeadersResponse(w: ByteWriter, m: ElectLeadersResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 1) {
    w.int16(m.errorCode);
  } else if (m.errorCode !== 0) throw new UnsupportedFieldError('ElectLeadersResponse.errorCode', version);
  if (version >= 2) { w.compactArrayLength(m.replicaElectionResults.length); } else { w.arrayLength(m.replicaElectionResults.length); }
  for (const item of m.replicaElectionResults) writeElectLeadersResponseTopic(w, item, version);
  if (version >= 2) w.int8(0);
}
