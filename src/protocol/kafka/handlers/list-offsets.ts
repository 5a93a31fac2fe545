/** ListOffsets (key 2). KIP-79, KIP-734 (max timestamp), KIP-405 and KIP-1005 (tiers). */
import { BrokerError, type BrokerErrorCode } from '../../../base/errors.ts';
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
import { findPartition, findTopicByName, leaderEpochProblem } from './resolve.ts';

const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
const EARLIEST_PENDING_UPLOAD = -6;
const READ_COMMITTED = 1;

interface Found {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

const NOTHING: Found = { offset: -1, timestamp: -1, leaderEpoch: -1 };

/** Null: has to be looked up in the log. */
function known(
  partition: Partition,
  timestamp: number,
  { leaderEpoch, readCommitted }: { readonly leaderEpoch: number; readonly readCommitted: boolean },
): Found | null {
  const { stream, producers } = partition;
  switch (timestamp) {
    case LATEST:
      return {
        offset: readCommitted
          ? Math.max(stream.startOffset, producers.lastStableOffset(stream.highWatermark))
          : stream.highWatermark,
        timestamp: -1,
        leaderEpoch,
      };
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

async function lookUp(
  context: RequestContext,
  partition: Partition,
  { timestamp, readCommitted }: { readonly timestamp: number; readonly readCommitted: boolean },
): Promise<Found | BrokerErrorCode> {
  const { broker } = context.kafka;
  const { stream, producers } = partition;
  const stableOffset = producers.lastStableOffset(stream.highWatermark);
  try {
    const found =
      timestamp === MAX_TIMESTAMP
        ? await broker.log.maxTimestamp(stream)
        : await broker.log.offsetForTimestamp(stream, timestamp);
    // As in Kafka: what is not to be read yet is not there, and of what lies before it nothing is said in its place.
    return found !== null && (!readCommitted || found.offset < stableOffset) ? found : NOTHING;
  } catch (error) {
    if (error instanceof BrokerError) return error.code;
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
    let known = seen.get(name);
    if (known === undefined) seen.set(name, (known = new Set()));
    for (const { partitionIndex } of partitions) {
      if (known.size !== known.add(partitionIndex).size) continue;
      const again = twice.get(name);
      if (again === undefined) twice.set(name, new Set([partitionIndex]));
      else again.add(partitionIndex);
    }
  }
  return twice;
}

async function answer(context: RequestContext, request: ListOffsetsRequest): Promise<ListOffsetsResponse> {
  const { broker } = context.kafka;
  const response: ListOffsetsResponse = { throttleTimeMs: 0, topics: [] };
  const twice = repeated(request);
  const readCommitted = request.isolationLevel === READ_COMMITTED;
  for (const { name, partitions } of request.topics) {
    const answers: ListOffsetsResponsePartition[] = [];
    response.topics.push({ name, partitions: answers });
    const topic = findTopicByName(context, 'describe', name);
    const repeatedHere = twice.get(name);
    for (const { partitionIndex, timestamp, currentLeaderEpoch } of partitions) {
      const partition =
        repeatedHere?.has(partitionIndex) === true
          ? 'invalid-request'
          : findPartition(broker, topic, partitionIndex);
      const found =
        typeof partition === 'string'
          ? partition
          : (leaderEpochProblem(broker, currentLeaderEpoch) ??
            known(partition, timestamp, { leaderEpoch: broker.leaderEpoch, readCommitted }) ??
            (await lookUp(context, partition, { timestamp, readCommitted })));
      if (typeof found === 'string') {
        const errorCode = KAFKA_ERRORS[found];
        answers.push({ partitionIndex, errorCode, timestamp: -1, offset: -1, leaderEpoch: -1 });
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
  authorization: ['describe topic'],
  read: readListOffsetsRequest,
  write: writeListOffsetsResponse,
  handle: answer,
});
