/**
 * Compression in all framings that clients write: bytes are opened within the bound, or refused with an Error; never
 * more than the bound comes out, and the process lives.
 *
 * Input: one byte codec, int32 bound, then the compressed bytes.
 */

import type { Prng } from '../../sim/prng.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';
import type { CompressionCodec } from '../../src/platform/ports.ts';
import { mutate } from '../mutate.ts';
import { expect, type FuzzTarget } from '../target.ts';

const BOUND_MAX = 4 * 1024 * 1024;
const JAVA_SNAPPY_HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);

export const compressionTarget: FuzzTarget = {
  name: 'compression',
  generate(prng) {
    const codec = prng.between(1, 4) as CompressionCodec;
    const head = Buffer.alloc(5);
    head[0] = codec;
    head.writeInt32BE(prng.pick([0, 1, 100, 5000, 1_000_000, BOUND_MAX]), 1);
    const bytes =
      codec === 2 && prng.chance(0.5) ? javaSnappy(prng) : nodeCompression.compress(codec, content(prng));
    const mutated = prng.chance(0.15)
      ? bytes
      : prng.chance(0.05)
        ? prng.bytes(prng.int(100))
        : mutate(bytes, prng, 4);
    return Buffer.concat([head, mutated]);
  },
  execute(input) {
    if (input.length < 5) return;
    const codec = (1 + ((input[0]! - 1 + 4) % 4)) as CompressionCodec;
    const bound = Math.min(BOUND_MAX, input.readUInt32BE(1));
    let out: Buffer;
    try {
      out = nodeCompression.decompress(codec, input.subarray(5), bound);
    } catch (error) {
      // zlib says RangeError for what would be too large.
      expect(error instanceof Error && error.name !== 'AssertionError', `an odd error: ${String(error)}`);
      expect(!(error instanceof TypeError), `nobody thought of this: ${String(error)}`);
      return;
    }
    expect(Buffer.isBuffer(out), 'what came out is no buffer');
    expect(out.length <= bound, `${out.length} bytes came out with a bound of ${bound}`);
  },
};

function content(prng: Prng): Buffer {
  return prng.chance(0.5) ? Buffer.alloc(prng.int(5000), prng.int(256)) : prng.bytes(prng.int(500));
}

function javaSnappy(prng: Prng): Buffer {
  const parts: Buffer[] = [JAVA_SNAPPY_HEADER];
  for (let blocks = prng.int(4); blocks > 0; blocks--) {
    const block = nodeCompression.compress(2, content(prng));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}
