/**
 * Generated from schema/produce.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Appending record batches. Versions 0-2 carry message sets of the old formats, read here as plain bytes: Kafka 4 no longer defines them, but librdkafka before 2.12 wants to see them advertised.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface ProduceRequestPartition {
  index: number;
  /** Null in all. */
  records: Buffer | null;
}

/** With the default in every field. */
export function defaultProduceRequestPartition(): ProduceRequestPartition {
  return {
    index: 0,
    records: null,
  };
}

export function readProduceRequestPartition(r: ByteReader, version: number): ProduceRequestPartition {
  const index: number = r.int32();
  const records: Buffer | null = version >= 9 ? r.compactNullableBytes() : r.nullableBytes();
  if (version >= 9) r.skipTaggedFields();
  return { index, records };
}

export function writeProduceRequestPartition(w: ByteWriter, m: ProduceRequestPartition, version: number): void {
  w.int32(m.index);
  if (version >= 9) { w.compactBytesRef(m.records); } else { w.bytesRef(m.records); }
  if (version >= 9) w.int8(0);
}

export interface ProduceRequestTopic {
  /** Versions 0-12, ignorable. */
  name: string;
  /** Versions 13, ignorable. */
  topicId: Uuid;
  partitionData: ProduceRequestPartition[];
}

/** With the default in every field. */
export function defaultProduceRequestTopic(): ProduceRequestTopic {
  return {
    name: '',
    topicId: ZERO_UUID,
    partitionData: [],
  };
}

export function readProduceRequestTopic(r: ByteReader, version: number): ProduceRequestTopic {
  const name: string = version <= 12 ? (version >= 9 ? r.compactString() : r.string()) : '';
  const topicId: Uuid = version >= 13 ? r.uuid() : ZERO_UUID;
  const partitionData: ProduceRequestPartition[] = [];
  const partitionDataCount = version >= 9 ? r.compactArrayLength(6) : r.arrayLength(8);
  for (let i = 0; i < partitionDataCount; i++) partitionData.push(readProduceRequestPartition(r, version));
  if (version >= 9) r.skipTaggedFields();
  return { name, topicId, partitionData };
}

export function writeProduceRequestTopic(w: ByteWriter, m: ProduceRequestTopic, version: number): void {
  if (version <= 12) {
    if (version >= 9) { w.compactString(m.name); } else { w.string(m.name); }
  }
  if (version >= 13) {
    w.uuid(m.topicId);
  }
  if (version >= 9) { w.compactArrayLength(m.partitionData.length); } else { w.arrayLength(m.partitionData.length); }
  for (const item of m.partitionData) writeProduceRequestPartition(w, item, version);
  if (version >= 9) w.int8(0);
}

export interface ProduceRequest {
  /** Versions 3+, null in all, default null. */
  transactionalId: string | null;
  acks: number;
  timeoutMs: number;
  topicData: ProduceRequestTopic[];
}

/** With the default in every field. */
export function defaultProduceRequest(): ProduceRequest {
  return {
    transactionalId: null,
    acks: 0,
    timeoutMs: 0,
    topicData: [],
  };
}

export function readProduceRequest(r: ByteReader, version: number): ProduceRequest {
  const transactionalId: string | null = version >= 3 ? (version >= 9 ? r.compactNullableString() : r.nullableString()) : null;
  const acks: number = r.int16();
  const timeoutMs: number = r.int32();
  const topicData: ProduceRequestTopic[] = [];
  const topicDataCount = version >= 9 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < topicDataCount; i++) topicData.push(readProduceRequestTopic(r, version));
  if (version >= 9) r.skipTaggedFields();
  return { transactionalId, acks, timeoutMs, topicData };
}

export function writeProduceRequest(w: ByteWriter, m: ProduceRequest, version: number): void {
  if (version >= 3) {
    if (version >= 9) { w.compactNullableString(m.transactionalId); } else { w.nullableString(m.transactionalId); }
  } else if (m.transactionalId !== null) throw new UnsupportedFieldError('ProduceRequest.transactionalId', version);
  w.int16(m.acks);
  w.int32(m.timeoutMs);
  if (version >= 9) { w.compactArrayLength(m.topicData.length); } else { w.arrayLength(m.topicData.length); }
  for (const item of m.topicData) writeProduceRequestTopic(w, item, version);
  if (version >= 9) w.int8(0);
}

export interface ProduceResponseRecordError {
  /** Versions 8+. */
  batchIndex: number;
  /** Versions 8+, null in all, default null. */
  batchIndexErrorMessage: string | null;
}

/** With the default in every field. */
export function defaultProduceResponseRecordError(): ProduceResponseRecordError {
  return {
    batchIndex: 0,
    batchIndexErrorMessage: null,
  };
}

export function readProduceResponseRecordError(r: ByteReader, version: number): ProduceResponseRecordError {
  const batchIndex: number = r.int32();
  const batchIndexErrorMessage: string | null = version >= 9 ? r.compactNullableString() : r.nullableString();
  if (version >= 9) r.skipTaggedFields();
  return { batchIndex, batchIndexErrorMessage };
}

export function writeProduceResponseRecordError(w: ByteWriter, m: ProduceResponseRecordError, version: number): void {
  w.int32(m.batchIndex);
  if (version >= 9) { w.compactNullableString(m.batchIndexErrorMessage); } else { w.nullableString(m.batchIndexErrorMessage); }
  if (version >= 9) w.int8(0);
}

export interface ProduceResponseCurrentLeader {
  /** Versions 10+, default -1. */
  leaderId: number;
  /** Versions 10+, default -1. */
  leaderEpoch: number;
}

/** With the default in every field. */
export function defaultProduceResponseCurrentLeader(): ProduceResponseCurrentLeader {
  return {
    leaderId: -1,
    leaderEpoch: -1,
  };
}

export function readProduceResponseCurrentLeader(r: ByteReader, version: number): ProduceResponseCurrentLeader {
  const leaderId: number = r.int32();
  const leaderEpoch: number = r.int32();
  r.skipTaggedFields();
  return { leaderId, leaderEpoch };
}

export function writeProduceResponseCurrentLeader(w: ByteWriter, m: ProduceResponseCurrentLeader, version: number): void {
  w.int32(m.leaderId);
  w.int32(m.leaderEpoch);
  w.int8(0);
}

export interface ProduceResponsePartition {
  index: number;
  errorCode: number;
  baseOffset: number;
  /** Versions 2+, ignorable, default -1. */
  logAppendTimeMs: number;
  /** Versions 5+, ignorable, default -1. */
  logStartOffset: number;
  /** Versions 8+, ignorable. */
  recordErrors: ProduceResponseRecordError[];
  /** Versions 8+, null in all, ignorable, default null. */
  errorMessage: string | null;
  /** Versions 10+, tag 0. */
  currentLeader: ProduceResponseCurrentLeader | null;
}

/** With the default in every field. */
export function defaultProduceResponsePartition(): ProduceResponsePartition {
  return {
    index: 0,
    errorCode: 0,
    baseOffset: 0,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage: null,
    currentLeader: null,
  };
}

export function readProduceResponsePartition(r: ByteReader, version: number): ProduceResponsePartition {
  const index: number = r.int32();
  const errorCode: number = r.int16();
  const baseOffset: number = r.int64();
  const logAppendTimeMs: number = version >= 2 ? r.int64() : -1;
  const logStartOffset: number = version >= 5 ? r.int64() : -1;
  const recordErrors: ProduceResponseRecordError[] = [];
  if (version >= 8) {
    const recordErrorsCount = version >= 9 ? r.compactArrayLength(6) : r.arrayLength(6);
    for (let i = 0; i < recordErrorsCount; i++) recordErrors.push(readProduceResponseRecordError(r, version));
  }
  const errorMessage: string | null = version >= 8 ? (version >= 9 ? r.compactNullableString() : r.nullableString()) : null;
  let currentLeader: ProduceResponseCurrentLeader | null = null;
  if (version >= 9) {
    for (let tags = r.taggedFieldCount(); tags > 0; tags--) {
      const tag = r.unsignedVarint();
      if (tag === 0 && version >= 10) {
        const end = r.enterTaggedField();
        currentLeader = readProduceResponseCurrentLeader(r, version);
        r.leaveTaggedField(end);
      } else r.skipTaggedField();
    }
  }
  return { index, errorCode, baseOffset, logAppendTimeMs, logStartOffset, recordErrors, errorMessage, currentLeader };
}

export function writeProduceResponsePartition(w: ByteWriter, m: ProduceResponsePartition, version: number): void {
  w.int32(m.index);
  w.int16(m.errorCode);
  w.int64(m.baseOffset);
  if (version >= 2) {
    w.int64(m.logAppendTimeMs);
  }
  if (version >= 5) {
    w.int64(m.logStartOffset);
  }
  if (version >= 8) {
    if (version >= 9) { w.compactArrayLength(m.recordErrors.length); } else { w.arrayLength(m.recordErrors.length); }
    for (const item of m.recordErrors) writeProduceResponseRecordError(w, item, version);
  }
  if (version >= 8) {
    if (version >= 9) { w.compactNullableString(m.errorMessage); } else { w.nullableString(m.errorMessage); }
  }
  if (!(version >= 10)) {
    if (m.currentLeader !== null) throw new UnsupportedFieldError('ProduceResponsePartition.currentLeader', version);
  }
  if (version >= 9) {
    let tags = 0;
    if (version >= 10 && m.currentLeader !== null) tags++;
    w.unsignedVarint(tags);
    if (version >= 10 && m.currentLeader !== null) {
      w.unsignedVarint(0);
      const nested = w.nested();
      writeProduceResponseCurrentLeader(nested, m.currentLeader, version);
      w.writeNested(nested);
    }
  }
}

export interface ProduceResponseTopic {
  /** Versions 0-12, ignorable. */
  name: string;
  /** Versions 13, ignorable. */
  topicId: Uuid;
  partitionResponses: ProduceResponsePartition[];
}

/** With the default in every field. */
export function defaultProduceResponseTopic(): ProduceResponseTopic {
  return {
    name: '',
    topicId: ZERO_UUID,
    partitionResponses: [],
  };
}

export function readProduceResponseTopic(r: ByteReader, version: number): ProduceResponseTopic {
  const name: string = version <= 12 ? (version >= 9 ? r.compactString() : r.string()) : '';
  const topicId: Uuid = version >= 13 ? r.uuid() : ZERO_UUID;
  const partitionResponses: ProduceResponsePartition[] = [];
  const partitionResponsesCount = version >= 9 ? r.compactArrayLength(33) : r.arrayLength(14);
  for (let i = 0; i < partitionResponsesCount; i++) partitionResponses.push(readProduceResponsePartition(r, version));
  if (version >= 9) r.skipTaggedFields();
  return { name, topicId, partitionResponses };
}

export function writeProduceResponseTopic(w: ByteWriter, m: ProduceResponseTopic, version: number): void {
  if (version <= 12) {
    if (version >= 9) { w.compactString(m.name); } else { w.string(m.name); }
  }
  if (version >= 13) {
    w.uuid(m.topicId);
  }
  if (version >= 9) { w.compactArrayLength(m.partitionResponses.length); } else { w.arrayLength(m.partitionResponses.length); }
  for (const item of m.partitionResponses) writeProduceResponsePartition(w, item, version);
  if (version >= 9) w.int8(0);
}

export interface ProduceResponseNodeEndpoint {
  /** Versions 10+. */
  nodeId: number;
  /** Versions 10+. */
  host: string;
  /** Versions 10+. */
  port: number;
  /** Versions 10+, null in all, default null. */
  rack: string | null;
}

/** With the default in every field. */
export function defaultProduceResponseNodeEndpoint(): ProduceResponseNodeEndpoint {
  return {
    nodeId: 0,
    host: '',
    port: 0,
    rack: null,
  };
}

export function readProduceResponseNodeEndpoint(r: ByteReader, version: number): ProduceResponseNodeEndpoint {
  const nodeId: number = r.int32();
  const host: string = r.compactString();
  const port: number = r.int32();
  const rack: string | null = r.compactNullableString();
  r.skipTaggedFields();
  return { nodeId, host, port, rack };
}

export function writeProduceResponseNodeEndpoint(w: ByteWriter, m: ProduceResponseNodeEndpoint, version: number): void {
  w.int32(m.nodeId);
  w.compactString(m.host);
  w.int32(m.port);
  w.compactNullableString(m.rack);
  w.int8(0);
}

export interface ProduceResponse {
  responses: ProduceResponseTopic[];
  /** Versions 1+, ignorable. */
  throttleTimeMs: number;
  /** Versions 10+, tag 0. */
  nodeEndpoints: ProduceResponseNodeEndpoint[];
}

/** With the default in every field. */
export function defaultProduceResponse(): ProduceResponse {
  return {
    responses: [],
    throttleTimeMs: 0,
    nodeEndpoints: [],
  };
}

export function readProduceResponse(r: ByteReader, version: number): ProduceResponse {
  const responses: ProduceResponseTopic[] = [];
  const responsesCount = version >= 9 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < responsesCount; i++) responses.push(readProduceResponseTopic(r, version));
  const throttleTimeMs: number = version >= 1 ? r.int32() : 0;
  let nodeEndpoints: ProduceResponseNodeEndpoint[] = [];
  if (version >= 9) {
    for (let tags = r.taggedFieldCount(); tags > 0; tags--) {
      const tag = r.unsignedVarint();
      if (tag === 0 && version >= 10) {
        const end = r.enterTaggedField();
        nodeEndpoints = [];
        const nodeEndpointsCount = r.compactArrayLength(11);
        for (let i = 0; i < nodeEndpointsCount; i++) nodeEndpoints.push(readProduceResponseNodeEndpoint(r, version));
        r.leaveTaggedField(end);
      } else r.skipTaggedField();
    }
  }
  return { responses, throttleTimeMs, nodeEndpoints };
}

export function writeProduceResponse(w: ByteWriter, m: ProduceResponse, version: number): void {
  if (version >= 9) { w.compactArrayLength(m.responses.length); } else { w.arrayLength(m.responses.length); }
  for (const item of m.responses) writeProduceResponseTopic(w, item, version);
  if (version >= 1) {
    w.int32(m.throttleTimeMs);
  }
  if (!(version >= 10)) {
    if (m.nodeEndpoints.length !== 0) throw new UnsupportedFieldError('ProduceResponse.nodeEndpoints', version);
  }
  if (version >= 9) {
    let tags = 0;
    if (version >= 10 && m.nodeEndpoints.length !== 0) tags++;
    w.unsignedVarint(tags);
    if (version >= 10 && m.nodeEndpoints.length !== 0) {
      w.unsignedVarint(0);
      const nested = w.nested();
      nested.compactArrayLength(m.nodeEndpoints.length);
      for (const item of m.nodeEndpoints) writeProduceResponseNodeEndpoint(nested, item, version);
      w.writeNested(nested);
    }
  }
}
