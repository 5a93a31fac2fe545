/**
 * The ids that were given out to members that haven't come back yet (KIP-394). Anybody can have thousands given out, so a
 * draft of a group doesn't copy them: it notes what it changes, and the set itself changes when the draft is applied.
 */

export interface PendingIds extends Iterable<string> {
  readonly size: number;
  has(memberId: string): boolean;
  add(memberId: string): unknown;
  /** Whether it was there. */
  delete(memberId: string): boolean;
}

/** Changes of a set, seen as if they were made; the set is left alone until `settle`. */
export class PendingDraft implements PendingIds {
  readonly #base: PendingIds;
  readonly #added = new Set<string>();
  readonly #removed = new Set<string>();

  constructor(base: PendingIds) {
    this.#base = base;
  }

  get size(): number {
    return this.#base.size + this.#added.size - this.#removed.size;
  }

  has(memberId: string): boolean {
    return this.#added.has(memberId) || (this.#base.has(memberId) && !this.#removed.has(memberId));
  }

  add(memberId: string): void {
    if (this.#base.has(memberId)) this.#removed.delete(memberId);
    else this.#added.add(memberId);
  }

  delete(memberId: string): boolean {
    if (this.#added.delete(memberId)) return true;
    if (!this.has(memberId)) return false;
    this.#removed.add(memberId);
    return true;
  }

  *[Symbol.iterator](): Iterator<string> {
    for (const memberId of this.#base) if (!this.#removed.has(memberId)) yield memberId;
    yield* this.#added;
  }

  /** Makes the changes, and gives the set that they were made to. */
  settle(): PendingIds {
    for (const memberId of this.#removed) this.#base.delete(memberId);
    for (const memberId of this.#added) this.#base.add(memberId);
    this.#removed.clear();
    this.#added.clear();
    return this.#base;
  }
}
