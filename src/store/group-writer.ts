/**
 * Group commit. Frames that were accepted in one turn of the event loop leave in one writev; where one of them asks
 * for durability, one fdatasync follows beside the loop and answers all that was written before it began. While it
 * runs, the next groups are written. A large group is written beside the loop as well, and the next gathers meanwhile.
 *
 * Guarantees: frames are written in the order of their sequences; a frame commits after all earlier frames of its
 * streams; a stream's high watermark moves, and its watchers are told, before the callbacks of the frames that moved it;
 * after a failed fdatasync, or a write that failed for another reason than space, nothing commits ever again.
 *
 * A write that finds the disk full is kept and tried again, as its frames were accepted: until it succeeds, nothing
 * later is written and no append is accepted.
 */
import { assert } from '../base/assert.ts';
import { TimeHistogram } from '../base/time-histogram.ts';
import { type Clock, DiskError, type Timer } from '../platform/ports.ts';
import type { Chunk } from './chunk.ts';
import type { WriteGroup } from './frame-gatherer.ts';
import type { StreamState } from './stream-state.ts';

/** How long flushes may take in each bucket of the histogram. */
const FLUSH_BOUNDS_MS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** How a frame commits. */
const AT_WRITE = 0;
const AT_SYNC = 1;

/** Up to here a flush costs less than the way to the thread pool and back. */
const FLUSH_HERE_MS_MAX = 0.35;
const FLUSH_HERE_BYTES_MAX = 64 * 1024;
/** Weight of the last flush in the mean. */
const FLUSH_WEIGHT = 1 / 8;

/** Committed frames at the head of the queue after which it is moved up. */
const COMPACT_AT = 4096;

export interface GroupWriterOptions {
  readonly clock: Clock;
  readonly fullRetryMs: number;
  readonly writeHereBytesMax: number;
  /** Closes the group that is being gathered and returns all that wait to be written, oldest first. */
  readonly takeGroups: () => WriteGroup[];
  /** A group is in the file: its buffers are not needed here any more. */
  readonly onWritten: (group: WriteGroup) => void;
  /** Called once, for what ends this log. */
  readonly onFailed: (what: string, error: DiskError) => void;
  /** A write met a full disk, or went through after that. */
  readonly onFull: (full: boolean) => void;
  /** After each flush: nothing waits, so something slow may be done. */
  readonly onIdle: () => void;
}

type Callback = (() => void) | undefined;

export class GroupWriter {
  readonly flushTimes = new TimeHistogram(FLUSH_BOUNDS_MS);
  readonly #options: GroupWriterOptions;
  #scheduled = false;
  #failed = false;
  #retry: Timer | null = null;
  #unwritten: WriteGroup[] = [];
  /** The first of these is being written beside the loop. */
  #writing = false;

  /** Accepted frames that are not committed, oldest first; a frame's streams end at its place in `#streamsEnd`. */
  #commits: number[] = [];
  #onWritten: Callback[] = [];
  #onCommitted: Callback[] = [];
  #streamsEnd: number[] = [];
  #streams: StreamState[] = [];
  #ends: number[] = [];
  /** Sequence of the frame at place 0. */
  #queueStart: number;
  /** Places up to which frames are committed, and written. */
  #committedPlace = 0;
  #writtenPlace = 0;

  #writtenSequence: number;
  #durableSequence: number;
  /** The last accepted frame that must be made durable. */
  #wantedSequence = 0;
  #syncing = false;
  /** What flushes took of late, ms. */
  #flushMs = Number.POSITIVE_INFINITY;
  /** Chunks of the flush in flight. */
  #inSync: readonly Chunk[] = [];
  #inSyncBytes = 0;
  /** Who waits for the end of a flush or a write. */
  #endWaiters: (() => void)[] = [];
  /** What was written since the last flush began. */
  #unsynced: Chunk[] = [];
  #unsyncedBytes = 0;
  /** Frames of it that commit at the flush: whom it is for. */
  #unsyncedFrames = 0;
  #flushTimer: Timer | null = null;
  #flushAtMs = Number.POSITIVE_INFINITY;
  #waiters: { sequence: number; done: () => void }[] = [];

  constructor(options: GroupWriterOptions, nextSequence: number) {
    this.#options = options;
    this.#queueStart = nextSequence;
    this.#writtenSequence = nextSequence - 1;
    this.#durableSequence = nextSequence - 1;
  }

  /** All frames up to this one are durable. */
  get durableSequence(): number {
    return this.#durableSequence;
  }
  get isFull(): boolean {
    return this.#retry !== null;
  }
  get isBusy(): boolean {
    return this.#scheduled || this.#syncing || this.#unwritten.length > 0;
  }

  /** Notes a stream of the frame that `accept` comes for; `end` is its end offset behind the frame, 0 for an event. */
  addStream(stream: StreamState, end: number): void {
    this.#streams.push(stream);
    this.#ends.push(end);
  }

  /** The frame with the next sequence was gathered. */
  accept(frame: {
    readonly sequence: number;
    readonly sync: boolean;
    readonly flushWithinMs: number;
    readonly onWritten: Callback;
    readonly onCommitted: Callback;
  }): void {
    assert(frame.sequence === this.#queueStart + this.#commits.length, 'frames are accepted in order');
    this.#commits.push(frame.sync ? AT_SYNC : AT_WRITE);
    this.#onWritten.push(frame.onWritten);
    this.#onCommitted.push(frame.onCommitted);
    this.#streamsEnd.push(this.#streams.length);
    if (frame.sync) this.#wantedSequence = frame.sequence;
    else if (frame.flushWithinMs < Number.POSITIVE_INFINITY) this.#flushWithin(frame.flushWithinMs);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.clock.afterTurn(this.#flush);
  }

  /** Calls `done` when all frames up to `sequence` are durable; never after a failure. Does not wait for a deadline. */
  whenDurable(sequence: number, done: () => void): void {
    if (sequence <= this.#durableSequence) {
      done();
      return;
    }
    this.#waiters.push({ sequence, done });
    if (sequence > this.#wantedSequence) this.#wantedSequence = sequence;
    this.#startSync();
  }

  /**
   * Writes zeros behind what is allocated of a chunk and flushes them, so that later flushes of small appends change
   * no metadata of the file. A full disk is no error here: there is no hurry.
   */
  writeAhead(chunk: Chunk, zeros: Buffer): void {
    if (this.#failed || this.isBusy || chunk.writer === null) return;
    try {
      chunk.writer.writev([zeros], chunk.allocatedBytes);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      if (error.code !== 'full') this.#fail('write', error);
      return;
    }
    chunk.allocatedBytes += zeros.length;
    if (this.#unsynced.at(-1) !== chunk) this.#unsynced.push(chunk);
    this.#sync();
  }

  /** Resolves when no flush of this chunk is in flight; none begins later when it takes no more frames. */
  async whenFree(chunk: Chunk): Promise<void> {
    while (this.#syncing && this.#inSync.includes(chunk)) {
      await new Promise<void>((resolve) => this.#endWaiters.push(resolve));
    }
  }

  /** Stops, and resolves when no flush or write is in flight any more. */
  async close(): Promise<void> {
    this.stop();
    while (this.#syncing || this.#writing) {
      await new Promise<void>((resolve) => this.#endWaiters.push(resolve));
    }
  }

  /** Nothing is written, synced or called back from here on. */
  stop(): void {
    this.#failed = true;
    this.#retry?.cancel();
    this.#flushTimer?.cancel();
    this.#retry = null;
    this.#flushTimer = null;
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    // What is accepted while a group is written goes on gathering.
    if (this.#failed || this.#writing) return;
    this.#takeGroups();
    if (this.#retry === null) this.#write();
  };

  #takeGroups(): void {
    for (const group of this.#options.takeGroups()) this.#unwritten.push(group);
  }

  /** Writes what waits, in order, up to a group that is written beside the loop. */
  #write(): void {
    let done = 0;
    try {
      for (const group of this.#unwritten) {
        const file = group.chunk.writer;
        assert(file !== null, 'a chunk is open while something is to be written to it');
        if (group.bytes > this.#options.writeHereBytesMax && this.#retry === null) {
          this.#writing = true;
          file.writevBeside(group.buffers, group.position, this.#wroteBeside);
          break;
        }
        file.writev(group.buffers, group.position);
        this.#noteWritten(group);
        done++;
      }
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#writeFailed(error);
    }
    this.#unwritten.splice(0, done);
    if (this.#failed) return;
    this.#commitWritten();
    if (this.#wantedSequence > this.#durableSequence) this.#startSync();
    else if (!this.#syncing && !this.#writing) this.#options.onIdle();
  }

  readonly #wroteBeside = (error: DiskError | null): void => {
    this.#writing = false;
    this.#tellEnded();
    if (this.#failed) return;
    if (error !== null) return this.#writeFailed(error);
    this.#noteWritten(this.#unwritten.shift()!);
    this.#takeGroups();
    this.#write();
  };

  #noteWritten(group: WriteGroup): void {
    const { chunk, bytes } = group;
    const end = group.position + bytes;
    if (end > chunk.allocatedBytes) chunk.allocatedBytes = end;
    this.#writtenSequence = group.lastSequence;
    if (this.#unsynced.at(-1) !== chunk) this.#unsynced.push(chunk);
    this.#unsyncedBytes += bytes;
    this.#options.onWritten(group);
  }

  #writeFailed(error: DiskError): void {
    if (error.code === 'full') this.#waitForSpace();
    else this.#fail('write', error);
  }

  #waitForSpace(): void {
    if (this.#retry === null) this.#options.onFull(true);
    this.#retry = this.#options.clock.setTimer(this.#options.fullRetryMs, () => {
      if (this.#failed) return;
      const again = this.#retry;
      this.#write();
      if (this.#retry !== again) return;
      this.#retry = null;
      this.#options.onFull(false);
    });
  }

  /** Commits what commits at the write, in order, and calls back for everything that was written. */
  #commitWritten(): void {
    const from = this.#writtenPlace;
    const to = this.#writtenSequence - this.#queueStart + 1;
    if (to === from) return;
    this.#writtenPlace = to;
    const moved: StreamState[] = [];
    for (let place = from; place < to; place++) {
      if (this.#commits[place] === AT_WRITE) this.#moveStreams(place, moved);
      else this.#unsyncedFrames++;
    }
    tell(moved);
    for (let place = from; place < to; place++) {
      callOnce(this.#onWritten, place);
      if (this.#commits[place] === AT_WRITE) callOnce(this.#onCommitted, place);
    }
    while (this.#committedPlace < to && this.#commits[this.#committedPlace] === AT_WRITE)
      this.#committedPlace++;
    this.#compact();
  }

  /** Commits what waited for durability up to the durable sequence. */
  #commitDurable(): void {
    const from = this.#committedPlace;
    const to = Math.max(from, this.#durableSequence - this.#queueStart + 1);
    this.#committedPlace = to;
    const moved: StreamState[] = [];
    for (let place = from; place < to; place++) {
      if (this.#commits[place] === AT_SYNC) this.#moveStreams(place, moved);
    }
    tell(moved);
    for (let place = from; place < to; place++) {
      if (this.#commits[place] === AT_SYNC) callOnce(this.#onCommitted, place);
    }
    this.#compact();
  }

  #moveStreams(place: number, moved: StreamState[]): void {
    const from = place === 0 ? 0 : this.#streamsEnd[place - 1]!;
    const to = this.#streamsEnd[place]!;
    for (let i = from; i < to; i++) {
      const stream = this.#streams[i]!;
      const end = this.#ends[i]!;
      if (end > stream.highWatermark) stream.highWatermark = end;
      if (stream.moved) continue;
      stream.moved = true;
      moved.push(stream);
    }
  }

  /** Forgets frames that are written, committed and called back. */
  #compact(): void {
    const done = Math.min(this.#committedPlace, this.#writtenPlace);
    if (done < this.#commits.length && done < COMPACT_AT) return;
    if (done === 0) return;
    const streams = this.#streamsEnd[done - 1]!;
    this.#commits.splice(0, done);
    this.#onWritten.splice(0, done);
    this.#onCommitted.splice(0, done);
    this.#streamsEnd.splice(0, done);
    this.#streams.splice(0, streams);
    this.#ends.splice(0, streams);
    for (let i = 0; i < this.#streamsEnd.length; i++) this.#streamsEnd[i]! -= streams;
    this.#queueStart += done;
    this.#committedPlace -= done;
    this.#writtenPlace -= done;
  }

  #flushWithin(delayMs: number): void {
    const atMs = this.#options.clock.monotonicMs() + delayMs;
    if (atMs >= this.#flushAtMs) return;
    this.#flushTimer?.cancel();
    this.#flushAtMs = atMs;
    this.#flushTimer = this.#options.clock.setTimer(delayMs, () => {
      this.#flushTimer = null;
      this.#flushAtMs = Number.POSITIVE_INFINITY;
      if (this.#failed) return;
      // Those that are accepted and not written yet had no timer of their own: they are flushed behind their write.
      const accepted = this.#queueStart + this.#commits.length - 1;
      if (accepted > this.#wantedSequence) this.#wantedSequence = accepted;
      this.#startSync();
    });
  }

  #startSync(): void {
    if (this.#syncing || this.#failed || this.#writtenSequence <= this.#durableSequence) return;
    this.#sync();
  }

  /** Flushes all that was written, chunk by chunk, and commits it. */
  #sync(): void {
    this.#syncing = true;
    const chunks = this.#unsynced;
    this.#unsynced = [];
    this.#inSync = chunks;
    this.#inSyncBytes = this.#unsyncedBytes;
    this.#unsyncedBytes = 0;
    const frames = this.#unsyncedFrames;
    this.#unsyncedFrames = 0;
    const covers = this.#writtenSequence;
    const startMs = this.#options.clock.monotonicMs();
    const ended = (): void => {
      this.#noteFlush(this.#options.clock.monotonicMs() - startMs);
      this.#synced(covers);
    };
    if (frames === 1 && this.#maySyncHere(chunks)) {
      if (this.#syncHere(chunks[0]!)) ended();
      return;
    }
    const next = (place: number): void => {
      if (place === chunks.length) return ended();
      const file = chunks[place]!.writer;
      assert(file !== null, 'a chunk is open until it is durable');
      file.datasync((error) => {
        if (this.#failed || error !== null) this.#giveUpSync(error);
        else next(place + 1);
      });
    };
    next(0);
  }

  /**
   * Where one append waits, what is written is little and the disk has been fast, flushing right here spares it the way to
   * the thread pool and back. A disk that is slow once is not trusted again until its mean is good.
   */
  #maySyncHere(chunks: readonly Chunk[]): boolean {
    const isLittle = chunks.length === 1 && this.#inSyncBytes <= FLUSH_HERE_BYTES_MAX;
    return isLittle && this.#flushMs <= FLUSH_HERE_MS_MAX;
  }

  /** False: it failed. */
  #syncHere(chunk: Chunk): boolean {
    try {
      chunk.writer!.datasyncSync();
      return true;
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#giveUpSync(error);
      return false;
    }
  }

  #noteFlush(tookMs: number): void {
    this.flushTimes.note(tookMs);
    this.#flushMs =
      this.#flushMs === Number.POSITIVE_INFINITY
        ? tookMs
        : this.#flushMs + (tookMs - this.#flushMs) * FLUSH_WEIGHT;
  }

  #giveUpSync(error: DiskError | null): void {
    this.#endSync();
    if (error !== null && !this.#failed) this.#fail('flush', error);
  }

  #endSync(): void {
    this.#syncing = false;
    this.#inSync = [];
    this.#tellEnded();
  }

  #tellEnded(): void {
    for (const resolve of this.#endWaiters.splice(0)) resolve();
  }

  #synced(covers: number): void {
    this.#endSync();
    this.#durableSequence = covers;
    this.#commitDurable();
    if (this.#waiters.length > 0) this.#tellWaiters();
    if (this.#failed) return;
    if (this.#wantedSequence > this.#durableSequence) this.#startSync();
    else if (!this.#scheduled && !this.#writing) this.#options.onIdle();
  }

  #tellWaiters(): void {
    const ready = this.#waiters.filter((waiter) => waiter.sequence <= this.#durableSequence);
    this.#waiters = this.#waiters.filter((waiter) => waiter.sequence > this.#durableSequence);
    for (const waiter of ready) waiter.done();
  }

  #fail(what: string, error: DiskError): void {
    this.stop();
    this.#options.onFailed(what, error);
  }
}

/** Calls back and lets go: what a callback holds (its request's memory) must not live until the queue is moved up. */
function callOnce(callbacks: Callback[], place: number): void {
  const callback = callbacks[place];
  callbacks[place] = undefined;
  callback?.();
}

/** Tells the watchers of each stream once. */
function tell(moved: StreamState[]): void {
  for (let i = 0; i < moved.length; i++) {
    const stream = moved[i]!;
    stream.moved = false;
    stream.tellWatchers();
  }
}
