/**
 * The times of waiting messages, the earliest on top: a binary heap in typed arrays, 20 bytes an entry. Of two with the same
 * time the one with the lower bucket, then with the lower offset comes first, so that within a bucket order is that of sending.
 */
import { assert } from '../base/assert.ts';

export interface HeapEntry {
  dueMs: number;
  bucket: number;
  offset: number;
}

const CAPACITY_MIN = 64;

export class EntryHeap {
  #dues = new Float64Array(CAPACITY_MIN);
  #offsets = new Float64Array(CAPACITY_MIN);
  #buckets = new Uint32Array(CAPACITY_MIN);
  #size = 0;
  /** 1: the earliest is on top; −1: the latest. */
  readonly #order: number;

  constructor(top: 'earliest' | 'latest' = 'earliest') {
    this.#order = top === 'earliest' ? 1 : -1;
  }

  get size(): number {
    return this.#size;
  }

  /** The time of the top; Infinity: it is empty. */
  get topMs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#dues[0]!;
  }

  push(dueMs: number, bucket: number, offset: number): void {
    if (this.#size === this.#dues.length) this.#resize(this.#size * 2);
    this.#write(this.#size, dueMs, bucket, offset);
    this.#up(this.#size++);
  }

  /** Whether the top comes behind this one. False where there is none. */
  topIsBehind(dueMs: number, bucket: number, offset: number): boolean {
    if (this.#size === 0) return false;
    const at = this.#size;
    if (at === this.#dues.length) this.#resize(at * 2);
    this.#write(at, dueMs, bucket, offset);
    return this.#compare(at, 0) * this.#order < 0;
  }

  pop(): HeapEntry {
    assert(this.#size > 0, 'nothing is taken from an empty heap');
    const top = { dueMs: this.#dues[0]!, bucket: this.#buckets[0]!, offset: this.#offsets[0]! };
    this.#size--;
    if (this.#size > 0) {
      this.#copy(0, this.#size);
      this.#down(0);
    }
    if (this.#dues.length > CAPACITY_MIN && this.#size * 4 <= this.#dues.length) {
      this.#resize(this.#dues.length / 2);
    }
    return top;
  }

  /** Keeps the entries that `keep` wants; returns how many went. */
  filter(keep: (dueMs: number, bucket: number, offset: number) => boolean): number {
    const before = this.#size;
    let size = 0;
    for (let i = 0; i < before; i++) {
      if (!keep(this.#dues[i]!, this.#buckets[i]!, this.#offsets[i]!)) continue;
      this.#copy(size++, i);
    }
    this.#size = size;
    for (let i = (size >>> 1) - 1; i >= 0; i--) this.#down(i);
    let capacity = this.#dues.length;
    while (capacity > CAPACITY_MIN && size * 4 <= capacity) capacity /= 2;
    if (capacity < this.#dues.length) this.#resize(capacity);
    return before - size;
  }

  /** All entries, in no order. */
  forEach(visit: (dueMs: number, bucket: number, offset: number) => void): void {
    for (let i = 0; i < this.#size; i++) visit(this.#dues[i]!, this.#buckets[i]!, this.#offsets[i]!);
  }

  #up(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (this.#compare(at, parent) >= 0) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #down(from: number): void {
    let at = from;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= this.#size) return;
      if (child + 1 < this.#size && this.#compare(child + 1, child) < 0) child++;
      if (this.#compare(child, at) >= 0) return;
      this.#swap(at, child);
      at = child;
    }
  }

  /** Below 0: `a` is nearer to the top. */
  #compare(a: number, b: number): number {
    const byTime = this.#dues[a]! - this.#dues[b]!;
    if (byTime !== 0) return byTime * this.#order;
    const byBucket = this.#buckets[a]! - this.#buckets[b]!;
    return (byBucket !== 0 ? byBucket : this.#offsets[a]! - this.#offsets[b]!) * this.#order;
  }

  #swap(a: number, b: number): void {
    const dueMs = this.#dues[a]!;
    const bucket = this.#buckets[a]!;
    const offset = this.#offsets[a]!;
    this.#copy(a, b);
    this.#write(b, dueMs, bucket, offset);
  }

  #copy(to: number, from: number): void {
    this.#write(to, this.#dues[from]!, this.#buckets[from]!, this.#offsets[from]!);
  }

  #write(at: number, dueMs: number, bucket: number, offset: number): void {
    this.#dues[at] = dueMs;
    this.#buckets[at] = bucket;
    this.#offsets[at] = offset;
  }

  #resize(capacity: number): void {
    const dues = new Float64Array(capacity);
    const offsets = new Float64Array(capacity);
    const buckets = new Uint32Array(capacity);
    dues.set(this.#dues.subarray(0, this.#size));
    offsets.set(this.#offsets.subarray(0, this.#size));
    buckets.set(this.#buckets.subarray(0, this.#size));
    this.#dues = dues;
    this.#offsets = offsets;
    this.#buckets = buckets;
  }
}
