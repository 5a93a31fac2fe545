/**
 * Generated from schema/share-acknowledge.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Share groups (KIP-932): what became of acquired records: done, to be had again, refused, or from version 2 on kept for longer (KIP-1222).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface ShareAcknowledgeRequestAcknowledgementBatch {
  firstOffset: number;
  lastOffset: number;
  acknowledgeTypes: number[];
}

/** With the default in every field. */
export function defaultShareAcknowledgeRequestAcknowledgementBatch(): ShareAcknowledgeRequestAcknowledgementBatch {
  return {
    firstOffset: 0,
    lastOffset: 0,
    acknowledgeTypes: [],
  };
}

export function readShareAcknowledgeRequestAcknowledgementBatch(r: ByteReader, version: number): ShareAcknowledgeRequestAcknowledgementBatch {
  const firstOffset: number = r.int64();
  const lastOffset: number = r.int64();
  const acknowledgeTypes: number[] = [];
  const acknowledgeTypesCount = r.compactArrayLength(1);
  for (let i = 0; i < acknowledgeTypesCount; i++) acknowledgeTypes.push(r.int8());
  r.skipTaggedFields();
  return { firstOffset, lastOffset, acknowledgeTypes };
}

export function writeShareAcknowledgeRequestAcknowledgementBatch(w: ByteWriter, m: ShareAcknowledgeRequestAcknowledgementBatch, version: number): void {
  w.int64(m.firstOffset);
  w.int64(m.lastOffset);
  w.compactArrayLength(m.acknowledgeTypes.length);
  for (const item of m.acknowledgeTypes) w.int8(item);
  w.int8(0);
}

export interface ShareAcknowledgeRequestPartition {
  partitionIndex: number;
  acknowledgementBatches: ShareAcknowledgeRequestAcknowledgementBatch[];
}

/** With the default in every field. */
export function defaultShareAcknowledgeRequestPartition(): ShareAcknowledgeRequestPartition {
  return {
    partitionIndex: 0,
    acknowledgementBatches: [],
  };
}

export function readShareAcknowledgeRequestPartition(r: ByteReader, version: number): ShareAcknowledgeRequestPartition {
  const partitionIndex: number = r.int32();
  const acknowledgementBatches: ShareAcknowledgeRequestAcknowledgementBatch[] = [];
  const acknowledgementBatchesCount = r.compactArrayLength(18);
  for (let i = 0; i < acknowledgementBatchesCount; i++) acknowledgementBatches.push(readShareAcknowledgeRequestAcknowledgementBatch(r, version));
  r.skipTaggedFields();
  return { partitionIndex, acknowledgementBatches };
}

export function writeShareAcknowledgeRequestPartition(w: ByteWriter, m: ShareAcknowledgeRequestPartition, version: number): void {
  w.int32(m.partitionIndex);
  w.compactArrayLength(m.acknowledgementBatches.length);
  for (const item of m.acknowledgementBatches) writeShareAcknowledgeRequestAcknowledgementBatch(w, item, version);
  w.int8(0);
}

export interface ShareAcknowledgeRequestTopic {
  topicId: Uuid;
  partitions: ShareAcknowledgeRequestPartition[];
}

/** With the default in every field. */
export function defaultShareAcknowledgeRequestTopic(): ShareAcknowledgeRequestTopic {
  return {
    topicId: ZERO_UUID,
    partitions: [],
  };
}

export function readShareAcknowledgeRequestTopic(r: ByteReader, version: number): ShareAcknowledgeRequestTopic {
  const topicId: Uuid = r.uuid();
  const partitions: ShareAcknowledgeRequestPartition[] = [];
  const partitionsCount = r.compactArrayLength(6);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readShareAcknowledgeRequestPartition(r, version));
  r.skipTaggedFields();
  return { topicId, partitions };
}

export function writeShareAcknowledgeRequestTopic(w: ByteWriter, m: ShareAcknowledgeRequestTopic, version: number): void {
  w.uuid(m.topicId);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) writeShareAcknowledgeRequestPartition(w, item, version);
  w.int8(0);
}

export interface ShareAcknowledgeRequest {
  /** Null in all, default null. */
  groupId: string | null;
  /** Null in all. */
  memberId: string | null;
  shareSessionEpoch: number;
  /** Versions 2, default false. */
  isRenewAck: boolean;
  topics: ShareAcknowledgeRequestTopic[];
}

/** With the default in every field. */
export function defaultShareAcknowledgeRequest(): ShareAcknowledgeRequest {
  return {
    groupId: null,
    memberId: '',
    shareSessionEpoch: 0,
    isRenewAck: false,
    topics: [],
  };
}

export function readShareAcknowledgeRequest(r: ByteReader, version: number): ShareAcknowledgeRequest {
  const groupId: string | null = r.compactNullableString();
  const memberId: string | null = r.compactNullableString();
  const shareSessionEpoch: number = r.int32();
  const isRenewAck: boolean = version >= 2 ? r.boolean() : false;
  const topics: ShareAcknowledgeRequestTopic[] = [];
  const topicsCount = r.compactArrayLength(18);
  for (let i = 0; i < topicsCount; i++) topics.push(readShareAcknowledgeRequestTopic(r, version));
  r.skipTaggedFields();
  return { groupId, memberId, shareSessionEpoch, isRenewAck, topics };
}

export function writeShareAcknowledgeRequest(w: ByteWriter, m: ShareAcknowledgeRequest, version: number): void {
  w.compactNullableString(m.groupId);
  w.compactNullableString(m.memberId);
  w.int32(m.shareSessionEpoch);
  if (version >= 2) {
    w.boolean(m.isRenewAck);
  } else if (m.isRenewAck) throw new UnsupportedFieldError('ShareAcknowledgeRequest.isRenewAck', version);
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeShareAcknowledgeRequestTopic(w, item, version);
  w.int8(0);
}

export interface ShareAcknowledgeResponseCurrentLeader {
  leaderId: number;
  leaderEpoch: number;
}

/** With the default in every field. */
export function defaultShareAcknowledgeResponseCurrentLeader(): ShareAcknowledgeResponseCurrentLeader {
  return {
    leaderId: 0,
    leaderEpoch: 0,
  };
}

export function readShareAcknowledgeResponseCurrentLeader(r: ByteReader, version: number): ShareAcknowledgeResponseCurrentLeader {
  const leaderId: number = r.int32();
  const leaderEpoch: number = r.int32();
  r.skipTaggedFields();
  return { leaderId, leaderEpoch };
}

export function writeShareAcknowledgeResponseCurrentLeader(w: ByteWriter, m: ShareAcknowledgeResponseCurrentLeader, version: number): void {
  w.int32(m.leaderId);
  w.int32(m.leaderEpoch);
  w.int8(0);
}

export interface ShareAcknowledgeResponsePartition {
  partitionIndex: number;
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
  currentLeader: ShareAcknowledgeResponseCurrentLeader;
}

/** With the default in every field. */
export function defaultShareAcknowledgeResponsePartition(): ShareAcknowledgeResponsePartition {
  return {
    partitionIndex: 0,
    errorCode: 0,
    errorMessage: null,
    currentLeader: defaultShareAcknowledgeResponseCurrentLeader(),
  };
}

export function readShareAcknowledgeResponsePartition(r: ByteReader, version: number): ShareAcknowledgeResponsePartition {
  const partitionIndex: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const currentLeader: ShareAcknowledgeResponseCurrentLeader = readShareAcknowledgeResponseCurrentLeader(r, version);
  r.skipTaggedFields();
  return { partitionIndex, errorCode, errorMessage, currentLeader };
}

export function writeShareAcknowledgeResponsePartition(w: ByteWriter, m: ShareAcknowledgeResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  writeShareAcknowledgeResponseCurrentLeader(w, m.currentLeader, version);
  w.int8(0);
}

export interface ShareAcknowledgeResponseTopic {
  topicId: Uuid;
  partitions: ShareAcknowledgeResponsePartition[];
}

/** With the default in every field. */
export function defaultShareAcknowledgeResponseTopic(): ShareAcknowledgeResponseTopic {
  return {
    topicId: ZERO_UUID,
    partitions: [],
  };
}

export function readShareAcknowledgeResponseTopic(r: ByteReader, version: number): ShareAcknowledgeResponseTopic {
  const topicId: Uuid = r.uuid();
  const partitions: ShareAcknowledgeResponsePartition[] = [];
  const partitionsCount = r.compactArrayLength(17);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readShareAcknowledgeResponsePartition(r, version));
  r.skipTaggedFields();
  return { topicId, partitions };
}

export function writeShareAcknowledgeResponseTopic(w: ByteWriter, m: ShareAcknowledgeResponseTopic, version: number): void {
  w.uuid(m.topicId);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) writeShareAcknowledgeResponsePartition(w, item, version);
  w.int8(0);
}

export interface ShareAcknowledgeResponseNodeEndpoint {
  nodeId: number;
  host: string;
  port: number;
  /** Null in all, default null. */
  rack: string | null;
}

/** With the default in every field. */
export function defaultShareAcknowledgeResponseNodeEndpoint(): ShareAcknowledgeResponseNodeEndpoint {
  return {
    nodeId: 0,
    host: '',
    port: 0,
    rack: null,
  };
}

export function readShareAcknowledgeResponseNodeEndpoint(r: ByteReader, version: number): ShareAcknowledgeResponseNodeEndpoint {
  const nodeId: number = r.int32();
  const host: string = r.compactString();
  const port: number = r.int32();
  const rack: string | null = r.compactNullableString();
  r.skipTaggedFields();
  return { nodeId, host, port, rack };
}

export function writeShareAcknowledgeResponseNodeEndpoint(w: ByteWriter, m: ShareAcknowledgeResponseNodeEndpoint, version: number): void {
  w.int32(m.nodeId);
  w.compactString(m.host);
  w.int32(m.port);
  w.compactNullableString(m.rack);
  w.int8(0);
}

export interface ShareAcknowledgeResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
  /** Versions 2, ignorable. */
  acquisitionLockTimeoutMs: number;
  responses: ShareAcknowledgeResponseTopic[];
  nodeEndpoints: ShareAcknowledgeResponseNodeEndpoint[];
}

/** With the default in every field. */
export function defaultShareAcknowledgeResponse(): ShareAcknowledgeResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: null,
    acquisitionLockTimeoutMs: 0,
    responses: [],
    nodeEndpoints: [],
  };
}

export function readShareAcknowledgeResponse(r: ByteReader, version: number): ShareAcknowledgeResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const acquisitionLockTimeoutMs: number = version >= 2 ? r.int32() : 0;
  const responses: ShareAcknowledgeResponseTopic[] = [];
  const responsesCount = r.compactArrayLength(18);
  for (let i = 0; i < responsesCount; i++) responses.push(readShareAcknowledgeResponseTopic(r, version));
  const nodeEndpoints: ShareAcknowledgeResponseNodeEndpoint[] = [];
  const nodeEndpointsCount = r.compactArrayLength(11);
  for (let i = 0; i < nodeEndpointsCount; i++) nodeEndpoints.push(readShareAcknowledgeResponseNodeEndpoint(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage, acquisitionLockTimeoutMs, responses, nodeEndpoints };
}

export function writeShareAcknowledgeResponse(w: ByteWriter, m: ShareAcknowledgeResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  if (version >= 2) {
    w.int32(m.acquisitionLockTimeoutMs);
  }
  w.compactArrayLength(m.responses.length);
  for (const item of m.responses) writeShareAcknowledgeResponseTopic(w, item, version);
  w.compactArrayLength(m.nodeEndpoints.length);
  for (const item of m.nodeEndpoints) writeShareAcknowledgeResponseNodeEndpoint(w, item, version);
  w.int8(0);
}
