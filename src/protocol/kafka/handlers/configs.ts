/** DescribeConfigs, AlterConfigs, IncrementalAlterConfigs (keys 32, 33, 44). KIP-133, KIP-226, KIP-339, KIP-569. */
import { BrokerError } from '../../../base/errors.ts';
import type {
  AlterResource,
  ConfigChange,
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
import { errorFields, KAFKA_ERRORS } from '../errors.ts';
import { audited, denied, isAllowed, isAllowedCluster } from './authorize.ts';
import { alterLoggers, describeLoggers } from './broker-loggers.ts';

/** Resource types in requests. */
export const RESOURCE_TOPIC = 2;
export const RESOURCE_BROKER = 4;
export const RESOURCE_BROKER_LOGGER = 8;
export const RESOURCE_CLIENT_METRICS = 16;
export const RESOURCE_GROUP = 32;

/** What a request may name: the loggers are the process's own and no business of the metadata. */
type Resource = ConfigResource | { readonly kind: 'broker-logger'; readonly name: string };

const SOURCES: Readonly<Record<ConfigSource, number>> = {
  topic: 1,
  'client-metrics': 7,
  group: 8,
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

const KINDS: ReadonlyMap<number, Resource['kind']> = new Map([
  [RESOURCE_TOPIC, 'topic'],
  [RESOURCE_BROKER, 'broker'],
  [RESOURCE_BROKER_LOGGER, 'broker-logger'],
  [RESOURCE_CLIENT_METRICS, 'client-metrics'],
  [RESOURCE_GROUP, 'group'],
]);

function resourceOf(type: number, name: string): Resource | BrokerError {
  const kind = KINDS.get(type);
  if (kind !== undefined) return { kind, name };
  return new BrokerError(
    'invalid-request',
    `resources of type ${type} have no settings here: topics (2), brokers (4), their loggers (8), client metrics (16) and groups (32) have`,
  );
}

/** The configs of a topic are its own; all others are the cluster's. Null: the client may. */
function refuse(
  context: RequestContext,
  operation: 'describe-configs' | 'alter-configs',
  resource: Resource,
): BrokerError | null {
  if (resource.kind === 'topic') {
    return isAllowed(context, operation, 'topic', resource.name) ? null : denied('topic');
  }
  if (resource.kind === 'group') {
    return isAllowed(context, operation, 'group', resource.name) ? null : denied('group');
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
  authorization: ['describe-configs topic', 'describe-configs cluster', 'describe-configs group'],
  read: readDescribeConfigsRequest,
  write: writeDescribeConfigsResponse,
  handle(context, request, respond: (response: DescribeConfigsResponse) => void) {
    const { image } = context.kafka.broker.metadata;
    const converted = entryConverter(describedEntry);
    const describe = (
      wanted: DescribeConfigsRequestResource,
    ): DescribeConfigsResponseConfig[] | BrokerError => {
      const resource = resourceOf(wanted.resourceType, wanted.resourceName);
      if (resource instanceof BrokerError) return resource;
      const refused = refuse(context, 'describe-configs', resource);
      if (refused !== null) return refused;
      const options = {
        names: wanted.configurationKeys,
        synonyms: request.includeSynonyms,
        documentation: request.includeDocumentation,
      };
      if (resource.kind === 'broker-logger') return describeLoggers(context, resource.name, options);
      const entries = image.describeConfigs(resource, options);
      return entries instanceof BrokerError ? entries : converted(entries);
    };
    const one = (wanted: DescribeConfigsRequestResource): DescribeConfigsResponseResult => {
      const { resourceType, resourceName } = wanted;
      const configs = describe(wanted);
      if (configs instanceof BrokerError) {
        const errorCode = KAFKA_ERRORS[configs.code];
        return { errorCode, errorMessage: configs.message, resourceType, resourceName, configs: [] };
      }
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

/** What a request asks for one resource. */
interface Plan {
  readonly resource: Resource;
  readonly mode: AlterResource['mode'];
  readonly changes: readonly ConfigChange[];
}

function isForMetadata(plan: Plan): plan is AlterResource {
  return plan.resource.kind !== 'broker-logger';
}

/** Names of settings whose values nobody is told. */
function secretsAmong(
  context: RequestContext,
  resource: ConfigResource,
  names: readonly string[],
): Set<string> {
  const options = { names, synonyms: false, documentation: false };
  const entries = context.kafka.broker.metadata.image.describeConfigs(resource, options);
  if (entries instanceof BrokerError) return new Set(names);
  return new Set(entries.filter(({ sensitive }) => sensitive).map(({ name }) => name));
}

function auditAlter(context: RequestContext, { resource, changes, mode }: Plan): void {
  const names = changes.map(({ name }) => name);
  const secrets =
    resource.kind === 'broker-logger' ? new Set<string>() : secretsAmong(context, resource, names);
  const told = changes.map(({ name, operation, value }) =>
    operation === 'delete'
      ? `${name} deleted`
      : `${name} ${operation} ${secrets.has(name) ? '(secret)' : value}`,
  );
  if (mode === 'replace') told.unshift('everything else deleted');
  const subject = `${resource.kind} ${resource.name}`;
  audited(context, { change: 'config changed', subject, detail: told.join(', ') });
}

/** A change of the broker's settings with which it would not start again: it must not be kept. */
async function unusable(context: RequestContext, plan: Plan): Promise<BrokerError | null> {
  if (plan.resource.kind !== 'broker') return null;
  const problem = await context.kafka.settingsProblem(plan as AlterResource);
  return problem === null ? null : new BrokerError('invalid-config', problem);
}

/** Alters what can be named, and answers the rest with its error, in the order of the request. */
async function alter<Wanted extends NamedResource>(
  context: RequestContext,
  request: { readonly resources: readonly Wanted[]; readonly validateOnly: boolean },
  plan: (resource: Resource, wanted: Wanted) => Plan | BrokerError,
): Promise<{ throttleTimeMs: number; responses: AlterAnswer[] }> {
  const plans: (Plan | BrokerError)[] = [];
  for (const wanted of request.resources) {
    const resource = resourceOf(wanted.resourceType, wanted.resourceName);
    const planned =
      resource instanceof BrokerError
        ? resource
        : (refuse(context, 'alter-configs', resource) ?? plan(resource, wanted));
    const refusal = planned instanceof BrokerError ? null : await unusable(context, planned);
    plans.push(refusal ?? planned);
  }
  const resources = plans.flatMap((one) => (!(one instanceof BrokerError) && isForMetadata(one) ? one : []));
  const { validateOnly } = request;
  const results = await context.kafka.broker.propose({ kind: 'alter-configs', resources, validateOnly });
  let next = 0;
  const outcome = (planned: Plan | BrokerError): BrokerError | null => {
    if (planned instanceof BrokerError) return planned;
    if (!isForMetadata(planned)) return alterLoggers(context, { ...planned, validateOnly });
    return results instanceof BrokerError ? results : results[next++]!;
  };
  const responses = request.resources.map(({ resourceType, resourceName }, i) => {
    const planned = plans[i]!;
    const error = outcome(planned);
    if (error === null && !validateOnly) auditAlter(context, planned as Plan);
    return {
      ...errorFields(error),
      resourceType,
      resourceName,
    };
  });
  return { throttleTimeMs: 0, responses };
}

export const alterConfigs = defineAsyncApi({
  key: API_KEY.AlterConfigs,
  authorization: ['alter-configs topic', 'alter-configs cluster', 'alter-configs group'],
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
  authorization: ['alter-configs topic', 'alter-configs cluster', 'alter-configs group'],
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
