/**
 * Offsets as a group has them, committed or held for a transaction until it ends (KIP-98), and the records of a snapshot.
 */
import type { Uuid } from '../base/uuid.ts';
import type { TopicCommit } from './commands.ts';
import type { CommittedOffset, GroupEntry, GroupOffsets, TopicOffsets } from './model.ts';
import type { OffsetsRecord, OffsetsRemovedRecord } from './records.ts';

/** Most partitions that a snapshot puts into one record. */
const SNAPSHOT_PARTITIONS_MAX = 2000;

/** Commits what a record says, or holds it for its transaction. */
export function storeOffsets(entry: GroupEntry, record: OffsetsRecord): void {
  const offsets = offsetsFor(entry, record.producerId);
  const { topics, commitMs, expireMs } = record;
  const order = entry.recorded++;
  for (const { topic, topicId, partitions } of topics) {
    const stored = offsetsOfTopic(offsets, topic, topicId);
    for (const { partition, offset, leaderEpoch, metadata } of partitions) {
      const known = stored.partitions.get(partition);
      if (known === undefined) {
        stored.partitions.set(partition, { offset, leaderEpoch, metadata, commitMs, expireMs, order });
      } else {
        // In place: commits come often, and new objects that live long are what garbage collection costs most for.
        known.offset = offset;
        known.leaderEpoch = leaderEpoch;
        known.metadata = metadata;
        known.commitMs = commitMs;
        known.expireMs = expireMs;
        known.order = order;
      }
    }
  }
}

/** The committed offsets, or for a producer id those that its transaction holds. */
function offsetsFor(entry: GroupEntry, producerId: number): GroupOffsets {
  if (producerId < 0) return entry.offsets;
  let held = entry.pending.get(producerId);
  if (held === undefined) entry.pending.set(producerId, (held = new Map()));
  return held;
}

/**
 * What a transaction held becomes committed, but for what was committed behind it: by the group itself, or by another
 * transaction, whichever of the two ended first (as in Kafka's OffsetMetadataManager).
 */
export function takeOver(offsets: GroupOffsets, held: GroupOffsets): void {
  for (const [topic, { topicId, partitions }] of held) {
    const stored = offsetsOfTopic(offsets, topic, topicId);
    for (const [partition, offset] of partitions) {
      if (!isSuperseded(offset, stored.partitions.get(partition))) stored.partitions.set(partition, offset);
    }
  }
}

function isSuperseded(held: CommittedOffset, committed: CommittedOffset | undefined): boolean {
  return committed !== undefined && committed.order > held.order;
}

/** The offsets of a topic; those of an older topic of the same name are dropped. */
function offsetsOfTopic(offsets: GroupOffsets, topic: string, topicId: Uuid): TopicOffsets {
  const stored = offsets.get(topic);
  if (stored !== undefined && stored.topicId === topicId) return stored;
  const fresh: TopicOffsets = { topicId, partitions: new Map() };
  offsets.set(topic, fresh);
  return fresh;
}

export function removeOffsets(offsets: GroupOffsets, { topics }: Pick<OffsetsRemovedRecord, 'topics'>): void {
  for (const { topic, partitions } of topics) {
    const stored = offsets.get(topic);
    if (stored === undefined) continue;
    for (const partition of partitions) stored.partitions.delete(partition);
    if (stored.partitions.size === 0) offsets.delete(topic);
  }
}

export function removeTopic(offsets: GroupOffsets, removedId: Uuid): void {
  for (const [topic, { topicId }] of offsets) if (topicId === removedId) offsets.delete(topic);
}

/** Whether a transaction that is still open holds an offset of the partition. */
export function isHeld({ pending }: GroupEntry, topic: string, partition: number): boolean {
  for (const held of pending.values()) if (held.get(topic)?.partitions.has(partition) === true) return true;
  return false;
}

/** Offsets with the same times, which become one record. */
interface OpenRecord {
  readonly commitMs: number;
  readonly expireMs: number;
  readonly topics: MutableTopic[];
  count: number;
}

/**
 * A group's offsets for a snapshot. Their order isn't stored: what transactions hold is put before what is committed where that
 * supersedes it, and behind it where it doesn't, each in the order in which it came.
 */
export function* offsetRecords(groupId: string, { offsets, pending }: GroupEntry): Iterable<OffsetsRecord> {
  if (pending.size === 0) return yield* committedRecords(groupId, offsets);
  const superseded: HeldPartition[] = [];
  const standing: HeldPartition[] = [];
  for (const [producerId, held] of pending) {
    for (const [topic, { topicId, partitions }] of held) {
      const stored = offsets.get(topic);
      const committed = stored?.topicId === topicId ? stored.partitions : undefined;
      for (const [partition, offset] of partitions) {
        const list = isSuperseded(offset, committed?.get(partition)) ? superseded : standing;
        list.push({ producerId, topic, topicId, partition, offset });
      }
    }
  }
  yield* heldRecords(groupId, superseded);
  yield* committedRecords(groupId, offsets);
  yield* heldRecords(groupId, standing);
}

interface HeldPartition {
  readonly producerId: number;
  readonly topic: string;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly offset: CommittedOffset;
}

/** What came in one record is one again. */
function* heldRecords(groupId: string, held: HeldPartition[]): Iterable<OffsetsRecord> {
  held.sort((a, b) => a.offset.order - b.offset.order);
  for (let i = 0; i < held.length; ) {
    const { producerId, offset: first } = held[i]!;
    const topics: MutableTopic[] = [];
    const end = i + SNAPSHOT_PARTITIONS_MAX;
    for (; i < end && held[i]?.offset.order === first.order; i++) {
      const { topic, topicId, partition, offset } = held[i]!;
      addPartition(topics, { topic, topicId }, partition, offset);
    }
    const { commitMs, expireMs } = first;
    yield { kind: 'offsets', groupId, producerId, commitMs, expireMs, topics };
  }
}

/** Those with the same times in one record. */
function* committedRecords(groupId: string, offsets: GroupOffsets): Iterable<OffsetsRecord> {
  const of = { groupId, producerId: -1 };
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
      const { commitMs, expireMs, topics } = open;
      yield { kind: 'offsets', ...of, commitMs, expireMs, topics };
      byTimes.delete(timesKey(open));
      open = undefined;
    }
  }
  for (const { commitMs, expireMs, topics } of byTimes.values()) {
    yield { kind: 'offsets', ...of, commitMs, expireMs, topics };
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
