/** Asking what a client may do, in the words of Kafka's access rules. A denial is told to the audit log. */
import { type AclOperation, type AclResourceType, CLUSTER_RESOURCE } from '../../security/access.ts';
import type { AuditedChange } from '../../security/audit.ts';
import { CODE } from './codec/generated/messages.ts';
import type { Call } from './rpc.ts';
import { Refusal } from './status.ts';

/** Names the listeners of this protocol in the audit log. */
export const LISTENER_NAME = 'ROCKETMQ';

const DENIED = {
  topic: new Refusal(
    CODE.FORBIDDEN,
    'access to the topic is denied: ask its operator for an access rule (ACL)',
  ),
  group: new Refusal(
    CODE.FORBIDDEN,
    'access to the group is denied: ask its operator for an access rule (ACL)',
  ),
} as const;

function actor(call: Call) {
  const { principal, remoteHost: host, rpc: request } = call;
  return { principal, host, listenerName: LISTENER_NAME, request };
}

export function isAllowed(
  call: Call,
  operation: AclOperation,
  resourceType: AclResourceType,
  resourceName: string,
): boolean {
  if (call.access.allows(operation, resourceType, resourceName)) return true;
  call.rocketmq.audit.denied(() => ({ ...actor(call), operation, resourceType, resourceName }));
  return false;
}

/** Why the client may not; null where it may. */
export function denial(
  call: Call,
  operation: AclOperation,
  resourceType: keyof typeof DENIED,
  resourceName: string,
): Refusal | null {
  return isAllowed(call, operation, resourceType, resourceName) ? null : DENIED[resourceType];
}

/** Whether the client may make a topic of this name. */
export function mayCreate(call: Call, topicName: string): boolean {
  return (
    call.access.allows('create', 'cluster', CLUSTER_RESOURCE) || isAllowed(call, 'create', 'topic', topicName)
  );
}

/** Tells the audit log what the client has changed. */
export function audited(call: Call, change: AuditedChange, subject: string, detail: string | null): void {
  call.rocketmq.audit.changed({ ...actor(call), change, subject, detail });
}
