// The driver's transactional producers, and its copier, which reads, writes and commits in transactions.
import { bytes, copyOperations, emit, FAR_AHEAD } from '../lib/driver-node.mjs';

const offsetsOf = (topic, offsets) => [
  {
    topic,
    partitions: Object.entries(offsets).map(([p, at]) => ({ partition: Number(p), offset: `${at}` })),
  },
];

export function transactionOperations(kafka) {
  const producers = new Map();

  const make = async (transactionalId, transactionTimeout) => {
    const producer = kafka.producer({
      transactionalId,
      transactionTimeout,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
    });
    await producer.connect();
    // The producer asks for its id with its first transaction. An empty one asks now: that fences an older producer,
    // and aborts what it left open.
    await (await producer.transaction()).abort();
    return producer;
  };

  /** The messages of a batch, once, with their offsets, as a transaction that the caller ends. */
  const write = async (producer, { group, output, batch, messages, prefix, ahead }) => {
    const transaction = await producer.transaction();
    await transaction.send({
      topic: output,
      messages: messages.map((each) => ({
        partition: batch.partition,
        value: Buffer.concat([Buffer.from(prefix), each.value]),
      })),
    });
    await transaction.sendOffsets({
      consumerGroupId: group,
      topics: offsetsOf(batch.topic, { [batch.partition]: Number(messages.at(-1).offset) + 1 + ahead }),
    });
    return transaction;
  };

  const attempt = async (args, stopped) => {
    const { group, input, output, batch: most, abortEvery, sessionTimeoutMs, transactionalId } = args;
    const producer = await make(transactionalId, 60_000);
    const consumer = kafka.consumer({
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: 500,
      maxWaitTimeInMs: 200,
      // An error ends this attempt: the next makes everything anew.
      retry: { retries: 5, restartOnFailure: async () => false },
    });
    let ticker;
    try {
      await consumer.connect();
      await consumer.subscribe({ topic: input, fromBeginning: true });
      let number = 1;
      await new Promise((resolve, reject) => {
        ticker = setInterval(() => stopped() && resolve(), 100);
        consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
        consumer
          .run({
            autoCommit: false,
            eachBatchAutoResolve: false,
            // One partition at a time: the producer has one transaction at a time.
            partitionsConsumedConcurrently: 1,
            eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
              for (let at = 0; at < batch.messages.length && isRunning() && !isStale(); at += most) {
                const messages = batch.messages.slice(at, at + most);
                const options = { group, output, batch, messages };
                if (number % abortEvery === 0) {
                  await (await write(producer, { ...options, prefix: 'aborted-', ahead: FAR_AHEAD })).abort();
                }
                await (await write(producer, { ...options, prefix: '', ahead: 0 })).commit();
                emit('copied', { count: messages.length });
                number += 1;
                resolveOffset(messages.at(-1).offset);
                await heartbeat();
              }
            },
          })
          .catch(reject);
      });
    } finally {
      clearInterval(ticker);
      await Promise.all([consumer.disconnect(), producer.disconnect()].map((each) => each.catch(() => {})));
    }
  };

  return {
    txnOpen: async ({ name, transactionalId, timeoutMs }) => {
      producers.set(name, { producer: await make(transactionalId, timeoutMs) });
    },
    txnBegin: async ({ name }) => {
      const state = producers.get(name);
      state.transaction = await state.producer.transaction();
    },
    txnSend: async ({ name, topic, messages }) => {
      await producers.get(name).transaction.send({
        topic,
        messages: messages.map((each) => ({ partition: each.partition, value: bytes(each.value) })),
      });
    },
    txnOffsets: ({ name, group, topic, offsets }) =>
      producers
        .get(name)
        .transaction.sendOffsets({ consumerGroupId: group, topics: offsetsOf(topic, offsets) }),
    txnEnd: ({ name, commit }) =>
      commit ? producers.get(name).transaction.commit() : producers.get(name).transaction.abort(),
    txnClose: async ({ name }) => {
      const { producer } = producers.get(name);
      producers.delete(name);
      await producer.disconnect();
    },
    ...copyOperations(attempt),
  };
}
