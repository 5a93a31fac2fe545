import { describe, expect, it } from 'vitest';
import { familyText, histogramSamples, metricName, sample } from '../../src/admin/prometheus-text.ts';
import { parsePrometheus } from './support/prometheus.ts';

describe("Prometheus' text", () => {
  it('comes back from a strict reader, whatever stands in labels and values', () => {
    const labels = [['text', 'a"b\\c\nd,e="f"}']] as const;
    const values = [0, -1.5, 1e21, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const text = familyText({
      name: 'a_b',
      help: 'One\\two\nthree',
      type: 'gauge',
      samples: values.map((value, i) => sample(value, [...labels, ['i', String(i)]])),
    });
    const family = parsePrometheus(text).get('a_b')!;
    expect(family.samples.map(({ value }) => value)).toEqual(values);
    expect(family.samples[0]!.labels.text).toBe(labels[0][1]);
    expect(text).toContain('} NaN\n');
  });

  it('adds up the buckets of a histogram', () => {
    const samples = histogramSamples({ boundsMs: [1000, 2000], counts: [3, 0, 4], totalMs: 12_500 });
    const { type, samples: parsed } = parsePrometheus(
      familyText({ name: 'h', help: '', type: 'histogram', samples }),
    ).get('h')!;
    expect(type).toBe('histogram');
    expect(parsed.map(({ name, labels, value }) => [name, labels.le, value])).toEqual([
      ['h_bucket', '1', 3],
      ['h_bucket', '2', 3],
      ['h_bucket', '+Inf', 7],
      ['h_sum', undefined, 12.5],
      ['h_count', undefined, 7],
    ]);
  });

  it('has names of letters, digits and underscores', () => {
    expect(['a.b-c', '9x', 'ü', ''].map(metricName)).toEqual(['a_b_c', '_9x', '_', '']);
  });
});
