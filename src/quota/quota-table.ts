/**
 * Whose quota is whose: the limits of one kind by user and client id, looked up in Kafka's order, and who shares what is
 * found. What is set for a user alone is shared by all its client ids; for a client id alone, by all users; for a pair it
 * is the pair's. A default gives each one a limit of its own, shared by nobody else.
 */
import type { Quota, QuotaKey } from '../metadata/quotas.ts';
import type { Limit } from './measured.ts';

export interface Client {
  /** The name of its principal. */
  readonly user: string;
  /** '' where it says none: no quota of client ids is for it. */
  readonly clientId: string;
}

type ByName = Map<string | null, number>;

export class QuotaTable {
  /** By user (null: the default), then by client id. */
  readonly #pairs = new Map<string | null, ByName>();
  readonly #users: ByName = new Map();
  readonly #clientIds: ByName = new Map();

  constructor(quotas: Iterable<Quota>, key: QuotaKey) {
    for (const { entity, values } of quotas) {
      const limit = values.get(key);
      const { user, clientId } = entity;
      if (limit === undefined) continue;
      if (user !== undefined && clientId !== undefined) {
        const pairs = this.#pairs.get(user) ?? new Map();
        this.#pairs.set(user, pairs.set(clientId, limit));
      } else if (user !== undefined) this.#users.set(user, limit);
      else if (clientId !== undefined) this.#clientIds.set(clientId, limit);
    }
  }

  get isEmpty(): boolean {
    return this.#pairs.size + this.#users.size + this.#clientIds.size === 0;
  }

  /** Null: no limit. */
  find({ user, clientId }: Client): Limit | null {
    // Kafka's order: the pair with this user, the user, the pair with the default user, the default user, the client id.
    return (
      this.#pair(user, user, clientId) ??
      this.#user(user, user) ??
      this.#pair(null, user, clientId) ??
      this.#user(null, user) ??
      this.#clientId(clientId)
    );
  }

  #pair(name: string | null, user: string, clientId: string): Limit | null {
    if (clientId === '') return null;
    const pairs = this.#pairs.get(name);
    const perSecond = pairs?.get(clientId) ?? pairs?.get(null);
    return perSecond === undefined ? null : { perSecond, sharedBy: `${user.length}:${user}:${clientId}` };
  }

  #user(name: string | null, user: string): Limit | null {
    const perSecond = this.#users.get(name);
    return perSecond === undefined ? null : { perSecond, sharedBy: `user:${user}` };
  }

  #clientId(clientId: string): Limit | null {
    if (clientId === '') return null;
    const perSecond = this.#clientIds.get(clientId) ?? this.#clientIds.get(null);
    return perSecond === undefined ? null : { perSecond, sharedBy: `client:${clientId}` };
  }
}
