/** How a subscription treats its messages. Each can be altered while it is in use, but for the order. */
import { BrokerError } from '../base/errors.ts';

/**
 * none: any message that is available. by-key: a message waits while one of its key isn't done. exclusive: one consumer gets all, others
 * stand by. channels: by key, and a consumer gets only the keys that it asks for; what nobody asks for waits (channels.ts).
 */
export const QUEUE_ORDERS = ['none', 'by-key', 'exclusive', 'channels'] as const;
export type QueueOrder = (typeof QUEUE_ORDERS)[number];

/** When a message that failed comes again; ms. */
export type RetryPolicy =
  | {
      readonly kind: 'exponential';
      readonly firstMs: number;
      readonly factor: number;
      readonly maxMs: number;
      /** Up to this part of a delay is taken off by chance: 0 to 1. */
      readonly jitter: number;
    }
  /** The delay of the first retry, of the second, …; the last goes on. */
  | { readonly kind: 'list'; readonly delaysMs: readonly number[] };

/** What becomes of the messages that a limit leaves no room for. */
export const OVERFLOWS = ['drop-head', 'dead-letter', 'refuse'] as const;
export type Overflow = (typeof OVERFLOWS)[number];

export interface SubscriptionSettings {
  readonly order: QueueOrder;
  /** How often a message is handed out at most; 0: without end. */
  readonly deliveriesMax: number;
  /** Where messages go that were rejected, handed out too often, or have expired; null: they are dropped. */
  readonly deadLetterTopic: string | null;
  readonly retry: RetryPolicy;
  /** How long a consumer has a message before it is handed out again, where it doesn't say; ms. */
  readonly lockMs: number;
  /** Only messages that match; null: all. */
  readonly filter: { readonly type: 'tag' | 'sql'; readonly expression: string } | null;
  /** How long after its time of publishing a message is handed out; 0: without end. */
  readonly ttlMs: number;
  /** Messages that are not done, at most; 0: without end. */
  readonly lengthMax: number;
  /** Bytes of messages that are not done, by the average size of what is stored, at most; 0: without end. */
  readonly bytesMax: number;
  readonly overflow: Overflow;
  /** Messages of one partition that consumers have at one time, at most. */
  readonly inFlightMax: number;
  /** Stretches of one state that are kept for one partition; about 120 bytes each. At the bound no new message is handed out. */
  readonly stretchesMax: number;
  /** Nothing is handed out. */
  readonly paused: boolean;
  /** Records of transactions that aren't committed are not seen. */
  readonly readCommitted: boolean;
}

export const SUBSCRIPTION_DEFAULTS: SubscriptionSettings = {
  order: 'none',
  deliveriesMax: 0,
  deadLetterTopic: null,
  retry: { kind: 'exponential', firstMs: 1000, factor: 2, maxMs: 600_000, jitter: 0 },
  lockMs: 30_000,
  filter: null,
  ttlMs: 0,
  lengthMax: 0,
  bytesMax: 0,
  overflow: 'drop-head',
  inFlightMax: 10_000,
  stretchesMax: 20_000,
  paused: false,
  readCommitted: true,
};

/** Ms until a message comes again that was handed out `deliveries` times. `chance`: 0 to 1. */
export function retryDelayMs(policy: RetryPolicy, deliveries: number, chance: number): number {
  const retries = Math.max(0, deliveries - 1);
  if (policy.kind === 'list') return policy.delaysMs[Math.min(retries, policy.delaysMs.length - 1)] ?? 0;
  const delayMs = Math.min(policy.maxMs, policy.firstMs * policy.factor ** retries);
  return Math.round(delayMs * (1 - policy.jitter * chance));
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

const COUNTS: Bounds = { min: 0, max: 2 ** 31 - 1 };
const SPANS: Bounds = { min: 0, max: 2 ** 45 };
const BOUNDS: Readonly<
  Record<
    'deliveriesMax' | 'lockMs' | 'ttlMs' | 'lengthMax' | 'bytesMax' | 'inFlightMax' | 'stretchesMax',
    Bounds
  >
> = {
  deliveriesMax: { min: 0, max: 32_767 },
  lockMs: { min: 1, max: 2 ** 40 },
  ttlMs: SPANS,
  lengthMax: COUNTS,
  bytesMax: SPANS,
  inFlightMax: { min: 1, max: 10_000_000 },
  stretchesMax: { min: 16, max: 10_000_000 },
};

const refused = (sentence: string): BrokerError => new BrokerError('invalid-config', sentence);

/** Null, or what is wrong with the numbers of the settings. */
export function checkSettings(settings: SubscriptionSettings): BrokerError | null {
  for (const [name, { min, max }] of Object.entries(BOUNDS)) {
    const value = settings[name as keyof typeof BOUNDS];
    if (Number.isInteger(value) && value >= min && value <= max) continue;
    return refused(`${name} of a subscription is ${value}: choose an integer from ${min} to ${max}`);
  }
  if (settings.order === 'channels' && (settings.lengthMax > 0 || settings.bytesMax > 0)) {
    return refused(
      'a subscription by channels is bounded by stretchesMax and ttlMs: leave lengthMax and bytesMax 0',
    );
  }
  const { retry, overflow, deadLetterTopic, lengthMax, bytesMax } = settings;
  if (overflow === 'dead-letter' && deadLetterTopic === null && (lengthMax > 0 || bytesMax > 0)) {
    return refused(
      'what is too much is to become dead letters, and no topic is named for them: set deadLetterTopic, or the overflow to drop-head or refuse',
    );
  }
  if (retry.kind === 'list') {
    const fits = retry.delaysMs.length > 0 && retry.delaysMs.every((ms) => ms >= 0 && ms <= SPANS.max);
    return fits ? null : refused('a list of retries needs at least one delay, and delays of 0 ms or more');
  }
  if (!(retry.firstMs >= 0 && retry.maxMs >= retry.firstMs && retry.maxMs <= SPANS.max)) {
    return refused(
      'the delays of an exponential retry go from 0 ms or more up to a maximum that is no smaller',
    );
  }
  if (!(retry.factor >= 1 && retry.factor <= 100)) return refused('the factor of a retry is from 1 to 100');
  return retry.jitter >= 0 && retry.jitter <= 1 ? null : refused('the jitter of a retry is from 0 to 1');
}
