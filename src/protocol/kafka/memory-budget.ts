/**
 * A bound on bytes that all connections share (queued.max.request.bytes). A session that finds it used up stops reading
 * and is called again, in the order of asking, when bytes come back. A single request above the whole bound passes when
 * nothing else is in work, so that the bound never blocks for ever.
 */
export class MemoryBudget {
  readonly #bytesMax: number;
  #usedBytes = 0;
  #waiting = new Set<() => void>();
  #resuming = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get exhausted(): boolean {
    return this.#usedBytes >= this.#bytesMax;
  }

  take(bytes: number): void {
    this.#usedBytes += bytes;
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
    // Who is resumed may give in turn: the loop that runs goes on, however many wait.
    if (this.#resuming) return;
    this.#resuming = true;
    for (const resume of this.#waiting) {
      if (this.exhausted) break;
      this.#waiting.delete(resume);
      resume();
    }
    this.#resuming = false;
  }

  /** Calls `resume` once when there is room again. Asking twice is asking once. */
  wait(resume: () => void): void {
    this.#waiting.add(resume);
  }

  forget(resume: () => void): void {
    this.#waiting.delete(resume);
  }
}
