/** A change of a group of the consumer protocol in the making. */
import type { Uuid } from '../../base/uuid.ts';
import type { DraftContext } from '../draft.ts';
import { RevokingDraft } from '../epoch-draft.ts';
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

export class ConsumerDraft extends RevokingDraft<ConsumerGroup, ConsumerMember, Assignment> {
  readonly config: ConsumerGroupConfig;
  #size: number;
  #epoch: number;
  #topicsHash: number;
  #regexTopics: ReadonlyMap<string, readonly string[]>;
  topicsStale: boolean;

  constructor(base: ConsumerGroup, context: DraftContext) {
    super(base, context, NO_ASSIGNMENT);
    this.config = context.world.consumerConfig(base.groupId);
    this.#size = base.members.size;
    this.#epoch = base.epoch;
    this.#topicsHash = base.topicsHash;
    this.#regexTopics = base.regexTopics;
    this.topicsStale = base.topicsStale;
  }

  /** Of a group that is made by these records, which stand before all others of the decision. */
  static made(groupId: string, records: readonly ConsumerRecord[], context: DraftContext): ConsumerDraft {
    const group = newConsumerGroup(groupId);
    for (const record of records) applyConsumerRecord(group, record);
    const draft = new ConsumerDraft(group, context);
    for (const record of records) draft.log(record);
    return draft;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** That of the group as it is. */
  get epochBefore(): number {
    return this.base.epoch;
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

  /** The static member of that instance. */
  staticMember(instanceId: string): ConsumerMember | undefined {
    for (const member of this.changed.values()) if (member?.instanceId === instanceId) return member;
    const memberId = this.base.staticMembers.get(instanceId);
    return memberId === undefined ? undefined : this.member(memberId);
  }

  /** Whether nobody but the member holds the partition. */
  isFree(topicId: Uuid, partition: number, memberId: string): boolean {
    const holder = this.base.holders.get(topicId)?.get(partition);
    return holder === undefined || holder === memberId || this.changed.get(holder) === null;
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
      topics: sharedTopics(this.base, metadata.topics),
      rejoinMs: 0,
    };
    if (before === undefined) this.#size++;
    this.changed.set(metadata.memberId, member);
    this.log({ kind: 'consumer-member', groupId: this.groupId, metadata });
    return member;
  }

  putCurrent(memberId: string, current: ConsumerCurrent): void {
    this.log({ kind: 'consumer-current', groupId: this.groupId, memberId, current });
    this.move(memberId, current);
  }

  /** Classic members have to join again instead, and who is away isn't asked. */
  protected override hasToRevoke(member: ConsumerMember): boolean {
    return super.hasToRevoke(member) && member.epoch !== LEFT_STATIC_EPOCH && member.classic === null;
  }

  rejoinTimerKey(memberId: string): string {
    return `rejoin\0${this.groupId}\0${memberId}`;
  }

  /** A classic member has to join again, or to ask for its assignment, in that time; from when it was told so first. */
  startRejoinTimer(memberId: string, afterMs: number): void {
    const { groupId } = this;
    const known = this.member(memberId)?.rejoinMs ?? 0;
    const atMs = known > this.nowMs ? known : this.nowMs + afterMs;
    this.keep({ kind: 'consumer-rejoin', groupId, memberId, atMs });
    const command = { kind: 'rejoin-due', groupId, memberId, atMs } as const;
    this.setTimer({ key: this.rejoinTimerKey(memberId), atMs, command });
  }

  /** It has done what it had to do again. */
  cancelRejoin(memberId: string): void {
    this.keep({ kind: 'consumer-rejoin', groupId: this.groupId, memberId, atMs: 0 });
    this.cancelTimer(this.rejoinTimerKey(memberId));
  }

  /** What they hold is free then. */
  remove(memberIds: readonly string[]): void {
    this.log({ kind: 'consumer-members-removed', groupId: this.groupId, memberIds });
    for (const memberId of memberIds) {
      this.cancelTimer(this.rejoinTimerKey(memberId));
      this.removeMember(memberId);
      this.#size--;
    }
  }

  /** Another assignment is needed. */
  bumpEpoch(topicsHash: number): void {
    this.#epoch++;
    this.#topicsHash = topicsHash;
    this.log({ kind: 'consumer-group', groupId: this.groupId, epoch: this.#epoch, topicsHash });
  }

  resolveTopics(regexTopics: ReadonlyMap<string, readonly string[]>): void {
    this.#regexTopics = regexTopics;
    this.topicsStale = false;
    this.keep({ kind: 'topics-resolved', groupId: this.groupId, regexTopics });
  }

  /** Only changed parts of the target are named. */
  putTarget(
    epoch: number,
    atMs: number,
    members: readonly { readonly memberId: string; readonly assignment: Assignment }[],
  ): void {
    this.setTarget(
      epoch,
      atMs,
      members.map(({ memberId, assignment }) => [memberId, assignment]),
    );
    this.log({ kind: 'consumer-target', groupId: this.groupId, epoch, atMs, members });
  }
}
