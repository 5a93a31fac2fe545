import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nodeDisk } from '../../src/platform/node/disk.ts';
import { batchBaseOffset, batchLeaderEpoch } from '../../src/record/batch.ts';
import {
  appendDurably,
  appendValues,
  makeBatch,
  memoryDisk,
  openLog,
  read,
  readAll,
  topic,
} from './support.ts';

describe('a log', () => {
  it('gives appends their offsets and reads them back from memory and from disk', async () => {
    const disk = memoryDisk();
    const log = await openLog(disk);
    const stream = log.stream(topic('a'), 0);
    const first = await appendValues(log, stream, 'one', 'two');
    const second = await appendValues(log, stream, 'three');
    expect([first.baseOffsets, second.baseOffsets]).toEqual([[0], [2]]);
    expect([first.sequence, second.sequence]).toEqual([1, 2]);
    expect(stream).toMatchObject({ startOffset: 0, endOffset: 3, highWatermark: 3 });

    const cached = log.readCached({ stream, offset: 1, bytesMax: 10_000 })!;
    expect(cached.batches.map((batch) => batchBaseOffset(batch))).toEqual([0, 2]);
    const cold = await read(log, stream, 1);
    expect(Buffer.concat(cold.batches)).toEqual(Buffer.concat(cached.batches));
    expect(cold.bytes).toBe(cached.bytes);
    await log.close();
  });

  it('writes an append over several streams as one frame', async () => {
    const log = await openLog(memoryDisk());
    const streams = [0, 1, 2].map((partition) => log.stream(topic('a'), partition));
    const accepted = await appendDurably(log, {
      entries: [...streams, streams[0]!].map((stream) => ({
        stream,
        batch: makeBatch({ values: ['x', 'y'] }),
      })),
    });
    expect(accepted).toEqual({ sequence: 1, baseOffsets: [0, 0, 0, 2] });
    expect(streams.map((stream) => stream.highWatermark)).toEqual([4, 2, 2]);
    await log.close();
  });

  it('has everything after a clean stop, and goes on with the next offsets and a higher leader epoch', async () => {
    const disk = memoryDisk();
    const log = await openLog(disk);
    await appendValues(log, log.stream(topic('a'), 0), 'one');
    await appendValues(log, log.stream(topic('b'), 7), 'two', 'three');
    await log.close();

    const again = await openLog(disk);
    expect([...again.streams()].map((stream) => [stream.partition, stream.endOffset])).toEqual([
      [0, 1],
      [7, 2],
    ]);
    const stream = again.stream(topic('b'), 7);
    await appendValues(again, stream, 'four');
    const batches = await readAll(again, stream);
    expect(batches.map((batch) => [batchBaseOffset(batch), batchLeaderEpoch(batch)])).toEqual([
      [0, 0],
      [2, 1],
    ]);
    expect(stream.epochs).toEqual([
      { epoch: 0, startOffset: 0 },
      { epoch: 1, startOffset: 2 },
    ]);
    expect(stream.sizeBytes).toBe(batches[0]!.length + batches[1]!.length);
    await again.close();
  });

  it('goes through many chunks, and reads across them', async () => {
    const disk = memoryDisk();
    const log = await openLog(disk);
    const streams = Array.from({ length: 20 }, (_, i) => log.stream(topic('a'), i));
    const values = Array.from({ length: 30 }, (_, i) => String(i).repeat(100));
    for (let round = 0; round < 10; round++) {
      await Promise.all(streams.map((stream) => appendValues(log, stream, ...values)));
    }
    expect(disk.list('/log').filter((name) => name.endsWith('.chunk')).length).toBeGreaterThan(10);
    for (const stream of streams) {
      const batches = await readAll(log, stream);
      expect(batches.map((batch) => batchBaseOffset(batch))).toEqual(
        Array.from({ length: 10 }, (_, i) => i * 30),
      );
    }
    await log.close();
    const again = await openLog(disk);
    for (const stream of again.streams()) expect((await readAll(again, stream)).length).toBe(10);
    await again.close();
  });

  it('works on a real directory, and has everything after it was left without a stop', async () => {
    const directory = mkdtempSync(`${tmpdir()}/polylog-`);
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const log = await openLog(nodeDisk, { directory: `${directory}/log` });
    const stream = log.stream(topic('a'), 0);
    for (let i = 0; i < 50; i++) await appendValues(log, stream, `${i}`.repeat(2000));
    rmSync(`${directory}/log/lock`);

    const again = await openLog(nodeDisk, { directory: `${directory}/log` });
    expect((await readAll(again, again.stream(topic('a'), 0))).length).toBe(50);
    await again.close();
  });
});
