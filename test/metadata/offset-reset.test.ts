import { expect, test } from 'vitest';
import { parseOffsetReset } from '../../src/metadata/offset-reset.ts';

test.each([
  ['earliest', { kind: 'earliest' }],
  ['latest', { kind: 'latest' }],
  ['by_duration:PT0S', { kind: 'by-age', ageMs: 0 }],
  ['by_duration:P1DT2H3M4.5S', { kind: 'by-age', ageMs: 93_784_500 }],
  ['by_duration:P7D', { kind: 'by-age', ageMs: 604_800_000 }],
  ['by_duration:pt1h', { kind: 'by-age', ageMs: 3_600_000 }],
  ['by_duration:PT0.0019S', { kind: 'by-age', ageMs: 1 }],
])('%s is taken', (text, expected) => {
  expect(parseOffsetReset(text)).toEqual(expected);
});

test.each([
  '',
  'none',
  'Latest',
  'by_duration:',
  'by_duration:P',
  'by_duration:PT',
  'by_duration:P1DT',
  'by_duration:PT-1S',
  'by_duration:-PT1S',
  'by_duration:PT1S2M',
  'by_duration:1h',
  'by_duration:PT1S ',
])('"%s" is not', (text) => {
  expect(parseOffsetReset(text)).toBeNull();
});
