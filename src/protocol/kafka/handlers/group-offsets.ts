/** OffsetCommit, OffsetFetch, TxnOffsetCommit, OffsetDelete (keys 8, 9, 28, 47). KIP-211, KIP-320, KIP-447, KIP-496, KIP-709, KIP-848. */
import { BrokerError } from '../../../base/errors.ts';
import { type Uuid, ZERO_UUID } from '../../../base/uuid.ts';
import { askGroups } from '../../../broker/ask-groups.ts';
import type {
  CommitOffsetsCommand,
  FetchedOffset,
  FetchedTopic,
  TopicCommit,
} from '../../../group/commands.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  readOffsetCommitRequest,
  writeOffsetCommitResponse,
} from '../codec/generated/offset-commit.ts';
import {
  type OffsetDeleteResponse,
  readOffsetDeleteRequest,
  writeOffsetDeleteResponse,
} from '../codec/generated/offset-delete.ts';
import {
  defaultOffsetFetchResponse,
  type OffsetFetchRequest,
  type OffsetFetchRequestGroup,
  type OffsetFetchResponse,
  type OffsetFetchResponseGroup,
  type OffsetFetchResponseGroupPartition,
  readOffsetFetchRequest,
  writeOffsetFetchResponse,
} from '../codec/generated/offset-fetch.ts';
import {
  readTxnOffsetCommitRequest,
  type TxnOffsetCommitRequest,
  type TxnOffsetCommitResponse,
  writeTxnOffsetCommitResponse,
} from '../codec/generated/txn-offset-commit.ts';
import { errorCodeOf, KAFKA_ERRORS } from '../errors.ts';
import { audited, isAllowed } from './authorize.ts';
import { findTopic, findTopicByName, hasPartition } from './resolve.ts';
import { transactionError } from './transaction-call.ts';

/** From these versions on: topics by id; several groups a request; an error for a group that is not there. */
const TOPIC_ID_VERSION = 10;
const SEVERAL_GROUPS_VERSION = 8;
const GROUP_NOT_FOUND_VERSION = 9;
/** TxnOffsetCommit: a producer may be told to abort; and, one later, the group joins the transaction with the first commit (KIP-890). */
const ABORTABLE_VERSION = 4;
const JOINING_VERSION = 5;

/** What OffsetCommit and TxnOffsetCommit have in common. */
interface CommittedTopic {
  readonly name: string;
  readonly topicId: Uuid;
  readonly partitions: readonly {
    readonly partitionIndex: number;
    readonly committedOffset: number;
    readonly committedLeaderEpoch: number;
    readonly committedMetadata: string | null;
  }[];
}

/** Splits a commit into what can be asked of the coordinator and the answers that are known before. */
function planCommit(
  context: RequestContext,
  committed: readonly CommittedTopic[],
  byId: boolean,
): {
  response: OffsetCommitResponse;
  topics: TopicCommit[];
  places: { topic: number; partitions: number[] }[];
} {
  const response: OffsetCommitResponse = { throttleTimeMs: 0, topics: [] };
  const topics: TopicCommit[] = [];
  const places: { topic: number; partitions: number[] }[] = [];
  committed.forEach((wanted, topicIndex) => {
    const { name, topicId } = wanted;
    const topic = findTopic(context, 'read', wanted, byId);
    const missing = KAFKA_ERRORS[typeof topic === 'string' ? topic : 'unknown-topic'];
    const partitions: TopicCommit['partitions'][number][] = [];
    const place = { topic: topicIndex, partitions: [] as number[] };
    const answers = wanted.partitions.map((commit, index) => {
      if (!hasPartition(topic, commit.partitionIndex)) {
        return { partitionIndex: commit.partitionIndex, errorCode: missing };
      }
      place.partitions.push(index);
      partitions.push({
        partition: commit.partitionIndex,
        offset: commit.committedOffset,
        leaderEpoch: commit.committedLeaderEpoch,
        metadata: commit.committedMetadata ?? '',
      });
      return { partitionIndex: commit.partitionIndex, errorCode: 0 };
    });
    response.topics.push({ name, topicId, partitions: answers });
    if (typeof topic === 'string' || partitions.length === 0) return;
    topics.push({ topic: topic.name, topicId: topic.id, partitions });
    places.push(place);
  });
  return { response, topics, places };
}

/** The same error for each partition: the answer has no room for one of the group. */
function refuseCommit(topics: readonly CommittedTopic[], errorCode: number): OffsetCommitResponse['topics'] {
  return topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
  }));
}

type CommitFields = Omit<CommitOffsetsCommand, 'kind' | 'topics'>;

/** Asks the coordinator to commit, and fills in the codes. `codeOf` has the last word on them. */
function commit(
  context: RequestContext,
  planned: ReturnType<typeof planCommit>,
  {
    fields,
    codeOf,
    done,
  }: { fields: CommitFields; codeOf: (error: BrokerError) => number; done: () => void },
): void {
  const { response, topics, places } = planned;
  const setError = (place: number, partition: number, code: number): void => {
    const { topic, partitions } = places[place]!;
    response.topics[topic]!.partitions[partitions[partition]!]!.errorCode = code;
  };
  askGroups(
    context.kafka.broker,
    { kind: 'commit-offsets', ...fields, topics },
    {
      kinds: ['committed'],
      done(answer) {
        if (answer instanceof BrokerError) {
          const code = codeOf(answer);
          places.forEach(({ partitions }, place) => {
            for (let i = 0; i < partitions.length; i++) setError(place, i, code);
          });
        } else {
          for (const { topicIndex, partitionIndex, error } of answer.refused) {
            setError(topicIndex, partitionIndex, codeOf(error));
          }
        }
        done();
      },
    },
  );
}

export const offsetCommit = defineApi({
  key: API_KEY.OffsetCommit,
  authorization: ['read group', 'read topic'],
  read: readOffsetCommitRequest,
  write: writeOffsetCommitResponse,
  handle(context, request: OffsetCommitRequest, respond: (response: OffsetCommitResponse) => void) {
    if (!isAllowed(context, 'read', 'group', request.groupId)) {
      const errorCode = KAFKA_ERRORS['group-authorization-failed'];
      return respond({ throttleTimeMs: 0, topics: refuseCommit(request.topics, errorCode) });
    }
    const planned = planCommit(context, request.topics, context.apiVersion >= TOPIC_ID_VERSION);
    commit(context, planned, {
      fields: {
        groupId: request.groupId,
        memberId: request.memberId,
        instanceId: request.groupInstanceId,
        generation: request.generationIdOrMemberEpoch,
        retentionMs: request.retentionTimeMs < 0 ? null : request.retentionTimeMs,
        producerId: -1,
      },
      codeOf({ code }) {
        // Before version 9 a group that is not there was told by its generation.
        const unknown = code === 'group-not-found' && context.apiVersion < GROUP_NOT_FOUND_VERSION;
        return KAFKA_ERRORS[unknown ? 'illegal-generation' : code];
      },
      done: () => respond(planned.response),
    });
  },
});

export const txnOffsetCommit = defineApi({
  key: API_KEY.TxnOffsetCommit,
  authorization: ['write transactional-id', 'read group', 'read topic'],
  read: readTxnOffsetCommitRequest,
  write: writeTxnOffsetCommitResponse,
  handle(context, request, respond: (response: TxnOffsetCommitResponse) => void) {
    const { groupId } = request;
    const topics = request.topics.map((topic) => ({ ...topic, topicId: ZERO_UUID }));
    const refuse = (code: number): void => respond({ throttleTimeMs: 0, topics: refuseCommit(topics, code) });
    const denial = authorize(context, request);
    if (denial !== 0) return refuse(denial);
    if (groupId === '') return refuse(KAFKA_ERRORS['invalid-group-id']);
    const planned = planCommit(context, topics, false);
    // Nothing of it is there: no transaction begins with it.
    if (planned.topics.length === 0) return respond(planned.response);
    const refusal = admit(context, request);
    if (refusal !== 0) return refuse(refusal);
    commit(context, planned, {
      fields: {
        groupId,
        memberId: request.memberId,
        instanceId: request.groupInstanceId,
        generation: request.generationId,
        retentionMs: null,
        producerId: request.producerId,
      },
      // The clients of this request know the errors of classic groups only.
      codeOf: ({ code }) =>
        KAFKA_ERRORS[
          code === 'group-not-found' || code === 'stale-member-epoch' ? 'illegal-generation' : code
        ],
      done: () => respond(planned.response),
    });
  },
});

/** Whether the client may speak of this transaction and this group: the code of why not, or 0. */
function authorize(context: RequestContext, { groupId, transactionalId }: TxnOffsetCommitRequest): number {
  if (!isAllowed(context, 'write', 'transactional-id', transactionalId)) {
    return KAFKA_ERRORS['transactional-id-authorization-failed'];
  }
  return isAllowed(context, 'read', 'group', groupId) ? 0 : KAFKA_ERRORS['group-authorization-failed'];
}

/** Whether the producer may commit offsets of the group in its transaction: the code of why not, or 0. */
function admit(context: RequestContext, request: TxnOffsetCommitRequest): number {
  const { groupId, transactionalId, producerId, producerEpoch: epoch } = request;
  const joins = context.apiVersion >= JOINING_VERSION;
  const { transactions } = context.kafka.broker;
  const refusal = transactions.admitOffsets({ transactionalId, producerId, epoch }, groupId, joins);
  if (refusal === null) return 0;
  const abortable = refusal.code === 'invalid-transaction-state' && context.apiVersion >= ABORTABLE_VERSION;
  // A fenced producer is told of its epoch, as where it produces: PRODUCER_FENCED is the coordinator's word.
  return abortable ? KAFKA_ERRORS['transaction-abortable'] : transactionError(refusal, false);
}

interface WantedTopic {
  readonly name: string;
  readonly topicId: Uuid;
  readonly partitionIndexes: readonly number[];
}

/** All versions' requests in the form of the newest. */
function wantedGroups(request: OffsetFetchRequest, version: number): OffsetFetchRequestGroup[] {
  // Each group once: an answer may be a thousand times its question.
  if (version >= SEVERAL_GROUPS_VERSION)
    return [...new Map(request.groups.map((group) => [group.groupId, group])).values()];
  const topics = request.topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null;
  return [{ groupId: request.groupId, memberId: null, memberEpoch: -1, topics }];
}

function offsetAnswer(offset: FetchedOffset): OffsetFetchResponseGroupPartition {
  return {
    partitionIndex: offset.partition,
    committedOffset: offset.offset,
    committedLeaderEpoch: offset.leaderEpoch,
    metadata: offset.metadata,
    errorCode: offset.unstable ? KAFKA_ERRORS['unstable-offset-commit'] : 0,
  };
}

function missingOffset(partitionIndex: number, errorCode: number): OffsetFetchResponseGroupPartition {
  return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode };
}

class OffsetFetch {
  readonly #context: RequestContext;
  readonly #byId: boolean;

  constructor(context: RequestContext) {
    this.#context = context;
    this.#byId = context.apiVersion >= TOPIC_ID_VERSION;
  }

  /** What to ask the coordinator; topics that can't be answered with offsets are left out, and answered by `groupAnswer`. */
  question(group: OffsetFetchRequestGroup): {
    groupId: string;
    memberId: string | null;
    memberEpoch: number;
    topics: { topic: string; topicId: Uuid | null; partitions: number[] }[] | null;
  } {
    const { groupId, memberId, memberEpoch } = group;
    if (group.topics === null) return { groupId, memberId, memberEpoch, topics: null };
    const topics: { topic: string; topicId: Uuid | null; partitions: number[] }[] = [];
    for (const wanted of group.topics) {
      const name = this.#nameOf(wanted);
      if (name !== null && this.#mayDescribe(name))
        topics.push({
          topic: name,
          // A topic of this name that was there before is another one. Null: none is there now.
          topicId: this.#context.kafka.broker.topics.byName(name)?.id ?? null,
          partitions: [...wanted.partitionIndexes],
        });
    }
    return { groupId, memberId, memberEpoch, topics };
  }

  #nameOf(wanted: WantedTopic): string | null {
    if (!this.#byId) return wanted.name;
    return this.#context.kafka.broker.topics.byId(wanted.topicId)?.name ?? null;
  }

  #mayDescribe(name: string): boolean {
    return isAllowed(this.#context, 'describe', 'topic', name);
  }

  groupAnswer(
    group: OffsetFetchRequestGroup,
    { topics: fetched, error }: { readonly topics: readonly FetchedTopic[]; readonly error?: BrokerError },
  ): OffsetFetchResponseGroup {
    const errorCode = errorCodeOf(error ?? null);
    const answer: OffsetFetchResponseGroup = { groupId: group.groupId, topics: [], errorCode };
    if (error !== undefined) return answer;
    const { access } = this.#context;
    for (const topic of fetched) {
      if (!access.allows('describe', 'topic', topic.topic)) continue;
      const topicId = topic.topicId ?? ZERO_UUID;
      answer.topics.push({ name: topic.topic, topicId, partitions: topic.partitions.map(offsetAnswer) });
    }
    for (const wanted of group.topics ?? []) {
      const name = this.#nameOf(wanted);
      if (name !== null && access.allows('describe', 'topic', name)) continue;
      const errorCode = KAFKA_ERRORS[name === null ? 'unknown-topic-id' : 'topic-authorization-failed'];
      const partitions = wanted.partitionIndexes.map((index) => missingOffset(index, errorCode));
      answer.topics.push({ name: this.#byId ? '' : wanted.name, topicId: wanted.topicId, partitions });
    }
    return answer;
  }

  response(groups: OffsetFetchResponseGroup[]): OffsetFetchResponse {
    if (this.#context.apiVersion >= SEVERAL_GROUPS_VERSION)
      return { ...defaultOffsetFetchResponse(), groups };
    const { topics, errorCode } = groups[0]!;
    return { ...defaultOffsetFetchResponse(), topics, errorCode };
  }
}

export const offsetFetch = defineApi({
  key: API_KEY.OffsetFetch,
  authorization: ['describe group', 'describe topic'],
  read: readOffsetFetchRequest,
  write: writeOffsetFetchResponse,
  handle(context, request, respond: (response: OffsetFetchResponse) => void) {
    const fetch = new OffsetFetch(context);
    const wanted = wantedGroups(request, context.apiVersion);
    const groups = wanted.filter(({ groupId }) => isAllowed(context, 'describe', 'group', groupId));
    const allowed = new Set(groups);
    const forbidden = wanted
      .filter((group) => !allowed.has(group))
      .map(({ groupId }) => ({ groupId, topics: [], errorCode: KAFKA_ERRORS['group-authorization-failed'] }));
    if (groups.length === 0) return respond(fetch.response(forbidden));
    askGroups(
      context.kafka.broker,
      {
        kind: 'fetch-offsets',
        requireStable: request.requireStable,
        groups: groups.map((group) => fetch.question(group)),
      },
      {
        kinds: ['offsets'],
        done(answer) {
          if (answer instanceof BrokerError) {
            const errorCode = KAFKA_ERRORS[answer.code];
            const refused = groups.map(({ groupId }) => ({ groupId, topics: [], errorCode }));
            return respond(fetch.response([...refused, ...forbidden]));
          }
          const answers = groups.map((group, index) => fetch.groupAnswer(group, answer.groups[index]!));
          respond(fetch.response([...answers, ...forbidden]));
        },
      },
    );
  },
});

export const offsetDelete = defineApi({
  key: API_KEY.OffsetDelete,
  authorization: ['delete group', 'read topic'],
  read: readOffsetDeleteRequest,
  write: writeOffsetDeleteResponse,
  handle(context, request, respond: (response: OffsetDeleteResponse) => void) {
    if (!isAllowed(context, 'delete', 'group', request.groupId)) {
      const errorCode = KAFKA_ERRORS['group-authorization-failed'];
      return respond({ errorCode, throttleTimeMs: 0, topics: [] });
    }
    const found = request.topics.map(({ name }) => findTopicByName(context, 'read', name));
    const topics: { topic: string; partitions: number[] }[] = [];
    for (const [index, { name, partitions }] of request.topics.entries()) {
      const topic = found[index]!;
      const known = partitions
        .map(({ partitionIndex }) => partitionIndex)
        .filter((index) => hasPartition(topic, index));
      if (known.length > 0) topics.push({ topic: name, partitions: known });
    }
    askGroups(
      context.kafka.broker,
      { kind: 'delete-offsets', groupId: request.groupId, topics },
      {
        kinds: ['offsets-deleted'],
        done(answer) {
          if (answer instanceof BrokerError) {
            return respond({ errorCode: KAFKA_ERRORS[answer.code], throttleTimeMs: 0, topics: [] });
          }
          for (const { topic } of topics) {
            const subject = `${request.groupId} ${topic}`;
            audited(context, { change: 'offsets deleted', subject });
          }
          const subscribed = new Map(answer.subscribedTopics.map(({ topic, error }) => [topic, error]));
          const answers = request.topics.map(({ name, partitions }, index) => {
            const topic = found[index]!;
            const known = errorCodeOf(subscribed.get(name) ?? null);
            const missing = KAFKA_ERRORS[typeof topic === 'string' ? topic : 'unknown-topic'];
            return {
              name,
              partitions: partitions.map(({ partitionIndex }) => {
                const errorCode = hasPartition(topic, partitionIndex) ? known : missing;
                return { partitionIndex, errorCode };
              }),
            };
          });
          respond({ errorCode: 0, throttleTimeMs: 0, topics: answers });
        },
      },
    );
  },
});
