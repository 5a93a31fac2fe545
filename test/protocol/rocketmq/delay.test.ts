/** Delayed messages and their recall; priorities. */
import { expect, it } from 'vitest';
import { CODE, MESSAGE_TYPE } from '../../../src/protocol/rocketmq/codec/generated/messages.ts';
import { fromMs, toMs } from '../../../src/protocol/rocketmq/time.ts';
import {
  eachWithOrders,
  messageTo,
  QUERY_ROUTE,
  RECALL,
  receiveMessages,
  resource,
  SEND,
} from '../../support/rocketmq.ts';

const here = eachWithOrders();

const delayed = (atMs: number, body = 'later') =>
  messageTo('orders', { body, messageType: MESSAGE_TYPE.DELAY, deliveryTimestamp: fromMs(atMs), tag: 't' });

const receive = (batchSize = 1) => receiveMessages(here.client, { batchSize, waitMs: 30_000 });

it('delivers a delayed message when it is due, as it was sent', async () => {
  const atMs = Date.now() + 150;
  const sent = delayed(atMs);
  const { entries } = await here.client.call(SEND, {
    messages: [sent, messageTo('orders', { body: 'now' })],
  });
  expect(entries.map(({ status }) => status!.code)).toEqual([CODE.OK, CODE.OK]);
  expect(String((await receive())[0]!.body)).toBe('now');
  const [message] = await receive();
  expect(Date.now()).toBeGreaterThanOrEqual(atMs);
  const { messageId, messageType, deliveryTimestamp, tag } = message!.systemProperties!;
  expect(messageId).toBe(sent.systemProperties!.messageId);
  expect([messageType, tag, toMs(deliveryTimestamp)]).toEqual([MESSAGE_TYPE.DELAY, 't', atMs]);
});

it('delivers at once what was due before it came', async () => {
  await here.client.call(SEND, { messages: [delayed(1000, 'late')] });
  expect(String((await receive())[0]!.body)).toBe('late');
});

it('recalls a message that waits, once', async () => {
  const sent = delayed(Date.now() + 3_600_000);
  const { entries } = await here.client.call(SEND, { messages: [sent] });
  const { recallHandle } = entries[0]!;
  const recall = (handle: string, topic = 'orders') =>
    here.client.call(RECALL, { topic: resource(topic), recallHandle: handle });
  expect((await recall(recallHandle, 'nowhere')).status!.code).toBe(CODE.TOPIC_NOT_FOUND);
  await here.client.call(QUERY_ROUTE, { topic: resource('another'), endpoints: null });
  expect((await recall(recallHandle, 'another')).status!.code).toBe(CODE.NOT_FOUND);
  const first = await recall(recallHandle);
  expect([first.status!.code, first.messageId]).toEqual([CODE.OK, sent.systemProperties!.messageId]);
  expect((await recall(recallHandle)).status!.code).toBe(CODE.NOT_FOUND);
  expect((await recall('nonsense')).status!.code).toBe(CODE.BAD_REQUEST);
  expect((await recall('nonsense.id')).status!.code).toBe(CODE.BAD_REQUEST);
  expect(here.rocketmq.broker.schedules.counts.waiting).toBe(0);
});

it('refuses a time that is too far', async () => {
  const { status } = await here.client.call(SEND, {
    messages: [delayed(Date.now() + 200 * 365 * 86_400_000)],
  });
  expect(status!.code).toBe(CODE.ILLEGAL_DELIVERY_TIME);
});

it('refuses a delayed message that the topic has no room for', async () => {
  await here.rocketmq.broker.createTopics([
    { name: 'small', partitionCount: 1, replicationFactor: -1, configs: [['max.message.bytes', '1000']] },
  ]);
  const message = { ...delayed(Date.now() + 60_000, 'x'.repeat(2000)), topic: resource('small') };
  expect((await here.client.call(SEND, { messages: [message] })).status!.code).toBe(
    CODE.MESSAGE_BODY_TOO_LARGE,
  );
});

it('hands out what has a higher priority first, where the topic has levels', async () => {
  await here.rocketmq.broker.createTopics([
    { name: 'urgent', partitionCount: 3, replicationFactor: -1, configs: [['polylog.priority.levels', '3']] },
  ]);
  const ofPriority = (priority: number) =>
    messageTo('urgent', { body: String(priority), priority, messageType: MESSAGE_TYPE.PRIORITY });
  const { status } = await here.client.call(SEND, { messages: [0, 2, 1, 9].map(ofPriority) });
  expect(status!.code).toBe(CODE.OK);
  const messages = await receiveMessages(here.client, { topicName: 'urgent' });
  expect(messages.map(({ systemProperties }) => systemProperties!.priority)).toEqual([2, 9, 1, 0]);
});
