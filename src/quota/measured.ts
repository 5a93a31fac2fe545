/** Those who are measured against a limit, by the name of who shares it. Bounded, and who is idle is forgotten. */
import { assert } from '../base/assert.ts';

/** A limit, and the name under which all who share it are measured. */
export interface Limit {
  readonly perSecond: number;
  readonly sharedBy: string;
}

/** Below this many it isn't worth looking for idle ones. */
const LOOK_AT_MIN = 16;

export class Measured<Meter> {
  readonly #meters = new Map<string, { readonly meter: Meter; limit: number }>();
  readonly #countMax: number;
  readonly #make: () => Meter;
  readonly #isIdle: (meter: Meter, limit: number, nowMs: number) => boolean;
  /** How many make a look for idle ones worth its while. */
  #lookAt = LOOK_AT_MIN;

  constructor(options: {
    readonly countMax: number;
    readonly make: () => Meter;
    readonly isIdle: (meter: Meter, limit: number, nowMs: number) => boolean;
  }) {
    assert(options.countMax >= 1, 'someone can be measured');
    this.#countMax = options.countMax;
    this.#make = options.make;
    this.#isIdle = options.isIdle;
  }

  get count(): number {
    return this.#meters.size;
  }

  /** Beyond the bound the one that was measured first is forgotten, and begins anew. */
  of({ sharedBy, perSecond }: Limit, nowMs: number): Meter {
    const known = this.#meters.get(sharedBy);
    if (known !== undefined) {
      known.limit = perSecond;
      return known.meter;
    }
    if (this.#meters.size >= Math.min(this.#lookAt, this.#countMax)) this.forgetIdle(nowMs);
    if (this.#meters.size >= this.#countMax) {
      for (const first of this.#meters.keys()) {
        this.#meters.delete(first);
        break;
      }
    }
    const meter = this.#make();
    this.#meters.set(sharedBy, { meter, limit: perSecond });
    return meter;
  }

  forgetIdle(nowMs: number): void {
    for (const [name, { meter, limit }] of this.#meters) {
      if (this.#isIdle(meter, limit, nowMs)) this.#meters.delete(name);
    }
    this.#lookAt = Math.max(LOOK_AT_MIN, 2 * this.#meters.size);
  }
}
