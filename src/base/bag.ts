/**
 * Items in no order, added and removed at once and without garbage. For what churns on hot paths: a Set makes a new table
 * every few additions, the old one still refers to what it held, and once an old table has grown old for the collector,
 * all that passes through later tables does so too.
 */
import { assert } from './assert.ts';

/** An item knows its place. */
export interface Placed {
  /** Kept by the bag; −1 outside. */
  place: number;
}

export class Bag<T extends Placed> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    assert(item.place === -1, 'an item is in one bag, once');
    item.place = this.#items.length;
    this.#items.push(item);
  }

  /** False when it is not there (any more). */
  remove(item: T): boolean {
    const { place } = item;
    if (place === -1) return false;
    const last = this.#items.pop()!;
    if (last !== item) {
      this.#items[place] = last;
      last.place = place;
    }
    item.place = -1;
    return true;
  }

  /** All items now, as a list of its own. */
  all(): T[] {
    return this.#items.slice();
  }

  clear(): void {
    for (const item of this.#items) item.place = -1;
    this.#items.length = 0;
  }
}
