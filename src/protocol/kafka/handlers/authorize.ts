/**
 * Asking what a client may do, from a handler. Each API declares what it asks (`authorization` in api.ts).
 *
 * A client that may not know of something is answered the same whether it is there or not; so permission is asked before
 * anything is looked up, where a name is given. (Topic ids are not secrets, as in Kafka: who knows one knows of the topic.)
 */
import { BrokerError, type BrokerErrorCode } from '../../../base/errors.ts';
import {
  ACL_OPERATION_NUMBERS,
  type AclOperation,
  type AclResourceType,
  CLUSTER_RESOURCE,
} from '../../../security/access.ts';
import type { AuditedChange } from '../../../security/audit.ts';
import type { RequestContext } from '../api.ts';
import { apiInfo } from '../codec/api-keys.ts';

/** "Not asked for" in the fields of operations. */
export const NO_OPERATIONS = -2147483648;

/**
 * Whether the client may do `operation` with a resource. A denial is told to the audit log: what only shortens a list is
 * asked of `context.access` itself.
 */
export function isAllowed(
  context: RequestContext,
  operation: AclOperation,
  resourceType: AclResourceType,
  resourceName: string,
): boolean {
  if (context.access.allows(operation, resourceType, resourceName)) return true;
  context.kafka.audit.denied(() => ({ ...actor(context), operation, resourceType, resourceName }));
  return false;
}

/** The same of the cluster. */
export function isAllowedCluster(context: RequestContext, operation: AclOperation): boolean {
  return isAllowed(context, operation, 'cluster', CLUSTER_RESOURCE);
}

function denial(code: BrokerErrorCode, resource: string): BrokerError {
  return new BrokerError(
    code,
    `access to the ${resource} is denied: ask its operator for an access rule (ACL)`,
  );
}

/** Made once: a request may be denied a hundred thousand topics, and an error costs its stack. */
const DENIED = {
  topic: denial('topic-authorization-failed', 'topic'),
  group: denial('group-authorization-failed', 'group'),
  cluster: denial('cluster-authorization-failed', 'cluster'),
  'transactional-id': denial('transactional-id-authorization-failed', 'transactional id'),
} as const;

/** What is answered to a client that may not. It names nothing that the client has not named. */
export function denied(resourceType: keyof typeof DENIED): BrokerError {
  return DENIED[resourceType];
}

/** The operations that the client may do with a resource, as bits (KIP-430); with no authorizer all that there are. */
export function allowedOperations(
  context: RequestContext,
  resourceType: AclResourceType,
  resourceName: string,
): number {
  let bits = 0;
  for (const operation of context.access.operations(resourceType, resourceName)) {
    bits |= 1 << ACL_OPERATION_NUMBERS[operation];
  }
  return bits;
}

/** Of the cluster: none, unless the client may describe it. */
export function clusterOperations(context: RequestContext): number {
  if (!isAllowedCluster(context, 'describe')) return 0;
  return allowedOperations(context, 'cluster', CLUSTER_RESOURCE);
}

/** Tells the audit log what the client has changed. */
export function audited(
  context: RequestContext,
  event: { readonly change: AuditedChange; readonly subject: string; readonly detail?: string | undefined },
): void {
  const { change, subject, detail = null } = event;
  context.kafka.audit.changed({ ...actor(context), change, subject, detail });
}

function actor(context: RequestContext) {
  const { principal, clientHost: host, listenerName, apiKey } = context;
  return { principal, host, listenerName, request: apiInfo(apiKey)?.name ?? String(apiKey) };
}
