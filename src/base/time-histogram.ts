/** How many times fell between bounds: a histogram of plain numbers. */
export class TimeHistogram {
  /** Upper bounds; what took longer is in a last bucket without a bound. */
  readonly boundsMs: readonly number[];
  /** One more than there are bounds. */
  readonly counts: number[];
  totalMs = 0;

  constructor(boundsMs: readonly number[]) {
    this.boundsMs = boundsMs;
    this.counts = new Array(boundsMs.length + 1).fill(0);
  }

  note(ms: number): void {
    let bucket = 0;
    while (bucket < this.boundsMs.length && ms > this.boundsMs[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.totalMs += ms;
  }
}

export type TimeCounts = Pick<TimeHistogram, 'boundsMs' | 'totalMs'> & { readonly counts: readonly number[] };
