/**
 * Puts dead letters back: each is appended to where it came from, or elsewhere, in the frame that makes it done for the subscription
 * `redrive` of its topic. So a run that ends in the middle, or with the broker, leaves none behind twice, and another goes on.
 *
 * A letter comes back without the headers that say why it died. Back where it came from it keeps the one that says whose it is: only
 * that subscription gets it (queue/redriven.ts). Where it is sent elsewhere all subscriptions of that topic get it.
 */
import { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import type { Filter } from '../filter/filter.ts';
import type { FrameAppend } from '../machine/machine.ts';
import type { Clock, Compression } from '../platform/ports.ts';
import { eachBatch } from '../record/batch.ts';
import { buildBatch, type RecordInput } from '../record/build.ts';
import { RECORDS_BYTES_MAX } from '../record/section.ts';
import { WELL_KNOWN_HEADERS } from '../record/well-known-headers.ts';
import { DEAD_LETTER_PREFIX } from './dead-letters.ts';
import type { Acquired, QueueSubscription, Queues } from './queues.ts';
import { messagesOf, type StoredMessage } from './stored-messages.ts';
import type { Partition, TopicTable } from './topics.ts';

export const REDRIVE_SUBSCRIPTION = 'redrive';

/** Messages of one frame at most. */
const MESSAGES_MAX = 500;
const BYTES_MAX = 1024 * 1024;
/** Longer than any run: what stays is not looked at twice. */
const LOCK_MS = 30 * 24 * 3_600_000;

export interface RedriveRequest {
  /** Of the dead letters. */
  readonly topicId: Uuid;
  /** Only those that match; others stay. Null: all. */
  readonly wanted: Filter | null;
  /** A topic for all of them and all that read it; null: each goes back to where it came from, for the subscription that buried it. */
  readonly to: string | null;
  /** Messages at most; 0: all that are there now. */
  readonly messagesMax: number;
  /** Messages a second at most; 0: as fast as can be. */
  readonly perSecond: number;
  /** Whether who asked may write to a topic; where letters come from is said by their headers, which anybody may have written. */
  readonly mayWrite?: (topic: string) => boolean;
}

export interface RedriveResult {
  readonly moved: number;
  /** Letters whose topic or subscription isn't there any more: they stay. */
  readonly stayed: number;
}

interface Parts {
  readonly queues: Queues;
  readonly topics: TopicTable;
  readonly clock: Clock;
  readonly compression: Compression;
  /** Unique among consumers. */
  readonly consumer: string;
}

/** One run. */
export class Redrive {
  readonly #parts: Parts;
  readonly #request: RedriveRequest;
  readonly #done: (result: RedriveResult | BrokerError) => void;
  #moved = 0;
  /** Messages that may still be taken. */
  #left = 0;
  /** Ends of the partitions that have some, when it began: those that came meanwhile wait for another run. */
  readonly #ends = new Map<number, number>();
  #stayed = 0;
  #cancelled = false;

  constructor(parts: Parts, request: RedriveRequest, done: (result: RedriveResult | BrokerError) => void) {
    this.#parts = parts;
    this.#request = request;
    this.#done = done;
  }

  /** So far. */
  get result(): RedriveResult {
    return { moved: this.#moved, stayed: this.#stayed };
  }

  get isCancelled(): boolean {
    return this.#cancelled;
  }

  start(): void {
    const { topicId, messagesMax } = this.#request;
    this.#parts.queues.subscribe(
      { topicId, name: REDRIVE_SUBSCRIPTION, startFrom: 'earliest' },
      (subscription) => {
        if (subscription instanceof BrokerError) return this.#end(subscription);
        const { topics } = this.#parts;
        const topic = topics.byId(topicId);
        for (let index = 0; index < (topic?.partitionCount ?? 0); index++)
          this.#ends.set(index, topics.partition(topic!, index)!.stream.highWatermark);
        this.#left = messagesMax === 0 ? Number.POSITIVE_INFINITY : messagesMax;
        this.#next(subscription);
      },
    );
  }

  /** Ends the run after what is under way. */
  cancel(): void {
    this.#cancelled = true;
  }

  #next(subscription: QueueSubscription): void {
    const { perSecond, wanted } = this.#request;
    const left = this.#left;
    if (left <= 0 || this.#ends.size === 0 || this.#cancelled) return this.#end(null);
    this.#parts.queues.acquire({
      subscription,
      consumer: this.#parts.consumer,
      partitions: [...this.#ends.keys()],
      messagesMax: Math.min(left, MESSAGES_MAX, perSecond === 0 ? MESSAGES_MAX : perSecond),
      bytesMax: BYTES_MAX,
      waitMs: 0,
      lockMs: LOCK_MS,
      wanted,
      done: (acquired) => {
        if (acquired instanceof BrokerError) return this.#end(acquired);
        if (acquired.length === 0) return this.#end(null);
        this.#moveAll(subscription, acquired);
      },
    });
  }

  #moveAll(subscription: QueueSubscription, acquired: readonly Acquired[]): void {
    let open = acquired.length;
    let count = 0;
    let failure: BrokerError | null = null;
    for (const one of acquired) {
      count += this.#move(subscription, one, (error) => {
        failure ??= error;
        if (--open > 0) return;
        if (failure !== null) return this.#end(failure);
        const { perSecond } = this.#request;
        const restMs = perSecond === 0 ? 0 : (1000 * count) / perSecond;
        this.#parts.clock.setTimer(restMs, () => this.#next(subscription));
      });
    }
  }

  /** Returns how many are on their way. */
  #move(
    subscription: QueueSubscription,
    { partition, lease, batches, ranges }: Acquired,
    done: (error: BrokerError | null) => void,
  ): number {
    const { queues, compression } = this.#parts;
    const options = { compression, bytesMax: RECORDS_BYTES_MAX };
    const end = this.#ends.get(partition)!;
    const isBack = this.#request.to === null;
    const byTarget = new Map<Partition, RecordInput[]>();
    const moved: { first: number; last: number }[] = [];
    for (const batch of eachBatch(batches)) {
      for (const range of ranges) {
        for (const message of messagesOf(batch, range, options)) {
          if (message.offset >= end) {
            this.#ends.delete(partition);
            continue;
          }
          this.#left--;
          const target = this.#targetOf(message);
          if (target === null) {
            this.#stayed++;
            continue;
          }
          let records = byTarget.get(target);
          if (records === undefined) byTarget.set(target, (records = []));
          records.push(revived(message, isBack));
          moved.push({ first: message.offset, last: message.offset });
        }
      }
    }
    const timestampMs = this.#parts.clock.nowMs();
    const companions = [...byTarget].map(([{ topic, index }, records]): FrameAppend => {
      return {
        kind: 'append',
        topicId: topic.id,
        partition: index,
        batch: buildBatch(records, { timestampMs, redriven: isBack }),
      };
    });
    queues.releaseBlocks(batches);
    if (moved.length === 0) {
      done(null);
      return 0;
    }
    queues.move({ subscription, partition, lease, ranges: moved, companions }, (error) => {
      if (error === null) this.#moved += moved.length;
      done(error);
    });
    return moved.length;
  }

  /** Null: its topic or its subscription is gone or isn't said, or the topic may not be written to. */
  #targetOf({ headers, key }: StoredMessage): Partition | null {
    const { topics, queues } = this.#parts;
    const { to, mayWrite } = this.#request;
    const text = (name: string): string | undefined =>
      headers.findLast((header) => header.key === name)?.value?.toString();
    const topic = topics.byName(to ?? text(WELL_KNOWN_HEADERS.dlqTopic) ?? '');
    if (topic === undefined || mayWrite?.(topic.name) === false) return null;
    const owner = text(WELL_KNOWN_HEADERS.dlqSubscription) ?? '';
    if (to === null && queues.find(topic.id, owner) === undefined) return null;
    const index = Number(text(WELL_KNOWN_HEADERS.dlqPartition) ?? key?.length ?? 0);
    const partition = topics.partition(topic, Number.isInteger(index) ? index % topic.partitionCount : 0);
    return partition === undefined || partition.view !== null ? null : partition;
  }

  #end(error: BrokerError | null): void {
    // What was acquired and stays is available to the next run.
    this.#parts.queues.disconnect(this.#parts.consumer);
    this.#done(error ?? this.result);
  }
}

/** The message as it was before it died; `isBack`: with the header that says whose it is. */
function revived({ key, value, headers }: StoredMessage, isBack: boolean): RecordInput {
  const { dlqSubscription } = WELL_KNOWN_HEADERS;
  const kept = headers.filter(
    (header) => !header.key.startsWith(DEAD_LETTER_PREFIX) || (isBack && header.key === dlqSubscription),
  );
  return { key, value, headers: kept };
}
