/**
 * Generated from schema/consumer-group-describe.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Consumer group protocol (KIP-848): what groups are. Version 1: the type of each member.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';

export interface ConsumerGroupDescribeRequest {
  groupIds: string[];
  includeAuthorizedOperations: boolean;
}

/** With the default in every field. */
export function defaultConsumerGroupDescribeRequest(): ConsumerGroupDescribeRequest {
  return {
    groupIds: [],
    includeAuthorizedOperations: false,
  };
}

export function readConsumerGroupDescribeRequest(r: ByteReader, version: number): ConsumerGroupDescribeRequest {
  const groupIds: string[] = [];
  const groupIdsCount = r.compactArrayLength(1);
  for (let i = 0; i < groupIdsCount; i++) groupIds.push(r.compactString());
  const includeAuthorizedOperations: boolean = r.boolean();
  r.skipTaggedFields();
  return { groupIds, includeAuthorizedOperations };
}

export function writeConsumerGroupDescribeRequest(w: ByteWriter, m: ConsumerGroupDescribeRequest, version: number): void {
  w.compactArrayLength(m.groupIds.length);
  for (const item of m.groupIds) w.compactString(item);
  w.boolean(m.includeAuthorizedOperations);
  w.int8(0);
}

export interface ConsumerGroupDescribeResponseTopicPartitions {
  topicId: Uuid;
  topicName: string;
  partitions: number[];
}

/** With the default in every field. */
export function defaultConsumerGroupDescribeResponseTopicPartitions(): ConsumerGroupDescribeResponseTopicPartitions {
  return {
    topicId: ZERO_UUID,
    topicName: '',
    partitions: [],
  };
}

export function readConsumerGroupDescribeResponseTopicPartitions(r: ByteReader, version: number): ConsumerGroupDescribeResponseTopicPartitions {
  const topicId: Uuid = r.uuid();
  const topicName: string = r.compactString();
  const partitions: number[] = [];
  const partitionsCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  r.skipTaggedFields();
  return { topicId, topicName, partitions };
}

export function writeConsumerGroupDescribeResponseTopicPartitions(w: ByteWriter, m: ConsumerGroupDescribeResponseTopicPartitions, version: number): void {
  w.uuid(m.topicId);
  w.compactString(m.topicName);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) w.int32(item);
  w.int8(0);
}

export interface ConsumerGroupDescribeResponseAssignment {
  topicPartitions: ConsumerGroupDescribeResponseTopicPartitions[];
}

/** With the default in every field. */
export function defaultConsumerGroupDescribeResponseAssignment(): ConsumerGroupDescribeResponseAssignment {
  return {
    topicPartitions: [],
  };
}

export function readConsumerGroupDescribeResponseAssignment(r: ByteReader, version: number): ConsumerGroupDescribeResponseAssignment {
  const topicPartitions: ConsumerGroupDescribeResponseTopicPartitions[] = [];
  const topicPartitionsCount = r.compactArrayLength(19);
  for (let i = 0; i < topicPartitionsCount; i++) topicPartitions.push(readConsumerGroupDescribeResponseTopicPartitions(r, version));
  r.skipTaggedFields();
  return { topicPartitions };
}

export function writeConsumerGroupDescribeResponseAssignment(w: ByteWriter, m: ConsumerGroupDescribeResponseAssignment, version: number): void {
  w.compactArrayLength(m.topicPartitions.length);
  for (const item of m.topicPartitions) writeConsumerGroupDescribeResponseTopicPartitions(w, item, version);
  w.int8(0);
}

export interface ConsumerGroupDescribeResponseMember {
  memberId: string;
  /** Null in all, default null. */
  instanceId: string | null;
  /** Null in all, default null. */
  rackId: string | null;
  memberEpoch: number;
  clientId: string;
  clientHost: string;
  subscribedTopicNames: string[];
  /** Null in all, default null. */
  subscribedTopicRegex: string | null;
  assignment: ConsumerGroupDescribeResponseAssignment;
  targetAssignment: ConsumerGroupDescribeResponseAssignment;
  /** Versions 1, ignorable, default -1. */
  memberType: number;
}

/** With the default in every field. */
export function defaultConsumerGroupDescribeResponseMember(): ConsumerGroupDescribeResponseMember {
  return {
    memberId: '',
    instanceId: null,
    rackId: null,
    memberEpoch: 0,
    clientId: '',
    clientHost: '',
    subscribedTopicNames: [],
    subscribedTopicRegex: null,
    assignment: defaultConsumerGroupDescribeResponseAssignment(),
    targetAssignment: defaultConsumerGroupDescribeResponseAssignment(),
    memberType: -1,
  };
}

export function readConsumerGroupDescribeResponseMember(r: ByteReader, version: number): ConsumerGroupDescribeResponseMember {
  const memberId: string = r.compactString();
  const instanceId: string | null = r.compactNullableString();
  const rackId: string | null = r.compactNullableString();
  const memberEpoch: number = r.int32();
  const clientId: string = r.compactString();
  const clientHost: string = r.compactString();
  const subscribedTopicNames: string[] = [];
  const subscribedTopicNamesCount = r.compactArrayLength(1);
  for (let i = 0; i < subscribedTopicNamesCount; i++) subscribedTopicNames.push(r.compactString());
  const subscribedTopicRegex: string | null = r.compactNullableString();
  const assignment: ConsumerGroupDescribeResponseAssignment = readConsumerGroupDescribeResponseAssignment(r, version);
  const targetAssignment: ConsumerGroupDescribeResponseAssignment = readConsumerGroupDescribeResponseAssignment(r, version);
  const memberType: number = version >= 1 ? r.int8() : -1;
  r.skipTaggedFields();
  return { memberId, instanceId, rackId, memberEpoch, clientId, clientHost, subscribedTopicNames, subscribedTopicRegex, assignment, targetAssignment, memberType };
}

export function writeConsumerGroupDescribeResponseMember(w: ByteWriter, m: ConsumerGroupDescribeResponseMember, version: number): void {
  w.compactString(m.memberId);
  w.compactNullableString(m.instanceId);
  w.compactNullableString(m.rackId);
  w.int32(m.memberEpoch);
  w.compactString(m.clientId);
  w.compactString(m.clientHost);
  w.compactArrayLength(m.subscribedTopicNames.length);
  for (const item of m.subscribedTopicNames) w.compactString(item);
  w.compactNullableString(m.subscribedTopicRegex);
  writeConsumerGroupDescribeResponseAssignment(w, m.assignment, version);
  writeConsumerGroupDescribeResponseAssignment(w, m.targetAssignment, version);
  if (version >= 1) {
    w.int8(m.memberType);
  }
  w.int8(0);
}

export interface ConsumerGroupDescribeResponseGroup {
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
  groupId: string;
  groupState: string;
  groupEpoch: number;
  assignmentEpoch: number;
  assignorName: string;
  members: ConsumerGroupDescribeResponseMember[];
  /** Default -2147483648. */
  authorizedOperations: number;
}

/** With the default in every field. */
export function defaultConsumerGroupDescribeResponseGroup(): ConsumerGroupDescribeResponseGroup {
  return {
    errorCode: 0,
    errorMessage: null,
    groupId: '',
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
    authorizedOperations: -2147483648,
  };
}

export function readConsumerGroupDescribeResponseGroup(r: ByteReader, version: number): ConsumerGroupDescribeResponseGroup {
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const groupId: string = r.compactString();
  const groupState: string = r.compactString();
  const groupEpoch: number = r.int32();
  const assignmentEpoch: number = r.int32();
  const assignorName: string = r.compactString();
  const members: ConsumerGroupDescribeResponseMember[] = [];
  const membersCount = r.compactArrayLength(16);
  for (let i = 0; i < membersCount; i++) members.push(readConsumerGroupDescribeResponseMember(r, version));
  const authorizedOperations: number = r.int32();
  r.skipTaggedFields();
  return { errorCode, errorMessage, groupId, groupState, groupEpoch, assignmentEpoch, assignorName, members, authorizedOperations };
}

export function writeConsumerGroupDescribeResponseGroup(w: ByteWriter, m: ConsumerGroupDescribeResponseGroup, version: number): void {
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.compactString(m.groupId);
  w.compactString(m.groupState);
  w.int32(m.groupEpoch);
  w.int32(m.assignmentEpoch);
  w.compactString(m.assignorName);
  w.compactArrayLength(m.members.length);
  for (const item of m.members) writeConsumerGroupDescribeResponseMember(w, item, version);
  w.int32(m.authorizedOperations);
  w.int8(0);
}

export interface ConsumerGroupDescribeResponse {
  throttleTimeMs: number;
  groups: ConsumerGroupDescribeResponseGroup[];
}

/** With the default in every field. */
export function defaultConsumerGroupDescribeResponse(): ConsumerGroupDescribeResponse {
  return {
    throttleTimeMs: 0,
    groups: [],
  };
}

export function readConsumerGroupDescribeResponse(r: ByteReader, version: number): ConsumerGroupDescribeResponse {
  const throttleTimeMs: number = r.int32();
  const groups: ConsumerGroupDescribeResponseGroup[] = [];
  const groupsCount = r.compactArrayLength(20);
  for (let i = 0; i < groupsCount; i++) groups.push(readConsumerGroupDescribeResponseGroup(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, groups };
}

export function writeConsumerGroupDescribeResponse(w: ByteWriter, m: ConsumerGroupDescribeResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.compactArrayLength(m.groups.length);
  for (const item of m.groups) writeConsumerGroupDescribeResponseGroup(w, item, version);
  w.int8(0);
}
