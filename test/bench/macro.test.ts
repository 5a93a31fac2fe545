// The arithmetic of the benchmark harness: what it makes of measurements.

import { describe, expect, test } from 'vitest';
import { limit, median, Results, ratio, reached } from '../../bench/macro/results.ts';
import { renderTable } from '../../bench/macro/table.ts';
import { steadyRate } from '../../bench/macro/tools.ts';
import type { Options, Row } from '../../bench/macro/types.ts';

const row: Row = {
  id: 'produce',
  title: 'produce 100 B',
  client: 'a client',
  unit: 'k/s',
  goals: [
    { kind: 'ratio', to: 'kafka', op: '>=', limit: 1 },
    { kind: 'absolute', op: '<=', limit: 10 },
  ],
};

function filled(): Results {
  const results = new Results();
  for (const value of [30, 10, 20]) results.add('produce', 'polylog', { value });
  for (const value of [10, 40]) results.add('produce', 'kafka', { value });
  return results;
}

const options = { targets: ['polylog', 'kafka', 'kafka-fsync'] } as unknown as Options;

describe('results', () => {
  test('the median of an even count lies between the middle two', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([9, 1, 5])).toBe(5);
    expect(() => median([])).toThrow('no values');
  });

  test('goals are judged by medians, and not at all without a measurement', () => {
    const results = filled();
    expect(ratio(results, 'produce', 'kafka')).toBe(0.8);
    expect(reached(results, row, row.goals[0]!)).toBe(false);
    expect(reached(results, row, row.goals[1]!)).toBe(false);
    expect(reached(results, row, { kind: 'absolute', op: '<=', limit: 20 })).toBe(true);
    expect(reached(results, row, { kind: 'ratio', to: 'kafka-fsync', op: '>=', limit: 1 })).toBeUndefined();
  });

  test('a value that is no number is refused', () => {
    expect(() => new Results().add('produce', 'kafka', { value: Number.NaN })).toThrow('no number');
  });

  test('other programs are named before anything else that limits', () => {
    const used = {
      brokerPerMillionS: 1,
      clientPerMillionS: 1,
      brokerCores: 1,
      clientCores: 0.2,
      writtenPerMessage: 100,
      writtenMbPerS: 100,
      otherCores: 0,
    };
    expect(limit(used, undefined)).toContain('one thread of the broker');
    expect(limit(used, 110)).toContain('disk');
    expect(limit({ ...used, otherCores: 1000 }, 110)).toContain('other programs');
  });
});

test('the table has a line for each row, of the same width, with medians, ratio and verdicts', () => {
  const lines = renderTable(filled(), [row], options).split('\n');
  expect(lines).toHaveLength(3);
  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  const cells = lines[2]!.split('|').map((cell) => cell.trim());
  expect(cells[3]).toBe('20.0 k/s (10.0–30.0)');
  expect(cells[5]).toBe('–');
  expect(cells).toContain('0.80 × kafka');
  expect(cells).toContain('≥ 1 × kafka; ≤ 10 k/s');
  expect(cells).toContain('NO; NO');
});

test('the rate of rdkafka_performance leaves its start out, unless the run is too short for that', () => {
  const line = (delivered: number, ms: number) => ({ delivered, failed: 0, ms });
  expect(steadyRate([line(0, 900), line(1000, 1000), line(3000, 1500), line(5000, 2000)])).toBe(4000);
  expect(steadyRate([line(5000, 100)])).toBe(50_000);
});
