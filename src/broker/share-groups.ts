/**
 * Share groups (KIP-932) as subscriptions of the queue model: each topic that a group reads is a subscription under the group's id,
 * made when it is fetched from for the first time. What the group's settings say holds from the next fetch on.
 */
import { answersOf } from '../base/answers-of.ts';
import type { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import type { GroupsState } from '../group/model.ts';
import { groupNumber, groupText } from '../metadata/group-settings.ts';
import type { MetadataImage } from '../metadata/image.ts';
import { type OffsetReset, parseOffsetReset } from '../metadata/offset-reset.ts';
import { splitList } from '../metadata/setting.ts';
import type { Clock } from '../platform/ports.ts';
import { undoneIn } from '../queue/window.ts';
import type { QueueSubscription, Queues, Settlement, StartFrom, SubscriptionSettings } from './queues.ts';
import type { Partition } from './topics.ts';

type OwnSettings = Pick<
  SubscriptionSettings,
  'deliveriesMax' | 'deadLetterTopic' | 'retry' | 'lockMs' | 'inFlightMax' | 'readCommitted'
>;

/** What a share group is set to, as of now. */
export interface ShareSettings {
  readonly subscription: OwnSettings;
  readonly reset: OffsetReset;
  readonly mayRenew: boolean;
  /** What becomes of a record that a consumer releases. */
  readonly released: Extract<Settlement, 'release' | 'retry'>;
}

export class ShareGroups {
  readonly #queues: Queues;
  readonly #image: MetadataImage;
  readonly #groups: GroupsState;
  readonly #clock: Clock;

  constructor(parts: { queues: Queues; image: MetadataImage; groups: GroupsState; clock: Clock }) {
    this.#queues = parts.queues;
    this.#image = parts.image;
    this.#groups = parts.groups;
    this.#clock = parts.clock;
  }

  /** Whether there is a share group of that id. */
  has(groupId: string): boolean {
    return this.#groups.groups.get(groupId)?.live.type === 'share';
  }

  settings(groupId: string): ShareSettings {
    const own = this.#image.groupConfigs.get(groupId);
    const broker = this.#image.brokerValues;
    const number = (name: string): number => groupNumber(name, own, broker);
    const text = (name: string): string => groupText(name, own, broker);
    const delaysMs = splitList(text('polylog.share.retry.delays.ms')).map(Number);
    return {
      subscription: {
        deliveriesMax: number('share.delivery.count.limit'),
        deadLetterTopic: text('polylog.share.dead.letter.topic') || null,
        retry: { kind: 'list', delaysMs: delaysMs.length === 0 ? [0] : delaysMs },
        lockMs: number('share.record.lock.duration.ms'),
        inFlightMax: number('share.partition.max.record.locks'),
        readCommitted: text('share.isolation.level') === 'read_committed',
      },
      // A value that can't be read isn't stored.
      reset: parseOffsetReset(text('share.auto.offset.reset'))!,
      mayRenew: text('share.renew.acknowledge.enable') === 'true',
      released: delaysMs.length === 0 ? 'release' : 'retry',
    };
  }

  find(groupId: string, topicId: Uuid): QueueSubscription | undefined {
    return this.#queues.find(topicId, groupId);
  }

  /** Of all topics that the group has read. */
  all(groupId: string): QueueSubscription[] {
    return [...this.#queues.list()].filter(({ name }) => name === groupId);
  }

  /** The group's subscription of a topic, with the settings as they are now; made where there is none. */
  open(
    { groupId, topicId, settings }: { groupId: string; topicId: Uuid; settings: ShareSettings },
    done: (subscription: QueueSubscription | BrokerError) => void,
  ): void {
    const known = this.find(groupId, topicId);
    if (known === undefined) {
      const startFrom = this.#startFrom(settings.reset);
      this.#queues.subscribe({ topicId, name: groupId, settings: settings.subscription, startFrom }, done);
      return;
    }
    if (sameSettings(known.state.settings, settings.subscription)) return done(known);
    this.#queues.alter(known, settings.subscription, (error) => done(error ?? known));
  }

  /** Where the group stands in a partition, and how many records it has before it that aren't done (KIP-1226). */
  standing(
    { state }: QueueSubscription,
    { index, stream }: Partition,
  ): { readonly startOffset: number; readonly lag: number } {
    const window = state.windows.get(index);
    const startOffset = Math.max(window?.start ?? 0, stream.startOffset);
    return { startOffset, lag: undoneIn(window, stream) };
  }

  /** Forgets where the group stands in these topics. */
  remove(subscriptions: readonly QueueSubscription[], done: (error: BrokerError | null) => void): void {
    answersOf(
      subscriptions,
      (subscription, answered) => this.#queues.remove(subscription, answered),
      (errors: (BrokerError | null)[]) => done(errors.find((error) => error !== null) ?? null),
    );
  }

  #startFrom(reset: OffsetReset): StartFrom {
    return reset.kind === 'by-age' ? { timestampMs: this.#clock.nowMs() - reset.ageMs } : reset.kind;
  }
}

function sameSettings(now: SubscriptionSettings, wanted: OwnSettings): boolean {
  return (Object.keys(wanted) as (keyof OwnSettings)[]).every((name) =>
    name === 'retry'
      ? JSON.stringify(now.retry) === JSON.stringify(wanted.retry)
      : now[name] === wanted[name],
  );
}
