/** The client's side of every API that is served: how a request is written, how its answer is read. */
import type { ByteReader } from '../../src/base/byte-reader.ts';
import type { ByteWriter } from '../../src/base/byte-writer.ts';
import { API_KEY, type ApiName, apiInfo } from '../../src/protocol/kafka/codec/api-keys.ts';
import * as addOffsetsToTxn from '../../src/protocol/kafka/codec/generated/add-offsets-to-txn.ts';
import * as addPartitionsToTxn from '../../src/protocol/kafka/codec/generated/add-partitions-to-txn.ts';
import * as addRaftVoter from '../../src/protocol/kafka/codec/generated/add-raft-voter.ts';
import * as alterClientQuotas from '../../src/protocol/kafka/codec/generated/alter-client-quotas.ts';
import * as alterConfigs from '../../src/protocol/kafka/codec/generated/alter-configs.ts';
import * as alterPartitionReassignments from '../../src/protocol/kafka/codec/generated/alter-partition-reassignments.ts';
import * as alterReplicaLogDirs from '../../src/protocol/kafka/codec/generated/alter-replica-log-dirs.ts';
import * as alterShareGroupOffsets from '../../src/protocol/kafka/codec/generated/alter-share-group-offsets.ts';
import * as alterUsers from '../../src/protocol/kafka/codec/generated/alter-user-scram-credentials.ts';
import * as apiVersions from '../../src/protocol/kafka/codec/generated/api-versions.ts';
import * as consumerGroupDescribe from '../../src/protocol/kafka/codec/generated/consumer-group-describe.ts';
import * as consumerGroupHeartbeat from '../../src/protocol/kafka/codec/generated/consumer-group-heartbeat.ts';
import * as createAcls from '../../src/protocol/kafka/codec/generated/create-acls.ts';
import * as createPartitions from '../../src/protocol/kafka/codec/generated/create-partitions.ts';
import * as createTopics from '../../src/protocol/kafka/codec/generated/create-topics.ts';
import * as deleteAcls from '../../src/protocol/kafka/codec/generated/delete-acls.ts';
import * as deleteGroups from '../../src/protocol/kafka/codec/generated/delete-groups.ts';
import * as deleteRecords from '../../src/protocol/kafka/codec/generated/delete-records.ts';
import * as deleteShareGroupOffsets from '../../src/protocol/kafka/codec/generated/delete-share-group-offsets.ts';
import * as deleteTopics from '../../src/protocol/kafka/codec/generated/delete-topics.ts';
import * as describeAcls from '../../src/protocol/kafka/codec/generated/describe-acls.ts';
import * as describeClientQuotas from '../../src/protocol/kafka/codec/generated/describe-client-quotas.ts';
import * as describeCluster from '../../src/protocol/kafka/codec/generated/describe-cluster.ts';
import * as describeConfigs from '../../src/protocol/kafka/codec/generated/describe-configs.ts';
import * as describeGroups from '../../src/protocol/kafka/codec/generated/describe-groups.ts';
import * as describeLogDirs from '../../src/protocol/kafka/codec/generated/describe-log-dirs.ts';
import * as describeProducers from '../../src/protocol/kafka/codec/generated/describe-producers.ts';
import * as describeQuorum from '../../src/protocol/kafka/codec/generated/describe-quorum.ts';
import * as describeShareGroupOffsets from '../../src/protocol/kafka/codec/generated/describe-share-group-offsets.ts';
import * as describeTopicPartitions from '../../src/protocol/kafka/codec/generated/describe-topic-partitions.ts';
import * as describeTransactions from '../../src/protocol/kafka/codec/generated/describe-transactions.ts';
import * as describeUsers from '../../src/protocol/kafka/codec/generated/describe-user-scram-credentials.ts';
import * as electLeaders from '../../src/protocol/kafka/codec/generated/elect-leaders.ts';
import * as endTxn from '../../src/protocol/kafka/codec/generated/end-txn.ts';
import * as fetch from '../../src/protocol/kafka/codec/generated/fetch.ts';
import * as findCoordinator from '../../src/protocol/kafka/codec/generated/find-coordinator.ts';
import * as getTelemetrySubscriptions from '../../src/protocol/kafka/codec/generated/get-telemetry-subscriptions.ts';
import * as heartbeat from '../../src/protocol/kafka/codec/generated/heartbeat.ts';
import * as incrementalAlterConfigs from '../../src/protocol/kafka/codec/generated/incremental-alter-configs.ts';
import * as initProducerId from '../../src/protocol/kafka/codec/generated/init-producer-id.ts';
import * as joinGroup from '../../src/protocol/kafka/codec/generated/join-group.ts';
import * as leaveGroup from '../../src/protocol/kafka/codec/generated/leave-group.ts';
import * as listConfigResources from '../../src/protocol/kafka/codec/generated/list-config-resources.ts';
import * as listGroups from '../../src/protocol/kafka/codec/generated/list-groups.ts';
import * as listOffsets from '../../src/protocol/kafka/codec/generated/list-offsets.ts';
import * as listPartitionReassignments from '../../src/protocol/kafka/codec/generated/list-partition-reassignments.ts';
import * as listTransactions from '../../src/protocol/kafka/codec/generated/list-transactions.ts';
import * as metadata from '../../src/protocol/kafka/codec/generated/metadata.ts';
import * as offsetCommit from '../../src/protocol/kafka/codec/generated/offset-commit.ts';
import * as offsetDelete from '../../src/protocol/kafka/codec/generated/offset-delete.ts';
import * as offsetFetch from '../../src/protocol/kafka/codec/generated/offset-fetch.ts';
import * as offsetForLeaderEpoch from '../../src/protocol/kafka/codec/generated/offset-for-leader-epoch.ts';
import * as polylogAdmin from '../../src/protocol/kafka/codec/generated/polylog-admin.ts';
import * as produce from '../../src/protocol/kafka/codec/generated/produce.ts';
import * as pushTelemetry from '../../src/protocol/kafka/codec/generated/push-telemetry.ts';
import * as removeRaftVoter from '../../src/protocol/kafka/codec/generated/remove-raft-voter.ts';
import * as saslAuthenticate from '../../src/protocol/kafka/codec/generated/sasl-authenticate.ts';
import * as saslHandshake from '../../src/protocol/kafka/codec/generated/sasl-handshake.ts';
import * as shareAcknowledge from '../../src/protocol/kafka/codec/generated/share-acknowledge.ts';
import * as shareFetch from '../../src/protocol/kafka/codec/generated/share-fetch.ts';
import * as shareGroupDescribe from '../../src/protocol/kafka/codec/generated/share-group-describe.ts';
import * as shareGroupHeartbeat from '../../src/protocol/kafka/codec/generated/share-group-heartbeat.ts';
import * as streamsGroupDescribe from '../../src/protocol/kafka/codec/generated/streams-group-describe.ts';
import * as streamsGroupHeartbeat from '../../src/protocol/kafka/codec/generated/streams-group-heartbeat.ts';
import * as syncGroup from '../../src/protocol/kafka/codec/generated/sync-group.ts';
import * as txnOffsetCommit from '../../src/protocol/kafka/codec/generated/txn-offset-commit.ts';
import * as unregisterBroker from '../../src/protocol/kafka/codec/generated/unregister-broker.ts';
import * as updateFeatures from '../../src/protocol/kafka/codec/generated/update-features.ts';
import * as writeTxnMarkers from '../../src/protocol/kafka/codec/generated/write-txn-markers.ts';

export interface ClientApi<Request, Response> {
  readonly key: number;
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly defaults: () => Request;
  readonly write: (writer: ByteWriter, request: Request, version: number) => void;
  readonly read: (reader: ByteReader, version: number) => Response;
}

function api<Request, Response>(
  name: ApiName,
  defaults: () => Request,
  write: (writer: ByteWriter, request: Request, version: number) => void,
  read: (reader: ByteReader, version: number) => Response,
): ClientApi<Request, Response> {
  const { key, minVersion, maxVersion } = apiInfo(API_KEY[name])!;
  return { key, minVersion, maxVersion, defaults, write, read };
}

export const ALTER_CLIENT_QUOTAS = api(
  'AlterClientQuotas',
  alterClientQuotas.defaultAlterClientQuotasRequest,
  alterClientQuotas.writeAlterClientQuotasRequest,
  alterClientQuotas.readAlterClientQuotasResponse,
);
export const ALTER_CONFIGS = api(
  'AlterConfigs',
  alterConfigs.defaultAlterConfigsRequest,
  alterConfigs.writeAlterConfigsRequest,
  alterConfigs.readAlterConfigsResponse,
);
export const API_VERSIONS = api(
  'ApiVersions',
  apiVersions.defaultApiVersionsRequest,
  apiVersions.writeApiVersionsRequest,
  apiVersions.readApiVersionsResponse,
);
export const CONSUMER_GROUP_DESCRIBE = api(
  'ConsumerGroupDescribe',
  consumerGroupDescribe.defaultConsumerGroupDescribeRequest,
  consumerGroupDescribe.writeConsumerGroupDescribeRequest,
  consumerGroupDescribe.readConsumerGroupDescribeResponse,
);
export const CONSUMER_GROUP_HEARTBEAT = api(
  'ConsumerGroupHeartbeat',
  consumerGroupHeartbeat.defaultConsumerGroupHeartbeatRequest,
  consumerGroupHeartbeat.writeConsumerGroupHeartbeatRequest,
  consumerGroupHeartbeat.readConsumerGroupHeartbeatResponse,
);
export const CREATE_ACLS = api(
  'CreateAcls',
  createAcls.defaultCreateAclsRequest,
  createAcls.writeCreateAclsRequest,
  createAcls.readCreateAclsResponse,
);
export const CREATE_PARTITIONS = api(
  'CreatePartitions',
  createPartitions.defaultCreatePartitionsRequest,
  createPartitions.writeCreatePartitionsRequest,
  createPartitions.readCreatePartitionsResponse,
);
export const CREATE_TOPICS = api(
  'CreateTopics',
  createTopics.defaultCreateTopicsRequest,
  createTopics.writeCreateTopicsRequest,
  createTopics.readCreateTopicsResponse,
);
export const DELETE_ACLS = api(
  'DeleteAcls',
  deleteAcls.defaultDeleteAclsRequest,
  deleteAcls.writeDeleteAclsRequest,
  deleteAcls.readDeleteAclsResponse,
);
export const DELETE_GROUPS = api(
  'DeleteGroups',
  deleteGroups.defaultDeleteGroupsRequest,
  deleteGroups.writeDeleteGroupsRequest,
  deleteGroups.readDeleteGroupsResponse,
);
export const DELETE_RECORDS = api(
  'DeleteRecords',
  deleteRecords.defaultDeleteRecordsRequest,
  deleteRecords.writeDeleteRecordsRequest,
  deleteRecords.readDeleteRecordsResponse,
);
export const DELETE_TOPICS = api(
  'DeleteTopics',
  deleteTopics.defaultDeleteTopicsRequest,
  deleteTopics.writeDeleteTopicsRequest,
  deleteTopics.readDeleteTopicsResponse,
);
export const DESCRIBE_CLIENT_QUOTAS = api(
  'DescribeClientQuotas',
  describeClientQuotas.defaultDescribeClientQuotasRequest,
  describeClientQuotas.writeDescribeClientQuotasRequest,
  describeClientQuotas.readDescribeClientQuotasResponse,
);
export const DESCRIBE_ACLS = api(
  'DescribeAcls',
  describeAcls.defaultDescribeAclsRequest,
  describeAcls.writeDescribeAclsRequest,
  describeAcls.readDescribeAclsResponse,
);
export const DESCRIBE_CLUSTER = api(
  'DescribeCluster',
  describeCluster.defaultDescribeClusterRequest,
  describeCluster.writeDescribeClusterRequest,
  describeCluster.readDescribeClusterResponse,
);
export const DESCRIBE_CONFIGS = api(
  'DescribeConfigs',
  describeConfigs.defaultDescribeConfigsRequest,
  describeConfigs.writeDescribeConfigsRequest,
  describeConfigs.readDescribeConfigsResponse,
);
export const DESCRIBE_GROUPS = api(
  'DescribeGroups',
  describeGroups.defaultDescribeGroupsRequest,
  describeGroups.writeDescribeGroupsRequest,
  describeGroups.readDescribeGroupsResponse,
);
export const DESCRIBE_LOG_DIRS = api(
  'DescribeLogDirs',
  describeLogDirs.defaultDescribeLogDirsRequest,
  describeLogDirs.writeDescribeLogDirsRequest,
  describeLogDirs.readDescribeLogDirsResponse,
);
export const DESCRIBE_TOPIC_PARTITIONS = api(
  'DescribeTopicPartitions',
  describeTopicPartitions.defaultDescribeTopicPartitionsRequest,
  describeTopicPartitions.writeDescribeTopicPartitionsRequest,
  describeTopicPartitions.readDescribeTopicPartitionsResponse,
);
export const FETCH = api(
  'Fetch',
  fetch.defaultFetchRequest,
  fetch.writeFetchRequest,
  fetch.readFetchResponse,
);
export const FIND_COORDINATOR = api(
  'FindCoordinator',
  findCoordinator.defaultFindCoordinatorRequest,
  findCoordinator.writeFindCoordinatorRequest,
  findCoordinator.readFindCoordinatorResponse,
);
export const HEARTBEAT = api(
  'Heartbeat',
  heartbeat.defaultHeartbeatRequest,
  heartbeat.writeHeartbeatRequest,
  heartbeat.readHeartbeatResponse,
);
export const INCREMENTAL_ALTER_CONFIGS = api(
  'IncrementalAlterConfigs',
  incrementalAlterConfigs.defaultIncrementalAlterConfigsRequest,
  incrementalAlterConfigs.writeIncrementalAlterConfigsRequest,
  incrementalAlterConfigs.readIncrementalAlterConfigsResponse,
);
export const INIT_PRODUCER_ID = api(
  'InitProducerId',
  initProducerId.defaultInitProducerIdRequest,
  initProducerId.writeInitProducerIdRequest,
  initProducerId.readInitProducerIdResponse,
);
export const JOIN_GROUP = api(
  'JoinGroup',
  joinGroup.defaultJoinGroupRequest,
  joinGroup.writeJoinGroupRequest,
  joinGroup.readJoinGroupResponse,
);
export const LEAVE_GROUP = api(
  'LeaveGroup',
  leaveGroup.defaultLeaveGroupRequest,
  leaveGroup.writeLeaveGroupRequest,
  leaveGroup.readLeaveGroupResponse,
);
export const LIST_GROUPS = api(
  'ListGroups',
  listGroups.defaultListGroupsRequest,
  listGroups.writeListGroupsRequest,
  listGroups.readListGroupsResponse,
);
export const LIST_OFFSETS = api(
  'ListOffsets',
  listOffsets.defaultListOffsetsRequest,
  listOffsets.writeListOffsetsRequest,
  listOffsets.readListOffsetsResponse,
);
export const METADATA = api(
  'Metadata',
  metadata.defaultMetadataRequest,
  metadata.writeMetadataRequest,
  metadata.readMetadataResponse,
);
export const OFFSET_COMMIT = api(
  'OffsetCommit',
  offsetCommit.defaultOffsetCommitRequest,
  offsetCommit.writeOffsetCommitRequest,
  offsetCommit.readOffsetCommitResponse,
);
export const OFFSET_DELETE = api(
  'OffsetDelete',
  offsetDelete.defaultOffsetDeleteRequest,
  offsetDelete.writeOffsetDeleteRequest,
  offsetDelete.readOffsetDeleteResponse,
);
export const OFFSET_FETCH = api(
  'OffsetFetch',
  offsetFetch.defaultOffsetFetchRequest,
  offsetFetch.writeOffsetFetchRequest,
  offsetFetch.readOffsetFetchResponse,
);
export const OFFSET_FOR_LEADER_EPOCH = api(
  'OffsetForLeaderEpoch',
  offsetForLeaderEpoch.defaultOffsetForLeaderEpochRequest,
  offsetForLeaderEpoch.writeOffsetForLeaderEpochRequest,
  offsetForLeaderEpoch.readOffsetForLeaderEpochResponse,
);
export const POLYLOG_ADMIN = api(
  'PolylogAdmin',
  polylogAdmin.defaultPolylogAdminRequest,
  polylogAdmin.writePolylogAdminRequest,
  polylogAdmin.readPolylogAdminResponse,
);
export const PRODUCE = api(
  'Produce',
  produce.defaultProduceRequest,
  produce.writeProduceRequest,
  produce.readProduceResponse,
);
export const SASL_AUTHENTICATE = api(
  'SaslAuthenticate',
  saslAuthenticate.defaultSaslAuthenticateRequest,
  saslAuthenticate.writeSaslAuthenticateRequest,
  saslAuthenticate.readSaslAuthenticateResponse,
);
export const SASL_HANDSHAKE = api(
  'SaslHandshake',
  saslHandshake.defaultSaslHandshakeRequest,
  saslHandshake.writeSaslHandshakeRequest,
  saslHandshake.readSaslHandshakeResponse,
);
export const SYNC_GROUP = api(
  'SyncGroup',
  syncGroup.defaultSyncGroupRequest,
  syncGroup.writeSyncGroupRequest,
  syncGroup.readSyncGroupResponse,
);
export const DESCRIBE_USERS = api(
  'DescribeUserScramCredentials',
  describeUsers.defaultDescribeUserScramCredentialsRequest,
  describeUsers.writeDescribeUserScramCredentialsRequest,
  describeUsers.readDescribeUserScramCredentialsResponse,
);
export const ALTER_USERS = api(
  'AlterUserScramCredentials',
  alterUsers.defaultAlterUserScramCredentialsRequest,
  alterUsers.writeAlterUserScramCredentialsRequest,
  alterUsers.readAlterUserScramCredentialsResponse,
);
export const UPDATE_FEATURES = api(
  'UpdateFeatures',
  updateFeatures.defaultUpdateFeaturesRequest,
  updateFeatures.writeUpdateFeaturesRequest,
  updateFeatures.readUpdateFeaturesResponse,
);
export const ADD_RAFT_VOTER = api(
  'AddRaftVoter',
  addRaftVoter.defaultAddRaftVoterRequest,
  addRaftVoter.writeAddRaftVoterRequest,
  addRaftVoter.readAddRaftVoterResponse,
);
export const ALTER_PARTITION_REASSIGNMENTS = api(
  'AlterPartitionReassignments',
  alterPartitionReassignments.defaultAlterPartitionReassignmentsRequest,
  alterPartitionReassignments.writeAlterPartitionReassignmentsRequest,
  alterPartitionReassignments.readAlterPartitionReassignmentsResponse,
);
export const ALTER_REPLICA_LOG_DIRS = api(
  'AlterReplicaLogDirs',
  alterReplicaLogDirs.defaultAlterReplicaLogDirsRequest,
  alterReplicaLogDirs.writeAlterReplicaLogDirsRequest,
  alterReplicaLogDirs.readAlterReplicaLogDirsResponse,
);
export const DESCRIBE_QUORUM = api(
  'DescribeQuorum',
  describeQuorum.defaultDescribeQuorumRequest,
  describeQuorum.writeDescribeQuorumRequest,
  describeQuorum.readDescribeQuorumResponse,
);
export const ELECT_LEADERS = api(
  'ElectLeaders',
  electLeaders.defaultElectLeadersRequest,
  electLeaders.writeElectLeadersRequest,
  electLeaders.readElectLeadersResponse,
);
export const LIST_PARTITION_REASSIGNMENTS = api(
  'ListPartitionReassignments',
  listPartitionReassignments.defaultListPartitionReassignmentsRequest,
  listPartitionReassignments.writeListPartitionReassignmentsRequest,
  listPartitionReassignments.readListPartitionReassignmentsResponse,
);
export const REMOVE_RAFT_VOTER = api(
  'RemoveRaftVoter',
  removeRaftVoter.defaultRemoveRaftVoterRequest,
  removeRaftVoter.writeRemoveRaftVoterRequest,
  removeRaftVoter.readRemoveRaftVoterResponse,
);
export const UNREGISTER_BROKER = api(
  'UnregisterBroker',
  unregisterBroker.defaultUnregisterBrokerRequest,
  unregisterBroker.writeUnregisterBrokerRequest,
  unregisterBroker.readUnregisterBrokerResponse,
);
export const LIST_CONFIG_RESOURCES = api(
  'ListConfigResources',
  listConfigResources.defaultListConfigResourcesRequest,
  listConfigResources.writeListConfigResourcesRequest,
  listConfigResources.readListConfigResourcesResponse,
);
export const ALTER_SHARE_GROUP_OFFSETS = api(
  'AlterShareGroupOffsets',
  alterShareGroupOffsets.defaultAlterShareGroupOffsetsRequest,
  alterShareGroupOffsets.writeAlterShareGroupOffsetsRequest,
  alterShareGroupOffsets.readAlterShareGroupOffsetsResponse,
);
export const DELETE_SHARE_GROUP_OFFSETS = api(
  'DeleteShareGroupOffsets',
  deleteShareGroupOffsets.defaultDeleteShareGroupOffsetsRequest,
  deleteShareGroupOffsets.writeDeleteShareGroupOffsetsRequest,
  deleteShareGroupOffsets.readDeleteShareGroupOffsetsResponse,
);
export const DESCRIBE_SHARE_GROUP_OFFSETS = api(
  'DescribeShareGroupOffsets',
  describeShareGroupOffsets.defaultDescribeShareGroupOffsetsRequest,
  describeShareGroupOffsets.writeDescribeShareGroupOffsetsRequest,
  describeShareGroupOffsets.readDescribeShareGroupOffsetsResponse,
);
export const SHARE_ACKNOWLEDGE = api(
  'ShareAcknowledge',
  shareAcknowledge.defaultShareAcknowledgeRequest,
  shareAcknowledge.writeShareAcknowledgeRequest,
  shareAcknowledge.readShareAcknowledgeResponse,
);
export const SHARE_FETCH = api(
  'ShareFetch',
  shareFetch.defaultShareFetchRequest,
  shareFetch.writeShareFetchRequest,
  shareFetch.readShareFetchResponse,
);
export const SHARE_GROUP_DESCRIBE = api(
  'ShareGroupDescribe',
  shareGroupDescribe.defaultShareGroupDescribeRequest,
  shareGroupDescribe.writeShareGroupDescribeRequest,
  shareGroupDescribe.readShareGroupDescribeResponse,
);
export const SHARE_GROUP_HEARTBEAT = api(
  'ShareGroupHeartbeat',
  shareGroupHeartbeat.defaultShareGroupHeartbeatRequest,
  shareGroupHeartbeat.writeShareGroupHeartbeatRequest,
  shareGroupHeartbeat.readShareGroupHeartbeatResponse,
);
export const STREAMS_GROUP_DESCRIBE = api(
  'StreamsGroupDescribe',
  streamsGroupDescribe.defaultStreamsGroupDescribeRequest,
  streamsGroupDescribe.writeStreamsGroupDescribeRequest,
  streamsGroupDescribe.readStreamsGroupDescribeResponse,
);
export const STREAMS_GROUP_HEARTBEAT = api(
  'StreamsGroupHeartbeat',
  streamsGroupHeartbeat.defaultStreamsGroupHeartbeatRequest,
  streamsGroupHeartbeat.writeStreamsGroupHeartbeatRequest,
  streamsGroupHeartbeat.readStreamsGroupHeartbeatResponse,
);
export const ADD_PARTITIONS_TO_TXN = api(
  'AddPartitionsToTxn',
  addPartitionsToTxn.defaultAddPartitionsToTxnRequest,
  addPartitionsToTxn.writeAddPartitionsToTxnRequest,
  addPartitionsToTxn.readAddPartitionsToTxnResponse,
);
export const ADD_OFFSETS_TO_TXN = api(
  'AddOffsetsToTxn',
  addOffsetsToTxn.defaultAddOffsetsToTxnRequest,
  addOffsetsToTxn.writeAddOffsetsToTxnRequest,
  addOffsetsToTxn.readAddOffsetsToTxnResponse,
);
export const END_TXN = api(
  'EndTxn',
  endTxn.defaultEndTxnRequest,
  endTxn.writeEndTxnRequest,
  endTxn.readEndTxnResponse,
);
export const WRITE_TXN_MARKERS = api(
  'WriteTxnMarkers',
  writeTxnMarkers.defaultWriteTxnMarkersRequest,
  writeTxnMarkers.writeWriteTxnMarkersRequest,
  writeTxnMarkers.readWriteTxnMarkersResponse,
);
export const TXN_OFFSET_COMMIT = api(
  'TxnOffsetCommit',
  txnOffsetCommit.defaultTxnOffsetCommitRequest,
  txnOffsetCommit.writeTxnOffsetCommitRequest,
  txnOffsetCommit.readTxnOffsetCommitResponse,
);
export const DESCRIBE_PRODUCERS = api(
  'DescribeProducers',
  describeProducers.defaultDescribeProducersRequest,
  describeProducers.writeDescribeProducersRequest,
  describeProducers.readDescribeProducersResponse,
);
export const DESCRIBE_TRANSACTIONS = api(
  'DescribeTransactions',
  describeTransactions.defaultDescribeTransactionsRequest,
  describeTransactions.writeDescribeTransactionsRequest,
  describeTransactions.readDescribeTransactionsResponse,
);
export const GET_TELEMETRY_SUBSCRIPTIONS = api(
  'GetTelemetrySubscriptions',
  getTelemetrySubscriptions.defaultGetTelemetrySubscriptionsRequest,
  getTelemetrySubscriptions.writeGetTelemetrySubscriptionsRequest,
  getTelemetrySubscriptions.readGetTelemetrySubscriptionsResponse,
);
export const PUSH_TELEMETRY = api(
  'PushTelemetry',
  pushTelemetry.defaultPushTelemetryRequest,
  pushTelemetry.writePushTelemetryRequest,
  pushTelemetry.readPushTelemetryResponse,
);
export const LIST_TRANSACTIONS = api(
  'ListTransactions',
  listTransactions.defaultListTransactionsRequest,
  listTransactions.writeListTransactionsRequest,
  listTransactions.readListTransactionsResponse,
);
