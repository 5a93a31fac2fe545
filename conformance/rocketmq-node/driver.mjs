// Drives rocketmq-client-nodejs; ../lib/rocketmq.mjs says what the operations are.
import {
  ConsumeResult,
  FilterExpression,
  LitePushConsumerBuilder,
  OffsetOption,
  Producer,
  PushConsumer,
  SimpleConsumer,
} from 'rocketmq-client-nodejs';
import { emit, serve } from '../lib/driver-node.mjs';

/** FilterType of the protocol, which the package doesn't export. */
const FILTER_TYPES = { TAG: 1, SQL: 2 };

const log = (...words) => console.error(...words);
const logger = { debug() {}, info() {}, warn: log, error: log };
const { ROCKETMQ, ROCKETMQ_ACCESS_KEY, ROCKETMQ_SECRET } = process.env;
const sessionCredentials = { accessKey: ROCKETMQ_ACCESS_KEY, accessSecret: ROCKETMQ_SECRET };
const base = { endpoints: ROCKETMQ, namespace: '', logger, sessionCredentials };

const consumers = new Map();
let producer;
let transactional;

async function theProducer(topic) {
  producer ??= (async () => {
    const made = new Producer({ ...base, topics: [topic] });
    await made.startup();
    return made;
  })();
  return producer;
}

/** TransactionResolution of the protocol, which the package doesn't export. */
const COMMIT = 1;

/** Says commit of whatever it is asked. */
async function theTransactional(topic) {
  transactional ??= (async () => {
    const made = new Producer({ ...base, topics: [topic], checker: { check: async () => COMMIT } });
    await made.startup();
    return made;
  })();
  return transactional;
}

function offsetOption({ policy, offset, tail, timestamp }) {
  if (offset !== undefined) return OffsetOption.ofOffset(offset);
  if (tail !== undefined) return OffsetOption.ofTailN(tail);
  if (timestamp !== undefined) return OffsetOption.ofTimestamp(timestamp);
  return policy === 'min' ? OffsetOption.MIN_OFFSET : OffsetOption.MAX_OFFSET;
}

function shown(message) {
  const { body, tag, keys, messageGroup, liteTopic, messageId, deliveryAttempt, properties } = message;
  return {
    body: body.toString('base64'),
    tag: tag || null,
    keys,
    group: messageGroup || null,
    lite: liteTopic || null,
    id: messageId,
    attempt: deliveryAttempt,
    properties: Object.fromEntries(properties),
  };
}

function listener(name, fail) {
  return {
    async consume(message) {
      emit('message', { consumer: name, ...shown(message) });
      const at = fail.indexOf(message.body.toString());
      if (at >= 0) fail.splice(at, 1);
      return at >= 0 ? ConsumeResult.FAILURE : ConsumeResult.SUCCESS;
    },
  };
}

const operations = {
  hello: async () => ({}),

  async send({ topic, messages }) {
    const made = await theProducer(topic);
    const receipts = [];
    for (const { body, tag, keys, group, lite, deliverAtMs, priority, properties } of messages) {
      const receipt = await made.send({
        topic,
        body: Buffer.from(body, 'base64'),
        ...(tag && { tag }),
        ...(keys && { keys }),
        ...(group && { messageGroup: group }),
        ...(lite && { liteTopic: lite }),
        ...(deliverAtMs && { deliveryTimestamp: new Date(deliverAtMs) }),
        ...(priority !== undefined && { priority }),
        ...(properties && { properties: new Map(Object.entries(properties)) }),
      });
      receipts.push({ id: receipt.messageId, recallHandle: receipt.recallHandle });
    }
    return receipts;
  },

  async recall({ topic, handle }) {
    const { messageId } = await (await theProducer(topic)).recallMessage(topic, handle);
    return { id: messageId };
  },

  async transact({ topic, body, end }) {
    const made = await theTransactional(topic);
    const transaction = made.beginTransaction();
    await made.send({ topic, body: Buffer.from(body, 'base64') }, transaction);
    if (end === 'commit') await transaction.commit();
    if (end === 'rollback') await transaction.rollback();
  },

  async simple({ name, group, topic, expression, type, awaitMs }) {
    const consumer = new SimpleConsumer({
      ...base,
      consumerGroup: group,
      subscriptions: new Map([[topic, new FilterExpression(expression, FILTER_TYPES[type])]]),
      awaitDuration: awaitMs,
    });
    await consumer.startup();
    consumers.set(name, { consumer, messages: [] });
  },

  async receive({ name, max, invisibleMs }) {
    const { consumer, messages } = consumers.get(name);
    const got = await consumer.receive(max, invisibleMs);
    return got.map((message) => ({ ...shown(message), index: messages.push(message) - 1 }));
  },

  async ack({ name, index }) {
    const { consumer, messages } = consumers.get(name);
    await consumer.ack(messages[index]);
  },

  async extend({ name, index, ms }) {
    const { consumer, messages } = consumers.get(name);
    await consumer.changeInvisibleDuration(messages[index], ms);
  },

  async push({ name, group, topic, expression, type, fail }) {
    const consumer = new PushConsumer({
      ...base,
      consumerGroup: group,
      subscriptions: new Map([[topic, new FilterExpression(expression, FILTER_TYPES[type])]]),
      longPollingTimeout: 5000,
      messageListener: listener(name, fail),
    });
    await consumer.startup();
    consumers.set(name, { consumer, messages: [] });
  },

  async lite({ name, group, topic, fail }) {
    const consumer = await new LitePushConsumerBuilder()
      .bindTopic(topic)
      .setClientConfiguration(base)
      .setConsumerGroup(group)
      .setMessageListener(listener(name, fail))
      .build();
    consumers.set(name, { consumer, messages: [] });
  },

  async subscribeLite({ name, lite, from }) {
    await consumers.get(name).consumer.subscribeLite(lite, from && offsetOption(from));
  },

  async unsubscribeLite({ name, lite }) {
    await consumers.get(name).consumer.unsubscribeLite(lite);
  },

  async close({ name }) {
    const { consumer } = consumers.get(name);
    consumers.delete(name);
    // A push consumer waits for its long polls, 20 s and more: nobody waits for that here.
    const closed = consumer.close?.() ?? consumer.shutdown();
    if (consumer instanceof SimpleConsumer) await closed;
    else closed.catch(log);
  },
};

serve(operations, async () => {
  for (const made of [producer, transactional]) if (made !== undefined) await (await made).shutdown();
});
