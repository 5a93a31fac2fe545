/**
 * The latest offset of each key in what is to be compacted: an open-addressing table of 16 bytes an entry in one piece
 * of memory, made for one pass and never grown. An entry is 96 bits of a keyed hash of the key and the offset, counted
 * from a base. With ten million keys two of them have the same 96 bits once in 10^15 passes, and nobody can make such a
 * pair who does not know the hash's key, which is drawn for each pass.
 *
 * Several streams share a map, one at a time: the stream is part of the hash.
 */
import { assert } from '../base/assert.ts';
import { type SipKey, sipHash128 } from '../base/siphash.ts';

const WORDS = 4;
export const KEY_MAP_ENTRY_BYTES = WORDS * 4;
/** Offsets above the base that an entry can tell apart. */
export const KEY_MAP_OFFSETS_MAX = 0xfffffffe;

export interface KeyMapOptions {
  /** Keys that have to fit. */
  readonly keys: number;
  /** The part of the table that may be filled; above 0, below 1. */
  readonly loadFactor: number;
  readonly hashKey: SipKey;
}

export class KeyMap {
  readonly capacity: number;
  size = 0;
  readonly #slots: number;
  readonly #words: Uint32Array;
  readonly #hashKey: SipKey;
  readonly #hash = new Uint32Array(4);
  readonly #range = { start: 0, end: 0 };
  #streamKey: SipKey;
  #baseOffset = 0;

  constructor({ keys, loadFactor, hashKey }: KeyMapOptions) {
    assert(keys > 0 && loadFactor > 0 && loadFactor < 1, 'a map of keys has room for one');
    this.capacity = keys;
    this.#slots = Math.ceil(keys / loadFactor) + 1;
    this.#words = new Uint32Array(this.#slots * WORDS);
    this.#hashKey = hashKey;
    this.#streamKey = hashKey;
  }

  /** What follows is about the stream with this number; what is put has offsets from `baseOffset` on. */
  select(stream: number, baseOffset: number): void {
    const [a, b, c, d] = this.#hashKey;
    this.#streamKey = [a ^ stream, b, c, d];
    this.#baseOffset = baseOffset;
  }

  /** Notes that the key `bytes[start, end)` stands at `offset`, behind all offsets that were put before. */
  put(bytes: Buffer, start: number, end: number, offset: number): void {
    const at = this.#find(bytes, start, end);
    const words = this.#words;
    if (words[at + 3] === 0) {
      assert(this.size < this.capacity, 'a map of keys is never over-full');
      this.size++;
      words[at] = this.#hash[0]!;
      words[at + 1] = this.#hash[1]!;
      words[at + 2] = this.#hash[2]!;
    }
    words[at + 3] = offset - this.#baseOffset + 1;
  }

  /** The latest offset of a key, or −1. */
  get(bytes: Buffer, start: number, end: number): number {
    const relative = this.#words[this.#find(bytes, start, end) + 3]!;
    return relative === 0 ? -1 : this.#baseOffset + relative - 1;
  }

  /** Where the entry of a key is, or would be. */
  #find(bytes: Buffer, start: number, end: number): number {
    const hash = this.#hash;
    const words = this.#words;
    this.#range.start = start;
    this.#range.end = end;
    sipHash128(this.#streamKey, bytes, this.#range, hash);
    const h0 = hash[0]!;
    const h1 = hash[1]!;
    const h2 = hash[2]!;
    // The fourth word chooses the place, so that the three that are kept say as much as they can.
    let slot = Math.floor((hash[3]! / 0x100000000) * this.#slots);
    for (;;) {
      const at = slot * WORDS;
      if (words[at + 3] === 0) return at;
      if (words[at] === h0 && words[at + 1] === h1 && words[at + 2] === h2) return at;
      slot = slot + 1 === this.#slots ? 0 : slot + 1;
    }
  }
}
