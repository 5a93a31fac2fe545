/**
 * The records that one ShareFetch answers with: from each topic of its session in turn, until the client's limits are reached; where
 * there is nothing, or less than it asks for at least, it waits for what comes first.
 */
import { BrokerError } from '../../base/errors.ts';
import type { Uuid } from '../../base/uuid.ts';
import type { Acquired, QueueSubscription, Queues } from '../../broker/queues.ts';
import type { Clock, Timer } from '../../platform/ports.ts';

/** One topic's part of a session, as far as it can be read. */
export interface ShareSource {
  readonly subscription: QueueSubscription;
  readonly topicId: Uuid;
  readonly partitions: readonly number[];
}

export interface GatherLimits {
  readonly messagesMax: number;
  readonly bytesMax: number;
  readonly bytesMin: number;
  readonly waitMs: number;
  /** A batch is acquired to its end, whatever the limit of messages. */
  readonly wholeBatches: boolean;
}

/** Records of one partition, in the order of their offsets. */
export interface Gathered {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly batches: Buffer[];
  readonly ranges: Acquired['ranges'][number][];
}

export interface GatherOptions {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly consumer: string;
  readonly limits: GatherLimits;
}

export class ShareGather {
  readonly #options: GatherOptions;
  readonly #done: (gathered: Gathered[]) => void;
  readonly #gathered = new Map<string, Gathered>();
  readonly #deadlineMs: number;
  #sources: readonly ShareSource[] = [];
  #messages: number;
  #bytes: number;
  #gatheredBytes = 0;
  readonly #waits = new Set<{ cancel(): void }>();
  #timer: Timer | null = null;
  #ended = false;

  /** `done` is called once, unless the gathering is cancelled. */
  constructor(options: GatherOptions, done: (gathered: Gathered[]) => void) {
    const { limits, clock } = options;
    this.#options = options;
    this.#done = done;
    this.#messages = limits.messagesMax;
    this.#bytes = limits.bytesMax;
    this.#deadlineMs = clock.monotonicMs() + limits.waitMs;
  }

  /** `sources`: the topics, those first that had to wait the longest. */
  start(sources: readonly ShareSource[]): void {
    if (this.#ended) return;
    this.#sources = sources;
    if (this.#messages <= 0 || this.#bytes <= 0) return this.#end();
    if (sources.length === 1) this.#wait();
    else this.#take(0);
  }

  /** Nobody waits for it any more. What it has is the consumer's, who is gone. */
  cancel(release: (batches: readonly Buffer[]) => void): void {
    if (this.#ended) return;
    this.#stop();
    for (const { batches } of this.#gathered.values()) release(batches);
  }

  /** What is there at once, topic by topic. */
  #take(index: number): void {
    if (this.#ended) return;
    const source = this.#sources[index];
    if (source === undefined) return this.#isEnough() ? this.#end() : this.#wait();
    if (this.#messages <= 0 || this.#bytes <= 0) return this.#end();
    this.#acquire(source, 0, () => this.#take(index + 1));
  }

  /** What comes first, of any topic. */
  #wait(): void {
    const waitMs = Math.max(0, this.#deadlineMs - this.#options.clock.monotonicMs());
    const open = this.#sources.filter((source) => this.#untouched(source).length > 0);
    if (waitMs === 0 && this.#sources.length > 1) return this.#end();
    if (open.length === 0) {
      // The client has nothing to fetch, and would ask again at once.
      if (this.#gathered.size > 0) return this.#end();
      this.#timer = this.#options.clock.setTimer(waitMs, () => this.#end());
      return;
    }
    let left = open.length;
    let found = false;
    for (const source of open) {
      if (found || this.#ended) return;
      this.#acquire(source, waitMs, (got) => {
        left--;
        if (!got) {
          if (left === 0) this.#end();
          return;
        }
        found = true;
        this.#cancelWaits();
        if (this.#isEnough() || waitMs === 0) this.#end();
        else this.#wait();
      });
    }
  }

  #acquire(source: ShareSource, waitMs: number, then: (got: boolean) => void): void {
    const { queues, consumer, limits } = this.#options;
    const partitions = this.#untouched(source);
    let wait: { cancel(): void } | null = null;
    let answered = false;
    const done = (acquired: Acquired[] | BrokerError): void => {
      answered = true;
      if (wait !== null) this.#waits.delete(wait);
      // What was removed meanwhile is made anew by the next fetch.
      if (acquired instanceof BrokerError) return then(false);
      for (const one of acquired) this.#add(source.topicId, one);
      then(acquired.length > 0);
    };
    wait = queues.acquire({
      subscription: source.subscription,
      consumer,
      partitions,
      messagesMax: this.#messages,
      bytesMax: this.#bytes,
      waitMs,
      wholeBatches: limits.wholeBatches,
      spares: 'in-partition',
      wanted: null,
      done,
    });
    if (!answered) this.#waits.add(wait);
  }

  /** A partition is taken from once: what becomes available meanwhile may lie before what was taken. */
  #untouched({ topicId, partitions }: ShareSource): readonly number[] {
    if (this.#gathered.size === 0) return partitions;
    return partitions.filter((partition) => !this.#gathered.has(`${topicId}/${partition}`));
  }

  #add(topicId: Uuid, { partition, batches, ranges }: Acquired): void {
    const key = `${topicId}/${partition}`;
    let gathered = this.#gathered.get(key);
    if (gathered === undefined) {
      gathered = { topicId, partition, batches: [], ranges: [] };
      this.#gathered.set(key, gathered);
    }
    gathered.batches.push(...batches);
    gathered.ranges.push(...ranges);
    for (const { length } of batches) {
      this.#bytes -= length;
      this.#gatheredBytes += length;
    }
    for (const { first, last } of ranges) this.#messages -= last - first + 1;
  }

  #isEnough(): boolean {
    if (this.#gathered.size === 0) return false;
    return this.#gatheredBytes >= this.#options.limits.bytesMin || this.#messages <= 0 || this.#bytes <= 0;
  }

  #cancelWaits(): void {
    for (const wait of this.#waits) wait.cancel();
    this.#waits.clear();
  }

  #stop(): void {
    this.#ended = true;
    this.#timer?.cancel();
    this.#cancelWaits();
  }

  #end(): void {
    if (this.#ended) return;
    this.#stop();
    this.#done([...this.#gathered.values()]);
  }
}
