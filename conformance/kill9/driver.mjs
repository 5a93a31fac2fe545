// The clients of the kill -9 suite: two ways to produce, a member of a group, a reader. Numbers travel as ranges
// [first, behind the last], because there are many. A message's value is its sequence number and some padding.
import rdkafka from 'node-rdkafka';
import { bootstrap, emit, serve } from '../lib/driver-node.mjs';

const { AdminClient, KafkaConsumer, Producer } = rdkafka;
const TIMEOUT_MS = 60_000;
const PER_TICK = 8;
const TICK_MS = 10;
const OUTSTANDING_MAX = 3_000;
const REPORT_MS = 50;
const PADDING = '.'.repeat(200);

const base = {
  'metadata.broker.list': bootstrap,
  'reconnect.backoff.ms': 20,
  'reconnect.backoff.max.ms': 100,
  'retry.backoff.ms': 20,
  'retry.backoff.max.ms': 100,
};

const ask = (call) =>
  new Promise((resolve, reject) => {
    call((error, answer) => (error ? reject(error) : resolve(answer)));
  });

async function connected(client) {
  // Connections that break are what this suite is about; librdkafka goes on by itself.
  client.on('event.error', (error) => console.error('event.error', error.message));
  await ask((callback) => client.connect({ timeout: TIMEOUT_MS }, callback));
  return client;
}

const disconnect = (client) => ask((callback) => client.disconnect(callback));

/** Collects numbers by partition as ranges, in the order in which they come. */
class Ranges {
  #byPartition = {};

  add(partition, number) {
    this.#byPartition[partition] ??= [];
    const ranges = this.#byPartition[partition];
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number) last[1] = number + 1;
    else ranges.push([number, number + 1]);
  }

  take() {
    const taken = this.#byPartition;
    this.#byPartition = {};
    return taken;
  }
}

function emitRanges(event, ranges) {
  const byPartition = ranges.take();
  if (Object.keys(byPartition).length > 0) emit(event, { ranges: byPartition });
}

let stopProducer;

/** Produces until stopped. Idempotent: with several batches in flight. Plain: one at a time, so that order is kept. */
async function startProducer({ topic, partitions, idempotent }) {
  const kind = idempotent
    ? { 'enable.idempotence': true }
    : { 'enable.idempotence': false, 'max.in.flight.requests.per.connection': 1 };
  const producer = new Producer(
    { ...base, ...kind, dr_cb: true, 'linger.ms': 2, 'message.timeout.ms': 120_000 },
    { acks: -1 },
  );
  const acked = new Ranges();
  let outstanding = 0;
  let drained = () => {};
  producer.on('delivery-report', (error, { opaque: [partition, sequence] }) => {
    outstanding -= 1;
    if (error) emit('failed', { partition, sequence, error: error.message });
    else acked.add(partition, sequence);
    if (outstanding === 0) drained();
  });
  await connected(producer);
  producer.setPollInterval(5);
  const next = new Array(partitions).fill(0);
  const produce = setInterval(() => {
    for (let partition = 0; partition < partitions; partition += 1) {
      for (let i = 0; i < PER_TICK && outstanding < OUTSTANDING_MAX; i += 1) {
        const sequence = next[partition];
        next[partition] += 1;
        outstanding += 1;
        const value = Buffer.from(`${sequence} ${PADDING}`);
        try {
          producer.produce(topic, partition, value, null, null, [partition, sequence]);
        } catch (error) {
          // A fatal error of the idempotent producer ends the load.
          outstanding -= 1;
          clearInterval(produce);
          emit('failed', { partition, sequence, error: error.message });
          return;
        }
      }
    }
  }, TICK_MS);
  const report = setInterval(() => emitRanges('acked', acked), REPORT_MS);
  stopProducer = async () => {
    clearInterval(produce);
    if (outstanding > 0) {
      await new Promise((resolve) => {
        drained = resolve;
      });
    }
    clearInterval(report);
    emitRanges('acked', acked);
    await disconnect(producer);
    return { sent: next };
  };
}

/** The consumer's thread ends its poll before it disconnects: short polls, short disconnects. */
function impatient(consumer) {
  consumer.setDefaultConsumeTimeout(100);
  consumer.setDefaultConsumeLoopTimeoutDelay(10);
  return consumer;
}

/** Some messages, none when the broker had none for a moment. */
async function poll(consumer) {
  try {
    return await ask((callback) => consumer.consume(1_000, callback));
  } catch (error) {
    if (error.isFatal) throw error;
    console.error('consume', error.message);
    return [];
  }
}

/** Never stopped: it is killed when the suite is over. */
async function startMember({ group, topic }) {
  const consumer = new KafkaConsumer(
    {
      ...base,
      'group.id': group,
      'enable.auto.commit': false,
      'session.timeout.ms': 6_000,
      'heartbeat.interval.ms': 500,
      'fetch.wait.max.ms': 100,
      offset_commit_cb: true,
    },
    { 'auto.offset.reset': 'earliest' },
  );
  const seen = new Ranges();
  const positions = new Map();
  // What was seen is told before the answer to a commit, as it happened.
  consumer.on('offset.commit', (error, list) => {
    emitRanges('seen', seen);
    if (error) console.error('commit refused', error.message);
    else
      emit('committed', { offsets: Object.fromEntries(list.map((each) => [each.partition, each.offset])) });
  });
  await connected(consumer);
  consumer.on('data', ({ partition, offset }) => {
    seen.add(partition, offset);
    positions.set(partition, offset + 1);
  });
  impatient(consumer);
  consumer.subscribe([topic]);
  consumer.consume();
  setInterval(() => {
    emitRanges('seen', seen);
    if (positions.size === 0) return;
    const list = [...positions].map(([partition, offset]) => ({ topic, partition, offset }));
    positions.clear();
    consumer.commit(list);
  }, REPORT_MS);
}

const asker = (group) =>
  connected(impatient(new KafkaConsumer({ ...base, 'group.id': group, 'enable.auto.commit': false }, {})));

async function committed({ group, topic, partitions }) {
  const consumer = await asker(group);
  try {
    const asked = partitions.map((partition) => ({ topic, partition }));
    const list = await ask((callback) => consumer.committed(asked, TIMEOUT_MS, callback));
    return Object.fromEntries(list.map((each) => [each.partition, each.offset ?? -1]));
  } finally {
    await disconnect(consumer);
  }
}

/** Reads each partition from its first offset to its end: the sequences in the values, as events. */
async function readAll({ topic, partitions }) {
  const consumer = await asker(`read-${topic}`);
  try {
    const missing = new Map();
    const from = [];
    for (let partition = 0; partition < partitions; partition += 1) {
      const marks = await ask((callback) =>
        consumer.queryWatermarkOffsets(topic, partition, TIMEOUT_MS, callback),
      );
      if (marks.highOffset > marks.lowOffset) missing.set(partition, marks.highOffset);
      from.push({ topic, partition, offset: marks.lowOffset });
    }
    const values = new Ranges();
    let read = 0;
    consumer.assign(from);
    // By number: a consumer in flowing mode may never disconnect (node-rdkafka/FINDINGS.md).
    while (missing.size > 0) {
      for (const { partition, offset, value } of await poll(consumer)) {
        values.add(partition, Number.parseInt(value.toString('latin1'), 10));
        read += 1;
        if (offset + 1 === missing.get(partition)) missing.delete(partition);
      }
    }
    emitRanges('read', values);
    return { read };
  } finally {
    await disconnect(consumer);
  }
}

async function createTopics({ topics, partitions }) {
  const admin = AdminClient.create({ ...base, 'client.id': 'kill9-admin' });
  for (const topic of topics) {
    const wanted = { topic, num_partitions: partitions, replication_factor: 1 };
    await ask((callback) => admin.createTopic(wanted, TIMEOUT_MS, callback));
  }
  admin.disconnect();
}

serve({
  createTopics,
  startProducer,
  stopProducer: () => stopProducer(),
  startMember,
  committed,
  readAll,
});
