/**
 * Generated from schema/describe-log-dirs.schema by `npm run codec`. Do not edit: change the schema.
 *
 * What partitions take on disk.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface DescribeLogDirsRequestTopic {
  topic: string;
  partitions: number[];
}

/** With the default in every field. */
export function defaultDescribeLogDirsRequestTopic(): DescribeLogDirsRequestTopic {
  return {
    topic: '',
    partitions: [],
  };
}

export function readDescribeLogDirsRequestTopic(r: ByteReader, version: number): DescribeLogDirsRequestTopic {
  const topic: string = version >= 2 ? r.compactString() : r.string();
  const partitions: number[] = [];
  const partitionsCount = version >= 2 ? r.compactArrayLength(4) : r.arrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  if (version >= 2) r.skipTaggedFields();
  return { topic, partitions };
}

export function writeDescribeLogDirsRequestTopic(w: ByteWriter, m: DescribeLogDirsRequestTopic, version: number): void {
  if (version >= 2) { w.compactString(m.topic); } else { w.string(m.topic); }
  if (version >= 2) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) w.int32(item);
  if (version >= 2) w.int8(0);
}

export interface DescribeLogDirsRequest {
  /** Null in all. */
  topics: DescribeLogDirsRequestTopic[] | null;
}

/** With the default in every field. */
export function defaultDescribeLogDirsRequest(): DescribeLogDirsRequest {
  return {
    topics: [],
  };
}

export function readDescribeLogDirsRequest(r: ByteReader, version: number): DescribeLogDirsRequest {
  let topics: DescribeLogDirsRequestTopic[] | null = [];
  const topicsCount = version >= 2 ? r.compactNullableArrayLength(3) : r.nullableArrayLength(6);
  if (topicsCount < 0) topics = null;
  else for (let i = 0; i < topicsCount; i++) topics.push(readDescribeLogDirsRequestTopic(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { topics };
}

export function writeDescribeLogDirsRequest(w: ByteWriter, m: DescribeLogDirsRequest, version: number): void {
  if (m.topics === null) {
    if (version >= 2) { w.compactArrayLength(-1); } else { w.arrayLength(-1); }
  } else {
    if (version >= 2) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
    for (const item of m.topics) writeDescribeLogDirsRequestTopic(w, item, version);
  }
  if (version >= 2) w.int8(0);
}

export interface DescribeLogDirsResponsePartition {
  partitionIndex: number;
  partitionSize: number;
  offsetLag: number;
  isFutureKey: boolean;
}

/** With the default in every field. */
export function defaultDescribeLogDirsResponsePartition(): DescribeLogDirsResponsePartition {
  return {
    partitionIndex: 0,
    partitionSize: 0,
    offsetLag: 0,
    isFutureKey: false,
  };
}

export function readDescribeLogDirsResponsePartition(r: ByteReader, version: number): DescribeLogDirsResponsePartition {
  const partitionIndex: number = r.int32();
  const partitionSize: number = r.int64();
  const offsetLag: number = r.int64();
  const isFutureKey: boolean = r.boolean();
  if (version >= 2) r.skipTaggedFields();
  return { partitionIndex, partitionSize, offsetLag, isFutureKey };
}

export function writeDescribeLogDirsResponsePartition(w: ByteWriter, m: DescribeLogDirsResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int64(m.partitionSize);
  w.int64(m.offsetLag);
  w.boolean(m.isFutureKey);
  if (version >= 2) w.int8(0);
}

export interface DescribeLogDirsResponseTopic {
  name: string;
  partitions: DescribeLogDirsResponsePartition[];
}

/** With the default in every field. */
export function defaultDescribeLogDirsResponseTopic(): DescribeLogDirsResponseTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readDescribeLogDirsResponseTopic(r: ByteReader, version: number): DescribeLogDirsResponseTopic {
  const name: string = version >= 2 ? r.compactString() : r.string();
  const partitions: DescribeLogDirsResponsePartition[] = [];
  const partitionsCount = version >= 2 ? r.compactArrayLength(22) : r.arrayLength(21);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readDescribeLogDirsResponsePartition(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { name, partitions };
}

export function writeDescribeLogDirsResponseTopic(w: ByteWriter, m: DescribeLogDirsResponseTopic, version: number): void {
  if (version >= 2) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 2) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) writeDescribeLogDirsResponsePartition(w, item, version);
  if (version >= 2) w.int8(0);
}

export interface DescribeLogDirsResponseResult {
  errorCode: number;
  logDir: string;
  topics: DescribeLogDirsResponseTopic[];
  /** Versions 4+, ignorable, default -1. */
  totalBytes: number;
  /** Versions 4+, ignorable, default -1. */
  usableBytes: number;
  /** Versions 5, ignorable. */
  isCordoned: boolean;
}

/** With the default in every field. */
export function defaultDescribeLogDirsResponseResult(): DescribeLogDirsResponseResult {
  return {
    errorCode: 0,
    logDir: '',
    topics: [],
    totalBytes: -1,
    usableBytes: -1,
    isCordoned: false,
  };
}

export function readDescribeLogDirsResponseResult(r: ByteReader, version: number): DescribeLogDirsResponseResult {
  const errorCode: number = r.int16();
  const logDir: string = version >= 2 ? r.compactString() : r.string();
  const topics: DescribeLogDirsResponseTopic[] = [];
  const topicsCount = version >= 2 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < topicsCount; i++) topics.push(readDescribeLogDirsResponseTopic(r, version));
  const totalBytes: number = version >= 4 ? r.int64() : -1;
  const usableBytes: number = version >= 4 ? r.int64() : -1;
  const isCordoned: boolean = version >= 5 ? r.boolean() : false;
  if (version >= 2) r.skipTaggedFields();
  return { errorCode, logDir, topics, totalBytes, usableBytes, isCordoned };
}

export function writeDescribeLogDirsResponseResult(w: ByteWriter, m: DescribeLogDirsResponseResult, version: number): void {
  w.int16(m.errorCode);
  if (version >= 2) { w.compactString(m.logDir); } else { w.string(m.logDir); }
  if (version >= 2) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeDescribeLogDirsResponseTopic(w, item, version);
  if (version >= 4) {
    w.int64(m.totalBytes);
  }
  if (version >= 4) {
    w.int64(m.usableBytes);
  }
  if (version >= 5) {
    w.boolean(m.isCordoned);
  }
  if (version >= 2) w.int8(0);
}

export interface DescribeLogDirsResponse {
  throttleTimeMs: number;
  /** Versions 3+, ignorable. */
  errorCode: number;
  results: DescribeLogDirsResponseResult[];
}

/** With the default in every field. */
export function defaultDescribeLogDirsResponse(): DescribeLogDirsResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    results: [],
  };
}

export function readDescribeLogDirsResponse(r: ByteReader, version: number): DescribeLogDirsResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = version >= 3 ? r.int16() : 0;
  const results: DescribeLogDirsResponseResult[] = [];
  const resultsCount = version >= 2 ? r.compactArrayLength(5) : r.arrayLength(8);
  for (let i = 0; i < resultsCount; i++) results.push(readDescribeLogDirsResponseResult(r, version));
  if (version >= 2) r.skipTaggedFields();
  return { throttleTimeMs, errorCode, results };
}

export function writeDescribeLogDirsResponse(w: ByteWriter, m: DescribeLogDirsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 3) {
    w.int16(m.errorCode);
  }
  if (version >= 2) { w.compactArrayLength(m.results.length); } else { w.arrayLength(m.results.length); }
  for (const item of m.results) writeDescribeLogDirsResponseResult(w, item, version);
  if (version >= 2) w.int8(0);
}
