/**
 * The assignor `same-rack-first`: a partition goes to a member in a rack where it has a replica whenever there is one that
 * subscribes to its topic, even if others then have less to do. Among those, and among all where there is none, the loads
 * are even; what a member had stays with it while it has no more than its share of its rack.
 */
import type { Assigned, AssignorInput } from './assignor.ts';
import { AssignmentTable, NOBODY } from './table.ts';

export function assignSameRackFirst(input: AssignorInput): Assigned {
  const table = new AssignmentTable(input);
  const racks = new Racks(table);
  const { before, owner, size } = table;
  const most = racks.shares();
  for (let p = 0; p < size; p++) {
    const member = before[p]!;
    if (member === NOBODY || table.load[member]! >= most[member]!) continue;
    if (racks.candidates(p).includes(member)) table.give(p, member);
  }
  for (let p = 0; p < size; p++) if (owner[p] === NOBODY) table.give(p, racks.least(p));
  return table.assigned();
}

class Racks {
  readonly #table: AssignmentTable;
  /** Candidates by subscribers and racks: most partitions have the same. */
  readonly #known = new Map<readonly number[], Map<string, readonly number[]>>();

  constructor(table: AssignmentTable) {
    this.#table = table;
  }

  /** Subscribers in the partition's racks, or all where there is none. */
  candidates(partition: number): readonly number[] {
    const { subscribers } = this.#table.rowOf(partition);
    const racks = this.#table.racksOf(partition);
    if (racks.length === 0) return subscribers;
    let known = this.#known.get(subscribers);
    if (known === undefined) this.#known.set(subscribers, (known = new Map()));
    const key = racks.join('\0');
    let found = known.get(key);
    if (found === undefined) {
      const near = subscribers.filter((member) => {
        const { rackId } = this.#table.members[member]!;
        return rackId !== null && racks.includes(rackId);
      });
      found = near.length > 0 ? near : subscribers;
      known.set(key, found);
    }
    return found;
  }

  /** How much each member may keep: the even share, rounded up, of what it is a candidate for. */
  shares(): number[] {
    const shares = new Float64Array(this.#table.members.length);
    const counts = new Map<readonly number[], number>();
    for (let p = 0; p < this.#table.size; p++) {
      const candidates = this.candidates(p);
      counts.set(candidates, (counts.get(candidates) ?? 0) + 1);
    }
    for (const [candidates, count] of counts) {
      for (const member of candidates) shares[member]! += count / candidates.length;
    }
    return Array.from(shares, (share) => Math.ceil(share - 1e-9));
  }

  least(partition: number): number {
    const { load } = this.#table;
    const candidates = this.candidates(partition);
    let best = candidates[0]!;
    for (const member of candidates) if (load[member]! < load[best]!) best = member;
    return best;
  }
}
