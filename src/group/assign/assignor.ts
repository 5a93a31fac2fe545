/**
 * What a server-side assignor of the consumer protocol (KIP-848) is: a pure function from members and topics to who gets
 * which partition. docs/protocols/assignors.md says which to use when.
 *
 * All guarantee: each partition of a topic that someone subscribes to goes to exactly one member, which subscribes to the
 * topic; the same input gives the same answer, in whatever order the members come. Members of a rack get what lies in
 * their rack first where the assignor says so.
 */
import type { Uuid } from '../../base/uuid.ts';
import type { Assignment } from '../consumer/model.ts';

export interface AssignableTopic {
  readonly id: Uuid;
  readonly name: string;
  /** At least 1. */
  readonly partitionCount: number;
  /** Racks in which a partition has replicas; empty: not known. */
  racksOf(partition: number): readonly string[];
}

export interface AssignableMember {
  readonly memberId: string;
  /** Of a static member: what its work is remembered by when it comes back with another member id. */
  readonly instanceId: string | null;
  readonly rackId: string | null;
  /** What it subscribes to, by name. Members with the same subscription share one array. */
  readonly topics: readonly AssignableTopic[];
  /** Its part of the assignment before, which may name partitions and topics that are gone. */
  readonly current: Assignment;
}

export interface AssignorInput {
  /** The group's epoch: what the assignment is for. */
  readonly epoch: number;
  readonly members: readonly AssignableMember[];
}

/** By member id; who gets nothing isn't named. */
export type Assigned = ReadonlyMap<string, Assignment>;
export type Assignor = (input: AssignorInput) => Assigned;

/** Members in an order that doesn't depend on how they came: static ones first, by what they are remembered by. */
export function ordered(members: readonly AssignableMember[]): AssignableMember[] {
  return [...members].sort((a, b) => {
    if ((a.instanceId === null) !== (b.instanceId === null)) return a.instanceId === null ? 1 : -1;
    return compare(a.instanceId ?? a.memberId, b.instanceId ?? b.memberId) || compare(a.memberId, b.memberId);
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What a member goes by in assignors that depend on names: a static one keeps its work under a new member id. */
export function lastingName(member: AssignableMember): string {
  return member.instanceId ?? member.memberId;
}

/** All topics that someone subscribes to, by name. */
export function subscribedTopics(members: readonly AssignableMember[]): AssignableTopic[] {
  const byId = new Map<Uuid, AssignableTopic>();
  const seen = new Set<readonly AssignableTopic[]>();
  for (const { topics } of members) {
    if (seen.has(topics)) continue;
    seen.add(topics);
    for (const topic of topics) byId.set(topic.id, topic);
  }
  return [...byId.values()].sort((a, b) => compare(a.name, b.name));
}

/** Whether all members subscribe to the same topics. */
export function isHomogeneous(members: readonly AssignableMember[]): boolean {
  const first = members[0]?.topics;
  return members.every(({ topics }) => topics === first || sameTopics(topics, first!));
}

function sameTopics(a: readonly AssignableTopic[], b: readonly AssignableTopic[]): boolean {
  return a.length === b.length && a.every((topic, i) => topic.id === b[i]!.id);
}
