/**
 * Gets messages ready shortly before they are due and has them enter their topics when they are: their bodies are read, and the
 * batches in which they enter are made; at its time a group goes into the log in one frame with the word that its messages are gone.
 *
 * Order is that of time. What is late, after a stop or a jump of the clock, goes at once, in order, too. What the log refuses
 * (a full disk) stays ready and is tried again.
 */
import { assert } from '../../base/assert.ts';
import { BrokerError } from '../../base/errors.ts';
import { TimeHistogram } from '../../base/time-histogram.ts';
import type { Uuid } from '../../base/uuid.ts';
import type { FrameCompanion } from '../../machine/machine.ts';
import type { Topic } from '../../metadata/image.ts';
import type { Clock, CompressionCodec } from '../../platform/ports.ts';
import { throwLater } from '../../platform/throw-later.ts';
import { closedBatch } from '../../record/open.ts';
import type { SectionOptions } from '../../record/section.ts';
import { buildDueBatch, dueRecordBytes } from '../../schedule/due-batch.ts';
import type { HeapEntry } from '../../schedule/entry-heap.ts';
import type { WaitingMessage } from '../../schedule/message.ts';
import type { MessagesGone } from '../../schedule/records.ts';
import type { BucketReader } from './bucket-reader.ts';
import type { ScheduleRunner } from './draft.ts';
import type { LiveBucket, Near } from './near.ts';

/** Messages are got ready so long before they are due. */
const READY_AHEAD_MS = 1000;
/** Messages that are got ready at a time, and bytes of all that are ready. */
const STEP_MESSAGES = 1000;
const READY_BYTES = 16 * 1024 * 1024;
/** Bytes of one batch, and of one frame. */
const BATCH_BYTES = 512 * 1024;
const FRAME_BYTES = 8 * 1024 * 1024;
/** Bytes that are on their way to the disk; more wait. */
const UNDER_WAY_BYTES = 32 * 1024 * 1024;
/** How long it takes until what the log refused is tried again. */
const REFUSED_RETRY_MS = 500;

/** One batch for one partition; null: there is no such topic any more, and its messages are dropped. */
interface DueAppend {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly batch: Buffer;
  readonly count: number;
}

/** Messages that fire together. */
interface Group {
  readonly dueMs: number;
  readonly entries: readonly HeapEntry[];
  readonly gone: readonly MessagesGone[];
  readonly appends: readonly DueAppend[];
  readonly bytes: number;
}

export interface FiringParts {
  readonly near: Near;
  readonly reader: BucketReader;
  readonly clock: Clock;
  readonly runner: ScheduleRunner;
  readonly topic: (id: Uuid) => Topic | undefined;
  readonly section: SectionOptions;
  readonly wake: () => void;
}

/** How late delayed messages may be in each bucket of the histogram. */
const LATE_BOUNDS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 60_000];

interface FiringCounts {
  /** Messages that entered their topics. */
  fired: number;
  /** Messages whose topic or partition was gone. */
  dropped: number;
  /** How late the last one was taken into the log, ms. */
  lastLateMs: number;
  readonly late: TimeHistogram;
}

export class Firing {
  readonly counts: FiringCounts = {
    fired: 0,
    dropped: 0,
    lastLateMs: 0,
    late: new TimeHistogram(LATE_BOUNDS_MS),
  };
  readonly #parts: FiringParts;
  /** By time, those that were made first in front. */
  #ready: Group[] = [];
  #readyBytes = 0;
  #underWayBytes = 0;
  /** The earliest of what is being read; null: nothing is. */
  #readingFromMs: number | null = null;
  #retryAtMs = 0;
  #stopped = false;

  constructor(parts: FiringParts) {
    this.#parts = parts;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Fires what is due, gets ready what soon will be; returns when to look again. */
  look(nowMs: number): number {
    if (this.#stopped) return Number.POSITIVE_INFINITY;
    this.#fireDue(nowMs);
    this.#getReady(nowMs);
    const refusedMs = this.#retryAtMs - this.#parts.clock.monotonicMs();
    if (refusedMs > 0) return nowMs + refusedMs;
    // What is due already and isn't here waits for a read or a commit, which wake.
    const readyMs = this.#ready[0]?.dueMs ?? Number.POSITIVE_INFINITY;
    const heapMs = this.#parts.near.heap.topMs - READY_AHEAD_MS;
    return Math.min(
      readyMs > nowMs ? readyMs : Number.POSITIVE_INFINITY,
      heapMs > nowMs ? heapMs : Number.POSITIVE_INFINITY,
    );
  }

  /** A message was cancelled: where it was ready already, the others of its group are made ready again. */
  cancelled(live: LiveBucket, offset: number): void {
    const at = this.#ready.findIndex(({ entries }) =>
      entries.some((entry) => entry.bucket === live.bucket.number && entry.offset === offset),
    );
    if (at < 0) return;
    const [group] = this.#ready.splice(at, 1);
    this.#readyBytes -= group!.bytes;
    this.#putBack(group!.entries);
  }

  #fireDue(nowMs: number): void {
    if (this.#parts.clock.monotonicMs() < this.#retryAtMs) return;
    // Something earlier has come since: it goes first.
    const earlierMs = Math.min(this.#parts.near.heap.topMs, this.#readingFromMs ?? Number.POSITIVE_INFINITY);
    while (this.#underWayBytes < UNDER_WAY_BYTES) {
      let count = 0;
      let bytes = 0;
      while (count < this.#ready.length && bytes < FRAME_BYTES) {
        const { dueMs } = this.#ready[count]!;
        if (dueMs > nowMs || dueMs > earlierMs) break;
        bytes += this.#ready[count++]!.bytes;
      }
      if (count === 0 || !this.#fire(this.#ready.slice(0, count), bytes, nowMs)) return;
    }
  }

  /** One frame. False: it was refused. */
  #fire(groups: readonly Group[], bytes: number, nowMs: number): boolean {
    const companions: FrameCompanion[] = [];
    let unflushed = true;
    let fired = 0;
    let messages = 0;
    for (const { appends, entries } of groups) {
      messages += entries.length;
      for (const { topicId, partition, batch, count } of appends) {
        const topic = this.#parts.topic(topicId);
        if (topic === undefined) continue;
        if (topic.config.durability === 'fsync') unflushed = false;
        companions.push({ kind: 'append', topicId, partition, batch });
        fired += count;
      }
    }
    const gone = groups.flatMap((group) => group.gone);
    let refusal: BrokerError | null = null;
    this.#underWayBytes += bytes;
    this.#parts.runner.submit({ gone, companions, unflushed }, (answer) => {
      this.#underWayBytes -= bytes;
      if (answer instanceof BrokerError) refusal = answer;
      else this.#parts.wake();
    });
    // What is refused is answered at once.
    if (refusal !== null) {
      this.#retryAtMs = this.#parts.clock.monotonicMs() + REFUSED_RETRY_MS;
      return false;
    }
    this.#ready.splice(0, groups.length);
    this.#readyBytes -= bytes;
    for (const { entries } of groups) {
      for (const { bucket, dueMs } of entries) {
        this.#live(bucket).inHand--;
        this.counts.late.note(Math.max(0, nowMs - dueMs));
      }
    }
    this.counts.fired += fired;
    this.counts.dropped += messages - fired;
    this.counts.lastLateMs = nowMs - groups.at(-1)!.entries.at(-1)!.dueMs;
    return true;
  }

  /** Takes the next ones from the heap, where there is room for them. */
  #getReady(nowMs: number): void {
    if (this.#readingFromMs !== null || this.#readyBytes >= READY_BYTES) return;
    const { near } = this.#parts;
    const toMs = Math.min(nowMs + READY_AHEAD_MS, near.horizonMs());
    const entries: HeapEntry[] = [];
    while (near.heap.size > 0 && near.heap.topMs <= toMs && entries.length < STEP_MESSAGES) {
      const entry = near.heap.pop();
      const live = this.#live(entry.bucket);
      live.onHeap--;
      // Cancelled since.
      if (live.bucket.gone.has(entry.offset)) continue;
      live.inHand++;
      entries.push(entry);
    }
    if (entries.length === 0) return;
    this.#readingFromMs = entries[0]!.dueMs;
    this.#read(entries)
      .catch((error: unknown) => throwLater(this.#parts.clock, error))
      .then(() => {
        this.#readingFromMs = null;
        if (!this.#stopped) this.#parts.wake();
      });
  }

  async #read(entries: readonly HeapEntry[]): Promise<void> {
    const messages = new Map<number, Map<number, WaitingMessage>>();
    for (const [number, offsets] of offsetsByBucket(entries)) {
      const found = new Map<number, WaitingMessage>();
      messages.set(number, found);
      const live = this.#live(number);
      try {
        await this.#parts.reader.pick(live.stream, offsets, (offset, message) => found.set(offset, message));
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        if (this.#stopped) return;
        // All of it is read again later; the others go on.
        this.#parts.near.unreadable(live, error);
        messages.delete(number);
        live.inHand -= offsets.length;
      }
    }
    if (this.#stopped) return;
    const read = entries.filter(({ bucket }) => messages.has(bucket));
    this.#makeGroups(read, (entry) => messages.get(entry.bucket)!.get(entry.offset)!);
  }

  /** Groups by time; what is late is one group, up to what is ready already and comes behind. */
  #makeGroups(entries: readonly HeapEntry[], messageOf: (entry: HeapEntry) => WaitingMessage): void {
    const nowMs = this.#parts.clock.nowMs();
    let from = 0;
    while (from < entries.length) {
      const fromMs = entries[from]!.dueMs;
      const behind = this.#ready.find(({ dueMs }) => dueMs > fromMs);
      const toMs = Math.max(fromMs, Math.min(nowMs, (behind?.dueMs ?? Number.POSITIVE_INFINITY) - 1));
      let to = from + 1;
      while (to < entries.length && entries[to]!.dueMs <= toMs) to++;
      this.#addGroup(entries.slice(from, to), Math.max(fromMs, nowMs), messageOf);
      from = to;
    }
  }

  #addGroup(
    taken: readonly HeapEntry[],
    timestampMs: number,
    messageOf: (entry: HeapEntry) => WaitingMessage,
  ): void {
    const entries: HeapEntry[] = [];
    for (const entry of taken) {
      const live = this.#live(entry.bucket);
      // Cancelled while it was read.
      if (live.bucket.gone.has(entry.offset)) live.inHand--;
      else entries.push(entry);
    }
    if (entries.length === 0) return;
    const appends = this.#makeBatches(entries.map(messageOf), timestampMs);
    const bytes = appends.reduce((sum, { batch }) => sum + batch.length, 0);
    // Not before its last message is due, whatever the clock says by then.
    const group = { dueMs: entries.at(-1)!.dueMs, entries, gone: goneOf(entries), appends, bytes };
    let at = this.#ready.length;
    while (at > 0 && this.#ready[at - 1]!.dueMs > group.dueMs) at--;
    this.#ready.splice(at, 0, group);
    this.#readyBytes += bytes;
  }

  /** The batches in which messages enter their partitions, in order. */
  #makeBatches(messages: readonly WaitingMessage[], timestampMs: number): DueAppend[] {
    const appends: DueAppend[] = [];
    const open = new Map<string, { message: WaitingMessage; bodies: Buffer[]; bytes: number }>();
    const finish = (key: string): void => {
      const { message, bodies } = open.get(key)!;
      open.delete(key);
      const topic = this.#parts.topic(message.topicId);
      if (topic === undefined || message.partition >= topic.partitionCount) return;
      const { topicId, partition } = message;
      const batch = this.#batch(bodies, topic, timestampMs);
      appends.push({ topicId, partition, batch, count: bodies.length });
    };
    for (const message of messages) {
      const key = `${message.topicId}${message.partition}`;
      const bytes = dueRecordBytes(message.body);
      const bytesMax = Math.min(
        BATCH_BYTES,
        this.#parts.topic(message.topicId)?.config.maxMessageBytes ?? BATCH_BYTES,
      );
      const before = open.get(key);
      if (before !== undefined && before.bytes + bytes > bytesMax) finish(key);
      const into = open.get(key);
      if (into === undefined) open.set(key, { message, bodies: [message.body], bytes });
      else {
        into.bodies.push(message.body);
        into.bytes += bytes;
      }
    }
    for (const key of [...open.keys()]) finish(key);
    return appends;
  }

  #batch(bodies: readonly Buffer[], { config }: Topic, timestampMs: number): Buffer {
    const logAppendTime = config.timestampType === 'LogAppendTime';
    const batch = buildDueBatch(bodies, { timestampMs, logAppendTime });
    const codec: CompressionCodec = config.compression?.codec ?? 0;
    if (codec === 0) return batch;
    return closedBatch(batch, { codec, level: config.compression?.level }, this.#parts.section);
  }

  #putBack(entries: readonly HeapEntry[]): void {
    for (const { bucket, offset, dueMs } of entries) {
      this.#parts.near.putBack(this.#live(bucket), offset, dueMs);
    }
  }

  #live(number: number): LiveBucket {
    const live = this.#parts.near.live.get(number);
    assert(live !== undefined, 'a bucket with messages is there');
    return live;
  }
}

/** The offsets of each bucket, ascending. */
function offsetsByBucket(entries: readonly HeapEntry[]): Map<number, number[]> {
  const byBucket = new Map<number, number[]>();
  for (const { bucket, offset } of entries) {
    const offsets = byBucket.get(bucket);
    if (offsets === undefined) byBucket.set(bucket, [offset]);
    else offsets.push(offset);
  }
  for (const offsets of byBucket.values()) offsets.sort((a, b) => a - b);
  return byBucket;
}

/** That these messages are gone, a record for each bucket. */
function goneOf(entries: readonly HeapEntry[]): MessagesGone[] {
  return [...offsetsByBucket(entries)].map(([bucket, offsets]) => {
    const ranges: number[] = [];
    for (const offset of offsets) {
      if (ranges.length > 0 && ranges.at(-1) === offset - 1) ranges[ranges.length - 1] = offset;
      else ranges.push(offset, offset);
    }
    return { kind: 'gone', bucket, startOffset: 0, ranges };
  });
}
