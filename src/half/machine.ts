/**
 * Half messages as a machine. One is there from the frame that stores it, which nobody reads, and ends in one frame: its message
 * enters its topic, or nothing does, and its stored form goes. How it ended is remembered for a while, so that a word that comes again,
 * or the other one that comes too late, is answered rightly.
 */
import { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import type { Decision, Machine } from '../machine/machine.ts';
import { type Ended, type HalfMessage, type HalfSettings, type HalfState, isAside } from './model.ts';
import { decodeHalfRecord, encodeHalfRecord, type HalfRecord } from './records.ts';

export type HalfCommand =
  | {
      readonly kind: 'prepare';
      readonly half: HalfMessage;
      /** Its message, and the topic id of the streams that keep such. */
      readonly batch: Buffer;
      readonly storeId: Uuid;
    }
  | {
      readonly kind: 'end';
      readonly transactionId: string;
      /** The message, and where it will stand; null: rolled back. */
      readonly commit: { readonly batch: Buffer; readonly offset: number; readonly flushed: boolean } | null;
      readonly storeId: Uuid;
    }
  /** Its sender is about to be asked, or it is set aside. */
  | { readonly kind: 'check'; readonly transactionId: string; readonly nowMs: number }
  /** An operator has it asked for again, from the beginning. */
  | { readonly kind: 'resume'; readonly transactionId: string; readonly nowMs: number };

export type HalfAnswer =
  | { readonly kind: 'half'; readonly half: HalfMessage }
  | { readonly kind: 'ended'; readonly ended: Ended };

type HalfDecision = Decision<HalfRecord, HalfCommand, HalfAnswer>;

export type HalfMachine = Machine<HalfState, HalfCommand, HalfRecord, HalfAnswer>;

export function createHalfMachine(settings: HalfSettings): HalfMachine {
  return {
    name: 'half message',
    initial: () => ({ open: new Map(), ended: new Map() }),

    decide(state, command, token) {
      switch (command.kind) {
        case 'prepare':
          return prepare(state, command, { token, settings });
        case 'end':
          return end(state, command, token);
        case 'check':
        case 'resume': {
          const half = state.open.get(command.transactionId);
          if (half === undefined) return refused(token, notOpen(state, command.transactionId));
          const next =
            command.kind === 'resume'
              ? { ...half, checks: 0, nextCheckAtMs: command.nowMs }
              : checked(half, command.nowMs, settings);
          return {
            records: [{ kind: 'open', half: next }],
            replies: [{ to: token, answer: { kind: 'half', half: next } }],
            // Asked once too often after a crash: no harm.
            ...(command.kind === 'check' && { unflushed: true }),
          };
        }
      }
    },

    apply(state, record) {
      if (record.kind === 'open') {
        state.open.set(record.half.transactionId, record.half);
        return;
      }
      const { transactionId, topicId, partition, committed, offset } = record;
      state.open.delete(transactionId);
      state.ended.set(transactionId, { topicId, partition, committed, offset });
      if (state.ended.size <= settings.endedMax) return;
      const [oldest] = state.ended.keys();
      state.ended.delete(oldest!);
    },

    *snapshot(state) {
      for (const [transactionId, ended] of state.ended) yield { kind: 'ended', transactionId, ...ended };
      for (const half of state.open.values()) yield { kind: 'open', half };
    },

    resume: () => [],
    encode: encodeHalfRecord,
    decode: decodeHalfRecord,
  };
}

function prepare(
  state: HalfState,
  { half, batch, storeId }: Extract<HalfCommand, { kind: 'prepare' }>,
  { token, settings }: { readonly token: number; readonly settings: HalfSettings },
): HalfDecision {
  if (state.open.size >= settings.halvesMax) {
    const message =
      `There are ${settings.halvesMax} half messages (polylog.half.messages.max): commit or roll back some, drop those that ` +
      'are set aside, or raise the setting.';
    return refused(token, new BrokerError('policy-violation', message));
  }
  return {
    records: [{ kind: 'open', half }],
    companions: [{ kind: 'append', topicId: storeId, partition: half.slot, batch }],
    replies: [{ to: token, answer: { kind: 'half', half } }],
  };
}

function end(
  state: HalfState,
  { transactionId, commit, storeId }: Extract<HalfCommand, { kind: 'end' }>,
  token: number,
): HalfDecision {
  const half = state.open.get(transactionId);
  if (half === undefined) {
    const ended = state.ended.get(transactionId);
    // The same word again.
    if (ended?.committed === (commit !== null)) {
      return { replies: [{ to: token, answer: { kind: 'ended', ended } }] };
    }
    return refused(token, notOpen(state, transactionId));
  }
  const { topicId, partition, slot, offset } = half;
  const ended = { topicId, partition, committed: commit !== null, offset: commit?.offset ?? -1 };
  return {
    records: [{ kind: 'ended', transactionId, ...ended }],
    companions: [
      ...(commit === null ? [] : [{ kind: 'append' as const, topicId, partition, batch: commit.batch }]),
      { kind: 'advance-start', topicId: storeId, partition: slot, startOffset: offset + 1 },
    ],
    replies: [{ to: token, answer: { kind: 'ended', ended } }],
    ...(commit?.flushed === false && { unflushed: true }),
  };
}

/** After its last check, when nobody has said anything until the next was due, it is set aside. */
function checked(half: HalfMessage, nowMs: number, settings: HalfSettings): HalfMessage {
  if (half.checks >= settings.checksMax || isAside(half)) {
    return { ...half, nextCheckAtMs: Number.POSITIVE_INFINITY };
  }
  return { ...half, checks: half.checks + 1, nextCheckAtMs: nowMs + settings.checkIntervalMs };
}

/** Why there is nothing to be ended under this id. */
export function notOpen(state: HalfState, transactionId: string): BrokerError {
  const ended = state.ended.get(transactionId);
  if (ended === undefined) {
    return new BrokerError(
      'transactional-id-not-found',
      `There is no half message with the transaction id '${transactionId}', or it ended long ago.`,
    );
  }
  return new BrokerError(
    'invalid-transaction-state',
    `The half message '${transactionId}' was ${ended.committed ? 'committed' : 'rolled back'} already.`,
  );
}

function refused(token: number, error: BrokerError): HalfDecision {
  return { replies: [{ to: token, answer: error }] };
}
