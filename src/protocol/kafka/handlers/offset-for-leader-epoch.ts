/** OffsetForLeaderEpoch (key 23): where a leader epoch ends in a partition. KIP-101, KIP-320. */
import type { BrokerErrorCode } from '../../../base/errors.ts';
import type { Partition } from '../../../broker/topics.ts';
import type { Topic } from '../../../metadata/image.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochRequestPartition,
  type OffsetForLeaderEpochResponse,
  type OffsetForLeaderEpochResponsePartition,
  readOffsetForLeaderEpochRequest,
  writeOffsetForLeaderEpochResponse,
} from '../codec/generated/offset-for-leader-epoch.ts';
import { KAFKA_ERRORS } from '../errors.ts';
import { findPartition, findTopicByName, leaderEpochProblem } from './resolve.ts';

/** The largest known epoch not above the wanted one, and the offset at which the next begins. */
function endOfEpoch({ stream }: Partition, epoch: number): { leaderEpoch: number; endOffset: number } {
  const { epochs } = stream;
  for (let i = epochs.length - 1; i >= 0; i--) {
    if (epochs[i]!.epoch > epoch) continue;
    const next = epochs[i + 1];
    return { leaderEpoch: epochs[i]!.epoch, endOffset: next?.startOffset ?? stream.highWatermark };
  }
  return { leaderEpoch: -1, endOffset: -1 };
}

function answer(
  context: RequestContext,
  topic: Topic | BrokerErrorCode,
  wanted: OffsetForLeaderEpochRequestPartition,
): OffsetForLeaderEpochResponsePartition {
  const { broker } = context.kafka;
  const { partition: index, currentLeaderEpoch, leaderEpoch } = wanted;
  const partition = findPartition(broker, topic, index);
  const found =
    typeof partition === 'string'
      ? partition
      : (leaderEpochProblem(broker, currentLeaderEpoch) ?? endOfEpoch(partition, leaderEpoch));
  if (typeof found === 'string') {
    return { errorCode: KAFKA_ERRORS[found], partition: index, leaderEpoch: -1, endOffset: -1 };
  }
  return { errorCode: 0, partition: index, ...found };
}

function handle(
  context: RequestContext,
  request: OffsetForLeaderEpochRequest,
  respond: (response: OffsetForLeaderEpochResponse) => void,
): void {
  const topics = request.topics.map(({ topic, partitions }) => {
    const found = findTopicByName(context, 'describe', topic);
    return { topic, partitions: partitions.map((partition) => answer(context, found, partition)) };
  });
  respond({ throttleTimeMs: 0, topics });
}

export const offsetForLeaderEpoch = defineApi({
  key: API_KEY.OffsetForLeaderEpoch,
  authorization: ['describe topic'],
  read: readOffsetForLeaderEpochRequest,
  write: writeOffsetForLeaderEpochResponse,
  handle,
});
