/**
 * The table of broker settings: those of Kafka 4.3 that mean something here, with its names, defaults and ranges, and
 * Polylog's own (`polylog.*`). The broker's counterparts of topic settings are derived from the topic table.
 *
 * `kafkaDefault` is set where the default differs from Kafka's. `dynamic` settings can be changed while the broker runs
 * (AlterConfigs): of those that are in Kafka, the ones whose change takes effect at once here.
 */

import { GROUP_ASSIGNORS } from './assignor-names.ts';
import { checkOverrides } from './connection-overrides.ts';
import { checkAdminListeners, checkAdvertised, checkListeners } from './listener.ts';
import { checkPrincipals } from './principals.ts';
import { ROCKETMQ_ROWS } from './rocketmq-table.ts';
import { LISTENER_SETTINGS, MECHANISM_SETTINGS, SASL_MECHANISMS, SECURITY_ROWS } from './security-table.ts';
import { makeSetting, type Setting, type SettingFields, type SettingType } from './setting.ts';
import { SHARE_ROWS } from './share-table.ts';
import { TOPIC_SETTINGS } from './topic-settings.ts';

export interface BrokerSetting extends Setting {
  /** Whether it can be changed while the broker runs. */
  readonly dynamic: boolean;
  /** Kafka's default as text, where ours is another; null where it is the same or Kafka has no such setting. */
  readonly kafkaDefault: string | null;
}

interface BrokerFields extends SettingFields {
  readonly doc: string;
  readonly dynamic?: boolean;
  readonly kafkaDefault?: string;
}

const KIB = 1024;
const MIB = 1024 * KIB;

function broker(
  name: string,
  type: SettingType,
  defaultText: string | null,
  fields: BrokerFields,
): BrokerSetting {
  return {
    ...makeSetting(name, type, defaultText, fields),
    dynamic: fields.dynamic ?? false,
    kafkaDefault: fields.kafkaDefault ?? null,
  };
}

const EVENT_LOOP = 'Accepted without effect: one event loop does the work, without pools of threads.';
const SOCKET_BUFFERS = 'Accepted without effect: the operating system sizes the buffers of sockets.';
const OFFSETS_IN_LOG =
  "Accepted without effect: offsets are in the log of the shard, in the group coordinator's stream.";
const TRANSACTIONS_IN_LOG =
  "Accepted without effect: transactions are in the log of the shard, in the transaction coordinator's stream.";
const ONE_BROKER = 'there is one broker, which has one replica of everything.';

const SERVER: readonly BrokerSetting[] = [
  broker('listeners', 'list', 'kafka://127.0.0.1:9092', {
    check: checkListeners,
    kafkaDefault: 'PLAINTEXT://:9092',
    doc:
      'Where the broker listens, as kafka://HOST:PORT or NAME://HOST:PORT, several separated by commas; port 0 picks a ' +
      'free one. The name says how clients are let in, by listener.security.protocol.map.',
  }),
  broker('advertised.listeners', 'list', '', {
    check: checkAdvertised,
    doc:
      'The addresses that clients are told to connect to: one for all listeners, or one for each name of a listener; ' +
      'empty: those of the listeners. Port 0 stands for the port of the listener.',
  }),
  broker('log.dirs', 'list', './data', {
    check: (text) => (text === '' || text.includes(',') ? 'one directory' : null),
    kafkaDefault: '/tmp/kafka-logs',
    doc: 'The directory of the data.',
  }),
  broker('node.id', 'int', '1', { min: 0, doc: "The broker's id, as clients see it." }),
  broker('broker.rack', 'string', null, { doc: 'The rack that clients are told the broker is in.' }),
  broker('polylog.log.level', 'string', 'info', {
    values: ['debug', 'info', 'warn', 'error'],
    doc:
      'The least serious messages that are logged when the broker starts; while it runs, levels are changed by area as ' +
      'settings of its loggers (BROKER_LOGGER).',
  }),
  broker('polylog.log.format', 'string', 'auto', {
    values: ['auto', 'text', 'json'],
    doc: 'How messages are logged on standard error: "auto" is text on a terminal and JSON elsewhere.',
  }),
  broker('polylog.admin.listeners', 'list', '', {
    check: checkAdminListeners,
    doc:
      'Where metrics and health are told over HTTP, as http://HOST:PORT, several separated by commas; empty: nowhere. ' +
      'They are open to whoever reaches them. Clients are asked for their metrics (KIP-714) where there is one.',
  }),
  broker('telemetry.max.bytes', 'int', '1048576', {
    unit: 'bytes',
    min: 1,
    max: 8 * MIB,
    doc: 'The largest push of metrics that a client may send, as it is compressed.',
  }),
  broker('num.network.threads', 'int', '3', {
    dynamic: true,
    min: 1,
    status: 'no-meaning',
    note: EVENT_LOOP,
    doc: 'Threads of Kafka that read requests.',
  }),
  broker('num.io.threads', 'int', '8', {
    dynamic: true,
    min: 1,
    status: 'no-meaning',
    note: EVENT_LOOP,
    doc: 'Threads of Kafka that work on requests.',
  }),
  broker('background.threads', 'int', '10', {
    dynamic: true,
    min: 1,
    status: 'no-meaning',
    note: EVENT_LOOP,
    doc: 'Threads of Kafka for background work.',
  }),
  broker('num.recovery.threads.per.data.dir', 'int', '2', {
    dynamic: true,
    min: 1,
    status: 'no-meaning',
    note: EVENT_LOOP,
    doc: 'Threads of Kafka that recover logs at start.',
  }),
  broker('socket.send.buffer.bytes', 'int', '102400', {
    unit: 'bytes',
    status: 'no-meaning',
    note: SOCKET_BUFFERS,
    doc: "Size of a socket's send buffer in Kafka.",
  }),
  broker('socket.receive.buffer.bytes', 'int', '102400', {
    unit: 'bytes',
    status: 'no-meaning',
    note: SOCKET_BUFFERS,
    doc: "Size of a socket's receive buffer in Kafka.",
  }),
];

const TOPICS: readonly BrokerSetting[] = [
  broker('num.partitions', 'int', '1', {
    min: 1,
    max: 1_000_000,
    doc: 'Partitions of a topic that is created without saying how many.',
  }),
  broker('polylog.partitions.max', 'int', '200000', {
    min: 1,
    dynamic: true,
    doc:
      'Partitions of all topics together. Topics and partitions beyond are refused (POLICY_VIOLATION); those that are ' +
      'there stay. An answer about all of them is made in memory at once.',
  }),
  broker('polylog.dedup.ids.max', 'int', '1000000', {
    min: 1,
    max: 100_000_000,
    doc:
      'Ids against duplicates (dedup-id) that are remembered at most, over all topics; about 56 bytes of memory each. Beyond that the ' +
      'oldest are forgotten before the window of their topic is over.',
  }),
  broker('default.replication.factor', 'int', '1', {
    min: 1,
    status: 'default-only',
    note: ONE_BROKER,
    doc: 'Replicas of a topic that is created without saying how many.',
  }),
  broker('auto.create.topics.enable', 'boolean', 'true', {
    doc: 'Whether a topic is created when a client asks for one that does not exist.',
  }),
  broker('delete.topic.enable', 'boolean', 'true', { doc: 'Whether topics may be deleted.' }),
  broker('log.retention.check.interval.ms', 'long', '300000', {
    unit: 'ms',
    min: 1,
    doc: 'How often the broker looks for records to remove by retention.',
  }),
  broker('log.retention.minutes', 'int', null, {
    unit: 'minutes',
    min: -1,
    doc: 'How long records are kept, where log.retention.ms is not set; -1 keeps them forever.',
  }),
  broker('log.retention.hours', 'int', '168', {
    unit: 'hours',
    min: -1,
    doc: 'How long records are kept, where neither log.retention.ms nor log.retention.minutes is set; -1: forever.',
  }),
  broker('log.roll.hours', 'int', '168', {
    unit: 'hours',
    min: 1,
    status: 'no-meaning',
    note: 'Accepted without effect: see segment.ms.',
    doc: "After which time Kafka's log begins a new segment, where log.roll.ms is not set.",
  }),
  broker('log.roll.jitter.hours', 'int', '0', {
    unit: 'hours',
    min: 0,
    status: 'no-meaning',
    note: 'Accepted without effect: see segment.jitter.ms.',
    doc: 'By how much at most Kafka begins a segment earlier, where log.roll.jitter.ms is not set.',
  }),
  broker('log.flush.scheduler.interval.ms', 'long', '9223372036854775807', {
    unit: 'ms',
    min: 0,
    doc: 'The default of flush.ms where log.flush.interval.ms is not set.',
  }),
  broker('log.flush.offset.checkpoint.interval.ms', 'int', '60000', {
    unit: 'ms',
    min: 0,
    status: 'no-meaning',
    note: 'Accepted without effect: recovery needs no such file.',
    doc: 'How often Kafka writes down up to where its logs are flushed.',
  }),
];

const STORE: readonly BrokerSetting[] = [
  broker('polylog.chunk.bytes', 'int', String(256 * MIB), {
    unit: 'bytes',
    min: 64 * KIB,
    doc: 'Size at which a chunk file of the log is sealed and the next one begun.',
  }),
  broker('polylog.chunk.age.ms', 'long', String(7 * 24 * 3600 * 1000), {
    dynamic: true,
    unit: 'ms',
    min: 1000,
    doc: 'Age at which a chunk that holds data is sealed even when it is not full, so that retention can remove it.',
  }),
  broker('polylog.tail.cache.bytes', 'long', String(64 * MIB), {
    unit: 'bytes',
    min: 0,
    doc: 'Memory for the latest batches, from which consumers that keep up are served.',
  }),
  broker('polylog.index.cache.bytes', 'long', String(16 * MIB), {
    unit: 'bytes',
    min: 0,
    doc: 'Memory for the indexes of sealed chunks.',
  }),
  broker('polylog.disk.reserve.bytes', 'long', '-1', {
    unit: 'bytes',
    min: -1,
    doc:
      'Free space of the disk below which produced records are refused, so that the broker can still clean up; -1 is ' +
      '64 MiB, or 5 % of a smaller disk.',
  }),
  broker('polylog.clean.live.ratio', 'double', '0.5', {
    dynamic: true,
    min: 0,
    max: 1,
    doc: 'A sealed chunk of which less than this part is still live is cleaned: what lives is copied, the rest freed.',
  }),
  broker('polylog.clean.bytes.per.second', 'long', String(32 * MIB), {
    dynamic: true,
    unit: 'bytes',
    min: 4096,
    doc: 'How much of the log cleaning and compaction read in a second at most while the broker is in use.',
  }),
  broker('log.cleaner.io.max.bytes.per.second', 'double', '1.7976931348623157E308', {
    dynamic: true,
    unit: 'bytes',
    doc: 'How much of the log cleaning and compaction read in a second at most, also while nobody uses the broker.',
  }),
  broker('log.cleaner.backoff.ms', 'long', '15000', {
    dynamic: true,
    unit: 'ms',
    min: 0,
    doc: 'How often the broker looks for partitions to compact.',
  }),
  broker('log.cleaner.dedupe.buffer.size', 'long', String(128 * MIB), {
    dynamic: true,
    unit: 'bytes',
    min: 1024,
    doc: 'Memory that a compaction takes for the keys that it has met, 16 bytes each; more keys take more passes.',
  }),
  broker('log.cleaner.io.buffer.load.factor', 'double', '0.9', {
    dynamic: true,
    check: (text) => (Number(text) > 0 && Number(text) < 1 ? null : 'a number above 0 and below 1'),
    doc: 'Which part of the memory for keys may be filled; less is faster.',
  }),
  broker('log.cleaner.threads', 'int', '1', {
    dynamic: true,
    min: 0,
    status: 'no-meaning',
    note: EVENT_LOOP,
    doc: 'Threads of Kafka that compact.',
  }),
  broker('log.cleaner.io.buffer.size', 'int', '524288', {
    dynamic: true,
    unit: 'bytes',
    min: 0,
    status: 'no-meaning',
    note: 'Accepted without effect: a compaction reads about 1 MiB at a time.',
    doc: 'Memory of Kafka to read and write what it compacts.',
  }),
  broker('log.cleaner.enable', 'boolean', 'true', {
    status: 'default-only',
    note: 'topics with cleanup.policy=compact are always compacted.',
    doc: 'Whether the broker compacts.',
  }),
  broker('polylog.salvage', 'boolean', 'false', {
    doc: 'Whether a damaged log is opened with what is whole of it; otherwise the broker says where it is damaged and stops.',
  }),
];

const NETWORK: readonly BrokerSetting[] = [
  broker('socket.request.max.bytes', 'int', String(100 * MIB), {
    unit: 'bytes',
    min: 1,
    doc: 'The largest request that is read; a client that announces a larger one is disconnected.',
  }),
  broker('queued.max.request.bytes', 'long', String(256 * MIB), {
    unit: 'bytes',
    min: -1,
    kafkaDefault: '-1',
    doc:
      'Bytes of requests in work over all connections; above it no connection is read. As many again of requests that ' +
      'are still arriving; above it the connection that holds most of them is closed. -1 sets no limit.',
  }),
  broker('polylog.connection.inflight.bytes', 'int', String(16 * MIB), {
    unit: 'bytes',
    min: 4096,
    doc: 'Bytes of requests in work on one connection; above it the connection is not read. One request always is.',
  }),
  broker('polylog.connection.inflight.requests', 'int', '1000', {
    unit: 'requests',
    min: 1,
    doc: 'Requests in work on one connection; above it the connection is not read.',
  }),
  broker('polylog.connection.unsent.bytes', 'int', String(16 * MIB), {
    unit: 'bytes',
    min: 4096,
    doc: 'Bytes of answers that a client has not taken; above it its further requests wait.',
  }),
  broker('polylog.connection.stalled.ms', 'long', '60000', {
    unit: 'ms',
    min: 1,
    doc: 'How long a client may leave answers untaken before it is disconnected.',
  }),
  broker('polylog.unsent.bytes', 'long', String(256 * MIB), {
    unit: 'bytes',
    min: 4096,
    doc:
      'Bytes of answers that clients have not taken, over all connections; above it fetches are answered in small ' +
      'pieces, and clients that leave more than 256 KiB untaken wait.',
  }),
  broker('max.connections', 'int', '2147483647', {
    unit: 'connections',
    min: 0,
    dynamic: true,
    doc: 'Connections that are open at one time; further ones are closed at once. Kafka lets them wait.',
  }),
  broker('max.connections.per.ip', 'int', '2147483647', {
    unit: 'connections',
    min: 0,
    dynamic: true,
    doc: 'Connections of one address that are open at one time; further ones are closed at once.',
  }),
  broker('max.connections.per.ip.overrides', 'list', '', {
    check: checkOverrides,
    dynamic: true,
    doc: 'Other limits for some addresses, as ADDRESS:NUMBER, several separated by commas.',
  }),
  broker('polylog.connection.steady.rate.per.ip', 'int', '1000', {
    unit: 'connections',
    min: 1,
    dynamic: true,
    doc: 'Connections that the clients of one address may open again and again, besides a burst of as many as come in five seconds; further ones are let in up to a second later, so that a client that does nothing but connect does not hold up the others. 2147483647: no limit.',
  }),
  broker('max.connection.creation.rate', 'int', '2147483647', {
    unit: 'connections',
    min: 1,
    dynamic: true,
    doc: 'Connections a second; those that come faster wait unread, 1024 of a listener at most, and others are closed.',
  }),
  broker('connections.max.idle.ms', 'long', '600000', {
    unit: 'ms',
    min: 1,
    doc: 'How long a connection may be silent before it is closed.',
  }),
  broker('fetch.max.bytes', 'int', String(55 * MIB), {
    unit: 'bytes',
    min: 1024,
    doc: 'Bytes of records in one fetch answer at most; the first batch is returned even if it is larger.',
  }),
  broker('max.incremental.fetch.session.cache.slots', 'int', '1000', {
    unit: 'sessions',
    min: 0,
    doc: 'Incremental fetch sessions that are kept; without one a client names all its partitions in each fetch.',
  }),
  broker('producer.id.expiration.ms', 'int', '86400000', {
    unit: 'ms',
    min: 1,
    dynamic: true,
    doc: 'How long the state of an idempotent producer is kept after its last batch.',
  }),
];

const GROUPS: readonly BrokerSetting[] = [
  broker('group.min.session.timeout.ms', 'int', '6000', {
    unit: 'ms',
    min: 1,
    doc: 'The shortest session timeout that a group member may ask for.',
  }),
  broker('group.max.session.timeout.ms', 'int', '1800000', {
    unit: 'ms',
    min: 1,
    doc: 'The longest session timeout that a group member may ask for.',
  }),
  broker('group.initial.rebalance.delay.ms', 'int', '3000', {
    unit: 'ms',
    min: 0,
    doc: 'How long the first rebalance of an empty group waits for further members.',
  }),
  broker('group.max.size', 'int', '2147483647', { min: 1, doc: 'Members that a group may have.' }),
  broker('group.coordinator.rebalance.protocols', 'list', 'classic,consumer,streams', {
    values: ['classic', 'consumer', 'streams'],
    doc: 'The protocols of groups that are served; the classic one always is.',
  }),
  broker('group.consumer.session.timeout.ms', 'int', '45000', {
    unit: 'ms',
    min: 1,
    doc: 'How long a member of a group of the consumer protocol is not missed without a heartbeat.',
  }),
  broker('group.consumer.min.session.timeout.ms', 'int', '45000', {
    unit: 'ms',
    min: 1,
    doc: 'The shortest session timeout that a group of the consumer protocol may have.',
  }),
  broker('group.consumer.max.session.timeout.ms', 'int', '60000', {
    unit: 'ms',
    min: 1,
    doc: 'The longest session timeout that a group of the consumer protocol may have.',
  }),
  broker('group.consumer.heartbeat.interval.ms', 'int', '5000', {
    unit: 'ms',
    min: 1,
    doc: 'How often members of groups of the consumer protocol are told to send heartbeats.',
  }),
  broker('group.consumer.min.heartbeat.interval.ms', 'int', '5000', {
    unit: 'ms',
    min: 1,
    doc: 'The shortest heartbeat interval that a group of the consumer protocol may have.',
  }),
  broker('group.consumer.max.heartbeat.interval.ms', 'int', '15000', {
    unit: 'ms',
    min: 1,
    doc: 'The longest heartbeat interval that a group of the consumer protocol may have.',
  }),
  broker('group.consumer.max.size', 'int', '2147483647', {
    min: 1,
    doc: 'Members that a group of the consumer protocol may have.',
  }),
  broker('group.consumer.assignors', 'list', GROUP_ASSIGNORS.join(','), {
    values: GROUP_ASSIGNORS,
    check: (names) => (names === '' ? 'at least one assignor' : null),
    kafkaDefault: 'uniform,range',
    doc: 'The assignors that members of the consumer protocol may ask for; the first is for those that do not ask.',
  }),
  broker('group.consumer.migration.policy', 'string', 'bidirectional', {
    values: ['bidirectional', 'upgrade', 'downgrade', 'disabled'],
    doc: 'Which groups with members are converted: classic ones to the consumer protocol (upgrade), back, both or none.',
  }),
  broker('polylog.group.consumer.rebalance.heartbeat.ms', 'int', '1000', {
    unit: 'ms',
    min: 10,
    doc:
      'The heartbeat interval that members of the consumer protocol are told while a new assignment is on its way to ' +
      'them, where it is shorter than that of the group: a rebalance takes some heartbeats.',
  }),
  broker('group.consumer.assignment.interval.ms', 'int', '1000', {
    unit: 'ms',
    min: 0,
    doc: 'How long an assignment of the consumer protocol stands at least before the next one is computed.',
  }),
  broker('group.consumer.min.assignment.interval.ms', 'int', '0', {
    unit: 'ms',
    min: 0,
    doc: 'The shortest assignment interval that a group of the consumer protocol may have.',
  }),
  broker('group.consumer.max.assignment.interval.ms', 'int', '15000', {
    unit: 'ms',
    min: 0,
    doc: 'The longest assignment interval that a group of the consumer protocol may have.',
  }),
  broker('group.consumer.assignor.offload.enable', 'boolean', 'true', {
    status: 'no-meaning',
    note: 'Accepted without effect: assignments take a few milliseconds, and there are no other threads.',
    doc: 'Whether Kafka computes assignments on threads of their own.',
  }),
  broker('group.consumer.regex.refresh.interval.ms', 'int', '600000', {
    unit: 'ms',
    min: 10_000,
    status: 'no-meaning',
    note: 'Accepted without effect: an expression is resolved anew as soon as topics come or go.',
    doc: 'How often Kafka looks for topics that match the expressions of a group.',
  }),
  broker('group.streams.session.timeout.ms', 'int', '45000', {
    unit: 'ms',
    min: 1,
    doc: 'How long a member of a Streams group is not missed without a heartbeat.',
  }),
  broker('group.streams.min.session.timeout.ms', 'int', '45000', {
    unit: 'ms',
    min: 1,
    doc: 'The shortest session timeout that a Streams group may have.',
  }),
  broker('group.streams.max.session.timeout.ms', 'int', '60000', {
    unit: 'ms',
    min: 1,
    doc: 'The longest session timeout that a Streams group may have.',
  }),
  broker('group.streams.heartbeat.interval.ms', 'int', '5000', {
    unit: 'ms',
    min: 1,
    doc: 'How often members of Streams groups are told to send heartbeats.',
  }),
  broker('group.streams.min.heartbeat.interval.ms', 'int', '5000', {
    unit: 'ms',
    min: 1,
    doc: 'The shortest heartbeat interval that a Streams group may have.',
  }),
  broker('group.streams.max.heartbeat.interval.ms', 'int', '15000', {
    unit: 'ms',
    min: 1,
    doc: 'The longest heartbeat interval that a Streams group may have.',
  }),
  broker('group.streams.max.size', 'int', '2147483647', {
    min: 1,
    doc: 'Members that a Streams group may have.',
  }),
  broker('group.streams.num.standby.replicas', 'int', '0', {
    min: 0,
    doc: 'How many copies of a task that has state are kept on other processes.',
  }),
  broker('group.streams.max.standby.replicas', 'int', '2', {
    min: 0,
    doc: 'The most standby replicas that a Streams group may have.',
  }),
  broker('group.streams.initial.rebalance.delay.ms', 'int', '3000', {
    unit: 'ms',
    min: 0,
    doc: 'How long the first assignment of an empty Streams group waits for further members.',
  }),
  broker('group.streams.assignment.interval.ms', 'int', '1000', {
    unit: 'ms',
    min: 0,
    doc: 'How long an assignment of a Streams group stands at least before the next one is computed.',
  }),
  broker('group.streams.min.assignment.interval.ms', 'int', '0', {
    unit: 'ms',
    min: 0,
    doc: 'The shortest assignment interval that a Streams group may have.',
  }),
  broker('group.streams.max.assignment.interval.ms', 'int', '15000', {
    unit: 'ms',
    min: 0,
    doc: 'The longest assignment interval that a Streams group may have.',
  }),
  broker('group.streams.assignor.offload.enable', 'boolean', 'true', {
    status: 'no-meaning',
    note: 'Accepted without effect: assignments take a few milliseconds, and there are no other threads.',
    doc: 'Whether Kafka computes assignments on threads of their own.',
  }),
  broker('offset.metadata.max.bytes', 'int', '4096', {
    unit: 'bytes',
    min: 0,
    doc: 'The longest text that may be committed with an offset.',
  }),
  broker('offsets.retention.minutes', 'int', '10080', {
    unit: 'minutes',
    min: 1,
    doc: 'How long offsets are kept after their group became empty or, for a consumer without a group, their commit.',
  }),
  broker('offsets.retention.check.interval.ms', 'long', '600000', {
    unit: 'ms',
    min: 1,
    doc: 'How often the broker looks for offsets to remove.',
  }),
  broker('offsets.commit.timeout.ms', 'int', '5000', {
    unit: 'ms',
    min: 1,
    status: 'no-meaning',
    note: 'Accepted without effect: a commit is answered when it is durable, and waits for no other broker.',
    doc: 'How long Kafka waits for replicas of a commit.',
  }),
  broker('offsets.topic.num.partitions', 'int', '50', {
    min: 1,
    status: 'no-meaning',
    note: OFFSETS_IN_LOG,
    doc: "Partitions of Kafka's topic of offsets.",
  }),
  broker('offsets.topic.segment.bytes', 'int', String(100 * MIB), {
    unit: 'bytes',
    min: 1,
    status: 'no-meaning',
    note: OFFSETS_IN_LOG,
    doc: "Segment size of Kafka's topic of offsets.",
  }),
  broker('offsets.topic.replication.factor', 'short', '1', {
    min: 1,
    status: 'default-only',
    note: ONE_BROKER,
    kafkaDefault: '3',
    doc: "Replicas of Kafka's topic of offsets.",
  }),
];

const TRANSACTIONS: readonly BrokerSetting[] = [
  broker('transaction.max.timeout.ms', 'int', '900000', {
    unit: 'ms',
    min: 1,
    doc: 'The longest transaction timeout that a producer may ask for.',
  }),
  broker('transactional.id.expiration.ms', 'int', '604800000', {
    unit: 'ms',
    min: 1,
    doc: 'How long a transactional id is remembered after its last transaction.',
  }),
  broker('transaction.remove.expired.transaction.cleanup.interval.ms', 'int', '3600000', {
    unit: 'ms',
    min: 1,
    doc: 'How often transactional ids that have expired are forgotten.',
  }),
  broker('polylog.half.check.after.ms', 'long', '6000', {
    unit: 'ms',
    min: 0,
    max: 86_400_000,
    doc: 'How long after a half message its sender is first asked what is to become of it, where the message does not say.',
  }),
  broker('polylog.half.check.interval.ms', 'long', '30000', {
    unit: 'ms',
    min: 1000,
    max: 86_400_000,
    doc: 'How long after a question the sender of a half message is asked again.',
  }),
  broker('polylog.half.checks.max', 'int', '15', {
    min: 1,
    doc: 'How often the sender of a half message is asked; then the message is set aside for an operator.',
  }),
  broker('polylog.half.messages.max', 'int', '100000', {
    min: 1,
    max: 10_000_000,
    doc: 'Half messages at a time, with those that are set aside; further ones are refused. Some 500 bytes of memory each.',
  }),
  broker('polylog.transactional.ids.max', 'int', '500000', {
    min: 1,
    doc: 'The most transactional ids that are remembered; about 500 bytes of memory each.',
  }),
  broker('transaction.abort.timed.out.transaction.cleanup.interval.ms', 'int', '10000', {
    unit: 'ms',
    min: 1,
    status: 'no-meaning',
    note: 'Accepted without effect: each transaction is aborted when its own time is up.',
    doc: 'How often Kafka looks for transactions that have timed out.',
  }),
  broker('transaction.partition.verification.enable', 'boolean', 'true', {
    dynamic: true,
    values: ['true'],
    doc: 'Whether a transactional batch is only taken into an open transaction; always.',
  }),
  broker('transaction.two.phase.commit.enable', 'boolean', 'false', {
    values: ['false'],
    doc: 'Two-phase commit with transactions that are never timed out (KIP-939), which no release of Kafka offers yet.',
  }),
  ...(
    [
      ['transaction.state.log.num.partitions', '50', 'Partitions'],
      ['transaction.state.log.replication.factor', '3', 'Replicas'],
      ['transaction.state.log.min.isr', '2', 'In-sync replicas'],
      ['transaction.state.log.segment.bytes', '104857600', 'Bytes of a segment'],
      ['transaction.state.log.load.buffer.size', '5242880', 'Bytes read at a time'],
    ] as const
  ).map(([name, value, what]) =>
    broker(name, 'int', value, {
      min: 1,
      status: 'no-meaning',
      note: TRANSACTIONS_IN_LOG,
      doc: `${what} of Kafka's transaction log.`,
    }),
  ),
];

const SECURITY: readonly BrokerSetting[] = [
  broker('authorizer.class.name', 'string', '', {
    values: ['', 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'],
    doc: 'What decides who may do what: nothing (everybody may do everything), or access rules (ACLs).',
  }),
  broker('super.users', 'string', '', {
    check: checkPrincipals,
    doc: 'Principals that may do everything, whatever the rules say: User:NAME, separated by semicolons.',
  }),
  broker('allow.everyone.if.no.acl.found', 'boolean', 'false', {
    doc: 'Whether everybody may do everything with what no rule speaks of.',
  }),
  broker('polylog.audit.log', 'string', 'off', {
    check: (text) => (text === '' ? '"off", "stderr" or the path of a file' : null),
    doc:
      'Where it is told who was let in, who was denied what, and what was changed: "stderr", with the other messages, or ' +
      'a file that lines of JSON are appended to; SIGHUP opens it anew. "off" tells nothing.',
  }),
  broker('polylog.audit.lines.per.minute', 'int', '100', {
    min: 1,
    max: 100_000,
    doc: 'Different logins, failed logins and denials that are told in a minute, of each; further ones are counted only.',
  }),
  broker('polylog.acls.max', 'int', '100000', {
    min: 0,
    max: 1_000_000,
    dynamic: true,
    doc: 'The most access rules (ACLs) that are stored.',
  }),
];

const QUOTAS: readonly BrokerSetting[] = [
  broker('quota.window.num', 'int', '11', {
    min: 1,
    max: 1000,
    doc: 'Samples over which the rates of client quotas are taken.',
  }),
  broker('quota.window.size.seconds', 'int', '1', {
    unit: 'seconds',
    min: 1,
    max: 86_400,
    doc: 'The span of one sample of client quotas; also the longest pause for request time.',
  }),
  broker('controller.quota.window.num', 'int', '11', {
    min: 1,
    max: 1000,
    doc: 'Samples of the quota of mutations: as many times the span of one, a client may create at once.',
  }),
  broker('controller.quota.window.size.seconds', 'int', '1', {
    unit: 'seconds',
    min: 1,
    max: 86_400,
    doc: 'The span of one sample of the quota of mutations.',
  }),
];

/** Broker settings that stand behind a topic setting but aren't dynamic, or are written out above. */
const NOT_DERIVED: ReadonlySet<string> = new Set(TOPICS.map(({ name }) => name));

function derived(): BrokerSetting[] {
  const settings: BrokerSetting[] = [];
  for (const topic of TOPIC_SETTINGS.values()) {
    for (const { name } of topic.inherits) {
      if (NOT_DERIVED.has(name)) continue;
      // Where other settings of the same meaning follow, Kafka leaves the first one unset.
      const defaultText = topic.inherits.length > 1 ? null : topic.default;
      settings.push({
        ...topic,
        name,
        default: defaultText,
        doc: `The default of the topic setting ${topic.name}. ${topic.doc}`,
        dynamic: true,
        kafkaDefault: null,
      });
    }
  }
  return settings;
}

function byName(settings: readonly BrokerSetting[]): ReadonlyMap<string, BrokerSetting> {
  const sorted = [...settings].sort((a, b) => (a.name < b.name ? -1 : 1));
  return new Map(sorted.map((setting) => [setting.name, setting]));
}

/** All broker settings by name, in the order of their names. */
export const BROKER_SETTINGS: ReadonlyMap<string, BrokerSetting> = byName([
  ...SERVER,
  ...[...SECURITY_ROWS, ...ROCKETMQ_ROWS].map(({ name, type, default: text, fields }) =>
    broker(name, type, text, fields),
  ),
  ...TOPICS,
  ...STORE,
  ...NETWORK,
  ...GROUPS,
  ...SHARE_ROWS.map(({ name, type, default: text, fields }) => broker(name, type, text, fields)),
  ...QUOTAS,
  ...TRANSACTIONS,
  ...SECURITY,
  ...derived(),
]);

/** `listener.name.LISTENER.SETTING` or `listener.name.LISTENER.MECHANISM.SETTING`, with small letters in front of the setting. */
const OF_LISTENER = new RegExp(
  `^listener\\.name\\.[a-z][a-z0-9_-]*\\.(?:(${SASL_MECHANISMS.join('|').toLowerCase()})\\.)?(.+)$`,
);

/** A setting of the table, or one of a single listener. */
export function findBrokerSetting(name: string): BrokerSetting | undefined {
  const [, mechanism, ofListener] = OF_LISTENER.exec(name) ?? [];
  if (ofListener === undefined) return BROKER_SETTINGS.get(name);
  const allowed = mechanism === undefined ? LISTENER_SETTINGS : MECHANISM_SETTINGS;
  const setting = allowed.has(ofListener) ? BROKER_SETTINGS.get(ofListener) : undefined;
  return setting && { ...setting, name };
}
