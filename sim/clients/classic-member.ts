/**
 * A simulated member of a consumer group, classic protocol: joins, divides the partitions by range when it leads, heartbeats,
 * reads what it got, commits. Its heartbeats go on while it reads.
 */
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import {
  readConsumerProtocolAssignment,
  writeConsumerProtocolAssignment,
  writeConsumerProtocolSubscription,
} from '../../src/protocol/kafka/codec/generated/consumer-protocol.ts';
import type { JoinGroupResponse } from '../../src/protocol/kafka/codec/generated/join-group.ts';
import { ERROR, HEARTBEAT, JOIN_GROUP, LEAVE_GROUP, SYNC_GROUP } from './api.ts';
import { Disconnected } from './client.ts';
import type { Position } from './consumer.ts';
import { Member, TRANSIENT } from './member.ts';
import { askTopics, learnTopics } from './metadata.ts';

const NO_GENERATION = -1;

export class ClassicMember extends Member {
  #memberId = '';
  #generation = NO_GENERATION;
  /** The group must be joined again. */
  #rejoin = true;

  protected get settled(): boolean {
    return !this.#rejoin && this.#generation !== NO_GENERATION;
  }

  override run(): Promise<void> {
    this.requestTimeoutMs = Math.max(this.requestTimeoutMs, this.options.rebalanceTimeoutMs + 2000);
    return super.run();
  }

  protected override async step(): Promise<void> {
    if (this.#rejoin) await this.#join();
    else await this.#consume();
  }

  async #join(): Promise<void> {
    const { group, topics, instanceId, sessionTimeoutMs, rebalanceTimeoutMs } = this.options;
    const version = Math.max(await this.version(JOIN_GROUP), instanceId === null ? 0 : 5);
    // An eager member gives up everything before it joins.
    this.holdsNothing();
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
    if (this.options.oneProtocol && response.generationId < generationBefore) {
      this.fail(`${group} went back to generation ${response.generationId} from ${generationBefore}`);
    }
    this.#memberId = response.memberId;
    await this.#sync(response);
  }

  async #sync(joined: JoinGroupResponse): Promise<void> {
    const { group, instanceId, oneProtocol } = this.options;
    const leads = joined.leader === joined.memberId;
    const assignments = leads && !joined.skipAssignment ? await this.#assign(joined) : [];
    const version = Math.max(await this.version(SYNC_GROUP), instanceId === null ? 0 : 3);
    const sentMs = this.clock.monotonicMs();
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
    const keys = partitions.map((one) => `${one.topic}-${one.partition}`);
    if (oneProtocol) {
      for (const key of keys) history.owned(group, joined.generationId, instanceId ?? this.name, key);
    }
    this.holds(keys, this.leaseEnd(sentMs));
    // One that no leader has completed is kept by nobody, in Kafka neither.
    history.sawGeneration(group, joined.generationId);
    this.#generation = joined.generationId;
    this.#rejoin = false;
    this.note(`owns ${partitions.length} partitions of ${group} in generation ${joined.generationId}`);
    void this.#heartbeat(joined.generationId);
    // Positions of the generation before are nothing to commit in this one.
    this.fetcher.assign([]);
    await this.#begin(partitions).catch((error: unknown) => {
      this.#rejoin = true;
      throw error;
    });
  }

  /** The range assignor: each topic's partitions in rows, the first members get one more. */
  async #assign(joined: JoinGroupResponse): Promise<{ memberId: string; assignment: Buffer }[]> {
    const now = await askTopics(this, this.options.topics);
    for (const [name, topic] of now) this.topics.set(name, topic);
    const members = joined.members.map((member) => member.memberId).sort();
    if (!members.includes(joined.memberId)) this.fail('the leader is not among the members');
    return members.map((memberId, index) => {
      const parts = this.options.topics.map((topic) => {
        const count = this.topics.get(topic)!.partitions;
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
    const unknown = partitions.some((one) => (this.topics.get(one.topic)?.partitions ?? 0) <= one.partition);
    if (unknown) this.topics = await learnTopics(this, this.options.topics);
    const positions: Position[] = [];
    for (const { topic, partition } of partitions) {
      const offset = await this.committed(this.topics.get(topic)!, partition);
      if (offset === null) {
        this.#rejoin = true;
        return;
      }
      positions.push({ topic: this.topics.get(topic)!, partition, offset, highWatermark: -1 });
    }
    this.fetcher.assign(positions);
  }

  async #consume(): Promise<void> {
    const endMs = this.clock.monotonicMs() + this.options.commitEveryMs;
    while (!this.#rejoin && !this.leaving && this.clock.monotonicMs() < endMs) await this.read();
    // What was taken away may have an owner that is further already: that commit is refused by its generation.
    await this.#commit();
  }

  async #commit(): Promise<void> {
    const generation = this.#generation;
    const { positions } = this.fetcher;
    if (positions.length === 0 || generation === NO_GENERATION) return;
    const version = await this.commitVersion(positions, false);
    if (generation !== this.#generation) return;
    const errorCode = await this.commit({ memberId: this.#memberId, epoch: generation }, version);
    if (errorCode !== ERROR.none) this.#lost('OffsetCommit', errorCode);
  }

  async #heartbeat(generation: number): Promise<void> {
    const { group, instanceId, heartbeatMs } = this.options;
    for (;;) {
      await this.sleep(heartbeatMs);
      if (this.#generation !== generation || this.#rejoin || this.leaving) return;
      try {
        const version = Math.max(await this.version(HEARTBEAT), instanceId === null ? 0 : 3);
        const request = {
          groupId: group,
          generationId: generation,
          memberId: this.#memberId,
          groupInstanceId: instanceId,
        };
        const sentMs = this.clock.monotonicMs();
        const { errorCode } = await this.call(HEARTBEAT, request, { version });
        if (errorCode === ERROR.none && this.#generation === generation && !this.#rejoin) {
          this.world.history.leases.renewed(group, this.name, this.leaseEnd(sentMs));
        }
        if (errorCode !== ERROR.none && this.#generation === generation) this.#lost('Heartbeat', errorCode);
      } catch (error) {
        if (!(error instanceof Disconnected)) throw error;
      }
    }
  }

  /** An answer said that this member must join again, or that it is none any more. */
  #lost(what: string, errorCode: number): void {
    this.note(`${what}: error ${errorCode}`);
    const { unknownMemberId, illegalGeneration, fencedInstanceId } = ERROR;
    if (errorCode === unknownMemberId || errorCode === fencedInstanceId) this.#memberId = '';
    const known = [ERROR.rebalanceInProgress, unknownMemberId, illegalGeneration, fencedInstanceId];
    const transient = TRANSIENT.has(errorCode);
    if (!transient && !known.includes(errorCode as never)) this.fail(`${what}: error ${errorCode}`);
    if (transient && what !== 'JoinGroup' && what !== 'SyncGroup') return;
    this.#rejoin = true;
    // What comes back from now on belongs to nobody.
    if (errorCode === ERROR.rebalanceInProgress) return;
    this.#generation = NO_GENERATION;
    this.holdsNothing();
  }

  protected override async leaveGroup(): Promise<void> {
    const { group, instanceId } = this.options;
    await this.#commit();
    this.holdsNothing();
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
