/** DescribeShareGroupOffsets, AlterShareGroupOffsets, DeleteShareGroupOffsets (keys 90–92). KIP-932, KIP-1226. */
import { answersOf } from '../../../base/answers-of.ts';
import { BrokerError, type BrokerErrorCode } from '../../../base/errors.ts';
import { ZERO_UUID } from '../../../base/uuid.ts';
import type { QueueSubscription } from '../../../broker/queues.ts';
import type { Topic } from '../../../metadata/image.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type AlterShareGroupOffsetsRequest,
  type AlterShareGroupOffsetsResponse,
  type AlterShareGroupOffsetsResponseTopic,
  defaultAlterShareGroupOffsetsResponse,
  readAlterShareGroupOffsetsRequest,
  writeAlterShareGroupOffsetsResponse,
} from '../codec/generated/alter-share-group-offsets.ts';
import {
  type DeleteShareGroupOffsetsResponse,
  type DeleteShareGroupOffsetsResponseTopic,
  defaultDeleteShareGroupOffsetsResponse,
  readDeleteShareGroupOffsetsRequest,
  writeDeleteShareGroupOffsetsResponse,
} from '../codec/generated/delete-share-group-offsets.ts';
import {
  type DescribeShareGroupOffsetsRequestGroup,
  type DescribeShareGroupOffsetsResponse,
  type DescribeShareGroupOffsetsResponseGroup,
  type DescribeShareGroupOffsetsResponsePartition,
  type DescribeShareGroupOffsetsResponseTopic,
  readDescribeShareGroupOffsetsRequest,
  writeDescribeShareGroupOffsetsResponse,
} from '../codec/generated/describe-share-group-offsets.ts';
import { errorFields } from '../errors.ts';
import { notServed } from '../share-request.ts';
import { audited, denied, isAllowed } from './authorize.ts';
import { whenVacant } from './group-call.ts';
import { findTopicByName } from './resolve.ts';

/** Of a partition that the group hasn't read, or that isn't there: as in Kafka that is no error, nor is a group that isn't there. */
const NOT_READ = -1;

type DescribedPartition = DescribeShareGroupOffsetsResponsePartition;

function describedPartition(
  context: RequestContext,
  {
    topic,
    index,
    subscription,
  }: { topic: Topic; index: number; subscription: QueueSubscription | undefined },
): DescribedPartition {
  const { broker } = context.kafka;
  const partition = broker.topics.partition(topic, index);
  if (subscription === undefined || partition === undefined) return notRead(index, null);
  return {
    partitionIndex: index,
    leaderEpoch: broker.leaderEpoch,
    ...errorFields(null),
    ...broker.shareGroups.standing(subscription, partition),
  };
}

function notRead(partitionIndex: number, error: BrokerError | null): DescribedPartition {
  return { partitionIndex, startOffset: NOT_READ, leaderEpoch: 0, lag: NOT_READ, ...errorFields(error) };
}

function describeAll(context: RequestContext, groupId: string): DescribeShareGroupOffsetsResponseTopic[] {
  const { topics, shareGroups } = context.kafka.broker;
  const described: DescribeShareGroupOffsetsResponseTopic[] = [];
  for (const subscription of shareGroups.all(groupId)) {
    const topic = topics.byId(subscription.topicId);
    if (topic === undefined || !context.access.allows('describe', 'topic', topic.name)) continue;
    const partitions: DescribedPartition[] = [];
    for (let index = 0; index < topic.partitionCount; index++)
      partitions.push(describedPartition(context, { topic, index, subscription }));
    described.push({ topicName: topic.name, topicId: topic.id, partitions });
  }
  return described;
}

function describeGroup(
  context: RequestContext,
  { groupId, topics }: DescribeShareGroupOffsetsRequestGroup,
): DescribeShareGroupOffsetsResponseGroup {
  const { shareGroups } = context.kafka.broker;
  const told = { groupId, topics: [], ...errorFields(null) };
  const refused = (error: BrokerError): DescribeShareGroupOffsetsResponseGroup => ({
    ...told,
    ...errorFields(error),
  });
  if (!isAllowed(context, 'describe', 'group', groupId)) return refused(denied('group'));
  if (topics === null) return { ...told, topics: describeAll(context, groupId) };
  return {
    ...told,
    topics: topics.map(({ topicName, partitions }) => {
      const topic = findTopicByName(context, 'describe', topicName);
      if (typeof topic === 'string') {
        return {
          topicName,
          topicId: ZERO_UUID,
          partitions: partitions.map((index) =>
            notRead(index, topic === 'topic-authorization-failed' ? denied('topic') : null),
          ),
        };
      }
      const subscription = shareGroups.find(groupId, topic.id);
      return {
        topicName,
        topicId: topic.id,
        partitions: partitions.map((index) => describedPartition(context, { topic, index, subscription })),
      };
    }),
  };
}

export const describeShareGroupOffsets = defineApi({
  key: API_KEY.DescribeShareGroupOffsets,
  authorization: ['describe group', 'describe topic'],
  read: readDescribeShareGroupOffsetsRequest,
  write: writeDescribeShareGroupOffsetsResponse,
  handle(context, request, respond: (response: DescribeShareGroupOffsetsResponse) => void) {
    const off = notServed(context);
    const groups = request.groups.map((group) => {
      if (off === null) return describeGroup(context, group);
      return { groupId: group.groupId, topics: [], ...errorFields(off) };
    });
    respond({ throttleTimeMs: 0, groups });
  },
});

/** For a group that nobody is in: changes each topic. `done` gets what became of them, or why nothing was changed. */
function changeVacant<Wanted, Changed>(
  context: RequestContext,
  {
    groupId,
    operation,
    make,
    topics,
    change,
  }: {
    readonly groupId: string;
    readonly operation: 'read' | 'delete';
    /** A group that isn't there is made. */
    readonly make: boolean;
    readonly topics: readonly Wanted[];
    readonly change: (wanted: Wanted, done: (changed: Changed) => void) => void;
  },
  done: (changed: Changed[] | BrokerError) => void,
): void {
  const off = notServed(context);
  if (off !== null) return done(off);
  if (!isAllowed(context, operation, 'group', groupId)) return done(denied('group'));
  whenVacant(context, { groupId, make }, (error) => {
    if (error !== null) done(error);
    else answersOf(topics, change, done);
  });
}

type AlteredTopic = AlterShareGroupOffsetsRequest['topics'][number];

/** Begins the partitions of one topic anew. */
function alterTopic(
  context: RequestContext,
  { groupId, wanted }: { groupId: string; wanted: AlteredTopic },
  done: (altered: AlterShareGroupOffsetsResponseTopic) => void,
): void {
  const { broker } = context.kafka;
  const { shareGroups, queues } = broker;
  const { topicName, partitions } = wanted;
  const topic = findTopicByName(context, 'read', topicName);
  const topicId = typeof topic === 'string' ? ZERO_UUID : topic.id;
  const errors = new Map<number, BrokerError>();
  const positions: { partition: number; offset: number }[] = [];
  for (const { partitionIndex, startOffset } of partitions) {
    const problem = alterProblem(context, topic, { partitionIndex, startOffset });
    if (problem === null) positions.push({ partition: partitionIndex, offset: startOffset });
    else errors.set(partitionIndex, problem);
  }
  const finish = (failure: BrokerError | null): void => {
    if (failure === null && positions.length > 0)
      audited(context, { change: 'offsets changed', subject: groupId, detail: topicName });
    done({
      topicName,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => {
        return { partitionIndex, ...errorFields(errors.get(partitionIndex) ?? failure) };
      }),
    });
  };
  if (positions.length === 0) return finish(null);
  const settings = shareGroups.settings(groupId);
  shareGroups.open({ groupId, topicId, settings }, (subscription) => {
    if (subscription instanceof BrokerError) return finish(subscription);
    queues.seek(subscription, positions, finish);
  });
}

function alterProblem(
  { kafka }: RequestContext,
  topic: Topic | BrokerErrorCode,
  { partitionIndex, startOffset }: { partitionIndex: number; startOffset: number },
): BrokerError | null {
  if (topic === 'topic-authorization-failed') return denied('topic');
  if (typeof topic === 'string') return new BrokerError('unknown-topic', 'There is no such topic.');
  if (kafka.broker.topics.partition(topic, partitionIndex) === undefined)
    return new BrokerError('unknown-topic', 'There is no such partition.');
  if (startOffset >= 0) return null;
  return new BrokerError('invalid-request', `A share group can't begin at offset ${startOffset}.`);
}

export const alterShareGroupOffsets = defineApi({
  key: API_KEY.AlterShareGroupOffsets,
  authorization: ['read group', 'read topic'],
  read: readAlterShareGroupOffsetsRequest,
  write: writeAlterShareGroupOffsetsResponse,
  handle(context, { groupId, topics }, respond: (response: AlterShareGroupOffsetsResponse) => void) {
    const change = (wanted: AlteredTopic, done: (altered: AlterShareGroupOffsetsResponseTopic) => void) =>
      alterTopic(context, { groupId, wanted }, done);
    changeVacant(context, { groupId, operation: 'read', make: true, topics, change }, (responses) => {
      const response = defaultAlterShareGroupOffsetsResponse();
      if (responses instanceof BrokerError) respond({ ...response, ...errorFields(responses) });
      else respond({ ...response, responses });
    });
  },
});

/** Forgets where the group stands in one topic. */
function deleteTopic(
  context: RequestContext,
  { groupId, topicName }: { groupId: string; topicName: string },
  done: (deleted: DeleteShareGroupOffsetsResponseTopic) => void,
): void {
  const { shareGroups } = context.kafka.broker;
  const topic = findTopicByName(context, 'read', topicName);
  const topicId = typeof topic === 'string' ? ZERO_UUID : topic.id;
  const finish = (error: BrokerError | null): void => {
    if (error === null) audited(context, { change: 'offsets deleted', subject: groupId, detail: topicName });
    done({ topicName, topicId, ...errorFields(error) });
  };
  if (topic === 'topic-authorization-failed') return finish(denied('topic'));
  const subscription = typeof topic === 'string' ? undefined : shareGroups.find(groupId, topicId);
  if (subscription === undefined)
    return finish(new BrokerError('unknown-topic', 'The group does not read this topic.'));
  shareGroups.remove([subscription], finish);
}

export const deleteShareGroupOffsets = defineApi({
  key: API_KEY.DeleteShareGroupOffsets,
  authorization: ['delete group', 'read topic'],
  read: readDeleteShareGroupOffsetsRequest,
  write: writeDeleteShareGroupOffsetsResponse,
  handle(context, { groupId, topics }, respond: (response: DeleteShareGroupOffsetsResponse) => void) {
    const change = (
      { topicName }: { readonly topicName: string },
      done: (deleted: DeleteShareGroupOffsetsResponseTopic) => void,
    ) => deleteTopic(context, { groupId, topicName }, done);
    changeVacant(context, { groupId, operation: 'delete', make: false, topics, change }, (responses) => {
      const response = defaultDeleteShareGroupOffsetsResponse();
      if (responses instanceof BrokerError) respond({ ...response, ...errorFields(responses) });
      else respond({ ...response, responses });
    });
  },
});
