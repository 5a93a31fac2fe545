/** From what a request names to topics and partitions, for a client that may do with them what it wants to. */
import type { BrokerError } from '../../../base/errors.ts';
import { isTopicName, type Partition } from '../../../broker/topics.ts';
import type { Topic } from '../../../metadata/image.ts';
import type { AclOperation } from '../../../security/access.ts';
import { audited, denial, mayCreate } from '../authorize.ts';
import { CODE, type MessageQueue, type Resource } from '../codec/generated/messages.ts';
import { BODY_BYTES_MAX, RECORD_OVERHEAD_BYTES_MAX } from '../limits.ts';
import { groupName, isRetryTopic, topicName } from '../names.ts';
import type { Call } from '../rpc.ts';
import { Refusal } from '../status.ts';

/** The topic, if it is there and the client may do `operation` with it. */
export function findTopic(call: Call, operation: AclOperation, resource: Resource | null): Topic | Refusal {
  const name = topicName(resource, call.namespace);
  if (name instanceof Refusal) return name;
  const denied = denial(call, operation, 'topic', name);
  if (denied !== null) return denied;
  return call.rocketmq.broker.topics.byName(name) ?? noSuchTopic(name);
}

function noSuchTopic(name: string): Refusal {
  return new Refusal(CODE.TOPIC_NOT_FOUND, `There is no topic '${name}': create it first.`);
}

/** The group's name, if the client may read with it. */
export function findGroup(call: Call, resource: Resource | null): string | Refusal {
  const name = groupName(resource, call.namespace);
  if (name instanceof Refusal) return name;
  return denial(call, 'read', 'group', name) ?? name;
}

/** The partition of a queue of which the client may read. */
export function findQueue(call: Call, queue: MessageQueue | null): Partition | Refusal {
  const topic = findTopic(call, 'read', queue?.topic ?? null);
  if (topic instanceof Refusal) return topic;
  const id = queue!.id;
  return (
    call.rocketmq.broker.topics.partition(topic, id) ??
    new Refusal(
      CODE.BAD_REQUEST,
      `Topic '${topic.name}' has ${topic.partitionCount} queues, and none has the id ${id}.`,
    )
  );
}

type Done = (topic: Topic | Refusal | BrokerError) => void;

/**
 * The topic as `findTopic` gives it; one that isn't there is made first, where topics are made when they are asked for
 * (auto.create.topics.enable). Those that are made here take bodies as large as RocketMQ's.
 */
export function findOrMakeTopic(call: Call, resource: Resource | null, done: Done): void {
  const { broker } = call.rocketmq;
  const found = findTopic(call, 'describe', resource);
  if (!(found instanceof Refusal) || found.code !== CODE.TOPIC_NOT_FOUND) return done(found);
  const name = topicName(resource, call.namespace) as string;
  if (!broker.settings.autoCreateTopics) return done(found);
  if (isRetryTopic(resource)) return done(NO_RETRY_TOPICS);
  if (!isTopicName(name)) return done(new Refusal(CODE.ILLEGAL_TOPIC, `No topic can be named '${name}'.`));
  if (!mayCreate(call, name)) return done(found);
  void makeTopic(call, name).then(done);
}

/** Made when it is asked for it would stay empty, and nobody would know why. */
const NO_RETRY_TOPICS = new Refusal(
  CODE.ILLEGAL_TOPIC,
  'There are no retry topics: what a group has refused waits in its own topic and comes again from there.',
);

const MUTATES_TOO_MUCH = new Refusal(
  CODE.TOO_MANY_REQUESTS,
  'Your quota of topics to create (controller_mutation_rate) is used up: try again later.',
);

async function makeTopic(call: Call, name: string): Promise<Topic | Refusal | BrokerError> {
  const { broker } = call.rocketmq;
  const { quotas, settings } = broker;
  const count = settings.defaultPartitions;
  const nowMs = Math.floor(call.rocketmq.clock.monotonicMs());
  if (quotas.mutate(call.quotaClient, { count, strict: true }, nowMs) > 0) return MUTATES_TOO_MUCH;
  const refusals = await broker.createTopics([
    { name, partitionCount: -1, replicationFactor: -1, configs: roomForBodies(call) },
  ]);
  const refusal = refusals.get(name);
  if (refusal !== undefined) {
    quotas.unmutate(call.quotaClient, count, nowMs);
    return refusal;
  }
  audited(call, 'topic created', name, 'because it was asked for');
  return broker.topics.byName(name) ?? noSuchTopic(name);
}

/** Where the broker's default is smaller. */
function roomForBodies(call: Call): [name: string, value: string][] {
  const bytes = BODY_BYTES_MAX + RECORD_OVERHEAD_BYTES_MAX;
  const { image } = call.rocketmq.broker.metadata;
  const options = { names: ['max.message.bytes'], synonyms: false, documentation: false };
  const [entry] = image.describeTopicConfigs(new Map(), options);
  return entry !== undefined && Number(entry.value) >= bytes ? [] : [['max.message.bytes', String(bytes)]];
}
