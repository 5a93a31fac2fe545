/** From a topology and the topics that there are to who is to have which task: the group's epoch, and the target assignment. */
import { BrokerError } from '../../base/errors.ts';
import { hashTopics } from '../consumer/assignment.ts';
import { assignTasks } from './assignor.ts';
import { type ConfiguredTopology, configureTopology } from './configure.ts';
import type { StreamsDraft } from './draft.ts';
import { NO_TASKS, sameTasks, type Tasks } from './tasks.ts';
import type { Topology } from './topology.ts';

/** What the topology comes to now; worked out anew only when a topic has changed since. */
export function configured(draft: StreamsDraft, topology: Topology): ConfiguredTopology | BrokerError {
  const { world, patterns } = draft.context;
  const { live } = draft;
  if (live.configured !== null && live.topicsVersion === world.topicsVersion) return live.configured;
  const found = configureTopology(topology, {
    partitionCount: (name) => world.topic(name)?.partitionCount,
    matching: (pattern) => patterns.match(pattern, world.topicNames()),
  });
  if (found instanceof BrokerError) return found;
  const topicsHash = hashTopics(draft.context, found.topics);
  draft.changeLive({ configured: found, topicsVersion: world.topicsVersion, topicsHash });
  return found;
}

/** Bumps the group's epoch when its topics, its settings or `memberChanged` ask for another assignment. */
export function refreshEpoch(
  draft: StreamsDraft,
  {
    topology,
    configured,
    memberChanged,
  }: { topology: Topology; configured: ConfiguredTopology; memberChanged: boolean },
): void {
  const { at, config } = draft;
  const { topicsHash } = draft.live;
  const validatedTopologyEpoch = configured.problem === null ? topology.epoch : -1;
  const { standbyReplicas } = config;
  if (
    memberChanged ||
    topicsHash !== at.topicsHash ||
    validatedTopologyEpoch !== at.validatedTopologyEpoch ||
    standbyReplicas !== at.standbyReplicas
  )
    draft.bumpEpoch({ topicsHash, validatedTopologyEpoch, standbyReplicas });
}

/** Why a target isn't computed now, though the group's epoch asks for one; null: it can be. */
export function delayOf(draft: StreamsDraft): string | null {
  if (draft.nowMs < draft.live.delayedUntilMs)
    return 'Assignment delayed due to the configured initial rebalance delay.';
  return draft.isAssignmentDue ? null : 'Assignment delayed due to the configured assignment interval.';
}

/** Computes the target assignment for the group's epoch; nobody gets anything while the topology doesn't work. */
export function updateTarget(draft: StreamsDraft, { subtopologies, problem }: ConfiguredTopology): void {
  const members = [...draft.members()].map(({ memberId, processId }) => ({
    memberId,
    processId,
    previous: draft.target(memberId),
  }));
  const assigned =
    problem !== null || subtopologies === null
      ? new Map<string, Tasks>()
      : assignTasks({ members, subtopologies, standbyReplicas: draft.at.standbyReplicas });
  const changed: { memberId: string; tasks: Tasks }[] = [];
  for (const { memberId, previous } of members) {
    const tasks = assigned.get(memberId) ?? NO_TASKS;
    if (!sameTasks(previous, tasks)) changed.push({ memberId, tasks });
  }
  draft.putTarget(changed);
}
