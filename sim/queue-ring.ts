/**
 * Crash at every I/O, for subscriptions: a broker on the simulated disk whose consumers acquire, acknowledge, reject, delay and release is
 * killed at each of its operations, before it or half way through it; the next one goes on. In the end each message that was published is
 * acknowledged or a dead letter; what was acknowledged never came again; of a key one message came after the other; a dead letter is
 * there once.
 */
import { assert } from '../src/base/assert.ts';
import { BlockPool } from '../src/base/block-pool.ts';
import { BrokerError } from '../src/base/errors.ts';
import type { Broker } from '../src/broker/broker.ts';
import { openBroker } from '../src/broker/open.ts';
import type { Acquired, QueueSubscription, SettleEntry } from '../src/broker/queues.ts';
import { messagesOf, type StoredMessage } from '../src/broker/stored-messages.ts';
import { nodeFiles } from '../src/platform/node/files.ts';
import { nodeTokens } from '../src/platform/node/tokens.ts';
import type { Compression, Logger, Platform } from '../src/platform/ports.ts';
import { eachBatch } from '../src/record/batch.ts';
import { buildBatch } from '../src/record/build.ts';
import { loadBrokerConfig } from '../src/server/config.ts';
import { SimClock } from './clock.ts';
import { simCrypto } from './crypto.ts';
import { type CrashPoint, SimDisk } from './disk.ts';
import { SimNetwork } from './net.ts';
import { Prng } from './prng.ts';
import { SimProcess, SimulatedCrash } from './process.ts';
import { SimRandom } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { SimVolume } from './volume.ts';

const TOPIC = 'orders';
const DEAD = 'dead';
const PARTITIONS = 2;
const MESSAGES = 60;
const DELIVERIES_MAX = 3;
const KEYS = 4;
const CONSUMERS = ['x', 'y', 'z'];
/** Simulated time in which everything must come to its end. */
const END_MS = 120_000;

export interface QueueRingRun {
  readonly crashed: boolean;
  /** Disk operations of the first process. */
  readonly operations: number;
  readonly deliveries: number;
  readonly deadLetters: number;
}

/** What is known of a message, over all lives of the broker. */
interface Fate {
  readonly key: string;
  readonly partition: number;
  /** Where it stands; −1 until the answer. */
  offset: number;
  deliveries: number;
  /** It was asked for, or answered, that it is not delivered again. */
  over: 'no' | 'asked' | 'acked' | 'rejected';
}

interface Life {
  readonly process: SimProcess;
  readonly disk: SimDisk;
  readonly clock: SimClock;
  readonly platform: Platform;
}

/** One run; throws where something isn't as it must be. */
export async function runQueueRing(
  seed: number,
  crashAt: CrashPoint | null,
  compression: Compression,
): Promise<QueueRingRun> {
  const world = new QueueWorld(seed, compression);
  let life = world.boot();
  life.disk.crashAt = crashAt;
  const crashed = await world.untilCrash(life, () => world.work(life, false));
  const { operations } = life.disk;
  life.process.kill();
  if (crashed) world.volume.crash();
  // Once more while it goes on.
  if (seed % 3 === 0) {
    life = world.boot();
    life.disk.crashAt = { operation: world.prng.between(1, 80), half: seed % 2 === 0 };
    await world.untilCrash(life, () => world.work(life, false));
    life.process.kill();
    world.volume.crash();
  }
  life = world.boot();
  await world.scheduler.settle(world.work(life, true), life.process, END_MS);
  return { crashed, operations, deliveries: world.deliveries, deadLetters: world.deadLetters };
}

class QueueWorld {
  readonly prng: Prng;
  readonly scheduler: Scheduler;
  readonly volume: SimVolume;
  deliveries = 0;
  deadLetters = 0;
  readonly #network: SimNetwork;
  readonly #compression: Compression;
  readonly #order: 'none' | 'by-key';
  readonly #fates = new Map<string, Fate>();
  #lives = 0;
  #published = 0;

  constructor(seed: number, compression: Compression) {
    this.prng = new Prng(seed);
    this.scheduler = new Scheduler(this.prng.fork());
    this.volume = new SimVolume(this.prng.fork());
    this.#network = new SimNetwork(this.scheduler, this.prng.fork());
    this.#compression = compression;
    this.#order = seed % 2 === 0 ? 'none' : 'by-key';
  }

  boot(): Life {
    const process = new SimProcess(`life ${++this.#lives}`);
    const clock = new SimClock(this.scheduler, process);
    if (this.prng.chance(0.3)) clock.jump(this.prng.between(-5000, 5000));
    const disk = new SimDisk(this.scheduler, this.volume, process);
    const nothing = (): void => undefined;
    const logger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
    const platform: Platform = {
      clock,
      disk,
      net: this.#network.attach(process),
      random: new SimRandom(this.prng.fork()),
      crypto: simCrypto,
      tokens: nodeTokens,
      files: nodeFiles,
      compression: this.#compression,
      logger,
      openLogFile: (path) => {
        throw new Error(`there is no log file ${path} in a simulated world`);
      },
    };
    return { process, disk, clock, platform };
  }

  /** False: it came to its end. */
  async untilCrash({ process }: Life, work: () => Promise<void>): Promise<boolean> {
    try {
      await this.scheduler.settle(work(), process, END_MS);
      return false;
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
      return true;
    }
  }

  /** Publishes and consumes. `isLast`: until all is over, and looks at what is there then. */
  async work(life: Life, isLast: boolean): Promise<void> {
    const broker = await this.#open(life);
    const subscription = await this.#subscribe(broker);
    const isOver = (): boolean =>
      subscription.state.windows.size > 0 && this.#isThrough(broker, subscription);
    let published = false;
    const consumers = CONSUMERS.map((consumer) =>
      this.#consume({ broker, life, subscription, consumer }, () => published && isOver()),
    );
    const publishing = this.#publish(broker, life).then(() => {
      published = true;
    });
    await Promise.all([publishing, ...consumers]);
    if (isLast) await this.#check(broker);
    await broker.close();
  }

  async #open({ platform }: Life): Promise<Broker> {
    const given = { 'log.dirs': '/data', 'polylog.chunk.bytes': '65536' };
    const flags = Object.entries(given).map(([name, value]) => ({ name, value, flag: '--set' }));
    const config = loadBrokerConfig({ flags });
    if (config instanceof BrokerError) throw config;
    const blocks = new BlockPool({
      freeBytesMax: 1024 * 1024,
      blockBytesMin: 64,
      onFree: (memory) => memory.fill(0xdd),
    });
    const onFatal = (error: Error): void => {
      throw error;
    };
    return await openBroker({ platform, ...config, blocks, onFatal });
  }

  async #subscribe(broker: Broker): Promise<QueueSubscription> {
    const topic = { name: TOPIC, partitionCount: PARTITIONS, replicationFactor: -1, configs: [] };
    await broker.createTopics([topic]);
    const settings = {
      order: this.#order,
      deadLetterTopic: DEAD,
      deliveriesMax: DELIVERIES_MAX,
      lockMs: 200,
      retry: { kind: 'list', delaysMs: [10, 50] },
    } as const;
    const topicId = broker.topics.byName(TOPIC)!.id;
    return await new Promise((resolve, reject) =>
      broker.queues.subscribe({ topicId, name: 's', settings, startFrom: 'earliest' }, (answer) =>
        answer instanceof BrokerError ? reject(answer) : resolve(answer),
      ),
    );
  }

  async #publish(broker: Broker, life: Life): Promise<void> {
    const topicId = broker.topics.byName(TOPIC)!.id;
    while (this.#published < MESSAGES) {
      const ids = Array.from({ length: this.prng.between(1, 4) }, () => `m${this.#published++}`);
      const partition = this.prng.int(PARTITIONS);
      const fates = ids.map((): Fate => {
        const key = `k${this.prng.int(KEYS)}`;
        return { key, partition, offset: -1, deliveries: 0, over: 'no' };
      });
      for (const [i, id] of ids.entries()) this.#fates.set(id, fates[i]!);
      const records = ids.map((id, i) => ({ key: Buffer.from(fates[i]!.key), value: Buffer.from(id) }));
      const batch = buildBatch(records, { timestampMs: life.clock.nowMs() });
      const stream = broker.log.stream(topicId, partition);
      await new Promise<void>((resolve, reject) => {
        const outcome = broker.log.append({
          entries: [{ stream, batch }],
          durability: 'fsync',
          onCommitted: () => {
            if (outcome instanceof BrokerError) return;
            fates.forEach((fate, i) => {
              fate.offset = outcome.baseOffsets[0]! + i;
            });
            resolve();
          },
        });
        if (outcome instanceof BrokerError) reject(outcome);
      });
      await sleep(life, this.prng.int(10));
    }
  }

  #isThrough(broker: Broker, { state }: QueueSubscription): boolean {
    const topicId = broker.topics.byName(TOPIC)!.id;
    return Array.from({ length: PARTITIONS }, (_, partition) => {
      const { highWatermark } = broker.log.stream(topicId, partition);
      return highWatermark === 0 || state.windows.get(partition)?.start === highWatermark;
    }).every((isDone) => isDone);
  }

  async #consume({ broker, life, subscription, consumer }: Parts, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const acquired = await new Promise<Acquired[]>((resolve, reject) =>
        broker.queues.acquire({
          subscription,
          consumer,
          partitions: this.prng.chance(0.3) ? [this.prng.int(PARTITIONS)] : null,
          messagesMax: this.prng.between(1, 5),
          bytesMax: 1_000_000,
          waitMs: this.prng.pick([0, 20, 100]),
          wanted: null,
          done: (answer) => (answer instanceof BrokerError ? reject(answer) : resolve(answer)),
        }),
      );
      const got = acquired.flatMap((one) => this.#read(one));
      for (const { batches } of acquired) broker.queues.releaseBlocks(batches);
      await sleep(life, this.prng.int(5));
      if (got.length > 0) await this.#settle({ broker, life, subscription, consumer }, got);
      if (this.prng.chance(0.03)) broker.queues.disconnect(consumer);
    }
  }

  #read({ partition, lease, batches, ranges }: Acquired): Got[] {
    const got: Got[] = [];
    for (const { first, last, deliveries } of ranges) {
      for (const message of this.#messages(batches, first, last)) {
        const id = message.value!.toString();
        this.#delivered(id, { partition, offset: message.offset, deliveries });
        got.push({ id, entry: { partition, first: message.offset, last: message.offset, lease } });
      }
    }
    return got;
  }

  #messages(batches: readonly Buffer[], first: number, last: number): StoredMessage[] {
    const options = { compression: this.#compression, bytesMax: 1_000_000 };
    return [...eachBatch(batches)].flatMap((batch) => messagesOf(batch, { first, last }, options));
  }

  #delivered(id: string, at: { partition: number; offset: number; deliveries: number }): void {
    this.deliveries++;
    const fate = this.#fates.get(id);
    assert(fate !== undefined, `${id} was published`);
    assert(fate.over === 'no' || fate.over === 'asked', `${id} was ${fate.over}, and came again`);
    assert(at.deliveries <= DELIVERIES_MAX, `${id} comes for the ${at.deliveries}th time`);
    assert(fate.offset === -1 || fate.offset === at.offset, `${id} stands at one offset`);
    fate.offset = at.offset;
    fate.deliveries++;
    if (this.#order === 'none') return;
    for (const [other, before] of this.#fates) {
      if (before.key !== fate.key || before.partition !== at.partition) continue;
      if (before.offset < 0 || before.offset >= at.offset) continue;
      const mayBeOver = before.over !== 'no' || before.deliveries >= DELIVERIES_MAX;
      assert(mayBeOver, `${id} came while ${other} of its key, which stands before it, was not done`);
    }
  }

  async #settle({ broker, subscription, consumer }: Parts, got: readonly Got[]): Promise<void> {
    const entries = got.flatMap(({ id, entry }): (SettleEntry & { readonly id: string })[] => {
      const draw = this.prng.int(100);
      const fate = this.#fates.get(id)!;
      if (draw < 70 || (draw < 80 && fate.over !== 'asked')) {
        fate.over = 'asked';
        return [{ ...entry, id, action: draw < 70 ? 'ack' : 'reject' }];
      }
      if (draw < 85) return [{ ...entry, id, action: 'delay', ms: this.prng.int(100) }];
      if (draw < 90) return [{ ...entry, id, action: 'retry' }];
      return draw < 95 ? [{ ...entry, id, action: 'release' }] : [];
    });
    await new Promise<void>((resolve, reject) =>
      broker.queues.settle({ subscription, consumer, entries }, (results) => {
        if (results instanceof BrokerError) return reject(results);
        results.forEach((result, i) => {
          const { id, action } = entries[i]!;
          if (result instanceof BrokerError || (action !== 'ack' && action !== 'reject')) return;
          this.#fates.get(id)!.over = action === 'ack' ? 'acked' : 'rejected';
        });
        resolve();
      }),
    );
  }

  /** When all is over. */
  async #check(broker: Broker): Promise<void> {
    const dead = new Set<string>();
    const target = broker.topics.byName(DEAD);
    for (let partition = 0; partition < (target?.partitionCount ?? 0); partition++) {
      const stream = broker.log.stream(target!.id, partition);
      for (let offset = 0; offset < stream.highWatermark; ) {
        const read = await new Promise<readonly Buffer[]>((resolve, reject) => {
          const request = { stream, offset, bytesMax: 1_000_000 };
          broker.log.read(request, (error, result) => (error ? reject(error) : resolve(result!.batches)));
        });
        assert(read.length > 0, 'dead letters can be read');
        for (const message of this.#messages(read, offset, stream.highWatermark)) {
          const id = message.value!.toString();
          assert(!dead.has(id), `${id} is a dead letter once`);
          dead.add(id);
          offset = message.offset + 1;
        }
      }
    }
    this.deadLetters = dead.size;
    for (const [id, { offset, over, deliveries }] of this.#fates) {
      const isDead = dead.has(id);
      // Its publisher was never answered, and nobody has seen it.
      if (offset < 0) continue;
      assert(!isDead || over !== 'acked', `${id} was acknowledged, and is no dead letter`);
      assert(over !== 'rejected' || isDead, `${id} was rejected, and is a dead letter`);
      assert(isDead || over !== 'no', `${id} was delivered ${deliveries} times, and is lost`);
    }
  }
}

interface Parts {
  readonly broker: Broker;
  readonly life: Life;
  readonly subscription: QueueSubscription;
  readonly consumer: string;
}

interface Got {
  readonly id: string;
  readonly entry: Omit<SettleEntry, 'action' | 'ms'>;
}

function sleep({ clock }: Life, ms: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(ms, resolve));
}
