/** Lists what a stopped log holds, one plain object a chunk, frame entry or record, for `polylog log dump`. */
import { MalformedError } from '../base/byte-reader.ts';
import { uuidToString } from '../base/uuid.ts';
import type { Compression } from '../platform/ports.ts';
import {
  batchBaseOffset,
  batchBaseSequence,
  batchBaseTimestamp,
  batchCompression,
  batchCrc,
  batchIsControl,
  batchIsTransactional,
  batchLastOffset,
  batchLeaderEpoch,
  batchMaxTimestamp,
  batchProducerEpoch,
  batchProducerId,
  batchRecordCount,
} from '../record/batch.ts';
import { COMPRESSION_NAMES, recordsSection } from '../record/section.ts';
import { recordHeaders, recordKey, recordValue, walkRecords } from '../record/walk.ts';
import {
  type InspectedEntry,
  type InspectedFrame,
  type InspectOptions,
  tailIds,
  walkChunk,
  withLockedLog,
} from './inspect.ts';
import type { ManifestChunk } from './manifest.ts';

/** Bytes that a batch may have when it is decompressed. */
const SECTION_BYTES_MAX = 256 * 1024 * 1024;

export interface DumpOptions extends InspectOptions {
  readonly compression: Compression;
  /** Only this topic (its printed id), and this partition. */
  readonly topicId?: string | undefined;
  readonly partition?: number | undefined;
  /** Only batches that reach this offset. */
  readonly fromOffset?: number | undefined;
  /** List the records of each batch too. */
  readonly records: boolean;
}

export interface DumpedRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[];
}

export type DumpItem =
  | {
      readonly kind: 'chunk';
      readonly path: string;
      readonly id: number;
      readonly sealed: boolean;
      readonly cleaned: boolean;
      /** Holds what compaction kept; cleaned too. */
      readonly compacted: boolean;
      readonly createdMs: number;
      readonly sizeBytes: number;
    }
  | {
      readonly kind: 'frame';
      readonly position: number;
      readonly length: number;
      readonly sequence: number;
      readonly durableSequence: number;
      readonly leaderEpoch: number;
      readonly entries: number;
    }
  | {
      readonly kind: 'event';
      readonly event: 'delete-topic' | 'advance-start';
      readonly topicId: string;
      readonly partition: number;
      readonly startOffset: number;
    }
  | {
      readonly kind: 'batch';
      readonly topicId: string;
      readonly partition: number;
      readonly position: number;
      readonly length: number;
      readonly sequence: number;
      readonly baseOffset: number;
      readonly lastOffset: number;
      readonly leaderEpoch: number;
      readonly crc: number;
      readonly compression: string;
      readonly transactional: boolean;
      readonly control: boolean;
      readonly baseTimestampMs: number;
      readonly maxTimestampMs: number;
      readonly producerId: number;
      readonly producerEpoch: number;
      readonly baseSequence: number;
      readonly recordCount: number;
      /** Only where they were asked for. */
      readonly records?: readonly DumpedRecord[];
      /** Why the records can't be listed. */
      readonly unreadable?: string;
    }
  /** Where the frames of a chunk end; `why` says what is wrong there. */
  | { readonly kind: 'end'; readonly position: number; readonly why: string | null };

/** Calls `onItem` for everything, in the order of the log. Rejects with BrokerError. */
export function dumpLog(
  options: DumpOptions,
  onItem: (item: DumpItem) => void | Promise<void>,
): Promise<void> {
  return withLockedLog(options, async (manifest) => {
    for (const row of manifest.chunks) await dumpChunk(options, { id: row.id, sealed: row }, onItem);
    for (const id of tailIds(options, manifest)) await dumpChunk(options, { id, sealed: null }, onItem);
  });
}

async function dumpChunk(
  options: DumpOptions,
  chunk: { readonly id: number; readonly sealed: ManifestChunk | null },
  onItem: (item: DumpItem) => void | Promise<void>,
): Promise<void> {
  let head: DumpItem | null = null;
  const stop = await walkChunk(options, chunk, {
    onChunk: ({ path, header, sealed, sizeBytes }) => {
      const { id, cleaned, compacted, createdMs } = header;
      head = { kind: 'chunk', path, id, sealed: sealed !== null, cleaned, compacted, createdMs, sizeBytes };
    },
    onFrame: async (frame) => {
      const entries = frame.entries.filter((entry) => isWanted(options, entry));
      if (entries.length === 0) return;
      if (head !== null) await onItem(head);
      head = null;
      await onItem(frameItem(frame));
      for (const entry of entries) await onItem(entryItem(options, entry));
    },
  });
  if (head !== null) await onItem(head);
  await onItem({
    kind: 'end',
    position: stop.position,
    why: stop.step.kind === 'bad' ? stop.step.why : null,
  });
}

function isWanted(options: DumpOptions, entry: InspectedEntry): boolean {
  if (options.topicId !== undefined && uuidToString(entry.topicId) !== options.topicId) return false;
  if (options.partition !== undefined && entry.partition !== options.partition) return false;
  if (options.fromOffset === undefined || entry.kind !== 'batch') return true;
  return batchLastOffset(entry.batch) >= options.fromOffset;
}

function frameItem(frame: InspectedFrame): DumpItem {
  const { position, length, sequence, durableSequence, leaderEpoch } = frame;
  return {
    kind: 'frame',
    position,
    length,
    sequence,
    durableSequence,
    leaderEpoch,
    entries: frame.entries.length,
  };
}

function entryItem(options: DumpOptions, entry: InspectedEntry): DumpItem {
  const topicId = uuidToString(entry.topicId);
  const { partition, position, sequence, batch } = entry;
  if (entry.kind !== 'batch') {
    return { kind: 'event', event: entry.kind, topicId, partition, startOffset: entry.offset };
  }
  return {
    kind: 'batch',
    topicId,
    partition,
    position,
    length: batch.length,
    sequence,
    baseOffset: batchBaseOffset(batch),
    lastOffset: batchLastOffset(batch),
    leaderEpoch: batchLeaderEpoch(batch),
    crc: batchCrc(batch),
    compression: COMPRESSION_NAMES[batchCompression(batch) as 0] ?? `codec ${batchCompression(batch)}`,
    transactional: batchIsTransactional(batch),
    control: batchIsControl(batch),
    baseTimestampMs: batchBaseTimestamp(batch),
    maxTimestampMs: batchMaxTimestamp(batch),
    producerId: batchProducerId(batch),
    producerEpoch: batchProducerEpoch(batch),
    baseSequence: batchBaseSequence(batch),
    recordCount: batchRecordCount(batch),
    ...(options.records ? recordsOf(batch, options.compression) : {}),
  };
}

function recordsOf(
  batch: Buffer,
  compression: Compression,
): { records: DumpedRecord[] } | { unreadable: string } {
  const records: DumpedRecord[] = [];
  try {
    const section = recordsSection(batch, { compression, bytesMax: SECTION_BYTES_MAX });
    walkRecords(section, batchRecordCount(batch), (record) => {
      records.push({
        offset: batchBaseOffset(batch) + record.offsetDelta,
        timestampMs: batchBaseTimestamp(batch) + record.timestampDeltaMs,
        key: copied(recordKey(section, record)),
        value: copied(recordValue(section, record)),
        headers: recordHeaders(section, record).map(({ key, value }) => ({ key, value: copied(value) })),
      });
    });
    return { records };
  } catch (error) {
    if (error instanceof MalformedError) return { unreadable: error.message };
    throw error;
  }
}

/** A slice that outlives the buffer of the walk. */
const copied = (bytes: Buffer | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes));
