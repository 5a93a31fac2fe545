import { describe, expect, it } from 'vitest';
import { Sparing } from '../../src/queue/sparing.ts';
import { NO_KEY, Window } from '../../src/queue/window.ts';

/** Ten messages that were delivered so often, and fresh ones behind them. */
function delivered(deliveries: number): Window {
  const window = new Window(0, 10);
  const standing = {
    state: 'available',
    deliveries,
    lease: null,
    untilMs: 0,
    key: NO_KEY,
    reason: null,
  } as const;
  window.place(0, 9, standing, () => undefined);
  return window;
}

/** How many go together first. */
const together = (deliveriesMax: number, deliveries: number): number =>
  new Sparing(deliveriesMax).allowed(delivered(deliveries), 0, 10);

describe('messages that go together', () => {
  it('are fewer from half of the deliveries on, and one for the last time', () => {
    expect([0, 1, 2, 3, 4].map((deliveries) => together(5, deliveries))).toEqual([10, 10, 10, 5, 1]);
    expect([4, 5, 6, 7, 8, 9].map((deliveries) => together(10, deliveries))).toEqual([10, 5, 2, 1, 1, 1]);
    expect([1, 2].map((deliveries) => together(3, deliveries))).toEqual([10, 1]);
    // A limit that was lowered since.
    expect(together(3, 50)).toBe(1);
  });

  it('are as many as there are without a limit, or with one of two', () => {
    expect([0, 2].map((deliveriesMax) => together(deliveriesMax, 1))).toEqual([10, 10]);
    expect(together(0, 1000)).toBe(10);
  });

  it('are not joined to others that were given before', () => {
    const sparing = new Sparing(5);
    expect(sparing.allowed(delivered(0), 0, 3)).toBe(3);
    sparing.given(3);
    expect(sparing.isUsedUp).toBe(false);
    expect(sparing.allowed(delivered(3), 3, 5)).toBe(0);
    expect(sparing.isUsedUp).toBe(true);
  });

  it('have others go with them up to their number, but for the last time', () => {
    const sparing = new Sparing(5);
    const window = delivered(3);
    expect(sparing.allowed(window, 0, 1)).toBe(1);
    sparing.given(1);
    expect(sparing.allowed(window, 10, 100), 'fresh ones').toBe(4);
    expect(sparing.allowed(delivered(4), 1, 1)).toBe(0);
    const alone = new Sparing(5);
    expect(alone.allowed(delivered(4), 0, 1)).toBe(1);
    alone.given(1);
    expect(alone.allowed(window, 10, 100)).toBe(0);
  });
});
