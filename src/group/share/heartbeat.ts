/** ShareGroupHeartbeat (KIP-932): joining, going on, changing one's subscription, and leaving. */
import { BrokerError } from '../../base/errors.ts';
import type { OwnedTopic } from '../commands.ts';
import type { Assignment } from '../consumer/model.ts';
import { type DraftContext, type GroupDecision, replyTo, unknownMember } from '../draft.ts';
import type { GroupsState, LiveGroup } from '../model.ts';
import { refreshTopics, updateTarget } from './assignment.ts';
import { checkHeartbeat, notOfShares } from './check-heartbeat.ts';
import {
  JOINING_EPOCH,
  LEAVING_EPOCH,
  type ShareHeartbeatAnswer,
  type ShareHeartbeatCommand,
} from './commands.ts';
import { ShareDraft } from './draft.ts';
import { newShareGroup, type ShareGroup, type ShareMember, type ShareMetadata } from './model.ts';

export function decideShareHeartbeat(
  state: GroupsState,
  command: ShareHeartbeatCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  const problem = checkHeartbeat(command);
  if (problem !== null) return replyTo(token, problem);
  const live = state.groups.get(command.groupId)?.live;
  if (command.epoch === LEAVING_EPOCH) return decideLeave(live, command, token, context);
  if (live?.type === 'share' && nothingNew(live, command, context))
    return idle(live, command, token, context);
  const group = openGroup(live, command);
  if (group instanceof BrokerError) return replyTo(token, group);
  const draft = new ShareDraft(group, context);
  const before = draft.member(command.memberId);
  const refusal = checkMember(draft, before, command);
  if (refusal !== null) return replyTo(token, refusal);
  heartbeat(draft, command, { before, token });
  return draft.decision();
}

/** Whether the member says nothing and has nothing to be told: nearly all heartbeats of a group at rest. */
function nothingNew(
  group: ShareGroup,
  { memberId, epoch, topics, rackId }: ShareHeartbeatCommand,
  { world }: DraftContext,
): boolean {
  const member = group.members.get(memberId);
  return (
    member !== undefined &&
    member.epoch === epoch &&
    epoch === group.epoch &&
    epoch === group.assignmentEpoch &&
    group.topicsVersion === world.topicsVersion &&
    topics === null &&
    (rackId === null || rackId === member.rackId)
  );
}

function idle(
  { groupId }: ShareGroup,
  { memberId, epoch }: ShareHeartbeatCommand,
  token: number,
  { world, nowMs }: DraftContext,
): GroupDecision {
  const { sessionTimeoutMs, heartbeatIntervalMs } = world.shareConfig(groupId);
  return {
    volatile: [{ kind: 'heard', groupId, memberId, deadlineMs: nowMs + sessionTimeoutMs }],
    replies: [{ to: token, answer: answer(memberId, epoch, heartbeatIntervalMs, null) }],
  };
}

/** The group, which a joining member makes. A group of another kind stays what it is, without members too, as in Kafka. */
function openGroup(
  live: LiveGroup | undefined,
  { groupId, epoch }: ShareHeartbeatCommand,
): ShareGroup | BrokerError {
  if (live?.type === 'share') return live;
  if (live !== undefined) return notOfShares(groupId);
  if (epoch === JOINING_EPOCH) return newShareGroup(groupId);
  return new BrokerError('group-not-found', `There is no group '${groupId}': join it with epoch 0.`);
}

function checkMember(
  draft: ShareDraft,
  member: ShareMember | undefined,
  { memberId, epoch }: ShareHeartbeatCommand,
): BrokerError | null {
  const { shareMembersMax } = draft.context.settings;
  if (member === undefined && draft.sizeBefore >= shareMembersMax) {
    return new BrokerError(
      'group-max-size-reached',
      `The group has its most members already (group.share.max.size is ${shareMembersMax}).`,
    );
  }
  if (epoch === JOINING_EPOCH) return null;
  if (member === undefined) return unknownMember(memberId);
  // The answer with the new epoch may have been lost.
  if (epoch === member.epoch || epoch === member.previousEpoch) return null;
  return new BrokerError(
    'fenced-member-epoch',
    `The heartbeat is of epoch ${epoch}, the member is in ${member.epoch}: release all records, and join again with epoch 0.`,
  );
}

function heartbeat(
  draft: ShareDraft,
  command: ShareHeartbeatCommand,
  { before, token }: { before: ShareMember | undefined; token: number },
): void {
  const { memberId } = command;
  const metadata = metadataAfter(before, command);
  const subscriptionChanged = before === undefined || !sameNames(before.topics, metadata.topics);
  if (before === undefined || subscriptionChanged || !sameIdentity(before, metadata))
    draft.putMetadata(metadata);
  if (subscriptionChanged || draft.topicsStale) refreshTopics(draft, subscriptionChanged);
  if (draft.epoch > draft.assignmentEpoch && draft.isAssignmentDue) updateTarget(draft);
  advance(draft, memberId, subscriptionChanged);
  const { sessionTimeoutMs, heartbeatIntervalMs, assignmentIntervalMs } = draft.config;
  if (command.epoch === JOINING_EPOCH) draft.startSession(memberId, sessionTimeoutMs);
  else draft.heard(memberId, sessionTimeoutMs);
  const member = draft.member(memberId)!;
  const isNews =
    command.topics !== null ||
    command.epoch !== member.epoch ||
    before === undefined ||
    before.assigned !== member.assigned;
  // An assignment that isn't due yet is got sooner than with the next regular heartbeat.
  const isWaiting = draft.epoch > draft.assignmentEpoch;
  const intervalMs = isWaiting ? Math.min(heartbeatIntervalMs, assignmentIntervalMs) : heartbeatIntervalMs;
  const assignment = isNews ? ownedTopics(member.assigned) : null;
  draft.reply(token, answer(memberId, member.epoch, intervalMs, assignment));
}

/** Brings the member to its target, or at least away from what it doesn't subscribe to any more. */
function advance(draft: ShareDraft, memberId: string, subscriptionChanged: boolean): void {
  const { epoch, previousEpoch, assigned, topics } = draft.member(memberId)!;
  const isBehind = epoch !== draft.assignmentEpoch;
  let next = isBehind ? draft.target(memberId) : assigned;
  if (subscriptionChanged) {
    const { world } = draft.context;
    const kept = [...next].filter(([id]) => topics.includes(world.topicById(id)?.name ?? ''));
    if (kept.length < next.size) next = new Map(kept);
  }
  if (isBehind)
    draft.putCurrent(memberId, { epoch: draft.assignmentEpoch, previousEpoch: epoch, assigned: next });
  else if (next !== assigned) draft.putCurrent(memberId, { epoch, previousEpoch, assigned: next });
}

function metadataAfter(before: ShareMember | undefined, command: ShareHeartbeatCommand): ShareMetadata {
  const { memberId, rackId, clientId, clientHost, topics } = command;
  return {
    memberId,
    rackId: rackId ?? before?.rackId ?? null,
    clientId,
    clientHost,
    topics: topics === null ? (before?.topics ?? []) : [...new Set(topics)].sort(),
  };
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, i) => name === b[i]));
}

function sameIdentity(before: ShareMember, after: ShareMetadata): boolean {
  return (
    before.rackId === after.rackId &&
    before.clientId === after.clientId &&
    before.clientHost === after.clientHost
  );
}

function answer(
  memberId: string,
  epoch: number,
  heartbeatIntervalMs: number,
  assignment: readonly OwnedTopic[] | null,
): ShareHeartbeatAnswer {
  return { kind: 'share-heartbeat', memberId, epoch, heartbeatIntervalMs, assignment };
}

function ownedTopics(assigned: Assignment): OwnedTopic[] {
  return [...assigned].map(([topicId, partitions]) => ({ topicId, partitions }));
}

function decideLeave(
  live: LiveGroup | undefined,
  { groupId, memberId, epoch }: ShareHeartbeatCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  if (live?.type !== 'share') return replyTo(token, notOfShares(groupId));
  if (!live.members.has(memberId)) return replyTo(token, unknownMember(memberId));
  const draft = new ShareDraft(live, context);
  removeMember(draft, memberId);
  draft.reply(token, answer(memberId, epoch, 0, null));
  return draft.decision();
}

/** A session is over. */
export function shareSessionDue(group: ShareGroup, memberId: string, context: DraftContext): GroupDecision {
  if (!group.members.has(memberId)) return {};
  const draft = new ShareDraft(group, context);
  removeMember(draft, memberId);
  return draft.decision();
}

/** The next heartbeat of another member divides anew. */
function removeMember(draft: ShareDraft, memberId: string): void {
  draft.remove(memberId);
  refreshTopics(draft, true);
}
