// Figures of RocketMQ's gRPC protocol, with its own Java client on Polylog and on RocketMQ: sending, receiving, transactions,
// delayed messages, many topics, start and memory.

import { measured, residentMb } from '../proc.ts';
import {
  failures,
  makeTopics,
  type RocketmqLine,
  rocketmqGoLoad,
  rocketmqLoad,
  startForRocketmq,
} from '../rocketmq.ts';
import type { Figure } from '../types.ts';
import { delay, type RocketmqClient, rate, receive, SIZE, targets, warmS } from './rocketmq-kinds.ts';

const java: RocketmqClient = {
  load: rocketmqLoad,
  name: 'drivers/rocketmq on rocketmq-client-java',
  warmS: 5,
  backlog: 40_000,
};

function send(kind: 'sync' | 'async', threads: number): Figure {
  const how = kind === 'sync' ? `${threads} threads` : '512 in flight';
  return rate(java, {
    id: `rocketmq-send-${kind}`,
    title: `gRPC send 1 KiB, ${kind}, ${how}`,
    args: ['send', kind, 'load', 1, SIZE, threads],
  });
}

function receiveBy(kind: 'push' | 'simple'): Figure {
  return receive(java, {
    id: `rocketmq-receive-${kind}`,
    title: `gRPC receive + ack 1 KiB, ${kind} consumer`,
    args: [kind],
  });
}

const transactions = rate(java, {
  id: 'rocketmq-transactions',
  title: 'gRPC half message + commit, 1 KiB, 64 threads',
  type: 'TRANSACTION',
  args: ['transactions', 'load', SIZE, 64],
});

function late(count: number): Figure {
  return delay(java, {
    id: `rocketmq-delay-${count}`,
    title: `gRPC delayed by 5 s, ${count.toLocaleString('en')} at once: p99 late, to the push consumer`,
    count,
  });
}

const TOPICS = 1000;

const topics: Figure = {
  name: 'rocketmq-topics',
  targets,
  rows: [
    {
      id: 'rocketmq-topics-create',
      title: '1,000 topics × 8 queues: making them',
      client: 'Polylog: drivers/admin.c, one CreateTopics; RocketMQ: its admin client, one by one as it does',
      unit: 's',
      goals: [{ kind: 'absolute', op: '<=', limit: 1 }],
    },
    {
      id: 'rocketmq-topics-send',
      title: '1,000 topics × 8 queues: gRPC send 1 KiB, sync, 64 threads, spread over all',
      client: java.name,
      unit: 'k/s',
      goals: [],
    },
    {
      id: 'rocketmq-topics-share',
      title: 'that through the same with one topic',
      client: java.name,
      unit: '×',
      goals: [{ kind: 'absolute', op: '>=', limit: 0.9 }],
    },
  ],
  async measure(context) {
    const { options } = context;
    const broker = await startForRocketmq(context);
    const count = options.smoke ? 20 : TOPICS;
    await makeTopics(options, broker, { name: 'one' });
    const createS = await makeTopics(options, broker, { name: 'many', count });
    const args = (topic: string, n: number): (string | number)[] => [
      ...['send', 'sync', topic],
      ...[n, SIZE, 64, warmS(java, context), options.seconds],
    ];
    // In the middle, between two runs with one: the machine is not the same from one minute to the next, and the broker gets warmer.
    const one = [await rocketmqLoad(options, broker, args('one', 1))];
    const first = await rocketmqLoad(options, broker, args('many', count));
    const { result, usage } = await measured(
      broker.pid,
      () => rocketmqLoad(options, broker, args('many', count)),
      (line) => line.messages,
    );
    one.push(await rocketmqLoad(options, broker, args('one', 1)));
    await broker.stop();
    const rates = (lines: readonly RocketmqLine[]): number =>
      lines.reduce((sum, line) => sum + line.per_s, 0);
    const [oneRate, manyRate] = [rates(one), rates([first, result])];
    return {
      'rocketmq-topics-create': { value: createS },
      'rocketmq-topics-send': { value: result.per_s / 1e3, usage, ...failures(result) },
      'rocketmq-topics-share': {
        value: manyRate / oneRate,
        note: `one topic ${(oneRate / 2e3).toFixed(1)} k/s, all ${(manyRate / 2e3).toFixed(1)} k/s`,
      },
    };
  },
};

const start: Figure = {
  name: 'rocketmq-start',
  targets,
  rows: [
    {
      id: 'rocketmq-first-send',
      title: 'exec after a clean stop to the first acknowledged gRPC send',
      client: `${java.name}, which is there before and begins when the port is open`,
      unit: 's',
      goals: [{ kind: 'absolute', op: '<=', limit: 0.5 }],
    },
    {
      id: 'rocketmq-go-first-send',
      title: 'exec after a clean stop to the first acknowledged gRPC send, Go client',
      client: 'drivers/rocketmq-go, which begins when the port is open',
      unit: 's',
      goals: [{ kind: 'absolute', op: '<=', limit: 0.5 }],
    },
    {
      id: 'rocketmq-memory',
      title: 'resident memory after gRPC load',
      client: `${java.name}, async, all processes of the broker`,
      unit: 'MB',
      goals: [{ kind: 'absolute', op: '<=', limit: 300 }],
    },
  ],
  async measure(context) {
    const { options } = context;
    const first = await startForRocketmq(context);
    await makeTopics(options, first, { name: 'load' });
    const args = ['send', 'async', 'load', 1, SIZE, 4, warmS(java, context), 2 * options.seconds];
    await rocketmqLoad(options, first, args);
    const memory = [first.pid, ...(first.alsoPids ?? [])].reduce((sum, pid) => sum + residentMb(pid), 0);
    await first.stop();
    const firstSendS = async (load: typeof rocketmqLoad): Promise<number> => {
      const waiting = load(options, first, ['first', 'load']);
      // The client has its classes loaded by then.
      await new Promise((resolve) => setTimeout(resolve, 5000));
      const startMs = Date.now();
      const [again, { epoch_ms: firstMs }] = await Promise.all([startForRocketmq(context), waiting]);
      await again.stop();
      return (firstMs - startMs) / 1e3;
    };
    return {
      'rocketmq-first-send': { value: await firstSendS(rocketmqLoad) },
      'rocketmq-go-first-send': { value: await firstSendS(rocketmqGoLoad) },
      'rocketmq-memory': { value: memory },
    };
  },
};

export const rocketmqFigures: readonly Figure[] = [
  send('sync', 64),
  send('async', 4),
  receiveBy('push'),
  receiveBy('simple'),
  transactions,
  late(1000),
  late(10_000),
  topics,
  start,
];
