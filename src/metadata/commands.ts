/**
 * What the metadata machine is asked, and what it answers; and what its image tells of settings (describe.ts). A command about several topics or resources gives each its
 * own result, in the order of the command; one that fails doesn't hold up the others.
 */
import type { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import type { Acl, AclFilter } from './acl.ts';
import type { ConfigSource } from './broker-values.ts';
import type { Quota, QuotaEntityPart, QuotaFilter } from './quotas.ts';
import type { SettingType } from './setting.ts';
import type { TopicOverrides } from './topic-config.ts';
import type { ScramCredential, ScramMechanism } from './users.ts';

export type { Acl, AclFilter } from './acl.ts';
export type { SaslMechanism } from './security-table.ts';
export type { ScramCredential, ScramMechanism, UserCredentials } from './users.ts';
export type { ConfigSource, Quota, QuotaFilter, SettingType, TopicOverrides };

/** Replicas of one partition, as broker ids. */
export type ReplicaAssignment = readonly number[];

export interface NewTopic {
  readonly name: string;
  /** -1: `num.partitions`, or as many as `assignments` has. */
  readonly partitionCount: number;
  /** -1: `default.replication.factor`. */
  readonly replicationFactor: number;
  /** Chosen replicas of partitions 0, 1, …; null or empty: the broker chooses. Its counts must then be -1. */
  readonly assignments: readonly PartitionAssignment[] | null;
  readonly configs: readonly (readonly [name: string, value: string | null])[];
}

export interface PartitionAssignment {
  readonly partition: number;
  readonly brokerIds: ReplicaAssignment;
}

export interface CreateTopics {
  readonly kind: 'create-topics';
  readonly topics: readonly NewTopic[];
  readonly validateOnly: boolean;
  /** At least 16 random bytes for each topic: a machine has no randomness of its own. */
  readonly randomBytes: Buffer;
}

export interface CreatedTopic {
  readonly name: string;
  /** The zero id where nothing was created (validateOnly). */
  readonly id: Uuid;
  readonly partitionCount: number;
  readonly replicationFactor: number;
  /** Canonical values that the topic has of its own. */
  readonly overrides: TopicOverrides;
}

/** By name, or by id where the name is null. */
export type TopicReference =
  | { readonly name: string; readonly id: null }
  | { readonly name: null; readonly id: Uuid };

export interface DeleteTopics {
  readonly kind: 'delete-topics';
  readonly topics: readonly TopicReference[];
}

export interface DeletedTopic {
  readonly name: string;
  readonly id: Uuid;
}

export interface MorePartitions {
  readonly name: string;
  /** How many there are to be in all; more than there are. */
  readonly partitionCount: number;
  /** Replicas of each new partition, in order; null: the broker chooses. */
  readonly assignments: readonly ReplicaAssignment[] | null;
}

export interface CreatePartitions {
  readonly kind: 'create-partitions';
  readonly topics: readonly MorePartitions[];
  readonly validateOnly: boolean;
}

export type ConfigResource =
  | { readonly kind: 'topic'; readonly name: string }
  /** A broker's id as text, or '' for the default of all brokers. */
  | { readonly kind: 'broker'; readonly name: string }
  /** A subscription of client metrics. */
  | { readonly kind: 'client-metrics'; readonly name: string }
  /** A group by its id, which need not exist. */
  | { readonly kind: 'group'; readonly name: string };

/** Values of `append` and `subtract` are elements of lists, separated by commas. */
export type ConfigOperation = 'set' | 'delete' | 'append' | 'subtract';

export interface ConfigChange {
  readonly name: string;
  readonly operation: ConfigOperation;
  /** Null only for `delete`. */
  readonly value: string | null;
}

export interface AlterResource {
  readonly resource: ConfigResource;
  /** `replace`: what isn't named goes back to its default (AlterConfigs); all changes are `set` then. */
  readonly mode: 'replace' | 'incremental';
  readonly changes: readonly ConfigChange[];
}

export interface AlterConfigs {
  readonly kind: 'alter-configs';
  readonly resources: readonly AlterResource[];
  readonly validateOnly: boolean;
}

export interface CreateAcls {
  readonly kind: 'create-acls';
  readonly acls: readonly Acl[];
}

/** Removes every rule that one of the filters picks. */
export interface DeleteAcls {
  readonly kind: 'delete-acls';
  readonly filters: readonly AclFilter[];
}

/** The limits of one user, client id, pair of both, or address. */
export interface AlterQuota {
  readonly entity: readonly QuotaEntityPart[];
  /** A null value removes the limit. */
  readonly changes: readonly { readonly key: string; readonly value: number | null }[];
}

export interface AlterQuotas {
  readonly kind: 'alter-quotas';
  readonly entries: readonly AlterQuota[];
  readonly validateOnly: boolean;
}

/** Gives the cluster its id, its secret and its first feature levels, each once; later ones change nothing. */
export interface Initialize {
  readonly kind: 'initialize';
  /** INITIAL_RANDOM_BYTES random bytes. */
  readonly randomBytes: Buffer;
}

/** Of the id and of the secret. */
export const INITIAL_RANDOM_BYTES = 48;

/** Gives users credentials and takes them away; a user may be named once. A mechanism that doesn't exist is null. */
export interface AlterUsers {
  readonly kind: 'alter-users';
  readonly deletions: readonly { readonly user: string; readonly mechanism: ScramMechanism | null }[];
  readonly upsertions: readonly {
    readonly user: string;
    readonly mechanism: ScramMechanism | null;
    readonly credential: ScramCredential;
  }[];
}

/** Kafka's upgrade types: whether the level may fall, and whether something may get lost by it. */
export type FeatureUpgradeType = 'upgrade' | 'safe-downgrade' | 'unsafe-downgrade';

export interface FeatureUpdate {
  readonly name: string;
  /** 0 turns the feature off. */
  readonly level: number;
  readonly upgradeType: FeatureUpgradeType;
}

/** Changes the levels of all of these features, or of none. */
export interface UpdateFeatures {
  readonly kind: 'update-features';
  readonly updates: readonly FeatureUpdate[];
  readonly validateOnly: boolean;
}

export type MetadataCommand =
  | Initialize
  | CreateTopics
  | DeleteTopics
  | CreatePartitions
  | AlterConfigs
  | UpdateFeatures
  | CreateAcls
  | DeleteAcls
  | AlterQuotas
  | AlterUsers;

/** Answers by the kind of the command. */
export interface MetadataAnswers {
  readonly initialize: { readonly clusterId: string };
  readonly 'create-topics': readonly (CreatedTopic | BrokerError)[];
  readonly 'delete-topics': readonly (DeletedTopic | BrokerError)[];
  /** The new count of partitions. */
  readonly 'create-partitions': readonly (number | BrokerError)[];
  /** Null: done. */
  readonly 'alter-configs': readonly (BrokerError | null)[];
  /** Null: done. */
  readonly 'update-features': { readonly error: BrokerError | null };
  /** Null: done. */
  readonly 'create-acls': readonly (BrokerError | null)[];
  /** For each filter the rules that it picked. */
  readonly 'delete-acls': readonly (readonly Acl[] | BrokerError)[];
  readonly 'alter-quotas': readonly (BrokerError | null)[];
  /** Each user once. Error null: done. */
  readonly 'alter-users': readonly { readonly user: string; readonly error: BrokerError | null }[];
}

export type MetadataAnswer = MetadataAnswers[keyof MetadataAnswers];
export type AnswerTo<Command extends MetadataCommand> = MetadataAnswers[Command['kind']];

export interface ConfigSynonym {
  readonly name: string;
  /** In the unit of `name`. */
  readonly value: string | null;
  readonly source: ConfigSource;
}

export interface ConfigEntry {
  readonly name: string;
  /** Null where nothing is set, or where it is secret. */
  readonly value: string | null;
  readonly source: ConfigSource;
  readonly type: SettingType;
  readonly readOnly: boolean;
  readonly sensitive: boolean;
  /** All values that are set, strongest first; empty unless asked for. */
  readonly synonyms: readonly ConfigSynonym[];
  /** Null unless asked for. */
  readonly documentation: string | null;
}

export interface DescribeOptions {
  /** Names that are wanted; unknown ones are left out. Null or empty: all. */
  readonly names: readonly string[] | null;
  readonly synonyms: boolean;
  readonly documentation: boolean;
}
