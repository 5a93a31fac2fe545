/** Even loads where members subscribe to different topics: keep, fill, then move while that makes loads more even. */
import { type AssignmentTable, NOBODY } from './table.ts';

/** A pass in which nothing moves ends the moving; loads even out in a few, and this bounds the work whatever happens. */
const PASSES_MAX = 50;

export function assignBalanced(table: AssignmentTable): void {
  const { owner, before, size } = table;
  for (let p = 0; p < size; p++) if (before[p] !== NOBODY) table.give(p, before[p]!);
  // Topics with few takers first: the others have more choice.
  const rows = [...table.rows].sort((a, b) => a.subscribers.length - b.subscribers.length);
  for (const row of rows) {
    for (let p = row.first; p < row.first + row.topic.partitionCount; p++) {
      if (owner[p] === NOBODY) table.give(p, leastLoaded(table, row.subscribers, p));
    }
  }
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    let moved = false;
    for (const row of rows) if (evenOut(table, row)) moved = true;
    if (!moved) return;
  }
}

/** Of equally loaded ones, the first that is in the partition's rack. */
function leastLoaded(table: AssignmentTable, members: readonly number[], partition: number): number {
  const { load } = table;
  let best = members[0]!;
  let bestInRack = table.inRack(partition, best);
  for (const member of members) {
    if (load[member]! > load[best]!) continue;
    if (load[member]! < load[best]!) {
      best = member;
      bestInRack = table.inRack(partition, member);
    } else if (!bestInRack && table.inRack(partition, member)) {
      best = member;
      bestInRack = true;
    }
  }
  return best;
}

/** Moves partitions of a topic to subscribers that have at least two less than who has them. */
function evenOut(
  table: AssignmentTable,
  { topic, first, subscribers }: AssignmentTable['rows'][number],
): boolean {
  const { load, owner, before } = table;
  if (!couldMove(table, subscribers)) return false;
  let moved = false;
  // First what moves anyway, then what would stay.
  for (const isNew of [true, false]) {
    for (let p = first; p < first + topic.partitionCount; p++) {
      if ((owner[p] !== before[p]) !== isNew) continue;
      const to = leastLoaded(table, subscribers, p);
      if (load[owner[p]!]! < load[to]! + 2) continue;
      table.give(p, to);
      moved = true;
    }
  }
  return moved;
}

/** Whether loads differ enough for a move, without looking at the partitions. */
function couldMove({ load }: AssignmentTable, subscribers: readonly number[]): boolean {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const member of subscribers) {
    least = Math.min(least, load[member]!);
    most = Math.max(most, load[member]!);
  }
  return most >= least + 2;
}
