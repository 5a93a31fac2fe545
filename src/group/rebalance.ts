/**
 * The rebalance of a group: the join phase, in which members (re)join, and the sync phase, in which the leader hands
 * out the work. Rules as in Kafka 4 (KIP-62, KIP-134, KIP-345, KIP-394).
 */
import type { JoinedAnswer } from './commands.ts';
import { type GroupDraft, joinTimerKey, rebalanceInProgress, syncTimerKey } from './draft.ts';
import {
  allJoined,
  computeSubscribedTopics,
  EMPTY_BYTES,
  type Member,
  protocolMetadata,
  rebalanceTimeoutMs,
  selectProtocol,
} from './model.ts';

/** Someone joined, changed or left: begins a rebalance, or ends its join phase if that was the last to wait for. */
export function rebalance(draft: GroupDraft): void {
  if (draft.group.phase === 'PreparingRebalance') completeJoinIfAllJoined(draft);
  else prepareRebalance(draft);
}

/** Begins a rebalance. */
export function prepareRebalance(draft: GroupDraft): void {
  const { group } = draft;
  if (group.phase === 'CompletingRebalance') cancelSyncs(draft);
  group.pendingSyncs.clear();
  draft.cancelTimer(syncTimerKey(group.groupId));
  group.initialJoin = group.phase === 'Empty';
  draft.setPhase('PreparingRebalance');
  if (group.initialJoin) {
    const delayMs = draft.settings.initialRebalanceDelayMs;
    const remainingMs = Math.max(rebalanceTimeoutMs(group) - delayMs, 0);
    initialJoinTimer(draft, delayMs, remainingMs);
  } else if (allJoined(group)) completeJoin(draft);
  else joinTimer(draft);
}

/** The initial delay is over: it goes on as long as someone comes, up to the rebalance timeout. */
export function initialJoinDue(draft: GroupDraft, delayMs: number, remainingMs: number): void {
  const { group } = draft;
  if (group.newMemberAdded && remainingMs > 0) {
    group.newMemberAdded = false;
    const nextDelayMs = Math.min(draft.settings.initialRebalanceDelayMs, remainingMs);
    initialJoinTimer(draft, nextDelayMs, Math.max(remainingMs - delayMs, 0));
  } else completeJoin(draft);
}

export function completeJoinIfAllJoined(draft: GroupDraft): void {
  const { group } = draft;
  if (group.phase === 'PreparingRebalance' && !group.initialJoin && allJoined(group)) completeJoin(draft);
}

/** Ends the join phase: members that haven't joined are dropped, but for static ones. */
export function completeJoin(draft: GroupDraft): void {
  const { group } = draft;
  draft.cancelTimer(joinTimerKey(group.groupId));
  for (const member of [...group.members.values()]) {
    if (member.joinToken === 0 && member.instanceId === null) draft.removeMember(member.memberId);
  }
  if (!electJoinedLeader(draft) && group.members.size > 0) {
    // Only static members that haven't come back: wait for them, or for their sessions to end.
    joinTimer(draft);
    return;
  }
  group.generation++;
  group.initialJoin = false;
  group.newMemberAdded = false;
  group.pendingSyncs.clear();
  if (group.members.size === 0) {
    group.protocolName = null;
    group.leaderId = null;
    group.subscribedTopics = computeSubscribedTopics(group);
    draft.setPhase('Empty');
    draft.log();
    return;
  }
  group.protocolName = selectProtocol(group);
  group.subscribedTopics = computeSubscribedTopics(group);
  draft.setPhase('CompletingRebalance');
  for (const memberId of [...group.members.keys()]) {
    draft.answerJoin(memberId, joinedAnswer(draft, memberId));
    draft.change(memberId, { isNew: false });
    draft.restartSession(memberId);
    group.pendingSyncs.add(memberId);
  }
  const { groupId, generation } = group;
  draft.timer(syncTimerKey(groupId), rebalanceTimeoutMs(group), { kind: 'sync-due', groupId, generation });
}

/** Members that haven't asked for their work within the rebalance timeout are dropped, and the rest rebalances. */
export function syncDue(draft: GroupDraft, generation: number): void {
  const { group } = draft;
  if (group.generation !== generation || group.pendingSyncs.size === 0) return;
  if (group.phase !== 'CompletingRebalance' && group.phase !== 'Stable') return;
  for (const memberId of [...group.pendingSyncs]) draft.removeMember(memberId);
  prepareRebalance(draft);
}

/** The answer to a member's join, in the group's current generation. */
export function joinedAnswer(draft: GroupDraft, memberId: string): JoinedAnswer {
  const { group } = draft;
  return {
    kind: 'joined',
    memberId,
    generation: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leaderId: group.leaderId ?? '',
    members: group.leaderId === memberId ? membersForLeader(draft) : [],
    skipAssignment: false,
  };
}

function membersForLeader({ group }: GroupDraft): JoinedAnswer['members'] {
  return [...group.members.values()].map((member: Member) => ({
    memberId: member.memberId,
    instanceId: member.instanceId,
    metadata: protocolMetadata(member, group.protocolName),
  }));
}

/** Whoever waits for work in the generation that ends has to join again; what was handed out is void. */
function cancelSyncs(draft: GroupDraft): void {
  for (const memberId of [...draft.group.members.keys()]) {
    draft.change(memberId, { assignment: EMPTY_BYTES });
    if (draft.answerSync(memberId, rebalanceInProgress())) draft.restartSession(memberId);
  }
}

/** The leader stays if it has joined; else another that has. False when nobody has. */
function electJoinedLeader({ group }: GroupDraft): boolean {
  const leader = group.leaderId === null ? undefined : group.members.get(group.leaderId);
  if (leader !== undefined && leader.joinToken !== 0) return true;
  for (const member of group.members.values()) {
    if (member.joinToken === 0) continue;
    group.leaderId = member.memberId;
    return true;
  }
  return false;
}

function initialJoinTimer(draft: GroupDraft, delayMs: number, remainingMs: number): void {
  const { groupId } = draft.group;
  draft.timer(joinTimerKey(groupId), delayMs, { kind: 'initial-join-due', groupId, delayMs, remainingMs });
}

function joinTimer(draft: GroupDraft): void {
  const { groupId } = draft.group;
  draft.timer(joinTimerKey(groupId), rebalanceTimeoutMs(draft.group), { kind: 'join-due', groupId });
}

/** A session is over: the member goes, unless it is the one who waits for us. */
export function sessionDue(draft: GroupDraft, memberId: string): void {
  const { group } = draft;
  if (group.pendingJoins.has(memberId)) {
    draft.removeMember(memberId);
    completeJoinIfAllJoined(draft);
    return;
  }
  const member = group.members.get(memberId);
  if (member === undefined) return;
  // A known member that waits for an answer keeps its session; the answer begins it anew.
  if (!member.isNew && (member.joinToken !== 0 || member.syncToken !== 0)) return;
  draft.removeMember(memberId);
  if (group.phase === 'PreparingRebalance') completeJoinIfAllJoined(draft);
  else if (group.phase !== 'Empty') prepareRebalance(draft);
}
