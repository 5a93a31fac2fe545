/**
 * Delayed messages, as protocols and the rest of the broker use them: put aside now, in their partition when they are due, to
 * the millisecond of the wall clock. docs/adr/0021 has the reasons.
 *
 * - A message is there once its frame is durable, and enters its partition in one frame with the word that it is gone: after a
 *   crash it waits or has fired, never both.
 * - Messages of a partition enter it by time, and those of the same time in the order in which they came. What is late enters at once.
 * - Memory doesn't depend on how many wait, but for one bit a message in a bucket of which some are gone.
 */
import { BrokerError } from '../../base/errors.ts';
import type { TimeCounts } from '../../base/time-histogram.ts';
import type { Uuid } from '../../base/uuid.ts';
import type { FrameCompanion } from '../../machine/machine.ts';
import type { Topic } from '../../metadata/image.ts';
import type { Clock, Compression, Logger, Random, Timer } from '../../platform/ports.ts';
import { throwLater } from '../../platform/throw-later.ts';
import { batchLastOffset } from '../../record/batch.ts';
import { RECORDS_BYTES_MAX } from '../../record/section.ts';
import { type Handle, parseHandle, printHandle } from '../../schedule/handle.ts';
import { DELAY_MAX_MS, spanOn } from '../../schedule/levels.ts';
import type { ScheduleCommand } from '../../schedule/machine.ts';
import {
  eachMessage,
  ownMessage,
  type Place,
  SALT_BYTES,
  type WaitingMessage,
} from '../../schedule/message.ts';
import type { AppendEntry, ChunkLog, Durability, Stream } from '../../store/contract.ts';
import { BUCKET_STREAM, SCHEDULE_STREAM } from '../machine-streams.ts';
import { type Partition, refuseWrite } from '../topics.ts';
import { BucketReader } from './bucket-reader.ts';
import { Draft, noteCommitted, type ScheduleRunner, spanOfNew } from './draft.ts';
import { Firing } from './firing.ts';
import { type LiveBucket, type Move, NEAR_LIMITS, Near, type NearLimits } from './near.ts';

/** Looks are at most so far apart: a wall clock that jumps forward is noticed. */
const LOOK_MS = 100;
/** Bytes that a listing goes through at most. */
const LIST_BYTES = 8 * 1024 * 1024;

/** A message that is to be delayed. */
export interface NewMessage {
  readonly partition: Partition;
  /** Ms since 1970. What lies in the past is due now. */
  readonly atMs: number;
  readonly timestampMs: number;
  /** The record from the length of its key on (`recordBody` of schedule/message.ts). */
  readonly body: Buffer;
}

/** A waiting message, as an operator sees it. */
export interface ListedMessage {
  readonly handle: string;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly dueMs: number;
  readonly timestampMs: number;
  readonly bytes: number;
}

export interface ScheduleCounts {
  readonly waiting: number;
  readonly buckets: number;
  readonly fired: number;
  readonly cancelled: number;
  readonly dropped: number;
  readonly lastLateMs: number;
  readonly late: TimeCounts;
}

/** What messages add to a frame that somebody appends; all of it in one turn. */
export interface Scheduling {
  readonly entries: readonly AppendEntry[];
  /** To be called when the log has taken the frame, with the offsets of these entries: the handles. */
  accepted(baseOffsets: readonly number[]): string[];
  /** To be called when that is committed. */
  committed(): void;
}

export interface SchedulesParts {
  readonly log: ChunkLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly compression: Compression;
  readonly logger: Logger;
  readonly runner: ScheduleRunner;
  readonly topic: (id: Uuid) => Topic | undefined;
  /** Other than NEAR_LIMITS, for tests. */
  readonly limits?: NearLimits;
}

export class Schedules {
  readonly #parts: SchedulesParts;
  readonly #near: Near;
  readonly #firing: Firing;
  readonly #reader: BucketReader;
  #timer: Timer | null = null;
  #isWoken = false;
  #stopped = false;
  #cancelled = 0;

  constructor(parts: SchedulesParts) {
    this.#parts = parts;
    const { log, clock, compression } = parts;
    this.#reader = new BucketReader(log, clock);
    const wake = (): void => this.#wake();
    this.#near = new Near({
      reader: this.#reader,
      clock,
      logger: parts.logger,
      move: (move) => this.#move(move),
      close: (live) => this.#close(live),
      wake,
      limits: parts.limits ?? NEAR_LIMITS,
    });
    this.#firing = new Firing({
      ...parts,
      near: this.#near,
      reader: this.#reader,
      section: { compression, bytesMax: RECORDS_BYTES_MAX },
      wake,
    });
  }

  /** Begins to fire. To be called once, when the machine has been replayed. */
  start(): void {
    for (const bucket of this.#parts.runner.state.buckets.values()) {
      this.#near.add(bucket, this.#stream(bucket.number), false);
    }
    this.#wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#near.stop();
    this.#firing.stop();
  }

  get counts(): ScheduleCounts {
    let waiting = 0;
    for (const live of this.#near.live.values()) waiting += this.#near.waiting(live);
    return {
      waiting,
      buckets: this.#near.live.size,
      ...this.#firing.counts,
      cancelled: this.#cancelled,
    };
  }

  /** What messages, at least one, add to a frame; or why they can't be delayed. */
  schedule(messages: readonly NewMessage[]): Scheduling | BrokerError {
    if (this.#stopped) return new BrokerError('shutting-down', 'the broker is shutting down');
    for (const { partition, atMs } of messages) {
      const refusal = refuseWrite(partition) ?? this.checkTime(atMs);
      if (refusal !== null) return refusal;
    }
    const nowMs = this.#parts.clock.nowMs();
    const salt = this.#parts.random.bytes(SALT_BYTES);
    return this.#scheduling(
      messages.map(({ partition, atMs, timestampMs, body }) => ({
        topicId: partition.topic.id,
        partition: partition.index,
        dueMs: Math.max(atMs, nowMs),
        salt,
        origin: null,
        timestampMs,
        body,
      })),
    );
  }

  /** Puts messages aside. Answers their handles when they are durable. */
  add(
    { messages, durability }: { readonly messages: readonly NewMessage[]; readonly durability: Durability },
    done: (handles: string[] | BrokerError) => void,
  ): void {
    const scheduling = this.schedule(messages);
    if (scheduling instanceof BrokerError) done(scheduling);
    else this.#append(scheduling, durability, done);
  }

  /** What a handle names. Errors as `cancel`. */
  lookUp(handle: string, done: (message: ListedMessage | BrokerError) => void): void {
    this.#find(handle, (found) => {
      done(found instanceof BrokerError ? found : { ...listed(found, found.message), handle });
    });
  }

  /** Takes a waiting message away. Answers null when that is durable; resource-not-found: it has fired or was cancelled. */
  cancel(handle: string, done: (error: BrokerError | null) => void): void {
    this.#find(handle, (found) => {
      if (found instanceof BrokerError) return done(found);
      this.#takeAway(found, null, (answer) => done(answer instanceof BrokerError ? answer : null));
    });
  }

  /** Gives a waiting message another time, in one frame. Answers its new handle. Errors as `cancel`. */
  move(handle: string, atMs: number, done: (handle: string | BrokerError) => void): void {
    const refusal = this.checkTime(atMs);
    if (refusal !== null) return done(refusal);
    this.#find(handle, (found) => {
      if (found instanceof BrokerError) return done(found);
      const dueMs = Math.max(atMs, this.#parts.clock.nowMs());
      this.#takeAway(found, { ...found.message, dueMs, origin: null }, done);
    });
  }

  /**
   * Waiting messages of a topic (null: of all), by bucket and then in the order in which they came. `from`: where the last listing ended;
   * null: the beginning. There may be more even where fewer than `max` come; `next` is null at the end.
   */
  async list(
    topicId: Uuid | null,
    from: string | null,
    max: number,
  ): Promise<{ messages: ListedMessage[]; next: string | null } | BrokerError> {
    const start =
      from === null ? { fromMs: Number.NEGATIVE_INFINITY, number: -1, offset: 0 } : parseCursor(from);
    if (start === undefined)
      return new BrokerError('invalid-request', 'There is no listing that ended there.');
    const messages: ListedMessage[] = [];
    let bytes = 0;
    let next: string | null = null;
    const buckets = [...this.#near.live.values()].sort(byTime);
    for (const live of buckets) {
      const { number } = live.bucket;
      const order = live.fromMs - start.fromMs || number - start.number;
      if (order < 0 || this.#near.waiting(live) === 0) continue;
      const fromOffset = Math.max(order === 0 ? start.offset : 0, live.bucket.gone.start);
      try {
        await this.#reader.scan(live.stream, fromOffset, (batch) => {
          bytes += batch.length;
          eachMessage(
            batch,
            (offset) => offset >= fromOffset && !live.bucket.gone.has(offset),
            (offset, message) => {
              if (next !== null || (topicId !== null && message.topicId !== topicId)) return;
              if (messages.length < max) messages.push(listed({ bucket: number, offset }, message));
              else next = `${live.fromMs}.${number}.${offset}`;
            },
          );
          if (bytes > LIST_BYTES) next ??= `${live.fromMs}.${number}.${endOf(batch)}`;
          return next === null ? undefined : 'stop';
        });
      } catch (error) {
        if (error instanceof BrokerError) return error;
        throw error;
      }
      if (next !== null) break;
    }
    return { messages, next };
  }

  /** Null, or why nothing can be delayed until then. */
  checkTime(atMs: number): BrokerError | null {
    if (atMs - this.#parts.clock.nowMs() <= DELAY_MAX_MS) return null;
    return new BrokerError('invalid-timestamp', 'A message can be delayed by 100 years at most.');
  }

  #stream(number: number): Stream {
    return this.#parts.log.stream(BUCKET_STREAM, number);
  }

  #scheduling(messages: readonly WaitingMessage[]): Scheduling {
    const nowMs = this.#parts.clock.nowMs();
    const { runner, log } = this.#parts;
    const draft = new Draft({ ...this.#parts, near: this.#near }, messages, ({ dueMs }) =>
      spanOfNew(dueMs, nowMs),
    );
    const enlisted = draft.opened.length === 0 ? null : runner.enlist({ opened: draft.opened });
    const own = enlisted?.batches ?? [];
    const stream = log.stream(SCHEDULE_STREAM, 0);
    let bases: readonly number[] = [];
    let machineCommitted: () => void = () => {};
    return {
      entries: [...own.map((batch) => ({ stream, batch })), ...draft.batches],
      accepted: (baseOffsets) => {
        if (enlisted !== null) machineCommitted = enlisted.accepted();
        this.#opened(draft);
        bases = baseOffsets.slice(own.length);
        return draft
          .places(bases)
          .map((place, i) => printHandle({ ...place, dueMs: messages[i]!.dueMs, salt: messages[i]!.salt }));
      },
      committed: () => {
        machineCommitted();
        noteCommitted(this.#near, draft, bases);
        this.#wake();
      },
    };
  }

  #opened({ opened }: Draft): void {
    for (const { number } of opened) {
      this.#near.add(this.#parts.runner.state.buckets.get(number)!, this.#stream(number), true);
    }
  }

  #append(
    scheduling: Scheduling,
    durability: Durability,
    done: (handles: string[] | BrokerError) => void,
  ): void {
    let handles: string[] = [];
    const outcome = this.#parts.log.append({
      entries: scheduling.entries,
      durability,
      onCommitted: () => {
        scheduling.committed();
        done(handles);
      },
    });
    if (outcome instanceof BrokerError) done(outcome);
    else handles = scheduling.accepted(outcome.baseOffsets);
  }

  /** Large buckets become narrower ones. */
  #move({ from, messages, startOffset }: Move): Promise<void> {
    const draft = new Draft({ ...this.#parts, near: this.#near }, messages, ({ dueMs }) =>
      spanOn(from.bucket.level - 1, dueMs),
    );
    const { number } = from.bucket;
    const command: ScheduleCommand = {
      gone: [{ kind: 'gone', bucket: number, startOffset, ranges: [] }],
      companions: [{ kind: 'advance-start', topicId: BUCKET_STREAM, partition: number, startOffset }],
      unflushed: true,
    };
    return new Promise((resolve, reject) => {
      this.#submit(draft, command, (bases) => (bases instanceof BrokerError ? reject(bases) : resolve()));
    });
  }

  /** What a draft adds, in one frame with other changes. `done` gets the offsets of its batches. False: it was refused. */
  #submit(
    draft: Draft,
    { companions = [], ...changes }: Omit<ScheduleCommand, 'opened'>,
    done: (bases: readonly number[] | BrokerError) => void,
  ): boolean {
    const appends = draft.batches.map(({ number: partition, batch }): FrameCompanion => {
      return { kind: 'append', topicId: BUCKET_STREAM, partition, batch };
    });
    const bases = basesOf(draft);
    let isTaken = true;
    this.#parts.runner.submit(
      { ...changes, opened: draft.opened, companions: [...appends, ...companions] },
      (answer) => {
        if (answer instanceof BrokerError) {
          isTaken = false;
          return done(answer);
        }
        noteCommitted(this.#near, draft, bases);
        done(bases);
      },
    );
    if (isTaken) this.#opened(draft);
    return isTaken;
  }

  /** The stream of a bucket that is empty ends; its number may be used again. */
  #close({ bucket, stream }: LiveBucket): void {
    const { number } = bucket;
    const { endOffset } = stream;
    if (stream.highWatermark < endOffset) return;
    this.#parts.runner.submit(
      {
        closed: [{ kind: 'closed', number }],
        companions: [
          { kind: 'advance-start', topicId: BUCKET_STREAM, partition: number, startOffset: endOffset },
        ],
        unflushed: true,
      },
      () => undefined,
    );
    if (!this.#parts.runner.state.buckets.has(number)) this.#near.live.delete(number);
  }

  /** Where a handle's message is, and what it is. */
  #find(
    text: string,
    done: (found: (Place & { readonly message: WaitingMessage }) | BrokerError) => void,
  ): void {
    const handle = parseHandle(text);
    if (handle === undefined) {
      return done(new BrokerError('invalid-request', 'This is not a handle of a delayed message.'));
    }
    this.#lookUp(handle).then(
      (found) => done(found ?? notFound()),
      (error: unknown) => {
        if (error instanceof BrokerError) done(error);
        else throwLater(this.#parts.clock, error);
      },
    );
  }

  async #lookUp(handle: Handle): Promise<(Place & { readonly message: WaitingMessage }) | null> {
    const live = this.#near.live.get(handle.bucket);
    if (live !== undefined && handle.offset >= live.bucket.gone.start) {
      const isThere = handle.offset < live.stream.highWatermark && !live.bucket.gone.has(handle.offset);
      if (!isThere) return null;
      let found: WaitingMessage | null = null;
      await this.#reader.pick(live.stream, [handle.offset], (_offset, message) => (found = message));
      return isMeant(found, handle) ? { ...handle, message: found! } : null;
    }
    return this.#lookForMoved(handle);
  }

  /** A message that was moved is in a bucket of its time. */
  async #lookForMoved(handle: Handle): Promise<(Place & { readonly message: WaitingMessage }) | null> {
    for (const live of [...this.#near.live.values()]) {
      if (handle.dueMs < live.fromMs || handle.dueMs >= live.toMs) continue;
      let found: (Place & { readonly message: WaitingMessage }) | null = null;
      await this.#reader.scan(live.stream, live.bucket.gone.start, (batch) => {
        eachMessage(
          batch,
          (offset) => !live.bucket.gone.has(offset),
          (offset, message) => {
            const { origin } = message;
            if (origin?.bucket !== handle.bucket || origin.offset !== handle.offset) return;
            if (!isMeant(message, handle)) return;
            found = { bucket: live.bucket.number, offset, message: ownMessage(message) };
          },
        );
        return found === null ? undefined : 'stop';
      });
      if (found !== null) return found;
    }
    return null;
  }

  /** A message goes, and may come again with another time. */
  #takeAway(
    { bucket, offset }: Place,
    again: WaitingMessage | null,
    done: (handle: string | BrokerError) => void,
  ): void {
    const live = this.#near.live.get(bucket);
    // It may have fired, or moved on, while it was looked up.
    if (live === undefined || live.bucket.gone.has(offset)) return done(notFound());
    const nowMs = this.#parts.clock.nowMs();
    const draft = new Draft(
      { ...this.#parts, near: this.#near },
      again === null ? [] : [again],
      ({ dueMs }) => spanOfNew(dueMs, nowMs),
    );
    const changes = { gone: [{ kind: 'gone' as const, bucket, startOffset: 0, ranges: [offset, offset] }] };
    const isTaken = this.#submit(draft, changes, (bases) => {
      if (bases instanceof BrokerError) return done(bases);
      this.#wake();
      const place = draft.places(bases)[0];
      done(place === undefined ? '' : printHandle({ ...place, dueMs: again!.dueMs, salt: again!.salt }));
    });
    if (!isTaken) return;
    if (again === null) this.#cancelled++;
    this.#firing.cancelled(live, offset);
  }

  #wake(): void {
    if (this.#isWoken || this.#stopped) return;
    this.#isWoken = true;
    this.#parts.clock.afterTurn(() => {
      this.#isWoken = false;
      this.#look();
    });
  }

  #look(): void {
    if (this.#stopped) return;
    this.#timer?.cancel();
    this.#timer = null;
    const nowMs = this.#parts.clock.nowMs();
    const nextMs = Math.min(this.#near.look(nowMs), this.#firing.look(nowMs));
    // Nothing waits: what comes wakes.
    if (this.#near.live.size === 0) return;
    const delayMs = Math.min(Math.max(nextMs - nowMs, 0), LOOK_MS);
    this.#timer = this.#parts.clock.setTimer(delayMs, () => this.#look());
  }
}

/** The offsets that the draft's batches are about to get. */
function basesOf({ batches }: Draft): number[] {
  const next = new Map<Stream, number>();
  return batches.map(({ stream, messages }) => {
    const base = next.get(stream) ?? stream.endOffset;
    next.set(stream, base + messages.length);
    return base;
  });
}

function isMeant(message: WaitingMessage | null, { dueMs, salt }: Handle): boolean {
  return message !== null && message.dueMs === dueMs && message.salt.equals(salt);
}

function notFound(): BrokerError {
  return new BrokerError(
    'resource-not-found',
    'There is no delayed message with this handle: it has entered its topic, or was cancelled.',
  );
}

function byTime(a: LiveBucket, b: LiveBucket): number {
  return a.fromMs - b.fromMs || a.bucket.number - b.bucket.number;
}

function listed(place: Place, message: WaitingMessage): ListedMessage {
  const { topicId, partition, dueMs, timestampMs, body, salt, origin } = message;
  return {
    handle: printHandle({ ...(origin ?? place), dueMs, salt }),
    topicId,
    partition,
    dueMs,
    timestampMs,
    bytes: body.length,
  };
}

function endOf(batch: Buffer): number {
  return batchLastOffset(batch) + 1;
}

function parseCursor(text: string): { fromMs: number; number: number; offset: number } | undefined {
  const match = /^(\d{1,15})\.(\d{1,10})\.(\d{1,16})$/.exec(text);
  if (match === null) return undefined;
  return { fromMs: Number(match[1]), number: Number(match[2]), offset: Number(match[3]) };
}
