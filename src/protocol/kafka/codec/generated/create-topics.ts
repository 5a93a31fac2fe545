/**
 * Generated from schema/create-topics.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Creating topics.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';

export interface CreateTopicsRequestAssignment {
  partitionIndex: number;
  brokerIds: number[];
}

/** With the default in every field. */
export function defaultCreateTopicsRequestAssignment(): CreateTopicsRequestAssignment {
  return {
    partitionIndex: 0,
    brokerIds: [],
  };
}

export function readCreateTopicsRequestAssignment(r: ByteReader, version: number): CreateTopicsRequestAssignment {
  const partitionIndex: number = r.int32();
  const brokerIds: number[] = [];
  const brokerIdsCount = version >= 5 ? r.compactArrayLength(4) : r.arrayLength(4);
  for (let i = 0; i < brokerIdsCount; i++) brokerIds.push(r.int32());
  if (version >= 5) r.skipTaggedFields();
  return { partitionIndex, brokerIds };
}

export function writeCreateTopicsRequestAssignment(w: ByteWriter, m: CreateTopicsRequestAssignment, version: number): void {
  w.int32(m.partitionIndex);
  if (version >= 5) { w.compactArrayLength(m.brokerIds.length); } else { w.arrayLength(m.brokerIds.length); }
  for (const item of m.brokerIds) w.int32(item);
  if (version >= 5) w.int8(0);
}

export interface CreateTopicsRequestConfig {
  name: string;
  /** Null in all. */
  value: string | null;
}

/** With the default in every field. */
export function defaultCreateTopicsRequestConfig(): CreateTopicsRequestConfig {
  return {
    name: '',
    value: '',
  };
}

export function readCreateTopicsRequestConfig(r: ByteReader, version: number): CreateTopicsRequestConfig {
  const name: string = version >= 5 ? r.compactString() : r.string();
  const value: string | null = version >= 5 ? r.compactNullableString() : r.nullableString();
  if (version >= 5) r.skipTaggedFields();
  return { name, value };
}

export function writeCreateTopicsRequestConfig(w: ByteWriter, m: CreateTopicsRequestConfig, version: number): void {
  if (version >= 5) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 5) { w.compactNullableString(m.value); } else { w.nullableString(m.value); }
  if (version >= 5) w.int8(0);
}

export interface CreateTopicsRequestTopic {
  name: string;
  numPartitions: number;
  replicationFactor: number;
  assignments: CreateTopicsRequestAssignment[];
  configs: CreateTopicsRequestConfig[];
}

/** With the default in every field. */
export function defaultCreateTopicsRequestTopic(): CreateTopicsRequestTopic {
  return {
    name: '',
    numPartitions: 0,
    replicationFactor: 0,
    assignments: [],
    configs: [],
  };
}

export function readCreateTopicsRequestTopic(r: ByteReader, version: number): CreateTopicsRequestTopic {
  const name: string = version >= 5 ? r.compactString() : r.string();
  const numPartitions: number = r.int32();
  const replicationFactor: number = r.int16();
  const assignments: CreateTopicsRequestAssignment[] = [];
  const assignmentsCount = version >= 5 ? r.compactArrayLength(6) : r.arrayLength(8);
  for (let i = 0; i < assignmentsCount; i++) assignments.push(readCreateTopicsRequestAssignment(r, version));
  const configs: CreateTopicsRequestConfig[] = [];
  const configsCount = version >= 5 ? r.compactArrayLength(3) : r.arrayLength(4);
  for (let i = 0; i < configsCount; i++) configs.push(readCreateTopicsRequestConfig(r, version));
  if (version >= 5) r.skipTaggedFields();
  return { name, numPartitions, replicationFactor, assignments, configs };
}

export function writeCreateTopicsRequestTopic(w: ByteWriter, m: CreateTopicsRequestTopic, version: number): void {
  if (version >= 5) { w.compactString(m.name); } else { w.string(m.name); }
  w.int32(m.numPartitions);
  w.int16(m.replicationFactor);
  if (version >= 5) { w.compactArrayLength(m.assignments.length); } else { w.arrayLength(m.assignments.length); }
  for (const item of m.assignments) writeCreateTopicsRequestAssignment(w, item, version);
  if (version >= 5) { w.compactArrayLength(m.configs.length); } else { w.arrayLength(m.configs.length); }
  for (const item of m.configs) writeCreateTopicsRequestConfig(w, item, version);
  if (version >= 5) w.int8(0);
}

export interface CreateTopicsRequest {
  topics: CreateTopicsRequestTopic[];
  /** Default 60000. */
  timeoutMs: number;
  validateOnly: boolean;
}

/** With the default in every field. */
export function defaultCreateTopicsRequest(): CreateTopicsRequest {
  return {
    topics: [],
    timeoutMs: 60000,
    validateOnly: false,
  };
}

export function readCreateTopicsRequest(r: ByteReader, version: number): CreateTopicsRequest {
  const topics: CreateTopicsRequestTopic[] = [];
  const topicsCount = version >= 5 ? r.compactArrayLength(10) : r.arrayLength(16);
  for (let i = 0; i < topicsCount; i++) topics.push(readCreateTopicsRequestTopic(r, version));
  const timeoutMs: number = r.int32();
  const validateOnly: boolean = r.boolean();
  if (version >= 5) r.skipTaggedFields();
  return { topics, timeoutMs, validateOnly };
}

export function writeCreateTopicsRequest(w: ByteWriter, m: CreateTopicsRequest, version: number): void {
  if (version >= 5) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeCreateTopicsRequestTopic(w, item, version);
  w.int32(m.timeoutMs);
  w.boolean(m.validateOnly);
  if (version >= 5) w.int8(0);
}

export interface CreateTopicsResponseConfig {
  /** Versions 5+. */
  name: string;
  /** Versions 5+, null in all. */
  value: string | null;
  /** Versions 5+. */
  readOnly: boolean;
  /** Versions 5+, ignorable, default -1. */
  configSource: number;
  /** Versions 5+. */
  isSensitive: boolean;
}

/** With the default in every field. */
export function defaultCreateTopicsResponseConfig(): CreateTopicsResponseConfig {
  return {
    name: '',
    value: '',
    readOnly: false,
    configSource: -1,
    isSensitive: false,
  };
}

export function readCreateTopicsResponseConfig(r: ByteReader, version: number): CreateTopicsResponseConfig {
  const name: string = r.compactString();
  const value: string | null = r.compactNullableString();
  const readOnly: boolean = r.boolean();
  const configSource: number = r.int8();
  const isSensitive: boolean = r.boolean();
  r.skipTaggedFields();
  return { name, value, readOnly, configSource, isSensitive };
}

export function writeCreateTopicsResponseConfig(w: ByteWriter, m: CreateTopicsResponseConfig, version: number): void {
  w.compactString(m.name);
  w.compactNullableString(m.value);
  w.boolean(m.readOnly);
  w.int8(m.configSource);
  w.boolean(m.isSensitive);
  w.int8(0);
}

export interface CreateTopicsResponseTopic {
  name: string;
  /** Versions 7, ignorable. */
  topicId: Uuid;
  errorCode: number;
  /** Null in all. */
  errorMessage: string | null;
  /** Versions 5+, tag 0, ignorable. */
  topicConfigErrorCode: number;
  /** Versions 5+, ignorable, default -1. */
  numPartitions: number;
  /** Versions 5+, ignorable, default -1. */
  replicationFactor: number;
  /** Versions 5+, null in all, ignorable. */
  configs: CreateTopicsResponseConfig[] | null;
}

/** With the default in every field. */
export function defaultCreateTopicsResponseTopic(): CreateTopicsResponseTopic {
  return {
    name: '',
    topicId: ZERO_UUID,
    errorCode: 0,
    errorMessage: '',
    topicConfigErrorCode: 0,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  };
}

export function readCreateTopicsResponseTopic(r: ByteReader, version: number): CreateTopicsResponseTopic {
  const name: string = version >= 5 ? r.compactString() : r.string();
  const topicId: Uuid = version >= 7 ? r.uuid() : ZERO_UUID;
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 5 ? r.compactNullableString() : r.nullableString();
  let topicConfigErrorCode: number = 0;
  const numPartitions: number = version >= 5 ? r.int32() : -1;
  const replicationFactor: number = version >= 5 ? r.int16() : -1;
  let configs: CreateTopicsResponseConfig[] | null = [];
  if (version >= 5) {
    const configsCount = r.compactNullableArrayLength(6);
    if (configsCount < 0) configs = null;
  else for (let i = 0; i < configsCount; i++) configs.push(readCreateTopicsResponseConfig(r, version));
  }
  if (version >= 5) {
    for (let tags = r.taggedFieldCount(); tags > 0; tags--) {
      const tag = r.unsignedVarint();
      if (tag === 0) {
        const end = r.enterTaggedField();
        topicConfigErrorCode = r.int16();
        r.leaveTaggedField(end);
      } else r.skipTaggedField();
    }
  }
  return { name, topicId, errorCode, errorMessage, topicConfigErrorCode, numPartitions, replicationFactor, configs };
}

export function writeCreateTopicsResponseTopic(w: ByteWriter, m: CreateTopicsResponseTopic, version: number): void {
  if (version >= 5) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 7) {
    w.uuid(m.topicId);
  }
  w.int16(m.errorCode);
  if (version >= 5) { w.compactNullableString(m.errorMessage); } else { w.nullableString(m.errorMessage); }
  if (version >= 5) {
    w.int32(m.numPartitions);
  }
  if (version >= 5) {
    w.int16(m.replicationFactor);
  }
  if (version >= 5) {
    if (m.configs === null) {
      w.compactArrayLength(-1);
    } else {
      w.compactArrayLength(m.configs.length);
      for (const item of m.configs) writeCreateTopicsResponseConfig(w, item, version);
    }
  }
  if (version >= 5) {
    let tags = 0;
    if (m.topicConfigErrorCode !== 0) tags++;
    w.unsignedVarint(tags);
    if (m.topicConfigErrorCode !== 0) {
      w.unsignedVarint(0);
      w.unsignedVarint(2);
      w.int16(m.topicConfigErrorCode);
    }
  }
}

export interface CreateTopicsResponse {
  throttleTimeMs: number;
  topics: CreateTopicsResponseTopic[];
}

/** With the default in every field. */
export function defaultCreateTopicsResponse(): CreateTopicsResponse {
  return {
    throttleTimeMs: 0,
    topics: [],
  };
}

export function readCreateTopicsResponse(r: ByteReader, version: number): CreateTopicsResponse {
  const throttleTimeMs: number = r.int32();
  const topics: CreateTopicsResponseTopic[] = [];
  const topicsCount = version >= 5 ? r.compactArrayLength(12) : r.arrayLength(6);
  for (let i = 0; i < topicsCount; i++) topics.push(readCreateTopicsResponseTopic(r, version));
  if (version >= 5) r.skipTaggedFields();
  return { throttleTimeMs, topics };
}

export function writeCreateTopicsResponse(w: ByteWriter, m: CreateTopicsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 5) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeCreateTopicsResponseTopic(w, item, version);
  if (version >= 5) w.int8(0);
}
