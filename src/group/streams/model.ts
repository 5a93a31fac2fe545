/**
 * The state of a group of the Streams protocol (KIP-1071).
 *
 * As in a group of the consumer protocol, three epochs drive it: the group's, which rises with members, topology and topics;
 * that of the target assignment; and each member's. What is divided are tasks, which the group works out of its topology.
 *
 * All of it is logged but for what is marked otherwise. Members, assignments and the topology are replaced, not changed; the
 * maps are changed in place, by `apply` only.
 */
import { isReconciled } from '../progress.ts';
import type { ConfiguredTopology } from './configure.ts';
import type { MemberProgress, TaskOwners } from './reconcile.ts';
import type { TaskId, Tasks } from './tasks.ts';
import type { Topology } from './topology.ts';

/** Kafka's names of the states. A group that is not there is Dead. */
export type StreamsPhase = 'Empty' | 'NotReady' | 'Assigning' | 'Reconciling' | 'Stable';

/** Where an application answers interactive queries. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What a member says of itself. */
export interface StreamsMetadata {
  readonly memberId: string;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly topologyEpoch: number;
  /** Members of one process share the state on its disk. */
  readonly processId: string;
  readonly userEndpoint: Endpoint | null;
  /** Sorted by key, each key once. */
  readonly clientTags: readonly (readonly [key: string, value: string])[];
}

/** How far a member has restored the state of a task. */
export interface TaskOffset {
  readonly subtopologyId: string;
  readonly partition: number;
  readonly offset: number;
}

export interface StreamsMember extends StreamsMetadata, MemberProgress {
  /** Not logged: when its session ends unless it is heard of. Moved in place by heartbeats. */
  deadlineMs: number;
  /** Not logged: what the member said last. */
  taskOffsets: readonly TaskOffset[];
  taskEndOffsets: readonly TaskOffset[];
}

/** Logged together whenever the group's epoch rises. */
export interface StreamsEpoch {
  readonly epoch: number;
  /** Of the names, ids and sizes of the topics at that epoch. */
  readonly topicsHash: number;
  /** The epoch of the topology that was found to work; −1: it doesn't. */
  readonly validatedTopologyEpoch: number;
  readonly standbyReplicas: number;
}

export interface StreamsGroup {
  readonly type: 'streams';
  readonly groupId: string;
  at: StreamsEpoch;
  /** That of the first member; null before it. */
  topology: Topology | null;
  /** The group epoch of the target assignment. */
  assignmentEpoch: number;
  /** When the target was computed; −1: never. */
  assignmentMs: number;
  /** By member id, in the order of joining. */
  readonly members: Map<string, StreamsMember>;
  /** By member id; who has nothing to get is not in it. */
  readonly target: Map<string, Tasks>;
  /** Derived from the members. */
  readonly owners: TaskProcesses;
  /** Not logged. */
  live: StreamsLive;
}

/** What may be lost with the process; replaced as a whole. */
export interface StreamsLive {
  /** What the topology comes to with the topics of `topicsVersion`; null: to be worked out. */
  readonly configured: ConfiguredTopology | null;
  readonly topicsVersion: number;
  /** Of the names, ids and sizes of these topics. */
  readonly topicsHash: number;
  /** Until then no target is computed: more members may come. */
  readonly delayedUntilMs: number;
  /** Who wants the whole application to stop. */
  readonly shutdownMemberId: string | null;
  /** Rises when endpoints have other partitions. */
  readonly endpointEpoch: number;
}

const NOTHING_LIVE: StreamsLive = {
  configured: null,
  topicsVersion: -1,
  topicsHash: 0,
  delayedUntilMs: 0,
  shutdownMemberId: null,
  endpointEpoch: 0,
};

/** Epochs begin at 1: 0 is what joining members say. */
export function newStreamsGroup(groupId: string): StreamsGroup {
  return {
    type: 'streams',
    groupId,
    at: { epoch: 1, topicsHash: 0, validatedTopologyEpoch: -1, standbyReplicas: 0 },
    topology: null,
    assignmentEpoch: 1,
    assignmentMs: -1,
    members: new Map(),
    target: new Map(),
    owners: new TaskProcesses(),
    live: NOTHING_LIVE,
  };
}

/** Which processes have which tasks, assigned or not yet given back. */
export class TaskProcesses implements TaskOwners {
  readonly #active = new Map<TaskId, string>();
  readonly #copies = new Map<TaskId, Set<string>>();

  activeProcess(task: TaskId): string | undefined {
    return this.#active.get(task);
  }

  hasCopy(task: TaskId, processId: string): boolean {
    return this.#copies.get(task)?.has(processId) === true;
  }

  add(tasks: Tasks, processId: string): void {
    for (const task of tasks.active.keys()) this.#active.set(task, processId);
    for (const role of ['standby', 'warmup'] as const) {
      for (const task of tasks[role].keys()) {
        const processes = this.#copies.get(task);
        if (processes === undefined) this.#copies.set(task, new Set([processId]));
        else processes.add(processId);
      }
    }
  }

  remove(tasks: Tasks, processId: string): void {
    for (const task of tasks.active.keys())
      if (this.#active.get(task) === processId) this.#active.delete(task);
    for (const role of ['standby', 'warmup'] as const) {
      for (const task of tasks[role].keys()) {
        const processes = this.#copies.get(task);
        if (processes?.delete(processId) === true && processes.size === 0) this.#copies.delete(task);
      }
    }
  }
}

export function streamsPhase(group: StreamsGroup): StreamsPhase {
  if (group.members.size === 0) return 'Empty';
  if (group.topology === null || group.at.validatedTopologyEpoch !== group.topology.epoch) return 'NotReady';
  if (group.at.epoch > group.assignmentEpoch) return 'Assigning';
  for (const member of group.members.values())
    if (!isReconciled(member, group.assignmentEpoch)) return 'Reconciling';
  return 'Stable';
}

/** The id of the subtopology that reads the topic; null: none does. */
export function readerOf({ topology, live }: StreamsGroup, topic: string): string | null {
  const reader = (live.configured?.subtopologies ?? topology?.subtopologies ?? []).find(
    ({ sourceTopics, repartitionSourceTopics }) =>
      sourceTopics.includes(topic) || repartitionSourceTopics.some(({ name }) => name === topic),
  );
  return reader?.id ?? null;
}

/** Whether the group reads the topic, as long as it has members. */
export function streamsReads(group: StreamsGroup, topic: string): boolean {
  if (group.members.size === 0) return false;
  if (readerOf(group, topic) !== null) return true;
  // A pattern that wasn't resolved since the start may match anything.
  const { topology, live } = group;
  return (
    live.configured === null &&
    topology !== null &&
    topology.subtopologies.some(({ sourceTopicRegex }) => sourceTopicRegex.length > 0)
  );
}
