/** Produce (key 0). KIP-98, KIP-516 (topic ids from version 13), KIP-467 (what is wrong with which record, from version 8). */
import { BrokerError } from '../../../base/errors.ts';
import type { Acks, PublishEntry, PublishResult } from '../../../broker/publish.ts';
import { RecordsRefused } from '../../../record/refused-records.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type ProduceRequest,
  type ProduceResponse,
  type ProduceResponsePartition,
  readProduceRequest,
  writeProduceResponse,
} from '../codec/generated/produce.ts';
import { INVALID_REQUIRED_ACKS, KAFKA_ERRORS } from '../errors.ts';
import { denied, isAllowed } from './authorize.ts';
import { noSuchPartition, resolveTopic } from './resolve.ts';

/** First version whose clients know zstd (KIP-110). */
const ZSTD_VERSION = 7;
const TOPIC_ID_VERSION = 13;
/** KIP-890: from here on a producer may be told to abort, and from the next on its partitions join with their first batch. */
const ABORTABLE_VERSION = 11;
const JOINING_VERSION = 12;

function partitionAnswer(index: number): ProduceResponsePartition {
  return {
    index,
    errorCode: 0,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage: null,
    currentLeader: null,
  };
}

function setError(answer: ProduceResponsePartition, error: BrokerError): void {
  answer.errorCode = KAFKA_ERRORS[error.code];
  answer.errorMessage = error.message;
  if (!(error instanceof RecordsRefused)) return;
  answer.recordErrors = error.records.map(({ index: batchIndex, reason: batchIndexErrorMessage }) => ({
    batchIndex,
    batchIndexErrorMessage,
  }));
}

/** What is wrong with the whole request, as an error code; null: nothing. */
function refuseRequest(
  context: RequestContext,
  request: ProduceRequest,
): { code: number; message: string } | null {
  if (request.acks !== 0 && request.acks !== 1 && request.acks !== -1) {
    return { code: INVALID_REQUIRED_ACKS, message: `acks=${request.acks} is not 0, 1 or -1 (all)` };
  }
  const { transactionalId } = request;
  if (transactionalId !== null && !isAllowed(context, 'write', 'transactional-id', transactionalId)) {
    const { code, message } = denied('transactional-id');
    return { code: KAFKA_ERRORS[code], message };
  }
  return null;
}

function handle(
  context: RequestContext,
  request: ProduceRequest,
  respond: (response: ProduceResponse | null) => void,
): void {
  const { broker } = context.kafka;
  const response: ProduceResponse = { responses: [], throttleTimeMs: 0, nodeEndpoints: [] };
  const refusal = refuseRequest(context, request);
  const entries: PublishEntry[] = [];
  const answers: ProduceResponsePartition[] = [];
  let noRecords: BrokerError | null = null;
  for (const topicData of request.topicData) {
    const partitionResponses: ProduceResponsePartition[] = [];
    response.responses.push({ name: topicData.name, topicId: topicData.topicId, partitionResponses });
    const topic = resolveTopic(context, 'write', topicData, context.apiVersion >= TOPIC_ID_VERSION);
    // One for all: there may be very many.
    let noPartition: BrokerError | null = null;
    for (const { index, records } of topicData.partitionData) {
      const answer = partitionAnswer(index);
      partitionResponses.push(answer);
      if (refusal !== null) {
        answer.errorCode = refusal.code;
        answer.errorMessage = refusal.message;
        continue;
      }
      const partition =
        topic instanceof BrokerError
          ? topic
          : (broker.topics.partition(topic, index) ?? (noPartition ??= noSuchPartition(topic)));
      if (partition instanceof BrokerError) setError(answer, partition);
      else if (records === null)
        setError(answer, (noRecords ??= new BrokerError('invalid-record', 'the request has no records')));
      else {
        entries.push({ partition, batch: records });
        answers.push(answer);
      }
    }
  }
  const fill = (results: PublishResult[]): void => {
    for (let i = 0; i < results.length; i++) {
      const result = results[i]!;
      const answer = answers[i]!;
      if (result.error !== null) setError(answer, asToldTo(context, request, result.error));
      answer.baseOffset = result.baseOffset;
      answer.logAppendTimeMs = result.logAppendTimeMs;
      answer.logStartOffset = result.startOffset;
    }
    if (request.acks === 0) endWithoutAnswer(context, response, respond);
    else respond(response);
  };
  if (entries.length === 0) return fill([]);
  broker.publisher.publish(
    {
      entries,
      acks: request.acks as Acks,
      timeoutMs: request.timeoutMs,
      zstdAllowed: context.apiVersion >= ZSTD_VERSION,
      transactionalId: request.transactionalId,
      joinsTransaction: context.apiVersion >= JOINING_VERSION,
    },
    fill,
  );
}

/** A producer that is told to abort may go on with its next transaction; before KIP-890 it had to be closed. */
function asToldTo(
  { apiVersion }: RequestContext,
  { transactionalId }: ProduceRequest,
  error: BrokerError,
): BrokerError {
  const abortable =
    transactionalId !== null && apiVersion >= ABORTABLE_VERSION && error.code === 'invalid-transaction-state';
  return abortable ? new BrokerError('transaction-abortable', error.message) : error;
}

/** acks=0 has no answer; the only way to tell of an error is to close the connection, as Kafka does. */
function endWithoutAnswer(
  context: RequestContext,
  response: ProduceResponse,
  respond: (response: null) => void,
): void {
  for (const topic of response.responses) {
    for (const { errorCode, errorMessage, index } of topic.partitionResponses) {
      if (errorCode === 0) continue;
      return context.close(`produce with acks=0 to ${topic.name}-${index} failed: ${errorMessage}`);
    }
  }
  respond(null);
}

export const produce = defineApi({
  key: API_KEY.Produce,
  authorization: ['write topic', 'write transactional-id'],
  read: readProduceRequest,
  write: writeProduceResponse,
  handle,
  releasesRequest: true,
});
