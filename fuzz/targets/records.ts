/**
 * Record batches: validation of what is produced, walking, headers, opening compressed ones. The records of a plain batch
 * that passed validation fill it by their lengths and have the offsets that its header says; what is inside of a record
 * is its producer's affair, and whoever walks over it must not be surprised.
 *
 * Input: one byte of flags, then the batch.
 */

import type { Prng } from '../../sim/prng.ts';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { crc32c } from '../../src/base/crc32c.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';
import type { CompressionCodec } from '../../src/platform/ports.ts';
import {
  BATCH_CRC_START,
  BATCH_HEADER_BYTES,
  batchCompression,
  batchCrc,
  batchLastOffset,
  batchRecordCount,
  batchSizeBytes,
} from '../../src/record/batch.ts';
import { buildBatch, sealBatch } from '../../src/record/build.ts';
import { BatchCompactor } from '../../src/record/compaction.ts';
import { recordsSection } from '../../src/record/section.ts';
import { validateProducedBatch } from '../../src/record/validate.ts';
import { recordHeaders, recordKey, recordValue, walkRecords } from '../../src/record/walk.ts';
import { mutate } from '../mutate.ts';
import { expect, type FuzzTarget, tolerate } from '../target.ts';

const SECTION_BYTES_MAX = 1024 * 1024;
const NOW_MS = 1_767_225_600_000;
/** Set: the CRC is made right before the batch is given to the code under test. */
const FLAG_SEAL = 1;

export const recordsTarget: FuzzTarget = {
  name: 'records',
  generate(prng) {
    const batch = randomBatch(prng);
    const flags = Buffer.of(prng.chance(0.8) ? FLAG_SEAL : 0);
    if (prng.chance(0.1)) return Buffer.concat([flags, prng.bytes(prng.int(300))]);
    return Buffer.concat([flags, prng.chance(0.1) ? batch : mutate(batch, prng)]);
  },
  execute(input) {
    if (input.length === 0) return;
    const batch = Buffer.from(input.subarray(1));
    if ((input[0]! & FLAG_SEAL) !== 0 && batch.length > BATCH_CRC_START) sealBatch(batch);
    const refused = validateProducedBatch(batch, {
      bytesMax: 1_048_588,
      nowMs: NOW_MS,
      timestampType: 'CreateTime',
      timestampBeforeMaxMs: Number.POSITIVE_INFINITY,
      timestampAfterMaxMs: 3_600_000,
      zstdAllowed: true,
    });
    if (batch.length < BATCH_HEADER_BYTES) {
      expect(refused !== null, 'less than a batch header was taken for a batch');
      return;
    }
    const walked = tolerate(() => walkAll(batch));
    const count = batchRecordCount(batch);
    expect(walked === null || walked === count, `a batch of ${count} records has ${walked}`);
    if (refused === null && batchCompression(batch) === 0) checkLengths(batch);
    if (refused === null) tolerate(() => checkCompaction(batch));
  },
};

/** What validation promises of a plain batch. */
function checkLengths(batch: Buffer): void {
  const reader = new ByteReader(batch, BATCH_HEADER_BYTES);
  for (let index = 0; index < batchRecordCount(batch); index++) {
    const end = reader.varint() + reader.position;
    reader.int8();
    reader.varlong();
    const delta = reader.varint();
    expect(delta === index, `record ${index} of a valid batch has the offset delta ${delta}`);
    expect(reader.position <= end, `record ${index} of a valid batch is shorter than its fields`);
    reader.skip(end - reader.position);
  }
  reader.expectEnd();
}

/** What is left of a batch is one, with the same offsets, and compacting it again changes nothing. */
function checkCompaction(batch: Buffer): void {
  const compactor = new BatchCompactor({ compression: nodeCompression, bytesMax: SECTION_BYTES_MAX });
  const latest = {
    isSuperseded: (_section: Buffer, start: number, end: number) => (end - start) % 2 !== 0,
  };
  const rule = {
    latest,
    discards: false,
    marksNothing: false,
    keepsEmpty: true,
    nowMs: NOW_MS,
    deleteRetentionMs: 1000,
  };
  const kept = compactor.compact(batch, rule);
  expect(kept !== null, 'a batch that was to stay is gone');
  expect(batchSizeBytes(kept!) === kept!.length, 'a compacted batch has another size than it says');
  expect(batchCrc(kept!) === crc32c(kept!, BATCH_CRC_START), 'a compacted batch has a wrong CRC');
  expect(batchLastOffset(kept!) === batchLastOffset(batch), 'a compacted batch ends elsewhere');
  expect(walkAll(kept!) === batchRecordCount(kept!), 'a compacted batch has not the records that it says');
  expect(compactor.compact(kept!, rule) === kept, 'a compacted batch is not compacted');
}

function walkAll(batch: Buffer): number {
  const section = recordsSection(batch, { compression: nodeCompression, bytesMax: SECTION_BYTES_MAX });
  expect(section.length <= Math.max(SECTION_BYTES_MAX, batch.length), 'more came out than was allowed');
  let count = 0;
  walkRecords(section, batchRecordCount(batch), (record) => {
    count++;
    recordKey(section, record);
    recordValue(section, record);
    tolerate(() => recordHeaders(section, record));
  });
  return count;
}

function randomBatch(prng: Prng): Buffer {
  const records = Array.from({ length: prng.between(1, 6) }, (_, i) => ({
    key: prng.chance(0.3) ? null : prng.bytes(prng.int(20)),
    value: prng.chance(0.1) ? null : Buffer.alloc(prng.int(100), i),
    timestampMs: NOW_MS + prng.between(-1000, 1000),
    headers: Array.from({ length: prng.int(3) }, () => ({
      key: 'header',
      value: prng.chance(0.3) ? null : prng.bytes(prng.int(8)),
    })),
  }));
  const idempotent = prng.chance(0.3);
  return buildBatch(records, {
    timestampMs: NOW_MS,
    codec: prng.chance(0.5) ? 0 : (prng.between(1, 4) as CompressionCodec),
    compression: nodeCompression,
    ...(idempotent ? { producerId: 7, producerEpoch: 0, baseSequence: 3 } : {}),
  });
}
