/**
 * What operators ask of subscriptions: what stands where and why (queue-engine rule 11), a look at messages that touches nothing, and
 * the ways to set one right.
 */
import { MalformedError } from '../base/byte-reader.ts';
import { BrokerError } from '../base/errors.ts';
import type { Clock, Compression } from '../platform/ports.ts';
import { type ChannelAudience, unaskedIn } from '../queue/channels.ts';
import { availableIn, type StretchState } from '../queue/window.ts';
import { batchLastOffset, eachBatch } from '../record/batch.ts';
import { RECORDS_BYTES_MAX } from '../record/section.ts';
import type { ChunkLog } from '../store/contract.ts';
import { type Explanation, explain } from './queue-explain.ts';
import type { QueueSubscription, Queues, StartFrom } from './queues.ts';
import { Redrive, type RedriveRequest, type RedriveResult } from './redrive.ts';
import { messagesOf, readOnce, type StoredMessage } from './stored-messages.ts';
import type { Partition, TopicTable } from './topics.ts';

/** One partition as a subscription knows it. */
export interface WindowDescription {
  readonly partition: number;
  /** All before is done. */
  readonly start: number;
  /** Nothing from here on was handed out. */
  readonly next: number;
  /** The high watermark of the partition. */
  readonly end: number;
  readonly available: number;
  readonly acquired: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly dead: number;
  /** Ranges that are kept; at the bound of the subscription no new message is handed out. */
  readonly stretches: number;
  /** No new message is handed out: consumers have as many as may be, or as many ranges are kept. */
  readonly isStopped: boolean;
}

export interface ConsumerDescription {
  readonly consumer: string;
  readonly acquired: number;
  /** When the oldest of its deliveries was given, ms since 1970. */
  readonly sinceMs: number;
}

/** What consumers ask for, of a subscription by channels. */
export interface ChannelsDescription {
  /** Consumers that ask for channels. */
  readonly consumers: number;
  /** Channels that at least one has asked for. */
  readonly asked: number;
  /** Channels with messages that aren't done, as far as they were met; one that is in two partitions counts twice. */
  readonly waiting: number;
  /** Messages among these that nobody asks for. */
  readonly unaskedMessages: number;
}

export interface SubscriptionDescription {
  readonly windows: readonly WindowDescription[];
  readonly consumers: readonly ConsumerDescription[];
  /** Consumers that wait for messages. */
  readonly waitingConsumers: number;
  /** Null: it isn't read by channels. */
  readonly channels: ChannelsDescription | null;
}

/** Messages at a time that a peek answers at most. */
export const PEEK_MESSAGES_MAX = 1000;
const PEEK_BYTES_MAX = 1024 * 1024;

/** Where a subscription stands in a partition, or is to begin. */
export interface QueuePosition {
  readonly partition: number;
  readonly offset: number;
}

interface QueueAdminParts {
  readonly queues: Queues;
  readonly log: ChunkLog;
  readonly clock: Clock;
  readonly topics: TopicTable;
  readonly compression: Compression;
  /** A text that was never given before. */
  readonly randomId: () => string;
}

export class QueueAdmin {
  readonly #parts: QueueAdminParts;
  readonly #queues: Queues;
  readonly #log: ChunkLog;
  readonly #topics: TopicTable;
  readonly #compression: Compression;

  constructor(parts: QueueAdminParts) {
    this.#parts = parts;
    this.#queues = parts.queues;
    this.#log = parts.log;
    this.#topics = parts.topics;
    this.#compression = parts.compression;
  }

  describe(subscription: QueueSubscription): SubscriptionDescription {
    const { consumers } = subscription.state;
    return {
      windows: this.#partitions(subscription).map((partition) => describeWindow(subscription, partition)),
      consumers: [...consumers].map(([consumer, leases]): ConsumerDescription => {
        let acquired = 0;
        let sinceMs = Number.POSITIVE_INFINITY;
        for (const lease of leases) {
          acquired += lease.open;
          sinceMs = Math.min(sinceMs, lease.sinceMs);
        }
        return { consumer, acquired, sinceMs: this.#queues.wallMs(sinceMs) };
      }),
      waitingConsumers: this.#queues.waitingConsumers(subscription),
      channels: this.#channels(subscription),
    };
  }

  #channels(subscription: QueueSubscription): ChannelsDescription | null {
    const { settings, windows } = subscription.state;
    if (settings.order !== 'channels') return null;
    const audience = this.#queues.audienceOf(subscription) ?? NO_AUDIENCE;
    let [waiting, unaskedMessages] = [0, 0];
    for (const window of windows.values()) {
      waiting += window.lineKeys.size;
      unaskedMessages += unaskedIn(window, audience);
    }
    return { consumers: audience.consumers, asked: audience.keys.size, waiting, unaskedMessages };
  }

  /** Why a message is where it is. Refuses with invalid-partitions. */
  async explain(
    subscription: QueueSubscription,
    index: number,
    offset: number,
  ): Promise<Explanation | BrokerError> {
    const partition = this.#partition(subscription, index);
    if (partition === undefined) return noPartition(index);
    return explain(this.#parts, { subscription, partition, offset });
  }

  /** Messages of a partition from an offset on; fewer than `count` where they are large, none at its end. */
  async look(
    { stream }: Partition,
    { offset, count }: { readonly offset: number; readonly count: number },
  ): Promise<StoredMessage[] | BrokerError> {
    const found: StoredMessage[] = [];
    const left = Math.min(count, PEEK_MESSAGES_MAX);
    let next = Math.max(stream.startOffset, offset);
    // Batches without a message (the ends of transactions) are passed over.
    while (found.length === 0 && next < stream.highWatermark) {
      const bytesMax = left === 1 ? 1 : PEEK_BYTES_MAX;
      const read = await readOnce(this.#log, { stream, offset: next, bytesMax });
      if (read instanceof BrokerError) return read;
      const range = { first: next, last: stream.highWatermark };
      const options = { compression: this.#compression, bytesMax: RECORDS_BYTES_MAX };
      try {
        for (const batch of eachBatch(read.batches)) {
          if (found.length >= left) break;
          const messages = messagesOf(batch, range, options).slice(0, left - found.length);
          // Their block is used again.
          found.push(...messages.map(copied));
          next = batchLastOffset(batch) + 1;
        }
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error;
        return new BrokerError(
          'corrupt-batch',
          `The batch at offset ${next} can not be opened: ${error.message}`,
        );
      } finally {
        this.#log.blocks.releaseAll(read.batches);
      }
      if (read.batches.length === 0) break;
    }
    return found;
  }

  /** The oldest message that isn't done; null: there is none. */
  async oldest(subscription: QueueSubscription, index: number): Promise<StoredMessage | null | BrokerError> {
    const window = subscription.state.windows.get(index);
    const partition = this.#partition(subscription, index);
    if (partition === undefined) return noPartition(index);
    const found = await this.look(partition, { offset: window?.start ?? 0, count: 1 });
    return found instanceof BrokerError ? found : (found[0] ?? null);
  }

  /** What `seek` is given. Offsets outside of what a partition holds become its nearest end. Refuses with invalid-partitions. */
  async positions(
    subscription: QueueSubscription,
    {
      partitions: indexes,
      to,
    }: {
      readonly partitions: readonly number[] | null;
      readonly to: StartFrom | { readonly offset: number };
    },
  ): Promise<QueuePosition[] | BrokerError> {
    const all = this.#partitions(subscription);
    const positions: QueuePosition[] = [];
    for (const index of indexes ?? all.keys()) {
      const stream = all[index]?.stream;
      if (stream === undefined) return noPartition(index);
      const { startOffset, highWatermark } = stream;
      let offset = to === 'earliest' ? startOffset : highWatermark;
      if (typeof to === 'object' && 'offset' in to) offset = to.offset;
      else if (typeof to === 'object') {
        const found = await this.#log.offsetForTimestamp(stream, to.timestampMs);
        offset = found?.offset ?? highWatermark;
      }
      const bounded = Math.min(Math.max(offset, startOffset), highWatermark);
      positions.push({ partition: index, offset: bounded });
    }
    return positions;
  }

  /** Puts dead letters back. Returns what ends the run early, after what is under way. */
  redrive(request: RedriveRequest, done: (result: RedriveResult | BrokerError) => void): Redrive {
    const redrive = new Redrive(
      { ...this.#parts, consumer: `redrive-${this.#parts.randomId()}` },
      request,
      done,
    );
    redrive.start();
    return redrive;
  }

  #partition({ topicId }: QueueSubscription, index: number): Partition | undefined {
    const topic = this.#topics.byId(topicId);
    return topic && this.#topics.partition(topic, index);
  }

  #partitions({ topicId }: QueueSubscription): Partition[] {
    const topic = this.#topics.byId(topicId);
    if (topic === undefined) return [];
    return [...Array(topic.partitionCount).keys()].map((index) => this.#topics.partition(topic, index)!);
  }
}

const NO_AUDIENCE: Pick<ChannelAudience, 'consumers' | 'keys'> = {
  consumers: 0,
  keys: new Map<number, unknown>(),
};

const copyOf = (bytes: Buffer | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes));

const copied = ({ key, value, headers, ...rest }: StoredMessage): StoredMessage => ({
  ...rest,
  key: copyOf(key),
  value: copyOf(value),
  headers: headers.map((header) => ({ key: header.key, value: copyOf(header.value) })),
});

const noPartition = (index: number): BrokerError =>
  new BrokerError('invalid-partitions', `The topic of the subscription has no partition ${index}.`);

function describeWindow({ state }: QueueSubscription, { index, stream }: Partition): WindowDescription {
  const { settings } = state;
  const window = state.windows.get(index);
  const count = (of: StretchState): number => window?.count(of) ?? 0;
  return {
    partition: index,
    start: Math.max(window?.start ?? 0, stream.startOffset),
    next: Math.max(window?.next ?? 0, stream.startOffset),
    end: stream.highWatermark,
    available: availableIn(window, stream),
    acquired: count('acquired'),
    waiting: count('waiting'),
    blocked: count('blocked'),
    dead: count('dead'),
    stretches: window?.stretchCount ?? 0,
    isStopped:
      count('acquired') >= settings.inFlightMax || (window?.stretchCount ?? 0) >= settings.stretchesMax,
  };
}
