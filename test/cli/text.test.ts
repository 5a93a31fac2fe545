import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatJson,
  formatTable,
  formatText,
  formatTime,
  formatTopicId,
  LineSplitter,
  type PrintedRecord,
  plural,
  splitKey,
} from '../../src/cli/text.ts';

function lines(chunks: readonly Buffer[], bytesMax = 1000): string[] {
  const splitter = new LineSplitter(bytesMax);
  const found = chunks.flatMap((chunk) => [...splitter.push(chunk)]);
  return [...found, ...splitter.end()].map((line) => line.toString('latin1'));
}

const RECORD: PrintedRecord = {
  topic: 'orders',
  partition: 2,
  offset: 41,
  timestampMs: Date.UTC(2026, 0, 31, 12),
  key: Buffer.from('alice'),
  value: Buffer.from('one'),
  headers: [
    { key: 'a', value: Buffer.from('1') },
    { key: 'b', value: null },
  ],
};
const PLAIN = { time: false, offset: false, headers: false, key: false, keySeparator: '\t' };

describe('lines', () => {
  test('ends of line of both kinds, and a last line without one', () => {
    expect(lines([Buffer.from('a\nb\r\n\nc')])).toEqual(['a', 'b', '', 'c']);
    expect(lines([Buffer.from('a\n')])).toEqual(['a']);
    expect(lines([])).toEqual([]);
  });

  test('it does not matter where the chunks are cut', () => {
    const text = fc
      .array(fc.constantFrom('a', 'é', '\n', '\r\n', '\0'), { maxLength: 40 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat(60), { maxLength: 6 }), (all, cuts) => {
        const bytes = Buffer.from(all);
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(lines(chunks)).toEqual(lines([bytes]));
      }),
    );
  });

  test('a line beyond the bound is refused, whether it ends or not', () => {
    expect(() => lines([Buffer.from('12345'), Buffer.from('678901')], 10)).toThrow('longer than 10 bytes');
    expect(() => lines([Buffer.from('12345'), Buffer.from('678901\n')], 10)).toThrow('longer than 10 bytes');
    expect(lines([Buffer.from('12345'), Buffer.from('67890\n')], 10)).toEqual(['1234567890']);
  });
});

describe('keys', () => {
  const split = (line: string, separator: string): [string | null, string] => {
    const { key, value } = splitKey(Buffer.from(line), Buffer.from(separator));
    return [key?.toString() ?? null, value.toString()];
  };

  test('the first separator divides', () => {
    expect(split('k:v:w', ':')).toEqual(['k', 'v:w']);
    expect(split('k => v', ' => ')).toEqual(['k', 'v']);
    expect(split(':v', ':')).toEqual(['', 'v']);
    expect(split('k:', ':')).toEqual(['k', '']);
  });

  test('without a separator there is no key', () => {
    expect(split('value', ':')).toEqual([null, 'value']);
  });
});

describe('text', () => {
  test('the value alone, byte for byte', () => {
    const value = Buffer.from([0xff, 0x00, 0x80]);
    expect(formatText({ ...RECORD, value }, PLAIN)).toEqual(Buffer.from([0xff, 0x00, 0x80, 0x0a]));
  });

  test('all parts', () => {
    const all = { time: true, offset: true, headers: true, key: true, keySeparator: '=' };
    expect(formatText(RECORD, all).toString()).toBe(
      '2026-01-31T12:00:00.000Z\t2:41\ta:1,b:null\talice=one\n',
    );
  });

  test('null key and value', () => {
    const record = { ...RECORD, key: null, value: null };
    expect(formatText(record, { ...PLAIN, key: true }).toString()).toBe('null\tnull\n');
    expect(formatText(record, PLAIN).toString()).toBe('null\n');
  });
});

describe('JSON', () => {
  test('one line with all fields in order', () => {
    expect(formatJson(RECORD)).toBe(
      '{"topic":"orders","partition":2,"offset":41,"time":"2026-01-31T12:00:00.000Z","key":"alice","value":"one",' +
        '"headers":[{"name":"a","value":"1"},{"name":"b","value":null}]}\n',
    );
  });

  test('what is not UTF-8 becomes base64 and says so', () => {
    const parsed = JSON.parse(formatJson({ ...RECORD, key: null, value: Buffer.from([0xff, 0xfe]) }));
    expect(parsed).toMatchObject({ key: null, value: '//4=', valueEncoding: 'base64' });
  });

  test('any value comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const line = formatJson({ ...RECORD, value: Buffer.from(bytes) });
        const parsed = JSON.parse(line) as { value: string; valueEncoding?: BufferEncoding };
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(Buffer.from(parsed.value, parsed.valueEncoding ?? 'utf8')).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test('a record without a time', () => {
    expect(JSON.parse(formatJson({ ...RECORD, timestampMs: -1 })).time).toBeNull();
  });
});

describe('tables and numbers', () => {
  test('numbers to the right, the last text unpadded', () => {
    const rows = [
      ['a', 5, 'x'],
      ['long', '-', 'yy'],
    ];
    expect(formatTable(['NAME', 'LAG', 'WHO'], rows)).toBe('NAME  LAG  WHO\na       5  x\nlong    -  yy\n');
  });

  test('a column of dashes is text', () => {
    expect(formatTable(['A', 'LONG', 'B'], [['x', '-', 'y']])).toBe('A  LONG  B\nx  -     y\n');
  });

  test('no rows', () => {
    expect(formatTable(['A', 'B'], [])).toBe('A  B\n');
  });

  test('counts, bytes, plurals, times, ids', () => {
    expect(formatCount(1_234_567.4)).toBe('1,234,567');
    expect([formatBytes(12.4), formatBytes(3482), formatBytes(5 * 1024 ** 2)]).toEqual([
      '12 B',
      '3.4 KiB',
      '5.0 MiB',
    ]);
    expect([plural(1, 'record'), plural(0, 'record'), plural(2, 'was', 'were')]).toEqual([
      '1 record',
      '0 records',
      '2 were',
    ]);
    expect(formatTime(9e15)).toBe('9000000000000000');
    expect(formatTopicId('dab8c027-5fc5-4218-b23d-79164c3d6af0')).toBe('2rjAJ1_FQhiyPXkWTD1q8A');
  });
});
