/**
 * The headers by which any producer asks for what the broker can do beside keeping records: they are checked for their form, and
 * found in place. What is asked of them stands in docs/protocols/kafka.md.
 */
import { HeaderPlaces } from './header-places.ts';
import type { RecordView } from './walk.ts';
import { WELL_KNOWN_HEADERS } from './well-known-headers.ts';

const PRIORITY_MAX = 255;
const TEXT_BYTES_MAX = 255;
/** Digits that a number may have and is exact. */
const DIGITS_MAX = 15;
const ZERO = 0x30;
const BAR = 0x7c;

export class FeatureHeaders {
  readonly #places = new HeaderPlaces();
  readonly #deliverAt = this.#places.add(WELL_KNOWN_HEADERS.deliverAtMs);
  readonly #ttl = this.#places.add(WELL_KNOWN_HEADERS.ttlMs);
  readonly #priority = this.#places.add(WELL_KNOWN_HEADERS.priority);
  readonly #tag = this.#places.add(WELL_KNOWN_HEADERS.tag);
  /** Where the last record's id against duplicates is; a length of −1: it has none. */
  readonly dedupId = this.#places.add(WELL_KNOWN_HEADERS.dedupId);
  /** When the last record is to be delivered, ms since 1970; −1: at once. */
  deliverAtMs = -1;
  /** How long after its time of publishing the last record is delivered, ms; −1: always, or what it says is wrong. */
  ttlMs = -1;
  /** Of the last record, from 0; −1: it has none, or what it says is wrong. */
  priority = -1;

  /** Takes the next record; null, or what is wrong with it. Throws MalformedError on headers that can't be read. */
  read(section: Buffer, record: RecordView): string | null {
    this.#places.read(section, record);
    this.deliverAtMs = numberIn(section, this.#deliverAt);
    const ttlMs = numberIn(section, this.#ttl);
    this.ttlMs = Number.isNaN(ttlMs) ? -1 : ttlMs;
    const priority = numberIn(section, this.#priority);
    this.priority = priority <= PRIORITY_MAX ? priority : -1;
    if (Number.isNaN(this.deliverAtMs)) {
      return 'its header deliver-at-ms must be a time in ms since 1970, in decimal digits';
    }
    if (Number.isNaN(ttlMs)) {
      return 'its header ttl-ms must be a number of ms, in decimal digits';
    }
    // Not so where it isn't a number.
    if (!(priority <= PRIORITY_MAX)) {
      return `its header priority must be a number from 0 to ${PRIORITY_MAX}, in decimal digits`;
    }
    if (!isShort(this.#tag) || section.subarray(this.#tag.start, endOf(this.#tag)).includes(BAR)) {
      return `its header tag must have 1 to ${TEXT_BYTES_MAX} bytes, and no |`;
    }
    if (!isShort(this.dedupId)) return `its header dedup-id must have 1 to ${TEXT_BYTES_MAX} bytes`;
    return null;
  }
}

interface Place {
  readonly start: number;
  readonly length: number;
}

/** −1: the header isn't there; NaN: it is no number. */
function numberIn(section: Buffer, { start, length }: Place): number {
  if (length < 0) return -1;
  if (length === 0 || length > DIGITS_MAX) return Number.NaN;
  let number = 0;
  for (let at = start; at < start + length; at++) {
    const digit = section[at]! - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

/** A header that isn't there is. */
function isShort({ length }: Place): boolean {
  return length !== 0 && length <= TEXT_BYTES_MAX;
}

function endOf({ start, length }: Place): number {
  return start + Math.max(length, 0);
}
