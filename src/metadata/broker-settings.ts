/** The broker's own settings, typed: what its parts are made with. Defaults of topics are in topic-config.ts. */
import { assert } from '../base/assert.ts';
import { brokerSetting, brokerText, effectiveBrokerValue } from './broker-config.ts';
import type { BrokerValues } from './broker-values.ts';
import { addressLimits } from './connection-settings.ts';
import { type ListenerAddress, parseHttpAddress, parseListener } from './listener.ts';
import { exposureProblem, type ListenerSettings, makeListeners } from './listener-settings.ts';
import { splitPrincipals } from './principals.ts';
import { makeRocketmqOptions, type RocketmqOptions, rocketmqExposure } from './rocketmq-settings.ts';
import { splitList, toLimit, toNumber } from './setting.ts';

export interface StoreOptions {
  /** polylog.chunk.bytes */
  readonly chunkBytes: number;
  /** polylog.chunk.age.ms */
  readonly chunkAgeMsMax: number;
  /** polylog.tail.cache.bytes */
  readonly tailCacheBytes: number;
  /** polylog.index.cache.bytes */
  readonly sectionCacheBytes: number;
  /** polylog.disk.reserve.bytes; null: 64 MiB, or 5 % of a smaller volume. */
  readonly diskReserveBytes: number | null;
  /** polylog.clean.live.ratio */
  readonly cleanLiveRatio: number;
  /** polylog.clean.bytes.per.second */
  readonly cleanBytesPerSecond: number;
  /** log.cleaner.io.max.bytes.per.second */
  readonly idleCleanBytesPerSecond: number;
  /** log.cleaner.dedupe.buffer.size */
  readonly dedupeBufferBytes: number;
  /** log.cleaner.io.buffer.load.factor */
  readonly dedupeLoadFactor: number;
  /** polylog.salvage */
  readonly salvage: boolean;
  /** No setting, but the simulator's: its appends are small, and some are to be written beside the loop. */
  readonly writeHereBytesMax?: number;
}

export interface GroupOptions {
  /** group.min.session.timeout.ms */
  readonly sessionTimeoutMsMin: number;
  /** group.max.session.timeout.ms */
  readonly sessionTimeoutMsMax: number;
  /** group.initial.rebalance.delay.ms */
  readonly initialRebalanceDelayMs: number;
  /** group.max.size */
  readonly membersMax: number;
  /** group.coordinator.rebalance.protocols, the classic one left out */
  readonly protocols: ReadonlySet<string>;
  readonly consumer: ConsumerGroupOptions;
  readonly streams: StreamsGroupOptions;
  readonly share: ShareGroupOptions;
  /** offset.metadata.max.bytes */
  readonly offsetMetadataBytesMax: number;
  /** offsets.retention.minutes, in ms */
  readonly offsetsRetentionMs: number;
  /** offsets.retention.check.interval.ms */
  readonly offsetsCheckIntervalMs: number;
}

/** group.consumer.* */
export interface ConsumerGroupOptions {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** polylog.group.consumer.rebalance.heartbeat.ms */
  readonly rebalanceHeartbeatMs: number;
  readonly membersMax: number;
  /** At least one. */
  readonly assignors: readonly string[];
  readonly migrationPolicy: 'bidirectional' | 'upgrade' | 'downgrade' | 'disabled';
  readonly assignmentIntervalMs: number;
  /** Bounds of what a group may set for itself. */
  readonly limits: Readonly<Record<'session' | 'heartbeat' | 'assignment', Limits>>;
}

/** group.streams.* */
export interface StreamsGroupOptions {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly membersMax: number;
  readonly standbyReplicas: number;
  readonly initialRebalanceDelayMs: number;
  readonly assignmentIntervalMs: number;
  /** Bounds of what a group may set for itself. */
  readonly standbyReplicasMax: number;
  readonly limits: ConsumerGroupOptions['limits'];
}

/** group.share.* */
export interface ShareGroupOptions {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly membersMax: number;
  readonly assignmentIntervalMs: number;
  /** group.share.max.share.sessions */
  readonly sessionsMax: number;
  /** Bounds of what a group may set for itself. */
  readonly limits: ConsumerGroupOptions['limits'];
  /** The same of what is no time between heartbeats, with the broker's own value. */
  readonly bounded: readonly BoundedSetting[];
}

interface BoundedSetting {
  /** Without `group.share.`, `group.share.min.` and `group.share.max.` */
  readonly name: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

export interface Limits {
  readonly minMs: number;
  readonly maxMs: number;
}

export interface HalfOptions {
  /** polylog.half.check.after.ms */
  readonly checkAfterMs: number;
  /** polylog.half.check.interval.ms */
  readonly checkIntervalMs: number;
  /** polylog.half.checks.max */
  readonly checksMax: number;
  /** polylog.half.messages.max */
  readonly halvesMax: number;
}

export interface AccessOptions {
  /** authorizer.class.name: whether rules decide; if not, everybody may do everything */
  readonly enabled: boolean;
  /** super.users, as TYPE:NAME */
  readonly superUsers: ReadonlySet<string>;
  /** allow.everyone.if.no.acl.found */
  readonly allowIfNoAcl: boolean;
}

export interface QuotaOptions {
  /** quota.window.num and quota.window.size.seconds */
  readonly windows: { readonly samples: number; readonly sampleMs: number };
  /** controller.quota.window.num and controller.quota.window.size.seconds */
  readonly mutationWindows: { readonly samples: number; readonly sampleMs: number };
}

export interface AuditOptions {
  /** polylog.audit.log: `off`, `stderr` or a path */
  readonly target: string;
  /** polylog.audit.lines.per.minute */
  readonly linesPerMinute: number;
}

export interface TransactionOptions {
  /** transaction.max.timeout.ms */
  readonly timeoutMaxMs: number;
  /** transactional.id.expiration.ms */
  readonly idExpirationMs: number;
  /** transaction.remove.expired.transaction.cleanup.interval.ms */
  readonly idExpirationCheckMs: number;
  /** polylog.transactional.ids.max */
  readonly idsMax: number;
}

export interface BrokerSettings {
  /** node.id */
  readonly nodeId: number;
  /** broker.rack */
  readonly rack: string | null;
  /** listeners; at least one */
  readonly listeners: readonly ListenerSettings[];
  /** advertised.listeners: none, one for all listeners, or one for each name. Port 0: the listener's. */
  readonly advertised: readonly ListenerAddress[];
  /** polylog.allow.unauthenticated */
  readonly allowUnauthenticated: boolean;
  /** polylog.authentication.timeout.ms */
  readonly authenticationMsMax: number;
  /** connection.failed.authentication.delay.ms */
  readonly failedAuthenticationDelayMs: number;
  /** log.dirs */
  readonly dataDirectory: string;
  /** polylog.log.level */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** polylog.log.format */
  readonly logFormat: 'auto' | 'text' | 'json';
  /** polylog.admin.listeners; none: no HTTP */
  readonly adminListeners: readonly { readonly host: string; readonly port: number }[];
  /** telemetry.max.bytes */
  readonly telemetryBytesMax: number;
  /** auto.create.topics.enable */
  readonly autoCreateTopics: boolean;
  /** num.partitions */
  readonly defaultPartitions: number;
  /** log.retention.check.interval.ms */
  readonly retentionCheckIntervalMs: number;
  /** log.cleaner.backoff.ms */
  readonly compactionCheckIntervalMs: number;
  /** socket.request.max.bytes */
  readonly requestBytesMax: number;
  /** queued.max.request.bytes, over all connections; Infinity: no limit */
  readonly inflightBytesMax: number;
  /** polylog.connection.inflight.bytes */
  readonly connectionInflightBytesMax: number;
  /** polylog.connection.inflight.requests */
  readonly connectionInflightRequestsMax: number;
  /** polylog.connection.unsent.bytes */
  readonly connectionUnsentBytesMax: number;
  /** polylog.connection.stalled.ms */
  readonly connectionStalledMsMax: number;
  /** polylog.unsent.bytes, over all connections */
  readonly unsentBytesMax: number;
  /** polylog.dedup.ids.max */
  readonly dedupIdsMax: number;
  /** max.connections; may change while the broker runs */
  readonly connectionsMax: number;
  /** max.connections.per.ip and its overrides; may change while the broker runs */
  readonly perAddress: ReturnType<typeof addressLimits>;
  /** connections.max.idle.ms */
  readonly connectionIdleMsMax: number;
  /** fetch.max.bytes */
  readonly fetchBytesMax: number;
  /** max.incremental.fetch.session.cache.slots */
  readonly fetchSessionsMax: number;
  /** producer.id.expiration.ms; may change while the broker runs */
  readonly producerExpirationMs: number;
  readonly store: StoreOptions;
  readonly groups: GroupOptions;
  readonly quotas: QuotaOptions;
  readonly transactions: TransactionOptions;
  readonly half: HalfOptions;
  readonly access: AccessOptions;
  readonly audit: AuditOptions;
  readonly rocketmq: RocketmqOptions;
}

export function makeBrokerSettings(values: BrokerValues): BrokerSettings {
  const text = (name: string): string => brokerText(name, values);
  const number = (name: string): number => toNumber(text(name));
  const flag = (name: string): boolean => text(name) === 'true';
  return {
    nodeId: number('node.id'),
    rack: effectiveBrokerValue(brokerSetting('broker.rack'), values).text,
    listeners: makeListeners(values),
    advertised: addresses(text('advertised.listeners')),
    allowUnauthenticated: flag('polylog.allow.unauthenticated'),
    authenticationMsMax: number('polylog.authentication.timeout.ms'),
    failedAuthenticationDelayMs: number('connection.failed.authentication.delay.ms'),
    dataDirectory: text('log.dirs'),
    // The table has these values and no others.
    logLevel: text('polylog.log.level') as BrokerSettings['logLevel'],
    logFormat: text('polylog.log.format') as BrokerSettings['logFormat'],
    adminListeners: httpAddresses(text('polylog.admin.listeners')),
    telemetryBytesMax: number('telemetry.max.bytes'),
    autoCreateTopics: flag('auto.create.topics.enable'),
    defaultPartitions: number('num.partitions'),
    retentionCheckIntervalMs: number('log.retention.check.interval.ms'),
    compactionCheckIntervalMs: number('log.cleaner.backoff.ms'),
    requestBytesMax: number('socket.request.max.bytes'),
    inflightBytesMax: toLimit(text('queued.max.request.bytes')),
    connectionInflightBytesMax: number('polylog.connection.inflight.bytes'),
    connectionInflightRequestsMax: number('polylog.connection.inflight.requests'),
    connectionUnsentBytesMax: number('polylog.connection.unsent.bytes'),
    connectionStalledMsMax: number('polylog.connection.stalled.ms'),
    unsentBytesMax: number('polylog.unsent.bytes'),
    dedupIdsMax: number('polylog.dedup.ids.max'),
    connectionsMax: number('max.connections'),
    perAddress: addressLimits(values),
    connectionIdleMsMax: number('connections.max.idle.ms'),
    fetchBytesMax: number('fetch.max.bytes'),
    fetchSessionsMax: number('max.incremental.fetch.session.cache.slots'),
    producerExpirationMs: number('producer.id.expiration.ms'),
    store: {
      chunkBytes: number('polylog.chunk.bytes'),
      chunkAgeMsMax: number('polylog.chunk.age.ms'),
      tailCacheBytes: number('polylog.tail.cache.bytes'),
      sectionCacheBytes: number('polylog.index.cache.bytes'),
      diskReserveBytes:
        text('polylog.disk.reserve.bytes') === '-1' ? null : number('polylog.disk.reserve.bytes'),
      cleanLiveRatio: number('polylog.clean.live.ratio'),
      cleanBytesPerSecond: number('polylog.clean.bytes.per.second'),
      idleCleanBytesPerSecond: number('log.cleaner.io.max.bytes.per.second'),
      dedupeBufferBytes: number('log.cleaner.dedupe.buffer.size'),
      dedupeLoadFactor: number('log.cleaner.io.buffer.load.factor'),
      salvage: flag('polylog.salvage'),
    },
    groups: {
      sessionTimeoutMsMin: number('group.min.session.timeout.ms'),
      sessionTimeoutMsMax: number('group.max.session.timeout.ms'),
      initialRebalanceDelayMs: number('group.initial.rebalance.delay.ms'),
      membersMax: number('group.max.size'),
      protocols: new Set(splitList(text('group.coordinator.rebalance.protocols'))),
      consumer: consumerOptions(text, number),
      streams: streamsOptions(number),
      share: shareOptions(number),
      offsetMetadataBytesMax: number('offset.metadata.max.bytes'),
      offsetsRetentionMs: number('offsets.retention.minutes') * 60_000,
      offsetsCheckIntervalMs: number('offsets.retention.check.interval.ms'),
    },
    quotas: {
      windows: {
        samples: number('quota.window.num'),
        sampleMs: number('quota.window.size.seconds') * 1000,
      },
      mutationWindows: {
        samples: number('controller.quota.window.num'),
        sampleMs: number('controller.quota.window.size.seconds') * 1000,
      },
    },
    transactions: {
      timeoutMaxMs: number('transaction.max.timeout.ms'),
      idExpirationMs: number('transactional.id.expiration.ms'),
      idExpirationCheckMs: number('transaction.remove.expired.transaction.cleanup.interval.ms'),
      idsMax: number('polylog.transactional.ids.max'),
    },
    half: {
      checkAfterMs: number('polylog.half.check.after.ms'),
      checkIntervalMs: number('polylog.half.check.interval.ms'),
      checksMax: number('polylog.half.checks.max'),
      halvesMax: number('polylog.half.messages.max'),
    },
    access: {
      enabled: text('authorizer.class.name') !== '',
      superUsers: new Set(splitPrincipals(text('super.users'))),
      allowIfNoAcl: flag('allow.everyone.if.no.acl.found'),
    },
    audit: {
      target: text('polylog.audit.log'),
      linesPerMinute: number('polylog.audit.lines.per.minute'),
    },
    rocketmq: makeRocketmqOptions(values),
  };
}

function consumerOptions(
  text: (name: string) => string,
  number: (name: string) => number,
): ConsumerGroupOptions {
  return {
    sessionTimeoutMs: number('group.consumer.session.timeout.ms'),
    heartbeatIntervalMs: number('group.consumer.heartbeat.interval.ms'),
    rebalanceHeartbeatMs: number('polylog.group.consumer.rebalance.heartbeat.ms'),
    membersMax: number('group.consumer.max.size'),
    assignors: splitList(text('group.consumer.assignors')),
    // The table has these values and no others.
    migrationPolicy: text('group.consumer.migration.policy') as ConsumerGroupOptions['migrationPolicy'],
    assignmentIntervalMs: number('group.consumer.assignment.interval.ms'),
    limits: groupLimits('consumer', number),
  };
}

function groupLimits(
  family: 'consumer' | 'streams' | 'share',
  number: (name: string) => number,
): ConsumerGroupOptions['limits'] {
  const limits = (what: string): Limits => ({
    minMs: number(`group.${family}.min.${what}.ms`),
    maxMs: number(`group.${family}.max.${what}.ms`),
  });
  return {
    session: limits('session.timeout'),
    heartbeat: limits('heartbeat.interval'),
    assignment: limits('assignment.interval'),
  };
}

function streamsOptions(number: (name: string) => number): StreamsGroupOptions {
  return {
    sessionTimeoutMs: number('group.streams.session.timeout.ms'),
    heartbeatIntervalMs: number('group.streams.heartbeat.interval.ms'),
    membersMax: number('group.streams.max.size'),
    standbyReplicas: number('group.streams.num.standby.replicas'),
    initialRebalanceDelayMs: number('group.streams.initial.rebalance.delay.ms'),
    assignmentIntervalMs: number('group.streams.assignment.interval.ms'),
    standbyReplicasMax: number('group.streams.max.standby.replicas'),
    limits: groupLimits('streams', number),
  };
}

function shareOptions(number: (name: string) => number): ShareGroupOptions {
  return {
    sessionTimeoutMs: number('group.share.session.timeout.ms'),
    heartbeatIntervalMs: number('group.share.heartbeat.interval.ms'),
    membersMax: number('group.share.max.size'),
    assignmentIntervalMs: number('group.share.assignment.interval.ms'),
    sessionsMax: number('group.share.max.share.sessions'),
    limits: groupLimits('share', number),
    bounded: ['record.lock.duration.ms', 'delivery.count.limit', 'partition.max.record.locks'].map(
      (name) => ({
        name,
        value: number(`group.share.${name}`),
        min: number(`group.share.min.${name}`),
        max: number(`group.share.max.${name}`),
      }),
    ),
  };
}

function addresses(text: string): ListenerAddress[] {
  return splitList(text).map((element) => {
    const address = parseListener(element);
    assert(address !== null, 'a checked listener can be read');
    return address;
  });
}

/** The address that clients of a listener are told, if the settings have one: see advertised. */
export function advertisedFor(
  { listeners, advertised }: BrokerSettings,
  index: number,
): ListenerAddress | null {
  const { name } = listeners[index]!;
  const place = listeners.slice(0, index).filter((listener) => listener.name === name).length;
  const ofName = advertised.filter((address) => address.name === name);
  return ofName[ofName.length === 1 ? 0 : place] ?? (advertised.length === 1 ? advertised[0]! : null);
}

function advertisedConflict({ listeners, advertised }: BrokerSettings): string | null {
  if (advertised.length <= 1) return null;
  for (const { name } of advertised) {
    const given = advertised.filter((address) => address.name === name).length;
    const here = listeners.filter((listener) => listener.name === name).length;
    if (here === 0)
      return `advertised.listeners names ${name}, and listeners has none of that name: name one of those.`;
    if (given > 1 && given !== here) {
      return (
        `advertised.listeners has ${given} addresses and listeners has ${here}: ` +
        'give one for all, or as many as listeners.'
      );
    }
  }
  return null;
}

function httpAddresses(text: string): { readonly host: string; readonly port: number }[] {
  return splitList(text).map((element) => {
    const address = parseHttpAddress(element);
    assert(address !== null, 'a checked address can be read');
    return address;
  });
}

/** What settings ask of each other: null, or a sentence. */
export function findConflict(settings: BrokerSettings): string | null {
  const { groups } = settings;
  const misaddressed = advertisedConflict(settings);
  if (misaddressed !== null) return misaddressed;
  if (groups.sessionTimeoutMsMin > groups.sessionTimeoutMsMax) {
    return (
      `group.min.session.timeout.ms (${groups.sessionTimeoutMsMin}) is more than ` +
      `group.max.session.timeout.ms (${groups.sessionTimeoutMsMax}): raise the one or lower the other.`
    );
  }
  const conflict =
    findGroupConflict('consumer', groups.consumer) ??
    findGroupConflict('streams', groups.streams) ??
    findGroupConflict('share', groups.share) ??
    findStandbyConflict(groups.streams) ??
    findShareConflict(groups.share);
  if (conflict !== null) return conflict;
  if (settings.inflightBytesMax < settings.requestBytesMax) {
    return (
      `queued.max.request.bytes (${settings.inflightBytesMax}) is less than socket.request.max.bytes ` +
      `(${settings.requestBytesMax}), so that the largest request could never be read: raise the one or lower the other.`
    );
  }
  if (settings.allowUnauthenticated) return null;
  for (const listener of settings.listeners) {
    const exposed = exposureProblem(listener);
    if (exposed !== null) return exposed;
  }
  return rocketmqExposure(settings.rocketmq);
}

function findStandbyConflict({ standbyReplicas, standbyReplicasMax }: StreamsGroupOptions): string | null {
  if (standbyReplicas <= standbyReplicasMax) return null;
  return (
    `group.streams.num.standby.replicas (${standbyReplicas}) is more than group.streams.max.standby.replicas ` +
    `(${standbyReplicasMax}): lower the one or raise the other.`
  );
}

function findShareConflict({ bounded }: ShareGroupOptions): string | null {
  for (const { name, value, min, max } of bounded) {
    if (value >= min && value <= max) continue;
    return (
      `group.share.${name} (${value}) is not from group.share.min.${name} (${min}) to ` +
      `group.share.max.${name} (${max}): change one of them.`
    );
  }
  return null;
}

function findGroupConflict(
  family: 'consumer' | 'streams' | 'share',
  options: Pick<
    ConsumerGroupOptions,
    'sessionTimeoutMs' | 'heartbeatIntervalMs' | 'assignmentIntervalMs' | 'limits'
  >,
): string | null {
  const { sessionTimeoutMs, heartbeatIntervalMs, assignmentIntervalMs, limits } = options;
  const values = [
    ['session.timeout', sessionTimeoutMs, limits.session],
    ['heartbeat.interval', heartbeatIntervalMs, limits.heartbeat],
    ['assignment.interval', assignmentIntervalMs, limits.assignment],
  ] as const;
  for (const [what, value, { minMs, maxMs }] of values) {
    if (value >= minMs && value <= maxMs) continue;
    return (
      `group.${family}.${what}.ms (${value}) is not from group.${family}.min.${what}.ms (${minMs}) to ` +
      `group.${family}.max.${what}.ms (${maxMs}): change one of them.`
    );
  }
  if (heartbeatIntervalMs < sessionTimeoutMs) return null;
  return (
    `group.${family}.heartbeat.interval.ms (${heartbeatIntervalMs}) is not below ` +
    `group.${family}.session.timeout.ms (${sessionTimeoutMs}): members would be missed between their heartbeats.`
  );
}
