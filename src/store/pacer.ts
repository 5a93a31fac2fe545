/**
 * Holds the passes over the log back, so that those who append and read hardly notice them: while there are such, a pass
 * keeps to a set pace and works at most a quarter of the time; on a log that nobody uses it goes as fast as it may.
 */
import type { Clock } from '../platform/ports.ts';
import { pause, turn } from './file-io.ts';

/** Rest for each ms of work while the log is in use. */
const BUSY_REST = 3;
/** Shorter rests are saved up. */
const REST_MS_MIN = 2;
/** A rest looks this often whether the log is closing. */
const STEP_MS = 100;

export interface PacerOptions {
  readonly clock: Clock;
  /** Bytes a second at most, while others use the log and while nobody does. */
  readonly busyBytesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Counts what others ask of the log. */
  readonly activity: () => number;
  readonly isStopping: () => boolean;
}

export class Pacer {
  readonly #options: PacerOptions;
  #activity: number;
  #workedFromMs: number;
  #restMs = 0;

  constructor(options: PacerOptions) {
    this.#options = options;
    this.#activity = options.activity();
    this.#workedFromMs = options.clock.monotonicMs();
  }

  /** Ms that the pass has worked since it rested or let others run. */
  get workedMs(): number {
    return this.#options.clock.monotonicMs() - this.#workedFromMs;
  }

  /** Lets others run after `bytes` of work, and rests as long as these may take. */
  async spend(bytes: number): Promise<void> {
    const { clock, activity, isStopping } = this.#options;
    const isBusy = activity() !== this.#activity;
    const rate = isBusy
      ? Math.min(this.#options.busyBytesPerSecond, this.#options.bytesPerSecond)
      : this.#options.bytesPerSecond;
    this.#activity = activity();
    this.#restMs += Math.max((bytes * 1000) / rate, isBusy ? this.workedMs * BUSY_REST : 0);
    if (this.#restMs < REST_MS_MIN) await turn(clock);
    while (this.#restMs >= REST_MS_MIN && !isStopping()) {
      const stepMs = Math.min(this.#restMs, STEP_MS);
      await pause(clock, stepMs);
      this.#restMs -= stepMs;
    }
    this.#workedFromMs = clock.monotonicMs();
  }
}
