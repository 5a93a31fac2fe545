import { describe, expect, it } from 'vitest';
import { parseProperties } from '../../src/server/config-file.ts';

describe('.properties', () => {
  it("is read as Java's Properties reads it", () => {
    const text = [
      '# a comment',
      '! another',
      'a=1',
      'b : 2',
      '  c   3',
      'd=x\\',
      '   y\\',
      '  z',
      'e\\ f=1',
      'g\\=h=a=b',
      'i=\\u0041\\tq',
      'j',
      'k=',
      'l = a\\\\',
      'm=back\\\\\\',
      '  more',
      'n:=x',
      'o=\\z',
    ].join('\r\n');
    const { entries, problems } = parseProperties(text);
    expect(problems).toEqual([]);
    expect(entries.map(({ name, value, line }) => `${line} ${name}=${value}`)).toEqual([
      '3 a=1',
      '4 b=2',
      '5 c=3',
      '6 d=xyz',
      '9 e f=1',
      '10 g=h=a=b',
      '11 i=A\tq',
      '12 j=',
      '13 k=',
      '14 l=a\\',
      '15 m=back\\more',
      '17 n==x',
      '18 o=z',
    ]);
  });

  it('names the line of what it does not understand', () => {
    expect(parseProperties('\n=x\na=\\u12\n').problems).toEqual([
      { line: 2, message: '"=x" can\'t be read: write NAME=VALUE.' },
      { line: 3, message: '"a=\\u12" can\'t be read: write NAME=VALUE.' },
    ]);
  });
});
