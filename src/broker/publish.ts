/**
 * Publishing: validated batches of one request become one frame, and are answered by acks as Kafka means them.
 *
 * acks=0 is not answered, acks=1 after the write, acks=all when the append is committed. A duplicate of an idempotent
 * producer is answered with the first offset, and with acks=all not before the original is committed.
 */
import { BrokerError } from '../base/errors.ts';
import type { Clock, Timer } from '../platform/ports.ts';
import { batchLastOffsetDelta, batchProducerId } from '../record/batch.ts';
import { stampLogAppendTime, validateProducedBatch } from '../record/validate.ts';
import type { AppendEntry, AppendRequest, ChunkLog, Stream } from '../store/contract.ts';
import type { ProducerTable } from '../transaction/producer-state.ts';
import type { Partition } from './topics.ts';

/** 0: no answer wanted, 1: after the write, -1: when committed. */
export type Acks = 0 | 1 | -1;

export interface PublishEntry {
  readonly partition: Partition;
  /** Exactly one v2 batch as the client sent it; owned by the broker from now on. */
  readonly batch: Buffer;
}

export interface PublishRequest {
  readonly entries: readonly PublishEntry[];
  readonly acks: Acks;
  /** How long acks=all may take, ms; after it the answer is `request-timed-out` and the outcome unknown. */
  readonly timeoutMs: number;
  /** False for clients too old to know zstd. */
  readonly zstdAllowed: boolean;
}

/** One for each entry, in order. */
export interface PublishResult {
  error: BrokerError | null;
  /** −1 with an error. */
  baseOffset: number;
  /** The broker's time for LogAppendTime topics, else −1. */
  logAppendTimeMs: number;
  startOffset: number;
}

interface Pending {
  readonly deadlineMs: number;
  readonly expire: () => void;
  done: boolean;
}

/** How often overdue answers are looked for, ms. */
const DEADLINE_LOOK_MS = 500;

export interface PublisherOptions {
  readonly log: ChunkLog;
  readonly clock: Clock;
  readonly producers: ProducerTable;
}

export class Publisher {
  readonly #log: ChunkLog;
  readonly #clock: Clock;
  readonly #producers: ProducerTable;
  /** acks=all publishes that wait for their commit. */
  readonly #pending = new Set<Pending>();
  #deadlineTimer: Timer | null = null;

  constructor(options: PublisherOptions) {
    this.#log = options.log;
    this.#clock = options.clock;
    this.#producers = options.producers;
  }

  /** Calls `done` once, with a result for each entry. */
  publish(request: PublishRequest, done: (results: PublishResult[]) => void): void {
    const nowMs = this.#clock.nowMs();
    const results: PublishResult[] = [];
    const accepted: AppendEntry[] = [];
    const acceptedResults: PublishResult[] = [];
    let durability: AppendRequest['durability'] = 'os';
    let flushWithinMs = Number.POSITIVE_INFINITY;
    let duplicateOf: { stream: Stream; lastOffset: number }[] | null = null;
    for (const { partition, batch } of request.entries) {
      const result: PublishResult = {
        error: null,
        baseOffset: -1,
        logAppendTimeMs: -1,
        startOffset: partition.stream.startOffset,
      };
      results.push(result);
      const { config } = partition.topic;
      result.error = validateProducedBatch(batch, {
        bytesMax: config.maxMessageBytes,
        nowMs,
        timestampType: config.timestampType,
        timestampBeforeMaxMs: config.timestampBeforeMaxMs,
        timestampAfterMaxMs: config.timestampAfterMaxMs,
        zstdAllowed: request.zstdAllowed,
      });
      if (result.error !== null) continue;
      const { stream } = partition;
      if (batchProducerId(batch) >= 0) {
        const verdict = this.#producers.check(stream.topicId, stream.partition, batch);
        if (verdict instanceof BrokerError) {
          result.error = verdict;
          continue;
        }
        if (verdict !== null) {
          result.baseOffset = verdict.baseOffset;
          duplicateOf ??= [];
          duplicateOf.push({ stream, lastOffset: verdict.baseOffset + batchLastOffsetDelta(batch) });
          continue;
        }
      }
      if (config.timestampType === 'LogAppendTime') {
        stampLogAppendTime(batch, nowMs);
        result.logAppendTimeMs = nowMs;
      }
      if (config.durability === 'fsync') durability = 'fsync';
      flushWithinMs = Math.min(flushWithinMs, config.flushMs);
      accepted.push({ stream, batch });
      acceptedResults.push(result);
    }
    this.#append(
      { request, results, accepted, acceptedResults, durability, flushWithinMs, duplicateOf, nowMs },
      done,
    );
  }

  #append(
    step: {
      readonly request: PublishRequest;
      readonly results: PublishResult[];
      readonly accepted: AppendEntry[];
      readonly acceptedResults: PublishResult[];
      readonly durability: AppendRequest['durability'];
      readonly flushWithinMs: number;
      readonly duplicateOf: { stream: Stream; lastOffset: number }[] | null;
      readonly nowMs: number;
    },
    done: (results: PublishResult[]) => void,
  ): void {
    const { request, results, accepted, acceptedResults, durability, flushWithinMs, duplicateOf } = step;
    // Answered when all parts of it are: the append, and originals of duplicates that are not committed yet.
    let open = 1;
    const pending = request.acks === -1 ? this.#expect(request.timeoutMs, results, done) : null;
    const settle = (): void => {
      if (--open > 0) return;
      if (pending === null) done(results);
      else if (this.#fulfil(pending)) done(results);
    };
    if (accepted.length > 0) {
      const outcome = this.#log.append({
        entries: accepted,
        durability,
        flushWithinMs,
        ...(request.acks === 1 && { onWritten: settle }),
        ...(request.acks === -1 && { onCommitted: settle }),
      });
      if (outcome instanceof BrokerError) {
        for (const result of acceptedResults) result.error = outcome;
      } else {
        if (request.acks !== 0) open++;
        for (let i = 0; i < accepted.length; i++) {
          const { stream, batch } = accepted[i]!;
          const baseOffset = outcome.baseOffsets[i]!;
          acceptedResults[i]!.baseOffset = baseOffset;
          if (batchProducerId(batch) >= 0) {
            this.#producers.appended(stream.topicId, stream.partition, batch, step.nowMs);
          }
        }
      }
    }
    if (duplicateOf !== null && request.acks === -1) {
      for (const { stream, lastOffset } of duplicateOf) {
        if (stream.highWatermark > lastOffset || stream.deleted) continue;
        open++;
        this.#whenCommitted(stream, lastOffset, settle);
      }
    }
    settle();
  }

  #whenCommitted(stream: Stream, offset: number, done: () => void): void {
    const log = this.#log;
    const watcher = {
      streamMoved(): void {
        if (stream.highWatermark <= offset && !stream.deleted) return;
        log.unwatch(stream, watcher);
        done();
      },
    };
    log.watch(stream, watcher);
  }

  #expect(timeoutMs: number, results: PublishResult[], done: (results: PublishResult[]) => void): Pending {
    const pending: Pending = {
      deadlineMs: this.#clock.monotonicMs() + Math.max(0, timeoutMs),
      done: false,
      expire: () => {
        for (const result of results) {
          result.error ??= new BrokerError(
            'request-timed-out',
            `not committed within ${timeoutMs} ms; it may still be: retry with an idempotent producer`,
          );
          result.baseOffset = -1;
        }
        done(results);
      },
    };
    this.#pending.add(pending);
    this.#deadlineTimer ??= this.#clock.setTimer(DEADLINE_LOOK_MS, this.#expireOverdue);
    return pending;
  }

  #fulfil(pending: Pending): boolean {
    if (pending.done) return false;
    pending.done = true;
    this.#pending.delete(pending);
    return true;
  }

  readonly #expireOverdue = (): void => {
    const nowMs = this.#clock.monotonicMs();
    for (const pending of this.#pending) {
      if (pending.deadlineMs <= nowMs && this.#fulfil(pending)) pending.expire();
    }
    this.#deadlineTimer =
      this.#pending.size > 0 ? this.#clock.setTimer(DEADLINE_LOOK_MS, this.#expireOverdue) : null;
  };

  close(): void {
    this.#deadlineTimer?.cancel();
    this.#pending.clear();
  }
}
