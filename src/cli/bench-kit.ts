// What the benchmarks share: their options, the topic, payloads, when to stop, and how results are printed.

import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { build, type Histogram } from 'hdr-histogram-js';
import { parseBytes, parseDuration, parseInteger } from './arguments.ts';
import type { Client, TopicInfo } from './client.ts';
import { usageError } from './errors.ts';
import { CODE } from './failures.ts';
import { findOrAutoCreate } from './sender.ts';
import { addClientFlags, type ClientFlags, unknownTopic } from './session.ts';
import { note } from './terminal.ts';
import { formatBytes, formatCount } from './text.ts';

export interface BenchFlags extends ClientFlags {
  readonly topic: string;
  readonly count?: string;
  readonly seconds?: string;
  readonly json?: true;
}

export const BENCH_TOPIC = 'polylog-bench';

/** Adds --topic, --count, --seconds, --json and the client's options. */
export function addBenchFlags(command: Command): Command {
  command
    .option('-t, --topic <topic>', 'the topic', BENCH_TOPIC)
    .option('-n, --count <n>', 'stop after this many records')
    .option('-s, --seconds <n>', 'stop after this time')
    .option('--json', 'the result as one JSON document');
  return addClientFlags(command);
}

export interface Limit {
  readonly count: number;
  readonly durationMs: number;
}

/** Whichever comes first; the default where neither is given. */
export function parseLimit(flags: BenchFlags, fallback: Partial<Limit>): Limit {
  const count =
    flags.count === undefined ? undefined : parseInteger(flags.count, { name: '--count', min: 1 });
  const durationMs = flags.seconds === undefined ? undefined : parseDuration(flags.seconds, '--seconds');
  const none = count === undefined && durationMs === undefined;
  const never = Number.POSITIVE_INFINITY;
  return {
    count: count ?? (none ? (fallback.count ?? never) : never),
    durationMs: durationMs ?? (none ? (fallback.durationMs ?? never) : never),
  };
}

/** Bytes of a value. */
export function parseSize(text: string): number {
  const size = parseBytes(text, '--size');
  if (size > 64 * 1024 * 1024) throw usageError('--size must be at most 64M');
  return size;
}

/** Random bytes, which no codec shrinks; enough different ones that none is cached whole. */
export function payloads(size: number): Buffer[] {
  const count = Math.max(1, Math.min(1024, Math.floor((8 * 1024 * 1024) / Math.max(1, size))));
  return Array.from({ length: count }, () => randomBytes(size));
}

/** The topic; made with `partitions` where there is none. It stays afterwards. */
export async function benchTopic(client: Client, name: string, partitions: number): Promise<TopicInfo> {
  const [found] = await client.topics([name]);
  if (found !== undefined && found.errorCode === 0) return found;
  if (found === undefined || found.errorCode === CODE.unknownTopicOrPartition) {
    await client.createTopic(name, partitions, []);
    note(`created topic ${name}; remove it with \`polylog topic delete ${name}\``);
  }
  const topic = await findOrAutoCreate(client, name);
  if (topic === undefined) throw unknownTopic(name);
  return topic;
}

/** Times in microseconds up to two minutes, three digits. */
export function newHistogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 120_000_000,
    numberOfSignificantValueDigits: 3,
  });
}

export function recordMs(histogram: Histogram, elapsedMs: number): void {
  histogram.recordValue(Math.min(120_000_000, Math.max(1, Math.round(elapsedMs * 1000))));
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** In milliseconds. */
export function percentiles(histogram: Histogram): Percentiles {
  const at = (percent: number): number => histogram.getValueAtPercentile(percent) / 1000;
  return { p50: at(50), p95: at(95), p99: at(99), p999: at(99.9), max: histogram.maxValue / 1000 };
}

export function formatPercentiles(values: Percentiles): string {
  const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(1)}`;
  return `p50 ${ms(values.p50)}  p95 ${ms(values.p95)}  p99 ${ms(values.p99)}  p99.9 ${ms(values.p999)}  max ${ms(values.max)} ms`;
}

/** `1,234 records, 567/s, 1.2 MiB/s`. */
export function formatRate(records: number, bytes: number, elapsedMs: number): string {
  const seconds = Math.max(elapsedMs, 1) / 1000;
  return `${formatCount(records)} records, ${formatCount(records / seconds)}/s, ${formatBytes(bytes / seconds)}/s`;
}

export interface Rates {
  readonly records: number;
  readonly seconds: number;
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
}

export function rates(records: number, bytes: number, elapsedMs: number): Rates {
  const seconds = Math.max(elapsedMs, 1) / 1000;
  return {
    records,
    seconds: Number(seconds.toFixed(3)),
    recordsPerSecond: Math.round(records / seconds),
    bytesPerSecond: Math.round(bytes / seconds),
  };
}
