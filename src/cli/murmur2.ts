// The hash by which Kafka's Java client, librdkafka (murmur2_random), kafkajs and others choose the partition of a
// key, so that records of one key meet in one partition whichever client wrote them. 32-bit MurmurHash2 with Kafka's
// seed; source: org.apache.kafka.common.utils.Utils.murmur2 (behaviour, checked against its published test vectors).

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** Signed 32-bit hash. */
export function murmur2(data: Uint8Array): number {
  const length = data.length;
  const whole = length & ~3;
  let hash = SEED ^ length;
  for (let at = 0; at < whole; at += 4) {
    let word = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
    word = Math.imul(word, M);
    word ^= word >>> 24;
    hash = Math.imul(hash, M) ^ Math.imul(word, M);
  }
  if (length > whole) {
    for (let at = length - 1; at >= whole; at--) hash ^= data[at]! << (8 * (at - whole));
    hash = Math.imul(hash, M);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, M);
  return (hash ^ (hash >>> 15)) | 0;
}

/** The partition, from 0 to `partitions` − 1, that holds the records of this key. */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
