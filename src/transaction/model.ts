/**
 * The state of the transaction coordinator: every transactional id that is known, and what its open transaction holds.
 *
 * A transaction ends in one frame, markers and offsets included, so there are no phases of preparing: it is open, and then it
 * is complete.
 */
import type { Uuid } from '../base/uuid.ts';

/** Kafka's names of the states. An id that is not known is Dead. */
export const TRANSACTION_PHASES = ['Empty', 'Ongoing', 'CompleteCommit', 'CompleteAbort'] as const;
export type TransactionPhase = (typeof TRANSACTION_PHASES)[number];

/** Highest epoch that is given to a producer: one more is left to fence it with. */
export const PRODUCER_EPOCH_MAX = 0x7ffe;

/** What is said of a transactional id as a whole. */
export interface TransactionMetadata {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly epoch: number;
  /** What the producer had before its last change that may be asked for again (KIP-360); −1: none. */
  readonly lastProducerId: number;
  readonly lastEpoch: number;
  /** How long a transaction may stay open, ms. */
  readonly timeoutMs: number;
  readonly phase: TransactionPhase;
  /** The last end was one with a new epoch (KIP-890): a repeated EndTxn comes with the epoch before. */
  readonly epochBumped: boolean;
  /** When the last transaction began; −1: there was none. */
  readonly startMs: number;
  readonly updatedMs: number;
}

export interface Transaction {
  metadata: TransactionMetadata;
  /** Of the open transaction: partitions by topic id, and groups whose offsets it commits. */
  readonly partitions: Map<Uuid, Set<number>>;
  readonly groups: Set<string>;
}

export interface TransactionsState {
  readonly byId: Map<string, Transaction>;
  /** By the current producer id. */
  readonly byProducer: Map<number, Transaction>;
}

export function newTransactionsState(): TransactionsState {
  return { byId: new Map(), byProducer: new Map() };
}

export function hasPartition(transaction: Transaction, topicId: Uuid, partition: number): boolean {
  return transaction.partitions.get(topicId)?.has(partition) === true;
}
