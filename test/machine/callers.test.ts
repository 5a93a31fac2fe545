// Each caller is answered once, under its own token, whatever is added and taken in between.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Callers } from '../../src/machine/callers.ts';

test('behaves as a map whose keys are given once', () => {
  const steps = fc.array(fc.oneof(fc.constant<'add'>('add'), fc.nat({ max: 30 })), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (chosen) => {
      const callers = new Callers<object>();
      const expected = new Map<number, object>();
      const given: number[] = [];
      for (const step of chosen) {
        if (step === 'add') {
          const caller = {};
          const token = callers.add(caller);
          expect(token).not.toBe(0);
          expect(given).not.toContain(token);
          given.push(token);
          expected.set(token, caller);
        } else {
          const token = given[step] ?? 0;
          expect(callers.take(token)).toBe(expected.get(token));
          expected.delete(token);
        }
        expect(callers.size).toBe(expected.size);
      }
      expect(new Set(callers.takeAll())).toEqual(new Set(expected.values()));
      expect(callers.size).toBe(0);
    }),
  );
});
