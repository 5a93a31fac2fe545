import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  batchCrc,
  batchIsLogAppendTime,
  batchMaxTimestamp,
  patchMaxTimestamp,
} from '../../src/record/batch.ts';
import { buildBatch, type RecordInput, sealBatch } from '../../src/record/build.ts';
import { type ProduceRules, stampLogAppendTime, validateProducedBatch } from '../../src/record/validate.ts';
import { zlibCompression } from './helpers.ts';

const NOW = 1_700_000_000_000;
const rules: ProduceRules = {
  bytesMax: 1_048_588,
  nowMs: NOW,
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: Infinity,
  timestampAfterMaxMs: 3_600_000,
  zstdAllowed: true,
};

function records(count: number, valueBytes = 10): RecordInput[] {
  return Array.from({ length: count }, (_, i) => ({
    key: i % 2 === 0 ? Buffer.from(`k${i}`) : null,
    value: Buffer.alloc(valueBytes, i),
    timestampMs: NOW + i,
  }));
}

const plain = (count = 3): Buffer => buildBatch(records(count), { timestampMs: NOW });

/** A valid batch with bytes changed and the CRC made right again. */
function changed(change: (batch: Buffer) => void, batch = plain()): Buffer {
  change(batch);
  sealBatch(batch);
  return batch;
}

function refusal(batch: Buffer, overrides: Partial<ProduceRules> = {}): string {
  const error = validateProducedBatch(batch, { ...rules, ...overrides });
  return error === null ? 'accepted' : `${error.code}: ${error.message}`;
}

describe('a produced batch', () => {
  test('passes in all sizes of varints', () => {
    for (const count of [1, 63, 64, 65, 127, 128, 8191, 8192, 8193, 10_000]) {
      expect(refusal(plain(count))).toBe('accepted');
    }
    for (const valueBytes of [0, 1, 50, 56, 63, 64, 100, 8184, 8185, 8191, 8192, 500_000]) {
      const batch = buildBatch(records(2, valueBytes), { timestampMs: NOW });
      expect(refusal(batch)).toBe('accepted');
    }
  });

  test('passes with timestamps that go back and with none', () => {
    const back: RecordInput[] = [0, -1, -64, -65, -8193, 5, -(2 ** 40), 63, 64].map((delta) => ({
      key: null,
      value: null,
      timestampMs: NOW + delta,
    }));
    expect(refusal(buildBatch(back, { timestampMs: NOW }))).toBe('accepted');
    expect(refusal(buildBatch([{ key: null, value: null }], { timestampMs: -1 }))).toBe('accepted');
  });

  test('passes compressed, unopened', () => {
    for (const codec of [1, 2, 3, 4] as const) {
      const batch = buildBatch(records(10), { timestampMs: NOW, codec, compression: zlibCompression });
      expect(refusal(batch)).toBe('accepted');
    }
  });

  test('must be one batch exactly', () => {
    expect(refusal(Buffer.alloc(0))).toMatch(/^invalid-record: .*must have one/);
    expect(refusal(Buffer.concat([plain(), plain()]))).toMatch(/^invalid-record: .*exactly one/);
    expect(refusal(Buffer.concat([plain(), Buffer.from([0])]))).toMatch(/^invalid-record: .*exactly one/);
    expect(refusal(plain().subarray(0, -1))).toMatch(/^invalid-record: .*were sent/);
    expect(refusal(plain().subarray(0, 60))).toMatch(/^corrupt-batch/);
    expect(refusal(plain().subarray(0, 10))).toMatch(/^corrupt-batch/);
    expect(refusal(changed((b) => b.writeInt32BE(-1, 8)))).toMatch(/^corrupt-batch/);
    expect(refusal(changed((b) => b.writeInt32BE(0x7fffffff, 8)))).toMatch(/^invalid-record/);
  });

  test('must have the format of today', () => {
    expect(refusal(changed((b) => b.writeInt8(0, 16)))).toMatch(/^unsupported-format/);
    expect(refusal(changed((b) => b.writeInt8(1, 16)))).toMatch(/^unsupported-format/);
    expect(refusal(changed((b) => b.writeInt8(3, 16)))).toMatch(/^corrupt-batch/);
  });

  test('must not be too large', () => {
    const size = plain().length;
    expect(refusal(plain(), { bytesMax: size })).toBe('accepted');
    expect(refusal(plain(), { bytesMax: size - 1 })).toMatch(/^batch-too-large/);
  });

  test('must be undamaged from attributes to the end', () => {
    const size = plain().length;
    for (let i = 17; i < size; i++) {
      const batch = plain();
      batch[i] = batch[i]! ^ 0x10;
      expect(refusal(batch), `byte ${i}`).toMatch(/^corrupt-batch/);
    }
  });

  test('must have a header that agrees', () => {
    expect(refusal(changed((b) => b.writeInt32BE(1, 4)))).toMatch(/base offset/);
    expect(refusal(changed((b) => b.writeInt32BE(0, 57)))).toMatch(/^invalid-record/);
    expect(refusal(changed((b) => b.writeInt32BE(-1, 57)))).toMatch(/^invalid-record/);
    expect(refusal(changed((b) => b.writeInt32BE(3, 23)))).toMatch(/last offset delta/);
    expect(refusal(buildBatch(records(1), { timestampMs: NOW, control: true, producerId: 1 }))).toMatch(
      /control records/,
    );
    expect(refusal(buildBatch(records(1), { timestampMs: NOW, redriven: true }))).toMatch(/Bit 14/);
  });

  test('must have records that fit', () => {
    // One record more, and one less, than there are.
    for (const count of [2, 4]) {
      const batch = changed((b) => {
        b.writeInt32BE(count, 57);
        b.writeInt32BE(count - 1, 23);
      });
      expect(refusal(batch)).toMatch(/^invalid-record/);
    }
    // The first record's length, then its offset delta.
    expect(refusal(changed((b) => b.writeUInt8(b.readUInt8(61) + 2, 61)))).toMatch(/^invalid-record/);
    expect(refusal(changed((b) => b.writeUInt8(b.readUInt8(61) - 2, 61)))).toMatch(/^invalid-record/);
    expect(refusal(changed((b) => b.writeUInt8(1, 61)))).toMatch(/negative/);
    expect(refusal(changed((b) => b.writeUInt8(2, 64)))).toMatch(/offset delta/);
    expect(refusal(changed((b) => b.fill(0xff, 61)))).toMatch(/^invalid-record/);
    expect(refusal(changed((b) => b.fill(0xff, 63)))).toMatch(/^invalid-record/);
  });

  test('must have a producer that agrees', () => {
    const of = (producerId: number, producerEpoch: number, baseSequence: number): string =>
      refusal(buildBatch(records(1), { timestampMs: NOW, producerId, producerEpoch, baseSequence }));
    expect(of(0, 0, 0)).toBe('accepted');
    expect(of(2 ** 40, 32_767, 0x7fffffff)).toBe('accepted');
    expect(of(-2, 0, 0)).toMatch(/^invalid-record/);
    expect(of(1, -1, 0)).toMatch(/^invalid-record/);
    expect(of(1, 0, -1)).toMatch(/^invalid-record/);
    expect(refusal(buildBatch(records(1), { timestampMs: NOW, transactional: true }))).toMatch(
      /^invalid-record/,
    );
  });

  test('must be compressed with what the version knows', () => {
    const zstd = buildBatch(records(1), { timestampMs: NOW, codec: 4, compression: zlibCompression });
    expect(refusal(zstd)).toBe('accepted');
    expect(refusal(zstd, { zstdAllowed: false })).toMatch(/^unsupported-compression/);
    expect(refusal(changed((b) => b.writeInt16BE(5, 21)))).toMatch(/^unsupported-compression/);
  });

  test('must have timestamps within the bounds of the topic', () => {
    const at = (timestampMs: number): Buffer => buildBatch([{ key: null, value: null }], { timestampMs });
    expect(refusal(at(NOW + 3_600_000))).toBe('accepted');
    expect(refusal(at(NOW + 3_600_001))).toMatch(/^invalid-timestamp: .*ahead/);
    expect(refusal(at(0))).toBe('accepted');
    expect(refusal(at(NOW - 1001), { timestampBeforeMaxMs: 1000 })).toMatch(/^invalid-timestamp: .*back/);
    expect(refusal(at(0), { timestampType: 'LogAppendTime', timestampBeforeMaxMs: 0 })).toBe('accepted');
    expect(refusal(at(-5))).toMatch(/^invalid-timestamp/);
    const stamped = buildBatch(records(1), { timestampMs: NOW, logAppendTime: true });
    expect(refusal(stamped)).toMatch(/^invalid-timestamp: .*LogAppendTime/);
    // The record in the middle is the oldest.
    const middle = buildBatch(
      [0, -2000, 0].map((delta) => ({ key: null, value: null, timestampMs: NOW + delta })),
      { timestampMs: NOW },
    );
    expect(refusal(middle, { timestampBeforeMaxMs: 1000 })).toMatch(/^invalid-timestamp/);
  });

  test('has a wrong max timestamp corrected', () => {
    const batch = changed((b) => patchMaxTimestamp(b, NOW));
    expect(refusal(batch)).toBe('accepted');
    expect(batchMaxTimestamp(batch)).toBe(NOW + 2);
    expect(batch.equals(plain())).toBe(true);
    // And a record beyond the bound isn't hidden by it.
    const far = buildBatch(
      [
        { key: null, value: null, timestampMs: NOW },
        ...records(1),
        { key: null, value: null, timestampMs: NOW + 9e6 },
      ],
      {
        timestampMs: NOW,
      },
    );
    expect(refusal(changed((b) => patchMaxTimestamp(b, NOW), far))).toMatch(/^invalid-timestamp/);
  });

  test('may have a header whose times no record has', () => {
    const batch = changed((b) => patchMaxTimestamp(b, NOW + 9e9));
    expect(refusal(batch)).toBe('accepted');
    expect(batch.equals(plain())).toBe(true);
    const base = buildBatch([{ key: null, value: null, timestampMs: NOW - 5000 }, ...records(1)], {
      timestampMs: NOW,
    });
    expect(refusal(base, { timestampBeforeMaxMs: 1000 })).toMatch(/^invalid-timestamp: .*back/);
    const none = changed(
      (b) => patchMaxTimestamp(b, NOW + 9e9),
      buildBatch([{ key: null, value: null }], { timestampMs: -1 }),
    );
    expect(refusal(none)).toBe('accepted');
    expect(batchMaxTimestamp(none)).toBe(-1);
    expect(refusal(changed((b) => b.writeBigInt64BE(-5n, 27)))).toMatch(/^invalid-timestamp/);
    expect(refusal(changed((b) => b.writeBigInt64BE(2n ** 62n, 27)))).toMatch(/^invalid-timestamp/);
  });

  test('never throws, whatever bytes come with a right CRC', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 20 }),
        (edits, count) => {
          const batch = changed((b) => {
            for (const [position, value] of edits)
              if (position > 20 && position < b.length) b[position] = value;
          }, plain(count));
          const copy = Buffer.from(batch);
          if (validateProducedBatch(batch, rules) !== null) expect(batch.equals(copy)).toBe(true);
        },
      ),
    );
  });
});

test('LogAppendTime is stamped with a right CRC', () => {
  const batch = plain();
  stampLogAppendTime(batch, NOW + 77);
  expect(batchIsLogAppendTime(batch)).toBe(true);
  expect(batchMaxTimestamp(batch)).toBe(NOW + 77);
  const crc = batchCrc(batch);
  sealBatch(batch);
  expect(batchCrc(batch)).toBe(crc);
});
