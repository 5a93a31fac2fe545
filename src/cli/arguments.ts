// Reads what was typed into numbers, times and pairs. Pure: the present time is an argument.
// A value that can't be read throws a usage error whose sentence shows the form that is expected.

import { usageError } from './errors.ts';

export interface Address {
  readonly host: string;
  /** 1–65535 */
  readonly port: number;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `HOST:PORT`, `HOST` (port 9092), `[IPV6]:PORT`, with or without `kafka://`. */
export function parseAddress(text: string): Address {
  const match = /^(?:kafka:\/\/)?(?:\[([^\]]+)\]|([^:/\s]+))(?::(\d+))?\/?$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? 9092 : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw usageError(`"${text}" is not an address: write HOST:PORT, for example 127.0.0.1:9092`);
  }
  return { host, port };
}

/** One or several addresses, separated by commas. */
export function parseAddresses(text: string): Address[] {
  return text.split(',').map(parseAddress);
}

export interface IntegerRange {
  readonly name: string;
  readonly min?: number;
  readonly max?: number;
}

/** A whole number between `min` (0) and `max` (2^53 − 1). */
export function parseInteger(text: string, range: IntegerRange): number {
  const { name, min = 0, max = Number.MAX_SAFE_INTEGER } = range;
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    const upper = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `between ${min} and ${max}`;
    throw usageError(`${name} "${text}" must be a whole number, ${upper}`);
  }
  return value;
}

/** A number of 0 or more, with or without a fraction. */
export function parseNumber(text: string, name: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw usageError(`${name} "${text}" must be a number, 0 or more`);
  return Number(text);
}

/** Bytes: `1024`, `10k`, `16MiB`; k, M and G are powers of 1024. */
export function parseBytes(text: string, name: string): number {
  const match = /^(\d+)\s*([kmg]?)(?:i?b)?$/i.exec(text.trim());
  if (match === null)
    throw usageError(`${name} "${text}" must be a number of bytes, for example 100, 16k or 1M`);
  const unit = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[(match[2] ?? '').toLowerCase()] ?? 1;
  return Number(match[1]) * unit;
}

/** A length of time in milliseconds: `250ms`, `10s`, `5m`, `1h`, `7d`; a bare number is seconds. */
export function parseDuration(text: string, name: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)?$/.exec(text.trim());
  const unit = UNIT_MS[match?.[2] ?? 's'];
  if (match === null || unit === undefined) {
    throw usageError(`${name} "${text}" must be a length of time, for example 500ms, 10s or 5m`);
  }
  return Math.round(Number(match[1]) * unit);
}

/**
 * A point in time in milliseconds since 1970: an ISO date or time (`2026-01-31T12:00:00Z`; without a zone it is local
 * time, a bare date is midnight UTC), milliseconds since 1970, or a distance into the past (`-1h`, `-30m`, `-7d`).
 */
export function parseTime(text: string, nowMs: number): number {
  const trimmed = text.trim();
  const past = /^-(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(trimmed);
  if (past !== null) return nowMs - Math.round(Number(past[1]) * (UNIT_MS[past[2] ?? ''] ?? 0));
  if (/^\d{5,}$/.test(trimmed)) {
    const epoch = Number(trimmed);
    if (Number.isSafeInteger(epoch)) return epoch;
  }
  if (/^\d{4}-\d{2}(-\d{2})?/.test(trimmed)) {
    const parsed = Date.parse(trimmed.replace(/^(\d{4}-\d{2}-\d{2}) /, '$1T'));
    if (!Number.isNaN(parsed)) return parsed;
  }
  throw usageError(
    `"${text}" is not a time: write an ISO time (2026-01-31T12:00:00Z), milliseconds since 1970, or a distance back (-1h)`,
  );
}

/** `name=value`; the value may be empty and may hold further `=`. */
export function parsePair(text: string, option: string): readonly [name: string, value: string] {
  const at = text.indexOf('=');
  if (at < 1) throw usageError(`${option} "${text}" must be written NAME=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** `TOPIC` or `TOPIC:0,2,5`: a topic and, where given, its chosen partitions. */
export function parseTopicPartitions(text: string): { topic: string; partitions: number[] | undefined } {
  const at = text.indexOf(':');
  if (at < 0) return { topic: text, partitions: undefined };
  const partitions = parsePartitions(text.slice(at + 1), 'partition');
  if (at === 0) throw usageError(`"${text}" names no topic: write TOPIC or TOPIC:0,1`);
  return { topic: text.slice(0, at), partitions };
}

/** `0,2,5`: partitions, ascending, each once. */
export function parsePartitions(text: string, name: string): number[] {
  const partitions = text.split(',').map((one) => parsePartition(one, name));
  return [...new Set(partitions)].sort((a, b) => a - b);
}

function parsePartition(text: string, name: string): number {
  return parseInteger(text, { name, max: 2 ** 31 - 1 });
}

/** `PARTITION:OFFSET`, as `polylog consume --print-offset` prints it. */
export function parsePlace(text: string): { partition: number; offset: number } {
  const match = /^(\d+):(\d+)$/.exec(text);
  if (match === null)
    throw usageError(`"${text}" names no message: write PARTITION:OFFSET, for example 0:1042`);
  return {
    partition: parsePartition(match[1]!, 'partition'),
    offset: parseInteger(match[2]!, { name: 'offset' }),
  };
}

/** Turns `\t`, `\n`, `\r`, `\0`, `\\` and `\xHH` into what they stand for, so that a shell need not. */
export function unescapeText(text: string): string {
  const simple: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '0': '\0', '\\': '\\' };
  return text.replace(/\\(x[0-9a-fA-F]{2}|[tnr0\\])/g, (_, code: string) =>
    code.startsWith('x') ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (simple[code] ?? code),
  );
}

/** For an option that may be given several times. */
export function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}
