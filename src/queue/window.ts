/**
 * What one subscription knows of one partition: up to where all is done, and the state of what isn't.
 *
 * Below `next` an offset is done unless a stretch says otherwise; from `next` on nothing was handed out. A stretch is a range of
 * offsets in one state, so a million messages that were acknowledged cost nothing, and one that wasn't costs one stretch.
 *
 * With keys (order by key) a stretch is one message. Of each key one message is the head of its line, whatever becomes of it; those
 * that were met behind it are blocked until it is done.
 */
import { assert } from '../base/assert.ts';
import { type Range, RangeList } from './range-list.ts';

/**
 * available: to be handed out (again). acquired: a consumer has it. waiting: until its time comes. blocked: behind another message of
 * its key. dead: to be moved to the dead letters.
 */
export const STRETCH_STATES = ['available', 'acquired', 'waiting', 'blocked', 'dead'] as const;
export type StretchState = (typeof STRETCH_STATES)[number];

/** Why a message became a dead letter. The words are those of RabbitMQ where it has them. */
export const DEATH_REASONS = ['rejected', 'delivery_limit', 'expired', 'maxlen'] as const;
export type DeathReason = (typeof DEATH_REASONS)[number];

/** A message has no key, or it isn't known. */
export const NO_KEY = 0;

/** What a consumer got at one time of one partition. Not durable: after a restart all that was acquired is available. */
export interface Lease {
  /** Never given twice, not after a restart either. */
  readonly id: number;
  readonly consumer: string;
  readonly partition: number;
  /** When it was given, or renewed; wall-clock ms. */
  readonly sinceMs: number;
  /** When it expires; wall-clock ms. */
  readonly untilMs: number;
  readonly first: number;
  readonly last: number;
  /** Offsets that are still acquired under it. */
  open: number;
}

/** What is true of the offsets of a stretch. */
export interface Standing {
  readonly state: StretchState;
  /** How often it was handed out, this time included. */
  readonly deliveries: number;
  /** Of what is acquired; else null. */
  readonly lease: Lease | null;
  /** Until when it waits, wall-clock ms; else 0. */
  readonly untilMs: number;
  /** A hash of its key; NO_KEY where there is none. */
  readonly key: number;
  /** Of what is dead; else null. */
  readonly reason: DeathReason | null;
}

export interface Stretch extends Range, Standing {}

const AVAILABLE: Standing = {
  state: 'available',
  deliveries: 0,
  lease: null,
  untilMs: 0,
  key: NO_KEY,
  reason: null,
};

/** What a stream holds of messages, or as much of it as somebody may see. */
interface Held {
  readonly startOffset: number;
  readonly highWatermark: number;
}

/** Offsets of which nothing was handed out. */
const freshIn = (window: Window | undefined, { startOffset, highWatermark }: Held): number =>
  Math.max(0, highWatermark - Math.max(startOffset, window?.next ?? 0));

/** Messages of a stream that nobody has: offsets, as far as it isn't known what stands at them. `window`: undefined where nothing is known. */
export function availableIn(window: Window | undefined, held: Held): number {
  return freshIn(window, held) + (window?.count('available') ?? 0);
}

/** Messages of a stream that aren't done; the same. */
export function undoneIn(window: Window | undefined, held: Held): number {
  let undone = freshIn(window, held);
  for (const state of STRETCH_STATES) undone += window?.count(state) ?? 0;
  return undone;
}

/** The messages of one key that aren't done, as far as they were met. */
interface Line {
  head: number;
  /** Those that were met behind it, ascending; from `at` on. */
  readonly blocked: number[];
  at: number;
  /** How many of these still stand in it. */
  behind: number;
}

/** Places of a line that have ended before they are cleared away, at least. */
const LINE_ENDED_MIN = 64;

const copy = (stretch: Stretch): Stretch => ({ ...stretch });
const NOTHING_READY: ReadonlyMap<number, number> = new Map();

const same = (a: Standing, b: Standing): boolean =>
  a.state === b.state &&
  a.deliveries === b.deliveries &&
  a.lease === b.lease &&
  a.untilMs === b.untilMs &&
  a.reason === b.reason &&
  a.key === NO_KEY &&
  b.key === NO_KEY;

export class Window {
  readonly partition: number;
  #next: number;
  /** What is available again. */
  readonly #free = new RangeList<Stretch>(copy);
  /** All that is neither available nor done. */
  readonly #held = new RangeList<Stretch>(copy);
  readonly #lines = new Map<number, Line>();
  /** By channels: the heads that are available. They are held, as whoever comes doesn't get them. Null: not by channels. */
  readonly #ready: Map<number, number> | null;
  /** Keys that came to be ready since somebody asked. */
  #fresh = new Set<number>();
  #rewinds = 0;
  readonly #counts: { [State in StretchState]: number } = {
    available: 0,
    acquired: 0,
    waiting: 0,
    blocked: 0,
    dead: 0,
  };

  /** `byChannels`: what was met of a key is only for those who ask for it. */
  constructor(partition: number, next: number, byChannels = false) {
    this.partition = partition;
    this.#next = next;
    this.#ready = byChannels ? new Map() : null;
  }

  /** By channels: the offsets of messages that are to be handed out, by key. One of each key. */
  get ready(): ReadonlyMap<number, number> {
    return this.#ready ?? NOTHING_READY;
  }

  /** Nothing from here on was handed out. */
  get next(): number {
    return this.#next;
  }

  /** Everything before is done. */
  get start(): number {
    const free = this.#free.lowest?.first ?? this.#next;
    return Math.min(free, this.#held.lowest?.first ?? this.#next);
  }

  /** Messages below `next`, by what is true of them. Offsets without a message count, too, until they were met. */
  count(state: StretchState): number {
    return this.#counts[state];
  }

  /** Stretches that are kept: what the memory of a window depends on. */
  get stretchCount(): number {
    return this.#free.size + this.#held.size;
  }

  /** By channels: messages that are kept one by one. */
  get metCount(): number {
    return this.#held.size;
  }

  /** The keys of messages that aren't done, as far as they were met. */
  get lineKeys(): Pick<ReadonlyMap<number, unknown>, 'size' | 'keys'> {
    return this.#lines;
  }

  /** By channels: messages of these keys. */
  get inLines(): number {
    const { acquired, waiting, blocked } = this.#counts;
    return this.ready.size + acquired + waiting + blocked;
  }

  /** Messages of one key that aren't done, as far as they were met. */
  lengthOf(key: number): number {
    const line = this.#lines.get(key);
    return line === undefined ? 0 : 1 + line.behind;
  }

  /** By channels: the keys that have come to be ready since `takeFresh`; some may not be any more. */
  get fresh(): ReadonlySet<number> {
    return this.#fresh;
  }

  /** Another number when what was handed out or met has come to be new again: who reads on in order begins anew. */
  get rewinds(): number {
    return this.#rewinds;
  }

  takeFresh(): ReadonlySet<number> {
    const fresh = this.#fresh;
    if (fresh.size > 0) this.#fresh = new Set();
    return fresh;
  }

  /** The first available offset from `from` on, `next` at the latest. By channels: the first that wasn't met. */
  candidate(from: number): number {
    const free = this.#free.from(from);
    return free === undefined ? Math.max(from, this.#next) : Math.max(from, free.first);
  }

  /** Whether an offset is available; what wasn't handed out yet is. */
  isAvailable(offset: number): boolean {
    return offset >= this.#next || this.#free.at(offset) !== undefined;
  }

  /** The first offset that nobody has: it is available or, by channels, may stand behind another; `next` at the latest. */
  untakenFrom(from: number): number {
    const free = this.candidate(from);
    if (this.#ready === null) return free;
    let stretch = this.#held.from(from);
    while (stretch !== undefined && stretch.first < free) {
      if (isMet(stretch)) return Math.max(from, stretch.first);
      stretch = this.#held.from(stretch.last + 1);
    }
    return free;
  }

  /** The end of the offsets that nobody has and that begin at `offset`, which is one; Infinity: no end. */
  untakenTo(offset: number): number {
    return this.#held.at(offset)?.last ?? this.availableTo(offset);
  }

  /** The end of the available offsets that begin at `offset`, which is available; Infinity: no end. */
  availableTo(offset: number): number {
    if (offset >= this.#next) return Number.POSITIVE_INFINITY;
    const free = this.#free.at(offset)!;
    return free.last + 1 === this.#next ? Number.POSITIVE_INFINITY : free.last;
  }

  /** The stretch that has an offset; undefined: it is done, or wasn't handed out. */
  at(offset: number): Stretch | undefined {
    return this.#free.at(offset) ?? this.#held.at(offset);
  }

  /** All stretches, those that are available first. */
  *stretches(): Generator<Readonly<Stretch>> {
    yield* this.#free;
    yield* this.#held;
  }

  /** The stretches that aren't available, as far as they reach into these offsets. */
  held(first: number, last: number): Readonly<Stretch>[] {
    const found: Stretch[] = [];
    let stretch = this.#held.from(first);
    while (stretch !== undefined && stretch.first <= last) {
      found.push(stretch);
      stretch = this.#held.from(stretch.last + 1);
    }
    return found;
  }

  /** All stretches that reach into these offsets, ascending. */
  within(first: number, last: number): Readonly<Stretch>[] {
    const found: Stretch[] = [];
    for (let offset = first; offset <= last; ) {
      const [free, held] = [this.#free.from(offset), this.#held.from(offset)];
      const stretch = held === undefined || (free !== undefined && free.first < held.first) ? free : held;
      if (stretch === undefined || stretch.first > last) break;
      found.push(stretch);
      offset = stretch.last + 1;
    }
    return found;
  }

  /** Whether a message of a key that stands at `offset` has to wait for another. */
  isBehind(key: number, offset: number): boolean {
    const line = this.#lines.get(key);
    return line !== undefined && line.head !== offset;
  }

  /** The message of a key that isn't done and that others stand behind; −1: none was met. */
  headOf(key: number): number {
    return this.#lines.get(key)?.head ?? -1;
  }

  /** The messages of a key that aren't done, as far as they were met, in order. */
  lineOf(key: number): Readonly<Stretch>[] {
    const line = this.#lines.get(key);
    if (line === undefined) return [];
    const stretches: Stretch[] = [];
    for (let at = line.at - 1; at < line.blocked.length; at++) {
      const stretch = this.at(at < line.at ? line.head : line.blocked[at]!);
      if (stretch?.key === key) stretches.push(stretch);
    }
    return stretches;
  }

  /** Makes offsets done. `ended` gets each lease under which nothing is open any more. */
  finish(first: number, last: number, ended: (lease: Lease) => void): void {
    this.#change(first, last, null, ended);
  }

  /** Says what is true of offsets from now on. */
  place(first: number, last: number, standing: Standing, ended: (lease: Lease) => void): void {
    if (this.#ready !== null && standing.state === 'available' && standing.key === NO_KEY) this.#rewinds++;
    this.#change(first, last, standing, ended);
  }

  /** Hands available offsets out, once more than before. */
  acquire(first: number, last: number, lease: Lease, key: number): void {
    const acquired = (stretch: Range, deliveries: number): void =>
      this.#put({ ...stretch, state: 'acquired', deliveries, lease, untilMs: 0, key, reason: null });
    const pieces: Stretch[] = [];
    this.#free.carve(first, last, (piece) => pieces.push(piece));
    if (this.#ready !== null) this.#held.carve(first, last, (piece) => pieces.push(piece));
    for (const piece of pieces) {
      assert(piece.state === 'available', 'only what is available is handed out');
      this.#unready(piece);
      this.#uncount(piece, NOTHING);
      acquired({ first: piece.first, last: piece.last }, piece.deliveries + 1);
    }
    if (last < this.#next) return;
    const fresh = Math.max(first, this.#next);
    this.#fillTo(fresh);
    this.#next = last + 1;
    acquired({ first: fresh, last }, 1);
  }

  /** Begins anew at an offset, with nothing held. */
  reset(next: number, ended: (lease: Lease) => void): void {
    if (this.start < this.#next) this.#change(this.start, this.#next - 1, null, ended);
    this.#lines.clear();
    this.#ready?.clear();
    this.#rewinds++;
    this.#next = next;
  }

  #change(first: number, last: number, standing: Standing | null, ended: (lease: Lease) => void): void {
    const pieces: Stretch[] = [];
    const take = (piece: Stretch): void => void pieces.push(piece);
    if (first < this.#next) {
      this.#free.carve(first, last, take);
      this.#held.carve(first, last, take);
    }
    this.#fillTo(first);
    if (last >= this.#next) this.#next = last + 1;
    if (standing !== null) this.#put({ first, last, ...standing });
    for (const piece of pieces) {
      this.#uncount(piece, ended);
      // It may have been purged from within its line.
      if (piece.state === 'blocked') this.#lines.get(piece.key)!.behind--;
    }
    const holdsKey = standing !== null && standing.key !== NO_KEY && standing.state !== 'dead';
    if (!holdsKey)
      for (const { key, first: offset } of pieces) if (key !== NO_KEY) this.#advance(key, offset);
    if (holdsKey && standing.state === 'available') return;
    for (const piece of pieces) this.#unready(piece);
  }

  /** What lies between `next` and an offset was passed over: it is available. */
  #fillTo(offset: number): void {
    if (offset <= this.#next) return;
    const first = this.#next;
    this.#next = offset;
    this.#put({ first, last: offset - 1, ...AVAILABLE });
  }

  #put(stretch: Stretch): void {
    const { key, state, first, last, lease } = stretch;
    this.#counts[state] += last - first + 1;
    if (lease !== null) lease.open += last - first + 1;
    if (key !== NO_KEY && state !== 'dead') this.#line(key, first, state);
    const isReady = state === 'available' && key !== NO_KEY && this.#ready !== null;
    if (isReady) {
      this.#ready!.set(key, first);
      this.#fresh.add(key);
    }
    const list = state === 'available' && !isReady ? this.#free : this.#held;
    const before = list.before(first);
    const after = list.from(last + 1);
    const joinsAfter = after !== undefined && after.first === last + 1 && same(after, stretch);
    if (before !== undefined && before.last + 1 === first && same(before, stretch)) {
      if (joinsAfter) list.remove(after);
      before.last = joinsAfter ? after.last : last;
    } else if (joinsAfter) after.first = first;
    else list.insert(stretch);
  }

  /**
   * It isn't to be handed out any more. Where the next of its key has taken its place that stays: a Map from which a key is taken and
   * into which it is put again and again goes through all that was there of it.
   */
  #unready({ state, key, first }: Stretch): void {
    if (state === 'available' && key !== NO_KEY && this.#ready?.get(key) === first) this.#ready.delete(key);
  }

  #uncount({ state, first, last, lease }: Stretch, ended: (lease: Lease) => void): void {
    this.#counts[state] -= last - first + 1;
    if (lease === null) return;
    lease.open -= last - first + 1;
    assert(lease.open >= 0, 'no more is given back than a lease has');
    if (lease.open === 0) ended(lease);
  }

  #line(key: number, offset: number, state: StretchState): void {
    const line = this.#lines.get(key);
    if (line === undefined) {
      assert(state !== 'blocked', 'what is blocked stands behind a message of its key');
      this.#lines.set(key, { head: offset, blocked: [], at: 0, behind: 0 });
    } else if (state === 'blocked') {
      line.blocked.push(offset);
      line.behind++;
    }
  }

  /** The head of a line is done: the next of its key may go. */
  #advance(key: number, offset: number): void {
    const line = this.#lines.get(key);
    if (line?.head !== offset) return;
    while (line.at < line.blocked.length) {
      const next = line.blocked[line.at++]!;
      // A line that never ends keeps no more than twice of what stands in it.
      if (line.at >= LINE_ENDED_MIN && 2 * line.at > line.blocked.length) {
        line.blocked.splice(0, line.at);
        line.at = 0;
      }
      const stretch = this.#held.at(next);
      // It may have been purged meanwhile.
      if (stretch === undefined || stretch.state !== 'blocked' || stretch.key !== key) continue;
      this.#held.remove(stretch);
      this.#counts.blocked--;
      line.behind--;
      line.head = next;
      this.#put({ ...stretch, state: 'available' });
      return;
    }
    this.#lines.delete(key);
  }
}

const NOTHING = (): void => undefined;

/** By channels: it was met, and nobody has it. */
export const isMet = ({ state }: Pick<Stretch, 'state'>): boolean =>
  state === 'available' || state === 'blocked';
