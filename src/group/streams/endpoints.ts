/** Which partitions can be asked for where: what interactive queries need to know of the whole application. */
import type { EndpointPartitions, TopicPartitions } from './commands.ts';
import type { ConfiguredSubtopology } from './configure.ts';
import type { StreamsDraft } from './draft.ts';
import type { Endpoint } from './model.ts';
import { bySubtopology, type TaskCollection, type TaskId } from './tasks.ts';

/** Of all endpoints that members have. */
export function endpointPartitions(
  draft: StreamsDraft,
  subtopologies: readonly ConfiguredSubtopology[],
): EndpointPartitions[] {
  const byId = new Map(subtopologies.map((subtopology) => [subtopology.id, subtopology]));
  const partitionsOf = (tasks: TaskCollection): TopicPartitions[] =>
    bySubtopology(tasks).flatMap(({ subtopologyId, partitions }) => {
      const subtopology = byId.get(subtopologyId);
      if (subtopology === undefined) return [];
      const topics = [
        ...subtopology.sourceTopics,
        ...subtopology.repartitionSourceTopics.map(({ name }) => name),
      ];
      return topics.map((topic) => {
        // A topic with fewer partitions than tasks has no part in the last ones.
        const count = draft.context.world.topic(topic)?.partitionCount ?? 0;
        return { topic, partitions: partitions.filter((partition) => partition < count) };
      });
    });
  // The members of one process have the same endpoint, and a client keeps one entry of each.
  const held = new Map<string, { endpoint: Endpoint; active: Set<TaskId>; standby: Set<TaskId> }>();
  for (const { userEndpoint, assigned } of draft.members()) {
    if (userEndpoint === null) continue;
    const address = `${userEndpoint.host}:${userEndpoint.port}`;
    let tasks = held.get(address);
    if (tasks === undefined)
      held.set(address, (tasks = { endpoint: userEndpoint, active: new Set(), standby: new Set() }));
    for (const task of assigned.active.keys()) tasks.active.add(task);
    for (const task of assigned.standby.keys()) tasks.standby.add(task);
  }
  return [...held.values()].map(({ endpoint, active, standby }) => ({
    endpoint,
    active: partitionsOf(active),
    standby: partitionsOf(standby),
  }));
}
