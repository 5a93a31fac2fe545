/** Fields of commands come from outside: each is checked, and nothing that isn't known is passed over. */
import { describe, expect, it } from 'vitest';
import { Fields } from '../../../src/broker/admin/fields.ts';
import { readSettings } from '../../../src/broker/admin/settings-fields.ts';

const SMALL = { min: 0, max: 10 };

describe('the fields of a command', () => {
  it.each([null, 1, 'text', [], true])('must be an object: %j', (value) => {
    expect(() => new Fields(value)).toThrow('must be a JSON object');
  });

  it('are read by their names', () => {
    const fields = new Fields({
      text: 'a',
      number: 3,
      part: 0.5,
      yes: true,
      list: [1],
      inner: { text: 'b' },
    });
    expect(fields.text('text')).toBe('a');
    expect(fields.integer('number', SMALL)).toBe(3);
    expect(fields.numberIfGiven('part', SMALL)).toBe(0.5);
    expect(fields.booleanIfGiven('yes')).toBe(true);
    expect(fields.listIfGiven('list', 1)).toEqual([1]);
    expect(fields.objectIfGiven('inner')?.text('text')).toBe('b');
    expect(fields.textIfGiven('absent')).toBeUndefined();
    expect(() => fields.end()).not.toThrow();
  });

  it.each<[string, object, (fields: Fields) => unknown, string]>([
    ['missing', {}, (fields) => fields.text('a'), 'the field a is missing'],
    ['an empty text', { a: '' }, (fields) => fields.text('a'), 'a must be a text of 1 to 1000'],
    ['a long text', { a: 'x'.repeat(1001) }, (fields) => fields.text('a'), 'a must be a text'],
    ['a text as a number', { a: '1' }, (fields) => fields.integer('a', SMALL), 'an integer from 0 to 10'],
    ['a fraction', { a: 1.5 }, (fields) => fields.integer('a', SMALL), 'an integer from 0 to 10'],
    ['too large', { a: 11 }, (fields) => fields.integer('a', SMALL), 'an integer from 0 to 10'],
    ['null', { a: null }, (fields) => fields.integerIfGiven('a', SMALL), 'an integer from 0 to 10'],
    ['a long list', { a: [1, 2] }, (fields) => fields.listIfGiven('a', 1), 'a list of 1 at most'],
    ['another choice', { a: 'c' }, (fields) => fields.choiceIfGiven('a', ['b']), 'one of b'],
    [
      'a field of a field',
      { a: { b: 1 } },
      (fields) => fields.objectIfGiven('a')?.text('b'),
      'the field a.b must',
    ],
    ['not an object', { a: [] }, (fields) => fields.objectIfGiven('a'), 'a must be a JSON object'],
    ['unknown', { a: 1 }, (fields) => fields.end(), 'there is no field a here'],
    ['inherited', {}, (fields) => fields.text('toString'), 'the field toString is missing'],
  ])('refuse what is %s', (_what, value, read, sentence) => {
    expect(() => read(new Fields(value))).toThrow(sentence);
  });
});

describe('the settings of a subscription', () => {
  const read = (value: object) => readSettings(new Fields(value, 'settings.'));

  it('are those that are given, and null is a value of some', () => {
    expect(read({})).toEqual({});
    expect(read({ deadLetterTopic: null, filter: null })).toEqual({ deadLetterTopic: null, filter: null });
    expect(read({ retry: { kind: 'list', delaysMs: [1, 2] }, deliveriesMax: 3, paused: true })).toEqual({
      retry: { kind: 'list', delaysMs: [1, 2] },
      deliveriesMax: 3,
      paused: true,
    });
    expect(read({ retry: { kind: 'exponential', firstMs: 1, maxMs: 5 } }).retry).toEqual({
      kind: 'exponential',
      firstMs: 1,
      maxMs: 5,
      factor: 2,
      jitter: 0,
    });
  });

  it.each([
    [{ lockMs: null }, 'settings.lockMs must be an integer'],
    [{ order: 'fifo' }, 'settings.order must be one of none, by-key, exclusive'],
    [{ deadLetterTopic: '..' }, /topic/i],
    [{ filter: { type: 'tag' } }, 'a filter has a type'],
    [{ filter: { type: 'sql', expression: 'a', more: 1 } }, 'there is no field settings.filter.more here'],
    [{ retry: { kind: 'list', delaysMs: ['1s'] } }, 'the delays of a retry are integers'],
    [{ retry: {} }, 'a retry has a kind'],
    [
      { retry: { kind: 'exponential', firstMs: 1, maxMs: 2, jitter: 2 } },
      'settings.retry.jitter must be a number',
    ],
    [{ name: 'x' }, 'there is no field settings.name here'],
  ])('are refused: %j', (value, sentence) => {
    expect(() => read(value)).toThrow(sentence);
  });
});
