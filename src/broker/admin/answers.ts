/**
 * What commands answer, as it is written in JSON. CONTRACT with clients of other versions: fields are added, none changes its meaning.
 * Times are ms since 1970, `null` where there is none; docs/protocols/admin.md says the same in words.
 */
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

export interface QueuePartition {
  readonly partition: number;
  /** All before is done. */
  readonly start: number;
  /** Nothing from here on was handed out. */
  readonly next: number;
  /** The high watermark. */
  readonly end: number;
  readonly available: number;
  readonly acquired: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly dead: number;
  /** Ranges that are kept of it. */
  readonly stretches: number;
  /** The first message that isn't done. */
  readonly oldest: { readonly offset: number; readonly timestampMs: number } | null;
}

export interface QueueHolder {
  readonly consumer: string;
  readonly acquired: number;
  /** When the oldest of its deliveries was given. */
  readonly sinceMs: number;
}

export interface QueueDescription extends QueueSummary {
  readonly settings: SubscriptionSettings;
  /** Consumers that have messages; the first thousand. */
  readonly holders: readonly QueueHolder[];
  readonly partitions: readonly QueuePartition[];
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
