/** What a filter leaves of stored batches, compared with what it says of each record. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../src/base/crc32c.ts';
import { BatchSieve } from '../../src/filter/batch-sieve.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';
import type { CompressionCodec } from '../../src/platform/ports.ts';
import {
  BATCH_CRC_START,
  batchBaseOffset,
  batchBaseTimestamp,
  batchCompression,
  batchCrc,
  batchIsLogAppendTime,
  batchLastOffset,
  batchMaxTimestamp,
  batchProducerId,
  batchRecordCount,
  eachBatch,
} from '../../src/record/batch.ts';
import { buildBatch, sealBatch } from '../../src/record/build.ts';
import { endMarkerBatch } from '../../src/record/control.ts';
import { recordsSection } from '../../src/record/section.ts';
import { recordHeaders, recordKey, recordValue, walkRecords } from '../../src/record/walk.ts';
import { filterOf } from './helpers.ts';

const OPTIONS = { compression: nodeCompression, bytesMax: 1 << 20 };

interface Told {
  readonly offset: number;
  readonly timestampMs: number;
  readonly text: string;
}

/** All that a consumer is told of the records of a batch. */
function told(batch: Buffer): Told[] {
  const section = recordsSection(batch, OPTIONS);
  const records: Told[] = [];
  walkRecords(section, batchRecordCount(batch), (record) => {
    const stamped = batchIsLogAppendTime(batch);
    records.push({
      offset: batchBaseOffset(batch) + record.offsetDelta,
      timestampMs: stamped ? batchMaxTimestamp(batch) : batchBaseTimestamp(batch) + record.timestampDeltaMs,
      text: `${recordKey(section, record)} ${recordValue(section, record)} ${JSON.stringify(recordHeaders(section, record))}`,
    });
  });
  return records;
}

const batches = fc
  .array(
    fc.record({
      tags: fc.array(fc.constantFrom('a', 'b', null), { minLength: 1, maxLength: 6 }),
      codec: fc.constantFrom<CompressionCodec>(0, 1, 2, 3, 4),
      logAppendTime: fc.boolean(),
      producerId: fc.constantFrom(-1, 7),
      times: fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 6, maxLength: 6 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((described) => {
    let baseOffset = 100;
    return described.map(({ tags, times, ...options }) => {
      const records = tags.map((tag, i) => ({
        key: i % 2 === 0 ? null : Buffer.from(`key-${i}`),
        value: Buffer.from(`value-${baseOffset + i}`),
        timestampMs: 10_000 + times[i]!,
        headers: tag === null ? [] : [{ key: 'tag', value: Buffer.from(tag) }],
      }));
      const batch = buildBatch(records, {
        ...options,
        baseOffset,
        timestampMs: 0,
        compression: nodeCompression,
      });
      baseOffset += tags.length;
      return batch;
    });
  });

describe('a sieve', () => {
  it('leaves the records that are wanted as they are, in batches that are in order', () => {
    fc.assert(
      fc.property(
        batches,
        fc.constantFrom("TAGS = 'a'", 'TAGS IS NULL', 'JMSTimestamp > 10000', 'TRUE'),
        (given, text) => {
          const filter = filterOf('sql', text);
          const sieve = new BatchSieve(OPTIONS);
          const left = sieve.sift(Buffer.concat(given), filter);
          const expected = given.flatMap((batch) => {
            const section = recordsSection(batch, OPTIONS);
            const all = told(batch);
            const wanted: Told[] = [];
            walkRecords(section, all.length, (record) => {
              const one = all[record.index]!;
              if (filter.matches(section, record, one.timestampMs)) wanted.push(one);
            });
            return wanted;
          });
          const batchesLeft = [...eachBatch(left)];
          expect(batchesLeft.flatMap(told)).toEqual(expected);
          for (const batch of batchesLeft) {
            const before = given.find((one) => batchBaseOffset(one) === batchBaseOffset(batch))!;
            expect(batchCrc(batch)).toBe(crc32c(batch, BATCH_CRC_START));
            expect([batchLastOffset(batch), batchCompression(batch), batchProducerId(batch)]).toEqual([
              batchLastOffset(before),
              batchCompression(before),
              batchProducerId(before),
            ]);
            const times = told(batch).map(({ timestampMs }) => timestampMs);
            expect(batchMaxTimestamp(batch)).toBe(Math.max(...times));
            if (batchRecordCount(batch) === batchRecordCount(before)) expect(batch.equals(before)).toBe(true);
          }
          // What was wanted once is wanted again, and nothing is made anew.
          expect(Buffer.concat(sieve.sift(Buffer.concat(left), filter))).toEqual(Buffer.concat(left));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('leaves neighbours that are wanted whole in one piece, without copying', () => {
    const build = (tag: string, baseOffset: number) =>
      buildBatch([{ key: null, value: null, headers: [{ key: 'tag', value: Buffer.from(tag) }] }], {
        timestampMs: 0,
        baseOffset,
      });
    const buffer = Buffer.concat([build('a', 0), build('a', 1), build('b', 2), build('a', 3)]);
    const left = new BatchSieve(OPTIONS).sift(buffer, filterOf('sql', "TAGS = 'a'"));
    expect(left).toHaveLength(2);
    expect(left.every((piece) => piece.buffer === buffer.buffer)).toBe(true);
    expect(new BatchSieve(OPTIONS).sift(buffer, filterOf('tag', '*'))).toEqual([buffer]);
  });

  it('stops between two batches when it has looked through enough', () => {
    const record = (tag: string) => ({
      key: null,
      value: null,
      headers: [{ key: 'tag', value: Buffer.from(tag) }],
    });
    const build = (tag: string, baseOffset: number) =>
      buildBatch([record(tag)], { timestampMs: 0, baseOffset });
    const batches = [build('a', 0), build('b', 1), build('a', 2)];
    const buffer = Buffer.concat(batches);
    const sieve = new BatchSieve(OPTIONS);
    const filter = filterOf('sql', "TAGS = 'a'");
    expect(sieve.sift(buffer, filter, 1).map((batch) => batchBaseOffset(batch))).toEqual([0]);
    expect(sieve.siftedTo).toBe(batches[0]!.length);
    const rest = buffer.subarray(sieve.siftedTo);
    expect(sieve.sift(rest, filter, sieve.siftedBytes)).toEqual([]);
    expect(sieve.siftedTo).toBe(0);
    expect(sieve.sift(rest, filter).map((batch) => batchBaseOffset(batch))).toEqual([2]);
    expect(sieve.siftedTo).toBe(rest.length);
  });

  it('stops sooner where judging takes longer', () => {
    const batch = buildBatch([{ key: null, value: null }], { timestampMs: 0 });
    const looked = (filter: string): number => {
      const sieve = new BatchSieve(OPTIONS);
      sieve.sift(batch, filterOf('sql', filter));
      return sieve.siftedBytes - batch.length;
    };
    const patterns = Array.from({ length: 64 }, () => "a LIKE '%a%b'").join(' OR ');
    expect(looked(patterns)).toBeGreaterThan(8 * looked("a = 'b'"));
  });

  it('lets markers through, and what it can not read', () => {
    const marker = endMarkerBatch({ producerId: 1, producerEpoch: 0, commit: false, coordinatorEpoch: 0 }, 0);
    const spoilt = buildBatch(
      [{ key: null, value: null, headers: [{ key: 'tag', value: Buffer.from('b') }] }],
      {
        timestampMs: 0,
      },
    );
    // The length of the header's value.
    spoilt[spoilt.length - 2] = 0x7e;
    sealBatch(spoilt);
    const given = Buffer.concat([marker, spoilt]);
    const left = new BatchSieve(OPTIONS).sift(given, filterOf('sql', "TAGS = 'a'"));
    expect(Buffer.concat(left).equals(given)).toBe(true);
  });
});
