/** Compression over node:zlib for tests: gzip as codec 1, and deflate in the place of the others. */
import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import type { Compression } from '../../src/platform/ports.ts';

export const zlibCompression: Compression = {
  decompress(codec, input, bytesMax) {
    return codec === 1
      ? gunzipSync(input, { maxOutputLength: bytesMax })
      : inflateSync(input, { maxOutputLength: bytesMax });
  },
  compress(codec, input) {
    return codec === 1 ? gzipSync(input) : deflateSync(input);
  },
};
