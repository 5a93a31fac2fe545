/**
 * The queue model as protocols use it: many consumers share a topic through a *subscription*, each message goes to one of them, and
 * each is acknowledged, refused or delayed by itself. Several subscriptions of one topic share its messages; nothing is copied.
 *
 * Protocol-neutral: a RocketMQ consumer group, a share group, a queue are subscriptions with other settings. Answers are values or
 * BrokerError; callbacks are called once, in the call or later.
 */
import { assert } from '../base/assert.ts';
import { BrokerError } from '../base/errors.ts';
import type { Uuid } from '../base/uuid.ts';
import { compileFilter, type Filter } from '../filter/filter.ts';
import type { Decision, FrameAppend } from '../machine/machine.ts';
import type { MachineRunner } from '../machine/runner.ts';
import type { SteadyClock } from '../machine/steady-clock.ts';
import type { Clock, Compression, Logger, Random } from '../platform/ports.ts';
import type { ChannelAudience, ChannelInterest } from '../queue/channels.ts';
import type { PassCommand, QueueAnswer, QueueCommand, SettleEntry } from '../queue/commands.ts';
import { Expiry } from '../queue/expiry.ts';
import type { QueuesState, Subscription } from '../queue/model.ts';
import type { Range } from '../queue/range-list.ts';
import type { QueueRecord } from '../queue/records.ts';
import type { RecordMatcher, SelectRules } from '../queue/select.ts';
import { SUBSCRIPTION_DEFAULTS, type SubscriptionSettings } from '../queue/settings.ts';
import { availableIn } from '../queue/window.ts';
import { RECORDS_BYTES_MAX } from '../record/section.ts';
import type { ChunkLog } from '../store/contract.ts';
import { type ChannelSeekRequest, ChannelSeeks } from './channel-seeks.ts';
import { DeadLetters } from './dead-letters.ts';
import { QueueExpiry } from './queue-expiry.ts';
import { QueueLimits } from './queue-limits.ts';
import { SubscriptionReader } from './subscription-reader.ts';
import type { Partition, TopicTable } from './topics.ts';

/** What protocols make of the texts of filters. */
export { compileFilter, type Filter } from '../filter/filter.ts';
export { type ChannelAudience, ChannelInterest } from '../queue/channels.ts';
export type { SettleEntry, Settlement } from '../queue/commands.ts';
export { type RetryPolicy, retryDelayMs, type SubscriptionSettings } from '../queue/settings.ts';
export type { ChannelStart } from './channel-seeks.ts';

export type QueueRunner = MachineRunner<QueuesState, QueueCommand, QueueRecord, QueueAnswer>;

/** Where a new subscription begins. */
export type StartFrom = 'earliest' | 'latest' | { readonly timestampMs: number };

/** A subscription that protocols hold on to; one object for as long as it is there. */
export interface QueueSubscription {
  readonly id: number;
  readonly topicId: Uuid;
  readonly name: string;
  /** What the machine knows of it; not to be changed. */
  readonly state: Subscription;
  /** It was removed, or its topic was deleted. */
  readonly isGone: boolean;
}

/** Messages that a consumer got of one partition. */
export interface Acquired {
  readonly partition: number;
  /** Names the delivery when it is settled. */
  readonly lease: number;
  /** Whole batches, as stored, in which the messages are. Their blocks are held: to be released when they were sent. */
  readonly batches: readonly Buffer[];
  /** Which offsets of the batches were acquired, ascending. `deliveries`: how often, this time included. */
  readonly ranges: readonly { readonly first: number; readonly last: number; readonly deliveries: number }[];
}

export interface AcquireRequest {
  readonly subscription: QueueSubscription;
  /** Who gets the messages: unique among all that are connected. */
  readonly consumer: string;
  /** Null: all. */
  readonly partitions: readonly number[] | null;
  readonly messagesMax: number;
  /** Of the batches that messages come in; the first comes whatever its size. */
  readonly bytesMax: number;
  /** How long it waits where there is nothing; 0: not at all. */
  readonly waitMs: number;
  /** How long the messages are the consumer's; the subscription's where it isn't given. */
  readonly lockMs?: number;
  /** A batch of which one message was acquired is acquired to its end. */
  readonly wholeBatches?: boolean;
  /**
   * Of messages that have failed often few are handed out together, and each alone for the last time (sparing.ts): of each partition, or of
   * all that one request is given.
   */
  readonly spares?: 'in-partition' | 'overall';
  /** Only messages that match; others are left for other consumers. Null: all. */
  readonly wanted: Filter | null;
  /** Of a subscription by channels, and only there: which the consumer has asked for, as of when it is looked at. */
  readonly channels?: ChannelInterest;
  /** Nothing where the wait has ended without messages. */
  readonly done: (acquired: Acquired[] | BrokerError) => void;
}

export interface SettleRequest {
  readonly subscription: QueueSubscription;
  /** Whose deliveries they must be; null: the leases say enough. */
  readonly consumer: string | null;
  /** Each is all or nothing. */
  readonly entries: readonly SettleEntry[];
}

/** What readers of subscriptions work with. */
export interface QueueRuntime {
  readonly log: ChunkLog;
  readonly clock: Clock;
  /** Time by which leases expire, ms. */
  steadyMs(): number;
  nextLease(): number;
  remember(decision: Pick<Decision<QueueRecord, QueueCommand, QueueAnswer>, 'volatile' | 'timers'>): void;
  pass(subscription: QueueSubscription, partition: number, ranges: PassCommand['ranges']): void;
  release(subscription: QueueSubscription, acquired: readonly Acquired[]): void;
  rulesOf(subscription: QueueSubscription, wanted: RecordMatcher | null): SelectRules;
  partitionsOf(
    subscription: QueueSubscription,
    indexes: readonly number[] | null,
  ): readonly Partition[] | BrokerError;
  unreadable(subscription: QueueSubscription, partition: Partition, error: Error): void;
}

export interface QueuesParts {
  readonly runner: QueueRunner;
  readonly log: ChunkLog;
  readonly clock: Clock;
  /** The one that the machine runs on. */
  readonly steady: SteadyClock;
  readonly random: Random;
  readonly compression: Compression;
  readonly topics: TopicTable;
  readonly logger: Logger;
  /** Creates the topic of dead letters where it isn't there; null: it is there. */
  readonly createTopic: (name: string) => Promise<BrokerError | null>;
}

/** A subscription with what works for it while the broker runs. */
class Live implements QueueSubscription {
  readonly state: Subscription;
  isGone = false;
  reader: SubscriptionReader | null = null;
  /** By channels: of the consumer that has come last, which is that of all. */
  audience: ChannelAudience | null = null;
  /** Made of what the settings say; null: not made yet. */
  filter: { readonly made: SubscriptionSettings['filter']; readonly filter: Filter } | null = null;

  /** Made of the settings of subscription and topic; null: not made yet. */
  expiry: { readonly ttlMs: number; readonly hasHeaders: boolean; readonly expiry: Expiry } | null = null;

  constructor(state: Subscription) {
    this.state = state;
  }

  get id(): number {
    return this.state.id;
  }

  get topicId(): Uuid {
    return this.state.topicId;
  }

  get name(): string {
    return this.state.name;
  }
}

const GONE = 'The subscription is gone: subscribe again.';

export class Queues {
  readonly #parts: QueuesParts;
  readonly #live = new Map<number, Live>();
  /** Subscriptions of which a consumer may have something. */
  readonly #byConsumer = new Map<string, Set<Live>>();
  readonly #runtime: QueueRuntime;
  readonly #deadLetters: DeadLetters;
  readonly #channelSeeks: ChannelSeeks;
  #closedWith: BrokerError | null = null;
  readonly #limits: QueueLimits;
  readonly #expiry: QueueExpiry;

  constructor(parts: QueuesParts) {
    this.#parts = parts;
    const { runner, log, clock, steady } = parts;
    this.#runtime = {
      log,
      clock,
      steadyMs: () => steady.nowMs(),
      nextLease: () => runner.state.lastLease + 1,
      remember: (decision) => runner.remember(decision),
      pass: ({ id }, partition, ranges) => runner.submit({ kind: 'pass', id, partition, ranges }, NOTHING),
      release: (subscription, acquired) => this.#release(subscription, acquired),
      rulesOf: (subscription, wanted) => this.#rulesOf(subscription as Live, wanted),
      partitionsOf: (subscription, indexes) => this.#partitionsOf(subscription, indexes),
      unreadable: ({ name }, { topic, index }, error) =>
        parts.logger.warn(
          { subscription: name, topic: topic.name, partition: index, error: error.message },
          'a batch can not be opened, and is handed to nobody',
        ),
    };
    runner.watch((record) => this.#applied(record));
    this.#deadLetters = new DeadLetters({ ...parts, runtime: this.#runtime });
    this.#channelSeeks = new ChannelSeeks(this.#runtime, runner);
    this.#limits = new QueueLimits(this.#runtime);
    this.#expiry = new QueueExpiry(this.#runtime);
    for (const subscription of runner.state.byId.values()) {
      if (!this.#isWorkedFor(subscription)) continue;
      const live = this.#liveOf(subscription.id)!;
      this.#deadLetters.look(live);
      this.#follow(live);
    }
  }

  /** Subscriptions of all topics. */
  get count(): number {
    return this.#parts.runner.state.byId.size;
  }

  find(topicId: Uuid, name: string): QueueSubscription | undefined {
    const known = this.#parts.runner.state.byTopic.get(topicId)?.get(name);
    return known && this.#liveOf(known.id);
  }

  /** Of one topic, or of all. */
  *list(topicId?: Uuid): Generator<QueueSubscription> {
    const { byId, byTopic } = this.#parts.runner.state;
    for (const { id } of topicId === undefined ? byId.values() : (byTopic.get(topicId)?.values() ?? [])) {
      yield this.#liveOf(id)!;
    }
  }

  /**
   * The subscription of that name, created where there is none; one that is there keeps its settings and its place. Refuses with
   * unknown-topic, invalid-config, invalid-filter.
   */
  subscribe(
    request: {
      readonly topicId: Uuid;
      readonly name: string;
      readonly settings?: Partial<SubscriptionSettings>;
      /** `fromEnd`: so many offsets before the end of each partition, or where it begins. */
      readonly startFrom: StartFrom | { readonly fromEnd: number };
    },
    done: (subscription: QueueSubscription | BrokerError) => void,
  ): void {
    const { topicId, name, startFrom } = request;
    const known = this.find(topicId, name);
    if (known !== undefined) return done(known);
    const settings = { ...SUBSCRIPTION_DEFAULTS, ...request.settings };
    const refusal = checkFilter(settings);
    if (refusal !== null) return done(refusal);
    this.#startsOf(topicId, startFrom, (starts) => {
      if (starts instanceof BrokerError) return done(starts);
      this.#parts.runner.submit({ kind: 'subscribe', topicId, name, settings, starts }, (answer) => {
        if (answer instanceof BrokerError) return done(answer);
        assert(answer.kind === 'subscribed', 'a subscription is answered as one');
        const live = this.#liveOf(answer.id);
        done(live ?? new BrokerError('subscription-not-found', GONE));
      });
    });
  }

  /** Changes settings from now on. */
  alter(
    { state, id }: QueueSubscription,
    settings: Partial<SubscriptionSettings>,
    done: (error: BrokerError | null) => void,
  ): void {
    const altered = { ...state.settings, ...settings };
    const refusal = checkFilter(altered);
    if (refusal !== null) return done(refusal);
    this.#submit({ kind: 'alter', id, settings: altered }, done);
  }

  /** Ends a subscription: what it knew is forgotten, the messages stay. */
  remove({ id }: QueueSubscription, done: (error: BrokerError | null) => void): void {
    this.#submit({ kind: 'remove', id }, done);
  }

  /**
   * Begins anew at these offsets; deliveries that are under way are taken away. Refuses with invalid-partitions, and with offset-out-of-range
   * what is behind the end of its partition.
   */
  seek(
    subscription: QueueSubscription,
    positions: readonly { readonly partition: number; readonly offset: number }[],
    done: (error: BrokerError | null) => void,
  ): void {
    for (const { partition, offset } of positions) {
      const found = this.#partitionsOf(subscription, [partition]);
      if (found instanceof BrokerError) return done(found);
      const stream = found[0]?.stream;
      if (stream === undefined) {
        return done(new BrokerError('invalid-partitions', `The topic has no partition ${partition}.`));
      }
      if (Number.isSafeInteger(offset) && offset >= 0 && offset <= stream.highWatermark) continue;
      const sentence = `Offset ${offset} is not in partition ${partition}: choose one from ${stream.startOffset} to ${stream.highWatermark}.`;
      return done(new BrokerError('offset-out-of-range', sentence));
    }
    this.#submit({ kind: 'seek', id: subscription.id, positions }, done);
  }

  /** Hands out what is available, oldest first; waits where there is nothing. Returns what ends the wait without an answer. */
  acquire(request: AcquireRequest): { cancel(): void } {
    const live = request.subscription as Live;
    const refusal =
      this.#closedWith ??
      (live.isGone ? new BrokerError('subscription-not-found', GONE) : checkChannels(request));
    if (refusal !== null) {
      request.done(refusal);
      return { cancel: NOTHING };
    }
    let held = this.#byConsumer.get(request.consumer);
    if (held === undefined) this.#byConsumer.set(request.consumer, (held = new Set()));
    held.add(live);
    live.reader ??= new SubscriptionReader(live, this.#runtime);
    if (request.channels !== undefined) live.audience = request.channels.audience;
    return live.reader.acquire(request);
  }

  /**
   * Says what became of deliveries. Answered when it is durable: for each entry the refusal (invalid-delivery: it isn't this consumer's,
   * or its time has expired), or the lease that it has now (renew), or 0.
   */
  settle(
    { subscription, consumer, entries }: SettleRequest,
    done: (results: readonly (number | BrokerError)[] | BrokerError) => void,
  ): void {
    const chance = this.#parts.random.bytes(1)[0]! / 255;
    this.#parts.runner.submit(
      { kind: 'settle', id: subscription.id, consumer, entries, chance },
      (answer) => {
        if (answer instanceof BrokerError) return done(answer);
        assert(answer.kind === 'settled', 'a settlement is answered as one');
        done(answer.results);
      },
    );
  }

  /** Appends elsewhere what was made of messages, in the frame that makes them done. */
  move(
    request: {
      readonly subscription: QueueSubscription;
      readonly partition: number;
      /** Under which they are acquired. */
      readonly lease: number;
      readonly ranges: readonly Range[];
      readonly companions: readonly FrameAppend[];
    },
    done: (error: BrokerError | null) => void,
  ): void {
    const { subscription, ...move } = request;
    this.#submit({ kind: 'move', id: subscription.id, ...move }, done);
  }

  /** Where a subscription by channels goes on in some of them; see ChannelSeeks. Deliveries from there on that are under way are taken away. */
  seekChannels(request: ChannelSeekRequest): { cancel(): void } {
    return this.#channelSeeks.seek(request);
  }

  /** A consumer of a subscription by channels has asked for others. */
  channelsChanged({ id }: QueueSubscription): void {
    this.#live.get(id)?.reader?.moved();
  }

  /** What was acquired was sent, or copied. */
  releaseBlocks(batches: readonly Buffer[]): void {
    this.#parts.log.blocks.releaseAll(batches);
  }

  /** A time of the machine (of leases, and of what waits) as the wall clock has it now; ms since 1970. */
  wallMs(machineMs: number): number {
    return this.#parts.steady.wallMs(machineMs);
  }

  /** Consumers that wait for messages of a subscription, or of one partition of it. */
  waitingConsumers({ id }: QueueSubscription, partition: number | null = null): number {
    return this.#live.get(id)?.reader?.waitingCount(partition) ?? 0;
  }

  /** By channels: what consumers have asked for, as far as any has come since the broker's start; null: none has. */
  audienceOf({ id }: QueueSubscription): ChannelAudience | null {
    return this.#live.get(id)?.audience ?? null;
  }

  /** Why nothing may be published to a topic now; null: it may. */
  refusal(topicId: Uuid): BrokerError | null {
    return this.#limits.refusal(topicId);
  }

  /** What is asked about single messages. */
  rulesOf(subscription: QueueSubscription): SelectRules {
    return this.#rulesOf(subscription as Live, null);
  }

  /** Why what is dead stays in the subscription; null: nothing has failed. */
  deadLetterFailure(subscription: QueueSubscription): BrokerError | null {
    return this.#deadLetters.failureOf(subscription);
  }

  /** Messages that could be acquired now: offsets, as far as it isn't known what stands at them. */
  available(subscription: QueueSubscription): number {
    return this.#countAvailable(subscription, () => true);
  }

  /** The same of those that have a higher priority than the messages of a partition, and are handed out before them. */
  availableAbove(subscription: QueueSubscription, { topic, index }: Partition): number {
    const levels = topic.config.priorityLevels;
    return this.#countAvailable(subscription, (other) => other.index % levels > index % levels);
  }

  /** A consumer has gone: its waits end without an answer, and what it had is available at once. */
  disconnect(consumer: string): void {
    const held = this.#byConsumer.get(consumer);
    this.#byConsumer.delete(consumer);
    for (const live of held ?? []) {
      live.reader?.leave(consumer);
      const { id, isGone, state } = live;
      if (isGone) continue;
      // Not with the records, which a full disk refuses: what was held comes back when its time has expired, but nobody follows.
      if (state.activeConsumer === consumer)
        this.#runtime.remember({ volatile: [{ kind: 'activated', id, consumer: null }] });
      this.#parts.runner.submit({ kind: 'disconnect', id, consumer }, NOTHING);
    }
  }

  /** Topics may have more partitions than before, or other settings. */
  topicsChanged(topicIds: readonly Uuid[]): void {
    const { byTopic } = this.#parts.runner.state;
    for (const topicId of topicIds) {
      for (const subscription of byTopic.get(topicId)?.values() ?? []) {
        const known = this.#live.get(subscription.id);
        known?.reader?.grown();
        if (known !== undefined || this.#isLimited(subscription))
          this.#follow(this.#liveOf(subscription.id)!);
      }
    }
  }

  /** Of topics that were deleted. */
  topicsDeleted(topicIds: readonly Uuid[]): void {
    this.#parts.runner.submit({ kind: 'topics-deleted', topicIds }, NOTHING);
  }

  /** What the machine has applied. */
  #applied(record: QueueRecord): void {
    switch (record.kind) {
      case 'subscription': {
        const known = this.#live.get(record.id);
        known?.reader?.moved();
        if (known !== undefined || this.#isLimited(record)) this.#follow(this.#liveOf(record.id)!);
        return;
      }
      case 'settled':
      case 'window':
      case 'untaken':
      case 'activated': {
        const live = this.#live.get(record.id);
        if (live === undefined) return;
        live.reader?.moved();
        this.#limits.moved(live);
        if (record.kind === 'settled' && record.stretches.some(({ state }) => state === 'dead'))
          this.#deadLetters.look(live);
        return;
      }
      // The limits wait for it where waits have ended.
      case 'looked': {
        const live = this.#live.get(record.id);
        if (live !== undefined) this.#limits.moved(live);
        return;
      }
      case 'removed':
        return this.#gone(this.#live.get(record.id));
      case 'topic-removed':
        for (const live of [...this.#live.values()]) if (live.topicId === record.topicId) this.#gone(live);
    }
  }

  close(reason: BrokerError): void {
    this.#closedWith = reason;
    this.#deadLetters.close();
    this.#expiry.close();
    for (const { reader } of this.#live.values()) reader?.close(reason);
    this.#parts.runner.close(reason);
  }

  #gone(live: Live | undefined): void {
    if (live === undefined) return;
    this.#live.delete(live.id);
    live.isGone = true;
    this.#follow(live);
    // Not while the machine applies what it has decided.
    this.#parts.clock.afterTurn(() => live.reader?.close(new BrokerError('subscription-not-found', GONE)));
  }

  /** Whether messages may be taken from its consumers: they expire, or are too many. */
  #isLimited({ topicId, settings }: Pick<Subscription, 'topicId' | 'settings'>): boolean {
    const { ttlMs, lengthMax, bytesMax } = settings;
    return ttlMs > 0 || lengthMax > 0 || bytesMax > 0 || this.#hasHeaders(topicId);
  }

  /** Whether something happens to its messages without a consumer. */
  #isWorkedFor(subscription: Subscription): boolean {
    return (
      this.#isLimited(subscription) ||
      [...subscription.windows.values()].some((window) => window.count('dead') > 0)
    );
  }

  /** Whether messages may say themselves when they expire. */
  #hasHeaders(topicId: Uuid): boolean {
    return (this.#parts.topics.byId(topicId)?.config.headers ?? null) !== null;
  }

  #follow(live: Live): void {
    this.#limits.follow(live);
    this.#expiry.follow(live);
  }

  #submit(command: QueueCommand, done: (error: BrokerError | null) => void): void {
    this.#parts.runner.submit(command, (answer) => done(answer instanceof BrokerError ? answer : null));
  }

  #liveOf(id: number): Live | undefined {
    const state = this.#parts.runner.state.byId.get(id);
    if (state === undefined) return undefined;
    let live = this.#live.get(id);
    if (live === undefined) this.#live.set(id, (live = new Live(state)));
    return live;
  }

  #release({ id, isGone }: QueueSubscription, acquired: readonly Acquired[]): void {
    if (isGone || this.#closedWith !== null) return;
    const volatile = acquired.flatMap(({ partition, lease, ranges }) =>
      ranges.map(({ first, last }): QueueRecord => ({ kind: 'untaken', id, partition, lease, first, last })),
    );
    this.#runtime.remember({ volatile });
  }

  #rulesOf(live: Live, wanted: RecordMatcher | null): SelectRules {
    const { order, filter } = live.state.settings;
    if (filter !== null && live.filter?.made !== filter) {
      const made = compileFilter(filter.type, filter.expression);
      assert(!(made instanceof BrokerError), 'a filter was checked before it was stored');
      live.filter = { made: filter, filter: made };
    }
    const ofAll = filter === null ? null : live.filter!.filter;
    return {
      name: live.name,
      byKey: order === 'by-key' || order === 'channels',
      filter: ofAll?.matchesAll === true ? null : ofAll,
      wanted: wanted?.matchesAll === true ? null : wanted,
      expiry: this.#expiryOf(live),
      nowMs: this.#parts.clock.nowMs(),
      section: { compression: this.#parts.compression, bytesMax: RECORDS_BYTES_MAX },
    };
  }

  #expiryOf(live: Live): Expiry | null {
    const { ttlMs } = live.state.settings;
    const hasHeaders = this.#hasHeaders(live.topicId);
    if (ttlMs === 0 && !hasHeaders) return null;
    if (live.expiry?.ttlMs !== ttlMs || live.expiry.hasHeaders !== hasHeaders) {
      live.expiry = { ttlMs, hasHeaders, expiry: new Expiry({ ttlMs, hasHeaders }) };
    }
    return live.expiry.expiry;
  }

  #countAvailable(subscription: QueueSubscription, isMeant: (partition: Partition) => boolean): number {
    const partitions = this.#partitionsOf(subscription, null);
    if (partitions instanceof BrokerError) return 0;
    const { windows } = subscription.state;
    let count = 0;
    for (const partition of partitions)
      if (isMeant(partition)) count += availableIn(windows.get(partition.index), partition.stream);
    return count;
  }

  #partitionsOf(
    { topicId }: QueueSubscription,
    indexes: readonly number[] | null,
  ): readonly Partition[] | BrokerError {
    const { topics } = this.#parts;
    const topic = topics.byId(topicId);
    if (topic === undefined)
      return new BrokerError('unknown-topic', 'The topic of the subscription was deleted.');
    const partitions: Partition[] = [];
    for (const index of indexes ?? Array(topic.partitionCount).keys()) {
      const partition = topics.partition(topic, index);
      if (partition !== undefined) partitions.push(partition);
    }
    return partitions;
  }

  #startsOf(
    topicId: Uuid,
    startFrom: StartFrom | { readonly fromEnd: number },
    done: (starts: number[] | BrokerError) => void,
  ): void {
    const { topics, log } = this.#parts;
    const topic = topics.byId(topicId);
    if (topic === undefined) return done(new BrokerError('unknown-topic', 'There is no such topic.'));
    const { view } = topic.config;
    if (view !== null) {
      const message = `'${topic.name}' is a view: subscribe to its origin '${view.origin}' with the filter.`;
      return done(new BrokerError('invalid-topic', message));
    }
    const streams = [...Array(topic.partitionCount).keys()].map(
      (index) => topics.partition(topic, index)!.stream,
    );
    if (startFrom === 'earliest') return done(streams.map(({ startOffset }) => startOffset));
    if (startFrom === 'latest') return done(streams.map(({ highWatermark }) => highWatermark));
    if ('fromEnd' in startFrom) {
      const { fromEnd } = startFrom;
      return done(
        streams.map(({ startOffset, highWatermark }) => Math.max(startOffset, highWatermark - fromEnd)),
      );
    }
    Promise.all(streams.map((stream) => log.offsetForTimestamp(stream, startFrom.timestampMs))).then(
      (found) => done(found.map((position, i) => position?.offset ?? streams[i]!.highWatermark)),
      (error: unknown) => {
        if (!(error instanceof BrokerError)) throw error;
        done(error);
      },
    );
  }
}

const NOTHING = (): void => undefined;

function checkChannels({ subscription, channels }: AcquireRequest): BrokerError | null {
  const { name, settings } = subscription.state;
  if ((settings.order === 'channels') === (channels !== undefined)) return null;
  const message =
    channels === undefined
      ? `'${name}' is read by channels: its consumers have to say which they want.`
      : `'${name}' isn't read by channels, but in the order '${settings.order}': take another name.`;
  return new BrokerError('invalid-request', message);
}

function checkFilter({ filter }: SubscriptionSettings): BrokerError | null {
  if (filter === null) return null;
  const made = compileFilter(filter.type, filter.expression);
  return made instanceof BrokerError ? made : null;
}
