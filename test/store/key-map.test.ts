import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sipKey } from '../../src/base/siphash.ts';
import { KeyMap } from '../../src/store/key-map.ts';

const hashKey = sipKey(Buffer.alloc(16, 5));

describe('the map of keys', () => {
  it('is a map from stream and key to the last offset, filled to the brim', () => {
    const put = fc.record({
      stream: fc.integer({ min: 0, max: 2 }),
      key: fc.uint8Array({ maxLength: 20 }),
    });
    fc.assert(
      fc.property(
        fc.array(put, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0.1, max: 0.99, noNaN: true }),
        (puts, loadFactor) => {
          const name = (stream: number, key: Uint8Array): string =>
            `${stream}/${Buffer.from(key).toString('hex')}`;
          const wanted = new Map<string, number>();
          const all = new Set(puts.map(({ stream, key }) => name(stream, key)));
          const map = new KeyMap({ keys: all.size, loadFactor, hashKey });
          const base = 2 ** 40;
          puts.forEach(({ stream, key }, i) => {
            map.select(stream, base + stream);
            map.put(Buffer.from(key), 0, key.length, base + 10 + i);
            wanted.set(name(stream, key), base + 10 + i);
          });
          expect(map.size).toBe(all.size);
          for (const { stream, key } of puts) {
            map.select(stream, base + stream);
            expect(map.get(Buffer.from(key), 0, key.length)).toBe(wanted.get(name(stream, key)));
            map.select(9, base);
            expect(map.get(Buffer.from(key), 0, key.length)).toBe(-1);
          }
        },
      ),
    );
  });

  it('holds offsets up to 2^32 − 2 above its base', () => {
    const map = new KeyMap({ keys: 1, loadFactor: 0.5, hashKey });
    map.select(0, 7);
    map.put(Buffer.from('k'), 0, 1, 7 + 0xfffffffe);
    expect(map.get(Buffer.from('k'), 0, 1)).toBe(7 + 0xfffffffe);
  });
});
