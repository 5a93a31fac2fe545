/** Cleaning, retention and closing when something comes between: a full disk, a failing one, another pass. */
import { describe, expect, it } from 'vitest';
import type { SimClock } from '../../sim/clock.ts';
import { Prng } from '../../sim/prng.ts';
import { SimulatedCrash } from '../../sim/process.ts';
import type { ChunkLog, Stream } from '../../src/store/contract.ts';
import { DEFAULT_STORE_SETTINGS } from '../../src/store/settings.ts';
import { sleep, world } from './sim-world.ts';
import { appendValues, DIRECTORY, readAll, SMALL, topic } from './support.ts';

const big = (letter: string): string => letter.repeat(8000);

describe('closing', () => {
  it('has ended for all who ask for it', async () => {
    const { disk, open, run } = world();
    await run(async () => {
      const log = await open();
      await appendValues(log, log.stream(topic('a'), 0), 'first');
      void log.close();
      await log.close();
      // The directory is free, and sealed.
      expect(disk.list(DIRECTORY).some((name) => name.endsWith('.index'))).toBe(true);
      await (await open()).close();
    });
  });

  it('ends on a disk that is full though nothing waits to be written', async () => {
    const { volume, open, run, clock } = world();
    await run(async () => {
      const log = await open();
      await appendValues(log, log.stream(topic('a'), 0), 'first');
      await sleep(clock, 100);
      volume.faults.capacityBytes = volume.usedBytes();
      await log.close();
      volume.faults.capacityBytes = Number.POSITIVE_INFINITY;
      const again = await open();
      expect(await readAll(again, again.stream(topic('a'), 0))).toHaveLength(1);
      await again.close();
    });
  });
});

describe('cleaning', () => {
  /** Chunks of which the first half of each is dead. */
  async function halfDead(log: ChunkLog, clock: SimClock): Promise<void> {
    const dead = log.stream(topic('d'), 0);
    const live = log.stream(topic('l'), 0);
    for (let i = 0; i < 40; i++) await appendValues(log, i % 4 === 0 ? live : dead, big('x'));
    await sleep(clock, 100);
    await appendValues(log, live, 'last');
    log.append({
      entries: [],
      events: [{ kind: 'advance-start', stream: dead, startOffset: dead.highWatermark }],
      durability: 'fsync',
    });
    await sleep(clock, 100);
  }

  it('goes by the ratio that is set while the log runs', async () => {
    const { open, run, clock } = world();
    await run(async () => {
      const log = await open({ settings: { ...SMALL, tailCacheBytes: 0, cleanLiveRatio: 0.5 } });
      const dead = log.stream(topic('d'), 0);
      const live = log.stream(topic('l'), 0);
      for (let i = 0; i < 40; i++) await appendValues(log, i % 4 === 0 ? dead : live, big('x'));
      log.append({
        entries: [],
        events: [{ kind: 'advance-start', stream: dead, startOffset: dead.highWatermark }],
        durability: 'fsync',
      });
      await sleep(clock, 100);
      const { bytes } = log.statistics;
      await log.clean();
      expect(log.statistics.bytes).toBe(bytes);
      log.adjust({ ...DEFAULT_STORE_SETTINGS, cleanLiveRatio: 0.9 });
      await log.clean();
      expect(log.statistics.bytes).toBeLessThan(bytes);
      await log.close();
    });
  });

  it('gives the space of its copy back when the disk is full before it ends', async () => {
    const { volume, disk, open, run, clock } = world();
    await run(async () => {
      const log = await open({ settings: { ...SMALL, tailCacheBytes: 0 } });
      await halfDead(log, clock);
      const before = disk.list(DIRECTORY);
      const used = volume.usedBytes();
      // Room that others take between the look and the write.
      disk.space = () => ({ freeBytes: 2 ** 40, totalBytes: 2 ** 41 });
      for (let pages = 1; ; pages++) {
        volume.faults.capacityBytes = used + pages * 4096;
        let isWaiting = true;
        const cleaning = log.clean().then(() => {
          isWaiting = false;
        });
        await sleep(clock, 2000);
        // The copy is whole, and only the manifest waits for room.
        if (isWaiting) volume.faults.capacityBytes = Number.POSITIVE_INFINITY;
        await cleaning;
        const after = disk.list(DIRECTORY);
        if (after.length < before.length) break;
        expect(after, `with ${pages} pages`).toEqual(before);
        expect(volume.usedBytes(), `with ${pages} pages`).toBe(used);
      }
      expect(disk.list(DIRECTORY).length).toBeLessThan(before.length);
      volume.faults.capacityBytes = Number.POSITIVE_INFINITY;
      expect(await readAll(log, log.stream(topic('l'), 0))).toHaveLength(11);
      await log.close();
    });
  });

  it('leaves the reserve of the disk alone, says so once, and goes on when there is room', async () => {
    const { volume, disk, open, run, clock, logger } = world();
    await run(async () => {
      const reserve = 1024 * 1024;
      const log = await open({ settings: { ...SMALL, tailCacheBytes: 0, diskReserveBytes: reserve } });
      await halfDead(log, clock);
      const before = disk.list(DIRECTORY);
      const says = (level: string) => logger.messages(level).filter((message) => /^Cleaning/.test(message));
      const used = volume.usedBytes();
      volume.faults.capacityBytes = used + reserve + 4000;
      // What is free at each step of a pass.
      let most = used;
      const { open: openFile } = disk;
      disk.open = (path, mode) => {
        const file = openFile.call(disk, path, mode);
        most = Math.max(most, volume.usedBytes());
        return file;
      };
      await log.clean();
      await log.clean();
      expect(most).toBe(used);
      expect(disk.list(DIRECTORY)).toEqual(before);
      expect(says('warn')).toEqual([
        expect.stringMatching(
          /needs \d+ bytes, \d+ are free and 1048576 are kept in reserve\. Free some space/,
        ),
      ]);
      expect(says('info')).toEqual([]);

      volume.faults.capacityBytes = Number.POSITIVE_INFINITY;
      await log.clean();
      expect(disk.list(DIRECTORY).length).toBeLessThan(before.length);
      expect(says('info')).toHaveLength(1);
      expect(says('warn')).toHaveLength(1);
      expect(await readAll(log, log.stream(topic('l'), 0))).toHaveLength(11);
      await log.close();
    });
  });

  it('passes over chunks that retention has dropped meanwhile', async () => {
    const { open, run, clock, fatal } = world();
    await run(async () => {
      const log = await open({ settings: { ...SMALL, tailCacheBytes: 0 } });
      const streams = ['a', 'b', 'c'].map((letter) => log.stream(topic(letter), 0));
      // Runs of chunks that are worth a copy, with full ones between.
      for (const stream of streams) {
        const [live, dead] = [log.stream(topic('l'), 0), log.stream(topic('d'), 0)];
        for (let i = 0; i < 14; i++) await appendValues(log, i % 7 === 0 ? stream : dead, big('y'));
        for (let i = 0; i < 21; i++) await appendValues(log, live, big('z'));
      }
      const dead = log.stream(topic('d'), 0);
      const advance = (stream: typeof dead): void =>
        void log.append({
          entries: [],
          events: [{ kind: 'advance-start', stream, startOffset: stream.highWatermark }],
          durability: 'fsync',
        });
      advance(dead);
      await sleep(clock, 100);
      const cleaning = log.clean();
      for (const stream of streams) advance(stream);
      await log.enforceRetention(() => null);
      await cleaning;
      expect(fatal).toEqual([]);
      expect(await readAll(log, log.stream(topic('l'), 0))).toHaveLength(63);
      await log.close();
    });
  });
});

describe('a disk that does not say how much space it has', () => {
  it('refuses appends and goes on when it does', async () => {
    const { disk, open, run } = world();
    await run(async () => {
      const log = await open();
      const stream = log.stream(topic('a'), 0);
      disk.space = (path) => {
        throw disk.failure('io', path, 'no answer');
      };
      await expect(appendValues(log, stream, 'x')).rejects.toMatchObject({ code: 'storage-failed' });
      Reflect.deleteProperty(disk, 'space');
      await appendValues(log, stream, 'y');
      expect(await readAll(log, stream)).toHaveLength(1);
      await log.close();
    });
  });
});

describe('retention', () => {
  it('goes on with other streams where the index of one is damaged, and says so once a pass', async () => {
    const { disk, open, run, clock, logger, fatal } = world();
    await run(async () => {
      const log = await open({ settings: { ...SMALL, tailCacheBytes: 0 } });
      const streams = ['a', 'b', 'c'].map((letter) => log.stream(topic(letter), 0));
      for (let i = 0; i < 60; i++) await appendValues(log, streams[i % 3]!, big('x'));
      await sleep(clock, 100);
      const name = disk.list(DIRECTORY).find((one) => one.endsWith('.index'))!;
      const file = disk.open(`${DIRECTORY}/${name}`, 'write');
      // The first section: that of the first stream, behind the header and three rows of the directory.
      const section = 64 + 3 * 72;
      file.writev([Buffer.from('damage')], section);
      file.close();
      for (let pass = 1; pass <= 2; pass++) {
        await log.enforceRetention(() => ({ retentionMs: Number.POSITIVE_INFINITY, retentionBytes: 50_000 }));
        expect(streams.map((stream) => stream.startOffset > 0)).toEqual([false, true, true]);
        expect(streams.map((stream) => stream.sizeBytes < 60_000)).toEqual([false, true, true]);
        expect(logger.messages('error')).toHaveLength(pass);
        expect(logger.messages('error')[0]).toContain(
          `${DIRECTORY}/${name}, byte ${section}: the section is damaged`,
        );
      }
      // Time needs no section, and takes the damaged one away in the end.
      await log.enforceRetention(() => ({ retentionMs: -1e15, retentionBytes: Number.POSITIVE_INFINITY }));
      expect(streams[0]!.startOffset).toBe(20);
      expect(logger.messages('error')).toHaveLength(2);
      expect(fatal).toEqual([]);
      await log.close();
    });
  });
});

describe('a process without file descriptors', () => {
  it('refuses appends with its own sentence, loses nothing, and goes on when there are some', async () => {
    const { disk, open, run, clock, fatal, logger } = world();
    await run(async () => {
      const log = await open({ settings: { ...SMALL, tailCacheBytes: 0 } });
      const stream = log.stream(topic('a'), 0);
      await appendValues(log, stream, 'first');
      disk.open = (path) => {
        throw disk.failure('no-descriptors', path, 'too many open files');
      };
      let accepted = 1;
      let refusal: unknown = null;
      while (refusal === null && accepted < 1000) {
        await appendValues(log, stream, big('x')).then(
          () => accepted++,
          (error: unknown) => {
            refusal = error;
          },
        );
      }
      expect(refusal).toMatchObject({ code: 'storage-full' });
      expect((refusal as Error).message).toMatch(/no file descriptors left .*Raise the limit of open files/);
      expect((refusal as Error).message).not.toContain('is full');
      await log.clean();
      await sleep(clock, 1000);
      expect(fatal).toEqual([]);
      expect(logger.messages('warn').join()).not.toMatch(/disk is full/);

      Reflect.deleteProperty(disk, 'open');
      await appendValues(log, stream, 'again');
      expect(await readAll(log, stream)).toHaveLength(accepted + 1);
      await log.close();
      const again = await open();
      expect(await readAll(again, again.stream(topic('a'), 0))).toHaveLength(accepted + 1);
      await again.close();
    });
  });
});

describe('look-ups', () => {
  it('answer with an error where a chunk can not be opened', async () => {
    const { disk, open, run, clock } = world();
    await run(async () => {
      const log = await open({ settings: { ...SMALL, tailCacheBytes: 0 } });
      const stream = log.stream(topic('a'), 0);
      for (let i = 0; i < 20; i++) await appendValues(log, stream, big('x'));
      await sleep(clock, 100);
      const { open: openFile } = disk;
      disk.open = (path) => {
        throw disk.failure('io', path, 'too many open files');
      };
      await expect(log.offsetForTimestamp(stream, 1000)).rejects.toMatchObject({ code: 'storage-failed' });
      disk.open = openFile;
      expect(await log.offsetForTimestamp(stream, 1000)).toMatchObject({ offset: 0 });
      await log.close();
    });
  });
});

describe('a crash', () => {
  it('leaves a log that opens, also while the file of a cleaned chunk becomes the next one', async () => {
    const settings = { ...SMALL, tailCacheBytes: 0, runwayBytes: 0, sparesMax: 3 };
    const advance = (log: ChunkLog, stream: Stream): void =>
      void log.append({
        entries: [],
        events: [{ kind: 'advance-start', stream, startOffset: stream.highWatermark }],
        durability: 'fsync',
      });
    /** Cleans chunks into one, drops that, and goes on into further chunks. */
    async function work(log: ChunkLog, clock: SimClock): Promise<void> {
      const [dead, live] = [log.stream(topic('d'), 0), log.stream(topic('l'), 0)];
      for (let i = 0; i < 20; i++) await appendValues(log, i % 4 < 2 ? live : dead, big('x'));
      await sleep(clock, 50);
      advance(log, dead);
      await sleep(clock, 50);
      await log.clean();
      advance(log, live);
      await log.enforceRetention(() => null);
      for (let i = 0; i < 10; i++) await appendValues(log, dead, big('x'));
      await sleep(clock, 50);
    }
    const dry = world();
    await dry.run(async () => work(await dry.open({ settings }), dry.clock));
    for (let operation = 1; operation <= dry.disk.operations; operation++) {
      const killed = world();
      killed.disk.crashAt = { operation, half: false };
      await expect(
        killed.run(async () => work(await killed.open({ settings }), killed.clock)),
      ).rejects.toThrow(SimulatedCrash);
      killed.volume.crash(new Prng(1), 'none');
      const next = world(2, killed.volume);
      await next.run(async () => (await next.open({ settings })).close());
    }
  });
});
