/**
 * Partitions and members as numbers, for assignors that look at all of them: a partition is its place among all
 * partitions of the topics in order, a member its place among the members in order.
 */
import type { Uuid } from '../../base/uuid.ts';
import {
  type AssignableMember,
  type AssignableTopic,
  type Assigned,
  type AssignorInput,
  ordered,
  subscribedTopics,
} from './assignor.ts';

export const NOBODY = -1;

/** Topic `topic` has the partitions from `first` on. */
interface TopicRow {
  readonly topic: AssignableTopic;
  readonly first: number;
  /** Members that subscribe to it, ascending. The same array for topics with the same subscribers. */
  readonly subscribers: readonly number[];
}

/** Sorts each list, and has topics with the same subscribers share one. */
function shareEqual(subscribers: Map<Uuid, number[]>): void {
  const known = new Map<string, number[]>();
  for (const [topicId, list] of subscribers) {
    const key = list.sort((a, b) => a - b).join();
    const same = known.get(key);
    if (same === undefined) known.set(key, list);
    else subscribers.set(topicId, same);
  }
}

export class AssignmentTable {
  readonly members: readonly AssignableMember[];
  readonly rows: readonly TopicRow[];
  /** Partitions in all. */
  readonly size: number;
  /** Who gets a partition: a member, or NOBODY. */
  readonly owner: Int32Array;
  /** Who had it before and may have it still, or NOBODY. */
  readonly before: Int32Array;
  /** How many partitions each member gets. */
  readonly load: Int32Array;
  readonly #rowOf: Int32Array;
  readonly #rackMatters: boolean;

  constructor({ members }: AssignorInput) {
    this.members = ordered(members);
    this.rows = this.#makeRows();
    const last = this.rows.at(-1);
    this.size = last === undefined ? 0 : last.first + last.topic.partitionCount;
    this.owner = new Int32Array(this.size).fill(NOBODY);
    this.before = new Int32Array(this.size).fill(NOBODY);
    this.load = new Int32Array(this.members.length);
    this.#rowOf = new Int32Array(this.size);
    this.rows.forEach(({ topic, first }, row) => {
      this.#rowOf.fill(row, first, first + topic.partitionCount);
    });
    this.#rackMatters = this.members.some(({ rackId }) => rackId !== null);
    this.#fillBefore();
  }

  #makeRows(): TopicRow[] {
    const subscribers = new Map<Uuid, number[]>();
    // Members share arrays of topics, so that most are looked at once.
    const groups = new Map<readonly AssignableTopic[], number[]>();
    this.members.forEach(({ topics }, member) => {
      const group = groups.get(topics);
      if (group === undefined) groups.set(topics, [member]);
      else group.push(member);
    });
    const only = groups.size === 1 ? [...groups.values()][0]! : null;
    if (only === null) {
      for (const [topics, group] of groups) {
        for (const { id } of topics) {
          const known = subscribers.get(id);
          if (known === undefined) subscribers.set(id, [...group]);
          else for (const member of group) known.push(member);
        }
      }
      shareEqual(subscribers);
    }
    let first = 0;
    return subscribedTopics(this.members).map((topic) => {
      const row = { topic, first, subscribers: only ?? subscribers.get(topic.id)! };
      first += topic.partitionCount;
      return row;
    });
  }

  #fillBefore(): void {
    const rows = new Map(this.rows.map((row) => [row.topic.id, row]));
    const ids = new Map<readonly AssignableTopic[], ReadonlySet<Uuid>>();
    this.members.forEach(({ current, topics }, member) => {
      let own = ids.get(topics);
      if (own === undefined) ids.set(topics, (own = new Set(topics.map(({ id }) => id))));
      for (const [topicId, partitions] of current) {
        const row = rows.get(topicId);
        if (row === undefined || !own.has(topicId)) continue;
        for (const partition of partitions) {
          if (partition < row.topic.partitionCount) this.before[row.first + partition] = member;
        }
      }
    });
  }

  rowOf(partition: number): TopicRow {
    return this.rows[this.#rowOf[partition]!]!;
  }

  give(partition: number, member: number): void {
    const old = this.owner[partition]!;
    if (old !== NOBODY) this.load[old]!--;
    this.owner[partition] = member;
    this.load[member]!++;
  }

  /** Whether the member is in a rack with a replica, or that isn't known of either. */
  inRack(partition: number, member: number): boolean {
    if (!this.#rackMatters) return true;
    const { rackId } = this.members[member]!;
    if (rackId === null) return true;
    const { topic, first } = this.rowOf(partition);
    const racks = topic.racksOf(partition - first);
    return racks.length === 0 || racks.includes(rackId);
  }

  /** Racks of a partition where they make a difference between members. */
  racksOf(partition: number): readonly string[] {
    if (!this.#rackMatters) return [];
    const { topic, first } = this.rowOf(partition);
    return topic.racksOf(partition - first);
  }

  /** The owners as an answer. */
  assigned(): Assigned {
    const assigned = new Map<string, Map<Uuid, number[]>>();
    for (const { topic, first } of this.rows) {
      for (let partition = 0; partition < topic.partitionCount; partition++) {
        const owner = this.owner[first + partition]!;
        if (owner === NOBODY) continue;
        const { memberId } = this.members[owner]!;
        let own = assigned.get(memberId);
        if (own === undefined) assigned.set(memberId, (own = new Map()));
        const list = own.get(topic.id);
        if (list === undefined) own.set(topic.id, [partition]);
        else list.push(partition);
      }
    }
    return assigned;
  }
}
