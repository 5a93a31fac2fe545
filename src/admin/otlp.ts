/**
 * Reads what clients push (KIP-714): OpenTelemetry's `MetricsData` (opentelemetry-proto, metrics/v1), in Protocol Buffers.
 * Only what becomes a metric is read: sums and gauges as they are, of histograms and summaries their sum and count. The field
 * numbers are those of the .proto files.
 *
 * The bytes come from clients: reading ends after a bounded number of points, texts are cut, and anything that isn't
 * well-formed is no metrics at all.
 */
import protobuf from 'protobufjs/minimal.js';
import type { TelemetryPoint } from '../broker/client-telemetry.ts';
import { metricName } from './prometheus-text.ts';

type Reader = protobuf.Reader;
type Label = readonly [name: string, value: string];

const TEXT_CHARACTERS_MAX = 200;
const LABELS_MAX = 16;
/** `AggregationTemporality`. */
const DELTA = 1;

// Fields of ResourceMetrics, Resource, ScopeMetrics and Metric.
const RESOURCE = 1;
const SCOPE_METRICS = 2;
const ATTRIBUTES_OF_RESOURCE = 1;
const METRICS_OF_SCOPE = 2;
const NAME_OF_METRIC = 1;

type Kind = 'gauge' | 'sum' | 'histogram' | 'summary';

/** Kinds of data by their field in `Metric`. */
const KINDS: ReadonlyMap<number, Kind> = new Map([
  [5, 'gauge'],
  [7, 'sum'],
  [9, 'histogram'],
  [11, 'summary'],
]);

/** Where a data point has what is read of it; 0: nowhere. */
interface PointFields {
  readonly attributes: number;
  readonly double: number;
  readonly integer: number;
  readonly count: number;
}

const NUMBER_FIELDS: PointFields = { attributes: 7, double: 4, integer: 6, count: 0 };
const POINT_FIELDS: Readonly<Record<Kind, PointFields>> = {
  gauge: NUMBER_FIELDS,
  sum: NUMBER_FIELDS,
  histogram: { attributes: 9, double: 5, integer: 0, count: 4 },
  summary: { attributes: 7, double: 5, integer: 0, count: 4 },
};

interface RawPoint {
  readonly labels: Label[];
  /** Of a histogram or summary its sum. */
  value: number;
  count: number;
}

interface Data {
  readonly kind: Kind;
  readonly points: readonly RawPoint[];
  readonly delta: boolean;
  readonly monotonic: boolean;
}

/** What all names of Kafka's metrics begin with. */
const KAFKA_PREFIX = 'org.apache.kafka.';

/** The first `pointsMax` points; null where the bytes are not well-formed. */
export function decodeMetrics(metrics: Buffer, pointsMax: number): TelemetryPoint[] | null {
  const points: TelemetryPoint[] = [];
  const reader = protobuf.Reader.create(metrics);
  try {
    // MetricsData.resource_metrics
    eachField(reader, reader.len, (field) => {
      if (field !== 1) return false;
      readResourceMetrics(reader, points, pointsMax);
      return true;
    });
  } catch (error) {
    // What the library throws on bytes that end too early or nest too deep.
    if (error instanceof Error) return null;
    throw error;
  }
  return points;
}

/** Calls `read` for each field up to `end`; what it doesn't read is skipped. */
function eachField(reader: Reader, end: number, read: (field: number) => boolean): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!read(tag >>> 3)) reader.skipType(tag & 7);
  }
  if (reader.pos !== end) throw new RangeError('a message ends within a field');
}

/** A message within a message. */
function eachFieldOf(reader: Reader, read: (field: number) => boolean): void {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError('a message is longer than what holds it');
  eachField(reader, end, read);
}

function readResourceMetrics(reader: Reader, points: TelemetryPoint[], pointsMax: number): void {
  const resource: Label[] = [];
  eachFieldOf(reader, (field) => {
    if (field === RESOURCE) {
      eachFieldOf(reader, (inner) => inner === ATTRIBUTES_OF_RESOURCE && readAttribute(reader, resource));
      return true;
    }
    if (field !== SCOPE_METRICS) return false;
    eachFieldOf(reader, (inner) => {
      if (inner !== METRICS_OF_SCOPE || points.length >= pointsMax) return false;
      const read = readMetric(reader, resource, pointsMax - points.length);
      points.push(...read.slice(0, pointsMax - points.length));
      return true;
    });
    return true;
  });
}

/** `Metric`: its name and one kind of data. */
function readMetric(reader: Reader, resource: readonly Label[], pointsMax: number): TelemetryPoint[] {
  let name = '';
  let data: Data | null = null;
  eachFieldOf(reader, (field) => {
    const kind = KINDS.get(field);
    if (field === NAME_OF_METRIC) name = reader.string();
    else if (kind !== undefined) data = readData(reader, kind, pointsMax);
    else return false;
    return true;
  });
  const clean = cleanName(name);
  return clean === '' || data === null ? [] : pointsOf(clean, data, resource);
}

function cleanName(name: string): string {
  const own = name.startsWith(KAFKA_PREFIX) ? name.slice(KAFKA_PREFIX.length) : name;
  return metricName(own.slice(0, TEXT_CHARACTERS_MAX));
}

/** `Gauge`, `Sum`, `Histogram`, `Summary`: points in field 1, temporality in 2, and of a sum whether it is monotonic in 3. */
function readData(reader: Reader, kind: Kind, pointsMax: number): Data {
  const points: RawPoint[] = [];
  let delta = false;
  let monotonic = kind === 'histogram' || kind === 'summary';
  eachFieldOf(reader, (field) => {
    if (field === 1 && points.length < pointsMax) points.push(readPoint(reader, POINT_FIELDS[kind]));
    else if (field === 2 && (kind === 'sum' || kind === 'histogram')) delta = reader.int32() === DELTA;
    else if (field === 3 && kind === 'sum') monotonic = reader.bool();
    else return false;
    return true;
  });
  return { kind, points, delta, monotonic };
}

function readPoint(reader: Reader, fields: PointFields): RawPoint {
  const point: RawPoint = { labels: [], value: 0, count: 0 };
  eachFieldOf(reader, (field) => {
    if (field === fields.attributes) return readAttribute(reader, point.labels);
    if (field === fields.double) point.value = reader.double();
    else if (field === fields.integer) point.value = readFixed64(reader);
    else if (field === fields.count) point.count = readFixed64(reader);
    else return false;
    return true;
  });
  return point;
}

/** sfixed64 or fixed64, as a number: beyond 2^53 to the nearest. */
function readFixed64(reader: Reader): number {
  const low = reader.fixed32();
  return reader.sfixed32() * 2 ** 32 + low;
}

/** `KeyValue` with a text, a number or a boolean; other values are left out. */
function readAttribute(reader: Reader, labels: Label[]): true {
  let key = '';
  let value: string | null = null;
  eachFieldOf(reader, (field) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = readAnyValue(reader);
    else return false;
    return true;
  });
  const name = metricName(key.slice(0, TEXT_CHARACTERS_MAX));
  const isKnown = labels.some(([known]) => known === name);
  if (value !== null && name !== '' && !isKnown && labels.length < LABELS_MAX) labels.push([name, value]);
  return true;
}

function readAnyValue(reader: Reader): string | null {
  let value: string | null = null;
  eachFieldOf(reader, (field) => {
    if (field === 1) value = reader.string().slice(0, TEXT_CHARACTERS_MAX);
    else if (field === 2) value = String(reader.bool());
    else if (field === 3) value = String(reader.int64());
    else if (field === 4) value = String(reader.double());
    else return false;
    return true;
  });
  return value;
}

function pointsOf(name: string, data: Data, resource: readonly Label[]): TelemetryPoint[] {
  const { kind, delta, monotonic } = data;
  const isParts = kind === 'histogram' || kind === 'summary';
  // A sum that may fall, told by its changes, would need all of them from the start.
  if (delta && !monotonic) return [];
  const type = monotonic ? 'counter' : 'gauge';
  return data.points.flatMap((point): TelemetryPoint[] => {
    const labels = [...new Map([...resource, ...point.labels])];
    const make = (suffix: string, value: number): TelemetryPoint => {
      return { name: name + suffix, labels, type, value, delta };
    };
    return isParts ? [make('_sum', point.value), make('_count', point.count)] : [make('', point.value)];
  });
}
