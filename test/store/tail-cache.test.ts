import { describe, expect, it } from 'vitest';
import { BlockPool } from '../../src/base/block-pool.ts';
import { TailCache } from '../../src/store/tail-cache.ts';

const piece = (bytes: number, fill: number): Buffer => Buffer.from(new Uint8Array(bytes).fill(fill).buffer);

describe('the tail cache', () => {
  it('gives slices of what was added, across chunks, without copying', () => {
    const cache = new TailCache(10_000, new BlockPool({ freeBytesMax: 0 }));
    const first = piece(100, 1);
    cache.add(1, 64, first);
    cache.add(1, 164, piece(50, 2));
    cache.add(2, 64, piece(30, 3));
    expect(cache.get(1, 64, 100)).toBe(first);
    expect(cache.get(1, 70, 10)?.buffer).toBe(first.buffer);
    expect(cache.get(1, 164, 50)?.[0]).toBe(2);
    expect(cache.get(2, 64, 30)?.[0]).toBe(3);
    for (const [chunk, position, length] of [
      [1, 60, 5],
      [1, 150, 20],
      [2, 94, 1],
      [3, 64, 1],
      [1, 300, 1],
    ]) {
      expect(cache.get(chunk!, position!, length!)).toBeNull();
    }
  });

  it('forgets the oldest, and counts the memory that slices hold', () => {
    const cache = new TailCache(1000, new BlockPool({ freeBytesMax: 0 }));
    const shared = piece(600, 1);
    cache.add(1, 0, shared.subarray(0, 10));
    cache.add(1, 10, shared.subarray(10, 20));
    expect(cache.bytes).toBe(600);
    cache.add(1, 20, piece(300, 2));
    cache.add(1, 320, shared.subarray(20, 30));
    expect(cache.bytes).toBe(900);
    cache.add(2, 0, piece(700, 3));
    // The shared memory lives on in a later slice until that goes as well.
    expect(cache.bytes).toBe(700);
    expect(cache.oldestChunkId).toBe(2);
    expect(cache.get(1, 320, 10)).toBeNull();
  });

  it('stays bounded over many pieces, and holds nothing when it may not', () => {
    const cache = new TailCache(5000, new BlockPool({ freeBytesMax: 0 }));
    for (let i = 0; i < 10_000; i++) cache.add(1, i * 100, piece(100, i & 0xff));
    expect(cache.bytes).toBe(5000);
    expect(cache.get(1, 9_999 * 100, 100)?.[0]).toBe(9_999 & 0xff);
    expect(cache.get(1, 9_949 * 100, 100)).toBeNull();
    const none = new TailCache(0, new BlockPool({ freeBytesMax: 0 }));
    none.add(1, 0, piece(1, 1));
    expect([none.bytes, none.get(1, 0, 1)]).toEqual([0, null]);
  });
});
