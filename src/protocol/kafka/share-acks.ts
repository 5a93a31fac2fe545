/**
 * Acknowledgements of ShareFetch and ShareAcknowledge (KIP-932, KIP-1222): from batches of offsets to settlements of the group's
 * subscriptions, and what came of them by partition.
 */
import { answersOf } from '../../base/answers-of.ts';
import { BrokerError } from '../../base/errors.ts';
import type { Uuid } from '../../base/uuid.ts';
import type { SettleEntry, Settlement } from '../../broker/queues.ts';
import type { ShareSettings } from '../../broker/share-groups.ts';
import type { RequestContext } from './api.ts';
import type { ShareAcknowledgeRequestAcknowledgementBatch } from './codec/generated/share-acknowledge.ts';
import { INVALID_RECORD_STATE, KAFKA_ERRORS, NO_ERROR } from './errors.ts';
import { findTopic, hasPartition } from './handlers/resolve.ts';
import type { ShareSession } from './share-session.ts';

type AckBatch = ShareAcknowledgeRequestAcknowledgementBatch;

export interface AckTopic {
  readonly topicId: Uuid;
  readonly partitions: readonly {
    readonly partitionIndex: number;
    readonly acknowledgementBatches: readonly AckBatch[];
  }[];
}

/** What became of the acknowledgements of one partition. */
export interface AckOutcome {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

export interface Acknowledgements {
  readonly session: ShareSession;
  readonly settings: ShareSettings;
  readonly topics: readonly AckTopic[];
  /** The request says that it renews. */
  readonly renews: boolean;
}

/** AcknowledgeTypes. A gap is an offset without a record, which is done as one that was accepted (1) is. */
const GAP = 0;
const RELEASE = 2;
const REJECT = 3;
const RENEW = 4;

/** Calls `done` once with an outcome for each partition that has batches, when all of it is durable. */
export function acknowledge(
  context: RequestContext,
  acknowledgements: Acknowledgements,
  done: (outcomes: readonly AckOutcome[]) => void,
): void {
  const topics = acknowledgements.topics.filter(({ partitions }) =>
    partitions.some(({ acknowledgementBatches }) => acknowledgementBatches.length > 0),
  );
  answersOf(
    topics,
    (topic, answered) => acknowledgeTopic(context, acknowledgements, topic, answered),
    (outcomes: AckOutcome[][]) => done(outcomes.flat()),
  );
}

function acknowledgeTopic(
  context: RequestContext,
  { session, settings, renews }: Acknowledgements,
  { topicId, partitions }: AckTopic,
  done: (outcomes: AckOutcome[]) => void,
): void {
  const { broker } = context.kafka;
  const topic = findTopic(context, 'read', { name: '', topicId }, true);
  const outcomes: AckOutcome[] = [];
  const entries: SettleEntry[] = [];
  const settled: number[] = [];
  const told = (partition: number, errorCode: number, errorMessage: string | null = null): void => {
    outcomes.push({ topicId, partition, errorCode, errorMessage });
  };
  for (const { partitionIndex, acknowledgementBatches } of partitions) {
    if (acknowledgementBatches.length === 0) continue;
    if (typeof topic === 'string') told(partitionIndex, KAFKA_ERRORS[topic]);
    else if (!hasPartition(topic, partitionIndex)) told(partitionIndex, KAFKA_ERRORS['unknown-topic']);
    else {
      const problem = whatIsWrong(acknowledgementBatches, renews);
      if (problem !== null) told(partitionIndex, KAFKA_ERRORS['invalid-request'], problem);
      else if (renews && !settings.mayRenew)
        told(partitionIndex, INVALID_RECORD_STATE, 'share.renew.acknowledge.enable of the group is false.');
      else {
        settled.push(partitionIndex);
        for (const batch of acknowledgementBatches) addEntries(entries, partitionIndex, batch, settings);
      }
    }
  }
  const finish = (errors: ReadonlyMap<number, BrokerError>): void => {
    for (const partition of settled) {
      const error = errors.get(partition);
      if (error === undefined) told(partition, NO_ERROR);
      else told(partition, codeOf(error), error.message);
    }
    done(outcomes);
  };
  if (entries.length === 0) return finish(new Map());
  const subscription = broker.shareGroups.find(session.groupId, topicId);
  if (subscription === undefined) {
    const none = new BrokerError('invalid-delivery', 'The group has not fetched from this topic.');
    return finish(new Map(settled.map((partition) => [partition, none])));
  }
  broker.queues.settle({ subscription, consumer: session.consumer, entries }, (results) => {
    finish(firstErrors(entries, results));
  });
}

/** By partition. */
function firstErrors(
  entries: readonly SettleEntry[],
  results: readonly (number | BrokerError)[] | BrokerError,
): ReadonlyMap<number, BrokerError> {
  const errors = new Map<number, BrokerError>();
  entries.forEach(({ partition }, i) => {
    const result = results instanceof BrokerError ? results : results[i]!;
    if (result instanceof BrokerError && !errors.has(partition)) errors.set(partition, result);
  });
  return errors;
}

function codeOf(error: BrokerError): number {
  return error.code === 'invalid-delivery' || error.code === 'subscription-not-found'
    ? INVALID_RECORD_STATE
    : KAFKA_ERRORS[error.code];
}

/** Kafka's checks of the batches of a partition; null: they can be settled. */
function whatIsWrong(batches: readonly AckBatch[], renews: boolean): string | null {
  let next = 0;
  for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
    if (firstOffset > lastOffset) return `A batch begins at ${firstOffset}, behind its end at ${lastOffset}.`;
    if (firstOffset < next) return `The batch at ${firstOffset} is not behind the one before.`;
    next = lastOffset + 1;
    const { length } = acknowledgeTypes;
    if (length !== 1 && length !== lastOffset - firstOffset + 1)
      return `A batch of ${lastOffset - firstOffset + 1} offsets has ${length} types.`;
    for (const type of acknowledgeTypes) {
      if (type < GAP || type > RENEW) return `There is no acknowledgement of type ${type}.`;
      if (type === RENEW && !renews) return 'Records are renewed, and the request does not say so.';
    }
  }
  return null;
}

/** One entry for each run of offsets of the same type. */
function addEntries(
  entries: SettleEntry[],
  partition: number,
  { firstOffset, lastOffset, acknowledgeTypes }: AckBatch,
  settings: ShareSettings,
): void {
  const add = (first: number, last: number, type: number): void => {
    const action = actionOf(type, settings);
    const entry = { partition, first, last, lease: null, action };
    entries.push(action === 'renew' ? { ...entry, ms: settings.subscription.lockMs } : entry);
  };
  if (acknowledgeTypes.length === 1) return add(firstOffset, lastOffset, acknowledgeTypes[0]!);
  let start = 0;
  for (let i = 1; i <= acknowledgeTypes.length; i++) {
    if (i < acknowledgeTypes.length && acknowledgeTypes[i] === acknowledgeTypes[start]) continue;
    add(firstOffset + start, firstOffset + i - 1, acknowledgeTypes[start]!);
    start = i;
  }
}

function actionOf(type: number, { released }: ShareSettings): Settlement {
  switch (type) {
    case RELEASE:
      return released;
    case REJECT:
      return 'reject';
    case RENEW:
      return 'renew';
    default:
      return 'ack';
  }
}
