/**
 * The table of topic settings: Kafka 4.3's names, types, defaults and ranges, and Polylog's own (`polylog.*`). The
 * sentences are what DescribeConfigs returns as documentation.
 *
 * `inherits` names the broker settings that a topic without the setting takes it from, strongest first; `factor`
 * turns their unit into the topic's.
 */
import { LONG_MAX, makeSetting, type Setting, type SettingFields, type SettingType } from './setting.ts';
import { checkTopicName } from './topic-names.ts';

export interface InheritedFrom {
  readonly name: string;
  readonly factor: number;
}

export interface TopicSetting extends Setting {
  readonly inherits: readonly InheritedFrom[];
}

interface TopicFields extends SettingFields {
  readonly doc: string;
  /** A broker setting, or a list of them from the strongest on. */
  readonly from?: string | readonly InheritedFrom[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function topic(name: string, type: SettingType, defaultText: string, fields: TopicFields): TopicSetting {
  const { from = [] } = fields;
  const inherits = typeof from === 'string' ? [{ name: from, factor: 1 }] : from;
  return { ...makeSetting(name, type, defaultText, fields), inherits };
}

const NO_TIERING = 'tiered storage is not implemented yet.';
const ONE_REPLICA =
  'Accepted without effect: there is one replica, so that nothing is replicated that could be throttled.';
const THROTTLED = /^(\*|\d+:\d+(,\d+:\d+)*)?$/;
const SHARED_CHUNKS =
  'Accepted without effect: all topics share the chunks of one log, whose size is polylog.chunk.bytes.';

const RETENTION: readonly TopicSetting[] = [
  topic('cleanup.policy', 'list', 'delete', {
    values: ['delete', 'compact'],
    from: 'log.cleanup.policy',
    doc:
      'What happens to old records: "delete" removes them by retention.ms and retention.bytes, "compact" keeps the ' +
      'latest record of each key; both may be set. Empty: they are kept for ever.',
  }),
  topic('retention.ms', 'long', String(7 * DAY_MS), {
    unit: 'ms',
    min: -1,
    from: [
      { name: 'log.retention.ms', factor: 1 },
      { name: 'log.retention.minutes', factor: 60_000 },
      { name: 'log.retention.hours', factor: HOUR_MS },
    ],
    doc:
      'How long records are kept, counted from their timestamps, so that records produced with old timestamps may ' +
      'go at the next look; -1 keeps them forever.',
  }),
  topic('retention.bytes', 'long', '-1', {
    unit: 'bytes',
    min: -1,
    from: 'log.retention.bytes',
    doc: 'How many bytes of records are kept in each partition before the oldest go; -1 sets no limit.',
  }),
  topic('delete.retention.ms', 'long', String(DAY_MS), {
    unit: 'ms',
    min: 0,
    from: 'log.cleaner.delete.retention.ms',
    doc: 'How long a compacted topic keeps records without a value, and markers of transactions, after they were compacted.',
  }),
  topic('min.cleanable.dirty.ratio', 'double', '0.5', {
    min: 0,
    max: 1,
    from: 'log.cleaner.min.cleanable.ratio',
    doc: 'A partition is compacted when more than this part of its stored bytes has not been.',
  }),
  topic('min.compaction.lag.ms', 'long', '0', {
    unit: 'ms',
    min: 0,
    from: 'log.cleaner.min.compaction.lag.ms',
    doc: 'How long a record of a compacted topic stays uncompacted at least, counted from its timestamp.',
  }),
  topic('max.compaction.lag.ms', 'long', LONG_MAX, {
    unit: 'ms',
    min: 1,
    from: 'log.cleaner.max.compaction.lag.ms',
    doc: 'How long a record of a compacted topic waits to be compacted, whatever the ratio; counted from its timestamp.',
  }),
  topic('file.delete.delay.ms', 'long', '60000', {
    unit: 'ms',
    min: 0,
    status: 'no-meaning',
    note: 'Accepted without effect: a chunk file is deleted when nothing reads it any more.',
    from: 'log.segment.delete.delay.ms',
    doc: 'How long Kafka waits before it deletes a file of a log.',
  }),
];

const RECORDS: readonly TopicSetting[] = [
  topic('max.message.bytes', 'int', '1048588', {
    unit: 'bytes',
    min: 0,
    from: 'message.max.bytes',
    doc: 'The largest record batch that is taken, in bytes as it is sent, after compression.',
  }),
  topic('message.timestamp.type', 'string', 'CreateTime', {
    values: ['CreateTime', 'LogAppendTime'],
    from: 'log.message.timestamp.type',
    doc: "Which time a record carries: CreateTime is the producer's, LogAppendTime the broker's.",
  }),
  topic('message.timestamp.before.max.ms', 'long', LONG_MAX, {
    unit: 'ms',
    min: 0,
    from: 'log.message.timestamp.before.max.ms',
    doc: "How far a producer's timestamp may lie before the broker's time.",
  }),
  topic('message.timestamp.after.max.ms', 'long', String(HOUR_MS), {
    unit: 'ms',
    min: 0,
    from: 'log.message.timestamp.after.max.ms',
    doc: "How far a producer's timestamp may lie after the broker's time.",
  }),
  topic('compression.type', 'string', 'producer', {
    values: ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'],
    from: 'compression.type',
    doc:
      'How batches are stored: "producer" keeps the compression that the producer chose; with another value the broker ' +
      'compresses batches that came otherwise, on its event loop.',
  }),
  topic('compression.gzip.level', 'int', '-1', {
    min: -1,
    max: 9,
    check: (text) => (text === '0' ? '1 to 9, or -1' : null),
    from: 'compression.gzip.level',
    doc: 'The level at which the broker compresses with gzip, for compression.type=gzip; -1 is the default of gzip.',
  }),
  topic('compression.lz4.level', 'int', '9', {
    min: 1,
    max: 17,
    status: 'no-meaning',
    note: 'Accepted without effect: the LZ4 library has one level, a fast one.',
    from: 'compression.lz4.level',
    doc: 'The level at which Kafka compresses with LZ4.',
  }),
  topic('compression.zstd.level', 'int', '3', {
    min: -131_072,
    max: 22,
    from: 'compression.zstd.level',
    doc: 'The level at which the broker compresses with Zstandard, for compression.type=zstd.',
  }),
];

const HEADERS: readonly TopicSetting[] = [
  topic('polylog.headers', 'boolean', 'false', {
    doc:
      'Whether headers of records mean something to the broker: deliver-at-ms delays a record, dedup-id keeps it from being stored ' +
      'twice, ttl-ms, priority and tag are checked for their form and heeded by queues. Compressed batches are opened for it.',
  }),
  topic('polylog.dedup.window.ms', 'long', '600000', {
    unit: 'ms',
    min: 1,
    max: 7 * DAY_MS,
    doc:
      'With polylog.headers: how long after a record another one with the same dedup-id is not stored, in whichever partition. ' +
      'polylog.dedup.ids.max bounds the memory of it.',
  }),
];

const DURABILITY: readonly TopicSetting[] = [
  topic('polylog.durability', 'string', 'fsync', {
    values: ['fsync', 'os'],
    from: 'polylog.durability',
    doc:
      'When acks=all is answered: "fsync" after the records are flushed to the disk, "os" after they are written to ' +
      'the operating system, which a crash of the machine can lose.',
  }),
  topic('flush.ms', 'long', LONG_MAX, {
    unit: 'ms',
    min: 0,
    from: [
      { name: 'log.flush.interval.ms', factor: 1 },
      { name: 'log.flush.scheduler.interval.ms', factor: 1 },
    ],
    doc:
      'With polylog.durability=os: within which time after a write its flush is begun; by default the operating ' +
      'system decides. With "fsync" every write is flushed at once.',
  }),
  topic('flush.messages', 'long', LONG_MAX, {
    unit: 'records',
    min: 1,
    from: 'log.flush.interval.messages',
    doc:
      'With polylog.durability=os: any number but the default has a flush begun after every write, which is no less ' +
      'often than was asked for. With "fsync" every write is flushed at once.',
  }),
  topic('min.insync.replicas', 'int', '1', {
    min: 1,
    from: 'min.insync.replicas',
    doc:
      'How many replicas must have a record before acks=all is answered; a number above the count of replicas ' +
      'counts as that count.',
  }),
  topic('unclean.leader.election.enable', 'boolean', 'false', {
    status: 'no-meaning',
    note: 'Accepted without effect: with one replica there is no other one to elect.',
    from: 'unclean.leader.election.enable',
    doc: 'Whether a replica that is not in sync may become leader, losing what it has not got.',
  }),
];

const QUEUES: readonly TopicSetting[] = [
  topic('polylog.priority.levels', 'int', '1', {
    min: 1,
    max: 100,
    doc:
      'How many priorities the messages of the topic have. The priority of a partition is its number modulo this: of 10 partitions and 5 ' +
      'levels 4 and 9 have the highest. Subscriptions hand out messages of higher priority first.',
  }),
];

const FILES: readonly TopicSetting[] = [
  topic('segment.bytes', 'int', '1073741824', {
    unit: 'bytes',
    min: 1_048_576,
    from: 'log.segment.bytes',
    doc:
      'Of a compacted topic: when so many bytes of a partition are in the open chunk of the log, that is sealed so that ' +
      'they can be compacted. Otherwise without effect: all topics share the chunks of one log.',
  }),
  topic('segment.ms', 'long', String(7 * DAY_MS), {
    unit: 'ms',
    min: 1,
    from: [
      { name: 'log.roll.ms', factor: 1 },
      { name: 'log.roll.hours', factor: HOUR_MS },
    ],
    doc:
      'Of a compacted topic: when a record has been in the open chunk of the log so long, that is sealed so that it can ' +
      'be compacted. Otherwise without effect: all topics share the chunks of one log.',
  }),
  topic('segment.jitter.ms', 'long', '0', {
    unit: 'ms',
    min: 0,
    status: 'no-meaning',
    note: SHARED_CHUNKS,
    from: [
      { name: 'log.roll.jitter.ms', factor: 1 },
      { name: 'log.roll.jitter.hours', factor: HOUR_MS },
    ],
    doc: 'By how much at most, at random, Kafka begins a segment earlier.',
  }),
  topic('segment.index.bytes', 'int', '10485760', {
    unit: 'bytes',
    min: 4,
    status: 'no-meaning',
    note: 'Accepted without effect: the index of a chunk is as large as what it lists.',
    from: 'log.index.size.max.bytes',
    doc: "Size of the index of a segment in Kafka's log.",
  }),
  topic('index.interval.bytes', 'int', '4096', {
    unit: 'bytes',
    min: 0,
    status: 'no-meaning',
    note: 'Accepted without effect: the index of a chunk lists every batch.',
    from: 'log.index.interval.bytes',
    doc: "After how many bytes Kafka's index has an entry.",
  }),
  topic('preallocate', 'boolean', 'false', {
    status: 'no-meaning',
    note: 'Accepted without effect: chunk files are always allocated ahead.',
    from: 'log.preallocate',
    doc: 'Whether the file of a segment is allocated in full when it is made.',
  }),
];

const checkThrottled = (text: string): string | null =>
  THROTTLED.test(text) ? null : '"*", or a list of PARTITION:BROKER, separated by commas';

const CLUSTER: readonly TopicSetting[] = [
  topic('leader.replication.throttled.replicas', 'list', '', {
    status: 'no-meaning',
    note: ONE_REPLICA,
    check: checkThrottled,
    doc: "Replicas whose replication is throttled on the leader's side.",
  }),
  topic('follower.replication.throttled.replicas', 'list', '', {
    status: 'no-meaning',
    note: ONE_REPLICA,
    check: checkThrottled,
    doc: "Replicas whose replication is throttled on the follower's side.",
  }),
  topic('remote.storage.enable', 'boolean', 'false', {
    status: 'default-only',
    note: NO_TIERING,
    doc: 'Whether old data of the topic moves to object storage.',
  }),
  topic('remote.log.copy.disable', 'boolean', 'false', {
    status: 'default-only',
    note: NO_TIERING,
    doc: 'Whether a tiered topic stops copying data to object storage.',
  }),
  topic('remote.log.delete.on.disable', 'boolean', 'false', {
    status: 'default-only',
    note: NO_TIERING,
    doc: 'Whether the data in object storage is deleted when tiering is turned off.',
  }),
  topic('local.retention.ms', 'long', '-2', {
    unit: 'ms',
    min: -2,
    status: 'default-only',
    note: NO_TIERING,
    from: 'log.local.retention.ms',
    doc: 'How long a tiered topic keeps records on the local disk; -2 stands for retention.ms.',
  }),
  topic('local.retention.bytes', 'long', '-2', {
    unit: 'bytes',
    min: -2,
    status: 'default-only',
    note: NO_TIERING,
    from: 'log.local.retention.bytes',
    doc: 'How many bytes of a partition a tiered topic keeps on the local disk; -2 stands for retention.bytes.',
  }),
];

const VIEWS: readonly TopicSetting[] = [
  topic('polylog.view.of', 'string', '', {
    check: (text) => (text === '' || checkTopicName(text) === null ? null : 'the name of a topic'),
    doc:
      'Makes the topic a view when it is created: it shows those records of the topic named here that ' +
      'polylog.view.filter wants, at their own offsets, and can only be read. Empty: it is no view.',
  }),
  topic('polylog.view.filter', 'string', '', {
    check: (text) => (/[\r\n]/.test(text) ? 'text in one line' : null),
    doc: 'Which records a view shows, judged by their headers; a change holds for what is fetched from then on.',
  }),
  topic('polylog.view.filter.type', 'string', 'sql', {
    values: ['sql', 'tag'],
    doc: 'What polylog.view.filter is: "sql" a condition as in SQL-92, "tag" a list of tags with || between them.',
  }),
];

function byName(settings: readonly TopicSetting[]): ReadonlyMap<string, TopicSetting> {
  const sorted = [...settings].sort((a, b) => (a.name < b.name ? -1 : 1));
  return new Map(sorted.map((setting) => [setting.name, setting]));
}

/** All topic settings by name, in the order of their names. */
export const TOPIC_SETTINGS: ReadonlyMap<string, TopicSetting> = byName([
  ...RETENTION,
  ...RECORDS,
  ...QUEUES,
  ...DURABILITY,
  ...HEADERS,
  ...FILES,
  ...CLUSTER,
  ...VIEWS,
]);
