/** What the group coordinator sees of topics and settings: the metadata's image, as it is at each decision. */
import type { Uuid } from '../base/uuid.ts';
import type {
  ConsumerGroupConfig,
  GroupWorld,
  KnownTopic,
  ShareGroupConfig,
  StreamsGroupConfig,
} from '../group/world.ts';
import type { ConfigValues } from '../metadata/broker-values.ts';
import { groupNumber } from '../metadata/group-settings.ts';
import type { MetadataImage } from '../metadata/image.ts';

export class BrokerGroupWorld implements GroupWorld {
  readonly #image: MetadataImage;

  constructor(image: MetadataImage) {
    this.#image = image;
  }

  get topicsVersion(): number {
    return this.#image.version;
  }

  topic(name: string): KnownTopic | undefined {
    return this.#image.topicByName(name);
  }

  topicById(id: Uuid): KnownTopic | undefined {
    return this.#image.topicById(id);
  }

  topicNames(): readonly string[] {
    return this.#image.topicNames();
  }

  /** All partitions are on the one broker. */
  racksOf(): readonly string[] {
    const { rack } = this.#image.settings;
    return rack === null ? [] : [rack];
  }

  consumerConfig(groupId: string): ConsumerGroupConfig {
    const { consumer } = this.#image.settings.groups;
    const own = this.#image.groupConfigs.get(groupId);
    if (own === undefined) return consumer;
    return {
      sessionTimeoutMs: this.#number('consumer.session.timeout.ms', own),
      heartbeatIntervalMs: this.#number('consumer.heartbeat.interval.ms', own),
      rebalanceHeartbeatMs: consumer.rebalanceHeartbeatMs,
      assignmentIntervalMs: this.#number('consumer.assignment.interval.ms', own),
    };
  }

  streamsConfig(groupId: string): StreamsGroupConfig {
    const { streams } = this.#image.settings.groups;
    const own = this.#image.groupConfigs.get(groupId);
    if (own === undefined) return streams;
    return {
      sessionTimeoutMs: this.#number('streams.session.timeout.ms', own),
      heartbeatIntervalMs: this.#number('streams.heartbeat.interval.ms', own),
      standbyReplicas: this.#number('streams.num.standby.replicas', own),
      initialRebalanceDelayMs: this.#number('streams.initial.rebalance.delay.ms', own),
      assignmentIntervalMs: this.#number('streams.assignment.interval.ms', own),
    };
  }

  shareConfig(groupId: string): ShareGroupConfig {
    const { share } = this.#image.settings.groups;
    const own = this.#image.groupConfigs.get(groupId);
    if (own === undefined) return share;
    return {
      sessionTimeoutMs: this.#number('share.session.timeout.ms', own),
      heartbeatIntervalMs: this.#number('share.heartbeat.interval.ms', own),
      assignmentIntervalMs: this.#number('share.assignment.interval.ms', own),
    };
  }

  #number(name: string, own: ConfigValues): number {
    return groupNumber(name, own, this.#image.brokerValues);
  }
}
