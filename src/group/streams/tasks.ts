/**
 * Tasks: the units in which a Streams application shares its work. A task is one subtopology over one partition of its
 * source topics. What a member has to do with it is its role: process it (active), keep a copy of its state (standby), or
 * build such a copy so as to take the task over (warm-up).
 */

/** `SUBTOPOLOGY_PARTITION`, as Kafka Streams prints it. */
export type TaskId = `${string}_${number}`;

export const taskId = (subtopologyId: string, partition: number): TaskId => `${subtopologyId}_${partition}`;

export const subtopologyOf = (task: TaskId): string => task.slice(0, task.lastIndexOf('_'));
export const partitionOf = (task: TaskId): number => Number(task.slice(task.lastIndexOf('_') + 1));

/** What sets and maps of tasks have in common. */
export interface TaskCollection {
  readonly size: number;
  has(task: TaskId): boolean;
  keys(): Iterable<TaskId>;
}

export const ROLES = ['active', 'standby', 'warmup'] as const;
export type Role = (typeof ROLES)[number];

/** What a member is told to do, or says that it does. */
export type Tasks = Readonly<Record<Role, TaskCollection>>;

/** What a member has: with each active task the member epoch at which it got it, to tell late commits from good ones. */
export interface HeldTasks extends Tasks {
  readonly active: ReadonlyMap<TaskId, number>;
}

const NONE: ReadonlyMap<TaskId, number> = new Map();
export const NO_TASKS: HeldTasks = { active: NONE, standby: NONE, warmup: NONE };

export function taskCount({ active, standby, warmup }: Tasks): number {
  return active.size + standby.size + warmup.size;
}

function isSubset(a: TaskCollection, b: TaskCollection): boolean {
  for (const task of a.keys()) if (!b.has(task)) return false;
  return true;
}

export function sameTasks(a: Tasks, b: Tasks): boolean {
  return a === b || ROLES.every((role) => a[role].size === b[role].size && isSubset(a[role], b[role]));
}

/** Whether every task of `a` is one of `b`, in the same role. */
export function containsTasks(b: Tasks, a: Tasks): boolean {
  return ROLES.every((role) => isSubset(a[role], b[role]));
}

/** Whether some task is in both, in the same role. */
export function shareTasks(a: Tasks, b: Tasks): boolean {
  return ROLES.some((role) => {
    for (const task of a[role].keys()) if (b[role].has(task)) return true;
    return false;
  });
}

/** The same tasks by subtopology, in order: the form in which protocols and logs speak of them. */
export interface SubtopologyTasks {
  readonly subtopologyId: string;
  readonly partitions: readonly number[];
}

export function bySubtopology(tasks: TaskCollection): SubtopologyTasks[] {
  const grouped = new Map<string, number[]>();
  for (const task of tasks.keys()) {
    const subtopologyId = subtopologyOf(task);
    const partitions = grouped.get(subtopologyId);
    if (partitions === undefined) grouped.set(subtopologyId, [partitionOf(task)]);
    else partitions.push(partitionOf(task));
  }
  return [...grouped]
    .sort(([a], [b]) => compareText(a, b))
    .map(([subtopologyId, partitions]) => ({ subtopologyId, partitions: partitions.sort((a, b) => a - b) }));
}

/** Tasks of all roles in that form. */
export type TaskLists = Readonly<Record<Role, readonly SubtopologyTasks[]>>;

export function listsOf(tasks: Tasks): TaskLists {
  return {
    active: bySubtopology(tasks.active),
    standby: bySubtopology(tasks.standby),
    warmup: bySubtopology(tasks.warmup),
  };
}

export function fromLists(lists: TaskLists): Tasks {
  return { active: tasksOf(lists.active), standby: tasksOf(lists.standby), warmup: tasksOf(lists.warmup) };
}

export function tasksOf(groups: readonly SubtopologyTasks[]): Set<TaskId> {
  const tasks = new Set<TaskId>();
  for (const { subtopologyId, partitions } of groups)
    for (const partition of partitions) tasks.add(taskId(subtopologyId, partition));
  return tasks;
}

/** By code units: the same everywhere, whatever the locale. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
