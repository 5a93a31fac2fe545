// Figures of latency: end to end one at a time, and produce at a fixed rate. Drivers: e2e.c and rate.c.

import { measured } from '../proc.ts';
import { checkCount, createTopic, driver, latencies, latencyWarmS } from '../tools.ts';
import type { Figure, FigureContext } from '../types.ts';

const e2eClient = 'drivers/e2e.c on librdkafka: acks=all, linger 0, one partition';

const endToEnd: Figure = {
  name: 'e2e',
  rows: [
    {
      id: 'e2e-p50',
      title: 'end to end, 1 KiB, one at a time: p50',
      client: e2eClient,
      unit: 'ms',
      goals: [{ kind: 'ratio', to: 'kafka', op: '<=', limit: 1 }],
    },
    {
      id: 'e2e-p99',
      title: 'end to end, 1 KiB, one at a time: p99',
      client: e2eClient,
      unit: 'ms',
      goals: [
        { kind: 'ratio', to: 'kafka', op: '<=', limit: 1 },
        { kind: 'absolute', op: '<=', limit: 1 },
      ],
    },
  ],
  disk: { row: 'e2e-p50', chunkBytes: 1100, value: 'p50Ms' },
  async measure({ options, start }: FigureContext) {
    const broker = await start();
    await createTopic(options, broker, 'e2e', 1);
    const warm = latencyWarmS(options);
    const { result, usage } = await measured(
      broker.pid,
      () => driver(options, 'e2e', [broker.bootstrap, 'e2e', 1024, options.seconds, warm]),
      (line) => line.sent!,
    );
    await checkCount(options, broker, { name: 'e2e', partitions: 1, acknowledged: result.acked! });
    await broker.stop();
    const found = latencies(result);
    return {
      'e2e-p50': { value: found.p50Ms, usage },
      'e2e-p99': { value: found.p99Ms, note: `p99.9 ${found.p999Ms.toFixed(2)} ms` },
    };
  },
};

const atRate: Figure = {
  name: 'rate',
  rows: [
    {
      id: 'rate-p99',
      title: 'p99 of produce at 10,000/s × 1 KiB, linger 0',
      client: 'drivers/rate.c on librdkafka: acks=all, one partition, from when each was due',
      unit: 'ms',
      goals: [{ kind: 'absolute', op: '<=', limit: 10 }],
    },
  ],
  async measure({ options, start }: FigureContext) {
    const broker = await start();
    await createTopic(options, broker, 'rate', 1);
    const warm = latencyWarmS(options);
    const { result, usage } = await measured(
      broker.pid,
      () => driver(options, 'rate', [broker.bootstrap, 'rate', 1024, 10_000, options.seconds * 2, warm]),
      (line) => line.sent!,
    );
    const lost = await checkCount(options, broker, {
      name: 'rate',
      partitions: 1,
      acknowledged: result.acked!,
    });
    await broker.stop();
    const found = latencies(result);
    const behind = result.queue_full! > 0 ? '; the client queue was full: the broker fell behind' : '';
    const note = `p50 ${found.p50Ms.toFixed(2)}, p99.9 ${found.p999Ms.toFixed(1)} ms${behind}${lost ? `; ${lost}` : ''}`;
    return { 'rate-p99': { value: found.p99Ms, usage, note } };
  },
};

export const latencyFigures: readonly Figure[] = [endToEnd, atRate];
