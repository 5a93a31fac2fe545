/**
 * Generated from schema/delete-share-group-offsets.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Forgetting where a share group stands in topics (KIP-932).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';

export interface DeleteShareGroupOffsetsRequestTopic {
  topicName: string;
}

/** With the default in every field. */
export function defaultDeleteShareGroupOffsetsRequestTopic(): DeleteShareGroupOffsetsRequestTopic {
  return {
    topicName: '',
  };
}

export function readDeleteShareGroupOffsetsRequestTopic(r: ByteReader, version: number): DeleteShareGroupOffsetsRequestTopic {
  const topicName: string = r.compactString();
  r.skipTaggedFields();
  return { topicName };
}

export function writeDeleteShareGroupOffsetsRequestTopic(w: ByteWriter, m: DeleteShareGroupOffsetsRequestTopic, version: number): void {
  w.compactString(m.topicName);
  w.int8(0);
}

export interface DeleteShareGroupOffsetsRequest {
  groupId: string;
  topics: DeleteShareGroupOffsetsRequestTopic[];
}

/** With the default in every field. */
export function defaultDeleteShareGroupOffsetsRequest(): DeleteShareGroupOffsetsRequest {
  return {
    groupId: '',
    topics: [],
  };
}

export function readDeleteShareGroupOffsetsRequest(r: ByteReader, version: number): DeleteShareGroupOffsetsRequest {
  const groupId: string = r.compactString();
  const topics: DeleteShareGroupOffsetsRequestTopic[] = [];
  const topicsCount = r.compactArrayLength(2);
  for (let i = 0; i < topicsCount; i++) topics.push(readDeleteShareGroupOffsetsRequestTopic(r, version));
  r.skipTaggedFields();
  return { groupId, topics };
}

export function writeDeleteShareGroupOffsetsRequest(w: ByteWriter, m: DeleteShareGroupOffsetsRequest, version: number): void {
  w.compactString(m.groupId);
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeDeleteShareGroupOffsetsRequestTopic(w, item, version);
  w.int8(0);
}

export interface DeleteShareGroupOffsetsResponseTopic {
  topicName: string;
  topicId: Uuid;
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
}

/** With the default in every field. */
export function defaultDeleteShareGroupOffsetsResponseTopic(): DeleteShareGroupOffsetsResponseTopic {
  return {
    topicName: '',
    topicId: ZERO_UUID,
    errorCode: 0,
    errorMessage: null,
  };
}

export function readDeleteShareGroupOffsetsResponseTopic(r: ByteReader, version: number): DeleteShareGroupOffsetsResponseTopic {
  const topicName: string = r.compactString();
  const topicId: Uuid = r.uuid();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  r.skipTaggedFields();
  return { topicName, topicId, errorCode, errorMessage };
}

export function writeDeleteShareGroupOffsetsResponseTopic(w: ByteWriter, m: DeleteShareGroupOffsetsResponseTopic, version: number): void {
  w.compactString(m.topicName);
  w.uuid(m.topicId);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.int8(0);
}

export interface DeleteShareGroupOffsetsResponse {
  throttleTimeMs: number;
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
  responses: DeleteShareGroupOffsetsResponseTopic[];
}

/** With the default in every field. */
export function defaultDeleteShareGroupOffsetsResponse(): DeleteShareGroupOffsetsResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: null,
    responses: [],
  };
}

export function readDeleteShareGroupOffsetsResponse(r: ByteReader, version: number): DeleteShareGroupOffsetsResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const responses: DeleteShareGroupOffsetsResponseTopic[] = [];
  const responsesCount = r.compactArrayLength(21);
  for (let i = 0; i < responsesCount; i++) responses.push(readDeleteShareGroupOffsetsResponseTopic(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, errorCode, errorMessage, responses };
}

export function writeDeleteShareGroupOffsetsResponse(w: ByteWriter, m: DeleteShareGroupOffsetsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.compactArrayLength(m.responses.length);
  for (const item of m.responses) writeDeleteShareGroupOffsetsResponseTopic(w, item, version);
  w.int8(0);
}
