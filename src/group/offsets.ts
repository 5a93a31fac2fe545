/** Committed offsets: OffsetCommit, OffsetFetch, OffsetDelete, topics that are deleted, and expiry (KIP-211, KIP-496). */
import { BrokerError } from '../base/errors.ts';
import { checkCommitEpoch, checkFetchEpoch } from './check-epoch.ts';
import type {
  CommitOffsetsCommand,
  DeleteOffsetsCommand,
  FetchedOffset,
  FetchedTopic,
  FetchOffsetsCommand,
  TopicCommit,
  TopicsDeletedCommand,
  TransactionEndedCommand,
} from './commands.ts';
import { CONSUMER_EPOCH_RULES } from './consumer/epoch-rules.ts';
import {
  checkGeneration,
  checkMember,
  type DraftContext,
  type GroupDecision,
  rebalanceInProgress,
  replyTo,
  unknownMember,
} from './draft.ts';
import { consumesTopic, consumesTopics, isEmpty, retentionOf } from './group-type.ts';
import type { CommittedOffset, GroupEntry, GroupsState, LiveGroup } from './model.ts';
import type { GroupRecord } from './records.ts';
import type { GroupSettings } from './settings.ts';
import { isHeld } from './stored-offsets.ts';
import { streamsEpochRules } from './streams/epoch-rules.ts';

/** One record holds all partitions of a commit. */
export function decideCommit(
  live: LiveGroup | undefined,
  command: CommitOffsetsCommand,
  token: number,
  { settings, nowMs }: DraftContext,
): GroupDecision {
  const problem = checkCommit(live, command);
  if (problem !== null) return replyTo(token, problem);
  const refused = refusedPartitions(command.topics, settings.offsetMetadataMax);
  const topics =
    refused.length === 0 ? command.topics : withoutRefused(command.topics, settings.offsetMetadataMax);
  return {
    records:
      topics.length === 0
        ? []
        : [
            {
              kind: 'offsets',
              groupId: command.groupId,
              producerId: command.producerId,
              commitMs: nowMs,
              expireMs: command.retentionMs === null ? -1 : nowMs + command.retentionMs,
              topics,
            },
          ],
    volatile: heard(live, command.memberId, nowMs),
    replies: [{ to: token, answer: { kind: 'committed', refused } }],
  };
}

/** In a classic group a commit is a sign of life, but not while the member should be asking for its work. */
function heard(live: LiveGroup | undefined, memberId: string, nowMs: number): GroupRecord[] {
  if (live?.type !== 'classic' || live.phase === 'CompletingRebalance') return [];
  const member = live.members.get(memberId);
  if (member === undefined) return [];
  const { groupId } = live;
  return [{ kind: 'heard', groupId, memberId, deadlineMs: nowMs + member.sessionTimeoutMs }];
}

function checkCommit(live: LiveGroup | undefined, command: CommitOffsetsCommand): BrokerError | null {
  const { generation, memberId, instanceId, producerId } = command;
  const nobody = generation < 0 && memberId === '' && instanceId === null;
  if (live?.type === 'share') return noOffsets(live);
  // Producers that know nothing of groups (before KIP-447) commit for whoever consumes.
  if (nobody && producerId >= 0) return null;
  if (live?.type === 'consumer') return checkCommitEpoch(live.members, command, CONSUMER_EPOCH_RULES);
  if (live?.type === 'streams') return checkCommitEpoch(live.members, command, streamsEpochRules(live));
  if (live === undefined) {
    if (generation < 0) return null;
    return new BrokerError('group-not-found', `There is no group '${command.groupId}': join it first.`);
  }
  if (generation < 0 && live.phase === 'Empty') return null;
  if (nobody) {
    return new BrokerError(
      'unknown-member',
      `Group '${command.groupId}' has members: only they may commit its offsets. Stop them first.`,
    );
  }
  if (live.phase === 'Empty') return unknownMember(memberId);
  const problem = checkMember(live, memberId, instanceId) ?? checkGeneration(live, generation);
  if (problem !== null) return problem;
  return live.phase === 'CompletingRebalance' && producerId < 0 ? rebalanceInProgress() : null;
}

/** Where a share group stands is the business of its queues. */
function noOffsets({ groupId }: LiveGroup): BrokerError {
  return new BrokerError('group-not-found', `Group '${groupId}' is a share group, which commits no offsets.`);
}

/** Written in the frame that ends the transaction: no answer leaves before all of it is durable. */
export function decideTransactionEnded(
  state: GroupsState,
  { groupIds, producerId, commit }: TransactionEndedCommand,
): GroupDecision {
  const holding = groupIds.filter((groupId) => state.groups.get(groupId)?.pending.has(producerId) === true);
  return {
    records: holding.map((groupId) => ({ kind: 'transaction-ended', groupId, producerId, commit })),
  };
}

type Refused = { topicIndex: number; partitionIndex: number; error: BrokerError };

/** All with the error of the first: there may be a hundred thousand of them. */
function refusedPartitions(topics: readonly TopicCommit[], metadataMax: number): Refused[] {
  const refused: Refused[] = [];
  let error: BrokerError | null = null;
  for (let t = 0; t < topics.length; t++) {
    const { partitions } = topics[t]!;
    for (let p = 0; p < partitions.length; p++) {
      const { length } = partitions[p]!.metadata;
      if (length <= metadataMax) continue;
      error ??= new BrokerError(
        'offset-metadata-too-large',
        `The commit's metadata has ${length} characters; offset.metadata.max.bytes is ${metadataMax}.`,
      );
      refused.push({ topicIndex: t, partitionIndex: p, error });
    }
  }
  return refused;
}

function withoutRefused(topics: readonly TopicCommit[], metadataMax: number): TopicCommit[] {
  return topics
    .map((topic) => ({
      ...topic,
      partitions: topic.partitions.filter((partition) => partition.metadata.length <= metadataMax),
    }))
    .filter((topic) => topic.partitions.length > 0);
}

/** Of the newer protocols, members say who they are. */
function checkFetch(
  live: LiveGroup | undefined,
  group: FetchOffsetsCommand['groups'][number],
): BrokerError | null {
  if (live?.type === 'share') return noOffsets(live);
  if (live?.type === 'consumer') return checkFetchEpoch(live.members, group, CONSUMER_EPOCH_RULES);
  return live?.type === 'streams' ? checkFetchEpoch(live.members, group, streamsEpochRules(live)) : null;
}

/** Of a group or partition without a commit, the offset is −1. */
export function decideFetch(state: GroupsState, command: FetchOffsetsCommand, token: number): GroupDecision {
  const groups = command.groups.map((group) => {
    const { groupId, topics } = group;
    const entry = state.groups.get(groupId);
    const live = entry?.live;
    const error = checkFetch(live, group);
    if (error !== null) return { groupId, topics: [], error };
    const offsets = entry?.offsets;
    const isStable = (topic: string, partition: number): boolean =>
      !command.requireStable || entry === undefined || !isHeld(entry, topic, partition);
    if (topics === null) return { groupId, topics: entry === undefined ? [] : allOffsets(entry, isStable) };
    return {
      groupId,
      topics: topics.map(({ topic, topicId, partitions }): FetchedTopic => {
        const stored = offsets?.get(topic);
        const found =
          stored !== undefined && (topicId === null || stored.topicId === topicId) ? stored : null;
        return {
          topic,
          topicId: found?.topicId ?? topicId,
          partitions: partitions.map((partition) =>
            isStable(topic, partition)
              ? fetched(partition, found?.partitions.get(partition))
              : unstable(partition),
          ),
        };
      }),
    };
  });
  return replyTo(token, { kind: 'offsets', groups });
}

function allOffsets(
  { offsets }: GroupEntry,
  isStable: (topic: string, partition: number) => boolean,
): FetchedTopic[] {
  const topics: FetchedTopic[] = [];
  for (const [topic, { topicId, partitions }] of offsets) {
    topics.push({
      topic,
      topicId,
      partitions: [...partitions].map(([partition, offset]) =>
        isStable(topic, partition) ? fetched(partition, offset) : unstable(partition),
      ),
    });
  }
  return topics;
}

function fetched(partition: number, stored: CommittedOffset | undefined): FetchedOffset {
  if (stored === undefined) return { ...NOT_FETCHED, partition };
  const { offset, leaderEpoch, metadata } = stored;
  return { partition, offset, leaderEpoch, metadata, unstable: false };
}

const unstable = (partition: number): FetchedOffset => ({ ...NOT_FETCHED, partition, unstable: true });

const NOT_FETCHED = { offset: -1, leaderEpoch: -1, metadata: '', unstable: false } as const;

export function decideDeleteOffsets(
  entry: GroupEntry | undefined,
  command: DeleteOffsetsCommand,
  token: number,
): GroupDecision {
  if (entry === undefined) {
    return replyTo(token, new BrokerError('group-not-found', `There is no group '${command.groupId}'.`));
  }
  const { live, offsets } = entry;
  if (live.type === 'share') return replyTo(token, noOffsets(live));
  if (!isEmpty(live) && !consumesTopics(live)) {
    return replyTo(
      token,
      new BrokerError('group-not-empty', `Group '${command.groupId}' has members: stop them first.`),
    );
  }
  // Each once, however often the request names it.
  const named = new Set(command.topics.map(({ topic }) => topic));
  const subscribed = [...named].filter((topic) => consumesTopic(live, topic));
  const removed = command.topics
    .filter(({ topic }) => !consumesTopic(live, topic))
    .map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.filter(
        (partition) =>
          offsets.get(topic)?.partitions.has(partition) === true || isHeld(entry, topic, partition),
      ),
    }))
    .filter(({ partitions }) => partitions.length > 0);
  return {
    records:
      removed.length === 0 ? [] : [{ kind: 'offsets-removed', groupId: command.groupId, topics: removed }],
    replies: [
      {
        to: token,
        answer: {
          kind: 'offsets-deleted',
          subscribedTopics: subscribed.map((topic) => ({
            topic,
            error: new BrokerError(
              'group-subscribed-to-topic',
              `Group '${command.groupId}' consumes topic '${topic}': stop it first.`,
            ),
          })),
        },
      },
    ],
  };
}

export function decideTopicsDeleted(
  state: GroupsState,
  command: TopicsDeletedCommand,
  token: number,
): GroupDecision {
  const wanted = new Set(command.topicIds);
  const found = new Set<(typeof command.topicIds)[number]>();
  for (const { offsets, pending } of state.groups.values()) {
    for (const held of [offsets, ...pending.values()]) {
      for (const { topicId } of held.values()) if (wanted.has(topicId)) found.add(topicId);
    }
  }
  return {
    records: [...found].map((topicId) => ({ kind: 'topic-removed', topicId })),
    replies: [{ to: token, answer: { kind: 'done' } }],
  };
}

/** What is due of one group's offsets, and whether any remain. */
export interface Expired {
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
  readonly allGone: boolean;
}

/**
 * Kafka's rules: of a group without members all offsets go when it has been empty for the retention time; of a stable
 * group of consumers, those of topics that it doesn't consume any more, by the time of their commit; of a group that
 * never had members, each by the time of its commit. Of a group of the consumer protocol, those of topics that it
 * doesn't consume, by the time of their commit. A time that came with the commit goes before. Nothing goes while a
 * transaction holds offsets.
 */
export function expiredOffsets(entry: GroupEntry, nowMs: number, settings: GroupSettings): Expired {
  const { live, offsets } = entry;
  const retention = retentionOf(live);
  if (retention === 'kept' || entry.pending.size > 0) return { topics: [], allGone: false };
  const sinceMs = live.type === 'classic' && retention === 'since-empty' ? live.phaseSinceMs : null;
  const isDue = ({ commitMs, expireMs }: CommittedOffset): boolean =>
    expireMs >= 0 ? nowMs >= expireMs : nowMs - (sinceMs ?? commitMs) >= settings.offsetsRetentionMs;
  const topics: { topic: string; partitions: number[] }[] = [];
  let allGone = true;
  for (const [topic, { partitions }] of offsets) {
    if (!isEmpty(live) && consumesTopic(live, topic)) {
      allGone = false;
      continue;
    }
    const due: number[] = [];
    for (const [partition, offset] of partitions) if (isDue(offset)) due.push(partition);
    if (due.length < partitions.size) allGone = false;
    if (due.length > 0) topics.push({ topic, partitions: due });
  }
  return { topics, allGone };
}
