/** Conditions of SQL-92 on headers: truth tables, operators, types, names. */
import { describe, expect, it } from 'vitest';
import { filterOf, type Headers, matches, sql } from './helpers.ts';

/** Conditions that are true, false and unknown. */
const WORDS = { T: 'TRUE', F: 'FALSE', U: 'missing = 1' } as const;
type Word = keyof typeof WORDS;

/** A condition's value; a filter only tells whether it is true. */
function truth(text: string): Word {
  if (sql(text)) return 'T';
  return sql(`NOT (${text})`) ? 'F' : 'U';
}

describe('three-valued logic', () => {
  // SQL-92, 8.12, tables 11 to 13.
  const tables = [
    ['AND', ['TTT', 'TFF', 'TUU', 'FTF', 'FFF', 'FUF', 'UTU', 'UFF', 'UUU']],
    ['OR', ['TTT', 'TFT', 'TUT', 'FTT', 'FFF', 'FUU', 'UTT', 'UFU', 'UUU']],
    ['=', ['TTT', 'TFF', 'TUU', 'FTF', 'FFT', 'FUU', 'UTU', 'UFU', 'UUU']],
    ['<>', ['TTF', 'TFT', 'TUU', 'FTT', 'FFF', 'FUU', 'UTU', 'UFU', 'UUU']],
  ] as const;
  for (const [operator, rows] of tables) {
    it.each(rows.map((row) => row.split('') as [Word, Word, Word]))(
      `%s ${operator} %s is %s`,
      (left, right, result) => {
        expect(truth(`(${WORDS[left]}) ${operator} (${WORDS[right]})`)).toBe(result);
      },
    );
  }

  it.each([
    ['T', 'F'],
    ['F', 'T'],
    ['U', 'U'],
  ] as const)('NOT %s is %s', (operand, result) => {
    expect(truth(`NOT (${WORDS[operand]})`)).toBe(result);
  });

  it('asks for the unknown with IS NULL', () => {
    expect(truth('(missing = 1) IS NULL')).toBe('T');
    expect(truth('(missing = 1) IS NOT NULL')).toBe('F');
    expect(truth('TRUE IS NULL')).toBe('F');
  });

  it('is unknown in each predicate on what is not there', () => {
    const predicates = [
      "missing = 'a'",
      "missing <> 'a'",
      'missing > 1',
      'missing + 1 = 2',
      '-missing = 1',
      'missing BETWEEN 1 AND 2',
      '1 BETWEEN missing AND 2',
      "missing IN ('a')",
      'missing IN (1)',
      "missing LIKE '%'",
      "missing CONTAINS ''",
      "missing STARTSWITH ''",
      "missing ENDSWITH ''",
      'missing',
      'missing = TRUE',
      'missing = missing',
    ];
    for (const predicate of predicates) expect([predicate, truth(predicate)]).toEqual([predicate, 'U']);
    expect(truth("missing NOT IN ('a')")).toBe('U');
    expect(truth("missing NOT LIKE '%'")).toBe('U');
  });
});

describe('a condition', () => {
  const headers: Headers = {
    color: 'blue',
    size: '12',
    price: '9.50',
    weight: '-1.5e3',
    id: '9007199254740993',
    ok: 'true',
    no: 'FALSE',
    empty: '',
    nothing: null,
    quote: "it's",
    'content-type': 'text/plain',
    name: 'Jürgen 😀 x',
    'x.y': 'dotted',
    TAGS: 'not this one',
    tag: 'paid',
  };
  it.each([
    // Comparisons.
    ["color = 'blue'", true],
    ["'blue' = color", true],
    ["color = 'Blue'", false],
    ["color <> 'red'", true],
    ["color <> 'blue'", false],
    ['color = color', true],
    ['color = size', false],
    ["'a' = 'a'", true],
    ['size = 12', true],
    ['size = 12.0', true],
    ["size = '12.0'", false],
    ['12 < size', false],
    ['size > 11.9', true],
    ['size >= 12', true],
    ['size < 12', false],
    ['size <= 12', true],
    ['size > price', true],
    ['weight = -1500', true],
    ['weight < -1499.5', true],
    ['price = 9.5', true],
    ['price = .95E1', true],
    ['price = 95.e-1', true],
    ['size = 12L', true],
    // Text that is no number is neither more nor less than one, nor the same, nor different.
    ['color > 1', false],
    ['NOT (color > 1)', false],
    ['color <> 1', false],
    ['empty = 0', false],
    ['empty IS NULL', false],
    ["empty = ''", true],
    ['nothing IS NULL', true],
    ['color IS NOT NULL', true],
    // Ids beyond 2^53 are told apart.
    ['id = 9007199254740993', true],
    ['id = 9007199254740992', false],
    ['id > 9007199254740992', true],
    ['id IN (9007199254740992, 9007199254740993)', true],
    ['id IN (9007199254740992, 9007199254740994)', false],
    ['-id = -9007199254740993', true],
    // Truths.
    ['ok', true],
    ['NOT no', true],
    ['ok = TRUE AND no = FALSE', true],
    ['ok = no', false],
    ['color', false],
    ['NOT color', false],
    ['(size > 1) = ok', true],
    // Arithmetic, and what binds how.
    ['1 + 2 * 3 = 7', true],
    ['(1 + 2) * 3 = 9', true],
    ['7 - 2 - 1 = 4', true],
    ['8 / 4 / 2 = 1', true],
    ['5 / 2 = 2.5', true],
    ['-2 * -3 = 6', true],
    ['- - 2 = 2', true],
    ['size = 0xC AND id = 0X20000000000001L', true],
    ['id = 0x20000000000000', false],
    ['size = 12 -- as text, too\n AND /* a sign: - */ size = 12 --', true],
    ['+size = 12', true],
    ['+color = 1', false],
    ['size / 0 = 1', false],
    ['size / 0 IS NULL', true],
    ['size + price = 21.5', true],
    ['1 = 1 OR 1 = 2 AND 1 = 3', true],
    ['(1 = 1 OR 1 = 2) AND 1 = 3', false],
    ['NOT 1 = 2 AND 1 = 1', true],
    ['NOT NOT 1 = 1', true],
    // BETWEEN.
    ['size BETWEEN 12 AND 12', true],
    ['size BETWEEN 10 AND 11', false],
    ['size BETWEEN 14 AND 10', false],
    ['size NOT BETWEEN 10 AND 11', true],
    ['size BETWEEN 1 + 1 AND 10 * 2 AND ok', true],
    ['size BETWEEN 13 AND missing', false],
    ['size NOT BETWEEN 13 AND missing', true],
    // IN.
    ["color IN ('red', 'blue')", true],
    ["color IN ('red')", false],
    ["color NOT IN ('red', 'green')", true],
    ['size IN (1, 12, -3)', true],
    ["size IN ('12')", true],
    ['size + 1 IN (13)', true],
    ["color IN (1, 'blue')", true],
    ["color NOT IN (1, 'red')", false],
    // LIKE.
    ["color LIKE 'b%'", true],
    ["color LIKE '%e'", true],
    ["color LIKE '%l%'", true],
    ["color LIKE 'b__e'", true],
    ["color LIKE 'b_e'", false],
    ["color LIKE 'blue'", true],
    ["color LIKE 'lue'", false],
    ["color LIKE 'Blue'", false],
    ["color NOT LIKE 'r%'", true],
    ["color LIKE '%'", true],
    ["color LIKE '_%_%_%_%'", true],
    ["color LIKE '_%_%_%_%_%'", false],
    ["empty LIKE ''", true],
    ["empty LIKE '%%'", true],
    ["empty LIKE '_'", false],
    ["name LIKE 'J_rgen _ x'", true],
    ["name LIKE 'J__rgen%'", false],
    ["price LIKE '9.%'", true],
    ["price LIKE '9!.50' ESCAPE '!'", null],
    ["price LIKE '9.5_'", true],
    ["price LIKE '9.5!_' ESCAPE '!'", false],
    ["'50%' LIKE '50!%' ESCAPE '!'", true],
    ["'50!' LIKE '50!!' ESCAPE '!'", true],
    ["quote LIKE '%''s'", true],
    // Parts.
    ["color CONTAINS 'lu'", true],
    ["color CONTAINS ''", true],
    ["color CONTAINS 'ul'", false],
    ["color NOT CONTAINS 'ul'", true],
    ["color STARTSWITH 'bl'", true],
    ["color STARTSWITH 'blues'", false],
    ["color NOT STARTSWITH 'x'", true],
    ["color ENDSWITH 'ue'", true],
    ["color ENDSWITH 'ablue'", false],
    ["color NOT ENDSWITH 'x'", true],
    // Names and letters.
    ["quote = 'it''s'", true],
    ['"content-type" = \'text/plain\'', true],
    ["x.y = 'dotted'", true],
    ["TAGS = 'paid'", true],
    ['"TAGS" = \'not this one\'', true],
    ["JMSType = 'paid'", true],
    ["tag = 'paid'", true],
    ["color = 'blue' and size In (12) oR false", true],
    ["Color = 'blue'", false],
    ["\n color\t=\r\n'blue' ", true],
    ["JMSDeliveryMode = 'PERSISTENT'", true],
  ])('%s: %s', (text, expected) => {
    if (expected === null) return expect(() => sql(text, headers)).toThrow('only %, _ and !');
    expect(sql(text, headers)).toBe(expected);
  });

  it('knows key, time, and what JMS calls priority and ids', () => {
    const ask = (text: string, more: Headers = {}): boolean =>
      matches(filterOf('sql', text), { headers: more, key: 'group-7', timestampMs: 1_700_000_000_000 });
    expect(ask("JMSXGroupID = 'group-7'")).toBe(true);
    expect(ask('JMSTimestamp = 1700000000000')).toBe(true);
    expect(ask('JMSTimestamp BETWEEN 1 AND 2')).toBe(false);
    expect(ask('JMSPriority = 4')).toBe(true);
    expect(ask('JMSPriority > 4', { priority: '9' })).toBe(true);
    expect(ask("JMSMessageID = 'ID:1'", { 'message-id': 'ID:1' })).toBe(true);
    expect(ask("JMSCorrelationID = 'c'", { 'correlation-id': 'c' })).toBe(true);
    expect(matches(filterOf('sql', 'JMSXGroupID IS NULL'), {})).toBe(true);
  });

  it('searches long lists and long patterns', () => {
    const words = Array.from({ length: 400 }, (_, i) => `'w${i * 3}'`).join(', ');
    const numbers = Array.from({ length: 400 }, (_, i) => i * 3 - 600).join(', ');
    for (const i of [0, 1, 3, 599, 600, 1197, 1200]) {
      const among = i % 3 === 0 && i < 1200;
      expect(sql(`h IN (${words})`, { h: `w${i}` })).toBe(among);
      expect(sql(`h IN (${numbers})`, { h: `${i - 600}` })).toBe(among);
    }
    const long = 'ab'.repeat(100);
    expect(sql(`h LIKE '%${long}%'`, { h: `x${long}y` })).toBe(true);
    expect(sql(`h LIKE '%${long}c%'`, { h: long.repeat(1000) })).toBe(false);
  });
});
