/**
 * A simulated process: what dies in one moment. Its timers, callbacks, connections and open files are tied to it;
 * once it is dead none of its callbacks run, and its ports throw SimulatedCrash where code of it goes on.
 */

/** Thrown into code of a process that has died. Never a fault of that code. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';
  constructor(process: string) {
    super(`${process} was killed by the simulation`);
  }
}

export class SimProcess {
  readonly name: string;
  #alive = true;
  readonly #onDeath: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Throws SimulatedCrash in a dead process. */
  check(): void {
    if (!this.#alive) throw new SimulatedCrash(this.name);
  }

  onDeath(run: () => void): void {
    this.#onDeath.push(run);
  }

  /** Ends it in this moment. */
  kill(): void {
    if (!this.#alive) return;
    this.#alive = false;
    for (const run of this.#onDeath) run();
  }
}
