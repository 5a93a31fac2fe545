/** The only place where the state of the group coordinator changes, and its snapshot. */
import type { TopicCommit } from './commands.ts';
import { applyConsumerRecord, snapshotConsumerGroup } from './consumer/apply.ts';
import { newConsumerGroup } from './consumer/model.ts';
import type { ConsumerRecord } from './consumer/records.ts';
import {
  type CommittedOffset,
  type GroupEntry,
  type GroupMetadata,
  type GroupsState,
  groupFromMetadata,
  type LiveGroup,
  newEntry,
  newGroup,
  type TopicOffsets,
} from './model.ts';
import { PendingDraft } from './pending.ts';
import type { GroupRecord, OffsetsRecord, OffsetsRemovedRecord } from './records.ts';
import { applyStreamsRecord, snapshotStreamsGroup } from './streams/apply.ts';
import { newStreamsGroup } from './streams/model.ts';
import type { StreamsRecord } from './streams/records.ts';

/** Most partitions that a snapshot puts into one record. */
const SNAPSHOT_PARTITIONS_MAX = 2000;

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
      applyOffsets(state, record);
      return;
    case 'offsets-removed':
      applyOffsetsRemoved(state, record);
      return;
    case 'topic-removed':
      for (const { offsets } of state.groups.values()) {
        for (const [topic, { topicId }] of offsets) if (topicId === record.topicId) offsets.delete(topic);
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
    case 'streams-group':
    case 'streams-topology':
    case 'streams-member':
    case 'streams-members-removed':
    case 'streams-target':
    case 'streams-current':
      applyOfStreams(state, record);
      return;
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

function applyOffsets(state: GroupsState, record: OffsetsRecord): void {
  const { groupId, commitMs, expireMs } = record;
  // A group that only commits: no members, no protocol type.
  const entry = state.groups.get(groupId) ?? putGroup(state, newGroup(groupId, commitMs));
  for (const { topic, topicId, partitions } of record.topics) {
    const stored = offsetsOfTopic(entry, topic, topicId);
    for (const { partition, offset, leaderEpoch, metadata } of partitions) {
      const known = stored.partitions.get(partition);
      if (known === undefined) {
        stored.partitions.set(partition, { offset, leaderEpoch, metadata, commitMs, expireMs });
      } else {
        // In place: commits come often, and new objects that live long are what garbage collection costs most for.
        known.offset = offset;
        known.leaderEpoch = leaderEpoch;
        known.metadata = metadata;
        known.commitMs = commitMs;
        known.expireMs = expireMs;
      }
    }
  }
}

/** The offsets of a topic; those of an older topic of the same name are dropped. */
function offsetsOfTopic(entry: GroupEntry, topic: string, topicId: TopicOffsets['topicId']): TopicOffsets {
  const stored = entry.offsets.get(topic);
  if (stored !== undefined && stored.topicId === topicId) return stored;
  const fresh: TopicOffsets = { topicId, partitions: new Map() };
  entry.offsets.set(topic, fresh);
  return fresh;
}

function applyOffsetsRemoved(state: GroupsState, record: OffsetsRemovedRecord): void {
  const offsets = state.groups.get(record.groupId)?.offsets;
  if (offsets === undefined) return;
  for (const { topic, partitions } of record.topics) {
    const stored = offsets.get(topic);
    if (stored === undefined) continue;
    for (const partition of partitions) stored.partitions.delete(partition);
    if (stored.partitions.size === 0) offsets.delete(topic);
  }
}

/** All that was logged and still counts. */
export function* snapshotGroups(state: GroupsState): Iterable<GroupRecord> {
  for (const [groupId, entry] of state.groups) {
    if (entry.logged !== null) yield { kind: 'group', metadata: entry.logged };
    if (entry.live.type === 'consumer') yield* snapshotConsumerGroup(entry.live);
    if (entry.live.type === 'streams') yield* snapshotStreamsGroup(entry.live);
    yield* offsetRecords(groupId, entry.offsets);
  }
}

/** Offsets with the same times, which become one record. */
interface OpenRecord {
  readonly commitMs: number;
  readonly expireMs: number;
  readonly topics: MutableTopic[];
  count: number;
}

/** A group's offsets, those with the same times in one record. */
function* offsetRecords(
  groupId: string,
  offsets: ReadonlyMap<string, TopicOffsets>,
): Iterable<OffsetsRecord> {
  const byTimes = new Map<string, OpenRecord>();
  // Neighbours mostly have the same times: they were committed together.
  let open: OpenRecord | undefined;
  for (const [topic, { topicId, partitions }] of offsets) {
    for (const [partition, stored] of partitions) {
      if (open?.commitMs !== stored.commitMs || open.expireMs !== stored.expireMs) {
        open = openRecord(byTimes, stored);
      }
      addPartition(open.topics, { topic, topicId }, partition, stored);
      if (++open.count < SNAPSHOT_PARTITIONS_MAX) continue;
      yield {
        kind: 'offsets',
        groupId,
        commitMs: open.commitMs,
        expireMs: open.expireMs,
        topics: open.topics,
      };
      byTimes.delete(timesKey(open));
      open = undefined;
    }
  }
  for (const { commitMs, expireMs, topics } of byTimes.values()) {
    yield { kind: 'offsets', groupId, commitMs, expireMs, topics };
  }
}

type Times = Pick<CommittedOffset, 'commitMs' | 'expireMs'>;

const timesKey = ({ commitMs, expireMs }: Times): string => `${commitMs} ${expireMs}`;

function openRecord(byTimes: Map<string, OpenRecord>, times: Times): OpenRecord {
  const key = timesKey(times);
  let open = byTimes.get(key);
  if (open === undefined) {
    open = { commitMs: times.commitMs, expireMs: times.expireMs, topics: [], count: 0 };
    byTimes.set(key, open);
  }
  return open;
}

type MutableTopic = Omit<TopicCommit, 'partitions'> & {
  readonly partitions: TopicCommit['partitions'][number][];
};

function addPartition(
  topics: MutableTopic[],
  of: Pick<TopicCommit, 'topic' | 'topicId'>,
  partition: number,
  { offset, leaderEpoch, metadata }: CommittedOffset,
): void {
  let last = topics.at(-1);
  if (last?.topic !== of.topic) topics.push((last = { ...of, partitions: [] }));
  last.partitions.push({ partition, offset, leaderEpoch, metadata });
}
