/** Settings of Kafka 4.3's broker that are not in our table: known, so that they are refused with a reason. */
import { BrokerError } from '../base/errors.ts';

interface Family {
  /** Names begin with one of these. */
  readonly prefixes: readonly string[];
  readonly why: string;
}

const FAMILIES: readonly Family[] = [
  { prefixes: ['ssl.'], why: 'it steers TLS in Java, and means nothing here' },
  { prefixes: ['sasl.'], why: 'it is of Kerberos, of clients, or of classes of Java' },
  { prefixes: ['delegation.token.'], why: 'delegation tokens are not implemented' },
  { prefixes: ['principal.builder.'], why: 'the broker loads no classes of Java' },
  {
    prefixes: ['add.partitions.to.txn.'],
    why: 'the coordinator of transactions and the partitions are one broker, which asks itself nothing over the network',
  },
  {
    prefixes: ['share.coordinator.'],
    why: 'where share groups stand is kept with all else in one log, not in a topic with a coordinator of its own',
  },
  { prefixes: ['group.share.persister.'], why: 'the broker loads no classes of Java' },
  { prefixes: ['remote.', 'follower.fetch.last.tiered.'], why: 'tiered storage is not implemented yet' },
  { prefixes: ['client.quota.callback.'], why: 'the broker loads no classes of Java' },
  {
    prefixes: [
      'process.roles',
      'controller.',
      'metadata.',
      'initial.broker.registration.',
      'broker.heartbeat.',
      'broker.session.',
    ],
    why: 'the broker keeps its metadata itself, without a quorum of controllers',
  },
  {
    prefixes: [
      'replica.',
      'replication.',
      'num.replica.',
      'auto.leader.rebalance.',
      'leader.',
      'follower.',
      'unclean.leader.election.interval.',
      'alter.log.dirs.',
      'controlled.shutdown.',
      'inter.broker.',
      'security.inter.broker.',
    ],
    why: 'there is one broker, without replication',
  },
  {
    prefixes: ['listener.', 'early.start.listeners'],
    why: 'no setting of a listener has this name',
  },
  {
    prefixes: ['metric.', 'metrics.', 'kafka.metrics.', 'telemetry.', 'auto.include.jmx.'],
    why: 'metrics are told over HTTP, see polylog.admin.listeners',
  },
  {
    prefixes: ['alter.config.policy.', 'create.topic.policy.', 'config.providers', 'security.providers'],
    why: 'the broker loads no classes of Java',
  },
];

/** Further names, in no family. */
const OTHERS: ReadonlySet<string> = new Set([
  'cordoned.log.dirs',
  'delete.records.purgatory.purge.interval.requests',
  'fetch.purgatory.purge.interval.requests',
  'group.coordinator.append.linger.ms',
  'group.coordinator.background.threads',
  'group.coordinator.cached.buffer.max.bytes',
  'group.coordinator.threads',
  'internal.metadata.delete.delay.millis',
  'internal.metadata.log.segment.bytes',
  'internal.metadata.max.batch.size.in.bytes',
  'log.dir.failure.timeout.ms',
  'log.flush.start.offset.checkpoint.interval.ms',
  'log.initial.task.delay.ms',
  'max.request.partition.size.limit',
  'offsets.load.buffer.size',
  'offsets.topic.compression.codec',
  'producer.id.expiration.check.interval.ms',
  'producer.purgatory.purge.interval.requests',
  'queued.max.requests',
  'request.timeout.ms',
  'server.max.startup.time.ms',
  'socket.connection.setup.timeout.max.ms',
  'socket.connection.setup.timeout.ms',
  'socket.listen.backlog.size',
  'unstable.api.versions.enable',
  'unstable.feature.versions.enable',
]);

/** invalid-config with the reason where Kafka has a setting of this name and we don't; null for other names. */
export function unimplementedKafkaSetting(name: string): BrokerError | null {
  const family = FAMILIES.find(({ prefixes }) => prefixes.some((prefix) => name.startsWith(prefix)));
  if (family === undefined && !OTHERS.has(name)) return null;
  const why = family?.why ?? 'it is not implemented';
  return new BrokerError('invalid-config', `Kafka's setting ${name} is refused: ${why}. Leave it out.`);
}
