/**
 * Measures how fast filters judge records: 1,000 records of three headers and 1 KiB a batch, as a fetch walks over them.
 * Prints one line a filter. Usage: node build/bench/micro/filter.js
 */
import { compileFilter, type FilterType } from '../../src/filter/filter.ts';
import { BATCH_HEADER_BYTES, batchBaseTimestamp, batchRecordCount } from '../../src/record/batch.ts';
import { buildBatch } from '../../src/record/build.ts';
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
  let judged = 0;
  let wanted = 0;
  const begun = performance.now();
  while (performance.now() - begun < SECONDS * 1000) {
    walkRecords(section, batchRecordCount(batch), (record) => {
      if (filter.matches(section, record, batchBaseTimestamp(batch) + record.timestampDeltaMs)) wanted++;
    });
    judged += RECORDS;
  }
  const seconds = (performance.now() - begun) / 1000;
  const rate = (judged / seconds / 1e6).toFixed(2);
  console.log(`${type} ${text}: ${rate} million records/s, ${((100 * wanted) / judged).toFixed(1)} % wanted`);
}
