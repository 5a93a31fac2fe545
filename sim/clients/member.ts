/**
 * What simulated members of groups have in common, whichever protocol they speak: they find their coordinator, ask for
 * what the group has committed, read what they got, commit, and leave or just die. Reading has a connection of its own, so
 * that the group's requests don't wait behind a long poll.
 */
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { ERROR, FIND_COORDINATOR, OFFSET_COMMIT, OFFSET_FETCH } from './api.ts';
import { Disconnected, SimClient } from './client.ts';
import { Fetcher, type FetchOptions, type Position } from './consumer.ts';
import { type KnownTopic, learnTopics } from './metadata.ts';

export interface MemberOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Static membership (KIP-345). */
  readonly instanceId: string | null;
  /** As the broker has it: what the member asks for, or what the broker is set to. */
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly fetch: FetchOptions;
  readonly commitEveryMs: number;
  readonly pauseMsMax: number;
  /** Whether all members of the group speak one protocol: what is promised of generations is said of each alone. */
  readonly oneProtocol: boolean;
}

/** As what a member commits and asks for commits. */
export interface Membership {
  readonly memberId: string;
  /** The generation, or the member's epoch. */
  readonly epoch: number;
}

/** First versions with member epochs. */
const EPOCHS_COMMIT = 9;
const EPOCHS_FETCH = 9;
/** The broker counts whole milliseconds. */
const LEASE_SLACK_MS = 2;

/** After these a member asks again. */
export const TRANSIENT: ReadonlySet<number> = new Set([
  ERROR.coordinatorLoading,
  ERROR.coordinatorNotAvailable,
  ERROR.notCoordinator,
  ERROR.requestTimedOut,
  ERROR.storageError,
]);

export abstract class Member extends SimClient {
  options!: MemberOptions;
  protected reader!: SimClient;
  protected fetcher!: Fetcher;
  protected topics = new Map<string, KnownTopic>();
  #leaving = false;
  left = false;

  /** Whether it is a member, or wants to be one. */
  get staying(): boolean {
    return this.process.alive && !this.#leaving;
  }

  protected get leaving(): boolean {
    return this.#leaving;
  }

  /** Whether it has done all that it was told. */
  protected abstract get settled(): boolean;

  /** The partitions that it reads, as `topic-partition`; none while something is to be done. */
  get owned(): readonly string[] {
    return this.settled ? this.fetcher.positions.map(keyOf) : [];
  }

  override kill(): void {
    super.kill();
    this.reader?.kill();
  }

  /** Asks the member to commit and leave in good order. */
  leave(): void {
    this.#leaving = true;
  }

  /** Does the next thing. May throw Disconnected. */
  protected abstract step(): Promise<void>;
  protected abstract leaveGroup(): Promise<void>;

  async run(): Promise<void> {
    const { group, topics, fetch } = this.options;
    this.reader = new SimClient(this.world, `${this.name}-reader`, this.prng.fork());
    this.fetcher = new Fetcher(this.reader, fetch, (position, record) => {
      this.world.history.processed(group, keyOf(position), record.offset);
    });
    this.topics = await learnTopics(this, topics);
    await this.#findCoordinator();
    while (!this.#leaving) {
      try {
        await this.step();
      } catch (error) {
        if (!(error instanceof Disconnected)) throw error;
        await this.sleep(this.prng.between(10, 100));
      }
    }
    await this.leaveGroup().catch((error: unknown) => {
      if (!(error instanceof Disconnected)) throw error;
    });
    this.left = true;
  }

  async #findCoordinator(): Promise<void> {
    for (;;) {
      try {
        const version = await this.version(FIND_COORDINATOR);
        const { group } = this.options;
        const request = {
          key: version < 4 ? group : '',
          keyType: 0,
          coordinatorKeys: version < 4 ? [] : [group],
        };
        const response = await this.call(FIND_COORDINATOR, request, { version });
        const found = version < 4 ? response : response.coordinators[0];
        if (found === undefined) this.fail('FindCoordinator was answered without the group');
        else if (found.errorCode === ERROR.none) {
          const { host, port } = this.world.address;
          if (found.host !== host || found.port !== port)
            this.fail(`the coordinator is at ${found.host}:${found.port}`);
          return;
        }
      } catch (error) {
        if (!(error instanceof Disconnected)) throw error;
      }
      await this.sleep(this.prng.between(20, 200));
    }
  }

  /** Until when the broker leaves a member alone that it has heard of, at this time or later. */
  protected leaseEnd(sentMs: number): number {
    const { sessionTimeoutMs, rebalanceTimeoutMs } = this.options;
    return sentMs + Math.min(sessionTimeoutMs, rebalanceTimeoutMs) - LEASE_SLACK_MS;
  }

  /** Notes what it may use from now on. */
  protected holds(partitions: readonly string[], untilMs: number): void {
    const { group, instanceId } = this.options;
    const lease = { member: this.name, instanceId, partitions, untilMs };
    this.world.history.leases.holds(group, lease, this.clock.monotonicMs());
  }

  /** Notes that it uses nothing, before it joins and when it is none any more. */
  protected holdsNothing(): void {
    const { group, instanceId } = this.options;
    this.world.history.leases.ended(group, this.name, instanceId);
  }

  /** One fetch, and a pause. */
  protected async read(): Promise<void> {
    if (this.fetcher.positions.length === 0) await this.sleep(50);
    else {
      await this.fetcher.poll().catch((error: unknown) => {
        if (!(error instanceof Disconnected)) throw error;
      });
    }
    await this.sleep(this.prng.int(1 + this.options.pauseMsMax));
  }

  /** Where the group goes on; null: that can't be said now. `as`: a member of the consumer protocol says who it is. */
  protected async committed(
    topic: KnownTopic,
    partition: number,
    as: Membership | null = null,
  ): Promise<number | null> {
    const { group } = this.options;
    const { history } = this.world;
    const { id, name } = topic;
    const drawn = await this.version(OFFSET_FETCH, id === ZERO_UUID ? 9 : OFFSET_FETCH.maxVersion);
    const version = as === null ? drawn : Math.max(drawn, EPOCHS_FETCH);
    const key = `${name}-${partition}`;
    const floor = history.group(group).acked.get(key) ?? 0;
    const partitionIndexes = [partition];
    const old = version < 8;
    const response = await this.call(
      OFFSET_FETCH,
      {
        groupId: old ? group : '',
        topics: old ? [{ name, partitionIndexes }] : [],
        groups: old
          ? []
          : [
              {
                groupId: group,
                memberId: as?.memberId ?? null,
                memberEpoch: as?.epoch ?? -1,
                topics: [{ name, topicId: id, partitionIndexes }],
              },
            ],
        requireStable: false,
      },
      { version },
    );
    const answer = old ? response : response.groups[0];
    const result = answer?.topics[0]?.partitions[0];
    if (answer === undefined || (result === undefined && answer.errorCode === ERROR.none)) {
      this.fail(`OffsetFetch ${version} was answered without ${key}`);
      return null;
    }
    const errorCode = answer.errorCode || (result?.errorCode ?? 0);
    if (errorCode !== ERROR.none || result === undefined) {
      this.note(`OffsetFetch: error ${errorCode}`);
      return null;
    }
    const offset = Math.max(0, result.committedOffset);
    history.fetchedCommit(group, key, offset, floor);
    if (result.committedOffset >= 0 && result.metadata !== `up to ${offset}`) {
      this.fail(`the metadata of the commit ${offset} is now ${result.metadata}`);
    }
    return offset;
  }

  /** The version in which it commits these. */
  protected async commitVersion(positions: readonly Position[], epochs: boolean): Promise<number> {
    const ids = positions.every((position) => position.topic.id !== ZERO_UUID);
    const drawn = await this.version(OFFSET_COMMIT, ids ? OFFSET_COMMIT.maxVersion : 9);
    return Math.max(drawn, epochs ? EPOCHS_COMMIT : this.options.instanceId === null ? 2 : 7);
  }

  /** Commits how far it has read; the first partition's error code. */
  protected async commit(as: Membership, version: number): Promise<number> {
    const { group, instanceId } = this.options;
    const { history } = this.world;
    const positions = this.fetcher.positions.map((position) => ({ position, offset: position.offset }));
    for (const { position, offset } of positions) history.committing(group, keyOf(position), offset);
    const response = await this.call(
      OFFSET_COMMIT,
      {
        groupId: group,
        generationIdOrMemberEpoch: as.epoch,
        memberId: as.memberId,
        groupInstanceId: instanceId,
        retentionTimeMs: -1,
        topics: positions.map(({ position, offset }) => ({
          name: position.topic.name,
          topicId: position.topic.id,
          partitions: [
            {
              partitionIndex: position.partition,
              committedOffset: offset,
              committedLeaderEpoch: -1,
              committedMetadata: `up to ${offset}`,
            },
          ],
        })),
      },
      { version },
    );
    const results = response.topics.flatMap((topic) => topic.partitions);
    if (results.length !== positions.length) this.fail(`OffsetCommit ${version}: ${results.length} answers`);
    results.forEach((result, i) => {
      const { position, offset } = positions[i]!;
      if (result.partitionIndex !== position.partition)
        this.fail('OffsetCommit was answered in another order');
      if (result.errorCode === ERROR.none) history.committed(group, keyOf(position), offset);
    });
    return results[0]?.errorCode ?? ERROR.none;
  }
}

export function keyOf({ topic, partition }: Position): string {
  return `${topic.name}-${partition}`;
}
