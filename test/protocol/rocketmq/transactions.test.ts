/** Half messages: unseen until they are committed, gone when rolled back, asked for when nobody says. */
import { expect, it } from 'vitest';
import {
  CLIENT_TYPE,
  CODE,
  MESSAGE_TYPE,
  newEndTransactionRequest,
  newSettings,
  newTelemetryCommand,
  TRANSACTION_RESOLUTION,
} from '../../../src/protocol/rocketmq/codec/generated/messages.ts';
import { fromMs } from '../../../src/protocol/rocketmq/time.ts';
import {
  END_TRANSACTION,
  eachWithOrders,
  messageTo,
  QUERY_ROUTE,
  receiveMessages,
  resource,
  SEND,
  TELEMETRY,
} from '../../support/rocketmq.ts';

const { COMMIT, ROLLBACK } = TRANSACTION_RESOLUTION;

const here = eachWithOrders();

async function prepare(body: string, checkAfterMs: number | null = null): Promise<string> {
  const message = messageTo('orders', {
    body,
    messageType: MESSAGE_TYPE.TRANSACTION,
    orphanedTransactionRecoveryDuration: checkAfterMs === null ? null : fromMs(checkAfterMs),
  });
  const { status, entries } = await here.client.call(SEND, { messages: [message] });
  expect(status!.code).toBe(CODE.OK);
  expect(entries[0]!.transactionId).not.toBe('');
  return entries[0]!.transactionId;
}

async function end(transactionId: string, resolution: number, topic = 'orders'): Promise<number> {
  const request = { ...newEndTransactionRequest(), topic: resource(topic), transactionId, resolution };
  return (await here.client.call(END_TRANSACTION, request)).status!.code;
}

const receive = (waitMs = 0) => receiveMessages(here.client, { waitMs });

it('delivers what is committed, and nothing before', async () => {
  const transactionId = await prepare('paid');
  expect(await receive()).toEqual([]);
  expect(await end(transactionId, COMMIT)).toBe(CODE.OK);
  const [message] = await receive(30_000);
  expect(String(message!.body)).toBe('paid');
  expect(message!.systemProperties!.messageType).toBe(MESSAGE_TYPE.TRANSACTION);
});

it('never delivers what is rolled back', async () => {
  const transactionId = await prepare('never');
  expect(await end(transactionId, ROLLBACK)).toBe(CODE.OK);
  await here.client.call(SEND, { messages: [messageTo('orders', { body: 'behind' })] });
  expect((await receive(30_000)).map(({ body }) => String(body))).toEqual(['behind']);
});

it('takes the same word twice, and no other', async () => {
  const transactionId = await prepare('paid');
  expect(await end(transactionId, COMMIT)).toBe(CODE.OK);
  expect(await end(transactionId, COMMIT)).toBe(CODE.OK);
  expect(await end(transactionId, ROLLBACK)).toBe(CODE.INVALID_TRANSACTION_ID);
  expect(await receive()).toHaveLength(1);
});

it('refuses what it does not know', async () => {
  const transactionId = await prepare('paid');
  expect(await end('nobody', COMMIT)).toBe(CODE.INVALID_TRANSACTION_ID);
  expect(await end(transactionId, 0)).toBe(CODE.BAD_REQUEST);
  await here.client.call(QUERY_ROUTE, { topic: resource('others'), endpoints: null });
  expect(await end(transactionId, COMMIT, 'others')).toBe(CODE.INVALID_TRANSACTION_ID);
});

it('asks a producer of the topic, another one where the sender is gone', async () => {
  const stream = here.rocketmq.client().open(TELEMETRY);
  const publishing = { topics: [resource('orders')], maxBodySize: 0, validateMessageType: false };
  const settings = { ...newSettings(), clientType: CLIENT_TYPE.PRODUCER, publishing };
  stream.send({ ...newTelemetryCommand(), settings });
  expect((await stream.next()).settings).not.toBeNull();
  const transactionId = await prepare('orphan', 10);
  const command = (await stream.next()).recoverOrphanedTransactionCommand!;
  expect(command.transactionId).toBe(transactionId);
  expect(String(command.message!.body)).toBe('orphan');
  expect(command.message!.topic).toEqual(resource('orders'));
  expect(command.message!.systemProperties!.bodyDigest).not.toBeNull();
  expect(await end(transactionId, COMMIT)).toBe(CODE.OK);
  expect(await receive(30_000)).toHaveLength(1);
});
