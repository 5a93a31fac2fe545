/**
 * Ids that were seen lately, each with the place of its message: a ring in the order of arrival and a hash table over it, in typed
 * arrays. About 56 bytes an id, at most `idsMax` of them; beyond that the oldest are forgotten before their time.
 */
import { assert } from '../../base/assert.ts';

/** 128 bits: two different ids with the same hash will not be met. */
export type IdHash = Uint32Array;

export interface DedupPlace {
  readonly partition: number;
  /** −1: it was delayed, and had none. */
  readonly offset: number;
}

const CAPACITY_MIN = 1024;
const WORDS = 4;
const FREE = -1;

export class DedupTable {
  readonly #idsMax: number;
  #capacity = CAPACITY_MIN;
  /** Ids are numbered as they come; [#first, #next) are remembered, each in slot number mod capacity. */
  #first = 0;
  #next = 0;
  #hashes = new Uint32Array(CAPACITY_MIN * WORDS);
  #offsets = new Float64Array(CAPACITY_MIN);
  #partitions = new Uint32Array(CAPACITY_MIN);
  #untils = new Float64Array(CAPACITY_MIN);
  /** Slots by hash, linear probing; twice as many as slots. */
  #index = new Int32Array(CAPACITY_MIN * 2).fill(FREE);

  constructor(idsMax: number) {
    this.#idsMax = idsMax;
  }

  get size(): number {
    return this.#next - this.#first;
  }

  /** The number of the oldest id that is remembered. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next id gets. */
  get next(): number {
    return this.#next;
  }

  /** Where the message with this id is; null: none was seen whose time isn't over. */
  find(hash: IdHash, nowMs: number): DedupPlace | null {
    const slot = this.#index[this.#probe(hash)]!;
    if (slot === FREE || this.#untils[slot]! <= nowMs) return null;
    return { partition: this.#partitions[slot]!, offset: this.#offsets[slot]! };
  }

  /** Remembers an id until `untilMs`; one that is there already (its time was over) has the new place. */
  note(hash: IdHash, place: DedupPlace, untilMs: number): void {
    this.#makeRoom();
    const slot = this.#next++ % this.#capacity;
    this.#hashes.set(hash, slot * WORDS);
    this.#offsets[slot] = place.offset;
    this.#partitions[slot] = place.partition;
    this.#untils[slot] = untilMs;
    this.#index[this.#probe(hash)] = slot;
  }

  /** Forgets the oldest whose time is over. */
  expire(nowMs: number): void {
    while (this.#first < this.#next && this.#untils[this.#first % this.#capacity]! <= nowMs) this.#forget();
  }

  #makeRoom(): void {
    if (this.size >= this.#idsMax) this.#forget();
    if (this.size < this.#capacity) return;
    const from = { ...this.#arrays(), capacity: this.#capacity };
    this.#capacity = Math.min(this.#capacity * 2, Math.max(this.#idsMax, CAPACITY_MIN));
    this.#hashes = new Uint32Array(this.#capacity * WORDS);
    this.#offsets = new Float64Array(this.#capacity);
    this.#partitions = new Uint32Array(this.#capacity);
    this.#untils = new Float64Array(this.#capacity);
    this.#index = new Int32Array(this.#capacity * 2).fill(FREE);
    for (let number = this.#first; number < this.#next; number++) {
      const old = number % from.capacity;
      const slot = number % this.#capacity;
      const hash = from.hashes.subarray(old * WORDS, (old + 1) * WORDS);
      this.#hashes.set(hash, slot * WORDS);
      this.#offsets[slot] = from.offsets[old]!;
      this.#partitions[slot] = from.partitions[old]!;
      this.#untils[slot] = from.untils[old]!;
      this.#index[this.#probe(hash)] = slot;
    }
  }

  #arrays() {
    return {
      hashes: this.#hashes,
      offsets: this.#offsets,
      partitions: this.#partitions,
      untils: this.#untils,
    };
  }

  /** Forgets the oldest. A newer one with the same hash stays. */
  #forget(): void {
    const slot = this.#first++ % this.#capacity;
    const at = this.#probe(this.#hashes.subarray(slot * WORDS, (slot + 1) * WORDS));
    if (this.#index[at] === slot) this.#free(at);
  }

  /** Moves up what was pushed on by it (Knuth, 6.4, algorithm R). */
  #free(start: number): void {
    const size = this.#index.length;
    let hole = start;
    for (let at = (hole + 1) % size; this.#index[at] !== FREE; at = (at + 1) % size) {
      const home = this.#hashes[this.#index[at]! * WORDS]! % size;
      const isBehindHole = hole <= at ? home <= hole || home > at : home <= hole && home > at;
      if (!isBehindHole) continue;
      this.#index[hole] = this.#index[at]!;
      hole = at;
    }
    this.#index[hole] = FREE;
  }

  /** The place of a hash in the index, or the free one where it would be. */
  #probe(hash: IdHash): number {
    const size = this.#index.length;
    let at = hash[0]! % size;
    for (let steps = 0; ; steps++) {
      const slot = this.#index[at]!;
      if (slot === FREE || this.#has(slot, hash)) return at;
      at = (at + 1) % size;
      assert(steps < size, 'half of the index is free');
    }
  }

  #has(slot: number, hash: IdHash): boolean {
    const at = slot * WORDS;
    for (let i = 0; i < WORDS; i++) if (this.#hashes[at + i] !== hash[i]) return false;
    return true;
  }
}
