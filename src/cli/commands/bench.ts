// `polylog bench`: produce, consume, latency. Simple load from one process with the client of this CLI, which is often
// the limit itself; for the broker's limits use several processes or librdkafka's rdkafka_performance.

import type { Command } from 'commander';
import { defineBenchConsume } from './bench-consume.ts';
import { defineBenchLatency } from './bench-latency.ts';
import { defineBenchProduce } from './bench-produce.ts';

export function define(bench: Command): void {
  defineBenchProduce(bench);
  defineBenchConsume(bench);
  defineBenchLatency(bench);
  bench.addHelpText(
    'after',
    `
The load comes from this one process, whose client is often the limit itself.

Examples:
  $ polylog bench produce --size 1k --seconds 10
  $ polylog bench consume
  $ polylog bench latency --count 5000`,
  );
}
