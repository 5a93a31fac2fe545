/** What a filter is refused for: the column, and a sentence that says what was expected there. */
import { describe, expect, it } from 'vitest';
import { refusal } from './helpers.ts';

describe('a condition that is wrong', () => {
  it.each([
    ['', 1, 'expected a header, a number, text in single quotes or (, found the end of the text'],
    ['   ', 4, 'expected a header, a number, text in single quotes or (, found the end of the text'],
    ['a', null, ''],
    ['a =', 4, 'expected a header, a number, text in single quotes or (, found the end of the text'],
    ['a = = 1', 5, 'expected a header, a number, text in single quotes or (, found ='],
    ['a == 1', 4, 'expected a header, a number, text in single quotes or (, found ='],
    ['a != 1', 3, 'the character ! means nothing here; write <> for what is different'],
    ['a = 1 && b = 2', 7, 'the character & means nothing here; write AND or OR'],
    ['a = 1 AND', 10, 'expected a header, a number, text in single quotes or (, found the end of the text'],
    ['a = 1 b = 2', 7, 'expected AND, OR or the end, found b'],
    ['a = 1 = 2', 7, 'expected AND, OR or the end, found ='],
    ['a = 1)', 6, 'expected AND, OR or the end, found )'],
    ['(a = 1', 7, 'expected ) or an operator, found the end of the text'],
    ["a = 'b", 5, "the quote ' is not closed"],
    ['"a = 1', 1, 'the quote " is not closed'],
    [
      'a-b # c',
      5,
      'the character # means nothing here; a name with it stands in double quotes, text in single ones',
    ],
    [
      'ä = 1',
      1,
      'the character ä means nothing here; a name with it stands in double quotes, text in single ones',
    ],
    ['a = 12abc', 5, '12abc is no number'],
    ['a = 0x1G', 5, '0x1G is no number'],
    ['a = 1e999', 5, 'the number is too large or too long'],
    ['a IS 1', 6, 'expected NULL or NOT NULL, found 1'],
    ['a IS NOT TRUE', 10, 'expected NULL, found TRUE'],
    ['a = NULL', 5, 'expected a header, a number, text in single quotes or (, found NULL'],
    ['a NOT = 1', 7, 'expected BETWEEN, IN, LIKE, CONTAINS, STARTSWITH or ENDSWITH, found ='],
    ['a BETWEEN 1', 12, 'expected AND, found the end of the text'],
    ['a BETWEEN 1 OR 2', 13, 'expected AND, found OR'],
    ["a BETWEEN 'x' AND 'y'", 11, 'expected a number, found text in quotes'],
    ['a IN ()', 7, 'expected a number or text in single quotes, found )'],
    ['a IN 1', 6, 'expected (, found 1'],
    ["a IN ('x' 'y')", 11, "expected a comma or ), found 'y'"],
    ["a IN (-'x')", 8, "expected a number, found 'x'"],
    ["a + 1 IN ('x')", 1, 'expected a header, found a number'],
    ['a LIKE 5', 8, 'expected a pattern in single quotes, found 5'],
    ["a LIKE 'x' ESCAPE 'ab'", 19, 'behind ESCAPE stands one character'],
    ["a LIKE 'x!' ESCAPE '!'", 8, 'the pattern ends with its escape character !'],
    ["a LIKE 'x!y' ESCAPE '!'", 8, 'only %, _ and ! itself stand behind the escape character !'],
    ["5 LIKE 'x'", 1, 'expected a header, found a number'],
    ['a CONTAINS b', 12, 'expected text in single quotes, found b'],
    ["a CONTAINS 'x' 'y'", 16, "expected AND, OR or the end, found 'y'"],
    [`a LIKE '${'x'.repeat(256)}'`, 8, 'a pattern has at most 255 bytes beside its %'],
    ["a > 'x'", 5, 'expected a number, found text in quotes'],
    ["5 = 'x'", 5, 'expected a number, found text in quotes'],
    ["'x' = TRUE", 1, 'expected a condition, found text in quotes'],
    ['(a = 1) > 2', 2, 'expected a number, found a condition'],
    ['a + 1', 1, 'expected a condition, found a number'],
    ["'a' AND b", 1, 'expected a condition, found text in quotes'],
    ['NOT 5', 5, 'expected a condition, found a number'],
    ["a + 'x' = 1", 5, 'expected a number, found text in quotes'],
    ['JMSExpiration > 5', 1, "JMSExpiration can't be asked for in a filter"],
    [`a = 'x' AND ${'b'.repeat(40)} c`, 54, 'expected AND, OR or the end, found c'],
    ['a = 1 bbbbbbbbbbbbbbbbbbbbbbbbbbb', 7, 'expected AND, OR or the end, found bbbbbbbbbbbbbbbbbbbb…'],
  ])('%s', (text, column, message) => {
    const said =
      column === null
        ? 'it was taken'
        : `invalid-filter: the filter can't be read at column ${column}: ${message}`;
    expect(refusal('sql', text)).toBe(said);
  });

  it.each([
    ['(', 65, 'a filter is nested at most 64 deep'],
    ['NOT ', 257, 'a filter is nested at most 64 deep'],
    ['- ', 129, 'a filter is nested at most 64 deep'],
    ['1 + ', null, 'a filter has at most 1000 operands and operators'],
    ['a = 1 OR ', null, 'a filter has at most 1000 operands and operators'],
  ])('goes on and on: %s', (part, column, message) => {
    const said = refusal('sql', part.repeat(1500));
    expect(said).toContain(column === null ? message : `at column ${column}: ${message}`);
  });

  it('has too long a list, too many headers, too much text', () => {
    expect(refusal('sql', `a IN (${'1,'.repeat(1000)}1)`)).toContain('at most 1000 operands');
    const many = Array.from({ length: 65 }, (_, i) => `h${i}`).join(' OR ');
    expect(refusal('sql', many)).toContain('asks for at most 64 different headers');
    const pattern = `a LIKE '%${'_'.repeat(250)}b' OR `;
    expect(refusal('sql', `${pattern.repeat(17)}b`)).toContain(
      `at column ${16 * pattern.length + 8}: the patterns of LIKE and CONTAINS are too many, or too long together`,
    );
    expect(refusal('sql', ' '.repeat(16_385))).toContain('it has 16385 characters; 16384 at most');
  });
});
