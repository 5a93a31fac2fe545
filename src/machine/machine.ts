/**
 * What a state machine is. CONTRACT.
 *
 * A machine decides on commands and changes its state only by applying records. The kit (`runner.ts`) appends the
 * records to the machine's own stream, applies them, and lets replies out when they are durable; a restart is a replay of
 * `apply` from the last snapshot. All functions here are pure but for `apply`, which changes `state` in place.
 */

import type { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';

/** A record as it is stored: the key and value of one Kafka record in the machine's stream. A null value is a removal. */
export interface StoredRecord {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** Something that must go into the log in the same frame as the machine's records. */
export type FrameCompanion =
  /** Append this record batch to a stream. */
  | { readonly kind: 'append'; readonly topicId: Uuid; readonly partition: number; readonly batch: Buffer }
  /** Remove all streams of a topic. Final: a topic id is never used again. */
  | { readonly kind: 'delete-topic'; readonly topicId: Uuid }
  /** Move a stream's log start offset forward. */
  | {
      readonly kind: 'advance-start';
      readonly topicId: Uuid;
      readonly partition: number;
      readonly startOffset: number;
    }
  /** Settle the offsets that groups hold for a transaction: `log.ts` has the group coordinator take part in the frame. */
  | {
      readonly kind: 'end-offsets';
      readonly producerId: number;
      readonly groupIds: readonly string[];
      readonly commit: boolean;
    };

export type FrameAppend = Extract<FrameCompanion, { kind: 'append' }>;

/** A wish for a timer. Setting a key again replaces it; `command: null` cancels. Times are wall-clock ms. */
export interface TimerRequest<Command> {
  readonly key: string;
  readonly atMs: number;
  readonly command: Command | null;
}

/** Answer for a command: `to` is the token that came with it (0: nobody waits). */
export interface Reply<Answer> {
  readonly to: number;
  readonly answer: Answer | BrokerError;
}

export interface Decision<Record, Command, Answer> {
  /** Logged, then applied. Durable before any reply of this decision leaves, unless `unflushed`. */
  readonly records?: readonly Record[];
  /** Applied but not logged: state that may be lost with the process (who waits, who was heard of when). */
  readonly volatile?: readonly Record[];
  readonly companions?: readonly FrameCompanion[];
  /** May answer this command, earlier ones that wait, or nobody yet. */
  readonly replies?: readonly Reply<Answer>[];
  readonly timers?: readonly TimerRequest<Command>[];
  /**
   * Its own records need not be flushed before its replies leave, only written: they matter only to records that come after
   * them in the log. Replies still wait for all that was decided before.
   */
  readonly unflushed?: true;
}

export interface Machine<State, Command, Record, Answer> {
  readonly name: string;
  initial(): State;
  /** `token` identifies the waiting caller, for a reply now or later. Never changes `state`. */
  decide(state: State, command: Command, token: number, nowMs: number): Decision<Record, Command, Answer>;
  /**
   * The only way state changes, and all that it changes: a snapshot applies records to a second state. Must accept every record that `decide` or `snapshot` ever
   * produced.
   */
  apply(state: State, record: Record): void;
  /** Records that, applied to `initial()`, give all of the state that is not volatile. */
  snapshot(state: State): Iterable<Record>;
  /** Timers that a freshly replayed state needs. */
  resume(state: State, nowMs: number): readonly TimerRequest<Command>[];
  encode(record: Record): StoredRecord;
  /** Throws on a record of a newer format. */
  decode(stored: StoredRecord): Record;
}

/** What makes a state from stored records, and stored records from a state. */
export type StateFormat<State, Record> = Pick<
  Machine<State, never, Record, never>,
  'name' | 'initial' | 'apply' | 'snapshot' | 'encode' | 'decode'
>;
