/** An independent client: what kafkajs does with a broker must work as it is. */

/** An independent client: what kafkajs does with a broker must work as it is. */
import kafkajs, { type Consumer, type EachMessagePayload, type Kafka, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedBroker, startBroker } from '../../../src/embed/start-broker.ts';
import { nodeCompression } from '../../../src/platform/node/compression.ts';

// It is CommonJS.
const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka: KafkaClient, logLevel } = kafkajs;

let broker: EmbeddedBroker;
let kafka: Kafka;
const open: (Producer | Consumer)[] = [];

beforeAll(async () => {
  // gzip is built in; for the others kafkajs asks for a codec.
  for (const codec of [2, 3, 4] as const) {
    CompressionCodecs[codec] = () => ({
      compress: async (encoder: { buffer: Buffer }) => nodeCompression.compress(codec, encoder.buffer),
      decompress: async (buffer: Buffer) => nodeCompression.decompress(codec, buffer, 1 << 26),
    });
  }
  broker = await startBroker({ data: 'memory' });
  kafka = new KafkaClient({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
});
afterAll(async () => {
  await Promise.all(open.map((one) => one.disconnect()));
  await broker.close();
});

async function producer(options: Parameters<Kafka['producer']>[0] = {}): Promise<Producer> {
  const one = kafka.producer(options);
  open.push(one);
  await one.connect();
  return one;
}

interface Reading {
  readonly consumer: Consumer;
  readonly messages: EachMessagePayload[];
  /** Resolves when so many have come in all. */
  until(count: number): Promise<void>;
  stop(): Promise<void>;
}

async function consume(groupId: string, topic: string): Promise<Reading> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  open.push(consumer);
  const messages: EachMessagePayload[] = [];
  let wake: () => void = () => undefined;
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async (payload) => {
      messages.push(payload);
      wake();
    },
  });
  return {
    consumer,
    messages,
    until: (count) =>
      new Promise((resolve) => {
        wake = () => messages.length >= count && resolve();
        wake();
      }),
    stop: () => consumer.disconnect(),
  };
}

describe('kafkajs', () => {
  it.each([
    ['nothing', CompressionTypes.None],
    ['gzip', CompressionTypes.GZIP],
    ['snappy', CompressionTypes.Snappy],
    ['lz4', CompressionTypes.LZ4],
    ['zstd', CompressionTypes.ZSTD],
  ])('produces and consumes, compressed with %s', async (name, compression) => {
    const topic = `packed-${name}`;
    const sender = await producer();
    const sent = Array.from({ length: 50 }, (_, i) => ({
      key: `k${i}`,
      value: `value ${i} `.repeat(20),
      headers: { i: String(i) },
    }));
    await sender.send({ topic, compression, acks: -1, messages: sent });
    const reading = await consume(`group-${name}`, topic);
    await reading.until(50);
    const got = reading.messages.map(({ message }) => ({
      key: message.key!.toString(),
      value: message.value!.toString(),
      headers: { i: message.headers!.i!.toString() },
    }));
    expect(got).toEqual(sent);
    await reading.stop();
  });

  it('produces with every acks, and as an idempotent producer', async () => {
    const sender = await producer();
    for (const acks of [0, 1, -1])
      await sender.send({ topic: 'acks', acks, messages: [{ value: String(acks) }] });
    const idempotent = await producer({ idempotent: true, maxInFlightRequests: 1 });
    for (let i = 0; i < 5; i++) await idempotent.send({ topic: 'acks', messages: [{ value: `i${i}` }] });
    const reading = await consume('acks', 'acks');
    await reading.until(8);
    const values = reading.messages.map(({ message }) => message.value!.toString());
    expect(values).toEqual(['0', '1', '-1', 'i0', 'i1', 'i2', 'i3', 'i4']);
    await reading.stop();
  });

  it('divides partitions among a group, and goes on where it stopped', async () => {
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'shared', numPartitions: 4 }] });
    const sender = await producer();
    const send = (from: number, to: number) =>
      sender.send({
        topic: 'shared',
        messages: Array.from({ length: to - from }, (_, i) => ({
          value: String(from + i),
          partition: i % 4,
        })),
      });
    await send(0, 20);
    const first = await consume('sharers', 'shared');
    await first.until(20);
    await first.stop();
    const committed = await admin.fetchOffsets({ groupId: 'sharers', topics: ['shared'] });
    expect(committed[0]!.partitions.map(({ offset }) => offset)).toEqual(['5', '5', '5', '5']);
    await send(20, 40);
    const [second, third] = await Promise.all([consume('sharers', 'shared'), consume('sharers', 'shared')]);
    while (second.messages.length + third.messages.length < 20) {
      await Promise.race([second.until(second.messages.length + 1), third.until(third.messages.length + 1)]);
    }
    const values = [...second.messages, ...third.messages].map(({ message }) => Number(message.value));
    expect(new Set(values)).toEqual(new Set(Array.from({ length: 20 }, (_, i) => 20 + i)));
    const { groups } = await admin.describeGroups(['sharers']);
    expect(groups[0]!.members.length).toBeGreaterThan(0);
    await Promise.all([second.stop(), third.stop()]);
    await admin.deleteGroups(['sharers']);
    await admin.disconnect();
  });

  it('administers topics, configs and offsets', async () => {
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({
      topics: [
        { topic: 'admin', numPartitions: 2, configEntries: [{ name: 'retention.ms', value: '60000' }] },
      ],
    });
    expect(await admin.createTopics({ topics: [{ topic: 'admin' }] })).toBe(false);
    await admin.createPartitions({ topicPartitions: [{ topic: 'admin', count: 3 }] });
    const { topics } = await admin.fetchTopicMetadata({ topics: ['admin'] });
    expect(topics[0]!.partitions).toHaveLength(3);
    const resource = { type: ConfigResourceTypes.TOPIC, name: 'admin' };
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '70000' }] }],
    });
    const configs = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ ...resource, configNames: ['retention.ms'] }],
    });
    expect(configs.resources[0]!.configEntries[0]).toMatchObject({
      configName: 'retention.ms',
      configValue: '70000',
    });
    const sender = await producer();
    const now = Date.now();
    for (const [i, age] of [3000, 2000, 1000].entries()) {
      const messages = [{ value: String(i), partition: 0, timestamp: String(now - age) }];
      await sender.send({ topic: 'admin', messages });
    }
    const at = await admin.fetchTopicOffsetsByTimestamp('admin', now - 2000);
    expect(at.find(({ partition }) => partition === 0)!.offset).toBe('1');
    await admin.deleteTopicRecords({ topic: 'admin', partitions: [{ partition: 0, offset: '2' }] });
    const offsets = await admin.fetchTopicOffsets('admin');
    expect(offsets.find(({ partition }) => partition === 0)).toMatchObject({ low: '2', high: '3' });
    await admin.setOffsets({ groupId: 'moved', topic: 'admin', partitions: [{ partition: 0, offset: '2' }] });
    const moved = await admin.fetchOffsets({ groupId: 'moved', topics: ['admin'] });
    expect(moved[0]!.partitions.find(({ partition }) => partition === 0)!.offset).toBe('2');
    expect((await admin.describeCluster()).brokers).toHaveLength(1);
    expect(await admin.listTopics()).toContain('admin');
    await admin.deleteTopics({ topics: ['admin'] });
    expect(await admin.listTopics()).not.toContain('admin');
    await admin.disconnect();
  });
});
