import { describe, expect, test } from 'vitest';
import { crc32c } from '../../src/base/crc32c.ts';
import {
  BATCH_CRC_START,
  BATCH_HEADER_BYTES,
  batchCrc,
  batchLastOffsetDelta,
  batchMaxTimestamp,
  batchRecordCount,
} from '../../src/record/batch.ts';
import { buildBatch } from '../../src/record/build.ts';
import { FeatureHeaders } from '../../src/record/feature-headers.ts';
import { withoutRecords } from '../../src/record/holes.ts';
import { recordValue, walkRecords } from '../../src/record/walk.ts';

/** What is said of a record with these headers, and when it is to be delivered. */
function read(headers: Readonly<Record<string, string | null>>): readonly [string | null, number] {
  const record = {
    key: null,
    value: null,
    headers: Object.entries(headers).map(([key, value]) => ({
      key,
      value: value === null ? null : Buffer.from(value),
    })),
  };
  const features = new FeatureHeaders();
  const section = buildBatch([record], { timestampMs: 1 }).subarray(BATCH_HEADER_BYTES);
  let problem: string | null = 'not read';
  walkRecords(section, 1, (view) => {
    problem = features.read(section, view);
  });
  return [problem, features.deliverAtMs];
}

describe('headers that ask for something', () => {
  test('are taken in their form', () => {
    expect(read({})).toEqual([null, -1]);
    expect(read({ 'deliver-at-ms': null, other: 'x' })).toEqual([null, -1]);
    expect(read({ 'deliver-at-ms': '1767225600000' })).toEqual([null, 1767225600000]);
    expect(read({ 'ttl-ms': '0', priority: '255', tag: 'a b', 'dedup-id': 'x'.repeat(255) })).toEqual([
      null,
      -1,
    ]);
  });

  test.each([
    [{ 'deliver-at-ms': '' }, /deliver-at-ms/],
    [{ 'deliver-at-ms': '-5' }, /deliver-at-ms/],
    [{ 'deliver-at-ms': '1e12' }, /deliver-at-ms/],
    [{ 'deliver-at-ms': '1'.repeat(16) }, /deliver-at-ms/],
    [{ 'ttl-ms': 'soon' }, /ttl-ms/],
    [{ priority: '256' }, /priority/],
    [{ priority: 'high' }, /priority/],
    [{ tag: '' }, /tag/],
    [{ tag: 'a||b' }, /tag/],
    [{ tag: 'x'.repeat(256) }, /tag/],
    [{ 'dedup-id': '' }, /dedup-id/],
    [{ 'dedup-id': 'x'.repeat(256) }, /dedup-id/],
  ])('are refused otherwise: %j', (headers, sentence) => {
    expect(read(headers as unknown as Record<string, string>)[0]).toMatch(sentence);
  });
});

describe('a batch with holes', () => {
  const times = [5, 9, 7];
  const whole = buildBatch(
    times.map((timestampMs) => ({ key: null, value: Buffer.from(String(timestampMs)), timestampMs })),
    { timestampMs: 0, producerId: 4, producerEpoch: 0, baseSequence: 8 },
  );

  test('keeps its range, and the offsets of what is left', () => {
    const holed = withoutRecords(whole, (index) => index === 1);
    const found: [number, string][] = [];
    const section = holed.subarray(BATCH_HEADER_BYTES);
    walkRecords(section, batchRecordCount(holed), (record) => {
      found.push([record.offsetDelta, recordValue(section, record)!.toString()]);
    });
    expect(found).toEqual([
      [0, '5'],
      [2, '7'],
    ]);
    expect(batchLastOffsetDelta(holed)).toBe(2);
    expect(batchMaxTimestamp(holed)).toBe(7);
    expect(batchCrc(holed)).toBe(crc32c(holed, BATCH_CRC_START, holed.length));
  });

  test('may have none left', () => {
    const holed = withoutRecords(whole, () => true);
    expect(holed.length).toBe(BATCH_HEADER_BYTES);
    expect([batchRecordCount(holed), batchLastOffsetDelta(holed), batchMaxTimestamp(holed)]).toEqual([
      0, 2, 9,
    ]);
  });
});
