/**
 * Generated from schema/share-group-describe.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Share groups: state, members and what each of them reads (KIP-932).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';

export interface ShareGroupDescribeRequest {
  groupIds: string[];
  includeAuthorizedOperations: boolean;
}

/** With the default in every field. */
export function defaultShareGroupDescribeRequest(): ShareGroupDescribeRequest {
  return {
    groupIds: [],
    includeAuthorizedOperations: false,
  };
}

export function readShareGroupDescribeRequest(r: ByteReader, version: number): ShareGroupDescribeRequest {
  const groupIds: string[] = [];
  const groupIdsCount = r.compactArrayLength(1);
  for (let i = 0; i < groupIdsCount; i++) groupIds.push(r.compactString());
  const includeAuthorizedOperations: boolean = r.boolean();
  r.skipTaggedFields();
  return { groupIds, includeAuthorizedOperations };
}

export function writeShareGroupDescribeRequest(w: ByteWriter, m: ShareGroupDescribeRequest, version: number): void {
  w.compactArrayLength(m.groupIds.length);
  for (const item of m.groupIds) w.compactString(item);
  w.boolean(m.includeAuthorizedOperations);
  w.int8(0);
}

export interface ShareGroupDescribeResponseTopicPartitions {
  topicId: Uuid;
  topicName: string;
  partitions: number[];
}

/** With the default in every field. */
export function defaultShareGroupDescribeResponseTopicPartitions(): ShareGroupDescribeResponseTopicPartitions {
  return {
    topicId: ZERO_UUID,
    topicName: '',
    partitions: [],
  };
}

export function readShareGroupDescribeResponseTopicPartitions(r: ByteReader, version: number): ShareGroupDescribeResponseTopicPartitions {
  const topicId: Uuid = r.uuid();
  const topicName: string = r.compactString();
  const partitions: number[] = [];
  const partitionsCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  r.skipTaggedFields();
  return { topicId, topicName, partitions };
}

export function writeShareGroupDescribeResponseTopicPartitions(w: ByteWriter, m: ShareGroupDescribeResponseTopicPartitions, version: number): void {
  w.uuid(m.topicId);
  w.compactString(m.topicName);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) w.int32(item);
  w.int8(0);
}

export interface ShareGroupDescribeResponseAssignment {
  topicPartitions: ShareGroupDescribeResponseTopicPartitions[];
}

/** With the default in every field. */
export function defaultShareGroupDescribeResponseAssignment(): ShareGroupDescribeResponseAssignment {
  return {
    topicPartitions: [],
  };
}

export function readShareGroupDescribeResponseAssignment(r: ByteReader, version: number): ShareGroupDescribeResponseAssignment {
  const topicPartitions: ShareGroupDescribeResponseTopicPartitions[] = [];
  const topicPartitionsCount = r.compactArrayLength(19);
  for (let i = 0; i < topicPartitionsCount; i++) topicPartitions.push(readShareGroupDescribeResponseTopicPartitions(r, version));
  r.skipTaggedFields();
  return { topicPartitions };
}

export function writeShareGroupDescribeResponseAssignment(w: ByteWriter, m: ShareGroupDescribeResponseAssignment, version: number): void {
  w.compactArrayLength(m.topicPartitions.length);
  for (const item of m.topicPartitions) writeShareGroupDescribeResponseTopicPartitions(w, item, version);
  w.int8(0);
}

export interface ShareGroupDescribeResponseMember {
  memberId: string;
  /** Null in all, default null. */
  rackId: string | null;
  memberEpoch: number;
  clientId: string;
  clientHost: string;
  subscribedTopicNames: string[];
  assignment: ShareGroupDescribeResponseAssignment;
}

/** With the default in every field. */
export function defaultShareGroupDescribeResponseMember(): ShareGroupDescribeResponseMember {
  return {
    memberId: '',
    rackId: null,
    memberEpoch: 0,
    clientId: '',
    clientHost: '',
    subscribedTopicNames: [],
    assignment: defaultShareGroupDescribeResponseAssignment(),
  };
}

export function readShareGroupDescribeResponseMember(r: ByteReader, version: number): ShareGroupDescribeResponseMember {
  const memberId: string = r.compactString();
  const rackId: string | null = r.compactNullableString();
  const memberEpoch: number = r.int32();
  const clientId: string = r.compactString();
  const clientHost: string = r.compactString();
  const subscribedTopicNames: string[] = [];
  const subscribedTopicNamesCount = r.compactArrayLength(1);
  for (let i = 0; i < subscribedTopicNamesCount; i++) subscribedTopicNames.push(r.compactString());
  const assignment: ShareGroupDescribeResponseAssignment = readShareGroupDescribeResponseAssignment(r, version);
  r.skipTaggedFields();
  return { memberId, rackId, memberEpoch, clientId, clientHost, subscribedTopicNames, assignment };
}

export function writeShareGroupDescribeResponseMember(w: ByteWriter, m: ShareGroupDescribeResponseMember, version: number): void {
  w.compactString(m.memberId);
  w.compactNullableString(m.rackId);
  w.int32(m.memberEpoch);
  w.compactString(m.clientId);
  w.compactString(m.clientHost);
  w.compactArrayLength(m.subscribedTopicNames.length);
  for (const item of m.subscribedTopicNames) w.compactString(item);
  writeShareGroupDescribeResponseAssignment(w, m.assignment, version);
  w.int8(0);
}

export interface ShareGroupDescribeResponseGroup {
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
  groupId: string;
  groupState: string;
  groupEpoch: number;
  assignmentEpoch: number;
  assignorName: string;
  members: ShareGroupDescribeResponseMember[];
  /** Default -2147483648. */
  authorizedOperations: number;
}

/** With the default in every field. */
export function defaultShareGroupDescribeResponseGroup(): ShareGroupDescribeResponseGroup {
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

export function readShareGroupDescribeResponseGroup(r: ByteReader, version: number): ShareGroupDescribeResponseGroup {
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const groupId: string = r.compactString();
  const groupState: string = r.compactString();
  const groupEpoch: number = r.int32();
  const assignmentEpoch: number = r.int32();
  const assignorName: string = r.compactString();
  const members: ShareGroupDescribeResponseMember[] = [];
  const membersCount = r.compactArrayLength(12);
  for (let i = 0; i < membersCount; i++) members.push(readShareGroupDescribeResponseMember(r, version));
  const authorizedOperations: number = r.int32();
  r.skipTaggedFields();
  return { errorCode, errorMessage, groupId, groupState, groupEpoch, assignmentEpoch, assignorName, members, authorizedOperations };
}

export function writeShareGroupDescribeResponseGroup(w: ByteWriter, m: ShareGroupDescribeResponseGroup, version: number): void {
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.compactString(m.groupId);
  w.compactString(m.groupState);
  w.int32(m.groupEpoch);
  w.int32(m.assignmentEpoch);
  w.compactString(m.assignorName);
  w.compactArrayLength(m.members.length);
  for (const item of m.members) writeShareGroupDescribeResponseMember(w, item, version);
  w.int32(m.authorizedOperations);
  w.int8(0);
}

export interface ShareGroupDescribeResponse {
  throttleTimeMs: number;
  groups: ShareGroupDescribeResponseGroup[];
}

/** With the default in every field. */
export function defaultShareGroupDescribeResponse(): ShareGroupDescribeResponse {
  return {
    throttleTimeMs: 0,
    groups: [],
  };
}

export function readShareGroupDescribeResponse(r: ByteReader, version: number): ShareGroupDescribeResponse {
  const throttleTimeMs: number = r.int32();
  const groups: ShareGroupDescribeResponseGroup[] = [];
  const groupsCount = r.compactArrayLength(20);
  for (let i = 0; i < groupsCount; i++) groups.push(readShareGroupDescribeResponseGroup(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, groups };
}

export function writeShareGroupDescribeResponse(w: ByteWriter, m: ShareGroupDescribeResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.compactArrayLength(m.groups.length);
  for (const item of m.groups) writeShareGroupDescribeResponseGroup(w, item, version);
  w.int8(0);
}
