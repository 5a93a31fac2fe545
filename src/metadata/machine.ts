/**
 * The metadata machine: topics, their settings, the broker's dynamic settings, access rules, users, the cluster's id and
 * feature levels.
 *
 * A deleted topic leaves with a `delete-topic` companion in the same frame, so that its streams are gone exactly when
 * it is. There are no timers, and no state that isn't logged.
 */

import { assert } from '../base/assert.ts';
import { BrokerError } from '../base/errors.ts';
import { readUuid, uuidToString } from '../base/uuid.ts';
import type { Machine } from '../machine/machine.ts';
import type { Initialize, MetadataAnswer, MetadataCommand } from './commands.ts';
import { createAcls, deleteAcls } from './decide-acls.ts';
import { alterConfigs } from './decide-configs.ts';
import { alterQuotas } from './decide-quotas.ts';
import { createPartitions, createTopics, deleteTopics, type MetadataDecision } from './decide-topics.ts';
import { defaultFeatures, NO_FEATURES, updateFeatures } from './features.ts';
import { decodeRecord, encodeRecord, type MetadataRecord } from './records.ts';
import { MetadataState, type StateOptions } from './state.ts';
import { alterUsers, DECOY_SECRET_BYTES } from './users.ts';

/** Of the cluster's id. */
const ID_BYTES = 16;

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

interface Change {
  readonly records: readonly MetadataRecord[];
  readonly answer: MetadataAnswer;
}

function decide(
  state: MetadataState,
  command: MetadataCommand,
  token: number,
  nowMs: number,
): MetadataDecision {
  const reply = (answer: MetadataAnswer) => [{ to: token, answer }];
  const logged = ({ records, answer }: Change): MetadataDecision => ({ records, replies: reply(answer) });
  switch (command.kind) {
    case 'initialize': {
      const { records, clusterId } = initialize(state, command);
      return { records, replies: reply({ clusterId }) };
    }
    case 'create-topics':
      return logged(createTopics(state, command, nowMs));
    case 'delete-topics': {
      const { deleted, answer } = deleteTopics(state, command);
      return {
        records: deleted.map(({ id }) => ({ kind: 'topic-removed', id })),
        companions: deleted.map(({ id }) => ({ kind: 'delete-topic', topicId: id })),
        replies: reply(answer),
      };
    }
    case 'create-partitions':
      return logged(createPartitions(state, command));
    case 'alter-configs':
      return logged(alterConfigs(state, command));
    case 'alter-users':
      return logged(alterUsers(state, command));
    case 'update-features': {
      const after = updateFeatures(state.features, command.updates);
      if (after instanceof BrokerError) return { replies: reply({ error: after }) };
      const unchanged = command.validateOnly || after === state.features;
      return {
        records: unchanged ? [] : [{ kind: 'features', features: after }],
        replies: reply({ error: null }),
      };
    }
    case 'create-acls':
      return logged(createAcls(state, command));
    case 'delete-acls':
      return logged(deleteAcls(state, command));
    case 'alter-quotas':
      return logged(alterQuotas(state, command));
  }
}

function initialize(
  state: MetadataState,
  command: Initialize,
): { records: MetadataRecord[]; clusterId: string } {
  const id = state.clusterId ?? readUuid(command.randomBytes, 0);
  const records: MetadataRecord[] = [];
  if (state.clusterId === null) records.push({ kind: 'cluster', id });
  if (state.decoySecret === null) {
    const secret = Buffer.from(command.randomBytes.subarray(ID_BYTES, ID_BYTES + DECOY_SECRET_BYTES));
    assert(secret.length === DECOY_SECRET_BYTES, 'there are random bytes for the secret');
    records.push({ kind: 'secret', secret });
  }
  if (state.features === NO_FEATURES) records.push({ kind: 'features', features: defaultFeatures() });
  return { records, clusterId: uuidToString(id) };
}
