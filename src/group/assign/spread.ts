/**
 * Assignors that look at names and numbers only, not at who had what: `round-robin`, `random`, `hash` and
 * `consistent-hash`. Members go by their instance id where they have one, else by their member id.
 */
import { type Assigned, type AssignorInput, lastingName } from './assignor.ts';
import { AssignmentTable } from './table.ts';

/** Partitions of all topics in turns over the members that subscribe to them. */
export function assignRoundRobin(input: AssignorInput): Assigned {
  const table = new AssignmentTable(input);
  let next = 0;
  for (const { topic, first, subscribers } of table.rows) {
    const all = subscribers.length === table.members.length;
    const subscribed = all ? null : new Set(subscribers);
    for (let p = first; p < first + topic.partitionCount; p++) {
      while (subscribed !== null && !subscribed.has(next)) next = (next + 1) % table.members.length;
      table.give(p, next);
      next = (next + 1) % table.members.length;
    }
  }
  return table.assigned();
}

/** Each partition to any of its subscribers, anew at each epoch: the seed is the epoch and who is there. */
export function assignRandom(input: AssignorInput): Assigned {
  const table = new AssignmentTable(input);
  let seed = mix(input.epoch);
  for (const { memberId } of table.members) seed = mix(seed ^ hashText(memberId));
  for (const { topic, first, subscribers } of table.rows) {
    const ofTopic = seed ^ hashText(topic.name);
    for (let partition = 0; partition < topic.partitionCount; partition++) {
      table.give(first + partition, pick(subscribers, mix(ofTopic + partition)));
    }
  }
  return table.assigned();
}

/** Each partition by the hash of its topic and number, over the subscribers in order. */
export function assignHash(input: AssignorInput): Assigned {
  const table = new AssignmentTable(input);
  for (const { topic, first, subscribers } of table.rows) {
    const ofTopic = hashText(topic.name);
    for (let partition = 0; partition < topic.partitionCount; partition++) {
      table.give(first + partition, pick(subscribers, mix(ofTopic + partition)));
    }
  }
  return table.assigned();
}

/** Points of each member on the ring: with 32 the shares of members differ by about a sixth. */
const POINTS = 32;
/** No member gets more than this share of the mean, rounded up ("consistent hashing with bounded loads"). */
const LOAD_BOUND = 1.25;

/**
 * Each partition to the member whose point on a ring comes next behind it and that has room. Who joins takes its share
 * from the others, who leaves gives it to them, and nearly nothing else moves, whatever happened before.
 */
export function assignConsistentHash(input: AssignorInput): Assigned {
  const table = new AssignmentTable(input);
  const rings = new Map<readonly number[], Ring>();
  for (const { topic, first, subscribers } of table.rows) {
    let ring = rings.get(subscribers);
    if (ring === undefined) rings.set(subscribers, (ring = new Ring(table, subscribers)));
    const ofTopic = hashText(topic.name);
    for (let partition = 0; partition < topic.partitionCount; partition++) {
      table.give(first + partition, ring.next(mix(ofTopic + partition)));
    }
  }
  return table.assigned();
}

/** The points of some members, and the partitions that they may take of topics that only they subscribe to. */
class Ring {
  /** Point × 2^20 + place in `#members`, ascending: sorted as numbers, without objects. */
  readonly #points: Float64Array;
  readonly #members: readonly number[];
  readonly #taken: Int32Array;
  readonly #most: number;

  constructor(table: AssignmentTable, members: readonly number[]) {
    this.#members = members;
    this.#taken = new Int32Array(members.length);
    let partitions = 0;
    for (const { topic, subscribers } of table.rows)
      if (subscribers === members) partitions += topic.partitionCount;
    this.#most = Math.ceil((partitions / members.length) * LOAD_BOUND);
    this.#points = new Float64Array(members.length * POINTS);
    members.forEach((member, place) => {
      let point = hashText(lastingName(table.members[member]!));
      for (let i = 0; i < POINTS; i++) {
        point = mix(point + i);
        this.#points[place * POINTS + i] = (point >>> 0) * 2 ** 20 + place;
      }
    });
    this.#points.sort();
  }

  next(hash: number): number {
    let low = 0;
    let high = this.#points.length;
    const wanted = (hash >>> 0) * 2 ** 20;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#points[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    for (;;) {
      const place = this.#points[low % this.#points.length]! % 2 ** 20;
      if (this.#taken[place]! < this.#most) {
        this.#taken[place]!++;
        return this.#members[place]!;
      }
      low++;
    }
  }
}

function pick(members: readonly number[], hash: number): number {
  return members[(hash >>> 0) % members.length]!;
}

/** FNV-1a over UTF-16 units, mixed. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** The finalizer of MurmurHash3: every bit of the input changes half of the bits of the result. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
