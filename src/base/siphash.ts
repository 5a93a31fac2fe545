/**
 * SipHash-2-4 with 128 bits of result (Aumasson and Bernstein, 2012; the reference's `SIPHASH_128`): a hash whose
 * collisions can't be made by those who don't know the key. Each 64-bit word is a pair of 32-bit halves.
 */

const C_ROUNDS = 2;
const D_ROUNDS = 4;

/** The key of 16 bytes as four 32-bit words, little endian. */
export type SipKey = readonly [number, number, number, number];

export function sipKey(bytes: Buffer): SipKey {
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8), bytes.readUInt32LE(12)];
}

/**
 * Hashes `bytes[start, end)` into four words of `into`, little endian.
 * One loop over all rounds, so that the round stands here once and its eight halves stay in registers.
 */
export function sipHash128(
  key: SipKey,
  bytes: Uint8Array,
  range: { readonly start: number; readonly end: number },
  into: Uint32Array,
): void {
  const { start, end } = range;
  const length = end - start;
  let v0l = key[0] ^ 0x70736575;
  let v0h = key[1] ^ 0x736f6d65;
  // 128 bits of result: v1 differs by 0xee.
  let v1l = key[2] ^ 0x6e646f6d ^ 0xee;
  let v1h = key[3] ^ 0x646f7261;
  let v2l = key[0] ^ 0x6e657261;
  let v2h = key[1] ^ 0x6c796765;
  let v3l = key[2] ^ 0x79746573;
  let v3h = key[3] ^ 0x74656462;
  let ml = 0;
  let mh = 0;
  let p = start;
  const inputRounds = ((length >>> 3) + 1) * C_ROUNDS;
  const rounds = inputRounds + 2 * D_ROUNDS;
  for (let round = 0; round < rounds; round++) {
    if (round < inputRounds) {
      if (round % C_ROUNDS === 0) {
        if (p + 8 <= end) {
          ml = bytes[p]! | (bytes[p + 1]! << 8) | (bytes[p + 2]! << 16) | (bytes[p + 3]! << 24);
          mh = bytes[p + 4]! | (bytes[p + 5]! << 8) | (bytes[p + 6]! << 16) | (bytes[p + 7]! << 24);
        } else {
          ml = 0;
          mh = length << 24;
          for (let i = 0; p + i < end; i++) {
            if (i < 4) ml |= bytes[p + i]! << (8 * i);
            else mh |= bytes[p + i]! << (8 * (i - 4));
          }
        }
        p += 8;
        v3l ^= ml;
        v3h ^= mh;
      }
    } else if (round === inputRounds) {
      v2l ^= 0xee;
    } else if (round === inputRounds + D_ROUNDS) {
      into[0] = v0l ^ v1l ^ v2l ^ v3l;
      into[1] = v0h ^ v1h ^ v2h ^ v3h;
      v1l ^= 0xdd;
    }

    let sum = (v0l + v1l) | 0;
    v0h = (v0h + v1h + carry(v0l, v1l, sum)) | 0;
    v0l = sum;
    let low = (v1l << 13) | (v1h >>> 19);
    v1h = ((v1h << 13) | (v1l >>> 19)) ^ v0h;
    v1l = low ^ v0l;
    low = v0l;
    v0l = v0h;
    v0h = low;

    sum = (v2l + v3l) | 0;
    v2h = (v2h + v3h + carry(v2l, v3l, sum)) | 0;
    v2l = sum;
    low = (v3l << 16) | (v3h >>> 16);
    v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h;
    v3l = low ^ v2l;

    sum = (v0l + v3l) | 0;
    v0h = (v0h + v3h + carry(v0l, v3l, sum)) | 0;
    v0l = sum;
    low = (v3l << 21) | (v3h >>> 11);
    v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h;
    v3l = low ^ v0l;

    sum = (v2l + v1l) | 0;
    v2h = (v2h + v1h + carry(v2l, v1l, sum)) | 0;
    v2l = sum;
    low = (v1l << 17) | (v1h >>> 15);
    v1h = ((v1h << 17) | (v1l >>> 15)) ^ v2h;
    v1l = low ^ v2l;
    low = v2l;
    v2l = v2h;
    v2h = low;

    if (round < inputRounds && round % C_ROUNDS === C_ROUNDS - 1) {
      v0l ^= ml;
      v0h ^= mh;
    }
  }
  into[2] = v0l ^ v1l ^ v2l ^ v3l;
  into[3] = v0h ^ v1h ^ v2h ^ v3h;
}

/** For hashes that have to be the same everywhere and always. */
export const SIP_ZERO: SipKey = [0, 0, 0, 0];

/** A hash as an integer below 2^52. */
export function sipHash52(
  key: SipKey,
  bytes: Uint8Array,
  range: { readonly start: number; readonly end: number },
): number {
  const words = new Uint32Array(4);
  sipHash128(key, bytes, range, words);
  return words[0]! + (words[1]! & 0xfffff) * 2 ** 32;
}

/** What the 32-bit sum of `a` and `b` leaves for the next word; in integers, which is twice as fast as to compare numbers. */
const carry = (a: number, b: number, sum: number): number => ((a & b) | ((a | b) & ~sum)) >>> 31;
/** The key of 00 01 … 0f, of the reference's vectors and of those who take SipHash for its spread alone. */
const PLAIN_KEY: SipKey = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c];

/** SipHash-2-4 with 64 bits of result under the key 00 01 … 0f: the lower and the upper half, signed. For short texts. */
export function sipHash64(bytes: Uint8Array): readonly [low: number, high: number] {
  const [k0l, k0h, k1l, k1h] = PLAIN_KEY;
  // v0 to v3, each as its lower and its upper half.
  const v = Int32Array.of(
    k0l ^ 0x70736575,
    k0h ^ 0x736f6d65,
    k1l ^ 0x6e646f6d,
    k1h ^ 0x646f7261,
    k0l ^ 0x6e657261,
    k0h ^ 0x6c796765,
    k1l ^ 0x79746573,
    k1h ^ 0x74656462,
  );
  // The last word has what is left, and in its last byte the length.
  const words = Buffer.alloc((bytes.length & ~7) + 8);
  words.set(bytes);
  words[words.length - 1] = bytes.length;
  for (let p = 0; p < words.length; p += 8) {
    const low = words.readInt32LE(p);
    const high = words.readInt32LE(p + 4);
    v[6]! ^= low;
    v[7]! ^= high;
    for (let round = 0; round < C_ROUNDS; round++) sipRound(v);
    v[0]! ^= low;
    v[1]! ^= high;
  }
  v[4]! ^= 0xff;
  for (let round = 0; round < D_ROUNDS; round++) sipRound(v);
  return [v[0]! ^ v[2]! ^ v[4]! ^ v[6]!, v[1]! ^ v[3]! ^ v[5]! ^ v[7]!];
}

function sipRound(v: Int32Array): void {
  halfRound(v, 0, 2, 13);
  swapHalves(v, 0);
  halfRound(v, 4, 6, 16);
  halfRound(v, 0, 6, 21);
  halfRound(v, 4, 2, 17);
  swapHalves(v, 4);
}

/** v[a] += v[b]; v[b] = rotate(v[b], bits) ^ v[a]. */
function halfRound(v: Int32Array, a: number, b: number, bits: number): void {
  const low = v[b]!;
  const high = v[b + 1]!;
  const sum = (v[a]! >>> 0) + (low >>> 0);
  v[a + 1] = v[a + 1]! + high + (sum > 0xffffffff ? 1 : 0);
  v[a] = sum;
  v[b] = ((low << bits) | (high >>> (32 - bits))) ^ v[a]!;
  v[b + 1] = ((high << bits) | (low >>> (32 - bits))) ^ v[a + 1]!;
}

/** Rotates by 32 bits. */
function swapHalves(v: Int32Array, at: number): void {
  const low = v[at]!;
  v[at] = v[at + 1]!;
  v[at + 1] = low;
}
