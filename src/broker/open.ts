/**
 * Opens a broker: recovers what its data directory holds, the log first and the machines from it, and returns when
 * everything can be served.
 */
import type { BlockPool } from '../base/block-pool.ts';
import type { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import type { GroupAnswer, GroupCommand } from '../group/commands.ts';
import { createGroupMachine } from '../group/machine.ts';
import type { GroupsState } from '../group/model.ts';
import type { GroupRecord } from '../group/records.ts';
import { GROUP_SETTINGS_DEFAULT, type GroupSettings } from '../group/settings.ts';
import { createHalfMachine } from '../half/machine.ts';
import { MachineRunner } from '../machine/runner.ts';
import { steadyClock } from '../machine/steady-clock.ts';
import type { BrokerSettings } from '../metadata/broker-settings.ts';
import type { ConfigValues } from '../metadata/broker-values.ts';
import { INITIAL_RANDOM_BYTES } from '../metadata/commands.ts';
import { EmbeddedMetadataStore } from '../metadata/embedded-store.ts';
import type { Platform } from '../platform/ports.ts';
import { createQueueMachine } from '../queue/machine.ts';
import { batchBaseOffset, batchProducerId } from '../record/batch.ts';
import { scheduleMachine } from '../schedule/machine.ts';
import type { ChunkLog } from '../store/contract.ts';
import { openChunkLog } from '../store/open.ts';
import { createTransactionMachine } from '../transaction/machine.ts';
import { producerIdMachine } from '../transaction/producer-ids.ts';
import { loadProducers, saveProducers } from '../transaction/producer-snapshot.ts';
import { ProducerStates } from '../transaction/producer-state.ts';
import { Broker } from './broker.ts';
import { BrokerGroupWorld } from './group-world.ts';
import { DedupIds } from './headers/dedup-ids.ts';
import { noteUnstored } from './headers/unstored.ts';
import { type LogLevels, logLevelsFrom } from './log-levels.ts';
import {
  GROUP_STREAM,
  HALF_MACHINE_STREAM,
  METADATA_STREAM,
  machineLog,
  PRODUCER_ID_STREAM,
  QUEUE_STREAM,
  SCHEDULE_STREAM,
  SEQUENCE_STREAM,
  TRANSACTION_STREAM,
} from './machine-streams.ts';
import { ProducerIds } from './producer-ids.ts';
import type { QueueRunner } from './queues.ts';
import type { TransactionRunner } from './transactions.ts';

/** Producers that are remembered over all partitions; about 250 bytes each. */
const PRODUCERS_MAX = 200_000;
/** Half messages whose end is remembered; about 200 bytes each. */
const HALVES_ENDED_MAX = 100_000;
/** Deliveries that have a name of their own until the next start. */
const LEASES_OF_A_START = 2 ** 32;

export interface OpenBroker {
  readonly platform: Platform;
  readonly settings: BrokerSettings;
  /** Canonical values from file, environment and flags: what topics inherit and DescribeConfigs shows. */
  readonly staticValues: ConfigValues;
  /** The log has stopped for ever (a failed fsync, a broken disk): the process should end. */
  readonly onFatal: (error: BrokerError) => void;
  /** Its loggers, by area; made from the platform's where nothing is said. */
  readonly logLevels?: LogLevels | undefined;
  /** The memory to work in; its own where nothing is said. */
  readonly blocks?: BlockPool | undefined;
}

function groupSettings({ groups }: BrokerSettings): GroupSettings {
  return {
    sessionTimeoutMinMs: groups.sessionTimeoutMsMin,
    sessionTimeoutMaxMs: groups.sessionTimeoutMsMax,
    initialRebalanceDelayMs: groups.initialRebalanceDelayMs,
    groupMembersMax: groups.membersMax,
    offsetMetadataMax: groups.offsetMetadataBytesMax,
    offsetsRetentionMs: groups.offsetsRetentionMs,
    offsetsRetentionCheckMs: groups.offsetsCheckIntervalMs,
    consumerMembersMax: groups.consumer.membersMax,
    consumerAssignors: groups.consumer.assignors,
    consumerMigration: groups.consumer.migrationPolicy,
    streamsMembersMax: groups.streams.membersMax,
    shareMembersMax: groups.share.membersMax,
    newMemberJoinTimeoutMs: GROUP_SETTINGS_DEFAULT.newMemberJoinTimeoutMs,
  };
}

/** The log, and from it what partitions know of producers. */
function openLog(
  { platform, settings, onFatal, blocks }: OpenBroker,
  logLevels: LogLevels,
  producers: ProducerStates,
): Promise<ChunkLog> {
  const { clock, disk, random, compression } = platform;
  return openChunkLog({
    directory: settings.dataDirectory,
    disk,
    clock,
    logger: logLevels.logger('polylog.store'),
    random,
    compression,
    settings: settings.store,
    blocks,
    onFatal,
    checkpointer: {
      save: () => saveProducers(producers),
      load: (saved) => {
        if (saved !== null) loadProducers(producers, saved);
      },
      replay({ topicId, partition }, batch) {
        if (batchProducerId(batch) < 0) return;
        if (topicId === SEQUENCE_STREAM) return noteUnstored(producers, batch, clock.nowMs());
        // Seen now: the time in the batch is the client's, and may be long ago.
        producers.partition(topicId, partition).note(batch, batchBaseOffset(batch), clock.nowMs());
      },
      topicDeleted: (topicId) => producers.removeTopic(topicId),
    },
  });
}

/** A crash between the deletion of a topic and what machines know of it leaves these: a new topic of that name is another one. */
function forgetDeletedTopics(
  { image }: EmbeddedMetadataStore,
  groups: MachineRunner<GroupsState, GroupCommand, GroupRecord, GroupAnswer>,
  transactions: TransactionRunner,
  queues: QueueRunner,
): void {
  const known = new Set<Uuid>();
  for (const { offsets, pending } of groups.state.groups.values()) {
    for (const held of [offsets, ...pending.values()])
      for (const { topicId } of held.values()) known.add(topicId);
  }
  for (const { partitions } of transactions.state.byId.values()) {
    for (const topicId of partitions.keys()) known.add(topicId);
  }
  for (const topicId of queues.state.byTopic.keys()) known.add(topicId);
  const topicIds = [...known].filter((topicId) => image.topicById(topicId) === undefined);
  if (topicIds.length === 0) return;
  groups.submit({ kind: 'topics-deleted', topicIds }, () => undefined);
  transactions.submit({ kind: 'topics-deleted', topicIds }, () => undefined);
  queues.submit({ kind: 'topics-deleted', topicIds }, () => undefined);
}

/** Opens the data directory of `settings`, recovering what it holds. Rejects with BrokerError when that is refused. */
export async function openBroker(options: OpenBroker): Promise<Broker> {
  const { platform, settings, staticValues } = options;
  const { clock, random } = platform;
  const logLevels = options.logLevels ?? logLevelsFrom(platform.logger, settings.logLevel);
  const producers = new ProducerStates({
    expirationMs: settings.producerExpirationMs,
    entriesMax: PRODUCERS_MAX,
  });
  const log = await openLog(options, logLevels, producers);
  const metadata = new EmbeddedMetadataStore({
    brokerId: settings.nodeId,
    staticValues,
    run: (machine) => new MachineRunner({ machine, clock, log: machineLog(log, METADATA_STREAM) }),
  });
  const groups = new MachineRunner({
    machine: createGroupMachine(groupSettings(settings), new BrokerGroupWorld(metadata.image)),
    // Sessions and rebalances are spans: a wall clock that is set must not end them.
    clock: steadyClock(clock),
    log: machineLog(log, GROUP_STREAM),
  });
  const producerIds = new MachineRunner({
    machine: producerIdMachine,
    clock,
    log: machineLog(log, PRODUCER_ID_STREAM),
  });
  const transactions = new MachineRunner({
    machine: createTransactionMachine({
      settings: settings.transactions,
      coordinatorEpoch: log.leaderEpoch,
    }),
    clock: steadyClock(clock),
    log: machineLog(log, TRANSACTION_STREAM, {
      appended: ({ topicId, partition }, batch, baseOffset) =>
        producers.partition(topicId, partition).note(batch, baseOffset, clock.nowMs()),
      endOffsets: ({ producerId, groupIds, commit }) =>
        groups.enlist({ kind: 'transaction-ended', producerId, groupIds, commit }),
    }),
  });
  // Leases are spans, and so are delays of retries and of checks, which outlive a restart.
  const queueClock = steadyClock(clock);
  const queues = new MachineRunner({
    machine: createQueueMachine({ firstLease: log.leaderEpoch * LEASES_OF_A_START }),
    clock: queueClock,
    onReplayed: (lastMs) => queueClock.notBefore(lastMs),
    log: machineLog(log, QUEUE_STREAM),
  });
  const halfClock = steadyClock(clock);
  const halves = new MachineRunner({
    machine: createHalfMachine({ ...settings.half, endedMax: HALVES_ENDED_MAX }),
    clock: halfClock,
    onReplayed: (lastMs) => halfClock.notBefore(lastMs),
    log: machineLog(log, HALF_MACHINE_STREAM),
  });
  const dedup = new DedupIds(log, settings.dedupIdsMax);
  const schedule = new MachineRunner({
    machine: scheduleMachine,
    clock,
    log: machineLog(log, SCHEDULE_STREAM),
  });
  try {
    await metadata.start(random.bytes(INITIAL_RANDOM_BYTES));
    await groups.start();
    await producerIds.start();
    await transactions.start();
    await queues.start();
    await schedule.start();
    await dedup.start();
    await halves.start();
  } catch (error) {
    await log.close();
    throw error;
  }
  forgetDeletedTopics(metadata, groups, transactions, queues);
  return new Broker({
    platform,
    logLevels,
    settings,
    log,
    metadata,
    groups,
    producers,
    producerIds: { source: new ProducerIds(producerIds), close: (reason) => producerIds.close(reason) },
    transactions,
    queues: { runner: queues, clock: queueClock },
    schedule,
    dedup,
    halves: { runner: halves, clock: halfClock },
  });
}
