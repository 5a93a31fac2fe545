/** Receiving and settling, asked without sockets. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  CLIENT_TYPE,
  CODE,
  DIGEST_TYPE,
  FILTER_TYPE,
  MESSAGE_TYPE,
  type Message,
  newSettings,
  newTelemetryCommand,
} from '../../../src/protocol/rocketmq/codec/generated/messages.ts';
import { fromMs } from '../../../src/protocol/rocketmq/time.ts';
import {
  ACK,
  alterGroup,
  CHANGE_INVISIBLE,
  eachWithOrders,
  FORWARD_TO_DEAD_LETTERS,
  messagesIn,
  messageTo,
  QUERY_ROUTE,
  RECEIVE,
  receiveRequest,
  resource,
  SEND,
  TELEMETRY,
  TERMINATE,
} from '../../support/rocketmq.ts';

const here = eachWithOrders();

type Wish = Parameters<typeof receiveRequest>[0];

interface Received {
  readonly code: number;
  readonly messages: Message[];
}

async function receive(wish?: Wish, from = here.client): Promise<Received> {
  const call = from.open(RECEIVE);
  call.send(receiveRequest(wish));
  call.ended();
  const replies = await call.all();
  const messages = messagesIn(replies);
  // In this order: clients read it so.
  expect(replies[0]!.status).not.toBeNull();
  if (messages.length > 0) expect(replies.at(-1)!.deliveryTimestamp).not.toBeNull();
  else expect(replies).toHaveLength(1);
  return { code: replies[0]!.status!.code, messages };
}

const bodies = ({ messages }: Received): string[] => messages.map(({ body }) => String(body));
const handleOf = (message: Message): string => message.systemProperties!.receiptHandle!;

async function ack(messages: readonly Message[], groupName = 'billing'): Promise<number[]> {
  const { entries } = await here.client.call(ACK, {
    group: resource(groupName),
    topic: resource('orders'),
    entries: messages.map((message) => ({
      messageId: message.systemProperties!.messageId,
      receiptHandle: handleOf(message),
      liteTopic: null,
    })),
  });
  return entries.map(({ status }) => status!.code);
}

const send = async (...messages: Message[]): Promise<void> => {
  expect((await here.client.call(SEND, { messages })).status!.code).toBe(CODE.OK);
};

const changeInvisible = (message: Message, ms: number) =>
  here.client.call(CHANGE_INVISIBLE, {
    group: resource('billing'),
    topic: message.topic,
    receiptHandle: handleOf(message),
    invisibleDuration: fromMs(ms),
    messageId: message.systemProperties!.messageId,
    liteTopic: null,
    suspend: null,
  });

describe('ReceiveMessage', () => {
  it('gives what was sent, as it was sent, with what a consumer needs', async () => {
    const sent = messageTo('orders', {
      body: 'hello',
      tag: 'paid',
      keys: ['a', 'b'],
      bornTimestamp: fromMs(1_700_000_000_123),
      properties: { colour: 'red' },
    });
    await send(sent);
    const [message] = (await receive()).messages;
    expect([...message!.userProperties]).toEqual([['colour', 'red']]);
    expect(message).toMatchObject({
      topic: { name: 'orders' },
      body: Buffer.from('hello'),
      systemProperties: {
        messageId: sent.systemProperties!.messageId,
        messageType: MESSAGE_TYPE.NORMAL,
        tag: 'paid',
        keys: ['a', 'b'],
        bornTimestamp: fromMs(1_700_000_000_123),
        bornHost: 'here',
        bodyDigest: {
          type: DIGEST_TYPE.MD5,
          checksum: createHash('md5').update('hello').digest('hex').toUpperCase(),
        },
        deliveryAttempt: 1,
        queueId: 0,
        queueOffset: 0,
        storeHost: 'polylog-1',
      },
    });
  });

  it('says that there is nothing', async () => {
    expect(await receive()).toEqual({ code: CODE.MESSAGE_NOT_FOUND, messages: [] });
  });

  it('waits until there is something', async () => {
    const waiting = receive({ waitMs: 30_000 });
    await send(messageTo('orders', { body: 'late' }));
    expect(bodies(await waiting)).toEqual(['late']);
  });

  it('lets go of a wait whose client is gone: another one gets the message', async () => {
    const call = here.client.open(RECEIVE);
    call.send(receiveRequest({ waitMs: 30_000 }));
    call.gone();
    await send(messageTo('orders', { body: 'for another' }));
    expect(bodies(await receive())).toEqual(['for another']);
  });

  it('gives what was in an answer that did not leave to the next who asks', async () => {
    await send(messageTo('orders', { body: 'cut off' }));
    const call = here.client.open(RECEIVE);
    call.send(receiveRequest({ autoRenew: true }));
    expect(await call.all()).toHaveLength(3);
    call.gone();
    expect(bodies(await receive({ waitMs: 30_000 }))).toEqual(['cut off']);
  });

  it('gives each message to one consumer of a group, and to each group', async () => {
    await send(...['a', 'b', 'c'].map((body) => messageTo('orders', { body })));
    expect(bodies(await receive({ batchSize: 2 }))).toEqual(['a', 'b']);
    expect(bodies(await receive(undefined, here.rocketmq.client()))).toEqual(['c']);
    expect(bodies(await receive({ groupName: 'shipping' }))).toEqual(['a', 'b', 'c']);
  });

  it('gives 32 at most', async () => {
    await send(...Array.from({ length: 40 }, () => messageTo('orders')));
    expect((await receive({ batchSize: 1000 })).messages).toHaveLength(32);
  });

  it('hands out a message again when its time is over, and counts', async () => {
    await send(messageTo('orders'));
    await receive({ invisibleDuration: fromMs(20) });
    const { messages } = await receive({ waitMs: 30_000 });
    expect(messages[0]!.systemProperties!.deliveryAttempt).toBe(2);
  });

  it('keeps the order of a message group, and lets others pass', async () => {
    const fifo = (body: string, messageGroup: string) =>
      messageTo('orders', { body, messageGroup, messageType: MESSAGE_TYPE.FIFO });
    await send(fifo('a1', 'a'), fifo('a2', 'a'), fifo('b1', 'b'), messageTo('orders', { body: 'free' }));
    const first = await receive();
    expect(bodies(first)).toEqual(['a1', 'b1', 'free']);
    expect(bodies(await receive())).toEqual([]);
    expect(await ack(first.messages.slice(0, 1))).toEqual([CODE.OK]);
    expect(bodies(await receive())).toEqual(['a2']);
  });

  it.each([
    ['TAG', FILTER_TYPE.TAG, 'paid || sent', ['1', '3']],
    ['TAG *', FILTER_TYPE.TAG, '*', ['1', '2', '3']],
    ['SQL', FILTER_TYPE.SQL, "TAGS = 'paid' AND weight > 5", ['3']],
  ])('filters by %s', async (_name, type, expression, expected) => {
    await send(
      messageTo('orders', { body: '1', tag: 'paid', properties: { weight: '4' } }),
      messageTo('orders', { body: '2', properties: { weight: '9' } }),
      messageTo('orders', { body: '3', tag: 'paid', properties: { weight: '10' } }),
    );
    expect(bodies(await receive({ filterExpression: { type, expression } }))).toEqual(expected);
  });

  it('gives a push consumer one message at a time where the group is consumed in order', async () => {
    for (const body of ['a', 'b', 'c']) await send(messageTo('orders', { body }));
    await alterGroup(here.rocketmq.broker, 'billing', 'polylog.rocketmq.fifo', 'true');
    expect(bodies(await receive({ autoRenew: true }))).toEqual(['a']);
    expect(bodies(await receive({ autoRenew: true }))).toEqual(['b']);
    expect(bodies(await receive({ autoRenew: true, groupName: 'other' }))).toEqual(['a', 'b', 'c']);
    expect(bodies(await receive())).toEqual(['c']);
  });

  it.each([1, 2])('gives what has failed to the last alone, of %i queues', async (partitionCount) => {
    const { queues, topics } = here.rocketmq.broker;
    const topicName = `of-${partitionCount}`;
    await here.rocketmq.broker.createTopics([
      { name: topicName, partitionCount, replicationFactor: -1, configs: [] },
    ]);
    for (const body of ['bad', 'good']) await send(messageTo(topicName, { body }));
    const settings = { deliveriesMax: 3 };
    const topicId = topics.byName(topicName)!.id;
    await new Promise((resolve) =>
      queues.subscribe({ topicId, name: 'billing', settings, startFrom: 'earliest' }, resolve),
    );
    for (const _delivery of [1, 2]) {
      const { messages } = await receive({ topicName });
      expect(messages).toHaveLength(2);
      for (const message of messages) await changeInvisible(message, 0);
    }
    const alone = [await receive({ topicName }), await receive({ topicName })].map(bodies);
    expect(alone.map(({ length }) => length)).toEqual([1, 1]);
    expect(alone.flat().sort()).toEqual(['bad', 'good']);
  });

  it('takes another filter from then on', async () => {
    const tagged = (expression: string) => ({ filterExpression: { type: FILTER_TYPE.TAG, expression } });
    await send(messageTo('orders', { body: '1', tag: 'a' }));
    expect(bodies(await receive(tagged('b')))).toEqual([]);
    await send(messageTo('orders', { body: '2', tag: 'a' }));
    expect(bodies(await receive(tagged('a')))).toEqual(['2']);
  });

  it.each([
    [
      'a condition that is none',
      { filterExpression: { type: FILTER_TYPE.SQL, expression: 'a >' } },
      CODE.ILLEGAL_FILTER_EXPRESSION,
    ],
    ['no invisible time', { invisibleDuration: null }, CODE.ILLEGAL_INVISIBLE_TIME],
    [
      'too long an invisible time',
      { invisibleDuration: fromMs(13 * 3_600_000) },
      CODE.ILLEGAL_INVISIBLE_TIME,
    ],
    ['a topic that is not there', { topicName: 'nowhere' }, CODE.TOPIC_NOT_FOUND],
    ['a group without a name', { groupName: '' }, CODE.ILLEGAL_CONSUMER_GROUP],
  ])('refuses %s', async (_what, fields, code) => {
    expect((await receive(fields)).code).toBe(code);
  });
});

describe('AckMessage', () => {
  it('settles once, and says so of each', async () => {
    await send(messageTo('orders'), messageTo('orders'));
    const { messages } = await receive();
    expect(await ack([messages[0]!])).toEqual([CODE.OK]);
    expect(await ack(messages)).toEqual([CODE.INVALID_RECEIPT_HANDLE, CODE.OK]);
  });

  it('refuses handles that were made up, changed, or are of another group', async () => {
    await send(messageTo('orders'));
    const [message] = (await receive()).messages;
    await receive({ groupName: 'shipping' });
    const handle = handleOf(message!);
    expect(await ack([message!], 'shipping')).toEqual([CODE.INVALID_RECEIPT_HANDLE]);
    expect(await ack([message!], 'nobody')).toEqual([CODE.INVALID_RECEIPT_HANDLE]);
    for (let i = 0; i < handle.length; i++) {
      const bytes = handle.slice(0, i) + (handle[i] === 'A' ? 'B' : 'A') + handle.slice(i + 1);
      message!.systemProperties!.receiptHandle = bytes;
      expect(await ack([message!])).toEqual([CODE.INVALID_RECEIPT_HANDLE]);
    }
    message!.systemProperties!.receiptHandle = handle;
    expect(await ack([message!])).toEqual([CODE.OK]);
  });

  it('refuses the handle of a delivery whose time is over', async () => {
    await send(messageTo('orders'));
    const first = await receive({ invisibleDuration: fromMs(1) });
    const second = await receive({ waitMs: 30_000 });
    expect(await ack(first.messages)).toEqual([CODE.INVALID_RECEIPT_HANDLE]);
    expect(await ack(second.messages)).toEqual([CODE.OK]);
  });
});

describe('ChangeInvisibleDuration', () => {
  it("prolongs a simple consumer's delivery under a new handle", async () => {
    await send(messageTo('orders'));
    const { messages } = await receive();
    const { status, receiptHandle } = await changeInvisible(messages[0]!, 60_000);
    expect(status!.code).toBe(CODE.OK);
    expect(await ack(messages)).toEqual([CODE.INVALID_RECEIPT_HANDLE]);
    messages[0]!.systemProperties!.receiptHandle = receiptHandle;
    expect(await ack(messages)).toEqual([CODE.OK]);
  });

  it('gives a message back at once, or soon', async () => {
    await send(messageTo('orders'));
    for (const [attempt, ms] of [
      [2, 0],
      [4, 5],
    ] as const) {
      const { messages } = await receive({ waitMs: 30_000 });
      expect((await changeInvisible(messages[0]!, ms)).status!.code).toBe(CODE.OK);
      const again = await receive({ waitMs: 30_000 });
      expect(again.messages[0]!.systemProperties!.deliveryAttempt).toBe(attempt);
      await changeInvisible(again.messages[0]!, 0);
    }
  });

  it('has a message that a push consumer refuses rest as long as its group says', async () => {
    await send(messageTo('orders'));
    const { messages } = await receive({ autoRenew: true });
    expect((await changeInvisible(messages[0]!, 1)).status!.code).toBe(CODE.OK);
    const [subscription] = here.rocketmq.broker.queues.list();
    const [stretch] = subscription!.state.windows.get(0)!.stretches();
    expect(stretch!.state).toBe('waiting');
    expect(stretch!.untilMs - Date.now()).toBeGreaterThan(4000);
  });

  it('has it rest as long as an operator has set the group to', async () => {
    await send(messageTo('orders'));
    const { messages } = await receive({ autoRenew: true });
    const { queues } = here.rocketmq.broker;
    const [subscription] = queues.list();
    const retry = { kind: 'list', delaysMs: [60_000] } as const;
    expect(await new Promise((resolve) => queues.alter(subscription!, { retry }, resolve))).toBeNull();
    expect((await changeInvisible(messages[0]!, 5000)).status!.code).toBe(CODE.OK);
    const [stretch] = subscription!.state.windows.get(0)!.stretches();
    expect(stretch!.untilMs - Date.now()).toBeGreaterThan(50_000);
  });

  it('refuses what is too long', async () => {
    await send(messageTo('orders'));
    const { messages } = await receive();
    const { status } = await changeInvisible(messages[0]!, 13 * 3_600_000);
    expect(status!.code).toBe(CODE.ILLEGAL_INVISIBLE_TIME);
  });
});

describe('ForwardMessageToDeadLetterQueue', () => {
  it('moves a message to where the group finds it by its name', async () => {
    await send(messageTo('orders', { body: 'bad', properties: { colour: 'red' } }));
    const [message] = (await receive()).messages;
    const { status } = await here.client.call(FORWARD_TO_DEAD_LETTERS, {
      group: resource('billing'),
      topic: resource('orders'),
      receiptHandle: handleOf(message!),
      messageId: message!.systemProperties!.messageId,
      deliveryAttempt: 1,
      maxDeliveryAttempts: 17,
      liteTopic: null,
    });
    expect(status!.code).toBe(CODE.OK);
    expect((await receive()).code).toBe(CODE.MESSAGE_NOT_FOUND);
    await here.client.call(QUERY_ROUTE, { topic: resource('%DLQ%billing'), endpoints: null });
    const dead = await receive({
      topicName: '%DLQ%billing',
      groupName: 'undertaker',
      waitMs: 30_000,
    });
    expect(bodies(dead)).toEqual(['bad']);
    expect(dead.messages[0]!.systemProperties!.messageId).toBe(message!.systemProperties!.messageId);
    expect(dead.messages[0]!.systemProperties!.deadLetterQueue).toEqual({
      topic: 'orders',
      messageId: message!.systemProperties!.messageId,
    });
    expect(Object.fromEntries(dead.messages[0]!.userProperties)).toMatchObject({
      colour: 'red',
      'dlq-topic': 'orders',
      'dlq-offset': '0',
      'dlq-subscription': 'billing',
      'dlq-reason': 'rejected',
    });
  });
});

it('lets go at once of what a push consumer has that says goodbye', async () => {
  await send(messageTo('orders'));
  const other = here.rocketmq.client();
  const stream = other.open(TELEMETRY);
  const subscription = {
    group: resource('billing'),
    subscriptions: [],
    fifo: null,
    receiveBatchSize: null,
    longPollingTimeout: null,
    liteSubscriptionQuota: null,
    maxLiteTopicSize: null,
  };
  const settings = { ...newSettings(), clientType: CLIENT_TYPE.PUSH_CONSUMER, subscription };
  stream.send({ ...newTelemetryCommand(), settings });
  await stream.next();
  expect((await receive({ autoRenew: true }, other)).messages).toHaveLength(1);
  expect((await receive()).code).toBe(CODE.MESSAGE_NOT_FOUND);
  await other.call(TERMINATE, { group: resource('billing') });
  expect((await receive({ waitMs: 30_000 })).messages).toHaveLength(1);
});
