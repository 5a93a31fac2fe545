/**
 * A machine whose records build on what is there, those of a snapshot too: one that is lost, applied twice or out of order
 * shows in the state.
 */
import type { Machine } from '../../../src/machine/machine.ts';
import { TestClock } from './test-clock.ts';

export type Folds = Map<string, number>;

export interface Add {
  readonly name: string;
  readonly by: number;
}

export type FoldMachine = Machine<Folds, Add, Add, number>;

export const foldMachine: FoldMachine = {
  name: 'folds',
  initial: () => new Map(),
  decide: (_state, add, token) => ({ records: [add], replies: [{ to: token, answer: 0 }] }),
  apply(state, { name, by }) {
    state.set(name, ((state.get(name) ?? 0) * 31 + by) % 1_000_003);
  },
  *snapshot(state) {
    for (const [name, by] of state) yield { name, by };
  },
  resume: () => [],
  encode: ({ name, by }) => ({ key: Buffer.from(name), value: Buffer.from(String(by)) }),
  decode: ({ key, value }) => ({ name: key.toString(), by: Number(value) }),
};

/** A clock whose turns are run one by one. */
export class TurnClock extends TestClock {
  #due: (() => void)[] = [];

  get hasWork(): boolean {
    return this.#due.length > 0;
  }

  override afterTurn(run: () => void): void {
    this.#due.push(run);
  }

  /** Runs what is due in this turn, once all promises are settled, and settles those that come of it. */
  async turn(): Promise<void> {
    await settled();
    const due = this.#due;
    this.#due = [];
    for (const run of due) run();
    await settled();
  }
}

/** Lets promises that wait for nothing but each other settle. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
