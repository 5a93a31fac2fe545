/** How records change a group of the Streams protocol, and the records that make it again. */
import { NEVER_HEARD } from '../model.ts';
import { progressOf } from '../progress.ts';
import type { StreamsGroup, StreamsMember, StreamsMetadata } from './model.ts';
import { type MemberProgress, NEW_MEMBER } from './reconcile.ts';
import type { StreamsRecord } from './records.ts';
import { taskCount } from './tasks.ts';

export function applyStreamsRecord(group: StreamsGroup, record: StreamsRecord): void {
  switch (record.kind) {
    case 'streams-group':
      group.at = record.at;
      return;
    case 'streams-topology':
      group.topology = record.topology;
      group.live = { ...group.live, configured: null };
      return;
    case 'streams-member':
      putMetadata(group, record.metadata);
      return;
    case 'streams-members-removed':
      for (const memberId of record.memberIds) removeMember(group, memberId);
      return;
    case 'streams-target':
      group.assignmentEpoch = record.epoch;
      group.assignmentMs = record.atMs;
      for (const { memberId, tasks } of record.members) {
        if (taskCount(tasks) === 0) group.target.delete(memberId);
        else group.target.set(memberId, tasks);
      }
      return;
    case 'streams-current':
      putProgress(group, record.memberId, record.current);
  }
}

function putMetadata(group: StreamsGroup, metadata: StreamsMetadata): void {
  const before = group.members.get(metadata.memberId);
  if (before === undefined) {
    group.members.set(metadata.memberId, {
      ...metadata,
      ...NEW_MEMBER,
      deadlineMs: NEVER_HEARD,
      taskOffsets: [],
      taskEndOffsets: [],
    });
    return;
  }
  release(group, before);
  const member = { ...before, ...metadata };
  group.members.set(metadata.memberId, member);
  hold(group, member);
}

function putProgress(group: StreamsGroup, memberId: string, progress: MemberProgress): void {
  const before = group.members.get(memberId);
  if (before === undefined) return;
  release(group, before);
  const member = { ...before, ...progress };
  group.members.set(memberId, member);
  hold(group, member);
}

function removeMember(group: StreamsGroup, memberId: string): void {
  const member = group.members.get(memberId);
  if (member === undefined) return;
  release(group, member);
  group.members.delete(memberId);
  group.target.delete(memberId);
  if (group.members.size === 0) group.live = { ...group.live, shutdownMemberId: null };
}

function hold({ owners }: StreamsGroup, { assigned, revoking, processId }: StreamsMember): void {
  owners.add(assigned, processId);
  owners.add(revoking, processId);
}

function release({ owners }: StreamsGroup, { assigned, revoking, processId }: StreamsMember): void {
  owners.remove(assigned, processId);
  owners.remove(revoking, processId);
}

/** All that was logged of a group and still counts. */
export function* snapshotStreamsGroup(group: StreamsGroup): Iterable<StreamsRecord> {
  const { groupId, at, topology, assignmentEpoch, assignmentMs } = group;
  yield { kind: 'streams-group', groupId, at };
  if (topology !== null) yield { kind: 'streams-topology', groupId, topology };
  for (const member of group.members.values())
    yield { kind: 'streams-member', groupId, metadata: metadataOf(member) };
  const members = [...group.target].map(([memberId, tasks]) => ({ memberId, tasks }));
  yield { kind: 'streams-target', groupId, epoch: assignmentEpoch, atMs: assignmentMs, members };
  for (const member of group.members.values()) {
    yield { kind: 'streams-current', groupId, memberId: member.memberId, current: progressOf(member) };
  }
}

function metadataOf(member: StreamsMember): StreamsMetadata {
  const { memberId, rackId, clientId, clientHost, rebalanceTimeoutMs } = member;
  const { topologyEpoch, processId, userEndpoint, clientTags } = member;
  return {
    memberId,
    rackId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    topologyEpoch,
    processId,
    userEndpoint,
    clientTags,
  };
}
