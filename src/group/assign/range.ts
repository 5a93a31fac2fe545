/**
 * The assignor `range`: of each topic a member gets neighbouring partitions, the first ones one more than the last; members
 * in one order for all topics, so that topics with as many partitions and the same subscribers are divided alike (joins).
 *
 * Racks (KIP-881): where members are in several racks, a partition number goes first to a member in the rack of that
 * partition of all topics that are divided alike; no member gets more than without racks.
 */
import type { Assigned, AssignorInput } from './assignor.ts';
import { AssignmentTable, NOBODY } from './table.ts';

type Row = AssignmentTable['rows'][number];

export function assignRange(input: AssignorInput): Assigned {
  const table = new AssignmentTable(input);
  for (const rows of alike(table)) assignAlike(table, rows);
  return table.assigned();
}

/** Topics that are divided alike: as many partitions, the same subscribers. */
function alike(table: AssignmentTable): Row[][] {
  const groups = new Map<readonly number[], Map<number, Row[]>>();
  for (const row of table.rows) {
    const { topic, subscribers } = row;
    let byCount = groups.get(subscribers);
    if (byCount === undefined) groups.set(subscribers, (byCount = new Map()));
    const group = byCount.get(topic.partitionCount);
    if (group === undefined) byCount.set(topic.partitionCount, [row]);
    else group.push(row);
  }
  return [...groups.values()].flatMap((byCount) => [...byCount.values()]);
}

function assignAlike(table: AssignmentTable, rows: readonly Row[]): void {
  const { topic, subscribers } = rows[0]!;
  const count = topic.partitionCount;
  const least = Math.floor(count / subscribers.length);
  let extra = count % subscribers.length;
  const shares = subscribers.map(() => least + (extra-- > 0 ? 1 : 0));
  const takers = new Int32Array(count).fill(NOBODY);
  byRack(table, rows, { shares, takers });
  let at = 0;
  for (let partition = 0; partition < count; partition++) {
    if (takers[partition] === NOBODY) {
      while (shares[at] === 0) at++;
      shares[at]!--;
      takers[partition] = at;
    }
    for (const { first } of rows) table.give(first + partition, subscribers[takers[partition]!]!);
  }
}

/** Gives partition numbers to the first member with room that is in their rack, in all topics. */
function byRack(
  table: AssignmentTable,
  rows: readonly Row[],
  { shares, takers }: { shares: number[]; takers: Int32Array },
): void {
  const { subscribers } = rows[0]!;
  const racks = new Set(subscribers.map((member) => table.members[member]!.rackId));
  racks.delete(null);
  if (racks.size < 2) return;
  for (let partition = 0; partition < takers.length; partition++) {
    const known = rows.every(({ first }) => table.racksOf(first + partition).length > 0);
    if (!known) continue;
    const at = subscribers.findIndex(
      (member, i) =>
        shares[i]! > 0 &&
        table.members[member]!.rackId !== null &&
        rows.every(({ first }) => table.inRack(first + partition, member)),
    );
    if (at < 0) continue;
    shares[at]!--;
    takers[partition] = at;
  }
}
