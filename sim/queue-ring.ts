/**
 * Crash at every I/O, for subscriptions: a broker on the simulated disk whose consumers acquire, acknowledge, reject, delay and release is
 * killed at each of its operations, before it or half way through it; the next one goes on. Its queues have what the seed gives them:
 * keys, a limit with each overflow, time to live, priorities; some messages are delayed, some are half messages until their sender says
 * what is to become of them, or is asked; dead letters are put back, or moved elsewhere; another subscription reads along. What must hold
 * is in queue-fates.ts.
 *
 * `runQueueFaults` is the same world with a disk that fails, is full or slow instead of a crash at one place.
 */
import { BrokerError } from '../src/base/errors.ts';
import type { Broker } from '../src/broker/broker.ts';
import type { Acquired, QueueSubscription, SettleEntry } from '../src/broker/queues.ts';
import type { StoredMessage } from '../src/broker/stored-messages.ts';
import type { Partition } from '../src/broker/topics.ts';
import type { Compression } from '../src/platform/ports.ts';
import { OVERFLOWS, type Overflow } from '../src/queue/settings.ts';
import { buildBatch, type RecordInput } from '../src/record/build.ts';
import type { CrashPoint } from './disk.ts';
import { Prng } from './prng.ts';
import { SimulatedCrash } from './process.ts';
import { Fates, type Found, type FoundLetter } from './queue-fates.ts';
import {
  called,
  isPutBack,
  type Life,
  letterOf,
  partitionOf,
  publish,
  QueueHost,
  sleep,
} from './queue-host.ts';
import { PAGE_BYTES } from './volume.ts';

const TOPIC = 'orders';
const OTHER = 'other';
const DEAD = 'dead';
const ELSEWHERE = 'elsewhere';
const PARTITIONS = 2;
const MESSAGES = 60;
const DELIVERIES_MAX = 3;
const LOCK_MS = 200;
const KEYS = 4;
const CONSUMERS = ['x', 'y', 'z'];
const REDRIVES = 4;
/** Simulated time in which everything must come to its end. */
const END_MS = 120_000;
/** Lives in which the disk fails. */
const SICK_LIVES = 8;
const RETRY_MS = 20;

export interface QueueRingRun {
  readonly crashed: boolean;
  /** Disk operations of the first process. */
  readonly operations: number;
  readonly deliveries: number;
  readonly deadLetters: number;
  /** Letters that were put back or moved elsewhere. */
  readonly redriven: number;
  /** Processes. */
  readonly lives: number;
}

/** What the seed gives the queues. */
interface Plan {
  readonly order: 'none' | 'by-key';
  readonly overflow: Overflow | null;
  readonly ttlMs: number;
  readonly levels: number;
  /** How often a message is delayed, is a half message, has a time to live of its own: 0 to 1. */
  readonly delays: number;
  readonly halves: number;
  readonly ttls: number;
  /** The life in which the other subscription is made. */
  readonly otherFrom: number;
}

/** One run; rejects where something isn't as it must be. */
export async function runQueueRing(
  seed: number,
  crashAt: CrashPoint | null,
  compression: Compression,
): Promise<QueueRingRun> {
  const world = new QueueWorld(seed, compression);
  let life = world.boot();
  life.disk.crashAt = crashAt;
  const crashed = await world.untilDeath(life, () => world.work(life, false));
  const { operations } = life.disk;
  life.process.kill();
  if (crashed) world.host.volume.crash();
  // Once more while it goes on.
  if (seed % 3 === 0) {
    life = world.boot();
    life.disk.crashAt = { operation: world.prng.between(1, 80), half: seed % 2 === 0 };
    await world.untilDeath(life, () => world.work(life, false));
    life.process.kill();
    world.host.volume.crash();
  }
  return { crashed, operations, ...(await world.finish()) };
}

/** One run with a disk that fails now and then; rejects where something isn't as it must be. */
export async function runQueueFaults(seed: number, compression: Compression): Promise<QueueRingRun> {
  const world = new QueueWorld(seed, compression);
  let crashed = false;
  for (let i = 0; i < SICK_LIVES; i++) {
    const life = world.boot();
    const sick = world.sicken(life);
    const died = await world.untilDeath(life, () => world.work(life, false));
    sick.end();
    life.process.kill();
    world.host.volume.crash(world.prng, died ? undefined : 'all');
    if (!died) break;
    crashed = true;
  }
  return { crashed, operations: 0, ...(await world.finish()) };
}

class QueueWorld {
  readonly prng: Prng;
  readonly host: QueueHost;
  readonly #plan: Plan;
  readonly #fates: Fates;
  #lives = 0;
  #published = 0;
  #redrives = 0;
  #letters = 0;
  #moved = 0;
  #isSick = false;

  constructor(seed: number, compression: Compression) {
    const prng = new Prng(seed);
    this.prng = prng;
    this.host = new QueueHost(prng, compression);
    const drawn = prng.fork();
    this.#plan = {
      order: seed % 2 === 0 ? 'none' : 'by-key',
      overflow: drawn.pick([null, null, ...OVERFLOWS]),
      ttlMs: drawn.pick([0, 0, 400]),
      levels: drawn.pick([1, 1, 2]),
      delays: drawn.pick([0, 0, 0.2]),
      halves: drawn.pick([0, 0.2]),
      ttls: drawn.pick([0, 0, 0.2]),
      otherFrom: drawn.between(1, 2),
    };
    const { order, overflow, ttlMs } = this.#plan;
    const byKey = order === 'by-key';
    this.#fates = new Fates({ byKey, overflow, ttlMs, deliveriesMax: DELIVERIES_MAX, lockMs: LOCK_MS });
  }

  boot(): Life {
    this.#lives++;
    this.#fates.letGo(null);
    const life = this.host.boot();
    if (this.prng.chance(0.3)) {
      life.clock.jump(this.prng.between(-5000, 5000));
      this.#fates.jumped = true;
    }
    return life;
  }

  /** False: it came to its end. */
  async untilDeath({ process }: Life, work: () => Promise<void>): Promise<boolean> {
    try {
      await this.host.scheduler.settle(work(), process, END_MS);
      return false;
    } catch (error) {
      // A broker that can't start, or not close, on a sick disk.
      if (error instanceof BrokerError && this.#isSick) return true;
      if (!(error instanceof SimulatedCrash)) throw error;
      return true;
    }
  }

  /** The last life: all comes to its end, and what is there then is looked at. */
  async finish(): Promise<Omit<QueueRingRun, 'crashed' | 'operations'>> {
    const life = this.boot();
    await this.host.scheduler.settle(this.work(life, true), life.process, END_MS);
    const { deliveries } = this.#fates;
    return { deliveries, deadLetters: this.#letters, redriven: this.#moved, lives: this.#lives };
  }

  /** The disk of a life fails, is full or slow now and then. */
  sicken({ process }: Life): { end(): void } {
    const { scheduler, volume } = this.host;
    const { faults } = volume;
    const { prng } = this;
    let isOver = false;
    this.#isSick = true;
    const heal = (): void => {
      const room = { capacityBytes: Number.POSITIVE_INFINITY };
      Object.assign(faults, { writeFails: 0, datasyncFails: 0, readFails: 0, slowness: 1, ...room });
    };
    const next = (): void => {
      scheduler.schedule(1000 * prng.between(5, 400), process, () => {
        if (isOver) return;
        prng.pick([
          () => Object.assign(faults, { writeFails: prng.pick([0.05, 1]) }),
          () => Object.assign(faults, { datasyncFails: prng.pick([0.05, 1]) }),
          () => Object.assign(faults, { readFails: 0.5 }),
          () => Object.assign(faults, { slowness: prng.between(5, 200) }),
          () => Object.assign(faults, { capacityBytes: volume.usedBytes() + PAGE_BYTES * prng.int(30) }),
          () => Object.assign(faults, { capacityBytes: volume.usedBytes() + PAGE_BYTES * prng.int(30) }),
        ])();
        scheduler.schedule(1000 * prng.between(1, 200), process, heal);
        next();
      });
    };
    next();
    return {
      end: () => {
        isOver = true;
        this.#isSick = false;
        heal();
      },
    };
  }

  /** Publishes, consumes and puts back. `isLast`: until all is over, and looks at what is there then. */
  async work(life: Life, isLast: boolean): Promise<void> {
    const onFatal = (error: BrokerError): void => {
      if (!this.#isSick) throw error;
      life.process.kill();
    };
    const settings = { 'polylog.half.check.interval.ms': '1000', 'polylog.half.checks.max': '1000' };
    const broker = await this.host.open(life, { settings, onFatal });
    const parts = { broker, life, subscription: await this.#subscribe(broker, life) };
    this.#answerChecks(parts);
    let busy = 2;
    const other = isLast || this.#lives >= this.#plan.otherFrom ? await this.#subscribeOther(parts) : null;
    const isOver = (): boolean =>
      busy === 0 &&
      this.#isThrough(parts) &&
      (other === null || this.#isThrough({ ...parts, subscription: other }));
    const consumers = CONSUMERS.map((consumer) => this.#consume({ ...parts, consumer }, isOver));
    const publishing = this.#publish(parts).then(() => busy--);
    const redriving = this.#redrive(parts).then(() => busy--);
    if (other !== null) consumers.push(this.#follow({ ...parts, subscription: other }, isOver));
    await Promise.all([publishing, redriving, ...consumers]);
    if (isLast) await this.#check(broker);
    await broker.close();
  }

  /** Until it is done: a disk may be full. */
  async #insist<T>(life: Life, ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof BrokerError) || !this.#isSick) throw error;
        await sleep(life, RETRY_MS);
      }
    }
  }

  async #subscribe(broker: Broker, life: Life): Promise<QueueSubscription> {
    const { order, overflow, ttlMs, levels } = this.#plan;
    const topic = { partitionCount: PARTITIONS, replicationFactor: -1 };
    const configs = [
      ['polylog.headers', 'true'],
      ['polylog.priority.levels', String(levels)],
    ] as const;
    await this.#insist(life, async () => {
      const refusals = await broker.createTopics([
        { ...topic, name: TOPIC, configs },
        { ...topic, name: DEAD, configs: [] },
        { ...topic, name: ELSEWHERE, configs: [] },
      ]);
      for (const error of refusals.values()) throw error;
    });
    const settings = {
      order,
      deadLetterTopic: DEAD,
      deliveriesMax: DELIVERIES_MAX,
      lockMs: LOCK_MS,
      retry: { kind: 'list', delaysMs: [10, 50] },
      ttlMs,
      ...(overflow !== null && { overflow, lengthMax: 15 }),
    } as const;
    const topicId = broker.topics.byName(TOPIC)!.id;
    return this.#insist(life, () =>
      called((done) =>
        broker.queues.subscribe({ topicId, name: 's', settings, startFrom: 'earliest' }, done),
      ),
    );
  }

  /** One that reads all, whatever becomes of it elsewhere. */
  #subscribeOther({ broker, life }: Pick<Parts, 'broker' | 'life'>): Promise<QueueSubscription> {
    const request = { topicId: broker.topics.byName(TOPIC)!.id, name: OTHER, startFrom: 'earliest' } as const;
    const settings = { lockMs: LOCK_MS };
    return this.#insist(life, () =>
      called((done) => broker.queues.subscribe({ ...request, settings }, done)),
    );
  }

  // Producers.

  async #publish({ broker, life }: Parts): Promise<void> {
    while (this.#published < MESSAGES) {
      const partition = partitionOf(broker, TOPIC, this.prng.int(PARTITIONS));
      if (this.prng.chance(this.#plan.halves)) await this.#publishHalf({ broker, life }, partition);
      else await this.#publishBatch({ broker, life }, partition);
      await sleep(life, this.prng.int(10));
    }
  }

  /** Plain ones, or one that is delayed. */
  async #publishBatch({ broker, life }: Pick<Parts, 'broker' | 'life'>, partition: Partition): Promise<void> {
    const { prng } = this;
    const isDelayed = prng.chance(this.#plan.delays);
    const deliverAtMs = isDelayed ? life.clock.nowMs() + prng.between(1, 600) : 0;
    const drawn = Array.from({ length: isDelayed ? 1 : prng.between(1, 4) }, () => this.#record(deliverAtMs));
    const batch = buildBatch(
      drawn.map(({ record }) => record),
      { timestampMs: life.clock.nowMs() },
    );
    const { error, baseOffset } = await publish(broker, { partition, batch, timeoutMs: END_MS });
    if (error?.code === 'request-timed-out') return;
    if (error === null) this.#published += drawn.length;
    drawn.forEach(({ id, isMoved }, i) => {
      const isThere = error === null && baseOffset >= 0 && !isMoved && !isDelayed;
      const at = isThere ? { partition: partition.index, offset: baseOffset + i } : null;
      this.#fates.told(id, error === null ? 'stored' : 'refused', at);
    });
    if (error !== null) await sleep(life, RETRY_MS);
  }

  /** `isMoved`: it may go to another partition. */
  #record(
    deliverAtMs: number,
    half: 'commit' | 'rollback' | null = null,
  ): { readonly id: string; readonly isMoved: boolean; readonly record: RecordInput } {
    const { prng } = this;
    const key = `k${prng.int(KEYS)}`;
    const ttlMs = prng.chance(this.#plan.ttls) ? prng.between(100, 500) : 0;
    const id = this.#fates.sending({ key, ttlMs, deliverAtMs, half });
    const isMoved = this.#plan.levels > 1 && half === null && prng.chance(0.5);
    const header = (name: string, value: number) => ({ key: name, value: Buffer.from(String(value)) });
    const headers = [
      ...(ttlMs > 0 ? [header('ttl-ms', ttlMs)] : []),
      ...(deliverAtMs > 0 ? [header('deliver-at-ms', deliverAtMs)] : []),
      ...(isMoved ? [header('priority', prng.int(2))] : []),
    ];
    return { id, isMoved, record: { key: Buffer.from(key), value: Buffer.from(id), headers } };
  }

  /** Its sender says what is to become of it, or has to be asked. */
  async #publishHalf({ broker, life }: Pick<Parts, 'broker' | 'life'>, partition: Partition): Promise<void> {
    const half = this.prng.chance(0.7) ? 'commit' : 'rollback';
    const { id, record } = this.#record(0, half);
    const batch = buildBatch([record], { timestampMs: life.clock.nowMs() });
    try {
      const request = { partition, batch, producerGroup: 'senders', checkAfterMs: this.prng.int(300) };
      const { transactionId } = await called<{ readonly transactionId: string }>((done) =>
        broker.halfMessages.prepare(request, done),
      );
      this.#published++;
      this.#fates.told(id, 'stored');
      await sleep(life, this.prng.int(20));
      if (this.prng.chance(0.6)) this.#end({ broker, life }, transactionId, half);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#fates.told(id, 'refused');
      await sleep(life, RETRY_MS);
    }
  }

  #end(
    { broker, life }: Pick<Parts, 'broker' | 'life'>,
    transactionId: string,
    half: 'commit' | 'rollback',
  ): void {
    const { id: topicId } = broker.topics.byName(TOPIC)!;
    const word = { topicId, transactionId, commit: half === 'commit' };
    broker.halfMessages.end(word, (outcome) => {
      if (!(outcome instanceof BrokerError) || outcome.code === 'shutting-down') return;
      // Full, or the disk is: it is asked for again, or says it again.
      if (this.prng.chance(0.5))
        life.clock.setTimer(RETRY_MS, () => this.#end({ broker, life }, transactionId, half));
    });
  }

  #answerChecks({ broker, life }: Parts): void {
    broker.halfMessages.onCheck(broker.topics.byName(TOPIC)!.id, ({ transactionId, batch }) => {
      if (this.prng.chance(0.2)) return false;
      const [message] = this.host.messages([batch], 0, Number.MAX_SAFE_INTEGER);
      const half = this.#fates.wanted(message!.value!.toString());
      life.clock.setTimer(this.prng.int(50), () => this.#end({ broker, life }, transactionId, half));
      return true;
    });
  }

  // Operators.

  async #redrive({ broker, life }: Parts): Promise<void> {
    const { prng } = this;
    const { id: topicId } = broker.topics.byName(DEAD)!;
    while (this.#redrives < REDRIVES) {
      await sleep(life, prng.between(10, 150));
      this.#redrives++;
      this.#fates.redriven = true;
      const request = {
        topicId,
        wanted: null,
        to: prng.chance(0.3) ? ELSEWHERE : null,
        messagesMax: prng.pick([0, 0, 3]),
        perSecond: prng.pick([0, 0, 50]),
      };
      await called((done) => broker.queueAdmin.redrive(request, done)).catch((error: unknown) => {
        if (!(error instanceof BrokerError) || !this.#isSick) throw error;
      });
    }
  }

  #isThrough({ broker, subscription: { state } }: Parts): boolean {
    if (broker.halfMessages.counts.open > 0 || broker.schedules.counts.waiting > 0) return false;
    return Array.from({ length: PARTITIONS }, (_, index) => {
      const { highWatermark } = partitionOf(broker, TOPIC, index).stream;
      return highWatermark === 0 || state.windows.get(index)?.start === highWatermark;
    }).every((isDone) => isDone);
  }

  // Consumers.

  async #consume(parts: Parts & { readonly consumer: string }, isOver: () => boolean): Promise<void> {
    const { broker, life, subscription, consumer } = parts;
    while (!isOver()) {
      const sinceMs = life.clock.monotonicMs();
      const acquired = await this.#insist(life, () =>
        called<Acquired[]>((done) =>
          broker.queues.acquire({
            subscription,
            consumer,
            partitions: this.prng.chance(0.3) ? [this.prng.int(PARTITIONS)] : null,
            messagesMax: this.prng.between(1, 5),
            bytesMax: 1_000_000,
            waitMs: this.prng.pick([0, 20, 100]),
            wanted: null,
            done,
          }),
        ),
      );
      const got = acquired.flatMap((one) => this.#read(one, parts, sinceMs));
      for (const { batches } of acquired) broker.queues.releaseBlocks(batches);
      await sleep(life, this.prng.int(5));
      if (got.length > 0) await this.#settle(parts, got);
      if (this.prng.chance(0.03)) {
        broker.queues.disconnect(consumer);
        this.#fates.letGo(consumer);
      }
    }
  }

  /** Acknowledges all. */
  async #follow({ broker, life, subscription }: Parts, isOver: () => boolean): Promise<void> {
    const request = { subscription, consumer: OTHER, partitions: null, wanted: null } as const;
    while (!isOver()) {
      const acquired = await this.#insist(life, () =>
        called<Acquired[]>((done) =>
          broker.queues.acquire({ ...request, messagesMax: 10, bytesMax: 1_000_000, waitMs: 50, done }),
        ),
      );
      const entries = acquired.flatMap(({ partition, lease, batches, ranges }): SettleEntry[] =>
        ranges.map(({ first, last }) => {
          for (const { value, offset } of this.host.messages(batches, first, last))
            this.#fates.met(value!.toString(), { partition, offset });
          return { partition, first, last, lease, action: 'ack' };
        }),
      );
      for (const { batches } of acquired) broker.queues.releaseBlocks(batches);
      // Where it is refused all comes again.
      await called((done) => broker.queues.settle({ subscription, consumer: OTHER, entries }, done)).catch(
        (error: unknown) => {
          if (!(error instanceof BrokerError) || !this.#isSick) throw error;
        },
      );
    }
  }

  #read(
    { partition, lease, batches, ranges }: Acquired,
    { life: { clock }, consumer }: Parts & { readonly consumer: string },
    sinceMs: number,
  ): Got[] {
    const times = { nowMs: clock.monotonicMs(), sinceMs, wallMs: clock.nowMs() };
    return ranges.flatMap(({ first, last, deliveries }) =>
      this.host.messages(batches, first, last).map(({ value, offset }): Got => {
        const id = value!.toString();
        this.#fates.delivered(id, { partition, offset, deliveries, consumer }, times);
        return { id, entry: { partition, first: offset, last: offset, lease } };
      }),
    );
  }

  async #settle(
    { broker, subscription, consumer }: Parts & { readonly consumer: string },
    got: readonly Got[],
  ): Promise<void> {
    const entries = got.flatMap(({ id, entry }): (SettleEntry & { readonly id: string })[] => {
      const draw = this.prng.int(100);
      if (draw < 70 || (draw < 80 && !this.#fates.isAsked(id)))
        return [{ ...entry, id, action: draw < 70 ? 'ack' : 'reject' }];
      if (draw < 85) return [{ ...entry, id, action: 'delay', ms: this.prng.int(100) }];
      if (draw < 90) return [{ ...entry, id, action: 'retry' }];
      return draw < 95 ? [{ ...entry, id, action: 'release' }] : [];
    });
    const undo = entries.map(({ id, action }) => this.#fates.settling(id, action));
    const results = await called<readonly (number | BrokerError)[]>((done) =>
      broker.queues.settle({ subscription, consumer, entries }, done),
    ).catch((error: unknown) => {
      if (!(error instanceof BrokerError) || !this.#isSick) throw error;
      return null;
    });
    // What a full disk has refused is not done.
    if (results === null) for (const one of undo) one();
    results?.forEach((result, i) => {
      if (!(result instanceof BrokerError)) this.#fates.settled(entries[i]!.id, entries[i]!.action);
    });
  }

  // When all is over.

  async #check(broker: Broker): Promise<void> {
    const letters: FoundLetter[] = [];
    await this.#each(broker, DEAD, (message, partition) => {
      const isMoved = isPutBack(broker, DEAD, { partition, offset: message.offset });
      letters.push({ ...letterOf(message), isMoved });
    });
    const there: Found[] = [];
    await this.#each(broker, TOPIC, ({ value, offset }, partition) =>
      there.push({ id: value!.toString(), partition, offset }),
    );
    const elsewhere: string[] = [];
    await this.#each(broker, ELSEWHERE, ({ value }) => elsewhere.push(value!.toString()));
    this.#letters = letters.length;
    this.#moved = letters.filter(({ isMoved }) => isMoved).length;
    this.#fates.check({ there, letters, elsewhere });
  }

  async #each(
    broker: Broker,
    name: string,
    visit: (message: StoredMessage, partition: number) => void,
  ): Promise<void> {
    for (let index = 0; index < PARTITIONS; index++) {
      const { stream } = partitionOf(broker, name, index);
      for (const message of await this.host.read(broker, stream, 0)) visit(message, index);
    }
  }
}

interface Parts {
  readonly broker: Broker;
  readonly life: Life;
  readonly subscription: QueueSubscription;
}

interface Got {
  readonly id: string;
  readonly entry: Omit<SettleEntry, 'action' | 'ms'>;
}
