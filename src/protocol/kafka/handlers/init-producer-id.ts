/** InitProducerId (key 22), for idempotent producers and for those with transactions. KIP-98, KIP-360. */
import { assert } from '../../../base/assert.ts';
import { BrokerError } from '../../../base/errors.ts';
import { defineApi, type RequestContext } from '../api.ts';
import { API_KEY } from '../codec/api-keys.ts';
import {
  type InitProducerIdRequest,
  type InitProducerIdResponse,
  readInitProducerIdRequest,
  writeInitProducerIdResponse,
} from '../codec/generated/init-producer-id.ts';
import { KAFKA_ERRORS } from '../errors.ts';
import { isAllowed, isAllowedCluster } from './authorize.ts';
import { transactionError } from './transaction-call.ts';

/** First version whose clients know PRODUCER_FENCED. */
const FENCED_VERSION = 4;

function refuse(errorCode: number): InitProducerIdResponse {
  return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 };
}

/** KIP-360: what the producer had, if it says; an error where it says half. */
function expected({ producerId, producerEpoch }: InitProducerIdRequest) {
  if (producerId < 0 !== producerEpoch < 0) {
    return new BrokerError('invalid-request', 'A producer id and its epoch come together or not at all.');
  }
  return producerId < 0 ? null : { producerId, epoch: producerEpoch };
}

function handle(
  context: RequestContext,
  request: InitProducerIdRequest,
  respond: (response: InitProducerIdResponse) => void,
): void {
  const { broker } = context.kafka;
  const { transactionalId, transactionTimeoutMs: timeoutMs } = request;
  if (transactionalId === null) {
    // KIP-679: who may write to a topic may do so idempotently.
    if (!context.access.allowsAny('write', 'topic') && !isAllowedCluster(context, 'idempotent-write')) {
      return respond(refuse(KAFKA_ERRORS['cluster-authorization-failed']));
    }
    return broker.producerIds.next((producerId) => {
      if (producerId instanceof BrokerError) respond(refuse(KAFKA_ERRORS[producerId.code]));
      else respond({ throttleTimeMs: 0, errorCode: 0, producerId, producerEpoch: 0 });
    });
  }
  if (!isAllowed(context, 'write', 'transactional-id', transactionalId)) {
    return respond(refuse(KAFKA_ERRORS['transactional-id-authorization-failed']));
  }
  const had = expected(request);
  if (had instanceof BrokerError) return respond(refuse(KAFKA_ERRORS[had.code]));
  broker.transactions.initProducer({ transactionalId, timeoutMs, expected: had }, (answer) => {
    if (answer instanceof BrokerError) {
      return respond(refuse(transactionError(answer, context.apiVersion >= FENCED_VERSION)));
    }
    assert(answer.kind === 'producer', 'a question is answered by its kind');
    const { producerId, epoch: producerEpoch } = answer;
    respond({ throttleTimeMs: 0, errorCode: 0, producerId, producerEpoch });
  });
}

export const initProducerId = defineApi({
  key: API_KEY.InitProducerId,
  authorization: ['idempotent-write cluster', 'write topic', 'write transactional-id'],
  read: readInitProducerIdRequest,
  write: writeInitProducerIdResponse,
  handle,
});
