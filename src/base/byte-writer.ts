/**
 * Writes Kafka's primitive types (see byte-reader.ts for their layouts) and hands the result out as a list of
 * buffers for writev.
 *
 * A writer keeps a slab and carves one message after the other from it: a message of 60 bytes costs 60 bytes of
 * slab and one view. What `finish` has handed out is never written again, so it may wait in a socket while the
 * writer goes on. Big byte fields are not copied: writeBytesRef puts the caller's buffers into the list.
 *
 * Slabs grow with the message: a full one is put into the list as it is and a bigger one is opened, so that a
 * message is not copied to grow.
 */
import { assert } from './assert.ts';
import { STRING_BYTES_MAX } from './byte-reader.ts';
import type { Uuid } from './uuid.ts';

const DEFAULT_SLAB_BYTES = 16 * 1024;
const SLAB_BYTES_MAX = 1024 * 1024;
/** Byte fields up to this size are copied: a buffer of its own in writev would cost more. */
const COPY_BYTES_MAX = 1024;
/** Strings up to this length are written character by character, faster than by a call of encode. */
const SHORT_STRING_MAX = 64;
/** On changing slabs, up to this much of the open message is carried over instead of becoming a part. */
const CARRY_BYTES_MAX = 1024;

const TWO_32 = 4294967296;
const TWO_63 = 2 ** 63;
const EMPTY = Buffer.alloc(0);

export class ByteWriter {
  readonly #slabBytes: number;
  #slab: Buffer = EMPTY;
  #view: DataView = new DataView(EMPTY.buffer, 0, 0);
  /** Next byte to write in the slab. */
  #position = 0;
  /** Where the open, not yet listed part of the message starts in the slab. */
  #partStart = 0;
  /**
   * Finished parts of the open message, if any. A list that lay here since the last message would have grown old, and take
   * with it what is put into it: all of that would be garbage until the next full collection.
   */
  #parts: Buffer[] | null = null;
  /** Bytes of #parts. */
  #partsBytes = 0;
  #nested: ByteWriter | undefined;

  /** `slabBytes`: size of the slabs for small messages. */
  constructor(slabBytes: number = DEFAULT_SLAB_BYTES) {
    this.#slabBytes = slabBytes;
  }

  /** Bytes of the open message so far. */
  get byteLength(): number {
    return this.#partsBytes + this.#position - this.#partStart;
  }

  /** Ends the message and returns its bytes, in order. The writer is ready for the next one. */
  finish(): Buffer[] {
    this.#closePart();
    const parts = this.#parts ?? [];
    this.#parts = null;
    this.#partsBytes = 0;
    // A slab grown for a big message is not kept: small messages would hold all of it.
    if (this.#slab.length > this.#slabBytes) this.#open(EMPTY);
    return parts;
  }

  /** Drops the open message: for after an error half-way. */
  reset(): void {
    this.#parts = null;
    this.#partsBytes = 0;
    this.#position = this.#partStart;
  }

  /** As finish, in one buffer, copying where the message has several parts. */
  finishContiguous(): Buffer {
    const parts = this.finish();
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  int8(value: number): void {
    const p = this.#reserve(1);
    this.#slab[p] = value;
  }

  boolean(value: boolean): void {
    const p = this.#reserve(1);
    this.#slab[p] = value ? 1 : 0;
  }

  /** Also for uint16: only the low 16 bits count. */
  int16(value: number): void {
    const p = this.#reserve(2);
    this.#view.setInt16(p, value);
  }

  /** Also for uint32: only the low 32 bits count. */
  int32(value: number): void {
    const p = this.#reserve(4);
    this.#view.setInt32(p, value);
  }

  /** An integer. From 2^63 up it is written as the largest 64-bit value, below -2^63 as the smallest. */
  int64(value: number): void {
    const p = this.#reserve(8);
    writeInt64(this.#view, p, value);
  }

  float64(value: number): void {
    const p = this.#reserve(8);
    this.#view.setFloat64(p, value);
  }

  uuid(value: Uuid): void {
    const p = this.#reserve(16);
    const slab = this.#slab;
    for (let i = 0; i < 16; i++) slab[p + i] = value.charCodeAt(i);
  }

  /** An unsigned 32-bit value in 1 to 5 bytes. */
  unsignedVarint(value: number): void {
    let p = this.#reserve(5);
    const slab = this.#slab;
    let v = value >>> 0;
    while (v >= 0x80) {
      slab[p++] = (v & 0x7f) | 0x80;
      v >>>= 7;
    }
    slab[p++] = v;
    this.#position = p;
  }

  /** Like unsignedVarint, from 0 to 2^53 - 1. */
  unsignedVarlong(value: number): void {
    let left = value;
    while (left > 0xffff_ffff) {
      this.int8((left % 0x80) | 0x80);
      left = Math.floor(left / 0x80);
    }
    this.unsignedVarint(left);
  }

  /** A zigzag-encoded signed 32-bit value. */
  varint(value: number): void {
    this.unsignedVarint((value << 1) ^ (value >> 31));
  }

  string(value: string): void {
    const length = value.length;
    if (length <= SHORT_STRING_MAX) {
      const start = this.#reserve(2 + length);
      if (this.#ascii(value, start + 2)) {
        this.#view.setInt16(start, length);
        return;
      }
      this.#position = start;
    }
    this.#anyString(value, false);
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1);
    else this.string(value);
  }

  compactString(value: string): void {
    const length = value.length;
    if (length <= SHORT_STRING_MAX) {
      const start = this.#reserve(1 + length);
      if (this.#ascii(value, start + 1)) {
        this.#slab[start] = length + 1;
        return;
      }
      this.#position = start;
    }
    this.#anyString(value, true);
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.int8(0);
    else this.compactString(value);
  }

  /** int32 length and a copy of the bytes. */
  bytes(value: Uint8Array): void {
    this.int32(value.length);
    this.raw(value);
  }

  nullableBytes(value: Uint8Array | null): void {
    if (value === null) this.int32(-1);
    else this.bytes(value);
  }

  compactBytes(value: Uint8Array): void {
    this.unsignedVarint(value.length + 1);
    this.raw(value);
  }

  compactNullableBytes(value: Uint8Array | null): void {
    if (value === null) this.int8(0);
    else this.compactBytes(value);
  }

  /** Nullable bytes by reference: a list of buffers is one field. The buffers must not change any more. */
  bytesRef(value: Buffer | readonly Buffer[] | null): void {
    this.int32(value === null ? -1 : totalBytes(value));
    if (value !== null) this.writeBytesRef(value);
  }

  /** As bytesRef, in the compact form. */
  compactBytesRef(value: Buffer | readonly Buffer[] | null): void {
    this.unsignedVarint(value === null ? 0 : totalBytes(value) + 1);
    if (value !== null) this.writeBytesRef(value);
  }

  /** The count of an array; -1 for null. */
  arrayLength(count: number): void {
    this.int32(count);
  }

  /** The count of an array in the compact form; -1 for null. */
  compactArrayLength(count: number): void {
    this.unsignedVarint(count + 1);
  }

  /** Copies bytes as they are. */
  raw(value: Uint8Array): void {
    const p = this.#reserve(value.length);
    this.#slab.set(value, p);
  }

  /** Appends bytes as they are, without copying where they are big. They must not change any more. */
  writeBytesRef(value: Buffer | readonly Buffer[]): void {
    if (Array.isArray(value)) {
      for (const one of value as readonly Buffer[]) this.#ref(one);
    } else this.#ref(value as Buffer);
  }

  /** Leaves room for an int32 that is known later; returns what patchInt32 and lengthPatch need. */
  reserveInt32(): number {
    this.#reserve(4);
    return this.byteLength - 4;
  }

  /** Fills in an int32 of the open message. */
  patchInt32(mark: number, value: number): void {
    if (mark >= this.#partsBytes) {
      this.#view.setInt32(this.#partStart + mark - this.#partsBytes, value);
      return;
    }
    let offset = mark;
    for (const part of this.#parts ?? []) {
      if (offset < part.length) {
        part.writeInt32BE(value, offset);
        return;
      }
      offset -= part.length;
    }
    assert(false, 'a mark lies behind the message');
  }

  /** Fills in the number of bytes written since `mark`, without the int32 itself. */
  lengthPatch(mark: number): void {
    this.patchInt32(mark, this.byteLength - mark - 4);
  }

  /** An empty writer for a field whose size stands before it; writeNested appends its content. One at a time. */
  nested(): ByteWriter {
    this.#nested ??= new ByteWriter(1024);
    this.#nested.reset();
    return this.#nested;
  }

  /** Appends what was written to `nested`, after its size as unsigned varint. */
  writeNested(nested: ByteWriter): void {
    this.unsignedVarint(nested.byteLength);
    this.writeBytesRef(nested.finish());
  }

  /** Makes room for `length` bytes and moves over them; returns where they start in the slab. */
  #reserve(length: number): number {
    let p = this.#position;
    if (length > this.#slab.length - p) {
      this.#grow(length);
      p = this.#position;
    }
    this.#position = p + length;
    return p;
  }

  #grow(length: number): void {
    const open = this.#position - this.#partStart;
    const carried = open <= CARRY_BYTES_MAX ? this.#slab.subarray(this.#partStart, this.#position) : EMPTY;
    if (open > CARRY_BYTES_MAX) this.#closePart();
    const wanted = Math.max(this.#slabBytes, Math.min(SLAB_BYTES_MAX, 2 * this.#partsBytes));
    this.#open(Buffer.allocUnsafeSlow(Math.max(wanted, carried.length + length)));
    this.#slab.set(carried, 0);
    this.#position = carried.length;
  }

  #open(slab: Buffer): void {
    this.#slab = slab;
    this.#view = new DataView(slab.buffer, slab.byteOffset, slab.length);
    this.#position = 0;
    this.#partStart = 0;
  }

  #addPart(part: Buffer): void {
    if (this.#parts === null) this.#parts = [part];
    else this.#parts.push(part);
    this.#partsBytes += part.length;
  }

  #closePart(): void {
    const length = this.#position - this.#partStart;
    if (length === 0) return;
    this.#addPart(this.#slab.subarray(this.#partStart, this.#position));
    this.#partStart = this.#position;
  }

  #ref(value: Buffer): void {
    if (value.length <= COPY_BYTES_MAX) {
      this.raw(value);
      return;
    }
    this.#closePart();
    this.#addPart(value);
  }

  /** Writes characters as bytes; false, having written some, where one isn't ASCII. */
  #ascii(value: string, position: number): boolean {
    const slab = this.#slab;
    const length = value.length;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      slab[position + i] = code;
    }
    return true;
  }

  /** A string that is long or not ASCII. */
  #anyString(value: string, compact: boolean): void {
    const length = Buffer.byteLength(value);
    assert(length <= STRING_BYTES_MAX, `a string of ${length} bytes is longer than ${STRING_BYTES_MAX}`);
    if (compact) this.unsignedVarint(length + 1);
    else this.int16(length);
    const p = this.#reserve(length);
    this.#slab.write(value, p, length, 'utf8');
  }
}

/** Bytes that one byte field of these buffers has. */
function totalBytes(value: Buffer | readonly Buffer[]): number {
  if (!Array.isArray(value)) return (value as Buffer).length;
  let bytes = 0;
  for (const one of value as readonly Buffer[]) bytes += one.length;
  return bytes;
}

function writeInt64(view: DataView, position: number, value: number): void {
  if (value >= TWO_63) {
    view.setUint32(position, 0x7fffffff);
    view.setUint32(position + 4, 0xffffffff);
    return;
  }
  view.setInt32(position, Math.max(Math.floor(value / TWO_32), -0x80000000));
  view.setInt32(position + 4, value >>> 0);
}
