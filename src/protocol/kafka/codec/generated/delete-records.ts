/**
 * Generated from schema/delete-records.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Moving the start of partitions forward.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface DeleteRecordsRequestPartition {
  partitionIndex: number;
  offset: number;
}

/** With the default in every field. */
export function defaultDeleteRecordsRequestPartition(): DeleteRecordsRequestPartition {
  return {
    partitionIndex: 0,
    offset: 0,
  };
}

export function readDeleteRecordsRequestPartition(r: ByteReader, version: number): DeleteRecordsRequestPartition {
  const partitionIndex: number = r.int32();
  const offset: number = r.int64();
  if (version >= 2) r.skipTaggedFields();
  return { partitionIndex, offset };
}

export function writeDeleteRecordsRequestPartition(w: ByteWriter, m: DeleteRecordsRequestPartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int64(m.offset);
  if (version >= 2) w.int8(0);
}

export interface DeleteRecordsRequestTopic {
  name: string;
  partitions: DeleteRecordsRequestPartition[];
}

/** With the default in every field. */
export function defaultDeleteRecordsRequestTopic(): DeleteRecordsRequestTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readDeleteRecordsRequestTopic(r: ByteReader, version: number): DeleteRecordsRequestTopic {
  const name: string = version >= 2 ? r.compactString() : r.string();
  const partitions: DeleteRecordsRequestPartition[] = [];
  const partitionsCount = version >= 2 ? r.compactArrayLength(13) : r.arrayLength(12);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readDeleteRecordsRequestPartition(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { name, partitions };
}

export function writeDeleteRecordsRequestTopic(w: ByteWriter, m: DeleteRecordsRequestTopic, version: number): void {
  if (version >= 2) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 2) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) writeDeleteRecordsRequestPartition(w, item, version);
  if (version >= 2) w.int8(0);
}

export interface DeleteRecordsRequest {
  topics: DeleteRecordsRequestTopic[];
  timeoutMs: number;
}

/** With the default in every field. */
export function defaultDeleteRecordsRequest(): DeleteRecordsRequest {
  return {
    topics: [],
    timeoutMs: 0,
  };
}

export function readDeleteRecordsRequest(r: ByteReader, version: number): DeleteRecordsRequest {
  const topics: DeleteRecordsRequestTopic[] = [];
  const topicsCount = version >= 2 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < topicsCount; i++) topics.push(readDeleteRecordsRequestTopic(r, version));
  const timeoutMs: number = r.int32();
  if (version >= 2) r.skipTaggedFields();
  return { topics, timeoutMs };
}

export function writeDeleteRecordsRequest(w: ByteWriter, m: DeleteRecordsRequest, version: number): void {
  if (version >= 2) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeDeleteRecordsRequestTopic(w, item, version);
  w.int32(m.timeoutMs);
  if (version >= 2) w.int8(0);
}

export interface DeleteRecordsResponsePartition {
  partitionIndex: number;
  lowWatermark: number;
  errorCode: number;
}

/** With the default in every field. */
export function defaultDeleteRecordsResponsePartition(): DeleteRecordsResponsePartition {
  return {
    partitionIndex: 0,
    lowWatermark: 0,
    errorCode: 0,
  };
}

export function readDeleteRecordsResponsePartition(r: ByteReader, version: number): DeleteRecordsResponsePartition {
  const partitionIndex: number = r.int32();
  const lowWatermark: number = r.int64();
  const errorCode: number = r.int16();
  if (version >= 2) r.skipTaggedFields();
  return { partitionIndex, lowWatermark, errorCode };
}

export function writeDeleteRecordsResponsePartition(w: ByteWriter, m: DeleteRecordsResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int64(m.lowWatermark);
  w.int16(m.errorCode);
  if (version >= 2) w.int8(0);
}

export interface DeleteRecordsResponseTopic {
  name: string;
  partitions: DeleteRecordsResponsePartition[];
}

/** With the default in every field. */
export function defaultDeleteRecordsResponseTopic(): DeleteRecordsResponseTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readDeleteRecordsResponseTopic(r: ByteReader, version: number): DeleteRecordsResponseTopic {
  const name: string = version >= 2 ? r.compactString() : r.string();
  const partitions: DeleteRecordsResponsePartition[] = [];
  const partitionsCount = version >= 2 ? r.compactArrayLength(15) : r.arrayLength(14);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readDeleteRecordsResponsePartition(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { name, partitions };
}

export function writeDeleteRecordsResponseTopic(w: ByteWriter, m: DeleteRecordsResponseTopic, version: number): void {
  if (version >= 2) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 2) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) writeDeleteRecordsResponsePartition(w, item, version);
  if (version >= 2) w.int8(0);
}

export interface DeleteRecordsResponse {
  throttleTimeMs: number;
  topics: DeleteRecordsResponseTopic[];
}

/** With the default in every field. */
export function defaultDeleteRecordsResponse(): DeleteRecordsResponse {
  return {
    throttleTimeMs: 0,
    topics: [],
  };
}

export function readDeleteRecordsResponse(r: ByteReader, version: number): DeleteRecordsResponse {
  const throttleTimeMs: number = r.int32();
  const topics: DeleteRecordsResponseTopic[] = [];
  const topicsCount = version >= 2 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < topicsCount; i++) topics.push(readDeleteRecordsResponseTopic(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { throttleTimeMs, topics };
}

export function writeDeleteRecordsResponse(w: ByteWriter, m: DeleteRecordsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 2) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeDeleteRecordsResponseTopic(w, item, version);
  if (version >= 2) w.int8(0);
}
