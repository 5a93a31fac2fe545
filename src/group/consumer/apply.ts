/** How records change a group of the consumer protocol, and the records that make it again. */
import type { Uuid } from '../../base/uuid.ts';
import { NEVER_HEARD } from '../model.ts';
import { progressOf } from '../progress.ts';
import type { TargetChange } from '../record-parts.ts';
import {
  type ConsumerCurrent,
  type ConsumerGroup,
  type ConsumerMember,
  type ConsumerMetadata,
  type HeldPartitions,
  metadataOf,
  NO_PARTITIONS,
} from './model.ts';
import type { ConsumerRecord } from './records.ts';

const NOT_YET: ConsumerCurrent = {
  state: 'stable',
  epoch: 0,
  previousEpoch: 0,
  assigned: NO_PARTITIONS,
  revoking: NO_PARTITIONS,
};

export function applyConsumerRecord(group: ConsumerGroup, record: ConsumerRecord): void {
  switch (record.kind) {
    case 'consumer-group':
      group.epoch = record.epoch;
      group.topicsHash = record.topicsHash;
      return;
    case 'consumer-member':
      putMetadata(group, record.metadata);
      return;
    case 'consumer-members-removed':
      for (const memberId of record.memberIds) removeMember(group, memberId);
      return;
    case 'consumer-target':
      return putTarget(group, record);
    case 'consumer-current':
      putCurrent(group, record.memberId, record.current);
  }
}

/** What an assignor has given becomes the target. */
export function putTarget(
  group: Pick<ConsumerGroup, 'assignmentEpoch' | 'assignmentMs' | 'target'>,
  { epoch, atMs, members }: TargetChange,
): void {
  group.assignmentEpoch = epoch;
  group.assignmentMs = atMs;
  for (const { memberId, assignment } of members) {
    if (assignment.size === 0) group.target.delete(memberId);
    else group.target.set(memberId, assignment);
  }
}

function putMetadata(group: ConsumerGroup, metadata: ConsumerMetadata): void {
  const { memberId } = metadata;
  const before = group.members.get(memberId);
  if (before !== undefined) forgetSubscription(group, before);
  const { state, epoch, previousEpoch, assigned, revoking } = before ?? NOT_YET;
  group.members.set(memberId, {
    ...metadata,
    topics: sharedTopics(group, metadata.topics),
    state,
    epoch,
    previousEpoch,
    assigned,
    revoking,
    deadlineMs: before?.deadlineMs ?? NEVER_HEARD,
    // It has said something: whatever it had to do again begins anew.
    rejoinMs: 0,
  });
  if (metadata.instanceId !== null) group.staticMembers.set(metadata.instanceId, memberId);
  for (const topic of metadata.topics) count(group.topicCounts, topic, 1);
  if (metadata.regex !== null) count(group.regexCounts, metadata.regex, 1);
}

/** Members mostly want the same: one array for all of them costs less, and is compared by its identity. */
export function sharedTopics(
  { members }: { readonly members: ReadonlyMap<string, { readonly topics: readonly string[] }> },
  topics: readonly string[],
): readonly string[] {
  const known = members.values().next().value?.topics;
  const same = known?.length === topics.length && known.every((topic, i) => topic === topics[i]);
  return same ? known : topics;
}

function forgetSubscription(group: ConsumerGroup, { topics, regex }: ConsumerMember): void {
  for (const topic of topics) count(group.topicCounts, topic, -1);
  if (regex === null) return;
  count(group.regexCounts, regex, -1);
}

function count(counts: Map<string, number>, name: string, change: number): void {
  const now = (counts.get(name) ?? 0) + change;
  if (now === 0) counts.delete(name);
  else counts.set(name, now);
}

function putCurrent(group: ConsumerGroup, memberId: string, current: ConsumerCurrent): void {
  const member = group.members.get(memberId);
  if (member === undefined) return;
  releaseAll(group, member);
  group.members.set(memberId, { ...member, ...current });
  hold(group, memberId, current.assigned);
  hold(group, memberId, current.revoking);
}

function removeMember(group: ConsumerGroup, memberId: string): void {
  const member = group.members.get(memberId);
  if (member === undefined) return;
  releaseAll(group, member);
  forgetSubscription(group, member);
  group.members.delete(memberId);
  group.target.delete(memberId);
  // Another may have taken its place already.
  const { instanceId } = member;
  if (instanceId !== null && group.staticMembers.get(instanceId) === memberId) {
    group.staticMembers.delete(instanceId);
  }
}

function hold({ holders }: ConsumerGroup, memberId: string, partitions: HeldPartitions): void {
  for (const [topicId, held] of partitions) {
    let byPartition = holders.get(topicId);
    if (byPartition === undefined) holders.set(topicId, (byPartition = new Map()));
    for (const partition of held.keys()) byPartition.set(partition, memberId);
  }
}

function releaseAll(group: ConsumerGroup, { memberId, assigned, revoking }: ConsumerMember): void {
  release(group.holders, memberId, assigned);
  release(group.holders, memberId, revoking);
}

function release(
  holders: Map<Uuid, Map<number, string>>,
  memberId: string,
  partitions: HeldPartitions,
): void {
  for (const [topicId, held] of partitions) {
    const byPartition = holders.get(topicId);
    if (byPartition === undefined) continue;
    for (const partition of held.keys()) {
      if (byPartition.get(partition) === memberId) byPartition.delete(partition);
    }
    if (byPartition.size === 0) holders.delete(topicId);
  }
}

/** All that was logged of a group and still counts. */
export function* snapshotConsumerGroup(group: ConsumerGroup): Iterable<ConsumerRecord> {
  const { groupId, epoch, topicsHash, assignmentEpoch, assignmentMs } = group;
  yield { kind: 'consumer-group', groupId, epoch, topicsHash };
  for (const member of group.members.values()) {
    yield { kind: 'consumer-member', groupId, metadata: metadataOf(member) };
  }
  const members = [...group.target].map(([memberId, assignment]) => ({ memberId, assignment }));
  yield { kind: 'consumer-target', groupId, epoch: assignmentEpoch, atMs: assignmentMs, members };
  for (const member of group.members.values()) {
    yield { kind: 'consumer-current', groupId, memberId: member.memberId, current: progressOf(member) };
  }
}
