import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c, tableCrc32c } from '../../src/base/crc32c.ts';

describe('crc32c', () => {
  it('gives the published values', () => {
    // RFC 3720, B.4.
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
    expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => i)))).toBe(0x46dd794e);
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(0))).toBe(0);
  });

  it('is the same from the table and from native code, for any range and seed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), fc.nat(50), fc.nat(0xffffffff), (bytes, cut, seed) => {
        const buffer = Buffer.from(bytes);
        const start = Math.min(cut, buffer.length);
        expect(crc32c(buffer, start, buffer.length, seed)).toBe(
          tableCrc32c(buffer, start, buffer.length, seed),
        );
      }),
    );
  });

  it('goes on from the sum of what came before', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(600), (bytes, cut) => {
        const buffer = Buffer.from(bytes);
        const middle = Math.min(cut, buffer.length);
        expect(crc32c(buffer, middle, buffer.length, crc32c(buffer, 0, middle))).toBe(crc32c(buffer));
      }),
    );
  });
});
