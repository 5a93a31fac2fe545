/**
 * Records of groups of the Streams protocol, and their stored form (docs/formats/machines.md). Types 20–29 of the group
 * machine's keys; the key's text is the group id. Values, in Kafka's primitive types, compact:
 *
 *   20 streams-group            int32 group epoch, int32 hash of the topics, int32 validated topology epoch,
 *                               int32 standby replicas
 *   21 streams-topology         the topology
 *   22 streams-member           what a member says of itself
 *   23 streams-members-removed  array of string member ids
 *   24 streams-target           int32 assignment epoch, int64 its time in ms, array of (string member id, tasks);
 *                               members that aren't named keep theirs, no tasks remove it
 *   25 streams-current          how far a member has come
 *
 * The first record of a group makes it, in the place of a classic group if there is one, which loses all but its offsets.
 */
import type { ByteReader } from '../../base/byte-reader.ts';
import type { ByteWriter } from '../../base/byte-writer.ts';
import { readArray, readProgress, readStrings, writeProgress, writeStrings } from '../record-parts.ts';
import type { StreamsEpoch, StreamsMetadata } from './model.ts';
import type { MemberProgress } from './reconcile.ts';
import {
  bySubtopology,
  type HeldTasks,
  ROLES,
  type SubtopologyTasks,
  type TaskId,
  type Tasks,
  taskId,
  tasksOf,
} from './tasks.ts';
import type { CopartitionGroup, InternalTopic, Subtopology, Topology } from './topology.ts';

export type StreamsRecord =
  | { readonly kind: 'streams-group'; readonly groupId: string; readonly at: StreamsEpoch }
  | { readonly kind: 'streams-topology'; readonly groupId: string; readonly topology: Topology }
  | { readonly kind: 'streams-member'; readonly groupId: string; readonly metadata: StreamsMetadata }
  | {
      readonly kind: 'streams-members-removed';
      readonly groupId: string;
      readonly memberIds: readonly string[];
    }
  | {
      readonly kind: 'streams-target';
      readonly groupId: string;
      readonly epoch: number;
      readonly atMs: number;
      readonly members: readonly { readonly memberId: string; readonly tasks: Tasks }[];
    }
  | {
      readonly kind: 'streams-current';
      readonly groupId: string;
      readonly memberId: string;
      readonly current: MemberProgress;
    };

export const STREAMS_RECORD_TYPES: Readonly<Record<StreamsRecord['kind'], number>> = {
  'streams-group': 20,
  'streams-topology': 21,
  'streams-member': 22,
  'streams-members-removed': 23,
  'streams-target': 24,
  'streams-current': 25,
};

export function isStreamsRecordType(type: number): boolean {
  return type >= 20 && type <= 25;
}

export function writeStreamsRecord(w: ByteWriter, record: StreamsRecord): Buffer {
  switch (record.kind) {
    case 'streams-group':
      w.int32(record.at.epoch);
      w.int32(record.at.topicsHash);
      w.int32(record.at.validatedTopologyEpoch);
      w.int32(record.at.standbyReplicas);
      break;
    case 'streams-topology':
      writeTopology(w, record.topology);
      break;
    case 'streams-member':
      writeMetadata(w, record.metadata);
      break;
    case 'streams-members-removed':
      writeStrings(w, record.memberIds);
      break;
    case 'streams-target':
      w.int32(record.epoch);
      w.int64(record.atMs);
      w.compactArrayLength(record.members.length);
      for (const { memberId, tasks } of record.members) {
        w.compactString(memberId);
        for (const role of ROLES) writeTasks(w, bySubtopology(tasks[role]));
      }
      break;
    case 'streams-current':
      w.compactString(record.memberId);
      writeProgress(w, record.current, writeHeld);
  }
  return w.finishContiguous();
}

function writePairs(w: ByteWriter, pairs: readonly (readonly [string, string])[]): void {
  w.compactArrayLength(pairs.length);
  for (const [name, value] of pairs) {
    w.compactString(name);
    w.compactString(value);
  }
}

function writeTopology(w: ByteWriter, { epoch, subtopologies }: Topology): void {
  w.int32(epoch);
  w.compactArrayLength(subtopologies.length);
  for (const subtopology of subtopologies) {
    w.compactString(subtopology.id);
    writeStrings(w, subtopology.sourceTopics);
    writeStrings(w, subtopology.sourceTopicRegex);
    writeInternalTopics(w, subtopology.stateChangelogTopics);
    writeStrings(w, subtopology.repartitionSinkTopics);
    writeInternalTopics(w, subtopology.repartitionSourceTopics);
    w.compactArrayLength(subtopology.copartitionGroups.length);
    for (const group of subtopology.copartitionGroups) {
      writeIndexes(w, group.sourceTopics);
      writeIndexes(w, group.sourceTopicRegex);
      writeIndexes(w, group.repartitionSourceTopics);
    }
  }
}

function writeInternalTopics(w: ByteWriter, topics: readonly InternalTopic[]): void {
  w.compactArrayLength(topics.length);
  for (const { name, partitions, replicationFactor, configs } of topics) {
    w.compactString(name);
    w.int32(partitions);
    w.int16(replicationFactor);
    writePairs(w, configs);
  }
}

function writeIndexes(w: ByteWriter, indexes: readonly number[]): void {
  w.compactArrayLength(indexes.length);
  for (const index of indexes) w.unsignedVarint(index);
}

function writeMetadata(w: ByteWriter, metadata: StreamsMetadata): void {
  w.compactString(metadata.memberId);
  w.compactNullableString(metadata.rackId);
  w.compactString(metadata.clientId);
  w.compactString(metadata.clientHost);
  w.int32(metadata.rebalanceTimeoutMs);
  w.int32(metadata.topologyEpoch);
  w.compactString(metadata.processId);
  w.compactNullableString(metadata.userEndpoint?.host ?? null);
  w.unsignedVarint(metadata.userEndpoint?.port ?? 0);
  writePairs(w, metadata.clientTags);
}

function writeTasks(w: ByteWriter, tasks: readonly SubtopologyTasks[]): void {
  w.compactArrayLength(tasks.length);
  for (const { subtopologyId, partitions } of tasks) {
    w.compactString(subtopologyId);
    writeIndexes(w, partitions);
  }
}

function writeHeld(w: ByteWriter, { active, standby, warmup }: HeldTasks): void {
  const grouped = bySubtopology(active);
  w.compactArrayLength(grouped.length);
  for (const { subtopologyId, partitions } of grouped) {
    w.compactString(subtopologyId);
    w.compactArrayLength(partitions.length);
    for (const partition of partitions) {
      w.unsignedVarint(partition);
      w.unsignedVarint(active.get(taskId(subtopologyId, partition))!);
    }
  }
  writeTasks(w, bySubtopology(standby));
  writeTasks(w, bySubtopology(warmup));
}

/** Throws on a type that isn't known, and on malformed bytes. */
export function readStreamsRecord(type: number, groupId: string, reader: ByteReader): StreamsRecord {
  switch (type) {
    case STREAMS_RECORD_TYPES['streams-group']:
      return {
        kind: 'streams-group',
        groupId,
        at: {
          epoch: reader.int32(),
          topicsHash: reader.int32(),
          validatedTopologyEpoch: reader.int32(),
          standbyReplicas: reader.int32(),
        },
      };
    case STREAMS_RECORD_TYPES['streams-topology']:
      return { kind: 'streams-topology', groupId, topology: readTopology(reader) };
    case STREAMS_RECORD_TYPES['streams-member']:
      return { kind: 'streams-member', groupId, metadata: readMetadata(reader) };
    case STREAMS_RECORD_TYPES['streams-members-removed']:
      return { kind: 'streams-members-removed', groupId, memberIds: readStrings(reader) };
    case STREAMS_RECORD_TYPES['streams-target']:
      return {
        kind: 'streams-target',
        groupId,
        epoch: reader.int32(),
        atMs: reader.int64(),
        members: readArray(reader, 4, (r) => ({
          memberId: r.compactString(),
          tasks: { active: readTasks(r), standby: readTasks(r), warmup: readTasks(r) },
        })),
      };
    case STREAMS_RECORD_TYPES['streams-current']:
      return {
        kind: 'streams-current',
        groupId,
        memberId: reader.compactString(),
        current: readProgress(reader, readHeld),
      };
    default:
      throw new Error(`group record type ${type} is unknown`);
  }
}

const readIndexes = (reader: ByteReader): number[] => readArray(reader, 1, (r) => r.unsignedVarint());

function readPairs(reader: ByteReader): [string, string][] {
  return readArray(reader, 2, (r) => [r.compactString(), r.compactString()]);
}

function readTopology(reader: ByteReader): Topology {
  return { epoch: reader.int32(), subtopologies: readArray(reader, 7, readSubtopology) };
}

function readSubtopology(reader: ByteReader): Subtopology {
  return {
    id: reader.compactString(),
    sourceTopics: readStrings(reader),
    sourceTopicRegex: readStrings(reader),
    stateChangelogTopics: readArray(reader, 8, readInternalTopic),
    repartitionSinkTopics: readStrings(reader),
    repartitionSourceTopics: readArray(reader, 8, readInternalTopic),
    copartitionGroups: readArray(reader, 3, readCopartitionGroup),
  };
}

function readInternalTopic(reader: ByteReader): InternalTopic {
  return {
    name: reader.compactString(),
    partitions: reader.int32(),
    replicationFactor: reader.int16(),
    configs: readPairs(reader),
  };
}

function readCopartitionGroup(reader: ByteReader): CopartitionGroup {
  return {
    sourceTopics: readIndexes(reader),
    sourceTopicRegex: readIndexes(reader),
    repartitionSourceTopics: readIndexes(reader),
  };
}

function readMetadata(reader: ByteReader): StreamsMetadata {
  const metadata = {
    memberId: reader.compactString(),
    rackId: reader.compactNullableString(),
    clientId: reader.compactString(),
    clientHost: reader.compactString(),
    rebalanceTimeoutMs: reader.int32(),
    topologyEpoch: reader.int32(),
    processId: reader.compactString(),
  };
  const host = reader.compactNullableString();
  const port = reader.unsignedVarint();
  return { ...metadata, userEndpoint: host === null ? null : { host, port }, clientTags: readPairs(reader) };
}

function readTasks(reader: ByteReader): Set<TaskId> {
  return tasksOf(
    readArray(reader, 2, (r) => ({ subtopologyId: r.compactString(), partitions: readIndexes(r) })),
  );
}

function readHeld(reader: ByteReader): HeldTasks {
  const active = new Map<TaskId, number>();
  readArray(reader, 2, (r) => {
    const subtopologyId = r.compactString();
    readArray(r, 2, (r) => active.set(taskId(subtopologyId, r.unsignedVarint()), r.unsignedVarint()));
  });
  return { active, standby: readTasks(reader), warmup: readTasks(reader) };
}
