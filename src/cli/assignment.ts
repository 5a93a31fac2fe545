// The opaque bytes that members of a consumer group exchange (Kafka's ConsumerProtocolSubscription and
// ConsumerProtocolAssignment, version 0), and the range assignor. Pure.
//
// Subscription: int16 version, int32 count of topics, each an int16 length and UTF-8 name; int32 length of user data (−1).
// Assignment:   int16 version, int32 count, each: topic name as above, int32 count of partitions, each int32; user data.
// Later versions only append fields, so a reader of version 0 understands them.

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface Subscriber {
  readonly memberId: string;
  readonly topics: readonly string[];
}

/** Reads with a check before each step: the bytes come from other clients. */
class Cursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  int16(): number {
    this.#need(2);
    this.#at += 2;
    return this.#bytes.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#need(4);
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  /** A count of items of at least `itemBytes` each. */
  count(itemBytes: number): number {
    const count = this.int32();
    if (count < 0 || count * itemBytes > this.remaining) throw new RangeError('count beyond the end');
    return count;
  }

  string(): string {
    const length = this.int16();
    if (length < 0) throw new RangeError('negative length');
    this.#need(length);
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  #need(bytes: number): void {
    if (bytes > this.remaining) throw new RangeError('beyond the end');
  }
}

function writeString(out: Buffer, at: number, text: string): number {
  const length = out.write(text, at + 2, 'utf8');
  out.writeInt16BE(length, at);
  return at + 2 + length;
}

export function encodeSubscription(topics: readonly string[]): Buffer {
  const out = Buffer.alloc(10 + topics.reduce((sum, topic) => sum + 2 + Buffer.byteLength(topic), 0));
  out.writeInt32BE(topics.length, 2);
  let at = 6;
  for (const topic of topics) at = writeString(out, at, topic);
  out.writeInt32BE(-1, at);
  return out;
}

/** The topics a member subscribes to; bytes of another shape give none. */
export function decodeSubscription(bytes: Buffer): string[] {
  try {
    const cursor = new Cursor(bytes);
    cursor.int16();
    return Array.from({ length: cursor.count(2) }, () => cursor.string());
  } catch {
    return [];
  }
}

export function encodeAssignment(assignment: readonly TopicPartitions[]): Buffer {
  const bytes = assignment.reduce(
    (sum, { topic, partitions }) => sum + 6 + Buffer.byteLength(topic) + 4 * partitions.length,
    10,
  );
  const out = Buffer.alloc(bytes);
  out.writeInt32BE(assignment.length, 2);
  let at = 6;
  for (const { topic, partitions } of assignment) {
    at = writeString(out, at, topic);
    out.writeInt32BE(partitions.length, at);
    at += 4;
    for (const partition of partitions) at = out.writeInt32BE(partition, at);
  }
  out.writeInt32BE(-1, at);
  return out;
}

/** What a member was given; empty bytes, or bytes of another shape, give nothing. */
export function decodeAssignment(bytes: Buffer): TopicPartitions[] {
  if (bytes.length < 6) return [];
  try {
    const cursor = new Cursor(bytes);
    cursor.int16();
    return Array.from({ length: cursor.count(6) }, () => {
      const topic = cursor.string();
      return { topic, partitions: Array.from({ length: cursor.count(4) }, () => cursor.int32()) };
    });
  } catch {
    return [];
  }
}

/**
 * Kafka's "range" assignor: topic by topic, members in order of their ids get neighbouring partitions, the first ones
 * one more where it doesn't divide.
 */
export function assignRange(
  members: readonly Subscriber[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, TopicPartitions[]> {
  const result = new Map<string, TopicPartitions[]>(members.map(({ memberId }) => [memberId, []]));
  for (const [topic, count] of partitionCounts) {
    const subscribers = members
      .filter(({ topics }) => topics.includes(topic))
      .map(({ memberId }) => memberId)
      .sort((a, b) => (a < b ? -1 : 1));
    if (subscribers.length === 0) continue;
    const share = Math.floor(count / subscribers.length);
    const extra = count % subscribers.length;
    let next = 0;
    for (const [index, memberId] of subscribers.entries()) {
      const size = share + (index < extra ? 1 : 0);
      if (size > 0) {
        result.get(memberId)!.push({ topic, partitions: Array.from({ length: size }, (_, i) => next + i) });
      }
      next += size;
    }
  }
  return result;
}
