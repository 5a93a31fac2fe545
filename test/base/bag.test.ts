import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Bag } from '../../src/base/bag.ts';

it('holds what a set would hold', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('add', 'remove'), fc.nat(9)), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (commands) => {
      const items = Array.from({ length: 10 }, () => ({ place: -1 }));
      const bag = new Bag<{ place: number }>();
      const model = new Set<object>();
      for (const [command, which] of commands) {
        const item = items[which]!;
        if (command === 'remove') expect(bag.remove(item)).toBe(model.delete(item));
        else if (!model.has(item)) {
          bag.add(item);
          model.add(item);
        }
        expect(bag.size).toBe(model.size);
        expect(new Set<object>(bag.all())).toEqual(model);
      }
      bag.clear();
      expect(bag.size).toBe(0);
      for (const item of items) expect(bag.remove(item)).toBe(false);
    }),
  );
});
