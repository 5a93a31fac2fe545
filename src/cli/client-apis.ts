// The three requests of client.ts for which the library's own encoder or decoder is not used: Produce and Fetch carry
// record batches as bytes, built and read by src/record (faster, bounded, with the checksum verified, and with every
// codec on Node 20), and ConsumerGroupDescribe, which the library reads wrongly.
//
// The versions are fixed: Produce 9, Fetch 13 and ConsumerGroupDescribe 0, which Kafka has since 2.8, 3.1 and 3.7.

import { createAPI, produceV9, type Reader, Writer } from '@platformatic/kafka';
import { ByteReader, MalformedError } from '../base/byte-reader.ts';
import { crc32c } from '../base/crc32c.ts';
import { nodeCompression } from '../platform/node/compression.ts';
import type { CompressionCodec } from '../platform/ports.ts';
import {
  BATCH_CRC_START,
  BATCH_HEADER_BYTES,
  BATCH_MAGIC,
  batchBaseOffset,
  batchBaseTimestamp,
  batchCrc,
  batchIsControl,
  batchIsLogAppendTime,
  batchLastOffset,
  batchMagic,
  batchMaxTimestamp,
  batchRecordCount,
  batchSizeBytes,
} from '../record/batch.ts';
import { buildBatch, type RecordInput } from '../record/build.ts';
import { COMPRESSION_NAMES, recordsSection } from '../record/section.ts';
import { type RecordHeader, recordHeaders, recordKey, recordValue, walkRecords } from '../record/walk.ts';
import { CliError } from './errors.ts';

export type Compression = (typeof COMPRESSION_NAMES)[number];
export type Acks = -1 | 0 | 1;

export interface FetchRequest {
  readonly node: number;
  readonly topicId: string;
  readonly partitions: readonly { partition: number; offset: number }[];
  readonly maxWaitMs: number;
  /** Of one partition, and of all together. */
  readonly maxBytes: number;
}

export interface FetchedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  /** The offset to ask for next; passes over control records and compacted gaps. */
  readonly nextOffset: number;
  readonly records: readonly FetchedRecord[];
}

/** A partition of a fetch answer, with its batches as they came. */
export interface RawPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly batches: Buffer;
}

export interface OutgoingRecord extends RecordInput {
  readonly partition: number;
  readonly timestampMs: number;
}

export interface ProduceRequest {
  readonly node: number;
  readonly topic: string;
  readonly records: readonly OutgoingRecord[];
  readonly acks: Acks;
  readonly compression: Compression;
  readonly producer?: { id: number; epoch: number; sequenceOf(partition: number): number } | undefined;
}

export interface GroupMemberInfo {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  /** The classic protocol's bytes, or the assignment itself under the newer ones. */
  readonly assignment: Buffer | readonly { topic: string; partitions: readonly number[] }[];
  /** Under the Streams protocol: whose state it shares, and what it does. */
  readonly process?: string;
  readonly tasks?: TaskNames;
}

/** SUBTOPOLOGY_PARTITION. */
export interface TaskNames {
  readonly active: readonly string[];
  readonly standby: readonly string[];
  readonly warmup: readonly string[];
}

export interface GroupInfo {
  readonly group: string;
  readonly state: string;
  readonly type: 'classic' | 'consumer' | 'streams' | 'share';
  readonly protocolType: string;
  /** The assignor. */
  readonly protocol: string;
  readonly members: readonly GroupMemberInfo[];
}

/** What one batch may decompress to. */
const SECTION_BYTES_MAX = 256 * 1024 * 1024;

interface ProduceArguments {
  readonly acks: Acks;
  readonly timeoutMs: number;
  readonly topic: string;
  readonly batches: readonly { partition: number; batch: Buffer }[];
}

export const produceApi = createAPI<[request: ProduceArguments], produceV9.ProduceResponse | boolean>(
  0,
  9,
  ({ acks, timeoutMs, topic, batches }: ProduceArguments) => {
    const writer = Writer.create()
      .appendString(null)
      .appendInt16(acks)
      .appendInt32(timeoutMs)
      .appendArray([topic], (toTopic, name) =>
        toTopic
          .appendString(name)
          .appendArray([...batches], (to, { partition, batch }) =>
            to.appendInt32(partition).appendBytes(batch),
          ),
      )
      .appendTaggedFields();
    if (acks === 0) writer.context.noResponse = true;
    return writer;
  },
  produceV9.parseResponse,
);

/** One batch of each partition among the records, in order. */
export function buildBatches(request: ProduceRequest): { partition: number; batch: Buffer }[] {
  const { producer } = request;
  const byPartition = new Map<number, OutgoingRecord[]>();
  for (const record of request.records) {
    const list = byPartition.get(record.partition);
    if (list === undefined) byPartition.set(record.partition, [record]);
    else list.push(record);
  }
  return [...byPartition].map(([partition, records]) => ({
    partition,
    batch: buildBatch(records, {
      timestampMs: records[0]!.timestampMs,
      codec: COMPRESSION_NAMES.indexOf(request.compression) as CompressionCodec,
      compression: nodeCompression,
      ...(producer === undefined
        ? {}
        : {
            producerId: producer.id,
            producerEpoch: producer.epoch,
            baseSequence: producer.sequenceOf(partition),
          }),
    }),
  }));
}

interface FetchAnswer {
  readonly errorCode: number;
  readonly partitions: readonly RawPartition[];
}

export const fetchApi = createAPI<[request: FetchRequest], FetchAnswer>(
  1,
  13,
  ({ topicId, partitions, maxWaitMs, maxBytes }: FetchRequest) =>
    Writer.create()
      .appendInt32(-1) // not a replica
      .appendInt32(maxWaitMs)
      .appendInt32(1) // least bytes
      .appendInt32(maxBytes)
      .appendInt8(0) // read uncommitted
      .appendInt32(0) // no session
      .appendInt32(-1)
      .appendArray([topicId], (to, id) =>
        to.appendUUID(id).appendArray([...partitions], (w, { partition, offset }) =>
          w
            .appendInt32(partition)
            .appendInt32(-1) // leader epoch
            .appendInt64(BigInt(offset))
            .appendInt32(-1) // last fetched epoch
            .appendInt64(-1n) // log start
            .appendInt32(maxBytes),
        ),
      )
      .appendArray([], () => undefined)
      .appendString('')
      .appendTaggedFields(),
  (_correlation, _key, _version, reader) => {
    reader.readInt32(); // throttle time
    const errorCode = reader.readInt16();
    reader.readInt32(); // session
    const topics = reader.readArray((r) => {
      r.readUUID();
      return r.readArray(readRawPartition);
    });
    return { errorCode, partitions: topics.flat() };
  },
);

function readRawPartition(reader: Reader): RawPartition {
  const partition = reader.readInt32();
  const errorCode = reader.readInt16();
  const highWatermark = Number(reader.readInt64());
  reader.readInt64(); // last stable offset
  const logStartOffset = Number(reader.readInt64());
  reader.readArray((r) => [r.readInt64(), r.readInt64()]); // aborted transactions
  reader.readInt32(); // preferred replica
  const bytes = reader.readUnsignedVarInt() - 1;
  if (bytes <= 0) return { partition, errorCode, highWatermark, logStartOffset, batches: Buffer.alloc(0) };
  const batches = reader.buffer.slice(reader.position, reader.position + bytes);
  reader.skip(bytes);
  return { partition, errorCode, highWatermark, logStartOffset, batches };
}

/** Opens the batches, from the offset that was asked for on. A batch with a wrong checksum throws. */
export function readPartition(raw: RawPartition, asked: number): FetchedPartition {
  const records: FetchedRecord[] = [];
  let nextOffset = asked;
  let at = 0;
  // The last batch may have been cut off by the size limit.
  while (raw.batches.length - at >= BATCH_HEADER_BYTES) {
    const bytes = batchSizeBytes(raw.batches, at);
    if (bytes < BATCH_HEADER_BYTES || at + bytes > raw.batches.length) break;
    const batch = raw.batches.subarray(at, at + bytes);
    at += bytes;
    verify(batch, raw.partition);
    nextOffset = Math.max(nextOffset, batchLastOffset(batch) + 1);
    if (batchIsControl(batch)) continue;
    try {
      readBatch(batch, { partition: raw.partition, asked, into: records });
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      throw damaged(batch, raw.partition, error.message);
    }
  }
  const { partition, errorCode, highWatermark, logStartOffset } = raw;
  return { partition, errorCode, highWatermark, logStartOffset, nextOffset, records };
}

function verify(batch: Buffer, partition: number): void {
  const known = batchMagic(batch) === BATCH_MAGIC;
  if (known && crc32c(batch, BATCH_CRC_START, batch.length) === batchCrc(batch)) return;
  throw damaged(
    batch,
    partition,
    known ? 'its checksum is wrong' : `its format ${batchMagic(batch)} is unknown`,
  );
}

function damaged(batch: Buffer, partition: number, why: string): CliError {
  const offset = batchBaseOffset(batch);
  return new CliError(
    `the batch at offset ${offset} of partition ${partition} can't be read (${why}): go on behind it with --offset, and check the broker's log`,
  );
}

function readBatch(batch: Buffer, target: { partition: number; asked: number; into: FetchedRecord[] }): void {
  const { partition, asked, into } = target;
  const section = recordsSection(batch, { compression: nodeCompression, bytesMax: SECTION_BYTES_MAX });
  const base = batchBaseOffset(batch);
  const baseMs = batchBaseTimestamp(batch);
  const appendedMs = batchIsLogAppendTime(batch) ? batchMaxTimestamp(batch) : undefined;
  walkRecords(section, batchRecordCount(batch), (record) => {
    const offset = base + record.offsetDelta;
    if (offset < asked) return;
    into.push({
      partition,
      offset,
      timestampMs: appendedMs ?? baseMs + record.timestampDeltaMs,
      key: recordKey(section, record),
      value: recordValue(section, record),
      headers: recordHeaders(section, record),
    });
  });
}

interface ConsumerGroupAnswer {
  readonly errorCode: number;
  readonly message: string | null;
  readonly info: GroupInfo;
}

/** What is left of an answer, for our own codec. */
export const bodyOf = ({ buffer, position }: Pick<Reader, 'buffer' | 'position'>): ByteReader =>
  new ByteReader(buffer.slice(position));

/** What ConsumerGroupDescribe, StreamsGroupDescribe and ShareGroupDescribe are asked with, for one group without its operations. */
export const describeRequest = (group: string): Writer =>
  Writer.create()
    .appendArray([group], (writer, id) => writer.appendString(id), true, false)
    .appendBoolean(false)
    .appendTaggedFields();

/**
 * ConsumerGroupDescribe (KIP-848), key 69, version 0. Own, because the library reads the list of subscribed topics as
 * one string and goes astray.
 */
export const consumerGroupDescribe = createAPI<[group: string], ConsumerGroupAnswer>(
  69,
  0,
  describeRequest,
  (_correlation, _key, _version, reader) => {
    reader.readInt32(); // throttle time
    const groups = reader.readArray(readConsumerGroup);
    const first = groups[0];
    if (first === undefined) throw new Error('the broker answered without the group');
    return first;
  },
);

function readConsumerGroup(reader: Reader): ConsumerGroupAnswer {
  const errorCode = reader.readInt16();
  const message = reader.readNullableString();
  const group = reader.readString();
  const state = reader.readString();
  reader.readInt32(); // group epoch
  reader.readInt32(); // assignment epoch
  const protocol = reader.readString();
  const members = reader.readArray((r): GroupMemberInfo => {
    const memberId = r.readString();
    const instanceId = r.readNullableString();
    r.readNullableString(); // rack
    r.readInt32(); // member epoch
    const clientId = r.readString();
    const host = r.readString().replace(/^\//, '');
    r.readArray((names) => names.readString(), true, false);
    r.readNullableString(); // subscribed expression
    const assignment = readConsumerAssignment(r);
    readConsumerAssignment(r); // target
    return { memberId, instanceId, clientId, host, assignment };
  });
  reader.readInt32(); // authorised operations
  return {
    errorCode,
    message,
    info: { group, state, type: 'consumer', protocolType: 'consumer', protocol, members },
  };
}

function readConsumerAssignment(reader: Reader): { topic: string; partitions: number[] }[] {
  const assignment = reader.readArray((r) => {
    r.readUUID();
    return { topic: r.readString(), partitions: r.readArray((p) => p.readInt32(), true, false) };
  });
  reader.readTaggedFields();
  return assignment;
}
