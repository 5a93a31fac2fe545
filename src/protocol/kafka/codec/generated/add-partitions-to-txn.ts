/**
 * Generated from schema/add-partitions-to-txn.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Adding partitions to a transaction. From version 4 on several transactions a request, for brokers among themselves.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface AddPartitionsToTxnRequestTopic {
  name: string;
  partitions: number[];
}

/** With the default in every field. */
export function defaultAddPartitionsToTxnRequestTopic(): AddPartitionsToTxnRequestTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readAddPartitionsToTxnRequestTopic(r: ByteReader, version: number): AddPartitionsToTxnRequestTopic {
  const name: string = r.compactString();
  const partitions: number[] = [];
  const partitionsCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  r.skipTaggedFields();
  return { name, partitions };
}

export function writeAddPartitionsToTxnRequestTopic(w: ByteWriter, m: AddPartitionsToTxnRequestTopic, version: number): void {
  w.compactString(m.name);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) w.int32(item);
  w.int8(0);
}

export interface AddPartitionsToTxnRequestTransaction {
  /** Versions 4+. */
  transactionalId: string;
  /** Versions 4+. */
  producerId: number;
  /** Versions 4+. */
  producerEpoch: number;
  /** Versions 4+, default false. */
  verifyOnly: boolean;
  /** Versions 4+. */
  topics: AddPartitionsToTxnRequestTopic[];
}

/** With the default in every field. */
export function defaultAddPartitionsToTxnRequestTransaction(): AddPartitionsToTxnRequestTransaction {
  return {
    transactionalId: '',
    producerId: 0,
    producerEpoch: 0,
    verifyOnly: false,
    topics: [],
  };
}

export function readAddPartitionsToTxnRequestTransaction(r: ByteReader, version: number): AddPartitionsToTxnRequestTransaction {
  const transactionalId: string = r.compactString();
  const producerId: number = r.int64();
  const producerEpoch: number = r.int16();
  const verifyOnly: boolean = r.boolean();
  const topics: AddPartitionsToTxnRequestTopic[] = [];
  const topicsCount = r.compactArrayLength(3);
  for (let i = 0; i < topicsCount; i++) topics.push(readAddPartitionsToTxnRequestTopic(r, version));
  r.skipTaggedFields();
  return { transactionalId, producerId, producerEpoch, verifyOnly, topics };
}

export function writeAddPartitionsToTxnRequestTransaction(w: ByteWriter, m: AddPartitionsToTxnRequestTransaction, version: number): void {
  w.compactString(m.transactionalId);
  w.int64(m.producerId);
  w.int16(m.producerEpoch);
  w.boolean(m.verifyOnly);
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeAddPartitionsToTxnRequestTopic(w, item, version);
  w.int8(0);
}

export interface AddPartitionsToTxnRequestOldTopic {
  name: string;
  partitions: number[];
}

/** With the default in every field. */
export function defaultAddPartitionsToTxnRequestOldTopic(): AddPartitionsToTxnRequestOldTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readAddPartitionsToTxnRequestOldTopic(r: ByteReader, version: number): AddPartitionsToTxnRequestOldTopic {
  const name: string = version >= 3 ? r.compactString() : r.string();
  const partitions: number[] = [];
  const partitionsCount = version >= 3 ? r.compactArrayLength(4) : r.arrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  if (version >= 3) r.skipTaggedFields();
  return { name, partitions };
}

export function writeAddPartitionsToTxnRequestOldTopic(w: ByteWriter, m: AddPartitionsToTxnRequestOldTopic, version: number): void {
  if (version >= 3) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 3) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) w.int32(item);
  if (version >= 3) w.int8(0);
}

export interface AddPartitionsToTxnRequest {
  /** Versions 4+. */
  transactions: AddPartitionsToTxnRequestTransaction[];
  /** Versions 0-3. */
  v3AndBelowTransactionalId: string;
  /** Versions 0-3. */
  v3AndBelowProducerId: number;
  /** Versions 0-3. */
  v3AndBelowProducerEpoch: number;
  /** Versions 0-3. */
  v3AndBelowTopics: AddPartitionsToTxnRequestOldTopic[];
}

/** With the default in every field. */
export function defaultAddPartitionsToTxnRequest(): AddPartitionsToTxnRequest {
  return {
    transactions: [],
    v3AndBelowTransactionalId: '',
    v3AndBelowProducerId: 0,
    v3AndBelowProducerEpoch: 0,
    v3AndBelowTopics: [],
  };
}

export function readAddPartitionsToTxnRequest(r: ByteReader, version: number): AddPartitionsToTxnRequest {
  const transactions: AddPartitionsToTxnRequestTransaction[] = [];
  if (version >= 4) {
    const transactionsCount = r.compactArrayLength(14);
    for (let i = 0; i < transactionsCount; i++) transactions.push(readAddPartitionsToTxnRequestTransaction(r, version));
  }
  const v3AndBelowTransactionalId: string = version <= 3 ? (version >= 3 ? r.compactString() : r.string()) : '';
  const v3AndBelowProducerId: number = version <= 3 ? r.int64() : 0;
  const v3AndBelowProducerEpoch: number = version <= 3 ? r.int16() : 0;
  const v3AndBelowTopics: AddPartitionsToTxnRequestOldTopic[] = [];
  if (version <= 3) {
    const v3AndBelowTopicsCount = version >= 3 ? r.compactArrayLength(3) : r.arrayLength(6);
    for (let i = 0; i < v3AndBelowTopicsCount; i++) v3AndBelowTopics.push(readAddPartitionsToTxnRequestOldTopic(r, version));
  }
  if (version >= 3) r.skipTaggedFields();
  return { transactions, v3AndBelowTransactionalId, v3AndBelowProducerId, v3AndBelowProducerEpoch, v3AndBelowTopics };
}

export function writeAddPartitionsToTxnRequest(w: ByteWriter, m: AddPartitionsToTxnRequest, version: number): void {
  if (version >= 4) {
    w.compactArrayLength(m.transactions.length);
    for (const item of m.transactions) writeAddPartitionsToTxnRequestTransaction(w, item, version);
  } else if (m.transactions.length !== 0) throw new UnsupportedFieldError('AddPartitionsToTxnRequest.transactions', version);
  if (version <= 3) {
    if (version >= 3) { w.compactString(m.v3AndBelowTransactionalId); } else { w.string(m.v3AndBelowTransactionalId); }
  } else if (m.v3AndBelowTransactionalId !== '') throw new UnsupportedFieldError('AddPartitionsToTxnRequest.v3AndBelowTransactionalId', version);
  if (version <= 3) {
    w.int64(m.v3AndBelowProducerId);
  } else if (m.v3AndBelowProducerId !== 0) throw new UnsupportedFieldError('AddPartitionsToTxnRequest.v3AndBelowProducerId', version);
  if (version <= 3) {
    w.int16(m.v3AndBelowProducerEpoch);
  } else if (m.v3AndBelowProducerEpoch !== 0) throw new UnsupportedFieldError('AddPartitionsToTxnRequest.v3AndBelowProducerEpoch', version);
  if (version <= 3) {
    if (version >= 3) { w.compactArrayLength(m.v3AndBelowTopics.length); } else { w.arrayLength(m.v3AndBelowTopics.length); }
    for (const item of m.v3AndBelowTopics) writeAddPartitionsToTxnRequestOldTopic(w, item, version);
  } else if (m.v3AndBelowTopics.length !== 0) throw new UnsupportedFieldError('AddPartitionsToTxnRequest.v3AndBelowTopics', version);
  if (version >= 3) w.int8(0);
}

export interface AddPartitionsToTxnResponsePartitionResult {
  partitionIndex: number;
  partitionErrorCode: number;
}

/** With the default in every field. */
export function defaultAddPartitionsToTxnResponsePartitionResult(): AddPartitionsToTxnResponsePartitionResult {
  return {
    partitionIndex: 0,
    partitionErrorCode: 0,
  };
}

export function readAddPartitionsToTxnResponsePartitionResult(r: ByteReader, version: number): AddPartitionsToTxnResponsePartitionResult {
  const partitionIndex: number = r.int32();
  const partitionErrorCode: number = r.int16();
  r.skipTaggedFields();
  return { partitionIndex, partitionErrorCode };
}

export function writeAddPartitionsToTxnResponsePartitionResult(w: ByteWriter, m: AddPartitionsToTxnResponsePartitionResult, version: number): void {
  w.int32(m.partitionIndex);
  w.int16(m.partitionErrorCode);
  w.int8(0);
}

export interface AddPartitionsToTxnResponseTopicResult {
  name: string;
  resultsByPartition: AddPartitionsToTxnResponsePartitionResult[];
}

/** With the default in every field. */
export function defaultAddPartitionsToTxnResponseTopicResult(): AddPartitionsToTxnResponseTopicResult {
  return {
    name: '',
    resultsByPartition: [],
  };
}

export function readAddPartitionsToTxnResponseTopicResult(r: ByteReader, version: number): AddPartitionsToTxnResponseTopicResult {
  const name: string = r.compactString();
  const resultsByPartition: AddPartitionsToTxnResponsePartitionResult[] = [];
  const resultsByPartitionCount = r.compactArrayLength(7);
  for (let i = 0; i < resultsByPartitionCount; i++) resultsByPartition.push(readAddPartitionsToTxnResponsePartitionResult(r, version));
  r.skipTaggedFields();
  return { name, resultsByPartition };
}

export function writeAddPartitionsToTxnResponseTopicResult(w: ByteWriter, m: AddPartitionsToTxnResponseTopicResult, version: number): void {
  w.compactString(m.name);
  w.compactArrayLength(m.resultsByPartition.length);
  for (const item of m.resultsByPartition) writeAddPartitionsToTxnResponsePartitionResult(w, item, version);
  w.int8(0);
}

export interface AddPartitionsToTxnResponseResult {
  /** Versions 4+. */
  transactionalId: string;
  /** Versions 4+. */
  topicResults: AddPartitionsToTxnResponseTopicResult[];
}

/** With the default in every field. */
export function defaultAddPartitionsToTxnResponseResult(): AddPartitionsToTxnResponseResult {
  return {
    transactionalId: '',
    topicResults: [],
  };
}

export function readAddPartitionsToTxnResponseResult(r: ByteReader, version: number): AddPartitionsToTxnResponseResult {
  const transactionalId: string = r.compactString();
  const topicResults: AddPartitionsToTxnResponseTopicResult[] = [];
  const topicResultsCount = r.compactArrayLength(3);
  for (let i = 0; i < topicResultsCount; i++) topicResults.push(readAddPartitionsToTxnResponseTopicResult(r, version));
  r.skipTaggedFields();
  return { transactionalId, topicResults };
}

export function writeAddPartitionsToTxnResponseResult(w: ByteWriter, m: AddPartitionsToTxnResponseResult, version: number): void {
  w.compactString(m.transactionalId);
  w.compactArrayLength(m.topicResults.length);
  for (const item of m.topicResults) writeAddPartitionsToTxnResponseTopicResult(w, item, version);
  w.int8(0);
}

export interface AddPartitionsToTxnResponseOldPartitionResult {
  partitionIndex: number;
  partitionErrorCode: number;
}

/** With the default in every field. */
export function defaultAddPartitionsToTxnResponseOldPartitionResult(): AddPartitionsToTxnResponseOldPartitionResult {
  return {
    partitionIndex: 0,
    partitionErrorCode: 0,
  };
}

export function readAddPartitionsToTxnResponseOldPartitionResult(r: ByteReader, version: number): AddPartitionsToTxnResponseOldPartitionResult {
  const partitionIndex: number = r.int32();
  const partitionErrorCode: number = r.int16();
  if (version >= 3) r.skipTaggedFields();
  return { partitionIndex, partitionErrorCode };
}

export function writeAddPartitionsToTxnResponseOldPartitionResult(w: ByteWriter, m: AddPartitionsToTxnResponseOldPartitionResult, version: number): void {
  w.int32(m.partitionIndex);
  w.int16(m.partitionErrorCode);
  if (version >= 3) w.int8(0);
}

export interface AddPartitionsToTxnResponseOldTopicResult {
  name: string;
  resultsByPartition: AddPartitionsToTxnResponseOldPartitionResult[];
}

/** With the default in every field. */
export function defaultAddPartitionsToTxnResponseOldTopicResult(): AddPartitionsToTxnResponseOldTopicResult {
  return {
    name: '',
    resultsByPartition: [],
  };
}

export function readAddPartitionsToTxnResponseOldTopicResult(r: ByteReader, version: number): AddPartitionsToTxnResponseOldTopicResult {
  const name: string = version >= 3 ? r.compactString() : r.string();
  const resultsByPartition: AddPartitionsToTxnResponseOldPartitionResult[] = [];
  const resultsByPartitionCount = version >= 3 ? r.compactArrayLength(7) : r.arrayLength(6);
  for (let i = 0; i < resultsByPartitionCount; i++) resultsByPartition.push(readAddPartitionsToTxnResponseOldPartitionResult(r, version));
  if (version >= 3) r.skipTaggedFields();
  return { name, resultsByPartition };
}

export function writeAddPartitionsToTxnResponseOldTopicResult(w: ByteWriter, m: AddPartitionsToTxnResponseOldTopicResult, version: number): void {
  if (version >= 3) { w.compactString(m.name); } else { w.string(m.name); }
  if (version >= 3) { w.compactArrayLength(m.resultsByPartition.length); } else { w.arrayLength(m.resultsByPartition.length); }
  for (const item of m.resultsByPartition) writeAddPartitionsToTxnResponseOldPartitionResult(w, item, version);
  if (version >= 3) w.int8(0);
}

export interface AddPartitionsToTxnResponse {
  throttleTimeMs: number;
  /** Versions 4+, ignorable. */
  errorCode: number;
  /** Versions 4+. */
  resultsByTransaction: AddPartitionsToTxnResponseResult[];
  /** Versions 0-3. */
  resultsByTopicV3AndBelow: AddPartitionsToTxnResponseOldTopicResult[];
}

/** With the default in every field. */
export function defaultAddPartitionsToTxnResponse(): AddPartitionsToTxnResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    resultsByTransaction: [],
    resultsByTopicV3AndBelow: [],
  };
}

export function readAddPartitionsToTxnResponse(r: ByteReader, version: number): AddPartitionsToTxnResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = version >= 4 ? r.int16() : 0;
  const resultsByTransaction: AddPartitionsToTxnResponseResult[] = [];
  if (version >= 4) {
    const resultsByTransactionCount = r.compactArrayLength(3);
    for (let i = 0; i < resultsByTransactionCount; i++) resultsByTransaction.push(readAddPartitionsToTxnResponseResult(r, version));
  }
  const resultsByTopicV3AndBelow: AddPartitionsToTxnResponseOldTopicResult[] = [];
  if (version <= 3) {
    const resultsByTopicV3AndBelowCount = version >= 3 ? r.compactArrayLength(3) : r.arrayLength(6);
    for (let i = 0; i < resultsByTopicV3AndBelowCount; i++) resultsByTopicV3AndBelow.push(readAddPartitionsToTxnResponseOldTopicResult(r, version));
  }
  if (version >= 3) r.skipTaggedFields();
  return { throttleTimeMs, errorCode, resultsByTransaction, resultsByTopicV3AndBelow };
}

export function writeAddPartitionsToTxnResponse(w: ByteWriter, m: AddPartitionsToTxnResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 4) {
    w.int16(m.errorCode);
  }
  if (version >= 4) {
    w.compactArrayLength(m.resultsByTransaction.length);
    for (const item of m.resultsByTransaction) writeAddPartitionsToTxnResponseResult(w, item, version);
  } else if (m.resultsByTransaction.length !== 0) throw new UnsupportedFieldError('AddPartitionsToTxnResponse.resultsByTransaction', version);
  if (version <= 3) {
    if (version >= 3) { w.compactArrayLength(m.resultsByTopicV3AndBelow.length); } else { w.arrayLength(m.resultsByTopicV3AndBelow.length); }
    for (const item of m.resultsByTopicV3AndBelow) writeAddPartitionsToTxnResponseOldTopicResult(w, item, version);
  } else if (m.resultsByTopicV3AndBelow.length !== 0) throw new UnsupportedFieldError('AddPartitionsToTxnResponse.resultsByTopicV3AndBelow', version);
  if (version >= 3) w.int8(0);
}
