/** Changes to bytes that are known to find mistakes in decoders: flips, lengths, cuts, blocks twice or elsewhere. */
import type { Prng } from '../sim/prng.ts';

const INTERESTING_32 = [
  0, 1, -1, 2, 127, 128, 255, 256, 32_767, 32_768, 65_535, 1_000_001, 0x7fffffff, -0x80000000,
];
const INTERESTING_8 = [0, 1, 2, 0x7f, 0x80, 0xff];

type Mutation = (bytes: Buffer, prng: Prng) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  (bytes, prng) => {
    bytes[prng.int(bytes.length)]! ^= 1 << prng.int(8);
    return bytes;
  },
  (bytes, prng) => {
    bytes[prng.int(bytes.length)] = prng.chance(0.5) ? prng.int(256) : prng.pick(INTERESTING_8);
    return bytes;
  },
  (bytes, prng) => {
    if (bytes.length < 4) return bytes;
    bytes.writeInt32BE(prng.pick(INTERESTING_32), prng.int(bytes.length - 3));
    return bytes;
  },
  (bytes, prng) => {
    if (bytes.length < 2) return bytes;
    bytes.writeUInt16BE(prng.pick(INTERESTING_32) & 0xffff, prng.int(bytes.length - 1));
    return bytes;
  },
  (bytes, prng) => {
    // A varint of the largest length.
    const at = prng.int(bytes.length);
    for (let i = at; i < Math.min(at + 4, bytes.length); i++) bytes[i] = 0xff;
    if (at + 4 < bytes.length) bytes[at + 4] = prng.pick([0x0f, 0x7f, 0xff, 0x01]);
    return bytes;
  },
  (bytes, prng) => bytes.subarray(0, prng.int(bytes.length + 1)),
  (bytes, prng) => {
    const { at, length } = range(bytes, prng);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
  },
  (bytes, prng) => {
    const { at, length } = range(bytes, prng);
    const target = prng.int(bytes.length + 1);
    return Buffer.concat([
      bytes.subarray(0, target),
      bytes.subarray(at, at + length),
      bytes.subarray(target),
    ]);
  },
  (bytes, prng) => {
    const at = prng.int(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), prng.bytes(prng.between(1, 16)), bytes.subarray(at)]);
  },
  (bytes, prng) => {
    const { at, length } = range(bytes, prng);
    bytes.copyWithin(prng.int(bytes.length), at, at + length);
    return bytes;
  },
];

/** A copy with a few mutations. */
export function mutate(input: Buffer, prng: Prng, most = 6): Buffer {
  let bytes: Buffer = Buffer.from(input);
  for (let count = prng.between(1, most); count > 0 && bytes.length > 0; count--) {
    bytes = prng.pick(MUTATIONS)(bytes, prng);
  }
  return bytes;
}

function range(bytes: Buffer, prng: Prng): { at: number; length: number } {
  const at = prng.int(bytes.length);
  return { at, length: prng.between(1, Math.min(64, bytes.length - at)) };
}
