import { describe, expect, test } from 'vitest';
import { ByteReader, MalformedError } from '../../src/base/byte-reader.ts';

const of = (hex: string) => new ByteReader(Buffer.from(hex, 'hex'));
type Read = (r: ByteReader) => unknown;

describe('values', () => {
  test.each<[string, Read, unknown]>([
    ['80', (r) => r.int8(), -128],
    ['ff', (r) => r.uint8(), 255],
    ['8001', (r) => r.int16(), -32767],
    ['8001', (r) => r.uint16(), 32769],
    ['80000001', (r) => r.int32(), -2147483647],
    ['80000001', (r) => r.uint32(), 2147483649],
    ['001fffffffffffff', (r) => r.int64(), Number.MAX_SAFE_INTEGER],
    ['ffe0000000000001', (r) => r.int64(), Number.MIN_SAFE_INTEGER],
    ['ffffffffffffffff', (r) => r.int64(), -1],
    ['00000000ffffffff', (r) => r.int64(), 4294967295],
    ['7fffffffffffffff', (r) => r.int64(), 2 ** 63],
    ['8000000000000000', (r) => r.int64(), -(2 ** 63)],
    ['3ff8000000000000', (r) => r.float64(), 1.5],
    ['00', (r) => r.boolean(), false],
    ['02', (r) => r.boolean(), true],
    ['ffffffff0f', (r) => r.unsignedVarint(), 4294967295],
    ['ffffffffffffff0f', (r) => r.unsignedVarlong(), Number.MAX_SAFE_INTEGER],
    ['8080808010', (r) => r.unsignedVarlong(), 4294967296],
    ['ffffffff0f', (r) => r.varint(), -2147483648],
    ['ffffffffffffffffff01', (r) => r.varlong(), -(2 ** 63)],
    ['0003616263', (r) => r.string(), 'abc'],
    ['0002c3bc', (r) => r.string(), 'ü'],
    ['ffff', (r) => r.nullableString(), null],
    ['0000', (r) => r.nullableString(), ''],
    ['04616263', (r) => r.compactString(), 'abc'],
    ['00', (r) => r.compactNullableString(), null],
    ['01', (r) => r.compactNullableString(), ''],
    ['ffffffff', (r) => r.nullableBytes(), null],
    ['00', (r) => r.compactNullableBytes(), null],
    ['000000020102', (r) => r.bytes(), Buffer.of(1, 2)],
    ['030102', (r) => r.compactBytes(), Buffer.of(1, 2)],
    ['0000000200000000', (r) => [r.arrayLength(2), r.skip(4)][0], 2],
    ['ffffffff', (r) => r.nullableArrayLength(2), -1],
    ['00', (r) => r.compactNullableArrayLength(2), -1],
    [
      '000102030405060708090a0b0c0d0e0f',
      (r) => r.uuid(),
      '\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f',
    ],
  ])('%s', (hex, read, expected) => {
    const r = of(hex);
    expect(read(r)).toEqual(expected);
    r.expectEnd();
  });
});

describe('malformed', () => {
  test.each<[string, string, Read]>([
    ['too short for int8', '', (r) => r.int8()],
    ['too short for int16', '00', (r) => r.int16()],
    ['too short for int32', '000000', (r) => r.int32()],
    ['too short for int64', '00000000000000', (r) => r.int64()],
    ['too short for uuid', '00000000000000', (r) => r.uuid()],
    ['a varint without an end', 'ffff', (r) => r.unsignedVarint()],
    ['a varint of six bytes', 'ffffffffff01', (r) => r.unsignedVarint()],
    ['a varint of 33 bits', 'ffffffff1f', (r) => r.unsignedVarint()],
    ['a varint of 54 bits', 'ffffffffffffff1f', (r) => r.unsignedVarlong()],
    ['a varint of nine bytes', '808080808080808001', (r) => r.unsignedVarlong()],
    ['a varlong of 65 bits', 'ffffffffffffffffff03', (r) => r.varlong()],
    ['a varlong of eleven bytes', 'ffffffffffffffffffff01', (r) => r.varlong()],
    ['a string longer than what remains', '0004616263', (r) => r.string()],
    ['a null string', 'ffff', (r) => r.string()],
    ['a string of -2', 'fffe', (r) => r.nullableString()],
    ['a null compact string', '00', (r) => r.compactString()],
    ['bytes of 2 GiB', '7fffffff', (r) => r.bytes()],
    ['bytes of -2', 'fffffffe', (r) => r.nullableBytes()],
    ['compact bytes of 4 GiB', 'ffffffff0f', (r) => r.compactBytes()],
    ['an array of more elements than bytes', '00000003000000', (r) => r.arrayLength(2)],
    ['tagged fields without bytes', '05', (r) => r.skipTaggedFields()],
    ['a tagged field longer than what remains', '010005', (r) => r.skipTaggedFields()],
    ['bytes left over', '00', (r) => r.expectEnd()],
  ])('%s', (_, hex, read) => {
    expect(() => read(of(hex))).toThrow(MalformedError);
  });

  test('a compact string longer than 32767 bytes', () => {
    const r = new ByteReader(Buffer.concat([Buffer.from('818002', 'hex'), Buffer.alloc(40_000)]));
    expect(() => r.compactString()).toThrow('more than 32767');
  });

  test('the error says where', () => {
    const r = of('00000000ff');
    r.int32();
    try {
      r.int16();
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedError);
      expect((error as MalformedError).position).toBe(4);
    }
  });
});

test('a window hides what is around it', () => {
  const r = new ByteReader(Buffer.from('aabbccdd', 'hex'), 1, 3);
  expect(r.remaining).toBe(2);
  expect(r.uint8()).toBe(0xbb);
  expect(r.position).toBe(2);
  expect(() => r.int16()).toThrow(MalformedError);
  expect(r.uint8()).toBe(0xcc);
  expect(r.remaining).toBe(0);
  expect(() => new ByteReader(Buffer.alloc(4), 2, 5)).toThrow(MalformedError);
});

test('byte fields share memory with the buffer', () => {
  const buffer = Buffer.from('000000020102', 'hex');
  const slice = new ByteReader(buffer).bytes();
  buffer[4] = 9;
  expect(slice[0]).toBe(9);
});
