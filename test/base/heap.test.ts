import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap } from '../../src/base/heap.ts';

const steps = fc.array(
  fc.tuple(fc.constantFrom('push', 'push', 'pop', 'keep', 'up to', 'next'), fc.nat(30)),
  { maxLength: 200 },
);

test('a heap gives the smallest, as a sorted array does', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const heap = new Heap<{ key: number }>(({ key }) => key);
      let sorted: number[] = [];
      for (const [kind, key] of all) {
        if (kind === 'push') {
          heap.push({ key });
          sorted.push(key);
          sorted.sort((a, b) => a - b);
        } else if (kind === 'pop') expect(heap.pop()?.key).toBe(sorted.shift());
        else if (kind === 'keep') {
          heap.keep((item) => item.key % 3 !== key % 3);
          sorted = sorted.filter((one) => one % 3 !== key % 3);
        } else if (kind === 'up to') {
          const found = heap.upTo(key).map((item) => item.key);
          expect(found.sort((a, b) => a - b)).toEqual(sorted.filter((one) => one <= key));
        } else {
          const next = sorted.find((one) => one > key) ?? Number.POSITIVE_INFINITY;
          expect(heap.nextKey(key)).toBe(next);
        }
        expect(heap.size).toBe(sorted.length);
        expect(heap.peek()?.key).toBe(sorted[0]);
      }
    }),
  );
});
