/**
 * What a produced batch must be before it is appended (Kafka's LogValidator and UnifiedLog, KIP-98, KIP-937).
 *
 * Guarantees for a batch that passes: it is one whole v2 batch of the right size with a correct CRC, its count and
 * offsets agree, its producer fields agree, its timestamps are within the topic's bounds. An uncompressed batch has
 * its records walked: their lengths fill the section exactly, their offset deltas are 0 … n−1, and the header's max
 * timestamp is theirs (a wrong one is corrected in place, as Kafka does). A compressed batch isn't opened.
 */
import { crc32c } from '../base/crc32c.ts';
import { BrokerError } from '../base/errors.ts';
import {
  BATCH_CRC_START,
  BATCH_HEADER_BYTES,
  BATCH_MAGIC,
  BATCH_PREFIX_BYTES,
  batchBaseOffset,
  batchBaseSequence,
  batchBaseTimestamp,
  batchCompression,
  batchCrc,
  batchIsControl,
  batchIsLogAppendTime,
  batchIsRedriven,
  batchIsTransactional,
  batchLastOffsetDelta,
  batchMagic,
  batchMaxTimestamp,
  batchProducerEpoch,
  batchProducerId,
  batchRecordCount,
  batchSizeBytes,
  patchLogAppendTime,
  patchMaxTimestamp,
} from './batch.ts';
import { sealBatch } from './build.ts';

export type TimestampType = 'CreateTime' | 'LogAppendTime';

export interface ProduceRules {
  /** `max.message.bytes`: most bytes of the batch as it comes, compressed. */
  readonly bytesMax: number;
  /** Wall clock. */
  readonly nowMs: number;
  /** `message.timestamp.type`. */
  readonly timestampType: TimestampType;
  /** `message.timestamp.before.max.ms`: how far back a timestamp may lie. Infinity: any. */
  readonly timestampBeforeMaxMs: number;
  /** `message.timestamp.after.max.ms`: how far ahead a timestamp may lie. Infinity: any. */
  readonly timestampAfterMaxMs: number;
  /** False for Produce below version 7, whose clients may not know zstd. */
  readonly zstdAllowed: boolean;
}

/** The timestamp that means "none". */
const NO_TIMESTAMP = -1;
const ZSTD = 4;
/** Largest offset, timestamp or id that a number holds exactly. */
const SAFE_MAX = Number.MAX_SAFE_INTEGER;

/**
 * Checks what a client sent for one partition; null when it may be appended. `records` must hold one batch and
 * nothing else. Changes nothing but a wrong max timestamp (with the CRC).
 */
export function validateProducedBatch(records: Buffer, rules: ProduceRules): BrokerError | null {
  return (
    checkFrame(records, rules) ??
    checkHeader(records) ??
    checkCompression(records, rules) ??
    checkProducer(records) ??
    checkTimestampType(records) ??
    (batchCompression(records) === 0 ? checkRecords(records, rules) : checkTimestamps(records, rules))
  );
}

/**
 * Checks the records of a batch that was compressed, from its uncompressed form: their lengths, offsets and timestamps.
 * A wrong max timestamp is corrected in that form.
 */
export function validateOpenedBatch(opened: Buffer, rules: ProduceRules): BrokerError | null {
  return checkRecords(opened, rules);
}

/** Gives a validated batch of a LogAppendTime topic the broker's time. */
export function stampLogAppendTime(batch: Buffer, nowMs: number): void {
  patchLogAppendTime(batch, nowMs);
  sealBatch(batch);
}

/** Said of a batch, and of each of its records. */
export const STAMPED_BY_CLIENT =
  'Clients must not set the timestamp type LogAppendTime: the broker does, where the topic asks for it.';

const invalid = (message: string): BrokerError => new BrokerError('invalid-record', message);
const invalidTimestamp = (message: string): BrokerError => new BrokerError('invalid-timestamp', message);

/** One whole batch, magic 2, not too large, with the right CRC. */
function checkFrame(records: Buffer, rules: ProduceRules): BrokerError | null {
  if (records.length === 0)
    return invalid('A produce request must have one record batch for each partition.');
  // The magic byte has the same place in all formats, so an old message set is known before its length is.
  if (records.length > 16 && batchMagic(records) !== BATCH_MAGIC) {
    const magic = batchMagic(records);
    return magic === 0 || magic === 1
      ? new BrokerError(
          'unsupported-format',
          `Message format ${magic} is no longer supported: produce record batches of format 2.`,
        )
      : new BrokerError('corrupt-batch', `The record batch has the unknown format ${magic}.`);
  }
  if (records.length < BATCH_HEADER_BYTES) {
    return new BrokerError(
      'corrupt-batch',
      `The record batch has ${records.length} bytes, less than its header of ${BATCH_HEADER_BYTES}.`,
    );
  }
  const size = batchSizeBytes(records);
  if (size < BATCH_HEADER_BYTES) {
    return new BrokerError(
      'corrupt-batch',
      `The record batch says it has ${size - BATCH_PREFIX_BYTES} bytes.`,
    );
  }
  if (size > records.length) {
    return invalid(`The record batch says it has ${size} bytes, and ${records.length} were sent.`);
  }
  if (size < records.length) {
    return invalid(
      `A produce request must have exactly one record batch for each partition: ${records.length - size} bytes stand behind the first.`,
    );
  }
  if (size > rules.bytesMax) {
    return new BrokerError(
      'batch-too-large',
      `The record batch has ${size} bytes, more than the topic's max.message.bytes of ${rules.bytesMax}.`,
    );
  }
  if (crc32c(records, BATCH_CRC_START, records.length) !== batchCrc(records)) {
    return new BrokerError('corrupt-batch', 'The record batch has a wrong CRC: it was damaged on its way.');
  }
  return null;
}

function checkHeader(batch: Buffer): BrokerError | null {
  if (batchBaseOffset(batch) !== 0) {
    return invalid(`The base offset of a produced batch must be 0, not ${batchBaseOffset(batch)}.`);
  }
  const count = batchRecordCount(batch);
  if (count <= 0) return invalid(`A record batch must have at least one record, not ${count}.`);
  const lastDelta = batchLastOffsetDelta(batch);
  if (count !== lastDelta + 1) {
    return invalid(`The record batch has ${count} records but the last offset delta ${lastDelta}.`);
  }
  if (batchIsControl(batch)) return invalid('Clients are not allowed to write control records.');
  if (batchIsRedriven(batch))
    return invalid("Bit 14 of a batch's attributes is the broker's own: leave it 0.");
  return null;
}

function checkCompression(batch: Buffer, rules: ProduceRules): BrokerError | null {
  const codec = batchCompression(batch);
  if (codec > ZSTD) {
    return new BrokerError('unsupported-compression', `There is no compression codec ${codec}.`);
  }
  if (codec === ZSTD && !rules.zstdAllowed) {
    return new BrokerError(
      'unsupported-compression',
      'zstd needs Produce version 7 or later: use a newer client or another codec.',
    );
  }
  return null;
}

function checkProducer(batch: Buffer): BrokerError | null {
  const producerId = batchProducerId(batch);
  if (producerId === -1) {
    return batchIsTransactional(batch) ? invalid('A transactional batch must have a producer id.') : null;
  }
  if (producerId < -1 || producerId > SAFE_MAX) return invalid(`There is no producer id ${producerId}.`);
  const epoch = batchProducerEpoch(batch);
  if (epoch < 0) return invalid(`The batch of producer ${producerId} has the epoch ${epoch}.`);
  const sequence = batchBaseSequence(batch);
  if (sequence < 0)
    return invalid(`The batch of producer ${producerId} has the sequence number ${sequence}.`);
  return null;
}

function checkTimestampType(batch: Buffer): BrokerError | null {
  return batchIsLogAppendTime(batch) ? invalidTimestamp(STAMPED_BY_CLIENT) : null;
}

/** What the header of a compressed batch says. */
function checkTimestamps(batch: Buffer, rules: ProduceRules): BrokerError | null {
  const problem =
    timestampProblem(batchMaxTimestamp(batch), rules) ?? timestampProblem(batchBaseTimestamp(batch), rules);
  return problem === null ? null : invalidTimestamp(problem);
}

/** What is wrong with the timestamp of a record, as a sentence; null: nothing. */
export function timestampProblem(timestampMs: number, rules: ProduceRules): string | null {
  if (timestampMs === NO_TIMESTAMP) return null;
  if (timestampMs < 0 || timestampMs > SAFE_MAX) return `There is no timestamp ${timestampMs}.`;
  if (rules.timestampType === 'LogAppendTime') return null;
  if (rules.nowMs - timestampMs > rules.timestampBeforeMaxMs) {
    return `The timestamp ${timestampMs} lies further back than message.timestamp.before.max.ms (${rules.timestampBeforeMaxMs} ms) allows.`;
  }
  if (timestampMs - rules.nowMs > rules.timestampAfterMaxMs) {
    return `The timestamp ${timestampMs} lies further ahead than message.timestamp.after.max.ms (${rules.timestampAfterMaxMs} ms) allows: check the producer's clock.`;
  }
  return null;
}

/** What the walk over an uncompressed section found. */
interface Walked {
  deltaMin: number;
  deltaMax: number;
}

function checkRecords(batch: Buffer, rules: ProduceRules): BrokerError | null {
  const walked: Walked = { deltaMin: 0, deltaMax: 0 };
  const misfit = walkShallow(batch, walked);
  if (misfit !== null) return invalid(misfit);
  const base = batchBaseTimestamp(batch);
  // Beyond, sums are not exact.
  if (base < NO_TIMESTAMP || base > SAFE_MAX) return invalidTimestamp(`There is no timestamp ${base}.`);
  const max = base + walked.deltaMax;
  const problem = timestampProblem(base + walked.deltaMin, rules) ?? timestampProblem(max, rules);
  if (problem !== null) return invalidTimestamp(problem);
  if (max !== batchMaxTimestamp(batch)) {
    patchMaxTimestamp(batch, max);
    sealBatch(batch);
  }
  return null;
}

/**
 * Reads length, timestamp delta and offset delta of each record, and nothing else; a sentence when they don't fit.
 * The hot path of every plain produce: varints of one and two bytes are read in place.
 */
function walkShallow(batch: Buffer, walked: Walked): string | null {
  const end = batch.length;
  const count = batchRecordCount(batch);
  let p = BATCH_HEADER_BYTES;
  let deltaMin = Number.MAX_SAFE_INTEGER;
  let deltaMax = -Number.MAX_SAFE_INTEGER;
  for (let index = 0; index < count; index++) {
    // A record has at least 7 bytes; two more than that are looked at below, so the end is checked twice.
    if (p + 7 > end) return `The record batch ends in record ${index} of ${count}.`;
    let length = batch[p++]!;
    if (length >= 0x80) {
      const second = batch[p++]!;
      length = (length & 0x7f) | (second << 7);
      if (second >= 0x80) {
        length = longVarint(batch, p - 2, end);
        p = p - 2 + varintBytes(batch, p - 2);
      }
    }
    // Zigzag: an odd number is a negative length.
    if ((length & 1) !== 0) return `Record ${index} has a negative length.`;
    const recordEnd = p + length / 2;
    if (length < 12 || recordEnd > end)
      return `Record ${index} has the length ${length / 2}, which can't be.`;
    p++;
    let delta = batch[p++]!;
    if (delta < 0x80) delta = (delta >>> 1) ^ -(delta & 1);
    else {
      delta = longSigned(batch, p - 1, recordEnd);
      p = p - 1 + varintBytes(batch, p - 1);
      // Offset delta, two lengths and the header count must still follow in this record.
      if (Number.isNaN(delta) || p + 4 > recordEnd) return `Record ${index} has a malformed timestamp.`;
    }
    if (delta < deltaMin) deltaMin = delta;
    if (delta > deltaMax) deltaMax = delta;
    let offset = batch[p]!;
    if (offset >= 0x80) {
      const second = batch[p + 1]!;
      offset = second < 0x80 ? (offset & 0x7f) | (second << 7) : longVarint(batch, p, recordEnd);
    }
    if (offset !== index * 2) return `Record ${index} doesn't have the offset delta ${index}.`;
    p = recordEnd;
  }
  if (p !== end) return `The record batch has ${end - p} bytes behind its ${count} records.`;
  walked.deltaMin = deltaMin;
  walked.deltaMax = deltaMax;
  return null;
}

/** Bytes of the varint at `start`; bounded by the longest there is. */
function varintBytes(bytes: Buffer, start: number): number {
  let n = 1;
  while (n < 10 && bytes[start + n - 1]! >= 0x80) n++;
  return n;
}

/** The unsigned (not yet zigzag-decoded) varint at `start`; −1 when it doesn't end before `end` or is too large. */
function longVarint(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  let factor = 1;
  for (let p = start; p < end && p < start + 10; p++) {
    const byte = bytes[p]!;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value <= SAFE_MAX ? value : -1;
    factor *= 128;
  }
  return -1;
}

/** The zigzag-encoded varint at `start`, or NaN. */
function longSigned(bytes: Buffer, start: number, end: number): number {
  const value = longVarint(bytes, start, end);
  if (value < 0) return Number.NaN;
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
