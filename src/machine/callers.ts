/**
 * Callers that wait for an answer, each under a token of its own, which is never given twice and never 0.
 *
 * Not a Map: when a Map empties, its table points to the table that follows. Where one such table has grown old, V8 keeps all
 * that follow, with what was put into them, until it marks the whole heap: 800 bytes for each heartbeat of an idle member.
 */
import { assert } from '../base/assert.ts';

/** Callers at a time. A token is a slot and, above this, how often the slot was given. */
const SLOTS_MAX = 2 ** 24;

export class Callers<Caller> {
  /** By slot; null: it is free. */
  readonly #callers: (Caller | null)[] = [];
  /** By slot: the token that was last given for it. */
  readonly #tokens: number[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#callers.length - this.#free.length;
  }

  add(caller: Caller): number {
    const slot = this.#free.pop() ?? this.#makeSlot();
    const token = this.#tokens[slot]! + SLOTS_MAX;
    this.#tokens[slot] = token;
    this.#callers[slot] = caller;
    return token;
  }

  /** Who waits under `token`, who waits no more; undefined: nobody. */
  take(token: number): Caller | undefined {
    const slot = token % SLOTS_MAX;
    if (this.#tokens[slot] !== token) return undefined;
    const caller = this.#callers[slot]!;
    if (caller === null) return undefined;
    this.#callers[slot] = null;
    this.#free.push(slot);
    return caller;
  }

  /** All that wait, who wait no more. */
  takeAll(): Caller[] {
    return this.#tokens.map((token) => this.take(token)).filter((caller) => caller !== undefined);
  }

  #makeSlot(): number {
    const slot = this.#callers.length;
    assert(slot < SLOTS_MAX, 'so many callers never wait at a time');
    this.#callers.push(null);
    this.#tokens.push(slot);
    return slot;
  }
}
