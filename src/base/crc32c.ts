/**
 * CRC32C (Castagnoli, RFC 3720 B.4): the checksum of record batches and of everything that the store writes.
 *
 * Long ranges go to native code; for short ones the call and the slice cost more than the sum, and a slicing-by-8
 * table is faster. Both give the same numbers, and both continue from a `seed`, the CRC of what came before:
 * crc32c(a + b) = crc32c(b, seed = crc32c(a)).
 */
import { createRequire } from 'node:module';

// Not `import`: that reads and compiles the CommonJS package once more for the names of its exports, 5 ms of each start.
const { crc32c: nativeCrc32c } = createRequire(import.meta.url)(
  '@node-rs/crc32',
) as typeof import('@node-rs/crc32');

/** Reversed form of the polynomial 0x1EDC6F41. */
const POLYNOMIAL = 0x82f63b78;

/** Below this many bytes the table wins over the native call. */
const NATIVE_BYTES_MIN = 192;

/** Eight tables of 256 entries, one behind the other. */
const TABLES = buildTables();

function buildTables(): Uint32Array {
  const tables = new Uint32Array(8 * 256);
  for (let n = 0; n < 256; n++) {
    let crc = n;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[n] = crc >>> 0;
  }
  for (let n = 0; n < 256; n++) {
    let crc = tables[n]!;
    for (let k = 1; k < 8; k++) {
      crc = (tables[crc & 0xff]! ^ (crc >>> 8)) >>> 0;
      tables[k * 256 + n] = crc;
    }
  }
  return tables;
}

/** The CRC of `bytes[start, end)` as an unsigned 32-bit number. */
export function crc32c(bytes: Buffer, start = 0, end: number = bytes.length, seed = 0): number {
  if (end - start >= NATIVE_BYTES_MIN) {
    return nativeCrc32c(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), seed);
  }
  return tableCrc32c(bytes, start, end, seed);
}

/** The table alone, for short ranges and as a check of the native code. */
export function tableCrc32c(bytes: Buffer, start: number, end: number, seed: number): number {
  const t = TABLES;
  let crc = ~seed;
  let p = start;
  for (const last = end - 8; p <= last; p += 8) {
    const low = crc ^ (bytes[p]! | (bytes[p + 1]! << 8) | (bytes[p + 2]! << 16) | (bytes[p + 3]! << 24));
    crc =
      t[1792 + (low & 0xff)]! ^
      t[1536 + ((low >>> 8) & 0xff)]! ^
      t[1280 + ((low >>> 16) & 0xff)]! ^
      t[1024 + (low >>> 24)]! ^
      t[768 + bytes[p + 4]!]! ^
      t[512 + bytes[p + 5]!]! ^
      t[256 + bytes[p + 6]!]! ^
      t[bytes[p + 7]!]!;
  }
  for (; p < end; p++) crc = t[(crc ^ bytes[p]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
