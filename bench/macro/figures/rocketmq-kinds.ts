// What both clients of RocketMQ's protocol are measured in: calls a second, receiving what is there, delayed messages. The figures are
// in rocketmq.ts (the Java client) and rocketmq-go.ts (the Go client).

import { measured } from '../proc.ts';
import {
  failures,
  makeGroup,
  makeTopics,
  QUEUES,
  type RocketmqTopics,
  type rocketmqLoad,
  startForRocketmq,
} from '../rocketmq.ts';
import { checkCount } from '../tools.ts';
import type { Figure, FigureContext, Goal, Row, TargetName } from '../types.ts';

export const SIZE = 1024;
export const targets: readonly TargetName[] = ['polylog', 'rocketmq'];
const withFsync: readonly TargetName[] = [...targets, 'rocketmq-fsync'];
const twice: readonly Goal[] = [{ kind: 'ratio', to: 'rocketmq', op: '>=', limit: 2 }];

/** A client, and how much it is given to do. */
export interface RocketmqClient {
  readonly load: typeof rocketmqLoad;
  /** What the tables say of it. */
  readonly name: string;
  /** How long broker and client are warmed up, s. */
  readonly warmS: number;
  /** Messages that are there to be received. */
  readonly backlog: number;
}

interface KindOptions {
  readonly id: string;
  readonly title: string;
  /** What the tables say beside the client. */
  readonly how?: string;
}

export function warmS(client: RocketmqClient, { options }: FigureContext): number {
  return options.smoke ? 0.5 : client.warmS;
}

function rowOf(client: RocketmqClient, { id, title, how }: KindOptions): Omit<Row, 'unit' | 'goals'> {
  return { id, title, client: how === undefined ? client.name : `${client.name}, ${how}` };
}

/** One call again and again, with a row of its own for the p99. `args`: of the load program, without how long. */
export function rate(
  client: RocketmqClient,
  {
    args,
    type = 'NORMAL',
    ...kind
  }: KindOptions & { readonly args: readonly (string | number)[]; readonly type?: RocketmqTopics['type'] },
): Figure {
  const { id, title } = kind;
  const row: Row = { ...rowOf(client, kind), unit: 'k/s', goals: twice };
  const latency: Row = { ...row, id: `${id}-p99`, title: `${title}: p99`, unit: 'ms', goals: [] };
  return {
    name: id,
    targets: withFsync,
    rows: [row, latency],
    async measure(context) {
      const { options } = context;
      const broker = await startForRocketmq(context);
      await makeTopics(options, broker, { name: 'load', type });
      const { result, usage } = await measured(
        broker.pid,
        () => client.load(options, broker, [...args, warmS(client, context), options.seconds]),
        (line) => line.messages,
      );
      if (broker.target === 'polylog') {
        const { messages: acknowledged } = result;
        await checkCount(options, broker, { name: 'load', partitions: QUEUES, acknowledged });
      }
      await broker.stop();
      return {
        [id]: { value: result.per_s / 1e3, usage, ...failures(result) },
        [latency.id]: { value: result.p99_ms, note: `p50 ${result.p50_ms.toFixed(1)} ms` },
      };
    },
  };
}

/** `args`: of the load program's `receive`, before topic, group and count. */
export function receive(
  client: RocketmqClient,
  { args = [], ...kind }: KindOptions & { readonly args?: readonly string[] },
): Figure {
  const { id } = kind;
  return {
    name: id,
    targets,
    rows: [{ ...rowOf(client, kind), unit: 'k/s', goals: twice }],
    async measure(context) {
      const { options } = context;
      const broker = await startForRocketmq(context);
      await makeTopics(options, broker, { name: 'load' });
      await makeGroup(options, broker, 'readers');
      const count = options.smoke ? 1000 : client.backlog;
      await client.load(options, broker, ['fill', 'load', SIZE, count]);
      const { result, usage } = await measured(
        broker.pid,
        () => client.load(options, broker, ['receive', ...args, 'load', 'readers', count]),
        (line) => line.messages,
      );
      await broker.stop();
      return { [id]: { value: result.per_s / 1e3, usage, ...failures(result) } };
    },
  };
}

/** So many, delayed by five seconds. `args`: of the load program's `delay`, behind the delay. */
export function delay(
  client: RocketmqClient,
  { count, args = [], ...kind }: KindOptions & { readonly count: number; readonly args?: readonly number[] },
): Figure {
  const { id } = kind;
  return {
    name: id,
    targets,
    rows: [{ ...rowOf(client, kind), unit: 'ms', goals: [{ kind: 'absolute', op: '<=', limit: 5 }] }],
    async measure(context) {
      const { options } = context;
      const broker = await startForRocketmq(context);
      await makeTopics(options, broker, { name: 'load', type: 'DELAY' });
      await makeGroup(options, broker, 'readers');
      const [messages, delayMs] = options.smoke ? [50, 1000] : [count, 5000];
      const all = ['delay', 'load', 'readers', messages, delayMs, ...args];
      const line = await client.load(options, broker, all);
      await broker.stop();
      const note = `p50 ${line.p50_ms.toFixed(1)} ms, latest ${line.max_ms.toFixed(1)} ms`;
      return { [id]: { value: line.p99_ms, note, ...failures(line) } };
    },
  };
}
