/**
 * Moves the place of a subscription in some of its channels: back to messages that were done, or on over some that weren't.
 *
 * What was done isn't known by channel, so the messages are looked for in the log: as far back as a new subscription would begin
 * (stretchesMax messages of a partition), and in all that wasn't met yet. One pass is under way at a time, through one topic, for
 * all that have asked for it until it began; others have their turn after each read.
 */
import { MalformedError } from '../base/byte-reader.ts';
import { BrokerError } from '../base/errors.ts';
import { channelKey } from '../queue/channels.ts';
import type { ChannelPlace } from '../queue/commands.ts';
import { knownWindow } from '../queue/model.ts';
import { keyOf, type SelectRules } from '../queue/select.ts';
import {
  batchBaseOffset,
  batchIsControl,
  batchRecordCount,
  eachBatch,
  nextOffsetOf,
} from '../record/batch.ts';
import { recordsSection } from '../record/section.ts';
import { recordTimestampMs } from '../record/timestamps.ts';
import { walkRecords } from '../record/walk.ts';
import type { ReadResult } from '../store/contract.ts';
import { abortedIn, isOfAborted } from './aborted.ts';
import type { QueueRunner, QueueRuntime, QueueSubscription } from './queues.ts';
import { readOnce } from './stored-messages.ts';
import { endOf } from './subscription-reader.ts';
import type { Partition } from './topics.ts';

const READ_BYTES_MAX = 1024 * 1024;
/** Ranges of messages that one pass may find. The machine decides about them in one turn: 50,000 take a fifth of a second. */
const RANGES_MAX = 100_000;
/** Requests that wait for their pass. */
const WAITING_MAX = 10_000;

/**
 * Where a channel goes on. earliest: at its oldest message that is found. latest: with what comes from now on. tail: so many messages
 * before its end. timestampMs: at its first message that is no older. offset: at its first message that stands there or behind; as
 * for tail, all that are found have to be in one partition.
 */
export type ChannelStart =
  | 'earliest'
  | 'latest'
  | { readonly tail: number }
  | { readonly timestampMs: number }
  | { readonly offset: number };

export interface ChannelSeekRequest {
  readonly subscription: QueueSubscription;
  readonly names: Iterable<string>;
  readonly to: ChannelStart;
  /** When it is durable. */
  readonly done: (error: BrokerError | null) => void;
}

interface Found {
  first: number;
  last: number;
}

/** One channel of a request, in the partition that is looked at. */
interface Sought {
  readonly name: Buffer;
  readonly key: number;
  readonly request: Waiting;
  found: Found[];
  /** The first that is not older than asked for; −1: none. */
  timelyOffset: number;
  readonly places: Place[];
}

/** `end`: of the part of the partition that was looked at. */
type Place = ChannelPlace & { readonly end: number };

interface Waiting {
  readonly subscription: QueueSubscription;
  readonly to: ChannelStart;
  readonly channels: readonly Sought[];
  readonly done: (error: BrokerError | null) => void;
  isOver: boolean;
}

export class ChannelSeeks {
  readonly #runtime: QueueRuntime;
  readonly #runner: QueueRunner;
  #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(runtime: QueueRuntime, runner: QueueRunner) {
    this.#runtime = runtime;
    this.#runner = runner;
  }

  /** Refuses with queue-full, offset-out-of-range, invalid-request. Returns what ends it without an answer, and without effect. */
  seek({ subscription, names, to, done }: ChannelSeekRequest): { cancel(): void } {
    const channels: Sought[] = [];
    const waiting: Waiting = { subscription, to, channels, done, isOver: false };
    const keys = new Set<number>();
    for (const text of new Set(names)) {
      const name = Buffer.from(text);
      const key = channelKey(name);
      // Of two names with one key the first is moved.
      if (keys.has(key)) continue;
      keys.add(key);
      channels.push({ name, key, request: waiting, found: [], timelyOffset: -1, places: [] });
    }
    const cancel = (): void => {
      waiting.isOver = true;
    };
    if (this.#waiting.length >= WAITING_MAX) finish(waiting, tooMuch(`${WAITING_MAX} requests wait for it`));
    else this.#waiting.push(waiting);
    if (!this.#isRunning) void this.#run();
    return { cancel };
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      const { subscription } = this.#waiting[0]!;
      const taken = this.#waiting.filter((one) => one.subscription === subscription);
      this.#waiting = this.#waiting.filter((one) => one.subscription !== subscription);
      await new Pass(this.#runtime, subscription, taken).run();
      for (const waiting of taken) this.#settle(waiting);
    }
    this.#isRunning = false;
  }

  #settle(waiting: Waiting): void {
    if (waiting.isOver) return;
    const { subscription, channels } = waiting;
    const command = { kind: 'seek-channels', id: subscription.id, channels } as const;
    this.#runner.submit(command, (answer) => finish(waiting, answer instanceof BrokerError ? answer : null));
  }
}

/** One way through the log of a topic. */
class Pass {
  readonly #runtime: QueueRuntime;
  readonly #subscription: QueueSubscription;
  readonly #requests: readonly Waiting[];
  readonly #sought = new Map<number, Sought[]>();
  #ranges = 0;

  constructor(runtime: QueueRuntime, subscription: QueueSubscription, requests: readonly Waiting[]) {
    this.#runtime = runtime;
    this.#subscription = subscription;
    this.#requests = requests;
    for (const channel of requests.flatMap(({ channels }) => channels)) {
      const others = this.#sought.get(channel.key);
      if (others === undefined) this.#sought.set(channel.key, [channel]);
      else others.push(channel);
    }
  }

  /** Requests that come to nothing are answered. */
  async run(): Promise<void> {
    const partitions = this.#runtime.partitionsOf(this.#subscription, null);
    if (partitions instanceof BrokerError) return this.#fail(partitions);
    for (const partition of partitions) {
      if (this.#requests.every(({ isOver }) => isOver)) return;
      const { startOffset } = partition.stream;
      const { settings } = this.#subscription.state;
      const end = endOf(this.#subscription, partition);
      const unmet = knownWindow(this.#subscription.state, partition.index).candidate(startOffset);
      const from = Math.max(startOffset, Math.min(unmet, end - settings.stretchesMax));
      const error = await this.#lookThrough(partition, { from, end });
      if (error !== null) return this.#fail(error);
      for (const channel of this.#channels()) place(channel, { partition: partition.index, from, end });
    }
    for (const request of this.#requests) {
      const problem = request.isOver ? null : problemOf(request);
      if (problem !== null) finish(request, problem);
    }
  }

  *#channels(): Generator<Sought> {
    for (const channels of this.#sought.values()) yield* channels;
  }

  #fail(error: BrokerError): void {
    for (const request of this.#requests) finish(request, error);
  }

  async #lookThrough(
    partition: Partition,
    { from, end }: { readonly from: number; readonly end: number },
  ): Promise<BrokerError | null> {
    const { log, clock } = this.#runtime;
    const { stream } = partition;
    for (let next = from; next < end; ) {
      const offset = Math.max(next, stream.startOffset);
      const read = await readOnce(log, { stream, offset, bytesMax: READ_BYTES_MAX, endOffset: end });
      if (read instanceof BrokerError) return read;
      if (read.batches.length === 0) return null;
      try {
        this.#look(partition, read, { from: offset, end });
        next = Math.max(offset + 1, nextOffsetOf(read.batches));
      } finally {
        log.blocks.releaseAll(read.batches);
      }
      await new Promise<void>((resolve) => clock.afterTurn(resolve));
    }
    return null;
  }

  #look(
    partition: Partition,
    read: ReadResult,
    { from, end }: { readonly from: number; readonly end: number },
  ): void {
    const { readCommitted } = this.#subscription.state.settings;
    const aborted = readCommitted ? abortedIn(partition, read, from) : [];
    const rules = this.#runtime.rulesOf(this.#subscription, null);
    for (const batch of eachBatch(read.batches)) {
      if (batchIsControl(batch) || isOfAborted(aborted, batch)) continue;
      try {
        this.#lookInto(batch, { from, end, rules });
      } catch (error) {
        // What can't be opened is handed to nobody.
        if (!(error instanceof MalformedError)) throw error;
      }
    }
  }

  #lookInto(
    batch: Buffer,
    { from, end, rules }: { readonly from: number; readonly end: number; readonly rules: SelectRules },
  ): void {
    const section = recordsSection(batch, rules.section);
    const base = batchBaseOffset(batch);
    const { filter, expiry, nowMs } = rules;
    walkRecords(section, batchRecordCount(batch), (record) => {
      const offset = base + record.offsetDelta;
      if (offset >= end) return false;
      if (offset < from || record.keyLength < 0) return true;
      const sought = this.#sought.get(keyOf(section, record));
      if (sought === undefined) return true;
      const timestampMs = recordTimestampMs(batch, record);
      if (filter?.matches(section, record, timestampMs) === false) return true;
      if (expiry !== null && expiry.expiresAtMs(section, record, timestampMs) < nowMs) return true;
      const { keyStart, keyLength } = record;
      for (const channel of sought) {
        if (channel.name.compare(section, keyStart, keyStart + keyLength) !== 0) continue;
        this.#add(channel, offset, timestampMs);
      }
      return true;
    });
  }

  #add(channel: Sought, offset: number, timestampMs: number): void {
    const { found, request } = channel;
    if (request.isOver) return;
    const { to } = request;
    const isTimely = typeof to === 'object' && 'timestampMs' in to && timestampMs >= to.timestampMs;
    if (isTimely && channel.timelyOffset < 0) channel.timelyOffset = offset;
    const before = found.at(-1);
    if (before !== undefined && before.last + 1 === offset) {
      before.last = offset;
      return;
    }
    if (++this.#ranges > RANGES_MAX)
      return finish(request, tooMuch(`${RANGES_MAX} ranges of messages were found`));
    found.push({ first: offset, last: offset });
  }
}

/** A partition was looked through: says where the channel goes on there, and begins the next one. */
function place(
  channel: Sought,
  { partition, from, end }: { readonly partition: number; readonly from: number; readonly end: number },
): void {
  const { found, timelyOffset, request, places } = channel;
  channel.found = [];
  channel.timelyOffset = -1;
  if (request.isOver) return;
  const to = placeIn(request.to, { found, timelyOffset, end });
  if (to !== null) places.push({ partition, to, found, from, end });
}

/** Null: nothing is said of this partition. */
function placeIn(
  to: ChannelStart,
  {
    found,
    timelyOffset,
    end,
  }: { readonly found: readonly Found[]; readonly timelyOffset: number; readonly end: number },
): number | null {
  if (to === 'earliest') return 0;
  if (to === 'latest') return end;
  if ('timestampMs' in to) return timelyOffset < 0 ? end : timelyOffset;
  if (found.length === 0) return null;
  return 'offset' in to ? to.offset : fromEnd(found, to.tail, end);
}

/** Where the last `count` messages begin; 0: there are no more than that. */
function fromEnd(found: readonly Found[], count: number, end: number): number {
  if (count === 0) return end;
  let left = count;
  for (let i = found.length - 1; i >= 0; i--) {
    const { first, last } = found[i]!;
    const length = last - first + 1;
    if (length >= left) return left === length && i === 0 ? 0 : last - left + 1;
    left -= length;
  }
  return 0;
}

/** Why a place can't be told; null: it can. */
function problemOf({ channels, to }: Waiting): BrokerError | null {
  if (to === 'earliest' || to === 'latest' || 'timestampMs' in to) return null;
  const divided = channels.find(({ places }) => places.length > 1);
  if (divided !== undefined) {
    const partitions = divided.places.map(({ partition }) => partition).join(', ');
    const sentence =
      `The messages of '${divided.name}' are in partitions ${partitions}: an offset, or how many there are, says nothing ` +
      'of all of them. Say a time.';
    return new BrokerError('invalid-request', sentence);
  }
  const behind = channels.flatMap(({ places }) => places).find((one) => one.to > one.end);
  if (behind === undefined) return null;
  const sentence = `Offset ${behind.to} is behind the end of partition ${behind.partition}, which is ${behind.end}.`;
  return new BrokerError('offset-out-of-range', sentence);
}

function tooMuch(what: string): BrokerError {
  return new BrokerError('queue-full', `Too much is asked for at once (${what}): try again, or with less.`);
}

function finish(waiting: Waiting, error: BrokerError | null): void {
  if (waiting.isOver) return;
  waiting.isOver = true;
  waiting.done(error);
}
