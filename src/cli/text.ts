// Lines of input into records, and records into lines of output. Pure, and bytes stay bytes: what is not UTF-8 passes
// through text unchanged and becomes base64 in JSON.

import { isUtf8 } from 'node:buffer';
import { CliError } from './errors.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Cuts a stream of chunks into lines; `\n` and `\r\n` end one. */
export class LineSplitter {
  readonly #bytesMax: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** `bytesMax`: the longest line that is taken; a longer one throws, so that memory stays bounded. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The lines that this chunk completes. */
  *push(chunk: Buffer): Generator<Buffer> {
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(NEWLINE, from);
      if (at < 0) break;
      yield this.#complete(chunk.subarray(from, at));
      from = at + 1;
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
  }

  /** The last line where it has no end of line, and nothing otherwise. */
  *end(): Generator<Buffer> {
    if (this.#bytes > 0) yield this.#complete(Buffer.alloc(0));
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#bytesMax) {
      throw new CliError(
        `a line of input is longer than ${this.#bytesMax} bytes: split it, or send fewer bytes a line`,
      );
    }
    this.#parts.push(part);
  }

  #complete(last: Buffer): Buffer {
    let line = last;
    if (this.#bytes > 0) {
      this.#keep(last);
      line = Buffer.concat(this.#parts);
      this.#parts = [];
      this.#bytes = 0;
    }
    return line.at(-1) === RETURN ? line.subarray(0, -1) : line;
  }
}

/** Cuts a line at the first separator; without one in it the key is null and the value is the whole line. */
export function splitKey(line: Buffer, separator: Buffer): { key: Buffer | null; value: Buffer } {
  const at = line.indexOf(separator);
  if (at < 0) return { key: null, value: line };
  return { key: line.subarray(0, at), value: line.subarray(at + separator.length) };
}

export interface PrintedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[];
}

export interface TextFormat {
  readonly time: boolean;
  readonly offset: boolean;
  readonly headers: boolean;
  readonly key: boolean;
  /** Between the key and the value. */
  readonly keySeparator: string;
}

const TAB = Buffer.from('\t');
const END = Buffer.from('\n');
const NULL = Buffer.from('null');

/** `TIME ⇥ PARTITION:OFFSET ⇥ name:value,… ⇥ KEY separator VALUE`, each part where it is asked for. */
export function formatText(record: PrintedRecord, format: TextFormat): Buffer {
  const parts: Buffer[] = [];
  if (format.time) parts.push(Buffer.from(formatTime(record.timestampMs)), TAB);
  if (format.offset) parts.push(Buffer.from(`${record.partition}:${record.offset}`), TAB);
  if (format.headers) {
    for (const [index, { key, value }] of record.headers.entries()) {
      parts.push(Buffer.from(`${index === 0 ? '' : ','}${key}:`), value ?? NULL);
    }
    parts.push(TAB);
  }
  if (format.key) parts.push(record.key ?? NULL, Buffer.from(format.keySeparator));
  if (parts.length === 0 && record.value !== null) return Buffer.concat([record.value, END]);
  parts.push(record.value ?? NULL, END);
  return Buffer.concat(parts);
}

/**
 * One line of JSON. Fields: topic, partition, offset, time (ISO, null where the record has none), key, value, headers
 * (a list of name and value, in order). Where key or value are not UTF-8, `keyEncoding` or `valueEncoding` is "base64".
 */
export function formatJson(record: PrintedRecord): string {
  return `${JSON.stringify({
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    time: record.timestampMs < 0 ? null : formatTime(record.timestampMs),
    ...field('key', record.key),
    ...field('value', record.value),
    headers: record.headers.map(({ key, value }) => ({ name: key, ...field('value', value) })),
  })}\n`;
}

function field(name: string, bytes: Buffer | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null };
  if (isUtf8(bytes)) return { [name]: bytes.toString('utf8') };
  return { [name]: bytes.toString('base64'), [`${name}Encoding`]: 'base64' };
}

/** ISO 8601 in UTC with milliseconds; a time outside of what a date can hold is printed as its number. */
export function formatTime(timestampMs: number): string {
  const date = new Date(timestampMs);
  return Number.isNaN(date.getTime()) ? String(timestampMs) : date.toISOString();
}

/** Columns wide enough for their contents; numbers stand to the right. Ends with a newline. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  style: (heading: string) => string = (heading) => heading,
): string {
  const numeric = headings.map((_, column) => {
    const cells = rows.map((row) => row[column]);
    return (
      cells.some((cell) => typeof cell === 'number') &&
      cells.every((cell) => typeof cell === 'number' || cell === '-')
    );
  });
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => String(row[column] ?? '').length)),
  );
  const line = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, column) => {
        const text = String(cell);
        const width = widths[column] ?? 0;
        if (numeric[column]) return text.padStart(width);
        return column === cells.length - 1 ? text : text.padEnd(width);
      })
      .join('  ');
  return `${[style(line(headings)), ...rows.map(line)].join('\n')}\n`;
}

/** A line for each name and value, the values below each other. */
export function formatFacts(
  facts: readonly (readonly [name: string, value: string])[],
  style: (name: string) => string = (name) => name,
): string {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts
    .map(([name, value]) => `${style(name)}${' '.repeat(width - name.length)}  ${value}\n`)
    .join('');
}

/** A topic's id as Kafka's tools print it: base64url of its 16 bytes. */
export function formatTopicId(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url');
}

/** `1,234,567`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `12 B`, `3.4 KiB`, `5.0 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `1 record`, `3 records`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A length of time in its two largest units: `340ms`, `12s`, `3m 20s`, `2h 5m`, `4d 1h`. */
export function formatAge(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const;
  const at = units.findIndex(([, unitMs]) => ms >= unitMs);
  const [name, unitMs] = units[at]!;
  const whole = `${Math.floor(ms / unitMs)}${name}`;
  const next = units[at + 1];
  const rest = next === undefined ? 0 : Math.floor((ms % unitMs) / next[1]);
  return rest === 0 ? whole : `${whole} ${rest}${next![0]}`;
}
