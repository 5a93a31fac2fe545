/** The only place where the state of the group coordinator changes, and its snapshot. */
import { applyConsumerRecord, snapshotConsumerGroup } from './consumer/apply.ts';
import { newConsumerGroup } from './consumer/model.ts';
import type { ConsumerRecord } from './consumer/records.ts';
import {
  type GroupEntry,
  type GroupMetadata,
  type GroupsState,
  groupFromMetadata,
  type LiveGroup,
  newEntry,
  newGroup,
} from './model.ts';
import { PendingDraft } from './pending.ts';
import type { GroupRecord, OffsetsRecord, TransactionEndedRecord } from './records.ts';
import { applyShareRecord, snapshotShareGroup } from './share/apply.ts';
import { newShareGroup } from './share/model.ts';
import type { ShareRecord } from './share/records.ts';
import { offsetRecords, removeOffsets, removeTopic, storeOffsets, takeOver } from './stored-offsets.ts';
import { applyStreamsRecord, snapshotStreamsGroup } from './streams/apply.ts';
import { newStreamsGroup } from './streams/model.ts';
import type { StreamsRecord } from './streams/records.ts';

export function applyGroupRecord(state: GroupsState, record: GroupRecord): void {
  switch (record.kind) {
    case 'group': {
      putGroup(state, groupFromMetadata(record.metadata), record.metadata);
      return;
    }
    case 'live': {
      const { group } = record;
      if (group.pendingJoins instanceof PendingDraft) group.pendingJoins = group.pendingJoins.settle();
      const entry = state.groups.get(group.groupId);
      if (entry === undefined) state.groups.set(group.groupId, newEntry(group, null));
      else entry.live = group;
      return;
    }
    case 'heard': {
      const member = state.groups.get(record.groupId)?.live.members.get(record.memberId);
      if (member !== undefined) member.deadlineMs = record.deadlineMs;
      return;
    }
    case 'group-removed':
    case 'gone':
      state.groups.delete(record.groupId);
      return;
    case 'offsets':
      storeOffsets(committing(state, record), record);
      return;
    case 'offsets-removed': {
      const entry = state.groups.get(record.groupId);
      if (entry === undefined) return;
      // Those that transactions hold, too: what is removed later stands, as what is committed later.
      for (const offsets of [entry.offsets, ...entry.pending.values()]) removeOffsets(offsets, record);
      return;
    }
    case 'transaction-ended':
      applyTransactionEnded(state, record);
      return;
    case 'topic-removed':
      for (const { offsets, pending } of state.groups.values()) {
        removeTopic(offsets, record.topicId);
        for (const held of pending.values()) removeTopic(held, record.topicId);
      }
      return;
    case 'topics-stale':
      for (const groupId of record.groupIds) {
        const live = state.groups.get(groupId)?.live;
        if (live?.type === 'consumer') live.topicsStale = true;
      }
      return;
    case 'streams-live': {
      const live = state.groups.get(record.groupId)?.live;
      if (live?.type === 'streams') live.live = record.live;
      return;
    }
    case 'streams-offsets': {
      const live = state.groups.get(record.groupId)?.live;
      const member = live?.type === 'streams' ? live.members.get(record.memberId) : undefined;
      if (member === undefined) return;
      member.taskOffsets = record.taskOffsets;
      member.taskEndOffsets = record.taskEndOffsets;
      return;
    }
    case 'share-topics-seen': {
      const live = state.groups.get(record.groupId)?.live;
      if (live?.type === 'share') live.topicsVersion = record.topicsVersion;
      return;
    }
    case 'share-group':
    case 'share-member':
    case 'share-members-removed':
    case 'share-target':
    case 'share-current':
      applyOfShares(state, record);
      return;
    case 'streams-group':
    case 'streams-topology':
    case 'streams-member':
    case 'streams-members-removed':
    case 'streams-target':
    case 'streams-current':
      applyOfStreams(state, record);
      return;
    case 'consumer-rejoin': {
      const live = state.groups.get(record.groupId)?.live;
      const member = live?.type === 'consumer' ? live.members.get(record.memberId) : undefined;
      if (member !== undefined) member.rejoinMs = record.atMs;
      return;
    }
    case 'topics-resolved': {
      const live = state.groups.get(record.groupId)?.live;
      if (live?.type !== 'consumer') return;
      live.regexTopics = record.regexTopics;
      live.topicsStale = false;
      return;
    }
    default:
      applyOfConsumers(state, record);
  }
}

/** Puts a group in its place, which may be that of a group of another type: only the offsets stay. */
function putGroup(state: GroupsState, live: LiveGroup, logged: GroupMetadata | null = null): GroupEntry {
  const { groupId } = live;
  let entry = state.groups.get(groupId);
  if (entry === undefined) state.groups.set(groupId, (entry = newEntry(live, logged)));
  else {
    entry.live = live;
    entry.logged = logged;
  }
  return entry;
}

function applyOfConsumers(state: GroupsState, record: ConsumerRecord): void {
  const { groupId } = record;
  const live = state.groups.get(groupId)?.live;
  if (live?.type === 'consumer') return applyConsumerRecord(live, record);
  const group = newConsumerGroup(groupId);
  applyConsumerRecord(group, record);
  putGroup(state, group);
}

function applyOfStreams(state: GroupsState, record: StreamsRecord): void {
  const { groupId } = record;
  const live = state.groups.get(groupId)?.live;
  if (live?.type === 'streams') return applyStreamsRecord(live, record);
  const group = newStreamsGroup(groupId);
  applyStreamsRecord(group, record);
  putGroup(state, group);
}

function applyOfShares(state: GroupsState, record: ShareRecord): void {
  const { groupId } = record;
  const live = state.groups.get(groupId)?.live;
  if (live?.type === 'share') return applyShareRecord(live, record);
  const group = newShareGroup(groupId);
  applyShareRecord(group, record);
  putGroup(state, group);
}

/** The group's entry; one that only commits has no members and no protocol type. */
function committing(state: GroupsState, { groupId, commitMs }: OffsetsRecord): GroupEntry {
  return state.groups.get(groupId) ?? putGroup(state, newGroup(groupId, commitMs));
}

function applyTransactionEnded(state: GroupsState, record: TransactionEndedRecord): void {
  const entry = state.groups.get(record.groupId);
  const held = entry?.pending.get(record.producerId);
  if (entry === undefined || held === undefined) return;
  entry.pending.delete(record.producerId);
  if (record.commit) takeOver(entry.offsets, held);
}

/** All that was logged and still counts. */
export function* snapshotGroups(state: GroupsState): Iterable<GroupRecord> {
  for (const [groupId, entry] of state.groups) {
    if (entry.logged !== null) yield { kind: 'group', metadata: entry.logged };
    if (entry.live.type === 'consumer') yield* snapshotConsumerGroup(entry.live);
    if (entry.live.type === 'streams') yield* snapshotStreamsGroup(entry.live);
    if (entry.live.type === 'share') yield* snapshotShareGroup(entry.live);
    yield* offsetRecords(groupId, entry);
  }
}
