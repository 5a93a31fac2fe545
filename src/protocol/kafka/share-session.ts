/**
 * Share sessions (KIP-932): which partitions a consumer of a share group fetches from, so that its next fetch names only what
 * changed. A session lives on one connection: when that ends, what the consumer has acquired is available to others at once.
 *
 * Sessions have a bound (group.share.max.share.sessions), and so have the partitions of all of them, which Kafka doesn't bound.
 */
import type { Uuid } from '../../base/uuid.ts';

/** Partitions of all sessions. */
const PARTITIONS_MAX = 500_000;

const consumerOf = (groupId: string, memberId: string): string =>
  `share:${groupId.length}:${groupId}:${memberId}`;

export class ShareSession {
  readonly groupId: string;
  readonly memberId: string;
  /** Who the consumer is to the queues; unlike any other's. */
  readonly consumer: string;
  /** The epoch that the next request must have. */
  nextEpoch = 1;
  readonly #topics = new Map<Uuid, Set<number>>();
  #size = 0;
  /** @internal Takes back what the end of the connection would do. */
  detach: () => void = () => undefined;

  constructor(groupId: string, memberId: string) {
    this.groupId = groupId;
    this.memberId = memberId;
    this.consumer = consumerOf(groupId, memberId);
  }

  /** Partitions in it. */
  get size(): number {
    return this.#size;
  }

  get topics(): ReadonlyMap<Uuid, ReadonlySet<number>> {
    return this.#topics;
  }

  advanceEpoch(): void {
    this.nextEpoch = this.nextEpoch === 2 ** 31 - 1 ? 1 : this.nextEpoch + 1;
  }

  add(topicId: Uuid, partition: number): void {
    let partitions = this.#topics.get(topicId);
    if (partitions === undefined) this.#topics.set(topicId, (partitions = new Set()));
    this.#size -= partitions.size;
    partitions.add(partition);
    this.#size += partitions.size;
  }

  remove(topicId: Uuid, partition: number): void {
    const partitions = this.#topics.get(topicId);
    if (partitions?.delete(partition) !== true) return;
    this.#size--;
    if (partitions.size === 0) this.#topics.delete(topicId);
  }
}

export interface ShareSessionsOptions {
  readonly sessionsMax: number;
  /** A consumer has gone: what it has acquired is let go. */
  readonly release: (consumer: string) => void;
}

export class ShareSessions {
  readonly #options: ShareSessionsOptions;
  /** By consumer. */
  readonly #sessions = new Map<string, ShareSession>();
  #partitions = 0;

  constructor(options: ShareSessionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  find(groupId: string, memberId: string): ShareSession | undefined {
    return this.#sessions.get(consumerOf(groupId, memberId));
  }

  /**
   * A new session, in the place of the one that the consumer had: what it has acquired stays its own, as in Kafka. Null: there is no
   * room. `whenDisconnected`: of the connection that it comes by.
   */
  open(
    { groupId, memberId }: { groupId: string; memberId: string },
    whenDisconnected: (run: () => void) => () => void,
  ): ShareSession | null {
    const session = new ShareSession(groupId, memberId);
    const before = this.#sessions.get(session.consumer);
    if (before !== undefined) this.#forget(before);
    if (this.#sessions.size >= this.#options.sessionsMax) return null;
    this.#sessions.set(session.consumer, session);
    session.detach = whenDisconnected(() => this.close(session));
    return session;
  }

  /** Changes a session's partitions. False: all sessions have as many as they may, and it has not one more. */
  change(session: ShareSession, change: () => void): boolean {
    const before = session.size;
    if (this.#partitions >= PARTITIONS_MAX) return false;
    change();
    if (this.#sessions.get(session.consumer) === session) this.#partitions += session.size - before;
    return true;
  }

  /** Ends a session, and lets go of what its consumer has. */
  close(session: ShareSession): void {
    if (this.#sessions.get(session.consumer) !== session) return;
    this.#forget(session);
    this.#options.release(session.consumer);
  }

  #forget(session: ShareSession): void {
    this.#sessions.delete(session.consumer);
    this.#partitions -= session.size;
    session.detach();
  }
}
