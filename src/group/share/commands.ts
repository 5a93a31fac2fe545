/** What is asked of share groups, and what they answer (KIP-932). */
import type { BrokerError } from '../../base/errors.ts';
import type { DescribedTopic, OwnedTopic } from '../commands.ts';
import type { SharePhase } from './model.ts';

/** Member epochs of requests: joining, and leaving. */
export const JOINING_EPOCH = 0;
export const LEAVING_EPOCH = -1;

/** By heartbeats a member also joins, changes its subscription and leaves. Null: as before. */
export interface ShareHeartbeatCommand {
  readonly kind: 'share-heartbeat';
  readonly groupId: string;
  readonly memberId: string;
  readonly epoch: number;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly topics: readonly string[] | null;
}

export interface DescribeSharesCommand {
  readonly kind: 'describe-shares';
  readonly groupIds: readonly string[];
}

/** Makes sure of a share group without members, which is made if it isn't there: its offsets can be set from outside. */
export interface VacantShareCommand {
  readonly kind: 'vacant-share';
  readonly groupId: string;
  readonly make: boolean;
}

export interface ShareHeartbeatAnswer {
  readonly kind: 'share-heartbeat';
  readonly memberId: string;
  readonly epoch: number;
  readonly heartbeatIntervalMs: number;
  /** All that the member is to read; null: as it was told before. */
  readonly assignment: readonly OwnedTopic[] | null;
}

export interface ShareMemberDescription {
  readonly memberId: string;
  readonly rackId: string | null;
  readonly epoch: number;
  readonly clientId: string;
  readonly clientHost: string;
  readonly topics: readonly string[];
  readonly assignment: readonly DescribedTopic[];
}

export interface ShareGroupDescription {
  readonly groupId: string;
  readonly phase: SharePhase;
  readonly epoch: number;
  readonly assignmentEpoch: number;
  readonly members: readonly ShareMemberDescription[];
}

export interface SharesDescribedAnswer {
  readonly kind: 'shares-described';
  readonly groups: readonly (
    | ShareGroupDescription
    | { readonly groupId: string; readonly error: BrokerError }
  )[];
}
