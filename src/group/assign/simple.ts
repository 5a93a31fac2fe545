/**
 * Who reads which partition in a share group (KIP-932): Kafka's simple assignor. Several members may read a partition, so that a
 * group may have more members than there are partitions.
 *
 * Guaranteed: each partition of a topic that someone subscribes to goes to at least one member, and only to members that
 * subscribe to the topic; nobody who subscribes to a topic is left with nothing. Where all members subscribe to the same topics,
 * nobody has two partitions more than another, else that is so for each topic by itself. What members have they keep, as far as that
 * allows.
 */
import type { Uuid } from '../../base/uuid.ts';
import {
  type AssignableMember,
  type AssignableTopic,
  type Assigned,
  isHomogeneous,
  ordered,
  subscribedTopics,
} from './assignor.ts';

type Given = Map<Uuid, number[]>;

export function assignSimple(unordered: readonly AssignableMember[]): Assigned {
  const members = ordered(unordered);
  const given = new Map<string, Given>();
  const topics = subscribedTopics(members);
  if (isHomogeneous(members)) share(members, topics, given);
  else {
    for (const topic of topics) {
      const subscribers = members.filter(({ topics }) => topics.some(({ id }) => id === topic.id));
      share(subscribers, [topic], given);
    }
  }
  for (const own of given.values()) for (const partitions of own.values()) partitions.sort((a, b) => a - b);
  return given;
}

interface Place {
  readonly topicId: Uuid;
  readonly partition: number;
  /** Members that have it. */
  readonly holders: Set<AssignableMember>;
}

/** Gives all partitions of the topics to the members, who all subscribe to all of them. */
function share(
  members: readonly AssignableMember[],
  topics: readonly AssignableTopic[],
  given: Map<string, Given>,
): void {
  const places = new Map<Uuid, Place[]>();
  let count = 0;
  for (const { id: topicId, partitionCount } of topics) {
    const ofTopic: Place[] = [];
    for (let partition = 0; partition < partitionCount; partition++)
      ofTopic.push({ topicId, partition, holders: new Set() });
    places.set(topicId, ofTopic);
    count += partitionCount;
  }
  if (count === 0 || members.length === 0) return;
  const holdersWanted = Math.ceil(members.length / count);
  const each = (holdersWanted * count) / members.length;
  const wanted = members.map((_, i) => Math.ceil(each * (i + 1)) - Math.ceil(each * i));
  members.forEach((member, i) => {
    wanted[i]! -= keep(member, places, { most: wanted[i]!, holdersMax: holdersWanted });
  });
  const free = new LeastHeldFirst([...places.values()].flat(), holdersWanted);
  members.forEach((member, i) => {
    for (let left = wanted[i]!; left > 0; left--) free.give(member);
  });
  for (const ofTopic of places.values()) {
    for (const { topicId, partition, holders } of ofTopic)
      for (const { memberId } of holders) note(given, memberId, topicId).push(partition);
  }
}

/** Answers how many the member keeps of what it has. */
function keep(
  member: AssignableMember,
  places: ReadonlyMap<Uuid, readonly Place[]>,
  { most, holdersMax }: { most: number; holdersMax: number },
): number {
  let kept = 0;
  for (const [topicId, partitions] of member.current) {
    const ofTopic = places.get(topicId);
    if (ofTopic === undefined) continue;
    for (const partition of partitions) {
      if (kept === most) return kept;
      const place = ofTopic[partition];
      if (place === undefined || place.holders.size >= holdersMax) continue;
      place.holders.add(member);
      kept++;
    }
  }
  return kept;
}

/** Partitions by how many have them. */
class LeastHeldFirst {
  readonly #byHolders: Place[][] = [];

  readonly #holdersMax: number;

  constructor(places: readonly Place[], holdersMax: number) {
    this.#holdersMax = holdersMax;
    // From the back: the first partitions are given first.
    for (let i = places.length - 1; i >= 0; i--) this.#put(places[i]!);
  }

  /** One that the member doesn't have yet. There is always one: it wants no more than there are. */
  give(member: AssignableMember): void {
    for (const places of this.#byHolders) {
      const at = places.findLastIndex(({ holders }) => !holders.has(member));
      if (at < 0) continue;
      if (places[at]!.holders.size >= this.#holdersMax && this.#exchange(member)) return;
      const [place] = places.splice(at, 1);
      place!.holders.add(member);
      this.#put(place!);
      return;
    }
  }

  /** What is left it has already: another takes that, and leaves it something else. */
  #exchange(member: AssignableMember): boolean {
    const left = this.#byHolders.slice(0, this.#holdersMax).flat();
    for (const place of left) {
      for (const full of this.#byHolders[this.#holdersMax] ?? []) {
        if (full.holders.has(member)) continue;
        const other = [...full.holders].find((holder) => !place.holders.has(holder));
        if (other === undefined) continue;
        full.holders.delete(other);
        full.holders.add(member);
        const level = this.#byHolders[place.holders.size]!;
        level.splice(level.indexOf(place), 1);
        place.holders.add(other);
        this.#put(place);
        return true;
      }
    }
    return false;
  }

  #put(place: Place): void {
    const { size } = place.holders;
    for (let i = this.#byHolders.length; i <= size; i++) this.#byHolders.push([]);
    this.#byHolders[size]!.push(place);
  }
}

function note(given: Map<string, Given>, memberId: string, topicId: Uuid): number[] {
  let own = given.get(memberId);
  if (own === undefined) given.set(memberId, (own = new Map()));
  let partitions = own.get(topicId);
  if (partitions === undefined) own.set(topicId, (partitions = []));
  return partitions;
}
