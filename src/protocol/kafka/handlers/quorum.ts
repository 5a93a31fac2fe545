/**
 * DescribeQuorum, AddRaftVoter, RemoveRaftVoter, UnregisterBroker (keys 55, 80, 81, 64). KIP-595, KIP-836, KIP-853,
 * KIP-631. The quorum that keeps the metadata is this broker: its log is what __cluster_metadata is in Kafka, and nobody
 * can join or leave.
 */
import { ZERO_UUID } from '../../../base/uuid.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type AddRaftVoterRequest,
  type AddRaftVoterResponse,
  readAddRaftVoterRequest,
  writeAddRaftVoterResponse,
} from '../codec/generated/add-raft-voter.ts';
import {
  type DescribeQuorumRequest,
  type DescribeQuorumResponse,
  type DescribeQuorumResponsePartition,
  readDescribeQuorumRequest,
  writeDescribeQuorumResponse,
} from '../codec/generated/describe-quorum.ts';
import {
  type RemoveRaftVoterRequest,
  type RemoveRaftVoterResponse,
  readRemoveRaftVoterRequest,
  writeRemoveRaftVoterResponse,
} from '../codec/generated/remove-raft-voter.ts';
import {
  readUnregisterBrokerRequest,
  type UnregisterBrokerRequest,
  type UnregisterBrokerResponse,
  writeUnregisterBrokerResponse,
} from '../codec/generated/unregister-broker.ts';
import { BROKER_ID_NOT_REGISTERED, INCONSISTENT_CLUSTER_ID, KAFKA_ERRORS } from '../errors.ts';
import { denied, isAllowedCluster } from './authorize.ts';

const METADATA_TOPIC = '__cluster_metadata';

function metadataPartition(context: RequestContext): DescribeQuorumResponsePartition {
  const { broker } = context.kafka;
  const { endOffset, highWatermark } = broker.metadataPosition();
  const nowMs = broker.clock.nowMs();
  const voter = {
    replicaId: broker.settings.nodeId,
    // There is no directory that the quorum would have to tell apart from others.
    replicaDirectoryId: ZERO_UUID,
    logEndOffset: endOffset,
    lastFetchTimestamp: nowMs,
    lastCaughtUpTimestamp: nowMs,
  };
  return {
    partitionIndex: 0,
    errorCode: 0,
    errorMessage: null,
    leaderId: broker.settings.nodeId,
    leaderEpoch: broker.leaderEpoch,
    highWatermark,
    currentVoters: [voter],
    observers: [],
  };
}

function unknownPartition(partitionIndex: number): DescribeQuorumResponsePartition {
  return {
    partitionIndex,
    errorCode: KAFKA_ERRORS['unknown-topic'],
    errorMessage: `a quorum keeps partition 0 of ${METADATA_TOPIC} and no other`,
    leaderId: 0,
    leaderEpoch: 0,
    highWatermark: 0,
    currentVoters: [],
    observers: [],
  };
}

function describe(
  context: RequestContext,
  request: DescribeQuorumRequest,
  respond: (response: DescribeQuorumResponse) => void,
): void {
  if (!isAllowedCluster(context, 'describe')) {
    const { code, message: errorMessage } = denied('cluster');
    return respond({ errorCode: KAFKA_ERRORS[code], errorMessage, topics: [], nodes: [] });
  }
  const topics = request.topics.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(({ partitionIndex }) =>
      topicName === METADATA_TOPIC && partitionIndex === 0
        ? metadataPartition(context)
        : unknownPartition(partitionIndex),
    ),
  }));
  const { host, port } = context.advertised;
  const listeners = [{ name: context.listenerName, host, port }];
  const nodes = [{ nodeId: context.kafka.broker.settings.nodeId, listeners }];
  respond({ errorCode: 0, errorMessage: null, topics, nodes });
}

export const describeQuorum = defineApi({
  key: API_KEY.DescribeQuorum,
  authorization: ['describe cluster'],
  read: readDescribeQuorumRequest,
  write: writeDescribeQuorumResponse,
  handle: describe,
});

interface VoterAnswer {
  throttleTimeMs: number;
  errorCode: number;
  errorMessage: string | null;
}

/** What Kafka says where the feature kraft.version is 0, as it is here. */
function refuseVoter(
  context: RequestContext,
  { clusterId, voterId }: { readonly clusterId: string | null; readonly voterId: number },
): VoterAnswer {
  const refuse = (errorCode: number, errorMessage: string): VoterAnswer => ({
    throttleTimeMs: 0,
    errorCode,
    errorMessage,
  });
  if (!isAllowedCluster(context, 'alter')) {
    const { code, message } = denied('cluster');
    return refuse(KAFKA_ERRORS[code], message);
  }
  const own = context.kafka.broker.clusterId;
  if (clusterId !== null && clusterId !== own) {
    return refuse(INCONSISTENT_CLUSTER_ID, `this is cluster ${own}, not ${clusterId}`);
  }
  if (voterId < 0) return refuse(KAFKA_ERRORS['invalid-request'], `${voterId} can't be the id of a voter`);
  const { nodeId } = context.kafka.broker.settings;
  return refuse(
    KAFKA_ERRORS['unsupported-version'],
    `the voters can't be changed: the metadata is kept by broker ${nodeId} alone (kraft.version is 0)`,
  );
}

export const addRaftVoter = defineApi({
  key: API_KEY.AddRaftVoter,
  authorization: ['alter cluster'],
  read: readAddRaftVoterRequest,
  write: writeAddRaftVoterResponse,
  handle: (context, request: AddRaftVoterRequest, respond: (response: AddRaftVoterResponse) => void) =>
    respond(refuseVoter(context, request)),
});

export const removeRaftVoter = defineApi({
  key: API_KEY.RemoveRaftVoter,
  authorization: ['alter cluster'],
  read: readRemoveRaftVoterRequest,
  write: writeRemoveRaftVoterResponse,
  handle: (context, request: RemoveRaftVoterRequest, respond: (response: RemoveRaftVoterResponse) => void) =>
    respond(refuseVoter(context, request)),
});

function unregister(
  context: RequestContext,
  { brokerId }: UnregisterBrokerRequest,
  respond: (response: UnregisterBrokerResponse) => void,
): void {
  if (!isAllowedCluster(context, 'alter')) {
    const { code, message: errorMessage } = denied('cluster');
    return respond({ throttleTimeMs: 0, errorCode: KAFKA_ERRORS[code], errorMessage });
  }
  if (brokerId === context.kafka.broker.settings.nodeId) {
    const errorMessage = `broker ${brokerId} is the only one and answers this: stop it instead`;
    return respond({ throttleTimeMs: 0, errorCode: KAFKA_ERRORS['invalid-request'], errorMessage });
  }
  const errorMessage = `there is no broker ${brokerId}`;
  respond({ throttleTimeMs: 0, errorCode: BROKER_ID_NOT_REGISTERED, errorMessage });
}

export const unregisterBroker = defineApi({
  key: API_KEY.UnregisterBroker,
  authorization: ['alter cluster'],
  read: readUnregisterBrokerRequest,
  write: writeUnregisterBrokerResponse,
  handle: unregister,
});
