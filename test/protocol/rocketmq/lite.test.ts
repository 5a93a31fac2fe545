/** Lite topics, asked without sockets. */
import { describe, expect, it } from 'vitest';
import { createMemoryDisk } from '../../../src/platform/memory-disk.ts';
import { nodeClock } from '../../../src/platform/node/clock.ts';
import {
  CLIENT_TYPE,
  CODE,
  LITE_SUBSCRIPTION_ACTION,
  MESSAGE_TYPE,
  type Message,
  newOffsetOption,
  newReceiveMessageRequest,
  newSettings,
  newSyncLiteSubscriptionRequest,
  newTelemetryCommand,
  OFFSET_OPTION_POLICY,
  type OffsetOption,
  type SyncLiteSubscriptionRequest,
} from '../../../src/protocol/rocketmq/codec/generated/messages.ts';
import { fromMs } from '../../../src/protocol/rocketmq/time.ts';
import { buildBatch } from '../../../src/record/build.ts';
import {
  ACK,
  CHANGE_INVISIBLE,
  eachWithOrders,
  messageTo,
  QUERY_ROUTE,
  queueOf,
  RECEIVE,
  type RocketmqClient,
  resource,
  SEND,
  SYNC_LITE,
  startRocketmq,
  TELEMETRY,
  TERMINATE,
} from '../../support/rocketmq.ts';

const here = eachWithOrders();

const { LAST, MIN, MAX } = OFFSET_OPTION_POLICY;
const { PARTIAL_ADD, PARTIAL_REMOVE, COMPLETE_ADD, COMPLETE_REMOVE } = LITE_SUBSCRIPTION_ACTION;

const liteMessage = (liteTopic: string, body: string): Message =>
  messageTo('orders', { body, liteTopic, messageType: MESSAGE_TYPE.LITE });

async function send(liteTopic: string, ...bodies: string[]): Promise<void> {
  for (const body of bodies) {
    const { status } = await here.client.call(SEND, { messages: [liteMessage(liteTopic, body)] });
    expect(status).toMatchObject({ code: CODE.OK });
  }
}

/** A push consumer of lite topics as Java's: settings first, on a stream that it keeps. */
class LiteConsumer {
  readonly client: RocketmqClient;
  readonly group: string;
  readonly telemetry;

  constructor(group = 'workers', client = here.rocketmq.client()) {
    this.client = client;
    this.group = group;
    this.telemetry = client.open(TELEMETRY);
  }

  async begin(clientType: number = CLIENT_TYPE.LITE_PUSH_CONSUMER) {
    this.telemetry.send({
      ...newTelemetryCommand(),
      settings: {
        ...newSettings(),
        clientType,
        subscription: {
          group: resource(this.group),
          subscriptions: [{ topic: resource('orders'), expression: null }],
          fifo: null,
          receiveBatchSize: null,
          longPollingTimeout: null,
          liteSubscriptionQuota: null,
          maxLiteTopicSize: null,
        },
      },
    });
    return (await this.telemetry.next()).settings!;
  }

  async sync(
    action: number,
    names: string[],
    fields: Partial<SyncLiteSubscriptionRequest> = {},
  ): Promise<number> {
    const { status } = await this.client.call(SYNC_LITE, {
      ...newSyncLiteSubscriptionRequest(),
      action,
      topic: resource('orders'),
      group: resource(this.group),
      liteTopicSet: names,
      ...fields,
    });
    return status!.code;
  }

  async receive(waitMs = 0, batchSize = 10): Promise<Message[]> {
    const call = this.client.open(RECEIVE);
    call.send({
      ...newReceiveMessageRequest(),
      group: resource(this.group),
      messageQueue: queueOf('orders'),
      batchSize,
      autoRenew: true,
      longPollingTimeout: fromMs(waitMs),
    });
    call.ended();
    const replies = await call.all();
    this.code = replies[0]!.status!.code;
    return replies.flatMap(({ message }) => (message === null ? [] : [message]));
  }

  code = 0;

  async ack(messages: readonly Message[]): Promise<void> {
    const { status } = await this.client.call(ACK, {
      group: resource(this.group),
      topic: resource('orders'),
      entries: messages.map(({ systemProperties }) => ({
        messageId: systemProperties!.messageId,
        receiptHandle: systemProperties!.receiptHandle!,
        liteTopic: systemProperties!.liteTopic,
      })),
    });
    expect(status!.code).toBe(CODE.OK);
  }

  /** All that it gets, acknowledged as it comes. */
  async drain(): Promise<string[]> {
    const bodies: string[] = [];
    for (;;) {
      const messages = await this.receive();
      if (messages.length === 0) return bodies;
      for (const { body } of messages) bodies.push(String(body));
      await this.ack(messages);
    }
  }
}

async function consumer(names: string[], group?: string): Promise<LiteConsumer> {
  const one = new LiteConsumer(group);
  await one.begin();
  expect(await one.sync(PARTIAL_ADD, names)).toBe(CODE.OK);
  return one;
}

const bodies = (messages: readonly Message[]): string[] => messages.map(({ body }) => String(body));

describe('a lite consumer', () => {
  it('is told how much it may ask for', async () => {
    expect((await new LiteConsumer().begin()).subscription).toMatchObject({
      liteSubscriptionQuota: 2000,
      maxLiteTopicSize: 64,
    });
  });

  it('gets messages of the lite topics that it has subscribed to, in order, and no others', async () => {
    await send('a', 'a1', 'a2');
    await send('b', 'b1');
    await send('c', 'c1');
    const one = await consumer(['a', 'c']);
    const [first] = await one.receive();
    expect(first!.systemProperties).toMatchObject({
      liteTopic: 'a',
      messageGroup: null,
      messageType: MESSAGE_TYPE.LITE,
      deliveryAttempt: 1,
    });
    expect(await one.receive()).toEqual([]);
    await one.ack([first!]);
    expect(bodies(await one.receive())).toEqual(['a2']);
  });

  it('gets what waited for nobody when it subscribes to it', async () => {
    await send('a', 'a1');
    await send('b', 'b1', 'b2');
    const one = await consumer(['a']);
    expect(await one.drain()).toEqual(['a1']);
    await send('b', 'b3');
    await send('a', 'a2');
    expect(await one.drain()).toEqual(['a2']);
    await one.sync(PARTIAL_ADD, ['b']);
    expect(await one.drain()).toEqual(['b1', 'b2', 'b3']);
    expect(stateOf().windows.get(0)!.stretchCount).toBe(0);
  });

  it('waits for a message, and for a subscription', async () => {
    const one = await consumer(['a']);
    const waiting = one.receive(30_000);
    await send('b', 'b1');
    await send('a', 'a1');
    expect(bodies(await waiting)).toEqual(['a1']);
    const other = new LiteConsumer();
    await other.begin();
    const later = other.receive(30_000);
    await other.sync(PARTIAL_ADD, ['b']);
    expect(bodies(await later)).toEqual(['b1']);
  });

  it('gets a message again that it refused, before the next of its lite topic', async () => {
    await send('a', 'a1', 'a2');
    await send('b', 'b1');
    const one = await consumer(['a', 'b']);
    const messages = await one.receive();
    expect(bodies(messages)).toEqual(['a1', 'b1']);
    await one.client.call(CHANGE_INVISIBLE, {
      group: resource('workers'),
      topic: resource('orders'),
      receiptHandle: messages[0]!.systemProperties!.receiptHandle!,
      invisibleDuration: fromMs(5000),
      messageId: '',
      liteTopic: 'a',
      suspend: null,
    });
    await one.ack([messages[1]!]);
    expect(await one.receive()).toEqual([]);
  });

  it('gets a message again when it has asked for it, as if for the first time, where it is busy', async () => {
    await send('a', 'a1', 'a2');
    const one = await consumer(['a']);
    const [first] = await one.receive();
    await one.client.call(CHANGE_INVISIBLE, {
      group: resource('workers'),
      topic: resource('orders'),
      receiptHandle: first!.systemProperties!.receiptHandle!,
      invisibleDuration: fromMs(1),
      messageId: '',
      liteTopic: 'a',
      suspend: true,
    });
    const [again] = await one.receive(30_000);
    expect(String(again!.body)).toBe('a1');
    expect(again!.systemProperties!.deliveryAttempt).toBe(1);
  });

  it('gets nothing of a lite topic that it has left', async () => {
    const one = await consumer(['a', 'b']);
    expect(await one.sync(PARTIAL_REMOVE, ['a'])).toBe(CODE.OK);
    await send('a', 'a1');
    await send('b', 'b1');
    expect(await one.drain()).toEqual(['b1']);
    await one.sync(COMPLETE_ADD, ['a']);
    await send('b', 'b2');
    expect(await one.drain()).toEqual(['a1']);
    await one.sync(COMPLETE_REMOVE, []);
    await send('a', 'a2');
    expect(await one.drain()).toEqual([]);
  });

  it('leaves what it had to others of its group when it goes', async () => {
    await send('a', 'a1', 'a2');
    const one = await consumer(['a']);
    expect(bodies(await one.receive())).toEqual(['a1']);
    await one.client.call(TERMINATE, { group: null });
    expect(here.rocketmq.service.liteSubscriptionCount).toBe(0);
    expect(await (await consumer(['a'])).drain()).toEqual(['a1', 'a2']);
  });

  it('is served beside those of other groups', async () => {
    await send('a', 'a1', 'a2');
    expect(await (await consumer(['a'], 'one')).drain()).toEqual(['a1', 'a2']);
    expect(await (await consumer(['a'], 'other')).drain()).toEqual(['a1', 'a2']);
  });
});

describe('several clients with one lite topic', () => {
  it('share its messages, in order', async () => {
    await send('a', 'a1', 'a2');
    const [one, other] = [await consumer(['a']), await consumer(['a'])];
    const first = await one.receive();
    expect(await other.receive()).toEqual([]);
    await one.ack(first);
    expect(bodies(await other.receive())).toEqual(['a2']);
  });
});

const setGroup = (values: Readonly<Record<string, string>>): Promise<unknown> =>
  here.rocketmq.broker.propose({
    kind: 'alter-configs',
    validateOnly: false,
    resources: [
      {
        resource: { kind: 'group', name: 'workers' },
        mode: 'incremental',
        changes: Object.entries(values).map(([name, value]) => ({ name, operation: 'set', value })),
      },
    ],
  });

const stateOf = (group = 'workers') => {
  const { queues, topics } = here.rocketmq.broker;
  return queues.find(topics.byName('orders')!.id, group)!.state;
};

describe('a group', () => {
  it('that is exclusive gives a lite topic to the client that has asked last, and tells the other', async () => {
    await setGroup({ 'polylog.lite.exclusive': 'true' });
    const one = await consumer(['a', 'b']);
    const other = await consumer(['a']);
    expect((await one.telemetry.next()).notifyUnsubscribeLiteCommand).toEqual({ liteTopic: 'a' });
    await send('a', 'a1');
    await send('b', 'b1');
    expect(await one.drain()).toEqual(['b1']);
    // It hasn't heard, and is told again.
    expect(await one.sync(COMPLETE_ADD, ['a', 'b'])).toBe(CODE.OK);
    expect((await one.telemetry.next()).notifyUnsubscribeLiteCommand).toEqual({ liteTopic: 'a' });
    expect(await one.drain()).toEqual([]);
    expect(await other.drain()).toEqual(['a1']);
    await other.client.call(TERMINATE, { group: null });
    expect(await one.sync(COMPLETE_ADD, ['a', 'b'])).toBe(CODE.OK);
    await send('a', 'a2');
    expect(await one.drain()).toEqual(['a2']);
  });

  it('says what its clients may have', async () => {
    await setGroup({ 'polylog.lite.subscriptions.max': '2' });
    const one = new LiteConsumer();
    expect((await one.begin()).subscription).toMatchObject({ liteSubscriptionQuota: 2 });
    expect(await one.sync(PARTIAL_ADD, ['a', 'b', 'c'])).toBe(CODE.LITE_SUBSCRIPTION_QUOTA_EXCEEDED);
    expect(await one.sync(PARTIAL_ADD, ['a', 'b'])).toBe(CODE.OK);
  });

  it('says how long messages wait, and how many', async () => {
    await consumer(['a']);
    const defaults = { order: 'channels', ttlMs: 0, stretchesMax: 100_000, deliveriesMax: 17 };
    expect(stateOf().settings).toMatchObject(defaults);
    await setGroup({ 'polylog.lite.ttl.ms': '60000', 'polylog.lite.waiting.max': '16' });
    const one = await consumer(['a']);
    expect(stateOf().settings).toMatchObject({ ttlMs: 60_000, stretchesMax: 16 });
    const old = liteMessage('a', 'old');
    old.systemProperties!.bornTimestamp = fromMs(Date.now() - 120_000);
    await here.client.call(SEND, { messages: [old] });
    await send('a', 'new');
    await expect.poll(() => one.drain()).toEqual(['new']);
  });
});

describe('over a restart', () => {
  it('what waits stays, and what was acknowledged does not come again', async () => {
    const disk = createMemoryDisk({ clock: nodeClock });
    const start = async (): Promise<void> => {
      await here.rocketmq.close();
      here.rocketmq = await startRocketmq({ platform: { disk } });
      here.client = here.rocketmq.client();
      await here.client.call(QUERY_ROUTE, { topic: resource('orders'), endpoints: null });
    };
    await start();
    await send('a', 'a1', 'a2');
    await send('b', 'b1');
    const before = await consumer(['a']);
    await before.ack(await before.receive());
    expect(bodies(await before.receive())).toEqual(['a2']);
    await start();
    const after = new LiteConsumer();
    // Before it has said anything of itself.
    expect(await after.receive()).toEqual([]);
    expect(after.code).toBe(CODE.MESSAGE_NOT_FOUND);
    await after.begin();
    expect(await after.sync(COMPLETE_ADD, ['a', 'b'])).toBe(CODE.OK);
    expect((await after.drain()).sort()).toEqual(['a2', 'b1']);
  });
});

const begin = (option: Partial<OffsetOption>) => ({ offsetOption: { ...newOffsetOption(), ...option } });

describe('where a lite topic begins', () => {
  /** A client of a group that has read a1 to a4 of five messages, and gets what comes then. */
  async function readAgain(option: Partial<OffsetOption>): Promise<string[]> {
    await send('a', 'a1', 'a2');
    await send('b', 'b1');
    await send('a', 'a3', 'a4', 'a5');
    const first = await consumer(['a']);
    for (let i = 0; i < 4; i++) await first.ack(await first.receive());
    await first.client.call(TERMINATE, { group: null });
    const one = new LiteConsumer();
    await one.begin();
    expect(await one.sync(PARTIAL_ADD, ['a'], begin(option))).toBe(CODE.OK);
    await send('a', 'a6');
    return one.drain();
  }

  it('is where the group stands', async () => {
    expect(await readAgain({ policy: LAST })).toEqual(['a5', 'a6']);
  });

  it('is the oldest message', async () => {
    expect(await readAgain({ policy: MIN })).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6']);
  });

  it('is what comes from now on', async () => {
    expect(await readAgain({ policy: MAX })).toEqual(['a6']);
    expect(stateOf().windows.get(0)!.stretchCount).toBe(1);
  });

  it('is the last messages', async () => {
    expect(await readAgain({ tailN: 3 })).toEqual(['a3', 'a4', 'a5', 'a6']);
  });

  it('is the message with an offset, as it was received, or the next', async () => {
    expect(await readAgain({ offset: 2 })).toEqual(['a3', 'a4', 'a5', 'a6']);
    const one = await consumer(['b']);
    expect(await one.sync(PARTIAL_ADD, ['b'], begin({ offset: 1000 }))).toBe(CODE.ILLEGAL_OFFSET);
  });

  it('is the first message since a time', async () => {
    const old = liteMessage('a', 'old');
    old.systemProperties!.bornTimestamp = fromMs(Date.now() - 120_000);
    await here.client.call(SEND, { messages: [old] });
    expect(await readAgain({ timestamp: Date.now() - 60_000 })).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6']);
    const one = await consumer(['b']);
    expect(await one.sync(PARTIAL_ADD, ['b'], begin({ timestamp: Date.now() + 60_000 }))).toBe(CODE.OK);
    expect(await one.drain()).toEqual([]);
  });

  it('is said of no part where a client may not have all', async () => {
    await setGroup({ 'polylog.lite.subscriptions.max': '1' });
    await send('a', 'a1');
    const one = new LiteConsumer();
    await one.begin();
    const refused = await one.sync(PARTIAL_ADD, ['a', 'b'], begin({ policy: MAX }));
    expect(refused).toBe(CODE.LITE_SUBSCRIPTION_QUOTA_EXCEEDED);
    expect(await one.sync(PARTIAL_ADD, ['a'])).toBe(CODE.OK);
    expect(await one.drain()).toEqual(['a1']);
  });

  it('takes a message away from the client that has it', async () => {
    await send('a', 'a1', 'a2');
    const one = await consumer(['a']);
    await one.ack(await one.receive());
    const [second] = await one.receive();
    expect(String(second!.body)).toBe('a2');
    const other = new LiteConsumer();
    await other.begin();
    expect(await other.sync(PARTIAL_ADD, ['a'], begin({ policy: MIN }))).toBe(CODE.OK);
    expect(await other.drain()).toEqual(['a1', 'a2']);
    const { entries } = await one.client.call(ACK, {
      group: resource('workers'),
      topic: resource('orders'),
      entries: [
        {
          messageId: second!.systemProperties!.messageId,
          receiptHandle: second!.systemProperties!.receiptHandle!,
          liteTopic: 'a',
        },
      ],
    });
    expect(entries[0]!.status!.code).toBe(CODE.INVALID_RECEIPT_HANDLE);
  });
});

describe('SyncLiteSubscription', () => {
  it('refuses what it does not do', async () => {
    const one = new LiteConsumer();
    await one.begin();
    expect(await one.sync(PARTIAL_ADD, [' '])).toBe(CODE.ILLEGAL_LITE_TOPIC);
    expect(await one.sync(PARTIAL_ADD, ['*'])).toBe(CODE.ILLEGAL_LITE_TOPIC);
    expect(await one.sync(PARTIAL_ADD, ['x'.repeat(65)])).toBe(CODE.ILLEGAL_LITE_TOPIC);
    expect(await one.sync(9, ['a'])).toBe(CODE.BAD_REQUEST);
    expect(await one.sync(PARTIAL_ADD, ['a'], { topic: resource('none') })).toBe(CODE.TOPIC_NOT_FOUND);
    expect(await one.sync(PARTIAL_ADD, ['a'], begin({ policy: 7 }))).toBe(CODE.UNSUPPORTED);
    expect(await one.sync(PARTIAL_ADD, ['a'], begin({ tailN: -1 }))).toBe(CODE.ILLEGAL_OFFSET);
    expect(await one.sync(COMPLETE_ADD, ['a'], begin({ policy: MIN }))).toBe(CODE.BAD_REQUEST);
    expect(await one.sync(COMPLETE_ADD, ['a'], begin({ policy: LAST }))).toBe(CODE.OK);
  });

  it('keeps to the quota, all or nothing', async () => {
    const names = Array.from({ length: 2000 }, (_, i) => `n${i}`);
    const one = await consumer(names.slice(0, 1999));
    expect(await one.sync(PARTIAL_ADD, ['x', 'y'])).toBe(CODE.LITE_SUBSCRIPTION_QUOTA_EXCEEDED);
    expect(here.rocketmq.service.liteSubscriptionCount).toBe(1999);
    expect(await one.sync(PARTIAL_ADD, ['x', 'x', 'n1'])).toBe(CODE.OK);
    expect(await one.sync(COMPLETE_ADD, [...names, 'z'])).toBe(CODE.LITE_SUBSCRIPTION_QUOTA_EXCEEDED);
    expect(here.rocketmq.service.liteSubscriptionCount).toBe(2000);
  });

  it('keeps groups of lite consumers and of others apart', async () => {
    await send('a', 'a1');
    const one = await consumer(['a'], 'lite');
    const plain = new LiteConsumer('lite');
    await plain.begin(CLIENT_TYPE.PUSH_CONSUMER);
    await plain.receive();
    expect(plain.code).toBe(CODE.ILLEGAL_CONSUMER_GROUP);
    const all = new LiteConsumer('all');
    await all.begin(CLIENT_TYPE.PUSH_CONSUMER);
    expect(bodies(await all.receive())).toEqual(['a1']);
    expect(await new LiteConsumer('all').sync(PARTIAL_ADD, ['a'])).toBe(CODE.ILLEGAL_CONSUMER_GROUP);
    expect(await one.drain()).toEqual(['a1']);
  });
});

describe('a LITE message', () => {
  it('is a record with the lite topic as its key, and any record with a key is one', async () => {
    await send('a', 'a1');
    const { topics, log } = here.rocketmq.broker;
    const { stream } = topics.partition(topics.byName('orders')!, 0)!;
    const batch = buildBatch([{ key: Buffer.from('a'), value: Buffer.from('of Kafka') }], { timestampMs: 1 });
    await new Promise<void>((resolve) => {
      log.append({ entries: [{ stream, batch }], durability: 'fsync', onCommitted: resolve });
    });
    const all = new LiteConsumer('all');
    await all.begin(CLIENT_TYPE.PUSH_CONSUMER);
    const [lite] = await all.receive();
    expect(lite!.systemProperties).toMatchObject({ liteTopic: 'a', messageGroup: null });
    await all.ack([lite!]);
    expect((await all.receive())[0]!.systemProperties).toMatchObject({ liteTopic: null, messageGroup: 'a' });
    const one = await consumer(['a']);
    await one.ack(await one.receive());
    const [fromKafka] = await one.receive();
    expect(fromKafka).toMatchObject({
      body: Buffer.from('of Kafka'),
      systemProperties: { liteTopic: 'a', messageGroup: null, messageType: MESSAGE_TYPE.LITE },
    });
  });

  it('has nothing that other types have', async () => {
    for (const fields of [{ messageGroup: 'g' }, { deliveryTimestamp: fromMs(1) }, { priority: 1 }]) {
      const message = messageTo('orders', { liteTopic: 'a', messageType: MESSAGE_TYPE.LITE, ...fields });
      const { entries } = await here.client.call(SEND, { messages: [message] });
      expect(entries[0]!.status!.code).toBe(CODE.MESSAGE_PROPERTY_CONFLICT_WITH_TYPE);
    }
  });
});
