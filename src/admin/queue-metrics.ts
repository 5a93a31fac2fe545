/** Metrics of subscriptions: what stands in them, and which are stopped by a bound of their own. */
import type { SubscriptionDescription } from '../broker/queue-admin.ts';
import { type Family, type Labels, sample } from './prometheus-text.ts';
import type { AdminSources } from './sources.ts';

/** Subscriptions that are shown: series cost whoever scrapes them. */
const SUBSCRIPTIONS_MAX = 1000;

interface Shown {
  readonly labels: Labels;
  readonly description: SubscriptionDescription;
}

export function* queueFamilies({ broker }: AdminSources): Iterable<Family> {
  const { queues, queueAdmin, topics } = broker;
  yield {
    name: 'polylog_subscriptions',
    help: 'Subscriptions: named readers of topics whose messages are acknowledged one by one.',
    type: 'gauge',
    samples: [sample(queues.count)],
  };
  const shown: Shown[] = [];
  for (const subscription of queues.list()) {
    if (shown.length === SUBSCRIPTIONS_MAX) break;
    const topic = topics.byId(subscription.topicId)?.name;
    if (topic === undefined) continue;
    const labels: Labels = [
      ['topic', topic],
      ['subscription', subscription.name],
    ];
    shown.push({ labels, description: queueAdmin.describe(subscription) });
  }
  if (shown.length === 0) return;
  yield {
    name: 'polylog_subscription_messages',
    help: `Messages that are not done, by state; of the first ${SUBSCRIPTIONS_MAX} subscriptions.`,
    type: 'gauge',
    samples: shown.flatMap(({ labels, description }) =>
      (['available', 'acquired', 'waiting', 'blocked', 'dead'] as const).map((state) => {
        const count = description.windows.reduce((sum, window) => sum + window[state], 0);
        return sample(count, [...labels, ['state', state]]);
      }),
    ),
  };
  yield {
    name: 'polylog_subscription_stopped_partitions',
    help: 'Partitions of which no new message is handed out, because as many are in flight, or as many ranges are kept, as may be.',
    type: 'gauge',
    samples: shown.map(({ labels, description }) =>
      sample(description.windows.filter(({ isStopped }) => isStopped).length, labels),
    ),
  };
  yield {
    name: 'polylog_subscription_waiting_consumers',
    help: 'Consumers that wait for messages.',
    type: 'gauge',
    samples: shown.map(({ labels, description }) => sample(description.waitingConsumers, labels)),
  };
  yield* channelFamilies(shown);
}

function* channelFamilies(shown: readonly Shown[]): Iterable<Family> {
  const byChannels = shown.flatMap(({ labels, description: { channels } }) =>
    channels === null ? [] : [{ labels, channels }],
  );
  if (byChannels.length === 0) return;
  yield {
    name: 'polylog_subscription_channel_consumers',
    help: "Consumers that ask for channels: clients of RocketMQ's lite topics.",
    type: 'gauge',
    samples: byChannels.map(({ labels, channels }) => sample(channels.consumers, labels)),
  };
  yield {
    name: 'polylog_subscription_channels',
    help: 'Channels: asked for by a consumer at least, and with messages that are not done.',
    type: 'gauge',
    samples: byChannels.flatMap(({ labels, channels: { asked, waiting } }) =>
      Object.entries({ asked, waiting }).map(([state, count]) =>
        sample(count, [...labels, ['state', state]]),
      ),
    ),
  };
  yield {
    name: 'polylog_subscription_unasked_messages',
    help: 'Messages that wait and that no consumer asks for: at the bound of the subscription the oldest of them become dead letters.',
    type: 'gauge',
    samples: byChannels.map(({ labels, channels }) => sample(channels.unaskedMessages, labels)),
  };
}
