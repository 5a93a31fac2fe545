/** How long flushes took: a histogram of plain numbers. */

/** Upper bounds in ms; slower ones are in a last bucket without a bound. */
export const FLUSH_BOUNDS_MS: readonly number[] = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

export class FlushTimes {
  /** One more than there are bounds. */
  readonly counts: number[] = new Array(FLUSH_BOUNDS_MS.length + 1).fill(0);
  totalMs = 0;

  note(tookMs: number): void {
    let bucket = 0;
    while (bucket < FLUSH_BOUNDS_MS.length && tookMs > FLUSH_BOUNDS_MS[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.totalMs += tookMs;
  }
}
