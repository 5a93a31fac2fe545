/**
 * Prometheus' text format, version 0.0.4: for each family `# HELP`, `# TYPE`, and its samples one a line. A family stands in
 * one piece and once.
 */
import type { TimeCounts } from '../base/time-histogram.ts';

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'untyped';
export type Labels = readonly (readonly [name: string, value: string])[];

export interface Sample {
  /** Behind the family's name: `_bucket`, `_sum`, `_count` of a histogram; else ''. */
  readonly suffix: string;
  readonly labels: Labels;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly samples: Iterable<Sample>;
}

export const NO_LABELS: Labels = [];

/** One sample without a suffix. */
export function sample(value: number, labels: Labels = NO_LABELS): Sample {
  return { suffix: '', labels, value };
}

const MS_PER_S = 1000;

/** The samples of a histogram, in seconds. */
export function* histogramSamples({ boundsMs, counts, totalMs }: TimeCounts): Iterable<Sample> {
  let below = 0;
  for (const [i, count] of counts.entries()) {
    below += count;
    const le = i < boundsMs.length ? String(boundsMs[i]! / MS_PER_S) : '+Inf';
    yield { suffix: '_bucket', labels: [['le', le]], value: below };
  }
  yield { suffix: '_sum', labels: NO_LABELS, value: totalMs / MS_PER_S };
  yield { suffix: '_count', labels: NO_LABELS, value: below };
}

export function familyText({ name, help, type, samples }: Family): string {
  const lines = [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`];
  for (const { suffix, labels, value } of samples) {
    lines.push(`${name}${suffix}${labelText(labels)} ${valueText(value)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** A text as a name of a metric or label: what is not allowed becomes an underscore. */
export function metricName(text: string): string {
  return text.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_');
}

function labelText(labels: Labels): string {
  if (labels.length === 0) return '';
  return `{${labels.map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`).join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function valueText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}
