/** What a world is made of, drawn from its seed: topics, clients, how the broker is set, which faults happen. */

import type { CompressionCodec } from '../src/platform/ports.ts';
import type { NewTopic } from './clients/admin.ts';
import type { FetchOptions } from './clients/consumer.ts';
import type { Wishes } from './clients/consumer-member.ts';
import type { DelayingProducerOptions } from './clients/delaying-producer.ts';
import type { KeyedProducerOptions } from './clients/keyed-producer.ts';
import type { ProducerOptions } from './clients/producer.ts';
import type { RocketmqConsumerOptions } from './clients/rocketmq-consumer.ts';
import type { RocketmqProducerOptions } from './clients/rocketmq-producer.ts';
import type { ShareMemberOptions } from './clients/share-member.ts';
import type { TransactorOptions } from './clients/transactor.ts';
import type { Prng } from './prng.ts';

export interface PlannedTopic extends NewTopic {
  readonly durable: boolean;
  /** Old records leave by retention. */
  readonly trimmed: boolean;
}

export interface PlannedGroup {
  readonly name: string;
  readonly topics: readonly string[];
  readonly members: number;
  readonly staticMembers: boolean;
  /** Of members of the classic protocol; for the others the broker's setting counts. */
  readonly sessionTimeoutMs: number;
  /** mixed: each member one of both. rolling: members of the classic one are replaced by such of the consumer protocol. */
  readonly protocol: 'classic' | 'consumer' | 'mixed' | 'rolling';
}

interface Mortal {
  /** When it dies without a word; Infinity: never. */
  readonly diesAfterMs: number;
}

/** A share group: its consumers, some of which die. */
export interface PlannedShares {
  readonly group: string;
  readonly topics: readonly string[];
  readonly configs: Readonly<Record<string, string>>;
  readonly members: readonly (Omit<ShareMemberOptions, 'group' | 'topics'> & Mortal)[];
}

/** A topic that some clients have for themselves. */
interface OwnTopic {
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** Transactions have a topic of their own. */
export interface PlannedTransactions extends OwnTopic {
  readonly producers: readonly (Omit<TransactorOptions, 'topic'> & Mortal)[];
  readonly readers: number;
}

/** Where they write. */
export const LEDGER = 'ledger';

/** A compacted topic of its own, with what writes to it by key and who follows it. */
export interface PlannedTable extends OwnTopic {
  readonly producers: readonly Omit<KeyedProducerOptions, 'topic'>[];
  readonly readers: number;
}

export const TABLE = 'table';

/** A topic whose headers mean something, with what delays and repeats records there. */
export interface PlannedDelays extends OwnTopic {
  readonly producers: readonly Omit<DelayingProducerOptions, 'topic'>[];
}

export const DELAYS = 'delays';

/** A topic of RocketMQ's clients: producers, and consumers of one group, some of which die. */
export interface PlannedRocketmq extends OwnTopic {
  readonly producers: readonly Omit<RocketmqProducerOptions, 'topic'>[];
  readonly consumers: readonly (Omit<RocketmqConsumerOptions, 'topic' | 'group'> & Mortal)[];
}

export const ROCKETS = 'rockets';

/** Faults that can happen, and what calls for them. */
export const FAULTS = [
  'crash',
  'kill',
  'crash-at-operation',
  'reset',
  'cut',
  'stall',
  'clock',
  'disk-full',
  'flush-fails',
  'slow-disk',
  'reads-fail',
  'bad-network',
  'member-dies',
  'member-leaves',
  'member-joins',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Plan {
  readonly topics: readonly PlannedTopic[];
  readonly producers: readonly ProducerOptions[];
  readonly consumers: number;
  readonly groups: readonly PlannedGroup[];
  readonly shares: PlannedShares | null;
  readonly transactions: PlannedTransactions | null;
  readonly table: PlannedTable | null;
  readonly delays: PlannedDelays | null;
  readonly rocketmq: PlannedRocketmq | null;
  readonly chaosClients: number;
  readonly admin: boolean;
  /** Faults that this world knows; empty: none at all. */
  readonly faults: readonly Fault[];
  readonly faultEveryMs: number;
  readonly loadMs: number;
  readonly settings: Readonly<Record<string, string>>;
}

export function drawPlan(prng: Prng): Plan {
  const topics = drawTopics(prng);
  const producers = Array.from({ length: prng.between(1, 4) }, () => drawProducer(prng, topics));
  // What a group has read can be checked only where nothing leaves.
  const durable = topics.filter((topic) => topic.durable && !topic.trimmed).map((topic) => topic.name);
  const groups =
    durable.length === 0 ? [] : Array.from({ length: prng.int(3) }, (_, i) => drawGroup(prng, durable, i));
  const plan = {
    topics,
    producers,
    consumers: prng.int(3),
    groups,
    transactions: prng.chance(0.5) ? drawTransactions(prng) : null,
    table: prng.chance(0.5) ? drawTable(prng) : null,
    delays: prng.chance(0.5) ? drawDelays(prng) : null,
    chaosClients: prng.chance(0.3) ? prng.between(1, 2) : 0,
    admin: prng.chance(0.5),
    faults: prng.chance(0.1) ? [] : prng.shuffle([...FAULTS]).slice(0, prng.between(1, 6)),
    faultEveryMs: prng.between(200, 3000),
    loadMs: prng.between(1500, 8000),
    settings: drawSettings(prng),
  };
  return {
    ...plan,
    shares: durable.length > 0 && prng.chance(0.5) ? drawShares(prng, durable) : null,
    rocketmq: prng.chance(0.35) ? drawRocketmq(prng) : null,
  };
}

function drawRocketmq(prng: Prng): PlannedRocketmq {
  return {
    partitions: prng.between(1, 3),
    configs: {},
    producers: Array.from({ length: prng.between(1, 3) }, () => ({
      messages: prng.between(10, 80),
      groups: prng.pick([1, 3]),
      delayMsMax: prng.pick([5, 1000, 10_000]),
      pauseMsMax: prng.pick([1, 20, 100]),
    })),
    consumers: Array.from({ length: prng.between(1, 4) }, (_, i) => ({
      push: prng.chance(0.5),
      batchSize: prng.pick([1, 4, 32]),
      invisibleMs: prng.pick([300, 2000, 10_000]),
      carelessness: prng.pick([0, 0.1, 0.4]),
      pauseMsMax: prng.pick([1, 20, 100]),
      diesAfterMs: i > 0 && prng.chance(0.5) ? prng.between(100, 5000) : Number.POSITIVE_INFINITY,
    })),
  };
}

function drawShares(prng: Prng, topics: readonly string[]): PlannedShares {
  return {
    group: 'shares',
    topics: prng.chance(0.5) ? topics : [prng.pick(topics)],
    configs: {
      'share.auto.offset.reset': 'earliest',
      'share.record.lock.duration.ms': '1000',
      // What is delivered too often is dropped: the faults of a world must not come to that.
      'share.delivery.count.limit': '25',
      ...(prng.chance(0.3) ? { 'polylog.share.retry.delays.ms': '10,200' } : {}),
    },
    members: Array.from({ length: prng.between(1, 4) }, (_, i) => ({
      maxRecords: prng.pick([1, 10, 500]),
      maxBytes: prng.pick([1, 2000, 1_000_000]),
      recordLimit: prng.chance(0.5),
      carelessness: prng.pick([0, 0.1, 0.4]),
      pauseMsMax: prng.pick([1, 20, 100]),
      diesAfterMs: i > 0 && prng.chance(0.4) ? prng.between(100, 5000) : Number.POSITIVE_INFINITY,
    })),
  };
}

function drawTopics(prng: Prng): PlannedTopic[] {
  return Array.from({ length: prng.between(1, 3) }, (_, i) => {
    const durable = prng.chance(0.75);
    const configs: Record<string, string> = {};
    if (!durable) {
      configs['polylog.durability'] = 'os';
      if (prng.chance(0.5)) configs['flush.ms'] = String(prng.between(5, 500));
    }
    const trimmed = prng.chance(0.25);
    if (trimmed) configs['retention.bytes'] = String(prng.pick([1, 3000, 30_000]));
    return { name: `topic${i}`, partitions: prng.between(1, 3), configs, durable, trimmed };
  });
}

function drawProducer(prng: Prng, topics: readonly PlannedTopic[]): ProducerOptions {
  const idempotent = prng.chance(0.5);
  const names = topics.map((topic) => topic.name);
  return {
    topics: prng.chance(0.5) ? names : [prng.pick(names)],
    acks: idempotent ? -1 : prng.pick([-1, -1, 1, 0] as const),
    idempotent,
    retries: prng.chance(0.5),
    codec: (prng.chance(0.6) ? 0 : prng.between(1, 4)) as CompressionCodec,
    recordsMax: prng.between(20, 200),
    batchRecordsMax: prng.pick([1, 3, 10, 30]),
    valueBytesMax: prng.pick([30, 200, 1000, 4000]),
    inFlightMax: prng.between(1, 5),
    pauseMsMax: prng.pick([1, 10, 50, 200]),
  };
}

function drawTransactions(prng: Prng): PlannedTransactions {
  const ids = prng.between(1, 3);
  return {
    partitions: prng.between(1, 3),
    // Every record has a key of its own: compaction takes what was aborted, and nothing else.
    configs: prng.chance(0.5) ? drawCompaction(prng) : {},
    // Some have the same id, and fence each other.
    producers: Array.from({ length: prng.between(ids, ids + 2) }, (_, i) => ({
      transactionalId: `tx${i % ids}`,
      newProtocol: prng.chance(0.5),
      transactions: prng.between(3, 30),
      recordsMax: prng.pick([1, 3, 20]),
      timeoutMs: prng.pick([500, 3000, 10_000]),
      pauseMsMax: prng.pick([1, 20, 200]),
      carelessness: prng.pick([0, 0.05, 0.3]),
      diesAfterMs: prng.chance(0.3) ? prng.between(100, 5000) : Number.POSITIVE_INFINITY,
    })),
    readers: prng.between(0, 2),
  };
}

/** So short that something is compacted while the world runs. */
function drawCompaction(prng: Prng): Record<string, string> {
  return {
    'cleanup.policy': 'compact',
    'segment.ms': String(prng.pick([1, 100, 1000])),
    'min.cleanable.dirty.ratio': String(prng.pick([0, 0.01, 0.3])),
    'delete.retention.ms': String(prng.pick([0, 100, 2000])),
    'min.compaction.lag.ms': String(prng.pick([0, 0, 500])),
  };
}

function drawTable(prng: Prng): PlannedTable {
  return {
    partitions: prng.between(1, 2),
    configs: drawCompaction(prng),
    producers: Array.from({ length: prng.between(1, 2) }, () => ({
      keys: prng.pick([1, 5, 50]),
      batches: prng.between(10, 100),
      recordsMax: prng.pick([1, 5, 20]),
      valueBytesMax: prng.pick([20, 500, 4000]),
      deletes: prng.pick([0, 0.1, 0.5]),
      codec: (prng.chance(0.6) ? 0 : prng.between(1, 4)) as CompressionCodec,
      pauseMsMax: prng.pick([1, 20, 100]),
    })),
    readers: prng.between(0, 2),
  };
}

function drawDelays(prng: Prng): PlannedDelays {
  return {
    partitions: prng.between(1, 3),
    // Longer than a clock jumps.
    configs: { 'polylog.headers': 'true', 'polylog.dedup.window.ms': '604800000' },
    producers: Array.from({ length: prng.between(1, 2) }, () => ({
      batches: prng.between(10, 100),
      recordsMax: prng.pick([1, 5, 20]),
      valueBytesMax: prng.pick([20, 500, 4000]),
      delays: prng.pick([0.1, 0.5, 1]),
      delayMsMax: prng.pick([5, 1000, 10_000, 3_000_000]),
      repeats: prng.pick([0, 0.1, 0.5]),
      codec: (prng.chance(0.6) ? 0 : prng.between(1, 4)) as CompressionCodec,
      pauseMsMax: prng.pick([1, 20, 100]),
    })),
  };
}

function drawGroup(prng: Prng, topics: readonly string[], index: number): PlannedGroup {
  return {
    name: `group${index}`,
    topics: prng.chance(0.5) ? topics : [prng.pick(topics)],
    members: prng.between(1, 3),
    staticMembers: prng.chance(0.3),
    sessionTimeoutMs: prng.between(6000, 10_000),
    protocol: prng.pick(['classic', 'consumer', 'consumer', 'mixed', 'rolling'] as const),
  };
}

export function drawWishes(prng: Prng): Wishes {
  const byExpression = prng.chance(0.3);
  return {
    byExpression,
    assignor: prng.pick([null, 'uniform', 'range']),
    namelessly: !byExpression && prng.chance(0.2),
    comesBack: prng.chance(0.7),
    revokeMsMax: prng.pick([0, 50, 2000]),
  };
}

export function drawFetch(prng: Prng): FetchOptions {
  const drawn = {
    maxWaitMs: prng.pick([0, 50, 200, 500]),
    minBytes: prng.pick([0, 1, 1, 500]),
    maxBytes: prng.pick([1, 2000, 100_000, 50_000_000]),
    partitionMaxBytes: prng.pick([1, 1000, 50_000, 1_000_000]),
    sessions: prng.chance(0.6),
  };
  // A fetch that can't have what it waits for waits its whole time for each batch.
  return { ...drawn, minBytes: Math.min(drawn.minBytes, drawn.maxBytes, drawn.partitionMaxBytes) };
}

function drawSettings(prng: Prng): Record<string, string> {
  return {
    'group.initial.rebalance.delay.ms': String(prng.pick([0, 50, 300, 3000])),
    'group.consumer.session.timeout.ms': String(prng.between(6000, 10_000)),
    'group.consumer.min.session.timeout.ms': '6000',
    'group.consumer.heartbeat.interval.ms': String(prng.pick([300, 1000, 2000])),
    'group.consumer.min.heartbeat.interval.ms': '300',
    'group.consumer.assignment.interval.ms': String(prng.pick([0, 200, 1000])),
    'group.share.min.heartbeat.interval.ms': '300',
    'group.share.heartbeat.interval.ms': '1000',
    'group.share.min.session.timeout.ms': '6000',
    'group.share.session.timeout.ms': '8000',
    'group.share.min.record.lock.duration.ms': '1000',
    'group.share.max.delivery.count.limit': '25',
    'log.retention.check.interval.ms': String(prng.between(200, 5000)),
    'log.cleaner.backoff.ms': String(prng.pick([50, 300, 3000])),
    'log.cleaner.dedupe.buffer.size': String(prng.pick([1_048_576, 67_108_864])),
    'polylog.chunk.bytes': String(prng.pick([65_536, 65_536, 200_000, 1_000_000])),
    'polylog.tail.cache.bytes': String(prng.pick([0, 20_000, 1_000_000])),
    'polylog.index.cache.bytes': String(prng.pick([0, 100_000])),
    'polylog.half.check.interval.ms': '1000',
    'polylog.half.checks.max': '1000000',
    'polylog.clean.live.ratio': String(prng.pick([0.1, 0.5, 1])),
  };
}
