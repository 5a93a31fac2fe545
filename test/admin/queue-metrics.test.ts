/** What is told of subscriptions by channels: lite topics of RocketMQ's clients. */
import { expect, it } from 'vitest';
import { queueFamilies } from '../../src/admin/queue-metrics.ts';
import type { AdminSources } from '../../src/admin/sources.ts';
import {
  CLIENT_TYPE,
  CODE,
  LITE_SUBSCRIPTION_ACTION,
  MESSAGE_TYPE,
  newReceiveMessageRequest,
  newSettings,
  newSyncLiteSubscriptionRequest,
  newTelemetryCommand,
} from '../../src/protocol/rocketmq/codec/generated/messages.ts';
import {
  eachWithOrders,
  messageTo,
  queueOf,
  RECEIVE,
  resource,
  SEND,
  SYNC_LITE,
  TELEMETRY,
} from '../support/rocketmq.ts';

const here = eachWithOrders();

/** Values of a family, by the last of their labels. */
function values(name: string): Record<string, number> {
  const sources = { broker: here.rocketmq.broker } as AdminSources;
  const family = [...queueFamilies(sources)].find((one) => one.name === name)!;
  return Object.fromEntries([...family.samples].map(({ labels, value }) => [labels.at(-1)![1], value]));
}

async function subscribe(...liteTopicSet: string[]): Promise<void> {
  const subscriptions = [{ topic: resource('orders'), expression: null }];
  const subscription = { group: resource('workers'), subscriptions, fifo: null, receiveBatchSize: null };
  const unset = { longPollingTimeout: null, liteSubscriptionQuota: null, maxLiteTopicSize: null };
  const telemetry = here.client.open(TELEMETRY);
  telemetry.send({
    ...newTelemetryCommand(),
    settings: {
      ...newSettings(),
      clientType: CLIENT_TYPE.LITE_PUSH_CONSUMER,
      subscription: { ...subscription, ...unset },
    },
  });
  await telemetry.next();
  const { status } = await here.client.call(SYNC_LITE, {
    ...newSyncLiteSubscriptionRequest(),
    action: LITE_SUBSCRIPTION_ACTION.PARTIAL_ADD,
    topic: resource('orders'),
    group: resource('workers'),
    liteTopicSet,
  });
  expect(status!.code).toBe(CODE.OK);
}

it('counts lite topics that are asked for, and messages that nobody asks for', async () => {
  for (const liteTopic of ['a', 'b', 'b', 'c']) {
    const message = messageTo('orders', { liteTopic, messageType: MESSAGE_TYPE.LITE });
    await here.client.call(SEND, { messages: [message] });
  }
  await subscribe('a', 'x');
  const receiving = here.client.open(RECEIVE);
  receiving.send({
    ...newReceiveMessageRequest(),
    group: resource('workers'),
    messageQueue: queueOf('orders'),
    batchSize: 10,
    autoRenew: true,
  });
  receiving.ended();
  await receiving.all();
  expect(values('polylog_subscription_channel_consumers')).toEqual({ workers: 1 });
  expect(values('polylog_subscription_channels')).toEqual({ asked: 2, waiting: 3 });
  expect(values('polylog_subscription_unasked_messages')).toEqual({ workers: 3 });
});
