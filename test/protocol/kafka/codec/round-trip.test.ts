import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../../src/base/byte-reader.ts';
import { ByteWriter } from '../../../../src/base/byte-writer.ts';
import { loadCodecs, randomMessage, randomOf, versionsOf } from './schema.ts';

const codecs = await loadCodecs();

describe.each(codecs.map((codec) => [codec.message.name, codec] as const))('%s', (_, codec) => {
  test.each(versionsOf(codec.message))('version %i survives writing and reading', (version) => {
    // One writer and small slabs: messages follow each other, and grow over slabs.
    const w = new ByteWriter(512);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (seed) => {
        const message = randomMessage(codec.message, version, randomOf(seed));
        codec.write(w, message, version);
        const length = w.byteLength;
        const bytes = w.finishContiguous();
        expect(bytes.length).toBe(length);
        const r = new ByteReader(bytes);
        expect(codec.read(r, version)).toEqual(message);
        r.expectEnd();
      }),
      { numRuns: 25 },
    );
  });

  test.each(versionsOf(codec.message))('version %i takes its defaults', (version) => {
    const w = new ByteWriter();
    const defaults = codec.defaults();
    codec.write(w, defaults, version);
    const r = new ByteReader(w.finishContiguous());
    expect(codec.read(r, version)).toEqual(defaults);
    r.expectEnd();
  });
});
