/**
 * What consumers of share groups saw and said, and what must hold: whose acknowledgement was answered is delivered to nobody
 * again, and in calm every record was delivered to somebody.
 */
import type { AuditedLog } from './checkers.ts';
import type { History } from './history.ts';

interface GroupFacts {
  /** When the answer came that an offset is done, ms, by offset, by `topic-partition`. */
  readonly done: Map<string, Map<number, number>>;
  /** Offsets that somebody got, by `topic-partition`. */
  readonly delivered: Map<string, Set<number>>;
}

export class ShareHistory {
  readonly #history: History;
  readonly #groups = new Map<string, GroupFacts>();

  constructor(history: History) {
    this.#history = history;
  }

  /** `askedMs`: when the request was sent whose answer has it. */
  delivered(
    group: string,
    partition: string,
    { offset, askedMs }: { offset: number; askedMs: number },
  ): void {
    const facts = this.#facts(group);
    const doneMs = facts.done.get(partition)?.get(offset);
    if (doneMs !== undefined && askedMs > doneMs) {
      this.#history.fail(
        `share group ${group}: ${partition} offset ${offset} came again, though it was done`,
      );
    }
    ofPartition(facts.delivered, partition, () => new Set()).add(offset);
  }

  /** It was accepted or rejected, and the answer has come. */
  done(group: string, partition: string, { offset, nowMs }: { offset: number; nowMs: number }): void {
    ofPartition(this.#facts(group).done, partition, () => new Map()).set(offset, nowMs);
    this.#history.counts.shared++;
  }

  /** What of these logs a group hasn't seen yet, a sentence each. */
  missing(group: string, logs: readonly AuditedLog[]): string[] {
    const { delivered } = this.#facts(group);
    return logs.flatMap(({ topic, partition, records }) => {
      const seen = delivered.get(`${topic}-${partition}`);
      const count = records.filter(({ offset }) => seen?.has(offset) !== true).length;
      return count === 0 ? [] : [`${count} of ${topic}-${partition}`];
    });
  }

  #facts(group: string): GroupFacts {
    let facts = this.#groups.get(group);
    if (facts === undefined) {
      facts = { done: new Map(), delivered: new Map() };
      this.#groups.set(group, facts);
    }
    return facts;
  }
}

function ofPartition<T>(all: Map<string, T>, partition: string, make: () => T): T {
  let found = all.get(partition);
  if (found === undefined) all.set(partition, (found = make()));
  return found;
}
