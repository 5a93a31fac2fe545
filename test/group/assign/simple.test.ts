/** The assignor of share groups: what it promises, whatever the members had before. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Uuid } from '../../../src/base/uuid.ts';
import type { AssignableMember, AssignableTopic, Assigned } from '../../../src/group/assign/assignor.ts';
import { assignSimple } from '../../../src/group/assign/simple.ts';
import type { Assignment } from '../../../src/group/consumer/model.ts';
import { topicIdOf } from '../support/stage.ts';

const topicOf = (name: string, partitionCount: number): AssignableTopic => ({
  id: topicIdOf(name),
  name,
  partitionCount,
  racksOf: () => [],
});

const memberOf = (
  memberId: string,
  topics: readonly AssignableTopic[],
  current: Assignment = new Map(),
): AssignableMember => ({ memberId, instanceId: null, rackId: null, topics, current });

const text = (assigned: Assigned): string[] =>
  [...assigned]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([memberId, own]) => `${memberId}: ${[...own.values()].map((list) => list.join(' ')).join(' | ')}`);

describe('the simple assignor', () => {
  test('shares partitions evenly, and keeps what members have', () => {
    const topics = [topicOf('t', 4)];
    const two = assignSimple([memberOf('a', topics), memberOf('b', topics)]);
    expect(text(two)).toEqual(['a: 0 1', 'b: 2 3']);
    const three = assignSimple([
      memberOf('a', topics, two.get('a')),
      memberOf('b', topics, two.get('b')),
      memberOf('c', topics),
    ]);
    expect(text(three)).toEqual(['a: 0 1', 'b: 2', 'c: 3']);
  });

  test('gives one partition to several members where there are more of them', () => {
    const topics = [topicOf('t', 2)];
    const members = ['a', 'b', 'c', 'd', 'e'].map((id) => memberOf(id, topics));
    expect(text(assignSimple(members))).toEqual(['a: 0 1', 'b: 1', 'c: 0', 'd: 0', 'e: 1']);
  });

  test('divides each topic by itself where the members want different ones', () => {
    const [t, u] = [topicOf('t', 2), topicOf('u', 2)];
    const members = [memberOf('a', [t]), memberOf('b', [u]), memberOf('c', [t, u])];
    expect(text(assignSimple(members))).toEqual(['a: 0', 'b: 0', 'c: 1 | 1']);
  });

  test('gives nothing where there is nothing', () => {
    expect(text(assignSimple([]))).toEqual([]);
    expect(text(assignSimple([memberOf('a', [])]))).toEqual([]);
  });
});

const NAMES = ['t', 'u', 'v'];

interface Plan {
  readonly counts: readonly number[];
  readonly members: readonly {
    readonly wants: readonly number[];
    readonly had: readonly [number, number][];
  }[];
}

const plan = (homogeneous: boolean): fc.Arbitrary<Plan> =>
  fc.record({
    counts: fc.tuple(...NAMES.map(() => fc.integer({ min: 1, max: 9 }))),
    members: fc.array(
      fc.record({
        wants: homogeneous ? fc.constant([0, 1]) : fc.subarray([0, 1, 2]),
        had: fc.array(fc.tuple(fc.nat(2), fc.nat(12)), { maxLength: 12 }),
      }),
      { minLength: 1, maxLength: 12 },
    ),
  });

function build({ counts, members }: Plan): AssignableMember[] {
  const topics = NAMES.map((name, i) => topicOf(name, counts[i]!));
  return members.map(({ wants, had }, i) => {
    const current = new Map<Uuid, number[]>();
    for (const [topic, partition] of had) {
      const id = topics[topic]!.id;
      const list = current.get(id) ?? [];
      if (!list.includes(partition)) current.set(id, [...list, partition]);
    }
    return memberOf(
      `m${i}`,
      wants.map((topic) => topics[topic]!),
      current,
    );
  });
}

const sizeOf = (own: Assignment | undefined): number =>
  [...(own?.values() ?? [])].reduce((sum, partitions) => sum + partitions.length, 0);

function checkPromises(members: readonly AssignableMember[]): void {
  const assigned = assignSimple(members);
  expect(text(assignSimple([...members].reverse())), 'in any order').toEqual(text(assigned));
  const holders = new Map<string, number>();
  for (const { memberId, topics } of members) {
    const own = assigned.get(memberId);
    if (topics.length > 0) expect(sizeOf(own), 'nobody has nothing').toBeGreaterThan(0);
    for (const [topicId, partitions] of own ?? []) {
      const topic = topics.find(({ id }) => id === topicId);
      expect(topic, 'a topic that it wants').toBeDefined();
      expect(new Set(partitions).size, 'each once').toBe(partitions.length);
      for (const partition of partitions) {
        expect(partition).toBeLessThan(topic!.partitionCount);
        const key = `${topicId}/${partition}`;
        holders.set(key, (holders.get(key) ?? 0) + 1);
      }
    }
  }
  for (const { topics } of members) {
    for (const { id, partitionCount } of topics) {
      for (let partition = 0; partition < partitionCount; partition++)
        expect(holders.get(`${id}/${partition}`) ?? 0, 'every partition is read').toBeGreaterThan(0);
    }
  }
  const again = members.map((member) => ({ ...member, current: assigned.get(member.memberId) ?? new Map() }));
  expect(text(assignSimple(again)), 'nothing moves by itself').toEqual(text(assigned));
}

describe('whatever members want and had', () => {
  test('of the same topics, nobody has two partitions more than another', () => {
    fc.assert(
      fc.property(plan(true), (given) => {
        const members = build(given);
        checkPromises(members);
        const assigned = assignSimple(members);
        const sizes = members.map(({ memberId }) => sizeOf(assigned.get(memberId)));
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('of different topics, the same holds for each by itself', () => {
    fc.assert(
      fc.property(plan(false), (given) => {
        const members = build(given);
        checkPromises(members);
      }),
    );
  });
});
