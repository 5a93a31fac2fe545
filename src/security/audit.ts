/**
 * What security tells the audit log. CONTRACT: the log is given to the listeners as an `AuditLog`; calls return at once and
 * never throw. Secrets (passwords, tokens) are never part of an event.
 */
import type { AclOperation, AclResourceType } from '../metadata/acl-numbers.ts';
import type { Principal } from './principal.ts';

/** How a client shows who it is: a SASL mechanism, or a certificate. */
export type AuthenticationMethod =
  | 'PLAIN'
  | 'SCRAM-SHA-256'
  | 'SCRAM-SHA-512'
  | 'OAUTHBEARER'
  | 'certificate';

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

/** Who did something, and through what. */
export interface Actor {
  readonly principal: Principal;
  /** The client's address, without its port. */
  readonly host: string;
  readonly listenerName: string;
  /** The name of the request, as Kafka's protocol calls it. */
  readonly request: string;
}

/** A client asked for something that it may not do. */
export interface DenialEvent extends Actor {
  readonly operation: AclOperation;
  readonly resourceType: AclResourceType;
  readonly resourceName: string;
}

export type AuditedChange =
  | 'topic created'
  | 'topic deleted'
  | 'partitions added'
  | 'records deleted'
  | 'config changed'
  | 'rule added'
  | 'rule removed'
  | 'user changed'
  | 'quota changed'
  | 'group deleted'
  | 'offsets changed'
  | 'offsets deleted'
  | 'feature changed'
  | 'transaction ended'
  | 'subscription created'
  | 'subscription altered'
  | 'subscription moved'
  | 'subscription deleted'
  | 'dead letters put back'
  | 'delayed message cancelled'
  | 'half message resumed'
  | 'half message dropped';

/** A client changed something that outlives its connection and isn't data. Told when the change is durable. */
export interface ChangeEvent extends Actor {
  readonly change: AuditedChange;
  /** What was changed: the name of a topic, group or user; a rule; `broker 1`. */
  readonly subject: string;
  /** What it was changed to, without secrets; null where that is said already. */
  readonly detail: string | null;
}

export interface AuditLog {
  authentication(event: AuthenticationEvent): void;
  /** `tell` is called only where the event is going to be told: one request may be denied very much. */
  denied(tell: () => DenialEvent): void;
  changed(event: ChangeEvent): void;
}

/** Where no audit log is wanted. */
export const NO_AUDIT_LOG: AuditLog = {
  authentication: () => undefined,
  denied: () => undefined,
  changed: () => undefined,
};
