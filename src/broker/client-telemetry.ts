/**
 * The latest metrics that clients have pushed (KIP-714), by client instance. Bounded in clients and in points of a client; a
 * client that falls silent is forgotten. Nothing of it outlives the process.
 */
import type { Clock } from '../platform/ports.ts';

export interface TelemetryPoint {
  readonly name: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly type: 'counter' | 'gauge';
  readonly value: number;
  /** The value is what was added since the last push, not what there is in all. */
  readonly delta: boolean;
}

/**
 * Reads OpenTelemetry's MetricsData: its first `pointsMax` points, or null where it can't be understood. Names and labels are
 * such as metrics may have, and all texts are of bounded length.
 */
export type TelemetryDecoder = (metrics: Buffer, pointsMax: number) => TelemetryPoint[] | null;

export interface TelemetryClient {
  readonly clientId: string;
  readonly softwareName: string;
  readonly softwareVersion: string;
  readonly address: string;
}

export interface TelemetryInstance {
  /** The client instance id as text. */
  readonly id: string;
  readonly client: TelemetryClient;
  readonly points: readonly TelemetryPoint[];
  readonly expiresAtMs: number;
}

/** Series of one client that are shown; the rest of a push is dropped. */
const POINTS_MAX = 1000;
/** Clients whose metrics are shown; beyond, the one that was silent longest is forgotten. */
const INSTANCES_MAX = 1000;
/** How much of what a client says of itself is shown. */
const TEXT_CHARACTERS_MAX = 200;

export interface ClientTelemetryOptions {
  readonly clock: Clock;
  readonly decode: TelemetryDecoder;
  /** Overrides for tests. */
  readonly pointsMax?: number;
  readonly instancesMax?: number;
}

export class ClientTelemetry {
  readonly #options: ClientTelemetryOptions;
  readonly #pointsMax: number;
  readonly #instancesMax: number;
  /** In the order of their last push. */
  readonly #instances = new Map<string, TelemetryInstance>();

  constructor(options: ClientTelemetryOptions) {
    this.#options = options;
    this.#pointsMax = options.pointsMax ?? POINTS_MAX;
    this.#instancesMax = options.instancesMax ?? INSTANCES_MAX;
  }

  get instanceCount(): number {
    this.#forgetSilent();
    return this.#instances.size;
  }

  instances(): Iterable<TelemetryInstance> {
    this.#forgetSilent();
    return this.#instances.values();
  }

  /** Keeps what was pushed for `keepMs`; false where it can't be understood. */
  push(push: {
    readonly id: string;
    readonly client: TelemetryClient;
    readonly metrics: Buffer;
    readonly keepMs: number;
  }): boolean {
    const { id, client, metrics, keepMs } = push;
    const decoded = this.#options.decode(metrics, this.#pointsMax);
    if (decoded === null) return false;
    const before = this.#instances.get(id)?.points ?? [];
    const expiresAtMs = this.#options.clock.monotonicMs() + keepMs;
    this.#instances.delete(id);
    this.#instances.set(id, {
      id,
      client: shortened(client),
      points: merge(before, decoded, this.#pointsMax),
      expiresAtMs,
    });
    if (this.#instances.size > this.#instancesMax) {
      const [silent] = this.#instances.keys();
      this.#instances.delete(silent!);
    }
    return true;
  }

  #forgetSilent(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const { id, expiresAtMs } of this.#instances.values()) {
      if (expiresAtMs <= nowMs) this.#instances.delete(id);
    }
  }
}

function shortened(client: TelemetryClient): TelemetryClient {
  const short = (text: string): string => text.slice(0, TEXT_CHARACTERS_MAX);
  return {
    clientId: short(client.clientId),
    softwareName: short(client.softwareName),
    softwareVersion: short(client.softwareVersion),
    address: client.address,
  };
}

function seriesKey({ name, labels }: TelemetryPoint): string {
  return labels.length === 0 ? name : `${name}\n${JSON.stringify(labels)}`;
}

/**
 * All series that are known now. A delta is added to what there was; a counter that isn't in the push stays, as clients may
 * leave out what has not changed; a gauge that isn't in it is gone.
 */
function merge(
  before: readonly TelemetryPoint[],
  pushed: readonly TelemetryPoint[],
  pointsMax: number,
): TelemetryPoint[] {
  const series = new Map<string, TelemetryPoint>();
  for (const point of before) if (point.type === 'counter') series.set(seriesKey(point), point);
  for (const point of pushed) {
    const key = seriesKey(point);
    const sum = point.delta ? (series.get(key)?.value ?? 0) + point.value : point.value;
    series.set(key, { ...point, value: sum, delta: false });
  }
  return [...series.values()].slice(0, pointsMax);
}
