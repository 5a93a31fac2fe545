/** RecallMessage: takes a delayed message back before it is delivered. */
import {
  CODE,
  newRecallMessageResponse,
  type RecallMessageRequest,
  type RecallMessageResponse,
  readRecallMessageRequest,
  writeRecallMessageResponse,
} from '../codec/generated/messages.ts';
import { parseRecallHandle } from '../recall-handle.ts';
import { type Call, unary } from '../rpc.ts';
import { OK, Refusal, statusOf } from '../status.ts';
import { findTopic } from './topics.ts';

const TOO_LATE = new Refusal(
  CODE.NOT_FOUND,
  'No message waits under this handle: it was delivered, or recalled before.',
);

function recallMessage(
  call: Call,
  { topic, recallHandle }: RecallMessageRequest,
  reply: (response: RecallMessageResponse) => void,
): void {
  const found = findTopic(call, 'write', topic);
  if (found instanceof Refusal) return reply({ status: statusOf(found), messageId: '' });
  const parsed = parseRecallHandle(recallHandle);
  if (parsed === null) {
    const refusal = new Refusal(
      CODE.BAD_REQUEST,
      'This is no recall handle: take the one that sending has answered.',
    );
    return reply({ status: statusOf(refusal), messageId: '' });
  }
  call.rocketmq.broker.schedules.cancel(parsed.handle, (error) => {
    if (error === null) return reply({ status: OK, messageId: parsed.messageId });
    reply({ status: statusOf(error.code === 'resource-not-found' ? TOO_LATE : error), messageId: '' });
  });
}

export const recallRpc = unary<RecallMessageRequest, RecallMessageResponse>({
  name: 'RecallMessage',
  read: readRecallMessageRequest,
  write: writeRecallMessageResponse,
  refuse: (status) => ({ ...newRecallMessageResponse(), status }),
  handle: recallMessage,
});
