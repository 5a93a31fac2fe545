/**
 * A simulated member of a consumer group, classic protocol: finds its coordinator, joins, divides the partitions by
 * range when it leads, heartbeats, reads what it got, commits, leaves or just dies. Reading has a connection of its own, so
 * that heartbeats don't wait behind a long poll.
 */
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import {
  readConsumerProtocolAssignment,
  writeConsumerProtocolAssignment,
  writeConsumerProtocolSubscription,
} from '../../src/protocol/kafka/codec/generated/consumer-protocol.ts';
import type { JoinGroupResponse } from '../../src/protocol/kafka/codec/generated/join-group.ts';
import {
  ERROR,
  FIND_COORDINATOR,
  HEARTBEAT,
  JOIN_GROUP,
  LEAVE_GROUP,
  OFFSET_COMMIT,
  OFFSET_FETCH,
  SYNC_GROUP,
} from './api.ts';
import { Disconnected, SimClient } from './client.ts';
import { Fetcher, type FetchOptions, type Position } from './consumer.ts';
import { askTopics, type KnownTopic, learnTopics } from './metadata.ts';

export interface MemberOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Static membership (KIP-345). */
  readonly instanceId: string | null;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly fetch: FetchOptions;
  readonly commitEveryMs: number;
  readonly pauseMsMax: number;
}

const NO_GENERATION = -1;

export class GroupMember extends SimClient {
  options!: MemberOptions;
  #reader!: SimClient;
  #fetcher!: Fetcher;
  #topics = new Map<string, KnownTopic>();
  #memberId = '';
  #generation = NO_GENERATION;
  /** The group must be joined again. */
  #rejoin = true;
  /** Set by `leave`. */
  #leaving = false;
  left = false;

  /** Whether it is a member, or wants to be one. */
  get staying(): boolean {
    return this.process.alive && !this.#leaving;
  }

  override kill(): void {
    super.kill();
    this.#reader?.kill();
  }

  /** For faults: cuts both connections. */
  cutConnections(): void {
    this.connection?.cut();
    this.#reader?.connection?.cut();
  }

  /** Asks the member to commit and leave in good order. */
  leave(): void {
    this.#leaving = true;
  }

  async run(): Promise<void> {
    const { options } = this;
    this.requestTimeoutMs = Math.max(this.requestTimeoutMs, options.rebalanceTimeoutMs + 2000);
    this.#reader = new SimClient(this.world, `${this.name}-reader`, this.prng.fork());
    this.#fetcher = new Fetcher(this.#reader, options.fetch, (position, record) => {
      this.world.history.processed(options.group, keyOf(position), record.offset);
    });
    this.#topics = await learnTopics(this, options.topics);
    await this.#findCoordinator();
    while (!this.#leaving) {
      try {
        if (this.#rejoin) await this.#join();
        else await this.#consume();
      } catch (error) {
        if (!(error instanceof Disconnected)) throw error;
        await this.sleep(this.prng.between(10, 100));
      }
    }
    await this.#leave().catch((error: unknown) => {
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

  async #join(): Promise<void> {
    const { group, topics, instanceId, sessionTimeoutMs, rebalanceTimeoutMs } = this.options;
    const version = Math.max(await this.version(JOIN_GROUP), instanceId === null ? 0 : 5);
    const generationBefore = this.world.history.generation(group);
    const response = await this.call(
      JOIN_GROUP,
      {
        groupId: group,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.#memberId,
        groupInstanceId: instanceId,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: subscription(topics) }],
        reason: null,
      },
      { version },
    );
    if (response.errorCode === ERROR.memberIdRequired) {
      if (version < 4 || instanceId !== null) this.fail(`JoinGroup ${version} asks for a member id`);
      this.#memberId = response.memberId;
      return;
    }
    if (response.errorCode !== ERROR.none) return this.#lost('JoinGroup', response.errorCode);
    if (response.generationId < generationBefore) {
      this.fail(`${group} went back to generation ${response.generationId} from ${generationBefore}`);
    }
    this.#memberId = response.memberId;
    await this.#sync(response);
  }

  async #sync(joined: JoinGroupResponse): Promise<void> {
    const { group, instanceId } = this.options;
    const leads = joined.leader === joined.memberId;
    const assignments = leads && !joined.skipAssignment ? await this.#assign(joined) : [];
    const version = Math.max(await this.version(SYNC_GROUP), instanceId === null ? 0 : 3);
    const response = await this.call(
      SYNC_GROUP,
      {
        groupId: group,
        generationId: joined.generationId,
        memberId: joined.memberId,
        groupInstanceId: instanceId,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments,
      },
      { version },
    );
    if (response.errorCode !== ERROR.none) return this.#lost('SyncGroup', response.errorCode);
    const partitions = readAssignment(response.assignment);
    if (partitions === null) return this.fail('the assignment can not be read');
    const { history } = this.world;
    history.counts.rebalances++;
    for (const one of partitions) {
      history.owned(group, joined.generationId, instanceId ?? this.name, `${one.topic}-${one.partition}`);
    }
    // One that no leader has completed is kept by nobody, in Kafka neither.
    history.sawGeneration(group, joined.generationId);
    this.#generation = joined.generationId;
    this.#rejoin = false;
    this.note(`owns ${partitions.length} partitions of ${group} in generation ${joined.generationId}`);
    void this.#heartbeat(joined.generationId);
    await this.#begin(partitions);
  }

  /** The range assignor: each topic's partitions in rows, the first members get one more. */
  async #assign(joined: JoinGroupResponse): Promise<{ memberId: string; assignment: Buffer }[]> {
    const now = await askTopics(this, this.options.topics);
    for (const [name, topic] of now) this.#topics.set(name, topic);
    const members = joined.members.map((member) => member.memberId).sort();
    if (!members.includes(joined.memberId)) this.fail('the leader is not among the members');
    return members.map((memberId, index) => {
      const parts = this.options.topics.map((topic) => {
        const count = this.#topics.get(topic)!.partitions;
        const share = Math.floor(count / members.length);
        const more = count % members.length;
        const start = index * share + Math.min(index, more);
        const length = share + (index < more ? 1 : 0);
        return { topic, partitions: Array.from({ length }, (_, i) => start + i) };
      });
      return { memberId, assignment: assignment(parts.filter((one) => one.partitions.length > 0)) };
    });
  }

  /** Reads on from what the group has committed. */
  async #begin(partitions: { topic: string; partition: number }[]): Promise<void> {
    const unknown = partitions.some((one) => (this.#topics.get(one.topic)?.partitions ?? 0) <= one.partition);
    if (unknown) this.#topics = await learnTopics(this, this.options.topics);
    const positions: Position[] = [];
    for (const { topic, partition } of partitions) {
      const offset = await this.#committed(topic, partition);
      if (offset === null) {
        this.#rejoin = true;
        return;
      }
      positions.push({ topic: this.#topics.get(topic)!, partition, offset, highWatermark: -1 });
    }
    this.#fetcher.assign(positions);
  }

  async #committed(topic: string, partition: number): Promise<number | null> {
    const { group } = this.options;
    const { history } = this.world;
    const id = this.#topics.get(topic)!.id;
    const version = await this.version(OFFSET_FETCH, id === ZERO_UUID ? 9 : OFFSET_FETCH.maxVersion);
    const key = `${topic}-${partition}`;
    const floor = history.group(group).acked.get(key) ?? 0;
    const partitionIndexes = [partition];
    const old = version < 8;
    const response = await this.call(
      OFFSET_FETCH,
      {
        groupId: old ? group : '',
        topics: old ? [{ name: topic, partitionIndexes }] : [],
        groups: old
          ? []
          : [
              {
                groupId: group,
                memberId: null,
                memberEpoch: -1,
                topics: [{ name: topic, topicId: id, partitionIndexes }],
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

  async #consume(): Promise<void> {
    const { commitEveryMs, pauseMsMax } = this.options;
    const endMs = this.clock.monotonicMs() + commitEveryMs;
    while (!this.#rejoin && !this.#leaving && this.clock.monotonicMs() < endMs) {
      if (this.#fetcher.positions.length === 0) await this.sleep(50);
      else {
        await this.#fetcher.poll().catch((error: unknown) => {
          if (!(error instanceof Disconnected)) throw error;
        });
      }
      await this.sleep(this.prng.int(1 + pauseMsMax));
    }
    // What was taken away may have an owner that is further already: that commit is refused by its generation.
    await this.#commit();
  }

  async #commit(): Promise<void> {
    const { group, instanceId } = this.options;
    const { history } = this.world;
    const positions = this.#fetcher.positions.map((position) => ({ position, offset: position.offset }));
    if (positions.length === 0 || this.#generation === NO_GENERATION) return;
    const generation = this.#generation;
    const ids = positions.every(({ position }) => position.topic.id !== ZERO_UUID);
    const drawn = await this.version(OFFSET_COMMIT, ids ? OFFSET_COMMIT.maxVersion : 9);
    const version = Math.max(drawn, instanceId === null ? 2 : 7);
    if (generation !== this.#generation) return;
    for (const { position, offset } of positions) history.committing(group, keyOf(position), offset);
    const response = await this.call(
      OFFSET_COMMIT,
      {
        groupId: group,
        generationIdOrMemberEpoch: generation,
        memberId: this.#memberId,
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
      else if (i === 0) this.#lost('OffsetCommit', result.errorCode);
    });
  }

  async #heartbeat(generation: number): Promise<void> {
    const { group, instanceId, heartbeatMs } = this.options;
    for (;;) {
      await this.sleep(heartbeatMs);
      if (this.#generation !== generation || this.#rejoin || this.#leaving) return;
      try {
        const version = Math.max(await this.version(HEARTBEAT), instanceId === null ? 0 : 3);
        const request = {
          groupId: group,
          generationId: generation,
          memberId: this.#memberId,
          groupInstanceId: instanceId,
        };
        const { errorCode } = await this.call(HEARTBEAT, request, { version });
        if (errorCode !== ERROR.none && this.#generation === generation) this.#lost('Heartbeat', errorCode);
      } catch (error) {
        if (!(error instanceof Disconnected)) throw error;
      }
    }
  }

  /** An answer said that this member must join again, or that it is none any more. */
  #lost(what: string, errorCode: number): void {
    this.note(`${what}: error ${errorCode}`);
    const { unknownMemberId, illegalGeneration, fencedInstanceId, storageError } = ERROR;
    const transient: readonly number[] = [
      ERROR.coordinatorLoading,
      ERROR.coordinatorNotAvailable,
      ERROR.notCoordinator,
      ERROR.requestTimedOut,
      storageError,
    ];
    if (errorCode === unknownMemberId || errorCode === fencedInstanceId) this.#memberId = '';
    const known = [
      ERROR.rebalanceInProgress,
      unknownMemberId,
      illegalGeneration,
      fencedInstanceId,
      ...transient,
    ];
    if (!known.includes(errorCode as never)) this.fail(`${what}: error ${errorCode}`);
    if (transient.includes(errorCode) && what !== 'JoinGroup' && what !== 'SyncGroup') return;
    this.#rejoin = true;
    // What comes back from now on belongs to nobody.
    if (errorCode !== ERROR.rebalanceInProgress) this.#generation = NO_GENERATION;
  }

  async #leave(): Promise<void> {
    const { group, instanceId } = this.options;
    await this.#commit();
    if (this.#memberId === '') return;
    const memberId = this.#memberId;
    const version = Math.max(await this.version(LEAVE_GROUP), instanceId === null ? 0 : 3);
    const members = [{ memberId, groupInstanceId: instanceId, reason: null }];
    const request = {
      groupId: group,
      memberId: version < 3 ? memberId : '',
      members: version < 3 ? [] : members,
    };
    const { errorCode } = await this.call(LEAVE_GROUP, request, { version });
    this.note(`left ${group}: ${errorCode}`);
  }
}

function keyOf(position: Position): string {
  return `${position.topic.name}-${position.partition}`;
}

function subscription(topics: readonly string[]): Buffer {
  const writer = new ByteWriter();
  writer.int16(1);
  writeConsumerProtocolSubscription(
    writer,
    { topics: [...topics], userData: null, ownedPartitions: [], generationId: -1, rackId: null },
    1,
  );
  return writer.finishContiguous();
}

function assignment(parts: { topic: string; partitions: number[] }[]): Buffer {
  const writer = new ByteWriter();
  writer.int16(1);
  writeConsumerProtocolAssignment(writer, { assignedPartitions: parts, userData: null }, 1);
  return writer.finishContiguous();
}

function readAssignment(bytes: Buffer): { topic: string; partition: number }[] | null {
  if (bytes.length === 0) return [];
  const reader = new ByteReader(bytes);
  if (reader.int16() !== 1) return null;
  const parts = readConsumerProtocolAssignment(reader, 1).assignedPartitions;
  return parts.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}
