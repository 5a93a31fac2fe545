import { expect, it } from 'vitest';
import { sipHash64, sipHash128, sipKey } from '../../src/base/siphash.ts';

/** `vectors_sip128` of the reference implementation: the hash of 0, 1, 2 … of each length under the key 0 … 15. */
it.each([
  [0, 'a3817f04ba25a8e66df67214c7550293'],
  [1, 'da87c1d86b99af44347659119b22fc45'],
  [8, '3b62a9ba6258f5610f83e264f31497b4'],
  [15, '5493e99933b0a8117e08ec0f97cfc3d9'],
])('gives the numbers of the reference for %i bytes', (length, expected) => {
  const key = sipKey(Buffer.from(Array.from({ length: 16 }, (_, i) => i)));
  // The bytes don't begin where their memory does.
  const bytes = Buffer.from([9, 9, 9, ...Array.from({ length }, (_, i) => i), 9]);
  const into = new Uint32Array(4);
  sipHash128(key, bytes, { start: 3, end: 3 + length }, into);
  expect(Buffer.from(into.buffer).toString('hex')).toBe(expected);
});

/** `vectors_sip64` of the reference implementation, under the same key. */
it.each([
  [0, '310e0edd47db6f72'],
  [1, 'fd67dc93c539f874'],
  [7, '37d1018bf50002ab'],
  [8, '6224939a79f5f593'],
  [15, 'e545be4961ca29a1'],
])('gives the numbers of the reference for %i bytes with 64 bits', (length, expected) => {
  const [low, high] = sipHash64(Uint8Array.from({ length }, (_, i) => i));
  expect(Buffer.from(Int32Array.of(low, high).buffer).toString('hex')).toBe(expected);
});
