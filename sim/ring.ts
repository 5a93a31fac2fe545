/**
 * Crash at every I/O: one small world with a fixed workload, run once for each disk operation of the broker's first boot,
 * dying there, before the operation and half way through it. Each run ends with the same audit as any other world.
 */
import { drawPlan, type Plan } from './plan.ts';
import { Prng } from './prng.ts';
import { runWorld, type WorldOptions, type WorldResult } from './world.ts';

export interface RingResult {
  readonly runs: number;
  readonly operations: number;
  /** Operation, whether half, and what was wrong. */
  readonly failures: readonly {
    readonly operation: number;
    readonly half: boolean;
    readonly result: WorldResult;
  }[];
}

/** A workload that touches everything that is stored, and small chunks, so that some are sealed. */
export function ringPlan(seed: number): Plan {
  const prng = new Prng(seed);
  const plan = drawPlan(prng);
  const topics = [{ name: 'topic0', partitions: 2, configs: {}, durable: true, trimmed: false }];
  const producer = {
    topics: ['topic0'],
    acks: -1 as const,
    idempotent: true,
    retries: true,
    codec: 0 as const,
    recordsMax: 60,
    batchRecordsMax: 3,
    valueBytesMax: 4000,
    inFlightMax: 3,
    pauseMsMax: 5,
  };
  const group = {
    name: 'group0',
    topics: ['topic0'],
    members: 2,
    staticMembers: false,
    sessionTimeoutMs: 6000,
  };
  return {
    ...plan,
    topics,
    producers: [producer, { ...producer, idempotent: false, retries: false }],
    consumers: 1,
    groups: [group],
    chaosClients: 0,
    admin: true,
    faults: [],
    loadMs: 1500,
    settings: { ...plan.settings, 'polylog.chunk.bytes': '65536', 'group.initial.rebalance.delay.ms': '0' },
  };
}

/** `every`: take only each n-th operation. */
export async function crashRing(seed: number, options: WorldOptions, every = 1): Promise<RingResult> {
  const adjust = (): Plan => ringPlan(seed);
  const whole = await runWorld(seed, { ...options, adjust });
  const failures: RingResult['failures'][number][] = [];
  if (whole.failures.length > 0) failures.push({ operation: 0, half: false, result: whole });
  let runs = 1;
  for (let operation = 1; operation <= whole.operations; operation += every) {
    for (const half of [false, true]) {
      const result = await runWorld(seed, { ...options, adjust, crashAt: { operation, half } });
      runs++;
      if (result.failures.length > 0) failures.push({ operation, half, result });
    }
  }
  return { runs, operations: whole.operations, failures };
}
