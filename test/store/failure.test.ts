/** Full disks, failing flushes and writes, on the simulated disk. */
import { describe, expect, it } from 'vitest';
import type { BrokerError } from '../../src/base/errors.ts';
import type { AppendAccepted, ChunkLog } from '../../src/store/contract.ts';
import { sleep, world } from './sim-world.ts';
import { appendValues, makeBatch, readAll, SMALL, topic } from './support.ts';

function tryAppend(log: ChunkLog, onCommitted?: () => void): AppendAccepted | BrokerError {
  return log.append({
    entries: [{ stream: log.stream(topic('a'), 0), batch: makeBatch({ values: ['x'.repeat(8000)] }) }],
    durability: 'fsync',
    ...(onCommitted === undefined ? {} : { onCommitted }),
  });
}

describe('a full disk', () => {
  it('refuses appends with a sentence, serves reads, and goes on when there is room', async () => {
    const { volume, open, run, clock } = world();
    await run(async () => {
      const log = await open({ settings: { ...SMALL, tailCacheBytes: 0 } });
      volume.faults.capacityBytes = volume.usedBytes() + 400_000;
      let refusal: BrokerError | null = null;
      let accepted = 0;
      while (refusal === null && accepted < 1000) {
        const result = tryAppend(log);
        if (result instanceof Error) refusal = result;
        else accepted++;
        await sleep(clock, 1);
      }
      expect(refusal).toMatchObject({ code: 'storage-full' });
      expect(refusal!.message).toMatch(/The disk of \/log is full: .*Free some space/);
      const stream = log.stream(topic('a'), 0);
      await sleep(clock, 50);
      expect(stream.highWatermark).toBe(accepted);
      expect(await readAll(log, stream)).toHaveLength(accepted);

      volume.faults.capacityBytes = Number.POSITIVE_INFINITY;
      await appendValues(log, stream, 'again');
      expect(stream.highWatermark).toBe(accepted + 1);
      await log.close();
      const again = await open();
      expect(await readAll(again, again.stream(topic('a'), 0))).toHaveLength(accepted + 1);
      await again.close();
    });
  });

  it('says once that the disk is full, and once that there is room again', async () => {
    const { volume, open, run, clock, logger } = world();
    await run(async () => {
      const log = await open({ settings: { ...SMALL, diskReserveBytes: 100_000 } });
      const stream = log.stream(topic('a'), 0);
      await appendValues(log, stream, 'first');
      volume.faults.capacityBytes = volume.usedBytes() + 400_000;
      let accepted = 0;
      for (; !(tryAppend(log) instanceof Error) && accepted < 1000; accepted++) await sleep(clock, 1);
      expect(accepted).toBeLessThan(1000);
      for (let i = 0; i < 3; i++) expect(tryAppend(log)).toMatchObject({ code: 'storage-full' });
      expect(logger.messages('error')).toEqual([expect.stringContaining('kept in reserve. Free some space')]);
      volume.faults.capacityBytes = Number.POSITIVE_INFINITY;
      await appendValues(log, stream, 'again');
      expect(logger.messages('info').filter((line) => line.includes('There is room'))).toHaveLength(1);
      await log.close();
    });
  });

  it('keeps what was accepted when space goes between the look and the write, and writes it later', async () => {
    const { volume, open, run, clock, logger } = world();
    await run(async () => {
      const log = await open();
      const stream = log.stream(topic('a'), 0);
      await appendValues(log, stream, 'first');
      const order: number[] = [];
      for (let i = 0; i < 3; i++) expect(tryAppend(log, () => order.push(i))).toHaveProperty('sequence');
      volume.faults.capacityBytes = volume.usedBytes();
      await sleep(clock, 1000);
      expect(order).toEqual([]);
      expect(stream.highWatermark).toBe(1);
      expect(tryAppend(log)).toMatchObject({ code: 'storage-full' });
      expect(await readAll(log, stream)).toHaveLength(1);
      expect(logger.messages('error')).toHaveLength(1);

      volume.faults.capacityBytes = Number.POSITIVE_INFINITY;
      await sleep(clock, 1000);
      expect(order).toEqual([0, 1, 2]);
      expect(await readAll(log, stream)).toHaveLength(4);
      await appendValues(log, stream, 'again');
      await log.close();
    });
  });

  it('flushes what was to be flushed within a time, when it is written after that time', async () => {
    const { volume, disk, open, run, clock } = world();
    await run(async () => {
      const log = await open({ settings: { ...SMALL, runwayBytes: 0 } });
      const stream = log.stream(topic('a'), 0);
      await appendValues(log, stream, 'first');
      await sleep(clock, 100);
      log.append({
        entries: [{ stream, batch: makeBatch({ values: ['x'.repeat(8000)] }) }],
        durability: 'os',
        flushWithinMs: 100,
      });
      volume.faults.capacityBytes = volume.usedBytes();
      await sleep(clock, 1000);
      expect(stream.highWatermark).toBe(1);
      const { flushes } = disk;
      volume.faults.capacityBytes = Number.POSITIVE_INFINITY;
      await sleep(clock, 250 + 100 + 50);
      expect(stream.highWatermark).toBe(2);
      expect(disk.flushes).toBe(flushes + 1);
      await log.close();
    });
  });

  it('can be closed, and loses only what was not acknowledged', async () => {
    const { volume, open, run } = world();
    await run(async () => {
      const log = await open();
      await appendValues(log, log.stream(topic('a'), 0), 'first');
      expect(tryAppend(log)).toHaveProperty('sequence');
      volume.faults.capacityBytes = volume.usedBytes();
      await log.close();
      volume.faults.capacityBytes = Number.POSITIVE_INFINITY;
      const again = await open();
      expect(again.stream(topic('a'), 0).endOffset).toBe(1);
      await again.close();
    });
  });
});

describe('a failing disk', () => {
  for (const fault of ['datasyncFails', 'writeFails'] as const) {
    it(`stops the log for ever after ${fault}`, async () => {
      const { volume, open, run, clock, fatal } = world();
      await run(async () => {
        const log = await open();
        await sleep(clock, 10);
        const stream = log.stream(topic('a'), 0);
        await appendValues(log, stream, 'first');
        volume.faults[fault] = 1;
        let committed = 0;
        tryAppend(log, () => committed++);
        await sleep(clock, 100);
        volume.faults[fault] = 0;
        await sleep(clock, 1000);
        expect(committed).toBe(0);
        expect(stream.highWatermark).toBe(1);
        expect(fatal).toHaveLength(1);
        expect(fatal[0]).toMatchObject({ code: 'storage-failed' });
        expect(tryAppend(log)).toBe(fatal[0]);
        expect(await readAll(log, stream)).toHaveLength(1);
        await log.close();
      });
    });
  }

  it('answers a failed read with an error and goes on', async () => {
    const { volume, open, run } = world();
    await run(async () => {
      const log = await open({ settings: { ...SMALL, tailCacheBytes: 0 } });
      const stream = log.stream(topic('a'), 0);
      await appendValues(log, stream, 'first');
      volume.faults.readFails = 1;
      await expect(readAll(log, stream)).rejects.toMatchObject({ code: 'storage-failed' });
      volume.faults.readFails = 0;
      expect(await readAll(log, stream)).toHaveLength(1);
      await log.close();
    });
  });
});
