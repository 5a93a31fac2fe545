import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AssignedMember, assignTasks } from '../../../src/group/streams/assignor.ts';
import { NO_TASKS, type TaskId, type Tasks, taskCount, taskId } from '../../../src/group/streams/tasks.ts';

const tasks = (active: string[], standby: string[] = []): Tasks => ({
  active: new Set(active as TaskId[]),
  standby: new Set(standby as TaskId[]),
  warmup: new Set(),
});

const member = (memberId: string, processId: string, previous: Tasks = NO_TASKS): AssignedMember => ({
  memberId,
  processId,
  previous,
});

const shown = (assignment: ReadonlyMap<string, Tasks>): Record<string, string> =>
  Object.fromEntries(
    [...assignment].map(([memberId, { active, standby }]) => [
      memberId,
      [...active.keys()].join(' ') + (standby.size > 0 ? ` / ${[...standby.keys()].join(' ')}` : ''),
    ]),
  );

const stateful = (id: string, taskCount: number) => ({ id, taskCount, stateful: true });
const stateless = (id: string, taskCount: number) => ({ id, taskCount, stateful: false });

describe('the sticky task assignor', () => {
  test('spreads the tasks of each subtopology over processes first', () => {
    const assignment = assignTasks({
      members: [member('a1', 'A'), member('a2', 'A'), member('b1', 'B')],
      subtopologies: [stateful('0', 3), stateful('1', 3)],
      standbyReplicas: 0,
    });
    expect(shown(assignment)).toEqual({ a1: '0_0 1_0', a2: '0_2 1_2', b1: '0_1 1_1' });
  });

  test('leaves tasks where they are when a member joins, and moves only its share', () => {
    const assignment = assignTasks({
      members: [
        member('a', 'A', tasks(['0_0', '0_1', '0_2'])),
        member('b', 'B', tasks(['0_3', '0_4', '0_5'])),
        member('c', 'C'),
      ],
      subtopologies: [stateful('0', 6)],
      standbyReplicas: 0,
    });
    expect(shown(assignment)).toEqual({ a: '0_0 0_1', b: '0_3 0_4', c: '0_2 0_5' });
  });

  test('prefers another member of the same process, which has the state on its disk', () => {
    const assignment = assignTasks({
      members: [
        member('a1', 'A', tasks(['0_0', '0_1', '0_2', '0_3'])),
        member('a2', 'A'),
        member('b1', 'B', tasks([])),
        member('b2', 'B', tasks([])),
      ],
      subtopologies: [stateful('0', 4)],
      standbyReplicas: 0,
    });
    expect(shown(assignment)).toEqual({ a1: '0_0', a2: '0_1', b1: '0_2', b2: '0_3' });
  });

  test('gives the tasks of a member that is gone to those that hold their standbys', () => {
    const assignment = assignTasks({
      members: [
        member('a', 'A', tasks(['0_0'], ['0_3', '0_2'])),
        member('b', 'B', tasks(['0_1'], ['0_0'])),
        member('c', 'C', tasks([], ['0_1'])),
      ],
      subtopologies: [stateful('0', 4)],
      standbyReplicas: 0,
    });
    expect(shown(assignment)).toEqual({ a: '0_0 0_2', b: '0_1', c: '0_3' });
  });

  test('puts standbys on other processes, and keeps fewer where there are too few', () => {
    const members = [member('a1', 'A'), member('a2', 'A'), member('b', 'B')];
    const subtopologies = [stateful('0', 2), stateless('1', 1)];
    const one = assignTasks({ members, subtopologies, standbyReplicas: 1 });
    expect(shown(one)).toEqual({ a1: '0_0 / 0_1', a2: '1_0', b: '0_1 / 0_0' });
    const two = assignTasks({ members, subtopologies, standbyReplicas: 2 });
    expect(shown(two)).toEqual(shown(one));
  });

  test('makes the former owner of an active task its standby', () => {
    const assignment = assignTasks({
      members: [
        member('a', 'A', tasks(['0_0', '0_1'])),
        member('b', 'B'),
        member('c', 'C', tasks(['0_2', '0_3'])),
        member('d', 'D'),
      ],
      subtopologies: [stateful('0', 4)],
      standbyReplicas: 1,
    });
    expect(shown(assignment)).toMatchObject({ a: '0_0 / 0_1', c: '0_2 / 0_3' });
  });

  test('has nothing to give without members', () => {
    expect(assignTasks({ members: [], subtopologies: [stateful('0', 2)], standbyReplicas: 1 }).size).toBe(0);
  });
});

interface Setting {
  readonly members: { readonly memberId: string; readonly processId: string }[];
  readonly subtopologies: { id: string; taskCount: number; stateful: boolean }[];
  readonly standbyReplicas: number;
}

const settings: fc.Arbitrary<Setting> = fc.record({
  members: fc
    .array(fc.nat(5), { minLength: 1, maxLength: 9 })
    .map((processes) => processes.map((p, i) => ({ memberId: `m${i}`, processId: `p${p}` }))),
  subtopologies: fc
    .array(fc.record({ taskCount: fc.nat(12), stateful: fc.boolean() }), { maxLength: 4 })
    .map((list) => list.map((each, i) => ({ id: `s${i}`, ...each }))),
  standbyReplicas: fc.nat(2),
});

/** Any assignment that may have been before: of members and tasks, some of which are not there any more. */
const previous = fc.dictionary(
  fc.nat(12).map((i) => `m${i}`),
  fc
    .tuple(fc.array(fc.tuple(fc.nat(4), fc.nat(12))), fc.array(fc.tuple(fc.nat(4), fc.nat(12))))
    .map(([active, standby]) =>
      tasks(
        active.map(([s, p]) => taskId(`s${s}`, p)),
        standby.map(([s, p]) => taskId(`s${s}`, p)),
      ),
    ),
);

const withPrevious = (setting: Setting, before: ReadonlyMap<string, Tasks> | Record<string, Tasks>) => ({
  ...setting,
  members: setting.members.map((m) => ({
    ...m,
    previous: (before instanceof Map ? before.get(m.memberId) : Reflect.get(before, m.memberId)) ?? NO_TASKS,
  })),
});

const allTasks = ({ subtopologies }: Setting): TaskId[] =>
  subtopologies.flatMap(({ id, taskCount: n }) => Array.from({ length: n }, (_, p) => taskId(id, p)));

describe('whatever was before', () => {
  test('each task is active once, and nobody has two active tasks more than another', () => {
    fc.assert(
      fc.property(settings, previous, (setting, before) => {
        const assignment = assignTasks(withPrevious(setting, before));
        const active = [...assignment.values()].flatMap((own) => [...own.active.keys()]);
        expect(active.sort()).toEqual(allTasks(setting).sort());
        const counts = [...assignment.values()].map((own) => own.active.size);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('no process has a task twice, and stateful tasks have all standbys that there are processes for', () => {
    fc.assert(
      fc.property(settings, previous, (setting, before) => {
        const assignment = assignTasks(withPrevious(setting, before));
        const holders = new Map<TaskId, string[]>();
        for (const { memberId, processId } of setting.members) {
          const own = assignment.get(memberId)!;
          for (const task of [...own.active.keys(), ...own.standby.keys()])
            holders.set(task, [...(holders.get(task) ?? []), processId]);
        }
        const processes = new Set(setting.members.map(({ processId }) => processId)).size;
        for (const { id, taskCount: n, stateful: has } of setting.subtopologies) {
          for (let p = 0; p < n; p++) {
            const on = holders.get(taskId(id, p))!;
            expect(new Set(on).size).toBe(on.length);
            expect(on.length).toBe(has ? Math.min(processes, 1 + setting.standbyReplicas) : 1);
          }
        }
      }),
    );
  });

  test('an assignment stays as it is while nothing changes', () => {
    fc.assert(
      fc.property(settings, previous, (setting, before) => {
        // The first may still move standbys to where active tasks have been; active tasks stay from then on.
        const first = assignTasks(withPrevious(setting, before));
        const second = assignTasks(withPrevious(setting, first));
        for (const [memberId, own] of second)
          expect([...own.active.keys()].sort()).toEqual([...first.get(memberId)!.active.keys()].sort());
      }),
    );
  });

  test('a member that leaves or joins moves no more active tasks than it must', () => {
    fc.assert(
      fc.property(settings, fc.nat(5), (setting, process) => {
        const before = assignTasks(withPrevious(setting, {}));
        const grown = {
          ...setting,
          members: [...setting.members, { memberId: 'new', processId: `p${process}` }],
        };
        const after = assignTasks(withPrevious(grown, before));
        // Only what the new member got has moved.
        expect(moved(before, after)).toBe(after.get('new')!.active.size);
        const shrunk = assignTasks(withPrevious(setting, after));
        expect(moved(after, shrunk)).toBe(after.get('new')!.active.size);
      }),
    );
  });
});

function moved(before: ReadonlyMap<string, Tasks>, after: ReadonlyMap<string, Tasks>): number {
  let count = 0;
  for (const [memberId, own] of after)
    for (const task of own.active.keys()) if (before.get(memberId)?.active.has(task) !== true) count++;
  return count;
}

test('standbys count as work', () => {
  const assignment = assignTasks({
    members: [member('a', 'A'), member('b', 'B'), member('c', 'C')],
    subtopologies: [stateful('0', 6)],
    standbyReplicas: 1,
  });
  expect([...assignment.values()].map(taskCount)).toEqual([4, 4, 4]);
});
