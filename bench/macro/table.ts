// The one table, as Markdown that is padded to be read on a terminal too.

import { availableParallelism } from 'node:os';
import { costs, goalText, limit, type Results, ratio, reached, type Summary } from './results.ts';
import type { Options, Row, SeriesName } from './types.ts';

function number(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en');
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 0.1 ? value.toFixed(2) : value.toFixed(3);
}

function spread(summary: Summary | undefined, unit: string): string {
  if (summary === undefined) return '–';
  if (summary.runs === 1) return `${number(summary.median)} ${unit}`;
  return `${number(summary.median)} ${unit} (${number(summary.min)}–${number(summary.max)})`;
}

function pad(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join('\n');
}

/** Units as the table of disk values has them: a rate in MB/s beside k/s rows, a time beside latencies. */
function diskText(results: Results, row: Row): string {
  const summary = results.summary(row.id, 'disk');
  if (summary === undefined) return '';
  return row.unit === 'MB/s' ? spread(summary, 'MB/s') : `${spread(summary, 'ms')} a write + fdatasync`;
}

function limitText(results: Results, row: Row, targets: readonly SeriesName[]): string {
  const first = targets.find((target) => costs(results, row.id, target) !== undefined);
  if (first === undefined) return '';
  const disk = row.unit === 'MB/s' ? results.summary(row.id, 'disk')?.median : undefined;
  const text = limit(costs(results, row.id, first)!, disk);
  return targets.length > 1 ? `${first}: ${text}` : text;
}

function costText(
  results: Results,
  row: Row,
  targets: readonly SeriesName[],
): { cpu: string; written: string } {
  const all = targets.map((target) => costs(results, row.id, target));
  if (all.every((cost) => cost === undefined)) return { cpu: '', written: '' };
  return {
    cpu: all
      .map((c) => (c ? `${number(c.brokerPerMillionS)} + ${number(c.clientPerMillionS)}` : '–'))
      .join(' / '),
    written: all.map((c) => (c ? number(c.writtenPerMessage) : '–')).join(' / '),
  };
}

export function renderTable(results: Results, rows: readonly Row[], options: Options): string {
  const { targets } = options;
  const others: readonly SeriesName[] = [...targets.filter((target) => target !== 'polylog'), 'disk'];
  const names = targets.join(' / ');
  const head = ['figure', 'client', ...targets, 'disk alone', 'polylog ÷ others', 'to reach', 'reached'];
  head.push(
    `CPU s per million, broker + client (${names})`,
    `B written per message (${names})`,
    'what limits',
  );
  const body = rows.map((row) => {
    const ratios = others.flatMap((other) => {
      // A throughput through a latency says nothing.
      if (other === 'disk' && row.unit !== 'MB/s') return [];
      const value = ratio(results, row.id, other);
      return value === undefined ? [] : [`${number(value)} × ${other}`];
    });
    const verdicts = row.goals.map((goal) => {
      const verdict = reached(results, row, goal);
      return verdict === undefined ? '–' : verdict ? 'yes' : 'NO';
    });
    const { cpu, written } = costText(results, row, targets);
    return [
      row.title,
      row.client,
      ...targets.map((target) => spread(results.summary(row.id, target), row.unit)),
      diskText(results, row),
      ratios.join(', '),
      row.goals.map((goal) => goalText(goal, row.unit)).join('; '),
      verdicts.join('; '),
      cpu,
      written,
      limitText(results, row, targets),
    ];
  });
  return pad([head, ...body]);
}

/** Each run's value and remark, for the stored results. */
export function renderRuns(results: Results, rows: readonly Row[], options: Options): string {
  const series: readonly SeriesName[] = [...options.targets, 'disk'];
  const body = rows.flatMap((row) =>
    series.flatMap((name) => {
      const runs = results.of(row.id, name);
      if (runs.length === 0) return [];
      const used = runs.flatMap(({ usage }) => (usage ? [usage.wallS.toFixed(1)] : []));
      const others = runs.flatMap(({ usage }) => (usage ? [usage.otherCores.toFixed(2)] : []));
      const notes = runs.flatMap(({ note }) => (note ? [note] : []));
      return [
        [
          row.id,
          name,
          runs.map(({ value }) => number(value)).join(', '),
          used.join(', '),
          others.join(', '),
          notes.join(' · '),
        ],
      ];
    }),
  );
  return pad([
    ['row', 'target', 'value of each run', 's with client start', 'cores of others', 'remarks'],
    ...body,
  ]);
}

/** A sentence on the machine's load where figures may be blurred by it. */
export function loadWarning(load1: number): string | undefined {
  if (load1 < 0.5 * availableParallelism()) return undefined;
  return `Other programs were running: load ${load1.toFixed(2)} before the first measurement. Numbers are not final.`;
}
