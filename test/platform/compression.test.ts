import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { compressSync } from 'snappy';
import { describe, expect, it } from 'vitest';
import { nodeCompression } from '../../src/platform/node/compression.ts';
import type { CompressionCodec } from '../../src/platform/ports.ts';

const CODECS: CompressionCodec[] = [0, 1, 2, 3, 4];
const MIB = 1 << 20;

describe('nodeCompression', () => {
  it('gives back what was compressed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...CODECS),
        fc.uint8Array({ maxLength: 5000 }),
        fc.nat(20),
        (codec, bytes, times) => {
          const input = Buffer.concat(Array<Uint8Array>(times).fill(bytes));
          const packed = nodeCompression.compress(codec, input);
          expect(nodeCompression.decompress(codec, packed, 64 * MIB).equals(input)).toBe(true);
        },
      ),
    );
  });

  it.each(CODECS.slice(1))('codec %i gives no more than its bound, and takes no memory for more', (codec) => {
    const bomb = nodeCompression.compress(codec, Buffer.alloc(256 * MIB));
    const before = process.memoryUsage.rss();
    expect(() => nodeCompression.decompress(codec, bomb, MIB)).toThrow();
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * MIB);
  });

  it.each(CODECS.slice(1))('codec %i throws an Error on what is not its own', (codec) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const out = nodeCompression.decompress(codec, Buffer.from(bytes), MIB);
          expect(out.length).toBeLessThanOrEqual(MIB);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
    const packed = nodeCompression.compress(codec, Buffer.from('hello '.repeat(100)));
    for (let at = 0; at < packed.length; at++) {
      const spoilt = Buffer.from(packed);
      spoilt[at]! ^= 0x55;
      try {
        expect(nodeCompression.decompress(codec, spoilt, MIB).length).toBeLessThanOrEqual(MIB);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }
  });

  it("reads Java's snappy stream, in several blocks, within one bound", () => {
    const blocks = ['first ', 'second ', 'third'].map((text) => compressSync(Buffer.from(text)) as Buffer);
    const header = Buffer.from('82534e41505059000000000100000001', 'hex');
    const parts = blocks.flatMap((block) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(block.length);
      return [length, block];
    });
    const stream = Buffer.concat([header, ...parts]);
    expect(nodeCompression.decompress(2, stream, 100).toString()).toBe('first second third');
    expect(() => nodeCompression.decompress(2, stream, 10)).toThrow(/exceed/);
    expect(() => nodeCompression.decompress(2, stream.subarray(0, -1), 100)).toThrow();
  });

  it('reads gzip of several members', () => {
    const members = Buffer.concat([gzipSync('one '), gzipSync('two')]);
    expect(nodeCompression.decompress(1, members, 100).toString()).toBe('one two');
  });
});
