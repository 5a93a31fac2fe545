/** How work that nobody waits for ends the process. */
import type { Clock } from './ports.ts';

/**
 * Throws outside of any promise: for a broken invariant in work that nobody waits for, which must end the process and
 * not be lost in a rejection.
 */
export function throwLater(clock: Clock, error: unknown): void {
  clock.afterTurn(() => {
    throw error;
  });
}
