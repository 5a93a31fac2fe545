import { describe, expect, test } from 'vitest';
import {
  buildBatches,
  type Compression,
  type RawPartition,
  readPartition,
} from '../../src/cli/client-apis.ts';
import { nodeCompression } from '../../src/platform/node/compression.ts';
import { patchBaseOffset } from '../../src/record/batch.ts';
import { buildBatch } from '../../src/record/build.ts';

function records(partition: number, values: readonly string[]) {
  return values.map((value, index) => ({
    partition,
    timestampMs: 1000 + index,
    key: index === 0 ? null : Buffer.from(`k${index}`),
    value: Buffer.from(value),
    headers: [{ key: 'h', value: Buffer.from(value) }],
  }));
}

function raw(batches: Buffer): RawPartition {
  return { partition: 3, errorCode: 0, highWatermark: 100, logStartOffset: 0, batches };
}

function batchAt(offset: number, values: readonly string[]): Buffer {
  const batch = buildBatch(records(3, values), { timestampMs: 0 });
  patchBaseOffset(batch, offset);
  return batch;
}

describe('batches', () => {
  test.each<Compression>(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'written and read with %s',
    (compression) => {
      const sent = records(3, ['a', 'b', 'c']);
      const [built] = buildBatches({ node: 1, topic: 't', records: sent, acks: -1, compression });
      const read = readPartition(raw(built!.batch), 0);
      expect(read.nextOffset).toBe(3);
      expect(read.records).toEqual(sent.map((record, offset) => ({ ...record, offset })));
    },
  );

  test('one a partition, in order, with its producer', () => {
    const sent = [...records(1, ['a']), ...records(0, ['b']), ...records(1, ['c'])];
    const producer = { id: 7, epoch: 2, sequenceOf: (partition: number) => 10 * partition };
    const built = buildBatches({
      node: 1,
      topic: 't',
      records: sent,
      acks: -1,
      compression: 'none',
      producer,
    });
    expect(built.map(({ partition }) => partition)).toEqual([1, 0]);
    expect(readPartition(raw(built[0]!.batch), 0).records.map(({ value }) => value?.toString())).toEqual([
      'a',
      'c',
    ]);
    expect(built[0]!.batch.readBigInt64BE(43)).toBe(7n);
    expect(built[0]!.batch.readInt16BE(51)).toBe(2);
    expect(built[0]!.batch.readInt32BE(53)).toBe(10);
  });

  test('records before the asked offset are left out', () => {
    const read = readPartition(raw(batchAt(10, ['a', 'b', 'c'])), 11);
    expect(read.records.map(({ offset }) => offset)).toEqual([11, 12]);
    expect(read.nextOffset).toBe(13);
  });

  test('control batches are passed over', () => {
    const control = buildBatch([{ key: Buffer.from([0, 0, 0, 1]), value: Buffer.alloc(6) }], {
      timestampMs: 0,
      control: true,
    });
    patchBaseOffset(control, 12);
    const read = readPartition(raw(Buffer.concat([batchAt(10, ['a', 'b']), control])), 10);
    expect(read.records).toHaveLength(2);
    expect(read.nextOffset).toBe(13);
  });

  test('a batch that was cut off is left for the next request', () => {
    const whole = batchAt(10, ['a', 'b']);
    const next = batchAt(12, ['c']);
    for (let cut = 0; cut < next.length; cut++) {
      const read = readPartition(raw(Buffer.concat([whole, next.subarray(0, cut)])), 10);
      expect(read.nextOffset).toBe(12);
    }
  });

  test('damage is told with its offset', () => {
    const batch = batchAt(10, ['a', 'b']);
    batch[70]! ^= 1;
    expect(() => readPartition(raw(batch), 10)).toThrow(
      "the batch at offset 10 of partition 3 can't be read (its checksum",
    );
  });

  test('a stamped batch gives each record the time of the append', () => {
    const batch = buildBatch(records(3, ['a', 'b']), {
      timestampMs: 0,
      logAppendTime: true,
      codec: 1,
      compression: nodeCompression,
    });
    expect(readPartition(raw(batch), 0).records.map(({ timestampMs }) => timestampMs)).toEqual([1001, 1001]);
  });
});
