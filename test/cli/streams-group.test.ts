import { expect, test } from 'vitest';
import { streamsGroupInfo } from '../../src/cli/streams-group.ts';
import { defaultStreamsGroupDescribeResponseDescribedGroup } from '../../src/protocol/kafka/codec/generated/streams-group-describe.ts';

test('a member of a Streams group is shown with its tasks, and the partitions that its active ones read', () => {
  const subtopology = { repartitionSinkTopics: [], stateChangelogTopics: [] };
  const words = { name: 'words', partitions: 2, replicationFactor: 1, topicConfigs: [] };
  const info = streamsGroupInfo({
    ...defaultStreamsGroupDescribeResponseDescribedGroup(),
    groupId: 'g',
    groupState: 'Stable',
    topology: {
      epoch: 0,
      subtopologies: [
        { ...subtopology, subtopologyId: '0', sourceTopics: ['a', 'b'], repartitionSourceTopics: [] },
        { ...subtopology, subtopologyId: '1', sourceTopics: [], repartitionSourceTopics: [words] },
      ],
    },
    members: [
      {
        memberId: 'm',
        memberEpoch: 3,
        instanceId: null,
        rackId: null,
        clientId: 'c',
        clientHost: '/127.0.0.1',
        topologyEpoch: 0,
        processId: 'p',
        userEndpoint: null,
        clientTags: [],
        taskOffsets: [],
        taskEndOffsets: [],
        assignment: {
          activeTasks: [
            { subtopologyId: '0', partitions: [0, 1] },
            { subtopologyId: '1', partitions: [1] },
          ],
          standbyTasks: [{ subtopologyId: '1', partitions: [0] }],
          warmupTasks: [],
        },
        targetAssignment: { activeTasks: [], standbyTasks: [], warmupTasks: [] },
        isClassic: false,
      },
    ],
  });
  expect(info).toMatchObject({ group: 'g', state: 'Stable', type: 'streams' });
  expect(info.members).toEqual([
    {
      memberId: 'm',
      instanceId: null,
      clientId: 'c',
      host: '127.0.0.1',
      assignment: [
        { topic: 'a', partitions: [0, 1] },
        { topic: 'b', partitions: [0, 1] },
        { topic: 'words', partitions: [1] },
      ],
      process: 'p',
      tasks: { active: ['0_0', '0_1', '1_1'], standby: ['1_0'], warmup: [] },
    },
  ]);
});
