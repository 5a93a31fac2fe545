/** ListConfigResources (key 74): what has settings of its own, or could have. KIP-1142; version 0 is KIP-714's. */
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type ListConfigResourcesRequest,
  type ListConfigResourcesResponse,
  readListConfigResourcesRequest,
  writeListConfigResourcesResponse,
} from '../codec/generated/list-config-resources.ts';
import { KAFKA_ERRORS } from '../errors.ts';
import { isAllowedCluster } from './authorize.ts';
import {
  RESOURCE_BROKER,
  RESOURCE_BROKER_LOGGER,
  RESOURCE_CLIENT_METRICS,
  RESOURCE_GROUP,
  RESOURCE_TOPIC,
} from './configs.ts';

/** Version 0 asks for client metrics and can't name another type. */
const TYPES_VERSION = 1;

/** Names of the resources of a type; undefined for a type that has none. */
function namesOf(context: RequestContext, type: number): Iterable<string> | undefined {
  const { broker } = context.kafka;
  const { image } = broker.metadata;
  switch (type) {
    case RESOURCE_CLIENT_METRICS:
      return image.clientMetrics.keys();
    case RESOURCE_GROUP:
      return image.groupConfigs.keys();
    case RESOURCE_BROKER_LOGGER:
    case RESOURCE_BROKER:
      return [String(broker.settings.nodeId)];
    case RESOURCE_TOPIC:
      return image.topicNames();
    default:
      return undefined;
  }
}

const ALL_TYPES = [
  RESOURCE_GROUP,
  RESOURCE_CLIENT_METRICS,
  RESOURCE_BROKER_LOGGER,
  RESOURCE_BROKER,
  RESOURCE_TOPIC,
];

function handle(
  context: RequestContext,
  request: ListConfigResourcesRequest,
  respond: (response: ListConfigResourcesResponse) => void,
): void {
  if (!isAllowedCluster(context, 'describe-configs')) {
    const errorCode = KAFKA_ERRORS['cluster-authorization-failed'];
    return respond({ throttleTimeMs: 0, errorCode, configResources: [] });
  }
  const asked = context.apiVersion < TYPES_VERSION ? [RESOURCE_CLIENT_METRICS] : request.resourceTypes;
  const types = asked.length === 0 ? ALL_TYPES : [...new Set(asked)];
  const configResources: ListConfigResourcesResponse['configResources'] = [];
  for (const resourceType of types) {
    const names = namesOf(context, resourceType);
    if (names === undefined) {
      const errorCode = KAFKA_ERRORS['unsupported-version'];
      return respond({ throttleTimeMs: 0, errorCode, configResources: [] });
    }
    for (const resourceName of names) configResources.push({ resourceName, resourceType });
  }
  respond({ throttleTimeMs: 0, errorCode: 0, configResources });
}

export const listConfigResources = defineApi({
  key: API_KEY.ListConfigResources,
  authorization: ['describe-configs cluster'],
  read: readListConfigResourcesRequest,
  write: writeListConfigResourcesResponse,
  handle,
});
