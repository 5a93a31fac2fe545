/**
 * SyncLiteSubscription: which lite topics of a topic a client wants. It says PARTIAL_ADD and PARTIAL_REMOVE of what changes, and
 * COMPLETE_ADD of all that it has, every 30 s. With PARTIAL_ADD it may say where the group is to go on in these lite topics.
 */
import { BrokerError } from '../../../base/errors.ts';
import type { ChannelStart } from '../../../broker/queues.ts';
import { liteTopicProblem } from '../check-message.ts';
import {
  CODE,
  LITE_SUBSCRIPTION_ACTION,
  newTelemetryCommand,
  OFFSET_OPTION_POLICY,
  readSyncLiteSubscriptionRequest,
  type SyncLiteSubscriptionRequest,
  type SyncLiteSubscriptionResponse,
  writeSyncLiteSubscriptionResponse,
} from '../codec/generated/messages.ts';
import type { Evicted, LiteChange } from '../lite-subscriptions.ts';
import { type Call, unary } from '../rpc.ts';
import { Refusal, statusOf, TOO_MANY_CLIENTS } from '../status.ts';
import { findGroup, findTopic } from './topics.ts';

const { PARTIAL_ADD, PARTIAL_REMOVE, COMPLETE_ADD, COMPLETE_REMOVE } = LITE_SUBSCRIPTION_ACTION;
const { LAST, MIN, MAX } = OFFSET_OPTION_POLICY;
const ACTIONS: readonly number[] = [PARTIAL_ADD, PARTIAL_REMOVE, COMPLETE_ADD, COMPLETE_REMOVE];

/**
 * Where a group is to go on in the lite topics; null: where it stands. A time is in ms since 1970; an offset that of a message, as
 * receivers see it.
 */
function startOf({ action, offsetOption }: SyncLiteSubscriptionRequest): ChannelStart | Refusal | null {
  if (offsetOption === null) return null;
  const { policy, offset, tailN, timestamp } = offsetOption;
  const count = offset ?? tailN ?? timestamp;
  if (count === null && (policy === null || policy === LAST)) return null;
  if (action !== PARTIAL_ADD) {
    return new Refusal(CODE.BAD_REQUEST, 'Where a lite topic begins is said when it is added (PARTIAL_ADD).');
  }
  if (count !== null && !(count >= 0 && Number.isSafeInteger(count))) {
    return new Refusal(CODE.ILLEGAL_OFFSET, `A lite topic can't begin at ${count}: choose 0 or more.`);
  }
  if (offset !== null) return { offset };
  if (tailN !== null) return { tail: tailN };
  if (timestamp !== null) return { timestampMs: timestamp };
  if (policy === MIN) return 'earliest';
  if (policy === MAX) return 'latest';
  return new Refusal(CODE.UNSUPPORTED, `There is no policy ${policy} of where a lite topic begins.`);
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
  return null;
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
  const start = startOf(request);
  if (start instanceof Refusal) return answer(start);
  if (action === PARTIAL_REMOVE || action === COMPLETE_REMOVE) {
    const known = subscriptions.find(topic, group);
    const names = action === COMPLETE_REMOVE ? null : liteTopicSet;
    if (known !== undefined) lite.remove({ subscription: known, clientId: call.clientId }, names);
    return answer(null);
  }
  subscriptions.openLite({ topic, group }, (subscription) => {
    if (subscription instanceof BrokerError) return answer(subscription);
    const { subscriptionsMax: max, isExclusive } = subscriptions.liteSettings(group);
    const change = { subscription, clientId: call.clientId, names: liteTopicSet, max, isExclusive };
    if (start === null) return answer(subscribe(call, change, action));
    const refusal = lite.refusalOf(change);
    if (refusal !== null) return answer(refusal);
    // The client gets nothing of what comes before the place.
    const seeking = call.rocketmq.broker.queues.seekChannels({
      subscription,
      names: liteTopicSet,
      to: start,
      done: (error) => answer(error ?? subscribe(call, change, action)),
    });
    call.whenGone(() => seeking.cancel());
  });
}

function subscribe(call: Call, change: LiteChange, action: number): Refusal | null {
  const { lite, broker } = call.rocketmq;
  const evicted = action === COMPLETE_ADD ? lite.replace(change) : lite.add(change);
  if (evicted instanceof Refusal) return evicted;
  for (const one of evicted) tell(call, one);
  broker.queues.channelsChanged(change.subscription);
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
