/**
 * The transactions of one partition, as its readers need them: where the first open one begins (the last stable offset,
 * KIP-98), and which ones were aborted.
 *
 * A transaction is open from its first batch until its end marker is committed: a marker that a crash could still
 * take back must not let anybody read what it ends. Open ones are few; aborted ones are remembered for as long as their
 * records are kept, in 32 bytes each.
 */
import { assert } from '../base/assert.ts';

/** Numbers that an aborted transaction takes: producer id, first offset, offset of its marker, stable offset behind it. */
const STRIDE = 4;

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Of its end marker. */
  readonly lastOffset: number;
}

/** An ended transaction whose marker may not be committed yet. */
interface Ending {
  readonly firstOffset: number;
  readonly markerOffset: number;
}

export class PartitionTransactions {
  /** First offset by producer id, in the order of these offsets. */
  readonly #open = new Map<number, number>();
  /** In the order of their markers. */
  #ending: Ending[] = [];
  /** In the order of their markers, STRIDE numbers each. */
  #aborted: number[] = [];

  /** Whether nothing has to be remembered. */
  get isEmpty(): boolean {
    return this.#open.size === 0 && this.#ending.length === 0 && this.#aborted.length === 0;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** Where the producer's open transaction begins; −1: it has none. */
  firstOffset(producerId: number): number {
    return this.#open.get(producerId) ?? -1;
  }

  /** A batch of a transaction was appended. */
  noteBatch(producerId: number, offset: number): void {
    if (!this.#open.has(producerId)) this.#open.set(producerId, offset);
  }

  /** An end marker was appended. One that ends nothing changes nothing. */
  noteEnd(producerId: number, markerOffset: number, commit: boolean): void {
    const firstOffset = this.#open.get(producerId);
    if (firstOffset === undefined) return;
    this.#open.delete(producerId);
    this.#ending.push({ firstOffset, markerOffset });
    if (!commit) this.#aborted.push(producerId, firstOffset, markerOffset, this.#firstOpen(markerOffset + 1));
  }

  /** Readers of committed records stop here: at the high watermark, or where the first open transaction begins. */
  lastStableOffset(highWatermark: number): number {
    const ending = this.#ending;
    let settled = 0;
    while (settled < ending.length && ending[settled]!.markerOffset < highWatermark) settled++;
    if (settled > 0) ending.splice(0, settled);
    let stable = this.#firstOpen(highWatermark);
    for (const { firstOffset } of ending) stable = Math.min(stable, firstOffset);
    return Math.min(stable, highWatermark);
  }

  /**
   * Aborted transactions with records in [fromOffset, toOffset), by first offset. Kafka has them by the order of their
   * markers; kafkajs takes one after another from the list as it reads on, and shows the records of one that stands
   * behind another that began later.
   */
  abortedIn(fromOffset: number, toOffset: number): AbortedTransaction[] {
    const aborted = this.#aborted;
    const found: AbortedTransaction[] = [];
    for (let i = this.#firstEndingAt(fromOffset); i < aborted.length; i += STRIDE) {
      const firstOffset = aborted[i + 1]!;
      const lastOffset = aborted[i + 2]!;
      if (firstOffset < toOffset) found.push({ producerId: aborted[i]!, firstOffset, lastOffset });
      // Whatever was aborted later began at or behind this.
      if (aborted[i + 3]! >= toOffset) break;
    }
    found.sort((a, b) => a.firstOffset - b.firstOffset);
    return found;
  }

  get hasAborted(): boolean {
    return this.#aborted.length > 0;
  }

  /** All aborted transactions that are remembered, by first offset. */
  allAborted(): AbortedTransaction[] {
    const aborted = this.#aborted;
    const all = [];
    for (let i = 0; i < aborted.length; i += STRIDE) {
      all.push({ producerId: aborted[i]!, firstOffset: aborted[i + 1]!, lastOffset: aborted[i + 2]! });
    }
    return all.sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Forgets the aborted transactions of which nothing is left behind `startOffset`. */
  forgetBefore(startOffset: number): void {
    const keepFrom = this.#firstEndingAt(startOffset);
    if (keepFrom > 0) this.#aborted = this.#aborted.slice(keepFrom);
  }

  /** For a checkpoint: all that a restart must know, as numbers of one kind each. Markers are taken to be committed. */
  save(): { readonly open: readonly (readonly [number, number])[]; readonly aborted: readonly number[] } {
    return { open: [...this.#open], aborted: this.#aborted };
  }

  restore(saved: ReturnType<PartitionTransactions['save']>): void {
    assert(this.isEmpty && saved.aborted.length % STRIDE === 0, 'transactions are restored once, and whole');
    for (const [producerId, offset] of saved.open) this.#open.set(producerId, offset);
    this.#aborted = [...saved.aborted];
  }

  #firstOpen(otherwise: number): number {
    const first = this.#open.values().next();
    return first.done === true ? otherwise : first.value;
  }

  /** Place of the first aborted transaction whose marker is at `offset` or behind it. */
  #firstEndingAt(offset: number): number {
    const aborted = this.#aborted;
    let low = 0;
    let high = aborted.length / STRIDE;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (aborted[middle * STRIDE + 2]! < offset) low = middle + 1;
      else high = middle;
    }
    return low * STRIDE;
  }
}
