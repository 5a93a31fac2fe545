/**
 * What clients have used of their quotas, and how long who is above one has to be silent. Kafka's limits: bytes that it
 * produces and fetches, its share of the event loop, partitions that it creates and deletes.
 *
 * Bounded: only who has a limit is measured, at most `measuredMax` of a kind; who was idle for a window is forgotten, which
 * changes nothing. Beyond the bound the one that was measured first is forgotten, and begins anew.
 */
import type { Quota, QuotaKey } from '../metadata/quotas.ts';
import { Measured } from './measured.ts';
import { type Client, QuotaTable } from './quota-table.ts';
import { TokenBucket } from './token-bucket.ts';
import { pauseMs, WindowedRate, type Windows } from './windowed-rate.ts';

/** `produce` and `fetch` in bytes a second, `request` in percent of one event loop. */
export type RateQuota = 'produce' | 'fetch' | 'request';

export interface ClientQuotaOptions {
  /** quota.window.num, quota.window.size.seconds */
  readonly windows: Windows;
  /** controller.quota.window.num, controller.quota.window.size.seconds */
  readonly mutationWindows: Windows;
  /** Who is measured at one time, of each kind. */
  readonly measuredMax: number;
}

const KEYS: Readonly<Record<RateQuota, QuotaKey>> = {
  produce: 'producer_byte_rate',
  fetch: 'consumer_byte_rate',
  request: 'request_percentage',
};
const NO_QUOTAS: readonly Quota[] = [];
/** One event loop for one second is 100 %. */
const PERCENT_PER_MS = 100 / 1000;

/** One of the limits that are rates over windows. */
class RateLimit {
  readonly #windows: Windows;
  readonly measured: Measured<WindowedRate>;
  table = new QuotaTable(NO_QUOTAS, 'request_percentage');

  constructor({ windows, measuredMax: countMax }: ClientQuotaOptions) {
    this.#windows = windows;
    this.measured = new Measured({
      countMax,
      make: () => new WindowedRate(windows),
      isIdle: (rate, _limit, nowMs) => rate.isIdle(nowMs),
    });
  }

  record(client: Client, value: number, nowMs: number): number {
    const limit = this.table.find(client);
    if (limit === null) return 0;
    const rate = this.measured.of(limit, nowMs);
    rate.record(value, nowMs);
    return pauseMs(rate.rate(nowMs), limit.perSecond, rate.windowMs(nowMs));
  }

  mostAtOnce(client: Client): number {
    const limit = this.table.find(client);
    if (limit === null) return Number.POSITIVE_INFINITY;
    const { samples, sampleMs } = this.#windows;
    return (limit.perSecond * (samples - 1) * sampleMs) / 1000;
  }
}

export class ClientQuotas {
  readonly #rates: Readonly<Record<RateQuota, RateLimit>>;
  readonly #requestPauseMsMax: number;
  readonly #buckets: Measured<TokenBucket>;
  #mutations = new QuotaTable(NO_QUOTAS, 'controller_mutation_rate');
  #active = false;

  constructor(options: ClientQuotaOptions) {
    this.#rates = {
      produce: new RateLimit(options),
      fetch: new RateLimit(options),
      request: new RateLimit(options),
    };
    this.#requestPauseMsMax = options.windows.sampleMs;
    this.#buckets = new Measured({
      countMax: options.measuredMax,
      make: () => new TokenBucket(options.mutationWindows),
      isIdle: (bucket, limit, nowMs) => bucket.isIdle(limit, nowMs),
    });
  }

  /** Takes these quotas from now on. What was used counts on. */
  load(quotas: readonly Quota[]): void {
    for (const kind of Object.keys(KEYS) as RateQuota[]) {
      this.#rates[kind].table = new QuotaTable(quotas, KEYS[kind]);
    }
    this.#mutations = new QuotaTable(quotas, 'controller_mutation_rate');
    const tables = [this.#mutations, ...Object.values(this.#rates).map(({ table }) => table)];
    this.#active = tables.some((table) => !table.isEmpty);
  }

  /** Whether any client has a quota: without one nothing needs to be measured. */
  get active(): boolean {
    return this.#active;
  }

  /** How many are measured, over all kinds. */
  get measuredCount(): number {
    const { produce, fetch, request } = this.#rates;
    return produce.measured.count + fetch.measured.count + request.measured.count + this.#buckets.count;
  }

  /**
   * Notes `value` and answers how long the client has to be silent, in ms; 0: it is within its quota, or has none. Request
   * time pauses for one sample at most, as the loop is shared with others (KIP-124). A negative value takes back.
   */
  record(kind: RateQuota, client: Client, value: number, nowMs: number): number {
    const pause = this.#rates[kind].record(client, value, nowMs);
    return kind === 'request' ? Math.min(pause, this.#requestPauseMsMax) : pause;
  }

  /** As `record`, of time of the event loop that was spent for the client, ms. */
  recordTime(client: Client, ms: number, nowMs: number): number {
    return this.record('request', client, ms * PERCENT_PER_MS, nowMs);
  }

  /** What a client that was idle may use at once without a pause: to hand out more would hold it up for ever. */
  mostAtOnce(kind: RateQuota, client: Client): number {
    return this.#rates[kind].mostAtOnce(client);
  }

  /**
   * Asks for mutations (partitions created or deleted). `strict`: who has overdrawn is refused and nothing is noted; else
   * they are noted in any case. Answers the pause in ms; with `strict` anything but 0 is a refusal.
   */
  mutate(
    client: Client,
    request: { readonly count: number; readonly strict: boolean },
    nowMs: number,
  ): number {
    const limit = this.#mutations.find(client);
    if (limit === null) return 0;
    const bucket = this.#buckets.of(limit, nowMs);
    if (request.strict && bucket.tokens(limit.perSecond, nowMs) < 0) {
      return Math.max(1, bucket.pauseMs(limit.perSecond, nowMs));
    }
    bucket.take(request.count, limit.perSecond, nowMs);
    return request.strict ? 0 : bucket.pauseMs(limit.perSecond, nowMs);
  }

  /** Gives back mutations that didn't come about. */
  unmutate(client: Client, count: number, nowMs: number): void {
    const limit = this.#mutations.find(client);
    if (limit !== null) this.#buckets.of(limit, nowMs).take(-count, limit.perSecond, nowMs);
  }

  /** Drops what has no effect any more. */
  forgetIdle(nowMs: number): void {
    for (const { measured } of Object.values(this.#rates)) measured.forgetIdle(nowMs);
    this.#buckets.forgetIdle(nowMs);
  }
}
