/**
 * Acknowledgements of one turn of the event loop are settled together: clients make a call for each message, and what they have
 * sent in one go becomes one entry of the log for a subscription, not one for each.
 */
import type { BrokerError } from '../../base/errors.ts';
import type { QueueSubscription, Queues, SettleEntry } from '../../broker/queues.ts';
import type { Clock } from '../../platform/ports.ts';

type Done = (results: readonly (number | BrokerError)[] | BrokerError) => void;

/** Those of a subscription that are settled in one go at most. */
const ENTRIES_MAX = 1000;

interface Gathered {
  readonly entries: SettleEntry[];
  /** Whose they are, in order, and where each one's end. */
  readonly callers: { readonly end: number; readonly done: Done }[];
}

export class Acknowledgements {
  readonly #queues: Queues;
  readonly #clock: Clock;
  #gathered = new Map<QueueSubscription, Gathered>();

  constructor(queues: Queues, clock: Clock) {
    this.#queues = queues;
    this.#clock = clock;
  }

  /** Answered as `Queues.settle` answers, for these entries. */
  add(subscription: QueueSubscription, entries: readonly SettleEntry[], done: Done): void {
    let gathered = this.#gathered.get(subscription);
    if (gathered === undefined) {
      if (this.#gathered.size === 0) this.#clock.afterTurn(this.#settleAll);
      this.#gathered.set(subscription, (gathered = { entries: [], callers: [] }));
    }
    for (const entry of entries) gathered.entries.push(entry);
    gathered.callers.push({ end: gathered.entries.length, done });
    if (gathered.entries.length < ENTRIES_MAX) return;
    this.#gathered.set(subscription, { entries: [], callers: [] });
    this.#settle(subscription, gathered);
  }

  readonly #settleAll = (): void => {
    const all = this.#gathered;
    // Not cleared: what a Map was cleared of lives on with it, and each of these has its call (base/bag.ts).
    this.#gathered = new Map();
    for (const [subscription, gathered] of all) this.#settle(subscription, gathered);
  };

  #settle(subscription: QueueSubscription, { entries, callers }: Gathered): void {
    if (entries.length === 0) return;
    this.#queues.settle({ subscription, consumer: null, entries }, (results) => {
      let from = 0;
      for (const { end, done } of callers) {
        done(Array.isArray(results) ? results.slice(from, end) : results);
        from = end;
      }
    });
  }
}
