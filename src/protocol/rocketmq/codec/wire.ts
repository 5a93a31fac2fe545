/**
 * The encoding of Protocol Buffers (protobuf.dev/programming-guides/encoding): what the generated code of messages.ts is
 * made of.
 *
 * Guarantees of the reader: it never leaves its bytes; every length is checked against what remains; elements of lists and
 * maps are bounded over a whole message, as each takes many times its bytes in memory; malformed input throws MalformedError
 * and nothing else. Bytes come back as slices. Numbers of 64 bits are exact up to ±(2^53 − 1), rounded beyond. Where a field
 * stands twice the last one counts, nested messages too. Groups, which proto3 doesn't have, are refused.
 */
import { MalformedError } from '../../../base/byte-reader.ts';

const TWO_32 = 4294967296;

/** Elements of all lists and maps of one message together. */
const ELEMENTS_MAX = 100_000;

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

export class WireReader {
  readonly #buffer: Buffer;
  #position = 0;
  #end: number;
  #elementsLeft = ELEMENTS_MAX;
  /** The upper half of the last varint, by #varint. */
  #high = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
    this.#end = buffer.length;
  }

  /** Bytes left of the message that is being read. */
  get remaining(): number {
    return this.#end - this.#position;
  }

  /** Number and wire type of the next field, as they stand there: number · 8 + type. */
  tag(): number {
    const tag = this.#varint();
    if (tag < 8 || this.#high !== 0) throw this.#malformed('a field has no number');
    return tag;
  }

  /** Also for enums: values that aren't known are kept. */
  int32(): number {
    return this.#varint() | 0;
  }

  int64(): number {
    const low = this.#varint();
    return (this.#high | 0) * TWO_32 + low;
  }

  bool(): boolean {
    return this.#varint() !== 0 || this.#high !== 0;
  }

  float(): number {
    return this.#buffer.readFloatLE(this.#take(4));
  }

  string(): string {
    const length = this.#length();
    const start = this.#take(length);
    return this.#buffer.toString('utf8', start, start + length);
  }

  /** A slice of the reader's buffer. */
  bytes(): Buffer {
    const length = this.#length();
    const start = this.#take(length);
    return this.#buffer.subarray(start, start + length);
  }

  /** Narrows the reader to the nested message that follows; returns what `leave` needs. */
  enter(): number {
    const outerEnd = this.#end;
    const length = this.#length();
    if (length > this.remaining) throw this.#malformed(`a message of ${length} bytes is cut off`);
    this.#end = this.#position + length;
    return outerEnd;
  }

  leave(outerEnd: number): void {
    this.#end = outerEnd;
  }

  /** Before each element of a list. */
  countElement(): void {
    if (--this.#elementsLeft < 0) throw this.#malformed(`a message has more than ${ELEMENTS_MAX} elements`);
  }

  /** One entry of map<string, string>. */
  entry(into: Map<string, string>): void {
    this.countElement();
    const outerEnd = this.enter();
    let key = '';
    let value = '';
    while (this.remaining > 0) {
      const tag = this.tag();
      if (tag === 10) key = this.string();
      else if (tag === 18) value = this.string();
      else this.skip(tag);
    }
    into.set(key, value);
    this.leave(outerEnd);
  }

  /** Passes over a field that isn't known. */
  skip(tag: number): void {
    const type = tag & 7;
    if (type === VARINT) this.#varint();
    else if (type === FIXED_64) this.#take(8);
    else if (type === LENGTH_DELIMITED) this.#take(this.#length());
    else if (type === FIXED_32) this.#take(4);
    else throw this.#malformed(`a field has the wire type ${type}`);
  }

  /** The lower 32 bits, unsigned; the upper ones are in #high. */
  #varint(): number {
    const buffer = this.#buffer;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = buffer[this.#take(1)]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.#high = high >>> 0;
        return low >>> 0;
      }
    }
    throw this.#malformed('a number is longer than 64 bits');
  }

  #length(): number {
    const length = this.#varint();
    if (this.#high !== 0) throw this.#malformed('a length is longer than 32 bits');
    return length;
  }

  #take(length: number): number {
    const start = this.#position;
    if (length > this.#end - start)
      throw this.#malformed(`${length} bytes are needed and ${this.#end - start} remain`);
    this.#position = start + length;
    return start;
  }

  #malformed(what: string): MalformedError {
    return new MalformedError(what, this.#position);
  }
}

/** Room for small answers; larger ones grow. */
const INITIAL_BYTES = 128;

/**
 * Writes one message. Fields are given with their tag (number · 8 + wire type); what a field is when it isn't there is not
 * written, but in `always…`, for fields that tell whether they are there.
 */
export class WireWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #position = 0;

  /** The message. The writer is not used again. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#position);
  }

  int(tag: number, value: number): void {
    if (value !== 0) this.alwaysInt(tag, value);
  }

  /** int32, int64 and enums. */
  alwaysInt(tag: number, value: number): void {
    this.#reserve(16);
    this.#varint(tag);
    this.#varint64(value);
  }

  bool(tag: number, value: boolean): void {
    if (value) this.alwaysBool(tag, value);
  }

  alwaysBool(tag: number, value: boolean): void {
    this.alwaysInt(tag, value ? 1 : 0);
  }

  float(tag: number, value: number): void {
    // −0 is another one.
    if (Object.is(value, 0)) return;
    this.#reserve(10);
    this.#varint(tag);
    this.#position = this.#buffer.writeFloatLE(value, this.#position);
  }

  string(tag: number, value: string): void {
    if (value !== '') this.alwaysString(tag, value);
  }

  alwaysString(tag: number, value: string): void {
    const length = Buffer.byteLength(value);
    this.#reserve(10 + length);
    this.#varint(tag);
    this.#varint(length);
    this.#position += this.#buffer.write(value, this.#position, length, 'utf8');
  }

  bytes(tag: number, value: Buffer): void {
    if (value.length === 0) return;
    this.#reserve(10 + value.length);
    this.#varint(tag);
    this.#varint(value.length);
    this.#position += value.copy(this.#buffer, this.#position);
  }

  entries(tag: number, map: ReadonlyMap<string, string>): void {
    for (const [key, value] of map) {
      const mark = this.begin(tag);
      this.string(10, key);
      this.string(18, value);
      this.end(mark);
    }
  }

  /** Begins a nested message; returns what `end` needs. */
  begin(tag: number): number {
    this.#reserve(6);
    this.#varint(tag);
    return ++this.#position;
  }

  /** Fills in the length of a nested message. One of 128 bytes and more moves up, as its length takes more than one byte. */
  end(mark: number): void {
    const length = this.#position - mark;
    let extra = 0;
    for (let rest = length >>> 7; rest > 0; rest >>>= 7) extra++;
    if (extra > 0) {
      this.#reserve(extra);
      this.#buffer.copyWithin(mark + extra, mark, this.#position);
    }
    this.#position = mark - 1;
    this.#varint(length);
    this.#position += length;
  }

  #varint(value: number): void {
    const buffer = this.#buffer;
    let rest = value;
    while (rest >= 0x80) {
      buffer[this.#position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[this.#position++] = rest;
  }

  /** A negative number takes ten bytes, of 64 bits of two's complement. */
  #varint64(value: number): void {
    if (value >= 0 && value < 0x80000000) return this.#varint(value);
    let low = value >>> 0;
    let high = Math.floor(value / TWO_32) >>> 0;
    const buffer = this.#buffer;
    while (high > 0) {
      buffer[this.#position++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    while (low >= 0x80) {
      buffer[this.#position++] = (low & 0x7f) | 0x80;
      low >>>= 7;
    }
    buffer[this.#position++] = low;
  }

  #reserve(bytes: number): void {
    const needed = this.#position + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length));
    this.#buffer.copy(grown, 0, 0, this.#position);
    this.#buffer = grown;
  }
}
