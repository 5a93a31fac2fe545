/** Fetch (key 1) with fetch sessions. KIP-74, KIP-227, KIP-320, KIP-516. */
import type { BrokerErrorCode } from '../../../base/errors.ts';
import type { Uuid } from '../../../base/uuid.ts';
import { type FetchedPartition, FetchPosition, FetchSet } from '../../../broker/fetch-set.ts';
import { isTopicName } from '../../../broker/topics.ts';
import type { Topic } from '../../../metadata/image.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type FetchRequest,
  type FetchResponse,
  type FetchResponsePartition,
  type FetchResponseTopic,
  readFetchRequest,
  writeFetchResponse,
} from '../codec/generated/fetch.ts';
import { KAFKA_ERRORS } from '../errors.ts';
import { FetchSession, type FetchTag, partitionKey, type UnresolvedPartition } from '../fetch-session.ts';
import { findPartition, findTopic, leaderEpochProblem } from './resolve.ts';

const TOPIC_ID_VERSION = 13;
/** Epoch of a full fetch that asks for a session. */
const INITIAL_EPOCH = 0;
/** Epoch of a full fetch that wants none. */
const FINAL_EPOCH = -1;
const READ_COMMITTED = 1;
/** What a fetch may answer when clients leave too much untaken; the first batch comes anyway. */
const ANSWER_BYTES_MIN = 256 * 1024;

type Respond = (response: FetchResponse, held?: readonly Buffer[]) => void;

function refuse(
  error: 'fetch-session-not-found' | 'invalid-fetch-session-epoch' | 'fetch-session-topic-id-error',
): FetchResponse {
  return {
    throttleTimeMs: 0,
    errorCode: KAFKA_ERRORS[error],
    sessionId: 0,
    responses: [],
    nodeEndpoints: [],
  };
}

function handle(context: RequestContext, request: FetchRequest, respond: Respond): void {
  const { fetchSessions } = context.kafka;
  const full = request.sessionEpoch === INITIAL_EPOCH || request.sessionEpoch === FINAL_EPOCH;
  if (full) {
    if (request.sessionId !== 0) fetchSessions.remove(request.sessionId);
    const session = openSession(context, request);
    return run({ context, request, session, full }, respond);
  }
  const session = fetchSessions.get(request.sessionId);
  if (session === undefined) return respond(refuse('fetch-session-not-found'));
  if (session.nextEpoch !== request.sessionEpoch) return respond(refuse('invalid-fetch-session-epoch'));
  if (session.usesTopicIds !== context.apiVersion >= TOPIC_ID_VERSION) {
    return respond(refuse('fetch-session-topic-id-error'));
  }
  session.advanceEpoch();
  forget(session, request, context);
  run({ context, request, session, full }, respond);
}

function openSession(context: RequestContext, request: FetchRequest): FetchSession {
  const { broker, fetchSessions } = context.kafka;
  const wanted = request.sessionEpoch === INITIAL_EPOCH && request.topics.length > 0;
  const session = new FetchSession({
    id: wanted ? fetchSessions.reserve() : 0,
    set: new FetchSet<FetchTag>(broker.log, broker.clock),
    usesTopicIds: context.apiVersion >= TOPIC_ID_VERSION,
  });
  if (session.id !== 0) fetchSessions.add(session);
  return session;
}

function forget(session: FetchSession, request: FetchRequest, context: RequestContext): void {
  for (const forgotten of request.forgottenTopicsData) {
    const { topicId, topic: topicName } = forgotten;
    const { topics } = context.kafka.broker;
    const topic = (session.usesTopicIds ? topics.byId(topicId) : topics.byName(topicName)) ?? 'unknown-topic';
    for (const partition of forgotten.partitions) {
      session.unresolved.delete(partitionKey({ topicName, topicId, partition }));
      const found = findPartition(context.kafka.broker, topic, partition);
      if (typeof found !== 'string') session.set.remove(found);
    }
  }
}

interface Run {
  readonly context: RequestContext;
  readonly request: FetchRequest;
  readonly session: FetchSession;
  readonly full: boolean;
}

function run(fetch: Run, respond: Respond): void {
  const { context, request, session, full } = fetch;
  const { broker, fetchSessions } = context.kafka;
  const answer = new Answer(request);
  recheck(fetch);
  // A copy: what can't be placed again goes to the end of the map, and would be met without end.
  for (const [key, unresolved] of [...session.unresolved]) {
    session.unresolved.delete(key);
    place(fetch, find(fetch, unresolved), unresolved, answer);
  }
  for (const { topic: topicName, topicId, partitions } of request.topics) {
    const topic = find(fetch, { topicName, topicId });
    for (const { partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch } of partitions) {
      const wanted = { topicName, topicId, partition, offset: fetchOffset, currentLeaderEpoch };
      place(fetch, topic, { ...wanted, bytesMax: partitionMaxBytes }, answer);
    }
  }
  context.whenGone(() => {
    session.set.abandon();
    if (session.id === 0) session.set.close();
  });
  fetchSessions.resized(session);
  session.set.fetch({
    bytesMax: Math.min(
      request.maxBytes,
      broker.settings.fetchBytesMax,
      context.charge.fetchBytesMax,
      Math.max(ANSWER_BYTES_MIN, context.kafka.unsent.roomBytes),
    ),
    bytesMin: request.minBytes,
    // As in Kafka, partitions that can't be read don't end the wait for the others: a client that keeps asking for a
    // topic that is gone must not spin.
    waitMaxMs: session.set.size === 0 ? 0 : request.maxWaitMs,
    readCommitted: request.isolationLevel === READ_COMMITTED,
    done: (fetched) => {
      if (context.charge.refusesFetched(bytesOf(fetched))) return respond(withhold(fetch, fetched));
      const listed = new Set<unknown>();
      const held: Buffer[] = [];
      for (const one of fetched) {
        listed.add(one.position);
        for (const batch of one.batches) held.push(batch);
        answer.addFetched(one, session.usesTopicIds);
        if (one.error === 'unknown-topic') setAside(session, one.position);
      }
      if (full) {
        for (const position of session.set.positions()) if (!listed.has(position)) answer.addQuiet(position);
      }
      if (session.id === 0) session.set.close();
      respond(answer.response(session.id), held);
    },
  });
}

/** Partitions that may no longer be read, by this client or by now, are looked for again as if they were new. */
function recheck({ context, session }: Run): void {
  const { access } = context;
  if (session.access === access && session.accessVersion === access.version) return;
  session.access = access;
  session.accessVersion = access.version;
  for (const position of [...session.set.positions()]) {
    if (!access.allows('read', 'topic', position.partition.topic.name)) setAside(session, position);
  }
}

function bytesOf(fetched: readonly FetchedPartition<FetchTag>[]): number {
  let bytes = 0;
  for (const { batches } of fetched) for (const batch of batches) bytes += batch.length;
  return bytes;
}

/** An answer without partitions for who is above its quota (KIP-219): the session stands as if it hadn't asked. */
function withhold(
  { context, session, full }: Run,
  fetched: readonly FetchedPartition<FetchTag>[],
): FetchResponse {
  for (const { position, batches } of fetched) {
    context.kafka.blocks.releaseAll(batches);
    session.set.takeBack(position);
  }
  if (session.id === 0) session.set.close();
  // A client that is answered nothing to its first fetch begins a session anew.
  else if (full) context.kafka.fetchSessions.remove(session.id);
  const sessionId = full ? 0 : session.id;
  return { throttleTimeMs: 0, errorCode: 0, sessionId, responses: [], nodeEndpoints: [] };
}

function find(
  { context, session }: Run,
  { topicName, topicId }: { topicName: string; topicId: Uuid },
): Topic | BrokerErrorCode {
  return findTopic(context, 'read', { name: topicName, topicId }, session.usesTopicIds);
}

/** Puts a named partition into the session's set, or answers why that is impossible. */
function place(
  fetch: Run,
  topic: Topic | BrokerErrorCode,
  wanted: UnresolvedPartition,
  answer: Answer,
): void {
  const { session, context } = fetch;
  const { broker } = context.kafka;
  const partition = findPartition(broker, topic, wanted.partition);
  if (typeof partition === 'string') return placeLater(session, partition, wanted, answer);
  const problem = leaderEpochProblem(broker, wanted.currentLeaderEpoch);
  if (problem !== null) return placeLater(session, problem, wanted, answer);
  const known = session.set.get(partition);
  if (known === undefined) {
    const { topicName, topicId, partition: index, ...fields } = wanted;
    session.set.put(
      new FetchPosition(partition, { tag: { topicName, topicId, partition: index }, ...fields }),
    );
    return;
  }
  known.offset = wanted.offset;
  known.bytesMax = wanted.bytesMax;
  known.currentLeaderEpoch = wanted.currentLeaderEpoch;
  session.set.touch(known);
}

function placeLater(
  session: FetchSession,
  problem: BrokerErrorCode,
  wanted: UnresolvedPartition,
  answer: Answer,
): void {
  answer.addError(wanted, problem);
  // What no topic can be called never comes to be, and its name may be long.
  const mayCome = session.usesTopicIds || isTopicName(wanted.topicName);
  if (session.id !== 0 && mayCome) session.unresolved.set(partitionKey(wanted), wanted);
}

/** A topic that was deleted may come again under its name: look again with the next fetch. */
function setAside(session: FetchSession, position: FetchPosition<FetchTag>): void {
  session.set.remove(position.partition);
  const { tag, offset, bytesMax, currentLeaderEpoch } = position;
  session.unresolved.set(partitionKey(tag), { ...tag, offset, bytesMax, currentLeaderEpoch });
}

interface PartitionFields {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly aborted: FetchedPartition<FetchTag>['aborted'];
  readonly records: readonly Buffer[];
}

/** Gathers partitions into the response, each topic once. */
class Answer {
  /** By name and id, without a text for each partition. */
  readonly #topics = new Map<string, Map<Uuid, FetchResponseTopic>>();
  readonly #responses: FetchResponseTopic[] = [];
  readonly #readCommitted: boolean;

  constructor(request: FetchRequest) {
    this.#readCommitted = request.isolationLevel === READ_COMMITTED;
  }

  #add({ topicName, topicId }: FetchTag, partition: FetchResponsePartition): void {
    let byId = this.#topics.get(topicName);
    if (byId === undefined) this.#topics.set(topicName, (byId = new Map()));
    let topic = byId.get(topicId);
    if (topic === undefined) {
      topic = { topic: topicName, topicId, partitions: [] };
      byId.set(topicId, topic);
      this.#responses.push(topic);
    }
    topic.partitions.push(partition);
  }

  #partition(partitionIndex: number, fields: PartitionFields): FetchResponsePartition {
    const { errorCode, highWatermark, lastStableOffset, logStartOffset, aborted, records } = fields;
    return {
      partitionIndex,
      errorCode,
      highWatermark,
      lastStableOffset,
      logStartOffset,
      divergingEpoch: null,
      currentLeader: null,
      snapshotId: null,
      abortedTransactions: this.#readCommitted ? [...(aborted ?? [])] : null,
      preferredReadReplica: -1,
      records,
    };
  }

  addError(tag: FetchTag, error: BrokerErrorCode): void {
    const errorCode = KAFKA_ERRORS[error];
    this.#add(
      tag,
      this.#partition(tag.partition, {
        errorCode,
        highWatermark: -1,
        lastStableOffset: -1,
        logStartOffset: -1,
        aborted: null,
        records: [],
      }),
    );
  }

  addFetched(fetched: FetchedPartition<FetchTag>, byId: boolean): void {
    const { position, error, highWatermark, lastStableOffset, startOffset, aborted, batches } = fetched;
    const { tag } = position;
    if (error !== null) {
      const gone = byId && error === 'unknown-topic';
      return this.addError(tag, gone ? 'unknown-topic-id' : error);
    }
    this.#add(
      tag,
      this.#partition(tag.partition, {
        errorCode: 0,
        highWatermark,
        lastStableOffset,
        logStartOffset: startOffset,
        aborted,
        records: batches,
      }),
    );
  }

  addQuiet({ tag, stream, lastStableOffset }: FetchPosition<FetchTag>): void {
    const { highWatermark, startOffset } = stream;
    const fields = { errorCode: 0, highWatermark, lastStableOffset, logStartOffset: startOffset };
    this.#add(tag, this.#partition(tag.partition, { ...fields, aborted: null, records: [] }));
  }

  response(sessionId: number): FetchResponse {
    return {
      throttleTimeMs: 0,
      errorCode: 0,
      sessionId,
      responses: this.#responses,
      nodeEndpoints: [],
    };
  }
}

export const fetch = defineApi({
  key: API_KEY.Fetch,
  authorization: ['read topic'],
  read: readFetchRequest,
  write: writeFetchResponse,
  handle,
});
