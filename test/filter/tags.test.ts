/** Filters by tag: RocketMQ's `A || B` and `*`. */
import { describe, expect, it } from 'vitest';
import { filterOf, type Headers, matches, refusal } from './helpers.ts';

const tag = (text: string, headers: Headers): boolean => matches(filterOf('tag', text), { headers });

describe('a filter by tag', () => {
  it.each([
    ['paid', { tag: 'paid' }, true],
    ['paid', { tag: 'paid ' }, false],
    ['paid', { tag: 'Paid' }, false],
    ['paid', { tag: 'pai' }, false],
    ['paid', {}, false],
    ['paid', { tag: null }, false],
    ['paid', { Tag: 'paid' }, false],
    ['paid || sent', { tag: 'sent' }, true],
    ['paid||sent', { tag: 'paid' }, true],
    [' paid  ||  || sent || ', { tag: 'sent' }, true],
    ['paid || sent', { tag: 'paid || sent' }, false],
    ['zahlung fällig', { tag: 'zahlung fällig', more: 'x' }, true],
  ])('%s of %j: %s', (text, headers, expected) => {
    expect(tag(text, headers as Headers)).toBe(expected);
  });

  it.each(['*', '', '  ', ' * ', 'paid || *'])('takes all with "%s", untagged ones too', (text) => {
    expect(filterOf('tag', text).matchesAll).toBe(true);
    expect(tag(text, {})).toBe(true);
    expect(tag(text, { tag: 'any' })).toBe(true);
  });

  it('finds one among many tags', () => {
    const text = Array.from({ length: 1000 }, (_, i) => `tag-${i * 2}`).join('||');
    for (const i of [0, 1, 2, 998, 999, 1998, 1999, 2000]) {
      expect(tag(text, { tag: `tag-${i}` })).toBe(i % 2 === 0 && i < 2000);
    }
  });

  it.each([
    ['a | b', "invalid-filter: the filter can't be read at column 3: a tag has no |; between tags stands ||"],
    [
      'ab || c|d',
      "invalid-filter: the filter can't be read at column 8: a tag has no |; between tags stands ||",
    ],
    ['||', "invalid-filter: the filter can't be read at column 1: expected a tag or *"],
    [
      'a||'.repeat(1001),
      "invalid-filter: the filter can't be read at column 3001: at most 1000 tags are taken",
    ],
    [
      'a'.repeat(16_385),
      "invalid-filter: the filter can't be read at column 16385: it has 16385 characters; 16384 at most",
    ],
  ])('refuses %.20s', (text, message) => {
    expect(refusal('tag', text)).toBe(message);
  });
});
