/** What a broker does by itself, now and then: retention, compaction, cleaning, forgetting idle producers. */
import type { BrokerSettings } from '../metadata/broker-settings.ts';
import type { Topic } from '../metadata/image.ts';
import type { Clock, Logger, Timer } from '../platform/ports.ts';
import type { CompactionPolicy, RetentionPolicy, Stream } from '../store/contract.ts';
import type { ProducerStates } from '../transaction/producer-state.ts';
import type { Broker } from './broker.ts';
import { isMachineStream } from './machine-streams.ts';

/** How often idle producers are forgotten, ms (Kafka: producer.id.expiration.check.interval.ms). */
const PRODUCER_LOOK_MS = 600_000;
/** How long after a change of its settings it is looked whether a topic is to be compacted, ms. */
const CHANGED_LOOK_MS = 1000;

export class Housekeeping {
  readonly #broker: Broker;
  readonly #producers: ProducerStates;
  readonly #logger: Logger;
  /** Below this offset nothing of aborted transactions was left at the last look. */
  readonly #goneTo = new WeakMap<Stream, number>();
  readonly #looks: Look[] = [];
  #compactionLook: Look | null = null;
  #stopped = false;

  constructor(options: { broker: Broker; producers: ProducerStates; logger: Logger }) {
    this.#broker = options.broker;
    this.#producers = options.producers;
    this.#logger = options.logger;
  }

  start(): void {
    const { clock, settings } = this.#broker;
    this.#every(
      () => settings.retentionCheckIntervalMs,
      () => this.#retain(),
    );
    // The intervals of what may be changed while the broker runs are asked for each time.
    const now = (): BrokerSettings => this.#broker.metadata.image.settings;
    this.#compactionLook = this.#every(
      () => now().compactionCheckIntervalMs,
      () => this.#compact(),
    );
    this.#every(
      () => PRODUCER_LOOK_MS,
      async () => this.#producers.expire(clock.nowMs(), now().producerExpirationMs),
    );
  }

  stop(): void {
    this.#stopped = true;
    for (const look of this.#looks) look.stop();
  }

  /** Topics have other settings: those that are compacted from now on are not left waiting for the next look. */
  topicsChanged(topics: readonly Topic[]): void {
    if (topics.some(({ config }) => config.compaction !== null))
      this.#compactionLook?.within(CHANGED_LOOK_MS);
  }

  #every(intervalMs: () => number, look: () => Promise<void>): Look {
    const { clock } = this.#broker;
    const made = new Look(clock, intervalMs, () =>
      look().catch((error: unknown) =>
        this.#logger.error({ err: error }, `housekeeping failed: ${String(error)}`),
      ),
    );
    this.#looks.push(made);
    return made;
  }

  async #retain(): Promise<void> {
    const { log } = this.#broker;
    this.#forgetAborted();
    await log.enforceRetention((stream) => this.#policy(stream));
    if (!this.#stopped) await log.clean();
  }

  /** Forgets transactions whose records were compacted or removed by the last look: whoever was reading them has ended. */
  #forgetAborted(): void {
    for (const stream of this.#broker.log.streams()) {
      const producers = this.#producers.find(stream.topicId, stream.partition);
      if (producers === undefined || producers.transactions === null) continue;
      producers.forgetAborted(this.#goneTo.get(stream) ?? 0);
      this.#goneTo.set(stream, Math.max(stream.startOffset, stream.compactedTo));
    }
  }

  #policy(stream: Stream): RetentionPolicy | null {
    if (isMachineStream(stream.topicId)) return null;
    const config = this.#broker.topics.byId(stream.topicId)?.config;
    return config?.deletes ? config : null;
  }

  async #compact(): Promise<void> {
    const { log } = this.#broker;
    const isAny = await log.compact((stream) => this.#compactionPolicy(stream));
    // What was superseded is reclaimed at once.
    if (isAny && !this.#stopped) await log.clean();
  }

  #compactionPolicy(stream: Stream): CompactionPolicy | null {
    if (isMachineStream(stream.topicId)) return null;
    const compaction = this.#broker.topics.byId(stream.topicId)?.config.compaction ?? null;
    if (compaction === null) return null;
    const producers = this.#producers.partition(stream.topicId, stream.partition);
    return {
      ...compaction,
      stableOffset: producers.lastStableOffset(stream.highWatermark),
      abortedTransactions: () => producers.transactions?.allAborted() ?? [],
    };
  }
}

/** What comes again and again: each time so long after the last one has ended, or sooner where that was asked for. */
class Look {
  readonly #clock: Clock;
  readonly #intervalMs: () => number;
  readonly #run: () => Promise<void>;
  #timer: Timer | null = null;
  #dueMs = Number.POSITIVE_INFINITY;
  /** At most so long after the one that runs. */
  #withinMs = Number.POSITIVE_INFINITY;
  #stopped = false;

  /** `run` never rejects. */
  constructor(clock: Clock, intervalMs: () => number, run: () => Promise<void>) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#run = run;
    this.#arm(intervalMs());
  }

  /** The next one comes in so many ms at the latest. */
  within(delayMs: number): void {
    if (this.#timer === null) this.#withinMs = Math.min(this.#withinMs, delayMs);
    else if (this.#clock.monotonicMs() + delayMs < this.#dueMs) this.#arm(delayMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #arm(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer?.cancel();
    this.#dueMs = this.#clock.monotonicMs() + delayMs;
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#timer = null;
      this.#withinMs = Number.POSITIVE_INFINITY;
      void this.#run().then(() => this.#arm(Math.min(this.#intervalMs(), this.#withinMs)));
    });
  }
}
