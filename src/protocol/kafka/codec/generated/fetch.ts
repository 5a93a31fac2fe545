/**
 * Generated from schema/fetch.schema by `npm run codec`. Do not edit: change the schema.
 *
 * Reading record batches, with fetch sessions (KIP-227). Topics are named up to version 12, ids after (KIP-516).
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';
import { type Uuid, ZERO_UUID } from '../../../../base/uuid.ts';
import { UnsupportedFieldError } from '../support.ts';

export interface FetchRequestReplicaState {
  /** Versions 15+, default -1. */
  replicaId: number;
  /** Versions 15+, default -1. */
  replicaEpoch: number;
}

/** With the default in every field. */
export function defaultFetchRequestReplicaState(): FetchRequestReplicaState {
  return {
    replicaId: -1,
    replicaEpoch: -1,
  };
}

export function readFetchRequestReplicaState(r: ByteReader, version: number): FetchRequestReplicaState {
  const replicaId: number = r.int32();
  const replicaEpoch: number = r.int64();
  r.skipTaggedFields();
  return { replicaId, replicaEpoch };
}

export function writeFetchRequestReplicaState(w: ByteWriter, m: FetchRequestReplicaState, version: number): void {
  w.int32(m.replicaId);
  w.int64(m.replicaEpoch);
  w.int8(0);
}

export interface FetchRequestPartition {
  partition: number;
  /** Versions 9+, ignorable, default -1. */
  currentLeaderEpoch: number;
  fetchOffset: number;
  /** Versions 12+, default -1. */
  lastFetchedEpoch: number;
  /** Versions 5+, ignorable, default -1. */
  logStartOffset: number;
  partitionMaxBytes: number;
  /** Versions 17+, tag 0, ignorable. */
  replicaDirectoryId: Uuid;
  /** Versions 18, tag 1, ignorable, default 9223372036854775807. */
  highWatermark: number;
}

/** With the default in every field. */
export function defaultFetchRequestPartition(): FetchRequestPartition {
  return {
    partition: 0,
    currentLeaderEpoch: -1,
    fetchOffset: 0,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    partitionMaxBytes: 0,
    replicaDirectoryId: ZERO_UUID,
    highWatermark: 2 ** 63,
  };
}

export function readFetchRequestPartition(r: ByteReader, version: number): FetchRequestPartition {
  const partition: number = r.int32();
  const currentLeaderEpoch: number = version >= 9 ? r.int32() : -1;
  const fetchOffset: number = r.int64();
  const lastFetchedEpoch: number = version >= 12 ? r.int32() : -1;
  const logStartOffset: number = version >= 5 ? r.int64() : -1;
  const partitionMaxBytes: number = r.int32();
  let replicaDirectoryId: Uuid = ZERO_UUID;
  let highWatermark: number = 2 ** 63;
  if (version >= 12) {
    for (let tags = r.taggedFieldCount(); tags > 0; tags--) {
      const tag = r.unsignedVarint();
      if (tag === 0 && version >= 17) {
        const end = r.enterTaggedField();
        replicaDirectoryId = r.uuid();
        r.leaveTaggedField(end);
      } else if (tag === 1 && version >= 18) {
        const end = r.enterTaggedField();
        highWatermark = r.int64();
        r.leaveTaggedField(end);
      } else r.skipTaggedField();
    }
  }
  return { partition, currentLeaderEpoch, fetchOffset, lastFetchedEpoch, logStartOffset, partitionMaxBytes, replicaDirectoryId, highWatermark };
}

export function writeFetchRequestPartition(w: ByteWriter, m: FetchRequestPartition, version: number): void {
  w.int32(m.partition);
  if (version >= 9) {
    w.int32(m.currentLeaderEpoch);
  }
  w.int64(m.fetchOffset);
  if (version >= 12) {
    w.int32(m.lastFetchedEpoch);
  } else if (m.lastFetchedEpoch !== -1) throw new UnsupportedFieldError('FetchRequestPartition.lastFetchedEpoch', version);
  if (version >= 5) {
    w.int64(m.logStartOffset);
  }
  w.int32(m.partitionMaxBytes);
  if (version >= 12) {
    let tags = 0;
    if (version >= 17 && m.replicaDirectoryId !== ZERO_UUID) tags++;
    if (version >= 18 && m.highWatermark !== 2 ** 63) tags++;
    w.unsignedVarint(tags);
    if (version >= 17 && m.replicaDirectoryId !== ZERO_UUID) {
      w.unsignedVarint(0);
      w.unsignedVarint(16);
      w.uuid(m.replicaDirectoryId);
    }
    if (version >= 18 && m.highWatermark !== 2 ** 63) {
      w.unsignedVarint(1);
      w.unsignedVarint(8);
      w.int64(m.highWatermark);
    }
  }
}

export interface FetchRequestTopic {
  /** Versions 4-12, ignorable. */
  topic: string;
  /** Versions 13+, ignorable. */
  topicId: Uuid;
  partitions: FetchRequestPartition[];
}

/** With the default in every field. */
export function defaultFetchRequestTopic(): FetchRequestTopic {
  return {
    topic: '',
    topicId: ZERO_UUID,
    partitions: [],
  };
}

export function readFetchRequestTopic(r: ByteReader, version: number): FetchRequestTopic {
  const topic: string = version <= 12 ? (version >= 12 ? r.compactString() : r.string()) : '';
  const topicId: Uuid = version >= 13 ? r.uuid() : ZERO_UUID;
  const partitions: FetchRequestPartition[] = [];
  const partitionsCount = version >= 12 ? r.compactArrayLength(33) : r.arrayLength(16);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readFetchRequestPartition(r, version));
  if (version >= 12) r.skipTaggedFields();
  return { topic, topicId, partitions };
}

export function writeFetchRequestTopic(w: ByteWriter, m: FetchRequestTopic, version: number): void {
  if (version <= 12) {
    if (version >= 12) { w.compactString(m.topic); } else { w.string(m.topic); }
  }
  if (version >= 13) {
    w.uuid(m.topicId);
  }
  if (version >= 12) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) writeFetchRequestPartition(w, item, version);
  if (version >= 12) w.int8(0);
}

export interface FetchRequestForgottenTopic {
  /** Versions 7-12, ignorable. */
  topic: string;
  /** Versions 13+, ignorable. */
  topicId: Uuid;
  /** Versions 7+. */
  partitions: number[];
}

/** With the default in every field. */
export function defaultFetchRequestForgottenTopic(): FetchRequestForgottenTopic {
  return {
    topic: '',
    topicId: ZERO_UUID,
    partitions: [],
  };
}

export function readFetchRequestForgottenTopic(r: ByteReader, version: number): FetchRequestForgottenTopic {
  const topic: string = version <= 12 ? (version >= 12 ? r.compactString() : r.string()) : '';
  const topicId: Uuid = version >= 13 ? r.uuid() : ZERO_UUID;
  const partitions: number[] = [];
  const partitionsCount = version >= 12 ? r.compactArrayLength(4) : r.arrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  if (version >= 12) r.skipTaggedFields();
  return { topic, topicId, partitions };
}

export function writeFetchRequestForgottenTopic(w: ByteWriter, m: FetchRequestForgottenTopic, version: number): void {
  if (version <= 12) {
    if (version >= 12) { w.compactString(m.topic); } else { w.string(m.topic); }
  }
  if (version >= 13) {
    w.uuid(m.topicId);
  }
  if (version >= 12) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) w.int32(item);
  if (version >= 12) w.int8(0);
}

export interface FetchRequest {
  /** Versions 12+, tag 0, null in all, ignorable, default null. */
  clusterId: string | null;
  /** Versions 4-14, default -1. */
  replicaId: number;
  /** Versions 15+, tag 1. */
  replicaState: FetchRequestReplicaState | null;
  maxWaitMs: number;
  minBytes: number;
  /** Default 2147483647. */
  maxBytes: number;
  isolationLevel: number;
  /** Versions 7+, ignorable. */
  sessionId: number;
  /** Versions 7+, ignorable, default -1. */
  sessionEpoch: number;
  topics: FetchRequestTopic[];
  /** Versions 7+. */
  forgottenTopicsData: FetchRequestForgottenTopic[];
  /** Versions 11+, ignorable. */
  rackId: string;
}

/** With the default in every field. */
export function defaultFetchRequest(): FetchRequest {
  return {
    clusterId: null,
    replicaId: -1,
    replicaState: null,
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 2147483647,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [],
    forgottenTopicsData: [],
    rackId: '',
  };
}

export function readFetchRequest(r: ByteReader, version: number): FetchRequest {
  let clusterId: string | null = null;
  const replicaId: number = version <= 14 ? r.int32() : -1;
  let replicaState: FetchRequestReplicaState | null = null;
  const maxWaitMs: number = r.int32();
  const minBytes: number = r.int32();
  const maxBytes: number = r.int32();
  const isolationLevel: number = r.int8();
  const sessionId: number = version >= 7 ? r.int32() : 0;
  const sessionEpoch: number = version >= 7 ? r.int32() : -1;
  const topics: FetchRequestTopic[] = [];
  const topicsCount = version >= 12 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < topicsCount; i++) topics.push(readFetchRequestTopic(r, version));
  const forgottenTopicsData: FetchRequestForgottenTopic[] = [];
  if (version >= 7) {
    const forgottenTopicsDataCount = version >= 12 ? r.compactArrayLength(3) : r.arrayLength(6);
    for (let i = 0; i < forgottenTopicsDataCount; i++) forgottenTopicsData.push(readFetchRequestForgottenTopic(r, version));
  }
  const rackId: string = version >= 11 ? (version >= 12 ? r.compactString() : r.string()) : '';
  if (version >= 12) {
    for (let tags = r.taggedFieldCount(); tags > 0; tags--) {
      const tag = r.unsignedVarint();
      if (tag === 0) {
        const end = r.enterTaggedField();
        clusterId = r.compactNullableString();
        r.leaveTaggedField(end);
      } else if (tag === 1 && version >= 15) {
        const end = r.enterTaggedField();
        replicaState = readFetchRequestReplicaState(r, version);
        r.leaveTaggedField(end);
      } else r.skipTaggedField();
    }
  }
  return { clusterId, replicaId, replicaState, maxWaitMs, minBytes, maxBytes, isolationLevel, sessionId, sessionEpoch, topics, forgottenTopicsData, rackId };
}

export function writeFetchRequest(w: ByteWriter, m: FetchRequest, version: number): void {
  if (version <= 14) {
    w.int32(m.replicaId);
  } else if (m.replicaId !== -1) throw new UnsupportedFieldError('FetchRequest.replicaId', version);
  if (!(version >= 15)) {
    if (m.replicaState !== null) throw new UnsupportedFieldError('FetchRequest.replicaState', version);
  }
  w.int32(m.maxWaitMs);
  w.int32(m.minBytes);
  w.int32(m.maxBytes);
  w.int8(m.isolationLevel);
  if (version >= 7) {
    w.int32(m.sessionId);
  }
  if (version >= 7) {
    w.int32(m.sessionEpoch);
  }
  if (version >= 12) { w.compactArrayLength(m.topics.length); } else { w.arrayLength(m.topics.length); }
  for (const item of m.topics) writeFetchRequestTopic(w, item, version);
  if (version >= 7) {
    if (version >= 12) { w.compactArrayLength(m.forgottenTopicsData.length); } else { w.arrayLength(m.forgottenTopicsData.length); }
    for (const item of m.forgottenTopicsData) writeFetchRequestForgottenTopic(w, item, version);
  } else if (m.forgottenTopicsData.length !== 0) throw new UnsupportedFieldError('FetchRequest.forgottenTopicsData', version);
  if (version >= 11) {
    if (version >= 12) { w.compactString(m.rackId); } else { w.string(m.rackId); }
  }
  if (version >= 12) {
    let tags = 0;
    if (m.clusterId !== null) tags++;
    if (version >= 15 && m.replicaState !== null) tags++;
    w.unsignedVarint(tags);
    if (m.clusterId !== null) {
      w.unsignedVarint(0);
      const nested = w.nested();
      nested.compactNullableString(m.clusterId);
      w.writeNested(nested);
    }
    if (version >= 15 && m.replicaState !== null) {
      w.unsignedVarint(1);
      const nested = w.nested();
      writeFetchRequestReplicaState(nested, m.replicaState, version);
      w.writeNested(nested);
    }
  }
}

export interface FetchResponseDivergingEpoch {
  /** Versions 12+, default -1. */
  epoch: number;
  /** Versions 12+, default -1. */
  endOffset: number;
}

/** With the default in every field. */
export function defaultFetchResponseDivergingEpoch(): FetchResponseDivergingEpoch {
  return {
    epoch: -1,
    endOffset: -1,
  };
}

export function readFetchResponseDivergingEpoch(r: ByteReader, version: number): FetchResponseDivergingEpoch {
  const epoch: number = r.int32();
  const endOffset: number = r.int64();
  r.skipTaggedFields();
  return { epoch, endOffset };
}

export function writeFetchResponseDivergingEpoch(w: ByteWriter, m: FetchResponseDivergingEpoch, version: number): void {
  w.int32(m.epoch);
  w.int64(m.endOffset);
  w.int8(0);
}

export interface FetchResponseCurrentLeader {
  /** Versions 12+, default -1. */
  leaderId: number;
  /** Versions 12+, default -1. */
  leaderEpoch: number;
}

/** With the default in every field. */
export function defaultFetchResponseCurrentLeader(): FetchResponseCurrentLeader {
  return {
    leaderId: -1,
    leaderEpoch: -1,
  };
}

export function readFetchResponseCurrentLeader(r: ByteReader, version: number): FetchResponseCurrentLeader {
  const leaderId: number = r.int32();
  const leaderEpoch: number = r.int32();
  r.skipTaggedFields();
  return { leaderId, leaderEpoch };
}

export function writeFetchResponseCurrentLeader(w: ByteWriter, m: FetchResponseCurrentLeader, version: number): void {
  w.int32(m.leaderId);
  w.int32(m.leaderEpoch);
  w.int8(0);
}

export interface FetchResponseSnapshotId {
  /** Default -1. */
  endOffset: number;
  /** Default -1. */
  epoch: number;
}

/** With the default in every field. */
export function defaultFetchResponseSnapshotId(): FetchResponseSnapshotId {
  return {
    endOffset: -1,
    epoch: -1,
  };
}

export function readFetchResponseSnapshotId(r: ByteReader, version: number): FetchResponseSnapshotId {
  const endOffset: number = r.int64();
  const epoch: number = r.int32();
  r.skipTaggedFields();
  return { endOffset, epoch };
}

export function writeFetchResponseSnapshotId(w: ByteWriter, m: FetchResponseSnapshotId, version: number): void {
  w.int64(m.endOffset);
  w.int32(m.epoch);
  w.int8(0);
}

export interface FetchResponseAbortedTransaction {
  producerId: number;
  firstOffset: number;
}

/** With the default in every field. */
export function defaultFetchResponseAbortedTransaction(): FetchResponseAbortedTransaction {
  return {
    producerId: 0,
    firstOffset: 0,
  };
}

export function readFetchResponseAbortedTransaction(r: ByteReader, version: number): FetchResponseAbortedTransaction {
  const producerId: number = r.int64();
  const firstOffset: number = r.int64();
  if (version >= 12) r.skipTaggedFields();
  return { producerId, firstOffset };
}

export function writeFetchResponseAbortedTransaction(w: ByteWriter, m: FetchResponseAbortedTransaction, version: number): void {
  w.int64(m.producerId);
  w.int64(m.firstOffset);
  if (version >= 12) w.int8(0);
}

export interface FetchResponsePartition {
  partitionIndex: number;
  errorCode: number;
  highWatermark: number;
  /** Default -1. */
  lastStableOffset: number;
  /** Versions 5+, ignorable, default -1. */
  logStartOffset: number;
  /** Versions 12+, tag 0. */
  divergingEpoch: FetchResponseDivergingEpoch | null;
  /** Versions 12+, tag 1. */
  currentLeader: FetchResponseCurrentLeader | null;
  /** Versions 12+, tag 2. */
  snapshotId: FetchResponseSnapshotId | null;
  /** Null in all. */
  abortedTransactions: FetchResponseAbortedTransaction[] | null;
  /** Versions 11+, default -1. */
  preferredReadReplica: number;
  /** Null in all. */
  records: Buffer | readonly Buffer[] | null;
}

/** With the default in every field. */
export function defaultFetchResponsePartition(): FetchResponsePartition {
  return {
    partitionIndex: 0,
    errorCode: 0,
    highWatermark: 0,
    lastStableOffset: -1,
    logStartOffset: -1,
    divergingEpoch: null,
    currentLeader: null,
    snapshotId: null,
    abortedTransactions: [],
    preferredReadReplica: -1,
    records: null,
  };
}

export function readFetchResponsePartition(r: ByteReader, version: number): FetchResponsePartition {
  const partitionIndex: number = r.int32();
  const errorCode: number = r.int16();
  const highWatermark: number = r.int64();
  const lastStableOffset: number = r.int64();
  const logStartOffset: number = version >= 5 ? r.int64() : -1;
  let divergingEpoch: FetchResponseDivergingEpoch | null = null;
  let currentLeader: FetchResponseCurrentLeader | null = null;
  let snapshotId: FetchResponseSnapshotId | null = null;
  let abortedTransactions: FetchResponseAbortedTransaction[] | null = [];
  const abortedTransactionsCount = version >= 12 ? r.compactNullableArrayLength(17) : r.nullableArrayLength(16);
  if (abortedTransactionsCount < 0) abortedTransactions = null;
  else for (let i = 0; i < abortedTransactionsCount; i++) abortedTransactions.push(readFetchResponseAbortedTransaction(r, version));
  const preferredReadReplica: number = version >= 11 ? r.int32() : -1;
  const records: Buffer | readonly Buffer[] | null = version >= 12 ? r.compactNullableBytes() : r.nullableBytes();
  if (version >= 12) {
    for (let tags = r.taggedFieldCount(); tags > 0; tags--) {
      const tag = r.unsignedVarint();
      if (tag === 0) {
        const end = r.enterTaggedField();
        divergingEpoch = readFetchResponseDivergingEpoch(r, version);
        r.leaveTaggedField(end);
      } else if (tag === 1) {
        const end = r.enterTaggedField();
        currentLeader = readFetchResponseCurrentLeader(r, version);
        r.leaveTaggedField(end);
      } else if (tag === 2) {
        const end = r.enterTaggedField();
        snapshotId = readFetchResponseSnapshotId(r, version);
        r.leaveTaggedField(end);
      } else r.skipTaggedField();
    }
  }
  return { partitionIndex, errorCode, highWatermark, lastStableOffset, logStartOffset, divergingEpoch, currentLeader, snapshotId, abortedTransactions, preferredReadReplica, records };
}

export function writeFetchResponsePartition(w: ByteWriter, m: FetchResponsePartition, version: number): void {
  w.int32(m.partitionIndex);
  w.int16(m.errorCode);
  w.int64(m.highWatermark);
  w.int64(m.lastStableOffset);
  if (version >= 5) {
    w.int64(m.logStartOffset);
  }
  if (!(version >= 12)) {
    if (m.divergingEpoch !== null) throw new UnsupportedFieldError('FetchResponsePartition.divergingEpoch', version);
  }
  if (!(version >= 12)) {
    if (m.currentLeader !== null) throw new UnsupportedFieldError('FetchResponsePartition.currentLeader', version);
  }
  if (!(version >= 12)) {
    if (m.snapshotId !== null) throw new UnsupportedFieldError('FetchResponsePartition.snapshotId', version);
  }
  if (m.abortedTransactions === null) {
    if (version >= 12) { w.compactArrayLength(-1); } else { w.arrayLength(-1); }
  } else {
    if (version >= 12) { w.compactArrayLength(m.abortedTransactions.length); } else { w.arrayLength(m.abortedTransactions.length); }
    for (const item of m.abortedTransactions) writeFetchResponseAbortedTransaction(w, item, version);
  }
  if (version >= 11) {
    w.int32(m.preferredReadReplica);
  } else if (m.preferredReadReplica !== -1) throw new UnsupportedFieldError('FetchResponsePartition.preferredReadReplica', version);
  if (version >= 12) { w.compactBytesRef(m.records); } else { w.bytesRef(m.records); }
  if (version >= 12) {
    let tags = 0;
    if (m.divergingEpoch !== null) tags++;
    if (m.currentLeader !== null) tags++;
    if (m.snapshotId !== null) tags++;
    w.unsignedVarint(tags);
    if (m.divergingEpoch !== null) {
      w.unsignedVarint(0);
      const nested = w.nested();
      writeFetchResponseDivergingEpoch(nested, m.divergingEpoch, version);
      w.writeNested(nested);
    }
    if (m.currentLeader !== null) {
      w.unsignedVarint(1);
      const nested = w.nested();
      writeFetchResponseCurrentLeader(nested, m.currentLeader, version);
      w.writeNested(nested);
    }
    if (m.snapshotId !== null) {
      w.unsignedVarint(2);
      const nested = w.nested();
      writeFetchResponseSnapshotId(nested, m.snapshotId, version);
      w.writeNested(nested);
    }
  }
}

export interface FetchResponseTopic {
  /** Versions 4-12, ignorable. */
  topic: string;
  /** Versions 13+, ignorable. */
  topicId: Uuid;
  partitions: FetchResponsePartition[];
}

/** With the default in every field. */
export function defaultFetchResponseTopic(): FetchResponseTopic {
  return {
    topic: '',
    topicId: ZERO_UUID,
    partitions: [],
  };
}

export function readFetchResponseTopic(r: ByteReader, version: number): FetchResponseTopic {
  const topic: string = version <= 12 ? (version >= 12 ? r.compactString() : r.string()) : '';
  const topicId: Uuid = version >= 13 ? r.uuid() : ZERO_UUID;
  const partitions: FetchResponsePartition[] = [];
  const partitionsCount = version >= 12 ? r.compactArrayLength(37) : r.arrayLength(30);
  for (let i = 0; i < partitionsCount; i++) partitions.push(readFetchResponsePartition(r, version));
  if (version >= 12) r.skipTaggedFields();
  return { topic, topicId, partitions };
}

export function writeFetchResponseTopic(w: ByteWriter, m: FetchResponseTopic, version: number): void {
  if (version <= 12) {
    if (version >= 12) { w.compactString(m.topic); } else { w.string(m.topic); }
  }
  if (version >= 13) {
    w.uuid(m.topicId);
  }
  if (version >= 12) { w.compactArrayLength(m.partitions.length); } else { w.arrayLength(m.partitions.length); }
  for (const item of m.partitions) writeFetchResponsePartition(w, item, version);
  if (version >= 12) w.int8(0);
}

export interface FetchResponseNodeEndpoint {
  /** Versions 16+. */
  nodeId: number;
  /** Versions 16+. */
  host: string;
  /** Versions 16+. */
  port: number;
  /** Versions 16+, null in all, default null. */
  rack: string | null;
}

/** With the default in every field. */
export function defaultFetchResponseNodeEndpoint(): FetchResponseNodeEndpoint {
  return {
    nodeId: 0,
    host: '',
    port: 0,
    rack: null,
  };
}

export function readFetchResponseNodeEndpoint(r: ByteReader, version: number): FetchResponseNodeEndpoint {
  const nodeId: number = r.int32();
  const host: string = r.compactString();
  const port: number = r.int32();
  const rack: string | null = r.compactNullableString();
  r.skipTaggedFields();
  return { nodeId, host, port, rack };
}

export function writeFetchResponseNodeEndpoint(w: ByteWriter, m: FetchResponseNodeEndpoint, version: number): void {
  w.int32(m.nodeId);
  w.compactString(m.host);
  w.int32(m.port);
  w.compactNullableString(m.rack);
  w.int8(0);
}

export interface FetchResponse {
  throttleTimeMs: number;
  /** Versions 7+, ignorable. */
  errorCode: number;
  /** Versions 7+. */
  sessionId: number;
  responses: FetchResponseTopic[];
  /** Versions 16+, tag 0. */
  nodeEndpoints: FetchResponseNodeEndpoint[];
}

/** With the default in every field. */
export function defaultFetchResponse(): FetchResponse {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    sessionId: 0,
    responses: [],
    nodeEndpoints: [],
  };
}

export function readFetchResponse(r: ByteReader, version: number): FetchResponse {
  const throttleTimeMs: number = r.int32();
  const errorCode: number = version >= 7 ? r.int16() : 0;
  const sessionId: number = version >= 7 ? r.int32() : 0;
  const responses: FetchResponseTopic[] = [];
  const responsesCount = version >= 12 ? r.compactArrayLength(3) : r.arrayLength(6);
  for (let i = 0; i < responsesCount; i++) responses.push(readFetchResponseTopic(r, version));
  let nodeEndpoints: FetchResponseNodeEndpoint[] = [];
  if (version >= 12) {
    for (let tags = r.taggedFieldCount(); tags > 0; tags--) {
      const tag = r.unsignedVarint();
      if (tag === 0 && version >= 16) {
        const end = r.enterTaggedField();
        nodeEndpoints = [];
        const nodeEndpointsCount = r.compactArrayLength(11);
        for (let i = 0; i < nodeEndpointsCount; i++) nodeEndpoints.push(readFetchResponseNodeEndpoint(r, version));
        r.leaveTaggedField(end);
      } else r.skipTaggedField();
    }
  }
  return { throttleTimeMs, errorCode, sessionId, responses, nodeEndpoints };
}

export function writeFetchResponse(w: ByteWriter, m: FetchResponse, version: number): void {
  w.int32(m.throttleTimeMs);
  if (version >= 7) {
    w.int16(m.errorCode);
  }
  if (version >= 7) {
    w.int32(m.sessionId);
  } else if (m.sessionId !== 0) throw new UnsupportedFieldError('FetchResponse.sessionId', version);
  if (version >= 12) { w.compactArrayLength(m.responses.length); } else { w.arrayLength(m.responses.length); }
  for (const item of m.responses) writeFetchResponseTopic(w, item, version);
  if (!(version >= 16)) {
    if (m.nodeEndpoints.length !== 0) throw new UnsupportedFieldError('FetchResponse.nodeEndpoints', version);
  }
  if (version >= 12) {
    let tags = 0;
    if (version >= 16 && m.nodeEndpoints.length !== 0) tags++;
    w.unsignedVarint(tags);
    if (version >= 16 && m.nodeEndpoints.length !== 0) {
      w.unsignedVarint(0);
      const nested = w.nested();
      nested.compactArrayLength(m.nodeEndpoints.length);
      for (const item of m.nodeEndpoints) writeFetchResponseNodeEndpoint(nested, item, version);
      w.writeNested(nested);
    }
  }
}
