/**
 * Idempotent producers (KIP-98): for each partition, what its producers wrote last, so that a batch that is sent again
 * is answered with its first offset, and one that came out of order is refused.
 *
 * Rules as in Kafka: the last five batches of a producer are remembered; the same sequence range in the same epoch is
 * a duplicate; a lower epoch is fenced; a new epoch begins with sequence 0; otherwise the sequence goes on by one,
 * from 2^31−1 to 0; of an unknown producer anything is accepted. The end of a transaction leaves the sequence alone, but
 * for the new epoch that it may bring. State is rebuilt from stored batch headers.
 *
 * Memory: about 250 bytes for each producer and partition, bounded in number; the ones that were silent longest are
 * forgotten first, which costs them nothing but the protection of their next batch. Who has an open transaction stays.
 */
import { assert } from '../base/assert.ts';
import { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import {
  batchBaseSequence,
  batchIsControl,
  batchIsTransactional,
  batchLastOffsetDelta,
  batchProducerEpoch,
  batchProducerId,
} from '../record/batch.ts';
import { CONTROL_COMMIT, controlType } from '../record/control.ts';
import { PartitionTransactions } from './partition-transactions.ts';

/** Batches that are remembered of a producer: as many as it may have in flight. */
const BATCHES_MAX = 5;
/** Numbers that a remembered batch takes: first and last sequence, base offset. */
export const BATCH_STRIDE = 3;
const SEQUENCE_MAX = 0x7fffffff;

/** What `check` gives for a batch that is to be appended. */
export const APPEND = -1;
/** The base offset of a batch of which nothing was stored in the partition (broker/headers/unstored.ts). */
export const UNSTORED = -2;

/** One producer's state in one partition. */
interface ProducerEntry {
  epoch: number;
  /** When it wrote last, by the broker's clock. */
  lastSeenMs: number;
  /** Up to five batches of this epoch, oldest first, BATCH_STRIDE numbers each. */
  readonly batches: number[];
}

/** Counts entries over all partitions. */
interface Counter {
  entries: number;
}

/** The producers of one partition. Kept by whoever appends to it. */
export class PartitionProducers {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly #counter: Counter;
  /** Made on the first idempotent batch: most partitions may never see one. */
  #entries: Map<number, ProducerEntry> | null = null;
  /** Made on the first transactional batch. */
  #transactions: PartitionTransactions | null = null;

  constructor(topicId: Uuid, partition: number, counter: Counter) {
    this.topicId = topicId;
    this.partition = partition;
    this.#counter = counter;
  }

  get entries(): ReadonlyMap<number, ProducerEntry> {
    return this.#entries ?? NO_ENTRIES;
  }

  /** Null: there never was a transaction here, or nothing is left of any. */
  get transactions(): PartitionTransactions | null {
    return this.#transactions;
  }

  /** Where readers of committed records stop, for a partition with this high watermark. */
  lastStableOffset(highWatermark: number): number {
    return this.#transactions?.lastStableOffset(highWatermark) ?? highWatermark;
  }

  /**
   * What to do with a validated batch: APPEND, or the base offset that it has already (perhaps UNSTORED), or the refusal. The answer to a
   * duplicate must wait until that first append is committed.
   */
  check(batch: Buffer): number | BrokerError {
    const producerId = batchProducerId(batch);
    if (producerId < 0) return APPEND;
    const entry = this.#entries?.get(producerId);
    if (entry === undefined) return APPEND;
    const epoch = batchProducerEpoch(batch);
    const first = batchBaseSequence(batch);
    if (epoch === entry.epoch) {
      const duplicate = findBatch(entry.batches, first, addSequence(first, batchLastOffsetDelta(batch)));
      if (duplicate !== APPEND) return duplicate;
      if (!batchIsTransactional(batch) && this.hasOpenTransaction(producerId))
        return notInTransaction(producerId);
      const { length } = entry.batches;
      const expected = length === 0 ? 0 : addSequence(entry.batches[length - BATCH_STRIDE + 1]!, 1);
      return first === expected ? APPEND : outOfOrder(producerId, first, expected);
    }
    if (epoch < entry.epoch) {
      return new BrokerError(
        'invalid-producer-epoch',
        `Producer ${producerId} wrote with epoch ${entry.epoch} already; epoch ${epoch} is fenced: make a new producer.`,
      );
    }
    return first === 0 ? APPEND : outOfOrder(producerId, first, 0);
  }

  /**
   * Refuses a batch of an unknown producer that doesn't begin its sequence: for producers whose epoch, and with it the
   * sequence, is new with each transaction (KIP-890). A batch before it was refused, and is on its way again.
   */
  checkFirst(batch: Buffer): BrokerError | null {
    const producerId = batchProducerId(batch);
    const first = batchBaseSequence(batch);
    return first === 0 || this.entries.has(producerId) ? null : outOfOrder(producerId, first, 0);
  }

  /** Takes in a batch that was appended, or that is read from the log at start; every one, in order. */
  note(batch: Buffer, baseOffset: number, nowMs: number): void {
    const producerId = batchProducerId(batch);
    if (producerId < 0) return;
    const entry = this.#entry(producerId);
    const epoch = batchProducerEpoch(batch);
    // The sequence begins anew.
    if (epoch !== entry.epoch) entry.batches.length = 0;
    entry.epoch = epoch;
    entry.lastSeenMs = nowMs;
    if (batchIsControl(batch)) {
      this.#transactions?.noteEnd(producerId, baseOffset, controlType(batch) === CONTROL_COMMIT);
      return;
    }
    if (batchIsTransactional(batch)) {
      this.#transactions ??= new PartitionTransactions();
      this.#transactions.noteBatch(producerId, baseOffset);
    }
    const { batches } = entry;
    let at = batches.length;
    if (at === BATCHES_MAX * BATCH_STRIDE) {
      batches.copyWithin(0, BATCH_STRIDE);
      at -= BATCH_STRIDE;
    }
    const first = batchBaseSequence(batch);
    batches[at] = first;
    batches[at + 1] = addSequence(first, batchLastOffsetDelta(batch));
    batches[at + 2] = baseOffset;
  }

  /** Sets a producer's state as a checkpoint has it. */
  restore(producerId: number, restored: ProducerEntry): void {
    assert(
      restored.batches.length <= BATCHES_MAX * BATCH_STRIDE,
      'five batches of a producer are remembered',
    );
    const entry = this.#entry(producerId);
    entry.epoch = restored.epoch;
    entry.lastSeenMs = restored.lastSeenMs;
    entry.batches.splice(0, Infinity, ...restored.batches);
  }

  /** The sequence number of the last record that is remembered of the producer; −1: none. */
  lastSequence(producerId: number): number {
    const batches = this.#entries?.get(producerId)?.batches ?? [];
    return batches.length === 0 ? -1 : batches[batches.length - BATCH_STRIDE + 1]!;
  }

  restoreTransactions(saved: ReturnType<PartitionTransactions['save']>): void {
    this.#transactions = new PartitionTransactions();
    this.#transactions.restore(saved);
  }

  hasOpenTransaction(producerId: number): boolean {
    return this.#transactions !== null && this.#transactions.firstOffset(producerId) >= 0;
  }

  /** Forgets the producers that wrote last at or before `untilMs`, but for those with an open transaction. */
  forget(untilMs: number): void {
    if (this.#entries === null) return;
    for (const [producerId, { lastSeenMs }] of this.#entries) {
      if (lastSeenMs > untilMs || this.hasOpenTransaction(producerId)) continue;
      if (this.#entries.delete(producerId)) this.#counter.entries--;
    }
    if (this.#entries.size === 0) this.#entries = null;
  }

  /** Forgets the aborted transactions of which nothing is left behind `startOffset`. */
  forgetAborted(startOffset: number): void {
    this.#transactions?.forgetBefore(startOffset);
    if (this.#transactions?.isEmpty === true) this.#transactions = null;
  }

  /** The partition is gone. */
  clear(): void {
    this.#counter.entries -= this.#entries?.size ?? 0;
    this.#entries = null;
    this.#transactions = null;
  }

  #entry(producerId: number): ProducerEntry {
    this.#entries ??= new Map();
    let entry = this.#entries.get(producerId);
    if (entry === undefined) {
      entry = { epoch: -1, lastSeenMs: 0, batches: [] };
      this.#entries.set(producerId, entry);
      this.#counter.entries++;
    }
    return entry;
  }
}

const NO_ENTRIES: ReadonlyMap<number, ProducerEntry> = new Map();

/** The base offset of the remembered batch with exactly this range; APPEND when there is none. */
function findBatch(batches: readonly number[], first: number, last: number): number {
  for (let i = batches.length - BATCH_STRIDE; i >= 0; i -= BATCH_STRIDE) {
    if (batches[i] === first && batches[i + 1] === last) return batches[i + 2]!;
  }
  return APPEND;
}

function addSequence(sequence: number, by: number): number {
  const sum = sequence + by;
  return sum > SEQUENCE_MAX ? sum - SEQUENCE_MAX - 1 : sum;
}

function notInTransaction(producerId: number): BrokerError {
  return new BrokerError(
    'invalid-transaction-state',
    `Producer ${producerId} has an open transaction here and sent a batch outside of it: end the transaction first.`,
  );
}

function outOfOrder(producerId: number, sequence: number, expected: number): BrokerError {
  return new BrokerError(
    'out-of-order-sequence',
    `Producer ${producerId} sent sequence ${sequence} where ${expected} was next: a batch before it is missing.`,
  );
}

interface ProducerStatesOptions {
  /** `producer.id.expiration.ms`: how long a producer is remembered that doesn't write. */
  readonly expirationMs: number;
  /** Most producers that are remembered, over all partitions. */
  readonly entriesMax: number;
}

/** The share that goes at once when there are too many. */
const EVICTED_SHARE = 0.1;

/** The producers of all partitions of a shard. */
export class ProducerStates {
  readonly #options: ProducerStatesOptions;
  readonly #counter: Counter = { entries: 0 };
  readonly #topics = new Map<Uuid, Map<number, PartitionProducers>>();

  constructor(options: ProducerStatesOptions) {
    this.#options = options;
  }

  /** Producers that are remembered, over all partitions. */
  get entryCount(): number {
    return this.#counter.entries;
  }

  /** A partition's producers, where something is known of them. */
  find(topicId: Uuid, partition: number): PartitionProducers | undefined {
    return this.#topics.get(topicId)?.get(partition);
  }

  /** A partition's producers; made on first use. */
  partition(topicId: Uuid, partition: number): PartitionProducers {
    let topic = this.#topics.get(topicId);
    if (topic === undefined) this.#topics.set(topicId, (topic = new Map()));
    let producers = topic.get(partition);
    if (producers === undefined) {
      producers = new PartitionProducers(topicId, partition, this.#counter);
      topic.set(partition, producers);
    }
    return producers;
  }

  *partitions(): Iterable<PartitionProducers> {
    for (const topic of this.#topics.values()) yield* topic.values();
  }

  /** Forgets a topic that was deleted. */
  removeTopic(topicId: Uuid): void {
    for (const producers of this.#topics.get(topicId)?.values() ?? []) producers.clear();
    this.#topics.delete(topicId);
  }

  /**
   * To be called from time to time: forgets who was silent too long (`expirationMs`, where it has changed since), and the
   * most silent when there are too many.
   */
  expire(nowMs: number, expirationMs = this.#options.expirationMs): void {
    this.#forget(nowMs - expirationMs);
    const { entriesMax } = this.#options;
    if (this.entryCount <= entriesMax) return;
    const seen = new Float64Array(this.entryCount);
    let i = 0;
    for (const producers of this.partitions()) {
      for (const { lastSeenMs } of producers.entries.values()) seen[i++] = lastSeenMs;
    }
    seen.sort();
    const surplus = this.entryCount - Math.floor(entriesMax * (1 - EVICTED_SHARE));
    this.#forget(seen[surplus - 1]!);
  }

  #forget(untilMs: number): void {
    for (const producers of this.partitions()) producers.forget(untilMs);
  }
}
