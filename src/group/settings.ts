/** Settings of the group coordinator, with Kafka's meaning and defaults; Kafka's names stand beside them. */

/** `group.consumer.migration.policy`: which conversions between classic groups and groups of the consumer protocol happen. */
export type MigrationPolicy = 'bidirectional' | 'upgrade' | 'downgrade' | 'disabled';

export interface GroupSettings {
  /** `group.min.session.timeout.ms` */
  readonly sessionTimeoutMinMs: number;
  /** `group.max.session.timeout.ms` */
  readonly sessionTimeoutMaxMs: number;
  /** `group.initial.rebalance.delay.ms`: how long an empty group waits for more members. */
  readonly initialRebalanceDelayMs: number;
  /** `group.max.size`: most members of a group. */
  readonly groupMembersMax: number;
  /** `offset.metadata.max.bytes`: longest metadata of a commit, in characters (as Kafka counts them). */
  readonly offsetMetadataMax: number;
  /** `offsets.retention.minutes`, in ms: how long offsets are kept of a group that is empty or of an unused topic. */
  readonly offsetsRetentionMs: number;
  /** `offsets.retention.check.interval.ms` */
  readonly offsetsRetentionCheckMs: number;
  /** `group.consumer.max.size`: most members of a group of the consumer protocol. */
  readonly consumerMembersMax: number;
  /** `group.consumer.assignors`: those that members may ask for; the first is for who doesn't. */
  readonly consumerAssignors: readonly string[];
  /** `group.consumer.migration.policy` */
  readonly consumerMigration: MigrationPolicy;
  /** `group.streams.max.size`: most members of a group of the Streams protocol. */
  readonly streamsMembersMax: number;
  /** `group.share.max.size`: most members of a share group. */
  readonly shareMembersMax: number;
  /** How long the join of a new member may wait; it has no session yet. Not a setting in Kafka. */
  readonly newMemberJoinTimeoutMs: number;
}

/**
 * Most ids of a group that are given out and not come back for (KIP-394). Not a setting in Kafka, where only time bounds
 * them: far more than a group has members that start at once, and little memory.
 */
export const PENDING_JOINS_MAX = 10_000;

export const GROUP_SETTINGS_DEFAULT: GroupSettings = {
  sessionTimeoutMinMs: 6000,
  sessionTimeoutMaxMs: 1_800_000,
  initialRebalanceDelayMs: 3000,
  groupMembersMax: 2_147_483_647,
  offsetMetadataMax: 4096,
  offsetsRetentionMs: 10_080 * 60_000,
  offsetsRetentionCheckMs: 600_000,
  consumerMembersMax: 2_147_483_647,
  consumerAssignors: ['uniform', 'range'],
  consumerMigration: 'bidirectional',
  streamsMembersMax: 2_147_483_647,
  shareMembersMax: 200,
  newMemberJoinTimeoutMs: 300_000,
};
