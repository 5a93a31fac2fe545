/** Topics that a test makes, and the settings that a group has. */
import type { Uuid } from '../../../src/base/uuid.ts';
import type {
  ConsumerGroupConfig,
  GroupWorld,
  KnownTopic,
  ShareGroupConfig,
  StreamsGroupConfig,
} from '../../../src/group/world.ts';

export class TestWorld implements GroupWorld {
  readonly #topics = new Map<string, KnownTopic>();
  #names: readonly string[] = [];
  readonly config: { -readonly [K in keyof ConsumerGroupConfig]: ConsumerGroupConfig[K] } = {
    sessionTimeoutMs: 45_000,
    heartbeatIntervalMs: 5000,
    rebalanceHeartbeatMs: 1000,
    assignmentIntervalMs: 0,
  };
  readonly streams: { -readonly [K in keyof StreamsGroupConfig]: StreamsGroupConfig[K] } = {
    sessionTimeoutMs: 45_000,
    heartbeatIntervalMs: 5000,
    standbyReplicas: 0,
    initialRebalanceDelayMs: 0,
    assignmentIntervalMs: 0,
  };
  readonly share: { -readonly [K in keyof ShareGroupConfig]: ShareGroupConfig[K] } = {
    sessionTimeoutMs: 45_000,
    heartbeatIntervalMs: 5000,
    assignmentIntervalMs: 0,
  };
  topicsVersion = 0;
  racks: (topicId: Uuid, partition: number) => readonly string[] = () => [];

  put(topic: KnownTopic): void {
    this.topicsVersion++;
    this.#topics.set(topic.name, topic);
    this.#names = [...this.#topics.keys()].sort();
  }

  remove(name: string): void {
    this.topicsVersion++;
    this.#topics.delete(name);
    this.#names = [...this.#topics.keys()].sort();
  }

  topic(name: string): KnownTopic | undefined {
    return this.#topics.get(name);
  }

  topicById(id: Uuid): KnownTopic | undefined {
    for (const topic of this.#topics.values()) if (topic.id === id) return topic;
    return undefined;
  }

  topicNames(): readonly string[] {
    return this.#names;
  }

  racksOf(topicId: Uuid, partition: number): readonly string[] {
    return this.racks(topicId, partition);
  }

  consumerConfig(): ConsumerGroupConfig {
    return this.config;
  }

  streamsConfig(): StreamsGroupConfig {
    return this.streams;
  }

  shareConfig(): ShareGroupConfig {
    return this.share;
  }
}
