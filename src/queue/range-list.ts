/**
 * Ranges of offsets, sorted and disjoint. What has to do with one range costs the same with ten of them and with a hundred
 * thousand: they lie in leaves of bounded size, so that an insertion moves few.
 */
import { assert } from '../base/assert.ts';

/** Offsets from `first` to `last`, both in it. */
export interface Range {
  first: number;
  last: number;
}

/** A leaf that has more is split. */
const LEAF_RANGES_MAX = 256;

/** `Item` is a range with what is true of its offsets. Items are changed in place only by their list. */
export class RangeList<Item extends Range> {
  readonly #leaves: Item[][] = [];
  readonly #copy: (item: Item) => Item;
  #size = 0;

  /** `copy`: another item that says the same, for a range that is cut in two. */
  constructor(copy: (item: Item) => Item) {
    this.#copy = copy;
  }

  /** Ranges in it. */
  get size(): number {
    return this.#size;
  }

  /** The lowest. */
  get lowest(): Item | undefined {
    return this.#leaves[0]?.[0];
  }

  /** The range that has `offset`, or the first behind it. */
  from(offset: number): Item | undefined {
    const leaf = this.#leafOf(offset);
    return this.#leaves[leaf]?.[this.#placeOf(leaf, offset)];
  }

  /** The range that has `offset`. */
  at(offset: number): Item | undefined {
    const item = this.from(offset);
    return item !== undefined && item.first <= offset ? item : undefined;
  }

  /** The last range that ends below `offset`. */
  before(offset: number): Item | undefined {
    const leaf = this.#leafOf(offset);
    const place = this.#placeOf(leaf, offset);
    if (place > 0) return this.#leaves[leaf]![place - 1];
    return this.#leaves[leaf - 1]?.at(-1);
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const leaf of this.#leaves) yield* leaf;
  }

  /** Adds a range that has nothing in common with those that are there. */
  insert(item: Item): void {
    this.#size++;
    if (this.#leaves.length === 0) {
      this.#leaves.push([item]);
      return;
    }
    let leaf = this.#leafOf(item.first);
    let place: number;
    if (leaf === this.#leaves.length) {
      // Behind all: the usual place.
      leaf--;
      place = this.#leaves[leaf]!.length;
    } else {
      place = this.#placeOf(leaf, item.first);
      assert(item.last < this.#leaves[leaf]![place]!.first, 'ranges are disjoint');
    }
    const items = this.#leaves[leaf]!;
    items.splice(place, 0, item);
    if (items.length > LEAF_RANGES_MAX) this.#leaves.splice(leaf + 1, 0, items.splice(LEAF_RANGES_MAX / 2));
  }

  /** Takes out one range, whole. */
  remove(item: Item): void {
    const leaf = this.#leafOf(item.first);
    const place = this.#placeOf(leaf, item.first);
    assert(this.#leaves[leaf]?.[place] === item, 'the range is in the list');
    this.#removeAt(leaf, place);
  }

  /**
   * Takes out all that lies from `first` to `last`; ranges that go beyond are cut. `taken` gets each piece, ascending: it is
   * its own from then on.
   */
  carve(first: number, last: number, taken: (piece: Item) => void): void {
    for (;;) {
      const leaf = this.#leafOf(first);
      const items = this.#leaves[leaf];
      if (items === undefined) return;
      const place = this.#placeOf(leaf, first);
      const item = items[place]!;
      if (item.first > last) return;
      if (item.first >= first && item.last <= last) {
        this.#removeAt(leaf, place);
        taken(item);
        continue;
      }
      const piece = this.#copy(item);
      piece.first = Math.max(first, item.first);
      piece.last = Math.min(last, item.last);
      if (item.first >= first) item.first = last + 1;
      else {
        const end = item.last;
        item.last = first - 1;
        if (end > last) {
          const rest = this.#copy(item);
          rest.first = last + 1;
          rest.last = end;
          this.insert(rest);
        }
      }
      taken(piece);
      if (piece.last === last) return;
    }
  }

  clear(): void {
    this.#leaves.length = 0;
    this.#size = 0;
  }

  #removeAt(leaf: number, place: number): void {
    const items = this.#leaves[leaf]!;
    if (items.length === 1) this.#leaves.splice(leaf, 1);
    else items.splice(place, 1);
    this.#size--;
  }

  /** The first leaf of which the last range ends at `offset` or behind; their number where there is none. */
  #leafOf(offset: number): number {
    const leaves = this.#leaves;
    let low = 0;
    let high = leaves.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const items = leaves[middle]!;
      if (items[items.length - 1]!.last < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first range of a leaf that ends at `offset` or behind. */
  #placeOf(leaf: number, offset: number): number {
    const items = this.#leaves[leaf];
    if (items === undefined) return 0;
    let low = 0;
    let high = items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (items[middle]!.last < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
