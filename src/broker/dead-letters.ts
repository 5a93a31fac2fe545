/**
 * Moves what is dead to the topic of dead letters: read, appended with the headers that say where it came from and why, and done, in one
 * frame. What is dead is durable before, so that a restart goes on with it; one that could not be moved stays and is tried again.
 */
import { BrokerError } from '../base/errors.ts';
import type { FrameAppend } from '../machine/machine.ts';
import type { Logger } from '../platform/ports.ts';
import type { Range } from '../queue/range-list.ts';
import type { Stretch } from '../queue/window.ts';
import { batchLastOffset } from '../record/batch.ts';
import { buildBatch, type RecordInput } from '../record/build.ts';
import type { ReadResult } from '../store/contract.ts';
import type { QueueRuntime, QueueSubscription, QueuesParts } from './queues.ts';
import { eachBatch, messagesOf } from './stored-messages.ts';
import type { Partition } from './topics.ts';

/** What is read of a partition at one time. */
const READ_BYTES_MAX = 256 * 1024;
/** Messages that go into one frame at most. */
const MESSAGES_MAX = 1000;
/** How long a failed attempt rests. */
const RETRY_MS = 5000;

/** What names of headers begin with that are added to dead letters. */
export const DEAD_LETTER_PREFIX = 'dlq-';

interface Parts extends Pick<QueuesParts, 'runner' | 'log' | 'clock' | 'topics' | 'logger' | 'createTopic'> {
  readonly runtime: QueueRuntime;
  readonly logger: Logger;
}

export class DeadLetters {
  readonly #parts: Parts;
  /** Subscriptions that are worked on, or rest after a failure. */
  readonly #busy = new Set<QueueSubscription>();
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A subscription may have something that is dead. */
  look(subscription: QueueSubscription): void {
    if (this.#closed || this.#busy.has(subscription) || deadIn(subscription) === null) return;
    this.#busy.add(subscription);
    this.#parts.clock.afterTurn(() => this.#next(subscription));
  }

  close(): void {
    this.#closed = true;
  }

  #next(subscription: QueueSubscription): void {
    const dead = this.#closed || subscription.isGone ? null : deadIn(subscription);
    if (dead === null) {
      this.#busy.delete(subscription);
      return;
    }
    const name = subscription.state.settings.deadLetterTopic;
    const [partition] = this.#partitionsOf(subscription, dead.partition);
    if (name === null || partition === undefined) return this.#drop(subscription, dead);
    const target = this.#parts.topics.byName(name);
    if (target === undefined) {
      this.#parts.createTopic(name).then(
        (error) => (error === null ? this.#next(subscription) : this.#rest(subscription, error)),
        (error: unknown) => this.#parts.clock.afterTurn(() => throwIt(error)),
      );
      return;
    }
    const to = this.#parts.topics.partition(target, partition.index % target.partitionCount)!;
    this.#move(subscription, { dead, partition, to });
  }

  #partitionsOf(subscription: QueueSubscription, index: number): readonly Partition[] {
    const partitions = this.#parts.runtime.partitionsOf(subscription, [index]);
    return partitions instanceof BrokerError ? [] : partitions;
  }

  #move(
    subscription: QueueSubscription,
    { dead, partition, to }: { readonly dead: Dead; readonly partition: Partition; readonly to: Partition },
  ): void {
    const { stream } = partition;
    const { first, last } = dead.stretch;
    // Retention was faster.
    if (last < stream.startOffset) return this.#drop(subscription, dead);
    const offset = Math.max(first, stream.startOffset);
    const request = { stream, offset, bytesMax: READ_BYTES_MAX, endOffset: last + 1 };
    const read = (error: BrokerError | null, result: ReadResult | null): void => {
      if (error !== null) return this.#rest(subscription, error);
      try {
        this.#bury(subscription, { dead, partition, to }, result!);
      } finally {
        this.#parts.log.blocks.releaseAll(result!.batches);
      }
    };
    const cached = this.#parts.log.readCached(request);
    if (cached !== null) read(null, cached);
    else this.#parts.log.read(request, read);
  }

  #bury(
    subscription: QueueSubscription,
    { dead, partition, to }: { readonly dead: Dead; readonly partition: Partition; readonly to: Partition },
    { batches }: ReadResult,
  ): void {
    const { state, name } = subscription;
    const nowMs = this.#parts.clock.nowMs();
    const { first, last, deliveries, reason } = dead.stretch;
    const records: RecordInput[] = [];
    const { section } = this.#parts.runtime.rulesOf(subscription, null);
    let readTo = first - 1;
    for (const batch of eachBatch(batches)) {
      if (records.length >= MESSAGES_MAX) break;
      const from = Math.max(first, readTo + 1);
      readTo = Math.min(last, batchLastOffset(batch), from + MESSAGES_MAX - records.length - 1);
      for (const message of messagesOf(batch, { first: from, last: readTo }, section)) {
        const text = (key: string, value: string | number) => ({ key, value: Buffer.from(String(value)) });
        records.push({
          key: message.key,
          value: message.value,
          headers: [
            ...message.headers.filter(({ key }) => !key.startsWith(DEAD_LETTER_PREFIX)),
            text('dlq-topic', partition.topic.name),
            text('dlq-partition', partition.index),
            text('dlq-offset', message.offset),
            text('dlq-subscription', name),
            text('dlq-reason', reason!),
            text('dlq-deliveries', deliveries),
            text('dlq-first-at-ms', message.timestampMs),
            text('dlq-at-ms', nowMs),
          ],
        });
      }
    }
    const ranges: Range[] = [{ first, last: batches.length === 0 ? last : Math.max(readTo, first) }];
    const append = (): FrameAppend => {
      const batch = buildBatch(records, { timestampMs: nowMs });
      return { kind: 'append', topicId: to.topic.id, partition: to.index, batch };
    };
    const companions = records.length === 0 ? [] : [append()];
    this.#parts.runner.submit(
      { kind: 'move', id: state.id, partition: partition.index, ranges, companions, lease: null },
      (answer) => {
        if (answer instanceof BrokerError) this.#rest(subscription, answer);
        else this.#next(subscription);
      },
    );
  }

  /** There is nothing to move, or nowhere to move it. */
  #drop(subscription: QueueSubscription, { partition, stretch }: Dead): void {
    const { first, last } = stretch;
    const ranges = [{ first, last }];
    this.#parts.runner.submit(
      { kind: 'move', id: subscription.id, partition, ranges, companions: [], lease: null },
      (answer) => {
        if (answer instanceof BrokerError) this.#rest(subscription, answer);
        else this.#next(subscription);
      },
    );
  }

  #rest(subscription: QueueSubscription, error: BrokerError): void {
    if (this.#closed || subscription.isGone) return;
    const { name } = subscription;
    this.#parts.logger.warn(
      { subscription: name, error: error.message },
      'dead letters wait: they could not be moved',
    );
    this.#parts.clock.setTimer(RETRY_MS, () => this.#next(subscription));
  }
}

interface Dead {
  readonly partition: number;
  readonly stretch: Readonly<Stretch>;
}

/** The first that is dead. */
function deadIn({ state }: QueueSubscription): Dead | null {
  for (const window of state.windows.values()) {
    if (window.count('dead') === 0) continue;
    for (const stretch of window.stretches()) {
      if (stretch.state === 'dead') return { partition: window.partition, stretch };
    }
  }
  return null;
}

function throwIt(error: unknown): never {
  throw error;
}
