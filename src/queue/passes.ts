/** Offsets that nobody has and nobody is to get, gathered in order: those side by side that have one reason are one range. */
import type { PassCommand } from './commands.ts';
import type { DeathReason, Window } from './window.ts';

export type Pass = PassCommand['ranges'][number];

export class Passes {
  readonly ranges: Pass[] = [];
  readonly #window: Window;

  constructor(window: Window) {
    this.#window = window;
  }

  /** What nobody has from `first` to `last`; behind all that was added before. */
  add(first: number, last: number, reason: DeathReason | null): void {
    const window = this.#window;
    for (let offset = window.untakenFrom(first); offset <= last; ) {
      const to = Math.min(last, window.untakenTo(offset));
      const before = this.ranges.at(-1);
      if (before !== undefined && before.last + 1 === offset && before.reason === reason) before.last = to;
      else this.ranges.push({ first: offset, last: to, reason });
      offset = window.untakenFrom(to + 1);
    }
  }
}
