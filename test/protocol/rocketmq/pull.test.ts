/** Reading by offset, and the offsets of groups. */
import { describe, expect, it } from 'vitest';
import {
  CODE,
  FILTER_TYPE,
  newPullMessageRequest,
  type PullMessageRequest,
  QUERY_OFFSET_POLICY,
} from '../../../src/protocol/rocketmq/codec/generated/messages.ts';
import { fromMs } from '../../../src/protocol/rocketmq/time.ts';
import {
  eachWithOrders,
  GET_OFFSET,
  messageTo,
  PULL,
  QUERY_OFFSET,
  queueOf,
  resource,
  SEND,
  UPDATE_OFFSET,
} from '../../support/rocketmq.ts';

const here = eachWithOrders();

const send = (...bodies: string[]) =>
  here.client.call(SEND, {
    messages: bodies.map((body) =>
      messageTo('orders', { body, tag: body, bornTimestamp: fromMs(Number(body)) }),
    ),
  });

async function pull(fields: Partial<PullMessageRequest>) {
  const call = here.client.open(PULL);
  const given = { group: resource('billing'), messageQueue: queueOf('orders'), batchSize: 10 };
  call.send({ ...newPullMessageRequest(), ...given, ...fields });
  const replies = await call.all();
  return {
    code: replies[0]!.status!.code,
    bodies: replies.flatMap(({ message }) => (message === null ? [] : [String(message.body)])),
    nextOffset: replies.at(-1)!.nextOffset,
  };
}

describe('PullMessage', () => {
  it('reads from an offset, as much as is asked for', async () => {
    await send('1', '2', '3', '4');
    expect(await pull({ offset: 1, batchSize: 2 })).toEqual({
      code: CODE.OK,
      bodies: ['2', '3'],
      nextOffset: 3,
    });
    expect(await pull({ offset: 3 })).toEqual({ code: CODE.OK, bodies: ['4'], nextOffset: 4 });
    expect(await pull({ offset: 4 })).toEqual({ code: CODE.MESSAGE_NOT_FOUND, bodies: [], nextOffset: 4 });
  });

  it('waits for what matches', async () => {
    const filterExpression = { type: FILTER_TYPE.TAG, expression: '3' };
    const waiting = pull({ offset: 0, filterExpression, longPollingTimeout: fromMs(30_000) });
    await send('1', '2');
    await send('3');
    expect(await waiting).toEqual({ code: CODE.OK, bodies: ['3'], nextOffset: 3 });
  });

  it('says where it has come where nothing matches', async () => {
    await send('1', '2');
    const filterExpression = { type: FILTER_TYPE.SQL, expression: "TAGS = 'other'" };
    expect(await pull({ offset: 0, filterExpression })).toEqual({
      code: CODE.MESSAGE_NOT_FOUND,
      bodies: [],
      nextOffset: 2,
    });
  });

  it('refuses offsets and queues that are none', async () => {
    expect((await pull({ offset: 1 })).code).toBe(CODE.ILLEGAL_OFFSET);
    expect((await pull({ offset: -1 })).code).toBe(CODE.ILLEGAL_OFFSET);
    expect((await pull({ messageQueue: queueOf('orders', 7) })).code).toBe(CODE.BAD_REQUEST);
    expect((await pull({ messageQueue: queueOf('nowhere') })).code).toBe(CODE.TOPIC_NOT_FOUND);
  });
});

it('finds the offsets of a queue', async () => {
  await send('1000', '2000', '3000');
  const query = async (queryOffsetPolicy: number, ms: number | null = null) => {
    const timestamp = ms === null ? null : fromMs(ms);
    const request = { messageQueue: queueOf('orders'), queryOffsetPolicy, timestamp };
    const { status, offset } = await here.client.call(QUERY_OFFSET, request);
    return status!.code === CODE.OK ? offset : status!.code;
  };
  expect(await query(QUERY_OFFSET_POLICY.BEGINNING)).toBe(0);
  expect(await query(QUERY_OFFSET_POLICY.END)).toBe(3);
  expect(await query(QUERY_OFFSET_POLICY.TIMESTAMP, 1500)).toBe(1);
  expect(await query(QUERY_OFFSET_POLICY.TIMESTAMP, 9000)).toBe(3);
  expect(await query(QUERY_OFFSET_POLICY.TIMESTAMP)).toBe(CODE.BAD_REQUEST);
});

it('keeps the offsets of a group', async () => {
  await send('1', '2');
  const named = { group: resource('billing'), messageQueue: queueOf('orders') };
  expect((await here.client.call(GET_OFFSET, named)).status!.code).toBe(CODE.OFFSET_NOT_FOUND);
  expect((await here.client.call(UPDATE_OFFSET, { ...named, offset: 2 })).status!.code).toBe(CODE.OK);
  expect(await here.client.call(GET_OFFSET, named)).toMatchObject({ status: { code: CODE.OK }, offset: 2 });
  expect((await here.client.call(UPDATE_OFFSET, { ...named, offset: -1 })).status!.code).toBe(
    CODE.ILLEGAL_OFFSET,
  );
});
