/**
 * Kafka's four compressions over native libraries. The input is untrusted: what would come out is bounded from the
 * framing before anything is allocated (a few bytes of zstd can say "gigabytes").
 *
 * Snappy comes in two shapes: one raw block (librdkafka), or Java's stream: 8 bytes magic, 4 version, 4 compatible
 * version, then blocks of an int32 length and a raw block each.
 */
import { createRequire } from 'node:module';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Compression, CompressionCodec } from '../ports.ts';

// Loaded when first used: a broker passes batches through as they come, and most never open one.
const load = createRequire(import.meta.url);
const snappy = (): typeof import('snappy') => load('snappy');
const lz4 = (): typeof import('lz4-napi') => load('lz4-napi');
const zstd = (): typeof import('@toondepauw/node-zstd') => load('@toondepauw/node-zstd');

const JAVA_SNAPPY_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const JAVA_SNAPPY_HEADER_BYTES = 16;
const LZ4_FRAME_MAGIC = 0x184d2204;
const ZSTD_FRAME_MAGIC = 0xfd2fb528;
const ZSTD_BLOCK_MAX_BYTES = 128 * 1024;
const ZSTD_LEVEL = 3;

function tooLarge(bytesMax: number): Error {
  return new Error(`decompressed data would exceed ${bytesMax} bytes`);
}

function malformed(what: string): Error {
  return new Error(`malformed ${what} data`);
}

/** Uncompressed length that a raw snappy block announces in its preamble (an unsigned varint). */
function snappyLength(block: Buffer): number {
  let length = 0;
  for (let i = 0; i < 5 && i < block.length; i++) {
    const byte = block[i]!;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length;
  }
  throw malformed('snappy');
}

function snappyBlock(block: Buffer, bytesMax: number): Buffer {
  if (snappyLength(block) > bytesMax) throw tooLarge(bytesMax);
  return snappy().uncompressSync(block, { asBuffer: true }) as Buffer;
}

function decompressSnappy(input: Buffer, bytesMax: number): Buffer {
  if (!input.subarray(0, 8).equals(JAVA_SNAPPY_MAGIC)) return snappyBlock(input, bytesMax);
  const blocks: Buffer[] = [];
  let total = 0;
  for (let at = JAVA_SNAPPY_HEADER_BYTES; at < input.length; ) {
    if (at + 4 > input.length) throw malformed('snappy');
    const length = input.readInt32BE(at);
    at += 4;
    if (length < 0 || at + length > input.length) throw malformed('snappy');
    const block = snappyBlock(input.subarray(at, at + length), bytesMax - total);
    total += block.length;
    blocks.push(block);
    at += length;
  }
  return Buffer.concat(blocks, total);
}

/** The most that an LZ4 frame can hold, from its block headers (LZ4 Frame Format 1.6). */
function lz4Bound(input: Buffer): number {
  if (input.length < 7 || input.readUInt32LE(0) !== LZ4_FRAME_MAGIC) throw malformed('lz4');
  const flags = input[4]!;
  const blockMax = 1 << (8 + 2 * ((input[5]! >> 4) & 7));
  const blockChecksumBytes = (flags & 0x10) !== 0 ? 4 : 0;
  let at = 7 + ((flags & 0x08) !== 0 ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0);
  let bound = 0;
  while (at + 4 <= input.length) {
    const word = input.readUInt32LE(at);
    const size = word & 0x7fffffff;
    if (size === 0) return bound;
    // A byte of LZ4 expands to at most 255.
    bound += Math.min(blockMax, size * 255);
    at += 4 + size + blockChecksumBytes;
  }
  return bound;
}

/** The most that zstd frames can hold, from their block headers (RFC 8878, sections 3.1.1 and 3.1.1.2). */
function zstdBound(input: Buffer): number {
  let at = 0;
  let bound = 0;
  while (at < input.length) {
    if (at + 5 > input.length) throw malformed('zstd');
    const magic = input.readUInt32LE(at);
    if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) {
      if (at + 8 > input.length) throw malformed('zstd');
      at += 8 + input.readUInt32LE(at + 4);
      continue;
    }
    if (magic !== ZSTD_FRAME_MAGIC) throw malformed('zstd');
    const descriptor = input[at + 4]!;
    const singleSegment = (descriptor >> 5) & 1;
    const contentSizeFlag = descriptor >> 6;
    at += 5 + (1 - singleSegment) + [0, 1, 2, 4][descriptor & 3]!;
    at += contentSizeFlag === 0 ? singleSegment : 1 << contentSizeFlag;
    for (let last = false; !last; ) {
      if (at + 3 > input.length) throw malformed('zstd');
      const header = input.readUIntLE(at, 3);
      last = (header & 1) === 1;
      const type = (header >> 1) & 3;
      const size = header >> 3;
      bound += type === 2 ? ZSTD_BLOCK_MAX_BYTES : size;
      at += 3 + (type === 1 ? 1 : size);
    }
    at += (descriptor & 4) !== 0 ? 4 : 0;
  }
  return bound;
}

export const nodeCompression: Compression = {
  decompress(codec: CompressionCodec, input: Buffer, bytesMax: number): Buffer {
    switch (codec) {
      case 0:
        return input;
      case 1:
        return gunzipSync(input, { maxOutputLength: bytesMax });
      case 2:
        return decompressSnappy(input, bytesMax);
      case 3:
        if (lz4Bound(input) > bytesMax) throw tooLarge(bytesMax);
        return lz4().decompressFrameSync(input);
      case 4:
        if (zstdBound(input) > bytesMax) throw tooLarge(bytesMax);
        return new (zstd().Decoder)().decodeSync(input);
    }
  },
  compress(codec: CompressionCodec, input: Buffer, level?: number): Buffer {
    switch (codec) {
      case 0:
        return input;
      case 1:
        return level === undefined ? gzipSync(input) : gzipSync(input, { level });
      case 2:
        return snappy().compressSync(input);
      case 3:
        return lz4().compressFrameSync(input);
      case 4:
        return new (zstd().Encoder)(level ?? ZSTD_LEVEL).encodeSync(input);
    }
  },
};
