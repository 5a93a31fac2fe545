/** The only place where the state of the queue machine changes. */
import { assert } from '../base/assert.ts';
import { newSubscription, type QueuesState, type Subscription, type Wait, windowOf } from './model.ts';
import type { NewLease, QueueRecord, Settled } from './records.ts';
import type { Lease, Standing, Window } from './window.ts';

export function applyQueueRecord(state: QueuesState, record: QueueRecord): void {
  if (record.kind === 'subscription') return applySubscription(state, record);
  if (record.kind === 'topic-removed') {
    for (const { id } of [...(state.byTopic.get(record.topicId)?.values() ?? [])]) remove(state, id);
    return;
  }
  if (record.kind === 'removed') {
    state.nextId = Math.max(state.nextId, record.id + 1);
    return remove(state, record.id);
  }
  const subscription = state.byId.get(record.id);
  // What was decided before its topic was deleted may stand behind that.
  if (subscription === undefined) return;
  switch (record.kind) {
    case 'window':
      return applyWindow(subscription, record);
    case 'settled': {
      const window = windowOf(subscription, record.partition);
      for (const settled of record.stretches) settle(subscription, window, settled);
      return;
    }
    case 'taken': {
      const lease = newLease(state, record.lease);
      const window = windowOf(subscription, lease.partition);
      for (const { first, last, what, key } of record.steps) {
        if (what === 'acquired') window.acquire(first, last, lease, key);
        else
          window.place(
            first,
            last,
            { ...PASSED, state: what === 'left' ? 'available' : 'blocked', key },
            NOTHING,
          );
      }
      if (lease.open > 0) open(subscription, lease);
      return;
    }
    case 'untaken':
      return untake(subscription, record);
    case 'renewed':
      return renew(state, subscription, record.lease);
    case 'activated':
      subscription.activeConsumer = record.consumer;
      return;
    case 'looked': {
      const { leases, waits } = subscription;
      while (leases.size > 0 && leases.peek()!.untilMs <= record.nowMs) leases.pop();
      while (waits.size > 0 && waits.peek()!.untilMs <= record.nowMs) waits.pop();
    }
  }
}

const NOTHING = (): void => undefined;
const PASSED: Standing = { state: 'available', deliveries: 0, lease: null, untilMs: 0, key: 0, reason: null };

function applySubscription(state: QueuesState, record: Extract<QueueRecord, { kind: 'subscription' }>): void {
  const known = state.byId.get(record.id);
  if (known !== undefined) {
    known.settings = record.settings;
    return;
  }
  const subscription = newSubscription(record);
  state.byId.set(record.id, subscription);
  let ofTopic = state.byTopic.get(record.topicId);
  if (ofTopic === undefined) state.byTopic.set(record.topicId, (ofTopic = new Map()));
  ofTopic.set(record.name, subscription);
  state.nextId = Math.max(state.nextId, record.id + 1);
}

function remove(state: QueuesState, id: number): void {
  const subscription = state.byId.get(id);
  if (subscription === undefined) return;
  state.byId.delete(id);
  const ofTopic = state.byTopic.get(subscription.topicId)!;
  ofTopic.delete(subscription.name);
  if (ofTopic.size === 0) state.byTopic.delete(subscription.topicId);
}

function applyWindow(subscription: Subscription, record: Extract<QueueRecord, { kind: 'window' }>): void {
  const window = windowOf(subscription, record.partition);
  window.reset(record.next, (lease) => end(subscription, lease));
  for (const settled of record.stretches) settle(subscription, window, settled);
}

function settle(subscription: Subscription, window: Window, settled: Settled): void {
  const { first, last, state, deliveries, untilMs, key, reason } = settled;
  const ended = (lease: Lease): void => end(subscription, lease);
  if (state === 'done') return window.finish(first, last, ended);
  window.place(first, last, { state, deliveries, lease: null, untilMs, key, reason }, ended);
  if (state === 'waiting') wait(subscription, { untilMs, partition: window.partition, first, last });
}

/** A wait is over before its time where its messages are purged or the subscription is moved. */
function wait(subscription: Subscription, begun: Wait): void {
  const { waits, windows } = subscription;
  waits.push(begun);
  if (!waits.isOvergrown(subscription.waitsKept)) return;
  waits.keep(({ untilMs, partition, first, last }) => {
    return [...windows.get(partition)!.held(first, last)].some((stretch) => stretch.untilMs === untilMs);
  });
  subscription.waitsKept = waits.size;
}

function newLease(state: QueuesState, lease: NewLease): Lease {
  state.lastLease = Math.max(state.lastLease, lease.id);
  return { ...lease, open: 0 };
}

function open(subscription: Subscription, lease: Lease): void {
  const { consumers, leases } = subscription;
  let held = consumers.get(lease.consumer);
  if (held === undefined) consumers.set(lease.consumer, (held = new Set()));
  held.add(lease);
  subscription.openLeases++;
  leases.push(lease);
  if (leases.isOvergrown(subscription.openLeases)) leases.keep(({ open }) => open > 0);
}

function end(subscription: Subscription, lease: Lease): void {
  const held = subscription.consumers.get(lease.consumer);
  if (held === undefined || !held.delete(lease)) return;
  subscription.openLeases--;
  if (held.size === 0) subscription.consumers.delete(lease.consumer);
}

function untake(
  subscription: Subscription,
  { partition, lease, first, last }: Extract<QueueRecord, { kind: 'untaken' }>,
): void {
  const window = windowOf(subscription, partition);
  for (const stretch of window.held(first, last)) {
    if (stretch.lease?.id !== lease) continue;
    const { deliveries, key } = stretch;
    const standing: Standing = { ...PASSED, deliveries: deliveries - 1, key };
    window.place(stretch.first, stretch.last, standing, (ended) => end(subscription, ended));
  }
}

function renew(state: QueuesState, subscription: Subscription, renewed: NewLease): void {
  const lease = newLease(state, renewed);
  const window = windowOf(subscription, lease.partition);
  for (const { first, last, deliveries, key, state: held } of window.held(renewed.first, renewed.last)) {
    assert(held === 'acquired', 'what is renewed is acquired');
    const standing: Standing = { state: held, deliveries, lease, untilMs: 0, key, reason: null };
    const from = Math.max(first, renewed.first);
    const to = Math.min(last, renewed.last);
    window.place(from, to, standing, (ended) => end(subscription, ended));
  }
  if (lease.open > 0) open(subscription, lease);
}
