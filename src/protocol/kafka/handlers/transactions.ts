/**
 * AddPartitionsToTxn, AddOffsetsToTxn, EndTxn (keys 24–26). KIP-98, KIP-588, KIP-890.
 *
 * A transaction ends in one frame, so nobody is ever told that another one is still being ended (CONCURRENT_TRANSACTIONS).
 */
import { answersOf } from '../../../base/answers-of.ts';
import { assert } from '../../../base/assert.ts';
import { BrokerError, type BrokerErrorCode } from '../../../base/errors.ts';
import type { TransactionProducer } from '../../../broker/transactions.ts';
import type { TopicPartitions } from '../../../transaction/commands.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type AddOffsetsToTxnResponse,
  readAddOffsetsToTxnRequest,
  writeAddOffsetsToTxnResponse,
} from '../codec/generated/add-offsets-to-txn.ts';
import {
  type AddPartitionsToTxnRequest,
  type AddPartitionsToTxnRequestTransaction,
  type AddPartitionsToTxnResponse,
  type AddPartitionsToTxnResponseResult,
  readAddPartitionsToTxnRequest,
  writeAddPartitionsToTxnResponse,
} from '../codec/generated/add-partitions-to-txn.ts';
import { type EndTxnResponse, readEndTxnRequest, writeEndTxnResponse } from '../codec/generated/end-txn.ts';
import { KAFKA_ERRORS, OPERATION_NOT_ATTEMPTED } from '../errors.ts';
import { isAllowed } from './authorize.ts';
import { findTopicByName, hasPartition, isView } from './resolve.ts';
import { transactionError } from './transaction-call.ts';

/** First versions whose clients know PRODUCER_FENCED. */
const FENCED_VERSION = 2;
/** AddPartitionsToTxn: several transactions a request. */
const SEVERAL_VERSION = 4;
/** EndTxn: the producer gets a new epoch with each end (KIP-890). */
const EPOCH_VERSION = 5;

/** All versions' requests in the form of the newest. */
function wantedTransactions(
  request: AddPartitionsToTxnRequest,
  version: number,
): readonly AddPartitionsToTxnRequestTransaction[] {
  if (version >= SEVERAL_VERSION) return request.transactions;
  return [
    {
      transactionalId: request.v3AndBelowTransactionalId,
      producerId: request.v3AndBelowProducerId,
      producerEpoch: request.v3AndBelowProducerEpoch,
      verifyOnly: false,
      topics: request.v3AndBelowTopics,
    },
  ];
}

/** The partitions of a transaction by their ids; `missing`: some aren't there, and nothing is to be added. */
function resolvePartitions(
  context: RequestContext,
  { topics }: AddPartitionsToTxnRequestTransaction,
): { readonly topics: TopicPartitions[]; readonly missing: boolean } {
  const found: TopicPartitions[] = [];
  let missing = false;
  for (const { name, partitions } of topics) {
    const topic = findTopicByName(context, 'write', name);
    if (isView(topic) || !partitions.every((index) => hasPartition(topic, index))) missing = true;
    if (typeof topic !== 'string') found.push({ topicId: topic.id, partitions });
  }
  return { topics: found, missing };
}

/** The same code for each partition of a transaction, or what `code` gives for it. */
function resultOf(
  { transactionalId, topics }: AddPartitionsToTxnRequestTransaction,
  code: (topic: string, partition: number) => number,
): AddPartitionsToTxnResponseResult {
  return {
    transactionalId,
    topicResults: topics.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map((partitionIndex) => ({
        partitionIndex,
        partitionErrorCode: code(name, partitionIndex),
      })),
    })),
  };
}

function addPartitions(
  context: RequestContext,
  wanted: AddPartitionsToTxnRequestTransaction,
  done: (result: AddPartitionsToTxnResponseResult) => void,
): void {
  const { transactions } = context.kafka.broker;
  const { transactionalId, producerId, producerEpoch: epoch } = wanted;
  if (!isAllowed(context, 'write', 'transactional-id', transactionalId)) {
    return done(resultOf(wanted, () => KAFKA_ERRORS['transactional-id-authorization-failed']));
  }
  const knowsFenced = context.apiVersion >= FENCED_VERSION;
  const producer: TransactionProducer = { transactionalId, producerId, epoch };
  if (wanted.verifyOnly) {
    return done(
      resultOf(wanted, (name, index) => {
        const topic = findTopicByName(context, 'write', name);
        if (typeof topic === 'string') return KAFKA_ERRORS[topic];
        const problem = transactions.verify(producer, topic.id, index);
        return problem === null ? 0 : transactionError(problem, knowsFenced);
      }),
    );
  }
  const { topics, missing } = resolvePartitions(context, wanted);
  if (missing) {
    // All or none: those that are there are told that nothing was tried.
    const codeOf = (name: string, index: number): number => {
      const topic = findTopicByName(context, 'write', name);
      if (isView(topic)) return KAFKA_ERRORS['invalid-topic'];
      if (hasPartition(topic, index)) return OPERATION_NOT_ATTEMPTED;
      return KAFKA_ERRORS[typeof topic === 'string' ? topic : 'unknown-topic'];
    };
    return done(resultOf(wanted, codeOf));
  }
  transactions.submit({ kind: 'add', ...producer, topics, groupIds: [] }, (answer) => {
    const code = answer instanceof BrokerError ? transactionError(answer, knowsFenced) : 0;
    done(resultOf(wanted, () => code));
  });
}

function respondAdded(
  respond: (response: AddPartitionsToTxnResponse) => void,
  results: AddPartitionsToTxnResponseResult[],
  version: number,
): void {
  const several = version >= SEVERAL_VERSION;
  respond({
    throttleTimeMs: 0,
    errorCode: 0,
    resultsByTransaction: several ? results : [],
    resultsByTopicV3AndBelow: several ? [] : results[0]!.topicResults,
  });
}

export const addPartitionsToTxn = defineApi({
  key: API_KEY.AddPartitionsToTxn,
  authorization: ['write transactional-id', 'write topic'],
  read: readAddPartitionsToTxnRequest,
  write: writeAddPartitionsToTxnResponse,
  handle(context, request, respond: (response: AddPartitionsToTxnResponse) => void) {
    const wanted = wantedTransactions(request, context.apiVersion);
    answersOf(
      wanted,
      (transaction, answered) => addPartitions(context, transaction, answered),
      (results: AddPartitionsToTxnResponseResult[]) => respondAdded(respond, results, context.apiVersion),
    );
  },
});

export const addOffsetsToTxn = defineApi({
  key: API_KEY.AddOffsetsToTxn,
  authorization: ['write transactional-id', 'read group'],
  read: readAddOffsetsToTxnRequest,
  write: writeAddOffsetsToTxnResponse,
  handle(context, request, respond: (response: AddOffsetsToTxnResponse) => void) {
    const { transactionalId, producerId, producerEpoch: epoch, groupId } = request;
    const refuse = (error: BrokerErrorCode): void =>
      respond({ throttleTimeMs: 0, errorCode: KAFKA_ERRORS[error] });
    if (!isAllowed(context, 'write', 'transactional-id', transactionalId)) {
      return refuse('transactional-id-authorization-failed');
    }
    if (!isAllowed(context, 'read', 'group', groupId)) return refuse('group-authorization-failed');
    if (groupId === '') return refuse('invalid-group-id');
    context.kafka.broker.transactions.submit(
      { kind: 'add', transactionalId, producerId, epoch, topics: [], groupIds: [groupId] },
      (answer) => {
        const knowsFenced = context.apiVersion >= FENCED_VERSION;
        const errorCode = answer instanceof BrokerError ? transactionError(answer, knowsFenced) : 0;
        respond({ throttleTimeMs: 0, errorCode });
      },
    );
  },
});

export const endTxn = defineApi({
  key: API_KEY.EndTxn,
  authorization: ['write transactional-id'],
  read: readEndTxnRequest,
  write: writeEndTxnResponse,
  handle(context, request, respond: (response: EndTxnResponse) => void) {
    const { transactionalId, producerId, producerEpoch: epoch, committed: commit } = request;
    const bumpEpoch = context.apiVersion >= EPOCH_VERSION;
    if (!isAllowed(context, 'write', 'transactional-id', transactionalId)) {
      const errorCode = KAFKA_ERRORS['transactional-id-authorization-failed'];
      return respond({ throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 });
    }
    context.kafka.broker.transactions.end(
      { transactionalId, producerId, epoch, commit, bumpEpoch },
      (answer) => {
        if (answer instanceof BrokerError) {
          const errorCode = transactionError(answer, context.apiVersion >= FENCED_VERSION);
          return respond({ throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 });
        }
        assert(answer.kind === 'producer', 'a question is answered by its kind');
        respond({
          throttleTimeMs: 0,
          errorCode: 0,
          producerId: answer.producerId,
          producerEpoch: answer.epoch,
        });
      },
    );
  },
});
