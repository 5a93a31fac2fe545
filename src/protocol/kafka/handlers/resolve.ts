/** From what a request names to topics and partitions of the broker. */
import { BrokerError } from '../../../base/errors.ts';
import { type Uuid, uuidToString, ZERO_UUID } from '../../../base/uuid.ts';
import type { Broker } from '../../../broker/broker.ts';
import type { Partition } from '../../../broker/topics.ts';
import type { Topic } from '../../../metadata/image.ts';

/** As much of a name as a message quotes: it is made anew for each of many partitions. */
const QUOTED_CHARACTERS_MAX = 249;

/** A topic by id where the version has ids, else by name. */
export function resolveTopic(
  broker: Broker,
  reference: { readonly name: string; readonly topicId: Uuid },
  byId: boolean,
): Topic | BrokerError {
  if (byId) {
    return (
      broker.topics.byId(reference.topicId) ??
      new BrokerError('unknown-topic-id', `there is no topic with id ${uuidToString(reference.topicId)}`)
    );
  }
  return (
    broker.topics.byName(reference.name) ??
    new BrokerError('unknown-topic', `there is no topic '${reference.name.slice(0, QUOTED_CHARACTERS_MAX)}'`)
  );
}

export function resolvePartition(
  broker: Broker,
  topic: Topic | BrokerError,
  index: number,
): Partition | BrokerError {
  if (topic instanceof BrokerError) return topic;
  return (
    broker.topics.partition(topic, index) ??
    new BrokerError(
      'unknown-topic',
      `topic '${topic.name}' has partitions 0 to ${topic.partitionCount - 1}, not ${index}`,
    )
  );
}

export function partitionByName(broker: Broker, name: string, index: number): Partition | BrokerError {
  return resolvePartition(broker, resolveTopic(broker, { name, topicId: ZERO_UUID }, false), index);
}

/** KIP-320: a client that knows another leader epoch than ours; −1: it does not say. */
export function checkLeaderEpoch(broker: Broker, clientEpoch: number): BrokerError | null {
  const { leaderEpoch } = broker;
  if (clientEpoch === -1 || clientEpoch === leaderEpoch) return null;
  return clientEpoch < leaderEpoch
    ? new BrokerError('fenced-leader-epoch', `leader epoch ${clientEpoch} is older than ${leaderEpoch}`)
    : new BrokerError('unknown-leader-epoch', `leader epoch ${clientEpoch} is newer than ${leaderEpoch}`);
}
