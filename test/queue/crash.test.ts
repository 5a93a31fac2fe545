/**
 * Crash at every I/O of a broker whose subscriptions are used, with half messages, delays and letters that are put back; and a disk that
 * fails. Some here; `npm run sim -- --ring --queues 280` takes all operations, `npm run sim -- --faults --queues N` more disks.
 */
import { describe, expect, it } from 'vitest';
import { runQueueFaults, runQueueRing } from '../../sim/queue-ring.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';

const OPERATIONS = 240;
/** Odd, so that both orders and both halves are met. */
const EVERY = 5;
const SICK_SEEDS = 20;

describe('a crash at any operation', () => {
  it('loses no message, brings none back that is done, and buries each once', async () => {
    let crashes = 0;
    let deadLetters = 0;
    let redriven = 0;
    for (let operation = 1; operation <= OPERATIONS; operation += EVERY) {
      const crashAt = { operation, half: operation % 4 < 2 };
      const run = await runQueueRing(operation, crashAt, nodeCompression).catch((error: unknown) => {
        throw new Error(`operation ${operation}: ${String(error)}`, { cause: error });
      });
      if (run.crashed) crashes++;
      deadLetters += run.deadLetters;
      redriven += run.redriven;
    }
    expect(crashes).toBeGreaterThan(30);
    expect(deadLetters).toBeGreaterThan(100);
    expect(redriven).toBeGreaterThan(100);
  });
});

describe('a disk that fails, is full or slow', () => {
  it('loses no message, brings none back that is done, and buries each once', async () => {
    let lives = 0;
    for (let seed = 1; seed <= SICK_SEEDS; seed++) {
      const run = await runQueueFaults(seed, nodeCompression).catch((error: unknown) => {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      });
      lives += run.lives;
    }
    expect(lives).toBeGreaterThan(2 * SICK_SEEDS);
  });
});
