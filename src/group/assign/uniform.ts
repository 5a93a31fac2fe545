/**
 * The assignor `uniform`, Kafka's default: loads that differ by at most one where all members subscribe to the same topics,
 * and that no single move makes more even where they don't; what a member had stays with it as far as that allows.
 *
 * Racks: a partition goes to a member in its rack before it stays with one that is not, as long as the loads stay even.
 */
import { type Assigned, type AssignorInput, isHomogeneous } from './assignor.ts';
import { assignBalanced } from './balanced.ts';
import { AssignmentTable, NOBODY } from './table.ts';

export function assignUniform(input: AssignorInput): Assigned {
  const table = new AssignmentTable(input);
  if (isHomogeneous(table.members)) assignEvenly(table);
  else assignBalanced(table);
  return table.assigned();
}

/** Members with room, each with how much; from the front on they are filled. */
class Room {
  readonly #table: AssignmentTable;
  readonly #least: number;
  /** How many members may still have one more than `#least`. */
  #extra: number;

  constructor(table: AssignmentTable) {
    this.#table = table;
    const members = table.members.length;
    this.#least = Math.floor(table.size / members);
    this.#extra = table.size % members;
  }

  /** Gives the partition to the member if it has room for it. */
  take(partition: number, member: number): boolean {
    const load = this.#table.load[member]!;
    if (load > this.#least || (load === this.#least && this.#extra === 0)) return false;
    if (load === this.#least) this.#extra--;
    this.#table.give(partition, member);
    return true;
  }

  has(member: number): boolean {
    const load = this.#table.load[member]!;
    return load < this.#least || (load === this.#least && this.#extra > 0);
  }
}

function assignEvenly(table: AssignmentTable): void {
  if (table.members.length === 0) return;
  const room = new Room(table);
  const { owner, before, size } = table;
  // What was in the right place stays there.
  for (let p = 0; p < size; p++) {
    const member = before[p]!;
    if (member !== NOBODY && table.inRack(p, member)) room.take(p, member);
  }
  takeByRack(table, room);
  for (let p = 0; p < size; p++) if (owner[p] === NOBODY && before[p] !== NOBODY) room.take(p, before[p]!);
  // The rest in turns, so that neighbouring partitions, often of one topic, go to different members.
  let next = 0;
  const members = table.members.length;
  for (let p = 0; p < size; p++) {
    if (owner[p] !== NOBODY) continue;
    while (!room.take(p, next)) next = (next + 1) % members;
    next = (next + 1) % members;
  }
}

/** Partitions without an owner go to members of their rack, in turns, while those have room. */
function takeByRack(table: AssignmentTable, room: Room): void {
  const byRack = new Map<string, number[]>();
  table.members.forEach(({ rackId }, member) => {
    if (rackId === null) return;
    const list = byRack.get(rackId);
    if (list === undefined) byRack.set(rackId, [member]);
    else list.push(member);
  });
  if (byRack.size < 2) return;
  for (let p = 0; p < table.size; p++) {
    if (table.owner[p] !== NOBODY) continue;
    for (const rack of table.racksOf(p)) {
      const members = byRack.get(rack);
      if (members === undefined) continue;
      // Full ones are dropped from the front for good; one that took something goes to the end.
      while (members.length > 0 && !room.has(members[0]!)) members.shift();
      const member = members.shift();
      if (member === undefined) continue;
      room.take(p, member);
      members.push(member);
      break;
    }
  }
}
