/** When appends commit, and who is told. */
import { describe, expect, it } from 'vitest';
import { SimClock } from '../../sim/clock.ts';
import { SimDisk } from '../../sim/disk.ts';
import { Prng } from '../../sim/prng.ts';
import { SimProcess } from '../../sim/process.ts';
import { Scheduler } from '../../sim/scheduler.ts';
import { SimVolume } from '../../sim/volume.ts';
import type { ChunkLog, Durability, Stream } from '../../src/store/contract.ts';
import { appendValues, makeBatch, memoryDisk, openLog, SMALL, topic } from './support.ts';

async function inWorld(
  test: (world: { log: ChunkLog; disk: SimDisk; clock: SimClock }) => Promise<void>,
): Promise<void> {
  const prng = new Prng(7);
  const scheduler = new Scheduler(prng.fork());
  const process = new SimProcess('broker');
  const disk = new SimDisk(scheduler, new SimVolume(prng.fork()), process);
  const clock = new SimClock(scheduler, process);
  const work = async (): Promise<void> => {
    const log = await openLog(disk, { clock, settings: { ...SMALL, runwayBytes: 0 } });
    await sleep(clock, 20);
    await test({ log, disk, clock });
    await log.close();
  };
  await scheduler.settle(work());
}

const sleep = (clock: SimClock, ms: number): Promise<void> =>
  new Promise((resolve) => clock.setTimer(ms, resolve));
const turn = (clock: SimClock): Promise<void> => new Promise((resolve) => clock.afterTurn(resolve));

function append(log: ChunkLog, stream: Stream, durability: Durability, told: string[], name: string): void {
  const result = log.append({
    entries: [{ stream, batch: makeBatch({ values: [name] }) }],
    durability,
    onWritten: () => told.push(`${name} written`),
    onCommitted: () => told.push(`${name} committed`),
  });
  if (result instanceof Error) throw result;
}

describe('commit', () => {
  it('answers a durable append after one flush for all of a turn, an os append after the write', async () => {
    await inWorld(async ({ log, disk, clock }) => {
      const told: string[] = [];
      const flushes = disk.flushes;
      append(log, log.stream(topic('a'), 0), 'fsync', told, 'a');
      append(log, log.stream(topic('b'), 0), 'os', told, 'b');
      append(log, log.stream(topic('c'), 0), 'fsync', told, 'c');
      expect(log.stream(topic('a'), 0)).toMatchObject({ endOffset: 1, highWatermark: 0 });
      await turn(clock);
      expect(told).toEqual(['a written', 'b written', 'b committed', 'c written']);
      expect(log.stream(topic('b'), 0).highWatermark).toBe(1);
      expect(log.stream(topic('a'), 0).highWatermark).toBe(0);
      await sleep(clock, 50);
      expect(told.slice(4)).toEqual(['a committed', 'c committed']);
      expect(disk.flushes - flushes).toBe(1);
    });
  });

  it('flushes in the same turn for one who waits, also behind what nobody waits for, and beside it for two', async () => {
    await inWorld(async ({ log, clock }) => {
      const commitsAtOnce = async (durabilities: readonly Durability[]): Promise<number> => {
        let atOnce = 0;
        for (let round = 0; round < 40; round++) {
          const told: string[] = [];
          for (const durability of durabilities)
            append(log, log.stream(topic('a'), 0), durability, told, durability);
          await turn(clock);
          if (told.includes('fsync committed')) atOnce++;
          await sleep(clock, 50);
        }
        return atOnce;
      };
      // Now and then the disk is slow, and not trusted for a while.
      expect(await commitsAtOnce(['fsync'])).toBeGreaterThan(20);
      expect(await commitsAtOnce(['os', 'fsync'])).toBeGreaterThan(20);
      expect(await commitsAtOnce(['fsync', 'fsync'])).toBe(0);
      expect(await commitsAtOnce(['os'])).toBe(0);
    });
  });

  it('keeps an os append behind a durable one of the same stream', async () => {
    await inWorld(async ({ log, clock }) => {
      const told: string[] = [];
      const stream = log.stream(topic('a'), 0);
      append(log, stream, 'fsync', told, 'first');
      append(log, stream, 'os', told, 'second');
      await turn(clock);
      expect([stream.highWatermark, told]).toEqual([0, ['first written', 'second written']]);
      await sleep(clock, 50);
      expect([stream.highWatermark, told.slice(2)]).toEqual([2, ['first committed', 'second committed']]);
    });
  });

  it('flushes os appends in time, and never where that is not asked for', async () => {
    await inWorld(async ({ log, disk, clock }) => {
      const stream = log.stream(topic('a'), 0);
      const before = disk.flushes;
      append(log, stream, 'os', [], 'never');
      await sleep(clock, 5000);
      expect(disk.flushes).toBe(before);
      const batch = makeBatch({ values: ['soon'] });
      log.append({ entries: [{ stream, batch }], durability: 'os', flushWithinMs: 30 });
      await sleep(clock, 20);
      expect(disk.flushes).toBe(before);
      await sleep(clock, 30);
      expect(disk.flushes).toBe(before + 1);
    });
  });

  it('tells a watcher once a commit, and those who stop watching in between not at all', async () => {
    await inWorld(async ({ log, clock }) => {
      const stream = log.stream(topic('a'), 0);
      const seen: number[] = [];
      const other = { streamMoved: () => seen.push(-1) };
      const watcher = {
        streamMoved: () => {
          seen.push(stream.highWatermark);
          log.unwatch(stream, other);
          // Watching again from inside doesn't tell twice.
          log.unwatch(stream, watcher);
          log.watch(stream, watcher);
        },
      };
      log.watch(stream, watcher);
      log.watch(stream, other);
      for (const name of ['a', 'b', 'c']) append(log, stream, 'fsync', [], name);
      await sleep(clock, 50);
      expect(seen).toEqual([3]);
      log.append({
        entries: [],
        events: [{ kind: 'delete-topic', topicId: topic('a') }],
        durability: 'fsync',
      });
      await sleep(clock, 50);
      expect([seen.length, stream.deleted]).toEqual([2, true]);
      expect(
        log.append({ entries: [{ stream, batch: makeBatch({ values: ['x'] }) }], durability: 'fsync' }),
      ).toMatchObject({
        code: 'unknown-topic',
      });
    });
  });

  it('refuses appends once it is closing', async () => {
    const log = await openLog(memoryDisk());
    const stream = log.stream(topic('a'), 0);
    await appendValues(log, stream, 'x');
    const closing = log.close();
    const refused = log.append({
      entries: [{ stream, batch: makeBatch({ values: ['y'] }) }],
      durability: 'os',
    });
    expect(refused).toMatchObject({ code: 'shutting-down' });
    await closing;
  });
});
