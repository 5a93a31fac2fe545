/** DescribeProducers, DescribeTransactions, ListTransactions, WriteTxnMarkers (keys 61, 65, 66, 27). KIP-664, KIP-994. */
import { answersOf } from '../../../base/answers-of.ts';
import { assert } from '../../../base/assert.ts';
import { BrokerError, type BrokerErrorCode } from '../../../base/errors.ts';
import { compileExpression } from '../../../base/regular-expression.ts';
import type { Partition } from '../../../broker/topics.ts';
import { CLUSTER_RESOURCE } from '../../../security/access.ts';
import type { TransactionDescription } from '../../../transaction/commands.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type DescribeProducersResponse,
  type DescribeProducersResponsePartition,
  readDescribeProducersRequest,
  writeDescribeProducersResponse,
} from '../codec/generated/describe-producers.ts';
import {
  type DescribeTransactionsResponse,
  type DescribeTransactionsResponseState,
  readDescribeTransactionsRequest,
  writeDescribeTransactionsResponse,
} from '../codec/generated/describe-transactions.ts';
import {
  type ListTransactionsResponse,
  readListTransactionsRequest,
  writeListTransactionsResponse,
} from '../codec/generated/list-transactions.ts';
import {
  readWriteTxnMarkersRequest,
  type WriteTxnMarkersRequestMarker,
  type WriteTxnMarkersResponse,
  type WriteTxnMarkersResponseMarker,
  writeWriteTxnMarkersResponse,
} from '../codec/generated/write-txn-markers.ts';
import { KAFKA_ERRORS } from '../errors.ts';
import { audited, denied, isAllowed, isAllowedCluster } from './authorize.ts';
import { findPartition, findTopicByName } from './resolve.ts';

function producersOf(partitionIndex: number, partition: Partition): DescribeProducersResponsePartition {
  const { producers } = partition;
  return {
    partitionIndex,
    errorCode: 0,
    errorMessage: null,
    activeProducers: Array.from(producers.entries, ([producerId, { epoch, lastSeenMs }]) => ({
      producerId,
      producerEpoch: epoch,
      lastSequence: producers.lastSequence(producerId),
      lastTimestamp: lastSeenMs,
      // Of the last end marker; the partition doesn't keep it, as there is one coordinator.
      coordinatorEpoch: -1,
      currentTxnStartOffset: producers.transactions?.firstOffset(producerId) ?? -1,
    })),
  };
}

export const describeProducers = defineApi({
  key: API_KEY.DescribeProducers,
  authorization: ['read topic'],
  read: readDescribeProducersRequest,
  write: writeDescribeProducersResponse,
  handle(context, request, respond: (response: DescribeProducersResponse) => void) {
    const { broker } = context.kafka;
    const topics = request.topics.map(({ name, partitionIndexes }) => {
      const topic = findTopicByName(context, 'read', name);
      const partitions = partitionIndexes.map((index) => {
        const partition = findPartition(broker, topic, index);
        if (typeof partition !== 'string') return producersOf(index, partition);
        const errorCode = KAFKA_ERRORS[partition];
        return { partitionIndex: index, errorCode, errorMessage: null, activeProducers: [] };
      });
      return { name, partitions };
    });
    respond({ throttleTimeMs: 0, topics });
  },
});

function stateOf(
  { kafka, access }: RequestContext,
  described: TransactionDescription,
): DescribeTransactionsResponseState {
  const { topics } = kafka.broker;
  return {
    errorCode: 0,
    transactionalId: described.transactionalId,
    transactionState: described.phase,
    transactionTimeoutMs: described.timeoutMs,
    transactionStartTimeMs: described.startMs,
    producerId: described.producerId,
    producerEpoch: described.epoch,
    topics: described.topics.flatMap(({ topicId, partitions }) => {
      const topic = topics.byId(topicId);
      const shown = topic !== undefined && access.allows('describe', 'topic', topic.name);
      return shown ? [{ topic: topic.name, partitions: [...partitions] }] : [];
    }),
  };
}

function unknownTransaction(transactionalId: string, errorCode: number): DescribeTransactionsResponseState {
  return {
    errorCode,
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  };
}

export const describeTransactions = defineApi({
  key: API_KEY.DescribeTransactions,
  authorization: ['describe transactional-id', 'describe topic'],
  read: readDescribeTransactionsRequest,
  write: writeDescribeTransactionsResponse,
  handle(context, request, respond: (response: DescribeTransactionsResponse) => void) {
    const allowed = request.transactionalIds.filter((id) =>
      isAllowed(context, 'describe', 'transactional-id', id),
    );
    context.kafka.broker.transactions.submit({ kind: 'describe', transactionalIds: allowed }, (answer) => {
      if (answer instanceof BrokerError) {
        const errorCode = KAFKA_ERRORS[answer.code];
        const transactionStates = request.transactionalIds.map((id) => unknownTransaction(id, errorCode));
        return respond({ throttleTimeMs: 0, transactionStates });
      }
      assert(answer.kind === 'described', 'a question is answered by its kind');
      const described = new Map(allowed.map((id, place) => [id, answer.transactions[place]!]));
      const transactionStates = request.transactionalIds.map((id) => {
        const one = described.get(id) ?? denied('transactional-id');
        return one instanceof BrokerError
          ? unknownTransaction(id, KAFKA_ERRORS[one.code])
          : stateOf(context, one);
      });
      respond({ throttleTimeMs: 0, transactionStates });
    });
  },
});

export const listTransactions = defineApi({
  key: API_KEY.ListTransactions,
  authorization: ['describe transactional-id'],
  read: readListTransactionsRequest,
  write: writeListTransactionsResponse,
  handle(context, request, respond: (response: ListTransactionsResponse) => void) {
    const refuse = (error: BrokerErrorCode): void =>
      respond({
        throttleTimeMs: 0,
        errorCode: KAFKA_ERRORS[error],
        unknownStateFilters: [],
        transactionStates: [],
      });
    const pattern = compileExpression(request.transactionalIdPattern || '.*');
    if (typeof pattern === 'string') return refuse('invalid-regular-expression');
    const { access } = context;
    const unknown = unknownStates(request.stateFilters);
    context.kafka.broker.transactions.submit(
      {
        kind: 'list',
        phases: request.stateFilters,
        producerIds: request.producerIdFilters,
        durationMs: request.durationFilter,
        matches: (id) => pattern.matches(id) && access.allows('describe', 'transactional-id', id),
      },
      (answer) => {
        if (answer instanceof BrokerError) return refuse(answer.code);
        assert(answer.kind === 'listed', 'a question is answered by its kind');
        const transactionStates = answer.transactions.map(({ transactionalId, producerId, phase }) => ({
          transactionalId,
          producerId,
          transactionState: phase,
        }));
        respond({ throttleTimeMs: 0, errorCode: 0, unknownStateFilters: unknown, transactionStates });
      },
    );
  },
});

/** Writes one producer's end markers, and answers when they are durable, each with its code. */
function writeMarkers(
  context: RequestContext,
  marker: WriteTxnMarkersRequestMarker,
  done: (result: WriteTxnMarkersResponseMarker) => void,
): void {
  const { broker } = context.kafka;
  const allowed =
    context.access.allows('alter', 'cluster', CLUSTER_RESOURCE) ||
    isAllowedCluster(context, 'cluster-action');
  const { producerId, producerEpoch, transactionResult: commit, coordinatorEpoch } = marker;
  let open = 1;
  const topics = marker.topics.map(({ name }) => ({
    name,
    partitions: [] as { partitionIndex: number; errorCode: number }[],
  }));
  const settle = (): void => {
    if (--open === 0) done({ producerId, topics });
  };
  marker.topics.forEach(({ name, partitionIndexes }, place) => {
    const topic = allowed ? (broker.topics.byName(name) ?? 'unknown-topic') : 'cluster-authorization-failed';
    for (const partitionIndex of partitionIndexes) {
      const answer = { partitionIndex, errorCode: 0 };
      topics[place]!.partitions.push(answer);
      const partition = findPartition(broker, topic, partitionIndex);
      if (typeof partition === 'string') {
        answer.errorCode = KAFKA_ERRORS[partition];
        continue;
      }
      open++;
      broker.writeEndMarker(partition, { producerId, producerEpoch, commit, coordinatorEpoch }, (error) => {
        if (error !== null) answer.errorCode = KAFKA_ERRORS[error.code];
        else {
          const detail = `of producer ${producerId}, ${commit ? 'committed' : 'aborted'} by a marker`;
          audited(context, { change: 'transaction ended', subject: `${name}-${partitionIndex}`, detail });
        }
        settle();
      });
    }
  });
  settle();
}

export const writeTxnMarkers = defineApi({
  key: API_KEY.WriteTxnMarkers,
  authorization: ['alter cluster', 'cluster-action cluster'],
  read: readWriteTxnMarkersRequest,
  write: writeWriteTxnMarkersResponse,
  handle(context, request, respond: (response: WriteTxnMarkersResponse) => void) {
    answersOf(
      request.markers,
      (marker, answered) => writeMarkers(context, marker, answered),
      (markers: WriteTxnMarkersResponseMarker[]) => respond({ markers }),
    );
  },
});

/** The states of Kafka's coordinator; here a transaction is never between open and complete. */
const KAFKA_STATES: ReadonlySet<string> = new Set([
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'PrepareEpochFence',
  'Dead',
]);

const unknownStates = (names: readonly string[]): string[] => names.filter((name) => !KAFKA_STATES.has(name));
