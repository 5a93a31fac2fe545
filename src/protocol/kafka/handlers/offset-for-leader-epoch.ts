/** OffsetForLeaderEpoch (key 23): where a leader epoch ends in a partition. KIP-101, KIP-320. */
import { BrokerError } from '../../../base/errors.ts';
import type { Partition } from '../../../broker/topics.ts';
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
import { checkLeaderEpoch, partitionByName } from './resolve.ts';

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
  topic: string,
  wanted: OffsetForLeaderEpochRequestPartition,
): OffsetForLeaderEpochResponsePartition {
  const { broker } = context.kafka;
  const { partition: index, currentLeaderEpoch, leaderEpoch } = wanted;
  const partition = partitionByName(broker, topic, index);
  const error = partition instanceof BrokerError ? partition : checkLeaderEpoch(broker, currentLeaderEpoch);
  if (partition instanceof BrokerError || error !== null) {
    return { errorCode: KAFKA_ERRORS[error!.code], partition: index, leaderEpoch: -1, endOffset: -1 };
  }
  return { errorCode: 0, partition: index, ...endOfEpoch(partition, leaderEpoch) };
}

function handle(
  context: RequestContext,
  request: OffsetForLeaderEpochRequest,
  respond: (response: OffsetForLeaderEpochResponse) => void,
): void {
  const topics = request.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((partition) => answer(context, topic, partition)),
  }));
  respond({ throttleTimeMs: 0, topics });
}

export const offsetForLeaderEpoch = defineApi({
  key: API_KEY.OffsetForLeaderEpoch,
  read: readOffsetForLeaderEpochRequest,
  write: writeOffsetForLeaderEpochResponse,
  handle,
});
