/** ListOffsets (key 2). KIP-79, KIP-734 (max timestamp), KIP-405 and KIP-1005 (tiers). */
import { BrokerError } from '../../../base/errors.ts';
import type { Partition } from '../../../broker/topics.ts';
import { defineAsyncApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type ListOffsetsRequest,
  type ListOffsetsResponse,
  type ListOffsetsResponsePartition,
  readListOffsetsRequest,
  writeListOffsetsResponse,
} from '../codec/generated/list-offsets.ts';
import { KAFKA_ERRORS } from '../errors.ts';
import { checkLeaderEpoch, partitionByName } from './resolve.ts';

const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
const EARLIEST_PENDING_UPLOAD = -6;

interface Found {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

const NOTHING: Found = { offset: -1, timestamp: -1, leaderEpoch: -1 };

/** Null: has to be looked up in the log. */
function known(partition: Partition, timestamp: number, leaderEpoch: number): Found | null {
  const { stream } = partition;
  switch (timestamp) {
    case LATEST:
      return { offset: stream.highWatermark, timestamp: -1, leaderEpoch };
    case EARLIEST:
    case EARLIEST_LOCAL:
      return { offset: stream.startOffset, timestamp: -1, leaderEpoch };
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      // Nothing is tiered: all data is local.
      return NOTHING;
    default:
      return null;
  }
}

async function find(
  context: RequestContext,
  partition: Partition,
  timestamp: number,
): Promise<Found | BrokerError> {
  const { broker } = context.kafka;
  const quick = known(partition, timestamp, broker.leaderEpoch);
  if (quick !== null) return quick;
  try {
    const found =
      timestamp === MAX_TIMESTAMP
        ? await broker.log.maxTimestamp(partition.stream)
        : await broker.log.offsetForTimestamp(partition.stream, timestamp);
    return found ?? NOTHING;
  } catch (error) {
    if (error instanceof BrokerError) return error;
    throw error;
  }
}

/**
 * Partitions that stand more than once, by topic: refused, as in Kafka. No text is made for each: a long name may stand
 * before many partitions.
 */
function repeated(request: ListOffsetsRequest): Map<string, Set<number>> {
  const seen = new Map<string, Set<number>>();
  const twice = new Map<string, Set<number>>();
  for (const { name, partitions } of request.topics) {
    const known = seen.get(name) ?? new Set();
    const again = twice.get(name) ?? new Set();
    for (const { partitionIndex } of partitions) {
      if (known.size === known.add(partitionIndex).size) again.add(partitionIndex);
    }
    seen.set(name, known);
    twice.set(name, again);
  }
  return twice;
}

async function answer(context: RequestContext, request: ListOffsetsRequest): Promise<ListOffsetsResponse> {
  const { broker } = context.kafka;
  const response: ListOffsetsResponse = { throttleTimeMs: 0, topics: [] };
  const twice = repeated(request);
  for (const { name, partitions } of request.topics) {
    const answers: ListOffsetsResponsePartition[] = [];
    response.topics.push({ name, partitions: answers });
    for (const { partitionIndex, timestamp, currentLeaderEpoch } of partitions) {
      const partition = partitionByName(broker, name, partitionIndex);
      const error = twice.get(name)!.has(partitionIndex)
        ? new BrokerError('invalid-request', 'a partition may stand once in a request')
        : partition instanceof BrokerError
          ? partition
          : checkLeaderEpoch(broker, currentLeaderEpoch);
      const found = error ?? (await find(context, partition as Partition, timestamp));
      if (found instanceof BrokerError) {
        answers.push({ ...NOTHING, partitionIndex, errorCode: KAFKA_ERRORS[found.code] });
      } else {
        const { offset } = found;
        // Version 4 is the first to carry it (KIP-320).
        const leaderEpoch = context.apiVersion >= 4 ? found.leaderEpoch : NOTHING.leaderEpoch;
        answers.push({ partitionIndex, errorCode: 0, timestamp: found.timestamp, offset, leaderEpoch });
      }
    }
  }
  return response;
}

export const listOffsets = defineAsyncApi({
  key: API_KEY.ListOffsets,
  read: readListOffsetsRequest,
  write: writeListOffsetsResponse,
  handle: answer,
});
