/**
 * Generated from schema/alter-replica-log-dirs.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Moves replicas to another directory of their broker (KIP-113).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface AlterReplicaLogDirsRequestTopic {
  name: string;
  partitions: number[];
}

/** With the default in every field. */
export function defaultAlterReplicaLogDirsRequestTopic(): AlterReplicaLogDirsRequestTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readAlterReplicaLogDirsRequestTopic(r: ByteReader, version: number): AlterReplicaLogDirsRequestTopic {
  const name: string = version >= 2 ? r.compactString() : r.string();
  const partitions: number[] = [];
  const partitionsCount = version >= 2 ? r.compactArrayLength(4) : r.arrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  if (version >= 2) r.skipTaggedFields();
  return { name, partitions };
}

export function writeAlterReplicaLogDirsRequestTopic(w: ByteWriter, m: AlterReplicaLogDirsRequestTopic, version: number): void {
  if (version >= 2) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 2) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) w.int32(item);
  if (version >= 2) w.int8(0);
}

export interface AlterReplicaLogDirsRequestDir {
  path: string;
  topics: AlterReplicaLogDirsRequestTopic[];
}

/** With the default in every field. */
export function defaultAlterReplicaLogDirsRequestDir(): AlterReplicaLogDirsRequestDir {
  return {
    path: '',
    topics: [],
  };
}

export function readAlterReplicaLogDirsRequestDir(r: ByteReader, version: number): AlterReplicaLogDirsRequestDir {
  const path: string = version >= 2 ? r.compactString() : r.string();
  const topics: AlterReplicaLogDirsRequestTopic[] = [];
  const topicsCount = version >= 2 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < topicsCount; i++) topics.push(readAlterReplicaLogDirsRequestTopic(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { path, topics };
}

export function writeAlterReplicaLogDirsRequestDir(w: ByteWriter, m: AlterReplicaLogDirsRequestDir, version: number): void {
  if (version >= 2) { w.compactString(m.path); } else { w.string(m.path); }
  if (version >= 2) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeAlterReplicaLogDirsRequestTopic(w, item, version);
  if (version >= 2) w.int8(0);
}

export interface AlterReplicaLogDirsRequest {
  dirs: AlterReplicaLogDirsRequestDir[];
}

/** With the default in every field. */
export function defaultAlterReplicaLogDirsRequest(): AlterReplicaLogDirsRequest {
  return {
    dirs: [],
  };
}

export function readAlterReplicaLogDirsRequest(r: ByteReader, version: number): AlterReplicaLogDirsRequest {
  const dirs: AlterReplicaLogDirsRequestDir[] = [];
  const dirsCount = version >= 2 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < dirsCount; i++) dirs.push(readAlterReplicaLogDirsRequestDir(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { dirs };
}

export function writeAlterReplicaLogDirsRequest(w: ByteWriter, m: AlterReplicaLogDirsRequest, version: number): void {
  if (version >= 2) { w.compactArrayLength(m.dirs.length); } else { w.arrayLength(m.dirs.length); }
  for (const item of m.dirs) writeAlterReplicaLogDirsRequestDir(w, item, version);
  if (version >= 2) w.int8(0);
}

export interface AlterReplicaLogDirsResponsePartition {
  partitionIndex: number;
  errorCode: number;
}

/** With the default in every field. */
export function defaultAlterReplicaLogDirsResponsePartition(): AlterReplicaLogDirsResponsePartition {
  return {
    partitionIndex: 0,
    errorCode: 0,
  };
}

export function readAlterReplicaLogDirsResponsePartition(r: ByteReader, version: number): AlterReplicaLogDirsResponsePartition {
  const partitionIndex: number = r.int32();
  const errorCode: number = r.int16();
  if (version >= 2) r.skipTaggedFields();
  return { partitionIndex, errorCode };
}

export function writeAlterReplicaLogDirsResponsePartition(w: ByteWriter, m: AlterReplicaLogDirsResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int16(m.errorCode);
  if (version >= 2) w.int8(0);
}

export interface AlterReplicaLogDirsResponseTopic {
  topicName: string;
  partitions: AlterReplicaLogDirsResponsePartition[];
}

/** With the default in every field. */
export function defaultAlterReplicaLogDirsResponseTopic(): AlterReplicaLogDirsResponseTopic {
  return {
    topicName: '',
    partitions: [],
  };
}

export function readAlterReplicaLogDirsResponseTopic(r: ByteReader, version: number): AlterReplicaLogDirsResponseTopic {
  const topicName: string = version >= 2 ? r.compactString() : r.string();
  const partitions: AlterReplicaLogDirsResponsePartition[] = [];
  const partitionsCount = version >= 2 ? r.compactArrayLength(7) : r.arrayLength(6);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readAlterReplicaLogDirsResponsePartition(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { topicName, partitions };
}

export function writeAlterReplicaLogDirsResponseTopic(w: ByteWriter, m: AlterReplicaLogDirsResponseTopic, version: number): void {
  if (version >= 2) { w.compactString(m.topicName); } else { w.string(m.topicName); }
  if (version >= 2) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) writeAlterReplicaLogDirsResponsePartition(w, item, version);
  if (version >= 2) w.int8(0);
}

export interface AlterReplicaLogDirsResponse {
  throttleTimeMs: number;
  results: AlterReplicaLogDirsResponseTopic[];
}

/** With the default in every field. */
export function defaultAlterReplicaLogDirsResponse(): AlterReplicaLogDirsResponse {
  return {
    throttleTimeMs: 0,
    results: [],
  };
}

export function readAlterReplicaLogDirsResponse(r: ByteReader, version: number): AlterReplicaLogDirsResponse {
  const throttleTimeMs: number = r.int32();
  const results: AlterReplicaLogDirsResponseTopic[] = [];
  const resultsCount = version >= 2 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < resultsCount; i++) results.push(readAlterReplicaLogDirsResponseTopic(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { throttleTimeMs, results };
}

export function writeAlterReplicaLogDirsResponse(w: ByteWriter, m: AlterReplicaLogDirsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 2) { w.compactArrayLength(m.results.length); } else { w.arrayLength(m.results.length); }
  for (const item of m.results) writeAlterReplicaLogDirsResponseTopic(w, item, version);
  if (version >= 2) w.int8(0);
}
