/**
 * The Kafka listeners of a broker: accepts connections within bounds, and closes those that were idle too long
 * (connections.max.idle.ms) or that hold answers they do not take.
 */
import type { Broker } from '../../broker/broker.ts';
import type { Connection, Listener, Logger, Platform, Timer } from '../../platform/ports.ts';
import type { AuditLog } from '../../security/audit.ts';
import type { KafkaContext, KafkaLimits } from './context.ts';
import { FetchSessionCache } from './fetch-session.ts';
import { kafkaApis } from './handlers/index.ts';
import { ArrivingRequests, MemoryBudget, UnsentBytes } from './memory-budget.ts';
import { KafkaSession } from './session.ts';
import { Turns } from './turns.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface KafkaServerOptions {
  readonly broker: Broker;
  readonly platform: Platform;
  readonly audit: AuditLog;
  readonly limits: KafkaLimits;
  /** Most connections at once (max.connections). */
  readonly connectionsMax: number;
  /** connections.max.idle.ms */
  readonly idleMsMax: number;
  /** How long a client may leave an answer untaken, ms, before it is cut off (polylog.connection.stalled.ms). */
  readonly stalledMsMax: number;
  /** Bytes of requests in work over all connections (queued.max.request.bytes). */
  readonly inflightBytesMax: number;
  /** Bytes of answers that clients have not taken, over all connections (polylog.unsent.bytes). */
  readonly unsentBytesMax: number;
  /** max.incremental.fetch.session.cache.slots */
  readonly fetchSessionsMax: number;
}

/** What the looks over connections remember of one. */
interface Watched {
  readonly session: KafkaSession;
  activity: number;
  quietSinceMs: number;
}

const LOOKS_PER_TIMEOUT = 4;

export class KafkaServer {
  readonly #options: KafkaServerOptions;
  readonly #context: KafkaContext;
  readonly #logger: Logger;
  readonly #connections = new Set<Watched>();
  readonly #listeners: Listener[] = [];
  #lookTimer: Timer | null = null;
  #refused = 0;
  #closed = false;

  constructor(options: KafkaServerOptions) {
    this.#options = options;
    const { clock, random, crypto } = options.platform;
    const logger = options.broker.logLevels.logger('polylog.kafka');
    this.#logger = logger;
    this.#context = {
      broker: options.broker,
      apis: kafkaApis,
      limits: options.limits,
      blocks: options.broker.log.blocks,
      requestBudget: new MemoryBudget(options.inflightBytesMax),
      arriving: new ArrivingRequests(options.inflightBytesMax),
      unsent: new UnsentBytes(options.unsentBytesMax),
      quotas: options.broker.quotas,
      turns: new Turns(clock),
      clock,
      fetchSessions: new FetchSessionCache({ slots: options.fetchSessionsMax, clock, random }),
      crypto,
      audit: options.audit,
      logger,
    };
    this.#scheduleLook();
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Listens; `advertised` is what clients are told (null: the address itself). Resolves with the address in use. */
  async listen(address: HostPort, advertised: HostPort | null): Promise<HostPort> {
    let told: HostPort | null = advertised;
    const listener = await this.#options.platform.net.listen(address, (connection) => {
      this.#accept(connection, told ?? address);
    });
    this.#listeners.push(listener);
    const bound = { host: address.host, port: listener.port };
    told = advertised === null ? bound : { host: advertised.host, port: advertised.port || bound.port };
    return bound;
  }

  /** Stops accepting, and ends connections after the answers that are due. */
  close(): void {
    this.#closed = true;
    for (const listener of this.#listeners) listener.close();
    this.#lookTimer?.cancel();
    for (const { session } of this.#connections) session.end();
  }

  /** Ends what is left at once. */
  destroy(): void {
    for (const { session } of [...this.#connections]) session.destroy();
  }

  #accept(connection: Connection, advertised: HostPort): void {
    if (this.#closed || this.#connections.size >= this.#options.connectionsMax) {
      this.#refuse(connection);
      return;
    }
    const watched: Watched = {
      session: new KafkaSession({
        context: this.#context,
        connection,
        advertised,
        listenerName: 'PLAINTEXT',
        onClosed: () => this.#connections.delete(watched),
      }),
      activity: 0,
      quietSinceMs: this.#options.platform.clock.monotonicMs(),
    };
    this.#connections.add(watched);
  }

  #refuse(connection: Connection): void {
    connection.onData(() => undefined);
    connection.onClose(() => undefined);
    connection.onDrain(() => undefined);
    connection.destroy();
    // One line a look, however many try.
    if (this.#refused++ > 0 || this.#closed) return;
    const { connectionsMax } = this.#options;
    this.#logger.warn(
      { remote: connection.remote, connectionsMax },
      `refusing connections: ${connectionsMax} are open (max.connections)`,
    );
  }

  #scheduleLook(): void {
    const { idleMsMax, stalledMsMax, platform } = this.#options;
    const intervalMs = Math.max(1, Math.min(idleMsMax, stalledMsMax) / LOOKS_PER_TIMEOUT);
    this.#lookTimer = platform.clock.setTimer(intervalMs, () => {
      this.#look();
      if (!this.#closed) this.#scheduleLook();
    });
  }

  #look(): void {
    const { idleMsMax, stalledMsMax, platform } = this.#options;
    const nowMs = platform.clock.monotonicMs();
    this.#refused = 0;
    this.#context.quotas.forgetIdle(Math.floor(nowMs));
    for (const watched of [...this.#connections]) {
      const { session } = watched;
      if (session.activity !== watched.activity) {
        watched.activity = session.activity;
        watched.quietSinceMs = nowMs;
        continue;
      }
      const quietMs = nowMs - watched.quietSinceMs;
      if (session.unsentBytes > 0 && quietMs >= stalledMsMax) {
        session.close(
          `it has not taken ${session.unsentBytes} bytes of answers for ${Math.round(quietMs)} ms`,
        );
      } else if (session.waiting) {
        watched.quietSinceMs = nowMs;
      } else if (quietMs >= idleMsMax) {
        session.close(`idle for ${Math.round(quietMs)} ms (connections.max.idle.ms)`);
      }
    }
  }
}
