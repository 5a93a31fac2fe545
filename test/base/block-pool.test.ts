import { describe, expect, it } from 'vitest';
import { BlockPool } from '../../src/base/block-pool.ts';

const KIB = 1024;

function pool(freeBytesMax = 1024 * KIB) {
  const freed: Buffer[] = [];
  return { freed, blocks: new BlockPool({ freeBytesMax, onFree: (memory) => freed.push(memory) }) };
}

describe('BlockPool', () => {
  it('hands out memory again when its last use has ended', () => {
    const { blocks, freed } = pool();
    const first = blocks.take(200 * KIB);
    expect(first).toHaveLength(200 * KIB);
    blocks.hold(first.subarray(10, 20));
    blocks.release(first);
    expect(freed).toHaveLength(0);
    expect(blocks.take(200 * KIB).buffer).not.toBe(first.buffer);
    blocks.release(first.subarray(100));
    expect(freed).toHaveLength(1);
    const again = blocks.take(150 * KIB);
    expect(again).toHaveLength(150 * KIB);
    expect(again.buffer).toBe(first.buffer);
  });

  it('keeps free memory up to its bound', () => {
    const { blocks } = pool(512 * KIB);
    const taken = Array.from({ length: 4 }, () => blocks.take(256 * KIB));
    blocks.releaseAll(taken);
    expect(blocks.freeBytes).toBe(512 * KIB);
  });

  it('leaves memory of another origin alone', () => {
    const { blocks, freed } = pool();
    for (const other of [
      Buffer.alloc(100 * KIB),
      blocks.take(10),
      blocks.take(0),
      blocks.take(3 * KIB * KIB),
    ]) {
      blocks.hold(other);
      blocks.release(other);
      blocks.release(other);
      blocks.release(other);
    }
    expect(freed).toHaveLength(0);
    expect(blocks.freeBytes).toBe(0);
  });

  it('fails loudly when a block is released too often or held when it is free', () => {
    const { blocks } = pool();
    const block = blocks.take(100 * KIB);
    blocks.release(block);
    expect(() => blocks.release(block)).toThrow(/released as often/);
    expect(() => blocks.hold(block)).toThrow(/held while/);
  });
});
