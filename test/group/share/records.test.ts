import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GroupRecordCodec } from '../../../src/group/records.ts';
import type { ShareRecord } from '../../../src/group/share/records.ts';
import { checkComesBack, checkRefusals } from '../../machine/support/record-codec.ts';
import { topicIdOf } from '../support/stage.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const texts = fc.array(text, { maxLength: 3 });
const int32 = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const partitions = fc
  .uniqueArray(fc.tuple(fc.constantFrom('t', 'u', 'v'), fc.array(fc.nat(300), { maxLength: 4 })), {
    maxLength: 3,
    selector: ([name]) => name,
  })
  .map((topics) => new Map(topics.map(([name, list]) => [topicIdOf(name), list])));

const record: fc.Arbitrary<ShareRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('share-group' as const),
    groupId: text,
    epoch: int32,
    topicsHash: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  }),
  fc.record({
    kind: fc.constant('share-member' as const),
    groupId: text,
    metadata: fc.record({
      memberId: text,
      rackId: fc.option(text),
      clientId: text,
      clientHost: text,
      topics: texts,
    }),
  }),
  fc.record({ kind: fc.constant('share-members-removed' as const), groupId: text, memberIds: texts }),
  fc.record({
    kind: fc.constant('share-target' as const),
    groupId: text,
    epoch: int32,
    atMs: fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }),
    members: fc.array(fc.record({ memberId: text, assignment: partitions }), { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('share-current' as const),
    groupId: text,
    memberId: text,
    current: fc.record({ epoch: int32, previousEpoch: int32, assigned: partitions }),
  }),
);

describe('records of share groups', () => {
  const codec = new GroupRecordCodec();

  test('come back as they were, and keep nothing of the buffers they were read from', () => {
    fc.assert(fc.property(record, (r) => checkComesBack(codec, r)));
  });

  test('are refused when they are cut, longer, empty, of another type or version', () => {
    fc.assert(
      fc.property(record, fc.nat(), (r, cut) => {
        checkRefusals(codec, r, cut);
        const { key } = codec.encode(r);
        expect(() => codec.decode({ key, value: null })).toThrow(/has no value/);
      }),
    );
  });
});
