/**
 * Half messages: stored where nobody reads them until their sender says what is to become of them. Commit has the message enter its
 * topic, rollback has it go, each in one frame. A sender that says nothing is asked, on a schedule, through any checker of the topic;
 * one that never answers has its message set aside, where an operator sees, resumes or drops it.
 *
 * Each half message has a stream of its own while it is there, so that one that stays long holds up no other's space; the streams are
 * numbered and used again. Memory: some 300 bytes a half message, of which there is a bounded number.
 */
import { assert } from '../../base/assert.ts';
import { BrokerError } from '../../base/errors.ts';
import { Heap } from '../../base/heap.ts';
import type { Uuid } from '../../base/uuid.ts';
import { type HalfAnswer, type HalfCommand, notOpen } from '../../half/machine.ts';
import { type HalfMessage, type HalfState, isAside } from '../../half/model.ts';
import type { HalfRecord } from '../../half/records.ts';
import type { MachineRunner } from '../../machine/runner.ts';
import type { SteadyClock } from '../../machine/steady-clock.ts';
import type { Topic } from '../../metadata/image.ts';
import type { Compression, Logger, Timer } from '../../platform/ports.ts';
import { batchProducerId, batchSizeBytes } from '../../record/batch.ts';
import { RECORDS_BYTES_MAX } from '../../record/section.ts';
import { stampLogAppendTime, validateProducedBatch } from '../../record/validate.ts';
import type { ChunkLog } from '../../store/contract.ts';
import { HALF_STREAM } from '../machine-streams.ts';
import { prepareRecords } from '../prepare-records.ts';
import { produceRules } from '../publish.ts';
import { readThen } from '../stored-messages.ts';
import { type Partition, refuseWrite } from '../topics.ts';

/** Half messages that are asked for in one turn. */
const CHECKS_A_TURN = 100;
/** Timers take 31 bits. */
const LOOK_MS_MAX = 2 ** 30;
const CHECK_AFTER_MAX_MS = 24 * 3600 * 1000;

export type HalfRunner = MachineRunner<HalfState, HalfCommand, HalfRecord, HalfAnswer>;

export interface NewHalfMessage {
  readonly partition: Partition;
  /** One v2 batch as the sender made it, without a producer id; the broker's from now on. */
  readonly batch: Buffer;
  /** Who sends it, as its protocol names that. */
  readonly producerGroup: string;
  /** Until the first check, ms up to a day; null: as the broker is set. */
  readonly checkAfterMs: number | null;
}

/** What a checker is given, to ask a sender what is to become of its message. */
export interface HalfCheck {
  readonly transactionId: string;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly producerGroup: string;
  /** As it was prepared. */
  readonly batch: Buffer;
  /** Which check it is, from 1 on. */
  readonly checks: number;
}

/** Asks a sender; false: there is none now. The answer comes by `end`. */
export type Checker = (check: HalfCheck) => boolean;

/** Where a committed message is; null: it was rolled back. */
export type HalfOutcome = { readonly partition: number; readonly offset: number } | null;

export interface HalfCounts {
  /** Those that are set aside among them. */
  readonly open: number;
  readonly aside: number;
  /** Since the start. `checks`: questions. */
  readonly prepared: number;
  readonly checks: number;
  readonly setAside: number;
  readonly committed: number;
  readonly rolledBack: number;
}

export interface HalfMessagesParts {
  readonly log: ChunkLog;
  /** What is measured are spans. */
  readonly clock: SteadyClock;
  readonly compression: Compression;
  readonly logger: Logger;
  readonly runner: HalfRunner;
  readonly randomId: () => string;
  readonly topic: (id: Uuid) => Topic | undefined;
  /** Why nothing may be published to a topic now; null: it may. */
  readonly refusal: (topicId: Uuid) => BrokerError | null;
  /** Until the first check, where a message doesn't say. */
  readonly checkAfterMs: number;
}

interface DueCheck {
  readonly atMs: number;
  readonly transactionId: string;
}

export class HalfMessages {
  readonly #parts: HalfMessagesParts;
  /** By topic; the next to be asked first. */
  readonly #checkers = new Map<Uuid, Checker[]>();
  /** Checks that are due; what has been overtaken is passed over. */
  readonly #due = new Heap<DueCheck>(({ atMs }) => atMs);
  readonly #freeSlots: number[] = [];
  #slots = 0;
  #timer: Timer | null = null;
  /** When it ends; Infinity: there is none. */
  #timerAtMs = Number.POSITIVE_INFINITY;
  #aside = 0;
  readonly #counts = { prepared: 0, checks: 0, setAside: 0, committed: 0, rolledBack: 0 };

  constructor(parts: HalfMessagesParts) {
    this.#parts = parts;
  }

  /** Begins to ask. To be called once, when the machine has been replayed. */
  start(): void {
    const { open } = this.#parts.runner.state;
    const taken = new Set<number>();
    for (const half of open.values()) {
      taken.add(half.slot);
      this.#slots = Math.max(this.#slots, half.slot + 1);
      if (isAside(half)) this.#aside++;
      else this.#checkAt(half.nextCheckAtMs, half);
    }
    for (let slot = 0; slot < this.#slots; slot++) if (!taken.has(slot)) this.#freeSlots.push(slot);
    this.topicsDeleted(
      [...new Set([...open.values()].map(({ topicId }) => topicId))].filter(
        (id) => this.#parts.topic(id) === undefined,
      ),
    );
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** A time of a half message as the wall clock has it now; ms since 1970. */
  wallMs(ms: number): number {
    return this.#parts.clock.wallMs(ms);
  }

  get counts(): HalfCounts {
    return { open: this.#parts.runner.state.open.size, aside: this.#aside, ...this.#counts };
  }

  /** Stores a half message. Answers its transaction id when it is durable. */
  prepare(
    { partition, batch, producerGroup, checkAfterMs }: NewHalfMessage,
    done: (answer: { readonly transactionId: string } | BrokerError) => void,
  ): void {
    const { log, clock, runner, randomId } = this.#parts;
    const afterMs = checkAfterMs ?? this.#parts.checkAfterMs;
    if (!(afterMs >= 0 && afterMs <= CHECK_AFTER_MAX_MS)) {
      return done(new BrokerError('invalid-request', 'A half message is checked after 0 ms to a day.'));
    }
    const stored = this.#validated(partition, batch);
    if (stored instanceof BrokerError) return done(stored);
    const nowMs = clock.nowMs();
    const slot = this.#freeSlots.pop() ?? this.#slots++;
    const half: HalfMessage = {
      transactionId: randomId(),
      topicId: partition.topic.id,
      partition: partition.index,
      producerGroup,
      preparedAtMs: nowMs,
      slot,
      offset: log.stream(HALF_STREAM, slot).endOffset,
      checks: 0,
      nextCheckAtMs: nowMs + Math.floor(afterMs),
    };
    runner.submit({ kind: 'prepare', half, batch: stored, storeId: HALF_STREAM }, (answer) => {
      done(answer instanceof BrokerError ? answer : { transactionId: half.transactionId });
    });
    if (!runner.state.open.has(half.transactionId)) {
      this.#freeSlots.push(slot);
      return;
    }
    this.#counts.prepared++;
    this.#checkAt(half.nextCheckAtMs, half);
    this.#arm();
  }

  /**
   * Ends a half message of a topic, also one that is set aside. Answers when that is durable; a word that comes again is answered as the
   * first time. Errors: transactional-id-not-found, invalid-transaction-state (it ended otherwise), what the log refuses: then it
   * stays as it is.
   */
  end(
    {
      topicId,
      transactionId,
      commit,
    }: { readonly topicId: Uuid; readonly transactionId: string; readonly commit: boolean },
    done: (outcome: HalfOutcome | BrokerError) => void,
  ): void {
    const { state } = this.#parts.runner;
    const half = state.open.get(transactionId);
    if ((half ?? state.ended.get(transactionId))?.topicId !== topicId) {
      return done(notOpen({ open: state.open, ended: new Map() }, transactionId));
    }
    if (!commit || half === undefined) return this.#end(transactionId, commit ? NOTHING : null, done);
    const refusal = this.#parts.topic(topicId) === undefined ? null : this.#parts.refusal(topicId);
    if (refusal !== null) return done(refusal);
    this.#read(half, (batch) => {
      if (batch instanceof BrokerError) done(batch);
      else this.#end(transactionId, batch, done);
    });
  }

  /** One that has not ended. */
  find(transactionId: string): HalfMessage | undefined {
    return this.#parts.runner.state.open.get(transactionId);
  }

  /** An operator's word for one that is set aside or not: its sender is asked again, from the first check on. */
  resume(transactionId: string, done: (error: BrokerError | null) => void): void {
    const { runner, clock } = this.#parts;
    const before = runner.state.open.get(transactionId);
    runner.submit({ kind: 'resume', transactionId, nowMs: clock.nowMs() }, (answer) =>
      done(answer instanceof BrokerError ? answer : null),
    );
    const half = runner.state.open.get(transactionId);
    if (half === undefined || half === before) return;
    if (before !== undefined && isAside(before)) this.#aside--;
    this.#checkAt(half.nextCheckAtMs, half);
    this.#arm();
  }

  /** An operator's word: the message is never delivered. */
  drop(transactionId: string, done: (error: BrokerError | null) => void): void {
    this.#end(transactionId, null, (outcome) => done(outcome instanceof BrokerError ? outcome : null));
  }

  /** Half messages in the order of their ids, behind `after` (null: from the first); `aside`: only those that are set aside. */
  list({
    after,
    max,
    aside,
  }: {
    readonly after: string | null;
    readonly max: number;
    readonly aside: boolean;
  }): readonly HalfMessage[] {
    const found: HalfMessage[] = [];
    for (const half of this.#parts.runner.state.open.values()) {
      if ((after === null || half.transactionId > after) && (!aside || isAside(half))) found.push(half);
    }
    return found.sort((a, b) => (a.transactionId < b.transactionId ? -1 : 1)).slice(0, max);
  }

  /** Asks through this one, too, from now on, in turn with the topic's others; the call of what it gives ends that. */
  onCheck(topicId: Uuid, checker: Checker): () => void {
    const checkers = this.#checkers.get(topicId);
    if (checkers === undefined) this.#checkers.set(topicId, [checker]);
    else checkers.push(checker);
    return () => {
      const left = (this.#checkers.get(topicId) ?? []).filter((other) => other !== checker);
      if (left.length === 0) this.#checkers.delete(topicId);
      else this.#checkers.set(topicId, left);
    };
  }

  /** Their half messages go. */
  topicsDeleted(topicIds: readonly Uuid[]): void {
    if (topicIds.length === 0) return;
    const gone = new Set(topicIds);
    for (const { transactionId, topicId } of [...this.#parts.runner.state.open.values()]) {
      if (gone.has(topicId)) this.#end(transactionId, null, () => undefined);
    }
  }

  /** The batch as it will be stored, or why it may not. */
  #validated(partition: Partition, batch: Buffer): Buffer | BrokerError {
    const { topic } = partition;
    const rules = produceRules(topic.config, { nowMs: this.#parts.clock.nowMs(), zstdAllowed: true });
    const refusal =
      refuseWrite(partition) ?? validateProducedBatch(batch, rules) ?? this.#parts.refusal(topic.id);
    if (refusal !== null) return refusal;
    if (batchProducerId(batch) >= 0) {
      return new BrokerError('invalid-request', 'A half message can not be of an idempotent producer.');
    }
    const options = { compression: this.#parts.compression, bytesMax: RECORDS_BYTES_MAX };
    return prepareRecords(batch, topic.config, { rules, options, namedMax: 0 });
  }

  /** `batch`: to be committed, NOTHING where it ended already; null: rolled back. */
  #end(
    transactionId: string,
    batch: Buffer | null,
    done: (outcome: HalfOutcome | BrokerError) => void,
  ): void {
    const { runner, log, clock } = this.#parts;
    // It may have ended while it was read.
    const half = runner.state.open.get(transactionId);
    let commit: Extract<HalfCommand, { kind: 'end' }>['commit'] = null;
    if (batch !== null && half === undefined) commit = { batch: NOTHING, offset: -1, flushed: true };
    if (batch !== null && half !== undefined) {
      const topic = this.#parts.topic(half.topicId);
      if (topic === undefined)
        return done(new BrokerError('unknown-topic', 'The topic was deleted meanwhile.'));
      if (topic.config.timestampType === 'LogAppendTime') stampLogAppendTime(batch, clock.nowMs());
      const offset = log.stream(half.topicId, half.partition).endOffset;
      commit = { batch, offset, flushed: topic.config.durability === 'fsync' };
    }
    runner.submit({ kind: 'end', transactionId, commit, storeId: HALF_STREAM }, (answer) => {
      if (answer instanceof BrokerError) return done(answer);
      assert(answer.kind === 'ended', 'an end is answered as one');
      const { committed, partition, offset } = answer.ended;
      done(committed ? { partition, offset } : null);
    });
    if (half === undefined || runner.state.open.has(transactionId)) return;
    if (commit === null) this.#counts.rolledBack++;
    else this.#counts.committed++;
    if (isAside(half)) this.#aside--;
    this.#freeSlots.push(half.slot);
  }

  /** A copy of the stored batch. */
  #read({ slot, offset }: HalfMessage, done: (batch: Buffer | BrokerError) => void): void {
    const { log } = this.#parts;
    readThen(log, { stream: log.stream(HALF_STREAM, slot), offset, bytesMax: 1 }, (read) => {
      if (read instanceof BrokerError) return done(read);
      const stored = read.batches[0];
      const batch = stored === undefined ? null : Buffer.from(stored.subarray(0, batchSizeBytes(stored)));
      log.blocks.releaseAll(read.batches);
      // It ended while it was read.
      done(batch ?? new BrokerError('invalid-transaction-state', 'The half message has ended meanwhile.'));
    });
  }

  #checkAt(atMs: number, { transactionId }: HalfMessage): void {
    this.#due.push({ atMs, transactionId });
    const { open } = this.#parts.runner.state;
    if (this.#due.isOvergrown(open.size)) this.#due.keep((due) => open.has(due.transactionId));
  }

  /** A timer that is there for an earlier check may stay: it looks, and finds what is next. */
  #arm(): void {
    const next = this.#due.peek();
    if (next === undefined || next.atMs >= this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = next.atMs;
    const delayMs = Math.min(Math.max(next.atMs - this.#parts.clock.nowMs(), 0), LOOK_MS_MAX);
    this.#timer = this.#parts.clock.setTimer(delayMs, () => this.#look());
  }

  #look(): void {
    this.#timer = null;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#parts.clock.nowMs();
    for (let i = 0; i < CHECKS_A_TURN; i++) {
      const due = this.#due.peek();
      if (due === undefined || due.atMs > nowMs) break;
      this.#due.pop();
      const half = this.#parts.runner.state.open.get(due.transactionId);
      if (half !== undefined && half.nextCheckAtMs <= nowMs) this.#check(half, nowMs);
    }
    this.#arm();
  }

  #check({ transactionId, checks: before }: HalfMessage, nowMs: number): void {
    const { runner, logger } = this.#parts;
    runner.submit({ kind: 'check', transactionId, nowMs }, (answer) => {
      if (answer instanceof BrokerError || answer.kind !== 'half') return;
      const { half } = answer;
      if (!isAside(half)) return this.#ask(half);
      logger.warn(
        { transactionId, producerGroup: half.producerGroup, checks: half.checks },
        `A half message is set aside: its sender was asked ${half.checks} times what is to become of it. Resume or drop it.`,
      );
    });
    const half = runner.state.open.get(transactionId)!;
    if (half.checks > before) this.#counts.checks++;
    if (isAside(half)) {
      this.#aside++;
      this.#counts.setAside++;
    }
    // Where the log refuses, its time hasn't changed.
    else this.#checkAt(Math.max(half.nextCheckAtMs, nowMs + 1000), half);
  }

  /** The topic's checkers in turn, until one has somebody to ask. */
  #ask(half: HalfMessage): void {
    const { transactionId, topicId, partition, producerGroup, checks } = half;
    if (!this.#checkers.has(topicId)) return;
    this.#read(half, (batch) => {
      if (batch instanceof BrokerError || !this.#parts.runner.state.open.has(transactionId)) return;
      const checkers = this.#checkers.get(topicId) ?? [];
      for (let i = 0; i < checkers.length; i++) {
        const checker = checkers.shift()!;
        checkers.push(checker);
        if (checker({ transactionId, topicId, partition, producerGroup, batch, checks })) return;
      }
    });
  }
}

const NOTHING = Buffer.alloc(0);
