/**
 * The near future: of buckets that begin soon, the times of their messages in memory, the earliest on top.
 *
 * A bucket is *far* until its begin comes near. Then a small one is loaded: its times are read, never its messages in bulk. A large one
 * of a wide level is split: its messages move to buckets of the next narrower level, in frames of bounded size in which they are
 * gone from the old one. A bucket of the narrowest level that has too many messages is loaded in part, the earliest first.
 * One bucket at a time is loaded or split; until that is done nothing behind its begin fires, so order by time holds across buckets.
 *
 * Memory: 20 bytes for each loaded time, at most `loadedMax` of a bucket; of a split one frame.
 */
import { assert } from '../../base/assert.ts';
import { BrokerError } from '../../base/errors.ts';
import type { Clock, Logger } from '../../platform/ports.ts';
import { throwLater } from '../../platform/throw-later.ts';
import { batchLastOffset } from '../../record/batch.ts';
import { EntryHeap } from '../../schedule/entry-heap.ts';
import { spanFromMs, spanToMs } from '../../schedule/levels.ts';
import { eachDue, eachMessage, ownMessage, type WaitingMessage } from '../../schedule/message.ts';
import type { Bucket } from '../../schedule/model.ts';
import type { Stream } from '../../store/contract.ts';
import type { BucketReader } from './bucket-reader.ts';

/** A bucket is got ready so long before it begins, and longer by what reading it may take. */
const LOAD_AHEAD_MS = 5000;
const LOAD_BYTES_PER_MS = 10_000;
/** What bounds memory and frames. */
export interface NearLimits {
  /** Messages of a bucket of the narrowest level whose times are in memory at most: 20 bytes each. */
  readonly loadedMax: number;
  /** Above either a bucket is split, if it isn't of the narrowest level. */
  readonly splitBytes: number;
  readonly splitMessages: number;
  /** Bytes of messages that move in one frame. */
  readonly moveBytes: number;
}

export const NEAR_LIMITS: NearLimits = {
  loadedMax: 500_000,
  splitBytes: 16 * 1024 * 1024,
  splitMessages: 100_000,
  moveBytes: 512 * 1024,
};

/** How long a bucket is left alone that can't be read. */
const UNREADABLE_RETRY_MS = 5000;

export interface LiveBucket {
  readonly bucket: Bucket;
  readonly stream: Stream;
  readonly fromMs: number;
  readonly toMs: number;
  phase: 'far' | 'loading' | 'splitting' | 'loaded';
  /** Of a bucket that is being loaded: what is committed from here on isn't found by the scan. */
  scanEnd: number;
  /** Loaded are the messages before this one by time and offset. Infinity: all. */
  loadedToMs: number;
  loadedToOffset: number;
  /** Messages on the heap. */
  onHeap: number;
  /** Messages that are being got ready, or are. */
  inHand: number;
  /** Can't be read until then; 0: it can. */
  unreadableUntilMs: number;
}

/** What is moved from one bucket to narrower ones in one frame. */
export interface Move {
  readonly from: LiveBucket;
  readonly messages: readonly WaitingMessage[];
  /** All below this offset is gone from the old one. */
  readonly startOffset: number;
}

export interface NearParts {
  readonly reader: BucketReader;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Resolves when it is committed. Rejects with BrokerError. */
  readonly move: (move: Move) => Promise<void>;
  /** The bucket is empty and gets nothing more. */
  readonly close: (bucket: LiveBucket) => void;
  /** Something has changed: the next look is due. */
  readonly wake: () => void;
  readonly limits: NearLimits;
}

export class Near {
  readonly heap = new EntryHeap();
  readonly live = new Map<number, LiveBucket>();
  readonly #parts: NearParts;
  #busy: LiveBucket | null = null;
  #stopped = false;

  constructor(parts: NearParts) {
    this.#parts = parts;
  }

  /** A bucket that is there. `isNew`: nothing was ever put into it. */
  add(bucket: Bucket, stream: Stream, isNew: boolean): LiveBucket {
    const live: LiveBucket = {
      bucket,
      stream,
      fromMs: spanFromMs(bucket),
      toMs: spanToMs(bucket),
      phase: 'far',
      scanEnd: 0,
      loadedToMs: Number.POSITIVE_INFINITY,
      loadedToOffset: 0,
      onHeap: 0,
      inHand: 0,
      unreadableUntilMs: 0,
    };
    this.live.set(bucket.number, live);
    // There is nothing to read.
    if (isNew && live.fromMs - LOAD_AHEAD_MS <= this.#parts.clock.nowMs()) live.phase = 'loaded';
    return live;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Messages that wait in a bucket, committed or not. */
  waiting({ bucket, stream }: LiveBucket): number {
    return stream.endOffset - bucket.gone.start - bucket.gone.count;
  }

  /** A message was committed to its bucket. */
  committed(live: LiveBucket, offset: number, dueMs: number): void {
    if (live.phase === 'far' || live.phase === 'splitting') return;
    if (live.phase === 'loading' && offset < live.scanEnd) return;
    if (live.bucket.gone.has(offset)) return;
    if (dueMs > live.loadedToMs || (dueMs === live.loadedToMs && offset > live.loadedToOffset)) return;
    this.#push(live, offset, dueMs);
    if (live.phase === 'loaded' && live.onHeap > this.#loadedMax(live) * 2) this.#unload(live);
  }

  /** Back from the hand. */
  putBack(live: LiveBucket, offset: number, dueMs: number): void {
    live.inHand--;
    if (!live.bucket.gone.has(offset)) this.#push(live, offset, dueMs);
  }

  /** Nothing behind this time may be taken yet. */
  horizonMs(): number {
    let horizonMs = Number.POSITIVE_INFINITY;
    for (const live of this.live.values()) {
      if (live.unreadableUntilMs > 0) continue;
      const boundMs = live.phase === 'loaded' ? live.loadedToMs : live.fromMs - 1;
      if (boundMs < horizonMs) horizonMs = boundMs;
    }
    return horizonMs;
  }

  /** Can't be got ready now: the others go on without it. */
  unreadable(live: LiveBucket, error: BrokerError): void {
    this.#parts.logger.error(
      { bucket: live.bucket.number, err: error },
      `Delayed messages can't be got ready: ${error.message}`,
    );
    this.#unload(live);
    live.unreadableUntilMs = this.#parts.clock.nowMs() + UNREADABLE_RETRY_MS;
  }

  /** Begins what is due, closes what is over; returns when to look again. */
  look(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY;
    let next: LiveBucket | null = null;
    for (const live of [...this.live.values()]) {
      if (live.phase === 'loaded') {
        this.#lookAtLoaded(live, nowMs);
        continue;
      }
      if (live.phase !== 'far' || live.inHand > 0) continue;
      const isBad = live.unreadableUntilMs > 0;
      const atMs = isBad
        ? live.unreadableUntilMs
        : live.fromMs - LOAD_AHEAD_MS - live.stream.sizeBytes / LOAD_BYTES_PER_MS;
      if (atMs > nowMs) nextMs = Math.min(nextMs, atMs);
      else if (next === null || live.fromMs < next.fromMs) next = live;
    }
    if (next !== null && this.#busy === null) this.#begin(next);
    return nextMs;
  }

  #lookAtLoaded(live: LiveBucket, nowMs: number): void {
    if (live.onHeap > 0 || live.inHand > 0) return;
    if (live.loadedToMs < Number.POSITIVE_INFINITY) {
      // What was loaded of it has fired: the next part.
      live.phase = 'far';
      this.#parts.wake();
    } else if (live.toMs <= nowMs && this.waiting(live) === 0) {
      this.#parts.close(live);
    }
  }

  #loadedMax({ bucket }: LiveBucket): number {
    const { loadedMax, splitMessages } = this.#parts.limits;
    return bucket.level === 0 ? loadedMax : splitMessages;
  }

  #push(live: LiveBucket, offset: number, dueMs: number): void {
    this.heap.push(dueMs, live.bucket.number, offset);
    live.onHeap++;
  }

  /** Its times are read again, or it is split, when nothing of it is in hand. */
  #unload(live: LiveBucket): void {
    if (live.onHeap > 0) this.heap.filter((_dueMs, number) => number !== live.bucket.number);
    live.onHeap = 0;
    live.phase = 'far';
    this.#parts.wake();
  }

  #begin(live: LiveBucket): void {
    live.unreadableUntilMs = 0;
    const { splitBytes, splitMessages } = this.#parts.limits;
    const isLarge = live.stream.sizeBytes > splitBytes || this.waiting(live) > splitMessages;
    this.#busy = live;
    (isLarge && live.bucket.level > 0 ? this.#split(live) : this.#load(live))
      .catch((error: unknown) => {
        if (!(error instanceof BrokerError)) throw error;
        if (!this.#stopped) this.unreadable(live, error);
      })
      .then(() => {
        this.#busy = null;
        if (!this.#stopped) this.#parts.wake();
      })
      // A broken invariant ends the process.
      .catch((error: unknown) => throwLater(this.#parts.clock, error));
  }

  async #load(live: LiveBucket): Promise<void> {
    const { bucket, stream } = live;
    const loadedMax = this.#loadedMax(live);
    live.phase = 'loading';
    live.scanEnd = stream.highWatermark;
    live.loadedToMs = Number.POSITIVE_INFINITY;
    // The latest on top: it goes when there are too many.
    const earliest = new EntryHeap('latest');
    let isPart = false;
    await this.#parts.reader.scan(stream, bucket.gone.start, (batch) => {
      eachDue(batch, (offset, dueMs) => {
        if (offset >= live.scanEnd || bucket.gone.has(offset)) return;
        if (earliest.size < loadedMax) earliest.push(dueMs, bucket.number, offset);
        else {
          isPart = true;
          if (!earliest.topIsBehind(dueMs, bucket.number, offset)) return;
          earliest.pop();
          earliest.push(dueMs, bucket.number, offset);
        }
      });
      return undefined;
    });
    live.phase = 'loaded';
    if (isPart) {
      const last = earliest.pop();
      live.loadedToMs = last.dueMs;
      live.loadedToOffset = last.offset;
      this.#push(live, last.offset, last.dueMs);
      // What was committed meanwhile and comes behind is read with the next part.
      const isAhead = (dueMs: number, offset: number): boolean =>
        dueMs < last.dueMs || (dueMs === last.dueMs && offset <= last.offset);
      live.onHeap -= this.heap.filter(
        (dueMs, number, offset) => number !== bucket.number || isAhead(dueMs, offset),
      );
    }
    earliest.forEach((dueMs, _number, offset) => {
      // Cancelled while it was read.
      if (!bucket.gone.has(offset)) this.#push(live, offset, dueMs);
    });
  }

  async #split(live: LiveBucket): Promise<void> {
    const { bucket, stream } = live;
    live.phase = 'splitting';
    while (!this.#stopped && this.#waitsToMove(live)) {
      let messages: { offset: number; message: WaitingMessage }[] = [];
      let bytes = 0;
      let startOffset = bucket.gone.start;
      const flush = async (): Promise<void> => {
        if (this.#stopped) return;
        // Cancelled while they were read.
        const left = messages.filter(({ offset }) => !bucket.gone.has(offset));
        messages = [];
        bytes = 0;
        await this.#parts.move({ from: live, messages: left.map(({ message }) => message), startOffset });
      };
      await this.#parts.reader.scan(stream, bucket.gone.start, (batch) => {
        eachMessage(
          batch,
          (offset) => !bucket.gone.has(offset),
          (offset, message) => {
            messages.push({ offset, message: movedFrom(message, bucket.number, offset) });
            bytes += message.body.length;
          },
        );
        startOffset = batchLastOffset(batch) + 1;
        return bytes < this.#parts.limits.moveBytes ? undefined : flush();
      });
      if (startOffset > bucket.gone.start) await flush();
      // What isn't committed yet is there in a moment.
      else await new Promise<void>((resolve) => this.#parts.clock.setTimer(1, resolve));
    }
    if (this.#stopped) return;
    live.phase = 'loaded';
    this.#parts.close(live);
  }

  #waitsToMove({ bucket, stream }: LiveBucket): boolean {
    assert(bucket.gone.start <= stream.endOffset, 'what is gone was there');
    return bucket.gone.start < stream.endOffset;
  }
}

/** Its handle goes on to name where it was put first. */
function movedFrom(message: WaitingMessage, bucket: number, offset: number): WaitingMessage {
  return { ...ownMessage(message), origin: message.origin ?? { bucket, offset } };
}
