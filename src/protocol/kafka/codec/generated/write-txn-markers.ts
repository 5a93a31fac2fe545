/**
 * Generated from schema/write-txn-markers.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Writing the end markers of transactions: here for administrators who end a transaction that hangs.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface WriteTxnMarkersRequestTopic {
  name: string;
  partitionIndexes: number[];
}

/** With the default in every field. */
export function defaultWriteTxnMarkersRequestTopic(): WriteTxnMarkersRequestTopic {
  return {
    name: '',
    partitionIndexes: [],
  };
}

export function readWriteTxnMarkersRequestTopic(r: ByteReader, version: number): WriteTxnMarkersRequestTopic {
  const name: string = r.compactString();
  const partitionIndexes: number[] = [];
  const partitionIndexesCount = r.compactArrayLength(4);
  for (let i = 0; i < partitionIndexesCount; i++) partitionIndexes.push(r.int32());
  r.skipTaggedFields();
  return { name, partitionIndexes };
}

export function writeWriteTxnMarkersRequestTopic(w: ByteWriter, m: WriteTxnMarkersRequestTopic, version: number): void {
  w.compactString(m.name);
  w.compactArrayLength(m.partitionIndexes.length);
  for (const item of m.partitionIndexes) w.int32(item);
  w.int8(0);
}

export interface WriteTxnMarkersRequestMarker {
  producerId: number;
  producerEpoch: number;
  transactionResult: boolean;
  topics: WriteTxnMarkersRequestTopic[];
  coordinatorEpoch: number;
  /** Versions 2, ignorable. */
  transactionVersion: number;
}

/** With the default in every field. */
export function defaultWriteTxnMarkersRequestMarker(): WriteTxnMarkersRequestMarker {
  return {
    producerId: 0,
    producerEpoch: 0,
    transactionResult: false,
    topics: [],
    coordinatorEpoch: 0,
    transactionVersion: 0,
  };
}

export function readWriteTxnMarkersRequestMarker(r: ByteReader, version: number): WriteTxnMarkersRequestMarker {
  const producerId: number = r.int64();
  const producerEpoch: number = r.int16();
  const transactionResult: boolean = r.boolean();
  const topics: WriteTxnMarkersRequestTopic[] = [];
  const topicsCount = r.compactArrayLength(3);
  for (let i = 0; i < topicsCount; i++) topics.push(readWriteTxnMarkersRequestTopic(r, version));
  const coordinatorEpoch: number = r.int32();
  const transactionVersion: number = version >= 2 ? r.int8() : 0;
  r.skipTaggedFields();
  return { producerId, producerEpoch, transactionResult, topics, coordinatorEpoch, transactionVersion };
}

export function writeWriteTxnMarkersRequestMarker(w: ByteWriter, m: WriteTxnMarkersRequestMarker, version: number): void {
  w.int64(m.producerId);
  w.int16(m.producerEpoch);
  w.boolean(m.transactionResult);
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeWriteTxnMarkersRequestTopic(w, item, version);
  w.int32(m.coordinatorEpoch);
  if (version >= 2) {
    w.int8(m.transactionVersion);
  }
  w.int8(0);
}

export interface WriteTxnMarkersRequest {
  markers: WriteTxnMarkersRequestMarker[];
}

/** With the default in every field. */
export function defaultWriteTxnMarkersRequest(): WriteTxnMarkersRequest {
  return {
    markers: [],
  };
}

export function readWriteTxnMarkersRequest(r: ByteReader, version: number): WriteTxnMarkersRequest {
  const markers: WriteTxnMarkersRequestMarker[] = [];
  const markersCount = r.compactArrayLength(17);
  for (let i = 0; i < markersCount; i++) markers.push(readWriteTxnMarkersRequestMarker(r, version));
  r.skipTaggedFields();
  return { markers };
}

export function writeWriteTxnMarkersRequest(w: ByteWriter, m: WriteTxnMarkersRequest, version: number): void {
  w.compactArrayLength(m.markers.length);
  for (const item of m.markers) writeWriteTxnMarkersRequestMarker(w, item, version);
  w.int8(0);
}

export interface WriteTxnMarkersResponsePartition {
  partitionIndex: number;
  errorCode: number;
}

/** With the default in every field. */
export function defaultWriteTxnMarkersResponsePartition(): WriteTxnMarkersResponsePartition {
  return {
    partitionIndex: 0,
    errorCode: 0,
  };
}

export function readWriteTxnMarkersResponsePartition(r: ByteReader, version: number): WriteTxnMarkersResponsePartition {
  const partitionIndex: number = r.int32();
  const errorCode: number = r.int16();
  r.skipTaggedFields();
  return { partitionIndex, errorCode };
}

export function writeWriteTxnMarkersResponsePartition(w: ByteWriter, m: WriteTxnMarkersResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int16(m.errorCode);
  w.int8(0);
}

export interface WriteTxnMarkersResponseTopic {
  name: string;
  partitions: WriteTxnMarkersResponsePartition[];
}

/** With the default in every field. */
export function defaultWriteTxnMarkersResponseTopic(): WriteTxnMarkersResponseTopic {
  return {
    name: '',
    partitions: [],
  };
}

export function readWriteTxnMarkersResponseTopic(r: ByteReader, version: number): WriteTxnMarkersResponseTopic {
  const name: string = r.compactString();
  const partitions: WriteTxnMarkersResponsePartition[] = [];
  const partitionsCount = r.compactArrayLength(7);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readWriteTxnMarkersResponsePartition(r, version));
  r.skipTaggedFields();
  return { name, partitions };
}

export function writeWriteTxnMarkersResponseTopic(w: ByteWriter, m: WriteTxnMarkersResponseTopic, version: number): void {
  w.compactString(m.name);
  w.compactArrayLength(m.partitions.length);
  for (const item of m.partitions) writeWriteTxnMarkersResponsePartition(w, item, version);
  w.int8(0);
}

export interface WriteTxnMarkersResponseMarker {
  producerId: number;
  topics: WriteTxnMarkersResponseTopic[];
}

/** With the default in every field. */
export function defaultWriteTxnMarkersResponseMarker(): WriteTxnMarkersResponseMarker {
  return {
    producerId: 0,
    topics: [],
  };
}

export function readWriteTxnMarkersResponseMarker(r: ByteReader, version: number): WriteTxnMarkersResponseMarker {
  const producerId: number = r.int64();
  const topics: WriteTxnMarkersResponseTopic[] = [];
  const topicsCount = r.compactArrayLength(3);
  for (let i = 0; i < topicsCount; i++) topics.push(readWriteTxnMarkersResponseTopic(r, version));
  r.skipTaggedFields();
  return { producerId, topics };
}

export function writeWriteTxnMarkersResponseMarker(w: ByteWriter, m: WriteTxnMarkersResponseMarker, version: number): void {
  w.int64(m.producerId);
  w.compactArrayLength(m.topics.length);
  for (const item of m.topics) writeWriteTxnMarkersResponseTopic(w, item, version);
  w.int8(0);
}

export interface WriteTxnMarkersResponse {
  markers: WriteTxnMarkersResponseMarker[];
}

/** With the default in every field. */
export function defaultWriteTxnMarkersResponse(): WriteTxnMarkersResponse {
  return {
    markers: [],
  };
}

export function readWriteTxnMarkersResponse(r: ByteReader, version: number): WriteTxnMarkersResponse {
  const markers: WriteTxnMarkersResponseMarker[] = [];
  const markersCount = r.compactArrayLength(10);
  for (let i = 0; i < markersCount; i++) markers.push(readWriteTxnMarkersResponseMarker(r, version));
  r.skipTaggedFields();
  return { markers };
}

export function writeWriteTxnMarkersResponse(w: ByteWriter, m: WriteTxnMarkersResponse, version: number): void {
  w.compactArrayLength(m.markers.length);
  for (const item of m.markers) writeWriteTxnMarkersResponseMarker(w, item, version);
  w.int8(0);
}
