import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AssertionError } from '../../src/base/assert.ts';
import {
  readUuid,
  uuidFromBytes,
  uuidFromString,
  uuidToString,
  writeUuid,
  ZERO_UUID,
} from '../../src/base/uuid.ts';

const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((array) => Buffer.from(array));

test('bytes, id and text are three forms of one thing', () => {
  fc.assert(
    fc.property(bytes16, (bytes) => {
      const uuid = uuidFromBytes(bytes);
      expect(uuid.length).toBe(16);
      const text = uuidToString(uuid);
      expect(text).toBe(bytes.toString('base64url'));
      expect(uuidFromString(text)).toBe(uuid);
      const buffer = Buffer.alloc(20, 0xff);
      writeUuid(buffer, 2, uuid);
      expect(buffer.subarray(2, 18)).toEqual(bytes);
      expect(readUuid(buffer, 2)).toBe(uuid);
    }),
  );
});

test('equal ids are equal keys', () => {
  const map = new Map([[uuidFromBytes(Buffer.from('0123456789abcdef')), 1]]);
  expect(map.get(uuidFromBytes(Buffer.from('0123456789abcdef')))).toBe(1);
  expect(uuidFromBytes(Buffer.alloc(16))).toBe(ZERO_UUID);
  expect(uuidToString(ZERO_UUID)).toBe('AAAAAAAAAAAAAAAAAAAAAA');
});

test('what is no id is refused', () => {
  for (const text of [
    '',
    'AAAAAAAAAAAAAAAAAAAAA',
    'AAAAAAAAAAAAAAAAAAAAAAA',
    'AAAAAAAAAAAAAAAAAAAAA=',
    'AAAAAAAAAA+AAAAAAAAAAA',
  ]) {
    expect(uuidFromString(text)).toBeUndefined();
  }
  expect(() => uuidFromBytes(Buffer.alloc(15))).toThrow(AssertionError);
  expect(() => readUuid(Buffer.alloc(20), 5)).toThrow(AssertionError);
  expect(() => writeUuid(Buffer.alloc(20), 5, ZERO_UUID)).toThrow(AssertionError);
});
