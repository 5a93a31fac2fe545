/**
 * What a fuzz target is: it makes inputs from a generator of chance, and executes one. An input is bytes and nothing else,
 * so that one that failed can be stored and replayed.
 */
import type { Prng } from '../sim/prng.ts';

export interface FuzzTarget {
  readonly name: string;
  /** Part of the time that this target gets; 1 is usual. */
  readonly weight?: number;
  generate(prng: Prng): Buffer;
  /** Throws on a finding: anything that the code under test must not do with these bytes. */
  execute(input: Buffer): void | Promise<void>;
  /** Once, behind the last execution. */
  close?(): void | Promise<void>;
}

/** What the code under test did wrong with an input. */
export class Finding extends Error {
  override readonly name = 'Finding';
}

export function expect(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Finding(message);
}

/** Errors that mean that nobody thought of this input: they are findings wherever they come from. */
export function isUnintended(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof ReferenceError ||
    !(error instanceof Error) ||
    error.name === 'AssertionError' ||
    error instanceof Finding
  );
}

/** Runs `act`; an intended error is fine, and gives null. */
export function tolerate<T>(act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    if (isUnintended(error)) throw error;
    return null;
  }
}
