/**
 * Patterns of LIKE: `%` stands for any characters, `_` for one, all else for itself (SQL-92, 8.5). Matching takes time in
 * proportion to the text, whatever the pattern: all places of the pattern that the text may have led to are followed at
 * once, as bits. Works on UTF-8 as it stands; `_` is one character of up to four bytes.
 */
import { FilterSyntaxError } from './syntax-error.ts';
import { equalBytes } from './text-set.ts';

/** Bytes and `_` of a pattern, without its `%`. */
export const PATTERN_ELEMENTS_MAX = 255;

/** An element that is no byte: any one character. */
const ANY = -1;

export interface TextPattern {
  /** What each byte of a value costs. */
  readonly steps: number;
  matches(bytes: Buffer, start: number, length: number): boolean;
}

/** `column`: where the pattern begins, for errors. Throws FilterSyntaxError. */
export function likePattern(pattern: string, escapeBy: string | null, column: number): TextPattern {
  const elements: number[] = [];
  const gaps: number[] = [];
  let escaped = false;
  for (const character of pattern) {
    if (!escaped && character === escapeBy) {
      escaped = true;
      continue;
    }
    if (escaped && character !== '%' && character !== '_' && character !== escapeBy) {
      throw new FilterSyntaxError(
        `only %, _ and ${escapeBy} itself stand behind the escape character ${escapeBy}`,
        column,
      );
    }
    if (!escaped && character === '%') gaps.push(elements.length);
    else if (!escaped && character === '_') elements.push(ANY);
    else elements.push(...Buffer.from(character));
    escaped = false;
  }
  if (escaped) throw new FilterSyntaxError(`the pattern ends with its escape character ${escapeBy}`, column);
  return patternOf(elements, gaps, column);
}

/** Text that stands somewhere in a value. */
export function containing(text: string, column: number): TextPattern {
  const elements = [...Buffer.from(text)];
  return patternOf(elements, [0, elements.length], column);
}

export function startingWith(text: string): TextPattern {
  const head = Buffer.from(text);
  return {
    steps: 0,
    matches: (bytes, start, length) => length >= head.length && equalBytes(head, bytes, start),
  };
}

export function endingWith(text: string): TextPattern {
  const tail = Buffer.from(text);
  return {
    steps: 0,
    matches: (bytes, start, length) =>
      length >= tail.length && equalBytes(tail, bytes, start + length - tail.length),
  };
}

/** `gaps`: how many elements stand before each `%`. */
function patternOf(elements: readonly number[], gaps: readonly number[], column: number): TextPattern {
  if (elements.length > PATTERN_ELEMENTS_MAX) {
    throw new FilterSyntaxError(`a pattern has at most ${PATTERN_ELEMENTS_MAX} bytes beside its %`, column);
  }
  return new Automaton(elements, gaps);
}

const BITS = 32;

/**
 * Place i of the pattern: the first i elements are behind us. A byte leads from place i to i + 1 where element i takes it;
 * at a gap every byte leads to where we are; so do the later bytes of a character that `_` took.
 */
class Automaton implements TextPattern {
  readonly #words: number;
  /** Places before an element that takes the byte, `#words` for each byte. */
  readonly #takes: Int32Array;
  readonly #gaps: Int32Array;
  /** Places behind a `_`. */
  readonly #behindAny: Int32Array;
  readonly #places: Int32Array;
  readonly #last: number;

  constructor(elements: readonly number[], gaps: readonly number[]) {
    this.#last = elements.length;
    this.#words = Math.floor(elements.length / BITS) + 1;
    this.#takes = new Int32Array(256 * this.#words);
    this.#gaps = new Int32Array(this.#words);
    this.#behindAny = new Int32Array(this.#words);
    this.#places = new Int32Array(this.#words);
    elements.forEach((element, i) => {
      for (let byte = 0; byte < 256; byte++) {
        const taken = element === ANY ? !isContinuation(byte) : element === byte;
        if (taken) set(this.#takes, byte * this.#words * BITS + i);
      }
      if (element === ANY) set(this.#behindAny, i + 1);
    });
    for (const gap of gaps) set(this.#gaps, gap);
  }

  get steps(): number {
    return this.#words;
  }

  matches(bytes: Buffer, start: number, length: number): boolean {
    const places = this.#places;
    places.fill(0);
    places[0] = 1;
    const end = start + length;
    for (let at = start; at < end; at++) if (!this.#step(bytes[at]!)) return false;
    return has(places, this.#last);
  }

  /** False when no place is left. */
  #step(byte: number): boolean {
    const places = this.#places;
    const continuation = isContinuation(byte);
    let carry = 0;
    let any = 0;
    for (let word = 0; word < this.#words; word++) {
      const here = places[word]!;
      const moved = here & this.#takes[byte * this.#words + word]!;
      const stays = this.#gaps[word]! | (continuation ? this.#behindAny[word]! : 0);
      places[word] = (moved << 1) | carry | (here & stays);
      carry = moved >>> (BITS - 1);
      any |= places[word]!;
    }
    return any !== 0;
  }
}

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;
const has = (bits: Int32Array, i: number): boolean => ((bits[i >>> 5]! >>> (i & 31)) & 1) === 1;
const set = (bits: Int32Array, i: number): void => {
  bits[i >>> 5]! |= 1 << (i & 31);
};
