/**
 * The metadata machine: topics, their settings, the broker's dynamic settings, the cluster's id.
 *
 * A deleted topic leaves with a `delete-topic` companion in the same frame, so that its streams are gone exactly when
 * it is. There are no timers, and no state that isn't logged.
 */

import { readUuid, uuidToString } from '../base/uuid.ts';
import type { Machine } from '../machine/machine.ts';
import type { Initialize, MetadataAnswer, MetadataCommand } from './commands.ts';
import { alterConfigs } from './decide-configs.ts';
import { createPartitions, createTopics, deleteTopics, type MetadataDecision } from './decide-topics.ts';
import { decodeRecord, encodeRecord, type MetadataRecord } from './records.ts';
import { MetadataState, type StateOptions } from './state.ts';

export type MetadataMachine = Machine<MetadataState, MetadataCommand, MetadataRecord, MetadataAnswer>;

export function createMetadataMachine(options: StateOptions): MetadataMachine {
  return {
    name: 'metadata',
    initial: () => new MetadataState(options),
    decide,
    apply: (state, record) => state.apply(record),
    snapshot: (state) => state.records(),
    resume: () => [],
    encode: encodeRecord,
    decode: decodeRecord,
  };
}

function decide(
  state: MetadataState,
  command: MetadataCommand,
  token: number,
  nowMs: number,
): MetadataDecision {
  const reply = (answer: MetadataAnswer) => [{ to: token, answer }];
  switch (command.kind) {
    case 'initialize': {
      const { records, clusterId } = initialize(state, command);
      return { records, replies: reply({ clusterId }) };
    }
    case 'create-topics': {
      const { records, answer } = createTopics(state, command, nowMs);
      return { records, replies: reply(answer) };
    }
    case 'delete-topics': {
      const { deleted, answer } = deleteTopics(state, command);
      return {
        records: deleted.map(({ id }) => ({ kind: 'topic-removed', id })),
        companions: deleted.map(({ id }) => ({ kind: 'delete-topic', topicId: id })),
        replies: reply(answer),
      };
    }
    case 'create-partitions': {
      const { records, answer } = createPartitions(state, command);
      return { records, replies: reply(answer) };
    }
    case 'alter-configs': {
      const { records, answer } = alterConfigs(state, command);
      return { records, replies: reply(answer) };
    }
  }
}

function initialize(
  state: MetadataState,
  command: Initialize,
): { records: MetadataRecord[]; clusterId: string } {
  if (state.clusterId !== null) return { records: [], clusterId: uuidToString(state.clusterId) };
  const id = readUuid(command.randomBytes, 0);
  return { records: [{ kind: 'cluster', id }], clusterId: uuidToString(id) };
}
