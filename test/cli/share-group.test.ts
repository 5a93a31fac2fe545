import { expect, test } from 'vitest';
import { shareGroupInfo, shareOffsets } from '../../src/cli/share-group.ts';
import {
  defaultDescribeShareGroupOffsetsResponseGroup,
  defaultDescribeShareGroupOffsetsResponsePartition,
} from '../../src/protocol/kafka/codec/generated/describe-share-group-offsets.ts';
import { defaultShareGroupDescribeResponseGroup } from '../../src/protocol/kafka/codec/generated/share-group-describe.ts';
import { topicIdOf } from '../group/support/stage.ts';

test('a member of a share group is shown with the partitions that it reads', () => {
  const info = shareGroupInfo({
    ...defaultShareGroupDescribeResponseGroup(),
    groupId: 'g',
    groupState: 'Stable',
    assignorName: 'simple',
    members: [
      {
        memberId: 'm',
        rackId: null,
        memberEpoch: 3,
        clientId: 'c',
        clientHost: '/127.0.0.1',
        subscribedTopicNames: ['t'],
        assignment: { topicPartitions: [{ topicId: topicIdOf('t'), topicName: 't', partitions: [0, 1] }] },
      },
    ],
  });
  expect(info).toMatchObject({ group: 'g', state: 'Stable', type: 'share', protocol: 'simple' });
  expect(info.members).toEqual([
    {
      memberId: 'm',
      instanceId: null,
      clientId: 'c',
      host: '127.0.0.1',
      assignment: [{ topic: 't', partitions: [0, 1] }],
    },
  ]);
});

test('partitions that a share group has not read, or that are gone, are not shown', () => {
  const partition = defaultDescribeShareGroupOffsetsResponsePartition();
  const partitions = [
    { ...partition, partitionIndex: 0, startOffset: 5, lag: 2 },
    { ...partition, partitionIndex: 1, startOffset: -1 },
    { ...partition, partitionIndex: 2, startOffset: 3, errorCode: 3 },
  ];
  const group = {
    ...defaultDescribeShareGroupOffsetsResponseGroup(),
    topics: [{ topicName: 't', topicId: topicIdOf('t'), partitions }],
  };
  expect(shareOffsets(group)).toEqual([{ topic: 't', partition: 0, offset: 5, lag: 2 }]);
});
