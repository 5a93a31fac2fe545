/**
 * ReceiveMessage: a long poll. What was acquired is the consumer's until it is settled (settle.ts), its time is over, or the
 * consumer is gone. Whichever queue is named, messages of all come: some clients only ever ask for queue 0.
 *
 * With `auto_renew` (push consumers) the broker keeps a message for its consumer while that is there, for three hours at most;
 * without (simple consumers) for as long as the request says.
 *
 * In a group that is consumed in order (polylog.rocketmq.fifo) a push consumer gets one message at a time: Java's goes through
 * what it gets in one answer in turn, and one that fails would hold up messages of other message groups.
 */
import { BrokerError } from '../../../base/errors.ts';
import type { Acquired, QueueSubscription } from '../../../broker/queues.ts';
import type { Topic } from '../../../metadata/image.ts';
import {
  CODE,
  type Message,
  newReceiveMessageResponse,
  type ReceiveMessageRequest,
  type ReceiveMessageResponse,
  type Resource,
  readReceiveMessageRequest,
  writeReceiveMessageResponse,
} from '../codec/generated/messages.ts';
import { filterOf } from '../filters.ts';
import {
  BATCH_SIZE_MAX,
  FIFO_KEPT_MS,
  INVISIBLE_MS_MAX,
  KEPT_MS,
  POLLING_MS,
  POLLING_MS_MAX,
  WAY_BACK_MS,
} from '../limits.ts';
import { toLite } from '../message-record.ts';
import { type Call, type ReplyStream, streaming } from '../rpc.ts';
import { isLite } from '../settings.ts';
import { OK, Refusal, statusOf, TOO_MANY_CLIENTS } from '../status.ts';
import { readMessages } from '../stored-messages.ts';
import { fromMs, toMs } from '../time.ts';
import { findGroup, findTopic } from './topics.ts';

/** Bytes of the batches that one answer's messages are in; the first comes whatever its size. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;

/** What simple consumers have is theirs until its time is over, whatever becomes of them: one name stands for all. */
const SIMPLE_CONSUMERS = 'simple consumers of RocketMQ';

/** What is asked, checked. */
interface Wish {
  readonly messagesMax: number;
  readonly waitMs: number;
  readonly lockMs: number;
  readonly isKept: boolean;
}

function wishOf(call: Call, group: string, request: ReceiveMessageRequest): Wish | Refusal {
  const { batchSize, autoRenew, invisibleDuration, longPollingTimeout } = request;
  const askedMs = longPollingTimeout === null ? POLLING_MS : toMs(longPollingTimeout);
  const waitMs = Math.max(0, Math.min(askedMs, POLLING_MS_MAX, call.patienceMs - WAY_BACK_MS));
  const messagesMax = Math.max(1, Math.min(batchSize, BATCH_SIZE_MAX));
  if (autoRenew && call.rocketmq.subscriptions.isFifo(group)) {
    return { messagesMax: 1, waitMs, lockMs: FIFO_KEPT_MS, isKept: true };
  }
  if (autoRenew) return { messagesMax, waitMs, lockMs: KEPT_MS, isKept: true };
  const lockMs = toMs(invisibleDuration);
  if (lockMs > 0 && lockMs <= INVISIBLE_MS_MAX) return { messagesMax, waitMs, lockMs, isKept: false };
  const why = `The invisible duration is ${lockMs} ms: it is from 1 ms to 12 hours.`;
  return new Refusal(CODE.ILLEGAL_INVISIBLE_TIME, why);
}

function receiveMessage(
  call: Call,
  request: ReceiveMessageRequest,
  replies: ReplyStream<ReceiveMessageResponse>,
): void {
  const refuse = (problem: Refusal | BrokerError): void => {
    replies.write({ ...newReceiveMessageResponse(), status: statusOf(problem) });
    replies.end();
  };
  const group = findGroup(call, request.group);
  if (group instanceof Refusal) return refuse(group);
  const named = request.messageQueue?.topic ?? null;
  const topic = findTopic(call, 'read', named);
  if (topic instanceof Refusal) return refuse(topic);
  const wish = wishOf(call, group, request);
  if (wish instanceof Refusal) return refuse(wish);
  const filter = filterOf(request.filterExpression);
  if (filter instanceof Refusal) return refuse(filter);
  let isGone = false;
  call.whenGone(() => {
    isGone = true;
  });
  const { subscriptions, lite } = call.rocketmq;
  const readsLite = isLiteConsumer(call, topic, group);
  // What it has subscribed to is known by its name.
  if (readsLite && call.rocketmq.clients.find(call.clientId) === undefined) return refuse(TOO_MANY_CLIENTS);
  const opened = (subscription: QueueSubscription | BrokerError): void => {
    if (isGone) return;
    if (subscription instanceof BrokerError) return refuse(subscription);
    const { queues } = call.rocketmq.broker;
    let had: readonly Acquired[] = [];
    const waiting = queues.acquire({
      subscription,
      consumer: wish.isKept ? call.rocketmq.clients.consumerName(call.clientId) : SIMPLE_CONSUMERS,
      partitions: null,
      messagesMax: wish.messagesMax,
      bytesMax: ANSWER_BYTES_MAX,
      waitMs: wish.waitMs,
      lockMs: wish.lockMs,
      wanted: null,
      // A client that can't take one message of an answer (of 4 MiB, for some) gets none of it.
      ...(!readsLite && { spares: 'overall' }),
      ...(readsLite && { channels: lite.interestOf({ subscription, clientId: call.clientId }) }),
      done: (acquired) => {
        if (acquired instanceof BrokerError) return refuse(acquired);
        if (acquired.length === 0) return refuse(NOTHING_THERE);
        answer(call, { subscription, acquired, wish, topic: named!, readsLite }, replies);
        for (const { batches } of acquired) queues.releaseBlocks(batches);
        had = acquired;
      },
    });
    call.whenGone(() => {
      waiting.cancel();
      giveBack(call, subscription, had);
    });
  };
  if (readsLite) subscriptions.openLite({ topic, group }, opened);
  else subscriptions.open({ topic, group, filter }, opened);
}

/** By its settings; after a restart its first receive may come before them. */
function isLiteConsumer({ rocketmq, clientId }: Call, topic: Topic, group: string): boolean {
  const settings = rocketmq.clients.find(clientId)?.settings ?? null;
  if (settings !== null) return isLite(settings);
  return rocketmq.subscriptions.find(topic, group)?.state.settings.order === 'channels';
}

/** Clients take an answer only as a whole: nobody will settle what was in one that has not left. */
function giveBack(call: Call, subscription: QueueSubscription, acquired: readonly Acquired[]): void {
  if (acquired.length === 0) return;
  const entries = acquired.flatMap(({ partition, lease, ranges }) =>
    ranges.map(({ first, last }) => ({ partition, first, last, lease, action: 'release' as const })),
  );
  // Where it can't be written the messages come again when the consumer has gone, or their time is over.
  call.rocketmq.broker.queues.settle({ subscription, consumer: null, entries }, () => undefined);
}

const NOTHING_THERE = new Refusal(CODE.MESSAGE_NOT_FOUND, 'There is no message.');

interface Answer {
  readonly subscription: QueueSubscription;
  readonly acquired: readonly Acquired[];
  readonly wish: Wish;
  readonly topic: Resource;
  readonly readsLite: boolean;
}

function answer(call: Call, parts: Answer, replies: ReplyStream<ReceiveMessageResponse>): void {
  replies.write({ ...newReceiveMessageResponse(), status: OK });
  for (const message of messagesIn(call, parts)) replies.write({ ...newReceiveMessageResponse(), message });
  replies.write({ ...newReceiveMessageResponse(), deliveryTimestamp: fromMs(call.rocketmq.clock.nowMs()) });
  replies.end();
}

function messagesIn(call: Call, { subscription, acquired, wish, topic, readsLite }: Answer): Message[] {
  const { rocketmq } = call;
  const messages: Message[] = [];
  const invisibleDuration = fromMs(wish.lockMs);
  for (const { partition, lease, batches, ranges } of acquired) {
    let at = 0;
    readMessages(rocketmq, {
      batches,
      topic,
      partition,
      choose(offset) {
        while (at < ranges.length && ranges[at]!.last < offset) at++;
        const range = ranges[at];
        if (range === undefined) return 'stop';
        return offset < range.first ? 'skip' : 'take';
      },
      take(message, offset) {
        const { deliveries } = ranges[at]!;
        const { isKept } = wish;
        const delivery = { subscriptionId: subscription.id, partition, offset, lease, deliveries, isKept };
        const properties = message.systemProperties!;
        // Kafka's clients don't say so.
        if (readsLite && properties.liteTopic === null) toLite(properties);
        properties.deliveryAttempt = deliveries;
        properties.invisibleDuration = invisibleDuration;
        properties.receiptHandle = rocketmq.handles.print(delivery);
        messages.push(message);
      },
    });
  }
  return messages;
}

export const receiveRpc = streaming<ReceiveMessageRequest, ReceiveMessageResponse>({
  name: 'ReceiveMessage',
  read: readReceiveMessageRequest,
  write: writeReceiveMessageResponse,
  refuse: (status) => ({ ...newReceiveMessageResponse(), status }),
  handle: receiveMessage,
});
