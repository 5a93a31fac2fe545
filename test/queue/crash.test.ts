/**
 * Crash at every I/O of a broker whose subscriptions are used. Every few operations here; `npm run sim -- --ring --queues 280` takes all
 * of them.
 */
import { describe, expect, it } from 'vitest';
import { runQueueRing } from '../../sim/queue-ring.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';

const OPERATIONS = 240;
/** Odd, so that both orders and both halves are met. */
const EVERY = 5;

describe('a crash at any operation', () => {
  it('loses no message, brings none back that is done, and buries each once', async () => {
    let crashes = 0;
    let deadLetters = 0;
    for (let operation = 1; operation <= OPERATIONS; operation += EVERY) {
      const crashAt = { operation, half: operation % 4 < 2 };
      const run = await runQueueRing(operation, crashAt, nodeCompression).catch((error: unknown) => {
        throw new Error(`operation ${operation}: ${String(error)}`, { cause: error });
      });
      if (run.crashed) crashes++;
      deadLetters += run.deadLetters;
    }
    expect(crashes).toBeGreaterThan(30);
    expect(deadLetters).toBeGreaterThan(100);
  });
});
