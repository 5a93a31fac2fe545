/**
 * What one request costs its client, and how long the client has to be silent for it. KIP-13 (bytes), KIP-124 (time on the
 * event loop), KIP-219 (answer first, then don't read), KIP-599 (mutations).
 *
 * The session settles a charge when it answers. Handlers use it where a quota changes what they do.
 */
import type { Clock } from '../../platform/ports.ts';
import type { ClientQuotas } from '../../quota/client-quotas.ts';
import type { Client } from '../../quota/quota-table.ts';
import { API_KEY } from './codec/api-keys.ts';

/** What a handler may ask and tell. */
export interface RequestCharge {
  /** The most bytes of records that a fetch can answer without being held up for certain; Infinity: no quota. */
  readonly fetchBytesMax: number;
  /** Charges a fetch with its bytes of records. True: send nothing of it, and nothing counts; the client asks again later. */
  refusesFetched(bytes: number): boolean;
  /** Charges a fetch that can't be taken back. */
  fetched(bytes: number): void;
  /** Asks to create or delete partitions. False: refuse (only where `strict`), and nothing counts. */
  mutate(request: { readonly count: number; readonly strict: boolean }): boolean;
  /** Partitions that were asked for and didn't come about. */
  unmutate(count: number): void;
}

/** For clients without a quota. */
export const NO_CHARGE: RequestCharge = {
  fetchBytesMax: Number.POSITIVE_INFINITY,
  refusesFetched: () => false,
  fetched: () => undefined,
  mutate: () => true,
  unmutate: () => undefined,
};

/** Requests that cost no time: between brokers, and before it is known who asks. */
const EXEMPT: ReadonlySet<number> = new Set([
  API_KEY.WriteTxnMarkers,
  API_KEY.SaslHandshake,
  API_KEY.SaslAuthenticate,
]);

export interface ChargeOptions {
  readonly quotas: ClientQuotas;
  readonly clock: Clock;
  readonly client: Client;
  readonly apiKey: number;
  readonly requestBytes: number;
}

export class ClientCharge implements RequestCharge {
  readonly #options: ChargeOptions;
  readonly #startedMs: number;
  /** Time of the handler's first, synchronous part; −1 while it runs. */
  #handledMs = -1;
  #timeCharged = false;
  #pauseMs = 0;
  /** A pause for mutations counts from when they were asked for. */
  #mutationPauseMs = 0;
  #mutatedMs = 0;

  constructor(options: ChargeOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
  }

  get fetchBytesMax(): number {
    return this.#options.quotas.mostAtOnce('fetch', this.#options.client);
  }

  refusesFetched(bytes: number): boolean {
    const { quotas, client } = this.#options;
    const nowMs = this.#nowMs();
    const pauseMs = Math.max(this.#chargeTime(), quotas.record('fetch', client, bytes, nowMs));
    if (pauseMs === 0) return false;
    quotas.record('fetch', client, -bytes, nowMs);
    this.#pauseMs = Math.max(this.#pauseMs, pauseMs);
    return true;
  }

  fetched(bytes: number): void {
    const { quotas, client } = this.#options;
    this.#pauseMs = Math.max(this.#pauseMs, quotas.record('fetch', client, bytes, this.#nowMs()));
  }

  mutate({ count, strict }: { readonly count: number; readonly strict: boolean }): boolean {
    const nowMs = this.#nowMs();
    const pauseMs = this.#options.quotas.mutate(this.#options.client, { count, strict }, nowMs);
    if (pauseMs > 0) {
      this.#mutationPauseMs = pauseMs;
      this.#mutatedMs = nowMs;
    }
    return !strict || pauseMs === 0;
  }

  unmutate(count: number): void {
    this.#options.quotas.unmutate(this.#options.client, count, this.#nowMs());
  }

  /** The handler has returned; it may answer later. */
  handled(): void {
    if (this.#handledMs < 0) this.#handledMs = this.#options.clock.monotonicMs() - this.#startedMs;
  }

  /** Charges the request as it is answered; answers how long the client has to be silent, ms. */
  settle(answered: boolean): number {
    const { quotas, client, apiKey, requestBytes } = this.#options;
    const nowMs = this.#nowMs();
    let pauseMs = Math.max(this.#pauseMs, this.#mutationPauseMs - (nowMs - this.#mutatedMs));
    if (apiKey === API_KEY.Produce) {
      pauseMs = Math.max(pauseMs, quotas.record('produce', client, requestBytes, nowMs));
    }
    // As in Kafka, a produce without an answer isn't charged for its time.
    return answered ? Math.max(pauseMs, this.#chargeTime()) : pauseMs;
  }

  /** Time spent for it after it was settled counts, but holds nobody up. */
  spent(ms: number): void {
    const { quotas, client, apiKey } = this.#options;
    if (!EXEMPT.has(apiKey)) quotas.recordTime(client, ms, this.#nowMs());
  }

  #chargeTime(): number {
    const { quotas, clock, client, apiKey } = this.#options;
    if (this.#timeCharged || EXEMPT.has(apiKey)) return 0;
    this.#timeCharged = true;
    const ms = this.#handledMs < 0 ? clock.monotonicMs() - this.#startedMs : this.#handledMs;
    return quotas.recordTime(client, ms, this.#nowMs());
  }

  #nowMs(): number {
    return Math.floor(this.#options.clock.monotonicMs());
  }
}
