/** What the stored form of a machine's records has to keep to: for properties over all records that the machine has. */
import { expect } from 'vitest';
import type { StoredRecord } from '../../../src/machine/machine.ts';

interface RecordCodec<R> {
  encode(record: R): StoredRecord;
  decode(stored: StoredRecord): unknown;
}

/** The record comes back as it was, and keeps nothing of the buffers it was read from. */
export function checkComesBack<R>(codec: RecordCodec<R>, record: R): void {
  const { key, value } = codec.encode(record);
  const stored = { key: Buffer.from(key), value: value === null ? null : Buffer.from(value) };
  const decoded = codec.decode(stored);
  stored.key.fill(0xee);
  stored.value?.fill(0xee);
  expect(decoded).toEqual(record);
}

/** It is refused with another version or type, longer, and with its first `cut % length` bytes only. */
export function checkRefusals<R>(codec: RecordCodec<R>, record: R, cut: number): void {
  const { key, value } = codec.encode(record);
  const newer = Buffer.from(key);
  newer[1] = 1;
  expect(() => codec.decode({ key: newer, value })).toThrow(/unknown version 1/);
  if (value === null) return;
  const other = Buffer.from(key);
  other[0] = 99;
  expect(() => codec.decode({ key: other, value })).toThrow(/type 99 is unknown/);
  expect(() => codec.decode({ key, value: Buffer.concat([value, Buffer.from([0])]) })).toThrow();
  expect(() => codec.decode({ key, value: value.subarray(0, cut % value.length) })).toThrow();
}
