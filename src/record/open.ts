/**
 * Opens a compressed batch, and closes it again with another compression. Header fields other than the codec stay; a
 * producer's id, epoch and sequence go on to mean the same records.
 */
import type { CompressionCodec } from '../platform/ports.ts';
import { BATCH_HEADER_BYTES, batchCompression, patchCompression, patchSize } from './batch.ts';
import { sealBatch } from './build.ts';
import { recordsSection, type SectionOptions } from './section.ts';

/** The batch uncompressed: itself where it is, otherwise a new one, without a valid CRC. Throws MalformedError. */
export function openedBatch(batch: Buffer, options: SectionOptions): Buffer {
  return batchCompression(batch) === 0 ? batch : withSection(batch, recordsSection(batch, options), 0);
}

/** An uncompressed batch with another codec, and its CRC. `level`: of the codec; undefined: its default. */
export function closedBatch(
  opened: Buffer,
  into: { readonly codec: CompressionCodec; readonly level: number | undefined },
  { compression }: SectionOptions,
): Buffer {
  const section = opened.subarray(BATCH_HEADER_BYTES);
  const { codec, level } = into;
  const closed = withSection(
    opened,
    codec === 0 ? section : compression.compress(codec, section, level),
    codec,
  );
  sealBatch(closed);
  return closed;
}

function withSection(batch: Buffer, section: Buffer, codec: CompressionCodec): Buffer {
  const made = Buffer.allocUnsafeSlow(BATCH_HEADER_BYTES + section.length);
  batch.copy(made, 0, 0, BATCH_HEADER_BYTES);
  section.copy(made, BATCH_HEADER_BYTES);
  patchSize(made);
  patchCompression(made, codec);
  return made;
}
