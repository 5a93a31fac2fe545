import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DedupTable } from '../../../src/broker/headers/dedup-table.ts';

/** Few different hashes, so that they meet in the index. */
const hashOf = (id: number): Uint32Array => Uint32Array.of(id % 7, id, 0, 0);

test('the table remembers what a map would, the oldest first when it is full', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3000 }),
      fc.array(fc.tuple(fc.nat(4000), fc.integer({ min: 1, max: 60 }), fc.nat(3)), {
        minLength: 500,
        maxLength: 6000,
      }),
      (idsMax, steps) => {
        const table = new DedupTable(idsMax);
        let nowMs = 0;
        const model: { id: number; offset: number; untilMs: number }[] = [];
        steps.forEach(([id, windowMs, passMs], offset) => {
          nowMs += passMs;
          const known = model.findLast((entry) => entry.id === id);
          const expected = known !== undefined && known.untilMs > nowMs ? known.offset : undefined;
          expect(table.find(hashOf(id), nowMs)?.offset).toBe(expected);
          if (expected !== undefined) return;
          while (model.length > 0 && model[0]!.untilMs <= nowMs) model.shift();
          table.expire(nowMs);
          if (model.length >= idsMax) model.shift();
          model.push({ id, offset, untilMs: nowMs + windowMs });
          table.note(hashOf(id), { partition: 0, offset }, nowMs + windowMs);
          expect(table.size).toBe(model.length);
        });
      },
    ),
    { numRuns: 20 },
  );
});
