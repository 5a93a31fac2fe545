/**
 * A topic's settings in effect, typed, and where each comes from. Precedence: the topic's own value, then the broker's
 * dynamic value, the cluster's dynamic default, the static value (file, environment, flag), the built-in default. A
 * broker setting counts under each of its names (log.retention.ms before .minutes before .hours) within one of these.
 */
import { assert } from '../base/assert.ts';
import { BrokerError } from '../base/errors.ts';
import type { BrokerValues, ConfigSource } from './broker-values.ts';
import { LONG_MAX, splitList, toLimit, toNumber } from './setting.ts';
import { TOPIC_SETTINGS, type TopicSetting } from './topic-settings.ts';
import { type ViewConfig, viewConfig, viewConflict } from './views.ts';

/** Names and canonical values that were set for one topic. */
export type TopicOverrides = ReadonlyMap<string, string>;

/** How the broker compresses. */
export interface TopicCompression {
  /** Kafka's number of the codec; 0: not at all. */
  readonly codec: 0 | 1 | 2 | 3 | 4;
  /** compression.gzip.level or compression.zstd.level; undefined: the codec's default, or it has none. */
  readonly level: number | undefined;
}

/** How a compacted topic is compacted. */
export interface CompactionConfig {
  /** min.compaction.lag.ms */
  readonly minLagMs: number;
  /** max.compaction.lag.ms; Infinity: no bound. */
  readonly maxLagMs: number;
  /** min.cleanable.dirty.ratio, 0 to 1. */
  readonly dirtyRatio: number;
  /** delete.retention.ms */
  readonly deleteRetentionMs: number;
  /** segment.ms */
  readonly segmentMs: number;
  /** segment.bytes */
  readonly segmentBytes: number;
}

/** What the broker acts on. One object is shared by all topics with equal overrides. */
export interface TopicConfig {
  /** compression.type; null: batches stay as their producers compressed them. */
  readonly compression: TopicCompression | null;
  /** cleanup.policy says delete. */
  readonly deletes: boolean;
  /** cleanup.policy says compact; null: it does not. */
  readonly compaction: CompactionConfig | null;
  /** retention.ms; Infinity: forever. */
  readonly retentionMs: number;
  /** retention.bytes of each partition; Infinity: no limit. */
  readonly retentionBytes: number;
  /** max.message.bytes: the largest batch, in bytes as it comes. */
  readonly maxMessageBytes: number;
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  /** message.timestamp.before.max.ms; Infinity: any. */
  readonly timestampBeforeMaxMs: number;
  /** message.timestamp.after.max.ms; Infinity: any. */
  readonly timestampAfterMaxMs: number;
  /** min.insync.replicas as it was set: whoever compares it takes the count of replicas where that is smaller. */
  readonly minInsyncReplicas: number;
  /** polylog.priority.levels; 1: all messages have the same priority. */
  readonly priorityLevels: number;
  readonly durability: 'fsync' | 'os';
  /** flush.ms, or 0 where flush.messages is set, for durability `os`; Infinity: left to the operating system. */
  readonly flushMs: number;
  /** What the topic shows of another one; null: it is no view, and has records of its own. */
  readonly view: ViewConfig | null;
  /** polylog.headers; null: records are not looked into. */
  readonly headers: {
    /** polylog.dedup.window.ms */
    readonly dedupWindowMs: number;
  } | null;
}

export interface EffectiveValue {
  /** Canonical text in the topic setting's unit. */
  readonly text: string;
  readonly source: ConfigSource;
}

/** What a topic with these overrides has for a setting. */
export function effectiveValue(
  setting: TopicSetting,
  overrides: TopicOverrides,
  broker: BrokerValues,
): EffectiveValue {
  const own = overrides.get(setting.name);
  if (own !== undefined) return { text: own, source: 'topic' };
  return inheritedValue(setting, broker);
}

/** What a topic without the setting has. */
export function inheritedValue(setting: TopicSetting, broker: BrokerValues): EffectiveValue {
  for (const layer of broker.layers) {
    for (const { name, factor } of setting.inherits) {
      const text = layer.values.get(name);
      if (text !== undefined) return { text: scale(text, factor), source: layer.source };
    }
  }
  assert(setting.default !== null, `${setting.name} has a default`);
  return { text: setting.default, source: 'default' };
}

/** Minutes or hours as milliseconds; negative values stand for themselves. */
function scale(text: string, factor: number): string {
  if (factor === 1 || text.startsWith('-')) return text;
  return (BigInt(text) * BigInt(factor)).toString();
}

export function makeTopicConfig(overrides: TopicOverrides, broker: BrokerValues): TopicConfig {
  const text = (name: string): string => {
    const setting = TOPIC_SETTINGS.get(name);
    assert(setting !== undefined, `${name} is in the table`);
    return effectiveValue(setting, overrides, broker).text;
  };
  const policies = splitList(text('cleanup.policy'));
  return {
    compression: topicCompression(text),
    deletes: policies.includes('delete'),
    compaction: policies.includes('compact') ? compactionConfig(text) : null,
    retentionMs: toLimit(text('retention.ms')),
    retentionBytes: toLimit(text('retention.bytes')),
    maxMessageBytes: toNumber(text('max.message.bytes')),
    timestampType: text('message.timestamp.type') === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    timestampBeforeMaxMs: toNumber(text('message.timestamp.before.max.ms')),
    timestampAfterMaxMs: toNumber(text('message.timestamp.after.max.ms')),
    minInsyncReplicas: toNumber(text('min.insync.replicas')),
    priorityLevels: toNumber(text('polylog.priority.levels')),
    durability: text('polylog.durability') === 'os' ? 'os' : 'fsync',
    flushMs: text('flush.messages') === LONG_MAX ? toNumber(text('flush.ms')) : 0,
    view: viewConfig(text),
    headers:
      text('polylog.headers') === 'true'
        ? { dedupWindowMs: toNumber(text('polylog.dedup.window.ms')) }
        : null,
  };
}

function topicCompression(text: (name: string) => string): TopicCompression | null {
  switch (text('compression.type')) {
    case 'uncompressed':
      return { codec: 0, level: undefined };
    case 'gzip':
      return { codec: 1, level: toNumber(text('compression.gzip.level')) };
    case 'snappy':
      return { codec: 2, level: undefined };
    case 'lz4':
      return { codec: 3, level: undefined };
    case 'zstd':
      return { codec: 4, level: toNumber(text('compression.zstd.level')) };
    default:
      return null;
  }
}

function compactionConfig(text: (name: string) => string): CompactionConfig {
  return {
    minLagMs: toNumber(text('min.compaction.lag.ms')),
    maxLagMs: toNumber(text('max.compaction.lag.ms')),
    dirtyRatio: toNumber(text('min.cleanable.dirty.ratio')),
    deleteRetentionMs: toNumber(text('delete.retention.ms')),
    segmentMs: toNumber(text('segment.ms')),
    segmentBytes: toNumber(text('segment.bytes')),
  };
}

/** What the settings of a topic ask of each other, where it has some of its own: null, or invalid-config. */
export function topicConflict(overrides: TopicOverrides, broker: BrokerValues): BrokerError | null {
  const ofView = viewConflict(overrides);
  if (ofView !== null) return ofView;
  if (!overrides.has('min.compaction.lag.ms') && !overrides.has('max.compaction.lag.ms')) return null;
  const text = (name: string): string => effectiveValue(TOPIC_SETTINGS.get(name)!, overrides, broker).text;
  const least = text('min.compaction.lag.ms');
  const most = text('max.compaction.lag.ms');
  if (toNumber(least) <= toNumber(most)) return null;
  return new BrokerError(
    'invalid-config',
    `min.compaction.lag.ms (${least}) is more than max.compaction.lag.ms (${most}): lower the one or raise the other.`,
  );
}
