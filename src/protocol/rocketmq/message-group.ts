/**
 * The queue of a message group: SipHash-2-4 with the key 00 01 … 0f (Guava's `sipHash24`) as a signed number, modulo the
 * queues. Java's, Go's and Node's producers pick it the same way, so that all messages of a group are in one partition
 * whoever sent them.
 */
import { sipHash64 } from '../../base/siphash.ts';

const TWO_32 = 4294967296;

export function partitionOfGroup(messageGroup: string, partitionCount: number): number {
  const [low, high] = sipHash64(Buffer.from(messageGroup));
  // high · 2^32 + low, of which each product stays below 2^53.
  const remainder = ((high % partitionCount) * (TWO_32 % partitionCount) + (low >>> 0)) % partitionCount;
  return remainder < 0 ? remainder + partitionCount : remainder;
}
