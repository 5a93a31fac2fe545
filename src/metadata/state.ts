/**
 * The state of the metadata machine, changed by `apply` only.
 *
 * Small: a topic costs a few hundred bytes, whatever its count of partitions. Topics with equal overrides share one
 * ConfigSet and with it one TopicConfig; a change of the broker's values makes new configs for the sets, not the topics.
 */
import { assert } from '../base/assert.ts';
import type { Uuid } from '../base/uuid.ts';
import { type Acl, aclKey } from './acl.ts';
import { type BrokerValues, brokerValues, type ConfigValues } from './broker-values.ts';
import { type FinalizedFeatures, NO_FEATURES } from './features.ts';
import { type Quota, quotaEntityKey } from './quotas.ts';
import { ALL_BROKERS, type MetadataRecord, type TopicRecord } from './records.ts';
import { makeTopicConfig, type TopicConfig, type TopicOverrides } from './topic-config.ts';
import { collisionKey } from './topic-names.ts';
import { putCredential, type UserCredentials } from './users.ts';
import { originOf } from './views.ts';

/** Overrides that some topics have in common, and what they amount to. */
class ConfigSet {
  readonly key: string;
  readonly overrides: TopicOverrides;
  config: TopicConfig;
  topicCount = 0;

  constructor(key: string, overrides: TopicOverrides, config: TopicConfig) {
    this.key = key;
    this.overrides = overrides;
    this.config = config;
  }
}

/** A topic as it is now. The object stays the same for the topic's life; what it says follows the changes. */
export class Topic {
  readonly id: Uuid;
  readonly name: string;
  readonly createdMs: number;
  #partitionCount: number;
  #placement: readonly number[];
  #set: ConfigSet;

  constructor(record: TopicRecord, set: ConfigSet) {
    this.id = record.id;
    this.name = record.name;
    this.createdMs = record.createdMs;
    this.#partitionCount = record.partitionCount;
    this.#placement = record.placement;
    this.#set = set;
  }

  get partitionCount(): number {
    return this.#partitionCount;
  }

  /** Shards by number: partition p lives in placement[p mod length]. */
  get placement(): readonly number[] {
    return this.#placement;
  }

  /** The settings in effect. */
  get config(): TopicConfig {
    return this.#set.config;
  }

  /** What was set for this topic itself. */
  get overrides(): TopicOverrides {
    return this.#set.overrides;
  }

  get configSet(): ConfigSet {
    return this.#set;
  }

  update(record: TopicRecord, set: ConfigSet): void {
    assert(record.id === this.id && record.name === this.name, 'a topic keeps its id and name');
    this.#partitionCount = record.partitionCount;
    this.#placement = record.placement;
    this.#set = set;
  }
}

/** Where all partitions live as long as there is one shard: shared by all topics. */
const FIRST_SHARD: readonly number[] = [0];

export interface StateOptions {
  /** The broker whose values count for topics here. */
  readonly brokerId: number;
  /** Values from file, environment and flags: only what was given there. */
  readonly staticValues: ConfigValues;
}

export class MetadataState {
  readonly #options: StateOptions;
  readonly topicsByName = new Map<string, Topic>();
  readonly topicsById = new Map<Uuid, Topic>();
  /** Views by the name of their origin. */
  readonly #views = new Map<string, Set<Topic>>();
  /** Names by collisionKey. */
  readonly namesByKey = new Map<string, string>();
  /** Dynamic values by broker id, and under ALL_BROKERS those of all. */
  readonly dynamicValues = new Map<number, ConfigValues>();
  /** Access rules by aclKey. */
  readonly acls = new Map<string, Acl>();
  /** Client quotas by quotaEntityKey. */
  readonly quotas = new Map<string, Quota>();
  /** Settings of each subscription of client metrics by its name. Another map after each change. */
  clientMetrics: ReadonlyMap<string, ConfigValues> = new Map();
  /** Settings of groups by their ids. Another map after each change. */
  groupConfigs: ReadonlyMap<string, ConfigValues> = new Map();
  clusterId: Uuid | null = null;
  features: FinalizedFeatures = NO_FEATURES;
  /** Users with SCRAM credentials, by name. */
  readonly users = new Map<string, UserCredentials>();
  /** Null before the first start has made it. */
  decoySecret: Buffer | null = null;
  /** Partitions of all topics. */
  partitionCount = 0;
  /** Records applied so far. */
  version = 0;
  /** Values of this broker's settings. */
  brokerValues: BrokerValues;
  readonly #sets = new Map<string, ConfigSet>();

  constructor(options: StateOptions) {
    this.#options = options;
    this.brokerValues = brokerValues({ static: options.staticValues });
  }

  get brokerId(): number {
    return this.#options.brokerId;
  }

  get staticValues(): ConfigValues {
    return this.#options.staticValues;
  }

  /** How many distinct sets of overrides topics have. */
  get configSetCount(): number {
    return this.#sets.size;
  }

  /** Views of a topic; none of a view. */
  viewsOf(name: string): Topic[] {
    return [...(this.#views.get(name) ?? [])];
  }

  apply(record: MetadataRecord): void {
    this.version++;
    switch (record.kind) {
      case 'cluster':
        this.clusterId = record.id;
        return;
      case 'topic':
        this.#putTopic(record);
        return;
      case 'topic-removed':
        this.#removeTopic(record.id);
        return;
      case 'broker-config':
        this.#putBrokerConfig(record.brokerId, record.values);
        return;
      case 'resource-config': {
        const isGroup = record.type === 'group';
        const changed = new Map(isGroup ? this.groupConfigs : this.clientMetrics);
        if (record.values.size === 0) changed.delete(record.name);
        else changed.set(record.name, record.values);
        if (isGroup) this.groupConfigs = changed;
        else this.clientMetrics = changed;
        return;
      }
      case 'features':
        this.features = record.features;
        return;
      case 'acl':
        this.acls.set(aclKey(record.acl), record.acl);
        return;
      case 'acl-removed':
        this.acls.delete(aclKey(record.acl));
        return;
      case 'quota':
        this.#putQuota(record);
        return;
      case 'scram':
        putCredential(this.users, record);
        return;
      case 'secret':
        this.decoySecret = record.secret;
    }
  }

  *records(): Iterable<MetadataRecord> {
    if (this.clusterId !== null) yield { kind: 'cluster', id: this.clusterId };
    if (this.features !== NO_FEATURES) yield { kind: 'features', features: this.features };
    if (this.decoySecret !== null) yield { kind: 'secret', secret: this.decoySecret };
    for (const [user, credentials] of this.users) {
      for (const [mechanism, credential] of credentials) yield { kind: 'scram', user, mechanism, credential };
    }
    for (const [brokerId, values] of this.dynamicValues) yield { kind: 'broker-config', brokerId, values };
    for (const quota of this.quotas.values()) yield { kind: 'quota', ...quota };
    for (const topic of this.topicsById.values()) yield topicRecord(topic, {});
    for (const [name, values] of this.groupConfigs) {
      yield { kind: 'resource-config', type: 'group', name, values };
    }
    for (const [name, values] of this.clientMetrics) {
      yield { kind: 'resource-config', type: 'client-metrics', name, values };
    }
    for (const acl of this.acls.values()) yield { kind: 'acl', acl };
  }

  #putQuota({ entity, values }: Quota): void {
    const key = quotaEntityKey(entity);
    if (values.size === 0) this.quotas.delete(key);
    else this.quotas.set(key, { entity, values });
  }

  #putTopic(record: TopicRecord): void {
    const set = this.#enterSet(record.overrides);
    const onlyFirst = record.placement.length === 1 && record.placement[0] === 0;
    const compact = onlyFirst ? { ...record, placement: FIRST_SHARD } : record;
    const known = this.topicsById.get(record.id);
    if (known !== undefined) {
      this.#leaveSet(known.configSet);
      this.partitionCount += record.partitionCount - known.partitionCount;
      known.update(compact, set);
      return;
    }
    assert(!this.topicsByName.has(record.name), `there is one topic named ${record.name}`);
    const topic = new Topic(compact, set);
    this.partitionCount += record.partitionCount;
    this.topicsById.set(record.id, topic);
    this.topicsByName.set(record.name, topic);
    this.namesByKey.set(collisionKey(record.name), record.name);
    this.#noteView(topic);
  }

  #removeTopic(id: Uuid): void {
    const topic = this.topicsById.get(id);
    if (topic === undefined) return;
    this.partitionCount -= topic.partitionCount;
    this.topicsById.delete(id);
    this.topicsByName.delete(topic.name);
    this.namesByKey.delete(collisionKey(topic.name));
    this.#forgetView(topic);
    this.#leaveSet(topic.configSet);
  }

  /** A topic is a view from the beginning or never. */
  #noteView(topic: Topic): void {
    const origin = originOf(topic.overrides);
    if (origin === '') return;
    const views = this.#views.get(origin);
    if (views === undefined) this.#views.set(origin, new Set([topic]));
    else views.add(topic);
  }

  #forgetView(topic: Topic): void {
    const origin = originOf(topic.overrides);
    const views = this.#views.get(origin);
    if (views?.delete(topic) && views.size === 0) this.#views.delete(origin);
  }

  #putBrokerConfig(brokerId: number, values: ConfigValues): void {
    if (values.size === 0) this.dynamicValues.delete(brokerId);
    else this.dynamicValues.set(brokerId, values);
    this.brokerValues = brokerValues({
      dynamicBroker: this.dynamicValues.get(this.brokerId),
      dynamicDefault: this.dynamicValues.get(ALL_BROKERS),
      static: this.staticValues,
    });
    for (const set of this.#sets.values()) set.config = makeTopicConfig(set.overrides, this.brokerValues);
  }

  /** The set of these overrides, counting one more topic. */
  #enterSet(overrides: TopicOverrides): ConfigSet {
    const key = setKey(overrides);
    let set = this.#sets.get(key);
    if (set === undefined) {
      set = new ConfigSet(key, overrides, makeTopicConfig(overrides, this.brokerValues));
      this.#sets.set(key, set);
    }
    set.topicCount++;
    return set;
  }

  #leaveSet(set: ConfigSet): void {
    set.topicCount--;
    if (set.topicCount === 0) this.#sets.delete(set.key);
  }
}

/** Equal for equal overrides in any order. Neither names nor values have a line feed within (see setting.ts). */
export function setKey(overrides: TopicOverrides): string {
  if (overrides.size === 0) return '';
  const lines = Array.from(overrides, ([name, value]) => `${name}=${value}`);
  return lines.length === 1 ? lines[0]! : lines.sort().join('\n');
}

/** The record of a topic with some changes. */
export function topicRecord(
  topic: Topic,
  changes: { readonly partitionCount?: number; readonly overrides?: TopicOverrides },
): TopicRecord {
  return {
    kind: 'topic',
    id: topic.id,
    name: topic.name,
    createdMs: topic.createdMs,
    partitionCount: changes.partitionCount ?? topic.partitionCount,
    placement: topic.placement,
    overrides: changes.overrides ?? topic.overrides,
  };
}
