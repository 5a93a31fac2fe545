/**
 * Subscriptions of client metrics (KIP-714): what a client is asked to push, and what is taken of it. There only where
 * something shows the metrics; else the two APIs are not advertised.
 *
 * A client instance is known by the id that it was given. What it may push, and when, follows from the subscriptions that
 * match it, looked at anew when they change. The table of instances is bounded; who was dropped from it is matched again.
 */
import { crc32c } from '../../base/crc32c.ts';
import { BrokerError } from '../../base/errors.ts';
import { type Uuid, uuidFromBytes, uuidToString, ZERO_UUID } from '../../base/uuid.ts';
import type { Broker } from '../../broker/broker.ts';
import type { ClientTelemetry, TelemetryClient } from '../../broker/client-telemetry.ts';
import type { CompressionCodec } from '../../platform/ports.ts';

/** As many as Kafka remembers. */
const INSTANCES_MAX = 16_384;
/** Of a client that nothing is asked of. */
const INTERVAL_MS_DEFAULT = 300_000;
/** How many intervals a client may be silent before its metrics are no longer shown, and the least time, ms. */
const KEPT_INTERVALS = 3;
const KEPT_MS_MIN = 60_000;
/** What a push may come to when it is decompressed, in times of what may be pushed. */
const DECOMPRESSED_TIMES_MAX = 8;
/** zstd, lz4, gzip, snappy: in the order in which clients should choose. */
export const TELEMETRY_CODECS: readonly CompressionCodec[] = [4, 3, 1, 2];

/** Who pushes. */
export interface TelemetrySource extends TelemetryClient {
  readonly port: string;
}

export interface TelemetrySubscription {
  readonly instanceId: Uuid;
  readonly subscriptionId: number;
  readonly intervalMs: number;
  /** Prefixes of names; '*' alone: all metrics; empty: none. */
  readonly metrics: readonly string[];
}

interface Instance extends TelemetrySubscription {
  /** The subscriptions that this was made from. */
  readonly madeFrom: object;
  askedAtMs: number;
  pushedAtMs: number;
  /** Its last push was refused in a way that asking again mends. */
  mayAskAgain: boolean;
  terminated: boolean;
}

export interface TelemetryPush {
  readonly instanceId: Uuid;
  readonly subscriptionId: number;
  readonly terminating: boolean;
  readonly compressionType: number;
  readonly metrics: Buffer;
}

export interface KafkaTelemetryOptions {
  readonly broker: Broker;
  readonly telemetry: ClientTelemetry;
  readonly decompress: (codec: CompressionCodec, input: Buffer, bytesMax: number) => Buffer;
}

export class KafkaTelemetry {
  readonly #options: KafkaTelemetryOptions;
  /** In the order of their last request. */
  readonly #instances = new Map<Uuid, Instance>();

  constructor(options: KafkaTelemetryOptions) {
    this.#options = options;
  }

  /** telemetry.max.bytes: of one push as it is sent. */
  get bytesMax(): number {
    return this.#options.broker.settings.telemetryBytesMax;
  }

  /** What an instance is to push; the zero id asks for a new one. throttled: it asks too often. */
  subscription(instanceId: Uuid, source: TelemetrySource): TelemetrySubscription | BrokerError {
    const id = instanceId === ZERO_UUID ? this.#newId() : instanceId;
    const instance = this.#instance(id, source);
    const nowMs = this.#options.broker.clock.monotonicMs();
    const waited = nowMs - Math.max(instance.askedAtMs, instance.pushedAtMs) >= instance.intervalMs;
    if (!waited && !instance.mayAskAgain) return tooOften(instance);
    instance.askedAtMs = nowMs;
    instance.mayAskAgain = false;
    return instance;
  }

  /** Null: taken. */
  push(push: TelemetryPush, source: TelemetrySource): BrokerError | null {
    if (push.instanceId === ZERO_UUID) {
      return new BrokerError('invalid-request', 'a push needs the client instance id that was given');
    }
    const instance = this.#instance(push.instanceId, source);
    const refused = this.#refuse(push, instance);
    if (refused !== null) {
      const { code } = refused;
      instance.mayAskAgain = code === 'unknown-subscription-id' || code === 'unsupported-compression';
      return refused;
    }
    instance.terminated = push.terminating;
    return this.#take(push, instance, source);
  }

  #refuse(push: TelemetryPush, instance: Instance): BrokerError | null {
    if (instance.terminated) {
      return new BrokerError('invalid-request', 'this client instance has said that it ends');
    }
    const nowMs = this.#options.broker.clock.monotonicMs();
    const mayPush =
      instance.askedAtMs > instance.pushedAtMs || nowMs - instance.pushedAtMs >= instance.intervalMs;
    if (!mayPush && !push.terminating) return tooOften(instance);
    if (mayPush) instance.pushedAtMs = nowMs;
    if (push.subscriptionId !== instance.subscriptionId) {
      return new BrokerError('unknown-subscription-id', 'the subscription has changed: ask for it again');
    }
    const isKnown = TELEMETRY_CODECS.some((codec) => codec === push.compressionType);
    if (push.compressionType !== 0 && !isKnown) {
      return new BrokerError('unsupported-compression', `there is no compression ${push.compressionType}`);
    }
    if (push.metrics.length > this.bytesMax) {
      return new BrokerError('telemetry-too-large', `a push has at most ${this.bytesMax} bytes`);
    }
    return null;
  }

  #take(push: TelemetryPush, instance: Instance, source: TelemetrySource): BrokerError | null {
    const codec = push.compressionType as CompressionCodec;
    let metrics = push.metrics;
    if (codec !== 0 && metrics.length > 0) {
      try {
        metrics = this.#options.decompress(codec, metrics, this.bytesMax * DECOMPRESSED_TIMES_MAX);
      } catch {
        // The port throws for what is malformed or comes to too much.
        return new BrokerError('invalid-record', 'the metrics of a push can not be decompressed');
      }
    }
    const taken = this.#options.telemetry.push({
      id: uuidToString(instance.instanceId),
      client: source,
      metrics,
      keepMs: Math.max(KEPT_MS_MIN, KEPT_INTERVALS * instance.intervalMs),
    });
    return taken ? null : new BrokerError('invalid-record', 'the metrics of a push are not MetricsData');
  }

  #newId(): Uuid {
    return uuidFromBytes(this.#options.broker.randomBytes(16));
  }

  #instance(id: Uuid, source: TelemetrySource): Instance {
    const subscriptions = this.#options.broker.metadata.image.clientMetrics;
    const known = this.#instances.get(id);
    this.#instances.delete(id);
    const instance =
      known !== undefined && known.madeFrom === subscriptions ? known : this.#match(id, source, known);
    this.#instances.set(id, instance);
    if (this.#instances.size > INSTANCES_MAX) {
      const [silent] = this.#instances.keys();
      this.#instances.delete(silent!);
    }
    return instance;
  }

  /** The union of what all matching subscriptions ask, at the shortest of their intervals. */
  #match(instanceId: Uuid, source: TelemetrySource, known: Instance | undefined): Instance {
    const { image } = this.#options.broker.metadata;
    const { intervalMs, metrics } = image.clientMetricsFor({
      client_instance_id: uuidToString(instanceId),
      client_id: source.clientId,
      client_software_name: source.softwareName,
      client_software_version: source.softwareVersion,
      client_source_address: source.address,
      client_source_port: source.port,
    });
    const wanted = { intervalMs: intervalMs ?? INTERVAL_MS_DEFAULT, metrics };
    const subscriptionId = crc32c(Buffer.from(JSON.stringify([wanted, instanceId]))) | 0;
    const same = known?.subscriptionId === subscriptionId ? known : undefined;
    return {
      ...wanted,
      instanceId,
      subscriptionId,
      madeFrom: image.clientMetrics,
      askedAtMs: same?.askedAtMs ?? Number.NEGATIVE_INFINITY,
      pushedAtMs: known?.pushedAtMs ?? Number.NEGATIVE_INFINITY,
      mayAskAgain: same?.mayAskAgain ?? true,
      terminated: known?.terminated ?? false,
    };
  }
}

function tooOften({ intervalMs }: Instance): BrokerError {
  return new BrokerError('throttled', `this client instance may ask or push once in ${intervalMs} ms`);
}
