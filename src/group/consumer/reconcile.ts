/**
 * How a member of the consumer protocol gets from what it holds to its target, as in KIP-848: it gives up first, and takes
 * what is free. Each step keeps two rules: a partition is never assigned to a member while another holds it, and a
 * member's epoch reaches the target's epoch only when it has nothing more to give up.
 */
import type { Uuid } from '../../base/uuid.ts';
import type { OwnedTopic } from '../commands.ts';
import { type Assignment, type ConsumerCurrent, type HeldPartitions, NO_PARTITIONS } from './model.ts';

export interface ReconcileInput {
  readonly member: ConsumerCurrent;
  readonly targetEpoch: number;
  readonly target: Assignment;
  /** Whether the member subscribes to the topic, and it exists. What it doesn't subscribe to it has to give up. */
  isSubscribed(topicId: Uuid): boolean;
  /** Whether nobody else holds the partition. */
  isFree(topicId: Uuid, partition: number): boolean;
  /** Whether the member subscribes to something else than before. */
  readonly subscriptionChanged: boolean;
  /** What the member says it has; null: it doesn't say. */
  readonly owned: readonly OwnedTopic[] | null;
}

/** The member's next step; the same object where there is none. */
export function reconcile(input: ReconcileInput): ConsumerCurrent {
  const { member, targetEpoch, subscriptionChanged } = input;
  if (member.state === 'stable' && member.epoch === targetEpoch) {
    return subscriptionChanged ? dropUnsubscribed(input) : member;
  }
  if (member.state === 'unrevoked' && stillOwns(input, member.revoking)) {
    return subscriptionChanged ? dropUnsubscribed(input) : member;
  }
  return nextStep(input);
}

function nextStep(input: ReconcileInput): ConsumerCurrent {
  const { member, targetEpoch } = input;
  const kept = new Map<Uuid, Map<number, number>>();
  const revoking = new Map<Uuid, Map<number, number>>();
  for (const [topicId, partitions] of member.assigned) {
    const wanted = new Set(input.isSubscribed(topicId) ? input.target.get(topicId) : []);
    for (const [partition, epoch] of partitions) {
      put(wanted.has(partition) ? kept : revoking, topicId, partition, epoch);
    }
  }
  if (revoking.size > 0 && stillOwns(input, revoking)) {
    return changed(member, { state: 'unrevoked', epoch: member.epoch, assigned: kept, revoking });
  }
  const unreleased = takeFree(input, kept);
  return changed(member, {
    state: unreleased ? 'unreleased' : 'stable',
    epoch: targetEpoch,
    assigned: kept,
    revoking: NO_PARTITIONS,
  });
}

/** Adds what is free of the target; returns whether something isn't. */
function takeFree(input: ReconcileInput, kept: Map<Uuid, Map<number, number>>): boolean {
  let unreleased = false;
  for (const [topicId, partitions] of input.target) {
    if (!input.isSubscribed(topicId)) continue;
    for (const partition of partitions) {
      if (kept.get(topicId)?.has(partition) === true) continue;
      if (input.isFree(topicId, partition)) put(kept, topicId, partition, input.targetEpoch);
      else unreleased = true;
    }
  }
  return unreleased;
}

/** Topics that the member doesn't want any more are given up at once, whatever the target says. */
function dropUnsubscribed(input: ReconcileInput): ConsumerCurrent {
  const { member } = input;
  const kept = new Map<Uuid, ReadonlyMap<number, number>>();
  const revoking = new Map(member.revoking);
  for (const [topicId, partitions] of member.assigned) {
    if (input.isSubscribed(topicId)) kept.set(topicId, partitions);
    else revoking.set(topicId, new Map([...(revoking.get(topicId) ?? []), ...partitions]));
  }
  if (kept.size === member.assigned.size) return member;
  const { epoch } = member;
  if (stillOwns(input, revoking)) {
    return changed(member, { state: 'unrevoked', epoch, assigned: kept, revoking });
  }
  // Given up already: what it gets instead comes with the next target.
  return changed(member, { state: 'stable', epoch, assigned: kept, revoking: NO_PARTITIONS });
}

function put(into: Map<Uuid, Map<number, number>>, topicId: Uuid, partition: number, epoch: number): void {
  const partitions = into.get(topicId);
  if (partitions === undefined) into.set(topicId, new Map([[partition, epoch]]));
  else partitions.set(partition, epoch);
}

/** A member that doesn't say what it has may have all of it. */
function stillOwns({ owned }: ReconcileInput, revoking: HeldPartitions): boolean {
  if (owned === null) return true;
  return owned.some(({ topicId, partitions }) => {
    const given = revoking.get(topicId);
    return given !== undefined && partitions.some((partition) => given.has(partition));
  });
}

function changed(member: ConsumerCurrent, next: Omit<ConsumerCurrent, 'previousEpoch'>): ConsumerCurrent {
  const same =
    member.state === next.state &&
    member.epoch === next.epoch &&
    samePartitions(member.assigned, next.assigned) &&
    samePartitions(member.revoking, next.revoking);
  return same ? member : { ...next, previousEpoch: member.epoch };
}

/** Whether both hold the same partitions, whenever they got them. */
export function samePartitions(a: HeldPartitions, b: HeldPartitions): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId);
    if (others === undefined || others.size !== partitions.size) return false;
    for (const partition of partitions.keys()) if (!others.has(partition)) return false;
  }
  return true;
}
