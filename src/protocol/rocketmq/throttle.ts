/**
 * Kafka's quotas of clients for calls. An answer of Kafka's says how long the client has to be silent; here nothing can, and the
 * connection that several calls share can't be left unread. So a call of a client that is above a quota is held before anything
 * is done for it, and is served when the client is within its quota again; if that would take longer than a client waits, it is refused
 * with TOO_MANY_REQUESTS when the time is over, counts for nothing, and nothing of it is kept meanwhile. Clients come again with that by
 * themselves, a few ms later: without being held they would come without end.
 *
 *   producer_byte_rate    requests of SendMessage
 *   consumer_byte_rate    answers of ReceiveMessage and PullMessage; counted when they are given, so that the next one is held
 *   request_percentage    the time of the event loop that calls take, but Telemetry
 */
import type { Clock } from '../../platform/ports.ts';
import type { ClientQuotas, RateQuota } from '../../quota/client-quotas.ts';
import type { Client } from '../../quota/quota-table.ts';
import { CODE } from './codec/generated/messages.ts';
import { HELD_MS_MAX, POLLING_MS, WAY_BACK_MS } from './limits.ts';
import { Refusal } from './status.ts';

const SENDS = 'SendMessage';
const READS: ReadonlySet<string> = new Set(['ReceiveMessage', 'PullMessage']);
const usedUp = (quota: string): Refusal =>
  new Refusal(CODE.TOO_MANY_REQUESTS, `Your quota ${quota} is used up: come again later.`);

const REFUSALS: Readonly<Record<RateQuota, Refusal>> = {
  produce: usedUp('producer_byte_rate'),
  fetch: usedUp('consumer_byte_rate'),
  request: usedUp('request_percentage'),
};

export interface ThrottleOptions {
  readonly quotas: ClientQuotas;
  readonly clock: Clock;
  readonly client: Client;
  /** The name of the RPC. */
  readonly rpc: string;
  readonly patienceMs: number;
}

/** What becomes of a call. */
export interface Hold {
  /** How long it is to wait, ms. */
  readonly waitMs: number;
  /** Null: it is served then. */
  readonly refusal: Refusal | null;
}

/** Of one call, from its request on. */
export class CallThrottle {
  readonly #options: ThrottleOptions;
  #isTimed = false;

  constructor(options: ThrottleOptions) {
    this.#options = options;
  }

  /** Whoever is within its quota is served at once, however much it asks for, and pays with what it asks next. What is refused costs nothing. */
  ask(requestBytes: number): Hold {
    const { quotas, client, rpc, patienceMs } = this.#options;
    const nowMs = this.#nowMs();
    const kinds = this.#kinds();
    const pauses = kinds.map((kind) => quotas.record(kind, client, 0, nowMs));
    const pauseMs = Math.max(...pauses);
    // Who reads waits for messages anyway.
    const heldMsMax = READS.has(rpc) ? POLLING_MS : HELD_MS_MAX;
    const waitMs = Math.max(0, Math.min(pauseMs, heldMsMax, patienceMs - WAY_BACK_MS));
    if (waitMs < pauseMs) return { waitMs, refusal: REFUSALS[kinds[pauses.indexOf(pauseMs)]!] };
    if (rpc === SENDS) quotas.record('produce', client, requestBytes, nowMs);
    return { waitMs, refusal: null };
  }

  #kinds(): readonly RateQuota[] {
    const { rpc } = this.#options;
    if (rpc === SENDS) return ['request', 'produce'];
    return READS.has(rpc) ? ['request', 'fetch'] : ['request'];
  }

  /** Charges the time that `work` takes; of work within work once. */
  time(work: () => void): void {
    if (this.#isTimed) return work();
    const { quotas, clock, client } = this.#options;
    this.#isTimed = true;
    const startedMs = clock.monotonicMs();
    try {
      work();
    } finally {
      this.#isTimed = false;
      const ms = clock.monotonicMs() - startedMs;
      quotas.recordTime(client, ms, this.#nowMs());
    }
  }

  /** Charges a reply. */
  replied(bytes: number): void {
    const { quotas, client, rpc } = this.#options;
    if (READS.has(rpc)) quotas.record('fetch', client, bytes, this.#nowMs());
  }

  #nowMs(): number {
    return Math.floor(this.#options.clock.monotonicMs());
  }
}
