/**
 * Follows the transactions of one stream from batch to batch, in the order of offsets, as compaction has to: records of
 * aborted ones go; an end marker may go when nothing of its transaction was met any more.
 */

import {
  BATCH_HEADER_BYTES,
  batchBaseOffset,
  batchIsTransactional,
  batchLastOffset,
  batchProducerId,
} from '../record/batch.ts';
import { RecordCursor } from '../record/cursor.ts';
import type { AbortedTransaction } from './contract.ts';

/** Types in the key of a control record (KIP-98): u16 version, u16 type. */
const ABORT = 0;
const COMMIT = 1;
const CONTROL_KEY_BYTES = 4;

export class TransactionFollower {
  readonly #aborted: readonly AbortedTransaction[];
  #next = 0;
  /** Aborted transactions that have begun, by producer; the flag says that records of them were met. */
  readonly #ongoing = new Map<number, { readonly lastOffset: number; isMet: boolean }>();
  /** Producers of which records were met that were not aborted, since their last marker. */
  readonly #committed = new Set<number>();

  /** `aborted`: by first offset. Those that end below `compactedTo` have no records left. */
  constructor(aborted: readonly AbortedTransaction[], compactedTo: number) {
    this.#aborted = aborted.filter(({ lastOffset }) => lastOffset >= compactedTo);
  }

  /** Whether a data batch belongs to an aborted transaction. */
  isAborted(batch: Buffer): boolean {
    if (!batchIsTransactional(batch)) return false;
    const producerId = batchProducerId(batch);
    const ongoing = this.#ongoingOf(producerId, batch);
    if (ongoing === undefined) {
      this.#committed.add(producerId);
      return false;
    }
    ongoing.isMet = true;
    return true;
  }

  /** Whether a control batch ends a transaction of which nothing was met. Other kinds of markers stay. */
  marksNothing(batch: Buffer): boolean {
    const producerId = batchProducerId(batch);
    const type = controlType(batch);
    if (type === COMMIT) return !this.#committed.delete(producerId);
    if (type !== ABORT) return false;
    const ongoing = this.#ongoingOf(producerId, batch);
    this.#ongoing.delete(producerId);
    return ongoing === undefined || !ongoing.isMet;
  }

  #ongoingOf(producerId: number, batch: Buffer): { readonly lastOffset: number; isMet: boolean } | undefined {
    const end = batchLastOffset(batch);
    while (this.#next < this.#aborted.length && this.#aborted[this.#next]!.firstOffset <= end) {
      const { producerId: id, lastOffset } = this.#aborted[this.#next++]!;
      this.#ongoing.set(id, { lastOffset, isMet: false });
    }
    const ongoing = this.#ongoing.get(producerId);
    if (ongoing === undefined || batchBaseOffset(batch) <= ongoing.lastOffset) return ongoing;
    // Its marker is gone already.
    this.#ongoing.delete(producerId);
    return undefined;
  }
}

/** Type of the first control record of a batch; −1 where it has none. */
function controlType(batch: Buffer): number {
  const section = batch.subarray(BATCH_HEADER_BYTES);
  if (section.length === 0) return -1;
  const record = new RecordCursor(section);
  record.next();
  if (record.keyEnd - record.keyStart < CONTROL_KEY_BYTES) return -1;
  return section.readInt16BE(record.keyStart + 2);
}
