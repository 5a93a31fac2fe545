// The driver of @platformatic/kafka (../lib/driver.mjs describes what it speaks).
import { Admin, Consumer, ListOffsetTimestamps, Producer } from '@platformatic/kafka';
import { bootstrap, bytes, emit, serve, startLoad, text64 } from '../lib/driver-node.mjs';

const base = {
  bootstrapBrokers: [bootstrap],
  retries: 100,
  retryDelay: 200,
  timeout: 10_000,
  metadataMaxAge: 5_000,
};
const admin = new Admin({ ...base, clientId: 'conformance-admin', retries: 3, metadataMaxAge: 0 });
const producer = new Producer({ ...base, clientId: 'conformance' });
const TOPIC = 2;
const SET = 0;
const DELETE = 1;

async function produce({ topic, acks, compression, messages }) {
  const result = await producer.send({
    acks,
    compression,
    messages: messages.map((each) => {
      const one = { topic, partition: each.partition, headers: new Map() };
      for (const [name, value] of each.headers) one.headers.set(Buffer.from(name), bytes(value));
      if (each.key !== null) one.key = bytes(each.key);
      if (each.value !== null) one.value = bytes(each.value);
      if (each.timestamp !== undefined) one.timestamp = BigInt(each.timestamp);
      return one;
    }),
  });
  if (acks === 0) return {};
  // One base offset for each partition.
  const next = new Map(result.offsets.map((each) => [each.partition, Number(each.offset)]));
  const offsets = messages.map(({ partition }) => {
    const offset = next.get(partition);
    next.set(partition, offset + 1);
    return offset;
  });
  return { offsets };
}

const received = (message) => ({
  partition: message.partition,
  offset: Number(message.offset),
  key: text64(message.key),
  value: text64(message.value),
  headers: message.headerEntries.map(([name, value]) => [name.toString(), text64(value)]),
  timestamp: Number(message.timestamp),
});

const makeConsumer = (groupId, options = {}) =>
  new Consumer({
    ...base,
    clientId: 'conformance',
    groupId,
    maxWaitTime: 500,
    autocommit: false,
    ...options,
  });

/** The first `count` messages of a stream. */
function take(stream, count) {
  const messages = [];
  return new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream.on('data', (message) => {
      if (messages.length < count) messages.push(received(message));
      if (messages.length === count) resolve(messages);
    });
  });
}

async function read({ topic, from, count }) {
  const consumer = makeConsumer(`read-${topic}-${Date.now()}`);
  try {
    const offsets = Object.entries(from)
      .filter(([, offset]) => offset !== null)
      .map(([partition, offset]) => ({ topic, partition: Number(partition), offset: BigInt(offset) }));
    const stream = await consumer.consume({ topics: [topic], mode: 'manual', offsets });
    return await take(stream, count);
  } finally {
    await consumer.close(true);
  }
}

async function consume({ group, topic, count }) {
  const consumer = makeConsumer(group);
  try {
    const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' });
    const messages = await take(stream, count);
    const { partition, offset } = messages.at(-1);
    await consumer.commit({ offsets: [{ topic, partition, offset: BigInt(offset + 1), leaderEpoch: 0 }] });
    return messages;
  } finally {
    await consumer.close(true);
  }
}

let memberConsumer;
let lastCommit = Promise.resolve();

async function member({ group, topic, sessionTimeoutMs }) {
  const consumer = makeConsumer(group, {
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: 500,
  });
  memberConsumer = consumer;
  const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' });
  // Where each partition of the member begins. The stream looks this up after each join, and only then fetches anew.
  const starts = new Map();
  const assigned = () => {
    const own = (consumer.assignments ?? []).filter((each) => each.topic === topic);
    starts.clear();
    for (const p of own.flatMap((each) => each.partitions)) {
      starts.set(p, Number(stream.offsetsToFetch.get(`${topic}:${p}`) ?? 0));
    }
    emit('assigned', { partitions: [...starts.keys()] });
  };
  stream.on('offsets', assigned);
  assigned();
  const next = new Map();
  let committing = false;
  const commit = async () => {
    committing = true;
    while (next.size > 0) {
      const offsets = Object.fromEntries(next);
      next.clear();
      const list = Object.entries(offsets).map(([p, offset]) => ({
        topic,
        partition: Number(p),
        offset: BigInt(offset),
        leaderEpoch: 0,
      }));
      try {
        await consumer.commit({ offsets: list });
        emit('committed', { offsets });
      } catch (error) {
        // A rebalance refuses the commit: whoever owns the partition next reads those messages again.
        console.error('commit refused', error);
      }
    }
    committing = false;
  };
  stream.on('error', (error) => {
    console.error('stream', error);
    process.exit(1);
  });
  stream.on('data', (message) => {
    const { partition } = message;
    const offset = Number(message.offset);
    // What a fetch from before the rebalance brought for a partition that is another member's now (FINDINGS.md).
    if (!(offset >= starts.get(partition))) {
      console.error(`passed over ${partition}@${offset}, has ${[...starts]}`);
      return;
    }
    emit('message', { partition, offset });
    next.set(partition, offset + 1);
    if (!committing) lastCommit = commit();
  });
}

let stopLoad;

async function load({ topic, partitions }) {
  const idempotent = new Producer({
    ...base,
    clientId: 'conformance-load',
    retries: 1_000,
    idempotent: true,
  });
  const send = (partition, values) =>
    idempotent.send({
      acks: -1,
      messages: values.map((value) => ({ topic, partition, value: Buffer.from(value) })),
    });
  const stop = startLoad({ partitions, depth: 1, send });
  stopLoad = async () => {
    const result = await stop();
    await idempotent.close();
    return result;
  };
}

async function listAt(topic, times) {
  const [answer] = await admin.listOffsets({
    topics: [
      {
        name: topic,
        partitions: Object.entries(times).map(([p, timestamp]) => ({ partitionIndex: Number(p), timestamp })),
      },
    ],
  });
  return answer.partitions.map((each) => [each.partitionIndex, Number(each.offset)]);
}

async function committed({ group, topic, partitions }) {
  const answer = await admin.listConsumerGroupOffsets({
    groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes: partitions }] }],
  });
  const list = answer[0].topics[0].partitions;
  return Object.fromEntries(
    list.map((each) => [
      each.partitionIndex,
      { offset: Number(each.committedOffset), metadata: each.metadata ?? '' },
    ]),
  );
}

const resource = (topic, configs) => ({ resourceType: TOPIC, resourceName: topic, configs });
const entries = (object) => Object.entries(object).map(([name, value]) => ({ name, value }));

serve(
  {
    hello: async () => {
      await admin.metadata({ topics: [] });
    },
    produce,
    read,
    consume,
    committed,
    member,
    leave: async () => {
      await lastCommit;
      await memberConsumer.close(true);
    },
    startLoad: load,
    stopLoad: () => stopLoad(),
    offsetsForTimes: async ({ topic, times }) => {
      const asked = Object.fromEntries(Object.entries(times).map(([p, ms]) => [p, BigInt(ms)]));
      return Object.fromEntries(
        (await listAt(topic, asked)).map(([p, offset]) => [p, offset < 0 ? null : offset]),
      );
    },
    listOffsets: async ({ topic, partitions, at }) => {
      const timestamp = at === 'earliest' ? ListOffsetTimestamps.EARLIEST : ListOffsetTimestamps.LATEST;
      return Object.fromEntries(
        await listAt(topic, Object.fromEntries(partitions.map((p) => [p, timestamp]))),
      );
    },
    setOffsets: ({ group, topic, offsets }) =>
      admin.alterConsumerGroupOffsets({
        groupId: group,
        topics: [
          {
            name: topic,
            partitionOffsets: Object.entries(offsets).map(([p, offset]) => ({
              partition: Number(p),
              offset: BigInt(offset),
            })),
          },
        ],
      }),
    createTopics: async ({ topics }) => {
      // The configs belong to the call, not to a topic.
      for (const { topic, partitions, configs } of topics) {
        await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs: entries(configs) });
      }
    },
    listTopics: () => admin.listTopics(),
    describeTopic: async ({ topic }) => {
      const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
      return { partitions: metadata.topics.get(topic).partitionsCount };
    },
    createPartitions: ({ topic, total }) =>
      admin.createPartitions({ topics: [{ name: topic, count: total }] }),
    deleteTopics: ({ topics }) => admin.deleteTopics({ topics }),
    describeConfigs: async ({ topic }) => {
      const [answer] = await admin.describeConfigs({
        resources: [{ resourceType: TOPIC, resourceName: topic }],
      });
      return Object.fromEntries(answer.configs.map((each) => [each.name, each.value]));
    },
    alterConfigs: ({ topic, configs }) =>
      admin.alterConfigs({ resources: [resource(topic, entries(configs))] }),
    incrementalAlterConfigs: ({ topic, set, delete: names }) =>
      admin.incrementalAlterConfigs({
        resources: [
          resource(topic, [
            ...entries(set).map((each) => ({ ...each, configOperation: SET })),
            ...names.map((name) => ({ name, configOperation: DELETE })),
          ]),
        ],
      }),
    deleteRecords: ({ topic, offsets }) =>
      admin.deleteRecords({
        topics: [
          {
            name: topic,
            partitions: Object.entries(offsets).map(([p, offset]) => ({
              partition: Number(p),
              offset: BigInt(offset),
            })),
          },
        ],
      }),
    listGroups: async () => [...(await admin.listGroups()).keys()],
    describeGroup: async ({ group }) => {
      const found = (await admin.describeGroups({ groups: [group] })).get(group);
      return { state: found.state, members: found.members.size };
    },
    deleteGroups: ({ groups }) => admin.deleteGroups({ groups }),
    describeCluster: async () => {
      const metadata = await admin.metadata({ topics: [], forceUpdate: true });
      const brokers = [...metadata.brokers].map(([id, { host, port }]) => ({ id, host, port }));
      return { brokers, controller: metadata.controllerId, clusterId: metadata.id };
    },
  },
  async () => {
    await Promise.all([admin.close(), producer.close()]);
  },
);
