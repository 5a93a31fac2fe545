/** AckMessage, ChangeInvisibleDuration and ForwardMessageToDeadLetterQueue: what consumers say of what they have received. */
import { BrokerError } from '../../../base/errors.ts';
import { type QueueSubscription, retryDelayMs, type SettleEntry } from '../../../broker/queues.ts';
import {
  type AckMessageEntry,
  type AckMessageRequest,
  type AckMessageResponse,
  type ChangeInvisibleDurationRequest,
  type ChangeInvisibleDurationResponse,
  CODE,
  type ForwardMessageToDeadLetterQueueRequest,
  type ForwardMessageToDeadLetterQueueResponse,
  newAckMessageResponse,
  newChangeInvisibleDurationResponse,
  newForwardMessageToDeadLetterQueueResponse,
  type Resource,
  readAckMessageRequest,
  readChangeInvisibleDurationRequest,
  readForwardMessageToDeadLetterQueueRequest,
  type Status,
  writeAckMessageResponse,
  writeChangeInvisibleDurationResponse,
  writeForwardMessageToDeadLetterQueueResponse,
} from '../codec/generated/messages.ts';
import { INVISIBLE_MS_MAX, MESSAGES_PER_REQUEST_MAX, SUSPENDED_MS_MIN } from '../limits.ts';
import type { Delivery } from '../receipt-handle.ts';
import { type Call, unary } from '../rpc.ts';
import { OK, Refusal, statusOf, statusOfAll } from '../status.ts';
import { toMs } from '../time.ts';
import { findGroup, findTopic } from './topics.ts';

const INVALID_HANDLE = new Refusal(
  CODE.INVALID_RECEIPT_HANDLE,
  'The receipt handle is of no delivery that is under way: it was settled, or its time is over.',
);

/** The subscription of a group; a refusal also where it has none: then it was given nothing. */
function subscriptionOf(
  call: Call,
  group: Resource | null,
  topic: Resource | null,
): QueueSubscription | Refusal {
  const groupName = findGroup(call, group);
  if (groupName instanceof Refusal) return groupName;
  const found = findTopic(call, 'read', topic);
  if (found instanceof Refusal) return found;
  return call.rocketmq.subscriptions.find(found, groupName) ?? INVALID_HANDLE;
}

function deliveryOf(call: Call, subscription: QueueSubscription, handle: string): Delivery | null {
  const delivery = call.rocketmq.handles.parse(handle);
  return delivery?.subscriptionId === subscription.id ? delivery : null;
}

function entryOf({ partition, offset, lease }: Delivery, action: SettleEntry['action'], ms = 0): SettleEntry {
  return { partition, first: offset, last: offset, lease, action, ms };
}

function ackMessage(
  call: Call,
  request: AckMessageRequest,
  reply: (response: AckMessageResponse) => void,
): void {
  const { entries } = request;
  const refuse = (problem: Refusal | BrokerError): void => {
    const status = statusOf(problem);
    reply({ status, entries: entries.map((entry) => ({ ...named(entry), status })) });
  };
  if (entries.length > MESSAGES_PER_REQUEST_MAX) {
    return refuse(
      new Refusal(CODE.BAD_REQUEST, `${MESSAGES_PER_REQUEST_MAX} can be acknowledged at a time.`),
    );
  }
  const subscription = subscriptionOf(call, request.group, request.topic);
  if (subscription instanceof Refusal) return refuse(subscription);
  const statuses: Status[] = entries.map(() => statusOf(INVALID_HANDLE));
  const places: number[] = [];
  const settled: SettleEntry[] = [];
  entries.forEach(({ receiptHandle }, i) => {
    const delivery = deliveryOf(call, subscription, receiptHandle);
    if (delivery === null) return;
    places.push(i);
    settled.push(entryOf(delivery, 'ack'));
  });
  const finish = (): void =>
    reply({
      status: statusOfAll(statuses),
      entries: entries.map((entry, i) => ({ ...named(entry), status: statuses[i]! })),
    });
  if (settled.length === 0) return finish();
  call.rocketmq.acknowledgements.add(subscription, settled, (results) => {
    if (results instanceof BrokerError) return refuse(results);
    results.forEach((result, k) => {
      statuses[places[k]!] = result instanceof BrokerError ? statusOf(result) : OK;
    });
    finish();
  });
}

function named({
  messageId,
  receiptHandle,
}: AckMessageEntry): Pick<AckMessageEntry, 'messageId' | 'receiptHandle'> {
  return { messageId, receiptHandle };
}

/** Settles one delivery; answers the lease that it has then. */
function settleOne(
  call: Call,
  request: {
    readonly group: Resource | null;
    readonly topic: Resource | null;
    readonly receiptHandle: string;
  },
  {
    entry,
    done,
  }: {
    readonly entry: (delivery: Delivery, subscription: QueueSubscription) => SettleEntry;
    readonly done: (
      result: Refusal | BrokerError | { readonly delivery: Delivery; readonly lease: number },
    ) => void;
  },
): void {
  const subscription = subscriptionOf(call, request.group, request.topic);
  if (subscription instanceof Refusal) return done(subscription);
  const delivery = deliveryOf(call, subscription, request.receiptHandle);
  if (delivery === null) return done(INVALID_HANDLE);
  const entries = [entry(delivery, subscription)];
  call.rocketmq.broker.queues.settle({ subscription, consumer: null, entries }, (results) => {
    if (results instanceof BrokerError) return done(results);
    const [result] = results;
    done(result instanceof BrokerError ? result : { delivery, lease: result! });
  });
}

/**
 * A simple consumer prolongs what it has, or gives it back sooner; the new handle is the only good one then. A push consumer says
 * that it has failed: the message comes again after that time, and not sooner than the group's policy says, as Node's client
 * takes seconds for milliseconds. Or that it is busy (`suspend`): then it comes when the client has asked for it, and the delivery isn't
 * counted.
 */
function changeInvisibleDuration(
  call: Call,
  request: ChangeInvisibleDurationRequest,
  reply: (response: ChangeInvisibleDurationResponse) => void,
): void {
  const ms = toMs(request.invisibleDuration);
  if (ms < 0 || ms > INVISIBLE_MS_MAX) {
    const why = `The invisible duration is ${ms} ms: it is up to 12 hours.`;
    return reply({ status: statusOf(new Refusal(CODE.ILLEGAL_INVISIBLE_TIME, why)), receiptHandle: '' });
  }
  const entry = (delivery: Delivery, { state }: QueueSubscription): SettleEntry => {
    if (!delivery.isKept) return ms === 0 ? entryOf(delivery, 'release') : entryOf(delivery, 'renew', ms);
    if (request.suspend === true)
      return { ...entryOf(delivery, 'delay', Math.max(ms, SUSPENDED_MS_MIN)), isUncounted: true };
    const restMs = retryDelayMs(state.settings.retry, delivery.deliveries, 0);
    return entryOf(delivery, 'delay', Math.max(ms, restMs));
  };
  settleOne(call, request, {
    entry,
    done: (result) => {
      if (result instanceof Refusal || result instanceof BrokerError) {
        return reply({ status: statusOf(result), receiptHandle: '' });
      }
      const { delivery, lease } = result;
      reply({ status: OK, receiptHandle: call.rocketmq.handles.print({ ...delivery, lease }) });
    },
  });
}

function forwardToDeadLetters(
  call: Call,
  request: ForwardMessageToDeadLetterQueueRequest,
  reply: (response: ForwardMessageToDeadLetterQueueResponse) => void,
): void {
  settleOne(call, request, {
    entry: (delivery) => entryOf(delivery, 'reject'),
    done: (result) => {
      const isProblem = result instanceof Refusal || result instanceof BrokerError;
      reply({ status: statusOf(isProblem ? result : null) });
    },
  });
}

export const settleRpcs = [
  unary<AckMessageRequest, AckMessageResponse>({
    name: 'AckMessage',
    read: readAckMessageRequest,
    write: writeAckMessageResponse,
    refuse: (status) => ({ ...newAckMessageResponse(), status }),
    handle: ackMessage,
  }),
  unary<ChangeInvisibleDurationRequest, ChangeInvisibleDurationResponse>({
    name: 'ChangeInvisibleDuration',
    read: readChangeInvisibleDurationRequest,
    write: writeChangeInvisibleDurationResponse,
    refuse: (status) => ({ ...newChangeInvisibleDurationResponse(), status }),
    handle: changeInvisibleDuration,
  }),
  unary<ForwardMessageToDeadLetterQueueRequest, ForwardMessageToDeadLetterQueueResponse>({
    name: 'ForwardMessageToDeadLetterQueue',
    read: readForwardMessageToDeadLetterQueueRequest,
    write: writeForwardMessageToDeadLetterQueueResponse,
    refuse: (status) => ({ ...newForwardMessageToDeadLetterQueueResponse(), status }),
    handle: forwardToDeadLetters,
  }),
];
