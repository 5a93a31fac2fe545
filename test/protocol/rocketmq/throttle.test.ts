/** Quotas of clients, asked without sockets. */
import { describe, expect, it } from 'vitest';
import {
  CODE,
  type ReceiveMessageRequest,
  type ReceiveMessageResponse,
  type SendMessageRequest,
  type SendMessageResponse,
} from '../../../src/protocol/rocketmq/codec/generated/messages.ts';
import { LeapClock } from '../../support/leap-clock.ts';
import {
  type ClientCall,
  eachWithOrders,
  HEARTBEAT,
  messageTo,
  QUERY_ROUTE,
  RECEIVE,
  receiveRequest,
  resource,
  SEND,
} from '../../support/rocketmq.ts';

/** The window over which a rate is taken has 10 s and the one that has begun. */
const WINDOW_MS = 12_000;

let clock: LeapClock;
const here = eachWithOrders(() => ({ clock: (clock = new LeapClock()) }));

async function setQuota(key: string, value: number, clientId = 'client-1'): Promise<void> {
  const entries = [{ entity: [['client-id', clientId]], changes: [{ key, value }] }] as const;
  const command = { kind: 'alter-quotas', entries, validateOnly: false } as const;
  await new Promise((resolve) => here.rocketmq.broker.metadata.propose(command, resolve));
  expect(here.rocketmq.broker.quotas.active).toBe(true);
}

/** A message of about so many bytes. */
async function send(bytes: number, from = here.client): Promise<number> {
  const message = messageTo('orders', { body: Buffer.alloc(bytes, 'x') });
  return (await from.call(SEND, { messages: [message] })).status!.code;
}

function startSend(bytes: number): ClientCall<SendMessageRequest, SendMessageResponse> {
  const call = here.client.open(SEND);
  call.send({ messages: [messageTo('orders', { body: Buffer.alloc(bytes, 'x') })] });
  call.ended();
  return call;
}

type ReceiveCall = ClientCall<ReceiveMessageRequest, ReceiveMessageResponse>;

function startReceive(): ReceiveCall {
  const call = here.client.open(RECEIVE);
  call.send(receiveRequest({ batchSize: 1 }));
  call.ended();
  return call;
}

const codeOf = async (call: ReceiveCall): Promise<number> => (await call.all())[0]!.status!.code;
function stored(): number {
  const { topics } = here.rocketmq.broker;
  return topics.partition(topics.byName('orders')!, 0)!.stream.highWatermark;
}

describe('a producer above its quota of bytes', () => {
  it('has what it sent, and waits with what it sends next', async () => {
    await setQuota('producer_byte_rate', 10_000);
    // 10 s of its quota and one and a half more.
    expect(await send(115_000)).toBe(CODE.OK);
    const next = startSend(10);
    clock.leap(1000);
    expect(next.isOver).toBe(false);
    clock.leap(1000);
    expect((await next.next()).status).toMatchObject({ code: CODE.OK });
    expect(stored()).toBe(2);
  });

  it('is refused what would wait too long, after a while, and nothing of it is stored or counts', async () => {
    await setQuota('producer_byte_rate', 10_000);
    expect(await send(500_000)).toBe(CODE.OK);
    for (let i = 0; i < 5; i++) {
      const refused = startSend(100_000);
      expect(refused.isOver).toBe(false);
      clock.leap(2001);
      expect((await refused.next()).status).toMatchObject({ code: CODE.TOO_MANY_REQUESTS });
    }
    expect(stored()).toBe(1);
    clock.leap(50_000);
    expect(await send(10)).toBe(CODE.OK);
  });

  it('holds up no other client, and no call of another kind', async () => {
    await setQuota('producer_byte_rate', 10_000);
    expect(await send(500_000)).toBe(CODE.OK);
    expect(await send(500_000, here.rocketmq.client())).toBe(CODE.OK);
    expect((await here.client.call(HEARTBEAT, { group: null, clientType: 1 })).status!.code).toBe(CODE.OK);
    expect(await codeOf(startReceive())).toBe(CODE.OK);
  });

  it('is let go of when it goes away', async () => {
    await setQuota('producer_byte_rate', 10_000);
    expect(await send(115_000)).toBe(CODE.OK);
    startSend(10).gone();
    clock.leap(WINDOW_MS);
    expect(await send(10)).toBe(CODE.OK);
    expect(stored()).toBe(2);
  });
});

describe('a consumer above its quota of bytes', () => {
  it('gets what it asked for, and waits with what it asks for next', async () => {
    for (let i = 0; i < 2; i++) expect(await send(120_000)).toBe(CODE.OK);
    await setQuota('consumer_byte_rate', 10_000);
    expect(await codeOf(startReceive())).toBe(CODE.OK);
    const next = startReceive();
    clock.leap(1000);
    expect(next.isOver).toBe(false);
    clock.leap(WINDOW_MS);
    expect(await codeOf(next)).toBe(CODE.OK);
  });

  it('is told so when it has waited as long as for a message', async () => {
    for (let i = 0; i < 2; i++) expect(await send(1_000_000)).toBe(CODE.OK);
    await setQuota('consumer_byte_rate', 1000);
    expect(await codeOf(startReceive())).toBe(CODE.OK);
    const next = startReceive();
    clock.leap(19_000);
    expect(next.isOver).toBe(false);
    clock.leap(1001);
    expect(await codeOf(next)).toBe(CODE.TOO_MANY_REQUESTS);
  });
});

it('a client above its share of the event loop waits for a second at most', async () => {
  await setQuota('request_percentage', 0.000_001);
  expect((await here.client.call(HEARTBEAT, { group: null, clientType: 1 })).status!.code).toBe(CODE.OK);
  const next = here.client.open(HEARTBEAT);
  next.send({ group: null, clientType: 1 });
  expect(next.isOver).toBe(false);
  clock.leap(1000);
  expect((await next.next()).status!.code).toBe(CODE.OK);
});

it('a client that makes too many topics has to ask again later', async () => {
  await setQuota('controller_mutation_rate', 0.1);
  const route = async (topic: string): Promise<number> =>
    (await here.client.call(QUERY_ROUTE, { topic: resource(topic), endpoints: null })).status!.code;
  expect([await route('one'), await route('two'), await route('three')]).toEqual([
    CODE.OK,
    CODE.OK,
    CODE.TOO_MANY_REQUESTS,
  ]);
  expect(await route('one')).toBe(CODE.OK);
  clock.leap(11_000);
  expect(await route('three')).toBe(CODE.OK);
});
