/**
 * A clock whose wall-clock time runs on without jumps: the time when it was made, plus the monotonic time since. For
 * machines that measure spans (sessions, rebalances), which a clock that is set must not end or stretch.
 */
import type { Clock } from '../platform/ports.ts';

export function steadyClock(clock: Clock): Clock {
  const wallMs = clock.nowMs();
  const monotonicMs = clock.monotonicMs();
  return {
    nowMs: () => wallMs + Math.floor(clock.monotonicMs() - monotonicMs),
    monotonicMs: () => clock.monotonicMs(),
    setTimer: (delayMs, fire) => clock.setTimer(delayMs, fire),
    afterTurn: (run) => clock.afterTurn(run),
  };
}
