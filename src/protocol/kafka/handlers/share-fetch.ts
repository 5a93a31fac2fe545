/** ShareFetch (key 78) in share sessions, with the acknowledgements that it brings. KIP-932, KIP-1206, KIP-1222. */
import { BrokerError } from '../../../base/errors.ts';
import type { Uuid } from '../../../base/uuid.ts';
import type { ShareSettings } from '../../../broker/share-groups.ts';
import { batchLastOffset, eachBatch } from '../../../record/batch.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  defaultShareFetchResponse,
  defaultShareFetchResponsePartition,
  readShareFetchRequest,
  type ShareFetchRequest,
  type ShareFetchResponse,
  type ShareFetchResponseAcquiredRecords,
  type ShareFetchResponsePartition,
  type ShareFetchResponseTopic,
  writeShareFetchResponse,
} from '../codec/generated/share-fetch.ts';
import { KAFKA_ERRORS, SHARE_SESSION_LIMIT_REACHED } from '../errors.ts';
import { type AckOutcome, acknowledge } from '../share-acks.ts';
import { type Gathered, ShareGather, type ShareSource } from '../share-gather.ts';
import {
  checkShareRequest,
  FINAL_EPOCH,
  INITIAL_EPOCH,
  invalidRequest,
  type ShareRefusal,
  sessionOf,
} from '../share-request.ts';
import type { ShareSession } from '../share-session.ts';
import { findTopic } from './resolve.ts';

/** ShareAcquireMode: a hard limit of records. The other (0) fills up batches. */
const RECORD_LIMIT = 1;
const ACQUIRE_MODES = 2;
/** What a fetch may answer when clients leave too much untaken; the first batch comes anyway. */
const ANSWER_BYTES_MIN = 256 * 1024;
const DELIVERY_COUNT_MAX = 32_767;

type Respond = (response: ShareFetchResponse, held?: readonly Buffer[]) => void;

function handle(context: RequestContext, request: ShareFetchRequest, respond: Respond): void {
  const session = findSession(context, request);
  if (!('consumer' in session)) return respond({ ...defaultShareFetchResponse(), ...session });
  const { shareGroups } = context.kafka.broker;
  const settings = shareGroups.settings(session.groupId);
  const answer = new Answer(settings, request.batchSize);
  const { topics, isRenewAck: renews } = request;
  // A request that renews, as the last of a session, asks for nothing more.
  const fetches = !renews && request.shareSessionEpoch !== FINAL_EPOCH;
  let left = fetches ? 2 : 1;
  const finish = (): void => {
    left--;
    if (left > 0) return;
    if (request.shareSessionEpoch === FINAL_EPOCH) context.kafka.shareSessions.close(session);
    respond(answer.response(), answer.held);
  };
  acknowledge(context, { session, settings, topics, renews }, (outcomes) => {
    for (const outcome of outcomes) answer.addOutcome(outcome);
    finish();
  });
  if (!fetches) return;
  gather(context, { request, session, settings, answer }, finish);
}

/** The session of the request, with what it adds and takes away. */
function findSession(context: RequestContext, request: ShareFetchRequest): ShareSession | ShareRefusal {
  const refusal = checkShareRequest(context, request) ?? checkFields(request);
  if (refusal !== null) return refusal;
  const session =
    request.shareSessionEpoch === INITIAL_EPOCH
      ? context.kafka.shareSessions.open(
          { groupId: request.groupId!, memberId: request.memberId! },
          context.whenDisconnected,
        )
      : sessionOf(context, request);
  if (session === null) return noRoom('group.share.max.share.sessions is reached');
  if (!('consumer' in session) || request.shareSessionEpoch === FINAL_EPOCH) return session;
  const { topics, forgottenTopicsData } = request;
  if (topics.length + forgottenTopicsData.length === 0) return session;
  const changed = context.kafka.shareSessions.change(session, () => {
    for (const { topicId, partitions } of topics)
      for (const { partitionIndex } of partitions) session.add(topicId, partitionIndex);
    for (const { topicId, partitions } of forgottenTopicsData)
      for (const partition of partitions) session.remove(topicId, partition);
  });
  return changed ? session : noRoom('the share sessions have as many partitions as they may');
}

const noRoom = (why: string): ShareRefusal => ({
  errorCode: SHARE_SESSION_LIMIT_REACHED,
  errorMessage: `There is no room for another share session: ${why}.`,
});

function checkFields(request: ShareFetchRequest): ShareRefusal | null {
  const { shareAcquireMode, isRenewAck, maxBytes, minBytes, maxRecords, maxWaitMs } = request;
  if (shareAcquireMode < 0 || shareAcquireMode >= ACQUIRE_MODES)
    return invalidRequest(`There is no share acquire mode ${shareAcquireMode}.`);
  if (isRenewAck && (maxBytes !== 0 || minBytes !== 0 || maxRecords !== 0 || maxWaitMs !== 0))
    return invalidRequest('A request that renews records fetches none: its limits are 0.');
  const bringsAcks = request.topics.some(({ partitions }) =>
    partitions.some(({ acknowledgementBatches }) => acknowledgementBatches.length > 0),
  );
  if (request.shareSessionEpoch === INITIAL_EPOCH && bringsAcks)
    return invalidRequest('The first request of a share session has nothing to acknowledge.');
  return null;
}

interface Run {
  readonly request: ShareFetchRequest;
  readonly session: ShareSession;
  readonly settings: ShareSettings;
  readonly answer: Answer;
}

/** Acquires records of the session's topics into the answer. */
function gather(context: RequestContext, run: Run, done: () => void): void {
  const { request, session, answer } = run;
  const { broker, clock, blocks, unsent } = context.kafka;
  const limits = {
    messagesMax: request.maxRecords,
    bytesMax: Math.min(
      request.maxBytes,
      broker.settings.fetchBytesMax,
      context.charge.fetchBytesMax,
      Math.max(ANSWER_BYTES_MIN, unsent.roomBytes),
    ),
    bytesMin: request.minBytes,
    waitMs: request.maxWaitMs,
    wholeBatches: request.shareAcquireMode !== RECORD_LIMIT,
  };
  const options = { queues: broker.queues, clock, consumer: session.consumer, limits };
  const gathering = new ShareGather(options, (gathered) => {
    let bytes = 0;
    for (const one of gathered) for (const batch of one.batches) bytes += batch.length;
    context.charge.fetched(bytes);
    for (const one of gathered) answer.addGathered(one);
    done();
  });
  context.whenGone(() => gathering.cancel((batches) => blocks.releaseAll(batches)));
  openSources(context, run, (sources) => gathering.start(sources));
}

/** The session's topics that can be read, those first that stood behind the others the last time; the answer says why others can't. */
function openSources(
  context: RequestContext,
  { session, settings, answer }: Run,
  done: (sources: ShareSource[]) => void,
): void {
  const { shareGroups } = context.kafka.broker;
  const { groupId } = session;
  const topics = [...session.topics];
  const start = topics.length === 0 ? 0 : session.nextEpoch % topics.length;
  const sources: ShareSource[] = [];
  let left = topics.length + 1;
  const finish = (): void => {
    left--;
    if (left === 0) done(sources);
  };
  for (const [topicId, indexes] of [...topics.slice(start), ...topics.slice(0, start)]) {
    const topic = findTopic(context, 'read', { name: '', topicId }, true);
    const partitions: number[] = [];
    for (const index of indexes) {
      if (typeof topic === 'string') answer.addError(topicId, index, KAFKA_ERRORS[topic], null);
      else if (index >= 0 && index < topic.partitionCount) partitions.push(index);
      else answer.addError(topicId, index, KAFKA_ERRORS['unknown-topic'], null);
    }
    if (partitions.length === 0) {
      finish();
      continue;
    }
    shareGroups.open({ groupId, topicId, settings }, (subscription) => {
      if (subscription instanceof BrokerError) {
        const { code, message } = subscription;
        for (const index of partitions) answer.addError(topicId, index, KAFKA_ERRORS[code], message);
      } else sources.push({ subscription, topicId, partitions });
      finish();
    });
  }
  finish();
}

/** Gathers partitions into the response, each once. */
class Answer {
  /** Blocks of its records, to be released when they were sent. */
  readonly held: Buffer[] = [];
  readonly #settings: ShareSettings;
  readonly #batchSize: number;
  readonly #topics = new Map<Uuid, Map<number, ShareFetchResponsePartition>>();

  constructor(settings: ShareSettings, batchSize: number) {
    this.#settings = settings;
    this.#batchSize = Math.max(1, batchSize);
  }

  addOutcome({ topicId, partition, errorCode, errorMessage }: AckOutcome): void {
    const answered = this.#partition(topicId, partition);
    answered.acknowledgeErrorCode = errorCode;
    answered.acknowledgeErrorMessage = errorMessage;
  }

  addError(topicId: Uuid, partition: number, errorCode: number, errorMessage: string | null): void {
    const answered = this.#partition(topicId, partition);
    answered.errorCode = errorCode;
    answered.errorMessage = errorMessage;
  }

  addGathered({ topicId, partition, batches, ranges }: Gathered): void {
    const answered = this.#partition(topicId, partition);
    answered.records = batches;
    this.held.push(...batches);
    answered.acquiredRecords = acquiredRecords(batches, ranges, this.#batchSize);
  }

  response(): ShareFetchResponse {
    const responses: ShareFetchResponseTopic[] = [];
    for (const [topicId, partitions] of this.#topics)
      responses.push({ topicId, partitions: [...partitions.values()] });
    const { lockMs } = this.#settings.subscription;
    return { ...defaultShareFetchResponse(), acquisitionLockTimeoutMs: lockMs, responses };
  }

  #partition(topicId: Uuid, partitionIndex: number): ShareFetchResponsePartition {
    let partitions = this.#topics.get(topicId);
    if (partitions === undefined) this.#topics.set(topicId, (partitions = new Map()));
    let found = partitions.get(partitionIndex);
    if (found === undefined) {
      found = { ...defaultShareFetchResponsePartition(), partitionIndex, records: [] };
      partitions.set(partitionIndex, found);
    }
    return found;
  }
}

/** What was acquired, parted at ends of batches so that no part is longer than the client wants, if that can be. */
function acquiredRecords(
  batches: readonly Buffer[],
  ranges: Gathered['ranges'],
  batchSize: number,
): ShareFetchResponseAcquiredRecords[] {
  const acquired: ShareFetchResponseAcquiredRecords[] = [];
  const ends = ranges.some(({ first, last }) => last - first >= batchSize) ? endsOf(batches) : [];
  let at = 0;
  for (const { first, last, deliveries } of ranges) {
    const deliveryCount = Math.min(deliveries, DELIVERY_COUNT_MAX);
    let firstOffset = first;
    for (; at < ends.length && ends[at]! < last; at++) {
      const isLong = ends[at + 1] !== undefined && Math.min(ends[at + 1]!, last) - firstOffset >= batchSize;
      if (ends[at]! < firstOffset || !isLong) continue;
      acquired.push({ firstOffset, lastOffset: ends[at]!, deliveryCount });
      firstOffset = ends[at]! + 1;
    }
    acquired.push({ firstOffset, lastOffset: last, deliveryCount });
  }
  return acquired;
}

/** The last offset of each batch. */
function endsOf(batches: readonly Buffer[]): number[] {
  return Array.from(eachBatch(batches), (batch) => batchLastOffset(batch));
}

export const shareFetch = defineApi({
  key: API_KEY.ShareFetch,
  authorization: ['read group', 'read topic'],
  read: readShareFetchRequest,
  write: writeShareFetchResponse,
  handle,
});
