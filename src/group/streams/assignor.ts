/**
 * Who gets which task: Kafka's sticky task assignor (KIP-1071), pure.
 *
 * - An active task stays with its member, as long as that has no more than its share; else it goes to another member of the
 *   same process, which has its state on the same disk; else to a member that holds it as a standby; else to
 *   the member with the fewest tasks. The numbers of active tasks of any two members differ by one at most.
 * - Standbys of a stateful task go to processes that don't have it yet: to the one that was active before, to those that were
 *   standby before, then to the least loaded. Where there are too few processes, there are fewer standbys.
 *
 * Kafka fills up process by process and may leave a member two tasks short; here members are filled up one by one.
 */
import type { ConfiguredSubtopology } from './configure.ts';
import { compareText, type TaskId, type Tasks, taskId } from './tasks.ts';

export interface AssignedMember {
  readonly memberId: string;
  /** Members of one process share a disk. */
  readonly processId: string;
  /** What it was to have before. */
  readonly previous: Tasks;
}

export interface AssignmentInput {
  readonly members: readonly AssignedMember[];
  readonly subtopologies: readonly Pick<ConfiguredSubtopology, 'id' | 'taskCount' | 'stateful'>[];
  readonly standbyReplicas: number;
}

/** The tasks of each member, by its id. */
export function assignTasks(input: AssignmentInput): Map<string, Tasks> {
  const assignment = new Assignment(input);
  if (input.members.length > 0) {
    assignment.assignActive();
    assignment.assignStandbys();
  }
  return assignment.result();
}

interface Process {
  readonly members: Worker[];
  readonly tasks: Set<TaskId>;
}

interface Worker {
  readonly memberId: string;
  readonly process: Process;
  readonly active: Set<TaskId>;
  readonly standby: Set<TaskId>;
  taskCount: number;
}

interface Task {
  readonly id: TaskId;
  readonly subtopologyId: string;
  readonly partition: number;
  readonly stateful: boolean;
}

/** The largest share of so many tasks, falling as members have theirs: so that the shares differ by one at most. */
class Quota {
  #tasks: number;
  #members: number;
  #share: number;

  constructor(tasks: number, members: number) {
    this.#tasks = tasks;
    this.#members = members;
    this.#share = Math.ceil(tasks / members);
  }

  allows(taskCount: number): boolean {
    return taskCount < this.#share;
  }

  /** A member has got a task, and now has so many. */
  taken(taskCount: number): void {
    if (taskCount !== this.#share) return;
    this.#tasks -= taskCount;
    this.#members--;
    this.#share = this.#members === 0 ? 0 : Math.ceil(this.#tasks / this.#members);
  }
}

class Assignment {
  readonly #workers: Worker[] = [];
  readonly #tasks: Task[] = [];
  readonly #standbyReplicas: number;
  readonly #previousActive = new Map<TaskId, Worker>();
  readonly #previousStandbys = new Map<TaskId, Worker[]>();

  constructor({ members, subtopologies, standbyReplicas }: AssignmentInput) {
    this.#standbyReplicas = standbyReplicas;
    for (const { id, taskCount, stateful } of subtopologies) {
      for (let partition = 0; partition < taskCount; partition++)
        this.#tasks.push({ id: taskId(id, partition), subtopologyId: id, partition, stateful });
    }
    const processes = new Map<string, Process>();
    for (const member of [...members].sort((a, b) => compareText(a.memberId, b.memberId))) {
      let process = processes.get(member.processId);
      if (process === undefined)
        processes.set(member.processId, (process = { members: [], tasks: new Set() }));
      this.#addWorker(member, process);
    }
  }

  #addWorker({ memberId, previous }: AssignedMember, process: Process): void {
    const worker: Worker = { memberId, process, active: new Set(), standby: new Set(), taskCount: 0 };
    process.members.push(worker);
    this.#workers.push(worker);
    for (const task of previous.active.keys()) this.#previousActive.set(task, worker);
    for (const role of ['standby', 'warmup'] as const) {
      for (const task of previous[role].keys()) {
        const holders = this.#previousStandbys.get(task);
        if (holders === undefined) this.#previousStandbys.set(task, [worker]);
        else holders.push(worker);
      }
    }
  }

  assignActive(): void {
    const quota = new Quota(this.#tasks.length, this.#workers.length);
    // By partition first, so that tasks over the same partitions share a fate.
    let open = [...this.#tasks].sort(
      (a, b) => a.partition - b.partition || compareText(a.subtopologyId, b.subtopologyId),
    );
    const keep = (choose: (task: Task) => Worker | undefined): void => {
      open = open.filter((task) => {
        const worker = choose(task);
        if (worker === undefined || !quota.allows(worker.taskCount)) return true;
        give(worker, task.id, 'active');
        quota.taken(worker.taskCount);
        return false;
      });
    };
    const before = this.#previousActive;
    keep(({ id }) => before.get(id));
    keep(({ id }) => leastLoaded(before.get(id)?.process.members ?? []));
    keep(({ id }) => leastLoaded(this.#previousStandbys.get(id) ?? []));
    // By subtopology, so that the tasks of one are spread over all.
    open.sort((a, b) => compareText(a.subtopologyId, b.subtopologyId) || a.partition - b.partition);
    for (const { id } of open) give(leastLoaded(this.#workers)!, id, 'active');
  }

  assignStandbys(): void {
    const stateful = this.#tasks.filter((task) => task.stateful);
    if (this.#standbyReplicas === 0 || stateful.length === 0) return;
    const quota = new Quota(
      this.#tasks.length + stateful.length * this.#standbyReplicas,
      this.#workers.length,
    );
    for (const { taskCount } of this.#workers) quota.taken(taskCount);
    const missing: { readonly id: TaskId; readonly count: number }[] = [];
    for (const { id } of stateful) {
      let count = this.#standbyReplicas;
      for (; count > 0; count--) {
        const worker = this.#previousHolder(id, quota);
        if (worker === undefined) break;
        give(worker, id, 'standby');
        quota.taken(worker.taskCount);
      }
      if (count > 0) missing.push({ id, count });
    }
    for (const { id, count } of missing) {
      for (let i = 0; i < count; i++) {
        const worker = leastLoaded(this.#workers, (candidate) => !candidate.process.tasks.has(id));
        if (worker === undefined) break;
        give(worker, id, 'standby');
      }
    }
  }

  /** Who had the task before, on a process that doesn't have it now, and may have more. */
  #previousHolder(id: TaskId, quota: Quota): Worker | undefined {
    const eligible = (worker: Worker): boolean =>
      !worker.process.tasks.has(id) && quota.allows(worker.taskCount);
    const active = this.#previousActive.get(id);
    if (active !== undefined && eligible(active)) return active;
    return leastLoaded(this.#previousStandbys.get(id) ?? [], eligible);
  }

  result(): Map<string, Tasks> {
    return new Map(
      this.#workers.map(({ memberId, active, standby }) => [
        memberId,
        { active, standby, warmup: new Set<TaskId>() },
      ]),
    );
  }
}

function give(worker: Worker, task: TaskId, role: 'active' | 'standby'): void {
  worker[role].add(task);
  worker.process.tasks.add(task);
  worker.taskCount++;
}

/** The one with the fewest tasks; of equal ones that of the process with the fewest for each of its members. */
function leastLoaded(
  workers: readonly Worker[],
  eligible: (worker: Worker) => boolean = () => true,
): Worker | undefined {
  let best: Worker | undefined;
  for (const worker of workers) {
    if (best !== undefined && !isLessLoaded(worker, best)) continue;
    if (eligible(worker)) best = worker;
  }
  return best;
}

function isLessLoaded(a: Worker, b: Worker): boolean {
  if (a.taskCount !== b.taskCount) return a.taskCount < b.taskCount;
  return a.process.tasks.size * b.process.members.length < b.process.tasks.size * a.process.members.length;
}
