/** Which records of a batch are refused, and why, over a socket (KIP-467). What is expected is what Kafka 4.3.1 answers, but for the sentences. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import { nodeCompression } from '../../../src/platform/node/compression.ts';
import { buildBatch, type RecordInput, sealBatch } from '../../../src/record/build.ts';
import { REFUSED_RECORDS_MAX } from '../../../src/record/refused-records.ts';
import { CREATE_TOPICS, PRODUCE } from '../../support/kafka-apis.ts';
import { produceFields, TestClient } from '../../support/kafka-client.ts';

const INVALID_TIMESTAMP = 32;
const INVALID_RECORD = 87;
const NO_KEY = /no key/;
const BACK = /further back/;
const AHEAD = /further ahead/;

let broker: EmbeddedBroker;
let client: TestClient;
let topics = 0;

beforeAll(async () => {
  broker = await startBroker({ data: 'memory' });
  client = await TestClient.connect(broker.bootstrap);
});
afterAll(async () => {
  await client.close();
  await broker.close();
});

async function newTopic(settings: Readonly<Record<string, string>>, numPartitions = 1): Promise<string> {
  const name = `topic-${++topics}`;
  const configs = Object.entries(settings).map(([key, value]) => ({ name: key, value }));
  const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs };
  const answer = await client.call(CREATE_TOPICS, { topics: [topic], timeoutMs: 30_000 }, 5);
  expect(answer.topics[0]!.errorCode).toBe(0);
  return name;
}

/** Code and reasons by record, of one batch; null: the record is not named. */
async function produce(topic: string, batch: Buffer, version = 12) {
  const answer = await client.call(PRODUCE, produceFields(topic, { 0: batch }), version);
  const { errorCode, recordErrors, errorMessage, baseOffset } = answer.responses[0]!.partitionResponses[0]!;
  const reasons = recordErrors.map((error) => [error.batchIndex, error.batchIndexErrorMessage]);
  return { errorCode, reasons, errorMessage, baseOffset };
}

const value = Buffer.from('v');
const key = Buffer.from('k');
const matching = (reasons: readonly (readonly [number, RegExp])[]) =>
  reasons.map(([index, reason]) => [index, expect.stringMatching(reason)]);

describe.each([0, 1, 2, 3, 4] as const)('with compression %d', (codec) => {
  const nowMs = Date.now();
  const batchOf = (records: readonly RecordInput[], logAppendTime = false): Buffer =>
    buildBatch(records, { timestampMs: nowMs, codec, compression: nodeCompression, logAppendTime });

  it('records without a key are named in a compacted topic', async () => {
    const topic = await newTopic({ 'cleanup.policy': 'compact' });
    const batch = batchOf([null, key, null, key, null].map((of) => ({ key: of, value })));
    const answer = await produce(topic, Buffer.from(batch));
    expect(answer.errorCode).toBe(INVALID_RECORD);
    expect(answer.reasons).toEqual(
      matching([
        [0, NO_KEY],
        [2, NO_KEY],
        [4, NO_KEY],
      ]),
    );
    expect(answer.errorMessage).toMatch(/^3 of the batch's 5 records .* 0: .*no key/);
    // Before version 8 there is no place for it.
    expect(await produce(topic, batch, 7)).toEqual({
      errorCode: INVALID_RECORD,
      reasons: [],
      errorMessage: null,
      baseOffset: -1,
    });
  });

  it('records out of the bounds of time are named', async () => {
    const bounds = { 'message.timestamp.before.max.ms': '60000', 'message.timestamp.after.max.ms': '90000' };
    const topic = await newTopic(bounds);
    const at = [0, -70_000, 0, 100_000, 80_000, -50_000].map((delta) => nowMs + delta);
    const batch = batchOf(at.map((timestampMs) => ({ key: null, value, timestampMs })));
    const answer = await produce(topic, batch);
    expect(answer.errorCode).toBe(INVALID_TIMESTAMP);
    expect(answer.reasons).toEqual(
      matching([
        [1, BACK],
        [3, AHEAD],
      ]),
    );
    expect(answer.baseOffset).toBe(-1);
  });

  it('of a record its key is told before its time, and the time is what the batch is refused for', async () => {
    const topic = await newTopic({ 'cleanup.policy': 'compact' });
    const answer = await produce(
      topic,
      batchOf([
        { key, value },
        { key: null, value },
        { key, value, timestampMs: nowMs + 9e6 },
        { key: null, value, timestampMs: nowMs + 9e6 },
      ]),
    );
    expect(answer.errorCode).toBe(INVALID_TIMESTAMP);
    expect(answer.reasons).toEqual(
      matching([
        [1, NO_KEY],
        [2, AHEAD],
        [3, NO_KEY],
      ]),
    );
  });

  it('a batch that says it is stamped by the broker is refused for all of its records', async () => {
    const topic = await newTopic({ 'message.timestamp.type': 'LogAppendTime' });
    const batch = batchOf(
      [
        { key, value },
        { key: null, value },
      ],
      true,
    );
    const answer = await produce(topic, batch);
    expect(answer.errorCode).toBe(INVALID_TIMESTAMP);
    expect(answer.reasons).toEqual(
      matching([
        [0, /LogAppendTime/],
        [1, /LogAppendTime/],
      ]),
    );
  });
});

it('a header that lies about the times of plain records is corrected', async () => {
  const nowMs = Date.now();
  const batch = buildBatch([{ key, value }], { timestampMs: nowMs });
  batch.writeBigInt64BE(BigInt(nowMs) + 9_000_000n, 35);
  sealBatch(batch);
  expect(await produce(await newTopic({}), batch)).toMatchObject({
    errorCode: 0,
    reasons: [],
    baseOffset: 0,
  });
});

it('a header that lies about the times of compressed records is believed, and no record is named', async () => {
  const nowMs = Date.now();
  const batch = buildBatch([{ key, value }], { timestampMs: nowMs, codec: 1, compression: nodeCompression });
  batch.writeBigInt64BE(BigInt(nowMs) + 9_000_000n, 35);
  sealBatch(batch);
  const answer = await produce(await newTopic({}), batch);
  expect(answer).toMatchObject({ errorCode: INVALID_TIMESTAMP, reasons: [] });
  expect(answer.errorMessage).toMatch(AHEAD);
});

it('records with headers that can not be followed are named', async () => {
  const topic = await newTopic({ 'polylog.headers': 'true' });
  const record = (name: string, text: string): RecordInput => ({
    key,
    value,
    headers: [{ key: name, value: Buffer.from(text) }],
  });
  const answer = await produce(
    topic,
    buildBatch(
      [record('ttl-ms', '5'), record('ttl-ms', 'x'), record('priority', '1'), record('priority', '256')],
      {
        timestampMs: Date.now(),
      },
    ),
  );
  expect(answer.errorCode).toBe(INVALID_RECORD);
  expect(answer.reasons).toEqual(
    matching([
      [1, /ttl-ms/],
      [3, /priority/],
    ]),
  );
  const late = await produce(
    topic,
    buildBatch([record('tag', 'x'), record('deliver-at-ms', '999999999999999')], { timestampMs: Date.now() }),
  );
  expect(late.errorCode).toBe(INVALID_TIMESTAMP);
  expect(late.reasons).toEqual(matching([[1, /100 years/]]));
});

it('the records that one answer names are bounded', async () => {
  const topic = await newTopic({ 'cleanup.policy': 'compact' }, 3);
  const count = REFUSED_RECORDS_MAX - 1000;
  const batch = (): Buffer =>
    buildBatch(
      Array.from({ length: count }, () => ({ key: null, value })),
      { timestampMs: Date.now() },
    );
  const answer = await client.call(PRODUCE, produceFields(topic, { 0: batch(), 1: batch(), 2: batch() }), 12);
  const { partitionResponses } = answer.responses[0]!;
  expect(partitionResponses.map(({ recordErrors }) => recordErrors.length)).toEqual([count, 1000, 0]);
  for (const { errorCode, errorMessage } of partitionResponses) {
    expect(errorCode).toBe(INVALID_RECORD);
    expect(errorMessage).toContain(`${count} of the batch's ${count} records`);
  }
});
