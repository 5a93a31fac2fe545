/**
 * Generated from schema/consumer-group-heartbeat.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Consumer group protocol (KIP-848): joining, staying, changing one's subscription, leaving. Version 1: the member makes its id itself; regular expressions.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface ConsumerGroupHeartbeatRequestTopicPartitions {
  topicId: Uuid;
  partitions: number[];
}

/** With the default in every field. */
export function defaultConsumerGroupHeartbeatRequestTopicPartitions(): ConsumerGroupHeartbeatRequestTopicPartitions {
  return {
    topicId: ZERO_UUID,
    partitions: [],
  };
}

export function readConsumerGroupHeartbeatRequestTopicPartitions(r: ByteReader, version: number): ConsumerGroupHeartbeatRequestTopicPartitions {
  const topicId: Uuid = r.uuid();
  const partitions: number[] = [];
  const partitionsCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  r.skipTaggedFields();
  return { topicId, partitions };
}

export function writeConsumerGroupHeartbeatRequestTopicPartitions(w: ByteWriter, m: ConsumerGroupHeartbeatRequestTopicPartitions, version: number): void {
  w.uuid(m.topicId);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) w.int32(item);
  w.int8(0);
}

export interface ConsumerGroupHeartbeatRequest {
  groupId: string;
  memberId: string;
  memberEpoch: number;
  /** Null in all, default null. */
  instanceId: string | null;
  /** Null in all, default null. */
  rackId: string | null;
  /** Default -1. */
  rebalanceTimeoutMs: number;
  /** Null in all, default null. */
  subscribedTopicNames: string[] | null;
  /** Versions 1, null in all, default null. */
  subscribedTopicRegex: string | null;
  /** Null in all, default null. */
  serverAssignor: string | null;
  /** Null in all, default null. */
  topicPartitions: ConsumerGroupHeartbeatRequestTopicPartitions[] | null;
}

/** With the default in every field. */
export function defaultConsumerGroupHeartbeatRequest(): ConsumerGroupHeartbeatRequest {
  return {
    groupId: '',
    memberId: '',
    memberEpoch: 0,
    instanceId: null,
    rackId: null,
    rebalanceTimeoutMs: -1,
    subscribedTopicNames: null,
    subscribedTopicRegex: null,
    serverAssignor: null,
    topicPartitions: null,
  };
}

export function readConsumerGroupHeartbeatRequest(r: ByteReader, version: number): ConsumerGroupHeartbeatRequest {
  const groupId: string = r.compactString();
  const memberId: string = r.compactString();
  const memberEpoch: number = r.int32();
  const instanceId: string | null = r.compactNullableString();
  const rackId: string | null = r.compactNullableString();
  const rebalanceTimeoutMs: number = r.int32();
  let subscribedTopicNames: string[] | null = [];
  const subscribedTopicNamesCount = r.compactNullableArrayLength(1);
  if (subscribedTopicNamesCount < 0) subscribedTopicNames = null;
  else for (let i = 0; i < subscribedTopicNamesCount; i++) subscribedTopicNames.push(r.compactString());
  const subscribedTopicRegex: string | null = version >= 1 ? r.compactNullableString() : null;
  const serverAssignor: string | null = r.compactNullableString();
  let topicPartitions: ConsumerGroupHeartbeatRequestTopicPartitions[] | null = [];
  const topicPartitionsCount = r.compactNullableArrayLength(18);
  if (topicPartitionsCount < 0) topicPartitions = null;
  else for (let i = 0; i < topicPartitionsCount; i++) topicPartitions.push(readConsumerGroupHeartbeatRequestTopicPartitions(r, version));
  r.skipTaggedFields();
  return { groupId, memberId, memberEpoch, instanceId, rackId, rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, serverAssignor, topicPartitions };
}

export function writeConsumerGroupHeartbeatRequest(w: ByteWriter, m: ConsumerGroupHeartbeatRequest, version: number): void {
  w.compactString(m.groupId);
  w.compactString(m.memberId);
  w.int32(m.memberEpoch);
  w.compactNullableString(m.instanceId);
  w.compactNullableString(m.rackId);
  w.int32(m.rebalanceTimeoutMs);
  if (m.subscribedTopicNames === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.subscribedTopicNames.length);
    for (const item of m.subscribedTopicNames) w.compactString(item);
  }
  if (version >= 1) {
    w.compactNullableString(m.subscribedTopicRegex);
  } else if (m.subscribedTopicRegex !== null) throw new UnsupportedFieldError('ConsumerGroupHeartbeatRequest.subscribedTopicRegex', version);
  w.compactNullableString(m.serverAssignor);
  if (m.topicPartitions === null) {
    w.compactArrayLength(-1);
  } else {
    w.compactArrayLength(m.topicPartitions.length);
    for (const item of m.topicPartitions) writeConsumerGroupHeartbeatRequestTopicPartitions(w, item, version);
  }
  w.int8(0);
}

export interface ConsumerGroupHeartbeatResponseTopicPartitions {
  topicId: Uuid;
  partitions: number[];
}

/** With the default in every field. */
export function defaultConsumerGroupHeartbeatResponseTopicPartitions(): ConsumerGroupHeartbeatResponseTopicPartitions {
  return {
    topicId: ZERO_UUID,
    partitions: [],
  };
}

export function readConsumerGroupHeartbeatResponseTopicPartitions(r: ByteReader, version: number): ConsumerGroupHeartbeatResponseTopicPartitions {
  const topicId: Uuid = r.uuid();
  const partitions: number[] = [];
  const partitionsCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  r.skipTaggedFields();
  return { topicId, partitions };
}

export function writeConsumerGroupHeartbeatResponseTopicPartitions(w: ByteWriter, m: ConsumerGroupHeartbeatResponseTopicPartitions, version: number): void {
  w.uuid(m.topicId);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) w.int32(item);
  w.int8(0);
}

export interface ConsumerGroupHeartbeatResponseAssignment {
  topicPartitions: ConsumerGroupHeartbeatResponseTopicPartitions[];
}

/** With the default in every field. */
export function defaultConsumerGroupHeartbeatResponseAssignment(): ConsumerGroupHeartbeatResponseAssignment {
  return {
    topicPartitions: [],
  };
}

export function readConsumerGroupHeartbeatResponseAssignment(r: ByteReader, version: number): ConsumerGroupHeartbeatResponseAssignment {
  const topicPartitions: ConsumerGroupHeartbeatResponseTopicPartitions[] = [];
  const topicPartitionsCount = r.compactArrayLength(18);
  for (let i = 0; i < topicPartitionsCount; i++) topicPartitions.push(readConsumerGroupHeartbeatResponseTopicPartitions(r, version));
  r.skipTaggedFields();
  return { topicPartitions };
}

export function writeConsumerGroupHeartbeatResponseAssignment(w: ByteWriter, m: ConsumerGroupHeartbeatResponseAssignment, version: number): void {
  w.compactArrayLength(m.topicPartitions.length);
  for (const item of m.topicPartitions) writeConsumerGroupHeartbeatResponseTopicPartitions(w, item, version);
  w.int8(0);
}

export interface ConsumerGroupHeartbeatResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
  /** Null in all, default null. */
  memberId: string | null;
  memberEpoch: number;
  heartbeatIntervalMs: number;
  /** Null in all, default null. */
  assignment: ConsumerGroupHeartbeatResponseAssignment | null;
}

/** With the default in every field. */
export function defaultConsumerGroupHeartbeatResponse(): ConsumerGroupHeartbeatResponse {
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

export function readConsumerGroupHeartbeatResponse(r: ByteReader, version: number): ConsumerGroupHeartbeatResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const memberId: string | null = r.compactNullableString();
  const memberEpoch: number = r.int32();
  const heartbeatIntervalMs: number = r.int32();
  const assignment: ConsumerGroupHeartbeatResponseAssignment | null = (r.int8() < 0 ? null : readConsumerGroupHeartbeatResponseAssignment(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage, memberId, memberEpoch, heartbeatIntervalMs, assignment };
}

export function writeConsumerGroupHeartbeatResponse(w: ByteWriter, m: ConsumerGroupHeartbeatResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.compactNullableString(m.memberId);
  w.int32(m.memberEpoch);
  w.int32(m.heartbeatIntervalMs);
  if (m.assignment === null) { w.int8(-1); } else { w.int8(1); writeConsumerGroupHeartbeatResponseAssignment(w, m.assignment, version); }
  w.int8(0);
}
