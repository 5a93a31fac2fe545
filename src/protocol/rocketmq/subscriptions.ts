/**
 * Consumer groups as subscriptions of the queue model: a group has one of each topic that it reads, made with its first receive.
 *
 * Messages of one message group are handed out one after another (order by key), in every group: a message waits until the one
 * before it is acknowledged or given up. Messages without a group wait for nothing.
 *
 * The filter is the subscription's, as in the stock server: consumers of a group are to agree on it. The one that asks last has
 * its way, but not twice in a few seconds, so that two that don't agree don't write the log full.
 */
import type { BrokerError } from '../../base/errors.ts';
import type { Broker } from '../../broker/broker.ts';
import type { QueueSubscription, SubscriptionSettings } from '../../broker/queues.ts';
import type { Topic } from '../../metadata/image.ts';
import type { Clock } from '../../platform/ports.ts';
import { isSameFilter, type SubscriptionFilter } from './filters.ts';
import { deadLetterTopic } from './names.ts';
import { DELIVERIES_MAX, RETRY_INITIAL_MS, RETRY_MS_MAX, RETRY_MULTIPLIER } from './settings.ts';

/** The time between two changes of a filter. */
const FILTER_REST_MS = 5000;

/** How a group treats its messages, where nobody has altered it. */
export function groupDefaults(group: string): Partial<SubscriptionSettings> {
  return {
    order: 'by-key',
    deliveriesMax: DELIVERIES_MAX,
    deadLetterTopic: deadLetterTopic(group),
    retry: {
      kind: 'exponential',
      firstMs: RETRY_INITIAL_MS,
      factor: RETRY_MULTIPLIER,
      maxMs: RETRY_MS_MAX,
      jitter: 0,
    },
  };
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
    if (isSameFilter(known.state.settings.filter, filter) || !this.#mayChange(known.id)) return done(known);
    queues.alter(known, { filter }, (error) => done(error ?? known));
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
