/**
 * A simulated producer with transactions: writes to some partitions, commits an offset with them, commits or aborts, and
 * begins the next. Speaks either protocol (KIP-98, KIP-890), as drawn. When it doesn't know what became of a request it does
 * what real clients do: it asks again for the end, and after anything else begins anew with a new epoch. Several may have one
 * transactional id, and fence each other.
 */
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { buildBatch } from '../../src/record/build.ts';
import { epochOrder, type SimTransaction, type TransactionHistory } from '../transactions.ts';
import {
  ADD_OFFSETS_TO_TXN,
  ADD_PARTITIONS_TO_TXN,
  END_TXN,
  ERROR,
  INIT_PRODUCER_ID,
  PRODUCE,
  TXN_OFFSET_COMMIT,
} from './api.ts';
import { Disconnected, SimClient } from './client.ts';
import { type KnownTopic, learnTopics } from './metadata.ts';
import { valueFor } from './records.ts';

export interface TransactorOptions {
  readonly topic: string;
  readonly transactionalId: string;
  /** KIP-890: an epoch for each transaction, partitions that join by themselves. */
  readonly newProtocol: boolean;
  readonly transactions: number;
  readonly recordsMax: number;
  readonly timeoutMs: number;
  readonly pauseMsMax: number;
  /** How often it lets its transaction time out, or comes back from being fenced. */
  readonly carelessness: number;
}

/** The versions on either side of KIP-890. */
const OLD_MAX = { produce: 11, commit: 4, end: 4 } as const;
const NEW_MIN = { produce: 12, commit: 5, end: 5 } as const;

/** Somebody else has the transactional id now, or the transaction timed out. */
class Fenced extends Error {}
/** The transaction can't go on. */
class Broken extends Error {}

const FENCED: ReadonlySet<number> = new Set([
  ERROR.invalidProducerEpoch,
  ERROR.producerFenced,
  ERROR.invalidProducerIdMapping,
]);

export class Transactor extends SimClient {
  options!: TransactorOptions;
  history!: TransactionHistory;
  done = false;
  #topic!: KnownTopic;
  #producerId = -1;
  #epoch = -1;
  readonly #sequences = new Map<number, number>();

  get group(): string {
    return `group-${this.options.transactionalId}`;
  }

  async run(): Promise<void> {
    const { topic, transactions, carelessness } = this.options;
    this.#topic = (await learnTopics(this, [topic])).get(topic)!;
    for (let left = transactions; left > 0; left--) {
      if (this.#producerId < 0) await this.#init();
      try {
        await this.#transaction();
      } catch (error) {
        if (!(error instanceof Fenced || error instanceof Broken || error instanceof Disconnected))
          throw error;
        this.note(`begins anew: ${error.message}`);
        // Who is fenced for good stays away, most of the time.
        if (error instanceof Fenced && !this.world.calm && !this.prng.chance(carelessness)) break;
        this.#producerId = -1;
      }
      await this.sleep(this.prng.int(1 + this.options.pauseMsMax));
    }
    this.done = true;
  }

  async #init(): Promise<void> {
    const { transactionalId, timeoutMs } = this.options;
    for (;;) {
      try {
        const response = await this.call(INIT_PRODUCER_ID, {
          transactionalId,
          transactionTimeoutMs: timeoutMs,
          producerId: -1,
          producerEpoch: -1,
        });
        if (response.errorCode === ERROR.none) {
          this.#take(response);
          this.history.initialized(transactionalId, epochOrder(this.#producerId, this.#epoch));
          return;
        }
        this.note(`InitProducerId: error ${response.errorCode}`);
      } catch (error) {
        if (!(error instanceof Disconnected)) throw error;
      }
      await this.sleep(this.prng.between(10, 200));
    }
  }

  #take({ producerId, producerEpoch }: { producerId: number; producerEpoch: number }): void {
    if (producerId === this.#producerId && producerEpoch === this.#epoch) return;
    this.#producerId = producerId;
    this.#epoch = producerEpoch;
    this.#sequences.clear();
  }

  async #transaction(): Promise<void> {
    const { transactionalId, recordsMax, carelessness } = this.options;
    const transaction = this.history.begin(transactionalId, epochOrder(this.#producerId, this.#epoch));
    try {
      const sends = this.prng.between(1, 3);
      for (let i = 0; i < sends; i++) {
        const partition = this.prng.int(this.#topic.partitions);
        await this.#send(transaction, partition, this.prng.between(1, recordsMax));
        await this.sleep(this.prng.int(1 + this.options.pauseMsMax));
      }
      if (this.prng.chance(0.5)) await this.#commitOffset(transaction);
      if (!this.world.calm && this.prng.chance(carelessness)) await this.sleep(this.options.timeoutMs * 2);
    } catch (error) {
      // Nobody has asked to commit it, and nobody ever will.
      this.history.ended(transaction, 'aborted');
      throw error;
    }
    if (this.prng.chance(0.75)) await this.#commit(transaction);
    else await this.#abort(transaction);
  }

  async #send(transaction: SimTransaction, partition: number, count: number): Promise<void> {
    const { transactionalId, newProtocol } = this.options;
    const values = Array.from({ length: count }, () => this.history.sending(transaction, partition));
    if (!newProtocol) await this.#addPartition(partition);
    const baseSequence = this.#sequences.get(partition) ?? 0;
    const batch = buildBatch(
      values.map((value) => ({ key: Buffer.from(value), value: valueFor(value, this.prng.int(500)) })),
      {
        timestampMs: this.clock.nowMs(),
        producerId: this.#producerId,
        producerEpoch: this.#epoch,
        baseSequence,
        transactional: true,
      },
    );
    const ids = this.#topic.id !== ZERO_UUID;
    const version = newProtocol
      ? this.prng.between(NEW_MIN.produce, ids ? PRODUCE.maxVersion : NEW_MIN.produce)
      : await this.version(PRODUCE, OLD_MAX.produce);
    const response = await this.call(
      PRODUCE,
      {
        transactionalId,
        acks: -1,
        timeoutMs: 10_000,
        topicData: [
          {
            name: this.#topic.name,
            topicId: this.#topic.id,
            partitionData: [{ index: partition, records: batch }],
          },
        ],
      },
      { version },
    );
    this.#check('Produce', response.responses[0]!.partitionResponses[0]!.errorCode);
    this.#sequences.set(partition, baseSequence + count);
  }

  async #addPartition(partition: number): Promise<void> {
    const response = await this.call(
      ADD_PARTITIONS_TO_TXN,
      {
        transactions: [],
        v3AndBelowTransactionalId: this.options.transactionalId,
        v3AndBelowProducerId: this.#producerId,
        v3AndBelowProducerEpoch: this.#epoch,
        v3AndBelowTopics: [{ name: this.#topic.name, partitions: [partition] }],
      },
      { version: await this.version(ADD_PARTITIONS_TO_TXN, 3) },
    );
    const result = response.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!;
    this.#check('AddPartitionsToTxn', result.partitionErrorCode);
  }

  async #commitOffset(transaction: SimTransaction): Promise<void> {
    const { newProtocol } = this.options;
    const of = this.#producer();
    if (!newProtocol) {
      const added = await this.call(ADD_OFFSETS_TO_TXN, { ...of, groupId: this.group });
      this.#check('AddOffsetsToTxn', added.errorCode);
    }
    // From here on: the transaction may commit it even where the answer doesn't come.
    transaction.hasOffset = true;
    const version = newProtocol ? NEW_MIN.commit : await this.version(TXN_OFFSET_COMMIT, OLD_MAX.commit);
    const partition = {
      partitionIndex: 0,
      committedOffset: transaction.number,
      committedLeaderEpoch: -1,
      committedMetadata: '',
    };
    const response = await this.call(
      TXN_OFFSET_COMMIT,
      {
        ...of,
        groupId: this.group,
        generationId: -1,
        memberId: '',
        groupInstanceId: null,
        topics: [{ name: this.#topic.name, partitions: [partition] }],
      },
      { version },
    );
    this.#check('TxnOffsetCommit', response.topics[0]!.partitions[0]!.errorCode);
  }

  async #commit(transaction: SimTransaction): Promise<void> {
    transaction.committing = true;
    for (;;) {
      const fenced = this.history.isFenced(transaction);
      const code = await this.#askEnd(true);
      if (code === ERROR.none) return this.history.committedWhile(fenced, transaction);
      if (code === null) continue;
      // An earlier try may have been heard.
      this.history.ended(transaction, 'unknown');
      this.#check('EndTxn', code);
    }
  }

  async #abort(transaction: SimTransaction): Promise<void> {
    this.history.ended(transaction, 'aborted');
    for (;;) {
      const code = await this.#askEnd(false);
      if (code === null) continue;
      this.#check('EndTxn', code);
      return;
    }
  }

  /** The code of the answer; null: none came, or one after which to ask again. */
  async #askEnd(committed: boolean): Promise<number | null> {
    const version = this.options.newProtocol ? NEW_MIN.end : await this.version(END_TXN, OLD_MAX.end);
    try {
      const response = await this.call(END_TXN, { ...this.#producer(), committed }, { version });
      if (response.errorCode === ERROR.none && version >= NEW_MIN.end) this.#take(response);
      if (response.errorCode !== ERROR.storageError) return response.errorCode;
    } catch (error) {
      if (!(error instanceof Disconnected)) throw error;
    }
    await this.sleep(this.prng.between(10, 200));
    return null;
  }

  #producer() {
    const { transactionalId } = this.options;
    return { transactionalId, producerId: this.#producerId, producerEpoch: this.#epoch };
  }

  #check(request: string, code: number): void {
    if (code === ERROR.none) return;
    const message = `${request}: error ${code}`;
    throw FENCED.has(code) ? new Fenced(message) : new Broken(message);
  }
}
