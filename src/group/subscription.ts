/**
 * Reads the topics from a consumer's metadata (Kafka's ConsumerProtocolSubscription): int16 version, int32 count,
 * strings; what follows depends on the version and isn't needed.
 */
import { ByteReader, MalformedError } from '../base/byte-reader.ts';

/** The topics, or null when the bytes aren't a subscription. */
export function subscribedTopicsOf(metadata: Buffer): string[] | null {
  try {
    const reader = new ByteReader(metadata);
    if (reader.int16() < 0) return null;
    const count = reader.arrayLength(2);
    const topics: string[] = [];
    for (let i = 0; i < count; i++) topics.push(reader.string());
    return topics;
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}
