/** What is asked of groups of the Streams protocol, and what they answer (KIP-1071). */
import type { BrokerError } from '../../base/errors.ts';
import type { ConfiguredTopic, TopologyProblem } from './configure.ts';
import type { Endpoint, StreamsMetadata, StreamsPhase, TaskOffset } from './model.ts';
import type { TaskLists } from './tasks.ts';
import type { Topology } from './topology.ts';

export type { SubtopologyTasks } from './tasks.ts';
export type { ConfiguredTopic, Endpoint, StreamsMetadata, TaskLists, TaskOffset, Topology };

/** Member epochs of requests: joining, and leaving. */
export const JOINING_EPOCH = 0;
export const LEAVING_EPOCH = -1;

/** By heartbeats a member also joins, says what it has, and leaves. Null, or −1: as before. */
export interface StreamsHeartbeatCommand {
  readonly kind: 'streams-heartbeat';
  readonly groupId: string;
  readonly memberId: string;
  readonly epoch: number;
  /** Of the last that the member was told of endpoints. */
  readonly endpointEpoch: number;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  /** Only when joining, and always then. */
  readonly topology: Topology | null;
  /** What the member has. */
  readonly owned: TaskLists | null;
  readonly processId: string | null;
  readonly userEndpoint: Endpoint | null;
  readonly clientTags: StreamsMetadata['clientTags'] | null;
  readonly taskOffsets: readonly TaskOffset[] | null;
  readonly taskEndOffsets: readonly TaskOffset[] | null;
  /** The member wants the whole application to stop. */
  readonly shutdownApplication: boolean;
}

export interface DescribeStreamsCommand {
  readonly kind: 'describe-streams';
  readonly groupIds: readonly string[];
}

/** The time is over in which a new group waits for more members. */
export interface StreamsAssignmentDueCommand {
  readonly kind: 'streams-assignment-due';
  readonly groupId: string;
}

/** What a member is told beside its tasks. */
export interface StreamsStatus {
  readonly kind: TopologyProblem['kind'] | 'stale-topology' | 'shutdown-application' | 'assignment-delayed';
  readonly detail: string;
}

/** Which partitions can be asked for at an endpoint. */
export interface EndpointPartitions {
  readonly endpoint: Endpoint;
  readonly active: readonly TopicPartitions[];
  readonly standby: readonly TopicPartitions[];
}

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface StreamsHeartbeatAnswer {
  readonly kind: 'streams-heartbeat';
  readonly memberId: string;
  readonly epoch: number;
  readonly heartbeatIntervalMs: number;
  readonly statuses: readonly StreamsStatus[];
  /** All that the member is to do; null: as it was told before. */
  readonly tasks: TaskLists | null;
  readonly endpointEpoch: number;
  /** Null: as it was told before. */
  readonly endpoints: readonly EndpointPartitions[] | null;
  /** Topics that whoever asked must create, so that the group can work. */
  readonly missingTopics: readonly ConfiguredTopic[];
}

export interface StreamsMemberDescription extends StreamsMetadata {
  readonly epoch: number;
  readonly taskOffsets: readonly TaskOffset[];
  readonly taskEndOffsets: readonly TaskOffset[];
  readonly assigned: TaskLists;
  readonly target: TaskLists;
}

export interface StreamsGroupDescription {
  readonly groupId: string;
  readonly phase: StreamsPhase;
  readonly epoch: number;
  readonly assignmentEpoch: number;
  /** With the partition counts of internal topics as far as they are known. */
  readonly topology: Topology | null;
  readonly members: readonly StreamsMemberDescription[];
}

export interface StreamsDescribedAnswer {
  readonly kind: 'streams-described';
  readonly groups: readonly (
    | StreamsGroupDescription
    | { readonly groupId: string; readonly error: BrokerError }
  )[];
}
