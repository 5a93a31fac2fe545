/**
 * Assertions that stay on in production: they guard our own invariants, never what comes from outside. An
 * AssertionError means that a piece of this broker is wrong, and that going on could make it worse.
 */

/** A broken invariant of this program. It is not caught to go on, only to report. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Throws AssertionError with `message` where `condition` is falsy. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
