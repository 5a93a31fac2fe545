// What was measured, and what it means: medians, ratios, goals reached, what limits.

import { availableParallelism } from 'node:os';
import type { Goal, Measurement, Row, SeriesName, Usage } from './types.ts';

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

export interface Failure {
  readonly figure: string;
  readonly target: SeriesName;
  readonly run: number;
  readonly message: string;
}

/** Measurements by row and series, in the order they were made. */
export class Results {
  readonly #rows = new Map<string, Map<SeriesName, Measurement[]>>();
  readonly failures: Failure[] = [];

  add(row: string, series: SeriesName, measurement: Measurement): void {
    if (!Number.isFinite(measurement.value))
      throw new Error(`${row} on ${series}: ${measurement.value} is no number`);
    const bySeries = this.#rows.get(row) ?? new Map<SeriesName, Measurement[]>();
    this.#rows.set(row, bySeries);
    bySeries.set(series, [...(bySeries.get(series) ?? []), measurement]);
  }

  of(row: string, series: SeriesName): readonly Measurement[] {
    return this.#rows.get(row)?.get(series) ?? [];
  }

  summary(row: string, series: SeriesName): Summary | undefined {
    const values = this.of(row, series).map((measurement) => measurement.value);
    if (values.length === 0) return undefined;
    return {
      median: median(values),
      min: Math.min(...values),
      max: Math.max(...values),
      runs: values.length,
    };
  }

  toJSON(): unknown {
    return {
      rows: Object.fromEntries([...this.#rows].map(([row, series]) => [row, Object.fromEntries(series)])),
      failures: this.failures,
    };
  }
}

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no values, no median');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** polylog's median through another series' median, or undefined when one was not measured. */
export function ratio(results: Results, row: string, to: SeriesName): number | undefined {
  const ours = results.summary(row, 'polylog');
  const theirs = results.summary(row, to);
  return ours === undefined || theirs === undefined ? undefined : ours.median / theirs.median;
}

export function goalText(goal: Goal, unit: string): string {
  const op = goal.op === '>=' ? '≥' : '≤';
  return goal.kind === 'ratio' ? `${op} ${goal.limit} × ${goal.to}` : `${op} ${goal.limit} ${unit}`;
}

/** Whether polylog reaches a goal, by medians; undefined when what it needs was not measured. */
export function reached(results: Results, row: Row, goal: Goal): boolean | undefined {
  const value =
    goal.kind === 'ratio' ? ratio(results, row.id, goal.to) : results.summary(row.id, 'polylog')?.median;
  if (value === undefined) return undefined;
  return goal.op === '>=' ? value >= goal.limit : value <= goal.limit;
}

export interface Costs {
  readonly brokerPerMillionS: number;
  readonly clientPerMillionS: number;
  readonly brokerCores: number;
  readonly clientCores: number;
  readonly writtenPerMessage: number;
  readonly writtenMbPerS: number;
  readonly otherCores: number;
}

/** Medians of what the runs of a row used, or undefined when the row measures no load. */
export function costs(results: Results, row: string, series: SeriesName): Costs | undefined {
  const usages = results
    .of(row, series)
    .flatMap((measurement) => (measurement.usage ? [measurement.usage] : []));
  if (usages.length === 0) return undefined;
  const middle = (value: (usage: Usage) => number): number => median(usages.map(value));
  return {
    brokerPerMillionS: middle((u) => (u.brokerCpuS / u.messages) * 1e6),
    clientPerMillionS: middle((u) => (u.clientCpuS / u.messages) * 1e6),
    brokerCores: middle((u) => u.brokerCpuS / u.wallS),
    clientCores: middle((u) => u.clientCpuS / u.wallS),
    writtenPerMessage: middle((u) => u.brokerWrittenBytes / u.messages),
    writtenMbPerS: middle((u) => u.brokerWrittenBytes / u.wallS / 1e6),
    otherCores: middle((u) => u.otherCores),
  };
}

/**
 * What held a load back, as far as CPU and bytes tell: the machine's cores, one saturated thread, the disk, or
 * waiting for one another. A hint for where to look with a profiler, not a proof.
 */
export function limit(used: Costs, diskMbPerS: number | undefined): string {
  const cores = availableParallelism();
  const share = `broker ${used.brokerCores.toFixed(2)} + client ${used.clientCores.toFixed(2)} of ${cores} cores`;
  if (used.otherCores >= 0.15 * cores)
    return `other programs: ${used.otherCores.toFixed(2)} cores (${share})`;
  if (diskMbPerS !== undefined && used.writtenMbPerS >= 0.7 * diskMbPerS) return `disk (${share})`;
  if (used.brokerCores + used.clientCores >= 0.85 * cores) return `all cores (${share})`;
  if (used.brokerCores >= 0.85 && used.brokerCores < 1.1) return `one thread of the broker (${share})`;
  if (used.clientCores >= 0.85 && used.clientCores < 1.1) return `one thread of the client (${share})`;
  return `waiting on each other (${share})`;
}
