/** The real clock. Timers keep the process alive, as they guard promises made to clients. */
import type { Clock } from '../ports.ts';

export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, fire) {
    // Node fires at once for anything above 2^31−1; look again instead.
    const longest = 2 ** 31 - 1;
    let handle: NodeJS.Timeout;
    const arm = (remainingMs: number): void => {
      const stepMs = Math.min(remainingMs, longest);
      handle = setTimeout(() => (remainingMs > stepMs ? arm(remainingMs - stepMs) : fire()), stepMs);
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  afterTurn(run) {
    setImmediate(run);
  },
};
