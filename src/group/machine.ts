/**
 * The coordinator of all groups of a shard, as a machine.
 *
 * Logged of classic groups: the metadata of a group when its leader hands out the work, when it becomes empty, and when a static member
 * is replaced; offsets when they are committed. Not logged: who waits, sessions, a rebalance under way. After a crash
 * a group goes on in the last generation that was handed out, its members with fresh sessions. Of groups of the consumer
 * protocol all is logged but when members were heard of.
 */
import { BrokerError } from '../base/errors.ts';
import type { Machine, TimerRequest } from '../machine/machine.ts';
import { decideDeleteGroups, decideDescribe, decideExpire, decideList, EXPIRE_TIMER_KEY } from './admin.ts';
import { applyGroupRecord, snapshotGroups } from './apply.ts';
import type { GroupAnswer, GroupCommand, JoinCommand, TimerCommand } from './commands.ts';
import {
  decideClassicHeartbeat,
  decideClassicJoin,
  decideClassicSync,
  decideConsumersLeaveByName,
} from './consumer/classic-members.ts';
import { decideDescribeConsumers } from './consumer/describe.ts';
import { decideConsumerHeartbeat } from './consumer/heartbeat.ts';
import { consumerRejoinDue, consumerRevokeDue, consumerSessionDue } from './consumer/leave.ts';
import type { ConsumerGroup } from './consumer/model.ts';
import { consumerTimers } from './consumer/timers.ts';
import { decideTopicsChanged } from './consumer/topics.ts';
import { type DraftContext, type GroupDecision, GroupDraft, replyTo } from './draft.ts';
import { classicOf, isEmpty } from './group-type.ts';
import { decideJoin } from './join.ts';
import { sessionTimer } from './member-timers.ts';
import { decideHeartbeat, decideLeave, decideSync } from './membership.ts';
import { type ClassicGroup, type GroupsState, type LiveGroup, metadataOf, newGroup } from './model.ts';
import {
  decideCommit,
  decideDeleteOffsets,
  decideFetch,
  decideTopicsDeleted,
  decideTransactionEnded,
} from './offsets.ts';
import { completeJoin, initialJoinDue, sessionDue, syncDue } from './rebalance.ts';
import { type GroupRecord, GroupRecordCodec } from './records.ts';
import { TopicPatterns } from './regex.ts';
import type { GroupSettings } from './settings.ts';
import { decideDescribeShares, decideVacantShare } from './share/admin.ts';
import { decideShareHeartbeat, shareSessionDue } from './share/heartbeat.ts';
import { decideDescribeStreams } from './streams/describe.ts';
import { decideStreamsHeartbeat, streamsAssignmentDue } from './streams/heartbeat.ts';
import { streamsRevokeDue, streamsSessionDue } from './streams/leave.ts';
import type { StreamsGroup } from './streams/model.ts';
import { streamsTimers } from './streams/timers.ts';
import type { GroupWorld } from './world.ts';

export type GroupMachine = Machine<GroupsState, GroupCommand, GroupRecord, GroupAnswer>;

/** All timers but that of the whole coordinator are of one group. */
type GroupTimerCommand = Exclude<TimerCommand, { readonly kind: 'expire-due' }>;

/** `settings` and `world` are read at each decision. The machine measures spans: run it on a steady clock. */
export function createGroupMachine(settings: GroupSettings, world: GroupWorld): GroupMachine {
  const codec = new GroupRecordCodec();
  const patterns = new TopicPatterns();
  return {
    name: 'group',
    initial: () => ({ groups: new Map() }),
    decide: (state, command, token, nowMs) =>
      decide(state, command, token, { settings, world, patterns, nowMs }),
    apply: applyGroupRecord,
    snapshot: snapshotGroups,
    resume: (state, nowMs) => resumeTimers(state, { settings, world, patterns, nowMs }),
    encode: (record) => codec.encode(record),
    decode: (stored) => codec.decode(stored),
  };
}

function decide(
  state: GroupsState,
  command: GroupCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  switch (command.kind) {
    case 'heartbeat':
      return (
        ofConsumers(state, command, (group) => decideClassicHeartbeat(group, command, token, context)) ??
        decideHeartbeat(classicOf(state.groups.get(command.groupId)), command, token, context)
      );
    case 'commit-offsets':
      return decideCommit(state.groups.get(command.groupId)?.live, command, token, context);
    case 'transaction-ended':
      return decideTransactionEnded(state, command);
    case 'fetch-offsets':
      return decideFetch(state, command, token);
    case 'join':
      return joinAny(state.groups.get(command.groupId)?.live, command, token, context);
    case 'sync':
      return (
        ofConsumers(state, command, (group) => decideClassicSync(group, command, token, context)) ??
        decideSync(classicOf(state.groups.get(command.groupId)), command, token, context)
      );
    case 'leave':
      return (
        ofConsumers(state, command, (group) => decideConsumersLeaveByName(group, command, token, context)) ??
        decideLeave(classicOf(state.groups.get(command.groupId)), command, token, context)
      );
    case 'delete-offsets':
      return decideDeleteOffsets(state.groups.get(command.groupId), command, token);
    case 'describe':
      return decideDescribe(state, command, token);
    case 'list':
      return decideList(state, command, token);
    case 'delete-groups':
      return decideDeleteGroups(state, command, token);
    case 'topics-deleted':
      return decideTopicsDeleted(state, command, token);
    case 'topics-changed':
      return decideTopicsChanged(state, command, token);
    case 'consumer-heartbeat':
      return decideConsumerHeartbeat(state, command, token, context);
    case 'describe-consumers':
      return decideDescribeConsumers(state, command, token, context);
    case 'streams-heartbeat':
      return decideStreamsHeartbeat(state, command, token, context);
    case 'describe-streams':
      return decideDescribeStreams(state, command, token);
    case 'share-heartbeat':
      return decideShareHeartbeat(state, command, token, context);
    case 'describe-shares':
      return decideDescribeShares(state, command, token, context);
    case 'vacant-share':
      return decideVacantShare(state, command, token);
    case 'expire-due':
      return decideExpire(state, command.position, context);
    default:
      return decideTimer(state, command, context);
  }
}

/** What classic requests mean to a group of the consumer protocol; null: the group is none, or has no members. */
function ofConsumers(
  state: GroupsState,
  { groupId }: { readonly groupId: string },
  decide: (group: ConsumerGroup) => GroupDecision,
): GroupDecision | null {
  const live = state.groups.get(groupId)?.live;
  return live?.type === 'consumer' && live.members.size > 0 ? decide(live) : null;
}

/** A classic member joins a group of any type: one without members becomes classic, unless it is a share group. */
function joinAny(
  live: LiveGroup | undefined,
  command: JoinCommand,
  token: number,
  context: DraftContext,
): GroupDecision {
  if (live === undefined || live.type === 'classic') return decideJoin(live, command, token, context);
  if (live.type === 'consumer' && live.members.size > 0) {
    return decideClassicJoin(live, command, token, context);
  }
  if (!isEmpty(live) || live.type === 'share') {
    const message = `Group '${live.groupId}' is a ${live.type} group: consumers need a group of their own.`;
    return replyTo(token, new BrokerError('inconsistent-group-protocol', message));
  }
  const decision = decideJoin(undefined, command, token, context);
  if (decision.volatile === undefined) return decision;
  // What was logged of the group is void from now on.
  const metadata = metadataOf(newGroup(live.groupId, context.nowMs));
  return { ...decision, records: [{ kind: 'group', metadata }, ...(decision.records ?? [])] };
}

function decideTimer(state: GroupsState, command: GroupTimerCommand, context: DraftContext): GroupDecision {
  const { groupId } = command;
  const live = state.groups.get(groupId)?.live;
  if (live === undefined) return {};
  if (command.kind === 'session-due') {
    const { memberId } = command;
    const deadlineMs = live.members.get(memberId)?.deadlineMs ?? 0;
    // Heard of since: the usual case, without a copy of the group.
    if (deadlineMs > context.nowMs) return { timers: [sessionTimer(groupId, memberId, deadlineMs)] };
  }
  if (live.type === 'consumer') return decideConsumerTimer(live, command, context);
  if (live.type === 'streams') return decideStreamsTimer(live, command, context);
  if (live.type === 'share')
    return command.kind === 'session-due' ? shareSessionDue(live, command.memberId, context) : {};
  return decideClassicTimer(live, command, context);
}

function decideClassicTimer(
  group: ClassicGroup,
  command: GroupTimerCommand,
  context: DraftContext,
): GroupDecision {
  const { kind } = command;
  if (kind === 'revoke-due' || kind === 'rejoin-due' || kind === 'streams-assignment-due') return {};
  const isOfRebalance = kind === 'initial-join-due' || kind === 'join-due';
  if (isOfRebalance && group.phase !== 'PreparingRebalance') return {};
  const draft = new GroupDraft(group, context);
  if (kind === 'session-due') sessionDue(draft, command.memberId);
  else if (kind === 'initial-join-due') initialJoinDue(draft, command.delayMs, command.remainingMs);
  else if (kind === 'join-due') completeJoin(draft);
  else syncDue(draft, command.generation);
  return draft.decision();
}

function decideConsumerTimer(
  group: ConsumerGroup,
  command: GroupTimerCommand,
  context: DraftContext,
): GroupDecision {
  if (command.kind === 'session-due') return consumerSessionDue(group, command.memberId, context);
  if (command.kind === 'rejoin-due') return consumerRejoinDue(group, command, context);
  return command.kind === 'revoke-due' ? consumerRevokeDue(group, command, context) : {};
}

function decideStreamsTimer(
  group: StreamsGroup,
  command: GroupTimerCommand,
  context: DraftContext,
): GroupDecision {
  switch (command.kind) {
    case 'session-due':
      return streamsSessionDue(group, command.memberId, context);
    case 'revoke-due':
      return streamsRevokeDue(group, command, context);
    case 'streams-assignment-due':
      return streamsAssignmentDue(group, context);
    default:
      return {};
  }
}

/** Every member has its whole session to be heard of again. */
function resumeTimers(
  state: GroupsState,
  { settings, world, nowMs }: DraftContext,
): readonly TimerRequest<GroupCommand>[] {
  const timers: TimerRequest<GroupCommand>[] = [
    {
      key: EXPIRE_TIMER_KEY,
      atMs: nowMs + settings.offsetsRetentionCheckMs,
      command: { kind: 'expire-due', position: 0 },
    },
  ];
  for (const [groupId, { live }] of state.groups) {
    if (live.type === 'consumer') {
      timers.push(...consumerTimers(live, world.consumerConfig(groupId), nowMs));
      continue;
    }
    if (live.type === 'streams') {
      timers.push(...streamsTimers(live, world.streamsConfig(groupId), nowMs));
      continue;
    }
    if (live.type === 'share') {
      const { sessionTimeoutMs } = world.shareConfig(groupId);
      for (const memberId of live.members.keys())
        timers.push(sessionTimer(groupId, memberId, nowMs + sessionTimeoutMs));
      continue;
    }
    for (const { memberId, sessionTimeoutMs } of live.members.values()) {
      timers.push(sessionTimer(groupId, memberId, nowMs + sessionTimeoutMs));
    }
  }
  return timers;
}
