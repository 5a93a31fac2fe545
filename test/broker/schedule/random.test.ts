/**
 * A random workload against the oracle of world.ts, with restarts, crashes and jumps of the clock; and the same workload killed at
 * each of its disk operations. SCHEDULE_ROUNDS repeats both with other seeds.
 */
import { describe, expect, test } from 'vitest';
import { SimulatedCrash } from '../../../sim/process.ts';
import { BrokerError } from '../../../src/base/errors.ts';
import { type Life, ScheduleWorld } from './world.ts';

const ROUNDS = Number(process.env.SCHEDULE_ROUNDS ?? 1);
const SMALL = { loadedMax: 20, splitMessages: 15, moveBytes: 300 };
const DELAYS_MS = [5, 800, 4000, 40_000, 3_000_000, 2 ** 29];

/** A while of adding, cancelling and moving. */
async function use(world: ScheduleWorld, life: Life, steps: number, jumps: boolean): Promise<void> {
  const { prng } = world;
  for (let step = 0; step < steps; step++) {
    const ids = [...world.asked].filter(([, { handle }]) => handle !== null).map(([id]) => id);
    const id = ids[prng.int(ids.length)];
    const what = prng.int(20);
    const delayMs = prng.int(DELAYS_MS[prng.int(DELAYS_MS.length)]!);
    if (what < 2 && id !== undefined) await world.cancel(life, id);
    else if (what < 4 && id !== undefined) await world.move(life, id, life.clock.nowMs() + delayMs);
    else if (what < 6) await new Promise<void>((resolve) => life.clock.setTimer(prng.int(2000), resolve));
    else if (what < 8 && jumps) world.jump(life, delayMs * (prng.int(3) === 0 ? -1 : 1));
    else {
      const spreadMs = 1 + prng.int(100);
      const times = Array.from(
        { length: 1 + prng.int(12) },
        () => life.clock.nowMs() + delayMs + prng.int(spreadMs),
      );
      const added = world.add(life, times, 10 + prng.int(200));
      if (prng.int(2) === 0) await added;
      // It ends with the process.
      else added.catch((error: unknown) => expect(error).toBeInstanceOf(SimulatedCrash));
    }
  }
}

/** Jumps over all delays until nothing waits. */
async function exhaust(world: ScheduleWorld, life: Life): Promise<void> {
  while (life.schedules.counts.waiting > 0) {
    world.jump(life, 100_000_000);
    await world.scheduler.runUntil(() => life.schedules.counts.waiting === 0, 5000);
  }
  await world.scheduler.runFor(100);
}

async function restart(world: ScheduleWorld, life: Life): Promise<Life> {
  life.schedules.stop();
  await world.run(life, life.log.close());
  life.process.kill();
  return world.boot();
}

describe('at random', () => {
  test('what waits fires once, in its time and in order', async () => {
    let fired = 0;
    for (let round = 0; round < ROUNDS * 25; round++) {
      const isSmall = round % 3 !== 0;
      const world = new ScheduleWorld(1000 + round, isSmall ? SMALL : {});
      const jumps = round % 2 === 0;
      let life = await world.boot();
      try {
        for (let lives = 0; lives < 3; lives++) {
          await world.run(life, use(world, life, 60, jumps));
          await world.scheduler.runFor(world.prng.int(3000));
          life = await restart(world, life);
        }
        await exhaust(world, life);
        const all = await world.run(life, world.fired(life));
        world.check(all, { all: true });
        // Without jumps back while it is used; all jumps of `exhaust` go forward.
        if (!jumps) world.checkOrder(all, isSmall ? 1000 : 0);
        fired += all.length;
        expect(life.logger.messages('error')).toEqual([]);
      } catch (error) {
        throw new Error(`round ${round}: ${String(error)}`, { cause: error });
      }
    }
    expect(fired).toBeGreaterThan(ROUNDS * 3000);
  }, 600_000);
});

/** One run, killed at an operation of the disk; then started again and let out. */
async function crashed(seed: number, operation: number): Promise<boolean> {
  const world = new ScheduleWorld(seed, SMALL);
  let life: Life;
  let hasCrashed = false;
  try {
    life = await world.boot({ operation, half: seed % 2 === 0 });
    await world.run(life, use(world, life, 30, false));
    world.jump(life, 3_000_000);
    await world.run(life, new Promise<void>((resolve) => life.clock.setTimer(3000, resolve)));
    life.process.kill();
  } catch (error) {
    if (!(error instanceof SimulatedCrash)) throw error;
    hasCrashed = true;
  }
  world.volume.crash();
  life = await world.boot();
  await exhaust(world, life);
  world.check(await world.run(life, world.fired(life)), { all: true });
  expect(life.logger.messages('error')).toEqual([]);
  const sum = await world.run(life, world.add(life, [life.clock.nowMs() + 10]));
  expect(sum).not.toBeInstanceOf(BrokerError);
  return hasCrashed;
}

describe('a crash at any operation', () => {
  test('fires nothing twice and loses nothing that was answered', async () => {
    let crashes = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (let operation = 1; ; operation++) {
        const seed = round * 100_003 + operation;
        const hasCrashed = await crashed(seed, operation).catch((error: unknown) => {
          throw new Error(`seed ${seed}, operation ${operation}: ${String(error)}`, { cause: error });
        });
        if (hasCrashed) crashes++;
        else if (operation > 150) break;
      }
    }
    expect(crashes).toBeGreaterThan(100);
  }, 600_000);
});
