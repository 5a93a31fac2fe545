// The frame of a suite: named tests one after another, findings, and waits that end with a sentence.
// Prints `ok NAME`, `not ok NAME: why`, `not in this client: WHAT`, and last `N passed, N failed`.
import { isDeepStrictEqual } from 'node:util';

/**
 * How long a step within a test may take before it counts as hung. It is no measure of speed, but many times
 * what the slowest took on two busy cores.
 */
export const PATIENCE_MS = 90_000;

let passed = 0;
let failed = 0;

/** Runs one test; a throw or `timeoutMs` without an end is a failure. Answers what the body returned. */
export async function test(name, body, { timeoutMs = 2 * PATIENCE_MS } = {}) {
  const startMs = Date.now();
  try {
    const result = await within(timeoutMs, `${name} to end`, body());
    passed += 1;
    console.log(`ok ${name} (${Date.now() - startMs} ms)`);
    return result;
  } catch (error) {
    failed += 1;
    console.log(`not ok ${name}: ${String(error?.message ?? error).replaceAll('\n', ' | ')}`);
    return undefined;
  }
}

/** A finding: the client has no such thing. Each is written down in the suite's FINDINGS.md. */
export function absent(what, why) {
  console.log(`not in this client: ${what} (${why})`);
}

/** Prints the closing line; answers the exit status. */
export function summary() {
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** The promise's value, or a rejection that says what was awaited when it takes longer than `timeoutMs`. */
export async function within(timeoutMs, what, promise) {
  let timer;
  const limit = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${timeoutMs} ms for ${what}`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** State that changes by events: `until` resolves on the first `changed()` at which the predicate holds. */
export class Watch {
  #waiting = new Set();
  #broken;

  changed() {
    for (const wait of this.#waiting) wait();
  }

  /** Every wait, now and later, is rejected with this error. */
  fail(error) {
    this.#broken ??= error;
    this.changed();
  }

  /** `what` is a sentence, or a function that describes what has been reached when the time is over. */
  until(predicate, timeoutMs, what) {
    return new Promise((resolve, reject) => {
      const settle = (action, value) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        action(value);
      };
      const look = () => {
        try {
          if (predicate()) settle(resolve);
          else if (this.#broken) settle(reject, this.#broken);
        } catch (error) {
          settle(reject, error);
        }
      };
      const timer = setTimeout(() => {
        const sentence = typeof what === 'function' ? what() : what;
        settle(reject, new Error(`waited ${timeoutMs} ms for ${sentence}`));
      }, timeoutMs);
      this.#waiting.add(look);
      look();
    });
  }
}

export function check(condition, sentence) {
  if (!condition) throw new Error(sentence);
}

export function equal(got, wanted, what) {
  if (!isDeepStrictEqual(got, wanted)) {
    throw new Error(`${what}: got ${short(got)}, wanted ${short(wanted)}`);
  }
}

/** Asks again until the answer fits: for what a cluster does in its own time and announces to nobody. */
export async function eventually(ask, fits, timeoutMs, what) {
  const endMs = Date.now() + timeoutMs;
  let last;
  while (Date.now() < endMs) {
    last = await ask();
    if (fits(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited ${timeoutMs} ms for ${what}; last answer: ${short(last)}`);
}

function short(value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === undefined || text.length <= 400 ? String(text) : `${text.slice(0, 400)}…`;
}
