/**
 * The clients that are there: what they have said of themselves over Telemetry, and the stream on which the broker can ask
 * something of them. One that has said nothing for a minute, and has no stream, is forgotten.
 *
 * Messages that the broker keeps for a push consumer are let go when that is lost: soon where its stream has ended and it opens no
 * other; where it does, after a while, as it may still be at work on what it had before, or never have got it.
 *
 * Bounded: CLIENTS_MAX at a time; one more is served, but can't be asked for check-backs.
 */
import type { Clock, Timer } from '../../platform/ports.ts';
import type { Resource, Settings, TelemetryCommand } from './codec/generated/messages.ts';
import { CLIENT_BACK_MS, CLIENT_LOST_MS, CLIENT_SILENT_MS_MAX, CLIENTS_MAX } from './limits.ts';

/** The way to a client. */
export interface ClientStream {
  write(command: TelemetryCommand): void;
  end(): void;
}

export interface Client {
  readonly id: string;
  /** As it sent them last; null: not yet. */
  settings: Settings | null;
  /** Names of the broker's topics that it publishes to, and what it calls them. */
  publishes: ReadonlyMap<string, Resource>;
  /** Null: it has none open. */
  stream: ClientStream | null;
  seenMs: number;
  /** How many streams have ended: a consumer of the queue model is what a client was between two. */
  generation: number;
  /** What it was before, and what it had then is still kept for it, with the timers that end that. */
  readonly before: Map<string, Timer>;
}

const consumerOf = ({ id, generation }: Pick<Client, 'id' | 'generation'>): string => `${id} #${generation}`;

export class Clients {
  readonly #clock: Clock;
  readonly #byId = new Map<string, Client>();
  readonly #letGo: (consumer: string) => void;
  readonly #left: (id: string) => void;
  #timer: Timer | null = null;

  /** `letGo`: of a consumer that is lost. `left`: a client is forgotten. */
  constructor(clock: Clock, letGo: (consumer: string) => void, left: (id: string) => void) {
    this.#clock = clock;
    this.#letGo = letGo;
    this.#left = left;
  }

  get count(): number {
    return this.#byId.size;
  }

  find(id: string): Client | undefined {
    return this.#byId.get(id);
  }

  all(): Iterable<Client> {
    return this.#byId.values();
  }

  /** By which the queue model knows the client now. */
  consumerName(id: string): string {
    return consumerOf(this.#byId.get(id) ?? { id, generation: 0 });
  }

  /** The client of a call, from now on known; null where there are too many. */
  seen(id: string): Client | null {
    const nowMs = this.#clock.monotonicMs();
    let client = this.#byId.get(id);
    if (client === undefined) {
      if (this.#byId.size >= CLIENTS_MAX) return null;
      client = {
        id,
        settings: null,
        publishes: new Map(),
        stream: null,
        seenMs: nowMs,
        generation: 0,
        before: new Map(),
      };
      this.#byId.set(id, client);
      this.#timer ??= this.#clock.setTimer(CLIENT_SILENT_MS_MAX / 2, this.#look);
    }
    client.seenMs = nowMs;
    return client;
  }

  /** A stream of the client is open; an older one is one that it has given up. */
  opened(client: Client, stream: ClientStream): void {
    const older = client.stream;
    client.stream = stream;
    if (older === null) return;
    this.#lost(client);
    older.end();
  }

  /** That stream has ended. */
  ended(client: Client, stream: ClientStream): void {
    if (client.stream !== stream) return;
    client.stream = null;
    this.#lost(client);
  }

  /** It says goodbye. */
  leave(id: string): void {
    const client = this.#byId.get(id);
    if (client === undefined) return;
    this.#byId.delete(id);
    for (const [consumer, timer] of client.before) {
      timer.cancel();
      this.#letGo(consumer);
    }
    this.#letGo(consumerOf(client));
    this.#left(id);
    const { stream } = client;
    client.stream = null;
    stream?.end();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (const client of this.#byId.values()) {
      for (const timer of client.before.values()) timer.cancel();
      client.stream?.end();
    }
    this.#byId.clear();
  }

  #lost(client: Client): void {
    const consumer = consumerOf(client);
    client.generation++;
    const wait = (ms: number, fire: () => void): void => {
      client.before.set(consumer, this.#clock.setTimer(ms, fire));
    };
    const letGo = (): void => {
      client.before.delete(consumer);
      this.#letGo(consumer);
    };
    wait(CLIENT_LOST_MS, () => {
      if (client.stream === null) letGo();
      else wait(CLIENT_BACK_MS - CLIENT_LOST_MS, letGo);
    });
  }

  readonly #look = (): void => {
    const silentSinceMs = this.#clock.monotonicMs() - CLIENT_SILENT_MS_MAX;
    for (const { id, stream, seenMs } of [...this.#byId.values()]) {
      if (stream === null && seenMs < silentSinceMs) this.leave(id);
    }
    this.#timer = this.#byId.size === 0 ? null : this.#clock.setTimer(CLIENT_SILENT_MS_MAX / 2, this.#look);
  };
}
