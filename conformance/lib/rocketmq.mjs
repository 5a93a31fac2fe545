// The suite of RocketMQ's clients: what one sends, itself, a Kafka client and a restarted broker give back.
//
// Operations of a driver (driver.mjs says how they are called); bodies are base64, times ms:
//   send      topic, messages: [{ body, tag?, keys?, group?, lite?, deliverAtMs?, priority?, properties? }] → [{ id, recallHandle }]
//   recall    topic, handle → { id }
//   transact  topic, body, end: commit, rollback or none → {}; whoever is asked later says commit
//   simple    name, group, topic, expression, type (TAG or SQL), awaitMs → opens a simple consumer
//   receive   name, max, invisibleMs → [{ index, body, tag, keys, group, id, attempt, properties }]
//   ack       name, index
//   extend    name, index, ms
//   push      name, group, topic, expression, type, fail: bodies (as text) that are refused, each once for each time that it is named
//             → events { event: 'message', consumer: name, …as received }, of lite consumers with `lite`
//   lite      name, group, topic, fail → opens a push consumer of lite topics; events as of push
//   subscribeLite    name, lite, from?: { policy: 'min' | 'max' } | { offset } | { tail } | { timestamp }
//   unsubscribeLite  name, lite
//   close     name
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import kafkajs from 'kafkajs';
import { Absent, Driver } from './driver.mjs';
import { absent, check, equal, eventually, PATIENCE_MS, summary, test, within } from './harness.mjs';
import { brokerCtl } from './suite.mjs';

const { Kafka, logLevel } = kafkajs;

const text64 = (text) => Buffer.from(text).toString('base64');
const textOf = ({ body }) => Buffer.from(body, 'base64').toString();

class Suite {
  #client;
  #events = [];
  #topics = 0;
  driver;
  kafka = new Kafka({ brokers: [process.env.BOOTSTRAP], logLevel: logLevel.NOTHING, retry: { retries: 20 } });

  constructor(client) {
    this.#client = client;
    this.driver = new Driver({
      ...client.driver,
      name: 'main',
      onEvent: (event) => {
        if (event.event === 'message') this.#events.push(event);
      },
    });
  }

  get isHasty() {
    return this.#client.isHasty ?? false;
  }

  get silentAck() {
    return this.#client.silentAck;
  }

  /** A topic that is there: clients of some languages give up where it is made while they look. */
  async topic(partitions = 1, settings = {}) {
    const topic = `t${process.pid}-${++this.#topics}`;
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    const admin = this.kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] });
    await admin.disconnect();
    return topic;
  }

  call(op, args) {
    return within(PATIENCE_MS, `${op} to be answered`, this.driver.call(op, args));
  }

  send(topic, ...messages) {
    return this.call('send', {
      topic,
      messages: messages.map((message) =>
        typeof message === 'string' ? { body: text64(message) } : { ...message, body: text64(message.body) },
      ),
    });
  }

  async simple(topic, { group = `g-${topic}`, expression = '*', type = 'TAG', awaitMs = 5000 } = {}) {
    const name = `simple ${group}`;
    await this.call('simple', { name, group, topic, expression, type, awaitMs });
    return name;
  }

  /** A consumer that takes what comes: a push consumer, or where the client has none a simple one. */
  async taker(name, topic) {
    const group = `${name}-${topic}`;
    if (this.#client.noPush === undefined) {
      await this.call('push', { name, group, topic, expression: '*', type: 'TAG', fail: [] });
      return { name, until: (count) => this.pushed(name, count) };
    }
    const got = [];
    const simple = await this.simple(topic, { group });
    return {
      name: simple,
      until: async (count) => {
        if (got.length < count) got.push(...(await this.drain(simple, count - got.length)));
        return got;
      },
    };
  }

  /** Receives until there are `count`, acknowledging each. */
  async drain(name, count) {
    const got = [];
    const endMs = Date.now() + PATIENCE_MS;
    while (got.length < count) {
      check(Date.now() < endMs, `${count} messages awaited, got ${JSON.stringify(got.map(textOf))}`);
      // A receive that is under way when the broker is killed fails.
      const received = await this.call('receive', { name, max: 16, invisibleMs: 30_000 }).catch(() => []);
      for (const message of received) {
        got.push(message);
        await this.call('ack', { name, index: message.index });
      }
    }
    return got;
  }

  of(consumer) {
    return this.#events.filter((event) => event.consumer === consumer);
  }

  async pushed(consumer, count) {
    const what = () =>
      `${count} messages of ${consumer}; got ${JSON.stringify(this.of(consumer).map(textOf))}`;
    await this.driver.watch.until(() => this.of(consumer).length >= count, PATIENCE_MS, what);
    return this.of(consumer);
  }

  async readKafka(topic, count) {
    const consumer = this.kafka.consumer({ groupId: `kafka-${topic}-${Date.now()}` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const got = [];
    await within(
      PATIENCE_MS,
      `${count} records of ${topic}`,
      new Promise((resolve) => {
        consumer.run({
          eachMessage: async ({ message }) => {
            got.push(message);
            if (got.length === count) resolve();
          },
        });
      }),
    );
    await consumer.disconnect();
    return got;
  }

  async step(name, body) {
    const why = this.#client.absent?.[name];
    if (why === undefined) return test(name, body);
    const outcome = await body().then(
      () => new Error(`declared as absent (${why}), but the client has it`),
      (error) => error,
    );
    if (outcome instanceof Absent) absent(name, why);
    else await test(name, () => Promise.reject(outcome));
  }
}

const RICH = {
  body: 'hello \u00e4\u4e2d',
  tag: 'paid',
  keys: ['k1', 'k2'],
  properties: { colour: 'red', 'wei\u00df': '\u00e4' },
};

async function messages(suite) {
  await suite.step('a message comes back as it was sent', async () => {
    const topic = await suite.topic(2);
    const [{ id }] = await suite.send(topic, RICH);
    const name = await suite.simple(topic);
    const [got] = await suite.drain(name, 1);
    equal(textOf(got), RICH.body, 'body');
    const { tag, keys, properties } = RICH;
    const read = { tag: got.tag, keys: [...got.keys].sort(), properties: got.properties };
    equal(
      { ...read, attempt: got.attempt, id: got.id },
      { tag, keys, properties, attempt: 1, id },
      'message',
    );
    await suite.call('close', { name });
  });
  await suite.step('a Kafka client reads what was sent', async () => {
    const topic = await suite.topic();
    const [{ id }] = await suite.send(topic, RICH);
    await suite.send(topic, { body: 'in a group', group: 'customer-7' });
    const [first, second] = await suite.readKafka(topic, 2);
    equal(first.value.toString(), RICH.body, 'value');
    const headers = Object.fromEntries(Object.entries(first.headers).map(([k, v]) => [k, String(v)]));
    equal([headers['message-id'], headers.tag, headers.colour], [id, 'paid', 'red'], 'headers');
    equal(second.key.toString(), 'customer-7', 'key');
  });
  await suite.step('what a Kafka client sends is received', async () => {
    const topic = await suite.topic();
    const producer = suite.kafka.producer();
    await producer.connect();
    const headers = { tag: 'kafka', colour: 'blue' };
    await producer.send({ topic, messages: [{ key: 'k', value: 'from kafka', headers }] });
    await producer.disconnect();
    const name = await suite.simple(topic, { expression: 'kafka || other' });
    const [got] = await suite.drain(name, 1);
    equal(
      [textOf(got), got.tag, got.properties, got.group],
      ['from kafka', 'kafka', { colour: 'blue' }, 'k'],
      'message',
    );
    await suite.call('close', { name });
  });
}

async function simpleConsumers(suite) {
  await suite.step('a simple consumer prolongs, loses and acknowledges', async () => {
    const topic = await suite.topic();
    await suite.send(topic, 'once');
    const name = await suite.simple(topic);
    const receive = async (invisibleMs) => {
      const what = 'the message to be handed out';
      const ask = () => suite.call('receive', { name, max: 1, invisibleMs });
      const [message] = await eventually(ask, (got) => got.length > 0, PATIENCE_MS, what);
      return message;
    };
    const first = await receive(10_000);
    await suite.call('extend', { name, index: first.index, ms: 10_000 });
    const second = await receive(10_000);
    equal([first.attempt, second.attempt], [1, 2], 'attempts');
    await suite.call('ack', { name, index: second.index });
    equal(await suite.call('receive', { name, max: 1, invisibleMs: 10_000 }), [], 'what is left');
    await suite.call('close', { name });
  });
  await suite.step('a second acknowledgement is refused', async () => {
    const topic = await suite.topic();
    await suite.send(topic, 'once');
    const name = await suite.simple(topic);
    const [message] = await suite.call('receive', { name, max: 1, invisibleMs: 10_000 });
    await suite.call('ack', { name, index: message.index });
    const again = await suite.call('ack', { name, index: message.index }).then(
      () => null,
      (error) => error.message,
    );
    await suite.call('close', { name });
    if (again === null && suite.silentAck !== undefined) throw new Absent(suite.silentAck);
    check(again !== null && /40013|receipt|handle/i.test(again), `a second acknowledgement: ${again}`);
  });
  await suite.step('tags and SQL choose', async () => {
    const topic = await suite.topic();
    const weigh = (body, tag, weight) => ({ body, tag, properties: { weight: String(weight) } });
    await suite.send(topic, weigh('a', 'x', 1), weigh('b', 'y', 20), weigh('c', 'x', 30));
    const tagged = await suite.simple(topic, { group: `tags-${topic}`, expression: 'x || z' });
    equal((await suite.drain(tagged, 2)).map(textOf), ['a', 'c'], 'by tag');
    const where = "weight > 10 AND TAGS IS NOT NULL AND TAGS <> 'y'";
    const sql = await suite.simple(topic, { group: `sql-${topic}`, expression: where, type: 'SQL' });
    equal((await suite.drain(sql, 1)).map(textOf), ['c'], 'by SQL');
    for (const name of [tagged, sql]) await suite.call('close', { name });
  });
}

async function pushConsumers(suite) {
  await suite.step('a push consumer gets each message, and again what it refused', async () => {
    const topic = await suite.topic(3);
    const bodies = Array.from({ length: 50 }, (_, i) => `m${i}`);
    await suite.call('push', {
      name: 'push',
      group: `p-${topic}`,
      topic,
      expression: '*',
      type: 'TAG',
      fail: ['m7'],
    });
    for (let i = 0; i < bodies.length; i += 10) {
      await Promise.all(bodies.slice(i, i + 10).map((body) => suite.send(topic, body)));
    }
    const got = await suite.pushed('push', bodies.length + 1);
    equal([...new Set(got.map(textOf))].sort(), [...bodies].sort(), 'bodies');
    equal(
      got.filter((m) => textOf(m) === 'm7').map(({ attempt }) => attempt),
      [1, 2],
      'attempts of the refused one',
    );
    await suite.call('close', { name: 'push' });
  });
  await suite.step('messages of a group keep their order', async () => {
    const topic = await suite.topic(4);
    for (let i = 0; i < 8; i++) {
      for (const group of ['a', 'b', 'c']) await suite.send(topic, { body: `${group}${i}`, group });
    }
    const taker = await suite.taker('fifo', topic);
    const got = await taker.until(24);
    for (const group of ['a', 'b', 'c']) {
      const order = got.filter((message) => message.group === group).map(textOf);
      equal(
        order,
        Array.from({ length: 8 }, (_, i) => `${group}${i}`),
        `order of ${group}`,
      );
    }
    await suite.call('close', { name: taker.name });
  });
}

/** What `polylog` says to a command of an operator. */
function polylog(...args) {
  const { POLYLOG, BOOTSTRAP } = process.env;
  return promisify(execFile)(process.execPath, [POLYLOG, ...args, '--bootstrap', BOOTSTRAP]);
}

async function fifoConsumers(suite) {
  await suite.step(
    'a consumer of a FIFO group tries again in order, holds up one group, and gives up',
    async () => {
      const topic = await suite.topic(2);
      const group = `fifo-${topic}`;
      const attempts = 3;
      await polylog('group', 'alter', group, '--config', 'polylog.rocketmq.fifo=true');
      const settings = ['--order', 'by-key', '--deliveries', String(attempts), '--retry', '1s..1s'];
      await polylog('queue', 'create', topic, group, ...settings, '--dead-letter-topic', `.DLQ.${group}`);
      await suite.call('push', {
        name: group,
        group,
        topic,
        expression: '*',
        type: 'TAG',
        fail: Array.from({ length: attempts }, () => 'a1'),
      });
      for (let i = 0; i < 5; i++) {
        for (const key of ['a', 'b', 'c', 'd']) await suite.send(topic, { body: `${key}${i}`, group: key });
      }
      const got = await suite.pushed(group, 20 + attempts - 1);
      const bodies = got.map(textOf);
      const ofGroup = (key) => bodies.filter((body) => body.startsWith(key));
      equal(
        ofGroup('a'),
        ['a0', ...Array.from({ length: attempts }, () => 'a1'), 'a2', 'a3', 'a4'],
        'group a',
      );
      for (const key of ['b', 'c', 'd'])
        equal(
          ofGroup(key),
          [0, 1, 2, 3, 4].map((i) => `${key}${i}`),
          `group ${key}`,
        );
      const others = bodies.slice(0, bodies.lastIndexOf('a1')).filter((body) => !body.startsWith('a'));
      if (!suite.isHasty) equal(others.length, 15, 'others that came meanwhile');
      const [dead] = await suite.readKafka(`.DLQ.${group}`, 1);
      const header = (name) => dead.headers[name].toString();
      // The consumer has tried again by itself: the broker handed it out once.
      equal(
        [dead.value.toString(), header('dlq-reason'), header('dlq-deliveries')],
        ['a1', 'rejected', '1'],
        'dead letter',
      );
      await suite.call('close', { name: group });
    },
  );
}

async function deadLetters(suite) {
  await suite.step(
    'a dead letter that is put back comes to the group that gave it up, and to no other',
    async () => {
      const topic = await suite.topic();
      const [billing, audit, late] = ['billing', 'audit', 'late'].map((name) => `${name}-${topic}`);
      const read = (group, fail = []) =>
        suite.call('push', { name: group, group, topic, expression: '*', type: 'TAG', fail });
      const settings = ['--order', 'by-key', '--deliveries', '1', '--dead-letter-topic', `.DLQ.${billing}`];
      await polylog('queue', 'create', topic, billing, ...settings);
      await read(billing, ['payment']);
      await read(audit);
      await suite.send(topic, 'payment');
      for (const group of [billing, audit]) await suite.pushed(group, 1);
      await suite.readKafka(`.DLQ.${billing}`, 1);
      const { stdout } = await polylog('dlq', 'redrive', `.DLQ.${billing}`);
      equal(stdout, `put back 1 dead letter of .DLQ.${billing}\n`, 'what is put back');
      const [, again] = await suite.pushed(billing, 2);
      equal([textOf(again), again.attempt], ['payment', 1], 'what comes again');
      equal(again.properties, { 'dlq-subscription': billing }, 'its properties');
      await suite.send(topic, 'behind');
      equal((await suite.pushed(billing, 3)).map(textOf), ['payment', 'payment', 'behind'], 'the group');
      equal((await suite.pushed(audit, 2)).map(textOf), ['payment', 'behind'], 'another');
      await read(late);
      equal((await suite.pushed(late, 2)).map(textOf), ['payment', 'behind'], 'one that comes later');
      for (const name of [billing, audit, late]) await suite.call('close', { name });
    },
  );
}

async function delays(suite) {
  await suite.step('a delayed message comes when it is due', async () => {
    const topic = await suite.topic();
    const name = await suite.simple(topic);
    const deliverAtMs = Date.now() + 2000;
    await suite.send(topic, { body: 'later', deliverAtMs });
    const [got] = await suite.drain(name, 1);
    equal(textOf(got), 'later', 'body');
    check(Date.now() >= deliverAtMs, `it came ${deliverAtMs - Date.now()} ms too soon`);
    await suite.call('close', { name });
  });
  await suite.step('a recalled message does not come', async () => {
    const topic = await suite.topic();
    const [{ id, recallHandle }] = await suite.send(topic, { body: 'never', deliverAtMs: Date.now() + 3000 });
    equal((await suite.call('recall', { topic, handle: recallHandle })).id, id, 'recalled message');
    const name = await suite.simple(topic);
    const refused = await suite.call('recall', { topic, handle: recallHandle }).then(
      () => 'taken',
      (error) => error.message,
    );
    check(refused !== 'taken', 'a second recall is refused');
    await suite.send(topic, { body: 'behind', deliverAtMs: Date.now() + 4000 });
    equal((await suite.drain(name, 1)).map(textOf), ['behind'], 'what comes');
    await suite.call('close', { name });
  });
}

async function priorities(suite) {
  await suite.step('what has a higher priority comes first', async () => {
    const topic = await suite.topic(3, { 'polylog.priority.levels': '3' });
    for (const priority of [0, 2, 1]) await suite.send(topic, { body: `p${priority}`, priority });
    const name = await suite.simple(topic);
    equal((await suite.drain(name, 3)).map(textOf), ['p2', 'p1', 'p0'], 'order');
    await suite.call('close', { name });
  });
}

async function transactions(suite) {
  const transact = (topic, body, end) => suite.call('transact', { topic, body: text64(body), end });
  await suite.step('a committed transaction is delivered, another is not', async () => {
    const topic = await suite.topic();
    await transact(topic, 'rolled back', 'rollback');
    await transact(topic, 'committed', 'commit');
    await suite.send(topic, 'behind');
    const name = await suite.simple(topic);
    equal((await suite.drain(name, 2)).map(textOf).sort(), ['behind', 'committed'], 'what is delivered');
    await suite.call('close', { name });
  });
  await suite.step('the broker asks about a transaction that was left open', async () => {
    const topic = await suite.topic();
    await transact(topic, 'left open', 'none');
    const name = await suite.simple(topic);
    equal((await suite.drain(name, 1)).map(textOf), ['left open'], 'what is delivered');
    await suite.call('close', { name });
  });
}

async function liteTopics(suite) {
  const sendTo = async (topic, lite, ...bodies) => {
    for (const body of bodies) await suite.send(topic, { body, lite });
  };
  const open = async (name, topic, ...lite) => {
    await suite.call('lite', { name, group: `lite-${topic}`, topic, fail: ['a1'] });
    for (const one of lite) await suite.call('subscribeLite', { name, lite: one });
  };
  const of = (messages, lite) => messages.filter((message) => message.lite === lite).map(textOf);

  await suite.step('a lite consumer gets the lite topics that it subscribes to', async () => {
    const topic = await suite.topic(3);
    const name = 'lite consumer';
    await open(name, topic, 'a', 'c');
    for (let i = 0; i < 5; i++) for (const lite of ['a', 'b', 'c']) await sendTo(topic, lite, `${lite}${i}`);
    const got = await suite.pushed(name, 11);
    // One that was refused comes again before the next.
    equal(of(got, 'a'), ['a0', 'a1', 'a1', 'a2', 'a3', 'a4'], 'lite topic a');
    equal(of(got, 'c'), ['c0', 'c1', 'c2', 'c3', 'c4'], 'lite topic c');
    await suite.call('subscribeLite', { name, lite: 'b' });
    equal(of(await suite.pushed(name, 16), 'b'), ['b0', 'b1', 'b2', 'b3', 'b4'], 'lite topic b');
    await suite.call('unsubscribeLite', { name, lite: 'a' });
    await sendTo(topic, 'a', 'a5');
    await sendTo(topic, 'c', 'c5');
    equal((await suite.pushed(name, 17)).slice(16).map(textOf), ['c5'], 'what comes without a');
    const records = await suite.readKafka(topic, 17);
    equal(records.filter(({ key }) => key.toString() === 'b').length, 5, 'records with the key b');
    await suite.call('close', { name });
  });
  await suite.step('a lite consumer says where a lite topic begins', async () => {
    const topic = await suite.topic();
    const name = 'lite again';
    await sendTo(topic, 'a', '0', '1', '2', '3');
    const betweenMs = Date.now() + 1;
    await eventually(
      () => Date.now(),
      (nowMs) => nowMs > betweenMs,
      PATIENCE_MS,
      'time to pass',
    );
    await sendTo(topic, 'a', '4');
    await open(name, topic, 'a');
    let count = 5;
    await suite.pushed(name, count);
    const begins = async (from, expected, what) => {
      await suite.call('unsubscribeLite', { name, lite: 'a' });
      if (from.policy === 'max') await sendTo(topic, 'a', '5');
      await suite.call('subscribeLite', { name, lite: 'a', from });
      if (from.policy === 'max') await sendTo(topic, 'a', '6');
      const got = (await suite.pushed(name, count + expected.length)).slice(count);
      equal(got.map(textOf), expected, what);
      count += expected.length;
    };
    await begins({ policy: 'min' }, ['0', '1', '2', '3', '4'], 'what begins with the oldest');
    await begins({ tail: 2 }, ['3', '4'], 'the last two');
    await begins({ offset: 1 }, ['1', '2', '3', '4'], 'what begins at an offset');
    await begins({ timestamp: betweenMs }, ['4'], 'what begins at a time');
    await begins({ policy: 'max' }, ['6'], 'what comes from now on');
    await suite.call('close', { name });
  });
  await suite.step('lite topics go on when the broker is killed and comes back', async () => {
    const topic = await suite.topic();
    const name = 'lite after';
    await open(name, topic, 'x');
    await sendTo(topic, 'x', 'x0');
    await sendTo(topic, 'y', 'y0');
    await suite.pushed(name, 1);
    await brokerCtl('restart');
    const send = () =>
      sendTo(topic, 'x', 'x1').then(
        () => true,
        () => false,
      );
    await eventually(send, (isSent) => isSent, PATIENCE_MS, 'a message to be sent again');
    const has = (body) => suite.of(name).some((message) => textOf(message) === body);
    const came = (body) =>
      suite.driver.watch.until(
        () => has(body),
        PATIENCE_MS,
        () => `${body} to come`,
      );
    await came('x1');
    check(!has('y0'), 'y0 has come');
    await suite.call('subscribeLite', { name, lite: 'y' });
    await came('y0');
    await suite.call('close', { name });
  });
}

async function restarts(suite) {
  await suite.step('goes on when the broker is killed and comes back', async () => {
    const topic = await suite.topic();
    const taker = await suite.taker('after', topic);
    await suite.send(topic, 'before');
    await taker.until(1);
    await brokerCtl('restart');
    const sent = (body) =>
      suite.send(topic, body).then(
        () => true,
        () => false,
      );
    await eventually(
      () => sent('back'),
      (isSent) => isSent,
      PATIENCE_MS,
      'a message to be sent again',
    );
    // What wasn't acknowledged before may come again.
    for (let count = 2; ; count++) {
      const got = await taker.until(count);
      if (got.some((message) => textOf(message) === 'back')) break;
    }
    await suite.call('close', { name: taker.name });
  });
}

/**
 * `client`: its driver's command, what is absent, `noPush` where it has no push consumer, `isHasty` where it takes the seconds between
 * two attempts for ms, `silentAck` where it says of no acknowledgement that it was refused.
 */
export async function runRocketmqSuite(client) {
  const suite = new Suite(client);
  await test('driver starts', () => suite.call('hello'));
  for (const scenario of [
    messages,
    simpleConsumers,
    pushConsumers,
    fifoConsumers,
    deadLetters,
    delays,
    priorities,
    transactions,
    liteTopics,
    restarts,
  ]) {
    await scenario(suite).catch((error) => test(scenario.name, () => Promise.reject(error)));
  }
  suite.driver.closeInput();
  const timer = setTimeout(() => suite.driver.kill('SIGKILL'), 10_000);
  await suite.driver.ended;
  clearTimeout(timer);
  process.exit(summary());
}
