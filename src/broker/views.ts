/**
 * Reading view topics: what is read of the origin's stream goes through the view's filter on its way out. Offsets stay
 * those of the origin; what isn't wanted is a gap, as after compaction.
 *
 * A reader must get past what it isn't shown, or it would look through it with each fetch. Where a gap stands at the end
 * of what was looked through, a control batch stands at its last offset: every client skips it and goes on behind it.
 * (An empty batch would do for most, but librdkafka takes several of them in a row for a message that is too large.)
 */
import type { BlockPool } from '../base/block-pool.ts';
import { BatchSieve } from '../filter/batch-sieve.ts';
import type { Filter } from '../filter/filter.ts';
import type { Topic } from '../metadata/image.ts';
import type { Compression } from '../platform/ports.ts';
import { nextOffsetOf } from '../record/batch.ts';
import { gapBatch } from '../record/control.ts';
import { RECORDS_BYTES_MAX } from '../record/section.ts';
import type { ReadResult } from '../store/contract.ts';

/** What the partitions of a view have in common. */
export class TopicView {
  readonly topic: Topic;
  readonly sieve: BatchSieve;
  readonly blocks: BlockPool;
  /** The view is gone; its origin may live on. */
  deleted = false;

  constructor(topic: Topic, parts: { readonly compression: Compression; readonly blocks: BlockPool }) {
    this.topic = topic;
    this.sieve = new BatchSieve({ compression: parts.compression, bytesMax: RECORDS_BYTES_MAX });
    this.blocks = parts.blocks;
  }

  /** As it is now: it may be changed while readers wait. */
  get filter(): Filter {
    return this.topic.config.view!.filter;
  }
}

/** What is left of what was read. */
export interface Sifted {
  readonly read: ReadResult;
  /** The offset behind what was looked through. */
  readonly readTo: number;
  /** How much had to be looked through, opened. */
  readonly siftedBytes: number;
}

/** How far one reader of one partition of a view has looked. */
export class ViewCursor {
  readonly #view: TopicView;
  /** From here to there nothing is wanted by the filter. */
  #gapFrom = 0;
  #gapTo = 0;
  #filter: Filter | null = null;

  constructor(view: TopicView) {
    this.#view = view;
  }

  get deleted(): boolean {
    return this.#view.deleted;
  }

  /** Where to read on for who has all before `offset`. */
  next(offset: number): number {
    const inGap = this.#filter === this.#view.filter && offset >= this.#gapFrom && offset < this.#gapTo;
    return inGap ? this.#gapTo : offset;
  }

  /**
   * What the filter wants of what was read from `readFrom` on, as far as so many bytes reach, opened; of one batch at
   * least. Blocks of the rest are released.
   */
  sift(readFrom: number, read: ReadResult, siftedBytesMax: number): Sifted {
    const { sieve, filter, blocks } = this.#view;
    const before = sieve.siftedBytes;
    const batches: Buffer[] = [];
    let bytes = 0;
    let readTo = readFrom;
    for (const buffer of read.batches) {
      for (const wanted of sieve.sift(buffer, filter, before + siftedBytesMax)) {
        blocks.hold(wanted);
        batches.push(wanted);
        bytes += wanted.length;
      }
      if (sieve.siftedTo > 0) readTo = nextOffsetOf([buffer.subarray(0, sieve.siftedTo)]);
      if (sieve.siftedTo < buffer.length) break;
    }
    if (readTo > readFrom) {
      const goesOn = this.#filter === filter && readFrom >= this.#gapFrom && readFrom <= this.#gapTo;
      if (batches.length > 0) this.#gapFrom = nextOffsetOf(batches);
      else if (!goesOn) this.#gapFrom = readFrom;
      this.#gapTo = readTo;
      this.#filter = filter;
    }
    blocks.releaseAll(read.batches);
    const { compactedTo } = read;
    return { read: { batches, bytes, compactedTo }, readTo, siftedBytes: sieve.siftedBytes - before };
  }

  /** What takes the reader of these batches, from `offset` on, over the gap behind them; null: there is none. */
  gapBehind(batches: readonly Buffer[], offset: number, endOffset: number): Buffer | null {
    const from = batches.length > 0 ? nextOffsetOf(batches) : offset;
    const to = Math.min(this.next(from), endOffset);
    return to > from ? gapBatch(to - 1) : null;
  }
}
