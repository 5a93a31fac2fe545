/**
 * Generated from schema/offset-delete.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Deleting committed offsets of a group (KIP-496). Never flexible.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface OffsetDeleteRequestPartition {
  partitionIndex: number;
}

/** With the default in every field. */
export function defaultOffsetDeleteRequestPartition(): OffsetDeleteRequestPartition {
  return {
    partitionIndex: 0,
  };
}

export function readOffsetDeleteRequestPartition(r: ByteReader, version: number): OffsetDeleteRequestPartition {
  const partitionIndex: number = r.int32();
  return { partitionIndex };
}

export function writeOffsetDeleteRequestPartition(w: ByteWriter, m: OffsetDeleteRequestPartition, version: number): void {
  w.int32(m.partitionIndex);
}

export interface OffsetDeleteRequestTopic {
  name: string;
  partitions: OffsetDeleteRequestPartition[];
}

/** With the default in every field. */
export function defaultOffsetDeleteRequestTopic(): OffsetDeleteRequestTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readOffsetDeleteRequestTopic(r: ByteReader, version: number): OffsetDeleteRequestTopic {
  const name: string = r.string();
  const partitions: OffsetDeleteRequestPartition[] = [];
  const partitionsCount = r.arrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readOffsetDeleteRequestPartition(r, version));
  return { name, partitions };
}

export function writeOffsetDeleteRequestTopic(w: ByteWriter, m: OffsetDeleteRequestTopic, version: number): void {
  w.string(m.name);
  w.arrayLength(m.partitions.length);
  for (const item of m.partitions) writeOffsetDeleteRequestPartition(w, item, version);
}

export interface OffsetDeleteRequest {
  groupId: string;
  topics: OffsetDeleteRequestTopic[];
}

/** With the default in every field. */
export function defaultOffsetDeleteRequest(): OffsetDeleteRequest {
  return {
    groupId: '',
    topics: [],
  };
}

export function readOffsetDeleteRequest(r: ByteReader, version: number): OffsetDeleteRequest {
  const groupId: string = r.string();
  const topics: OffsetDeleteRequestTopic[] = [];
  const topicsCount = r.arrayLength(6);
  for (let i = 0; i < topicsCount; i++) topics.push(readOffsetDeleteRequestTopic(r, version));
  return { groupId, topics };
}

export function writeOffsetDeleteRequest(w: ByteWriter, m: OffsetDeleteRequest, version: number): void {
  w.string(m.groupId);
  w.arrayLength(m.topics.length);
  for (const item of m.topics) writeOffsetDeleteRequestTopic(w, item, version);
}

export interface OffsetDeleteResponsePartition {
  partitionIndex: number;
  errorCode: number;
}

/** With the default in every field. */
export function defaultOffsetDeleteResponsePartition(): OffsetDeleteResponsePartition {
  return {
    partitionIndex: 0,
    errorCode: 0,
  };
}

export function readOffsetDeleteResponsePartition(r: ByteReader, version: number): OffsetDeleteResponsePartition {
  const partitionIndex: number = r.int32();
  const errorCode: number = r.int16();
  return { partitionIndex, errorCode };
}

export function writeOffsetDeleteResponsePartition(w: ByteWriter, m: OffsetDeleteResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int16(m.errorCode);
}

export interface OffsetDeleteResponseTopic {
  name: string;
  partitions: OffsetDeleteResponsePartition[];
}

/** With the default in every field. */
export function defaultOffsetDeleteResponseTopic(): OffsetDeleteResponseTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readOffsetDeleteResponseTopic(r: ByteReader, version: number): OffsetDeleteResponseTopic {
  const name: string = r.string();
  const partitions: OffsetDeleteResponsePartition[] = [];
  const partitionsCount = r.arrayLength(6);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readOffsetDeleteResponsePartition(r, version));
  return { name, partitions };
}

export function writeOffsetDeleteResponseTopic(w: ByteWriter, m: OffsetDeleteResponseTopic, version: number): void {
  w.string(m.name);
  w.arrayLength(m.partitions.length);
  for (const item of m.partitions) writeOffsetDeleteResponsePartition(w, item, version);
}

export interface OffsetDeleteResponse {
  errorCode: number;
  throttleTimeMs: number;
  topics: OffsetDeleteResponseTopic[];
}

/** With the default in every field. */
export function defaultOffsetDeleteResponse(): OffsetDeleteResponse {
  return {
    errorCode: 0,
    throttleTimeMs: 0,
    topics: [],
  };
}

export function readOffsetDeleteResponse(r: ByteReader, version: number): OffsetDeleteResponse {
  const errorCode: number = r.int16();
  const throttleTimeMs: number = r.int32();
  const topics: OffsetDeleteResponseTopic[] = [];
  const topicsCount = r.arrayLength(6);
  for (let i = 0; i < topicsCount; i++) topics.push(readOffsetDeleteResponseTopic(r, version));
  return { errorCode, throttleTimeMs, topics };
}

export function writeOffsetDeleteResponse(w: ByteWriter, m: OffsetDeleteResponse, version: number): void {
  w.int16(m.errorCode);
  w.int32(m.throttleTimeMs);
  w.arrayLength(m.topics.length);
  for (const item of m.topics) writeOffsetDeleteResponseTopic(w, item, version);
}
