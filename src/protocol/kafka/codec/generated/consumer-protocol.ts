/**
 * Generated from schema/consumer-protocol.schema by `npm run codec`. Do not edit: change the schema.
 *
 * What classic consumers put into the metadata of JoinGroup and the assignment of SyncGroup. Opaque to the broker; admin tools decode it. Each is preceded by its version as int16, which is not part of the schema.
 */
import type { ByteReader } from '../../../../base/byte-reader.ts';
import type { ByteWriter } from '../../../../base/byte-writer.ts';

export interface ConsumerProtocolSubscriptionTopicPartitions {
  /** Versions 1+. */
  topic: string;
  /** Versions 1+. */
  partitions: number[];
}

/** With the default in every field. */
export function defaultConsumerProtocolSubscriptionTopicPartitions(): ConsumerProtocolSubscriptionTopicPartitions {
  return {
    topic: '',
    partitions: [],
  };
}

export function readConsumerProtocolSubscriptionTopicPartitions(r: ByteReader, version: number): ConsumerProtocolSubscriptionTopicPartitions {
  const topic: string = r.string();
  const partitions: number[] = [];
  const partitionsCount = r.arrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  return { topic, partitions };
}

export function writeConsumerProtocolSubscriptionTopicPartitions(w: ByteWriter, m: ConsumerProtocolSubscriptionTopicPartitions, version: number): void {
  w.string(m.topic);
  w.arrayLength(m.partitions.length);
  for (const item of m.partitions) w.int32(item);
}

export interface ConsumerProtocolSubscription {
  topics: string[];
  /** Null in all, default null. */
  userData: Buffer | null;
  /** Versions 1+, ignorable. */
  ownedPartitions: ConsumerProtocolSubscriptionTopicPartitions[];
  /** Versions 2+, ignorable, default -1. */
  generationId: number;
  /** Versions 3, null in all, ignorable, default null. */
  rackId: string | null;
}

/** With the default in every field. */
export function defaultConsumerProtocolSubscription(): ConsumerProtocolSubscription {
  return {
    topics: [],
    userData: null,
    ownedPartitions: [],
    generationId: -1,
    rackId: null,
  };
}

export function readConsumerProtocolSubscription(r: ByteReader, version: number): ConsumerProtocolSubscription {
  const topics: string[] = [];
  const topicsCount = r.arrayLength(2);
  for (let i = 0; i < topicsCount; i++) topics.push(r.string());
  const userData: Buffer | null = r.nullableBytes();
  const ownedPartitions: ConsumerProtocolSubscriptionTopicPartitions[] = [];
  if (version >= 1) {
    const ownedPartitionsCount = r.arrayLength(6);
    for (let i = 0; i < ownedPartitionsCount; i++) ownedPartitions.push(readConsumerProtocolSubscriptionTopicPartitions(r, version));
  }
  const generationId: number = version >= 2 ? r.int32() : -1;
  const rackId: string | null = version >= 3 ? r.nullableString() : null;
  return { topics, userData, ownedPartitions, generationId, rackId };
}

export function writeConsumerProtocolSubscription(w: ByteWriter, m: ConsumerProtocolSubscription, version: number): void {
  w.arrayLength(m.topics.length);
  for (const item of m.topics) w.string(item);
  w.nullableBytes(m.userData);
  if (version >= 1) {
    w.arrayLength(m.ownedPartitions.length);
    for (const item of m.ownedPartitions) writeConsumerProtocolSubscriptionTopicPartitions(w, item, version);
  }
  if (version >= 2) {
    w.int32(m.generationId);
  }
  if (version >= 3) {
    w.nullableString(m.rackId);
  }
}

export interface ConsumerProtocolAssignmentTopicPartitions {
  topic: string;
  partitions: number[];
}

/** With the default in every field. */
export function defaultConsumerProtocolAssignmentTopicPartitions(): ConsumerProtocolAssignmentTopicPartitions {
  return {
    topic: '',
    partitions: [],
  };
}

export function readConsumerProtocolAssignmentTopicPartitions(r: ByteReader, version: number): ConsumerProtocolAssignmentTopicPartitions {
  const topic: string = r.string();
  const partitions: number[] = [];
  const partitionsCount = r.arrayLength(4);
  for (let i = 0; i < partitionsCount; i++) partitions.push(r.int32());
  return { topic, partitions };
}

export function writeConsumerProtocolAssignmentTopicPartitions(w: ByteWriter, m: ConsumerProtocolAssignmentTopicPartitions, version: number): void {
  w.string(m.topic);
  w.arrayLength(m.partitions.length);
  for (const item of m.partitions) w.int32(item);
}

export interface ConsumerProtocolAssignment {
  assignedPartitions: ConsumerProtocolAssignmentTopicPartitions[];
  /** Null in all, default null. */
  userData: Buffer | null;
}

/** With the default in every field. */
export function defaultConsumerProtocolAssignment(): ConsumerProtocolAssignment {
  return {
    assignedPartitions: [],
    userData: null,
  };
}

export function readConsumerProtocolAssignment(r: ByteReader, version: number): ConsumerProtocolAssignment {
  const assignedPartitions: ConsumerProtocolAssignmentTopicPartitions[] = [];
  const assignedPartitionsCount = r.arrayLength(6);
  for (let i = 0; i < assignedPartitionsCount; i++) assignedPartitions.push(readConsumerProtocolAssignmentTopicPartitions(r, version));
  const userData: Buffer | null = r.nullableBytes();
  return { assignedPartitions, userData };
}

export function writeConsumerProtocolAssignment(w: ByteWriter, m: ConsumerProtocolAssignment, version: number): void {
  w.arrayLength(m.assignedPartitions.length);
  for (const item of m.assignedPartitions) writeConsumerProtocolAssignmentTopicPartitions(w, item, version);
  w.nullableBytes(m.userData);
}
