/**
 * What transactional producers did, and the invariants of transactions (numbers as in history.ts):
 *  4/5 nobody who reads committed records sees one of a transaction that was aborted, or that nobody asked to commit
 *  2   all records of a committed transaction are there, once, and in the order in which they were sent
 *  12  the offsets that a transaction commits are there if and only if its records are
 *  13  a producer that was fenced can't commit any more
 *  14  when nothing fails any more, the last stable offset comes to the end
 * A transaction whose end was not answered is there in whole or not at all.
 */
import type { History } from './history.ts';

/** Why a transaction is not open any more; unknown: its commit was asked for, and no answer came. */
type Ending = 'committed' | 'aborted' | 'unknown';

export interface SimTransaction {
  readonly transactionalId: string;
  /** Rises within a transactional id; what the transaction commits as an offset. */
  readonly number: number;
  /** Its producer's id and epoch, in one number that rises with both. */
  readonly epoch: number;
  readonly values: { readonly partition: number; readonly value: string }[];
  hasOffset: boolean;
  /** The commit was asked for. */
  committing: boolean;
  ending: Ending | null;
}

/** Committed values of one partition in their order. */
export interface CommittedLog {
  readonly partition: number;
  readonly values: readonly string[];
  readonly stableOffset: number;
  readonly endOffset: number;
}

interface Producers {
  numbers: number;
  /** The highest epoch that InitProducerId was answered with. */
  current: number;
}

/** Epochs of one transactional id in the order in which they were given out. */
export const epochOrder = (producerId: number, epoch: number): number => producerId * 65_536 + epoch;

export class TransactionHistory {
  readonly #history: History;
  readonly #byValue = new Map<string, SimTransaction>();
  readonly #all: SimTransaction[] = [];
  readonly #producers = new Map<string, Producers>();
  /** By reader and partition: what it has read. */
  readonly #read = new Map<string, string[]>();

  constructor(history: History) {
    this.#history = history;
  }

  get transactionalIds(): string[] {
    return [...this.#producers.keys()];
  }

  #of(transactionalId: string): Producers {
    let producers = this.#producers.get(transactionalId);
    if (producers === undefined) {
      producers = { numbers: 0, current: -1 };
      this.#producers.set(transactionalId, producers);
    }
    return producers;
  }

  initialized(transactionalId: string, epoch: number): void {
    const producers = this.#of(transactionalId);
    producers.current = Math.max(producers.current, epoch);
  }

  /** Whether a later producer is known to have taken over. */
  isFenced({ transactionalId, epoch }: SimTransaction): boolean {
    return this.#of(transactionalId).current > epoch;
  }

  begin(transactionalId: string, epoch: number): SimTransaction {
    const number = ++this.#of(transactionalId).numbers;
    const transaction: SimTransaction = {
      transactionalId,
      number,
      epoch,
      values: [],
      hasOffset: false,
      committing: false,
      ending: null,
    };
    this.#all.push(transaction);
    return transaction;
  }

  sending(transaction: SimTransaction, partition: number): string {
    const { transactionalId, number, values } = transaction;
    const value = `${transactionalId}.${number}.${values.length}`;
    values.push({ partition, value });
    this.#byValue.set(value, transaction);
    return value;
  }

  ended(transaction: SimTransaction, ending: Ending): void {
    transaction.ending ??= ending;
    if (ending === 'committed') this.#history.counts.transactions++;
  }

  /** A commit was answered that was asked for when `fenced` was known. */
  committedWhile(fenced: boolean, transaction: SimTransaction): void {
    if (fenced) this.#history.fail(`(13) ${nameOf(transaction)} was committed by a producer that was fenced`);
    this.ended(transaction, 'committed');
  }

  /** Somebody who reads committed records got this value. */
  read(reader: string, partition: number, offset: number, value: string): void {
    const transaction = this.#byValue.get(value);
    if (transaction === undefined) {
      this.#history.fail(
        `${reader} read a value that no transaction sent: ${value} at ${partition}@${offset}`,
      );
      return;
    }
    if (!transaction.committing) {
      this.#history.fail(
        `(5) ${reader} read ${value} at ${partition}@${offset}, which nobody asked to commit`,
      );
    }
    const key = `${reader} ${partition}`;
    const values = this.#read.get(key);
    if (values === undefined) this.#read.set(key, [value]);
    else values.push(value);
  }

  /** When nothing happens any more. `offsets`: what is committed for each transactional id; −1: nothing. */
  check(logs: readonly CommittedLog[], offsets: ReadonlyMap<string, number>): void {
    const places = new Map<string, number>();
    for (const { partition, values, stableOffset, endOffset } of logs) {
      if (stableOffset < endOffset) {
        this.#history.fail(
          `(14) partition ${partition} is stable up to ${stableOffset} and ends at ${endOffset}`,
        );
      }
      for (const [place, value] of values.entries()) {
        if (places.has(value)) this.#history.fail(`(3) ${value} is there twice`);
        places.set(value, place);
      }
    }
    for (const transaction of this.#all) this.#checkWhole(transaction, places);
    for (const [transactionalId, offset] of offsets) this.#checkOffset(transactionalId, offset, places);
    for (const [key, read] of this.#read) {
      const partition = Number(key.slice(key.lastIndexOf(' ') + 1));
      const { values } = logs.find((log) => log.partition === partition)!;
      const differs = read.findIndex((value, place) => values[place] !== value);
      if (differs >= 0) {
        this.#history.fail(
          `${key} read ${read[differs]} where the committed ones go on with ${values[differs]}`,
        );
      }
    }
  }

  #checkWhole(transaction: SimTransaction, places: ReadonlyMap<string, number>): void {
    const { values, ending, committing } = transaction;
    const found = values.filter(({ value }) => places.has(value));
    if (ending === 'committed' && found.length < values.length) {
      this.#history.fail(
        `(2) ${nameOf(transaction)} was committed and has ${found.length} of ${values.length}`,
      );
    }
    if ((ending === 'aborted' || !committing) && found.length > 0) {
      this.#history.fail(`(4) ${nameOf(transaction)} was aborted, and ${found[0]!.value} is there`);
    }
    if (found.length > 0 && found.length < values.length) {
      this.#history.fail(`${nameOf(transaction)} is there in part: ${found.length} of ${values.length}`);
    }
    const last = new Map<number, number>();
    for (const { partition, value } of found) {
      const place = places.get(value)!;
      if (place < (last.get(partition) ?? -1)) this.#history.fail(`(10) ${value} stands too early`);
      last.set(partition, place);
    }
  }

  #checkOffset(transactionalId: string, offset: number, places: ReadonlyMap<string, number>): void {
    let expected = -1;
    for (const transaction of this.#all) {
      const { hasOffset, values, number } = transaction;
      if (transaction.transactionalId !== transactionalId || !hasOffset) continue;
      if (values.some(({ value }) => places.has(value))) expected = Math.max(expected, number);
    }
    if (offset !== expected) {
      this.#history.fail(
        `(12) ${transactionalId} has committed offset ${offset}, and the records of ${expected} are there`,
      );
    }
  }
}

const nameOf = ({ transactionalId, number }: SimTransaction): string => `${transactionalId}.${number}`;
