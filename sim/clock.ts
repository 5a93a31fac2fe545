/**
 * The Clock of a simulated process. The wall clock can be made to jump, the monotonic one can't; timers fire up to a
 * millisecond late, as Node's do.
 */
import type { Clock, Timer } from '../src/platform/ports.ts';
import type { SimProcess } from './process.ts';
import type { Scheduler } from './scheduler.ts';

/** Wall clock at the beginning of every world: 2026-01-01T00:00:00Z. */
export const WORLD_START_MS = 1_767_225_600_000;

export class SimClock implements Clock {
  readonly #scheduler: Scheduler;
  readonly #process: SimProcess;
  #wallOffsetMs = 0;

  constructor(scheduler: Scheduler, process: SimProcess) {
    this.#scheduler = scheduler;
    this.#process = process;
  }

  /** Moves the wall clock by an integer number of ms, in either direction. */
  jump(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  nowMs(): number {
    return WORLD_START_MS + Math.floor(this.#scheduler.nowUs / 1000) + this.#wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#scheduler.nowUs / 1000;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    if (!(delayMs >= 0)) throw new Error(`a timer was set to ${delayMs} ms`);
    const lateUs = this.#scheduler.prng.int(1000);
    const event = this.#scheduler.schedule(delayMs * 1000 + lateUs, this.#process, fire);
    return {
      cancel: () => {
        event.run = null;
      },
    };
  }

  afterTurn(run: () => void): void {
    this.#scheduler.afterTurn(this.#process, run);
  }
}
