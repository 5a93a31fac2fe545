/** Which of the batches that were read are of transactions that were aborted. */
import { batchBaseOffset, batchIsTransactional, batchProducerId, nextOffsetOf } from '../record/batch.ts';
import type { ReadResult } from '../store/contract.ts';
import type { AbortedTransaction } from '../transaction/partition-transactions.ts';
import type { Partition } from './topics.ts';

export const NONE_ABORTED: readonly AbortedTransaction[] = [];

/**
 * The aborted transactions that batches which were read from `offset` on may be of. One that compaction has removed is not
 * named: its marker may be gone too, and what its producer wrote later would be taken for aborted.
 */
export function abortedIn(
  { producers }: Pick<Partition, 'producers'>,
  { batches, compactedTo }: ReadResult,
  offset: number,
): readonly AbortedTransaction[] {
  const { transactions } = producers;
  if (batches.length === 0 || transactions === null || !transactions.hasAborted) return NONE_ABORTED;
  return transactions.abortedIn(Math.max(offset, compactedTo), nextOffsetOf(batches));
}

/** Whether a batch is of one of these. */
export function isOfAborted(aborted: readonly AbortedTransaction[], batch: Buffer): boolean {
  if (aborted.length === 0 || !batchIsTransactional(batch)) return false;
  const producerId = batchProducerId(batch);
  const baseOffset = batchBaseOffset(batch);
  return aborted.some(
    (one) => one.producerId === producerId && one.firstOffset <= baseOffset && baseOffset <= one.lastOffset,
  );
}
