/**
 * A rate over a window that moves by steps, as Kafka measures quotas (its `Rate` over a `WindowedSum`): what was recorded
 * lies in samples of one step each; the rate is their sum over the time from the start of the oldest one until now, but
 * never over less than all steps but one. Nothing was recorded for a whole window: as good as new.
 *
 * Times are milliseconds of a clock that doesn't go back.
 */
import { assert } from '../base/assert.ts';

export interface Windows {
  /** How many samples make up the window (quota.window.num). At least 1. */
  readonly samples: number;
  /** The span of one, ms (quota.window.size.seconds). */
  readonly sampleMs: number;
}

/** How long someone at `rate` has to pause until it is back at `limit` over `windowMs`, in whole ms. */
export function pauseMs(rate: number, limit: number, windowMs: number): number {
  return rate <= limit ? 0 : Math.round(((rate - limit) / limit) * windowMs);
}

export class WindowedRate {
  readonly #windows: Windows;
  /** One sample more than the window has: the oldest one may reach into it. */
  readonly #startMs: number[] = [];
  readonly #lastMs: number[] = [];
  readonly #sums: number[] = [];
  #current = 0;

  constructor(windows: Windows) {
    assert(windows.samples >= 1 && windows.sampleMs > 0, 'a window has a length');
    this.#windows = windows;
  }

  /** `value` may be negative: it takes back what was recorded. */
  record(value: number, nowMs: number): void {
    const { samples, sampleMs } = this.#windows;
    if (this.#sums.length === 0) this.#begin(0, nowMs);
    else if (nowMs - this.#startMs[this.#current]! >= sampleMs) {
      this.#current = (this.#current + 1) % (samples + 1);
      this.#begin(this.#current, nowMs);
    }
    this.#sums[this.#current]! += value;
    this.#lastMs[this.#current] = nowMs;
  }

  /** Units in a second. */
  rate(nowMs: number): number {
    this.#forget(nowMs);
    let sum = 0;
    for (const one of this.#sums) sum += one;
    return sum / (this.windowMs(nowMs) / 1000);
  }

  /** The span over which the rate is taken, ms. */
  windowMs(nowMs: number): number {
    this.#forget(nowMs);
    const { samples, sampleMs } = this.#windows;
    let oldestMs = nowMs;
    for (const startMs of this.#startMs) if (startMs < oldestMs) oldestMs = startMs;
    const elapsedMs = nowMs - oldestMs;
    const missing = Math.max(0, samples - 1 - Math.floor(elapsedMs / sampleMs));
    return Math.max(1, elapsedMs + missing * sampleMs);
  }

  /** Whether forgetting it changes nothing. */
  isIdle(nowMs: number): boolean {
    const { samples, sampleMs } = this.#windows;
    return this.#lastMs.every((lastMs) => nowMs - lastMs >= samples * sampleMs);
  }

  #begin(at: number, nowMs: number): void {
    this.#startMs[at] = nowMs;
    this.#lastMs[at] = nowMs;
    this.#sums[at] = 0;
  }

  #forget(nowMs: number): void {
    const { samples, sampleMs } = this.#windows;
    for (let at = 0; at < this.#sums.length; at++) {
      if (nowMs - this.#lastMs[at]! >= samples * sampleMs) this.#begin(at, nowMs);
    }
  }
}
