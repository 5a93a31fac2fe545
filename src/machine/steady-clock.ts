/**
 * A clock whose wall-clock time runs on without jumps: the time when it was made, plus the monotonic time since. For
 * machines that measure spans (sessions, rebalances, delays), which a clock that is set must not end or stretch.
 */
import type { Clock } from '../platform/ports.ts';

export interface SteadyClock extends Clock {
  /**
   * It goes on from `ms` if it stands before that. Where deadlines outlive a restart: a wall clock that was set back meanwhile would
   * make them that much later.
   */
  notBefore(ms: number): void;
  /** One of its times as the wall clock, which may have been set meanwhile, has it now; ms since 1970. */
  wallMs(ms: number): number;
}

export function steadyClock(clock: Clock): SteadyClock {
  let beganMs = clock.nowMs();
  const monotonicMs = clock.monotonicMs();
  const nowMs = (): number => beganMs + Math.floor(clock.monotonicMs() - monotonicMs);
  return {
    nowMs,
    monotonicMs: () => clock.monotonicMs(),
    setTimer: (delayMs, fire) => clock.setTimer(delayMs, fire),
    afterTurn: (run) => clock.afterTurn(run),
    notBefore(ms) {
      beganMs += Math.max(0, ms - nowMs());
    },
    wallMs: (ms) => Math.round(ms - nowMs() + clock.nowMs()),
  };
}
