import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader } from '../../src/base/byte-reader.ts';
import {
  unsignedVarintSize,
  varintSize,
  varlongSize,
  writeUnsignedVarint,
  writeVarint,
  writeVarlong,
} from '../../src/base/varint.ts';

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

/** The encoding by its definition, with BigInt. */
function reference(value: bigint): Buffer {
  const bytes: number[] = [];
  let v = value;
  for (; v >= 128n; v >>= 7n) bytes.push(Number(v & 127n) | 128);
  bytes.push(Number(v));
  return Buffer.from(bytes);
}
const zigzag = (value: number): bigint => (value < 0 ? -2n * BigInt(value) - 1n : 2n * BigInt(value));

function written(write: (b: Buffer, p: number) => number): Buffer {
  const buffer = Buffer.alloc(20, 0xee);
  const end = write(buffer, 3);
  expect(buffer.subarray(end)).toEqual(Buffer.alloc(20 - end, 0xee));
  return buffer.subarray(3, end);
}

test('unsigned 32-bit values', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        uint32,
        fc.integer({ min: 0, max: 32 }).map((n) => Math.max(0, 2 ** n - 1)),
      ),
      (value) => {
        const bytes = written((b, p) => writeUnsignedVarint(b, p, value));
        expect(bytes).toEqual(reference(BigInt(value)));
        expect(unsignedVarintSize(value)).toBe(bytes.length);
        expect(new ByteReader(bytes).unsignedVarint()).toBe(value);
      },
    ),
  );
});

test('signed 32-bit values', () => {
  fc.assert(
    fc.property(int32, (value) => {
      const bytes = written((b, p) => writeVarint(b, p, value));
      expect(bytes).toEqual(reference(zigzag(value)));
      expect(varintSize(value)).toBe(bytes.length);
      expect(new ByteReader(bytes).varint()).toBe(value);
    }),
  );
});

test('signed values up to 2^53 - 1', () => {
  const edges = fc.tuple(fc.integer({ min: 0, max: 53 }), fc.integer({ min: -2, max: 1 }), fc.boolean());
  const edge = edges.map(([n, d, minus]) => (minus ? -1 : 1) * Math.min(2 ** n + d, Number.MAX_SAFE_INTEGER));
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeInteger(), edge, int32), (raw) => {
      const value = raw + 0; // no -0
      const bytes = written((b, p) => writeVarlong(b, p, value));
      expect(bytes).toEqual(reference(zigzag(value)));
      expect(varlongSize(value)).toBe(bytes.length);
      expect(new ByteReader(bytes).varlong()).toBe(value);
    }),
    { numRuns: 1000 },
  );
});
