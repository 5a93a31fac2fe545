/**
 * The state of a group of the consumer protocol (KIP-848).
 *
 * Three epochs drive it. The group's epoch rises when what has to be divided changes: members, subscriptions, topics. The
 * assignment epoch says for which of them a target assignment was computed. A member's epoch says up to which target it
 * has come: each moves towards the target by itself, giving up partitions first and taking those that nobody holds.
 *
 * All of it is logged but for the time when a member was last heard of, and what is derived (marked so). Members and
 * assignments are replaced, not changed; their maps are changed in place, by `apply` only.
 */
import type { Uuid } from '../../base/uuid.ts';
import type { MemberProtocol } from '../commands.ts';
import { isReconciled, type Progress } from '../progress.ts';

/** Kafka's names of the states. A group that is not there is Dead. */
export type ConsumerPhase = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable';

/** Partitions in ascending order, by topic. No topic is without partitions. */
export type Assignment = ReadonlyMap<Uuid, readonly number[]>;

/** Partitions that a member holds, with the member epoch at which each was given to it (KIP-1251). */
export type HeldPartitions = ReadonlyMap<Uuid, ReadonlyMap<number, number>>;

/** What a member says of itself. */
export interface ConsumerMetadata {
  readonly memberId: string;
  /** Static membership; null for a dynamic member. */
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  /** The assignor that it wishes for; null: the broker's first. */
  readonly serverAssignor: string | null;
  /** Names of topics, sorted, each once. */
  readonly topics: readonly string[];
  /** RE2 expression of topics' names; null: none. */
  readonly regex: string | null;
  /** Of a member that speaks the classic protocol; null: it speaks the consumer protocol. */
  readonly classic: ClassicSide | null;
}

/** How a member of the classic protocol joined. */
export interface ClassicSide {
  readonly sessionTimeoutMs: number;
  readonly protocols: readonly MemberProtocol[];
}

/** How far a member has come. Its epoch is LEFT_STATIC_EPOCH while a static member is away and may come back. */
export type ConsumerCurrent = Progress<HeldPartitions>;

export interface ConsumerMember extends ConsumerMetadata, ConsumerCurrent {
  /** When its session ends unless it is heard of. Moved in place by heartbeats. */
  deadlineMs: number;
  /** Of a classic member: by when it has to have joined again; 0: it needn't. Not logged. */
  rejoinMs: number;
}

export interface ConsumerGroup {
  readonly type: 'consumer';
  readonly groupId: string;
  /** Rises with each change that asks for another assignment; 0 before the first. */
  epoch: number;
  /** Of the names, ids and sizes of the topics at that epoch. */
  topicsHash: number;
  /** The group epoch of the target assignment. */
  assignmentEpoch: number;
  /** When the target was computed; −1: never. */
  assignmentMs: number;
  /** By member id, in the order of joining. */
  readonly members: Map<string, ConsumerMember>;
  /** By member id; who has nothing to get is not in it. */
  readonly target: Map<string, Assignment>;
  /** Derived: member ids by instance id. */
  readonly staticMembers: Map<string, string>;
  /** Derived: the id of who holds a partition, assigned or not yet given up. */
  readonly holders: Map<Uuid, Map<number, string>>;
  /** Derived: how many members name a topic. */
  readonly topicCounts: Map<string, number>;
  /** Derived: how many members have an expression. */
  readonly regexCounts: Map<string, number>;
  /** The topics that an expression matches. Not logged: found again after a restart. */
  regexTopics: ReadonlyMap<string, readonly string[]>;
  /** The topics may have changed since the last heartbeat. */
  topicsStale: boolean;
}

/** Member epochs of requests: joining, leaving, and leaving as a static member that comes back. */
export const JOINING_EPOCH = 0;
export const LEAVING_EPOCH = -1;
export const LEFT_STATIC_EPOCH = -2;

export const NO_PARTITIONS: ReadonlyMap<Uuid, ReadonlyMap<number, number>> = new Map();

export function newConsumerGroup(groupId: string): ConsumerGroup {
  return {
    type: 'consumer',
    groupId,
    epoch: 0,
    topicsHash: 0,
    assignmentEpoch: 0,
    assignmentMs: -1,
    members: new Map(),
    target: new Map(),
    staticMembers: new Map(),
    holders: new Map(),
    topicCounts: new Map(),
    regexCounts: new Map(),
    regexTopics: new Map(),
    topicsStale: true,
  };
}

/** Only what a member says of itself. */
export function metadataOf(member: ConsumerMetadata): ConsumerMetadata {
  const { memberId, instanceId, rackId, clientId, clientHost, rebalanceTimeoutMs } = member;
  const { serverAssignor, topics, regex, classic } = member;
  return {
    memberId,
    instanceId,
    rackId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    serverAssignor,
    topics,
    regex,
    classic,
  };
}

export function consumerPhase(group: ConsumerGroup): ConsumerPhase {
  if (group.members.size === 0) return 'Empty';
  if (group.epoch > group.assignmentEpoch) return 'Assigning';
  for (const member of group.members.values()) {
    if (!isReconciled(member, group.assignmentEpoch)) return 'Reconciling';
  }
  return 'Stable';
}

/** Whether a member consumes the topic, by its name or an expression. */
export function consumerSubscribed(group: ConsumerGroup, topic: string): boolean {
  if (group.topicCounts.has(topic)) return true;
  // An expression that wasn't resolved since the start may match anything.
  if (group.regexTopics.size < group.regexCounts.size) return true;
  for (const topics of group.regexTopics.values()) if (topics.includes(topic)) return true;
  return false;
}
