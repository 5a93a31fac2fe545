/**
 * Generated from schema/share-fetch.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Share groups (KIP-932): acquiring records, in a share session, with acknowledgements of those acquired before. Version 2: a hard limit of records (KIP-1206), and renewing (KIP-1222).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';
import { present, UnsupportedFieldError } from '../support.ts';

export interface ShareFetchRequestAcknowledgementBatch {
  firstOffset: number;
  lastOffset: number;
  acknowledgeTypes: number[];
}

/** With the default in every field. */
export function defaultShareFetchRequestAcknowledgementBatch(): ShareFetchRequestAcknowledgementBatch {
  return {
    firstOffset: 0,
    lastOffset: 0,
    acknowledgeTypes: [],
  };
}

export function readShareFetchRequestAcknowledgementBatch(r: ByteReader, version: number): ShareFetchRequestAcknowledgementBatch {
  const firstOffset: number = r.int64();
  const lastOffset: number = r.int64();
  const acknowledgeTypes: number[] = [];
  const acknowledgeTypesCount = r.compactArrayLength(1);
  for (let i = 0; i < acknowledgeTypesCount; i++) acknowledgeTypes.push(r.int8());
  r.skipTaggedFields();
  return { firstOffset, lastOffset, acknowledgeTypes };
}

export function writeShareFetchRequestAcknowledgementBatch(w: ByteWriter, m: ShareFetchRequestAcknowledgementBatch, version: number): void {
  w.int64(m.firstOffset);
  w.int64(m.lastOffset);
  w.compactArrayLength(m.acknowledgeTypes.length);
  for (const item of m.acknowledgeTypes) w.int8(item);
  w.int8(0);
}

export interface ShareFetchRequestPartition {
  partitionIndex: number;
  acknowledgementBatches: ShareFetchRequestAcknowledgementBatch[];
}

/** With the default in every field. */
export function defaultShareFetchRequestPartition(): ShareFetchRequestPartition {
  return {
    partitionIndex: 0,
    acknowledgementBatches: [],
  };
}

export function readShareFetchRequestPartition(r: ByteReader, version: number): ShareFetchRequestPartition {
  const partitionIndex: number = r.int32();
  const acknowledgementBatches: ShareFetchRequestAcknowledgementBatch[] = [];
  const acknowledgementBatchesCount = r.compactArrayLength(18);
  for (let i = 0; i < acknowledgementBatchesCount; i++) acknowledgementBatches.push(readShareFetchRequestAcknowledgementBatch(r, version));
  r.skipTaggedFields();
  return { partitionIndex, acknowledgementBatches };
}

export function writeShareFetchRequestPartition(w: ByteWriter, m: ShareFetchRequestPartition, version: number): void {
  w.int32(m.partitionIndex);
  w.compactArrayLength(m.acknowledgementBatches.length);
  for (const item of m.acknowledgementBatches) writeShareFetchRequestAcknowledgementBatch(w, item, version);
  w.int8(0);
}

export interface ShareFetchRequestTopic {
  topicId: Uuid;
  partitions: ShareFetchRequestPartition[];
}

/** With the default in every field. */
export function defaultShareFetchRequestTopic(): ShareFetchRequestTopic {
  return {
    topicId: ZERO_UUID,
    partitions: [],
  };
}

export function readShareFetchRequestTopic(r: ByteReader, version: number): ShareFetchRequestTopic {
  const topicId: Uuid = r.uuid();
  const partitions: ShareFetchRequestPartition[] = [];
  const partitionsCount = r.compactArrayLength(6);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readShareFetchRequestPartition(r, version));
  r.skipTaggedFields();
  return { topicId, partitions };
}

export function writeShareFetchRequestTopic(w: ByteWriter, m: ShareFetchRequestTopic, version: number): void {
  w.uuid(m.topicId);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) writeShareFetchRequestPartition(w, item, version);
  w.int8(0);
}

export interface ShareFetchRequestForgottenTopic {
  topicId: Uuid;
  partitions: number[];
}

/** With the default in every field. */
export function defaultShareFetchRequestForgottenTopic(): ShareFetchRequestForgottenTopic {
  return {
    topicId: ZERO_UUID,
    partitions: [],
  };
}

export function readShareFetchRequestForgottenTopic(r: ByteReader, version: number): ShareFetchRequestForgottenTopic {
  const topicId: Uuid = r.uuid();
  const partitions: number[] = [];
  const partitionsCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  r.skipTaggedFields();
  return { topicId, partitions };
}

export function writeShareFetchRequestForgottenTopic(w: ByteWriter, m: ShareFetchRequestForgottenTopic, version: number): void {
  w.uuid(m.topicId);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) w.int32(item);
  w.int8(0);
}

export interface ShareFetchRequest {
  /** Null in all, default null. */
  groupId: string | null;
  /** Null in all. */
  memberId: string | null;
  shareSessionEpoch: number;
  maxWaitMs: number;
  minBytes: number;
  /** Default 2147483647. */
  maxBytes: number;
  maxRecords: number;
  batchSize: number;
  /** Versions 2, ignorable, default 0. */
  shareAcquireMode: number;
  /** Versions 2, default false. */
  isRenewAck: boolean;
  topics: ShareFetchRequestTopic[];
  forgottenTopicsData: ShareFetchRequestForgottenTopic[];
}

/** With the default in every field. */
export function defaultShareFetchRequest(): ShareFetchRequest {
  return {
    groupId: null,
    memberId: '',
    shareSessionEpoch: 0,
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 2147483647,
    maxRecords: 0,
    batchSize: 0,
    shareAcquireMode: 0,
    isRenewAck: false,
    topics: [],
    forgottenTopicsData: [],
  };
}

export function readShareFetchRequest(r: ByteReader, version: number): ShareFetchRequest {
  const groupId: string | null = r.compactNullableString();
  const memberId: string | null = r.compactNullableString();
  const shareSessionEpoch: number = r.int32();
  const maxWaitMs: number = r.int32();
  const minBytes: number = r.int32();
  const maxBytes: number = r.int32();
  const maxRecords: number = r.int32();
  const batchSize: number = r.int32();
  const shareAcquireMode: number = version >= 2 ? r.int8() : 0;
  const isRenewAck: boolean = version >= 2 ? r.boolean() : false;
  const topics: ShareFetchRequestTopic[] = [];
  const topicsCount = r.compactArrayLength(18);
  for (let i = 0; i < topicsCount; i++) topics.push(readShareFetchRequestTopic(r, version));
  const forgottenTopicsData: ShareFetchRequestForgottenTopic[] = [];
  const forgottenTopicsDataCount = r.compactArrayLength(18);
  for (let i = 0; i < forgottenTopicsDataCount; i++) forgottenTopicsData.push(readShareFetchRequestForgottenTopic(r, version));
  r.skipTaggedFields();
  return { groupId, memberId, shareSessionEpoch, maxWaitMs, minBytes, maxBytes, maxRecords, batchSize, shareAcquireMode, isRenewAck, topics, forgottenTopicsData };
}

export function writeShareFetchRequest(w: ByteWriter, m: ShareFetchRequest, version: number): void {
  w.compactNullableString(m.groupId);
  w.compactNullableString(m.memberId);
  w.int32(m.shareSessionEpoch);
  w.int32(m.maxWaitMs);
  w.int32(m.minBytes);
  w.int32(m.maxBytes);
  w.int32(m.maxRecords);
  w.int32(m.batchSize);
  if (version >= 2) {
    w.int8(m.shareAcquireMode);
  }
  if (version >= 2) {
    w.boolean(m.isRenewAck);
  } else if (m.isRenewAck) throw new UnsupportedFieldError('ShareFetchRequest.isRenewAck', version);
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeShareFetchRequestTopic(w, item, version);
  w.compactArrayLength(m.forgottenTopicsData.length);
  for (const item of m.forgottenTopicsData) writeShareFetchRequestForgottenTopic(w, item, version);
  w.int8(0);
}

export interface ShareFetchResponseCurrentLeader {
  leaderId: number;
  leaderEpoch: number;
}

/** With the default in every field. */
export function defaultShareFetchResponseCurrentLeader(): ShareFetchResponseCurrentLeader {
  return {
    leaderId: 0,
    leaderEpoch: 0,
  };
}

export function readShareFetchResponseCurrentLeader(r: ByteReader, version: number): ShareFetchResponseCurrentLeader {
  const leaderId: number = r.int32();
  const leaderEpoch: number = r.int32();
  r.skipTaggedFields();
  return { leaderId, leaderEpoch };
}

export function writeShareFetchResponseCurrentLeader(w: ByteWriter, m: ShareFetchResponseCurrentLeader, version: number): void {
  w.int32(m.leaderId);
  w.int32(m.leaderEpoch);
  w.int8(0);
}

export interface ShareFetchResponseAcquiredRecords {
  firstOffset: number;
  lastOffset: number;
  deliveryCount: number;
}

/** With the default in every field. */
export function defaultShareFetchResponseAcquiredRecords(): ShareFetchResponseAcquiredRecords {
  return {
    firstOffset: 0,
    lastOffset: 0,
    deliveryCount: 0,
  };
}

export function readShareFetchResponseAcquiredRecords(r: ByteReader, version: number): ShareFetchResponseAcquiredRecords {
  const firstOffset: number = r.int64();
  const lastOffset: number = r.int64();
  const deliveryCount: number = r.int16();
  r.skipTaggedFields();
  return { firstOffset, lastOffset, deliveryCount };
}

export function writeShareFetchResponseAcquiredRecords(w: ByteWriter, m: ShareFetchResponseAcquiredRecords, version: number): void {
  w.int64(m.firstOffset);
  w.int64(m.lastOffset);
  w.int16(m.deliveryCount);
  w.int8(0);
}

export interface ShareFetchResponsePartition {
  partitionIndex: number;
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
  acknowledgeErrorCode: number;
  /** Null in all, default null. */
  acknowledgeErrorMessage: string | null;
  currentLeader: ShareFetchResponseCurrentLeader;
  records: Buffer | readonly Buffer[] | null;
  acquiredRecords: ShareFetchResponseAcquiredRecords[];
}

/** With the default in every field. */
export function defaultShareFetchResponsePartition(): ShareFetchResponsePartition {
  return {
    partitionIndex: 0,
    errorCode: 0,
    errorMessage: null,
    acknowledgeErrorCode: 0,
    acknowledgeErrorMessage: null,
    currentLeader: defaultShareFetchResponseCurrentLeader(),
    records: null,
    acquiredRecords: [],
  };
}

export function readShareFetchResponsePartition(r: ByteReader, version: number): ShareFetchResponsePartition {
  const partitionIndex: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const acknowledgeErrorCode: number = r.int16();
  const acknowledgeErrorMessage: string | null = r.compactNullableString();
  const currentLeader: ShareFetchResponseCurrentLeader = readShareFetchResponseCurrentLeader(r, version);
  const records: Buffer | readonly Buffer[] | null = r.compactBytes();
  const acquiredRecords: ShareFetchResponseAcquiredRecords[] = [];
  const acquiredRecordsCount = r.compactArrayLength(19);
  for (let i = 0; i < acquiredRecordsCount; i++) acquiredRecords.push(readShareFetchResponseAcquiredRecords(r, version));
  r.skipTaggedFields();
  return { partitionIndex, errorCode, errorMessage, acknowledgeErrorCode, acknowledgeErrorMessage, currentLeader, records, acquiredRecords };
}

export function writeShareFetchResponsePartition(w: ByteWriter, m: ShareFetchResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.int16(m.acknowledgeErrorCode);
  w.compactNullableString(m.acknowledgeErrorMessage);
  writeShareFetchResponseCurrentLeader(w, m.currentLeader, version);
  w.compactBytesRef(present(m.records, 'ShareFetchResponsePartition.records', version));
  w.compactArrayLength(m.acquiredRecords.length);
  for (const item of m.acquiredRecords) writeShareFetchResponseAcquiredRecords(w, item, version);
  w.int8(0);
}

export interface ShareFetchResponseTopic {
  topicId: Uuid;
  partitions: ShareFetchResponsePartition[];
}

/** With the default in every field. */
export function defaultShareFetchResponseTopic(): ShareFetchResponseTopic {
  return {
    topicId: ZERO_UUID,
    partitions: [],
  };
}

export function readShareFetchResponseTopic(r: ByteReader, version: number): ShareFetchResponseTopic {
  const topicId: Uuid = r.uuid();
  const partitions: ShareFetchResponsePartition[] = [];
  const partitionsCount = r.compactArrayLength(22);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readShareFetchResponsePartition(r, version));
  r.skipTaggedFields();
  return { topicId, partitions };
}

export function writeShareFetchResponseTopic(w: ByteWriter, m: ShareFetchResponseTopic, version: number): void {
  w.uuid(m.topicId);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) writeShareFetchResponsePartition(w, item, version);
  w.int8(0);
}

export interface ShareFetchResponseNodeEndpoint {
  nodeId: number;
  host: string;
  port: number;
  /** Null in all, default null. */
  rack: string | null;
}

/** With the default in every field. */
export function defaultShareFetchResponseNodeEndpoint(): ShareFetchResponseNodeEndpoint {
  return {
    nodeId: 0,
    host: '',
    port: 0,
    rack: null,
  };
}

export function readShareFetchResponseNodeEndpoint(r: ByteReader, version: number): ShareFetchResponseNodeEndpoint {
  const nodeId: number = r.int32();
  const host: string = r.compactString();
  const port: number = r.int32();
  const rack: string | null = r.compactNullableString();
  r.skipTaggedFields();
  return { nodeId, host, port, rack };
}

export function writeShareFetchResponseNodeEndpoint(w: ByteWriter, m: ShareFetchResponseNodeEndpoint, version: number): void {
  w.int32(m.nodeId);
  w.compactString(m.host);
  w.int32(m.port);
  w.compactNullableString(m.rack);
  w.int8(0);
}

export interface ShareFetchResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
  acquisitionLockTimeoutMs: number;
  responses: ShareFetchResponseTopic[];
  nodeEndpoints: ShareFetchResponseNodeEndpoint[];
}

/** With the default in every field. */
export function defaultShareFetchResponse(): ShareFetchResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: null,
    acquisitionLockTimeoutMs: 0,
    responses: [],
    nodeEndpoints: [],
  };
}

export function readShareFetchResponse(r: ByteReader, version: number): ShareFetchResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const acquisitionLockTimeoutMs: number = r.int32();
  const responses: ShareFetchResponseTopic[] = [];
  const responsesCount = r.compactArrayLength(18);
  for (let i = 0; i < responsesCount; i++) responses.push(readShareFetchResponseTopic(r, version));
  const nodeEndpoints: ShareFetchResponseNodeEndpoint[] = [];
  const nodeEndpointsCount = r.compactArrayLength(11);
  for (let i = 0; i < nodeEndpointsCount; i++) nodeEndpoints.push(readShareFetchResponseNodeEndpoint(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage, acquisitionLockTimeoutMs, responses, nodeEndpoints };
}

export function writeShareFetchResponse(w: ByteWriter, m: ShareFetchResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.int32(m.acquisitionLockTimeoutMs);
  w.compactArrayLength(m.responses.length);
  for (const item of m.responses) writeShareFetchResponseTopic(w, item, version);
  w.compactArrayLength(m.nodeEndpoints.length);
  for (const item of m.nodeEndpoints) writeShareFetchResponseNodeEndpoint(w, item, version);
  w.int8(0);
}
