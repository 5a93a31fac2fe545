/**
 * Turns at the event loop: a connection with more work than one slice lets others go first and comes back, in the order of
 * asking. Who has less never asks, so that nothing is put off where nobody is in anybody's way.
 *
 * A slice ends by time, by the number of requests and by their bytes, whatever comes first: time is what others wait for,
 * bytes are what the log writes at the end of the turn.
 *
 * It is also known here whether connections share the broker: what one of them has in work is what the others' next flush
 * waits for, so it may have less of it than a connection that is alone.
 */
import type { Clock } from '../../platform/ports.ts';

export interface TurnLimits {
  /** How long one connection works on its requests before others are looked at, ms. One request always is. */
  readonly sliceMs: number;
  readonly sliceRequests: number;
  readonly sliceBytes: number;
  /** A pause in which others may have had their turn, ms. */
  readonly gapMs: number;
  /** How long those who came back work in one turn of the event loop, all together, ms. */
  readonly turnMs: number;
  /**
   * Bytes of requests that a connection may have in work while it isn't alone. One request always is; with less than the
   * usual largest batch (1 MB), it is one of these at a time.
   */
  readonly sharedInflightBytes: number;
  /** How long after the work of another one it isn't alone, ms. */
  readonly sharedMs: number;
}

const MIB = 1024 * 1024;

/** A millisecond is some fifty small requests. */
export const TURN_LIMITS: TurnLimits = {
  sliceMs: 1,
  sliceRequests: 100,
  sliceBytes: MIB,
  gapMs: 0.1,
  turnMs: 2,
  sharedInflightBytes: MIB / 4,
  sharedMs: 100,
};

/**
 * What one connection may still do before it has to let others go first. Work that follows work at once is of one slice,
 * whatever called for it: a request that came, an answer that made room for the next.
 */
export class Slice {
  readonly #limits: TurnLimits;
  #endedMs = Number.NEGATIVE_INFINITY;
  #ms = 0;
  #requests = 0;
  #bytes = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** Work is about to begin. Where there was a gap since the last, others had their turn. */
  begin(nowMs: number): void {
    if (nowMs - this.#endedMs >= this.#limits.gapMs) this.renew();
  }

  renew(): void {
    this.#ms = 0;
    this.#requests = 0;
    this.#bytes = 0;
  }

  /** Counts what was done from `fromMs` to `nowMs`. */
  take(
    work: { readonly requests: number; readonly bytes: number; readonly fromMs: number },
    nowMs: number,
  ): void {
    this.#requests += work.requests;
    this.#bytes += work.bytes;
    this.#ms += nowMs - work.fromMs;
    this.#endedMs = nowMs;
  }

  get isOver(): boolean {
    const { sliceMs, sliceRequests, sliceBytes } = this.#limits;
    return this.#ms >= sliceMs || this.#requests >= sliceRequests || this.#bytes >= sliceBytes;
  }
}

export class Turns {
  readonly clock: Clock;
  readonly limits: TurnLimits;
  /** In the order of asking. */
  readonly #waiting = new Set<() => void>();
  #scheduled = false;
  /** Whose request was the last. */
  #last: object | null = null;
  #sharedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, limits: TurnLimits = TURN_LIMITS) {
    this.clock = clock;
    this.limits = limits;
  }

  /** A request of `connection` is worked on. */
  noteWork(connection: object): void {
    if (connection === this.#last) return;
    if (this.#last !== null) this.#sharedUntilMs = this.clock.monotonicMs() + this.limits.sharedMs;
    this.#last = connection;
  }

  /** Whether a connection with so many bytes in work has to leave room for others. */
  isFull(inflightBytes: number): boolean {
    return inflightBytes >= this.limits.sharedInflightBytes && this.clock.monotonicMs() < this.#sharedUntilMs;
  }

  /** `connection` is gone. */
  forgetWork(connection: object): void {
    if (this.#last === connection) this.#last = null;
  }

  /** Calls `run` once, after what has arrived from others was looked at. */
  comeBack(run: () => void): void {
    this.#waiting.add(run);
    this.#schedule();
  }

  forget(run: () => void): void {
    this.#waiting.delete(run);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.clock.afterTurn(() => this.#run());
  }

  #run(): void {
    this.#scheduled = false;
    const untilMs = this.clock.monotonicMs() + this.limits.turnMs;
    // Each once: who asks again while it works is for the next turn.
    for (const run of [...this.#waiting]) {
      if (this.#waiting.delete(run)) run();
      if (this.clock.monotonicMs() >= untilMs) break;
    }
    if (this.#waiting.size > 0) this.#schedule();
  }
}
