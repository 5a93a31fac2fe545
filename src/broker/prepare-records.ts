/**
 * What a topic's settings ask of the records inside of a batch, beyond what every batch is checked for: keys, where the
 * topic is compacted; the time of each record, where `message.timestamp.before.max.ms` bounds it; the topic's
 * compression. Most topics ask for nothing of this, and their compressed batches are never opened.
 */
import { MalformedError } from '../base/byte-reader.ts';
import { BrokerError } from '../base/errors.ts';
import type { TopicConfig } from '../metadata/topic-config.ts';
import type { CompressionCodec } from '../platform/ports.ts';
import { batchCompression } from '../record/batch.ts';
import { allHaveKeys } from '../record/keys.ts';
import { closedBatch, openedBatch } from '../record/open.ts';
import { RecordsRefused, refusedRecords } from '../record/refused-records.ts';
import type { SectionOptions } from '../record/section.ts';
import { type ProduceRules, validateOpenedBatch } from '../record/validate.ts';

interface PrepareContext {
  readonly rules: ProduceRules;
  readonly options: SectionOptions;
  /** Records that a refusal names at most. */
  readonly namedMax: number;
}

/** The batch to be stored in the place of a validated one, mostly that one; or why it is refused. */
export function prepareRecords(
  batch: Buffer,
  config: TopicConfig,
  { rules, options, namedMax }: PrepareContext,
): Buffer | BrokerError {
  const sentCodec = batchCompression(batch) as CompressionCodec;
  const codec = config.compression?.codec ?? sentCodec;
  const boundsTimes =
    config.timestampType === 'CreateTime' && config.timestampBeforeMaxMs < Number.POSITIVE_INFINITY;
  const looksInside = codec !== sentCodec || (sentCodec !== 0 && boundsTimes);
  if (config.compaction === null && !looksInside) return batch;
  try {
    const opened = openedBatch(batch, options);
    // The records of an uncompressed batch were checked with it.
    const problem = sentCodec === 0 ? null : validateOpenedBatch(opened, rules);
    if (problem !== null) return problem;
    if (config.compaction !== null && !allHaveKeys(opened))
      return refusedRecords(opened, rules, { keysNeeded: true, namedMax })!;
    if (codec === sentCodec) return batch;
    const closed = closedBatch(opened, { codec, level: config.compression?.level }, options);
    return closed.length <= config.maxMessageBytes ? closed : tooLarge(closed.length, config);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return new BrokerError('invalid-record', `The records of the batch can't be read: ${error.message}.`);
  }
}

/** A refusal of the batch that a client sent, with the records it is for where it is for the times of some. */
export function withRecords(
  refusal: BrokerError,
  batch: Buffer,
  { compaction }: TopicConfig,
  { rules, options, namedMax }: PrepareContext,
): BrokerError {
  if (refusal.code !== 'invalid-timestamp' || refusal instanceof RecordsRefused) return refusal;
  try {
    const opened = openedBatch(batch, options);
    return refusedRecords(opened, rules, { keysNeeded: compaction !== null, namedMax }) ?? refusal;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return refusal;
  }
}

function tooLarge(bytes: number, { maxMessageBytes }: TopicConfig): BrokerError {
  return new BrokerError(
    'batch-too-large',
    `The record batch has ${bytes} bytes with the topic's compression.type, more than its max.message.bytes of ` +
      `${maxMessageBytes}.`,
  );
}
