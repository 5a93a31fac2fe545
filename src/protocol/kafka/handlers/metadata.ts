/** Metadata (key 3). KIP-4, KIP-204 (auto-creation by consent), KIP-516 (topic ids), KIP-700 (no cluster operations). */
import type { BrokerError, BrokerErrorCode } from '../../../base/errors.ts';
import { ZERO_UUID } from '../../../base/uuid.ts';
import { isTopicName } from '../../../broker/topics.ts';
import type { Topic } from '../../../metadata/image.ts';
import { defineAsyncApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type MetadataRequest,
  type MetadataRequestTopic,
  type MetadataResponse,
  type MetadataResponsePartition,
  type MetadataResponseTopic,
  readMetadataRequest,
  writeMetadataResponse,
} from '../codec/generated/metadata.ts';
import { KAFKA_ERRORS } from '../errors.ts';

/** "Not asked for" in the operations fields. */
const NO_OPERATIONS = -2147483648;
/** From here on an empty list means no topics; before, all. */
const EMPTY_MEANS_NONE_VERSION = 1;
/** From here on a client may ask by topic id (versions 10 and 11 have the field and must not use it). */
const TOPIC_ID_VERSION = 12;

function describe(context: RequestContext, topic: Topic): MetadataResponseTopic {
  const { broker } = context.kafka;
  const { nodeId } = broker.settings;
  const partitions: MetadataResponsePartition[] = [];
  for (let partitionIndex = 0; partitionIndex < topic.partitionCount; partitionIndex++) {
    partitions.push({
      errorCode: 0,
      partitionIndex,
      leaderId: nodeId,
      leaderEpoch: broker.leaderEpoch,
      replicaNodes: [nodeId],
      isrNodes: [nodeId],
      offlineReplicas: [],
    });
  }
  return {
    errorCode: 0,
    name: topic.name,
    topicId: topic.id,
    isInternal: false,
    partitions,
    topicAuthorizedOperations: NO_OPERATIONS,
  };
}

function missing(
  named: { name: string | null; topicId: MetadataResponseTopic['topicId'] },
  error: BrokerErrorCode,
): MetadataResponseTopic {
  return {
    errorCode: KAFKA_ERRORS[error],
    name: named.name,
    topicId: named.topicId,
    isInternal: false,
    partitions: [],
    topicAuthorizedOperations: NO_OPERATIONS,
  };
}

function wantsAll(request: MetadataRequest, version: number): boolean {
  return request.topics === null || (version < EMPTY_MEANS_NONE_VERSION && request.topics.length === 0);
}

/** What is asked for, each once: a request that names a topic a thousand times asks for it once. */
function distinct(wanted: MetadataRequestTopic[]): MetadataRequestTopic[] {
  return [...new Map(wanted.map((one) => [one.name ?? `\0${one.topicId}`, one])).values()];
}

async function topics(context: RequestContext, request: MetadataRequest): Promise<MetadataResponseTopic[]> {
  const { broker } = context.kafka;
  if (wantsAll(request, context.apiVersion)) {
    return [...broker.metadata.image.topics()].map((topic) => describe(context, topic));
  }
  const answers: MetadataResponseTopic[] = [];
  const wanted = distinct(request.topics!);
  const absent = new Set<string>();
  for (const { name } of wanted) {
    if (name !== null && broker.topics.byName(name) === undefined) absent.add(name);
  }
  const autoCreate = request.allowAutoTopicCreation && broker.settings.autoCreateTopics;
  const refusals =
    autoCreate && absent.size > 0 ? await broker.autoCreate([...absent]) : new Map<string, BrokerError>();
  for (const { name, topicId } of wanted) {
    if (name !== null) {
      const topic = broker.topics.byName(name);
      if (topic !== undefined) {
        answers.push(describe(context, topic));
        continue;
      }
      const error = refusals.get(name)?.code ?? (isTopicName(name) ? 'unknown-topic' : 'invalid-topic');
      answers.push(missing({ name, topicId: ZERO_UUID }, error));
    } else if (context.apiVersion < TOPIC_ID_VERSION || topicId === ZERO_UUID) {
      answers.push(missing({ name: '', topicId }, 'invalid-request'));
    } else {
      const topic = broker.topics.byId(topicId);
      answers.push(
        topic === undefined ? missing({ name: null, topicId }, 'unknown-topic-id') : describe(context, topic),
      );
    }
  }
  return answers;
}

async function answer(context: RequestContext, request: MetadataRequest): Promise<MetadataResponse> {
  const { broker } = context.kafka;
  const { nodeId, rack } = broker.settings;
  return {
    throttleTimeMs: 0,
    brokers: [{ nodeId, host: context.advertised.host, port: context.advertised.port, rack }],
    clusterId: broker.clusterId,
    controllerId: nodeId,
    topics: await topics(context, request),
    clusterAuthorizedOperations: NO_OPERATIONS,
    errorCode: 0,
  };
}

export const metadata = defineAsyncApi({
  key: API_KEY.Metadata,
  read: readMetadataRequest,
  write: writeMetadataResponse,
  handle: answer,
});
