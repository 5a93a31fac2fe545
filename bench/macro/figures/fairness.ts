// Whether one client that takes what it can get spoils another's latency: the p99 of a producer at a modest rate, alone and
// beside a client that produces, fetches or connects as fast as it can (drivers rate.c and flood.c).
//
// The other client runs at a lower priority, so that the two don't fight for the processor themselves: what is measured
// is what the broker makes of them.

import { join } from 'node:path';
import { run } from '../proc.ts';
import { createTopic, driver, latencies, latencyWarmS, rdkafkaProduce } from '../tools.ts';
import type { Broker, Figure, FigureContext, Measurement, Row } from '../types.ts';

const FLOODS = ['produce', 'fetch', 'connect'] as const;
const VICTIM_PER_SECOND = 500;
const SIZE = 1024;
/** What the fetching client reads again and again. */
const STORED_RECORDS = 200_000;

const client = `drivers/rate.c on librdkafka: acks=all, linger 0, ${VICTIM_PER_SECOND}/s × 1 KiB`;

const rows: readonly Row[] = [
  { id: 'fair-alone', title: 'p99 of produce at a modest rate, alone', client, unit: 'ms', goals: [] },
  ...FLOODS.map((flood) => ({
    id: `fair-${flood}`,
    title: `the same beside a client that ${flood === 'fetch' ? 'fetches' : `${flood}s`} as fast as it can`,
    client: `${client}; drivers/flood.c ${flood}, at a lower priority`,
    unit: '× alone',
    goals: [{ kind: 'absolute', op: '<=', limit: 1.5 } as const],
  })),
];

/** Runs the flood around `measure`; answers what it got done a second. */
async function beside<T>(
  { options }: FigureContext,
  flood: { readonly kind: (typeof FLOODS)[number]; readonly broker: Broker; readonly seconds: number },
  measure: () => Promise<T>,
): Promise<{ readonly found: T; readonly perSecond: number }> {
  const { kind, broker, seconds } = flood;
  const args = [kind, broker.bootstrap, kind === 'produce' ? 'flood' : 'stored', `${SIZE}`, `${seconds}`];
  const running = run('nice', ['-n', '10', join(options.paths.drivers, 'flood'), ...args]);
  const [{ stdout }, found] = await Promise.all([running, measure()]);
  return { found, perSecond: (JSON.parse(stdout) as { per_s: number }).per_s };
}

export const fairnessFigure: Figure = {
  name: 'fairness',
  rows,
  async measure(context: FigureContext) {
    const { options, start, log } = context;
    const broker = await start();
    for (const topic of ['victim', 'flood', 'stored']) await createTopic(options, broker, topic, 1);
    const count = options.smoke ? 1000 : STORED_RECORDS;
    await rdkafkaProduce(options, broker, { topic: 'stored', size: SIZE, count });
    const floodWarm = options.smoke ? 0.1 : 3;
    const seconds = options.smoke ? options.seconds : options.seconds * 2;
    const victim = async (warm: number) =>
      latencies(
        await driver(options, 'rate', [broker.bootstrap, 'victim', SIZE, VICTIM_PER_SECOND, seconds, warm]),
      );
    const alone = await victim(latencyWarmS(options));
    const measurements: Record<string, Measurement> = {
      'fair-alone': { value: alone.p99Ms, note: `p50 ${alone.p50Ms.toFixed(2)} ms` },
    };
    for (const kind of FLOODS) {
      log(`fairness: beside ${kind}`);
      const flood = { kind, broker, seconds: floodWarm + seconds };
      const { found, perSecond } = await beside(context, flood, () => victim(floodWarm));
      measurements[`fair-${kind}`] = {
        value: found.p99Ms / alone.p99Ms,
        note: `p50 ${found.p50Ms.toFixed(2)}, p99 ${found.p99Ms.toFixed(2)} ms; the other ${Math.round(perSecond)}/s`,
      };
    }
    await broker.stop();
    return measurements;
  },
};
