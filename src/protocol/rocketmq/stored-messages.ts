/** The messages in batches as they are stored, for consumers: with the digest and the places that these expect. */
import { MalformedError } from '../../base/byte-reader.ts';
import { batchBaseOffset, batchIsControl, batchRecordCount, eachBatch } from '../../record/batch.ts';
import { RECORDS_BYTES_MAX, recordsSection } from '../../record/section.ts';
import { recordTimestampMs } from '../../record/timestamps.ts';
import { type RecordView, walkRecords } from '../../record/walk.ts';
import { DIGEST_TYPE, type Message, type Resource } from './codec/generated/messages.ts';
import type { RocketmqContext } from './context.ts';
import { messageOf } from './message-record.ts';

/** What is done with a record: taken, passed over, or the last that was looked at. */
export type Choice = 'take' | 'skip' | 'stop';

export interface MessagesToRead {
  readonly batches: readonly Buffer[];
  /** As the client calls it. */
  readonly topic: Resource;
  readonly partition: number;
  choose(
    offset: number,
    record: { section: Buffer; view: RecordView; timestampMs: number; batch: Buffer },
  ): Choice;
  take(message: Message, offset: number): void;
}

/** A message that can't be read is passed over, and told in the log. */
export function readMessages(context: RocketmqContext, wanted: MessagesToRead): void {
  const { compression } = context;
  let isOver = false;
  for (const batch of eachBatch(wanted.batches)) {
    if (batchIsControl(batch)) continue;
    const base = batchBaseOffset(batch);
    try {
      const section = recordsSection(batch, { compression, bytesMax: RECORDS_BYTES_MAX });
      walkRecords(section, batchRecordCount(batch), (view) => {
        const offset = base + view.offsetDelta;
        const timestampMs = recordTimestampMs(batch, view);
        const choice = wanted.choose(offset, { section, view, timestampMs, batch });
        if (choice === 'take') take(context, wanted, { section, view, timestampMs, offset });
        isOver = choice === 'stop';
        return !isOver;
      });
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      unreadable(context, wanted, base, error);
    }
    if (isOver) return;
  }
}

function take(
  context: RocketmqContext,
  wanted: MessagesToRead,
  at: {
    readonly section: Buffer;
    readonly view: RecordView;
    readonly timestampMs: number;
    readonly offset: number;
  },
): void {
  const { topic, partition } = wanted;
  const { section, view, timestampMs, offset } = at;
  let message: Message;
  try {
    message = messageOf(section, view, { topic, partition, offset, timestampMs });
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return unreadable(context, wanted, offset, error);
  }
  const properties = message.systemProperties!;
  const checksum = context.crypto.hash('md5', message.body).toString('hex').toUpperCase();
  properties.bodyDigest = { type: DIGEST_TYPE.MD5, checksum };
  properties.storeHost = context.storeHost;
  properties.deliveryAttempt = 1;
  wanted.take(message, offset);
}

function unreadable(
  { logger }: RocketmqContext,
  { topic, partition }: MessagesToRead,
  offset: number,
  error: Error,
): void {
  logger.warn({ topic: topic.name, partition, offset }, `messages can't be read: ${error.message}`);
}
