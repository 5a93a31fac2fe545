/**
 * A reader of many partitions that waits without polling: the body of every fetch, of one request or of a session
 * (KIP-227) that lives over many.
 *
 * Each position is *ready* (it may have something to say: data, a moved watermark, an error) or quiet. Streams tell a set
 * when they move, so a fetch looks only at what is ready: a session over 10,000 quiet partitions costs nothing. Ready
 * positions form a queue; one that was served goes to its end, so that none starves.
 *
 * A position of a view (views.ts) shares its stream with others. What it reads goes through a filter; as much as the filter
 * leaves nothing of is looked through in slices, a turn of the event loop each, until there is something or time is up.
 *
 * A set serves one fetch at a time; a further one ends the first with what it has.
 */
import type { BrokerErrorCode } from '../base/errors.ts';
import type { Clock, Timer } from '../platform/ports.ts';
import type { ChunkLog, ReadRequest, ReadResult, Stream, StreamWatcher } from '../store/contract.ts';
import type { AbortedTransaction } from '../transaction/partition-transactions.ts';
import { abortedIn } from './aborted.ts';
import type { Partition } from './topics.ts';
import { type Sifted, ViewCursor } from './views.ts';

/** One partition of a set. The adapter keeps what it needs in `tag`. */
export class FetchPosition<Tag> {
  readonly partition: Partition;
  readonly stream: Stream;
  readonly tag: Tag;
  offset: number;
  bytesMax: number;
  /** As the client knows it; −1: it does not say (KIP-320). */
  currentLeaderEpoch: number;
  /** Listed in the last answer with these; NaN: never listed. */
  sentHighWatermark = Number.NaN;
  sentStartOffset = Number.NaN;
  /** @internal In the ready queue. */
  ready = false;
  /** @internal Stream size when arrivals were last counted. */
  seenBytes = 0;
  /** @internal Null: the topic is no view. */
  readonly view: ViewCursor | null;
  /** @internal Another position of the same stream: views of one topic share it with the topic. */
  sibling: FetchPosition<Tag> | undefined = undefined;

  constructor(
    partition: Partition,
    fields: { tag: Tag; offset: number; bytesMax: number; currentLeaderEpoch: number },
  ) {
    this.partition = partition;
    this.stream = partition.stream;
    this.tag = fields.tag;
    this.offset = fields.offset;
    this.bytesMax = fields.bytesMax;
    this.currentLeaderEpoch = fields.currentLeaderEpoch;
    this.view = partition.view === null ? null : new ViewCursor(partition.view);
  }

  /** @internal Where to read on: behind what a view doesn't show. */
  get next(): number {
    return this.view === null ? this.offset : this.view.next(this.offset);
  }

  /** Where readers of committed records stop. */
  get lastStableOffset(): number {
    const { startOffset, highWatermark } = this.stream;
    // Records of an open transaction may have been deleted.
    return Math.max(startOffset, this.partition.producers.lastStableOffset(highWatermark));
  }
}

export interface FetchedPartition<Tag> {
  readonly position: FetchPosition<Tag>;
  readonly error: BrokerErrorCode | null;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly startOffset: number;
  /** Of these batches; null where uncommitted ones were asked for, too. */
  readonly aborted: readonly AbortedTransaction[] | null;
  /** Their blocks are held: to be released when they were sent. */
  readonly batches: Buffer[];
}

export interface FetchOptions<Tag> {
  /** Bound of the whole answer in bytes; the first batch comes even when it is larger. */
  readonly bytesMax: number;
  readonly bytesMin: number;
  readonly waitMaxMs: number;
  /** No records of open transactions, and the aborted ones named (isolation.level=read_committed, KIP-98). */
  readonly readCommitted: boolean;
  readonly done: (partitions: FetchedPartition<Tag>[]) => void;
}

/** Bytes of views, opened, that one look goes through; more waits for the next turn. */
const SIFTED_BYTES_PER_LOOK = 1024 * 1024;
/** Read of a view from disk at once: what is compressed is more when it is opened, and the rest is read again. */
const VIEW_READ_BYTES = 512 * 1024;

const NO_BATCHES: Buffer[] = [];

interface ActiveFetch<Tag> extends FetchOptions<Tag> {
  timer: Timer | null;
  /** Bytes that could be answered at the last look plus what has arrived since. */
  availableBytes: number;
  lookScheduled: boolean;
  /** A cold read is under way; its end looks again. */
  reading: boolean;
  expired: boolean;
}

export class FetchSet<Tag> implements StreamWatcher {
  readonly #log: ChunkLog;
  readonly #clock: Clock;
  /** The first position of each stream; further ones are its siblings. */
  readonly #positions = new Map<Stream, FetchPosition<Tag>>();
  #size = 0;
  readonly #views = new Set<FetchPosition<Tag>>();
  #queue: FetchPosition<Tag>[] = [];
  #watching = false;
  #active: ActiveFetch<Tag> | null = null;

  constructor(log: ChunkLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  get size(): number {
    return this.#size;
  }

  *positions(): Iterable<FetchPosition<Tag>> {
    for (const first of this.#positions.values()) {
      for (let one: FetchPosition<Tag> | undefined = first; one !== undefined; one = one.sibling) yield one;
    }
  }

  get(partition: Partition): FetchPosition<Tag> | undefined {
    let position = this.#positions.get(partition.stream);
    while (position !== undefined && position.partition !== partition) position = position.sibling;
    return position;
  }

  /** Adds a position, or replaces the one of the same partition. It is ready. */
  put(position: FetchPosition<Tag>): void {
    const { stream } = position;
    this.remove(position.partition);
    position.sibling = this.#positions.get(stream);
    if (position.sibling === undefined && this.#watching) this.#log.watch(stream, this);
    this.#positions.set(stream, position);
    this.#size++;
    if (position.view !== null) this.#views.add(position);
    this.touch(position);
  }

  /** Puts a position into the ready queue: its fields have changed. */
  touch(position: FetchPosition<Tag>): void {
    if (position.ready) return;
    position.ready = true;
    this.#queue.push(position);
  }

  remove(partition: Partition): void {
    const position = this.get(partition);
    if (position === undefined) return;
    position.ready = false;
    this.#size--;
    this.#views.delete(position);
    const { stream } = position;
    const first = this.#positions.get(stream)!;
    if (first !== position) {
      let before = first;
      while (before.sibling !== position) before = before.sibling!;
      before.sibling = position.sibling;
    } else if (position.sibling !== undefined) this.#positions.set(stream, position.sibling);
    else {
      this.#positions.delete(stream);
      if (this.#watching) this.#log.unwatch(stream, this);
    }
  }

  /** What was answered of a position isn't sent after all: it has all of it to say again. */
  takeBack(position: FetchPosition<Tag>): void {
    position.sentHighWatermark = Number.NaN;
    if (this.#has(position)) this.touch(position);
  }

  /** Ends what waits with what is there, and forgets everything. */
  close(): void {
    const active = this.#active;
    if (active !== null) this.#finish(active, []);
    if (this.#watching) for (const stream of this.#positions.keys()) this.#log.unwatch(stream, this);
    this.#watching = false;
    this.#positions.clear();
    this.#views.clear();
    this.#size = 0;
    this.#queue = [];
  }

  #has(position: FetchPosition<Tag>): boolean {
    return this.get(position.partition) === position;
  }

  /** Drops what waits without an answer (its client is gone). */
  abandon(): void {
    const active = this.#active;
    if (active === null) return;
    active.timer?.cancel();
    this.#active = null;
  }

  fetch(options: FetchOptions<Tag>): void {
    if (this.#active !== null) this.#finish(this.#active, []);
    const active: ActiveFetch<Tag> = {
      ...options,
      bytesMin: Math.min(options.bytesMin, options.bytesMax),
      timer: null,
      availableBytes: 0,
      lookScheduled: false,
      reading: false,
      expired: options.waitMaxMs <= 0,
    };
    this.#active = active;
    this.#look(active);
  }

  streamMoved(stream: Stream): void {
    const position = this.#positions.get(stream);
    if (position === undefined) return;
    for (let one: FetchPosition<Tag> | undefined = position; one !== undefined; one = one.sibling) {
      this.touch(one);
    }
    const active = this.#active;
    if (active === null) return;
    active.availableBytes += Math.max(0, stream.sizeBytes - position.seenBytes);
    see(position);
    // The end of a transaction is small, and what it lets out was counted before.
    const mayLetOut = active.readCommitted && position.partition.producers.transactions !== null;
    if (active.availableBytes >= active.bytesMin || stream.deleted || mayLetOut) this.#scheduleLook(active);
  }

  /** One look for all streams that one commit has moved. */
  #scheduleLook(active: ActiveFetch<Tag>): void {
    if (active.lookScheduled || active.reading) return;
    active.lookScheduled = true;
    this.#clock.afterTurn(() => {
      active.lookScheduled = false;
      if (this.#active === active && !active.reading) this.#look(active);
    });
  }

  /** Gathers what is ready; answers if that is enough, waits if not. */
  #look(active: ActiveFetch<Tag>): void {
    const queue = this.#queue;
    this.#queue = [];
    const answer: FetchedPartition<Tag>[] = [];
    this.#gather({
      active,
      queue,
      at: 0,
      answer,
      bytes: 0,
      urgent: active.expired,
      cold: false,
      siftedBytes: 0,
      unfinished: false,
    });
  }

  #gather(look: Look<Tag>): void {
    const { active, queue, answer } = look;
    for (; look.at < queue.length; look.at++) {
      const position = queue[look.at]!;
      if (!position.ready || !this.#has(position)) continue;
      const error = check(position);
      if (error !== null) {
        look.urgent = true;
        answer.push(failed(position, error));
        continue;
      }
      const { stream } = position;
      see(position);
      const bytesLeft = active.bytesMax - look.bytes;
      const endOffset = endOf(position, active);
      const offset = position.next;
      if (offset >= endOffset || (bytesLeft <= 0 && look.bytes > 0)) {
        this.#passed(position, look);
        continue;
      }
      if (position.view !== null && look.siftedBytes >= SIFTED_BYTES_PER_LOOK) {
        look.unfinished = true;
        continue;
      }
      const request = {
        stream,
        offset,
        bytesMax: Math.min(position.bytesMax, bytesLeft),
        // Said even where it is the high watermark now: a read from disk takes time, and a transaction may begin.
        ...(active.readCommitted && { endOffset }),
      };
      const cached = this.#log.readCached(request);
      if (cached === null) return this.#gatherCold(look, position, request);
      this.#addRead(look, position, request, cached);
    }
    this.#settle(look);
  }

  #gatherCold(look: Look<Tag>, position: FetchPosition<Tag>, request: ReadRequest): void {
    const { active } = look;
    active.reading = true;
    look.cold = true;
    const bytesMax = position.view === null ? request.bytesMax : Math.min(request.bytesMax, VIEW_READ_BYTES);
    this.#log.read({ ...request, bytesMax }, (error, result) => {
      active.reading = false;
      if (error !== null) {
        look.urgent = true;
        look.answer.push(failed(position, error.code));
      } else this.#addRead(look, position, request, result!);
      look.at++;
      if (this.#active === active) this.#gather(look);
      else this.#requeue(look);
    });
  }

  #addRead(look: Look<Tag>, position: FetchPosition<Tag>, { offset }: ReadRequest, read: ReadResult): void {
    // The log returns one batch even when it is too large; that is right for the first of an answer only (KIP-74).
    if (look.bytes > 0 && look.bytes + read.bytes > look.active.bytesMax) {
      this.#log.blocks.releaseAll(read.batches);
      return;
    }
    if (position.view !== null) {
      const siftedBytesMax = SIFTED_BYTES_PER_LOOK - look.siftedBytes;
      return this.#addSifted(look, position, position.view.sift(offset, read, siftedBytesMax));
    }
    look.bytes += read.bytes;
    look.answer.push(listed(position, look.active, read));
  }

  #addSifted(look: Look<Tag>, position: FetchPosition<Tag>, { read, readTo, siftedBytes }: Sifted): void {
    look.siftedBytes += siftedBytes;
    const isMore = siftedBytes > 0 && readTo < endOf(position, look.active);
    if (read.batches.length === 0) {
      if (isMore) look.unfinished = true;
      else this.#passed(position, look);
      return;
    }
    // What is there now would have to be looked through again with what comes later.
    if (isMore) look.urgent = true;
    look.bytes += read.bytes;
    look.answer.push(listed(position, look.active, read));
  }

  /** Nothing to hand out: listed only if its watermarks moved. */
  #passed(position: FetchPosition<Tag>, look: Look<Tag>): void {
    if (moved(position)) look.answer.push(listed(position, look.active, NOTHING_READ));
  }

  #settle(look: Look<Tag>): void {
    const { active } = look;
    this.#requeue(look);
    if (look.urgent || look.bytes >= active.bytesMin) {
      this.#passGaps(look);
      return this.#finish(active, look.answer);
    }
    active.availableBytes = look.bytes;
    const blind = look.cold && !this.#watching;
    this.#watch();
    // Streams may have moved during a cold read, before the set was watching.
    if (blind) return this.#scheduleLook(active);
    active.timer ??= this.#clock.setTimer(active.waitMaxMs, () => {
      active.expired = true;
      if (this.#active === active && !active.reading) this.#look(active);
    });
    if (look.unfinished) this.#scheduleLook(active);
  }

  /** Takes readers of views over what they aren't shown, behind what they are. */
  #passGaps({ active, answer }: Look<Tag>): void {
    if (this.#views.size === 0) return;
    const places = new Map<FetchPosition<Tag>, number>();
    for (const [place, { position }] of answer.entries()) {
      if (position.view !== null) places.set(position, place);
    }
    for (const position of this.#views) {
      if (check(position) !== null) continue;
      const place = places.get(position);
      const shown = place === undefined ? NO_BATCHES : answer[place]!.batches;
      const gap = position.view!.gapBehind(shown, position.offset, endOf(position, active));
      if (gap === null) continue;
      const batches = [...shown, gap];
      if (place !== undefined) answer[place] = { ...answer[place]!, batches };
      else answer.push(listed(position, active, { ...NOTHING_READ, batches }));
    }
  }

  /** Puts back what must be looked at again: what was not reached, and what may have more. */
  #requeue(look: Look<Tag>): void {
    const served: FetchPosition<Tag>[] = [];
    for (const position of look.queue) {
      if (!position.ready || !this.#has(position)) continue;
      const quiet = position.next >= endOf(position, look.active) && !moved(position);
      if (this.#watching && quiet && check(position) === null) position.ready = false;
      else served.push(position);
    }
    this.#queue = [...served, ...this.#queue];
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    for (const stream of this.#positions.keys()) this.#log.watch(stream, this);
  }

  #finish(active: ActiveFetch<Tag>, answer: FetchedPartition<Tag>[]): void {
    active.timer?.cancel();
    if (this.#active === active) this.#active = null;
    const served = new Set<FetchPosition<Tag>>();
    for (const { position, highWatermark, startOffset, batches } of answer) {
      position.sentHighWatermark = highWatermark;
      position.sentStartOffset = startOffset;
      if (batches.length > 0) served.add(position);
    }
    if (served.size > 0 && served.size < this.#queue.length) {
      // Those that were served stand behind those that were not.
      this.#queue = [...this.#queue.filter((p) => !served.has(p)), ...served];
    }
    active.done(answer);
  }
}

/**
 * Notes how much of a stream was counted. Its size has bytes in it that are not committed yet and will arrive later: while
 * there are any nothing is noted, and the next arrival counts too much rather than too little.
 */
function see<Tag>(position: FetchPosition<Tag>): void {
  const { stream } = position;
  if (stream.highWatermark === stream.endOffset) position.seenBytes = stream.sizeBytes;
}

/** One pass over the ready queue. */
interface Look<Tag> {
  readonly active: ActiveFetch<Tag>;
  readonly queue: FetchPosition<Tag>[];
  at: number;
  readonly answer: FetchedPartition<Tag>[];
  bytes: number;
  /** Answer now, whatever the bytes. */
  urgent: boolean;
  /** Some of it was read from disk, so that time has passed. */
  cold: boolean;
  /** Bytes of views that were looked through. */
  siftedBytes: number;
  /** There is more of views to look through. */
  unfinished: boolean;
}

/** Behind what a fetch may read of a partition. */
function endOf<Tag>(position: FetchPosition<Tag>, { readCommitted }: FetchOptions<Tag>): number {
  return readCommitted ? position.lastStableOffset : position.stream.highWatermark;
}

function listed<Tag>(
  position: FetchPosition<Tag>,
  { readCommitted }: FetchOptions<Tag>,
  read: ReadResult,
): FetchedPartition<Tag> {
  const { highWatermark, startOffset } = position.stream;
  const { lastStableOffset } = position;
  const { batches } = read;
  const aborted = readCommitted ? abortedIn(position.partition, read, position.offset) : null;
  return { position, error: null, highWatermark, lastStableOffset, startOffset, aborted, batches };
}

const NOTHING_READ: ReadResult = { batches: NO_BATCHES, bytes: 0, compactedTo: 0 };

function failed<Tag>(position: FetchPosition<Tag>, error: BrokerErrorCode): FetchedPartition<Tag> {
  return {
    position,
    error,
    highWatermark: -1,
    lastStableOffset: -1,
    startOffset: -1,
    aborted: null,
    batches: NO_BATCHES,
  };
}

/** Whether the client was told other watermarks. */
function moved<Tag>({ stream, sentHighWatermark, sentStartOffset }: FetchPosition<Tag>): boolean {
  return sentHighWatermark !== stream.highWatermark || sentStartOffset !== stream.startOffset;
}

/** Why nothing can be read there; a code, as there may be many. */
function check<Tag>({ stream, offset, view }: FetchPosition<Tag>): BrokerErrorCode | null {
  if (stream.deleted || view?.deleted) return 'unknown-topic';
  return offset < stream.startOffset || offset > stream.endOffset ? 'offset-out-of-range' : null;
}
