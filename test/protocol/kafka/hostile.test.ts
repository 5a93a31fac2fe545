/**
 * Bad input on a real socket: each gets what Kafka gives (an error code, or a closed connection with a log line), memory
 * stays bounded, and a client that behaves is served meanwhile.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import { BATCH_HEADER_BYTES } from '../../../src/record/batch.ts';
import { sealBatch } from '../../../src/record/build.ts';
import { TestLogger } from '../../store/support.ts';
import {
  API_VERSIONS,
  FETCH,
  JOIN_GROUP,
  LIST_GROUPS,
  LIST_OFFSETS,
  METADATA,
  OFFSET_COMMIT,
  PRODUCE,
} from '../../support/kafka-apis.ts';
import {
  batchOf,
  createTopics,
  describeTopics,
  encodeRequest,
  fetchOne,
  fetchTopic,
  produceFields,
  produceOne,
  TestClient,
} from '../../support/kafka-client.ts';

const MIB = 1 << 20;

let broker: EmbeddedBroker;
let logger: TestLogger;
/** The client that behaves. */
let client: TestClient;

async function start(settings: Record<string, string | number> = {}): Promise<void> {
  logger = new TestLogger();
  broker = await startBroker({ data: 'memory', settings, logger });
  client = await TestClient.connect(broker.bootstrap);
  await createTopics(client, { good: 1 });
}

/** It is served as if nothing were. */
async function expectServed(): Promise<void> {
  const { errorCode, baseOffset } = await produceOne(client, 'good', batchOf(['fine']));
  expect(errorCode).toBe(0);
  const { records } = await fetchOne(client, 'good', { offset: baseOffset, maxWaitMs: 5000 });
  expect((records as Buffer).length).toBeGreaterThan(BATCH_HEADER_BYTES);
}

const warnings = (): string[] => logger.messages('warn');

/** Resident bytes that `run` adds at its worst moments, looked at from time to time. */
async function growthOf(run: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 5);
  await run();
  clearInterval(timer);
  return Math.max(most, process.memoryUsage().rss) - before;
}

afterEach(async () => {
  await client.close();
  await broker.close();
});

describe('what is no request', () => {
  beforeEach(() => start());

  const size = (value: number): Buffer => {
    const bytes = Buffer.alloc(12);
    bytes.writeInt32BE(value, 0);
    return bytes;
  };
  it.each([
    ['a size of 2 GiB', size(2 ** 31 - 1), /request size 2147483647/],
    ['a negative size', size(-2), /request size -2/],
    ['HTTP', Buffer.from('GET / HTTP/1.0\r\n\r\n'), /is this a Kafka client/],
    ['TLS', Buffer.from('16030102000100', 'hex'), /TLS/],
    [
      'an unknown key',
      encodeRequest({ key: 4711, write: () => undefined }, null, { version: 0 }),
      /API key 4711/,
    ],
    [
      'an unknown version',
      encodeRequest({ key: 3, write: () => undefined }, null, { version: 99 }),
      /version 99/,
    ],
    [
      'a body that is cut off',
      encodeRequest({ key: 3, write: (w) => w.raw(Buffer.from([0, 0, 0, 9])) }, null, { version: 4 }),
      /malformed request/,
    ],
    [
      'a count that is a lie',
      encodeRequest({ key: 3, write: (w) => w.raw(Buffer.from('7fffffff00', 'hex')) }, null, { version: 4 }),
      /malformed request/,
    ],
  ])('%s closes the connection with a log line', async (_, bytes, why) => {
    const hostile = await TestClient.connect(broker.bootstrap);
    hostile.socket.write(bytes);
    await hostile.closed;
    expect(warnings()).toEqual([expect.stringMatching(why)]);
    await expectServed();
  });

  it('random bytes close the connection, whatever they are', async () => {
    const growth = await growthOf(async () => {
      for (let round = 0; round < 100; round++) {
        const hostile = await TestClient.connect(broker.bootstrap);
        const bytes = randomBytes(1 + ((round * 997) % 5000));
        // Every second one with a size that is right, so that the bytes are taken for a request.
        if (round % 2 === 0 && bytes.length > 8) {
          bytes.writeInt32BE(bytes.length - 4, 0);
          bytes.writeInt16BE(round % 76, 4);
          bytes.writeInt16BE(round % 7, 6);
        }
        hostile.socket.end(bytes);
        await hostile.closed;
      }
    });
    expect(growth).toBeLessThan(150 * MIB);
    await expectServed();
  });

  it('an unknown version of ApiVersions is answered with error 35 in version 0', async () => {
    await using hostile = await TestClient.connect(broker.bootstrap);
    const request = encodeRequest({ key: 18, write: () => undefined }, null, {
      version: 1000,
      correlationId: 9,
    });
    const answer = await hostile.exchange(request);
    expect([answer.readInt32BE(0), answer.readInt16BE(4)]).toEqual([9, 35]);
    await hostile.call(API_VERSIONS, {}, 0);
  });

  it('a large request that is no Produce closes the connection before it is decoded', async () => {
    const growth = await growthOf(async () => {
      const hostile = await TestClient.connect(broker.bootstrap);
      // An array of 90 million names that are all empty.
      const write = (w: { raw(bytes: Buffer): void }): void => {
        const body = Buffer.alloc(90 * MIB, 1);
        body.writeInt32BE(90 * MIB - 8, 0);
        w.raw(body);
      };
      hostile.socket.write(encodeRequest({ key: METADATA.key, write }, null, { version: 9 }));
      await hostile.closed;
    });
    expect(warnings()).toEqual([expect.stringMatching(/only Produce may have more than/)]);
    expect(growth).toBeLessThan(600 * MIB);
    await expectServed();
  });
});

describe('batches', () => {
  beforeEach(() => start());

  const spoil = (change: (batch: Buffer) => void, sealed = true): Buffer => {
    const batch = batchOf(['one', 'two']);
    change(batch);
    if (sealed) sealBatch(batch);
    return batch;
  };
  it.each([
    ['wrong CRC', spoil((b) => (b[b.length - 1]! ^= 1), false), 2],
    ['wrong count', spoil((b) => b.writeInt32BE(3, 57)), 87],
    ['a negative count', spoil((b) => b.writeInt32BE(-1, 57)), 87],
    ['no records', spoil((b) => b.writeInt32BE(0, 57)), 87],
    ['a last offset that does not fit', spoil((b) => b.writeInt32BE(7, 23)), 87],
    ['magic 0', spoil((b) => b.writeInt8(0, 16), false), 43],
    ['magic 1', spoil((b) => b.writeInt8(1, 16), false), 43],
    ['magic 9', spoil((b) => b.writeInt8(9, 16), false), 2],
    ['a size that is too large', spoil((b) => b.writeInt32BE(b.length, 8), false), 87],
    ['a size that is too small', spoil((b) => b.writeInt32BE(10, 8), false), 2],
    ['a negative size', spoil((b) => b.writeInt32BE(-1, 8), false), 2],
    ['an unknown compression', spoil((b) => b.writeInt16BE(7, 21)), 76],
    ['the mark of a control batch', spoil((b) => b.writeInt16BE(0x20, 21)), 87],
    ['a producer without a sequence', spoil((b) => b.fill(0, 43, 53)), 87],
    ['too few bytes for a batch', Buffer.alloc(20, 2).fill(0, 0, 12), 2],
    ['no bytes', Buffer.alloc(0), 87],
    ['two batches at once', Buffer.concat([batchOf(['a']), batchOf(['b'])]), 87],
  ])('with %s are refused, and nothing is stored', async (what, batch, kafka) => {
    const { errorCode, baseOffset } = await produceOne(client, 'good', batch);
    expect(errorCode, what).not.toBe(0);
    expect([2, 10, 42, 43, 76, 87]).toContain(errorCode);
    expect(errorCode, `${what}, as Kafka says`).toBe(kafka);
    expect(baseOffset).toBe(-1);
    expect((await fetchOne(client, 'good')).highWatermark).toBe(0);
    await expectServed();
  });

  it('random changes of a batch are refused or stored, and never more', async () => {
    for (let round = 0; round < 300; round++) {
      const batch = batchOf(['one', 'two']);
      const at = (round * 31) % batch.length;
      batch[at]! ^= 1 << (round % 8);
      if (round % 3 === 0) sealBatch(batch);
      await produceOne(client, 'good', batch);
    }
    await expectServed();
  });

  it('that decompress to gigabytes harm no look-up by time', async () => {
    const bomb = gzipSync(Buffer.alloc(400 * MIB), { level: 9 });
    const header = batchOf(['one', 'two'], { timestampMs: 1000 }).subarray(0, BATCH_HEADER_BYTES);
    const batch = Buffer.concat([header, bomb]);
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeInt16BE(1, 21);
    sealBatch(batch);
    const produced = await produceOne(client, 'good', batch);
    expect(produced.errorCode).toBe(0);
    const growth = await growthOf(async () => {
      await using hostile = await TestClient.connect(broker.bootstrap);
      for (const timestamp of [500, 1000, -3]) {
        const { topics } = await hostile.call(LIST_OFFSETS, {
          topics: [{ name: 'good', partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }] }],
        });
        // A batch that can't be opened is answered for with its own figures.
        expect(topics[0]!.partitions[0]).toMatchObject({ errorCode: 0, offset: 0, timestamp: 1000 });
      }
    });
    expect(growth).toBeLessThan(350 * MIB);
    await expectServed();
  });
});

describe('requests that are too much', () => {
  beforeEach(() => start());

  it('names of 30,000 characters, and 10,000 protocols in a join, are refused or taken within bounds', async () => {
    const [topic] = await describeTopics(client, ['x'.repeat(30_000)], true);
    expect(topic!.errorCode).toBe(17);
    const { responses } = await client.call(
      PRODUCE,
      produceFields('x'.repeat(30_000), { 0: batchOf(['v']) }),
      8,
    );
    expect(responses[0]!.partitionResponses[0]!.errorCode).toBe(3);
    const protocols = Array.from({ length: 10_000 }, (_, i) => ({
      name: `p${i}`,
      metadata: Buffer.alloc(8),
    }));
    const join = {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      protocolType: 'consumer',
    };
    await using hostile = await TestClient.connect(broker.bootstrap);
    const asked = await hostile.call(JOIN_GROUP, { ...join, protocols });
    expect(asked.errorCode).toBe(79);
    const joined = await hostile.call(JOIN_GROUP, { ...join, protocols, memberId: asked.memberId });
    expect(joined.errorCode).toBe(0);
    const twice = { ...join, groupId: 'h', protocols: [...protocols, ...protocols] };
    expect([0, 79, 23, 42]).toContain((await hostile.call(JOIN_GROUP, twice)).errorCode);
    await expectServed();
  });

  it('a thousand requests at once for all metadata are answered one by one', async () => {
    await createTopics(client, Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`many${i}`, 10])));
    await using hostile = await TestClient.connect(broker.bootstrap);
    hostile.socket.pause();
    const one = encodeRequest(METADATA, { ...METADATA.defaults(), topics: null }, { version: 12 });
    const growth = await growthOf(async () => {
      hostile.socket.write(Buffer.concat(Array<Buffer>(1000).fill(one)));
      for (let i = 0; i < 20; i++) await expectServed();
    });
    // All answers together have 100 MB, and several times that before they are written.
    expect(growth).toBeLessThan(200 * MIB);
  });

  it('many groups are counted in bytes of memory and log, not refused', async () => {
    // What bounds them is the disk, and offsets.retention.minutes.
    await using hostile = await TestClient.connect(broker.bootstrap);
    const topics = [
      {
        name: 'good',
        topicId: '\0'.repeat(16) as never,
        partitions: [
          { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: '' },
        ],
      },
    ];
    const growth = await growthOf(async () => {
      const answers: Promise<Buffer>[] = [];
      for (let i = 0; i < 10_000; i++) {
        const fields = {
          ...OFFSET_COMMIT.defaults(),
          groupId: `g${i}`,
          generationIdOrMemberEpoch: -1,
          topics,
        };
        answers.push(hostile.exchange(encodeRequest(OFFSET_COMMIT, fields, { version: 8 })));
      }
      await Promise.all(answers);
    });
    expect(growth).toBeLessThan(200 * MIB);
    expect((await client.call(LIST_GROUPS)).groups).toHaveLength(10_000);
    await expectServed();
  });
});

describe('clients that are slow', () => {
  // Idle times are long enough that a machine that stands still for a moment makes nobody idle who is not.
  it('half a request and then nothing is closed when it was idle too long', async () => {
    await start({ 'connections.max.idle.ms': 1500 });
    const hostile = await TestClient.connect(broker.bootstrap);
    hostile.socket.write(encodeRequest(METADATA, METADATA.defaults(), { version: 4 }).subarray(0, 11));
    const busy = setInterval(() => void expectServed(), 50);
    await hostile.closed;
    clearInterval(busy);
    expect(warnings()).toEqual([expect.stringMatching(/idle for \d+ ms \(connections\.max\.idle\.ms\)/)]);
    await expectServed();
  });

  it('a fetch that waits is not idle', async () => {
    await start({ 'connections.max.idle.ms': 500 });
    await using waiting = await TestClient.connect(broker.bootstrap);
    const answer = fetchOne(waiting, 'good', { maxWaitMs: 1500 });
    expect((await answer).errorCode).toBe(0);
    client = await TestClient.connect(broker.bootstrap);
  });

  it('a client that never takes its answers waits, then is cut off; others are served', async () => {
    await start({ 'polylog.connection.stalled.ms': 800, 'polylog.connection.unsent.bytes': MIB });
    const big = 'x'.repeat(900_000);
    for (let i = 0; i < 20; i++) await produceOne(client, 'good', batchOf([big]));
    const hostile = await TestClient.connect(broker.bootstrap);
    hostile.socket.pause();
    const fields = {
      ...FETCH.defaults(),
      maxBytes: 1 << 30,
      sessionEpoch: -1,
      topics: [fetchTopic('good', [{ partition: 0, partitionMaxBytes: 1 << 30 }])],
    };
    const one = encodeRequest(FETCH, fields, { version: 12 });
    const growth = await growthOf(async () => {
      hostile.socket.write(Buffer.concat(Array<Buffer>(1000).fill(one)));
      const gone = new Promise<void>((resolve) => {
        const look = setInterval(() => {
          if (warnings().length === 0) return;
          clearInterval(look);
          resolve();
        }, 20);
      });
      for (let i = 0; i < 10; i++) await expectServed();
      await gone;
    });
    expect(warnings()).toEqual([expect.stringMatching(/it has not taken \d+ bytes of answers for \d+ ms/)]);
    expect(growth).toBeLessThan(200 * MIB);
    hostile.socket.resume();
    await hostile.close();
    await expectServed();
  });

  it('many large requests that never become whole are bounded together', async () => {
    await start({ 'queued.max.request.bytes': 100 * MIB, 'socket.request.max.bytes': 100 * MIB });
    const hostile: TestClient[] = [];
    const growth = await growthOf(async () => {
      for (let i = 0; i < 20; i++) {
        const one = await TestClient.connect(broker.bootstrap);
        hostile.push(one);
        const part = Buffer.alloc(20 * MIB);
        part.writeInt32BE(90 * MIB, 0);
        await new Promise<void>((resolve) => one.socket.write(part, () => resolve()));
      }
      await expectServed();
    });
    // 400 MB were sent; this process is the sender, too.
    expect(growth).toBeLessThan(500 * MIB);
    expect(warnings().length).toBeGreaterThanOrEqual(15);
    expect(warnings()[0]).toMatch(/unfinished requests of all connections/);
    await Promise.all(hostile.map((one) => one.close()));
  });
});

describe('connections', () => {
  it('beyond max.connections are closed at once, with one log line', async () => {
    await start({ 'max.connections': 5 });
    const open = await Promise.all(Array.from({ length: 4 }, () => TestClient.connect(broker.bootstrap)));
    const late = await Promise.all(Array.from({ length: 50 }, () => TestClient.connect(broker.bootstrap)));
    await Promise.all(late.map((one) => one.closed));
    expect(warnings()).toEqual(['refusing connections: 5 are open (max.connections)']);
    await expectServed();
    await open[0]!.close();
    // The place is free when the broker has seen the end.
    for (;;) {
      const again = await TestClient.connect(broker.bootstrap);
      const served = await again.call(API_VERSIONS, {}, 0).then(
        () => true,
        () => false,
      );
      await again.close();
      if (served) break;
      await sleep(5);
    }
    await Promise.all(open.map((one) => one.close()));
  });
});
