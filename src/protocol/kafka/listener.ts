/**
 * The Kafka listeners of a broker: accepts connections within bounds, and closes those that were idle too long
 * (connections.max.idle.ms), that hold answers they do not take, or that don't show who they are.
 */
import { assert } from '../../base/assert.ts';
import { ByteWriter } from '../../base/byte-writer.ts';
import type { HostPort } from '../../base/host-port.ts';
import type { Broker } from '../../broker/broker.ts';
import type { ClientTelemetry } from '../../broker/client-telemetry.ts';
import type {
  Connection,
  Listener,
  Logger,
  Platform,
  Timer,
  TlsListenerOptions,
} from '../../platform/ports.ts';
import type { AuditLog } from '../../security/audit.ts';
import { ANONYMOUS, type Principal } from '../../security/principal.ts';
import type { SaslAdmission } from './authentication.ts';
import { ConnectionQueue, type Entrant } from './connection-queue.ts';
import { ANSWER_SLAB_BYTES, type KafkaContext, type KafkaLimits } from './context.ts';
import { FetchSessionCache } from './fetch-session.ts';
import { kafkaApis, withoutTelemetry } from './handlers/index.ts';
import { ArrivingRequests, MemoryBudget, UnsentBytes } from './memory-budget.ts';
import { KafkaSession } from './session.ts';
import { ShareSessions } from './share-session.ts';
import { KafkaTelemetry } from './telemetry.ts';
import { Traffic } from './traffic.ts';
import { Turns } from './turns.ts';

export interface KafkaListenerOptions extends HostPort {
  /** E.g. SASL_SSL. */
  readonly name: string;
  /** What clients are told; null: the address itself. */
  readonly advertised: HostPort | null;
  /** Null: connections are plain. */
  readonly tls: Omit<TlsListenerOptions, 'handshakeMsMax' | 'onHandshakeFailed'> | null;
  /** Null: clients don't use SASL. */
  readonly sasl: SaslAdmission | null;
  /** Who a client is before SASL says more, by the name in its certificate; null: it is not let in. */
  readonly principalOf: (peerName: string | null) => Principal | null;
}

export interface KafkaServerOptions {
  readonly broker: Broker;
  readonly platform: Platform;
  readonly audit: AuditLog;
  /** Where metrics of clients go; null: clients aren't asked for any. */
  readonly telemetry: ClientTelemetry | null;
  readonly settingsProblem: KafkaContext['settingsProblem'];
  readonly limits: KafkaLimits;
  /** connections.max.idle.ms */
  readonly idleMsMax: number;
  /** How long a client may leave an answer untaken, ms, before it is cut off (polylog.connection.stalled.ms). */
  readonly stalledMsMax: number;
  /** How long a client may take to show who it is (polylog.authentication.timeout.ms). */
  readonly authenticationMsMax: number;
  /** connection.failed.authentication.delay.ms */
  readonly failedAuthenticationDelayMs: number;
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
  readonly openedMs: number;
  activity: number;
  quietSinceMs: number;
}

const LOOKS_PER_TIMEOUT = 4;

function turnAway(connection: Connection): void {
  connection.onData(() => undefined);
  connection.onClose(() => undefined);
  connection.onDrain(() => undefined);
  connection.destroy();
}

export class KafkaServer {
  readonly #options: KafkaServerOptions;
  readonly #context: KafkaContext;
  readonly #logger: Logger;
  readonly #connections = new Set<Watched>();
  readonly #listeners: Listener[] = [];
  readonly #queues: ConnectionQueue[] = [];
  #lookTimer: Timer | null = null;
  readonly #traffic = new Traffic();
  /** Since the last look, and in all. */
  #refusedCount = 0;
  #refusedInAll = 0;
  #closed = false;

  constructor(options: KafkaServerOptions) {
    this.#options = options;
    const { clock, random, crypto } = options.platform;
    const logger = options.broker.logLevels.logger('polylog.kafka');
    this.#logger = logger;
    const { broker, telemetry } = options;
    const { compression } = options.platform;
    this.#context = {
      broker,
      apis: telemetry === null ? withoutTelemetry(kafkaApis) : kafkaApis,
      traffic: this.#traffic,
      telemetry:
        telemetry === null
          ? null
          : new KafkaTelemetry({
              broker,
              telemetry,
              decompress: (codec, input, bytesMax) => compression.decompress(codec, input, bytesMax),
            }),
      limits: options.limits,
      blocks: options.broker.log.blocks,
      answers: new ByteWriter(ANSWER_SLAB_BYTES),
      requestBudget: new MemoryBudget(options.inflightBytesMax),
      arriving: new ArrivingRequests(options.inflightBytesMax),
      unsent: new UnsentBytes(options.unsentBytesMax),
      quotas: options.broker.quotas,
      turns: new Turns(clock),
      clock,
      fetchSessions: new FetchSessionCache({ slots: options.fetchSessionsMax, clock, random }),
      shareSessions: new ShareSessions({
        sessionsMax: broker.settings.groups.share.sessionsMax,
        release: (consumer) => broker.queues.disconnect(consumer),
      }),
      crypto,
      settingsProblem: options.settingsProblem,
      authentication: { clock, audit: options.audit, failureDelayMs: options.failedAuthenticationDelayMs },
      audit: options.audit,
      logger,
    };
    this.#scheduleLook();
  }

  readonly protocol = 'kafka';

  get connectionCount(): number {
    return this.#connections.size;
  }

  get refusedConnections(): number {
    return this.#refusedInAll;
  }

  get receivedBytes(): number {
    return this.#traffic.receivedBytes;
  }

  get sentBytes(): number {
    return this.#traffic.sentBytes;
  }

  requestCounts(): Iterable<readonly [name: string, count: number]> {
    return this.#traffic.requestCounts();
  }

  /** Listens. Resolves with the address in use. */
  async listen(
    options: KafkaListenerOptions,
  ): Promise<{ readonly bound: HostPort; readonly listener: Listener }> {
    const { host, port, advertised, tls } = options;
    let told: HostPort = advertised ?? { host, port };
    const secure = tls && {
      ...tls,
      handshakeMsMax: this.#options.authenticationMsMax,
      onHandshakeFailed: (remote: string, reason: string) =>
        this.#certificateFailed(options.name, remote, `the TLS handshake failed: ${reason}`),
    };
    const queue = this.#queue(options.name, (connection, left) =>
      this.#open(connection, { ...options, advertised: told }, left),
    );
    const listener = await this.#options.platform.net.listen({ host, port, tls: secure }, (connection) => {
      if (this.#isWelcome(connection, options)) queue.accept(connection);
    });
    this.#listeners.push(listener);
    const bound = { host, port: listener.port };
    told = advertised === null ? bound : { host: advertised.host, port: advertised.port || bound.port };
    return { bound, listener };
  }

  /** Stops accepting, and ends connections after the answers that are due. */
  close(): void {
    this.#closed = true;
    for (const listener of this.#listeners) listener.close();
    for (const queue of this.#queues) queue.close();
    this.#lookTimer?.cancel();
    for (const { session } of this.#connections) session.end();
  }

  /** Ends what is left at once. */
  destroy(): void {
    for (const { session } of [...this.#connections]) session.destroy();
  }

  #queue(listenerName: string, open: (connection: Connection, left: () => void) => Entrant): ConnectionQueue {
    const queue = new ConnectionQueue({
      listenerName,
      gate: this.#options.broker.connections,
      clock: this.#options.platform.clock,
      open,
      refused: (connection, why) => this.#refused(connection, why),
    });
    this.#queues.push(queue);
    return queue;
  }

  /** Whether its certificate, if any, is somebody's. */
  #isWelcome(connection: Connection, { name, principalOf }: KafkaListenerOptions): boolean {
    if (principalOf(connection.peerName) !== null) return true;
    turnAway(connection);
    const reason = `no rule of ssl.principal.mapping.rules is for ${connection.peerName}`;
    this.#certificateFailed(name, connection.remote, reason);
    return false;
  }

  #open(
    connection: Connection,
    listener: KafkaListenerOptions & { readonly advertised: HostPort },
    left: () => void,
  ): Entrant {
    const { name, sasl, advertised } = listener;
    const principal = listener.principalOf(connection.peerName);
    assert(principal !== null, 'only who is welcome comes in');
    if (principal !== ANONYMOUS) this.#certificateShown(name, connection.remote, principal);
    const nowMs = this.#options.platform.clock.monotonicMs();
    const watched: Watched = {
      session: new KafkaSession({
        context: this.#context,
        connection,
        advertised,
        listenerName: name,
        sasl,
        principal,
        onClosed: () => {
          this.#connections.delete(watched);
          left();
        },
      }),
      openedMs: nowMs,
      activity: 0,
      quietSinceMs: nowMs,
    };
    this.#connections.add(watched);
    return watched.session;
  }

  #certificateShown(listenerName: string, remote: string, principal: Principal): void {
    this.#options.audit.authentication({
      outcome: 'granted',
      principal,
      method: 'certificate',
      listenerName,
      remote,
      again: false,
      reason: null,
    });
  }

  #certificateFailed(listenerName: string, remote: string, reason: string): void {
    this.#options.audit.authentication({
      outcome: 'failed',
      principal: null,
      method: 'certificate',
      listenerName,
      remote,
      again: false,
      reason,
    });
  }

  #refused({ remote }: Connection, why: string): void {
    this.#refusedInAll++;
    // One line a look, however many try.
    if (this.#refusedCount++ > 0) return;
    this.#logger.warn({ remote }, `refusing connections: ${why}`);
  }

  #scheduleLook(): void {
    const { idleMsMax, stalledMsMax, authenticationMsMax, platform } = this.#options;
    const shortestMs = Math.min(idleMsMax, stalledMsMax, authenticationMsMax);
    const intervalMs = Math.max(1, shortestMs / LOOKS_PER_TIMEOUT);
    this.#lookTimer = platform.clock.setTimer(intervalMs, () => {
      this.#look();
      if (!this.#closed) this.#scheduleLook();
    });
  }

  #look(): void {
    const { idleMsMax, stalledMsMax, authenticationMsMax, platform } = this.#options;
    const nowMs = platform.clock.monotonicMs();
    this.#refusedCount = 0;
    this.#context.quotas.forgetIdle(Math.floor(nowMs));
    this.#options.broker.connections.forgetIdle(Math.floor(nowMs));
    for (const watched of [...this.#connections]) {
      const { session } = watched;
      if (!session.authenticated && nowMs - watched.openedMs >= authenticationMsMax) {
        session.close(
          `it has not shown who it is in ${authenticationMsMax} ms (polylog.authentication.timeout.ms)`,
        );
        continue;
      }
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
