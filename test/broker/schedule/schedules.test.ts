import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../../src/base/errors.ts';
import { BUCKET_STREAM } from '../../../src/broker/machine-streams.ts';
import { type Life, ScheduleWorld } from './world.ts';

type Listing = Awaited<ReturnType<Life['schedules']['list']>>;

const SECOND = 1000;
const DAY = 24 * 3600 * SECOND;
const YEAR = 365 * DAY;

/** Resolves when all that was asked for and not cancelled has fired. */
async function untilFired(world: ScheduleWorld, life: Life, limitMs: number): Promise<void> {
  const over = await world.scheduler.runUntil(() => life.schedules.counts.waiting === 0, limitMs);
  expect(over).toBe(true);
  // Committed, too.
  await world.scheduler.runFor(100);
}

describe('delayed messages', () => {
  test('enter their partitions when they are due, by time', async () => {
    const world = new ScheduleWorld(1);
    const life = await world.boot();
    const nowMs = life.clock.nowMs();
    const ids = (await world.run(
      life,
      world.add(life, [nowMs + 3000, nowMs + 1000, nowMs + 200_000, nowMs + 1000, nowMs - 5]),
    )) as string[];
    await world.scheduler.runFor(999);
    expect((await world.run(life, world.fired(life))).map(({ id }) => id)).toEqual([ids[4]]);
    await world.scheduler.runFor(10);
    expect(new Set((await world.run(life, world.fired(life))).map(({ id }) => id))).toEqual(
      new Set([ids[4], ids[1], ids[3]]),
    );
    await untilFired(world, life, 200_000);
    const fired = await world.run(life, world.fired(life));
    world.check(fired, { all: true });
    world.checkOrder(fired);
    expect(life.schedules.counts).toMatchObject({ fired: 5, dropped: 0, waiting: 0 });
    expect(life.schedules.counts.lastLateMs).toBeLessThanOrEqual(2);
  });

  test('leave nothing behind: their buckets are closed, and the numbers used again', async () => {
    const world = new ScheduleWorld(2);
    const life = await world.boot();
    for (let round = 0; round < 5; round++) {
      const nowMs = life.clock.nowMs();
      await world.run(life, world.add(life, [nowMs + 500, nowMs + 2000, nowMs + 90_000]));
      await untilFired(world, life, 200_000);
      await world.scheduler.runFor(70_000);
      expect(life.schedules.counts.buckets).toBe(0);
    }
    const buckets = [...life.log.streams()].filter(({ topicId }) => topicId === BUCKET_STREAM);
    expect(buckets.length).toBeLessThanOrEqual(3);
    for (const { startOffset, endOffset } of buckets) expect(startOffset).toBe(endOffset);
    world.check(await world.run(life, world.fired(life)), { all: true });
  });

  test('are cancelled and moved by handle, once', async () => {
    const world = new ScheduleWorld(3);
    const life = await world.boot();
    const nowMs = life.clock.nowMs();
    const times = [nowMs + 1500, nowMs + 1500, nowMs + 1500, nowMs + DAY];
    const [first, second, third, far] = (await world.run(life, world.add(life, times))) as string[];
    const handle = world.asked.get(second!)!.handle!;
    expect(await world.run(life, world.cancel(life, first!))).toBe(null);
    expect(await world.run(life, world.move(life, second!, nowMs + 2500))).toBeTypeOf('string');
    expect(await world.run(life, world.move(life, far!, nowMs + 2600))).toBeTypeOf('string');
    // The old handle is of no use any more.
    await world.run(
      life,
      new Promise<void>((resolve) =>
        life.schedules.cancel(handle, (error) => {
          expect(error?.code).toBe('resource-not-found');
          resolve();
        }),
      ),
    );
    // Ready already when it is cancelled: the other one still fires in time.
    await world.scheduler.runFor(1000);
    expect((await world.run(life, world.cancel(life, first!)))?.code).toBe('resource-not-found');
    await world.scheduler.runFor(600);
    expect((await world.run(life, world.fired(life))).map(({ id }) => id)).toEqual([third]);
    await world.scheduler.runFor(600);
    expect(await world.run(life, world.cancel(life, second!))).toBe(null);
    await untilFired(world, life, 10_000);
    const fired = await world.run(life, world.fired(life));
    expect(fired.map(({ id }) => id)).toEqual([third, far]);
    world.check(fired, { all: true });
  });

  test('are not found by handles that were made up', async () => {
    const world = new ScheduleWorld(4);
    const life = await world.boot();
    const [id] = (await world.run(life, world.add(life, [life.clock.nowMs() + DAY]))) as string[];
    const { handle } = world.asked.get(id!)!;
    const forged = Buffer.from(handle!, 'base64url');
    forged[20]! ^= 1;
    const cancel = (text: string): Promise<BrokerError | null> =>
      world.run(life, new Promise((resolve) => life.schedules.cancel(text, resolve)));
    expect((await cancel(forged.toString('base64url')))?.code).toBe('resource-not-found');
    expect((await cancel('no handle'))?.code).toBe('invalid-request');
    expect(await cancel(handle!)).toBe(null);
  });

  test('wait for years, and fire after a restart and a jump of the clock, those that are late in order', async () => {
    const world = new ScheduleWorld(5);
    let life = await world.boot();
    const nowMs = life.clock.nowMs();
    await world.run(
      life,
      world.add(life, [nowMs + 5 * YEAR, nowMs + YEAR, nowMs + 3 * DAY, nowMs + 70_000, nowMs + 99 * YEAR]),
    );
    expect(await world.run(life, world.add(life, [nowMs + 101 * YEAR]))).toMatchObject({
      code: 'invalid-timestamp',
    });
    await world.run(life, life.log.close());
    life.process.kill();
    world.jump(life, 4 * DAY);
    life = await world.boot();
    await world.scheduler.runFor(100);
    expect(await world.run(life, world.fired(life))).toHaveLength(2);
    world.jump(life, 6 * YEAR);
    await world.scheduler.runFor(1000);
    const fired = await world.run(life, world.fired(life));
    expect(fired).toHaveLength(4);
    world.checkOrder(fired);
    expect(life.schedules.counts.waiting).toBe(1);
    world.jump(life, 94 * YEAR);
    await untilFired(world, life, 1000);
    world.check(await world.run(life, world.fired(life)), { all: true });
  });

  test('fire neither twice nor never when the clock jumps back', async () => {
    const world = new ScheduleWorld(6);
    const life = await world.boot();
    const nowMs = life.clock.nowMs();
    await world.run(life, world.add(life, [nowMs + 1000, nowMs + 3000]));
    await world.scheduler.runFor(2500);
    expect(await world.run(life, world.fired(life))).toHaveLength(1);
    world.jump(life, -60_000);
    const [soon] = (await world.run(life, world.add(life, [life.clock.nowMs() + 500]))) as string[];
    await world.scheduler.runFor(1000);
    const fired = await world.run(life, world.fired(life));
    expect(fired.map(({ id }) => id)).toContain(soon);
    expect(fired).toHaveLength(2);
    await untilFired(world, life, 70_000);
    world.check(await world.run(life, world.fired(life)), { all: true });
  });

  test('of a topic that was deleted are dropped and counted', async () => {
    const world = new ScheduleWorld(7);
    const life = await world.boot();
    await world.run(life, world.add(life, [life.clock.nowMs() + 1000, life.clock.nowMs() + 1000]));
    world.topics.clear();
    await untilFired(world, life, 2000);
    expect(life.schedules.counts).toMatchObject({ fired: 0, dropped: 2, waiting: 0 });
  });

  test('are tried again when the disk was full', async () => {
    const world = new ScheduleWorld(8);
    const life = await world.boot();
    await world.run(life, world.add(life, [life.clock.nowMs() + 1000, life.clock.nowMs() + 1000]));
    const { append } = life.log;
    life.log.append = () => new BrokerError('storage-full', 'The disk is full.');
    await world.scheduler.runFor(3000);
    expect(life.schedules.counts.fired).toBe(0);
    life.log.append = append.bind(life.log);
    await untilFired(world, life, 1000);
    world.check(await world.run(life, world.fired(life)), { all: true });
  });

  test('are listed, page by page', async () => {
    const world = new ScheduleWorld(9);
    const life = await world.boot();
    const nowMs = life.clock.nowMs();
    const ids = (await world.run(
      life,
      world.add(
        life,
        Array.from({ length: 25 }, (_, i) => nowMs + 100_000 + i * 30_000),
      ),
    )) as string[];
    await world.run(life, world.cancel(life, ids[3]!));
    const handles: string[] = [];
    let from: string | null = null;
    do {
      const page: Listing = await world.run(life, life.schedules.list(world.partition(0).topic.id, from, 7));
      if (page instanceof BrokerError) throw page;
      handles.push(...page.messages.map(({ handle }) => handle));
      from = page.next;
    } while (from !== null);
    const expected = ids.filter((_, i) => i !== 3).map((id) => world.asked.get(id)!.handle);
    expect(handles.toSorted()).toEqual(expected.toSorted());
  });
});

describe('many delayed messages', () => {
  test('of one bucket are loaded in parts', async () => {
    const world = new ScheduleWorld(20, { loadedMax: 50 });
    let life = await world.boot();
    const baseMs = Math.ceil((life.clock.nowMs() + 20_000) / 1024) * 1024;
    for (let round = 0; round < 10; round++) {
      const times = Array.from({ length: 60 }, () => baseMs + world.prng.int(10));
      await world.run(life, world.add(life, times));
    }
    await world.run(life, life.log.close());
    life.process.kill();
    life = await world.boot();
    // Some come while the bucket is loaded in part.
    await world.scheduler.runFor(baseMs - life.clock.nowMs() - 1500);
    await world.run(
      life,
      world.add(
        life,
        Array.from({ length: 300 }, () => baseMs + world.prng.int(10)),
      ),
    );
    await untilFired(world, life, 60_000);
    const fired = await world.run(life, world.fired(life));
    world.check(fired, { all: true });
    world.checkOrder(fired);
    expect(fired).toHaveLength(900);
  });

  test('of a wide bucket move to narrower ones, and their handles go on to name them', async () => {
    const world = new ScheduleWorld(21, { splitMessages: 40, moveBytes: 600 });
    let life = await world.boot();
    const baseMs = life.clock.nowMs() + 3 * DAY;
    const ids: string[] = [];
    for (let round = 0; round < 10; round++) {
      const times = Array.from({ length: 30 }, () => baseMs + world.prng.int(20_000));
      ids.push(...((await world.run(life, world.add(life, times))) as string[]));
    }
    world.jump(life, 3 * DAY - 15_000);
    await world.scheduler.runFor(3000);
    for (const id of ids.slice(0, 30)) expect(await world.run(life, world.cancel(life, id))).toBe(null);
    expect(await world.run(life, world.move(life, ids[40]!, baseMs + 30_000))).toBeTypeOf('string');
    await world.run(life, life.log.close());
    life.process.kill();
    life = await world.boot();
    for (const id of ids.slice(30, 35)) expect(await world.run(life, world.cancel(life, id))).toBe(null);
    await untilFired(world, life, 100_000);
    const fired = await world.run(life, world.fired(life));
    expect(fired).toHaveLength(300 - 35);
    world.check(fired, { all: true });
    world.checkOrder(fired);
    expect(life.logger.messages('error')).toEqual([]);
  });
});
