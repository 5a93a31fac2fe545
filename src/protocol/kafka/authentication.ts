/**
 * How the client of one connection shows who it is (KIP-12, KIP-43, KIP-152, KIP-368), and what it may ask before.
 *
 *   handshake  ApiVersions and SaslHandshake only; also where a new attempt begins
 *   exchange   tokens of the mechanism: in SaslAuthenticate after SaslHandshake 1, bare after SaslHandshake 0
 *   complete   everything; on a listener without SASL from the beginning
 *   failed     nothing: the connection ends behind the answer
 *
 * A session that may show anew who it is ends when its time is over and it goes on without.
 */
import type { SaslMechanism } from '../../metadata/commands.ts';
import type { Clock } from '../../platform/ports.ts';
import type { AuditLog } from '../../security/audit.ts';
import { formatPrincipal, type Principal, userPrincipal } from '../../security/principal.ts';
import type { SaslExchange, SaslStep } from '../../security/sasl.ts';
import type { SaslServer } from '../../security/sasl-server.ts';
import { API_KEY } from './codec/api-keys.ts';
import { ILLEGAL_SASL_STATE, KAFKA_ERRORS, NO_ERROR, SASL_AUTHENTICATION_FAILED } from './errors.ts';

/** How clients of one listener show who they are; shared by its connections. */
export interface SaslAdmission {
  readonly server: SaslServer;
  /** Largest request before a client has shown who it is (sasl.server.max.receive.size). */
  readonly receiveBytesMax: number;
  /** How long what a mechanism has shown is good; 0: no bound (connections.max.reauth.ms). */
  readonly reauthMsMax: Readonly<Record<SaslMechanism, number>>;
}

/** What authentication needs of all listeners. */
export interface AuthenticationPorts {
  readonly clock: Clock;
  readonly audit: AuditLog;
  /** connection.failed.authentication.delay.ms */
  readonly failureDelayMs: number;
}

export interface AuthenticationOptions {
  readonly ports: AuthenticationPorts;
  /** Null on a listener without SASL. */
  readonly sasl: SaslAdmission | null;
  /** Who it is before SASL says more: by its certificate, or ANONYMOUS. */
  readonly principal: Principal;
  readonly listenerName: string;
  readonly remote: string;
  /** Before the answer to an attempt that failed: after it the connection must end. */
  readonly onFailed: () => void;
  /** When the client has shown who it is. */
  readonly onComplete: () => void;
}

export interface HandshakeAnswer {
  readonly errorCode: number;
  readonly mechanisms: readonly string[];
}

export interface TokenAnswer {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly token: Buffer;
  readonly sessionLifetimeMs: number;
}

type State = 'handshake' | 'exchange' | 'complete' | 'failed';

const NO_TOKEN = Buffer.alloc(0);
const BEFORE: ReadonlySet<number> = new Set([API_KEY.ApiVersions, API_KEY.SaslHandshake]);

export class Authentication {
  readonly #options: AuthenticationOptions;
  #principal: Principal;
  #state: State;
  #mechanism: SaslMechanism | null = null;
  #exchange: SaslExchange | null = null;
  #bare = false;
  #busy = false;
  /** It was let in before; then neither who it is nor the mechanism may change. */
  #shown: { readonly mechanism: SaslMechanism } | null = null;
  /** By the monotonic clock; null: never. */
  #endsAtMs: number | null = null;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
    this.#principal = options.principal;
    this.#state = options.sasl === null ? 'complete' : 'handshake';
  }

  get principal(): Principal {
    return this.#principal;
  }

  /** Whether the client may ask for everything. */
  get complete(): boolean {
    return this.#state === 'complete';
  }

  /** True while an attempt is in work: whatever arrives must wait. */
  get busy(): boolean {
    return this.#busy;
  }

  /** True where the next request is a token without a header. */
  get awaitsBareToken(): boolean {
    return this.#state === 'exchange' && this.#bare;
  }

  /** Why a request ends the connection; null where it is served. */
  refusal(apiKey: number): string | null {
    switch (this.#state) {
      case 'complete':
        if (apiKey === API_KEY.SaslHandshake || this.#endsAtMs === null) return null;
        if (this.#options.ports.clock.monotonicMs() < this.#endsAtMs) return null;
        return 'its session is over, and it has not shown anew who it is (connections.max.reauth.ms)';
      case 'handshake':
        if (BEFORE.has(apiKey)) return null;
        break;
      case 'exchange':
        if (apiKey === API_KEY.SaslAuthenticate) return null;
        break;
      case 'failed':
        break;
    }
    return `API key ${apiKey} before it has shown who it is: a client of this listener must use SASL`;
  }

  handshake(name: string, version: number): HandshakeAnswer {
    const { sasl } = this.#options;
    // As Kafka: a listener without SASL, and a session that need not be shown anew.
    if (sasl === null || (this.#state === 'complete' && this.#endsAtMs === null)) {
      return { errorCode: ILLEGAL_SASL_STATE, mechanisms: [] };
    }
    const mechanism = sasl.server.find(name);
    if (mechanism === null) {
      this.#fail({ user: null, reason: `SASL mechanism ${name.slice(0, 64)} is not enabled` }, name);
      return { errorCode: KAFKA_ERRORS['unsupported-sasl-mechanism'], mechanisms: sasl.server.mechanisms };
    }
    this.#mechanism = mechanism;
    this.#exchange = sasl.server.begin(mechanism);
    this.#bare = version === 0;
    this.#state = 'exchange';
    return { errorCode: NO_ERROR, mechanisms: sasl.server.mechanisms };
  }

  /** Takes a token and answers it, now or later, once. */
  authenticate(token: Buffer, respond: (answer: TokenAnswer) => void): void {
    const exchange = this.#exchange;
    if (exchange === null) {
      return respond({
        errorCode: ILLEGAL_SASL_STATE,
        errorMessage: 'there is no SaslHandshake before this token',
        token: NO_TOKEN,
        sessionLifetimeMs: 0,
      });
    }
    this.#busy = true;
    exchange.step(token, (step) => this.#settle(step, respond));
  }

  #settle(step: SaslStep, respond: (answer: TokenAnswer) => void): void {
    const { clock, failureDelayMs } = this.#options.ports;
    if (step.kind === 'challenge') {
      this.#busy = false;
      return respond({ errorCode: NO_ERROR, errorMessage: null, token: step.token, sessionLifetimeMs: 0 });
    }
    const refused = step.kind === 'failed' ? step : this.#otherThanBefore(step.user);
    if (refused !== null || step.kind === 'failed') {
      this.#fail(refused!, this.#mechanism!);
      // Nothing else is served meanwhile: `busy` stays.
      clock.setTimer(failureDelayMs, () => respond(failedAnswer(this.#mechanism!)));
      return;
    }
    this.#busy = false;
    const sessionLifetimeMs = this.#grant(step.user, step.expiresAtMs);
    respond({ errorCode: NO_ERROR, errorMessage: null, token: step.token, sessionLifetimeMs });
  }

  /** KIP-368: who comes again must come as before. */
  #otherThanBefore(user: string): { readonly user: string; readonly reason: string } | null {
    if (this.#shown === null) return null;
    if (user !== this.#principal.name) {
      return {
        user,
        reason: `it was let in as ${formatPrincipal(this.#principal)} and comes again as another user`,
      };
    }
    if (this.#mechanism === this.#shown.mechanism) return null;
    return {
      user,
      reason: `it was let in by ${this.#shown.mechanism} and comes again by ${this.#mechanism}`,
    };
  }

  /** The session's length in ms; 0: without end. */
  #grant(user: string, expiresAtMs: number | null): number {
    const { sasl, ports, listenerName, remote } = this.#options;
    const mechanism = this.#mechanism!;
    const again = this.#shown !== null;
    const bounds: number[] = [];
    if (expiresAtMs !== null) bounds.push(Math.max(0, expiresAtMs - ports.clock.nowMs()));
    if (sasl!.reauthMsMax[mechanism] > 0) bounds.push(sasl!.reauthMsMax[mechanism]);
    const lifetimeMs = bounds.length === 0 ? null : Math.floor(Math.min(...bounds));
    this.#endsAtMs = lifetimeMs === null ? null : ports.clock.monotonicMs() + lifetimeMs;
    this.#principal = userPrincipal(user);
    this.#shown = { mechanism };
    this.#exchange = null;
    this.#state = 'complete';
    this.#bare = false;
    ports.audit.authentication({
      outcome: 'granted',
      principal: this.#principal,
      method: mechanism,
      listenerName,
      remote,
      again,
      reason: null,
    });
    this.#options.onComplete();
    return lifetimeMs ?? 0;
  }

  #fail({ user, reason }: { readonly user: string | null; readonly reason: string }, method: string): void {
    const { ports, listenerName, remote } = this.#options;
    this.#state = 'failed';
    this.#exchange = null;
    ports.audit.authentication({
      outcome: 'failed',
      principal: user === null ? null : userPrincipal(user),
      method,
      listenerName,
      remote,
      again: this.#shown !== null,
      reason,
    });
    this.#options.onFailed();
  }
}

/** The same whatever was wrong: the reason is for the operator. */
function failedAnswer(mechanism: SaslMechanism): TokenAnswer {
  return {
    errorCode: SASL_AUTHENTICATION_FAILED,
    errorMessage: `Authentication failed with SASL mechanism ${mechanism}: check the user and what it shows.`,
    token: NO_TOKEN,
    sessionLifetimeMs: 0,
  };
}
