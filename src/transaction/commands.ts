/**
 * What the transaction coordinator is asked, and what it answers, in no protocol's form. Errors come as BrokerError in the
 * place of an answer.
 */
import type { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import type { TransactionPhase } from './model.ts';

export interface ProducerEpoch {
  readonly producerId: number;
  readonly epoch: number;
}

/**
 * A producer begins, or begins anew: it gets an epoch that fences all before it, and what was left open is aborted, in the
 * same frame.
 */
export interface InitProducerCommand {
  readonly kind: 'init-producer';
  readonly transactionalId: string;
  readonly timeoutMs: number;
  /** KIP-360: what the producer had, to go on after an error; null: it is new. */
  readonly expected: ProducerEpoch | null;
  /** For an id that is not known yet, or whose epochs are used up. */
  readonly freshProducerId: number;
}

/** The producer that speaks must be the one that the coordinator knows. */
interface OfProducer extends ProducerEpoch {
  readonly transactionalId: string;
}

export interface TopicPartitions {
  readonly topicId: Uuid;
  readonly partitions: readonly number[];
}

/** Adds to the producer's transaction, which begins with the first. */
export interface AddToTransactionCommand extends OfProducer {
  readonly kind: 'add';
  readonly topics: readonly TopicPartitions[];
  readonly groupIds: readonly string[];
}

export interface EndTransactionCommand extends OfProducer {
  readonly kind: 'end';
  readonly commit: boolean;
  /** KIP-890: the producer gets a new epoch with each end, and can't be told apart wrongly afterwards. */
  readonly bumpEpoch: boolean;
  readonly freshProducerId: number;
}

export interface DescribeTransactionsCommand {
  readonly kind: 'describe';
  readonly transactionalIds: readonly string[];
}

export interface ListTransactionsCommand {
  readonly kind: 'list';
  /** Empty: all. */
  readonly phases: readonly string[];
  /** Empty: all. */
  readonly producerIds: readonly number[];
  /** Open for longer than this, ms; −1: all. */
  readonly durationMs: number;
  readonly matches: (transactionalId: string) => boolean;
}

/** Topics were deleted: transactions have nothing to end there. */
export interface TopicsDeletedCommand {
  readonly kind: 'topics-deleted';
  readonly topicIds: readonly Uuid[];
}

/** The time is up of the transaction that began at `startMs`. */
export interface TimeoutDueCommand {
  readonly kind: 'timeout-due';
  readonly transactionalId: string;
  readonly startMs: number;
}

export type TransactionCommand =
  | InitProducerCommand
  | AddToTransactionCommand
  | EndTransactionCommand
  | DescribeTransactionsCommand
  | ListTransactionsCommand
  | TopicsDeletedCommand
  | TimeoutDueCommand
  /** Forgets the ids that nobody uses. */
  | { readonly kind: 'expire-due' };

export interface TransactionDescription extends ProducerEpoch {
  readonly transactionalId: string;
  readonly phase: TransactionPhase;
  readonly timeoutMs: number;
  /** −1: no transaction is open. */
  readonly startMs: number;
  readonly topics: readonly TopicPartitions[];
}

export type TransactionAnswer =
  /** What the producer goes on with. */
  | ({ readonly kind: 'producer' } & ProducerEpoch)
  | { readonly kind: 'done' }
  | {
      readonly kind: 'described';
      readonly transactions: readonly (TransactionDescription | BrokerError)[];
    }
  | {
      readonly kind: 'listed';
      readonly transactions: readonly {
        readonly transactionalId: string;
        readonly producerId: number;
        readonly phase: TransactionPhase;
      }[];
    };
