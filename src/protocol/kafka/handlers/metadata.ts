/** Metadata (key 3). KIP-4, KIP-204 (auto-creation by consent), KIP-516 (topic ids), KIP-700 (no cluster operations). */
import type { BrokerErrorCode } from '../../../base/errors.ts';
import { ZERO_UUID } from '../../../base/uuid.ts';
import { isTopicName } from '../../../broker/topics.ts';
import type { Topic } from '../../../metadata/image.ts';
import { CLUSTER_RESOURCE } from '../../../security/access.ts';
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
import { allowedOperations, audited, clusterOperations, isAllowed, NO_OPERATIONS } from './authorize.ts';
import { findTopic, findTopicByName } from './resolve.ts';

/** From here on an empty list means no topics; before, all. */
const EMPTY_MEANS_NONE_VERSION = 1;
/** From here on a client may ask by topic id (versions 10 and 11 have the field and must not use it). */
const TOPIC_ID_VERSION = 12;

function describe(context: RequestContext, topic: Topic, withOperations: boolean): MetadataResponseTopic {
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
    topicAuthorizedOperations: withOperations
      ? allowedOperations(context, 'topic', topic.name)
      : NO_OPERATIONS,
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

/**
 * What is asked for, each once: a request that names a topic a thousand times asks for it once. Where there is an id, the
 * name means nothing: Java's consumer leaves it empty, and not null.
 */
function distinct(wanted: MetadataRequestTopic[], version: number): MetadataRequestTopic[] {
  const named = wanted.map(({ name, topicId }) => {
    const byId = version >= TOPIC_ID_VERSION && topicId !== ZERO_UUID;
    return { name: byId ? null : name, topicId };
  });
  return [...new Map(named.map((one) => [one.name ?? `\0${one.topicId}`, one])).values()];
}

/** Makes the topics that are asked for, aren't there and may be made; refusals by name. */
async function create(context: RequestContext, wanted: readonly MetadataRequestTopic[]) {
  const { broker } = context.kafka;
  const refusals = new Map<string, BrokerErrorCode>();
  const absent: string[] = [];
  for (const { name } of wanted) {
    if (name === null || broker.topics.byName(name) !== undefined || !isTopicName(name)) continue;
    if (!context.access.allows('describe', 'topic', name)) continue;
    if (
      context.access.allows('create', 'cluster', CLUSTER_RESOURCE) ||
      isAllowed(context, 'create', 'topic', name)
    ) {
      absent.push(name);
    } else refusals.set(name, 'topic-authorization-failed');
  }
  // What the quota of mutations has no room for stays unknown, and is asked for again.
  const count = broker.metadata.image.settings.defaultPartitions;
  const granted = absent.filter(() => context.charge.mutate({ count, strict: true }));
  if (granted.length === 0) return refusals;
  const refused = await broker.autoCreate(granted);
  context.charge.unmutate(count * refused.size);
  for (const name of granted) {
    const refusal = refused.get(name);
    if (refusal !== undefined) refusals.set(name, refusal.code);
    else audited(context, { change: 'topic created', subject: name, detail: 'because it was asked for' });
  }
  return refusals;
}

async function topics(context: RequestContext, request: MetadataRequest): Promise<MetadataResponseTopic[]> {
  const { broker } = context.kafka;
  const withOperations = request.includeTopicAuthorizedOperations;
  if (wantsAll(request, context.apiVersion)) {
    const answers: MetadataResponseTopic[] = [];
    for (const topic of broker.metadata.image.topics()) {
      if (context.access.allows('describe', 'topic', topic.name)) {
        answers.push(describe(context, topic, withOperations));
      }
    }
    return answers;
  }
  const wanted = distinct(request.topics!, context.apiVersion);
  const autoCreate = request.allowAutoTopicCreation && broker.settings.autoCreateTopics;
  const refusals = autoCreate ? await create(context, wanted) : new Map<string, BrokerErrorCode>();
  return wanted.map(({ name, topicId }) => {
    if (name !== null) {
      const topic = findTopicByName(context, 'describe', name);
      if (typeof topic !== 'string') return describe(context, topic, withOperations);
      const absent = topic === 'unknown-topic';
      const error = absent ? (refusals.get(name) ?? (isTopicName(name) ? topic : 'invalid-topic')) : topic;
      return missing({ name, topicId: ZERO_UUID }, error);
    }
    if (context.apiVersion < TOPIC_ID_VERSION || topicId === ZERO_UUID) {
      return missing({ name: '', topicId }, 'invalid-request');
    }
    const topic = findTopic(context, 'describe', { name: '', topicId }, true);
    return typeof topic === 'string'
      ? missing({ name: null, topicId }, topic)
      : describe(context, topic, withOperations);
  });
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
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? clusterOperations(context)
      : NO_OPERATIONS,
    errorCode: 0,
  };
}

export const metadata = defineAsyncApi({
  key: API_KEY.Metadata,
  authorization: ['describe topic', 'create cluster', 'create topic', 'describe cluster'],
  read: readMetadataRequest,
  write: writeMetadataResponse,
  handle: answer,
});
