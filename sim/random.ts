/** The Random port of the simulated world: bytes from the seed. */
import type { Random } from '../src/platform/ports.ts';
import type { Prng } from './prng.ts';

export class SimRandom implements Random {
  readonly #prng: Prng;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  bytes(length: number): Buffer {
    return this.#prng.bytes(length);
  }
}
