/** A broker on the simulated disk that is used from inside its process, without a network: for the tests of its queues. */
import { BlockPool } from '../src/base/block-pool.ts';
import { BrokerError } from '../src/base/errors.ts';
import type { Broker } from '../src/broker/broker.ts';
import { openBroker } from '../src/broker/open.ts';
import type { PublishEntry, PublishResult } from '../src/broker/publish.ts';
import { REDRIVE_SUBSCRIPTION } from '../src/broker/redrive.ts';
import { messagesOf, type StoredMessage } from '../src/broker/stored-messages.ts';
import type { Partition } from '../src/broker/topics.ts';
import { silentLogger } from '../src/platform/node/logger.ts';
import type { Compression, Platform } from '../src/platform/ports.ts';
import { batchLastOffset, eachBatch } from '../src/record/batch.ts';
import { loadBrokerConfig } from '../src/server/config.ts';
import type { Stream } from '../src/store/contract.ts';
import { SimClock } from './clock.ts';
import { SimDisk } from './disk.ts';
import { SimNetwork } from './net.ts';
import { simPlatform } from './platform.ts';
import type { Prng } from './prng.ts';
import { SimProcess } from './process.ts';
import { SimRandom } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { SimVolume } from './volume.ts';

/** One process, from its start to its death. */
export interface Life {
  readonly process: SimProcess;
  readonly disk: SimDisk;
  readonly clock: SimClock;
  readonly platform: Platform;
}

const SETTINGS = { 'log.dirs': '/data', 'polylog.chunk.bytes': '65536' };
const READ_BYTES_MAX = 1_000_000;

export class QueueHost {
  readonly scheduler: Scheduler;
  readonly volume: SimVolume;
  readonly compression: Compression;
  readonly #prng: Prng;
  readonly #network: SimNetwork;
  #lives = 0;

  constructor(prng: Prng, compression: Compression) {
    this.scheduler = new Scheduler(prng.fork());
    this.volume = new SimVolume(prng.fork());
    this.#network = new SimNetwork(this.scheduler, prng.fork());
    this.#prng = prng.fork();
    this.compression = compression;
  }

  boot(): Life {
    const { scheduler, volume, compression } = this;
    const process = new SimProcess(`life ${++this.#lives}`);
    const clock = new SimClock(scheduler, process);
    const disk = new SimDisk(scheduler, volume, process);
    const platform = simPlatform({
      clock,
      disk,
      net: this.#network.attach(process),
      random: new SimRandom(this.#prng.fork()),
      compression,
      logger: silentLogger,
    });
    return { process, disk, clock, platform };
  }

  async open(
    { platform }: Life,
    options: {
      readonly settings?: Readonly<Record<string, string>>;
      /** The broker can't go on; a failure of the run where it isn't given. */
      readonly onFatal?: (error: BrokerError) => void;
    } = {},
  ): Promise<Broker> {
    const given = { ...SETTINGS, ...options.settings };
    const flags = Object.entries(given).map(([name, value]) => ({ name, value, flag: '--set' }));
    const config = loadBrokerConfig({ flags });
    if (config instanceof BrokerError) throw config;
    const blocks = new BlockPool({
      freeBytesMax: 1024 * 1024,
      blockBytesMin: 64,
      onFree: (memory) => memory.fill(0xdd),
    });
    const onFatal =
      options.onFatal ??
      ((error: BrokerError): void => {
        throw error;
      });
    return await openBroker({ platform, ...config, blocks, onFatal });
  }

  /** The messages from `first` to `last` that are in batches. */
  messages(batches: readonly Buffer[], first: number, last: number): StoredMessage[] {
    const options = { compression: this.compression, bytesMax: READ_BYTES_MAX };
    return [...eachBatch(batches)].flatMap((batch) => messagesOf(batch, { first, last }, options));
  }

  /** All messages of a stream from an offset on that are committed, those of aborted transactions too. Key and value are copies. */
  async read({ log }: Broker, stream: Stream, fromOffset: number): Promise<StoredMessage[]> {
    const found: StoredMessage[] = [];
    const end = stream.highWatermark;
    for (let offset = Math.max(fromOffset, stream.startOffset); offset < end; ) {
      const request = { stream, offset, bytesMax: READ_BYTES_MAX, endOffset: end };
      const read =
        log.readCached(request)?.batches ??
        (await new Promise<readonly Buffer[]>((resolve, reject) =>
          log.read(request, (error, result) => (error ? reject(error) : resolve(result!.batches))),
        ));
      if (read.length === 0) break;
      for (const batch of eachBatch(read)) {
        offset = batchLastOffset(batch) + 1;
      }
      const copies = read.map((batch) => Buffer.from(batch));
      log.blocks.releaseAll(read as Buffer[]);
      found.push(...this.messages(copies, fromOffset, end));
    }
    return found;
  }
}

export function headerOf({ headers }: StoredMessage, name: string): string | null {
  return headers.findLast(({ key }) => key === name)?.value?.toString() ?? null;
}

/** A dead letter, as its headers have it. */
export interface Letter {
  readonly id: string;
  /** Who has given it up. */
  readonly subscription: string;
  /** Where it stood. */
  readonly partition: number;
  readonly offset: number;
  readonly reason: string;
  readonly deliveries: number;
}

export function letterOf(message: StoredMessage): Letter {
  const number = (name: string): number => Number(headerOf(message, name));
  return {
    id: message.value!.toString(),
    subscription: headerOf(message, 'dlq-subscription')!,
    partition: number('dlq-partition'),
    offset: number('dlq-offset'),
    reason: headerOf(message, 'dlq-reason')!,
    deliveries: number('dlq-deliveries'),
  };
}

/** Where a letter stands in its topic. */
export interface LetterPlace {
  readonly partition: number;
  readonly offset: number;
}

/** Whether somebody has put back, or sent elsewhere, what stands there in a topic of dead letters. */
export function isPutBack(
  { topics, queues }: Broker,
  topic: string,
  { partition, offset }: LetterPlace,
): boolean {
  const redrive = queues.find(topics.byName(topic)!.id, REDRIVE_SUBSCRIPTION);
  const window = redrive?.state.windows.get(partition);
  return offset < (window?.next ?? 0) && window!.at(offset) === undefined;
}

/** What a callback is given. */
export function called<T>(start: (done: (answer: T | BrokerError) => void) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    start((answer) => (answer instanceof BrokerError ? reject(answer) : resolve(answer))),
  );
}

export function partitionOf({ topics }: Broker, topic: string, index: number): Partition {
  return topics.partition(topics.byName(topic)!, index)!;
}

/** A batch to one partition, durably, as a producer does it. */
export function publish(
  { publisher }: Broker,
  { timeoutMs, ...entry }: PublishEntry & { readonly timeoutMs: number },
): Promise<PublishResult> {
  const rest = { acks: -1, zstdAllowed: true, transactionalId: null, joinsTransaction: false } as const;
  return new Promise((resolve) =>
    publisher.publish({ entries: [entry], timeoutMs, ...rest }, ([result]) => resolve(result!)),
  );
}

export function sleep({ clock }: Life, ms: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(ms, resolve));
}
