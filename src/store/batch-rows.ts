/** What the indexes in memory and on disk have in common: the batches of one stream in one chunk, in offset order. */

export interface BatchRows {
  readonly count: number;
  baseOffset(row: number): number;
  lastOffset(row: number): number;
  /** Position of the batch in the chunk file. */
  position(row: number): number;
  length(row: number): number;
  maxTimestamp(row: number): number;
  sequence(row: number): number;
}

/** The row of the batch that holds `offset`, or of the first behind it; `count` where there is none. */
export function findRow(rows: BatchRows, offset: number): number {
  let low = 0;
  let high = rows.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows.lastOffset(middle) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
