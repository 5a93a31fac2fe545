/**
 * What a broker owes those who use a subscription with limits, expiry, priorities, pauses and dead letters, in the simplest words:
 * every message by itself. Where the broker is free to choose when (what has expired, what is too much) the model says what it may do;
 * what it does must be one of that.
 */
import { assert } from '../../src/base/assert.ts';
import { retryDelayMs, type SubscriptionSettings } from '../../src/queue/settings.ts';

/** What stands at one offset. */
export interface Standing {
  readonly offset: number;
  /** nothing: no message, or one of an aborted transaction. open: of a transaction that hasn't ended. */
  kind: 'message' | 'nothing' | 'open';
  readonly id: string;
  readonly key: string | null;
  readonly tag: string;
  /** Of a dead letter that was put back: the subscription that had buried it, which alone gets it. Null: it is none. */
  readonly owner: string | null;
  readonly timestampMs: number;
  /** Its own; 0: none. */
  readonly ttlMs: number;
  state: 'free' | 'held' | 'waiting' | 'dead' | 'done';
  deliveries: number;
  /** What comes back after a restart. */
  storedDeliveries: number;
  consumer: string;
  lease: number;
  untilMs: number;
  reason: 'rejected' | 'delivery_limit' | null;
  /** So long it has been first in line, and expired. */
  overdueMs: number;
}

export const EXPIRY_NOTICED_MS = 3000;
const HEADERS_LOOK_MS = 60_000;

export class FeaturesModel {
  readonly name: string;
  settings: SubscriptionSettings;
  readonly partitions: readonly Standing[][];
  activeConsumer: string | null = null;

  constructor(name: string, settings: SubscriptionSettings, partitions: number) {
    this.name = name;
    this.settings = settings;
    this.partitions = Array.from({ length: partitions }, () => []);
  }

  add(partition: number, what: Omit<Standing, keyof typeof FRESH | 'offset'>): void {
    const standings = this.partitions[partition]!;
    standings.push({ ...what, ...FRESH, offset: standings.length });
  }

  /** The first offset of a transaction that is open, or the end. */
  stableEnd(partition: number): number {
    const standings = this.partitions[partition]!;
    const open = standings.findIndex(({ kind }) => kind === 'open');
    return open < 0 ? standings.length : open;
  }

  expiresAtMs({ timestampMs, ttlMs }: Standing): number {
    const ofAll = this.settings.ttlMs || Number.POSITIVE_INFINITY;
    return timestampMs + Math.min(ofAll, ttlMs || Number.POSITIVE_INFINITY);
  }

  /** Whether the subscription's filter wants it, and it is no other's. */
  isWanted({ kind, tag, owner }: Standing): boolean {
    const { filter } = this.settings;
    if (kind !== 'message' || (owner !== null && owner !== this.name)) return false;
    return filter === null || filter.expression === tag;
  }

  /** Whether a message of its key stands before it that isn't done, where that matters. What has expired doesn't count. */
  isBehind(partition: number, { key, offset }: Standing, nowMs: number): boolean {
    if (this.settings.order !== 'by-key' || key === null) return false;
    return this.partitions[partition]!.some((before) => {
      if (before.offset >= offset || before.key !== key) return false;
      if (before.state === 'free') return this.isWanted(before) && this.expiresAtMs(before) >= nowMs;
      return before.state !== 'done';
    });
  }

  /** Whether another of its key that isn't done stands before it, wanted or not: what it was met as isn't known. */
  mayBeBehind(partition: number, { key, offset }: Standing): boolean {
    if (this.settings.order !== 'by-key' || key === null) return false;
    return this.partitions[partition]!.some(
      (before) => before.offset < offset && before.key === key && before.state !== 'done',
    );
  }

  /** What a consumer may get of a partition now, in order. Of one key only the first. */
  acquirable(partition: number, nowMs: number, tag: string | null): Standing[] {
    const end = this.stableEnd(partition);
    return this.partitions[partition]!.slice(0, end).filter(
      (one) =>
        one.state === 'free' &&
        this.isWanted(one) &&
        this.expiresAtMs(one) >= nowMs &&
        !this.isBehind(partition, one, nowMs) &&
        (tag === null || one.tag === tag),
    );
  }

  /** How many consumers may get of a partition beside those that they have. */
  room(partition: number): number {
    const held = this.partitions[partition]!.filter(({ state }) => state === 'held');
    return Math.max(0, this.settings.inFlightMax - held.length);
  }

  /** What isn't done, as the limits count: offsets, as far as it isn't known that no message is there. */
  get length(): number {
    return this.partitions.flat().filter(({ state }) => state !== 'done' && state !== 'dead').length;
  }

  get isFull(): boolean {
    const { overflow, lengthMax } = this.settings;
    return overflow === 'refuse' && lengthMax > 0 && this.length >= lengthMax;
  }

  /** How many the policy says to drop now. */
  get excess(): number {
    const { overflow, lengthMax } = this.settings;
    return overflow === 'refuse' || lengthMax === 0 ? 0 : Math.max(0, this.length - lengthMax);
  }

  settle(
    one: Standing,
    { action, ms, nowMs }: { readonly action: string; readonly ms: number; readonly nowMs: number },
  ): void {
    if (action === 'ack') one.state = 'done';
    else if (action === 'reject') this.#bury(one, 'rejected');
    else if (action === 'release') this.fail(one);
    else {
      const delayMs = action === 'delay' ? ms : retryDelayMs(this.settings.retry, one.deliveries, 0);
      this.fail(one, nowMs + delayMs);
    }
  }

  fail(one: Standing, untilMs?: number): void {
    const { deliveriesMax } = this.settings;
    if (deliveriesMax > 0 && one.deliveries >= deliveriesMax) return this.#bury(one, 'delivery_limit');
    one.state = untilMs === undefined ? 'free' : 'waiting';
    one.untilMs = untilMs ?? 0;
    one.storedDeliveries = one.deliveries;
  }

  #bury(one: Standing, reason: Standing['reason']): void {
    one.state = this.settings.deadLetterTopic === null ? 'done' : 'dead';
    one.reason = reason;
  }

  /** The time comes for leases and waits. */
  due(nowMs: number): void {
    for (const one of this.partitions.flat()) {
      if (one.untilMs > nowMs) continue;
      if (one.state === 'waiting') one.state = 'free';
      else if (one.state === 'held') this.fail(one);
    }
  }

  disconnect(consumer: string): void {
    if (this.activeConsumer === consumer) this.activeConsumer = null;
    for (const one of this.partitions.flat())
      if (one.state === 'held' && one.consumer === consumer) this.fail(one);
  }

  seek(partition: number, to: number): void {
    for (const one of this.partitions[partition]!) {
      Object.assign(one, FRESH);
      if (one.offset < to) one.state = 'done';
    }
  }

  restart(): void {
    this.activeConsumer = null;
    for (const one of this.partitions.flat()) {
      if (one.state !== 'held') continue;
      one.state = 'free';
      one.deliveries = one.storedDeliveries;
    }
  }

  /** What has been first in line and expired for so long must not be there any more. */
  checkOverdue(nowMs: number, passedMs: number): void {
    const noticedMs = (this.settings.ttlMs || HEADERS_LOOK_MS) + EXPIRY_NOTICED_MS;
    this.partitions.forEach((standings, partition) => {
      let isHead = true;
      for (const one of standings.slice(0, this.stableEnd(partition))) {
        if (one.kind === 'nothing') continue;
        if (one.state !== 'free' || this.isBehind(partition, one, nowMs)) {
          one.overdueMs = 0;
          continue;
        }
        isHead &&= this.expiresAtMs(one) < nowMs;
        one.overdueMs = isHead ? one.overdueMs + passedMs : 0;
        assert(one.overdueMs <= noticedMs, `${one.id} has expired, and stays`);
      }
    });
  }
}

const FRESH = {
  state: 'free' as Standing['state'],
  deliveries: 0,
  storedDeliveries: 0,
  consumer: '',
  lease: 0,
  untilMs: 0,
  reason: null as Standing['reason'],
  overdueMs: 0,
};
