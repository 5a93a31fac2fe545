import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import {
  PUBLISH_ENTRIES_MAX,
  Publisher,
  type PublishRequest,
  type PublishResult,
} from '../../src/broker/publish.ts';
import type { Partition } from '../../src/broker/topics.ts';
import type { Topic } from '../../src/metadata/image.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';
import { batchMaxTimestamp } from '../../src/record/batch.ts';
import type { AppendRequest, ChunkLog } from '../../src/store/contract.ts';
import { ProducerStates } from '../../src/transaction/producer-state.ts';
import { TestClock } from '../machine/support/test-clock.ts';
import { memoryDisk, openLog, readAll, topic } from '../store/support.ts';
import { batchOf } from '../support/kafka-client.ts';

const noTransactions = {
  check: () => new BrokerError('invalid-producer-id-mapping', 'there are no transactions here'),
  join: () => null,
};

/** No topic here has them. */
const noHeaders = null as never;

/** What a client says that knows zstd and no transactions. */
const PLAIN = { zstdAllowed: true, transactionalId: null, joinsTransaction: false };

let log: ChunkLog;
let clock: TestClock;
let publisher: Publisher;
/** What the publisher gave to the log. */
let appended: AppendRequest[];
/** While set, commits are kept back. */
let heldCommits: (() => void)[] | null;
const producers = () => new ProducerStates({ expirationMs: 1e9, entriesMax: 1000 });

beforeEach(async () => {
  log = await openLog(memoryDisk());
  clock = new TestClock(Date.now());
  appended = [];
  heldCommits = null;
  const spied: Pick<ChunkLog, 'append' | 'watch' | 'unwatch'> = {
    append(request) {
      appended.push(request);
      const { onCommitted } = request;
      if (onCommitted === undefined) return log.append(request);
      const held = heldCommits;
      return log.append({
        ...request,
        onCommitted: () => (held === null ? onCommitted() : held.push(onCommitted)),
      });
    },
    watch: (stream, watcher) => log.watch(stream, watcher),
    unwatch: (stream, watcher) => log.unwatch(stream, watcher),
  };
  publisher = new Publisher({
    log: spied as ChunkLog,
    clock,
    compression: nodeCompression,
    transactions: noTransactions,
    refusal: () => null,
    headers: noHeaders,
  });
});
afterEach(async () => {
  publisher.close();
  await log.close();
});

function partition(letter: string, config: Partial<Topic['config']> = {}, states = producers()): Partition {
  const defaults: Partial<Topic['config']> = {
    maxMessageBytes: 1 << 20,
    timestampType: 'CreateTime',
    timestampBeforeMaxMs: Number.POSITIVE_INFINITY,
    timestampAfterMaxMs: Number.POSITIVE_INFINITY,
    durability: 'fsync',
    flushMs: Number.POSITIVE_INFINITY,
    compaction: null,
    compression: null,
    view: null,
    headers: null,
  };
  const id = topic(letter);
  return {
    topic: { id, name: `topic-${letter}`, partitionCount: 1, config: { ...defaults, ...config } } as Topic,
    index: 0,
    stream: log.stream(id, 0),
    producers: states.partition(id, 0),
    view: null,
  };
}

function publish(
  request: Partial<PublishRequest> & Pick<PublishRequest, 'entries'>,
): Promise<PublishResult[]> {
  return new Promise((resolve) => {
    publisher.publish({ ...PLAIN, acks: -1, timeoutMs: 30_000, ...request }, resolve);
  });
}

describe('Publisher', () => {
  it('answers acks=all with offsets when the append is committed, all entries in one frame', async () => {
    const [a, b] = [partition('a'), partition('b')];
    await publish({ entries: [{ partition: a, batch: batchOf(['1', '2']) }] });
    const results = await publish({
      entries: [
        { partition: a, batch: batchOf(['3']) },
        { partition: b, batch: batchOf(['x']) },
      ],
    });
    expect(results.map(({ error, baseOffset }) => [error, baseOffset])).toEqual([
      [null, 2],
      [null, 0],
    ]);
    expect(a.stream.highWatermark).toBe(3);
    expect(appended).toHaveLength(2);
  });

  it('answers acks=1 without the commit, and acks=0 before anything', async () => {
    const a = partition('a');
    let now: PublishResult[] | null = null;
    publisher.publish(
      { entries: [{ partition: a, batch: batchOf(['1']) }], ...PLAIN, acks: 0, timeoutMs: 0 },
      (results) => (now = results),
    );
    expect(now![0]!.error).toBeNull();
    const [one] = await publish({ entries: [{ partition: a, batch: batchOf(['2']) }], acks: 1 });
    expect(one!.baseOffset).toBe(1);
    expect(appended.map(({ onCommitted }) => onCommitted)).toEqual([undefined, undefined]);
    expect(clock.timerCount).toBe(0);
  });

  it('takes the strictest durability and the shortest flush of its topics', async () => {
    const lazy = partition('a', { durability: 'os', flushMs: 5000 });
    const lazier = partition('b', { durability: 'os', flushMs: 9000 });
    const strict = partition('c');
    await publish({ entries: [lazy, lazier].map((one) => ({ partition: one, batch: batchOf(['1']) })) });
    expect(appended[0]).toMatchObject({ durability: 'os', flushWithinMs: 5000 });
    await publish({ entries: [lazy, strict].map((one) => ({ partition: one, batch: batchOf(['1']) })) });
    expect(appended[1]).toMatchObject({ durability: 'fsync' });
  });

  it('refuses what is invalid and appends the rest', async () => {
    const [small, fine] = [partition('a', { maxMessageBytes: 100 }), partition('b')];
    const broken = batchOf(['x']);
    broken[broken.length - 1]! ^= 1;
    const results = await publish({
      entries: [
        { partition: small, batch: batchOf(['y'.repeat(200)]) },
        { partition: fine, batch: batchOf(['z']) },
        { partition: partition('c'), batch: broken },
      ],
    });
    expect(results.map(({ error }) => error?.code)).toEqual(['batch-too-large', undefined, 'corrupt-batch']);
    expect(results.map(({ baseOffset }) => baseOffset)).toEqual([-1, 0, -1]);
  });

  it('refuses a partition that stands twice in one request, and only that', async () => {
    const [a, b] = [partition('a'), partition('b')];
    const results = await publish({
      entries: [a, b, a].map((one, i) => ({ partition: one, batch: batchOf([String(i)]) })),
    });
    expect(results.map(({ error }) => error?.code)).toEqual([
      'invalid-request',
      undefined,
      'invalid-request',
    ]);
    expect(a.stream.endOffset).toBe(0);
    expect(b.stream.endOffset).toBe(1);
  });

  it("stamps the broker's time where the topic says so", async () => {
    const a = partition('a', { timestampType: 'LogAppendTime' });
    const [result] = await publish({
      entries: [{ partition: a, batch: batchOf(['1'], { timestampMs: 5 }) }],
    });
    expect(result!.logAppendTimeMs).toBe(clock.nowMs());
    expect(batchMaxTimestamp((await readAll(log, a.stream))[0]!)).toBe(clock.nowMs());
  });

  it('answers a duplicate with the first offset, and appends nothing', async () => {
    const a = partition('a');
    const batch = (): Buffer => batchOf(['1', '2'], { producerId: 7, producerEpoch: 0, baseSequence: 0 });
    await publish({ entries: [{ partition: a, batch: batchOf(['0']) }] });
    const [first] = await publish({ entries: [{ partition: a, batch: batch() }] });
    for (const acks of [-1, 1, 0] as const) {
      const [again] = await publish({ entries: [{ partition: a, batch: batch() }], acks });
      expect([again!.error, again!.baseOffset]).toEqual([null, first!.baseOffset]);
    }
    expect(a.stream.endOffset).toBe(3);
  });

  it('answers a duplicate with acks=all not before its original is committed', async () => {
    const a = partition('a');
    const batch = (): Buffer => batchOf(['1'], { producerId: 7, producerEpoch: 0, baseSequence: 0 });
    const order: string[] = [];
    const first = publish({ entries: [{ partition: a, batch: batch() }] }).then(() => order.push('first'));
    const second = publish({ entries: [{ partition: a, batch: batch() }] }).then(([result]) => {
      order.push('second');
      expect(result!.baseOffset).toBe(0);
      expect(a.stream.highWatermark).toBe(1);
    });
    expect(a.stream.highWatermark).toBe(0);
    await Promise.all([first, second]);
    expect(order).toHaveLength(2);
    expect(appended).toHaveLength(1);
  });

  it('refuses gaps and fenced epochs of a producer', async () => {
    const a = partition('a');
    const send = async (baseSequence: number, producerEpoch = 1) => {
      const batch = batchOf(['1'], { producerId: 7, producerEpoch, baseSequence });
      return (await publish({ entries: [{ partition: a, batch }] }))[0]!.error?.code;
    };
    expect(await send(0)).toBeUndefined();
    expect(await send(2)).toBe('out-of-order-sequence');
    expect(await send(1, 0)).toBe('invalid-producer-epoch');
    expect(await send(1)).toBeUndefined();
    expect(await send(0, 2)).toBeUndefined();
  });

  it('says that the time is over when a commit takes too long, and not twice', async () => {
    heldCommits = [];
    const a = partition('a');
    let answers = 0;
    const answer = publish({ entries: [{ partition: a, batch: batchOf(['1']) }], timeoutMs: 1000 });
    void answer.then(() => answers++);
    await publish({ entries: [{ partition: a, batch: batchOf(['2']) }], acks: 1 });
    clock.advance(999);
    await Promise.resolve();
    expect(answers).toBe(0);
    clock.advance(600);
    expect((await answer).map(({ error, baseOffset }) => [error?.code, baseOffset])).toEqual([
      ['request-timed-out', -1],
    ]);
    for (const commit of heldCommits) commit();
    await Promise.resolve();
    expect(answers).toBe(1);
    clock.advance(10_000);
    expect(clock.timerCount).toBe(0);
  });

  it('passes on why the log refuses, without remembering the batch', async () => {
    const a = partition('a');
    const batch = (): Buffer => batchOf(['1'], { producerId: 7, producerEpoch: 0, baseSequence: 0 });
    const { append } = log;
    log.append = () => new BrokerError('storage-full', 'full');
    const [refused] = await publish({ entries: [{ partition: a, batch: batch() }] });
    expect([refused!.error?.code, refused!.baseOffset]).toEqual(['storage-full', -1]);
    log.append = append;
    const [taken] = await publish({ entries: [{ partition: a, batch: batch() }] });
    expect([taken!.error, taken!.baseOffset]).toEqual([null, 0]);
  });

  it('answers a request without entries at once', async () => {
    expect(await publish({ entries: [] })).toEqual([]);
  });
});

it('refuses a request of more batches than may be one frame, and appends none of them', async () => {
  const entries = Array.from({ length: PUBLISH_ENTRIES_MAX + 1 }, () => ({
    partition: {} as Partition,
    batch: Buffer.alloc(0),
  }));
  const results = await publish({ entries });
  expect(results).toHaveLength(entries.length);
  expect(results[0]!.error).toMatchObject({ code: 'invalid-request' });
  expect(appended).toEqual([]);
});
