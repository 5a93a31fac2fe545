/**
 * Cuts the text of a condition into words: numbers, texts in single quotes, names, key words (in any case) and symbols.
 * A name with other characters than letters, digits, `_`, `$` and `.`, or one that is a key word, stands in double quotes.
 * Comments, SQL's to the end of the line and those in slashes and stars, count as spaces.
 * Throws FilterSyntaxError.
 */
import { hexadecimalOf, type Numeric, numberOf } from './numbers.ts';
import { FilterSyntaxError } from './syntax-error.ts';

const KEYWORDS: ReadonlySet<string> = new Set([
  'AND',
  'OR',
  'NOT',
  'BETWEEN',
  'IN',
  'IS',
  'NULL',
  'LIKE',
  'ESCAPE',
  'CONTAINS',
  'STARTSWITH',
  'ENDSWITH',
  'TRUE',
  'FALSE',
]);

interface Place {
  /** 1 for the first character of the text. */
  readonly column: number;
  /** As it was written. */
  readonly raw: string;
}

export type Token = Place &
  (
    | { readonly kind: 'number'; readonly value: Numeric }
    /** Without its quotes, as are quoted names. */
    | { readonly kind: 'text'; readonly value: string }
    | { readonly kind: 'name'; readonly value: string; readonly quoted: boolean }
    /** In upper case. */
    | { readonly kind: 'keyword'; readonly value: string }
    | { readonly kind: 'symbol'; readonly value: string }
    | { readonly kind: 'end'; readonly value: '' }
  );

const SPACES = /(?:[ \t\r\n\f]|--[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const NAME = /[A-Za-z_$][A-Za-z0-9_$.]*/y;
/** A whole number may have Java's L behind it, and be hexadecimal. */
const NUMBER = /(?:0[xX][0-9a-fA-F]+[lL]?|\d+[lL]|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y;
const SYMBOL = /<>|>=|<=|[=<>+\-*/(),]/y;
const WORD = /[A-Za-z0-9_$.]+/y;

const QUOTED_CHARACTERS_MAX = 20;

/** A token as an error names it. */
export function described(token: Token): string {
  if (token.kind === 'end') return 'the end of the text';
  const { raw } = token;
  return raw.length > QUOTED_CHARACTERS_MAX ? `${raw.slice(0, QUOTED_CHARACTERS_MAX)}…` : raw;
}

export class Lexer {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    this.#take(SPACES);
    const column = this.#at + 1;
    const first = this.#text[this.#at];
    if (first === undefined) return { kind: 'end', value: '', column, raw: '' };
    if (first === "'") return { kind: 'text', column, ...this.#quoted("'") };
    if (first === '"') return { kind: 'name', quoted: true, column, ...this.#quoted('"') };
    const name = this.#take(NAME);
    if (name !== null) return nameOrKeyword(name, column);
    const number = this.#take(NUMBER);
    if (number !== null) return this.#number(number, column);
    const symbol = this.#take(SYMBOL);
    if (symbol !== null) return { kind: 'symbol', value: symbol, column, raw: symbol };
    throw new FilterSyntaxError(`the character ${first} means nothing here${hint(first)}`, column);
  }

  /** What the expression matches here, or null. Where it begins is set each time: it keeps nothing between two uses. */
  #take(expression: RegExp): string | null {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text)?.[0];
    if (found === undefined) return null;
    this.#at += found.length;
    return found;
  }

  #number(raw: string, column: number): Token {
    const rest = this.#take(WORD);
    if (rest !== null) throw new FilterSyntaxError(`${raw}${rest} is no number`, column);
    const digits = /[lL]$/.test(raw) ? raw.slice(0, -1) : raw;
    const value = /^0[xX]/.test(raw) ? hexadecimalOf(digits) : numberOf(digits);
    if (value === null) throw new FilterSyntaxError('the number is too large or too long', column);
    return { kind: 'number', value, column, raw };
  }

  /** Text up to the quote that ends it; two of them are one within. */
  #quoted(quote: string): { value: string; raw: string } {
    const start = this.#at;
    for (;;) {
      const end = this.#text.indexOf(quote, this.#at + 1);
      if (end < 0) throw new FilterSyntaxError(`the quote ${quote} is not closed`, start + 1);
      this.#at = end + 1;
      if (this.#text[this.#at] !== quote) break;
    }
    const raw = this.#text.slice(start, this.#at);
    return { value: raw.slice(1, -1).replaceAll(quote + quote, quote), raw };
  }
}

function nameOrKeyword(raw: string, column: number): Token {
  const upper = raw.toUpperCase();
  return KEYWORDS.has(upper)
    ? { kind: 'keyword', value: upper, column, raw }
    : { kind: 'name', value: raw, quoted: false, column, raw };
}

function hint(character: string): string {
  if (character === '!') return '; write <> for what is different';
  if (character === '&' || character === '|') return '; write AND or OR';
  return '; a name with it stands in double quotes, text in single ones';
}
