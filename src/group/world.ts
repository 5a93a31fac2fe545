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
  /** How long a target assignment stands at least before another is computed. */
  readonly assignmentIntervalMs: number;
}

export interface GroupWorld {
  topic(name: string): KnownTopic | undefined;
  topicById(id: Uuid): KnownTopic | undefined;
  /** Sorted; the same array until topics come or go. */
  topicNames(): readonly string[];
  /** Racks in which a partition has replicas; empty: not known. */
  racksOf(topicId: Uuid, partition: number): readonly string[];
  consumerConfig(groupId: string): ConsumerGroupConfig;
}
