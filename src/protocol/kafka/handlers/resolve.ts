/**
 * From what a request names to topics and partitions of the broker.
 *
 * A request may name hundreds of thousands of partitions that are not there, and to make an error object with its stack for
 * each would hold the event loop for seconds. Where an answer has only room for a code, `findTopic` and `findPartition`
 * give that: look up the topic once for all its partitions. Produce, whose answers carry a sentence, makes one a topic.
 */
import { BrokerError, type BrokerErrorCode } from '../../../base/errors.ts';
import { type Uuid, uuidToString, ZERO_UUID } from '../../../base/uuid.ts';
import type { Broker } from '../../../broker/broker.ts';
import type { Partition } from '../../../broker/topics.ts';
import type { Topic } from '../../../metadata/image.ts';

/** As much of a name as a message quotes: it is made anew for each of many partitions. */
const QUOTED_CHARACTERS_MAX = 249;

/** A topic by id where the version has ids, else by name; or why there is none. */
export function findTopic(
  broker: Broker,
  reference: { readonly name: string; readonly topicId: Uuid },
  byId: boolean,
): Topic | BrokerErrorCode {
  if (byId) return broker.topics.byId(reference.topicId) ?? 'unknown-topic-id';
  return broker.topics.byName(reference.name) ?? 'unknown-topic';
}

export function findTopicByName(broker: Broker, name: string): Topic | BrokerErrorCode {
  return findTopic(broker, { name, topicId: ZERO_UUID }, false);
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

/** KIP-320: a client that knows another leader epoch than ours; −1: it does not say. */
export function leaderEpochProblem(broker: Broker, clientEpoch: number): BrokerErrorCode | null {
  const { leaderEpoch } = broker;
  if (clientEpoch === -1 || clientEpoch === leaderEpoch) return null;
  return clientEpoch < leaderEpoch ? 'fenced-leader-epoch' : 'unknown-leader-epoch';
}

/** As `findTopic`, with a sentence. */
export function resolveTopic(
  broker: Broker,
  reference: { readonly name: string; readonly topicId: Uuid },
  byId: boolean,
): Topic | BrokerError {
  const topic = findTopic(broker, reference, byId);
  if (typeof topic !== 'string') return topic;
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
