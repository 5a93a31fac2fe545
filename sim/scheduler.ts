/**
 * Simulated time and what happens in it: events ordered by time, ties broken by the seed, run one at a time.
 *
 * A turn is what one turn of Node's event loop is: every event that is due (up to a random number of them), each
 * followed by all microtasks it caused, then what was asked for with afterTurn. A turn takes a little simulated time,
 * so that events gather while another is handled, as in a busy process.
 *
 * Guarantees: nothing here reads a real clock; the same seed and the same program give the same sequence of events,
 * which `trace` hashes. Events belong to a SimProcess; those of a dead one never run.
 */
import type { Prng } from './prng.ts';
import { type SimProcess, SimulatedCrash } from './process.ts';

export interface SimEvent {
  atUs: number;
  tie: number;
  run: (() => void) | null;
  owner: SimProcess | null;
}

/** Thrown when what is waited for can't happen any more, or takes longer than the limit. */
export class SimulationStuck extends Error {
  override readonly name = 'SimulationStuck';
}

const EVENTS_PER_TURN_MAX = 16;
const TURN_COST_US_MAX = 60;

export class Scheduler {
  readonly prng: Prng;
  /** Simulated microseconds since the world began. */
  nowUs = 0;
  /** Events run so far. */
  events = 0;
  #hash = 0x811c9dc5;
  readonly #heap: SimEvent[] = [];
  #afterTurn: SimEvent[] = [];
  /** Errors that left an event and were no simulated crash: each is a bug of the code under test. */
  readonly errors: unknown[] = [];

  constructor(prng: Prng) {
    this.prng = prng;
  }

  /** Mixes a number into the hash of the run. */
  trace(value: number): void {
    this.#hash = Math.imul(this.#hash ^ (value & 0xffff), 0x01000193);
    this.#hash = Math.imul(this.#hash ^ (value >>> 16), 0x01000193);
  }

  /** As trace, for a word. */
  traceText(text: string): void {
    for (let i = 0; i < text.length; i++) this.#hash = Math.imul(this.#hash ^ text.charCodeAt(i), 0x01000193);
  }

  /** Hash of everything traced so far: equal for equal runs. */
  get traceHash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }

  /** Runs `run` at least `delayUs` from now, unless `owner` has died by then. */
  schedule(delayUs: number, owner: SimProcess | null, run: () => void): SimEvent {
    const atUs = this.nowUs + Math.max(0, Math.ceil(delayUs));
    const event: SimEvent = { atUs, tie: this.prng.next(), run, owner };
    this.#push(event);
    return event;
  }

  /** Runs `run` at the end of this turn. */
  afterTurn(owner: SimProcess | null, run: () => void): void {
    this.#afterTurn.push({ atUs: this.nowUs, tie: 0, run, owner });
  }

  /** Whether nothing is left to happen. */
  get idle(): boolean {
    return this.#heap.length === 0 && this.#afterTurn.length === 0;
  }

  /** Runs turns until `reached()`; false when `limitMs` of simulated time passed or nothing is left to happen. */
  async runUntil(reached: () => boolean, limitMs = 3_600_000): Promise<boolean> {
    const endUs = this.nowUs + limitMs * 1000;
    await drainMicrotasks();
    while (!reached()) {
      if (this.#afterTurn.length > 0) await this.#endTurn();
      else {
        const next = this.#heap[0];
        if (next === undefined) return reached();
        if (next.atUs > endUs) {
          this.nowUs = endUs;
          return reached();
        }
        await this.#turn(next);
      }
      if (this.errors.length > 0) throw this.errors[0];
    }
    return true;
  }

  /** Runs the world for a stretch of simulated time. */
  async runFor(ms: number): Promise<void> {
    const endUs = this.nowUs + ms * 1000;
    await this.runUntil(() => this.nowUs >= endUs, ms);
    this.nowUs = Math.max(this.nowUs, endUs);
  }

  /**
   * Runs the world until `promise` is settled, and gives its result. Throws SimulatedCrash when `process` dies first,
   * SimulationStuck when nothing is left to happen or `limitMs` of simulated time have passed.
   */
  async settle<T>(promise: Promise<T>, process: SimProcess | null = null, limitMs = 600_000): Promise<T> {
    let outcome: { value: T } | { error: unknown } | null = null;
    promise.then(
      (value) => {
        outcome = { value };
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
    const over = await this.runUntil(() => outcome !== null || process?.alive === false, limitMs);
    const result = outcome as { value: T } | { error: unknown } | null;
    if (process?.alive === false) throw new SimulatedCrash(process.name);
    if (result === null) {
      throw new SimulationStuck(
        over ? 'the promise was not settled' : 'nothing more happened, or not in time',
      );
    }
    if ('error' in result) throw result.error;
    return result.value;
  }

  async #turn(first: SimEvent): Promise<void> {
    if (first.atUs > this.nowUs) this.nowUs = first.atUs;
    for (let budget = this.prng.between(1, EVENTS_PER_TURN_MAX); budget > 0; budget--) {
      const next = this.#heap[0];
      if (next === undefined || next.atUs > this.nowUs) break;
      this.#pop();
      await this.#fire(next);
      if (this.errors.length > 0) return;
    }
    await this.#endTurn();
    this.nowUs += this.prng.int(TURN_COST_US_MAX);
  }

  async #endTurn(): Promise<void> {
    while (this.#afterTurn.length > 0) {
      const batch = this.#afterTurn;
      this.#afterTurn = [];
      for (const event of batch) await this.#fire(event);
      if (this.errors.length > 0) return;
    }
  }

  async #fire(event: SimEvent): Promise<void> {
    const { run, owner } = event;
    if (run === null || owner?.alive === false) return;
    event.run = null;
    this.events++;
    this.trace(event.atUs);
    try {
      run();
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) this.errors.push(error);
    }
    await drainMicrotasks();
  }

  #push(event: SimEvent): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(event);
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (!before(event, heap[up]!)) break;
      heap[i] = heap[up]!;
      i = up;
    }
    heap[i] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

function before(a: SimEvent, b: SimEvent): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.tie < b.tie);
}

/** All microtasks and everything they cause have run when this resolves. */
export function drainMicrotasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
