import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MalformedError } from '../../src/base/byte-reader.ts';
import { BATCH_HEADER_BYTES, batchRecordCount, patchBaseOffset } from '../../src/record/batch.ts';
import { buildBatch, type RecordInput } from '../../src/record/build.ts';
import { recordsSection } from '../../src/record/section.ts';
import { firstRecordAtOrAfter, recordWithMaxTimestamp } from '../../src/record/timestamps.ts';
import { recordHeaders, recordKey, recordValue, walkRecords } from '../../src/record/walk.ts';
import { zlibCompression } from './helpers.ts';

const sectionOptions = { compression: zlibCompression, bytesMax: 1 << 20 };

const bytes = fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b));
const record: fc.Arbitrary<RecordInput> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  timestampMs: fc.integer({ min: 0, max: 2 ** 52 }),
  headers: fc.array(fc.record({ key: fc.string({ maxLength: 20 }), value: fc.option(bytes) }), {
    maxLength: 3,
  }),
});
const batchOf = fc.array(record, { minLength: 1, maxLength: 40 });
const codec = fc.constantFrom(0 as const, 1 as const);

function read(batch: Buffer): RecordInput[] {
  const section = recordsSection(batch, sectionOptions);
  const base = Number(batch.readBigInt64BE(27));
  const found: RecordInput[] = [];
  walkRecords(section, batchRecordCount(batch), (r) => {
    expect(r.offsetDelta).toBe(r.index);
    found.push({
      key: recordKey(section, r),
      value: recordValue(section, r),
      timestampMs: base + r.timestampDeltaMs,
      headers: recordHeaders(section, r),
    });
  });
  return found;
}

describe('walkRecords', () => {
  test('gives what was built, also compressed', () => {
    fc.assert(
      fc.property(batchOf, codec, (records, codec) => {
        const batch = buildBatch(records, { timestampMs: 0, codec, compression: zlibCompression });
        expect(read(batch)).toEqual(records);
      }),
    );
  });

  test('ends when the visitor has enough', () => {
    const batch = buildBatch(
      [1, 2, 3].map((n) => ({ key: null, value: Buffer.from([n]) })),
      { timestampMs: 0 },
    );
    let seen = 0;
    walkRecords(batch.subarray(BATCH_HEADER_BYTES), 3, () => ++seen < 2);
    expect(seen).toBe(2);
  });

  test('throws MalformedError, and nothing else, on damaged sections', () => {
    fc.assert(
      fc.property(
        batchOf,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }),
        fc.nat(50),
        (records, edits, count) => {
          const section = Buffer.from(buildBatch(records, { timestampMs: 0 }).subarray(BATCH_HEADER_BYTES));
          for (const [position, value] of edits) section[position % section.length] = value;
          try {
            walkRecords(section, count, (r) => {
              recordKey(section, r);
              recordValue(section, r);
              recordHeaders(section, r);
            });
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedError);
          }
        },
      ),
    );
  });

  test('throws on too few, too many, and cut records', () => {
    const section = buildBatch(
      [
        { key: null, value: null },
        { key: null, value: null },
      ],
      { timestampMs: 0 },
    ).subarray(61);
    const walk = (s: Buffer, count: number) => () => walkRecords(s, count, () => {});
    expect(walk(section, 1)).toThrow(MalformedError);
    expect(walk(section, 3)).toThrow(MalformedError);
    expect(walk(section, 2 ** 31 - 1)).toThrow(MalformedError);
    expect(walk(section, -1)).toThrow(MalformedError);
    expect(walk(section.subarray(0, -1), 2)).toThrow(MalformedError);
    expect(walk(section, 2)).not.toThrow();
  });

  test('a compressed section that grows beyond the bound is malformed', () => {
    const batch = buildBatch([{ key: null, value: Buffer.alloc(100_000) }], {
      timestampMs: 0,
      codec: 1,
      compression: zlibCompression,
    });
    expect(() => recordsSection(batch, { compression: zlibCompression, bytesMax: 99_999 })).toThrow(
      MalformedError,
    );
  });
});

describe('records by time', () => {
  test('agree with a look at each record', () => {
    const times = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(times, codec, fc.integer({ min: 0, max: 21 }), (times, codec, wanted) => {
        const batch = buildBatch(
          times.map((timestampMs) => ({ key: null, value: null, timestampMs })),
          { timestampMs: 0, codec, compression: zlibCompression },
        );
        patchBaseOffset(batch, 1000);
        const first = times.findIndex((time) => time >= wanted);
        expect(firstRecordAtOrAfter(batch, wanted, sectionOptions)).toEqual(
          first < 0 ? null : { offset: 1000 + first, timestampMs: times[first] },
        );
        const max = Math.max(...times);
        expect(recordWithMaxTimestamp(batch, sectionOptions)).toEqual({
          offset: 1000 + times.indexOf(max),
          timestampMs: max,
        });
      }),
    );
  });

  test('of a batch the broker stamped are all the same', () => {
    const batch = buildBatch(
      [5, 9].map((timestampMs) => ({ key: null, value: null, timestampMs })),
      { timestampMs: 0, logAppendTime: true },
    );
    expect(firstRecordAtOrAfter(batch, 6, sectionOptions)).toEqual({ offset: 0, timestampMs: 9 });
    expect(firstRecordAtOrAfter(batch, 10, sectionOptions)).toBeNull();
    expect(recordWithMaxTimestamp(batch, sectionOptions)).toEqual({ offset: 0, timestampMs: 9 });
  });
});
