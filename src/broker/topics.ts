/**
 * The broker's view of topics: from a name or an id to partitions with their stream and producer state, one map look-up
 * away. Entries follow the metadata image; partitions are made on first use.
 */
import { assert } from '../base/assert.ts';
import { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import type { MetadataImage, Topic } from '../metadata/image.ts';
import type { Compression } from '../platform/ports.ts';
import type { ChunkLog, Stream } from '../store/contract.ts';
import type { PartitionProducers, ProducerStates } from '../transaction/producer-state.ts';
import { TopicView } from './views.ts';

/** What protocols check a name with before they ask for a topic. */
export { isTopicName } from '../metadata/topic-names.ts';
/** The setting of a new topic that names the one whose records it shows: who creates it must be allowed to read that. */
export { VIEW_OF } from '../metadata/views.ts';

/** One partition of a live topic. */
export interface Partition {
  readonly topic: Topic;
  readonly index: number;
  readonly stream: Stream;
  /** What its idempotent producers wrote last. */
  readonly producers: PartitionProducers;
  /**
   * Not null: the topic is a view. Stream and producers are those of its origin; what is read goes through the view's
   * filter, and nothing may be written.
   */
  readonly view: TopicView | null;
}

/** Why nothing may be written to a partition of a view; null: the topic is none. */
export function refuseWrite({ topic, view }: Partition): BrokerError | null {
  if (view === null) return null;
  const origin = topic.config.view?.origin ?? '';
  return new BrokerError(
    'invalid-topic',
    `topic '${topic.name}' is a view of '${origin}' and can only be read: write to '${origin}'`,
  );
}

export class TopicTable {
  readonly #log: ChunkLog;
  readonly #image: MetadataImage;
  readonly #producers: ProducerStates;
  readonly #compression: Compression;
  readonly #partitions = new Map<Uuid, (Partition | undefined)[]>();
  /** Those that were asked of. */
  readonly #views = new Map<Uuid, TopicView>();

  constructor(parts: {
    log: ChunkLog;
    image: MetadataImage;
    producers: ProducerStates;
    compression: Compression;
  }) {
    this.#compression = parts.compression;
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
    const { view } = topic.config;
    const partition: Partition =
      view === null
        ? {
            topic,
            index,
            stream: this.#log.stream(topic.id, index),
            producers: this.#producers.partition(topic.id, index),
            view: null,
          }
        : this.#seenThrough(topic, view.origin, index);
    partitions[index] = partition;
    return partition;
  }

  #seenThrough(topic: Topic, originName: string, index: number): Partition {
    let view = this.#views.get(topic.id);
    if (view === undefined) {
      view = new TopicView(topic, { compression: this.#compression, blocks: this.#log.blocks });
      this.#views.set(topic.id, view);
    }
    const origin = this.byName(originName);
    const partition = origin === undefined ? undefined : this.partition(origin, index);
    assert(
      partition !== undefined,
      'the origin of a view is there as long as the view, with as many partitions',
    );
    return { topic, index, stream: partition.stream, producers: partition.producers, view };
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
    const view = this.#views.get(id);
    if (view === undefined) return;
    view.deleted = true;
    this.#views.delete(id);
  }
}
