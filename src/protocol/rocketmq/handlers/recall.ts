/** RecallMessage: takes a delayed message back before it is delivered. */
import { BrokerError } from '../../../base/errors.ts';
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
  'No message of the topic waits under this handle: it was delivered, or recalled before.',
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
  const { schedules } = call.rocketmq.broker;
  const refuse = (error: BrokerError): void =>
    reply({ status: statusOf(error.code === 'resource-not-found' ? TOO_LATE : error), messageId: '' });
  // Who may write to this topic may not recall messages of another.
  schedules.lookUp(parsed.handle, (waiting) => {
    if (waiting instanceof BrokerError) return refuse(waiting);
    if (waiting.topicId !== found.id) return reply({ status: statusOf(TOO_LATE), messageId: '' });
    schedules.cancel(parsed.handle, (error) => {
      if (error === null) reply({ status: OK, messageId: parsed.messageId });
      else refuse(error);
    });
  });
}

export const recallRpc = unary<RecallMessageRequest, RecallMessageResponse>({
  name: 'RecallMessage',
  read: readRecallMessageRequest,
  write: writeRecallMessageResponse,
  refuse: (status) => ({ ...newRecallMessageResponse(), status }),
  handle: recallMessage,
});
