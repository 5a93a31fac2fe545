/** Whose turn it is among the partitions of a topic. Bounded: topics that aren't written to for long are forgotten. */
import type { Uuid } from '../../base/uuid.ts';

/** Topics that are remembered; the one that was written to first is forgotten first, and begins anew. */
const TOPICS_MAX = 10_000;

export class Rounds {
  readonly #turns = new Map<Uuid, number>();

  next(topicId: Uuid, partitionCount: number): number {
    if (partitionCount === 1) return 0;
    const turn = this.#turns.get(topicId);
    if (turn === undefined && this.#turns.size >= TOPICS_MAX) {
      const [oldest] = this.#turns.keys();
      this.#turns.delete(oldest!);
    }
    const index = (turn ?? 0) % partitionCount;
    this.#turns.set(topicId, index + 1);
    return index;
  }
}
