/**
 * Conditions as a model has them: random trees, their text, and what they are worth, computed in the simplest way, with
 * null for unknown. Shares nothing with src/filter but the language.
 */
import fc from 'fast-check';
import type { Headers } from './helpers.ts';

type Truth = boolean | null;

/** A number, asked of headers. */
export interface Sum {
  readonly text: string;
  readonly value: (headers: Headers) => number | null;
}

export interface Condition {
  readonly text: string;
  readonly value: (headers: Headers) => Truth;
}

/** Names, and how a filter writes them. */
const NAMES = new Map([
  ['a', 'a'],
  ['b_1', 'b_1'],
  ['c.d', 'c.d'],
  ['x-y', '"x-y"'],
  ['and', '"and"'],
  ['q"q', '"q""q"'],
]);

/** Letters that LIKE, quotes and UTF-8 make difficult. */
const letters = fc.constantFrom('a', 'b', 'ab', '%', '_', '!', "'", ' ', 'ä', '😀', '1');
const words = fc.array(letters, { maxLength: 6 }).map((parts) => parts.join(''));
const numberTexts = fc.constantFrom(
  '0',
  '1',
  '-1',
  '1.5',
  '+2',
  '.5',
  '3e2',
  '-0',
  '7.',
  '0012',
  '1e',
  '--1',
  'Infinity',
);
const values = fc.oneof(
  words,
  numberTexts,
  fc.constantFrom('true', 'FALSE', 'True', 'tru'),
  fc.constant(null),
);

export const headerSets: fc.Arbitrary<Headers> = fc.dictionary(fc.constantFrom(...NAMES.keys()), values);

const header = fc.constantFrom(...NAMES.keys());
const get = (headers: Headers, name: string): string | null => headers[name] ?? null;
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function numberIn(text: string | null): number | null {
  return text !== null && /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
}

function truthIn(text: string | null): Truth {
  return text?.toLowerCase() === 'true' ? true : text?.toLowerCase() === 'false' ? false : null;
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
const both = <A, B>(a: A | null, b: A | null, of: (a: A, b: A) => B): B | null =>
  a === null || b === null ? null : of(a, b);
const not = (truth: Truth): Truth => (truth === null ? null : !truth);
const and = (a: Truth, b: Truth): Truth =>
  a === false || b === false ? false : a === null || b === null ? null : true;
const or = (a: Truth, b: Truth): Truth => not(and(not(a), not(b)));

const literals = fc
  .tuple(fc.integer({ min: -20, max: 20 }), fc.constantFrom('', '.0', '.5', 'e1'))
  .map(([whole, end]) => `${whole}${end}`);

const sums = fc.letrec<{ sum: Sum }>((tie) => ({
  sum: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'sum' },
    literals.map((text) => ({ text, value: () => Number(text) })),
    header.map((name) => ({
      text: NAMES.get(name)!,
      value: (headers: Headers) => numberIn(get(headers, name)),
    })),
    fc.tuple(tie('sum'), fc.constantFrom('+', '-', '*', '/'), tie('sum')).map(([left, operator, right]) => ({
      text: `(${left.text} ${operator} ${right.text})`,
      value: (headers: Headers) =>
        both(left.value(headers), right.value(headers), (a, b) => finite(compute(operator, a, b))),
    })),
    tie('sum').map((operand) => ({
      text: `-(${operand.text})`,
      value: (headers: Headers) => {
        const value = operand.value(headers);
        return value === null ? null : -value;
      },
    })),
  ),
})).sum;

function compute(operator: string, a: number, b: number): number {
  return operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : a / b;
}

function holds(operator: string, a: number, b: number): boolean {
  if (operator === '=') return a === b;
  if (operator === '<>') return a !== b;
  if (operator === '<') return a < b;
  return operator === '<=' ? a <= b : operator === '>' ? a > b : a >= b;
}

/** By trying every length for each `%`. */
function isLike(text: readonly string[], pattern: readonly string[], escapeBy: string | null): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === escapeBy) return text[0] === rest[0] && isLike(text.slice(1), rest.slice(1), escapeBy);
  if (first === '%')
    return text.some((_, i) => isLike(text.slice(i), rest, escapeBy)) || isLike([], rest, escapeBy);
  return text.length > 0 && (first === '_' || first === text[0]) && isLike(text.slice(1), rest, escapeBy);
}

/** A pattern in which the escape character stands only before what it may. */
const patterns = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', '%', '_', '!!', '!%', '!_', 'ä', '😀', "'"), { maxLength: 6 }),
    fc.boolean(),
  )
  .map(([parts, escaped]) => {
    const pattern = escaped ? parts.join('') : parts.join('').replaceAll('!', 'b');
    return { pattern, escapeBy: escaped ? '!' : null };
  });

const OF_PARTS: readonly [string, (text: string, part: string) => boolean][] = [
  ['CONTAINS', (text, part) => text.includes(part)],
  ['StartsWith', (text, part) => text.startsWith(part)],
  ['endswith', (text, part) => text.endsWith(part)],
];

/** A predicate with or without its NOT. */
function predicate(
  left: string,
  negated: boolean,
  right: string,
  value: (headers: Headers) => Truth,
): Condition {
  return {
    text: `${left} ${negated ? 'NOT ' : ''}${right}`,
    value: (headers: Headers) => (negated ? not(value(headers)) : value(headers)),
  };
}

const items = fc.array(
  fc.oneof(
    words.map((text) => ({ text })),
    literals.map((number) => ({ number })),
  ),
  {
    minLength: 1,
    maxLength: 12,
  },
);

const predicates: fc.Arbitrary<Condition> = fc.oneof(
  fc.constantFrom(true, false).map((value) => ({ text: value ? 'TRUE' : 'false', value: () => value })),
  header.map((name) => ({
    text: NAMES.get(name)!,
    value: (headers: Headers) => truthIn(get(headers, name)),
  })),
  fc.tuple(sums, fc.constantFrom('=', '<>', '<', '<=', '>', '>='), sums).map(([left, operator, right]) => ({
    // With a sum: two headers would be compared as text.
    text: `0 + ${left.text} ${operator} ${right.text}`,
    value: (headers: Headers) =>
      both(left.value(headers), right.value(headers), (a, b) => holds(operator, a, b)),
  })),
  fc.tuple(header, fc.boolean(), words).map(([name, different, word]) => ({
    text: `${NAMES.get(name)} ${different ? '<>' : '='} ${quoted(word)}`,
    value: (headers: Headers) => both(get(headers, name), word, (a, b) => (a === b) !== different),
  })),
  fc.tuple(header, header).map(([one, other]) => ({
    text: `${NAMES.get(one)} = ${NAMES.get(other)}`,
    value: (headers: Headers) => both(get(headers, one), get(headers, other), (a, b) => a === b),
  })),
  fc.tuple(sums, fc.boolean(), sums, sums).map(([value, negated, low, high]) =>
    predicate(value.text, negated, `BETWEEN ${low.text} AND ${high.text}`, (headers) =>
      and(
        both(value.value(headers), low.value(headers), (a, b) => a >= b),
        both(value.value(headers), high.value(headers), (a, b) => a <= b),
      ),
    ),
  ),
  fc.tuple(header, fc.boolean(), items).map(([name, negated, list]) => {
    const text = list.map((item) => ('text' in item ? quoted(item.text) : item.number)).join(', ');
    return predicate(NAMES.get(name)!, negated, `in (${text})`, (headers) =>
      list
        .map((item) =>
          'text' in item
            ? both(get(headers, name), item.text, (a, b) => a === b)
            : both(numberIn(get(headers, name)), Number(item.number), (a, b) => a === b),
        )
        .reduce(or),
    );
  }),
  fc.tuple(header, fc.boolean()).map(([name, negated]) => ({
    text: `${NAMES.get(name)} IS ${negated ? 'NOT ' : ''}NULL`,
    value: (headers: Headers) => (get(headers, name) === null) !== negated,
  })),
  fc.tuple(header, fc.boolean(), patterns).map(([name, negated, { pattern, escapeBy }]) => {
    const end = escapeBy === null ? '' : ` ESCAPE '${escapeBy}'`;
    return predicate(NAMES.get(name)!, negated, `LIKE ${quoted(pattern)}${end}`, (headers) => {
      const text = get(headers, name);
      return text === null ? null : isLike([...text], [...pattern], escapeBy);
    });
  }),
  fc
    .tuple(header, fc.boolean(), fc.constantFrom(...OF_PARTS), words)
    .map(([name, negated, [word, of], part]) =>
      predicate(NAMES.get(name)!, negated, `${word} ${quoted(part)}`, (headers) => {
        const text = get(headers, name);
        return text === null ? null : of(text, part);
      }),
    ),
);

export const conditions: fc.Arbitrary<Condition> = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'condition' },
    predicates,
    fc
      .tuple(tie('condition'), fc.constantFrom('AND', 'or'), tie('condition'))
      .map(([left, operator, right]) => ({
        text: `(${left.text}) ${operator} (${right.text})`,
        value: (headers: Headers) =>
          (operator === 'AND' ? and : or)(left.value(headers), right.value(headers)),
      })),
    tie('condition').map((operand) => ({
      text: `NOT (${operand.text})`,
      value: (headers: Headers) => not(operand.value(headers)),
    })),
    fc.tuple(tie('condition'), tie('condition')).map(([left, right]) => ({
      text: `((${left.text}) = TRUE) <> ((${right.text}) = TRUE)`,
      value: (headers: Headers) => both(left.value(headers), right.value(headers), (a, b) => a !== b),
    })),
  ),
})).condition;
