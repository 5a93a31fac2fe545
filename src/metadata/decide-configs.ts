/** Decisions of the metadata machine about settings: those of a new topic, and changes for topics and brokers. */
import { BrokerError } from '../base/errors.ts';
import { brokerSetting, effectiveBrokerValue } from './broker-config.ts';
import { BROKER_SETTINGS, type BrokerSetting, findBrokerSetting } from './broker-table.ts';
import { type BrokerValues, brokerValues, type ConfigValues } from './broker-values.ts';
import { CLIENT_METRICS_SETTINGS } from './client-metrics.ts';
import type { AlterConfigs, AlterResource, ConfigChange, ConfigResource } from './commands.ts';
import { GROUP_SETTINGS, groupConflict, inheritedText } from './group-settings.ts';
import { unimplementedKafkaSetting } from './kafka-names.ts';
import { strayProblem } from './listener-settings.ts';
import { ALL_BROKERS, type MetadataRecord } from './records.ts';
import { checkValue, type Setting, splitList, unknownName } from './setting.ts';
import { type MetadataState, topicRecord } from './state.ts';
import { inheritedValue, type TopicOverrides, topicConflict } from './topic-config.ts';
import { TOPIC_SETTINGS } from './topic-settings.ts';
import { checkSameView } from './views.ts';

const ALTER: Readonly<
  Record<
    ConfigResource['kind'],
    (state: MetadataState, altered: AlterResource) => MetadataRecord | BrokerError
  >
> = { topic: alterTopic, broker: alterBroker, 'client-metrics': alterClientMetrics, group: alterGroup };

/** Each client's pushes are matched with all of them. */
const CLIENT_METRICS_MAX = 1000;
const CLIENT_METRICS_NAME_MAX = 249;

/** Groups with settings of their own, and the longest of their ids. */
const GROUP_CONFIGS_MAX = 10_000;
const GROUP_ID_MAX = 32_767;

/** Passwords as they are would be kept in the log; of those of `polylog user` it has only what can check them. */
const PLAIN_USERS = '.plain.sasl.jaas.config';
const OTHER_USERS = 'Users of `polylog user` log in with PLAIN, too, and are changed at once.';

const NO_OVERRIDES: ReadonlyMap<string, string> = new Map();

/** Canonical overrides of a new topic; invalid-config for one that isn't known or whose value isn't taken. */
export function checkNewConfigs(
  configs: readonly (readonly [name: string, value: string | null])[],
): TopicOverrides | BrokerError {
  if (configs.length === 0) return NO_OVERRIDES;
  const overrides = new Map<string, string>();
  for (const [name, text] of configs) {
    const setting = TOPIC_SETTINGS.get(name);
    if (setting === undefined) return unknownName('topic', name, TOPIC_SETTINGS.keys());
    if (text === null) return new BrokerError('invalid-config', `The topic setting ${name} needs a value.`);
    if (overrides.has(name)) {
      return new BrokerError('invalid-request', `The request sets ${name} twice: set it once.`);
    }
    const value = checkValue(setting, text);
    if (value instanceof BrokerError) return value;
    overrides.set(name, value);
  }
  return overrides;
}

export function alterConfigs(
  state: MetadataState,
  command: AlterConfigs,
): { readonly records: readonly MetadataRecord[]; readonly answer: readonly (BrokerError | null)[] } {
  const records: MetadataRecord[] = [];
  const counts = new Map<string, number>();
  for (const { resource } of command.resources) {
    const key = `${resource.kind} ${resource.name}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const answer = command.resources.map((altered): BrokerError | null => {
    const { kind, name } = altered.resource;
    if ((counts.get(`${kind} ${name}`) ?? 0) > 1) {
      return new BrokerError(
        'invalid-request',
        `The request names the ${kind} "${name}" twice: name it once.`,
      );
    }
    const record = ALTER[kind](state, altered);
    if (record instanceof BrokerError) return record;
    if (!command.validateOnly) records.push(record);
    return null;
  });
  return { records, answer };
}

function alterTopic(state: MetadataState, altered: AlterResource): MetadataRecord | BrokerError {
  const topic = state.topicsByName.get(altered.resource.name);
  if (topic === undefined) {
    return new BrokerError('unknown-topic', `There is no topic "${altered.resource.name}".`);
  }
  const overrides = changeValues(altered, topic.overrides, {
    find: (name) => TOPIC_SETTINGS.get(name) ?? unknownName('topic', name, TOPIC_SETTINGS.keys()),
    inherited: (setting) => inheritedValue(TOPIC_SETTINGS.get(setting.name)!, state.brokerValues).text,
  });
  if (overrides instanceof BrokerError) return overrides;
  return (
    checkSameView(topic, overrides) ??
    topicConflict(overrides, state.brokerValues) ??
    topicRecord(topic, { overrides })
  );
}

/** The broker id that a resource names, ALL_BROKERS for '', or invalid-request. */
export function brokerIdOf(resource: ConfigResource, brokerId: number): number | BrokerError {
  if (resource.name === '') return ALL_BROKERS;
  if (resource.name === String(brokerId)) return brokerId;
  return new BrokerError(
    'invalid-request',
    `There is no broker "${resource.name}": name ${brokerId}, or nothing for the default of all brokers.`,
  );
}

function alterBroker(state: MetadataState, altered: AlterResource): MetadataRecord | BrokerError {
  const brokerId = brokerIdOf(altered.resource, state.brokerId);
  if (brokerId instanceof BrokerError) return brokerId;
  const below = brokerValues({
    dynamicDefault: brokerId === ALL_BROKERS ? undefined : state.dynamicValues.get(ALL_BROKERS),
    static: state.staticValues,
  });
  const before: ConfigValues = state.dynamicValues.get(brokerId) ?? new Map();
  const values = changeValues(altered, before, {
    find: (name) =>
      (brokerId === ALL_BROKERS ? ofOneBroker(name) : null) ??
      // What is there can be removed when its listener has gone.
      (before.has(name) ? null : ofNoListener(name, state.brokerValues)) ??
      findDynamic(name),
    inherited: (setting) => effectiveBrokerValue(brokerSetting(setting.name), below).text ?? '',
  });
  return values instanceof BrokerError ? values : { kind: 'broker-config', brokerId, values };
}

/** The values of this broker's settings as they would be after a change; null where it would be refused. */
export function brokerValuesAfter(state: MetadataState, altered: AlterResource): BrokerValues | null {
  const record = alterBroker(state, altered);
  if (record instanceof BrokerError || record.kind !== 'broker-config') return null;
  const valuesOf = (brokerId: number): ConfigValues | undefined =>
    brokerId === record.brokerId ? record.values : state.dynamicValues.get(brokerId);
  return brokerValues({
    dynamicBroker: valuesOf(state.brokerId),
    dynamicDefault: valuesOf(ALL_BROKERS),
    static: state.staticValues,
  });
}

function alterClientMetrics(state: MetadataState, altered: AlterResource): MetadataRecord | BrokerError {
  const { name } = altered.resource;
  const before = state.clientMetrics.get(name);
  if (name === '' || name.length > CLIENT_METRICS_NAME_MAX) {
    const sentence = `A subscription of client metrics has a name of 1 to ${CLIENT_METRICS_NAME_MAX} characters.`;
    return new BrokerError('invalid-request', sentence);
  }
  if (before === undefined && state.clientMetrics.size >= CLIENT_METRICS_MAX) {
    const sentence = `There are ${CLIENT_METRICS_MAX} subscriptions of client metrics already: delete some first.`;
    return new BrokerError('policy-violation', sentence);
  }
  const values = changeValues(altered, before ?? new Map(), {
    find: (setting) =>
      CLIENT_METRICS_SETTINGS.get(setting) ??
      unknownName('client metrics', setting, CLIENT_METRICS_SETTINGS.keys()),
    inherited: (setting) => setting.default ?? '',
  });
  return values instanceof BrokerError
    ? values
    : { kind: 'resource-config', type: 'client-metrics', name, values };
}

function alterGroup(state: MetadataState, altered: AlterResource): MetadataRecord | BrokerError {
  const { name } = altered.resource;
  const before = state.groupConfigs.get(name);
  if (name === '' || name.length > GROUP_ID_MAX) {
    return new BrokerError('invalid-group-id', 'The settings of a group need its id.');
  }
  if (before === undefined && state.groupConfigs.size >= GROUP_CONFIGS_MAX) {
    const sentence = `${GROUP_CONFIGS_MAX} groups have settings of their own already: delete those of some first.`;
    return new BrokerError('policy-violation', sentence);
  }
  const values = changeValues(altered, before ?? new Map(), {
    find: (setting) => GROUP_SETTINGS.get(setting) ?? unknownName('group', setting, GROUP_SETTINGS.keys()),
    inherited: (setting) => inheritedText(GROUP_SETTINGS.get(setting.name)!, state.brokerValues),
  });
  if (values instanceof BrokerError) return values;
  return (
    groupConflict(values, state.brokerValues) ?? { kind: 'resource-config', type: 'group', name, values }
  );
}

/** As in Kafka, keys and certificates are a broker's own. */
function ofOneBroker(name: string): BrokerError | null {
  if (!/^(listener\.name\.[^.]+\.)?ssl\./.test(name)) return null;
  const sentence = `${name} is a broker's own and can't be set for all brokers: name the broker.`;
  return new BrokerError('invalid-request', sentence);
}

function ofNoListener(name: string, values: BrokerValues): BrokerError | null {
  const problem = strayProblem(name, values);
  return problem === null ? null : new BrokerError('invalid-config', problem);
}

function findDynamic(name: string): BrokerSetting | BrokerError {
  const setting = findBrokerSetting(name);
  if (setting === undefined) {
    return unimplementedKafkaSetting(name) ?? unknownName('broker', name, BROKER_SETTINGS.keys());
  }
  if (setting.dynamic) return setting;
  const remedy = name.endsWith(PLAIN_USERS) ? ` ${OTHER_USERS}` : '';
  return new BrokerError(
    'invalid-request',
    `${name} can't be changed while the broker runs: set it in the file, the environment or with --set, and restart.${remedy}`,
  );
}

interface Lookup {
  /** The setting of a name, or why it can't be changed. */
  find(name: string): Setting | BrokerError;
  /** What holds when the resource has no value of its own. */
  inherited(setting: Setting): string;
}

/** The values that a resource has after the changes. */
function changeValues(
  altered: AlterResource,
  before: ConfigValues,
  lookup: Lookup,
): ConfigValues | BrokerError {
  const after = new Map(altered.mode === 'replace' ? [] : before);
  const seen = new Set<string>();
  for (const change of altered.changes) {
    if (seen.has(change.name)) {
      return new BrokerError('invalid-request', `The request changes ${change.name} twice: change it once.`);
    }
    seen.add(change.name);
    const setting = lookup.find(change.name);
    if (setting instanceof BrokerError) return setting;
    if (change.operation === 'delete') {
      after.delete(change.name);
      continue;
    }
    const text = changedText(setting, change, () => before.get(setting.name) ?? lookup.inherited(setting));
    if (text instanceof BrokerError) return text;
    const value = checkValue(setting, text);
    if (value instanceof BrokerError) return value;
    after.set(change.name, value);
  }
  return after;
}

function changedText(setting: Setting, change: ConfigChange, current: () => string): string | BrokerError {
  if (change.value === null) {
    return new BrokerError('invalid-request', `The change of ${setting.name} needs a value.`);
  }
  if (change.operation === 'set') return change.value;
  if (setting.type !== 'list') {
    return new BrokerError(
      'invalid-config',
      `Nothing can be appended to or subtracted from ${setting.name}, which is no list: set it.`,
    );
  }
  const elements = splitList(current());
  const operands = splitList(change.value);
  if (change.operation === 'append') {
    return [...elements, ...operands.filter((element) => !elements.includes(element))].join(',');
  }
  return elements.filter((element) => !operands.includes(element)).join(',');
}
