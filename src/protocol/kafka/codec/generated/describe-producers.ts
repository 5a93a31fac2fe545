/**
 * Generated from schema/describe-producers.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Who writes to a partition, with the transactions that are open there (KIP-664).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface DescribeProducersRequestTopic {
  name: string;
  partitionIndexes: number[];
}

/** With the default in every field. */
export function defaultDescribeProducersRequestTopic(): DescribeProducersRequestTopic {
  return {
    name: '',
    partitionIndexes: [],
  };
}

export function readDescribeProducersRequestTopic(r: ByteReader, version: number): DescribeProducersRequestTopic {
  const name: string = r.compactString();
  const partitionIndexes: number[] = [];
  const partitionIndexesCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionIndexesCount; i++) partitionIndexes.push(r.int32());
  r.skipTaggedFields();
  return { name, partitionIndexes };
}

export function writeDescribeProducersRequestTopic(w: ByteWriter, m: DescribeProducersRequestTopic, version: number): void {
  w.compactString(m.name);
  w.compactArrayLength(m.partitionIndexes.length);
  for (const item of m.partitionIndexes) w.int32(item);
  w.int8(0);
}

export interface DescribeProducersRequest {
  topics: DescribeProducersRequestTopic[];
}

/** With the default in every field. */
export function defaultDescribeProducersRequest(): DescribeProducersRequest {
  return {
    topics: [],
  };
}

export function readDescribeProducersRequest(r: ByteReader, version: number): DescribeProducersRequest {
  const topics: DescribeProducersRequestTopic[] = [];
  const topicsCount = r.compactArrayLength(3);
  for (let i = 0; i < topicsCount; i++) topics.push(readDescribeProducersRequestTopic(r, version));
  r.skipTaggedFields();
  return { topics };
}

export function writeDescribeProducersRequest(w: ByteWriter, m: DescribeProducersRequest, version: number): void {
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeDescribeProducersRequestTopic(w, item, version);
  w.int8(0);
}

export interface DescribeProducersResponseProducer {
  producerId: number;
  producerEpoch: number;
  /** Default -1. */
  lastSequence: number;
  /** Default -1. */
  lastTimestamp: number;
  coordinatorEpoch: number;
  /** Default -1. */
  currentTxnStartOffset: number;
}

/** With the default in every field. */
export function defaultDescribeProducersResponseProducer(): DescribeProducersResponseProducer {
  return {
    producerId: 0,
    producerEpoch: 0,
    lastSequence: -1,
    lastTimestamp: -1,
    coordinatorEpoch: 0,
    currentTxnStartOffset: -1,
  };
}

export function readDescribeProducersResponseProducer(r: ByteReader, version: number): DescribeProducersResponseProducer {
  const producerId: number = r.int64();
  const producerEpoch: number = r.int32();
  const lastSequence: number = r.int32();
  const lastTimestamp: number = r.int64();
  const coordinatorEpoch: number = r.int32();
  const currentTxnStartOffset: number = r.int64();
  r.skipTaggedFields();
  return { producerId, producerEpoch, lastSequence, lastTimestamp, coordinatorEpoch, currentTxnStartOffset };
}

export function writeDescribeProducersResponseProducer(w: ByteWriter, m: DescribeProducersResponseProducer, version: number): void {
  w.int64(m.producerId);
  w.int32(m.producerEpoch);
  w.int32(m.lastSequence);
  w.int64(m.lastTimestamp);
  w.int32(m.coordinatorEpoch);
  w.int64(m.currentTxnStartOffset);
  w.int8(0);
}

export interface DescribeProducersResponsePartition {
  partitionIndex: number;
  errorCode: number;
  /** Null in all, default null. */
  errorMessage: string | null;
  activeProducers: DescribeProducersResponseProducer[];
}

/** With the default in every field. */
export function defaultDescribeProducersResponsePartition(): DescribeProducersResponsePartition {
  return {
    partitionIndex: 0,
    errorCode: 0,
    errorMessage: null,
    activeProducers: [],
  };
}

export function readDescribeProducersResponsePartition(r: ByteReader, version: number): DescribeProducersResponsePartition {
  const partitionIndex: number = r.int32();
  const errorCode: number = r.int16();
  const errorMessage: string | null = r.compactNullableString();
  const activeProducers: DescribeProducersResponseProducer[] = [];
  const activeProducersCount = r.compactArrayLength(37);
  for (let i = 0; i < activeProducersCount; i++) activeProducers.push(readDescribeProducersResponseProducer(r, version));
  r.skipTaggedFields();
  return { partitionIndex, errorCode, errorMessage, activeProducers };
}

export function writeDescribeProducersResponsePartition(w: ByteWriter, m: DescribeProducersResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int16(m.errorCode);
  w.compactNullableString(m.errorMessage);
  w.compactArrayLength(m.activeProducers.length);
  for (const item of m.activeProducers) writeDescribeProducersResponseProducer(w, item, version);
  w.int8(0);
}

export interface DescribeProducersResponseTopic {
  name: string;
  partitions: DescribeProducersResponsePartition[];
}

/** With the default in every field. */
export function defaultDescribeProducersResponseTopic(): DescribeProducersResponseTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readDescribeProducersResponseTopic(r: ByteReader, version: number): DescribeProducersResponseTopic {
  const name: string = r.compactString();
  const partitions: DescribeProducersResponsePartition[] = [];
  const partitionsCount = r.compactArrayLength(9);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readDescribeProducersResponsePartition(r, version));
  r.skipTaggedFields();
  return { name, partitions };
}

export function writeDescribeProducersResponseTopic(w: ByteWriter, m: DescribeProducersResponseTopic, version: number): void {
  w.compactString(m.name);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) writeDescribeProducersResponsePartition(w, item, version);
  w.int8(0);
}

export interface DescribeProducersResponse {
  throttleTimeMs: number;
  topics: DescribeProducersResponseTopic[];
}

/** With the default in every field. */
export function defaultDescribeProducersResponse(): DescribeProducersResponse {
  return {
    throttleTimeMs: 0,
    topics: [],
  };
}

export function readDescribeProducersResponse(r: ByteReader, version: number): DescribeProducersResponse {
  const throttleTimeMs: number = r.int32();
  const topics: DescribeProducersResponseTopic[] = [];
  const topicsCount = r.compactArrayLength(3);
  for (let i = 0; i < topicsCount; i++) topics.push(readDescribeProducersResponseTopic(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, topics };
}

export function writeDescribeProducersResponse(w: ByteWriter, m: DescribeProducersResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeDescribeProducersResponseTopic(w, item, version);
  w.int8(0);
}
