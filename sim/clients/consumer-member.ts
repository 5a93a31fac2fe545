/**
 * A simulated member of a group of the consumer protocol (KIP-848): joins with an id of its own, subscribes to names or by an
 * expression, takes over what the broker tells it: it commits and gives up first, says so, and then reads what it got. Says
 * all of itself after an answer that didn't come. Who is fenced drops everything and joins again.
 */
import type { Uuid } from '../../src/base/uuid.ts';
import type {
  ConsumerGroupHeartbeatRequestTopicPartitions,
  ConsumerGroupHeartbeatResponse,
} from '../../src/protocol/kafka/codec/generated/consumer-group-heartbeat.ts';
import { CONSUMER_GROUP_HEARTBEAT, ERROR } from './api.ts';
import type { Position } from './consumer.ts';
import { keyOf, Member, type Membership, TRANSIENT } from './member.ts';
import { askTopics, type KnownTopic, learnTopics, TOPIC_IDS_VERSION } from './metadata.ts';

/** What a member says of itself when it joins. */
export interface Wishes {
  /** By an expression instead of names. */
  readonly byExpression: boolean;
  readonly assignor: string | null;
  /** Lets the broker make its id, which version 0 can. */
  readonly namelessly: boolean;
  /** A static member that leaves: for a while, or for good. */
  readonly comesBack: boolean;
  /** How long it goes on using what it is to give up, ms. */
  readonly revokeMsMax: number;
}

const JOINING = 0;
const LEAVING = -1;
const AWAY = -2;
/** First version with expressions, and in which members make their id. */
const EXPRESSIONS_VERSION = 1;

/** The broker has forgotten this member, or counts it differently. */
const FENCED: ReadonlySet<number> = new Set([
  ERROR.unknownMemberId,
  ERROR.fencedMemberEpoch,
  ERROR.fencedInstanceId,
  ERROR.groupIdNotFound,
]);

interface Assigned {
  readonly topicId: Uuid;
  readonly partition: number;
}

/** polylog.group.consumer.rebalance.heartbeat.ms, its default. */
const MOVING_HEARTBEAT_MS = 1000;

export class ConsumerMember extends Member {
  wishes!: Wishes;
  #memberId = '';
  #epoch = JOINING;
  /** What the broker wants it to have. */
  #assigned: readonly Assigned[] = [];
  /** It has less, or more, than that. */
  #reconciling = false;
  /** What it has is to be said. */
  #acknowledges = false;
  /** Everything is to be said. */
  #saysAll = true;
  /** When the last heartbeat that was answered was sent. */
  #heardMs = 0;
  #heartbeatAtMs = 0;
  #commitAtMs = 0;

  protected get settled(): boolean {
    return this.#epoch > JOINING && !this.#reconciling && !this.#acknowledges;
  }

  get epoch(): number {
    return this.#epoch;
  }

  override async run(): Promise<void> {
    this.topics = await learnTopics(this, this.options.topics, TOPIC_IDS_VERSION);
    if (!this.wishes.namelessly) this.#memberId = `${this.name}-${this.prng.int(1_000_000)}`;
    return super.run();
  }

  protected override async step(): Promise<void> {
    const nowMs = this.clock.monotonicMs();
    if (this.#epoch === JOINING || this.#acknowledges || nowMs >= this.#heartbeatAtMs) {
      await this.#heartbeat();
    } else {
      await this.read();
      if (this.clock.monotonicMs() >= this.#commitAtMs) await this.#commit();
    }
    if (this.#reconciling) await this.#reconcile();
  }

  async #heartbeat(): Promise<void> {
    const { group, instanceId } = this.options;
    const joins = this.#epoch === JOINING;
    const says = joins || this.#saysAll;
    const own = says || this.#acknowledges ? this.#ownPartitions() : null;
    const { byExpression } = this.wishes;
    const drawn = await this.version(CONSUMER_GROUP_HEARTBEAT);
    const version = this.wishes.namelessly ? 0 : byExpression ? EXPRESSIONS_VERSION : drawn;
    // What it is to have and doesn't name the broker may take for given up.
    if (joins) this.holdsNothing();
    else if (own !== null) this.holds(this.fetcher.positions.map(keyOf), this.leaseEnd(this.#heardMs));
    this.#saysAll = true;
    const sentMs = this.clock.monotonicMs();
    const response = await this.call(
      CONSUMER_GROUP_HEARTBEAT,
      {
        groupId: group,
        memberId: this.#memberId,
        memberEpoch: this.#epoch,
        instanceId,
        rackId: null,
        rebalanceTimeoutMs: says ? this.options.rebalanceTimeoutMs : -1,
        subscribedTopicNames: says && !byExpression ? [...this.options.topics] : null,
        subscribedTopicRegex: says && byExpression ? this.options.topics.join('|') : null,
        serverAssignor: says ? this.wishes.assignor : null,
        topicPartitions: own,
      },
      { version },
    );
    if (response.errorCode !== ERROR.none) return this.#refused(response);
    if (own !== null) this.#acknowledges = false;
    this.#saysAll = false;
    this.#heardMs = sentMs;
    this.#heard(response, joins);
  }

  #heard(response: ConsumerGroupHeartbeatResponse, joined: boolean): void {
    const { heartbeatMs, group, oneProtocol, instanceId } = this.options;
    const { memberEpoch, assignment, heartbeatIntervalMs } = response;
    if (this.#memberId === '') this.#memberId = response.memberId ?? '';
    if (response.memberId !== this.#memberId)
      this.fail(`it is called ${response.memberId}, not ${this.#memberId}`);
    if (memberEpoch < this.#epoch) this.fail(`its epoch went from ${this.#epoch} to ${memberEpoch}`);
    // Shorter while an assignment is on its way.
    if (
      heartbeatIntervalMs !== heartbeatMs &&
      heartbeatIntervalMs !== Math.min(heartbeatMs, MOVING_HEARTBEAT_MS)
    )
      this.fail(`is to send heartbeats each ${heartbeatIntervalMs} ms`);
    if (joined && assignment === null) this.fail('it joined and was not told what it has');
    this.#epoch = memberEpoch;
    this.#heartbeatAtMs = this.clock.monotonicMs() + heartbeatIntervalMs;
    if (assignment !== null) {
      this.#assigned = assignment.topicPartitions.flatMap(({ topicId, partitions }) =>
        partitions.map((partition) => ({ topicId, partition })),
      );
      this.world.history.counts.rebalances++;
      this.note(`is to have ${this.#assigned.length} partitions of ${group} in epoch ${memberEpoch}`);
    }
    this.#reconciling = !this.#hasAssigned();
    const wanted = this.#assignedKeys();
    this.holds([...new Set([...this.fetcher.positions.map(keyOf), ...wanted])], this.leaseEnd(this.#heardMs));
    if (!oneProtocol) return;
    for (const key of wanted) this.world.history.owned(group, memberEpoch, instanceId ?? this.name, key);
  }

  #refused({ errorCode, errorMessage: message }: ConsumerGroupHeartbeatResponse): Promise<void> {
    this.note(`ConsumerGroupHeartbeat: error ${errorCode}: ${message}`);
    const { unreleasedInstanceId } = ERROR;
    if (FENCED.has(errorCode)) this.#dropAll();
    else if (
      errorCode === unreleasedInstanceId &&
      this.#epoch === JOINING &&
      this.options.instanceId !== null
    ) {
      // The one before died: it is missed when its session ends.
      return this.sleep(this.prng.between(200, 1000));
    } else if (!TRANSIENT.has(errorCode)) this.fail(`ConsumerGroupHeartbeat: ${message}`);
    return this.sleep(this.prng.between(10, 200));
  }

  #dropAll(): void {
    this.fetcher.assign([]);
    this.holdsNothing();
    this.#assigned = [];
    this.#epoch = JOINING;
    this.#saysAll = true;
    this.#acknowledges = false;
    this.#reconciling = false;
  }

  /** Gives up first, and says so; then takes what is new. */
  async #reconcile(): Promise<void> {
    const wanted = new Set(this.#assignedKeys());
    const kept = this.fetcher.positions.filter((position) => wanted.has(keyOf(position)));
    if (kept.length < this.fetcher.positions.length) {
      await this.sleep(this.prng.int(1 + this.wishes.revokeMsMax));
      await this.#commit().finally(() => {
        this.fetcher.assign(kept);
        this.#acknowledges = true;
      });
      return;
    }
    if (!(await this.#knowsTopics())) return;
    const had = new Set(kept.map(keyOf));
    const added: Position[] = [];
    for (const { topicId, partition } of this.#assigned) {
      const topic = this.#topic(topicId)!;
      if (had.has(`${topic.name}-${partition}`)) continue;
      const offset = await this.committed(topic, partition, this.#membership);
      // Its epoch may have gone on: the next heartbeat tells.
      if (offset === null) return this.sleep(this.prng.between(10, 100));
      added.push({ topic, partition, offset, highWatermark: -1 });
    }
    this.fetcher.assign([...kept, ...added]);
    this.#reconciling = false;
    this.#acknowledges = true;
  }

  async #knowsTopics(): Promise<boolean> {
    const known = (): boolean => this.#assigned.every((one) => this.#topic(one.topicId) !== undefined);
    if (known()) return true;
    this.topics = await askTopics(this, null, TOPIC_IDS_VERSION);
    return known();
  }

  async #commit(): Promise<void> {
    const { positions } = this.fetcher;
    this.#commitAtMs = this.clock.monotonicMs() + this.options.commitEveryMs;
    if (positions.length === 0) return;
    const version = await this.commitVersion(positions, true);
    const errorCode = await this.commit(this.#membership, version);
    if (errorCode === ERROR.none) return;
    this.note(`OffsetCommit: error ${errorCode}`);
    const { unknownMemberId, staleMemberEpoch, illegalGeneration, groupIdNotFound } = ERROR;
    const known: readonly number[] = [unknownMemberId, staleMemberEpoch, illegalGeneration, groupIdNotFound];
    if (!known.includes(errorCode) && !TRANSIENT.has(errorCode))
      this.fail(`OffsetCommit: error ${errorCode}`);
    // A heartbeat tells what became of it.
    this.#heartbeatAtMs = 0;
  }

  protected override async leaveGroup(): Promise<void> {
    if (this.#epoch === JOINING) return;
    await this.#commit();
    this.holdsNothing();
    const { group, instanceId } = this.options;
    const epoch = instanceId !== null && this.wishes.comesBack ? AWAY : LEAVING;
    const response = await this.call(CONSUMER_GROUP_HEARTBEAT, {
      groupId: group,
      memberId: this.#memberId,
      memberEpoch: epoch,
      instanceId,
      rackId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: null,
    });
    this.note(`left ${group}: ${response.errorCode}`);
    if (response.errorCode === ERROR.none && response.memberEpoch !== epoch)
      this.fail(`left with the epoch ${response.memberEpoch}, not ${epoch}`);
  }

  get #membership(): Membership {
    return { memberId: this.#memberId, epoch: this.#epoch };
  }

  #topic(id: Uuid): KnownTopic | undefined {
    for (const topic of this.topics.values()) if (topic.id === id) return topic;
    return undefined;
  }

  #assignedKeys(): string[] {
    // One that it hasn't heard of yet is told apart by its id.
    return this.#assigned.map(
      ({ topicId, partition }) => `${this.#topic(topicId)?.name ?? topicId}-${partition}`,
    );
  }

  #hasAssigned(): boolean {
    const had = new Set(this.fetcher.positions.map(keyOf));
    const wanted = this.#assignedKeys();
    return had.size === wanted.length && wanted.every((key) => had.has(key));
  }

  #ownPartitions(): ConsumerGroupHeartbeatRequestTopicPartitions[] {
    const byTopic = new Map<Uuid, number[]>();
    for (const { topic, partition } of this.fetcher.positions) {
      byTopic.set(topic.id, [...(byTopic.get(topic.id) ?? []), partition]);
    }
    return [...byTopic].map(([topicId, partitions]) => ({ topicId, partitions }));
  }
}
