/**
 * Fetch sessions (KIP-227): what a consumer reads is remembered, so that its next fetch names only what changed.
 *
 * The cache has a bound (max.incremental.fetch.session.cache.slots). When it is full, the session that was unused
 * the longest makes room if that was at least two minutes; otherwise the newcomer goes without a session, which every
 * client understands. So it goes too when sessions hold too many partitions, which Kafka doesn't bound.
 */
import type { Uuid } from '../../base/uuid.ts';
import type { FetchSet } from '../../broker/fetch-set.ts';
import type { Clock, Random } from '../../platform/ports.ts';
import type { Access } from '../../security/access.ts';

/** min.incremental.fetch.session.eviction.ms, which Kafka has no way to set either. */
const EVICT_AFTER_MS = 120_000;
/** Partitions of all sessions; about 250 bytes each. */
const PARTITIONS_MAX = 500_000;

/** How the client named a partition; answers name it the same way. */
export interface FetchTag {
  readonly topicName: string;
  readonly topicId: Uuid;
  readonly partition: number;
}

/** A partition that could not be resolved yet; tried again with each fetch. */
export interface UnresolvedPartition extends FetchTag {
  readonly offset: number;
  readonly bytesMax: number;
  readonly currentLeaderEpoch: number;
}

export class FetchSession {
  /** 0: lives for one request. */
  readonly id: number;
  readonly set: FetchSet<FetchTag>;
  readonly usesTopicIds: boolean;
  /** By `partitionKey`. */
  readonly unresolved = new Map<string, UnresolvedPartition>();
  /** The epoch that the next request must have. */
  nextEpoch = 1;
  lastUsedMs = 0;
  /** Who may read what was asked last, and in which version. */
  access: Access | null = null;
  accessVersion = 0;
  /** @internal Partitions that the cache has counted. */
  countedPartitions = 0;

  constructor(fields: { id: number; set: FetchSet<FetchTag>; usesTopicIds: boolean }) {
    this.id = fields.id;
    this.set = fields.set;
    this.usesTopicIds = fields.usesTopicIds;
  }

  advanceEpoch(): void {
    this.nextEpoch = this.nextEpoch === 2 ** 31 - 1 ? 1 : this.nextEpoch + 1;
  }
}

export function partitionKey(tag: { topicName: string; topicId: Uuid; partition: number }): string {
  return `${tag.topicId}${tag.topicName}/${tag.partition}`;
}

export class FetchSessionCache {
  readonly #slots: number;
  readonly #clock: Clock;
  readonly #random: Random;
  /** Least recently used first. */
  readonly #sessions = new Map<number, FetchSession>();
  #partitions = 0;

  constructor(options: { slots: number; clock: Clock; random: Random }) {
    this.#slots = options.slots;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Marks the session as used. */
  get(id: number): FetchSession | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined) return undefined;
    session.lastUsedMs = this.#clock.monotonicMs();
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    return session;
  }

  /** An id for a new session; 0: there is no room. */
  reserve(): number {
    while (this.#sessions.size >= this.#slots || this.#partitions >= PARTITIONS_MAX) {
      if (!this.#evict()) return 0;
    }
    for (;;) {
      const id = this.#random.bytes(4).readUInt32BE(0) & 0x7fffffff;
      if (id !== 0 && !this.#sessions.has(id)) return id;
    }
  }

  add(session: FetchSession): void {
    session.lastUsedMs = this.#clock.monotonicMs();
    this.#sessions.set(session.id, session);
  }

  /** The session's partitions have changed. One that is not in the cache does not count. */
  resized(session: FetchSession): void {
    if (this.#sessions.get(session.id) !== session) return;
    const partitions = session.set.size + session.unresolved.size;
    this.#partitions += partitions - session.countedPartitions;
    session.countedPartitions = partitions;
  }

  remove(id: number): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    this.#partitions -= session.countedPartitions;
    session.set.close();
  }

  #evict(): boolean {
    const oldest = this.#sessions.values().next().value;
    if (oldest === undefined || this.#clock.monotonicMs() - oldest.lastUsedMs < EVICT_AFTER_MS) return false;
    this.remove(oldest.id);
    return true;
  }
}
