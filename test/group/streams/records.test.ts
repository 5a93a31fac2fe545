import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GroupRecordCodec } from '../../../src/group/records.ts';
import type { MemberProgress } from '../../../src/group/streams/reconcile.ts';
import type { StreamsRecord } from '../../../src/group/streams/records.ts';
import { type TaskId, taskId } from '../../../src/group/streams/tasks.ts';
import { checkComesBack, checkRefusals } from '../../machine/support/record-codec.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const texts = fc.array(text, { maxLength: 3 });
const int32 = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const int16 = fc.integer({ min: 0, max: 2 ** 15 - 1 });
const indexes = fc.array(int16, { maxLength: 3 });
const pairs = fc.array(fc.tuple(text, text), { maxLength: 3 });

/** In the order in which they come back. */
const tasks: fc.Arbitrary<Set<TaskId>> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('', '0', 'a_b', '_', 'ü'), fc.nat(300)), {
    maxLength: 6,
    selector: ([id, partition]) => taskId(id, partition),
  })
  .map(
    (list) =>
      new Set(
        list
          .sort(([a, p], [b, q]) => (a < b ? -1 : a > b ? 1 : p - q))
          .map(([id, partition]) => taskId(id, partition)),
      ),
  );
const held = fc
  .record({ active: tasks, standby: tasks, warmup: tasks })
  .chain(({ active, standby, warmup }) =>
    fc.array(int32, { minLength: active.size, maxLength: active.size }).map((epochs) => ({
      active: new Map([...active].map((task, i) => [task, epochs[i]!])),
      standby,
      warmup,
    })),
  );

const internal = fc.record({ name: text, partitions: int32, replicationFactor: int16, configs: pairs });
const topology = fc.record({
  epoch: int32,
  subtopologies: fc.array(
    fc.record({
      id: text,
      sourceTopics: texts,
      sourceTopicRegex: texts,
      stateChangelogTopics: fc.array(internal, { maxLength: 2 }),
      repartitionSinkTopics: texts,
      repartitionSourceTopics: fc.array(internal, { maxLength: 2 }),
      copartitionGroups: fc.array(
        fc.record({ sourceTopics: indexes, sourceTopicRegex: indexes, repartitionSourceTopics: indexes }),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 3 },
  ),
});

const record: fc.Arbitrary<StreamsRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('streams-group' as const),
    groupId: text,
    at: fc.record({
      epoch: int32,
      topicsHash: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      validatedTopologyEpoch: fc.integer({ min: -1, max: 9 }),
      standbyReplicas: int32,
    }),
  }),
  fc.record({ kind: fc.constant('streams-topology' as const), groupId: text, topology }),
  fc.record({
    kind: fc.constant('streams-member' as const),
    groupId: text,
    metadata: fc.record({
      memberId: text,
      rackId: fc.option(text),
      clientId: text,
      clientHost: text,
      rebalanceTimeoutMs: int32,
      topologyEpoch: int32,
      processId: text,
      userEndpoint: fc.option(fc.record({ host: text, port: fc.nat(65_535) })),
      clientTags: pairs,
    }),
  }),
  fc.record({ kind: fc.constant('streams-members-removed' as const), groupId: text, memberIds: texts }),
  fc.record({
    kind: fc.constant('streams-target' as const),
    groupId: text,
    epoch: int32,
    atMs: fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }),
    members: fc.array(
      fc.record({
        memberId: text,
        tasks: fc.record({ active: tasks, standby: tasks, warmup: tasks }),
      }),
      { maxLength: 3 },
    ),
  }),
  fc.record({
    kind: fc.constant('streams-current' as const),
    groupId: text,
    memberId: text,
    current: fc.record<MemberProgress>({
      state: fc.constantFrom('stable', 'unrevoked', 'unreleased'),
      epoch: int32,
      previousEpoch: fc.integer({ min: -1, max: 100 }),
      assigned: held,
      revoking: held,
    }),
  }),
);

describe('records of groups of the Streams protocol', () => {
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

  test('are refused with a state that is not known', () => {
    const { key, value } = codec.encode({
      kind: 'streams-current',
      groupId: 'g',
      memberId: '',
      current: {
        state: 'stable',
        epoch: 1,
        previousEpoch: 0,
        assigned: { active: new Map(), standby: new Set(), warmup: new Set() },
        revoking: { active: new Map(), standby: new Set(), warmup: new Set() },
      },
    });
    value![1] = 7;
    expect(() => codec.decode({ key, value })).toThrow(/state 7 of a member is unknown/);
  });
});
