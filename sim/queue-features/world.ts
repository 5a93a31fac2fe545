/**
 * What all who work in the exercise share: a broker in its process on a simulated disk, with a topic, two subscriptions to it, a topic for
 * their dead letters and one to move them to; the models of them; and time, which goes in slots of a second. Spans end in the middle of one,
 * so that it is clear what comes first.
 */
import { assert } from '../../src/base/assert.ts';
import { BrokerError } from '../../src/base/errors.ts';
import type { Broker } from '../../src/broker/broker.ts';
import { compileFilter, type QueueSubscription } from '../../src/broker/queues.ts';
import type { Partition } from '../../src/broker/topics.ts';
import type { Compression } from '../../src/platform/ports.ts';
import { OVERFLOWS, SUBSCRIPTION_DEFAULTS, type SubscriptionSettings } from '../../src/queue/settings.ts';
import { Prng } from '../prng.ts';
import { called, type Life, partitionOf, QueueHost } from '../queue-host.ts';
import { FeaturesModel } from './model.ts';

/** What was done, over all seeds. */
export interface FeatureCounts {
  operations: number;
  acquired: number;
  acked: number;
  expired: number;
  dropped: number;
  tooMany: number;
  buried: number;
  refused: number;
  redriven: number;
  restarts: number;
}

export const newFeatureCounts = (): FeatureCounts => ({
  operations: 0,
  acquired: 0,
  acked: 0,
  expired: 0,
  dropped: 0,
  tooMany: 0,
  buried: 0,
  refused: 0,
  redriven: 0,
  restarts: 0,
});

export const TOPIC = 'orders';
export const DEAD = 'dead';
export const ELSEWHERE = 'elsewhere';
const NAMES = ['s', 't'];
export const CONSUMERS = ['a', 'b', 'c'];
export const TAGS = ['red', 'green'];
export const LEVELS = 2;
export const SLOT_MS = 1000;

/** A subscription, and what it is to do. */
interface Reader {
  model: FeaturesModel;
  subscription: QueueSubscription;
}

export class FeatureWorld {
  readonly prng: Prng;
  readonly host: QueueHost;
  readonly counts: FeatureCounts;
  readonly levels: number;
  readonly hasHeaders: boolean;
  readonly readers: readonly Reader[];
  /** Whose turn it is: `model` and `subscription` are its. */
  reader: Reader;
  slot = 0;
  broker!: Broker;
  #life!: Life;

  constructor(seed: number, compression: Compression, counts: FeatureCounts) {
    const prng = new Prng(seed);
    this.prng = prng;
    this.host = new QueueHost(prng.fork(), compression);
    this.host.volume.faults.slowness = 0;
    this.counts = counts;
    this.levels = prng.pick([1, LEVELS]);
    this.hasHeaders = prng.chance(0.6);
    const partitions = this.levels === 1 ? prng.between(1, 3) : LEVELS * prng.between(1, 2);
    this.readers = NAMES.map((name) => {
      const model = new FeaturesModel(name, this.#drawNewSettings(), partitions);
      return { model, subscription: null as never };
    });
    this.reader = this.readers[0]!;
  }

  get model(): FeaturesModel {
    return this.reader.model;
  }

  get subscription(): QueueSubscription {
    return this.reader.subscription;
  }

  async start(): Promise<void> {
    await this.#boot();
    const plain = { replicationFactor: -1, configs: [] };
    const configs = [
      ['polylog.priority.levels', String(this.levels)],
      ['polylog.headers', String(this.hasHeaders)],
    ] as const;
    const refusals = await this.settled(
      this.broker.createTopics([
        { ...plain, name: TOPIC, partitionCount: this.model.partitions.length, configs },
        { ...plain, name: DEAD, partitionCount: this.prng.between(1, 4) },
        { ...plain, name: ELSEWHERE, partitionCount: 2 },
      ]),
    );
    assert(refusals.size === 0, 'the topics are made');
    for (const reader of this.readers) await this.#subscribe(reader);
  }

  /** In good order, and nothing that was written is lost. */
  async restart(): Promise<void> {
    await this.settled(this.broker.close());
    this.#life.process.kill();
    this.host.volume.crash(this.prng.fork(), 'all');
    this.counts.restarts++;
    await this.#boot();
    for (const reader of this.readers) {
      await this.#subscribe(reader);
      reader.model.restart();
    }
  }

  /** Another subscription takes the place and the name of the one whose turn it is, and reads all that is there. */
  async beginAnew(): Promise<void> {
    const { reader, broker } = this;
    const { name, partitions } = reader.model;
    await this.called<null>((done) => broker.queues.remove(reader.subscription, done));
    reader.model = new FeaturesModel(name, this.#drawNewSettings(), partitions.length);
    partitions.forEach((all, index) => {
      for (const one of all) reader.model.add(index, one);
    });
    await this.#subscribe(reader);
  }

  #drawNewSettings(): SubscriptionSettings {
    const order = this.prng.pick(['none', 'none', 'by-key', 'exclusive'] as const);
    return { ...SUBSCRIPTION_DEFAULTS, order, ...this.drawSettings() };
  }

  drawSettings(): Partial<SubscriptionSettings> {
    const { prng } = this;
    const deadLetterTopic = prng.pick([null, DEAD, DEAD]);
    // What is too much can't become dead letters where there is no topic for them.
    const overflows = OVERFLOWS.filter((each) => each !== 'dead-letter' || deadLetterTopic !== null);
    return {
      deliveriesMax: prng.pick([0, 0, 1, 3]),
      deadLetterTopic,
      retry: { kind: 'list', delaysMs: [500, 1500] },
      lockMs: prng.pick([500, 2500, 20_500]),
      filter: prng.pick([null, null, { type: 'tag', expression: 'red' }]),
      ttlMs: prng.pick([0, 0, 0, 2500, 15_500]),
      lengthMax: prng.pick([0, 0, 8, 20]),
      overflow: prng.pick(overflows),
      inFlightMax: prng.pick([4, 1000]),
      paused: prng.chance(0.1),
    };
  }

  get nowMs(): number {
    return this.#life.clock.nowMs();
  }

  /** Lets time go on to the end of the slot. */
  async passSlot(): Promise<void> {
    const { scheduler } = this.host;
    await scheduler.runFor(SLOT_MS * (this.slot + 1) - scheduler.nowUs / 1000);
    this.slot++;
  }

  /** What was done since the slot began took no time that matters. */
  backToSlot(): void {
    this.host.scheduler.nowUs = 1000 * SLOT_MS * this.slot;
  }

  settled<T>(promise: Promise<T>): Promise<T> {
    return this.host.scheduler.settle(promise, this.#life.process, SLOT_MS);
  }

  /** What a callback is given. */
  called<T>(start: (done: (answer: T | BrokerError) => void) => void): Promise<T> {
    return this.settled(called(start));
  }

  partition(name: string, index: number): Partition {
    return partitionOf(this.broker, name, index);
  }

  async #boot(): Promise<void> {
    this.#life = this.host.boot();
    this.broker = await this.settled(this.host.open(this.#life));
  }

  /** Makes the subscription of a reader, or finds it. */
  async #subscribe(reader: Reader): Promise<void> {
    const topicId = this.broker.topics.byName(TOPIC)!.id;
    const { name, settings } = reader.model;
    reader.subscription = await this.called((done) =>
      this.broker.queues.subscribe({ topicId, name, settings, startFrom: 'earliest' }, done),
    );
  }
}

export function tagFilter(tag: string) {
  const filter = compileFilter('tag', tag);
  if (filter instanceof BrokerError) throw filter;
  return filter;
}
