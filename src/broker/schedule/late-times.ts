/** How late delayed messages were taken into the log: a histogram of plain numbers. */

/** Upper bounds in ms; what is later is in a last bucket without a bound. */
export const LATE_BOUNDS_MS: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 60_000];

export class LateTimes {
  /** One more than there are bounds. */
  readonly counts: number[] = new Array(LATE_BOUNDS_MS.length + 1).fill(0);
  totalMs = 0;

  note(lateMs: number): void {
    let bucket = 0;
    while (bucket < LATE_BOUNDS_MS.length && lateMs > LATE_BOUNDS_MS[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.totalMs += Math.max(0, lateMs);
  }
}
