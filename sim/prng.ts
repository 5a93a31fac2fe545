/**
 * The one source of chance of a simulated world: xoshiro128** (Blackman and Vigna), seeded by a number. The same seed
 * gives the same sequence on every machine. `fork` gives an independent generator, so that one part of the world
 * drawing more often doesn't change what the others meet.
 */

export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number) {
    // splitmix32 spreads a small seed over the state.
    let s = seed >>> 0;
    const next = (): number => {
      s = (s + 0x9e3779b9) >>> 0;
      let z = s;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1;
  }

  /** An unsigned 32-bit integer. */
  next(): number {
    const x = Math.imul(this.#b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** 0 ≤ x < 1. */
  float(): number {
    return this.next() / 4294967296;
  }

  /** 0 ≤ x < bound, an integer; `bound` from 1 to 2^32. */
  int(bound: number): number {
    return Math.floor(this.float() * bound);
  }

  /** min ≤ x ≤ max, an integer. */
  between(min: number, max: number): number {
    return min + this.int(max - min + 1);
  }

  /** True with the probability given. */
  chance(probability: number): boolean {
    return this.float() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.int(from.length)]!;
  }

  /** One of these, each as often as its weight, a whole number, says. */
  weighted<Entry extends readonly [weight: number, ...unknown[]]>(from: readonly Entry[]): Entry {
    let at = this.int(from.reduce((sum, [weight]) => sum + weight, 0));
    return from.find(([weight]) => (at -= weight) < 0)!;
  }

  bytes(length: number): Buffer {
    const out = Buffer.allocUnsafe(length);
    for (let i = 0; i < length; i++) out[i] = this.next();
    return out;
  }

  /** In place. */
  shuffle<T>(list: T[]): T[] {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const one = list[i]!;
      list[i] = list[j]!;
      list[j] = one;
    }
    return list;
  }

  /** An independent generator. */
  fork(): Prng {
    return new Prng(this.next());
  }
}
