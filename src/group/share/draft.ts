/** A change of a share group in the making. */
import { sharedTopics } from '../consumer/apply.ts';
import type { Assignment } from '../consumer/model.ts';
import type { DraftContext } from '../draft.ts';
import { EpochDraft } from '../epoch-draft.ts';
import type { ShareGroupConfig } from '../world.ts';
import {
  NO_ASSIGNMENT,
  NOT_YET,
  type ShareCurrent,
  type ShareGroup,
  type ShareMember,
  type ShareMetadata,
} from './model.ts';

export class ShareDraft extends EpochDraft<ShareGroup, ShareMember, Assignment> {
  readonly config: ShareGroupConfig;
  #epoch: number;
  #topicsHash: number;

  constructor(base: ShareGroup, context: DraftContext) {
    super(base, context, NO_ASSIGNMENT);
    this.config = context.world.shareConfig(base.groupId);
    this.#epoch = base.epoch;
    this.#topicsHash = base.topicsHash;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get topicsHash(): number {
    return this.#topicsHash;
  }

  /** Members before this change. */
  get sizeBefore(): number {
    return this.base.members.size;
  }

  /** Topics came, went or changed since the group's were looked at. */
  get topicsStale(): boolean {
    return this.base.topicsVersion !== this.context.world.topicsVersion;
  }

  putMetadata(metadata: ShareMetadata): void {
    const { groupId, nowMs } = this;
    const { memberId } = metadata;
    const before = this.member(memberId) ?? { ...NOT_YET, deadlineMs: nowMs };
    this.changed.set(memberId, { ...before, ...metadata, topics: sharedTopics(this.base, metadata.topics) });
    this.log({ kind: 'share-member', groupId, metadata });
  }

  putCurrent(memberId: string, current: ShareCurrent): void {
    this.log({ kind: 'share-current', groupId: this.groupId, memberId, current });
    this.changed.set(memberId, { ...this.member(memberId)!, ...current });
  }

  remove(memberId: string): void {
    this.log({ kind: 'share-members-removed', groupId: this.groupId, memberIds: [memberId] });
    this.removeMember(memberId);
  }

  /** Another assignment is needed. */
  bumpEpoch(topicsHash: number): void {
    this.#epoch++;
    this.#topicsHash = topicsHash;
    this.log({ kind: 'share-group', groupId: this.groupId, epoch: this.#epoch, topicsHash });
  }

  /** Only changed parts of the target are named. */
  putTarget(members: readonly { readonly memberId: string; readonly assignment: Assignment }[]): void {
    const { groupId, nowMs } = this;
    this.setTarget(
      this.#epoch,
      nowMs,
      members.map(({ memberId, assignment }) => [memberId, assignment]),
    );
    this.log({ kind: 'share-target', groupId, epoch: this.#epoch, atMs: nowMs, members });
  }

  /** The group's topics were looked at as they are now. */
  sawTopics(): void {
    const { topicsVersion } = this.context.world;
    this.keep({ kind: 'share-topics-seen', groupId: this.groupId, topicsVersion });
  }
}
