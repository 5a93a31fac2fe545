/**
 * Items in the order in which they came, settled in any order. For what churns on hot paths, as a bag is (bag.ts), where the order counts.
 */
const SLACK = 16;

export class Line<T extends { readonly settled: boolean }> implements Iterable<T> {
  #items: T[] = [];
  #settledCount = 0;

  /** Those that aren't settled. */
  get size(): number {
    return this.#items.length - this.#settledCount;
  }

  /** One that isn't settled, at the end. */
  add(item: T): void {
    this.#items.push(item);
  }

  /** One that is in it is settled now. */
  noteSettled(): void {
    this.#settledCount++;
    if (this.size > 0 && this.#settledCount <= this.size + SLACK) return;
    this.#items = this.#items.filter(({ settled }) => !settled);
    this.#settledCount = 0;
  }

  /** Those that aren't settled when it is their turn; who comes meanwhile may be left out. */
  *[Symbol.iterator](): Iterator<T> {
    for (const item of this.#items) if (!item.settled) yield item;
  }
}
