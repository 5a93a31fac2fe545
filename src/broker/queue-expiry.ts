/**
 * Makes messages expire without a consumer: the head of each partition of a subscription with a time to live is looked at when it may have
 * expired. What a consumer meets before its turn is judged there (select.ts).
 */
import { MalformedError } from '../base/byte-reader.ts';
import { BrokerError } from '../base/errors.ts';
import type { Timer } from '../platform/ports.ts';
import { knownWindow } from '../queue/model.ts';
import { Passes } from '../queue/passes.ts';
import { filterOf } from '../queue/redriven.ts';
import {
  batchBaseOffset,
  batchIsControl,
  batchLastOffset,
  batchRecordCount,
  eachBatch,
} from '../record/batch.ts';
import { recordsSection } from '../record/section.ts';
import { recordTimestampMs } from '../record/timestamps.ts';
import { walkRecords } from '../record/walk.ts';
import type { ReadResult } from '../store/contract.ts';
import { abortedIn, isOfAborted, NONE_ABORTED } from './aborted.ts';
import type { QueueRuntime, QueueSubscription } from './queues.ts';
import { readThen } from './stored-messages.ts';
import { endOf } from './subscription-reader.ts';
import type { Partition } from './topics.ts';

const READ_BYTES_MAX = 256 * 1024;
/** What is looked through of a partition at one time, opened, and as often as the filter's weight says. */
const LOOK_BYTES_MAX = 1024 * 1024;
/** A partition is looked at no more often. */
const LOOK_MS_MIN = 100;
/** And no less often: messages may come with old timestamps. */
const LOOK_MS_MAX = 60_000;

export class QueueExpiry {
  readonly #runtime: QueueRuntime;
  readonly #timers = new Map<number, Timer>();
  #closed = false;

  constructor(runtime: QueueRuntime) {
    this.#runtime = runtime;
  }

  /** A subscription is there, or settings of it or of its topic have changed. */
  follow(subscription: QueueSubscription): void {
    this.#timers.get(subscription.id)?.cancel();
    this.#timers.delete(subscription.id);
    if (subscription.isGone || this.#runtime.rulesOf(subscription, null).expiry === null) return;
    this.#lookAfter(subscription, LOOK_MS_MIN);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #lookAfter(subscription: QueueSubscription, delayMs: number): void {
    const bounded = Math.min(LOOK_MS_MAX, Math.max(LOOK_MS_MIN, delayMs));
    this.#timers.set(
      subscription.id,
      this.#runtime.clock.setTimer(bounded, () => this.#look(subscription)),
    );
  }

  #look(subscription: QueueSubscription): void {
    const { id, isGone, state } = subscription;
    this.#timers.delete(id);
    if (isGone || this.#closed || this.#runtime.rulesOf(subscription, null).expiry === null) return;
    const partitions = this.#runtime.partitionsOf(subscription, null);
    if (partitions instanceof BrokerError) return;
    let nextMs = state.settings.ttlMs || LOOK_MS_MAX;
    let open = 1;
    const done = (dueMs: number): void => {
      nextMs = Math.min(nextMs, dueMs);
      if (--open === 0 && !this.#closed && !subscription.isGone && !this.#timers.has(id)) {
        this.#lookAfter(subscription, nextMs);
      }
    };
    for (const partition of partitions) {
      open++;
      this.#head(subscription, partition, done);
    }
    done(nextMs);
  }

  /** Says in how many ms the head of a partition may expire. */
  #head(subscription: QueueSubscription, partition: Partition, done: (dueMs: number) => void): void {
    const { stream } = partition;
    const offset = knownWindow(subscription.state, partition.index).untakenFrom(stream.startOffset);
    const endOffset = endOf(subscription, partition);
    if (offset >= endOffset) return done(LOOK_MS_MAX);
    const request = { stream, offset, bytesMax: READ_BYTES_MAX, endOffset };
    const { log } = this.#runtime;
    readThen(log, request, (result) => {
      if (result instanceof BrokerError) return done(LOOK_MS_MAX);
      let dueMs = LOOK_MS_MAX;
      try {
        if (!subscription.isGone) dueMs = this.#expire(subscription, partition, { result, offset });
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error;
        this.#runtime.unreadable(subscription, partition, error);
      } finally {
        log.blocks.releaseAll(result.batches);
      }
      done(dueMs);
    });
  }

  /** Passes over what has expired, and what is nobody's, up to the first message that has not: the head moves on with each look. */
  #expire(
    subscription: QueueSubscription,
    partition: Partition,
    { result, offset }: { readonly result: ReadResult; readonly offset: number },
  ): number {
    const rules = this.#runtime.rulesOf(subscription, null);
    const { section: options, expiry, nowMs } = rules;
    if (expiry === null) return LOOK_MS_MAX;
    const { readCommitted } = subscription.state.settings;
    const aborted = readCommitted ? abortedIn(partition, result, offset) : NONE_ABORTED;
    const passes = new Passes(knownWindow(subscription.state, partition.index));
    let next = offset;
    /** All from where the last has ended to `last`. */
    const passTo = (last: number, reason: 'expired' | null): void => {
      passes.add(next, last, reason);
      next = Math.max(next, last + 1);
    };
    let dueMs = LOOK_MS_MIN;
    let lookedBytes = 0;
    /** Whether all of it has expired. */
    const look = (batch: Buffer): boolean => {
      const base = batchBaseOffset(batch);
      if (batchIsControl(batch) || isOfAborted(aborted, batch)) {
        passTo(batchLastOffset(batch), null);
        return true;
      }
      const section = recordsSection(batch, options);
      const filter = filterOf(batch, rules);
      let goesOn = true;
      let lookedTo = 0;
      walkRecords(section, batchRecordCount(batch), (record) => {
        const at = base + record.offsetDelta;
        const bytes = record.end - lookedTo;
        lookedTo = record.end;
        if (at < offset) return true;
        if (lookedBytes >= LOOK_BYTES_MAX) {
          goesOn = false;
          return false;
        }
        lookedBytes += bytes * (filter?.weight ?? 1);
        passTo(at - 1, null);
        const timestampMs = recordTimestampMs(batch, record);
        const expiresAtMs = expiry.expiresAtMs(section, record, timestampMs);
        if (filter?.matches(section, record, timestampMs) === false) passTo(at, null);
        else if (expiresAtMs < nowMs) passTo(at, 'expired');
        else {
          dueMs = expiresAtMs - nowMs + 1;
          goesOn = false;
        }
        return goesOn;
      });
      if (goesOn) passTo(batchLastOffset(batch), null);
      return goesOn;
    };
    for (const batch of eachBatch(result.batches)) if (!look(batch)) break;
    if (passes.ranges.length === 0) return dueMs;
    this.#runtime.pass(subscription, partition.index, passes.ranges);
    // What stood behind these by its key is free now, and may have expired as well.
    const isFollowed = knownWindow(subscription.state, partition.index).count('blocked') > 0;
    return isFollowed ? LOOK_MS_MIN : dueMs;
  }
}
