import { afterEach, describe, expect, it, vi } from 'vitest';
import { nodeClock } from '../../src/platform/node/clock.ts';

afterEach(() => void vi.useRealTimers());

describe('nodeClock', () => {
  it('gives whole milliseconds of the wall, and a span that never falls', () => {
    expect(Number.isInteger(nodeClock.nowMs())).toBe(true);
    expect(Math.abs(nodeClock.nowMs() - Date.now())).toBeLessThan(1000);
    let before = nodeClock.monotonicMs();
    for (let i = 0; i < 1000; i++) {
      const now = nodeClock.monotonicMs();
      expect(now).toBeGreaterThanOrEqual(before);
      before = now;
    }
  });

  it('fires a timer once, not before its time, and not when it was cancelled', () => {
    vi.useFakeTimers();
    const fired: string[] = [];
    nodeClock.setTimer(100, () => fired.push('a'));
    const cancelled = nodeClock.setTimer(100, () => fired.push('b'));
    cancelled.cancel();
    vi.advanceTimersByTime(99);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(fired).toEqual(['a']);
    cancelled.cancel();
  });

  it('waits for as long as is asked, beyond what Node can', () => {
    vi.useFakeTimers();
    let fired = 0;
    const weeks = 8 * 7 * 24 * 3600 * 1000;
    nodeClock.setTimer(weeks, () => fired++);
    const cancelled = nodeClock.setTimer(weeks, () => fired++);
    vi.advanceTimersByTime(weeks - 1);
    expect(fired).toBe(0);
    cancelled.cancel();
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
  });

  it('runs what is asked for after the turn once, after what is due in it', async () => {
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      nodeClock.afterTurn(() => {
        order.push('after');
        resolve();
      });
      process.nextTick(() => order.push('tick'));
      void Promise.resolve().then(() => order.push('promise'));
    });
    expect(order[2]).toBe('after');
  });
});
