/** Node's clock, which moves on faster when it is told to: what comes due by that fires at once. */
import { nodeClock } from '../../src/platform/node/clock.ts';
import type { Clock, Timer } from '../../src/platform/ports.ts';

interface Armed {
  readonly atMs: number;
  readonly fire: () => void;
}

export class LeapClock implements Clock {
  /** No timer fires but by a leap. */
  isHeld = false;
  #leaptMs = 0;
  #setMs = 0;
  readonly #armed = new Set<Armed>();

  nowMs(): number {
    return nodeClock.nowMs() + this.#leaptMs + this.#setMs;
  }

  monotonicMs(): number {
    return nodeClock.monotonicMs() + this.#leaptMs;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const run = (): void => {
      timer.cancel();
      if (this.#armed.delete(armed)) fire();
    };
    const armed = { atMs: this.monotonicMs() + delayMs, fire: run };
    this.#armed.add(armed);
    const timer = nodeClock.setTimer(delayMs, () => {
      if (!this.isHeld) run();
    });
    return {
      cancel: () => {
        this.#armed.delete(armed);
        timer.cancel();
      },
    };
  }

  afterTurn(run: () => void): void {
    nodeClock.afterTurn(run);
  }

  /** Somebody sets the wall clock: no time has passed. */
  set(byMs: number): void {
    this.#setMs += byMs;
  }

  leap(ms: number): void {
    this.#leaptMs += ms;
    const due = [...this.#armed].filter(({ atMs }) => atMs <= this.monotonicMs());
    for (const { fire } of due.sort((a, b) => a.atMs - b.atMs)) fire();
  }
}
