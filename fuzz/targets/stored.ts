/**
 * What machines store: records of metadata, of groups and of transactions, the batches they lie in, manifests and index headers of the log.
 * Bytes that no version wrote are refused with an intended error; what is read can be stored again.
 *
 * Input: one byte kind, int16 length of the key, key, value.
 */

import type { Prng } from '../../sim/prng.ts';
import { AssertionError } from '../../src/base/assert.ts';
import { type Uuid, uuidFromBytes } from '../../src/base/uuid.ts';
import type { LoggedRecord } from '../../src/group/records.ts';
import { GroupRecordCodec } from '../../src/group/records.ts';
import { subscribedTopicsOf } from '../../src/group/subscription.ts';
import { batchKind } from '../../src/machine/frames.ts';
import { decodeRecord, encodeRecord, type MetadataRecord } from '../../src/metadata/records.ts';
import { BATCH_HEADER_BYTES, batchSizeBytes } from '../../src/record/batch.ts';
import { buildBatch } from '../../src/record/build.ts';
import { decodeChunkHeader } from '../../src/store/chunk-format.ts';
import { decodeManifest } from '../../src/store/manifest.ts';
import { decodeIndexHeader } from '../../src/store/sealed-index.ts';
import { TRANSACTION_PHASES } from '../../src/transaction/model.ts';
import { type TransactionRecord, TransactionRecordCodec } from '../../src/transaction/records.ts';
import { mutate } from '../mutate.ts';
import { expect, type FuzzTarget, tolerate } from '../target.ts';

const KINDS = [
  'metadata',
  'group',
  'batch',
  'manifest',
  'index',
  'chunk',
  'subscription',
  'transaction',
] as const;

interface Stored {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

export function storedTarget(): FuzzTarget {
  const groups = new GroupRecordCodec();
  return {
    name: 'stored',
    generate(prng) {
      const kind = prng.int(KINDS.length);
      const { key, value } = sample(KINDS[kind]!, prng, groups);
      const head = Buffer.alloc(3);
      head[0] = kind;
      const newKey = prng.chance(0.8) ? key : mutate(key, prng, 2);
      head.writeUInt16BE(newKey.length, 1);
      const body = value === null ? Buffer.alloc(0) : prng.chance(0.15) ? value : mutate(value, prng, 4);
      return Buffer.concat([head, newKey, body]);
    },
    execute(input) {
      if (input.length < 3) return;
      const kind = KINDS[input[0]! % KINDS.length]!;
      const cut = Math.min(input.length, 3 + input.readUInt16BE(1));
      const key = Buffer.from(input.subarray(3, cut));
      const rest = Buffer.from(input.subarray(cut));
      execute(kind, { key, value: rest.length === 0 ? null : rest }, groups);
    },
  };
}

function execute(kind: (typeof KINDS)[number], stored: Stored, groups: GroupRecordCodec): void {
  const value = stored.value ?? Buffer.alloc(0);
  switch (kind) {
    case 'metadata': {
      const record = tolerateAssertion(() => decodeRecord(stored));
      if (record !== null) sameAgain(record, encodeRecord(record), decodeRecord);
      return;
    }
    case 'group': {
      const record = tolerateAssertion(() => groups.decode(stored));
      if (record !== null) sameAgain(record, groups.encode(record), (again) => groups.decode(again));
      return;
    }
    case 'transaction': {
      const codec = new TransactionRecordCodec();
      const record = tolerateAssertion(() => codec.decode(stored));
      if (record !== null) sameAgain(record, codec.encode(record), (again) => codec.decode(again));
      return;
    }
    case 'batch':
      if (value.length >= BATCH_HEADER_BYTES && batchSizeBytes(value) <= value.length)
        tolerate(() => batchKind(value));
      return;
    case 'manifest':
      tolerate(() => decodeManifest(value, 'manifest'));
      return;
    case 'index':
      tolerate(() => decodeIndexHeader(value));
      return;
    case 'chunk':
      tolerate(() => decodeChunkHeader(value));
      return;
    case 'subscription':
      expect(
        tolerate(() => ({ topics: subscribedTopicsOf(value) })) !== null,
        'a subscription made it throw',
      );
  }
}

/** Machines' records lie under a CRC of ours: what no version wrote may be called a broken invariant. */
function tolerateAssertion<T>(act: () => T): T | null {
  return tolerate(() => {
    try {
      return act();
    } catch (error) {
      if (error instanceof AssertionError) throw new Error(error.message);
      throw error;
    }
  });
}

/** Text that was no UTF-8 changes at the first reading; from then on nothing may. */
function sameAgain<T>(record: T, stored: Stored, decode: (stored: Stored) => T): void {
  const second = decode(stored);
  expect(text(second) === text(record), `a stored ${text(record)} is read again as ${text(second)}`);
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (one instanceof Map ? [...one] : one));
}

function sample(kind: (typeof KINDS)[number], prng: Prng, groups: GroupRecordCodec): Stored {
  switch (kind) {
    case 'metadata':
      return encodeRecord(metadataRecord(prng));
    case 'group':
      return groups.encode(groupRecord(prng));
    case 'transaction':
      return new TransactionRecordCodec().encode(transactionRecord(prng));
    case 'batch': {
      const key = Buffer.from([0, 0, 0, prng.int(6)]);
      const batch = buildBatch([{ key, value: Buffer.alloc(2) }], {
        timestampMs: 0,
        control: prng.chance(0.8),
      });
      return { key: Buffer.alloc(0), value: batch };
    }
    default:
      return { key: Buffer.alloc(0), value: prng.bytes(prng.int(200)) };
  }
}

function uuid(prng: Prng): Uuid {
  return uuidFromBytes(prng.bytes(16));
}

function metadataRecord(prng: Prng): MetadataRecord {
  const values = new Map(
    Array.from({ length: prng.int(3) }, (_, i) => [`retention.ms${i}`, '1000'] as const),
  );
  switch (prng.int(4)) {
    case 0:
      return { kind: 'cluster', id: uuid(prng) };
    case 1:
      return { kind: 'topic-removed', id: uuid(prng) };
    case 2:
      return { kind: 'broker-config', brokerId: prng.int(5), values };
    default:
      return {
        kind: 'topic',
        id: uuid(prng),
        name: 'orders',
        createdMs: prng.int(1_000_000),
        partitionCount: prng.between(1, 100),
        placement: [0],
        overrides: values,
      };
  }
}

function transactionRecord(prng: Prng): TransactionRecord {
  const held = { topics: [{ topicId: uuid(prng), partitions: [0, prng.int(9)] }], groupIds: ['g'] };
  switch (prng.int(4)) {
    case 0:
      return { kind: 'forgotten', transactionalId: 'tx' };
    case 1:
      return { kind: 'topic-removed', topicId: uuid(prng) };
    case 2:
      return { kind: 'added', transactionalId: 'tx', nowMs: prng.int(1000), ...held };
    default:
      return {
        kind: 'transaction',
        metadata: {
          transactionalId: 'tx',
          producerId: prng.int(1000),
          epoch: prng.int(100),
          lastProducerId: -1,
          lastEpoch: -1,
          timeoutMs: 60_000,
          phase: prng.pick(TRANSACTION_PHASES),
          epochBumped: prng.chance(0.5),
          startMs: prng.int(1000),
          updatedMs: prng.int(1000),
        },
        ...held,
      };
  }
}

function groupRecord(prng: Prng): LoggedRecord {
  switch (prng.int(4)) {
    case 0:
      return { kind: 'topic-removed', topicId: uuid(prng) };
    case 1:
      return { kind: 'offsets-removed', groupId: 'g', topics: [{ topic: 'orders', partitions: [0, 1] }] };
    case 2:
      return {
        kind: 'offsets',
        groupId: 'g',
        producerId: prng.int(3) - 1,
        commitMs: 5,
        expireMs: -1,
        topics: [
          {
            topic: 'orders',
            topicId: uuid(prng),
            partitions: [{ partition: 0, offset: prng.int(100), leaderEpoch: -1, metadata: 'm' }],
          },
        ],
      };
    default:
      return {
        kind: 'group',
        metadata: {
          groupId: 'g',
          generation: 3,
          protocolType: 'consumer',
          protocolName: prng.chance(0.5) ? 'range' : null,
          leaderId: 'm-1',
          phaseSinceMs: 5,
          members: [
            {
              memberId: 'm-1',
              instanceId: prng.chance(0.5) ? 'i' : null,
              clientId: 'c',
              clientHost: 'h',
              rebalanceTimeoutMs: 1000,
              sessionTimeoutMs: 1000,
              protocols: [{ name: 'range', metadata: prng.bytes(5) }],
              assignment: prng.bytes(5),
            },
          ],
        },
      };
  }
}
