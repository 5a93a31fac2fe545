/** JoinGroup: becoming a member, and joining each rebalance (KIP-62, KIP-345, KIP-394, KIP-814). */
import { BrokerError } from '../base/errors.ts';
import type { JoinCommand } from './commands.ts';
import {
  checkGroupId,
  checkMember,
  type DraftContext,
  type GroupDecision,
  GroupDraft,
  replyTo,
  unknownMember,
} from './draft.ts';
import {
  type ClassicGroup,
  computeSubscribedTopics,
  joinedCount,
  newGroup,
  sameProtocols,
  selectProtocol,
  supportsProtocols,
} from './model.ts';
import { completeJoinIfAllJoined, joinedAnswer, rebalance } from './rebalance.ts';
import { PENDING_JOINS_MAX } from './settings.ts';

/** Longest part of a client's or instance's name that is taken into a member id. */
const MEMBER_ID_PREFIX_MAX = 255;

export function decideJoin(
  live: ClassicGroup | undefined,
  command: JoinCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  const problem = checkJoin(command, context);
  if (problem !== null) return replyTo(token, problem);
  const isNew = command.memberId === '';
  if (live === undefined && !isNew) return replyTo(token, unknownMember(command.memberId));
  const group = live ?? newGroup(command.groupId, context.nowMs);
  if (!acceptsMember(group, command.memberId, context)) {
    return refuseTooMany(new GroupDraft(group, context), command, token);
  }
  if (!supportsProtocols(group, command.protocolType, command.protocols)) {
    return replyTo(token, inconsistentProtocol(command));
  }
  if (isNew && needsMemberId(command) && group.pendingJoins.size >= PENDING_JOINS_MAX) {
    return replyTo(token, tooManyPending());
  }
  const isPending = group.pendingJoins.has(command.memberId);
  if (!isNew && !isPending) {
    const unknown = checkMember(group, command.memberId, command.instanceId);
    if (unknown !== null) return replyTo(token, unknown);
  }
  const draft = new GroupDraft(group, context);
  if (isNew) joinNew(draft, command, token);
  else if (isPending) addAndRebalance(draft, command.memberId, command, token);
  else joinKnown(draft, command, token);
  return draft.decision();
}

/** What a join must say, whatever the group is. */
export function checkJoin(command: JoinCommand, { settings }: DraftContext): BrokerError | null {
  if (
    command.sessionTimeoutMs < settings.sessionTimeoutMinMs ||
    command.sessionTimeoutMs > settings.sessionTimeoutMaxMs
  ) {
    return new BrokerError(
      'invalid-session-timeout',
      `session.timeout.ms is ${command.sessionTimeoutMs} and must be from ${settings.sessionTimeoutMinMs} to ` +
        `${settings.sessionTimeoutMaxMs} (group.min.session.timeout.ms, group.max.session.timeout.ms).`,
    );
  }
  return checkGroupId(command.groupId);
}

function inconsistentProtocol(command: JoinCommand): BrokerError {
  return new BrokerError(
    'inconsistent-group-protocol',
    `The group's members have another protocol type than '${command.protocolType}', or no protocol in common with ` +
      `${command.protocols.map((p) => `'${p.name}'`).join(', ')}: all need one partition.assignment.strategy in common.`,
  );
}

/** Whether there is room. Those who wait already are counted first, so that a lowered limit drops the last to come. */
function acceptsMember(group: ClassicGroup, memberId: string, { settings }: DraftContext): boolean {
  const member = group.members.get(memberId);
  switch (group.phase) {
    case 'Empty':
      return true;
    case 'PreparingRebalance':
      return (
        (member !== undefined && member.joinToken !== 0) || joinedCount(group) < settings.groupMembersMax
      );
    default:
      return member !== undefined || group.members.size < settings.groupMembersMax;
  }
}

function refuseTooMany(draft: GroupDraft, command: JoinCommand, token: number): GroupDecision {
  if (command.memberId !== '') {
    draft.removeMember(command.memberId);
    completeJoinIfAllJoined(draft);
  }
  draft.reply(
    token,
    new BrokerError(
      'group-max-size-reached',
      `The group has its most members already (group.max.size is ${draft.settings.groupMembersMax}).`,
    ),
  );
  return draft.decision();
}

/** KIP-394: a dynamic member has to come back with an id before it is one. */
function needsMemberId({ instanceId, memberIdRequired }: JoinCommand): boolean {
  return instanceId === null && memberIdRequired;
}

/** Clients try that again: there is room when ids run out (their session timeout), or are come back for. */
function tooManyPending(): BrokerError {
  return new BrokerError(
    'coordinator-not-available',
    `${PENDING_JOINS_MAX} members of the group were given an id and have not joined with it yet: try again later.`,
  );
}

/** An id that names the member to people, too. */
export function newMemberId({ instanceId, clientId, newMemberIdSuffix }: JoinCommand): string {
  return `${(instanceId ?? clientId).slice(0, MEMBER_ID_PREFIX_MAX)}-${newMemberIdSuffix}`;
}

function joinNew(draft: GroupDraft, command: JoinCommand, token: number): void {
  const { group } = draft;
  const { instanceId } = command;
  const memberId = newMemberId(command);
  if (instanceId !== null) {
    if (group.staticMembers.has(instanceId)) replaceStatic(draft, memberId, command, token);
    else addAndRebalance(draft, memberId, command, token);
    return;
  }
  if (!needsMemberId(command)) {
    addAndRebalance(draft, memberId, command, token);
    return;
  }
  group.pendingJoins.add(memberId);
  draft.startSession(memberId, command.sessionTimeoutMs);
  draft.reply(token, { kind: 'member-id-required', memberId });
}

function addAndRebalance(draft: GroupDraft, memberId: string, command: JoinCommand, token: number): void {
  const { group } = draft;
  if (group.phase === 'PreparingRebalance' && group.initialJoin) group.newMemberAdded = true;
  draft.addMember(memberId, command, token);
  draft.restartSession(memberId, draft.settings.newMemberJoinTimeoutMs);
  rebalance(draft);
}

function joinKnown(draft: GroupDraft, command: JoinCommand, token: number): void {
  const { group } = draft;
  const member = draft.member(command.memberId);
  const unchanged = sameProtocols(member, command.protocols);
  const leaderOfStable = group.phase === 'Stable' && group.leaderId === command.memberId;
  // Who comes again with nothing new didn't get its answer; a leader wants a rebalance (its topics have changed).
  if (group.phase !== 'PreparingRebalance' && unchanged && !leaderOfStable) {
    draft.reply(token, joinedAnswer(draft, command.memberId));
    return;
  }
  draft.updateMember(command.memberId, command, token);
  rebalance(draft);
}

/** A static member comes back without its id: it takes its old place, and its old self is fenced. */
function replaceStatic(draft: GroupDraft, memberId: string, command: JoinCommand, token: number): void {
  const { group } = draft;
  const leaderBefore = group.leaderId;
  draft.replaceStaticMember(command.instanceId!, memberId);
  draft.updateMember(memberId, command, token);
  draft.restartSession(memberId);
  if (group.phase !== 'Stable' || selectProtocol(group) !== group.protocolName) {
    // Also while the leader divides the work: it would give it to the old id.
    rebalance(draft);
    return;
  }
  // Nothing changes for anybody else: no rebalance.
  group.subscribedTopics = computeSubscribedTopics(group);
  draft.log();
  const answer = joinedAnswer(draft, memberId);
  const isLeader = group.leaderId === memberId;
  if (command.skipAssignmentSupported) draft.answerJoin(memberId, { ...answer, skipAssignment: isLeader });
  else {
    // An older client must not take itself for the leader, which would assign anew: it is told its old id.
    draft.answerJoin(memberId, { ...answer, members: [], leaderId: leaderBefore ?? '' });
  }
}
