/**
 * The records section of a batch: what stands behind the header, decompressed when the batch is compressed.
 */

import { MalformedError } from '../base/byte-reader.ts';
import type { Compression, CompressionCodec } from '../platform/ports.ts';
import { BATCH_HEADER_BYTES, batchCompression, batchSizeBytes } from './batch.ts';

/** How a compressed batch is opened. */
export interface SectionOptions {
  readonly compression: Compression;
  /** Most bytes that decompression may give; a batch that holds more is treated as malformed. */
  readonly bytesMax: number;
}

/** Bytes that a batch may have once it is decompressed, wherever the broker has to look into it. */
export const RECORDS_BYTES_MAX = 64 * 1024 * 1024;

/** Kafka's names of the codecs, by number. */
export const COMPRESSION_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/**
 * The uncompressed records section of the batch that begins at the start of `batch`: a slice for an uncompressed
 * batch, a new buffer for a compressed one. Throws MalformedError when it can't be decompressed within the bound.
 */
export function recordsSection(batch: Buffer, options: SectionOptions): Buffer {
  const codec = batchCompression(batch);
  const section = batch.subarray(BATCH_HEADER_BYTES, batchSizeBytes(batch));
  if (codec === 0) return section;
  if (codec >= COMPRESSION_NAMES.length) throw new MalformedError(`unknown compression codec ${codec}`, 21);
  try {
    return options.compression.decompress(codec as CompressionCodec, section, options.bytesMax);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MalformedError(
      `the ${COMPRESSION_NAMES[codec]} records of a batch can't be read: ${reason}`,
      0,
    );
  }
}
