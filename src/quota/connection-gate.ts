/**
 * Which connections are let in: how many there may be in all, of a listener and of an address, and how fast they may come.
 * As in Kafka (KIP-402, KIP-612): who is too many is turned away, what comes too fast waits, and an address that is above
 * its own rate is turned away a moment later, so that it doesn't come back at once.
 *
 * Beyond Kafka: an address whose clients connect again and again is let in more slowly. Each connection costs the broker some
 * hundred µs and leaves it garbage, which all others wait for. A burst, as after a restart, isn't held up.
 *
 * Bounded: an address is remembered while it has a connection open, or its rate is measured.
 */
import type { Quota } from '../metadata/quotas.ts';
import { Measured } from './measured.ts';
import { TokenBucket } from './token-bucket.ts';
import { pauseMs, WindowedRate, type Windows } from './windowed-rate.ts';

/** Limits of all listeners together, or of one. Infinity: none. */
export interface ConnectionLimits {
  /** max.connections */
  readonly connectionsMax: number;
  /** max.connection.creation.rate, in a second */
  readonly creationRateMax: number;
}

export interface AddressLimits {
  /** max.connections.per.ip */
  readonly connectionsMax: number;
  /** max.connections.per.ip.overrides, by address in its one form */
  readonly overrides: ReadonlyMap<string, number>;
  /** polylog.connection.steady.rate.per.ip: how many may come in a second, again and again */
  readonly steadyRateMax: number;
}

/** What an address may be above its steady rate: as many as come in so many seconds. */
const BURST: Windows = { samples: 5, sampleMs: 1000 };
/** A connection waits no longer than this for its address, ms: clients give up on it. */
const STEADY_WAIT_MS_MAX = 1000;

export interface GateOptions {
  /** Asked for each connection: limits may change at any time. */
  readonly limits: () => ConnectionLimits;
  readonly listenerLimits: (listenerName: string) => ConnectionLimits;
  readonly addressLimits: () => AddressLimits;
  readonly windows: Windows;
  /** Addresses whose rate is measured at one time. */
  readonly measuredMax: number;
}

export interface Comer {
  readonly listenerName: string;
  /** In its one form (base/ip-address.ts). */
  readonly address: string;
}

export type Verdict =
  /** It is counted from now on, until `left`. */
  | { readonly kind: 'enter' }
  /** It is to be closed after so long, ms; `why` names the limit. */
  | { readonly kind: 'refuse'; readonly afterMs: number; readonly why: string };

interface Group {
  count: number;
  readonly rate: WindowedRate;
}

export class ConnectionGate {
  readonly #options: GateOptions;
  readonly #all: Group;
  /** By name: as many as there are in the settings. */
  readonly #listeners = new Map<string, Group>();
  readonly #addresses = new Map<string, number>();
  readonly #rates: Measured<WindowedRate>;
  readonly #steady: Measured<TokenBucket>;
  /** connection_creation_rate by address; null: of every other. */
  #quotas: ReadonlyMap<string | null, number> = new Map();

  constructor(options: GateOptions) {
    this.#options = options;
    this.#all = this.#group();
    this.#rates = new Measured({
      countMax: options.measuredMax,
      make: () => new WindowedRate(options.windows),
      isIdle: (rate, _limit, nowMs) => rate.isIdle(nowMs),
    });
    this.#steady = new Measured({
      countMax: options.measuredMax,
      make: () => new TokenBucket(BURST),
      isIdle: (bucket, limit, nowMs) => bucket.isIdle(limit, nowMs),
    });
  }

  get count(): number {
    return this.#all.count;
  }

  /** How many addresses are remembered. */
  get addressCount(): number {
    return this.#addresses.size + this.#rates.count + this.#steady.count;
  }

  /** Takes the rates of addresses from now on. */
  load(quotas: Iterable<Quota>): void {
    const rates = new Map<string | null, number>();
    for (const { entity, values } of quotas) {
      const rate = values.get('connection_creation_rate');
      if (entity.ip !== undefined && rate !== undefined) rates.set(entity.ip, rate);
    }
    this.#quotas = rates;
  }

  /** Whether a connection may enter; one that may is counted. */
  enter({ listenerName, address }: Comer, nowMs: number): Verdict {
    const limits = this.#options.limits();
    const ofListener = this.#options.listenerLimits(listenerName);
    const listener = this.#listener(listenerName);
    const open = this.#addresses.get(address) ?? 0;
    const why = this.#tooMany(limits, ofListener, listener) ?? this.#tooManyOf(address, open);
    if (why !== null) return { kind: 'refuse', afterMs: 0, why };
    const pause = this.#addressPause(address, nowMs);
    if (pause > 0)
      return { kind: 'refuse', afterMs: pause, why: `quota connection_creation_rate of ${address}` };
    this.#all.count++;
    listener.count++;
    this.#addresses.set(address, open + 1);
    return { kind: 'enter' };
  }

  /** The turn of one that has entered: how long it and those behind it have to wait, ms. */
  pace(listenerName: string, nowMs: number): number {
    const { limits, listenerLimits } = this.#options;
    return Math.max(
      this.#pause(this.#all.rate, limits().creationRateMax, nowMs),
      this.#pause(this.#listener(listenerName).rate, listenerLimits(listenerName).creationRateMax, nowMs),
    );
  }

  /** How long one that has entered has to wait because others of its address keep coming, ms. */
  steadyWaitMs(address: string, nowMs: number): number {
    const { steadyRateMax } = this.#options.addressLimits();
    if (steadyRateMax === Number.POSITIVE_INFINITY) return 0;
    const bucket = this.#steady.of({ sharedBy: address, perSecond: steadyRateMax }, nowMs);
    // Whoever would have to wait for longer takes nothing more.
    if (bucket.pauseMs(steadyRateMax, nowMs) < STEADY_WAIT_MS_MAX) bucket.take(1, steadyRateMax, nowMs);
    return Math.min(bucket.pauseMs(steadyRateMax, nowMs), STEADY_WAIT_MS_MAX);
  }

  /** A connection that had entered is gone. */
  left({ listenerName, address }: Comer): void {
    this.#all.count--;
    this.#listener(listenerName).count--;
    const open = (this.#addresses.get(address) ?? 0) - 1;
    if (open > 0) this.#addresses.set(address, open);
    else this.#addresses.delete(address);
  }

  forgetIdle(nowMs: number): void {
    this.#rates.forgetIdle(nowMs);
    this.#steady.forgetIdle(nowMs);
  }

  #group(): Group {
    return { count: 0, rate: new WindowedRate(this.#options.windows) };
  }

  #listener(name: string): Group {
    let group = this.#listeners.get(name);
    if (group === undefined) this.#listeners.set(name, (group = this.#group()));
    return group;
  }

  #tooMany(limits: ConnectionLimits, ofListener: ConnectionLimits, listener: Group): string | null {
    if (this.#all.count >= limits.connectionsMax) {
      return `${limits.connectionsMax} are open (max.connections)`;
    }
    if (listener.count < ofListener.connectionsMax) return null;
    return `${ofListener.connectionsMax} of the listener are open (its max.connections)`;
  }

  #tooManyOf(address: string, open: number): string | null {
    const { connectionsMax, overrides } = this.#options.addressLimits();
    const max = overrides.get(address) ?? connectionsMax;
    return open < max ? null : `${max} of ${address} are open (max.connections.per.ip)`;
  }

  /** What isn't let in isn't counted. */
  #addressPause(address: string, nowMs: number): number {
    const perSecond = this.#quotas.get(address) ?? this.#quotas.get(null);
    if (perSecond === undefined) return 0;
    const rate = this.#rates.of({ sharedBy: address, perSecond }, nowMs);
    const pause = this.#pause(rate, perSecond, nowMs);
    if (pause > 0) rate.record(-1, nowMs);
    return pause;
  }

  /** As in Kafka, nobody waits longer than a sample lasts. */
  #pause(rate: WindowedRate, perSecond: number, nowMs: number): number {
    if (perSecond === Number.POSITIVE_INFINITY) return 0;
    rate.record(1, nowMs);
    const pause = pauseMs(rate.rate(nowMs), perSecond, rate.windowMs(nowMs));
    return Math.min(pause, this.#options.windows.sampleMs);
  }
}
