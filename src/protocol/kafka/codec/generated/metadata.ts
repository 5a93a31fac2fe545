/**
 * Generated from schema/metadata.schema by `npm run codec`. Do not edit: change the schema.
 *
 * The brokers, and where the partitions of topics are.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';
import { NullFieldError, present, UnsupportedFieldError } from '../support.ts';

export interface MetadataRequestTopic {
  /** Versions 10+, ignorable. */
  topicId: Uuid;
  /** Null in 10+. */
  name: string | null;
}

/** With the default in every field. */
export function defaultMetadataRequestTopic(): MetadataRequestTopic {
  return {
    topicId: ZERO_UUID,
    name: '',
  };
}

export function readMetadataRequestTopic(r: ByteReader, version: number): MetadataRequestTopic {
  const topicId: Uuid = version >= 10 ? r.uuid() : ZERO_UUID;
  const name: string | null = version >= 10 ? r.compactNullableString() : version >= 9 ? r.compactString() : r.string();
  if (version >= 9) r.skipTaggedFields();
  return { topicId, name };
}

export function writeMetadataRequestTopic(w: ByteWriter, m: MetadataRequestTopic, version: number): void {
  if (version >= 10) {
    w.uuid(m.topicId);
  }
  if (version >= 10) { w.compactNullableString(m.name); } else if (version >= 9) { w.compactString(present(m.name, 'MetadataRequestTopic.name', version)); } else { w.string(present(m.name, 'MetadataRequestTopic.name', version)); }
  if (version >= 9) w.int8(0);
}

export interface MetadataRequest {
  /** Null in 1+. */
  topics: MetadataRequestTopic[] | null;
  /** Versions 4+, default true. */
  allowAutoTopicCreation: boolean;
  /** Versions 8-10. */
  includeClusterAuthorizedOperations: boolean;
  /** Versions 8+. */
  includeTopicAuthorizedOperations: boolean;
}

/** With the default in every field. */
export function defaultMetadataRequest(): MetadataRequest {
  return {
    topics: [],
    allowAutoTopicCreation: true,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  };
}

export function readMetadataRequest(r: ByteReader, version: number): MetadataRequest {
  let topics: MetadataRequestTopic[] | null = [];
  const topicsCount = version >= 9 ? r.compactNullableArrayLength(2) : version >= 1 ? r.nullableArrayLength(2) : r.arrayLength(2);
  if (topicsCount < 0) topics = null;
  else for (let i = 0; i < topicsCount; i++) topics.push(readMetadataRequestTopic(r, version));
  const allowAutoTopicCreation: boolean = version >= 4 ? r.boolean() : true;
  const includeClusterAuthorizedOperations: boolean = version >= 8 && version <= 10 ? r.boolean() : false;
  const includeTopicAuthorizedOperations: boolean = version >= 8 ? r.boolean() : false;
  if (version >= 9) r.skipTaggedFields();
  return { topics, allowAutoTopicCreation, includeClusterAuthorizedOperations, includeTopicAuthorizedOperations };
}

export function writeMetadataRequest(w: ByteWriter, m: MetadataRequest, version: number): void {
  if (m.topics === null) {
    if (version >= 9) { w.compactArrayLength(-1); } else if (version >= 1) { w.arrayLength(-1); } else { throw new NullFieldError('MetadataRequest.topics', version); }
  } else {
    if (version >= 9) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
    for (const item of m.topics) writeMetadataRequestTopic(w, item, version);
  }
  if (version >= 4) {
    w.boolean(m.allowAutoTopicCreation);
  } else if (!m.allowAutoTopicCreation) throw new UnsupportedFieldError('MetadataRequest.allowAutoTopicCreation', version);
  if (version >= 8 && version <= 10) {
    w.boolean(m.includeClusterAuthorizedOperations);
  } else if (m.includeClusterAuthorizedOperations) throw new UnsupportedFieldError('MetadataRequest.includeClusterAuthorizedOperations', version);
  if (version >= 8) {
    w.boolean(m.includeTopicAuthorizedOperations);
  } else if (m.includeTopicAuthorizedOperations) throw new UnsupportedFieldError('MetadataRequest.includeTopicAuthorizedOperations', version);
  if (version >= 9) w.int8(0);
}

export interface MetadataResponseBroker {
  nodeId: number;
  host: string;
  port: number;
  /** Versions 1+, null in all, ignorable, default null. */
  rack: string | null;
}

/** With the default in every field. */
export function defaultMetadataResponseBroker(): MetadataResponseBroker {
  return {
    nodeId: 0,
    host: '',
    port: 0,
    rack: null,
  };
}

export function readMetadataResponseBroker(r: ByteReader, version: number): MetadataResponseBroker {
  const nodeId: number = r.int32();
  const host: string = version >= 9 ? r.compactString() : r.string();
  const port: number = r.int32();
  const rack: string | null = version >= 1 ? (version >= 9 ? r.compactNullableString() : r.nullableString()) : null;
  if (version >= 9) r.skipTaggedFields();
  return { nodeId, host, port, rack };
}

export function writeMetadataResponseBroker(w: ByteWriter, m: MetadataResponseBroker, version: number): void {
  w.int32(m.nodeId);
  if (version >= 9) { w.compactString(m.host); } else { w.string(m.host); }
  w.int32(m.port);
  if (version >= 1) {
    if (version >= 9) { w.compactNullableString(m.rack); } else { w.nullableString(m.rack); }
  }
  if (version >= 9) w.int8(0);
}

export interface MetadataResponsePartition {
  errorCode: number;
  partitionIndex: number;
  leaderId: number;
  /** Versions 7+, ignorable, default -1. */
  leaderEpoch: number;
  replicaNodes: number[];
  isrNodes: number[];
  /** Versions 5+, ignorable. */
  offlineReplicas: number[];
}

/** With the default in every field. */
export function defaultMetadataResponsePartition(): MetadataResponsePartition {
  return {
    errorCode: 0,
    partitionIndex: 0,
    leaderId: 0,
    leaderEpoch: -1,
    replicaNodes: [],
    isrNodes: [],
    offlineReplicas: [],
  };
}

export function readMetadataResponsePartition(r: ByteReader, version: number): MetadataResponsePartition {
  const errorCode: number = r.int16();
  const partitionIndex: number = r.int32();
  const leaderId: number = r.int32();
  const leaderEpoch: number = version >= 7 ? r.int32() : -1;
  const replicaNodes: number[] = [];
  const replicaNodesCount = version >= 9 ? r.compactArrayLength(4) : r.arrayLength(4);
  for (let i = 0; i < replicaNodesCount; i++) replicaNodes.push(r.int32());
  const isrNodes: number[] = [];
  const isrNodesCount = version >= 9 ? r.compactArrayLength(4) : r.arrayLength(4);
  for (let i = 0; i < isrNodesCount; i++) isrNodes.push(r.int32());
  const offlineReplicas: number[] = [];
  if (version >= 5) {
    const offlineReplicasCount = version >= 9 ? r.compactArrayLength(4) : r.arrayLength(4);
    for (let i = 0; i < offlineReplicasCount; i++) offlineReplicas.push(r.int32());
  }
  if (version >= 9) r.skipTaggedFields();
  return { errorCode, partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas };
}

export function writeMetadataResponsePartition(w: ByteWriter, m: MetadataResponsePartition, version: number): void {
  w.int16(m.errorCode);
  w.int32(m.partitionIndex);
  w.int32(m.leaderId);
  if (version >= 7) {
    w.int32(m.leaderEpoch);
  }
  if (version >= 9) { w.compactArrayLength(m.replicaNodes.length); } else { w.arrayLength(m.replicaNodes.length); }
  for (const item of m.replicaNodes) w.int32(item);
  if (version >= 9) { w.compactArrayLength(m.isrNodes.length); } else { w.arrayLength(m.isrNodes.length); }
  for (const item of m.isrNodes) w.int32(item);
  if (version >= 5) {
    if (version >= 9) { w.compactArrayLength(m.offlineReplicas.length); } else { w.arrayLength(m.offlineReplicas.length); }
    for (const item of m.offlineReplicas) w.int32(item);
  }
  if (version >= 9) w.int8(0);
}

export interface MetadataResponseTopic {
  errorCode: number;
  /** Null in 12+. */
  name: string | null;
  /** Versions 10+, ignorable. */
  topicId: Uuid;
  /** Versions 1+, ignorable. */
  isInternal: boolean;
  partitions: MetadataResponsePartition[];
  /** Versions 8+, default -2147483648. */
  topicAuthorizedOperations: number;
}

/** With the default in every field. */
export function defaultMetadataResponseTopic(): MetadataResponseTopic {
  return {
    errorCode: 0,
    name: '',
    topicId: ZERO_UUID,
    isInternal: false,
    partitions: [],
    topicAuthorizedOperations: -2147483648,
  };
}

export function readMetadataResponseTopic(r: ByteReader, version: number): MetadataResponseTopic {
  const errorCode: number = r.int16();
  const name: string | null = version >= 12 ? r.compactNullableString() : version >= 9 ? r.compactString() : r.string();
  const topicId: Uuid = version >= 10 ? r.uuid() : ZERO_UUID;
  const isInternal: boolean = version >= 1 ? r.boolean() : false;
  const partitions: MetadataResponsePartition[] = [];
  const partitionsCount = version >= 9 ? r.compactArrayLength(18) : r.arrayLength(18);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readMetadataResponsePartition(r, version));
  const topicAuthorizedOperations: number = version >= 8 ? r.int32() : -2147483648;
  if (version >= 9) r.skipTaggedFields();
  return { errorCode, name, topicId, isInternal, partitions, topicAuthorizedOperations };
}

export function writeMetadataResponseTopic(w: ByteWriter, m: MetadataResponseTopic, version: number): void {
  w.int16(m.errorCode);
  if (version >= 12) { w.compactNullableString(m.name); } else if (version >= 9) { w.compactString(present(m.name, 'MetadataResponseTopic.name', version)); } else { w.string(present(m.name, 'MetadataResponseTopic.name', version)); }
  if (version >= 10) {
    w.uuid(m.topicId);
  }
  if (version >= 1) {
    w.boolean(m.isInternal);
  }
  if (version >= 9) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) writeMetadataResponsePartition(w, item, version);
  if (version >= 8) {
    w.int32(m.topicAuthorizedOperations);
  } else if (m.topicAuthorizedOperations !== -2147483648) throw new UnsupportedFieldError('MetadataResponseTopic.topicAuthorizedOperations', version);
  if (version >= 9) w.int8(0);
}

export interface MetadataResponse {
  /** Versions 3+, ignorable. */
  throttleTimeMs: number;
  brokers: MetadataResponseBroker[];
  /** Versions 2+, null in all, ignorable, default null. */
  clusterId: string | null;
  /** Versions 1+, ignorable, default -1. */
  controllerId: number;
  topics: MetadataResponseTopic[];
  /** Versions 8-10, default -2147483648. */
  clusterAuthorizedOperations: number;
  /** Versions 13, ignorable. */
  errorCode: number;
}

/** With the default in every field. */
export function defaultMetadataResponse(): MetadataResponse {
  return {
    throttleTimeMs: 0,
    brokers: [],
    clusterId: null,
    controllerId: -1,
    topics: [],
    clusterAuthorizedOperations: -2147483648,
    errorCode: 0,
  };
}

export function readMetadataResponse(r: ByteReader, version: number): MetadataResponse {
  const throttleTimeMs: number = version >= 3 ? r.int32() : 0;
  const brokers: MetadataResponseBroker[] = [];
  const brokersCount = version >= 9 ? r.compactArrayLength(11) : r.arrayLength(10);
  for (let i = 0; i < brokersCount; i++) brokers.push(readMetadataResponseBroker(r, version));
  const clusterId: string | null = version >= 2 ? (version >= 9 ? r.compactNullableString() : r.nullableString()) : null;
  const controllerId: number = version >= 1 ? r.int32() : -1;
  const topics: MetadataResponseTopic[] = [];
  const topicsCount = version >= 9 ? r.compactArrayLength(10) : r.arrayLength(8);
  for (let i = 0; i < topicsCount; i++) topics.push(readMetadataResponseTopic(r, version));
  const clusterAuthorizedOperations: number = version >= 8 && version <= 10 ? r.int32() : -2147483648;
  const errorCode: number = version >= 13 ? r.int16() : 0;
  if (version >= 9) r.skipTaggedFields();
  return { throttleTimeMs, brokers, clusterId, controllerId, topics, clusterAuthorizedOperations, errorCode };
}

export function writeMetadataResponse(w: ByteWriter, m: MetadataResponse, version: number): void {
  if (version >= 3) {
    w.int32(m.throttleTimeMs);
  }
  if (version >= 9) { w.compactArrayLength(m.brokers.length); } else { w.arrayLength(m.brokers.length); }
  for (const item of m.brokers) writeMetadataResponseBroker(w, item, version);
  if (version >= 2) {
    if (version >= 9) { w.compactNullableString(m.clusterId); } else { w.nullableString(m.clusterId); }
  }
  if (version >= 1) {
    w.int32(m.controllerId);
  }
  if (version >= 9) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeMetadataResponseTopic(w, item, version);
  if (version >= 8 && version <= 10) {
    w.int32(m.clusterAuthorizedOperations);
  } else if (m.clusterAuthorizedOperations !== -2147483648) throw new UnsupportedFieldError('MetadataResponse.clusterAuthorizedOperations', version);
  if (version >= 13) {
    w.int16(m.errorCode);
  }
  if (version >= 9) w.int8(0);
}
