/**
 * The clients that are there: what they have said of themselves over Telemetry, and the stream on which the broker can ask
 * something of them. One that has said nothing for a minute, and has no stream, is forgotten.
 *
 * Bounded: CLIENTS_MAX at a time; one more is served, but can't be asked for check-backs.
 */
import type { Clock, Timer } from '../../platform/ports.ts';
import type { Settings, TelemetryCommand } from './codec/generated/messages.ts';
import { CLIENT_SILENT_MS_MAX, CLIENTS_MAX } from './limits.ts';

/** The way to a client. */
export interface ClientStream {
  write(command: TelemetryCommand): void;
  end(): void;
}

export interface Client {
  readonly id: string;
  /** As it sent them last; null: not yet. */
  settings: Settings | null;
  /** Names of the broker's topics that it publishes to. */
  publishes: ReadonlySet<string>;
  /** Null: it has none open. */
  stream: ClientStream | null;
  seenMs: number;
}

export class Clients {
  readonly #clock: Clock;
  readonly #byId = new Map<string, Client>();
  readonly #onGone: (client: Client) => void;
  #timer: Timer | null = null;

  /** `onGone`: of each client that has left or is forgotten. */
  constructor(clock: Clock, onGone: (client: Client) => void) {
    this.#clock = clock;
    this.#onGone = onGone;
  }

  get count(): number {
    return this.#byId.size;
  }

  all(): Iterable<Client> {
    return this.#byId.values();
  }

  get(id: string): Client | undefined {
    return this.#byId.get(id);
  }

  /** The client of a call, from now on known; null where there are too many. */
  seen(id: string): Client | null {
    const nowMs = this.#clock.monotonicMs();
    let client = this.#byId.get(id);
    if (client === undefined) {
      if (this.#byId.size >= CLIENTS_MAX) return null;
      client = { id, settings: null, publishes: new Set(), stream: null, seenMs: nowMs };
      this.#byId.set(id, client);
      this.#timer ??= this.#clock.setTimer(CLIENT_SILENT_MS_MAX / 2, this.#look);
    }
    client.seenMs = nowMs;
    return client;
  }

  /** It says goodbye. */
  leave(id: string): void {
    const client = this.#byId.get(id);
    if (client === undefined) return;
    this.#byId.delete(id);
    client.stream?.end();
    client.stream = null;
    this.#onGone(client);
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (const id of [...this.#byId.keys()]) this.leave(id);
  }

  readonly #look = (): void => {
    const silentSinceMs = this.#clock.monotonicMs() - CLIENT_SILENT_MS_MAX;
    for (const { id, stream, seenMs } of [...this.#byId.values()]) {
      if (stream === null && seenMs < silentSinceMs) this.leave(id);
    }
    this.#timer = this.#byId.size === 0 ? null : this.#clock.setTimer(CLIENT_SILENT_MS_MAX / 2, this.#look);
  };
}
