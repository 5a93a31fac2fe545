/**
 * Reads Kafka's primitive types from a window of one Buffer, front to back.
 *
 * Guarantees: no read leaves the window; every length and count is checked against what remains before anything is
 * allocated, so that memory stays in proportion to the input; malformed input throws MalformedError and nothing
 * else; byte fields come back as slices that share the buffer's memory, never as copies.
 *
 * Layouts (big-endian): string = int16 length, UTF-8; bytes and records = int32 length; array = int32 count. The
 * compact forms have an unsigned varint of length + 1 instead, 0 meaning null. Numbers of 64 bits are read as
 * hi·2^32 + lo: exact up to ±(2^53 - 1), rounded beyond.
 */
import type { Uuid } from './uuid.ts';

/** The bytes are not what the format says. `position` is the offset in the reader's buffer. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
  readonly position: number;

  constructor(message: string, position: number) {
    super(`${message} (at byte ${position})`);
    this.position = position;
  }
}

/** Most elements of one array, as in Kafka. */
export const ARRAY_LENGTH_MAX = 1_000_000;
/** Most tagged fields of one structure. */
export const TAGGED_FIELDS_MAX = 10_000;
/** Most bytes of one string, in its compact form too. */
export const STRING_BYTES_MAX = 0x7fff;

const TWO_53 = 2 ** 53;
const TWO_32 = 4294967296;

export class ByteReader {
  readonly #buffer: Buffer;
  #position: number;
  #end: number;

  /** Reads `buffer` from `start` up to `end`, exclusive. */
  constructor(buffer: Buffer, start = 0, end: number = buffer.length) {
    if (start < 0 || end > buffer.length || start > end) {
      throw new MalformedError(`the window ${start}..${end} is outside of ${buffer.length} bytes`, start);
    }
    this.#buffer = buffer;
    this.#position = start;
    this.#end = end;
  }

  /** Offset of the next byte in the buffer. */
  get position(): number {
    return this.#position;
  }

  /** Bytes left in the window. */
  get remaining(): number {
    return this.#end - this.#position;
  }

  int8(): number {
    return (this.#buffer[this.#take(1)]! << 24) >> 24;
  }

  uint8(): number {
    return this.#buffer[this.#take(1)]!;
  }

  /** One byte; any value but 0 is true. */
  boolean(): boolean {
    return this.#buffer[this.#take(1)] !== 0;
  }

  int16(): number {
    const b = this.#buffer;
    const p = this.#take(2);
    return ((b[p]! << 24) >> 16) | b[p + 1]!;
  }

  uint16(): number {
    const b = this.#buffer;
    const p = this.#take(2);
    return (b[p]! << 8) | b[p + 1]!;
  }

  int32(): number {
    const b = this.#buffer;
    const p = this.#take(4);
    return (b[p]! << 24) | (b[p + 1]! << 16) | (b[p + 2]! << 8) | b[p + 3]!;
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  /** Exact up to ±(2^53 - 1); beyond, rounded to the nearest number. */
  int64(): number {
    const b = this.#buffer;
    const p = this.#take(8);
    const high = (b[p]! << 24) | (b[p + 1]! << 16) | (b[p + 2]! << 8) | b[p + 3]!;
    const low = (b[p + 4]! << 24) | (b[p + 5]! << 16) | (b[p + 6]! << 8) | b[p + 7]!;
    return high * TWO_32 + (low >>> 0);
  }

  float64(): number {
    return this.#buffer.readDoubleBE(this.#take(8));
  }

  uuid(): Uuid {
    const p = this.#take(16);
    return this.#buffer.toString('latin1', p, p + 16) as Uuid;
  }

  /** An unsigned 32-bit value in 1 to 5 bytes. */
  unsignedVarint(): number {
    const start = this.#position;
    if (start < this.#end) {
      const first = this.#buffer[start]!;
      if (first < 0x80) {
        this.#position = start + 1;
        return first;
      }
    }
    let value = 0;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.#buffer[this.#take(1)]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (shift === 28 && byte > 0x0f) break;
        return value >>> 0;
      }
    }
    throw new MalformedError('a varint is longer than 32 bits', start);
  }

  /** Like unsignedVarint, from 0 to 2^53 - 1. */
  unsignedVarlong(): number {
    const start = this.#position;
    let value = 0;
    for (let unit = 1; unit < TWO_53; unit *= 0x80) {
      const byte = this.#buffer[this.#take(1)]!;
      value += (byte & 0x7f) * unit;
      if (value >= TWO_53) break;
      if (byte < 0x80) return value;
    }
    throw new MalformedError('a varint is longer than 53 bits', start);
  }

  /** A zigzag-encoded signed 32-bit value. */
  varint(): number {
    const value = this.unsignedVarint();
    return (value >>> 1) ^ -(value & 1);
  }

  /** A zigzag-encoded signed 64-bit value; exact up to ±(2^53 - 1). */
  varlong(): number {
    const start = this.#position;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#buffer[this.#take(1)]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        if (shift === 63 && byte > 1) break;
        const magnitude = (high >>> 1) * TWO_32 + (((low >>> 1) | (high << 31)) >>> 0);
        return (low & 1) === 0 ? magnitude : -magnitude - 1;
      }
    }
    throw new MalformedError('a varint is longer than 64 bits', start);
  }

  string(): string {
    const length = this.int16();
    if (length < 0) throw this.#unexpectedNull('string', 2);
    return this.#utf8(length);
  }

  nullableString(): string | null {
    const length = this.int16();
    if (length >= 0) return this.#utf8(length);
    if (length === -1) return null;
    throw new MalformedError(`a string has the length ${length}`, this.#position - 2);
  }

  compactString(): string {
    const length = this.unsignedVarint() - 1;
    if (length < 0) throw this.#unexpectedNull('string', 1);
    return this.#compactUtf8(length);
  }

  compactNullableString(): string | null {
    const length = this.unsignedVarint() - 1;
    return length < 0 ? null : this.#compactUtf8(length);
  }

  /** A slice of the buffer. */
  bytes(): Buffer {
    const length = this.int32();
    if (length < 0) throw this.#unexpectedNull('byte field', 4);
    return this.slice(length);
  }

  /** A slice of the buffer. Records have the same form. */
  nullableBytes(): Buffer | null {
    const length = this.int32();
    if (length >= 0) return this.slice(length);
    if (length === -1) return null;
    throw new MalformedError(`a byte field has the length ${length}`, this.#position - 4);
  }

  /** A slice of the buffer. */
  compactBytes(): Buffer {
    const length = this.unsignedVarint() - 1;
    if (length < 0) throw this.#unexpectedNull('byte field', 1);
    return this.slice(length);
  }

  /** A slice of the buffer. Compact records have the same form. */
  compactNullableBytes(): Buffer | null {
    const length = this.unsignedVarint() - 1;
    return length < 0 ? null : this.slice(length);
  }

  /** The count of an array whose elements take at least `elementBytesMin` bytes each. */
  arrayLength(elementBytesMin: number): number {
    const count = this.int32();
    if (count < 0) throw this.#unexpectedNull('array', 4);
    return this.#checkCount(count, elementBytesMin);
  }

  /** As arrayLength; -1 for null. */
  nullableArrayLength(elementBytesMin: number): number {
    const count = this.int32();
    if (count >= 0) return this.#checkCount(count, elementBytesMin);
    if (count === -1) return -1;
    throw new MalformedError(`an array has ${count} elements`, this.#position - 4);
  }

  compactArrayLength(elementBytesMin: number): number {
    const count = this.unsignedVarint() - 1;
    if (count < 0) throw this.#unexpectedNull('array', 1);
    return this.#checkCount(count, elementBytesMin);
  }

  /** As compactArrayLength; -1 for null. */
  compactNullableArrayLength(elementBytesMin: number): number {
    const count = this.unsignedVarint() - 1;
    return count < 0 ? -1 : this.#checkCount(count, elementBytesMin);
  }

  /** How many tagged fields follow. For each: unsigned varint tag, then enterTaggedField or skip. */
  taggedFieldCount(): number {
    const count = this.unsignedVarint();
    if (count > TAGGED_FIELDS_MAX || count * 2 > this.remaining) {
      throw new MalformedError(`a structure has ${count} tagged fields`, this.#position);
    }
    return count;
  }

  /** Narrows the window to one tagged field, whose size is read here; returns what leaveTaggedField needs. */
  enterTaggedField(): number {
    const size = this.unsignedVarint();
    const outerEnd = this.#end;
    if (size > outerEnd - this.#position) throw this.#truncated(size);
    this.#end = this.#position + size;
    return outerEnd;
  }

  /** Closes a tagged field, which must have been read to its end. */
  leaveTaggedField(outerEnd: number): void {
    if (this.#position !== this.#end) {
      throw new MalformedError(`a tagged field has ${this.remaining} bytes too many`, this.#position);
    }
    this.#end = outerEnd;
  }

  /** Skips a tagged field of unknown meaning, behind its tag. */
  skipTaggedField(): void {
    this.skip(this.unsignedVarint());
  }

  /** Skips the tagged fields of a structure that knows none. */
  skipTaggedFields(): void {
    for (let count = this.taggedFieldCount(); count > 0; count--) {
      this.unsignedVarint();
      this.skipTaggedField();
    }
  }

  /** The next `length` bytes, sharing memory with the buffer. */
  slice(length: number): Buffer {
    const p = this.#take(length);
    return this.#buffer.subarray(p, p + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** Throws unless the window has been read to its end. */
  expectEnd(): void {
    if (this.#position !== this.#end) {
      throw new MalformedError(`${this.remaining} bytes are left over`, this.#position);
    }
  }

  /** Moves over `length` bytes, which must be there; returns where they start. */
  #take(length: number): number {
    const p = this.#position;
    if (length > this.#end - p) throw this.#truncated(length);
    this.#position = p + length;
    return p;
  }

  #utf8(length: number): string {
    if (length === 0) return '';
    const p = this.#take(length);
    const text = this.#buffer.toString('utf8', p, p + length);
    // Bytes that are no UTF-8 became U+FFFD, of three bytes each: the text could be too long to be written again.
    if (text.includes('\uFFFD') && Buffer.byteLength(text) > length) {
      throw new MalformedError('a string is no UTF-8', p);
    }
    return text;
  }

  #compactUtf8(length: number): string {
    if (length > STRING_BYTES_MAX) {
      throw new MalformedError(`a string has ${length} bytes, more than ${STRING_BYTES_MAX}`, this.#position);
    }
    return this.#utf8(length);
  }

  #checkCount(count: number, elementBytesMin: number): number {
    if (count > ARRAY_LENGTH_MAX) {
      throw new MalformedError(
        `an array has ${count} elements, more than ${ARRAY_LENGTH_MAX}`,
        this.#position,
      );
    }
    if (count * elementBytesMin > this.#end - this.#position) {
      throw new MalformedError(
        `an array of ${count} elements can't fit into the ${this.remaining} bytes that remain`,
        this.#position,
      );
    }
    return count;
  }

  #truncated(length: number): MalformedError {
    return new MalformedError(`${length} bytes are needed and ${this.remaining} remain`, this.#position);
  }

  #unexpectedNull(what: string, lengthBytes: number): MalformedError {
    return new MalformedError(`a ${what} that must be there is null`, this.#position - lengthBytes);
  }
}
