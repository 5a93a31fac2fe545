/**
 * The broker's view of topics: from a name or an id to partitions with their stream and producer state, one map look-up
 * away. Entries follow the metadata image; partitions are made on first use.
 */
import type { Uuid } from '../base/uuid.ts';
import type { MetadataImage, Topic } from '../metadata/image.ts';
import type { ChunkLog, Stream } from '../store/contract.ts';
import type { PartitionProducers, ProducerStates } from '../transaction/producer-state.ts';

/** What protocols check a name with before they ask for a topic. */
export { isTopicName } from '../metadata/topic-names.ts';

/** One partition of a live topic. */
export interface Partition {
  readonly topic: Topic;
  readonly index: number;
  readonly stream: Stream;
  /** What its idempotent producers wrote last. */
  readonly producers: PartitionProducers;
}

export class TopicTable {
  readonly #log: ChunkLog;
  readonly #image: MetadataImage;
  readonly #producers: ProducerStates;
  readonly #partitions = new Map<Uuid, (Partition | undefined)[]>();

  constructor(parts: { log: ChunkLog; image: MetadataImage; producers: ProducerStates }) {
    this.#log = parts.log;
    this.#image = parts.image;
    this.#producers = parts.producers;
  }

  byName(name: string): Topic | undefined {
    return this.#image.topicByName(name);
  }

  byId(id: Uuid): Topic | undefined {
    return this.#image.topicById(id);
  }

  /** Undefined when the topic has no such partition. */
  partition(topic: Topic, index: number): Partition | undefined {
    if (index < 0 || index >= topic.partitionCount) return undefined;
    let partitions = this.#partitions.get(topic.id);
    if (partitions === undefined) {
      partitions = [];
      this.#partitions.set(topic.id, partitions);
    }
    const known = partitions[index];
    if (known !== undefined) return known;
    const partition: Partition = {
      topic,
      index,
      stream: this.#log.stream(topic.id, index),
      producers: this.#producers.partition(topic.id, index),
    };
    partitions[index] = partition;
    return partition;
  }

  /**
   * Bytes on disk of these topics' partitions, by topic and index. A partition that nothing was ever asked of is left
   * out, and isn't made for the question: there may be a hundred thousand of them.
   */
  storedBytes(ids: ReadonlySet<Uuid>): ReadonlyMap<Uuid, ReadonlyMap<number, number>> {
    const sizes = new Map<Uuid, Map<number, number>>();
    for (const { topicId, partition, sizeBytes } of this.#log.streams()) {
      if (!ids.has(topicId)) continue;
      let topic = sizes.get(topicId);
      if (topic === undefined) sizes.set(topicId, (topic = new Map()));
      topic.set(partition, sizeBytes);
    }
    return sizes;
  }

  forget(id: Uuid): void {
    this.#partitions.delete(id);
  }
}
