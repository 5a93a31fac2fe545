import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type FetchedPartition,
  type FetchOptions,
  FetchPosition,
  FetchSet,
} from '../../src/broker/fetch-set.ts';
import type { Partition } from '../../src/broker/topics.ts';
import type { Topic } from '../../src/metadata/image.ts';
import { batchBaseOffset } from '../../src/record/batch.ts';
import type { ChunkLog, Stream } from '../../src/store/contract.ts';
import { ProducerStates } from '../../src/transaction/producer-state.ts';
import { TestClock } from '../machine/support/test-clock.ts';
import { appendDurably, appendValues, makeBatch, memoryDisk, openLog, topic } from '../store/support.ts';

type Fetched = FetchedPartition<number>[];

let log: ChunkLog;
let clock: TestClock;
/** How often the sets looked at the log for data. */
let looks = 0;

beforeEach(async () => {
  // A cache that holds next to nothing makes all but the newest reads cold.
  log = await openLog(memoryDisk());
  clock = new TestClock();
  looks = 0;
});
afterEach(() => log.close());

/** The log, counting reads. */
function counted(overrides: Partial<ChunkLog> = {}): ChunkLog {
  return new Proxy(log, {
    get(target, name) {
      if (name === 'readCached') {
        return (request: Parameters<ChunkLog['readCached']>[0]) => {
          looks++;
          return (overrides.readCached ?? target.readCached.bind(target))(request);
        };
      }
      const value = (overrides as never)[name] ?? target[name as keyof ChunkLog];
      return typeof value === 'function' ? (value as () => void).bind(target) : value;
    },
  });
}

const producers = new ProducerStates({ expirationMs: 1e9, entriesMax: 1000 });

function partitionOf(stream: Stream): Partition {
  const { topicId, partition: index } = stream;
  const topic = { id: topicId } as Topic;
  return { topic, index, stream, producers: producers.partition(topicId, index), view: null };
}

function put(set: FetchSet<number>, stream: Stream, offset = 0, bytesMax = 1 << 20): FetchPosition<number> {
  const position = new FetchPosition(partitionOf(stream), {
    tag: stream.partition,
    offset,
    bytesMax,
    currentLeaderEpoch: -1,
  });
  set.put(position);
  return position;
}

function fetch(set: FetchSet<number>, options: Partial<FetchOptions<number>> = {}) {
  const answers: Fetched[] = [];
  set.fetch({
    bytesMax: 1 << 20,
    bytesMin: 1,
    waitMaxMs: 1000,
    readCommitted: false,
    done: (one) => answers.push(one),
    ...options,
  });
  return answers;
}

const offsets = (fetched: Fetched): [number, number[]][] =>
  fetched.map(({ position, batches }) => [position.tag, batches.map((batch) => batchBaseOffset(batch))]);

const values = (count: number, bytes: number): string[] => Array<string>(count).fill('x'.repeat(bytes));

describe('FetchSet', () => {
  it('answers at once when there is enough', async () => {
    const stream = log.stream(topic('a'), 0);
    await appendValues(log, stream, 'one', 'two');
    await appendValues(log, stream, 'three');
    const set = new FetchSet<number>(log, clock);
    put(set, stream);
    const [answer] = fetch(set);
    expect(offsets(answer!)).toEqual([[0, [0, 2]]]);
    expect(answer![0]!.highWatermark).toBe(3);
    expect(clock.timerCount).toBe(0);
  });

  it('waits for data and is woken by its commit, once for all that arrives in one turn', async () => {
    const streams = [0, 1, 2].map((partition) => log.stream(topic('a'), partition));
    const set = new FetchSet<number>(log, clock);
    for (const stream of streams) put(set, stream);
    const answers = fetch(set);
    expect(answers).toEqual([]);
    expect(clock.timerCount).toBe(1);
    const entries = streams.slice(1).map((stream) => ({ stream, batch: makeBatch({ values: ['v'] }) }));
    await appendDurably(log, { entries });
    expect(answers).toEqual([]);
    clock.advance(0);
    // The first answer lists what it has nothing of, too.
    expect(offsets(answers[0]!)).toEqual([
      [0, []],
      [1, [0]],
      [2, [0]],
    ]);
    expect(clock.timerCount).toBe(0);
  });

  it('waits for min bytes over all partitions', async () => {
    const streams = [0, 1].map((partition) => log.stream(topic('a'), partition));
    const set = new FetchSet<number>(log, clock);
    for (const stream of streams) put(set, stream);
    const answers = fetch(set, { bytesMin: 300 });
    for (const stream of [streams[0]!, streams[1]!, streams[0]!]) {
      await appendValues(log, stream, 'x'.repeat(50));
      clock.advance(0);
    }
    // Each batch has about 120 bytes.
    expect(answers).toHaveLength(1);
    expect(offsets(answers[0]!)).toEqual([
      [0, [0, 1]],
      [1, [0]],
    ]);
  });

  it('is content with max bytes where min bytes is more', async () => {
    const stream = log.stream(topic('a'), 0);
    await appendValues(log, stream, ...values(1, 500));
    const set = new FetchSet<number>(log, clock);
    put(set, stream);
    expect(fetch(set, { bytesMin: 1 << 30, bytesMax: 400 })).toHaveLength(1);
  });

  it('answers with what is there when the time is over, and not before', async () => {
    const stream = log.stream(topic('a'), 0);
    const set = new FetchSet<number>(log, clock);
    put(set, stream);
    const answers = fetch(set, { bytesMin: 10_000 });
    await appendValues(log, stream, 'little');
    clock.advance(999);
    expect(answers).toEqual([]);
    clock.advance(1);
    expect(offsets(answers[0]!)).toEqual([[0, [0]]]);
    expect(clock.timerCount).toBe(0);
  });

  it('does not wait at all for a time of 0, or for 0 bytes', () => {
    const set = new FetchSet<number>(log, clock);
    put(set, log.stream(topic('a'), 0));
    expect(fetch(set, { waitMaxMs: 0 })).toHaveLength(1);
    expect(fetch(set, { bytesMin: 0 })).toHaveLength(1);
    expect(fetch(set, { waitMaxMs: -5 })).toHaveLength(1);
  });

  it('never reads above the high watermark', async () => {
    const stream = log.stream(topic('a'), 0);
    const set = new FetchSet<number>(log, clock);
    put(set, stream);
    const answers = fetch(set);
    let committed!: () => void;
    const done = new Promise<void>((resolve) => (committed = resolve));
    log.append({
      entries: [{ stream, batch: makeBatch({ values: ['v'] }) }],
      durability: 'fsync',
      onCommitted: committed,
    });
    expect(stream.endOffset).toBe(1);
    clock.advance(0);
    expect(answers).toEqual([]);
    await done;
    clock.advance(0);
    expect(answers).toHaveLength(1);
  });

  it('keeps 10,000 fetches waiting without a look, a timer beside their own, or a promise', async () => {
    const busy = log.stream(topic('b'), 0);
    const watched = counted();
    const answers: Fetched[][] = [];
    const sets: FetchSet<number>[] = [];
    for (let i = 0; i < 10_000; i++) {
      const set = new FetchSet<number>(watched, clock);
      put(set, log.stream(topic('a'), i));
      answers.push(fetch(set, { waitMaxMs: 60_000 }));
      sets.push(set);
    }
    expect(clock.timerCount).toBe(10_000);
    looks = 0;
    // Other streams move.
    for (let i = 0; i < 50; i++) await appendValues(log, busy, 'v');
    expect(looks).toBe(0);
    expect(clock.timerCount).toBe(10_000);
    // One of theirs does.
    await appendValues(log, log.stream(topic('a'), 7777), 'v');
    expect(clock.timerCount).toBe(10_001);
    sets[7777]!.close();
    expect(answers.flat()).toHaveLength(1);
    expect(looks).toBe(0);
    for (const set of sets) set.close();
    expect(clock.timerCount).toBe(1);
  });

  it('looks only at what moved in a set of 10,000 partitions', async () => {
    const set = new FetchSet<number>(counted(), clock);
    const streams = Array.from({ length: 10_000 }, (_, i) => log.stream(topic('a'), i));
    const positions = streams.map((stream) => put(set, stream));
    // The first answer lists them all; from then on they are quiet.
    const first = fetch(set, { waitMaxMs: 10 });
    clock.advance(10);
    expect(first[0]).toHaveLength(10_000);
    let quiet = fetch(set, { waitMaxMs: 10 });
    clock.advance(10);
    expect(quiet[0]).toEqual([]);
    looks = 0;
    for (let round = 0; round < 3; round++) {
      quiet = fetch(set);
      await appendValues(log, streams[5000]!, 'v');
      clock.advance(0);
      expect(offsets(quiet[0]!)).toEqual([[5000, [round]]]);
      positions[5000]!.offset = round + 1;
    }
    expect(looks).toBeLessThanOrEqual(6);
    set.close();
  });

  it('starves no partition: who was served stands behind who was not', async () => {
    const streams = [0, 1, 2, 3].map((partition) => log.stream(topic('a'), partition));
    for (let i = 0; i < 10; i++)
      for (const stream of streams) await appendValues(log, stream, ...values(1, 1000));
    const set = new FetchSet<number>(log, clock);
    for (const stream of streams) put(set, stream);
    const served: number[] = [];
    for (let round = 0; round < 8; round++) {
      const [answer] = fetch(set, { bytesMax: 1200 });
      expect(answer).toHaveLength(1 + answer!.filter(({ batches }) => batches.length === 0).length);
      const one = answer!.find(({ batches }) => batches.length > 0)!;
      served.push(one.position.tag);
      one.position.offset++;
      set.touch(one.position);
    }
    expect(served.slice(0, 4).sort()).toEqual([0, 1, 2, 3]);
    expect(served.slice(4).sort()).toEqual([0, 1, 2, 3]);
  });

  it('returns the first batch even when it is larger than all bounds, and no second such (KIP-74)', async () => {
    const streams = [0, 1].map((partition) => log.stream(topic('a'), partition));
    for (const stream of streams) await appendValues(log, stream, ...values(1, 5000));
    const set = new FetchSet<number>(log, clock);
    for (const stream of streams) put(set, stream, 0, 100);
    const [answer] = fetch(set, { bytesMax: 6000 });
    expect(answer!.filter(({ batches }) => batches.length > 0)).toHaveLength(1);
  });

  it('bounds each partition and the whole', async () => {
    const streams = [0, 1].map((partition) => log.stream(topic('a'), partition));
    for (const stream of streams)
      for (let i = 0; i < 10; i++) await appendValues(log, stream, ...values(1, 1000));
    const set = new FetchSet<number>(log, clock);
    for (const stream of streams) put(set, stream, 0, 3500);
    const [answer] = fetch(set, { bytesMax: 5000 });
    const sizes = answer!.map(({ batches }) => batches.reduce((sum, batch) => sum + batch.length, 0));
    expect(sizes[0]).toBeLessThanOrEqual(3500);
    expect(sizes[0]! + sizes[1]!).toBeLessThanOrEqual(5000);
    expect(sizes[1]).toBeGreaterThan(0);
  });

  it('reads what is not in memory, and wakes for what comes meanwhile', async () => {
    const stream = log.stream(topic('a'), 0);
    await appendValues(log, stream, 'one');
    const cold = counted({ readCached: () => null });
    const set = new FetchSet<number>(cold, clock);
    put(set, stream);
    const answer = await new Promise<Fetched>((done) => fetch(set, { done }));
    expect(offsets(answer)).toEqual([[0, [0]]]);
    // Too little at the first look; what arrives during the cold read is not missed.
    const other = new FetchSet<number>(cold, clock);
    put(other, stream);
    let woken!: (fetched: Fetched) => void;
    const second = new Promise<Fetched>((resolve) => (woken = resolve));
    fetch(other, { bytesMin: 200, done: woken });
    await appendValues(log, stream, ...values(1, 200));
    clock.advance(0);
    expect(offsets(await second)).toEqual([[0, [0, 1]]]);
  });

  it('fails a partition whose offset is out of range at once', async () => {
    const stream = log.stream(topic('a'), 0);
    await appendValues(log, stream, 'one');
    const set = new FetchSet<number>(log, clock);
    const position = put(set, stream, 2);
    const [answer] = fetch(set);
    expect(answer![0]!.error).toBe('offset-out-of-range');
    position.offset = -1;
    set.touch(position);
    expect(fetch(set)[0]![0]!.error).toBe('offset-out-of-range');
    position.offset = 1;
    set.touch(position);
    expect(fetch(set)).toEqual([]);
  });

  it('ends the wait when a topic is deleted, or its start moves above the position', async () => {
    const streams = [topic('a'), topic('b')].map((id) => log.stream(id, 0));
    for (const stream of streams) await appendValues(log, stream, 'one', 'two');
    const set = new FetchSet<number>(log, clock);
    const positions = streams.map((stream) => put(set, stream, 2));
    let answers = fetch(set);
    await appendDurably(log, { entries: [], events: [{ kind: 'delete-topic', topicId: topic('a') }] });
    clock.advance(0);
    expect(answers[0]!.map(({ error }) => error)).toContain('unknown-topic');
    set.remove(positions[0]!.partition);
    positions[1]!.offset = 0;
    set.touch(positions[1]!);
    answers = fetch(set, { bytesMin: 100_000 });
    const { startOffset } = { startOffset: 1 };
    await appendDurably(log, {
      entries: [],
      events: [{ kind: 'advance-start', stream: streams[1]!, startOffset }],
    });
    clock.advance(1000);
    expect(answers[0]![0]!.error).toBe('offset-out-of-range');
  });

  it('lists a partition without data when its watermarks moved, once', async () => {
    const stream = log.stream(topic('a'), 0);
    await appendValues(log, stream, 'one', 'two');
    const set = new FetchSet<number>(log, clock);
    put(set, stream, 2);
    let answers = fetch(set, { waitMaxMs: 10 });
    clock.advance(10);
    expect(answers[0]!.map(({ highWatermark, startOffset }) => [highWatermark, startOffset])).toEqual([
      [2, 0],
    ]);
    answers = fetch(set, { waitMaxMs: 10 });
    clock.advance(10);
    expect(answers).toEqual([[]]);
    answers = fetch(set, { waitMaxMs: 10 });
    await appendDurably(log, { entries: [], events: [{ kind: 'advance-start', stream, startOffset: 1 }] });
    clock.advance(10);
    expect(answers[0]!.map(({ highWatermark, startOffset }) => [highWatermark, startOffset])).toEqual([
      [2, 1],
    ]);
  });

  it('serves one fetch at a time: a further one ends the first with nothing', async () => {
    const stream = log.stream(topic('a'), 0);
    const set = new FetchSet<number>(log, clock);
    put(set, stream);
    const first = fetch(set);
    const second = fetch(set);
    expect(first).toEqual([[]]);
    await appendValues(log, stream, 'v');
    clock.advance(0);
    expect(offsets(second[0]!)).toEqual([[0, [0]]]);
    expect(first).toHaveLength(1);
  });

  it('leaves no timer and no watch behind when it is abandoned or closed', async () => {
    const stream = log.stream(topic('a'), 0);
    const set = new FetchSet<number>(counted(), clock);
    put(set, stream);
    const answers = fetch(set);
    set.abandon();
    expect(clock.timerCount).toBe(0);
    set.close();
    looks = 0;
    await appendValues(log, stream, 'v');
    clock.advance(2000);
    expect(answers).toEqual([]);
    expect(looks).toBe(0);
    expect(clock.timerCount).toBe(0);
    expect(set.size).toBe(0);
  });
});
