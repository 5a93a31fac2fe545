// ShareGroupDescribe, DescribeShareGroupOffsets and AlterShareGroupOffsets (KIP-932), which the library doesn't have: asked with its
// writer and read with our own codec.

import { createAPI, Writer } from '@platformatic/kafka';
import { readAlterShareGroupOffsetsResponse } from '../protocol/kafka/codec/generated/alter-share-group-offsets.ts';
import {
  type DescribeShareGroupOffsetsResponseGroup,
  readDescribeShareGroupOffsetsResponse,
} from '../protocol/kafka/codec/generated/describe-share-group-offsets.ts';
import {
  readShareGroupDescribeResponse,
  type ShareGroupDescribeResponseGroup,
} from '../protocol/kafka/codec/generated/share-group-describe.ts';
import { bodyOf, describeRequest, type GroupInfo } from './client-apis.ts';

const DESCRIBE_VERSION = 1;
const OFFSETS_VERSION = 1;
const ALTER_VERSION = 0;

interface Refusal {
  readonly errorCode: number;
  readonly message: string | null;
}

/** Where a share group stands in a partition. */
export interface ShareOffset {
  readonly topic: string;
  readonly partition: number;
  /** All before it is done. */
  readonly offset: number;
  /** Records that aren't done; −1: not known. */
  readonly lag: number;
}

export const shareGroupDescribe = createAPI<[group: string], Refusal & { readonly info: GroupInfo }>(
  77,
  DESCRIBE_VERSION,
  describeRequest,
  (_correlation, _key, _version, reader) => {
    const [found] = readShareGroupDescribeResponse(bodyOf(reader), DESCRIBE_VERSION).groups;
    if (found === undefined) throw new Error('the broker answered without the group');
    return { errorCode: found.errorCode, message: found.errorMessage, info: shareGroupInfo(found) };
  },
);

export function shareGroupInfo(group: ShareGroupDescribeResponseGroup): GroupInfo {
  return {
    group: group.groupId,
    state: group.groupState,
    type: 'share',
    protocolType: 'share',
    protocol: group.assignorName,
    members: group.members.map(({ memberId, clientId, clientHost, assignment }) => ({
      memberId,
      instanceId: null,
      clientId,
      host: clientHost.replace(/^\//, ''),
      assignment: assignment.topicPartitions.map(({ topicName, partitions }) => ({
        topic: topicName,
        partitions,
      })),
    })),
  };
}

/** Of all partitions that the group has read. */
export const shareGroupOffsets = createAPI<
  [group: string],
  Refusal & { readonly offsets: readonly ShareOffset[] }
>(
  90,
  OFFSETS_VERSION,
  (group) =>
    Writer.create()
      .appendArray([group], (writer, id) => writer.appendString(id).appendUnsignedVarInt(0))
      .appendTaggedFields(),
  (_correlation, _key, _version, reader) => {
    const [found] = readDescribeShareGroupOffsetsResponse(bodyOf(reader), OFFSETS_VERSION).groups;
    if (found === undefined) throw new Error('the broker answered without the group');
    return { errorCode: found.errorCode, message: found.errorMessage, offsets: shareOffsets(found) };
  },
);

export function shareOffsets({ topics }: DescribeShareGroupOffsetsResponseGroup): ShareOffset[] {
  return topics.flatMap(({ topicName: topic, partitions }) =>
    partitions
      .filter(({ errorCode, startOffset }) => errorCode === 0 && startOffset >= 0)
      .map(({ partitionIndex: partition, startOffset: offset, lag }) => ({ topic, partition, offset, lag })),
  );
}

interface NewOffsets {
  readonly group: string;
  readonly offsets: readonly Pick<ShareOffset, 'topic' | 'partition' | 'offset'>[];
}

/** Answers the first thing that went wrong. */
export const alterShareGroupOffsets = createAPI<[request: NewOffsets], Refusal>(
  91,
  ALTER_VERSION,
  ({ group, offsets }: NewOffsets) => {
    const topics = [...new Set(offsets.map(({ topic }) => topic))];
    return Writer.create()
      .appendString(group)
      .appendArray(topics, (writer, topic) => {
        const ofTopic = offsets.filter((one) => one.topic === topic);
        writer.appendString(topic).appendArray(ofTopic, (inner, { partition, offset }) => {
          inner.appendInt32(partition).appendInt64(BigInt(offset));
        });
      })
      .appendTaggedFields();
  },
  (_correlation, _key, _version, reader) => {
    const answer = readAlterShareGroupOffsetsResponse(bodyOf(reader), ALTER_VERSION);
    const failed = [answer, ...answer.responses.flatMap(({ partitions }) => partitions)].find(
      ({ errorCode }) => errorCode !== 0,
    );
    return { errorCode: failed?.errorCode ?? 0, message: failed?.errorMessage ?? null };
  },
);
