/**
 * Builds v2 record batches: for machines, which log their records as such, for simulated clients, and for tests.
 *
 * Sizes are computed first, so that a batch is one buffer that is written once; only a compressed one is copied.
 */
import { assert } from '../base/assert.ts';
import { crc32c } from '../base/crc32c.ts';
import { varintSize, varlongSize, writeVarint, writeVarlong } from '../base/varint.ts';
import type { Compression, CompressionCodec } from '../platform/ports.ts';
import { BATCH_CRC_START, BATCH_HEADER_BYTES, REDRIVEN_BIT, writeBatchHeader } from './batch.ts';
import type { RecordHeader } from './walk.ts';

/** One record to be written. */
export interface RecordInput {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Milliseconds since 1970; `BatchOptions.timestampMs` when it isn't given. */
  readonly timestampMs?: number;
  readonly headers?: readonly RecordHeader[];
}

export interface BatchOptions {
  /** For records without their own. */
  readonly timestampMs: number;
  readonly baseOffset?: number;
  readonly leaderEpoch?: number;
  /** −1 (the default): none. */
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly transactional?: boolean;
  readonly control?: boolean;
  /** Marks the batch as stamped by the broker: all records count as of its max timestamp. */
  readonly logAppendTime?: boolean;
  /** Dead letters that were put back, with the header that says whose they are. */
  readonly redriven?: boolean;
  readonly codec?: CompressionCodec;
  /** Must be there when `codec` isn't 0. */
  readonly compression?: Compression;
}

/** Builds one batch of at least one record. Offset deltas are 0, 1, 2 … */
export function buildBatch(records: readonly RecordInput[], options: BatchOptions): Buffer {
  assert(records.length > 0, 'a batch holds at least one record');
  const baseTimestamp = records[0]!.timestampMs ?? options.timestampMs;
  let maxTimestamp = baseTimestamp;
  let sectionBytes = 0;
  const bodySizes: number[] = [];
  for (let i = 0; i < records.length; i++) {
    const timestamp = records[i]!.timestampMs ?? options.timestampMs;
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
    const size = recordBodySize(records[i]!, timestamp - baseTimestamp, i);
    bodySizes.push(size);
    sectionBytes += varintSize(size) + size;
  }
  let batch: Buffer = Buffer.allocUnsafe(BATCH_HEADER_BYTES + sectionBytes);
  let position = BATCH_HEADER_BYTES;
  for (let i = 0; i < records.length; i++) {
    const timestamp = records[i]!.timestampMs ?? options.timestampMs;
    position = writeVarint(batch, position, bodySizes[i]!);
    position = writeRecordBody(batch, position, records[i]!, [timestamp - baseTimestamp, i]);
  }
  assert(position === batch.length, 'the size of a batch was computed wrongly');
  const codec = options.codec ?? 0;
  if (codec !== 0) batch = compressSection(batch, codec, options.compression);
  writeBatchHeader(batch, {
    baseOffset: options.baseOffset ?? 0,
    leaderEpoch: options.leaderEpoch ?? -1,
    attributes: attributesOf(options),
    lastOffsetDelta: records.length - 1,
    baseTimestamp,
    maxTimestamp,
    producerId: options.producerId ?? -1,
    producerEpoch: options.producerEpoch ?? -1,
    baseSequence: options.baseSequence ?? -1,
    recordCount: records.length,
  });
  sealBatch(batch);
  return batch;
}

/** Writes the CRC of a batch that fills `batch`. */
export function sealBatch(batch: Buffer): void {
  batch.writeUInt32BE(crc32c(batch, BATCH_CRC_START, batch.length), BATCH_CRC_START - 4);
}

function attributesOf(options: BatchOptions): number {
  return (
    (options.codec ?? 0) |
    (options.logAppendTime ? 0x08 : 0) |
    (options.transactional ? 0x10 : 0) |
    (options.control ? 0x20 : 0) |
    (options.redriven ? REDRIVEN_BIT : 0)
  );
}

function compressSection(
  batch: Buffer,
  codec: CompressionCodec,
  compression: Compression | undefined,
): Buffer {
  assert(compression !== undefined, 'a compressed batch needs the compression port');
  const section = compression.compress(codec, batch.subarray(BATCH_HEADER_BYTES));
  const compressed = Buffer.allocUnsafe(BATCH_HEADER_BYTES + section.length);
  section.copy(compressed, BATCH_HEADER_BYTES);
  return compressed;
}

/** Bytes of a record behind its length field. */
function recordBodySize(record: RecordInput, timestampDelta: number, offsetDelta: number): number {
  const headers = record.headers ?? [];
  let size =
    1 +
    varlongSize(timestampDelta) +
    varintSize(offsetDelta) +
    fieldSize(record.key) +
    fieldSize(record.value) +
    varintSize(headers.length);
  for (const header of headers) {
    const keyBytes = Buffer.byteLength(header.key);
    size += varintSize(keyBytes) + keyBytes + fieldSize(header.value);
  }
  return size;
}

function fieldSize(field: Buffer | null): number {
  return field === null ? 1 : varintSize(field.length) + field.length;
}

function writeRecordBody(
  batch: Buffer,
  start: number,
  record: RecordInput,
  [timestampDelta, offsetDelta]: readonly [number, number],
): number {
  let position = start;
  batch[position++] = 0;
  position = writeVarlong(batch, position, timestampDelta);
  position = writeVarint(batch, position, offsetDelta);
  position = writeField(batch, position, record.key);
  position = writeField(batch, position, record.value);
  const headers = record.headers ?? [];
  position = writeVarint(batch, position, headers.length);
  for (const header of headers) {
    position = writeVarint(batch, position, Buffer.byteLength(header.key));
    position += batch.write(header.key, position, 'utf8');
    position = writeField(batch, position, header.value);
  }
  return position;
}

function writeField(batch: Buffer, start: number, field: Buffer | null): number {
  if (field === null) return writeVarint(batch, start, -1);
  const position = writeVarint(batch, start, field.length);
  field.copy(batch, position);
  return position + field.length;
}
