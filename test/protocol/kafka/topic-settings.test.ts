/** What topic settings do to produced batches, over a real socket: compaction, compression, times, sizes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import { nodeCompression } from '../../../src/platform/node/compression.ts';
import type { CompressionCodec } from '../../../src/platform/ports.ts';
import { batchBaseOffset, batchCompression, batchCrc, batchMaxTimestamp } from '../../../src/record/batch.ts';
import { buildBatch, sealBatch } from '../../../src/record/build.ts';
import { LIST_OFFSETS } from '../../support/kafka-apis.ts';
import { createTopics, fetchOne, produceOne, TestClient } from '../../support/kafka-client.ts';

let broker: EmbeddedBroker;
let client: TestClient;
let topicCount = 0;

beforeAll(async () => {
  broker = await startBroker({ data: 'memory', settings: { 'log.cleaner.backoff.ms': 10 } });
  client = await TestClient.connect(broker.bootstrap);
});
afterAll(async () => {
  await client.close();
  await broker.close();
});

async function newTopic(configs: Record<string, string>): Promise<string> {
  const name = `t${++topicCount}`;
  await createTopics(client, { [name]: 1 }, configs);
  return name;
}

interface Sent {
  readonly key?: string | null;
  readonly codec?: CompressionCodec;
  readonly timestampMs?: number;
  readonly count?: number;
}

function batchWith({ key = 'k', codec = 0, timestampMs = Date.now(), count = 3 }: Sent = {}): Buffer {
  const records = Array.from({ length: count }, (_, i) => ({
    key: key === null ? null : Buffer.from(key),
    value: Buffer.from(`value ${i} `.repeat(10)),
  }));
  return buildBatch(records, { timestampMs, codec, compression: nodeCompression });
}

const errorOf = async (topic: string, sent: Sent): Promise<number> =>
  (await produceOne(client, topic, batchWith(sent))).errorCode;

async function stored(topic: string): Promise<Buffer> {
  return (await fetchOne(client, topic)).records as Buffer;
}

describe('cleanup.policy=compact', () => {
  const COMPACTED = { 'cleanup.policy': 'compact', 'segment.ms': '1', 'min.cleanable.dirty.ratio': '0' };

  it.each([0, 1, 2, 3, 4] as const)('refuses records without a key, with compression %i', async (codec) => {
    const topic = await newTopic(COMPACTED);
    expect(await errorOf(topic, { codec, key: null })).toBe(87);
    expect(await errorOf(topic, { codec })).toBe(0);
  });

  it('leaves the latest record of a key, and tells the same start and end as before', async () => {
    const topic = await newTopic(COMPACTED);
    for (let i = 0; i < 20; i++) expect(await errorOf(topic, {})).toBe(0);
    for (;;) {
      const answer = await fetchOne(client, topic, { offset: 5, maxWaitMs: 5 });
      expect([answer.errorCode, answer.highWatermark, answer.logStartOffset]).toEqual([0, 60, 0]);
      if (batchBaseOffset(answer.records as Buffer) === 57) break;
    }
    const { topics } = await client.call(LIST_OFFSETS, {
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: 0 }] }],
    });
    expect(topics[0]!.partitions[0]).toMatchObject({ errorCode: 0, offset: 59 });
  });
});

describe('compression.type', () => {
  it.each([
    ['uncompressed', 0],
    ['gzip', 1],
    ['snappy', 2],
    ['lz4', 3],
    ['zstd', 4],
  ] as const)('%s is what is stored, however it was sent', async (type, codec) => {
    const topic = await newTopic({ 'compression.type': type });
    for (const sent of [0, 1, 2, 3, 4] as const) expect(await errorOf(topic, { codec: sent })).toBe(0);
    const records = await stored(topic);
    let count = 0;
    for (let at = 0; at < records.length; at += records.readInt32BE(at + 8) + 12) {
      const batch = Buffer.from(records.subarray(at, at + records.readInt32BE(at + 8) + 12));
      expect(batchCompression(batch)).toBe(codec);
      expect(batchBaseOffset(batch)).toBe(3 * count++);
      const crc = batchCrc(batch);
      sealBatch(batch);
      expect(batchCrc(batch)).toBe(crc);
    }
    expect(count).toBe(5);
  });

  it('stamps the time of the broker on what it compressed', async () => {
    const topic = await newTopic({ 'compression.type': 'zstd', 'message.timestamp.type': 'LogAppendTime' });
    const before = Date.now();
    expect(await errorOf(topic, { timestampMs: 5, codec: 1 })).toBe(0);
    expect(batchMaxTimestamp(await stored(topic))).toBeGreaterThanOrEqual(before);
  });
});

describe('times and sizes', () => {
  it.each([0, 1, 2, 3, 4] as const)('are bounded, with compression %i', async (codec) => {
    const topic = await newTopic({
      'message.timestamp.before.max.ms': '60000',
      'message.timestamp.after.max.ms': '60000',
    });
    const now = Date.now();
    expect(await errorOf(topic, { codec, timestampMs: now })).toBe(0);
    expect(await errorOf(topic, { codec, timestampMs: now - 120_000 })).toBe(32);
    expect(await errorOf(topic, { codec, timestampMs: now + 120_000 })).toBe(32);
    const small = await newTopic({ 'max.message.bytes': String(batchWith({ codec }).length) });
    expect(await errorOf(small, { codec })).toBe(0);
    expect(await errorOf(small, { codec, key: 'a longer key than the other, by some letters' })).toBe(10);
  });
});

it('settings that have no effect here are taken, and wrong values of them refused', async () => {
  await newTopic({
    'segment.jitter.ms': '5',
    'segment.index.bytes': '1000',
    'index.interval.bytes': '1',
    preallocate: 'true',
    'file.delete.delay.ms': '0',
    'flush.messages': '1',
    'unclean.leader.election.enable': 'true',
    'compression.lz4.level': '1',
    'leader.replication.throttled.replicas': '*',
    'follower.replication.throttled.replicas': '0:1,1:1',
    'cleanup.policy': '',
  });
  for (const [name, value] of [
    ['leader.replication.throttled.replicas', 'all'],
    ['compression.gzip.level', '0'],
    ['cleanup.policy', 'compress'],
    ['remote.storage.enable', 'true'],
    ['segment.bytes', '14'],
    ['internal.segment.bytes', '1048576'],
  ] as const) {
    await expect(newTopic({ [name]: value }), name).rejects.toThrow(name);
  }
});
