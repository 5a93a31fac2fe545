/**
 * A machine's timers: one by key, set again or cancelled by that key. A clock timer is only set when none is under
 * way that fires early enough, so that moving a deadline further away costs nothing but a map entry.
 */
import type { Clock, Timer } from '../platform/ports.ts';
import type { TimerRequest } from './machine.ts';

/** Timers of Node take 31 bits; a longer wait is several waits. */
const DELAY_MAX_MS = 2 ** 30;

interface Entry<Command> {
  /** When the command is due. */
  atMs: number;
  /** When the clock timer fires: never later than `atMs`, but for a clock that was set back. */
  firesAtMs: number;
  command: Command;
  timer: Timer;
}

export class MachineTimers<Command> {
  readonly #clock: Clock;
  readonly #fire: (key: string, command: Command) => void;
  readonly #entries = new Map<string, Entry<Command>>();

  constructor(clock: Clock, fire: (key: string, command: Command) => void) {
    this.#clock = clock;
    this.#fire = fire;
  }

  get size(): number {
    return this.#entries.size;
  }

  request(request: TimerRequest<Command>): void {
    const { key, atMs, command } = request;
    const entry = this.#entries.get(key);
    if (command === null) {
      entry?.timer.cancel();
      this.#entries.delete(key);
      return;
    }
    if (entry !== undefined) {
      entry.command = command;
      entry.atMs = atMs;
      if (atMs >= entry.firesAtMs) return;
      entry.timer.cancel();
      this.#arm(key, entry);
      return;
    }
    const fresh: Entry<Command> = { atMs, firesAtMs: atMs, command, timer: NO_TIMER };
    this.#entries.set(key, fresh);
    this.#arm(key, fresh);
  }

  cancelAll(): void {
    for (const entry of this.#entries.values()) entry.timer.cancel();
    this.#entries.clear();
  }

  #arm(key: string, entry: Entry<Command>): void {
    const nowMs = this.#clock.nowMs();
    const delayMs = Math.min(Math.max(entry.atMs - nowMs, 0), DELAY_MAX_MS);
    entry.firesAtMs = nowMs + delayMs;
    entry.timer = this.#clock.setTimer(delayMs, () => this.#due(key, entry));
  }

  #due(key: string, entry: Entry<Command>): void {
    if (this.#entries.get(key) !== entry) return;
    if (this.#clock.nowMs() < entry.atMs) {
      this.#arm(key, entry);
      return;
    }
    this.#entries.delete(key);
    this.#fire(key, entry.command);
  }
}

const NO_TIMER: Timer = { cancel: () => {} };
