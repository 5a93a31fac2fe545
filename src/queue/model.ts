/** The state of all subscriptions of a shard. */
import { Heap } from '../base/heap.ts';
import type { Uuid } from '../base/uuid.ts';
import type { SubscriptionSettings } from './settings.ts';
import { type Lease, Window } from './window.ts';

/** A named reader of a topic with a state of its own. */
export interface Subscription {
  /** Never given twice. */
  readonly id: number;
  readonly topicId: Uuid;
  readonly name: string;
  settings: SubscriptionSettings;
  /** By partition; one that isn't there begins at offset 0. */
  readonly windows: Map<number, Window>;
  /** What is acquired, by consumer. Volatile. */
  readonly consumers: Map<string, Set<Lease>>;
  /** By when they expire; those under which nothing is open any more may be among them. */
  readonly leases: Heap<Lease>;
  /** By when they come again; those that don't wait any more may be among them. */
  readonly waits: Heap<Wait>;
  /** Waits that were left when those that are over were cleared away last. */
  waitsKept: number;
  /** The one that gets messages, of order exclusive. Volatile. */
  activeConsumer: string | null;
  /** Leases under which something is acquired. Volatile. */
  openLeases: number;
}

/** Messages that wait. */
export interface Wait {
  readonly untilMs: number;
  readonly partition: number;
  readonly first: number;
  readonly last: number;
}

export interface QueuesState {
  readonly byId: Map<number, Subscription>;
  readonly byTopic: Map<Uuid, Map<string, Subscription>>;
  nextId: number;
  /** Of the lease that was given last; those of a restart go on behind. Volatile. */
  lastLease: number;
}

export function newQueuesState(lastLease: number): QueuesState {
  return { byId: new Map(), byTopic: new Map(), nextId: 1, lastLease };
}

const untilMs = (held: { readonly untilMs: number }): number => held.untilMs;

/** The fields by name: what spreads another object gets a hidden class of its own from V8, 400 bytes for each of 100,000. */
export function newSubscription({
  id,
  topicId,
  name,
  settings,
}: Pick<Subscription, 'id' | 'topicId' | 'name' | 'settings'>): Subscription {
  return {
    id,
    topicId,
    name,
    settings,
    windows: new Map(),
    consumers: new Map(),
    leases: new Heap<Lease>(untilMs),
    waits: new Heap<Wait>(untilMs),
    waitsKept: 0,
    activeConsumer: null,
    openLeases: 0,
  };
}

/** Of a partition of which nothing was handed out. */
function newWindow({ order }: Pick<SubscriptionSettings, 'order'>, partition: number): Window {
  return new Window(partition, 0, order === 'channels');
}

/** The window of a partition; made where there is none. */
export function windowOf({ windows, settings }: Subscription, partition: number): Window {
  let window = windows.get(partition);
  if (window === undefined) windows.set(partition, (window = newWindow(settings, partition)));
  return window;
}

/** The window of a partition, to look at: where there is none a new one, which isn't kept. */
export function knownWindow({ windows, settings }: Subscription, partition: number): Window {
  return windows.get(partition) ?? newWindow(settings, partition);
}
