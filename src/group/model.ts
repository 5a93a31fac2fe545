/**
 * The state of the group coordinator, and of its classic groups.
 *
 * A classic group has a live side, which is replaced as a whole on every change of membership and may be lost with the process,
 * and what was logged of it: the metadata of its last completed generation, and its offsets. After a restart the live
 * side is made from the logged one: members go on with their generation as if nothing had been.
 */
import type { Uuid } from '../base/uuid.ts';
import type { MemberProtocol } from './commands.ts';
import type { ConsumerGroup, ConsumerPhase } from './consumer/model.ts';
import type { PendingIds } from './pending.ts';
import type { ShareGroup, SharePhase } from './share/model.ts';
import type { StreamsGroup, StreamsPhase } from './streams/model.ts';
import { subscribedTopicsOf } from './subscription.ts';

/** Kafka's names of the states. A group that is not there is Dead. */
export type GroupPhase = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

/** The part of a member that is logged. */
export interface MemberMetadata {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly protocols: readonly MemberProtocol[];
  readonly assignment: Buffer;
}

export interface Member extends MemberMetadata {
  /** Who waits for the answer to a join; 0: nobody, the member hasn't (re)joined. */
  readonly joinToken: number;
  /** Who waits for the answer to a sync; 0: nobody. */
  readonly syncToken: number;
  /** True until its first rebalance is over: it doesn't know its id yet and can't send heartbeats. */
  readonly isNew: boolean;
  /** When its session ends unless it is heard of. Moved in place by heartbeats. */
  deadlineMs: number;
}

/** The live side of a classic group. A change is made on a copy (draft.ts). */
export interface ClassicGroup {
  readonly type: 'classic';
  readonly groupId: string;
  phase: GroupPhase;
  /** When the group came into its phase. */
  phaseSinceMs: number;
  /** In PreparingRebalance: the group was empty before, and waits for more members whatever happens. */
  initialJoin: boolean;
  /** In an initial join: someone came since the delay began. */
  newMemberAdded: boolean;
  /** Null until the first member joins, and for groups that only commit offsets. */
  protocolType: string | null;
  protocolName: string | null;
  /** Rises with each completed join phase; 0 before the first. */
  generation: number;
  leaderId: string | null;
  /** By member id, in the order of joining. */
  members: Map<string, Member>;
  /** Member ids by instance id. */
  staticMembers: Map<string, string>;
  /** Ids that were given out (KIP-394) to members that haven't come back yet. */
  pendingJoins: PendingIds;
  /** In CompletingRebalance and Stable: members that haven't asked for their assignment in this generation. */
  pendingSyncs: Set<string>;
  /** What the members consume, when they are consumers and it could be read; null: not known. */
  subscribedTopics: ReadonlySet<string> | null;
}

/** What is logged of a group when a rebalance completes, the group becomes empty, or a static member is replaced. */
export interface GroupMetadata {
  readonly groupId: string;
  readonly generation: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leaderId: string | null;
  readonly phaseSinceMs: number;
  readonly members: readonly MemberMetadata[];
}

/** Changed in place by the next commit. */
export interface CommittedOffset {
  offset: number;
  /** −1: not known. */
  leaderEpoch: number;
  metadata: string;
  commitMs: number;
  /** When the client wants it forgotten; −1: as the broker is set. */
  expireMs: number;
  /** Of all that was said of the group's offsets, the how manieth record had this: of two for a partition the later one stands. */
  order: number;
}

export interface TopicOffsets {
  readonly topicId: Uuid;
  readonly partitions: Map<number, CommittedOffset>;
}

/** By topic name. */
export type GroupOffsets = Map<string, TopicOffsets>;

/** A group of any protocol, as it is now. What can be asked of all of them is in group-type.ts. */
export type LiveGroup = ClassicGroup | ConsumerGroup | StreamsGroup | ShareGroup;
export type AnyPhase = GroupPhase | ConsumerPhase | StreamsPhase | SharePhase;

export interface GroupEntry {
  live: LiveGroup;
  /** Of a classic group; null for others. */
  logged: GroupMetadata | null;
  readonly offsets: GroupOffsets;
  /** By producer id: what open transactions will commit or drop when they end. */
  readonly pending: Map<number, GroupOffsets>;
  /** Records of offsets so far. */
  recorded: number;
}

export interface GroupsState {
  readonly groups: Map<string, GroupEntry>;
}

export const EMPTY_BYTES = Buffer.alloc(0);
/** The protocol type of consumers. */
export const CONSUMER_PROTOCOL_TYPE = 'consumer';
/** The deadline of a member that was restored and not heard of yet. */
export const NEVER_HEARD = -1;

/** An entry without offsets. */
export function newEntry(live: LiveGroup, logged: GroupMetadata | null): GroupEntry {
  return { live, logged, offsets: new Map(), pending: new Map(), recorded: 0 };
}

/** A group without members, as made by a first join or a first commit. */
export function newGroup(groupId: string, nowMs: number): ClassicGroup {
  return {
    type: 'classic',
    groupId,
    phase: 'Empty',
    phaseSinceMs: nowMs,
    initialJoin: false,
    newMemberAdded: false,
    protocolType: null,
    protocolName: null,
    generation: 0,
    leaderId: null,
    members: new Map(),
    staticMembers: new Map(),
    pendingJoins: new Set(),
    pendingSyncs: new Set(),
    subscribedTopics: null,
  };
}

/** The live side that a restart begins with. */
export function groupFromMetadata(metadata: GroupMetadata): ClassicGroup {
  const group = newGroup(metadata.groupId, metadata.phaseSinceMs);
  group.phase = metadata.members.length === 0 ? 'Empty' : 'Stable';
  group.protocolType = metadata.protocolType;
  group.protocolName = metadata.protocolName;
  group.generation = metadata.generation;
  group.leaderId = metadata.leaderId;
  for (const member of metadata.members) {
    group.members.set(member.memberId, {
      ...member,
      joinToken: 0,
      syncToken: 0,
      isNew: false,
      deadlineMs: NEVER_HEARD,
    });
    if (member.instanceId !== null) group.staticMembers.set(member.instanceId, member.memberId);
  }
  group.subscribedTopics = computeSubscribedTopics(group);
  return group;
}

/** What is to be logged of a group now. */
export function metadataOf(group: ClassicGroup): GroupMetadata {
  const members: MemberMetadata[] = [];
  for (const m of group.members.values()) {
    members.push({
      memberId: m.memberId,
      instanceId: m.instanceId,
      clientId: m.clientId,
      clientHost: m.clientHost,
      rebalanceTimeoutMs: m.rebalanceTimeoutMs,
      sessionTimeoutMs: m.sessionTimeoutMs,
      protocols: m.protocols,
      assignment: m.assignment,
    });
  }
  return {
    groupId: group.groupId,
    generation: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leaderId: group.leaderId,
    phaseSinceMs: group.phaseSinceMs,
    members,
  };
}

/** The metadata of a member for a protocol; empty when it doesn't have that protocol. */
export function protocolMetadata(member: MemberMetadata, protocolName: string | null): Buffer {
  for (const protocol of member.protocols) if (protocol.name === protocolName) return protocol.metadata;
  return EMPTY_BYTES;
}

/** Whether the member said the same of itself before: names, order and bytes. */
export function sameProtocols(member: MemberMetadata, protocols: readonly MemberProtocol[]): boolean {
  if (member.protocols.length !== protocols.length) return false;
  return protocols.every((protocol, i) => {
    const own = member.protocols[i]!;
    return own.name === protocol.name && own.metadata.equals(protocol.metadata);
  });
}

/** The names of the protocols that every member of the group has. */
export function commonProtocols(group: ClassicGroup): Set<string> {
  const counts = new Map<string, number>();
  for (const member of group.members.values()) {
    for (const name of new Set(member.protocols.map((p) => p.name)))
      counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const common = new Set<string>();
  for (const [name, count] of counts) if (count === group.members.size) common.add(name);
  return common;
}

/** Whether a member with these protocols can be in the group: one that everybody else has, too. */
export function supportsProtocols(
  group: ClassicGroup,
  protocolType: string,
  protocols: readonly MemberProtocol[],
): boolean {
  if (group.phase === 'Empty') return protocolType !== '' && protocols.length > 0;
  if (group.protocolType !== protocolType) return false;
  // A group whose last member left while it prepares takes whoever comes.
  if (group.members.size === 0) return protocols.length > 0;
  const common = commonProtocols(group);
  return protocols.some((protocol) => common.has(protocol.name));
}

/** The protocol of the next generation: each member votes for its first that all have; the most votes win. */
export function selectProtocol(group: ClassicGroup): string {
  const common = commonProtocols(group);
  const votes = new Map<string, number>();
  for (const member of group.members.values()) {
    const choice = member.protocols.find((protocol) => common.has(protocol.name));
    if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
  }
  let best = '';
  let bestVotes = 0;
  for (const [name, count] of votes) {
    if (count > bestVotes) {
      best = name;
      bestVotes = count;
    }
  }
  return best;
}

/** How long a rebalance may take: the longest that a member asks for. */
export function rebalanceTimeoutMs(group: ClassicGroup): number {
  let longest = 0;
  for (const member of group.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs);
  return longest;
}

export function joinedCount(group: ClassicGroup): number {
  let count = 0;
  for (const member of group.members.values()) if (member.joinToken !== 0) count++;
  return count;
}

export function allJoined(group: ClassicGroup): boolean {
  return group.pendingJoins.size === 0 && joinedCount(group) === group.members.size;
}

/** The topics that the members consume; null when it can't be known (other protocol types, unreadable metadata). */
export function computeSubscribedTopics(group: ClassicGroup): ReadonlySet<string> | null {
  if (group.protocolType !== CONSUMER_PROTOCOL_TYPE) return null;
  if (group.members.size === 0) return new Set();
  if (group.protocolName === null) return null;
  const topics = new Set<string>();
  for (const member of group.members.values()) {
    const own = subscribedTopicsOf(protocolMetadata(member, group.protocolName));
    if (own === null) return null;
    for (const topic of own) topics.add(topic);
  }
  return topics;
}

/** Whether the group consumes the topic now. A group of consumers that can't be read is taken to. */
export function isSubscribed(group: ClassicGroup, topic: string): boolean {
  if (group.subscribedTopics !== null) return group.subscribedTopics.has(topic);
  return group.protocolType === CONSUMER_PROTOCOL_TYPE;
}
