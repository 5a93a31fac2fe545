/**
 * Numbers in text. An integer that a double can't hold exactly, but 64 bits can, is a bigint, so that ids that are next to
 * each other are told apart; all others are numbers. The two compare with each other by value.
 */

export type Numeric = number | bigint;

/** All integers of so many characters are exact. */
const FAST_CHARACTERS_MAX = 15;
/** Longer text is no number. */
const CHARACTERS_MAX = 64;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INTEGER = /^[+-]?\d+$/;

/** The number that the bytes are the text of, in decimal with an optional sign, point and exponent; null: none. */
export function numberAt(bytes: Buffer, start: number, length: number): Numeric | null {
  if (length <= 0) return null;
  if (length > FAST_CHARACTERS_MAX) return longNumberAt(bytes, start, length);
  const end = start + length;
  const sign = bytes[start];
  let at = sign === 0x2d || sign === 0x2b ? start + 1 : start;
  if (at === end) return null;
  let value = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return longNumberAt(bytes, start, length);
    value = value * 10 + digit;
  }
  return sign === 0x2d ? -value : value;
}

function longNumberAt(bytes: Buffer, start: number, length: number): Numeric | null {
  return length > CHARACTERS_MAX ? null : numberOf(bytes.toString('latin1', start, start + length));
}

/** The same of a string. */
export function numberOf(text: string): Numeric | null {
  if (text.length > CHARACTERS_MAX || !NUMBER.test(text)) return null;
  const value = Number(text);
  if (!Number.isFinite(value)) return null;
  if (Number.isSafeInteger(value) || !INTEGER.test(text)) return value;
  const exact = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return BigInt.asIntN(64, exact) === exact ? exact : value;
}

/** Of `0x` and hexadecimal digits; null: it has more than 63 bits. */
export function hexadecimalOf(text: string): Numeric | null {
  const exact = BigInt(text);
  if (BigInt.asIntN(64, exact) !== exact) return null;
  const value = Number(exact);
  return Number.isSafeInteger(value) ? value : exact;
}

/** Negative, 0 or positive, as `a` is less than `b`, the same or more. */
export function compareNumbers(a: Numeric, b: Numeric): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
