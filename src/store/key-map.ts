/**
 * The latest offset of each key in what is to be compacted: an open-addressing table of 16 bytes an entry in one piece
 * of memory, never grown. An entry is 96 bits of a keyed hash of the key and the offset, counted
 * from a base. With ten million keys two of them have the same 96 bits once in 10^15 passes, and nobody can make such a
 * pair who does not know the hash's key, which is drawn for each pass.
 *
 * Several streams share a map, one at a time: the stream is part of the hash.
 *
 * Beside it stands one bit for each offset that was put, up to a bound: whether a later one of the same key came. It
 * answers without a hash and without a look into the table, which is a miss of the caches each time.
 */
import { assert } from '../base/assert.ts';
import { type SipKey, sipHash128 } from '../base/siphash.ts';

const WORDS = 4;
export const KEY_MAP_ENTRY_BYTES = WORDS * 4;
/** Offsets above the base that an entry can tell apart. */
export const KEY_MAP_OFFSETS_MAX = 0xfffffffe;
/** Offsets that have a bit, of all streams of a pass: 4 MiB. Those behind are looked up. */
const BITS_MAX = 2 ** 25;
/** Bytes of the table that are cleared in one go: the first touch of a page may take 25 µs. */
const CLEAR_BYTES = 64 * 1024;

export interface KeyMapOptions {
  /** Keys that have to fit. */
  readonly keys: number;
  /** The part of the table that may be filled; above 0, below 1. */
  readonly loadFactor: number;
  readonly hashKey: SipKey;
}

/** What of a stream was put. */
interface Selection {
  readonly hashKey: SipKey;
  readonly baseOffset: number;
  /** The bit of `baseOffset`. */
  readonly firstBit: number;
  /** Behind the last bit. */
  endBit: number;
}

export class KeyMap {
  readonly capacity: number;
  size = 0;
  readonly #slots: number;
  readonly #words: Uint32Array;
  readonly #hash = new Uint32Array(4);
  readonly #range = { start: 0, end: 0 };
  readonly #selections = new Map<number, Selection>();
  #superseded = new Uint32Array(1024);
  #bitsUsed = 0;
  #hashKey: SipKey;
  #selected: Selection;
  /** The one that may be put to: its bits are the last ones. */
  #filled: Selection;

  constructor({ keys, loadFactor, hashKey }: KeyMapOptions) {
    assert(keys > 0 && loadFactor > 0 && loadFactor < 1, 'a map of keys has room for one');
    this.capacity = keys;
    this.#slots = Math.ceil(keys / loadFactor) + 1;
    this.#words = new Uint32Array(this.#slots * WORDS);
    this.#hashKey = hashKey;
    this.#selected = { hashKey, baseOffset: 0, firstBit: 0, endBit: 0 };
    this.#filled = this.#selected;
  }

  /**
   * Empties it for a pass, and pauses after each piece of so many bytes. Also for a new one: the system gives it memory where
   * that is touched first, which keys at random do a thousand times a batch.
   */
  *clear(hashKey: SipKey): Generator<number, void> {
    this.size = 0;
    this.#hashKey = hashKey;
    this.#selections.clear();
    this.#bitsUsed = 0;
    this.#superseded.fill(0);
    for (let at = 0; at < this.#words.length; at += CLEAR_BYTES / 4) {
      this.#words.fill(0, at, at + CLEAR_BYTES / 4);
      yield CLEAR_BYTES;
    }
  }

  /**
   * What follows is about the stream with this number; what is put has offsets from `baseOffset` on. Nothing is put to a
   * stream after another one was selected.
   */
  select(stream: number, baseOffset: number): void {
    let selection = this.#selections.get(stream);
    if (selection === undefined) {
      const [a, b, c, d] = this.#hashKey;
      const firstBit = this.#bitsUsed;
      selection = { hashKey: [a ^ stream, b, c, d], baseOffset, firstBit, endBit: firstBit };
      this.#selections.set(stream, selection);
      this.#filled = selection;
    }
    this.#selected = selection;
  }

  /** Notes that the key `bytes[start, end)` stands at `offset`, behind all offsets that were put before. */
  put(bytes: Buffer, start: number, end: number, offset: number): void {
    const { baseOffset, firstBit } = this.#selected;
    assert(this.#selected === this.#filled, 'a stream is put in one go');
    const relative = offset - baseOffset;
    const at = this.#find(bytes, start, end);
    const words = this.#words;
    const previous = words[at + 3]!;
    if (previous === 0) {
      assert(this.size < this.capacity, 'a map of keys is never over-full');
      this.size++;
      words[at] = this.#hash[0]!;
      words[at + 1] = this.#hash[1]!;
      words[at + 2] = this.#hash[2]!;
    }
    words[at + 3] = relative + 1;
    if (firstBit + relative < BITS_MAX) this.#extend(firstBit + relative + 1);
    if (previous === 0) return;
    const bit = firstBit + previous - 1;
    if (bit < this.#selected.endBit) this.#superseded[bit >>> 5]! |= 1 << (bit & 31);
  }

  /** Whether a record with the key `bytes[start, end)` stands behind `offset`. */
  isSuperseded(bytes: Buffer, start: number, end: number, offset: number): boolean {
    const { baseOffset, firstBit, endBit } = this.#selected;
    const bit = firstBit + offset - baseOffset;
    if (bit >= firstBit && bit < endBit) return (this.#superseded[bit >>> 5]! & (1 << (bit & 31))) !== 0;
    const latest = this.#words[this.#find(bytes, start, end) + 3]!;
    return latest !== 0 && latest - 1 > offset - baseOffset;
  }

  /** Makes `endBit` the end of the bits. */
  #extend(endBit: number): void {
    this.#selected.endBit = endBit;
    this.#bitsUsed = endBit;
    const words = this.#superseded.length;
    if (endBit <= words * 32) return;
    const larger = new Uint32Array(Math.max(words * 2, Math.ceil(endBit / 32)));
    larger.set(this.#superseded);
    this.#superseded = larger;
  }

  /** Where the entry of a key is, or would be. */
  #find(bytes: Buffer, start: number, end: number): number {
    const hash = this.#hash;
    const words = this.#words;
    this.#range.start = start;
    this.#range.end = end;
    sipHash128(this.#selected.hashKey, bytes, this.#range, hash);
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
