/**
 * The state of a share group (KIP-932): its members, and which partitions each of them reads. Several may read one: what becomes of
 * the records is the business of the queues.
 *
 * The three epochs are those of a group of the consumer protocol. A member needs not wait for another to give something up, so it
 * comes to the target in one step. All of it is logged but for what is marked otherwise. Members and assignments are replaced, not
 * changed; the maps are changed in place, by `apply` only.
 */
import type { Uuid } from '../../base/uuid.ts';
import type { Assignment } from '../consumer/model.ts';

/** Kafka's names of the states. A group that is not there is Dead. */
export type SharePhase = 'Empty' | 'Stable';

/** What a member says of itself. */
export interface ShareMetadata {
  readonly memberId: string;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** Names of topics, sorted, each once. */
  readonly topics: readonly string[];
}

export interface ShareCurrent {
  readonly epoch: number;
  /** The epoch before: an answer with the new one may have been lost. */
  readonly previousEpoch: number;
  readonly assigned: Assignment;
}

export interface ShareMember extends ShareMetadata, ShareCurrent {
  /** Not logged: when its session ends unless it is heard of. Moved in place by heartbeats. */
  deadlineMs: number;
}

export interface ShareGroup {
  readonly type: 'share';
  readonly groupId: string;
  /** Rises with each change that asks for another assignment; 0 before the first. */
  epoch: number;
  /** Of the names, ids and sizes of the topics at that epoch. */
  topicsHash: number;
  /** The group epoch of the target assignment. */
  assignmentEpoch: number;
  /** When the target was computed; −1: never. */
  assignmentMs: number;
  /** By member id, in the order of joining. */
  readonly members: Map<string, ShareMember>;
  /** By member id; who has nothing to get is not in it. */
  readonly target: Map<string, Assignment>;
  /** Not logged: the version of all topics at which the group's were looked at last. */
  topicsVersion: number;
}

export const NO_ASSIGNMENT: ReadonlyMap<Uuid, readonly number[]> = new Map();
export const NOT_YET: ShareCurrent = { epoch: 0, previousEpoch: 0, assigned: NO_ASSIGNMENT };

export function newShareGroup(groupId: string): ShareGroup {
  return {
    type: 'share',
    groupId,
    epoch: 0,
    topicsHash: 0,
    assignmentEpoch: 0,
    assignmentMs: -1,
    members: new Map(),
    target: new Map(),
    topicsVersion: -1,
  };
}

export function sharePhase({ members }: ShareGroup): SharePhase {
  return members.size === 0 ? 'Empty' : 'Stable';
}

/** Whether a member reads the topic. */
export function shareReads({ members }: ShareGroup, topic: string): boolean {
  let last: readonly string[] | null = null;
  for (const { topics } of members.values()) {
    // Members mostly share one array.
    if (topics === last) continue;
    last = topics;
    if (topics.includes(topic)) return true;
  }
  return false;
}
