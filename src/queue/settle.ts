/** What consumers say of what they were given: queue-engine rule 2. A delivery that isn't theirs any more is refused, never guessed. */
import { BrokerError } from '../base/errors.ts';
import type { TimerRequest } from '../machine/machine.ts';
import type { QueueCommand, SettleCommand, SettleEntry } from './commands.ts';
import type { Subscription } from './model.ts';
import { type Range, RangeList } from './range-list.ts';
import type { QueueRecord, Settled } from './records.ts';
import { retryDelayMs } from './settings.ts';
import { buried, doneWith, failed, partOf, type QueueDecision, reply } from './settled.ts';
import type { Stretch } from './window.ts';

/** Messages of one partition. */
type Place = Pick<SettleEntry, 'partition' | 'first' | 'last'>;

export interface SettleContext {
  readonly token: number;
  readonly nowMs: number;
  /** The lease that was given last. */
  readonly lastLease: number;
}

export function decideSettle(
  subscription: Subscription,
  command: SettleCommand,
  { token, nowMs, lastLease }: SettleContext,
): QueueDecision {
  const { id } = subscription;
  const byPartition = new Map<number, Settled[]>();
  const named = command.entries.length > 1 ? new NamedRanges() : null;
  const volatile: QueueRecord[] = [];
  const results: (number | BrokerError)[] = [];
  let leaseId = lastLease;
  let dueMs = Number.POSITIVE_INFINITY;
  for (const entry of command.entries) {
    const stretches = acquiredIn(subscription, command.consumer, entry);
    if (stretches === null || !isWhole(stretches, entry) || named?.add(entry) === false) {
      results.push(notDelivered(entry));
      continue;
    }
    const { partition, first, last } = entry;
    if (entry.action === 'renew') {
      const { consumer } = stretches[0]!.lease!;
      const untilMs = nowMs + (entry.ms ?? subscription.settings.lockMs);
      const lease = { id: ++leaseId, consumer, partition, first, last, sinceMs: nowMs, untilMs };
      volatile.push({ kind: 'renewed', id, lease });
      dueMs = Math.min(dueMs, untilMs);
      results.push(lease.id);
      continue;
    }
    let settled = byPartition.get(partition);
    if (settled === undefined) byPartition.set(partition, (settled = []));
    for (const stretch of stretches) {
      const after = settledBy(subscription, stretch, entry, { nowMs, chance: command.chance });
      if (after.state === 'waiting') dueMs = Math.min(dueMs, after.untilMs);
      settled.push(after);
    }
    results.push(0);
  }
  const records: QueueRecord[] = [];
  for (const [partition, stretches] of byPartition) {
    records.push({ kind: 'settled', id, partition, stretches });
  }
  return {
    records,
    volatile,
    replies: reply(token, { kind: 'settled', results }),
    timers: dueMs === Number.POSITIVE_INFINITY ? [] : [dueTimer(subscription, dueMs)],
  };
}

/** A lease is one consumer's. */
function isWhole(stretches: readonly Stretch[], { action }: SettleEntry): boolean {
  const consumer = stretches[0]!.lease!.consumer;
  return action !== 'renew' || stretches.every(({ lease }) => lease!.consumer === consumer);
}

/** What the entries of one command name: a message is settled once. */
class NamedRanges {
  readonly #byPartition = new Map<number, RangeList<Range>>();

  /** False: some of it was named before. */
  add({ partition, first, last }: SettleEntry): boolean {
    let ranges = this.#byPartition.get(partition);
    if (ranges === undefined) {
      this.#byPartition.set(partition, (ranges = new RangeList((range) => ({ ...range }))));
    }
    const next = ranges.from(first);
    if (next !== undefined && next.first <= last) return false;
    ranges.insert({ first, last });
    return true;
  }
}

/** The timer of a subscription for whichever comes first: what is known, or `nextMs`. */
export function dueTimer({ id, leases, waits }: Subscription, nextMs: number): TimerRequest<QueueCommand> {
  const leaseMs = leases.peek()?.untilMs ?? Number.POSITIVE_INFINITY;
  const waitMs = waits.peek()?.untilMs ?? Number.POSITIVE_INFINITY;
  return { key: `due ${id}`, atMs: Math.min(leaseMs, waitMs, nextMs), command: { kind: 'due', id } };
}

export function notDelivered({ first, last, partition }: Omit<SettleEntry, 'action'>): BrokerError {
  const which = first === last ? `Message ${first}` : `Messages ${first} to ${last}`;
  const sentence = `${which} of partition ${partition}: not delivered to this consumer, or its time has expired.`;
  return new BrokerError('invalid-delivery', sentence);
}

/** The acquired stretches that an entry names, all of them; null: some of it isn't acquired as the entry says. */
export function acquiredIn(
  subscription: Subscription,
  consumer: string | null,
  entry: Omit<SettleEntry, 'action'>,
): Readonly<Stretch>[] | null {
  return coverOf(
    subscription,
    entry,
    ({ lease }) =>
      lease !== null &&
      (entry.lease === null || lease.id === entry.lease) &&
      (consumer === null || lease.consumer === consumer),
  );
}

/** The dead stretches of a range, all of them; null: some of it isn't dead. */
export function deadIn(subscription: Subscription, range: Place): Readonly<Stretch>[] | null {
  return coverOf(subscription, range, ({ state }) => state === 'dead');
}

/** The stretches of a range, where they leave nothing of it out and each is as it is meant to be. */
function coverOf(
  { windows }: Subscription,
  { partition, first, last }: Place,
  isMeant: (stretch: Readonly<Stretch>) => boolean,
): Readonly<Stretch>[] | null {
  if (!(first <= last)) return null;
  const stretches = windows.get(partition)?.held(first, last) ?? [];
  let next = first;
  for (const stretch of stretches) {
    if (stretch.first > next || !isMeant(stretch)) return null;
    next = stretch.last + 1;
  }
  return next > last ? stretches : null;
}

function settledBy(
  subscription: Subscription,
  stretch: Stretch,
  entry: SettleEntry,
  { nowMs, chance }: { readonly nowMs: number; readonly chance: number },
): Settled {
  switch (entry.action) {
    case 'release':
      return failed(subscription, stretch, entry, { state: 'available', untilMs: 0 });
    case 'delay': {
      const again = { state: 'waiting', untilMs: nowMs + (entry.ms ?? 0) } as const;
      if (entry.isUncounted !== true) return failed(subscription, stretch, entry, again);
      return partOf({ ...stretch, deliveries: stretch.deliveries - 1 }, entry, again);
    }
    case 'retry': {
      const delayMs = retryDelayMs(subscription.settings.retry, stretch.deliveries, chance);
      return failed(subscription, stretch, entry, { state: 'waiting', untilMs: nowMs + delayMs });
    }
    case 'reject':
      return buried(subscription, stretch, entry, 'rejected');
    default:
      return doneWith({
        first: Math.max(stretch.first, entry.first),
        last: Math.min(stretch.last, entry.last),
      });
  }
}
