/** CreateTopics, DeleteTopics, CreatePartitions (keys 19, 20, 37). KIP-4, KIP-195, KIP-464, KIP-516, KIP-525. */
import { BrokerError } from '../../../base/errors.ts';
import { ZERO_UUID } from '../../../base/uuid.ts';
import type { CreatedTopic, NewTopic, TopicReference } from '../../../metadata/commands.ts';
import { defineAsyncApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type CreatePartitionsRequest,
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
import { KAFKA_ERRORS } from '../errors.ts';
import { configDescriber } from './configs.ts';
import { errorCodeOf } from './group-call.ts';

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
  return {
    name,
    topicId: result.id,
    errorCode: 0,
    errorMessage: null,
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

export const createTopics = defineAsyncApi({
  key: API_KEY.CreateTopics,
  read: readCreateTopicsRequest,
  write: writeCreateTopicsResponse,
  async handle(context: RequestContext, request: CreateTopicsRequest): Promise<CreateTopicsResponse> {
    const { broker } = context.kafka;
    const twice = duplicates(request.topics.map(({ name }) => name));
    const wanted = request.topics.filter(({ name }) => !twice.has(name));
    const results = await broker.propose({
      kind: 'create-topics',
      topics: wanted.map(newTopic),
      validateOnly: request.validateOnly,
      randomBytes: broker.randomBytes(RANDOM_BYTES_PER_TOPIC * wanted.length),
    });
    const describe = configDescriber(context);
    const topics = wanted.map(({ name }, i) =>
      createAnswer(describe, name, results instanceof BrokerError ? results : results[i]!),
    );
    for (const name of twice) {
      const error = new BrokerError(
        'invalid-request',
        `topic '${name}' stands more than once in the request`,
      );
      topics.push(createAnswer(describe, name, error));
    }
    return { throttleTimeMs: 0, topics };
  },
});

export const deleteTopics = defineAsyncApi({
  key: API_KEY.DeleteTopics,
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
    const results = await broker.propose({ kind: 'delete-topics', topics: references });
    const responses = references.map((reference, i): DeleteTopicsResponseResult => {
      const result = results instanceof BrokerError ? results : results[i]!;
      if (result instanceof BrokerError) {
        const { name, id } = reference;
        const errorCode = KAFKA_ERRORS[result.code];
        return { name, topicId: id ?? ZERO_UUID, errorCode, errorMessage: result.message };
      }
      return { name: result.name, topicId: result.id, errorCode: 0, errorMessage: null };
    });
    return { throttleTimeMs: 0, responses };
  },
});

export const createPartitions = defineAsyncApi({
  key: API_KEY.CreatePartitions,
  read: readCreatePartitionsRequest,
  write: writeCreatePartitionsResponse,
  async handle(context: RequestContext, request: CreatePartitionsRequest): Promise<CreatePartitionsResponse> {
    const results = await context.kafka.broker.propose({
      kind: 'create-partitions',
      topics: request.topics.map(({ name, count, assignments }) => ({
        name,
        partitionCount: count,
        assignments: assignments?.map(({ brokerIds }) => brokerIds) ?? null,
      })),
      validateOnly: request.validateOnly,
    });
    const answers = request.topics.map(({ name }, i) => {
      const result = results instanceof BrokerError ? results : results[i]!;
      const error = result instanceof BrokerError ? result : null;
      return { name, errorCode: errorCodeOf(error), errorMessage: error?.message ?? null };
    });
    return { throttleTimeMs: 0, results: answers };
  },
});
