/** A clock that a test moves on. */
import { nodeClock } from '../../src/platform/node/clock.ts';
import type { Clock } from '../../src/platform/ports.ts';

/** Node's clock, ahead by what the test says. Timers are asked to fire by `pass`. */
export class ShiftedClock implements Clock {
  shiftMs = 0;
  /** No timer fires by itself. */
  isHeld = false;
  #timers = new Set<{ atMs: number; fire: () => void }>();
  nowMs = (): number => nodeClock.nowMs() + this.shiftMs;
  monotonicMs = (): number => nodeClock.monotonicMs() + this.shiftMs;
  afterTurn = nodeClock.afterTurn;

  setTimer(delayMs: number, fire: () => void) {
    const armed = { atMs: this.nowMs() + delayMs, fire: () => {} };
    const timer = nodeClock.setTimer(delayMs, () => {
      if (!this.isHeld) armed.fire();
    });
    armed.fire = () => {
      this.#timers.delete(armed);
      timer.cancel();
      fire();
    };
    this.#timers.add(armed);
    return {
      cancel: () => {
        this.#timers.delete(armed);
        timer.cancel();
      },
    };
  }

  /** Time goes on by so much, and what is due happens. */
  pass(ms: number): void {
    this.shiftMs += ms;
    const due = [...this.#timers].filter(({ atMs }) => atMs <= this.nowMs());
    for (const { fire } of due.sort((a, b) => a.atMs - b.atMs)) fire();
  }
}
