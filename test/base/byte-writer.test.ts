import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AssertionError } from '../../src/base/assert.ts';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { uuidFromBytes } from '../../src/base/uuid.ts';

/** One value: how it is written, and how it is read again. */
interface Step {
  write(w: ByteWriter): void;
  read(r: ByteReader): unknown;
  value: unknown;
}

function step<T>(
  arbitrary: fc.Arbitrary<T>,
  write: (w: ByteWriter, value: T) => void,
  read: (r: ByteReader) => T,
) {
  return arbitrary.map((value): Step => ({ value, write: (w) => write(w, value), read }));
}

const int = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 90 }), fc.string({ maxLength: 300 }));
const bytes: fc.Arbitrary<Buffer> = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const big: fc.Arbitrary<Buffer> = fc
  .integer({ min: 0, max: 5000 })
  .map((length) => Buffer.alloc(length, length));

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  step(
    int(8),
    (w, v) => w.int8(v),
    (r) => r.int8(),
  ),
  step(
    int(16),
    (w, v) => w.int16(v),
    (r) => r.int16(),
  ),
  step(
    fc.nat(65535),
    (w, v) => w.int16(v),
    (r) => r.uint16(),
  ),
  step(
    int(32),
    (w, v) => w.int32(v),
    (r) => r.int32(),
  ),
  step(
    fc.maxSafeInteger(),
    (w, v) => w.int64(v),
    (r) => r.int64(),
  ),
  step(
    fc.double({ noNaN: true }),
    (w, v) => w.float64(v),
    (r) => r.float64(),
  ),
  step(
    fc.boolean(),
    (w, v) => w.boolean(v),
    (r) => r.boolean(),
  ),
  step(
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((a) => uuidFromBytes(Buffer.from(a))),
    (w, v) => w.uuid(v),
    (r) => r.uuid(),
  ),
  step(
    fc.nat(2 ** 31 - 1),
    (w, v) => w.unsignedVarint(v),
    (r) => r.unsignedVarint(),
  ),
  step(
    int(32),
    (w, v) => w.varint(v),
    (r) => r.varint(),
  ),
  step(
    text,
    (w, v) => w.string(v),
    (r) => r.string(),
  ),
  step(
    text,
    (w, v) => w.compactString(v),
    (r) => r.compactString(),
  ),
  step(
    fc.option(text),
    (w, v) => w.nullableString(v),
    (r) => r.nullableString(),
  ),
  step(
    fc.option(text),
    (w, v) => w.compactNullableString(v),
    (r) => r.compactNullableString(),
  ),
  step(
    bytes,
    (w, v) => w.bytes(v),
    (r) => r.bytes(),
  ),
  step(
    bytes,
    (w, v) => w.compactBytes(v),
    (r) => r.compactBytes(),
  ),
  step(
    fc.option(bytes),
    (w, v) => w.nullableBytes(v),
    (r) => r.nullableBytes(),
  ),
  step(
    fc.option(bytes),
    (w, v) => w.compactNullableBytes(v),
    (r) => r.compactNullableBytes(),
  ),
  step(
    fc.option(big),
    (w, v) => w.bytesRef(v),
    (r) => r.nullableBytes(),
  ),
  step(
    fc.option(big),
    (w, v) => w.compactBytesRef(v),
    (r) => r.compactNullableBytes(),
  ),
  step(
    big,
    (w, v) => w.raw(v),
    (r) => r.slice(0),
  ).map((s) => ({
    ...s,
    read: (r: ByteReader) => r.slice((s.value as Buffer).length),
  })),
);

test('what is written is read again, message after message', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(anyStep, { maxLength: 40 }), { maxLength: 4 }),
      fc.integer({ min: 0, max: 300 }),
      (messages, slab) => {
        const w = new ByteWriter(slab);
        const outputs = messages.map((steps) => {
          const mark = w.reserveInt32();
          for (const s of steps) s.write(w);
          w.lengthPatch(mark);
          const length = w.byteLength;
          const parts = w.finish();
          expect(parts.reduce((sum, part) => sum + part.length, 0)).toBe(length);
          return parts;
        });
        // Only now: a later message must not have touched an earlier one.
        messages.forEach((steps, i) => {
          const all = Buffer.concat(outputs[i]!);
          const r = new ByteReader(all);
          expect(r.int32()).toBe(all.length - 4);
          for (const s of steps) expect(s.read(r)).toEqual(s.value);
          r.expectEnd();
        });
      },
    ),
    { numRuns: 200 },
  );
});

describe('int64', () => {
  test.each([
    [2 ** 63, '7fffffffffffffff'],
    [-(2 ** 63), '8000000000000000'],
    [Number.POSITIVE_INFINITY, '7fffffffffffffff'],
    [2 ** 53, '0020000000000000'],
    [-1, 'ffffffffffffffff'],
    [-4294967296, 'ffffffff00000000'],
  ])('%d', (value, hex) => {
    const w = new ByteWriter();
    w.int64(value);
    expect(w.finishContiguous().toString('hex')).toBe(hex);
  });
});

test('small messages share a slab and each is one buffer', () => {
  const w = new ByteWriter();
  const first = w.finish();
  w.int32(1);
  const [one] = w.finish();
  w.int32(2);
  const [two] = w.finish();
  expect(first).toEqual([]);
  expect(one!.buffer).toBe(two!.buffer);
  expect([...one!, ...two!]).toEqual([0, 0, 0, 1, 0, 0, 0, 2]);
});

test('big byte fields are not copied, small ones make no part of their own', () => {
  const w = new ByteWriter();
  const large = Buffer.alloc(4096, 1);
  const mark = w.reserveInt32();
  w.bytesRef([large, Buffer.alloc(10, 2), Buffer.alloc(20, 3)]);
  w.int8(5);
  w.lengthPatch(mark);
  const parts = w.finish();
  expect(parts.length).toBe(3);
  expect(parts[1]).toBe(large);
  expect(parts[0]).toEqual(Buffer.from('0000' + '1023' + '0000' + '101e', 'hex'));
});

test('lengths are patched wherever they stand', () => {
  const frame = fc.oneof(fc.nat(40), fc.integer({ min: 1000, max: 1100 }), fc.nat(5000));
  fc.assert(
    fc.property(fc.array(fc.record({ length: frame, ref: fc.boolean() }), { maxLength: 12 }), (frames) => {
      const w = new ByteWriter(256);
      const whole = w.reserveInt32();
      const marks = frames.map(({ length, ref }) => {
        const mark = w.reserveInt32();
        if (ref) w.writeBytesRef(Buffer.alloc(length, length));
        else w.raw(Buffer.alloc(length, length));
        if (length % 2 === 0) w.lengthPatch(mark);
        return mark;
      });
      w.lengthPatch(whole);
      frames.forEach(({ length }, i) => {
        if (length % 2 !== 0) w.patchInt32(marks[i]!, length);
      });
      const r = new ByteReader(w.finishContiguous());
      expect(r.int32()).toBe(r.remaining);
      for (const { length } of frames) expect(r.bytes()).toEqual(Buffer.alloc(length, length));
      r.expectEnd();
    }),
    { numRuns: 300 },
  );
});

test('a nested field stands behind its size', () => {
  const w = new ByteWriter();
  const nested = w.nested();
  nested.raw(Buffer.alloc(300, 7));
  w.writeNested(nested);
  w.int8(1);
  const r = new ByteReader(w.finishContiguous());
  expect(r.slice(r.unsignedVarint())).toEqual(Buffer.alloc(300, 7));
  expect(r.int8()).toBe(1);
});

test('a string beyond 32767 bytes is our own mistake', () => {
  const w = new ByteWriter();
  expect(() => w.string('x'.repeat(32768))).toThrow(AssertionError);
  expect(() => w.compactString('ä'.repeat(16384))).toThrow(AssertionError);
});
