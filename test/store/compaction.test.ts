/** Compaction: what stays of each key, by a naive model over random work, and the rules one by one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SimClock } from '../../sim/clock.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';
import { type CompressionCodec, DiskError } from '../../src/platform/ports.ts';
import {
  BATCH_HEADER_BYTES,
  batchBaseOffset,
  batchDeleteHorizonMs,
  batchIsControl,
  batchLastOffset,
  batchProducerId,
} from '../../src/record/batch.ts';
import { buildBatch, type RecordInput, sealBatch } from '../../src/record/build.ts';
import type { AbortedTransaction, ChunkLog, CompactionPolicy, Stream } from '../../src/store/contract.ts';
import { verifyLog } from '../../src/store/verify.ts';
import { POLICY, recordsOf, type StoredRecord, text } from './records.ts';
import { sleep, world } from './sim-world.ts';
import { appendDurably, DIRECTORY, read, SMALL, topic } from './support.ts';

const SETTINGS = { ...SMALL, chunkBytes: 64 * 1024 };

/** All batches as a consumer meets them, with offsets that only rise. */
async function batchesOf(log: ChunkLog, stream: Stream): Promise<Buffer[]> {
  const batches: Buffer[] = [];
  let offset = stream.startOffset;
  while (offset < stream.highWatermark) {
    const result = await read(log, stream, offset, 5000);
    expect(result.batches.length, `something is to be read at ${offset}`).toBeGreaterThan(0);
    for (const buffer of result.batches) {
      for (let at = 0; at < buffer.length; ) {
        const batch = Buffer.from(buffer.subarray(at, at + buffer.readInt32BE(at + 8) + 12));
        at += batch.length;
        expect(batchLastOffset(batch)).toBeGreaterThanOrEqual(offset);
        offset = batchLastOffset(batch) + 1;
        batches.push(batch);
      }
    }
  }
  expect(offset).toBe(stream.highWatermark);
  return batches;
}

async function dataOf(log: ChunkLog, stream: Stream): Promise<StoredRecord[]> {
  const batches = await batchesOf(log, stream);
  return batches.filter((batch) => !batchIsControl(batch)).flatMap(recordsOf);
}

const record = (key: string | null, value: string | null): RecordInput => ({
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
});

interface Sent {
  readonly records: readonly RecordInput[];
  readonly codec?: CompressionCodec;
  readonly producerId?: number;
  readonly transactional?: boolean;
  readonly control?: boolean;
}

/** Appends one batch; answers with its first offset. */
async function send(log: ChunkLog, stream: Stream, clock: SimClock, sent: Sent): Promise<number> {
  const { records, ...options } = sent;
  const batch = buildBatch(records, {
    timestampMs: clock.nowMs(),
    compression: nodeCompression,
    producerEpoch: sent.producerId === undefined ? -1 : 0,
    baseSequence: sent.producerId === undefined || sent.control ? -1 : 0,
    ...options,
  });
  const { baseOffsets } = await appendDurably(log, { entries: [{ stream, batch }] });
  return baseOffsets[0]!;
}

const marker = (type: 0 | 1): RecordInput => ({
  key: Buffer.from([0, 0, 0, type]),
  value: Buffer.from([0, 0, 0, 0, 0, 0]),
});

/** Two looks: the first seals what is open, the second compacts it. */
async function compact(
  log: ChunkLog,
  clock: SimClock,
  policy: (stream: Stream) => CompactionPolicy | null = () => POLICY,
): Promise<boolean> {
  await sleep(clock, 100);
  const first = await log.compact(policy);
  await sleep(clock, 100);
  return (await log.compact(policy)) || first;
}

const options = (over: object = {}) => ({
  settings: { ...SETTINGS, ...over },
  compression: nodeCompression,
});

describe('compaction', () => {
  it('keeps the latest record of each key at its offset, and the end', async () => {
    const { open, run, clock, disk } = world();
    await run(async () => {
      const log = await open(options());
      const stream = log.stream(topic('a'), 0);
      for (let i = 0; i < 50; i++) {
        await send(log, stream, clock, {
          records: [record(`k${i % 7}`, `v${i}`), record(`other${i % 3}`, `w${i}`)],
        });
      }
      expect(await compact(log, clock)).toBe(true);
      expect(stream.compactedTo).toBe(100);
      const expected = new Map<string, StoredRecord>();
      for (let i = 0; i < 50; i++) {
        for (const [at, key, value] of [
          [0, `k${i % 7}`, `v${i}`],
          [1, `other${i % 3}`, `w${i}`],
        ] as const) {
          expected.set(key, { offset: i * 2 + at, key, value, timestamp: expect.any(Number) as number });
        }
      }
      const wanted = [...expected.values()].sort((a, b) => a.offset - b.offset);
      expect(await dataOf(log, stream)).toEqual(wanted);
      // A position inside of what is gone goes on with the next record.
      const [first] = await read(log, stream, 3).then(({ batches }) => batches);
      expect(batchLastOffset(first!)).toBeGreaterThanOrEqual(wanted[0]!.offset);
      expect(await compact(log, clock)).toBe(false);
      await log.close();
      const report = await verifyLog({ directory: DIRECTORY, disk, clock });
      expect(report.problems).toEqual([]);
      const again = await open(options());
      expect(again.stream(topic('a'), 0).compactedTo).toBe(100);
      expect(await dataOf(again, again.stream(topic('a'), 0))).toEqual(wanted);
      await again.close();
    });
  });

  it('leaves neighbours in the same chunks alone, and gives the space back', async () => {
    const { open, run, clock, disk } = world();
    await run(async () => {
      const log = await open(options({ tailCacheBytes: 0 }));
      const compacted = log.stream(topic('a'), 0);
      const plain = log.stream(topic('b'), 0);
      const big = 'x'.repeat(2000);
      for (let i = 0; i < 100; i++) {
        await send(log, compacted, clock, { records: [record('same', `${i}${big}`)] });
        if (i % 10 === 0) await send(log, plain, clock, { records: [record('same', `${i}`)] });
      }
      await compact(log, clock, (stream) => (stream === compacted ? POLICY : null));
      expect((await dataOf(log, compacted)).map(({ offset }) => offset)).toEqual([99]);
      expect(await dataOf(log, plain)).toHaveLength(10);
      expect(compacted.sizeBytes).toBeLessThan(5000);
      await log.clean();
      await sleep(clock, 100);
      const bytes = disk.list(DIRECTORY).filter((name) => name.endsWith('.chunk'));
      expect(bytes.length).toBeLessThanOrEqual(4);
      expect(await dataOf(log, plain)).toHaveLength(10);
      expect((await dataOf(log, compacted)).map(({ offset }) => offset)).toEqual([99]);
      await log.close();
      expect((await verifyLog({ directory: DIRECTORY, disk, clock })).problems).toEqual([]);
    });
  });

  it('needs the room of a chunk or two, and may be read all the while', async () => {
    const { open, run, clock, disk, volume } = world();
    await run(async () => {
      const log = await open(options({ tailCacheBytes: 0 }));
      const stream = log.stream(topic('a'), 0);
      const big = 'x'.repeat(2000);
      for (let i = 0; i < 400; i++) {
        await send(log, stream, clock, { records: [record(`k${i % 380}`, `${i}${big}`)] });
      }
      volume.faults.capacityBytes = volume.usedBytes() + 4 * SETTINGS.chunkBytes;
      const places = new Set<number>();
      let isOver = false;
      const done = log
        .compact(() => POLICY)
        .finally(() => {
          isOver = true;
        });
      const watched = (async () => {
        for (; !isOver; await sleep(clock, 0.01)) places.add(stream.compactedTo);
      })();
      while (!isOver) {
        const stored = await dataOf(log, stream);
        expect(new Set(stored.map(({ key }) => key)).size).toBe(380);
        expect(stored.at(-1)!.offset).toBe(399);
        await sleep(clock, 1);
      }
      expect(await done).toBe(true);
      await watched;
      expect(places.size).toBeGreaterThan(10);
      expect(stream.compactedTo).toBeGreaterThan(380);
      // What was compacted before is replaced in one go.
      volume.faults.capacityBytes = Number.POSITIVE_INFINITY;
      expect(await compact(log, clock)).toBe(true);
      expect(stream.compactedTo).toBe(400);
      expect((await dataOf(log, stream)).map(({ offset }) => offset)).toEqual(
        Array.from({ length: 380 }, (_, i) => i + 20),
      );
      await log.close();
      expect((await verifyLog({ directory: DIRECTORY, disk, clock })).problems).toEqual([]);
    });
  });

  it('keeps tombstones for delete.retention.ms after they were compacted, and the last offset for ever', async () => {
    const { open, run, clock } = world();
    await run(async () => {
      const log = await open(options());
      const stream = log.stream(topic('a'), 0);
      await send(log, stream, clock, { records: [record('k', 'v'), record('l', 'w')] });
      await send(log, stream, clock, { records: [record('m', 'x'), record('k', null)] });
      await compact(log, clock);
      expect((await dataOf(log, stream)).map(({ key, value }) => [key, value])).toEqual([
        ['l', 'w'],
        ['m', 'x'],
        ['k', null],
      ]);
      const horizon = (await batchesOf(log, stream)).map((batch) => batchDeleteHorizonMs(batch));
      expect(horizon[0]).toBeNull();
      expect(horizon[1]).toBeGreaterThan(clock.nowMs());
      const times = (await dataOf(log, stream)).map(({ timestamp }) => timestamp);
      expect(Math.max(...times)).toBeLessThan(clock.nowMs());
      await sleep(clock, 2000);
      await send(log, stream, clock, { records: [record('m', null)] });
      await compact(log, clock);
      // The one that was compacted before is gone, the new one has its time before it.
      expect((await dataOf(log, stream)).map(({ offset, key, value }) => [offset, key, value])).toEqual([
        [1, 'l', 'w'],
        [4, 'm', null],
      ]);
      await sleep(clock, 2000);
      await send(log, stream, clock, { records: [record('l', null)] });
      await compact(log, clock);
      await sleep(clock, 2000);
      await send(log, stream, clock, { records: [record('n', null)] });
      await compact(log, clock);
      await sleep(clock, 2000);
      await send(log, stream, clock, { records: [record('n', null)] });
      await compact(log, clock);
      const left = await batchesOf(log, stream);
      expect(left.map(batchLastOffset)).toEqual([7]);
      expect(await log.maxTimestamp(stream)).toMatchObject({ offset: 7 });
      await log.close();
    });
  });

  it('waits for the ratio, the lags, and what is not stable', async () => {
    const { open, run, clock } = world();
    await run(async () => {
      const log = await open(options());
      const stream = log.stream(topic('a'), 0);
      const fill = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i++) await send(log, stream, clock, { records: [record('k', `${i}`)] });
      };
      await fill(10);
      expect(await compact(log, clock, () => ({ ...POLICY, minLagMs: 3_600_000 }))).toBe(false);
      expect(await compact(log, clock, () => ({ ...POLICY, stableOffset: 0 }))).toBe(false);
      expect(await compact(log, clock, () => ({ ...POLICY, stableOffset: 4 }))).toBe(true);
      expect(stream.compactedTo).toBe(4);
      expect((await dataOf(log, stream)).map(({ offset }) => offset)).toEqual([3, 4, 5, 6, 7, 8, 9]);
      expect(await compact(log, clock)).toBe(true);
      expect((await dataOf(log, stream)).map(({ offset }) => offset)).toEqual([9]);
      // Two of three batches are not compacted.
      await fill(2);
      expect(await compact(log, clock, () => ({ ...POLICY, dirtyRatio: 0.8 }))).toBe(false);
      const patient = { ...POLICY, dirtyRatio: 0.8, maxLagMs: 10_000 };
      expect(await compact(log, clock, () => patient)).toBe(false);
      await sleep(clock, 11_000);
      expect(await compact(log, clock, () => patient)).toBe(true);
      expect((await dataOf(log, stream)).map(({ offset }) => offset)).toEqual([11]);
      await log.close();
    });
  });

  it('removes aborted records at once, and markers when nothing of their transaction is left', async () => {
    const { open, run, clock } = world();
    await run(async () => {
      const log = await open(options());
      const stream = log.stream(topic('a'), 0);
      const tx = { producerId: 7, transactional: true };
      const aborted: AbortedTransaction[] = [];
      const policy = { ...POLICY, abortedTransactions: () => aborted };
      await send(log, stream, clock, { records: [record('k', 'before')] });
      const firstOffset = await send(log, stream, clock, { ...tx, records: [record('k', 'aborted')] });
      const lastOffset = await send(log, stream, clock, { ...tx, control: true, records: [marker(0)] });
      aborted.push({ producerId: 7, firstOffset, lastOffset });
      await send(log, stream, clock, { ...tx, records: [record('l', 'committed')] });
      await send(log, stream, clock, { ...tx, control: true, records: [marker(1)] });
      await send(log, stream, clock, { records: [record('z', 'end')] });
      const kinds = async () =>
        (await batchesOf(log, stream)).map((batch) => [batchBaseOffset(batch), batchIsControl(batch)]);
      await compact(log, clock, () => policy);
      expect((await dataOf(log, stream)).map(({ value }) => value)).toEqual(['before', 'committed', 'end']);
      expect(await kinds()).toEqual([
        [0, false],
        [2, true],
        [3, false],
        [4, true],
        [5, false],
      ]);
      // Nothing of the aborted one is left: its marker gets its time.
      await send(log, stream, clock, { records: [record('l', 'later'), record('z', 'later')] });
      await compact(log, clock, () => policy);
      expect(await kinds()).toEqual([
        [0, false],
        [2, true],
        [4, true],
        [6, false],
      ]);
      await sleep(clock, 2000);
      await send(log, stream, clock, { records: [record('z', 'latest')] });
      await compact(log, clock, () => policy);
      expect(await kinds()).toEqual([
        [0, false],
        [4, true],
        [6, false],
        [8, false],
      ]);
      await sleep(clock, 2000);
      await send(log, stream, clock, { records: [record('z', 'last')] });
      await compact(log, clock, () => policy);
      expect((await kinds()).map(([offset]) => offset)).toEqual([0, 6, 9]);
      await log.close();
    });
  });

  it('takes several passes where the map is small, and comes to the same', async () => {
    const { open, run, clock } = world();
    await run(async () => {
      const log = await open(options({ dedupeBufferBytes: 16 * 20 }));
      const streams = [0, 1, 2].map((partition) => log.stream(topic('a'), partition));
      for (let i = 0; i < 300; i++) {
        const records = [record(`k${i % 45}`, `${i}`), record(`k${(i * 7) % 45}`, `${i}.`)];
        await send(log, streams[i % 3]!, clock, { records, codec: (i % 5) as CompressionCodec });
      }
      await compact(log, clock);
      for (const stream of streams) {
        expect(stream.compactedTo).toBe(200);
        const keys = (await dataOf(log, stream)).map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
      }
      await log.close();
    });
  });

  it('leaves a damaged stream as it is, and takes nothing from it for others', async () => {
    const { open, run, clock, disk, logger } = world();
    await run(async () => {
      const log = await open(options({ tailCacheBytes: 0 }));
      const [torn, flipped, whole] = ['a', 'b', 'c'].map((letter) => log.stream(topic(letter), 0)) as [
        Stream,
        Stream,
        Stream,
      ];
      await send(log, whole, clock, { records: [record('shared', 'old'), record('k', 'old')] });
      await compact(log, clock);
      // Only half of it is new, so that its turn comes last.
      await send(log, whole, clock, { records: [record('k', 'new')] });
      for (const stream of [torn, flipped]) {
        for (const value of ['1', '2', stream === torn ? 'torn' : 'flipped']) {
          await send(log, stream, clock, { records: [record('shared', value)] });
        }
      }
      const batch = buildBatch([record('k', 'v')], { timestampMs: clock.nowMs() });
      batch[BATCH_HEADER_BYTES] = 0x7f;
      sealBatch(batch);
      await appendDurably(log, { entries: [{ stream: torn, batch }] });
      await sleep(clock, 100);
      for (const name of disk.list(DIRECTORY).filter((one) => one.endsWith('.chunk'))) {
        const file = disk.open(`${DIRECTORY}/${name}`, 'write');
        const bytes = Buffer.alloc(file.size());
        file.readSync(bytes, 0);
        const at = bytes.indexOf('flipped');
        if (at >= 0) file.writev([Buffer.from('!')], at);
        file.close();
      }
      await compact(log, clock);
      expect([torn, flipped, whole].map(({ compactedTo }) => compactedTo)).toEqual([0, 0, 3]);
      expect(logger.messages('error')).toHaveLength(2);
      expect(logger.messages('error').join()).toMatch(/a record has the length -64.*checksum is wrong/s);
      const left = (await dataOf(log, whole)).map(({ key, value }) => [key, value]);
      expect(left).toEqual([
        ['shared', 'old'],
        ['k', 'new'],
      ]);
      await log.close();
    });
  });
});

type Step =
  | {
      readonly kind: 'send';
      readonly stream: number;
      readonly keys: readonly number[];
      readonly codec: number;
    }
  | {
      readonly kind: 'transaction';
      readonly stream: number;
      readonly keys: readonly number[];
      readonly commits: boolean;
    }
  | { readonly kind: 'compact' }
  | { readonly kind: 'clean' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'delete-records'; readonly stream: number; readonly share: number };

const keys = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 5 });
const stream = fc.integer({ min: 0, max: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      stream,
      keys,
      codec: fc.integer({ min: 0, max: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('transaction' as const), stream, keys, commits: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'compact' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'clean' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'wait' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('delete-records' as const),
      stream,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
);

/** What must be read, and what may be: all that was sent and not aborted, and the latest of each key. */
class Model {
  readonly sent: StoredRecord[] = [];
  readonly aborted: AbortedTransaction[] = [];
  start = 0;

  check(stored: readonly StoredRecord[], compactedTo: number): void {
    const known = new Map(this.sent.map((one) => [one.offset, one]));
    let last = -1;
    for (const one of stored) {
      expect(one.offset).toBeGreaterThan(last);
      last = one.offset;
      expect(known.get(one.offset)).toEqual(one);
    }
    const there = new Set(stored.map(({ offset }) => offset));
    const latest = new Map<string | null, StoredRecord>();
    for (const one of this.sent) latest.set(one.key, one);
    for (const one of this.sent) {
      if (one.offset < this.start) continue;
      const isLatest = latest.get(one.key) === one;
      if (one.offset >= compactedTo)
        expect(there.has(one.offset), `offset ${one.offset} is there`).toBe(true);
      else if (isLatest && one.value !== null)
        expect(there.has(one.offset), `the latest of ${one.key}`).toBe(true);
    }
    // Below the bound a key stands once, but for what came later and is not compacted.
    const below = stored
      .filter(({ offset }) => offset < compactedTo && offset >= this.start)
      .map(({ key }) => key);
    expect(new Set(below).size).toBe(below.length);
  }
}

describe('a directory that can not be flushed', () => {
  it('ends the log, and nothing is missing after a crash that keeps what was written', async () => {
    let failures = 0;
    for (let failing = 1; ; failing++) {
      const first = world();
      let reached = false;
      await first.run(async () => {
        const log = await first.open(options());
        const stream = log.stream(topic('a'), 0);
        for (let i = 0; i < 20; i++)
          await send(log, stream, first.clock, { records: [record(`k${i % 3}`, `${i}`)] });
        const syncDirectory = first.disk.syncDirectory.bind(first.disk);
        let flushes = 0;
        first.disk.syncDirectory = (path) => {
          reached = ++flushes >= failing;
          if (reached) throw new DiskError('io', path, 'the flush failed');
          syncDirectory(path);
        };
        await compact(log, first.clock).catch(() => undefined);
        if (!reached) await log.close();
      });
      if (!reached) break;
      failures++;
      first.volume.crash(undefined, 'all');
      const second = world(1, first.volume);
      await second.run(async () => {
        const log = await second.open(options());
        const values = new Map<string | null, string | null>();
        for (const { key, value } of await dataOf(log, log.stream(topic('a'), 0))) values.set(key, value);
        expect(values, `flush ${failing} failed`).toEqual(
          new Map([
            ['k0', '18'],
            ['k1', '19'],
            ['k2', '17'],
          ]),
        );
        await log.close();
      });
    }
    expect(failures).toBeGreaterThan(2);
  });
});

describe('a compacted log under random work', () => {
  it('has what a naive model has', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 60 }),
        fc.integer({ min: 2, max: 200 }),
        fc.constantFrom(600, 4096),
        async (steps, mapKeys, chunkBytes) => {
          const { open, run, clock, disk } = world();
          await run(async () => {
            const small = options({
              dedupeBufferBytes: mapKeys * 16,
              chunkBytes,
              tailCacheBytes: 2048,
              coldReadBytesMax: 1500,
            });
            let log = await open(small);
            const models = [new Model(), new Model()];
            const streamOf = (index: number): Stream => log.stream(topic('a'), index);
            const policyOf = ({ partition }: Stream) => ({
              ...POLICY,
              abortedTransactions: () => models[partition]!.aborted,
            });
            let count = 0;
            const recordsFor = (chosen: readonly number[]): RecordInput[] =>
              chosen.map((key) => record(`k${Math.abs(key)}`, key < 0 ? null : `v${count++}`));
            const note = (index: number, first: number, records: readonly RecordInput[]): void => {
              records.forEach(({ key, value }, i) => {
                models[index]!.sent.push({
                  offset: first + i,
                  key: text(key),
                  value: text(value),
                  timestamp: clock.nowMs(),
                });
              });
            };
            for (const one of steps) {
              if (one.kind === 'send') {
                const records = recordsFor(one.keys);
                const first = await send(log, streamOf(one.stream), clock, {
                  records,
                  codec: one.codec as CompressionCodec,
                });
                models[one.stream]!.sent.push(
                  ...records.map(({ key, value }, i) => ({
                    offset: first + i,
                    key: text(key),
                    value: text(value),
                    timestamp: expect.any(Number) as number,
                  })),
                );
              } else if (one.kind === 'transaction') {
                const records = recordsFor(one.keys);
                const tx = { producerId: 5, transactional: true };
                const firstOffset = await send(log, streamOf(one.stream), clock, { ...tx, records });
                const type = one.commits ? 1 : 0;
                const lastOffset = await send(log, streamOf(one.stream), clock, {
                  ...tx,
                  control: true,
                  records: [marker(type)],
                });
                if (one.commits) {
                  note(one.stream, firstOffset, records);
                  const { sent } = models[one.stream]!;
                  for (let i = sent.length - records.length; i < sent.length; i++)
                    sent[i] = { ...sent[i]!, timestamp: expect.any(Number) as number };
                } else models[one.stream]!.aborted.push({ producerId: 5, firstOffset, lastOffset });
              } else if (one.kind === 'compact') {
                await compact(log, clock, policyOf);
              } else if (one.kind === 'clean') {
                await log.clean();
              } else if (one.kind === 'wait') {
                await sleep(clock, 1500);
              } else if (one.kind === 'restart') {
                await log.close();
                expect((await verifyLog({ directory: DIRECTORY, disk, clock })).problems).toEqual([]);
                log = await open(small);
              } else {
                const stream = streamOf(one.stream);
                const startOffset =
                  stream.startOffset + Math.floor((stream.highWatermark - stream.startOffset) * one.share);
                await appendDurably(log, {
                  entries: [],
                  events: [{ kind: 'advance-start', stream, startOffset }],
                });
                models[one.stream]!.start = startOffset;
              }
              for (const [index, model] of models.entries()) {
                const stream = streamOf(index);
                const stored = await committed(log, stream, model);
                model.check(stored, stream.compactedTo);
              }
            }
            await log.close();
          });
        },
      ),
      { numRuns: Number(process.env.COMPACTION_RUNS ?? 60) },
    );
  });
});

/** What a consumer that reads committed records gets, from the start of the stream on. */
async function committed(log: ChunkLog, stream: Stream, model: Model): Promise<StoredRecord[]> {
  const batches = await batchesOf(log, stream);
  const isAborted = (batch: Buffer): boolean =>
    model.aborted.some(
      ({ producerId, firstOffset, lastOffset }) =>
        producerId === batchProducerId(batch) &&
        batchBaseOffset(batch) >= firstOffset &&
        batchBaseOffset(batch) < lastOffset,
    );
  return batches
    .filter((batch) => !batchIsControl(batch) && !isAborted(batch))
    .flatMap(recordsOf)
    .filter(({ offset }) => offset >= stream.startOffset);
}
