/**
 * Brings a member step by step from the tasks that it has to those that it is to have (KIP-1071): first it gives back what is
 * not its own any more, then it moves to the new epoch, and gets each new task when its owner has given it back.
 *
 * So no active task has two owners, and no process has a task twice.
 */
import type { Progress } from '../progress.ts';
import {
  type HeldTasks,
  NO_TASKS,
  ROLES,
  type Role,
  sameTasks,
  shareTasks,
  type TaskCollection,
  type TaskId,
  type Tasks,
  taskCount,
} from './tasks.ts';

/** Where a member is on its way. */
export type MemberProgress = Progress<HeldTasks>;

/** Who has a task now, given back or not. */
export interface TaskOwners {
  /** The process whose member has the task as active; undefined: none. */
  activeProcess(task: TaskId): string | undefined;
  /** Whether a member of the process has the task as standby or warm-up. */
  hasCopy(task: TaskId, processId: string): boolean;
}

export interface Target {
  readonly epoch: number;
  readonly tasks: Tasks;
}

export interface Reconciliation {
  readonly progress: MemberProgress;
  readonly processId: string;
  readonly target: Target;
  /** What the member says that it has; null: it doesn't say. */
  readonly owned: Tasks | null;
  readonly owners: TaskOwners;
}

/** Nothing is assigned, and no epoch reached. */
export const NEW_MEMBER: MemberProgress = {
  epoch: 0,
  previousEpoch: -1,
  state: 'stable',
  assigned: NO_TASKS,
  revoking: NO_TASKS,
};

/** The member's next step, or the same object where it can take none. */
export function reconcile(step: Reconciliation): MemberProgress {
  const progress = takeStep(step);
  return sameProgress(progress, step.progress) ? step.progress : progress;
}

function sameProgress(a: MemberProgress, b: MemberProgress): boolean {
  return (
    a.epoch === b.epoch &&
    a.previousEpoch === b.previousEpoch &&
    a.state === b.state &&
    sameTasks(a.assigned, b.assigned) &&
    sameTasks(a.revoking, b.revoking)
  );
}

function takeStep(step: Reconciliation): MemberProgress {
  const { progress, target, owned } = step;
  switch (progress.state) {
    case 'stable':
      return progress.epoch === target.epoch ? progress : next(step, progress.epoch);
    case 'unrevoked':
      if (owned === null || shareTasks(owned, progress.revoking)) return progress;
      return next(step, progress.epoch + 1);
    case 'unreleased':
      return next(step, progress.epoch);
  }
}

interface Difference {
  /** Of what the member has: to keep, and to give back. */
  readonly kept: Map<TaskId, number>;
  readonly revoked: Map<TaskId, number>;
  /** Of what it is to have: free, so that it gets them now. */
  readonly free: TaskId[];
  /** Some are not free yet. */
  readonly unreleased: boolean;
}

function difference(step: Reconciliation, role: Role): Difference {
  const { progress, target, processId, owners } = step;
  const has = progress.assigned[role];
  const wanted = target.tasks[role];
  const kept = new Map<TaskId, number>();
  const revoked = new Map<TaskId, number>();
  for (const task of has.keys())
    (wanted.has(task) ? kept : revoked).set(
      task,
      role === 'active' ? progress.assigned.active.get(task)! : 0,
    );
  const free: TaskId[] = [];
  let unreleased = false;
  for (const task of wanted.keys()) {
    if (kept.has(task)) continue;
    const active = owners.activeProcess(task);
    const taken = role === 'active' ? active !== undefined : active === processId;
    if (taken || owners.hasCopy(task, processId)) unreleased = true;
    else free.push(task);
  }
  return { kept, revoked, free, unreleased };
}

function next(step: Reconciliation, epoch: number): MemberProgress {
  const { progress, target, owned } = step;
  const differences: Record<Role, Difference> = {
    active: difference(step, 'active'),
    standby: difference(step, 'standby'),
    warmup: difference(step, 'warmup'),
  };
  const held = (tasksOf: (of: Difference) => HeldTasks['active']): HeldTasks => ({
    active: tasksOf(differences.active),
    standby: asSet(tasksOf(differences.standby)),
    warmup: asSet(tasksOf(differences.warmup)),
  });
  const revoked = held((of) => of.revoked);
  if (taskCount(revoked) > 0 && (owned === null || shareTasks(owned, revoked))) {
    return {
      ...atEpoch(progress, epoch),
      state: 'unrevoked',
      assigned: held((of) => of.kept),
      revoking: revoked,
    };
  }
  const assigned = held(({ kept, free }) => {
    const all = new Map(kept);
    for (const task of free) all.set(task, target.epoch);
    return all;
  });
  return {
    ...atEpoch(progress, target.epoch),
    state: ROLES.some((role) => differences[role].unreleased) ? 'unreleased' : 'stable',
    assigned,
    revoking: NO_TASKS,
  };
}

const asSet = (tasks: TaskCollection): ReadonlySet<TaskId> => new Set(tasks.keys());

function atEpoch(progress: MemberProgress, epoch: number): MemberProgress {
  return { ...progress, epoch, previousEpoch: progress.epoch };
}
