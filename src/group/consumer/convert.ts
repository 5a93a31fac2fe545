/**
 * A group changes its protocol while its members go on (KIP-848): a classic group of consumers becomes one of the consumer
 * protocol when the first such member joins, its classic members stay as they are and are served on; it becomes classic
 * again when the last member of the consumer protocol has gone. `group.consumer.migration.policy` says what is allowed.
 */
import { BrokerError } from '../../base/errors.ts';
import type { Uuid } from '../../base/uuid.ts';
import type { TimerRequest } from '../../machine/machine.ts';
import type { GroupCommand } from '../commands.ts';
import {
  type DraftContext,
  type GroupDecision,
  GroupDraft,
  joinTimerKey,
  rebalanceInProgress,
  syncTimerKey,
} from '../draft.ts';
import { sessionTimerKey } from '../member-timers.ts';
import {
  type ClassicGroup,
  CONSUMER_PROTOCOL_TYPE,
  computeSubscribedTopics,
  NEVER_HEARD,
  newGroup,
  selectProtocol,
} from '../model.ts';
import { prepareRebalance } from '../rebalance.ts';
import type { MigrationPolicy } from '../settings.ts';
import { readAssignment, readSubscription, type TopicPartitions, writeAssignment } from '../subscription.ts';
import type { GroupWorld } from '../world.ts';
import { ConsumerDraft } from './draft.ts';
import { type Assignment, type ConsumerMember, type HeldPartitions, NO_PARTITIONS } from './model.ts';
import type { ConsumerRecord } from './records.ts';

const upgrades = (policy: MigrationPolicy): boolean => policy === 'bidirectional' || policy === 'upgrade';
const downgrades = (policy: MigrationPolicy): boolean => policy === 'bidirectional' || policy === 'downgrade';

/** A draft of the group that a classic group with members becomes, or why it can't. */
export function upgrade(classic: ClassicGroup, context: DraftContext): ConsumerDraft | BrokerError {
  const refuse = (why: string): BrokerError =>
    new BrokerError('group-not-found', `Group '${classic.groupId}' is a classic group, and ${why}.`);
  const { consumerMigration, consumerMembersMax } = context.settings;
  if (!upgrades(consumerMigration)) {
    return refuse(`group.consumer.migration.policy (${consumerMigration}) lets it stay one`);
  }
  if (classic.protocolType !== CONSUMER_PROTOCOL_TYPE) return refuse('not one of consumers');
  if (classic.members.size > consumerMembersMax)
    return refuse('has more members than group.consumer.max.size');
  const records = upgradeRecords(classic, context.world);
  if (records === null) return refuse("its members' subscriptions can't be read");
  const draft = ConsumerDraft.made(classic.groupId, records, context);
  const { groupId } = classic;
  draft.cancelTimer(joinTimerKey(groupId));
  draft.cancelTimer(syncTimerKey(groupId));
  for (const memberId of classic.pendingJoins) draft.cancelTimer(sessionTimerKey(groupId, memberId));
  for (const { memberId, sessionTimeoutMs, joinToken, syncToken, isNew } of classic.members.values()) {
    draft.reply(joinToken, rebalanceInProgress());
    draft.reply(syncToken, rebalanceInProgress());
    if (isNew) draft.cancelTimer(sessionTimerKey(groupId, memberId));
    else draft.startSession(memberId, sessionTimeoutMs);
  }
  return draft;
}

/** Members go on in the generation in which they are, with what they have as their target; new ones join again. */
function upgradeRecords(classic: ClassicGroup, world: GroupWorld): ConsumerRecord[] | null {
  const { groupId, generation: epoch } = classic;
  const records: ConsumerRecord[] = [{ kind: 'consumer-group', groupId, epoch, topicsHash: 0 }];
  const targets: { memberId: string; assignment: Assignment }[] = [];
  const taken = new Set<string>();
  for (const member of classic.members.values()) {
    if (member.isNew) continue;
    const subscription = readSubscription(member.protocols[0]?.metadata ?? Buffer.alloc(0));
    const told = readAssignment(member.assignment);
    if (subscription === null || told === null) return null;
    // A rebalance may have taken back what was handed out: a cooperative member goes on with what it said it has.
    const topics = classic.phase === 'Stable' || told.length > 0 ? told : subscription.owned;
    const { memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs } = member;
    const assignment = byTopicId(topics, world, taken);
    targets.push({ memberId, assignment });
    records.push({
      kind: 'consumer-member',
      groupId,
      metadata: {
        memberId,
        instanceId,
        rackId: subscription.rackId,
        clientId,
        clientHost,
        rebalanceTimeoutMs,
        serverAssignor: null,
        topics: [...new Set(subscription.topics)].sort(),
        regex: null,
        classic: { sessionTimeoutMs: member.sessionTimeoutMs, protocols: member.protocols },
      },
    });
    records.push({
      kind: 'consumer-current',
      groupId,
      memberId,
      current: {
        state: 'stable',
        epoch,
        previousEpoch: epoch,
        assigned: heldSince(assignment, epoch),
        revoking: NO_PARTITIONS,
      },
    });
  }
  records.push({ kind: 'consumer-target', groupId, epoch, atMs: -1, members: targets });
  return records;
}

/** What no member before has: what clients say may be out of date. */
function byTopicId(topics: readonly TopicPartitions[], world: GroupWorld, taken: Set<string>): Assignment {
  const assignment = new Map<Uuid, readonly number[]>();
  for (const { topic, partitions } of topics) {
    const id = world.topic(topic)?.id;
    if (id === undefined) continue;
    const free = partitions.filter((partition) => {
      const key = `${id}${partition}`;
      if (partition < 0 || taken.has(key)) return false;
      taken.add(key);
      return true;
    });
    if (free.length > 0) {
      assignment.set(
        id,
        free.sort((a, b) => a - b),
      );
    }
  }
  return assignment;
}

function heldSince(assignment: Assignment, epoch: number): HeldPartitions {
  return new Map(
    Array.from(assignment, ([id, partitions]) => [id, new Map(partitions.map((p) => [p, epoch]))]),
  );
}

/** The decision of a draft from which members went: if only classic ones are left, the group is classic again. */
export function decisionAfterLeaving(draft: ConsumerDraft): GroupDecision {
  const decision = draft.decision();
  const { settings } = draft.context;
  if (draft.size === 0 || draft.size > settings.groupMembersMax) return decision;
  if (!downgrades(settings.consumerMigration)) return decision;
  for (const { classic } of draft.members()) if (classic === null) return decision;
  const { records, volatile, replies, timers } = downgrade(draft);
  return {
    ...(records === undefined ? {} : { records }),
    ...(volatile === undefined ? {} : { volatile }),
    replies: [...(decision.replies ?? []), ...(replies ?? [])],
    timers: [...withoutSessions(decision.timers ?? []), ...(timers ?? [])],
  };
}

/** Cancellations only: what was to be started is of the group that is no more. */
function withoutSessions(timers: readonly TimerRequest<GroupCommand>[]): TimerRequest<GroupCommand>[] {
  return timers.filter(({ command }) => command === null);
}

/** Everybody joins anew, in a rebalance that begins at once. */
function downgrade(draft: ConsumerDraft): GroupDecision {
  const { context, groupId } = draft;
  const classic = newGroup(groupId, context.nowMs);
  classic.protocolType = CONSUMER_PROTOCOL_TYPE;
  // The one that members know: they are told of the rebalance, and may still commit, rather than that they have lost everything.
  classic.generation = draft.epochBefore;
  classic.phase = 'Stable';
  const timeouts: [string, number][] = [];
  for (const member of draft.members()) addClassic(classic, draft, member, timeouts);
  classic.leaderId = classic.members.keys().next().value ?? null;
  classic.protocolName = selectProtocol(classic);
  classic.subscribedTopics = computeSubscribedTopics(classic);
  const next = new GroupDraft(classic, context);
  for (const [memberId, timeoutMs] of timeouts) next.restartSession(memberId, timeoutMs);
  next.log();
  prepareRebalance(next);
  return next.decision();
}

function addClassic(
  group: ClassicGroup,
  draft: ConsumerDraft,
  member: ConsumerMember,
  timeouts: [string, number][],
): void {
  const { memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs } = member;
  const { sessionTimeoutMs, protocols } = member.classic!;
  draft.cancelTimer(draft.rejoinTimerKey(memberId));
  timeouts.push([memberId, sessionTimeoutMs]);
  group.members.set(memberId, {
    memberId,
    instanceId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    sessionTimeoutMs,
    protocols,
    assignment: assignmentOf(member, draft.context.world),
    joinToken: 0,
    syncToken: 0,
    isNew: false,
    deadlineMs: NEVER_HEARD,
  });
  if (instanceId !== null) group.staticMembers.set(instanceId, memberId);
}

/** What a classic member is told to use. */
export function assignmentOf({ classic, assigned }: ConsumerMember, world: GroupWorld): Buffer {
  const topics: TopicPartitions[] = [];
  for (const [topicId, partitions] of assigned) {
    const topic = world.topicById(topicId)?.name;
    if (topic !== undefined) topics.push({ topic, partitions: [...partitions.keys()].sort((a, b) => a - b) });
  }
  const version = readSubscription(classic?.protocols[0]?.metadata ?? Buffer.alloc(0))?.version ?? 0;
  return writeAssignment(version, topics);
}
