/**
 * Moves what is dead to the topic of dead letters: read, appended with the headers that say where it came from and why, and done, in one
 * frame. What is dead is durable before, so that a restart goes on with it; one that could not be moved stays and is tried again.
 */
import { MalformedError } from '../base/byte-reader.ts';
import { BrokerError } from '../base/errors.ts';
import type { FrameAppend } from '../machine/machine.ts';
import { throwLater } from '../platform/throw-later.ts';
import type { MoveCommand } from '../queue/commands.ts';
import type { Range } from '../queue/range-list.ts';
import { filterOf } from '../queue/redriven.ts';
import type { Stretch } from '../queue/window.ts';
import { batchBaseOffset, batchLastOffset, batchMaxTimestamp, eachBatch } from '../record/batch.ts';
import { buildBatch, type RecordInput } from '../record/build.ts';
import type { ReadResult } from '../store/contract.ts';
import { abortedIn, isOfAborted, NONE_ABORTED } from './aborted.ts';
import type { QueueRuntime, QueueSubscription, QueuesParts } from './queues.ts';
import { messagesOf, readThen, type StoredMessage } from './stored-messages.ts';
import { type Partition, refuseWrite } from './topics.ts';

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
}

export class DeadLetters {
  readonly #parts: Parts;
  /** Subscriptions that are worked on, or rest after a failure. */
  readonly #busy = new Set<QueueSubscription>();
  /** Of those that rest. `behind`: the partition that failed, after which the others have their turn. */
  readonly #failures = new Map<QueueSubscription, { readonly error: BrokerError; readonly behind: number }>();
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A subscription may have something that is dead. */
  look(subscription: QueueSubscription): void {
    if (this.#closed || this.#busy.has(subscription) || deadIn(subscription, -1) === null) return;
    this.#busy.add(subscription);
    this.#parts.clock.afterTurn(() => this.#next(subscription));
  }

  /** Why the last attempt failed; null: it didn't. */
  failureOf(subscription: QueueSubscription): BrokerError | null {
    return this.#failures.get(subscription)?.error ?? null;
  }

  close(): void {
    this.#closed = true;
  }

  #next(subscription: QueueSubscription): void {
    const behind = this.#failures.get(subscription)?.behind ?? -1;
    const dead = this.#closed || subscription.isGone ? null : deadIn(subscription, behind);
    if (dead === null) {
      this.#busy.delete(subscription);
      this.#failures.delete(subscription);
      return;
    }
    const name = subscription.state.settings.deadLetterTopic;
    const [partition] = this.#partitionsOf(subscription, dead.partition);
    if (name === null || partition === undefined) return this.#drop(subscription, dead);
    const target = this.#parts.topics.byName(name);
    if (target === undefined) {
      this.#parts.createTopic(name).then(
        (error) => (error === null ? this.#next(subscription) : this.#rest(subscription, dead, error)),
        (error: unknown) => throwLater(this.#parts.clock, error),
      );
      return;
    }
    // It stands among the dead letters already: put there again it would come back without end.
    if (target.id === subscription.topicId) return this.#drop(subscription, dead);
    const to = this.#parts.topics.partition(target, partition.index % target.partitionCount)!;
    const refusal = refuseWrite(to);
    if (refusal !== null) return this.#rest(subscription, dead, refusal);
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
    const { first, last } = { first: dead.stretches[0]!.first, last: dead.stretches.at(-1)!.last };
    // Retention was faster.
    if (last < stream.startOffset) return this.#drop(subscription, dead);
    const offset = Math.max(first, stream.startOffset);
    const request = { stream, offset, bytesMax: READ_BYTES_MAX };
    readThen(this.#parts.log, request, (read) => {
      if (read instanceof BrokerError) return this.#rest(subscription, dead, read);
      try {
        this.#bury(subscription, { dead, partition, to }, read);
      } finally {
        this.#parts.log.blocks.releaseAll(read.batches);
      }
    });
  }

  #bury(
    subscription: QueueSubscription,
    { dead, partition, to }: { readonly dead: Dead; readonly partition: Partition; readonly to: Partition },
    read: ReadResult,
  ): void {
    const { batches } = read;
    const { readCommitted } = subscription.state.settings;
    const aborted = readCommitted ? abortedIn(partition, read, dead.stretches[0]!.first) : NONE_ABORTED;
    const nowMs = this.#parts.clock.nowMs();
    const records: RecordInput[] = [];
    // Where nothing was read there is nothing.
    let readTo = batches.length === 0 ? dead.stretches.at(-1)!.last : -1;
    let at = 0;
    for (const batch of eachBatch(batches)) {
      const [base, end] = [batchBaseOffset(batch), batchLastOffset(batch)];
      readTo = end;
      for (; at < dead.stretches.length; at++) {
        const stretch = dead.stretches[at]!;
        if (stretch.first > end) break;
        const first = Math.max(stretch.first, base);
        const last = Math.min(stretch.last, end, first + MESSAGES_MAX - records.length - 1);
        // What nobody has met may be nobody's.
        const isMet = stretch.reason === 'rejected' || stretch.reason === 'delivery_limit';
        const isGone = !isMet && isOfAborted(aborted, batch);
        const messages = isGone ? [] : this.#messagesOf(subscription, batch, { first, last, isMet });
        for (const message of messages) {
          records.push(deadLetter(message, { partition, subscription, stretch, nowMs }));
        }
        if (records.length >= MESSAGES_MAX) readTo = last;
        if (readTo <= stretch.last) break;
      }
      if (records.length >= MESSAGES_MAX) break;
    }
    const ranges = dead.stretches
      .filter(({ first }) => first <= readTo)
      .map(({ first, last }): Range => ({ first, last: Math.min(last, readTo) }));
    const append = (): FrameAppend => {
      const batch = buildBatch(records, { timestampMs: nowMs });
      return { kind: 'append', topicId: to.topic.id, partition: to.index, batch };
    };
    this.#finish(subscription, { ...dead, ranges, companions: records.length === 0 ? [] : [append()] });
  }

  /** Of a batch that can't be opened no more than that there was a message. */
  #messagesOf(
    subscription: QueueSubscription,
    batch: Buffer,
    { first, last, isMet }: Range & { readonly isMet: boolean },
  ): readonly (StoredMessage & { readonly error?: string })[] {
    const rules = this.#parts.runtime.rulesOf(subscription, null);
    try {
      return messagesOf(
        batch,
        { first, last },
        { ...rules.section, wanted: isMet ? null : filterOf(batch, rules) },
      );
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      const timestampMs = batchMaxTimestamp(batch);
      return Array.from({ length: last - first + 1 }, (_, i) => {
        return { offset: first + i, timestampMs, key: null, value: null, headers: [], error: error.message };
      });
    }
  }

  /** There is nothing to move, or nowhere to move it. */
  #drop(subscription: QueueSubscription, dead: Dead): void {
    const ranges = dead.stretches.map(({ first, last }): Range => ({ first, last }));
    this.#finish(subscription, { ...dead, ranges, companions: [] });
  }

  #finish(
    subscription: QueueSubscription,
    move: Pick<MoveCommand, 'partition' | 'ranges' | 'companions'>,
  ): void {
    const { partition, ranges, companions } = move;
    this.#parts.runner.submit(
      { kind: 'move', id: subscription.id, partition, ranges, companions, lease: null },
      (answer) => {
        // Purged, or sought back to, while they were read: what is dead now is looked at.
        const isStale = answer instanceof BrokerError && answer.code === 'invalid-delivery';
        if (answer instanceof BrokerError && !isStale) this.#rest(subscription, move, answer);
        else this.#next(subscription);
      },
    );
  }

  #rest(
    subscription: QueueSubscription,
    { partition }: Pick<MoveCommand, 'partition'>,
    error: BrokerError,
  ): void {
    if (this.#closed || subscription.isGone) return;
    this.#failures.set(subscription, { error, behind: partition });
    const { name } = subscription;
    this.#parts.logger.warn(
      { subscription: name, partition, error: error.message },
      'dead letters wait: they could not be moved',
    );
    this.#parts.clock.setTimer(RETRY_MS, () => this.#next(subscription));
  }
}

interface Dead {
  readonly partition: number;
  /** Ascending; one at least. */
  readonly stretches: readonly Readonly<Stretch>[];
}

/** The first that are dead in the next partition behind one, or in the first; null: there are none. */
function deadIn({ state }: QueueSubscription, behind: number): Dead | null {
  const partitions = [...state.windows.values()]
    .filter((window) => window.count('dead') > 0)
    .map(({ partition }) => partition)
    .sort((a, b) => a - b);
  const partition = partitions.find((each) => each > behind) ?? partitions[0];
  if (partition === undefined) return null;
  const stretches: Stretch[] = [];
  for (const stretch of state.windows.get(partition)!.stretches()) {
    if (stretch.state === 'dead') stretches.push({ ...stretch });
    if (stretches.length === MESSAGES_MAX) break;
  }
  return { partition, stretches };
}

function deadLetter(
  message: StoredMessage & { readonly error?: string },
  {
    partition,
    subscription,
    stretch,
    nowMs,
  }: {
    readonly partition: Partition;
    readonly subscription: QueueSubscription;
    readonly stretch: Stretch;
    readonly nowMs: number;
  },
): RecordInput {
  const text = (key: string, value: string | number) => ({ key, value: Buffer.from(String(value)) });
  return {
    key: message.key,
    value: message.value,
    headers: [
      ...message.headers.filter(({ key }) => !key.startsWith(DEAD_LETTER_PREFIX)),
      text('dlq-topic', partition.topic.name),
      text('dlq-partition', partition.index),
      text('dlq-offset', message.offset),
      text('dlq-subscription', subscription.name),
      text('dlq-reason', stretch.reason!),
      text('dlq-deliveries', stretch.deliveries),
      text('dlq-first-at-ms', message.timestampMs),
      text('dlq-at-ms', nowMs),
      ...(message.error === undefined ? [] : [text('dlq-error', message.error)]),
    ],
  };
}
