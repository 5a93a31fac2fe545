/**
 * A change of a group in the making: a copy of its live side, which decisions change freely, and what comes of it —
 * replies, timers, and whether the group's metadata is to be logged. The state itself changes only when the decision
 * that `decision()` gives is applied.
 */
import { assert } from '../base/assert.ts';
import { BrokerError } from '../base/errors.ts';
import type { Decision, Reply, TimerRequest } from '../machine/machine.ts';
import type { GroupAnswer, GroupCommand, JoinCommand, MemberProtocol } from './commands.ts';
import { sessionTimer, sessionTimerKey } from './member-timers.ts';
import { type ClassicGroup, EMPTY_BYTES, type GroupPhase, type Member, metadataOf } from './model.ts';
import { PendingDraft } from './pending.ts';
import type { GroupRecord } from './records.ts';
import type { TopicPatterns } from './regex.ts';
import type { GroupSettings } from './settings.ts';
import type { GroupWorld } from './world.ts';

export type GroupDecision = Decision<GroupRecord, GroupCommand, GroupAnswer>;

/** What a decision needs beside the group. */
export interface DraftContext {
  readonly settings: GroupSettings;
  readonly world: GroupWorld;
  readonly patterns: TopicPatterns;
  readonly nowMs: number;
}

export const joinTimerKey = (groupId: string): string => `join\0${groupId}`;
export const syncTimerKey = (groupId: string): string => `sync\0${groupId}`;

export class GroupDraft {
  readonly group: ClassicGroup;
  readonly settings: GroupSettings;
  readonly nowMs: number;
  readonly #replies: Reply<GroupAnswer>[] = [];
  readonly #timers: TimerRequest<GroupCommand>[] = [];
  #logged = false;

  /** `live`: the group as it is; it isn't changed. */
  constructor(live: ClassicGroup, context: DraftContext) {
    this.group = {
      ...live,
      members: new Map(live.members),
      staticMembers: new Map(live.staticMembers),
      pendingJoins: new PendingDraft(live.pendingJoins),
      pendingSyncs: new Set(live.pendingSyncs),
    };
    this.settings = context.settings;
    this.nowMs = context.nowMs;
  }

  decision(): GroupDecision {
    return {
      records: this.#logged ? [{ kind: 'group', metadata: metadataOf(this.group) }] : [],
      volatile: [{ kind: 'live', group: this.group }],
      replies: this.#replies,
      timers: this.#timers,
    };
  }

  /** Has the group's metadata logged, as it is when the decision is complete. */
  log(): void {
    this.#logged = true;
  }

  reply(to: number, answer: GroupAnswer | BrokerError): void {
    if (to !== 0) this.#replies.push({ to, answer });
  }

  timer(key: string, afterMs: number, command: GroupCommand): void {
    this.#timers.push({ key, atMs: this.nowMs + afterMs, command });
  }

  cancelTimer(key: string): void {
    this.#timers.push({ key, atMs: 0, command: null });
  }

  /** Of a member, or of an id that was given out and is to be joined with. */
  startSession(memberId: string, timeoutMs: number): void {
    this.#timers.push(sessionTimer(this.group.groupId, memberId, this.nowMs + timeoutMs));
  }

  setPhase(phase: GroupPhase): void {
    this.group.phase = phase;
    this.group.phaseSinceMs = this.nowMs;
  }

  /** A member of the group, which must be there. */
  member(memberId: string): Member {
    const member = this.group.members.get(memberId);
    assert(member !== undefined, 'the member is in its group');
    return member;
  }

  /** Replaces a member by a changed copy. */
  change(memberId: string, changes: Partial<Omit<Member, 'memberId' | 'instanceId'>>): void {
    this.group.members.set(memberId, { ...this.member(memberId), ...changes });
  }

  /** Begins the member's session anew. */
  restartSession(memberId: string, timeoutMs = this.member(memberId).sessionTimeoutMs): void {
    this.change(memberId, { deadlineMs: this.nowMs + timeoutMs });
    this.startSession(memberId, timeoutMs);
  }

  /** Adds a member that waits for its join to be answered. */
  addMember(memberId: string, command: JoinCommand, token: number): void {
    const { group } = this;
    assert(!group.members.has(memberId), 'a member is added once');
    if (group.members.size === 0) group.protocolType = command.protocolType;
    group.leaderId ??= memberId;
    group.pendingJoins.delete(memberId);
    if (command.instanceId !== null) {
      assert(!group.staticMembers.has(command.instanceId), 'a static member is added once');
      group.staticMembers.set(command.instanceId, memberId);
    }
    group.members.set(memberId, {
      memberId,
      instanceId: command.instanceId,
      clientId: command.clientId,
      clientHost: command.clientHost,
      rebalanceTimeoutMs: command.rebalanceTimeoutMs,
      sessionTimeoutMs: command.sessionTimeoutMs,
      protocols: copied(command.protocols),
      assignment: EMPTY_BYTES,
      joinToken: token,
      syncToken: 0,
      isNew: true,
      deadlineMs: 0,
    });
  }

  /** Takes over what a member says in a join, and has it wait for the answer. */
  updateMember(memberId: string, command: JoinCommand, token: number): void {
    // A member that asks again has given up its first request.
    this.answerJoin(memberId, rebalanceInProgress());
    this.change(memberId, {
      protocols: copied(command.protocols),
      rebalanceTimeoutMs: command.rebalanceTimeoutMs,
      sessionTimeoutMs: command.sessionTimeoutMs,
      joinToken: token,
    });
  }

  /** Removes a member or a pending id; whoever waits for its join or sync learns that it is unknown. */
  removeMember(memberId: string): void {
    const { group } = this;
    this.cancelTimer(sessionTimerKey(group.groupId, memberId));
    group.pendingJoins.delete(memberId);
    group.pendingSyncs.delete(memberId);
    const member = group.members.get(memberId);
    if (member === undefined) return;
    this.reply(member.joinToken, unknownMember(memberId));
    this.reply(member.syncToken, unknownMember(memberId));
    group.members.delete(memberId);
    if (member.instanceId !== null) group.staticMembers.delete(member.instanceId);
    if (group.leaderId === memberId) group.leaderId = group.members.keys().next().value ?? null;
  }

  /** Gives a static member a new id, fencing whoever has the old one (KIP-345). It keeps its place and its work. */
  replaceStaticMember(instanceId: string, newMemberId: string): void {
    const { group } = this;
    const oldMemberId = group.staticMembers.get(instanceId);
    assert(oldMemberId !== undefined, 'the static member is there');
    const old = this.member(oldMemberId);
    const fenced = fencedInstance(instanceId, oldMemberId);
    this.reply(old.joinToken, fenced);
    this.reply(old.syncToken, fenced);
    this.cancelTimer(sessionTimerKey(group.groupId, oldMemberId));
    const replacement: Member = { ...old, memberId: newMemberId, joinToken: 0, syncToken: 0 };
    const members = [...group.members.values()].map((member) => (member === old ? replacement : member));
    group.members = new Map(members.map((member) => [member.memberId, member]));
    group.staticMembers.set(instanceId, newMemberId);
    if (group.leaderId === oldMemberId) group.leaderId = newMemberId;
    if (group.pendingSyncs.delete(oldMemberId)) group.pendingSyncs.add(newMemberId);
  }

  /** Answers the member's join, if it waits. */
  answerJoin(memberId: string, answer: GroupAnswer | BrokerError): void {
    const { joinToken } = this.member(memberId);
    if (joinToken === 0) return;
    this.reply(joinToken, answer);
    this.change(memberId, { joinToken: 0 });
  }

  /** Answers the member's sync, if it waits; true when it did. */
  answerSync(memberId: string, answer: GroupAnswer | BrokerError): boolean {
    const { syncToken } = this.member(memberId);
    if (syncToken === 0) return false;
    this.reply(syncToken, answer);
    this.change(memberId, { syncToken: 0 });
    return true;
  }
}

/** A decision that only answers. */
export function replyTo(token: number, answer: GroupAnswer | BrokerError): GroupDecision {
  return { replies: [{ to: token, answer }] };
}

/** What is kept must not hold on to the buffer that a request came in. */
export function copied(protocols: readonly MemberProtocol[]): readonly MemberProtocol[] {
  return protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }));
}

export const rebalanceInProgress = (): BrokerError =>
  new BrokerError('rebalance-in-progress', 'The group is rebalancing: join it again.');

export const unknownMember = (memberId: string): BrokerError =>
  new BrokerError('unknown-member', `The group has no member '${memberId}': join it as a new one.`);

export const fencedInstance = (instanceId: string, memberId: string): BrokerError =>
  new BrokerError(
    'fenced-instance-id',
    `Member '${memberId}' was replaced by another with the same group.instance.id '${instanceId}': each instance needs its own.`,
  );

/** Only commits may be of a group without a name, for the sake of old clients. */
export function checkGroupId(groupId: string): BrokerError | null {
  return groupId === '' ? new BrokerError('invalid-group-id', 'The group id must not be empty.') : null;
}

/** Checks that a member is who it says: static ones by their instance id, all by their member id. */
export function checkMember(
  group: ClassicGroup,
  memberId: string,
  instanceId: string | null,
): BrokerError | null {
  if (instanceId !== null) {
    const current = group.staticMembers.get(instanceId);
    if (current === undefined) return unknownMember(memberId);
    if (current !== memberId) return fencedInstance(instanceId, memberId);
  }
  return group.members.has(memberId) ? null : unknownMember(memberId);
}

/** Checks that a request is of the group's generation. */
export function checkGeneration(group: ClassicGroup, generation: number): BrokerError | null {
  if (generation === group.generation) return null;
  return new BrokerError(
    'illegal-generation',
    `The request is of generation ${generation}, the group is in ${group.generation}: join it again.`,
  );
}
