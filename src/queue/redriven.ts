/**
 * Dead letters that were put back to where they came from: each is for the subscription that had buried it, and nobody's for the others
 * of its topic, whether they were there at the time or are made later. The log says so itself: the batch by one bit of its attributes,
 * so that others cost no more than a look at that, and each letter by the header with the name that it was buried with.
 */
import { batchIsRedriven } from '../record/batch.ts';
import { HeaderPlaces } from '../record/header-places.ts';
import type { RecordView } from '../record/walk.ts';
import { WELL_KNOWN_HEADERS } from '../record/well-known-headers.ts';
import type { RecordMatcher, SelectRules } from './select.ts';

/** Which messages of a batch are not nobody's; null: all. */
export function filterOf(
  batch: Buffer,
  { name, filter }: Pick<SelectRules, 'name' | 'filter'>,
): RecordMatcher | null {
  return batchIsRedriven(batch) ? new RedrivenFilter(name, filter) : filter;
}

/** Of a batch of letters that were put back. */
class RedrivenFilter implements RecordMatcher {
  readonly matchesAll = false;
  readonly weight: number;
  readonly #name: Buffer;
  readonly #filter: RecordMatcher | null;
  readonly #places = new HeaderPlaces();
  readonly #owner = this.#places.add(WELL_KNOWN_HEADERS.dlqSubscription);

  constructor(name: string, filter: RecordMatcher | null) {
    this.#name = Buffer.from(name);
    this.#filter = filter;
    this.weight = 1 + (filter?.weight ?? 0);
  }

  matches(section: Buffer, record: RecordView, timestampMs: number): boolean {
    return this.#isMine(section, record) && this.#filter?.matches(section, record, timestampMs) !== false;
  }

  #isMine(section: Buffer, record: RecordView): boolean {
    this.#places.read(section, record);
    const { start, length } = this.#owner;
    return length >= 0 && this.#name.compare(section, start, start + length) === 0;
  }
}
