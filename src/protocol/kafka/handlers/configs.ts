/** DescribeConfigs, AlterConfigs, IncrementalAlterConfigs (keys 32, 33, 44). KIP-133, KIP-226, KIP-339, KIP-569. */
import { BrokerError } from '../../../base/errors.ts';
import type {
  AlterResource,
  ConfigEntry,
  ConfigOperation,
  ConfigResource,
  ConfigSource,
  SettingType,
  TopicOverrides,
} from '../../../metadata/commands.ts';
import { defineApi, defineAsyncApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type AlterConfigsRequest,
  readAlterConfigsRequest,
  writeAlterConfigsResponse,
} from '../codec/generated/alter-configs.ts';
import type { CreateTopicsResponseConfig } from '../codec/generated/create-topics.ts';
import {
  type DescribeConfigsRequestResource,
  type DescribeConfigsResponse,
  type DescribeConfigsResponseConfig,
  type DescribeConfigsResponseResult,
  readDescribeConfigsRequest,
  writeDescribeConfigsResponse,
} from '../codec/generated/describe-configs.ts';
import {
  type IncrementalAlterConfigsRequest,
  readIncrementalAlterConfigsRequest,
  writeIncrementalAlterConfigsResponse,
} from '../codec/generated/incremental-alter-configs.ts';
import { KAFKA_ERRORS } from '../errors.ts';
import { audited, denied, isAllowed, isAllowedCluster } from './authorize.ts';
import { errorCodeOf } from './group-call.ts';

const RESOURCE_TOPIC = 2;
const RESOURCE_BROKER = 4;

const SOURCES: Readonly<Record<ConfigSource, number>> = {
  topic: 1,
  'dynamic-broker': 2,
  'dynamic-default': 3,
  static: 4,
  default: 5,
};

const TYPES: Readonly<Record<SettingType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  password: 9,
};

const OPERATIONS: readonly ConfigOperation[] = ['set', 'delete', 'append', 'subtract'];

function resourceOf(type: number, name: string): ConfigResource | BrokerError {
  if (type === RESOURCE_TOPIC) return { kind: 'topic', name };
  if (type === RESOURCE_BROKER) return { kind: 'broker', name };
  return new BrokerError(
    'invalid-request',
    `configs of resource type ${type} are not supported yet: topics (2) and brokers (4) are`,
  );
}

/** The configs of a topic are its own; those of brokers are the cluster's. Null: the client may. */
function refuse(
  context: RequestContext,
  operation: 'describe-configs' | 'alter-configs',
  resource: ConfigResource,
): BrokerError | null {
  if (resource.kind === 'topic') {
    return isAllowed(context, operation, 'topic', resource.name) ? null : denied('topic');
  }
  return isAllowedCluster(context, operation) ? null : denied('cluster');
}

function describedEntry(entry: ConfigEntry): DescribeConfigsResponseConfig {
  return {
    name: entry.name,
    value: entry.value,
    readOnly: entry.readOnly,
    configSource: SOURCES[entry.source],
    isSensitive: entry.sensitive,
    synonyms: entry.synonyms.map(({ name, value, source }) => ({ name, value, source: SOURCES[source] })),
    configType: TYPES[entry.type],
    documentation: entry.documentation,
  };
}

/** Entries as an answer has them, made once for all topics of a request that have the same. */
function entryConverter<Converted>(
  convert: (entry: ConfigEntry) => Converted,
): (entries: readonly ConfigEntry[]) => Converted[] {
  const known = new Map<readonly ConfigEntry[], Converted[]>();
  return (entries) => {
    let converted = known.get(entries);
    if (converted === undefined) known.set(entries, (converted = entries.map(convert)));
    return converted;
  };
}

/** The settings of topics by their overrides, for one answer of CreateTopics (KIP-525). */
export function configDescriber(
  context: RequestContext,
): (overrides: TopicOverrides) => CreateTopicsResponseConfig[] {
  const { image } = context.kafka.broker.metadata;
  const options = { names: null, synonyms: false, documentation: false };
  const converted = entryConverter((entry) => ({
    name: entry.name,
    value: entry.value,
    readOnly: entry.readOnly,
    configSource: SOURCES[entry.source],
    isSensitive: entry.sensitive,
  }));
  return (overrides) => converted(image.describeTopicConfigs(overrides, options));
}

export const describeConfigs = defineApi({
  key: API_KEY.DescribeConfigs,
  authorization: ['describe-configs topic', 'describe-configs cluster'],
  read: readDescribeConfigsRequest,
  write: writeDescribeConfigsResponse,
  handle(context, request, respond: (response: DescribeConfigsResponse) => void) {
    const { image } = context.kafka.broker.metadata;
    const converted = entryConverter(describedEntry);
    const one = (wanted: DescribeConfigsRequestResource): DescribeConfigsResponseResult => {
      const { resourceType, resourceName } = wanted;
      const resource = resourceOf(resourceType, resourceName);
      const entries =
        resource instanceof BrokerError
          ? resource
          : (refuse(context, 'describe-configs', resource) ??
            image.describeConfigs(resource, {
              names: wanted.configurationKeys,
              synonyms: request.includeSynonyms,
              documentation: request.includeDocumentation,
            }));
      if (entries instanceof BrokerError) {
        const errorCode = KAFKA_ERRORS[entries.code];
        return { errorCode, errorMessage: entries.message, resourceType, resourceName, configs: [] };
      }
      const configs = converted(entries);
      return { errorCode: 0, errorMessage: null, resourceType, resourceName, configs };
    };
    // Each once: an answer is a thousand times its question.
    const wanted = new Map(request.resources.map((r) => [`${r.resourceType} ${r.resourceName}`, r]));
    respond({ throttleTimeMs: 0, results: [...wanted.values()].map(one) });
  },
});

interface AlterAnswer {
  errorCode: number;
  errorMessage: string | null;
  resourceType: number;
  resourceName: string;
}

interface NamedResource {
  readonly resourceType: number;
  readonly resourceName: string;
}

function auditAlter(context: RequestContext, { resource, changes, mode }: AlterResource): void {
  const told = changes.map(({ name, operation, value }) =>
    operation === 'delete' ? `${name} deleted` : `${name} ${operation} ${value}`,
  );
  if (mode === 'replace') told.unshift('everything else deleted');
  const subject = `${resource.kind} ${resource.name}`;
  audited(context, { change: 'config changed', subject, detail: told.join(', ') });
}

/** Alters what can be named, and answers the rest with its error, in the order of the request. */
async function alter<Wanted extends NamedResource>(
  context: RequestContext,
  request: { readonly resources: readonly Wanted[]; readonly validateOnly: boolean },
  plan: (resource: ConfigResource, wanted: Wanted) => AlterResource | BrokerError,
): Promise<{ throttleTimeMs: number; responses: AlterAnswer[] }> {
  const plans = request.resources.map((wanted) => {
    const resource = resourceOf(wanted.resourceType, wanted.resourceName);
    if (resource instanceof BrokerError) return resource;
    return refuse(context, 'alter-configs', resource) ?? plan(resource, wanted);
  });
  const resources = plans.filter((one): one is AlterResource => !(one instanceof BrokerError));
  const { validateOnly } = request;
  const results = await context.kafka.broker.propose({ kind: 'alter-configs', resources, validateOnly });
  let next = 0;
  const responses = request.resources.map(({ resourceType, resourceName }, i) => {
    const planned = plans[i]!;
    let error: BrokerError | null;
    if (planned instanceof BrokerError) error = planned;
    else error = results instanceof BrokerError ? results : results[next++]!;
    if (error === null && !validateOnly) auditAlter(context, planned as AlterResource);
    return {
      errorCode: errorCodeOf(error),
      errorMessage: error?.message ?? null,
      resourceType,
      resourceName,
    };
  });
  return { throttleTimeMs: 0, responses };
}

export const alterConfigs = defineAsyncApi({
  key: API_KEY.AlterConfigs,
  authorization: ['alter-configs topic', 'alter-configs cluster'],
  read: readAlterConfigsRequest,
  write: writeAlterConfigsResponse,
  handle: (context: RequestContext, request: AlterConfigsRequest) =>
    alter(context, request, (resource, { configs }) => ({
      resource,
      mode: 'replace',
      changes: configs.map(({ name, value }) => ({ name, operation: 'set', value })),
    })),
});

export const incrementalAlterConfigs = defineAsyncApi({
  key: API_KEY.IncrementalAlterConfigs,
  authorization: ['alter-configs topic', 'alter-configs cluster'],
  read: readIncrementalAlterConfigsRequest,
  write: writeIncrementalAlterConfigsResponse,
  handle: (context: RequestContext, request: IncrementalAlterConfigsRequest) =>
    alter(context, request, (resource, { configs }) => {
      const unknown = configs.find(({ configOperation }) => OPERATIONS[configOperation] === undefined);
      if (unknown !== undefined) {
        return new BrokerError(
          'invalid-request',
          `config operation ${unknown.configOperation} of ${unknown.name} is not 0 (set), 1 (delete), 2 (append) or 3 (subtract)`,
        );
      }
      const changes = configs.map(({ name, configOperation, value }) => ({
        name,
        operation: OPERATIONS[configOperation]!,
        value,
      }));
      return { resource, mode: 'incremental', changes };
    }),
});
