/** Retention by time, to the batch, wherever the batches lie, beside the simplest way to say it. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Stream } from '../../src/store/contract.ts';
import { sleep, world } from './sim-world.ts';
import { appendDurably, makeBatch, SMALL, topic } from './support.ts';

it('moves a start behind all batches before which everything is too old', async () => {
  const ages = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 60 });
  const cutoffs = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(ages, cutoffs, fc.boolean(), async (timestamps, looks, inMemory) => {
      const { open, run, clock } = world();
      await run(async () => {
        const settings = { ...SMALL, chunkBytes: 2048, tailCacheBytes: inMemory ? 1 << 20 : 0 };
        const log = await open({ settings });
        const streams = [0, 1].map((partition) => log.stream(topic('a'), partition));
        const sent: { end: number; timestamp: number }[] = [];
        for (const timestamp of timestamps) {
          const batch = () => makeBatch({ values: ['x'.repeat(100), 'y'], timestamp, timestampStep: 1 });
          const entries = streams.map((stream) => ({ stream, batch: batch() }));
          const { baseOffsets } = await appendDurably(log, { entries });
          sent.push({ end: baseOffsets[0]! + 2, timestamp: timestamp + 1 });
        }
        await sleep(clock, 100);
        let expected = 0;
        for (const cutoff of looks) {
          const retentionMs = clock.nowMs() - cutoff;
          const policy = (stream: Stream) =>
            stream.partition === 0 ? { retentionMs, retentionBytes: Number.POSITIVE_INFINITY } : null;
          await log.enforceRetention(policy);
          for (const { end, timestamp } of sent) {
            if (end <= expected) continue;
            if (timestamp >= cutoff) break;
            expected = end;
          }
          expect(streams[0]!.startOffset).toBe(expected);
          expect(streams[1]!.startOffset).toBe(0);
        }
        await log.close();
      });
    }),
    { numRuns: 60 },
  );
});
