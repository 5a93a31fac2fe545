/**
 * Goes over the records of a section and reads what compaction looks at, as fast as can be: no view, no visitor, no
 * headers. walk.ts says how a record is made.
 */
import { MalformedError } from '../base/byte-reader.ts';
import { RECORD_BYTES_MIN } from './walk.ts';

/** Its fields are those of the record that `next` read last. Throws MalformedError. */
export class RecordCursor {
  readonly #section: Buffer;
  /** Where the next record begins. */
  position = 0;
  bodyStart = 0;
  timestampDelta = 0;
  /** Behind the timestamp delta. */
  timestampEnd = 0;
  offsetDelta = 0;
  /** −1: no key. */
  keyStart = -1;
  keyEnd = -1;
  hasValue = false;

  constructor(section: Buffer) {
    this.#section = section;
  }

  next(): void {
    const length = this.#varint();
    this.bodyStart = this.position;
    const end = this.position + length;
    if (length < RECORD_BYTES_MIN - 1 || end > this.#section.length) {
      throw new MalformedError(`a record has the length ${length}`, this.position);
    }
    this.position++;
    this.timestampDelta = this.#varint();
    this.timestampEnd = this.position;
    this.offsetDelta = this.#varint();
    const keyLength = this.#varint();
    this.keyStart = keyLength < 0 ? -1 : this.position;
    this.keyEnd = keyLength < 0 ? -1 : this.position + keyLength;
    if (keyLength > 0) this.position += keyLength;
    if (this.position >= end) throw new MalformedError(`a key has the length ${keyLength}`, this.position);
    const valueLength = this.#varint();
    this.hasValue = valueLength >= 0;
    if (this.position + Math.max(0, valueLength) >= end) {
      throw new MalformedError(`a value has the length ${valueLength}`, this.position);
    }
    this.position = end;
  }

  expectEnd(): void {
    if (this.position === this.#section.length) return;
    throw new MalformedError(
      `${this.#section.length - this.position} bytes stand behind the records`,
      this.position,
    );
  }

  /** A zigzag varint of up to 64 bits; the end of the section is in no byte that it takes for one. */
  #varint(): number {
    const section = this.#section;
    let byte = section[this.position++]!;
    // `undefined` behind the end is not below 0x80.
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    let factor = 128;
    for (let i = 1; i < 10; i++) {
      byte = section[this.position++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      factor *= 128;
    }
    throw new MalformedError('a number does not end', this.position);
  }
}
