/** Messages in JSON: nothing of their bytes is lost but what is cut off, which is said. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { printMessage } from '../../../src/broker/admin/messages.ts';

const message = (value: Buffer | null) => ({ offset: 1, timestampMs: 2, key: null, value, headers: [] });
const print = (value: Buffer | null, valueBytesMax: number) =>
  printMessage(message(value), { partition: 0, valueBytesMax }).value;

it('tells bytes as text where they are UTF-8, and as base64 where they are not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (array) => {
      const bytes = Buffer.from(array);
      const printed = print(bytes, 100)!;
      expect(printed.bytes).toBe(bytes.length);
      const back =
        printed.text === undefined ? Buffer.from(printed.base64!, 'base64') : Buffer.from(printed.text);
      expect(back).toEqual(bytes);
    }),
  );
});

it('cuts text between characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat(60), (text, bytesMax) => {
      const printed = print(Buffer.from(text), bytesMax)!;
      expect(text.startsWith(printed.text!)).toBe(true);
      expect(Buffer.byteLength(printed.text!)).toBeGreaterThan(
        Math.min(Buffer.byteLength(text), bytesMax) - 4,
      );
    }),
  );
});

it('tells that there is no value', () => {
  expect(print(null, 10)).toBeNull();
  expect(print(Buffer.alloc(0), 10)).toEqual({ text: '', bytes: 0 });
});
