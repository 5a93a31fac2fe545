/**
 * Connections of one listener on their way in. While one waits because connections come too fast, those behind it wait too:
 * they are open, but not read. As Kafka's acceptor does it, but for the bound: what doesn't fit is closed. What waits because
 * others of its own address keep coming holds up nobody else.
 */
import { canonicalAddress } from '../../base/ip-address.ts';
import type { Clock, Connection, Timer } from '../../platform/ports.ts';
import type { ConnectionGate } from '../../quota/connection-gate.ts';

/** Connections that wait, and as many again that are held before they are closed. */
export const WAITING_MAX = 1024;

/** What a connection becomes. */
export interface Entrant {
  /** It isn't read until `admit`, which is harmless when it is gone. */
  holdBack(): void;
  admit(): void;
}

export interface ConnectionQueueOptions {
  readonly listenerName: string;
  readonly gate: ConnectionGate;
  readonly clock: Clock;
  /** Takes a connection over; `left` must be called when it is gone. */
  readonly open: (connection: Connection, left: () => void) => Entrant;
  /** One is turned away; for the log. */
  readonly refused: (connection: Connection, why: string) => void;
}

export class ConnectionQueue {
  readonly #options: ConnectionQueueOptions;
  /** The timer runs for the first of them. */
  readonly #waiting: Entrant[] = [];
  #timer: Timer | null = null;
  /** To be closed when their timers fire. */
  readonly #held = new Map<Connection, Timer>();
  /** For those that wait for their own address: as many as are open at most. */
  readonly #steady = new Set<Timer>();
  #closed = false;

  constructor(options: ConnectionQueueOptions) {
    this.#options = options;
  }

  /** The port is done with `connection`; it is opened or turned away. */
  accept(connection: Connection): void {
    const { gate, clock, listenerName, open } = this.#options;
    if (this.#closed) return this.#turnAway(connection, 0, 'the broker is shutting down');
    if (this.#waiting.length >= WAITING_MAX) {
      return this.#turnAway(connection, 0, `${WAITING_MAX} wait to be let in (max.connection.creation.rate)`);
    }
    const { remoteHost } = connection;
    const comer = { listenerName, address: canonicalAddress(remoteHost) ?? remoteHost };
    const nowMs = Math.floor(clock.monotonicMs());
    const verdict = gate.enter(comer, nowMs);
    if (verdict.kind === 'refuse') return this.#turnAway(connection, verdict.afterMs, verdict.why);
    const entrant = open(connection, () => gate.left(comer));
    const pauseMs = this.#timer === null ? this.#pace() : 0;
    if (pauseMs === 0 && this.#timer === null) {
      const waitMs = gate.steadyWaitMs(comer.address, nowMs);
      if (waitMs > 0) this.#admitLater(entrant, waitMs);
      return;
    }
    entrant.holdBack();
    this.#waiting.push(entrant);
    if (this.#timer === null) this.#wait(pauseMs);
  }

  /** Closes those that are held, and lets nobody wait any more. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = null;
    this.#waiting.length = 0;
    for (const timer of this.#steady) timer.cancel();
    this.#steady.clear();
    for (const [connection, timer] of this.#held) {
      timer.cancel();
      connection.destroy();
    }
    this.#held.clear();
  }

  #pace(): number {
    const { gate, clock, listenerName } = this.#options;
    return gate.pace(listenerName, Math.floor(clock.monotonicMs()));
  }

  #admitLater(entrant: Entrant, ms: number): void {
    entrant.holdBack();
    const timer = this.#options.clock.setTimer(ms, () => {
      this.#steady.delete(timer);
      entrant.admit();
    });
    this.#steady.add(timer);
  }

  #wait(ms: number): void {
    this.#timer = this.#options.clock.setTimer(ms, () => {
      this.#timer = null;
      this.#waiting.shift()!.admit();
      while (this.#waiting.length > 0) {
        const pauseMs = this.#pace();
        if (pauseMs > 0) return this.#wait(pauseMs);
        this.#waiting.shift()!.admit();
      }
    });
  }

  #turnAway(connection: Connection, afterMs: number, why: string): void {
    connection.onData(() => undefined);
    connection.onDrain(() => undefined);
    connection.onClose(() => {
      this.#held.get(connection)?.cancel();
      this.#held.delete(connection);
    });
    this.#options.refused(connection, why);
    if (afterMs === 0 || this.#held.size >= WAITING_MAX) return connection.destroy();
    connection.pause();
    const timer = this.#options.clock.setTimer(afterMs, () => {
      this.#held.delete(connection);
      connection.destroy();
    });
    this.#held.set(connection, timer);
  }
}
