/** What a client meets at its start, and sending; asked without sockets. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RetryPolicy } from '../../../src/broker/queues.ts';
import {
  CLIENT_TYPE,
  CODE,
  DIGEST_TYPE,
  LANGUAGE,
  MESSAGE_TYPE,
  newSettings,
  newSubscription,
  newTelemetryCommand,
  PERMISSION,
  type Settings,
} from '../../../src/protocol/rocketmq/codec/generated/messages.ts';
import { fromMs } from '../../../src/protocol/rocketmq/time.ts';
import {
  alterGroup,
  HEARTBEAT,
  messageTo,
  QUERY_ASSIGNMENT,
  QUERY_ROUTE,
  type RocketmqClient,
  resource,
  SEND,
  startRocketmq,
  TELEMETRY,
  TERMINATE,
  type TestRocketmq,
} from '../../support/rocketmq.ts';

let rocketmq: TestRocketmq;
let client: RocketmqClient;

beforeEach(async () => {
  rocketmq = await startRocketmq({ settings: { 'num.partitions': '3' } });
  client = rocketmq.client();
});
afterEach(() => rocketmq.close());

const endpoints = { scheme: 1, addresses: [{ host: '10.1.2.3', port: 18081 }] };
const route = (name: string, from = client) => from.call(QUERY_ROUTE, { topic: resource(name), endpoints });

describe('QueryRoute', () => {
  it('makes the topic, and tells its queues at the address that the client has used', async () => {
    const { status, messageQueues } = await route('orders');
    expect(status!.code).toBe(CODE.OK);
    expect(messageQueues.map(({ id }) => id)).toEqual([0, 1, 2]);
    expect(messageQueues[0]).toMatchObject({
      topic: { name: 'orders' },
      permission: PERMISSION.READ_WRITE,
      broker: { name: 'polylog-1', id: 0, endpoints },
    });
    expect(messageQueues[0]!.acceptMessageTypes).toContain(MESSAGE_TYPE.FIFO);
    expect(rocketmq.broker.topics.byName('orders')!.config.maxMessageBytes).toBeGreaterThan(4 * 1024 * 1024);
  });

  it('tells its own address to who names none', async () => {
    const { messageQueues } = await client.call(QUERY_ROUTE, { topic: resource('orders'), endpoints: null });
    expect(messageQueues[0]!.broker!.endpoints).toEqual({
      scheme: 3,
      addresses: [{ host: 'mq.example', port: 8081 }],
    });
  });

  it('makes no topic where that is switched off, and none with a name that can not be', async () => {
    expect((await route('a|b')).status!.code).toBe(CODE.ILLEGAL_TOPIC);
    expect((await route('__consumer_offsets')).status!.code).toBe(CODE.ILLEGAL_TOPIC);
    expect((await route('%RETRY%billing_orders')).status!.code).toBe(CODE.ILLEGAL_TOPIC);
    await rocketmq.close();
    rocketmq = await startRocketmq({ settings: { 'auto.create.topics.enable': 'false' } });
    expect((await route('orders', rocketmq.client())).status!.code).toBe(CODE.TOPIC_NOT_FOUND);
  });

  it('wants to know who asks', async () => {
    const nobody = rocketmq.client({ 'x-mq-client-id': '' });
    expect((await route('orders', nobody)).status!.code).toBe(CODE.CLIENT_ID_REQUIRED);
  });
});

it('assigns one queue that stands for all', async () => {
  const request = { topic: resource('orders'), group: resource('billing'), endpoints };
  const { assignments } = await client.call(QUERY_ASSIGNMENT, request);
  expect(assignments.map(({ messageQueue }) => messageQueue!.id)).toEqual([-1]);
});

describe('Telemetry', () => {
  const settings = (fields: Partial<Settings>) => ({
    ...newTelemetryCommand(),
    settings: { ...newSettings(), ...fields },
  });

  it('answers a producer with all that the server decides', async () => {
    const call = client.open(TELEMETRY);
    const publishing = { topics: [resource('orders')], maxBodySize: 0, validateMessageType: false };
    call.send(settings({ clientType: CLIENT_TYPE.PRODUCER, publishing }));
    const { settings: answer } = await call.next();
    expect(answer).toMatchObject({
      clientType: CLIENT_TYPE.PRODUCER,
      publishing: { topics: [{ name: 'orders' }], maxBodySize: 4 * 1024 * 1024, validateMessageType: true },
      metric: { on: false },
    });
    expect(answer!.backoffPolicy!.exponentialBackoff).not.toBeNull();
    call.ended();
    expect(call.isOver).toBe(true);
  });

  it('answers a consumer with all that the server decides', async () => {
    const call = client.open(TELEMETRY);
    const subscription = {
      group: resource('billing'),
      subscriptions: [{ topic: resource('orders'), expression: { type: 1, expression: '*' } }],
      fifo: null,
      receiveBatchSize: null,
      longPollingTimeout: null,
      liteSubscriptionQuota: null,
      maxLiteTopicSize: null,
    };
    call.send(settings({ clientType: CLIENT_TYPE.PUSH_CONSUMER, subscription }));
    const { settings: answer } = await call.next();
    expect(answer).toMatchObject({
      subscription: {
        ...subscription,
        fifo: false,
        receiveBatchSize: 32,
        longPollingTimeout: { seconds: 20 },
      },
      backoffPolicy: {
        maxAttempts: 17,
        exponentialBackoff: { initial: { seconds: 5 }, max: { seconds: 7200 } },
      },
      metric: { on: false },
    });
    call.gone();
  });

  it('tells a consumer how its group tries again', async () => {
    const told = async (groupName: string, language: number): Promise<Settings> => {
      const call = client.open(TELEMETRY);
      const topic = resource('orders');
      const subscription = {
        ...newSubscription(),
        group: resource(groupName),
        subscriptions: [{ topic, expression: { type: 1, expression: '*' } }],
      };
      const userAgent = { language, version: '5', platform: '', hostname: '' };
      call.send(settings({ clientType: CLIENT_TYPE.PUSH_CONSUMER, subscription, userAgent }));
      const { settings: answer } = await call.next();
      call.gone();
      return answer!;
    };
    const { broker } = rocketmq;
    await client.call(QUERY_ROUTE, { topic: resource('orders'), endpoints: null });
    const topicId = broker.topics.byName('orders')!.id;
    const subscribe = (name: string, retry: RetryPolicy): Promise<unknown> =>
      new Promise((resolve) =>
        broker.queues.subscribe(
          { topicId, name, settings: { retry, deliveriesMax: 4 }, startFrom: 'earliest' },
          resolve,
        ),
      );
    await subscribe('patient', { kind: 'exponential', firstMs: 1500, factor: 3, maxMs: 9000, jitter: 0 });
    await subscribe('listed', { kind: 'list', delaysMs: [1000, 30_000] });
    await alterGroup(broker, 'patient', 'polylog.rocketmq.fifo', 'true');
    const patient = await told('patient', LANGUAGE.JAVA);
    expect(patient.subscription!.fifo).toBe(true);
    expect(patient.backoffPolicy).toMatchObject({
      maxAttempts: 4,
      exponentialBackoff: { initial: { seconds: 1, nanos: 500_000_000 }, max: { seconds: 9 }, multiplier: 3 },
    });
    const listed = await told('listed', LANGUAGE.NODE_JS);
    expect(listed.subscription!.fifo).toBe(false);
    expect(listed.backoffPolicy).toMatchObject({
      maxAttempts: 4,
      exponentialBackoff: { initial: { seconds: 1 }, max: { seconds: 30 } },
    });
    // Python's consumers take nothing but lists.
    const { backoffPolicy } = await told('patient', LANGUAGE.PYTHON);
    const seconds = backoffPolicy!.customizedBackoff!.next.map(({ seconds, nanos }) => seconds + nanos / 1e9);
    expect(seconds).toEqual([1.5, 4.5, 9, 9]);
  });

  it('gives the push consumers of Python that do nothing without it a place for metrics', async () => {
    const told = async (version: string, clientType: number): Promise<Settings> => {
      const call = client.open(TELEMETRY);
      const subscription = { ...newSubscription(), group: resource('billing') };
      const userAgent = { language: LANGUAGE.PYTHON, version, platform: '', hostname: '' };
      call.send(settings({ clientType, subscription, userAgent, accessPoint: endpoints }));
      const { settings: answer } = await call.next();
      call.gone();
      return answer!;
    };
    const { PUSH_CONSUMER, SIMPLE_CONSUMER } = CLIENT_TYPE;
    const place = { on: true, endpoints };
    expect((await told('5.0.9', PUSH_CONSUMER)).metric).toEqual(place);
    expect((await told('5.1.0', PUSH_CONSUMER)).metric).toEqual(place);
    expect((await told('5.1.1', PUSH_CONSUMER)).metric!.on).toBe(false);
    expect((await told('5.0.9', SIMPLE_CONSUMER)).metric!.on).toBe(false);
  });

  it('says what is wrong with settings', async () => {
    const call = client.open(TELEMETRY);
    call.send(settings({}));
    expect((await call.next()).status!.code).toBe(CODE.UNRECOGNIZED_CLIENT_TYPE);
    const publishing = { topics: [resource('a|b')], maxBodySize: 0, validateMessageType: false };
    call.send(settings({ publishing }));
    expect((await call.next()).status!.code).toBe(CODE.ILLEGAL_TOPIC);
    call.gone();
  });

  it('ends the stream of a client that says goodbye, or opens another', async () => {
    const first = client.open(TELEMETRY);
    const second = client.open(TELEMETRY);
    expect([first.isOver, second.isOver]).toEqual([true, false]);
    expect((await client.call(TERMINATE, { group: null })).status!.code).toBe(CODE.OK);
    expect(second.isOver).toBe(true);
    expect(rocketmq.service.clientCount).toBe(0);
  });
});

it('answers heartbeats', async () => {
  const request = { group: resource('billing'), clientType: CLIENT_TYPE.SIMPLE_CONSUMER };
  expect((await client.call(HEARTBEAT, request)).status!.code).toBe(CODE.OK);
});

it('fails a call whose bytes are none', async () => {
  const call = client.open(SEND);
  call.sendBytes(Buffer.from([0x0a, 0xff]));
  await expect(call.next()).rejects.toThrow("3: The request of SendMessage can't be read");
});

describe('SendMessage', () => {
  beforeEach(() => route('orders'));

  it('answers with the place of each message, in a partition of its group', async () => {
    const fifo = { messageGroup: 'g', messageType: MESSAGE_TYPE.FIFO };
    const messages = [messageTo('orders', fifo), messageTo('orders', fifo), messageTo('orders')];
    const { status, entries } = await client.call(SEND, { messages });
    expect(status!.code).toBe(CODE.OK);
    expect(entries.map(({ messageId }) => messageId)).toEqual(
      messages.map(({ systemProperties }) => systemProperties!.messageId),
    );
    expect(entries.slice(0, 2).map(({ offset }) => offset)).toEqual([0, 1]);
  });

  it('spreads what is in no group', async () => {
    for (let i = 0; i < 6; i++) await client.call(SEND, { messages: [messageTo('orders')] });
    const topic = rocketmq.broker.topics.byName('orders')!;
    const ends = [0, 1, 2].map((i) => rocketmq.broker.topics.partition(topic, i)!.stream.endOffset);
    expect(ends).toEqual([2, 2, 2]);
  });

  it('stores the good ones of a request, and says what is wrong with the others', async () => {
    const messages = [messageTo('orders'), messageTo('orders', { tag: 'a|b' }), messageTo('nowhere')];
    const { status, entries } = await client.call(SEND, { messages });
    expect(status!.code).toBe(CODE.MULTIPLE_RESULTS);
    expect(entries.map((entry) => entry.status!.code)).toEqual([
      CODE.OK,
      CODE.ILLEGAL_MESSAGE_TAG,
      CODE.TOPIC_NOT_FOUND,
    ]);
  });

  const md5 = createHash('md5').update('body').digest('hex').toUpperCase();
  it.each([
    ['no body', { body: '' }, CODE.MESSAGE_BODY_EMPTY],
    ['too much of it', { body: Buffer.alloc(4 * 1024 * 1024 + 1) }, CODE.MESSAGE_BODY_TOO_LARGE],
    ['as much as there may be', { body: Buffer.alloc(4 * 1024 * 1024) }, CODE.OK],
    ['no id', { messageId: '' }, CODE.ILLEGAL_MESSAGE_ID],
    ['a blank key', { keys: [' '] }, CODE.ILLEGAL_MESSAGE_KEY],
    [
      'a group that is too long',
      { messageGroup: 'x'.repeat(65), messageType: 2 },
      CODE.ILLEGAL_MESSAGE_GROUP,
    ],
    ['a group and another type', { messageGroup: 'x' }, CODE.MESSAGE_PROPERTY_CONFLICT_WITH_TYPE],
    ["a priority of 0, as Node's client sends it", { priority: 0 }, CODE.OK],
    ['a priority of 0 in a transaction', { priority: 0, messageType: MESSAGE_TYPE.TRANSACTION }, CODE.OK],
    ['a priority and another type', { priority: 1 }, CODE.MESSAGE_PROPERTY_CONFLICT_WITH_TYPE],
    ['a priority below 0', { priority: -1, messageType: MESSAGE_TYPE.PRIORITY }, CODE.BAD_REQUEST],
    [
      'a delivery time below 0',
      { deliveryTimestamp: { seconds: -1, nanos: 0 }, messageType: MESSAGE_TYPE.DELAY },
      CODE.ILLEGAL_DELIVERY_TIME,
    ],
    ['a property without a name', { properties: { '': 'x' } }, CODE.ILLEGAL_MESSAGE_PROPERTY_KEY],
    ['large properties', { properties: { a: 'x'.repeat(16 * 1024) } }, CODE.MESSAGE_PROPERTIES_TOO_LARGE],
    ['a right digest', { bodyDigest: { type: DIGEST_TYPE.MD5, checksum: md5 } }, CODE.OK],
    ['a wrong digest', { bodyDigest: { type: DIGEST_TYPE.MD5, checksum: 'AB' } }, CODE.MESSAGE_CORRUPTED],
  ])('takes or refuses a message with %s', async (_what, fields, code) => {
    const { status } = await client.call(SEND, { messages: [messageTo('orders', fields)] });
    expect(status!.code).toBe(code);
  });

  it('heeds headers that mean something, where the topic says so', async () => {
    await rocketmq.broker.createTopics([
      { name: 'heeding', partitionCount: 1, replicationFactor: -1, configs: [['polylog.headers', 'true']] },
    ]);
    const send = async (fields: Parameters<typeof messageTo>[1]) => {
      const { entries } = await client.call(SEND, { messages: [messageTo('heeding', fields)] });
      return [entries[0]!.status!.code, entries[0]!.offset];
    };
    const properties = { 'dedup-id': 'a' };
    const { MESSAGE_PROPERTY_CONFLICT_WITH_TYPE: conflict } = CODE;
    const { TRANSACTION, DELAY } = MESSAGE_TYPE;
    expect(await send({ properties })).toEqual([CODE.OK, 0]);
    expect(await send({ properties })).toEqual([CODE.OK, 0]);
    expect(await send({ properties, messageType: TRANSACTION })).toEqual([conflict, -1]);
    expect(await send({ properties, messageType: DELAY, deliveryTimestamp: fromMs(1) })).toEqual([
      conflict,
      -1,
    ]);
    expect(await send({ properties: { 'ttl-ms': 'soon' } })).toEqual([CODE.BAD_REQUEST, -1]);
  });

  it('refuses a request without messages', async () => {
    expect((await client.call(SEND, { messages: [] })).status!.code).toBe(CODE.BAD_REQUEST);
  });
});
