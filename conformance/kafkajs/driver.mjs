// The driver of kafkajs (../lib/driver.mjs describes what it speaks).

import { randomUUID } from 'node:crypto';
import * as zstd from '@bokuweb/zstd-wasm';
import kafkajs from 'kafkajs';
import SnappyCodec from 'kafkajs-snappy';
import lz4 from 'lz4-napi';
import { bootstrap, bytes, emit, notInClient, serve, startLoad, text64 } from '../lib/driver-node.mjs';
import { transactionOperations } from './transactions.mjs';

const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = kafkajs;
process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';

// kafkajs has gzip itself and takes the other codecs from its user.
CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec;
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: (encoder) => lz4.compressFrame(encoder.buffer),
  decompress: (buffer) => lz4.decompressFrame(buffer),
});
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: (encoder) => Buffer.from(zstd.compress(encoder.buffer, 3)),
  decompress: (buffer) => Buffer.from(zstd.decompress(buffer)),
});
await zstd.init();
const codecs = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

const kafka = new Kafka({
  clientId: 'conformance',
  brokers: [bootstrap],
  logLevel: process.env.DEBUG ? logLevel.DEBUG : logLevel.WARN,
  logCreator: () => (entry) => process.stderr.write(`${JSON.stringify(entry)}\n`),
  retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 100 },
});
// Errors of admin calls come at once, not after a hundred retries.
const hasty = new Kafka({
  clientId: 'conformance-admin',
  brokers: [bootstrap],
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 100, retries: 10 },
});
const admin = hasty.admin();
const producer = kafka.producer({ allowAutoTopicCreation: false });
let connected;
const connect = () => (connected ??= Promise.all([admin.connect(), producer.connect()]));

function headersOut(pairs) {
  const headers = {};
  for (const [name, value] of pairs) {
    const content = bytes(value);
    headers[name] = name in headers ? [headers[name], content].flat() : content;
  }
  return headers;
}

function headersIn(headers) {
  return Object.entries(headers ?? {}).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((each) => [name, text64(each)]) : [[name, text64(value)]],
  );
}

async function produce({ topic, acks, compression, messages }) {
  await connect();
  const answer = await producer.send({
    topic,
    acks,
    compression: codecs[compression],
    messages: messages.map((each) => ({
      partition: each.partition,
      key: bytes(each.key),
      value: bytes(each.value),
      headers: headersOut(each.headers),
      ...(each.timestamp === undefined ? {} : { timestamp: String(each.timestamp) }),
    })),
  });
  if (acks === 0) return {};
  const next = new Map(answer.map((each) => [each.partition, Number(each.baseOffset)]));
  const offsets = messages.map(({ partition }) => {
    const offset = next.get(partition);
    next.set(partition, offset + 1);
    return offset;
  });
  return { offsets };
}

const received = (partition, message) => ({
  partition,
  offset: Number(message.offset),
  key: text64(message.key),
  value: text64(message.value),
  headers: headersIn(message.headers),
  timestamp: Number(message.timestamp),
});

/** `count` messages of a topic that is subscribed to; with `from` of its partitions alone, from its offsets on. */
async function take(consumer, { topic, count, from }) {
  const messages = [];
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => !payload.restart && reject(payload.error));
    consumer
      .run({
        autoCommit: false,
        eachMessage: async ({ partition, message }) => {
          if (from && Number(message.offset) < (from[partition] ?? Number.POSITIVE_INFINITY)) return;
          if (messages.length < count) messages.push(received(partition, message));
          if (messages.length === count) resolve();
        },
      })
      .catch(reject);
    for (const [partition, offset] of Object.entries(from ?? {})) {
      if (offset !== null) consumer.seek({ topic, partition: Number(partition), offset: String(offset) });
    }
  });
  return messages;
}

/** kafkajs reads only as a member of a group: a group of its own, and a seek. */
async function read({ topic, from, count, isolation }) {
  const consumer = kafka.consumer({
    groupId: `read-${topic}-${randomUUID()}`,
    maxWaitTimeInMs: 500,
    readUncommitted: isolation !== 'read_committed',
    retry: { retries: 20 },
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    return await take(consumer, { topic, count, from });
  } finally {
    await consumer.disconnect();
  }
}

async function consume({ group, topic, count, metadata }) {
  const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 500, retry: { retries: 20 } });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    const messages = await take(consumer, { topic, count });
    const offset = String(messages.at(-1).offset + 1);
    await consumer.commitOffsets([{ topic, partition: messages.at(-1).partition, offset, metadata }]);
    return messages;
  } finally {
    await consumer.disconnect();
  }
}

let memberConsumer;

async function member({ group, topic, sessionTimeoutMs }) {
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: 500,
    maxWaitTimeInMs: 500,
  });
  memberConsumer = consumer;
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
    emit('assigned', { partitions: payload.memberAssignment[topic] ?? [] }),
  );
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
      let next;
      for (const message of batch.messages) {
        if (!isRunning() || isStale()) break;
        emit('message', { partition: batch.partition, offset: Number(message.offset) });
        resolveOffset(message.offset);
        next = Number(message.offset) + 1;
      }
      if (next === undefined) return;
      await consumer.commitOffsets([{ topic, partition: batch.partition, offset: String(next) }]);
      emit('committed', { offsets: { [batch.partition]: next } });
      await heartbeat();
    },
  });
}

let stopLoad;

async function load({ topic, partitions }) {
  const idempotent = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
  });
  await idempotent.connect();
  const send = (partition, values) =>
    idempotent.send({ topic, acks: -1, messages: values.map((value) => ({ partition, value })) });
  const stop = startLoad({ partitions, depth: 1, send });
  stopLoad = async () => {
    const result = await stop();
    await idempotent.disconnect();
    return result;
  };
}

async function committed({ group, topic, partitions }) {
  const [answer] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  const all = new Map(answer.partitions.map((each) => [each.partition, each]));
  return Object.fromEntries(
    partitions.map((p) => [
      p,
      { offset: Number(all.get(p)?.offset ?? -1), metadata: all.get(p)?.metadata ?? '' },
    ]),
  );
}

const byPartitionOffset = (list, field = 'offset') =>
  Object.fromEntries(list.map((each) => [each.partition, Number(each[field])]));

async function listOffsets({ topic, at }) {
  const list = await admin.fetchTopicOffsets(topic);
  return byPartitionOffset(list, at === 'earliest' ? 'low' : 'high');
}

async function offsetsForTimes({ topic, times }) {
  const answer = {};
  for (const [partition, ms] of Object.entries(times)) {
    answer[partition] = byPartitionOffset(await admin.fetchTopicOffsetsByTimestamp(topic, ms))[partition];
  }
  return answer;
}

const resource = (topic) => ({ type: ConfigResourceTypes.TOPIC, name: topic });
const entries = (object) => Object.entries(object).map(([name, value]) => ({ name, value }));

serve(
  {
    hello: connect,
    produce,
    read,
    consume,
    committed,
    member,
    leave: () => memberConsumer.disconnect(),
    startLoad: load,
    stopLoad: () => stopLoad(),
    offsetsForTimes,
    listOffsets,
    setOffsets: ({ group, topic, offsets }) =>
      admin.setOffsets({
        groupId: group,
        topic,
        partitions: Object.entries(offsets).map(([p, offset]) => ({
          partition: Number(p),
          offset: String(offset),
        })),
      }),
    createTopics: async ({ topics }) => {
      const created = await admin.createTopics({
        waitForLeaders: true,
        topics: topics.map(({ topic, partitions, configs }) => ({
          topic,
          numPartitions: partitions,
          replicationFactor: 1,
          configEntries: entries(configs),
        })),
      });
      // createTopics answers false, and does not throw, when a topic exists.
      if (!created) throw new Error('createTopics answered false: TOPIC_ALREADY_EXISTS');
    },
    listTopics: () => admin.listTopics(),
    describeTopic: async ({ topic }) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return { partitions: topics[0].partitions.length };
    },
    createPartitions: ({ topic, total }) =>
      admin.createPartitions({ topicPartitions: [{ topic, count: total }] }),
    deleteTopics: ({ topics }) => admin.deleteTopics({ topics }),
    describeConfigs: async ({ topic }) => {
      const { resources } = await admin.describeConfigs({ resources: [resource(topic)] });
      return Object.fromEntries(
        resources[0].configEntries.map((each) => [each.configName, each.configValue]),
      );
    },
    alterConfigs: ({ topic, configs }) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [{ ...resource(topic), configEntries: entries(configs) }],
      }),
    incrementalAlterConfigs: notInClient('no such call'),
    deleteRecords: ({ topic, offsets }) =>
      admin.deleteTopicRecords({
        topic,
        partitions: Object.entries(offsets).map(([p, offset]) => ({
          partition: Number(p),
          offset: String(offset),
        })),
      }),
    listGroups: async () => (await admin.listGroups()).groups.map((each) => each.groupId),
    describeGroup: async ({ group }) => {
      const { groups } = await admin.describeGroups([group]);
      return { state: groups[0].state, members: groups[0].members.length };
    },
    deleteGroups: ({ groups }) => admin.deleteGroups(groups),
    describeCluster: async () => {
      const { brokers, controller, clusterId } = await admin.describeCluster();
      return {
        brokers: brokers.map((each) => ({ id: each.nodeId, host: each.host, port: each.port })),
        controller,
        clusterId,
      };
    },
    ...transactionOperations(kafka),
  },
  async () => {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  },
);
