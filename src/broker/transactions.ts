/**
 * Transactions as protocols and the publisher use them, over the coordinator's machine.
 *
 * What a transactional batch needs before it may be appended is asked for in memory. Where a partition joins a transaction with its
 * first batch (KIP-890), the coordinator's frame stands before that of the batch: the log is cut behind, never before it,
 * so no batch is without the transaction that will end it.
 */
import { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import type { MachineRunner } from '../machine/runner.ts';
import { batchProducerEpoch, batchProducerId } from '../record/batch.ts';
import type {
  EndTransactionCommand,
  InitProducerCommand,
  TopicPartitions,
  TransactionAnswer,
  TransactionCommand,
} from '../transaction/commands.ts';
import { producerOf } from '../transaction/decide.ts';
import { hasPartition, PRODUCER_EPOCH_MAX, type TransactionsState } from '../transaction/model.ts';
import type { TransactionRecord } from '../transaction/records.ts';
import type { ProducerIds } from './producer-ids.ts';
import type { Partition } from './topics.ts';

export type TransactionRunner = MachineRunner<
  TransactionsState,
  TransactionCommand,
  TransactionRecord,
  TransactionAnswer
>;

type OnAnswer = (answer: TransactionAnswer | BrokerError) => void;

/** Who speaks of which transaction. */
export interface TransactionProducer {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly epoch: number;
}

export class Transactions {
  readonly #runner: TransactionRunner;
  readonly #producerIds: ProducerIds;

  constructor(runner: TransactionRunner, producerIds: ProducerIds) {
    this.#runner = runner;
    this.#producerIds = producerIds;
  }

  /** All but what needs a producer id. */
  submit(
    command: Exclude<TransactionCommand, InitProducerCommand | EndTransactionCommand>,
    onAnswer: OnAnswer,
  ): void {
    this.#runner.submit(command, onAnswer);
  }

  initProducer(command: Omit<InitProducerCommand, 'kind' | 'freshProducerId'>, onAnswer: OnAnswer): void {
    this.#withProducerId(command.transactionalId, onAnswer, (freshProducerId) => ({
      kind: 'init-producer',
      ...command,
      freshProducerId,
    }));
  }

  end(command: Omit<EndTransactionCommand, 'kind' | 'freshProducerId'>, onAnswer: OnAnswer): void {
    this.#withProducerId(command.transactionalId, onAnswer, (freshProducerId) => ({
      kind: 'end',
      ...command,
      freshProducerId,
    }));
  }

  /** Asks for a producer id only where the command may need one: for a new transactional id, or one without epochs left. */
  #withProducerId(
    transactionalId: string,
    onAnswer: OnAnswer,
    commandWith: (freshProducerId: number) => TransactionCommand,
  ): void {
    const known = this.#runner.state.byId.get(transactionalId);
    if (known !== undefined && known.metadata.epoch < PRODUCER_EPOCH_MAX) {
      return this.#runner.submit(commandWith(-1), onAnswer);
    }
    this.#producerIds.next((producerId) => {
      if (producerId instanceof BrokerError) onAnswer(producerId);
      else this.#runner.submit(commandWith(producerId), onAnswer);
    });
  }

  /**
   * Whether a transactional batch may go to a partition: 'joined' when its transaction holds the partition, 'joins' when that
   * has to be asked for with `join`, or why not.
   */
  check(
    batch: Buffer,
    { topic, index }: Partition,
    {
      transactionalId,
      joinsTransaction,
    }: { readonly transactionalId: string | null; readonly joinsTransaction: boolean },
  ): 'joined' | 'joins' | BrokerError {
    const producerId = batchProducerId(batch);
    const transaction = this.#runner.state.byProducer.get(producerId);
    if (transaction === undefined || transaction.metadata.transactionalId !== transactionalId) {
      return new BrokerError(
        'invalid-producer-id-mapping',
        `Producer id ${producerId} doesn't have the transactional id of the request: initialize the producer again.`,
      );
    }
    const { epoch, phase } = transaction.metadata;
    if (batchProducerEpoch(batch) !== epoch) {
      return new BrokerError(
        'invalid-producer-epoch',
        `Producer ${producerId} has epoch ${epoch} now, and wrote with ${batchProducerEpoch(batch)}: it is fenced.`,
      );
    }
    if (phase === 'Ongoing' && hasPartition(transaction, topic.id, index)) return 'joined';
    if (joinsTransaction) return 'joins';
    return new BrokerError(
      'invalid-transaction-state',
      `Partition ${index} of topic '${topic.name}' is not in the open transaction of producer ${producerId}: add it before.`,
    );
  }

  /** Whether the producer's open transaction holds the partition; null: it does. */
  verify(producer: TransactionProducer, topicId: Uuid, partition: number): BrokerError | null {
    const transaction = producerOf(this.#runner.state, producer);
    if (transaction instanceof BrokerError) return transaction;
    if (transaction.metadata.phase === 'Ongoing' && hasPartition(transaction, topicId, partition))
      return null;
    return new BrokerError(
      'invalid-transaction-state',
      `The partition is not in the open transaction of '${producer.transactionalId}'.`,
    );
  }

  /** Adds partitions to the producer's transaction, which begins with the first. Null: they are in, as far as the log goes. */
  join(producerId: number, topics: readonly TopicPartitions[]): BrokerError | null {
    const { transactionalId, epoch } = this.#runner.state.byProducer.get(producerId)!.metadata;
    return this.#add({ transactionalId, producerId, epoch }, { topics, groupIds: [] });
  }

  /** Whether the producer may commit offsets of a group in its transaction. `mayJoin`: the group is added with the first. */
  admitOffsets(producer: TransactionProducer, groupId: string, mayJoin: boolean): BrokerError | null {
    const transaction = producerOf(this.#runner.state, producer);
    if (transaction instanceof BrokerError) return transaction;
    if (transaction.metadata.phase === 'Ongoing' && transaction.groups.has(groupId)) return null;
    if (mayJoin) return this.#add(producer, { topics: [], groupIds: [groupId] });
    return new BrokerError(
      'invalid-transaction-state',
      `Group '${groupId}' is not in the open transaction of '${producer.transactionalId}': add it before.`,
    );
  }

  #add(
    producer: TransactionProducer,
    what: { readonly topics: readonly TopicPartitions[]; readonly groupIds: readonly string[] },
  ): BrokerError | null {
    let refusal: BrokerError | null = null;
    this.#runner.submit({ kind: 'add', ...producer, ...what }, (answer) => {
      // A refusal comes at once; what is answered later only says that it is durable.
      if (answer instanceof BrokerError) refusal = answer;
    });
    return refusal;
  }
}
