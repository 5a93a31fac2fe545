/**
 * Generated from schema/streams-group-heartbeat.schema by `npm run codec`. Do not edit: change the schema.
 *
 * The membership of Streams groups: topology, tasks, sessions (KIP-1071).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface StreamsGroupHeartbeatRequestKeyValue {
  key: string;
  value: string;
}

/** With the default in every field. */
export function defaultStreamsGroupHeartbeatRequestKeyValue(): StreamsGroupHeartbeatRequestKeyValue {
  return {
    key: '',
    value: '',
  };
}

export function readStreamsGroupHeartbeatRequestKeyValue(r: ByteReader, version: number): StreamsGroupHeartbeatRequestKeyValue {
  const key: string = r.compactString();
  const value: string = r.compactString();
  r.skipTaggedFields();
  return { key, value };
}

export function writeStreamsGroupHeartbeatRequestKeyValue(w: ByteWriter, m: StreamsGroupHeartbeatRequestKeyValue, version: number): void {
  w.compactString(m.key);
  w.compactString(m.value);
  w.int8(0);
}

export interface StreamsGroupHeartbeatRequestTopicInfo {
  name: string;
  partitions: number;
  replicationFactor: number;
  topicConfigs: StreamsGroupHeartbeatRequestKeyValue[];
}

/** With the default in every field. */
export function defaultStreamsGroupHeartbeatRequestTopicInfo(): StreamsGroupHeartbeatRequestTopicInfo {
  return {
    name: '',
    partitions: 0,
    replicationFactor: 0,
    topicConfigs: [],
  };
}

export function readStreamsGroupHeartbeatRequestTopicInfo(r: ByteReader, version: number): StreamsGroupHeartbeatRequestTopicInfo {
  const name: string = r.compactString();
  const partitions: number = r.int32();
  const replicationFactor: number = r.int16();
  const topicConfigs: StreamsGroupHeartbeatRequestKeyValue[] = [];
  const topicConfigsCount = r.compactArrayLength(3);
  for (let i = 0; i < topicConfigsCount; i++) topicConfigs.push(readStreamsGroupHeartbeatRequestKeyValue(r, version));
  r.skipTaggedFields();
  return { name, partitions, replicationFactor, topicConfigs };
}

export function writeStreamsGroupHeartbeatRequestTopicInfo(w: ByteWriter, m: StreamsGroupHeartbeatRequestTopicInfo, version: number): void {
  w.compactString(m.name);
  w.int32(m.partitions);
  w.int16(m.replicationFactor);
  w.compactArrayLength(m.topicConfigs.length);
  for (const item of m.topicConfigs) writeStreamsGroupHeartbeatRequestKeyValue(w, item, version);
  w.int8(0);
}

export interface StreamsGroupHeartbeatRequestCopartitionGroup {
  sourceTopics: number[];
  sourceTopicRegex: number[];
  repartitionSourceTopics: number[];
}

/** With the default in every field. */
export function defaultStreamsGroupHeartbeatRequestCopartitionGroup(): StreamsGroupHeartbeatRequestCopartitionGroup {
  return {
    sourceTopics: [],
    sourceTopicRegex: [],
    repartitionSourceTopics: [],
  };
}

export function readStreamsGroupHeartbeatRequestCopartitionGroup(r: ByteReader, version: number): StreamsGroupHeartbeatRequestCopartitionGroup {
  const sourceTopics: number[] = [];
  const sourceTopicsCount = r.compactArrayLength(2);
  for (let i = 0; i < sourceTopicsCount; i++) sourceTopics.push(r.int16());
  const sourceTopicRegex: number[] = [];
  const sourceTopicRegexCount = r.compactArrayLength(2);
  for (let i = 0; i < sourceTopicRegexCount; i++) sourceTopicRegex.push(r.int16());
  const repartitionSourceTopics: number[] = [];
  const repartitionSourceTopicsCount = r.compactArrayLength(2);
  for (let i = 0; i < repartitionSourceTopicsCount; i++) repartitionSourceTopics.push(r.int16());
  r.skipTaggedFields();
  return { sourceTopics, sourceTopicRegex, repartitionSourceTopics };
}

export function writeStreamsGroupHeartbeatRequestCopartitionGroup(w: ByteWriter, m: StreamsGroupHeartbeatRequestCopartitionGroup, version: number): void {
  w.compactArrayLength(m.sourceTopics.length);
  for (const item of m.sourceTopics) w.int16(item);
  w.compactArrayLength(m.sourceTopicRegex.length);
  for (const item of m.sourceTopicRegex) w.int16(item);
  w.compactArrayLength(m.repartitionSourceTopics.length);
  for (const item of m.repartitionSourceTopics) w.int16(item);
  w.int8(0);
}

export interface StreamsGroupHeartbeatRequestSubtopology {
  subtopologyId: string;
  sourceTopics: string[];
  sourceTopicRegex: string[];
  stateChangelogTopics: StreamsGroupHeartbeatRequestTopicInfo[];
  repartitionSinkTopics: string[];
  repartitionSourceTopics: StreamsGroupHeartbeatRequestTopicInfo[];
  copartitionGroups: StreamsGroupHeartbeatRequestCopartitionGroup[];
}

/** With the default in every field. */
export function defaultStreamsGroupHeartbeatRequestSubtopology(): StreamsGroupHeartbeatRequestSubtopology {
  return {
    subtopologyId: '',
    sourceTopics: [],
    sourceTopicRegex: [],
    stateChangelogTopics: [],
    repartitionSinkTopics: [],
    repartitionSourceTopics: [],
    copartitionGroups: [],
  };
}

export function readStreamsGroupHeartbeatRequestSubtopology(r: ByteReader, version: number): StreamsGroupHeartbeatRequestSubtopology {
  const subtopologyId: string = r.compactString();
  const sourceTopics: string[] = [];
  const sourceTopicsCount = r.compactArrayLength(1);
  for (let i = 0; i < sourceTopicsCount; i++) sourceTopics.push(r.compactString());
  const sourceTopicRegex: string[] = [];
  const sourceTopicRegexCount = r.compactArrayLength(1);
  for (let i = 0; i < sourceTopicRegexCount; i++) sourceTopicRegex.push(r.compactString());
  const stateChangelogTopics: StreamsGroupHeartbeatRequestTopicInfo[] = [];
  const stateChangelogTopicsCount = r.compactArrayLength(9);
  for (let i = 0; i < stateChangelogTopicsCount; i++) stateChangelogTopics.push(readStreamsGroupHeartbeatRequestTopicInfo(r, version));
  const repartitionSinkTopics: string[] = [];
  const repartitionSinkTopicsCount = r.compactArrayLength(1);
  for (let i = 0; i < repartitionSinkTopicsCount; i++) repartitionSinkTopics.push(r.compactString());
  const repartitionSourceTopics: StreamsGroupHeartbeatRequestTopicInfo[] = [];
  const repartitionSourceTopicsCount = r.compactArrayLength(9);
  for (let i = 0; i < repartitionSourceTopicsCount; i++) repartitionSourceTopics.push(readStreamsGroupHeartbeatRequestTopicInfo(r, version));
  const copartitionGroups: StreamsGroupHeartbeatRequestCopartitionGroup[] = [];
  const copartitionGroupsCount = r.compactArrayLength(4);
  for (let i = 0; i < copartitionGroupsCount; i++) copartitionGroups.push(readStreamsGroupHeartbeatRequestCopartitionGroup(r, version));
  r.skipTaggedFields();
  return { subtopologyId, sourceTopics, sourceTopicRegex, stateChangelogTopics, repartitionSinkTopics, repartitionSourceTopics, copartitionGroups };
}

export function writeStreamsGroupHeartbeatRequestSubtopology(w: ByteWriter, m: StreamsGroupHeartbeatRequestSubtopology, version: number): void {
  w.compactString(m.subtopologyId);
  w.compactArrayLength(m.sourceTopics.length);
  for (const item of m.sourceTopics) w.compactString(item);
  w.compactArrayLength(m.sourceTopicRegex.length);
  for (const item of m.sourceTopicRegex) w.compactString(item);
  w.compactArrayLength(m.stateChangelogTopics.length);
  for (const item of m.stateChangelogTopics) writeStreamsGroupHeartbeatRequestTopicInfo(w, item, version);
  w.compactArrayLength(m.repartitionSinkTopics.length);
  for (const item of m.repartitionSinkTopics) w.compactString(item);
  w.compactArrayLength(m.repartitionSourceTopics.length);
  for (const item of m.repartitionSourceTopics) writeStreamsGroupHeartbeatRequestTopicInfo(w, item, version);
  w.compactArrayLength(m.copartitionGroups.length);
  for (const item of m.copartitionGroups) writeStreamsGroupHeartbeatRequestCopartitionGroup(w, item, version);
  w.int8(0);
}

export interface StreamsGroupHeartbeatRequestTopology {
  epoch: number;
  subtopologies: StreamsGroupHeartbeatRequestSubtopology[];
}

/** With the default in every field. */
export function defaultStreamsGroupHeartbeatRequestTopology(): StreamsGroupHeartbeatRequestTopology {
  return {
    epoch: 0,
    subtopologies: [],
  };
}

export function readStreamsGroupHeartbeatRequestTopology(r: ByteReader, version: number): StreamsGroupHeartbeatRequestTopology {
  const epoch: number = r.int32();
  const subtopologies: StreamsGroupHeartbeatRequestSubtopology[] = [];
  const subtopologiesCount = r.compactArrayLength(8);
  for (let i = 0; i < subtopologiesCount; i++) subtopologies.push(readStreamsGroupHeartbeatRequestSubtopology(r, version));
  r.skipTaggedFields();
  return { epoch, subtopologies };
}

export function writeStreamsGroupHeartbeatRequestTopology(w: ByteWriter, m: StreamsGroupHeartbeatRequestTopology, version: number): void {
  w.int32(m.epoch);
  w.compactArrayLength(m.subtopologies.length);
  for (const item of m.subtopologies) writeStreamsGroupHeartbeatRequestSubtopology(w, item, version);
  w.int8(0);
}

export interface StreamsGroupHeartbeatRequestTaskIds {
  subtopologyId: string;
  partitions: number[];
}

/** With the default in every field. */
export function defaultStreamsGroupHeartbeatRequestTaskIds(): StreamsGroupHeartbeatRequestTaskIds {
  return {
    subtopologyId: '',
    partitions: [],
  };
}

export function readStreamsGroupHeartbeatRequestTaskIds(r: ByteReader, version: number): StreamsGroupHeartbeatRequestTaskIds {
  const subtopologyId: string = r.compactString();
  const partitions: number[] = [];
  const partitionsCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  r.skipTaggedFields();
  return { subtopologyId, partitions };
}

export function writeStreamsGroupHeartbeatRequestTaskIds(w: ByteWriter, m: StreamsGroupHeartbeatRequestTaskIds, version: number): void {
  w.compactString(m.subtopologyId);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) w.int32(item);
  w.int8(0);
}

export interface StreamsGroupHeartbeatRequestEndpoint {
  host: string;
  port: number;
}

/** With the default in every field. */
export function defaultStreamsGroupHeartbeatRequestEndpoint(): StreamsGroupHeartbeatRequestEndpoint {
  return {
    host: '',
    port: 0,
  };
}

export function readStreamsGroupHeartbeatRequestEndpoint(r: ByteReader, version: number): StreamsGroupHeartbeatRequestEndpoint {
  const host: string = r.compactString();
  const port: number = r.uint16();
  r.skipTaggedFields();
  return { host, port };
}

export function writeStreamsGroupHeartbeatRequestEndpoint(w: ByteWriter, m: StreamsGroupHeartbeatRequestEndpoint, version: number): void {
  w.compactString(m.host);
  w.int16(m.port);
  w.int8(0);
}

export interface StreamsGroupHeartbeatRequestTaskOffset {
  subtopologyId: string;
  partition: number;
  offset: number;
}

/** With the default in every field. */
export function defaultStreamsGroupHeartbeatRequestTaskOffset(): StreamsGroupHeartbeatRequestTaskOffset {
  return {
    subtopologyId: '',
    partition: 0,
    offset: 0,
  };
}

export function readStreamsGroupHeartbeatRequestTaskOffset(r: ByteReader, version: number): StreamsGroupHeartbeatRequestTaskOffset {
  const subtopologyId: string = r.compactString();
  const partition: number = r.int32();
  const offset: number = r.int64();
  r.skipTaggedFields();
  return { subtopologyId, partition, offset };
}

export function writeStreamsGroupHeartbeatRequestTaskOffset(w: ByteWriter, m: StreamsGroupHeartbeatRequestTaskOffset, version: number): void {
  w.compactString(m.subtopologyId);
  w.int32(m.partition);
  w.int64(m.offset);
  w.int8(0);
}

export interface StreamsGroupHeartbeatRequest {
  groupId: string;
  memberId: string;
  memberEpoch: number;
  endpointInformationEpoch: number;
  /** Null in all, default null. */
  instanceId: string | null;
  /** Null in all, default null. */
  rackId: string | null;
  /** Default -1. */
  rebalanceTimeoutMs: number;
  /** Null in all, default null. */
  topology: StreamsGroupHeartbeatRequestTopology | null;
  /** Null in all, default null. */
  activeTasks: StreamsGroupHeartbeatRequestTaskIds[] | null;
  /** Null in all, default null. */
  standbyTasks: StreamsGroupHeartbeatRequestTaskIds[] | null;
  /** Null in all, default null. */
  warmupTasks: StreamsGroupHeartbeatRequestTaskIds[] | null;
  /** Null in all, default null. */
  processId: string | null;
  /** Null in all, default null. */
  userEndpoint: StreamsGroupHeartbeatRequestEndpoint | null;
  /** Null in all, default null. */
  clientTags: StreamsGroupHeartbeatRequestKeyValue[] | null;
  /** Null in all, default null. */
  taskOffsets: StreamsGroupHeartbeatRequestTaskOffset[] | null;
  /** Null in all, default null. */
  taskEndOffsets: StreamsGroupHeartbeatRequestTaskOffset[] | null;
  /** Default false. */
  shutdownApplication: boolean;
}

/** With the default in every field. */
export function defaultStreamsGroupHeartbeatRequest(): StreamsGroupHeartbeatRequest {
  return {
    groupId: '',
    memberId: '',
    memberEpoch: 0,
    endpointInformationEpoch: 0,
    instanceId: null,
    rackId: null,
    rebalanceTimeoutMs: -1,
    topology: null,
    activeTasks: null,
    standbyTasks: null,
    warmupTasks: null,
    processId: null,
    userEndpoint: null,
    clientTags: null,
    taskOffsets: null,
    taskEndOffsets: null,
    shutdownApplication: false,
  };
}

export function readStreamsGroupHeartbeatRequest(r: ByteReader, version: number): StreamsGroupHeartbeatRequest {
  const groupId: string = r.compactString();
  const memberId: string = r.compactString();
  const memberEpoch: number = r.int32();
  const endpointInformationEpoch: number = r.int32();
  const instanceId: string | null = r.compactNullableString();
  const rackId: string | null = r.compactNullableString();
  const rebalanceTimeoutMs: number = r.int32();
  const topology: StreamsGroupHeartbeatRequestTopology | null = (r.int8() < 0 ? null : readStreamsGroupHeartbeatRequestTopology(r, version));
  let activeTasks: StreamsGroupHeartbeatRequestTaskIds[] | null = [];
  const activeTasksCount = r.compactNullableArrayLength(3);
  if (activeTasksCount < 0) activeTasks = null;
  else for (let i = 0; i < activeTasksCount; i++) activeTasks.push(readStreamsGroupHeartbeatRequestTaskIds(r, version));
  let standbyTasks: StreamsGroupHeartbeatRequestTaskIds[] | null = [];
  const standbyTasksCount = r.compactNullableArrayLength(3);
  if (standbyTasksCount < 0) standbyTasks = null;
  else for (let i = 0; i < standbyTasksCount; i++) standbyTasks.push(readStreamsGroupHeartbeatRequestTaskIds(r, version));
  let warmupTasks: StreamsGroupHeartbeatRequestTaskIds[] | null = [];
  const warmupTasksCount = r.compactNullableArrayLength(3);
  if (warmupTasksCount < 0) warmupTasks = null;
  else for (let i = 0; i < warmupTasksCount; i++) warmupTasks.push(readStreamsGroupHeartbeatRequestTaskIds(r, version));
  const processId: string | null = r.compactNullableString();
  const userEndpoint: StreamsGroupHeartbeatRequestEndpoint | null = (r.int8() < 0 ? null : readStreamsGroupHeartbeatRequestEndpoint(r, version));
  let clientTags: StreamsGroupHeartbeatRequestKeyValue[] | null = [];
  const clientTagsCount = r.compactNullableArrayLength(3);
  if (clientTagsCount < 0) clientTags = null;
  else for (let i = 0; i < clientTagsCount; i++) clientTags.push(readStreamsGroupHeartbeatRequestKeyValue(r, version));
  let taskOffsets: StreamsGroupHeartbeatRequestTaskOffset[] | null = [];
  const taskOffsetsCount = r.compactNullableArrayLength(14);
  if (taskOffsetsCount < 0) taskOffsets = null;
  else for (let i = 0; i < taskOffsetsCount; i++) taskOffsets.push(readStreamsGroupHeartbeatRequestTaskOffset(r, version));
  let taskEndOffsets: StreamsGroupHeartbeatRequestTaskOffset[] | null = [];
  const taskEndOffsetsCount = r.compactNullableArrayLength(14);
  if (taskEndOffsetsCount < 0) taskEndOffsets = null;
  else for (let i = 0; i < taskEndOffsetsCount; i++) taskEndOffsets.push(readStreamsGroupHeartbeatRequestTaskOffset(r, version));
  const shutdownApplication: boolean = r.boolean();
  r.skipTaggedFields();
  return { groupId, memberId, memberEpoch, endpointInformationEpoch, instanceId, rackId, rebalanceTimeoutMs, topology, activeTasks, standbyTasks, warmupTasks, processId, userEndpoint, clientTags, taskOffsets, taskEndOffsets, shutdownApplication };
}

export function writeStreamsGroupHeartbeatRequest(w: ByteWriter, m: StreamsGroupHeartbeatRequest, version: number): void {
  w.compactString(m.groupId);
  w.compactString(m.memberId);
  w.int32(m.memberEpoch);
  w.int32(m.endpointInformationEpoch);
  w.compactNullableString(m.instanceId);
  w.compactNullableString(m.rackId);
  w.int32(m.rebalanceTimeoutMs);
  if (m.topology === null) { w.int8(-1); } else { w.int8(1); writeStreamsGroupHeartbeatRequestTopology(w, m.topology, version); }
  if (m.activeTasks === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.activeTasks.length);
    for (const item of m.activeTasks) writeStreamsGroupHeartbeatRequestTaskIds(w, item, version);
  }
  if (m.standbyTasks === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.standbyTasks.length);
    for (const item of m.standbyTasks) writeStreamsGroupHeartbeatRequestTaskIds(w, item, version);
  }
  if (m.warmupTasks === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.warmupTasks.length);
    for (const item of m.warmupTasks) writeStreamsGroupHeartbeatRequestTaskIds(w, item, version);
  }
  w.compactNullableString(m.processId);
  if (m.userEndpoint === null) { w.int8(-1); } else { w.int8(1); writeStreamsGroupHeartbeatRequestEndpoint(w, m.userEndpoint, version); }
  if (m.clientTags === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.clientTags.length);
    for (const item of m.clientTags) writeStreamsGroupHeartbeatRequestKeyValue(w, item, version);
  }
  if (m.taskOffsets === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.taskOffsets.length);
    for (const item of m.taskOffsets) writeStreamsGroupHeartbeatRequestTaskOffset(w, item, version);
  }
  if (m.taskEndOffsets === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.taskEndOffsets.length);
    for (const item of m.taskEndOffsets) writeStreamsGroupHeartbeatRequestTaskOffset(w, item, version);
  }
  w.boolean(m.shutdownApplication);
  w.int8(0);
}

export interface StreamsGroupHeartbeatResponseStatus {
  statusCode: number;
  statusDetail: string;
}

/** With the default in every field. */
export function defaultStreamsGroupHeartbeatResponseStatus(): StreamsGroupHeartbeatResponseStatus {
  return {
    statusCode: 0,
    statusDetail: '',
  };
}

export function readStreamsGroupHeartbeatResponseStatus(r: ByteReader, version: number): StreamsGroupHeartbeatResponseStatus {
  const statusCode: number = r.int8();
  const statusDetail: string = r.compactString();
  r.skipTaggedFields();
  return { statusCode, statusDetail };
}

export function writeStreamsGroupHeartbeatResponseStatus(w: ByteWriter, m: StreamsGroupHeartbeatResponseStatus, version: number): void {
  w.int8(m.statusCode);
  w.compactString(m.statusDetail);
  w.int8(0);
}

export interface StreamsGroupHeartbeatResponseTaskIds {
  subtopologyId: string;
  partitions: number[];
}

/** With the default in every field. */
export function defaultStreamsGroupHeartbeatResponseTaskIds(): StreamsGroupHeartbeatResponseTaskIds {
  return {
    subtopologyId: '',
    partitions: [],
  };
}

export function readStreamsGroupHeartbeatResponseTaskIds(r: ByteReader, version: number): StreamsGroupHeartbeatResponseTaskIds {
  const subtopologyId: string = r.compactString();
  const partitions: number[] = [];
  const partitionsCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  r.skipTaggedFields();
  return { subtopologyId, partitions };
}

export function writeStreamsGroupHeartbeatResponseTaskIds(w: ByteWriter, m: StreamsGroupHeartbeatResponseTaskIds, version: number): void {
  w.compactString(m.subtopologyId);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) w.int32(item);
  w.int8(0);
}

export interface StreamsGroupHeartbeatResponseEndpoint {
  host: string;
  port: number;
}

/** With the default in every field. */
export function defaultStreamsGroupHeartbeatResponseEndpoint(): StreamsGroupHeartbeatResponseEndpoint {
  return {
    host: '',
    port: 0,
  };
}

export function readStreamsGroupHeartbeatResponseEndpoint(r: ByteReader, version: number): StreamsGroupHeartbeatResponseEndpoint {
  const host: string = r.compactString();
  const port: number = r.uint16();
  r.skipTaggedFields();
  return { host, port };
}

export function writeStreamsGroupHeartbeatResponseEndpoint(w: ByteWriter, m: StreamsGroupHeartbeatResponseEndpoint, version: number): void {
  w.compactString(m.host);
  w.int16(m.port);
  w.int8(0);
}

export interface StreamsGroupHeartbeatResponseTopicPartition {
  topic: string;
  partitions: number[];
}

/** With the default in every field. */
export function defaultStreamsGroupHeartbeatResponseTopicPartition(): StreamsGroupHeartbeatResponseTopicPartition {
  return {
    topic: '',
    partitions: [],
  };
}

export function readStreamsGroupHeartbeatResponseTopicPartition(r: ByteReader, version: number): StreamsGroupHeartbeatResponseTopicPartition {
  const topic: string = r.compactString();
  const partitions: number[] = [];
  const partitionsCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  r.skipTaggedFields();
  return { topic, partitions };
}

export function writeStreamsGroupHeartbeatResponseTopicPartition(w: ByteWriter, m: StreamsGroupHeartbeatResponseTopicPartition, version: number): void {
  w.compactString(m.topic);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) w.int32(item);
  w.int8(0);
}

export interface StreamsGroupHeartbeatResponseEndpointToPartitions {
  userEndpoint: StreamsGroupHeartbeatResponseEndpoint;
  activePartitions: StreamsGroupHeartbeatResponseTopicPartition[];
  standbyPartitions: StreamsGroupHeartbeatResponseTopicPartition[];
}

/** With the default in every field. */
export function defaultStreamsGroupHeartbeatResponseEndpointToPartitions(): StreamsGroupHeartbeatResponseEndpointToPartitions {
  return {
    userEndpoint: defaultStreamsGroupHeartbeatResponseEndpoint(),
    activePartitions: [],
    standbyPartitions: [],
  };
}

export function readStreamsGroupHeartbeatResponseEndpointToPartitions(r: ByteReader, version: number): StreamsGroupHeartbeatResponseEndpointToPartitions {
  const userEndpoint: StreamsGroupHeartbeatResponseEndpoint = readStreamsGroupHeartbeatResponseEndpoint(r, version);
  const activePartitions: StreamsGroupHeartbeatResponseTopicPartition[] = [];
  const activePartitionsCount = r.compactArrayLength(3);
  for (let i = 0; i < activePartitionsCount; i++) activePartitions.push(readStreamsGroupHeartbeatResponseTopicPartition(r, version));
  const standbyPartitions: StreamsGroupHeartbeatResponseTopicPartition[] = [];
  const standbyPartitionsCount = r.compactArrayLength(3);
  for (let i = 0; i < standbyPartitionsCount; i++) standbyPartitions.push(readStreamsGroupHeartbeatResponseTopicPartition(r, version));
  r.skipTaggedFields();
  return { userEndpoint, activePartitions, standbyPartitions };
}

export function writeStreamsGroupHeartbeatResponseEndpointToPartitions(w: ByteWriter, m: StreamsGroupHeartbeatResponseEndpointToPartitions, version: number): void {
  writeStreamsGroupHeartbeatResponseEndpoint(w, m.userEndpoint, version);
  w.compactArrayLength(m.activePartitions.length);
  for (const item of m.activePartitions) writeStreamsGroupHeartbeatResponseTopicPartition(w, item, version);
  w.compactArrayLength(m.standbyPartitions.length);
  for (const item of m.standbyPartitions) writeStreamsGroupHeartbeatResponseTopicPartition(w, item, version);
  w.int8(0);
}

export interface StreamsGroupHeartbeatResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
  memberId: string;
  memberEpoch: number;
  heartbeatIntervalMs: number;
  acceptableRecoveryLag: number;
  taskOffsetIntervalMs: number;
  /** Null in all. */
  status: StreamsGroupHeartbeatResponseStatus[] | null;
  /** Null in all, default null. */
  activeTasks: StreamsGroupHeartbeatResponseTaskIds[] | null;
  /** Null in all, default null. */
  standbyTasks: StreamsGroupHeartbeatResponseTaskIds[] | null;
  /** Null in all, default null. */
  warmupTasks: StreamsGroupHeartbeatResponseTaskIds[] | null;
  endpointInformationEpoch: number;
  /** Null in all, default null. */
  partitionsByUserEndpoint: StreamsGroupHeartbeatResponseEndpointToPartitions[] | null;
}

/** With the default in every field. */
export function defaultStreamsGroupHeartbeatResponse(): StreamsGroupHeartbeatResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: null,
    memberId: '',
    memberEpoch: 0,
    heartbeatIntervalMs: 0,
    acceptableRecoveryLag: 0,
    taskOffsetIntervalMs: 0,
    status: [],
    activeTasks: null,
    standbyTasks: null,
    warmupTasks: null,
    endpointInformationEpoch: 0,
    partitionsByUserEndpoint: null,
  };
}

export function readStreamsGroupHeartbeatResponse(r: ByteReader, version: number): StreamsGroupHeartbeatResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const memberId: string = r.compactString();
  const memberEpoch: number = r.int32();
  const heartbeatIntervalMs: number = r.int32();
  const acceptableRecoveryLag: number = r.int32();
  const taskOffsetIntervalMs: number = r.int32();
  let status: StreamsGroupHeartbeatResponseStatus[] | null = [];
  const statusCount = r.compactNullableArrayLength(3);
  if (statusCount < 0) status = null;
  else for (let i = 0; i < statusCount; i++) status.push(readStreamsGroupHeartbeatResponseStatus(r, version));
  let activeTasks: StreamsGroupHeartbeatResponseTaskIds[] | null = [];
  const activeTasksCount = r.compactNullableArrayLength(3);
  if (activeTasksCount < 0) activeTasks = null;
  else for (let i = 0; i < activeTasksCount; i++) activeTasks.push(readStreamsGroupHeartbeatResponseTaskIds(r, version));
  let standbyTasks: StreamsGroupHeartbeatResponseTaskIds[] | null = [];
  const standbyTasksCount = r.compactNullableArrayLength(3);
  if (standbyTasksCount < 0) standbyTasks = null;
  else for (let i = 0; i < standbyTasksCount; i++) standbyTasks.push(readStreamsGroupHeartbeatResponseTaskIds(r, version));
  let warmupTasks: StreamsGroupHeartbeatResponseTaskIds[] | null = [];
  const warmupTasksCount = r.compactNullableArrayLength(3);
  if (warmupTasksCount < 0) warmupTasks = null;
  else for (let i = 0; i < warmupTasksCount; i++) warmupTasks.push(readStreamsGroupHeartbeatResponseTaskIds(r, version));
  const endpointInformationEpoch: number = r.int32();
  let partitionsByUserEndpoint: StreamsGroupHeartbeatResponseEndpointToPartitions[] | null = [];
  const partitionsByUserEndpointCount = r.compactNullableArrayLength(7);
  if (partitionsByUserEndpointCount < 0) partitionsByUserEndpoint = null;
  else for (let i = 0; i < partitionsByUserEndpointCount; i++) partitionsByUserEndpoint.push(readStreamsGroupHeartbeatResponseEndpointToPartitions(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage, memberId, memberEpoch, heartbeatIntervalMs, acceptableRecoveryLag, taskOffsetIntervalMs, status, activeTasks, standbyTasks, warmupTasks, endpointInformationEpoch, partitionsByUserEndpoint };
}

export function writeStreamsGroupHeartbeatResponse(w: ByteWriter, m: StreamsGroupHeartbeatResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.compactString(m.memberId);
  w.int32(m.memberEpoch);
  w.int32(m.heartbeatIntervalMs);
  w.int32(m.acceptableRecoveryLag);
  w.int32(m.taskOffsetIntervalMs);
  if (m.status === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.status.length);
    for (const item of m.status) writeStreamsGroupHeartbeatResponseStatus(w, item, version);
  }
  if (m.activeTasks === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.activeTasks.length);
    for (const item of m.activeTasks) writeStreamsGroupHeartbeatResponseTaskIds(w, item, version);
  }
  if (m.standbyTasks === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.standbyTasks.length);
    for (const item of m.standbyTasks) writeStreamsGroupHeartbeatResponseTaskIds(w, item, version);
  }
  if (m.warmupTasks === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.warmupTasks.length);
    for (const item of m.warmupTasks) writeStreamsGroupHeartbeatResponseTaskIds(w, item, version);
  }
  w.int32(m.endpointInformationEpoch);
  if (m.partitionsByUserEndpoint === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.partitionsByUserEndpoint.length);
    for (const item of m.partitionsByUserEndpoint) writeStreamsGroupHeartbeatResponseEndpointToPartitions(w, item, version);
  }
  w.int8(0);
}
