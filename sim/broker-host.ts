/**
 * A machine that runs a broker: boots it on the world's disk, clock and network, kills it, boots it again. What the
 * broker does that a broker must not (an exception nobody catches, a start that fails on a healthy disk) is a violation.
 */
import type { Compression, Logger, Platform } from '../src/platform/ports.ts';
import { SimClock } from './clock.ts';
import { type CrashPoint, SimDisk } from './disk.ts';
import type { History } from './history.ts';
import type { SimNetwork } from './net.ts';
import { simPlatform } from './platform.ts';
import type { Prng } from './prng.ts';
import { SimProcess, SimulatedCrash } from './process.ts';
import { SimRandom } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { CrashFate, SimVolume } from './volume.ts';

/** A broker that serves. */
export interface RunningBroker {
  /** Finishes what is in flight and closes. */
  stop(): Promise<void>;
}

export interface BrokerOptions {
  readonly host: string;
  readonly port: number;
  readonly directory: string;
  /** Names and values as in a configuration file. */
  readonly settings: Readonly<Record<string, string>>;
  /** Whether RocketMQ's calls are carried, on the port behind. */
  readonly rocketmq: boolean;
  /** Called when the broker can't go on. The process ends then. */
  readonly onFatal: (error: Error) => void;
}

/** A broker whose clock is an hour behind refuses its clients' records (message.timestamp.after.max.ms), and rightly. */
export const CLOCK_OFF_MS_MAX = 3_500_000;

/** Starts the broker under test; resolves when clients can connect. */
export type StartBroker = (platform: Platform, options: BrokerOptions) => Promise<RunningBroker>;

export interface HostOptions {
  readonly scheduler: Scheduler;
  readonly volume: SimVolume;
  readonly network: SimNetwork;
  readonly history: History;
  readonly prng: Prng;
  readonly compression: Compression;
  readonly address: { readonly host: string; readonly port: number };
  readonly settings: Readonly<Record<string, string>>;
  readonly rocketmq: boolean;
  readonly start: StartBroker;
  readonly note: (line: string) => void;
}

export class BrokerHost {
  readonly #options: HostOptions;
  #process: SimProcess | null = null;
  #disk: SimDisk | null = null;
  #clock: SimClock | null = null;
  #broker: RunningBroker | null = null;
  /** What the next death does to unflushed writes; undefined: by chance. */
  #crashFate: CrashFate | undefined;
  #boots = 0;
  /** Offset of the machine's wall clock, ms: it stays through restarts. */
  #wallOffsetMs = 0;
  /** Whether the disk was made to fail on purpose; a start may fail then. */
  diskIsSick = false;
  /** False: it stays down when it dies. */
  keepRunning = true;
  crashes = 0;
  firstBootOperations = 0;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  get serving(): boolean {
    return this.#broker !== null && this.#process?.alive === true;
  }

  get disk(): SimDisk | null {
    return this.#disk;
  }

  /** Boots the broker now. `crashAt` counts the operations of this boot. */
  boot(crashAt: CrashPoint | null = null): void {
    const { scheduler, volume, network, prng, compression, start, address, settings, rocketmq } =
      this.#options;
    const process = new SimProcess(`broker-${++this.#boots}`);
    const clock = new SimClock(scheduler, process);
    clock.jump(this.#wallOffsetMs);
    const disk = new SimDisk(scheduler, volume, process);
    disk.crashAt = crashAt;
    this.#process = process;
    this.#disk = disk;
    this.#clock = clock;
    this.#broker = null;
    process.onDeath(() => this.#died(process));
    const platform = simPlatform({
      clock,
      disk,
      net: network.attach(process),
      random: new SimRandom(prng.fork()),
      compression,
      logger: this.#logger(process),
    });
    const onFatal = (error: Error): void => {
      this.#options.note(`${process.name} gives up: ${error.message}`);
      if (!this.diskIsSick)
        this.#options.history.fail(`the broker gave up on a healthy disk: ${error.stack}`);
      process.kill();
    };
    const options = { ...address, directory: '/data', settings, rocketmq, onFatal };
    scheduler.schedule(0, process, () => {
      start(platform, options).then(
        (broker) => {
          if (this.#process === process) this.#broker = broker;
          this.#options.note(`${process.name} serves`);
        },
        (error: unknown) => this.#startFailed(process, error),
      );
    });
  }

  /** Kills the process; `fate` says what becomes of what was not flushed. The machine boots it again later. */
  crash(fate?: CrashFate): void {
    this.#crashFate = fate;
    this.#process?.kill();
  }

  /** Moves the wall clock of the machine, within bounds. */
  jumpClock(byMs: number): void {
    const toMs = Math.max(-CLOCK_OFF_MS_MAX, Math.min(CLOCK_OFF_MS_MAX, this.#wallOffsetMs + byMs));
    const movedMs = toMs - this.#wallOffsetMs;
    this.#wallOffsetMs = toMs;
    if (this.#process?.alive) this.#clock?.jump(movedMs);
  }

  /** Stops the broker in good order; resolves when it is down. */
  async stop(): Promise<void> {
    this.keepRunning = false;
    const broker = this.#broker;
    const process = this.#process;
    if (broker === null || process === null || !process.alive) return;
    try {
      await this.#options.scheduler.settle(broker.stop(), process, 60_000);
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) {
        this.#options.history.fail(`the broker did not stop: ${String((error as Error).stack)}`);
      }
    }
    this.#crashFate = 'all';
    process.kill();
  }

  #died(process: SimProcess): void {
    if (this.#process !== process) return;
    const { scheduler, volume, network, history, prng, note } = this.#options;
    if (this.#boots === 1) this.firstBootOperations = this.#disk?.operations ?? 0;
    const fate = volume.crash(prng, this.#crashFate);
    this.#crashFate = undefined;
    this.crashes++;
    note(`${process.name} died; unflushed writes: ${fate}`);
    if (fate !== 'all' || this.diskIsSick) history.lostUnflushed();
    network.processDied(process, fate !== 'all' && prng.chance(0.5));
    this.#process = null;
    this.#broker = null;
    scheduler.schedule(prng.between(5_000, 800_000), null, () => {
      if (this.keepRunning && this.#process === null) this.boot();
    });
  }

  #startFailed(process: SimProcess, error: unknown): void {
    if (error instanceof SimulatedCrash || !process.alive) return;
    this.#options.note(`${process.name} did not start: ${String(error)}`);
    if (!this.diskIsSick) {
      this.#options.history.fail(`the broker did not start: ${String((error as Error).stack)}`);
    }
    this.#crashFate = 'all';
    process.kill();
  }

  #logger(process: SimProcess): Logger {
    const log =
      (level: string) =>
      (fields: object, message: string): void => {
        this.#options.note(`${process.name} ${level}: ${message} ${JSON.stringify(fields)}`);
      };
    return { debug: () => {}, info: log('info'), warn: log('warn'), error: log('error') };
  }
}
