/**
 * What the group coordinator is asked, and what it answers, in no protocol's form. Errors come as BrokerError in the
 * place of an answer, or inside of one where a request speaks of several things.
 */
import type { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import type { ConsumerPhase } from './consumer/model.ts';
import type { AnyPhase, GroupPhase } from './model.ts';
import type {
  DescribeSharesCommand,
  ShareHeartbeatAnswer,
  ShareHeartbeatCommand,
  SharesDescribedAnswer,
  VacantShareCommand,
} from './share/commands.ts';
import type {
  DescribeStreamsCommand,
  StreamsAssignmentDueCommand,
  StreamsDescribedAnswer,
  StreamsHeartbeatAnswer,
  StreamsHeartbeatCommand,
} from './streams/commands.ts';

/** The protocol of a group's members. */
export type GroupTypeName = 'classic' | 'consumer' | 'streams' | 'share';

/** One of the ways (assignors, for consumers) in which a member can be given work, best first in its list. */
export interface MemberProtocol {
  readonly name: string;
  /** Opaque but for consumers, whose topics are read from it. */
  readonly metadata: Buffer;
}

export interface JoinCommand {
  readonly kind: 'join';
  readonly groupId: string;
  /** Empty for a member that has none yet. */
  readonly memberId: string;
  /** Static membership (KIP-345); null for a dynamic member. */
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  /** JoinGroup version 0 has none: the session timeout. */
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  readonly protocols: readonly MemberProtocol[];
  /** KIP-394 (JoinGroup ≥ 4): a new dynamic member gets an id first, and must come again with it. */
  readonly memberIdRequired: boolean;
  /** KIP-814 (JoinGroup ≥ 9): the leader can be told that its assignment stands. */
  readonly skipAssignmentSupported: boolean;
  /** Random text, for the case that a member id must be made. */
  readonly newMemberIdSuffix: string;
}

export interface SyncCommand {
  readonly kind: 'sync';
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly generation: number;
  /** KIP-559 (SyncGroup ≥ 5); null: not given. */
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  /** From the leader only. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[];
}

export interface HeartbeatCommand {
  readonly kind: 'heartbeat';
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly generation: number;
}

export interface LeaveCommand {
  readonly kind: 'leave';
  readonly groupId: string;
  readonly members: readonly LeavingMember[];
}

export interface LeavingMember {
  /** Empty: the static member of `instanceId`, whatever its id is now. */
  readonly memberId: string;
  readonly instanceId: string | null;
}

export interface CommitOffsetsCommand {
  readonly kind: 'commit-offsets';
  readonly groupId: string;
  /** Empty, with a generation below 0, for a consumer that doesn't use membership, and for tools. */
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly generation: number;
  /** OffsetCommit 2–4: how long to keep the offsets; null: as the broker is set. */
  readonly retentionMs: number | null;
  /** Whose transaction the commit is a part of, checked before; −1: of none. */
  readonly producerId: number;
  readonly topics: readonly TopicCommit[];
}

/** A transaction that holds offsets of these groups ends: they are committed, or dropped. */
export interface TransactionEndedCommand {
  readonly kind: 'transaction-ended';
  readonly groupIds: readonly string[];
  readonly producerId: number;
  readonly commit: boolean;
}

export interface TopicCommit {
  readonly topic: string;
  /** The topic's id of today: offsets of a topic that was deleted don't count for one of the same name. */
  readonly topicId: Uuid;
  readonly partitions: readonly PartitionCommit[];
}

export interface PartitionCommit {
  readonly partition: number;
  readonly offset: number;
  /** −1: not known. */
  readonly leaderEpoch: number;
  readonly metadata: string;
}

export interface FetchOffsetsCommand {
  readonly kind: 'fetch-offsets';
  /** KIP-447: not while an open transaction may still change them. */
  readonly requireStable: boolean;
  readonly groups: readonly {
    readonly groupId: string;
    /** Of a member of the consumer protocol; null, or not given: anybody. */
    readonly memberId?: string | null;
    readonly memberEpoch?: number;
    /** Null: all that the group has. */
    readonly topics:
      | readonly {
          readonly topic: string;
          /** Null: whatever topic of that name was committed. */
          readonly topicId: Uuid | null;
          readonly partitions: readonly number[];
        }[]
      | null;
  }[];
}

export interface DeleteOffsetsCommand {
  readonly kind: 'delete-offsets';
  readonly groupId: string;
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
}

export interface DescribeCommand {
  readonly kind: 'describe';
  readonly groupIds: readonly string[];
}

export interface ListCommand {
  readonly kind: 'list';
  /** Names of phases in any case; empty: all. */
  readonly states: readonly string[];
  /** Names of types in any case; empty: all. */
  readonly types: readonly string[];
}

export interface DeleteGroupsCommand {
  readonly kind: 'delete-groups';
  readonly groupIds: readonly string[];
}

/** Topics were deleted: their offsets go. */
export interface TopicsDeletedCommand {
  readonly kind: 'topics-deleted';
  readonly topicIds: readonly Uuid[];
}

/** Topics were created, deleted or got more partitions: groups that consume them look again. */
export interface TopicsChangedCommand {
  readonly kind: 'topics-changed';
  readonly names: readonly string[];
}

/** A heartbeat of the consumer protocol (KIP-848), by which a member also joins, changes its wishes and leaves. */
export interface ConsumerHeartbeatCommand {
  readonly kind: 'consumer-heartbeat';
  readonly groupId: string;
  /** Empty only in version 0 of the protocol: the coordinator chooses. */
  readonly memberId: string;
  /** 0 joins, −1 leaves, −2 leaves as a static member that comes back. */
  readonly epoch: number;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** −1: as before. */
  readonly rebalanceTimeoutMs: number;
  /** Null: as before. */
  readonly topics: readonly string[] | null;
  /** Null: as before; empty: none. */
  readonly regex: string | null;
  /** Null: as before. */
  readonly serverAssignor: string | null;
  /** What the member has; null: as before. */
  readonly owned: readonly OwnedTopic[] | null;
  /** An id for a member that has none; empty: it needs its own. */
  readonly newMemberId: string;
  /** Whether the client may know of a topic: an expression stands for those only. */
  mayDescribe(topic: string): boolean;
}

export interface OwnedTopic {
  readonly topicId: Uuid;
  readonly partitions: readonly number[];
}

export interface DescribeConsumersCommand {
  readonly kind: 'describe-consumers';
  readonly groupIds: readonly string[];
}

/** What timers bring. */
export type TimerCommand =
  | StreamsAssignmentDueCommand
  | { readonly kind: 'session-due'; readonly groupId: string; readonly memberId: string }
  | {
      readonly kind: 'initial-join-due';
      readonly groupId: string;
      readonly delayMs: number;
      readonly remainingMs: number;
    }
  /** A classic member of a group of the consumer protocol had to join again by then. */
  | {
      readonly kind: 'rejoin-due';
      readonly groupId: string;
      readonly memberId: string;
      readonly atMs: number;
    }
  /** A member of the consumer protocol was told to give up partitions in that epoch. */
  | {
      readonly kind: 'revoke-due';
      readonly groupId: string;
      readonly memberId: string;
      readonly epoch: number;
    }
  | { readonly kind: 'join-due'; readonly groupId: string }
  | { readonly kind: 'sync-due'; readonly groupId: string; readonly generation: number }
  /** Looks for offsets and groups to forget, some groups at a time, from the one at `position` on. */
  | { readonly kind: 'expire-due'; readonly position: number };

export type GroupCommand =
  | StreamsHeartbeatCommand
  | DescribeStreamsCommand
  | ShareHeartbeatCommand
  | DescribeSharesCommand
  | VacantShareCommand
  | JoinCommand
  | SyncCommand
  | HeartbeatCommand
  | LeaveCommand
  | CommitOffsetsCommand
  | TransactionEndedCommand
  | FetchOffsetsCommand
  | DeleteOffsetsCommand
  | DescribeCommand
  | ListCommand
  | DeleteGroupsCommand
  | TopicsDeletedCommand
  | TopicsChangedCommand
  | ConsumerHeartbeatCommand
  | DescribeConsumersCommand
  | TimerCommand;

export interface JoinedAnswer {
  readonly kind: 'joined';
  readonly memberId: string;
  readonly generation: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leaderId: string;
  /** For the leader: everyone, with the metadata for the chosen protocol. Else empty. */
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly metadata: Buffer;
  }[];
  readonly skipAssignment: boolean;
}

export interface SyncedAnswer {
  readonly kind: 'synced';
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignment: Buffer;
}

export interface MemberDescription {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** Empty unless the group is stable. */
  readonly metadata: Buffer;
  readonly assignment: Buffer;
}

export interface GroupDescription {
  readonly groupId: string;
  readonly phase: GroupPhase;
  /** Empty for a group that only has offsets. */
  readonly protocolType: string;
  /** Empty unless the group is stable. */
  readonly protocolName: string;
  readonly members: readonly MemberDescription[];
}

export interface ConsumerHeartbeatAnswer {
  readonly kind: 'consumer-heartbeat';
  readonly memberId: string;
  readonly epoch: number;
  readonly heartbeatIntervalMs: number;
  /** All that the member may use; null: as it was told before. */
  readonly assignment: readonly OwnedTopic[] | null;
}

export interface ConsumerMemberDescription {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly epoch: number;
  readonly clientId: string;
  readonly clientHost: string;
  readonly topics: readonly string[];
  readonly regex: string | null;
  readonly assignment: readonly DescribedTopic[];
  readonly target: readonly DescribedTopic[];
  readonly type: 'classic' | 'consumer';
}

export interface DescribedTopic extends OwnedTopic {
  readonly topic: string;
}

export interface ConsumerGroupDescription {
  readonly groupId: string;
  readonly phase: ConsumerPhase;
  readonly epoch: number;
  readonly assignmentEpoch: number;
  readonly assignor: string;
  readonly members: readonly ConsumerMemberDescription[];
}

export interface FetchedOffset {
  readonly partition: number;
  /** −1: none. */
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
  /** An open transaction holds it, and a stable one was asked for. */
  readonly unstable: boolean;
}

export interface FetchedTopic {
  readonly topic: string;
  /** Null when nothing was committed, and none was asked for. */
  readonly topicId: Uuid | null;
  readonly partitions: readonly FetchedOffset[];
}

export type GroupAnswer =
  | StreamsHeartbeatAnswer
  | StreamsDescribedAnswer
  | ShareHeartbeatAnswer
  | SharesDescribedAnswer
  | JoinedAnswer
  /** Come again with this id (MEMBER_ID_REQUIRED). */
  | { readonly kind: 'member-id-required'; readonly memberId: string }
  | SyncedAnswer
  | { readonly kind: 'heartbeat' }
  | ConsumerHeartbeatAnswer
  | {
      readonly kind: 'consumers-described';
      readonly groups: readonly (
        | ConsumerGroupDescription
        | { readonly groupId: string; readonly error: BrokerError }
      )[];
    }
  | {
      readonly kind: 'left';
      /** As in the request, in its order. */
      readonly members: readonly (LeavingMember & { readonly error: BrokerError | null })[];
    }
  | {
      readonly kind: 'committed';
      /** What was refused, by its place in the request; all else was committed. */
      readonly refused: readonly {
        readonly topicIndex: number;
        readonly partitionIndex: number;
        readonly error: BrokerError;
      }[];
    }
  | {
      readonly kind: 'offsets';
      readonly groups: readonly {
        readonly groupId: string;
        readonly topics: readonly FetchedTopic[];
        /** Why nothing is told of this group. */
        readonly error?: BrokerError;
      }[];
    }
  | {
      readonly kind: 'offsets-deleted';
      /** Topics that the group is subscribed to: nothing of them was deleted. */
      readonly subscribedTopics: readonly { readonly topic: string; readonly error: BrokerError }[];
    }
  | {
      readonly kind: 'described';
      readonly groups: readonly (
        | GroupDescription
        | { readonly groupId: string; readonly error: BrokerError }
      )[];
    }
  | {
      readonly kind: 'listed';
      readonly groups: readonly {
        readonly groupId: string;
        readonly protocolType: string;
        readonly phase: AnyPhase;
        readonly type: GroupTypeName;
      }[];
    }
  | {
      readonly kind: 'groups-deleted';
      readonly results: readonly { readonly groupId: string; readonly error: BrokerError | null }[];
    }
  | { readonly kind: 'done' };
