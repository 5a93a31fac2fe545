/**
 * Generated from schema/describe-transactions.schema by `npm run codec`. Do not edit: change the schema.
 *
 * The state of transactions by their ids (KIP-664).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface DescribeTransactionsRequest {
  transactionalIds: string[];
}

/** With the default in every field. */
export function defaultDescribeTransactionsRequest(): DescribeTransactionsRequest {
  return {
    transactionalIds: [],
  };
}

export function readDescribeTransactionsRequest(r: ByteReader, version: number): DescribeTransactionsRequest {
  const transactionalIds: string[] = [];
  const transactionalIdsCount = r.compactArrayLength(1);
  for (let i = 0; i < transactionalIdsCount; i++) transactionalIds.push(r.compactString());
  r.skipTaggedFields();
  return { transactionalIds };
}

export function writeDescribeTransactionsRequest(w: ByteWriter, m: DescribeTransactionsRequest, version: number): void {
  w.compactArrayLength(m.transactionalIds.length);
  for (const item of m.transactionalIds) w.compactString(item);
  w.int8(0);
}

export interface DescribeTransactionsResponseTopic {
  topic: string;
  partitions: number[];
}

/** With the default in every field. */
export function defaultDescribeTransactionsResponseTopic(): DescribeTransactionsResponseTopic {
  return {
    topic: '',
    partitions: [],
  };
}

export function readDescribeTransactionsResponseTopic(r: ByteReader, version: number): DescribeTransactionsResponseTopic {
  const topic: string = r.compactString();
  const partitions: number[] = [];
  const partitionsCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  r.skipTaggedFields();
  return { topic, partitions };
}

export function writeDescribeTransactionsResponseTopic(w: ByteWriter, m: DescribeTransactionsResponseTopic, version: number): void {
  w.compactString(m.topic);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) w.int32(item);
  w.int8(0);
}

export interface DescribeTransactionsResponseState {
  errorCode: number;
  transactionalId: string;
  transactionState: string;
  transactionTimeoutMs: number;
  transactionStartTimeMs: number;
  producerId: number;
  producerEpoch: number;
  topics: DescribeTransactionsResponseTopic[];
}

/** With the default in every field. */
export function defaultDescribeTransactionsResponseState(): DescribeTransactionsResponseState {
  return {
    errorCode: 0,
    transactionalId: '',
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  };
}

export function readDescribeTransactionsResponseState(r: ByteReader, version: number): DescribeTransactionsResponseState {
  const errorCode: number = r.int16();
  const transactionalId: string = r.compactString();
  const transactionState: string = r.compactString();
  const transactionTimeoutMs: number = r.int32();
  const transactionStartTimeMs: number = r.int64();
  const producerId: number = r.int64();
  const producerEpoch: number = r.int16();
  const topics: DescribeTransactionsResponseTopic[] = [];
  const topicsCount = r.compactArrayLength(3);
  for (let i = 0; i < topicsCount; i++) topics.push(readDescribeTransactionsResponseTopic(r, version));
  r.skipTaggedFields();
  return { errorCode, transactionalId, transactionState, transactionTimeoutMs, transactionStartTimeMs, producerId, producerEpoch, topics };
}

export function writeDescribeTransactionsResponseState(w: ByteWriter, m: DescribeTransactionsResponseState, version: number): void {
  w.int16(m.errorCode);
  w.compactString(m.transactionalId);
  w.compactString(m.transactionState);
  w.int32(m.transactionTimeoutMs);
  w.int64(m.transactionStartTimeMs);
  w.int64(m.producerId);
  w.int16(m.producerEpoch);
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeDescribeTransactionsResponseTopic(w, item, version);
  w.int8(0);
}

export interface DescribeTransactionsResponse {
  throttleTimeMs: number;
  transactionStates: DescribeTransactionsResponseState[];
}

/** With the default in every field. */
export function defaultDescribeTransactionsResponse(): DescribeTransactionsResponse {
  return {
    throttleTimeMs: 0,
    transactionStates: [],
  };
}

export function readDescribeTransactionsResponse(r: ByteReader, version: number): DescribeTransactionsResponse {
  const throttleTimeMs: number = r.int32();
  const transactionStates: DescribeTransactionsResponseState[] = [];
  const transactionStatesCount = r.compactArrayLength(28);
  for (let i = 0; i < transactionStatesCount; i++) transactionStates.push(readDescribeTransactionsResponseState(r, version));
  r.skipTaggedFields();
  return { throttleTimeMs, transactionStates };
}

export function writeDescribeTransactionsResponse(w: ByteWriter, m: DescribeTransactionsResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  w.compactArrayLength(m.transactionStates.length);
  for (const item of m.transactionStates) writeDescribeTransactionsResponseState(w, item, version);
  w.int8(0);
}
