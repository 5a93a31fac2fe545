/** What every server-side assignor guarantees, and what each is chosen for: balance, stickiness, racks. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { uuidFromBytes } from '../../../src/base/uuid.ts';
import type {
  AssignableMember,
  AssignableTopic,
  Assigned,
  Assignor,
} from '../../../src/group/assign/assignor.ts';
import { ASSIGNORS } from '../../../src/group/assign/registry.ts';
import type { Assignment } from '../../../src/group/consumer/model.ts';
import { GROUP_ASSIGNORS } from '../../../src/metadata/assignor-names.ts';

const RACKS = ['a', 'b', 'c'];
const NOTHING: Assignment = new Map();

function topic(number: number, partitionCount: number, racks = false): AssignableTopic {
  const name = `topic-${number}`;
  const id = uuidFromBytes(Buffer.from(name.padEnd(16, '.')));
  return { id, name, partitionCount, racksOf: (p) => (racks ? [RACKS[p % RACKS.length]!] : []) };
}

interface Group {
  readonly topics: readonly AssignableTopic[];
  readonly members: readonly AssignableMember[];
}

const assignor = (name: string): Assignor => ASSIGNORS.get(name)!;

/** Random groups; with `alike`, all members want all topics. */
function groups({ alike, racks }: { alike: boolean; racks: boolean }): fc.Arbitrary<Group> {
  const member = fc.record({
    wanted: fc.array(fc.nat(5), { maxLength: 6 }),
    isStatic: fc.boolean(),
    rack: fc.nat(2),
  });
  return fc
    .record({
      counts: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 }),
      members: fc.array(member, { minLength: 1, maxLength: 9 }),
    })
    .map(({ counts, members }) => {
      const topics = counts.map((count, i) => topic(i, count, racks));
      return {
        topics,
        members: members.map(({ wanted, isStatic, rack }, i) => ({
          memberId: `member-${i}`,
          instanceId: isStatic ? `instance-${i}` : null,
          rackId: racks ? RACKS[rack]! : null,
          topics: alike ? topics : topics.filter((_, t) => wanted.includes(t)),
          current: NOTHING,
        })),
      };
    });
}

const anyGroup = fc.oneof(
  groups({ alike: true, racks: false }),
  groups({ alike: true, racks: true }),
  groups({ alike: false, racks: false }),
  groups({ alike: false, racks: true }),
);

const partitions = (assigned: Assigned): Map<string, string> => {
  const owners = new Map<string, string>();
  for (const [memberId, assignment] of assigned) {
    for (const [topicId, list] of assignment) {
      for (const p of list) {
        expect(owners.has(`${topicId} ${p}`)).toBe(false);
        owners.set(`${topicId} ${p}`, memberId);
      }
    }
  }
  return owners;
};

const size = (assignment: Assignment | undefined): number =>
  [...(assignment?.values() ?? [])].reduce((sum, list) => sum + list.length, 0);

const loads = (members: readonly AssignableMember[], assigned: Assigned): number[] =>
  members.map(({ memberId }) => size(assigned.get(memberId)));

const withCurrent = (members: readonly AssignableMember[], assigned: Assigned): AssignableMember[] =>
  members.map((member) => ({ ...member, current: assigned.get(member.memberId) ?? NOTHING }));

function checkValid({ topics, members }: Group, assigned: Assigned): void {
  const owners = partitions(assigned);
  const byId = new Map(members.map((member) => [member.memberId, member]));
  let expected = 0;
  for (const { id, partitionCount } of topics) {
    const subscribers = members.filter((m) => m.topics.some((t) => t.id === id));
    if (subscribers.length === 0) continue;
    expected += partitionCount;
    for (let p = 0; p < partitionCount; p++) {
      const owner = byId.get(owners.get(`${id} ${p}`) ?? '');
      expect(subscribers).toContain(owner);
    }
  }
  expect(owners.size).toBe(expected);
  for (const assignment of assigned.values()) {
    expect(assignment.size).toBeGreaterThan(0);
    for (const list of assignment.values()) expect([...list].sort((a, b) => a - b)).toEqual(list);
  }
}

/** Random changes of the group behind a first assignment. */
const changes = fc.record({ drop: fc.nat(9), add: fc.nat(2), grow: fc.nat(3) });

function changed({ topics, members }: Group, change: { drop: number; add: number; grow: number }): Group {
  const grown = topics.map((t, i) => (i === change.grow ? topic(i, t.partitionCount + 2) : t));
  const follow = (own: readonly AssignableTopic[]): readonly AssignableTopic[] =>
    own === topics ? grown : grown.filter((t) => own.some((o) => o.id === t.id));
  const kept = members.filter((_, i) => i !== change.drop).map((m) => ({ ...m, topics: follow(m.topics) }));
  const added = Array.from({ length: change.add }, (_, i) => ({
    memberId: `new-${i}`,
    instanceId: null,
    rackId: null,
    topics: grown,
    current: NOTHING,
  }));
  return { topics: grown, members: [...kept, ...added] };
}

test('the settings know the same assignors', () => {
  expect([...ASSIGNORS.keys()]).toEqual(GROUP_ASSIGNORS);
});

describe.each(GROUP_ASSIGNORS.map((name) => [name]))('%s', (name) => {
  const assign = assignor(name);

  test('every partition goes to exactly one member that wants it, first and after changes', () => {
    fc.assert(
      fc.property(anyGroup, changes, (group, change) => {
        const first = assign({ epoch: 1, members: group.members });
        checkValid(group, first);
        const next = changed({ ...group, members: withCurrent(group.members, first) }, change);
        checkValid(next, assign({ epoch: 2, members: next.members }));
      }),
    );
  });

  test('the order of members means nothing', () => {
    fc.assert(
      fc.property(anyGroup, (group) => {
        const once = assign({ epoch: 3, members: group.members });
        const again = assign({ epoch: 3, members: [...group.members].reverse() });
        expect(partitions(again)).toEqual(partitions(once));
      }),
    );
  });

  test('nobody, and nothing to assign', () => {
    expect(assign({ epoch: 1, members: [] }).size).toBe(0);
    const idle = { memberId: 'm', instanceId: null, rackId: null, topics: [], current: NOTHING };
    expect(assign({ epoch: 1, members: [idle] }).size).toBe(0);
  });
});

describe('uniform', () => {
  const assign = assignor('uniform');

  test('loads differ by at most one where all want the same, racks or not', () => {
    const alike = fc.oneof(groups({ alike: true, racks: false }), groups({ alike: true, racks: true }));
    fc.assert(
      fc.property(alike, changes, (group, change) => {
        const first = assign({ epoch: 1, members: group.members });
        const next = changed({ ...group, members: withCurrent(group.members, first) }, change);
        fc.pre(next.members.length > 0);
        const spread = loads(next.members, assign({ epoch: 2, members: next.members }));
        expect(Math.max(...spread) - Math.min(...spread)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('no single move would make loads more even where members want different topics', () => {
    fc.assert(
      fc.property(groups({ alike: false, racks: false }), changes, (group, change) => {
        const first = assign({ epoch: 1, members: group.members });
        const { topics, members } = changed({ ...group, members: withCurrent(group.members, first) }, change);
        const assigned = assign({ epoch: 2, members });
        const load = new Map(members.map(({ memberId }) => [memberId, size(assigned.get(memberId))]));
        const owners = partitions(assigned);
        for (const [partition, owner] of owners) {
          const wanted = topics.find(({ id }) => partition.startsWith(id))!;
          for (const other of members) {
            if (!other.topics.some(({ id }) => id === wanted.id)) continue;
            expect(load.get(owner)! - load.get(other.memberId)!).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });

  test('without a change nothing moves', () => {
    fc.assert(
      fc.property(anyGroup, (group) => {
        const first = assign({ epoch: 1, members: group.members });
        const second = assign({ epoch: 2, members: withCurrent(group.members, first) });
        expect(partitions(second)).toEqual(partitions(first));
      }),
    );
  });

  test('of who joins and leaves only the share moves', () => {
    fc.assert(
      fc.property(groups({ alike: true, racks: false }), ({ topics, members }) => {
        const total = topics.reduce((sum, t) => sum + t.partitionCount, 0);
        const before = assign({ epoch: 1, members });
        const joined = [
          ...withCurrent(members, before),
          { memberId: 'new', instanceId: null, rackId: null, topics, current: NOTHING },
        ];
        const after = assign({ epoch: 2, members: joined });
        expect(moved(before, after)).toBeLessThanOrEqual(Math.ceil(total / joined.length));
        expect(moved(after, after)).toBe(0);
        const left = withCurrent(joined, after).filter(({ memberId }) => memberId !== 'new');
        const last = assign({ epoch: 3, members: left });
        expect(moved(after, last)).toBe(size(after.get('new')));
      }),
    );
  });

  test('a partition is in the rack of its member where even loads allow it', () => {
    const topics = [topic(1, 30, true)];
    const members = RACKS.map((rackId, i) => ({
      memberId: `m${i}`,
      instanceId: null,
      rackId,
      topics,
      // All wrong: each has what lies in the next rack.
      current: new Map([[topics[0]!.id, [...Array(10).keys()].map((p) => p * 3 + ((i + 1) % 3))]]),
    }));
    const assigned = assign({ epoch: 1, members });
    members.forEach(({ memberId }, i) => {
      expect(
        assigned
          .get(memberId)
          ?.get(topics[0]!.id)
          ?.every((p) => p % 3 === i),
      ).toBe(true);
    });
  });
});

/** Partitions that go from one member to another. */
function moved(before: Assigned, after: Assigned): number {
  const owners = partitions(after);
  let count = 0;
  for (const [partition, owner] of partitions(before)) if (owners.get(partition) !== owner) count++;
  return count;
}

describe('range', () => {
  test('neighbours, the first members one more, topics alike', () => {
    const topics = [topic(1, 7), topic(2, 7)];
    const members = ['x', 'y', 'z'].map((memberId) => ({
      memberId,
      instanceId: null,
      rackId: null,
      topics,
      current: NOTHING,
    }));
    const assigned = assignor('range')({ epoch: 1, members });
    for (const { id } of topics) {
      expect(members.map(({ memberId }) => assigned.get(memberId)?.get(id))).toEqual([
        [0, 1, 2],
        [3, 4],
        [5, 6],
      ]);
    }
  });

  test('racks are kept together over topics, without changing how much each gets', () => {
    const topics = [topic(1, 6, true), topic(2, 6, true)];
    const members = RACKS.map((rackId) => ({
      memberId: rackId,
      instanceId: null,
      rackId,
      topics,
      current: NOTHING,
    }));
    const assigned = assignor('range')({ epoch: 1, members });
    RACKS.forEach((rack, i) => {
      for (const { id } of topics) expect(assigned.get(rack)?.get(id)).toEqual([i, i + 3]);
    });
  });
});

describe('same-rack-first', () => {
  test('never across racks where a member is near, however uneven', () => {
    fc.assert(
      fc.property(groups({ alike: true, racks: true }), ({ members, topics }) => {
        const assigned = assignor('same-rack-first')({ epoch: 1, members });
        const racks = new Set(members.map(({ rackId }) => rackId));
        for (const { memberId, rackId } of members) {
          for (const { id } of topics) {
            for (const p of assigned.get(memberId)?.get(id) ?? []) {
              const near = RACKS[p % 3]!;
              if (racks.has(near)) expect(rackId).toBe(near);
            }
          }
        }
      }),
    );
  });
});

describe('consistent-hash', () => {
  const assign = assignor('consistent-hash');
  const topics = [topic(1, 400)];
  const member = (memberId: string, instanceId: string | null = null): AssignableMember => ({
    memberId,
    instanceId,
    rackId: null,
    topics,
    current: NOTHING,
  });
  const ten = Array.from({ length: 10 }, (_, i) => member(`member-${i}`));

  test('who joins takes about its share, and little else moves', () => {
    const before = assign({ epoch: 1, members: ten });
    const after = assign({ epoch: 2, members: [...ten, member('new')] });
    expect(moved(before, after)).toBeLessThanOrEqual(100);
    for (const load of loads(ten, before)) expect(load).toBeLessThanOrEqual(50);
  });

  test('the same members get the same, whatever was between', () => {
    const before = assign({ epoch: 1, members: ten });
    expect(partitions(assign({ epoch: 99, members: ten }))).toEqual(partitions(before));
  });

  test('a static member keeps its work under another member id', () => {
    const id = topics[0]!.id;
    const first = assign({ epoch: 1, members: [member('a', 'one'), member('b', 'two')] });
    const second = assign({ epoch: 2, members: [member('c', 'one'), member('d', 'two')] });
    expect(second.get('c')?.get(id)).toEqual(first.get('a')?.get(id));
  });
});

test('random differs from epoch to epoch, and not within one', () => {
  const topics = [topic(1, 50)];
  const members = ['a', 'b', 'c'].map((memberId) => ({
    memberId,
    instanceId: null,
    rackId: null,
    topics,
    current: NOTHING,
  }));
  const at = (epoch: number): Map<string, string> => partitions(assignor('random')({ epoch, members }));
  expect(at(1)).toEqual(at(1));
  expect(at(1)).not.toEqual(at(2));
});
