/**
 * What a subscription is to do, in the simplest words: every message by itself, no ranges, no heaps, no lines. The queue machine is
 * compared with it.
 */
import type { SettleEntry } from '../src/queue/commands.ts';
import type { Settled } from '../src/queue/records.ts';
import { retryDelayMs, type SubscriptionSettings } from '../src/queue/settings.ts';

/** A message as it was published. */
export interface ModelMessage {
  readonly offset: number;
  /** Not there (compacted away, a marker, of an aborted transaction): nobody is to get it. */
  readonly hole: boolean;
  /** Null: it has none. */
  readonly key: string | null;
  readonly timestampMs: number;
  /** What filters ask for. */
  readonly color: number;
}

/** What is stored of a message, and comes back after a restart. */
interface Stored {
  state: 'new' | 'available' | 'waiting' | 'dead' | 'done';
  deliveries: number;
  untilMs: number;
}

export interface ModelStanding extends Omit<Stored, 'state'> {
  state: Stored['state'] | 'acquired';
  lease: number;
  consumer: string;
  stored: Stored;
}

const fresh = (): ModelStanding => ({
  state: 'new',
  deliveries: 0,
  untilMs: 0,
  lease: 0,
  consumer: '',
  stored: { state: 'new', deliveries: 0, untilMs: 0 },
});

export class ModelPartition {
  readonly messages: ModelMessage[] = [];
  readonly standings: ModelStanding[] = [];
  next = 0;
  storedNext = 0;

  add(message: ModelMessage): void {
    this.messages.push(message);
    this.standings.push(fresh());
  }

  /** Whether nothing more is to happen with it. */
  isOver(offset: number): boolean {
    const { state } = this.standings[offset]!;
    return state === 'done' || state === 'dead';
  }

  isAvailable(offset: number): boolean {
    const { state } = this.standings[offset]!;
    return state === 'new' || state === 'available';
  }

  /** Whether a message of the same key stands before it that isn't done. */
  isBehind(offset: number): boolean {
    const { key } = this.messages[offset]!;
    if (key === null) return false;
    for (let before = 0; before < offset; before++) {
      const message = this.messages[before]!;
      if (message.key === key && !message.hole && !this.isOver(before)) return true;
    }
    return false;
  }

  /** The records say what is stored from now on. */
  store({ first, last, state, deliveries, untilMs }: Settled): void {
    this.reach(first, last);
    for (let offset = first; offset <= last; offset++) {
      if (offset >= this.standings.length) break;
      this.standings[offset]!.stored = { state, deliveries, untilMs };
    }
  }

  /** What lies below is not new any more. */
  reach(first: number, last: number): void {
    this.next = Math.max(this.next, last + 1);
    if (last + 1 <= this.storedNext) return;
    for (let offset = this.storedNext; offset < first; offset++) {
      const standing = this.standings[offset];
      if (standing?.stored.state === 'new') standing.stored.state = 'available';
    }
    this.storedNext = last + 1;
  }

  get start(): number {
    for (let offset = 0; offset < this.next; offset++)
      if (this.standings[offset]?.state !== 'done') return offset;
    return this.next;
  }

  seek(to: number): void {
    this.next = to;
    this.storedNext = to;
    this.standings.forEach((standing, offset) => {
      Object.assign(standing, fresh());
      if (offset >= to) return;
      standing.state = 'done';
      standing.stored.state = 'done';
    });
  }

  /** A snapshot of the live state is what comes back from now on. */
  remember(): void {
    this.storedNext = this.next;
    for (const standing of this.standings) {
      const { state, deliveries, untilMs } = standing;
      standing.stored = { state: state === 'acquired' ? 'available' : state, deliveries, untilMs };
    }
  }

  restart(): void {
    this.next = this.storedNext;
    this.standings.forEach((standing, offset) => {
      if (offset >= this.next) Object.assign(standing, fresh());
      else {
        Object.assign(standing, standing.stored, { lease: 0, consumer: '' });
        if (standing.state === 'new') standing.state = 'available';
        standing.stored.state = standing.state as Stored['state'];
      }
    });
  }
}

/** A subscription of several partitions. */
export class ModelSubscription {
  settings: SubscriptionSettings;
  readonly partitions: readonly ModelPartition[];
  activeConsumer: string | null = null;
  /** Until when leases last. */
  readonly leases = new Map<number, number>();

  constructor(settings: SubscriptionSettings, partitions: readonly ModelPartition[]) {
    this.settings = settings;
    this.partitions = partitions;
  }

  /** Whether an entry names what is acquired as it says. */
  accepts({ partition, first, last, lease, action }: SettleEntry, consumer: string | null): boolean {
    if (!(first <= last)) return false;
    const holders = new Set<string>();
    for (let offset = first; offset <= last; offset++) {
      const standing = this.partitions[partition]?.standings[offset];
      if (standing?.state !== 'acquired') return false;
      if (lease !== null && standing.lease !== lease) return false;
      if (consumer !== null && standing.consumer !== consumer) return false;
      holders.add(standing.consumer);
    }
    return action !== 'renew' || holders.size === 1;
  }

  settle(
    { partition, first, last, action, ms }: SettleEntry,
    { nowMs, chance }: { readonly nowMs: number; readonly chance: number },
  ): void {
    for (let offset = first; offset <= last; offset++) {
      const standing = this.partitions[partition]!.standings[offset]!;
      if (action === 'ack') standing.state = 'done';
      else if (action === 'reject') this.#bury(standing);
      else if (action === 'release') this.fail(standing);
      else if (action !== 'renew') {
        const delayMs =
          action === 'delay' ? ms! : retryDelayMs(this.settings.retry, standing.deliveries, chance);
        this.fail(standing, nowMs + delayMs);
      }
    }
  }

  /** A delivery has come to nothing. */
  fail(standing: ModelStanding, untilMs?: number): void {
    const { deliveriesMax } = this.settings;
    if (deliveriesMax > 0 && standing.deliveries >= deliveriesMax) return this.#bury(standing);
    standing.state = untilMs === undefined ? 'available' : 'waiting';
    standing.untilMs = untilMs ?? 0;
  }

  #bury(standing: ModelStanding): void {
    standing.state = this.settings.deadLetterTopic === null ? 'done' : 'dead';
    standing.untilMs = 0;
  }

  /** The time comes for leases and waits. */
  due(nowMs: number): void {
    for (const { standings } of this.partitions) {
      for (const standing of standings) {
        if (standing.state === 'waiting' && standing.untilMs <= nowMs) {
          standing.state = 'available';
          standing.untilMs = 0;
        } else if (standing.state === 'acquired' && this.leases.get(standing.lease)! <= nowMs)
          this.fail(standing);
      }
    }
  }

  disconnect(consumer: string): void {
    if (this.activeConsumer === consumer) this.activeConsumer = null;
    for (const { standings } of this.partitions) {
      for (const standing of standings)
        if (standing.state === 'acquired' && standing.consumer === consumer) this.fail(standing);
    }
  }

  restart(): void {
    this.activeConsumer = null;
    this.leases.clear();
    for (const partition of this.partitions) partition.restart();
  }

  /** When the first lease or wait ends; Infinity: there is none. */
  get dueMs(): number {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const { standings } of this.partitions) {
      for (const { state, untilMs, lease } of standings) {
        if (state === 'waiting') dueMs = Math.min(dueMs, untilMs);
        if (state === 'acquired') dueMs = Math.min(dueMs, this.leases.get(lease)!);
      }
    }
    return dueMs;
  }
}
