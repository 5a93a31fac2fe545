/**
 * One broker over its platform: the shard's log, the machines that guard topics, groups and producers, and what protocols ask
 * of them. Protocol-neutral; nothing here knows a wire format. open.ts makes it; `close` refuses new work, flushes and seals.
 */
import { BrokerError } from '../base/errors.ts';
import { uuidFromBytes, uuidToString } from '../base/uuid.ts';
import type { GroupAnswer, GroupCommand } from '../group/commands.ts';
import type { GroupsState } from '../group/model.ts';
import type { SteadyClock } from '../machine/steady-clock.ts';
import type { BrokerSettings } from '../metadata/broker-settings.ts';
import type { AnswerTo, MetadataCommand, NewTopic } from '../metadata/commands.ts';
import { connectionLimits } from '../metadata/connection-settings.ts';
import type { EmbeddedMetadataStore } from '../metadata/embedded-store.ts';
import { groupText } from '../metadata/group-settings.ts';
import type { MetadataDelta } from '../metadata/image.ts';
import type { MetadataStore } from '../metadata/store-port.ts';
import { type Clock, DiskError, type Platform } from '../platform/ports.ts';
import { ClientQuotas } from '../quota/client-quotas.ts';
import { ConnectionGate } from '../quota/connection-gate.ts';
import { type EndMarker, endMarkerBatch } from '../record/control.ts';
import { type Access, OPEN_ACCESS } from '../security/access.ts';
import { Authorizer } from '../security/authorizer.ts';
import type { Principal } from '../security/principal.ts';
import type { ChunkLog } from '../store/contract.ts';
import type { ProducerStates } from '../transaction/producer-state.ts';
import { HalfMessages, type HalfRunner } from './half/half-messages.ts';
import type { DedupIds } from './headers/dedup-ids.ts';
import { Housekeeping } from './housekeeping.ts';
import type { LogLevels } from './log-levels.ts';
import { METADATA_STREAM, SEQUENCE_STREAM } from './machine-streams.ts';
import type { ProducerIds } from './producer-ids.ts';
import { Publisher } from './publish.ts';
import { QueueAdmin } from './queue-admin.ts';
import { type QueueRunner, Queues } from './queues.ts';
import { RedriveRuns } from './redrive-runs.ts';
import type { ScheduleRunner } from './schedule/draft.ts';
import { Schedules } from './schedule/schedules.ts';
import { ShareGroups } from './share-groups.ts';
import { type Partition, refuseWrite, TopicTable } from './topics.ts';
import { type TransactionRunner, Transactions } from './transactions.ts';

const TOPIC_ID_BYTES = 16;
/** Clients whose use of a quota is measured at one time, for each kind of quota; about 500 bytes each. */
const QUOTAS_MEASURED_MAX = 20_000;

export interface GroupCoordinator {
  submit(command: GroupCommand, onAnswer: (answer: GroupAnswer | BrokerError) => void): void;
}

/** What `openBroker` (open.ts) has recovered. */
export interface BrokerParts {
  readonly platform: Platform;
  readonly logLevels: LogLevels;
  readonly settings: BrokerSettings;
  readonly log: ChunkLog;
  readonly metadata: EmbeddedMetadataStore;
  readonly groups: {
    readonly state: GroupsState;
    submit: GroupCoordinator['submit'];
    close(reason: BrokerError): void;
  };
  readonly producers: ProducerStates;
  readonly producerIds: { source: ProducerIds; close(reason: BrokerError): void };
  readonly transactions: TransactionRunner;
  readonly queues: { readonly runner: QueueRunner; readonly clock: SteadyClock };
  readonly schedule: ScheduleRunner;
  readonly dedup: DedupIds;
  /** The clock is the one that the machine runs on. */
  readonly halves: { readonly runner: HalfRunner; readonly clock: SteadyClock };
}

export class Broker {
  readonly settings: BrokerSettings;
  /** The loggers of all areas, and their levels. */
  readonly logLevels: LogLevels;
  readonly clock: Clock;
  readonly log: ChunkLog;
  readonly metadata: MetadataStore;
  readonly topics: TopicTable;
  readonly publisher: Publisher;
  readonly groups: GroupCoordinator;
  readonly producerIds: ProducerIds;
  /** What clients use of their quotas; follows the metadata. */
  readonly quotas: ClientQuotas;
  readonly transactions: Transactions;
  /** Subscriptions: the other way to consume. */
  readonly queues: Queues;
  readonly queueAdmin: QueueAdmin;
  /** Messages that wait for their sender's word. */
  readonly halfMessages: HalfMessages;
  /** Dead letters on their way back. */
  readonly redrives: RedriveRuns;
  /** Messages that wait for their time. */
  readonly schedules: Schedules;
  readonly shareGroups: ShareGroups;
  /** Who is let in, of all protocols; follows settings and metadata. */
  readonly connections: ConnectionGate;
  readonly #parts: BrokerParts;
  readonly #housekeeping: Housekeeping;
  /** Null: everybody may do everything. */
  readonly #authorizer: Authorizer | null;

  constructor(parts: BrokerParts) {
    this.#parts = parts;
    this.settings = parts.settings;
    this.logLevels = parts.logLevels;
    this.clock = parts.platform.clock;
    this.log = parts.log;
    this.metadata = parts.metadata;
    this.groups = parts.groups;
    this.producerIds = parts.producerIds.source;
    this.topics = new TopicTable({
      log: parts.log,
      image: parts.metadata.image,
      producers: parts.producers,
      compression: parts.platform.compression,
    });
    this.transactions = new Transactions(parts.transactions, this.producerIds);
    this.schedules = new Schedules({
      log: parts.log,
      ...parts.platform,
      logger: parts.logLevels.logger('polylog.broker'),
      runner: parts.schedule,
      topic: (id) => this.topics.byId(id),
    });
    this.publisher = new Publisher({
      log: parts.log,
      clock: this.clock,
      compression: parts.platform.compression,
      transactions: this.transactions,
      refusal: (topicId) => this.queues.refusal(topicId),
      headers: {
        schedules: this.schedules,
        dedup: parts.dedup,
        sequences: parts.log.stream(SEQUENCE_STREAM, 0),
        sibling: ({ topic }, index) => this.topics.partition(topic, index)!,
      },
    });
    this.halfMessages = new HalfMessages({
      log: parts.log,
      clock: parts.halves.clock,
      compression: parts.platform.compression,
      logger: parts.logLevels.logger('polylog.broker'),
      runner: parts.halves.runner,
      randomId: () => this.randomId(),
      topic: (id) => this.topics.byId(id),
      refusal: (topicId) => this.queues.refusal(topicId),
      checkAfterMs: this.settings.half.checkAfterMs,
    });
    const { runner, clock: steady } = parts.queues;
    this.queues = new Queues({
      runner,
      steady,
      log: parts.log,
      clock: this.clock,
      random: parts.platform.random,
      compression: parts.platform.compression,
      topics: this.topics,
      logger: parts.logLevels.logger('polylog.broker'),
      createTopic: async (name) => (await this.autoCreate([name])).get(name) ?? null,
    });
    this.queueAdmin = new QueueAdmin({
      queues: this.queues,
      log: parts.log,
      clock: this.clock,
      topics: this.topics,
      compression: parts.platform.compression,
      randomId: () => this.randomId(),
    });
    this.redrives = new RedriveRuns({ admin: this.queueAdmin, clock: this.clock });
    this.shareGroups = new ShareGroups({
      queues: this.queues,
      image: parts.metadata.image,
      groups: parts.groups.state,
      clock: this.clock,
    });
    const { access } = this.settings;
    this.#authorizer = access.enabled ? new Authorizer(access) : null;
    for (const acl of this.metadata.image.acls()) this.#authorizer?.add(acl);
    this.quotas = new ClientQuotas({ ...parts.settings.quotas, measuredMax: QUOTAS_MEASURED_MAX });
    this.connections = new ConnectionGate({
      limits: () => connectionLimits(this.metadata.image.brokerValues, null),
      listenerLimits: (name) => connectionLimits(this.metadata.image.brokerValues, name),
      addressLimits: () => this.metadata.image.settings.perAddress,
      windows: parts.settings.quotas.windows,
      measuredMax: QUOTAS_MEASURED_MAX,
    });
    this.#loadQuotas();
    this.log.adjust(this.metadata.image.settings.store);
    parts.metadata.watch((delta) => this.#metadataChanged(delta));
    this.#housekeeping = new Housekeeping({
      broker: this,
      producers: parts.producers,
      logger: parts.logLevels.logger('polylog.broker'),
    });
    this.#housekeeping.start();
    this.schedules.start();
    this.halfMessages.start();
  }

  get clusterId(): string {
    return this.metadata.image.clusterId;
  }

  get leaderEpoch(): number {
    return this.log.leaderEpoch;
  }

  /** The value of a setting of a group, its own or what holds where it sets none. */
  groupSetting(groupId: string, name: string): string {
    const { groupConfigs, brokerValues } = this.metadata.image;
    return groupText(name, groupConfigs.get(groupId), brokerValues);
  }

  /** What a principal may do from an address: by access rules, or everything where no authorizer is configured. */
  access(principal: Principal, host: string): Access {
    return this.#authorizer?.access(principal, host) ?? OPEN_ACCESS;
  }

  randomBytes(length: number): Buffer {
    return this.#parts.platform.random.bytes(length);
  }

  /** 22 random characters, for member ids and the like. */
  randomId(): string {
    return uuidToString(uuidFromBytes(this.randomBytes(16)));
  }

  /** How far the log of the metadata goes, and up to where it is durable; both in records. */
  metadataPosition(): { endOffset: number; highWatermark: number } {
    const { endOffset, highWatermark } = this.log.stream(METADATA_STREAM, 0);
    return { endOffset, highWatermark };
  }

  /** Groups of all types, empty ones too. */
  get groupCount(): number {
    return this.#parts.groups.state.groups.size;
  }

  /** Transactional ids that are remembered. */
  get transactionalIdCount(): number {
    return this.#parts.transactions.state.byId.size;
  }

  /** Idempotent producers that are remembered, counted in each partition that they write to. */
  get producerCount(): number {
    return this.#parts.producers.entryCount;
  }

  /** −1 for both where the disk does not say. */
  diskSpace(): { freeBytes: number; totalBytes: number } {
    try {
      return this.#parts.platform.disk.space(this.settings.dataDirectory);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      return { freeBytes: -1, totalBytes: -1 };
    }
  }

  /** `metadata.propose` as a promise, for what is rare. */
  propose<Command extends MetadataCommand>(command: Command): Promise<AnswerTo<Command> | BrokerError> {
    return new Promise((resolve) => this.metadata.propose(command, resolve));
  }

  /** Creates topics with the broker's defaults. Answers the refusals by name; who was first doesn't matter. */
  autoCreate(names: readonly string[]): Promise<Map<string, BrokerError>> {
    return this.createTopics(
      names.map((name) => ({ name, partitionCount: -1, replicationFactor: -1, configs: [] })),
    );
  }

  /** The same of topics that are described. */
  async createTopics(topics: readonly Omit<NewTopic, 'assignments'>[]): Promise<Map<string, BrokerError>> {
    const results = await this.propose({
      kind: 'create-topics',
      topics: topics.map(({ name, partitionCount, replicationFactor, configs }) => ({
        name,
        partitionCount,
        replicationFactor,
        assignments: null,
        configs,
      })),
      validateOnly: false,
      randomBytes: this.randomBytes(TOPIC_ID_BYTES * topics.length),
    });
    const refusals = new Map<string, BrokerError>();
    topics.forEach(({ name }, i) => {
      const result = results instanceof BrokerError ? results : results[i]!;
      if (result instanceof BrokerError && result.code !== 'topic-exists') refusals.set(name, result);
    });
    return refusals;
  }

  /**
   * Moves a partition's start to `offset` (−1: the high watermark). Answers the new start when that is durable;
   * offset-out-of-range when it is not between start and high watermark; policy-violation where the topic is only compacted,
   * whose readers count on the latest record of each key.
   */
  deleteRecords(partition: Partition, offset: number, done: (result: number | BrokerError) => void): void {
    const refusal = refuseWrite(partition);
    if (refusal !== null) return done(refusal);
    const { stream, topic } = partition;
    if (topic.config.compaction !== null && !topic.config.deletes) {
      const message = `topic '${topic.name}' is only compacted: delete by key, or set cleanup.policy=compact,delete before`;
      return done(new BrokerError('policy-violation', message));
    }
    const startOffset = offset === -1 ? stream.highWatermark : offset;
    if (startOffset < 0 || startOffset > stream.highWatermark) {
      const message = `offset ${offset} is above the high watermark ${stream.highWatermark}`;
      return done(new BrokerError('offset-out-of-range', message));
    }
    if (startOffset <= stream.startOffset) return done(stream.startOffset);
    const outcome = this.log.append({
      entries: [],
      events: [{ kind: 'advance-start', stream, startOffset }],
      durability: 'fsync',
      onCommitted: () => done(stream.startOffset),
    });
    if (outcome instanceof BrokerError) done(outcome);
  }

  /** Ends a producer's transaction in one partition, whatever its coordinator knows: for administrators (KIP-664). */
  writeEndMarker(partition: Partition, marker: EndMarker, done: (error: BrokerError | null) => void): void {
    const refusal = refuseWrite(partition);
    if (refusal !== null) return done(refusal);
    const { stream, producers } = partition;
    const known = producers.entries.get(marker.producerId)?.epoch ?? -1;
    if (marker.producerEpoch < known) {
      const message = `producer ${marker.producerId} has epoch ${known} here; the marker has ${marker.producerEpoch}`;
      return done(new BrokerError('invalid-producer-epoch', message));
    }
    const nowMs = this.clock.nowMs();
    const batch = endMarkerBatch(marker, nowMs);
    const outcome = this.log.append({
      entries: [{ stream, batch }],
      durability: 'fsync',
      onCommitted: () => done(null),
    });
    if (outcome instanceof BrokerError) done(outcome);
    else producers.note(batch, outcome.baseOffsets[0]!, nowMs);
  }

  #loadQuotas(): void {
    const quotas = [...this.metadata.image.quotas()];
    this.quotas.load(quotas);
    this.connections.load(quotas);
  }

  #metadataChanged(delta: MetadataDelta): void {
    for (const acl of delta.aclsAdded) this.#authorizer?.add(acl);
    for (const acl of delta.aclsRemoved) this.#authorizer?.remove(acl);
    const names = [...delta.created, ...delta.deleted, ...delta.changed].map(({ name }) => name);
    if (names.length > 0) this.groups.submit({ kind: 'topics-changed', names }, () => undefined);
    this.queues.topicsChanged(delta.changed.map(({ id }) => id));
    this.#housekeeping.topicsChanged(delta.changed);
    if (delta.quotas) this.#loadQuotas();
    if (delta.brokerConfig) this.log.adjust(this.metadata.image.settings.store);
    if (delta.deleted.length === 0) return;
    const topicIds = delta.deleted.map(({ id }) => id);
    for (const id of topicIds) {
      this.topics.forget(id);
      this.#parts.producers.removeTopic(id);
    }
    this.groups.submit({ kind: 'topics-deleted', topicIds }, () => undefined);
    this.transactions.submit({ kind: 'topics-deleted', topicIds }, () => undefined);
    this.queues.topicsDeleted(topicIds);
    this.halfMessages.topicsDeleted(topicIds);
  }

  /** Refuses new work, ends what waits, flushes and seals. */
  async close(): Promise<void> {
    const reason = new BrokerError('shutting-down', 'the broker is shutting down');
    this.#housekeeping.stop();
    this.schedules.stop();
    this.#parts.schedule.close(reason);
    this.halfMessages.stop();
    this.#parts.halves.runner.close(reason);
    this.#parts.groups.close(reason);
    this.#parts.transactions.close(reason);
    this.queues.close(reason);
    this.#parts.producerIds.close(reason);
    this.#parts.metadata.close(reason);
    await this.log.close();
    this.publisher.close();
  }
}
