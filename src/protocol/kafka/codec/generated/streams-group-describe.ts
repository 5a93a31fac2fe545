/**
 * Generated from schema/streams-group-describe.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Streams groups: state, topology, members and their tasks (KIP-1071).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface StreamsGroupDescribeRequest {
  groupIds: string[];
  includeAuthorizedOperations: boolean;
}

/** With the default in every field. */
export function defaultStreamsGroupDescribeRequest(): StreamsGroupDescribeRequest {
  return {
    groupIds: [],
    includeAuthorizedOperations: false,
  };
}

export function readStreamsGroupDescribeRequest(r: ByteReader, version: number): StreamsGroupDescribeRequest {
  const groupIds: string[] = [];
  const groupIdsCount = r.compactArrayLength(1);
  for (let i = 0; i < groupIdsCount; i++) groupIds.push(r.compactString());
  const includeAuthorizedOperations: boolean = r.boolean();
  r.skipTaggedFields();
  return { groupIds, includeAuthorizedOperations };
}

export function writeStreamsGroupDescribeRequest(w: ByteWriter, m: StreamsGroupDescribeRequest, version: number): void {
  w.compactArrayLength(m.groupIds.length);
  for (const item of m.groupIds) w.compactString(item);
  w.boolean(m.includeAuthorizedOperations);
  w.int8(0);
}

export interface StreamsGroupDescribeResponseKeyValue {
  key: string;
  value: string;
}

/** With the default in every field. */
export function defaultStreamsGroupDescribeResponseKeyValue(): StreamsGroupDescribeResponseKeyValue {
  return {
    key: '',
    value: '',
  };
}

export function readStreamsGroupDescribeResponseKeyValue(r: ByteReader, version: number): StreamsGroupDescribeResponseKeyValue {
  const key: string = r.compactString();
  const value: string = r.compactString();
  r.skipTaggedFields();
  return { key, value };
}

export function writeStreamsGroupDescribeResponseKeyValue(w: ByteWriter, m: StreamsGroupDescribeResponseKeyValue, version: number): void {
  w.compactString(m.key);
  w.compactString(m.value);
  w.int8(0);
}

export interface StreamsGroupDescribeResponseTopicInfo {
  name: string;
  partitions: number;
  replicationFactor: number;
  topicConfigs: StreamsGroupDescribeResponseKeyValue[];
}

/** With the default in every field. */
export function defaultStreamsGroupDescribeResponseTopicInfo(): StreamsGroupDescribeResponseTopicInfo {
  return {
    name: '',
    partitions: 0,
    replicationFactor: 0,
    topicConfigs: [],
  };
}

export function readStreamsGroupDescribeResponseTopicInfo(r: ByteReader, version: number): StreamsGroupDescribeResponseTopicInfo {
  const name: string = r.compactString();
  const partitions: number = r.int32();
  const replicationFactor: number = r.int16();
  const topicConfigs: StreamsGroupDescribeResponseKeyValue[] = [];
  const topicConfigsCount = r.compactArrayLength(3);
  for (let i = 0; i < topicConfigsCount; i++) topicConfigs.push(readStreamsGroupDescribeResponseKeyValue(r, version));
  r.skipTaggedFields();
  return { name, partitions, replicationFactor, topicConfigs };
}

export function writeStreamsGroupDescribeResponseTopicInfo(w: ByteWriter, m: StreamsGroupDescribeResponseTopicInfo, version: number): void {
  w.compactString(m.name);
  w.int32(m.partitions);
  w.int16(m.replicationFactor);
  w.compactArrayLength(m.topicConfigs.length);
  for (const item of m.topicConfigs) writeStreamsGroupDescribeResponseKeyValue(w, item, version);
  w.int8(0);
}

export interface StreamsGroupDescribeResponseSubtopology {
  subtopologyId: string;
  sourceTopics: string[];
  repartitionSinkTopics: string[];
  stateChangelogTopics: StreamsGroupDescribeResponseTopicInfo[];
  repartitionSourceTopics: StreamsGroupDescribeResponseTopicInfo[];
}

/** With the default in every field. */
export function defaultStreamsGroupDescribeResponseSubtopology(): StreamsGroupDescribeResponseSubtopology {
  return {
    subtopologyId: '',
    sourceTopics: [],
    repartitionSinkTopics: [],
    stateChangelogTopics: [],
    repartitionSourceTopics: [],
  };
}

export function readStreamsGroupDescribeResponseSubtopology(r: ByteReader, version: number): StreamsGroupDescribeResponseSubtopology {
  const subtopologyId: string = r.compactString();
  const sourceTopics: string[] = [];
  const sourceTopicsCount = r.compactArrayLength(1);
  for (let i = 0; i < sourceTopicsCount; i++) sourceTopics.push(r.compactString());
  const repartitionSinkTopics: string[] = [];
  const repartitionSinkTopicsCount = r.compactArrayLength(1);
  for (let i = 0; i < repartitionSinkTopicsCount; i++) repartitionSinkTopics.push(r.compactString());
  const stateChangelogTopics: StreamsGroupDescribeResponseTopicInfo[] = [];
  const stateChangelogTopicsCount = r.compactArrayLength(9);
  for (let i = 0; i < stateChangelogTopicsCount; i++) stateChangelogTopics.push(readStreamsGroupDescribeResponseTopicInfo(r, version));
  const repartitionSourceTopics: StreamsGroupDescribeResponseTopicInfo[] = [];
  const repartitionSourceTopicsCount = r.compactArrayLength(9);
  for (let i = 0; i < repartitionSourceTopicsCount; i++) repartitionSourceTopics.push(readStreamsGroupDescribeResponseTopicInfo(r, version));
  r.skipTaggedFields();
  return { subtopologyId, sourceTopics, repartitionSinkTopics, stateChangelogTopics, repartitionSourceTopics };
}

export function writeStreamsGroupDescribeResponseSubtopology(w: ByteWriter, m: StreamsGroupDescribeResponseSubtopology, version: number): void {
  w.compactString(m.subtopologyId);
  w.compactArrayLength(m.sourceTopics.length);
  for (const item of m.sourceTopics) w.compactString(item);
  w.compactArrayLength(m.repartitionSinkTopics.length);
  for (const item of m.repartitionSinkTopics) w.compactString(item);
  w.compactArrayLength(m.stateChangelogTopics.length);
  for (const item of m.stateChangelogTopics) writeStreamsGroupDescribeResponseTopicInfo(w, item, version);
  w.compactArrayLength(m.repartitionSourceTopics.length);
  for (const item of m.repartitionSourceTopics) writeStreamsGroupDescribeResponseTopicInfo(w, item, version);
  w.int8(0);
}

export interface StreamsGroupDescribeResponseTopology {
  epoch: number;
  /** Null in all, default null. */
  subtopologies: StreamsGroupDescribeResponseSubtopology[] | null;
}

/** With the default in every field. */
export function defaultStreamsGroupDescribeResponseTopology(): StreamsGroupDescribeResponseTopology {
  return {
    epoch: 0,
    subtopologies: null,
  };
}

export function readStreamsGroupDescribeResponseTopology(r: ByteReader, version: number): StreamsGroupDescribeResponseTopology {
  const epoch: number = r.int32();
  let subtopologies: StreamsGroupDescribeResponseSubtopology[] | null = [];
  const subtopologiesCount = r.compactNullableArrayLength(6);
  if (subtopologiesCount < 0) subtopologies = null;
  else for (let i = 0; i < subtopologiesCount; i++) subtopologies.push(readStreamsGroupDescribeResponseSubtopology(r, version));
  r.skipTaggedFields();
  return { epoch, subtopologies };
}

export function writeStreamsGroupDescribeResponseTopology(w: ByteWriter, m: StreamsGroupDescribeResponseTopology, version: number): void {
  w.int32(m.epoch);
  if (m.subtopologies === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.subtopologies.length);
    for (const item of m.subtopologies) writeStreamsGroupDescribeResponseSubtopology(w, item, version);
  }
  w.int8(0);
}

export interface StreamsGroupDescribeResponseEndpoint {
  host: string;
  port: number;
}

/** With the default in every field. */
export function defaultStreamsGroupDescribeResponseEndpoint(): StreamsGroupDescribeResponseEndpoint {
  return {
    host: '',
    port: 0,
  };
}

export function readStreamsGroupDescribeResponseEndpoint(r: ByteReader, version: number): StreamsGroupDescribeResponseEndpoint {
  const host: string = r.compactString();
  const port: number = r.uint16();
  r.skipTaggedFields();
  return { host, port };
}

export function writeStreamsGroupDescribeResponseEndpoint(w: ByteWriter, m: StreamsGroupDescribeResponseEndpoint, version: number): void {
  w.compactString(m.host);
  w.int16(m.port);
  w.int8(0);
}

export interface StreamsGroupDescribeResponseTaskOffset {
  subtopologyId: string;
  partition: number;
  offset: number;
}

/** With the default in every field. */
export function defaultStreamsGroupDescribeResponseTaskOffset(): StreamsGroupDescribeResponseTaskOffset {
  return {
    subtopologyId: '',
    partition: 0,
    offset: 0,
  };
}

export function readStreamsGroupDescribeResponseTaskOffset(r: ByteReader, version: number): StreamsGroupDescribeResponseTaskOffset {
  const subtopologyId: string = r.compactString();
  const partition: number = r.int32();
  const offset: number = r.int64();
  r.skipTaggedFields();
  return { subtopologyId, partition, offset };
}

export function writeStreamsGroupDescribeResponseTaskOffset(w: ByteWriter, m: StreamsGroupDescribeResponseTaskOffset, version: number): void {
  w.compactString(m.subtopologyId);
  w.int32(m.partition);
  w.int64(m.offset);
  w.int8(0);
}

export interface StreamsGroupDescribeResponseTaskIds {
  subtopologyId: string;
  partitions: number[];
}

/** With the default in every field. */
export function defaultStreamsGroupDescribeResponseTaskIds(): StreamsGroupDescribeResponseTaskIds {
  return {
    subtopologyId: '',
    partitions: [],
  };
}

export function readStreamsGroupDescribeResponseTaskIds(r: ByteReader, version: number): StreamsGroupDescribeResponseTaskIds {
  const subtopologyId: string = r.compactString();
  const partitions: number[] = [];
  const partitionsCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  r.skipTaggedFields();
  return { subtopologyId, partitions };
}

export function writeStreamsGroupDescribeResponseTaskIds(w: ByteWriter, m: StreamsGroupDescribeResponseTaskIds, version: number): void {
  w.compactString(m.subtopologyId);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) w.int32(item);
  w.int8(0);
}

export interface StreamsGroupDescribeResponseAssignment {
  activeTasks: StreamsGroupDescribeResponseTaskIds[];
  standbyTasks: StreamsGroupDescribeResponseTaskIds[];
  warmupTasks: StreamsGroupDescribeResponseTaskIds[];
}

/** With the default in every field. */
export function defaultStreamsGroupDescribeResponseAssignment(): StreamsGroupDescribeResponseAssignment {
  return {
    activeTasks: [],
    standbyTasks: [],
    warmupTasks: [],
  };
}

export function readStreamsGroupDescribeResponseAssignment(r: ByteReader, version: number): StreamsGroupDescribeResponseAssignment {
  const activeTasks: StreamsGroupDescribeResponseTaskIds[] = [];
  const activeTasksCount = r.compactArrayLength(3);
  for (let i = 0; i < activeTasksCount; i++) activeTasks.push(readStreamsGroupDescribeResponseTaskIds(r, version));
  const standbyTasks: StreamsGroupDescribeResponseTaskIds[] = [];
  const standbyTasksCount = r.compactArrayLength(3);
  for (let i = 0; i < standbyTasksCount; i++) standbyTasks.push(readStreamsGroupDescribeResponseTaskIds(r, version));
  const warmupTasks: StreamsGroupDescribeResponseTaskIds[] = [];
  const warmupTasksCount = r.compactArrayLength(3);
  for (let i = 0; i < warmupTasksCount; i++) warmupTasks.push(readStreamsGroupDescribeResponseTaskIds(r, version));
  r.skipTaggedFields();
  return { activeTasks, standbyTasks, warmupTasks };
}

export function writeStreamsGroupDescribeResponseAssignment(w: ByteWriter, m: StreamsGroupDescribeResponseAssignment, version: number): void {
  w.compactArrayLength(m.activeTasks.length);
  for (const item of m.activeTasks) writeStreamsGroupDescribeResponseTaskIds(w, item, version);
  w.compactArrayLength(m.standbyTasks.length);
  for (const item of m.standbyTasks) writeStreamsGroupDescribeResponseTaskIds(w, item, version);
  w.compactArrayLength(m.warmupTasks.length);
  for (const item of m.warmupTasks) writeStreamsGroupDescribeResponseTaskIds(w, item, version);
  w.int8(0);
}

export interface StreamsGroupDescribeResponseMember {
  memberId: string;
  memberEpoch: number;
  /** Null in all, default null. */
  instanceId: string | null;
  /** Null in all, default null. */
  rackId: string | null;
  clientId: string;
  clientHost: string;
  topologyEpoch: number;
  processId: string;
  /** Null in all, default null. */
  userEndpoint: StreamsGroupDescribeResponseEndpoint | null;
  clientTags: StreamsGroupDescribeResponseKeyValue[];
  taskOffsets: StreamsGroupDescribeResponseTaskOffset[];
  taskEndOffsets: StreamsGroupDescribeResponseTaskOffset[];
  assignment: StreamsGroupDescribeResponseAssignment;
  targetAssignment: StreamsGroupDescribeResponseAssignment;
  isClassic: boolean;
}

/** With the default in every field. */
export function defaultStreamsGroupDescribeResponseMember(): StreamsGroupDescribeResponseMember {
  return {
    memberId: '',
    memberEpoch: 0,
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    topologyEpoch: 0,
    processId: '',
    userEndpoint: null,
    clientTags: [],
    taskOffsets: [],
    taskEndOffsets: [],
    assignment: defaultStreamsGroupDescribeResponseAssignment(),
    targetAssignment: defaultStreamsGroupDescribeResponseAssignment(),
    isClassic: false,
  };
}

export function readStreamsGroupDescribeResponseMember(r: ByteReader, version: number): StreamsGroupDescribeResponseMember {
  const memberId: string = r.compactString();
  const memberEpoch: number = r.int32();
  const instanceId: string | null = r.compactNullableString();
  const rackId: string | null = r.compactNullableString();
  const clientId: string = r.compactString();
  const clientHost: string = r.compactString();
  const topologyEpoch: number = r.int32();
  const processId: string = r.compactString();
  const userEndpoint: StreamsGroupDescribeResponseEndpoint | null = (r.int8() < 0 ? null : readStreamsGroupDescribeResponseEndpoint(r, version));
  const clientTags: StreamsGroupDescribeResponseKeyValue[] = [];
  const clientTagsCount = r.compactArrayLength(3);
  for (let i = 0; i < clientTagsCount; i++) clientTags.push(readStreamsGroupDescribeResponseKeyValue(r, version));
  const taskOffsets: StreamsGroupDescribeResponseTaskOffset[] = [];
  const taskOffsetsCount = r.compactArrayLength(14);
  for (let i = 0; i < taskOffsetsCount; i++) taskOffsets.push(readStreamsGroupDescribeResponseTaskOffset(r, version));
  const taskEndOffsets: StreamsGroupDescribeResponseTaskOffset[] = [];
  const taskEndOffsetsCount = r.compactArrayLength(14);
  for (let i = 0; i < taskEndOffsetsCount; i++) taskEndOffsets.push(readStreamsGroupDescribeResponseTaskOffset(r, version));
  const assignment: StreamsGroupDescribeResponseAssignment = readStreamsGroupDescribeResponseAssignment(r, version);
  const targetAssignment: StreamsGroupDescribeResponseAssignment = readStreamsGroupDescribeResponseAssignment(r, version);
  const isClassic: boolean = r.boolean();
  r.skipTaggedFields();
  return { memberId, memberEpoch, instanceId, rackId, clientId, clientHost, topologyEpoch, processId, userEndpoint, clientTags, taskOffsets, taskEndOffsets, assignment, targetAssignment, isClassic };
}

export function writeStreamsGroupDescribeResponseMember(w: ByteWriter, m: StreamsGroupDescribeResponseMember, version: number): void {
  w.compactString(m.memberId);
  w.int32(m.memberEpoch);
  w.compactNullableString(m.instanceId);
  w.compactNullableString(m.rackId);
  w.compactString(m.clientId);
  w.compactString(m.clientHost);
  w.int32(m.topologyEpoch);
  w.compactString(m.processId);
  if (m.userEndpoint === null) { w.int8(-1); } else { w.int8(1); writeStreamsGroupDescribeResponseEndpoint(w, m.userEndpoint, version); }
  w.compactArrayLength(m.clientTags.length);
  for (const item of m.clientTags) writeStreamsGroupDescribeResponseKeyValue(w, item, version);
  w.compactArrayLength(m.taskOffsets.length);
  for (const item of m.taskOffsets) writeStreamsGroupDescribeResponseTaskOffset(w, item, version);
  w.compactArrayLength(m.taskEndOffsets.length);
  for (const item of m.taskEndOffsets) writeStreamsGroupDescribeResponseTaskOffset(w, item, version);
  writeStreamsGroupDescribeResponseAssignment(w, m.assignment, version);
  writeStreamsGroupDescribeResponseAssignment(w, m.targetAssignment, version);
  w.boolean(m.isClassic);
  w.int8(0);
}

export interface StreamsGroupDescribeResponseDescribedGroup {
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
  groupId: string;
  groupState: string;
  groupEpoch: number;
  assignmentEpoch: number;
  /** Null in all, default null. */
  topology: StreamsGroupDescribeResponseTopology | null;
  members: StreamsGroupDescribeResponseMember[];
  /** Default -2147483648. */
  authorizedOperations: number;
}

/** With the default in every field. */
export function defaultStreamsGroupDescribeResponseDescribedGroup(): StreamsGroupDescribeResponseDescribedGroup {
  return {
    errorCode: 0,
    errorMessage: null,
    groupId: '',
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    topology: null,
    members: [],
    authorizedOperations: -2147483648,
  };
}

export function readStreamsGroupDescribeResponseDescribedGroup(r: ByteReader, version: number): StreamsGroupDescribeResponseDescribedGroup {
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const groupId: string = r.compactString();
  const groupState: string = r.compactString();
  const groupEpoch: number = r.int32();
  const assignmentEpoch: number = r.int32();
  const topology: StreamsGroupDescribeResponseTopology | null = (r.int8() < 0 ? null : readStreamsGroupDescribeResponseTopology(r, version));
  const members: StreamsGroupDescribeResponseMember[] = [];
  const membersCount = r.compactArrayLength(28);
  for (let i = 0; i < membersCount; i++) members.push(readStreamsGroupDescribeResponseMember(r, version));
  const authorizedOperations: number = r.int32();
  r.skipTaggedFields();
  return { errorCode, errorMessage, groupId, groupState, groupEpoch, assignmentEpoch, topology, members, authorizedOperations };
}

export function writeStreamsGroupDescribeResponseDescribedGroup(w: ByteWriter, m: StreamsGroupDescribeResponseDescribedGroup, version: number): void {
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.compactString(m.groupId);
  w.compactString(m.groupState);
  w.int32(m.groupEpoch);
  w.int32(m.assignmentEpoch);
  if (m.topology === null) { w.int8(-1); } else { w.int8(1); writeStreamsGroupDescribeResponseTopology(w, m.topology, version); }
  w.compactArrayLength(m.members.length);
  for (const item of m.members) writeStreamsGroupDescribeResponseMember(w, item, version);
  w.int32(m.authorizedOperations);
  w.int8(0);
}

export interface StreamsGroupDescribeResponse {
  throttleTimeMs: number;
  groups: StreamsGroupDescribeResponseDescribedGroup[];
}

/** With the default in every field. */
export function defaultStreamsGroupDescribeResponse(): StreamsGroupDescribeResponse {
  return {
    throttleTimeMs: 0,
    groups: [],
  };
}

export function readStreamsGroupDescribeResponse(r: ByteReader, version: number): StreamsGroupDescribeResponse {
  const throttleTimeMs: number = r.int32();
  const groups: StreamsGroupDescribeResponseDescribedGroup[] = [];
  const groupsCount = r.compactArrayLength(20);
  for (let i = 0; i < groupsCount; i++) groups.push(readStreamsGroupDescribeResponseDescribedGroup(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, groups };
}

export function writeStreamsGroupDescribeResponse(w: ByteWriter, m: StreamsGroupDescribeResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.compactArrayLength(m.groups.length);
  for (const item of m.groups) writeStreamsGroupDescribeResponseDescribedGroup(w, item, version);
  w.int8(0);
}
