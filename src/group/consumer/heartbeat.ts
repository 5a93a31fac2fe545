/** ConsumerGroupHeartbeat (KIP-848): joining, going on, changing one's wishes, and leaving. */
import { BrokerError } from '../../base/errors.ts';
import type { ConsumerHeartbeatAnswer, ConsumerHeartbeatCommand, OwnedTopic } from '../commands.ts';
import { type DraftContext, fencedInstance, type GroupDecision, replyTo, unknownMember } from '../draft.ts';
import type { GroupsState, LiveGroup } from '../model.ts';
import { isReconciled } from '../progress.ts';
import type { ConsumerGroupConfig } from '../world.ts';
import { refreshTopics, resolveTopics, subscribes, updateTarget } from './assignment.ts';
import { checkHeartbeat, notOfConsumers } from './check-heartbeat.ts';
import { upgrade } from './convert.ts';
import { ConsumerDraft } from './draft.ts';
import { decideConsumerLeave } from './leave.ts';
import {
  type ConsumerGroup,
  type ConsumerMember,
  type ConsumerMetadata,
  type HeldPartitions,
  JOINING_EPOCH,
  LEFT_STATIC_EPOCH,
  metadataOf,
} from './model.ts';
import { reconcile, samePartitions } from './reconcile.ts';

export function decideConsumerHeartbeat(
  state: GroupsState,
  given: ConsumerHeartbeatCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  const problem = checkHeartbeat(given, context);
  if (problem !== null) return replyTo(token, problem);
  // Who joins without an id gets one; a static member too that comes back.
  const command = given.memberId === '' ? { ...given, memberId: given.newMemberId } : given;
  const live = state.groups.get(command.groupId)?.live;
  if (command.epoch < 0) return decideConsumerLeave(live, command, token, context);
  if (live?.type === 'consumer' && nothingNew(live, command)) return idle(live, command, token, context);
  const draft = openGroup(live, command, context);
  if (draft instanceof BrokerError) return replyTo(token, draft);
  const member = findMember(draft, command);
  if (member instanceof BrokerError) return replyTo(token, member);
  heartbeat(draft, command, { before: member, token });
  return draft.decision();
}

/** Whether the member says nothing and has nothing to be told: nearly all heartbeats of a group at rest. */
function nothingNew(group: ConsumerGroup, command: ConsumerHeartbeatCommand): boolean {
  const member = group.members.get(command.memberId);
  return (
    member !== undefined &&
    member.epoch === command.epoch &&
    member.classic === null &&
    group.epoch === group.assignmentEpoch &&
    isReconciled(member, group.assignmentEpoch) &&
    !group.topicsStale &&
    command.topics === null &&
    command.regex === null &&
    command.owned === null &&
    command.serverAssignor === null &&
    command.rebalanceTimeoutMs === -1 &&
    (command.rackId === null || command.rackId === member.rackId) &&
    (command.instanceId === null || group.staticMembers.get(command.instanceId) === member.memberId)
  );
}

function idle(
  group: ConsumerGroup,
  { memberId, epoch }: ConsumerHeartbeatCommand,
  token: number,
  { world, nowMs }: DraftContext,
): GroupDecision {
  const config = world.consumerConfig(group.groupId);
  const answer: ConsumerHeartbeatAnswer = {
    kind: 'consumer-heartbeat',
    memberId,
    epoch,
    heartbeatIntervalMs: heartbeatInterval(config, isFresh(group, config, nowMs)),
    assignment: null,
  };
  return {
    volatile: [
      { kind: 'heard', groupId: group.groupId, memberId, deadlineMs: nowMs + config.sessionTimeoutMs },
    ],
    replies: [{ to: token, answer }],
  };
}

/** How soon a member is to be heard of again: sooner while the group moves, which takes some heartbeats. */
function heartbeatInterval(
  { heartbeatIntervalMs, rebalanceHeartbeatMs }: ConsumerGroupConfig,
  isMoving: boolean,
): number {
  return isMoving ? Math.min(heartbeatIntervalMs, rebalanceHeartbeatMs) : heartbeatIntervalMs;
}

/** Whether not every member may have heard of the assignment yet. */
function isFresh(
  { assignmentMs }: Pick<ConsumerGroup, 'assignmentMs'>,
  { heartbeatIntervalMs }: ConsumerGroupConfig,
  nowMs: number,
): boolean {
  const ageMs = nowMs - assignmentMs;
  return ageMs >= 0 && ageMs < heartbeatIntervalMs;
}

/** The group, which a joining member makes. */
function openGroup(
  live: LiveGroup | undefined,
  { groupId, epoch }: ConsumerHeartbeatCommand,
  context: DraftContext,
): ConsumerDraft | BrokerError {
  if (live?.type === 'consumer') return new ConsumerDraft(live, context);
  if (live === undefined && epoch !== JOINING_EPOCH) {
    return new BrokerError('group-not-found', `There is no group '${groupId}': join it with epoch 0.`);
  }
  // An empty classic group gives way, and leaves its offsets.
  const takesOver = live === undefined || (live.type === 'classic' && live.phase === 'Empty');
  if (epoch === JOINING_EPOCH && takesOver) return ConsumerDraft.made(groupId, [], context);
  if (epoch === JOINING_EPOCH && live?.type === 'classic') return upgrade(live, context);
  return notOfConsumers(groupId);
}

/** The member that the request is of, as it was before; undefined for one that joins. */
function findMember(
  draft: ConsumerDraft,
  command: ConsumerHeartbeatCommand,
): ConsumerMember | undefined | BrokerError {
  const { memberId, instanceId, epoch } = command;
  const existing = draft.member(memberId);
  if (existing === undefined && draft.size >= draft.context.settings.consumerMembersMax) {
    return new BrokerError(
      'group-max-size-reached',
      `The group has its most members already (group.consumer.max.size is ${draft.context.settings.consumerMembersMax}).`,
    );
  }
  if (instanceId !== null) return findStatic(draft, command, instanceId);
  if (epoch === JOINING_EPOCH) return existing;
  return existing === undefined ? unknownMember(memberId) : (checkEpoch(existing, command) ?? existing);
}

function findStatic(
  draft: ConsumerDraft,
  command: ConsumerHeartbeatCommand,
  instanceId: string,
): ConsumerMember | undefined | BrokerError {
  const { memberId, epoch } = command;
  const holder = draft.staticMember(instanceId);
  if (epoch !== JOINING_EPOCH) {
    if (holder === undefined) return unknownMember(memberId);
    if (holder.memberId !== memberId) return fencedInstance(instanceId, memberId);
    return checkEpoch(holder, command) ?? holder;
  }
  if (holder === undefined || holder.memberId === memberId) return draft.member(memberId);
  if (holder.classic === null && holder.epoch !== LEFT_STATIC_EPOCH) {
    return new BrokerError(
      'unreleased-instance-id',
      `group.instance.id '${instanceId}' is of member '${holder.memberId}', which hasn't left: each instance needs its own.`,
    );
  }
  return replaceStatic(draft, holder, memberId);
}

/** A static member comes back under another member id: it takes over what its old self had. */
export function replaceStatic(draft: ConsumerDraft, old: ConsumerMember, memberId: string): ConsumerMember {
  const assignment = draft.target(old.memberId);
  draft.remove([old.memberId]);
  draft.putMetadata({ ...metadataOf(old), memberId });
  draft.putTarget(draft.assignmentEpoch, draft.assignmentMs, [{ memberId, assignment }]);
  const { state, assigned, revoking } = old;
  draft.putCurrent(memberId, { state, epoch: 0, previousEpoch: 0, assigned, revoking });
  return draft.member(memberId)!;
}

/** A member that hasn't seen the last answer comes with the epoch before, and with no more than it was given since. */
function checkEpoch(member: ConsumerMember, command: ConsumerHeartbeatCommand): BrokerError | null {
  const { epoch, owned } = command;
  if (epoch === member.epoch) return null;
  if (epoch === member.previousEpoch && owned !== null && isSubset(owned, member.assigned)) return null;
  return new BrokerError(
    'fenced-member-epoch',
    `The heartbeat is of epoch ${epoch}, the member is in ${member.epoch}: give up all partitions, and join again with epoch 0.`,
  );
}

function isSubset(owned: readonly OwnedTopic[], assigned: HeldPartitions): boolean {
  return owned.every(({ topicId, partitions }) => {
    const own = assigned.get(topicId);
    return own !== undefined && partitions.every((partition) => own.has(partition));
  });
}

function heartbeat(
  draft: ConsumerDraft,
  command: ConsumerHeartbeatCommand,
  { before, token }: { before: ConsumerMember | undefined; token: number },
): void {
  const metadata = metadataAfter(before, command);
  const subscriptionChanged = before === undefined || wantsOther(before, metadata);
  const { memberId } = metadata;
  const isNew = before === undefined;
  if (isNew || subscriptionChanged || !sameIdentity(before, metadata)) draft.putMetadata(metadata);
  if (subscriptionChanged || draft.epoch === 0 || draft.topicsStale) {
    resolveTopics(draft, command.mayDescribe);
    refreshTopics(draft, subscriptionChanged || draft.epoch === 0);
  }
  const next = advance(draft, memberId, { subscriptionChanged, owned: command.owned });
  const { sessionTimeoutMs } = draft.config;
  const isMoving =
    draft.epoch > draft.assignmentEpoch ||
    next.state !== 'stable' ||
    isFresh(draft, draft.config, draft.nowMs);
  if (command.epoch === JOINING_EPOCH) draft.startSession(memberId, sessionTimeoutMs);
  else draft.heard(memberId, sessionTimeoutMs);
  const isFull = command.owned !== null && command.rebalanceTimeoutMs !== -1 && hasSubscription(command);
  const told =
    isFull || command.epoch === JOINING_EPOCH || isNew || !samePartitions(before.assigned, next.assigned);
  draft.reply(token, {
    kind: 'consumer-heartbeat',
    memberId,
    epoch: next.epoch,
    heartbeatIntervalMs: heartbeatInterval(draft.config, isMoving),
    assignment: told ? ownedTopics(next.assigned) : null,
  });
}

/** Computes the target if one is due, and brings the member a step nearer to it. */
export function advance(
  draft: ConsumerDraft,
  memberId: string,
  { subscriptionChanged, owned }: { subscriptionChanged: boolean; owned: readonly OwnedTopic[] | null },
): ConsumerMember {
  if (draft.epoch > draft.assignmentEpoch && draft.isAssignmentDue) updateTarget(draft);
  const member = draft.member(memberId)!;
  if (!subscriptionChanged && isReconciled(member, draft.assignmentEpoch)) return member;
  const current = reconcile({
    member,
    targetEpoch: draft.assignmentEpoch,
    target: draft.target(memberId),
    isSubscribed: subscribes(draft, member),
    isFree: (topicId, partition) => draft.isFree(topicId, partition, memberId),
    subscriptionChanged,
    owned,
  });
  if (current !== member) draft.putCurrent(memberId, current);
  return draft.member(memberId)!;
}

function hasSubscription({ topics, regex }: ConsumerHeartbeatCommand): boolean {
  return topics !== null || regex !== null;
}

function metadataAfter(
  before: ConsumerMember | undefined,
  command: ConsumerHeartbeatCommand,
): ConsumerMetadata {
  const { topics, regex, rebalanceTimeoutMs } = command;
  return {
    memberId: command.memberId,
    instanceId: command.instanceId ?? before?.instanceId ?? null,
    rackId: command.rackId ?? before?.rackId ?? null,
    clientId: command.clientId,
    clientHost: command.clientHost,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? (before?.rebalanceTimeoutMs ?? -1) : rebalanceTimeoutMs,
    serverAssignor: command.serverAssignor ?? before?.serverAssignor ?? null,
    topics: topics === null ? (before?.topics ?? []) : [...new Set(topics)].sort(),
    regex: regex === null ? (before?.regex ?? null) : regex === '' ? null : regex,
    classic: null,
  };
}

/** Whether another assignment may be needed. */
export function wantsOther(before: ConsumerMember, after: ConsumerMetadata): boolean {
  return (
    before.regex !== after.regex || before.rackId !== after.rackId || !sameNames(before.topics, after.topics)
  );
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, i) => name === b[i]));
}

function sameIdentity(before: ConsumerMember, after: ConsumerMetadata): boolean {
  return (
    before.classic === null &&
    before.instanceId === after.instanceId &&
    before.clientId === after.clientId &&
    before.clientHost === after.clientHost &&
    before.rebalanceTimeoutMs === after.rebalanceTimeoutMs &&
    before.serverAssignor === after.serverAssignor
  );
}

function ownedTopics(held: HeldPartitions): OwnedTopic[] {
  return [...held].map(([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()].sort((a, b) => a - b),
  }));
}
