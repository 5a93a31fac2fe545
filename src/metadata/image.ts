/** The read side of metadata: what topics and settings there are now. */

import type { BrokerError } from '../base/errors.ts';
import { type Uuid, uuidToString } from '../base/uuid.ts';
import { type Acl, type AclFilter, picksAcl } from './acl.ts';
import { type BrokerSettings, makeBrokerSettings } from './broker-settings.ts';
import type { BrokerValues, ConfigValues } from './broker-values.ts';
import {
  type ClientAttribute,
  ClientMetricsSubscriptions,
  type ClientMetricsWish,
} from './client-metrics.ts';
import type {
  AlterResource,
  ConfigEntry,
  ConfigResource,
  DescribeOptions,
  TopicOverrides,
} from './commands.ts';
import { brokerValuesAfter } from './decide-configs.ts';
import { describeConfigs, describeTopicConfigs } from './describe.ts';
import { FEATURES, type FinalizedFeatures } from './features.ts';
import { findQuotas, type Quota, type QuotaFilter } from './quotas.ts';
import { type MetadataState, setKey, type Topic } from './state.ts';
import type { UserCredentials } from './users.ts';

export type { Topic } from './state.ts';

const NO_SECRET = Buffer.alloc(0);

/** What one command, or one batch of news, has changed. */
export interface MetadataDelta {
  readonly created: readonly Topic[];
  /** Topics that are gone. */
  readonly deleted: readonly Topic[];
  /** Topics with more partitions or other settings of their own. */
  readonly changed: readonly Topic[];
  readonly aclsAdded: readonly Acl[];
  readonly aclsRemoved: readonly Acl[];
  /** Whether dynamic settings of the broker changed, and with them perhaps every topic's config. */
  readonly brokerConfig: boolean;
  /** Whether client quotas changed. */
  readonly quotas: boolean;
}

/** Most distinct sets of overrides whose described settings are remembered; each takes some 10 KB. */
const DESCRIBED_MAX = 100;

export class MetadataImage {
  /** The state may be replaced by a restart's replay, so it is asked for each time. */
  readonly #state: () => MetadataState;
  #settings: { readonly values: BrokerValues; readonly settings: BrokerSettings } | null = null;
  #described: { readonly values: BrokerValues; readonly byKey: Map<string, readonly ConfigEntry[]> } | null =
    null;
  #subscriptions: {
    readonly values: ReadonlyMap<string, ConfigValues>;
    readonly parsed: ClientMetricsSubscriptions;
  } | null = null;
  #sorted: { readonly version: number; readonly names: readonly string[] } | null = null;

  constructor(state: () => MetadataState) {
    this.#state = state;
  }

  /** Rises with every change. */
  get version(): number {
    return this.#state().version;
  }

  /** 22 characters of base64url; '' before the first start has given it. */
  get clusterId(): string {
    const { clusterId } = this.#state();
    return clusterId === null ? '' : uuidToString(clusterId);
  }

  /** Feature levels: `features.level('transaction.version')`. Another object after each change. */
  get features(): FinalizedFeatures {
    return this.#state().features;
  }

  /** The levels that this broker can serve. */
  get supportedFeatures(): typeof FEATURES {
    return FEATURES;
  }

  /** The SCRAM credentials of a user; undefined where there are none. */
  userCredentials(user: string): UserCredentials | undefined {
    return this.#state().users.get(user);
  }

  /** Users with SCRAM credentials, in no order that means anything. */
  users(): Iterable<readonly [user: string, credentials: UserCredentials]> {
    return this.#state().users;
  }

  /** What made-up salts of unknown users are derived from, the same after each restart; empty before the first start. */
  get decoySecret(): Buffer {
    return this.#state().decoySecret ?? NO_SECRET;
  }

  topicByName(name: string): Topic | undefined {
    return this.#state().topicsByName.get(name);
  }

  topicById(id: Uuid): Topic | undefined {
    return this.#state().topicsById.get(id);
  }

  /** Partitions of all topics. */
  get partitionCount(): number {
    return this.#state().partitionCount;
  }

  get topicCount(): number {
    return this.#state().topicsById.size;
  }

  /** All topics, in no order that means anything. */
  topics(): Iterable<Topic> {
    return this.#state().topicsById.values();
  }

  /** Names of all topics in the order of their code points. */
  topicNames(): readonly string[] {
    const state = this.#state();
    if (this.#sorted?.version !== state.version) {
      this.#sorted = { version: state.version, names: [...state.topicsByName.keys()].sort() };
    }
    return this.#sorted.names;
  }

  /** The access rules that a filter picks. */
  findAcls(filter: AclFilter): Acl[] {
    const found: Acl[] = [];
    for (const acl of this.acls()) if (picksAcl(filter, acl)) found.push(acl);
    return found;
  }

  /** All access rules, in no order that means anything. */
  acls(): Iterable<Acl> {
    return this.#state().acls.values();
  }

  /** The values that this broker's settings have now, dynamic ones first. */
  get brokerValues(): BrokerValues {
    return this.#state().brokerValues;
  }

  /** This broker's settings as they are now, typed. The same object until a dynamic one changes. */
  get settings(): BrokerSettings {
    const values = this.brokerValues;
    if (this.#settings?.values !== values) this.#settings = { values, settings: makeBrokerSettings(values) };
    return this.#settings.settings;
  }

  /** This broker's settings as they would be after a change of them; null where it would be refused. */
  settingsAfter(altered: AlterResource): BrokerSettings | null {
    const values = brokerValuesAfter(this.#state(), altered);
    return values && makeBrokerSettings(values);
  }

  get brokerId(): number {
    return this.#state().brokerId;
  }

  /** Dynamic values of one broker, or of all brokers (ALL_BROKERS). */
  dynamicValues(brokerId: number): ConfigValues | undefined {
    return this.#state().dynamicValues.get(brokerId);
  }

  /** Settings of each subscription of client metrics (KIP-714) by its name. The same map until one changes. */
  /** Settings of groups by their ids: only what was set. The same map until something changes. */
  get groupConfigs(): ReadonlyMap<string, ConfigValues> {
    return this.#state().groupConfigs;
  }

  get clientMetrics(): ReadonlyMap<string, ConfigValues> {
    return this.#state().clientMetrics;
  }

  /** What the subscriptions ask of a client. */
  clientMetricsFor(client: Readonly<Record<ClientAttribute, string>>): ClientMetricsWish {
    const values = this.clientMetrics;
    if (this.#subscriptions?.values !== values) {
      this.#subscriptions = { values, parsed: new ClientMetricsSubscriptions(values) };
    }
    return this.#subscriptions.parsed.wishFor(client);
  }

  /** Ids under which dynamic values are kept, ALL_BROKERS among them. */
  dynamicBrokerIds(): Iterable<number> {
    return this.#state().dynamicValues.keys();
  }

  /** All client quotas, in no order that means anything. */
  quotas(): Iterable<Quota> {
    return this.#state().quotas.values();
  }

  /** Those that a filter of DescribeClientQuotas asks for, or what is wrong with it. */
  findQuotas(filters: readonly QuotaFilter[], strict: boolean): readonly Quota[] | BrokerError {
    return findQuotas(this.quotas(), filters, strict);
  }

  /** The settings of a topic or a broker, in the order of their names, or why they can't be told. */
  describeConfigs(resource: ConfigResource, options: DescribeOptions): readonly ConfigEntry[] | BrokerError {
    return describeConfigs(this, resource, options);
  }

  /**
   * The settings of a topic with these overrides, which need not exist. All settings together are the same array for equal
   * overrides, until a setting of the broker changes: a request may ask it of thousands of topics.
   */
  describeTopicConfigs(overrides: TopicOverrides, options: DescribeOptions): readonly ConfigEntry[] {
    const values = this.brokerValues;
    if (options.names !== null && options.names.length > 0) {
      return describeTopicConfigs(overrides, values, options);
    }
    if (this.#described?.values !== values) this.#described = { values, byKey: new Map() };
    const { byKey } = this.#described;
    const key = `${options.synonyms} ${options.documentation} ${setKey(overrides)}`;
    let entries = byKey.get(key);
    if (entries === undefined) {
      if (byKey.size >= DESCRIBED_MAX) byKey.clear();
      entries = describeTopicConfigs(overrides, values, options);
      byKey.set(key, entries);
    }
    return entries;
  }
}
