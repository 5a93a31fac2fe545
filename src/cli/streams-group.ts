// StreamsGroupDescribe (KIP-1071), key 89, version 0, which the library doesn't have: asked and read with our own codec.

import { createAPI } from '@platformatic/kafka';
import {
  readStreamsGroupDescribeResponse,
  type StreamsGroupDescribeResponseDescribedGroup,
  type StreamsGroupDescribeResponseSubtopology,
  type StreamsGroupDescribeResponseTaskIds,
} from '../protocol/kafka/codec/generated/streams-group-describe.ts';
import { bodyOf, describeRequest, type GroupInfo } from './client-apis.ts';

const VERSION = 0;

interface StreamsGroupAnswer {
  readonly errorCode: number;
  readonly message: string | null;
  readonly info: GroupInfo;
}

export const streamsGroupDescribe = createAPI<[group: string], StreamsGroupAnswer>(
  89,
  VERSION,
  describeRequest,
  (_correlation, _key, _version, reader) => {
    const [found] = readStreamsGroupDescribeResponse(bodyOf(reader), VERSION).groups;
    if (found === undefined) throw new Error('the broker answered without the group');
    return { errorCode: found.errorCode, message: found.errorMessage, info: streamsGroupInfo(found) };
  },
);

/** What a member has is shown as tasks, and as the partitions that its active tasks read. */
export function streamsGroupInfo(group: StreamsGroupDescribeResponseDescribedGroup): GroupInfo {
  const subtopologies = new Map(
    (group.topology?.subtopologies ?? []).map((subtopology) => [subtopology.subtopologyId, subtopology]),
  );
  return {
    group: group.groupId,
    state: group.groupState,
    type: 'streams',
    protocolType: 'streams',
    protocol: '',
    members: group.members.map(({ memberId, instanceId, clientId, clientHost, processId, assignment }) => ({
      memberId,
      instanceId,
      clientId,
      host: clientHost.replace(/^\//, ''),
      assignment: readBy(assignment.activeTasks, subtopologies),
      process: processId,
      tasks: {
        active: taskNames(assignment.activeTasks),
        standby: taskNames(assignment.standbyTasks),
        warmup: taskNames(assignment.warmupTasks),
      },
    })),
  };
}

function readBy(
  tasks: readonly StreamsGroupDescribeResponseTaskIds[],
  subtopologies: ReadonlyMap<string, StreamsGroupDescribeResponseSubtopology>,
): { topic: string; partitions: number[] }[] {
  return tasks.flatMap(({ subtopologyId, partitions }) => {
    const { sourceTopics = [], repartitionSourceTopics = [] } = subtopologies.get(subtopologyId) ?? {};
    const topics = [...sourceTopics, ...repartitionSourceTopics.map(({ name }) => name)];
    return topics.map((topic) => ({ topic, partitions }));
  });
}

const taskNames = (tasks: readonly StreamsGroupDescribeResponseTaskIds[]): string[] =>
  tasks.flatMap(({ subtopologyId, partitions }) =>
    partitions.map((partition) => `${subtopologyId}_${partition}`),
  );
