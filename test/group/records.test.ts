import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { uuidFromBytes } from '../../src/base/uuid.ts';
import { GroupRecordCodec, type LoggedRecord } from '../../src/group/records.ts';
import { checkComesBack, checkRefusals } from '../machine/support/record-codec.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const bytes = fc.uint8Array({ maxLength: 50 }).map((b) => Buffer.from(b));
const int32 = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const int53 = fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER });
const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((b) => uuidFromBytes(Buffer.from(b)));

const epoch = fc.integer({ min: -2, max: 2 ** 31 - 1 });
const varint = fc.nat(2 ** 31 - 1);
const assignment = fc
  .array(fc.tuple(uuid, fc.uniqueArray(varint, { minLength: 1, maxLength: 5 })), { maxLength: 4 })
  .map((topics) => new Map(topics));
const held = fc
  .array(fc.tuple(uuid, fc.array(fc.tuple(varint, varint), { minLength: 1, maxLength: 5 })), { maxLength: 4 })
  .map((topics) => new Map(topics.map(([id, partitions]) => [id, new Map(partitions)])));
const consumerRecords: fc.Arbitrary<LoggedRecord>[] = [
  fc.record({
    kind: fc.constant('consumer-group' as const),
    groupId: text,
    epoch: int32,
    topicsHash: fc.integer(),
  }),
  fc.record({
    kind: fc.constant('consumer-member' as const),
    groupId: text,
    metadata: fc.record({
      memberId: text,
      instanceId: fc.option(text),
      rackId: fc.option(text),
      clientId: text,
      clientHost: text,
      rebalanceTimeoutMs: int32,
      serverAssignor: fc.option(text),
      topics: fc.array(text, { maxLength: 4 }),
      regex: fc.option(text),
      classic: fc.option(
        fc.record({
          sessionTimeoutMs: int32,
          protocols: fc.array(fc.record({ name: text, metadata: bytes }), { maxLength: 3 }),
        }),
      ),
    }),
  }),
  fc.record({
    kind: fc.constant('consumer-members-removed' as const),
    groupId: text,
    memberIds: fc.array(text, { maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('consumer-target' as const),
    groupId: text,
    epoch: int32,
    atMs: int53,
    members: fc.array(fc.record({ memberId: text, assignment }), { maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('consumer-current' as const),
    groupId: text,
    memberId: text,
    current: fc.record({
      state: fc.constantFrom('stable' as const, 'unrevoked' as const, 'unreleased' as const),
      epoch,
      previousEpoch: epoch,
      assigned: held,
      revoking: held,
    }),
  }),
];

const record: fc.Arbitrary<LoggedRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('group' as const),
    metadata: fc.record({
      groupId: text,
      generation: int32,
      protocolType: fc.option(text),
      protocolName: fc.option(text),
      leaderId: fc.option(text),
      phaseSinceMs: int53,
      members: fc.array(
        fc.record({
          memberId: text,
          instanceId: fc.option(text),
          clientId: text,
          clientHost: text,
          rebalanceTimeoutMs: int32,
          sessionTimeoutMs: int32,
          protocols: fc.array(fc.record({ name: text, metadata: bytes }), { maxLength: 3 }),
          assignment: bytes,
        }),
        { maxLength: 5 },
      ),
    }),
  }),
  fc.record({ kind: fc.constant('group-removed' as const), groupId: text }),
  ...consumerRecords,
  fc.record({
    kind: fc.constant('offsets' as const),
    groupId: text,
    producerId: int53,
    commitMs: int53,
    expireMs: int53,
    topics: fc.array(
      fc.record({
        topic: text,
        topicId: uuid,
        partitions: fc.array(
          fc.record({
            partition: int32,
            offset: int53,
            leaderEpoch: fc.integer({ min: -1, max: 100 }),
            metadata: text,
          }),
          { maxLength: 5 },
        ),
      }),
      { maxLength: 4 },
    ),
  }),
  fc.record({
    kind: fc.constant('offsets-removed' as const),
    groupId: text,
    topics: fc.array(fc.record({ topic: text, partitions: fc.array(int32, { maxLength: 5 }) }), {
      maxLength: 4,
    }),
  }),
  fc.record({
    kind: fc.constant('transaction-ended' as const),
    groupId: text,
    producerId: int53,
    commit: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('topic-removed' as const), topicId: uuid }),
);

describe('records of the group coordinator', () => {
  test('come back as they were, and keep nothing of the buffers they were read from', () => {
    const codec = new GroupRecordCodec();
    fc.assert(fc.property(record, (r) => checkComesBack(codec, r)));
  });

  test('are refused when they are cut, longer, of another type or version', () => {
    const codec = new GroupRecordCodec();
    fc.assert(fc.property(record, fc.nat(), (r, cut) => checkRefusals(codec, r, cut)));
    expect(() => codec.decode({ key: Buffer.from([1]), value: null })).toThrow();
  });
});
