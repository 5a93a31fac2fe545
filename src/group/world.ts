/** What the group coordinator sees beside its own state. It is read at each decision; decisions log what comes of it. */
import type { Uuid } from '../base/uuid.ts';

export interface KnownTopic {
  readonly id: Uuid;
  readonly name: string;
  readonly partitionCount: number;
}

/** What a group of the consumer protocol may have as its own settings (Kafka's GROUP configs). */
export interface ConsumerGroupConfig {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** The same while an assignment is on its way to the members, if it is shorter. */
  readonly rebalanceHeartbeatMs: number;
  /** How long a target assignment stands at least before another is computed. */
  readonly assignmentIntervalMs: number;
}

/** The same of a group of the Streams protocol. */
export interface StreamsGroupConfig {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** How many copies of a stateful task's state are kept beside the active one. */
  readonly standbyReplicas: number;
  /** How long a group without members waits for more after the first. */
  readonly initialRebalanceDelayMs: number;
  /** How long a target assignment stands at least before another is computed. */
  readonly assignmentIntervalMs: number;
}

/** The same of a share group. */
export interface ShareGroupConfig {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** How long a target assignment stands at least before another is computed. */
  readonly assignmentIntervalMs: number;
}

export interface GroupWorld {
  /** Rises with every change of any topic. */
  readonly topicsVersion: number;
  topic(name: string): KnownTopic | undefined;
  topicById(id: Uuid): KnownTopic | undefined;
  /** Sorted; the same array until topics come or go. */
  topicNames(): readonly string[];
  /** Racks in which a partition has replicas; empty: not known. */
  racksOf(topicId: Uuid, partition: number): readonly string[];
  consumerConfig(groupId: string): ConsumerGroupConfig;
  streamsConfig(groupId: string): StreamsGroupConfig;
  shareConfig(groupId: string): ShareGroupConfig;
}
