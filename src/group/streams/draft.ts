/** A change of a group of the Streams protocol in the making. */
import type { DraftContext, GroupDecision } from '../draft.ts';
import { RevokingDraft } from '../epoch-draft.ts';
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

export class StreamsDraft extends RevokingDraft<StreamsGroup, StreamsMember, Tasks> {
  readonly config: StreamsGroupConfig;
  #at: StreamsEpoch;
  #topology: Topology | null;
  #live: StreamsLive;

  constructor(base: StreamsGroup, context: DraftContext) {
    super(base, context, NO_TASKS);
    this.config = context.world.streamsConfig(base.groupId);
    this.#at = base.at;
    this.#topology = base.topology;
    this.#live = base.live;
  }

  override decision(): GroupDecision {
    const { groupId } = this;
    const decision = super.decision();
    if (this.#live === this.base.live) return decision;
    const live = { kind: 'streams-live', groupId, live: this.#live } as const;
    return { ...decision, volatile: [live, ...(decision.volatile ?? [])] };
  }

  get at(): StreamsEpoch {
    return this.#at;
  }

  get topology(): Topology | null {
    return this.#topology;
  }

  get live(): StreamsLive {
    return this.#live;
  }

  /** Who has which task, as it is. */
  get owners(): TaskOwners {
    return this.base.owners;
  }

  /** Members before this change. */
  get sizeBefore(): number {
    return this.base.members.size;
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
    this.changed.set(memberId, member);
    this.log({ kind: 'streams-member', groupId: this.groupId, metadata });
    return member;
  }

  putTopology(topology: Topology): void {
    this.#topology = topology;
    this.log({ kind: 'streams-topology', groupId: this.groupId, topology });
    this.changeLive({ configured: null });
  }

  /** Another assignment is needed. */
  bumpEpoch(changes: Partial<Omit<StreamsEpoch, 'epoch'>>): void {
    this.#at = { ...this.#at, ...changes, epoch: this.#at.epoch + 1 };
    this.log({ kind: 'streams-group', groupId: this.groupId, at: this.#at });
  }

  /** Only changed parts of the target are named. */
  putTarget(members: readonly { readonly memberId: string; readonly tasks: Tasks }[]): void {
    const { groupId, nowMs } = this;
    const { epoch } = this.#at;
    this.setTarget(
      epoch,
      nowMs,
      members.map(({ memberId, tasks }) => [memberId, tasks]),
    );
    this.log({ kind: 'streams-target', groupId, epoch, atMs: nowMs, members });
  }

  putProgress(memberId: string, current: MemberProgress): void {
    this.log({ kind: 'streams-current', groupId: this.groupId, memberId, current });
    this.move(memberId, current);
  }

  /** What it has is free then. */
  remove({ memberId, userEndpoint }: StreamsMember): void {
    this.log({ kind: 'streams-members-removed', groupId: this.groupId, memberIds: [memberId] });
    this.removeMember(memberId);
    if (userEndpoint !== null) this.changeLive({ endpointEpoch: this.#live.endpointEpoch + 1 });
    if (this.base.members.size === 1) this.changeLive({ shutdownMemberId: null });
  }

  changeLive(changes: Partial<StreamsLive>): void {
    this.#live = { ...this.#live, ...changes };
  }

  /** A new group waits for more members, up to then. */
  delayAssignment(delayMs: number): void {
    const { groupId } = this;
    const delayedUntilMs = this.nowMs + delayMs;
    this.changeLive({ delayedUntilMs });
    this.setTimer({
      key: delayTimerKey(groupId),
      atMs: delayedUntilMs,
      command: { kind: 'streams-assignment-due', groupId },
    });
  }

  putOffsets(
    memberId: string,
    offsets: { readonly taskOffsets: readonly TaskOffset[]; readonly taskEndOffsets: readonly TaskOffset[] },
  ): void {
    this.keep({ kind: 'streams-offsets', groupId: this.groupId, memberId, ...offsets });
  }
}
