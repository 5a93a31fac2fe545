/**
 * Filters: any text gives a filter or an error that names a column, and a filter judges any record or refuses its headers.
 * Headers that are found in place are those that are found by reading all of them.
 *
 * Input: one byte type, int16 length of the text, the text, then the record section of a batch of one record.
 */
import type { Prng } from '../../sim/prng.ts';
import { BrokerError } from '../../src/base/errors.ts';
import { BatchSieve } from '../../src/filter/batch-sieve.ts';
import { compileFilter, type Filter } from '../../src/filter/filter.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';
import { BATCH_HEADER_BYTES, batchLastOffset, batchSizeBytes, patchSize } from '../../src/record/batch.ts';
import { buildBatch } from '../../src/record/build.ts';
import { HeaderPlaces } from '../../src/record/header-places.ts';
import { type RecordView, recordHeaders, walkRecords } from '../../src/record/walk.ts';
import { mutate } from '../mutate.ts';
import { expect, type FuzzTarget, tolerate } from '../target.ts';

const NAMES = ['a', 'tag', 'x-y', ''];
const WORDS = [
  ...['a', 'TAGS', '"x-y"', 'JMSPriority', 'JMSTimestamp', 'JMSXGroupID', '1', '-2.5e3', '9007199254740993'],
  ...[
    "'a'",
    "''",
    "'%a_!%'",
    "'it''s'",
    "'!'",
    'TRUE',
    'false',
    '=',
    '<>',
    '<',
    '>=',
    '+',
    '-',
    '*',
    '/',
    '(',
    ')',
  ],
  ...[
    ',',
    'AND',
    'or',
    'NOT',
    'BETWEEN',
    'IN',
    'IS',
    'NULL',
    'LIKE',
    'ESCAPE',
    'CONTAINS',
    'STARTSWITH',
    '||',
  ],
];
/** Sentences, so that some texts are right. */
const CONDITIONS = [
  "a LIKE '%a_!%' ESCAPE '!'",
  "TAGS IN ('a', 'b') AND NOT a > 5",
  'a BETWEEN -1 AND JMSPriority * 2',
  '"x-y" CONTAINS \'a\' OR a IS NULL',
  'a IN (1, 9007199254740993)',
];
const VALUES = ['a', '12', '-1.5', 'true', '9007199254740993', '', 'äöü', 'x'.repeat(300)];

export const filterTarget: FuzzTarget = {
  name: 'filter',
  weight: 0.5,
  generate(prng) {
    const text = Buffer.from(randomText(prng));
    const head = Buffer.alloc(3);
    head[0] = prng.int(4);
    head.writeUInt16BE(text.length, 1);
    const section = randomSection(prng);
    return Buffer.concat([head, text, prng.chance(0.5) ? section : mutate(section, prng, 4)]);
  },
  execute(input) {
    if (input.length < 3) return;
    const textEnd = Math.min(input.length, 3 + input.readUInt16BE(1));
    const text = input.toString('utf8', 3, textEnd);
    const filter = compileFilter(input[0] === 0 ? 'tag' : 'sql', text);
    if (filter instanceof BrokerError) {
      expect(/ at column [1-9]\d*: ./.test(filter.message), `no column: ${filter.message}`);
      return;
    }
    const section = input.subarray(textEnd);
    siftBatch(filter, section);
    tolerate(() =>
      walkRecords(section, 1, (record) => {
        checkPlaces(section, record);
        judge(filter, section, record);
      }),
    );
  },
};

/** What a sieve leaves of a batch is one, with the same offset, or nothing. */
function siftBatch(filter: Filter, section: Buffer): void {
  const batch = Buffer.concat([TEMPLATE.subarray(0, BATCH_HEADER_BYTES), section]);
  patchSize(batch);
  const left = new BatchSieve({ compression: nodeCompression, bytesMax: 1 << 20 }).sift(batch, filter);
  expect(left.length <= 1, 'a batch became several');
  for (const one of left) {
    expect(batchSizeBytes(one) === one.length, 'a batch has another size than it says');
    expect(batchLastOffset(one) === batchLastOffset(batch), 'a batch ends elsewhere');
  }
}

const TEMPLATE = buildBatch([{ key: null, value: null }], { timestampMs: 1000 });

function judge(filter: Filter, section: Buffer, record: RecordView): void {
  const first = tolerate(() => filter.matches(section, record, 1000));
  const second = tolerate(() => filter.matches(section, record, 1000));
  expect(first === second, 'a filter says now this and now that');
}

function checkPlaces(section: Buffer, record: RecordView): void {
  const places = new HeaderPlaces();
  const found = NAMES.map((name) => places.add(name));
  const headers = tolerate(() => recordHeaders(section, record));
  const isRead = tolerate(() => places.read(section, record) ?? true);
  expect((headers === null) === (isRead === null), 'headers are read in one way and not in the other');
  NAMES.forEach((name, i) => {
    const value = headers?.findLast((header) => header.key === name)?.value;
    if (headers === null) return;
    const { start, length } = found[i]!;
    expect(length === (value?.length ?? -1), `the header ${name} has ${length} bytes`);
    expect(
      length <= 0 || section.subarray(start, start + length).equals(value!),
      `the header ${name} is elsewhere`,
    );
  });
}

function randomText(prng: Prng): string {
  if (prng.chance(0.3)) {
    const text = prng.pick(CONDITIONS);
    return prng.chance(0.5) ? text : mutate(Buffer.from(text), prng, 2).toString('utf8');
  }
  return Array.from({ length: prng.int(12) }, () => prng.pick(WORDS)).join(prng.pick([' ', ' ', '']));
}

function randomSection(prng: Prng): Buffer {
  const headers = Array.from({ length: prng.int(5) }, () => ({
    key: prng.pick(NAMES),
    value: prng.chance(0.2) ? null : Buffer.from(prng.pick(VALUES)),
  }));
  const key = prng.chance(0.5) ? null : Buffer.from('a');
  return buildBatch([{ key, value: null, headers }], { timestampMs: 1000 }).subarray(BATCH_HEADER_BYTES);
}
