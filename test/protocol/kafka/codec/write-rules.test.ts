/** What the writers refuse, and how records leave without being copied. */
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../../src/base/byte-reader.ts';
import { ByteWriter } from '../../../../src/base/byte-writer.ts';
import {
  defaultDeleteTopicsResponseResult,
  writeDeleteTopicsResponse,
} from '../../../../src/protocol/kafka/codec/generated/delete-topics.ts';
import {
  defaultFetchResponse,
  defaultFetchResponsePartition,
  type FetchResponse,
  readFetchResponse,
  writeFetchResponse,
} from '../../../../src/protocol/kafka/codec/generated/fetch.ts';
import {
  defaultListGroupsRequest,
  writeListGroupsRequest,
} from '../../../../src/protocol/kafka/codec/generated/list-groups.ts';
import {
  defaultMetadataResponse,
  readMetadataResponse,
  writeMetadataResponse,
} from '../../../../src/protocol/kafka/codec/generated/metadata.ts';
import {
  defaultProduceRequest,
  writeProduceRequest,
} from '../../../../src/protocol/kafka/codec/generated/produce.ts';
import {
  defaultTxnOffsetCommitRequest,
  readTxnOffsetCommitRequest,
  writeTxnOffsetCommitRequest,
} from '../../../../src/protocol/kafka/codec/generated/txn-offset-commit.ts';
import { NullFieldError, UnsupportedFieldError } from '../../../../src/protocol/kafka/codec/support.ts';

test('a field that the version lacks must have its default', () => {
  const w = new ByteWriter();
  const request = { ...defaultProduceRequest(), transactionalId: 'tx' };
  expect(() => writeProduceRequest(w, request, 2)).toThrow(UnsupportedFieldError);
  const groups = { ...defaultListGroupsRequest(), statesFilter: ['Stable'] };
  expect(() => writeListGroupsRequest(w, groups, 3)).toThrow(UnsupportedFieldError);
});

test('a text that the version lacks is empty: TxnOffsetCommit of producers that know nothing of groups', () => {
  const w = new ByteWriter();
  const request = { ...defaultTxnOffsetCommitRequest(), transactionalId: 'tx', groupId: 'g' };
  writeTxnOffsetCommitRequest(w, request, 2);
  const read = readTxnOffsetCommitRequest(new ByteReader(w.finishContiguous()), 2);
  expect(read).toMatchObject({ memberId: '', generationId: -1, groupInstanceId: null });
});

test('an ignorable field is left out where the version lacks it', () => {
  const w = new ByteWriter();
  writeMetadataResponse(w, { ...defaultMetadataResponse(), clusterId: 'c', throttleTimeMs: 5 }, 1);
  const read = readMetadataResponse(new ByteReader(w.finishContiguous()), 1);
  expect(read).toEqual(defaultMetadataResponse());
});

test('null where the version must have a value is refused', () => {
  const response = { throttleTimeMs: 0, responses: [{ ...defaultDeleteTopicsResponseResult(), name: null }] };
  expect(() => writeDeleteTopicsResponse(new ByteWriter(), response, 5)).toThrow(NullFieldError);
});

test('after an error, reset makes the writer usable', () => {
  const w = new ByteWriter();
  const request = { ...defaultProduceRequest(), transactionalId: 'tx' };
  w.int32(1);
  expect(() => writeProduceRequest(w, request, 2)).toThrow(UnsupportedFieldError);
  w.reset();
  w.int8(9);
  expect(w.finishContiguous()).toEqual(Buffer.of(9));
});

describe('records in a fetch response', () => {
  const response = (records: Buffer | Buffer[] | null): FetchResponse => ({
    ...defaultFetchResponse(),
    responses: [
      {
        topic: 't',
        topicId: '\0'.repeat(16) as never,
        partitions: [{ ...defaultFetchResponsePartition(), records }],
      },
    ],
  });

  test.each([4, 12])('go out by reference in version %i, several batches as one field', (version) => {
    const batches = [Buffer.alloc(5000, 1), Buffer.alloc(70, 2), Buffer.alloc(9000, 3)];
    const w = new ByteWriter();
    writeFetchResponse(w, response(batches), version);
    const parts = w.finish();
    expect(parts).toContain(batches[0]);
    expect(parts).toContain(batches[2]);
    const read = readFetchResponse(new ByteReader(Buffer.concat(parts)), version);
    expect(read.responses[0]!.partitions[0]!.records).toEqual(Buffer.concat(batches));
  });

  test.each([4, 12])('may be null or empty in version %i', (version) => {
    const w = new ByteWriter();
    for (const [records, expected] of [
      [null, null],
      [[], Buffer.alloc(0)],
      [Buffer.alloc(0), Buffer.alloc(0)],
    ] as const) {
      writeFetchResponse(w, response(records as Buffer | Buffer[] | null), version);
      const read = readFetchResponse(new ByteReader(w.finishContiguous()), version);
      expect(read.responses[0]!.partitions[0]!.records).toEqual(expected);
    }
  });
});
