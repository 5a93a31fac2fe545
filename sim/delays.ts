/**
 * What was written with `deliver-at-ms` and `dedup-id`, and what must be there when all of it is due:
 *  15 each acknowledged record once, whether it was delayed, and however often it was sent
 *  16 nothing that nobody sent, and nothing twice
 */
import type { History } from './history.ts';

export class DelayHistory {
  readonly #history: History;
  readonly #acked = new Set<string>();
  readonly #sent = new Set<string>();

  constructor(history: History) {
    this.#history = history;
  }

  sending(id: string): void {
    this.#sent.add(id);
  }

  acked(id: string): void {
    this.#acked.add(id);
  }

  /** Acknowledged ids that aren't among these. */
  missing(ids: readonly string[]): string[] {
    const there = new Set(ids);
    return [...this.#acked].filter((id) => !there.has(id));
  }

  /** All that can be read when everything is due. */
  check(ids: readonly string[]): void {
    const seen = new Set<string>();
    for (const id of ids) {
      if (seen.has(id)) this.#history.fail(`(16) ${id} is there twice`);
      seen.add(id);
      if (!this.#sent.has(id)) this.#history.fail(`(16) ${id} is there, and nobody sent it`);
    }
    const missing = this.missing(ids);
    if (missing.length > 0) this.#history.fail(`(15) acknowledged and not there: ${missing.join(', ')}`);
  }
}
