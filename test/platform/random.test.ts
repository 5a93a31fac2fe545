import { expect, it } from 'vitest';
import { createNodeRandom } from '../../src/platform/node/random.ts';

it('gives as many bytes as are asked for, none twice, and leaves what it has given', () => {
  const random = createNodeRandom();
  const drawn = Array.from({ length: 2000 }, (_, i) => random.bytes(16 + (i % 100)));
  const seen = drawn.map((bytes) => bytes.toString('hex'));
  expect(drawn.every(({ length }, i) => length === 16 + (i % 100))).toBe(true);
  // Neither the whole of it nor what it begins with.
  expect(new Set(seen.map((hex) => hex.slice(0, 32))).size).toBe(drawn.length);
  expect(drawn.map((bytes) => bytes.toString('hex'))).toEqual(seen);
  expect(random.bytes(0)).toHaveLength(0);
});
