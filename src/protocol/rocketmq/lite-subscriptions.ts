/**
 * Which lite topics each client has subscribed to. Clients say it when it changes and all of it every 30 s, so it is kept in memory only:
 * after a restart of the broker it is whole again when each has spoken.
 *
 * Several clients of a group may have the same lite topic: each of its messages goes to one of them, in order. Where the group is
 * exclusive the one that has asked last has it alone.
 *
 * Bounded for each client (polylog.lite.subscriptions.max) and for all together; a request that would go beyond changes nothing.
 */
import { type ChannelAudience, ChannelInterest, type QueueSubscription } from '../../broker/queues.ts';
import type { Clock } from '../../platform/ports.ts';
import { CODE } from './codec/generated/messages.ts';
import { CLIENT_SILENT_MS_MAX, LITE_SUBSCRIPTIONS_MAX } from './limits.ts';
import { Refusal } from './status.ts';

/** A client of a group. */
interface LiteClient {
  readonly subscription: QueueSubscription;
  readonly clientId: string;
}

export interface LiteChange extends LiteClient {
  readonly names: Iterable<string>;
  /** Lite topics that the client may have. */
  readonly max: number;
  /** What it gets others lose. */
  readonly isExclusive: boolean;
}

/** A lite topic that a client doesn't have any more, and is to be told so. */
export interface Evicted {
  readonly clientId: string;
  readonly name: string;
}

interface LiteGroup {
  readonly subscription: QueueSubscription;
  readonly audience: ChannelAudience;
  readonly clients: Map<string, ChannelInterest>;
  /** Clients by lite topic; there is one at least. */
  readonly holders: Map<string, Set<string>>;
  /** How many names have a key: nearly always one. */
  readonly keys: Map<number, number>;
}

export class LiteSubscriptions {
  readonly #clock: Clock;
  /** By the id of the subscription. */
  readonly #groups = new Map<number, LiteGroup>();
  readonly #byClient = new Map<string, Set<LiteGroup>>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lite topics of all clients. */
  get count(): number {
    return this.#count;
  }

  /** What a client gets messages of, from now on as it changes. */
  interestOf({ subscription, clientId }: LiteClient): ChannelInterest {
    const group = this.#groupOf(subscription);
    let interest = group.clients.get(clientId);
    if (interest === undefined) {
      interest = new ChannelInterest(group.audience);
      group.clients.set(clientId, interest);
      let groups = this.#byClient.get(clientId);
      if (groups === undefined) this.#byClient.set(clientId, (groups = new Set()));
      groups.add(group);
    }
    return interest;
  }

  /** Why the client can't have these, too; null: it can. */
  refusalOf(change: LiteChange): Refusal | null {
    return this.#noRoomFor(change, this.#freshOf(change));
  }

  /** The client has these, too. */
  add(change: LiteChange): readonly Evicted[] | Refusal {
    const group = this.#groupOf(change.subscription);
    const fresh = this.#freshOf(change);
    const refusal = this.#noRoomFor(change, fresh);
    if (refusal !== null) return refusal;
    const evicted = change.isExclusive ? this.#evict(group, change) : [];
    for (const name of fresh) this.#subscribe(group, change.clientId, name);
    return evicted;
  }

  /**
   * The client has these, and no others. Where the group is exclusive it says so of what another has meanwhile: that is answered as
   * lost again.
   */
  replace(change: LiteChange): readonly Evicted[] | Refusal {
    const { clientId, max, isExclusive } = change;
    const interest = this.interestOf(change);
    const group = this.#groupOf(change.subscription);
    const all = new Set(change.names);
    const lost = [...all].filter((name) => {
      const holders = group.holders.get(name);
      return isExclusive && holders !== undefined && !holders.has(clientId);
    });
    for (const name of lost) all.delete(name);
    const refusal = this.#noRoom(all.size, all.size - interest.size, max);
    if (refusal !== null) return refusal;
    for (const name of [...interest.names()]) if (!all.has(name)) this.#unsubscribe(group, clientId, name);
    for (const name of all) if (!interest.hasName(name)) this.#subscribe(group, clientId, name);
    return lost.map((name) => ({ clientId, name }));
  }

  /** The client doesn't have these any more; null: none. */
  remove({ subscription, clientId }: LiteClient, names: Iterable<string> | null): void {
    const group = this.#groups.get(subscription.id);
    const interest = group?.clients.get(clientId);
    if (group === undefined || interest === undefined) return;
    for (const name of names ?? [...interest.names()]) {
      if (interest.hasName(name)) this.#unsubscribe(group, clientId, name);
    }
  }

  /** The client has gone. */
  leave(clientId: string): void {
    for (const group of this.#byClient.get(clientId) ?? []) {
      this.remove({ subscription: group.subscription, clientId }, null);
      group.clients.delete(clientId);
      if (group.clients.size === 0) this.#groups.delete(group.subscription.id);
    }
    this.#byClient.delete(clientId);
  }

  #groupOf(subscription: QueueSubscription): LiteGroup {
    let group = this.#groups.get(subscription.id);
    if (group === undefined) {
      // From then on nothing is kept for clients that haven't said yet what they have.
      const knownFromMs = this.#clock.monotonicMs() + CLIENT_SILENT_MS_MAX;
      const clients = new Map<string, ChannelInterest>();
      const keys = new Map<number, number>();
      const audience: ChannelAudience = {
        keys,
        get consumers() {
          return clients.size;
        },
        isWanted: (key) => keys.has(key) || this.#clock.monotonicMs() < knownFromMs,
      };
      group = { subscription, audience, clients, holders: new Map(), keys };
      this.#groups.set(subscription.id, group);
    }
    return group;
  }

  /** Those that it doesn't have yet. */
  #freshOf(change: LiteChange): string[] {
    const interest = this.interestOf(change);
    return [...new Set(change.names)].filter((name) => !interest.hasName(name));
  }

  #noRoomFor(change: LiteChange, fresh: readonly string[]): Refusal | null {
    return this.#noRoom(this.interestOf(change).size + fresh.length, fresh.length, change.max);
  }

  #noRoom(own: number, more: number, max: number): Refusal | null {
    if (own > max) {
      const why = `A client of the group may have ${max} lite topics (polylog.lite.subscriptions.max), not ${own}.`;
      return new Refusal(CODE.LITE_SUBSCRIPTION_QUOTA_EXCEEDED, why);
    }
    if (more <= 0 || this.#count + more <= LITE_SUBSCRIPTIONS_MAX) return null;
    const why = `All clients together have ${this.#count} lite topics, and may have ${LITE_SUBSCRIPTIONS_MAX}.`;
    return new Refusal(CODE.LITE_SUBSCRIPTION_QUOTA_EXCEEDED, why);
  }

  #evict(group: LiteGroup, { names, clientId }: LiteChange): Evicted[] {
    const evicted: Evicted[] = [];
    for (const name of names) {
      for (const holder of [...(group.holders.get(name) ?? [])]) {
        if (holder === clientId) continue;
        this.#unsubscribe(group, holder, name);
        evicted.push({ clientId: holder, name });
      }
    }
    return evicted;
  }

  #subscribe(group: LiteGroup, clientId: string, name: string): void {
    const key = group.clients.get(clientId)!.add(name);
    let holders = group.holders.get(name);
    if (holders === undefined) {
      group.holders.set(name, (holders = new Set()));
      group.keys.set(key, (group.keys.get(key) ?? 0) + 1);
    }
    holders.add(clientId);
    this.#count++;
  }

  #unsubscribe(group: LiteGroup, clientId: string, name: string): void {
    const key = group.clients.get(clientId)!.remove(name);
    const holders = group.holders.get(name)!;
    holders.delete(clientId);
    this.#count--;
    if (holders.size > 0) return;
    group.holders.delete(name);
    const names = group.keys.get(key)! - 1;
    if (names === 0) group.keys.delete(key);
    else group.keys.set(key, names);
  }
}
