/**
 * A change of a group of the Streams protocol in the making: what the group would be, as a layer over what it is, and the
 * records, replies and timers that make it so.
 */
import { assert } from '../../base/assert.ts';
import type { BrokerError } from '../../base/errors.ts';
import type { Reply, TimerRequest } from '../../machine/machine.ts';
import type { GroupAnswer, GroupCommand } from '../commands.ts';
import type { DraftContext, GroupDecision } from '../draft.ts';
import { revokeTimer, revokeTimerKey, sessionTimer, sessionTimerKey } from '../member-timers.ts';
import type { GroupRecord } from '../records.ts';
import type { StreamsGroupConfig } from '../world.ts';
import type {
  StreamsEpoch,
  StreamsGroup,
  StreamsLive,
  StreamsMember,
  StreamsMetadata,
  TaskOffset,
} from './model.ts';
import { type MemberProgress, NEW_MEMBER, type TaskOwners } from './reconcile.ts';
import { NO_TASKS, type Tasks } from './tasks.ts';
import { delayTimerKey } from './timers.ts';
import type { Topology } from './topology.ts';

export class StreamsDraft {
  readonly groupId: string;
  readonly context: DraftContext;
  readonly config: StreamsGroupConfig;
  readonly #base: StreamsGroup;
  /** Null: removed. */
  readonly #members = new Map<string, StreamsMember | null>();
  readonly #targets = new Map<string, Tasks>();
  readonly #records: GroupRecord[] = [];
  readonly #volatile: GroupRecord[] = [];
  readonly #replies: Reply<GroupAnswer>[] = [];
  readonly #timers: TimerRequest<GroupCommand>[] = [];
  #at: StreamsEpoch;
  #topology: Topology | null;
  #assignmentEpoch: number;
  #assignmentMs: number;
  #live: StreamsLive;

  /** `base`: the group as it is; it isn't changed. */
  constructor(base: StreamsGroup, context: DraftContext) {
    this.#base = base;
    this.groupId = base.groupId;
    this.context = context;
    this.config = context.world.streamsConfig(base.groupId);
    this.#at = base.at;
    this.#topology = base.topology;
    this.#assignmentEpoch = base.assignmentEpoch;
    this.#assignmentMs = base.assignmentMs;
    this.#live = base.live;
  }

  decision(): GroupDecision {
    const { groupId } = this;
    const live: GroupRecord[] =
      this.#live === this.#base.live ? [] : [{ kind: 'streams-live', groupId, live: this.#live }];
    return {
      records: this.#records,
      volatile: [...live, ...this.#volatile],
      replies: this.#replies,
      timers: this.#timers,
    };
  }

  get nowMs(): number {
    return this.context.nowMs;
  }

  get at(): StreamsEpoch {
    return this.#at;
  }

  get topology(): Topology | null {
    return this.#topology;
  }

  get assignmentEpoch(): number {
    return this.#assignmentEpoch;
  }

  get assignmentMs(): number {
    return this.#assignmentMs;
  }

  get live(): StreamsLive {
    return this.#live;
  }

  /** Who has which task, as it is. */
  get owners(): TaskOwners {
    return this.#base.owners;
  }

  /** Members before this change. */
  get sizeBefore(): number {
    return this.#base.members.size;
  }

  member(memberId: string): StreamsMember | undefined {
    const changed = this.#members.get(memberId);
    return changed === undefined ? this.#base.members.get(memberId) : (changed ?? undefined);
  }

  /** As they would be. */
  *members(): Iterable<StreamsMember> {
    for (const member of this.#base.members.values()) {
      const changed = this.#members.get(member.memberId);
      if (changed !== null) yield changed ?? member;
    }
    for (const [memberId, member] of this.#members) {
      if (member !== null && !this.#base.members.has(memberId)) yield member;
    }
  }

  target(memberId: string): Tasks {
    return this.#targets.get(memberId) ?? this.#base.target.get(memberId) ?? NO_TASKS;
  }

  putMetadata(metadata: StreamsMetadata): StreamsMember {
    const { memberId } = metadata;
    const member: StreamsMember = {
      ...NEW_MEMBER,
      deadlineMs: this.nowMs,
      taskOffsets: [],
      taskEndOffsets: [],
      ...this.member(memberId),
      ...metadata,
    };
    this.#members.set(memberId, member);
    this.#records.push({ kind: 'streams-member', groupId: this.groupId, metadata });
    return member;
  }

  putTopology(topology: Topology): void {
    this.#topology = topology;
    this.#records.push({ kind: 'streams-topology', groupId: this.groupId, topology });
    this.changeLive({ configured: null });
  }

  /** Another assignment is needed. */
  bumpEpoch(changes: Partial<Omit<StreamsEpoch, 'epoch'>>): void {
    this.#at = { ...this.#at, ...changes, epoch: this.#at.epoch + 1 };
    this.#records.push({ kind: 'streams-group', groupId: this.groupId, at: this.#at });
  }

  /** Only changed parts of the target are named. */
  putTarget(members: readonly { readonly memberId: string; readonly tasks: Tasks }[]): void {
    this.#assignmentEpoch = this.#at.epoch;
    this.#assignmentMs = this.nowMs;
    for (const { memberId, tasks } of members) this.#targets.set(memberId, tasks);
    this.#records.push({
      kind: 'streams-target',
      groupId: this.groupId,
      epoch: this.#assignmentEpoch,
      atMs: this.#assignmentMs,
      members,
    });
  }

  putProgress(memberId: string, current: MemberProgress): StreamsMember {
    const { groupId } = this;
    const before = this.member(memberId);
    assert(before !== undefined, 'the member is in its group');
    const member = { ...before, ...current };
    this.#members.set(memberId, member);
    this.#records.push({ kind: 'streams-current', groupId, memberId, current });
    if (member.state === 'unrevoked') this.#timers.push(revokeTimer(groupId, member, this.nowMs));
    else this.#cancelTimer(revokeTimerKey(groupId, memberId));
    return member;
  }

  /** What it has is free then. */
  remove({ memberId, userEndpoint }: StreamsMember): void {
    const { groupId } = this;
    this.#records.push({ kind: 'streams-members-removed', groupId, memberIds: [memberId] });
    this.#members.set(memberId, null);
    this.#targets.set(memberId, NO_TASKS);
    this.#cancelTimer(sessionTimerKey(groupId, memberId));
    this.#cancelTimer(revokeTimerKey(groupId, memberId));
    if (userEndpoint !== null) this.changeLive({ endpointEpoch: this.#live.endpointEpoch + 1 });
    if (this.#base.members.size === 1) this.changeLive({ shutdownMemberId: null });
  }

  changeLive(changes: Partial<StreamsLive>): void {
    this.#live = { ...this.#live, ...changes };
  }

  /** A new group waits for more members, up to then. */
  delayAssignment(delayMs: number): void {
    const { groupId } = this;
    const delayedUntilMs = this.nowMs + delayMs;
    this.changeLive({ delayedUntilMs });
    this.#timers.push({
      key: delayTimerKey(groupId),
      atMs: delayedUntilMs,
      command: { kind: 'streams-assignment-due', groupId },
    });
  }

  /** The member was heard of. Its session's timer looks at the deadline when it fires. */
  heard(memberId: string): void {
    const { groupId, nowMs, config } = this;
    const deadlineMs = nowMs + config.sessionTimeoutMs;
    this.#volatile.push({ kind: 'heard', groupId, memberId, deadlineMs });
    if (this.#base.members.has(memberId)) return;
    this.#timers.push(sessionTimer(groupId, memberId, deadlineMs));
  }

  putOffsets(
    memberId: string,
    offsets: { readonly taskOffsets: readonly TaskOffset[]; readonly taskEndOffsets: readonly TaskOffset[] },
  ): void {
    this.#volatile.push({ kind: 'streams-offsets', groupId: this.groupId, memberId, ...offsets });
  }

  #cancelTimer(key: string): void {
    this.#timers.push({ key, atMs: 0, command: null });
  }

  reply(to: number, answer: GroupAnswer | BrokerError): void {
    if (to !== 0) this.#replies.push({ to, answer });
  }
}
