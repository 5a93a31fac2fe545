/** InitProducerId (key 22) for idempotent producers. KIP-98, KIP-360. */
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
import { isAllowedCluster } from './authorize.ts';

function refuse(errorCode: number): InitProducerIdResponse {
  return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 };
}

function handle(
  context: RequestContext,
  request: InitProducerIdRequest,
  respond: (response: InitProducerIdResponse) => void,
): void {
  // Transactional ids need the transaction coordinator; an empty one is never valid.
  if (request.transactionalId !== null) return respond(refuse(KAFKA_ERRORS['invalid-request']));
  // KIP-679: who may write to a topic may do so idempotently.
  if (!context.access.allowsAny('write', 'topic') && !isAllowedCluster(context, 'idempotent-write')) {
    return respond(refuse(KAFKA_ERRORS['cluster-authorization-failed']));
  }
  context.kafka.broker.producerIds.next((producerId) => {
    if (producerId instanceof BrokerError) respond(refuse(KAFKA_ERRORS[producerId.code]));
    else respond({ throttleTimeMs: 0, errorCode: 0, producerId, producerEpoch: 0 });
  });
}

export const initProducerId = defineApi({
  key: API_KEY.InitProducerId,
  authorization: ['idempotent-write cluster', 'write topic'],
  read: readInitProducerIdRequest,
  write: writeInitProducerIdResponse,
  handle,
});
