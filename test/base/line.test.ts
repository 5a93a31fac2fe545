import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Line } from '../../src/base/line.ts';

interface Item {
  readonly name: number;
  settled: boolean;
}

it('has what came and is not settled, in the order in which it came', () => {
  const step = fc.oneof(fc.constant('add' as const), fc.nat(60));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const line = new Line<Item>();
      const items: Item[] = [];
      for (const what of steps) {
        if (what === 'add') {
          const item = { name: items.length, settled: false };
          items.push(item);
          line.add(item);
        } else {
          const item = items.at(-1 - what);
          if (item === undefined || item.settled) continue;
          item.settled = true;
          line.noteSettled();
        }
        const left = items.filter(({ settled }) => !settled);
        expect(line.size).toBe(left.length);
        expect([...line]).toEqual(left);
      }
    }),
  );
});

it('passes over what is settled while it is gone through', () => {
  const line = new Line<Item>();
  const items = Array.from({ length: 50 }, (_, name) => ({ name, settled: false }));
  for (const item of items) line.add(item);
  const seen: number[] = [];
  for (const { name } of line) {
    seen.push(name);
    for (const item of items.slice(name, name + 5)) {
      item.settled = true;
      line.noteSettled();
    }
  }
  expect(seen).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45]);
  expect(line.size).toBe(0);
});
