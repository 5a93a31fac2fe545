/**
 * What clients did and saw, and the invariants that can be checked while it happens (numbers as in jepsen.tests.kafka):
 *  1  one offset of a partition holds one value, for every acknowledgement and every read
 *  3  a value is in a log at most as often as it was sent, and once where the producer is idempotent
 *  4  what was refused is never read
 *  7  offsets rise without gaps, 8 an assigned consumer never skips or goes back
 *  12 a committed offset never goes back
 * and: no partition has two owners in one generation, or at one time (leases.ts); no producer id is given out twice.
 * Everything that needs the final content of the logs is in checkers.ts.
 */
import { Leases } from './leases.ts';

/** How the outcome of a send is known. */
export type Outcome = 'pending' | 'acked' | 'refused' | 'unknown';

/** One value that a producer sent. */
export interface Sent {
  readonly value: string;
  readonly producer: string;
  readonly topic: string;
  readonly partition: number;
  /** Order in which the producer wrote to this partition. */
  readonly order: number;
  readonly idempotent: boolean;
  /** acks=all on a topic that is flushed: no crash may lose it once it was acknowledged. */
  readonly durable: boolean;
  attempts: number;
  /** How often unflushed data had been lost when it was sent last. */
  lossesBefore: number;
  outcome: Outcome;
  /** Once acknowledged: -1 where the broker didn't say. */
  offset: number;
  /** False once a crash may have taken it. */
  mustSurvive: boolean;
}

export interface TopicFacts {
  readonly name: string;
  partitions: number;
  /** Flushed before an answer to acks=all. */
  readonly durable: boolean;
  /** Records may leave by retention or DeleteRecords. */
  readonly trimmed: boolean;
}

interface GroupFacts {
  /** Highest acknowledged commit, by `topic-partition`. */
  readonly acked: Map<string, number>;
  /** Highest commit ever asked for. */
  readonly attempted: Map<string, number>;
  /** Offsets that members have processed. */
  readonly processed: Map<string, Set<number>>;
  /** Owner by `generation topic-partition`. */
  readonly owners: Map<string, string>;
  /** Highest that a member was told. */
  generation: number;
}

const FAILURES_MAX = 20;

export const newCounts = () => ({
  sent: 0,
  acked: 0,
  refused: 0,
  unknown: 0,
  read: 0,
  commits: 0,
  rebalances: 0,
  trimmed: 0,
  transactions: 0,
  compacted: 0,
  shared: 0,
  received: 0,
});

export class History {
  readonly failures: string[] = [];
  readonly topics = new Map<string, TopicFacts>();
  readonly sent = new Map<string, Sent>();
  readonly groups = new Map<string, GroupFacts>();
  readonly leases = new Leases((message) => this.fail(message));
  /** Value by offset, by `topic-partition`: what was read or acknowledged for good. */
  readonly #known = new Map<string, Map<number, string>>();
  readonly #producerIds = new Map<number, string>();
  #losses = 0;
  /** Counts for the summary. */
  readonly counts = newCounts();

  fail(message: string): void {
    if (this.failures.length < FAILURES_MAX && !this.failures.includes(message)) this.failures.push(message);
  }

  group(name: string): GroupFacts {
    let group = this.groups.get(name);
    if (group === undefined) {
      group = {
        acked: new Map(),
        attempted: new Map(),
        processed: new Map(),
        owners: new Map(),
        generation: 0,
      };
      this.groups.set(name, group);
    }
    return group;
  }

  /** A value is about to be sent for the first time. */
  sending(sent: Sent): void {
    if (this.sent.has(sent.value)) throw new Error(`the value ${sent.value} was used twice`);
    this.sent.set(sent.value, sent);
    this.counts.sent++;
  }

  /** It goes out, for the first time or again. */
  attempt(sent: Sent): void {
    sent.attempts++;
    sent.lossesBefore = this.#losses;
  }

  acked(sent: Sent, offset: number): void {
    sent.outcome = 'acked';
    sent.offset = offset;
    // An answer may still be on its way when the machine that gave it has lost what it had not flushed.
    sent.mustSurvive = sent.durable || sent.lossesBefore === this.#losses;
    this.counts.acked++;
    if (offset >= 0 && sent.durable)
      this.#learn(sent.topic, sent.partition, offset, sent.value, 'acknowledged');
  }

  refused(sent: Sent): void {
    sent.outcome = 'refused';
    this.counts.refused++;
  }

  unknown(sent: Sent): void {
    sent.outcome = 'unknown';
    this.counts.unknown++;
  }

  /** A consumer has read `value` at `offset`. */
  read(reader: string, topic: string, partition: number, offset: number, value: string): void {
    this.counts.read++;
    const sent = this.sent.get(value);
    if (sent === undefined) {
      this.fail(
        `${reader} read a value that nobody sent at ${topic}-${partition}@${offset}: ${value.slice(0, 60)}`,
      );
      return;
    }
    if (sent.topic !== topic || sent.partition !== partition) {
      this.fail(
        `${reader} read ${value} of ${sent.topic}-${sent.partition} in ${topic}-${partition}@${offset}`,
      );
    }
    if (sent.outcome === 'refused') {
      this.fail(`(4) ${reader} read ${value} at ${topic}-${partition}@${offset}, which was refused`);
    }
    this.#learn(topic, partition, offset, value, `read by ${reader}`);
  }

  /** The machine lost its power, or a flush failed: what wasn't flushed may be gone. */
  lostUnflushed(): void {
    this.#losses++;
    for (const sent of this.sent.values()) {
      if (!sent.durable) sent.mustSurvive = false;
    }
    for (const topic of this.topics.values()) {
      if (topic.durable) continue;
      for (const key of this.#known.keys()) {
        if (key.slice(0, key.lastIndexOf('-')) === topic.name) this.#known.delete(key);
      }
    }
  }

  producerId(id: number, epoch: number, producer: string): void {
    const key = id * 65_536 + epoch;
    const other = this.#producerIds.get(key);
    if (other !== undefined)
      this.fail(`producer id ${id} epoch ${epoch} of ${other} was also given to ${producer}`);
    this.#producerIds.set(key, producer);
  }

  /** A member of a group owns a partition in a generation. */
  owned(group: string, generation: number, member: string, partition: string): void {
    const { owners } = this.group(group);
    const key = `${generation} ${partition}`;
    const other = owners.get(key);
    if (other !== undefined && other !== member) {
      this.fail(`${partition} of ${group} belongs to ${other} and ${member} in generation ${generation}`);
    }
    owners.set(key, member);
  }

  /** The highest generation that a member was told. */
  generation(group: string): number {
    return this.group(group).generation;
  }

  sawGeneration(group: string, generation: number): void {
    const facts = this.group(group);
    facts.generation = Math.max(facts.generation, generation);
  }

  committing(group: string, partition: string, offset: number): void {
    const { attempted } = this.group(group);
    attempted.set(partition, Math.max(offset, attempted.get(partition) ?? 0));
  }

  committed(group: string, partition: string, offset: number): void {
    this.counts.commits++;
    const { acked } = this.group(group);
    acked.set(partition, Math.max(offset, acked.get(partition) ?? 0));
  }

  /** `floor`: the highest acknowledged commit when the question was asked. */
  fetchedCommit(group: string, partition: string, offset: number, floor: number): void {
    const { attempted } = this.group(group);
    if (offset < floor) {
      this.fail(`(12) ${group} had committed ${floor} for ${partition}, and now it is ${offset}`);
    }
    if (offset > (attempted.get(partition) ?? 0)) {
      this.fail(`${group} never committed ${offset} for ${partition}`);
    }
  }

  processed(group: string, partition: string, offset: number): void {
    const { processed } = this.group(group);
    let offsets = processed.get(partition);
    if (offsets === undefined) {
      offsets = new Set();
      processed.set(partition, offsets);
    }
    offsets.add(offset);
  }

  #learn(topic: string, partition: number, offset: number, value: string, how: string): void {
    const key = `${topic}-${partition}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      known = new Map();
      this.#known.set(key, known);
    }
    const other = known.get(offset);
    if (other !== undefined && other !== value) {
      this.fail(`(1) ${key}@${offset} is ${value}, ${how}, and was ${other}`);
    }
    known.set(offset, value);
  }
}
