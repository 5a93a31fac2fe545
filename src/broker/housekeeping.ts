/** What a broker does by itself, now and then: retention, compaction, cleaning, forgetting idle producers. */
import type { BrokerSettings } from '../metadata/broker-settings.ts';
import type { Logger, Timer } from '../platform/ports.ts';
import type { CompactionPolicy, RetentionPolicy, Stream } from '../store/contract.ts';
import type { ProducerStates } from '../transaction/producer-state.ts';
import type { Broker } from './broker.ts';
import { isMachineStream } from './machine-streams.ts';

/** How often idle producers are forgotten, ms (Kafka: producer.id.expiration.check.interval.ms). */
const PRODUCER_LOOK_MS = 600_000;

export class Housekeeping {
  readonly #broker: Broker;
  readonly #producers: ProducerStates;
  readonly #logger: Logger;
  /** Below this offset nothing of aborted transactions was left at the last look. */
  readonly #goneTo = new WeakMap<Stream, number>();
  #timers: Timer[] = [];
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
    this.#every(
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
    for (const timer of this.#timers) timer.cancel();
  }

  #every(intervalMs: () => number, look: () => Promise<void>): void {
    const slot = this.#timers.length;
    const arm = (): void => {
      if (this.#stopped) return;
      this.#timers[slot] = this.#broker.clock.setTimer(intervalMs(), () => {
        void look()
          .catch((error: unknown) =>
            this.#logger.error({ err: error }, `housekeeping failed: ${String(error)}`),
          )
          .then(arm);
      });
    };
    arm();
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
