/**
 * What consumers of the classic protocol put into their metadata and get as their assignment (Kafka's
 * ConsumerProtocolSubscription and ConsumerProtocolAssignment): int16 version, then
 *
 *   subscription  int32 count, string topics; nullable bytes user data; from version 1 owned partitions; from version 2
 *                 int32 generation; from version 3 nullable string rack
 *   assignment    partitions; nullable bytes user data
 *   partitions    int32 count, then string topic, int32 count, int32 partitions
 *
 * Later versions only add fields at the end, so that they can be read, too.
 */
import { ByteReader, MalformedError } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface Subscription {
  readonly version: number;
  readonly topics: readonly string[];
  /** Empty before version 1, whose members give up everything before they join. */
  readonly owned: readonly TopicPartitions[];
  readonly rackId: string | null;
}

/** The newest version of an assignment that is written. */
const ASSIGNMENT_VERSION_MAX = 3;

/** The topics, or null when the bytes aren't a subscription. */
export function subscribedTopicsOf(metadata: Buffer): readonly string[] | null {
  return readOrNull(metadata, (reader) => (reader.int16() < 0 ? null : readTopics(reader)));
}

/** Null when the bytes aren't a subscription. */
export function readSubscription(metadata: Buffer): Subscription | null {
  return readOrNull(metadata, (reader) => {
    const version = reader.int16();
    if (version < 0) return null;
    const topics = readTopics(reader);
    reader.nullableBytes();
    const owned = version >= 1 ? readPartitions(reader) : [];
    if (version >= 2) reader.int32();
    const rackId = version >= 3 ? reader.nullableString() : null;
    return { version, topics, owned, rackId };
  });
}

/** The partitions of an assignment; null when the bytes aren't one. An empty one has no bytes. */
export function readAssignment(assignment: Buffer): readonly TopicPartitions[] | null {
  if (assignment.length === 0) return [];
  return readOrNull(assignment, (reader) => (reader.int16() < 0 ? null : readPartitions(reader)));
}

/** `version`: that of the member's subscription. */
export function writeAssignment(version: number, topics: readonly TopicPartitions[]): Buffer {
  const writer = new ByteWriter(64);
  writer.int16(Math.min(version, ASSIGNMENT_VERSION_MAX));
  writer.arrayLength(topics.length);
  for (const { topic, partitions } of topics) {
    writer.string(topic);
    writer.arrayLength(partitions.length);
    for (const partition of partitions) writer.int32(partition);
  }
  writer.nullableBytes(null);
  return writer.finishContiguous();
}

function readTopics(reader: ByteReader): string[] {
  const count = reader.arrayLength(2);
  const topics: string[] = [];
  for (let i = 0; i < count; i++) topics.push(reader.string());
  return topics;
}

function readPartitions(reader: ByteReader): TopicPartitions[] {
  const count = reader.arrayLength(6);
  const topics: TopicPartitions[] = [];
  for (let i = 0; i < count; i++) {
    const topic = reader.string();
    const partitions: number[] = [];
    for (let left = reader.arrayLength(4); left > 0; left--) partitions.push(reader.int32());
    topics.push({ topic, partitions });
  }
  return topics;
}

function readOrNull<T>(bytes: Buffer, read: (reader: ByteReader) => T | null): T | null {
  try {
    return read(new ByteReader(bytes));
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}
