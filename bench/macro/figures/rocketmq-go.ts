// The figures of RocketMQ's protocol that the Java client itself limits, with the official Go client: on both brokers the same.

import { measured } from '../proc.ts';
import { failures, makeGroup, makeTopics, rocketmqGoLoad, startForRocketmq } from '../rocketmq.ts';
import type { Figure, FigureContext, Goal, Row, TargetName } from '../types.ts';

const SIZE = 1024;
const WARM_S = 3;
const BACKLOG = 80_000;
const DELAY_THREADS = 32;
const client = 'drivers/rocketmq-go on rocketmq-clients/golang/v5';
const targets: readonly TargetName[] = ['polylog', 'rocketmq'];
const withFsync: readonly TargetName[] = [...targets, 'rocketmq-fsync'];
const twice: readonly Goal[] = [{ kind: 'ratio', to: 'rocketmq', op: '>=', limit: 2 }];

function warmS({ options }: FigureContext): number {
  return options.smoke ? 0.5 : WARM_S;
}

/** 64 threads that do one thing again and again. */
function rate(what: 'send' | 'transactions', title: string): Figure {
  const id = `rocketmq-go-${what}`;
  const row: Row = {
    id,
    title: `gRPC ${title}, 1 KiB, 64 threads, Go client`,
    client,
    unit: 'k/s',
    goals: twice,
  };
  const latency: Row = { ...row, id: `${id}-p99`, title: `${row.title}: p99`, unit: 'ms', goals: [] };
  return {
    name: id,
    targets: withFsync,
    rows: [row, latency],
    async measure(context) {
      const { options } = context;
      const broker = await startForRocketmq(context);
      const type = what === 'transactions' ? 'TRANSACTION' : 'NORMAL';
      await makeTopics(options, broker, { name: 'load', type });
      const topics = what === 'transactions' ? ['load'] : ['load', 1];
      const args = [what, ...topics, SIZE, 64, warmS(context), options.seconds];
      const { result, usage } = await measured(
        broker.pid,
        () => rocketmqGoLoad(options, broker, args),
        (line) => line.messages,
      );
      await broker.stop();
      return {
        [id]: { value: result.per_s / 1e3, usage, ...failures(result) },
        [latency.id]: { value: result.p99_ms, note: `p50 ${result.p50_ms.toFixed(1)} ms` },
      };
    },
  };
}

const receive: Figure = {
  name: 'rocketmq-go-receive',
  targets,
  rows: [
    {
      id: 'rocketmq-go-receive',
      title: 'gRPC receive + ack 1 KiB, simple consumer, Go client',
      client: `${client}, 16 receivers of 32`,
      unit: 'k/s',
      goals: twice,
    },
  ],
  async measure(context) {
    const { options } = context;
    const broker = await startForRocketmq(context);
    await makeTopics(options, broker, { name: 'load' });
    await makeGroup(options, broker, 'readers');
    const count = options.smoke ? 1000 : BACKLOG;
    await rocketmqGoLoad(options, broker, ['fill', 'load', SIZE, count]);
    const { result, usage } = await measured(
      broker.pid,
      () => rocketmqGoLoad(options, broker, ['receive', 'load', 'readers', count]),
      (line) => line.messages,
    );
    await broker.stop();
    return { 'rocketmq-go-receive': { value: result.per_s / 1e3, usage, ...failures(result) } };
  },
};

function delay(count: number): Figure {
  const id = `rocketmq-go-delay-${count}`;
  const much = count.toLocaleString('en');
  return {
    name: id,
    targets,
    rows: [
      {
        id,
        title: `gRPC delayed by 5 s, ${much} at once: p99 late, to the simple consumer, Go client`,
        client: `${client}, ${DELAY_THREADS} senders, 16 receivers of 32`,
        unit: 'ms',
        goals: [{ kind: 'absolute', op: '<=', limit: 5 }],
      },
    ],
    async measure(context) {
      const { options } = context;
      const broker = await startForRocketmq(context);
      await makeTopics(options, broker, { name: 'load', type: 'DELAY' });
      await makeGroup(options, broker, 'readers');
      const [messages, delayMs] = options.smoke ? [50, 1000] : [count, 5000];
      const args = ['delay', 'load', 'readers', messages, delayMs, DELAY_THREADS];
      const line = await rocketmqGoLoad(options, broker, args);
      await broker.stop();
      const note = `p50 ${line.p50_ms.toFixed(1)} ms, latest ${line.max_ms.toFixed(1)} ms`;
      return { [id]: { value: line.p99_ms, note, ...failures(line) } };
    },
  };
}

export const rocketmqGoFigures: readonly Figure[] = [
  rate('send', 'send'),
  receive,
  rate('transactions', 'half message + commit'),
  delay(1000),
  delay(10_000),
];
