/** CreateTopics, DeleteTopics, CreatePartitions (keys 19, 20, 37). KIP-4, KIP-195, KIP-464, KIP-516, KIP-525. */
import { BrokerError } from '../../../base/errors.ts';
import { ZERO_UUID } from '../../../base/uuid.ts';
import { isTopicName, VIEW_OF } from '../../../broker/topics.ts';
import type { CreatedTopic, DeletedTopic, NewTopic, TopicReference } from '../../../metadata/commands.ts';
import { CLUSTER_RESOURCE } from '../../../security/access.ts';
import { defineAsyncApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type CreatePartitionsRequest,
  type CreatePartitionsRequestTopic,
  type CreatePartitionsResponse,
  readCreatePartitionsRequest,
  writeCreatePartitionsResponse,
} from '../codec/generated/create-partitions.ts';
import {
  type CreateTopicsRequest,
  type CreateTopicsRequestTopic,
  type CreateTopicsResponse,
  type CreateTopicsResponseTopic,
  readCreateTopicsRequest,
  writeCreateTopicsResponse,
} from '../codec/generated/create-topics.ts';
import {
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
  type DeleteTopicsResponseResult,
  readDeleteTopicsRequest,
  writeDeleteTopicsResponse,
} from '../codec/generated/delete-topics.ts';
import { errorFields, KAFKA_ERRORS } from '../errors.ts';
import { audited, denied, isAllowed } from './authorize.ts';
import { configDescriber } from './configs.ts';
import { STRICT_FROM, withMutationQuota } from './mutation-quota.ts';

const TOPIC_ID_VERSION = 6;
const RANDOM_BYTES_PER_TOPIC = 16;

function newTopic(topic: CreateTopicsRequestTopic): NewTopic {
  return {
    name: topic.name,
    partitionCount: topic.numPartitions,
    replicationFactor: topic.replicationFactor,
    assignments:
      topic.assignments.length === 0
        ? null
        : topic.assignments.map(({ partitionIndex, brokerIds }) => ({
            partition: partitionIndex,
            brokerIds,
          })),
    configs: topic.configs.map(({ name, value }) => [name, value] as const),
  };
}

function createAnswer(
  context: RequestContext,
  describe: ReturnType<typeof configDescriber>,
  name: string,
  result: CreatedTopic | BrokerError,
): CreateTopicsResponseTopic {
  if (result instanceof BrokerError) {
    return {
      name,
      topicId: ZERO_UUID,
      errorCode: KAFKA_ERRORS[result.code],
      errorMessage: result.message,
      topicConfigErrorCode: 0,
      numPartitions: -1,
      replicationFactor: -1,
      configs: null,
    };
  }
  const created = { name, topicId: result.id, errorCode: 0, errorMessage: null };
  if (!isAllowed(context, 'describe-configs', 'topic', name)) {
    const topicConfigErrorCode = KAFKA_ERRORS['topic-authorization-failed'];
    return { ...created, topicConfigErrorCode, numPartitions: -1, replicationFactor: -1, configs: [] };
  }
  return {
    ...created,
    topicConfigErrorCode: 0,
    numPartitions: result.partitionCount,
    replicationFactor: result.replicationFactor,
    configs: describe(result.overrides),
  };
}

/** Names that stand more than once: each of their topics is refused. */
function duplicates(names: readonly string[]): Set<string> {
  const seen = new Set<string>();
  return new Set(names.filter((name) => seen.size === seen.add(name).size));
}

/** Who makes a view must be allowed to read what it shows. */
function mayShow(context: RequestContext, { configs }: CreateTopicsRequestTopic): boolean {
  const origin = configs.find(({ name }) => name === VIEW_OF)?.value ?? '';
  return origin === '' || isAllowed(context, 'read', 'topic', origin);
}

export const createTopics = defineAsyncApi({
  key: API_KEY.CreateTopics,
  authorization: ['create cluster', 'create topic', 'read topic', 'describe-configs topic'],
  read: readCreateTopicsRequest,
  write: writeCreateTopicsResponse,
  async handle(context: RequestContext, request: CreateTopicsRequest): Promise<CreateTopicsResponse> {
    const { broker } = context.kafka;
    const twice = duplicates(request.topics.map(({ name }) => name));
    const everything = context.access.allows('create', 'cluster', CLUSTER_RESOURCE);
    const mayCreate = (name: string) => everything || isAllowed(context, 'create', 'topic', name);
    const once = request.topics.filter(({ name }) => !twice.has(name));
    const forbidden = new Set<string>();
    for (const topic of once) {
      if (!mayCreate(topic.name) || !mayShow(context, topic)) forbidden.add(topic.name);
    }
    const wanted = once.filter(({ name }) => !forbidden.has(name));
    const { image } = broker.metadata;
    const results = await withMutationQuota<CreateTopicsRequestTopic, CreatedTopic>(context, wanted, {
      strictFrom: STRICT_FROM.createTopics,
      // What will be refused anyway takes nothing.
      partitions: ({ name, assignments, numPartitions }) => {
        if (image.topicByName(name) !== undefined || !isTopicName(name)) return 0;
        return (
          assignments.length || (numPartitions === -1 ? image.settings.defaultPartitions : numPartitions)
        );
      },
      propose: (granted) =>
        broker.propose({
          kind: 'create-topics',
          topics: granted.map(newTopic),
          validateOnly: request.validateOnly,
          randomBytes: broker.randomBytes(RANDOM_BYTES_PER_TOPIC * granted.length),
        }),
    });
    const describe = configDescriber(context);
    const answer = (name: string, result: CreatedTopic | BrokerError) =>
      createAnswer(context, describe, name, result);
    const topics = wanted.map(({ name }, i) => {
      const result = results[i]!;
      if (!(result instanceof BrokerError) && !request.validateOnly) {
        const detail = `${result.partitionCount} partitions`;
        audited(context, { change: 'topic created', subject: name, detail });
      }
      return answer(name, result);
    });
    const refusal = denied('topic');
    for (const name of forbidden) topics.push(answer(name, refusal));
    for (const name of twice) {
      const error = new BrokerError(
        'invalid-request',
        `topic '${name}' stands more than once in the request`,
      );
      topics.push(answer(name, error));
    }
    return { throttleTimeMs: 0, topics };
  },
});

export const deleteTopics = defineAsyncApi({
  key: API_KEY.DeleteTopics,
  authorization: ['describe topic', 'delete topic'],
  read: readDeleteTopicsRequest,
  write: writeDeleteTopicsResponse,
  async handle(context: RequestContext, request: DeleteTopicsRequest): Promise<DeleteTopicsResponse> {
    const { broker } = context.kafka;
    const references: TopicReference[] =
      context.apiVersion < TOPIC_ID_VERSION
        ? request.topicNames.map((name) => ({ name, id: null }))
        : request.topics.map(({ name, topicId }) =>
            name === null ? { name, id: topicId } : { name, id: null },
          );
    const refusals = references.map((reference) => refuseDelete(context, reference));
    const allowed = references.filter((_, i) => refusals[i] === null);
    const { image } = broker.metadata;
    const results = await withMutationQuota<TopicReference, DeletedTopic>(context, allowed, {
      strictFrom: STRICT_FROM.deleteTopics,
      partitions: ({ name, id }) =>
        (name === null ? image.topicById(id) : image.topicByName(name))?.partitionCount ?? 0,
      propose: (granted) => broker.propose({ kind: 'delete-topics', topics: granted }),
    });
    let next = 0;
    const responses = references.map(({ name, id }, i): DeleteTopicsResponseResult => {
      const refusal = refusals[i]!;
      if (refusal !== null) return refusal;
      const result = results[next++]!;
      if (result instanceof BrokerError) {
        const errorCode = KAFKA_ERRORS[result.code];
        return { name, topicId: id ?? ZERO_UUID, errorCode, errorMessage: result.message };
      }
      audited(context, { change: 'topic deleted', subject: result.name });
      return { name: result.name, topicId: result.id, errorCode: 0, errorMessage: null };
    });
    return { throttleTimeMs: 0, responses };
  },
});

/** Who may not know of a topic is told no more of it than was asked; who may, but not delete it, its name and id. */
function refuseDelete(context: RequestContext, reference: TopicReference): DeleteTopicsResponseResult | null {
  const { topics } = context.kafka.broker;
  const topic = reference.name === null ? topics.byId(reference.id) : topics.byName(reference.name);
  const name = reference.name ?? topic?.name;
  // An id that no topic has is told by the machine.
  if (name === undefined) return null;
  const known = isAllowed(context, 'describe', 'topic', name);
  if (known && isAllowed(context, 'delete', 'topic', name)) return null;
  const { code, message: errorMessage } = denied('topic');
  const errorCode = KAFKA_ERRORS[code];
  if (known) return { name, topicId: topic?.id ?? ZERO_UUID, errorCode, errorMessage };
  return { name: reference.name, topicId: reference.id ?? ZERO_UUID, errorCode, errorMessage };
}

export const createPartitions = defineAsyncApi({
  key: API_KEY.CreatePartitions,
  authorization: ['alter topic'],
  read: readCreatePartitionsRequest,
  write: writeCreatePartitionsResponse,
  async handle(context: RequestContext, request: CreatePartitionsRequest): Promise<CreatePartitionsResponse> {
    const allowed = request.topics.map(({ name }) => isAllowed(context, 'alter', 'topic', name));
    const wanted = request.topics.filter((_, i) => allowed[i]);
    const { broker } = context.kafka;
    const { image } = broker.metadata;
    const results = await withMutationQuota<CreatePartitionsRequestTopic, number>(context, wanted, {
      strictFrom: STRICT_FROM.createPartitions,
      partitions: ({ name, count }) => count - (image.topicByName(name)?.partitionCount ?? count),
      propose: (granted) =>
        broker.propose({
          kind: 'create-partitions',
          topics: granted.map(({ name, count, assignments }) => ({
            name,
            partitionCount: count,
            assignments: assignments?.map(({ brokerIds }) => brokerIds) ?? null,
          })),
          validateOnly: request.validateOnly,
        }),
    });
    const refusal = denied('topic');
    let next = 0;
    const answers = request.topics.map(({ name }, i) => {
      const result = allowed[i] ? results[next++]! : refusal;
      if (!(result instanceof BrokerError) && !request.validateOnly) {
        audited(context, { change: 'partitions added', subject: name, detail: `${result} partitions` });
      }
      const error = result instanceof BrokerError ? result : null;
      return { name, ...errorFields(error) };
    });
    return { throttleTimeMs: 0, results: answers };
  },
});
