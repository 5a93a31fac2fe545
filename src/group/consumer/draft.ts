/**
 * A change of a group of the consumer protocol in the making: what the group would be, as a layer over what it is, and the
 * records, replies and timers that make it so. Reading and writing cost what is touched, not the size of the group.
 */
import { assert } from '../../base/assert.ts';
import type { BrokerError } from '../../base/errors.ts';
import type { Uuid } from '../../base/uuid.ts';
import type { Reply, TimerRequest } from '../../machine/machine.ts';
import type { GroupAnswer, GroupCommand } from '../commands.ts';
import type { DraftContext, GroupDecision } from '../draft.ts';
import { revokeTimer, revokeTimerKey, sessionTimer, sessionTimerKey } from '../member-timers.ts';
import type { GroupRecord } from '../records.ts';
import type { ConsumerGroupConfig } from '../world.ts';
import { applyConsumerRecord, sharedTopics } from './apply.ts';
import {
  type Assignment,
  type ConsumerCurrent,
  type ConsumerGroup,
  type ConsumerMember,
  type ConsumerMetadata,
  LEFT_STATIC_EPOCH,
  NO_PARTITIONS,
  newConsumerGroup,
} from './model.ts';
import type { ConsumerRecord } from './records.ts';

const NO_ASSIGNMENT: ReadonlyMap<Uuid, readonly number[]> = new Map();

export class ConsumerDraft {
  readonly groupId: string;
  readonly context: DraftContext;
  readonly config: ConsumerGroupConfig;
  readonly #base: ConsumerGroup;
  /** Null: removed. */
  readonly #members = new Map<string, ConsumerMember | null>();
  readonly #targets = new Map<string, Assignment>();
  readonly #records: GroupRecord[] = [];
  readonly #volatile: GroupRecord[] = [];
  readonly #replies: Reply<GroupAnswer>[] = [];
  readonly #timers: TimerRequest<GroupCommand>[] = [];
  #size: number;
  #epoch: number;
  #topicsHash: number;
  #assignmentEpoch: number;
  #assignmentMs: number;
  #regexTopics: ReadonlyMap<string, readonly string[]>;
  topicsStale: boolean;

  /** `base`: the group as it is; it isn't changed. */
  constructor(base: ConsumerGroup, context: DraftContext) {
    this.#base = base;
    this.groupId = base.groupId;
    this.context = context;
    this.config = context.world.consumerConfig(base.groupId);
    this.#size = base.members.size;
    this.#epoch = base.epoch;
    this.#topicsHash = base.topicsHash;
    this.#assignmentEpoch = base.assignmentEpoch;
    this.#assignmentMs = base.assignmentMs;
    this.#regexTopics = base.regexTopics;
    this.topicsStale = base.topicsStale;
  }

  /** Of a group that is made by these records, which stand before all others of the decision. */
  static made(groupId: string, records: readonly ConsumerRecord[], context: DraftContext): ConsumerDraft {
    const group = newConsumerGroup(groupId);
    for (const record of records) applyConsumerRecord(group, record);
    const draft = new ConsumerDraft(group, context);
    draft.#records.push(...records);
    return draft;
  }

  decision(): GroupDecision {
    return {
      records: this.#records,
      volatile: this.#volatile,
      replies: this.#replies,
      timers: this.#timers,
    };
  }

  get nowMs(): number {
    return this.context.nowMs;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get assignmentEpoch(): number {
    return this.#assignmentEpoch;
  }

  get assignmentMs(): number {
    return this.#assignmentMs;
  }

  /** Whether another target may be computed: each stands for some time, so that many joins cost one computation. */
  get isAssignmentDue(): boolean {
    const ageMs = this.nowMs - this.#assignmentMs;
    // One from the future was computed before a restart, and the clock was put back since.
    return this.#assignmentMs < 0 || ageMs < 0 || ageMs >= this.config.assignmentIntervalMs;
  }

  get topicsHash(): number {
    return this.#topicsHash;
  }

  get regexTopics(): ReadonlyMap<string, readonly string[]> {
    return this.#regexTopics;
  }

  /** Members as they would be. */
  get size(): number {
    return this.#size;
  }

  member(memberId: string): ConsumerMember | undefined {
    const changed = this.#members.get(memberId);
    return changed === undefined ? this.#base.members.get(memberId) : (changed ?? undefined);
  }

  *members(): Iterable<ConsumerMember> {
    for (const member of this.#base.members.values()) {
      const changed = this.#members.get(member.memberId);
      if (changed !== null) yield changed ?? member;
    }
    for (const [memberId, member] of this.#members) {
      if (member !== null && !this.#base.members.has(memberId)) yield member;
    }
  }

  /** The static member of that instance. */
  staticMember(instanceId: string): ConsumerMember | undefined {
    for (const member of this.#members.values()) if (member?.instanceId === instanceId) return member;
    const memberId = this.#base.staticMembers.get(instanceId);
    return memberId === undefined ? undefined : this.member(memberId);
  }

  target(memberId: string): Assignment {
    return this.#targets.get(memberId) ?? this.#base.target.get(memberId) ?? NO_ASSIGNMENT;
  }

  /** Whether nobody but the member holds the partition. */
  isFree(topicId: Uuid, partition: number, memberId: string): boolean {
    const holder = this.#base.holders.get(topicId)?.get(partition);
    return holder === undefined || holder === memberId || this.#members.get(holder) === null;
  }

  putMetadata(metadata: ConsumerMetadata): ConsumerMember {
    const before = this.member(metadata.memberId);
    const member: ConsumerMember = {
      state: 'stable',
      epoch: 0,
      previousEpoch: 0,
      assigned: NO_PARTITIONS,
      revoking: NO_PARTITIONS,
      deadlineMs: this.nowMs,
      ...before,
      ...metadata,
      topics: sharedTopics(this.#base, metadata.topics),
      rejoinMs: 0,
    };
    if (before === undefined) this.#size++;
    this.#members.set(metadata.memberId, member);
    this.#records.push({ kind: 'consumer-member', groupId: this.groupId, metadata });
    return member;
  }

  putCurrent(memberId: string, current: ConsumerCurrent): void {
    const before = this.member(memberId);
    assert(before !== undefined, 'the member is in its group');
    const member = { ...before, ...current };
    this.#members.set(memberId, member);
    this.#records.push({ kind: 'consumer-current', groupId: this.groupId, memberId, current });
    if (member.state === 'unrevoked' && member.epoch !== LEFT_STATIC_EPOCH && member.classic === null) {
      this.#timers.push(revokeTimer(this.groupId, member, this.nowMs));
    } else this.cancelTimer(revokeTimerKey(this.groupId, memberId));
  }

  cancelTimer(key: string): void {
    this.#timers.push({ key, atMs: 0, command: null });
  }

  rejoinTimerKey(memberId: string): string {
    return `rejoin\0${this.groupId}\0${memberId}`;
  }

  /** A classic member has to join again, or to ask for its assignment, in that time; from when it was told so first. */
  startRejoinTimer(memberId: string, afterMs: number): void {
    const { groupId } = this;
    const known = this.member(memberId)?.rejoinMs ?? 0;
    const atMs = known > this.nowMs ? known : this.nowMs + afterMs;
    this.#volatile.push({ kind: 'consumer-rejoin', groupId, memberId, atMs });
    const command = { kind: 'rejoin-due', groupId, memberId, atMs } as const;
    this.#timers.push({ key: this.rejoinTimerKey(memberId), atMs, command });
  }

  /** It has done what it had to do again. */
  cancelRejoin(memberId: string): void {
    this.#volatile.push({ kind: 'consumer-rejoin', groupId: this.groupId, memberId, atMs: 0 });
    this.cancelTimer(this.rejoinTimerKey(memberId));
  }

  /** What they hold is free then. */
  remove(memberIds: readonly string[]): void {
    this.#records.push({ kind: 'consumer-members-removed', groupId: this.groupId, memberIds });
    for (const memberId of memberIds) {
      this.cancelTimer(this.rejoinTimerKey(memberId));
      this.#members.set(memberId, null);
      this.#targets.set(memberId, NO_ASSIGNMENT);
      this.#size--;
      this.cancelTimer(sessionTimerKey(this.groupId, memberId));
      this.cancelTimer(revokeTimerKey(this.groupId, memberId));
    }
  }

  /** Another assignment is needed. */
  bumpEpoch(topicsHash: number): void {
    this.#epoch++;
    this.#topicsHash = topicsHash;
    this.#records.push({ kind: 'consumer-group', groupId: this.groupId, epoch: this.#epoch, topicsHash });
  }

  resolveTopics(regexTopics: ReadonlyMap<string, readonly string[]>): void {
    this.#regexTopics = regexTopics;
    this.topicsStale = false;
    this.#volatile.push({ kind: 'topics-resolved', groupId: this.groupId, regexTopics });
  }

  /** Only changed parts of the target are named. */
  putTarget(
    epoch: number,
    atMs: number,
    members: readonly { readonly memberId: string; readonly assignment: Assignment }[],
  ): void {
    this.#assignmentEpoch = epoch;
    this.#assignmentMs = atMs;
    for (const { memberId, assignment } of members) this.#targets.set(memberId, assignment);
    this.#records.push({ kind: 'consumer-target', groupId: this.groupId, epoch, atMs, members });
  }

  /** The member was heard of. Its session's timer looks at the deadline when it fires. */
  heard(memberId: string, sessionTimeoutMs: number): void {
    const { groupId, nowMs } = this;
    this.#volatile.push({ kind: 'heard', groupId, memberId, deadlineMs: nowMs + sessionTimeoutMs });
  }

  startSession(memberId: string, timeoutMs: number): void {
    this.#timers.push(sessionTimer(this.groupId, memberId, this.nowMs + timeoutMs));
    this.heard(memberId, timeoutMs);
  }

  reply(to: number, answer: GroupAnswer | BrokerError): void {
    if (to !== 0) this.#replies.push({ to, answer });
  }
}
