/**
 * Generated from schema/delete-topics.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Deleting topics by name, or from version 6 by id.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';
import { present, UnsupportedFieldError } from '../support.ts';

export interface DeleteTopicsRequestTopic {
  /** Versions 6, null in all, default null. */
  name: string | null;
  /** Versions 6. */
  topicId: Uuid;
}

/** With the default in every field. */
export function defaultDeleteTopicsRequestTopic(): DeleteTopicsRequestTopic {
  return {
    name: null,
    topicId: ZERO_UUID,
  };
}

export function readDeleteTopicsRequestTopic(r: ByteReader, version: number): DeleteTopicsRequestTopic {
  const name: string | null = r.compactNullableString();
  const topicId: Uuid = r.uuid();
  r.skipTaggedFields();
  return { name, topicId };
}

export function writeDeleteTopicsRequestTopic(w: ByteWriter, m: DeleteTopicsRequestTopic, version: number): void {
  w.compactNullableString(m.name);
  w.uuid(m.topicId);
  w.int8(0);
}

export interface DeleteTopicsRequest {
  /** Versions 6. */
  topics: DeleteTopicsRequestTopic[];
  /** Versions 1-5, ignorable. */
  topicNames: string[];
  timeoutMs: number;
}

/** With the default in every field. */
export function defaultDeleteTopicsRequest(): DeleteTopicsRequest {
  return {
    topics: [],
    topicNames: [],
    timeoutMs: 0,
  };
}

export function readDeleteTopicsRequest(r: ByteReader, version: number): DeleteTopicsRequest {
  const topics: DeleteTopicsRequestTopic[] = [];
  if (version >= 6) {
    const topicsCount = r.compactArrayLength(18);
    for (let i = 0; i < topicsCount; i++) topics.push(readDeleteTopicsRequestTopic(r, version));
  }
  const topicNames: string[] = [];
  if (version <= 5) {
    const topicNamesCount = version >= 4 ? r.compactArrayLength(1) : r.arrayLength(2);
    for (let i = 0; i < topicNamesCount; i++) topicNames.push(version >= 4 ? r.compactString() : r.string());
  }
  const timeoutMs: number = r.int32();
  if (version >= 4) r.skipTaggedFields();
  return { topics, topicNames, timeoutMs };
}

export function writeDeleteTopicsRequest(w: ByteWriter, m: DeleteTopicsRequest, version: number): void {
  if (version >= 6) {
    w.compactArrayLength(m.topics.length);
    for (const item of m.topics) writeDeleteTopicsRequestTopic(w, item, version);
  } else if (m.topics.length !== 0) throw new UnsupportedFieldError('DeleteTopicsRequest.topics', version);
  if (version <= 5) {
    if (version >= 4) { w.compactArrayLength(m.topicNames.length); } else { w.arrayLength(m.topicNames.length); }
    for (const item of m.topicNames) { if (version >= 4) { w.compactString(item); } else { w.string(item); } }
  }
  w.int32(m.timeoutMs);
  if (version >= 4) w.int8(0);
}

export interface DeleteTopicsResponseResult {
  /** Null in 6+. */
  name: string | null;
  /** Versions 6, ignorable. */
  topicId: Uuid;
  errorCode: number;
  /** Versions 5+, null in all, ignorable, default null. */
  errorMessage: string | null;
}

/** With the default in every field. */
export function defaultDeleteTopicsResponseResult(): DeleteTopicsResponseResult {
  return {
    name: '',
    topicId: ZERO_UUID,
    errorCode: 0,
    errorMessage: null,
  };
}

export function readDeleteTopicsResponseResult(r: ByteReader, version: number): DeleteTopicsResponseResult {
  const name: string | null = version >= 6 ? r.compactNullableString() : version >= 4 ? r.compactString() : r.string();
  const topicId: Uuid = version >= 6 ? r.uuid() : ZERO_UUID;
  const errorCode: number = r.int16();
  const errorMessage: string | null = version >= 5 ? r.compactNullableString() : null;
  if (version >= 4) r.skipTaggedFields();
  return { name, topicId, errorCode, errorMessage };
}

export function writeDeleteTopicsResponseResult(w: ByteWriter, m: DeleteTopicsResponseResult, version: number): void {
  if (version >= 6) { w.compactNullableString(m.name); } else if (version >= 4) { w.compactString(present(m.name, 'DeleteTopicsResponseResult.name', version)); } else { w.string(present(m.name, 'DeleteTopicsResponseResult.name', version)); }
  if (version >= 6) {
    w.uuid(m.topicId);
  }
  w.int16(m.errorCode);
  if (version >= 5) {
    w.compactNullableString(m.errorMessage);
  }
  if (version >= 4) w.int8(0);
}

export interface DeleteTopicsResponse {
  throttleTimeMs: number;
  responses: DeleteTopicsResponseResult[];
}

/** With the default in every field. */
export function defaultDeleteTopicsResponse(): DeleteTopicsResponse {
  return {
    throttleTimeMs: 0,
    responses: [],
  };
}

export function readDeleteTopicsResponse(r: ByteReader, version: number): DeleteTopicsResponse {
  const throttleTimeMs: number = r.int32();
  const responses: DeleteTopicsResponseResult[] = [];
  const responsesCount = version >= 4 ? r.compactArrayLength(4) : r.arrayLength(4);
  for (let i = 0; i < responsesCount; i++) responses.push(readDeleteTopicsResponseResult(r, version));
  if (version >= 4) r.skipTaggedFields();
  return { throttleTimeMs, responses };
}

export function writeDeleteTopicsResponse(w: ByteWriter, m: DeleteTopicsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 4) { w.compactArrayLength(m.responses.length); } else { w.arrayLength(m.responses.length); }
  for (const item of m.responses) writeDeleteTopicsResponseResult(w, item, version);
  if (version >= 4) w.int8(0);
}
