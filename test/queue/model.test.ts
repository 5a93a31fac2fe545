/**
 * The queue machine against a naive model. A bounded share of what `npm run sim -- --queues N` does; QUEUE_OPERATIONS asks for more.
 */
import { describe, expect, it } from 'vitest';
import { exerciseQueues, newExerciseCounts } from '../../sim/queue-exercise.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';

const OPERATIONS = Number(process.env.QUEUE_OPERATIONS ?? 60_000);
const OPERATIONS_OF_A_SEED = 2000;

describe('the queue machine', () => {
  it('does what a naive model does', () => {
    const counts = newExerciseCounts();
    for (let seed = 1; counts.operations < OPERATIONS; seed++) {
      exerciseQueues(seed, OPERATIONS_OF_A_SEED, { compression: nodeCompression, counts });
    }
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(500);
  });
});
