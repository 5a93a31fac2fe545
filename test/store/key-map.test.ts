import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sipKey } from '../../src/base/siphash.ts';
import { KeyMap } from '../../src/store/key-map.ts';

const hashKey = sipKey(Buffer.alloc(16, 5));

const KEY_BYTES_MAX = 20;
const aKey = fc.uint8Array({ maxLength: KEY_BYTES_MAX }).map((bytes) => Buffer.from(bytes));

describe('the map of keys', () => {
  it('knows which records have a later one of their stream and key, filled to the brim, and again once it was cleared', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(aKey, { minLength: 1, maxLength: 100 }), { minLength: 1, maxLength: 3 }),
        fc.double({ min: 0.1, max: 0.99, noNaN: true }),
        fc.integer({ min: 1, max: 2 ** 20 }),
        (streams, loadFactor, stride) => {
          const keys = streams.map((puts) => new Set(puts.map((key) => key.toString('hex'))).size);
          const map = new KeyMap({ keys: keys.reduce((sum, each) => sum + each), loadFactor, hashKey });
          const base = (stream: number): number => 2 ** 40 + stream;
          for (let pass = 0; pass < 2; pass++) {
            streams.forEach((puts, stream) => {
              map.select(stream, base(stream));
              puts.forEach((key, i) => {
                map.put(key, 0, key.length, base(stream) + i * stride);
              });
            });
            expect(map.size).toBe(keys.reduce((sum, each) => sum + each));
            streams.forEach((puts, stream) => {
              map.select(stream, base(stream));
              puts.forEach((key, i) => {
                const later = puts.slice(i + 1).some((other) => other.equals(key));
                expect(map.isSuperseded(key, 0, key.length, base(stream) + i * stride)).toBe(later);
                // Records from before what was put.
                expect(map.isSuperseded(key, 0, key.length, base(stream) - 1)).toBe(true);
              });
              const other = Buffer.alloc(KEY_BYTES_MAX + 1);
              expect(map.isSuperseded(other, 0, other.length, base(stream) - 1)).toBe(false);
            });
            map.select(9, base(0));
            for (const key of streams[0]!) expect(map.isSuperseded(key, 0, key.length, 0)).toBe(false);
            for (const _pause of map.clear(sipKey(Buffer.alloc(16, pass))));
          }
        },
      ),
    );
  });

  it('holds offsets up to 2^32 − 2 above its base', () => {
    const map = new KeyMap({ keys: 1, loadFactor: 0.5, hashKey });
    map.select(0, 7);
    const key = Buffer.from('k');
    map.put(key, 0, 1, 7 + 0xfffffffd);
    map.put(key, 0, 1, 7 + 0xfffffffe);
    expect(map.isSuperseded(key, 0, 1, 7 + 0xfffffffd)).toBe(true);
    expect(map.isSuperseded(key, 0, 1, 7 + 0xfffffffe)).toBe(false);
  });
});
