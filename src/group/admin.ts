/** DescribeGroups, ListGroups, DeleteGroups, and forgetting groups that nobody uses. */
import { BrokerError } from '../base/errors.ts';
import type { DeleteGroupsCommand, DescribeCommand, GroupDescription, ListCommand } from './commands.ts';
import { type DraftContext, type GroupDecision, replyTo } from './draft.ts';
import { isEmpty, isIdle, phaseOf, protocolTypeOf, typeName, wasLogged } from './group-type.ts';
import {
  type ClassicGroup,
  EMPTY_BYTES,
  type GroupEntry,
  type GroupsState,
  type LiveGroup,
  protocolMetadata,
} from './model.ts';
import { expiredOffsets } from './offsets.ts';
import type { GroupRecord } from './records.ts';

/** Groups that one look for expiry takes before others have their turn. */
const EXPIRY_GROUPS_AT_ONCE = 100;

export function decideDescribe(state: GroupsState, command: DescribeCommand, token: number): GroupDecision {
  const groups = command.groupIds.map((groupId) => {
    const entry = state.groups.get(groupId);
    if (entry === undefined) return { groupId, error: groupNotFound(groupId) };
    return entry.live.type === 'classic' ? describe(entry.live) : { groupId, error: notClassic(entry.live) };
  });
  return replyTo(token, { kind: 'described', groups });
}

function groupNotFound(groupId: string): BrokerError {
  return new BrokerError('group-not-found', `There is no group '${groupId}'.`);
}

function notClassic({ groupId, type }: LiveGroup): BrokerError {
  return new BrokerError('group-not-found', `Group '${groupId}' is a ${type} group, not a classic one.`);
}

function describe(group: ClassicGroup): GroupDescription {
  const stable = group.phase === 'Stable';
  return {
    groupId: group.groupId,
    phase: group.phase,
    protocolType: group.protocolType ?? '',
    protocolName: stable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      metadata: stable ? protocolMetadata(member, group.protocolName) : EMPTY_BYTES,
      assignment: stable ? member.assignment : EMPTY_BYTES,
    })),
  };
}

export function decideList(state: GroupsState, command: ListCommand, token: number): GroupDecision {
  const states = new Set(command.states.map((name) => name.toLowerCase()));
  const types = new Set(command.types.map((name) => name.toLowerCase()));
  const groups = [];
  for (const { live } of state.groups.values()) {
    const type = typeName(live);
    if (types.size > 0 && !types.has(type)) continue;
    const phase = phaseOf(live);
    if (states.size > 0 && !states.has(phase.toLowerCase())) continue;
    groups.push({ groupId: live.groupId, protocolType: protocolTypeOf(live), phase, type });
  }
  return replyTo(token, { kind: 'listed', groups });
}

/** Only empty groups are deleted, with their offsets. */
export function decideDeleteGroups(
  state: GroupsState,
  command: DeleteGroupsCommand,
  token: number,
): GroupDecision {
  const records: GroupRecord[] = [];
  const gone: GroupRecord[] = [];
  const results = [];
  const seen = new Set<string>();
  for (const groupId of command.groupIds) {
    const entry = state.groups.get(groupId);
    const error = entry === undefined || seen.has(groupId) ? groupNotFound(groupId) : checkEmpty(entry.live);
    results.push({ groupId, error });
    if (error === null) {
      seen.add(groupId);
      (wasLogged(entry!) ? records : gone).push(removal(entry!));
    }
  }
  return { records, volatile: gone, replies: [{ to: token, answer: { kind: 'groups-deleted', results } }] };
}

function checkEmpty(group: LiveGroup): BrokerError | null {
  if (isEmpty(group)) return null;
  return new BrokerError('group-not-empty', `Group '${group.groupId}' has members: stop them first.`);
}

/** The record that removes a group: nothing is logged of one that never was. */
function removal(entry: GroupEntry): GroupRecord {
  const { groupId } = entry.live;
  return wasLogged(entry) ? { kind: 'group-removed', groupId } : { kind: 'gone', groupId };
}

/** Forgets due offsets, and groups that are left with nothing; some groups at a time. */
export function decideExpire(state: GroupsState, position: number, context: DraftContext): GroupDecision {
  const { settings, nowMs } = context;
  const records: GroupRecord[] = [];
  const gone: GroupRecord[] = [];
  let index = 0;
  let removed = 0;
  for (const entry of state.groups.values()) {
    if (index >= position + EXPIRY_GROUPS_AT_ONCE) break;
    if (index++ < position) continue;
    const { topics, allGone } = expiredOffsets(entry, nowMs, settings);
    const { groupId } = entry.live;
    if (allGone && isIdle(entry.live)) {
      (wasLogged(entry) ? records : gone).push(removal(entry));
      removed++;
    } else if (topics.length > 0) records.push({ kind: 'offsets-removed', groupId, topics });
  }
  const more = index < state.groups.size;
  return {
    records,
    volatile: gone,
    timers: [
      {
        key: EXPIRE_TIMER_KEY,
        atMs: more ? nowMs : nowMs + settings.offsetsRetentionCheckMs,
        command: { kind: 'expire-due', position: more ? index - removed : 0 },
      },
    ],
  };
}

export const EXPIRE_TIMER_KEY = 'expire';
