/** All APIs that are served, in the order of their keys. What is not here is not advertised. */
import type { AnyApi } from '../api.ts';
import { createAcls, deleteAcls, describeAcls } from './acls.ts';
import { apiVersions } from './api-versions.ts';
import { alterClientQuotas, describeClientQuotas } from './client-quotas.ts';
import { alterConfigs, describeConfigs, incrementalAlterConfigs } from './configs.ts';
import { consumerGroupDescribe, consumerGroupHeartbeat } from './consumer-groups.ts';
import { deleteRecords } from './delete-records.ts';
import { describeCluster } from './describe-cluster.ts';
import { describeLogDirs } from './describe-log-dirs.ts';
import { describeTopicPartitions } from './describe-topic-partitions.ts';
import { updateFeatures } from './features.ts';
import { fetch } from './fetch.ts';
import { findCoordinator } from './find-coordinator.ts';
import { deleteGroups, describeGroups, listGroups } from './group-admin.ts';
import { heartbeat, joinGroup, leaveGroup, syncGroup } from './group-membership.ts';
import { offsetCommit, offsetDelete, offsetFetch, txnOffsetCommit } from './group-offsets.ts';
import { initProducerId } from './init-producer-id.ts';
import { listConfigResources } from './list-config-resources.ts';
import { listOffsets } from './list-offsets.ts';
import { metadata } from './metadata.ts';
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.ts';
import {
  alterPartitionReassignments,
  alterReplicaLogDirs,
  electLeaders,
  listPartitionReassignments,
} from './placement.ts';
import { polylogAdmin } from './polylog-admin.ts';
import { produce } from './produce.ts';
import { addRaftVoter, describeQuorum, removeRaftVoter, unregisterBroker } from './quorum.ts';
import { saslAuthenticate, saslHandshake } from './sasl.ts';
import { shareAcknowledge } from './share-acknowledge.ts';
import { shareFetch } from './share-fetch.ts';
import {
  alterShareGroupOffsets,
  deleteShareGroupOffsets,
  describeShareGroupOffsets,
} from './share-group-offsets.ts';
import { shareGroupDescribe, shareGroupHeartbeat } from './share-groups.ts';
import { streamsGroupDescribe, streamsGroupHeartbeat } from './streams-groups.ts';
import { getTelemetrySubscriptions, pushTelemetry } from './telemetry.ts';
import { createPartitions, createTopics, deleteTopics } from './topic-admin.ts';
import {
  describeProducers,
  describeTransactions,
  listTransactions,
  writeTxnMarkers,
} from './transaction-admin.ts';
import { addOffsetsToTxn, addPartitionsToTxn, endTxn } from './transactions.ts';
import { alterUserScramCredentials, describeUserScramCredentials } from './users.ts';

export const kafkaApis: ReadonlyMap<number, AnyApi> = new Map(
  [
    produce,
    fetch,
    listOffsets,
    metadata,
    offsetCommit,
    offsetFetch,
    findCoordinator,
    joinGroup,
    heartbeat,
    leaveGroup,
    syncGroup,
    describeGroups,
    listGroups,
    saslHandshake,
    apiVersions,
    createTopics,
    deleteTopics,
    deleteRecords,
    initProducerId,
    offsetForLeaderEpoch,
    describeAcls,
    createAcls,
    deleteAcls,
    addPartitionsToTxn,
    addOffsetsToTxn,
    endTxn,
    writeTxnMarkers,
    txnOffsetCommit,
    describeConfigs,
    alterConfigs,
    alterReplicaLogDirs,
    describeLogDirs,
    saslAuthenticate,
    createPartitions,
    deleteGroups,
    electLeaders,
    incrementalAlterConfigs,
    alterPartitionReassignments,
    listPartitionReassignments,
    offsetDelete,
    describeQuorum,
    describeUserScramCredentials,
    alterUserScramCredentials,
    updateFeatures,
    describeClientQuotas,
    alterClientQuotas,
    describeCluster,
    consumerGroupHeartbeat,
    consumerGroupDescribe,
    describeProducers,
    describeTransactions,
    listTransactions,
    unregisterBroker,
    getTelemetrySubscriptions,
    pushTelemetry,
    listConfigResources,
    describeTopicPartitions,
    shareGroupHeartbeat,
    shareGroupDescribe,
    shareFetch,
    shareAcknowledge,
    addRaftVoter,
    removeRaftVoter,
    streamsGroupHeartbeat,
    streamsGroupDescribe,
    describeShareGroupOffsets,
    alterShareGroupOffsets,
    deleteShareGroupOffsets,
    polylogAdmin,
  ].map((api) => [api.key, api]),
);

/** What is served where nothing shows the metrics of clients. */
export function withoutTelemetry(apis: ReadonlyMap<number, AnyApi>): ReadonlyMap<number, AnyApi> {
  const telemetry = new Set([getTelemetrySubscriptions.key, pushTelemetry.key]);
  return new Map([...apis].filter(([key]) => !telemetry.has(key)));
}
