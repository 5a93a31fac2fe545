/**
 * SyncLiteSubscription: which lite topics of a topic a client wants. It says PARTIAL_ADD and PARTIAL_REMOVE of what changes, and
 * COMPLETE_ADD of all that it has, every 30 s.
 */
import { BrokerError } from '../../../base/errors.ts';
import type { QueueSubscription } from '../../../broker/queues.ts';
import { liteTopicProblem } from '../check-message.ts';
import {
  CODE,
  LITE_SUBSCRIPTION_ACTION,
  newTelemetryCommand,
  OFFSET_OPTION_POLICY,
  type OffsetOption,
  readSyncLiteSubscriptionRequest,
  type SyncLiteSubscriptionRequest,
  type SyncLiteSubscriptionResponse,
  writeSyncLiteSubscriptionResponse,
} from '../codec/generated/messages.ts';
import type { Evicted } from '../lite-subscriptions.ts';
import { type Call, unary } from '../rpc.ts';
import { Refusal, statusOf, TOO_MANY_CLIENTS } from '../status.ts';
import { findGroup, findTopic } from './topics.ts';

const { PARTIAL_ADD, PARTIAL_REMOVE, COMPLETE_ADD, COMPLETE_REMOVE } = LITE_SUBSCRIPTION_ACTION;
const ACTIONS: readonly number[] = [PARTIAL_ADD, PARTIAL_REMOVE, COMPLETE_ADD, COMPLETE_REMOVE];

/** Where a client wants to begin: where its group stands. */
function offsetProblem(option: OffsetOption | null): Refusal | null {
  if (option === null) return null;
  const { policy, offset, tailN, timestamp } = option;
  const isLast = offset === null && tailN === null && timestamp === null;
  if (isLast && (policy === null || policy === OFFSET_OPTION_POLICY.LAST)) return null;
  const why =
    'A lite topic goes on where its group stands (LAST), at its oldest message for a new group. ' +
    'To read it again take another group.';
  return new Refusal(CODE.UNSUPPORTED, why);
}

function problemOf(call: Call, request: SyncLiteSubscriptionRequest): Refusal | null {
  if (!ACTIONS.includes(request.action))
    return new Refusal(CODE.BAD_REQUEST, `There is no action ${request.action}.`);
  // It may be called before Telemetry, but a client that isn't remembered is given nothing to be remembered by.
  if (call.rocketmq.clients.seen(call.clientId) === null) return TOO_MANY_CLIENTS;
  for (const name of request.liteTopicSet) {
    const problem = liteTopicProblem(name);
    if (problem !== null) return problem;
  }
  return offsetProblem(request.offsetOption);
}

function syncLiteSubscription(
  call: Call,
  request: SyncLiteSubscriptionRequest,
  reply: (response: SyncLiteSubscriptionResponse) => void,
): void {
  const answer = (problem: Refusal | BrokerError | null): void => reply({ status: statusOf(problem) });
  const { subscriptions, lite } = call.rocketmq;
  const { action, liteTopicSet } = request;
  const group = findGroup(call, request.group);
  if (group instanceof Refusal) return answer(group);
  const topic = findTopic(call, 'read', request.topic);
  if (topic instanceof Refusal) return answer(topic);
  const problem = problemOf(call, request);
  if (problem !== null) return answer(problem);
  if (action === PARTIAL_REMOVE || action === COMPLETE_REMOVE) {
    const known = subscriptions.find(topic, group);
    const names = action === COMPLETE_REMOVE ? null : liteTopicSet;
    if (known !== undefined) lite.remove({ subscription: known, clientId: call.clientId }, names);
    return answer(null);
  }
  subscriptions.openLite({ topic, group }, (subscription) => {
    if (subscription instanceof BrokerError) return answer(subscription);
    answer(subscribe(call, { subscription, group, request }));
  });
}

function subscribe(
  call: Call,
  {
    subscription,
    group,
    request,
  }: {
    readonly subscription: QueueSubscription;
    readonly group: string;
    readonly request: SyncLiteSubscriptionRequest;
  },
): Refusal | null {
  const { subscriptions, lite, broker } = call.rocketmq;
  const { subscriptionsMax: max, isExclusive } = subscriptions.liteSettings(group);
  const change = { subscription, clientId: call.clientId, names: request.liteTopicSet, max, isExclusive };
  const evicted = request.action === COMPLETE_ADD ? lite.replace(change) : lite.add(change);
  if (evicted instanceof Refusal) return evicted;
  for (const one of evicted) tell(call, one);
  broker.queues.channelsChanged(subscription);
  return null;
}

/** One that can't be told now says by itself what it believes to have, and is told then. */
function tell({ rocketmq }: Call, { clientId, name }: Evicted): void {
  const stream = rocketmq.clients.find(clientId)?.stream;
  stream?.write({ ...newTelemetryCommand(), notifyUnsubscribeLiteCommand: { liteTopic: name } });
}

export const liteRpc = unary<SyncLiteSubscriptionRequest, SyncLiteSubscriptionResponse>({
  name: 'SyncLiteSubscription',
  read: readSyncLiteSubscriptionRequest,
  write: writeSyncLiteSubscriptionResponse,
  refuse: (status) => ({ status }),
  handle: syncLiteSubscription,
});
