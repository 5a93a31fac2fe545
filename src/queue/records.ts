/**
 * Records of the queue machine, and their stored form (docs/formats/machines.md).
 *
 * Key: uint8 type, uint8 version (0), then int32 id of the subscription, or for type 4 the 16 bytes of a topic id. Value, in Kafka's
 * primitive types, compact:
 *   1 subscription   uuid topic id, string name, string settings as JSON; no value: the subscription is gone
 *   2 window         int32 partition, int64 next, stretches: all that is known of the partition, in the place of what was
 *   3 settled        int32 partition, stretches: what is true of them from now on
 *   4 topic-removed  no value: the topic's subscriptions are gone
 * Stretches are an array of: int64 first, unsigned varint (up to 53 bits) of the offsets behind it, int8 state (0 done, 1 available, 2 waiting,
 * 3 dead), and but for what is done: unsigned varint deliveries, int64 key; of what waits int64 until when, of what is dead int8 reason.
 */
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { readUuid, type Uuid } from '../base/uuid.ts';
import type { StoredRecord } from '../machine/machine.ts';
import { numberKey, topicKey } from '../machine/record-keys.ts';
import type { Range } from './range-list.ts';
import { SUBSCRIPTION_DEFAULTS, type SubscriptionSettings } from './settings.ts';
import { DEATH_REASONS, type DeathReason } from './window.ts';

/** What becomes of a stretch. What a consumer has or what is blocked is no more than available after a restart. */
export interface Settled extends Range {
  readonly state: 'done' | 'available' | 'waiting' | 'dead';
  readonly deliveries: number;
  /** Of what waits; else 0. */
  readonly untilMs: number;
  readonly key: number;
  /** Of what is dead; else null. */
  readonly reason: DeathReason | null;
}

/** What a consumer gets, but for what of it is acquired. */
export interface NewLease extends Range {
  readonly id: number;
  readonly consumer: string;
  readonly partition: number;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** One step of a selection, ascending. left: it is available, and was passed over. blocked: it stands behind another of its key. */
export interface Step extends Range {
  readonly what: 'acquired' | 'left' | 'blocked';
  readonly key: number;
}

export type QueueRecord =
  | {
      readonly kind: 'subscription';
      readonly id: number;
      readonly topicId: Uuid;
      readonly name: string;
      readonly settings: SubscriptionSettings;
    }
  | { readonly kind: 'removed'; readonly id: number }
  | {
      readonly kind: 'window';
      readonly id: number;
      readonly partition: number;
      readonly next: number;
      readonly stretches: readonly Settled[];
    }
  | {
      readonly kind: 'settled';
      readonly id: number;
      readonly partition: number;
      readonly stretches: readonly Settled[];
    }
  | { readonly kind: 'topic-removed'; readonly topicId: Uuid }
  /** Volatile: a consumer got messages. */
  | {
      readonly kind: 'taken';
      readonly id: number;
      readonly lease: NewLease;
      readonly steps: readonly Step[];
    }
  /** Volatile: acquired messages are its consumer's for longer, under another lease. */
  | { readonly kind: 'renewed'; readonly id: number; readonly lease: NewLease }
  /** Volatile: nobody was told of these deliveries: they don't count, and the messages are available as before. */
  | (Range & {
      readonly kind: 'untaken';
      readonly id: number;
      readonly partition: number;
      readonly lease: number;
    })
  /** Volatile: who gets the messages of an exclusive subscription. */
  | { readonly kind: 'activated'; readonly id: number; readonly consumer: string | null }
  /** Volatile: leases that expired and waits that ended by then were looked at. */
  | { readonly kind: 'looked'; readonly id: number; readonly nowMs: number };

type Logged = Extract<
  QueueRecord,
  { kind: 'subscription' | 'removed' | 'window' | 'settled' | 'topic-removed' }
>;

const VERSION = 0;
const SUBSCRIPTION = 1;
const WINDOW = 2;
const SETTLED = 3;
const TOPIC_REMOVED = 4;

const STATES = ['done', 'available', 'waiting', 'dead'] as const;
const DONE = 0;
const STRETCH_BYTES_MIN = 10;

/** Encodes and decodes; one for a machine, because it keeps a writer. */
export class QueueRecordCodec {
  readonly #writer = new ByteWriter();

  encode(record: QueueRecord): StoredRecord {
    const logged = record as Logged;
    const w = this.#writer;
    switch (logged.kind) {
      case 'subscription':
        w.uuid(logged.topicId);
        w.compactString(logged.name);
        w.compactString(JSON.stringify(logged.settings));
        return { key: numberKey(SUBSCRIPTION, VERSION, logged.id), value: w.finishContiguous() };
      case 'removed':
        return { key: numberKey(SUBSCRIPTION, VERSION, logged.id), value: null };
      case 'window':
        w.int32(logged.partition);
        w.int64(logged.next);
        this.#stretches(logged.stretches);
        return { key: numberKey(WINDOW, VERSION, logged.id), value: w.finishContiguous() };
      case 'settled':
        w.int32(logged.partition);
        this.#stretches(logged.stretches);
        return { key: numberKey(SETTLED, VERSION, logged.id), value: w.finishContiguous() };
      case 'topic-removed':
        return { key: topicKey(TOPIC_REMOVED, VERSION, logged.topicId), value: null };
    }
  }

  #stretches(stretches: readonly Settled[]): void {
    const w = this.#writer;
    w.compactArrayLength(stretches.length);
    for (const { first, last, state, deliveries, key, untilMs, reason } of stretches) {
      w.int64(first);
      w.unsignedVarlong(last - first);
      w.int8(STATES.indexOf(state));
      if (state === 'done') continue;
      w.unsignedVarint(deliveries);
      w.int64(key);
      if (state === 'waiting') w.int64(untilMs);
      if (state === 'dead') w.int8(DEATH_REASONS.indexOf(reason!));
    }
  }

  /** Throws on a type or version that isn't known, and on malformed bytes. */
  decode({ key, value }: StoredRecord): QueueRecord {
    if (key.length < 6) throw new Error('a queue record has a key of less than 6 bytes');
    const type = key[0]!;
    if (key[1] !== VERSION) throw new Error(`queue record type ${type} has the unknown version ${key[1]}`);
    if (type === TOPIC_REMOVED) return { kind: 'topic-removed', topicId: readUuid(key, 2) };
    const id = key.readInt32BE(2);
    if (type === SUBSCRIPTION && value === null) return { kind: 'removed', id };
    if (value === null) throw new Error(`a queue record of type ${type} has no value`);
    const reader = new ByteReader(value);
    const record = decodeValue(type, id, reader);
    reader.expectEnd();
    return record;
  }
}

function decodeValue(type: number, id: number, reader: ByteReader): QueueRecord {
  switch (type) {
    case SUBSCRIPTION:
      return {
        kind: 'subscription',
        id,
        topicId: reader.uuid(),
        name: reader.compactString(),
        // One that came later has its default in what was stored before.
        settings: {
          ...SUBSCRIPTION_DEFAULTS,
          ...(JSON.parse(reader.compactString()) as Partial<SubscriptionSettings>),
        },
      };
    case WINDOW:
      return {
        kind: 'window',
        id,
        partition: reader.int32(),
        next: reader.int64(),
        stretches: decodeStretches(reader),
      };
    case SETTLED:
      return { kind: 'settled', id, partition: reader.int32(), stretches: decodeStretches(reader) };
    default:
      throw new Error(`queue record type ${type} is unknown`);
  }
}

function decodeStretches(reader: ByteReader): Settled[] {
  const stretches: Settled[] = [];
  for (let left = reader.compactArrayLength(STRETCH_BYTES_MIN); left > 0; left--) {
    const first = reader.int64();
    const last = first + reader.unsignedVarlong();
    const number = reader.int8();
    const state = STATES[number];
    if (state === undefined) throw new Error(`there is no state ${number} of a stretch`);
    const isDone = number === DONE;
    stretches.push({
      first,
      last,
      state,
      deliveries: isDone ? 0 : reader.unsignedVarint(),
      key: isDone ? 0 : reader.int64(),
      untilMs: state === 'waiting' ? reader.int64() : 0,
      reason: state === 'dead' ? decodeReason(reader.int8()) : null,
    });
  }
  return stretches;
}

function decodeReason(number: number): DeathReason {
  const reason = DEATH_REASONS[number];
  if (reason === undefined) throw new Error(`there is no reason ${number} of a dead letter`);
  return reason;
}
