import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../src/protocol/kafka/memory-budget.ts';

describe('MemoryBudget', () => {
  it('is exhausted at its bound, and lets one request above the whole bound pass', () => {
    const budget = new MemoryBudget(100);
    expect(budget.exhausted).toBe(false);
    budget.take(99);
    expect(budget.exhausted).toBe(false);
    budget.take(500);
    expect(budget.exhausted).toBe(true);
    expect(budget.usedBytes).toBe(599);
    budget.give(500);
    expect(budget.exhausted).toBe(false);
  });

  it('resumes in the order of asking, as long as there is room', () => {
    const budget = new MemoryBudget(100);
    budget.take(100);
    const resumed: number[] = [];
    for (let i = 0; i < 4; i++) {
      budget.wait(() => {
        resumed.push(i);
        budget.take(60);
      });
    }
    budget.give(100);
    expect(resumed).toEqual([0, 1]);
    budget.give(60);
    expect(resumed).toEqual([0, 1, 2]);
  });

  it('calls nobody who asked twice twice, and nobody who took it back', () => {
    const budget = new MemoryBudget(10);
    budget.take(10);
    let calls = 0;
    const resume = (): void => void calls++;
    const other = (): void => void (calls += 100);
    budget.wait(resume);
    budget.wait(resume);
    budget.wait(other);
    budget.forget(other);
    budget.give(10);
    budget.give(0);
    expect(calls).toBe(1);
  });

  it('resumes any number that give back at once', () => {
    const budget = new MemoryBudget(10);
    budget.take(10);
    let calls = 0;
    for (let i = 0; i < 50_000; i++) {
      budget.wait(() => {
        calls++;
        budget.take(10);
        budget.give(10);
      });
    }
    budget.give(10);
    expect(calls).toBe(50_000);
    expect(budget.usedBytes).toBe(0);
  });

  it('without a limit is never exhausted', () => {
    const budget = new MemoryBudget(Number.POSITIVE_INFINITY);
    budget.take(2 ** 50);
    expect(budget.exhausted).toBe(false);
  });
});
