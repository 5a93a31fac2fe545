/** StreamsGroupDescribe: what a group of the Streams protocol is and does. */
import { BrokerError } from '../../base/errors.ts';
import { type GroupDecision, replyTo } from '../draft.ts';
import type { GroupsState } from '../model.ts';
import type { DescribeStreamsCommand, StreamsGroupDescription } from './commands.ts';
import type { ConfiguredTopic } from './configure.ts';
import { notOfStreams } from './leave.ts';
import { type StreamsGroup, streamsPhase } from './model.ts';
import { listsOf, NO_TASKS } from './tasks.ts';
import type { InternalTopic, Topology } from './topology.ts';

export function decideDescribeStreams(
  state: GroupsState,
  command: DescribeStreamsCommand,
  token: number,
): GroupDecision {
  const groups = command.groupIds.map((groupId) => {
    const live = state.groups.get(groupId)?.live;
    if (live === undefined)
      return { groupId, error: new BrokerError('group-not-found', `There is no group '${groupId}'.`) };
    return live.type === 'streams' ? describe(live) : { groupId, error: notOfStreams(groupId) };
  });
  return replyTo(token, { kind: 'streams-described', groups });
}

function describe(group: StreamsGroup): StreamsGroupDescription {
  return {
    groupId: group.groupId,
    phase: streamsPhase(group),
    epoch: group.at.epoch,
    assignmentEpoch: group.assignmentEpoch,
    topology: describedTopology(group),
    members: [...group.members.values()].map((member) => ({
      ...member,
      assigned: listsOf(member.assigned),
      target: listsOf(group.target.get(member.memberId) ?? NO_TASKS),
    })),
  };
}

/** With what was worked out of it, as far as it could be. */
function describedTopology({ topology, live }: StreamsGroup): Topology | null {
  const subtopologies = live.configured?.subtopologies ?? null;
  if (topology === null || subtopologies === null) return topology;
  const byId = new Map(subtopologies.map((subtopology) => [subtopology.id, subtopology]));
  const counted = (topics: readonly InternalTopic[], found: readonly ConfiguredTopic[]): InternalTopic[] =>
    topics.map((topic, i) => ({ ...topic, partitions: found[i]!.partitionCount }));
  return {
    epoch: topology.epoch,
    subtopologies: topology.subtopologies.map((subtopology) => {
      const found = byId.get(subtopology.id)!;
      const { repartitionSourceTopics, stateChangelogTopics } = subtopology;
      return {
        ...subtopology,
        sourceTopics: found.sourceTopics,
        repartitionSourceTopics: counted(repartitionSourceTopics, found.repartitionSourceTopics),
        stateChangelogTopics: counted(stateChangelogTopics, found.stateChangelogTopics),
      };
    }),
  };
}
