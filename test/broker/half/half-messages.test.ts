import { describe, expect, test } from 'vitest';
import { SimClock } from '../../../sim/clock.ts';
import { SimDisk } from '../../../sim/disk.ts';
import { Prng } from '../../../sim/prng.ts';
import { SimProcess, SimulatedCrash } from '../../../sim/process.ts';
import { Scheduler } from '../../../sim/scheduler.ts';
import { SimVolume } from '../../../sim/volume.ts';
import { BrokerError } from '../../../src/base/errors.ts';
import type { Uuid } from '../../../src/base/uuid.ts';
import { type HalfCheck, HalfMessages, type HalfOutcome } from '../../../src/broker/half/half-messages.ts';
import { HALF_MACHINE_STREAM, HALF_STREAM, machineLog } from '../../../src/broker/machine-streams.ts';
import type { Partition } from '../../../src/broker/topics.ts';
import { createHalfMachine } from '../../../src/half/machine.ts';
import { MachineRunner } from '../../../src/machine/runner.ts';
import { steadyClock } from '../../../src/machine/steady-clock.ts';
import type { Topic } from '../../../src/metadata/image.ts';
import { nodeCompression } from '../../../src/platform/node/compression.ts';
import { BATCH_HEADER_BYTES } from '../../../src/record/batch.ts';
import { recordValue, walkRecords } from '../../../src/record/walk.ts';
import type { ChunkLog } from '../../../src/store/contract.ts';
import { openLog, readAll, TestLogger, topic } from '../../store/support.ts';
import { batchOf } from '../../support/kafka-client.ts';

const TOPIC = topic('t');
const OTHER = topic('o');
const SETTINGS = { checksMax: 3, checkIntervalMs: 30_000, halvesMax: 100, endedMax: 50 };
const CHECK_AFTER_MS = 6000;

function topicOf(id: Uuid): Topic {
  const config = {
    maxMessageBytes: 1 << 20,
    timestampType: 'CreateTime',
    timestampBeforeMaxMs: Number.POSITIVE_INFINITY,
    timestampAfterMaxMs: Number.POSITIVE_INFINITY,
    durability: 'fsync',
    compression: null,
    compaction: null,
  };
  return { id, name: 'orders', partitionCount: 1, config } as unknown as Topic;
}

interface Life {
  readonly process: SimProcess;
  readonly clock: SimClock;
  readonly logger: TestLogger;
  readonly disk: SimDisk;
  log: ChunkLog;
  halves: HalfMessages;
}

class World {
  readonly prng: Prng;
  readonly scheduler: Scheduler;
  readonly volume: SimVolume;
  readonly topics = new Map<Uuid, Topic>([TOPIC, OTHER].map((id) => [id, topicOf(id)]));
  #ids = 0;

  constructor(seed = 1) {
    this.prng = new Prng(seed);
    this.scheduler = new Scheduler(new Prng(seed + 1));
    this.volume = new SimVolume(new Prng(seed + 2));
  }

  async boot(crashAt: SimDisk['crashAt'] = null): Promise<Life> {
    const process = new SimProcess('broker');
    const clock = new SimClock(this.scheduler, process);
    const disk = new SimDisk(this.scheduler, this.volume, process);
    disk.crashAt = crashAt;
    const logger = new TestLogger();
    const life = { process, clock, logger, disk } as Life;
    await this.run(life, this.#open(life));
    return life;
  }

  async #open(life: Life): Promise<void> {
    const { clock, logger, disk } = life;
    const steady = steadyClock(clock);
    const settings = {
      chunkBytes: 8 * 1024,
      tailCacheBytes: 4096,
      runwayBytes: 1024,
      writeHereBytesMax: 500,
      diskReserveBytes: 0,
    };
    life.log = await openLog(disk, { clock, logger, settings });
    const runner = new MachineRunner({
      machine: createHalfMachine(SETTINGS),
      clock: steady,
      log: machineLog(life.log, HALF_MACHINE_STREAM),
      snapshotBytesMin: 1500,
    });
    await runner.start();
    life.halves = new HalfMessages({
      log: life.log,
      clock: steady,
      compression: nodeCompression,
      logger,
      runner,
      // Ids of one length, in order.
      randomId: () => `id${String(this.#ids++).padStart(6, '0')}`,
      topic: (id) => this.topics.get(id),
      refusal: () => null,
      checkAfterMs: CHECK_AFTER_MS,
    });
    life.halves.start();
  }

  run<T>(life: Life, work: Promise<T>): Promise<T> {
    return this.scheduler.settle(work, life.process);
  }

  async restart(life: Life): Promise<Life> {
    life.halves.stop();
    await this.run(life, life.log.close());
    life.process.kill();
    return this.boot();
  }

  prepare(life: Life, value: string, checkAfterMs: number | null = null): Promise<string | BrokerError> {
    const partition = { topic: this.topics.get(TOPIC)!, index: 0, view: null } as unknown as Partition;
    const batch = batchOf([value], { timestampMs: life.clock.nowMs() });
    const message = { partition, batch, producerGroup: 'senders', checkAfterMs };
    return new Promise((resolve) =>
      life.halves.prepare(message, (answer) =>
        resolve(answer instanceof BrokerError ? answer : answer.transactionId),
      ),
    );
  }

  end(
    life: Life,
    transactionId: string,
    commit: boolean,
    topicId = TOPIC,
  ): Promise<HalfOutcome | BrokerError> {
    return new Promise((resolve) => life.halves.end({ topicId, transactionId, commit }, resolve));
  }

  /** What can be read. */
  async values(life: Life): Promise<string[]> {
    const values: string[] = [];
    for (const batch of await this.run(life, readAll(life.log, life.log.stream(TOPIC, 0)))) {
      const section = batch.subarray(BATCH_HEADER_BYTES);
      walkRecords(section, 1, (record) => {
        values.push(recordValue(section, record)!.toString());
      });
    }
    return values;
  }
}

async function prepared(world: World, life: Life, value: string): Promise<string> {
  const id = await world.run(life, world.prepare(life, value));
  if (id instanceof BrokerError) throw id;
  return id;
}

describe('half messages', () => {
  test('are seen by nobody until they are committed, and never when they are rolled back', async () => {
    const world = new World();
    const life = await world.boot();
    const a = await prepared(world, life, 'a');
    const b = await prepared(world, life, 'b');
    const c = await prepared(world, life, 'c');
    expect(await world.values(life)).toEqual([]);
    expect(life.halves.counts).toMatchObject({ open: 3, aside: 0, prepared: 3, checks: 0 });
    expect(await world.run(life, world.end(life, b, true))).toEqual({ partition: 0, offset: 0 });
    expect(await world.run(life, world.end(life, a, false))).toBe(null);
    expect(await world.run(life, world.end(life, c, true))).toEqual({ partition: 0, offset: 1 });
    expect(await world.values(life)).toEqual(['b', 'c']);
    // Nothing of them is left, and their streams are used again.
    await prepared(world, life, 'd');
    const streams = [...life.log.streams()].filter(({ topicId }) => topicId === HALF_STREAM);
    expect(streams).toHaveLength(3);
    expect(streams.filter(({ startOffset, endOffset }) => startOffset < endOffset)).toHaveLength(1);
  });

  test('are answered the same when a word comes again, and refused when the other one does', async () => {
    const world = new World();
    let life = await world.boot();
    const a = await prepared(world, life, 'a');
    const b = await prepared(world, life, 'b');
    await world.run(life, world.end(life, a, true));
    await world.run(life, world.end(life, b, false));
    for (let lives = 0; lives < 2; lives++) {
      expect(await world.run(life, world.end(life, a, true))).toEqual({ partition: 0, offset: 0 });
      expect(await world.run(life, world.end(life, b, false))).toBe(null);
      expect(await world.run(life, world.end(life, a, false))).toMatchObject({
        code: 'invalid-transaction-state',
        message: expect.stringContaining('committed'),
      });
      expect(await world.run(life, world.end(life, b, true))).toMatchObject({
        code: 'invalid-transaction-state',
        message: expect.stringContaining('rolled back'),
      });
      expect(await world.run(life, world.end(life, 'made up', true))).toMatchObject({
        code: 'transactional-id-not-found',
      });
      life = await world.restart(life);
    }
    const c = await prepared(world, life, 'c');
    expect(await world.run(life, world.end(life, c, true, OTHER))).toMatchObject({
      code: 'transactional-id-not-found',
    });
    expect(await world.values(life)).toEqual(['a']);
  });

  test('two words at once end one once', async () => {
    const world = new World();
    const life = await world.boot();
    const a = await prepared(world, life, 'a');
    const answers = await world.run(
      life,
      Promise.all([world.end(life, a, true), world.end(life, a, true), world.end(life, a, false)]),
    );
    const outcomes = answers.map((answer) => (answer instanceof BrokerError ? answer.code : answer));
    expect(outcomes.filter((outcome) => outcome === 'invalid-transaction-state').length).toBeGreaterThan(0);
    expect((await world.values(life)).length).toBeLessThanOrEqual(1);
    expect(life.halves.counts.open).toBe(0);
  });

  test('are asked for: 6 s after they came, then every 30 s, through one live sender at a time, until one answers', async () => {
    const world = new World();
    let life = await world.boot();
    const asked: { by: string; check: HalfCheck; atMs: number }[] = [];
    const by = (name: string, isThere: () => boolean) => (check: HalfCheck) => {
      if (isThere()) asked.push({ by: name, check, atMs: life.clock.nowMs() });
      return isThere();
    };
    const fromMs = life.clock.nowMs();
    const id = await prepared(world, life, 'a');
    let oneIsThere = true;
    life.halves.onCheck(
      TOPIC,
      by('one', () => oneIsThere),
    );
    const leave = life.halves.onCheck(
      TOPIC,
      by('two', () => true),
    );
    await world.scheduler.runFor(CHECK_AFTER_MS + 100);
    await world.scheduler.runFor(SETTINGS.checkIntervalMs + 100);
    expect(asked.map(({ by, check }) => [by, check.checks])).toEqual([
      ['one', 1],
      ['two', 2],
    ]);
    expect(asked[0]!.atMs - fromMs).toBeGreaterThanOrEqual(CHECK_AFTER_MS);
    expect(asked[0]!.atMs - fromMs).toBeLessThan(CHECK_AFTER_MS + 50);
    expect(asked[0]!.check).toMatchObject({ transactionId: id, topicId: TOPIC, producerGroup: 'senders' });
    expect(asked[0]!.check.batch.includes('a')).toBe(true);
    // The broker is killed, and one of the senders.
    life.process.kill();
    world.volume.crash();
    life = await world.boot();
    leave();
    oneIsThere = false;
    life.halves.onCheck(
      TOPIC,
      by('one', () => oneIsThere),
    );
    life.halves.onCheck(
      TOPIC,
      by('three', () => true),
    );
    await world.scheduler.runFor(SETTINGS.checkIntervalMs + 100);
    expect(asked.at(-1)).toMatchObject({ by: 'three', check: { checks: 3, transactionId: id } });
    expect(await world.run(life, world.end(life, id, true))).toMatchObject({ offset: 0 });
    await world.scheduler.runFor(SETTINGS.checkIntervalMs * 3);
    expect(asked).toHaveLength(3);
    expect(await world.values(life)).toEqual(['a']);
  });

  test('say by themselves when they are first asked for', async () => {
    const world = new World();
    const life = await world.boot();
    let checks = 0;
    life.halves.onCheck(TOPIC, () => ++checks > 0);
    await world.run(life, world.prepare(life, 'soon', 500));
    await world.run(life, world.prepare(life, 'late', 60_000));
    await world.scheduler.runFor(600);
    expect(checks).toBe(1);
    expect(await world.run(life, world.prepare(life, 'never', -1))).toMatchObject({
      code: 'invalid-request',
    });
  });

  test('of a sender that never answers are set aside, seen, resumed and dropped', async () => {
    const world = new World();
    let life = await world.boot();
    const a = await prepared(world, life, 'a');
    const b = await prepared(world, life, 'b');
    const c = await prepared(world, life, 'c');
    await world.scheduler.runFor(CHECK_AFTER_MS + SETTINGS.checkIntervalMs * SETTINGS.checksMax + 1000);
    expect(life.halves.counts).toMatchObject({ open: 3, aside: 3, checks: 9, setAside: 3 });
    expect(life.logger.messages('warn')).toHaveLength(3);
    life = await world.restart(life);
    expect(life.halves.counts).toMatchObject({ open: 3, aside: 3, checks: 0, setAside: 0 });
    expect(life.halves.list({ after: null, max: 2, aside: true }).map((half) => half.transactionId)).toEqual([
      a,
      b,
    ]);
    expect(life.halves.list({ after: b, max: 2, aside: true }).map((half) => half.transactionId)).toEqual([
      c,
    ]);
    let asked: HalfCheck | null = null;
    life.halves.onCheck(TOPIC, (check) => {
      asked = check;
      return true;
    });
    expect(await world.run(life, new Promise((resolve) => life.halves.resume(a, resolve)))).toBe(null);
    await world.scheduler.runFor(100);
    expect(asked).toMatchObject({ transactionId: a, checks: 1 });
    expect(await world.run(life, new Promise((resolve) => life.halves.drop(b, resolve)))).toBe(null);
    // A commit that comes late is one.
    expect(await world.run(life, world.end(life, c, true))).toMatchObject({ offset: 0 });
    expect(life.halves.counts).toMatchObject({ open: 1, aside: 0 });
    expect(await world.values(life)).toEqual(['c']);
    expect(await world.run(life, new Promise((resolve) => life.halves.resume(c, resolve)))).toMatchObject({
      code: 'invalid-transaction-state',
    });
  });

  test('are bounded in number, and go with their topic', async () => {
    const world = new World();
    const life = await world.boot();
    for (let i = 0; i < SETTINGS.halvesMax; i++) await prepared(world, life, `m${i}`);
    expect(await world.run(life, world.prepare(life, 'one more'))).toMatchObject({
      code: 'policy-violation',
    });
    world.topics.delete(TOPIC);
    life.halves.topicsDeleted([TOPIC]);
    expect(life.halves.counts.open).toBe(0);
  });

  test('stay as they are when the disk is full', async () => {
    const world = new World();
    const life = await world.boot();
    const a = await prepared(world, life, 'a');
    const { append } = life.log;
    life.log.append = () => new BrokerError('storage-full', 'The disk is full.');
    expect(await world.run(life, world.end(life, a, true))).toMatchObject({ code: 'storage-full' });
    expect(await world.run(life, world.prepare(life, 'b'))).toMatchObject({ code: 'storage-full' });
    let checks = 0;
    life.halves.onCheck(TOPIC, () => ++checks > 0);
    await world.scheduler.runFor(10_000);
    expect(checks).toBe(0);
    life.log.append = append.bind(life.log);
    await world.scheduler.runFor(2000);
    expect(checks).toBe(1);
    expect(await world.run(life, world.end(life, a, true))).toMatchObject({ offset: 0 });
  });
});

/** Prepares and ends at random; what was answered is in `said`. */
async function use(
  world: World,
  life: Life,
  said: Map<string, boolean | null>,
  tries: Map<string, boolean>,
): Promise<void> {
  const ids = new Map<string, string>();
  for (let i = 0; i < 25; i++) {
    const value = `m${i}-${'x'.repeat(world.prng.int(200))}`;
    const id = await world.prepare(life, value);
    if (id instanceof BrokerError) throw id;
    said.set(value, null);
    ids.set(value, id);
    const some = [...ids][world.prng.int(ids.size)];
    if (some === undefined || world.prng.int(4) === 0) continue;
    const commit = world.prng.int(3) > 0;
    tries.set(some[0], commit);
    const outcome = await world.end(life, some[1], commit);
    if (outcome instanceof BrokerError) throw outcome;
    said.set(some[0], commit);
    ids.delete(some[0]);
  }
}

test('a crash at any operation of the disk leaves each as it was answered', async () => {
  let crashes = 0;
  for (let operation = 1; ; operation++) {
    const world = new World(operation);
    const said = new Map<string, boolean | null>();
    const tries = new Map<string, boolean>();
    let life: Life;
    let hasCrashed = false;
    try {
      life = await world.boot({ operation, half: operation % 2 === 0 });
      await world.run(life, use(world, life, said, tries));
      life.process.kill();
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
      hasCrashed = true;
      crashes++;
    }
    world.volume.crash();
    life = await world.boot();
    const values = await world.values(life);
    expect(new Set(values).size).toBe(values.length);
    for (const value of values) expect(tries.get(value), `${value} was not to be seen`).toBe(true);
    for (const [value, outcome] of said) {
      if (outcome !== null) expect(values.includes(value), value).toBe(outcome);
    }
    // What is open can still be ended, each with the message that it was.
    const open = life.halves.list({ after: null, max: 100, aside: false });
    for (const { transactionId } of open) await world.run(life, world.end(life, transactionId, true));
    const after = await world.values(life);
    expect(after).toHaveLength(values.length + open.length);
    for (const [value, outcome] of said) {
      if (outcome === null && tries.get(value) !== false) expect(after).toContain(value);
    }
    if (!hasCrashed && operation > 100) break;
  }
  expect(crashes).toBeGreaterThan(60);
}, 300_000);
