/** Metrics and health as Prometheus and an orchestrator see them, and what clients push among them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZERO_UUID } from '../../src/base/uuid.ts';
import { type EmbeddedBroker, startBroker } from '../../src/embed/start-broker.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';
import {
  API_VERSIONS,
  GET_TELEMETRY_SUBSCRIPTIONS,
  INCREMENTAL_ALTER_CONFIGS,
  METADATA,
  PUSH_TELEMETRY,
} from '../support/kafka-apis.ts';
import { batchOf, createTopics, produceOne, TestClient } from '../support/kafka-client.ts';
import { metricsData } from './support/otlp.ts';
import { type ParsedFamily, parsePrometheus } from './support/prometheus.ts';

const SETTINGS = { 'polylog.admin.listeners': 'http://127.0.0.1:0', 'telemetry.max.bytes': 2000 };
const ZSTD = 4;

let broker: EmbeddedBroker;
let client: TestClient;

beforeAll(async () => {
  broker = await startBroker({ settings: SETTINGS });
  client = await TestClient.connect(broker.bootstrap);
});
afterAll(async () => {
  await client.close();
  await broker.close();
});

async function scrape(): Promise<Map<string, ParsedFamily>> {
  const answer = await fetch(`${broker.adminUrl}/metrics`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parsePrometheus(await answer.text());
}

function sampleValue(
  families: Map<string, ParsedFamily>,
  name: string,
  labels: Record<string, string> = {},
): number {
  const samples = families.get(name)?.samples ?? [];
  return samples.find((one) => Object.entries(labels).every(([key, value]) => one.labels[key] === value))!
    .value;
}

describe('metrics', () => {
  it('follow what the broker does', async () => {
    const before = await scrape();
    await createTopics(client, { orders: 3 });
    await produceOne(client, 'orders', batchOf(['a']));
    const after = await scrape();
    const grown = (name: string, labels?: Record<string, string>) =>
      sampleValue(after, name, labels) - sampleValue(before, name, labels);
    expect(sampleValue(after, 'polylog_kafka_requests_total', { request: 'Produce' })).toBe(1);
    expect(grown('polylog_topics')).toBe(1);
    expect(grown('polylog_partitions')).toBe(3);
    expect(grown('polylog_log_frames_total')).toBeGreaterThanOrEqual(2);
    expect(grown('polylog_log_appended_bytes_total')).toBe(grown('polylog_log_bytes'));
    expect(grown('polylog_kafka_received_bytes_total')).toBeGreaterThan(0);
    expect(grown('polylog_kafka_sent_bytes_total')).toBeGreaterThan(0);
    expect(sampleValue(after, 'polylog_kafka_connections')).toBe(1);
    expect(sampleValue(after, 'polylog_ready')).toBe(1);
    expect(sampleValue(after, 'polylog_disk_free_bytes')).toBeGreaterThan(0);
    const { type, samples } = after.get('polylog_log_flush_seconds')!;
    const [infinite, , count] = samples.slice(-3);
    expect([type, infinite!.labels.le]).toEqual(['histogram', '+Inf']);
    expect(infinite!.value).toBe(count!.value);
    expect(count!.value).toBeGreaterThan(0);
    expect(after.has('process_resident_memory_bytes')).toBe(true);
    expect(after.has('nodejs_eventloop_lag_seconds')).toBe(true);
  });
});

describe('health', () => {
  it('is live and ready while the broker serves', async () => {
    const get = async (path: string) => {
      const answer = await fetch(`${broker.adminUrl}${path}`);
      return [answer.status, await answer.json()];
    };
    expect(await get('/health/live')).toEqual([200, { status: 'live' }]);
    expect(await get('/health/ready')).toEqual([200, { status: 'ready' }]);
    expect((await get('/health'))[0]).toBe(404);
  });
});

describe('client metrics', () => {
  const push = (fields: object) => client.call(PUSH_TELEMETRY, fields).then(({ errorCode }) => errorCode);
  const sums = (value: number): Buffer => {
    const dataPoints = [{ asDouble: value }];
    const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints };
    return metricsData([{ name: 'org.apache.kafka.producer.record.send.total', sum }]);
  };

  it('are asked of those that a subscription matches, and shown', async () => {
    await client.call(API_VERSIONS, { clientSoftwareName: 'test-client', clientSoftwareVersion: '1.0' });
    const nothing = await client.call(GET_TELEMETRY_SUBSCRIPTIONS, { clientInstanceId: ZERO_UUID });
    expect(nothing).toMatchObject({ errorCode: 0, pushIntervalMs: 300_000, requestedMetrics: [] });
    const configs = [
      { name: 'metrics', configOperation: 0, value: 'org.apache.kafka.producer.' },
      { name: 'interval.ms', configOperation: 0, value: '3600000' },
      {
        name: 'match',
        configOperation: 0,
        value: 'client_software_name=test-.*,client_source_address=127.*',
      },
    ];
    const resources = [{ resourceType: 16, resourceName: 'producers', configs }];
    expect((await client.call(INCREMENTAL_ALTER_CONFIGS, { resources })).responses[0]!.errorCode).toBe(0);

    const { clientInstanceId } = nothing;
    // It asked a moment ago, but the subscription has changed since.
    const { subscriptionId, ...asked } = await client.call(GET_TELEMETRY_SUBSCRIPTIONS, { clientInstanceId });
    expect(asked).toMatchObject({
      errorCode: 0,
      clientInstanceId,
      pushIntervalMs: 3_600_000,
      telemetryMaxBytes: 2000,
      deltaTemporality: false,
      acceptedCompressionTypes: [4, 3, 1, 2],
      requestedMetrics: ['org.apache.kafka.producer.'],
    });
    expect((await client.call(GET_TELEMETRY_SUBSCRIPTIONS, { clientInstanceId })).errorCode).toBe(89);

    const mine = { clientInstanceId, subscriptionId };
    const metrics = nodeCompression.compress(ZSTD, sums(41));
    expect(await push({ ...mine, compressionType: ZSTD, metrics })).toBe(0);
    expect(await push({ ...mine, metrics: sums(42) })).toBe(89);
    const families = await scrape();
    expect(families.get('kafka_client_producer_record_send_total')).toMatchObject({
      type: 'counter',
      samples: [{ value: 41, labels: { client_id: 'test', client_software_name: 'test-client' } }],
    });
    expect(sampleValue(families, 'polylog_client_instances')).toBe(1);

    expect(await push({ ...mine, terminating: true, metrics: sums(42) })).toBe(0);
    expect(sampleValue(await scrape(), 'kafka_client_producer_record_send_total')).toBe(42);
    expect(await push({ ...mine, terminating: true, metrics: sums(43) })).toBe(42);
  });

  it('are refused where they are not what was asked for', async () => {
    const fresh = async () => {
      const { clientInstanceId, subscriptionId } = await client.call(GET_TELEMETRY_SUBSCRIPTIONS, {
        clientInstanceId: ZERO_UUID,
      });
      return { clientInstanceId, subscriptionId };
    };
    const bomb = nodeCompression.compress(ZSTD, Buffer.alloc(2000 * 8 + 1));
    const cases: [object, number][] = [
      [{ clientInstanceId: ZERO_UUID }, 42],
      [{ subscriptionId: 1 }, 117],
      [{ compressionType: 9 }, 76],
      [{ metrics: Buffer.alloc(2001) }, 118],
      [{ metrics: Buffer.from('nonsense') }, 87],
      [{ compressionType: ZSTD, metrics: Buffer.from('nonsense') }, 87],
      [{ compressionType: ZSTD, metrics: bomb }, 87],
    ];
    for (const [fields, code] of cases) expect(await push({ ...(await fresh()), ...fields })).toBe(code);
    expect(await client.call(METADATA, {})).toBeDefined();
  });
});

describe('a broker without an admin listener', () => {
  it('asks no client for metrics', async () => {
    await using plain = await startBroker({ data: 'memory' });
    expect(plain.adminUrl).toBeNull();
    const other = await TestClient.connect(plain.bootstrap);
    const { apiKeys } = await other.call(API_VERSIONS, {}, 0);
    expect(apiKeys.filter(({ apiKey }) => apiKey === 71 || apiKey === 72)).toEqual([]);
    await other.close();
  });

  it('says which address can not be had', async () => {
    const taken = { 'polylog.admin.listeners': `http://127.0.0.1:${new URL(broker.adminUrl!).port}` };
    await expect(startBroker({ data: 'memory', settings: taken })).rejects.toThrow(
      /^Can't listen on http:\/\/127\.0\.0\.1:\d+: .*polylog\.admin\.listeners/,
    );
  });
});
