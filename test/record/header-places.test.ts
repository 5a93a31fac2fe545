/** Headers that are found in place. */
import { describe, expect, it } from 'vitest';
import { MalformedError } from '../../src/base/byte-reader.ts';
import { BATCH_HEADER_BYTES } from '../../src/record/batch.ts';
import { buildBatch } from '../../src/record/build.ts';
import { HeaderPlaces } from '../../src/record/header-places.ts';
import { type RecordHeader, walkRecords } from '../../src/record/walk.ts';

/** What each name has in a record with these headers; undefined: no such header, or null. */
function find(headers: RecordHeader[], names: string[], spoil?: (section: Buffer) => void): unknown[] {
  const batch = buildBatch([{ key: null, value: Buffer.from('v'), headers }], { timestampMs: 0 });
  const section = batch.subarray(BATCH_HEADER_BYTES);
  spoil?.(section);
  const places = new HeaderPlaces();
  const found = names.map((name) => places.add(name));
  expect(places.size).toBe(new Set(names).size);
  walkRecords(section, 1, (record) => places.read(section, record));
  return found.map(({ start, length }) =>
    length < 0 ? undefined : section.toString('utf8', start, start + length),
  );
}

const header = (key: string, value: string | null): RecordHeader => ({
  key,
  value: value === null ? null : Buffer.from(value),
});

describe('header places', () => {
  it('finds what is asked for, and of two the last', () => {
    const headers = [header('a', '1'), header('ab', ''), header('b', 'x'.repeat(200)), header('a', '3')];
    expect(find(headers, ['a', 'b', 'ab', 'A', 'c', 'a'])).toEqual([
      '3',
      'x'.repeat(200),
      '',
      undefined,
      undefined,
      '3',
    ]);
    expect(find([header('a', '1'), header('a', null)], ['a'])).toEqual([undefined]);
    expect(find([header('ä', 'ö'), header('', 'empty')], ['ä', ''])).toEqual(['ö', 'empty']);
    expect(find([], ['a'])).toEqual([undefined]);
  });

  it.each([
    ['a name that is null', (section: Buffer, at: number) => section.writeUInt8(1, at)],
    ['a name that is longer than the record', (section: Buffer, at: number) => section.writeUInt8(100, at)],
    ['a length that does not end', (section: Buffer, at: number) => section.fill(0xff, at)],
    ['a value of length −2', (section: Buffer, at: number) => section.writeUInt8(3, at + 2)],
    ['bytes behind the last header', (section: Buffer, at: number) => section.writeUInt8(2, at + 2)],
  ])('refuses %s', (_what, spoil) => {
    const attempt = () => find([header('a', '123')], ['a'], (section) => spoil(section, section.length - 6));
    expect(attempt).toThrow(MalformedError);
  });
});
