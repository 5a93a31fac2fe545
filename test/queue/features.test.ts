/**
 * Limits, expiry, priorities, transactions, dead letters and redrive of a whole broker against a naive model. A bounded share of what
 * `npm run sim -- --queues N --features` does; FEATURE_OPERATIONS asks for more.
 */
import { describe, expect, it } from 'vitest';
import { exerciseFeatures } from '../../sim/queue-features/exercise.ts';
import { newFeatureCounts } from '../../sim/queue-features/world.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';

const OPERATIONS = Number(process.env.FEATURE_OPERATIONS ?? 6000);
const OPERATIONS_OF_A_SEED = 2000;

describe('subscriptions of a broker', () => {
  it('do what a naive model says', async () => {
    const counts = newFeatureCounts();
    for (let seed = 1; counts.operations < OPERATIONS; seed++) {
      await exerciseFeatures(seed, OPERATIONS_OF_A_SEED, { compression: nodeCompression, counts });
    }
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(20);
  });

  it('let what has expired behind others of its key go after them, without a consumer', async () => {
    for (const seed of [1013, 1099]) {
      const counts = newFeatureCounts();
      await exerciseFeatures(seed, 400, { compression: nodeCompression, counts });
      expect(counts.expired).toBeGreaterThan(20);
    }
  });
});
