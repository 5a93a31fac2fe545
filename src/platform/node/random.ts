/** Randomness from the operating system. */
import { randomBytes, randomFillSync } from 'node:crypto';
import type { Random } from '../ports.ts';

/** Drawn at a time for what is small, as ids are: a call into OpenSSL costs ten times as much as 16 bytes of the pool. */
const POOL_BYTES = 4096;
const SMALL_BYTES_MAX = 64;

export function createNodeRandom(): Random {
  const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
  let at = POOL_BYTES;
  return {
    bytes(length) {
      if (length > SMALL_BYTES_MAX) return randomBytes(length);
      if (at + length > POOL_BYTES) {
        randomFillSync(pool);
        at = 0;
      }
      const drawn = Buffer.from(pool.subarray(at, at + length));
      // Nobody finds it here later.
      pool.fill(0, at, at + length);
      at += length;
      return drawn;
    },
  };
}
