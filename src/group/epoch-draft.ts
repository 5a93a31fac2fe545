/**
 * A change in the making of a group with member epochs (KIP-848, KIP-932, KIP-1071): what the group would be, as a layer over what it
 * is, and the records, replies and timers that make it so. Reading and writing cost what is touched, not the size of the
 * group. Each protocol adds its own changes.
 */
import { assert } from '../base/assert.ts';
import type { BrokerError } from '../base/errors.ts';
import type { Reply, TimerRequest } from '../machine/machine.ts';
import type { GroupAnswer, GroupCommand } from './commands.ts';
import type { DraftContext, GroupDecision } from './draft.ts';
import { revokeTimer, revokeTimerKey, sessionTimer, sessionTimerKey } from './member-timers.ts';
import type { Progress } from './progress.ts';
import type { GroupRecord } from './records.ts';

interface EpochMember {
  readonly memberId: string;
}

interface RevokingMember extends EpochMember, Progress<unknown> {
  readonly rebalanceTimeoutMs: number;
}

interface EpochGroup<Member, Target> {
  readonly groupId: string;
  readonly assignmentEpoch: number;
  readonly assignmentMs: number;
  readonly members: ReadonlyMap<string, Member>;
  readonly target: ReadonlyMap<string, Target>;
}

/** `Target`: what a member is to have. */
export abstract class EpochDraft<
  Group extends EpochGroup<Member, Target>,
  Member extends EpochMember,
  Target,
> {
  abstract readonly config: { readonly assignmentIntervalMs: number };
  readonly groupId: string;
  readonly context: DraftContext;
  protected readonly base: Group;
  /** Members as they would be; null: removed. */
  protected readonly changed = new Map<string, Member | null>();
  readonly #targets = new Map<string, Target>();
  readonly #noTarget: Target;
  readonly #records: GroupRecord[] = [];
  readonly #volatile: GroupRecord[] = [];
  readonly #replies: Reply<GroupAnswer>[] = [];
  readonly #timers: TimerRequest<GroupCommand>[] = [];
  #assignmentEpoch: number;
  #assignmentMs: number;

  /** `base`: the group as it is; it isn't changed. */
  constructor(base: Group, context: DraftContext, noTarget: Target) {
    this.base = base;
    this.groupId = base.groupId;
    this.context = context;
    this.#noTarget = noTarget;
    this.#assignmentEpoch = base.assignmentEpoch;
    this.#assignmentMs = base.assignmentMs;
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

  member(memberId: string): Member | undefined {
    const changed = this.changed.get(memberId);
    return changed === undefined ? this.base.members.get(memberId) : (changed ?? undefined);
  }

  *members(): Iterable<Member> {
    for (const member of this.base.members.values()) {
      const changed = this.changed.get(member.memberId);
      if (changed !== null) yield changed ?? member;
    }
    for (const [memberId, member] of this.changed) {
      if (member !== null && !this.base.members.has(memberId)) yield member;
    }
  }

  target(memberId: string): Target {
    return this.#targets.get(memberId) ?? this.base.target.get(memberId) ?? this.#noTarget;
  }

  /** The member was heard of. Its session's timer looks at the deadline when it fires. */
  heard(memberId: string, sessionTimeoutMs: number): void {
    const { groupId, nowMs } = this;
    this.keep({ kind: 'heard', groupId, memberId, deadlineMs: nowMs + sessionTimeoutMs });
  }

  startSession(memberId: string, timeoutMs: number): void {
    this.setTimer(sessionTimer(this.groupId, memberId, this.nowMs + timeoutMs));
    this.heard(memberId, timeoutMs);
  }

  cancelTimer(key: string): void {
    this.setTimer({ key, atMs: 0, command: null });
  }

  reply(to: number, answer: GroupAnswer | BrokerError): void {
    if (to !== 0) this.#replies.push({ to, answer });
  }

  protected log(record: GroupRecord): void {
    this.#records.push(record);
  }

  /** Applied, but not logged. */
  protected keep(record: GroupRecord): void {
    this.#volatile.push(record);
  }

  protected setTimer(timer: TimerRequest<GroupCommand>): void {
    this.#timers.push(timer);
  }

  /** Only changed parts of the target are named. */
  protected setTarget(
    epoch: number,
    atMs: number,
    targets: Iterable<readonly [memberId: string, target: Target]>,
  ): void {
    this.#assignmentEpoch = epoch;
    this.#assignmentMs = atMs;
    for (const [memberId, target] of targets) this.#targets.set(memberId, target);
  }

  protected removeMember(memberId: string): void {
    this.changed.set(memberId, null);
    this.#targets.set(memberId, this.#noTarget);
    this.cancelTimer(sessionTimerKey(this.groupId, memberId));
  }
}

/** The same where members give up what is not theirs any more before others get it, and have only so much time for that. */
export abstract class RevokingDraft<
  Group extends EpochGroup<Member, Target>,
  Member extends RevokingMember,
  Target,
> extends EpochDraft<Group, Member, Target> {
  /** Brings a member to its next step. */
  protected move(memberId: string, progress: Pick<Member, keyof Progress<unknown>>): void {
    const before = this.member(memberId);
    assert(before !== undefined, 'the member is in its group');
    const member = { ...before, ...progress };
    this.changed.set(memberId, member);
    if (this.hasToRevoke(member)) this.setTimer(revokeTimer(this.groupId, member, this.nowMs));
    else this.cancelTimer(revokeTimerKey(this.groupId, memberId));
  }

  /** Whether the member has only so much time to give something up. */
  protected hasToRevoke(member: Member): boolean {
    return member.state === 'unrevoked';
  }

  protected override removeMember(memberId: string): void {
    super.removeMember(memberId);
    this.cancelTimer(revokeTimerKey(this.groupId, memberId));
  }
}
