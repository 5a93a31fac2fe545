/** Transactions end to end, over the wire, with the client's side of our own codec; then the same as kafkajs does it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import type { ListTransactionsRequest } from '../../../src/protocol/kafka/codec/generated/list-transactions.ts';
import { buildBatch } from '../../../src/record/build.ts';
import {
  DESCRIBE_PRODUCERS,
  DESCRIBE_TRANSACTIONS,
  END_TXN,
  FETCH,
  LIST_OFFSETS,
  LIST_TRANSACTIONS,
  OFFSET_COMMIT,
  OFFSET_DELETE,
  PRODUCE,
  WRITE_TXN_MARKERS,
} from '../../support/kafka-apis.ts';
import {
  createTopics,
  fetchTopic,
  produceFields,
  produceOne,
  TestClient,
} from '../../support/kafka-client.ts';
import { recordsOf } from '../../support/records.ts';
import { committedOffsetOf, Producer, type Protocol, readAll } from '../../support/transactions.ts';

const INVALID_GROUP_ID = 24;
const OUT_OF_ORDER_SEQUENCE = 45;
const INVALID_PRODUCER_EPOCH = 47;
const INVALID_TXN_STATE = 48;
const INVALID_PRODUCER_ID_MAPPING = 49;
const INVALID_TRANSACTION_TIMEOUT = 50;
const UNSTABLE_OFFSET_COMMIT = 88;
const PRODUCER_FENCED = 90;
const TRANSACTIONAL_ID_NOT_FOUND = 105;
const TRANSACTION_ABORTABLE = 120;
const INVALID_REGULAR_EXPRESSION = 128;

let broker: EmbeddedBroker;
let client: TestClient;
let folder: string | null = null;

beforeEach(async () => {
  broker = await startBroker({ data: 'memory' });
  client = await TestClient.connect(broker.bootstrap);
});
afterEach(async () => {
  await client.close();
  await broker.close();
  if (folder !== null) await rm(folder, { recursive: true });
  folder = null;
});

/** Stops the broker, and starts one over `folder`. */
async function restart(): Promise<void> {
  await client.close();
  await broker.close();
  broker = await startBroker({ data: { directory: folder! } });
  client = await TestClient.connect(broker.bootstrap);
}

const makeProducer = (id: string, protocol?: Protocol) => Producer.make(() => client, id, protocol);
const read = (topic: string, partition?: number, committed?: boolean) =>
  readAll(client, { topic, partition, committed });
const committedOffset = (group: string, topic: string, requireStable?: boolean) =>
  committedOffsetOf(client, { group, topic, requireStable });

describe.each(['v1', 'v2'] as const)('a producer with transactions (%s)', (protocol) => {
  it('has its records read when they are committed, and never when they are aborted', async () => {
    await createTopics(client, { t: 2 });
    const producer = await makeProducer('tx', protocol);
    expect(await producer.send('t', 0, 'a', 'b')).toBe(0);
    expect(await producer.send('t', 1, 'c')).toBe(0);
    expect(await read('t')).toEqual({ values: [], stable: 0, end: 2 });
    expect((await read('t', 0, false)).values).toEqual(['a', 'b']);
    expect(await producer.end(true)).toBe(0);
    // The marker has an offset of its own.
    expect(await read('t')).toEqual({ values: ['a', 'b'], stable: 3, end: 3 });
    expect(await read('t', 1)).toEqual({ values: ['c'], stable: 2, end: 2 });

    expect(await producer.send('t', 0, 'never')).toBe(0);
    expect(await producer.end(false)).toBe(0);
    expect(await producer.send('t', 0, 'd')).toBe(0);
    expect(await producer.end(true)).toBe(0);
    expect(await read('t')).toEqual({ values: ['a', 'b', 'd'], stable: 7, end: 7 });
    expect((await read('t', 0, false)).values).toEqual(['a', 'b', 'never', 'd']);
  });

  it('leaves others waiting behind the first open transaction, and no longer', async () => {
    await createTopics(client, { t: 1 });
    const slow = await makeProducer('slow', protocol);
    const fast = await makeProducer('fast', protocol);
    await produceOne(
      client,
      't',
      buildBatch([{ key: null, value: Buffer.from('plain') }], { timestampMs: 1 }),
    );
    await slow.send('t', 0, 'slow');
    await fast.send('t', 0, 'fast');
    await fast.end(true);
    expect(await read('t')).toEqual({ values: ['plain'], stable: 1, end: 4 });
    const { topics } = await client.call(LIST_OFFSETS, {
      replicaId: -1,
      isolationLevel: 1,
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }] }],
    });
    expect(topics[0]!.partitions[0]!.offset).toBe(1);
    await slow.end(false);
    expect(await read('t')).toEqual({ values: ['plain', 'fast'], stable: 5, end: 5 });
  });

  it('wakes a reader that waits for the end of a transaction', async () => {
    await createTopics(client, { t: 1 });
    const producer = await makeProducer('tx', protocol);
    await producer.send('t', 0, 'a'.repeat(1000));
    const reader = await TestClient.connect(broker.bootstrap);
    // Known watermarks first, then a wait that only the end of the transaction can shorten.
    const waiting = reader.call(
      FETCH,
      {
        maxWaitMs: 30_000,
        minBytes: 500,
        maxBytes: 1 << 20,
        sessionEpoch: -1,
        isolationLevel: 1,
        topics: [fetchTopic('t', [{ partition: 0 }])],
      },
      12,
    );
    await producer.send('t', 0, 'b');
    await producer.end(true);
    const { records } = (await waiting).responses[0]!.partitions[0]!;
    expect(recordsOf(records).values).toEqual(['a'.repeat(1000), 'b']);
    await reader.close();
  });

  it('commits offsets with its records, or neither', async () => {
    await createTopics(client, { t: 1 });
    const producer = await makeProducer('tx', protocol);
    expect(await producer.sendOffset('g', 't', 7)).toBe(0);
    expect(await committedOffset('g', 't')).toBe(-1);
    expect(await committedOffset('g', 't', true)).toBe(`error ${UNSTABLE_OFFSET_COMMIT}`);
    expect(await producer.end(true)).toBe(0);
    expect(await committedOffset('g', 't', true)).toBe(7);
    expect(await producer.sendOffset('g', 't', 9)).toBe(0);
    expect(await producer.end(false)).toBe(0);
    expect(await committedOffset('g', 't', true)).toBe(7);
  });

  it('must begin with its first record: one before it that was refused is on its way again (KIP-890)', async () => {
    await createTopics(client, { t: 1 });
    const { id, producerId, epoch } = await makeProducer('tx');
    const send = async (baseSequence: number): Promise<number> => {
      const batch = buildBatch([{ key: null, value: Buffer.from(`${baseSequence}`) }], {
        timestampMs: Date.now(),
        producerId,
        producerEpoch: epoch,
        baseSequence,
        transactional: true,
      });
      const fields = { ...produceFields('t', { 0: batch }), transactionalId: id };
      return (await client.call(PRODUCE, fields, 12)).responses[0]!.partitionResponses[0]!.errorCode;
    };
    expect([await send(1), await send(0), await send(1)]).toEqual([OUT_OF_ORDER_SEQUENCE, 0, 0]);
  });

  it('begins nothing with offsets of what is not there, or of no group', async () => {
    await createTopics(client, { t: 1 });
    const producer = await makeProducer('tx');
    expect(await producer.sendOffset('g', 'not-there', 1)).toBe(3);
    expect(await producer.sendOffset('', 't', 1)).toBe(INVALID_GROUP_ID);
    const { transactionStates } = await client.call(DESCRIBE_TRANSACTIONS, { transactionalIds: ['tx'] });
    expect(transactionStates).toMatchObject([{ transactionState: 'Empty' }]);
  });

  it('finds no place by time that a reader of committed records may not read yet', async () => {
    await createTopics(client, { t: 1 });
    const batchAt = (timestampMs: number) =>
      buildBatch([{ key: null, value: Buffer.from('v') }], { timestampMs });
    const start = Date.now() - 10_000;
    await produceOne(client, 't', batchAt(start));
    const producer = await makeProducer('tx');
    await producer.send('t', 0, 'open');
    await produceOne(client, 't', batchAt(start + 20_000));
    const find = async (timestamp: number, isolationLevel: number): Promise<number> => {
      const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }];
      const answer = await client.call(
        LIST_OFFSETS,
        { isolationLevel, topics: [{ name: 't', partitions }] },
        8,
      );
      return answer.topics[0]!.partitions[0]!.offset;
    };
    const MAX_TIMESTAMP = -3;
    const asked = [start, start + 1, start + 20_000, MAX_TIMESTAMP];
    const findAll = (isolationLevel: number) =>
      Promise.all(asked.map((timestamp) => find(timestamp, isolationLevel)));
    expect(await findAll(0)).toEqual([0, 1, 2, 2]);
    expect(await findAll(1)).toEqual([0, -1, -1, -1]);
    await producer.end(true);
    expect(await findAll(1)).toEqual([0, 1, 2, 2]);
  });

  it('is fenced by the next one with its transactional id, whose transaction it cannot end', async () => {
    await createTopics(client, { t: 1 });
    const zombie = await makeProducer('tx', protocol);
    await zombie.send('t', 0, 'zombie');
    const next = await makeProducer('tx', protocol);
    expect(next.producerId).toBe(zombie.producerId);
    expect(await read('t')).toEqual({ values: [], stable: 2, end: 2 });
    await next.send('t', 0, 'next');
    expect(await zombie.end(true)).toBe(PRODUCER_FENCED);
    expect(await zombie.sendOffset('g', 't', 1)).toBe(
      protocol === 'v1' ? PRODUCER_FENCED : INVALID_PRODUCER_EPOCH,
    );
    expect(await zombie.send('t', 0, 'more')).toBe(
      protocol === 'v1' ? PRODUCER_FENCED : INVALID_PRODUCER_EPOCH,
    );
    expect(await next.end(true)).toBe(0);
    expect((await read('t')).values).toEqual(['next']);
  });

  it('is refused what is not in its transaction', async () => {
    await createTopics(client, { t: 2 });
    const producer = await makeProducer('tx', protocol);
    const version = protocol === 'v1' ? 9 : 11;
    const fields = produceFields('t', { 0: producer.batch('t', 0, ['x']) });
    const ask = () => client.call(PRODUCE, { ...fields, transactionalId: 'tx' }, version);
    expect((await ask()).responses[0]!.partitionResponses[0]!.errorCode).toBe(
      protocol === 'v1' ? INVALID_TXN_STATE : TRANSACTION_ABORTABLE,
    );
    expect(await producer.end(true)).toBe(INVALID_TXN_STATE);
    await producer.send('t', 1, 'y');
    const outside = produceFields('t', { 1: producer.batch('t', 1, ['z'], false) });
    const answer = await client.call(PRODUCE, outside, 9);
    expect(answer.responses[0]!.partitionResponses[0]!.errorCode).toBe(INVALID_TXN_STATE);
  });

  it('goes on after a restart of the broker as if nothing had been', async () => {
    folder = await mkdtemp(join(tmpdir(), 'polylog-transactions-'));
    await restart();
    await createTopics(client, { t: 1 });
    const aborted = await makeProducer('aborted', protocol);
    await aborted.send('t', 0, 'never');
    await aborted.end(false);
    const producer = await makeProducer('tx', protocol);
    await producer.send('t', 0, 'a');
    await producer.sendOffset('g', 't', 3);
    await restart();
    expect(await read('t')).toEqual({ values: [], stable: 2, end: 3 });
    expect(await committedOffset('g', 't', true)).toBe(`error ${UNSTABLE_OFFSET_COMMIT}`);
    expect(await producer.send('t', 0, 'b')).toBe(0);
    expect(await producer.end(true)).toBe(0);
    expect((await read('t')).values).toEqual(['a', 'b']);
    expect(await committedOffset('g', 't', true)).toBe(3);
  });
});

describe('the end of a transaction', () => {
  it('can be asked for again, with the epoch before (KIP-890)', async () => {
    await createTopics(client, { t: 1 });
    const producer = await makeProducer('tx');
    await producer.send('t', 0, 'a');
    const { producerId, epoch } = producer;
    const ask = (committed: boolean) =>
      client.call(END_TXN, { transactionalId: 'tx', producerId, producerEpoch: epoch, committed });
    const first = await ask(true);
    expect(first).toMatchObject({ errorCode: 0, producerId, producerEpoch: epoch + 1 });
    expect(await ask(true)).toEqual(first);
    expect((await ask(false)).errorCode).toBe(INVALID_TXN_STATE);
    // The next transaction is out of reach.
    Object.assign(producer, { epoch: epoch + 1 });
    const next = new Producer(() => client, 'tx', 'v2');
    Object.assign(next, { producerId, epoch: epoch + 1 });
    await next.send('t', 0, 'b');
    expect((await ask(true)).errorCode).toBe(PRODUCER_FENCED);
    expect(await next.end(false)).toBe(0);
    expect((await read('t')).values).toEqual(['a']);
  });

  it('gives a new epoch even where nothing was begun, if it is an abort', async () => {
    const producer = await makeProducer('tx');
    const { epoch } = producer;
    expect(await producer.end(false)).toBe(0);
    expect(producer.epoch).toBe(epoch + 1);
    expect(await producer.end(true)).toBe(INVALID_TXN_STATE);
  });

  /** Sends in a transaction that times out, and waits for that. */
  async function timedOut(protocol: Protocol): Promise<Producer> {
    await createTopics(client, { t: 1 });
    const producer = new Producer(() => client, 'tx', protocol);
    expect(await producer.init(50)).toBe(0);
    await producer.send('t', 0, 'late');
    // The wait ends with the marker, which moves the stable offset.
    const answer = await client.call(
      FETCH,
      {
        maxWaitMs: 30_000,
        minBytes: 1,
        maxBytes: 1 << 20,
        sessionEpoch: -1,
        isolationLevel: 1,
        topics: [fetchTopic('t', [{ partition: 0 }])],
      },
      12,
    );
    expect(answer.responses[0]!.partitions[0]!.lastStableOffset).toBe(2);
    expect((await read('t')).values).toEqual([]);
    return producer;
  }

  it('comes by itself when the time is up, and fences a producer from before KIP-890', async () => {
    const producer = await timedOut('v1');
    expect(await producer.end(true)).toBe(PRODUCER_FENCED);
    expect(await producer.end(false)).toBe(PRODUCER_FENCED);
    expect(await producer.add('t', 0)).toBe(PRODUCER_FENCED);
    // KIP-360: it says what it had, and nobody came in between.
    expect(await producer.init(50, true)).toBe(0);
    expect(await producer.send('t', 0, 'again')).toBe(0);
  });

  it('comes by itself when the time is up, and a producer that aborts then goes on', async () => {
    const producer = await timedOut('v2');
    expect(await producer.send('t', 0, 'more')).toBe(INVALID_PRODUCER_EPOCH);
    expect(await producer.sendOffset('g', 't', 1)).toBe(INVALID_PRODUCER_EPOCH);
    expect(await producer.end(true)).toBe(INVALID_TXN_STATE);
    expect(await producer.end(false)).toBe(0);
    expect(await producer.send('t', 0, 'again')).toBe(0);
    expect(await producer.end(true)).toBe(0);
    expect((await read('t')).values).toEqual(['again']);
  });

  it('comes by itself when the time is up, and what another producer did since is not for the first to abort', async () => {
    const producer = await timedOut('v2');
    const other = await makeProducer('tx');
    expect(await producer.end(false)).toBe(PRODUCER_FENCED);
    expect(await producer.init(50, true)).toBe(PRODUCER_FENCED);
    expect(await other.send('t', 0, 'other')).toBe(0);
    expect(await producer.end(false)).toBe(PRODUCER_FENCED);
  });
});

describe('a transactional id', () => {
  it('is refused without a name, or with a timeout that is too long', async () => {
    expect(await new Producer(() => client, '', 'v2').init()).toBe(42);
    expect(await new Producer(() => client, 'tx', 'v2').init(900_001)).toBe(INVALID_TRANSACTION_TIMEOUT);
    expect(await new Producer(() => client, 'tx', 'v2').init(0)).toBe(INVALID_TRANSACTION_TIMEOUT);
  });

  it('goes on with the epoch that its producer says it had (KIP-360), once', async () => {
    const producer = await makeProducer('tx');
    const { producerId, epoch } = producer;
    expect(await producer.init(60_000, true)).toBe(0);
    expect([producer.producerId, producer.epoch]).toEqual([producerId, epoch + 1]);
    // The answer was lost: the same question has the same answer.
    const again = new Producer(() => client, 'tx', 'v2');
    Object.assign(again, { producerId, epoch });
    expect(await again.init(60_000, true)).toBe(0);
    expect(again.epoch).toBe(epoch + 1);
    await makeProducer('tx');
    expect(await again.init(60_000, true)).toBe(PRODUCER_FENCED);
  });

  it('that nobody has may do nothing', async () => {
    await createTopics(client, { t: 1 });
    const nobody = new Producer(() => client, 'nobody', 'v2');
    Object.assign(nobody, { producerId: 77, epoch: 0 });
    expect(await nobody.send('t', 0, 'x')).toBe(INVALID_PRODUCER_ID_MAPPING);
    expect(await nobody.add('t', 0)).toBe(INVALID_PRODUCER_ID_MAPPING);
    expect(await nobody.end(true)).toBe(INVALID_PRODUCER_ID_MAPPING);
    expect(await nobody.sendOffset('g', 't', 0)).toBe(INVALID_PRODUCER_ID_MAPPING);
  });
});

describe('an administrator', () => {
  it('sees transactions and producers, and ends what hangs in a partition', async () => {
    await createTopics(client, { t: 2 });
    const producer = await makeProducer('tx');
    await producer.send('t', 1, 'a');
    const { transactionStates } = await client.call(DESCRIBE_TRANSACTIONS, {
      transactionalIds: ['tx', 'other'],
    });
    expect(transactionStates).toMatchObject([
      {
        errorCode: 0,
        transactionState: 'Ongoing',
        producerId: producer.producerId,
        producerEpoch: producer.epoch,
        topics: [{ topic: 't', partitions: [1] }],
      },
      { errorCode: TRANSACTIONAL_ID_NOT_FOUND },
    ]);
    const describe = async () => {
      const answer = await client.call(DESCRIBE_PRODUCERS, {
        topics: [{ name: 't', partitionIndexes: [1, 5] }],
      });
      return answer.topics[0]!.partitions;
    };
    expect(await describe()).toMatchObject([
      {
        errorCode: 0,
        activeProducers: [{ producerId: producer.producerId, lastSequence: 0, currentTxnStartOffset: 0 }],
      },
      { errorCode: 3 },
    ]);
    const marker = {
      producerId: producer.producerId,
      producerEpoch: producer.epoch,
      transactionResult: false,
      coordinatorEpoch: 0,
      transactionVersion: 0,
      topics: [{ name: 't', partitionIndexes: [1] }],
    };
    const { markers } = await client.call(WRITE_TXN_MARKERS, { markers: [marker] });
    expect(markers[0]!.topics[0]!.partitions[0]!.errorCode).toBe(0);
    expect(await read('t', 1)).toEqual({ values: [], stable: 2, end: 2 });
    expect((await describe())[0]!.activeProducers[0]!.currentTxnStartOffset).toBe(-1);
  });

  it('lists transactions by state, producer, duration and name', async () => {
    await createTopics(client, { t: 1 });
    const open = await makeProducer('orders-1');
    await open.send('t', 0, 'a');
    const { producerId } = await makeProducer('payments-1');
    const list = async (fields: Partial<ListTransactionsRequest>) => {
      const answer = await client.call(LIST_TRANSACTIONS, fields);
      const ids = answer.transactionStates.map(({ transactionalId: id, transactionState }) => [
        id,
        transactionState,
      ]);
      return { errorCode: answer.errorCode, unknown: answer.unknownStateFilters, ids: ids.sort() };
    };
    const [orders, payments] = [
      ['orders-1', 'Ongoing'],
      ['payments-1', 'Empty'],
    ];
    expect(await list({})).toEqual({ errorCode: 0, unknown: [], ids: [orders, payments] });
    expect((await list({ stateFilters: ['Ongoing', 'Other'] })).ids).toEqual([orders]);
    expect((await list({ stateFilters: ['Ongoing', 'Other', 'Dead'] })).unknown).toEqual(['Other']);
    expect((await list({ producerIdFilters: [producerId] })).ids).toEqual([payments]);
    expect((await list({ durationFilter: 3_600_000 })).ids).toEqual([]);
    expect((await list({ transactionalIdPattern: 'pay.*' })).ids).toEqual([payments]);
    expect((await list({ transactionalIdPattern: '' })).ids).toEqual([orders, payments]);
    expect((await list({ transactionalIdPattern: '(' })).errorCode).toBe(INVALID_REGULAR_EXPRESSION);
  });

  it('deletes a topic that an open transaction holds', async () => {
    await createTopics(client, { t: 1, u: 1 });
    const producer = await makeProducer('tx');
    await producer.send('t', 0, 'a');
    await producer.send('u', 0, 'b');
    await producer.sendOffset('g', 't', 1);
    const kafka = new kafkajs.Kafka({ brokers: [broker.bootstrap], logLevel: kafkajs.logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: ['t'] });
    await admin.disconnect();
    expect(await producer.end(true)).toBe(0);
    expect((await read('u')).values).toEqual(['b']);
    await createTopics(client, { t: 1 });
    expect(await committedOffset('g', 't', true)).toBe(-1);
  });

  it('commits offsets of a group from outside while a transaction holds them: the later one stands', async () => {
    await createTopics(client, { t: 1 });
    const producer = await makeProducer('tx');
    await producer.sendOffset('g', 't', 5);
    const partition = {
      partitionIndex: 0,
      committedOffset: 8,
      committedLeaderEpoch: -1,
      committedMetadata: '',
    };
    await client.call(
      OFFSET_COMMIT,
      { groupId: 'g', topics: [{ name: 't', topicId: ZERO_UUID, partitions: [partition] }] },
      9,
    );
    expect(await committedOffset('g', 't')).toBe(8);
    await producer.end(true);
    expect(await committedOffset('g', 't', true)).toBe(8);
  });

  it('of offsets that two transactions hold commits the later ones, whichever transaction ends last', async () => {
    folder = await mkdtemp(join(tmpdir(), 'polylog-transactions-'));
    await restart();
    await createTopics(client, { t: 1 });
    const [a, b] = [await makeProducer('a'), await makeProducer('b')];
    await a.sendOffset('g', 't', 10);
    await b.sendOffset('g', 't', 20);
    // In group h the other way round.
    await b.sendOffset('h', 't', 20);
    await a.sendOffset('h', 't', 10);
    await restart();
    await b.end(true);
    expect([await committedOffset('g', 't'), await committedOffset('h', 't')]).toEqual([20, 20]);
    expect(await committedOffset('g', 't', true)).toBe(`error ${UNSTABLE_OFFSET_COMMIT}`);
    await restart();
    await a.end(true);
    expect([await committedOffset('g', 't', true), await committedOffset('h', 't', true)]).toEqual([20, 10]);
    // Of an aborted one nothing counts.
    await a.sendOffset('g', 't', 30);
    await b.sendOffset('g', 't', 40);
    await b.end(false);
    await a.end(true);
    expect(await committedOffset('g', 't', true)).toBe(30);
  });

  it('deletes offsets of a group while a transaction holds others of it: these are gone, too', async () => {
    await createTopics(client, { t: 1 });
    const producer = await makeProducer('tx');
    await producer.sendOffset('g', 't', 5);
    await client.call(OFFSET_DELETE, {
      groupId: 'g',
      topics: [{ name: 't', partitions: [{ partitionIndex: 0 }] }],
    });
    expect(await committedOffset('g', 't', true)).toBe(-1);
    await producer.end(true);
    expect(await committedOffset('g', 't', true)).toBe(-1);
  });
});

describe('kafkajs', () => {
  it('commits, aborts and sends offsets in its transactions', async () => {
    const kafka = new kafkajs.Kafka({ brokers: [broker.bootstrap], logLevel: kafkajs.logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 't', numPartitions: 2 }] });
    const producer = kafka.producer({ transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (let i = 0; i < 6; i++) {
      const transaction = await producer.transaction();
      const messages = [0, 1].map((partition) => ({ value: `${i}`, partition }));
      await transaction.send({ topic: 't', messages });
      const partitions = [{ partition: 0, offset: String(i) }];
      await transaction.sendOffsets({ consumerGroupId: 'g', topics: [{ topic: 't', partitions }] });
      if (i % 3 === 1) await transaction.abort();
      else await transaction.commit();
    }
    expect((await read('t', 0)).values).toEqual(['0', '2', '3', '5']);
    expect((await read('t', 1)).values).toEqual(['0', '2', '3', '5']);
    expect(await committedOffset('g', 't', true)).toBe(5);
    await producer.disconnect();
    await admin.disconnect();
  });
});
