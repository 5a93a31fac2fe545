/** When memory is collected: the rules, with what each look would see. */
import { describe, expect, it } from 'vitest';
import { CollectionRule, GrowthPace } from '../../src/platform/node/memory.ts';

const MB = 1024 * 1024;
const QUIET_LOOKS = 8;
const look = (over: object = {}) => ({ bufferBytes: 0, heapBytes: 10 * MB, utilization: 0, ...over });

/** What the rule says at each of some looks. */
const says = (rule: CollectionRule, looks: number, over: object = {}): boolean[] =>
  Array.from({ length: looks }, () => rule.isTime(look(over)));

describe('the rule of collections', () => {
  it('collects when buffers have grown by the bound, however busy it is', () => {
    const rule = new CollectionRule(32 * MB, look());
    expect(says(rule, 2, { bufferBytes: 31 * MB, utilization: 1 })).toEqual([false, false]);
    expect(rule.isTime(look({ bufferBytes: 32 * MB, utilization: 1 }))).toBe(true);
    rule.collected(look({ bufferBytes: 20 * MB }));
    expect(rule.isTime(look({ bufferBytes: 51 * MB, utilization: 1 }))).toBe(false);
    // The floor sinks with the buffers.
    expect(rule.isTime(look({ bufferBytes: 10 * MB, utilization: 1 }))).toBe(false);
    expect(rule.isTime(look({ bufferBytes: 42 * MB, utilization: 1 }))).toBe(true);
  });

  it('collects what a busy time has left once it has been quiet for a while, and then no more', () => {
    const rule = new CollectionRule(32 * MB, look());
    expect(says(rule, 20, { heapBytes: 40 * MB, utilization: 0.5 })).not.toContain(true);
    expect(says(rule, QUIET_LOOKS - 1, { heapBytes: 40 * MB })).not.toContain(true);
    expect(rule.isTime(look({ heapBytes: 40 * MB, utilization: 0.5 }))).toBe(false);
    expect(says(rule, QUIET_LOOKS, { heapBytes: 40 * MB }).lastIndexOf(true)).toBe(QUIET_LOOKS - 1);
    rule.collected(look({ heapBytes: 30 * MB }));
    expect(says(rule, 20, { heapBytes: 31 * MB })).not.toContain(true);
  });

  it('leaves a large heap alone', () => {
    const rule = new CollectionRule(32 * MB, look());
    expect(says(rule, 20, { heapBytes: 200 * MB })).not.toContain(true);
  });

  it('looks once more in a quiet time after buffers were collected in a busy one', () => {
    const rule = new CollectionRule(32 * MB, look());
    const large = { bufferBytes: 100 * MB };
    expect(rule.isTime(look({ ...large, utilization: 1 }))).toBe(true);
    rule.collected(look(large));
    expect(says(rule, QUIET_LOOKS, large).filter(Boolean)).toEqual([true]);
    rule.collected(look());
    expect(says(rule, 20)).not.toContain(true);
  });
});

describe('the pace at which the heap grows', () => {
  const PERIOD_LOOKS = 60;
  const percents = (pace: GrowthPace, looks: number, heapBytes: number): Set<number> =>
    new Set(Array.from({ length: looks }, () => pace.percent(look({ heapBytes }))));

  it('gives a heap room in which little lives, however much garbage is in it for a while', () => {
    const pace = new GrowthPace(look());
    expect(percents(pace, 1, 10 * MB)).toEqual(new Set([300]));
    for (let cycle = 0; cycle < 5; cycle++) {
      expect(percents(pace, PERIOD_LOOKS - 1, 90 * MB)).toEqual(new Set([300]));
      expect(percents(pace, 1, 20 * MB)).toEqual(new Set([300]));
    }
  });

  it('leaves a heap to V8 that does not come down any more, until it does', () => {
    const pace = new GrowthPace(look());
    percents(pace, 2 * PERIOD_LOOKS, 90 * MB);
    expect(percents(pace, 10, 90 * MB)).toEqual(new Set([0]));
    expect(percents(pace, 1, 30 * MB)).toEqual(new Set([300]));
  });
});
