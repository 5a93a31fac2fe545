/**
 * Decisions on transactions (KIP-98, KIP-360, KIP-890).
 *
 * The end of a transaction is one frame: the new state, an end marker in every partition, and what becomes of the offsets in
 * it. So there is no state between open and complete, nobody has to be told to come again, and nothing is left to be done
 * after a crash. A producer is fenced by an epoch that its partitions learn from the markers.
 */
import { BrokerError } from '../base/errors.ts';
import type { Decision, FrameCompanion, TimerRequest } from '../machine/machine.ts';
import { endMarkerBatch } from '../record/control.ts';
import type {
  AddToTransactionCommand,
  EndTransactionCommand,
  InitProducerCommand,
  ProducerEpoch,
  TimeoutDueCommand,
  TopicPartitions,
  TransactionAnswer,
  TransactionCommand,
} from './commands.ts';
import {
  hasPartition,
  PRODUCER_EPOCH_MAX,
  type Transaction,
  type TransactionMetadata,
  type TransactionsState,
} from './model.ts';
import type { TransactionRecord } from './records.ts';
import type { TransactionSettings } from './settings.ts';

export type TransactionDecision = Decision<TransactionRecord, TransactionCommand, TransactionAnswer>;

/** What a decision needs beside the state. */
export interface DecideContext {
  readonly settings: TransactionSettings;
  /** Stands in the markers: the shard's leader epoch. */
  readonly coordinatorEpoch: number;
  readonly nowMs: number;
}

const timeoutKey = (transactionalId: string): string => `timeout\0${transactionalId}`;

/** For a transaction that is open since `startMs`: behind a restart the clock may be another one, and be earlier. */
export function timeoutTimer(
  {
    transactionalId,
    startMs,
    timeoutMs,
  }: Pick<TransactionMetadata, 'transactionalId' | 'startMs' | 'timeoutMs'>,
  nowMs: number,
): TimerRequest<TransactionCommand> {
  return {
    key: timeoutKey(transactionalId),
    atMs: Math.min(startMs, nowMs) + timeoutMs,
    command: { kind: 'timeout-due', transactionalId, startMs },
  };
}

const answered = (to: number, answer: TransactionAnswer | BrokerError): TransactionDecision => ({
  replies: [{ to, answer }],
});

export function decideInit(
  state: TransactionsState,
  command: InitProducerCommand,
  token: number,
  context: DecideContext,
): TransactionDecision {
  const { transactionalId, expected, freshProducerId } = command;
  const known = state.byId.get(transactionalId);
  const refusal = refuseInit(state, command, context.settings);
  if (refusal !== null) return answered(token, refusal);
  if (known === undefined) {
    return begun(null, { producerId: freshProducerId, epoch: 0 }, { command, token, context });
  }
  const { metadata } = known;
  if (expected !== null && !isCurrent(metadata, expected)) {
    // The answer to the same question was lost.
    const repeated =
      metadata.phase !== 'Ongoing' &&
      expected.producerId === metadata.lastProducerId &&
      expected.epoch === metadata.lastEpoch;
    const { producerId, epoch } = metadata;
    return answered(token, repeated ? { kind: 'producer', producerId, epoch } : fenced(transactionalId));
  }
  return begun(known, nextEpoch(metadata, freshProducerId), { command, token, context });
}

function refuseInit(
  state: TransactionsState,
  { transactionalId, timeoutMs }: InitProducerCommand,
  settings: TransactionSettings,
): BrokerError | null {
  if (transactionalId === '') return emptyId();
  if (timeoutMs <= 0 || timeoutMs > settings.timeoutMaxMs) {
    return new BrokerError(
      'invalid-transaction-timeout',
      `A transaction timeout of ${timeoutMs} ms is not between 1 and transaction.max.timeout.ms (${settings.timeoutMaxMs}).`,
    );
  }
  if (!state.byId.has(transactionalId) && state.byId.size >= settings.idsMax) {
    return new BrokerError(
      'policy-violation',
      `There are ${settings.idsMax} transactional ids (polylog.transactional.ids.max): use fewer, or raise the setting.`,
    );
  }
  return null;
}

/** The producer has a new epoch, and no open transaction. */
function begun(
  known: Transaction | null,
  next: ProducerEpoch,
  {
    command,
    token,
    context,
  }: { readonly command: InitProducerCommand; readonly token: number; readonly context: DecideContext },
): TransactionDecision {
  const { transactionalId, timeoutMs, expected } = command;
  // Only who knew what it had may ask again for what it got.
  const last = expected !== null && known !== null ? known.metadata : NOBODY;
  const metadata: TransactionMetadata = {
    transactionalId,
    ...next,
    lastProducerId: last.producerId,
    lastEpoch: last.epoch,
    timeoutMs,
    phase: 'Empty',
    epochBumped: false,
    startMs: -1,
    updatedMs: context.nowMs,
  };
  const open = known !== null && known.metadata.phase === 'Ongoing' ? known : null;
  return {
    records: [recordOf(metadata)],
    ...(open !== null && ended(open, { commit: false, epoch: open.metadata.epoch + 1, context })),
    replies: [{ to: token, answer: { kind: 'producer', ...next } }],
  };
}

const NOBODY: ProducerEpoch = { producerId: -1, epoch: -1 };

export function decideAdd(
  state: TransactionsState,
  command: AddToTransactionCommand,
  token: number,
  { nowMs }: DecideContext,
): TransactionDecision {
  const transaction = producerOf(state, command);
  if (transaction instanceof BrokerError) return answered(token, transaction);
  const topics = newPartitions(transaction, command.topics);
  const groupIds = command.groupIds.filter((groupId) => !transaction.groups.has(groupId));
  if (topics.length === 0 && groupIds.length === 0) return answered(token, { kind: 'done' });
  const { transactionalId, phase } = transaction.metadata;
  const begins = phase !== 'Ongoing';
  return {
    records: [{ kind: 'added', transactionalId, nowMs, topics, groupIds }],
    replies: [{ to: token, answer: { kind: 'done' } }],
    timers: begins ? [timeoutTimer({ ...transaction.metadata, startMs: nowMs }, nowMs)] : [],
    // What this is for comes behind it in the log, and is flushed with it.
    unflushed: true,
  };
}

/** Those that the transaction doesn't hold yet. */
function newPartitions(transaction: Transaction, topics: readonly TopicPartitions[]): TopicPartitions[] {
  const added: TopicPartitions[] = [];
  for (const { topicId, partitions } of topics) {
    const fresh = partitions.filter((partition) => !hasPartition(transaction, topicId, partition));
    if (fresh.length > 0) added.push({ topicId, partitions: fresh });
  }
  return added;
}

export function decideEnd(
  state: TransactionsState,
  command: EndTransactionCommand,
  token: number,
  context: DecideContext,
): TransactionDecision {
  const { commit, bumpEpoch, freshProducerId } = command;
  const known = state.byId.get(command.transactionalId);
  const repeated = bumpEpoch && known !== undefined && isRepeatedEnd(known.metadata, command);
  const transaction = repeated ? known : producerOf(state, command);
  if (transaction instanceof BrokerError) return answered(token, transaction);
  const { metadata } = transaction;
  const current = bumpEpoch ? nextEpoch(metadata, freshProducerId) : metadata;
  if (metadata.phase === 'Ongoing') {
    const epoch = bumpEpoch ? metadata.epoch + 1 : metadata.epoch;
    return {
      records: [
        recordOf(endedMetadata(metadata, current, { commit, bumped: bumpEpoch, nowMs: context.nowMs })),
      ],
      ...ended(transaction, { commit, epoch, context }),
      replies: [{ to: token, answer: answerOf(current) }],
    };
  }
  const complete = metadata.phase === (commit ? 'CompleteCommit' : 'CompleteAbort');
  // The answer to the same question was lost; before KIP-890 it can't be told from one that came before.
  if (complete && (repeated || !bumpEpoch)) return answered(token, answerOf(metadata));
  if (bumpEpoch && !commit && !repeated) {
    // The producer doesn't know whether anything was added before it gave up.
    return {
      records: [recordOf(endedMetadata(metadata, current, { commit, bumped: true, nowMs: context.nowMs }))],
      replies: [{ to: token, answer: answerOf(current) }],
    };
  }
  return answered(token, notOpen(metadata, commit));
}

/**
 * The producer's timeout has passed: the transaction is aborted, and what its producer still sends is of an old epoch. A
 * producer of KIP-890 that then aborts, or any that says what it had, is given the new epoch and goes on.
 */
export function decideTimeout(
  state: TransactionsState,
  { transactionalId, startMs }: TimeoutDueCommand,
  context: DecideContext,
): TransactionDecision {
  const transaction = state.byId.get(transactionalId);
  if (transaction === undefined) return {};
  const { metadata } = transaction;
  if (metadata.phase !== 'Ongoing' || metadata.startMs !== startMs) return {};
  const epoch = metadata.epoch + 1;
  // The highest epoch only fences: no transaction could end behind it.
  const bumped = epoch <= PRODUCER_EPOCH_MAX;
  const { producerId } = metadata;
  return {
    records: [
      recordOf(
        endedMetadata(metadata, { producerId, epoch }, { commit: false, bumped, nowMs: context.nowMs }),
      ),
    ],
    companions: companionsOf(transaction, { commit: false, epoch, context }),
  };
}

interface End {
  readonly commit: boolean;
  /** For the markers. */
  readonly epoch: number;
  readonly context: DecideContext;
}

/** What goes into the frame that ends an open transaction, and no longer has to be waited for. */
function ended(transaction: Transaction, end: End): Pick<TransactionDecision, 'companions' | 'timers'> {
  const key = timeoutKey(transaction.metadata.transactionalId);
  return { companions: companionsOf(transaction, end), timers: [{ key, atMs: 0, command: null }] };
}

function companionsOf({ metadata, partitions, groups }: Transaction, end: End): FrameCompanion[] {
  const { commit, epoch: producerEpoch, context } = end;
  const { producerId } = metadata;
  const companions: FrameCompanion[] = [];
  const marker = { producerId, producerEpoch, commit, coordinatorEpoch: context.coordinatorEpoch };
  let batch: Buffer | null = null;
  for (const [topicId, indexes] of partitions) {
    for (const partition of indexes) {
      // The log writes offsets into it: each partition has its own.
      batch = batch === null ? endMarkerBatch(marker, context.nowMs) : Buffer.from(batch);
      companions.push({ kind: 'append', topicId, partition, batch });
    }
  }
  if (groups.size > 0) companions.push({ kind: 'end-offsets', producerId, groupIds: [...groups], commit });
  return companions;
}

function endedMetadata(
  metadata: TransactionMetadata,
  next: ProducerEpoch,
  { commit, bumped, nowMs }: { readonly commit: boolean; readonly bumped: boolean; readonly nowMs: number },
): TransactionMetadata {
  return {
    ...metadata,
    producerId: next.producerId,
    epoch: next.epoch,
    lastProducerId: bumped ? metadata.producerId : -1,
    lastEpoch: bumped ? metadata.epoch : -1,
    phase: commit ? 'CompleteCommit' : 'CompleteAbort',
    epochBumped: bumped,
    updatedMs: nowMs,
  };
}

const recordOf = (metadata: TransactionMetadata): TransactionRecord => ({
  kind: 'transaction',
  metadata,
  topics: [],
  groupIds: [],
});

const answerOf = ({ producerId, epoch }: ProducerEpoch): TransactionAnswer => ({
  kind: 'producer',
  producerId,
  epoch,
});

/** The epoch that follows; with another producer id where there is none left. */
function nextEpoch({ producerId, epoch }: ProducerEpoch, freshProducerId: number): ProducerEpoch {
  return epoch < PRODUCER_EPOCH_MAX
    ? { producerId, epoch: epoch + 1 }
    : { producerId: freshProducerId, epoch: 0 };
}

function isCurrent(metadata: TransactionMetadata, { producerId, epoch }: ProducerEpoch): boolean {
  return producerId === metadata.producerId && epoch === metadata.epoch;
}

/** KIP-890: the last end gave the producer a new epoch, and it comes again with the one before. */
function isRepeatedEnd(metadata: TransactionMetadata, { producerId, epoch }: ProducerEpoch): boolean {
  return (
    metadata.phase !== 'Ongoing' &&
    metadata.epochBumped &&
    producerId === metadata.lastProducerId &&
    epoch === metadata.lastEpoch
  );
}

/** The transaction of the producer that speaks, or why it may not. */
export function producerOf(
  state: TransactionsState,
  { transactionalId, producerId, epoch }: ProducerEpoch & { readonly transactionalId: string },
): Transaction | BrokerError {
  if (transactionalId === '') return emptyId();
  const transaction = state.byId.get(transactionalId);
  if (transaction === undefined || transaction.metadata.producerId !== producerId) {
    return new BrokerError(
      'invalid-producer-id-mapping',
      `Transactional id '${transactionalId}' doesn't have the producer id ${producerId}: initialize the producer again.`,
    );
  }
  return transaction.metadata.epoch === epoch ? transaction : fenced(transactionalId);
}

function emptyId(): BrokerError {
  return new BrokerError(
    'invalid-request',
    'The transactional id must not be empty: leave it out, or give one.',
  );
}

function fenced(transactionalId: string): BrokerError {
  return new BrokerError(
    'producer-fenced',
    `A newer producer has the transactional id '${transactionalId}', or its transaction timed out: close this one.`,
  );
}

function notOpen({ transactionalId, phase }: TransactionMetadata, commit: boolean): BrokerError {
  return new BrokerError(
    'invalid-transaction-state',
    `The transaction of '${transactionalId}' is ${phase}: there is nothing to ${commit ? 'commit' : 'abort'}.`,
  );
}
