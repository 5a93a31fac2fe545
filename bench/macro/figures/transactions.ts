// Figures of transactions: small ones, one behind the other, and what readers of committed records get. Driver: txn.c.

import { measured } from '../proc.ts';
import { checkCount, createTopic, driver, latencies, latencyWarmS, rdkafkaConsume } from '../tools.ts';
import type { Broker, Figure, FigureContext, Goal, Measurement, Options, Row } from '../types.ts';

const client = 'drivers/txn.c on librdkafka: one producer, linger 0, one partition, 100 B';
const threeTimes: readonly Goal[] = [{ kind: 'ratio', to: 'kafka', op: '>=', limit: 3 }];
const atLeast: readonly Goal[] = [{ kind: 'ratio', to: 'kafka', op: '>=', limit: 1 }];

/** How long a broker that has just started works before commits count, s. */
const youngWarmS = ({ smoke }: Options): number => (smoke ? 0.1 : 2);

interface Load {
  readonly topic: string;
  readonly records: number;
  readonly warmS: number;
}

interface Run {
  readonly commits: Measurement;
  readonly p99: Measurement;
  readonly records: Measurement;
  /** Messages that the topic holds, without the markers. */
  readonly sent: number;
}

/** Transactions of so many records for as long as a measurement should last. */
async function transact(options: Options, broker: Broker, { topic, records, warmS }: Load): Promise<Run> {
  await createTopic(options, broker, topic, 1);
  const { result, usage } = await measured(
    broker.pid,
    () => driver(options, 'txn', [broker.bootstrap, topic, 100, records, options.seconds, warmS]),
    (line) => line.sent!,
  );
  // Each transaction has a marker at its end, which takes an offset.
  await checkCount(options, broker, { name: topic, partitions: 1, acknowledged: result.acked! });
  const found = latencies(result);
  const note = `p50 ${found.p50Ms.toFixed(2)}, p99.9 ${found.p999Ms.toFixed(1)} ms`;
  return {
    commits: { value: result.commits_per_s!, usage, note },
    p99: { value: found.p99Ms, note },
    records: { value: result.records_per_s! / 1e3, usage, note },
    sent: result.sent!,
  };
}

function smallFigure(records: number, words: string): Figure {
  const name = `txn-${records}`;
  const pair = (id: string, when: string): Row[] => [
    {
      id: `${id}-rate`,
      title: `commits a second, ${words} each, ${when}`,
      client,
      unit: '/s',
      goals: threeTimes,
    },
    {
      id: `${id}-p99`,
      title: `the same: p99 of a commit`,
      client,
      unit: 'ms',
      goals: [{ kind: 'absolute', op: '<=', limit: 5 }],
    },
  ];
  return {
    name,
    rows: [
      ...pair(name, 'by a broker that has just started'),
      ...pair(`${name}-warm`, 'by one that has been at work'),
    ],
    async measure({ options, start }: FigureContext) {
      const broker = await start();
      const young = await transact(options, broker, { topic: 'young', records, warmS: youngWarmS(options) });
      const warm = await transact(options, broker, { topic: 'warm', records, warmS: latencyWarmS(options) });
      await broker.stop();
      return {
        [`${name}-rate`]: young.commits,
        [`${name}-p99`]: young.p99,
        [`${name}-warm-rate`]: warm.commits,
        [`${name}-warm-p99`]: warm.p99,
      };
    },
  };
}

const RECORDS = 10_000;

const largeFigure: Figure = {
  name: 'txn-10000',
  rows: [
    {
      id: 'txn-10000-records',
      title: 'records in transactions of 10,000',
      client,
      unit: 'k/s',
      goals: atLeast,
    },
    {
      id: 'txn-10000-consume',
      title: 'consume them with read_committed, from memory',
      client: 'rdkafka_performance -C, no group',
      unit: 'k/s',
      goals: atLeast,
    },
  ],
  async measure({ options, start }: FigureContext) {
    const broker = await start();
    const run = await transact(options, broker, {
      topic: 'txn',
      records: options.smoke ? 100 : RECORDS,
      warmS: youngWarmS(options),
    });
    const passes = options.smoke ? 1 : 4;
    const { result, usage } = await measured(
      broker.pid,
      async () => {
        let seconds = 0;
        for (let pass = 0; pass < passes; pass++) {
          seconds += (await rdkafkaConsume(options, broker, 'txn', run.sent)).seconds;
        }
        return { seconds, messages: run.sent * passes };
      },
      (all) => all.messages,
    );
    await broker.stop();
    const value = result.messages / Math.max(result.seconds, 0.001) / 1e3;
    return { 'txn-10000-records': run.records, 'txn-10000-consume': { value, usage } };
  },
};

export const transactionFigures: readonly Figure[] = [
  smallFigure(1, 'one record'),
  smallFigure(100, '100 records'),
  largeFigure,
];
