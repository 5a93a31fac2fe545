import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMetrics } from '../../src/admin/otlp.ts';
import { metricsData, text } from './support/otlp.ts';

const CUMULATIVE = 2;
const DELTA = 1;

describe('metrics of OpenTelemetry', () => {
  it('are sums and gauges with the labels of their client and their own', () => {
    const bytes = metricsData(
      [
        {
          name: 'org.apache.kafka.producer.record.send.total',
          sum: {
            aggregationTemporality: CUMULATIVE,
            isMonotonic: true,
            dataPoints: [{ asDouble: 12.5, attributes: [text('node-id', '1')], timeUnixNano: 1 }],
          },
        },
        { name: 'org.apache.kafka.x', gauge: { dataPoints: [{ asInt: -7 }, { asInt: 2 ** 40 + 3 }] } },
        {
          name: 'my.sum',
          sum: { aggregationTemporality: DELTA, isMonotonic: true, dataPoints: [{ asInt: 3 }] },
        },
      ],
      [text('group_id', 'g')],
    );
    const group = ['group_id', 'g'];
    expect(decodeMetrics(bytes, 100)).toEqual([
      {
        name: 'producer_record_send_total',
        labels: [group, ['node_id', '1']],
        type: 'counter',
        value: 12.5,
        delta: false,
      },
      { name: 'x', labels: [group], type: 'gauge', value: -7, delta: false },
      { name: 'x', labels: [group], type: 'gauge', value: 2 ** 40 + 3, delta: false },
      { name: 'my_sum', labels: [group], type: 'counter', value: 3, delta: true },
    ]);
  });

  it('have sum and count of histograms and summaries', () => {
    const bytes = metricsData([
      {
        name: 'h',
        histogram: {
          aggregationTemporality: CUMULATIVE,
          dataPoints: [
            { count: 4, sum: 9.5, bucketCounts: [1, 3], explicitBounds: [2.5], attributes: [text('a', 'b')] },
          ],
        },
      },
      { name: 's', summary: { dataPoints: [{ count: 2, sum: 1.5 }] } },
    ]);
    const point = (name: string, value: number, labels: string[][] = []) => {
      return { name, value, labels, type: 'counter', delta: false };
    };
    expect(decodeMetrics(bytes, 100)).toEqual([
      point('h_sum', 9.5, [['a', 'b']]),
      point('h_count', 4, [['a', 'b']]),
      point('s_sum', 1.5),
      point('s_count', 2),
    ]);
  });

  it('take attributes of simple types, sixteen at most, and cut long texts', () => {
    const attributes = [
      { key: 'yes', value: { boolValue: true } },
      { key: 'many', value: { intValue: 42 } },
      { key: 'half', value: { doubleValue: 0.5 } },
      { key: 'none' },
      ...Array.from({ length: 30 }, (_, i) => text(`label ${i}`, 'v'.repeat(1000))),
    ];
    const [point] = decodeMetrics(
      metricsData([{ name: 'n'.repeat(500), gauge: { dataPoints: [{ asInt: 1, attributes }] } }]),
      10,
    )!;
    expect(point!.labels.slice(0, 4)).toEqual([
      ['yes', 'true'],
      ['many', '42'],
      ['half', '0.5'],
      ['label_0', 'v'.repeat(200)],
    ]);
    expect(point!.labels).toHaveLength(16);
    expect(point!.name).toHaveLength(200);
  });

  it('end after as many points as are wanted', () => {
    const dataPoints = Array.from({ length: 50 }, (_, i) => ({ asInt: i }));
    const metrics = [
      { name: 'a', gauge: { dataPoints } },
      { name: 'b', summary: { dataPoints: dataPoints.map(() => ({ count: 1, sum: 1 })) } },
    ];
    expect(decodeMetrics(metricsData(metrics), 55)).toHaveLength(55);
    expect(decodeMetrics(metricsData(metrics), 1)).toHaveLength(1);
  });

  it('are none where the bytes end early, and nothing is thrown for any bytes', () => {
    expect(decodeMetrics(Buffer.alloc(0), 10)).toEqual([]);
    const bytes = metricsData([{ name: 'a', gauge: { dataPoints: [{ asDouble: 1 }] } }], [text('k', 'v')]);
    for (let length = 1; length < bytes.length; length++) {
      expect(decodeMetrics(bytes.subarray(0, length), 10)).toBeNull();
    }
    const nested = Buffer.alloc(1 << 20, 0x0b);
    expect(decodeMetrics(nested, 10)).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
        const points = decodeMetrics(Buffer.from(random), 10);
        expect(points === null || points.length <= 10).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(bytes);
        changed[at] = byte;
        decodeMetrics(changed, 10);
      }),
    );
  });
});
