/** A schedule on a simulated machine that can be killed and started again, and an oracle that knows what it has to do. */
import { expect } from 'vitest';
import { SimClock } from '../../../sim/clock.ts';
import { SimDisk } from '../../../sim/disk.ts';
import { Prng } from '../../../sim/prng.ts';
import { SimProcess } from '../../../sim/process.ts';
import { SimRandom } from '../../../sim/random.ts';
import { Scheduler } from '../../../sim/scheduler.ts';
import { SimVolume } from '../../../sim/volume.ts';
import { BrokerError } from '../../../src/base/errors.ts';
import type { Uuid } from '../../../src/base/uuid.ts';
import { machineLog, SCHEDULE_STREAM } from '../../../src/broker/machine-streams.ts';
import { NEAR_LIMITS, type NearLimits } from '../../../src/broker/schedule/near.ts';
import { Schedules } from '../../../src/broker/schedule/schedules.ts';
import type { Partition } from '../../../src/broker/topics.ts';
import { MachineRunner } from '../../../src/machine/runner.ts';
import type { Topic } from '../../../src/metadata/image.ts';
import { nodeCompression } from '../../../src/platform/node/compression.ts';
import {
  BATCH_HEADER_BYTES,
  batchBaseOffset,
  batchMaxTimestamp,
  batchRecordCount,
} from '../../../src/record/batch.ts';
import { buildBatch } from '../../../src/record/build.ts';
import { recordValue, walkRecords } from '../../../src/record/walk.ts';
import { scheduleMachine } from '../../../src/schedule/machine.ts';
import { recordBody } from '../../../src/schedule/message.ts';
import type { ChunkLog } from '../../../src/store/contract.ts';
import { openLog, readAll, TestLogger, topic } from '../../store/support.ts';

export const PARTITIONS = 2;
const TOPIC = topic('t');

/** A message that was asked for. */
interface Asked {
  readonly partition: number;
  dueMs: number;
  /** Wall clock at which it was committed; null: it isn't known that it was. */
  committedAtMs: number | null;
  handle: string | null;
  /** Asked to be cancelled. */
  cancelling: boolean;
  cancelled: boolean;
  /** Asked to be moved, and no answer came: it may have either time. */
  moving: boolean;
}

export interface Fired {
  readonly id: string;
  readonly partition: number;
  readonly timestampMs: number;
}

export function topicWith(id: Uuid, config: Partial<Topic['config']> = {}): Topic {
  return {
    id,
    name: 'orders',
    partitionCount: PARTITIONS,
    config: {
      maxMessageBytes: 1 << 20,
      timestampType: 'CreateTime',
      durability: 'fsync',
      compression: null,
      ...config,
    },
  } as Topic;
}

/** The body of a record with this value. */
export function bodyOf(value: string | Buffer): Buffer {
  const batch = buildBatch([{ key: null, value: Buffer.from(value) }], { timestampMs: 1 });
  const section = batch.subarray(BATCH_HEADER_BYTES);
  let body: Buffer | null = null;
  walkRecords(section, 1, (record) => (body = recordBody(section, record)));
  return body!;
}

export interface Life {
  readonly process: SimProcess;
  readonly clock: SimClock;
  readonly disk: SimDisk;
  readonly logger: TestLogger;
  log: ChunkLog;
  schedules: Schedules;
}

export class ScheduleWorld {
  readonly prng: Prng;
  readonly scheduler: Scheduler;
  readonly volume: SimVolume;
  readonly asked = new Map<string, Asked>();
  readonly limits: NearLimits;
  topics = new Map<Uuid, Topic>([[TOPIC, topicWith(TOPIC)]]);
  /** What the wall clock has been moved by. */
  #jumpedMs = 0;
  /** The latest that the wall clock ever said. */
  latestMs = 0;
  #ids = 0;

  constructor(seed: number, limits: Partial<NearLimits> = {}) {
    this.prng = new Prng(seed);
    this.scheduler = new Scheduler(new Prng(seed + 1));
    this.volume = new SimVolume(new Prng(seed + 2));
    this.limits = { ...NEAR_LIMITS, ...limits };
  }

  async boot(crashAt: SimDisk['crashAt'] = null): Promise<Life> {
    const process = new SimProcess('broker');
    const clock = new SimClock(this.scheduler, process);
    clock.jump(this.#jumpedMs);
    const disk = new SimDisk(this.scheduler, this.volume, process);
    disk.crashAt = crashAt;
    const logger = new TestLogger();
    const life = { process, clock, disk, logger } as Life;
    await this.run(
      life,
      (async () => {
        const settings = {
          chunkBytes: 16 * 1024,
          tailCacheBytes: 8192,
          writeHereBytesMax: 2000,
          runwayBytes: 4096,
          diskReserveBytes: 0,
        };
        life.log = await openLog(disk, { clock, logger, settings });
        const runner = new MachineRunner({
          machine: scheduleMachine,
          clock,
          log: machineLog(life.log, SCHEDULE_STREAM),
          snapshotBytesMin: 2000,
        });
        await runner.start();
        life.schedules = new Schedules({
          log: life.log,
          clock,
          random: new SimRandom(this.prng),
          compression: nodeCompression,
          logger,
          runner,
          topic: (id) => this.topics.get(id),
          limits: this.limits,
        });
        life.schedules.start();
      })(),
    );
    return life;
  }

  run<T>(life: Life, work: Promise<T>): Promise<T> {
    return this.scheduler.settle(work, life.process);
  }

  jump(life: Life, byMs: number): void {
    this.latestMs = Math.max(this.latestMs, life.clock.nowMs());
    this.#jumpedMs += byMs;
    life.clock.jump(byMs);
  }

  partition(index: number): Partition {
    return { topic: this.topics.get(TOPIC)!, index, view: null } as Partition;
  }

  /** Schedules messages at these times; gives their ids when that is answered. */
  add(life: Life, times: readonly number[], bytes = 20): Promise<string[] | BrokerError> {
    const ids = times.map((dueMs) => {
      const id = `m${this.#ids++}`;
      const partition = this.prng.int(PARTITIONS);
      this.asked.set(id, {
        partition,
        dueMs,
        committedAtMs: null,
        handle: null,
        cancelling: false,
        cancelled: false,
        moving: false,
      });
      return id;
    });
    const messages = ids.map((id) => ({
      partition: this.partition(this.asked.get(id)!.partition),
      atMs: this.asked.get(id)!.dueMs,
      timestampMs: life.clock.nowMs(),
      body: bodyOf(id.padEnd(bytes)),
    }));
    return new Promise((resolve) =>
      life.schedules.add({ messages, durability: 'fsync' }, (handles) => {
        if (handles instanceof BrokerError) return resolve(handles);
        ids.forEach((id, i) => {
          Object.assign(this.asked.get(id)!, { handle: handles[i]!, committedAtMs: life.clock.nowMs() });
        });
        resolve(ids);
      }),
    );
  }

  cancel(life: Life, id: string): Promise<BrokerError | null> {
    const asked = this.asked.get(id)!;
    asked.cancelling = true;
    return new Promise((resolve) =>
      life.schedules.cancel(asked.handle!, (error) => {
        if (error === null) asked.cancelled = true;
        else asked.cancelling = asked.cancelled;
        resolve(error);
      }),
    );
  }

  move(life: Life, id: string, atMs: number): Promise<string | BrokerError> {
    const asked = this.asked.get(id)!;
    asked.moving = true;
    return new Promise((resolve) =>
      life.schedules.move(asked.handle!, atMs, (handle) => {
        asked.moving = false;
        if (!(handle instanceof BrokerError)) {
          Object.assign(asked, { handle, dueMs: atMs, committedAtMs: life.clock.nowMs() });
        }
        resolve(handle);
      }),
    );
  }

  /** What has entered the topic, by partition and offset. */
  async fired(life: Life): Promise<Fired[]> {
    const fired: Fired[] = [];
    for (let partition = 0; partition < PARTITIONS; partition++) {
      let next = 0;
      for (const batch of await readAll(life.log, life.log.stream(TOPIC, partition))) {
        expect(batchBaseOffset(batch)).toBe(next);
        next += batchRecordCount(batch);
        const section = batch.subarray(BATCH_HEADER_BYTES);
        walkRecords(section, batchRecordCount(batch), (record) => {
          const id = recordValue(section, record)!.toString().trim();
          fired.push({ id, partition, timestampMs: batchMaxTimestamp(batch) });
        });
      }
    }
    return fired;
  }

  /** What has fired had to; with `all`, nothing else had. */
  check(fired: readonly Fired[], { all }: { readonly all: boolean }): void {
    const seen = new Set<string>();
    for (const { id, partition, timestampMs } of fired) {
      expect(seen.has(id), `${id} fired twice`).toBe(false);
      seen.add(id);
      const asked = this.asked.get(id)!;
      expect(asked.partition).toBe(partition);
      expect(asked.cancelled, `${id} was cancelled`).toBe(false);
      if (!asked.moving) expect(timestampMs, `${id} fired too early`).toBeGreaterThanOrEqual(asked.dueMs);
    }
    if (!all) return;
    for (const [id, { committedAtMs, cancelling }] of this.asked) {
      if (committedAtMs !== null && !cancelling) expect(seen.has(id), `${id} was lost`).toBe(true);
    }
  }

  /**
   * Of two that waited at the same time the earlier one came first; where a bucket has more than is loaded of it, of two that
   * waited for `graceMs`. To be asked where the clock never jumped back.
   */
  checkOrder(fired: readonly Fired[], graceMs = 0): void {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      let latestMs = 0;
      for (const { id } of fired.filter((message) => message.partition === partition)) {
        const { dueMs, committedAtMs } = this.asked.get(id)!;
        // It may come behind a later one only if that was due before it was there.
        if (dueMs < latestMs && committedAtMs !== null) {
          expect(committedAtMs + graceMs, `${id} came too late`).toBeGreaterThanOrEqual(latestMs);
        }
        latestMs = Math.max(latestMs, dueMs);
      }
    }
  }
}
