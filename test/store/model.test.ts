/**
 * Random appends, deletions, retention, cleaning, reads and restarts against a naive model, with chunks so small that
 * everything happens often.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeClock } from '../../src/platform/node/clock.ts';
import type { Disk } from '../../src/platform/ports.ts';
import { batchBaseOffset, batchLastOffset } from '../../src/record/batch.ts';
import type { ChunkLog, Stream } from '../../src/store/contract.ts';
import { verifyLog } from '../../src/store/verify.ts';
import { appendDurably, DIRECTORY, makeBatch, memoryDisk, openLog, read, readAll, topic } from './support.ts';

const SETTINGS = {
  chunkBytes: 4096,
  chunkEntriesMax: 16,
  tailCacheBytes: 600_000,
  coldReadBytesMax: 1500,
  sectionCacheBytes: 500,
  openFilesMax: 2,
  writeHereBytesMax: 400,
  runwayBytes: 512,
  diskReserveBytes: 0,
  cleanBytesPerSecond: 2 ** 40,
};

interface ModelBatch {
  readonly offset: number;
  readonly next: number;
  readonly timestamps: readonly number[];
  readonly bytes: Buffer;
}

class Model {
  readonly streams = new Map<string, { start: number; end: number; batches: ModelBatch[] }>();
  readonly deleted = new Set<string>();
  disk: Disk = memoryDisk();
  log!: ChunkLog;

  of(topicLetter: string, partition: number) {
    const key = `${topicLetter}/${partition}`;
    let stream = this.streams.get(key);
    if (stream === undefined) this.streams.set(key, (stream = { start: 0, end: 0, batches: [] }));
    return stream;
  }

  async open(): Promise<void> {
    this.log = await openLog(this.disk, { settings: SETTINGS });
  }

  *live(): Iterable<{ stream: Stream; model: { start: number; end: number; batches: ModelBatch[] } }> {
    for (const [key, model] of this.streams) {
      if (model.end === 0 || this.deleted.has(key[0]!)) continue;
      yield { stream: this.log.stream(topic(key[0]!), Number(key.slice(2))), model };
    }
  }
}

const target = fc.record({ letter: fc.constantFrom('a', 'b', 'c'), partition: fc.nat(2) });

const append = fc
  .array(
    fc.record({ target, sizes: fc.array(fc.nat(400), { minLength: 1, maxLength: 3 }), time: fc.nat(1000) }),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((entries) => async (model: Model) => {
    const wanted = entries.filter(({ target: { letter } }) => !model.deleted.has(letter));
    if (wanted.length === 0) return;
    const batches = wanted.map(({ sizes, time }) =>
      makeBatch({ values: sizes.map((size) => 'v'.repeat(size)), timestamp: time, timestampStep: 3 }),
    );
    const accepted = await appendDurably(model.log, {
      entries: wanted.map(({ target: { letter, partition } }, i) => ({
        stream: model.log.stream(topic(letter), partition),
        batch: batches[i]!,
      })),
    });
    for (const [
      i,
      {
        target: { letter, partition },
        sizes,
        time,
      },
    ] of wanted.entries()) {
      const stream = model.of(letter, partition);
      expect(accepted.baseOffsets[i]).toBe(stream.end);
      const next = stream.end + sizes.length;
      const timestamps = sizes.map((_, k) => time + 3 * k);
      stream.batches.push({ offset: stream.end, next, timestamps, bytes: Buffer.from(batches[i]!) });
      stream.end = next;
    }
  });

const deleteTopic = fc.constantFrom('b', 'c').map((letter) => async (model: Model) => {
  if (model.deleted.has(letter)) return;
  model.deleted.add(letter);
  await appendDurably(model.log, { entries: [], events: [{ kind: 'delete-topic', topicId: topic(letter) }] });
});

const advance = fc
  .record({ target, share: fc.double({ min: 0, max: 1, noNaN: true }) })
  .map(({ target: { letter, partition }, share }) => async (model: Model) => {
    const stream = model.of(letter, partition);
    if (model.deleted.has(letter) || stream.end === 0) return;
    stream.start += Math.floor((stream.end - stream.start) * share);
    await appendDurably(model.log, {
      entries: [],
      events: [
        {
          kind: 'advance-start',
          stream: model.log.stream(topic(letter), partition),
          startOffset: stream.start,
        },
      ],
    });
  });

const retain = fc.nat(3000).map((bytes) => async (model: Model) => {
  await model.log.enforceRetention(() => ({ retentionMs: Number.POSITIVE_INFINITY, retentionBytes: bytes }));
  for (const { stream, model: expected } of model.live()) {
    expect(stream.startOffset).toBeGreaterThanOrEqual(expected.start);
    const left = expected.batches.filter((batch) => batch.next > stream.startOffset);
    const leftBytes = left.reduce((sum, batch) => sum + batch.bytes.length, 0);
    // What went is never more than what was asked for.
    if (stream.startOffset > expected.start) expect(leftBytes).toBeGreaterThanOrEqual(bytes);
    expected.start = stream.startOffset;
  }
});

const clean = fc.constant(async (model: Model) => model.log.clean());
const restart = fc.constant(async (model: Model) => {
  await model.log.close();
  const report = await verifyLog({ directory: DIRECTORY, disk: model.disk, clock: nodeClock });
  expect(report).toMatchObject({ problems: [], notes: [] });
  await model.open();
});
/** Leaves the log as it is and opens a copy of the directory, as after kill -9. */
const kill = fc.constant(async (model: Model) => {
  const copy = memoryDisk();
  copy.makeDirectory(DIRECTORY);
  for (const name of model.disk.list(DIRECTORY)) {
    const from = model.disk.open(`${DIRECTORY}/${name}`, 'read');
    const bytes = Buffer.alloc(from.size());
    from.readSync(bytes, 0);
    copy.open(`${DIRECTORY}/${name}`, 'create').writev([bytes], 0);
  }
  await model.log.close();
  model.disk = copy;
  await model.open();
});

const lookUp = fc.nat(1010).map((time) => async (model: Model) => {
  for (const { stream, model: expected } of model.live()) {
    const found = await model.log.offsetForTimestamp(stream, time);
    const records = expected.batches.flatMap((batch) =>
      batch.timestamps.map((timestamp, k) => ({ offset: batch.offset + k, timestamp })),
    );
    const live = records.filter(({ offset }) => offset >= expected.start);
    const first = live.find(({ timestamp }) => timestamp >= time) ?? null;
    if (first === null || found === null) expect(found).toBe(first);
    else expect(found).toMatchObject(first);
  }
});

async function check(model: Model): Promise<void> {
  for (const { stream, model: expected } of model.live()) {
    expect(stream).toMatchObject({
      startOffset: expected.start,
      endOffset: expected.end,
      highWatermark: expected.end,
    });
    const live = expected.batches.filter((batch) => batch.next > expected.start);
    const batches = await readAll(model.log, stream);
    expect(batches.map((batch) => batchBaseOffset(batch))).toEqual(live.map((batch) => batch.offset));
    expect(Buffer.concat(batches).equals(Buffer.concat(live.map((batch) => batch.bytes)))).toBe(true);
    const middle = Math.floor((expected.start + expected.end) / 2);
    if (middle >= expected.end) continue;
    const cached = model.log.readCached({ stream, offset: middle, bytesMax: 1000 });
    const cold = await read(model.log, stream, middle, 1000);
    expect(batchBaseOffset(cold.batches[0]!)).toBeLessThanOrEqual(middle);
    expect(batchLastOffset(cold.batches[0]!)).toBeGreaterThanOrEqual(middle);
    if (cached !== null) {
      const shared = Math.min(cached.bytes, cold.bytes);
      const same = (result: { batches: Buffer[] }) => Buffer.concat(result.batches).subarray(0, shared);
      expect(same(cached).equals(same(cold))).toBe(true);
    }
  }
  const used = [...model.log.streams()].filter((stream) => model.deleted.has(stream.topicId[0]!));
  expect(used).toEqual([]);
}

describe('the log against a model', () => {
  it('agrees after any sequence of operations', async () => {
    const step = fc.oneof(
      { weight: 20, arbitrary: append },
      { weight: 1, arbitrary: deleteTopic },
      { weight: 3, arbitrary: advance },
      { weight: 2, arbitrary: retain },
      { weight: 2, arbitrary: clean },
      { weight: 2, arbitrary: restart },
      { weight: 2, arbitrary: kill },
      { weight: 2, arbitrary: lookUp },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const model = new Model();
        await model.open();
        for (const one of steps) await one(model);
        await check(model);
        await model.log.clean();
        await check(model);
        await model.log.close();
        await model.open();
        await check(model);
        await model.log.close();
      }),
      { numRuns: Number(process.env.STORE_MODEL_RUNS ?? 60) },
    );
  }, 300_000);
});
