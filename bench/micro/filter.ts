/**
 * Measures how fast filters judge records: 1,000 records of three headers and 1 KiB a batch, as a fetch walks over them;
 * then how fast a view is read of which a third is wanted, by compression. Prints one line a filter and a compression. Usage: node build/bench/micro/filter.js
 */
import { BatchSieve } from '../../src/filter/batch-sieve.ts';
import { compileFilter, type FilterType } from '../../src/filter/filter.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';
import type { CompressionCodec } from '../../src/platform/ports.ts';
import { BATCH_HEADER_BYTES, batchBaseTimestamp, batchRecordCount } from '../../src/record/batch.ts';
import { buildBatch } from '../../src/record/build.ts';
import { COMPRESSION_NAMES, RECORDS_BYTES_MAX } from '../../src/record/section.ts';
import { walkRecords } from '../../src/record/walk.ts';

const SECONDS = 2;
const RECORDS = 1000;
const FILTERS: readonly (readonly [FilterType, string])[] = [
  ['tag', '*'],
  ['tag', 'paid || sent'],
  ['sql', "TAGS = 'paid'"],
  ['sql', 'amount > 500'],
  ['sql', "region IN ('eu', 'us') AND amount BETWEEN 100 AND 700"],
  ['sql', "region LIKE 'e_' OR TAGS LIKE '%ai%' AND amount * 2 < 300"],
];

const value = Buffer.alloc(1024, 'x');
const records = Array.from({ length: RECORDS }, (_, i) => ({
  key: Buffer.from(`key-${i}`),
  value,
  headers: [
    { key: 'tag', value: Buffer.from(i % 3 === 0 ? 'paid' : 'open') },
    { key: 'region', value: Buffer.from(i % 2 === 0 ? 'eu' : 'asia') },
    { key: 'amount', value: Buffer.from(String(i)) },
  ],
}));
const batch = buildBatch(records, { timestampMs: 1000 });
const section = batch.subarray(BATCH_HEADER_BYTES);

for (const [type, text] of FILTERS) {
  const filter = compileFilter(type, text);
  if (filter instanceof Error) throw filter;
  let wanted = 0;
  const { rate, count } = measure(() => {
    walkRecords(section, batchRecordCount(batch), (record) => {
      if (filter.matches(section, record, batchBaseTimestamp(batch) + record.timestampDeltaMs)) wanted++;
    });
  });
  console.log(`${type} ${text}: ${rate} million records/s, ${((100 * wanted) / count).toFixed(1)} % wanted`);
}
for (const [codec, name] of COMPRESSION_NAMES.entries()) {
  const filter = compileFilter('tag', 'paid');
  if (filter instanceof Error) throw filter;
  const packed = buildBatch(records, {
    timestampMs: 1000,
    codec: codec as CompressionCodec,
    compression: nodeCompression,
  });
  const sieve = new BatchSieve({ compression: nodeCompression, bytesMax: RECORDS_BYTES_MAX });
  const { rate } = measure(() => sieve.sift(packed, filter));
  console.log(`view of a third, compression ${name}: ${rate} million records/s`);
}

/** Millions of records a second, and how many there were in all. */
function measure(once: () => void): { rate: string; count: number } {
  let count = 0;
  const begun = performance.now();
  while (performance.now() - begun < SECONDS * 1000) {
    once();
    count += RECORDS;
  }
  return { rate: (count / (performance.now() - begun) / 1000).toFixed(2), count };
}
