/** A clock that moves when it is told to. */
import type { Clock, Timer } from '../../../src/platform/ports.ts';

interface Armed {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
}

export class TestClock implements Clock {
  #nowMs: number;
  #order = 0;
  #armed: Armed[] = [];

  constructor(nowMs = 1_000_000) {
    this.#nowMs = nowMs;
  }

  get timerCount(): number {
    return this.#armed.length;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const armed = { atMs: this.#nowMs + delayMs, order: this.#order++, fire };
    this.#armed.push(armed);
    return {
      cancel: () => {
        this.#armed = this.#armed.filter((other) => other !== armed);
      },
    };
  }

  afterTurn(run: () => void): void {
    this.setTimer(0, run);
  }

  /** Moves on, firing what comes due on the way in order. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      let next: Armed | undefined;
      for (const armed of this.#armed) {
        if (armed.atMs > endMs) continue;
        if (
          next === undefined ||
          armed.atMs < next.atMs ||
          (armed.atMs === next.atMs && armed.order < next.order)
        ) {
          next = armed;
        }
      }
      if (next === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#armed = this.#armed.filter((armed) => armed !== next);
      next.fire();
    }
    this.#nowMs = endMs;
  }
}
