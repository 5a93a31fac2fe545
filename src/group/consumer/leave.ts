/** How members of the consumer protocol go: by themselves, when their session ends, and when they don't give up partitions. */
import type { BrokerError } from '../../base/errors.ts';
import type { ConsumerHeartbeatCommand } from '../commands.ts';
import { type DraftContext, fencedInstance, type GroupDecision, replyTo, unknownMember } from '../draft.ts';
import type { LiveGroup } from '../model.ts';
import { refreshTopics } from './assignment.ts';
import { notOfConsumers } from './check-heartbeat.ts';
import { decisionAfterLeaving } from './convert.ts';
import { ConsumerDraft } from './draft.ts';
import { type ConsumerGroup, type ConsumerMember, LEFT_STATIC_EPOCH, NO_PARTITIONS } from './model.ts';

export function decideConsumerLeave(
  live: LiveGroup | undefined,
  command: ConsumerHeartbeatCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  const { groupId, memberId, epoch } = command;
  if (live?.type !== 'consumer') return replyTo(token, notOfConsumers(groupId));
  const draft = new ConsumerDraft(live, context);
  const problem = checkLeaving(draft, command);
  if (problem !== null) return replyTo(token, problem);
  if (epoch === LEFT_STATIC_EPOCH) leaveForAWhile(draft, draft.member(memberId)!);
  else removeMembers(draft, [memberId]);
  draft.reply(token, {
    kind: 'consumer-heartbeat',
    memberId,
    epoch,
    heartbeatIntervalMs: 0,
    assignment: null,
  });
  return decisionAfterLeaving(draft);
}

function checkLeaving(
  draft: ConsumerDraft,
  { memberId, instanceId }: ConsumerHeartbeatCommand,
): BrokerError | null {
  if (instanceId === null) return draft.member(memberId) === undefined ? unknownMember(memberId) : null;
  const holder = draft.staticMember(instanceId);
  if (holder === undefined) return unknownMember(memberId);
  return holder.memberId === memberId ? null : fencedInstance(instanceId, memberId);
}

/** A static member keeps what it has until it comes back, or its session ends. */
function leaveForAWhile(draft: ConsumerDraft, member: ConsumerMember): void {
  const { memberId, state, epoch, assigned } = member;
  draft.putCurrent(memberId, {
    state,
    epoch: LEFT_STATIC_EPOCH,
    previousEpoch: epoch,
    assigned,
    revoking: NO_PARTITIONS,
  });
}

/** Their partitions are free at once; the next heartbeat of another member divides anew. */
export function removeMembers(draft: ConsumerDraft, memberIds: readonly string[]): void {
  draft.remove(memberIds);
  refreshTopics(draft, true);
}

/** A session is over. */
export function consumerSessionDue(
  group: ConsumerGroup,
  memberId: string,
  context: DraftContext,
): GroupDecision {
  return group.members.has(memberId) ? removal(group, memberId, context) : {};
}

/** A member had its time to give up partitions; one that is still in the same epoch is removed. */
export function consumerRevokeDue(
  group: ConsumerGroup,
  { memberId, epoch }: { readonly memberId: string; readonly epoch: number },
  context: DraftContext,
): GroupDecision {
  const member = group.members.get(memberId);
  if (member === undefined || member.state !== 'unrevoked' || member.epoch !== epoch) return {};
  return removal(group, memberId, context);
}

/** A classic member was told to join again, or joined and didn't ask for its assignment. */
export function consumerRejoinDue(
  group: ConsumerGroup,
  { memberId, atMs }: { readonly memberId: string; readonly atMs: number },
  context: DraftContext,
): GroupDecision {
  const member = group.members.get(memberId);
  if (member === undefined || member.classic === null || member.rejoinMs !== atMs) return {};
  return removal(group, memberId, context);
}

function removal(group: ConsumerGroup, memberId: string, context: DraftContext): GroupDecision {
  const draft = new ConsumerDraft(group, context);
  removeMembers(draft, [memberId]);
  return decisionAfterLeaving(draft);
}
