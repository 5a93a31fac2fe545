/** EndTransaction: what is to become of a half message, from its sender or from whom the broker has asked. */
import { BrokerError } from '../../../base/errors.ts';
import {
  CODE,
  type EndTransactionRequest,
  type EndTransactionResponse,
  newEndTransactionResponse,
  readEndTransactionRequest,
  TRANSACTION_RESOLUTION,
  writeEndTransactionResponse,
} from '../codec/generated/messages.ts';
import { type Call, unary } from '../rpc.ts';
import { Refusal, statusOf } from '../status.ts';
import { findTopic } from './topics.ts';

function endTransaction(
  call: Call,
  request: EndTransactionRequest,
  reply: (response: EndTransactionResponse) => void,
): void {
  const answer = (problem: Refusal | BrokerError | null): void => reply({ status: statusOf(problem) });
  const topic = findTopic(call, 'write', request.topic);
  if (topic instanceof Refusal) return answer(topic);
  const { resolution, transactionId } = request;
  if (resolution !== TRANSACTION_RESOLUTION.COMMIT && resolution !== TRANSACTION_RESOLUTION.ROLLBACK) {
    return answer(new Refusal(CODE.BAD_REQUEST, 'A transaction ends with COMMIT or ROLLBACK.'));
  }
  const commit = resolution === TRANSACTION_RESOLUTION.COMMIT;
  call.rocketmq.broker.halfMessages.end({ topicId: topic.id, transactionId, commit }, (outcome) =>
    answer(outcome instanceof BrokerError ? outcome : null),
  );
}

export const endTransactionRpc = unary<EndTransactionRequest, EndTransactionResponse>({
  name: 'EndTransaction',
  read: readEndTransactionRequest,
  write: writeEndTransactionResponse,
  refuse: (status) => ({ ...newEndTransactionResponse(), status }),
  handle: endTransaction,
});
