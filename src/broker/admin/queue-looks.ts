/** Commands that look at subscriptions: queue.list, queue.describe, queue.explain. They change nothing. */
import { BrokerError } from '../../base/errors.ts';
import type { WindowDescription } from '../queue-admin.ts';
import type { Explanation } from '../queue-explain.ts';
import type { QueueSubscription } from '../queues.ts';
import type {
  ExplainedMessage,
  QueueDescription,
  QueueList,
  QueuePartition,
  QueueSummary,
} from './answers.ts';
import {
  type AdminCall,
  type AdminCommand,
  PAGE_MAX,
  readMax,
  readSubscription,
  requireTopic,
} from './command.ts';
import { NATURAL, PARTITION } from './fields.ts';

const LOOK = { ofTopic: 'describe', ofGroup: 'describe' } as const;

/** In the order in which they were made; `next` is `after` of the next page. */
export const listQueues: AdminCommand<QueueList> = ({ broker, caller, fields }) => {
  const topic = fields.textIfGiven('topic');
  const after = fields.integerIfGiven('after', NATURAL) ?? 0;
  const max = readMax(fields);
  fields.end();
  if (topic !== undefined) caller.require('describe', 'topic', topic);
  const topicId = topic === undefined ? undefined : requireTopic(broker, topic).id;
  const subscriptions: QueueSummary[] = [];
  let next: number | null = null;
  let last = after;
  for (const subscription of broker.queues.list(topicId)) {
    if (subscription.id <= after) continue;
    const name = broker.topics.byId(subscription.topicId)?.name;
    if (name === undefined || !caller.sees('describe', 'topic', name)) continue;
    if (!caller.sees('describe', 'group', subscription.name)) continue;
    if (subscriptions.length === max) {
      next = last;
      break;
    }
    last = subscription.id;
    subscriptions.push(summary(broker, name, subscription));
  }
  return { subscriptions, next };
};

function summary(
  { queues }: AdminCall['broker'],
  topic: string,
  subscription: QueueSubscription,
): QueueSummary {
  const { settings, windows, consumers } = subscription.state;
  const counts = { acquired: 0, waiting: 0, blocked: 0, dead: 0 };
  for (const window of windows.values()) {
    counts.acquired += window.count('acquired');
    counts.waiting += window.count('waiting');
    counts.blocked += window.count('blocked');
    counts.dead += window.count('dead');
  }
  return {
    topic,
    subscription: subscription.name,
    order: settings.order,
    paused: settings.paused,
    available: queues.available(subscription),
    ...counts,
    consumers: consumers.size,
    waitingConsumers: queues.waitingConsumers(subscription),
    deadLetterTopic: settings.deadLetterTopic,
  };
}

/** With the settings, who has messages, and each partition from `partition` on. */
export const describeQueue: AdminCommand<QueueDescription> = async (call) => {
  const { broker, fields } = call;
  const { topic, subscription } = readSubscription(call, LOOK);
  const from = fields.integerIfGiven('partition', PARTITION) ?? 0;
  const max = readMax(fields);
  fields.end();
  const { windows, consumers, channels } = broker.queueAdmin.describe(subscription);
  const page = windows.slice(from, from + max);
  return {
    ...summary(broker, topic, subscription),
    settings: subscription.state.settings,
    holders: consumers.slice(0, PAGE_MAX),
    channels,
    partitions: await Promise.all(page.map((window) => withOldest(call, subscription, window))),
    nextPartition: from + max < windows.length ? from + max : null,
  };
};

/** The oldest message that isn't done, and its time. */
async function withOldest(
  { broker }: AdminCall,
  subscription: QueueSubscription,
  window: WindowDescription,
): Promise<QueuePartition> {
  const oldest = await broker.queueAdmin.oldest(subscription, window.partition);
  if (oldest instanceof BrokerError) throw oldest;
  return { ...window, oldest: oldest && { offset: oldest.offset, timestampMs: oldest.timestampMs } };
}

export const explainMessage: AdminCommand<ExplainedMessage> = async (call) => {
  const { broker, fields } = call;
  const { topic, name, subscription } = readSubscription(call, LOOK);
  const partition = fields.integer('partition', PARTITION);
  const offset = fields.integer('offset', NATURAL);
  fields.end();
  const explanation = await broker.queueAdmin.explain(subscription, partition, offset);
  if (explanation instanceof BrokerError) throw explanation;
  return { topic, subscription: name, partition, offset, ...printed(explanation) };
};

/** What isn't there is null. */
function printed({ sinceMs, untilMs, behindOffset, timestampMs, ...rest }: Explanation) {
  const there = (value: number): number | null => (value < 0 ? null : value);
  return {
    ...rest,
    timestampMs: there(timestampMs),
    sinceMs: there(sinceMs),
    untilMs: there(untilMs),
    behindOffset: there(behindOffset),
  };
}
