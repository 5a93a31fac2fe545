/** Items that are over may be as many as those that aren't, and this many more, before they are cleared away. */
const OVER_MAX = 1024;

/** A binary heap: what is smallest comes out first. `push` and `pop` take O(log n), and `push` of what is largest O(1). */
export class Heap<Item> {
  readonly #items: Item[] = [];
  readonly #keyOf: (item: Item) => number;

  /** `keyOf`: what is compared; it must not change while an item is in the heap. */
  constructor(keyOf: (item: Item) => number) {
    this.#keyOf = keyOf;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The smallest, which stays. */
  peek(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    const items = this.#items;
    const key = this.#keyOf(item);
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#keyOf(items[parent]!) <= key) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): Item | undefined {
    const items = this.#items;
    const smallest = items[0];
    const last = items.pop();
    if (items.length > 0) this.#sink(last!);
    return smallest;
  }

  /** The least key above one; Infinity: there is none. O(as many as there are up to it). */
  nextKey(above: number): number {
    let next = Number.POSITIVE_INFINITY;
    const seen = this.#look(above, (item) => {
      next = Math.min(next, this.#keyOf(item));
    });
    while (seen.next().done !== true);
    return next;
  }

  /** All up to a key, in no order; O(as many). */
  upTo(key: number): Item[] {
    const found: Item[] = [];
    for (const item of this.#look(key, () => undefined)) found.push(item);
    return found;
  }

  /** Goes through those up to a key; `behind` gets the first behind them on each way. */
  *#look(key: number, behind: (item: Item) => void): Generator<Item> {
    const look = [0];
    for (let at = look.pop(); at !== undefined; at = look.pop()) {
      const item = this.#items[at];
      if (item === undefined) continue;
      if (this.#keyOf(item) > key) behind(item);
      else {
        yield item;
        look.push(2 * at + 1, 2 * at + 2);
      }
    }
  }

  /**
   * Whether those that are over, which are left in the heap until their turn comes, are so many that it is time to `keep` the others. `open`:
   * how many those are, or were when the heap was cleared last.
   */
  isOvergrown(open: number): boolean {
    return this.size > 2 * open + OVER_MAX;
  }

  /** Leaves only what `stays` says; O(n). */
  keep(stays: (item: Item) => boolean): void {
    const kept = this.#items.filter(stays);
    this.#items.length = 0;
    for (const item of kept) this.push(item);
  }

  /** Puts an item in the place of the smallest. */
  #sink(item: Item): void {
    const items = this.#items;
    const key = this.#keyOf(item);
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#keyOf(items[child + 1]!) < this.#keyOf(items[child]!)) child++;
      if (this.#keyOf(items[child]!) >= key) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
  }
}
