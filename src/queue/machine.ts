/**
 * All subscriptions of a shard, as a machine: what of which topic is done, who has what, what waits and what is dead.
 *
 * Durable is what was settled, with delivery counts. That a consumer has a message isn't: after a restart it is available again.
 */
import { BrokerError } from '../base/errors.ts';
import type { Machine } from '../machine/machine.ts';
import { applyQueueRecord } from './apply.ts';
import type {
  AlterCommand,
  DisconnectCommand,
  MoveCommand,
  PassCommand,
  QueueAnswer,
  QueueCommand,
  SeekCommand,
  SubscribeCommand,
} from './commands.ts';
import { newQueuesState, type QueuesState, type Subscription } from './model.ts';
import { type QueueRecord, QueueRecordCodec, type Settled } from './records.ts';
import { decideSeekChannels } from './seek-channels.ts';
import { checkSettings } from './settings.ts';
import { acquiredIn, deadIn, decideSettle, dueTimer, notDelivered } from './settle.ts';
import { doneWith, freed, partOf, type QueueDecision, reply } from './settled.ts';

export type QueueMachine = Machine<QueuesState, QueueCommand, QueueRecord, QueueAnswer>;

/** Names are stored with each subscription. */
const NAME_CHARACTERS_MAX = 1000;

/**
 * The machine measures spans: run it on a steady clock. `firstLease`: higher than all leases that were ever given: leader epochs
 * rise with each start, so they make one.
 */
export function createQueueMachine({ firstLease }: { readonly firstLease: number }): QueueMachine {
  const codec = new QueueRecordCodec();
  return {
    name: 'queue',
    initial: () => newQueuesState(firstLease),
    decide,
    apply: applyQueueRecord,
    *snapshot(state) {
      for (const subscription of state.byId.values()) yield* recordsOf(subscription);
      // Its number isn't given again.
      if (state.nextId > 1 && !state.byId.has(state.nextId - 1))
        yield { kind: 'removed', id: state.nextId - 1 };
    },
    resume: (state) =>
      [...state.byId.values()]
        .filter(({ waits }) => waits.size > 0)
        .map((subscription) => dueTimer(subscription, Number.POSITIVE_INFINITY)),
    encode: (record) => codec.encode(record),
    decode: (stored) => codec.decode(stored),
  };
}

function decide(state: QueuesState, command: QueueCommand, token: number, nowMs: number): QueueDecision {
  if (command.kind === 'subscribe') return decideSubscribe(state, command, token);
  if (command.kind === 'topics-deleted') {
    const records = command.topicIds
      .filter((topicId) => state.byTopic.has(topicId))
      .map((topicId): QueueRecord => ({ kind: 'topic-removed', topicId }));
    return { records, replies: reply(token, { kind: 'done' }) };
  }
  const subscription = state.byId.get(command.id);
  if (subscription === undefined) {
    const error = new BrokerError('subscription-not-found', 'The subscription is gone: subscribe again.');
    return { replies: [{ to: token, answer: error }] };
  }
  switch (command.kind) {
    case 'alter':
      return decideAlter(subscription, command, token);
    case 'remove':
      return {
        records: [{ kind: 'removed', id: command.id }],
        replies: reply(token, { kind: 'done' }),
        timers: [{ key: `due ${command.id}`, atMs: 0, command: null }],
      };
    case 'settle':
      return decideSettle(subscription, command, { token, nowMs, lastLease: state.lastLease });
    case 'pass':
      return decidePass(subscription, command, token);
    case 'move':
      return decideMove(subscription, command, token);
    case 'disconnect':
      return decideDisconnect(subscription, command, token);
    case 'seek':
      return decideSeek(command, token);
    case 'seek-channels':
      return decideSeekChannels(subscription, command, token);
    case 'due':
      return decideDue(subscription, nowMs);
  }
}

function decideSubscribe(state: QueuesState, command: SubscribeCommand, token: number): QueueDecision {
  const { topicId, name, settings, starts } = command;
  const known = state.byTopic.get(topicId)?.get(name);
  if (known !== undefined)
    return { replies: reply(token, { kind: 'subscribed', id: known.id, created: false }) };
  const refusal = checkName(name) ?? checkSettings(settings);
  if (refusal !== null) return { replies: [{ to: token, answer: refusal }] };
  const id = state.nextId;
  const records: QueueRecord[] = [{ kind: 'subscription', id, topicId, name, settings }];
  starts.forEach((next, partition) => {
    if (next > 0) records.push({ kind: 'window', id, partition, next, stretches: [] });
  });
  return { records, replies: reply(token, { kind: 'subscribed', id, created: true }) };
}

function checkName(name: string): BrokerError | null {
  if (name.length > 0 && name.length <= NAME_CHARACTERS_MAX) return null;
  const sentence = `The name of a subscription has ${name.length} characters: choose 1 to ${NAME_CHARACTERS_MAX}.`;
  return new BrokerError('invalid-config', sentence);
}

function decideAlter(subscription: Subscription, { settings }: AlterCommand, token: number): QueueDecision {
  const { id, topicId, name } = subscription;
  const refusal =
    checkSettings(settings) ??
    (settings.order === subscription.settings.order
      ? null
      : new BrokerError(
          'invalid-config',
          `The order of subscription '${name}' can't be altered: make another.`,
        ));
  if (refusal !== null) return { replies: [{ to: token, answer: refusal }] };
  return {
    records: [{ kind: 'subscription', id, topicId, name, settings }],
    replies: reply(token, { kind: 'done' }),
  };
}

function decidePass(
  subscription: Subscription,
  { partition, ranges }: PassCommand,
  token: number,
): QueueDecision {
  const buries = subscription.settings.deadLetterTopic !== null;
  const window = subscription.windows.get(partition);
  const stretches = ranges.flatMap(({ first, last, reason }): Settled[] => {
    if (reason === null || !buries) return [doneWith({ first, last })];
    const dead: Settled[] = [];
    // Each with its own count of deliveries.
    for (let at = first; at <= last; at = dead.at(-1)!.last + 1) {
      const stretch = window?.at(at);
      const to = Math.min(last, stretch?.last ?? last);
      const deliveries = stretch?.deliveries ?? 0;
      dead.push({ first: at, last: to, state: 'dead', deliveries, untilMs: 0, key: 0, reason });
    }
    return dead;
  });
  const record: QueueRecord = { kind: 'settled', id: subscription.id, partition, stretches };
  return { records: [record], replies: reply(token, { kind: 'done' }), unflushed: true };
}

function decideMove(
  subscription: Subscription,
  { id, partition, ranges, lease, companions }: MoveCommand,
  token: number,
): QueueDecision {
  const gone = ranges
    .map(({ first, last }) => ({ partition, first, last, lease }))
    .find((range) =>
      lease === null ? deadIn(subscription, range) === null : acquiredIn(subscription, null, range) === null,
    );
  if (gone !== undefined) return { replies: [{ to: token, answer: notDelivered(gone) }] };
  return {
    records: [{ kind: 'settled', id, partition, stretches: ranges.map(doneWith) }],
    companions,
    replies: reply(token, { kind: 'done' }),
  };
}

/** What a consumer had is available again, and counts as delivered. */
function decideDisconnect(
  subscription: Subscription,
  { id, consumer }: DisconnectCommand,
  token: number,
): QueueDecision {
  const volatile: QueueRecord[] = [];
  if (subscription.activeConsumer === consumer) volatile.push({ kind: 'activated', id, consumer: null });
  return {
    records: freed(subscription, subscription.consumers.get(consumer) ?? []),
    volatile,
    replies: reply(token, { kind: 'done' }),
    unflushed: true,
  };
}

function decideSeek({ id, positions }: SeekCommand, token: number): QueueDecision {
  return {
    records: positions.map(({ partition, offset }): QueueRecord => {
      return { kind: 'window', id, partition, next: offset, stretches: [] };
    }),
    replies: reply(token, { kind: 'done' }),
  };
}

/** Leases that have expired, and waits that have ended. */
function decideDue(subscription: Subscription, nowMs: number): QueueDecision {
  const { id, leases, waits, windows } = subscription;
  const ended: QueueRecord[] = [];
  for (const { partition, first, last, untilMs } of waits.upTo(nowMs)) {
    const stretches: Settled[] = [];
    for (const stretch of windows.get(partition)?.held(first, last) ?? []) {
      if (stretch.state !== 'waiting' || stretch.untilMs !== untilMs) continue;
      stretches.push(partOf(stretch, { first, last }, { state: 'available' }));
    }
    if (stretches.length > 0) ended.push({ kind: 'settled', id, partition, stretches });
  }
  const expired = leases.upTo(nowMs).filter(({ open }) => open > 0);
  const nextMs = Math.min(leases.nextKey(nowMs), waits.nextKey(nowMs));
  return {
    records: freed(subscription, expired),
    // That a wait has ended the clock says after a restart, too.
    volatile: [...ended, { kind: 'looked', id, nowMs }],
    timers:
      nextMs === Number.POSITIVE_INFINITY
        ? []
        : [{ key: `due ${id}`, atMs: nextMs, command: { kind: 'due', id } }],
    unflushed: true,
  };
}

function* recordsOf(subscription: Subscription): Generator<QueueRecord> {
  const { id, topicId, name, settings, windows } = subscription;
  yield { kind: 'subscription', id, topicId, name, settings };
  for (const window of windows.values()) {
    const stretches = [...window.stretches()].map((stretch): Settled => {
      const { first, last, state, deliveries, untilMs, key, reason } = stretch;
      const lasting = state === 'waiting' || state === 'dead' ? state : 'available';
      // Who stands in front of what is blocked is found again.
      return { first, last, state: lasting, deliveries, untilMs, key: state === 'blocked' ? 0 : key, reason };
    });
    yield { kind: 'window', id, partition: window.partition, next: window.next, stretches };
  }
}
