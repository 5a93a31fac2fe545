/**
 * Which messages of a bucket are gone: everything below a start, and above it one bit an offset, up to the last that is
 * gone. A bucket of ten million messages of which some were cancelled costs a megabyte at most.
 */
import { assert } from '../base/assert.ts';

const BITS = 32;

export class OffsetSet {
  #start: number;
  /** The offset of the first bit; a multiple of BITS. */
  #base: number;
  #words = new Uint32Array(0);
  /** Offsets from `#start` on that are gone. */
  #count = 0;

  constructor(start = 0) {
    this.#start = start;
    this.#base = start - (start % BITS);
  }

  /** Everything below is gone. */
  get start(): number {
    return this.#start;
  }

  /** Offsets from `start` on that are gone. */
  get count(): number {
    return this.#count;
  }

  has(offset: number): boolean {
    if (offset < this.#start) return true;
    const bit = offset - this.#base;
    const word = this.#words[Math.floor(bit / BITS)];
    return word !== undefined && (word & (1 << (bit % BITS))) !== 0;
  }

  /** `last` is in it, too. What is gone already stays so. */
  add(first: number, last: number): void {
    assert(first <= last, 'a range has its ends in order');
    this.#reach(last);
    for (let offset = Math.max(first, this.#start); offset <= last; offset++) {
      const bit = offset - this.#base;
      const at = Math.floor(bit / BITS);
      const mask = 1 << (bit % BITS);
      if ((this.#words[at]! & mask) !== 0) continue;
      this.#words[at]! |= mask;
      this.#count++;
    }
  }

  /** Everything below `start` is gone from now on. A start never moves back. */
  advance(start: number): void {
    for (let offset = this.#start; offset < start && this.#count > 0; offset++) {
      if (this.has(offset)) this.#count--;
      this.#start = offset + 1;
    }
    this.#start = Math.max(this.#start, start);
    const base = this.#start - (this.#start % BITS);
    const words = (base - this.#base) / BITS;
    // Moved now and then only: each time costs as much as is left.
    if (words * 2 < this.#words.length) return;
    this.#words = this.#words.slice(words);
    this.#base = base;
  }

  /** What is gone from `start` on, as pairs of first and last offset, in order. */
  *ranges(): Generator<readonly [number, number]> {
    const end = this.#base + this.#words.length * BITS;
    let first = -1;
    for (let offset = this.#start; offset < end; offset++) {
      if (this.has(offset)) {
        if (first < 0) first = offset;
      } else if (first >= 0) {
        yield [first, offset - 1];
        first = -1;
      }
    }
    if (first >= 0) yield [first, end - 1];
  }

  #reach(offset: number): void {
    const words = Math.floor((offset - this.#base) / BITS) + 1;
    if (words <= this.#words.length) return;
    const grown = new Uint32Array(Math.max(words, Math.min(this.#words.length * 2, words + 65536)));
    grown.set(this.#words);
    this.#words = grown;
  }
}
