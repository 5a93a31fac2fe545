/**
 * Finds headers by name in a record, in place: nothing is made of those that aren't asked for, nor of those that are.
 *
 * Names are compared as bytes. Where a record has a header twice, the last one counts, as for Kafka's clients. Throws
 * MalformedError and reads nothing outside of the record.
 */
import { MalformedError } from '../base/byte-reader.ts';
import type { RecordView } from './walk.ts';

/** Where the value of one header is, in the section of the record that was read last. */
export interface HeaderPlace {
  readonly start: number;
  /** Bytes of the value; −1: the record has no such header, or its value is null. */
  readonly length: number;
}

interface Slot {
  readonly name: Buffer;
  start: number;
  length: number;
}

export class HeaderPlaces {
  readonly #slots: Slot[] = [];
  #position = 0;

  /** How many headers are looked for. */
  get size(): number {
    return this.#slots.length;
  }

  /** Looks for a header from now on; the same place for the same name. */
  add(name: string): HeaderPlace {
    const bytes = Buffer.from(name);
    const known = this.#slots.find((slot) => slot.name.equals(bytes));
    if (known !== undefined) return known;
    const slot = { name: bytes, start: 0, length: -1 };
    this.#slots.push(slot);
    return slot;
  }

  /** Finds the headers of a record, which walk.ts has read from the section. */
  read(section: Buffer, record: RecordView): void {
    const slots = this.#slots;
    for (let i = 0; i < slots.length; i++) slots[i]!.length = -1;
    if (record.headerCount === 0) return;
    const { end } = record;
    this.#position = record.headersStart;
    for (let i = 0; i < record.headerCount; i++) {
      const nameLength = this.#length(section, end);
      if (nameLength < 0) throw new MalformedError('a header has no key', this.#position);
      const nameStart = this.#position;
      this.#position += nameLength;
      const length = this.#length(section, end);
      this.#note(section, nameStart, nameLength, length);
      if (length > 0) this.#position += length;
    }
    if (this.#position !== end)
      throw new MalformedError('a record is longer than its headers', this.#position);
  }

  #note(section: Buffer, nameStart: number, nameLength: number, length: number): void {
    const slots = this.#slots;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      if (slot.name.length !== nameLength || !isName(slot.name, section, nameStart)) continue;
      slot.start = this.#position;
      slot.length = length;
      return;
    }
  }

  /** A length that lies in the record; −1 for null. */
  #length(section: Buffer, end: number): number {
    let position = this.#position;
    let value = 0;
    for (let shift = 0; shift < 35 && position < end; shift += 7) {
      const byte = section[position++]!;
      value |= (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      const length = (value >>> 1) ^ -(value & 1);
      if (length < -1 || length > end - position) break;
      this.#position = position;
      return length;
    }
    throw new MalformedError('a header is longer than its record', this.#position);
  }
}

function isName(name: Buffer, section: Buffer, start: number): boolean {
  for (let i = 0; i < name.length; i++) if (section[start + i] !== name[i]) return false;
  return true;
}
