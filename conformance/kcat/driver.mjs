// The driver of kcat (../lib/driver.mjs describes what it speaks): each operation starts kcat.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import kafkajs from 'kafkajs';
import {
  Absent,
  bootstrap,
  bytes,
  emit,
  notInClient,
  serve,
  startLoad,
  text64,
} from '../lib/driver-node.mjs';

// Between the parts of a message on kcat's input and output: bytes that no test message has in this order.
const KEY_END = '\u001e:K:\u001e';
const MESSAGE_END = '\u001e:M:\u001e';
const WAIT_MS = 60_000;

function start(args) {
  const child = spawn('kcat', [
    '-b',
    bootstrap,
    '-m',
    String(WAIT_MS / 1_000),
    '-X',
    'reconnect.backoff.max.ms=500',
    ...args,
  ]);
  child.stdin.on('error', () => {});
  return child;
}

/** Runs kcat to its end; answers the bytes of its output. */
function run(args, input = '') {
  return new Promise((resolve, reject) => {
    const child = start(args);
    const chunks = [];
    let stderr = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), WAIT_MS);
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(Buffer.concat(chunks));
      else
        reject(
          new Error(`kcat ${args.join(' ')}: ${signal ?? `status ${code}`}; ${stderr.trim().slice(-300)}`),
        );
    });
    child.stdin.end(input);
  });
}

/** Partition, headers and -Z are the same for all that one kcat sends. */
function runsOf(messages) {
  const runs = [];
  const open = new Map();
  for (const one of messages) {
    const signature = JSON.stringify([one.headers, one.value === null]);
    const last = open.get(one.partition);
    if (last?.signature === signature) last.messages.push(one);
    else {
      const next = { signature, messages: [one] };
      open.set(one.partition, next);
      runs.push(next);
    }
  }
  return runs;
}

async function produce({ topic, acks, compression, messages }) {
  for (const { messages: list } of runsOf(messages)) {
    const { partition, headers, value } = list[0];
    const options = headers.flatMap(([name, content]) => {
      if (content === null) return ['-H', name];
      if (bytes(content).includes(0)) throw new Error('a zero byte in a header');
      return ['-H', `${name}=${bytes(content)}`];
    });
    if (value === null) options.push('-Z');
    const parts = list.flatMap((each) => [
      ...(each.key === null ? [] : [bytes(each.key), Buffer.from(KEY_END)]),
      bytes(each.value) ?? Buffer.alloc(0),
      Buffer.from(MESSAGE_END),
    ]);
    const settings = ['-X', `acks=${acks}`, '-z', compression, '-K', KEY_END, '-D', MESSAGE_END];
    await run(['-P', '-t', topic, '-p', String(partition), ...settings, ...options], Buffer.concat(parts));
  }
  return {};
}

const FORMAT = `%p %o %T %K %S\\n%k%s%h${MESSAGE_END}`;

function parse(output) {
  const messages = [];
  let at = 0;
  while (at < output.length) {
    const line = output.indexOf('\n', at);
    const [partition, offset, timestamp, keyLength, valueLength] = output
      .toString('utf8', at, line)
      .split(' ')
      .map(Number);
    at = line + 1;
    const part = (length) => {
      if (length < 0) return null;
      const piece = output.subarray(at, at + length);
      at += length;
      return text64(piece);
    };
    const key = part(keyLength);
    const value = part(valueLength);
    const end = output.indexOf(MESSAGE_END, at);
    const headers = output
      .toString('utf8', at, end)
      .split(',')
      .filter(Boolean)
      .map((pair) => {
        const [name, content] = pair.split('=');
        return [name, content === 'NULL' ? null : text64(content)];
      });
    at = end + Buffer.byteLength(MESSAGE_END);
    messages.push({ partition, offset, timestamp, key, value, headers });
  }
  return messages;
}

async function read({ topic, from, count }) {
  const endMs = Date.now() + WAIT_MS;
  const starts = Object.entries(from).filter(([, offset]) => offset !== null);
  for (;;) {
    const messages = [];
    for (const [partition, offset] of starts) {
      const place = ['-t', topic, '-p', partition, '-o', String(offset)];
      messages.push(...parse(await run(['-C', ...place, '-e', '-q', '-f', FORMAT])));
    }
    if (messages.length >= count) return messages;
    if (Date.now() > endMs) throw new Error(`${messages.length} of ${count} messages in ${WAIT_MS} ms`);
  }
}

async function consume({ group, topic, count }) {
  const settings = ['-X', 'auto.offset.reset=earliest', '-c', String(count), '-q', '-f', FORMAT];
  return parse(await run([...settings, '-G', group, topic]));
}

let memberProcess;

async function member({ group, topic, sessionTimeoutMs }) {
  const settings = [
    `session.timeout.ms=${sessionTimeoutMs}`,
    'heartbeat.interval.ms=500',
    'auto.offset.reset=earliest',
  ];
  const options = [...settings, 'auto.commit.interval.ms=200', 'fetch.wait.max.ms=200'].flatMap((each) => [
    '-X',
    each,
  ]);
  const child = start([...options, '-u', '-E', '-f', '%p %o\\n', '-G', group, topic]);
  memberProcess = child;
  emit('pid', { pid: child.pid });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [partition, offset] = line.split(' ').map(Number);
    emit('message', { partition, offset });
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    process.stderr.write(`${line}\n`);
    const found = /rebalanced .*?: (assigned|revoked):?(.*)$/.exec(line);
    if (found === null) return;
    const partitions = [...found[2].matchAll(/\[(\d+)\]/g)].map((each) => Number(each[1]));
    emit('assigned', { partitions: found[1] === 'assigned' ? partitions : [] });
  });
  child.on('close', (_code, signal) => {
    if (signal === 'SIGKILL') process.exit(137);
  });
}

function leave() {
  return new Promise((resolve, reject) => {
    memberProcess.on('close', (code, signal) =>
      code === 0 ? resolve({}) : reject(new Error(`kcat ended with ${signal ?? code}`)),
    );
    memberProcess.kill('SIGTERM');
  });
}

let stopLoad;

// kcat waits until a block of its input is full: short lines would stay in its buffer until the end of input.
const PADDING = 'x'.repeat(3_000);

/** One kcat a partition; with -vvv it reports each delivery, in the order in which the messages went in. */
async function load({ topic, partitions }) {
  const settings = ['-X', 'enable.idempotence=true', '-X', 'message.timeout.ms=120000', '-X', 'linger.ms=2'];
  const producers = Array.from({ length: partitions }, (_, p) => {
    const child = start(['-P', '-E', '-vvv', '-t', topic, '-p', String(p), ...settings]);
    const waiting = [];
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (/Message delivered to partition/.test(line)) waiting.shift().resolve();
      else if (/[Dd]elivery (error|failed)/.test(line)) waiting.shift().reject(new Error(line));
      else process.stderr.write(`${line}\n`);
    });
    const ended = new Promise((resolve) => {
      child.on('close', resolve);
    });
    ended.then(() => {
      for (const each of waiting) each.reject(new Error('kcat ended'));
    });
    return { child, waiting, ended };
  });
  const send = (partition, values) => {
    const { child, waiting } = producers[partition];
    const all = values.map((value) => {
      const delivered = new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
      });
      child.stdin.write(`${value}-${PADDING}\n`);
      return delivered;
    });
    return Promise.all(all);
  };
  // kcat looks for delivery reports only when it has read another line: the load must not wait for them.
  const stop = startLoad({ partitions, depth: Number.POSITIVE_INFINITY, send });
  stopLoad = async () => {
    const stopped = stop();
    for (const { child } of producers) child.stdin.end();
    const result = await stopped;
    await Promise.all(producers.map((each) => each.ended));
    return result;
  };
}

/** -Q answers lines of `TOPIC [PARTITION] offset OFFSET`. */
async function query(topic, times) {
  const asked = Object.entries(times).flatMap(([p, time]) => ['-t', `${topic}:${p}:${time}`]);
  const text = (await run(['-Q', ...asked])).toString();
  return Object.fromEntries(
    [...text.matchAll(/\[(\d+)\] offset (-?\d+)/g)].map((each) => [each[1], Number(each[2])]),
  );
}

const metadata = async (...args) => JSON.parse((await run(['-L', '-J', ...args])).toString());

async function createTopics({ topics, preparation }) {
  if (!preparation) throw new Absent('kcat creates no topics');
  const admin = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const wanted = topics.map(({ topic, partitions, configs }) => ({
      topic,
      numPartitions: partitions,
      replicationFactor: 1,
      configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
    }));
    await admin.createTopics({ topics: wanted, waitForLeaders: true });
  } finally {
    await admin.disconnect();
  }
}

const none = notInClient('kcat has no such option');

serve({
  hello: async () => {
    await metadata();
  },
  produce,
  read,
  consume,
  committed: none,
  setOffsets: none,
  member,
  leave,
  startLoad: load,
  stopLoad: () => stopLoad(),
  offsetsForTimes: async ({ topic, times }) => {
    const found = await query(topic, times);
    return Object.fromEntries(Object.entries(found).map(([p, offset]) => [p, offset < 0 ? null : offset]));
  },
  listOffsets: ({ topic, partitions, at }) =>
    query(topic, Object.fromEntries(partitions.map((p) => [p, at === 'earliest' ? -2 : -1]))),
  createTopics,
  listTopics: async () => (await metadata()).topics.map((each) => each.topic),
  describeTopic: async ({ topic }) => ({
    partitions: (await metadata('-t', topic)).topics[0].partitions.length,
  }),
  createPartitions: none,
  deleteTopics: none,
  describeConfigs: none,
  alterConfigs: none,
  incrementalAlterConfigs: none,
  deleteRecords: none,
  listGroups: none,
  describeGroup: none,
  deleteGroups: none,
  describeCluster: async () => {
    const { brokers, controllerid } = await metadata();
    const list = brokers.map((each) => {
      const [host, port] = each.name.split(':');
      return { id: each.id, host, port: Number(port) };
    });
    return { brokers: list, controller: controllerid };
  },
});
