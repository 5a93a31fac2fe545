/**
 * What DescribeConfigs and the answer of CreateTopics say about a resource's settings: value, where it comes from, and
 * what it would be otherwise. Neutral of any protocol. KIP-226 (sources and synonyms), KIP-569 (types, documentation).
 */
import { BrokerError } from '../base/errors.ts';
import { brokerSetting, effectiveBrokerValue } from './broker-config.ts';
import { BROKER_SETTINGS, type BrokerSetting, findBrokerSetting } from './broker-table.ts';
import type { BrokerValues, ConfigValues } from './broker-values.ts';
import { CLIENT_METRICS_SETTINGS } from './client-metrics.ts';
import type { ConfigEntry, ConfigResource, ConfigSynonym, DescribeOptions } from './commands.ts';
import { brokerIdOf } from './decide-configs.ts';
import { GROUP_SETTINGS } from './group-settings.ts';
import type { MetadataImage } from './image.ts';
import { ALL_BROKERS } from './records.ts';
import { describeRange, type Setting } from './setting.ts';
import { effectiveValue, type TopicOverrides } from './topic-config.ts';
import { TOPIC_SETTINGS, type TopicSetting } from './topic-settings.ts';

/** Entries in the order of their names, or why the resource can't be described. */
export function describeConfigs(
  image: MetadataImage,
  resource: ConfigResource,
  options: DescribeOptions,
): readonly ConfigEntry[] | BrokerError {
  if (resource.kind === 'topic') {
    const topic = image.topicByName(resource.name);
    if (topic === undefined) return new BrokerError('unknown-topic', `There is no topic "${resource.name}".`);
    return image.describeTopicConfigs(topic.overrides, options);
  }
  if (resource.kind === 'client-metrics') return describeClientMetrics(image, resource.name, options);
  if (resource.kind === 'group') return describeGroup(image, resource.name, options);
  const brokerId = brokerIdOf(resource, image.brokerId);
  if (brokerId instanceof BrokerError) return brokerId;
  if (brokerId === ALL_BROKERS) {
    return describeDefaults(image.dynamicValues(ALL_BROKERS) ?? new Map(), options);
  }
  return wanted(brokerSettings(image.brokerValues), options.names).map((setting) =>
    brokerEntry(setting, image.brokerValues, options),
  );
}

/** As in Kafka, of a subscription that does not exist too: it has the defaults. */
function describeClientMetrics(
  image: MetadataImage,
  name: string,
  options: DescribeOptions,
): readonly ConfigEntry[] | BrokerError {
  if (name === '') return new BrokerError('invalid-request', 'A subscription of client metrics has a name.');
  const values = image.clientMetrics.get(name);
  return wanted(CLIENT_METRICS_SETTINGS, options.names).map((setting) => {
    const own = values?.get(setting.name);
    const source = own === undefined ? 'default' : 'client-metrics';
    const value = own ?? setting.default;
    const synonyms =
      options.synonyms && own !== undefined ? [{ name: setting.name, value: own, source } as const] : [];
    return entry(setting, { value, source, readOnly: false, synonyms }, options);
  });
}

/** As in Kafka, of a group that does not exist too: it has what the broker has for all. */
function describeGroup(
  image: MetadataImage,
  name: string,
  options: DescribeOptions,
): readonly ConfigEntry[] | BrokerError {
  if (name === '') return new BrokerError('invalid-group-id', 'The settings of a group need its id.');
  const values = image.groupConfigs.get(name);
  return wanted(GROUP_SETTINGS, options.names).map((setting) => {
    const own = values?.get(setting.name);
    const { inherits } = setting;
    const inherited =
      inherits === null
        ? { text: setting.default, source: 'default' as const }
        : effectiveBrokerValue(brokerSetting(inherits), image.brokerValues);
    const found = own === undefined ? inherited : { text: own, source: 'group' as const };
    const synonyms: ConfigSynonym[] = [];
    if (options.synonyms) {
      if (own !== undefined) synonyms.push({ name: setting.name, value: own, source: 'group' });
      if (inherits !== null) synonyms.push(...brokerSynonyms([inherits], image.brokerValues));
      else synonyms.push({ name: setting.name, value: setting.default, source: 'default' });
    }
    return entry(setting, { value: found.text, source: found.source, readOnly: false, synonyms }, options);
  });
}

/** Entries for a topic with these overrides, which need not exist (CreateTopics with validateOnly). */
export function describeTopicConfigs(
  overrides: TopicOverrides,
  broker: BrokerValues,
  options: DescribeOptions,
): readonly ConfigEntry[] {
  return wanted(TOPIC_SETTINGS, options.names).map((setting) =>
    topicEntry(setting, overrides, broker, options),
  );
}

/** The documentation of a setting: what it does, what it takes, and whether it has an effect. */
export function documentation(setting: Setting): string {
  if (setting.status === 'default-only') return `${setting.doc} Only the default is taken: ${setting.note}`;
  const range = setting.type === 'boolean' ? '' : ` It takes ${describeRange(setting)}.`;
  return setting.status === 'no-meaning'
    ? `${setting.doc}${range} ${setting.note}`
    : `${setting.doc}${range}`;
}

function wanted<S extends Setting>(table: ReadonlyMap<string, S>, names: readonly string[] | null): S[] {
  if (names === null || names.length === 0) return [...table.values()];
  return [...new Set(names)].sort().flatMap((name) => table.get(name) ?? []);
}

/** The table, and the settings of single listeners that have values. */
function brokerSettings({ layers }: BrokerValues): ReadonlyMap<string, BrokerSetting> {
  const settings = new Map(BROKER_SETTINGS);
  for (const { values } of layers) {
    for (const name of values.keys()) {
      const setting = settings.has(name) ? undefined : findBrokerSetting(name);
      if (setting !== undefined) settings.set(name, setting);
    }
  }
  if (settings.size === BROKER_SETTINGS.size) return BROKER_SETTINGS;
  return new Map([...settings].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function topicEntry(
  setting: TopicSetting,
  overrides: TopicOverrides,
  broker: BrokerValues,
  options: DescribeOptions,
): ConfigEntry {
  const { text, source } = effectiveValue(setting, overrides, broker);
  const synonyms: ConfigSynonym[] = [];
  if (options.synonyms) {
    const own = overrides.get(setting.name);
    if (own !== undefined) synonyms.push({ name: setting.name, value: own, source: 'topic' });
    synonyms.push(...brokerSynonyms(namesBehind(setting), broker));
  }
  return entry(setting, { value: text, source, readOnly: false, synonyms }, options);
}

function brokerEntry(setting: BrokerSetting, broker: BrokerValues, options: DescribeOptions): ConfigEntry {
  const { text, source } = effectiveBrokerValue(setting, broker);
  const synonyms = options.synonyms ? brokerSynonyms(synonymsOf(setting.name), broker) : [];
  return entry(setting, { value: text, source, readOnly: !setting.dynamic, synonyms }, options);
}

/** The dynamic default of all brokers: only what is set. */
function describeDefaults(values: ConfigValues, options: DescribeOptions): ConfigEntry[] {
  const source = 'dynamic-default';
  return wanted(brokerSettings({ layers: [{ source, values }] }), options.names).flatMap((setting) => {
    const value = values.get(setting.name);
    if (value === undefined) return [];
    const synonyms = options.synonyms ? [{ name: setting.name, value, source } as const] : [];
    return [entry(setting, { value, source, readOnly: !setting.dynamic, synonyms }, options)];
  });
}

function entry(
  setting: Setting,
  found: Pick<ConfigEntry, 'value' | 'source' | 'readOnly' | 'synonyms'>,
  options: DescribeOptions,
): ConfigEntry {
  const sensitive = setting.type === 'password';
  return {
    name: setting.name,
    value: sensitive ? null : found.value,
    source: found.source,
    type: setting.type,
    readOnly: found.readOnly,
    sensitive,
    synonyms: sensitive ? found.synonyms.map((synonym) => ({ ...synonym, value: null })) : found.synonyms,
    documentation: options.documentation ? documentation(setting) : null,
  };
}

function namesBehind(setting: TopicSetting): readonly string[] {
  return setting.inherits.map(({ name }) => name);
}

/** Names of a broker setting that say the same, strongest first, from this one on. */
function synonymsOf(name: string): readonly string[] {
  for (const topic of TOPIC_SETTINGS.values()) {
    const names = namesBehind(topic);
    const at = names.indexOf(name);
    if (at >= 0) return names.slice(at);
  }
  return [name];
}

function brokerSynonyms(names: readonly string[], broker: BrokerValues): ConfigSynonym[] {
  const synonyms: ConfigSynonym[] = [];
  for (const { source, values } of broker.layers) {
    for (const name of names) {
      const value = values.get(name);
      if (value !== undefined) synonyms.push({ name, value, source });
    }
  }
  for (const name of names) {
    const value = BROKER_SETTINGS.get(name)?.default ?? null;
    if (value !== null) synonyms.push({ name, value, source: 'default' });
  }
  return synonyms;
}
