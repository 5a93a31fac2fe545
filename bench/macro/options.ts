// The command line of the macro benchmarks.

import { parseArgs } from 'node:util';
import type { Options, TargetName } from './types.ts';

export const usage = `npm run bench -- [options]

  --only NAME,…      figures by name or the start of it (see --list)
  --runs N           runs of each figure on each target (3)
  --seconds S        how long a measured pass should last at least (6)
  --targets T,…      of polylog, kafka, kafka-fsync, rocketmq, rocketmq-fsync (all that are installed)
  --long             also the figures that store 10 GB
  --smoke            seconds in all, on polylog: shows that each driver works, its numbers mean nothing
  --out FILE         writes the table, each run and the machine to a Markdown file
  --list             names of the figures`;

const allTargets: readonly TargetName[] = ['polylog', 'kafka', 'kafka-fsync', 'rocketmq', 'rocketmq-fsync'];

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not ${text}`);
  return value;
}

function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: start this through bench/run.sh`);
  return value;
}

function isTarget(name: string): name is TargetName {
  return (allTargets as readonly string[]).includes(name);
}

export function parseOptions(
  args: readonly string[],
): Options & { readonly list: boolean; readonly help: boolean } {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      runs: { type: 'string' },
      seconds: { type: 'string' },
      targets: { type: 'string' },
      long: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      out: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { smoke, long } = values;
  const named = values.targets?.split(',');
  const wrong = named?.find((name) => !isTarget(name));
  if (wrong !== undefined) throw new Error(`no target ${wrong}; there are ${allTargets.join(', ')}`);
  const runs = values.runs === undefined ? (smoke ? 1 : 3) : positive('runs', values.runs);
  if (!Number.isInteger(runs)) throw new Error('--runs must be a whole number');
  return {
    only: (values.only ?? []).flatMap((text) => text.split(',')),
    runs,
    seconds: values.seconds === undefined ? (smoke ? 0.3 : 6) : positive('seconds', values.seconds),
    smoke,
    long,
    targets: (named?.filter(isTarget) ?? (smoke ? ['polylog'] : allTargets)) satisfies readonly TargetName[],
    out: values.out,
    list: values.list,
    help: values.help,
    paths: {
      repository: environment('BENCH_REPOSITORY'),
      polylog: environment('BENCH_POLYLOG'),
      drivers: environment('BENCH_DRIVERS'),
      rdkafkaPerformance: environment('BENCH_RDKAFKA_PERFORMANCE'),
      kafka: process.env.BENCH_KAFKA || undefined,
      rocketmq: process.env.BENCH_ROCKETMQ || undefined,
      work: environment('BENCH_WORK'),
      portBase: positive('BENCH_PORT', process.env.BENCH_PORT ?? '23100'),
    },
  };
}
