/** SyncGroup, Heartbeat and LeaveGroup. */
import { BrokerError } from '../base/errors.ts';
import type { GroupAnswer, HeartbeatCommand, LeaveCommand, LeavingMember, SyncCommand } from './commands.ts';
import {
  checkGeneration,
  checkGroupId,
  checkMember,
  type DraftContext,
  type GroupDecision,
  GroupDraft,
  rebalanceInProgress,
  replyTo,
  syncTimerKey,
  unknownMember,
} from './draft.ts';
import { type ClassicGroup, EMPTY_BYTES, type Member } from './model.ts';
import { completeJoinIfAllJoined, prepareRebalance } from './rebalance.ts';

/** A member asks for its work; the leader brings everybody's. */
export function decideSync(
  live: ClassicGroup | undefined,
  command: SyncCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  if (live === undefined || live.phase === 'Empty') return replyTo(token, noMember(command));
  const problem =
    checkMember(live, command.memberId, command.instanceId) ??
    checkGeneration(live, command.generation) ??
    checkProtocol(live, command);
  if (problem !== null) return replyTo(token, problem);
  if (live.phase === 'PreparingRebalance') return replyTo(token, rebalanceInProgress());
  const draft = new GroupDraft(live, context);
  const { group } = draft;
  group.pendingSyncs.delete(command.memberId);
  if (group.pendingSyncs.size === 0) draft.cancelTimer(syncTimerKey(group.groupId));
  if (group.phase === 'Stable') {
    draft.reply(token, syncedAnswer(group, draft.member(command.memberId)));
    return draft.decision();
  }
  // A member that asks again has given up its first request.
  draft.answerSync(command.memberId, rebalanceInProgress());
  draft.change(command.memberId, { syncToken: token });
  if (group.leaderId === command.memberId) handOut(draft, command);
  return draft.decision();
}

/** Of a group that has no members, or isn't there. */
function noMember({ groupId, memberId }: { groupId: string; memberId: string }): BrokerError {
  return checkGroupId(groupId) ?? unknownMember(memberId);
}

/** The leader's word is logged, and everybody who waits gets its part. */
function handOut(draft: GroupDraft, command: SyncCommand): void {
  const { group } = draft;
  const assignments = new Map(command.assignments.map((a) => [a.memberId, a.assignment]));
  draft.setPhase('Stable');
  draft.log();
  for (const memberId of [...group.members.keys()]) {
    draft.change(memberId, { assignment: Buffer.from(assignments.get(memberId) ?? EMPTY_BYTES) });
    if (draft.answerSync(memberId, syncedAnswer(group, draft.member(memberId))))
      draft.restartSession(memberId);
  }
}

function syncedAnswer(group: ClassicGroup, member: Member): GroupAnswer {
  return {
    kind: 'synced',
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    assignment: member.assignment,
  };
}

/** KIP-559: a member that takes the group for something else must not take its assignment. */
function checkProtocol(group: ClassicGroup, command: SyncCommand): BrokerError | null {
  const differs = (given: string | null, own: string | null): boolean =>
    given !== null && own !== null && given !== own;
  if (
    !differs(command.protocolType, group.protocolType) &&
    !differs(command.protocolName, group.protocolName)
  ) {
    return null;
  }
  return new BrokerError(
    'inconsistent-group-protocol',
    `The group uses ${group.protocolType} and ${group.protocolName}, not ${command.protocolType} and ${command.protocolName}.`,
  );
}

/** The cheapest command and the most frequent: no copy of the group, no timer. */
export function decideHeartbeat(
  live: ClassicGroup | undefined,
  command: HeartbeatCommand,
  token: number,
  { nowMs }: DraftContext,
): GroupDecision {
  if (live === undefined || live.phase === 'Empty') {
    return replyTo(token, noMember(command));
  }
  const problem =
    checkMember(live, command.memberId, command.instanceId) ?? checkGeneration(live, command.generation);
  if (problem !== null) return replyTo(token, problem);
  const { memberId, sessionTimeoutMs } = live.members.get(command.memberId)!;
  return {
    volatile: [{ kind: 'heard', groupId: live.groupId, memberId, deadlineMs: nowMs + sessionTimeoutMs }],
    replies: [
      {
        to: token,
        answer: live.phase === 'PreparingRebalance' ? rebalanceInProgress() : { kind: 'heartbeat' },
      },
    ],
  };
}

export function decideLeave(
  live: ClassicGroup | undefined,
  command: LeaveCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  if (live === undefined) return replyTo(token, checkGroupId(command.groupId) ?? nobodyLeft(command));
  const draft = new GroupDraft(live, context);
  const { group } = draft;
  const membersBefore = group.members.size;
  const errors = new Map<LeavingProblem, BrokerError>();
  const members = command.members.map((leaving) => {
    const problem = removeLeaving(draft, leaving);
    return { ...leaving, error: problem === null ? null : leavingError(errors, problem) };
  });
  draft.reply(token, { kind: 'left', members });
  if (group.phase === 'PreparingRebalance') completeJoinIfAllJoined(draft);
  else if (group.members.size < membersBefore) prepareRebalance(draft);
  return draft.decision();
}

/** Of a group that isn't there. */
function nobodyLeft({ members }: LeaveCommand): GroupAnswer {
  const error = leavingError(new Map(), 'unknown-member');
  return { kind: 'left', members: members.map((leaving) => ({ ...leaving, error })) };
}

export type LeavingProblem = 'unknown-member' | 'fenced-instance-id';

const LEAVING_SENTENCES: Readonly<Record<LeavingProblem, string>> = {
  'unknown-member': 'The group has no such member: it has left already, or never joined.',
  'fenced-instance-id':
    'The member was replaced by another with the same group.instance.id: it is not in the group.',
};

/** One for all who have the same problem: a request may name a hundred thousand members. */
export function leavingError(errors: Map<LeavingProblem, BrokerError>, problem: LeavingProblem): BrokerError {
  let error = errors.get(problem);
  if (error === undefined) {
    error = new BrokerError(problem, LEAVING_SENTENCES[problem]);
    errors.set(problem, error);
  }
  return error;
}

function removeLeaving(draft: GroupDraft, { memberId, instanceId }: LeavingMember): LeavingProblem | null {
  const { group } = draft;
  const current = instanceId === null ? undefined : group.staticMembers.get(instanceId);
  if (memberId === '') {
    // An administrator removes a static member by its instance id.
    if (current === undefined) return 'unknown-member';
    draft.removeMember(current);
    return null;
  }
  if (!group.pendingJoins.has(memberId)) {
    if (instanceId !== null && current === undefined) return 'unknown-member';
    if (current !== undefined && current !== memberId) return 'fenced-instance-id';
    if (!group.members.has(memberId)) return 'unknown-member';
  }
  draft.removeMember(memberId);
  return null;
}
