/**
 * What commands answer, as it is written in JSON. CONTRACT with clients of other versions: fields are added, none changes its meaning.
 * What queue-admin.ts describes is answered as it is. Times are ms since 1970, `null` where there is none; docs/protocols/admin.md says
 * the same in words.
 */
import type {
  ChannelsDescription,
  ConsumerDescription,
  QueuePosition,
  WindowDescription,
} from '../queue-admin.ts';
import type { MessageState } from '../queue-explain.ts';
import type { SubscriptionSettings } from '../queues.ts';

export interface QueueSummary {
  readonly topic: string;
  readonly subscription: string;
  readonly order: SubscriptionSettings['order'];
  readonly paused: boolean;
  /** Messages that could be handed out now, those that nobody has seen yet among them. */
  readonly available: number;
  readonly acquired: number;
  /** For their next delivery. */
  readonly waiting: number;
  /** Behind another message of their key. */
  readonly blocked: number;
  /** On their way to the dead letters. */
  readonly dead: number;
  /** Those that have messages. */
  readonly consumers: number;
  /** Those that wait for messages. */
  readonly waitingConsumers: number;
  readonly deadLetterTopic: string | null;
}

export interface QueueList {
  readonly subscriptions: readonly QueueSummary[];
  /** `after` of the next page; null: this was the last. */
  readonly next: number | null;
}

export interface QueuePartition extends WindowDescription {
  /** The first message that isn't done. */
  readonly oldest: { readonly offset: number; readonly timestampMs: number } | null;
}

export interface QueueDescription extends QueueSummary {
  readonly settings: SubscriptionSettings;
  /** Consumers that have messages; the first thousand. */
  readonly holders: readonly ConsumerDescription[];
  readonly partitions: readonly QueuePartition[];
  /** What consumers ask for; null: it isn't read by channels. */
  readonly channels: ChannelsDescription | null;
  /** `partition` of the next page; null: this was the last. */
  readonly nextPartition: number | null;
}

export interface ExplainedMessage {
  readonly topic: string;
  readonly subscription: string;
  readonly partition: number;
  readonly offset: number;
  readonly state: MessageState;
  /** How often it was handed out. */
  readonly deliveries: number;
  readonly timestampMs: number | null;
  /** Who has it, and since when. */
  readonly consumer: string | null;
  readonly sinceMs: number | null;
  /** When it is handed out again where nothing is heard. */
  readonly untilMs: number | null;
  /** The message of the same key that it stands behind. */
  readonly behindOffset: number | null;
  readonly because: readonly string[];
}

export interface QueueSettings {
  readonly topic: string;
  readonly subscription: string;
  /** All of them, as they are now. */
  readonly settings: SubscriptionSettings;
}

/** Where a subscription begins anew. */
export interface QueuePositions {
  readonly topic: string;
  readonly subscription: string;
  readonly positions: readonly QueuePosition[];
}

/** One of `text` (where the bytes are UTF-8) and `base64`, cut off where `bytes`, their number, says that there are more. */
export interface PrintedBytes {
  readonly text?: string;
  readonly base64?: string;
  readonly bytes: number;
}

/** A header without a value has none of the other fields. */
export interface PrintedHeader extends Partial<PrintedBytes> {
  readonly name: string;
}

export interface PrintedMessage {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: PrintedBytes | null;
  readonly value: PrintedBytes | null;
  readonly headers: readonly PrintedHeader[];
}

export interface PeekedMessage extends PrintedMessage {
  readonly state: MessageState;
  readonly deliveries: number;
}

export interface Peek {
  readonly messages: readonly PeekedMessage[];
  /** `offset` of the next page; null: the end of the partition was reached. */
  readonly nextOffset: number | null;
}

export interface DeadLetterTopic {
  readonly topic: string;
  /** Letters that were not put back; null: there is no such topic yet. */
  readonly letters: number | null;
  /** The subscriptions whose dead letters go there, the first thousand. */
  readonly sources: readonly { readonly topic: string; readonly subscription: string }[];
}

export interface DeadLetterTopics {
  readonly topics: readonly DeadLetterTopic[];
  /** `after` of the next page; null: this was the last. */
  readonly next: string | null;
}

export interface RedriveRun {
  /** Its number. */
  readonly run: number;
  readonly topic: string;
  readonly state: 'running' | 'done' | 'stopped' | 'failed';
  readonly moved: number;
  /** Letters that had no place to go to, or none where the one who asks may write. */
  readonly stayed: number;
  readonly startedMs: number;
  readonly endedMs: number | null;
  /** Why it failed. */
  readonly error: string | null;
}

export interface RedriveRuns {
  readonly runs: readonly RedriveRun[];
}

export interface DelayedMessage {
  /** Names it, when it is cancelled or moved. */
  readonly handle: string;
  readonly topic: string;
  readonly partition: number;
  readonly dueMs: number;
  readonly timestampMs: number;
  readonly bytes: number;
}

export interface DelayedMessages {
  readonly messages: readonly DelayedMessage[];
  /** `after` of the next page, which may be shorter than was asked; null: this was the last. */
  readonly next: string | null;
}

export interface HalfMessage {
  readonly transaction: string;
  readonly topic: string;
  readonly partition: number;
  /** Who sent it, as its protocol names that. */
  readonly producerGroup: string;
  readonly preparedAtMs: number;
  /** How often its sender was asked. */
  readonly checks: number;
  /** When it is asked next; null: it is set aside. */
  readonly nextCheckAtMs: number | null;
}

export interface HalfMessages {
  readonly messages: readonly HalfMessage[];
  /** `after` of the next page; null: this was the last. */
  readonly next: string | null;
}
