/** How records change a share group, and the records that make it again. */
import { putTarget, sharedTopics } from '../consumer/apply.ts';
import { NEVER_HEARD } from '../model.ts';
import { NOT_YET, type ShareCurrent, type ShareGroup, type ShareMetadata } from './model.ts';
import type { ShareRecord } from './records.ts';

export function applyShareRecord(group: ShareGroup, record: ShareRecord): void {
  switch (record.kind) {
    case 'share-group':
      group.epoch = record.epoch;
      group.topicsHash = record.topicsHash;
      return;
    case 'share-member':
      putMetadata(group, record.metadata);
      return;
    case 'share-members-removed':
      for (const memberId of record.memberIds) {
        group.members.delete(memberId);
        group.target.delete(memberId);
      }
      return;
    case 'share-target':
      return putTarget(group, record);
    case 'share-current':
      putCurrent(group, record.memberId, record.current);
  }
}

function putMetadata(group: ShareGroup, metadata: ShareMetadata): void {
  const { memberId } = metadata;
  const before = group.members.get(memberId);
  const { epoch, previousEpoch, assigned } = before ?? NOT_YET;
  const topics = sharedTopics(group, metadata.topics);
  const deadlineMs = before?.deadlineMs ?? NEVER_HEARD;
  group.members.set(memberId, { ...metadata, topics, epoch, previousEpoch, assigned, deadlineMs });
}

function putCurrent({ members }: ShareGroup, memberId: string, current: ShareCurrent): void {
  const before = members.get(memberId);
  if (before !== undefined) members.set(memberId, { ...before, ...current });
}

/** All that was logged of a group and still counts. */
export function* snapshotShareGroup(group: ShareGroup): Iterable<ShareRecord> {
  const { groupId, epoch, topicsHash, assignmentEpoch, assignmentMs } = group;
  yield { kind: 'share-group', groupId, epoch, topicsHash };
  for (const { memberId, rackId, clientId, clientHost, topics } of group.members.values()) {
    yield { kind: 'share-member', groupId, metadata: { memberId, rackId, clientId, clientHost, topics } };
  }
  const members = [...group.target].map(([memberId, assignment]) => ({ memberId, assignment }));
  yield { kind: 'share-target', groupId, epoch: assignmentEpoch, atMs: assignmentMs, members };
  for (const { memberId, epoch: memberEpoch, previousEpoch, assigned } of group.members.values()) {
    yield {
      kind: 'share-current',
      groupId,
      memberId,
      current: { epoch: memberEpoch, previousEpoch, assigned },
    };
  }
}
