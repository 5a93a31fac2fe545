/**
 * Generated from schema/share-group-heartbeat.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Share groups (KIP-932): joining, staying, changing one's subscription, leaving. The member makes its id itself.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';

export interface ShareGroupHeartbeatRequest {
  groupId: string;
  memberId: string;
  memberEpoch: number;
  /** Null in all, default null. */
  rackId: string | null;
  /** Null in all, default null. */
  subscribedTopicNames: string[] | null;
}

/** With the default in every field. */
export function defaultShareGroupHeartbeatRequest(): ShareGroupHeartbeatRequest {
  return {
    groupId: '',
    memberId: '',
    memberEpoch: 0,
    rackId: null,
    subscribedTopicNames: null,
  };
}

export function readShareGroupHeartbeatRequest(r: ByteReader, version: number): ShareGroupHeartbeatRequest {
  const groupId: string = r.compactString();
  const memberId: string = r.compactString();
  const memberEpoch: number = r.int32();
  const rackId: string | null = r.compactNullableString();
  let subscribedTopicNames: string[] | null = [];
  const subscribedTopicNamesCount = r.compactNullableArrayLength(1);
  if (subscribedTopicNamesCount < 0) subscribedTopicNames = null;
  else for (let i = 0; i < subscribedTopicNamesCount; i++) subscribedTopicNames.push(r.compactString());
  r.skipTaggedFields();
  return { groupId, memberId, memberEpoch, rackId, subscribedTopicNames };
}

export function writeShareGroupHeartbeatRequest(w: ByteWriter, m: ShareGroupHeartbeatRequest, version: number): void {
  w.compactString(m.groupId);
  w.compactString(m.memberId);
  w.int32(m.memberEpoch);
  w.compactNullableString(m.rackId);
  if (m.subscribedTopicNames === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.subscribedTopicNames.length);
    for (const item of m.subscribedTopicNames) w.compactString(item);
  }
  w.int8(0);
}

export interface ShareGroupHeartbeatResponseTopicPartitions {
  topicId: Uuid;
  partitions: number[];
}

/** With the default in every field. */
export function defaultShareGroupHeartbeatResponseTopicPartitions(): ShareGroupHeartbeatResponseTopicPartitions {
  return {
    topicId: ZERO_UUID,
    partitions: [],
  };
}

export function readShareGroupHeartbeatResponseTopicPartitions(r: ByteReader, version: number): ShareGroupHeartbeatResponseTopicPartitions {
  const topicId: Uuid = r.uuid();
  const partitions: number[] = [];
  const partitionsCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  r.skipTaggedFields();
  return { topicId, partitions };
}

export function writeShareGroupHeartbeatResponseTopicPartitions(w: ByteWriter, m: ShareGroupHeartbeatResponseTopicPartitions, version: number): void {
  w.uuid(m.topicId);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) w.int32(item);
  w.int8(0);
}

export interface ShareGroupHeartbeatResponseAssignment {
  topicPartitions: ShareGroupHeartbeatResponseTopicPartitions[];
}

/** With the default in every field. */
export function defaultShareGroupHeartbeatResponseAssignment(): ShareGroupHeartbeatResponseAssignment {
  return {
    topicPartitions: [],
  };
}

export function readShareGroupHeartbeatResponseAssignment(r: ByteReader, version: number): ShareGroupHeartbeatResponseAssignment {
  const topicPartitions: ShareGroupHeartbeatResponseTopicPartitions[] = [];
  const topicPartitionsCount = r.compactArrayLength(18);
  for (let i = 0; i < topicPartitionsCount; i++) topicPartitions.push(readShareGroupHeartbeatResponseTopicPartitions(r, version));
  r.skipTaggedFields();
  return { topicPartitions };
}

export function writeShareGroupHeartbeatResponseAssignment(w: ByteWriter, m: ShareGroupHeartbeatResponseAssignment, version: number): void {
  w.compactArrayLength(m.topicPartitions.length);
  for (const item of m.topicPartitions) writeShareGroupHeartbeatResponseTopicPartitions(w, item, version);
  w.int8(0);
}

export interface ShareGroupHeartbeatResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
  /** Null in all, default null. */
  memberId: string | null;
  memberEpoch: number;
  heartbeatIntervalMs: number;
  /** Null in all, default null. */
  assignment: ShareGroupHeartbeatResponseAssignment | null;
}

/** With the default in every field. */
export function defaultShareGroupHeartbeatResponse(): ShareGroupHeartbeatResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: null,
    memberId: null,
    memberEpoch: 0,
    heartbeatIntervalMs: 0,
    assignment: null,
  };
}

export function readShareGroupHeartbeatResponse(r: ByteReader, version: number): ShareGroupHeartbeatResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const memberId: string | null = r.compactNullableString();
  const memberEpoch: number = r.int32();
  const heartbeatIntervalMs: number = r.int32();
  const assignment: ShareGroupHeartbeatResponseAssignment | null = (r.int8() < 0 ? null : readShareGroupHeartbeatResponseAssignment(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage, memberId, memberEpoch, heartbeatIntervalMs, assignment };
}

export function writeShareGroupHeartbeatResponse(w: ByteWriter, m: ShareGroupHeartbeatResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.compactNullableString(m.memberId);
  w.int32(m.memberEpoch);
  w.int32(m.heartbeatIntervalMs);
  if (m.assignment === null) { w.int8(-1); } else { w.int8(1); writeShareGroupHeartbeatResponseAssignment(w, m.assignment, version); }
  w.int8(0);
}
