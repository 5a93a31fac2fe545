// Figures of RocketMQ's gRPC protocol, with its own Java client on Polylog and on RocketMQ: sending, receiving, transactions,
// delayed messages, many topics, start and memory.

import { measured, residentMb } from '../proc.ts';
import {
  failures,
  makeGroup,
  makeTopics,
  QUEUES,
  type RocketmqLine,
  rocketmqGoLoad,
  rocketmqLoad,
  startForRocketmq,
} from '../rocketmq.ts';
import { checkCount } from '../tools.ts';
import type { Figure, FigureContext, Goal, Row, TargetName } from '../types.ts';

const SIZE = 1024;
const WARM_S = 5;
const client = 'drivers/rocketmq on rocketmq-client-java';
const targets: readonly TargetName[] = ['polylog', 'rocketmq'];
const withFsync: readonly TargetName[] = [...targets, 'rocketmq-fsync'];
const twice: readonly Goal[] = [{ kind: 'ratio', to: 'rocketmq', op: '>=', limit: 2 }];

function rateRow(id: string, title: string): Row {
  return { id, title, client, unit: 'k/s', goals: twice };
}

function warmS({ options }: FigureContext): number {
  return options.smoke ? 0.5 : WARM_S;
}

function send(kind: 'sync' | 'async', threads: number): Figure {
  const id = `rocketmq-send-${kind}`;
  const how = kind === 'sync' ? `${threads} threads` : '512 in flight';
  const row = rateRow(id, `gRPC send 1 KiB, ${kind}, ${how}`);
  const latency: Row = { ...row, id: `${id}-p99`, title: `${row.title}: p99`, unit: 'ms', goals: [] };
  return {
    name: id,
    targets: withFsync,
    rows: [row, latency],
    async measure(context) {
      const { options } = context;
      const broker = await startForRocketmq(context);
      await makeTopics(options, broker, { name: 'load' });
      const args = ['send', kind, 'load', 1, SIZE, threads, warmS(context), options.seconds];
      const { result, usage } = await measured(
        broker.pid,
        () => rocketmqLoad(options, broker, args),
        (line) => line.messages,
      );
      if (broker.target === 'polylog') {
        await checkCount(options, broker, {
          name: 'load',
          partitions: QUEUES,
          acknowledged: result.messages,
        });
      }
      await broker.stop();
      return {
        [id]: { value: result.per_s / 1e3, usage, ...failures(result) },
        [latency.id]: { value: result.p99_ms, note: `p50 ${result.p50_ms.toFixed(1)} ms` },
      };
    },
  };
}

function receive(kind: 'push' | 'simple'): Figure {
  const id = `rocketmq-receive-${kind}`;
  return {
    name: id,
    targets,
    rows: [rateRow(id, `gRPC receive + ack 1 KiB, ${kind} consumer`)],
    async measure(context) {
      const { options } = context;
      const broker = await startForRocketmq(context);
      await makeTopics(options, broker, { name: 'load' });
      await makeGroup(options, broker, 'readers');
      const count = options.smoke ? 1000 : 40_000;
      await rocketmqLoad(options, broker, ['fill', 'load', SIZE, count]);
      const { result, usage } = await measured(
        broker.pid,
        () => rocketmqLoad(options, broker, ['receive', kind, 'load', 'readers', count]),
        (line) => line.messages,
      );
      await broker.stop();
      return { [id]: { value: result.per_s / 1e3, usage, ...failures(result) } };
    },
  };
}

const transactions: Figure = {
  name: 'rocketmq-transactions',
  targets: withFsync,
  rows: [rateRow('rocketmq-transactions', 'gRPC half message + commit, 1 KiB, 64 threads')],
  async measure(context) {
    const { options } = context;
    const broker = await startForRocketmq(context);
    await makeTopics(options, broker, { name: 'load', type: 'TRANSACTION' });
    const args = ['transactions', 'load', SIZE, 64, warmS(context), options.seconds];
    const { result, usage } = await measured(
      broker.pid,
      () => rocketmqLoad(options, broker, args),
      (line) => line.messages,
    );
    await broker.stop();
    return { 'rocketmq-transactions': { value: result.per_s / 1e3, usage, ...failures(result) } };
  },
};

function delay(count: number): Figure {
  const id = `rocketmq-delay-${count}`;
  const row: Row = {
    id,
    title: `gRPC delayed by 5 s, ${count.toLocaleString('en')} at once: p99 late, to the push consumer`,
    client,
    unit: 'ms',
    goals: [{ kind: 'absolute', op: '<=', limit: 5 }],
  };
  return {
    name: id,
    targets,
    rows: [row],
    async measure(context) {
      const { options } = context;
      const broker = await startForRocketmq(context);
      await makeTopics(options, broker, { name: 'load', type: 'DELAY' });
      await makeGroup(options, broker, 'readers');
      const args = ['delay', 'load', 'readers', options.smoke ? 50 : count, options.smoke ? 1000 : 5000];
      const line = await rocketmqLoad(options, broker, args);
      await broker.stop();
      const note = `p50 ${line.p50_ms.toFixed(0)} ms, latest ${line.max_ms.toFixed(0)} ms`;
      return { [id]: { value: line.p99_ms, note } };
    },
  };
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
      client,
      unit: 'k/s',
      goals: [],
    },
    {
      id: 'rocketmq-topics-share',
      title: 'that through the same with one topic',
      client,
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
      ...[n, SIZE, 64, warmS(context), options.seconds],
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
      client: `${client}, which is there before and begins when the port is open`,
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
      client: `${client}, async, all processes of the broker`,
      unit: 'MB',
      goals: [{ kind: 'absolute', op: '<=', limit: 300 }],
    },
  ],
  async measure(context) {
    const { options } = context;
    const first = await startForRocketmq(context);
    await makeTopics(options, first, { name: 'load' });
    const args = ['send', 'async', 'load', 1, SIZE, 4, warmS(context), 2 * options.seconds];
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
  receive('push'),
  receive('simple'),
  transactions,
  delay(1000),
  delay(10_000),
  topics,
  start,
];
