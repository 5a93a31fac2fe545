/** Every reader and writer of the generated codec, by the name of its message. */
import type { ByteReader } from '../src/base/byte-reader.ts';
import type { ByteWriter } from '../src/base/byte-writer.ts';
import * as addOffsetsToTxn from '../src/protocol/kafka/codec/generated/add-offsets-to-txn.ts';
import * as addPartitionsToTxn from '../src/protocol/kafka/codec/generated/add-partitions-to-txn.ts';
import * as addRaftVoter from '../src/protocol/kafka/codec/generated/add-raft-voter.ts';
import * as alterClientQuotas from '../src/protocol/kafka/codec/generated/alter-client-quotas.ts';
import * as alterConfigs from '../src/protocol/kafka/codec/generated/alter-configs.ts';
import * as alterPartitionReassignments from '../src/protocol/kafka/codec/generated/alter-partition-reassignments.ts';
import * as alterReplicaLogDirs from '../src/protocol/kafka/codec/generated/alter-replica-log-dirs.ts';
import * as alterShareGroupOffsets from '../src/protocol/kafka/codec/generated/alter-share-group-offsets.ts';
import * as alterUserScramCredentials from '../src/protocol/kafka/codec/generated/alter-user-scram-credentials.ts';
import * as apiVersions from '../src/protocol/kafka/codec/generated/api-versions.ts';
import * as consumerGroupDescribe from '../src/protocol/kafka/codec/generated/consumer-group-describe.ts';
import * as consumerGroupHeartbeat from '../src/protocol/kafka/codec/generated/consumer-group-heartbeat.ts';
import * as consumerProtocol from '../src/protocol/kafka/codec/generated/consumer-protocol.ts';
import * as createAcls from '../src/protocol/kafka/codec/generated/create-acls.ts';
import * as createPartitions from '../src/protocol/kafka/codec/generated/create-partitions.ts';
import * as createTopics from '../src/protocol/kafka/codec/generated/create-topics.ts';
import * as deleteAcls from '../src/protocol/kafka/codec/generated/delete-acls.ts';
import * as deleteGroups from '../src/protocol/kafka/codec/generated/delete-groups.ts';
import * as deleteRecords from '../src/protocol/kafka/codec/generated/delete-records.ts';
import * as deleteShareGroupOffsets from '../src/protocol/kafka/codec/generated/delete-share-group-offsets.ts';
import * as deleteTopics from '../src/protocol/kafka/codec/generated/delete-topics.ts';
import * as describeAcls from '../src/protocol/kafka/codec/generated/describe-acls.ts';
import * as describeClientQuotas from '../src/protocol/kafka/codec/generated/describe-client-quotas.ts';
import * as describeCluster from '../src/protocol/kafka/codec/generated/describe-cluster.ts';
import * as describeConfigs from '../src/protocol/kafka/codec/generated/describe-configs.ts';
import * as describeGroups from '../src/protocol/kafka/codec/generated/describe-groups.ts';
import * as describeLogDirs from '../src/protocol/kafka/codec/generated/describe-log-dirs.ts';
import * as describeProducers from '../src/protocol/kafka/codec/generated/describe-producers.ts';
import * as describeQuorum from '../src/protocol/kafka/codec/generated/describe-quorum.ts';
import * as describeShareGroupOffsets from '../src/protocol/kafka/codec/generated/describe-share-group-offsets.ts';
import * as describeTopicPartitions from '../src/protocol/kafka/codec/generated/describe-topic-partitions.ts';
import * as describeTransactions from '../src/protocol/kafka/codec/generated/describe-transactions.ts';
import * as describeUserScramCredentials from '../src/protocol/kafka/codec/generated/describe-user-scram-credentials.ts';
import * as electLeaders from '../src/protocol/kafka/codec/generated/elect-leaders.ts';
import * as endTxn from '../src/protocol/kafka/codec/generated/end-txn.ts';
import * as fetch from '../src/protocol/kafka/codec/generated/fetch.ts';
import * as findCoordinator from '../src/protocol/kafka/codec/generated/find-coordinator.ts';
import * as getTelemetrySubscriptions from '../src/protocol/kafka/codec/generated/get-telemetry-subscriptions.ts';
import * as heartbeat from '../src/protocol/kafka/codec/generated/heartbeat.ts';
import * as incrementalAlterConfigs from '../src/protocol/kafka/codec/generated/incremental-alter-configs.ts';
import * as initProducerId from '../src/protocol/kafka/codec/generated/init-producer-id.ts';
import * as joinGroup from '../src/protocol/kafka/codec/generated/join-group.ts';
import * as leaveGroup from '../src/protocol/kafka/codec/generated/leave-group.ts';
import * as listConfigResources from '../src/protocol/kafka/codec/generated/list-config-resources.ts';
import * as listGroups from '../src/protocol/kafka/codec/generated/list-groups.ts';
import * as listOffsets from '../src/protocol/kafka/codec/generated/list-offsets.ts';
import * as listPartitionReassignments from '../src/protocol/kafka/codec/generated/list-partition-reassignments.ts';
import * as listTransactions from '../src/protocol/kafka/codec/generated/list-transactions.ts';
import * as metadata from '../src/protocol/kafka/codec/generated/metadata.ts';
import * as offsetCommit from '../src/protocol/kafka/codec/generated/offset-commit.ts';
import * as offsetDelete from '../src/protocol/kafka/codec/generated/offset-delete.ts';
import * as offsetFetch from '../src/protocol/kafka/codec/generated/offset-fetch.ts';
import * as offsetForLeaderEpoch from '../src/protocol/kafka/codec/generated/offset-for-leader-epoch.ts';
import * as polylogAdmin from '../src/protocol/kafka/codec/generated/polylog-admin.ts';
import * as produce from '../src/protocol/kafka/codec/generated/produce.ts';
import * as pushTelemetry from '../src/protocol/kafka/codec/generated/push-telemetry.ts';
import * as removeRaftVoter from '../src/protocol/kafka/codec/generated/remove-raft-voter.ts';
import * as saslAuthenticate from '../src/protocol/kafka/codec/generated/sasl-authenticate.ts';
import * as saslHandshake from '../src/protocol/kafka/codec/generated/sasl-handshake.ts';
import * as shareAcknowledge from '../src/protocol/kafka/codec/generated/share-acknowledge.ts';
import * as shareFetch from '../src/protocol/kafka/codec/generated/share-fetch.ts';
import * as shareGroupDescribe from '../src/protocol/kafka/codec/generated/share-group-describe.ts';
import * as shareGroupHeartbeat from '../src/protocol/kafka/codec/generated/share-group-heartbeat.ts';
import * as streamsGroupDescribe from '../src/protocol/kafka/codec/generated/streams-group-describe.ts';
import * as streamsGroupHeartbeat from '../src/protocol/kafka/codec/generated/streams-group-heartbeat.ts';
import * as syncGroup from '../src/protocol/kafka/codec/generated/sync-group.ts';
import * as txnOffsetCommit from '../src/protocol/kafka/codec/generated/txn-offset-commit.ts';
import * as unregisterBroker from '../src/protocol/kafka/codec/generated/unregister-broker.ts';
import * as updateFeatures from '../src/protocol/kafka/codec/generated/update-features.ts';
import * as writeTxnMarkers from '../src/protocol/kafka/codec/generated/write-txn-markers.ts';

export interface MessageCodec {
  readonly read: (r: ByteReader, version: number) => unknown;
  readonly write: (w: ByteWriter, message: unknown, version: number) => void;
}

const MODULES: readonly Readonly<Record<string, unknown>>[] = [
  addOffsetsToTxn,
  addPartitionsToTxn,
  addRaftVoter,
  alterClientQuotas,
  alterConfigs,
  alterPartitionReassignments,
  alterReplicaLogDirs,
  alterShareGroupOffsets,
  alterUserScramCredentials,
  apiVersions,
  consumerGroupDescribe,
  consumerGroupHeartbeat,
  consumerProtocol,
  createAcls,
  createPartitions,
  createTopics,
  deleteAcls,
  deleteGroups,
  deleteRecords,
  deleteShareGroupOffsets,
  deleteTopics,
  describeAcls,
  describeClientQuotas,
  describeCluster,
  describeConfigs,
  describeGroups,
  describeLogDirs,
  describeProducers,
  describeQuorum,
  describeShareGroupOffsets,
  describeTopicPartitions,
  describeTransactions,
  describeUserScramCredentials,
  electLeaders,
  endTxn,
  fetch,
  findCoordinator,
  getTelemetrySubscriptions,
  heartbeat,
  incrementalAlterConfigs,
  initProducerId,
  joinGroup,
  leaveGroup,
  listConfigResources,
  listGroups,
  listOffsets,
  listPartitionReassignments,
  listTransactions,
  metadata,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  offsetForLeaderEpoch,
  polylogAdmin,
  produce,
  pushTelemetry,
  removeRaftVoter,
  saslAuthenticate,
  saslHandshake,
  shareAcknowledge,
  shareFetch,
  shareGroupDescribe,
  shareGroupHeartbeat,
  streamsGroupDescribe,
  streamsGroupHeartbeat,
  syncGroup,
  txnOffsetCommit,
  unregisterBroker,
  updateFeatures,
  writeTxnMarkers,
];

/** The codec of a message, such as FetchRequest. */
export function messageCodec(name: string): MessageCodec {
  for (const module of MODULES) {
    const read = module[`read${name}`];
    const write = module[`write${name}`];
    if (read !== undefined && write !== undefined) {
      return { read: read as MessageCodec['read'], write: write as MessageCodec['write'] };
    }
  }
  throw new Error(`the codec has no ${name}`);
}
