/**
 * Runs that put dead letters back, as operators follow them: each has a number, says how far it is, and can be stopped. A run goes on
 * when nobody asks; it ends with the broker, and another goes on where it was.
 */
import { BrokerError } from '../base/errors.ts';
import type { Clock } from '../platform/ports.ts';
import type { QueueAdmin } from './queue-admin.ts';
import type { Redrive, RedriveRequest, RedriveResult } from './redrive.ts';

/** At one time. */
const RUNNING_MAX = 16;
/** Runs that have ended and can still be asked about. */
const ENDED_MAX = 100;

export interface Run {
  readonly number: number;
  readonly topic: string;
  readonly state: 'running' | 'done' | 'stopped' | 'failed';
  readonly result: RedriveResult;
  readonly startedMs: number;
  /** −1: it runs. */
  readonly endedMs: number;
  readonly error: BrokerError | null;
}

class LiveRun implements Run {
  readonly number: number;
  readonly topic: string;
  readonly startedMs: number;
  endedMs = -1;
  error: BrokerError | null = null;
  redrive: Redrive | null = null;
  waiting: (() => void)[] = [];

  constructor(number: number, topic: string, startedMs: number) {
    this.number = number;
    this.topic = topic;
    this.startedMs = startedMs;
  }

  get result(): RedriveResult {
    return this.redrive?.result ?? { moved: 0, stayed: 0 };
  }

  get state(): Run['state'] {
    if (this.endedMs < 0) return 'running';
    if (this.error !== null) return 'failed';
    return this.redrive?.isCancelled === true ? 'stopped' : 'done';
  }
}

export class RedriveRuns {
  readonly #admin: QueueAdmin;
  readonly #clock: Clock;
  /** In the order of their numbers. */
  readonly #runs = new Map<number, LiveRun>();
  #last = 0;

  constructor({ admin, clock }: { readonly admin: QueueAdmin; readonly clock: Clock }) {
    this.#admin = admin;
    this.#clock = clock;
  }

  list(): Run[] {
    return [...this.#runs.values()];
  }

  find(number: number): Run | undefined {
    return this.#runs.get(number);
  }

  /** Refuses with duplicate-resource where the topic has a run, throttled where too many run. */
  start(topic: string, request: RedriveRequest): Run | BrokerError {
    const running = this.list().filter(({ state }) => state === 'running');
    const same = running.find((run) => run.topic === topic);
    if (same !== undefined) {
      const sentence = `run ${same.number} puts the letters of '${topic}' back already: follow it, or stop it`;
      return new BrokerError('duplicate-resource', sentence);
    }
    if (running.length >= RUNNING_MAX) {
      return new BrokerError('throttled', `${RUNNING_MAX} runs are under way: wait until one has ended`);
    }
    const run = new LiveRun(++this.#last, topic, this.#clock.nowMs());
    this.#runs.set(run.number, run);
    run.redrive = this.#admin.redrive(request, (result) => {
      run.endedMs = this.#clock.nowMs();
      if (result instanceof BrokerError) run.error = result;
      for (const wake of run.waiting.splice(0)) wake();
      this.#forgetOldest();
    });
    return run;
  }

  /** Ends a run after what is under way. */
  stop(run: Run): void {
    (run as LiveRun).redrive?.cancel();
  }

  /** Resolves when the run has ended, or `waitMs` have passed. */
  ended(run: Run, waitMs: number): Promise<void> {
    const live = run as LiveRun;
    if (live.state !== 'running' || waitMs === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(waitMs, wake);
      function wake(): void {
        timer.cancel();
        live.waiting = live.waiting.filter((each) => each !== wake);
        resolve();
      }
      live.waiting.push(wake);
    });
  }

  #forgetOldest(): void {
    const ended = this.list().filter(({ state }) => state !== 'running');
    for (const { number } of ended.slice(0, Math.max(0, ended.length - ENDED_MAX))) this.#runs.delete(number);
  }
}
