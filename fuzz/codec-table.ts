/** Every reader and writer of the generated codec, by the name of its message. */
import type { ByteReader } from '../src/base/byte-reader.ts';
import type { ByteWriter } from '../src/base/byte-writer.ts';
import * as alterConfigs from '../src/protocol/kafka/codec/generated/alter-configs.ts';
import * as apiVersions from '../src/protocol/kafka/codec/generated/api-versions.ts';
import * as consumerProtocol from '../src/protocol/kafka/codec/generated/consumer-protocol.ts';
import * as createPartitions from '../src/protocol/kafka/codec/generated/create-partitions.ts';
import * as createTopics from '../src/protocol/kafka/codec/generated/create-topics.ts';
import * as deleteGroups from '../src/protocol/kafka/codec/generated/delete-groups.ts';
import * as deleteRecords from '../src/protocol/kafka/codec/generated/delete-records.ts';
import * as deleteTopics from '../src/protocol/kafka/codec/generated/delete-topics.ts';
import * as describeCluster from '../src/protocol/kafka/codec/generated/describe-cluster.ts';
import * as describeConfigs from '../src/protocol/kafka/codec/generated/describe-configs.ts';
import * as describeGroups from '../src/protocol/kafka/codec/generated/describe-groups.ts';
import * as describeLogDirs from '../src/protocol/kafka/codec/generated/describe-log-dirs.ts';
import * as describeTopicPartitions from '../src/protocol/kafka/codec/generated/describe-topic-partitions.ts';
import * as fetch from '../src/protocol/kafka/codec/generated/fetch.ts';
import * as findCoordinator from '../src/protocol/kafka/codec/generated/find-coordinator.ts';
import * as heartbeat from '../src/protocol/kafka/codec/generated/heartbeat.ts';
import * as incrementalAlterConfigs from '../src/protocol/kafka/codec/generated/incremental-alter-configs.ts';
import * as initProducerId from '../src/protocol/kafka/codec/generated/init-producer-id.ts';
import * as joinGroup from '../src/protocol/kafka/codec/generated/join-group.ts';
import * as leaveGroup from '../src/protocol/kafka/codec/generated/leave-group.ts';
import * as listGroups from '../src/protocol/kafka/codec/generated/list-groups.ts';
import * as listOffsets from '../src/protocol/kafka/codec/generated/list-offsets.ts';
import * as metadata from '../src/protocol/kafka/codec/generated/metadata.ts';
import * as offsetCommit from '../src/protocol/kafka/codec/generated/offset-commit.ts';
import * as offsetDelete from '../src/protocol/kafka/codec/generated/offset-delete.ts';
import * as offsetFetch from '../src/protocol/kafka/codec/generated/offset-fetch.ts';
import * as offsetForLeaderEpoch from '../src/protocol/kafka/codec/generated/offset-for-leader-epoch.ts';
import * as produce from '../src/protocol/kafka/codec/generated/produce.ts';
import * as saslAuthenticate from '../src/protocol/kafka/codec/generated/sasl-authenticate.ts';
import * as saslHandshake from '../src/protocol/kafka/codec/generated/sasl-handshake.ts';
import * as syncGroup from '../src/protocol/kafka/codec/generated/sync-group.ts';

export interface MessageCodec {
  readonly read: (r: ByteReader, version: number) => unknown;
  readonly write: (w: ByteWriter, message: unknown, version: number) => void;
}

const MODULES: readonly Readonly<Record<string, unknown>>[] = [
  alterConfigs,
  apiVersions,
  consumerProtocol,
  createPartitions,
  createTopics,
  deleteGroups,
  deleteRecords,
  deleteTopics,
  describeCluster,
  describeConfigs,
  describeGroups,
  describeLogDirs,
  describeTopicPartitions,
  fetch,
  findCoordinator,
  heartbeat,
  incrementalAlterConfigs,
  initProducerId,
  joinGroup,
  leaveGroup,
  listGroups,
  listOffsets,
  metadata,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  offsetForLeaderEpoch,
  produce,
  saslAuthenticate,
  saslHandshake,
  syncGroup,
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
