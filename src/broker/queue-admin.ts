/**
 * What operators ask of subscriptions: what stands where and why (queue-engine rule 11), a look at messages that touches nothing, and
 * the ways to set one right.
 */
import { BrokerError } from '../base/errors.ts';
import type { Clock, Compression } from '../platform/ports.ts';
import type { StretchState, Window } from '../queue/window.ts';
import { RECORDS_BYTES_MAX } from '../record/section.ts';
import type { ChunkLog, ReadResult } from '../store/contract.ts';
import type { QueueSubscription, Queues } from './queues.ts';
import { Redrive, type RedriveRequest, type RedriveResult } from './redrive.ts';
import { eachBatch, messagesOf, type StoredMessage } from './stored-messages.ts';
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

export interface SubscriptionDescription {
  readonly windows: readonly WindowDescription[];
  readonly consumers: readonly ConsumerDescription[];
  /** Consumers that wait for messages. */
  readonly waitingConsumers: number;
}

/** Where a message is, and what it waits for. */
export interface Explanation {
  readonly state: StretchState | 'done' | 'new' | 'deleted' | 'not-written';
  /** How often it was handed out. */
  readonly deliveries: number;
  /** Who has it; null: nobody. */
  readonly consumer: string | null;
  /** Since when; ms since 1970, −1: nobody has it. */
  readonly sinceMs: number;
  /** When it is handed out again where nothing is heard, ms since 1970; −1: nothing ends its state by itself. */
  readonly untilMs: number;
  /** In the same partition, the message of the same key that it stands behind; −1: none. */
  readonly behindOffset: number;
  /** Sentences that say why it is not with a consumer. */
  readonly because: readonly string[];
}

/** Messages at a time that a peek answers at most. */
export const PEEK_MESSAGES_MAX = 1000;
const PEEK_BYTES_MAX = 1024 * 1024;

export interface PeekedMessage extends StoredMessage {
  readonly state: Explanation['state'];
  readonly deliveries: number;
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
        return { consumer, acquired, sinceMs };
      }),
      waitingConsumers: this.#queues.waitingConsumers(subscription),
    };
  }

  /** Why a message is where it is. Refuses with invalid-partitions. */
  explain(subscription: QueueSubscription, index: number, offset: number): Explanation | BrokerError {
    const partition = this.#partitions(subscription).find((each) => each.index === index);
    if (partition === undefined) return noPartition(index);
    const { stream, producers } = partition;
    const window = subscription.state.windows.get(index);
    const stretch = window?.at(offset);
    const state = stateOf(window, partition, offset);
    const because =
      state === 'new' || state === 'available'
        ? this.#whyAvailable(subscription, { window, offset, isFresh: state === 'new' })
        : [SENTENCES[state]];
    const stable = producers.lastStableOffset(stream.highWatermark);
    if (state === 'new' && offset >= stable) {
      because.unshift(
        `It stands behind offset ${stable}, where a transaction is open: it is seen when that has ended.`,
      );
    }
    const lease = stretch?.lease ?? null;
    const head = stretch?.state === 'blocked' ? window!.headOf(stretch.key) : -1;
    if (head >= 0)
      because.push(`Offset ${head} has the same key, and isn't done yet: see what that waits for.`);
    return {
      state,
      deliveries: stretch?.deliveries ?? 0,
      consumer: lease?.consumer ?? null,
      sinceMs: lease?.sinceMs ?? -1,
      untilMs: lease?.untilMs ?? (stretch?.state === 'waiting' ? stretch.untilMs : -1),
      behindOffset: head,
      because,
    };
  }

  /** Messages from an offset on (−1: from where the subscription stands), as they are; nothing changes. */
  peek(
    subscription: QueueSubscription,
    {
      partition: index,
      offset,
      count,
    }: { readonly partition: number; readonly offset: number; readonly count: number },
    done: (messages: PeekedMessage[] | BrokerError) => void,
  ): void {
    const partition = this.#partitions(subscription).find((each) => each.index === index);
    if (partition === undefined) return done(noPartition(index));
    const { stream } = partition;
    const window = subscription.state.windows.get(index);
    const first = Math.max(stream.startOffset, offset >= 0 ? offset : (window?.start ?? 0));
    if (first >= stream.highWatermark) return done([]);
    const left = Math.min(count, PEEK_MESSAGES_MAX);
    const request = { stream, offset: first, bytesMax: PEEK_BYTES_MAX };
    const read = ({ batches }: ReadResult): void => {
      const found: PeekedMessage[] = [];
      const options = { compression: this.#compression, bytesMax: RECORDS_BYTES_MAX };
      for (const batch of eachBatch(batches)) {
        if (found.length >= left) break;
        for (const message of messagesOf(batch, { first, last: stream.highWatermark }, options)) {
          if (found.length >= left) break;
          const state = stateOf(window, partition, message.offset);
          // Their block is used again.
          const [key, value] = [copyOf(message.key), copyOf(message.value)];
          const headers = message.headers.map((header) => ({ key: header.key, value: copyOf(header.value) }));
          const deliveries = window?.at(message.offset)?.deliveries ?? 0;
          found.push({ ...message, key, value, headers, state, deliveries });
        }
      }
      this.#log.blocks.releaseAll(batches);
      done(found);
    };
    const cached = this.#log.readCached(request);
    if (cached !== null) read(cached);
    else this.#log.read(request, (error, result) => (error === null ? read(result!) : done(error)));
  }

  /** Makes all that is there now done. */
  purge(subscription: QueueSubscription, done: (error: BrokerError | null) => void): void {
    const positions = this.#partitions(subscription).map(({ index, stream }) => {
      return { partition: index, offset: stream.highWatermark };
    });
    this.#queues.seek(subscription, positions, done);
  }

  /** Puts dead letters back. Returns what ends the run early, after what is under way. */
  redrive(request: RedriveRequest, done: (result: RedriveResult | BrokerError) => void): { cancel(): void } {
    const redrive = new Redrive(
      { ...this.#parts, consumer: `redrive-${this.#parts.randomId()}` },
      request,
      done,
    );
    redrive.start();
    return redrive;
  }

  #partitions({ topicId }: QueueSubscription): Partition[] {
    const topic = this.#topics.byId(topicId);
    if (topic === undefined) return [];
    return [...Array(topic.partitionCount).keys()].map((index) => this.#topics.partition(topic, index)!);
  }

  #whyAvailable(
    subscription: QueueSubscription,
    {
      window,
      offset,
      isFresh,
    }: { readonly window: Window | undefined; readonly offset: number; readonly isFresh: boolean },
  ): string[] {
    const { settings, activeConsumer } = subscription.state;
    const because: string[] = [];
    if (settings.paused) because.push('The subscription is paused: resume it.');
    if ((window?.count('acquired') ?? 0) >= settings.inFlightMax) {
      because.push(
        `Consumers have ${settings.inFlightMax} messages of the partition, as many as may be (inFlightMax): they acknowledge none.`,
      );
    }
    if (isFresh && (window?.stretchCount ?? 0) >= settings.stretchesMax) {
      because.push(
        `The partition has ${settings.stretchesMax} ranges of messages that aren't done, as many as are kept (stretchesMax): ` +
          `acknowledge, or purge, those that are stuck.`,
      );
    }
    if (activeConsumer !== null) {
      because.push(`The subscription is exclusive: consumer '${activeConsumer}' gets all of its messages.`);
    }
    if (this.#queues.waitingConsumers(subscription) === 0)
      because.push('No consumer waits for messages now.');
    if (settings.filter !== null) {
      because.push(
        `Where it doesn't match the filter of the subscription (${settings.filter.expression}) nobody gets it.`,
      );
    }
    const ahead = (window?.count('available') ?? 0) + (isFresh ? offset - (window?.next ?? 0) : 0);
    if (ahead > 1) because.push(`Up to ${ahead} messages of the partition stand before it.`);
    if (because.length === 0)
      because.push('The next consumer that asks gets it, unless its own filter leaves it for others.');
    return because;
  }
}

const SENTENCES: Readonly<Record<Exclude<Explanation['state'], 'new' | 'available'>, string>> = {
  done: 'It is done: acknowledged, dropped, moved to the dead letters, or nobody was to get it.',
  deleted: 'It was removed: retention or a deletion has moved the start of the partition behind it.',
  'not-written': 'There is no message at this offset yet.',
  acquired: 'A consumer has it, and has not said yet what became of it.',
  waiting: 'It was delivered, and is to be delivered again when its time has come.',
  blocked: 'It has to wait for another message with the same key.',
  dead: 'It is on its way to the dead letters: see the log of the broker where it stays.',
};

const copyOf = (bytes: Buffer | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes));

const noPartition = (index: number): BrokerError =>
  new BrokerError('invalid-partitions', `The topic of the subscription has no partition ${index}.`);

function stateOf(window: Window | undefined, { stream }: Partition, offset: number): Explanation['state'] {
  if (offset < stream.startOffset) return 'deleted';
  if (offset >= stream.highWatermark) return 'not-written';
  if (offset >= (window?.next ?? 0)) return 'new';
  return window!.at(offset)?.state ?? 'done';
}

function describeWindow({ state }: QueueSubscription, { index, stream }: Partition): WindowDescription {
  const { settings } = state;
  const window = state.windows.get(index);
  const next = Math.max(window?.next ?? 0, stream.startOffset);
  const count = (of: StretchState): number => window?.count(of) ?? 0;
  return {
    partition: index,
    start: Math.max(window?.start ?? 0, stream.startOffset),
    next,
    end: stream.highWatermark,
    available: count('available') + stream.highWatermark - next,
    acquired: count('acquired'),
    waiting: count('waiting'),
    blocked: count('blocked'),
    dead: count('dead'),
    stretches: window?.stretchCount ?? 0,
    isStopped:
      count('acquired') >= settings.inFlightMax || (window?.stretchCount ?? 0) >= settings.stretchesMax,
  };
}
