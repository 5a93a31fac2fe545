/**
 * The coordinator of all transactions of a shard, as a machine: who has which transactional id, and what its open
 * transaction holds. Everything is logged; a restart goes on where it was, and open transactions keep their time.
 */
import { BrokerError } from '../base/errors.ts';
import type { Machine, TimerRequest } from '../machine/machine.ts';
import type {
  DescribeTransactionsCommand,
  ListTransactionsCommand,
  TopicPartitions,
  TopicsDeletedCommand,
  TransactionAnswer,
  TransactionCommand,
  TransactionDescription,
} from './commands.ts';
import {
  type DecideContext,
  decideAdd,
  decideEnd,
  decideInit,
  decideTimeout,
  type TransactionDecision,
  timeoutTimer,
} from './decide.ts';
import { newTransactionsState, type Transaction, type TransactionsState } from './model.ts';
import { type TransactionRecord, TransactionRecordCodec } from './records.ts';
import type { TransactionSettings } from './settings.ts';

type TransactionMachine = Machine<
  TransactionsState,
  TransactionCommand,
  TransactionRecord,
  TransactionAnswer
>;

const EXPIRE_TIMER_KEY = 'expire';
/** Ids that one decision forgets at most. */
const EXPIRED_MAX = 1000;

/** `settings` are read at each decision. The machine measures spans: run it on a steady clock. */
export function createTransactionMachine(options: {
  readonly settings: TransactionSettings;
  /** The shard's leader epoch. */
  readonly coordinatorEpoch: number;
}): TransactionMachine {
  const codec = new TransactionRecordCodec();
  return {
    name: 'transaction',
    initial: newTransactionsState,
    decide: (state, command, token, nowMs) => decide(state, command, token, { ...options, nowMs }),
    apply: applyTransactionRecord,
    *snapshot(state) {
      for (const transaction of state.byId.values()) yield recordOf(transaction);
    },
    resume: (state, nowMs) => [
      ...[...state.byId.values()].filter(isOpen).map(({ metadata }) => timeoutTimer(metadata, nowMs)),
      expireTimer(nowMs + options.settings.idExpirationCheckMs),
    ],
    encode: (record) => codec.encode(record),
    decode: (stored) => codec.decode(stored),
  };
}

function decide(
  state: TransactionsState,
  command: TransactionCommand,
  token: number,
  context: DecideContext,
): TransactionDecision {
  switch (command.kind) {
    case 'init-producer':
      return decideInit(state, command, token, context);
    case 'add':
      return decideAdd(state, command, token, context);
    case 'end':
      return decideEnd(state, command, token, context);
    case 'timeout-due':
      return decideTimeout(state, command, context);
    case 'expire-due':
      return decideExpire(state, context);
    case 'topics-deleted':
      return decideTopicsDeleted(state, command, token);
    case 'describe':
      return { replies: [{ to: token, answer: describe(state, command) }] };
    case 'list':
      return { replies: [{ to: token, answer: list(state, command, context.nowMs) }] };
  }
}

const isOpen = ({ metadata }: Transaction): boolean => metadata.phase === 'Ongoing';

const expireTimer = (atMs: number): TimerRequest<TransactionCommand> => ({
  key: EXPIRE_TIMER_KEY,
  atMs,
  command: { kind: 'expire-due' },
});

function decideExpire(state: TransactionsState, { nowMs, settings }: DecideContext): TransactionDecision {
  const records: TransactionRecord[] = [];
  for (const { metadata } of state.byId.values()) {
    if (records.length === EXPIRED_MAX) break;
    const { transactionalId, phase, updatedMs } = metadata;
    if (phase === 'Ongoing' || nowMs - updatedMs < settings.idExpirationMs) continue;
    records.push({ kind: 'forgotten', transactionalId });
  }
  const more = records.length === EXPIRED_MAX;
  return { records, timers: [expireTimer(more ? nowMs : nowMs + settings.idExpirationCheckMs)] };
}

function decideTopicsDeleted(
  state: TransactionsState,
  { topicIds }: TopicsDeletedCommand,
  token: number,
): TransactionDecision {
  const held = new Set<(typeof topicIds)[number]>();
  for (const { partitions } of state.byId.values()) {
    if (partitions.size === 0) continue;
    for (const topicId of topicIds) if (partitions.has(topicId)) held.add(topicId);
  }
  return {
    records: [...held].map((topicId) => ({ kind: 'topic-removed', topicId })),
    replies: [{ to: token, answer: { kind: 'done' } }],
  };
}

function describe(
  state: TransactionsState,
  { transactionalIds }: DescribeTransactionsCommand,
): TransactionAnswer {
  return {
    kind: 'described',
    transactions: transactionalIds.map((id) => {
      const transaction = state.byId.get(id);
      if (transaction !== undefined) return descriptionOf(transaction);
      return new BrokerError('transactional-id-not-found', `There is no transactional id '${id}'.`);
    }),
  };
}

function descriptionOf(transaction: Transaction): TransactionDescription {
  const { transactionalId, phase, producerId, epoch, timeoutMs, startMs } = transaction.metadata;
  return {
    transactionalId,
    phase,
    producerId,
    epoch,
    timeoutMs,
    startMs: isOpen(transaction) ? startMs : -1,
    topics: topicsOf(transaction),
  };
}

function list(state: TransactionsState, command: ListTransactionsCommand, nowMs: number): TransactionAnswer {
  const { phases, producerIds, durationMs, matches } = command;
  const found = [];
  for (const { metadata } of state.byId.values()) {
    const { transactionalId, producerId, phase, startMs } = metadata;
    if (phases.length > 0 && !phases.includes(phase)) continue;
    if (producerIds.length > 0 && !producerIds.includes(producerId)) continue;
    if (durationMs >= 0 && (phase !== 'Ongoing' || nowMs - startMs <= durationMs)) continue;
    if (matches(transactionalId)) found.push({ transactionalId, producerId, phase });
  }
  return { kind: 'listed', transactions: found };
}

function topicsOf({ partitions }: Transaction): TopicPartitions[] {
  return [...partitions].map(([topicId, indexes]) => ({ topicId, partitions: [...indexes] }));
}

function recordOf(transaction: Transaction): TransactionRecord {
  const { metadata, groups } = transaction;
  return { kind: 'transaction', metadata, topics: topicsOf(transaction), groupIds: [...groups] };
}

/** The only place where the state of the transaction coordinator changes. */
function applyTransactionRecord(state: TransactionsState, record: TransactionRecord): void {
  switch (record.kind) {
    case 'transaction':
      return applyTransaction(state, record);
    case 'forgotten': {
      const transaction = state.byId.get(record.transactionalId);
      if (transaction === undefined) return;
      state.byId.delete(record.transactionalId);
      state.byProducer.delete(transaction.metadata.producerId);
      return;
    }
    case 'added': {
      const transaction = state.byId.get(record.transactionalId);
      if (transaction === undefined)
        throw new Error(`there is no transactional id '${record.transactionalId}'`);
      const { metadata } = transaction;
      const startMs = metadata.phase === 'Ongoing' ? metadata.startMs : record.nowMs;
      transaction.metadata = { ...metadata, phase: 'Ongoing', startMs, updatedMs: record.nowMs };
      hold(transaction, record);
      return;
    }
    case 'topic-removed':
      for (const { partitions } of state.byId.values()) partitions.delete(record.topicId);
  }
}

function applyTransaction(
  state: TransactionsState,
  record: Extract<TransactionRecord, { kind: 'transaction' }>,
): void {
  const { metadata } = record;
  let transaction = state.byId.get(metadata.transactionalId);
  if (transaction === undefined) {
    transaction = { metadata, partitions: new Map(), groups: new Set() };
    state.byId.set(metadata.transactionalId, transaction);
  } else if (transaction.metadata.producerId !== metadata.producerId) {
    state.byProducer.delete(transaction.metadata.producerId);
  }
  state.byProducer.set(metadata.producerId, transaction);
  transaction.metadata = metadata;
  transaction.partitions.clear();
  transaction.groups.clear();
  hold(transaction, record);
}

function hold(
  { partitions, groups }: Transaction,
  { topics, groupIds }: { readonly topics: readonly TopicPartitions[]; readonly groupIds: readonly string[] },
): void {
  for (const { topicId, partitions: indexes } of topics) {
    let held = partitions.get(topicId);
    if (held === undefined) partitions.set(topicId, (held = new Set()));
    for (const index of indexes) held.add(index);
  }
  for (const groupId of groupIds) groups.add(groupId);
}
