/** The requests that simulated clients make: codec functions of the client's side, tied together by API. */
import type { ByteReader } from '../../src/base/byte-reader.ts';
import type { ByteWriter } from '../../src/base/byte-writer.ts';
import { API_KEY, type ApiName, apiInfo } from '../../src/protocol/kafka/codec/api-keys.ts';
import {
  readAddOffsetsToTxnResponse,
  writeAddOffsetsToTxnRequest,
} from '../../src/protocol/kafka/codec/generated/add-offsets-to-txn.ts';
import {
  readAddPartitionsToTxnResponse,
  writeAddPartitionsToTxnRequest,
} from '../../src/protocol/kafka/codec/generated/add-partitions-to-txn.ts';
import {
  readApiVersionsResponse,
  writeApiVersionsRequest,
} from '../../src/protocol/kafka/codec/generated/api-versions.ts';
import {
  readConsumerGroupHeartbeatResponse,
  writeConsumerGroupHeartbeatRequest,
} from '../../src/protocol/kafka/codec/generated/consumer-group-heartbeat.ts';
import {
  readCreatePartitionsResponse,
  writeCreatePartitionsRequest,
} from '../../src/protocol/kafka/codec/generated/create-partitions.ts';
import {
  readCreateTopicsResponse,
  writeCreateTopicsRequest,
} from '../../src/protocol/kafka/codec/generated/create-topics.ts';
import {
  readDeleteRecordsResponse,
  writeDeleteRecordsRequest,
} from '../../src/protocol/kafka/codec/generated/delete-records.ts';
import {
  readDeleteTopicsResponse,
  writeDeleteTopicsRequest,
} from '../../src/protocol/kafka/codec/generated/delete-topics.ts';
import {
  readDescribeConfigsResponse,
  writeDescribeConfigsRequest,
} from '../../src/protocol/kafka/codec/generated/describe-configs.ts';
import { readEndTxnResponse, writeEndTxnRequest } from '../../src/protocol/kafka/codec/generated/end-txn.ts';
import { readFetchResponse, writeFetchRequest } from '../../src/protocol/kafka/codec/generated/fetch.ts';
import {
  readFindCoordinatorResponse,
  writeFindCoordinatorRequest,
} from '../../src/protocol/kafka/codec/generated/find-coordinator.ts';
import {
  readHeartbeatResponse,
  writeHeartbeatRequest,
} from '../../src/protocol/kafka/codec/generated/heartbeat.ts';
import {
  readIncrementalAlterConfigsResponse,
  writeIncrementalAlterConfigsRequest,
} from '../../src/protocol/kafka/codec/generated/incremental-alter-configs.ts';
import {
  readInitProducerIdResponse,
  writeInitProducerIdRequest,
} from '../../src/protocol/kafka/codec/generated/init-producer-id.ts';
import {
  readJoinGroupResponse,
  writeJoinGroupRequest,
} from '../../src/protocol/kafka/codec/generated/join-group.ts';
import {
  readLeaveGroupResponse,
  writeLeaveGroupRequest,
} from '../../src/protocol/kafka/codec/generated/leave-group.ts';
import {
  readListOffsetsResponse,
  writeListOffsetsRequest,
} from '../../src/protocol/kafka/codec/generated/list-offsets.ts';
import {
  readMetadataResponse,
  writeMetadataRequest,
} from '../../src/protocol/kafka/codec/generated/metadata.ts';
import {
  readOffsetCommitResponse,
  writeOffsetCommitRequest,
} from '../../src/protocol/kafka/codec/generated/offset-commit.ts';
import {
  readOffsetFetchResponse,
  writeOffsetFetchRequest,
} from '../../src/protocol/kafka/codec/generated/offset-fetch.ts';
import {
  readProduceResponse,
  writeProduceRequest,
} from '../../src/protocol/kafka/codec/generated/produce.ts';
import {
  readShareAcknowledgeResponse,
  writeShareAcknowledgeRequest,
} from '../../src/protocol/kafka/codec/generated/share-acknowledge.ts';
import {
  readShareFetchResponse,
  writeShareFetchRequest,
} from '../../src/protocol/kafka/codec/generated/share-fetch.ts';
import {
  readShareGroupHeartbeatResponse,
  writeShareGroupHeartbeatRequest,
} from '../../src/protocol/kafka/codec/generated/share-group-heartbeat.ts';
import {
  readSyncGroupResponse,
  writeSyncGroupRequest,
} from '../../src/protocol/kafka/codec/generated/sync-group.ts';
import {
  readTxnOffsetCommitResponse,
  writeTxnOffsetCommitRequest,
} from '../../src/protocol/kafka/codec/generated/txn-offset-commit.ts';

/** One request with its response, as a client sees them. */
export interface ApiCall<Request, Response> {
  readonly key: number;
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly write: (w: ByteWriter, request: Request, version: number) => void;
  readonly read: (r: ByteReader, version: number) => Response;
}

function call<Request, Response>(
  name: ApiName,
  write: (w: ByteWriter, request: Request, version: number) => void,
  read: (r: ByteReader, version: number) => Response,
): ApiCall<Request, Response> {
  const { key, minVersion, maxVersion } = apiInfo(API_KEY[name])!;
  return { key, name, minVersion, maxVersion, write, read };
}

export const API_VERSIONS = call('ApiVersions', writeApiVersionsRequest, readApiVersionsResponse);
export const METADATA = call('Metadata', writeMetadataRequest, readMetadataResponse);
/** From the version on that has v2 batches. */
export const PRODUCE = { ...call('Produce', writeProduceRequest, readProduceResponse), minVersion: 3 };
export const FETCH = call('Fetch', writeFetchRequest, readFetchResponse);
export const LIST_OFFSETS = call('ListOffsets', writeListOffsetsRequest, readListOffsetsResponse);
export const INIT_PRODUCER_ID = call(
  'InitProducerId',
  writeInitProducerIdRequest,
  readInitProducerIdResponse,
);
export const FIND_COORDINATOR = call(
  'FindCoordinator',
  writeFindCoordinatorRequest,
  readFindCoordinatorResponse,
);
export const JOIN_GROUP = call('JoinGroup', writeJoinGroupRequest, readJoinGroupResponse);
export const SYNC_GROUP = call('SyncGroup', writeSyncGroupRequest, readSyncGroupResponse);
export const HEARTBEAT = call('Heartbeat', writeHeartbeatRequest, readHeartbeatResponse);
export const LEAVE_GROUP = call('LeaveGroup', writeLeaveGroupRequest, readLeaveGroupResponse);
export const CONSUMER_GROUP_HEARTBEAT = call(
  'ConsumerGroupHeartbeat',
  writeConsumerGroupHeartbeatRequest,
  readConsumerGroupHeartbeatResponse,
);
export const SHARE_GROUP_HEARTBEAT = call(
  'ShareGroupHeartbeat',
  writeShareGroupHeartbeatRequest,
  readShareGroupHeartbeatResponse,
);
export const SHARE_FETCH = call('ShareFetch', writeShareFetchRequest, readShareFetchResponse);
export const SHARE_ACKNOWLEDGE = call(
  'ShareAcknowledge',
  writeShareAcknowledgeRequest,
  readShareAcknowledgeResponse,
);
export const OFFSET_COMMIT = call('OffsetCommit', writeOffsetCommitRequest, readOffsetCommitResponse);
export const OFFSET_FETCH = call('OffsetFetch', writeOffsetFetchRequest, readOffsetFetchResponse);
export const CREATE_TOPICS = call('CreateTopics', writeCreateTopicsRequest, readCreateTopicsResponse);
export const DELETE_TOPICS = call('DeleteTopics', writeDeleteTopicsRequest, readDeleteTopicsResponse);
export const CREATE_PARTITIONS = call(
  'CreatePartitions',
  writeCreatePartitionsRequest,
  readCreatePartitionsResponse,
);
export const DELETE_RECORDS = call('DeleteRecords', writeDeleteRecordsRequest, readDeleteRecordsResponse);
export const DESCRIBE_CONFIGS = call(
  'DescribeConfigs',
  writeDescribeConfigsRequest,
  readDescribeConfigsResponse,
);
export const INCREMENTAL_ALTER_CONFIGS = call(
  'IncrementalAlterConfigs',
  writeIncrementalAlterConfigsRequest,
  readIncrementalAlterConfigsResponse,
);
export const ADD_OFFSETS_TO_TXN = call(
  'AddOffsetsToTxn',
  writeAddOffsetsToTxnRequest,
  readAddOffsetsToTxnResponse,
);
export const ADD_PARTITIONS_TO_TXN = call(
  'AddPartitionsToTxn',
  writeAddPartitionsToTxnRequest,
  readAddPartitionsToTxnResponse,
);
export const END_TXN = call('EndTxn', writeEndTxnRequest, readEndTxnResponse);
export const TXN_OFFSET_COMMIT = call(
  'TxnOffsetCommit',
  writeTxnOffsetCommitRequest,
  readTxnOffsetCommitResponse,
);

/** Kafka's error codes that clients act on. */
export const ERROR = {
  none: 0,
  offsetOutOfRange: 1,
  corruptMessage: 2,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeaderOrFollower: 6,
  requestTimedOut: 7,
  messageTooLarge: 10,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  notEnoughReplicas: 19,
  notEnoughReplicasAfterAppend: 20,
  illegalGeneration: 22,
  unknownMemberId: 25,
  rebalanceInProgress: 27,
  topicAlreadyExists: 36,
  outOfOrderSequence: 45,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  invalidProducerIdMapping: 49,
  storageError: 56,
  unknownProducerId: 59,
  groupIdNotFound: 69,
  fetchSessionNotFound: 70,
  invalidFetchSessionEpoch: 71,
  fencedLeaderEpoch: 74,
  unknownLeaderEpoch: 75,
  memberIdRequired: 79,
  fencedInstanceId: 82,
  invalidRecord: 87,
  unstableOffsetCommit: 88,
  producerFenced: 90,
  unknownTopicId: 100,
  inconsistentTopicId: 103,
  fencedMemberEpoch: 110,
  unreleasedInstanceId: 111,
  staleMemberEpoch: 113,
  invalidRecordState: 121,
  shareSessionNotFound: 122,
  invalidShareSessionEpoch: 123,
} as const;
