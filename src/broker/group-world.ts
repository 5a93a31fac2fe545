/** What the group coordinator sees of topics and settings: the metadata's image, as it is at each decision. */
import type { Uuid } from '../base/uuid.ts';
import type { ConsumerGroupConfig, GroupWorld, KnownTopic, StreamsGroupConfig } from '../group/world.ts';
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

  consumerConfig(): ConsumerGroupConfig {
    return this.#image.settings.groups.consumer;
  }

  streamsConfig(): StreamsGroupConfig {
    return this.#image.settings.groups.streams;
  }
}
