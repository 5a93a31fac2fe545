/**
 * What security tells the audit log. CONTRACT: the log is given to the listeners as an `AuditLog`; calls return at once and
 * never throw. Secrets (passwords, tokens) are never part of an event.
 */
import type { Principal } from './principal.ts';

/** How a client shows who it is: a SASL mechanism, a certificate, or not at all. */
export type AuthenticationMethod =
  | 'PLAIN'
  | 'SCRAM-SHA-256'
  | 'SCRAM-SHA-512'
  | 'OAUTHBEARER'
  | 'certificate'
  | 'none';

/** A client was let in, or failed to be. */
export interface AuthenticationEvent {
  readonly outcome: 'granted' | 'failed';
  /** Null where it failed before it was known whom the client claims to be. */
  readonly principal: Principal | null;
  /** A mechanism that is not served is told as the client wrote it. */
  readonly method: AuthenticationMethod | string;
  /** The listener's name, e.g. SASL_SSL. */
  readonly listenerName: string;
  /** host:port of the client. */
  readonly remote: string;
  /** Again, on a connection that was let in before (KIP-368). */
  readonly again: boolean;
  /** Why it failed, one sentence for the operator; null where it was granted. */
  readonly reason: string | null;
}

export interface AuditLog {
  authentication(event: AuthenticationEvent): void;
}
