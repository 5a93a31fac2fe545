/** DescribeTopicPartitions (key 75): topics page by page. KIP-966. */
import { isTopicName } from '../../../broker/topics.ts';
import type { Topic } from '../../../metadata/image.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
  type DescribeTopicPartitionsResponseTopic,
  defaultDescribeTopicPartitionsResponseTopic,
  readDescribeTopicPartitionsRequest,
  writeDescribeTopicPartitionsResponse,
} from '../codec/generated/describe-topic-partitions.ts';
import { KAFKA_ERRORS } from '../errors.ts';
import { allowedOperations } from './authorize.ts';
import { findTopicByName } from './resolve.ts';

/** max.request.partition.size.limit in Kafka. */
const PARTITIONS_MAX = 2000;

function describe(
  context: RequestContext,
  topic: Topic,
  range: { from: number; to: number },
): DescribeTopicPartitionsResponseTopic {
  const { broker } = context.kafka;
  const { nodeId } = broker.settings;
  const answer = {
    ...defaultDescribeTopicPartitionsResponseTopic(),
    name: topic.name,
    topicId: topic.id,
    topicAuthorizedOperations: allowedOperations(context, 'topic', topic.name),
  };
  for (let partitionIndex = range.from; partitionIndex < range.to; partitionIndex++) {
    answer.partitions.push({
      errorCode: 0,
      partitionIndex,
      leaderId: nodeId,
      leaderEpoch: broker.leaderEpoch,
      replicaNodes: [nodeId],
      isrNodes: [nodeId],
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
      offlineReplicas: [],
    });
  }
  return answer;
}

/** Names to describe in order, from the cursor on. */
function wantedNames(context: RequestContext, request: DescribeTopicPartitionsRequest): string[] {
  const { image } = context.kafka.broker.metadata;
  const names =
    request.topics.length === 0
      ? [...image.topics()]
          .map(({ name }) => name)
          .filter((name) => context.access.allows('describe', 'topic', name))
      : request.topics.map(({ name }) => name);
  const from = request.cursor?.topicName;
  return [...new Set(names)].sort().filter((name) => from === undefined || name >= from);
}

function handle(
  context: RequestContext,
  request: DescribeTopicPartitionsRequest,
  respond: (response: DescribeTopicPartitionsResponse) => void,
): void {
  const response: DescribeTopicPartitionsResponse = { throttleTimeMs: 0, topics: [], nextCursor: null };
  let left = Math.max(1, Math.min(request.responsePartitionLimit, PARTITIONS_MAX));
  for (const name of wantedNames(context, request)) {
    if (left === 0) {
      response.nextCursor = { topicName: name, partitionIndex: 0 };
      break;
    }
    const topic = findTopicByName(context, 'describe', name);
    if (typeof topic === 'string') {
      const isNone = topic === 'unknown-topic' && !isTopicName(name);
      const errorCode = KAFKA_ERRORS[isNone ? 'invalid-topic' : topic];
      response.topics.push({ ...defaultDescribeTopicPartitionsResponseTopic(), errorCode, name });
      continue;
    }
    const from = request.cursor?.topicName === name ? Math.max(0, request.cursor.partitionIndex) : 0;
    const to = Math.min(topic.partitionCount, from + left);
    response.topics.push(describe(context, topic, { from, to }));
    left -= Math.max(0, to - from);
    if (to < topic.partitionCount) {
      response.nextCursor = { topicName: name, partitionIndex: to };
      break;
    }
  }
  respond(response);
}

export const describeTopicPartitions = defineApi({
  key: API_KEY.DescribeTopicPartitions,
  authorization: ['describe topic'],
  read: readDescribeTopicPartitionsRequest,
  write: writeDescribeTopicPartitionsResponse,
  handle,
});
