// The driver's transactional producers, and its copier, which reads, writes and commits in transactions.
import rdkafka from 'node-rdkafka';
import { bytes, copyOperations, emit, FAR_AHEAD } from '../lib/driver-node.mjs';

const { KafkaConsumer, Producer } = rdkafka;

/** `helpers`: the driver's base settings, and its ways to ask, connect, disconnect and poll. */
export function transactionOperations({ base, ask, connected, disconnect, poll, impatient, TIMEOUT_MS }) {
  const producers = new Map();

  const make = async (transactionalId, timeoutMs) => {
    const settings = { ...base, 'transactional.id': transactionalId, 'transaction.timeout.ms': timeoutMs };
    const producer = new Producer({ ...settings, dr_cb: true, 'linger.ms': 2 }, {});
    const waiting = new Map();
    producer.on('delivery-report', (error, report) => {
      const { resolve, reject } = waiting.get(report.opaque);
      waiting.delete(report.opaque);
      if (error) reject(error);
      else resolve();
    });
    await connected(producer);
    producer.setPollInterval(5);
    await ask((callback) => producer.initTransactions(TIMEOUT_MS, callback));
    let next = 0;
    const send = (topic, partition, value) =>
      new Promise((resolve, reject) => {
        next += 1;
        waiting.set(next, { resolve, reject });
        producer.produce(topic, partition, value, null, null, next);
      });
    return { producer, send };
  };
  const begin = ({ producer }) => ask((callback) => producer.beginTransaction(callback));
  const end = ({ producer }, commit) =>
    ask((callback) =>
      commit
        ? producer.commitTransaction(TIMEOUT_MS, callback)
        : producer.abortTransaction(TIMEOUT_MS, callback),
    );
  const sendOffsets = ({ producer }, consumer, list) =>
    ask((callback) => producer.sendOffsetsToTransaction(list, consumer, TIMEOUT_MS, callback));

  const write = async (state, { consumer, output, messages, prefix, ahead }) => {
    await begin(state);
    await Promise.all(
      messages.map((each) =>
        state.send(output, each.partition, Buffer.concat([Buffer.from(prefix), each.value])),
      ),
    );
    const last = new Map(messages.map((each) => [each.partition, each]));
    await sendOffsets(
      state,
      consumer,
      [...last.values()].map(({ topic, partition, offset }) => ({
        topic,
        partition,
        offset: offset + 1 + ahead,
      })),
    );
  };

  const attempt = async (args, stopped) => {
    const { group, input, output, batch, abortEvery, sessionTimeoutMs, transactionalId } = args;
    const consumer = await connected(
      new KafkaConsumer(
        {
          ...base,
          'group.id': group,
          'enable.auto.commit': false,
          'isolation.level': 'read_committed',
          'session.timeout.ms': sessionTimeoutMs,
          'heartbeat.interval.ms': 500,
        },
        { 'auto.offset.reset': 'earliest' },
      ),
    );
    let state;
    try {
      state = await make(transactionalId, 60_000);
      impatient(consumer);
      consumer.subscribe([input]);
      for (let number = 1; !stopped(); ) {
        const messages = await poll(consumer, batch);
        if (messages.length === 0) continue;
        if (number % abortEvery === 0) {
          await write(state, { consumer, output, messages, prefix: 'aborted-', ahead: FAR_AHEAD });
          await end(state, false);
        }
        await write(state, { consumer, output, messages, prefix: '', ahead: 0 });
        await end(state, true);
        emit('copied', { count: messages.length });
        number += 1;
      }
    } finally {
      await disconnect(consumer);
      if (state !== undefined) await disconnect(state.producer);
    }
  };

  return {
    txnOpen: async ({ name, transactionalId, timeoutMs }) => {
      producers.set(name, await make(transactionalId, timeoutMs));
    },
    txnBegin: ({ name }) => begin(producers.get(name)),
    txnSend: async ({ name, topic, messages }) => {
      const { send } = producers.get(name);
      await Promise.all(messages.map((each) => send(topic, each.partition, bytes(each.value))));
    },
    txnOffsets: async ({ name, group, topic, offsets }) => {
      const settings = { ...base, 'group.id': group, 'enable.auto.commit': false };
      const consumer = await connected(new KafkaConsumer(settings, {}));
      const list = Object.entries(offsets).map(([p, offset]) => ({ topic, partition: Number(p), offset }));
      try {
        await sendOffsets(producers.get(name), consumer, list);
      } finally {
        await disconnect(consumer);
      }
    },
    txnEnd: ({ name, commit }) => end(producers.get(name), commit),
    txnClose: async ({ name }) => {
      const { producer } = producers.get(name);
      producers.delete(name);
      await disconnect(producer);
    },
    ...copyOperations(attempt),
  };
}
