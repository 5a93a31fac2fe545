/**
 * ElectLeaders, AlterPartitionReassignments, ListPartitionReassignments, AlterReplicaLogDirs (keys 43, 45, 46, 34).
 * KIP-183, KIP-460, KIP-455, KIP-860, KIP-113. One broker with one directory leads all partitions: they are where they
 * could be asked to be, and can't be anywhere else.
 */
import type { Topic } from '../../../metadata/image.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsRequestPartition,
  type AlterPartitionReassignmentsResponse,
  readAlterPartitionReassignmentsRequest,
  writeAlterPartitionReassignmentsResponse,
} from '../codec/generated/alter-partition-reassignments.ts';
import {
  type AlterReplicaLogDirsRequest,
  type AlterReplicaLogDirsResponse,
  readAlterReplicaLogDirsRequest,
  writeAlterReplicaLogDirsResponse,
} from '../codec/generated/alter-replica-log-dirs.ts';
import {
  type ElectLeadersRequest,
  type ElectLeadersResponse,
  readElectLeadersRequest,
  writeElectLeadersResponse,
} from '../codec/generated/elect-leaders.ts';
import {
  type ListPartitionReassignmentsRequest,
  type ListPartitionReassignmentsResponse,
  readListPartitionReassignmentsRequest,
  writeListPartitionReassignmentsResponse,
} from '../codec/generated/list-partition-reassignments.ts';
import {
  ELECTION_NOT_NEEDED,
  KAFKA_ERRORS,
  LOG_DIR_NOT_FOUND,
  NO_REASSIGNMENT_IN_PROGRESS,
} from '../errors.ts';
import { isAllowedCluster } from './authorize.ts';
import { hasPartition } from './resolve.ts';

/** Election types: 0 preferred, 1 unclean. */
const ELECTION_TYPE_MAX = 1;

interface Outcome {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

const DONE: Outcome = { errorCode: 0, errorMessage: null };
const UNKNOWN_PARTITION: Outcome = {
  errorCode: KAFKA_ERRORS['unknown-topic'],
  errorMessage: 'there is no such partition',
};
const LEADER_ALREADY: Outcome = {
  errorCode: ELECTION_NOT_NEEDED,
  errorMessage: 'the only replica leads this partition already',
};
const DENIED: Outcome = {
  errorCode: KAFKA_ERRORS['cluster-authorization-failed'],
  errorMessage: 'access to the cluster is denied',
};
const NOTHING_TO_CANCEL: Outcome = {
  errorCode: NO_REASSIGNMENT_IN_PROGRESS,
  errorMessage: 'this partition is not being moved',
};

/** The topic by its name, looked up once for all its partitions; undefined where there is none. */
function topicOf(context: RequestContext, name: string): Topic | undefined {
  return context.kafka.broker.topics.byName(name);
}

function isThere(topic: Topic | undefined, index: number): boolean {
  return topic !== undefined && hasPartition(topic, index);
}

function elect(
  context: RequestContext,
  request: ElectLeadersRequest,
  respond: (response: ElectLeadersResponse) => void,
): void {
  const { electionType, topicPartitions } = request;
  if (!isAllowedCluster(context, 'alter')) {
    const results = (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, ...DENIED })),
    }));
    return respond({ throttleTimeMs: 0, errorCode: DENIED.errorCode, replicaElectionResults: results });
  }
  if (electionType < 0 || electionType > ELECTION_TYPE_MAX) {
    const errorCode = KAFKA_ERRORS['invalid-request'];
    // Version 0 has no error of its own, and only the preferred election.
    return respond({ throttleTimeMs: 0, errorCode, replicaElectionResults: [] });
  }
  // Asked of all partitions, Kafka lists those for which something was done.
  const results = (topicPartitions ?? []).map(({ topic: name, partitions }) => {
    const topic = topicOf(context, name);
    return {
      topic: name,
      partitionResult: partitions.map((partitionId) => ({
        partitionId,
        ...(isThere(topic, partitionId) ? LEADER_ALREADY : UNKNOWN_PARTITION),
      })),
    };
  });
  respond({ throttleTimeMs: 0, errorCode: 0, replicaElectionResults: results });
}

export const electLeaders = defineApi({
  key: API_KEY.ElectLeaders,
  authorization: ['alter cluster'],
  read: readElectLeadersRequest,
  write: writeElectLeadersResponse,
  handle: elect,
});

function reassign(
  context: RequestContext,
  topic: Topic | undefined,
  { partitionIndex, replicas }: AlterPartitionReassignmentsRequestPartition,
): Outcome {
  if (!isThere(topic, partitionIndex)) return UNKNOWN_PARTITION;
  if (replicas === null) return NOTHING_TO_CANCEL;
  const { nodeId } = context.kafka.broker.settings;
  if (replicas.length === 1 && replicas[0] === nodeId) return DONE;
  return {
    errorCode: KAFKA_ERRORS['invalid-replica-assignment'],
    errorMessage: `broker ${nodeId} is the only one: a partition has one replica, on it`,
  };
}

function alterReassignments(
  context: RequestContext,
  request: AlterPartitionReassignmentsRequest,
  respond: (response: AlterPartitionReassignmentsResponse) => void,
): void {
  const allowed = isAllowedCluster(context, 'alter');
  const responses = request.topics.map(({ name, partitions }) => {
    const topic = topicOf(context, name);
    return {
      name,
      partitions: partitions.map((wanted) => ({
        partitionIndex: wanted.partitionIndex,
        ...(allowed ? reassign(context, topic, wanted) : DENIED),
      })),
    };
  });
  const { allowReplicationFactorChange } = request;
  respond({ throttleTimeMs: 0, allowReplicationFactorChange, ...(allowed ? DONE : DENIED), responses });
}

export const alterPartitionReassignments = defineApi({
  key: API_KEY.AlterPartitionReassignments,
  authorization: ['alter cluster'],
  read: readAlterPartitionReassignmentsRequest,
  write: writeAlterPartitionReassignmentsResponse,
  handle: alterReassignments,
});

export const listPartitionReassignments = defineApi({
  key: API_KEY.ListPartitionReassignments,
  authorization: ['describe cluster'],
  read: readListPartitionReassignmentsRequest,
  write: writeListPartitionReassignmentsResponse,
  handle(
    context,
    _request: ListPartitionReassignmentsRequest,
    respond: (response: ListPartitionReassignmentsResponse) => void,
  ) {
    // As in Kafka, what isn't being moved is left out, whether it is there or not.
    const outcome = isAllowedCluster(context, 'describe') ? DONE : DENIED;
    respond({ throttleTimeMs: 0, ...outcome, topics: [] });
  },
});

function alterLogDirs(
  context: RequestContext,
  request: AlterReplicaLogDirsRequest,
  respond: (response: AlterReplicaLogDirsResponse) => void,
): void {
  const { dataDirectory } = context.kafka.broker.settings;
  const allowed = isAllowedCluster(context, 'alter');
  const results = new Map<string, { partitionIndex: number; errorCode: number }[]>();
  for (const { path, topics } of request.dirs) {
    for (const { name, partitions } of topics) {
      const topic = topicOf(context, name);
      const result = results.get(name) ?? [];
      results.set(name, result);
      for (const partitionIndex of partitions) {
        const moved = isThere(topic, partitionIndex) ? 0 : UNKNOWN_PARTITION.errorCode;
        const errorCode = path === dataDirectory ? moved : LOG_DIR_NOT_FOUND;
        result.push({ partitionIndex, errorCode: allowed ? errorCode : DENIED.errorCode });
      }
    }
  }
  respond({
    throttleTimeMs: 0,
    results: Array.from(results, ([topicName, partitions]) => ({ topicName, partitions })),
  });
}

export const alterReplicaLogDirs = defineApi({
  key: API_KEY.AlterReplicaLogDirs,
  authorization: ['alter cluster'],
  read: readAlterReplicaLogDirsRequest,
  write: writeAlterReplicaLogDirsResponse,
  handle: alterLogDirs,
});
