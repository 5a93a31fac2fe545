/**
 * Crash at every I/O: one small world with a fixed workload, run once for each disk operation of the broker's first boot,
 * dying there, before the operation and half way through it. Each run ends with the same audit as any other world.
 */
import { drawPlan, type Plan } from './plan.ts';
import { Prng } from './prng.ts';
import { runWorld, type WorldOptions, type WorldResult } from './world.ts';

/** One run of the ring. */
export interface RingRun {
  /** The disk operation at which the broker died; 0: the run in which it did not. */
  readonly operation: number;
  /** Half way through it rather than before it. */
  readonly half: boolean;
  readonly result: WorldResult;
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
    protocol: 'classic' as const,
  };
  return {
    ...plan,
    topics,
    producers: [producer, { ...producer, idempotent: false, retries: false }],
    consumers: 1,
    groups: [group, { ...group, name: 'group1', protocol: 'consumer' }],
    table: {
      partitions: 1,
      configs: {
        'cleanup.policy': 'compact',
        'segment.ms': '1',
        'min.cleanable.dirty.ratio': '0.01',
        'delete.retention.ms': '0',
      },
      producers: [
        {
          keys: 5,
          batches: 20,
          recordsMax: 5,
          valueBytesMax: 2000,
          deletes: 0.2,
          codec: 0,
          pauseMsMax: 40,
        },
      ],
      readers: 1,
    },
    delays: {
      partitions: 2,
      configs: { 'polylog.headers': 'true' },
      producers: [
        {
          batches: 15,
          recordsMax: 4,
          valueBytesMax: 1000,
          delays: 0.5,
          delayMsMax: 2000,
          repeats: 0.3,
          codec: 0,
          pauseMsMax: 40,
        },
      ],
    },
    transactions: {
      partitions: 2,
      configs: { 'cleanup.policy': 'compact', 'segment.ms': '1', 'min.cleanable.dirty.ratio': '0.01' },
      producers: [true, false].map((newProtocol) => ({
        transactionalId: newProtocol ? 'tx0' : 'tx1',
        newProtocol,
        transactions: 5,
        recordsMax: 3,
        timeoutMs: 3000,
        pauseMsMax: 5,
        carelessness: 0,
        diesAfterMs: Number.POSITIVE_INFINITY,
      })),
      readers: 1,
    },
    rocketmq: null,
    chaosClients: 0,
    admin: true,
    faults: [],
    loadMs: 1500,
    settings: {
      ...plan.settings,
      'polylog.chunk.bytes': '65536',
      'group.initial.rebalance.delay.ms': '0',
      'log.cleaner.backoff.ms': '100',
    },
  };
}

/** Gives the run without a crash first. `every`: take only each n-th operation. */
export async function* crashRing(seed: number, options: WorldOptions, every = 1): AsyncGenerator<RingRun> {
  const adjust = (): Plan => ringPlan(seed);
  const whole = await runWorld(seed, { ...options, adjust });
  yield { operation: 0, half: false, result: whole };
  for (let operation = 1; operation <= whole.operations; operation += every) {
    for (const half of [false, true]) {
      const result = await runWorld(seed, { ...options, adjust, crashAt: { operation, half } });
      yield { operation, half, result };
    }
  }
}
