/** Decisions of the metadata machine about topics: create, delete, more partitions. */
import { assert } from '../base/assert.ts';
import { BrokerError } from '../base/errors.ts';
import { readUuid, type Uuid, ZERO_UUID } from '../base/uuid.ts';
import type { Decision } from '../machine/machine.ts';
import { brokerText } from './broker-config.ts';
import type {
  CreatedTopic,
  CreatePartitions,
  CreateTopics,
  DeletedTopic,
  DeleteTopics,
  MetadataAnswer,
  MetadataCommand,
  MorePartitions,
  NewTopic,
  ReplicaAssignment,
  TopicReference,
} from './commands.ts';
import { checkNewConfigs } from './decide-configs.ts';
import type { MetadataRecord, TopicRecord } from './records.ts';
import { type MetadataState, type Topic, topicRecord } from './state.ts';
import { type TopicOverrides, topicConflict } from './topic-config.ts';
import { checkTopicName, collisionKey } from './topic-names.ts';
import { checkNoViewsLeft, checkViewPartitions, findOrigin, originOf } from './views.ts';

export type MetadataDecision = Decision<MetadataRecord, MetadataCommand, MetadataAnswer>;

/** What answers about a million partitions still can carry. */
export const PARTITIONS_PER_TOPIC_MAX = 1_000_000;

/** The one shard there is. */
const PLACEMENT: readonly number[] = [0];
const UUID_BYTES = 16;

interface Shape {
  readonly partitionCount: number;
  readonly replicationFactor: number;
}

/** How many partitions the topics of one command may still add (polylog.partitions.max). */
class PartitionBudget {
  readonly #max: number;
  #count: number;
  #refusal: BrokerError | null = null;

  constructor(state: MetadataState) {
    this.#max = Number(brokerText('polylog.partitions.max', state.brokerValues));
    this.#count = state.partitionCount;
  }

  /** Takes `added` partitions, or says why not. Kafka has POLICY_VIOLATION for its own bound of partitions a request. */
  take(added: number): BrokerError | null {
    if (this.#count + added <= this.#max) {
      this.#count += added;
      return null;
    }
    const message =
      `There are ${this.#count} partitions, and ${added} more would be over the ${this.#max} that all topics together ` +
      'may have: delete topics, ask for fewer partitions, or raise polylog.partitions.max.';
    // One for all topics that it says the same of: there may be a hundred thousand in a request.
    if (this.#refusal?.message !== message) this.#refusal = new BrokerError('policy-violation', message);
    return this.#refusal;
  }
}

export function createTopics(
  state: MetadataState,
  command: CreateTopics,
  nowMs: number,
): { readonly records: readonly TopicRecord[]; readonly answer: readonly (CreatedTopic | BrokerError)[] } {
  const namesByKey = new Map<string, string>();
  const duplicates = findDuplicates(command.topics.map(({ name }) => name));
  const records: TopicRecord[] = [];
  assert(
    command.randomBytes.length >= command.topics.length * UUID_BYTES,
    'a command brings 16 random bytes for each topic',
  );
  const budget = new PartitionBudget(state);
  // A copy, because a command isn't changed.
  const idBytes = Buffer.from(command.randomBytes);
  const answer = command.topics.map((topic, index): CreatedTopic | BrokerError => {
    const refusal = duplicates.has(topic.name)
      ? new BrokerError('invalid-request', `The request names the topic "${topic.name}" twice: name it once.`)
      : (checkTopicName(topic.name) ?? checkNameIsFree(state, namesByKey, topic.name));
    if (refusal !== null) return refusal;
    const overrides = checkNewConfigs(topic.configs);
    if (overrides instanceof BrokerError) return overrides;
    const shape = decideShape(state, topic, overrides);
    if (shape instanceof BrokerError) return shape;
    const conflict = topicConflict(overrides, state.brokerValues);
    if (conflict !== null) return conflict;
    const tooMany = budget.take(shape.partitionCount);
    if (tooMany !== null) return tooMany;
    namesByKey.set(collisionKey(topic.name), topic.name);
    const created = { name: topic.name, overrides, ...shape };
    if (command.validateOnly) return { ...created, id: ZERO_UUID };
    const id = topicId(idBytes, index);
    if (state.topicsById.has(id)) {
      return new BrokerError('unknown-server-error', 'The random id of the topic is taken: try again.');
    }
    records.push(newTopicRecord({ id, name: topic.name, shape, overrides, nowMs }));
    return { ...created, id };
  });
  return { records, answer };
}

function newTopicRecord(topic: {
  readonly id: Uuid;
  readonly name: string;
  readonly shape: Shape;
  readonly overrides: TopicOverrides;
  readonly nowMs: number;
}): TopicRecord {
  return {
    kind: 'topic',
    id: topic.id,
    name: topic.name,
    createdMs: topic.nowMs,
    partitionCount: topic.shape.partitionCount,
    placement: PLACEMENT,
    overrides: topic.overrides,
  };
}

/** Makes 16 random bytes, in place, a UUID (version 4) whose printed form doesn't begin with "-", which tools would take for an option. */
function topicId(bytes: Buffer, index: number): Uuid {
  const at = index * UUID_BYTES;
  bytes[at + 6] = (bytes[at + 6]! & 0x0f) | 0x40;
  bytes[at + 8] = (bytes[at + 8]! & 0x3f) | 0x80;
  if (bytes[at]! >> 2 === 62) bytes[at]! ^= 0x80;
  return readUuid(bytes, at);
}

function findDuplicates(names: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const duplicates = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) duplicates.add(name);
    seen.add(name);
  }
  return duplicates;
}

function checkNameIsFree(
  state: MetadataState,
  pending: ReadonlyMap<string, string>,
  name: string,
): BrokerError | null {
  if (state.topicsByName.has(name)) return new BrokerError('topic-exists', `Topic "${name}" already exists.`);
  const key = collisionKey(name);
  const other = state.namesByKey.get(key) ?? pending.get(key);
  if (other === undefined) return null;
  return new BrokerError(
    'invalid-topic',
    `Topic "${name}" collides with the topic "${other}": names that differ only in "." and "_" can't be told apart in metrics.`,
  );
}

function decideShape(state: MetadataState, topic: NewTopic, overrides: TopicOverrides): Shape | BrokerError {
  const origin = findOrigin(state, overrides);
  if (origin === null) return decidePlacement(state, topic);
  if (origin instanceof BrokerError) return origin;
  const isFree = topic.partitionCount === -1 && (topic.assignments ?? []).length === 0;
  const wanted = isFree ? { ...topic, partitionCount: origin.partitionCount } : topic;
  const shape = decidePlacement(state, wanted);
  if (shape instanceof BrokerError) return shape;
  return checkViewPartitions(origin, shape.partitionCount) ?? shape;
}

function decidePlacement(state: MetadataState, topic: NewTopic): Shape | BrokerError {
  const { assignments } = topic;
  if (assignments !== null && assignments.length > 0) {
    if (topic.partitionCount !== -1 || topic.replicationFactor !== -1) {
      return new BrokerError(
        'invalid-request',
        'A topic has either chosen replicas or counts: give -1 for both counts along with replicas.',
      );
    }
    const sorted = [...assignments].sort((a, b) => a.partition - b.partition);
    if (sorted.some(({ partition }, index) => partition !== index)) {
      return badAssignment('Replicas must be given for the partitions 0, 1, 2, … without a gap.');
    }
    return (
      checkAssignments(
        state,
        sorted.map(({ brokerIds }) => brokerIds),
      ) ?? { partitionCount: sorted.length, replicationFactor: 1 }
    );
  }
  return decideCounts(state, topic);
}

function decideCounts(state: MetadataState, topic: NewTopic): Shape | BrokerError {
  const partitionCount =
    topic.partitionCount === -1
      ? Number(brokerText('num.partitions', state.brokerValues))
      : topic.partitionCount;
  const refusal = checkPartitionCount(partitionCount);
  if (refusal !== null) return refusal;
  const { replicationFactor } = topic;
  if (replicationFactor !== 1 && replicationFactor !== -1) {
    return new BrokerError(
      'invalid-replication-factor',
      replicationFactor < 1
        ? `The replication factor can't be ${replicationFactor}: give 1, or -1 for the broker's default.`
        : `The replication factor ${replicationFactor} is more than the one broker there is: give 1, or -1.`,
    );
  }
  return { partitionCount, replicationFactor: 1 };
}

function checkPartitionCount(count: number): BrokerError | null {
  if (count >= 1 && count <= PARTITIONS_PER_TOPIC_MAX) return null;
  return new BrokerError(
    'invalid-partitions',
    `A topic can't have ${count} partitions: give a number from 1 to ${PARTITIONS_PER_TOPIC_MAX}.`,
  );
}

function badAssignment(message: string): BrokerError {
  return new BrokerError('invalid-replica-assignment', message);
}

function checkAssignments(
  state: MetadataState,
  assignments: readonly ReplicaAssignment[],
): BrokerError | null {
  for (const brokerIds of assignments) {
    if (brokerIds.length === 0) return badAssignment('Each partition needs a replica.');
    if (new Set(brokerIds).size !== brokerIds.length) {
      return badAssignment(`The replicas ${brokerIds.join(', ')} name a broker twice.`);
    }
    const unknown = brokerIds.find((id) => id !== state.brokerId);
    if (unknown !== undefined) {
      return badAssignment(`There is no broker ${unknown}: the only one has the id ${state.brokerId}.`);
    }
  }
  return checkPartitionCount(assignments.length);
}

export function deleteTopics(
  state: MetadataState,
  command: DeleteTopics,
): { readonly deleted: readonly Topic[]; readonly answer: readonly (DeletedTopic | BrokerError)[] } {
  const deleted = new Set<Topic>();
  const named = new Set<Topic>();
  for (const { name, id } of command.topics) {
    const topic = name !== null ? state.topicsByName.get(name) : state.topicsById.get(id);
    if (topic !== undefined) named.add(topic);
  }
  const enabled = brokerText('delete.topic.enable', state.brokerValues) === 'true';
  const answer = command.topics.map((reference): DeletedTopic | BrokerError => {
    if (!enabled) {
      return new BrokerError(
        'topic-deletion-disabled',
        'Topics may not be deleted here: the broker runs with delete.topic.enable=false.',
      );
    }
    const topic = findTopic(state, reference);
    if (topic instanceof BrokerError) return topic;
    if (deleted.has(topic)) {
      return new BrokerError(
        'invalid-request',
        `The request names the topic "${topic.name}" twice: name it once.`,
      );
    }
    const refusal = checkNoViewsLeft(state, topic, named);
    if (refusal !== null) return refusal;
    deleted.add(topic);
    return { name: topic.name, id: topic.id };
  });
  return { deleted: [...deleted], answer };
}

function findTopic(state: MetadataState, reference: TopicReference): Topic | BrokerError {
  if (reference.name !== null) {
    return state.topicsByName.get(reference.name) ?? unknownTopic(reference.name);
  }
  return (
    state.topicsById.get(reference.id) ??
    new BrokerError('unknown-topic-id', 'There is no topic with this id: it may have been deleted.')
  );
}

export function unknownTopic(name: string): BrokerError {
  return new BrokerError('unknown-topic', `There is no topic "${name}".`);
}

export function createPartitions(
  state: MetadataState,
  command: CreatePartitions,
): { readonly records: readonly TopicRecord[]; readonly answer: readonly (number | BrokerError)[] } {
  const records: TopicRecord[] = [];
  const duplicates = findDuplicates(command.topics.map(({ name }) => name));
  const budget = new PartitionBudget(state);
  const answer = command.topics.map((wanted): number | BrokerError => {
    if (duplicates.has(wanted.name)) {
      return new BrokerError(
        'invalid-request',
        `The request names the topic "${wanted.name}" twice: name it once.`,
      );
    }
    const topic = state.topicsByName.get(wanted.name);
    if (topic === undefined) return unknownTopic(wanted.name);
    const grown = [topic, ...state.viewsOf(topic.name)];
    const added = (wanted.partitionCount - topic.partitionCount) * grown.length;
    const refusal = checkMorePartitions(state, topic, wanted) ?? budget.take(added);
    if (refusal !== null) return refusal;
    if (command.validateOnly) return wanted.partitionCount;
    for (const each of grown) records.push(topicRecord(each, { partitionCount: wanted.partitionCount }));
    return wanted.partitionCount;
  });
  return { records, answer };
}

function checkMorePartitions(state: MetadataState, topic: Topic, wanted: MorePartitions): BrokerError | null {
  const { partitionCount, assignments } = wanted;
  const origin = originOf(topic.overrides);
  if (origin !== '') {
    const message = `Topic "${topic.name}" is a view and has the partitions of its origin: add them to "${origin}".`;
    return new BrokerError('invalid-partitions', message);
  }
  if (partitionCount <= topic.partitionCount) {
    return new BrokerError(
      'invalid-partitions',
      partitionCount === topic.partitionCount
        ? `Topic "${topic.name}" has ${partitionCount} partitions already.`
        : `Topic "${topic.name}" has ${topic.partitionCount} partitions, and their number can't be lowered to ${partitionCount}.`,
    );
  }
  const refusal = checkPartitionCount(partitionCount);
  if (refusal !== null || assignments === null) return refusal;
  const added = partitionCount - topic.partitionCount;
  if (assignments.length !== added) {
    return badAssignment(
      `${added} partitions are to be added, but replicas are given for ${assignments.length}.`,
    );
  }
  return checkAssignments(state, assignments);
}
