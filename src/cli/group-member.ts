// A member of a consumer group under the classic protocol: joins, assigns by range when it leads, keeps its membership
// alive, commits, leaves.
//
// Guarantees: a commit is made only for the generation in which the partitions were assigned; after `rejoin` is set the
// member still owns its partitions until it calls `join` again, so what was handled can be committed first.

import {
  assignRange,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type Subscriber,
} from './assignment.ts';
import type { Client } from './client.ts';
import { BrokerFailure, CODE, NetworkFailure } from './failures.ts';

const SESSION_MS = 10_000;
const REBALANCE_MS = 30_000;
const HEARTBEAT_MS = 1_000;
const PROTOCOL = 'range';

/** For how long a request to the coordinator may take: a join waits for the other members. */
export const GROUP_TIMEOUT_MS = REBALANCE_MS + 30_000;

export class GroupMember {
  readonly #client: Client;
  readonly #group: string;
  readonly #topic: string;
  #memberId = '';
  #generation = -1;
  #timer: NodeJS.Timeout | undefined;
  /** Counts joins and leaves, so that an answer that comes late is known as such. */
  #life = 0;
  /** Aborted when the group rebalances, or this member was put out: commit, then `join` again. */
  #rejoin = new AbortController();

  /** `client` must have GROUP_TIMEOUT_MS, and no other use: a join holds up what is sent behind it. */
  constructor(client: Client, group: string, topic: string) {
    this.#client = client;
    this.#group = group;
    this.#topic = topic;
  }

  get rejoin(): AbortSignal {
    return this.#rejoin.signal;
  }

  /** Resolves with the partitions of the topic that this member is to read. */
  async join(): Promise<number[]> {
    this.#stopBeating();
    for (;;) {
      const joined = await this.#client.joinGroup(this.#group, {
        memberId: this.#memberId,
        sessionMs: SESSION_MS,
        rebalanceMs: REBALANCE_MS,
        protocol: PROTOCOL,
        metadata: encodeSubscription([this.#topic]),
      });
      if (joined.errorCode === CODE.memberIdRequired) {
        this.#memberId = joined.memberId ?? '';
        continue;
      }
      if (this.#mustStartOver(joined.errorCode)) continue;
      if (joined.errorCode !== 0) throw new BrokerFailure(joined.errorCode);
      this.#memberId = joined.memberId ?? this.#memberId;
      this.#generation = joined.generationId;
      const plan = joined.leader === this.#memberId ? await this.#plan(joined.members) : [];
      const synced = await this.#client.syncGroup(
        this.#group,
        { generation: this.#generation, memberId: this.#memberId, protocol: PROTOCOL },
        plan,
      );
      if (this.#mustStartOver(synced.errorCode)) continue;
      if (synced.errorCode !== 0) throw new BrokerFailure(synced.errorCode);
      this.#rejoin = new AbortController();
      this.#beat();
      const own = decodeAssignment(synced.assignment).find(({ topic }) => topic === this.#topic);
      return [...(own?.partitions ?? [])];
    }
  }

  /** False where this member no longer owns the partitions: the commit was not made. */
  async commit(offsets: ReadonlyMap<number, number>): Promise<boolean> {
    if (offsets.size === 0) return true;
    const list = [...offsets].map(([partition, offset]) => ({ topic: this.#topic, partition, offset }));
    try {
      await this.#client.commitOffsets(this.#group, list, {
        generation: this.#generation,
        memberId: this.#memberId,
      });
      return true;
    } catch (error) {
      if (!(error instanceof BrokerFailure) || !this.#mustStartOver(error.code)) throw error;
      this.#rejoin.abort();
      return false;
    }
  }

  async leave(): Promise<void> {
    this.#stopBeating();
    if (this.#memberId === '') return;
    await this.#client.leaveGroup(this.#group, this.#memberId).catch((error: unknown) => {
      // The session runs out by itself.
      if (!(error instanceof NetworkFailure)) throw error;
    });
    this.#memberId = '';
  }

  #stopBeating(): void {
    this.#life++;
    clearTimeout(this.#timer);
  }

  #mustStartOver(code: number): boolean {
    if (code === CODE.unknownMember) this.#memberId = '';
    return (
      code === CODE.unknownMember || code === CODE.illegalGeneration || code === CODE.rebalanceInProgress
    );
  }

  async #plan(
    members: readonly { memberId: string; metadata: Buffer | null }[],
  ): Promise<{ memberId: string; assignment: Buffer }[]> {
    const subscribers: Subscriber[] = members.map(({ memberId, metadata }) => ({
      memberId,
      topics: decodeSubscription(metadata ?? Buffer.alloc(0)),
    }));
    const names = [...new Set(subscribers.flatMap(({ topics }) => topics))].sort();
    const topics = await this.#client.topics(names);
    const counts = new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
    return [...assignRange(subscribers, counts)].map(([memberId, assignment]) => ({
      memberId,
      assignment: encodeAssignment(assignment),
    }));
  }

  /** Keeps the membership alive; goes on while the group waits for this member to join again. */
  #beat(): void {
    const life = this.#life;
    const member = { generation: this.#generation, memberId: this.#memberId };
    this.#timer = setTimeout(async () => {
      // A lost broker: the next heartbeat, or the reader, finds it again.
      const code = await this.#client.heartbeat(this.#group, member).catch(() => 0);
      if (life !== this.#life) return;
      if (this.#mustStartOver(code)) this.#rejoin.abort();
      if (this.#memberId !== '') this.#beat();
    }, HEARTBEAT_MS);
  }
}
