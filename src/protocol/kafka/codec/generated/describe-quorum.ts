/**
 * Generated from schema/describe-quorum.schema by `npm run codec`. Do not edit: change the schema.
 *
 * The quorum that keeps the metadata (KIP-595, KIP-836, KIP-853).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';

export interface DescribeQuorumRequestPartition {
  partitionIndex: number;
}

/** With the default in every field. */
export function defaultDescribeQuorumRequestPartition(): DescribeQuorumRequestPartition {
  return {
    partitionIndex: 0,
  };
}

export function readDescribeQuorumRequestPartition(r: ByteReader, version: number): DescribeQuorumRequestPartition {
  const partitionIndex: number = r.int32();
  r.skipTaggedFields();
  return { partitionIndex };
}

export function writeDescribeQuorumRequestPartition(w: ByteWriter, m: DescribeQuorumRequestPartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int8(0);
}

export interface DescribeQuorumRequestTopic {
  topicName: string;
  partitions: DescribeQuorumRequestPartition[];
}

/** With the default in every field. */
export function defaultDescribeQuorumRequestTopic(): DescribeQuorumRequestTopic {
  return {
    topicName: '',
    partitions: [],
  };
}

export function readDescribeQuorumRequestTopic(r: ByteReader, version: number): DescribeQuorumRequestTopic {
  const topicName: string = r.compactString();
  const partitions: DescribeQuorumRequestPartition[] = [];
  const partitionsCount = r.compactArrayLength(5);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readDescribeQuorumRequestPartition(r, version));
  r.skipTaggedFields();
  return { topicName, partitions };
}

export function writeDescribeQuorumRequestTopic(w: ByteWriter, m: DescribeQuorumRequestTopic, version: number): void {
  w.compactString(m.topicName);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) writeDescribeQuorumRequestPartition(w, item, version);
  w.int8(0);
}

export interface DescribeQuorumRequest {
  topics: DescribeQuorumRequestTopic[];
}

/** With the default in every field. */
export function defaultDescribeQuorumRequest(): DescribeQuorumRequest {
  return {
    topics: [],
  };
}

export function readDescribeQuorumRequest(r: ByteReader, version: number): DescribeQuorumRequest {
  const topics: DescribeQuorumRequestTopic[] = [];
  const topicsCount = r.compactArrayLength(3);
  for (let i = 0; i < topicsCount; i++) topics.push(readDescribeQuorumRequestTopic(r, version));
  r.skipTaggedFields();
  return { topics };
}

export function writeDescribeQuorumRequest(w: ByteWriter, m: DescribeQuorumRequest, version: number): void {
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeDescribeQuorumRequestTopic(w, item, version);
  w.int8(0);
}

export interface DescribeQuorumResponseReplicaState {
  replicaId: number;
  /** Versions 2, ignorable. */
  replicaDirectoryId: Uuid;
  logEndOffset: number;
  /** Versions 1+, ignorable, default -1. */
  lastFetchTimestamp: number;
  /** Versions 1+, ignorable, default -1. */
  lastCaughtUpTimestamp: number;
}

/** With the default in every field. */
export function defaultDescribeQuorumResponseReplicaState(): DescribeQuorumResponseReplicaState {
  return {
    replicaId: 0,
    replicaDirectoryId: ZERO_UUID,
    logEndOffset: 0,
    lastFetchTimestamp: -1,
    lastCaughtUpTimestamp: -1,
  };
}

export function readDescribeQuorumResponseReplicaState(r: ByteReader, version: number): DescribeQuorumResponseReplicaState {
  const replicaId: number = r.int32();
  const replicaDirectoryId: Uuid = version >= 2 ? r.uuid() : ZERO_UUID;
  const logEndOffset: number = r.int64();
  const lastFetchTimestamp: number = version >= 1 ? r.int64() : -1;
  const lastCaughtUpTimestamp: number = version >= 1 ? r.int64() : -1;
  r.skipTaggedFields();
  return { replicaId, replicaDirectoryId, logEndOffset, lastFetchTimestamp, lastCaughtUpTimestamp };
}

export function writeDescribeQuorumResponseReplicaState(w: ByteWriter, m: DescribeQuorumResponseReplicaState, version: number): void {
  w.int32(m.replicaId);
  if (version >= 2) {
    w.uuid(m.replicaDirectoryId);
  }
  w.int64(m.logEndOffset);
  if (version >= 1) {
    w.int64(m.lastFetchTimestamp);
  }
  if (version >= 1) {
    w.int64(m.lastCaughtUpTimestamp);
  }
  w.int8(0);
}

export interface DescribeQuorumResponsePartition {
  partitionIndex: number;
  errorCode: number;
  /** Versions 2, null in all, ignorable. */
  errorMessage: string | null;
  leaderId: number;
  leaderEpoch: number;
  highWatermark: number;
  currentVoters: DescribeQuorumResponseReplicaState[];
  observers: DescribeQuorumResponseReplicaState[];
}

/** With the default in every field. */
export function defaultDescribeQuorumResponsePartition(): DescribeQuorumResponsePartition {
  return {
    partitionIndex: 0,
    errorCode: 0,
    errorMessage: '',
    leaderId: 0,
    leaderEpoch: 0,
    highWatermark: 0,
    currentVoters: [],
    observers: [],
  };
}

export function readDescribeQuorumResponsePartition(r: ByteReader, version: number): DescribeQuorumResponsePartition {
  const partitionIndex: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 2 ? r.compactNullableString() : '';
  const leaderId: number = r.int32();
  const leaderEpoch: number = r.int32();
  const highWatermark: number = r.int64();
  const currentVoters: DescribeQuorumResponseReplicaState[] = [];
  const currentVotersCount = r.compactArrayLength(13);
  for (let i = 0; i < currentVotersCount; i++) currentVoters.push(readDescribeQuorumResponseReplicaState(r, version));
  const observers: DescribeQuorumResponseReplicaState[] = [];
  const observersCount = r.compactArrayLength(13);
  for (let i = 0; i < observersCount; i++) observers.push(readDescribeQuorumResponseReplicaState(r, version));
  r.skipTaggedFields();
  return { partitionIndex, errorCode, errorMessage, leaderId, leaderEpoch, highWatermark, currentVoters, observers };
}

export function writeDescribeQuorumResponsePartition(w: ByteWriter, m: DescribeQuorumResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int16(m.errorCode);
  if (version >= 2) {
    w.compactNullableString(m.errorMessage);
  }
  w.int32(m.leaderId);
  w.int32(m.leaderEpoch);
  w.int64(m.highWatermark);
  w.compactArrayLength(m.currentVoters.length);
  for (const item of m.currentVoters) writeDescribeQuorumResponseReplicaState(w, item, version);
  w.compactArrayLength(m.observers.length);
  for (const item of m.observers) writeDescribeQuorumResponseReplicaState(w, item, version);
  w.int8(0);
}

export interface DescribeQuorumResponseTopic {
  topicName: string;
  partitions: DescribeQuorumResponsePartition[];
}

/** With the default in every field. */
export function defaultDescribeQuorumResponseTopic(): DescribeQuorumResponseTopic {
  return {
    topicName: '',
    partitions: [],
  };
}

export function readDescribeQuorumResponseTopic(r: ByteReader, version: number): DescribeQuorumResponseTopic {
  const topicName: string = r.compactString();
  const partitions: DescribeQuorumResponsePartition[] = [];
  const partitionsCount = r.compactArrayLength(25);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readDescribeQuorumResponsePartition(r, version));
  r.skipTaggedFields();
  return { topicName, partitions };
}

export function writeDescribeQuorumResponseTopic(w: ByteWriter, m: DescribeQuorumResponseTopic, version: number): void {
  w.compactString(m.topicName);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) writeDescribeQuorumResponsePartition(w, item, version);
  w.int8(0);
}

export interface DescribeQuorumResponseListener {
  /** Versions 2. */
  name: string;
  /** Versions 2. */
  host: string;
  /** Versions 2. */
  port: number;
}

/** With the default in every field. */
export function defaultDescribeQuorumResponseListener(): DescribeQuorumResponseListener {
  return {
    name: '',
    host: '',
    port: 0,
  };
}

export function readDescribeQuorumResponseListener(r: ByteReader, version: number): DescribeQuorumResponseListener {
  const name: string = r.compactString();
  const host: string = r.compactString();
  const port: number = r.uint16();
  r.skipTaggedFields();
  return { name, host, port };
}

export function writeDescribeQuorumResponseListener(w: ByteWriter, m: DescribeQuorumResponseListener, version: number): void {
  w.compactString(m.name);
  w.compactString(m.host);
  w.int16(m.port);
  w.int8(0);
}

export interface DescribeQuorumResponseNode {
  /** Versions 2. */
  nodeId: number;
  /** Versions 2. */
  listeners: DescribeQuorumResponseListener[];
}

/** With the default in every field. */
export function defaultDescribeQuorumResponseNode(): DescribeQuorumResponseNode {
  return {
    nodeId: 0,
    listeners: [],
  };
}

export function readDescribeQuorumResponseNode(r: ByteReader, version: number): DescribeQuorumResponseNode {
  const nodeId: number = r.int32();
  const listeners: DescribeQuorumResponseListener[] = [];
  const listenersCount = r.compactArrayLength(5);
  for (let i = 0; i < listenersCount; i++) listeners.push(readDescribeQuorumResponseListener(r, version));
  r.skipTaggedFields();
  return { nodeId, listeners };
}

export function writeDescribeQuorumResponseNode(w: ByteWriter, m: DescribeQuorumResponseNode, version: number): void {
  w.int32(m.nodeId);
  w.compactArrayLength(m.listeners.length);
  for (const item of m.listeners) writeDescribeQuorumResponseListener(w, item, version);
  w.int8(0);
}

export interface DescribeQuorumResponse {
  errorCode: number;
  /** Versions 2, null in all, ignorable. */
  errorMessage: string | null;
  topics: DescribeQuorumResponseTopic[];
  /** Versions 2, ignorable. */
  nodes: DescribeQuorumResponseNode[];
}

/** With the default in every field. */
export function defaultDescribeQuorumResponse(): DescribeQuorumResponse {
  return {
    errorCode: 0,
    errorMessage: '',
    topics: [],
    nodes: [],
  };
}

export function readDescribeQuorumResponse(r: ByteReader, version: number): DescribeQuorumResponse {
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 2 ? r.compactNullableString() : '';
  const topics: DescribeQuorumResponseTopic[] = [];
  const topicsCount = r.compactArrayLength(3);
  for (let i = 0; i < topicsCount; i++) topics.push(readDescribeQuorumResponseTopic(r, version));
  const nodes: DescribeQuorumResponseNode[] = [];
  if (version >= 2) {
    const nodesCount = r.compactArrayLength(6);
    for (let i = 0; i < nodesCount; i++) nodes.push(readDescribeQuorumResponseNode(r, version));
  }
  r.skipTaggedFields();
  return { errorCode, errorMessage, topics, nodes };
}

export function writeDescribeQuorumResponse(w: ByteWriter, m: DescribeQuorumResponse, version: number): void {
  w.int16(m.errorCode);
  if (version >= 2) {
    w.compactNullableString(m.errorMessage);
  }
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeDescribeQuorumResponseTopic(w, item, version);
  if (version >= 2) {
    w.compactArrayLength(m.nodes.length);
    for (const item of m.nodes) writeDescribeQuorumResponseNode(w, item, version);
  }
  w.int8(0);
}
