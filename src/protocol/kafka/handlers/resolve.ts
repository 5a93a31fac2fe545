/**
 * From what a request names to topics and partitions of the broker, for a client that may do with them what it wants to.
 *
 * A topic that the client may not know of is answered the same whether it is there or not.
 *
 * A request may name hundreds of thousands of partitions that are not there, and to make an error object with its stack for
 * each would hold the event loop for seconds. Where an answer has only room for a code, `findTopic` and `findPartition`
 * give that: look up the topic once for all its partitions. Produce, whose answers carry a sentence, makes one a topic.
 */
import { BrokerError, type BrokerErrorCode } from '../../../base/errors.ts';
import { type Uuid, uuidToString } from '../../../base/uuid.ts';
import type { Broker } from '../../../broker/broker.ts';
import type { Partition } from '../../../broker/topics.ts';
import type { Topic } from '../../../metadata/image.ts';
import type { AclOperation } from '../../../security/access.ts';
import type { RequestContext } from '../api.ts';
import { denied, isAllowed } from './authorize.ts';

/** As much of a name as a message quotes: it is made anew for each of many partitions. */
const QUOTED_CHARACTERS_MAX = 249;

/** How a request names a topic: by id where its version has ids, else by name. */
export interface TopicReference {
  readonly name: string;
  readonly topicId: Uuid;
}

/** The topic, for a client that may do `operation` with it; or why there is none. */
export function findTopic(
  context: RequestContext,
  operation: AclOperation,
  reference: TopicReference,
  byId: boolean,
): Topic | BrokerErrorCode {
  if (!byId) return findTopicByName(context, operation, reference.name);
  const topic = context.kafka.broker.topics.byId(reference.topicId);
  if (topic === undefined) return 'unknown-topic-id';
  return isAllowed(context, operation, 'topic', topic.name) ? topic : 'topic-authorization-failed';
}

export function findTopicByName(
  context: RequestContext,
  operation: AclOperation,
  name: string,
): Topic | BrokerErrorCode {
  if (!isAllowed(context, operation, 'topic', name)) return 'topic-authorization-failed';
  return context.kafka.broker.topics.byName(name) ?? 'unknown-topic';
}

/** A partition of what `findTopic` gave. */
export function findPartition(
  broker: Broker,
  topic: Topic | BrokerErrorCode,
  index: number,
): Partition | BrokerErrorCode {
  if (typeof topic === 'string') return topic;
  return broker.topics.partition(topic, index) ?? 'unknown-topic';
}

/** Whether there is such a partition, which is not touched. */
export function hasPartition(topic: Topic | BrokerErrorCode, index: number): boolean {
  return typeof topic !== 'string' && index >= 0 && index < topic.partitionCount;
}

/** A topic that can only be read. */
export function isView(topic: Topic | BrokerErrorCode): boolean {
  return typeof topic !== 'string' && topic.config.view !== null;
}

/** KIP-320: a client that knows another leader epoch than ours; −1: it does not say. */
export function leaderEpochProblem(broker: Broker, clientEpoch: number): BrokerErrorCode | null {
  const { leaderEpoch } = broker;
  if (clientEpoch === -1 || clientEpoch === leaderEpoch) return null;
  return clientEpoch < leaderEpoch ? 'fenced-leader-epoch' : 'unknown-leader-epoch';
}

/** As `findTopic`, with a sentence. */
export function resolveTopic(
  context: RequestContext,
  operation: AclOperation,
  reference: TopicReference,
  byId: boolean,
): Topic | BrokerError {
  const topic = findTopic(context, operation, reference, byId);
  if (typeof topic !== 'string') return topic;
  if (topic === 'topic-authorization-failed') return denied('topic');
  const what = byId
    ? `with id ${uuidToString(reference.topicId)}`
    : `'${reference.name.slice(0, QUOTED_CHARACTERS_MAX)}'`;
  return new BrokerError(topic, `there is no topic ${what}`);
}

/** What to say where a topic has no partition of an index. */
export function noSuchPartition(topic: Topic): BrokerError {
  return new BrokerError(
    'unknown-topic',
    `topic '${topic.name}' has the partitions 0 to ${topic.partitionCount - 1} and no other`,
  );
}
