// The driver of node-rdkafka (../lib/driver.mjs describes what it speaks).
import rdkafka from 'node-rdkafka';
import { bootstrap, bytes, emit, notInClient, serve, startLoad, text64 } from '../lib/driver-node.mjs';
import { transactionOperations } from './transactions.mjs';

const { AdminClient, HighLevelProducer, KafkaConsumer, Producer } = rdkafka;
const base = {
  'metadata.broker.list': bootstrap,
  'reconnect.backoff.max.ms': 500,
  'topic.metadata.refresh.interval.ms': 5_000,
  'topic.metadata.propagation.max.ms': 5_000,
};
const TIMEOUT_MS = 60_000;

/** A call that takes a Node callback as its last argument. */
const ask = (call) =>
  new Promise((resolve, reject) => {
    call((error, answer) => (error ? reject(error) : resolve(answer)));
  });

async function connected(client) {
  client.on('event.error', (error) => console.error('event.error', error.message));
  await ask((callback) => client.connect({ timeout: TIMEOUT_MS }, callback));
  return client;
}

const disconnect = (client) => ask((callback) => client.disconnect(callback));

const admin = AdminClient.create({ ...base, 'client.id': 'conformance-admin' });
let asker;
// Questions about the cluster and about offsets go through a consumer that never subscribes.
const askerFor = async () =>
  (asker ??= connected(
    impatient(new KafkaConsumer({ ...base, 'group.id': 'asker', 'enable.auto.commit': false }, {})),
  ));

/** acks and compression belong to a producer, not to a message. */
async function produce({ topic, acks, compression, messages }) {
  const producer = new HighLevelProducer(
    { ...base, 'compression.codec': compression, 'linger.ms': 5 },
    { acks, 'message.timeout.ms': TIMEOUT_MS },
  );
  await connected(producer);
  producer.setPollInterval(5);
  try {
    const offsets = await Promise.all(
      messages.map((each) =>
        ask((callback) =>
          producer.produce(
            topic,
            each.partition,
            bytes(each.value),
            bytes(each.key),
            each.timestamp ?? null,
            each.headers.map(([name, value]) => ({ [name]: bytes(value) })),
            callback,
          ),
        ),
      ),
    );
    return acks === 0 ? {} : { offsets };
  } finally {
    await disconnect(producer);
  }
}

const received = (message) => ({
  partition: message.partition,
  offset: message.offset,
  key: text64(message.key),
  value: text64(message.value),
  headers: (message.headers ?? []).flatMap((pair) =>
    Object.entries(pair).map(([name, value]) => [name, text64(value)]),
  ),
  timestamp: message.timestamp,
});

/** Polls of 100 ms, so that a disconnect, which waits for the poll in flight, is short. */
function impatient(consumer) {
  consumer.setDefaultConsumeTimeout(100);
  return consumer;
}

/**
 * The next 1 to `most` messages, none after a poll without any. Never its flowing mode: a message that waits to become
 * a `data` event while the consumer disconnects is not freed, and librdkafka waits for it for ever.
 */
async function poll(consumer, most) {
  try {
    return await ask((callback) => consumer.consume(most, callback));
  } catch (error) {
    if (error.isFatal) throw error;
    console.error('consume', error.message);
    return [];
  }
}

async function take(consumer, count) {
  impatient(consumer);
  const messages = [];
  while (messages.length < count) messages.push(...(await poll(consumer, count - messages.length)));
  return messages.map(received);
}

async function read({ topic, from, count, isolation = 'read_uncommitted' }) {
  const settings = { ...base, 'group.id': `read-${topic}`, 'enable.auto.commit': false };
  const consumer = await connected(new KafkaConsumer({ ...settings, 'isolation.level': isolation }, {}));
  try {
    consumer.assign(
      Object.entries(from)
        .filter(([, offset]) => offset !== null)
        .map(([partition, offset]) => ({ topic, partition: Number(partition), offset })),
    );
    return await take(consumer, count);
  } finally {
    await disconnect(consumer);
  }
}

async function consume({ group, topic, count }) {
  const consumer = await connected(
    new KafkaConsumer(
      { ...base, 'group.id': group, 'enable.auto.commit': false },
      { 'auto.offset.reset': 'earliest' },
    ),
  );
  try {
    consumer.subscribe([topic]);
    const messages = await take(consumer, count);
    const { partition, offset } = messages.at(-1);
    consumer.commitSync({ topic, partition, offset: offset + 1 });
    return messages;
  } finally {
    await disconnect(consumer);
  }
}

let leave;

/** With the consumer protocol the broker has the session's times for the whole group. */
const protocolOptions = (protocol, sessionTimeoutMs) =>
  protocol === 'consumer'
    ? { 'group.protocol': protocol }
    : { 'session.timeout.ms': sessionTimeoutMs, 'heartbeat.interval.ms': 500 };

async function member({ group, topic, sessionTimeoutMs, protocol, instanceId }) {
  const consumer = new KafkaConsumer(
    {
      ...base,
      'group.id': group,
      'enable.auto.commit': false,
      ...protocolOptions(protocol, sessionTimeoutMs),
      ...(instanceId === undefined ? {} : { 'group.instance.id': instanceId }),
      'fetch.wait.max.ms': 200,
      rebalance_cb: true,
      offset_commit_cb: true,
    },
    { 'auto.offset.reset': 'earliest' },
  );
  // The event comes before the assignment is made; -175 assigns, -174 revokes what it names: all, or with the consumer
  // protocol what is added or taken.
  const have = new Set();
  consumer.on('rebalance', (error, list) => {
    for (const { partition } of list) {
      if (error.code === -175) have.add(partition);
      else have.delete(partition);
    }
    emit('assigned', { partitions: [...have] });
  });
  consumer.on('offset.commit', (error, list) => {
    // A rebalance refuses the commit: whoever owns the partition next reads those messages again.
    if (error) console.error('commit refused', error.message);
    else
      emit('committed', { offsets: Object.fromEntries(list.map((each) => [each.partition, each.offset])) });
  });
  await connected(consumer);
  impatient(consumer);
  consumer.subscribe([topic]);
  let leaving = false;
  const ended = (async () => {
    while (!leaving) {
      for (const { partition, offset } of await poll(consumer, 1)) {
        emit('message', { partition, offset });
        consumer.commit({ topic, partition, offset: offset + 1 });
      }
    }
  })();
  leave = async () => {
    leaving = true;
    await ended;
    await disconnect(consumer);
  };
}

let stopLoad;

async function load({ topic, partitions }) {
  const producer = new Producer(
    { ...base, 'enable.idempotence': true, dr_cb: true, 'message.timeout.ms': 120_000, 'linger.ms': 2 },
    {},
  );
  const waiting = new Map();
  producer.on('delivery-report', (error, report) => {
    const { resolve, reject } = waiting.get(report.opaque);
    waiting.delete(report.opaque);
    if (error) reject(error);
    else resolve();
  });
  await connected(producer);
  producer.setPollInterval(5);
  let next = 0;
  const sendOne = (partition, value) =>
    new Promise((resolve, reject) => {
      next += 1;
      waiting.set(next, { resolve, reject });
      producer.produce(topic, partition, Buffer.from(value), null, null, next);
    });
  const send = (partition, values) => Promise.all(values.map((value) => sendOne(partition, value)));
  const stop = startLoad({ partitions, depth: 50, send });
  stopLoad = async () => {
    const result = await stop();
    await disconnect(producer);
    return result;
  };
}

const topicMetadata = async (topic) => {
  const client = await askerFor();
  return ask((callback) =>
    client.getMetadata(
      { ...(topic === undefined ? { allTopics: true } : { topic }), timeout: TIMEOUT_MS },
      callback,
    ),
  );
};

async function committed({ group, topic, partitions }) {
  const consumer = await connected(
    new KafkaConsumer({ ...base, 'group.id': group, 'enable.auto.commit': false }, {}),
  );
  try {
    const list = await ask((callback) =>
      consumer.committed(
        partitions.map((partition) => ({ topic, partition })),
        TIMEOUT_MS,
        callback,
      ),
    );
    // No commit: the offset is undefined.
    return Object.fromEntries(
      list.map((each) => [each.partition, { offset: each.offset ?? -1, metadata: each.metadata ?? '' }]),
    );
  } finally {
    await disconnect(consumer);
  }
}

async function setOffsets({ group, topic, offsets }) {
  const consumer = await connected(
    new KafkaConsumer({ ...base, 'group.id': group, 'enable.auto.commit': false }, {}),
  );
  try {
    consumer.commitSync(
      Object.entries(offsets).map(([p, offset]) => ({ topic, partition: Number(p), offset })),
    );
  } finally {
    await disconnect(consumer);
  }
}

const noCall = notInClient('its AdminClient has no such call');

serve(
  {
    hello: async () => {
      await askerFor();
    },
    produce,
    read,
    consume,
    committed,
    setOffsets,
    member,
    leave: () => leave(),
    startLoad: load,
    stopLoad: () => stopLoad(),
    offsetsForTimes: async ({ topic, times }) => {
      const client = await askerFor();
      const asked = Object.entries(times).map(([p, ms]) => ({ topic, partition: Number(p), offset: ms }));
      const list = await ask((callback) => client.offsetsForTimes(asked, TIMEOUT_MS, callback));
      return Object.fromEntries(list.map((each) => [each.partition, each.offset >= 0 ? each.offset : null]));
    },
    listOffsets: async ({ topic, partitions, at }) => {
      const client = await askerFor();
      const answer = {};
      for (const partition of partitions) {
        const marks = await ask((callback) =>
          client.queryWatermarkOffsets(topic, partition, TIMEOUT_MS, callback),
        );
        answer[partition] = at === 'earliest' ? marks.lowOffset : marks.highOffset;
      }
      return answer;
    },
    createTopics: async ({ topics }) => {
      for (const { topic, partitions, configs } of topics) {
        const wanted = { topic, num_partitions: partitions, replication_factor: 1, config: configs };
        await ask((callback) => admin.createTopic(wanted, TIMEOUT_MS, callback));
      }
    },
    listTopics: async () => (await topicMetadata()).topics.map((each) => each.name),
    describeTopic: async ({ topic }) => {
      const found = (await topicMetadata(topic)).topics.find((each) => each.name === topic);
      return { partitions: found.partitions.length };
    },
    createPartitions: ({ topic, total }) =>
      ask((callback) => admin.createPartitions(topic, total, TIMEOUT_MS, callback)),
    deleteTopics: async ({ topics }) => {
      for (const topic of topics) await ask((callback) => admin.deleteTopic(topic, TIMEOUT_MS, callback));
    },
    describeConfigs: noCall,
    alterConfigs: noCall,
    incrementalAlterConfigs: noCall,
    deleteRecords: noCall,
    listGroups: noCall,
    describeGroup: noCall,
    deleteGroups: noCall,
    describeCluster: async () => {
      const metadata = await topicMetadata();
      return { brokers: metadata.brokers, controller: metadata.orig_broker_id };
    },
    ...transactionOperations({ base, ask, connected, disconnect, poll, impatient, TIMEOUT_MS }),
  },
  async () => {
    admin.disconnect();
    if (asker !== undefined) await disconnect(await asker);
  },
);
