/**
 * Publishing: validated batches of one request become one frame, and are answered by acks as Kafka means them.
 *
 * acks=0 is not answered, acks=1 after the write, acks=all when the append is committed. A duplicate of an idempotent
 * producer is answered with the first offset, and with acks=all not before the original is committed.
 */
import { Bag, type Placed } from '../base/bag.ts';
import { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import type { Topic } from '../metadata/image.ts';
import type { Clock, Compression, Timer } from '../platform/ports.ts';
import { batchIsTransactional, batchLastOffsetDelta, batchProducerId } from '../record/batch.ts';
import { REFUSED_RECORDS_MAX, RecordsRefused } from '../record/refused-records.ts';
import { RECORDS_BYTES_MAX } from '../record/section.ts';
import { type ProduceRules, stampLogAppendTime, validateProducedBatch } from '../record/validate.ts';
import type { AppendEntry, AppendRequest, ChunkLog, Stream } from '../store/contract.ts';
import type { TopicPartitions } from '../transaction/commands.ts';
import { APPEND, UNSTORED } from '../transaction/producer-state.ts';
import { type HeaderFeaturesParts, HeaderRequest } from './headers/header-features.ts';
import { prepareRecords, withRecords } from './prepare-records.ts';
import { type Partition, refuseWrite } from './topics.ts';
import type { Transactions } from './transactions.ts';

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
  /** As the producer says; null: its batches are of no transaction. */
  readonly transactionalId: string | null;
  /** KIP-890: a partition joins the producer's transaction with its first batch. Else it was added before. */
  readonly joinsTransaction: boolean;
}

/** One for each entry, in order. */
export interface PublishResult {
  error: BrokerError | null;
  /** −1 with an error. */
  baseOffset: number;
  /** The broker's time for LogAppendTime topics, else −1. */
  logAppendTimeMs: number;
  startOffset: number;
  /** Where the first message with the same `dedup-id` is, where all of the batch was sent before. */
  duplicateOf?: { readonly partition: number; readonly offset: number };
}

/** Who knows which transactions are open. */
type TransactionGate = Pick<Transactions, 'check' | 'join'>;

/** What a plan asks. */
interface PlanParts {
  readonly compression: Compression;
  readonly transactions: TransactionGate;
  /** Why nothing may be published to a topic now; null: it may. */
  readonly refusal: (topicId: Uuid) => BrokerError | null;
  readonly headers: Omit<HeaderFeaturesParts, 'compression'>;
}

type Done = (results: PublishResult[]) => void;

/** What a topic asks of a batch that comes now. */
export function produceRules(
  config: Topic['config'],
  { nowMs, zstdAllowed }: { readonly nowMs: number; readonly zstdAllowed: boolean },
): ProduceRules {
  return {
    bytesMax: config.maxMessageBytes,
    nowMs,
    timestampType: config.timestampType,
    timestampBeforeMaxMs: config.timestampBeforeMaxMs,
    timestampAfterMaxMs: config.timestampAfterMaxMs,
    zstdAllowed,
  };
}

/** What goes into the frame of one request, gathered entry by entry. */
class Plan {
  readonly results: PublishResult[] = [];
  readonly accepted: AppendEntry[] = [];
  readonly partitions: Partition[] = [];
  readonly acceptedResults: PublishResult[] = [];
  readonly originals: { stream: Stream; lastOffset: number }[] = [];
  /** Of batches of which no record enters now, but something is in the frame. */
  readonly besideResults: PublishResult[] = [];
  /** What headers ask; null: nothing was looked at. */
  headers: HeaderRequest | null = null;
  /** Partitions that join their producer's transaction, by producer id; null: none do. */
  joining: Map<number, TopicPartitions[]> | null = null;
  readonly #request: PublishRequest;
  readonly #with: PlanParts;
  /** Records that further refusals of this request may name. */
  #namedMax = REFUSED_RECORDS_MAX;
  durability: AppendRequest['durability'] = 'os';
  flushWithinMs = Number.POSITIVE_INFINITY;

  constructor(request: PublishRequest, parts: PlanParts) {
    this.#request = request;
    this.#with = parts;
  }

  /** A partition that stands more than once: which of its batches was to come first isn't said. */
  refuse({ partition }: PublishEntry): void {
    const sentence = `partition ${partition.index} of topic '${partition.topic.name}' stands more than once in the request`;
    this.results.push({
      error: new BrokerError('invalid-request', sentence),
      baseOffset: -1,
      logAppendTimeMs: -1,
      startOffset: partition.stream.startOffset,
    });
  }

  add({ partition, batch }: PublishEntry, nowMs: number): void {
    const { stream, topic } = partition;
    const { config } = topic;
    const result = {
      error: null,
      baseOffset: -1,
      logAppendTimeMs: -1,
      startOffset: stream.startOffset,
    } as PublishResult;
    this.results.push(result);
    result.error = refuseWrite(partition);
    if (result.error !== null) return;
    const rules = produceRules(config, { nowMs, zstdAllowed: this.#request.zstdAllowed });
    const problem = validateProducedBatch(batch, rules);
    if (problem !== null) {
      result.error = this.#named(problem, batch, { config, rules });
      return;
    }
    result.error = this.#with.refusal(topic.id);
    if (result.error !== null) return;
    // Nothing of this request is noted yet: a partition stands once in a plan.
    const known = partition.producers.check(batch);
    if (known instanceof BrokerError) {
      result.error = known;
      return;
    }
    if (known === UNSTORED) {
      this.#awaitAll(this.#with.headers.sequences);
      return;
    }
    if (known !== APPEND) {
      result.baseOffset = known;
      this.originals.push({ stream, lastOffset: known + batchLastOffsetDelta(batch) });
      return;
    }
    let prepared = prepareRecords(batch, config, this.#looking(rules));
    if (!(prepared instanceof BrokerError) && config.headers !== null) {
      const stored = this.#treat(partition, prepared, { rules, result });
      if (stored === null) {
        this.besideResults.push(result);
        this.#asks(config);
        return;
      }
      prepared = stored;
    }
    if (prepared instanceof BrokerError) {
      result.error = this.#named(prepared, batch, { config, rules });
      return;
    }
    if (batchIsTransactional(batch)) {
      result.error = this.#enter(partition, batch);
      if (result.error !== null) return;
    }
    if (config.timestampType === 'LogAppendTime') {
      stampLogAppendTime(prepared, nowMs);
      result.logAppendTimeMs = nowMs;
    }
    this.#asks(config);
    this.accepted.push({ stream, batch: prepared });
    this.partitions.push(partition);
    this.acceptedResults.push(result);
  }

  #looking(rules: ProduceRules) {
    const options = { compression: this.#with.compression, bytesMax: RECORDS_BYTES_MAX };
    return { rules, options, namedMax: this.#namedMax };
  }

  /** A refusal with the records that it is for (KIP-467). */
  #named(
    refusal: BrokerError,
    batch: Buffer,
    { config, rules }: { readonly config: Topic['config']; readonly rules: ProduceRules },
  ): BrokerError {
    const error = withRecords(refusal, batch, config, this.#looking(rules));
    if (error instanceof RecordsRefused) this.#namedMax -= error.records.length;
    return error;
  }

  /** The batch to be stored, with what headers ask; null: nothing has to be. */
  #treat(
    partition: Partition,
    batch: Buffer,
    { rules, result }: { readonly rules: ProduceRules; readonly result: PublishResult },
  ): Buffer | BrokerError | null {
    const { headers, compression } = this.#with;
    this.headers ??= new HeaderRequest({ ...headers, compression }, rules.nowMs);
    const windowMs = partition.topic.config.headers!.dedupWindowMs;
    const treated = this.headers.treat({ partition, batch, windowMs }, this.#looking(rules));
    if (treated instanceof BrokerError) return treated;
    if (treated.isRepeating) this.#awaitAll(headers.dedup.stream);
    if (treated.repeats !== null) {
      result.duplicateOf = treated.repeats;
      // Of another partition there is no offset that could be said here.
      if (treated.repeats.partition === partition.index) result.baseOffset = treated.repeats.offset;
    }
    return treated.batch;
  }

  /** What a topic asks of the append. */
  #asks({ durability, flushMs }: Topic['config']): void {
    if (durability === 'fsync') this.durability = 'fsync';
    if (flushMs < this.flushWithinMs) this.flushWithinMs = flushMs;
  }

  /** The answer waits until all that is in a stream now is committed. */
  #awaitAll(stream: Stream): void {
    this.originals.push({ stream, lastOffset: stream.endOffset - 1 });
  }

  /** Makes sure that the batch's transaction is open and holds, or will hold, the partition. */
  #enter(partition: Partition, batch: Buffer): BrokerError | null {
    const verdict = this.#with.transactions.check(batch, partition, this.#request);
    if (verdict instanceof BrokerError) return verdict;
    const producerId = batchProducerId(batch);
    if (this.#request.joinsTransaction) {
      const refusal = partition.producers.checkFirst(batch);
      if (refusal !== null) return refusal;
    }
    if (verdict === 'joined') return null;
    this.joining ??= new Map();
    let topics = this.joining.get(producerId);
    if (topics === undefined) this.joining.set(producerId, (topics = []));
    topics.push({ topicId: partition.topic.id, partitions: [partition.index] });
    return null;
  }

  /** Has the partitions join, before anything is appended to them. */
  join(): BrokerError | null {
    if (this.joining === null) return null;
    for (const [producerId, topics] of this.joining) {
      const refusal = this.#with.transactions.join(producerId, topics);
      if (refusal !== null) return refusal;
    }
    return null;
  }
}

/** Batches of one request at most: they become one frame, and nobody else has a turn meanwhile. */
export const PUBLISH_ENTRIES_MAX = 100_000;

/** The results of a request that has more. */
function refuseTooMany(entries: readonly PublishEntry[]): PublishResult[] {
  const sentence = `the request has ${entries.length} batches, more than ${PUBLISH_ENTRIES_MAX}: send several`;
  const error = new BrokerError('invalid-request', sentence);
  return entries.map(() => ({ error, baseOffset: -1, logAppendTimeMs: -1, startOffset: -1 }));
}

/** Partitions that stand more than once; null when there are none. */
function repeated(entries: readonly PublishEntry[]): Set<Partition> | null {
  if (entries.length < 2) return null;
  const seen = new Set<Partition>();
  let twice: Set<Partition> | null = null;
  for (const { partition } of entries) {
    if (seen.size === seen.add(partition).size) (twice ??= new Set()).add(partition);
  }
  return twice;
}

/** Who hears of the commit. */
function whenCommitted(
  headers: HeaderRequest | null,
  settle: (() => void) | undefined,
): Pick<AppendRequest, 'onCommitted'> {
  if (headers === null) return settle === undefined ? {} : { onCommitted: settle };
  return {
    onCommitted() {
      headers.committed();
      settle?.();
    },
  };
}

/** A publish with acks=all that waits for its commit. */
interface Pending extends Placed {
  readonly deadlineMs: number;
  readonly timeoutMs: number;
  readonly results: PublishResult[];
  readonly done: Done;
}

/** How often overdue answers are looked for, ms. */
const DEADLINE_LOOK_MS = 500;

export class Publisher {
  readonly #log: ChunkLog;
  readonly #clock: Clock;
  readonly #with: PlanParts;
  readonly #pending = new Bag<Pending>();
  #deadlineTimer: Timer | null = null;

  constructor(options: {
    readonly log: ChunkLog;
    readonly clock: Clock;
    readonly compression: Compression;
    readonly transactions: TransactionGate;
    readonly refusal: PlanParts['refusal'];
    readonly headers: PlanParts['headers'];
  }) {
    this.#log = options.log;
    this.#clock = options.clock;
    this.#with = options;
  }

  /** Calls `done` once, with a result for each entry. */
  publish(request: PublishRequest, done: Done): void {
    if (request.entries.length > PUBLISH_ENTRIES_MAX) return done(refuseTooMany(request.entries));
    const nowMs = this.#clock.nowMs();
    const plan = new Plan(request, this.#with);
    const twice = repeated(request.entries);
    for (const entry of request.entries) {
      if (twice?.has(entry.partition)) plan.refuse(entry);
      else plan.add(entry, nowMs);
    }
    // Answered when all parts are: the append, and originals of duplicates that are not committed yet.
    let open = 1;
    const pending = request.acks === -1 ? this.#expect(request.timeoutMs, plan.results, done) : null;
    const settle = (): void => {
      if (--open > 0) return;
      if (pending === null || this.#pending.remove(pending)) done(plan.results);
    };
    if (
      (plan.accepted.length > 0 || plan.headers?.hasEntries) &&
      this.#append(plan, request.acks, nowMs, settle)
    )
      open++;
    if (request.acks === -1) {
      for (const { stream, lastOffset } of plan.originals) {
        if (stream.highWatermark > lastOffset || stream.deleted) continue;
        open++;
        this.#whenCommitted(stream, lastOffset, settle);
      }
    }
    settle();
  }

  /** True when `settle` will be called. */
  #append(plan: Plan, acks: Acks, nowMs: number, settle: () => void): boolean {
    const { accepted, acceptedResults, partitions, headers } = plan;
    const beside = headers?.hasEntries ? headers.entries() : null;
    const onCommitted = acks === -1 ? settle : undefined;
    const outcome =
      beside instanceof BrokerError
        ? beside
        : (plan.join() ??
          this.#log.append({
            ...(beside === null
              ? { entries: accepted }
              : { entries: [...accepted, ...beside.entries], events: beside.events }),
            durability: plan.durability,
            flushWithinMs: plan.flushWithinMs,
            ...(acks === 1 && { onWritten: settle }),
            ...whenCommitted(headers, onCommitted),
          }));
    if (outcome instanceof BrokerError) {
      for (const result of [...acceptedResults, ...plan.besideResults]) {
        result.error = outcome;
        result.baseOffset = -1;
      }
      return false;
    }
    for (let i = 0; i < accepted.length; i++) {
      const baseOffset = outcome.baseOffsets[i]!;
      acceptedResults[i]!.baseOffset = baseOffset;
      partitions[i]!.producers.note(accepted[i]!.batch, baseOffset, nowMs);
    }
    headers?.accepted(outcome.baseOffsets.slice(accepted.length));
    return acks !== 0;
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

  #expect(timeoutMs: number, results: PublishResult[], done: Done): Pending {
    const deadlineMs = this.#clock.monotonicMs() + Math.max(0, timeoutMs);
    const pending: Pending = { deadlineMs, timeoutMs, results, done, place: -1 };
    this.#pending.add(pending);
    this.#deadlineTimer ??= this.#clock.setTimer(DEADLINE_LOOK_MS, this.#expireOverdue);
    return pending;
  }

  readonly #expireOverdue = (): void => {
    const nowMs = this.#clock.monotonicMs();
    for (const pending of this.#pending.all()) {
      if (pending.deadlineMs > nowMs) continue;
      this.#pending.remove(pending);
      for (const result of pending.results) {
        result.baseOffset = -1;
        result.error ??= new BrokerError(
          'request-timed-out',
          `Not committed within ${pending.timeoutMs} ms; it may still be: retry with an idempotent producer.`,
        );
      }
      pending.done(pending.results);
    }
    this.#deadlineTimer =
      this.#pending.size > 0 ? this.#clock.setTimer(DEADLINE_LOOK_MS, this.#expireOverdue) : null;
  };

  close(): void {
    this.#deadlineTimer?.cancel();
    this.#pending.clear();
  }
}
