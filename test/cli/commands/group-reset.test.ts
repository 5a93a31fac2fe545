import { expect, test } from 'vitest';
import { type Held, type Target, targetOffset } from '../../../src/cli/commands/group-reset.ts';

const HELD: Held = { start: 10, end: 100, atTime: 50, committed: 40 };

test.each<[string, Target, Partial<Held>, number]>([
  ['earliest', { kind: 'earliest' }, {}, 10],
  ['latest', { kind: 'latest' }, {}, 100],
  ['an offset', { kind: 'offset', by: 20 }, {}, 20],
  ['an offset before the start', { kind: 'offset', by: 5 }, {}, 10],
  ['an offset beyond the end', { kind: 'offset', by: 500 }, {}, 100],
  ['forward', { kind: 'shift', by: 5 }, {}, 45],
  ['back', { kind: 'shift', by: -5 }, {}, 35],
  ['back beyond the start', { kind: 'shift', by: -50 }, {}, 10],
  ['a time', { kind: 'time', timeMs: 1 }, {}, 50],
  ['a time after the last record', { kind: 'time', timeMs: 1 }, { atTime: -1 }, 100],
])('%s', (_, target, held, expected) => {
  expect(targetOffset(target, { ...HELD, ...held })).toBe(expected);
});
