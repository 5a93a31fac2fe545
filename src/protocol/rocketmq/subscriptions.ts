/**
 * Consumer groups as subscriptions of the queue model: a group has one of each topic that it reads, made with its first receive.
 *
 * Messages of one message group are handed out one after another (order by key), in every group: a message waits until the one
 * before it is acknowledged or given up. Messages without a group wait for nothing.
 *
 * The filter is the subscription's, as in the stock server: consumers of a group are to agree on it. The one that asks last has
 * its way, but not twice in a few seconds, so that two that don't agree don't write the log full.
 */
import { BrokerError } from '../../base/errors.ts';
import type { Broker } from '../../broker/broker.ts';
import type { QueueSubscription, RetryPolicy, SubscriptionSettings } from '../../broker/queues.ts';
import type { Topic } from '../../metadata/image.ts';
import type { Clock } from '../../platform/ports.ts';
import { isSameFilter, type SubscriptionFilter } from './filters.ts';
import { deadLetterTopic } from './names.ts';
import {
  DELIVERIES_MAX,
  type GroupManners,
  RETRY_INITIAL_MS,
  RETRY_MS_MAX,
  RETRY_MULTIPLIER,
} from './settings.ts';

/** The time between two changes of a filter. */
const FILTER_REST_MS = 5000;

const RETRY: RetryPolicy = {
  kind: 'exponential',
  firstMs: RETRY_INITIAL_MS,
  factor: RETRY_MULTIPLIER,
  maxMs: RETRY_MS_MAX,
  jitter: 0,
};

/** How a group treats its messages, where nobody has altered it. */
export function groupDefaults(group: string): Partial<SubscriptionSettings> {
  return {
    order: 'by-key',
    deliveriesMax: DELIVERIES_MAX,
    deadLetterTopic: deadLetterTopic(group),
    retry: RETRY,
  };
}

/** What a group's settings say of lite topics. */
export interface LiteSettings {
  /** Lite topics that one client may have. */
  readonly subscriptionsMax: number;
  /** A lite topic is the client's that has asked for it last. */
  readonly isExclusive: boolean;
  readonly settings: Pick<SubscriptionSettings, 'ttlMs' | 'stretchesMax'>;
}

export class Subscriptions {
  readonly #broker: Broker;
  readonly #clock: Clock;
  /** When filters were changed last, by subscription; only of the last seconds. */
  readonly #changes = new Map<number, number>();

  constructor(broker: Broker, clock: Clock) {
    this.#broker = broker;
    this.#clock = clock;
  }

  /** How consumers of the group are to treat the messages of these topics: as it is set for the first that it has read before. */
  manners(group: string, topics: readonly string[]): GroupManners {
    const own = {
      isFifo: this.isFifo(group),
      liteSubscriptionsMax: this.liteSettings(group).subscriptionsMax,
    };
    for (const name of topics) {
      const topic = this.#broker.topics.byName(name);
      const known = topic && this.find(topic, group);
      if (known !== undefined) return { ...known.state.settings, ...own };
    }
    return { deliveriesMax: DELIVERIES_MAX, retry: RETRY, ...own };
  }

  /** Whether push consumers of the group are to try again themselves, in order. */
  isFifo(group: string): boolean {
    return this.#broker.groupSetting(group, 'polylog.rocketmq.fifo') === 'true';
  }

  find(topic: Topic, group: string): QueueSubscription | undefined {
    return this.#broker.queues.find(topic.id, group);
  }

  /** The group's subscription of a topic, with this filter. */
  open(
    {
      topic,
      group,
      filter,
    }: { readonly topic: Topic; readonly group: string; readonly filter: SubscriptionFilter },
    done: (subscription: QueueSubscription | BrokerError) => void,
  ): void {
    const { queues } = this.#broker;
    const known = queues.find(topic.id, group);
    if (known === undefined) {
      const settings = { ...groupDefaults(group), filter };
      return queues.subscribe({ topicId: topic.id, name: group, settings, startFrom: 'earliest' }, done);
    }
    if (known.state.settings.order === 'channels') return done(notLite(group, topic));
    if (isSameFilter(known.state.settings.filter, filter) || !this.#mayChange(known.id)) return done(known);
    queues.alter(known, { filter }, (error) => done(error ?? known));
  }

  /** The group's subscription of a topic of which its clients read lite topics. Begins so far back as it can remember. */
  openLite(
    { topic, group }: { readonly topic: Topic; readonly group: string },
    done: (subscription: QueueSubscription | BrokerError) => void,
  ): void {
    const { queues } = this.#broker;
    const known = queues.find(topic.id, group);
    const { settings: own } = this.liteSettings(group);
    if (known === undefined) {
      const settings: Partial<SubscriptionSettings> = { ...groupDefaults(group), ...own, order: 'channels' };
      const startFrom = { fromEnd: own.stretchesMax };
      return queues.subscribe({ topicId: topic.id, name: group, settings, startFrom }, done);
    }
    const { order, ttlMs, stretchesMax } = known.state.settings;
    if (order !== 'channels') return done(onlyLite(group, topic));
    if (ttlMs === own.ttlMs && stretchesMax === own.stretchesMax) return done(known);
    queues.alter(known, own, (error) => done(error ?? known));
  }

  liteSettings(group: string): LiteSettings {
    const text = (name: string): string => this.#broker.groupSetting(group, name);
    const number = (name: string): number => Number(text(name));
    return {
      subscriptionsMax: number('polylog.lite.subscriptions.max'),
      isExclusive: text('polylog.lite.exclusive') === 'true',
      settings: { ttlMs: number('polylog.lite.ttl.ms'), stretchesMax: number('polylog.lite.waiting.max') },
    };
  }

  #mayChange(id: number): boolean {
    const nowMs = this.#clock.monotonicMs();
    for (const [other, atMs] of this.#changes) {
      if (nowMs - atMs < FILTER_REST_MS) break;
      this.#changes.delete(other);
    }
    if (this.#changes.has(id)) return false;
    this.#changes.set(id, nowMs);
    return true;
  }
}

function notLite(group: string, { name }: Topic): BrokerError {
  const sentence = `The group '${group}' reads lite topics of '${name}': take a lite consumer, or another group.`;
  return new BrokerError('invalid-group-id', sentence);
}

function onlyLite(group: string, { name }: Topic): BrokerError {
  const sentence = `The group '${group}' reads all of '${name}', not its lite topics: take another group for lite consumers.`;
  return new BrokerError('invalid-group-id', sentence);
}
