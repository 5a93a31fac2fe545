/**
 * Variable-length integers of Kafka's wire format: seven bits a byte, least significant first, the top bit set on
 * all but the last. Signed ones are zigzag-encoded (0, -1, 1, -2 … become 0, 1, 2, 3 …). 32-bit values take at most
 * 5 bytes, 64-bit ones at most 10; values are numbers, exact up to 2^53 - 1.
 *
 * These are the functions for a buffer and a position; ByteReader and ByteWriter have their own inlined forms.
 */

/** Bytes of an unsigned 32-bit value. */
export function unsignedVarintSize(value: number): number {
  const v = value >>> 0;
  if (v < 0x80) return 1;
  if (v < 0x4000) return 2;
  if (v < 0x200000) return 3;
  return v < 0x10000000 ? 4 : 5;
}

/** Bytes of a signed 32-bit value, zigzag-encoded. */
export function varintSize(value: number): number {
  return unsignedVarintSize((value << 1) ^ (value >> 31));
}

/** Bytes of a signed integer up to 2^53 - 1 in magnitude, zigzag-encoded. */
export function varlongSize(value: number): number {
  // The largest magnitude of n bytes is 2^(7n - 1) - 1; the negative side reaches one further.
  let magnitude = value < 0 ? -(value + 1) : value;
  let size = 1;
  while (magnitude >= 64) {
    magnitude = Math.floor(magnitude / 128);
    size++;
  }
  return size;
}

/** Writes an unsigned 32-bit value; returns the position behind it. */
export function writeUnsignedVarint(buffer: Uint8Array, position: number, value: number): number {
  let v = value >>> 0;
  let p = position;
  while (v >= 0x80) {
    buffer[p++] = (v & 0x7f) | 0x80;
    v >>>= 7;
  }
  buffer[p++] = v;
  return p;
}

/** Writes a signed 32-bit value, zigzag-encoded; returns the position behind it. */
export function writeVarint(buffer: Uint8Array, position: number, value: number): number {
  return writeUnsignedVarint(buffer, position, (value << 1) ^ (value >> 31));
}

/** Writes a signed integer up to 2^53 - 1 in magnitude, zigzag-encoded; returns the position behind it. */
export function writeVarlong(buffer: Uint8Array, position: number, value: number): number {
  if (value >= -0x40000000 && value < 0x40000000) return writeVarint(buffer, position, value);
  // The first byte takes the sign and six bits; the rest is the magnitude in sevens, which stays exact.
  const negative = value < 0;
  let magnitude = negative ? -(value + 1) : value;
  let p = position;
  buffer[p++] = 0x80 | ((magnitude % 64) << 1) | (negative ? 1 : 0);
  magnitude = Math.floor(magnitude / 64);
  while (magnitude >= 0x80) {
    buffer[p++] = 0x80 | (magnitude % 128);
    magnitude = Math.floor(magnitude / 128);
  }
  buffer[p++] = magnitude;
  return p;
}
