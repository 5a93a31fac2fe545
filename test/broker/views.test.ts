/** What a view is to the parts of a broker that aren't Kafka's: read through its filter, and never written to. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrokerError } from '../../src/base/errors.ts';
import type { Broker } from '../../src/broker/broker.ts';
import { type FetchedPartition, FetchPosition, FetchSet } from '../../src/broker/fetch-set.ts';
import type { Partition } from '../../src/broker/topics.ts';
import { nodeClock } from '../../src/platform/node/clock.ts';
import { batchBaseOffset, batchIsControl } from '../../src/record/batch.ts';
import { buildBatch } from '../../src/record/build.ts';
import { openMemoryBroker } from '../support/memory-broker.ts';

let broker: Broker;
let origin: Partition;
let view: Partition;

beforeEach(async () => {
  ({ broker } = await openMemoryBroker());
  origin = await create('origin', []);
  view = await create('view', [
    ['polylog.view.of', 'origin'],
    ['polylog.view.filter', 'a'],
    ['polylog.view.filter.type', 'tag'],
  ]);
});
afterEach(() => broker.close());

async function create(name: string, configs: readonly (readonly [string, string])[]): Promise<Partition> {
  const topic = { name, partitionCount: -1, replicationFactor: -1, configs };
  expect(await broker.createTopics([topic])).toEqual(new Map());
  return broker.topics.partition(broker.topics.byName(name)!, 0)!;
}

function batchOf(tags: string): Buffer {
  const records = [...tags].map((tag) => ({
    key: null,
    value: Buffer.from(tag),
    headers: [{ key: 'tag', value: Buffer.from(tag) }],
  }));
  return buildBatch(records, { timestampMs: 0 });
}

function publish(partition: Partition, batch: Buffer): Promise<BrokerError | null> {
  const request = { acks: -1, timeoutMs: 1000, zstdAllowed: true, transactionalId: null } as const;
  return new Promise((resolve) => {
    broker.publisher.publish(
      { ...request, joinsTransaction: false, entries: [{ partition, batch }] },
      ([result]) => resolve(result!.error),
    );
  });
}

type Fetched = FetchedPartition<string>[];

function fetchAll(set: FetchSet<string>, waitMaxMs: number): Promise<Fetched> {
  return new Promise((done) => {
    set.fetch({ bytesMax: 1 << 20, bytesMin: 1, waitMaxMs, readCommitted: false, done });
  });
}

function position(partition: Partition, offset: number): FetchPosition<string> {
  const fields = { tag: partition.topic.name, offset, bytesMax: 1 << 20, currentLeaderEpoch: -1 };
  return new FetchPosition(partition, fields);
}

const shown = (fetched: Fetched): [string, number[]][] =>
  fetched.map(({ position: { tag }, batches }) => [tag, batches.map((batch) => batchBaseOffset(batch))]);

describe('a view in the broker', () => {
  it('shares the stream of its origin in one set, and each can leave it', async () => {
    const set = new FetchSet<string>(broker.log, nodeClock);
    const second = await create('second', [
      ['polylog.view.of', 'origin'],
      ['polylog.view.filter', 'b'],
      ['polylog.view.filter.type', 'tag'],
    ]);
    for (const partition of [view, origin, second]) set.put(position(partition, 0));
    expect([set.size, [...set.positions()].length]).toEqual([3, 3]);
    expect(view.stream).toBe(origin.stream);
    const waiting = fetchAll(set, 30_000);
    expect(await publish(origin, batchOf('a'))).toBeNull();
    expect(new Map(shown(await waiting))).toEqual(
      new Map([
        ['view', [0]],
        ['origin', [0]],
        ['second', [0]],
      ]),
    );
    set.remove(origin);
    expect([set.size, set.get(origin), set.get(view)?.tag, set.get(second)?.tag]).toEqual([
      2,
      undefined,
      'view',
      'second',
    ]);
    set.remove(view);
    set.remove(view);
    expect([...set.positions()].map(({ tag }) => tag)).toEqual(['second']);
    const later = fetchAll(set, 30_000);
    await publish(origin, batchOf('b'));
    // Nobody waits longer than for the first that is shown.
    const [fetched] = await later;
    expect(fetched!.batches.map((batch) => [batchBaseOffset(batch), batchIsControl(batch)])).toEqual([
      [1, false],
    ]);
    set.close();
  });

  it('holds the blocks of what it shows, and no others', async () => {
    await publish(origin, Buffer.concat([batchOf('b'.repeat(200))]));
    await publish(origin, batchOf('a'.repeat(200)));
    const held = new Map<ArrayBufferLike, number>();
    const { blocks } = broker.log;
    const count = (slice: Buffer, by: number) => held.set(slice.buffer, (held.get(slice.buffer) ?? 0) + by);
    const [hold, release] = [blocks.hold.bind(blocks), blocks.release.bind(blocks)];
    blocks.hold = (slice) => {
      count(slice, 1);
      hold(slice);
    };
    blocks.release = (slice) => {
      count(slice, -1);
      release(slice);
    };
    const set = new FetchSet<string>(broker.log, nodeClock);
    set.put(position(view, 0));
    const [fetched] = await fetchAll(set, 0);
    blocks.releaseAll(fetched!.batches);
    expect([...held.values()].every((uses) => uses === 0)).toBe(true);
    set.close();
  });

  it('is not written to by anybody', async () => {
    const batch = batchOf('a');
    expect(await publish(view, batch)).toMatchObject({ code: 'invalid-topic' });
    const deleted = await new Promise((resolve) => broker.deleteRecords(view, 0, resolve));
    expect(deleted).toMatchObject({ code: 'invalid-topic' });
    const marker = { producerId: 1, producerEpoch: 0, commit: true, coordinatorEpoch: 0 };
    const marked = await new Promise((resolve) => broker.writeEndMarker(view, marker, resolve));
    expect(marked).toMatchObject({ code: 'invalid-topic' });
    expect(origin.stream.endOffset).toBe(0);
  });

  it('is no queue: its origin is, with the filter', async () => {
    const subscription = await new Promise((resolve) =>
      broker.queues.subscribe({ topicId: view.topic.id, name: 'group', startFrom: 'earliest' }, resolve),
    );
    expect(subscription).toMatchObject({
      code: 'invalid-topic',
      message: "'view' is a view: subscribe to its origin 'origin' with the filter.",
    });
  });
});
