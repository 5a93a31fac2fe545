// Figures of produce throughput: 100 B and 1 KiB, one and twelve partitions, big and 16 KiB batches, one in flight,
// with librdkafka's and Java's load programs. Each row starts a broker on an empty directory.

import { createTopic, javaProduce, producePass, rdkafkaProduce } from '../tools.ts';
import type { Figure, Goal, Measurement, Row } from '../types.ts';

interface Load {
  readonly name: string;
  readonly title: string;
  readonly size: number;
  readonly partitions: number;
  readonly java?: boolean;
  readonly settings?: readonly string[];
  /** First guess of how many messages last some seconds. */
  readonly guess: number;
  readonly unit: 'k/s' | 'MB/s';
  readonly goals: readonly Goal[];
  /** A second row of the same runs: CPU seconds of the broker per million messages. */
  readonly cpuGoals?: readonly Goal[];
  readonly disk?: Figure['disk'];
}

const asFastAsKafka: Goal = { kind: 'ratio', to: 'kafka', op: '>=', limit: 1 };

function clientOf(load: Load): string {
  const settings = (load.settings ?? []).join(' ') || 'its defaults';
  return load.java ? `Java ProducerPerformance, ${settings}` : `rdkafka_performance, ${settings}`;
}

function rowsOf(load: Load): Row[] {
  const client = clientOf(load);
  const rate: Row = { id: load.name, title: load.title, client, unit: load.unit, goals: load.goals };
  if (load.cpuGoals === undefined) return [rate];
  const title = `${load.title}: broker CPU per million`;
  return [rate, { id: `${load.name}-cpu`, title, client, unit: 's', goals: load.cpuGoals }];
}

function figure(load: Load): Figure {
  return {
    name: load.name,
    rows: rowsOf(load),
    ...(load.java ? { java: true } : {}),
    ...(load.disk ? { disk: load.disk } : {}),
    async measure({ options, start }) {
      const broker = await start();
      await createTopic(options, broker, 'load', load.partitions);
      const { pass, note } = await producePass(options, broker, {
        produce: load.java ? javaProduce : rdkafkaProduce,
        topic: 'load',
        partitions: load.partitions,
        size: load.size,
        count: load.guess,
        ...(load.settings ? { settings: load.settings } : {}),
      });
      await broker.stop();
      const { usage } = pass;
      const value = load.unit === 'k/s' ? pass.perSecond / 1e3 : (pass.perSecond * load.size) / 1e6;
      const rate: Measurement = { value, usage, ...(note ? { note } : {}) };
      if (load.cpuGoals === undefined) return { [load.name]: rate };
      return {
        [load.name]: rate,
        [`${load.name}-cpu`]: { value: (usage.brokerCpuS / usage.messages) * 1e6 },
      };
    },
  };
}

function defaults(size: 100 | 1024, partitions: 1 | 12, java: boolean): Load {
  const words = size === 100 ? '100 B' : '1 KiB';
  const name = `produce-${size === 100 ? '100' : '1k'}-p${partitions}${java ? '-java' : ''}`;
  const small = size === 100;
  return {
    name,
    title: `produce ${words}, acks=all, ${partitions} partition${partitions === 1 ? '' : 's'}`,
    size,
    partitions,
    java,
    guess: (small ? 2_000_000 : 300_000) / (java ? 2 : 1),
    unit: small ? 'k/s' : 'MB/s',
    goals: [
      asFastAsKafka,
      // Java's batches of 16 KiB are no measure of the disk.
      ...(small || java ? [] : [{ kind: 'ratio', to: 'disk', op: '>=', limit: 0.8 } satisfies Goal]),
    ],
    ...(small || java ? {} : { disk: { row: name, chunkBytes: 1_000_000, value: 'mbPerS' } }),
  };
}

const inBatches = {
  title: 'produce 100 B in 16 KiB batches, acks=all, 1 partition',
  size: 100,
  partitions: 1,
  unit: 'k/s',
  goals: [{ kind: 'ratio', to: 'kafka', op: '>=', limit: 1.2 }],
  cpuGoals: [{ kind: 'ratio', to: 'kafka', op: '<=', limit: 0.7 }],
} as const;

export const produceFigures: readonly Figure[] = [
  ...([100, 1024] as const).flatMap((size) =>
    [false, true].flatMap((java) => ([1, 12] as const).map((partitions) => defaults(size, partitions, java))),
  ),
  { ...inBatches, name: 'produce-16k', settings: ['batch.size=16384'], guess: 1_000_000 },
  { ...inBatches, name: 'produce-16k-java', java: true, settings: ['batch.size=16384'], guess: 1_000_000 },
  {
    name: 'one-in-flight',
    title: 'produce 100 B, one message in flight, acks=all',
    size: 100,
    partitions: 1,
    settings: ['max.in.flight=1', 'linger.ms=0', 'batch.num.messages=1'],
    guess: 8000,
    unit: 'k/s',
    goals: [{ kind: 'ratio', to: 'kafka-fsync', op: '>=', limit: 1.5 }],
    disk: { row: 'one-in-flight', chunkBytes: 200, value: 'p50Ms' },
  } satisfies Load,
].map(figure);
