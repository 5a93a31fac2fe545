/** A consumer of an old part of the log, reading in order, finds the next span read when it comes for it. */
import { describe, expect, it } from 'vitest';
import { BlockPool } from '../../src/base/block-pool.ts';
import { type Disk, DiskError, type DiskFile } from '../../src/platform/ports.ts';
import { batchLastOffset, batchSizeBytes } from '../../src/record/batch.ts';
import type { ChunkLog, ReadResult, Stream } from '../../src/store/contract.ts';
import { appendDurably, makeBatch, memoryDisk, openLog, read, SMALL, topic } from './support.ts';

const KIB = 1024;
const BYTES_MAX = 128 * KIB;

/** A disk whose reads beside the loop are counted, and held back or refused on demand. */
function watchedDisk() {
  const inner = memoryDisk();
  const state = { reads: 0, inFlight: 0, refuse: false, held: null as (() => void)[] | null };
  const watch = (file: DiskFile): DiskFile =>
    new Proxy(file, {
      get(target, name) {
        if (name !== 'read') {
          const value = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        }
        return (into: Uint8Array, position: number, done: Parameters<DiskFile['read']>[2]) => {
          state.reads++;
          state.inFlight++;
          const start = (): void =>
            target.read(into, position, (error, bytesRead) => {
              state.inFlight--;
              done(state.refuse ? new DiskError('io', target.path, 'no') : error, bytesRead);
            });
          if (state.held === null) start();
          else state.held.push(start);
        };
      },
    });
  const disk = new Proxy(inner, {
    get(target, name) {
      if (name === 'open') return (...args: Parameters<Disk['open']>) => watch(target.open(...args));
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const release = (): void => {
    for (const start of state.held?.splice(0) ?? []) start();
  };
  /** No read is under way, nor begun by the end of the last. */
  const settled = async (): Promise<void> => {
    do await new Promise((resolve) => setImmediate(resolve));
    while (state.inFlight > 0);
  };
  return { disk, state, release, settled };
}

async function openWith(disk: Disk, streams: number, blocks?: BlockPool) {
  const log = await openLog(disk, {
    settings: { ...SMALL, chunkBytes: 64 * KIB * KIB, tailCacheBytes: 0 },
    blocks,
  });
  const all = Array.from({ length: streams }, (_, partition) => log.stream(topic('a'), partition));
  for (let i = 0; i < 16; i++) {
    const batches = all.map((stream) => ({
      stream,
      batch: makeBatch({ values: [`${i} `.repeat(8 * KIB)] }),
    }));
    await appendDurably(log, { entries: batches });
  }
  return { log, streams: all, stream: all[0]! };
}

function nextOffset(result: ReadResult): number {
  let last = -1;
  for (const buffer of result.batches) {
    for (let at = 0; at < buffer.length; at += batchSizeBytes(buffer, at))
      last = batchLastOffset(buffer.subarray(at));
  }
  return last + 1;
}

const cached = (log: ChunkLog, stream: Stream, offset: number) =>
  log.readCached({ stream, offset, bytesMax: BYTES_MAX });

describe('reading ahead', () => {
  it('has the next span when the consumer comes for it, to the end of the stream', async () => {
    const { disk, settled } = watchedDisk();
    const { log, stream } = await openWith(disk, 1);
    let got = await read(log, stream, 0, BYTES_MAX);
    const all = [...got.batches];
    let fromMemory = 0;
    for (let offset = nextOffset(got); offset < stream.endOffset; offset = nextOffset(got)) {
      await settled();
      const next = cached(log, stream, offset);
      expect(next).not.toBeNull();
      got = next!;
      fromMemory++;
      all.push(...got.batches);
    }
    expect(fromMemory).toBeGreaterThan(1);
    const whole = await read(log, stream, 0, 1 << 20);
    expect(Buffer.concat(all).equals(Buffer.concat(whole.batches))).toBe(true);
    await log.close();
  });

  it('lets a consumer wait for the read that is under way instead of reading twice', async () => {
    const { disk, state, release } = watchedDisk();
    const { log, stream } = await openWith(disk, 1);
    state.held = [];
    const pending = read(log, stream, 0, BYTES_MAX);
    await new Promise((resolve) => setImmediate(resolve));
    release();
    const first = await pending;
    expect(state).toMatchObject({ reads: 2, inFlight: 1 });
    const next = read(log, stream, nextOffset(first), BYTES_MAX);
    await new Promise((resolve) => setImmediate(resolve));
    expect(state.reads).toBe(2);
    release();
    expect(nextOffset(await next)).toBeGreaterThan(nextOffset(first));
    release();
    state.held = null;
    await log.close();
  });

  it('leaves the error of a read ahead to the consumer who comes', async () => {
    const { disk, state, release, settled } = watchedDisk();
    const { log, stream } = await openWith(disk, 1);
    state.held = [];
    const pending = read(log, stream, 0, BYTES_MAX);
    await new Promise((resolve) => setImmediate(resolve));
    release();
    const offset = nextOffset(await pending);
    state.refuse = true;
    release();
    await settled();
    state.held = null;
    expect(cached(log, stream, offset)).toBeNull();
    await expect(read(log, stream, offset, BYTES_MAX)).rejects.toMatchObject({ code: 'storage-failed' });
    state.refuse = false;
    expect((await read(log, stream, offset, BYTES_MAX)).bytes).toBeGreaterThan(0);
    await settled();
    await log.close();
  });

  it('serves more consumers than it has places, each what it asked for', async () => {
    const { disk } = watchedDisk();
    const { log, streams } = await openWith(disk, 24);
    const read1 = await Promise.all(streams.map((stream) => read(log, stream, 0, BYTES_MAX)));
    const read2 = await Promise.all(
      streams.map((stream, i) => read(log, stream, nextOffset(read1[i]!), BYTES_MAX)),
    );
    for (const [i, stream] of streams.entries()) {
      const whole = await read(log, stream, 0, 1 << 20);
      const both = Buffer.concat([...read1[i]!.batches, ...read2[i]!.batches]);
      expect(both.equals(Buffer.concat(whole.batches).subarray(0, both.length))).toBe(true);
    }
    await log.close();
  });

  it('gives its blocks back when a reader releases what it got', async () => {
    const { disk, settled } = watchedDisk();
    const blocks = new BlockPool({ freeBytesMax: 8 * KIB * KIB });
    const { log, stream } = await openWith(disk, 1, blocks);
    const free = blocks.freeBytes;
    const first = await read(log, stream, 0, BYTES_MAX);
    await settled();
    blocks.releaseAll(first.batches);
    const second = cached(log, stream, nextOffset(first))!;
    await settled();
    blocks.releaseAll(second.batches);
    expect(blocks.freeBytes).toBeGreaterThanOrEqual(free);
    await log.close();
  });
});
