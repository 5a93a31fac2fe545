/** What decisions of the queue machine have in common. */
import type { Decision, Reply } from '../machine/machine.ts';
import type { QueueAnswer, QueueCommand } from './commands.ts';
import type { Subscription } from './model.ts';
import type { Range } from './range-list.ts';
import type { QueueRecord, Settled } from './records.ts';
import { type DeathReason, type Lease, NO_KEY, type Stretch } from './window.ts';

export type QueueDecision = Decision<QueueRecord, QueueCommand, QueueAnswer>;

export const reply = (to: number, answer: QueueAnswer): Reply<QueueAnswer>[] => [{ to, answer }];

export const doneWith = ({ first, last }: Range): Settled => ({
  first,
  last,
  state: 'done',
  deliveries: 0,
  untilMs: 0,
  key: NO_KEY,
  reason: null,
});

/** The part of a stretch that lies in a range, in another state. */
export function partOf(
  { first, last, deliveries, key }: Stretch,
  range: Range,
  { state, untilMs = 0, reason = null }: Partial<Settled> & Pick<Settled, 'state'>,
): Settled {
  return {
    first: Math.max(first, range.first),
    last: Math.min(last, range.last),
    state,
    deliveries,
    untilMs,
    key,
    reason,
  };
}

/** Not to be handed out again: dead, or done where dead letters aren't kept. */
export function buried(
  { settings }: Subscription,
  stretch: Stretch,
  range: Range,
  reason: DeathReason,
): Settled {
  const part = partOf(stretch, range, { state: 'dead', reason });
  return settings.deadLetterTopic === null ? doneWith(part) : part;
}

/** A failed delivery: again in the state that is asked for, unless it was delivered as often as may be. */
export function failed(
  subscription: Subscription,
  stretch: Stretch,
  range: Range,
  again: Pick<Settled, 'state' | 'untilMs'>,
): Settled {
  const { deliveriesMax } = subscription.settings;
  if (deliveriesMax > 0 && stretch.deliveries >= deliveriesMax) {
    return buried(subscription, stretch, range, 'delivery_limit');
  }
  return partOf(stretch, range, again);
}

/** What is acquired under these leases is available again. */
export function freed(subscription: Subscription, leases: Iterable<Lease>): QueueRecord[] {
  const { id, windows } = subscription;
  const records: QueueRecord[] = [];
  for (const lease of leases) {
    const { partition } = lease;
    const stretches = (windows.get(partition)?.held(lease.first, lease.last) ?? [])
      .filter((stretch) => stretch.lease === lease)
      .map((stretch) => failed(subscription, stretch, stretch, { state: 'available', untilMs: 0 }));
    if (stretches.length > 0) records.push({ kind: 'settled', id, partition, stretches });
  }
  return records;
}
